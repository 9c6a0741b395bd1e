#!/bin/sh
# How sources look, as far as a machine can tell: no line of C is wider than 100 columns, and each
# file of C begins with what it is for, itself or in the header of its name.  Prints file:line:
# what; status 1 if there is any.
set -u
find stack rig tests -name '*.[ch]' | LC_ALL=C sort | xargs awk '
	function say(what) {
		print FILENAME ":" FNR ": " what
		bad = 1
	}
	FNR == 1 {
		header = FILENAME
		sub(/\.c$/, ".h", header)
		said = substr($0, 1, 2) == "/*"
		if (!said && header != FILENAME && (getline line <header) > 0)
			said = substr(line, 1, 2) == "/*"
		close(header)
		if (!said)
			say("a comment that says what the file is for is missing")
	}
	length($0) + 7 * gsub(/\t/, "\t") > 100 {
		n = split($0, part, "\t")
		width = length(part[1])
		for (i = 2; i <= n; i++)
			width += 8 - width % 8 + length(part[i])
		if (width > 100)
			say(width " columns; at most 100")
	}
	END { exit bad }'
