#!/bin/sh
# What the last run of the tests of a build folder did, in figures:  tests/summary.sh BUILD
log=${1:?build folder}/test-logs
count() {	# pattern, files ...
	pattern=$1
	shift
	cat "$@" 2>/dev/null | grep -c -- "$pattern"
}
sum() {		# sed expression that leaves numbers, files ...
	expression=$1
	shift
	cat "$@" 2>/dev/null | sed -n "$expression" | awk '{ n += $1 } END { print n + 0 }'
}
vectors=$(count '^\[ *OK \] .* cut$' "$log"/test_*.log)
units=$(($(count '^\[ *OK \]' "$log"/test_*.log) - 3 * vectors))
failed=$(($(count '^\[  FAILED  \] [^0-9]' "$log"/test_*.log) / 2))
e2e=$(ls "$log"/*.log 2>/dev/null | grep -v '/test_')
cat <<SUMMARY
unit tests          $units passed
vectors             $vectors passed, each whole, cut at every octet and bent
end-to-end checks   $(count '^ok ' $e2e) passed, $(count '^skip ' $e2e) skipped
scenarios           $(sum 's/^# cases \([0-9]*\).*/\1/p' $e2e) cases run
fuzz cases          $(sum 's/^# fuzzed \([0-9]*\)$/\1/p' $e2e) of the teardown fuzzer run
fuzz corpora        $(sum 's/^ok fuzz .*: \([0-9]*\) inputs$/\1/p' "$log/fuzz.log") inputs executed, $(count '^ok fuzz ' "$log/fuzz.log") targets
failures            $((failed + $(count '^not ok ' $e2e)))
SUMMARY
