/*
 * x400rig: an X.400 transport protocol test rig.
 */
#include "cli/cli.h"
#include "cli/help.h"
#include "cli/version.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int cmd_run(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_lint(int argc, char **argv);
int cmd_fmt(int argc, char **argv);
int cmd_rejudge(int argc, char **argv);
int cmd_ping(int argc, char **argv);
int cmd_init(int argc, char **argv);
int cmd_target(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_diff(int argc, char **argv);
int cmd_mta(int argc, char **argv);
int cmd_send(int argc, char **argv);
int cmd_peer(int argc, char **argv);
int cmd_decode(int argc, char **argv);
int cmd_match(int argc, char **argv);
int cmd_link(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_fuzz(int argc, char **argv);
int cmd_shrink(int argc, char **argv);

static const struct verb {
	const char *name;
	int (*fn)(int argc, char **argv);
	const char *text;
} verbs[] = {
	{ "run", cmd_run, "run scenarios against an MTA and print verdicts" },
	{ "list", cmd_list, "what would run, and how long it may take" },
	{ "lint", cmd_lint, "check scenario and target files" },
	{ "fmt", cmd_fmt, "scenario files in their canonical form" },
	{ "rejudge", cmd_rejudge, "judge a finished run again from its folder" },
	{ "report", cmd_report, "one or more runs as a page, text, Markdown, JUnit, TAP" },
	{ "diff", cmd_diff, "what changed from one run to another" },
	{ "ping", cmd_ping, "open and close an association, tell what was agreed" },
	{ "init", cmd_init, "write a target file for an MTA" },
	{ "target", cmd_target, "what the MTA's administrator must enter" },
	{ "send", cmd_send, "hand messages or probes to an MTA" },
	{ "peer", cmd_peer, "stand as the next MTA: accept, store and print" },
	{ "mta", cmd_mta, "the lab MTA alone" },
	{ "link", cmd_link, "a slow, lossy or breaking link between two MTAs" },
	{ "decode", cmd_decode, "every PDU of a capture, as text or JSON" },
	{ "match", cmd_match, "the logs of an MTA against the catalogue of signatures" },
	{ "replay", cmd_replay, "play one side of a capture against a live MTA" },
	{ "fuzz", cmd_fuzz, "end connections in every way at every point, and look for failures" },
	{ "shrink", cmd_shrink, "a failure of the fuzzer, without what it does not need" },
	{ "check", cmd_check, "both peers of a capture held against the state tables" },
};

enum { VERBS = sizeof verbs / sizeof verbs[0] };

/* `form`: as in --help=FORM; NULL: text. */
static int usage(const char *form, int status)
{
	struct help_verb table[VERBS + 1];

	for (size_t i = 0; i < VERBS; i++)
		table[i] = (struct help_verb){ verbs[i].name, verbs[i].text };
	table[VERBS] = (struct help_verb){ NULL, NULL };
	return help_program(table, form) ? status : EXIT_USAGE;
}

static int unknown_verb(const char *name)
{
	const char *names[VERBS + 1];
	const char *near;

	for (size_t i = 0; i < VERBS; i++)
		names[i] = verbs[i].name;
	names[VERBS] = NULL;
	near = cli_nearest(name, names);
	fprintf(stderr, "x400rig: no verb \"%s\"", name);
	if (near)
		fprintf(stderr, "; did you mean \"%s\"?", near);
	fprintf(stderr, "\n");
	if (!near)
		fprintf(stderr, "x400rig --help lists them\n");
	return EXIT_USAGE;
}

static int data_folder(void)
{
	char folder[CLI_PATH];
	char *whole = cli_data("", folder) ? realpath(folder, NULL) : NULL;

	if (!whole) {
		fprintf(stderr, "x400rig: no data files beside the program: X400RIG_DATA=FOLDER "
		        "says where they are\n");
		return EXIT_TROUBLE;
	}
	printf("%s\n", whole);
	free(whole);
	return EXIT_ALL_PASS;
}

/* The status with which a verb ends: which signal told it to, and whatever it found, of what
 * could not be printed nobody knows. */
static int printed(const char *verb, int status)
{
	if (status == EXIT_INTERRUPTED && cli_stop)
		status = 128 + cli_stop;
	errno = 0;
	if ((fflush(stdout) == 0 && !ferror(stdout)) || status == EXIT_TROUBLE)
		return status;
	fprintf(stderr, "x400rig%s%s: cannot write on standard output: %s\n", verb ? " " : "",
	        verb ? verb : "", errno ? strerror(errno) : "some of it is lost");
	return EXIT_TROUBLE;
}

int main(int argc, char **argv)
{
	const char *first = argc > 1 ? argv[1] : "--help";

	signal(SIGXFSZ, SIG_IGN);	/* what cannot be written is told by write() */
	if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0 || strcmp(first, "help") == 0)
		return printed(NULL, usage(NULL, argc > 1 ? EXIT_ALL_PASS : EXIT_USAGE));
	if (strncmp(first, "--help=", 7) == 0)
		return printed(NULL, usage(first + 7, EXIT_ALL_PASS));
	if (strcmp(first, "--version") == 0)
		return puts("x400rig " X400RIG_VERSION), printed(NULL, EXIT_ALL_PASS);
	if (strcmp(first, "--data") == 0)
		return printed(NULL, data_folder());
	for (size_t i = 0; i < VERBS; i++)
		if (strcmp(first, verbs[i].name) == 0)
			return printed(first, verbs[i].fn(argc - 1, argv + 1));
	return unknown_verb(first);
}
