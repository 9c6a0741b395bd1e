#!/bin/sh
# The fuzzer against the lab MTA, verdicts on, beside a bare epoll program with as many lanes
# that makes as many round trips; and its memory over many cases.
#
# A round trip is counted where the peer answers what was said: with octets, or with its end
# (FIN or RST), which costs both sides the same turn; on connections of the MTA's own, where we
# answer what it said.  What nobody answers is none, nor is the end of a connection, which the
# bare program has too.  Both make as many connections; only ours has a source address for each
# case, and ends some of them with FIN.
#
#     bench_fuzz.sh build      CASES=50000 LANES=64 FLAT=300000 (10000000 for the whole bar)
set -u
x=$1/x400rig
cases=${CASES:-50000} lanes=${LANES:-64} flat=${FLAT:-300000}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# Cases per second, and the connections and round trips that they made, both ways.
ours() {
	"$x" fuzz teardown --cases "$cases" --seed "$1" --lanes "${2:-$lanes}" --failures 0 --out "$tmp/f" 2>/dev/null |
		sed -n 's/.* cases in .*, \([0-9]*\)\/s;.*/\1/p; s/^\([0-9]*\) connections, \([0-9]*\) round trips/\1 \2/p'
	rm -rf "$tmp/f"
}

# As many connections and round trips on as many lanes, of octets of a middling PDU.
bare() { "$build/tests/bench/bare" churn "$lanes" "$1" "$2" 200; }

build=$1 ours= theirs= few=
for seed in 1 2 3 4 5; do
	set -- $(ours $seed 16)
	few="$few ${1:-0}"
	set -- $(ours $seed)
	[ $# = 3 ] || { echo "fuzz: seed $seed does not end" >&2; exit 1; }
	ours="$ours $1"
	theirs="$theirs $(($(bare "$2" "$3") * cases / $2))"
done
printf 'row\tfuzz: cases with verdicts\t/s\t>5000\t%s\n' "$ours"
printf 'row\tfuzz: cases with verdicts, 16 lanes\t/s\t>5000\t%s\n' "$few"
printf 'row\tfuzz: cases with verdicts, beside\t/s\t>50%%\t%s\tbare epoll, as many connections and rounds\t%s\n' \
	"$ours" "$theirs"
printf 'row\tfuzz: cases with verdicts, boofuzz-class\t/s\t>5840\t%s\n' "$ours"

# With a capture of each case, kept.
"$x" fuzz teardown --cases "$cases" --lanes "$lanes" --failures 0 --captures --out "$tmp/c" 2>/dev/null |
	sed -n 's/.* cases in .*, \([0-9]*\)\/s;.*/row\tfuzz: cases with a pcapng for each\t\/s\t>4000\t\1/p'
rm -rf "$tmp/c"

# Memory of the fuzzer, its maps with it: the most until a tenth of the cases has begun, and until
# the end.  By cases, not by time: the trial of the first rest takes seconds, so that a tenth of the
# time is a few thousand cases.  What is filled by number is taken at the beginning (fuzz/tally.h);
# until then heaps find how much is open at once, and pages of programs are read for the first time.
#
# Of the lab MTA's what lasts: the least that it holds in the second tenth of the cases, and in the
# last one, for whatever is never given back is in that.  Its greatest size is that of the longest
# queue there was, which is longer the more cases there are to draw a hold-up from; of a queue it
# keeps at most 8 MiB (QUEUE_KEPT of mta/queue.h).
python3 - "$x" "$tmp" "$flat" "$lanes" <<'END'
import struct, subprocess, sys, time
x, tmp, flat = sys.argv[1], sys.argv[2], int(sys.argv[3])
def held(pid, what):
    for line in open("/proc/%d/status" % pid):
        if line.startswith(what):
            return int(line.split()[1]) / 1024
    raise OSError("it has gone")
def lab(pid):
    return int(open("/proc/%d/task/%d/children" % (pid, pid)).read().split()[0])
def begun():
    return struct.unpack_from("<Q", open(tmp + "/m/counter", "rb").read(), 24)[0]
run = subprocess.Popen([x, "fuzz", "teardown", "--cases", str(flat), "--failures", "0", "--once", "--lanes",
                        sys.argv[4], "--out", tmp + "/m"],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
few = many = most = None
least = {}
while run.poll() is None:
    time.sleep(0.1)
    try:
        tenth = begun() * 10 // flat
        many, most, is_now = held(run.pid, "VmHWM"), held(lab(run.pid), "VmHWM"), held(lab(run.pid), "VmRSS")
        if tenth == 0:
            few = many
        least[tenth] = min(least.get(tenth, is_now), is_now)
    except (OSError, IndexError, TypeError, struct.error):
        pass                            # one of them is not there yet, or has gone
if not few or run.returncode or 1 not in least or 9 not in least:
    sys.exit("fuzz: the run for memory ends with %s" % run.returncode)
print("row\tfuzz: memory of the fuzzer after %d cases, %.1f after a tenth\tMiB\t<%.1f\t%.1f"
      % (flat, few, few + 2, many))
print("row\tfuzz: memory of the lab MTA in the last tenth of %d cases, the least, %.1f in the second\tMiB"
      "\t<%.1f\t%.1f" % (flat, least[1], least[1] + 2, least[9]))
print("row\tfuzz: memory of the lab MTA, the most, with its longest queue\tMiB\t<%.1f\t%.1f"
      % (least[1] + 8, most))
END
