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
		echo "not ok $1: \"$2\" is not in \"$(head -c 300 "$3")\""
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

# Ports of this machine that nobody listens at, held all at once while they are looked for.
ports() {	# how many
	python3 -c '
import socket, sys
s = [socket.socket() for _ in range(int(sys.argv[1]))]
for x in s: x.bind(("127.0.0.1", 0))
print(*[x.getsockname()[1] for x in s])' "$1"
}
