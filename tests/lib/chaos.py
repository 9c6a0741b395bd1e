"""A table: each long verb (row) against each trouble (column).

    chaos.py X400RIG FOLDER     (FOLDER/jump.so: a clock that jumps; without it that is left out)

In each cell: no crash; where something is missing a sentence that says so; the status of the
documents; and of files none that passes for whole and is not.  `ok VERB, TROUBLE` or
`not ok VERB, TROUBLE: why`.
"""
import json
import os
import pathlib
import random
import resource
import signal
import subprocess
import sys
import time

x, tmp = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2])
capture = os.path.abspath("captures/transfer-1988.pcap")
log = tmp / "mta.log"
log.write_text("10:00:01 event 4282 MSExchangeMTA: error 8453\n")
TROUBLE, SKIPPED = 4, 77

# verb: arguments (OUT: what is written), its status when all is well, is it a server
VERBS = {
    "run": ("run -q --virtual --seed 1 --out OUT basic/transfer", 0, False),
    "mta": ("mta --listen 127.0.0.1:0 --queue OUT", 0, True),
    "peer": ("peer --listen 127.0.0.1:0 --capture OUT", 0, True),
    "send": ("send MTA --count 2 --name UP --password up --to C=XX;A=TEST;P=DOWN;S=Y;", 0, False),
    "check": ("check %s --html OUT" % capture, 0, False),
    "decode": ("decode %s --export OUT" % capture, 0, False),
    "decode --json": ("decode --json --jobs 2 %s" % capture, 0, False),
    "match": ("match %s" % log, 0, False),
    "fuzz": ("fuzz teardown --virtual --seed 1 --cases 1 --lanes 1 --out OUT", 0, False),
    "replay": ("replay --virtual -q --seed 1 --out OUT %s" % capture, 0, False),
}

fell = []


def start(verb, out, before=(), files=None, octets=None, **how):
    """`files`, `octets`: limits of open files and of the length of one."""
    def limit():
        for what, most in ((resource.RLIMIT_NOFILE, files), (resource.RLIMIT_FSIZE, octets)):
            if most is not None:
                resource.setrlimit(what, (most, most))
    words = VERBS[verb][0].replace("OUT", str(out)).replace("MTA", mta).split()
    # What is raised again by root is no limit.
    plain = ["setpriv", "--inh-caps=-sys_resource", "--bounding-set=-sys_resource"]
    how.setdefault("stdout", subprocess.PIPE)
    command = list(before) + [x] + words
    if files is not None:
        command = (plain if os.getuid() == 0 else []) + ["prlimit", "--nofile=%d:%d" %
                                                        (files, files)] + command
        files = None
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                            preexec_fn=limit, **how)


def finish(verb, p, out):
    """Its status and what it said; a server is told to end when it is ready."""
    if VERBS[verb][2] and p.stdout:
        if p.stdout.readline().startswith("ready"):
            p.terminate()
    elif VERBS[verb][2]:
        # Nobody hears whether it is ready: when it has opened its file.
        for _ in range(200):
            if p.poll() is not None or out.exists() and out.stat().st_size:
                break
            time.sleep(0.01)
        time.sleep(0.1)
        p.terminate()
    try:
        said = p.communicate(timeout=30)
    except subprocess.TimeoutExpired:
        p.kill()
        return "hangs", p.communicate()[1]
    return p.returncode, (said[0] or "") + said[1]


def lies(out):
    """A file that passes for whole and is not."""
    for path in [out] if out.is_file() else out.rglob("*"):
        if path.suffix == ".jsonl" and path.is_file():
            lines = path.read_text().splitlines(True)
            for i, line in enumerate(lines):
                try:
                    json.loads(line)
                except ValueError:
                    # The last one, without its end, is known to be cut.
                    if i + 1 < len(lines) or line.endswith("\n"):
                        return "%s: line %d" % (path.name, i + 1)
        if path.suffix == ".html" and "</html>" not in path.read_text():
            return path.name
    return None


