#!/usr/bin/env python3
"""fields.py RIG [--part] CAPTURE...: the same files read by `x400rig decode` and by tshark.  Names
of SPDUs, serial numbers of sync points, MTS identifiers, O/R names, names of MTAs, reasons and
diagnostics must be the same, as often as they come where tshark shows each once.  --part: of
what tshark cannot follow to its end, all that it shows."""
import collections
import json
import re
import subprocess
import sys

SPDUS = {"1": "DT", "2": "PT", "8": "EX", "9": "FN", "10": "DN", "12": "RF", "13": "CN",
         "14": "AC", "21": "GTC", "22": "GTA", "25": "AIA/AB", "26": "ABA", "29": "AR",
         "33": "TD", "41": "AE", "42": "AEA", "45": "AS", "48": "ED", "49": "MIP", "50": "MIA",
         "57": "AD", "58": "ADA"}


def tshark(path, ports):
    ports = [a for p in ports for a in ("-d", "tcp.port==%s,tpkt" % p)]
    out = subprocess.run(["tshark", "-n", *ports, "-r", path, "-T", "json"],
                         capture_output=True).stdout
    got = collections.defaultdict(list)

    def walk(o, name):
        for e in o:
            if isinstance(e, tuple):
                walk(e[1], e[0]) if isinstance(e[1], list) else got[e[0]].append(e[1])
            elif isinstance(e, list):
                walk(e, name)
    walk(json.loads(out, object_pairs_hook=lambda pairs: pairs), "")
    return got


def ours(rig, path):
    out = subprocess.run([rig, "decode", "--json", path], capture_output=True).stdout
    lines = [json.loads(l) for l in out.splitlines()]
    text = {"session": [], "p1": [], "ipm": []}
    for l in lines:
        if l["layer"] in text:
            text[l["layer"]].append(l["pdu"] + " " + "\n".join([l["text"]] + l["details"]))
    return text, {re.sub(".*:", "", l["to"]) for l in lines if l["direction"] == "->"}


def find(pattern, texts):
    return [m for t in texts for m in re.findall(pattern, t)]


def missing(a, b):
    return collections.Counter(a) - collections.Counter(b)


def compare(rig, path, part):
    mine, ports = ours(rig, path)
    theirs = tshark(path, ports)
    session, p1 = mine["session"], mine["p1"]
    both = p1 + mine["ipm"]
    known = {"MIP", "MIA", "AE", "AEA", "CN", "AC", "RF", "FN", "DN", "AS", "AR", "ED"}
    rows = [
        ("SPDUs", collections.Counter(SPDUS.get(t) for t in theirs["ses.type"]
                                      if SPDUS.get(t) in known),
         collections.Counter(t.split()[0] for t in session if t.split()[0] in known)),
        ("serial numbers", sorted(map(int, theirs["ses.serial_number"])),
         sorted(map(int, find(r"\bserial=(\d+)", session)))),
        ("reasons", sorted(map(int, theirs["ses.reason_code"])),
         sorted(map(int, find(r"^(?:ED|RF|AI|AD) .*?\breason=(\d+)", session)))),
        ("MTS identifiers", set(theirs["p1.local_identifier"]), set(find(r";L=([^\";]*)", p1))),
        ("surnames", set(theirs["p1.surname"]), set(find(r";S=([^\";]*)", both))),
        ("organizations", set(theirs["p1.organization_name"]), set(find(r";O=([^\";]*)", both))),
        ("MTA names", set(theirs["p1.authenticated.initiator-name"] +
                          theirs["p1.authenticated.responder-name"]),
         set(find(r"^BIND-(?:ARGUMENT|RESULT) .*?name=\"([^\"]*)\"", p1))),
        ("non-delivery reasons", sorted(map(int, theirs["p1.non_delivery_reason_code"])),
         sorted(map(int, find(r"\breason=(\d+)", p1)))),
        ("diagnostics", sorted(map(int, theirs["p1.non_delivery_diagnostic_code"])),
         sorted(map(int, find(r"\bdiagnostic=(\d+)", p1)))),
    ]
    n = 0
    for what, a, b in rows:
        if missing(a, b) if part else a != b:
            yield "%s: tshark %s, we %s" % (what, a, b)
        n += len(a)
    if n < (2 if part else 3):
        yield "tshark shows next to nothing: %d values" % n


part = sys.argv[2] == "--part"
for path in sys.argv[2 + part:]:
    name = re.sub(r".*/|\.pcap.*", "", path)
    wrong = list(compare(sys.argv[1], path, part))
    print("not ok fields-%s: %s" % (name, "; ".join(wrong)) if wrong else "ok fields-%s" % name)
