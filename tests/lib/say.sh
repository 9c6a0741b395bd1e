# What end-to-end tests say and wait for, sourced by them: `. tests/lib/say.sh`.

ok() { echo "ok $1"; }
bad() { echo "not ok $1: $2"; }

check() {	# name, expected, actual
	if [ "$2" = "$3" ]; then
		echo "ok $1"
	else
		echo "not ok $1: expected \"$2\", got \"$3\""
	fi
}

has() {		# name, what, file
	if grep -q -e "$2" "$3"; then
		echo "ok $1"
	else
		echo "not ok $1: \"$2\" is not in \"$(head -c 300 "$3")\", which ends \"$(tail -c 300 "$3")\""
	fi
}

# Until the expression, or anything, stands in the file: ten seconds at most, machines are busy.
# What is begun in the background empties its file only then: who uses one again empties it before.
waited() {	# file [expression]
	for _ in $(seq 200); do
		grep -q -e "${2-.}" "$1" 2>/dev/null && return
		sleep 0.05
	done
	return 1
}

# Where a server listens that says in this file that it is ready
address_in() { waited "$1" '^ready ' && sed -n 's/^ready //p' "$1" | head -n 1; }
port_in() { address_in "$1" | sed 's/.*://'; }

# Ports that nobody has, held all at once while they are looked for.  They are none of those that
# the kernel gives to connections: one of these might take it from a server between its lives.
ports() {	# how many
	python3 -c '
import random, socket, sys
given = int(open("/proc/sys/net/ipv4/ip_local_port_range").read().split()[0])
found = []
while len(found) < int(sys.argv[1]):
    s = socket.socket()
    try:
        s.bind(("127.0.0.1", random.randrange(max(given - 16384, 1025), given)))
        found.append(s)
    except OSError:
        s.close()
print(*[s.getsockname()[1] for s in found])' "$1"
}
