#!/usr/bin/env python3
"""Three peers that are no MTAs, each at a port of its own: mute (takes all, says nothing), closes (at once), echoes
(gives every octet back).  Prints `NAME PORT` for each, then runs until its standard input ends."""
import selectors
import socket
import sys

NAMES = ("mute", "closes", "echoes")


def listener():
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    s.listen(128)
    s.setblocking(False)
    return s


def main():
    sel = selectors.DefaultSelector()
    for name in NAMES:
        s = listener()
        sel.register(s, selectors.EVENT_READ, (name, True))
        print(name, s.getsockname()[1], flush=True)
    sel.register(sys.stdin, selectors.EVENT_READ, None)
    while True:
        for key, _ in sel.select():
            if key.data is None:
                if not sys.stdin.buffer.read1(1):
                    return
                continue
            name, listens = key.data
            if listens:
                c = key.fileobj.accept()[0]
                if name == "closes":
                    c.close()
                    continue
                c.setblocking(False)
                sel.register(c, selectors.EVENT_READ, (name, False))
                continue
            c = key.fileobj
            try:
                data = c.recv(65536)
                if data and name == "echoes":
                    c.sendall(data)
            except OSError:
                data = b""
            if not data:
                sel.unregister(c)
                c.close()


if __name__ == "__main__":
    main()
