#!/bin/sh
# Each oracle of the fuzzer has a fault of the lab MTA that it sees, and no other one does.
set -u
x=$1/x400rig
tmp=$(mktemp -d)
trap 'sh tests/lib/cases.sh "$tmp"; rm -rf "$tmp"' EXIT
for row in "approach planted-mutters" "silent planted-ignores" "stays planted-clings" "other planted-mixes" \
	"reaction planted-sulks" "next-bind planted-refuses" "ledger Q194750" "log planted-cries" \
	"resources never-releases" "latency planted-tires" "stall planted-dawdles" "pace planted-shares" \
	"recovery planted-lingers"; do
	oracle=${row% *} defect=${row#* } cases=3000
	[ $oracle = silent ] && cases=7000	# few cases come to where it owes something
	timeout 100 "$x" fuzz teardown --virtual --cases $cases --defect $defect --failures 0 --once --out "$tmp/f" \
		>"$tmp/$oracle.txt" 2>"$tmp/err"
	seen=$(sed -n 's/^FAIL \([a-z-]*\):.*/\1/p' "$tmp/$oracle.txt" | sort -u | tr '\n' ' ')
	if [ "$seen" = "$oracle " ]; then
		echo "ok fuzz oracle $oracle: alone sees $defect"
	else
		echo "not ok fuzz oracle $oracle: $defect is seen by: ${seen:-none} $(tail -n 1 "$tmp/err")"
	fi
done

# What is found in the middle of a trial ends it, and is told.
timeout 100 "$x" fuzz teardown --virtual --time 5 --defect Q236586 --failures 1 --once --out "$tmp/f" >"$tmp/out" 2>"$tmp/err"
status=$?
if [ $status = 1 ] && grep -q '^FAIL log: Q236586' "$tmp/out"; then
	echo "ok fuzz: a fault in the middle of a trial"
else
	echo "not ok fuzz: a fault in the middle of a trial: status $status, $(tail -n 1 "$tmp/err")"
fi
