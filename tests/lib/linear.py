#!/usr/bin/env python3
"""Captures made to cost more than they are long:  linear.py BUILD

For each kind a capture of N pieces and one of four times as many.  What `decode` and `check`
take of the processor for the long one may be FACTOR times what they take for the short one:
that is twice four, and half of what a cost by the square would be.  What seems to take more is
measured once more.  Prints ok and not ok; SHOW=1: the figures too."""
import os
import struct
import subprocess
import sys
import tempfile

X = os.path.join(sys.argv[1], "x400rig")
N, FACTOR = 3000, 8
LEAST = 0.008                           # seconds: of less nothing can be said
SYN, ACK, RAW = 2, 16, 101
CR = bytes.fromhex("0300000b06e00000000100")
FRAME = bytes.fromhex("0300000702f000")  # a DT without its end, and without user data


def pcap(packets):
    yield struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, RAW)
    for i, p in enumerate(packets):
        yield struct.pack("<IIII", 1770000000 + i // 1000, i % 1000 * 1000, len(p), len(p)) + p


def ip(payload, source=1, target=2, ident=0, fragment=0, protocol=6):
    return struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(payload), ident, fragment, 64, protocol,
                       0, 10 << 24 | source, 10 << 24 | target) + payload


def tcp(seq, payload=b"", flags=ACK, ports=(2000, 102), ack=0, **ends):
    return ip(struct.pack(">HHIIBBHHH", *ports, seq & 0xffffffff, ack, 0x50, flags, 0xffff, 0, 0) +
              payload, **ends)


def opened(first=CR):
    yield tcp(999, flags=SYN)
    yield tcp(1000, first)


def stream(octets, size=1400):
    yield from opened()
    for at in range(0, len(octets), size):
        yield tcp(1000 + len(CR) + at, octets[at:at + size])


def again(n):
    """The same place, with other octets each time."""
    yield from opened(CR + bytes(1000))
    for i in range(n):
        yield tcp(1000 + len(CR), bytes([i & 255]) * 900)


def backwards(n):
    """Behind a hole, the last segment first."""
    yield from opened()
    for i in range(n, 0, -1):
        yield tcp(1000 + len(CR) + 100 * i, bytes(100))


def holes(n):
    yield from opened()
    for i in range(n):
        yield tcp(1000 + len(CR) + 200 * i, bytes(100))


def overlaps(n):
    """Behind a hole, each reaches into all that follow."""
    yield from opened()
    for i in range(n):
        yield tcp(2000 + i * 7 % 512, bytes([i & 255]) * 1400)


