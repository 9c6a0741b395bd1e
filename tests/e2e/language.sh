#!/bin/sh
# The scenario language from outside: examples of the guide, canonical form, files
# that are no scenarios, time of lint.
set -u
. tests/lib/say.sh
x=$1/x400rig
tmp=$(mktemp -d)
trap 'sh tests/lib/cases.sh "$tmp"; rm -rf "$tmp"' EXIT

bad() {		# name, what must be said; the file is $tmp/bad.scn
	said=$(timeout 10 "$x" lint "$tmp/bad.scn" 2>&1)
	check "$1: status" 2 $?
	case $said in
	*"$2"*) echo "ok $1: is told" ;;
	*) echo "not ok $1: \"$2\" is not in \"$(echo "$said" | head -c 300)\"" ;;
	esac
}

# Each example of the guide is a scenario, in canonical form, and passes.
awk -v dir="$tmp" '/^```scenario/ { n++; on = 1; next } /^```/ { on = 0 }
	on { print > (dir "/guide" n ".scn") }' docs/scenarios.md
mkdir "$tmp/guide.d"
head -c 5000 /dev/urandom >"$tmp/guide.d/letter"
n=0
for file in "$tmp"/guide*.scn; do
	n=$((n + 1))
	said=$("$x" lint "$file" 2>&1)
	check "guide $(head -1 "$file"): lint" 0 $?
	check "guide $(head -1 "$file"): form" "" "$("$x" fmt --check "$file")"
done
check "the guide has examples" 1 $((n >= 6))
"$x" run --virtual --quiet --seed 3 --out "$tmp/guide" "$tmp"/guide*.scn >"$tmp/out" 2>&1
check "the guide's examples pass" 0 $?

check "the catalogue is in canonical form" "" "$("$x" fmt --check rig/catalogue/*/*.scn rig/catalogue/*/*/*.scn)"
"$x" fmt <"$tmp/guide4.scn" | sed 's/^ */ /' | "$x" fmt | cmp -s - "$tmp/guide4.scn"
check "fmt puts blanks right" 0 $?
"$x" lint --json "$tmp/guide5.scn" 2>/dev/null | "$x" fmt --json | cmp -s - "$tmp/guide5.scn"
check "JSON reads back" 0 $?

# A stall is of the association it names, or of the side and those to come.
stall() {	# name, whom
	printf '%s\n' 'scenario stall/x' 'limit 60s' 'up.a: associate' 'expect up.a bound within 5s' \
		"$2: stall on" 'up.b: associate' 'expect up.b bound within 5s' >"$tmp/stall.scn"
	"$x" run --virtual --quiet --out "$tmp/stall-$1" "$tmp/stall.scn" >"$tmp/out" 2>&1
}
stall named up.a
check "a stall of one leaves the next alone" 0 $?
stall all up
check "a stall of all is of the next as well" 1 $?
has "and is why it is not bound" 'expect up.b bound within 5s' "$tmp/out"

# What they are for.
"$x" list --purposes >"$tmp/purposes" 2>&1
check "the purposes are read" 0 $?
check "the catalogue has all purposes" 1 "$(awk '/ purposes in / && $1 >= 217' "$tmp/purposes" | grep -c .)"
check "a purpose names its scenarios" 1 "$(grep -c '^  BND-CA-02 .*basic/bind' "$tmp/purposes")"

# What is no scenario.
head='scenario a/b'
printf '%s\ninclude "a.inc"\nexpect alive\n' "$head" >"$tmp/bad.scn"
printf 'include "b.inc"\n' >"$tmp/a.inc"
printf 'include "a.inc"\n' >"$tmp/b.inc"
bad "cycle of includes" "is included already"
printf '%s\nprocedure p {\ncall p\n}\ncall p\nexpect alive\n' "$head" >"$tmp/bad.scn"
bad "procedure that calls itself" "calls itself"
cp "$x" "$tmp/bad.scn"
bad "binary file" "bad.scn:1"
{ printf '%s\ntitle "' "$head"; head -c 104857600 /dev/zero | tr '\0' x; } >"$tmp/bad.scn"
bad "line of 100 MiB" "error:"
printf '%s\nup: asociate\n' "$head" >"$tmp/bad.scn"
bad "unknown verb" 'did you mean "associate"?'
printf '%s\nup: send session FN tdsc=1\n' "$head" >"$tmp/bad.scn"
bad "unknown field" 'did you mean "tdisc"?'
{ echo "$head"; i=0; while [ $i -lt 300 ]; do echo 'repeat 2 {'; i=$((i + 1)); done; } >"$tmp/bad.scn"
bad "deep nesting" "nested more than"
for what in 'p1 MESSAGE content=file:x' 'session DT user=(octets file:x)'; do
	printf '%s\nexpect down %s within 5s\n' "$head" "$what" >"$tmp/bad.scn"
	bad "a file to compare with: $what" 'nothing is compared with a file; octets are written hex:'
done
{ printf '%s\nup: send session CN user=' "$head"; printf '(session CN user=%.0s' $(seq 40); } >"$tmp/bad.scn"
bad "deep PDUs" "nested too deeply"
{ echo "$head"; i=0; echo 'procedure p0 {'; echo 'wait 1ms'; echo '}'
  while [ $i -lt 14 ]; do
	echo "procedure p$((i + 1)) {"
	for k in 1 2 3 4 5 6; do echo "call p$i"; done
	echo '}'
	i=$((i + 1))
  done; echo 'call p14'; } >"$tmp/bad.scn"
bad "calls without end" "more than 131072 steps"
printf '%s\nserves COT-BV-0I\nexpect alive\n' "$head" >"$tmp/bad.scn"
bad "unknown purpose" 'bad.scn:2:8: error: unknown test purpose "COT-BV-0I"; did you mean "COT-BV-01"?'
