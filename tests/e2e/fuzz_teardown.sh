#!/bin/sh
# The teardown fuzzer: cases by seed, a healthy MTA, a defect, its minimal scenario.
set -u
x=$1/x400rig tools=$1/tests/tools
tmp=$(mktemp -d)
trap 'sh tests/lib/cases.sh "$tmp"; rm -rf "$tmp"' EXIT
ok() { echo "ok fuzz teardown: $1"; }
no() { echo "not ok fuzz teardown: $1: $2"; }
fuzz() { timeout 100 "$x" fuzz teardown "$@" 2>/dev/null; }

# A list depends on the seed alone, and shards are parts of it.
fuzz --list --cases 2000 --seed 7 >"$tmp/a"
fuzz --list --cases 2000 --seed 7 >"$tmp/b"
fuzz --list --cases 2000 --seed 8 >"$tmp/c"
if cmp -s "$tmp/a" "$tmp/b" && ! cmp -s "$tmp/a" "$tmp/c"; then
	ok "a seed, a list"
else
	no "a seed, a list" "lists differ, or do not"
fi
# No case of the whole is missing, and none stands in two of them.
for k in 1 2 3; do fuzz --list --cases 700 --seed 7 --shard $k/3; done |
	awk -F '[: ]' '$2 < 2000' | sort >"$tmp/shards"
if sort "$tmp/a" | cmp -s - "$tmp/shards"; then
	ok shards
else
	no shards "cases are missing, or come twice"
fi

# The healthy lab MTA, in one process and in virtual time; twice the same.
fuzz --virtual --cases 3000 --lanes 16 --failures 0 --out "$tmp/v1" >"$tmp/v1.txt"
status=$?
fuzz --virtual --cases 3000 --lanes 16 --failures 0 --out "$tmp/v2" >"$tmp/v2.txt"
if [ $status = 0 ] && cmp -s "$tmp/v1/coverage.json" "$tmp/v2/coverage.json"; then
	ok "healthy, in virtual time: $(sed -n 's/.*\(: [0-9]* cases\).*/\1/p' "$tmp/v1.txt")"
else
	no "healthy, in virtual time" "status $status: $(head -2 "$tmp/v1.txt" | tr '\n' ' ')"
fi
fuzz --cases 500 --lanes 16 --failures 0 --out "$tmp/r" >"$tmp/r.txt"
status=$?
[ $status = 0 ] && ok "healthy, over sockets" || no "healthy, over sockets" "$(head -2 "$tmp/r.txt" | tr '\n' ' ')"
[ "$(sed -n 1p "$tmp/r/journal")" = "seed=1 cases=0-999" ] && ok journal || no journal "$(cat "$tmp/r/journal")"

# An MTA that calls gives up behind an exception, waits because its window is full, or resumes
# what was reset; one that is called gives the turn back, and waits for the rest of a CN.
fuzz --virtual --seed 5 --cases 6000 --lanes 1 --failures 0 --once --out "$tmp/given" >"$tmp/given.txt"
status=$?
missing=
for state in STA01D STA18 STA20 STA05B STA05C BREAKING DISCARDING WAITING; do
	grep -q "\"state\":\"$state\"" "$tmp/given/coverage.json" || missing="$missing $state"
done
grep -q '"activity-resume","cases":[1-9]' "$tmp/given/coverage.json" || missing="$missing resumption"
if [ $status = 0 ] && [ -z "$missing" ]; then
	ok "a caller gives up, waits, and resumes"
else
	no "a caller gives up, waits, and resumes" "status $status, no case in$missing"
fi

# A campaign goes on where it stopped.
fuzz --virtual --cases 100 --out "$tmp/v1" --continue >"$tmp/go"
tail -n 1 "$tmp/v1/journal" | grep -q 'cases=3000-' && ok continue || no continue "$(tail -n 1 "$tmp/v1/journal")"

# Interrupted: what is on its way is not called lost.
timeout -s INT 2 "$x" fuzz teardown --seed 4 --failures 0 --once --out "$tmp/i" >"$tmp/i.txt" 2>/dev/null
if grep -q '^0 different failures' "$tmp/i.txt" && ! grep -q '^FAIL' "$tmp/i.txt"; then
	ok "interrupted"
else
	no "interrupted" "$(head -n 2 "$tmp/i.txt" | tr '\n' ' ')"
fi