def pendulum(n):
    """Behind a hole, now at its beginning, now far away."""
    yield from opened()
    for i in range(n):
        yield tcp(2000 + (i // 2 * 2 if i % 2 else 4000000 - i * 2), b"x")


def fragments(n):
    """Beginnings of packets whose ends never come."""
    for i in range(n):
        yield ip(bytes(64), ident=i & 0xffff, source=1 + (i >> 16), fragment=0x2000)


def pieces(n):
    """Packets in fragments of eight octets, the last one first; none is whole."""
    for i in range(n):
        yield ip(bytes(8), ident=i // 4000, fragment=0x2000 | (4000 - i % 4000))


def reused(n):
    for i in range(n):
        yield tcp(100000 * i, flags=SYN)


def strangers(n):
    """One pair of ports, one direction each, and answers that fit none."""
    for i in range(n // 2):
        yield tcp(1000 * i, flags=SYN, source=1000 + i)
    for i in range(n // 2):
        yield tcp(5, flags=SYN | ACK, ports=(102, 2000), ack=7, source=2000000 + i, target=3)


def connections(n):
    """Each stops behind its CR."""
    for i in range(n // 2):
        yield tcp(999, flags=SYN, source=10 + i)
        yield tcp(1000, CR, source=10 + i)


def segments_of_a_tsdu(n):
    """TPDUs without user data, none the last one of its TSDU."""
    yield from stream(FRAME * (10 * n))


def tsdu_in_octets(n):
    """A TSDU that grows by an octet with each TPDU."""
    yield from stream(bytes.fromhex("0300000802f0000d") * (10 * n))


def almost_frames(n):
    """No frame, but what looks like one at every fourth octet."""
    yield from opened(CR + b"\xff\xff\xff\xff")
    yield from list(stream(bytes.fromhex("0300ffff") * (20 * n)))[2:]


def threes(n):
    yield from list(stream(b"\x03" * (100 * n)))[2:]


def nested(n):
    """Elements of indefinite length that never end, as user data of a CN."""
    data = b"\x30\x80" * 16000
    spdu = b"\x0d\xff" + struct.pack(">H", len(data) + 4) + b"\xc1\xff" + \
        struct.pack(">H", len(data)) + data
    frame = struct.pack(">BBH", 3, 0, len(spdu) + 7) + b"\x02\xf0\x80" + spdu
    yield from stream(frame * (n // 50))


def parameters(n):
    """SPDUs full of parameters without a value."""
    spdu = b"\x0d\xff" + struct.pack(">H", 30000) + b"\x05\x00" * 15000
    frame = struct.pack(">BBH", 3, 0, len(spdu) + 7) + b"\x02\xf0\x80" + spdu
    yield from stream(frame * (n // 50))


def blocks(n):
    """pcapng: sections, interfaces with names and comments, and hardly a packet."""
    def block(kind, body):
        body += bytes(-len(body) % 4)
        size = struct.pack("<I", len(body) + 12)
        return struct.pack("<I", kind) + size + body + size

    for i in range(n):
        if i % 500 == 0:
            yield block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1))
        yield block(1, struct.pack("<HHI", RAW, 0, 65535) + struct.pack("<HH", 2, 200) +
                    b"n" * 200 + bytes(4))


def damage(n):
    """Blocks that say they are long, and are not, each before a good packet."""
    def block(kind, body):
        size = struct.pack("<I", 12 + len(body))
        return struct.pack("<I", kind) + size + body + size

    yield block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1))
    yield block(1, struct.pack("<HHI", RAW, 0, 0))
    for i in range(5 * n):
        yield block(6, struct.pack("<IIIII", 0, 0, i, 4, 4) + b"none")
        yield struct.pack("<III", (6, 0x77)[i % 2], (1 << 20) - 4, 0)


KINDS = (again, backwards, holes, overlaps, pendulum, fragments, pieces, reused, strangers,
         connections, segments_of_a_tsdu, tsdu_in_octets, almost_frames, threes, nested,
         parameters, blocks, damage)


def used(verb, path):
    """Processor seconds, and whether it ended by itself."""
    p = subprocess.Popen([X, *verb, path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(p.pid, 0)
    return usage.ru_utime + usage.ru_stime, os.WIFEXITED(status)


def write(path, kind, n):
    with open(path, "wb") as f:
        for part in kind(n) if kind in (blocks, damage) else pcap(kind(n)):
            f.write(part)


def compare(verb, start, short, long):
    """What is wrong; None: nothing."""
    (a, fine), (b, well) = used(verb, short), used(verb, long)
    a, b = a - start, b - start
    if os.environ.get("SHOW"):
        print("# %-7s %6.1f ms %6.1f ms" % (verb[0], 1e3 * a, 1e3 * b))
    if not fine or not well:
        return "%s died" % verb[0]
    if b > FACTOR * max(a, LEAST):
        return "%s takes %.0f ms, of four times as much %.0f" % (verb[0], 1e3 * a, 1e3 * b)
    return None


def main():
    with tempfile.TemporaryDirectory() as folder:
        none, short, long = [os.path.join(folder, name) for name in ("none", "short", "long")]
        write(none, again, 1)
        verbs = [(v, min(used(v, none)[0] for _ in range(3)))
                 for v in (["decode", "--json"], ["check"])]
        for kind in KINDS:
            name = "linear-" + kind.__name__.replace("_", "-")
            write(short, kind, N)
            write(long, kind, 4 * N)
            wrong = [compare(v, start, short, long) and compare(v, start, short, long)
                     for v, start in verbs]
            wrong = "; ".join(w for w in wrong if w)
            print("not ok %s: %s" % (name, wrong) if wrong else "ok " + name, flush=True)


main()
