#!/bin/sh
# Writes the recordings of captures/ anew: `make recordings`, then look at what git
# says has changed.
#     sh tests/tools/record.sh BUILD FOLDER [NAME ...]     all, or only these
# One scenario of each class, and each defect of the lab MTA as its scenario meets it,
# in virtual time with one seed, so that two runs give the same octets.
set -u
rig=$1/x400rig
folder=$2
shift 2
wanted=" $* "
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

classes='basic/bind basic/refused basic/report bind/dialogue-mode extensions/critical
	identifiers/repeated limits/past links/half-open message/content-types
	modes/1984 modes/1984-reports modes/x410-cut pop4/mtsid-reuse presentation/no-contexts
	probe/relayed profile/military recovery/busy recovery/resumed recovery/timeout
	recovery/unknown-session replay/pace report/requests reports/delivery
	resources/slow-callers rtse/discard rtse/interrupt-resume rtse/turns rtse/window
	session/dt-after-finish signatures/s18-bind-errors teardown/as-receiver/mid-dt-fin
	teardown/as-sender/finish-rst teardown/as-sender/mid-dt-fin tpkt/pieces trace/long
	transport/bad-cr'

# Of long ones only the associations on which the defect shows.
associations() {
	case $1 in
	Q152897) echo 2,3,4,5 ;;
	Q236586) echo 2 ;;
	Q188040) echo 2 ;;
	Q194031 | Q166594 | Q194750 | recovery-gap) echo 2,3,4,5 ;;
	Q198958) echo 3,4 ;;
	Q189753 | lab-rtse-discard) echo 1 ;;
	esac
}

# name, options and scenario
record() {
	name=$1
	shift
	case $wanted in
	"  " | *" $name "*) ;;
	*) return ;;
	esac
	rm -rf "$tmp/run"
	"$rig" run --quiet --virtual --seed 7 --out "$tmp/run" "$@" >"$tmp/said" 2>&1
	pcapng=$(find "$tmp/run" -name '*.pcapng')
	if [ ! -s "$pcapng" ]; then
		echo "$name: no capture: $(tail -n 1 "$tmp/said")" >&2
		return
	fi
	only=$(associations "${name#defect-}")
	if [ -n "$only" ]; then
		"$rig" decode --filter "association=$only" --export "$tmp/part" "$pcapng" >"$tmp/said"
		pcapng=$tmp/part
	fi
	gzip -n -9 -c "$pcapng" >"$folder/$name.pcapng.gz"
	"$rig" decode "$folder/$name.pcapng.gz" >"$folder/$name.txt"
}

for scenario in $classes; do
	record "lab-$(echo "$scenario" | tr / -)" "$scenario"
done
"$rig" mta --defect list | awk '/^[^ ]/ { name = $1 } $1 == "scenario" { print name, $2 }' |
	while read -r defect scenario; do
		record "defect-$defect" --defect "$defect" "$scenario" </dev/null
	done
