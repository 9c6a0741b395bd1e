#!/bin/sh
# x400rig check: signs of known faults in envelopes and openings, each beside what is
# nearly one.  The rig itself sends them to the lab MTA, in virtual time.
#     sh tests/e2e/check_faults.sh BUILD
set -u
build=${1:?build folder}
rig=$build/x400rig
tmp=$(mktemp -d) || exit 1
trap 'sh tests/lib/cases.sh "$tmp"; rm -rf "$tmp"' EXIT

scenarios=
envelope() {	# NAME APDU
	cat >"$tmp/$1.scn" <<-END
	scenario faults/$1
	  title  "An envelope as a known fault shows it, or nearly"
	  source "KB Q140937, Q151785, Q156716, Q164049"
	  limit  60s

	  down: listen
	  up: associate
	  expect up bound within 5s
	  up: send session AS
	  up: send p1 $2
	  up: send session AE
	  wait 100ms
	END
	scenarios="$scenarios $tmp/$1.scn"
}

says() { holds yes "$@"; }
quiet() { holds no "$@"; }
holds() {	# yes or no, REMARK ARTICLE CAPTURE
	"$rig" check "$4" >"$tmp/out" 2>&1
	got=no
	grep -q " $2:\{0,1\} .*\[$3\]" "$tmp/out" && got=yes
	case $1 in yes) name=sign-$2 ;; *) name=no-sign-$2 ;; esac
	if [ $got = "$1" ]; then echo "ok $name"
	else
		echo "not ok $name: \"$2 ... [$3]\" in the output: $got"
		sed 's/^/# /' "$tmp/out" >&2
	fi
}

subject='subject="C=XX;A=TEST;P=UP;L=1" reason=1'
name=300e6104130258586206130454455354a010300e310c300a0603550403	# C=XX;A=TEST and a CN
envelope five 'MESSAGE user=hex:01 to=$to-down flags=hex:03a8'
envelope eight 'MESSAGE user=hex:01 to=$to-down flags=hex:00a8'
envelope underscore "MESSAGE user=hex:01 to=hex:${name}1303615f62"
envelope dot "MESSAGE user=hex:01 to=hex:${name}1303612e62"
envelope teletex "MESSAGE user=hex:01 to=hex:${name}1403615f62"
envelope additional "REPORT content=(p1 REPORT-CONTENT $subject additional=hex:0500)"
envelope plain "REPORT content=(p1 REPORT-CONTENT $subject)"
envelope extended "REPORT extensions=(p1 EXTENSION oid=1.2.3.4 value=hex:0500) content=(p1 REPORT-CONTENT $subject)"
# shellcheck disable=SC2086
"$rig" run --virtual --out "$tmp/run" $scenarios >"$tmp/ran" 2>&1
of=$tmp/run/faults
[ -s "$of/plain.pcapng" ] || { echo "not ok signs: no capture: $(head -n 3 "$tmp/ran" | tr '\n' ' ')"; exit 0; }

says indicators-five-bits Q140937 "$of/five.pcapng"
quiet indicators-five-bits Q140937 "$of/eight.pcapng"
says directory-underscore Q156716 "$of/underscore.pcapng"
quiet directory-underscore Q156716 "$of/dot.pcapng"
quiet directory-underscore Q156716 "$of/teletex.pcapng"
says report-additional Q151785 "$of/additional.pcapng"
quiet report-additional Q151785 "$of/plain.pcapng"
# The extension is replaced by an empty list, and a member that nobody knows.
python3 tests/tools/bend.py "$tmp/empty.pcap" \
	"$of/extended.pcapng,replace=a10b300983032a0304a2020500:a1009f7f080000000000000000"
says report-extensions-empty Q164049 "$tmp/empty.pcap"
quiet report-extensions-empty Q164049 "$of/extended.pcapng"
# Or a member without a type.
python3 tests/tools/bend.py "$tmp/member.pcap" \
	"$of/extended.pcapng,replace=a10b300983032a0304a2020500:a10230009f7f06000000000000"
says p1.extension Q164049 "$tmp/member.pcap"
quiet p1.extension Q164049 "$of/extended.pcapng"
quiet report-extensions-empty Q164049 "$of/plain.pcapng"
says window-three Q185934 captures/defect-Q185934.pcapng.gz
quiet window-three Q185934 captures/transfer-1988.pcap
