#!/bin/sh
# The logs of an MTA that the rig has not started: followed through rotation and
# truncation while a case runs; event logs; time zones; dumps.
set -u
. tests/lib/say.sh
x=$1/x400rig tools=$1/tests/tools
tmp=$(mktemp -d)
mta=
trap '[ -n "$mta" ] && kill "$mta" 2>/dev/null; sh tests/lib/cases.sh "$tmp"; rm -rf "$tmp"' EXIT

# shellcheck disable=SC2046
set -- $(ports 3)
port=$1 up=$2 down=$3
"$x" mta --listen 127.0.0.1:"$port" --scale 1 \
	--peer "RIGUP,up-secret,127.0.0.1:$up,C=XX;A=TEST;P=UP;" \
	--peer "RIGDOWN,down-secret,127.0.0.1:$down,C=XX;A=TEST;P=DOWN;" >"$tmp/ready" 2>"$tmp/mta.err" &
mta=$!
waited "$tmp/ready"

target() {	# name, logs
	sed -e "s/pixit address lab/pixit address 127.0.0.1:$port/" -e "/side up/s/:0 /:$up /" \
		-e "/side down/s/:0 /:$down /" -e '/side slow/d' -e '/side old/d' -e '/side x410/d' \
		-e '/at slow/d' -e '/at old/d' -e '/at x410/d' -e '/^ *logs/d' \
		rig/targets/lab.target >"$tmp/$1.target"
	echo "  logs $2" >>"$tmp/$1.target"
}

event() {	# id, text and tag
	printf 'message NMI%s: X.400 Service Event, severity 14\r\n' "$1"
	printf '       %s\r\n\r\n' "$2"
}
e4282='An interoperability error occurred. Interface protocol 131 was violated. Error code=8453'
e4283='Unable to recognize an internal message identifier. Internal connection handle (LP1) 1-3-14 Error code=8464'
e4284='An error has occurred during connection/disconnection. Error code=8511'
e4287='An internal MTA occurred. Contact Microsoft Product Support Services. Error code=8650'

cat >"$tmp/wait.scn" <<'SCN'
scenario wait
  title  "A message, and time for the log to change"
  source "-"
  limit  30s
  down: listen
  up:   associate
  expect up bound within 5s
  up:   transfer 1 message size 100 to down
  expect down delivered within 10s
  wait 2s
  up:   release
  expect log none conclusive
SCN

# What the log held before the case is none of its business.  Then two events, the log
# is renamed with half a line unread, a new one begins, is cut to nothing, and goes on.
grow() {	# run folder, log
	while ! [ -e "$1/events/wait.jsonl" ]; do sleep 0.02; done
	sleep 0.3
	event 4282 "$e4282" >>"$2"
	printf 'cut in mid' >>"$2"
	mv "$2" "$2.old"
	event 4283 "$e4283" >>"$2"
	sleep 0.4
	: >"$2"
	event 4284 "$e4284" >>"$2"
	event 4287 "$e4287" >>"$2"
}
{
	event 4282 "$e4282"
	event 4283 "$e4283"
	event 4284 "$e4284"
} >"$tmp/ev.log"
target text "events file \"$tmp/ev.log\""
grow "$tmp/text" "$tmp/ev.log" &
"$x" run --quiet -t "$tmp/text.target" --out "$tmp/text" "$tmp/wait.scn" >"$tmp/text.txt" 2>&1
check "a log through rotation and truncation: status" 1 $?
wait $!
check "a log through rotation and truncation: all four events, once" "4282 4283 4284 4287" \
	"$(grep -o 'NMI[0-9]*' "$tmp/text/logs/wait.events.log" | cut -c4- | tr '\n' ' ' | sed 's/ $//')"
grep -q Q152897 "$tmp/text.txt"
check "a log through rotation and truncation: the article" 0 $?
"$x" rejudge "$tmp/text" >/dev/null 2>&1
check "a log through rotation and truncation: judged again" 1 $?

{
	event 4282 "$e4282"
	event 4283 "$e4283"
	event 4284 "$e4284"
	event 4287 "$e4287"
} >"$tmp/old.log"
target old "events file \"$tmp/old.log\""
"$x" run --quiet -t "$tmp/old.target" --out "$tmp/old" "$tmp/wait.scn" >"$tmp/old.txt" 2>&1
check "a log that does not grow: status" 0 $?

