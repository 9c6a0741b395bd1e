#!/bin/sh
# `# cases N`: how many cases the run folders below a folder hold, for tests/summary.sh.
find "$1" -name run.jsonl -exec cat {} + 2>/dev/null | grep -c '"verdict":' | sed 's/^/# cases /'
