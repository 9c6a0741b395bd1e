#!/bin/sh
# x400rig link: a proxy between `send` and `peer`.
#     sh tests/e2e/link.sh BUILD
set -u
. tests/lib/say.sh
build=${1:?build folder}
rig=$build/x400rig
tmp=$(mktemp -d) || exit 1
peer= link= patience=30
trap '[ -z "$peer$link" ] || kill $peer $link 2>/dev/null; sh tests/lib/cases.sh "$tmp"; rm -rf "$tmp"' EXIT

# One message of 100,000 octets through a link with these words.
through() {
	rm -f "$tmp"/*.pcapng "$tmp/peer" "$tmp/link"
	: >"$tmp/peer"
	: >"$tmp/link"
	"$rig" peer --listen 127.0.0.1:0 --capture "$tmp/peer.pcapng" >"$tmp/peer" 2>&1 &
	peer=$!
	"$rig" link 127.0.0.1:0 "$(address_in "$tmp/peer")" --trace \
		--capture "$tmp/link.pcapng" "$@" >"$tmp/link" 2>"$tmp/link.err" &
	link=$!
	timeout $patience "$rig" send "$(address_in "$tmp/link")" --size 100000 \
		>"$tmp/send" 2>&1
	sleep 0.1
	kill $link && wait $link
	kill $peer && wait $peer
	peer= link=
}

through
if grep -q '^1 of 1' "$tmp/send" && grep -q 'MESSAGE' "$tmp/link" &&
	"$rig" decode "$tmp/link.pcapng" 2>/dev/null | grep -q 'MESSAGE'; then
	ok link-transparent
else
	bad link-transparent "$(cat "$tmp/send" "$tmp/link.err")"
fi

through rate=2Mbit/s delay=10ms jitter=2ms:normal loss=2% seed=3
grep -q '^1 of 1' "$tmp/send" && ok link-line || bad link-line "$(cat "$tmp/send")"

# WORD, last SPDU the responder got, what ended it
at_point() {
	through "$1"
	last=$("$rig" decode "$tmp/peer.pcapng" | grep ' session .* [A-Z]\|  session ' |
		grep -v ' GT$\| MIA\| PT$\| AC \| AEA' | tail -n 1 | sed 's/.* session  *\([A-Z]*\).*/\1/')
	if [ "$last" = "$2" ] && grep -q "link  *cut-done $3 .*responder" "$tmp/link" &&
		! grep -q late= "$tmp/link"; then
		ok "link-$1"
	else
		bad "link-$1" "last SPDU at the responder: $last, wanted $2; $(grep link "$tmp/link" | tail -n 3)"
	fi
}
at_point cut=rst@after:cn CN rst
at_point cut=fin@after:activity-start AS fin
at_point cut=rst@before:minor-sync:3 DT rst
at_point cut=rst@after:minor-sync:3 MIP rst
at_point cut=fin@before:activity-end DT fin
at_point cut=rst@after:activity-end AE rst
at_point cut=half-close@after:activity-end AE half-close

# The initiator must not get the acknowledgement that it waits for.
through cut=rst@before:activity-end-ack
if grep -q '^0 of 1' "$tmp/send" && grep -q 'link  *point before activity-end-ack' "$tmp/link"; then
	ok link-before-the-ack
else
	bad link-before-the-ack "$(cat "$tmp/send")"
fi

# Of one side only: the other one hears nothing, neither FIN nor RST.
one_side() {	# WHO, the other one
	through cut=rst@after:minor-sync:1 side="$1"
	if grep -q "cut-done rst .* $1\$" "$tmp/link" && grep -q "silence-on .* $2\$" "$tmp/link" &&
		! grep -q "cut-done .* $2\$" "$tmp/link"; then
		ok "link-cut-of-$1"
	else
		bad "link-cut-of-$1" "$(grep link "$tmp/link")"
	fi
}
one_side initiator responder
patience=1
one_side responder initiator
patience=30

# A stall behind a PDU: for so long no octet behind it leaves, then all goes on.
seconds() {	# event, which
	awk -v e="$1" '$4 == "link" && $5 == e || $3 == "link" && $4 == e { print $1; exit }' "$tmp/link"
}
stalled() {	# POINT, direction that the PDU travels, longest wait of the sender
	through "at=$1:stall:700ms"
	on=$(seconds stall-on) off=$(seconds stall-off)
	# The octets that had passed when it began are those that had when it ended.
	passed=$(sed -n "s/.* $2 .* stall-o[nf]* *octet=\([0-9]*\) .*/\1/p" "$tmp/link" | sort -u | wc -l)
	if grep -q '^1 of 1' "$tmp/send" && [ "$passed" = 1 ] && grep -q "link *point ${1%%:*}" "$tmp/link" &&
		grep -q 'link *hidden' "$tmp/link" &&
		awk -v a="${on:-0}" -v b="${off:-0}" 'BEGIN { exit !(b - a >= 0.69) }'; then
		ok "link-stall-$1"
	else
		bad "link-stall-$1" "$on to $off, $passed places; $(cat "$tmp/send" "$tmp/link.err")"
	fi
}
stalled after:minor-sync:2 '->'
stalled before:minor-sync-ack:2 '<-'

