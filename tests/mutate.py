#!/usr/bin/env python3
"""A mutation test of the whole: are small faults of an MTA noticed?

    tests/mutate.py BUILD [SEED [N]]        N (60) faults, drawn by the seed (1)
    tests/mutate.py BUILD --site TEXT...    those of all sites whose line or file has one of TEXT
    tests/mutate.py BUILD --list            all sites, and those left out with the reason

Sites are the comparisons, constants, commits, acknowledgements and timers of rig/mta and
stack/rtse.  Each fault is built alone, into a copy of the tree; a fault of which the compiler makes
the same code as without it is none.  It is run against STAGES, cheapest first, and is caught by the
first that fails, crashes, or needs more time than a sound one could.  The first stages are
the catalogue; the others are the tests that look at what no neighbour of an MTA can see (its disk
after a crash, its memory, its control socket).  Catalogue and unit tests run twice: as built for use,
and, if that shows nothing, with the changed object watched for what C leaves undefined and the whole
program for memory that leaks.

Only what executes the changed line in a sound program can notice: each scenario and unit test is run
once with its lines counted, and BUILD/mutate-lines.json keeps that until a source changes.

Prints a line for each fault and the rates.  Survivors are to be looked at one by one:
tests/survivors.txt keeps which of them nobody could notice, and why.  The bar is for all drawn; the
rate without those is printed beside it.
"""
import glob
import hashlib
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

KEPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "survivors.txt")
UNITS = ["rtse", "upper_rows", "association", "mta", "mta_queue", "mta_relay", "again"]
RUN = ["run", "--virtual", "--quiet", "-j", "1", "--seed", "7", "--repeat", "1", "--until-fail"]
# Tests whose lines cannot be counted, as they kill what they test: the files that are theirs to see
SCRIPTS = {
    "recovery": r"rig/mta/(recovery|queue|incoming|outgoing)|stack/rtse/",
    "mta": r"rig/mta/",
    "kills": r"rig/mta/(queue|incoming|outgoing|relay|reports|mta|line|places)",
    "credentials": r"rig/mta/(inbound|outbound|routing|line)",
}
# How much longer than its processor time a sound one may take, on a busy machine
PATIENCE = 4
SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]

# Files whose code does not run in a sound MTA, or says nothing to a neighbour.
NOT_FILES = re.compile(r"rig/mta/(defect|settings|control|log)")

