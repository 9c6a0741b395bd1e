#!/bin/sh
# Strong and protected credentials: `send`, `peer`, the lab MTA and scenarios, each as
# caller and as called, taken and refused; and what tshark says of the binds.
set -u
. tests/lib/say.sh
X=$(cd "${1:-build}" && pwd)/x400rig
catalogue=$PWD/rig
T=$(mktemp -d) || exit 4
peer= mta=
trap 'kill $peer $mta 2>/dev/null; sh "$catalogue/../tests/lib/cases.sh" "$T"; rm -rf "$T"' EXIT
cd "$T" || exit 4
status=0

says() {	# name, status of what was tried, why not
	if [ "$2" = 0 ]; then
		echo "ok $1"
	else
		echo "not ok $1: $3"
		status=1
	fi
}

# name, issuer (none: itself): NAME.pem has key and certificate, NAME.crt that alone
holder() {
	openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"
	if [ -z "${2:-}" ]; then
		openssl req -x509 -new -key "$1.key" -subj "/CN=$1" -out "$1.crt" -days 2
	else
		openssl req -new -key "$1.key" -subj "/CN=$1" -out "$1.csr"
		openssl x509 -req -in "$1.csr" -CA "$2.crt" -CAkey "$2.key" -CAcreateserial \
			-days 2 -out "$1.crt"
	fi 2>/dev/null
	cat "$1.key" "$1.crt" >"$1.pem"
}

holder CA
holder STRANGER
for name in RIGUP RIGDOWN LAB; do holder $name CA; done
cat CA.crt RIGUP.crt RIGDOWN.crt LAB.crt >trust.pem

for kind in strong protected; do
	rm -f peer.out mta.out
	ours="--credentials $kind --key RIGUP.pem --trust trust.pem --their-password up-secret"

	"$X" peer --listen 127.0.0.1:0 --credentials $kind --key RIGDOWN.pem --trust trust.pem \
		--password up-secret --their-password up-secret >peer.out 2>&1 &
	peer=$!
	down=$(address_in peer.out)
	"$X" mta --listen 127.0.0.1:0 --peer RIGUP,up-secret \
		--peer "RIGDOWN,up-secret,$down,C=XX;A=TEST;P=DOWN;" --credentials $kind \
		--key LAB.pem --trust trust.pem --password up-secret --logs logs >mta.out 2>&1 &
	mta=$!
	lab=$(address_in mta.out)

	# who, what is told, arguments
	try() {
		timeout 10 "$X" send $3 >send.out 2>&1
		got=$?
		grep -q "$2" send.out && [ $got = ${4:-4} ]
		says "credentials-$kind-$1" $? "status $got: $(head -1 send.out)"
	}
	try peer "1 of 1 messages" "$down $ours --their-name RIGDOWN --capture $kind.pcapng" 0
	try mta "1 of 1 messages" "$lab $ours --their-name LAB" 0
	waited peer.out 'MESSAGE.*trace=2' && grep -q 'name="LAB" password='$kind peer.out
	says "credentials-$kind-relayed" $? "nothing came out: $(tail -1 peer.out)"
	try simple authentication-error "$lab"
	try stranger authentication-error \
		"$lab --credentials $kind --key STRANGER.pem --their-name LAB"
	try not-its-name authentication-error \
		"$lab --credentials $kind --key RIGDOWN.pem --their-name LAB"
	try answer-of-stranger "credentials are not good" \
		"$lab --credentials $kind --key RIGUP.pem --trust STRANGER.crt --their-name LAB" 1
	[ $kind = protected ] && try password authentication-error \
		"$lab $ours --their-name LAB --password wrong"
	[ $kind = strong ] && try other-mta authentication-error \
		"$lab $ours --their-name OTHER"

	# ping, init, and ping with the target file that init has written
	ask() {	# who, status, what is told, verb and arguments
		who=$1 want=$2 told=$3
		shift 3
		RIG_UP=up-secret RIG_DOWN=x MTA_PASSWORD=up-secret timeout 20 "$X" "$@" >ask.out 2>&1
		got=$?
		[ $got = "$want" ] && grep -q "$told" ask.out
		says "credentials-$kind-$who" $? "status $got: $(head -2 ask.out | tr '\n' ' ')"
	}
	# shellcheck disable=SC2086
	ask ping 0 'P1 .*name="LAB"' ping $lab $ours --password up-secret --their-name LAB
	ask ping-simple 1 authentication-error ping $lab --password up-secret
	ask ping-stranger 1 'credentials are not good' ping $lab --credentials $kind \
		--key RIGUP.pem --trust STRANGER.crt --password up-secret --their-name LAB
	# shellcheck disable=SC2086
	ask init 0 'trying normal ... release' init $lab $ours --password up-secret \
		--their-name LAB -o $kind.target
	grep -q "our-key \"RIGUP.pem\"" $kind.target && "$X" lint $kind.target >lint.out 2>&1
	says "credentials-$kind-init-target" $? "$(head -3 lint.out | tr '\n' ' ')"
	ask ping-target 0 'P1 .*name="LAB"' ping --target $kind.target
	kill $peer $mta
	wait $peer
	ends=$?
	wait $mta
	ends="$ends $?"
	[ "$ends" = "0 0" ]
	says "credentials-$kind-ends" $? "peer and mta end with $ends: $(grep -m1 ERROR peer.out mta.out)"
	peer= mta=
