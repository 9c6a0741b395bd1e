#!/bin/sh
# What processes that meet strangers have left: no new rights, a filter of system calls; no
# descriptor of ours goes to a program that a target file names; and how the program was made.
#     sh tests/e2e/confine.sh BUILD
set -u
. tests/lib/say.sh
x=$1/x400rig
tmp=$(mktemp -d)
pids=
trap '[ -n "$pids" ] && kill $pids 2>/dev/null; sh tests/lib/cases.sh "$tmp"; rm -rf "$tmp"' EXIT

# Descriptors of a process that a program which it runs would get, but for the standard ones and
# those that it was given itself.
cat >"$tmp/leaks" <<'S'
for f in /proc/$1/fdinfo/*; do
	fd=${f##*/}
	[ "$fd" -gt 2 ] && [ ! -e "/proc/$2/fd/$fd" ] || continue
	awk -v fd="$fd" '$1 == "flags:" && int($2 / 2000000) % 2 == 0 { printf "%s ", fd }' \
		"$f" 2>/dev/null
done
S
sleep 60 &
idle=$!
pids=$idle

begin() {	# name, arguments ...; sets $pid and $port
	name=$1
	shift
	: >"$tmp/$name.out"
	"$x" "$@" >"$tmp/$name.out" 2>"$tmp/$name.err" &
	pid=$!
	pids="$pids $pid"
	port=$(port_in "$tmp/$name.out")
}

look() {	# name
	check "$1: no new rights" 1 "$(awk '/^NoNewPrivs/ { print $2 }' "/proc/$pid/status")"
	if grep -q 'filters no system calls' "$tmp/$1.err"; then
		echo "skip $1: system calls are filtered: this kernel cannot"
	else
		check "$1: system calls are filtered" 2 "$(awk '/^Seccomp:/ { print $2 }' "/proc/$pid/status")"
	fi
	check "$1: no core" 0 "$(awk '/^Max core file size/ { print $6 }' "/proc/$pid/limits")"
	# libpcap leaves one of its own open; the filter lets decode run nothing.
	[ "$1" = decode ] ||
		check "$1: every descriptor is closed on exec" "" "$(sh "$tmp/leaks" "$pid" "$idle")"
}

begin peer peer --listen 127.0.0.1:0 --capture "$tmp/peer.pcapng"
look peer
down=$port
begin mta mta --listen 127.0.0.1:0 --queue "$tmp/queue.db" --logs "$tmp" --control "$tmp/control" \
	--peer RIGUP,up-secret --peer "RIGDOWN,down-secret,127.0.0.1:$down,C=XX;A=TEST;P=DOWN;"
look mta
begin link link 127.0.0.1:0 "127.0.0.1:$port" rate=1Mbit/s
look link
# They do their work all the same: through all three, and onto the disk.
"$x" send "127.0.0.1:$port" --name RIGUP --password up-secret --to 'C=XX;A=TEST;P=DOWN;S=Y;' \
	--count 3 >"$tmp/send.txt" 2>&1
check "send through link and MTA to peer: status" 0 $?
for _ in $(seq 100); do
	[ "$(grep -c ' octets=' "$tmp/peer.out")" = 3 ] && break
	sleep 0.05
done
check "messages that came" 3 "$(grep -c ' octets=' "$tmp/peer.out")"

# --- verbs that end by themselves, held where they wait: for an answer, for a run's results
python3 -c '
import socket
s = socket.create_server(("127.0.0.1", 0))
print("ready 127.0.0.1:%d" % s.getsockname()[1], flush=True)
kept = []
while True:
    kept.append(s.accept())
' >"$tmp/silent.out" 2>"$tmp/silent.err" &
pids="$pids $!"
silent=$(address_in "$tmp/silent.out")
mkdir "$tmp/held"
mkfifo "$tmp/held/run.jsonl"
waits() {	# verb arguments ...
	"$x" "$@" 9<&- >"$tmp/$1.out" 2>"$tmp/$1.err" &
	pid=$!
	pids="$pids $pid"
	for _ in $(seq 100); do
		[ "$(awk '/^NoNewPrivs/ { print $2 }' "/proc/$pid/status" 2>/dev/null)" = 1 ] && break
		sleep 0.05
	done
	sleep 0.1
	look "$1"
	kill "$pid"
	for _ in $(seq 100); do
		state=$(awk '/^State/ { print $2 }' "/proc/$pid/status" 2>/dev/null)
		[ "${state:-Z}" = Z ] && break
		sleep 0.05
	done
	check "$1: ends when it is told to" Z "${state:-Z}"
}
waits ping "$silent"
waits send "$silent"
waits init "$silent"
waits report "$tmp/held"
waits rejudge "$tmp/held"
waits diff "$tmp/held" "$tmp/held"
waits replay "$tmp/held/run.jsonl" --dry-run
waits match "$tmp/held/run.jsonl"
waits check captures/transfer-1988.pcap "$tmp/held/run.jsonl"
[ "$(id -u)" != 0 ] || waits decode --live lo
# A pipe that somebody holds open for writing, and writes nothing into
exec 9<>"$tmp/held/run.jsonl"
waits decode "$tmp/held/run.jsonl"
waits decode --json "$tmp/held/run.jsonl"
waits fuzz teardown --list --from "$tmp/held/run.jsonl"
echo "#: from $tmp/held/run.jsonl" >"$tmp/seeded.scn"
waits shrink "$tmp/seeded.scn"
exec 9<&-
rm -r "$tmp/held"

