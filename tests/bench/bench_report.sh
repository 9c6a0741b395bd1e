#!/bin/sh
# Bars of the page of a run:
#     tests/bench/bench_report.sh BUILD
# 400 cases of which some fail: generated in 1 s, below 5 MiB, usable in Chromium in 1 s; a
# case of a million events is summarised.  Exit status: 1 if a bar is missed.
set -u
x=$1/x400rig
tmp=$(mktemp -d -p "${TMPDIR:-/dev/shm}")
trap 'rm -rf "$tmp"' EXIT
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
missed=0
bar() {		# what, value, bar, unit
	echo "$1: $2 $4 (bar $3)"
	[ -n "$2" ] && [ "$2" -lt "$3" ] || missed=1
}
median() { sort -n | awk '{v[NR]=$1} END {print NR ? v[int((NR + 1) / 2)] : 0}'; }
generate() {	# folder: milliseconds of the clock, and of the processor; the least of five
	python3 - "$x" "$tmp/$1" <<'PY'
import resource, subprocess, sys, time
def used():
    r = resource.getrusage(resource.RUSAGE_CHILDREN)
    return r.ru_utime + r.ru_stime
clock, processor = [], []
for _ in range(5):
    at, was = time.monotonic(), used()
    subprocess.run([sys.argv[1], "report", sys.argv[2], "-f", "html", "-o", sys.argv[2] + ".html"],
                   stdout=subprocess.DEVNULL)
    clock.append(time.monotonic() - at)
    processor.append(used() - was)
print(int(1000 * min(clock)), int(1000 * min(processor)))
PY
}

# The whole catalogue against an ill MTA, filled up to 400 cases.
"$x" run -q --virtual --seed 3 --jobs 2 --defect Q152897 --defect Q236586 --out "$tmp/cases" \
	>/dev/null 2>&1
"$x" run -q --virtual --seed 4 --repeat 50 --out "$tmp/many" basic/bind >/dev/null 2>&1
n=$(grep -c '"id"' "$tmp/cases/run.jsonl")
head -n $((401 - n)) "$tmp/many/run.jsonl" | sed 1d >>"$tmp/cases/run.jsonl"
echo "cases: $(grep -c '"id"' "$tmp/cases/run.jsonl"), $(grep -c '"verdict":"fail"' "$tmp/cases/run.jsonl") fail"
took=$(generate cases)
bar "page of 400 cases: generated (${took#* } ms of the processor)" "${took% *}" 1000 ms
bar "page of 400 cases" "$(wc -c <"$tmp/cases.html")" 5242880 octets

# Usable: loaded, laid out, filtered, a rung opened.
if [ -n "$browser" ]; then
	python3 - "$tmp/cases.html" "$tmp/timed.html" <<'PY'
import sys
page = open(sys.argv[1], encoding="utf-8").read()
script = """window.addEventListener("load", function () {
	var e = document.getElementById("by-text");
	e.value = "bind";
	e.dispatchEvent(new Event("input"));
	var row = document.querySelector("a.row");
	if (row) row.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
	document.title = Math.ceil(document.body.offsetHeight ? performance.now() : 1e6);
});"""
open(sys.argv[2], "w", encoding="utf-8").write(
    page.replace("</body>", "<script>" + script + "</script></body>"))
PY
	for _ in 1 2 3 4 5; do
		timeout 120 "$browser" --headless --no-sandbox --disable-gpu --dump-dom \
			"file://$tmp/timed.html" 2>/dev/null | grep -o '<title>[0-9]*' | head -n 1 |
			tr -dc '0-9\n'
	done | median >"$tmp/usable"
	bar "page of 400 cases: usable in Chromium" "$(cat "$tmp/usable")" 1000 ms
else
	echo "page of 400 cases: usable in Chromium: not measured, there is none"
fi

# A million events in one case that fails.
cat >"$tmp/million.scn" <<'SCN'
scenario test/million
  title "A million events"
  limit 60min
  down: link rate 100Mbit/s delay 1ms
  down: listen checkpoint 1KiB window 3
  up: associate
  up: transfer 9000 messages size 16KiB to down
  expect down delivered within 30min
  expect log Q152897
SCN
"$x" run -q --virtual --seed 3 --out "$tmp/million" "$tmp/million.scn" >/dev/null 2>&1
echo "events of the long case: $(cat "$tmp"/million/events/test/million.jsonl | wc -l)"
took=$(generate million)
echo "page of the long case: generated in ${took% *} ms (${took#* } ms of the processor)"
bar "page of the long case" "$(wc -c <"$tmp/million.html")" 5242880 octets
exit $missed