# Who is kept from running is late, not wrong: the lab MTA stands still for longer than it is
# waited for, in the middle of the cases.
"$x" fuzz teardown --seed 5 --cases 6000 --lanes 16 --rate 4000 --failures 0 --once --out "$tmp/s" >"$tmp/s.txt" 2>/dev/null &
pid=$!
sleep 0.7
lab=$(cat /proc/$pid/task/$pid/children)
kill -STOP $lab
sleep 5
kill -CONT $lab
wait $pid
status=$?
grep -q '^seed 5: 6000 cases' "$tmp/s.txt" && [ $status = 0 ] && ok "a lab MTA that stood still for 5 s" ||
	no "a lab MTA that stood still" "status $status: $(grep -A 1 -m 1 '^FAIL' "$tmp/s.txt" | tr '\n' ' ')"

# Killed in the middle: the ranges begun are on disk, and the counter says where it was.  Each case
# makes its capture when it begins (probes have numbers of their own), so the first without one is where it goes on: unless it was
# killed between the two.
"$x" fuzz teardown --seed 9 --lanes 16 --captures --out "$tmp/k" >/dev/null 2>&1 &
pid=$!
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	[ -e "$tmp/k/journal" ] && [ "$(wc -l <"$tmp/k/journal")" -ge 2 ] && break
	sleep 0.5
done
kill -9 $pid
wait $pid 2>/dev/null
set -- $(od -A n -t u8 -j 8 -N 24 "$tmp/k/counter")
last=$(sed -n '$s/.*-//p' "$tmp/k/journal")
least=0
while [ -e "$tmp/k/cases/$least.pcapng" ]; do least=$((least + 1)); done
beyond=$(ls "$tmp/k/cases" | awk -F . -v last="$last" '$1 > last && $1 < 70000000000' | wc -l)
if [ "$1" = 9 ] && [ "$3" -le "$last" ] && [ "$beyond" = 0 ] && { [ "$2" = $least ] || [ "$3" = $least ]; }; then
	ok "killed with case $3 begun: it is in the journal, and $2 is the first to come"
else
	no "killed" "counter $*, journal to $last, $beyond beyond it; first that has not begun: $least"
fi
fuzz --virtual --seed 9 --cases 50 --continue --out "$tmp/k" >/dev/null
if tail -n 1 "$tmp/k/journal" | grep -q "cases=$2-"; then
	ok "and goes on behind it"
else
	no "and goes on behind it" "counter $2, $(tail -n 1 "$tmp/k/journal")"
fi

# The smallest cases of a campaign show all that it has seen, but for one in a hundred: who closes
# behind a sync point or the end of an activity races with the MTA's commit, which waits for other
# messages of that moment, so that the confirmation comes before its FIN or not at all.
fuzz --virtual --cases 1000 --failures 0 --out "$tmp/c2" >"$tmp/c2.txt"
fuzz --virtual --order "$tmp/c2/corpus" --failures 0 --out "$tmp/c3" >"$tmp/c3.txt"
pairs() { sed -n 's/.*, \([0-9]*\) pairs of cell.*/\1/p' "$1"; }
if [ "$(pairs "$tmp/c3.txt")" -ge $(($(pairs "$tmp/c2.txt") * 99 / 100)) ] &&
	[ "$(wc -l <"$tmp/c2/corpus")" -lt 700 ]; then
	ok "corpus: $(wc -l <"$tmp/c2/corpus") of 1000 cases, $(pairs "$tmp/c3.txt") pairs"
else
	no corpus "$(wc -l <"$tmp/c2/corpus") cases: $(pairs "$tmp/c2.txt"), then $(pairs "$tmp/c3.txt") pairs"
fi
python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
assert {"Q257727"} <= {l["signature"] for l in d["log"] if l["records"] > 10}, d["log"]
assert d["cells"] > 100 and len(d["rtse"]) == d["rtse_cells"] > 60 and "SECURING" in str(d["rtse"])' \
	"$tmp/c2/coverage.json" 2>"$tmp/err" && ok "cells of session and of RTSE, and what the log said" || no cells "$(tail -n 1 "$tmp/err")"

# Half-close of the MTA's direction: its abort meets our RST, and no FIN of ours was there before.
fuzz --list --cases 200000 | sed -n 's/^1:\([0-9]*\) [a-z]*\/AE\/answered PR-abort deaf delay=0 flight=nothing after=nothing$/\1/p' |
	head -n 1 >"$tmp/deaf"
