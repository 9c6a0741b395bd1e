#!/bin/sh
# ping, init, target, and a run against an MTA that the rig has not started itself.
set -u
. tests/lib/say.sh
x=$1/x400rig
tmp=$(mktemp -d)
mta= peer=
trap '[ -n "$mta$peer" ] && kill $mta $peer 2>/dev/null; sh tests/lib/cases.sh "$tmp"; rm -rf "$tmp"' EXIT

# shellcheck disable=SC2046
set -- $(ports 4)
port=$1 up=$2 down=$3 nobody=$4
"$x" mta --listen 127.0.0.1:"$port" --scale 1 --logs "$tmp" \
	--peer "RIGUP,up-secret,127.0.0.1:$up,C=XX;A=TEST;P=UP;" \
	--peer "RIGDOWN,down-secret,127.0.0.1:$down,C=XX;A=TEST;P=DOWN;" >"$tmp/ready" 2>"$tmp/mta.err" &
mta=$!
waited "$tmp/ready"

"$x" ping 127.0.0.1:"$port" --password up-secret >"$tmp/ping.txt" 2>&1
check "ping: status" 0 $?
for fact in 'mts-transfer as RIGUP: TCP .* release' 'transport .*TPDU size' 'session .*version 2' \
            'RTSE .*checkpoint 30 KiB, window 5, monologue' 'P1 .*name="LAB"'; do
	grep -q "$fact" "$tmp/ping.txt"
	check "ping: $fact" 0 $?
done
"$x" ping 127.0.0.1:"$port" --password wrong >"$tmp/ping.txt" 2>&1
check "ping with a wrong password: status" 1 $?
grep -q 'refused the bind: authentication-error' "$tmp/ping.txt"
check "ping with a wrong password: why" 0 $?
"$x" ping 127.0.0.1:"$nobody" >"$tmp/ping.txt" 2>&1
check "ping of nobody: status" 4 $?
grep -q 'no TCP connection: Connection refused' "$tmp/ping.txt"
check "ping of nobody: why" 0 $?
"$x" ping 127.0.0.1:"$port" --mode 1894 2>"$tmp/err"
check "ping in no mode: status" 2 $?
grep -q 'did you mean "1984"' "$tmp/err"
check "ping in no mode: hint" 0 $?

"$x" init 127.0.0.1:"$port" --password up-secret -o "$tmp/mta.target" 2>"$tmp/init.err"
check "init: status" 0 $?
"$x" lint "$tmp/mta.target" 2>"$tmp/lint.err"
check "init: its target file is clean" 0 $?
MTA_PASSWORD=a RIG_UP=b RIG_DOWN=c "$x" list -t "$tmp/mta.target" >"$tmp/list.txt" 2>"$tmp/lint.err"
check "init: no scenario asks for what is not in it" "0 " "$? $(grep error "$tmp/lint.err")"
grep -q 'its-name "LAB"' "$tmp/mta.target" && grep -q 'pics mode normal' "$tmp/mta.target"
check "init: name and mode" 0 $?
"$x" init 127.0.0.1:"$port" -o "$tmp/mta.target" 2>/dev/null
check "init: an old file is not overwritten" 4 $?
"$x" target explain "$tmp/mta.target" | grep -q 'its MTA name *RIGDOWN'
check "target explain: the neighbours" 0 $?
"$x" target explain "$tmp/mta.target" | grep -q "called at *any address of the rig's machine, port 10103"
check "target explain: where a side that listens everywhere is called" 0 $?

# The lab MTA once more, but as a stranger.
sed -e "s/pixit address lab/pixit address 127.0.0.1:$port/" -e "/side up/s/:0 /:$up /" \
	-e "/side down/s/:0 /:$down /" -e '/side slow/d' -e '/at slow/d' -e '/^ *logs/d' \
	rig/targets/lab.target >"$tmp/stranger.target"
MTA_PASSWORD=x "$x" run --quiet -t "$tmp/stranger.target" --out "$tmp/run" 'basic/*' \
	>"$tmp/run.txt" 2>&1
check "a run against a stranger: status" 0 $?
check "a run against a stranger: all pass" 4 "$(grep -c '^pass' "$tmp/run.txt")"
"$x" rejudge "$tmp/run" >/dev/null 2>&1
check "a run against a stranger: judged again" 0 $?
kill "$mta"
wait "$mta" 2>/dev/null
mta=
"$x" run --quiet -t "$tmp/stranger.target" --out "$tmp/run2" 'basic/*' >"$tmp/run.txt" 2>&1
check "a run against nobody: status" 4 $?
grep -q 'does not take a plain bind (nothing): no TCP connection' "$tmp/run.txt"
check "a run against nobody: one error, before any case" 0 $?

# A restart hook brings it back, a queue hook says what it holds.
cat >"$tmp/start.sh" <<START
#!/bin/sh
"$x" mta --listen 127.0.0.1:$port --scale 1 \\
	--peer "RIGUP,up-secret,127.0.0.1:$up,C=XX;A=TEST;P=UP;" \\
	--peer "RIGDOWN,down-secret,127.0.0.1:$down,C=XX;A=TEST;P=DOWN;" >"$tmp/again" 2>&1 &
