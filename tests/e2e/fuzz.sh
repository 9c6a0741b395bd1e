#!/bin/sh
# Each fuzz target once on every file of its corpus: what fuzzing found once
# stays found.  No libFuzzer is needed.
build=${1:?build folder}
for source in tests/fuzz/fuzz_*.c; do
	target=$(basename "$source" .c)
	target=${target#fuzz_}
	replay=$build/tests/fuzz/replay_$target
	set -- tests/fuzz/corpus/"$target"/*
	if [ ! -e "$1" ]; then
		echo "skip fuzz $target: no corpus"
	elif [ ! -x "$replay" ]; then
		echo "skip fuzz $target: not built (make replays)"
	elif "$replay" "$@"; then
		echo "ok fuzz $target: $# inputs"
	else
		for input; do
			"$replay" "$input" 2>/dev/null || echo "not ok fuzz $target: $input"
		done
	fi
done
