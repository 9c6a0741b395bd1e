#!/usr/bin/env python3
"""many.py CONVERSATION N >OUT.pcap          N associations as in CONVERSATION
   many.py CONVERSATION N halves >OUT.pcap   N connections that end behind the first PDU

CONVERSATION is a pcapng of one association that x400rig has written.  Each copy has
other ports and addresses, segments of 1,460 octets, and other MTS and IPM identifiers:
those of the rig end in eight digits."""
import re
import struct
import sys

SEGMENT = 1460
SYN, FIN, ACK, PSH = 2, 1, 16, 8
out = sys.stdout.buffer
clock = 0


def said(path):
    """[(is from the caller, payload)] of the packets."""
    octets, at, talk, caller = open(path, "rb").read(), 0, [], None
    while at < len(octets):
        kind, length = struct.unpack_from("<II", octets, at)
        if kind == 6:
            n, = struct.unpack_from("<I", octets, at + 20)
            packet = octets[at + 28:at + 28 + n]
            ip = packet[packet.index(b"\x45"):]
            tcp = ip[20:struct.unpack_from(">H", ip, 2)[0]]
            port, = struct.unpack_from(">H", tcp, 0)
            caller = caller or port
            if tcp[(tcp[12] >> 4) * 4:]:
                talk.append((port == caller, tcp[(tcp[12] >> 4) * 4:]))
        at += length
    return talk


class Connection:
    def __init__(self, number):
        self.host = {True: 10 << 24 | 1 << 16 | number >> 15, False: 10 << 24 | 2}
        self.port = {True: 1024 + (number & 0x7fff), False: 102}
        self.seq = {True: 1000, False: 2000}

    def send(self, way, flags, payload=b""):
        global clock
        clock += 20
        packet = struct.pack(">BBHHHBBHII", 0x45, 0, 40 + len(payload), 0, 0, 64, 6, 0,
                             self.host[way], self.host[not way]) + \
            struct.pack(">HHIIBBHHH", self.port[way], self.port[not way], self.seq[way],
                        self.seq[not way] if flags & ACK else 0, 0x50, flags, 0xffff, 0, 0)
        out.write(struct.pack("<IIII", 1770000000 + clock // 1000000, clock % 1000000,
                              len(packet) + len(payload), len(packet) + len(payload)))
        out.write(packet)
        out.write(payload)
        self.seq[way] += len(payload) + (flags & (SYN | FIN) != 0)

    def say(self, way, payload):
        for at in range(0, len(payload), SEGMENT):
            self.send(way, ACK | PSH, payload[at:at + SEGMENT])


def main():
    talk, count, halves = said(sys.argv[1]), int(sys.argv[2]), len(sys.argv) > 3
    identifier = re.compile(rb"(x400rig-\d{12}Z-)(\d{8})")
    out.write(struct.pack("<IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, 0xffff, 101))
    for i in range(count):
        c = Connection(i)
        c.send(True, SYN)
        c.send(False, SYN | ACK)
        c.send(True, ACK)
        for way, payload in talk[:1 if halves else None]:
            c.say(way, identifier.sub(rb"\g<1>%08d" % i, payload))
        if not halves:
            c.send(True, FIN | ACK)
            c.send(False, FIN | ACK)
            c.send(True, ACK)


main()
