#!/bin/sh
# Installs what building, testing and running x400rig needs and this machine
# lacks (Debian).  `deps.sh --check` only says whether something is missing.
# Without root it prints the one command to run and ends with status 4.
# zsh is there for its completion to be tried: no other shell can load it; jq for examples.
set -u

packages='gcc clang libclang-rt-14-dev llvm make cppcheck tshark python3
	libpcap-dev libsqlite3-dev libpcre2-dev libxxhash-dev libssl-dev libxml2-dev
	libjansson-dev zlib1g-dev libevt-dev libevtx-dev libseccomp-dev libcmocka-dev gcovr mandoc parallel iproute2 libxml2-utils procps
	zsh jq'

missing=
for p in $packages; do
	# clang's run-time package carries clang's version in its name.
	[ "$p" = libclang-rt-14-dev ] && command -v clang >/dev/null 2>&1 &&
		p="libclang-rt-$(clang -dumpversion | cut -d. -f1)-dev"
	dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q '^install ok' ||
		missing="$missing $p"
done
[ -n "$missing" ] || exit 0
[ "${1-}" = --check ] && { echo "missing:$missing"; exit 1; }

if [ "$(id -u)" != 0 ]; then
	echo "x400rig needs packages that are not installed. Run:" >&2
	echo "    sudo apt-get install -y --no-install-recommends$missing" >&2
	exit 4
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -q >/dev/null || echo "apt-get update failed; trying with the lists at hand" >&2
# shellcheck disable=SC2086
apt-get install -y -q --no-install-recommends $missing >/dev/null || {
	echo "apt-get could not install:$missing" >&2
	exit 4
}
