#!/bin/sh
# Cases beside each other against one MTA that the rig has not started: as many as its
# sides and associations allow, with the verdicts of one after the other.
set -u
. tests/lib/say.sh
x=$1/x400rig
tmp=$(mktemp -d)
mta=
trap '[ -n "$mta" ] && kill "$mta" 2>/dev/null; sh tests/lib/cases.sh "$tmp"; rm -rf "$tmp"' EXIT

# shellcheck disable=SC2046
set -- $(ports 4)
port=$1 up=$2 down=$3 more=$4
printf 'open-interval 200ms\ntransfer-interval 200ms\nlifetime 500ms\n' >"$tmp/mta.conf"
"$x" mta --config "$tmp/mta.conf" --listen 127.0.0.1:"$port" --logs "$tmp" \
	--peer "RIGUP,up-secret,127.0.0.1:$up,C=XX;A=TEST;P=UP;" \
	--peer "RIGDOWN,down-secret,127.0.0.1:$down,C=XX;A=TEST;P=DOWN;" \
	--peer "RIGMORE,more-secret,127.0.0.1:$more,C=XX;A=TEST;P=MORE;" >"$tmp/ready" 2>"$tmp/mta.err" &
mta=$!
waited "$tmp/ready"
sed -e "s/pixit address lab/pixit address 127.0.0.1:$port/" -e "/side up/s/:0 /:$up /" \
	-e "/side down/s/:0 /:$down /" -e '/side \(slow\|old\|x410\)/d' -e '/at \(slow\|old\|x410\)/d' \
	-e "s|logs events file.*|logs events file \"$tmp/Ev0.log\"|" \
	rig/targets/lab.target >"$tmp/one.target"
sed "/side down/a\\  pixit side spare like down listen 127.0.0.1:$more our-name \"RIGMORE\" our-password \"more-secret\" route \"C=XX;A=TEST;P=MORE;\"" \
	"$tmp/one.target" >"$tmp/mta.target"
"$x" lint "$tmp/mta.target" 2>"$tmp/err"
check "a spare side: lint" 0 $?

# Four that only call, two that own `down` for a while, one that asks for the logs.
for i in 1 2 3 4; do
	cat >"$tmp/call$i.scn" <<S
scenario lanes/call$i
  title "Calls and stays a while"
  up: associate
  expect up bound within 5s
  wait 400ms
  up: release
  expect up released within 5s
S
done
for i in 1 2; do
	cat >"$tmp/relay$i.scn" <<S
scenario lanes/relay$i
  title "A message comes out at the next MTA"
  needs side.down
  down: listen
  up: associate
  expect up bound within 5s
  up: transfer 2 messages size 2KiB to down
  expect down delivered exactly-once within 20s
  wait 400ms
S
done
cat >"$tmp/logs.scn" <<S
scenario lanes/logs
  title "Asks for the logs"
  up: associate
  expect up bound within 5s
  wait 200ms
  expect log none conclusive
S
lanes() {	# folder, target, options
	out=$tmp/$1 target=$2
	shift 2
	"$x" run --quiet --seed 3 -t "$target" --out "$out" "$@" "$tmp"/call?.scn "$tmp"/relay?.scn \
		"$tmp/logs.scn" >"$out.txt" 2>&1
	check "$(basename "$out"): status" 0 $?
	check "$(basename "$out"): all pass" 7 "$(grep -c '^pass' "$out.txt")"
}
# What was under way at a time, from the pcapng times of each case: most cases, most that
# listened as `down`, most beside the one with logs.
cat >"$tmp/beside.py" <<'PY'
import glob, os, struct, sys
spans = {}
for path in glob.glob(sys.argv[1] + "/lanes/*.pcapng"):
    data, at, times, unit = open(path, "rb").read(), 0, [], 1e6
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        if kind == 6:
            high, low = struct.unpack_from("<II", data, at + 12)
            times.append(high << 32 | low)
        at += length
    spans[os.path.basename(path)[:-7]] = (min(times), max(times))
def most(names):
    points = sorted([(spans[n][0], 1) for n in names] + [(spans[n][1], -1) for n in names])
    now = top = 0
    for _, step in points:
        now += step
        top = max(top, now)
    return top
a, b = spans["logs"]
print(most(spans), most([n for n in spans if "relay" in n]),
      sum(1 for n, (c, d) in spans.items() if n != "logs" and c < b and d > a))
PY
lanes alone "$tmp/mta.target"
check "alone: one at a time" "1 1 0" "$(python3 "$tmp/beside.py" "$tmp/alone")"
lanes four "$tmp/mta.target" --jobs 4
check "four lanes: four cases, both relays, logs alone" "4 2 0" \
	"$(python3 "$tmp/beside.py" "$tmp/four")"
lanes sides "$tmp/one.target" --jobs 7
check "one route: its cases one after the other" 1 \
	"$(python3 "$tmp/beside.py" "$tmp/sides" | cut -d' ' -f2)"
sed 's/associations 10/associations 2/' "$tmp/mta.target" >"$tmp/few.target"
lanes few "$tmp/few.target" --jobs 7
check "two associations: two cases that call" 2 \
	"$(python3 "$tmp/beside.py" "$tmp/few" | cut -d' ' -f1)"
verdicts() { sed 's/.*"id":"\([^"]*\)".*"verdict":"\([^"]*\)".*/\1 \2/;1d' "$1/run.jsonl" | sort; }
check "the verdicts of one after the other" "$(verdicts "$tmp/alone")" "$(verdicts "$tmp/four")"
"$x" rejudge "$tmp/four" >/dev/null 2>&1
check "judged again" 0 $?
