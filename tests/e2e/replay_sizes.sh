#!/bin/sh
# What is agreed now, not then: checkpoints of another size, activities that are resumed,
# and what two replays of one capture have of each other.
set -u
. tests/lib/say.sh
x=$1/x400rig
tmp=$(mktemp -d)
trap 'sh tests/lib/cases.sh "$tmp"; rm -rf "$tmp"' EXIT

target() {	# name, checkpoint, window
	sed "s/checkpoint 30KiB window 5/checkpoint $2 window $3/" rig/targets/lab.target \
		>"$tmp/$1.target"
}

replay() {	# capture, folder, options: status, and answers that differ, are missing or extra
	from=$1 to=$tmp/$2
	shift 2
	timeout 60 "$x" replay "$from" --virtual --seed 7 --quiet --out "$to" "$@" >"$to.out" 2>&1
	echo "$? $(sed -n 's/.*expected, \(.*\)/\1/p' "$to.out")"
}

count() {	# folder, what: how often it is in the capture of a replay
	"$x" decode "$tmp/$1"/replay/*.pcapng 2>/dev/null | grep -c -e "$2"
}

# The seed says whether a window lets the MTA send once more before our cut.
good="0 0 differs, 0 missing, 0 extra"

# --- checkpoints -------------------------------------------------------------------

target four 4KiB 3
target one 1KiB 2
target none 0KiB 2
cat >"$tmp/two.scn" <<'SCENARIO'
scenario x/two
  limit 60s
  down: listen
  up: associate
  expect up bound within 5s
  up: transfer 1 message size 40KiB to down
  expect delivered within 20s
  up: release
  expect up released within 5s
SCENARIO
"$x" run --virtual --seed 7 --quiet -t "$tmp/four.target" --out "$tmp/two" "$tmp/two.scn" >/dev/null 2>&1
two=$tmp/two/x/two.pcapng

# Serial numbers go on without a gap, and no more wait than the window allows.
legal() {	# folder, window: of every activity in the capture
	"$x" decode "$tmp/$1"/replay/*.pcapng 2>/dev/null | awk -v window="$2" '
		/session  *AS / { sent = done = 0 }
		/session  *MIP / { sub(/.*serial=/, ""); if ($1 != ++sent) bad++; if (sent - done > window) bad++ }
		/session  *MIA / { sub(/.*serial=/, ""); done = $1 }
		/session  *AE / { sub(/.*serial=/, ""); if ($1 != sent + 1) bad++ }
		END { print bad + 0 }'
}

check "same sizes, as initiator" "$good" "$(replay "$two" i4 -c 1 -t "$tmp/four.target")"
check "same sizes: as many checkpoints" 10 "$(count i4 'session *MIP')"
check "smaller checkpoints and window, as initiator" "$good" "$(replay "$two" i1 -c 1 -t "$tmp/one.target")"
check "smaller checkpoints: more of them, in the window" "40 0" \
	"$(count i1 'session *MIP') $(legal i1 2)"
# Sizes that no piece of the capture is a multiple of, nor the other way round: of
# messages that came in pieces of 13 KiB.
target thirteen 13KiB 3
"$x" run --virtual --seed 7 --quiet -t "$tmp/thirteen.target" --out "$tmp/thirteen" "$tmp/two.scn" \
	>/dev/null 2>&1
odd() {	# checkpoint, window, sync points
	target odd "$1" "$2"
	check "checkpoints of $1, window $2" "$good" \
		"$(replay "$tmp/thirteen/x/two.pcapng" "odd$1" -c 1 -t "$tmp/odd.target")"
	check "checkpoints of $1, window $2: where they belong" "$3 0" \
		"$(count "odd$1" 'session *MIP') $(legal "odd$1" "$2")"
}
odd 3KiB 1 13
odd 7KiB 2 5
odd 11KiB 9 3
check "no checkpoints, as initiator" "$good" "$(replay "$two" i0 -c 1 -t "$tmp/none.target")"
check "no checkpoints: there are none" 0 "$(count i0 'session *MIP')"
check "same sizes, as both" "$good" "$(replay "$two" b4 --as both --together -t "$tmp/four.target")"
check "smaller ones, as both" "$good" "$(replay "$two" b1 --as both --together -t "$tmp/one.target")"
check "smaller ones: those of the MTA are confirmed" "80 0" "$(count b1 'session *MIP') $(legal b1 2)"
check "another message, as responder" "$good" \
	"$(replay "$two" r1 --as responder -c 2 -t "$tmp/one.target")"
check "faults on top: cut at a checkpoint of today" "1 0" \
	"$(replay "$two" c1 -c 1 -t "$tmp/one.target" --cut "rst at minor-sync 25" | sed 's/ .*//') $(
	count c1 'session *AE ')"