fuzz --order "$tmp/deaf" --captures --lanes 1 --once --out "$tmp/e" >/dev/null
"$x" decode "$tmp/e/cases/$(cat "$tmp/deaf").pcapng" 2>/dev/null | tail -n 2 | tr -s ' ' >"$tmp/end"
if sed -n 1p "$tmp/end" | grep -q '<- session AB ' && sed -n 2p "$tmp/end" | grep -q -e '-> tcp RST'; then
	ok "deaf: what it says meets RST"
else
	no deaf "$(tr '\n' ' ' <"$tmp/end")"
fi

# With steering the order is written down, and can be repeated.
fuzz --virtual --cases 1000 --steer --out "$tmp/s1" >"$tmp/s1.txt"
fuzz --virtual --order "$tmp/s1/order" --out "$tmp/s2" >"$tmp/s2.txt"
if cmp -s "$tmp/s1/coverage.json" "$tmp/s2/coverage.json"; then
	ok "steering, and its order again"
else
	no "steering, and its order again" "$(sed -n 2p "$tmp/s1.txt")"
fi

if [ "$(pairs "$tmp/s1.txt")" -gt $(($(pairs "$tmp/c2.txt") * 6 / 5)) ]; then
	ok "steering: $(pairs "$tmp/s1.txt") pairs of 1000 cases, $(pairs "$tmp/c2.txt") without"
else
	no "steering" "$(pairs "$tmp/s1.txt") pairs of 1000 cases, $(pairs "$tmp/c2.txt") without"
fi

# What it holds at rest is what it held before.
fuzz --virtual --cases 5000 --defect Q193894 --failures 0 --once --out "$tmp/blocks" >"$tmp/blocks.txt"
if grep -q '^FAIL resources: control blocks stay in use' "$tmp/blocks.txt"; then
	ok "control blocks that are not given back"
else
	no "control blocks that are not given back" "$(sed -n 1p "$tmp/blocks.txt")"
fi

# One by an oracle that nothing else has: an abort without a cause, a content that is another,
# an association that is kept.
for row in "Q140956 reaction: AB" "recovery-gap ledger: delivered with another content" \
	"never-releases resources: associations are kept"; do
	defect=${row%% *} want=${row#* }
	fuzz --virtual --cases 6000 --defect $defect --failures 1 --once --out "$tmp/one" >"$tmp/$defect.txt"
	grep -q "^FAIL $want" "$tmp/$defect.txt" && ok "$defect: $want" || no "$defect" "$(sed -n 1p "$tmp/$defect.txt")"
done

# What fails behind others only: it is walked back to those that it needs, and confirmed with them.
fuzz --virtual --cases 60 --lanes 1 --defect planted-refuses --failures 1 --out "$tmp/w" >"$tmp/w.txt"
set -- $(sed -n 's/^ *\([0-9]\) of 3 with \([0-9]*\) cases on 1 lane:.*/\1 \2/p' "$tmp/w.txt" | head -n 1) 0 0
if [ "$1" = 3 ] && [ "$2" -ge 10 ] && [ "$2" -le 20 ] && [ "$(grep -c '^#: case ' "$tmp/w/failures/1.scn")" = "$2" ]; then
	ok "twenty ends and then no bind: confirmed $1 of 3 with the $2 cases that it needs"
else
	no "predecessors" "$(head -n 4 "$tmp/w.txt" | tr '\n' ' ')"
fi

# A defect is found, becomes a scenario of few steps, and that one fails too.
fuzz --virtual --cases 5000 --defect Q157015 --failures 1 --out "$tmp/d" --regress "$tmp/regress" >"$tmp/d.txt"
[ $? = 1 ] && ok "defect found" || no "defect found" "$(tail -n 3 "$tmp/d.txt" | tr '\n' ' ')"
timeout 100 "$x" shrink --virtual "$tmp/d/failures/1.scn" >"$tmp/shrink.txt" 2>"$tmp/err"
steps=$(sed -n 's/.*became [0-9]* of \([0-9]*\),.*/\1/p' "$tmp/shrink.txt")
if [ "${steps:-99}" -le 5 ]; then
	ok "shrunk to $steps steps"
else
	no shrink "$(cat "$tmp/shrink.txt" "$tmp/err")"
fi
# Behind honest transfers it has more than forty, and as few when they are left out.
awk '/^#: case/ && !n++ { for (i = 0; i < 5; i++)
	print "#: case seed=1 number=" 900 + i " point=27 cut=1 end=2" } /^#:/' \
	"$tmp/d/failures/1.scn" >"$tmp/forty.scn"
