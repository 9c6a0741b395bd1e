#!/bin/sh
# x400rig match: rows that must follow each other in time, on the same handle, or at an even
# pace; each beside what is nearly so.
#     sh tests/e2e/sequences.sh BUILD
set -u
build=${1:?build folder}
rig=$build/x400rig
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
case $rig in /*) ;; *) rig=$PWD/$rig ;; esac
cd "$tmp" || exit 1

event() {	# EVENT SECOND TEXT
	printf 'message NMI%s: X.400 Service Event, severity 14\n       (POP4 POP4 UP(7) Proc 228) 03-05-26 %02d:%02d:%02dam\n       %s\n\n' \
		"$1" $((7 + $2 / 3600)) $(($2 / 60 % 60)) $(($2 % 60)) "$3"
}
close() { event 4258 "$1" "Message received at NSI: cb 12 LPI $2 Message type Close Request"; }
bad() { event 4283 "$1" "Bad LPIs in message Bad LPI $2 Error code = 8464"; }
pairs() {	# SECOND ...
	for t; do
		event 4284 "$t" 'An error has occurred during connection/disconnection. Error code = 8511'
		event 4287 $((t + 1)) 'An internal MTA error occurred. Error code = 8640'
	done
}
with=
cat >pace.sig <<'SIG'
signature PACE-1
  title   "A pair of events at an even pace"
  weight  conclusive
  trigger "a neighbour that is gone"
  advice  "Look at the link."
  event 4284 code 8511 as down
  event 4287 code 8640 as internal
  repeat down then internal every 10s to 2h times 3
SIG

# whole NAME ARTICLE: log.txt shows it, conclusively; near: it does not, for lack of a row.
whole() { says "$1" "$2" 1; }
near() { says "$1" "$2" 3; }
says() {
	# shellcheck disable=SC2086
	"$rig" match --signatures pace.sig log.txt $with >out 2>err
	got=$?
	line=$(grep -m 1 -E "^  $2( |\$)" out)
	if [ $got = "$3" ] && [ -n "$line" ]; then echo "ok sequence: $1"
	else
		echo "not ok sequence: $1: status $got, not $3, or no $2"
		sed 's/^/# /' out >&2
	fi
}

{ close 0 1-15-12; bad 300 1-15-12; } >log.txt; whole "on the same handle, in time" Q319936
{ close 0 1-15-12; bad 300 1-15-13; } >log.txt; near "on another handle" Q319936
{ close 0 1-15-12; bad 601 1-15-12; } >log.txt; near "too late" Q319936
{ bad 0 1-15-12; close 5 1-15-12; } >log.txt; near "the other way round" Q319936
{ close 0 1-15-12; close 2 1-15-13; close 4 1-15-14; bad 9 1-15-12; } >log.txt
whole "others between" Q319936

# Across files, as they were rotated, whatever their order on the command line.
{ close 0 1-15-12; close 10 1-15-13; } >log1.txt; bad 300 1-15-12 >log.txt
echo 'a line without a time' >Calls.out
with="Calls.out log1.txt"
whole "over a rotation" Q319936
with=log1.txt
bad 0 1-15-12 >log.txt; close 300 1-15-12 >log1.txt; near "over a rotation, the other way round" Q319936
with=

pairs 0 600 1200 1800 >log.txt; whole "an even pace" PACE-1
pairs 0 600 1190 1810 >log.txt; whole "a pace that varies a little" PACE-1
pairs 0 60 1200 9000 >log.txt; near "no even pace" PACE-1
pairs 0 600 >log.txt; near "too few" PACE-1
pairs 0 3 6 9 12 >log.txt; near "too fast" PACE-1
pairs 0 7300 14600 >log.txt; near "too slow" PACE-1