"$x" replay "$two" -c 1 --dry-run --quiet -t "$tmp/four.target" >"$tmp/first" 2>/dev/null
"$x" replay "$tmp/i4/replay/two.pcapng" -c 1 --dry-run --quiet -t "$tmp/four.target" \
	>"$tmp/second" 2>/dev/null
check "same sizes: fixed point" "" "$(diff "$tmp/first" "$tmp/second" | head -3)"

# An envelope of several pieces: recipients, identifier and times behind the first one.
# An envelope that the MTA cuts at 1 KiB: recipients behind the first piece, too.
{
	long=$(printf 'x%.0s' $(seq 60))
	printf 'scenario x/long\n  limit 60s\n  down: listen\n  up: associate\n  expect up bound within 5s\n'
	printf '  up: send session AS\n  up: send rtse RTTR user=(p1 EXTERNAL user=(p1 MESSAGE recipients=('
	for i in 1 2 3 4 5 6 7 8 9 10; do
		[ "$i" -gt 1 ] && printf '\n    with '
		printf 'p1 RECIPIENT to="C=XX;A=TEST;P=DOWN;O=%s;OU1=%s;S=Number%d" number=%d' \
			"$long" "${long%????????????????????????????}" "$i" "$i"
		printf ' flags=responsible+mta-ndr+ndr'
	done
	printf ') user=hex:0102))\n  up: send session AE\n  expect up session AEA within 5s\n'
	printf '  expect down p1 MESSAGE within 20s\n  wait 1s\n'
} >"$tmp/long.scn"
"$x" run --virtual --seed 7 --quiet -t "$tmp/one.target" --out "$tmp/long" "$tmp/long.scn" >"$tmp/long.out" 2>&1
long=$tmp/long/x/long.pcapng
check "an envelope of several pieces: the MTA cuts it" yes \
	"$("$x" decode "$long" | grep -q 'session *MIP' && echo yes)"
"$x" replay "$long" -c 2 --virtual --quiet -t "$tmp/four.target" --identifiers fresh \
	--recipient "P=DOWN -> P=NOWHERE" --out "$tmp/new" >"$tmp/out" 2>&1
check "an envelope of several pieces: all recipients" "0 10 0" \
	"$? $(count new 'recipient.*P=NOWHERE') $(count new 'recipient.*P=DOWN')"

# --- resumed activities ------------------------------------------------------------

"$x" run --virtual --seed 7 --quiet --out "$tmp/resumed" recovery/resumed >/dev/null 2>&1
resumed=$tmp/resumed/recovery/resumed.pcapng
check "resumed by us" "$good" "$(replay "$resumed" ri -c 1,2)"
check "resumed by us: with the reference of now" "0 4" \
	"$(count ri 'common.*260101000000\|common-ref=170d323630313031') $(count ri 'common="010909\|common-ref=170d30313039')"

