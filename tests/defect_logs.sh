#!/bin/sh
# Run from the root of the repository:  sh tests/defect_logs.sh BUILD
# What the lab MTA logs under each defect, read by `match`: the right article, and no
# other one as conclusive; nothing conclusive of a healthy MTA.
set -u
x=$1/x400rig
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# Compares what match says of a run's logs with the articles of a defect.
cat >"$tmp/compare.py" <<'PY'
import json, sys
sources, said = sys.argv[1].split(), json.load(sys.stdin)["candidates"]
found = [c for c in said if c["complete"] and c["weight"] == "conclusive"]
# What another one explains, and more, is no second opinion.
fits = lambda c: any(a in sources for a in (c["signature"] + " " + c["articles"]).split())
right = [c["signature"] for c in found if fits(c)]
wrong = [c["signature"] for c in found if not fits(c)
         and "explains the same and more" not in c["reason"]]
part = [c["signature"] for c in said if c not in found and fits(c)]
if wrong:
    print("not ok", "conclusive, and another article:", *wrong)
elif right:
    print("ok", *right)
elif part:
    print("ok", "no more than support of", *part)
else:
    print("ok" if sys.argv[2] == "silent" else "not ok", "nothing")
PY

compare() {	# folder of one MTA's logs, articles, silent or not: ok or not ok, and why
	find "$1" -name Ev0.log -o -name Application.txt -o -name Calls.out | sort >"$tmp/logs"
	# shellcheck disable=SC2046
	"$x" match --json $(cat "$tmp/logs") 2>/dev/null | python3 "$tmp/compare.py" "$2" "$3"
}

"$x" mta --defect list | awk '/^[^ ]/ { name = $1 }
	$1 == "source" { $1 = ""; gsub(/[^Q0-9 ]/, ""); source = name " " $0 }
	$1 == "signature" { says = $2 ~ /^none/ || !/event|Calls/ ? "silent" : "says" }
	$1 == "scenario" { print name "|" $2 "|" source "|" says }' >"$tmp/list"
# shellcheck disable=SC2046
"$x" run --quiet --virtual --seed 7 --out "$tmp/healthy" \
	$(cut -d'|' -f2 "$tmp/list" | sort -u) >/dev/null 2>&1
# Each scenario has an MTA of its own: what one of them logs is no companion of another's.
find "$tmp/healthy/mta" -name Ev0.log -exec dirname {} \; | sort >"$tmp/folders"
[ -s "$tmp/folders" ] || echo "not ok the logs of a healthy MTA: there are none"
while read -r folder; do
	got=$(compare "$folder" "" silent)
	case $got in
	"not ok"*) echo "not ok a healthy MTA in ${folder#"$tmp/healthy/mta/"}: ${got#not ok }" ;;
	*) echo "ok a healthy MTA in ${folder#"$tmp/healthy/mta/"}" ;;
	esac
done <"$tmp/folders"
while IFS='|' read -r defect scenario source says; do
	"$x" run --quiet --virtual --seed 7 --defect "$defect" --out "$tmp/$defect" "$scenario" \
		>/dev/null 2>&1
	got=$(compare "$tmp/$defect/mta" "$source" "$says")
	case $got in
	"not ok"*) echo "not ok the logs under $defect: ${got#not ok }" ;;
	*) echo "ok the logs under $defect: ${got#ok }" ;;
	esac
	rm -rf "${tmp:?}/$defect"
done <"$tmp/list"
