"""What the wire shows of a stall: zero_window.py RIG FOLDER

Who sends through `x400rig link` into a stall is told a window of zero, by TCP, and before that
no more than the event `hidden` says has been acknowledged.  Prints what is wrong; status 77:
packets cannot be recorded here."""
import re
import socket
import struct
import subprocess
import sys
import threading

OCTETS = 1 << 20
FIN, SYN, RST = 1, 2, 4


def packets(path):
    """Ports, sequence numbers, flags and window of each TCP packet in a pcap of Ethernet."""
    with open(path, "rb") as f:
        data = f.read()
    at = 24
    while at + 16 <= len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        ip = data[at + 16 + 14:at + 16 + size]
        at += 16 + size
        if len(ip) >= 40 and ip[9] == 6:
            yield struct.unpack_from(">HHIIxBH", ip, 4 * (ip[0] & 15))


def record(rig, path):
    """The link's port, and what it prints."""
    target = socket.create_server(("127.0.0.1", 0))
    link = subprocess.Popen(
        [rig, "link", "127.0.0.1:0", "127.0.0.1:%d" % target.getsockname()[1], "--packets", path,
         "--interface", "lo", "at=0s:stall", "at=300ms:go"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    port = int(link.stdout.readline().rsplit(":", 1)[1])
    sender = socket.create_connection(("127.0.0.1", port))
    thread = threading.Thread(target=lambda: (sender.sendall(bytes(OCTETS)),
                                              sender.shutdown(socket.SHUT_WR)))
    thread.start()
    taker = target.accept()[0]
    got = 0
    while piece := taker.recv(1 << 16):
        got += len(piece)
    thread.join()
    taker.close()
    sender.close()
    link.terminate()
    out, err = link.communicate()
    if "not recorded" in err:
        print(err.strip())
        sys.exit(77)
    return port, got, out


def main(rig, folder):
    path = folder + "/zero.pcap"
    port, got, out = record(rig, path)
    begun = next((p[2] for p in packets(path) if p[1] == port and p[4] & SYN), None)
    closed = [p[3] for p in packets(path) if p[0] == port and p[5] == 0 and not p[4] & (RST | FIN)]
    hidden = max(int(n) for n in re.findall(r"hidden octet=0 length=(\d+)", out))
    if got != OCTETS:
        sys.exit("%d octets came of %d" % (got, OCTETS))
    if begun is None or not closed:
        sys.exit("no window of zero")
    if (closed[0] - begun - 1) % (1 << 32) > hidden:
        sys.exit("%d octets were hidden, not %d" % (closed[0] - begun - 1, hidden))


main(*sys.argv[1:])
