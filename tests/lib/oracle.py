"""Asks tshark about captures: oracle.py EXCEPTIONS TABLE MADE LIST-OF-CAPTURES

MADE is the capture that make_oracle wrote of TABLE; LIST names captures of whole
associations. All are merged and read by one run of tshark, because its start and
its dissectors cost most."""
import os
import subprocess
import sys
import tempfile

EXCEPTIONS_MAX = 10
FIELD, VALUE = "\x1f", "\x1e"
ERROR = 8388608			# expert severity "error"
ALWAYS = ["frame.number", "tcp.stream", "frame.comment", "_ws.col.Protocol", "_ws.col.Info",
          "_ws.malformed", "_ws.expert.severity", "_ws.expert.message"]
# What whole associations must show: bind, transfer and release.
NAMED = {
    "bind as P1": "p1.authenticated.initiator-name",
    "bind result as P1": "p1.authenticated.responder-name",
    "transfer as P1": "p1.envelope_element",
    "RTSE open": "rtse.rtorq_apdu_element",
    "ACSE associate": "acse.aarq_element",
    "ACSE release": "acse.rlrq_element",
}


def result(good, name, why=""):
    print("ok %s" % name if good else "not ok %s: %s" % (name, why))


def read_exceptions(path):
    lines = [line for line in open(path) if line.strip() and not line.startswith("#")]
    return [[part.strip() for part in line.split("|")] for line in lines]


def read_table(path):
    """Line number of each PDU: its text, and (field, values) that tshark is to show."""
    pdus = {}
    for number, line in enumerate(open(path), 1):
        line = line.rstrip("\n")
        if line.startswith("\t"):
            field, _, values = line[1:].partition(" ")
            pdus[last][1].append((field, values.split(", ") if values else []))
        elif line and not line.startswith("#"):
            last = str(number)
            pdus[last] = (line, [])
    return pdus


def read_frames(capture, fields):
    args = ["tshark", "-n", "-r", capture, "-T", "fields", "-E", "occurrence=a",
            "-E", "separator=" + FIELD, "-E", "aggregator=" + VALUE]
    for field in fields:
        args += ["-e", field]
    run = subprocess.run(args, capture_output=True, text=True, errors="replace")
    result(run.returncode == 0, "tshark reads them", run.stderr.strip())
    for line in run.stdout.split("\n"):
        if line:
            yield dict(zip(fields, [v.split(VALUE) if v else [] for v in line.split(FIELD)]))


def is_bad(frame):
    severities = [int(s, 0) for s in frame["_ws.expert.severity"]]
    return (frame["_ws.malformed"] or max(severities, default=0) >= ERROR or
            any(m.startswith(("BER Error", "Size constraint")) for m in frame["_ws.expert.message"]))


def first(frame, field):
    return frame[field][0] if frame[field] else ""


def described(frame, pdu):
    return "%s|%s|%s%s" % (first(frame, "_ws.col.Protocol"), first(frame, "_ws.col.Info"),
                           ",".join(frame["_ws.expert.message"]), "|" + pdu if pdu else "")


def in_order(wanted, have):
    """Octets may come with colons or without."""
    left = iter([value.replace(":", "") for value in have])
    return all(any(w.replace(":", "") == h for h in left) for w in wanted)


def check_values(pdus, frames):
    """A PDU is in the frames of its stream from the one with its comment on."""
    seen, wrong = {}, []
    streams = {}
    for frame in frames:
        stream = first(frame, "tcp.stream")
        comment = first(frame, "frame.comment")
        if comment.startswith("pdu "):
            streams[stream] = comment[4:]
        if stream in streams:
            seen.setdefault(streams[stream], []).append(frame)
    compared = 0
    for number, (text, expected) in pdus.items():
        for field, values in expected:
            have = [v for frame in seen.get(number, []) for v in frame[field]]
            compared += 1
            if not have or not in_order(values, have):
                wrong.append("line %s (%.40s): %s is %s, not %s" %
                             (number, text, field, have, values))
    missing = [n for n in pdus if n not in seen]
    result(not missing, "all %d PDUs of the table are seen" % len(pdus), str(missing))
    result(not wrong, "%d fields have the values that were written" % compared,
           "%d wrong, first: %s" % (len(wrong), wrong[0] if wrong else ""))


def check_errors(known, pdus, frames):
    bad, used = [], set()
    for frame in frames:
        if not is_bad(frame):
            continue
        comment = first(frame, "frame.comment")
        pdu = pdus.get(comment[4:], [comment])[0] if comment.startswith("pdu ") else comment
        what = described(frame, pdu)
        excuse = [k[1] for k in known if k[1] in what]
        used.update(excuse)
        if not excuse:
            bad.append("frame %s: %s" % (first(frame, "frame.number"), what))
    result(not bad, "no malformed packet, no expert error",
           "%d frames, first: %s" % (len(bad), bad[0] if bad else ""))
    for k in known:
        if k[1] not in used:
            print("# exception not needed: %s" % k[0])


def main():
    known = read_exceptions(sys.argv[1])
    pdus = read_table(sys.argv[2])
    captures = [sys.argv[3]] + [line.strip() for line in open(sys.argv[4])]
    result(len(known) <= EXCEPTIONS_MAX, "at most ten exceptions", str(len(known)))
    result(len(captures) > 3, "captures were written", str(captures))
    asked = {field for _, expected in pdus.values() for field, _ in expected}
    fields = ALWAYS + sorted(asked | set(NAMED.values()))
    with tempfile.TemporaryDirectory() as tmp:
        merged = os.path.join(tmp, "all.pcapng")
        # One after the other in time, so that equal addresses do not mix.
        subprocess.run(["mergecap", "-a", "-w", merged] + captures, check=True)
        frames = list(read_frames(merged, fields))
    check_errors(known, pdus, frames)
    check_values(pdus, frames)
    whole = [f for f in frames if not first(f, "frame.comment").startswith("pdu ")]
    for name, field in NAMED.items():
        result(any(f[field] for f in whole), "tshark names %s" % name, "no frame with " + field)


main()
