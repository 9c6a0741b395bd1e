#!/bin/sh
# Large logs through `match`:  tests/large_log.sh BUILD
# One of 1 GiB: memory must be that of a log of 1 MiB (4 MiB apart at most).  Then 32 MiB of
# each kind of log in which nothing is wrong, with the numbers of known faults as sources'
# other events, ports, sizes and process ids (tests/lib/harmless.py); event logs of the
# same; and what the healthy lab MTA logs in all its layouts.  None may show a fault, nor
# anything that supports one.
set -u
x=$1/x400rig
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkfifo "$tmp/log"
bad=0

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

harmless() {	# name, status of match, its last line
	if [ "$2" = 0 ]; then
		echo "ok nothing wrong in $1: $3"
	else
		echo "not ok nothing wrong in $1: status $2"
		bad=1
	fi
}

many() {	# file, MiB: the file again and again
	size=$(wc -c <"$1")
	n=$(($2 * 1048576 / size + 1))
	while [ $n -gt 0 ]; do
		cat "$1" || return 0
		n=$((n - 1))
	done
}

for kind in $(python3 tests/lib/harmless.py); do
	python3 tests/lib/harmless.py "$kind" >"$tmp/piece"
	many "$tmp/piece" "${HARMLESS_MIB:-32}" | "$x" match - >"$tmp/out" 2>/dev/null
	harmless "$kind" $? "$(tail -n 1 "$tmp/out")"
done

# 5,000 records in each: events of the MTA that are everyday ones, texts full of numbers.
python3 - >"$tmp/records" <<'PY'
import sys
sys.path.insert(0, "tests/lib")
import harmless
for i in range(5000):
    print("%d:%d:%s" % (i + 1, (9298, 9300, 1221, 100)[i % 4], harmless.sentence().replace(" ", "|")))
PY
"$1/tests/tools/make_event_log" "$tmp/large.evt" clean <"$tmp/records"
head -n 400 "$tmp/records" | "$1/tests/tools/make_event_log" "$tmp/large.evtx" clean
for file in large.evt large.evtx; do
	"$x" match "$tmp/$file" >"$tmp/out" 2>/dev/null
	harmless "$file" $? "$(tail -n 1 "$tmp/out")"
done

# Nobody is refused, cut or rejected in these.
"$x" run --quiet --virtual --seed 3 --out "$tmp/run" basic/bind basic/transfer basic/report \
	'probe/*' links/drip links/jitter links/rates links/step links/urgent links/window-one \
	links/zero-window >/dev/null 2>&1
for layout in Ev0.log Application.txt Calls.out; do
	find "$tmp/run/mta" -name "$layout" -exec cat {} + >"$tmp/piece"
	[ -s "$tmp/piece" ] || continue
	many "$tmp/piece" "${HARMLESS_MIB:-32}" | "$x" match - >"$tmp/out" 2>/dev/null
	harmless "the lab MTA's $layout" $? "$(tail -n 1 "$tmp/out")"
done

[ "${HARMLESS_MIB:-32}" -lt 32 ] && exit $bad
measure 8
small=$peak
measure 1024
tail -n 1 "$tmp/out"
echo "peak memory: $small KiB for 8 MiB, $peak KiB for 1 GiB; exit status $status"
[ "$status" = 0 ] && [ "$peak" -lt $((small + 4096)) ] && [ $bad = 0 ]
