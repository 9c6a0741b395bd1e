#!/bin/sh
# Each node of a link writes what it does to the journal of a run, and the ladder says it
# with its figures.
#     sh tests/e2e/nodes.sh BUILD
set -u
. tests/lib/say.sh
build=${1:?build folder}
rig=$build/x400rig
tmp=$(mktemp -d) || exit 1
trap 'sh tests/lib/cases.sh "$tmp"; rm -rf "$tmp"' EXIT

# NAME | step | event | what the ladder says of it
cat >"$tmp/rows" <<'S'
rate|up: link rate=64kbit/s|rate-set|link out: 64000 bit/s
hidden|up: link rate=64kbit/s|hidden|link in: the kernel may hold [1-9][0-9]* octets unread
delay|down: link delay=300ms|delay-set|link in: delay 300 ms
jitter|up: link delay=50ms jitter=20ms:normal seed=1|shape-set|link out: another line from octet 0 on
loss|up: link out.loss=30% seed=1|lost|link out: a segment of [1-9][0-9]* octets lost, [1-9] times
burst-loss|up: link out.burst-loss=30%:50%:80% seed=1|lost|link out: a segment of [1-9][0-9]* octets lost
corrupt|up: link out.corrupt=1% seed=1|corrupted|link out: octet [0-9]* changed: [0-9]* became [0-9]*
missing|up: link out.missing=1% seed=1|missing|link out: octet [0-9]* ([0-9]*) left out
segment|down: link segment=100|shape-set|link in: another line
stall|up: link at=1s:stall at=2s:go|stall-on|link in: stall-on behind octet [0-9]*
go|up: link at=0s:stall at=2s:go|stall-off|link out: stall-off, goes on behind octet [0-9]*
down|up: link at=0s:down at=2s:up|down|link out: down behind octet [0-9]*
up|up: link at=0s:down at=2s:up|up|link out: up, TCP tries again after [0-9]* ms
armed|up: at after minor-sync 1 cut rst|cut-armed|link out: cut rst armed at [1-9][0-9]*
fin|up: link cut=fin@200|cut-done|link out: cut fin behind octet 200, 0 octets on the line lost
rst|up: link cut=rst@300|cut-done|link out: cut rst behind octet 300
half-close|up: link cut=half-close@300|cut-done|link out: cut half-close behind octet 300
silence|up: link cut=silence@300|silence-on|link out: cut silence behind octet 300
kernel|down: at before minor-sync 2 cut rst|kernel|link in: cut rst: the kernels held [1-9][0-9]* octets beyond [1-9][0-9]*
reached|down: at minor-sync 1 stall for 1s|reached|link in: the point is reached, behind octet [1-9][0-9]*
tls|up: link tls=responder tls-check=no|tls|link in: TLS [a-z]
S
while IFS='|' read -r name step event said; do
	printf '%s\n' "scenario nodes/$name" '  title "Nodes"' '  source "own"' '  limit 60s' \
		'  down: listen checkpoint 1KiB window 4' "  $step" '  up: associate' \
		'  up: transfer 1 message size 80KiB to down' '  wait 20s' \
		'  expect copies at-most 9' >"$tmp/$name.scn"
done <"$tmp/rows"
"$rig" run --virtual -q -j 1 --out "$tmp/run" "$tmp"/*.scn >"$tmp/out" 2>&1
while IFS='|' read -r name step event said; do
	if ! grep '"kind":"link"' "$tmp/run/events/nodes/$name.jsonl" | grep -q "\"name\":\"$event\""; then
		bad "node-$name" "no event $event: $(grep "nodes/$name" "$tmp/out")"
		continue
	fi
	"$rig" report "$tmp/run" -f ladder --case "nodes/$name" >"$tmp/ladder" 2>&1
	grep -q "$said" "$tmp/ladder" && ok "node-$name" ||
		bad "node-$name" "the ladder does not say \"$said\": $(grep ' link ' "$tmp/ladder" | head -n 5)"
done <"$tmp/rows"
