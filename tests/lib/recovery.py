"""A message of 3 MB from one lab MTA to another; the connection between them is reset in
its middle.  It must arrive once and whole, and must not be sent from its beginning."""
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

X = sys.argv[1]
SIZE = 3000000


def start(*args):
    p = subprocess.Popen([X, *args], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    line = p.stdout.readline()
    return p, int(line.rsplit(":", 1)[1])


def pump(a, b, count, limit):
    while True:
        try:
            octets = a.recv(16384)
            if not octets:
                b.shutdown(socket.SHUT_WR)
                return
            count[0] += len(octets)
            if limit and count[0] > limit:
                for s in a, b:
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    s.shutdown(socket.SHUT_RDWR)
                    s.close()
                return
            b.sendall(octets)
        except OSError:
            return


def proxy(listener, to, count):
    limit = SIZE // 2
    while True:
        a, _ = listener.accept()
        b = socket.create_connection(("127.0.0.1", to))
        threading.Thread(target=pump, args=(a, b, count, limit), daemon=True).start()
        threading.Thread(target=pump, args=(b, a, [0], 0), daemon=True).start()
        limit = 0


def main():
    sink, sink_port = start("peer", "--listen", "127.0.0.1:0", "--name", "SINK", "--password", "s")
    b, b_port = start("mta", "--listen", "127.0.0.1:0", "--name", "B", "--password", "b",
                      "--domain", "XX,TEST,B", "--peer", "A,a",
                      "--peer", "SINK,s,127.0.0.1:%d,C=XX;A=TEST;P=DOWN;" % sink_port)
    listener = socket.create_server(("127.0.0.1", 0))
    count = [0]
    threading.Thread(target=proxy, args=(listener, b_port, count), daemon=True).start()
    a, a_port = start("mta", "--listen", "127.0.0.1:0", "--name", "A", "--password", "a",
                      "--domain", "XX,TEST,A", "--peer", "UP,u",
                      "--peer", "B,b,127.0.0.1:%d,C=XX;A=TEST;P=DOWN;" % listener.getsockname()[1])
    try:
        subprocess.run([X, "send", "127.0.0.1:%d" % a_port, "--name", "UP", "--password", "u",
                        "--to", "C=XX;A=TEST;P=DOWN;S=X", "--size", str(SIZE)],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=20)
        end = time.time() + 10
        lines = []
        threading.Thread(target=lambda: lines.extend(iter(sink.stdout.readline, "")),
                         daemon=True).start()
        while time.time() < end and not any("MESSAGE" in x for x in lines):
            time.sleep(0.05)
        time.sleep(0.3)
    finally:
        for p in a, b, sink:
            p.kill()
    got = [x for x in lines if "MESSAGE" in x]
    if len(got) != 1:
        print("not ok a lost transfer is resumed: %d messages came out" % len(got))
    elif count[0] > SIZE * 5 // 4:
        print("not ok a lost transfer is resumed: %d octets were sent for %d" % (count[0], SIZE))
    else:
        print("ok a lost transfer is resumed: %d octets were sent for %d" % (count[0], SIZE))


main()
