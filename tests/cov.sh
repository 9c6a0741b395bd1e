#!/bin/sh
# Lines and branches of each folder of stack/ that the tests of a build folder took:
# tests/cov.sh BUILD.  Status 1 below the floors.
set -u
build=${1:?build folder}
lines=95 branches=90
gcovr --root . --filter 'stack/' --object-directory "$build" --json "$build/cov.json" || exit 4
low=0
for folder in stack/*/; do
	sum=$(gcovr --root . --add-tracefile "$build/cov.json" --filter "$folder" \
		--fail-under-line $lines --fail-under-branch $branches \
		--print-summary --output "$build/cov.txt")
	status=$?
	echo "$sum" | awk -v folder="$folder" -v low=$status '
		/^lines/ { l = $2 } /^branches/ { b = $2 }
		END { printf "%-22s lines %6s  branches %6s%s\n", folder, l, b, low ? "  TOO LOW" : "" }'
	[ $status = 0 ] || low=1
done
exit $low
