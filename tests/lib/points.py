"""Faults at points of the protocol in scenarios: tests/lib/points.py RIG FOLDER

Each row is a scenario of its own, run in virtual time.  Its events and its capture
must agree: the direction of the point ends with exactly the octets up to it, and
nothing behind it was processed or has left.  At a stall, or where the line goes down,
that is so for the time that was asked for; then all goes on.
"""
import json
import os
import subprocess
import sys

STRIDE = 100000  # numbers of a side's associations: scenario/runner.h

# side, point, who says it, last PDU of that direction (None: nothing was said)
ROWS = [
    ("up", "cr", "us", "CR"),
    ("up", "before cr", "us", None),
    ("up", "cc", "it", "CC"),
    ("up", "before cc", "it", None),
    ("up", "cn", "us", "CN"),
    ("up", "before cn", "us", "CR"),
    ("up", "ac", "it", "AC"),
    ("up", "before ac", "it", "CC"),
    ("up", "activity-start", "us", "AS"),
    ("up", "before activity-start", "us", "CN"),
    ("up", "dt 1 of activity 2", "us", "DT"),
    ("up", "before dt 3", "us", "MIP"),
    ("up", "minor-sync 2", "us", "MIP"),
    ("up", "before minor-sync 2", "us", "DT"),
    ("up", "minor-sync-ack 2", "it", "MIA"),
    ("up", "before minor-sync-ack", "it", "AC"),
    ("up", "activity-end", "us", "AE"),
    ("up", "before activity-end", "us", "DT"),
    ("up", "activity-end-ack", "it", "AEA"),
    ("up", "before activity-end-ack", "it", "AC MIA"),
    ("up", "fn", "us", "FN"),
    ("up", "before fn", "us", "AE"),
    ("up", "dn", "it", "DN"),
    ("up", "before dn", "it", "AEA"),
    ("up", "before gt", "us", "AE"),
    ("up", "gt", "us", "GTC"),
    ("up", "before ab", "us", "CN"),
    ("up", "ab", "us", "AB"),
    ("up", "after ab", "us", "AB"),
    ("up", "before dr", "us", "CR"),
    ("up", "dr", "us", "DR"),
    ("down", "cr", "it", "CR"),
    ("down", "cc", "us", "CC"),
    ("down", "before cc", "us", None),
    ("down", "cn", "it", "CN"),
    ("down", "before cn", "it", "CR"),
    ("down", "ac", "us", "AC"),
    ("down", "before ac", "us", "CC"),
    ("down", "rf", "us", "RF"),
    ("down", "before rf", "us", "CC"),
    ("down", "before activity-start", "it", "CN"),
    ("down", "before dt 2 of activity 1", "it", "MIP"),
    ("down", "minor-sync 3", "it", "MIP"),
    ("down", "before minor-sync 3", "it", "DT"),
    ("down", "minor-sync-ack 3", "us", "MIA"),
    ("down", "before minor-sync-ack 3 of activity 1", "us", "MIA"),
    ("down", "activity-end", "it", "AE"),
    ("down", "before activity-end", "it", "DT"),
    ("down", "activity-end-ack of activity 2", "us", "AEA"),
    ("down", "before activity-end-ack", "us", "MIA"),
    ("down", "fn", "it", "FN"),
    ("down", "before dn", "us", "AEA"),
]
HOWS = ["rst", "fin", "silence", "half-close"]

# side, point, who says it, fault
STALLS = [
    ("up", "cr", "us", "stall for 1s"),
    ("up", "before ac", "it", "stall for 10s"),
    ("up", "activity-start", "us", "stall for 10s"),
    ("up", "before dt 2", "us", "stall for 10s"),
    ("up", "minor-sync 2", "us", "stall for 10s"),
    ("up", "before activity-end", "us", "stall for 10s"),
    ("up", "activity-end", "us", "down for 10s"),
    ("up", "before activity-end-ack", "it", "stall for 10s"),
    ("up", "before dn", "it", "stall for 3s"),
    ("down", "cn", "it", "stall for 1s"),
    ("down", "before ac", "us", "stall for 1s"),
    ("down", "dt 2 of activity 2", "it", "stall for 10s"),
    ("down", "before minor-sync 3", "it", "stall for 10s"),
    ("down", "minor-sync 3", "it", "down for 10s"),
    ("down", "minor-sync-ack 3", "us", "stall for 10s"),
    ("down", "activity-end", "it", "stall for 10s"),
    ("down", "before activity-end-ack of activity 2", "us", "stall for 10s"),
]
# side, point, option: from there on the line is another one.
LINES = [
    ("up", "after ac", "rate=64kbit/s", ("rate-set", 64000)),
    ("down", "before minor-sync 2", "delay=700ms", ("delay-set", 700000)),
]

