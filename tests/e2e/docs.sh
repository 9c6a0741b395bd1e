#!/bin/sh
# Documents: their commands do what they show, from an installed copy; manual pages are sound;
# completion knows verbs, options, scenarios.
set -u
. tests/lib/say.sh
build=$1
x=$build/x400rig
tmp=$(mktemp -d)
trap 'sh tests/lib/cases.sh "$tmp"; rm -rf "$tmp"' EXIT

sh packaging/install.sh "$build" "$tmp/a place" || exit 1
mkdir "$tmp/docs"
for verb in $("$x" --help=words); do
	"$x" "$verb" --help | sed -n '/^examples:/,$s/^  x400rig/    x400rig/p'
done >"$tmp/help.md"
sed -n 's/^\$ x400rig/    x400rig/p' docs/man/*.5 >"$tmp/manual.md"
env -u X400RIG_DATA python3 tests/lib/docs.py "$tmp/a place/bin" "$tmp/docs" docs/*.md README.md \
	"$tmp/help.md" "$tmp/manual.md"
check "links of documents lead to files" "" "$(
	for page in README.md docs/*.md; do
		grep -o ']([^)#: ]*)' "$page" | sed 's/^](//; s/)$//' | while read -r link; do
			[ -e "$(dirname "$page")/$link" ] || echo "$page: $link"
		done
	done)"
check "README: the scenario is the one of the catalogue" "" "$(
	awk '/^```/ { on = /scenario/; next } on' README.md >"$tmp/shown"
	grep -v '^#' rig/catalogue/pop4/backlog-drop.scn | sed '/./,$!d' | diff - "$tmp/shown")"

for page in docs/man/*.5; do
	check "manual $(basename "$page")" "" "$(mandoc -Tlint -W warning "$page")"
done
for verb in "" $("$x" --help=words); do
	# shellcheck disable=SC2086
	"$x" $verb --help=man >"$tmp/page.1"
	# The last option, too, is one: none falls off the end of a table.
	last=$("$x" $verb --help=words | grep '^--' | grep -v '^--help' | tail -n 1)
	check "options of x400rig${verb:+ $verb}" 0 "$("$x" $verb $last --help 2>&1 | grep -c '^x400rig.*: no option')"
	check "manual x400rig${verb:+-$verb}(1)" "" "$(mandoc -Tlint -W warning "$tmp/page.1")"
done

bash -c '. packaging/x400rig.bash && PATH='"$build"':$PATH && COMP_WORDS=(x400rig rej) COMP_CWORD=1 &&
	_x400rig && echo "${COMPREPLY[0]}"' >"$tmp/words" 2>"$tmp/err"
check "completion: a verb" rejudge "$(cat "$tmp/words")"
bash -c '. packaging/x400rig.bash && compopt() { :; } && PATH='"$build"':$PATH &&
	COMP_WORDS=(x400rig run --until) COMP_CWORD=2 && _x400rig && echo "${COMPREPLY[0]}"' \
	>"$tmp/words" 2>"$tmp/err"
check "completion: an option" --until-fail "$(cat "$tmp/words")"
bash -c '. packaging/x400rig.bash && compopt() { :; } && PATH='"$build"':$PATH &&
	COMP_WORDS=(x400rig run basic/ref) COMP_CWORD=2 && _x400rig && echo "${COMPREPLY[0]}"' \
	>"$tmp/words" 2>"$tmp/err"
check "completion: a scenario" basic/refused "$(cat "$tmp/words")"
# In an interactive zsh, with TAB: what ends gets a space, what asks for a value does not.
if command -v zsh >/dev/null; then
	zsh -f tests/lib/complete.zsh "$build" "$tmp" 'x400rig rej' 'x400rig run --until' \
		'x400rig run --tar' 'x400rig run basic/ref' 'x400rig lint --target=rig/targets/rdp' \
		>"$tmp/words" 2>"$tmp/err"
	check "completion in zsh: a verb, options, a scenario, a file" \
		"<x400rig rejudge >|<x400rig run --until-fail >|<x400rig run --target=>|<x400rig run basic/refused >|<x400rig lint --target=rig/targets/rdp-server.target >|" \
		"$(tr '\n' '|' <"$tmp/words")"
else
	echo "skip completion in zsh: there is no zsh (tests/deps.sh installs it)"
fi

# The table of benches: a bar that is met and one that is not, and what takes their place in a page.
printf 'part\tx\nrow\ta\t/s\t>50%%\t6 5 7\tbare\t10 10 10\nrow\tb\ts\t<2\t3\nrow\tc\t/s\t>50%%\t5\tbare\t0\n' |
	python3 tests/bench/table.py "$tmp/bench.md" >"$tmp/table"
check "a bar missed: status" 1 $?
check "a bar met, one missed, one not measured" "yes NO NO" \
	"$(awk '/^[abc] / { printf "%s%s", n++ ? " " : "", $NF }' "$tmp/table")"
printf 'before\n<!-- bench -->\nold\n<!-- end -->\n<!-- scaling -->\nold\n<!-- end -->\n' >"$tmp/performance.md"
mkdir "$tmp/measured"
cp "$tmp/bench.md" "$tmp/measured/bench.md"
echo scaled >"$tmp/measured/scaling.md"
echo svg >"$tmp/measured/scaling.svg"
python3 tests/bench/publish.py "$tmp/measured" "$tmp"
check "figures take the place of old ones" "before scaled 1" \
	"$(awk '/^before|^scaled/ { printf "%s ", $1 } /^\| a \|/ { n++ } /^old/ { n += 10 } END { print n }' "$tmp/performance.md")"
