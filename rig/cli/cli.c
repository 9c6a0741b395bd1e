#include "cli/cli.h"
#include "cli/help.h"

#include "lexer/lexer.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { OPTIONS_MAX = 64 };

/* --- options ------------------------------------------------------------------- */

int cli_wrong(const char *verb, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "x400rig %s: ", verb);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\n(x400rig %s --help tells how it is used)\n", verb);
	return EXIT_USAGE;
}

int cli_no_memory(const char *verb)
{
	fprintf(stderr, "x400rig %s: out of memory\n", verb);
	return EXIT_TROUBLE;
}

bool cli_shard(const char *verb, const char *text, uint64_t *k, uint64_t *n)
{
	char rest;

	if (sscanf(text, "%9" SCNu64 "/%9" SCNu64 "%c", k, n, &rest) == 2 && *k > 0 && *k <= *n)
		return true;
	cli_wrong(verb, "--shard: \"%s\" is not K/N with K from 1 to N", text);
	return false;
}

const char *cli_nearest(const char *word, const char *const *candidates)
{
	struct nearest near;

	nearest_init(&near, word, strlen(word));
	for (; *candidates; candidates++)
		nearest_offer(&near, *candidates);
	return near.best;
}

static bool take_number(const struct cli_help *h, const struct cli_option *o, const char *value)
{
	char *end;

	errno = 0;
	*o->number = strtoull(value, &end, 0);
	if (errno == 0 && *value != '-' && end != value && *end == '\0')
		return true;
	cli_wrong(h->verb, "--%s: \"%s\" is not a number", o->name, value);
	return false;
}

static bool take_option(const struct cli_help *h, const struct cli_option *o, const char *value)
{
	if (o->flag) {
		*o->flag = true;
	} else if (o->string) {
		*o->string = value;
	} else if (o->number) {
		return take_number(h, o, value);
	} else if (o->list) {
		if (o->list->n == sizeof o->list->at / sizeof o->list->at[0]) {
			cli_wrong(h->verb, "--%s is given too often", o->name);
			return false;
		}
		o->list->at[o->list->n++] = value;
	}
	return true;
}

static int unknown_option(const struct cli_help *h, const char *arg)
{
	struct nearest near;
	const char *name = arg + strspn(arg, "-");

	if (optopt > 0 && optopt < 256) {
		cli_wrong(h->verb, "no option \"-%c\"", optopt);
		return CLI_WRONG;
	}
	nearest_init(&near, name, strcspn(name, "="));
	for (const struct cli_option *o = h->options; o && o->name; o++)
		nearest_offer(&near, o->name);
	nearest_offer(&near, "help");
	if (near.best)
		cli_wrong(h->verb, "no option \"%s\"; did you mean \"--%s\"?", arg, near.best);
	else
		cli_wrong(h->verb, "no option \"%s\"", arg);
	return CLI_WRONG;
}

/* getopt's tables from ours; long options get codes from 256 on. */
static void option_tables(const struct cli_help *h, struct option *table, char *letters)
{
	size_t n = 0;

	*letters++ = ':';
	for (const struct cli_option *o = h->options; o && o->name; o++, n++) {
		int has = o->value ? required_argument : no_argument;

		assert(n < OPTIONS_MAX);
		table[n] = (struct option){ o->name, has, NULL, (int)(256 + n) };
		if (!o->letter)
			continue;
		*letters++ = o->letter;
		if (o->value)
			*letters++ = ':';
	}
	table[n] = (struct option){ "help", optional_argument, NULL, 'h' };
	*letters++ = 'h';
	*letters = '\0';
}

static const struct cli_option *option_of(const struct cli_help *h, int code)
{
	if (code >= 256)
		return &h->options[code - 256];
	for (const struct cli_option *o = h->options; o && o->name; o++)
		if (o->letter == code)
			return o;
	return NULL;
}

int cli_parse(int argc, char **argv, const struct cli_help *h)
{
	struct option table[OPTIONS_MAX + 2] = { 0 };
	char letters[3 * OPTIONS_MAX + 3];
	int code;

	option_tables(h, table, letters);
	opterr = 0;
	optind = 1;
	while ((code = getopt_long(argc, argv, letters, table, NULL)) != -1) {
		const struct cli_option *o = option_of(h, code);

		if (code == 'h' && !o) {
			if (help_print(h, optarg))
				return CLI_DONE;
			cli_wrong(h->verb, "--help has no form \"%s\"; there are man and words",
			          optarg);
			return CLI_WRONG;
		}
		if (code == ':') {
			cli_wrong(h->verb, "%s needs a value", argv[optind - 1]);
			return CLI_WRONG;
		}
		if (!o)
			return unknown_option(h, argv[optind - 1]);
		if (!take_option(h, o, optarg))
			return CLI_WRONG;
	}
	return optind;
}