# From a point on the line is another one.
through out.at=after:cn:rate=800kbit/s
grep -q '^1 of 1' "$tmp/send" && [ "$(seconds reached)" = "$(seconds rate-set)" ] &&
	ok link-rate-at-point || bad link-rate-at-point "$(grep link "$tmp/link")"

# Two cuts: the first that comes is the one.
through cut=rst@after:minor-sync:1 cut=fin@after:minor-sync:2
grep -q 'cut-done rst' "$tmp/link" && ! grep -q 'cut-done fin' "$tmp/link" &&
	ok link-first-of-two-cuts || bad link-first-of-two-cuts "$(grep link "$tmp/link")"

# Exactly so many octets.
through out.cut=rst@70001
grep -q 'kernel rst octet=70001 length=0' "$tmp/link" &&
	"$rig" decode "$tmp/peer.pcapng" 2>/dev/null | grep -q . && ok link-at-octet ||
	bad link-at-octet "$(grep link "$tmp/link" | tail -n 3)"

# The packets of the wire: a cut by RST shows as one.
through --packets "$tmp/wire.pcap" --interface lo cut=rst@after:minor-sync:1
if grep -q 'not recorded' "$tmp/link.err"; then
	echo "skip link-packets: $(sed -n 's/.*not recorded: //p' "$tmp/link.err")"
elif "$rig" decode "$tmp/wire.pcap" >"$tmp/wire" 2>/dev/null && grep -q ' RST' "$tmp/wire"; then
	ok link-packets
else
	bad link-packets "$(tail -n 3 "$tmp/wire") $(cat "$tmp/link.err")"
fi

why=$(python3 tests/lib/zero_window.py "$rig" "$tmp" 2>&1)
case $? in
0) ok link-zero-window ;;
77) echo "skip link-zero-window: $why" ;;
*) bad link-zero-window "$why" ;;
esac

# --- TLS: two links back to back, what lies between them is encrypted

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$tmp/key.pem" \
	-out "$tmp/cert.pem" -days 5 -subj /CN=mta.example \
	-addext subjectAltName=DNS:mta.example 2>/dev/null
: >"$tmp/peer"
: >"$tmp/a"
: >"$tmp/b"
"$rig" peer --listen 127.0.0.1:0 >"$tmp/peer" 2>&1 &
peer=$!
"$rig" link 127.0.0.1:0 "$(address_in "$tmp/peer")" tls=initiator tls-cert="$tmp/cert.pem" \
	tls-key="$tmp/key.pem" tls-keylog="$tmp/keys.txt" >"$tmp/a" 2>&1 &
a=$!
server=$(port_in "$tmp/a")
tls() {	# words
	: >"$tmp/b"
	"$rig" link 127.0.0.1:0 "127.0.0.1:$server" tls=responder "$@" >"$tmp/b" 2>&1 &
	link=$!
	timeout 30 "$rig" send "$(address_in "$tmp/b")" --size 100000 >"$tmp/send" 2>&1
	sleep 0.1
	kill $link
	wait $link
	link=
}
tls tls-ca="$tmp/cert.pem" tls-name=mta.example
grep -q '^1 of 1' "$tmp/send" && grep -q 'open responder: TLSv1.3' "$tmp/b" &&
	grep -q SECRET "$tmp/keys.txt" && ok link-tls || bad link-tls "$(cat "$tmp/b" "$tmp/send")"
tls tls-ca="$tmp/cert.pem" tls-name=other.example
grep -q '^0 of 1' "$tmp/send" && grep -q 'failed responder: .* is not for other.example' "$tmp/b" &&
	ok link-tls-name || bad link-tls-name "$(cat "$tmp/b" "$tmp/send")"
tls tls-ca="$tmp/cert.pem" tls-name=mta.example cut=rst@after:minor-sync:2
grep -q '^0 of 1' "$tmp/send" && grep -q 'kernel rst .*length=0' "$tmp/b" &&
	grep -q 'after minor-sync 2' "$tmp/b" && ok link-tls-cut ||
	bad link-tls-cut "$(cat "$tmp/b" "$tmp/send")"
# A stall lies below TLS: the records of what came before the point have left.
tls tls-ca="$tmp/cert.pem" tls-name=mta.example at=after:minor-sync:2:stall:500ms
passed=$(sed -n 's/.* -> .* \(reached\|stall-on\|stall-off\) *octet=\([0-9]*\) .*/\2/p' "$tmp/b" | sort -u)
[ "${passed:-0}" -gt 60000 ] && grep -q '^1 of 1' "$tmp/send" && ok link-tls-stall ||
	bad link-tls-stall "$(cat "$tmp/b" "$tmp/send")"
