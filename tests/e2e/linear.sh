#!/bin/sh
# No capture makes decode and check slower than in proportion to its length.
#     sh tests/e2e/linear.sh BUILD
exec python3 tests/lib/linear.py "${1:?build folder}"
