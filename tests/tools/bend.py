#!/usr/bin/env python3
"""Bends captures: writes copies of pcap files, each with changes, into one file.

    bend.py OUT IN[,change]... [IN[,change]...]...

    keep=N        only the first N frames
    drop=F        without frame F
    shift=F:S     frame F and later ones come S seconds later
    later=S       all frames come S seconds later
    port=N        the initiator's port is N higher
    window=F:W    the window in frame F is W
    rst=F         frame F becomes a RST without octets
    replace=H:H   octets (hex) in payloads, by as many others
    stretch=P:S:F what comes from or to port P later than S seconds takes F times as long

IPv4 in classic pcap of Ethernet, or in pcapng of Ethernet or raw, gzip'ed or not; written
as classic pcap.  Checksums are left as they are.
"""
import gzip
import struct
import sys


def frames(data):
    at = 24
    while at < len(data):
        s, us, n, _ = struct.unpack_from("<IIII", data, at)
        yield s * 1000000 + us, bytearray(data[at + 16 : at + 16 + n])
        at += 16 + n


HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)


def blocks(data):
    """The packets of a pcapng as Ethernet; times in microseconds."""
    at, unit, head = 0, 1000000, b""
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        option = at + 16
        if kind == 1 and data[at + 8] != 1:
            head = bytes(12) + b"\x08\0"
        while kind == 1 and option < at + length - 4:
            code, n = struct.unpack_from("<HH", data, option)
            if code == 9:
                unit = 10 ** data[option + 4]
            option += 4 + (n + 3) // 4 * 4
        if kind == 6:
            high, low, n = struct.unpack_from("<III", data, at + 12)
            time = (high << 32 | low) * 1000000 // unit
            yield time, bytearray(head + data[at + 28 : at + 28 + n])
        at += length


def packets(name):
    data = (gzip.open if name.endswith(".gz") else open)(name, "rb").read()
    if data[:4] == b"\x0a\x0d\x0d\x0a":
        return HEADER, list(blocks(data))
    return data[:24], list(frames(data))


def tcp_of(frame):
    return 14 + (frame[14] & 15) * 4


def payload_of(frame):
    tcp = tcp_of(frame)
    return tcp + (frame[tcp + 12] >> 4) * 4


def streams(name):
    """The octets of each direction of a capture in good order, as decode numbers them."""
    out, numbers = {}, {}
    for _, f in packets(name)[1]:
        tcp = tcp_of(f)
        ports = struct.unpack_from(">HH", f, tcp)
        if f[tcp + 13] & 0x12 == 2:
            numbers[frozenset(ports)] = (len(numbers) + 1, ports)
        number, first = numbers[frozenset(ports)]
        key = (number, "->" if ports == first else "<-")
        end = 14 + struct.unpack_from(">H", f, 16)[0]
        out[key] = out.get(key, b"") + bytes(f[payload_of(f) : end])
    return out


def bend(name, changes):
    header, out = packets(name)
    first_us = out[0][0]
    first_port = struct.unpack_from(">H", out[0][1], tcp_of(out[0][1]))[0]
    for change in changes:
        what, _, value = change.partition("=")
        a, _, b = value.partition(":")
        for i, (us, f) in enumerate(out):
            number, tcp = i + 1, tcp_of(f)
            if what == "shift" and number >= int(a):
                us += int(float(b) * 1000000)
            elif what == "stretch":
                since, factor = (float(x) for x in b.split(":"))
                past = (us - first_us) - since * 1000000
                if past > 0 and int(a) in struct.unpack_from(">HH", f, tcp):
                    us += int(past * (factor - 1))
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
        if what == "drop":
            del out[int(a) - 1]
        if what == "keep":
            out = out[: int(a)]
    return header, out


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


if __name__ == "__main__":
    main(sys.argv)
