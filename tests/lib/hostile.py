"""Throws broken octets at `x400rig mta` and `x400rig peer` and looks what they do."""
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time

X = sys.argv[1]
SEED = int(os.environ.get("SEED", "1"))
random.seed(SEED)
LAYERS = ["tpkt", "cotp", "session", "presentation"]


def tpkt(tpdu):
    return b"\x03\x00" + (len(tpdu) + 4).to_bytes(2, "big") + tpdu


CR = tpkt(bytes.fromhex("06e00000000100"))


def dts(tsdu, size=60000):
    """A TSDU as DT TPDUs."""
    out = b""
    while True:
        part, tsdu = tsdu[:size], tsdu[size:]
        out += tpkt(b"\x02\xf0" + (b"\x00" if tsdu else b"\x80") + part)
        if not tsdu:
            return out


def li(n):
    return bytes([n]) if n < 255 else b"\xff" + n.to_bytes(2, "big")


def cn(user, code=0xc1):
    """CONNECT with RTSE's functional units and this user data."""
    item = b"\x05\x06\x13\x01\x00\x16\x01\x02\x14\x02\x02\x49"
    body = item + bytes([code]) + li(len(user)) + user
    return b"\x0d" + li(len(body)) + body


def cases():
    yield "nothing", b""
    yield "http", b"GET / HTTP/1.0\r\n\r\n"
    yield "tls", bytes.fromhex("16030100c8010000c40303") + os_random(190)
    yield "tpkt version 2", b"\x02" + CR[1:]
    yield "tpkt length 0", b"\x03\x00\x00\x00"
    yield "tpkt length 6", b"\x03\x00\x00\x06\x01\xf0"
    yield "CR with LI beyond the frame", tpkt(b"\xfe\xe0\x00\x00\x00\x01\x00")
    yield "CR with a parameter length that lies", tpkt(bytes.fromhex("0ae00000000100c2ff41"))
    yield "DT before CR", dts(b"\x0d\x00")
    yield "AK", CR + tpkt(bytes.fromhex("046000000000"))
    yield "CN with LI beyond the TSDU", CR + dts(b"\x0d\xff\xff\xff" + b"\x00" * 20)
    yield "SI not defined", CR + dts(b"\x7f\x00")
    yield "DN first", CR + dts(b"\x0a\x00")
    yield "user data is no BER", CR + dts(cn(b"\xff" * 40))
    yield "BER length 2^31", CR + dts(cn(bytes.fromhex("31847fffffff") + b"\x00" * 40))
    yield "BER cut", CR + dts(cn(bytes.fromhex("3181a00301")))
    deep = b"\x31\x80" + b"\xa2\x80" * 100000
    yield "BER 100,000 deep", CR + dts(cn(deep[:60000], 0xc2))
    yield "BER 100,000 deep in 4 TPDUs", CR + dts(b"\x0d\xff\xff\xf0" + deep)
    yield "definite BER, deep", CR + dts(cn(b"".join(
        b"\xa2\x82" + (4000 - 4 * i - 4).to_bytes(2, "big") for i in range(1000))))
    for i in range(60):
        yield "random %d" % i, os_random(random.randrange(1, 4000))
    for i in range(60):
        yield "random behind a CR %d" % i, CR + dts(os_random(random.randrange(1, 3000)))
    whole = CR + dts(cn(bytes.fromhex("3180a003800101a2800000")))
    for n in range(1, len(whole)):
        yield "cut after %d" % n, whole[:n]


def os_random(n):
    return bytes(random.randrange(256) for _ in range(n))


