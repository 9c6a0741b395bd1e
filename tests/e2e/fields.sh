#!/bin/sh
# The same captures read by us and by tshark: the fields agree.
#     sh tests/e2e/fields.sh BUILD
set -u
build=${1:?build folder}
if ! command -v tshark >/dev/null 2>&1; then
	echo "skip fields: no tshark"
	exit 0
fi
python3 tests/lib/fields.py "$build/x400rig" captures/checkpoints.pcapng \
	captures/lab-basic-bind.pcapng.gz captures/lab-basic-report.pcapng.gz \
	captures/lab-report-requests.pcapng.gz captures/lab-trace-long.pcapng.gz \
	captures/lab-probe-relayed.pcapng.gz
# What was odd about real conversations: on ports that tshark has to be told, and further than it goes
python3 tests/lib/fields.py "$build/x400rig" --part captures/ping-success.pcap \
	captures/ping-refused.pcap captures/bind-refused.pcap captures/transfer-1988.pcap \
	captures/transfer-1984.pcap captures/lab-modes-1984-reports.pcapng.gz \
	captures/lab-rtse-discard.pcapng.gz
