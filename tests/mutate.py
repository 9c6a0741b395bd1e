#!/usr/bin/env python3
"""A mutation test of the whole: are small faults of an MTA noticed?

    tests/mutate.py BUILD [SEED [N]]        N (60) faults, drawn by the seed (1)
    tests/mutate.py BUILD --list            all sites, and those left out with the reason

Sites are the comparisons, constants, commits, acknowledgements and timers of rig/mta and
stack/rtse.  Each fault is built alone, into a copy of the tree.  It is run against STAGES, cheapest
first, and is caught by the first that fails, crashes, or needs more processor time than a sound one
could.  The first stages are the catalogue; the others are the tests that look at what no neighbour of
an MTA can see (its disk after a crash, its memory, its control socket).  Prints a line for each fault
and both rates.  Survivors are to be looked at one by one: tests/survivors.txt keeps what was found.
"""
import os
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile

KEPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "survivors.txt")
UNITS = ["rtse", "upper_rows", "association", "mta", "mta_queue", "mta_relay", "again"]
RUN = ["run", "--virtual", "--quiet", "-j", "1", "--seed", "7", "--repeat", "1", "--until-fail"]
# The changed object is watched for what C leaves undefined, the whole program for memory that leaks.
SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]

# Files whose code does not run in a sound MTA, or says nothing to a neighbour.
NOT_FILES = re.compile(r"rig/mta/(defect|settings|control|log)")

# What cannot show, wherever it stands: left out, with the reason.
NOT_LINES = [
    (re.compile(r"^\s*(/?\*|#|//)|^\S"), "no code"),
    (re.compile(r'"'), "words of a log or a message"),
    (re.compile(r"\b(malloc|calloc|realloc)\(|no memory"), "memory has run out: `make allocations`"),
    (re.compile(r"\bif \(!(p->of|k->of|k|m|more|made|octets|head|l|q->lists)\b"),
     "memory has run out: `make allocations`"),
    (re.compile(r"^\s*(static |const )*(u?int\d*_t|char|size_t|struct \w+|bool|sqlite3_stmt)( \*?\w+\[\d*\w*\],?)+"),
     "the size of a buffer"),
    (re.compile(r"\bturn_finding\(|\bfindings_add\("), "where a finding stands: vectors look at it"),
    (re.compile(r"\(.*, NULL, 0\)"), "asks for a size only"),
    (re.compile(r"i < (l->)?m->config\.peers_n; i\+\+"), "the places of neighbours that are not there are idle"),
    (re.compile(r"\bsizeof\b.*\b(room|small|text|why|local)\b|\bQUEUE_KEPT\b"), "a buffer or cache that is large enough"),
]

COMPARISONS = [("==", "!="), ("!=", "=="), ("<", "<="), (">", ">="), ("<=", "<"), (">=", ">"),
               ("&&", "||"), ("||", "&&")]
CONSTANTS = [(r"(?<== )true(?=;)", "false"), (r"(?<== )false(?=;)", "true"),
             (r"(?<=return )true(?=;)", "false"), (r"(?<=return )false(?=;)", "true"),
             (r"(?<= [-+] )1\b", "2"), (r"(?<=[=(,] )0(?=[,;)])", "1")]
QUEUE = (r"queue_\w+|list|unlist|relist|retire|let_go|let_all_go|push|undo\w*|delete_\w+|"
         r"incoming_drop|incoming_forget|put_chunk")
CALLS = [
    ("commit", QUEUE),
    ("acknowledgement", r"acknowledge|association_\w+|due|turn_emit|rtse_mark_confirmed|rtse_remember"),
    ("timer", r"net_timer_\w+|turn_timer\w*|mta_turn|neighbour_retry|neighbour_look_after|wait_for_answer|"
              r"recovery_expire|watch"),
]
TRUTHS = [("commit", r"queue_commit\(&m->queue\)"), ("commit", r"run\(q, \w+\)"), ("commit", r"begin\(q\)")]


class Site:
    def __init__(self, path, line, kind, begin, end, to, text):
        self.path, self.line, self.kind = path, line, kind
        self.begin, self.end, self.to, self.text = begin, end, to, text
        what = " ".join(text[begin:end].split())
        around = " ".join(text[text.rfind("\n", 0, begin) + 1:text.find("\n", begin)].split())
        function = re.findall(r"^\w.*?(\w+)\(", text[:begin], re.M)
        self.key = f"{path} {function[-1] if function else ''}: {around} [{what if kind in ('comparison', 'constant') else 'call'} -> {to or 'nothing'}]"
        self.name = f"{kind} {path}:{line}: {around} [{what} -> {to or 'nothing'}]"

    def apply(self):
        return self.text[:self.begin] + (self.to or ";") + self.text[self.end:]


