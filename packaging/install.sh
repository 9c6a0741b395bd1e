#!/bin/sh
# Copies what `make` has built to where it is used:
#     packaging/install.sh BUILD ROOT      (ROOT: DESTDIR and PREFIX, like /tmp/x/usr/local)
set -eu
build=$1 root=$2
x=$build/x400rig

put() {		# mode, file, folder
	install -d "$root/$3"
	install -m "$1" "$2" "$root/$3/"
}

put 755 "$x" bin
for folder in catalogue signatures targets; do
	(cd rig && find "$folder" -type f) | while read -r file; do
		put 644 "rig/$file" "share/x400rig/$(dirname "$file")"
	done
done
for file in README.md docs/*.md docs/*.png docs/*.svg; do
	put 644 "$file" share/doc/x400rig
done
for page in docs/man/*.5; do
	put 644 "$page" share/man/man5
done
# Its other name
echo '.so man5/x400rig-run.5' >"$root/share/man/man5/run-schema.5"
man=$(mktemp -d)
trap 'rm -rf "$man"' EXIT
date=$(date -u -d "@${SOURCE_DATE_EPOCH:-$(date +%s)}" '+%B %-d, %Y')
"$x" --help=man | sed "s/\\\$Mdocdate\\\$/$date/" >"$man/x400rig.1"
for verb in $("$x" --help=words); do
	"$x" "$verb" --help=man | sed "s/\\\$Mdocdate\\\$/$date/" >"$man/x400rig-$verb.1"
done
for page in "$man"/*.1; do
	put 644 "$page" share/man/man1
done
install -d "$root/share/bash-completion/completions" "$root/share/zsh/vendor-completions"
install -m 644 packaging/x400rig.bash "$root/share/bash-completion/completions/x400rig"
put 644 packaging/_x400rig share/zsh/vendor-completions
