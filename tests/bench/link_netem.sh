#!/bin/sh
# A message over the kernel's own slow line (tc tbf, tc netem, in a network
# namespace made here) and over a link with the same words.  Needs root.
#     tests/bench/link_netem.sh BUILD
set -u
. tests/bench/row.sh
. tests/lib/say.sh
x=$1/x400rig
space=x400rig-bench-$$
tmp=$(mktemp -d)
peer='' link=''
trap 'kill $peer $link 2>/dev/null; ip netns del $space 2>/dev/null; rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

ip netns add $space 2>"$tmp/why" || { echo "skip: no network namespaces: $(cat "$tmp/why")"; exit 0; }
inside() { ip netns exec $space "$@"; }
inside ip link set lo mtu 1500 up

seconds() { inside "$x" send "127.0.0.1:$1" --size "$2" --window 16 2>/dev/null | sed -n 's/.* in \([0-9.]*\) s.*/\1/p'; }

side_by_side() {	# name, octets, words of the link, options of tc
	inside tc qdisc del dev lo root 2>/dev/null
	inside tc qdisc add dev lo root $4 2>"$tmp/why" || { echo "skip $1: $(cat "$tmp/why")"; return; }
	seconds "$target" "$2" >"$tmp/tc"
	inside tc qdisc del dev lo root
	: >"$tmp/link"
	ip netns exec $space "$x" link 127.0.0.1:0 "127.0.0.1:$target" --quiet $3 >"$tmp/link" 2>&1 &
	link=$!
	seconds "$(port_in "$tmp/link")" "$2" >"$tmp/ours"
	kill $link
	wait $link 2>/dev/null
	link=''
	row "$2 octets over $3" s "<1.25x" "$tmp/ours" "tc $1" "$tmp/tc"
}

: >"$tmp/peer"
ip netns exec $space "$x" peer --listen 127.0.0.1:0 --quiet --window 16 >"$tmp/peer" 2>&1 &
peer=$!
target=$(port_in "$tmp/peer")
side_by_side "tbf 1 Mbit/s" 500000 "rate=1Mbit/s" "tbf rate 1mbit burst 3000 limit 1000000"
side_by_side "tbf 64 kbit/s" 40000 "rate=64kbit/s" "tbf rate 64kbit burst 3000 limit 1000000"
side_by_side "netem delay 50 ms" 200000 "delay=50ms" "netem delay 50ms limit 10000"
side_by_side "netem loss 2 %" 1000000 "loss=2% delay=10ms seed=1" "netem delay 10ms loss 2% limit 10000"
