# What an interactive zsh makes of a line when TAB is pressed:
#     zsh -f tests/lib/complete.zsh BUILD TMP LINE ...
# A line for each: "<what stands on the command line then>".
zmodload zsh/zpty
build=${1:a} out=$2/zsh.line
shift 2
zpty shell "TERM=dumb PATH=${(q)build}:$PATH zsh -f -i"
zpty -w shell "fpath=(${(q)PWD}/packaging \$fpath); autoload -U compinit; compinit -D -u
setopt no_auto_list; show() { print -r -- \"<\$BUFFER>\" >|${(q)out}; BUFFER= }
zle -N show; bindkey '^X' show; bindkey '^I' complete-word"
for line; do
	rm -f $out
	zpty -n -w shell "$line"$'\t\x18'
	for (( i = 0; i < 200; i++ )); do
		[[ -s $out ]] && break
		sleep 0.05
	done
	cat $out 2>/dev/null || print "<nothing>"
done
zpty -d shell
