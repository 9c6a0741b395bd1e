#!/bin/sh
# Connections of garbage at `mta` and `peer`, whose memory and descriptors must stay flat, and who
# must do their work afterwards:  tests/soak.sh BUILD N LANES SEED
set -u
. tests/lib/say.sh
build=$1 n=$2 lanes=$3 seed=$4
x=$build/x400rig
tmp=$(mktemp -d)
pid=
trap '[ -n "$pid" ] && kill "$pid" 2>/dev/null; rm -rf "$tmp"' EXIT
failed=0

# What honest initiators say, out of the hand-written conversations.
python3 - "$tmp" captures/*.pcap <<'PY'
import os, struct, sys
for path in sys.argv[2:]:
    data, at, first, said = open(path, "rb").read(), 24, None, b""
    if data[:4] not in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1"):
        continue
    link = struct.unpack("<I", data[20:24])[0]
    while at + 16 <= len(data):
        n = struct.unpack("<I", data[at + 8:at + 12])[0]
        ip = data[at + 16 + (14 if link == 1 else 0):at + 16 + n]
        at += 16 + n
        if not ip or ip[0] >> 4 != 4 or ip[9] != 6:
            continue
        ip = ip[:struct.unpack(">H", ip[2:4])[0]]
        tcp = ip[(ip[0] & 15) * 4:]
        first = first or (ip[12:16], tcp[:2])
        if (ip[12:16], tcp[:2]) == first:
            said += tcp[(tcp[12] >> 4) * 4:]
    if said[:1] == b"\x03":
        name = os.path.basename(path) + ".said"
        open(os.path.join(sys.argv[1], name), "wb").write(said[:16384])
PY

soak() {	# name, arguments of the server ...
	name=$1
	shift
	: >"$tmp/$name.out"
	"$x" "$@" >"$tmp/$name.out" 2>"$tmp/$name.err" &
	pid=$!
	port=$(port_in "$tmp/$name.out")
	begin=$(date +%s)
	if said=$("$build/tests/soak/soak" "$pid" "$port" "$n" "$lanes" "$seed" "$tmp"/*.said); then
		ok=ok
	else
		ok='not ok' failed=1
	fi
	echo "$ok soak $name: $said, $(($(date +%s) - begin)) s"
	if "$x" ping "127.0.0.1:$port" --name UP --password up >"$tmp/ping.txt" 2>&1; then
		echo "ok soak $name: takes a bind afterwards"
	else
		echo "not ok soak $name: takes no bind afterwards: $(tail -n 1 "$tmp/ping.txt")"
		failed=1
	fi
	kill "$pid"
	wait "$pid" || { echo "not ok soak $name: ended with status $?"; failed=1; }
	pid=
}

soak peer peer --quiet --listen 127.0.0.1:0
soak mta mta --listen 127.0.0.1:0 --queue "$tmp/queue.db" --peer UP,up
exit $failed
