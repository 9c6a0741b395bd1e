#!/bin/sh
# Captures that are large in every way:  tests/large_capture.sh BUILD
# `check` of N associations with a message of 100 KiB each (10,000: 1 GiB) in less than
# 64 MiB and at 15 % or more of the speed of a libpcap loop that only reads (time of
# the processor, median of three); of 100,000 connections that stop behind a CR in less
# than 128 MiB.
set -u
. tests/lib/say.sh
x=$1/x400rig bare=$1/tests/bench/bare_pcap
n=${ASSOCIATIONS:-10000}
tmp=$(mktemp -d)
trap 'kill "$peer" 2>/dev/null; rm -rf "$tmp"' EXIT

"$x" peer --listen 127.0.0.1:0 --quiet --no-digest >"$tmp/peer" 2>&1 &
peer=$!
"$x" send "$(address_in "$tmp/peer")" --count 1 --size 102400 \
	--capture "$tmp/one.pcapng" >/dev/null 2>&1

seconds() {	# user and system, median of three
	for _ in 1 2 3; do
		bash -c 'TIMEFORMAT="%U %S"; time "$@" >/dev/null 2>&1' _ "$@" 2>&1 |
			awk '{print $1 + $2}'
	done | sort -n | sed -n 2p
}
peak() {	# KiB
	python3 -c 'import resource, subprocess, sys
subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$@"
}

python3 tests/tools/many.py "$tmp/one.pcapng" "$n" >"$tmp/many.pcap"
a=$(seconds "$x" check "$tmp/many.pcap") b=$(seconds "$bare" "$tmp/many.pcap")
memory=$(peak "$x" check "$tmp/many.pcap")
rm -f "$tmp/many.pcap"
python3 tests/tools/many.py "$tmp/one.pcapng" 100000 halves >"$tmp/halves.pcap"
half=$(peak "$x" check "$tmp/halves.pcap")
awk -v a="$a" -v b="$b" -v m="$memory" -v h="$half" -v n="$n" 'BEGIN {
	printf "check of %d associations: %.0f %% of a bare loop (bar 15), %.0f MiB (bar 64); " \
	       "100,000 half-open: %.0f MiB (bar 128)\n", n, 100 * b / a, m / 1024, h / 1024
	exit !(100 * b / a >= 15 && m < 64 * 1024 && h < 128 * 1024)
}'
