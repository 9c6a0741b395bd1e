"""Runs the commands that a document shows and compares what they print.

    docs.py BUILD FOLDER DOCUMENT.md ...

A block that begins with ```console holds commands ("$ x400rig ...") and what each prints.
Numbers may differ; a line "..." stands for any lines, "..." within a line for any text.  All
commands of a document are run in one folder.  Prints `ok NAME` or `not ok NAME: why`.
"""
import os
import re
import subprocess
import sys

build, folder = os.path.abspath(sys.argv[1]), sys.argv[2]
env = dict(os.environ, PATH=build + ":" + os.environ["PATH"], NO_COLOR="1", LC_ALL="C",
           X400RIG_DATA=os.path.abspath("rig"))


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


for path in sys.argv[3:]:
    name = os.path.splitext(os.path.basename(path))[0]
    here = os.path.join(folder, name)
    os.makedirs(here, exist_ok=True)
    for number, command, expected in blocks(path):
        done = subprocess.run(["bash", "-c", command], cwd=here, env=env, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=60)
        why = fits(expected, done.stdout.splitlines())
        title = "docs %s:%d %s" % (name, number, command[:60])
        print("ok " + title if why is None else "not ok %s: expected %s" % (title, why))
        if why is not None:
            sys.stderr.write("$ %s\n%s\n" % (command, done.stdout))
