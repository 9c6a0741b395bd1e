#!/bin/sh
# x400rig check: real captures, captures bent into what faults look like, logs.
#     sh tests/e2e/check.sh BUILD
set -u
. tests/lib/say.sh
build=${1:?build folder}
rig=$build/x400rig
tmp=$(mktemp -d) || exit 1
trap 'sh tests/lib/cases.sh "$tmp"; rm -rf "$tmp"' EXIT

bad() { echo "not ok $1: $2"; sed 's/^/# /' "$tmp/out" >&2; }

# wants NAME STATUS FILE [LOG ...]: checks; then each line of standard input must
# stand in the output, and one that begins with "!" must not.
wants() {
	name=$1 want=$2
	shift 2
	"$rig" check "$@" >"$tmp/out" 2>"$tmp/err"
	status=$?
	why=
	[ $status = "$want" ] || why="status $status: $(head -n 1 "$tmp/err")"
	while read -r line; do
		case $line in
		!*) ! grep -qF -- "${line#!}" "$tmp/out" || why="there is: ${line#!}" ;;
		*) grep -qF -- "$line" "$tmp/out" || why="not there: $line" ;;
		esac
	done
	if [ -z "$why" ]; then ok "check-$name"; else bad "check-$name" "$why"; fi
}

bent() { out=$1; shift; python3 tests/tools/bend.py "$tmp/$out.pcap" "$@"; }

mail=captures/transfer-1988.pcap

# --- as they are

for name in bind-refused transfer-1984 transfer-1988; do
	wants "$name" 0 "captures/$name.pcap" <<-'END'
		note        cotp.dr-open (X.224 Table A.6 note (2))
		clean: 1 connections
		!stall
	END
done
for name in ping-success ping-refused; do
	wants "$name" 0 "captures/$name.pcap" <<-'END'
		<-  note        tcp.rst-after-fin
		clean: 1 connections
	END
done
wants resumed 3 captures/checkpoints.pcapng <<-'END'
	exception: exception report: ED reason=5
	abort: AB tdisc=03:release+user
	C=ZZ;A= ;P=NORTH;L=east.7  2153 octets
	connection 1, frame 8: interrupted, checkpoints 1 sent, 1 confirmed
	connection 1, frame 20: confirmed, checkpoints 1 sent, 1 confirmed
END

# --- deviations

bent serial "$mail,replace=2a0131:2a0132"
wants deviation 1 "$tmp/serial.pcap" <<-'END'
	10 ->  fatal       observer.session-serial
	AE in STA713: serial number 2, due is 1
	1 fatal
END
bent middle "$mail,keep=14"
python3 - "$tmp/middle.pcap" <<'END'
import struct, sys
d = open(sys.argv[1], "rb").read()
at, n = 24, 0
while n < 7:
    at += 16 + struct.unpack_from("<I", d, at + 8)[0]
    n += 1
open(sys.argv[1], "wb").write(d[:24] + d[at:])
END
wants middle 0 "$tmp/middle.pcap" <<-'END'
	messages: 1, 0 of them not confirmed at once
	!observer.
END

# --- stalls, and whose

bent sender "$mail,shift=10:60"
wants stall-sender 3 "$tmp/sender.pcap" <<-'END'
	->  supporting  stall: 60.0 s of silence: the sender has the turn
	wire: stall; known faults that show so: Q
END
bent ending "$mail,shift=11:60"
wants stall-receiver 3 "$tmp/ending.pcap" <<-'END'
	<-  supporting  stall: 60.0 s of silence: the receiver does not confirm the activity end
END
bent closed "$mail,window=9:0,shift=10:60"
wants stall-window 3 "$tmp/closed.pcap" <<-'END'
	<-  supporting  stall: 60.0 s of silence: the receiver's TCP window is closed
END
bent unacked captures/checkpoints.pcapng,shift=13:60
wants stall-acknowledgement 3 "$tmp/unacked.pcap" <<-'END'
	<-  supporting  stall: 60.0 s of silence: TCP has not acknowledged 1098 octets
