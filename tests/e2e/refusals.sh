#!/bin/sh
# Whom the lab MTA refuses below RTSE, it logs once, with the reason: no class 0, no version of
# session, an application context that is not ours.
#     sh tests/e2e/refusals.sh BUILD
set -u
. tests/lib/say.sh
x=$1/x400rig
tmp=$(mktemp -d)
trap 'sh tests/lib/cases.sh "$tmp"; rm -rf "$tmp"' EXIT

refused() {	# name, rule, step
	cat >"$tmp/$1.scn" <<-END
	scenario refusals/$1
	  title  "A caller who is refused"
	  source "X.224 6.5, X.225 7.1, X.227 7.1"

	  up.x: connect
	  up.x: send $3
	  wait 8s
	END
	"$x" run --virtual --seed 7 --quiet --out "$tmp/$1" "$tmp/$1.scn" >"$tmp/said" 2>&1
	check "$1: is logged" 1 "$(grep -c 'interoperability error occurred with a caller at 127' \
		"$tmp/$1/mta/refusals/$1/Ev0.log")"
	check "$1: with the reason" 1 "$(grep -c "without a bind[.] $2: " "$tmp/$1/mta/refusals/$1/Ev0.log")"
}
refused class cotp.no-class 'cotp CR class=0x40'
connected='cotp CR
  expect up.x cotp CC within 5s
  up.x: send'
refused version session.version-none "$connected session CN version=0"
refused context acse.context-refused "$connected session CN user=(presentation CP user=(acse AARQ context=1.2.3.4.5))"
