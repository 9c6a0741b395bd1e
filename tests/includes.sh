#!/bin/sh
# Who may include whom, and what stack/ may not use.  Run from the root of the
# repository; prints file:line: violation and ends with status 1 if there is one.
set -u

# folder: folders (or single headers) that it may include, besides its own.
# stack/ is what all lines of the first part name; nothing there may be of rig/.
table='
stack/base:
stack/ber:          base
stack/tpkt:         base
stack/cotp:         base tpkt
stack/session:      base
stack/presentation: base ber
stack/acse:         base ber
stack/rtse:         base ber
# The parameters of RT-OPEN and RT-TRANSFER come in the service of RTSE.
stack/p1:           base ber rtse/rtse.h
# O/R names are those of P1.
stack/ipm:          base ber p1
stack/association:  base ber tpkt cotp session presentation acse rtse p1 ipm
stack/observer:     base ber tpkt cotp session presentation acse rtse p1 ipm

rig/fd:
rig/net:            base
# Libraries that are loaded when they are needed.
rig/late:
rig/capture:        late base fd
rig/crypto:         base
rig/confine:
rig/array:
rig/heap:           base
# Credentials of a bind: what P1 says is signed, crypto signs.
rig/proof:          base ber p1 crypto
rig/link:           base net crypto
rig/tap:            base observer
rig/end:            heap base association observer net link capture crypto tap
# Octets are found in logs.
rig/logs:           late base ber tpkt cotp session presentation acse rtse p1 ipm
# All text files of the rig share one lexer.
rig/lexer:
# From events and log lines, never from live structs.
rig/judge:          array base logs lexer link session
# Any PDU of any layer by names of its fields, written and read.
rig/pdu:            array lexer base ber tpkt cotp session presentation acse rtse p1 ipm observer
# run --virtual starts the lab MTA inside.
rig/scenario:       base ber tpkt cotp session presentation acse rtse p1 ipm
rig/scenario:       association observer end net link tap capture crypto logs judge mta
rig/scenario:       array fd heap lexer pdu proof confine
rig/replay:         array heap base ber tpkt cotp session presentation acse rtse p1 ipm
rig/replay:         association observer scenario capture end lexer pdu
rig/fuzz:           base cotp session rtse association observer scenario judge end lexer pdu replay
# Lanes stand on connections themselves; the lab MTA can live on the same loop; maps are pages.
rig/fuzz:           net link cotp mta p1 logs report capture confine
rig/mta:            base association end net link crypto lexer proof
# A run folder is read back: its scenarios, events and captures.
rig/report:         late array heap base session p1 observer capture link judge lexer scenario pdu
rig/cli:            array fd heap base ber tpkt cotp session presentation acse rtse p1 ipm association observer
rig/cli:            net link tap end capture crypto proof lexer pdu logs judge scenario replay fuzz mta report confine
'

# The only headers of the C library in stack/: no sockets, files, clock, heap,
# threads, stdio.
headers='assert.h limits.h stdbool.h stddef.h stdint.h string.h'

# And what <string.h> or a compiler would let pass without another one.
calls='malloc|calloc|realloc|free|alloca|strdup|strndup|strerror|abort|exit'
calls="$calls|printf|fprintf|sprintf|snprintf|puts|putchar"

found=0
for file in stack/*/*.[ch] rig/*/*.[ch]; do
	[ -e "$file" ] || continue
	awk -v table="$table" -v headers="$headers" -v calls="$calls" -v file="$file" '
	function say(what) {
		print file ":" FNR ": " what
		bad = 1
	}

	# The line without comments and strings.
	function code(line,   out, i) {
		gsub(/"([^"\\]|\\.)*"/, "\"\"", line)
		out = ""
		while (line != "") {
			if (comment) {
				i = index(line, "*/")
				if (!i)
					return out
				line = substr(line, i + 2)
				comment = 0
				continue
			}
			i = index(line, "/*")
			if (!i)
				return out line
			out = out substr(line, 1, i - 1)
			line = substr(line, i + 2)
			comment = 1
		}
		return out
	}

	function quoted(   name, from) {
		name = $0
		sub(/^[^"]*"/, "", name)
		sub(/".*/, "", name)
		from = name
		sub(/\/.*/, "", from)
		if (name ~ /\.\./)
			say("path \"" name "\" leads out of the folder")
		else if (from != name && from != own && !(from in may) && !(name in may))
			say(folder " may not include \"" name "\"")
	}

	BEGIN {
		split(file, part, "/")
		folder = part[1] "/" part[2]
		own = part[2]
		n = split(table, lines, "\n")
		for (i = 1; i <= n; i++) {
			m = split(lines[i], word, /[: \t]+/)
			if (word[1] != folder)
				continue
			known = 1
			for (j = 2; j <= m; j++)
				may[word[j]] = 1
		}
		n = split(headers, word, " ")
		for (i = 1; i <= n; i++)
			allowed["<" word[i] ">"] = 1
	}

	FNR == 1 && !known { say(folder " is not in the table") }
	!comment && /^[ \t]*#[ \t]*include[ \t]*"/ { quoted() }
	{ line = code($0) }
	part[1] == "stack" && line ~ /^[ \t]*#[ \t]*include[ \t]*</ {
		name = line
		sub(/^[^<]*/, "", name)
		sub(/>.*/, ">", name)
		if (!(name in allowed))
			say("stack/ may not include " name)
	}
	part[1] == "stack" && line ~ "(^|[^A-Za-z0-9_.>])(" calls ")[ \t]*\\(" {
		say("stack/ may not call: " line)
	}
	END { exit bad }
	' "$file" || found=1
done

# What opens a descriptor in rig/ has it closed on exec.
for file in rig/*/*.c; do
	awk -v RS=';' -v file="$file" '
	/[^a-z_]f?open\([^)]*"[a-z+]*"\)/ && !/"[a-z+]*e"\)/ && /fopen/ ||
	/[^a-z_]open\(/ && /O_(RD|WR)/ && !/O_CLOEXEC/ && !/"\/dev\/null"/ ||
	/[^a-z_](pipe|dup|epoll_create|tmpfile)\(/ && file != "rig/scenario/folder.c" ||
	/[^a-z_](socket|accept4|epoll_create1|timerfd_create)\([^)0-9]/ && !/CLOEXEC/ {
		gsub(/[ \t\n]+/, " ")
		print file ": not closed on exec:" $0
		bad = 1
	}
	END { exit bad }' "$file" || found=1
done
exit $found
