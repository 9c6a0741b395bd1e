#!/bin/sh
# Each allocation fails once:  tests/alloc.sh BUILD [EVERY [KIND ...]]
#
# The program (make allocations) is run again and again, and another allocation fails each time.  It
# may do without and end as ever; else it says that memory ran out, and ends with the status of its
# own trouble (decode: of a capture that is not whole).  It must not crash, hang, or come to another
# verdict.  A lab MTA or peer that is up by then may lose one message of three by it, no more.  Where
# there are more than MANY (1000), those that are asked for by the same calls count once.  EVERY:
# only every n-th one.  KIND: run, fail, real, mta, peer, report, decode, check; all of them if none
# is named.
set -u
x=$1/x400rig-alloc
honest=$1/x400rig
every=${2:-1}
[ $# -lt 2 ] || shift
shift
kinds=${*:-run fail real mta peer report decode check}
many=${MANY:-1000}
tmp=$(mktemp -d)
server=
trap '[ -n "$server" ] && kill -KILL "$server" 2>/dev/null; rm -rf "$tmp"' EXIT
X400RIG_DATA=$PWD/rig
export X400RIG_DATA
failed=0

# A server of which one allocation fails gets three messages.  $1: a folder; the rest: the server.
# 125: it was up, and did not take two of them.
serve() {
	folder=$1
	shift
	mkdir -p "$folder"
	timeout -k 1 30 "$x" "$@" >"$folder/out" 2>"$folder/err" &
	server=$!
	unset X400RIG_FAIL X400RIG_SITES
	for _ in $(seq 200); do
		grep -q ready "$folder/out" && break
		kill -0 $server 2>/dev/null || break
		sleep 0.02
	done
	port=$(sed -n 's/^ready 127\.0\.0\.1:\([0-9]*\).*/\1/p' "$folder/out")
	taken=0
	if [ -n "$port" ]; then
		for _ in 1 2 3; do
			timeout 10 "$honest" send "127.0.0.1:$port" --name UP --password up \
				--to 'C=XX;A=TEST;P=LAB;S=Y;' --size 3000 >>"$folder/send" 2>&1 &&
				taken=$((taken + 1))
		done
	fi
	kill "$server" 2>/dev/null
	wait "$server"
	status=$?
	server=
	[ -z "$port" ] || [ $taken -ge 2 ] || [ $status -ge 124 ] || status=125
	return $status
}

# What is run; $1: its folder.
work() {
	case $kind in
	run) timeout -k 1 60 "$x" run -q --virtual --seed 1 --out "$1" basic/transfer ;;
	fail) timeout -k 1 60 "$x" run -q --virtual --seed 1 --out "$1" --defect Q152897 basic/transfer \
		pop4/backlog-drop ;;
	real) timeout -k 1 60 "$x" run -q --seed 1 --out "$1" basic/transfer ;;
	mta) serve "$1" mta --scale 1 --listen 127.0.0.1:0 --queue "$1/queue.db" --logs "$1" --peer UP,up ;;
	peer) serve "$1" peer --listen 127.0.0.1:0 --capture "$1/peer.pcapng" ;;
	report) "$x" report "$tmp/whole" -f html -o "$1.html" ;;
	decode) "$x" decode captures/transfer-1988.pcap ;;
	check) "$x" check captures/transfer-1988.pcap ;;
	esac
}

"$x" run -q --virtual --seed 1 --out "$tmp/whole" --defect Q152897 basic/transfer pop4/backlog-drop >/dev/null
# Did it end as it may?  $1: the status that it has otherwise; $2: its own.
well() {
	case $2,$kind in
	"$1",*) return 0 ;;
	2,* | 4,* | 3,decode) grep -qi 'memory\|allocate' "$tmp/out" "$tmp/one/err" 2>/dev/null ;;
	*) return 1 ;;
	esac
}

for kind in $kinds; do
	export X400RIG_SITES="$tmp/sites"
	work "$tmp/count-$kind" >/dev/null 2>&1
	honest_status=$?
	unset X400RIG_SITES
	n=$(sed -n 's/^of //p' "$tmp/sites")
	if [ "$n" -gt "$many" ]; then
		grep -v of "$tmp/sites" >"$tmp/numbers"
	else
		seq "$n" >"$tmp/numbers"
	fi
	bad=
	for i in $(awk -v e="$every" '(NR - 1) % e == 0' "$tmp/numbers"); do
		rm -rf "$tmp/one" "$tmp/one.html"
		export X400RIG_FAIL=$i
		work "$tmp/one" >"$tmp/out" 2>&1
		status=$?
		unset X400RIG_FAIL
		well $honest_status $status || bad="$bad $i($status)"
	done
	if [ -z "$bad" ]; then
		echo "ok alloc $kind: $n allocations, $(wc -l <"$tmp/numbers") ways, every $every-th failed"
	else
		echo "not ok alloc $kind: allocation and status, $honest_status else:$bad"
		failed=1
	fi
done
exit $failed
