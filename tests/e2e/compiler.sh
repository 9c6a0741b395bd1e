#!/bin/sh
# Which compiler make takes: gcc where nothing is said, else that of the environment or, before it,
# of the command line.
set -u
unset CC MAKEFLAGS MFLAGS MAKELEVEL
taken() {	# what is to be taken, name, command ...
	want=$1 name=$2
	shift 2
	got=$("$@" -s --no-print-directory flags | awk 'NR <= 2 { print $1 }' | sort -u)
	[ "$got" = "$want" ] && echo "ok compiler $name" || echo "not ok compiler $name: $got"
}
taken gcc default make
taken clang "of the command line" make CC=clang
taken clang "of the environment" env CC=clang make
taken gcc-12 "of the command line before the environment" env CC=clang make CC=gcc-12