def throw(port, octets):
    """Sends, half-closes, and reads to the end.  None: it did not end in time."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as s:
        try:
            s.sendall(octets)
            s.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        got = b""
        s.settimeout(5)
        try:
            while True:
                part = s.recv(65536)
                if not part:
                    return got
                got += part
        except ConnectionError:
            return got
        except socket.timeout:
            return None


def result(good, name, why=""):
    print("ok %s" % name if good else "not ok %s: %s" % (name, why))


def ready(process):
    line = process.stdout.readline()
    return int(line.rsplit(":", 1)[1])


def logged(folder):
    """The refusals in the log of the MTA."""
    with open(folder + "/Application.txt", errors="replace") as f:
        return [x for x in f if "1192" in x]


def logs_one(folder, before):
    """One line more, with the caller, soon; and no other."""
    end = time.time() + 5
    while len(logged(folder)) == before and time.time() < end:
        time.sleep(0.002)
    lines = logged(folder)[before:]
    return len(lines) == 1 and "a caller at 127.0.0.1" in lines[0]


def attack(verb, args, log, logs=None):
    with open(log, "w") as out:
        process = subprocess.Popen([X, verb, "--listen", "127.0.0.1:0"] + args,
                                   stdout=subprocess.PIPE, stderr=out, text=True)
        port = ready(process)
        lines = []
        reader = threading.Thread(target=lambda: lines.extend(process.stdout), daemon=True)
        reader.start()
        hung, wrong = [], []
        for name, octets in cases():
            before = logs and len(logged(logs))
            if throw(port, octets) is None:
                hung.append(name)
            if logs and not logs_one(logs, before):
                wrong.append(name)
        if logs:
            result(not wrong, "%s logs each refusal once" % verb, "not these: %s" % wrong[:5])
        result(not hung, "%s: every broken connection ends" % verb, "these hang: %s" % hung[:5])
        result(process.poll() is None, "%s lives" % verb, "status %s, see %s" % (process.poll(), log))
        # Half an association that says nothing must not keep others out.
        idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(50)]
        send = subprocess.run([X, "send", "127.0.0.1:%d" % port, "--count", "2"],
                              capture_output=True, text=True, timeout=30)
        result(send.returncode == 0, "%s: the next bind works" % verb,
               "send ended with %d: %s" % (send.returncode, send.stderr.strip()))
        for s in idle:
            s.close()
        rss = 0
        try:
            with open("/proc/%d/status" % process.pid) as f:
                rss = [int(x.split()[1]) for x in f if x.startswith("VmRSS")][0]
        except (OSError, IndexError):
            pass
        # Sanitizer builds use several times as much.
        result(rss < 400000, "%s: memory is bounded" % verb, "%d KiB resident" % rss)
        process.terminate()
        status = process.wait(timeout=20)
        result(status == 0, "%s ends in order" % verb, "status %d" % status)
        reader.join(timeout=5)
        return lines


def stays(port, octets, seconds):
    """Says this and no more, reads nothing; True if nobody closes in time."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as s:
        s.sendall(octets)
        try:
            while s.recv(4096):
                pass
        except ConnectionError:
            pass
        except socket.timeout:
            return True
        return False


def silent(verb, args):
    """Connections that never come to a bind are closed after a limit."""
    process = subprocess.Popen([X, verb, "--listen", "127.0.0.1:0"] + args,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    port = ready(process)
    bind = cn(bytes.fromhex("3180a003800101a2800000"))
    for name, octets in (("nothing", b""), ("half a header", CR[:3]), ("a CR", CR),
                         ("half a CN", CR + dts(bind)[:20])):
        result(not stays(port, octets, 15), "%s: who says %s and no more is closed" % (verb, name),
               "still open")
    process.terminate()
    result(process.wait(timeout=20) == 0, "%s ends in order after it" % verb, "status")


def main():
    with tempfile.TemporaryDirectory() as tmp:
        silent("mta", ["--peer", "RIGUP,up-secret", "--scale", "1"])
        silent("peer", ["--bind-time", "1"])
        attack("mta", ["--peer", "RIGUP,up-secret", "--logs", tmp], tmp + "/mta.err", tmp)
        lines = logged(tmp)
        for layer in LAYERS:
            result(any(" %s." % layer in x for x in lines), "mta logs findings of %s" % layer,
                   "none")
        lines = attack("peer", [], tmp + "/peer.err")
    findings = [x.split() for x in lines if " finding " in x]
    for layer in LAYERS:
        hit = [f for f in findings if f[2].startswith(layer + ".")]
        result(bool(hit) and all("@" in " ".join(f) for f in hit),
               "findings name %s, clause and octet" % layer, "none among %d" % len(findings))


main()