echo \$! >"$tmp/pid"
while ! [ -s "$tmp/again" ]; do sleep 0.02; done
START
{
	cat "$tmp/stranger.target"
	echo "  hooks restart command [\"sh\", \"$tmp/start.sh\"] within 20s"
	echo "  hooks queue command [\"echo\", \"0\"]"
} >"$tmp/hooks.target"
"$x" run --quiet -t "$tmp/hooks.target" --out "$tmp/run3" basic/transfer >"$tmp/run.txt" 2>&1
check "restart hook: the run goes on" 0 $?
grep -q 'running its restart hook' "$tmp/run.txt"
check "restart hook: is told" 0 $?
grep -q '"name":"QUEUE' "$tmp/run3/events/basic/transfer.jsonl" ||
	grep -qi 'queue' "$tmp/run3/events/basic/transfer.jsonl"
check "queue hook: is asked" 0 $?
mta=$(cat "$tmp/pid")
sed 's/"sh", .*within 20s/"sleep", "60"] within 100ms/' "$tmp/hooks.target" >"$tmp/slow.target"
kill "$mta"
mta=
"$x" run --quiet -t "$tmp/slow.target" --out "$tmp/run4" basic/transfer >"$tmp/run.txt" 2>&1
check "a hook that never ends: status" 4 $?
grep -q 'the restart hook failed' "$tmp/run.txt"
check "a hook that never ends: is told" 0 $?

# --- an MTA that takes TLS and nothing else

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$tmp/key.pem" \
	-out "$tmp/cert.pem" -days 5 -subj /CN=mta.example -addext subjectAltName=DNS:mta.example 2>/dev/null
words="tls=both tls-cert=$tmp/cert.pem tls-key=$tmp/key.pem tls-ca=$tmp/cert.pem tls-name=mta.example"
printf 'link "%s"\n' "$words" >"$tmp/tls.conf"
: >"$tmp/ready"
"$x" mta --config "$tmp/tls.conf" --listen 127.0.0.1:"$port" --scale 1 \
	--peer "RIGUP,up-secret,127.0.0.1:$up,C=XX;A=TEST;P=UP;" \
	--peer "RIGDOWN,down-secret,127.0.0.1:$down,C=XX;A=TEST;P=DOWN;" >"$tmp/ready" 2>"$tmp/mta.err" &
mta=$!
waited "$tmp/ready"
"$x" ping 127.0.0.1:"$port" --password up-secret >"$tmp/ping.txt" 2>&1
check "TLS: a plain ping gets nowhere" 1 $?
"$x" ping 127.0.0.1:"$port" --password up-secret --link "tls=responder tls-ca=$tmp/cert.pem tls-name=mta.example" \
	>"$tmp/ping.txt" 2>&1
check "TLS: ping with --link" 0 $?
"$x" ping 127.0.0.1:"$port" --password up-secret --link "tls=responder tls-ca=$tmp/cert.pem tls-name=other.example" \
	>"$tmp/ping.txt" 2>&1
check "TLS: ping to another's certificate" 4 $?
"$x" ping 127.0.0.1:"$port" --link tls=maybe >"$tmp/ping.txt" 2>&1
check "TLS: ping with a wrong word" 2 $?
sed -e "/pixit side/s|\$| link \"$words\"|" "$tmp/stranger.target" >"$tmp/tls.target"
"$x" run --quiet -t "$tmp/tls.target" --out "$tmp/tls" 'basic/*' >"$tmp/tls.txt" 2>&1
check "TLS: a run by the target's word" "0 4" "$? $(grep -c '^pass' "$tmp/tls.txt")"
"$x" send -t "$tmp/tls.target" >"$tmp/send.txt" 2>&1
check "TLS: send says what to put between" 2 $?
has "TLS: send says what to put between, in words" 'x400rig link' "$tmp/send.txt"
"$x" run --quiet -t "$tmp/stranger.target" --out "$tmp/bare" 'basic/*' >"$tmp/bare.txt" 2>&1
check "TLS: a run without it ends before its cases" 4 $?
sed -e "/pixit side up/s|\$| link \"rate=fast\"|" "$tmp/stranger.target" >"$tmp/bad.target"
"$x" lint "$tmp/bad.target" >"$tmp/lint.txt" 2>&1
has "a line's words are checked where they stand" 'bad.target:[0-9]*:[0-9]*: error: ' "$tmp/lint.txt"
kill "$mta"

# Identifiers are of one process: a second `send` of the same second says others.
"$x" peer --listen 127.0.0.1:0 >"$tmp/peer.txt" 2>&1 &
peer=$!
port=$(port_in "$tmp/peer.txt")
"$x" send 127.0.0.1:"$port" --count 2 --capture "$tmp/send1.pcapng" >/dev/null 2>&1 &
sender=$!
"$x" send 127.0.0.1:"$port" --count 2 --capture "$tmp/send2.pcapng" >/dev/null 2>&1 && wait "$sender"
check "send, twice at once: status" 0 $?
kill "$peer"
for k in 1 2; do "$x" decode --json "$tmp/send$k.pcapng"; done |
	grep -oE 'x400rig-[0-9a-f]{8}-[0-9a-f]{6}-[0-9]{8}' | sort -u >"$tmp/identifiers"
check "send, twice at once: four identifiers" 4 "$(wc -l <"$tmp/identifiers")"
