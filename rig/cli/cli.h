/*
 * cli: what all verbs share.
 *
 * Data goes to standard output, everything else to standard error.  A verb is
 * one function `int cmd_x(int argc, char **argv)` (argv[0] is the verb) in
 * cmd_x.c and one line in main.c; it returns the program's exit status.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "confine/confine.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>

enum exit_status {
	EXIT_ALL_PASS = 0,
	EXIT_FAIL = 1,		/* a fail, or an unexpected pass */
	EXIT_USAGE = 2,		/* usage, scenario or configuration error */
	EXIT_UNDECIDED = 3,	/* nothing failed, something was inconclusive */
	EXIT_TROUBLE = 4,	/* the rig or its environment failed */
	EXIT_NOTHING = 5,	/* nothing selected */
	EXIT_SKIPPED = 77,	/* everything skipped */
	EXIT_INTERRUPTED = 130,
};

struct cli_list {
	const char *at[64];
	size_t n;
};

/* A number that no option has given. */
#define CLI_UNSAID UINT64_MAX

/* An option and where its value goes; the first pointer that is not NULL says
 * what it is.  The table ends with name NULL. */
struct cli_option {
	const char *name;		/* "target" */
	char letter;			/* 0: none */
	const char *value;		/* "FILE"; NULL: a flag */
	const char *text;
	bool *flag;
	const char **string;
	uint64_t *number;		/* decimal or 0x... */
	struct cli_list *list;		/* may be given several times */
};

struct cli_help {
	const char *verb, *operands;	/* "run", "[ID-GLOB or FILE ...]" */
	const char *text;		/* a paragraph */
	const struct cli_option *options;
	const char *const *examples;	/* lines, ends with NULL */
};

/* Returns the index of the first operand in argv (options may stand anywhere);
 * CLI_DONE: help was printed (exit 0); CLI_WRONG: said (EXIT_USAGE). */
enum { CLI_DONE = -1, CLI_WRONG = -2 };
int cli_parse(int argc, char **argv, const struct cli_help *help);

/* "x400rig VERB: ..." on standard error.  Returns EXIT_USAGE. */
int cli_wrong(const char *verb, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Says that memory ran out.  Returns EXIT_TROUBLE. */
int cli_no_memory(const char *verb);

/* The rows of all verbs that can start the lab MTA, for their tables; `o` has members target,
 * defects and is_virtual. */
#define CLI_LAB_OPTIONS(o) \
	{ .name = "target", .letter = 't', .value = "FILE", .string = &(o)->target, \
	  .text = "the MTA under test (default: the rig's own lab MTA)" }, \
	{ .name = "defect", .letter = 'd', .value = "ID", .list = &(o)->defects, \
	  .text = "give the lab MTA a documented defect" }, \
	{ .name = "virtual", .flag = &(o)->is_virtual, \
	  .text = "rig and lab MTA in one process, in virtual time" }

/* "K/N" of --shard, K from 1 to N.  false: said what is wrong. */
bool cli_shard(const char *verb, const char *text, uint64_t *k, uint64_t *n);

/* The nearest candidate to `word`, NULL: none near.  Ends with NULL. */
const char *cli_nearest(const char *word, const char *const *candidates);

/* Data files: X400RIG_DATA/NAME, else beside the program (build tree: ../rig,
 * installed: ../share/x400rig).  false: too long. */
enum { CLI_PATH = 1024 };
bool cli_data(const char *name, char out[static CLI_PATH]);
/* The program itself. */
const char *cli_program(void);

/* Colour on standard output: only on a terminal, without NO_COLOR. */
enum cli_colour { CLI_GREEN, CLI_RED, CLI_YELLOW, CLI_GREY, CLI_PLAIN };
const char *cli_colour(enum cli_colour c);

/* Progress on standard error: on a terminal one line that is redrawn at most
 * ten times a second, else a plain line every ten seconds. */
void cli_progress_quiet(bool quiet);
void cli_progress(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void cli_progress_clear(void);

/* confine(), for verbs that read what strangers send or wrote; `needs`: enum confine_need. */
void cli_confine(const char *verb, unsigned needs);

/* Set by SIGINT, SIGTERM and SIGHUP after cli_catch_signals(); the number of the signal. */
extern volatile sig_atomic_t cli_stop;
void cli_catch_signals(void);

#endif
