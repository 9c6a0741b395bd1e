#!/bin/sh
# Each defect of the lab MTA against the catalogue, in virtual time:
#
#     tests/matrix.sh BUILD                every scenario against every defect
#     tests/matrix.sh BUILD sample [SEED]  per defect what is known to catch it, and ten
#                                          others, drawn by the seed; SAMPLE=N: of N
#                                          defects only, drawn as well
#
# Wants: the healthy MTA fails nothing, and at most 2 % is inconclusive; each defect is
# caught by the scenario that names it (x400rig mta --defect list), and nothing but what
# tests/matrix.txt lists for it fails.  The full run writes BUILD/matrix.txt: a
# line for each defect, its name and the scenarios that fail.  Look at it, and keep it as
# tests/matrix.txt; tests/catalogue.sh makes docs/catalogue.md of it.
set -u
build=${1:?build folder}
how=${2:-full}
seed=${3:-1}
x=$build/x400rig
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
status=0
no() {		# what is not so
	echo "not ok $1"
	status=1
}

run() {		# name, options and scenarios; verdicts go to $tmp/NAME.txt
	name=$1
	shift
	"$x" run --quiet --virtual --seed 7 -j 2 --out "$tmp/run" "$@" >"$tmp/said" 2>&1
	grep -E '^(pass|fail|inconclusive|error|skip) ' "$tmp/said" | awk '{ print $1, $2 }' |
		LC_ALL=C sort -k 2 >"$tmp/$name.txt"
	rm -rf "$tmp/run"
}

# Ten of those that nobody knows to catch this defect.
unrelated() {	# defect
	awk -v d="$1" 'NR == FNR { if ($1 == d) for (i = 2; i <= NF; i++) known[$i] = 1; next }
		$1 == "pass" && !($2 in known) { print $2 }' tests/matrix.txt "$tmp/all.txt" |
		awk -v seed="$seed$1" 'BEGIN { for (i = 1; i <= length(seed); i++)
				s = (s * 31 + index("0123456789abcdefghijklmnopqrstuvwxyzQ-", \
				                    substr(seed, i, 1))) % 65521; srand(s) }
			{ print rand(), $0 }' | sort -n | head -n 10 | awk '{ print $2 }'
}

if [ "$how" = full ]; then
	run healthy
	all=$(grep -vc '^skip' "$tmp/healthy.txt")
	bad=$(grep -Ec '^(fail|error)' "$tmp/healthy.txt")
	open=$(grep -c '^inconclusive' "$tmp/healthy.txt")
	if [ "$bad" = 0 ] && [ $((open * 50)) -le "$all" ]; then
		echo "ok the healthy MTA: $all cases, none fails, $open inconclusive"
	else
		no "the healthy MTA: $(grep -Ev '^(pass|skip)' "$tmp/healthy.txt" | tr '\n' ' ')"
	fi
else
	# Those with tags are not run by default, so nobody knows what they catch.
	find rig/catalogue -name '*.scn' -exec grep -l '^  tags' {} + |
		sed 's,rig/catalogue/\(.*\)\.scn,\1,' >"$tmp/tagged.txt"
	"$x" list | grep -vwFf "$tmp/tagged.txt" | awk 'NR > 1 && /^[a-z0-9]/ && $2 ~ /^[0-9]+$/ && $2 < 200 { print "pass", $1 }' \
		>"$tmp/all.txt"
fi
{
	printf healthy
	[ "$how" = full ] && awk '$1 != "pass" { printf " %s=%s", $2, $1 }' "$tmp/healthy.txt"
	echo
} >"$build/matrix.txt"
"$x" mta --defect list | awk '/^[^ ]/ { name = $1 } $1 == "scenario" { print name, $2 }' >"$tmp/list"
if [ "$how" != full ] && [ -n "${SAMPLE:-}" ]; then
	awk -v seed="$seed" 'BEGIN { srand(seed) } { print rand() "\t" $0 }' "$tmp/list" | sort -n |
		cut -f2- | head -n "$SAMPLE" >"$tmp/some"
	mv "$tmp/some" "$tmp/list"
fi
while read -r defect names; do
	if [ "$how" = full ]; then
		run case --defect "$defect"
	else
		# shellcheck disable=SC2046
		run case --defect "$defect" "$names" $(unrelated "$defect")
	fi
	caught=$(awk '$1 == "fail" || $1 == "error" { printf " %s", $2 }' "$tmp/case.txt")
	echo "$defect$caught" >>"$build/matrix.txt"
	known=$(sed -n "s/^$defect //p" tests/matrix.txt)
	new=$(for i in $caught; do
		case " $known " in *" $i "*) ;; *) printf ' %s' "$i" ;; esac
	done)
	case " $caught " in
	*" $names "*) ;;
	*) no "$defect: $names does not catch it"
	   continue ;;
	esac
	if [ -n "$new" ]; then
		no "$defect: fails too:$new"
	else
		echo "ok $defect is caught by $names and $(($(echo "$caught" | wc -w) - 1)) more"
	fi
done <"$tmp/list"
exit $status