# What lies between the two, as a third link records it: TLS for an analyser, mail for one
# that is given the key log.
: >"$tmp/wire"
"$rig" link 127.0.0.1:0 "127.0.0.1:$server" --capture "$tmp/sealed.pcapng" >"$tmp/wire" 2>&1 &
wire=$!
between=$server
server=$(port_in "$tmp/wire")
tls tls-ca="$tmp/cert.pem" tls-name=mta.example
kill $wire
wait $wire
server=$between
shark() {	# options
	tshark -r "$tmp/sealed.pcapng" -d tcp.port==102,tls -d tls.port==102,tpkt "$@" 2>/dev/null
}
if ! command -v tshark >/dev/null; then
	echo "skip link-tls-keylog: no tshark"
elif shark | grep -q 'Client Hello' && ! shark -V | grep -q 'X.411\|ISO 8327' &&
	shark -o "tls.keylog_file:$tmp/keys.txt" -V >"$tmp/opened" &&
	grep -q 'ISO 8327-1 OSI Session Protocol' "$tmp/opened" &&
	grep -q 'SPDU Type: CONNECT (CN) SPDU' "$tmp/opened" && grep -q 'FINISH (FN) SPDU' "$tmp/opened"; then
	ok link-tls-keylog
else
	bad link-tls-keylog "$(shark | head -n 5; grep -c 'ISO 8327' "$tmp/opened")"
fi
kill $a $peer
wait $a $peer
peer=

# Files that are none: the option is named, and what it wants.
echo junk >"$tmp/junk.pem"
no_tls() {	# NAME, what is said, words
	name=$1 said=$2
	shift 2
	"$rig" link 127.0.0.1:0 127.0.0.1:1 "$@" >"$tmp/out" 2>"$tmp/err"
	status=$?
	if [ $status = 2 ] && grep -q "^x400rig link: $said" "$tmp/err" && [ ! -s "$tmp/out" ]; then
		ok "link-refuses-$name"
	else
		bad "link-refuses-$name" "status $status: $(cat "$tmp/err")"
	fi
}
no_tls cert "tls-cert=$tmp/junk.pem: .*; a PEM file with BEGIN CERTIFICATE" tls=initiator \
	tls-cert="$tmp/junk.pem" tls-key="$tmp/key.pem"
no_tls no-cert 'tls-cert=: a server needs one' tls=initiator
no_tls key "tls-key=$tmp/junk.pem: .*; the certificate's own key" tls=initiator \
	tls-cert="$tmp/cert.pem" tls-key="$tmp/junk.pem"
no_tls ca "tls-ca=$tmp/junk.pem: .*; a PEM file" tls=responder tls-ca="$tmp/junk.pem"
no_tls client-ca "tls-client-ca=$tmp/junk.pem: " tls=initiator tls-cert="$tmp/cert.pem" \
	tls-key="$tmp/key.pem" tls-client-ca="$tmp/junk.pem"
no_tls pin 'tls-pin=: 64 hexadecimal digits' tls=responder tls-pin=12
no_tls alone 'tls-pin= without tls=: nothing would be encrypted' tls-pin=12
no_tls versions 'tls-min=: ' tls=responder tls-check=no tls-min=1.3 tls-max=1.2
printf '%s\n' 'scenario link/tls' '  title "TLS"' '  source "own"' \
	"  up: link tls=responder tls-ca=$tmp/junk.pem" '  up: associate' >"$tmp/tls.scn"
"$rig" lint "$tmp/tls.scn" >"$tmp/out" 2>&1
[ $? = 2 ] && grep -q "tls.scn:4:12: error: tls-ca=$tmp/junk.pem: .*; a PEM file" "$tmp/out" &&
	ok link-step-tls-ca || bad link-step-tls-ca "$(cat "$tmp/out")"

refused() {	# NAME, column of the caret, words
	name=$1 column=$2
	shift 2
	"$rig" link 127.0.0.1:0 127.0.0.1:1 "$@" >"$tmp/out" 2>"$tmp/err"
	status=$?
	caret=$(grep '^ *^$' "$tmp/err" | awk '{print index($0, "^") - 4}')
	if [ $status = 2 ] && [ "${caret:-0}" = "$column" ] && [ ! -s "$tmp/out" ]; then
		ok "link-refuses-$name"
	else
		bad "link-refuses-$name" "status $status, caret ${caret:-none}: $(cat "$tmp/err")"
	fi
}
refused unit 10 delay=300
refused rate 6 rate=2000Gbit/s
refused percent 6 loss=101%
refused point 15 cut=rst@after:minor-sink:3
refused name 1 speed=3
refused how 5 cut=reset@3
refused at-point 10 at=after:minor-sink:3:stall
refused at-change 4 at=after:minor-sync:3:stal
refused at-end 16 at=after:dt:go:3s
refused every 0 every=3s
refused burst 21 burst-loss=1%:0%:50%

"$rig" link 127.0.0.1:0 >/dev/null 2>&1
[ $? = 2 ] && ok link-usage || bad link-usage "status"
"$rig" link --help | grep -q 'x400rig link 0.0.0.0' && ok link-help || bad link-help "no example"
