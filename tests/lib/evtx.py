"""Windows event logs of today (.evtx), written octet by octet: evtx.py FILE FORM RECORD ...
A RECORD is NUMBER:EVENT:STRING[|STRING ...].  FORM is clean; dirty: the file header was not
written when the service ended, and counts no chunk; wrapped: the oldest chunk lies behind the
newest one.  Two records stand in a chunk.

    file header, 4096 octets | chunks of 64 KiB: header, 512 | records of binary XML | zeros
"""
import struct
import sys
import time
import zlib

FILE_HEADER, CHUNK, CHUNK_HEADER, PER_CHUNK = 4096, 65536, 512, 2


def name_hash(name):
    value = 0
    for c in name:
        value = (value * 65599 + ord(c)) & 0xffffffff
    return value & 0xffff


class Fragment:
    """Elements, their names where they are first used.  Bytes are put in, with their type."""

    def __init__(self, at):
        self.at = at                      # offset in the chunk
        self.octets = b"\x0f\x01\x01\x00"
        self.put_in = []

    def name(self, text):
        begin = self.at + len(self.octets) + 4
        self.octets += struct.pack("<IIHH", begin, 0, name_hash(text), len(text))
        self.octets += text.encode("utf-16-le") + b"\0\0"

    def text(self, text):
        self.octets += b"\x05\x01" + struct.pack("<H", len(text)) + text.encode("utf-16-le")

    def element(self, name, content=(), attributes=()):
        self.octets += b"\x41" if attributes else b"\x01"
        self.octets += struct.pack("<H", 0xffff)
        size_at = len(self.octets)
        self.octets += b"\0\0\0\0"
        self.name(name)
        if attributes:
            list_at = len(self.octets)
            self.octets += b"\0\0\0\0"
            for i, (key, value) in enumerate(attributes):
                self.octets += b"\x46" if i + 1 < len(attributes) else b"\x06"
                self.name(key)
                self.text(value)
            self.fill(list_at)
        self.octets += b"\x02"
        for part in content:
            if isinstance(part, bytes):
                self.octets += struct.pack("<BHB", 0x0d, len(self.put_in), part[0])
                self.put_in.append(part)
            elif isinstance(part, str):
                self.text(part)
            else:
                self.element(*part)
        self.octets += b"\x04"
        self.fill(size_at)

    def fill(self, at):
        n = struct.pack("<I", len(self.octets) - at - 4)
        self.octets = self.octets[:at] + n + self.octets[at + 4:]


def record(at, number, event, strings):
    head, template = b"\x0f\x01\x01\x00\x0c\x01", at + 24 + 14
    xml = Fragment(template + 24)
    xml.element("Event", [
        ("System", [("Provider", [], [("Name", "MSExchangeMTA")]), ("EventID", [b"\x06" + struct.pack("<H", event)])]),
        ("EventData", [("Data", [b"\x01" + s.encode("utf-16-le")]) for s in strings])])
    xml.octets += b"\0"
    body = head + struct.pack("<II", number, template)
    body += struct.pack("<I16sI", 0, b"\0" * 16, len(xml.octets)) + xml.octets
    body += struct.pack("<I", len(xml.put_in))
    body += b"".join(struct.pack("<HBB", len(v) - 1, v[0], 0) for v in xml.put_in)
    body += b"".join(v[1:] for v in xml.put_in) + b"\0"
    body += b"\0" * (-(len(body) + 28) % 8)
    n = 24 + len(body) + 4
    filetime = (int(time.time()) + 11644473600) * 10000000
    return struct.pack("<4sIQQ", b"**\0\0", n, number, filetime) + body + struct.pack("<I", n)


def chunk(records):
    octets, last = b"", 0
    for r in records:
        last = CHUNK_HEADER + len(octets)
        octets += record(last, *r)
    free = CHUNK_HEADER + len(octets)
    first, newest = records[0][0], records[-1][0]
    head = struct.pack("<8sQQQQIIII", b"ElfChnk\0", first, newest, first, newest, 128, last, free,
                       zlib.crc32(octets))
    head += b"\0" * (120 - len(head))
    tables = b"\0" * (CHUNK_HEADER - 128)
    head += struct.pack("<II", 1, zlib.crc32(head + tables))
    return (head + tables + octets).ljust(CHUNK, b"\0")


def log(form, records):
    chunks = [records[i:i + PER_CHUNK] for i in range(0, len(records), PER_CHUNK)]
    newest, count = len(chunks) - 1, len(chunks)
    first = 0
    if form == "wrapped":
        chunks = chunks[-1:] + chunks[:-1]
        newest, first = 0, 1
    head = struct.pack("<8sQQQIHHHH", b"ElfFile\0", first, newest, records[-1][0] + 1, 128, 1, 3,
                       FILE_HEADER, count)
    if form == "dirty":
        head = struct.pack("<8sQQQIHHHH", b"ElfFile\0", 0, 0, 1, 128, 1, 3, FILE_HEADER, 0)
    head += b"\0" * (120 - len(head))
    head += struct.pack("<II", 1 if form == "dirty" else 0, zlib.crc32(head))
    return head.ljust(FILE_HEADER, b"\0") + b"".join(chunk(c) for c in chunks)


def main():
    records = []
    for text in sys.argv[3:]:
        number, event, strings = text.split(":", 2)
        records.append((int(number), int(event), strings.split("|")))
    with open(sys.argv[1], "wb") as out:
        out.write(log(sys.argv[2], records))


if __name__ == "__main__":
    main()
