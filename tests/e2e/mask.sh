#!/bin/sh
# --mask: no name of others is left in what decode, check and report write.
tmp=$(mktemp -d)
trap 'sh tests/lib/cases.sh "$tmp"; rm -rf "$tmp"' EXIT
python3 tests/lib/mask.py "$1/x400rig" "$tmp" captures/transfer-1988.pcap captures/checkpoints.pcapng \
	captures/lab-basic-report.pcapng.gz captures/defect-Q152897.pcapng.gz
