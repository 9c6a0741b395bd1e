#!/bin/sh
# x400rig decode: golden listings, JSON, real captures, damage.
#     sh tests/e2e/decode.sh BUILD
set -u
. tests/lib/say.sh
build=${1:?build folder}
rig=$build/x400rig
tmp=$(mktemp -d) || exit 1
trap 'sh tests/lib/cases.sh "$tmp"; rm -rf "$tmp"' EXIT

skip() { echo "skip $1: $2"; }

names=$(sed -n 's/^\([A-Za-z0-9-][A-Za-z0-9-]*\) .*/\1/p' captures/MANIFEST)
capture_of() { ls "captures/$1.pcap" "captures/$1.pcapng" "captures/$1.pcapng.gz" 2>/dev/null; }
# Those that make_twins writes; all else is recorded.
twins=$(echo "$names" | grep -v '^lab-\|^defect-')

# --- golden listings

for name in $names; do
	file=$(capture_of "$name")
	if [ -z "$file" ]; then
		bad "decode-golden-$name" "no such capture"
		continue
	fi
	"$rig" decode "$file" >"$tmp/out" 2>"$tmp/err"
	status=$?
	if [ $status != 0 ]; then
		bad "decode-golden-$name" "status $status: $(head -n 1 "$tmp/err")"
	elif ! diff -u "captures/$name.txt" "$tmp/out" >"$tmp/diff"; then
		bad "decode-golden-$name" "the listing has changed"
		cat "$tmp/diff" >&2
	else
		ok "decode-golden-$name"
	fi
done

for file in captures/*.pcap captures/*.pcapng captures/*.pcapng.gz; do
	name=$(basename "${file%%.*}")
	echo "$names" | grep -qx "$name" || bad "decode-manifest" "$name is not in captures/MANIFEST"
done

# Every class of scenarios and every defect of the lab MTA was recorded.
missing=
for class in $(ls rig/catalogue/*/*.scn | cut -d/ -f3 | sort -u); do
	[ "$class" = defects ] && continue		# those are the next ones
	echo "$names" | grep -q "^lab-$class-" || missing="$missing $class"
done
for defect in $("$rig" mta --defect list | sed -n 's/^\([^ ][^ ]*\)$/\1/p'); do
	echo "$names" | grep -qx "defect-$defect" || missing="$missing $defect"
done
[ -z "$missing" ] && ok decode-recorded || bad decode-recorded "no recording of$missing"

if [ -x "$build/tests/tools/make_twins" ]; then
	mkdir "$tmp/twins"
	"$build/tests/tools/make_twins" "$tmp/twins"
	differ=
	for name in $twins; do
		file=$(capture_of "$name")
		cmp -s "$file" "$tmp/twins/$(basename "$file")" || differ="$differ $name"
	done
	[ -z "$differ" ] && ok decode-twins || bad decode-twins "make twins gives others:$differ"
else
	skip decode-twins "make_twins is not built"
fi

# --- JSON

cat >"$tmp/keys.py" <<'PY'
import json, sys
keys = ["time", "frames", "connection", "from", "to", "direction", "layer", "pdu", "text",
        "offset", "length", "cut", "details", "findings"]
n = 0
for line in sys.stdin:
    o = json.loads(line)
    assert list(o) == keys, list(o)
    assert all(isinstance(f, int) and f > 0 for f in o["frames"])
    for f in o["findings"]:
        assert list(f) == ["rule", "clause", "octet", "severity", "text"]
    n += 1
sys.exit(0 if n > 10 else 1)
PY
for name in $twins; do
	for v in "" -v; do
		"$rig" decode --json $v "$(capture_of "$name")" >"$tmp/json" 2>"$tmp/err"
		if python3 "$tmp/keys.py" <"$tmp/json" 2>"$tmp/err"; then
			ok "decode-json$v-$name"
		else
			bad "decode-json$v-$name" "$(tail -n 1 "$tmp/err")"
		fi
	done
done

# What is found in the head of a message stands on its line, which comes at its end.
"$rig" decode captures/lab-trace-long.pcapng.gz | grep -c ' note p1\.' >"$tmp/text"
"$rig" decode --json captures/lab-trace-long.pcapng.gz | grep -o '"rule":"p1\.' | wc -l >"$tmp/json"
[ "$(cat "$tmp/text")" -gt 0 ] && cmp -s "$tmp/text" "$tmp/json" && ok decode-json-findings ||
	bad decode-json-findings "$(cat "$tmp/text") in text, $(cat "$tmp/json") in JSON"

