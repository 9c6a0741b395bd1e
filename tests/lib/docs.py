"""Runs the commands that a document shows and compares what they print.

    docs.py BIN FOLDER DOCUMENT.md ...      (BIN: the folder that x400rig is in)

A block that begins with ```console holds commands ("$ x400rig ...") and what each prints.
Numbers may differ; a line "..." stands for any lines, "..." within a line for any text.  All
commands of a document are run in one folder.  Commands in indented lines are run as
docs.commands says; what is named in a sentence must have a verb and options that there are.
Prints `ok NAME`, `not ok NAME: why` or `skip NAME: why`.
"""
import collections
import os
import re
import shutil
import signal
import subprocess
import sys
import threading

build, folder = os.path.abspath(sys.argv[1]), sys.argv[2]
env = dict(os.environ, PATH=build + ":" + os.environ["PATH"], NO_COLOR="1", LC_ALL="C")


def blocks(path):
    """Yields (line number, command, expected lines)."""
    command = expected = at = None
    inside = False
    for number, line in enumerate(open(path, encoding="utf-8"), 1):
        line = line.rstrip("\n")
        if line.startswith("```"):
            if command:
                yield at, command, expected
            inside, command = line == "```console", None
        elif inside and line.startswith("$ "):
            if command:
                yield at, command, expected
            at, command, expected = number, line[2:], []
        elif inside and command and command.endswith("\\"):
            command = command[:-1] + line.strip()
        elif inside and command:
            expected.append(line)


def pattern(line):
    out = "".join(r"[0-9]+" if re.fullmatch("[0-9]+", part) else
                  ".*" if part == "..." else re.escape(part)
                  for part in re.split(r"([0-9]+|\.\.\.)", line.rstrip()))
    return re.compile(re.sub(r"(\\ )+", r"\\s+", out) + r"\s*\Z")


def fits(expected, actual):
    """None, or the first expected line that is not there."""
    at, skipping = 0, False
    for line in expected:
        if line.strip() == "...":
            skipping = True
            continue
        wanted = pattern(line)
        while skipping and at < len(actual) and not wanted.match(actual[at]):
            at += 1
        if at == len(actual) or not wanted.match(actual[at]):
            return "%r, not %r" % (line, actual[at] if at < len(actual) else "the end")
        at, skipping = at + 1, False
    return None if skipping or at == len(actual) else "more lines: %r" % actual[at]


def run(command, here):
    return subprocess.run(["bash", "-c", command], cwd=here, env=env, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=60)


def serve(command, here, until):
    """It is told to end when it has said `until`."""
    server = subprocess.Popen(["bash", "-c", command], cwd=here, env=env, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, start_new_session=True)
    late = threading.Timer(60, os.killpg, (server.pid, signal.SIGKILL))
    late.start()
    said, told = [], False
    for line in server.stdout:
        said.append(line)
        if until in line and not told:
            os.killpg(server.pid, signal.SIGTERM)
            told = True
    late.cancel()
    return subprocess.CompletedProcess(command, server.wait(), "".join(said))


def judge(title, command, done, why):
    print("ok " + title if why is None else "not ok %s: expected %s" % (title, why))
    if why is not None:
        sys.stderr.write("$ %s\n%s\n" % (command, done.stdout))


# ---- commands in passing

Known = collections.namedtuple("Known", "shown before edits added status until needs expected")


def known_commands(path):
    """{document: [Known]}"""
    out, document = {}, None
    before, last = [], None
    for line in open(path, encoding="utf-8"):
        line = line.rstrip("\n")
        sign, rest = line[:2], line[2:]
        if line.startswith("[") and not line.startswith("[ "):
            document = out.setdefault(line.strip("[]"), [])
            last = None
        elif document is None or not line and last is None:
            continue
        elif sign == "% ":
            before.append(rest)
        elif sign == "$ ":
            last = Known(rest, before, [], [], [], [], [], [])
            document.append(last)
            before = []
        elif sign == "x ":
            document.append(Known(re.sub(r"\s{3,}.*", "", rest), [], [], [], ["not run"], [],
                                  [], []))
            last = None
        elif sign in ("s ", "+ ", "= ", "w ", "n ") and not last.expected:
            {"s ": last.edits, "+ ": last.added, "= ": last.status,
             "w ": last.until, "n ": last.needs}[sign].append(rest)
        elif line:
            last.expected.append(line)
        else:
            last = None
    return out


def shown_commands(path):
    """Those of indented lines, without the remarks behind them."""
    inside = False
    for line in open(path, encoding="utf-8"):
        inside ^= line.startswith("```")
        if not inside and re.match(r"    x400rig ", line):
            yield re.sub(r"(\s+#|\s{3,}).*", "", line.strip()).strip()


def in_passing(path, name, known):
    shown = list(shown_commands(path))
    for command in shown:
        if command not in [re.sub(r"\s{3,}.*", "", k.shown) for k in known]:
            print("not ok docs %s: \"%s\" is not in tests/lib/docs.commands" % (name, command))
    here = os.path.join(folder, name + "-passing")
    os.makedirs(here, exist_ok=True)
    for k in known:
        if k.shown not in shown:
            print("not ok docs %s: \"%s\" is not shown any more" % (name, k.shown))
        if k.status == ["not run"]:
            continue
        title = "docs %s: %s" % (name, k.shown[:60])
        missing = [program for program in k.needs if not shutil.which(program)]
        if missing:
            print("skip %s: no %s" % (title, " ".join(missing)))
            continue
        command = " ".join([k.shown] + k.added)
        for edit in k.edits:
            command = subprocess.run(["sed", edit], input=command, text=True,
                                     stdout=subprocess.PIPE, check=True).stdout
        for before in k.before:
            run(before, here)
        done = serve(command, here, k.until[0]) if k.until else run(command, here)
        wanted = (k.status[0] if k.status else "0").split()
        why = fits(k.expected, done.stdout.splitlines())
        if str(done.returncode) not in wanted:
            why = "status %s, not %d" % (" or ".join(wanted), done.returncode)
        judge(title, command, done, why)


# ---- commands that sentences name

helps = {}


def help_of(verb):
    if verb not in helps:
        helps[verb] = run("x400rig %s --help" % verb, folder).stdout
    return helps[verb]


def named(path, name):
    wrong = []
    verbs = run("x400rig --help=words", folder).stdout.split()
    for span in re.findall(r"`(x400rig [^`]+)`", open(path, encoding="utf-8").read()):
        words = span.split()
        if words[1] not in verbs:
            wrong += [] if words[1] in ("--help", "--version", "--data") else [span]
            continue
        options = re.findall(r"--[a-z][a-z-]*", span)
        wrong += [span for o in options if o != "--help" and o not in help_of(words[1])]
    print("ok docs %s: commands in sentences" % name if not wrong else
          "not ok docs %s: commands in sentences: %s" % (name, "; ".join(wrong)))


known = known_commands(os.path.join(os.path.dirname(__file__), "docs.commands"))
for path in sys.argv[3:]:
    name = os.path.splitext(os.path.basename(path))[0]
    here = os.path.join(folder, name)
    os.makedirs(here, exist_ok=True)
    for number, command, expected in blocks(path):
        done = run(command, here)
        judge("docs %s:%d %s" % (name, number, command[:60]), command, done,
              fits(expected, done.stdout.splitlines()))
    in_passing(path, name, known.pop(name, []))
    named(path, name)
for name in known:
    print("not ok docs: tests/lib/docs.commands speaks of %s, which is not read" % name)
