#!/usr/bin/env python3
"""How cost grows with associations, message size, capture size and log size.

    scaling.py BUILD SVG TABLE.md

Prints a table (processor time, user and system, and greatest resident memory) and draws it: both
axes grow by factors, so that a straight line at the angle of the dotted one is cost in proportion.
TABLE.md gets a line for each thing that grows.  SMALL=1: the first points only.
"""
import os
import resource
import socket
import struct
import subprocess
import sys
import tempfile
import time

BUILD, SVG, TABLE = sys.argv[1:4]
X = os.path.join(BUILD, "x400rig")
SMALL = bool(os.environ.get("SMALL"))
TICK = os.sysconf("SC_CLK_TCK")
MIB = 1 << 20


def peak(pid):
    """MiB that a process has held at most; 0: it has ended."""
    with open("/proc/%d/status" % pid) as lines:
        for line in lines:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0.0


def measure(args):
    """Processor seconds and MiB resident of a command."""
    p = subprocess.Popen(args, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    done, most = 0, 0.0
    while not done:
        # ru_maxrss begins with what this script holds
        most = max(most, peak(p.pid))
        time.sleep(0.002)
        done, _, used = os.wait4(p.pid, os.WNOHANG)
    return used.ru_utime + used.ru_stime, most


class Peer:
    def __init__(self, *options):
        self.p = subprocess.Popen([X, "peer", "--listen", "127.0.0.1:0", "--quiet", *options],
                                  stdout=subprocess.PIPE, text=True)
        self.port = self.p.stdout.readline().rsplit(":", 1)[1].strip()

    def used(self):
        """Processor seconds so far, MiB resident at most."""
        fields = open("/proc/%d/stat" % self.p.pid).read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK, peak(self.p.pid)

    def end(self):
        self.p.terminate()
        self.p.wait()


def opening():
    """The CR and the CONNECT of an honest initiator, from a capture of ours."""
    data, at, said = open("captures/transfer-1988.pcap", "rb").read(), 24, b""
    port = None
    link = struct.unpack("<I", data[20:24])[0]
    while at + 16 <= len(data):
        n = struct.unpack("<I", data[at + 8:at + 12])[0]
        ip = data[at + 16 + (14 if link == 1 else 0):at + 16 + n]
        at += 16 + n
        ip = ip[:struct.unpack(">H", ip[2:4])[0]]
        tcp = ip[(ip[0] & 15) * 4:]
        port = port or tcp[:2]
        if tcp[:2] == port:
            said += tcp[(tcp[12] >> 4) * 4:]
    frames = []
    while len(frames) < 2:
        n = struct.unpack(">H", said[2:4])[0]
        frames.append(said[:n])
        said = said[n:]
    return frames


def associations(n):
    """n of them, bound and held open at one peer."""
    peer, frames, held = Peer("--bind-time", "0"), opening(), []
    for _ in range(n):
        s = socket.create_connection(("127.0.0.1", int(peer.port)))
        for frame in frames:
            s.sendall(frame)
            if not s.recv(4096):
                sys.exit("the peer refused association %d" % len(held))
        held.append(s)
    used = peer.used()
    peer.end()
    return used


def message(size):
    """One of this size, sent and received: both processes."""
    peer = Peer()
    seconds, resident = measure([X, "send", "127.0.0.1:" + peer.port, "--size", str(size)])
    theirs = peer.used()
    peer.end()
    return seconds + theirs[0], max(resident, theirs[1])


def captured(folder, mib):
    path = os.path.join(folder, "of-%d.pcapng" % mib)
    peer = Peer("--no-digest")
    subprocess.run([X, "send", "127.0.0.1:" + peer.port, "--count", str(mib * 9), "--size", "102400",
                    "--capture", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peer.end()
    return path


def logged(folder, mib):
    path = os.path.join(folder, "of-%d.log" % mib)
    with open(path, "wb") as out:
        subprocess.run(["sh", "tests/bench/make_log.sh", str(mib)], stdout=out)
    return path


def powers(least, most, factor):
    steps = [least]
    while steps[-1] * factor <= most:
        steps.append(steps[-1] * factor)
    return steps[:2] if SMALL else steps


def series(folder):
    yield ("associations held by one peer", "", powers(16, 4096, 4), associations)
    yield ("one message, send and peer", "B", powers(1024, 256 * MIB, 8), message)
    yield ("capture, check", "MiB", powers(1, 256, 4),
           lambda n: measure([X, "check", captured(folder, n)]))
    yield ("log, match", "MiB", powers(4, 256, 4), lambda n: measure([X, "match", logged(folder, n)]))


# --- drawing -------------------------------------------------------------------------------------

WIDTH, HEIGHT, EDGE = 380, 250, 44
COLOURS = (("#1f5fa8", "processor, s"), ("#b4531a", "resident, MiB"))


def short(v):
    for unit, size in (("G", 1 << 30), ("M", 1 << 20), ("k", 1 << 10)):
        if v >= size:
            return "%g%s" % (round(v / size, 1), unit)
    return "%g" % v


def panel(out, left, top, title, unit, points):
    import math
    low = min(min(max(v, 1e-3) for v in p[1:]) for p in points)
    high = max(max(p[1:]) for p in points)
    low, high = 10 ** math.floor(math.log10(low)), 10 ** math.ceil(math.log10(high))
    first, last = points[0][0], points[-1][0]

    def x(v):
        return left + EDGE + math.log(v / first) / math.log(last / first) * (WIDTH - EDGE - 20)

    def y(v):
        v = min(max(v, low), high)
        return top + HEIGHT - 34 - math.log(v / low) / math.log(high / low) * (HEIGHT - 74)

    out.append('<text x="%d" y="%d" class="title">%s%s</text>' %
               (left + EDGE, top + 18, title, " (%s)" % unit if unit else ""))
    step = low
    while step <= high * 1.01:
        out.append('<path class="grid" d="M%.1f %.1fH%.1f"/><text x="%.1f" y="%.1f" class="side">%g'
                   '</text>' % (x(first), y(step), x(last), x(first) - 5, y(step) + 4, step))
        step *= 10
    for p in points:
        out.append('<text x="%.1f" y="%d" class="foot">%s</text>' %
                   (x(p[0]), top + HEIGHT - 16, short(p[0])))
    # in proportion: from the last point of the processor's time back
    at = points[-1][1]
    reach = max(first, last * low / at) if at > 0 else first
    out.append('<path class="even" d="M%.1f %.1fL%.1f %.1f"/>' %
               (x(reach), y(at * reach / last), x(last), y(at)))
    for i, (colour, name) in enumerate(COLOURS):
        line = " ".join("%s%.1f %.1f" % ("L" if k else "M", x(p[0]), y(p[1 + i]))
                        for k, p in enumerate(points))
        out.append('<path d="%s" fill="none" stroke="%s" stroke-width="2"/>' % (line, colour))
        for p in points:
            out.append('<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>' % (x(p[0]), y(p[1 + i]), colour))
        out.append('<text x="%d" y="%d" fill="%s" class="key">%s</text>' %
                   (left + EDGE + i * 110, top + 34, colour, name))


def draw(all_series):
    out = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" '
           'font-size="11">' % (2 * WIDTH, 2 * HEIGHT),
           '<style>.title{font-weight:bold;font-size:13px}.grid{stroke:#ddd}.side{text-anchor:end}'
           '.foot{text-anchor:middle}.even{stroke:#888;stroke-dasharray:3 4;fill:none}</style>',
           '<rect width="100%" height="100%" fill="#fff"/>']
    for i, (title, unit, points) in enumerate(all_series):
        panel(out, i % 2 * WIDTH, i // 2 * HEIGHT, title, unit, points)
    out.append("</svg>")
    open(SVG, "w").write("\n".join(out) + "\n")


# --- the table -----------------------------------------------------------------------------------

def apiece(seconds):
    return "%.3g us" % (seconds * 1e6) if seconds < 1e-3 else "%.3g ms" % (seconds * 1e3)


def line(title, unit, points):
    """What the first costs, what each more does between the two farthest points."""
    (least, at, held), (most, to, most_held) = points[0], points[-1]
    each, step = (MIB, " a MiB") if unit == "B" else (1, " a MiB" if unit else " each")
    more = (to - at) / (most - least) * each
    grows = (most_held - held) / (most - least) * each * 1024
    return "| %s | %s | %s | %s, then %s%s | %.1f to %.1f MiB, %s |\n" % (
        title, short(least) + unit, short(most) + unit, apiece(at), apiece(more), step, held,
        most_held, "flat" if most_held < held * 1.15 else "%.3g KiB%s" % (grows, step))


def tabulate(all_series):
    with open(TABLE, "w", encoding="utf-8") as out:
        out.write("| what grows | from | to | processor | resident |\n|---|---|---|---|---|\n")
        out.writelines(line(*s) for s in all_series)


def main():
    drawn = []
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory() as folder:
        for title, unit, steps, cost in series(folder):
            points = []
            print("%-32s %10s %12s" % (title, "s", "MiB"))
            for n in steps:
                seconds, resident = cost(n)
                points.append((n, seconds, resident))
                print("%32s %10.3f %12.1f" % (short(n) + unit, seconds, resident), flush=True)
            drawn.append((title, unit, points))
    draw(drawn)
    tabulate(drawn)


main()
