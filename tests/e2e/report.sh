#!/bin/sh
# What a run leaves behind for machines, and what is done with it afterwards: JUnit,
# TAP, merging the parts of a run, baselines, differences, repetition, processes.
set -u
. tests/lib/say.sh
x=$1/x400rig
tmp=$(mktemp -d)
trap 'sh tests/lib/cases.sh "$tmp"; rm -rf "$tmp"' EXIT

run() {		# folder, expected status, options
	folder=$1 want=$2
	shift 2
	"$x" run --quiet --virtual --seed 5 --out "$tmp/$folder" "$@" >"$tmp/$folder.txt" 2>&1
	check "run $folder: status" "$want" $?
}

run good 0 'basic/*'
run bad 1 --defect Q152897 'basic/*' pop4/backlog-drop

# --- for machines

cat >"$tmp/junit.py" <<'PY'
import sys, xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1]).getroot()
assert root.tag == "testsuites"
total = 0
for suite in root:
    assert suite.tag == "testsuite" and suite.get("name") and "." in suite.get("time")
    kinds = {"failure": 0, "error": 0, "skipped": 0}
    for case in suite:
        assert case.tag == "testcase" and case.get("name") and case.get("classname")
        float(case.get("time"))
        for e in case:
            kinds[e.tag] += 1
            assert e.get("message")
    assert len(suite) == int(suite.get("tests"))
    assert kinds == {"failure": int(suite.get("failures")), "error": int(suite.get("errors")),
                     "skipped": int(suite.get("skipped"))}, kinds
    total += len(suite)
assert total == int(root.get("tests"))
print(total, root.get("failures"), root.get("errors"))
PY
check "JUnit of a good run" "4 0 0" "$(python3 "$tmp/junit.py" "$tmp/good/junit.xml" 2>&1)"
check "JUnit of a bad run" "5 1 0" "$(python3 "$tmp/junit.py" "$tmp/bad/junit.xml" 2>&1)"
grep -q 'type="Q152897"' "$tmp/bad/junit.xml"
check "JUnit names the article" 0 $?
check "TAP plan" "1..5" "$(sed -n 2p "$tmp/bad/report.tap")"
check "TAP points" "4 ok, 1 not ok" \
	"$(grep -c '^ok ' "$tmp/bad/report.tap") ok, $(grep -c '^not ok ' "$tmp/bad/report.tap") not ok"
check "run.jsonl says what it is" '{"schema":"x400rig-run","version":1' \
	"$(head -n 1 "$tmp/bad/run.jsonl" | cut -d, -f1,2)"

# --- parts of a run

for k in 1 2 3; do run part$k 0 --shard $k/3 'basic/*'; done
run part9 2 --shard 4/3 'basic/*'
"$x" report "$tmp/part1" "$tmp/part2" "$tmp/part3" -f tap >"$tmp/merged.tap"
check "parts joined: status" 0 $?
check "parts joined: each case once" "$(grep -c '^ok ' "$tmp/good/report.tap")" \
	"$(grep '^ok ' "$tmp/merged.tap" | sort -u | wc -l)"
sed -i 's/ok [0-9]* - /ok - /' "$tmp/merged.tap"
check "parts joined: as in one run" "$(sed 's/ok [0-9]* - /ok - /' "$tmp/good/report.tap")" \
	"$(cat "$tmp/merged.tap")"
"$x" report "$tmp/good" "$tmp/bad" >"$tmp/both.txt"
check "report: the worse result counts" 1 $?
check "report: failures first" "fail" "$(head -n 1 "$tmp/both.txt" | cut -d' ' -f1)"
"$x" report "$tmp/nothing" 2>/dev/null
check "report of no run" 2 $?
"$x" report "$tmp/good" -f junk 2>"$tmp/err"
check "report in no form" 2 $?
"$x" report "$tmp/bad" -f md | grep -q '^### pop4/backlog'
check "report in Markdown says why" 0 $?
head -c -20 "$tmp/good/run.jsonl" >"$tmp/cut.jsonl"
mkdir "$tmp/cut" && mv "$tmp/cut.jsonl" "$tmp/cut/run.jsonl"
check "a run that was killed: what is whole is told" 3 \
	"$("$x" report "$tmp/cut" -f tap | grep -c '^ok ')"