begin=$(date +%s)
timeout 60 "$x" shrink --virtual "$tmp/forty.scn" >"$tmp/shrink.txt" 2>"$tmp/err"
took=$(($(date +%s) - begin))
set -- $(sed -n 's/.*cases of \([0-9]*\) steps became [0-9]* of \([0-9]*\),.*/\1 \2/p' "$tmp/shrink.txt") 0 99
if [ "$1" -ge 40 ] && [ "$2" -le 5 ] && [ $took -lt 60 ]; then
	ok "shrunk from $1 steps to $2 in $took s"
else
	no "shrink forty" "$(cat "$tmp/shrink.txt" "$tmp/err") $took s"
fi
if "$x" decode "$tmp/d/failures/1.min.pcapng" | grep -q 'cotp .* CR '; then
	ok "its capture"
else
	no "its capture" "no CR in it"
fi
fuzz --virtual --cases 20 --captures --out "$tmp/p" >/dev/null
# One without a CR is no conversation: status 5.
whole=0
for i in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19; do
	"$x" decode "$tmp/p/cases/$i.pcapng" >/dev/null 2>&1
	[ $? -le 5 ] && whole=$((whole + 1))
done
[ $whole = 20 ] && ok "captures of 20 cases" || no "captures of 20 cases" "$whole can be read"
"$x" lint "$tmp/d/failures/1.min.scn" "$tmp/regress"/*.scn >/dev/null 2>"$tmp/err" && ok "scenarios are well-formed" ||
	no lint "$(cat "$tmp/err")"
decides() {	# name, scenario, defect
	timeout 100 "$x" run --virtual --out "$tmp/run1" --defect "$3" "$2" >/dev/null 2>&1
	bad=$?
	timeout 100 "$x" run --virtual --out "$tmp/run2" "$2" >"$tmp/run" 2>&1
	good=$?
	rm -rf "$tmp/run1" "$tmp/run2"
	if [ $bad = 1 ] && [ $good = 0 ]; then
		ok "$1 fails with the defect and passes without"
	else
		no "$1" "with the defect $bad, without $good"
	fi
}
decides "the scenario" "$tmp/d/failures/1.min.scn" Q157015
# So it is where the MTA resumes what was reset, of which the list has few.
fuzz --list --cases 50000 | sed -n 's/^1:\([0-9]*\) .*(at activity-resume.*/\1/p' >"$tmp/resumes"
fuzz --virtual --order "$tmp/resumes" --defect Q152941 --failures 1 --out "$tmp/resumed" >/dev/null
has_place=$(grep -c '^ *expect down\.d[0-9]* session AR ' "$tmp/resumed/failures/1.scn")
[ "$has_place" -gt 0 ] && ok "a defect found at a resumption" || no "a defect found at a resumption" "it resumes nothing"
decides "its scenario" "$tmp/resumed/failures/1.scn" Q152941

# What only the ledger sees is seen by the scenario, too: what was acknowledged comes out, and as it was.
fuzz --virtual --cases 6000 --defect Q194750 --failures 1 --out "$tmp/lost" >"$tmp/lost.txt"
decides "the scenario of a message that does not come out" "$tmp/lost/failures/1.scn" Q194750
fuzz --list --cases 30000 | grep ' recovery/AE/answered' | grep -v ' long' | sed 's/^1:\([0-9]*\) .*/\1/' >"$tmp/gaps"
fuzz --virtual --order "$tmp/gaps" --lanes 1 --defect recovery-gap --failures 1 --out "$tmp/gap" >"$tmp/gap.txt"
decides "the scenario of another content" "$tmp/gap/failures/1.scn" recovery-gap
timeout 100 "$x" shrink --virtual "$tmp/gap/failures/1.scn" >"$tmp/shrink.txt" 2>&1
decides "what is left of it" "$tmp/gap/failures/1.min.scn" recovery-gap

# The scenario of any case passes with a healthy MTA: of all, and of those that speak where the message
# is handed on.
mkdir "$tmp/all" "$tmp/called"
"$tools/make_fuzz_cases" "$tmp/all" 11 300 && "$tools/make_fuzz_cases" "$tmp/called" 11 5000 called
timeout 300 "$x" run --virtual --out "$tmp/run3" "$tmp/all" "$tmp/called" >"$tmp/run" 2>&1
status=$?
if [ $status = 0 ] && [ "$(ls "$tmp/called" | grep -c 'scn$')" -gt 50 ]; then
	ok "scenarios of cases: $(tail -n 1 "$tmp/run")"
else
	no "scenarios of cases" "status $status: $(grep -A 2 -m 1 '^\(fail\|error\|inconc\)' "$tmp/run" | tr '\n' ' ')"
fi
