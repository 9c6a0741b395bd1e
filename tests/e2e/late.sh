#!/bin/sh
# Libraries that few verbs need: not in the program's own list, loaded by verbs that need them and
# by no other, and told with the package that has them where they cannot be loaded.
#     sh tests/e2e/late.sh BUILD
set -u
. tests/lib/say.sh
x=$1/x400rig
tools=$1/tests/tools
tmp=$(mktemp -d)
trap 'sh tests/lib/cases.sh "$tmp"; rm -rf "$tmp"' EXIT

"$tools/make_event_log" "$tmp/app.evt" clean '1:4284:8511|POP4|POP4 DOWN|4|179'
"$tools/make_event_log" "$tmp/app.evtx" clean '1:4284:8511|POP4|POP4 DOWN|4|179'
capture=captures/checkpoints.pcapng
"$x" run --quiet --virtual --seed 5 --out "$tmp/run" basic/bind >"$tmp/run.txt" 2>&1
check "run: status" 0 $?

# --- at the start

# With all that these need themselves
LD_TRACE_LOADED_OBJECTS=1 "$x" >"$tmp/start"
has "at the start: what every verb needs" 'libc\.so\.6' "$tmp/start"
check "at the start: no other" "" "$(grep -oE 'lib(xml2|icu[a-z]*|evtx?|bfio|pcap|dbus-1|systemd)\.so[^ ]*' "$tmp/start")"

# --- by whom they are loaded

loads() {	# name, which late ones, verb arguments ...
	name=$1 want=$2
	shift 2
	LD_DEBUG=files LD_DEBUG_OUTPUT="$tmp/ld" "$x" "$@" >"$tmp/out" 2>&1
	check "$name loads" "$want" "$(cat "$tmp"/ld.* |
		sed -nE 's/.*calling init: .*\/lib(xml2|evtx?|pcap)\.so.*/\1/p' | sort -u | xargs)"
	rm -f "$tmp"/ld.*
}
loads version "" --version
loads decode "" decode "$capture"
loads "decode --json" "" decode --json "$capture"
loads check "" check "$capture"
loads replay "" replay "$capture" --dry-run
loads "a filter" pcap decode --bpf tcp "$capture"
loads "decode of no pcapng" pcap decode captures/transfer-1988.pcap
loads "check of no pcapng" pcap check captures/transfer-1988.pcap
loads "replay of no pcapng" pcap replay captures/transfer-1988.pcap --dry-run
loads "replay compared with no pcapng" pcap replay "$capture" --compare captures/transfer-1988.pcap
loads "decode of a packed one" pcap decode captures/defect-Q140956.pcapng.gz
loads "check of a log" "evt evtx" check "$capture" "$tmp/app.evt"
loads "check --html" xml2 check --html "$tmp/page.html" "$capture"
loads match "evt evtx" match "$tmp/app.evt"
loads "report as text" "" report "$tmp/run"
loads "report for machines" xml2 report -f junit "$tmp/run"
loads "report as a page" xml2 report -f html "$tmp/run"
loads rejudge "" rejudge "$tmp/run"

# --- and when: before there is anything to read, as confined as the verb will be

mkfifo "$tmp/log"
mkdir "$tmp/held"
mkfifo "$tmp/held/run.jsonl"
holds() {	# which late one, verb arguments ...
	library=$1
	shift
	"$x" "$@" >"$tmp/out" 2>&1 &
	pid=$!
	for _ in $(seq 100); do
		[ "$(awk '/^NoNewPrivs/ { print $2 }' "/proc/$pid/status" 2>/dev/null)" = 1 ] && break
		sleep 0.05
	done
	has "$1 that waits holds $library" "/lib$library\.so" "/proc/$pid/maps"
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
}
holds evt match "$tmp/log"
holds evtx check captures/transfer-1988.pcap "$tmp/log"
holds xml2 check --html "$tmp/page.html" captures/transfer-1988.pcap "$tmp/log"
holds xml2 report -f html "$tmp/held"

# --- where one cannot be loaded: the search ends at what has its name, and that is empty

lacks() {	# name, library, package, status, verb arguments ...
	name=$1 library=$2 package=$3 want=$4
	shift 4
	mkdir -p "$tmp/none"
	: >"$tmp/none/$library"
	LD_LIBRARY_PATH="$tmp/none" "$x" "$@" >"$tmp/out" 2>"$tmp/err"
	check "$name: status" "$want" $?
	if [ "$package" ]; then
		has "$name: what is missing" "x400rig $1: .*$library: " "$tmp/err"
		has "$name: what helps" "install Debian's package $package\$" "$tmp/err"
	else
		check "$name: nothing is missing" "" "$(cat "$tmp/err")"
	fi
	rm "$tmp/none/$library"
}
lacks "no libxml2, page" libxml2.so.2 libxml2 4 report -f html "$tmp/run"
lacks "no libxml2, for machines" libxml2.so.2 libxml2 4 report -f junit "$tmp/run"
lacks "no libxml2, text" libxml2.so.2 "" 0 report "$tmp/run"
lacks "no libxml2, check --html" libxml2.so.2 libxml2 4 \
	check --html "$tmp/none.html" captures/transfer-1988.pcap
lacks "no libxml2, run" libxml2.so.2 libxml2 4 run --quiet --virtual --out "$tmp/none.run" basic/bind
check "no libxml2, run: nothing is begun" "" "$(ls -d "$tmp/none.html" "$tmp/none.run" 2>/dev/null)"
lacks "no libxml2, fuzz" libxml2.so.2 libxml2 4 fuzz teardown --virtual --cases 1 --out "$tmp/none.fuzz"
lacks "no libpcap" libpcap.so.0.8 libpcap0.8 2 decode captures/transfer-1988.pcap
lacks "no libpcap, filter" libpcap.so.0.8 libpcap0.8 2 check --bpf tcp "$capture"
lacks "no libpcap, live" libpcap.so.0.8 libpcap0.8 4 decode --live lo
mkdir "$tmp/quiet"
: >"$tmp/quiet/libpcap.so.0.8"
LD_LIBRARY_PATH="$tmp/quiet" "$x" decode "$capture" 2>&1 | cmp -s - "${capture%.*}.txt"
check "no libpcap, pcapng: nothing is missing" 0 $?
lacks "no libevt" libevt.so.1 libevt1 2 match "$tmp/app.evt"
lacks "no libevtx" libevtx.so.1 libevtx1 2 match "$tmp/app.evtx"
lacks "no libevtx, other log" libevtx.so.1 "" "$("$x" match "$tmp/app.evt" >/dev/null 2>&1; echo $?)" \
	match "$tmp/app.evt"
lacks "no libevt, check" libevt.so.1 libevt1 2 check captures/transfer-1988.pcap "$tmp/app.evt"

# Logs that a target names are read when a case ends: what is missing is said when the run begins.
sed -e 's/pixit address lab/pixit address 127.0.0.1:1/' -e '/^ *logs/d' \
	-e '/side slow/d; /side old/d; /side x410/d; /at slow/d; /at old/d; /at x410/d' \
	rig/targets/lab.target >"$tmp/far.target"
echo "  logs events file \"$tmp/app.evt\"" >>"$tmp/far.target"
lacks "no libevt, run" libevt.so.1 libevt1 4 \
	run --quiet -t "$tmp/far.target" --out "$tmp/far" basic/bind
