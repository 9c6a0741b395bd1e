#!/bin/sh
# What is said of replays beside their outcome: whom they are sent to, what was changed,
# when and in which order it is sent, what becomes of captures that are not whole.
set -u
. tests/lib/say.sh
x=$1/x400rig
tmp=$(mktemp -d)
trap 'sh tests/lib/cases.sh "$tmp"; rm -rf "$tmp"' EXIT

replay() {	# capture, folder, options
	from=$1 to=$tmp/$2
	shift 2
	timeout 60 "$x" replay "$from" --virtual --seed 7 --quiet --unlimited --out "$to" "$@" \
		>"$to.out" 2>&1
	status=$?
}

# --- each recording of the lab MTA, by its initiators alone ---------------------------

for capture in captures/lab-*.pcapng.gz; do
	name=$(basename "$capture" .pcapng.gz)
	replay "$capture" "$name" --mta LAB
	check "$name as initiator: outcome of the original, every answer" "0 all" "$status $(
		awk '/answers:/ { n++; if (!/ 0 differs, 0 missing, 0 extra/) bad++ }
		END { print n && !bad ? "all" : bad + 0 " of " n + 0 " are not" }' "$tmp/$name.out")"
done

# --- what the MTA hands back was handed in by another -----------------------------------

cat >"$tmp/back.scn" <<'SCENARIO'
scenario x/back
  limit 30s
  down: listen
  x410: associate
  expect x410 bound within 5s
  x410: transfer 1 message size 4KiB to down
  expect accepted within 5s
  up:   associate
  expect up bound within 5s
  up:   transfer 1 message size 4KiB to x410
  expect x410 delivered exactly-once within 10s
SCENARIO
"$x" run --virtual --seed 7 --quiet --out "$tmp/back" "$tmp/back.scn" >/dev/null 2>&1
replay "$tmp/back/x/back.pcapng" handed --mta LAB
check "who hands in is played with who is handed it, each under its name" \
	"0 1 case RIGUP RIGX410 0 differs, 0 missing, 0 extra" "$status $(
	grep -o '^1 case' "$tmp/handed.out") $("$x" decode "$tmp"/handed/replay/*.pcapng |
	sed -n 's/.*BIND-ARGUMENT name="\(RIG[UX][^"]*\)".*/\1/p' | sort | xargs) $(
	sed -n "s/.*expected, \(.*\)/\1/p" "$tmp/handed.out")"

# --- a password that cannot be told apart is not sent -----------------------------------

cat >"$tmp/pieces.scn" <<'SCENARIO'
scenario x/pieces
  limit 30s
  up.a: connect
  up.a: send cotp CR
  expect up.a cotp CC within 5s
  up.a: send session CN user=(presentation CP user=(acse AARQ user=(rtse RTORQ open=(ber 0xb0 (ber 0xa1
      (ber 0x80 "RIGUP" with ber 0xa1 (ber 0x36 (ber 0x04 "up-sec" with ber 0x04 "ret"))))))))
  expect up.a session AC then acse AARE result=0 within 5s
SCENARIO
"$x" run --virtual --seed 7 --quiet --out "$tmp/pieces" "$tmp/pieces.scn" >/dev/null 2>&1
replay "$tmp/pieces/x/pieces.pcapng" pieced
check "a password in pieces is not sent, and it is said where" "3 1" \
	"$status $(grep -c 'frame 6: names and password of this bind cannot be told apart' "$tmp/pieced.out")"
replay "$tmp/pieces/x/pieces.pcapng" pieced-as-it-is --captured-names
check "a password in pieces is sent if that is said" 0 "$status"
sed 's/(ber 0x36 .*/(ber 0xa1 (ber 0x04 "hash of a secret"))))))))/; s,x/pieces,x/hashed,; s/ then acse.*//' \
	"$tmp/pieces.scn" >"$tmp/hashed.scn"
