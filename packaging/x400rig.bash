# Completion of x400rig for bash: verbs and options come from the program itself.
_x400rig()
{
	local word=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]}

	if [ "$COMP_CWORD" = 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W "$(x400rig --help=words)" -- "$word")
	elif [ "${word#-}" != "$word" ]; then
		mapfile -t COMPREPLY < <(compgen -W "$(x400rig "$verb" --help=words)" -- "$word")
		case ${COMPREPLY[0]} in *=) compopt -o nospace ;; esac
	else
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		compopt -o filenames
		case $verb in run | list | lint)
			mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(
				compgen -W "$(x400rig list 2>/dev/null | sed -n 's|^\([a-z0-9-]*/[^ ]*\) .*|\1|p')" \
					-- "$word") ;;
		esac
	fi
}
complete -F _x400rig x400rig
