#!/bin/sh
# TPKT and COTP against a peer that we have not written: xrdp of Debian, if it is there.  What is
# expected here is what docs/foreign.md says was found, the faults too.
set -u
x=$1/x400rig
tmp=$(mktemp -d)
peer=
trap '[ -z "$peer" ] || kill "$peer" 2>/dev/null; sh tests/lib/cases.sh "$tmp"; rm -rf "$tmp"' EXIT
if ! command -v xrdp >/dev/null 2>&1; then
	echo "skip foreign: no xrdp"
	exit 0
fi
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >"$tmp/xrdp.ini" <<I
[Globals]
ini_version=1
fork=true
port=tcp://127.0.0.1:$port
security_layer=negotiate
[Logging]
LogFile=$tmp/xrdp.log
LogLevel=ERROR
EnableSyslog=false
I
xrdp --nodaemon -c "$tmp/xrdp.ini" >"$tmp/peer.txt" 2>&1 &
peer=$!
sed "s/127.0.0.1:3389/127.0.0.1:$port/" rig/targets/rdp-server.target >"$tmp/rdp.target"
i=0
while ! python3 -c "import socket; socket.create_connection(('127.0.0.1', $port))" 2>/dev/null; do
	i=$((i + 1))
	if [ $i -gt 50 ] || ! kill -0 "$peer" 2>/dev/null; then
		echo "skip foreign: xrdp does not start here"
		exit 0
	fi
	sleep 0.1
done

check() {	# name, status wanted, steps on standard input
	{
		printf 'scenario foreign/%s\n  title "%s"\n  limit 60s\n' "$1" "$1"
		cat
	} >"$tmp/$1.scn"
	"$x" run -q --unasked -t "$tmp/rdp.target" -o "$tmp/$1" "$tmp/$1.scn" >"$tmp/$1.txt" 2>&1
	got=$?
	if [ $got = "$2" ]; then
		echo "ok foreign-$1"
	else
		echo "not ok foreign-$1: status $got: $(grep -m1 because "$tmp/$1.txt")"
	fi
}

check bare-cr 0 <<'S'
  up.x: connect
  up.x: send cotp CR src=0x4711 size=none
  expect up.x cotp CC class=0 within 5s clause "X.224 6.5.4"
S
check cr-in-pieces 0 <<'S'
  up.x: connect
  up.x: send cotp CR src=0x4711 size=none stop after 2
  wait 50ms
  up.x: send rest
  expect up.x cotp CC class=0 within 5s clause "RFC 1006 6"
S
check wrong-version 0 <<'S'
  up.x: connect
  up.x: send tpkt frame version=2 data=(cotp CR size=none)
  expect up.x tcp closed within 10s clause "RFC 1006 6"
S
# All of the catalogue: what needs a session is skipped by its PICS.
sed 's/disconnect 5s/disconnect 1s/; s/tim 5s/tim 1s/' "$tmp/rdp.target" >"$tmp/short.target"
"$x" run -q -j 8 -t "$tmp/short.target" -o "$tmp/all" >"$tmp/all.txt" 2>&1
for verdict in pass fail inconclusive error; do
	sed -n "s/^$verdict  *\([a-z]*\/[^ ]*\) .*/$verdict \1/p" "$tmp/all.txt" | sort
done >"$tmp/got"
cat >"$tmp/want" <<'W'
pass defects/reserved-octet
pass signatures/s20-connections
pass tpkt/long-announced
pass tpkt/reserved
pass tpkt/short-length
pass tpkt/version
pass transport/bad-length
pass transport/bad-size
pass transport/early-dt
pass transport/unknown-selector
pass transport/unknown-tpdu
fail tpkt/foreign-protocols
fail tpkt/idle-caller
fail tpkt/late-body
fail transport/class-negotiation
fail transport/sizes
fail transport/unknown-parameter
W
lacks=$(grep '^skip' "$tmp/all.txt" | grep -cv 'lacks \(pics\|pixit\|side\)')
if cmp -s "$tmp/got" "$tmp/want" && [ "$lacks" = 0 ]; then
	echo "ok foreign-catalogue: $(tail -n 1 "$tmp/all.txt")"
else
	echo "not ok foreign-catalogue: $(diff "$tmp/want" "$tmp/got" | tr '\n' ' ')"
fi
# Deviations of the peer: the rig finds each.
check cc-names-our-reference 1 <<'S'
  up.x: connect
  up.x: send cotp CR src=0x4711 size=none
  expect up.x cotp CC dst=0x4711 within 2s clause "X.224 13.4.3"
S
check tpdu-size-is-read 1 <<'S'
  up.x: connect
  up.x: send cotp CR src=0x4711 size=2048
  expect up.x cotp CC within 2s clause "X.224 13.3.4 b)"
S
