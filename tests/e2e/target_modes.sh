#!/bin/sh
# The catalogue against the healthy lab MTA with a side of the target in each mode and dialogue, and
# all of it in TLS, and with the documented timers:
# nothing fails, nothing is an error, and what is left out says which mode it needs.  A sample
# of it in `make check`; all of it with MODES=all (`make modes`).
set -u
x=$1/x400rig
tmp=$(mktemp -d) || exit 4
trap 'sh tests/lib/cases.sh "$tmp"; rm -rf "$tmp"' EXIT
status=0
sample="basic/* bind/limit extensions/unknown identifiers/taken message/minimal probe/relayed
	recovery/both-ways report/passed reports/delivery rtse/* teardown/as-*/end-ack-rtab
	transport/dr-in-transfer"
most=3			# cases of the sample that a mode may leave out
if [ "${MODES:-}" = all ]; then
	sample=
	most=18
fi

# name, sides, what is added to each
mode()
{
	sed -E "/pixit side ($2) /s,\$, $3," rig/targets/lab.target >"$tmp/$1.target"
	if [ "$(grep -cF "$3" "$tmp/$1.target")" -lt 1 ]; then
		echo "not ok modes $1: the target has no such side"
		status=1
		return
	fi
	passes "$1"
}

passes()	# name of a target in $tmp
{
	set -f
	# shellcheck disable=SC2086
	timeout 120 "$x" run --virtual -q -t "$tmp/$1.target" -o "$tmp/$1" $sample >"$tmp/$1.txt" 2>&1
	got=$?
	set +f
	sum=$(tail -n 1 "$tmp/$1.txt")
	passed=$(echo "$sum" | sed -n 's/.* \([0-9]*\) pass.*/\1/p')
	skipped=$(grep -c 'side\.[a-z0-9]*\.' "$tmp/$1.txt")
	if [ $got = 0 ] && [ "${passed:-0}" -gt 20 ] && [ "$skipped" -le $most ]; then
		echo "ok modes $1: $sum"
	else
		echo "not ok modes $1: status $got, $skipped left out, $sum"
		grep -A 1 -E '^(fail|error|inconclusive)' "$tmp/$1.txt" | head -n 20 >&2
		status=1
	fi
}

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$tmp/key.pem" \
	-out "$tmp/cert.pem" -days 5 -subj /CN=mta.example 2>/dev/null
mode tls '[a-z0-9]*' "link \"tls=both tls-cert=$tmp/cert.pem tls-key=$tmp/key.pem tls-ca=$tmp/cert.pem\""
for side in up down 'up|down'; do
	name=$(echo "$side" | tr '|' -)
	mode "$name-x410" "$side" 'mode x410'
	mode "$name-1984" "$side" 'mode 1984'
	mode "$name-two-way" "$side" 'dialogue two-way'
done
if [ "${MODES:-}" = all ]; then
	cp rig/targets/lab-documented.target "$tmp/documented.target"
	passes documented
fi
exit $status