# What cannot show, wherever it stands: left out, with the reason.
NOT_LINES = [
    (re.compile(r"^\s*(/\*|\* |#|//)|^\S"), "no code"),
    (re.compile(r'"'), "words of a log or a message"),
    (re.compile(r"no memory|\btrace\.p\b"), "memory has run out: `make allocations`"),
    (re.compile(r"^\s*(static |const )*(u?int\d*_t|char|size_t|struct \w+|bool|sqlite3_stmt)( \*?\w+\[\d*\w*\],?)+"),
     "the size of a buffer"),
    (re.compile(r"^\s*defect_at\(.*\);$"), "told to a defect, and a sound MTA has none"),
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
    """a < b ? a : b, or: if (a < b) b = a, or: a > b ? a - b : 0."""
    if line[begin:begin + 2].strip() not in ("<", ">", "<=", ">="):
        return False
    following = text[at + len(line) + 1:].split("\n", 1)[0]
    a, b = re.search(r"([\w.>()\[\]-]+) $", line[:begin]), re.match(r"[<>]=? ([\w.>\[\]-]+)", line[begin:])
    if not a or not b:
        return False
    a, b = a.group(1).rsplit("(", 1)[-1], b.group(1)
    if any(f"? {rest}" in line for rest in (f"{a} : {b}", f"{b} : {a}", f"{a} - {b} : 0")):
        return True
    x = re.match(r"\s*if \((.+) [<>]=? (.+)\)$", line)
    pairs = [(a, b.rstrip(")"))] + ([x.groups()] if x else [])
    return any(following.strip() in (f"{p} = {q};", f"{q} = {p};") for p, q in pairs)


def is_sticky(text, line, at):
    """What is returned behind a reader that failed: it stays failed, and its owner asks it."""
    before = text[:at].rstrip("\n").rsplit("\n", 1)[-1]
    return line.strip() == "return false;" and re.search(r"^\s*if \((.* )?!(ber|read)_\w+\(&?b\b", before)


def is_size(line, begin):
    """How much is allocated."""
    call = re.search(r"\b(malloc|calloc|realloc)\((.*)$", line[:begin])
    return call and call.group(2).count("(") >= call.group(2).count(")")


def is_memory(text, line, at):
    """What is returned when the allocation just above has failed."""
    if re.search(r'"[^"]*no memory[^"]*"\);\n$', text[:at]):
        return True
    m = re.search(r"\n\s*if \(!(\w+)\) *{?\n$", text[:at])
    return m and line.strip().startswith("return ") and re.search(
        r"\b" + m.group(1) + r" = [^;]*\b(malloc|calloc|realloc)\(", "\n".join(text[:at].split("\n")[-8:]))


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
            if is_size(line, begin):
                why = "the size of a buffer"
            if kind == "constant" and is_sticky(text, line, at):
                why = "a reader's failure is sticky"
            if kind == "constant" and is_memory(text, line, at):
                why = "memory has run out: `make allocations`"
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


def digest(*paths):
    h = hashlib.sha256()
    for path in paths:
        h.update(open(path, "rb").read())
    return h.hexdigest()


class Lines:
    """Which scenarios and unit tests execute which lines of the sound sources."""

    def __init__(self, bench):
        self.bench = bench
        self.at = os.path.join(bench.build, "mutate-lines.json")
        self.files = {path: digest(path) for path in sorted({s.path for s in all_sites()[0]})}
        old = json.load(open(self.at)) if os.path.exists(self.at) else {"files": {}, "by": {}, "coded": {}}
        self.stale = [path for path in self.files if old["files"].get(path) != self.files[path]]
        self.old = old["by"]
        self.coded = {path: n for path, n in old["coded"].items() if path not in self.stale}
        self.programs = {}

    def items(self):
        for path in sorted(glob.glob("rig/catalogue/*/*.scn")):
            if not re.search(r"^  tags", open(path).read(), re.M):
                yield path[len("rig/catalogue/"):-len(".scn")], path
        for name in UNITS:
            yield f"unit {name}", f"tests/unit/test_{name}.c"

    def take(self):
        """Counts anew what has changed: all files for a scenario or test, or a file for all of them."""
        self.by = {}
        done = 0
        for item, path in self.items():
            mark = digest(path)
            got = self.old.get(item)
            same = got and got["mark"] == mark
            stale = self.stale if same else list(self.files)
            lines = dict(got["lines"]) if same else {}
            if stale:
                lines |= self.count(item, stale)
                done += 1
                if sys.stderr.isatty():
                    print(f"\rlines of {done} scenarios and tests counted", end="", file=sys.stderr, flush=True)
            self.by[item] = {"mark": mark, "lines": lines}
        if done:
            print(f"lines counted of {done} scenarios and tests", flush=True)
        with open(self.at, "w") as f:
            json.dump({"files": self.files, "by": self.by, "coded": self.coded}, f)

    def build(self, files):
        folder = os.path.join(self.bench.tree, f"counted-{len(self.programs)}")
        os.mkdir(folder)
        objects = []
        for source in files:
            objects.append(f"{folder}/{os.path.basename(source)[:-2]}.o")
            subprocess.run([*self.bench.flags_of_code(), "-O0", "--coverage", "-c", os.path.abspath(source), "-o",
                            objects[-1]], check=True)
        if not self.bench.link_all(f"{folder}/x400rig", [f"{self.bench.build}/rig/cli/main.o", *objects],
                                   "--coverage"):
            sys.exit("x400rig does not link")
        for name in UNITS:
            if not self.bench.link_unit(f"{folder}/{name}", name, objects, "--coverage"):
                sys.exit(f"{name} does not link")
        self.programs[tuple(files)] = folder
        return folder

    def count(self, item, files):
        folder = self.programs.get(tuple(files)) or self.build(files)
        if item.startswith("unit "):
            command = [f"{folder}/{item[5:]}"]
        else:
            command = [f"{folder}/x400rig", *RUN, "--out", f"{self.bench.work}/out", item]
        self.bench.run(command, 60)
        data = glob.glob(f"{folder}/*.gcda")
        p = subprocess.run(["gcov", "--json-format", "--stdout", *data], capture_output=True, cwd=folder)
        for d in data:
            os.unlink(d)
        lines = {path: [] for path in files}
        here = os.getcwd() + "/"
        for one in p.stdout.splitlines():
            for f in json.loads(one)["files"]:
                path = f["file"].removeprefix(here)
                if path in lines:
                    self.coded.setdefault(path, [x["line_number"] for x in f["lines"]])
                    lines[path] = sorted({x["line_number"] for x in f["lines"] if x["count"]})
        return lines

    def who(self, site):
        """Scenarios and unit tests that execute a site: its line, or any of its statement if the compiler
        counts that elsewhere."""
        lines = {site.line}
        if site.line not in self.coded.get(site.path, ()):
            first = max(site.text.rfind(c, 0, site.begin) for c in ";{}") + 1
            first += len(site.text[first:]) - len(site.text[first:].lstrip())
            last = site.text.find(";", site.end)
            lines = set(range(site.text.count("\n", 0, first) + 1, site.text.count("\n", 0, last) + 2))
        items = [i for i, got in self.by.items() if not lines.isdisjoint(got["lines"].get(site.path, ()))]
        return [i for i in items if not i.startswith("unit ")], [i[5:] for i in items if i.startswith("unit ")]


class Bench:
    """A copy of the tree in which one object at a time is another."""

    def __init__(self, build):
        self.tree = tempfile.mkdtemp(prefix="mutate-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
        self.build = os.path.abspath(build)
        self.flags = self.make("flags").split("\n")
        self.work = os.path.join(self.tree, "run")
        self.sound = {}
        self.made = None

    def make(self, target):
        return subprocess.run(["make", "-s", "--no-print-directory", f"B={self.build}", target], check=True,
                              capture_output=True, text=True).stdout

    def flags_of_code(self):
        return [f for f in self.flags[0].split() if not f.startswith(("-D_FORTIFY", "-fstack-", "-M"))] + ["-w", "-g0"]

    def parts_of_unit(self, name):
        lib = [f"{self.build}/tests/lib/{n}" for n in os.listdir(f"{self.build}/tests/lib") if n.endswith(".o")]
        return [f"{self.build}/tests/unit/test_{name}.o", *lib]

    def link_all(self, out, objects, *more):
        """A changed object stands before the libraries, so theirs is not taken."""
        libs = [f"{self.build}/librig.a", f"{self.build}/libstack.a"]
        command = [*self.flags[1].split(), "-fuse-ld=gold", "-s", "-o", out, *objects, *libs,
                   *self.flags[2].split(), *more]
        return subprocess.run(command, capture_output=True).returncode == 0

    def link_unit(self, out, name, objects, *more):
        wraps = [f"-Wl,--wrap={n}" for n in self.flags[4].split()] if name == "mta_relay" else []
        return self.link_all(out, [*self.parts_of_unit(name), *objects], "-lcmocka", *wraps, *more)

    def link(self, out, objects, *more):
        sanitize = SANITIZE if self.sanitized else []
        return self.link_all(out, [*objects, self.mutant, *sanitize], *more)

    def compile(self, text, sanitized=False):
        """All that is linked from now on has this object in it."""
        if self.made == (text, sanitized):
            return True
        self.made = None
        source = os.path.join(self.tree, "mutant.c")
        with open(source, "w") as f:
            f.write(text)
        self.sanitized = sanitized
        self.mutant = os.path.join(self.tree, "mutant.o")
        command = [*self.flags_of_code(), *(["-O1", *SANITIZE] if sanitized else ["-O2"]), "-c", source,
                   "-o", self.mutant]
        if subprocess.run(command, capture_output=True).returncode:
            return False
        self.made = (text, sanitized)
        return True

    def make_mutant(self, site):
        """None, or why there is none."""
        if site.path not in self.sound:
            self.compile(site.text)
            self.sound[site.path] = digest(self.mutant)
        if not self.compile(site.apply()):
            return "does not build"
        same = digest(self.mutant) == self.sound[site.path]
        return "the compiler makes the same code of it" if same else None

    def run(self, command, seconds):
        """None: all is well; else what says that it is not."""
        def limit():
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 2))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        shutil.rmtree(self.work, ignore_errors=True)
        os.mkdir(self.work)
        p = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             preexec_fn=limit, start_new_session=True, errors="replace", text=True)
        try:
            said = p.communicate(timeout=seconds * PATIENCE)[0]
        except subprocess.TimeoutExpired:
            said = None
        try:
            os.killpg(p.pid, signal.SIGKILL)    # what a script has left behind sleeps, and holds its output
        except ProcessLookupError:
            pass
        if said is None:
            p.communicate()
            return "no end"
        bad = re.search(r"^(?:fail|error|inconclusive|not ok|\[  FAILED  \]) +(\S+)", said, re.M)
        if p.returncode == 0 and not bad:
            return None
        return bad.group(1) if bad else f"status {p.returncode}"

    def healthy(self):
        """What fails without any fault: nothing that stages say would mean anything."""
        text = open("rig/mta/mta.c").read()
        return self.tried(text, [], UNITS, SCRIPTS)[1]

    def tried(self, text, scenarios, units, scripts):
        """(stage, by what) this text instead of its file is noticed, or (None, None)."""
        for sanitized in (False, True):
            if not self.compile(text, sanitized):
                return "tests", "it does not build"
            by = scenarios is not None and self.catalogue(scenarios)
            if by:
                return "catalogue", by
            by = self.units(units)
            if by:
                return "tests", by
        return ("tests", by) if (by := self.scripts(text, scripts)) else (None, None)

    # ---- stages: None, or by what the fault was caught ----

    def catalogue(self, scenarios):
        x = os.path.join(self.tree, "x400rig")
        if not self.link(x, [f"{self.build}/rig/cli/main.o"]):
            return "link"
        return self.run([x, *RUN, "--out", f"{self.work}/out", *scenarios], 30)

    def units(self, names):
        for name in names:
            t = os.path.join(self.tree, "unit")
            if not self.link_unit(t, name, [self.mutant], *(SANITIZE if self.sanitized else [])):
                return f"link {name}"
            why = self.run([t], 30)
            if why:
                return f"unit {name}: {why}"
        return None

    def scripts(self, text, names):
        """End-to-end tests in a folder of their own; in real time, so they must fail twice.  Memory and
        time have bars there, so without sanitizers."""
        if not names:
            return None
        b = os.path.join(self.tree, "build")
        os.makedirs(f"{b}/tests/kills", exist_ok=True)
        kills = glob.glob(f"{self.build}/tests/kills/*.o")
        wraps = [f"-Wl,--wrap={n}" for n in self.flags[3].split()]
        if not (self.compile(text) and self.link(f"{b}/x400rig", [f"{self.build}/rig/cli/main.o"]) and
                self.link(f"{b}/tests/kills/kills", kills, *wraps)):
            return "link"
        for name in names:
            command = ["sh", f"tests/e2e/{name}.sh", b]
            if self.run(command, 60) and (why := self.run(command, 60)):
                return f"{name}: {why}"
        return None

    def catch(self, site, lines):
        """(stage, by what), or (None, None) if nothing notices."""
        scenarios, units = lines.who(site)
        scripts = [n for n, files in SCRIPTS.items() if re.match(files, site.path)]
        return self.tried(site.apply(), scenarios or None, units, scripts)


