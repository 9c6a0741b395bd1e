#!/bin/sh
# Recorded conversations with each defect of the lab MTA, replayed to all its neighbours'
# parts at once: against an MTA with that defect they end as they did, and what shows the
# defect shows again (answers that a healthy MTA does not give, a known fault in the logs).
#     tests/e2e/replay_defects.sh BUILD [all]
# `all` (make replayed): every one that the lab MTA has; else some.
set -u
x=$1/x400rig all=${2-some}
tmp=$(mktemp -d)
trap 'sh tests/lib/cases.sh "$tmp"; rm -rf "$tmp"' EXIT

some=' Q140956 Q140958 Q152897 Q157015 Q166594 Q188040 Q189754 Q196852 Q240383 Q276222 loop-ignored '

# What a replay needs besides, how it shows, and how it is recorded (sed, of the scenario).
#     whole     captures/ has a part: recorded anew, with the conversations that led to it, as
#               is what captures/ does not have at all
#     conduct   in order on the wire: a rule of conduct or the logs tell, and the replay fails
# Which message is under way when the first call fails is chance, if all take no time.
takes_time='s/^  up:   associate/  up: link delay 2ms\n&/'
rows() {
	cat <<-TABLE
	Q240383	captures	--wrong-password
	Q157015	captures	--verbatim tpkt --captured-names
	Q169159	captures	--verbatim tpkt --captured-names --calls=2-5
	Q193380	conduct	--captured-names
	Q166594	whole
	Q194031	whole
	Q194750	whole
	Q198958	whole
	recovery-gap	whole
	Q236586	whole	--link=slow:_rate=64kbit/s_delay=50ms
	Q193894	conduct
	Q229643	conduct
	Q152897	whole	--link=down:_rate=4Mbit/s_delay=5ms --link=up:_delay=2ms	$takes_time
	Q188040	whole	--link=down:_rate=64kbit/s_delay=5ms --cut=down:_stall_at_dt_1 --conversations=1-3
	TABLE
}

scenario_of() {
	"$x" mta --defect list |
		awk -v id="$1" '/^[^ ]/ { name = $1 } $1 == "scenario" && name == id { print $2 }'
}

# The answers compared, and the faults that the logs show.
replayed() {	# capture, folder, options
	from=$1 to=$2
	shift 2
	timeout 60 "$x" replay "$from" --as both --together --timing captured --linger 40000 --unlimited --virtual \
		--seed 7 --quiet --out "$to" "$@" >"$to.out" 2>&1
	status=$?
	sed -n 's/^.*: answers: //p' "$to.out" >"$to.signature"
	find "$to/logs" -type f -exec "$x" match {} + 2>/dev/null |
		sed -n '/^Known faults/,/^[^ K]/s/^  \([^ ][^ ]*\).*/\1/p' | sort -u >>"$to.signature"
}

# The capture of a replay gives the scenario again; where the MTA's sync points crossed ours
# otherwise than in the recording, from the next one on.
scenario() {
	"$x" replay "$@" --as both --together --quiet --dry-run 2>/dev/null | grep -v '^scenario'
}
fixed() {	# name, capture, options
	name=$1 was=$2
	shift 2
	for generation in 1 2; do
		scenario "$was" "$@" >"$tmp/$name.was"
		timeout 60 "$x" replay "$was" --as both --together --timing captured --unlimited --virtual --seed 7 \
			--quiet --out "$tmp/$name-$generation" "$@" >/dev/null 2>&1
		is=$(find "$tmp/$name-$generation/replay" -name '*.pcapng')
		scenario "$is" "$@" >"$tmp/$name.is"
		cmp -s "$tmp/$name.was" "$tmp/$name.is" && break
		was=$is
	done
	if cmp "$tmp/$name.was" "$tmp/$name.is" >/dev/null && [ -s "$tmp/$name.is" ]; then
		echo "ok $name: its replay gives the same scenario"
	else
		echo "not ok $name: its replay: $(diff "$tmp/$name.was" "$tmp/$name.is" | head -3)"
	fi
}

