#!/usr/bin/env python3
"""Writes rig/catalogue/teardown: thirteen points of the protocol, each cut in seven ways, in both roles.

    tests/tools/teardown.py FOLDER      (then x400rig fmt)

A cell that cannot be is left out, with its reason in impossible(); the rest is counted in FOLDER/README.
"""
import os
import sys

POINTS = [
    ("before-cr", "before CR"), ("after-cr", "after CR"), ("after-cc", "after CC"), ("after-cn", "after CN"),
    ("after-ac", "after AC"), ("idle", "on an idle association"), ("activity-start", "after the activity start"),
    ("mid-dt", "in half a DT"), ("between", "between two checkpoints"),
    ("minor-sync", "after a minor sync, before its confirmation"),
    ("activity-end", "after the activity end, before its confirmation"),
    ("end-ack", "after the confirmation of the activity end"), ("finish", "after FN, before DN"),
]
TCP = {"fin": "FIN", "rst": "RST", "half-close": "half-close", "silence": "silence"}
PDU = {"ab": "session AB", "rtab": "rtse RTAB", "dr": "cotp DR"}
NAMES = {**TCP, "ab": "AB", "rtab": "RTAB in ABRT", "dr": "DR"}

TEXTS = {
    "fin": "The other end closes TCP in order.",
    "rst": "TCP is reset: octets under way are gone.",
    "half-close": "One direction of TCP is closed; nothing more will come, though answers could still be read.",
    "silence": "Nothing is closed and nothing comes: what a dead line looks like.  Only a time limit ends it.",
    "ab": "Session ends at once: AB, answered by AA or by the end of the transport connection (X.225 7.9).",
    "rtab": "RTSE ends at once: RTAB in ABRT in ARU in AB (X.218 9.7, X.227 7.3).",
    "dr": "DR is for refusing a CR; class 0 ends an open connection by closing TCP (X.224 6.7.1.4, 6.9.1.4.2).",
}


def impossible(role, n, way):
    """Why a cell cannot be; None: it can."""
    if way in ("ab", "rtab") and n <= 3:
        return "there is no session connection yet that could be aborted"
    if way == "dr" and n == 1:
        return "there is no CR yet that could be refused, and no reference to name"
    if role == "as-sender" and n == 8 and way in PDU:
        return "what is sent within half a TPKT is part of it"
    return None


def pdu(way, ref):
    return "cotp DR dst=%s reason=normal" % ref if way == "dr" else PDU[way]


# ---- we call, and send ----

OPEN = ["up.x: connect"]
CR = OPEN + ["up.x: send cotp CR"]
CC = CR + ["expect up.x cotp CC as cc within 5s"]
CN = CC + ["up.x: send rtse RTORQ checkpoint=1 window=3"]
AC = CN + ["expect up.x session AC within 10s"]
AS = AC + ["up.x: send session AS"]
PART = AS + ["up.x: send rtse RTTR user=hex:a0820800318207f0"]
SYNC = PART + ["up.x: send session MIP serial=1"]
WHOLE = AS + ['up.x: send p1 MESSAGE to=$to-nowhere user="a message"', "up.x: send session AE"]

SENDER = {
    1: OPEN, 2: CR, 3: CC, 4: CN, 5: AC, 6: AC + ["wait 300ms"], 7: AS,
    8: AS + ["up.x: send rtse RTTR user=hex:a0820800318207f0 stop after 11"],
    9: SYNC + ["expect up.x session MIA serial=1 within 10s",
               "up.x: send rtse RTTR user=hex:3180a0803080a080"],
    10: SYNC, 11: WHOLE, 12: WHOLE + ["expect up.x session AEA within 10s"], 13: AC + ["up.x: send session FN"],
}


def as_sender(n, way):
    steps = ["down: listen"]
    if way in TCP and (n in (11, 12) or n in (9, 10) and way != "half-close"):
        point = {9: "dt 2", 10: "minor-sync 1", 11: "activity-end", 12: "activity-end-ack"}[n]
        steps += ["up.x: at %s of activity 1 cut %s" % (point, way), "up: associate", "expect up bound within 5s",
                  "up: transfer 1 message size 2 * pixit.checkpoint + 100 to down",
                  "wait 500ms                                    # the cut has come"]
    else:
        steps += SENDER[n]
        if way in TCP:
            steps += ["wait 20ms", "up.x: cut %s" % way]
        else:
            steps += ["up.x: send " + pdu(way, "1" if n < 3 else "$cc.src"),
                      "expect up.x any-of { session AA | cotp ER | tcp closed } within pixit.tim + 5s"]
    return steps + [
        "", "up.next: associate                            # the next bind is served at once",
        "expect up.next bound within 5s",
        "up.next: transfer 1 message size 2KiB to down", "expect accepted within 10s",
        "expect down delivered within pixit.open_interval + 10s", "up.next: release",
        "expect up.next released within 5s", "expect alive"]


# ---- we are called, and receive ----

