#!/bin/sh
# What mta and peer meet beside run (chaos.sh): clocks that jump, signals at any point, a disk that
# is full; and run without descriptors or disk.
#     sh tests/e2e/chaos_servers.sh BUILD
set -u
. tests/lib/say.sh
x=$1/x400rig
tmp=$(mktemp -d)
pids=
trap 'for p in $pids; do kill -KILL "$p" 2>/dev/null; done; sh tests/lib/cases.sh "$tmp"; rm -rf --one-file-system "$tmp"' EXIT

begin() {	# name, command ...: $pid, $port
	name=$1
	shift
	: >"$tmp/$name.out"
	"$@" >>"$tmp/$name.out" 2>"$tmp/$name.err" &
	pid=$!
	pids="$pids $pid"
	port=$(port_in "$tmp/$name.out")
}
send() {	# port, how many
	timeout 30 "$x" send "127.0.0.1:$1" --name RIGUP --password up-secret \
		--to 'C=XX;A=TEST;P=DOWN;S=Y;' --count "$2" >"$tmp/send.txt" 2>&1
}
came() {	# how many are to come: how many did, each once
	for _ in $(seq 200); do
		[ "$(grep -c ' octets=' "$tmp/peer.out")" -ge "$1" ] && break
		sleep 0.05
	done
	sed -n 's/.* octets=\([0-9]*\).*/\1/p' "$tmp/peer.out" | wc -l
}
mta() {	# name, prefix ...
	name=$1
	shift
	begin "$name" "$@" "$x" mta --listen 127.0.0.1:0 --queue "$tmp/$name.db" --logs "$tmp" \
		--peer RIGUP,up-secret --peer "RIGDOWN,down-secret,127.0.0.1:$down,C=XX;A=TEST;P=DOWN;"
}

# --- the clock of the day jumps; both are stopped and continued while they work
if nm -D "$x" | grep -q __asan; then
	echo "skip servers and a clock that jumps: nothing goes before AddressSanitizer"
	jump=env
else
	${CC:-cc} -shared -fPIC -O1 -D_GNU_SOURCE -o "$tmp/jump.so" tests/chaos/jump.c
	jump="env LD_PRELOAD=$tmp/jump.so"
fi
# shellcheck disable=SC2086
begin peer $jump "$x" peer --listen 127.0.0.1:0 --capture "$tmp/peer.pcapng"
peer=$pid down=$port
# shellcheck disable=SC2086
mta jumping $jump
send "$port" 30 &
sending=$!
while kill -0 $sending 2>/dev/null; do
	kill -STOP "$pid" "$peer"
	kill -CONT "$pid" "$peer"
	sleep 0.01
done
wait $sending
check "clocks that jump, servers that are stopped: accepted" 0 $?
check "clocks that jump, servers that are stopped: each message comes once" 30 "$(came 30)"
kill "$pid"
wait "$pid"
check "clocks that jump, servers that are stopped: the MTA ends well" 0 $?

# --- told to end at any point: it does, in order, and what it has taken it has still
bad=
for ms in 00 01 02 04 07 11 16 22 30 40; do
	for signal in TERM INT; do
		mta told
		send "$port" 40 &
		sending=$!
		sleep "0.$ms"
		kill -$signal "$pid"
		wait "$pid"
		status=$?
		[ $status = 0 ] || bad="$bad $ms/$signal:$status"
		wait $sending
	done
