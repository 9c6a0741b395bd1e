#!/bin/sh
# The runner when things go wrong around it, and what it leaves behind: Ctrl-C, folders that
# cannot be written, logs that cannot be read, an MTA that hangs, the forms of reports.
set -u
. tests/lib/say.sh
x=$1/x400rig
tmp=$(mktemp -d)
trap 'for f in "$tmp"/*.pid; do kill -KILL "$(cat "$f")" 2>/dev/null; done; sh tests/lib/cases.sh "$tmp"; rm -rf "$tmp"' EXIT

# --- Ctrl-C in the middle: reports of what was, nothing left running

"$x" run -q --jobs 2 --repeat 500 --out "$tmp/stopped" 'basic/*' >"$tmp/stopped.txt" 2>&1 &
pid=$!
for _ in $(seq 200); do
	[ "$(grep -c '"id"' "$tmp/stopped/run.jsonl" 2>/dev/null)" -ge 3 ] 2>/dev/null && break
	sleep 0.05
done
lab=$(pgrep -P "$pid" | head -n 1)
kill -INT "$pid"
wait "$pid"
check "Ctrl-C: status" 130 $?
check "Ctrl-C: its processes have ended" "" "$(ps -o pid= -p "${lab:-$pid}")"
for f in junit.xml report.tap report.html; do
	[ -s "$tmp/stopped/$f" ]
	check "Ctrl-C: $f is there" 0 $?
done
check "Ctrl-C: what was measured is told" "$(grep -c '"id"' "$tmp/stopped/run.jsonl")" \
	"$(sed -n 's/^1\.\.//p' "$tmp/stopped/report.tap")"

# --- folders

"$x" run -q --virtual --out /dev/null/run basic/bind >"$tmp/out" 2>&1
check "no folder: status" 4 $?
has "no folder: why" '/dev/null/run: Not a directory' "$tmp/out"
prlimit --fsize=20000 "$x" run -q --virtual --out "$tmp/full" 'basic/*' >"$tmp/out" 2>&1
check "a full disk: status" 4 $?
has "a full disk: why" 'File too large' "$tmp/out"
has "a full disk: the rest goes on" '^pass .*basic/bind' "$tmp/out"

# --- logs

cat >"$tmp/logs.scn" <<'S'
scenario runner/logs
  title  "Asks for the logs"
  up: associate
  expect up bound within 5s
  up: release
  expect up released within 5s
  expect log none conclusive
S
log() {		# name, command, status, word of the verdict
	sed "s|^ *logs .*|  logs events command $2|" rig/targets/lab.target >"$tmp/log.target"
	timeout 20 "$x" run -q --virtual -t "$tmp/log.target" --out "$tmp/log-$1" "$tmp/logs.scn" \
		>"$tmp/log.txt" 2>&1
	check "log command that $1: status" "$3" $?
	has "log command that $1: verdict" "^$4 .*runner/logs" "$tmp/log.txt"
}
log fails '["false"]' 3 inconclusive
has "log command that fails: why" 'could not be read: their command failed' "$tmp/log.txt"
log is-missing '["no-such-program"]' 3 inconclusive
log never-ends '["sleep", "1000"] within 300ms' 3 inconclusive
log prints-garbage '["head", "-c", "3000000", "/dev/urandom"]' 0 pass

# --- an MTA that hangs: the restart hook brings it back, what follows means something