identifier() {	# capture, PDU: calling, common and additional part of what it names
	"$x" decode "$1" | sed -n "s/.* $2 .*recover calling=\"\([^\"]*\)\" common=\"\([^\"]*\)\"\( additional=\"\(.*\)\"\)*/\1 \2 \4/p"
}
first_cn() {	# capture: the references of the first CN, as an identifier says them
	"$x" decode "$1" | grep 'session *CN calling-ref' | head -n 1 | python3 -c '
import re, sys
print(*(bytes.fromhex(h)[2:].decode() for h in re.findall(r"-ref=([0-9a-f]*)", sys.stdin.read())))'
}
# With a name and an additional reference, which are other ones today, too.
sed -e 's/1403583452/04055249475550/g; s/\(common-ref=hex:[0-9a-f]*\)/\1 additional-ref=hex:14023737/' \
	-e 's/\(recover=hex:[0-9a-f]*\)/\180023737/; s/^scenario .*/scenario x\/named/' \
	rig/catalogue/recovery/resumed.scn >"$tmp/named.scn"
"$x" run --virtual --seed 7 --quiet --out "$tmp/named" "$tmp/named.scn" >/dev/null 2>&1
sed 's/"RIGUP"/"RIGNEW"/' rig/targets/lab.target >"$tmp/renamed.target"
check "resumed by us under another name" "$good" \
	"$(replay "$tmp/named/x/named.pcapng" rn -c 1,2 -t "$tmp/renamed.target")"
now=$(first_cn "$tmp/rn/replay/named.pcapng")
check "resumed by us: no part of the identifier is that of then" "RIGUP 260101000000Z 77, no" \
	"$(identifier "$tmp/named/x/named.pcapng" RTORQ), $(
	echo "$now" | grep -q 'RIGUP\|260101000000Z\|77' && echo yes || echo no)"
check "resumed by us: RTORQ names what the first CN said" "RIGNEW ${now#* }" \
	"$(identifier "$tmp/rn/replay/named.pcapng" RTORQ)"
check "resumed by us: AR names what the first CN said" 2 \
	"$("$x" decode "$tmp/rn/replay/named.pcapng" | grep -o 'calling-ref=04065249474e4557 common-ref=[^ ]* additional-ref=1402[^ ]*' |
		sort | uniq -c | awk '$1 > 1 { print $1 }')"

cat >"$tmp/theirs.scn" <<'SCENARIO'
scenario x/theirs
  limit 60s
  wait 7s
  up.before: associate
  expect up.before bound within 5s
  up.before: release
  expect up.before released within 5s
  down.a: listen detached
  up.s: associate
  expect up.s bound within 5s
  up.s: transfer 1 message size 8KiB to down
  expect down.a cotp CR within 10s
  down.a: send cotp CC dst=$peer-ref
  expect down.a session CN as cn within 5s
  down.a: send session AC called-ref=$cn.calling-ref common-ref=$cn.common-ref user=(presentation CPA user=(acse AARE user=(rtse RTOAC checkpoint=1 window=3)))
  expect down.a session AS then session MIP serial=1 within 5s
  down.a: send session MIA serial=1
  expect down.a session MIP serial=2 within 5s
  down.b: listen detached
  down.a: cut rst
  expect down.b cotp CR within 20s
  down.b: send cotp CC dst=$peer-ref
  expect down.b session CN as cn then rtse RTORQ recover=any as orq within 5s
  down.b: send session AC called-ref=$cn.calling-ref common-ref=$cn.common-ref user=(presentation CPA user=(acse AARE user=(rtse RTOAC checkpoint=1 window=3 open=none recover=$orq.recover)))
  expect down.b session AR within 5s
  down.b: acknowledge
  expect down.b session AE as ae within 10s
  down.b: send session AEA serial=$ae.serial
  expect down.b session FN within 30s
  down.b: send session DN user=(presentation User-data user=(acse RLRE))
  down.b: cut fin
  wait 100ms
SCENARIO
"$x" run --virtual --seed 7 --quiet -t "$tmp/one.target" --out "$tmp/theirs" "$tmp/theirs.scn" >/dev/null 2>&1
check "resumed by the MTA" "$good" \
	"$(replay "$tmp/theirs/x/theirs.pcapng" rr --as both -t "$tmp/one.target")"
