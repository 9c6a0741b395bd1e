#!/bin/sh
# Captures against the lab MTA in both roles, and what a replay promises: the outcome of
# the original, nobody's password, the same scenario from its own capture.
set -u
. tests/lib/say.sh
x=$1/x400rig
tmp=$(mktemp -d)
trap 'sh tests/lib/cases.sh "$tmp"; rm -rf "$tmp"' EXIT

replay() {	# capture, role, options: replays it, and its replay's own capture into a scenario
	extra=${3-}
	name=$(basename "$1")
	name=${name%.*}
	run=$tmp/$name-$2
	# shellcheck disable=SC2086
	timeout 30 "$x" replay "$1" --as "$2" $extra --virtual --quiet --out "$run" >"$run.out" 2>&1
	status=$?
	[ $status = 0 ] || return 0
	nth=1
	[ "$2" = responder ] && nth=2
	# shellcheck disable=SC2086
	"$x" replay "$1" --as "$2" $extra --quiet --dry-run >"$run.first" 2>/dev/null
	# shellcheck disable=SC2086
	"$x" replay "$run/replay/$name.pcapng" --as "$2" $extra -c $nth --quiet --dry-run >"$run.second" \
		2>/dev/null
	check "$name as $2: its replay gives the same scenario" "" \
		"$(diff "$run.first" "$run.second" | head -3)"
}

passes() {	# capture, role, options
	replay "$1" "$2" "${3-}"
	check "$name as $2: outcome of the original" 0 $status
	check "$name as $2: no answer is missing" 0 \
		"$(sed -n 's/.*, \([0-9]*\) missing.*/\1/p' "$run.out" | head -1)"
}

tells() {	# capture, role, what is said of why it cannot be
	replay "$1" "$2" "${4-}"
	case $status/$(cat "$run.out") in
	0/*) echo "not ok $name as $2: it was replayed" ;;
	*"$3"*) echo "ok $name as $2: says why not, by frame" ;;
	*) echo "not ok $name as $2: \"$3\" is not said: $(head -c 200 "$run.out")" ;;
	esac
}

sed 's/^  pics  *mode [^;]*;/  pics mode normal ;/; s/ mode 1984$//; s/ mode x410 / /' \
	rig/targets/lab.target >"$tmp/normal.target"
for capture in captures/*.pcap ../shared/captures/*.pcap; do
	case $capture in
	*'*'*) echo "skip captures of others: ../shared is absent" ;;
	*1984*)
		passes "$capture" initiator
		replay "$capture" responder "--side old"
		check "$name as responder: outcome of the original" 0 $status
		tells "$capture" initiator "from frame 4 it is of X.410 mode" "-t $tmp/normal.target" ;;
	*ping-success*)
		passes "$capture" initiator
		tells "$capture" responder "its initiator hands nothing over" ;;
	*)
		passes "$capture" initiator
		replay "$capture" responder
		check "$name as responder: outcome of the original" 0 $status ;;
	esac
done

# With a lab MTA that does of itself what the captured one did, and routes as it did.
sed -e '/^  pixit side up/s/route .*/route "C=ZZ;A= ;P=NORTH;" dialogue two-way/' \
	-e '/^  pixit side down/s/$/ dialogue two-way/' rig/targets/lab.target >"$tmp/two-way.target"
own=$tmp/own
mkdir "$own"
cp captures/checkpoints.pcapng "$own/own.pcapng"
passes "$own/own.pcapng" initiator "-t $tmp/two-way.target --defect own-exception"
check "an exception and a report of its own: nothing else" 0 \
	"$(sed -n 's/.*missing, \([0-9]*\) extra/\1/p' "$run.out" | head -1)"
# As responder what makes it call is another message, cut otherwise: the same from then on.
own_abort() {	# capture, options: as responder
	rm -rf "$tmp/own-responder"
	replay "$1" responder "-t $tmp/two-way.target --defect own-abort ${2-}" >/dev/null
}
own_abort "$own/own.pcapng"
outcome() {
	echo "$status $(sed -n 's/.*, \([0-9]* missing\).*/\1/p' "$tmp/own-responder.out")"
}
check "own as responder: outcome of the original" "0 0 missing" "$(outcome)"
cp "$run/replay/own.pcapng" "$own/own.pcapng"
cp "$run.second" "$tmp/first"
own_abort "$own/own.pcapng" "-c 2"
check "own as responder: its replay again" "0 0 missing" "$(outcome)"
check "own as responder: its replay gives the same scenario" "" \
	"$(diff "$tmp/first" "$run.second" | head -3)"

# What the other side did of itself is missed, by name.
replay captures/checkpoints.pcapng initiator
check "an exception that the lab MTA has no reason for: status" 1 $status
case $(cat "$run.out") in
*"session ED"*) echo "ok an exception that the lab MTA has no reason for: is named" ;;
*) echo "not ok an exception that the lab MTA has no reason for: $(head -c 200 "$run.out")" ;;
esac

