#!/bin/sh
# Replays against their bars: rate beside the native runner, pauses, memory.
#     tests/bench/bench_replay.sh BUILD
# TALKS (10000) conversations for the rate, MIB (1024) of capture for the memory.
# Rows for tests/bench/table.py.
set -u
. tests/bench/row.sh
x=$1/x400rig bare=$1/tests/bench/bare
talks=${TALKS:-10000} mib=${MIB:-1024}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

took() { sed -n 's/^pass .* \([0-9.]*\) s$/\1/p' "$1" | awk '{s += $1} END {print s}'; }

# --- the same exchanges by the native runner, and replayed
cat >"$tmp/native.scn" <<END
scenario bench/native
  limit 3000s

  repeat $talks {
    up.c1: associate
    expect up.c1 bound within 10s
    up.c1: release
    expect up.c1 released within 10s
  }
END
"$x" run --quiet --out "$tmp/native" "$tmp/native.scn" >"$tmp/native.out"
"$x" replay captures/ping-success.pcap --quiet --times "$talks" --unlimited --out "$tmp/rate" \
	>"$tmp/rate.out" 2>/dev/null
rate() { took "$1" | awk -v n="$talks" '{print n / $1}' >"$1.rate"; }
rate "$tmp/rate.out"
rate "$tmp/native.out"
row "replay of $talks conversations, as fast as they go" /s ">70%" "$tmp/rate.out.rate" \
	"native runner" "$tmp/native.out.rate"

# --- pauses as captured: of each PDU of ours against the one before it; a process that only
# sleeps such pauses stands on the same processor meanwhile.  Five times, of at most twelve
# the five of which the hypervisor took least: a pause is no program's while it has the processor
cat >"$tmp/pauses.scn" <<END
scenario bench/pauses
  limit 100s

  repeat 100 {
    up.c1: associate
    expect up.c1 bound within 10s
    wait 17ms
    up.c1: release
    expect up.c1 released within 10s
    wait 5ms
  }
END
"$x" run --quiet --out "$tmp/pauses" "$tmp/pauses.scn" >/dev/null
gaps() {
	"$x" decode "$1" | awk '/^ +[0-9.]+ .*(->|<-) +(cotp|session)/ {
		if (before && /->/) printf "%.6f\n", $1 - before
		before = $1 }'
}
gaps "$tmp/pauses/bench/pauses.pcapng" >"$tmp/gaps.a"
p99() { sort -n | awk '{v[NR] = $1} END {print NR ? v[int(NR * 0.99)] : 1000}'; }
clocks() { awk '/^cpu / {for (i = 2; i <= 9; i++) all += $i; print $9, all}' /proc/stat; }
one=$(taskset -cp $$ | sed 's/.*[:,-] *//')
i=0 calm=0
while [ $calm -lt 5 ] && [ $((i += 1)) -le 12 ]; do
	before=$(clocks)
	awk '$1 > 0.002 {print $1 * 1e6}' "$tmp/gaps.a" | taskset -c "$one" "$bare" sleep >"$tmp/late" &
	taskset -c "$one" "$x" replay "$tmp/pauses/bench/pauses.pcapng" --quiet --together --unlimited \
		--timing captured --out "$tmp/timed-$i" >/dev/null 2>&1
	wait
	gaps "$tmp/timed-$i/replay/pauses.pcapng" >"$tmp/gaps.b"
	paste "$tmp/gaps.a" "$tmp/gaps.b" |
		awk 'NF == 2 {d = ($2 - $1) * 1000; print d < 0 ? -d : d}' | p99 >"$tmp/ours"
	echo "$before $(clocks) $(cat "$tmp/ours") $(p99 <"$tmp/late")" |
		awk '{print 100 * ($3 - $1) / ($4 - $2), $5, $6}' >>"$tmp/runs"
	calm=$(awk '$1 < 2' "$tmp/runs" | wc -l)
done
sort -n "$tmp/runs" | head -n 5 >"$tmp/five"
awk '{print $2}' "$tmp/five" >"$tmp/p99"
awk '{print $3}' "$tmp/five" >"$tmp/p99.bare"
row "captured pauses, 99th percentile: off" ms "+2" "$tmp/p99" "bare sleeper" "$tmp/p99.bare"
awk 'END {printf "captured pauses: of %d runs the five of which the hypervisor took up to %.1f %%\n", n, $1}' \
	n="$(wc -l <"$tmp/runs")" "$tmp/five"

# --- memory: messages of 100 MiB
cat >"$tmp/large.scn" <<END
scenario bench/large
  limit 3000s

  repeat $(((mib + 99) / 100)) {
    up.a: associate
    expect up.a bound within 10s
    up.a: transfer 1 message size 100MiB to unreached
    up.a: wait until accepted 1 within 600s
    up.a: release
    expect up.a released within 600s
  }
END
"$x" run --quiet --out "$tmp/large" "$tmp/large.scn" >/dev/null
python3 - "$x" "$tmp" <<'END'
import os, resource, subprocess, sys
x, tmp = sys.argv[1:]
capture = tmp + "/large/bench/large.pcapng"
said = subprocess.run([x, "replay", capture, "--quiet", "--unlimited", "--out", tmp + "/memory"],
                      stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
last = [l for l in said.splitlines() if " case" in l and ":" in l][-1]
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print("row\treplay of a capture of %d MiB: memory\tMiB\t<128\t%.0f"
      % (os.path.getsize(capture) >> 20, peak))
print("the large capture: " + last)
END
