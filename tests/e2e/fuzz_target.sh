#!/bin/sh
# The fuzzer against an MTA that is not its own: no more connections than it takes, figures from
# its hook, and an end by itself.
set -u
. tests/lib/say.sh
build=$1 x=$1/x400rig
tmp=$(mktemp -d)
mta=
trap '[ -n "$mta" ] && kill $mta 2>/dev/null; sh tests/lib/cases.sh "$tmp"; rm -rf "$tmp"' EXIT
ok() { echo "ok fuzz target: $1"; }
no() { echo "not ok fuzz target: $1: $2"; }

# shellcheck disable=SC2046
set -- $(ports 3)
port=$1 down=$2 front=$3
printf 'open-interval 200ms\ntransfer-interval 200ms\nrecovery-timeout 500ms\nlifetime 500ms\ndisconnect 1s\n' >"$tmp/mta.conf"
"$x" mta --config "$tmp/mta.conf" --listen 127.0.0.1:$port \
	--peer "RIGUP,up-secret,127.0.0.1:1,C=XX;A=TEST;P=UP;" \
	--peer "RIGDOWN,down-secret,127.0.0.1:$down,C=XX;A=TEST;P=DOWN;" >"$tmp/ready" 2>"$tmp/err" &
mta=$!
waited "$tmp/ready"
# Figures that grow if they are told to.
cat >"$tmp/look" <<S
#!/bin/sh
echo >>"$tmp/looks"
if [ -e "$tmp/leaks" ]; then echo "descriptors \$((10 * \$(grep -c '' "$tmp/looks")))"; else echo "descriptors 7"; fi
echo "memory-kib 1000"
S
chmod +x "$tmp/look"
sed -e "s/pixit address lab/pixit address 127.0.0.1:$front/" -e "/side down/s/:0 /:$down /" \
	-e '/side \(slow\|old\|x410\)/d' -e '/ at \(slow\|old\|x410\)/d' \
	-e 's/associations 10/associations 6/' \
	-e "s|logs events file.*|hooks resources command [\"$tmp/look\"]|" \
	rig/targets/lab.target >"$tmp/t.target"
# Between the two: how many connections there are at once.
python3 - "$tmp" $port $front <<'P' &
import asyncio, sys
tmp, port, front = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
now = most = 0

async def copy(r, w):
    try:
        while data := await r.read(65536):
            w.write(data)
            await w.drain()
        w.write_eof()
    except OSError:
        w.transport.abort()

async def serve(r, w):
    global now, most
    now += 1
    most = max(most, now)
    open(tmp + "/most", "w").write(str(most))
    try:
        r2, w2 = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(copy(r, w2), copy(r2, w))
        w2.close()
    finally:
        now -= 1
        w.close()

async def main():
    async with await asyncio.start_server(serve, "127.0.0.1", front) as server:
        open(tmp + "/front", "w").write("ready")
        await server.serve_forever()

asyncio.run(main())
P
watch=$!
waited "$tmp/front"
timeout 60 "$x" fuzz teardown --target "$tmp/t.target" --cases 200 --lanes 64 --failures 0 --out "$tmp/f" >"$tmp/f.txt" 2>"$tmp/err"
status=$?
kill $watch
wait $watch 2>/dev/null
[ $status = 0 ] && grep -q ' 200 cases' "$tmp/f.txt" && ok "200 cases" ||
	no "200 cases" "status $status: $(head -n 2 "$tmp/f.txt" | tr '\n' ' ') $(tail -n 1 "$tmp/err")"
most=$(cat "$tmp/most")
[ "$most" -ge 1 ] && [ "$most" -le 6 ] && ok "at most 6 connections at once: $most" || no connections "$most"
[ "$(grep -c '' "$tmp/looks")" -ge 2 ] && ok "its hook was asked" || no hook "not asked"

# An event log of Windows is looked at when all rests, and what it held before is not of now;
# Calls.out is followed.
tools=$build/tests/tools
sed "s|hooks resources.*|logs events file \"$tmp/app.evtx\" ; calls file \"$tmp/Calls.out\"|" \
	"$tmp/t.target" >"$tmp/logs.target"
sed -i "s/127.0.0.1:$front/127.0.0.1:$port/" "$tmp/logs.target"
old='7:9405:Out of Semaphores|BASE|TIMER|10'
"$tools/make_event_log" "$tmp/app.evtx" clean "$old"
"$tools/make_event_log" "$tmp/later.evtx" clean "$old" '8:4287:8640|POP4|POP4 DOWN|4|18'
: >"$tmp/Calls.out"
(
	for _ in $(seq 200); do [ -e "$tmp/l" ] && break; sleep 0.05; done
	sleep 0.5
	cp "$tmp/later.evtx" "$tmp/app.evtx"
	echo 'Call-stack for TID 006 (NT:0316) : POP4 DOWN      Busy 0%, stalled on send to q/loc 004, normally services q 016' >>"$tmp/Calls.out"
) &
timeout 60 "$x" fuzz teardown --target "$tmp/logs.target" --cases 50 --rate 25 --lanes 2 --failures 1 --out "$tmp/l" >"$tmp/l.txt" 2>"$tmp/err"
[ "$(grep '^FAIL' "$tmp/l.txt" | cut -c1-17)" = 'FAIL log: Q236586' ] && ok "its event log and Calls.out together" ||
	no "its event log" "$(head -n 2 "$tmp/l.txt" | tr '\n' ' ')"
touch "$tmp/leaks"
sed -i "s/127.0.0.1:$front/127.0.0.1:$port/" "$tmp/t.target"
timeout 60 "$x" fuzz teardown --target "$tmp/t.target" --cases 50 --lanes 2 --failures 1 --out "$tmp/g" >"$tmp/g.txt" 2>"$tmp/err"
[ "$(grep '^FAIL' "$tmp/g.txt" | cut -c1-27)" = 'FAIL resources: descriptors' ] && ok "what the hook tells is held against the beginning" ||
	no "what the hook tells" "$(head -n 2 "$tmp/g.txt" | tr '\n' ' ')"