# Reported to be in trouble behind a checkpoint, the lab MTA interrupts as the captured MTA
# did and goes on there.
replay captures/checkpoints.pcapng responder "-t $tmp/two-way.target" >/dev/null
"$x" decode "$run/replay/checkpoints.pcapng" 2>/dev/null |
	awk '$3 == 2 && $5 == "session"' >"$tmp/said"
check "an exception of ours: interrupted and resumed" "ED AI AIA AR AE AEA" \
	"$(awk '$6 ~ /^(ED|A[IDREA]A?)$/ { print $6 }' "$tmp/said" | head -6 | xargs)"
check "an exception of ours: resumed behind the checkpoint" "AR serial=1 MIP serial=2" \
	"$(sed -n '/ AR /,/ MIP /s/.* \(AR\|MIP\) .*\(serial=[0-9]*\).*/\1 \2/p' "$tmp/said" | xargs)"

# A saved scenario is clean, stands alone and holds no name of the capture.
cp captures/transfer-1988.pcap "$tmp/field.pcap"
"$x" replay "$tmp/field.pcap" --save "$tmp/case.scn" --quiet 2>/dev/null
check "--save: status" 0 $?
rm "$tmp/field.pcap"
"$x" lint "$tmp/case.scn" 2>/dev/null
check "--save: lint" 0 $?
check "--save: nobody's password" 0 "$(grep -c 'larch\|NORTH' "$tmp/case.scn")"
"$x" run --virtual --quiet --out "$tmp/case" "$tmp/case.scn" >/dev/null 2>&1
check "--save: runs without the capture" 0 $?
"$x" rejudge "$tmp/case" >/dev/null 2>&1
check "--save: is judged again from its run folder" 0 $?

# Octets as captured, names and all, against an MTA of these names.
sed -e 's/^  pixit its-name.*/  pixit its-name "SOUTH" its-password "maple"/' \
	-e 's/our-name "RIGUP" *our-password "up-secret"/our-name "NORTH" our-password "larch"/' \
	rig/targets/lab.target >"$tmp/south.target"
for how in tpkt segment; do
	"$x" replay captures/transfer-1988.pcap --virtual --quiet --verbatim $how \
		-t "$tmp/south.target" --out "$tmp/no" >/dev/null 2>&1
	check "verbatim by $how sends passwords only if told" 2 $?
	"$x" replay captures/transfer-1988.pcap --virtual --quiet --verbatim $how --captured-names \
		-t "$tmp/south.target" --out "$tmp/verbatim-$how" >"$tmp/out" 2>&1
	check "verbatim by $how" 0 $?
done

# Faults on top.
"$x" replay captures/transfer-1988.pcap --virtual --quiet --cut "rst at frame 10" \
	--link "delay=50ms" --out "$tmp/cut" >"$tmp/out" 2>&1
check "cut at a frame, over a link" 0 $?
"$x" decode "$tmp/cut/replay/transfer-1988.pcapng" 2>/dev/null | grep -q 'tcp *RST'
check "cut at a frame: RST" 0 $?

"$x" replay captures/transfer-1988.pcap --virtual --quiet --cut "fin at ac" --out "$tmp/point" \
	>"$tmp/out" 2>&1
