#!/bin/sh
# Conversations of captures, ended at all their points by the teardown fuzzer.
set -u
x=$1/x400rig
tmp=$(mktemp -d)
trap 'sh tests/lib/cases.sh "$tmp"; rm -rf "$tmp"' EXIT
ok() { echo "ok fuzz from: $1"; }
no() { echo "not ok fuzz from: $1: $2"; }
fuzz() { timeout 100 "$x" fuzz teardown --virtual "$@"; }

# The list depends on the seed and the capture, and has all points of the conversation.
for i in a b; do fuzz --from captures/transfer-1988.pcap --list --cases 1000 --seed 7 >"$tmp/$i" 2>/dev/null; done
points=$(cut -d ' ' -f 2 "$tmp/a" | sort -u | wc -l)
if cmp -s "$tmp/a" "$tmp/b" && ! grep -qv ' seed-1/' "$tmp/a" && grep -q 'seed-1/AE/answered' "$tmp/a" &&
	[ "$points" -ge 15 ]; then
	ok "a list of $points points"
else
	no list "$points points, or lists differ"
fi

# A healthy MTA goes along with it, and nothing is wrong.
for capture in transfer-1988.pcap checkpoints.pcapng ping-success.pcap; do
	fuzz --from captures/$capture --cases 4000 --failures 0 --once --out "$tmp/h" >"$tmp/$capture.txt" 2>"$tmp/err"
	status=$?
	steps=$(grep -o '[0-9]* steps, all are answered' "$tmp/err")
	if [ $status = 0 ] && [ -n "$steps" ]; then
		ok "healthy, $capture: $steps"
	else
		no "healthy, $capture" "status $status: $(cat "$tmp/$capture.txt" "$tmp/err" | head -n 4 | tr '\n' ' ')"
	fi
	rm -rf "$tmp/h"
done

# What the MTA does not answer ends the conversation, and is told.
fuzz --from captures/bind-refused.pcap --cases 300 --failures 0 --once --out "$tmp/r" >"$tmp/r.txt" 2>"$tmp/err"
status=$?
if [ $status = 0 ] && grep -q 'does not go along with CN' "$tmp/err"; then
	ok "as far as the MTA goes along"
else
	no "as far as the MTA goes along" "status $status: $(head -n 2 "$tmp/err" | tr '\n' ' ')"
fi

# A failure of it becomes a scenario, which shrink takes up with the capture.
fuzz --from captures/checkpoints.pcapng --cases 4000 --defect Q152947 --failures 1 --out "$tmp/d" \
	--regress "$tmp/regress" >"$tmp/d.txt" 2>/dev/null
if grep -q '^FAIL' "$tmp/d.txt" && grep -q '^#: from /.*captures/checkpoints.pcapng$' "$tmp/d/failures/1.scn"; then
	ok "a defect is found"
else
	no "a defect is found" "$(head -n 3 "$tmp/d.txt" | tr '\n' ' ')"
fi
timeout 100 "$x" shrink --virtual "$tmp/d/failures/1.scn" >"$tmp/shrink" 2>&1
steps=$(sed -n 's/.*became [0-9]* of \([0-9]*\),.*/\1/p' "$tmp/shrink")
[ "${steps:-99}" -le 8 ] && ok "shrunk to $steps steps" || no shrink "$(tail -n 2 "$tmp/shrink")"
# The defect is a race, and the seed of a run has a say in it.
"$x" run --virtual --repeat 10 --out "$tmp/run1" --defect Q152947 "$tmp/regress" >"$tmp/bad" 2>&1
bad=$?
"$x" run --virtual --repeat 10 --out "$tmp/run2" "$tmp/d/failures/1.scn" >"$tmp/good" 2>&1
good=$?
if [ $bad = 1 ] && [ $good = 0 ]; then
	ok "the scenario fails with the defect and passes without"
else
	no "the scenario" "with the defect $bad, without $good: $(head -n 5 "$tmp/good" | tr '\n' ' ')"
fi

# What holds no conversation is refused with a reason.
fuzz --from README.md --cases 1 --out "$tmp/n" >"$tmp/out" 2>"$tmp/err"
[ $? = 2 ] && grep -q 'fuzz: README.md: unknown' "$tmp/err" && ok "no capture" || no "no capture" "$(cat "$tmp/err")"
