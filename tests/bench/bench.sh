#!/bin/sh
# Ratios against bare baselines in the same run; medians of RUNS (5).
#     tests/bench/bench.sh BUILD
set -u
x=$1/x400rig bare=$1/tests/bench/bare memory=$1/tests/bench/bench_memory
runs=${RUNS:-5}
tmp=$(mktemp -d)
trap '[ -z "${peer-}" ] || kill "$peer" 2>/dev/null; rm -rf "$tmp"' EXIT

median() { sort -n | awk '{v[NR]=$1} END {print NR ? v[int((NR + 1) / 2)] : 0}'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN {printf "%.0f %%", b ? 100 * a / b : 0}'; }

start_peer() {
	: >"$tmp/peer"
	"$x" peer --listen 127.0.0.1:0 --quiet "$@" >"$tmp/peer" 2>&1 &
	peer=$!
	while ! grep -q ready "$tmp/peer"; do sleep 0.05; done
	port=$(sed -n 's/^ready .*://p' "$tmp/peer")
}
stop_peer() {
	rss=$(awk "/VmHWM/ {print \$2}" "/proc/$peer/status" 2>/dev/null)
	kill "$peer"
	wait "$peer" 2>/dev/null
}
send() { "$x" send "127.0.0.1:$port" "$@" 2>/dev/null; }
# "... octets on the wire: OUT out, IN in" of `send`
wire() { sed -n "s/.*on the wire: \([0-9]*\) out, \([0-9]*\) in.*/\\$1/p"; }

# --- the stack alone, both ends in one process, without a network
echo "1 KiB messages in memory: $("$memory" 100000 1024)"
echo "1 GiB message in memory: $("$memory" 1 1073741824)"

# --- 1 KiB messages over one association
start_peer --no-digest
send --count 10 --size 1024 >"$tmp/a"
send --count 110 --size 1024 >"$tmp/b"
request=$(( ($(wire 1 <"$tmp/b") - $(wire 1 <"$tmp/a")) / 100 ))
reply=$(( ($(wire 2 <"$tmp/b") - $(wire 2 <"$tmp/a")) / 100 ))
i=0
while [ $i -lt "$runs" ]; do
	"$bare" pingpong 20000 $request $reply >>"$tmp/pp.bare"
	send --count 20000 --size 1024 | sed -n 's/.*(\([0-9]*\)\/s.*/\1/p' >>"$tmp/pp.rig"
	i=$((i + 1))
done
stop_peer
a=$(median <"$tmp/pp.rig") b=$(median <"$tmp/pp.bare")
echo "1 KiB messages, one association: $a/s; bare ping-pong of $request and $reply octets: $b/s; $(ratio "$a" "$b") (bar 50 %)"

# --- one message of 1 GiB, checkpoint 30 KiB, window 5
big() {	# name, bar, peer and send options
	name=$1 bar=$2
	shift 2
	rm -f "$tmp/w.bare" "$tmp/w.rig"
	# shellcheck disable=SC2086
	start_peer $peer_options
	i=0
	while [ $i -lt "$runs" ]; do
		"$bare" window 1073741824 30720 36 24 5 >>"$tmp/w.bare"
		send --count 1 --size 1073741824 --checkpoint 30 --window 5 "$@" |
			sed -n 's/.* in \([0-9.]*\) s.*/\1/p' |
			awk '{printf "%.0f\n", 1073741824 / $1}' >>"$tmp/w.rig"
		rm -f "$tmp"/*.pcapng
		i=$((i + 1))
	done
	stop_peer
	a=$(median <"$tmp/w.rig") b=$(median <"$tmp/w.bare")
	echo "$name: $((a / 1000000)) MB/s; bare window of 5 x 30 KiB: $((b / 1000000)) MB/s; $(ratio "$a" "$b") (bar $bar); peer resident $((rss / 1024)) MiB"
}
peer_options=--no-digest big "1 GiB message, memory sink" "50 %"
peer_options="" big "1 GiB message, capture and digest" "10 %" --capture "$tmp/send.pcapng"

# --- a log of 256 MiB against the whole catalogue, and grep with the same patterns
sh tests/bench/make_log.sh 256 >"$tmp/log"
sed -n 's/^  [a-z].* text "\(\([^"\\]\|\\.\)*\)".*/\1/p' rig/signatures/*.sig |
	sed 's/(?<[a-z0-9]*>/(/g' | sort -u >"$tmp/patterns"
octets=$(wc -c <"$tmp/log")
# To a file: grep stops at the first hit where its output is /dev/null.
seconds() { OUT=$tmp/out /usr/bin/env bash -c 'TIMEFORMAT=%U; { time "$@" >"$OUT" 2>&1; } 2>&1' _ "$@"; }
i=0
while [ $i -lt "$runs" ]; do
	seconds env LC_ALL=C grep -c -E -f "$tmp/patterns" "$tmp/log" >>"$tmp/m.bare"
	seconds "$x" match "$tmp/log" >>"$tmp/m.rig"
	i=$((i + 1))
done
a=$(median <"$tmp/m.rig") b=$(median <"$tmp/m.bare")
echo "match, 256 MiB of log: $(awk -v n="$octets" -v a="$a" 'BEGIN {printf "%.0f", n / a / 1e6}') MB/s (bar 200); grep with the same patterns: $(awk -v n="$octets" -v b="$b" 'BEGIN {printf "%.0f", n / b / 1e6}') MB/s; $(ratio "$b" "$a") (bar 80 %)"
rm -f "$tmp/log"

# --- cases of the teardown fuzzer; and as many connections with as many round trips
i=0
while [ $i -lt "$runs" ]; do
	"$bare" churn 32 20000 3 200 >>"$tmp/f.bare"
	"$x" fuzz teardown --cases 20000 --lanes 32 --failures 0 --out "$tmp/fuzz$i" 2>/dev/null |
		sed -n 's/.* cases in .* s, \([0-9]*\)\/s;.*/\1/p' >>"$tmp/f.rig"
	i=$((i + 1))
done
a=$(median <"$tmp/f.rig") b=$(median <"$tmp/f.bare")
echo "fuzz teardown, 32 lanes: $a/s (bar 5000); bare connections of 3 round trips: $b/s; $(ratio "$a" "$b") (bar 50 %)"

# --- P1: messages of 2 KiB, decoded and encoded; and tshark on messages of that size
"$1/tests/bench/bench_p1" | tee "$tmp/p1" || true
if command -v tshark >/dev/null 2>&1; then
	seconds() { { time -p tshark -n -r "$1" -V >/dev/null 2>&1; } 2>&1 | awk '/user/ {print $2}'; }
	start_peer --no-digest
	send --count 10 --size 1700 --capture "$tmp/few.pcapng" >/dev/null
	send --count 1010 --size 1700 --capture "$tmp/many.pcapng" >/dev/null
	stop_peer
	few=$(seconds "$tmp/few.pcapng") many=$(seconds "$tmp/many.pcapng")
	sed -n 's/^decoding: \([0-9]*\) ns.*/\1/p' "$tmp/p1" | awk -v a="$few" -v b="$many" '{
		ns = (b - a) * 1e6
		printf "tshark -V: %.0f ns a message; decoding is %.0f times as fast (bar 20)\n", ns, ns / $1
	}'
fi