"$x" run --virtual --seed 7 --quiet --out "$tmp/hashed" "$tmp/hashed.scn" >"$tmp/hashed.txt" 2>&1
replay "$tmp/hashed/x/hashed.pcapng" hashed-replayed
check "nor is what was made of a password" "3 1" \
	"$status $(grep -c 'frame 6: names and password of this bind cannot be told apart' "$tmp/hashed-replayed.out")"

# --- a link that stalls for good, and what comes behind it -------------------------------

timeout 20 "$x" replay captures/lab-teardown-as-receiver-mid-dt-fin.pcapng.gz --as responder --virtual --seed 7 --quiet --unlimited \
	--cut "stall at dt 1" --out "$tmp/stalled" >/dev/null 2>&1
check "our own end behind a stall: time goes on" 1 $?
timeout 20 "$x" replay captures/defect-Q196852.pcapng.gz --as responder --together --virtual --seed 7 --quiet \
	--unlimited --cut "stall at minor-sync 1" --link "delay=300ms jitter=50ms" --out "$tmp/stalled2" >/dev/null 2>&1
check "an end that was on its way behind a stall: time goes on" 1 $?

# --- captures of an independent MTA, to a lab MTA of its names --------------------------

names() {	# file, its name and password, a side's and ours
	sed -e "s/^  pixit its-name.*/  pixit its-name $2/" \
		-e "s/our-name \"$3\" *our-password \"[^\"]*\"/our-name $4/" \
		rig/targets/lab.target >"$tmp/$1.target"
}
one='"PP-MTA"' two='"PP2-MTA"'
names caller "$two its-password \"pp2pass\"" RIGUP "$one our-password \"pppass\""
names called "$one its-password \"pppass\"" RIGDOWN "$two our-password \"pp2pass\""
names old "$one its-password \"pppass\"" RIGOLD "$two our-password \"pp2pass\""
bind() {	# folder: who calls whom, and with what end, as far as it was captured
	"$x" decode "$tmp/$1"/replay/*.pcapng 2>/dev/null |
		sed -n 's/.*BIND-[AR][A-Z]* name="\(PP[^"]*\)".*/\1/p; s/.*\(BIND-ERROR.*\)/\1/p' | tail -2 | xargs
}
for capture in ../shared/captures/mta-*.pcap; do
	name=$(basename "$capture" .pcap)
	case $name in
	'mta-*') echo "skip captures of an independent MTA, by its names: ../shared is absent"; continue ;;
	*refused) end="BIND-ERROR authentication-error" side="down -t $tmp/called.target" ;;
	*1984) end="PP2-MTA" side="old -t $tmp/old.target" ;;
	*) end="PP2-MTA" side="down -t $tmp/called.target" ;;
	esac
	replay "$capture" "$name-calls" --captured-names -t "$tmp/caller.target"
	check "$name as initiator, by its names" "0 PP-MTA $end" "$status $(bind "$name-calls")"
	# shellcheck disable=SC2086
	replay "$capture" "$name-called" --captured-names --as responder --side $side
	check "$name as responder, by its names" "0 PP-MTA $end" "$status $(bind "$name-called")"
done

# --- what was changed, and what was not -------------------------------------------------

replay captures/transfer-1988.pcap plain
changed="changed: 2 references, 1 names, 1 passwords, 2 presentation contexts, 2 serial numbers"
check "what was changed: in the run folder and on its page" "1 1" \
	"$(grep -c "^$changed" "$tmp/plain/replay/transfer-1988.diff.txt") $(
	grep -c "$changed" "$tmp/plain/report.html")"
same=$(python3 - captures/transfer-1988.pcap "$tmp/plain/replay/transfer-1988.pcapng" <<'PY'
import sys
was, now = (open(p, "rb").read() for p in sys.argv[1:])
at = was.index(b"north.204")		# within the envelope: an indefinite length before it
content = was[was.rindex(b"\xa0\x80", 0, at):was.index(b"sluice") + 6 if b"sluice" in was else at + 400]
print(len(content) > 20 and content in now)
PY
)
check "what was not changed: envelope and content, to the octet" True "$same"

