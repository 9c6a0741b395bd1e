#!/bin/sh
# Lines and branches that the tests of a build folder took: of each folder of stack/, of rig/ as a
# whole, and as pages in BUILD/cov/:  tests/cov.sh BUILD.  Status 1 below the floors.
set -u
build=${1:?build folder}
lines=95 branches=90	# of each folder of stack/
rig_lines=85		# of rig/
gcovr --root . --filter 'stack/' --filter 'rig/' --object-directory "$build" \
	--gcov-ignore-parse-errors --json "$build/cov.json" || exit 4
low=0

# FOLDER, what it must reach (gcovr's options) ...
look() {
	folder=$1
	shift
	sum=$(gcovr --root . --add-tracefile "$build/cov.json" --filter "$folder" "$@" \
		--print-summary --output "$build/cov.txt")
	status=$?
	echo "$sum" | awk -v folder="$folder" -v low=$status '
		/^lines/ { l = $2 } /^branches/ { b = $2 }
		END { printf "%-22s lines %6s  branches %6s%s\n", folder, l, b, low ? "  TOO LOW" : "" }'
	[ $status = 0 ] || low=1
}

for folder in stack/*/; do
	look "$folder" --fail-under-line $lines --fail-under-branch $branches
done
for folder in rig/*/; do
	[ -z "$(find "$folder" -name '*.c')" ] || look "$folder"
done
look rig/ --fail-under-line $rig_lines
mkdir -p "$build/cov"
gcovr --root . --add-tracefile "$build/cov.json" --html-details "$build/cov/index.html" &&
	echo "pages: $build/cov/index.html"
exit $low
