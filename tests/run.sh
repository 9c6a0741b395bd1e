#!/bin/sh
# Runs the tests of a build folder and sums up:  tests/run.sh BUILD [units|e2e|all]
#
# Units are cmocka programs.  End-to-end tests are scripts tests/e2e/*.sh that
# print `ok NAME`, `not ok NAME: why` or `skip NAME: why`, one line each, and
# get the build folder as $1.  JOBS (2) run beside each other, the long ones
# first; the last line is `N passed, N failed, N skipped`.
set -u
long='runner logs scenarios chaos'

unit() {	# program
	n=$(basename "$1")
	f=$log/$n.log
	"$1" >"$f" 2>&1
	status=$?
	p=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$f" | awk '{s+=$1} END {print s+0}')
	x=$(grep -c '^\[  FAILED  \] [^0-9]' "$f")
	s=$(sed -n 's/^\[  SKIPPED \] \([0-9]*\) test.*/\1/p' "$f" | awk '{s+=$1} END {print s+0}')
}

tell_unit() {
	grep -v '^\[ RUN  \|^\[       OK \]' "$f" | tail -n 40
}

e2e() {	# script
	n=$(basename "$1" .sh)
	f=$log/$n.log
	sh "$1" "$build" >"$f" 2>"$log/$n.err"
	status=$?
	p=$(grep -c '^ok ' "$f") x=$(grep -c '^not ok ' "$f") s=$(grep -c '^skip ' "$f")
}

tell_e2e() {
	tail -n 20 "$log/$n.err"
}

one() {	# a test: its result as lines of its own, its figures in a file
	case $1 in *.sh) kind=e2e ;; *) kind=unit ;; esac
	$kind "$1"
	# A crash or a failed fixture counts even when no test was named.
	[ "$status" != 0 ] && [ "$x" = 0 ] && x=1
	echo "$p $x $s" >"$log/$n.sum"
	told=$(grep '^not ok \|^skip ' "$f"
		[ "$x" = 0 ] && echo "ok   $n: $p passed, $s skipped" && exit
		echo "FAIL $n (status $status), see $f"
		tell_$kind)
	printf '%s\n' "$told"
}

tests() {
	[ "$what" = units ] || for n in $long; do echo "tests/e2e/$n.sh"; done
	[ "$what" = e2e ] || find "$build/tests/unit" -name 'test_*' -type f ! -name '*.*' | sort
	[ "$what" = units ] || for t in tests/e2e/*.sh; do
		case " $long " in *" $(basename "$t" .sh) "*) ;; *) echo "$t" ;; esac
	done
}

build=${1:?build folder}
what=${2:-all}
log=$build/test-logs
if [ "$what" = one ]; then
	one "$3"
	exit 0
fi
mkdir -p "$log"
rm -f "$log"/*.sum
tests | xargs -P "${JOBS:-2}" -n 1 sh "$0" "$build" one
cat "$log"/*.sum | awk -v n="$(tests | wc -l)" '{p += $1; x += $2; s += $3}
	END {
		if (NR != n)
			printf "FAIL %d of %d tests came to no end\n", n - NR, n
		printf "%d passed, %d failed, %d skipped\n", p, x + (n - NR), s
		exit !(x == 0 && p && NR == n)
	}'
