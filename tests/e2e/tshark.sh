#!/bin/sh
# tshark as oracle: every kind of PDU of every layer, and every capture of unbent
# normal-mode traffic that the rig writes, decodes without malformed packets and
# expert errors; the fields of tests/oracle/pdus.txt have the values that were
# written, and bind, transfer and release are named.
set -u
. tests/lib/say.sh
x=$1/x400rig
tmp=$(mktemp -d)
trap 'sh tests/lib/cases.sh "$tmp"; rm -rf "$tmp"' EXIT
if ! command -v tshark >/dev/null 2>&1; then
	echo "skip oracle: no tshark"
	exit 0
fi
# The run of scenarios.sh; in real time, so that ports tell the cases apart.
run=$1/e2e-healthy
[ -d "$run" ] || "$x" run --quiet --jobs 4 --out "$run" 'basic/*' 'pop4/*' >"$tmp/run.txt" 2>&1
# PDUs that a scenario spells out may be wrong on purpose; honest ones are in the table.
grep -lw send rig/catalogue/*/*.scn | sed 's,.*catalogue/\(.*\)scn$,\1pcapng,' >"$tmp/spelled"
find "$run" -name '*.pcapng' | grep -vFf "$tmp/spelled" >"$tmp/list"
"$x" peer --listen 127.0.0.1:0 --count 3 --capture "$tmp/peer.pcapng" >"$tmp/peer.txt" 2>&1 &
peer=$!
port=$(port_in "$tmp/peer.txt")
"$x" send "127.0.0.1:$port" --count 3 --size 100000 --capture "$tmp/send.pcapng" >"$tmp/send.txt" 2>&1 || {
	echo "not ok send to peer: $(tail -n 1 "$tmp/send.txt")"
	kill "$peer"
}
wait
printf '%s\n%s\n' "$tmp/peer.pcapng" "$tmp/send.pcapng" >>"$tmp/list"
if "$1/tests/tools/make_oracle" tests/oracle/pdus.txt "$tmp/pdus.pcapng" 2>"$tmp/made.txt"; then
	echo "ok every row of our tables is in tests/oracle/pdus.txt"
else
	echo "not ok every row of our tables is in tests/oracle/pdus.txt: $(head -n 1 "$tmp/made.txt")"
fi
python3 tests/lib/oracle.py tests/oracle/exceptions.txt tests/oracle/pdus.txt \
	"$tmp/pdus.pcapng" "$tmp/list"
