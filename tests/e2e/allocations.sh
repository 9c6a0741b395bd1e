#!/bin/sh
# Allocations that fail, a sample: `make allocations` lets each fail in turn.
#     sh tests/e2e/allocations.sh BUILD
set -u
if [ ! -x "$1/x400rig-alloc" ]; then
	echo "skip allocations: built without $1/x400rig-alloc"
	exit
fi
sh tests/alloc.sh "$1" 23 run
sh tests/alloc.sh "$1" 1 decode
sh tests/alloc.sh "$1" 7 check
