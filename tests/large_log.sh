#!/bin/sh
# A log of 1 GiB through `match`:  tests/large_log.sh BUILD
# Its memory must be that of a log of 1 MiB (4 MiB apart at most), and a log
# without a fault must show none.
set -u
x=$1/x400rig
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkfifo "$tmp/log"

measure() {	# MiB
	sh tests/bench/make_log.sh "$1" >"$tmp/log" &
	"$x" match - <"$tmp/log" >"$tmp/out" 2>/dev/null &
	match=$!
	peak=0
	while kill -0 "$match" 2>/dev/null; do
		now=$(awk '/VmHWM/ {print $2}' "/proc/$match/status" 2>/dev/null)
		[ "${now:-0}" -gt "$peak" ] && peak=$now
		sleep 0.05
	done
	wait "$match"
	status=$?
}

measure 8
small=$peak
measure 1024
tail -n 1 "$tmp/out"
echo "peak memory: $small KiB for 8 MiB, $peak KiB for 1 GiB; exit status $status"
[ "$status" = 0 ] && [ "$peak" -lt $((small + 4096)) ]
