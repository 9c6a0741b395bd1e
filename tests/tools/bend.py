#!/usr/bin/env python3
"""Bends captures: writes copies of pcap files, each with changes, into one file.

    bend.py OUT IN[,change]... [IN[,change]...]...

    keep=N        only the first N frames
    shift=F:S     frame F and later ones come S seconds later
    later=S       all frames come S seconds later
    port=N        the initiator's port is N higher
    window=F:W    the window in frame F is W
    rst=F         frame F becomes a RST without octets
    replace=H:H   octets (hex) in payloads, by as many others

Ethernet, IPv4, classic pcap.  Checksums are left as they are.
"""
import struct
import sys


def frames(data):
    at = 24
    while at < len(data):
        s, us, n, _ = struct.unpack_from("<IIII", data, at)
        yield s * 1000000 + us, bytearray(data[at + 16 : at + 16 + n])
        at += 16 + n


def tcp_of(frame):
    return 14 + (frame[14] & 15) * 4


def payload_of(frame):
    tcp = tcp_of(frame)
    return tcp + (frame[tcp + 12] >> 4) * 4


def bend(name, changes):
    data = open(name, "rb").read()
    out = list(frames(data))
    first_port = struct.unpack_from(">H", out[0][1], tcp_of(out[0][1]))[0]
    for change in changes:
        what, _, value = change.partition("=")
        a, _, b = value.partition(":")
        for i, (us, f) in enumerate(out):
            number, tcp = i + 1, tcp_of(f)
            if what == "shift" and number >= int(a):
                us += int(float(b) * 1000000)
            elif what == "later":
                us += int(float(a) * 1000000)
            elif what == "port":
                for at in (tcp, tcp + 2):
                    if struct.unpack_from(">H", f, at)[0] == first_port:
                        struct.pack_into(">H", f, at, first_port + int(a))
            elif what == "window" and number == int(a):
                struct.pack_into(">H", f, tcp + 14, int(b))
            elif what == "rst" and number == int(a):
                f = f[: payload_of(f)]
                f[tcp + 13] = 0x14
                struct.pack_into(">H", f, 16, len(f) - 14)
            elif what == "replace":
                at = payload_of(f)
                f = f[:at] + f[at:].replace(bytes.fromhex(a), bytes.fromhex(b))
            out[i] = (us, f)
        if what == "keep":
            out = out[: int(a)]
    return data[:24], out


def main(argv):
    everything = []
    for spec in argv[2:]:
        name, *changes = spec.split(",")
        header, out = bend(name, changes)
        everything += out
    everything.sort(key=lambda x: x[0])
    with open(argv[1], "wb") as o:
        o.write(header)
        for us, f in everything:
            o.write(struct.pack("<IIII", us // 1000000, us % 1000000, len(f), len(f)) + f)


main(sys.argv)
