"""What a run leaves behind, looked at by rules that are not ours:

    runner.py tap FILE              TAP 14: counts of ok, not ok, skip
    runner.py comments FILE         comments of a pcapng: section header, packets, end
    runner.py octets FOLDER         digest of what the rig sent in each case, times apart
"""
import hashlib, os, re, struct, sys


def tap(path):
    """Version, plan, then points in order; YAML diagnostics indented by two; # and \\ escaped."""
    lines = open(path, encoding="utf-8").read().split("\n")
    assert lines.pop() == "" and lines[0] == "TAP version 14"
    plan = re.fullmatch(r"1\.\.(\d+)( # SKIP.*)?", lines[1])
    assert plan, lines[1]
    seen, yaml, counts = 0, None, {"ok": 0, "not ok": 0, "skip": 0, "todo": 0}
    for line in lines[2:]:
        if yaml is not None:
            assert line.startswith("  "), line
            if line == "  ...":
                yaml = None
            else:
                yaml.append(line)
                assert re.match(r"  +([a-z_]+:( .*)?|- .*|\S.*)$", line), line
            continue
        if line == "  ---":
            assert seen, "diagnostics without a point"
            yaml = []
            continue
        point = re.fullmatch(r"(ok|not ok) (\d+) - ((?:[^#\\]|\\[#\\])*?)(?: # (SKIP|TODO)(?: (.*))?)?", line)
        assert point, line
        seen += 1
        assert int(point[2]) == seen, line
        counts[(point[4] or point[1]).lower()] += 1
    assert yaml is None and seen == int(plan[1])
    return counts


def blocks(path):
    data, at = open(path, "rb").read(), 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        assert length % 4 == 0 and length == struct.unpack_from("<I", data, at + length - 4)[0]
        yield kind, data[at + 8:at + length - 4]
        at += length


def comments_of(options):
    at = 0
    while at + 4 <= len(options):
        code, n = struct.unpack_from("<HH", options, at)
        if code == 0:
            return
        if code == 1:
            yield options[at + 4:at + 4 + n].decode()
        at += 4 + n + -n % 4


def comments(path):
    """All comments, in order, and where they stand."""
    for kind, body in blocks(path):
        if kind == 0x0A0D0D0A:
            for c in comments_of(body[16:]):
                yield "section", c
        elif kind == 6:
            n = struct.unpack_from("<I", body, 12)[0]
            for c in comments_of(body[20 + n + -n % 4:]):
                yield "packet", c
        elif kind == 5:         # what comes behind the last packet
            for c in comments_of(body[12:]):
                yield "end", c


def segments(path):
    """(source, destination, flags, payload) of IPv4 and IPv6 packets over Ethernet or raw."""
    for kind, body in blocks(path):
        if kind != 6:
            continue
        n = struct.unpack_from("<I", body, 12)[0]
        ip = body[20:20 + n]
        if ip[0] >> 4 not in (4, 6) or (ip[12:14] in (b"\x08\x00", b"\x86\xdd") and len(ip) > 34
                                         and ip[0] >> 4 != 4):
            ip = ip[14:]
        if ip[0] >> 4 == 4:
            head, source, to = (ip[0] & 15) * 4, ip[12:16], ip[16:20]
            ip = ip[:struct.unpack_from(">H", ip, 2)[0]]
        else:
            head, source, to = 40, ip[8:24], ip[24:40]
        tcp = ip[head:]
        yield (source + tcp[:2], to + tcp[2:4], tcp[13], tcp[(tcp[12] >> 4) * 4:])


def sent(path):
    """Streams of the rig: of those that call as RIG..., and answers to those that the MTA calls."""
    streams, order = {}, []
    for source, to, flags, payload in segments(path):
        key = tuple(sorted((source, to)))
        if flags & 2 and not flags & 16:
            streams[key] = {"caller": source, source: b"", to: b""}
            order.append(streams[key])
        if key in streams:
            streams[key][source] += payload
    for s in order:
        ours = s["caller"] if b"RIG" in s[s["caller"]][:600] else \
            next(k for k in s if k not in ("caller", s["caller"]))
        # UTCTime, with seconds or without
        yield re.sub(rb"\d{10}(\d\d)?Z", b"T", s[ours])


def octets(folder):
    for root, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            if name.endswith(".pcapng"):
                streams = sorted(sent(os.path.join(root, name)))
                assert streams and any(streams), name
                yield name[:-7], hashlib.sha256(b"|".join(streams)).hexdigest()[:16]


if __name__ == "__main__":
    what, path = sys.argv[1:3]
    if what == "tap":
        print(" ".join(f"{v} {k}" for k, v in tap(path).items() if v))
    elif what == "comments":
        for where, text in comments(path):
            print(where + ": " + text.replace("\n", "; "))
    else:
        for name, digest in octets(path):
            print(name, digest)
