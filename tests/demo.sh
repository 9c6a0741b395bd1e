#!/bin/sh
# make demo: the scenarios of two groups against the healthy lab MTA, then against two of its defects
# (tests/e2e/defects.sh goes through all of them).
set -u
x=$1/x400rig
out=$1/demo
rm -rf "$out"
status=0

echo "--- The healthy lab MTA: every scenario passes."
"$x" run --jobs 4 --out "$out/healthy" 'basic/*' 'pop4/*' || { echo "make demo: the healthy MTA did not pass" >&2; status=1; }

for defect in Q152897 Q236586; do
	echo
	echo "--- The lab MTA with defect $defect: its scenario fails and names the article."
	"$x" run --jobs 4 --out "$out/$defect" --defect "$defect" 'basic/*' 'pop4/*'
	case $? in
	1) grep -q "\"$defect\"" "$out/$defect/run.jsonl" ||
		{ echo "make demo: $defect was not named" >&2; status=1; } ;;
	*) echo "make demo: $defect was not found" >&2; status=1 ;;
	esac
done

echo
echo "Captures, events and logs of these runs are in $out; to judge one again: $x rejudge $out/healthy"
exit $status