echo nonsense >"$tmp/cut/run.jsonl"
"$x" report "$tmp/cut" 2>"$tmp/err"
check "a damaged run: status" 2 $?
grep -q 'run.jsonl:1: column' "$tmp/err"
check "a damaged run: where" 0 $?

# --- known failures

"$x" report "$tmp/bad" -f baseline >"$tmp/known.baseline"
run known 0 --baseline "$tmp/known.baseline" --defect Q152897 'basic/*' pop4/backlog-drop
grep -q '^expected fail' "$tmp/known.txt"
check "a known failure is said to be expected" 0 $?
run surprise 1 --baseline "$tmp/known.baseline" pop4/backlog-drop
grep -q '^unexpected pass' "$tmp/surprise.txt"
check "an unexpected pass is a failure" 0 $?
sed 's/"[^"]*\(" article .*\)$/"something else\1/' "$tmp/known.baseline" >"$tmp/other.baseline"
run other 1 --baseline "$tmp/other.baseline" --defect Q152897 pop4/backlog-drop
printf 'baseline "x"\n  case a/b fial\n' >"$tmp/broken.baseline"
run broken 2 --baseline "$tmp/broken.baseline" basic/bind
grep -q 'broken.baseline:2:12: .*did you mean "fail"' "$tmp/broken.txt"
check "a broken baseline: where, and what was meant" 0 $?

# --- differences

"$x" diff "$tmp/good" "$tmp/good" >/dev/null
check "no difference" 0 $?
run fixed 0 'basic/*' pop4/backlog-drop
"$x" diff "$tmp/fixed" "$tmp/bad" >"$tmp/diff.txt"
check "a new failure" "1 new failure" "$(tail -n 1 "$tmp/diff.txt")"
"$x" diff "$tmp/bad" "$tmp/fixed" >"$tmp/diff.txt"
check "fixed" "1 fixed" "$(tail -n 1 "$tmp/diff.txt")"

# --- pages and ladders

cat >"$tmp/page.py" <<'PY'
import sys, xml.etree.ElementTree as tree
text = open(sys.argv[1], encoding="utf-8").read()
page = tree.fromstring(text.replace("<!DOCTYPE html>", "", 1).split("<script>")[0] + "</body></html>")
svg = "{http://www.w3.org/2000/svg}"
ids = [e.get("id") for e in page.iter() if e.get("id")]
assert len(ids) == len(set(ids)), "an id twice"
for e in page.iter():
    for name in ("src", "href"):
        assert not e.get(name) or e.get(name).startswith("#"), e.get(name)
    if (e.get("href") or "#")[1:]:
        assert e.get("href")[1:] in ids, e.get("href")
rungs = [e for e in page.iter() if "row" in e.get("class", "").split() and e.tag.startswith(svg)]
lit = 0
for pdu in page.findall(".//div[@class='pdu']"):
    dump = "".join("".join(e.itertext()) for e in pdu.findall("pre"))
    shown = sum(len(line[6:54].split()) for line in dump.split("\n"))
    for row in pdu.findall(".//tr[@data-o]"):
        at, n = map(int, row.get("data-o").split())
        assert at < shown and n > 0, (at, n, shown)
        lit += 1
assert lit > 50 or not rungs, lit
words = "".join(page.itertext())
for word in sys.argv[2:]:
    assert word in words, word
print(len(page.findall(".//table[@id='cases']/tbody/tr")), len(rungs) > 100)
PY
check "page of a bad run" "5 True" "$(python3 "$tmp/page.py" "$tmp/bad/report.html" Q152897 \
	"session CN CP AARQ RTORQ BIND-ARGUMENT" "link in: 4000000 bit/s" "event 4283" \
	'BIND-ARGUMENT name="RIGUP"' 2>&1 | tail -n 1)"
grep -q 'data-o="[0-9]* 9"><th scope="row">password</th><td>9 octets, not shown' "$tmp/bad/report.html"
check "a password is not shown" 0 $?
! grep -q 'up-secret' "$tmp/bad/report.html"
check "nor in the octets" 0 $?
check "expectations met and missed" "True True" "$(python3 - "$tmp/bad/report.html" <<'PY'
import re, sys
page = open(sys.argv[1], encoding="utf-8").read()
print(len(re.findall('class="met"', page)) > 2, len(re.findall('class="missed"', page)) > 0)
PY
)"
check "each message has its row" 60 "$(grep -o 'class="messages">.*</table>' "$tmp/bad/report.html" |
	sed 's,</table>.*,,' | grep -o '<th scope="row">[0-9]*<' | wc -l)"