STEPS = {
    "ab": ["up:   associate", "expect up bound within 10s", "up: abort"],
    "gt": ["up:   associate", "up:   transfer 1 message size 80KiB to down",
           "expect accepted within 60s", "up: turn give"],
    "rf": ["up:   associate", "up:   transfer 1 message size 5KiB to down", "wait 5s",
           "down: listen"],
    "dr": ["up: connect", "up: send cotp CR", "wait 1s",
           "up: send cotp DR"],
}
# More than the window: without MIA it would not go on.
LARGE = ["up:   associate", "up:   transfer 1 message size 400KiB to down", "wait 20s"]
MAIL = ["up:   associate", "up:   transfer 2 messages size 80KiB to down", "wait 20s",
        "up:   release"]


def name_of(n):
    return "row-%02d" % n


def scenario(n, row):
    side, point, _, _ = row
    kind = point.split()[1 if point.startswith(("before", "after")) else 0]
    how = HOWS[n % 2 if "dr" in point else n % len(HOWS)]
    listen = "down: listen refuse busy" if kind == "rf" else \
        "down: listen checkpoint 1KiB window 4"
    lines = ["scenario points/" + name_of(n), '  title "Cut %s"' % point, '  source "own"',
             "  limit 500s", "  " + listen, "  %s: at %s cut %s" % (side, point, how)]
    mail = LARGE if side == "up" and kind == "minor-sync-ack" else MAIL
    lines += ["  " + s for s in STEPS.get(kind, mail)]
    lines += ["  wait 200s", "  expect copies at-most 2"]
    return "\n".join(lines) + "\n"


def read(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f]


def events_of_cut(folder, row, n):
    """The events of the end that was cut, up to the cut."""
    mine = []
    first = STRIDE if row[0] == "down" else 0
    for e in read(os.path.join(folder, "events/points/%s.jsonl" % name_of(n)))[1:]:
        if first < e.get("assoc", 0) < first + STRIDE:
            mine.append(e)
    cut = [e["assoc"] for e in mine if e["kind"] == "scenario" and e.get("name") == "cut"]
    return [e for e in mine if cut and e["assoc"] == cut[0]]


