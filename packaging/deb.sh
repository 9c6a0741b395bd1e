#!/bin/sh
# Makes a Debian package of what `make` has built, and checks it:
#     LATE_LIBS='-lNAME ...' packaging/deb.sh BUILD
set -eu
build=$1
version=$(sed -n 's/.*X400RIG_VERSION "\(.*\)"/\1/p' rig/cli/version.h)
arch=$(dpkg --print-architecture)
tree=$build/deb/tree
rm -rf "$build/deb"
mkdir -p "$tree/DEBIAN"
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH
umask 022

# Who makes the package: as dpkg's own tools ask, else the author of the last commit.
maintainer="${DEBFULLNAME:-$(git log -1 --format=%an)} <${DEBEMAIL:-$(git log -1 --format=%ae)}>"

sh packaging/install.sh "$build" "$tree/usr"
strip --strip-unneeded "$tree/usr/bin/x400rig"
gzip -9n "$tree"/usr/share/man/man*/*

doc=$tree/usr/share/doc/x400rig
cp packaging/copyright "$doc/copyright"
cat >"$build/deb/changelog" <<LOG
x400rig ($version) unstable; urgency=medium

  * Built from the sources of this version.

 -- $maintainer  $(date -u -R -d "@$SOURCE_DATE_EPOCH")
LOG
gzip -9nc "$build/deb/changelog" >"$doc/changelog.gz"

# What the program is linked with says what it depends on; what it loads when it needs it
# (rig/late), something that is linked with that.
mkdir -p "$build/deb/debian"
# shellcheck disable=SC2086
cc -shared -o "$build/deb/late.so" -Wl,--no-as-needed $LATE_LIBS
printf 'Source: x400rig\n\nPackage: x400rig\nArchitecture: any\n' >"$build/deb/debian/control"
depends=$(cd "$build/deb" && dpkg-shlibdeps -O tree/usr/bin/x400rig late.so 2>/dev/null |
	sed 's/^shlibs:Depends=//')

cat >"$tree/DEBIAN/control" <<CONTROL
Package: x400rig
Version: $version
Architecture: $arch
Maintainer: $maintainer
Installed-Size: $(du -sk "$tree/usr" | cut -f1)
Depends: $depends
Section: net
Priority: optional
Suggests: iproute2
Description: test rig for X.400 message transfer agents
 Stands on both sides of an X.400 MTA at once (P1 over RFC 1006), slows, stalls
 and cuts the links in between, replays and checks captured traffic, reads the
 MTA's logs, and says with evidence whether a message was lost, doubled or
 stuck, and which known fault that is. Comes with a small MTA of its own to
 practise on.
CONTROL
(cd "$tree" && find usr -type f -exec md5sum {} + | sort -k2) >"$tree/DEBIAN/md5sums"
deb=$build/deb/x400rig_${version}_$arch.deb
dpkg-deb --root-owner-group --build "$tree" "$deb" >/dev/null
echo "$deb"
lintian --fail-on error,warning --suppress-tags initial-upload-closes-no-bugs "$deb"

# Unpacked in another place it finds what belongs to it.
rm -rf "$build/deb/elsewhere"
dpkg -x "$deb" "$build/deb/elsewhere"
here=$(realpath "$build/deb/elsewhere/usr")
[ "$(cd / && env -u X400RIG_DATA "$here/bin/x400rig" --data)" = "$here/share/x400rig" ] &&
	(cd / && env -u X400RIG_DATA "$here/bin/x400rig" lint)
