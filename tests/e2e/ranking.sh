#!/bin/sh
# x400rig match: articles whose rows overlap are told apart by their companions, and ranked
# with reasons.
#     sh tests/e2e/ranking.sh BUILD
set -u
build=${1:?build folder}
rig=$build/x400rig
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 1
case $rig in /*) ;; *) rig=$OLDPWD/$rig ;; esac

event() {	# EVENT SECOND TAG TEXT
	printf 'message NMI%s: X.400 Service Event, severity 14\n       (%s) 03-05-26 07:%02d:%02dam\n       %s\n\n' \
		"$1" "$3" $(($2 / 60)) $(($2 % 60)) "$4"
}
violated() { event 4282 "$1" 'POP4 MAIN BASE(1) Proc 18' \
	'An interoperability error occurred. Interface protocol 131 was violated. Error code = 8453'; }
unknown() { event 4283 "$1" 'POP4 POP4 UP(5) Proc 228' \
	'Unable to recognize an internal message identifier. Internal connection handle (LP1) 1-3-14 Error code = 8464'; }
broken() { event 4284 "$1" 'POP4 POP4 DOWN(4) Proc 179' \
	'An error has occurred during connection/disconnection. Error code = 8511'; }
internal() { event 4287 "$1" 'POP4 POP4 DOWN(4) Proc 18' \
	"An internal MTA error occurred. Contact Microsoft Product Support Services. Error code = $2"; }
invalid() { event 1209 "$1" 'PLATFORM KERNEL(19) Proc 62' \
	'Session error, invalid source LPI on received message. Invalid LPI is 1-16-64 (PLATFORM KERNEL(19) Proc 62)'; }
state() { event 1198 "$1" 'PLATFORM KERNEL(27) Proc 108' \
	'An error occurred while processing an association to entity. Presentation error: state check failure. Current state 0, service type 20, service flavor 2 Control block index 3. The association will be terminated and restarted if necessary.'; }
lost() { event 2035 "$1" 'BASE POP4 DOWN(6) Proc 138' 'Lost connections to locality 0 (BASE POP4 DOWN(6)'; }

violated 0 >four.log; unknown 1 >>four.log; broken 2 >>four.log; internal 3 8650 >>four.log
cp four.log six.log; invalid 4 >>six.log; state 5 >>six.log
for t in 0 600 1200 1800; do broken $t; internal $((t + 1)) 8640; done >pair.log
broken 0 >restart.log; internal 1 8640 >>restart.log; lost 2 >>restart.log; invalid 3 >>restart.log
event 4287 1 'POP4 POP4 DOWN(4) Proc 18' 'Internal error in POP4 with error code 8640.' >one.log
echo 'Call-stack for TID 006 (NT:0316) : POP4 DOWN      Busy 0%, stalled on send to q/loc 004, normally services q 016' >Calls.out

# first ARTICLE STATUS BECAUSE LOG ...: it is the first that is named, and this is said.
first() {
	article=$1 want=$2 because=$3
	shift 3
	"$rig" match "$@" >out 2>err
	status=$?
	got=$(grep -m 1 -oE '^  (Q?[0-9]{6})' out | tr -d ' ')
	if [ "$got" != "$article" ]; then echo "not ok ranking-$1: $got, not $article, is first"
	elif [ $status != "$want" ]; then echo "not ok ranking-$1: status $status, not $want"
	elif ! grep -qE -- "$because" out; then echo "not ok ranking-$1: not said: $because"
	else echo "ok ranking-$*"; return
	fi
	sed 's/^/# /' out >&2
}

first Q152897 1 'because +all its 4 rows are there' four.log
first Q306959 1 'because +taken back by event 1209' six.log
first Q232602 1 'because +all its 4 rows are there' restart.log
first Q236586 1 'because +all its 2 rows are there' one.log Calls.out
first Q236586 3 'lacks a line of Calls.out' one.log
# The network, not the MTA: the same two events at the open interval.
first Q175354 3 'because +all its 2 rows are there' pair.log
# ... and what explains more stands above what explains a part.
first Q232602 1 'Q232602 explains the same and more' pair.log restart.log
