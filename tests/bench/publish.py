"""What `make bench` has measured, into the documents:  publish.py BUILD DOCS

BUILD/bench.md and BUILD/scaling.md take the place of what stands in DOCS/performance.md between
"<!-- bench -->" (or "<!-- scaling -->") and "<!-- end -->"; BUILD/scaling.svg that of
DOCS/scaling.svg."""
import re
import shutil
import sys


def main(build, docs):
    path = docs + "/performance.md"
    page = open(path, encoding="utf-8").read()
    for name in "bench", "scaling":
        table = open("%s/%s.md" % (build, name), encoding="utf-8").read()
        page, n = re.subn("(<!-- %s -->\\n).*?(<!-- end -->)" % name,
                          lambda m: m[1] + table + m[2], page, flags=re.S)
        if n != 1:
            sys.exit("%s: no place for %s" % (path, name))
    shutil.copy(build + "/scaling.svg", docs)
    with open(path, "w", encoding="utf-8") as out:
        out.write(page)


try:
    main(*sys.argv[1:])
except FileNotFoundError as e:
    sys.exit("%s is not there: run `make bench` first" % e.filename)
