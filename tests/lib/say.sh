# What end-to-end tests say, sourced by them: `. tests/lib/say.sh`.

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

# Ports of this machine that nobody listens at, held all at once while they are looked for.
ports() {	# how many
	python3 -c '
import socket, sys
s = [socket.socket() for _ in range(int(sys.argv[1]))]
for x in s: x.bind(("127.0.0.1", 0))
print(*[x.getsockname()[1] for x in s])' "$1"
}
