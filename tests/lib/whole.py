#!/usr/bin/env python3
"""whole.py RIG CAPTURE...: of each Ethernet pcap, all octets that TCP carried are in a TPKT that
`x400rig decode` shows, without a gap, and in none of them anything is fatally wrong."""
import collections
import json
import re
import struct
import subprocess
import sys


def carried(path):
    """Octets of TCP by ports of sender and receiver."""
    data, at, segments = open(path, "rb").read(), 24, {}
    while at < len(data):
        n = struct.unpack_from("<I", data, at + 8)[0]
        ip, at = data[at + 30:at + 16 + n], at + 16 + n
        tcp = ip[4 * (ip[0] & 15):struct.unpack_from(">H", ip, 2)[0]]
        ports, seq = struct.unpack_from(">HH", tcp), struct.unpack_from(">I", tcp, 4)[0]
        for i in range(len(tcp) - 4 * (tcp[12] >> 4)):
            segments[ports, seq + i] = True
    return collections.Counter(ports for ports, seq in segments)


def shown(rig, path):
    out = subprocess.run([rig, "decode", "-v", "--json", path], capture_output=True).stdout
    octets, wrong = collections.Counter(), []
    for o in map(json.loads, out.splitlines()):
        ports = tuple(int(re.sub(".*:", "", o[end])) for end in ("from", "to"))
        if o["layer"] == "tpkt":
            if o["offset"] != octets[ports]:
                wrong.append("a TPKT at %d, not %d" % (o["offset"], octets[ports]))
            octets[ports] += o["length"]
        if o["pdu"] == "gap" or any(f["severity"] == "fatal" for f in o["findings"]):
            wrong.append(o["pdu"] + " " + o["text"])
    return octets, wrong


for path in sys.argv[2:]:
    want, (got, wrong) = carried(path), shown(sys.argv[1], path)
    if want != got:
        wrong.append("%s octets of TCP, %s in TPKTs" % (dict(want), dict(got)))
    print("%s decode-whole-%s%s" % ("not ok" if wrong else "ok", re.sub(r".*/|\.pcap", "", path),
                                    ": " + "; ".join(wrong) if wrong else ""))
