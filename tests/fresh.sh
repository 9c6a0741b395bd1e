#!/bin/sh
# The README's two commands on a fresh machine:  tests/fresh.sh [FOLDER]
#
# Builds a minimal Debian root with debootstrap, from the mirror and with the settings of this
# machine's own apt, copies what is committed into it, and runs `make demo` and `make check`
# there, as written in the README.  Needs root, about 3 GB and half an hour; everything is
# taken away again.
set -eu
[ "$(id -u)" = 0 ] || { echo "tests/fresh.sh: needs root" >&2; exit 77; }
# Mounts of its own, that end with it however it ends: no later rm reaches through one of them.
[ "${FRESH_ALONE:-}" ] || FRESH_ALONE=yes exec unshare --mount --propagation private sh "$0" "$@"
root=${1:-$(mktemp -d)/root}
log=$root.log
command -v debootstrap >/dev/null || apt-get install -y -q --no-install-recommends debootstrap >/dev/null

release=$(. /etc/os-release && echo "$VERSION_CODENAME")
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' "Codename: $release" 2>/dev/null | head -n 1)
[ -n "$mirror" ] || { echo "tests/fresh.sh: no mirror in this machine's apt sources" >&2; exit 77; }

clean() {
	for f in sys proc dev/pts dev/shm dev; do umount "$root/$f" 2>/dev/null || true; done
	rm -rf --one-file-system "$root"
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
mount -t tmpfs -o mode=755 dev "$root/dev"
mknod -m 666 "$root/dev/null" c 1 3
mknod -m 666 "$root/dev/zero" c 1 5
mknod -m 666 "$root/dev/full" c 1 7
mknod -m 666 "$root/dev/random" c 1 8
mknod -m 666 "$root/dev/urandom" c 1 9
mknod -m 666 "$root/dev/tty" c 5 0
ln -s /proc/self/fd "$root/dev/fd"
ln -s fd/0 "$root/dev/stdin"
ln -s fd/1 "$root/dev/stdout"
ln -s fd/2 "$root/dev/stderr"
mkdir "$root/dev/shm" "$root/dev/pts"
mount -t tmpfs -o mode=1777 shm "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=666 pts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
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