"$x" decode "$tmp/point/replay/transfer-1988.pcapng" 2>/dev/null >"$tmp/out"
check "cut at a point: behind AC nothing is said" "1 0" \
	"$(grep -c '<-.*session *AC' "$tmp/out") $(grep -c '<-.*session *AEA' "$tmp/out")"

for fault in "stall for 5s" "down for 5s" "link rate=300bit/s"; do
	"$x" replay captures/transfer-1988.pcap --virtual --quiet --patience 60000 \
		--cut "$fault at before activity-end" --out "$tmp/fault" >"$tmp/out" 2>&1
	status=$?
	check "$fault at a point: all comes, later" "0 1 1" "$status $(
		"$x" decode "$tmp/fault/replay/transfer-1988.pcapng" 2>/dev/null | grep -c '<-.*session *DN') $(
		grep -c '"name":"reached"' "$tmp/fault/events/replay/transfer-1988.jsonl")"
	rm -rf "$tmp/fault"
done
"$x" replay captures/transfer-1988.pcap --virtual --quiet --cut "rst" --out "$tmp/no" >"$tmp/out" 2>&1
check "a cut without a place says how it is written" "3 1" \
	"$? $(grep -c 'rst at frame 12.*stall for 5s at dt 3' "$tmp/out")"

# What an envelope says of its own time and place: kept, or new by rule.
envelope() {	# options: identifiers, recipients and times that were sent
	"$x" replay captures/transfer-1988.pcap --virtual --quiet --times 2 --unlimited "$@" \
		--out "$tmp/envelope" >"$tmp/out" 2>&1
	"$x" decode "$tmp/envelope/replay/transfer-1988.pcapng" >"$tmp/decoded" 2>/dev/null
	rm -rf "$tmp/envelope"
	sed -n "s/.*-> .*MESSAGE.*//; s/.*MESSAGE id=.*L=\([^\"]*\)\".*/\1/p" "$tmp/decoded" | sort -u | wc -l
	grep -c 'recipient number=1 name="C=XX;A=TEST;P=DOWN;O=MILL;S=kim"' "$tmp/decoded"
	grep -c 'trace domain.*arrival="260305' "$tmp/decoded"
}
check "an envelope as captured" "1 0 4" "$(envelope | xargs)"
check "fresh identifiers, other recipients, times of now" "2 2 0" \
	"$(envelope --identifiers fresh --move-times \
	--recipient "P=SOUTH -> C=XX;A=TEST;P=DOWN" | xargs)"
identifiers() {
	sed -n 's/.*-> .*MESSAGE.*//; s/.*MESSAGE id=.*L=\([^"]*\)".*/\1/p' "$tmp/decoded" | sort -u
}
envelope >/dev/null
of_capture=$(identifiers)
check "one identifier for all, on purpose" "1 0 4" "$(envelope --identifiers reused | xargs)"
check "one identifier for all: a new one" "yes" \
	"$([ "$(identifiers)" != "$of_capture" ] && [ -n "$of_capture" ] && echo yes)"
check "nothing known is wanted in the logs behind what ended in order" "1 0" \
	"$("$x" replay captures/transfer-1988.pcap --quiet --dry-run 2>/dev/null |
	grep -c '^  expect log none conclusive$') $("$x" replay captures/transfer-1988.pcap --quiet \
	--dry-run --cut "rst at ac" 2>/dev/null | grep -c 'expect log')"
check "a rule for others changes no recipient" "1 0 4" \
	"$(envelope --identifiers kept --recipient "P=EAST -> P=WEST" | xargs)"

# Nothing is called that no target file names.
"$x" replay captures/ping-success.pcap -t 192.0.2.1:102 >/dev/null 2>"$tmp/out"
check "an address is no target: status" 2 $?
check "an address is no target: says what to do" 1 "$(grep -c 'x400rig init' "$tmp/out")"

