#!/bin/sh
# All captures, and real ones where they are at hand, read by us and by tshark: the fields agree.
#     sh tests/e2e/fields.sh BUILD
set -u
build=${1:?build folder}
if ! command -v tshark >/dev/null 2>&1; then
	echo "skip fields: no tshark"
	exit 0
fi
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
real=$(ls ../shared/captures/*.pcap 2>/dev/null)
[ -n "$real" ] || echo "skip fields-real: no real captures are here"
# shellcheck disable=SC2086
python3 tests/lib/fields.py "$build/x400rig" "$tmp" captures/*.pcap captures/*.pcapng \
	captures/*.pcapng.gz $real