END
first=$("$rig" decode --json captures/defect-Q236586.pcapng.gz |
	sed -n 's/.*"frames":\[\([0-9]*\)\].*"pdu":"MIA".*/\1/p' | head -n 1)
bent unconfirmed "captures/defect-Q236586.pcapng.gz,shift=$first:60"
wants stall-checkpoints 3 "$tmp/unconfirmed.pcap" <<-'END'
	<-  supporting  stall: 60.0 s of silence: the receiver has not confirmed 1 checkpoint, the window is 1
END
bent short "$mail,shift=10:20"
wants no-stall 0 "$tmp/short.pcap" <<-'END'
	!stall
END
wants idle 3 --idle 10 "$tmp/short.pcap" <<-'END'
	stall: 20.0 s of silence
END

# --- refused, aborted, not there

wants recovery-refused 3 captures/defect-recovery-gap.pcapng.gz <<-'END'
	supporting  recovery-refused: the association is not taken up again [Q194031]
	info        refused: RF tdisc=01:release
	info        bind-refused: BIND-ERROR busy
END
wants abort-reason 3 captures/checkpoints.pcapng <<-'END'
	->  info        abort-reason: RTAB reason=temporary-problem
	!recovery-refused
END
bent hole "$mail,drop=10"
wants gap 3 "$tmp/hole.pcap" <<-'END'
	->  info        gap: 
	messages: 0, 0 of them not confirmed at once
	no deviation, but octets are missing: 1 connections
	!fatal       observer.
END

# --- lost, sent again, reused, tried again

bent lost "$mail,keep=11,rst=11"
wants lost 3 "$tmp/lost.pcap" <<-'END'
	<-  supporting  lost-in-activity: TCP reset in mid-activity of C=ZZ;A= ;P=NORTH;L=north.204
	<-  supporting  closed-without-release: TCP reset
	connection 1, frame 8: end not confirmed
	wire: tcp-close, tcp-reset; known faults that show so: Q
END
bent again "$mail,keep=11,rst=11" "$mail,later=100,port=1"
wants resent 3 "$tmp/again.pcap" <<-'END'
	resent-after-unconfirmed-end
	!duplicate
	!identifier-reused
END
bent twice "$mail" "$mail,later=100,port=1"
wants doubled 3 "$tmp/twice.pcap" <<-'END'
	supporting  duplicate: C=ZZ;A= ;P=NORTH;L=north.204
	was confirmed before [Q198958]
	!identifier-reused
END
bent reused "$mail" "$mail,later=100,port=1,replace=6e6f6f6e:64757374"
wants reused 3 "$tmp/reused.pcap" <<-'END'
	supporting  identifier-reused: C=ZZ;A= ;P=NORTH;L=north.204
	!duplicate
END
refused=captures/ping-refused.pcap
bent retries "$refused" "$refused,later=60,port=1" "$refused,later=120,port=2" \
	"$refused,later=180,port=3"
wants retries 3 "$tmp/retries.pcap" <<-'END'
	retries: 4 connections after another did not come to an association, 60.0 to 60.0 s apart
END

# --- what known faults look like, without a log

for fault in "Q240383 aborted-bind" "Q189754 window-raised" "Q164838 trace-domain" \
	"Q157015 tpkt.reserved"; do
	article=${fault% *}
	"$rig" check --idle 5 "captures/defect-$article.pcapng.gz" >"$tmp/out" 2>"$tmp/err"
	grep -q " ${fault#* }.*: .*\[$article\]" "$tmp/out" && ok "check-fits-$article" ||
		bad "check-fits-$article" "no remark \"${fault#* }\" that names it"
done

bent silent "$mail,keep=12,replace=0913110101:1913110101,shift=12:60"
wants aborted-idle 1 "$tmp/silent.pcap" <<-'END'
	->  supporting  aborted-idle: aborted after 60.0 s in which nothing was under way [Q140956]
END
bent connected "$mail,keep=6,rst=6"
wants closed-after-connect 3 "$tmp/connected.pcap" <<-'END'
	->  supporting  closed-after-connect: TCP reset by the caller when its transport connection had been confirmed [Q151626]
