#!/bin/sh
# Recovery between two lab MTAs, as sender and as receiver (X.218 9.3.1.3).
exec timeout 60 python3 tests/lib/recovery.py "$1/x400rig"