done

# Without a key of its own it believes the caller, and has nothing to answer with.
rm -f mta.out
"$X" mta --listen 127.0.0.1:0 --peer RIGUP,up-secret --credentials strong --trust trust.pem \
	--password up-secret --logs keyless >mta.out 2>&1 &
mta=$!
timeout 10 "$X" send "$(address_in mta.out)" --credentials strong --key RIGUP.pem --trust trust.pem \
	--their-password up-secret --their-name LAB >send.out 2>&1
grep -q authentication-error send.out
says credentials-without-key $? "$(head -1 send.out)"
grep -q "our credentials cannot be made, there is no key" keyless/Application.txt
says credentials-without-key-log $? "$(tail -n 1 keyless/Application.txt)"
kill $mta
wait $mta
mta=

tshark -r strong.pcapng -V 2>/dev/null >strong.txt
grep -q 'AsymmetricToken' strong.txt && grep -q 'commonName=RIGUP' strong.txt &&
	grep -q 'commonName=RIGDOWN' strong.txt && ! grep -qi 'malformed' strong.txt
says credentials-tshark $? "$(grep -i -m1 malformed strong.txt)"

# Scenarios: the lab MTA asks for them on both sides.
sed -e '/pixit side \(up\|down\)/s/$/ credentials strong our-key "KEY.pem"/' \
	-e '/side up/s/KEY/RIGUP/' -e '/side down/s/KEY/RIGDOWN/' \
	-e 's/pixit domain/pixit its-key "LAB.pem" trust "trust.pem"\n  &/' \
	"$catalogue/targets/lab.target" >strong.target
cat >strong.scn <<'SCN'
scenario own/strong
  title   "Bind tokens on both sides; a password alone is refused"
  serves  BND-BV-01
  source  "X.411 Credentials"
  limit   20s

  down: listen
  up: associate
  up: transfer 2 messages size 2KiB to down
  expect delivered within 3s
  up: release
  up: associate credentials simple
  expect up refused authentication-error within 2s
  up: associate as "RIGDOWN"
  expect up refused authentication-error within 2s
SCN
"$X" run strong.scn --target strong.target --out out >run.out 2>&1
says credentials-scenario $? "$(grep -v '^$' run.out | tail -3 | tr '\n' ' ')"
sed 's/RIGDOWN.pem/STRANGER.pem/' strong.target >stranger.target
"$X" run strong.scn --target stranger.target --out out2 >run.out 2>&1
[ $? = 1 ]
says credentials-scenario-stranger $? "$(tail -3 run.out | tr '\n' ' ')"
exit $status
