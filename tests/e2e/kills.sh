#!/bin/sh
# The lab MTA is killed KILLS times (40), in half of them its power is cut too:
# nothing is lost, nothing doubled without doubt.  With synchronous=OFF the same
# must go wrong.  A full disk is refused, one whose syncs fail leaves a doubt; both are recovered from.
set -u
k=$1/tests/kills/kills
n=${KILLS:-40}
tmp=$(mktemp -d)
trap 'sh tests/lib/cases.sh "$tmp"; rm -rf "$tmp"' EXIT

check() {	# name, expected status, options
	name=$1 want=$2
	shift 2
	mkdir "$tmp/run"
	"$k" "$tmp/run" "$@" >"$tmp/said" 2>/dev/null
	got=$?
	rm -rf "$tmp/run"
	if [ $got = "$want" ]; then
		echo "ok $name: $(tail -n 1 "$tmp/said")"
	else
		echo "not ok $name: status $got, wanted $want: $(tail -n 3 "$tmp/said" | tr '\n' ' ')"
	fi
}
check "killed and cut off, nothing is lost" 0 -n "$n"
check "with synchronous=OFF it is" 1 -n 40 -u
check "a full disk is refused, a failing one leaves a doubt" 0 -f "$((n < 100 ? 4 : 20))"
