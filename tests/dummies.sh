#!/bin/sh
# Scenarios against peers that are no MTAs: a mute one, one that closes at once, one that echoes.  A scenario that passes
# on one of them looks at nothing.    tests/dummies.sh BUILD SHARDS [ID-GLOB ...]
# `exceptions` below: at most five that may, with the reason.
set -u
x=$1/x400rig shards=$2
shift 2
tmp=$(mktemp -d)
mkfifo "$tmp/end"
: >"$tmp/ports"
python3 tests/lib/dummies.py <"$tmp/end" >"$tmp/ports" &
exec 9>"$tmp/end"
trap 'exec 9>&-; rm -rf "$tmp"' EXIT

exceptions=

while [ "$(grep -c . "$tmp/ports")" -lt 3 ]; do sleep 0.1; done
while read -r name port; do
	sed "s/pixit address lab/pixit address 127.0.0.1:$port/; /^ *logs /d" rig/targets/lab.target >"$tmp/$name.target"
	k=1
	while [ "$k" -le "$shards" ]; do
		"$x" run --unasked --quiet -t "$tmp/$name.target" --shard "$k/$shards" --out "$tmp/$name-$k" "$@" \
			>"$tmp/$name-$k.txt" 2>&1 9>&- &
		echo $! >>"$tmp/pids"
		k=$((k + 1))
	done
done <"$tmp/ports"
while read -r pid; do wait "$pid"; done <"$tmp/pids"

for name in mute closes echoes; do
	n=$(cat "$tmp/$name"-*.txt | grep -cE '^(pass|fail|inconclusive|error) ')
	passed=$(cat "$tmp/$name"-*.txt | awk '$1 == "pass" { print $2 }')
	for id in $exceptions; do
		passed=$(echo "$passed" | grep -vx "$id")
	done
	if [ "$n" -gt 0 ] && [ -z "$passed" ]; then
		echo "ok a peer that is $name passes none of $n"
	else
		echo "not ok a peer that is $name: of $n pass: $(echo "$passed" | tr '\n' ' ')"
	fi
done
