#!/bin/sh
# Signatures of the user's own stand beside the shipped ones in match, check, run, replay, fuzz
# and shrink.
#     sh tests/e2e/own_signatures.sh BUILD
set -u
x=${1:?build folder}/x400rig
tmp=$(mktemp -d) || exit 1
trap 'sh tests/lib/cases.sh "$tmp"; rm -rf "$tmp"' EXIT
cat >"$tmp/own.sig" <<'SIG'
signature OWN-1
  title   "The queue runner waits for ever"
  weight  conclusive
  trigger "a peer that never reads"
  advice  "Restart the queue runner."
  line text "queue runner [0-9]+ is waiting" as wait
SIG
mkdir "$tmp/folder"
sed 's/OWN-1/OWN-2/' "$tmp/own.sig" >"$tmp/folder/pop4.sig"	# named as a shipped one
echo '2026-11-22 07:00:00 queue runner 7 is waiting' >"$tmp/log"
said() {	# name, command ...
	name=$1
	shift
	"$@" >"$tmp/out" 2>&1
	status=$?
	if [ $status = 1 ] && grep -q 'OWN-[1-4]' "$tmp/out"; then
		echo "ok $name"
	else
		echo "not ok $name: status $status, $(head -n 3 "$tmp/out" | tr '\n' ' ')"
	fi
}

said match "$x" match "$tmp/log" --signatures "$tmp/own.sig"
said check "$x" check captures/transfer-1988.pcap "$tmp/log" --signatures "$tmp/own.sig"
said "a folder of them" "$x" check captures/transfer-1988.pcap "$tmp/log" --signatures "$tmp/folder"

# A run keeps copies of both, whatever their names, and is judged again with them.
"$x" run --quiet --virtual --seed 3 --defect Q152897 --signatures "$tmp/own.sig" \
	--signatures "$tmp/folder" --out "$tmp/run" pop4/backlog-drop >"$tmp/out" 2>&1
grep -q 'article *Q152897' "$tmp/out" && echo "ok run: the shipped ones still speak" ||
	echo "not ok run: the shipped ones still speak"
for f in own-1-own.sig own-2-pop4.sig pop4.sig; do
	[ -s "$tmp/run/signatures/$f" ] && echo "ok run keeps $f" || echo "not ok run keeps $f"
done

# The lab MTA's log says the word that this one waits for.
cat >"$tmp/cry.sig" <<'SIG'
signature OWN-4
  title   "Something like a crash"
  weight  conclusive
  trigger "associations that are lost"
  advice  "Look at the process."
  event 9405 text "Exception (?<what>[0-9a-f]+)"
SIG
said fuzz "$x" fuzz teardown --virtual --cases 100 --defect planted-cries --failures 0 \
	--signatures "$tmp/cry.sig" --out "$tmp/fuzz"
found=$(find "$tmp/fuzz" -name '*.scn' -exec grep -l 'OWN-4' {} + | head -n 1)
sed 's/event/evnt/' "$tmp/cry.sig" >"$tmp/not.sig"
"$x" shrink --virtual --signatures "$tmp/not.sig" "$found" >"$tmp/out" 2>&1
status=$?
[ $status = 2 ] && grep -q 'not.sig:6:3: error' "$tmp/out" && echo "ok shrink reads them" ||
	echo "not ok shrink reads them: status $status, $(head -n 1 "$tmp/out")"
sed -e 's/9405.*/9318/' -e 's/OWN-4/OWN-5/' "$tmp/cry.sig" >"$tmp/any.sig"
"$x" replay --virtual --quiet --signatures "$tmp/any.sig" --out "$tmp/replay" captures/transfer-1988.pcap \
	>"$tmp/out" 2>&1
[ -s "$tmp/replay/signatures/own-1-any.sig" ] && echo "ok replay judges by them" ||
	echo "not ok replay judges by them: $(head -n 2 "$tmp/out" | tr '\n' ' ')"

# What the manual page shows is so: lint takes it, and match finds the fault.
awk '/^\.Bd/ { on = 1; next } /^\.Ed/ { on = 0 } on' docs/man/signature.5 | sed '/^\$/d' >"$tmp/man.sig"
"$x" lint "$tmp/man.sig" >"$tmp/out" 2>&1 && grep -c '^signature' "$tmp/man.sig" | grep -qx 2 &&
	echo "ok lint: the manual's examples" ||
	echo "not ok lint: the manual's examples: $(head -n 1 "$tmp/out")"
for t in 00:00 01:00 02:00 03:00 04:00; do
	echo "2026-11-22 07:$t queue runner 7 is waiting for down"
done >"$tmp/paced"
sed -i 's/^signature Q/signature OWN-/' "$tmp/man.sig"
said "the manual's example" "$x" match "$tmp/paced" --signatures "$tmp/man.sig"

# Each mistake in its place.
wrong() {	# LINE:COLUMN, what is said, LINE of the row
	printf 'signature OWN-3\n  title "x"\n  weight conclusive\n  trigger "x"\n  advice "x"\n  %s\n' \
		"$3" >"$tmp/bad.sig"
	"$x" lint "$tmp/bad.sig" >"$tmp/out" 2>&1
	status=$?
	if [ $status = 2 ] && grep -qF "bad.sig:$1: error: " "$tmp/out" && grep -qF "$2" "$tmp/out"; then
		echo "ok lint: $2"
	else
		echo "not ok lint: $2: status $status, $(head -n 1 "$tmp/out")"
	fi
}
wrong 6:16 'missing closing parenthesis' 'event 1 text "(x"'
wrong 6:12 '"gone" is not row' 'sequence gone then gone within 3min'
wrong 1:1 'row that must be found' 'event 1 optional'
wrong 6:3 '"evnt"' 'evnt 1'
