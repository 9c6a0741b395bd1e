# For benches in shell:  . tests/bench/row.sh
# row WHAT UNIT BAR OURS [BESIDE THEIRS]: a line for tests/bench/table.py; OURS and THEIRS
# are files of samples, one a line.
row() {
	printf 'row\t%s\t%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$(samples "$4")" "${5-}" "$(samples "${6-}")"
}
samples() { [ -z "$1" ] || tr '\n' ' ' <"$1"; }
# Processor time, user and system, of a command whose output is thrown away
used() {
	bash -c 'TIMEFORMAT="%U %S"; time "$@" >/dev/null 2>&1' _ "$@" 2>&1 | awk '{print $1 + $2}'
}
# The clock's time of it
passed() {
	bash -c 'TIMEFORMAT="%R"; time "$@" >/dev/null 2>&1' _ "$@" 2>&1
}
