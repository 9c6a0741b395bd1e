#!/bin/sh
# One conversation in every form that a capture can have: links, files, IP, TCP, damage.
#     sh tests/e2e/forms.sh BUILD
set -u
build=${1:?build folder}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
python3 tests/lib/forms.py "$build/x400rig" captures/transfer-1988.pcap "$tmp"