# Selectors, and another session version than today's.
cat >"$tmp/then.scn" <<'SCENARIO'
scenario x/then
  limit 30s
  up.a: connect
  up.a: send cotp CR called="OLDT"
  expect up.a cotp CC within 5s
  up.a: send session CN version=1 called-ssel="OLDS" user=(presentation CP called="OLDP" user=(acse AARQ user=(rtse RTORQ)))
  expect up.a session AC then acse AARE result=0 within 5s
  up.a: send session AS
  up.a: send p1 MESSAGE to=$to-unreached user=hex:01
  up.a: send session AE
  expect up.a session AEA within 5s
  up.a: send session FN user=(presentation User-data user=(acse RLRQ))
  expect up.a session DN within 5s
  up.a: cut fin
SCENARIO
"$x" run --virtual --seed 7 --quiet --out "$tmp/then" "$tmp/then.scn" >/dev/null 2>&1
then=$tmp/then/x/then.pcapng
sed 's/^  pixit address lab/&\n  pixit called-tsel "LABT" called-ssel "LABS" called-psel "LABP"/' \
	rig/targets/lab.target >"$tmp/selectors.target"
selectors() {	# folder: T, S and P
	"$x" decode "$tmp/$1"/replay/*.pcapng | sed -n 's/.*\(cotp *CR\|session *CN\|  CP\) .*\(called\|called-ssel\)=\([^ ]*\).*/\3/p' |
		xargs
}
replay "$then" names -t "$tmp/selectors.target"
check "selectors are the target's" "0 LABT 4c414253 LABP" "$status $(selectors names)"
replay "$then" kept
check "selectors of the capture, if the target has none" "0 OLDT 4f4c4453 OLDP" \
	"$status $(selectors kept)"
replay "$then" told -t "$tmp/selectors.target" --captured-names
check "selectors of the capture, with --captured-names" "OLDT 4f4c4453 OLDP" "$(selectors told)"
for capture in transfer-1988 ping-success; do
	replay captures/$capture.pcap "$capture-more" -t "$tmp/selectors.target"
	check "selectors that $capture does not have, and the target has" "0 LABT 4c414253 LABP" \
		"$status $(selectors $capture-more)"
done
replay captures/transfer-1984.pcap x410-more -t "$tmp/selectors.target"
check "in X.410 mode there is no P-selector" "0 LABT 4c414253" "$status $(selectors x410-more)"
# Ours, where we are called: T and S of CC and AC, P of CPA; and where we call, as the caller.
sed '/^  pixit side \(up\|down\)/s/our-name/our-tsel "OURT" our-ssel "OURS" our-psel "OURP" &/' \
	rig/targets/lab.target >"$tmp/ours.target"
cat >"$tmp/named.scn" <<'SCENARIO'
scenario x/named
  limit 30s
  up.a: connect
  up.a: send cotp CR called="OLDT" calling="OLDF"
  expect up.a cotp CC within 5s
  up.a: send session CN called-ssel="OLDS" calling-ssel="OLDG" user=(presentation CP called="OLDP" calling="OLDQ" user=(acse AARQ user=(rtse RTORQ)))
  expect up.a session AC then acse AARE result=0 within 5s
  up.a: send session AS
  up.a: send p1 MESSAGE to=$to-down user=hex:01
  up.a: send session AE
  expect up.a session AEA within 5s
  down.b: listen detached
  expect down.b cotp CR as cr within 5s
  down.b: send cotp CC dst=$cr.src called="OLDT"
  expect down.b session CN within 5s
  down.b: send session AC called-ssel="OLDS" user=(presentation CPA responding="OLDP" user=(acse AARE user=(rtse RTOAC)))
  expect down.b session AE as ae within 5s
  down.b: send session AEA serial=$ae.serial
  wait 100ms
