"""What --mask writes holds none of the names that stand in the same output without it.

    mask.py X400RIG FOLDER CAPTURE ...
"""
import os
import re
import subprocess
import sys

X, TMP, CAPTURES = sys.argv[1], sys.argv[2], sys.argv[3:]
LEAST = 4  # shorter words are also words of the output itself
KEY = os.path.join(TMP, "key")
LOG = os.path.join(TMP, "Ev0.log")
FORMS = [["decode"], ["decode", "-v"], ["decode", "--json"], ["check", "-v"], ["check", "--json"]]
# Words of the output: no names, though a peer may have such a one.
OWN = {"octets", "message", "report", "connection", "standard", "normal"}


def run(*args):
    return subprocess.run([X, *args], capture_output=True, text=True).stdout


def names(text):
    """All that peers have written in an output without a mask."""
    text = re.sub(r'interface: "x400rig"', "", text)     # our own, which all output holds
    found = set(re.findall(r'"((?:[^"\\]|\\.)+)"', text))
    for name in list(found):
        found.update(v for _, v in re.findall(r"([A-Z][A-Za-z0-9:-]*)=([^;]+)", name))
    found.update(re.findall(r"\b\d+\.\d+\.\d+\.\d+(?=:)", text))
    found.update(re.findall(r"(?:ref|open|user|password)=([0-9a-f]{8,})", text))
    # times stay
    found = {n for n in found if not re.fullmatch(r"\d{10,14}Z", n)}
    return {n for n in found if len(n) >= LEAST and n.strip() and n not in OWN and
            not re.fullmatch(r"[A-Z0-9-]{1,12}=.*|\d+", n)}


def leaks(clear, masked):
    return sorted(n for n in clear if re.search(r"(?<![\w.])" + re.escape(n) + r"(?![\w])", masked))


def say(name, bad):
    print("not ok mask %s: %s" % (name, bad[:5]) if bad else "ok mask " + name)


def captures():
    for path in CAPTURES:
        short = os.path.basename(path).split(".")[0]
        clear = names(run("decode", "-v", path))
        if not clear:
            print("not ok mask %s: no names to look for" % short)
            continue
        bad = []
        for form in FORMS:
            bad += leaks(clear, run(*form, "--mask-key", KEY, path))
        page = os.path.join(TMP, "page.html")
        run("check", "--mask", "--html", page, path)
        bad += leaks(clear, open(page).read())
        say("%s: %d names in %d forms" % (short, len(clear), len(FORMS) + 1), bad)


def pseudonyms(text):
    return set(re.findall(r"~[a-z2-7]{8}", text))


def stable():
    """The same name, the same pseudonym: in all outputs with one key, in none with another."""
    path = CAPTURES[0]
    first = pseudonyms(run("decode", "--mask-key", KEY, path))
    again = pseudonyms(run("decode", "--json", "--mask-key", KEY, path))
    drawn = pseudonyms(run("decode", "--mask", path))
    say("one key, the same pseudonyms", [] if first and first <= again else [first - again])
    say("another key, other pseudonyms", sorted(first & drawn))
    whole = re.search(r'BIND-ARGUMENT name="([^"]*)"', run("decode", path)).group(1)
    masked = run("decode", "--mask-key", KEY, path)
    word = re.search(r'BIND-ARGUMENT name="([^"]*)"', masked).group(1)
    clear = run("decode", path).count(whole)
    say("a name in several layers is one pseudonym",
        [] if masked.count(word) >= clear > 1 else [(word, masked.count(word), clear)])


def filters():
    """A filter goes by the names as they are."""
    path = CAPTURES[0]
    ident = re.search(r'MESSAGE .*?id="([^"]*)"', run("decode", path)).group(1)
    ident = ident.split("L=")[-1]
    plain = run("decode", "--filter", "id=" + ident, path).count("\n")
    masked = run("decode", "--mask", "--filter", "id=" + ident, path).count("\n")
    say("a filter knows the names", [] if plain == masked > 0 else [(plain, masked)])