# An event log of Windows: only records behind the newest one that was there.
before='7:4282:131|8453|POP4|MAIN BASE|1|18'
"$tools/make_event_log" "$tmp/app.evt" clean "$before"
"$tools/make_event_log" "$tmp/later.evt" clean "$before" '8:4283:1-3-14|8464|POP4|POP4 UP|5|228' \
	'9:4284:8511|POP4|POP4 DOWN|4|179'
target evt "events file \"$tmp/app.evt\""
(
	while ! [ -e "$tmp/evt/events/wait.jsonl" ]; do sleep 0.02; done
	sleep 0.3
	cp "$tmp/later.evt" "$tmp/app.evt"
) &
"$x" run --quiet -t "$tmp/evt.target" --out "$tmp/evt" "$tmp/wait.scn" >"$tmp/evt.txt" 2>&1
check "an event log: status" 0 $?
wait $!
check "an event log: its new records" "record 8 MSExchangeMTA 4283 record 9 MSExchangeMTA 4284" \
	"$(grep -o 'record .*:' "$tmp/evt/logs/wait.events.log" | cut -d: -f1 | tr '\n' ' ' | sed 's/ $//')"

# The same of today's: the whole log anew, its newest chunk in front.
"$tools/make_event_log" "$tmp/app.evtx" clean "$before"
"$tools/make_event_log" "$tmp/later.evtx" wrapped "$before" '8:4283:1-3-14|8464|POP4|POP4 UP|5|228' \
	'9:4284:8511|POP4|POP4 DOWN|4|179'
target evtx "events file \"$tmp/app.evtx\""
(
	while ! [ -e "$tmp/evtx/events/wait.jsonl" ]; do sleep 0.02; done
	sleep 0.3
	cp "$tmp/later.evtx" "$tmp/app.evtx"
) &
"$x" run --quiet -t "$tmp/evtx.target" --out "$tmp/evtx" "$tmp/wait.scn" >"$tmp/evtx.txt" 2>&1
check "an event log of today: status" 0 $?
wait $!
check "an event log of today: its new records" "8 MSExchangeMTA 4283 9 MSExchangeMTA 4284" \
	"$(grep -o 'record .*:' "$tmp/evtx/logs/wait.events.log" | cut -d: -f1 | cut -d' ' -f2- | sort |
		tr '\n' ' ' | sed 's/ $//')"

# Day first, an hour and ninety seconds ahead, in Cyrillic: the records stand where they
# were written.
stamped() {	# id, text
	printf '%s\tMSExchangeMTA\tError\tX.400 Service\t%s\tN/A\tLAB\t%s \357\360\r\n' \
		"$(TZ=UTC date -d '+3690 seconds' '+%d/%m/%y%t%H:%M:%S')" "$1" "$2"
}
: >"$tmp/zone.log"
target zone "events file \"$tmp/zone.log\" ; zone \"+01:00\" ; clock fast 90s ; date-order dmy ; code-page \"CP1251\""
(
	while ! [ -e "$tmp/zone/events/wait.jsonl" ]; do sleep 0.02; done
	sleep 0.3
	stamped 4282 "$e4282" >>"$tmp/zone.log"
	stamped 4283 "$e4283" >>"$tmp/zone.log"
	stamped 4284 "$e4284" >>"$tmp/zone.log"
	stamped 4287 "$e4287" >>"$tmp/zone.log"
) &
"$x" run --quiet -t "$tmp/zone.target" --out "$tmp/zone" "$tmp/wait.scn" >"$tmp/zone.txt" 2>&1
check "a log with zone, clock, order and code page: status" 1 $?
wait $!
check "a log with zone, clock, order and code page: four records in the case, in their letters" 4 \
	"$(python3 -c '
import json, sys
lines = [json.loads(l) for l in open(sys.argv[1])]
print(sum(l["kind"] == "log" and -2 < l["at"] < 10 and "\u043f\u0440" in l.get("text", "")
          for l in lines))' "$tmp/zone/timeline/wait.jsonl")"