SCENARIO
"$x" run --virtual --seed 7 --quiet --out "$tmp/named" "$tmp/named.scn" >/dev/null 2>&1
named=$tmp/named/x/named.pcapng
own() {	# folder, direction: selectors of who speaks
	"$x" decode "$tmp/$1"/replay/*.pcapng | awk -v to="$2" '$4 ~ /^(->|<-)$/ { d = $4 } d == to' |
		grep -o '\(calling\|called-ssel\|calling-ssel\|responding\|called\)=[^ ]*' | xargs
}
replay "$named" caller --mta LAB -t "$tmp/ours.target"
check "selectors of ours as caller are the target's" \
	"0 calling=OURT called=OLDT calling-ssel=4f555253 called-ssel=4f4c4453 calling=OURP called=OLDP" \
	"$status $(own caller '->')"
for capture in transfer-1988 ping-success; do
	replay captures/$capture.pcap "$capture-ours" -t "$tmp/ours.target"
	check "selectors of ours that $capture does not have, and the target has" \
		"0 calling=OURT calling-ssel=4f555253 calling=OURP" \
		"$status $(own $capture-ours '->' | grep -o 'calling[^ ]*' | xargs)"
done
replay captures/transfer-1984.pcap ours-x410 -t "$tmp/ours.target"
check "selectors of ours in X.410 mode" "0 calling=OURT calling-ssel=4f555253" \
	"$status $(own ours-x410 '->' | grep -o 'calling[^ ]*' | xargs)"
cat "$tmp/ours.target" >"$tmp/all.target"
sed -i 's/^  pixit address lab/&\n  pixit called-tsel "LABT" called-ssel "LABS" called-psel "LABP"/' "$tmp/all.target"
for n in 6-transfer-1988 6-ping-success 4-transfer-1984; do
	capture=${n#*-}
	replay captures/$capture.pcap "$capture-all" -t "$tmp/all.target"
	"$x" replay captures/$capture.pcap -t "$tmp/all.target" \
		--save "$tmp/then/$capture.scn" --out "$tmp/then/$capture" >/dev/null 2>&1
	"$x" replay "$tmp/$capture-all"/replay/*.pcapng -t "$tmp/all.target" \
		--save "$tmp/now/$capture.scn" --out "$tmp/now/$capture" >/dev/null 2>&1
	check "selectors that $capture does not have: fixed point" "${n%%-*} same" "$(
		grep -o 'our-[tsp]sel\|its-[tsp]sel' "$tmp/then/$capture.scn" | sort -u | wc -l) $(
		cmp -s "$tmp/then/$capture.scn" "$tmp/now/$capture.scn" && echo same)"
done
replay "$named" called --as responder --mta LAB -t "$tmp/ours.target"
check "selectors of ours where we are called are the target's, and it is said" \
	"0 called=OURT called-ssel=4f555253 responding=OURP 3 selectors" "$status $(own called '<-') $(
	sed -n 's/.*, \(3 selectors\),.*/\1/p' "$tmp/called/replay/named.diff.txt")"
replay "$named" called-kept --as responder --mta LAB
check "selectors of the capture where we are called, if the target has none" \
	"0 called=OLDT called-ssel=4f4c4453 responding=OLDP" "$status $(own called-kept '<-')"
replay "$then" version --as responder
check "a session version as proposed now: answered, and said" "0 version=2 1 versions" \
	"$status $("$x" decode "$tmp/version"/replay/*.pcapng | sed -n 's/.* 2 <- *session *AC .*\(version=[^ ]*\).*/\1/p') $(
	sed -n 's/.*, \(1 versions\),.*/\1/p' "$tmp/version/replay/then.diff.txt")"
replay captures/transfer-1984.pcap fields
check "fields of X.410 mode, too, are compared one by one" 0 \
	"$(sed -n 's/.*expected, \([0-9]*\) differs.*/\1/p' "$tmp/fields.out")"

# An MTA that only dials in, and proposes what the captured one did not: TPDUs of 128 octets,
# tokens as we like, no references, other sizes.  Nobody calls it first.
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
sed -e 's/^  pixit address lab/  pixit address 127.0.0.1:9/' -e '/^  logs/d' -e '/^  pics restart/d' \
	-e "/^  pixit side down/s/listen 127.0.0.1:0/listen 127.0.0.1:$port/" rig/targets/lab.target \
	>"$tmp/dials.target"
