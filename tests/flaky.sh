#!/bin/sh
# Is any verdict a matter of luck?  tests/flaky.sh BUILD [RUNS]
#
# The default catalogue RUNS times (20) in virtual time, each with another seed, and twice in real
# time while the other cores are busy: all verdicts are the same, and none is a failure.
set -u
x=$1/x400rig runs=${2:-20}
tmp=$(mktemp -d)
busy=
# shellcheck disable=SC2086
trap '[ -z "$busy" ] || kill $busy 2>/dev/null; rm -rf "$tmp"' EXIT

run() {		# name, options: the verdicts, sorted
	name=$1
	shift
	"$x" run --quiet --out "$tmp/run" "$@" >"$tmp/$name.txt" 2>&1
	rm -rf "$tmp/run"
	grep -E '^(pass|fail|inconclusive|error|skip) ' "$tmp/$name.txt" | awk '{ print $1, $2 }' |
		sort >"$tmp/$name.verdicts"
}

compare() {	# name, what it was
	if ! [ -s "$tmp/$1.verdicts" ]; then
		echo "not ok $2: $(tail -n 1 "$tmp/$1.txt")"
	elif cmp -s "$tmp/1.verdicts" "$tmp/$1.verdicts"; then
		echo "ok $2: as with seed 1"
	else
		echo "not ok $2: $(diff "$tmp/1.verdicts" "$tmp/$1.verdicts" | grep '^>' | tr '\n' ' ')"
	fi
}

run 1 --virtual --seed 1
bad=$(grep -vE '^(pass|skip) ' "$tmp/1.verdicts")
if [ -z "$bad" ]; then
	echo "ok seed 1: $(grep -c '^pass' "$tmp/1.verdicts") pass, $(grep -c '^skip' "$tmp/1.verdicts") skipped"
else
	echo "not ok seed 1: $(echo "$bad" | tr '\n' ' ')"
fi
seed=2
while [ "$seed" -le "$runs" ]; do
	run $seed --virtual --seed $seed
	compare $seed "seed $seed"
	seed=$((seed + 1))
done
i=1
while [ $i -lt "$(nproc)" ]; do
	while :; do :; done &
	busy="$busy $!"
	i=$((i + 1))
done
for seed in 101 102; do
	run $seed --seed $seed
	compare $seed "real time, one core free, seed $seed"
done
