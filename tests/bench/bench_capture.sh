#!/bin/sh
# The bars of `decode`:  tests/bench/bench_capture.sh BUILD
# Messages of 1 KiB over eight associations as JSON in MB/s of capture: by the processors that
# there are, the clock's time, and by one process, the processor's; the first 100 MB of messages of 100 KiB against
# tshark asked for the same fields, the processor's.  Rows for tests/bench/table.py.
set -u
. tests/bench/row.sh
. tests/lib/say.sh
x=$1/x400rig
tmp=$(mktemp -d)
trap 'kill "$peer" 2>/dev/null; rm -rf "$tmp"' EXIT

# serve [ARGUMENT ...]: a peer begins, $port is its own
serve() {
	: >"$tmp/peer"
	"$x" peer --listen 127.0.0.1:0 --quiet --no-digest "$@" >>"$tmp/peer" 2>&1 &
	peer=$!
	port=$(port_in "$tmp/peer")
}
stop() {
	kill "$peer"
	wait "$peer"
}

serve --capture "$tmp/small.pcapng"
senders=
for _ in 1 2 3 4 5 6 7 8; do
	"$x" send "127.0.0.1:$port" --count 5000 --size 1024 >/dev/null 2>&1 &
	senders="$senders $!"
done
wait $senders
stop
serve
"$x" send "127.0.0.1:$port" --count 1000 --size 102400 --capture "$tmp/long" >/dev/null 2>&1
# In large pieces, as it lies in memory once it was read from a disk: written 8 KiB at a time it
# lies there in as small ones, which take long to map
dd if="$tmp/long" of="$tmp/long.pcapng" bs=4M count=100000000 iflag=count_bytes status=none

size=$(wc -c <"$tmp/small.pcapng")
speed() { awk -v n="$size" '{printf "%.1f\n", n / $1 / 1e6}'; }
for _ in 1 2 3 4 5; do passed "$x" decode --json "$tmp/small.pcapng"; done |
	speed >"$tmp/speed"
row "decode --json, messages of 1 KiB" MB/s ">150" "$tmp/speed"
for _ in 1 2 3 4 5; do used "$x" decode --json --jobs 1 "$tmp/small.pcapng"; done | speed >"$tmp/speed"
row "the same by one process" MB/s "" "$tmp/speed"

# What lines of JSON show of these messages, as far as tshark knows it
fields='
	frame.number frame.time_epoch tcp.stream ip.src tcp.srcport ip.dst tcp.dstport
	tcp.seq tcp.segment rtse.fragment _ws.expert.message
	cotp.type cotp.destref cotp.srcref cotp.class
	ses.type ses.length ses.version.flags ses.req.flags ses.activity_identifier
	ses.serial_number
	pres.mode_value pres.presentation_context_identifier pres.abstract_syntax_name
	pres.Transfer_syntax_name pres.result
	acse.aSO_context_name acse.result
	rtse.checkpointSize rtse.windowSize rtse.dialogueMode
	p1.authenticated.initiator-name p1.authenticated.responder-name
	p1.MTS_APDU p1.iso_3166_alpha2_code p1.printable p1.local_identifier p1.surname
	p1.priority p1.built_in p1.content_length p1.arrival_time p1.routing_action
	p1.originally_specified_recipient_number p1.PerRecipientIndicators.responsibility
	p1.PerRecipientIndicators.originating.MTA.non.delivery.report
	p1.PerRecipientIndicators.originator.non.delivery.report
	p22.user_relative_identifier p22.subject p22.basic'
shown=
for field in $fields; do shown="$shown -e $field"; done
# Ours as many times as take about as long as tshark's once: what else the host does meets both
mean() { awk '{ s += $1 } END { printf "%.4f\n", s / NR }'; }
for _ in 1 2 3 4 5; do
	for _ in $(seq 40); do used "$x" decode --json "$tmp/long.pcapng"; done | mean >>"$tmp/ours"
	used tshark -n -2 -r "$tmp/long.pcapng" -T fields $shown >>"$tmp/tshark"
done
row "decode --json, 100 MB of messages of 100 KiB" s "/50" "$tmp/ours" "tshark -2 -T fields" \
	"$tmp/tshark"