sed -e "s/^  pixit address lab/  pixit address 127.0.0.1:$port/" -e '/^  logs/d' -e '/^  pics restart/d' \
	rig/targets/lab.target >"$tmp/us.target"
cat >"$tmp/dials.scn" <<'SCENARIO'
scenario x/dials
  limit 30s
  up.a: connect
  up.a: send cotp CR size=128
  expect up.a cotp CC size=128 within 5s
  up.a: send session CN tokens=0x2a user=(presentation CP user=(acse AARQ user=(rtse RTORQ checkpoint=1 window=2)))
  expect up.a session AC tokens=0 then acse AARE result=0 then rtse RTOAC checkpoint=1 within 5s
  up.a: send session AS
  up.a: send p1 MESSAGE to="C=XX;A=TEST;P=DOWN;S=Tester" user=hex:01
  up.a: send session AE
  expect up.a session AEA within 5s
  up.a: send session FN user=(presentation User-data user=(acse RLRQ))
  expect up.a session DN within 5s
  up.a: cut fin
SCENARIO
timeout 20 "$x" replay captures/transfer-1988.pcap --as responder -t "$tmp/dials.target" --quiet \
	--out "$tmp/dials" >"$tmp/dials.out" 2>&1 &
waited=0
until grep -q ":$(printf %04X "$port") .* 0A " /proc/net/tcp || [ $((waited += 1)) -gt 100 ]; do
	sleep 0.1
done
"$x" run --quiet --unasked -t "$tmp/us.target" --out "$tmp/us" "$tmp/dials.scn" >"$tmp/us.out" 2>&1
status=$?
wait
check "an MTA that only dials in, and proposes otherwise" "0 1 0 missing" "$status $(
	grep -c '^pass' "$tmp/dials.out") $(sed -n 's/.*, \([0-9]* missing\).*/\1/p' "$tmp/dials.out")"
check "an answer repeats no reference that was not proposed" "0" "$("$x" decode "$tmp/us"/x/*.pcapng |
	grep 'session *AC' | grep -c 'ref=')"

# The MTA calls, and is cut off before it has said its name.
cat >"$tmp/early.scn" <<'SCENARIO'
scenario x/early
  limit 30s
  down.b: listen detached
  up.a: associate
  expect up.a bound within 5s
  up.a: transfer 1 message size 1KiB to down
  expect down.b cotp CR within 5s
  down.b: cut rst
  wait 100ms
SCENARIO
"$x" run --virtual --seed 7 --quiet --out "$tmp/early" "$tmp/early.scn" >/dev/null 2>&1
python3 - "$tmp/early/x/early.pcapng" "$tmp/hosts.pcapng" <<'PY'
import struct, sys
was, now, at, mta = bytearray(open(sys.argv[1], "rb").read()), sys.argv[2], 0, 2
hosts = {}	# a host for each port of a caller; whom the MTA calls is the second one
while at < len(was):
    kind, length = struct.unpack_from("<II", was, at)
    if kind == 6:
        ip = at + 28
        ports = struct.unpack_from(">HH", was, ip + 20)
        caller = ports[0] if ports[1] == 102 else ports[1]
        hosts.setdefault(caller, (2, 1) if not hosts else (1, 3))
        ends = hosts[caller] if ports[1] == 102 else hosts[caller][::-1]
        was[ip + 15], was[ip + 19] = ends
    at += length
open(now, "wb").write(was)
PY
whom() { "$x" replay "$1" --as both --dry-run --quiet --together | grep -o 'c[0-9]: \(listen\|connect\)' | xargs; }
check "who called before any bind: told by the hosts of others" \
	"c1: connect c2: connect c3: connect; c2: listen c3: listen c1: connect" \
	"$(whom "$tmp/early/x/early.pcapng"); $(whom "$tmp/hosts.pcapng")"

# A scenario that was saved can be changed by hand.
"$x" replay captures/transfer-1988.pcap --save "$tmp/case.scn" --quiet 2>/dev/null
sed -i 's/^  up\.c1: send exactly session GT with session AS/  wait 3s\n&/' "$tmp/case.scn"
check "a saved scenario, with a pause of ours" "0 1" "$("$x" run --virtual --quiet \
	--out "$tmp/case" "$tmp/case.scn" >"$tmp/out" 2>&1; echo $?) $(grep -c '^pass .* 3\.0. s' "$tmp/out")"

