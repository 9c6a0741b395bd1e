#!/bin/sh
# Other tools of Debian beside ours, where they are installed: SIPp, tcpreplay, scapy.  They
# do less (no seven layers, no answers heard, no protocol read): rows without a bar, for
# tests/bench/table.py.
#     tests/bench/peers.sh BUILD
set -u
. tests/bench/row.sh
x=$1/x400rig
runs=${RUNS:-5}
tmp=$(mktemp -d)
trap '[ -z "${uas-}" ] || kill "$uas" 2>/dev/null; rm -rf "$tmp"' EXIT
have() { command -v "$1" >/dev/null 2>&1 || { echo "$1 is not installed"; return 1; }; }
repeat() { i=0; while [ $i -lt "$runs" ]; do "$@"; i=$((i + 1)); done; }
now() { date +%s.%N; }

# --- conversations a second: connect, bind, release; INVITE, ACK, BYE over TCP
talks() {
	"$x" replay captures/ping-success.pcap --quiet --times 2000 --unlimited --out "$tmp/$i" \
		2>/dev/null | sed -n 's/^pass .* \([0-9.]*\) s$/\1/p' | awk '{s += $1} END {print 2000 / s}'
}
calls() {
	at=$(now)
	sipp -sn uac -t t1 -m 2000 -r 20000 -rp 1000 -l 100 -d 0 -nostdin "127.0.0.1:$sip" \
		>"$tmp/uac" 2>&1
	now | awk -v at="$at" '{print 2000 / ($1 - at)}'
}
if have sipp; then
	sip=$((20000 + $$ % 20000))
	sipp -sn uas -t t1 -i 127.0.0.1 -p "$sip" -nostdin >"$tmp/uas" 2>&1 &
	uas=$!
	sleep 0.5
	repeat talks >"$tmp/talks"
	repeat calls >"$tmp/calls"
	row "conversations, one after the other" /s "" "$tmp/talks" "SIPp, 100 calls at once" "$tmp/calls"
fi

# --- packets a second out of a capture, answers heard or not
if have tcpreplay; then
	repeat tcpreplay --intf1=lo --topspeed --loop=2000 captures/ping-success.pcap 2>/dev/null |
		sed -n 's/^Rated:.* \([0-9.]*\) pps$/\1/p' >"$tmp/blind"
	packets=$(tshark -r captures/ping-success.pcap 2>/dev/null | wc -l)
	[ -s "$tmp/talks" ] || repeat talks >"$tmp/talks"
	awk -v n="$packets" '{print $1 * n}' "$tmp/talks" >"$tmp/packets"
	[ -s "$tmp/blind" ] && row "packets of a capture replayed, each answer judged" /s "" \
		"$tmp/packets" "tcpreplay, blind" "$tmp/blind"
fi

# --- processor time to read a capture: all layers; TCP alone
if /usr/bin/python3 -c 'import scapy' 2>/dev/null; then
	"$x" run --quiet --virtual --seed 3 --out "$tmp/run" pop4/backlog-drop >/dev/null
	capture=$tmp/run/pop4/backlog-drop.pcapng
	repeat used "$x" decode --json "$capture" >"$tmp/decode"
	repeat used /usr/bin/python3 -c 'import sys; from scapy.utils import rdpcap; rdpcap(sys.argv[1])' \
		"$capture" >"$tmp/scapy"
	row "decode of $(tshark -r "$capture" 2>/dev/null | wc -l) packets, all layers" s "" \
		"$tmp/decode" "scapy, up to TCP" "$tmp/scapy"
else
	echo "scapy is not installed"
fi
