#!/bin/sh
# For tests/summary.sh, of what a test has left below a folder: `# cases N`, how many cases its run
# folders hold; `# fuzzed N`, how many its campaigns of the fuzzer say that they ran.
find "$1" -type f -name run.jsonl -exec cat {} + 2>/dev/null | grep -c '"verdict":' | sed 's/^/# cases /'
grep -rhsI '^seed [0-9]*: [0-9]* cases in ' "$1" | awk '{ n += $3 } END { if (n) print "# fuzzed " n }'
