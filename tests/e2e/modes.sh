#!/bin/sh
# `send` to `peer` in each application context, with selectors.
set -u
. tests/lib/say.sh
X=${1:-build}/x400rig
T=$(mktemp -d) || exit 4
peer=
trap '[ -n "$peer" ] && kill "$peer" 2>/dev/null; sh tests/lib/cases.sh "$T"; rm -rf "$T"' EXIT
status=0

# name, what the peer is told, what the sender is told, and the status wanted
meet()
{
	"$X" peer --listen 127.0.0.1:0 --count 1 $2 > "$T/peer" 2>&1 &
	peer=$!
	timeout 10 "$X" send "$(address_in "$T/peer")" --size 5000 $3 > "$T/send" 2>&1
	got=$?
	if [ "$got" != "$4" ]; then
		echo "not ok $1: status $got, not $4: $(tail -1 "$T/send")"
		status=1
	else
		echo "ok $1"
	fi
	kill "$peer" 2>/dev/null
	wait "$peer" 2>/dev/null
	peer=
}

all="--tsel 591 --ssel S1"
meet modes-normal "$all --psel 0x0102" "$all --psel 0x0102 --dialogue two-way --checkpoint 1" 0
meet modes-x410 "--mode x410 $all" "--mode x410 $all --checkpoint 1" 0
meet modes-1984 "--mode 1984 $all" "--mode 1984 $all" 0
meet modes-differ "--mode 1984" "--mode normal" 4
meet modes-wrong-tsel "--tsel 591" "--tsel 592" 4
meet modes-wrong-ssel "--ssel S1" "--ssel S2" 4
meet modes-wrong-psel "--psel P1" "--psel P2" 4
meet modes-no-mode "--count 1" "--mode 1988" 2
meet modes-no-hex "--count 1" "--tsel 0x5" 2
exit $status
