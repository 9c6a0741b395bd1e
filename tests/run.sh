#!/bin/sh
# Runs the tests of a build folder and sums up:  tests/run.sh BUILD [units|e2e|all]
#
# Units are cmocka programs.  End-to-end tests are scripts tests/e2e/*.sh that
# print `ok NAME`, `not ok NAME: why` or `skip NAME: why`, one line each, and
# get the build folder as $1.  The last line is `N passed, N failed, N skipped`.
set -u
build=${1:?build folder}
what=${2:-all}
log=$build/test-logs
mkdir -p "$log"
passed=0 failed=0 skipped=0

sum_unit() {	# name, exit status
	f=$log/$1.log
	p=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$f" | awk '{s+=$1} END {print s+0}')
	x=$(grep -c '^\[  FAILED  \] [^0-9]' "$f")
	s=$(sed -n 's/^\[  SKIPPED \] \([0-9]*\) test.*/\1/p' "$f" | awk '{s+=$1} END {print s+0}')
	# A crash or a failed fixture counts even when no test was named.
	[ "$2" != 0 ] && [ "$x" = 0 ] && x=1
	passed=$((passed + p)) failed=$((failed + x)) skipped=$((skipped + s))
	if [ "$x" != 0 ]; then
		echo "FAIL $1 (status $2), see $f"
		grep -v '^\[ RUN  \|^\[       OK \]' "$f" | tail -n 40
	else
		echo "ok   $1: $p passed${s:+, $s skipped}"
	fi
}

run_units() {
	for t in "$build"/tests/unit/test_*; do
		case $t in *.o | *.d | *.gcno | *.gcda) continue ;; esac
		n=$(basename "$t")
		"$t" >"$log/$n.log" 2>&1
		sum_unit "$n" $?
	done
}

run_e2e() {
	for t in tests/e2e/*.sh; do
		n=$(basename "$t" .sh)
		f=$log/$n.log
		sh "$t" "$build" >"$f" 2>"$log/$n.err"
		status=$?
		p=$(grep -c '^ok ' "$f") x=$(grep -c '^not ok ' "$f") s=$(grep -c '^skip ' "$f")
		[ $status != 0 ] && [ "$x" = 0 ] && x=1
		passed=$((passed + p)) failed=$((failed + x)) skipped=$((skipped + s))
		grep '^not ok \|^skip ' "$f"
		if [ "$x" != 0 ]; then
			echo "FAIL $n (status $status), see $f"
			tail -n 20 "$log/$n.err"
		else
			echo "ok   $n: $p passed, $s skipped"
		fi
	done
}

[ "$what" = e2e ] || run_units
[ "$what" = units ] || run_e2e
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
