#!/bin/sh
# Replays against their bars: rate beside the native runner, pauses, memory.
#     tests/bench/bench_replay.sh BUILD
# TALKS (10000) conversations for the rate, MIB (1024) of capture for the memory.
set -u
x=$1/x400rig
talks=${TALKS:-10000} mib=${MIB:-1024}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

ratio() { awk -v a="$1" -v b="$2" 'BEGIN {printf "%.0f %%", b ? 100 * a / b : 0}'; }
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
a=$(took "$tmp/native.out") b=$(took "$tmp/rate.out")
echo "$talks conversations: native $a s, replayed $b s: $(ratio "$a" "$b") of its rate (bar 70 %)"

# --- pauses as captured: of each PDU of ours against the one before it
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
"$x" replay "$tmp/pauses/bench/pauses.pcapng" --quiet --together --unlimited --timing captured \
	--out "$tmp/timed" >/dev/null 2>&1
gaps() {
	"$x" decode "$1" | awk '/^ +[0-9.]+ .*(->|<-) +(cotp|session)/ {
		if (before && /->/) printf "%.6f\n", $1 - before
		before = $1 }'
}
gaps "$tmp/pauses/bench/pauses.pcapng" >"$tmp/gaps.a"
gaps "$tmp/timed/replay/pauses.pcapng" >"$tmp/gaps.b"
paste "$tmp/gaps.a" "$tmp/gaps.b" | awk 'NF == 2 {d = ($2 - $1) * 1000; print d < 0 ? -d : d}' |
	sort -n | awk '{v[NR] = $1} END {printf "pauses of %d PDUs: 99th percentile %.2f ms from " \
		"the capture (bar 2 ms)\n", NR, NR ? v[int(NR * 0.99)] : 0}'

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
print("a capture of %d MiB: %s; at most %.0f MiB of memory (bar 128 MiB)"
      % (os.path.getsize(capture) >> 20, last, peak))
END
