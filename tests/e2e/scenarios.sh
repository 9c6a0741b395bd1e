#!/bin/sh
# The scenarios against the lab MTA: healthy and with each defect, in real and
# in virtual time, judged again from the run folder, with logs withheld and with
# foreign lines in the log.
set -u
. tests/lib/say.sh
x=$1/x400rig
tmp=$(mktemp -d)
trap 'sh tests/lib/cases.sh "$tmp"; rm -rf "$tmp"' EXIT

# VERDICT of scenario ID in run folder R, from run.jsonl.
verdict() {
	python3 - "$1/run.jsonl" "$2" <<'PY'
import json, sys
for line in open(sys.argv[1]):
    case = json.loads(line)
    if case.get("id") == sys.argv[2]:
        print(case.get("verdict"), case.get("article") or "-")
PY
}

# All verdicts and articles of a run, one line each, sorted.
verdicts() {
	python3 - "$1/run.jsonl" <<'PY'
import json, sys
for line in sorted(f'{c["id"]} {c["verdict"]} {c.get("article") or "-"}'
                   for c in map(json.loads, open(sys.argv[1])) if "id" in c):
    print(line)
PY
}

run() {		# folder, expected status, options
	folder=$tmp/$1 want=$2
	shift 2
	"$x" run --quiet --jobs 4 --seed 7 --out "$folder" "$@" >"$folder.txt" 2>&1
	got=$?
	check "status of $(basename "$folder")" "$want" "$got"
}

# defects.sh holds the scenarios of all other defects, in virtual time.
groups='basic/* pop4/*'
set -f
# shellcheck disable=SC2086
cases=$("$x" list $groups 2>/dev/null | grep -c '/')

# shellcheck disable=SC2086
run healthy 0 $groups
rm -rf "$1/e2e-healthy"
cp -r "$tmp/healthy" "$1/e2e-healthy"	# tshark.sh looks at its captures
check "healthy: all pass" "$cases" "$(verdicts "$tmp/healthy" | grep -c ' pass -$')"
# shellcheck disable=SC2086
run healthy-virtual 0 --virtual $groups
check "healthy: virtual time gives equal verdicts" "$(verdicts "$tmp/healthy")" \
	"$(verdicts "$tmp/healthy-virtual")"

grep -v '^ *logs ' rig/targets/lab.target >"$tmp/nologs.target"

defect() {	# article, scenario that must fail
	for form in real virtual; do
		flag=
		[ $form = virtual ] && flag=--virtual
		# shellcheck disable=SC2086
		run "$1-$form" 1 --defect "$1" $flag $groups
		check "$1 $form: $2 fails and is named" "fail $1" "$(verdict "$tmp/$1-$form" "$2")"
		check "$1 $form: all others pass" "$((cases - 1))" \
			"$(verdicts "$tmp/$1-$form" | grep -c ' pass -$')"
	done
	run "$1-nologs" 1 --defect "$1" --target "$tmp/nologs.target" --virtual "$2"
	check "$1: without logs it still fails" "fail -" "$(verdict "$tmp/$1-nologs" "$2")"
	run "$1-seeds" 1 --defect "$1" --repeat 20 --virtual "$2"
	check "$1: found with any of 20 seeds" 20 \
		"$(verdicts "$tmp/$1-seeds" | grep -c " fail $1\$")"
}
defect Q152897 pop4/backlog-drop
defect Q236586 pop4/slow-link

# The verdicts come from the run folder alone.
for folder in healthy healthy-virtual Q152897-real Q152897-virtual Q236586-real Q236586-virtual; do
	before=$(verdicts "$tmp/$folder")
	"$x" rejudge "$tmp/$folder" >"$tmp/rejudge.txt" 2>&1
	after=$(grep -cE '^ *(pass|fail|inconclusive|error)' "$tmp/rejudge.txt")
	check "rejudge $folder: as many verdicts" "$cases" "$after"
	for v in pass fail; do
		check "rejudge $folder: $v" "$(echo "$before" | grep -c " $v ")" \
			"$(grep -cE "^ *$v " "$tmp/rejudge.txt")"
	done
done

# A case is a pure function of its seed: two virtual runs are alike.
# shellcheck disable=SC2086
run again 0 --virtual $groups
set +f
for f in "$tmp"/again/events/*/*.jsonl; do
	id=${f#"$tmp/again/events/"}
	if cmp -s "$f" "$tmp/healthy-virtual/events/$id"; then
		echo "ok equal events of $id"
	else
		echo "not ok equal events of $id: two virtual runs with one seed differ"
	fi
done

# Lines of a defect in a healthy MTA's log are reported, and change no verdict
# of ledger or wire.
log=$(find "$tmp/Q152897-real" -path '*backlog-drop*' -name 'Ev0.log' | head -n 1)
sed "s|^ *logs .*|  logs events command [\"cat\", \"$log\"]|" rig/targets/lab.target >"$tmp/injected.target"
run injected 1 --target "$tmp/injected.target" --virtual pop4/backlog-drop
check "injected log lines are reported" "fail Q152897" "$(verdict "$tmp/injected" pop4/backlog-drop)"
check "injected log lines: nothing but the log fails" 0 \
	"$(grep -cE 'delivered within|came out|ended association' "$tmp/injected.txt")"
