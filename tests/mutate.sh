#!/bin/sh
# A mutation test of the whole: does the catalogue notice small faults of an MTA?
#
#     tests/mutate.sh [SEED [N]]      N (60) faults, drawn by the seed (1)
#
# Works in a copy of the tree.  Sites are the comparisons, constants, commits,
# acknowledgements and timers of rig/mta and stack/rtse (defects, settings, logs and
# names left out).  Each fault is built alone, and the catalogue runs in virtual time until
# something fails, hangs or crashes: that is the catch.  Prints a line for each fault, and
# the rate; survivors are to be looked at one by one.
set -u
seed=${1:-1}
wanted=${2:-60}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
git ls-files -z | xargs -0 tar cf - | tar xf - -C "$dir"
cd "$dir" || exit 4
build="make -s -j2 B=build WARN=-w build/x400rig"
$build >"$dir/log" 2>&1 || { tail -5 "$dir/log"; exit 4; }
cp build/x400rig healthy

# FILE LINE KIND FROM TO: one site each; a statement that goes is FROM "call".
sites() {
	ls rig/mta/*.c stack/rtse/*.c |
		grep -Ev 'defect|settings|control|/log\.c|names|text' | while read -r f; do
		awk -v f="$f" '
		function site(kind, from, to) {
			if (index($0, from)) print f "\t" NR "\t" kind "\t" from "\t" to
		}
		/^[ \t]*(\/\*|\*|#|\/\/)/ || /^[^\t]/ || /log_event|snprintf|"/ { next }
		{
			site("comparison", " == ", " != "); site("comparison", " != ", " == ")
			site("comparison", " < ", " <= ");  site("comparison", " > ", " >= ")
			site("comparison", " <= ", " < ");  site("comparison", " >= ", " > ")
			site("comparison", " && ", " || "); site("comparison", " || ", " && ")
			site("constant", " + 1", " + 2");   site("constant", " - 1", " - 0")
			site("constant", "= true;", "= false;")
			site("constant", "= false;", "= true;")
			site("constant", "return true;", "return false;")
			site("constant", "return false;", "return true;")
		}
		/^\t+queue_[a-z_]*\(.*\);$/ { print f "\t" NR "\tcommit\tcall\t;" }
		/^\t+(acknowledge|association_secured[a-z_]*|due|turn_emit)\(.*\);$/ {
			print f "\t" NR "\tacknowledgement\tcall\t;" }
		/^\t+(net_timer_(set|cancel)|turn_timer|mta_turn|[a-z_]*timer[a-z_]*)\(.*\);$/ {
			print f "\t" NR "\ttimer\tcall\t;" }' "$f"
	done | sort -u
}

draw() {
	awk -v seed="$seed" 'BEGIN { srand(seed) } { print rand() "\t" $0 }' | sort -n |
		cut -f2- | head -n "$wanted"
}

# The line with its first FROM as TO, or gone.
change() {	# file, line, from, to
	awk -v line="$2" -v from="$3" -v to="$4" 'NR != line { print; next }
		from == "call" { print "\t;"; next }
		{ i = index($0, from)
		  print substr($0, 1, i - 1) to substr($0, i + length(from)) }' "$1" >"$1.new" &&
		mv "$1.new" "$1"
}

n=0 caught=0
sites >"$dir/sites"
echo "$(wc -l <"$dir/sites") sites, seed $seed"
draw <"$dir/sites" >"$dir/drawn"
tab=$(printf '\t')
while IFS=$tab read -r file line kind from to; do
	cp "$file" "$dir/kept"
	change "$file" "$line" "$from" "$to"
	what="$kind $file:$line: $(sed -n "${line}s/^[[:blank:]]*//p" "$dir/kept") [$from -> $to]"
	if ! $build >"$dir/log" 2>&1; then
		echo "none $what: does not build"
	else
		n=$((n + 1))
		rm -rf "$dir/run"
		timeout 120 build/x400rig run --virtual --quiet -j 2 --seed 7 --repeat 1 --until-fail \
			--out "$dir/run" >"$dir/said" 2>&1 </dev/null
		status=$?
		if [ $status = 0 ]; then
			echo "survives $what"
		else
			caught=$((caught + 1))
			by=$(awk '/^(fail|error|inconclusive) / { print $2; exit }' "$dir/said")
			echo "caught $what by ${by:-status $status}"
		fi
	fi
	cp "$dir/kept" "$file"
	touch "$file"
done <"$dir/drawn"
echo "$caught of $n caught"
