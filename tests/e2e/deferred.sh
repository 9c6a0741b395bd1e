#!/bin/sh
# A message that is deferred is held also where the MTA is killed meanwhile, twice, and begins
# again on its queue (X.411 8.2.1.1.1.17).
#     sh tests/e2e/deferred.sh BUILD
set -u
. tests/lib/say.sh
x=$1/x400rig
tmp=$(mktemp -d)
mta=
down=
trap 'kill -9 $mta $down 2>/dev/null; rm -rf "$tmp"' EXIT

# shellcheck disable=SC2046
set -- $(ports 2)
port=$1 there=$2
lab() {
	: >"$tmp/ready"
	"$x" mta --listen 127.0.0.1:$port --queue "$tmp/queue" --peer RIGUP,up-secret \
		--peer "RIGDOWN,down-secret,127.0.0.1:$there,C=XX;A=TEST;P=DOWN;" >"$tmp/ready" 2>"$tmp/err" &
	mta=$!
	waited "$tmp/ready"
}
die() {
	kill -9 $mta
	wait $mta 2>/dev/null
	: >"$tmp/ready"
}
sed -e "s/pixit address lab/pixit address 127.0.0.1:$port/" -e "/side down/s/:0 /:$there /" \
	-e '/side \(slow\|old\|x410\)/d' -e '/ at \(slow\|old\|x410\)/d' -e '/logs events file/d' \
	rig/targets/lab.target >"$tmp/t.target"
cat >"$tmp/later.scn" <<'END'
scenario deferred/later
  limit 30s
  up:   associate
  expect up bound within 5s
  up:   send session AS
  up:   send p1 MESSAGE deferred=$in-6s to=$to-down user=hex:01
  up:   send session AE
  expect up session AEA within 5s
END
lab
"$x" run --quiet --target "$tmp/t.target" --out "$tmp/run" "$tmp/later.scn" >"$tmp/said" 2>&1
taken=$(date +%s)
check "it is taken in" 1 "$(grep -c '^pass *deferred/later' "$tmp/said")"
die
lab
"$x" peer --listen 127.0.0.1:$there --name RIGDOWN --password down-secret >"$tmp/came" 2>/dev/null &
down=$!
sleep 1
die
lab
sleep 1
early=$(grep -c MESSAGE "$tmp/came")
check "it has not left early" 0 "$early"
waited "$tmp/came" MESSAGE
check "it leaves in its time" 1 "$(grep -c MESSAGE "$tmp/came")"
check "and not before" 1 "$([ $(($(date +%s) - taken)) -ge 4 ] && echo 1)"
