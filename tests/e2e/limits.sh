#!/bin/sh
# What a machine runs out of: descriptors before and in a case, memory in one, and what lint can say of
# windows; packets of an interface beside a run.
#     sh tests/e2e/limits.sh BUILD
set -u
. tests/lib/say.sh
build=${1:?build folder}
rig=$build/x400rig
tmp=$(mktemp -d) || exit 1
trap 'sh tests/lib/cases.sh "$tmp"; rm -rf "$tmp"' EXIT

scenario() {	# NAME, steps
	{
		printf 'scenario limits/%s\n  title "Limits"\n  source "own"\n  limit 60s\n' "$1"
		printf '  %s\n' 'down: listen checkpoint 1KiB window 2' 'up: associate' \
			'expect up bound within 10s' 'up: transfer 1 message size 20KiB to down' "$2" \
			'expect delivered within 20s' 'up: release'
	} >"$tmp/$1.scn"
}

# --- lint: the sender's RTSE window is smaller than what the kernel hides
scenario window 'down: stall on'
scenario open 'wait 1s'
sed -i 's/window 2/window 3/; s/wait 1s/down: stall on/' "$tmp/open.scn"
"$rig" lint "$tmp/window.scn" >"$tmp/out" 2>&1
grep -q 'window.scn:9:3: warning: the RTSE window stops the sender after 3072 octets' "$tmp/out" &&
	ok lint-window-hidden || bad lint-window-hidden "$(cat "$tmp/out")"
"$rig" lint "$tmp/open.scn" >"$tmp/out" 2>&1
grep -q 'RTSE window' "$tmp/out" && bad lint-window-seen "$(cat "$tmp/out")" || ok lint-window-seen

# --- descriptors.  Even root may not raise the limit without CAP_SYS_RESOURCE.
few() {	# N, command ...
	n=$1
	shift
	if [ "$(id -u)" = 0 ]; then
		setpriv --inh-caps=-sys_resource --bounding-set=-sys_resource \
			prlimit --nofile="$n:$n" "$@"
	else
		prlimit --nofile="$n:$n" "$@"
	fi
}
scenario many 'wait 1ms'
sed -i 's/^  wait 1ms/  repeat 500 {\n  up: associate\n  }/' "$tmp/many.scn"
scenario plain 'wait 1ms'
few 200 "$rig" run "$tmp/many.scn" "$tmp/plain.scn" -q --out "$tmp/few" >"$tmp/out" 2>&1
if grep -q '^skip .*limits/many .*it may need 5[0-9]* descriptors, and this system allows 200' \
	"$tmp/out" && grep -q '^pass .*limits/plain' "$tmp/out"; then
	ok descriptors-skip
else
	bad descriptors-skip "$(cat "$tmp/out")"
fi

# All of them are taken by others: each case is an error, and the reports are there.
cat >"$tmp/full" <<'S'
i=5
while [ $i -lt 96 ]; do
	eval "exec $i</dev/null"
	i=$((i + 1))
done
exec "$@"
S
few 100 bash "$tmp/full" "$rig" run "$tmp/plain.scn" basic/transfer -q --out "$tmp/none" \
	>"$tmp/out" 2>&1
status=$?
if [ $status = 4 ] && [ "$(grep -c '^error' "$tmp/out")" = 2 ] &&
	grep -q 'Too many open files' "$tmp/out" && [ -s "$tmp/none/junit.xml" ] &&
	[ -s "$tmp/none/report.html" ]; then
	ok descriptors-error
else
	bad descriptors-error "status $status: $(cat "$tmp/out")"
fi

# --- memory: a million messages, and none for them.  The other case goes on.
scenario large 'wait 1ms'
sed -i 's/transfer 1 message size 20KiB/transfer 1000000 messages size 1KiB/' "$tmp/large.scn"
prlimit --as=$((80 << 20)) "$rig" run "$tmp/large.scn" "$tmp/plain.scn" -q --virtual -j 1 \
	--out "$tmp/little" >"$tmp/out" 2>&1
status=$?
if nm -D "$rig" | grep -q __asan; then
	echo "skip memory-error: AddressSanitizer needs more room itself"
elif [ $status = 4 ] && grep -q '^error .*limits/large' "$tmp/out" &&
	grep -q 'memory' "$tmp/out" && grep -q '^pass .*limits/plain' "$tmp/out" &&
	grep -q '<error ' "$tmp/little/junit.xml" && [ -s "$tmp/little/report.html" ]; then
	ok memory-error
else
	bad memory-error "status $status: $(cat "$tmp/out")"
fi

# --- packets of an interface beside the run
"$rig" run "$tmp/plain.scn" -q --packets lo --out "$tmp/packets" >"$tmp/out" 2>"$tmp/err"
status=$?
if grep -q 'not recorded' "$tmp/err"; then
	echo "skip run-packets: $(sed -n 's/.*not recorded: //p' "$tmp/err")"
elif [ $status = 0 ] &&
	"$rig" decode "$tmp/packets/limits/plain.wire.pcap" 2>/dev/null | grep -q MESSAGE; then
	ok run-packets
else
	bad run-packets "$(cat "$tmp/out" "$tmp/err")"
fi
"$rig" run "$tmp/plain.scn" -q --packets nowhere0 --out "$tmp/nowhere" >"$tmp/out" 2>"$tmp/err"
[ $? = 0 ] && grep -q 'not recorded: nowhere0' "$tmp/err" && ok run-without-packets ||
	bad run-without-packets "$(cat "$tmp/out" "$tmp/err")"

# --- 10,000 steps, an association in every fourth: no more memory than for 1,000
long() {	# ROUNDS
	printf 'scenario limits/long%s\n  title "Binds and releases, again and again"\n  limit 1000min\n' "$1"
	printf '  repeat %s {\n    up.a: associate\n    expect up.a bound within 5s\n' "$1"
	printf '    up.a: release\n    expect up.a released within 5s\n  }\n'
}
for mode in --virtual --jobs=1; do
	case=long-memory${mode%=*}
	if nm -D "$rig" | grep -q __asan; then
		echo "skip $case: AddressSanitizer needs more room itself"
		continue
	fi
	for n in 250 2500; do
		long $n >"$tmp/long$n.scn"
		python3 - "$rig" "$mode" "$tmp/long$n" >"$tmp/kib$n" <<'P'
import resource, subprocess, sys
rig, mode, name = sys.argv[1:]
said = subprocess.run([rig, "run", "-q", mode, "-o", name + mode, name + ".scn"],
                      capture_output=True, text=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss if said.returncode == 0 else said)
P
	done
	if [ $(($(cat "$tmp/kib2500") - $(cat "$tmp/kib250"))) -le 1024 ] 2>"$tmp/err"; then
		ok "$case"
	else
		bad "$case" "$(cat "$tmp/kib250" "$tmp/kib2500" "$tmp/err") KiB"
	fi
done
