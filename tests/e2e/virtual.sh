#!/bin/sh
# Ten hours of a 9600 bit/s line through the whole stack, in virtual time.
set -u
x=$1/x400rig
tmp=$(mktemp -d)
trap 'sh tests/lib/cases.sh "$tmp"; rm -rf "$tmp"' EXIT
cat >"$tmp/ten-hours.scn" <<'SCN'
scenario test/ten-hours
  title  "Ten hours of a 9600 bit/s line"
  serves SLO-01
  source "X.218 9.3"
  limit  700min
  slow: link rate 9600bit/s delay 300ms
  slow: listen
  up:   associate
  up:   transfer 1 message size 43MB to slow
  expect accepted within 60s
  expect slow delivered within 650min
  up:   release
SCN
begin=$(date +%s)
"$x" run --quiet --virtual --out "$tmp/run" "$tmp/ten-hours.scn" >"$tmp/out.txt" 2>&1
status=$?
echo "took $(($(date +%s) - begin)) s of real time" >&2
if [ $status = 0 ] && grep -qE '^pass .* 3[56][0-9]{3}\.' "$tmp/out.txt"; then
	echo "ok ten hours at 9600 bit/s"
else
	echo "not ok ten hours at 9600 bit/s: status $status, $(grep ten-hours "$tmp/out.txt" | head -n 1)"
fi

# Scenarios that need patience: skipped where timers are short, and why; passed with the
# documented ones.
patient='links/very-slow links/long-round-trip recovery/ten-minutes'
for target in lab-documented lab; do
	# shellcheck disable=SC2086
	"$x" run --quiet --virtual --seed 7 --target $target --out "$tmp/$target" $patient >"$tmp/said" 2>&1
	case $target/$(grep -c '^pass ' "$tmp/said")/$(grep -c '^skip .* the target lacks pixit[.]' "$tmp/said") in
	lab-documented/3/0 | lab/0/3) echo "ok scenarios that need patience, target $target" ;;
	*) echo "not ok scenarios that need patience, target $target: $(tail -n 1 "$tmp/said")" ;;
	esac
done
