#!/bin/sh
# Each long verb against each trouble of its surroundings (tests/lib/chaos.py).
#     sh tests/e2e/chaos_verbs.sh BUILD
tmp=$(mktemp -d)
trap 'sh tests/lib/cases.sh "$tmp"; rm -rf "$tmp"' EXIT
nm -D "$1/x400rig" | grep -q __asan ||
	${CC:-cc} -shared -fPIC -O1 -D_GNU_SOURCE -o "$tmp/jump.so" tests/chaos/jump.c
python3 tests/lib/chaos.py "$1/x400rig" "$tmp"
