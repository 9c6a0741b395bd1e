/*
 * suite: what run, list, lint and rejudge share: a target, and the scenarios
 * that were chosen, compiled.
 */
#ifndef CLI_SUITE_H
#define CLI_SUITE_H

#include "cli/cli.h"
#include "scenario/catalogue.h"
#include "scenario/runner.h"

struct suite_case {
	struct lexer_source source;	/* owned */
	struct scenario *scenario;	/* owned; NULL: did not compile */
	bool own;			/* a file of the user's, not of the catalogue */
};

struct suite {
	struct target *target;		/* owned */
	struct lexer_source target_source;
	struct suite_case *at;		/* owned */
	size_t n;
	struct lexer_report report;	/* of all that was read */
};

/* "lab" or a path of a .target file.  false: in the report. */
bool suite_target(struct suite *s, const char *name);

/* The path of a target by name or path. */
bool suite_target_path(const char *name, char path[static CLI_PATH]);

/* Chooses from the catalogue by identifiers and globs, and reads files and all *.scn of
 * folders; nothing named: all.  Returns EXIT_ALL_PASS, EXIT_NOTHING (said), EXIT_USAGE (in the
 * report). */
int suite_choose(struct suite *s, const char *verb, char **names, int n,
                 const struct cli_list *exclude);

/* Keep those that serve a purpose of the globs, or part K of N ("2/8", by their order).
 * EXIT_NOTHING or EXIT_USAGE: said. */
int suite_keep_purposes(struct suite *s, const char *verb, const struct cli_list *globs);
/* Without those that are tagged, but with those that have a tag of the list, or were
 * asked for by their name. */
int suite_keep_tags(struct suite *s, const char *verb, const struct cli_list *tags, char **names,
                    int n);
int suite_keep_shard(struct suite *s, const char *verb, const char *shard);

/* Reads and compiles one file. */
bool suite_file(struct suite *s, const char *path);

void suite_free(struct suite *s);

#endif
