#!/bin/sh
# Some scenarios against peers that are no MTAs; `make dummies` takes them all.
exec sh tests/dummies.sh "$1" 4 tpkt/version transport/unknown-selector session/release