END
bent rerouted "$mail,replace=5a820100:5a820101"
wants rerouted-often 3 "$tmp/rerouted.pcap" <<-'END'
	->  supporting  rerouted-often: one domain has written "rerouted" 2 times into the trace [Q232586]
END
# relays write such traces every day: told, and no evidence
bent relayed "$mail,replace=13054e4f52544816126e:1305574553544816126e"
wants trace-domain 0 "$tmp/relayed.pcap" <<-'END'
	->  info        trace-domain: the first trace element is of another domain than the MTS identifier [Q164838]
END
bent turn "$mail,keep=12,replace=02002a032a0131:0205100101c100,shift=12:60"
wants turn-never-given 1 "$tmp/turn.pcap" <<-'END'
	->  supporting  turn-held: the turn was asked for and not given in 60.0 s [Q166594]
END
bent cut "$mail,replace=048202342880:048202ff2880"
wants checkpoint-cut 1 "$tmp/cut.pcap" <<-'END'
	->  info        checkpoint-cut: the data of a checkpoint end before their length says so [Q196852]
END

bent unsaid "captures/bind-refused.pcap,replace=80013f820100:80013f810103"
wants dialogue-absent 0 "$tmp/unsaid.pcap" <<-'END'
	->  info        dialogue-absent: the request that failed says no dialogue mode (monologue is meant) [Q140958]
END
wants dialogue-said 0 captures/bind-refused.pcap <<-'END'
	!dialogue-absent
END

# --- with logs

cat >"$tmp/ev0.log" <<'END'
message NMI4282: X.400 Service Event, severity 14
       (POP4 MAIN BASE(1) Proc 18) 03-05-26 07:15:00am
       An interoperability error occurred. Interface protocol 131 was violated. Error code = 8453

message NMI4283: Interface Event, severity 14
       (POP4 POP4 UP(5) Proc 228) 03-05-26 07:15:01am
       Bad LPIs in message
       Error code = 8464

message NMI4284: X.400 Service Event, severity 14
       (POP4 POP4 DOWN(4) Proc 179) 03-05-26 07:15:01am
       An error has occurred during connection/disconnection. Error code = 8511

message NMI4287: X.400 Service Event, severity 14
       (POP4 POP4 DOWN(4) Proc 18) 03-05-26 07:15:02am
       An internal MTA error occurred. Error code = 8650