# Connections per second: of one conversation again and again, and of many.
opened() {	# options: how long twelve connections take
	"$x" replay "$@" --virtual --quiet --out "$tmp/pace" 2>/dev/null |
		sed -n 's/^1 case: 1 pass (\(.*\)\.[0-9] s)$/\1/p; s/^12 cases: 12 pass (\(.*\)\.[0-9] s)$/\1/p'
	rm -rf "$tmp/pace"
}
check "no more than ten connections a second, of one" 1 "$(opened captures/ping-success.pcap --times 12)"
printf 'scenario x/twelve\n  limit 60s\n  repeat 12 {\n    up: connect\n    up: send cotp CR\n    expect up cotp CC within 5s\n    up: cut fin\n  }\n' \
	>"$tmp/twelve.scn"
"$x" run --virtual --quiet --out "$tmp/twelve" "$tmp/twelve.scn" >/dev/null 2>&1
check "no more than ten connections a second, of many" 1 "$(opened "$tmp/twelve/x/twelve.pcapng")"
check "no more than ten connections a second, together" 1 \
	"$(opened "$tmp/twelve/x/twelve.pcapng" --together)"
check "--rate 4" 3 "$(opened "$tmp/twelve/x/twelve.pcapng" --rate 4)"
"$x" replay captures/transfer-1988.pcap --virtual --quiet --lanes 5 --unlimited --out "$tmp/lanes" \
	>"$tmp/out" 2>&1
check "--lanes: so many associations at once, and each answer of each" "0 5 10 equal, 10 differs as expected, 0 differs, 0 missing, 0 extra" \
	"$? $("$x" decode "$tmp/lanes/replay/transfer-1988.pcapng" 2>/dev/null | grep -c '<-.*session *AEA') $(
	sed -n 's/.*answers: \(.*\)/\1/p' "$tmp/out")"
check "--unlimited" 0 "$(opened "$tmp/twelve/x/twelve.pcapng" --unlimited)"

# Without checkpoints a message is one TSDU.
sed 's/checkpoint 30KiB window 5/checkpoint 0KiB window 5/' rig/targets/lab.target >"$tmp/whole.target"
printf 'scenario x/whole\n  limit 60s\n  up: associate\n  expect up bound within 5s\n  up: transfer 1 message size 3MiB to unreached\n  up: wait until accepted 1 within 20s\n  up: release\n  expect up released within 5s\n' \
	>"$tmp/whole.scn"
"$x" run --virtual --quiet -t "$tmp/whole.target" --out "$tmp/whole" "$tmp/whole.scn" >/dev/null 2>&1
"$x" replay "$tmp/whole/x/whole.pcapng" --virtual --quiet -t "$tmp/whole.target" --out "$tmp/again" \
	>"$tmp/out" 2>&1
check "a TSDU of 3 MiB" "0 0 4 equal" "$? $("$x" decode "$tmp/again/replay/whole.pcapng" 2>/dev/null |
	grep -c 'session *MIP') $(sed -n 's/.*answers: \([0-9]* equal\).*/\1/p' "$tmp/out")"

# The page of a replay: what a run's has, and the answers compared.
page() {	# run folder: rungs drawn, line of the sum, what is missing
	python3 - "$1/report.html" <<'PY'
import html, re, sys
page = open(sys.argv[1], encoding="utf-8").read()
told = re.search(r'<pre class="differences">(.*?)</pre>', page, re.S)
told = html.unescape(told.group(1)) if told else ""
print(len(re.findall(r'class="row session', page)) > 5, "answers:" in told,
      "session ED" in told, "Each PDU in full" in page)
PY
}
check "page of a replay: ladder, PDUs, answers compared" "True True False True" \
	"$(page "$tmp/transfer-1988-initiator")"
check "page of a replay that differs: says where" "True True True True" \
	"$(page "$tmp/checkpoints-initiator")"

# Two replays of one capture.
"$x" replay "$tmp/transfer-1988-initiator/replay/transfer-1988.pcapng" \
	--compare "$tmp/transfer-1988-initiator/replay/transfer-1988.pcapng" >"$tmp/out"
check "a replay equals itself" 0 $?
"$x" replay "$tmp/transfer-1988-initiator/replay/transfer-1988.pcapng" \
	--compare "$tmp/cut/replay/transfer-1988.pcapng" >"$tmp/out"
check "a replay and one that was cut: status" 1 $?
grep -q '^missing.*session DN' "$tmp/out"
check "a replay and one that was cut: what is missing" 0 $?
