#!/bin/sh
# What goes wrong most often on the first day: it ends with the right status, in a sentence that
# says what to do next, and soon.
#     sh tests/e2e/mistakes.sh BUILD
set -u
. tests/lib/say.sh
x=$1/x400rig
here=$PWD
tmp=$(mktemp -d)
pid=
trap '[ -n "$pid" ] && kill "$pid" 2>/dev/null; cd "$here"; sh tests/lib/cases.sh "$tmp"; rm -rf "$tmp"' EXIT
case $x in /*) ;; *) x=$PWD/$x ;; esac
cd "$tmp" || exit 1

told() {	# mistake, status, what is said, arguments ...
	mistake=$1 status=$2 what=$3
	shift 3
	timeout 20 "$x" "$@" >out 2>err </dev/null
	got=$?
	[ "$got" = "$status" ] || { bad "$mistake" "status $got, not $status: $(cat err)"; return; }
	cat out err >both
	has "$mistake" "$what" both
}

"$x" mta --listen 127.0.0.1:0 --name THERE --password their --peer RIGUP,up-secret \
	>mta.out 2>mta.err &
pid=$!
mta=$(address_in mta.out)
free=127.0.0.1:$(ports 1)

# --- the command
told "a verb mistyped" 2 'did you mean "run"' rnu
told "an option mistyped" 2 'did you mean "--virtual"' run --virtaul
told "an option of another verb" 2 'x400rig ping --help' ping --defect Q152897 "$mta"
told "nothing given" 2 'x400rig decode --help' decode
told "a fault that there is not" 2 'mta --defect list' run --defect Q999999 basic/bind
told "a scenario that there is not" 5 'x400rig list' run xyzzy-plugh
told "a scenario mistyped" 5 'did you mean "basic/bind"' run basic/bnd

# --- the target
told "a target file that is not there" 2 'x400rig init' run -t my.target basic/bind
told "a target's name mistyped" 2 ' exchange-55 ' run -t exchnge-55 basic/bind
sed 's/pixit address.*/pixit addres 127.0.0.1/' "$("$x" --data)/targets/generic-1988.target" >typo.target
told "a word mistyped in a target" 2 '^typo.target:[0-9]*:[0-9]*: error.*addres' lint typo.target
{
	sed "s/address [0-9.:]*/address $free/" "$("$x" --data)/targets/generic-1988.target"
} >nobody.target
told "a run, and no MTA there" 4 'ping --target FILE' run -q -t nobody.target --out nobody basic/bind

# --- the MTA
told "ping, wrong port" 4 'is the MTA running, is its port right' ping "$free"
told "send, wrong port" 4 'x400rig ping' send "$free"
told "a host that there is not" 2 'no such host' ping nowhere.invalid
told "a wrong password" 1 'does it know our --name and --password' ping "$mta" --name RIGUP --password wrong
told "a name that it does not know" 1 'does it know our --name and --password' ping "$mta" --name WHO --password up-secret
told "init, wrong port" 4 'is the MTA running' init "$free" -o new.target
told "a port in use" 4 'ss -ltnp' peer --listen "$mta"
told "another machine's address" 4 'ip address' peer --listen 192.0.2.77:10102
told "the lab MTA's port in use" 4 'ss -ltnp' mta --listen "$mta" --queue own.db

# --- files
for verb in decode check replay 'fuzz --cases 1 teardown --from'; do
	# shellcheck disable=SC2086
	told "${verb%% *}: a capture that is not there" 2 'No such file' $verb field.pcap
done
told "a log that is not there" 2 'No such file' match mta.log
told "a log beside a capture that is not there" 2 'No such file' check "$here/captures/checkpoints.pcapng" mta.log
told "a target to look at that is not there" 2 'No such file' lint my.target
echo "no capture" >text.pcap
told "a file that is no capture" 2 'pcap and pcapng are read' check text.pcap
printf '\324\303\262\241\2\0\4\0\0\0\0\0\0\0\0\0\0\0\4\0\1\0\0\0' >silent.pcap
told "a capture without X.400, decoded" 5 '(--port forces one)' decode silent.pcap
told "a capture without X.400, checked" 5 '(--port forces one)' check silent.pcap
: >empty.log
told "an empty log" 5 'is it the right file' match empty.log
told "an empty log beside a capture" 3 'is it the right file' check "$here/captures/checkpoints.pcapng" empty.log
printf 'scenario my/own\n  title "Mine"\n  source "X.411"\n  up: asociate\n' >my.scn
told "a step mistyped" 2 'did you mean "associate"' run my.scn
printf 'scenario my/own\n  title "Mine"\n' >my.scn
told "a scenario without steps" 2 '^my.scn:1:1: error' lint my.scn
told "a folder that is no run" 2 'a run folder is wanted' report .
told "a run folder that is not there" 2 'a run folder is wanted' rejudge run-yesterday
told "a run to compare that is not there" 2 'a run folder is wanted' diff run-yesterday run-today
"$x" run -q --virtual --seed 1 --out today basic/bind >out 2>err
told "a run before that is not there" 2 'run-yesterday/run.jsonl: No such file' \
	report today -f html --before run-yesterday
for s in 0 86401 86402; do
	told "a silence of $s s" 2 'idle: 1 to 86400 seconds' \
		check --idle "$s" "$here/captures/checkpoints.pcapng"
done
told "results that cannot be written" 4 '/proc/none' run -q --virtual --out /proc/none basic/bind
told "an interface that there is not" 4 'ip link' decode --live nosuch0