# Without the first conversation the MTA counts otherwise, and so its additional reference is
# another one.
check "resumed by the MTA, without what was before" "$good" \
	"$(replay "$tmp/theirs/x/theirs.pcapng" rw --as both -c 2-4 -t "$tmp/one.target")"
then=$(identifier "$tmp/theirs/x/theirs.pcapng" RTOAC)
now=$(identifier "$tmp/rw/replay/theirs.pcapng" RTOAC)
check "resumed by the MTA: accepted with all parts of today" \
	"$(identifier "$tmp/rw/replay/theirs.pcapng" RTORQ)" "$now"
check "resumed by the MTA: another additional reference than then" "03 02" "${then##* } ${now##* }"
check "resumed by the MTA, which has an additional reference only today" "1 1" "$(
	replay "$resumed" ro --as responder -c 1,2 >/dev/null
	identifier "$resumed" RTOAC | grep -c '^X4R [0-9]*Z $') $(
	identifier "$tmp/ro/replay/resumed.pcapng" RTOAC | grep -c '^LAB [0-9]*Z [0-9][0-9]$')"
then=$("$x" decode "$tmp/theirs/x/theirs.pcapng" | sed -n 's/.*RTOAC.*common="\([0-9Z]*\)".*/\1/p')
now=$("$x" decode "$tmp/rr/replay/theirs.pcapng" | sed -n 's/.*RTOAC.*common="\([0-9Z]*\)".*/\1/p')
asked=$("$x" decode "$tmp/rr/replay/theirs.pcapng" | sed -n 's/.*RTORQ.*common="\([0-9Z]*\)".*/\1/p')
check "resumed by the MTA: accepted with the reference of now" "$asked" "$now"
case $then in
'' | "$now") echo "not ok resumed by the MTA: another reference than then: $then, $now" ;;
*) echo "ok resumed by the MTA: another reference than then" ;;
esac

# --- two replays ---------------------------------------------------------------------

"$x" diff "$tmp/b4" "$tmp/b4" >"$tmp/out"
check "diff of a replay and itself: status, sum" "0 0 differs, 0 missing, 0 extra" \
	"$? $(sed -n 's/.*expected, \(.*\)/\1/p' "$tmp/out")"
"$x" diff "$tmp/b4" "$tmp/c1" >"$tmp/out"
check "diff of a replay and one that was cut: status" 1 $?
grep -q '^missing.*session AE' "$tmp/out"
check "diff of a replay and one that was cut: what is missing" 0 $?

# --- lanes, links -------------------------------------------------------------------

"$x" replay captures/transfer-1988.pcap --virtual --quiet --lanes 5 --unlimited --identifiers fresh \
	--out "$tmp/lanes" >/dev/null 2>&1
check "lanes: an identifier for each" 5 "$("$x" decode "$tmp/lanes"/replay/*.pcapng |
	sed -n 's/.*MESSAGE id=.*L=\([^"]*\)".*/\1/p' | sort -u | wc -l)"
while read -r options; do
	rm -rf "$tmp/link"
	check "link $options" "$good" "$(replay captures/transfer-1988.pcap link --link "$options")"
done <<'OPTIONS'
rate=9600bit/s
delay=300ms jitter=50ms
segment=1
loss=5% seed=3
OPTIONS

# Octets as captured: their answers are compared, too.
sed -e 's/^  pixit its-name.*/  pixit its-name "SOUTH" its-password "maple"/' \
	-e 's/our-name "RIGUP" *our-password "up-secret"/our-name "NORTH" our-password "larch"/' \
	rig/targets/lab.target >"$tmp/south.target"
check "verbatim: answers are compared" "$good" "$(replay captures/transfer-1988.pcap verbatim \
	--verbatim tpkt --captured-names -t "$tmp/south.target")"
