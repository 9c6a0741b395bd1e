#!/bin/sh
# Signatures of the user's own stand beside the shipped ones in match, check and run.
#     sh tests/e2e/own_signatures.sh BUILD
set -u
x=${1:?build folder}/x400rig
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
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
	if [ $status = 1 ] && grep -q 'OWN-[12]' "$tmp/out"; then
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
