/*
 * help: what a verb says of itself, in three forms.
 *
 *     --help          text for people
 *     --help=man      a manual page in mdoc(7), from which x400rig-VERB(1) is made
 *     --help=words    what a shell may complete, one word a line
 */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "cli/cli.h"

/* `form` NULL: text.  false: there is no such form. */
bool help_print(const struct cli_help *h, const char *form);

/* The same of the program itself; the table ends with name NULL. */
struct help_verb {
	const char *name, *text;
};
bool help_program(const struct help_verb *verbs, const char *form);

#endif
