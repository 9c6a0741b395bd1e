#!/usr/bin/env python3
"""fields.py RIG FOLDER CAPTURE...: the same files read by `x400rig decode` and by tshark.  All that
tshark shows we show as often: names of SPDUs, serial numbers of sync points, MTS identifiers, O/R
names, names of MTAs, reasons and diagnostics; of the captures in WHOLE we show no more than that.
Of each kind one value that we show is then bent, which must be noticed.

tshark reads one file of all captures on one port, in FOLDER, in which each has addresses of its
own.  In a message that is fatally wrong for us tshark may read on: it need not, and neither we."""
import collections
import gzip
import json
import re
import struct
import subprocess
import sys

# What tshark follows to its end, and shows each value of as often as it comes.
WHOLE = {"checkpoints", "lab-basic-bind", "lab-basic-report", "lab-report-requests",
         "lab-trace-long", "lab-probe-relayed"}

# What one capture holds makes tshark blind for binds in those behind it: they are read again.
PASSES = 5

SPDUS = {"9": "FN", "10": "DN", "12": "RF", "13": "CN", "14": "AC", "29": "AR", "41": "AE",
         "42": "AEA", "45": "AS", "48": "ED", "49": "MIP", "50": "MIA"}
RTORJ = {"0": "busy", "1": "cannot-recover", "2": "validation-failure",
         "3": "unacceptable-dialogue-mode"}
RTAB = {"0": "local-system-problem", "1": "invalid-parameter", "2": "unrecognized-activity",
        "3": "temporary-problem", "4": "protocol-error", "5": "permanent-error", "6": "user-error",
        "7": "transfer-completed"}
BIND_ERROR = {"0": "busy", "2": "authentication-error", "3": "unacceptable-dialogue-mode",
              "4": "unacceptable-security-context",
              "5": "inadequate-association-confidentiality"}

P1 = ("p1", "ipm")
# kind, tshark's fields, layers, how we write it, how tshark's values are named, once each?
KINDS = [
    ("SPDUs", ["ses.type"], ["session"], r"^(%s)\b" % "|".join(SPDUS.values()), SPDUS, False),
    ("serial numbers", ["ses.serial_number"], ["session"], r"\bserial=(\d+)", None, False),
    ("session reasons", ["ses.reason_code"], ["session"],
     r"^(?:ED|RF|AI|AD) .*?\breason=(\d+)", None, False),
    ("ACSE results", ["acse.result"], ["acse"], r"^AARE .*?\bresult=(\d+)", None, False),
    ("ACSE reasons", ["acse.reason"], ["acse"], r"^RLR[QE] .*?\breason=(\d+)", None, False),
    ("RTORJ reasons", ["rtse.refuseReason"], ["rtse"], r"^RTORJ .*?\breason=([\w-]+)", RTORJ, False),
    ("RTAB reasons", ["rtse.abortReason"], ["rtse"], r"^RTAB .*?\breason=([\w-]+)", RTAB, False),
    ("bind errors", ["p1.MTABindError"], ["p1"], r"^BIND-ERROR ([\w-]+)", BIND_ERROR, False),
    ("MTA names", ["p1.authenticated.initiator-name", "p1.authenticated.responder-name"], ["p1"],
     r"^BIND-(?:ARGUMENT|RESULT) .*?name=\"([^\"]*)\"", None, True),
    ("MTS identifiers", ["p1.local_identifier"], ["p1"], r";L=([^\";]*)", None, True),
    ("content identifiers", ["p1.content_identifier"], ["p1"], r"content-id=\"([^\"]*)\"", None, True),
    ("countries", ["p1.iso_3166_alpha2_code"], P1, r"\bC=([^\";]*)", None, True),
    ("domains", ["p1.printable"], P1, r"[;\"][AP]=([^\";]*)", None, True),
    ("organizations", ["p1.organization_name"], P1, r";O=([^\";]*)", None, True),
    ("units", ["p1.OrganizationalUnitName"], P1, r";OU\d?=([^\";]*)", None, True),
    ("surnames", ["p1.surname"], P1, r";S=([^\";]*)", None, True),
    ("non-delivery reasons", ["p1.non_delivery_reason_code"], ["p1"], r"\breason=(\d+)", None, False),
    ("diagnostics", ["p1.non_delivery_diagnostic_code"], ["p1"], r"\bdiagnostic=(\d+)", None, False),
]


# ---- one file of all