# What a command prints, less what it printed before.
cp "$tmp/old.log" "$tmp/printed.log"
target printed "events command [\"cat\", \"$tmp/printed.log\"]"
(
	while ! [ -e "$tmp/printed/events/wait.jsonl" ]; do sleep 0.02; done
	sleep 0.3
	event 4283 "$e4283" >>"$tmp/printed.log"
) &
"$x" run --quiet -t "$tmp/printed.target" --out "$tmp/printed" "$tmp/wait.scn" >"$tmp/printed.txt" 2>&1
check "a log that a command prints: status" 0 $?
wait $!
check "a log that a command prints: what is new" 1 \
	"$(grep -c NMI "$tmp/printed/logs/wait.events.log")"
kill "$mta"
wait "$mta" 2>/dev/null
mta=

# Event logs of today, whose header is current, was never written, or tells of a ring.
for form in clean dirty wrapped; do
	"$tools/make_event_log" "$tmp/$form.evtx" $form '1:4284:8511|POP4|POP4 DOWN|4|179' \
		'2:4287:8640|POP4|POP4 DOWN4|18' '3:1000:text' '4:9405:Out of Semaphores|BASE|TIMER|10'
	"$x" match "$tmp/$form.evtx" >"$tmp/$form.txt" 2>"$tmp/$form.err"
	check "an evtx, $form: status" 1 $?
	check "an evtx, $form: both faults, nothing damaged" "2 0" \
		"$(grep -cE '^  (Q175354|Q254943) ' "$tmp/$form.txt") $(grep -c damaged "$tmp/$form.err")"
done

# What cannot be read is said, by match and check alike.
printf 'one\0two\nNov 21 21:05:00 host x: \201 three\n' >"$tmp/odd.log"
for verb in match "check captures/transfer-1988.pcap"; do
	# shellcheck disable=SC2086
	"$x" $verb "$tmp/odd.log" >/dev/null 2>"$tmp/odd.err"
	grep -q "odd.log: 1 NULs read as blanks, the first at octet 3" "$tmp/odd.err"
	check "${verb%% *}: NULs, and where" 0 $?
done

# Dumps are octets again, and PDUs: a TPKT with a CR, a TSDU with FN, an APDU that is cut.
cat >"$tmp/Ap0.log" <<'AP'
NSI message: Nov 21, 2026 14:49:09, connection 1543
T_Connect Request

[00000] 03 00 00 0B 06 E0 00 00 00 01 00                 ...........
TSI message: Nov 21, 2026 14:49:10, connection 1543
[00000] 09 00   ..
AP
printf 'Reference 47 :\n[        0]  A0 80 31 80 00 00   ..1...\n' >"$tmp/Bf0.log"
"$x" match --dumps "$tmp/Ap0.log" "$tmp/Bf0.log" >"$tmp/dumps.txt" 2>&1
for pdu in 'NSI .*11 octets: TPKT length=11 | CR dst=0000 src=0001 class=0' 'TSI .*2 octets: .*FN' \
           'Bf0.log:1: Reference 47 : 6 octets: ' '^ *[a-z0-9]*[.].* @[0-9]* .*X[.]'; do
	grep -q "$pdu" "$tmp/dumps.txt"
	check "dumps: $pdu" 0 $?
done

# What a capture holds, dumped as Ap*.log and Bf*.log do: each dump is told as decode tells
# the same octets.
mkdir "$tmp/dumps"
python3 tests/lib/dumps.py "$x" "$tmp/dumps"
"$x" match --dumps "$tmp/dumps/Ap0.log" "$tmp/dumps/Bf0.log" 2>&1 |
	sed -n 's/.* [0-9]* octets: //p' >"$tmp/dumps/got"
cmp "$tmp/dumps/want" "$tmp/dumps/got" >/dev/null
check "dumps of NSI, TSI, ACSI and P1, as decode tells them" 0 $?
near() {	# name, what is said
	"$x" match --dumps "$tmp/dumps/near-$1.log" 2>&1 | grep -q "$2"
	check "a dump that is nearly one: $1" 0 $?
}
near cut 'ber.length-past @1 '
near tag 'acse.type @0 '
near alone 'session.category-2 @0 '
near hole ': 1 dumps with octets left out'
near xapi '^Nothing known. 1 records'

