#!/bin/sh
# Target files: those that come with the rig, how commands are run, and that every verb takes
# from them what it needs.
set -u
. tests/lib/say.sh
x=$1/x400rig
tmp=$(mktemp -d)
trap 'for f in "$tmp"/*.pid; do [ -e "$f" ] && kill "$(cat "$f")" 2>/dev/null; done; sh tests/lib/cases.sh "$tmp"; rm -rf "$tmp"' EXIT

serve() {	# name, arguments
	name=$1
	shift
	: >"$tmp/$name.out"
	"$x" "$@" >"$tmp/$name.out" 2>"$tmp/$name.err" &
	echo $! >"$tmp/$name.pid"
	waited "$tmp/$name.out" ready
}
end() {		# name
	kill "$(cat "$tmp/$1.pid")" 2>/dev/null
	wait "$(cat "$tmp/$1.pid")" 2>/dev/null
	rm -f "$tmp/$1.pid"
}

# --- those that come with the rig
secrets=$(grep -ho 'env:[A-Z_0-9]*' rig/targets/*.target | sort -u | sed 's/env:\(.*\)/\1=secret/')
for file in rig/targets/*.target; do
	"$x" lint "$file" >"$tmp/out" 2>&1
	check "$(basename "$file"): lint" "0 x400rig lint: no errors, 0 warnings" "$? $(cat "$tmp/out")"
	"$x" target explain "$file" >"$tmp/out" 2>&1
	check "$(basename "$file"): explain" 0 $?
	# shellcheck disable=SC2086
	env $secrets "$x" list -t "$file" >/dev/null 2>"$tmp/out"
	check "$(basename "$file"): the catalogue compiles" "0 " "$? $(cat "$tmp/out")"
done

# --- the proforma: every question of the catalogue, no other one, and it works as it stands
asks() {	# what comes before a name: those that scenarios ask for
	grep -rhoE "$1[a-z_0-9]+" rig/catalogue --include=*.scn --include=*.inc | sed -E "s/$1//" | sort -u
}
proforma=rig/targets/proforma.target
check "proforma: PICS are those that scenarios need" "$(asks '\bpics\.')" \
	"$(sed -n 's/^  pics \([a-z_0-9]*\).*/\1/p' $proforma | sort)"
for kind in '\bpixit\.' '\$to-' '\bside\.'; do
	for name in $(asks "$kind"); do
		grep -Eq "^  (# )?(pixit|recipient|pixit side) +(.* )?$name " $proforma || echo "$name"
	done
done >"$tmp/missing"
check "proforma: what scenarios speak of" "" "$(cat "$tmp/missing")"
sed 's/^  pixit address .*/  pixit address lab/' $proforma >"$tmp/proforma.target"
# shellcheck disable=SC2086
env $secrets "$x" run -q --virtual -t "$tmp/proforma.target" --out "$tmp/proforma" \
	'basic/*' 'message/*' 'rtse/*' 'defects/*' >"$tmp/out" 2>&1
check "proforma: against the lab MTA" 0 $?

# --- no shell, unless it is asked for
cat >"$tmp/logs.scn" <<'S'
scenario targets/logs
  title "Asks for the logs"
  up: associate
  expect up bound within 5s
  expect log none conclusive
S
command() {	# name, command
	sed "s|^ *logs .*|  logs events command $2|" rig/targets/lab.target >"$tmp/log.target"
	"$x" run -q --virtual -t "$tmp/log.target" --out "$tmp/$1" "$tmp/logs.scn" >"$tmp/out" 2>&1
	check "$1: status" 0 $?
}
command no-shell "[\"echo\", \"\$(touch $tmp/shell); touch $tmp/shell\"]"
check "no shell: nothing was expanded" "" "$(ls "$tmp/shell" 2>/dev/null)"
command a-shell "[\"sh\", \"-c\", \"touch $tmp/shell\"]"
check "a shell that is asked for" "$tmp/shell" "$(ls "$tmp/shell" 2>/dev/null)"

# --- selectors: ping, run and send call the same
# shellcheck disable=SC2046
set -- $(ports 4)
port=$1 up=$2 down=$3 listed=$4
serve listed peer --listen 127.0.0.1:"$listed" --tsel 591 --ssel S1 --psel P1
cat >"$tmp/listed.target" <<T
target listed
  pics mode normal
  pixit address 127.0.0.1:$listed its-name "RIGDOWN" its-password "down-secret"
  pixit called-tsel "591" called-ssel "S1" called-psel "P1"
  pixit side up our-name "RIGUP" our-password "up-secret" route "C=XX;A=TEST;P=UP;"
  recipient any "C=XX;A=TEST;P=DOWN;S=Any"
T
cat >"$tmp/bind.scn" <<'S'
scenario targets/bind
  title "Binds"
  up: associate
  expect up bound within 5s
  up: release
  expect up released within 5s
S
calls() {	# target, status of run
	"$x" run -q -t "$tmp/$1.target" --out "$tmp/run-$1" "$tmp/bind.scn" >"$tmp/run.txt" 2>&1
	check "$1: run" "$2" $?
	"$x" ping -t "$tmp/$1.target" >"$tmp/ping.txt" 2>&1
	check "$1: ping" "$3" $?
	"$x" send -t "$tmp/$1.target" --from any --to any >"$tmp/send.txt" 2>&1
	check "$1: send" "$2" $?
}
calls listed 0 0
has "listed: from a recipient of the target" 'from=.*P=DOWN;S=Any' "$tmp/listed.out"
sed 's/"S1"/"S2"/' "$tmp/listed.target" >"$tmp/other.target"
calls other 4 1
end listed

# --- send, the MTA, and peer as its neighbour: one file for both
printf 'open-interval 100ms\n' >"$tmp/mta.conf"
serve mta mta --config "$tmp/mta.conf" --listen 127.0.0.1:"$port" \
	--peer "RIGUP,up-secret,127.0.0.1:$up,C=XX;A=TEST;P=UP;" \
	--peer "RIGDOWN,down-secret,127.0.0.1:$down,C=XX;A=TEST;P=DOWN;"
sed -e "s/pixit address lab/pixit address 127.0.0.1:$port/" -e "/side up/s/:0 /:$up /" \
	-e "/side down/s/:0 /:$down /" -e '/side \(slow\|old\|x410\)/d' -e '/at \(slow\|old\|x410\)/d' \
	-e '/^ *logs/d' -e 's/"up-secret"/env:RIG_UP/' rig/targets/lab.target >"$tmp/mta.target"
serve down peer -t "$tmp/mta.target" --count 1
check "peer: listens where the target says" "ready 127.0.0.1:$down" "$(head -n 1 "$tmp/down.out")"
RIG_UP=up-secret "$x" send -t "$tmp/mta.target" >"$tmp/out" 2>&1
check "send: status" 0 $?
waited "$tmp/down.out" octets=
has "peer: the MTA is who the target says" 'bind .*LAB' "$tmp/down.out"
has "peer: the message that was sent" 'MESSAGE .*octets=' "$tmp/down.out"
end down
wrong() {	# name, status, what is said, arguments
	name=$1 want=$2 what=$3
	shift 3
	timeout 10 "$x" "$@" >"$tmp/out" 2>&1
	check "$name: status" "$want" $?
	has "$name: is told" "$what" "$tmp/out"
}
wrong "a password that is not set" 2 'RIG_UP is not set' send -t "$tmp/mta.target"
wrong "a password that is said wins" 4 'refused: authentication-error' send -t "$tmp/mta.target" \
	--password wrong
wrong "no such side" 2 'has no side "dwon"' peer -t "$tmp/mta.target" --side dwon
wrong "the lab target" 2 'x400rig mta' send -t lab
wrong "no target and no host" 2 'HOST\[:PORT\] or --target' send
wrong "no such target" 2 'No such file' send -t "$tmp/nothing.target"
end mta