check "page of a good run has no ladder" "4 False" \
	"$(python3 "$tmp/page.py" "$tmp/good/report.html" 2>&1 | tail -n 1)"
"$x" report "$tmp/good" -f html --case basic/bind --before "$tmp/bad" -o "$tmp/one.html"
check "page of one case: status" 0 $?
grep -q 'session FN 1 RLRQ' "$tmp/one.html" && grep -q 'Compared with the run before' "$tmp/one.html"
check "page of one case: ladder and comparison" 0 $?
for form in ladder mscgen mermaid; do
	"$x" report "$tmp/good" -f $form --case basic/bind >"$tmp/$form.txt"
	check "$form: status" 0 $?
	grep -q 'session FN 1 RLRQ' "$tmp/$form.txt"
	check "$form: a rung" 0 $?
done
"$x" report "$tmp/good" -f ladder 2>"$tmp/err"
check "a ladder of no case: status" 4 $?

# What links did stands at their lane.
cat >"$tmp/marks.scn" <<'SCN'
scenario test/marks
  title "A link that stalls and is cut"
  down: link rate 64kbit/s delay 5ms
  down: listen
  up: associate
  up: transfer 1 message size 100KiB to down
  expect accepted within 20s
  wait 1s
  down: stall on
  wait 1s
  down: cut rst
  wait 1s
  expect log Q152897
SCN
run marks 1 "$tmp/marks.scn"
"$x" report "$tmp/marks" -f ladder --case test/marks >"$tmp/marks.ladder"
check "marks of a link: rate, stall, cut, RST" "" "$(for mark in 'link in: 64000 bit/s' \
	'link [a-z]*: .*stall' 'cut rst' 'TCP RST'; do
		grep -q "~~ $mark\|== $mark" "$tmp/marks.ladder" || echo "no $mark"
	done)"
check "marks of a link: at its lane" 0 "$(grep '~~' "$tmp/marks.ladder" | grep -vc '|.*|.*~~')"
check "marks of a link: on the page" "True" "$(python3 - "$tmp/marks/report.html" <<'PY'
import re, sys
page = open(sys.argv[1], encoding="utf-8").read()
print(len(re.findall(r'class="row link', page)) >= 3)
PY
)"

# --- repetition, processes, selection

run twice 0 --repeat 2 basic/bind basic/report
check "twice: four results" 4 "$(grep -c '"id"' "$tmp/twice/run.jsonl")"
[ -s "$tmp/twice/events/basic/bind.2.jsonl" ] && [ -s "$tmp/twice/basic/bind.2.pcapng" ]
check "twice: the second has files of its own" 0 $?
"$x" rejudge "$tmp/twice" >/dev/null 2>&1
check "twice: judged again" 0 $?
run until 1 --until-fail --repeat 9 --defect Q152897 basic/bind pop4/backlog-drop
check "until-fail: ends at the first" 2 "$(grep -c '"id"' "$tmp/until/run.jsonl")"
run jobs 1 --jobs 3 --defect Q152897 'basic/*' pop4/backlog-drop
verdicts() { sed 's/.*"id":"\([^"]*\)".*"verdict":"\([^"]*\)".*/\1 \2/;1d' "$1/run.jsonl" | sort; }
check "jobs: the verdicts of one process" "$(verdicts "$tmp/bad")" "$(verdicts "$tmp/jobs")"
for f in "$tmp"/jobs/events/*/*.jsonl; do
	cmp -s "$f" "$tmp/bad/events/${f#"$tmp/jobs/events/"}" || differ=$f
done
check "jobs: the events of one process" "" "${differ-}"
run purpose 0 --purpose 'BND-*' 'basic/*'
run nothing 5 --purpose NOPE-01
run good 2 basic/bind
grep -q 'holds a run already' "$tmp/good.txt"
check "a folder that holds a run" 0 $?
