#!/bin/sh
# Each allocation of a run fails once:  tests/alloc.sh BUILD [EVERY]
#
# The program (make allocations) is run again and again, and another allocation fails each
# time: it may say what it likes, but it must not crash or hang.  EVERY: only every n-th one.
set -u
x=$1/x400rig-alloc
every=${2:-1}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
X400RIG_DATA=$PWD/rig
export X400RIG_DATA
failed=0

# What is run; $1: its folder.
work() {
	case $kind in
	run) "$x" run -q --virtual --seed 1 --out "$1" --defect Q152897 basic/transfer pop4/backlog-drop ;;
	report) "$x" report "$tmp/whole" -f html -o "$1.html" ;;
	decode) "$x" decode captures/transfer-1988.pcap ;;
	check) "$x" check captures/transfer-1988.pcap ;;
	esac
}

"$x" run -q --virtual --seed 1 --out "$tmp/whole" --defect Q152897 basic/transfer pop4/backlog-drop >/dev/null
for kind in run report decode check; do
	X400RIG_COUNT=$tmp/count work "$tmp/count-$kind" >/dev/null 2>&1
	n=$(cat "$tmp/count") i=1 crashed=
	while [ "$i" -le "$n" ]; do
		rm -rf "$tmp/one" "$tmp/one.html"
		export X400RIG_FAIL=$i
		work "$tmp/one" >"$tmp/out" 2>&1
		status=$?
		unset X400RIG_FAIL
		[ $status -lt 124 ] || crashed="$crashed $i($status)"
		i=$((i + every))
	done
	if [ -z "$crashed" ]; then
		echo "ok alloc $kind: $n allocations, every $every-th failed"
	else
		echo "not ok alloc $kind: allocation and status:$crashed"
		failed=1
	fi
done
exit $failed
