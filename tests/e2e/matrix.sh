#!/bin/sh
# Some defects of the lab MTA against what is known to catch them and ten scenarios that
# have nothing to do with them; the whole is `make matrix`.
SAMPLE=8 sh tests/matrix.sh "$1" sample 1
