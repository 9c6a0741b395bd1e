#!/bin/sh
# The lab MTA's loop and its writer under ThreadSanitizer:  tests/threads.sh BUILD
#
# Its unit tests, then a relay over 64 associations (commits by the writer) and over one (commits
# by the loop).  A race ends a program with status 66.
set -u
build=$1
failed=0
export TSAN_OPTIONS="exitcode=66 log_path=$build/threads"
rm -f "$build"/threads.*
say() { # status, what
	[ "$1" = 0 ] && { echo "ok threads $2"; return; }
	echo "not ok threads $2: status $1, see $build/threads*"
	failed=1
}
for t in test_mta test_mta_queue test_mta_relay; do
	"$build/tests/unit/$t" >"$build/threads-$t.txt" 2>&1
	say $? "$t"
done
python3 - "$build" <<'PY'
import sys
import tempfile
sys.path.insert(0, "tests/bench")
import bench_mta
with tempfile.TemporaryDirectory() as folder:
    chain = bench_mta.Chain(folder, 64, 1)
    chain.relay(64, 10000, 1024)
    chain.relay(1, 500, 1024)
    chain.load.kill()
    chain.mta.terminate()
    sys.exit(chain.mta.wait())
PY
say $? "relay"
exit $failed
