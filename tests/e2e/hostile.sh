#!/bin/sh
# Hostile octets on the ports of the lab MTA and of the peer: a protocol error or
# a close, a finding with layer, clause and octet, and the process lives.
exec python3 tests/lib/hostile.py "$1/x400rig"