done
check "an MTA told to end at any point" "" "$bad"
mta told
send "$port" 1
check "an MTA told to end at any point: begins again" 0 $?
for _ in $(seq 100); do
	left=$(python3 -c 'import sqlite3, sys
print(sqlite3.connect(sys.argv[1]).execute("SELECT count(*) FROM message").fetchone()[0])' "$tmp/told.db" 2>&1)
	[ "$left" = 0 ] && break
	sleep 0.05
done
kill "$pid"
wait "$pid"
check "an MTA told to end at any point: its queue goes out" 0 "$left"

bad=
for ms in 00 02 05 10 20 35; do
	begin "told-peer" "$x" peer --listen 127.0.0.1:0 --capture "$tmp/told.pcapng"
	timeout 10 "$x" send "127.0.0.1:$port" --count 40 --name UP --password up >/dev/null 2>&1 &
	sending=$!
	sleep "0.$ms"
	kill -TERM "$pid"
	wait "$pid"
	status=$?
	[ $status = 0 ] || bad="$bad $ms:$status"
	wait $sending
	"$x" decode "$tmp/told.pcapng" >/dev/null 2>"$tmp/decoded"
	case $? in 0 | 3 | 5) ;; *) bad="$bad $ms:capture" ;; esac
done
check "a peer told to end at any point, its capture whole" "" "$bad"

# --- a disk that is full: it is said, and the status says so
full() {	# KiB, command ..., with a folder of so many; ends this shell
	size=$1
	shift
	mkdir -p "$tmp/small"
	exec unshare --mount --propagation private sh -c \
		'mount -t tmpfs -o size='"$size"'k full "$0" && exec "$@"' "$tmp/small" "$@"
}
if [ "$(id -u)" = 0 ] && (full 48 true) 2>/dev/null; then
	(full 48 timeout 30 "$x" run -q --virtual --out "$tmp/small/run" pop4/slow-link) >"$tmp/full.txt" 2>&1
	check "full disk, run: status" 4 $?
	check "full disk, run: is told" 1 "$(grep -c -m 1 'No space left' "$tmp/full.txt")"
	begin full-peer full 48 "$x" peer --listen 127.0.0.1:0 --capture "$tmp/small/p.pcapng"
	timeout 20 "$x" send "127.0.0.1:$port" --count 3 --size 60000 --name UP --password up >"$tmp/send.txt" 2>&1
	check "full disk, peer: messages are taken all the same" 0 $?
	kill "$pid"
	wait "$pid"
	check "full disk, peer: status" 4 $?
	check "full disk, peer: is told" 1 "$(grep -c -m 1 'No space left' "$tmp/full-peer.err")"
	(full 48 timeout 10 "$x" mta --listen 127.0.0.1:0 --queue "$tmp/small/q.db") >"$tmp/full.txt" 2>&1
	check "full disk, mta that begins: status" 4 $?
	check "full disk, mta that begins: is told" 1 "$(grep -c -m 1 'disk is full' "$tmp/full.txt")"
	begin full-mta full 300 "$x" mta --listen 127.0.0.1:0 --queue "$tmp/small/q.db" --peer RIGUP,up-secret
	timeout 2 "$x" send "127.0.0.1:$port" --count 200 --size 4000 --name RIGUP \
		--password up-secret --to 'C=XX;A=TEST;P=DOWN;S=Y;' >"$tmp/send.txt" 2>&1
	check "full disk, mta: what it cannot keep is not taken" 1 "$(grep -c -m 1 'transfer failed: exception' "$tmp/send.txt")"
	kill "$pid"
	wait "$pid"
	check "full disk, mta: goes on, and ends well" 0 $?
else
	echo "skip servers and a full disk: needs root and mounts of its own"
fi

# --- run without descriptors: what is missing is said
few() {	# how many, status, what is said, option
	timeout 30 setpriv --inh-caps=-sys_resource --bounding-set=-sys_resource prlimit --nofile="$1:$1" \
		"$x" run "$4" --out "$tmp/few-$1" basic/transfer >"$tmp/few.txt" 2>&1
	check "run with $1 descriptors: status" "$2" $?
	check "run with $1 descriptors: is told" 1 "$(grep -c -m 1 "$3" "$tmp/few.txt")"
}
if [ "$(id -u)" = 0 ]; then
	few 4 4 'Too many open files' --virtual
	few 7 4 'Too many open files' --virtual
	few 20 77 'descriptors, and this system allows 20' --jobs=1
else
	echo "skip run without descriptors: needs root"
fi