def cell(verb, trouble, found, wanted, out, must_say=True):
    status, said = found
    why = None
    if status not in wanted:
        why = "status %s, not of %s" % (status, sorted(wanted))
    elif any(w in said for w in ("Sanitizer", "Assertion", "runtime error")):
        why = "it falls"
    elif must_say and status not in (0, VERBS[verb][1]) and status > 0 and not said.strip():
        why = "status %s, and not a word" % status
    elif status == VERBS[verb][1] and out.exists() and lies(out):
        why = "calls whole: %s" % lies(out)
    if why:
        fell.append((verb, trouble))
        print("not ok %s, %s: %s: %s" % (verb, trouble, why, said.strip()[-200:]))
    return why is None


def column(verb, trouble, cells):
    if all(cells):
        print("ok %s, %s" % (verb, trouble))


def descriptors(verb, out):
    for n in (4, 5, 7, 10):
        # The C library cannot load others below.
        found = finish(verb, start(verb, out / str(n), files=n), out / str(n))
        yield cell(verb, "%d descriptors" % n, found, {0, 2, TROUBLE, SKIPPED, 127}, out / str(n))


def full_disk(verb, out):
    if "OUT" in VERBS[verb][0]:
        for octets in (0, 4096):
            there = out / str(octets)
            found = finish(verb, start(verb, there, octets=octets), there)
            small = octets and verb in ("peer", "check", "decode")
            yield cell(verb, "files of %d octets" % octets, found,
                       {TROUBLE, 0} if small else {TROUBLE}, there)
    with open("/dev/full", "w") as full:
        there = out / "printed"
        found = finish(verb, start(verb, there, stdout=full), there)
        yield cell(verb, "nothing can be printed", found, {TROUBLE}, there)


def signals(verb, out):
    """At random moments, drawn from a fixed seed; before it catches them it just ends."""
    draw = random.Random(verb)
    for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE, signal.SIGUSR1):
        there = out / s.name
        p = start(verb, there)
        time.sleep(draw.uniform(0, 0.06))
        p.send_signal(s)
        if s == signal.SIGPIPE and VERBS[verb][2]:
            p.terminate()
        found = finish(verb, p, there)
        caught = {-s, VERBS[verb][1]}
        if s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            caught.add(128 + s)
        if s == signal.SIGPIPE:
            caught.add(-signal.SIGTERM)
        yield cell(verb, s.name, found, caught, there, must_say=False)


def clock(verb, out):
    env = dict(os.environ, LD_PRELOAD=str(tmp / "jump.so"))
    p = start(verb, out / "clock", env=env)
    yield cell(verb, "a clock that jumps", finish(verb, p, out / "clock"), {VERBS[verb][1]},
               out / "clock")


mta = ""
lab = subprocess.Popen([x, "mta", "--listen", "127.0.0.1:0", "--queue", str(tmp / "lab.db"),
                        "--peer", "UP,up"], stdout=subprocess.PIPE, text=True)
mta = lab.stdout.readline().split()[1]
for verb in VERBS:
    for title, trouble in (("descriptors exhausted", descriptors), ("a full disk", full_disk),
                           ("signals", signals), ("a clock that jumps", clock)):
        if trouble is clock and not (tmp / "jump.so").exists():
            print("skip %s, %s: nothing goes before AddressSanitizer" % (verb, title))
            continue
        out = tmp / verb.replace(" ", "") / title.replace(" ", "-")
        out.mkdir(parents=True)
        column(verb, title, list(trouble(verb, out)))
lab.terminate()
lab.wait()
left = subprocess.run(["pgrep", "-f", str(tmp) + "/.*/"], stdout=subprocess.PIPE, text=True).stdout
left = [p for p in left.split() if int(p) != os.getpid()]
print("ok nobody is left" if not left else "not ok nobody is left: %s" % left)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
sys.stderr.write("%.1f s of processor time\n" % (used.ru_utime + used.ru_stime))
