#!/bin/sh
# Lines made by the kernel in network namespaces of the rig's own: of `run` and `link`, and
# that nothing is left of them, however the rig dies.
#     sh tests/e2e/kernel.sh BUILD
set -u
. tests/lib/say.sh
build=${1:?build folder}
rig=$build/x400rig
tmp=$(mktemp -d) || exit 1
peer='' link='' rigs=''
trap 'kill $peer $link $rigs 2>/dev/null; sh tests/lib/cases.sh "$tmp"; rm -rf "$tmp"' EXIT

# Where we stand: interfaces, queues, names.
world() {
	ls /run/netns 2>/dev/null
	ip -o link show | sed 's/ qlen .*//'
	tc qdisc show
}

cat >"$tmp/tbf.scn" <<'S'
scenario kernel/tbf
  title "A message of 40,000 octets over 256 kbit/s of the kernel"
  source "tc-tbf(8)"
  limit 60s
  down: listen
  down: link rate=256kbit/s
  up: associate
  expect up bound within 10s
  up: transfer 1 message size 40000 to down
  expect delivered within 30s
  up: release
S
sed 's/kernel.tbf/kernel\/down/; s/rate=256kbit.s/mtu=576 at=0s:down at=700ms:up/' \
	"$tmp/tbf.scn" >"$tmp/down.scn"
sed 's/kernel.tbf/kernel\/netem/; s/rate=256kbit.s/delay=20ms loss=2% duplicate=1% reorder=5%/' \
	"$tmp/tbf.scn" >"$tmp/netem.scn"
sed 's/kernel.tbf/kernel\/long/; s/256kbit/9600bit/' "$tmp/tbf.scn" |
	sed 's/within 30s/within 50s/' >"$tmp/long.scn"

run() {	# NAME
	rm -rf "$tmp/run"
	timeout 60 "$rig" run "$tmp/$1.scn" --kernel -q --out "$tmp/run" >"$tmp/out" 2>&1
	status=$?
	why=$(sed -n "s/^skip  *kernel.$1  *//p" "$tmp/out")
}

# A word that nodes cannot do is no reason to pass.
timeout 60 "$rig" run "$tmp/netem.scn" --virtual -q --out "$tmp/nodes" >"$tmp/out" 2>&1
[ $? = 77 ] && grep -q 'only the kernel can make' "$tmp/out" && ok kernel-needs-the-kernel ||
	bad kernel-needs-the-kernel "$(cat "$tmp/out")"

if ! "$rig" run "$tmp/tbf.scn" --kernel -q --out "$tmp/probe" >"$tmp/out" 2>&1 &&
	grep -q '^skip' "$tmp/out"; then
	for name in rate down netem link link-killed leaves-nothing; do
		echo "skip kernel-$name: $(sed -n 's/^skip  *kernel.tbf  *//p' "$tmp/out")"
	done
	exit 0
fi

world >"$tmp/before"
run tbf
seconds=$(sed -n 's/^pass .* \([0-9.]*\) s$/\1/p' "$tmp/out")
# 40,000 octets at 256 kbit/s and what surrounds them: more than 1.25 s.
if [ $status = 0 ] && awk "BEGIN {exit !(${seconds:-0} > 1.25)}"; then
	ok kernel-rate
else
	bad kernel-rate "$(cat "$tmp/out")"
fi
run down
seconds=$(sed -n 's/^pass .* \([0-9.]*\) s$/\1/p' "$tmp/out")
if [ $status = 0 ] && awk "BEGIN {exit !(${seconds:-0} > 0.7)}"; then
	ok kernel-down
else
	bad kernel-down "$(cat "$tmp/out")"
fi
run netem
if [ $status = 77 ]; then
	echo "skip kernel-netem: $why"
	# Words of our own making would be refused otherwise than by the kernel.
	echo "$why" | grep -q 'has no netem' && ok kernel-netem-reason || bad kernel-netem-reason "$why"
elif [ $status = 0 ]; then
	ok kernel-netem
else
	bad kernel-netem "$(cat "$tmp/out")"
fi