def packets(path):
    """(link type, seconds, microseconds, octets) of a pcap or pcapng in little-endian order."""
    data = open(path, "rb").read()
    data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    links, at = [], 0
    if data[:4] == b"\xd4\xc3\xb2\xa1":
        link, at = struct.unpack_from("<I", data, 20)[0], 24
        while at < len(data):
            s, us, n = struct.unpack_from("<III", data, at)
            yield link, s, us, data[at + 16:at + 16 + n]
            at += 16 + n
    while at < len(data):
        kind, n = struct.unpack_from("<II", data, at)
        if kind == 1:
            links.append(struct.unpack_from("<H", data, at + 8)[0])
        elif kind == 6:
            number, high, low, captured = struct.unpack_from("<IIII", data, at + 8)
            ns = high << 32 | low       # the rig's own have no other unit than these two
            s, us = ((ns // 10**9, ns // 1000 % 10**6) if ns > 10**17 else
                     (ns // 10**6, ns % 10**6))
            yield links[number], s, us, data[at + 28:at + 28 + captured]
        at += n


def merge(paths, out):
    """The number of the frame before each file's first one."""
    before, frames = [], 0
    with open(out, "wb") as f:
        f.write(struct.pack("<IIIHHqI", 0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0, -1, 28))
        for link in (1, 101):
            f.write(struct.pack("<IIHHII", 1, 20, link, 0, 0, 20))
        for i, path in enumerate(paths):
            before.append(frames)
            for link, s, us, octets in packets(path):
                p = bytearray(octets)
                ip = 14 if link == 1 else 0
                for end in (ip + 12, ip + 16):
                    p[end + 1] ^= i + 1
                n = len(p) + -len(p) % 4
                when = s * 10**6 + us
                f.write(struct.pack("<IIIIIII", 6, 32 + n, link != 1, when >> 32,
                                    when & 0xffffffff, len(p), len(p)) + p +
                        bytes(n - len(p)) + struct.pack("<I", 32 + n))
                frames += 1
    return before


# ---- two readers

def ours(rig, path):
    out = subprocess.run([rig, "decode", "--json", path], capture_output=True).stdout
    lines = [json.loads(l) for l in out.splitlines()]
    text, fatal, wrong = collections.defaultdict(list), set(), set()
    for l in lines:
        way = l["connection"], l["direction"]
        text[l["layer"]].append("\n".join([l["text"]] + l["details"]))
        if l["layer"] in P1 and any(f["severity"] == "fatal" for f in l["findings"]):
            wrong.add(way)
        if way in wrong:
            fatal |= set(l["frames"])
        if l["pdu"] == "AE":            # where tshark has the whole of it
            wrong.discard(way)
    ports = {re.sub(".*:", "", l["to"]) for l in lines if l["direction"] == "->"}
    return text, fatal, frozenset(ports)


def tshark(readings, ports, merged):
    before = merge([r.path for r in readings], merged)
    command = ["tshark", "-n", "-r", merged, "-T", "json", "-e", "frame.number"]
    for port in sorted(ports):
        command += ["-d", "tcp.port==%s,tpkt" % port]
    for field in (f for kind in KINDS for f in kind[1]):
        command += ["-e", field]
    for frame in json.loads(subprocess.run(command, capture_output=True).stdout):
        layers = frame["_source"]["layers"]
        number = int(layers["frame.number"][0])
        i = sum(b < number for b in before) - 1
        doubtful = number - before[i] in readings[i].fatal
        for field, shown in layers.items():
            r = readings[i]
            (r.doubtful if doubtful and field[:3] == "p1." else r.theirs)[field] += shown


def read_all(readings, ports, merged):
    for _ in range(PASSES):
        if not readings:
            return
        for r in readings:
            r.theirs, r.doubtful = collections.defaultdict(list), collections.defaultdict(list)
        tshark(readings, ports, merged)
        names = KINDS[[kind[0] for kind in KINDS].index("MTA names")]
        readings = [r for r in readings if values(names, r)[1] and not values(names, r)[0]]


class Reading:
    """A capture as we read it and, once tshark() was called, as tshark does."""
    def __init__(self, rig, path):
        self.path, self.name = path, re.sub(r".*/|\.pcap.*", "", path)
        self.mine, self.fatal, self.ports = ours(rig, path)
        self.theirs = self.doubtful = None


def values(kind, r):
    """What tshark shows, what we do, and what tshark shows where neither must."""
    what, fields, layers, pattern, names, once = kind
    theirs, doubtful = ([names.get(v) if names else v for f in fields for v in of[f]]
                        for of in (r.theirs, r.doubtful))
    mine = [m for l in layers for t in r.mine[l] for m in re.findall(pattern, t, re.M)]
    return [collections.Counter(set(v) if once else v) - collections.Counter({None: len(v)})
            for v in (theirs, mine, doubtful)]


def differ(theirs, mine, doubtful, whole):
    return theirs - mine or whole and mine - theirs - doubtful


def notices(theirs, mine, doubtful, whole):
    """Is it, if one value is not as often in what we show, but another one is?"""
    value = min(v for v in theirs if theirs[v] >= mine[v])
    bent = mine - collections.Counter([value]) + collections.Counter([value + "~"])
    return differ(theirs, bent, doubtful, whole)


rig, folder = sys.argv[1:3]
readings = [Reading(rig, path) for path in sys.argv[3:]]
for ports in {r.ports for r in readings}:
    read_all([r for r in readings if r.ports == ports], ports, folder + "/merged.pcapng")
compared, blind = collections.Counter(), set()
for r in readings:
    wrong, n, whole = [], 0, r.name in WHOLE
    for kind in KINDS:
        theirs, mine, doubtful = values(kind, r)
        if differ(theirs, mine, doubtful, whole):
            wrong.append("%s: tshark %s, we %s" % (kind[0], dict(theirs), dict(mine)))
        elif any(theirs[v] >= mine[v] for v in theirs) and \
                not notices(theirs, mine, doubtful, whole):
            blind.add(kind[0])
        compared[kind[0]] += sum(theirs.values())
        n += sum(theirs.values())
    if n < 2 and r.mine["session"]:
        wrong.append("tshark shows next to nothing: %d values" % n)
    print("not ok fields-%s: %s" % (r.name, "; ".join(wrong)) if wrong else "ok fields-" + r.name)
for kind in KINDS:
    name = kind[0].replace(" ", "-")
    print("not ok fields-bent-%s: a bent value is not noticed" % name if kind[0] in blind else
          "ok fields-bent-" + name if compared[kind[0]] else
          "not ok fields-bent-%s: tshark shows none" % name)
