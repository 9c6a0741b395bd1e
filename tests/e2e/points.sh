#!/bin/sh
# Cuts at points of the protocol, and what a cut says of the kernel.
#     sh tests/e2e/points.sh BUILD
set -u
. tests/lib/say.sh
build=${1:?build folder}
rig=$build/x400rig
tmp=$(mktemp -d) || exit 1
trap 'sh tests/lib/cases.sh "$tmp"; rm -rf "$tmp"' EXIT

mkdir "$tmp/points"
python3 tests/lib/points.py "$rig" "$tmp/points"

# --- lint knows the words
scenario() {	# STEP
	printf '%s\n' 'scenario points/words' '  title "Words"' '  source "own"' '  down: listen' \
		'  up: associate' '  up: transfer 1 message size 80KiB to down' "  $1" \
		'  expect delivered within 20s' >"$tmp/words.scn"
	"$rig" lint "$tmp/words.scn" >"$tmp/out" 2>&1
}
refuses() {	# NAME, STEP, what is said
	scenario "$2"
	[ $? = 2 ] && grep -qF "$3" "$tmp/out" && ok "points-lint-$1" || bad "points-lint-$1" "$(cat "$tmp/out")"
}
refuses kind 'up: at minor-sink 2 cut rst' 'words.scn:7:10: error: '
refuses kind-hint 'up: at minor-sink 2 cut rst' 'did you mean "minor-sync"?'
refuses before 'up: at befor ac cut rst' 'did you mean "before"?'
refuses scope 'up: at ac of activity 2 cut rst' '"association"'
refuses how 'up: at after dt 2 cut reset' 'did you mean "rst"?'
refuses place 'up: link cut=rst@after:ac' 'SIDE: at POINT cut HOW'
all=
for kind in cr cc dr cn ac rf fn dn ab gt activity-start dt minor-sync minor-sync-ack \
	activity-end activity-end-ack activity-interrupt activity-discard; do
	for when in '' before after; do
		scenario "up: at $when $kind cut fin" || all="$all $when $kind;"
	done
done
[ -z "$all" ] && ok points-lint-all || bad points-lint-all "refused:$all"

refuses fault 'up: at ac stal' 'did you mean "stall"?'
refuses fault-time 'up: at ac stall for ever' 'words.scn:7:23: error: '
refuses fault-link 'up: at ac link speed=3' 'no such option of a link'

# --- real sockets: our octets are acknowledged before the cut, and what the kernel had
# taken beyond an incoming one is told.
real() {	# NAME, STEP
	printf '%s\n' "scenario points/$1" '  title "Real sockets"' '  source "own"' '  limit 60s' \
		'  down: listen checkpoint 1KiB window 4' "  $2" '  up: associate' \
		'  up: transfer 1 message size 80KiB to down' 'wait 2s' \
		'  expect copies at-most 2' >"$tmp/$1.scn"
	"$rig" run -q --out "$tmp/$1" "$tmp/$1.scn" >"$tmp/out" 2>&1
	grep '"name":"kernel"' "$tmp/$1/events/points/$1.jsonl" 2>/dev/null >"$tmp/kernel"
}
# 80 KiB are under way to an MTA that reads them a checkpoint at a time.
real ours 'up: at minor-sync 2 cut rst'
grep -q '"type":2,.*"name":"kernel"' "$tmp/kernel" && ! grep -q '"length"' "$tmp/kernel" &&
	ok points-cut-waits-for-ack || bad points-cut-waits-for-ack "$(cat "$tmp/kernel" "$tmp/out")"
real theirs 'down: at before minor-sync 2 cut rst'
grep -q '"type":1,.*"length":[1-9][0-9]*,.*"name":"kernel"' "$tmp/kernel" &&
	ok points-kernel-had-more || bad points-kernel-had-more "$(cat "$tmp/kernel" "$tmp/out")"

# --- a stall of ours longer than the MTA's timer is a cause: it may end the association
printf '%s\n' 'scenario points/patience' '  title "Patience"' '  source "own"' '  limit 600s' \
	'  down: listen' '  down: at before ac stall for 200s' '  up: associate' \
	'  up: transfer 1 message size 1KiB to down' '  wait 300s' '  expect no abort-by-iut' \
	'  expect down delivered exactly-once' >"$tmp/patience.scn"
"$rig" run --virtual -q --out "$tmp/patience" "$tmp/patience.scn" >"$tmp/out" 2>&1 &&
	grep -q '"assoc":100001,.*"name":"FIN in"' "$tmp/patience/events/points/patience.jsonl" &&
	ok points-stall-is-a-cause || bad points-stall-is-a-cause "$(cat "$tmp/out")"
