#!/bin/sh
# Bars of the page of a run:
#     tests/bench/bench_report.sh BUILD
# 400 cases of which some fail: generated in 1 s, below 5 MiB, usable in Chromium in 1 s; a
# case of a million events is summarised.  Rows for tests/bench/table.py.
set -u
. tests/bench/row.sh
x=$1/x400rig
tmp=$(mktemp -d -p "${TMPDIR:-/dev/shm}")
trap 'rm -rf "$tmp"' EXIT
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
generate() {	# folder: milliseconds by the clock, five times
	python3 - "$x" "$tmp/$1" <<'PY'
import subprocess, sys, time
for _ in range(5):
    at = time.monotonic()
    subprocess.run([sys.argv[1], "report", sys.argv[2], "-f", "html", "-o", sys.argv[2] + ".html"],
                   stdout=subprocess.DEVNULL)
    print(int(1000 * (time.monotonic() - at)))
PY
}

# The whole catalogue against an ill MTA, filled up to 400 cases.
"$x" run -q --virtual --seed 3 --jobs 2 --defect Q152897 --defect Q236586 --out "$tmp/cases" \
	>/dev/null 2>&1
"$x" run -q --virtual --seed 4 --repeat 50 --out "$tmp/many" basic/bind >/dev/null 2>&1
n=$(grep -c '"id"' "$tmp/cases/run.jsonl")
head -n $((401 - n)) "$tmp/many/run.jsonl" | sed 1d >>"$tmp/cases/run.jsonl"
echo "cases: $(grep -c '"id"' "$tmp/cases/run.jsonl"), $(grep -c '"verdict":"fail"' "$tmp/cases/run.jsonl") fail"
generate cases >"$tmp/took"
row "page of 400 cases: generated" ms "<1000" "$tmp/took"
wc -c <"$tmp/cases.html" >"$tmp/octets"
row "page of 400 cases: size" octets "<5242880" "$tmp/octets"

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
	done >"$tmp/usable"
	row "page of 400 cases: usable in Chromium" ms "<1000" "$tmp/usable"
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
generate million >"$tmp/took"
row "page of the long case: generated" ms "" "$tmp/took"
wc -c <"$tmp/million.html" >"$tmp/octets"
row "page of the long case: size" octets "<5242880" "$tmp/octets"
