"""Asks tshark about captures: oracle.py EXCEPTIONS LIST-OF-CAPTURES"""
import os
import subprocess
import sys
import tempfile

EXCEPTIONS_MAX = 10
# What a capture of bind, transfer and release must show, as tshark fields.
NAMED = {
    "bind as P1": "p1.authenticated.initiator-name",
    "bind result as P1": "p1.authenticated.responder-name",
    "transfer as P1": "p1.envelope_element",
    "RTSE open": "rtse.rtorq_apdu_element",
    "ACSE associate": "acse.aarq_element",
    "ACSE release": "acse.rlrq_element",
}


def exceptions(path):
    out = []
    for line in open(path):
        if line.strip() and not line.startswith("#"):
            out.append([part.strip() for part in line.split("|")])
    return out


def tshark(args):
    return subprocess.run(["tshark", "-n"] + args, capture_output=True, text=True)


def result(good, name, why=""):
    print("ok %s" % name if good else "not ok %s: %s" % (name, why))


def main():
    known = exceptions(sys.argv[1])
    captures = [line.strip() for line in open(sys.argv[2])]
    result(len(known) <= EXCEPTIONS_MAX, "at most ten exceptions", str(len(known)))
    result(bool(captures), "captures were written")
    with tempfile.TemporaryDirectory() as tmp:
        merged = os.path.join(tmp, "all.pcapng")
        # One after the other in time, so that equal addresses do not mix.
        subprocess.run(["mergecap", "-a", "-w", merged] + captures, check=True)
        bad = tshark(["-r", merged, "-Y", "_ws.malformed or _ws.expert.severity >= 8388608",
                      "-T", "fields", "-E", "separator=|", "-e", "frame.number",
                      "-e", "_ws.col.Protocol", "-e", "_ws.col.Info", "-e", "_ws.expert.message"])
        result(bad.returncode == 0, "tshark reads them", bad.stderr.strip())
        lines = [x for x in bad.stdout.splitlines()
                 if not any(k[1] in x for k in known)]
        result(not lines, "%d captures without malformed packet or expert error" % len(captures),
               "%d frames, first: %s" % (len(lines), lines[0] if lines else ""))
        for name, fields in NAMED.items():
            named = tshark(["-r", merged, "-Y", fields, "-T", "fields", "-e", "frame.number"])
            result(bool(named.stdout.strip()), "tshark names %s" % name,
                   named.stderr.strip() or "no frame with " + fields)


main()
