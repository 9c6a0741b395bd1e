#!/bin/sh
# Each fault of the lab MTA that an end of a connection provokes is found from a cold start,
# with any of ten seeds, in less than two minutes; the healthy MTA has none.
#
#     make fuzz-defects [SEEDS="1 2 3"] [HEALTHY=1000000] [DEFECTS="Q193894 ..."]
#
# One line for each defect: seeds that found it, the slowest, by which oracle.  REAL=1: over
# sockets, else in virtual time.
set -u
x=$1/x400rig
seeds=${SEEDS:-1 2 3 4 5 6 7 8 9 10}
healthy=${HEALTHY:-1000000}
limit=120
how=--virtual
[ -n "${REAL:-}" ] && how=
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
# Of the transport, of the association, of recovery, of a slow link beside another neighbour.
# Not those that no end of a connection has to do with: an odd message, a value in a bind, and a
# dialogue mode that is not said (Q140958: an association of the neighbour's that stands keeps the MTA
# from opening its own; when that one ends, however it does, the fault is gone).
defects=${DEFECTS:-Q152897 Q232602 Q193894 Q266792 Q188040 Q152947 Q152941 Q276222 Q157015 Q254943
	Q194031 Q166594 Q194750 Q198958 recovery-gap Q152877 Q240383 Q140956 Q196852 never-releases
	Q229643 Q236586}
bad=0
for defect in $defects; do
	found=0 n=0 slowest=0 oracles=
	for seed in $seeds; do
		n=$((n + 1))
		timeout $((limit + 60)) "$x" fuzz teardown $how --seed "$seed" --time $limit --defect "$defect" \
			--failures 1 --once --out "$tmp/f" >"$tmp/out" 2>/dev/null
		rm -rf "$tmp/f"
		oracle=$(sed -n 's/^FAIL \([a-z-]*\):.*/\1/p' "$tmp/out" | head -n 1)
		tenths=$(sed -n 's/.*first after [0-9]* cases, \([0-9]*\)\.\([0-9]\).*/\1\2/p' "$tmp/out" | head -n 1)
		[ -n "$oracle" ] && found=$((found + 1))
		tenths=${tenths#0} tenths=${tenths:-9999}
		[ "$tenths" -gt "$slowest" ] && slowest=$tenths
		case " $oracles " in *" $oracle "*) ;; *) oracles="$oracles $oracle" ;; esac
	done
	if [ $found = $n ]; then verdict=ok; else verdict="not ok" bad=1; fi
	echo "$verdict fuzz defect $defect: $found of $n seeds, slowest $((slowest / 10)).$((slowest % 10)) s;$oracles"
done
if [ "$healthy" -gt 0 ]; then
	"$x" fuzz teardown $how --cases "$healthy" --failures 0 --out "$tmp/h" >"$tmp/out" 2>"$tmp/err"
	if [ $? = 0 ]; then
		echo "ok fuzz healthy: $(sed -n 's/^seed \(.*\);.*/\1/p' "$tmp/out")"
	else
		bad=1
		echo "not ok fuzz healthy: $(grep '^FAIL' "$tmp/out" | head -n 3 | tr '\n' ' ')"
	fi
fi
exit $bad
