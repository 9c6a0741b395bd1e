"""Windows event logs of the NT era, written octet by octet: evt.py FILE RECORD ...
A RECORD is NUMBER:EVENT:STRING[|STRING ...]; what is written is the whole log."""
import struct
import sys
import time


def record(number, event, strings):
    now = int(time.time())
    names = "MSExchangeMTA\0LAB\0".encode("utf-16-le")
    text = "".join(s + "\0" for s in strings).encode("utf-16-le")
    at = 56 + len(names)
    body = names + text
    body += b"\0" * (-(len(body) + 60) % 4)
    n = 56 + len(body) + 4
    head = struct.pack("<I4sIIIIHHHHIIIIII", n, b"LfLe", number, now, now, event, 1, len(strings),
                       1, 0, 0, at, 0, at, 0, at + len(text))
    return head + body + struct.pack("<I", n)


def log(records):
    octets = b"".join(record(*r) for r in records)
    end = 48 + len(octets)
    newest = records[-1][0] + 1 if records else 1
    oldest = records[0][0] if records else 0
    head = struct.pack("<I4sIIIIIIIIII", 48, b"LfLe", 1, 1, 48, end, newest, oldest, end + 40, 0, 0, 48)
    tail = struct.pack("<IIIIIIIIII", 40, 0x11111111, 0x22222222, 0x33333333, 0x44444444, 48, end,
                       newest, oldest, 40)
    return head + octets + tail


def main():
    records = []
    for text in sys.argv[2:]:
        number, event, strings = text.split(":", 2)
        records.append((int(number), int(event), strings.split("|")))
    with open(sys.argv[1], "wb") as out:
        out.write(log(records))


if __name__ == "__main__":
    main()