def is_limit(text, line, at, begin):
    """a < b ? a : b, or: if (a < b) b = a."""
    if line[begin:begin + 2].strip() not in ("<", ">", "<=", ">="):
        return False
    following = text[at + len(line) + 1:].split("\n", 1)[0]
    a, b = re.search(r"([\w.>()\[\]-]+) $", line[:begin]), re.match(r"[<>]=? ([\w.>\[\]-]+)", line[begin:])
    if not a or not b:
        return False
    a, b = a.group(1).rsplit("(", 1)[-1], b.group(1)
    if re.search(re.escape(f"? {a} : {b}") + "|" + re.escape(f"? {b} : {a}"), line):
        return True
    x = re.match(r"\s*if \((.+) [<>]=? (.+)\)$", line)
    pairs = [(a, b.rstrip(")"))] + ([x.groups()] if x else [])
    return any(following.strip() in (f"{p} = {q};", f"{q} = {p};") for p, q in pairs)


def is_sticky(text, line, at):
    """What is returned behind a reader that failed: it stays failed, and its owner asks it."""
    before = text[:at].rstrip("\n").rsplit("\n", 1)[-1]
    return line.strip() == "return false;" and re.search(r"if \(!(ber|read)_\w+\(&?b\b", before)


def sites(path):
    """What can be changed in a file, and what is left out with its reason."""
    text = open(path).read()
    found, left = [], []
    at = 0
    for number, line in enumerate(text.split("\n"), 1):
        changes = []
        for a, b in COMPARISONS:
            changes += [("comparison", m.start() + 1, m.end() - 1, b)
                        for m in re.finditer(" " + re.escape(a) + " ", line)]
            changes += [("comparison", m.start() + 1, m.end(), b)
                        for m in re.finditer(" " + re.escape(a) + "$", line)]
        for pattern, b in CONSTANTS:
            changes += [("constant", m.start(), m.end(), b) for m in re.finditer(pattern, line)]
        for kind, pattern in TRUTHS:
            changes += [(kind, m.start(), m.end(), "true") for m in re.finditer(pattern, line)
                        if not re.match(r"\s*" + pattern + ";", line)]
        for kind, pattern in CALLS:
            if re.match(r"^\t+(" + pattern + r")\(", line):
                end = text.index(";", at) + 1 - at
                changes.append((kind, len(line) - len(line.lstrip()), end, None))
        rule = next((reason for r, reason in NOT_LINES if r.search(line)), None)
        for kind, begin, end, to in changes:
            why = rule
            if kind == "comparison" and is_limit(text, line, at, begin):
                why = "the lesser or greater of two: at equality both ways are one"
            if kind == "constant" and is_sticky(text, line, at):
                why = "a reader's failure is sticky"
            s = Site(path, number, kind, at + begin, at + end, to, text)
            if why:
                left.append((s, why))
            else:
                found.append(s)
        at += len(line) + 1
    return found, left


def all_sites():
    found, left = [], []
    for folder in ("rig/mta", "stack/rtse"):
        for name in sorted(os.listdir(folder)):
            path = f"{folder}/{name}"
            if path.endswith(".c") and not NOT_FILES.match(path):
                f, l = sites(path)
                found += f
                left += l
    return found, left


def survivors():
    """What was found of earlier survivors: key -> reason."""
    out = {}
    if os.path.exists(KEPT):
        for line in open(KEPT):
            if line.strip() and not line.startswith("#"):
                key, why = line.rstrip("\n").split("\t")
                out[key] = why
    return out


