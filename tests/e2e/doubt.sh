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
crossed=$("$x" decode "$tmp"/run/doubt/copies.pcapng 2>/dev/null | awk '
	$5 == "session" && $6 ~ /^(AEA?|ADA?|AB)$/ { printf "%s ", $6 }')
check "AE, AEA and AD crossed, and nobody aborts" "AE AEA AE AEA AD ADA AE AEA" "$(echo "$crossed" | xargs)"

# From the receiver: a discard or an interrupt finds it behind its AEA (X.225 Table A.12, STA 713).
cat >"$tmp/crossed.scn" <<'END'
scenario doubt/crossed
  limit 30s
  down: listen
  up.a: connect
  up.a: send cotp CR
  expect up.a cotp CC within 5s
  up.a: send session CN
  expect up.a rtse RTOAC within 5s
  up.a: send session AS activity=hex:020101
  up.a: send p1 MESSAGE to=$to-down user=hex:01
  up.a: send session AE
  expect up.a session AEA within 5s
  up.a: send session AD
  expect up.a session ADA within 5s
  up.a: send session AS activity=hex:020102
  up.a: send p1 MESSAGE to=$to-down user=hex:02
  up.a: send session AE
  expect up.a session AEA within 5s
  up.a: send session AI
  expect up.a session AIA within 5s
  up.a: send session FN user=(presentation User-data user=(acse RLRQ))
  expect up.a session DN within 5s
  expect down p1 MESSAGE user=hex:01 then p1 MESSAGE user=hex:02 within 10s
  expect no abort-by-iut
END
"$x" run --virtual --seed 7 --quiet --out "$tmp/crossed" "$tmp/crossed.scn" >"$tmp/said" 2>&1
check "what is given up behind our AEA is answered, and kept" 1 "$(grep -c '^pass *doubt/crossed' "$tmp/said")"
