#!/bin/sh
# The lab MTA's configuration file and control socket; 1,000 associations; slow callers.
exec timeout 60 python3 tests/lib/mta.py "$1/x400rig"