ports=$(ports 2)
port=${ports% *} up=${ports#* }
cat >"$tmp/start" <<S
#!/bin/sh
[ -s "$tmp/mta.pid" ] && kill -KILL "\$(cat "$tmp/mta.pid")" 2>/dev/null
rm -f "$tmp/ready"
"$x" mta --listen 127.0.0.1:$port --logs "$tmp" \\
	--peer "RIGUP,up-secret,127.0.0.1:$up,C=XX;A=TEST;P=UP;" >"$tmp/ready" 2>"$tmp/mta.err" </dev/null &
echo \$! >"$tmp/mta.pid"
for _ in \$(seq 300); do [ -s "$tmp/ready" ] && exit 0; sleep 0.05; done
exit 1
S
# The hook for resources is run at the beginning and end of each case: the fourth time it
# finds an MTA that has stopped.
cat >"$tmp/look" <<S
#!/bin/sh
echo >>"$tmp/looks"
[ "\$(grep -c '' "$tmp/looks")" -ge 4 ] && mkdir "$tmp/stopping" 2>/dev/null && kill -STOP "\$(cat "$tmp/mta.pid")"
printf 'descriptors 7\nmemory-kib 1000\n'
S
chmod +x "$tmp/start" "$tmp/look"
"$tmp/start"
check "an MTA to hang" 0 $?
sed -e "s/pixit address lab/pixit address 127.0.0.1:$port/" -e "/side up/s/:0 /:$up /" \
	-e '/side \(down\|slow\|old\|x410\)/d' -e '/ at \(down\|slow\|old\|x410\)/d' \
	-e "s|logs events file.*|hooks restart command [\"$tmp/start\"] within 20s ; resources command [\"$tmp/look\"]|" \
	rig/targets/lab.target >"$tmp/hang.target"
for i in 1 2 3 4 5 6 7 8 9; do
	cat >"$tmp/call$i.scn" <<S
scenario runner/call$i
  title "Calls"
  up: associate
  expect up bound within 1s
  wait 100ms
  up: release
  expect up released within 1s
S
done
hang() {	# name, options
	name=$1
	shift
	rm -rf "$tmp/looks" "$tmp/stopping"
	timeout 60 "$x" run -q -t "$tmp/hang.target" --out "$tmp/$name" "$@" "$tmp"/call?.scn \
		>"$tmp/$name.txt" 2>&1
	check "$name: status" 1 $?
	check "$name: the hook is run once" 1 "$(grep -c 'running its restart hook' "$tmp/$name.txt")"
	has "$name: the last case passes" '^pass .*runner/call9' "$tmp/$name.txt"
	failed=$(grep -c '^fail' "$tmp/$name.txt")
	check "$name: no case is left out" 9 "$((failed + $(grep -c '^pass' "$tmp/$name.txt")))"
	has "$name: resources are evidence" '"name":"resource"' "$tmp/$name/events/runner/call1.jsonl"
}
hang hang
check "hang: one case alone fails" 1 "$failed"
hang hang-jobs --jobs 3
check "hang-jobs: those that were under way fail, no others" 1 $((failed >= 1 && failed <= 3))

# --- the same seed, the same octets, however many lanes

set -f
for lane in 1 4; do
	"$x" run -q --seed 9 --jobs $lane --out "$tmp/lanes$lane" 'basic/*' message/several-recipients \
		>"$tmp/out" 2>&1
	check "$lane lanes: status" 0 $?
	python3 tests/lib/runner.py octets "$tmp/lanes$lane" >"$tmp/octets$lane"
done
set +f
check "octets of five cases" 5 "$(grep -c . "$tmp/octets1")"
check "the same octets, times apart" "$(cat "$tmp/octets1")" "$(cat "$tmp/octets4")"
"$x" run -q --seed 10 --out "$tmp/lanes10" basic/transfer >/dev/null 2>&1
python3 tests/lib/runner.py octets "$tmp/lanes10" >"$tmp/octets10"
check "another seed, other octets" 1 "$(grep -c -v -F -f "$tmp/octets1" "$tmp/octets10")"

# --- forms of what is left behind

"$x" run -q --virtual --defect Q152897 --out "$tmp/mixed" basic/bind pop4/backlog-drop probe/list \
	"$tmp/logs.scn" >/dev/null 2>&1
for run in mixed stopped full log-fails; do
	[ -s "$tmp/$run/junit.xml" ] || "$x" report "$tmp/$run" -f junit >"$tmp/$run/junit.xml"
	check "JUnit schema: $run" "" "$(xmllint --noout --schema tests/schema/junit.xsd \
		"$tmp/$run/junit.xml" 2>&1 | grep -v ' validates$')"
done
check "TAP 14: all kinds of points" "2 ok 1 not ok 1 skip" \
	"$(python3 tests/lib/runner.py tap "$tmp/mixed/report.tap" 2>&1 | tail -n 1)"
"$x" report "$tmp/mixed" -f baseline >"$tmp/known.baseline"
"$x" run -q --virtual --defect Q152897 --baseline "$tmp/known.baseline" --out "$tmp/known" basic/bind \
	pop4/backlog-drop >/dev/null 2>&1
check "TAP 14: what is known is to be done" "1 ok 1 todo" \
	"$(python3 tests/lib/runner.py tap "$tmp/known/report.tap" 2>&1 | tail -n 1)"

python3 tests/lib/runner.py comments "$tmp/mixed/pop4/backlog-drop.pcapng" >"$tmp/comments"
seed=$(sed -n '1s/.*"seed":"\([^"]*\)".*/\1/p' "$tmp/mixed/run.jsonl")
has "section header: scenario" '^section: .*scenario pop4/backlog-drop: Backlog' "$tmp/comments"
has "section header: seed and target" "^section: .*seed $seed, target lab" "$tmp/comments"
has "packets: a step" '^packet: up: *transfer 40 messages' "$tmp/comments"
has "packets: an expectation" '^packet: expect up bound within' "$tmp/comments"
has "end: the verdict" '^end: verdict: fail: ' "$tmp/comments"

# --- who closes one direction still sees how the other one ends

cat >"$tmp/half.scn" <<'S'
scenario own/half
  title   "half-close, and the peer's own end"
  source  "RFC 1006 5"
  limit   60s
  up.c: connect
  up.c: send cotp CR src=1
  expect up.c cotp CC within 5s
  up.c: cut half-close
  expect up.c tcp closed within 5s
S
"$x" run -q --virtual --out "$tmp/half" "$tmp/half.scn" >/dev/null 2>&1
check "half-close: the peer's end is heard" 0 $?
check "half-close: its FIN is behind ours" "-> <- " \
	"$("$x" decode "$tmp/half/own/half.pcapng" | sed -n 's/.* \(->\|<-\)  *tcp  *FIN.*/\1/p' | tr '\n' ' ')"