# --- verbs that speak with an MTA under test, held while they wait for a command of its target:
# they are confined, and it has the rights that we have
cat >"$tmp/held" <<S
rights=\$(grep -e '^NoNewPrivs' -e '^Seccomp:' "/proc/\$\$/status" | tr -dc '0-9')
echo "\$\$ \$rights" >>"$tmp/asked"
while [ ! -e "$tmp/go" ]; do sleep 0.1; done
echo "\$\$" >>"$tmp/ended"
S
sed "s|^ *logs .*|  logs events command [\"sh\", \"$tmp/held\"] within 600s|" rig/targets/lab.target \
	>"$tmp/held.target"
rights() { grep -e '^NoNewPrivs' -e '^Seccomp:' "/proc/$1/status" 2>/dev/null | tr -dc '0-9'; }
ours=$(rights "$idle")
family() { for p in $(pgrep -P "$1" | tr '\n' ' '); do echo "$p" && family "$p"; done; }

hold() {	# name, how many commands, verb arguments ...: the verb in $pid, the commands in $asked
	name=$1 many=$2
	shift 2
	rm -f "$tmp/go" "$tmp/ended" "$tmp/asked"
	"$x" "$@" >"$tmp/$name.out" 2>"$tmp/$name.err" &
	pid=$!
	pids="$pids $pid"
	for _ in $(seq 1200); do
		[ "$(grep -c ' ' "$tmp/asked" 2>/dev/null)" = "$many" ] && break
		sleep 0.05
	done
	check "$name: commands that run at once" "$many" "$(grep -c ' ' "$tmp/asked" 2>/dev/null)"
	asked=$(cut -d ' ' -f 1 "$tmp/asked" 2>/dev/null)
	everyone="$pid $(family "$pid")"
}
gone() {	# name, processes ...
	name=$1
	shift
	for _ in $(seq 600); do
		left=
		for p in "$@"; do
			case $(awk '/^State/ { print $2 }' "/proc/$p/status" 2>/dev/null) in
			'' | Z) ;;
			*) left="$left $p" ;;
			esac
		done
		[ -z "$left" ] && break
		sleep 0.05
	done
	check "$name" "" "$left"
}
look_live() {	# name
	look "$1"
	check "$1: its commands have our rights" "$ours" "$(cut -d ' ' -f 2 "$tmp/asked" | sort -u)"
	hands=0
	others=
	for p in $(pgrep -P "$pid"); do
		if [ "$(cat "/proc/$p/comm")" = "x400rig hand" ]; then
			hands=$((hands + 1))
			check "$1: the hand has our rights" "$ours" "$(rights "$p")"
		else
			others="$others $(rights "$p")"
		fi
	done
	check "$1: one hand" 1 "$hands"
	check "$1: its other processes are confined" "" "$(printf '%s\n' $others | grep -vx "$(rights "$pid")")"
}
live() {	# verb arguments ...
	verb=$1
	hold "$verb" 1 "$@" --out "$tmp/$verb-whole"
	look_live "$verb"
	touch "$tmp/go"
	wait "$pid"
	check "$verb: status" 0 $?
	has "$verb: the command came to its end" "^$asked\$" "$tmp/ended"
	gone "$verb: nobody is left" $everyone

	hold "$verb-cut" 1 "$@" --out "$tmp/$verb-cut"
	kill -INT "$pid"
	wait "$pid"
	check "$verb, interrupted: status" 130 $?
	gone "$verb, interrupted: nobody is left" $everyone $asked
	check "$verb, interrupted: no command came to its end" "" "$(cat "$tmp/ended" 2>/dev/null)"
}
mkdir "$tmp/new"
cat >"$tmp/short.scn" <<S
scenario confine/short
  title "A bind"
  up: associate
  expect up bound within 10s
  up: release
  expect up released within 10s
