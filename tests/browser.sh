#!/bin/sh
# A report in a real browser:  tests/browser.sh BUILD
#
# Headless Chromium opens a page to which a script is added that clicks, types and presses keys
# as a reader would, and writes what it finds into the page; the resulting document is looked
# at here.  Console messages and requests are counted.
set -u
x=$1/x400rig
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || {
	echo "tests/browser.sh needs a browser: apt-get install chromium" >&2
	exit 77
}
failed=0
check() {	# name, expected, actual
	if [ "$2" = "$3" ]; then
		echo "ok $1"
	else
		echo "not ok $1: expected \"$2\", got \"$3\""
		failed=1
	fi
}

# A passing run, a failing one, and one with thousands of PDUs.
cat >"$tmp/long.scn" <<'SCN'
scenario test/long
  title "Thousands of PDUs"
  limit 10min
  down: link rate 20Mbit/s delay 2ms
  down: listen checkpoint 1KiB window 3
  up: associate
  up: transfer 100 messages size 50KiB to down
  expect down delivered within 5min
  expect log Q152897
SCN
"$x" run -q --virtual --seed 3 --out "$tmp/pass" 'basic/*' >/dev/null
"$x" run -q --virtual --seed 3 --out "$tmp/fail" --defect Q152897 'basic/*' pop4/backlog-drop >/dev/null
"$x" run -q --virtual --seed 3 --out "$tmp/long" "$tmp/long.scn" >/dev/null
# A campaign of the fuzzer, and what `check` says of a capture.
"$x" fuzz teardown --cases 2000 --seed 3 --out "$tmp/campaign" >/dev/null 2>&1
mkdir "$tmp/fuzz" "$tmp/checked"
"$x" replay captures/transfer-1988.pcap --virtual --quiet --out "$tmp/replayed" >/dev/null
cp "$tmp/campaign/coverage.html" "$tmp/fuzz/report.html"
"$x" check captures/checkpoints.pcapng --html "$tmp/checked/report.html" >/dev/null

cat >"$tmp/reader.js" <<'JS'
// A window that has not got the focus yet tells its page of none.
var focus = HTMLElement.prototype.focus;
HTMLElement.prototype.focus = function () {
	focus.call(this);
	if (!document.hasFocus())
		this.dispatchEvent(new FocusEvent("focus"));
};
window.addEventListener("load", function () {
	var out = {};
	function key(target, name) {
		target.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true }));
	}
	function type(id, value) {
		var e = document.getElementById(id);
		e.value = value;
		e.dispatchEvent(new Event("input"));
		return document.querySelectorAll("#cases tbody tr:not(.hidden)").length;
	}
	if (document.getElementById("by-verdict")) {
		out.pass = type("by-verdict", "pass");
		out.fail = type("by-verdict", "fail");
		type("by-verdict", "");
		out.group = type("by-group", "basic");
		type("by-group", "");
		out.text = type("by-text", "REP-BV-02");
		type("by-text", "");
		out.purpose = type("by-purpose", "BND-BV-04");
		type("by-purpose", "");
	}
	out.fits = document.documentElement.scrollWidth <= window.innerWidth;
	var maps = document.querySelectorAll("figure.map");
	if (maps.length) {
		out.maps = Array.from(maps).map(function (map) {
			var cell = map.querySelector("td[style]"), box = cell.getBoundingClientRect();
			var lines = box.height / parseFloat(getComputedStyle(cell).lineHeight);
			return box.width > 0 && lines >= 1 && lines < 2 &&
				getComputedStyle(cell).backgroundColor !== "rgba(0, 0, 0, 0)";
		});
		maps[0].scrollLeft = 40;
		out.named = maps[0].querySelectorAll("th")[0].getBoundingClientRect().left >=
			maps[0].getBoundingClientRect().left;
	}
	out.plots = document.querySelectorAll("figure.plot path").length > 0;
	var rows = document.querySelectorAll("a.row"), panel = document.getElementById("panel");
	out.rungs = rows.length > 20;
	if (rows.length) {
		rows[1].dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
		out.clicked = panel.classList.contains("open") && panel.textContent.length > 20;
		key(document, "Escape");
		out.closed = !panel.classList.contains("open");
		rows[2].focus();
		key(rows[2], "Enter");
		out.pressed = panel.classList.contains("open");
		key(rows[2], "ArrowRight");
		var field = panel.querySelector("tr[data-o]");
		var lit = panel.querySelectorAll("pre .lit");
		out.lit = document.activeElement === field && lit.length === 2 * +field.dataset.o.split(" ")[1];
		key(field, "ArrowDown");
		out.next = document.activeElement !== field && panel.querySelectorAll("tr.lit").length === 1;
		key(document.activeElement, "ArrowLeft");
		out.back = document.activeElement === rows[2];
		key(rows[2], "ArrowDown");
		out.followed = document.activeElement === rows[3] && panel.textContent.length > 20;
		var box = document.querySelector("input[data-hide=cotp]");
		box.click();
		var cotp = document.querySelector("a.row.cotp");
		out.hidden = getComputedStyle(cotp).display === "none";
		box.click();
	}
	var fold = document.querySelector("figure.ladder > details"), group, piece;
	if (fold) {
		piece = document.querySelector("a.piece[href='#" + fold.id + "']");
		piece.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
		out.led = fold.open && document.activeElement === fold.querySelector("summary");
		group = fold.querySelector("details") || fold;
		group.open = true;
	}
	setTimeout(function () {
		if (group) {
			var lines = group.querySelector("pre").textContent.split("\n").length - 1;
			out.drawn = group.querySelectorAll(":scope > svg g.row").length === lines && lines > 1;
			out.tips = group.querySelectorAll(":scope > svg polygon").length > 1;
		}
		document.title = JSON.stringify(out);
	}, 300);
});
JS

