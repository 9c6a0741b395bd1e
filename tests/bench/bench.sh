#!/bin/sh
# The stack, send and peer, match, P1: ratios against bare baselines in the same
# run, RUNS (5) samples of each; rows for tests/bench/table.py.
#     tests/bench/bench.sh BUILD
set -u
. tests/bench/row.sh
. tests/lib/say.sh
x=$1/x400rig bare=$1/tests/bench/bare memory=$1/tests/bench/bench_memory
runs=${RUNS:-5}
tmp=$(mktemp -d)
trap '[ -z "${peer-}" ] || kill "$peer" 2>/dev/null; rm -rf "$tmp"' EXIT

start_peer() {
	: >"$tmp/peer"
	"$x" peer --listen 127.0.0.1:0 --quiet "$@" >"$tmp/peer" 2>&1 &
	peer=$!
	port=$(port_in "$tmp/peer")
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
memory() {	# what, count, size
	"$memory" "$2" "$3" | sed -n 's/ us a message.*//p' >"$tmp/memory"
	row "$1, both ends in memory" us "" "$tmp/memory"
}
memory "1 KiB message" 100000 1024
memory "1 GiB message" 1 1073741824

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
row "1 KiB messages, one association" /s ">50%" "$tmp/pp.rig" "TCP ping-pong" "$tmp/pp.bare"

# --- one message of 1 GiB, checkpoint 30 KiB, window 5
big() {	# name, bar, peer and send options
	name=$1 bar=$2
	shift 2
	rm -f "$tmp/w.bare" "$tmp/w.rig"
	# shellcheck disable=SC2086
	start_peer $peer_options
	i=0
	while [ $i -lt "$runs" ]; do
		"$bare" window 1073741824 30720 36 24 5 | awk '{print $1 / 1e6}' >>"$tmp/w.bare"
		send --count 1 --size 1073741824 --checkpoint 30 --window 5 "$@" |
			sed -n 's/.* in \([0-9.]*\) s.*/\1/p' |
			awk '{printf "%.0f\n", 1073.741824 / $1}' >>"$tmp/w.rig"
		rm -f "$tmp"/*.pcapng
		i=$((i + 1))
	done
	stop_peer
	row "$name" MB/s "$bar" "$tmp/w.rig" "TCP, window of 5 x 30 KiB" "$tmp/w.bare"
	echo $((rss / 1024)) >"$tmp/w.rss"
	row "$name: peer resident" MiB "<64" "$tmp/w.rss"
}
peer_options=--no-digest big "1 GiB message, memory sink" ">50%"
peer_options="" big "1 GiB message, capture and digest" ">10%" --capture "$tmp/send.pcapng"

# --- a log of 256 MiB against the whole catalogue, and grep with the same patterns
sh tests/bench/make_log.sh 256 >"$tmp/log"
sed -n 's/^  [a-z].* text "\(\([^"\\]\|\\.\)*\)".*/\1/p' rig/signatures/*.sig |
	sed 's/(?<[a-z0-9]*>/(/g' | sort -u >"$tmp/patterns"
octets=$(wc -c <"$tmp/log")
# Processor time, user and system: both read the same file, which memory holds by then.
# To a file: grep stops at the first hit where its output is /dev/null.
seconds() {
	OUT=$tmp/out bash -c 'TIMEFORMAT="%U %S"; { time "$@" >"$OUT" 2>&1; } 2>&1' _ "$@" |
		awk '{print $1 + $2}'
}
cat "$tmp/log" >/dev/null
i=0
while [ $i -lt "$runs" ]; do
	seconds env LC_ALL=C grep -c -E -f "$tmp/patterns" "$tmp/log" >>"$tmp/m.bare"
	seconds "$x" match "$tmp/log" >>"$tmp/m.rig"
	i=$((i + 1))
done
speeds() { awk -v n="$octets" '{printf "%.1f\n", n / $1 / 1e6}' "$1" >"$1.mb"; }
speeds "$tmp/m.rig"
speeds "$tmp/m.bare"
row "match, 256 MiB of log, whole catalogue" MB/s ">200" "$tmp/m.rig.mb"
row "the same, beside grep" MB/s ">80%" "$tmp/m.rig.mb" "grep -c -E -f" "$tmp/m.bare.mb"
rm -f "$tmp/log"

# --- P1: messages of 2 KiB, decoded and encoded; and tshark on messages of that size
"$1/tests/bench/bench_p1" | tee "$tmp/p1"
if command -v tshark >/dev/null 2>&1; then
	start_peer --no-digest
	send --count 10 --size 1700 --capture "$tmp/few.pcapng" >/dev/null
	send --count 1010 --size 1700 --capture "$tmp/many.pcapng" >/dev/null
	stop_peer
	for _ in 1 2 3 4 5; do
		few=$(used tshark -n -r "$tmp/few.pcapng" -V)
		used tshark -n -r "$tmp/many.pcapng" -V | awk -v few="$few" '{print ($1 - few) * 1e6}'
	done >"$tmp/p1.tshark"
	awk -F'\t' '$2 ~ /^P1 .*decoding, beside a walk/ {for (i = 0; i < 5; i++) print $5}' "$tmp/p1" >"$tmp/p1.rig"
	row "P1 messages of 2 KiB, decoding, beside tshark" ns "/20" "$tmp/p1.rig" "tshark -V" "$tmp/p1.tshark"
fi
