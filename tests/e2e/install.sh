#!/bin/sh
# What is installed: complete, found by the program wherever it lies, for an ordinary user too;
# its documents lead to what is there; nothing is left when it is taken away.
#     sh tests/e2e/install.sh BUILD
set -u
. tests/lib/say.sh
build=$1
tmp=$(mktemp -d)
trap 'sh tests/lib/cases.sh "$tmp"; rm -rf "$tmp"' EXIT
unset X400RIG_DATA
chmod 755 "$tmp"
prefix="/my own/local"
root=$tmp$prefix
x=$root/bin/x400rig

make -s -o build install B="$build" DESTDIR="$tmp" PREFIX="$prefix" >"$tmp/out" 2>&1
check "make install: status" 0 $?
check "data files of its own" "$root/share/x400rig" "$(cd / && "$x" --data)"
(cd / && "$x" list) >"$tmp/list" 2>&1
check "as many scenarios as in the sources" "$("$build/x400rig" list | tail -n 1)" "$(tail -n 1 "$tmp/list")"
(cd / && "$x" lint) >"$tmp/lint" 2>&1
check "all of them sound: status" 0 $?
check "a manual page for every verb" "$("$x" --help=words | wc -l)" \
	"$(find "$root/share/man/man1" -name 'x400rig-*.1' | wc -l)"
for page in scenario target signature run-schema; do
	check "manual $page(5)" "" "$(cd "$root/share/man" && mandoc -T ascii "man5/$page.5" 2>&1 >"$tmp/page")"
	has "manual $page(5): has a text" 'D.*E.*S.*C.*R' "$tmp/page"
done
check "links of its documents lead to files" "" "$(
	cd "$root/share/doc/x400rig" && for page in README.md docs/*.md; do
		grep -o ']([^)#: ]*)' "$page" | sed 's/^](//; s/)$//' | while read -r link; do
			[ -e "$(dirname "$page")/$link" ] || echo "$page: $link"
		done
	done)"
check "which one it is" "x400rig $(sed -n 's/.*X400RIG_VERSION "\(.*\)"/\1/p' rig/cli/version.h)" \
	"$("$x" --version)"
check "all may read all" "" "$(find "$root" ! -perm -o=r)"

# --- by an ordinary user, from an empty folder
if [ "$(id -u)" = 0 ]; then
	install -d -o nobody "$tmp/nobody"
	ordinary() { (cd "$tmp/nobody" && setpriv --reuid nobody --regid nogroup --clear-groups "$@"); }
	ordinary "$x" run -q --out run basic/transfer >"$tmp/out" 2>&1
	check "an ordinary user runs: status" 0 $?
	if [ "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" -gt 102 ]; then
		ordinary "$x" mta --listen 127.0.0.1:102 >"$tmp/out" 2>&1
		check "an ordinary user and port 102: status" 4 $?
		has "an ordinary user and port 102: what to do" setcap "$tmp/out"
	fi
	ordinary "$x" decode --live lo >"$tmp/out" 2>&1
	check "an ordinary user and live capture: status" 4 $?
	has "an ordinary user and live capture: what to do" setcap "$tmp/out"

	# With the two capabilities of the README
	if setcap cap_net_bind_service,cap_net_raw+ep "$x" 2>"$tmp/err"; then
		ordinary timeout 0.5 "$x" peer --listen 127.0.0.1:102 >"$tmp/out" 2>&1
		has "port 102 by capability" '^ready 127\.0\.0\.1:102' "$tmp/out"
		ordinary timeout -s INT 0.5 "$x" decode --live lo >"$tmp/out" 2>&1
		check "live capture by capability: not refused" 0 "$(grep -c -i 'permi' "$tmp/out")"
		ordinary "$x" run -q --packets lo --out packets basic/bind >"$tmp/out" 2>&1
		check "packets of a run by capability: status" 0 $?
		check "packets of a run by capability: are there" 1 \
			"$(find "$tmp/nobody/packets" -name '*.wire.pcap' -size +500c | wc -l)"
	else
		echo "skip port 102 and live capture by capability: $(cat "$tmp/err")"
	fi
else
	echo "skip installed, by an ordinary user: the tests are one already"
fi

make -s -o build uninstall B="$build" DESTDIR="$tmp" PREFIX="$prefix" >"$tmp/out" 2>&1
check "make uninstall: status" 0 $?
check "nothing of it is left" "" "$(find "$root" -type f -o -name '*x400rig*')"
