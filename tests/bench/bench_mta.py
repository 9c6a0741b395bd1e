"""The bars of the lab MTA: durable messages of 1 KiB through it, over one association and over
64, as ratios to what SQLite and the loopback do alone in the same run, RUNS samples; 1,000
associations in; memory over FLAT messages and with one of HUGE octets.  Needs a real disk:
skipped on tmpfs."""
import json
import os
import socket
import subprocess
import sys
import tempfile
import time

BUILD = sys.argv[1]
X = BUILD + "/x400rig"
RUNS = int(os.environ.get("RUNS", "5"))
N = int(os.environ.get("MESSAGES", "5000"))
MANY = 8 * N                            # over 64 associations: a second of work, not a tenth
FLAT = int(os.environ.get("FLAT", "50000"))
HUGE = int(os.environ.get("HUGE", str(1 << 30)))


def row(what, unit, bar, ours, beside="", theirs=()):
    """A line for tests/bench/table.py."""
    print("row", what, unit, bar, " ".join("%g" % x for x in ours), beside,
          " ".join("%g" % x for x in theirs), sep="\t", flush=True)


def ready(*args):
    p = subprocess.Popen([X, *args], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return p, int(p.stdout.readline().rsplit(":", 1)[1])


def ask(path, what):
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    s.sendall((json.dumps(what) + "\n").encode())
    return json.loads(s.makefile().readline())


class Chain:
    """Both neighbours in one process, bench_relay, and the MTA between; the queue on disk."""

    def __init__(self, folder, associations=9, threshold=1000000):
        self.control = folder + "/c"
        self.load = subprocess.Popen([BUILD + "/tests/bench/bench_relay"], text=True,
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        port = int(self.load.stdout.readline().rsplit(":", 1)[1])
        conf = folder + "/conf"
        with open(conf, "w") as f:
            f.write('name "LAB" ; password "p"\nlisten 127.0.0.1:0\npeer "UP" password "u"\n'
                    'peer "DOWN" password "d" address 127.0.0.1:%d route "C=XX;A=TEST;P=DOWN;"\n'
                    'associations %d ; threshold %d ; control-blocks 2500\nqueue "%s/q"\n' %
                    (port, associations + 1, threshold, folder))
        self.mta, self.port = ready("mta", "--config", conf, "--control", self.control)

    def relay(self, senders, messages, size):
        """Messages per second, from the first transfer until all have come out."""
        self.load.stdin.write("%d %d %d %d\n" % (self.port, senders, messages, size))
        self.load.stdin.flush()
        said = self.load.stdout.readline().split()
        if len(said) != 2 or said[1] != "0":
            raise SystemExit("bench-mta: messages are missing")
        while ask(self.control, {"do": "queue", "most": 0})["n"]:
            time.sleep(0.05)
        return float(said[0])

    def resident(self):
        with open("/proc/%d/status" % self.mta.pid) as f:
            return int(next(x for x in f if x.startswith("VmHWM")).split()[1]) / 1024

    def end(self):
        for p in self.mta, self.load:
            p.kill()
            p.wait()


def bare(folder, how, n):
    path = "%s/bare-%s-%f" % (folder, how, time.time())
    out = subprocess.run([BUILD + "/tests/bench/bare_queue", path, how, str(n)],
                         capture_output=True, text=True)
    return float(out.stdout)


def commits(chain):
    return ask(chain.control, {"do": "queue", "most": 0})["commits"]


def ratio(what, folder, senders, messages, bars):
    """`bars`: (bar or "", how, beside), baselines of the same runs."""
    ours, theirs, each = [], [[] for _ in bars], []
    for _ in range(RUNS):
        for of, (_, how, _) in zip(theirs, bars):
            of.append(bare(folder, how, messages))
        with tempfile.TemporaryDirectory(dir=folder) as sub:
            chain = Chain(sub, senders, 1 if senders > 1 else 1000000)
            chain.relay(senders, messages // 10, 1024)  # the MTA's own associations, too, are open
            before = commits(chain)
            ours.append(chain.relay(senders, messages, 1024))
            each.append((commits(chain) - before) / messages)
            chain.end()
    for of, (bar, _, beside) in zip(theirs, bars):
        row(what, "/s", bar, ours, beside, of)
    row(what + ": commits a message", "", "", each)


def huge(folder):
    with tempfile.TemporaryDirectory(dir=folder) as sub:
        chain = Chain(sub)
        chain.relay(1, 1, HUGE)
        mib = chain.resident()
        chain.end()
    row("relay of a message of %d MiB: resident" % (HUGE >> 20), "MiB", "<64", [mib])


def flat(folder):
    """Ten times as many messages must not take more memory."""
    with tempfile.TemporaryDirectory(dir=folder) as sub:
        chain = Chain(sub, 64, 1)
        resident = []
        for _ in range(10):
            chain.relay(64, FLAT // 10, 1024)
            resident.append(chain.resident())
        chain.end()
    row("relay, resident after %d messages" % FLAT, "MiB", "<1.1x", resident[-1:],
        "after a tenth", resident[:1])


def associations(folder):
    with tempfile.TemporaryDirectory(dir=folder) as sub:
        chain = Chain(sub, 1000)
        chain.relay(1000, 3000, 1024)
        mib = chain.resident()
        used = ask(chain.control, {"do": "control-blocks"})["used"]
        chain.end()
    row("1,000 associations in: control blocks in use", "", ">1000", [used])
    row("the same: resident", "MiB", "", [mib])


def main():
    folder = os.environ.get("BENCH_DIR", BUILD)
    kind = subprocess.run(["stat", "-f", "-c", "%T", folder], capture_output=True, text=True)
    if kind.stdout.strip() == "tmpfs":
        print("skip bench-mta: %s is no disk; BENCH_DIR names another folder" % folder)
        return
    with tempfile.TemporaryDirectory(dir=folder) as tmp:
        ratio("relay, durable, one association in, one out", tmp, 1, N,
              [(">50%", "trip", "a trip and a commit each")])
        ratio("relay, durable, 64 associations in", tmp, 64, MANY,
              [(">30%", "batch", "SQLite, inserts only, batches of 64"),
               ("", "queue", "SQLite, two rows in and out, batches of 64")])
        associations(tmp)
        flat(tmp)
        huge(tmp)


if __name__ == "__main__":
    main()
