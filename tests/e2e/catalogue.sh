#!/bin/sh
# The conformance scenarios against the lab MTA, in virtual time: none fails, at most 2 % are inconclusive, and the
# verdicts do not depend on the seed.  The teardown matrix is what tests/tools/teardown.py writes.
set -u
. tests/lib/say.sh
x=$1/x400rig
tmp=$(mktemp -d)
trap 'sh tests/lib/cases.sh "$tmp"; rm -rf "$tmp"' EXIT
groups='tpkt transport session presentation rtse bind resources teardown'

for seed in 1 2; do
	# shellcheck disable=SC2086
	"$x" run --virtual --quiet --tag slow --seed $seed --out "$tmp/$seed" $groups >"$tmp/$seed.txt" 2>&1
	grep -E '^(pass|fail|inconclusive|error|skip) ' "$tmp/$seed.txt" | awk '{ print $1, $2 }' | sort >"$tmp/$seed.verdicts"
done
n=$(grep -c . "$tmp/1.verdicts")
check "no case fails" "" "$(grep -vE '^(pass|skip|inconclusive) ' "$tmp/1.verdicts")"
check "at most 2 % are inconclusive" 1 $(($(grep -c '^inconclusive' "$tmp/1.verdicts") * 50 <= n))
check "equal verdicts with another seed" "" "$(diff "$tmp/1.verdicts" "$tmp/2.verdicts")"

cp -r rig/catalogue/teardown "$tmp/cells"
python3 tests/tools/teardown.py "$tmp/cells" && "$x" fmt "$tmp"/cells/*/*.scn
diff -r rig/catalogue/teardown "$tmp/cells" >"$tmp/diff"
check "the teardown matrix is as written" "" "$(head -5 "$tmp/diff")"