END
wants logs 1 "$tmp/lost.pcap" "$tmp/ev0.log" <<-'END'
	signature Q152897, conclusive: 
	wire    tcp-close
	timeline of wire and log:
	event 4283 code 8464 (Q152897
	a known fault: 1 connections
END

# One order: the call, what is sent on it, what it comes to, and the log, whose clock is that
# of the capture.
"$rig" check --json "$tmp/lost.pcap" "$tmp/ev0.log" >"$tmp/out" 2>/dev/null
if python3 - "$tmp/out" <<'END'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
order = [o for o in lines if o["type"] in ("moment", "log")]
times = [o["time"] for o in order]
kinds = {o.get("kind", "log") for o in order}
assert times == sorted(times), "not by time"
assert kinds == {"tcp", "pdu", "ledger", "log"}, kinds
assert order.index(next(o for o in order if "SYN" in o.get("text", ""))) < \
    order.index(next(o for o in order if o.get("text", "").startswith("CR ")))
END
then ok check-timeline
else bad check-timeline "PDUs, TCP events and log are not in one order"
fi

# --- as a page

"$rig" check --html "$tmp/page.html" "$tmp/lost.pcap" "$tmp/ev0.log" >"$tmp/out" 2>&1
[ $? = 1 ] && ok check-page-status || bad check-page-status "not the status of the text form"
cat >"$tmp/page.py" <<'END'
import sys, xml.etree.ElementTree as tree
text = open(sys.argv[1], encoding="utf-8").read()
page = tree.fromstring(text.replace("<!DOCTYPE html>", "", 1).split("<script>")[0] + "</body></html>")
words = "".join(page.itertext())
for word in sys.argv[2:]:
    assert word in words, word
ids = [e.get("id") for e in page.iter() if e.get("id")]
assert len(ids) == len(set(ids)), "an id twice"
rungs = [e for e in page.iter("{http://www.w3.org/2000/svg}a")]
assert len(rungs) > 5 and all(e.get("href")[1:] in ids for e in rungs), len(rungs)
END
shows() {	# name, words
	name=$1
	shift
	if python3 "$tmp/page.py" "$tmp/page.html" "$@" 2>"$tmp/out"; then ok "$name"
	else bad "$name" "$(tail -n 1 "$tmp/out")"; fi
}
shows check-page "a known fault" "Q152897" "lost-in-activity" "TCP RST" "C=ZZ;A= ;P=NORTH;L=north.204" \
	"session CN CP AARQ RTORQ BIND-ARGUMENT" "5 octets, not shown"
"$rig" check --html "$tmp/page.html" "$tmp/closed.pcap" >/dev/null
shows check-page-window "TCP zero window" "the receiver's TCP window is closed"
"$rig" check --html "$tmp/page.html" captures/checkpoints.pcapng >/dev/null 2>&1
shows check-page-plots "Octets over time" "confirmed by checkpoints"
# The same conversation with eleven callers: more than a ladder has lanes for.
python3 - "$tmp/many.pcap" <<'END'
import struct, sys
data = open("captures/transfer-1988.pcap", "rb").read()
out, frames, at = data[:24], [], 24
while at < len(data):
    head = data[at:at + 16]
    n = struct.unpack("<I", head[8:12])[0]
    frames.append((head, data[at + 16:at + 16 + n]))
    at += 16 + n
def sum16(b):
    b += b"\0" * (len(b) % 2)
    s = sum(struct.unpack(">%dH" % (len(b) // 2), b))
    while s >> 16:
        s = (s & 0xffff) + (s >> 16)
    return ~s & 0xffff
caller = frames[0][1][26:30]
for k in range(11):
    new = bytes([192, 0, 2, 10 + k])
    for head, f in frames:
        ip, tcp = bytearray(f[14:34]), bytearray(f[34:14 + struct.unpack(">H", f[16:18])[0]])
        for i in (12, 16):
            if ip[i:i + 4] == caller:
                ip[i:i + 4] = new
        ip[10:12] = tcp[16:18] = b"\0\0"
        ip[10:12] = struct.pack(">H", sum16(bytes(ip)))
        tcp[16:18] = struct.pack(">H", sum16(bytes(ip[12:20]) + b"\0\6" + struct.pack(">H", len(tcp)) + bytes(tcp)))
        out += head + f[:14] + bytes(ip) + bytes(tcp)
open(sys.argv[1], "wb").write(out)
END
"$rig" check --html "$tmp/page.html" "$tmp/many.pcap" >/dev/null 2>&1
shows check-page-lanes "A ladder has room for 9 addresses: connections of others with it are in the next one." \
	"192.0.2.10" "192.0.2.20"
[ "$(grep -o '<h3>Around ' "$tmp/page.html" | wc -l)" = 2 ] && ok check-page-two-ladders ||
	bad check-page-two-ladders "not two ladders"
"$rig" check --html "$tmp/none/page.html" "$tmp/closed.pcap" >"$tmp/out" 2>&1
[ $? = 4 ] && ok check-page-no-folder || bad check-page-no-folder "not status 4"

# --- JSON, and what is wrong with the call

"$rig" check --json "$tmp/lost.pcap" "$tmp/ev0.log" >"$tmp/out" 2>"$tmp/err"
if python3 - "$tmp/out" <<'END'
import json, sys
kinds = [json.loads(line)["type"] for line in open(sys.argv[1])]
assert kinds[-1] == "verdict" and {"remark", "message", "signature", "log"} <= set(kinds)
END
then ok check-json; else bad check-json "a line is missing or no JSON"; fi

"$rig" check >"$tmp/out" 2>&1
[ $? = 2 ] && ok check-usage || bad check-usage "no capture, and no status 2"
"$rig" check "$tmp/none.pcap" >"$tmp/out" 2>&1
[ $? = 2 ] && ok check-no-file || bad check-no-file "no such file, and no status 2"
"$rig" check --help | grep -q 'Exit status' && ok check-help || bad check-help "no help"