# --- real captures, where they are at hand

real=../shared/captures
# file, words that must stand on one line of the listing
has() {
	if [ ! -r "$real/$1.pcap" ]; then
		skip "decode-real-$1" "$real/$1.pcap is not here"
		return
	fi
	f=$1
	[ -e "$tmp/$f.txt" ] || "$rig" decode "$real/$f.pcap" >"$tmp/$f.txt" 2>"$tmp/err" ||
		bad "decode-real-$f" "status is not 0: $(head -n 1 "$tmp/err")"
	shift
	if grep -q -- "$1" "$tmp/$f.txt"; then
		ok "decode-real-$f"
	else
		bad "decode-real-$f" "no line with: $1"
	fi
}
# to the last octet of each stream
# shellcheck disable=SC2046
python3 tests/lib/whole.py "$rig" captures/*.pcap $(ls "$real"/*.pcap 2>/dev/null)
has x400-ping-success '<- .* note: directions paired'
has x400-ping-success 'p1 .* BIND-ARGUMENT name="percival.smhs.co.uk" password=ia5:9'
has x400-ping-success 'p1 .* BIND-RESULT name="guinevere.smhs.co.uk" password=ia5:6'
has x400-ping-success 'acse .* RLRE reason=0:normal'
has x400-ping-success '12 .* <- .* RST'
has x400-ping-refuse '7 .* <- .* session .* RF .* reason=2:user-data'
has x400-ping-refuse 'acse .* AARE .* result=1:rejected-permanent'
has x400-ping-refuse 'p1 .* BIND-ERROR authentication-error'
has mta-bind-refused 'p1 .* BIND-ARGUMENT name="PP-MTA" password=octets:5'
has mta-bind-refused 'p1 .* BIND-ERROR authentication-error'
has mta-bind-refused 'note p1.bind-wrapper'
has mta-bind-refused '10 .* -> .* DR '
has mta-transfer-1984 'rtse .* RTORQ checkpoint=63 .* protocol=1'
has mta-transfer-1984 'p1 .* BIND-RESULT name="PP2-MTA"'
has mta-transfer-1984 'p1 .* MESSAGE id="C=XX;A= ;P=TEST;L=pp.test.117'
has mta-transfer-1984 'ipm .* subject="hello over P1"'
has mta-transfer-1988-normal '12 .* -> .* session .* DT user=682'
has mta-transfer-1988-normal 'recipient number=1 name="C=XX;A= ;P=TEST;O=PP2;S=null" flags=responsible,mta-ndr,ndr'
has mta-transfer-1988-normal 'ipm .* subject="hello over P1"'
has mta-transfer-1988-normal 'to name="C=XX;A= ;P=TEST;O=PP2;S=null"'
has mta-transfer-1988-normal '14 .* <- .* AEA serial=1'

# --- what cannot be read

expect_status() {	# name, status, then the command
	name=$1 want=$2
	shift 2
	"$@" >"$tmp/out" 2>"$tmp/err"
	status=$?
	[ $status = "$want" ] && ok "$name" || bad "$name" "status $status, not $want: $*"
}
one_line() {
	[ "$(wc -l <"$tmp/err")" = 1 ] && [ ! -s "$tmp/out" ] && ok "$1" ||
		bad "$1" "not one line on standard error, and nothing else"
}
expect_status decode-missing 2 "$rig" decode "$tmp/nothing.pcap"
one_line decode-missing-line
head -c 300 "$rig" >"$tmp/elf.pcap"
expect_status decode-no-capture 2 "$rig" decode "$tmp/elf.pcap"
one_line decode-no-capture-line
: >"$tmp/empty.pcap"
expect_status decode-empty 2 "$rig" decode "$tmp/empty.pcap"
expect_status decode-no-operand 2 "$rig" decode
expect_status decode-port-none 5 "$rig" decode --port 9 captures/transfer-1988.pcap
expect_status decode-port 0 "$rig" decode --port 10234 captures/transfer-1988.pcap
expect_status decode-help 0 "$rig" decode --help
grep -q 'examples:' "$tmp/out" && ok decode-help-examples || bad decode-help-examples "none"

head -c 1100 captures/transfer-1988.pcap >"$tmp/cut.pcap"
expect_status decode-truncated 3 "$rig" decode "$tmp/cut.pcap"
grep -q 'frame [0-9]* cannot be read' "$tmp/err" && ok decode-truncated-frame ||
	bad decode-truncated-frame "$(cat "$tmp/err")"
grep -q 'BIND-RESULT' "$tmp/out" && ok decode-truncated-rest ||
	bad decode-truncated-rest "the frames before are not listed"

# --- many lengths, random octets (the readers' own tests take every one)

cat >"$tmp/damage.py" <<'PY'
import random, subprocess, sys
rig, kind, out, source = sys.argv[1:5]
data = open(source, "rb").read()
random.seed(7)

def cases():
    if kind == "lengths":
        for n in list(range(64)) + list(range(64, len(data), 7)):
            yield "%d octets" % n, data[:n]
    else:
        for i in range(40):
            d = bytearray(data)
            for _ in range(1 + i % 7):
                d[random.randrange(24, len(d))] ^= 1 << random.randrange(8)
            yield "flip %d" % i, bytes(d)

for name, octets in cases():
    open(out, "wb").write(octets)
    status = subprocess.call([rig, "decode"] + (["--json"] if len(octets) % 2 else []) + [out],
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if status not in (0, 2, 3, 5):
        sys.exit("%s: status %d" % (name, status))
PY
damage() {	# kind, name
	if python3 "$tmp/damage.py" "$rig" "$1" "$tmp/damaged" "$(capture_of "$2")" 2>"$tmp/err"; then
		ok "decode-$1-$2"
	else
		bad "decode-$1-$2" "$(tail -n 1 "$tmp/err")"
	fi
}
damage lengths ping-refused
damage flips checkpoints
damage flips transfer-1984

# --- filters, contents, associations

filter() {	# name, expression of what every line must be, options
	name=$1 must=$2
	shift 2
	"$rig" decode --json "$@" captures/checkpoints.pcapng >"$tmp/json" 2>"$tmp/err"
	if python3 -c '
import json, sys
lines = [json.loads(l) for l in open(sys.argv[1])]
assert lines and all(eval(sys.argv[2]) for o in lines), lines[:1]
' "$tmp/json" "$must" 2>"$tmp/err"; then
		ok "decode-filter-$name"
	else
		bad "decode-filter-$name" "$(tail -n 1 "$tmp/err")"
	fi
}
filter layer 'o["layer"] in ("p1", "ipm")' --filter layer=p1,ipm
filter pdu 'o["pdu"] == "MIP"' --filter pdu=MIP
filter both 'o["layer"] == "session" and o["pdu"] == "CN"' --filter layer=session --filter pdu=CN,AARQ
filter association 'o["connection"] == 1' --filter association=1
filter id '"east.7" in o["text"] or o["layer"] != "p1"' --filter id=east.7
expect_status decode-filter-none 0 "$rig" decode --filter id=nowhere captures/checkpoints.pcapng
[ -s "$tmp/out" ] && bad decode-filter-none-lines "there are lines" || ok decode-filter-none-lines
expect_status decode-filter-wrong 2 "$rig" decode --filter layer=p2 captures/checkpoints.pcapng
expect_status decode-as 5 "$rig" decode --decode-as 102=none captures/checkpoints.pcapng
expect_status decode-as-x400 0 "$rig" decode --decode-as 10234=x400 captures/transfer-1988.pcap
expect_status decode-as-wrong 2 "$rig" decode --decode-as 102=smtp captures/transfer-1988.pcap
expect_status decode-bpf 0 "$rig" decode --bpf 'tcp port 10234' captures/transfer-1988.pcap
expect_status decode-bpf-none 5 "$rig" decode --bpf 'udp' captures/transfer-1988.pcap
expect_status decode-bpf-wrong 2 "$rig" decode --bpf 'tcp prot 1' captures/transfer-1988.pcap
expect_status decode-live-wrong 4 "$rig" decode --live no-such-interface

# --- from an interface, with a filter; told while it goes on

timeout 0.3 "$rig" decode --live lo --bpf 'udp port 1' >"$tmp/out" 2>&1
if [ $? = 2 ]; then
	skip decode-live "may not capture here"
else
	"$rig" peer --listen 127.0.0.1:0 --quiet --no-digest >"$tmp/peer" 2>&1 &
	peer=$!
	port=$(port_in "$tmp/peer")
	"$rig" decode --live lo --bpf "tcp port $port" >"$tmp/live" 2>"$tmp/live.err" &
	live=$!
	"$rig" decode --live lo --bpf "udp port $port" >"$tmp/none" 2>"$tmp/none.err" &
	none=$!
	"$rig" check --live lo --bpf "tcp port $port" >"$tmp/check" 2>"$tmp/check.err" &
	check=$!
	sleep 0.5
	"$rig" send "127.0.0.1:$port" --count 2 >/dev/null 2>&1
	waited "$tmp/live" ' DN' && [ "$(grep -c ' MESSAGE id=' "$tmp/live")" = 2 ] &&
		kill -0 $live && ok decode-live || bad decode-live "$(tail -n 2 "$tmp/live" "$tmp/live.err")"
	kill -INT $live $none $check
	wait $live
	[ $? = 0 ] && ok decode-live-status || bad decode-live-status "$(cat "$tmp/live.err")"
	wait $none
	[ $? = 5 ] && [ ! -s "$tmp/none" ] && ok decode-live-filter ||
		bad decode-live-filter "$(cat "$tmp/none" "$tmp/none.err")"
	wait $check
	[ $? = 0 ] && grep -q '^messages: 2' "$tmp/check" && ok check-live ||
		bad check-live "$(tail -n 3 "$tmp/check" "$tmp/check.err")"
	kill $peer
	wait $peer 2>/dev/null
fi

expect_status decode-save 0 "$rig" decode --save "$tmp/contents" captures/transfer-1988.pcap
sum=$(sha256sum <"$tmp/contents/1-0001.p22" | cut -d' ' -f1)
grep -q "^1-0001.p22	200	$sum	C=ZZ;A= ;P=NORTH;L=north.204" "$tmp/contents/index.tsv" &&
	ok decode-save-index || bad decode-save-index "$(cat "$tmp/contents/index.tsv")"

expect_status decode-export 0 "$rig" decode --export "$tmp/one.pcapng" --filter association=1 \
	captures/checkpoints.pcapng
"$rig" decode "$tmp/one.pcapng" | diff - captures/checkpoints.txt >"$tmp/diff" && ok decode-export-same ||
	bad decode-export-same "$(head -n 3 "$tmp/diff")"
expect_status decode-export-nothing 0 "$rig" decode --export "$tmp/none.pcapng" \
	--filter association=7 captures/checkpoints.pcapng
expect_status decode-export-empty 5 "$rig" decode "$tmp/none.pcapng"
# every packet of the mail in two fragments, the second one first: all are written
python3 - captures/transfer-1988.pcap "$tmp/pieces.pcap" <<'END'
import struct, sys
data = open(sys.argv[1], "rb").read()
out, at, number = bytearray(data[:24]), 24, 0
while at < len(data):
    head, n = data[at : at + 8], struct.unpack_from("<I", data, at + 8)[0]
    f, at, number = data[at + 16 : at + 16 + n], at + 16 + n, number + 1
    body = f[34 : 14 + struct.unpack_from(">H", f, 16)[0]]
    for part, flags in ((body[16:], 0x0002), (body[:16], 0x2000)):
        p = bytearray(f[:34] + part)
        struct.pack_into(">HHH", p, 16, 20 + len(part), number, flags)
        out += head + struct.pack("<II", len(p), len(p)) + p
open(sys.argv[2], "wb").write(out)
END
expect_status decode-export-pieces 0 "$rig" decode --export "$tmp/pieces.pcapng" --filter association=1 \
	"$tmp/pieces.pcap"
"$rig" decode "$tmp/pieces.pcap" >"$tmp/a"
"$rig" decode "$tmp/pieces.pcapng" >"$tmp/b"
if grep -q north.204 "$tmp/a" && cmp -s "$tmp/a" "$tmp/b"
then ok decode-export-fragments
else bad decode-export-fragments "the exported fragments do not decode as the captured ones"
fi

# --- TLS: the same PDUs inside it

if command -v openssl >/dev/null 2>&1; then
	texts() {
		"$rig" decode --json "$@" 2>"$tmp/err" |
			python3 -c 'import json, sys
for l in sys.stdin:
    o = json.loads(l)
    if o["layer"] != "tcp": print(o["direction"], o["layer"], o["text"])'
	}
	# name, then the capture: the same PDUs as in the open one
	tls() {
		name=$1
		shift
		texts "$@" >"$tmp/inside"
		cmp -s "$tmp/open" "$tmp/inside" && [ -s "$tmp/open" ] && ok "decode-tls-$name" ||
			bad "decode-tls-$name" "$(diff "$tmp/open" "$tmp/inside" | head -n 3)"
	}
	texts captures/transfer-1988.pcap >"$tmp/open"
	for version in 1.2 1.3; do
		python3 tests/lib/sealed.py captures/transfer-1988.pcap "$tmp/sealed.pcapng" "$tmp/keys" $version
		python3 tests/lib/sealed.py captures/transfer-1988.pcap "$tmp/embedded.pcapng" - $version
		tls keys-$version --key-log "$tmp/keys" "$tmp/sealed.pcapng"
		tls embedded-$version "$tmp/embedded.pcapng"
	done
	"$rig" decode --export "$tmp/exported.pcapng" --filter association=1 "$tmp/embedded.pcapng" \
		>/dev/null 2>&1
	tls exported "$tmp/exported.pcapng"
	"$rig" decode --export "$tmp/closed.pcapng" --no-secrets --filter association=1 \
		"$tmp/embedded.pcapng" >/dev/null 2>&1
	expect_status decode-export-no-secrets 5 "$rig" decode "$tmp/closed.pcapng"
	grep -aq CLIENT_RANDOM\\\|_TRAFFIC_SECRET "$tmp/exported.pcapng" &&
		! grep -aq CLIENT_RANDOM\\\|_TRAFFIC_SECRET "$tmp/closed.pcapng" &&
		ok decode-export-secret-lines || bad decode-export-secret-lines "they are in it"
	# Who has the secrets reads it all the same.
	python3 tests/lib/sealed.py captures/transfer-1988.pcap "$tmp/sealed.pcapng" "$tmp/keys"
	"$rig" decode --export "$tmp/closed.pcapng" --no-secrets --key-log "$tmp/keys" \
		--filter association=1 "$tmp/sealed.pcapng" >/dev/null 2>&1
	tls no-secrets --key-log "$tmp/keys" "$tmp/closed.pcapng"
	expect_status decode-tls-sealed 5 "$rig" decode "$tmp/sealed.pcapng"
	grep -q 'TLS, and there is no key log' "$tmp/out" && ok decode-tls-told ||
		bad decode-tls-told "$(cat "$tmp/out")"
	expect_status check-tls-sealed 5 "$rig" check "$tmp/sealed.pcapng"
	grep -q '1 connection is TLS that is not read (--key-log FILE)' "$tmp/err" && ok check-tls-told ||
		bad check-tls-told "$(cat "$tmp/err")"
	"$rig" check -v "$tmp/embedded.pcapng" >"$tmp/out" 2>"$tmp/err"
	grep -q 'north.204' "$tmp/out" && ok check-tls || bad check-tls "$(head -n 2 "$tmp/out" "$tmp/err")"
else
	skip decode-tls "no openssl"
fi

# --- comments of packets: with -v, of each its connection, on several processes too

"$rig" decode -v captures/lab-basic-bind.pcapng.gz >"$tmp/out" 2>&1
grep -q ' 1    1 ->   tcp           comment: "up: associate"$' "$tmp/out" &&
	grep -q 'comment: "true ports: ' "$tmp/out" && ok decode-comments ||
	bad decode-comments "$(head -n 3 "$tmp/out")"
"$rig" decode captures/lab-basic-bind.pcapng.gz | grep -q 'comment:' &&
	bad decode-comments-quiet "told without -v" || ok decode-comments-quiet
"$rig" decode -v --filter pdu=comment --filter association=2 captures/lab-basic-bind.pcapng.gz |
	grep -v '^connection' >"$tmp/out"
[ -s "$tmp/out" ] && ! grep -qv ' 2 [-<][->]   tcp           comment: ' "$tmp/out" &&
	ok decode-comments-filter || bad decode-comments-filter "$(head -n 3 "$tmp/out")"
for n in 1 3; do
	"$rig" decode -v --json --jobs $n captures/defect-Q152897.pcapng.gz >"$tmp/jobs$n"
done
grep -q '"pdu":"comment"' "$tmp/jobs1" && cmp -s "$tmp/jobs1" "$tmp/jobs3" &&
	ok decode-comments-jobs || bad decode-comments-jobs "another listing by three processes"
"$rig" decode -v --mask captures/lab-basic-bind.pcapng.gz | grep 'comment:' >"$tmp/out"
[ -s "$tmp/out" ] && ! grep -q associate "$tmp/out" && ok decode-comments-mask ||
	bad decode-comments-mask "$(head -n 1 "$tmp/out")"

# --- several processes: the same lines, words and status

gzip -dc captures/defect-Q152877.pcapng.gz >"$tmp/whole.pcapng"
head -c $(($(wc -c <"$tmp/whole.pcapng") / 2 + 1)) "$tmp/whole.pcapng" >"$tmp/damaged.pcapng"
wrong=
for file in captures/*.pcap captures/*.pcapng captures/*.pcapng.gz "$tmp/damaged.pcapng"; do
	"$rig" decode --json "$file" >"$tmp/one" 2>"$tmp/one.err"
	status=$?
	"$rig" decode --json --jobs 3 "$file" >"$tmp/three" 2>"$tmp/three.err"
	[ $? = $status ] && cmp -s "$tmp/one" "$tmp/three" &&
		cmp -s "$tmp/one.err" "$tmp/three.err" || wrong="$wrong $file"
done
[ -z "$wrong" ] && ok decode-jobs || bad decode-jobs "another listing of$wrong"
expect_status decode-jobs-damaged 3 "$rig" decode --json --jobs 3 "$tmp/damaged.pcapng"
expect_status decode-jobs-no-file 2 "$rig" decode --json --jobs 2 "$tmp/none"
expect_status decode-jobs-text 2 "$rig" decode --jobs 2 captures/transfer-1988.pcap
"$rig" decode --json --jobs 2 captures/transfer-1988.pcap >/dev/full 2>"$tmp/err"
[ $? = 4 ] && grep -q 'cannot write' "$tmp/err" && ok decode-jobs-full ||
	bad decode-jobs-full "$(cat "$tmp/err")"

# As many processes as there are processors, if the file is large and has connections for them;
# the same ports come again and again, addresses that do not pair, frames that are cut.
for _ in 1 2 3; do
	gzip -dc captures/defect-*.pcapng.gz captures/lab-*.pcapng.gz
	cat captures/checkpoints.pcapng
done >"$tmp/part.pcapng"
: >"$tmp/many.pcapng"
while [ "$(wc -c <"$tmp/many.pcapng")" -lt 9000000 ]; do
	cat "$tmp/part.pcapng" >>"$tmp/many.pcapng"
done
"$rig" decode --json --jobs 1 "$tmp/many.pcapng" >"$tmp/one" 2>"$tmp/one.err"
status=$?
"$rig" decode --json "$tmp/many.pcapng" >"$tmp/three" 2>"$tmp/three.err"
[ $? = $status ] && [ -s "$tmp/one" ] && cmp -s "$tmp/one" "$tmp/three" &&
	cmp -s "$tmp/one.err" "$tmp/three.err" && ok decode-jobs-default ||
	bad decode-jobs-default "another listing than that of one process"
"$rig" decode --json --jobs 5 "$tmp/many.pcapng" 2>/dev/null | cmp -s - "$tmp/one" &&
	ok decode-jobs-many || bad decode-jobs-many "another listing than that of one process"
"$rig" decode --json "$tmp/many.pcapng" 2>"$tmp/err" | head -n 5 >"$tmp/out"
[ "$(wc -l <"$tmp/out")" = 5 ] && ok decode-jobs-pipe || bad decode-jobs-pipe "$(cat "$tmp/err")"
# A pipe cannot be read twice, and gives the same
cat "$tmp/many.pcapng" | "$rig" decode --json /dev/stdin 2>/dev/null | cmp -s - "$tmp/one" &&
	ok decode-stdin || bad decode-stdin "another listing from a pipe"

if "$rig" decode -v --filter pdu=CN captures/transfer-1988.pcap | grep -q 'field common-ref=170d'; then
	ok decode-fields
else
	bad decode-fields "no fields with -v"
fi
