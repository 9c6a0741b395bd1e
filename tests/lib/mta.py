"""The lab MTA from outside: configuration file, control socket, 1,000 associations at the
same time, callers that hold their connections without using them, and a siege."""
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

X = sys.argv[1]
MANY = 1000


def result(ok, name, why=""):
    print("ok " + name if ok else "not ok %s: %s" % (name, why))


def start(*args):
    p = subprocess.Popen([X, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    line = p.stdout.readline()
    return p, int(line.rsplit(":", 1)[1]) if ":" in line else 0


class Control:
    def __init__(self, path):
        self.s = socket.socket(socket.AF_UNIX)
        self.s.connect(path)
        self.f = self.s.makefile("rw")

    def ask(self, what):
        self.f.write(json.dumps(what) + "\n")
        self.f.flush()
        return json.loads(self.f.readline())


def frame(s):
    head = b""
    while len(head) < 4:
        head += s.recv(4 - len(head)) or b"\0\0\0\4"
    n = int.from_bytes(head[2:4], "big") - 4
    rest = b""
    while len(rest) < n:
        got = s.recv(n - len(rest))
        if not got:
            break
        rest += got
    return head + rest


def send(port, *more, name="UP", password="u"):
    return subprocess.run([X, "send", "127.0.0.1:%d" % port, "--name", name, "--password", password,
                           "--to", "C=XX;A=TEST;P=DOWN;S=X", *more], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, timeout=20).returncode


def recorded_bind(port, name="UP", password="u"):
    """CR and CN of a caller of this name."""
    listener = socket.create_server(("127.0.0.1", 0))
    frames = []

    def middle():
        a, _ = listener.accept()
        b = socket.create_connection(("127.0.0.1", port))
        for _ in range(2):
            frames.append(frame(a))
            b.sendall(frames[-1])
            a.sendall(frame(b))
        a.close()
        b.close()

    t = threading.Thread(target=middle, daemon=True)
    t.start()
    send(listener.getsockname()[1], name=name, password=password)
    t.join(10)
    return frames


def many(port, control, frames):
    held = []
    for _ in range(MANY):
        s = socket.create_connection(("127.0.0.1", port))
        s.settimeout(10)
        s.sendall(frames[0])
        held.append(s)
    bound = 0
    for s in held:
        frame(s)
        s.sendall(frames[1])
    for s in held:
        bound += frame(s)[7:8] == b"\x0e"          # AC
    result(bound == MANY, "%d associations at the same time" % MANY, "%d were accepted" % bound)
    used = control.ask({"do": "control-blocks"})["used"]
    result(used >= MANY, "each has a control block", "%d are used" % used)
    result(send(port) == 0, "another caller is served beside them", "it was not")
    for s in held:
        s.close()
    end = time.time() + 5
    while time.time() < end and control.ask({"do": "control-blocks"})["used"] > 5:
        time.sleep(0.05)
    used = control.ask({"do": "control-blocks"})["used"]
    result(used <= 5, "all control blocks come back", "%d are used" % used)


def slow(port, frames):
    """Half-open callers, and one octet at a time."""
    held = [socket.create_connection(("127.0.0.1", port)) for _ in range(50)]
    for s in held[:25]:
        s.sendall(frames[0][:1])
    result(send(port) == 0, "callers that say nothing keep nobody out", "they do")
    for s in held:
        s.close()


def drip(port, control, frames):
    """A bind that comes one octet at a time, and binds without end beside it."""
    s = socket.create_connection(("127.0.0.1", port))
    s.settimeout(10)
    good = True
    for octet in frames[0]:
        s.sendall(bytes([octet]))
        time.sleep(0.02)
        if octet % 8 == 0:
            t = socket.create_connection(("127.0.0.1", port))
            t.settimeout(10)
            t.sendall(frames[0])
            frame(t)
            t.sendall(frames[1])
            good = frame(t)[7:8] == b"\x0e" and good
            t.close()
    result(good, "binds without end are answered", "one was not")
    result(frame(s)[5:6] == b"\xd0", "a caller of one octet at a time is answered", "it was not")
    s.close()
    result(send(port) == 0, "others are served meanwhile", "they were not")


def requests(port, control, logs):
    result(control.ask({"do": "associations"})["associations"] is not None, "associations are listed")
    result(control.ask({"do": "flush"}).get("ok") is True, "a flush is done")
    result("error" in control.ask({"scale": 0}), "a scale of nothing is refused")
    result("error" in control.ask({"do": "flush", "scale": 2}), "two requests in a line are refused")
    result(control.ask({"scale": 0.5}).get("ok") is True, "time is scaled")
    s = socket.create_connection(("127.0.0.1", port))
    end = time.time() + 5
    while not control.ask({"do": "associations"})["associations"] and time.time() < end:
        time.sleep(0.02)
    control.ask({"do": "calls"})
    with open(logs + "/Calls.out") as f:
        text = f.read()
    result("Call-stack for TID" in text, "Calls.out is written on request", text)
    s.close()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


def until(what, seconds=5):
    end = time.time() + seconds
    while not what() and time.time() < end:
        time.sleep(0.02)
    return what()


def lab(tmp, name, text, *more):
    """A lab MTA with this configuration; its process, port and control socket."""
    conf = "%s/%s.conf" % (tmp, name)
    with open(conf, "w") as f:
        f.write(text)
    p, port = start("mta", "--config", conf, "--control", "%s/%s.sock" % (tmp, name), *more)
    return p, port, Control("%s/%s.sock" % (tmp, name))


def down(port, path):
    """A neighbour that writes a line for each message."""
    with open(path, "w") as f:
        return subprocess.Popen([X, "peer", "--listen", "127.0.0.1:%d" % port], stdout=f,
                                stderr=subprocess.DEVNULL)


def messages(path):
    with open(path) as f:
        return f.read().count("MESSAGE")


def waiting_mail(tmp):
    """What waits ten minutes for the next attempt: told to go, or given a faster clock."""
    there = free_port()
    p, port, control = lab(tmp, "waits", 'name "LAB" ; listen 127.0.0.1:0\npeer "UP" password "u"\n'
                           'peer "DOWN" address 127.0.0.1:%d route "C=XX;A=TEST;P=DOWN;"\n'
                           'open-interval 600s\n' % there)
    try:
        for what, name in (({"do": "flush"}, "a flush sends mail that waits"),
                           ({"scale": 0.001}, "a faster clock sends mail that waits")):
            send(port)
            # The opening has failed: the MTA waits, though somebody listens now.
            until(lambda: not control.ask({"do": "associations"})["associations"])
            path = tmp + "/down.txt"
            peer = down(there, path)
            time.sleep(0.3)
            held = control.ask({"do": "queue"})["n"] == 1 and messages(path) == 0
            control.ask(what)
            came = until(lambda: messages(path) == 1)
            empty = until(lambda: control.ask({"do": "queue"})["n"] == 0)
            result(held and came and empty, name,
                   "waited %s, came %s, queue empty %s" % (held, came, empty))
            peer.kill()
            peer.wait()
    finally:
        p.kill()


def burst(tmp):
    """More comes at once than one turn writes by itself, for a neighbour that is not there yet,
    and then a single message: neither waits for the other, and all go out.  Stopped for a
    moment, the MTA finds all callers' messages together."""
    there = free_port()
    path = tmp + "/burst.txt"
    p, port, control = lab(tmp, "burst", 'name "LAB" ; listen 127.0.0.1:0\npeer "UP" password "u"\n'
                           'peer "DOWN" address 127.0.0.1:%d route "C=XX;A=TEST;P=DOWN;"\n'
                           'associations 30 ; open-interval 600s\n' % there)
    try:
        callers = [threading.Thread(target=send, args=(port, "--count", "20")) for _ in range(24)]
        for c in callers:
            c.start()
        for _ in range(5):
            time.sleep(0.05)
            p.send_signal(signal.SIGSTOP)
            time.sleep(0.05)
            p.send_signal(signal.SIGCONT)
        for c in callers:
            c.join()
        n = control.ask({"do": "queue"})["n"]
        result(n == 480, "many messages at once are taken in", "%d of 480" % n)
        result(send(port) == 0, "a single one after them is, too", "it was not")
        peer = down(there, path)
        time.sleep(0.3)
        control.ask({"do": "flush"})
        result(until(lambda: messages(path) == 481, 10), "all are handed on",
               "%d of 481" % messages(path))
        result(until(lambda: control.ask({"do": "queue"})["n"] == 0), "the queue is empty then")
        peer.kill()
        peer.wait()
    finally:
        p.kill()


def one_domain(tmp):
    """Two MTAs of one domain that send a message to each other for ever, but for its
    internal trace."""
    ports = [free_port(), free_port()]
    text = ('name "%s" ; listen 127.0.0.1:%d\npeer "UP" password "u"\n'
            'peer "%s" password "lab-secret" address 127.0.0.1:%d '
            'route "C=XX;A=TEST;P=DOWN;" inside\n')
    os.mkdir(tmp + "/one")
    one, port, control = lab(tmp, "one", text % ("ONE", ports[0], "TWO", ports[1]), "--logs",
                             tmp + "/one")
    two, _, other = lab(tmp, "two", text % ("TWO", ports[1], "ONE", ports[0]))
    loop = "A loop has been detected"

    def logged():
        with open(tmp + "/one/Application.txt") as f:
            return f.read().count(loop)

    try:
        result(send(port) == 0 and until(lambda: logged() == 1) and
               control.ask({"do": "queue"})["n"] + other.ask({"do": "queue"})["n"] == 0,
               "two MTAs of one domain find their loop", "logged %d times" % logged())
    finally:
        one.kill()
        two.kill()


def binds(port, frames, until_s, held=None):
    """Binds without end: the answers to each; who is taken is held on to."""
    answers = []
    while time.time() < until_s:
        s = socket.create_connection(("127.0.0.1", port))
        s.settimeout(10)
        s.sendall(frames[0])
        frame(s)
        s.sendall(frames[1])
        answers.append(frame(s)[7:8])
        if held is not None and answers[-1] == b"\x0e":
            held.append(s)
        else:
            s.close()
    return answers


def siege(tmp):
    """1,000 half-open callers, others with one octet a second, and binds without end: by a
    stranger, and by a neighbour over its limit.  Another neighbour is served meanwhile; each
    refusal stands in the log once, with the caller and the reason."""
    os.mkdir(tmp + "/siege")
    p, port, control = lab(tmp, "siege", 'name "LAB" ; listen 127.0.0.1:0\npeer "UP" password "u"\n'
                           'peer "MANY" password "m"\npeer "DOWN" address 127.0.0.1:9 '
                           'route "C=XX;A=TEST;P=DOWN;"\ndisconnect 4s ; associations 5\n'
                           'open-interval 600s\n', "--logs", tmp + "/siege")

    def logged(*words):
        with open(tmp + "/siege/Application.txt", errors="replace") as f:
            return sum(all(w in line for w in words) for line in f)

    try:
        stranger = recorded_bind(port, "NOBODY", "x")
        neighbour = recorded_bind(port, "MANY", "m")
        before = logged("unknown MTA")
        end = time.time() + 3
        octets = neighbour[0] + neighbour[1]
        half = [socket.create_connection(("127.0.0.1", port)) for _ in range(MANY)]
        for i, s in enumerate(half):
            s.sendall((b"", neighbour[0][:3], neighbour[0], octets[:-1])[i % 4])
        slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
        seen, over, held = [], [], []
        threads = [threading.Thread(target=lambda: seen.extend(binds(port, stranger, end))),
                   threading.Thread(target=lambda: over.extend(binds(port, neighbour, end, held)))]
        for t in threads:
            t.start()
        served = 0
        for second in range(3):
            for s in slow:
                s.sendall(octets[second:second + 1])
            served += sum(send(port, "--count", "5") == 0 for _ in range(2))
            time.sleep(max(0, end - 2 + second - time.time()))
        for t in threads:
            t.join(10)
        n = control.ask({"do": "queue"})["n"]
        result(served == 6 and n == 30, "a neighbour is served during a siege",
               "%d of 6 callers, %d of 30 messages" % (served, n))
        refused = len(over) - len(held)
        result(len(seen) > 20 and len(held) == 5 and refused > 20, "binds without end are answered",
               "%d strangers, %d held, %d refused" % (len(seen), len(held), refused))
        until(lambda: logged("without a bind") >= MANY + 20, 8)
        for what, want, words in (
                ("half-open caller and slow one", MANY + 20, ("without a bind", "a caller at 127.0.0.1")),
                ("stranger's bind", before + len(seen),
                 ("unknown MTA", "NOBODY", "a caller at 127.0.0.1", "no neighbour has this name")),
                ("bind over the limit", refused, ("limit on the number of assoc", "entity MANY", "limit is 5"))):
            result(logged(*words) == want, "each %s is logged once, with caller and reason" % what,
                   "%d of %d" % (logged(*words), want))
        used = control.ask({"do": "control-blocks"})["used"]
        result(used <= 8, "a siege leaves no control block behind", "%d" % used)
        for s in half + slow + held:
            s.close()
    finally:
        p.kill()


def main():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory() as tmp:
        conf = tmp + "/lab.conf"
        with open(conf, "w") as f:
            f.write('name "LAB" ; password "p"\nlisten 127.0.0.1:0\n'
                    'peer "UP" password "u"\n'
                    'peer "DOWN" password "d" address 127.0.0.1:9 route "C=XX;A=TEST;P=DOWN;"\n'
                    'associations 1200 ; control-blocks 1250\nopen-interval 600s\n')
        bad = tmp + "/bad.conf"
        with open(bad, "w") as f:
            f.write('name "LAB"\nopen-intervall 600s\n')
        said = subprocess.run([X, "mta", "--config", bad], capture_output=True, text=True, timeout=5)
        result(said.returncode == 2 and "bad.conf:2:1" in said.stderr and
               "open-interval" in said.stderr, "a wrong setting is shown in its place",
               said.stderr.strip())
        os.mkdir(tmp + "/logs")
        p, port = start("mta", "--config", conf, "--control", tmp + "/control", "--logs",
                        tmp + "/logs")
        try:
            control = Control(tmp + "/control")
            frames = recorded_bind(port)
            result(send(port) == 0, "a message is taken in", "it was not")
            queue = control.ask({"do": "queue"})
            result(queue["n"] >= 1 and queue["queue"][0]["peer"] == "DOWN",
                   "the control socket shows the queue", str(queue))
            result("error" in control.ask({"do": "nonsense"}), "nonsense is an error")
            many(port, control, frames)
            slow(port, frames)
            drip(port, control, frames)
            requests(port, control, tmp + "/logs")
            control.ask({"do": "stop"})
            result(p.wait(5) == 0, "it stops when told", "it did not")
        finally:
            p.kill()
        waiting_mail(tmp)
        burst(tmp)
        one_domain(tmp)
        siege(tmp)


main()