S
live run -q -t "$tmp/held.target" "$tmp/short.scn"
live fuzz teardown -t "$tmp/held.target" -n 1 -l 1
live replay captures/transfer-1988.pcap -q -t "$tmp/held.target"

# --- several workers, each with a command; and nobody ends in order
for i in 1 2 3; do sed "s|confine/short|confine/short$i|" "$tmp/short.scn" >"$tmp/new/$i.scn"; done
hold workers 3 run -q --jobs 3 -t "$tmp/held.target" --out "$tmp/workers" "$tmp/new"
look_live workers
touch "$tmp/go"
wait "$pid"
check "workers: status" 0 $?
check "workers: each command came to its end" 3 "$(grep -c '' "$tmp/ended" 2>/dev/null)"
hold killed 3 run -q --jobs 3 -t "$tmp/held.target" --out "$tmp/killed" "$tmp/new"
kill -KILL "$pid"
gone "killed: nothing is left of it" $everyone
check "killed: no command came to its end" "" "$(cat "$tmp/ended" 2>/dev/null)"

# --- a command whose time is over
sed 's/within 600s/within 5s/' "$tmp/held.target" >"$tmp/late.target"
hold late 1 run -q -t "$tmp/late.target" --out "$tmp/late" "$tmp/short.scn"
gone "late: a command whose time is over is killed" $asked
wait "$pid"
check "late: no command came to its end" "" "$(cat "$tmp/ended" 2>/dev/null)"
has "late: its log was not read" '"name":"logs failed"' "$tmp/late/events/confine/short.jsonl"

# --- programs that a target file names get three descriptors, whatever libpcap leaves open
{
	cat rig/targets/lab.target
	echo "  hooks resources command [\"sh\", \"$tmp/hook\"]"
} >"$tmp/hook.target"
cat >"$tmp/hook" <<S
for fd in /proc/\$\$/fd/*; do
	fd=\${fd##*/}
	[ -e "/proc/$idle/fd/\$fd" ] || [ ! -e "/proc/\$\$/fd/\$fd" ] || [ "\$fd" = 10 ] || echo "\$fd" >>"$tmp/given"
done
rig=\$(sed -n 's/^PPid:.//p' "/proc/\$(sed -n 's/^PPid:.//p' /proc/\$PPID/status)/status")
for p in "\$rig" \$(pgrep -P "\$rig"); do sh "$tmp/leaks" \$p $idle >>"$tmp/kept"; done
cat "/proc/\$rig/comm" >>"$tmp/whose"
echo ran >>"$tmp/given"
echo "sockets 1"
S
"$x" run -q -t "$tmp/hook.target" --out "$tmp/run" basic/transfer >"$tmp/run.txt" 2>&1
check "run with a hook: status" 0 $?
check "run: whose descriptors are looked at" x400rig "$(sort -u "$tmp/whose" 2>&1)"
check "run: every descriptor is closed on exec" "" "$(cat "$tmp/kept" 2>&1)"
"$x" run -q -t "$tmp/hook.target" --packets lo --out "$tmp/run" basic/transfer >"$tmp/run.txt" 2>&1
check "descriptors that a hook gets besides three" ran "$(sort -u "$tmp/given" 2>/dev/null)"

# --- what the compiler and the linker have done against what we overlook
readelf -W --file-header --segments --dynamic --dyn-syms "$x" >"$tmp/elf"
if grep -q -e __asan_ -e __gcov_ "$tmp/elf" || nm "$x" | grep -q -e __asan_init -e __gcov_exit; then
	echo "skip hardened: made for finding faults, not for use"
else
	has "hardened: at another address each time" '^ *Type: *DYN' "$tmp/elf"
	has "hardened: no stack is executed" '^ *GNU_STACK .* RW  *0x' "$tmp/elf"
	check "hardened: nothing is written and executed" 0 "$(grep -c '^ *LOAD .* RWE ' "$tmp/elf")"
	has "hardened: relocations are read only" GNU_RELRO "$tmp/elf"
	has "hardened: and done at the start" BIND_NOW "$tmp/elf"
	check "hardened: libraries of the system alone" 0 "$(grep -c -e '(RPATH)' -e '(RUNPATH)' "$tmp/elf")"
	has "hardened: the stack is guarded" __stack_chk_fail "$tmp/elf"
	has "hardened: the C library checks lengths" __memcpy_chk "$tmp/elf"
fi
