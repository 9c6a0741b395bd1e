#!/bin/sh
# A world that misbehaves: clocks that jump, processes that are stopped and interrupted at any
# point, no descriptors, a disk that is full.
#     sh tests/e2e/chaos.sh BUILD
set -u
. tests/lib/say.sh
x=$1/x400rig
tmp=$(mktemp -d)
pid=
trap '[ -n "$pid" ] && kill -KILL "$pid" 2>/dev/null; sh tests/lib/cases.sh "$tmp"; rm -rf "$tmp"' EXIT

# --- the clock of the day jumps, a day on and a day back, several times a second
if nm -D "$x" | grep -q __asan; then
	echo "skip a clock that jumps: nothing goes before AddressSanitizer"
else
	${CC:-cc} -shared -fPIC -O1 -D_GNU_SOURCE -o "$tmp/jump.so" tests/chaos/jump.c
	LD_PRELOAD=$tmp/jump.so date +%j >/dev/null
	LD_PRELOAD=$tmp/jump.so timeout 60 "$x" run -q --out "$tmp/jumps" basic/transfer basic/report \
		defects/expiry >"$tmp/jumps.txt" 2>&1
	check "a clock that jumps: status" 0 $?
	check "a clock that jumps: verdicts" 3 "$(grep -c '^pass' "$tmp/jumps.txt")"
	timeout 30 "$x" rejudge "$tmp/jumps" >/dev/null 2>&1
	check "a clock that jumps: judged again" 0 $?
fi

# --- stopped and continued, again and again: what waits is woken for nothing (EINTR)
timeout 60 "$x" run -q --out "$tmp/stops" basic/transfer basic/refused >"$tmp/stops.txt" 2>&1 &
pid=$!
while kill -0 "$pid" 2>/dev/null; do
	all=$(pgrep -P "$pid" -d ' '; echo)
	for p in $all; do
		below=$(pgrep -P "$p" -d ' ')
		kill -STOP $p $below 2>/dev/null
		kill -CONT $p $below 2>/dev/null
	done
	sleep 0.01
done
wait "$pid"
check "stopped and continued: status" 0 $?
pid=
check "stopped and continued: verdicts" 2 "$(grep -c '^pass' "$tmp/stops.txt")"

# --- interrupted at any point: the status says so, what is written is whole, nobody is left
bad=
for ms in 010 040 090 160 260; do
	for signal in INT TERM; do
		out=$tmp/cut-$ms-$signal
		"$x" run -q --out "$out" basic/transfer >"$out.txt" 2>&1 &
		pid=$!
		sleep "0.$ms"
		kill -$signal "$pid" 2>/dev/null
		wait "$pid"
		status=$?
		pid=
		# Before it catches signals it just ends; behind its last case it has passed.
		case $status in 0 | 130 | 143) ;; *) bad="$bad $ms/$signal:$status" ;; esac
		[ ! -e "$out/run.jsonl" ] || python3 -c '
import json, sys
for line in open(sys.argv[1]):
    json.loads(line)' "$out/run.jsonl" 2>/dev/null || bad="$bad $ms/$signal:json"
	done
done
check "interrupted at any point" "" "$bad"
sleep 0.2
check "interrupted at any point: nobody is left" "" "$(pgrep -f "$tmp/cut" | tr '\n' ' ')"

# --- no descriptors: a server goes on when others have closed theirs
serve() {	# name, arguments of the server ...
	name=$1
	shift
	: >"$tmp/$name.out"
	setpriv --inh-caps=-sys_resource --bounding-set=-sys_resource prlimit --nofile=24:24 \
		"$x" "$@" >"$tmp/$name.out" 2>"$tmp/$name.err" &
	pid=$!
	port=$(port_in "$tmp/$name.out")
	python3 - "$port" <<'PY'
import socket, sys, time
held = [socket.create_connection(("127.0.0.1", int(sys.argv[1]))) for _ in range(60)]
time.sleep(0.3)
for s in held:
    s.close()
PY
	timeout 20 "$x" ping "127.0.0.1:$port" --name UP --password up >"$tmp/$name.ping" 2>&1
	check "$name without descriptors: goes on" 0 $?
	kill "$pid"
	wait "$pid"
	check "$name without descriptors: ends well" 0 $?
	pid=
}
if [ "$(id -u)" = 0 ]; then
	serve peer peer --quiet --listen 127.0.0.1:0
	serve mta mta --listen 127.0.0.1:0 --queue "$tmp/few.db" --peer UP,up
else
	echo "skip servers without descriptors: needs root"
fi

# --- nothing can be written: it is said, and the status says so
said() {	# name, what is said, command ...
	name=$1 what=$2
	shift 2
	timeout 60 "$@" >"$tmp/full.txt" 2>"$tmp/full.err"
	check "full disk, $name: status" 4 $?
	check "full disk, $name: is told" 1 "$(grep -c -m 1 "$what" "$tmp/full.err")"
}
"$x" run -q --virtual --out "$tmp/whole" basic/transfer >/dev/null 2>&1
said report 'No space left' "$x" report "$tmp/whole" -f html -o /dev/full
said "decode --export" 'No space left' "$x" decode --export /dev/full captures/transfer-1988.pcap
said "check --html" 'No space left' "$x" check --html /dev/full captures/transfer-1988.pcap
said run 'File too large\|cannot write' sh -c 'ulimit -f 4; exec "$0" "$@"' \
	"$x" run -q --virtual --out "$tmp/little" basic/transfer

# --- who is told to end before there is anything to read was not used wrongly
mkfifo "$tmp/keys"
for verb in check decode "decode --json" "decode --json --jobs 2"; do
	timeout --preserve-status -s INT -k 10 1 "$x" $verb --key-log "$tmp/keys" captures/transfer-1988.pcap \
		>"$tmp/out" 2>&1
	check "$verb, ended while its keys are awaited" 130 $?
done
