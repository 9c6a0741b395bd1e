#!/bin/sh
# The figures that CI ends with, from logs whose contents are known.
set -u
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$tmp/test-logs" "$tmp/left/run" "$tmp/left/f"
cat >"$tmp/test-logs/test_a.log" <<'LOG'
[ RUN      ] one
[       OK ] one
[ RUN      ] two
[       OK ] two
[       OK ] aa
[       OK ] aa cut
[       OK ] aa bent
[  FAILED  ] three
[  PASSED  ] 5 test(s).
[  FAILED  ] 1 test(s), listed below:
[  FAILED  ] three
LOG
printf '{"verdict":"pass"}\n{"verdict":"fail"}\n' >"$tmp/left/run/run.jsonl"
echo 'seed 3: 4000 cases in 0.5 s, 8000/s' >"$tmp/left/f/said"
{
	echo 'ok runs'
	echo 'not ok stays: why'
	echo 'skip netem: no right'
	sh tests/lib/cases.sh "$tmp/left"
} >"$tmp/test-logs/runs.log"
echo 'ok fuzz ber: 21 inputs' >"$tmp/test-logs/fuzz.log"
sh tests/summary.sh "$tmp" >"$tmp/got"
cat >"$tmp/want" <<'WANT'
unit tests          2 passed
vectors             1 passed, each whole, cut at every octet and bent
end-to-end checks   2 passed, 1 skipped
scenarios           2 cases run
fuzz cases          4000 of the teardown fuzzer run
fuzz corpora        21 inputs executed, 1 targets
failures            2
WANT
cmp -s "$tmp/got" "$tmp/want" && echo "ok summary: every figure" ||
	echo "not ok summary: $(diff "$tmp/want" "$tmp/got" | grep '^[<>]' | head -n 4 | tr '\n' ' ')"
