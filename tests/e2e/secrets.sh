#!/bin/sh
# Passwords in nothing that is written, but for the octets of a bind in a capture.
#     sh tests/e2e/secrets.sh BUILD
set -u
x=$1/x400rig
tmp=$(mktemp -d)
trap 'sh tests/lib/cases.sh "$tmp"; rm -rf "$tmp"' EXIT
export X400RIG_TEST_MTA=tamarisk-1 X400RIG_TEST_UP=tamarisk-2
sed -e 's/its-password "lab-secret"/its-password env:X400RIG_TEST_MTA/' \
	-e 's/our-password "up-secret"/our-password env:X400RIG_TEST_UP/' \
	-e 's/our-password "down-secret"/our-password "tamarisk-3"/' rig/targets/lab.target >"$tmp/my.target"

none() {	# name, files ...
	name=$1
	shift
	found=$(grep -rl --exclude='*.pcapng' tamarisk "$@")
	[ -z "$found" ] && echo "ok $name" || echo "not ok $name: $found"
}

for how in --virtual --jobs=1; do
	out=$tmp/run$how
	"$x" run -q "$how" -t "$tmp/my.target" --seed 1 --defect Q152897 --out "$out" basic/transfer \
		basic/refused pop4/backlog-drop >"$tmp/run$how.txt" 2>&1
	status=$?
	[ $status = 1 ] && [ -f "$out/timeline/pop4/backlog-drop.txt" ] && echo "ok run $how" ||
		echo "not ok run $how: status $status"
	none "run $how: what it says and writes" "$out" "$tmp/run$how.txt"
	python3 - "$out" <<'P' && echo "ok run $how: comments of captures" || echo "not ok run $how: comments of captures"
import pathlib, struct, sys
FIXED = {0x0a0d0d0a: 16, 1: 8, 6: 20, 5: 12}
comments = b""
for path in pathlib.Path(sys.argv[1]).rglob("*.pcapng"):
    data, at = path.read_bytes(), 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        body, o = data[at + 8:at + length - 4], FIXED[kind]
        if kind == 6:
            o += (struct.unpack_from("<I", body, 12)[0] + 3) // 4 * 4
        while o + 4 <= len(body):
            code, n = struct.unpack_from("<HH", body, o)
            comments += body[o + 4:o + 4 + n] if code == 1 else b""
            o += 4 + (n + 3) // 4 * 4
        at += length
sys.exit(0 if b"verdict: " in comments and b"tamarisk" not in comments else 1)
P
	"$x" rejudge "$out" >"$tmp/again" 2>&1
	[ $? = 1 ] && ! grep -q CHANGED "$tmp/again" && echo "ok run $how: judged again without passwords" ||
		echo "not ok run $how: judged again without passwords: $(cat "$tmp/again")"
	for form in text md html junit tap; do
		"$x" report "$out" -f $form >"$tmp/report.$form"
	done
	"$x" report "$out" -f ladder -c basic/refused >"$tmp/report.ladder"
	"$x" target explain "$tmp/my.target" >"$tmp/explained"
	"$x" list --json -t "$tmp/my.target" basic/refused >"$tmp/list" 2>&1
	none "run $how: reports" "$tmp/report."* "$tmp/explained" "$tmp/list" "$tmp/again"
done
"$x" decode -v "$tmp/run--virtual/basic/transfer.pcapng" >"$tmp/decoded"
"$x" decode -v --json "$tmp/run--virtual/basic/transfer.pcapng" >>"$tmp/decoded"
"$x" check -v --html "$tmp/page.html" "$tmp/run--virtual/basic/transfer.pcapng" >"$tmp/checked" 2>&1
grep -q 'password=' "$tmp/decoded" && none "decode and check" "$tmp/decoded" "$tmp/checked" "$tmp/page.html" ||
	echo "not ok decode and check: no field to look at"

# A password that a scenario spells out stays in the scenario, of which the run keeps a copy.
cat >"$tmp/own.scn" <<'S'
scenario own/secret
  title   "Passwords that are spelt out"
  source  "X.411 12.1.1"

  up.a: connect
  up.a: send cotp CR
  expect up.a cotp CC within 5s
  up.a: send p1 BIND-ARGUMENT password="tamarisk-4 \" )"
  expect up.a p1 BIND-ERROR within 1s
  up.b: associate as "UP" password "tamarisk-5"
  expect up.b refused within 1s
  up.c: associate password tamarisk-6
  expect up.c refused within 1s
  up.d: connect
  up.d: send cotp CR
  expect up.d cotp CC within 5s
  up.d: send p1 BIND-ARGUMENT password=none octets-password=hex:74616d617269736b2d37
  expect up.d p1 BIND-RESULT within 1s
S
"$x" run --virtual --seed 1 --out "$tmp/own" "$tmp/own.scn" >"$tmp/own.txt" 2>&1
[ $? = 1 ] && grep -q 'octets-password=\*\*\*' "$tmp/own/timeline/own/secret.txt" &&
	grep -q 'password \*\*\*' "$tmp/own/timeline/own/secret.txt" && echo "ok spelt out: it fails and shows its steps" ||
	echo "not ok spelt out: it fails and shows its steps: $(cat "$tmp/own.txt")"
for form in text md html junit tap; do
	"$x" report "$tmp/own" -f $form >>"$tmp/own.txt"
done
"$x" report "$tmp/own" -f ladder -c own/secret >>"$tmp/own.txt"
mv "$tmp/own/scenarios" "$tmp/copies"
none "spelt out: what it says and writes" "$tmp/own" "$tmp/own.txt"
! grep -rq 74616d617269736b "$tmp/own" "$tmp/own.txt" && echo "ok spelt out: octets" || echo "not ok spelt out: octets"
