"""A capture's one connection again, inside TLS: sealed.py IN.pcap OUT.pcapng KEYS [1.2].

The secrets go into KEYS, or, if that is "-", into the pcapng itself.
IN is a pcap with Ethernet, IPv4 and TCP, in order and without losses.
"""
import os, ssl, struct, subprocess, sys, tempfile

ETHERNET, RAW = 1, 101


def payloads(path):
    data = open(path, "rb").read()
    at, first = 24, None
    link = struct.unpack_from("<I", data, 20)[0]
    while at < len(data):
        n = struct.unpack_from("<I", data, at + 8)[0]
        ip = data[at + 16 + (14 if link == ETHERNET else 0):at + 16 + n]
        at += 16 + n
        ip = ip[:struct.unpack_from(">H", ip, 2)[0]]
        tcp = ip[(ip[0] & 15) * 4:]
        port = struct.unpack_from(">H", tcp, 0)[0]
        first = first or port
        if tcp[(tcp[12] >> 4) * 4:]:
            yield (0 if port == first else 1), tcp[(tcp[12] >> 4) * 4:]


def block(kind, body):
    body += b"\0" * (-len(body) % 4)
    return struct.pack("<II", kind, 12 + len(body)) + body + struct.pack("<I", 12 + len(body))


class Wire:
    def __init__(self):
        self.packets, self.next, self.time = [], [1000, 5000], 1800000000000000

    def segment(self, who, flags, octets=b""):
        ports = (40000, 102) if who == 0 else (102, 40000)
        tcp = struct.pack(">HHIIBBHHH", *ports, self.next[who], self.next[1 - who], 0x50, flags,
                          8000, 0, 0) + octets
        a, b = bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2])
        ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(tcp), 1, 0, 64, 6, 0)
        ip += (a + b) if who == 0 else (b + a)
        self.next[who] += len(octets) + (1 if flags & 3 else 0)
        self.time += 100
        self.packets.append((self.time, ip + tcp))

    def send(self, who, octets):
        for i in range(0, len(octets), 1000):
            self.segment(who, 0x18, octets[i:i + 1000])

    def write(self, path, secrets):
        with open(path, "wb") as f:
            f.write(block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1)))
            f.write(block(1, struct.pack("<HHI", RAW, 0, 0)))
            if secrets:
                f.write(block(10, struct.pack("<II", 0x544c534b, len(secrets)) + secrets))
            for time, octets in self.packets:
                f.write(block(6, struct.pack("<IIIII", 0, time >> 32, time & 0xffffffff,
                                             len(octets), len(octets)) + octets))


def main(source, out, keys, version="1.3"):
    with tempfile.TemporaryDirectory() as folder:
        pem, log = folder + "/pem", folder + "/keys"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-keyout", pem, "-out", pem + ".c",
                        "-subj", "/CN=x", "-days", "9"], check=True, stderr=subprocess.DEVNULL)
        server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(
            ssl.PROTOCOL_TLS_CLIENT)
        server.load_cert_chain(pem + ".c", pem)
        client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
        client.keylog_filename = log
        client.minimum_version = client.maximum_version = \
            ssl.TLSVersion.TLSv1_2 if version == "1.2" else ssl.TLSVersion.TLSv1_3
        bio = [ssl.MemoryBIO() for _ in range(4)]    # into and out of each end
        end = [client.wrap_bio(bio[0], bio[1]), server.wrap_bio(bio[2], bio[3], True)]
        wire = Wire()
        wire.segment(0, 2)
        wire.segment(1, 0x12)

        def carry(who):
            octets = bio[1 + 2 * who].read()
            wire.send(who, octets)
            bio[2 - 2 * who].write(octets)

        for i in range(6):
            try:
                end[i % 2].do_handshake()
            except ssl.SSLWantReadError:
                pass
            carry(i % 2)
        for who, octets in payloads(source):
            end[who].write(octets)
            carry(who)
        wire.segment(0, 0x11)
        wire.segment(1, 0x11)
        secrets = open(log, "rb").read()
        wire.write(out, secrets if keys == "-" else b"")
        if keys != "-":
            open(keys, "wb").write(secrets)


main(*sys.argv[1:])