/* --- files ------------------------------------------------------------------------ */

const char *cli_program(void)
{
	static char path[CLI_PATH];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);

	path[n > 0 ? n : 0] = '\0';
	return path;
}

static bool join(char out[static CLI_PATH], const char *a, const char *b, const char *c)
{
	int n = snprintf(out, CLI_PATH, "%s%s%s", a, b, c);

	return n >= 0 && n < CLI_PATH;
}

bool cli_data(const char *name, char out[static CLI_PATH])
{
	static const char *const places[] = { "/../rig/", "/../share/x400rig/" };
	const char *data = getenv("X400RIG_DATA");
	char folder[CLI_PATH];
	char *slash;

	if (data && *data)
		return join(out, data, "/", name);
	snprintf(folder, sizeof folder, "%s", cli_program());
	slash = strrchr(folder, '/');
	if (slash)
		*slash = '\0';
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
		if (join(out, folder, places[i], name) && access(out, R_OK) == 0)
			return true;
	return join(out, "rig/", name, "");
}

/* --- the terminal ------------------------------------------------------------------ */

static bool is_terminal(int fd)
{
	const char *term = getenv("TERM");

	return isatty(fd) && term && strcmp(term, "dumb") != 0;
}

const char *cli_colour(enum cli_colour c)
{
	static const char *const codes[] = {
		[CLI_GREEN] = "\033[32m", [CLI_RED] = "\033[31m", [CLI_YELLOW] = "\033[33m",
		[CLI_GREY] = "\033[2m", [CLI_PLAIN] = "\033[0m",
	};
	const char *no = getenv("NO_COLOR");

	return is_terminal(STDOUT_FILENO) && !(no && *no) ? codes[c] : "";
}

static struct {
	bool quiet, drawn;
	int64_t next_us;
} progress;

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void cli_progress_quiet(bool quiet)
{
	progress.quiet = quiet;
	progress.next_us = is_terminal(STDERR_FILENO) ? 0 : now_us() + 10000000;
}

static int columns(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

void cli_progress(const char *fmt, ...)
{
	int64_t now = now_us();
	char line[256];
	va_list ap;
	bool terminal;

	if (progress.quiet || now < progress.next_us)
		return;
	terminal = is_terminal(STDERR_FILENO);
	progress.next_us = now + (terminal ? 100000 : 10000000);
	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	if (terminal)
		fprintf(stderr, "\r\033[K%.*s", columns() - 1, line);
	else
		fprintf(stderr, "%s\n", line);
	progress.drawn = terminal;
	fflush(stderr);
}

void cli_progress_clear(void)
{
	if (progress.drawn)
		fprintf(stderr, "\r\033[K");
	progress.drawn = false;
	fflush(stderr);
}

/* Filters pile up, and a process has one verb: only those who fuzz call more. */
void cli_confine(const char *verb, unsigned needs)
{
	static bool asked;

	if (!asked && !confine(needs))
		fprintf(stderr, "x400rig %s: this kernel filters no system calls; going on "
		        "without\n", verb);
	asked = true;
}

/* --- signals ------------------------------------------------------------------------- */

volatile sig_atomic_t cli_stop;

/* A second signal does not wait for the end in order.  One that comes within a
 * second is the same once more: to the process and to its group. */
static void on_signal(int number)
{
	static volatile int64_t first_us;

	if (cli_stop && now_us() > first_us + 1000000)
		_exit(128 + number);
	if (!cli_stop)
		first_us = now_us();
	cli_stop = number;
}

/* Captures are mapped: of one that is cut while it is read, pages are gone. */
static void on_bus(int number)
{
	static const char text[] = "x400rig: a file has become shorter while it was read\n";

	(void)number;
	_exit(write(STDERR_FILENO, text, sizeof text - 1) < 0 ? EXIT_TROUBLE : EXIT_USAGE);
}

void cli_catch_signals(void)
{
	struct sigaction act = { .sa_handler = on_signal }, bus = { .sa_handler = on_bus };
	struct sigaction was;

	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	/* The terminal is gone; nohup(1) says that this is nothing. */
	if (sigaction(SIGHUP, NULL, &was) == 0 && was.sa_handler != SIG_IGN)
		sigaction(SIGHUP, &act, NULL);
	sigaction(SIGBUS, &bus, NULL);
	signal(SIGPIPE, SIG_IGN);
}
