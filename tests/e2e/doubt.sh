#!/bin/sh
# The MTA waits for the acknowledgement of a whole message longer than its transfer time, gives
# the message up while the acknowledgement is on its way, and sends it again (X.218 9.3.1.2,
# 9.3.1.3): the copy is no fault of it.  Judged again it is none either.
#     sh tests/e2e/doubt.sh BUILD
set -u
. tests/lib/say.sh
x=$1/x400rig
tmp=$(mktemp -d)
trap 'sh tests/lib/cases.sh "$tmp"; rm -rf "$tmp"' EXIT

sed 's/transfer_time 40s/transfer_time 200ms/' rig/targets/lab.target >"$tmp/short.target"
late() {	# name, what is expected of the copies
	cat >"$tmp/$1.scn" <<-END
	scenario doubt/$1
	  title   "The acknowledgement of a message comes too late"
	  source  "X.218 9.3.1.2, 9.3.1.3"
	  needs   side.down
	  limit   60s

	  down: at before activity-end stall for 700ms
	  down: listen
	  up:   associate
	  expect up bound within 5s
	  up:   transfer 1 message size 100B to down
	  expect down delivered within 10s
	  wait 3s
	  expect $2
	END
}
late copies 'copies at-most 2'
late once 'delivered exactly-once'
"$x" run --virtual --seed 7 --quiet --target "$tmp/short.target" --out "$tmp/run" "$tmp"/*.scn >"$tmp/said" 2>&1
check "the copy of a message that was given up is no fault" 1 "$(grep -c '^pass *doubt/copies' "$tmp/said")"
check "and is one where none is wanted" 1 "$(grep -c '^fail *doubt/once' "$tmp/said")"
"$x" rejudge "$tmp/run" >"$tmp/again" 2>&1
check "judged again it is the same" 0 "$(grep -c 'differ\|doubled\|cuts in doubt allow' "$tmp/again")"
check "AE, AEA and AD crossed" 1 "$("$x" decode "$tmp"/run/doubt/copies.pcapng 2>/dev/null |
	grep -c '<- *session *AB ')"