class Bench:
    """A copy of the tree in which one object at a time is another."""

    def __init__(self, build):
        self.tree = tempfile.mkdtemp(prefix="mutate-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
        self.build = os.path.abspath(build)
        self.flags = self.make("flags").split("\n")
        self.work = os.path.join(self.tree, "run")

    def make(self, target):
        return subprocess.run(["make", "-s", "--no-print-directory", f"B={self.build}", target], check=True,
                              capture_output=True, text=True).stdout

    def link(self, out, objects, *more, plain=False):
        """The changed object stands before the libraries, so theirs is not taken."""
        mutant = [f"{self.tree}/plain.o"] if plain else [f"{self.tree}/mutant.o", *SANITIZE]
        libs = [f"{self.build}/librig.a", f"{self.build}/libstack.a"]
        command = [*self.flags[1].split(), "-fuse-ld=gold", "-s", "-o", out, *objects, *mutant, *libs,
                   *self.flags[2].split(), *more]
        return subprocess.run(command, capture_output=True).returncode == 0

    def compile(self, site, plain=False):
        source = os.path.join(self.tree, "mutant.c")
        self.site = site
        with open(source, "w") as f:
            f.write(site.apply())
        flags = [f for f in self.flags[0].split() if not f.startswith(("-D_FORTIFY", "-fstack-"))]
        command = [*flags, "-w", "-O1", "-g0", *([] if plain else SANITIZE), "-c", source, "-o",
                   f"{self.tree}/{'plain' if plain else 'mutant'}.o"]
        return subprocess.run(command, capture_output=True).returncode == 0

    def run(self, command, seconds):
        """None: all is well; else what says that it is not."""
        def limit():
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 2))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        shutil.rmtree(self.work, ignore_errors=True)
        os.mkdir(self.work)
        try:
            p = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, timeout=seconds * 20, preexec_fn=limit, errors="replace",
                               text=True)
        except subprocess.TimeoutExpired:
            return "no end"
        bad = re.search(r"^(?:fail|error|inconclusive|not ok|\[  FAILED  \]) +(\S+)", p.stdout, re.M)
        if p.returncode == 0 and not bad:
            return None
        return bad.group(1) if bad else f"status {p.returncode}"

    def healthy(self, site):
        """What fails without any fault: nothing that stages say would mean anything."""
        none = Site(site.path, site.line, site.kind, 0, 0, None, site.text)
        none.apply = lambda: none.text
        return "it does not build" if not self.compile(none) else next(
            (by for by in (run(self) for _, run in STAGES) if by), None)

    # ---- stages ----

    def catalogue(self, *tags):
        x = os.path.join(self.tree, "x400rig")
        if not self.link(x, [f"{self.build}/rig/cli/main.o"]):
            return "link"
        return self.run([x, *RUN, "--out", f"{self.work}/out", *tags], 30)

    def units(self):
        for name in UNITS:
            t = os.path.join(self.tree, "unit")
            lib = [f"{self.build}/tests/lib/{n}" for n in os.listdir(f"{self.build}/tests/lib") if n.endswith(".o")]
            if not self.link(t, [f"{self.build}/tests/unit/test_{name}.o", *lib], "-lcmocka"):
                return f"link {name}"
            why = self.run([t], 30)
            if why:
                return f"unit {name}: {why}"
        return None

    def script(self, name):
        """An end-to-end test in a folder of its own; in real time, so it must fail twice.  Memory and
        time have bars there, so without sanitizers."""
        b = os.path.join(self.tree, "build")
        os.makedirs(f"{b}/tests/kills", exist_ok=True)
        if not self.compile(self.site, plain=True) or \
                not self.link(f"{b}/x400rig", [f"{self.build}/rig/cli/main.o"], plain=True):
            return "link"
        if name == "kills":
            kills = [f"{self.build}/tests/kills/{n}" for n in os.listdir(f"{self.build}/tests/kills") if n.endswith(".o")]
            wraps = [f"-Wl,--wrap={n}" for n in self.flags[3].split()]
            if not self.link(f"{b}/tests/kills/kills", kills, *wraps, plain=True):
                return "link kills"
        for _ in range(2):
            why = self.run(["sh", f"tests/e2e/{name}.sh", b], 60)
            if not why:
                return None
        return f"{name}: {why}"


STAGES = [
    ("catalogue", lambda b: b.catalogue()),
    ("tests", lambda b: b.units()),
    ("tests", lambda b: b.script("recovery")),
    ("tests", lambda b: b.script("mta")),
    ("tests", lambda b: b.script("kills")),
    ("tests", lambda b: b.script("credentials")),
]


def main():
    build, args = sys.argv[1], sys.argv[2:]
    found, left = all_sites()
    if args == ["--list"]:
        for s in found:
            print(s.name)
        for s, why in left:
            print(f"left out ({why}) {s.name}")
        return 0
    seed = int(args[0]) if args else 1
    wanted = int(args[1]) if len(args) > 1 else 60
    known = survivors()
    bench = Bench(build)
    caught = {"catalogue": 0, "tests": 0}
    n = 0
    os.environ["X400RIG_DATA"] = os.path.abspath("rig")
    print(f"{len(found)} sites, {len(left)} left out by rule; seed {seed}", flush=True)
    random.Random(seed).shuffle(found)
    try:
        wrong = bench.healthy(found[0])
        if wrong:
            print(f"without a fault there is one: {wrong}")
            return 4
        for s in found:
            if n == wanted:
                break
            if not bench.compile(s):
                print(f"none     {s.name}: does not build", flush=True)
                continue
            n += 1
            for stage, run in STAGES:
                by = run(bench)
                if by:
                    caught[stage] += 1
                    print(f"caught   {s.name} by {by}", flush=True)
                    break
            else:
                print(f"survives {s.name}: {known.get(s.key, 'not looked at')}", flush=True)
    finally:
        shutil.rmtree(bench.tree)
    total = sum(caught.values())
    print(f"{total} of {n} caught ({100 * total // max(n, 1)} %), {caught['catalogue']} of them by the catalogue")
    return 0 if total * 100 >= 95 * n else 1


if __name__ == "__main__":
    sys.exit(main())
