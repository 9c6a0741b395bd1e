#!/usr/bin/env python3
"""Logs with dumps of octets that a capture holds, in the layouts of Ap*.log and Bf*.log.

    dumps.py RIG FOLDER

Writes FOLDER/Ap0.log, Bf0.log, and FOLDER/want with a line for each dump: what `decode`
says of the same octets.  Then near misses, each with one thing wrong: FOLDER/near*.log.
"""
import json
import os
import subprocess
import sys

sys.path.insert(0, "tests/tools")
import bend  # noqa: E402

CAPTURE = "captures/lab-basic-report.pcapng.gz"


def rows(octets, form):
    for at in range(0, len(octets), 16):
        part = octets[at : at + 16]
        text = "".join(chr(c) if 0x20 <= c < 0x7F else "." for c in part)
        yield form % at + " " + " ".join("%02X" % c for c in part).ljust(49) + text


def ap(interface, octets, second):
    head = "%s message: Nov 21, 2026 14:49:%02d, connection 1543\n" % (interface, second)
    return head + "\n".join(rows(octets, "[%05d]")) + "\n"


def bf(number, octets):
    return "Reference %d :\n" % number + "\n".join(rows(octets, "[%9d] ")) + "\n"


def length_of(octets, at):
    """Where the contents begin, and where they end."""
    n = octets[at + 1]
    if n < 0x80:
        return at + 2, at + 2 + n
    size = n & 0x7F
    body = at + 2 + size
    return body, body + int.from_bytes(octets[at + 2 : body], "big")


def apdu_of(octets):
    """The MTS-APDU in an EXTERNAL: behind its reference, in [0]."""
    at, _ = length_of(octets, 0)
    while octets[at] != 0xA0:
        at = length_of(octets, at)[1]
    at, end = length_of(octets, at)
    return octets[at:end]


def main(rig, folder):
    streams = bend.streams(CAPTURE)
    listing = subprocess.run([rig, "decode", "-v", "--json", CAPTURE], stdout=subprocess.PIPE, check=True)
    found = {}
    for line in listing.stdout.decode().splitlines():
        o = json.loads(line)
        if o["layer"] == "tcp":
            continue
        whole = streams[(o["connection"], o["direction"])][o["offset"] : o["offset"] + o["length"]]
        found.setdefault((o["layer"], o["pdu"]), (whole, o["text"]))
    want, log = [], ""
    tpdu, says = found["cotp", "CR"]
    log += ap("NSI", tpdu, 1) + ap("NSI", b"\3\0" + (len(tpdu) + 4).to_bytes(2, "big") + tpdu, 2)
    want += [says, "TPKT length=%d | %s" % (len(tpdu) + 4, says)]
    for second, spdu in enumerate(("CN", "FN"), 3):
        octets, says = found["session", spdu]
        log += ap("TSI", octets, second)
        want.append(says)
    for second, apdu in enumerate(("AARQ", "AARE", "RLRQ", "RLRE"), 5):
        octets, says = found["acse", apdu]
        log += ap("ACSI", octets, second)
        want.append(says)
    open(os.path.join(folder, "Ap0.log"), "w").write(log)
    report, says = found["p1", "REPORT"]
    says = says.split(" content-octets=")[0]  # what decode has counted
    open(os.path.join(folder, "Bf0.log"), "w").write(bf(47, apdu_of(report)) + bf(48, apdu_of(report)))
    want += [says, says]
    open(os.path.join(folder, "want"), "w").write("\n".join(want) + "\n")

    aarq = found["acse", "AARQ"][0]
    near = {
        "cut": ap("ACSI", aarq[:-3], 1),
        "tag": ap("ACSI", b"\x6f" + aarq[1:], 1),
        "alone": ap("TSI", found["session", "AEA"][0], 1),
        "xapi": ap("XAPI", aarq, 1),
        "hole": "\n".join(l for i, l in enumerate(bf(1, apdu_of(report)).split("\n")) if i != 3),
    }
    for name, text in near.items():
        open(os.path.join(folder, "near-%s.log" % name), "w").write(text)


main(sys.argv[1], sys.argv[2])