def logs():
    text = "2026-03-05 07:15:00 9405 NORTHERN-HOST lost its association with kingfisher\n"
    open(LOG, "w").write(text * 3)
    out = run("check", "-v", "--mask", CAPTURES[0], LOG)
    out += run("check", "--json", "--mask", CAPTURES[0], LOG)
    say("texts of logs", leaks({"NORTHERN-HOST", "kingfisher"}, out))


def refused():
    for option in ("--export", "--save"):
        p = subprocess.run([X, "decode", "--mask", option, os.path.join(TMP, "x"), CAPTURES[0]],
                           capture_output=True, text=True)
        say("refuses " + option, [] if p.returncode == 2 and "--mask" in p.stderr else [p.stderr])


def reports():
    folder = os.path.join(TMP, "run")
    subprocess.run([X, "run", "-q", "--virtual", "--seed", "1", "--defect", "Q152897", "--out",
                    folder, "pop4/backlog-drop", "basic/refused"], capture_output=True)
    clear = {"RIGUP", "RIGDOWN", "up-secret", "down-secret", "lab-secret", "127.0.0.1", "Tester"}
    said = run("report", folder, "-f", "html", "--all")
    if not any(n in said for n in clear):
        print("not ok mask report: no names to look for")
    forms = ["text", "md", "html", "junit", "tap"]
    bad = []
    for form in forms:
        bad += leaks(clear, run("report", folder, "-f", form, "--mask"))
    bad += leaks(clear, run("report", folder, "-f", "ladder", "-c", "basic/refused", "--mask"))
    say("report in %d forms" % (len(forms) + 1), bad)


def told(folder):
    """What a run hands on."""
    out = ""
    for name in ("report.html", "junit.xml", "report.tap", "timeline"):
        path = os.path.join(folder, name)
        inner = [os.path.join(d, f) for d, _, fs in os.walk(path) for f in fs]
        for one in inner or [path]:
            out += open(one).read()
    return out


def runs():
    """A run hands on pseudonyms, keeps its evidence, and judges it as it would without a mask."""
    clear = {"RIGUP", "RIGDOWN", "up-secret", "down-secret", "lab-secret", "127.0.0.1", "Tester"}
    said = {}
    for how in ("--jobs=1", "--virtual"):
        for mask in ([], ["--mask-key", KEY]):
            folder = os.path.join(TMP, "run" + how + str(len(mask)))
            said[len(mask)] = run("run", "-q", how, "--seed", "1", "--defect", "Q152897", "--out",
                                  folder, "pop4/backlog-drop", "basic/refused", *mask)
            if mask:
                out = said[len(mask)].replace(TMP, "") + told(folder)
                again = subprocess.run([X, "rejudge", folder], capture_output=True, text=True)
                say("run %s hands on no name" % how, leaks(clear, out))
                say("run %s can be judged again" % how,
                    [] if "CHANGED" not in again.stdout and again.returncode == 1
                    else [again.stdout + again.stderr])
            elif not leaks(clear, told(folder)):
                print("not ok mask run %s: no names to look for" % how)
        verdicts = [[line.split()[:2] for line in said[n].splitlines()
                     if line.startswith(("pass", "fail"))] for n in (0, 2)]
        say("run %s: the same verdicts" % how,
            [] if verdicts[0] == verdicts[1] and len(verdicts[0]) == 2 else verdicts)


open(KEY, "w").write("a key for this test")
captures()
stable()
filters()
logs()
refused()
reports()
runs()


def passwords():
    """Not shown even without a mask, where they have a field of their own."""
    out = run("decode", "-v", CAPTURES[0]) + run("decode", "--json", "-v", CAPTURES[0])
    say("passwords are not shown", leaks({"larch", "maple"}, out) +
        ([] if "password=5 octets, not shown" in out else ["the field"]))


passwords()
