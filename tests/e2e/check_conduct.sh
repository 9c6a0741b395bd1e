#!/bin/sh
# x400rig check, rules that hold for any MTA: captures of the lab MTA, healthy and with the
# defect that breaks the rule, and captures bent until they break it, or nearly.
#     sh tests/e2e/check_conduct.sh BUILD
set -u
build=${1:?build folder}
rig=$build/x400rig
tmp=$(mktemp -d) || exit 1
trap 'sh tests/lib/cases.sh "$tmp"; rm -rf "$tmp"' EXIT

bent() { out=$1; shift; python3 tests/tools/bend.py "$tmp/$out.pcap" "$@"; }

# says NAME REMARK ARGUMENT ...: a remark that begins so is made; quiet: none is.
says() { holds yes "$@"; }
quiet() { holds no "$@"; }
holds() {
	want=$1 name=$2 remark=$3
	shift 3
	"$rig" check "$@" >"$tmp/out" 2>"$tmp/err"
	status=$?
	got=no
	grep -qF -- "  supporting  $remark" "$tmp/out" && got=yes
	if [ $status -gt 3 ] || [ $status = 2 ]; then
		echo "not ok conduct-$name: status $status: $(head -n 1 "$tmp/err")"
	elif [ $got = "$want" ]; then
		echo "ok conduct-$name"
	else
		echo "not ok conduct-$name: \"$remark\" made: $got"
		sed 's/^/# /' "$tmp/out" | head -n 20 >&2
	fi
}

# --- one slow link is one

cat >"$tmp/beside.scn" <<'END'
scenario check/beside
  title   "A slow and a fast next MTA, first one after the other, then together"
  source  "KB Q236586"
  limit   400s

  slow: link rate 64kbit/s delay 50ms
  slow: listen checkpoint 1KiB window 1
  down: link rate 1Mbit/s
  down: listen checkpoint 1KiB window 5

  up:   associate
  expect up bound within 5s
  up:   transfer 30 messages size 8KiB to down
  expect accepted within 20s
  expect down delivered within 30s
  up:   transfer 6 messages size 8KiB to slow
  wait  300ms
  up:   transfer 30 messages size 8KiB to down
  expect accepted within 20s
  expect delivered within 90s
  up:   release
END
"$rig" run --virtual --seed 1 --out "$tmp/well" "$tmp/beside.scn" recovery/resumed >"$tmp/out" 2>&1
"$rig" run --virtual --seed 1 --out "$tmp/ill" --defect Q236586 "$tmp/beside.scn" >"$tmp/out" 2>&1
"$rig" run --virtual --seed 1 --out "$tmp/blocks" --defect Q193894 defects/long-outage >"$tmp/out" 2>&1
well=$tmp/well/check/beside.pcapng

says stall-beside "stall-beside: a message waited " --target lab "$tmp/ill/check/beside.pcapng"
quiet no-stall-beside "stall-beside" --target lab "$well"
quiet short-stall-beside "stall-beside" --idle 30 "$tmp/ill/check/beside.pcapng"

# The call to the fast one is the second: what it does when the slow one has mail, too.
bent slowed "$well,stretch=32776:3:3"
says slowed-beside "slowed-beside: beside transfers to others" "$tmp/slowed.pcap"
bent hardly "$well,stretch=32776:3:1.05"
quiet hardly-slowed "slowed-beside" "$tmp/hardly.pcap"
# All of it slower: that is the line.
bent line "$well,stretch=32776:0:3"
quiet slow-line "slowed-beside" "$tmp/line.pcap"

# --- recovery in its time; and what is resumed is known

lost=$tmp/well/recovery/resumed.pcapng
bent late "$lost,shift=14:60"
says resumed-late "resumed-late: resumed 60.1 s after it was lost; the recovery timeout is 0.5 s" \
	--target lab "$tmp/late.pcap"
quiet resumed-unlimited "resumed-late" "$tmp/late.pcap"
bent soon "$lost,shift=14:2"
quiet resumed-in-time "resumed-late" --target lab "$tmp/soon.pcap"
grep -q "connection 2, frame 21: confirmed" "$tmp/out" && echo "ok conduct-resumed-attempt" ||
	echo "not ok conduct-resumed-attempt: the resumption is not booked to its message"

# --- control blocks

log=$tmp/blocks/logs/defects/long-outage.events.log
says blocks-kept "blocks-kept: no control block of 20 is free, and 0 connections are open" \
	"$tmp/blocks/defects/long-outage.pcapng" "$log"
sed 's/count is 20/count is 2/' "$log" >"$tmp/few.log"
quiet blocks-few "blocks-kept" "$tmp/blocks/defects/long-outage.pcapng" "$tmp/few.log"

# --- calls

mail=captures/transfer-1988.pcap
bent gone "$mail,keep=11,rst=11" "$mail,later=1300,port=1"
says not-called-again "not-called-again: the sender does not call again for 1299.9 s" \
	--target exchange-55 "$tmp/gone.pcap"
bent back "$mail,keep=11,rst=11" "$mail,later=1000,port=1"
quiet called-again "not-called-again" --target exchange-55 "$tmp/back.pcap"
refused=captures/ping-refused.pcap
bent dense "$refused" "$refused,later=60,port=1" "$refused,later=120,port=2"
says retries-dense "retries-dense: in the middle 60.0 s apart; the open interval is 600.0 s" \
	--target exchange-55 "$tmp/dense.pcap"
bent spaced "$refused" "$refused,later=600,port=1" "$refused,later=1200,port=2"
quiet retries-spaced "retries-dense" --target exchange-55 "$tmp/spaced.pcap"
"$rig" check --target none-such "$mail" >"$tmp/out" 2>&1
[ $? = 2 ] && echo "ok conduct-no-target" || echo "not ok conduct-no-target: not status 2"
