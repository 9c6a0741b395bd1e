#!/bin/sh
# Copies what `make` has built to where it is used, or takes it away from there:
#     packaging/install.sh [--remove] BUILD ROOT      (ROOT: DESTDIR and PREFIX, like /tmp/x/usr/local)
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

if [ "$1" = --remove ]; then
	root=$3
	sh "$0" "$2" "$tmp"
	(cd "$tmp" && find . -type f) | while read -r file; do rm -f "$root/$file"; done
	# Folders that are ours alone
	(cd "$tmp" && find . -depth -type d -path '*/x400rig*') | while read -r folder; do
		rmdir "$root/$folder" 2>/dev/null || true
	done
	exit 0
fi
build=$1 root=$2
x=$build/x400rig
"$x" --version >/dev/null

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
for file in checkpoints.pcapng transfer-1988.pcap; do	# those of the guides
	put 644 "rig/captures/$file" share/x400rig/captures
done

# Documents lead to scenarios where they are now; manual pages are found by man(1).
doc=share/doc/x400rig
put 644 README.md $doc
for file in docs/*.md docs/*.png docs/*.svg; do
	put 644 "$file" $doc/docs
done
sed -i -e 's|](\.\./rig/|](../../../x400rig/|g' -e 's|\[\([^]]*\)\](man/[^)]*)|\1|g' "$root/$doc"/docs/*.md

for page in docs/man/*.5; do
	put 644 "$page" share/man/man5
done
# Its other name
echo '.so man5/x400rig-run.5' >"$root/share/man/man5/run-schema.5"
date=$(date -u -d "@${SOURCE_DATE_EPOCH:-$(date +%s)}" '+%B %-d, %Y')
"$x" --help=man | sed "s/\\\$Mdocdate\\\$/$date/" >"$tmp/x400rig.1"
for verb in $("$x" --help=words); do
	"$x" "$verb" --help=man | sed "s/\\\$Mdocdate\\\$/$date/" >"$tmp/x400rig-$verb.1"
done
for page in "$tmp"/*.1; do
	put 644 "$page" share/man/man1
done
install -d "$root/share/bash-completion/completions"
install -m 644 packaging/x400rig.bash "$root/share/bash-completion/completions/x400rig"
# Where zsh looks: what is Debian's own, and what is not
case $root in
*/usr) put 644 packaging/_x400rig share/zsh/vendor-completions ;;
*) put 644 packaging/_x400rig share/zsh/site-functions ;;
esac
