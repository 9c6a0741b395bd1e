#!/bin/sh
# The README's two commands on a fresh machine:  tests/fresh.sh [FOLDER]
#
# Builds a minimal Debian root with debootstrap, from the mirror and with the settings of this
# machine's own apt, copies what is committed into it, and runs `make demo` and `make check`
# there, as written in the README.  Needs root, about 3 GB and half an hour; everything is
# taken away again.
set -eu
root=${1:-$(mktemp -d)/root}
log=$root.log
[ "$(id -u)" = 0 ] || { echo "tests/fresh.sh: needs root" >&2; exit 77; }
command -v debootstrap >/dev/null || apt-get install -y -q --no-install-recommends debootstrap >/dev/null

release=$(. /etc/os-release && echo "$VERSION_CODENAME")
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' "Codename: $release" 2>/dev/null | head -n 1)
[ -n "$mirror" ] || { echo "tests/fresh.sh: no mirror in this machine's apt sources" >&2; exit 77; }

clean() {
	for f in sys proc dev; do umount -l "$root/$f" 2>/dev/null || true; done
	rm -rf "$root"
}
trap clean EXIT
mkdir -p "$root"
echo "debootstrap $release ..."
debootstrap --variant=minbase --include=ca-certificates,make "$release" "$root" "$mirror" >"$log" 2>&1 ||
	{ tail -n 5 "$log" >&2; exit 1; }
cp -r /etc/apt/apt.conf.d "$root/etc/apt/"
printf 'deb %s %s main\n' "$mirror" "$release" >"$root/etc/apt/sources.list"
[ -d /usr/local/share/ca-certificates ] && cp -r /usr/local/share/ca-certificates "$root/usr/local/share/"
cp /etc/resolv.conf /etc/hosts "$root/etc/"
mount --bind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount -t sysfs sys "$root/sys"
mkdir "$root/x400rig"
git archive HEAD | tar -x -C "$root/x400rig"

for command in "make demo" "make check"; do
	echo "$command ..."
	if chroot "$root" sh -c "cd /x400rig && $command" >>"$log" 2>&1; then
		echo "ok fresh machine: $command"
	else
		echo "not ok fresh machine: $command: see $log"
		tail -n 20 "$log"
		exit 1
	fi
done
grep ' passed, ' "$log" | tail -n 1
