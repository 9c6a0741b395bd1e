#!/bin/sh
# tshark as oracle: every capture of unbent normal-mode traffic that the rig
# writes decodes without malformed packets and expert errors, and bind, transfer
# and release are named in it. One run over all captures: its start costs most.
set -u
x=$1/x400rig
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
if ! command -v tshark >/dev/null 2>&1; then
	echo "skip oracle: no tshark"
	exit 0
fi
# The run of scenarios.sh; in real time, so that ports tell the cases apart.
run=$1/e2e-healthy
[ -d "$run" ] || "$x" run --quiet --out "$run" >"$tmp/run.txt" 2>&1
find "$run" -name '*.pcapng' >"$tmp/list"
"$x" peer --listen 127.0.0.1:0 --count 3 --capture "$tmp/peer.pcapng" >"$tmp/peer.txt" 2>&1 &
peer=$!
while ! grep -q ready "$tmp/peer.txt"; do sleep 0.05; done
port=$(sed -n 's/^ready .*://p' "$tmp/peer.txt")
"$x" send "127.0.0.1:$port" --count 3 --size 100000 --capture "$tmp/send.pcapng" >"$tmp/send.txt" 2>&1 || {
	echo "not ok send to peer: $(tail -n 1 "$tmp/send.txt")"
	kill "$peer"
}
wait
printf '%s\n%s\n' "$tmp/peer.pcapng" "$tmp/send.pcapng" >>"$tmp/list"
python3 tests/lib/oracle.py tests/oracle/exceptions.txt "$tmp/list"