def draw(found, seed):
    """The order of a seed stays as it is when other sites come and go."""
    times = {}
    def place(s):
        times[s.key] = times.get(s.key, 0) + 1
        return hashlib.sha256(f"{seed} {s.key} {times[s.key]}".encode()).digest()
    return [s for _, s in sorted(((place(s), s) for s in found), key=lambda x: x[0])]


def main():
    build, args = sys.argv[1], sys.argv[2:]
    found, left = all_sites()
    if args == ["--list"]:
        for s in found:
            print(s.name)
        for s, why in left:
            print(f"left out ({why}) {s.name}")
        for key in sorted(set(survivors()) - {s.key for s in found}):
            print(f"no site any more (tests/survivors.txt) {key}")
        return 0
    if args[:1] == ["--site"]:
        drawn = [s for s in found if any(text in s.name for text in args[1:])]
        wanted = len(drawn)
    else:
        seed, wanted = [int(a) for a in args + ["1", "60"][len(args):]]
        drawn = draw(found, seed)
        print(f"{len(found)} sites, {len(left)} left out by rule; seed {seed}", flush=True)
    known = survivors()
    bench = Bench(build)
    caught = {"catalogue": 0, "tests": 0}
    n, same = 0, 0
    os.environ["X400RIG_DATA"] = os.path.abspath("rig")
    begun = time.monotonic()
    try:
        lines = Lines(bench)
        lines.take()
        wrong = bench.healthy()
        if wrong:
            print(f"without a fault there is one: {wrong}")
            return 4
        begun = time.monotonic()
        for s in drawn:
            if n == wanted:
                break
            none = bench.make_mutant(s)
            if none:
                print(f"none     {s.name}: {none}", flush=True)
                continue
            n += 1
            stage, by = bench.catch(s, lines)
            if stage:
                caught[stage] += 1
                print(f"caught   {s.name} by {by}", flush=True)
            elif s.key in known:
                same += 1
                print(f"same     {s.name}: {known[s.key]}", flush=True)
            else:
                executed = "" if any(lines.who(s)) else " (nothing executes it)"
                print(f"survives {s.name}: not looked at{executed}", flush=True)
    finally:
        shutil.rmtree(bench.tree)
    total = sum(caught.values())
    print(f"{total} of {n} caught ({100 * total / max(n, 1):.1f} %), {caught['catalogue']} of them by the catalogue; "
          f"{same} that nobody can notice, without them {100 * total / max(n - same, 1):.1f} %; "
          f"{(time.monotonic() - begun) / max(n, 1):.1f} s each")
    return 0 if total * 100 >= 95 * n else 1


if __name__ == "__main__":
    sys.exit(main())
