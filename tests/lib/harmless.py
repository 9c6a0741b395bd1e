"""Logs in which nothing is wrong, though the numbers of known faults stand everywhere in
them: harmless.py KIND prints a piece; without KIND the kinds."""
import random
import sys

NUMBERS = [4258, 4282, 4283, 4284, 4285, 4287, 8453, 8464, 8465, 8511, 8640, 8650, 9156, 9301,
           9405, 2035, 2050, 2051, 1209, 1198, 290, 289, 1133, 3150]
SOURCES = ["W3SVC", "Perflib", "ESE97", "LicenseService", "Application Hang", "MSFTPSVC",
           "SNMP", "WinMgmt", "MSExchangeIS Public", "SQLServerAgent"]
rnd = random.Random(5)


def number():
    return rnd.choice(NUMBERS)


def sentence():
    return rnd.choice([
        "The counter {} of object {} was collected from control block index {}.",
        "User {} has used {} of {} KB of the quota.",
        "Worker process {} serving application pool {} has requested a recycle after {} s.",
        "Backup of database {} is complete: {} pages, log {}.",
        "Session {} on port {} was closed by the client after {} ms.",
        "Message {} of {} was handled in {} ms; no error occurred.",
        "The printer queue {} is empty; {} jobs were printed, {} deleted.",
    ]).format(number(), number(), number())


def clock(i):
    return i // 3600 % 24, i // 60 % 60, i % 60


def export(i, mark, date):
    h, m, s = clock(i)
    row = [date, "%d:%02d:%02d %s" % (h % 12 or 12, m, s, "PM" if h > 11 else "AM"),
           rnd.choice(SOURCES), "Information", "General", str(number()), "N/A", "LAB"]
    text = sentence()
    return mark.join(row + ['"%s"' % text if mark == "," else text])


def tab(i):
    return export(i, "\t", "11/%d/26" % (1 + i // 3600 % 28))


def comma(i):
    return export(i, ",", "%d.11.2026" % (1 + i // 3600 % 28))


def semicolon(i):
    return export(i, ";", "2026-11-%02d" % (1 + i // 3600 % 28))


def block(i):
    h, m, s = clock(i)
    return ("Event Type:\tInformation\nEvent Source:\t%s\nEvent Category:\tNone\nEvent ID:\t%d\n"
            "Date:\t\t11/21/2026\nTime:\t\t%d:%02d:%02d\nUser:\t\tN/A\nComputer:\tLAB\n"
            "Description:\n%s\n" % (rnd.choice(SOURCES), number(), h, m, s, sentence()))


def iis(i):
    return ("2026-11-21 %02d:%02d:%02d 192.0.2.%d - 192.0.2.1 80 GET /exchange/%d/%d.htm code=%d 200 0 "
            "%d %d %d HTTP/1.1 Mozilla/4.0" % (*clock(i), i % 250, number(), number(), number(),
                                               number(), number(), number()))


def syslog(i):
    return "Nov 21 %02d:%02d:%02d lab %s[%d]: %s" % (
        *clock(i), rnd.choice(["sshd", "cron", "named", "kernel", "smtpd"]), number(), sentence())


def bare(i):
    return "%d %s error code %d was not seen, LPI 1-%d-%d is free" % (
        i, sentence(), number(), i % 4, i % 100)


def mta(i):
    h, m, s = clock(i)
    return ("message NMI%04d: X.400 Service Event, severity 8\n       (MTA XFER-IN(12) Proc %d) "
            "11-21-26 %02d:%02d:%02d%s\n       Message transferred in\n       MTS Identifier C=US;A= ;"
            "P=ORG;L=LAB-%d-%d\n       Size %d\n" % (
                rnd.choice([9298, 9300, 1221, 100, 101]), i % 90, h % 12 or 12, m, s,
                "pm" if h > 11 else "am", number(), number(), number()))


def utf16(i):
    return tab(i)


KINDS = [tab, comma, semicolon, block, iis, syslog, bare, mta, utf16]


def main():
    if len(sys.argv) < 2:
        print(*[k.__name__ for k in KINDS])
        return
    kind = next(k for k in KINDS if k.__name__ == sys.argv[1])
    text = "".join(kind(i) + "\r\n" for i in range(8000))
    sys.stdout.buffer.write(text.encode("utf-16-le" if kind is utf16 else "ascii"))


if __name__ == "__main__":
    main()