CALLED = ["expect down.x cotp CR as cr within pixit.open_interval + 5s"]
ANSWERED = CALLED + ["down.x: send cotp CC dst=$cr.src src=7"]
ASKED = ANSWERED + ["expect down.x session CN within 5s"]
BOUND = ASKED + ["down.x: send rtse RTOAC checkpoint=1 window=3"]
BEGUN = BOUND + ["expect down.x session AS within pixit.open_interval + 5s"]
SYNCED = BEGUN + ["expect down.x session MIP serial=1 within 10s"]
ENDED = ASKED + ["down.x: send rtse RTOAC checkpoint=0", "expect down.x session AE within pixit.open_interval + 10s"]

RECEIVER = {
    2: CALLED, 3: ANSWERED, 4: ASKED, 5: BOUND, 7: BEGUN, 8: BEGUN + ["wait 100ms"],
    9: SYNCED + ["down.x: send session MIA serial=1", "wait 20ms"], 10: SYNCED, 11: ENDED,
}


def as_receiver(n, way):
    late = n in (6, 12, 13)  # with an association that answers for itself
    listen = "down.x: listen" if late else "down.x: listen detached"
    steps = []
    if n == 1:
        steps += ["down: link cut=%s@0" % way, listen]
    elif n == 8:
        steps += ["down: link in.rate=16kbit/s", listen]
    elif n == 12 and way in TCP:
        steps += ["down: at activity-end-ack of activity 1 cut " + way, listen]
    else:
        steps += [listen]
    steps += ["up: associate", "expect up bound within 5s", "up: transfer 1 message size 5KiB to down",
              "expect accepted within 5s"]
    if late:
        if way == "dr":
            steps += ["expect down.x cotp CR as cr within pixit.open_interval + 5s"]
        steps += ["expect down delivered within pixit.open_interval + 10s"]
        if n == 6:
            steps += ["wait 300ms"]
        if n == 13:
            steps += ["down.x: detach", "expect down.x session FN within 2 * pixit.lifetime + 5s"]
    elif n == 1:
        steps += ["wait pixit.open_interval / 2"]
    else:
        steps += RECEIVER[n]
    steps += ["down: listen                                  # from now on we answer for ourselves"]
    if n in (1, 8):
        steps += ["down.next: link"]
    if way in PDU:
        steps += ["down.x: send " + pdu(way, "$cr.src"),
                  "expect down.x any-of { session AA | cotp ER | tcp closed } within pixit.disconnect + 5s"]
    elif n == 12:
        steps += ["wait 300ms                                    # the cut has come"]
    elif n != 1:
        steps += ["down.x: cut " + way]
    if late:
        steps += ["up: transfer 1 message size 3KiB to down", "expect accepted within 5s"]
    if slow(n, way):
        # Delivered, or reported when its time is over: it is not lost.
        return ["up: listen"] + steps + ["", "wait pixit.expiry + pixit.transfer_time + 4 * pixit.open_interval",
                                         "expect next-bind within 5s", "expect alive"]
    return steps + ["", "expect down delivered within 2 * pixit.open_interval + pixit.disconnect + 20s",
                    "expect next-bind within 5s", "expect alive"]


def slow(n, way):
    """As receiver: only the transfer time ends it."""
    return way == "silence" and (n in (5, 6, 12) or 7 <= n <= 11)


ROLES = {"as-sender": as_sender, "as-receiver": as_receiver}
WHO = {
    "as-sender": "We have called the MTA and hand it a message",
    "as-receiver": "The MTA has called us and hands us a message",
}


def scenario(role, n, way):
    name, words = POINTS[n - 1]
    steps = ROLES[role](n, way)
    waits = role == "as-receiver" and slow(n, way)
    limit = "pixit.expiry + 2 * pixit.transfer_time + 240s" if waits else \
        "6 * pixit.open_interval + 8 * pixit.tim + 240s"
    head = ["# %s; the connection ends %s." % (WHO[role], words), "# " + TEXTS[way], "",
            "scenario teardown/%s/%s-%s" % (role, name, way),
            '  title   "%s %s, %s"' % (NAMES[way], words, role.replace("-", " ")),
            "  serves  TDN-%02d" % n,
            '  source  "X.218 9.3.1.3, 9.6; X.225 6.6, 7.9"' if n > 3 else '  source  "X.224 6.7.1.4"',
            "  needs   pics.relay side.down", "  limit   " + limit]
    if waits:
        head += ["  tags    slow"]
    return "\n".join(head + [""] + ["  " + s if s else "" for s in steps]) + "\n"


def main(folder):
    cells, out = 0, []
    for role in ROLES:
        os.makedirs(os.path.join(folder, role), exist_ok=True)
        for n, (name, words) in enumerate(POINTS, 1):
            for way in NAMES:
                why = impossible(role, n, way)
                if why:
                    out.append("    %-12s %-15s %-5s %s" % (role, name, way, why))
                    continue
                cells += 1
                with open(os.path.join(folder, role, "%s-%s.scn" % (name, way)), "w") as f:
                    f.write(scenario(role, n, way))
    total = len(ROLES) * len(POINTS) * len(NAMES)
    with open(os.path.join(folder, "README"), "w") as f:
        f.write("Thirteen points, seven ways, two roles: %d cells.  %d can be, and each is a scenario here, written by\n"
                "tests/tools/teardown.py; %d cannot:\n\n%s\n" % (total, cells, total - cells, "\n".join(out)))


if __name__ == "__main__":
    main(sys.argv[1])
