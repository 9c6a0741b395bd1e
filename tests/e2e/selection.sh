#!/bin/sh
# What is run: names, purposes, tags, seeds, the command that repeats a case; and how long a
# case may take.
set -u
. tests/lib/say.sh
x=$1/x400rig
own=$(realpath "$x")
tmp=$(mktemp -d)
trap 'sh tests/lib/cases.sh "$tmp"; rm -rf "$tmp"' EXIT

run() {		# folder, expected status, options
	folder=$1 want=$2
	shift 2
	"$x" run --quiet --virtual --out "$tmp/$folder" "$@" >"$tmp/$folder.txt" 2>&1
	check "$folder: status" "$want" $?
}
# Identifiers of the cases of a run, sorted.
ids() { sed -n 's/.*"id":"\([^"]*\)".*/\1/p' "$tmp/$1/run.jsonl" | sort | tr '\n' ' '; }

# --- which

run excluded 0 'basic/*' -x 'basic/re*' -x basic/transfer
check "excluded: the others" "basic/bind " "$(ids excluded)"
run none 5 'basic/*' -x basic
run misspelt 5 basic/bint
check "misspelt: a name that is near" 1 "$(grep -c 'did you mean "basic/bind"?' "$tmp/misspelt.txt")"
mkdir -p "$tmp/rig/catalogue/a"
cp -r rig/targets rig/signatures "$tmp/rig/"
for name in plain slow soak; do
	tags="tags $name"
	[ $name = plain ] && tags=
	printf 'scenario a/%s\n  title "%s"\n  %s\n  up: associate\n  expect up bound within 5s\n' \
		$name $name "$tags" >"$tmp/rig/catalogue/a/$name.scn"
done
export X400RIG_DATA="$tmp/rig"
run untagged 0
check "untagged: tagged ones are left out" "a/plain " "$(ids untagged)"
check "list: says what is left out" 2 "$("$x" list | grep -c 'only by its name, or with --tag s')"
run tagged 0 --tag 'sl*'
check "tagged: those of the tag too" "a/plain a/slow " "$(ids tagged)"
run named 0 a/soak
check "named: whatever its tags" "a/soak " "$(ids named)"
mkdir -p "$tmp/mine/below" "$tmp/mine/none"
for name in one below/two; do
	printf 'scenario mine/%s\n  title "Mine"\n  up: associate\n  expect up bound within 5s\n' \
		$name >"$tmp/mine/$name.scn"
done
run folder 0 "$tmp/mine"
check "folder: all below it" "mine/below/two mine/one " "$(ids folder)"
run empty 5 "$tmp/mine/none"
check "an empty folder" 1 "$(grep -c 'nothing is left to run' "$tmp/empty.txt")"
mkdir "$tmp/mine/a"
(cd "$tmp/mine" && "$own" run --quiet --virtual --out "$tmp/both" a >"$tmp/both.txt" 2>&1)
check "a folder that is named as a class of the catalogue: the class" "a/plain " "$(ids both)"
unset X400RIG_DATA

# --- again

cat >"$tmp/own.scn" <<'S'
scenario selection/own
  title "Fails"
  up: associate
  expect up refused within 5s
S
run nought 1 --seed 0 "$tmp/own.scn"
check "seed 0 is a seed" 1 "$(grep -c '^x400rig: seed 0x0000000000000000,' "$tmp/nought.txt")"
again=$(sed -n 's/^ *again *x400rig //p' "$tmp/nought.txt")
rm "$tmp/own.scn"
# shellcheck disable=SC2086
"$x" $again --quiet --out "$tmp/again" >"$tmp/again.txt" 2>&1
check "again: a file of one's own" "1 selection/own " "$? $(ids again)"
cmp -s "$tmp/nought/events/selection/own.jsonl" "$tmp/again/events/selection/own.jsonl"
check "again: the same events" 0 $?

# --- how long

cat >"$tmp/limit.scn" <<'S'
scenario selection/limit
  title "Goes on and on"
  limit 2s
  repeat 1000 {
    up.a: associate
    expect up.a bound within 1s
    wait 500ms
    up.a: release
  }
S
cat >"$tmp/after.scn" <<'S'
scenario selection/next
  title "Comes behind it"
  up: associate
  expect up bound within 5s
S
run limit 4 "$tmp/limit.scn" "$tmp/after.scn"
check "limit: is told" 1 "$(grep -c "the scenario's limit of 2.0 s has passed" "$tmp/limit.txt")"
check "limit: the next one is run" 1 "$(grep -c '^pass .*selection/next' "$tmp/limit.txt")"
check "list: the longest that it takes" 1 \
	"$("$x" list "$tmp/after.scn" | grep -c '^selection/next  *5 s  Comes behind it$')"