look() {	# folder, expected
	python3 - "$tmp/$1/report.html" "$tmp/reader.js" "$tmp/$1.html" <<'PY'
import sys
page = open(sys.argv[1], encoding="utf-8").read()
script = open(sys.argv[2], encoding="utf-8").read()
open(sys.argv[3], "w", encoding="utf-8").write(
    page.replace("</body>", "<script>" + script + "</script></body>"))
PY
	timeout 120 "$browser" --headless --no-sandbox --disable-gpu --disable-background-networking --window-size=800,600 \
		--enable-logging=stderr --v=0 --log-net-log="$tmp/$1.net" --virtual-time-budget=5000 \
		--dump-dom "file://$tmp/$1.html" >"$tmp/$1.dom" 2>"$tmp/$1.err"
	check "$1: what a reader finds" "$2" \
		"$(sed -n 's/.*<title>\(.*\)<\/title>.*/\1/p' "$tmp/$1.dom" | head -n 1)"
	check "$1: console messages" 0 "$(grep -c 'CONSOLE' "$tmp/$1.err")"
	check "$1: requests that leave the page" "" "$(python3 - "$tmp/$1.net" <<'PY'
import re, sys
try:
    text = open(sys.argv[1], encoding="utf-8", errors="replace").read()
except OSError:
    text = ""
hosts = set(re.findall(r'"url":"(https?://[^"]+)"', text))
print(*sorted(h for h in hosts if "google" not in h and "gvt1" not in h))
PY
)"
}
look pass '{"pass":4,"fail":0,"group":4,"text":1,"purpose":1,"fits":true,"plots":false,"rungs":false}'
look fail '{"pass":4,"fail":1,"group":4,"text":1,"purpose":1,"fits":true,"plots":true,"rungs":true,"clicked":true,"closed":true,"pressed":true,"lit":true,"next":true,"back":true,"followed":true,"hidden":true,"led":true,"drawn":true,"tips":true}'
look long '{"pass":0,"fail":1,"group":1,"text":0,"purpose":0,"fits":true,"plots":true,"rungs":true,"clicked":true,"closed":true,"pressed":true,"lit":true,"next":true,"back":true,"followed":true,"hidden":true,"led":true,"drawn":true,"tips":true}'
look fuzz '{"fits":true,"maps":[true,true],"named":true,"plots":true,"rungs":false}'
look replayed '{"pass":1,"fail":0,"group":1,"text":0,"purpose":0,"fits":true,"plots":false,"rungs":false,"clicked":true,"closed":true,"pressed":true,"lit":true,"next":true,"back":true,"followed":true,"hidden":true}'
look checked '{"fits":true,"plots":true,"rungs":true,"clicked":true,"closed":true,"pressed":true,"lit":true,"next":true,"back":true,"followed":true,"hidden":true}'
check "the page of a long case is below 5 MiB" yes \
	"$([ "$(wc -c <"$tmp/long/report.html")" -lt 5242880 ] && echo yes)"
exit $failed
