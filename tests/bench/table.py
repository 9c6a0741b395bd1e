"""Rows of benches as one table:  ... | table.py [FILE.md]

A bench prints what it measured, raw, a line of seven fields between tabs:

    row  WHAT  UNIT  BAR  OURS  BESIDE  THEIRS

OURS and THEIRS are samples between spaces, those of THEIRS of a bare program (BESIDE says
which) in the same run; both may be missing.  A BAR is one of

    >50%    ours at least so much of theirs        <5x   ours at most so many times theirs
    /20     theirs at least so many times ours     <100  >150   ours itself, in its unit
    +2      ours at most so much more than theirs, in its unit

The table shows medians, their ratio, the least and the greatest ratio of samples taken side
by side, and whether the bar is met.  Rows are shown as they come; "part NAME" begins the rows of
a bench.  Other lines are passed on below it.  FILE.md gets the same as Markdown.  On a virtual
machine the last line tells how much of the processor time that was wanted the host kept for
itself: what needs all processors at once suffers from that more than its baseline of one thread.
Exit status: 1 if a bar is missed."""
import os
import re
import statistics
import sys
import time

TICKS = os.sysconf("SC_CLK_TCK")  # a second
HEAD = ("what", "ours", "beside", "ratio", "spread", "bar", "met")
WIDTHS = (56, 13, 34, 8, 11, 9)


def figure(x):
    return "%.0f" % x if abs(x) >= 100 else "%.3g" % x


def grouped(x, unit):
    n = "{:,.0f}".format(x) if abs(x) >= 1000 else figure(x)
    return n + ("" if unit.startswith(("/", "%")) else " ") + unit if unit else n


def measured(bar, ours, theirs):
    """The samples that the bar speaks of, how they are shown, whether less is better."""
    kind = re.fullmatch(r"([<>/+])([0-9.]+)([%x]?)", bar)
    if not kind:
        raise SystemExit("table.py: a bar \"%s\"" % bar)
    sign, bound, unit = kind.group(1), float(kind.group(2)), kind.group(3)
    if unit == "%":
        return [100 * a / b for a, b in zip(ours, theirs)], "%s %%", bound, False
    if unit == "x":
        return [a / b for a, b in zip(ours, theirs)], "%s x", bound, True
    if sign == "/":
        return [b / a for a, b in zip(ours, theirs)], "%s x", bound, False
    if sign == "+":
        return [a - b for a, b in zip(ours, theirs)], "%s more", bound, True
    return ours, None, bound, sign == "<"


def said(bar):
    """The bar as a person reads it."""
    sign, bound, unit = re.fullmatch(r"([<>/+])([0-9.]+)([%x]?)", bar).groups()
    return "%s %s%s" % ({"<": "<=", "+": "<= +"}.get(sign, ">="), bound,
                        " x" if sign == "/" else " " + unit if unit else "")


def row(fields):
    what, unit, bar, ours, beside, theirs = (fields + [""] * 6)[:6]
    ours, theirs = [[float(x) for x in s.split()] for s in (ours, theirs)]
    if not ours or theirs and not all(theirs):
        return (what, "not measured", beside, "", "", said(bar) if bar else "", "NO")
    a = statistics.median(ours)
    b = statistics.median(theirs) if theirs else 0
    left = beside + (" " + grouped(b, unit) if theirs else "")
    if not bar:
        return (what, grouped(a, unit), left, "%s %%" % figure(100 * a / b) if b else "", "", "", "")
    # One bare run may stand beside many of ours.
    pairs = theirs * len(ours) if len(theirs) == 1 else theirs
    samples, shown, bound, less = measured(bar, ours, pairs)
    # What is shown and judged is the ratio of the medians; the spread that of the pairs.
    value = measured(bar, [a], [b])[0][0] if shown else a
    least, most = figure(min(samples)), figure(max(samples))
    return (what, grouped(a, unit), left, shown % figure(value) if shown else "",
            "%s-%s" % (least, most) if least != most else "", said(bar),
            "yes" if (value <= bound if less else value >= bound) else "NO")


def show(cells):
    print("  ".join(c.ljust(w) for c, w in zip(cells, WIDTHS)) + "  " + cells[-1], flush=True)


def marked(rows):
    """Markdown; pipes would end a cell."""
    return "".join("| %s |\n" % " | ".join(c.replace("|", "/") for c in cells)
                   for cells in (HEAD, ("---",) * len(HEAD), *rows))


def minutes(since):
    return "%.1f min" % ((time.monotonic() - since) / 60)


def processors():
    """Time that was wanted of them, and what of it the host kept (proc(5), steal); in ticks."""
    with open("/proc/stat", encoding="ascii") as stat:
        user, nice, system, _, _, irq, softirq, stolen = map(int, stat.readline().split()[1:9])
    return user + nice + system + irq + softirq + stolen, stolen


def kept(before, after):
    wanted, stolen = (b - a for a, b in zip(before, after))
    return 100 * stolen / wanted if wanted else 0


def main():
    notes, rows, missed, begun = [], [], 0, time.monotonic()
    first = last = processors()
    worst = (0, "")
    show(HEAD)
    for line in sys.stdin:
        fields = line.rstrip("\n").split("\t")
        if fields[0] == "part":
            print("--- %s, after %s" % (fields[1], minutes(begun)), flush=True)
            continue
        if fields[0] != "row":
            notes.append(line.rstrip("\n"))
            continue
        cells = row(fields[1:])
        rows.append(cells)
        missed += cells[-1] == "NO"
        show(cells)
        before, last = last, processors()
        if last[0] - before[0] >= TICKS:  # else a few of them say nothing
            worst = max(worst, (kept(before, last), cells[0]))
    if notes:
        print("\n" + "\n".join(notes))
    print("\n%s; %d rows in %s" % ("%d of the bars missed" % missed if missed else
                                   "every bar is met", len(rows), minutes(begun)))
    if last[1] > first[1]:
        print("the host kept %.1f %% of the processors' time; at worst %.1f %%, until \"%s\"" %
              (kept(first, last), *worst))
    if len(sys.argv) > 1:
        with open(sys.argv[1], "w", encoding="utf-8") as out:
            out.write(marked(rows))
    return missed > 0 or not rows


sys.exit(main())