# --- when, and in which order -------------------------------------------------------------

last() {	# folder: when the last octets came, in ms
	"$x" decode "$tmp/$1"/replay/*.pcapng | awk '/ (->|<-) / { t = $1 } END { printf "%d", t * 1000 }'
}
for timing in captured 2 0.5; do
	replay captures/transfer-1988.pcap "timing-$timing" --timing "$timing"
done
check "timing: as captured, twice, half, as fast as answers come" "54 109 27 0" \
	"$(last timing-captured) $(last timing-2) $(last timing-0.5) $(last plain)"

cat >"$tmp/class.py" <<'PY'
import os, subprocess, sys, time
x, folder = sys.argv[1:]
try:
    os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
except PermissionError:
    sys.exit("not permitted")
def below(pid):
    children = open("/proc/%d/task/%d/children" % (pid, pid)).read().split()
    return [int(c) for c in children] + [g for c in children for g in below(int(c))]
def prompt(pid):
    return os.sched_getscheduler(pid) & ~os.SCHED_RESET_ON_FORK == os.SCHED_RR
def seen(timing):	# of the processes of a replay: how many are ever of the real-time class
    p = subprocess.Popen([x, "replay", "captures/transfer-1988.pcap", "--quiet", "--timing", timing,
                          "--out", "%s/class-%s" % (folder, timing)], stdout=subprocess.DEVNULL)
    found = set()
    while p.poll() is None:
        for pid in below(os.getpid()):
            try:
                found |= {pid} if prompt(pid) else set()
            except OSError:
                pass
        time.sleep(0.02)
    return len(found)
print(seen("10"), seen("fast"))
PY
class=$(python3 "$tmp/class.py" "$x" "$tmp" 2>&1)
case $class in
"not permitted") echo "skip timing as captured: of the real-time class: not permitted" ;;
*) check "timing as captured: the process that waits, and it alone, is of the real-time class" \
	"1 0" "$class" ;;
esac
replay captures/checkpoints.pcapng patience --patience 300
check "no answer is waited for longer than --patience" "1 1" \
	"$status $(grep -c '^fail .* 0\.3. s' "$tmp/patience.out")"

cat >"$tmp/woven.scn" <<'SCENARIO'
scenario x/woven
  limit 60s
  up.a: associate
  expect up.a bound within 5s
  wait 40ms
  up.b: associate
  expect up.b bound within 5s
  repeat 2 {
    wait 40ms
    up.b: transfer 1 message size 2KiB to unreached
    up.b: wait until accepted 1 within 5s
    wait 40ms
    up.a: transfer 1 message size 2KiB to unreached
    up.a: wait until accepted 1 within 5s
  }
  wait 40ms
  up.b: release
  expect up.b released within 5s
  wait 40ms
  up.a: release
  expect up.a released within 5s
SCENARIO
"$x" run --virtual --seed 7 --quiet --out "$tmp/woven" "$tmp/woven.scn" >/dev/null 2>&1
woven=$tmp/woven/x/woven.pcapng
order() {	# capture, arrow: what is said on which connection, in order
	"$x" decode "$1" | awk -v which="$2" '/ session +[A-Z]/ && $4 ~ which { printf "%s%s ", $3, $6 }'
}
replay "$woven" fast --together
check "two at once: ours in the order of the capture" "0 $(order "$woven" '->')" \
	"$status $(order "$tmp/fast/replay/woven.pcapng" '->')"
replay "$woven" slow --together --timing captured
check "two at once, timing captured: all in the order of the capture" "0 $(order "$woven" .)" \
	"$status $(order "$tmp/slow/replay/woven.pcapng" .)"
opened() { "$x" decode "$1" | sed -n 's/^connection 2: .* [0-9:]*\(\.[0-9][0-9]\).*/\1/p'; }
check "two at once, timing captured: opened when they were" "$(opened "$woven")" \
	"$(opened "$tmp/slow/replay/woven.pcapng")"
frame=$("$x" decode "$woven" | awk '$3 == 2 && $5 == "session" && $6 == "AS" && !n++ { print $2 + 0 }')
replay "$woven" broken --together --cut "rst at frame $frame"
check "cut at a frame of one of two: the other goes on" "1 0 1" "$(
	"$x" decode "$tmp/broken"/replay/*.pcapng | grep -c ' 2 -> *tcp *RST') $(
	"$x" decode "$tmp/broken"/replay/*.pcapng | grep -c ' 2 <- *session *DN') $(
	"$x" decode "$tmp/broken"/replay/*.pcapng | grep -c ' 1 <- *session *DN')"
replay "$woven" second -c 2
check "--conversations: one of them" "0 $(order "$woven" . | tr ' ' '\n' | sed -n 's/^2/1/p' | xargs)" \
	"$status $(order "$tmp/second/replay/woven.pcapng" . | xargs)"

# --- captures that are not whole -----------------------------------------------------------

without() {	# first, last: that are not there
	python3 - captures/transfer-1988.pcap "$tmp/part.pcap" "$@" <<'PY'
import struct, sys
was, first, last = open(sys.argv[1], "rb").read(), int(sys.argv[3]), int(sys.argv[4])
now, at, frame = was[:24], 24, 0
while at < len(was):
    end = at + 16 + struct.unpack_from("<I", was, at + 8)[0]
    frame += 1
    if not first <= frame <= last:
        now += was[at:end]
    at = end
open(sys.argv[2], "wb").write(now)
PY
}
told() { grep -c "connection 1 cannot be replayed: $1" "$tmp/$2.out"; }
for last in 5 6 8; do
	without 1 $last
	replay "$tmp/part.pcap" "middle-$last"
	check "a capture from the middle, without frames 1 to $last: says so by frame" "3 1" \
		"$status $(told "frame [0-9]*: the conversation began before the capture did" middle-$last)"
done
without 1 3
replay "$tmp/part.pcap" opening
check "a capture without the opening of TCP" 0 $status
without 10 10
replay "$tmp/part.pcap" ours
check "a frame of ours is missing: says so by frame" "3 1" \
	"$status $(told "[0-9]* octets are missing between frames 8 and 11" ours)"
for frame in 7 13; do
	without $frame $frame
	replay "$tmp/part.pcap" "theirs-$frame"
	check "frame $frame of the other side is missing: bridged" "0 0" \
		"$status $(sed -n 's/.*, \([0-9]*\) missing.*/\1/p' "$tmp/theirs-$frame.out")"
done

# --- two versions of an MTA, and nobody else's ----------------------------------------------

replay captures/bind-refused.pcap well --wrong-password
replay captures/bind-refused.pcap ill --wrong-password --defect Q240383
"$x" diff "$tmp/well" "$tmp/ill" >"$tmp/out"
check "two versions of an MTA: which answers differ" "1 1 1" \
	"$? $(grep -c '^missing.*session RF' "$tmp/out") $(grep -c '^extra.*session AB' "$tmp/out")"

cat >"$tmp/listen.py" <<'PY'
import re, socket, subprocess, sys
x, folder = sys.argv[1:]
heard = socket.create_server(("127.0.0.1", 0))
heard.settimeout(0.05)
target = re.sub("pixit address .*", "pixit address 127.0.0.1:%d" % heard.getsockname()[1],
                open("rig/targets/lab.target").read())
open(folder + "/live.target", "w").write(target)
told = subprocess.run([x, "replay", "captures/transfer-1988.pcap", "--dry-run", "-t",
                       folder + "/live.target"], capture_output=True, text=True)
try:
    heard.accept()
    called = True
except TimeoutError:
    called = False
print(told.returncode, "send exactly session CN" in told.stdout, called)
PY
check "--dry-run shows what would be sent, and calls nobody" "0 True False" \
	"$(python3 "$tmp/listen.py" "$x" "$tmp")"