# --- the proxy
: >"$tmp/peer"
: >"$tmp/link"
"$rig" peer --listen 127.0.0.1:0 --quiet >"$tmp/peer" 2>&1 &
peer=$!
"$rig" link 127.0.0.1:0 "$(address_in "$tmp/peer")" --kernel rate=512kbit/s mtu=576 \
	--packets "$tmp/wire.pcap" >"$tmp/link" 2>"$tmp/link.err" &
link=$!
timeout 30 "$rig" send "$(address_in "$tmp/link")" --size 50000 >"$tmp/send" 2>&1
kill $link
wait $link
kill $peer
wait $peer
link='' peer=''
# The longest packet of the wire: the MTU and Ethernet's header.
longest=$(python3 -c 'import struct, sys
data, at, most = open(sys.argv[1], "rb").read(), 24, 0
while at < len(data):
    kept, was = struct.unpack_from("<II", data, at + 8)
    at, most = at + 16 + kept, max(most, was)
print(most)' "$tmp/wire.pcap")
if grep -q '^1 of 1' "$tmp/send" && grep -q 'rate-set' "$tmp/link" && [ "$longest" = 590 ] &&
	"$rig" decode "$tmp/wire.pcap" 2>/dev/null | grep -q MESSAGE; then
	ok kernel-link
else
	bad kernel-link "longest packet: $longest; $(cat "$tmp/send" "$tmp/link.err" "$tmp/link")"
fi

# --- nothing is left of it when it is killed
: >"$tmp/link"
"$rig" link 127.0.0.1:0 127.0.0.1:1 --kernel mtu=576 >"$tmp/link" 2>&1 &
link=$!
port=$(port_in "$tmp/link")
held=$(readlink /proc/$link/fd/* | grep '^net:' | grep -vxF "$(readlink /proc/self/ns/net)" | sort -u)
{
	kill -9 $link
	wait $link
} 2>/dev/null
link=''
world >"$tmp/after"
if [ -n "$port" ] && [ -n "$held" ] && cmp -s "$tmp/before" "$tmp/after" &&
	! readlink /proc/[0-9]*/ns/net /proc/[0-9]*/fd/* 2>/dev/null | grep -qxF "$held"; then
	ok kernel-link-killed
else
	bad kernel-link-killed "held: $held; $(cat "$tmp/link") $(diff "$tmp/before" "$tmp/after")"
fi

# --- nothing is left, of a run in order and of one that is killed in the middle
world >"$tmp/after"
cmp -s "$tmp/before" "$tmp/after" && ok kernel-leaves-nothing ||
	bad kernel-leaves-nothing "$(diff "$tmp/before" "$tmp/after")"

# The namespaces that a process holds, without the one in which we all are.
spaces_of() { readlink "/proc/$1"/fd/* | grep '^net:' | grep -vxF "$(readlink /proc/self/ns/net)"; }
# Processes that stand in one of them or hold it.
users() {
	for p in /proc/[0-9]*; do
		readlink "$p/ns/net" "$p"/fd/* 2>/dev/null | grep -qxFf "$tmp/spaces" && echo "$p"
	done
}
"$rig" run "$tmp/long.scn" --kernel -q --out "$tmp/long" >"$tmp/out" 2>&1 &
rigs=$!
for _ in $(seq 200); do
	[ -s "$tmp/long/events/kernel/long.jsonl" ] && break
	sleep 0.05
done
spaces_of $rigs >"$tmp/spaces"
users >"$tmp/during"
{
	kill -9 $rigs
	wait $rigs
} 2>/dev/null
rigs=''
for _ in $(seq 60); do	# the lab MTA's process is killed by the kernel
	users >"$tmp/left"
	[ -s "$tmp/left" ] || break
	sleep 0.05
done
world >"$tmp/after"
if [ "$(wc -l <"$tmp/spaces")" -lt 2 ] || [ "$(wc -l <"$tmp/during")" -lt 2 ]; then
	bad kernel-killed-leaves-nothing "there was nothing to leave: $(cat "$tmp/out")"
elif [ -s "$tmp/left" ] || ! cmp -s "$tmp/before" "$tmp/after"; then
	bad kernel-killed-leaves-nothing "$(cat "$tmp/left") $(diff "$tmp/before" "$tmp/after")"
else
	ok kernel-killed-leaves-nothing
fi