# A log whose clock is an hour and seven seconds ahead, beside the capture.
"$x" decode --json -v captures/defect-Q151785.pcapng.gz 2>/dev/null | python3 -c '
import json, sys, time
seen = []
for line in sys.stdin:
    o = json.loads(line)
    if o.get("pdu") in ("FIN", "RST") and not (seen and o["time"] - seen[-1] < 1):
        seen.append(o["time"])
for t in seen[:8]:
    print("message NMI9221: Internal Operating System Event, severity 12")
    print("(BASE IL TCP/IP DRVR(10) Proc 262)",
          time.strftime("%m-%d-%y %I:%M:%S%p", time.gmtime(t + 3607)).lower())
    print("A sockets error 10054 on a WSARecvEx() call was detected. Control block index: 1.\n")
' >"$tmp/clock.log"
"$x" check captures/defect-Q151785.pcapng.gz "$tmp/clock.log" >"$tmp/clock.txt" 2>"$tmp/clock.err"
grep -q "clock is off by 360[67]" "$tmp/clock.err"
check "a clock that is off is told by the ends of connections" 0 $?
"$x" check --zone +01:00 captures/defect-Q151785.pcapng.gz "$tmp/clock.log" >/dev/null 2>"$tmp/clock.err"
grep -q "clock is off" "$tmp/clock.err"
check "a zone that is given is believed" 1 $?
"$x" check --clock -3607s captures/defect-Q151785.pcapng.gz "$tmp/clock.log" >/dev/null 2>"$tmp/clock.err"
grep -q "clock is off" "$tmp/clock.err"
check "a clock that is given is believed" 1 $?

# The same options in check and match, and from a target file: day first, a code page, times
# of a form of their own.
printf '03/04/26\t21:05:00\tMSExchangeMTA\tError\tX\t9221\tN/A\tL\tA sockets error 10054 on a WSARecvEx() call was detected. \357\360\r\n' >"$tmp/order.log"
printf 'x400 20260403-210500 queue runner 7 is waiting\n' >"$tmp/form.log"
cat >"$tmp/wait.sig" <<'SIG'
signature OWN-1
  title   "The queue runner waits"
  weight  conclusive
  trigger "-"
  advice  "-"
  line text "queue runner [0-9]+ is waiting"
SIG
target read "zone \"+02:00\" ; date-order dmy ; code-page \"CP1251\" ; time-format \"%Y%m%d-%H%M%S\""
when() { grep -o '"time":"*[0-9T:.Z-]*' "$tmp/when" | tail -n 1 | tr -d '"' | cut -d: -f2 | cut -d. -f1; }
for log in order form; do
	for verb in "match --json" "check --json captures/transfer-1988.pcap"; do
		# shellcheck disable=SC2086
		"$x" $verb --signatures "$tmp/wait.sig" --zone +02:00 --date-order dmy --code-page CP1251 \
			--time-format %Y%m%d-%H%M%S "$tmp/$log.log" >"$tmp/when" 2>/dev/null
		check "${verb%% *}: order, zone, page and format of $log.log" 1775243100 "$(when)"
	done
	"$x" check --json captures/transfer-1988.pcap --target "$tmp/read.target" \
		--signatures "$tmp/wait.sig" "$tmp/$log.log" >"$tmp/when" 2>/dev/null
	check "check: order, zone, page and format of $log.log from a target" 1775243100 "$(when)"
done
"$x" match --zone +1:00 "$tmp/clock.log" >/dev/null 2>&1
check "match: no zone" 2 $?
"$x" match --code-page CP-0 "$tmp/clock.log" >/dev/null 2>&1
check "match: no code page" 2 $?
sed 's/CP1251/CP-0/' "$tmp/zone.target" >"$tmp/page.target"
"$x" lint "$tmp/page.target" 2>&1 | grep -q "page.target:[0-9]*:[0-9]*: error: this is no code page"
check "lint: no code page, and where" 0 $?
"$x" match --clock soon "$tmp/clock.log" >/dev/null 2>&1
check "match: no time" 2 $?
"$x" match --clock -3607s "$tmp/clock.log" >/dev/null 2>&1
check "match: a clock that is fast" 0 $?
