#!/bin/sh
# Each unit test under memcheck: no wrong access, nothing lost:  tests/valgrind.sh BUILD [UNIT ...]
#
# Two are left out: test_confine looks at system calls, and memcheck makes its own; the hand of
# test_hand watches its commands by pidfd_open(2), which memcheck does not know (ASan runs both).
set -u
build=${1:?build folder}
shift
if [ $# = 0 ]; then
	for t in "$build"/tests/unit/test_*; do
		case $t in *.o | *.d | *.gcno | *.gcda | */test_confine | */test_hand) continue ;; esac
		set -- "$@" "$(basename "$t")"
	done
fi
log=$build/valgrind
mkdir -p "$log"
bad=0
export UNDER_VALGRIND=1
for name in "$@"; do
	if valgrind --quiet --error-exitcode=99 --leak-check=full --show-leak-kinds=definite,possible \
		--errors-for-leak-kinds=definite,possible --trace-children=no --child-silent-after-fork=yes \
		"$build/tests/unit/$name" >"$log/$name.txt" 2>&1; then
		echo "ok   $name"
	else
		echo "FAIL $name (status $?), see $log/$name.txt"
		grep -m 5 '^==[0-9]*== [A-Z]\|^\[  FAILED' "$log/$name.txt"
		bad=1
	fi
done
exit $bad
