#!/bin/sh
# What the runner adds to the protocol exchange; start to first verdict; lint of all.
#     tests/bench/bench_runner.sh BUILD
# On memory: what a disk takes to make a file is the disk's (TMPDIR=/tmp shows it).
# Rows for tests/bench/table.py.
set -u
. tests/bench/row.sh
. tests/lib/say.sh
x=$1/x400rig bench=$1/tests/bench/bench_runner
tmp=$(mktemp -d -p "${TMPDIR:-/dev/shm}")
trap '[ -z "${mta-}" ] || kill "$mta" 2>/dev/null; rm -rf "$tmp"' EXIT

"$x" mta --listen 127.0.0.1:0 --peer "RIGUP,up-secret,127.0.0.1:1,C=XX;A=TEST;P=UP;" \
	>"$tmp/ready" 2>/dev/null &
mta=$!
port=$(port_in "$tmp/ready")
cat >"$tmp/mta.target" <<T
target bench
  pics  mode normal
  pixit address 127.0.0.1:$port its-name "LAB" its-password "lab-secret"
  pixit side up listen 127.0.0.1:0 our-name "RIGUP" our-password "up-secret" route "C=XX;A=TEST;P=UP;"
T
cat >"$tmp/bind.scn" <<S
scenario bench/bind
  title "A bind and a release"
  up: associate
  expect up bound within 5s
  up: release
  expect up released within 5s
S
mkdir -p "$tmp/run/events"
"$bench" "$tmp/mta.target" "$tmp/bind.scn" "$tmp/run" "${N:-1000}"

i=0
while [ $i -lt 9 ]; do
	python3 - "$x" "$tmp/first$i" <<'P' >>"$tmp/first"
import subprocess, sys, time
at = time.monotonic()
p = subprocess.Popen([sys.argv[1], "run", "-q", "-o", sys.argv[2], "basic/bind"], stdout=subprocess.PIPE)
for line in p.stdout:
    if line.startswith((b"pass", b"fail", b"error")):
        print(int((time.monotonic() - at) * 1000))
        break
p.wait()
P
	python3 - "$x" <<'P' >>"$tmp/lint"
import subprocess, sys, time
at = time.monotonic()
subprocess.run([sys.argv[1], "lint"], stderr=subprocess.DEVNULL, check=True)
print(int((time.monotonic() - at) * 1000))
P
	i=$((i + 1))
done
row "start to first verdict, lab MTA" ms "<100" "$tmp/first"
row "lint of the whole catalogue" ms "<100" "$tmp/lint"