def check(rig, folder, n, row):
    side, point, who, last = row
    how = HOWS[n % 2 if "dr" in point else n % len(HOWS)]
    events = events_of_cut(folder, row, n)
    direction = 2 if who == "us" else 1
    cuts = [e for e in events if e["kind"] == "link" and e["name"] in ("cut-done", "silence-on")]
    # Half-closed is one direction only: ours.
    there = [e for e in cuts if e["type"] == (2 if how == "half-close" else direction)]
    if not there:
        return "not cut"
    passed = there[0].get("offset", 0)
    armed = [e for e in events if e["kind"] == "link" and e["name"] == "cut-armed"]
    kernel = [e for e in events if e["kind"] == "link" and e["name"] == "kernel"]
    if how != "half-close" or who == "us":
        if not armed or armed[0].get("length", 0) != passed:
            return "%d octets passed, armed at %s" % (passed, armed)
        if who == "us" and how != "silence" and (not kernel or kernel[0].get("length", 0)):
            return "left before all was acknowledged: %s" % kernel
        if who == "it" and not kernel:
            return "nothing says what the kernel had"
        if who == "it" and point.startswith("before") and not kernel[0].get("length", 0):
            return "the kernel had nothing of what comes behind"
    if how == "half-close" and who == "it":
        return None     # it goes on hearing
    out = subprocess.run([rig, "decode", "-v", "--json",
                          os.path.join(folder, "points/%s.pcapng" % name_of(n))],
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout
    lines = [json.loads(x) for x in out.splitlines()]
    nth = 1 if side == "up" else 2 if any(x["connection"] == 2 for x in lines) else 1
    arrow = "->" if (side == "up") == (who == "us") else "<-"
    mine = [x for x in lines if x["connection"] == nth and x["direction"] == arrow]
    frames = [x["offset"] + x["length"] for x in mine if x["layer"] == "tpkt"]
    if (frames[-1] if frames else 0) != passed:
        return "%d octets passed, TPKTs end at %s" % (passed, frames[-1:])
    pdus = [x["pdu"] for x in mine if x["layer"] == "session" or
            (x["layer"] == "cotp" and x["pdu"] != "DT")]
    # One MIA or AEA may confirm all before it.
    if pdus and pdus[-1] not in (last or "").split() or last and not pdus:
        return "last PDU is %s" % pdus[-3:]
    return None


def ends_of(folder, name, side):
    """The events of each association of that side."""
    first = STRIDE if side == "down" else 0
    ends = {}
    for e in read(os.path.join(folder, "events/points/%s.jsonl" % name))[1:]:
        if first < e.get("assoc", 0) < first + STRIDE:
            ends.setdefault(e["assoc"], []).append(e)
    return ends.values()


def index_of(events, name, start=0):
    for i in range(start, len(events)):
        if events[i]["kind"] == "link" and events[i]["name"] == name:
            return i
    return None


def check_stall(folder, name, row):
    side, _, who, fault = row
    on, off = ("stall-on", "stall-off") if fault.startswith("stall") else ("down", "up")
    direction = 2 if who == "us" else 1
    hit = [x for x in ends_of(folder, name, side) if index_of(x, "reached") is not None]
    if len(hit) != 1:
        return "%d ends came to the point" % len(hit)
    events = hit[0]
    at = index_of(events, "reached")
    begun, gone = index_of(events, on, at), index_of(events, off, at)
    if begun is None or gone is None:
        return "no %s or %s" % (on, off)
    octet = events[at].get("offset", 0)
    if events[at]["type"] != direction or events[at].get("value", 0) != 0:
        return "reached: %s" % events[at]
    seconds = (events[gone]["at"] - events[begun]["at"]) / 1e6
    if events[begun]["at"] != events[at]["at"] or seconds != float(fault.split()[2][:-1]):
        return "%s seconds" % seconds
    both = [x for x in events[begun:] if x["kind"] == "link" and x["name"] in (on, off)]
    if sorted(x["type"] for x in both) != [1, 1, 2, 2]:
        return "not both directions: %s" % both
    if {x.get("offset", 0) for x in both if x["type"] == direction} != {octet}:
        return "octets passed: %s" % both
    # What was read before the point may still be told of, and what is said meanwhile waits.
    heard = [x for x in events[begun:gone] if x["kind"] == "pdu_in" and
             x.get("offset", 0) >= octet]
    if who == "it" and heard:
        return "heard while it stood still: %s" % heard[0]
    later = [x for x in events[gone:] if x["kind"].startswith("pdu_")]
    return None if later else "nothing came behind it"


def check_line(folder, name, row):
    what, value = row[3]
    hit = [x for x in ends_of(folder, name, row[0]) if index_of(x, "reached") is not None]
    if len(hit) != 1:
        return "%d ends came to the point" % len(hit)
    events = hit[0]
    at = index_of(events, "reached")
    told = [x for x in events[at:] if x["kind"] == "link" and x["name"] == what]
    if index_of(events[:at], what) is not None or len(told) != 2:
        return "%s %d times behind the point" % (what, len(told))
    return None if told[0]["length"] == value else "%s %s" % (what, told[0])


def write(folder, name, fault, row, expect):
    listen = "down: listen checkpoint 1KiB window 4"
    lines = ["scenario points/" + name, '  title "%s"' % row[1], '  source "own"',
             "  limit 500s", "  " + listen, "  %s: at %s %s" % (row[0], row[1], fault)]
    lines += ["  " + s for s in MAIL]
    with open(os.path.join(folder, name + ".scn"), "w", encoding="utf-8") as f:
        f.write("\n".join(lines + ["  " + s for s in expect]) + "\n")
    return os.path.join(folder, name + ".scn")


def other_faults(rig, folder):
    delivered = ["expect delivered within 300s", "wait 20s"]
    rows = [("stall-%02d" % i, r[3], r, check_stall) for i, r in enumerate(STALLS)]
    rows += [("line-%02d" % i, "link " + r[2], r, check_line) for i, r in enumerate(LINES)]
    files = [write(folder, name, fault, row, delivered) for name, fault, row, _ in rows]
    out = os.path.join(folder, "others")
    run = subprocess.run([rig, "run", "--virtual", "-q", "--out", out] + files,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    verdicts = {x.split()[1]: x.split()[0] for x in run.stdout.decode().splitlines()
                if " points/" in x}
    for name, fault, row, look in rows:
        what = "point-%s-%s-%s" % (row[0], row[1].replace(" ", "-"), fault.split()[0])
        verdict = verdicts.get("points/" + name, "none")
        why = look(out, name, row) if verdict == "pass" else "verdict " + verdict
        print("not ok %s: %s" % (what, why) if why else "ok " + what)


def main():
    rig, folder = sys.argv[1:]
    other_faults(rig, folder)
    files = []
    for n, row in enumerate(ROWS):
        files.append(os.path.join(folder, name_of(n) + ".scn"))
        with open(files[-1], "w", encoding="utf-8") as f:
            f.write(scenario(n, row))
    out = os.path.join(folder, "out")
    run = subprocess.run([rig, "run", "--virtual", "-q", "--out", out] + files,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    verdicts = {x.split()[1]: x.split()[0] for x in run.stdout.decode().splitlines()
                if "points/row" in x}
    for n, row in enumerate(ROWS):
        what = "point-%s-%s" % (row[0], row[1].replace(" ", "-"))
        verdict = verdicts.get("points/" + name_of(n), "none")
        why = check(rig, out, n, row) if verdict == "pass" else "verdict " + verdict
        print("not ok %s: %s" % (what, why) if why else "ok " + what)


main()