defect() {	# id, how, sed, options with _ for blanks within
	capture=captures/defect-$1.pcapng.gz
	id=$1 how=$2 sed=$3
	shift 3
	if [ "$how" = whole ] || [ ! -f "$capture" ]; then
		sed "$sed" "rig/catalogue/$(scenario_of "$id").scn" >"$tmp/$id.scn"
		"$x" run --quiet --virtual --seed 7 --out "$tmp/$id" --defect "$id" "$tmp/$id.scn" \
			>/dev/null 2>&1
		capture=$(find "$tmp/$id" -name '*.pcapng')
	fi
	i=$#
	while [ "$i" -gt 0 ]; do
		set -- "$@" "$(echo "$1" | tr _ ' ')"
		shift
		i=$((i - 1))
	done
	[ "$all" != all ] || fixed "defect $id" "$capture" --defect "$id" "$@"
	replayed "$capture" "$tmp/$id-ill" --defect "$id" "$@"
	case $how/$status/$(head -n 1 "$tmp/$id-ill.signature") in
	conduct/1/*' 0 differs, 0 missing, '* | */0/*' 0 differs, 0 missing, '*)
		echo "ok defect $id: ends as it did" ;;
	*) echo "not ok defect $id: status $status, $(head -n 1 "$tmp/$id-ill.signature")" ;;
	esac
	replayed "$capture" "$tmp/$id-well" "$@"
	if [ "$how" = conduct ]; then
		[ $status = 0 ] && echo "ok defect $id: shows again, and in no healthy MTA" ||
			echo "not ok defect $id: a healthy MTA: status $status"
		return
	fi
	if cmp -s "$tmp/$id-ill.signature" "$tmp/$id-well.signature"; then
		echo "not ok defect $id: a healthy MTA answers the same: $(cat "$tmp/$id-ill.signature")"
	else
		echo "ok defect $id: shows again, and in no healthy MTA"
	fi
}

tells() {	# name, what is said, where
	grep -q "$2" "$3" && echo "ok $1" || echo "not ok $1: $(head -c 200 "$3")"
}

# Recordings of a healthy MTA: all neighbours at once, and whom it called on their own.
for capture in captures/lab-*.pcapng.gz; do
	[ "$all" = all ] || case $capture in
	*report* | *repeated* | *reuse* | *trace* | *bad-cr*) ;;
	*) continue ;;
	esac
	name=$(basename "$capture" .pcapng.gz)
	fixed "$name" "$capture"
	replayed "$capture" "$tmp/$name-both"
	case $status/$(head -n 1 "$tmp/$name-both.signature") in
	0/*' 0 differs, 0 missing, '*) echo "ok $name: ends as it did" ;;
	*) echo "not ok $name: status $status, $(head -n 1 "$tmp/$name-both.signature")" ;;
	esac
	timeout 60 "$x" replay "$capture" --as responder --mta LAB --unlimited --virtual --seed 7 --quiet \
		--out "$tmp/$name-called" >"$tmp/$name-called.out" 2>&1
	status=$?
	played=$(grep -c ': answers: ' "$tmp/$name-called.out")
	told=$(grep -c 'cannot be replayed: from frame .* hands .* over' "$tmp/$name-called.out")
	missing=$(sed -n 's/.*: answers: .*, \([1-9][0-9]* missing\).*/\1/p' "$tmp/$name-called.out")
	case $status/$((played > 0))/$((told > 0))/$missing in
	0/1/0/ | 3/?/1/) echo "ok $name as responder: as it was, or why not" ;;
	5/0/0/) tells "$name as responder: says that its MTA calls nobody" 'this MTA opens none' \
		"$tmp/$name-called.out" ;;
	*) echo "not ok $name as responder: status $status, $missing" ;;
	esac
done

"$x" mta --defect list | sed -n 's/^\([^ ][^ ]*\)$/\1/p' | while read -r id; do
	case $all$some in
	all*) ;;
	*" $id "*) ;;
	*) continue ;;
	esac
	how=$(rows | awk -F '\t' -v id="$id" '$1 == id { print $2; n = 1 } END { if (!n) print "captures" }')
	sed=$(rows | awk -F '\t' -v id="$id" '$1 == id { print $4 }')
	# shellcheck disable=SC2046
	defect "$id" "$how" "$sed" $(rows | awk -F '\t' -v id="$id" '$1 == id { print $3 }')
done
