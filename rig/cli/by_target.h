/*
 * by_target: what `send` and `peer` take from a target file where no option says otherwise.
 *
 *     --target FILE        address, names, passwords, credentials, mode, selectors, checkpoint
 *     --side NAME          which of the rig's identities (`send`: up; `peer`: the next MTA
 *                          of the first route)
 */
#ifndef CLI_BY_TARGET_H
#define CLI_BY_TARGET_H

#include "cli/associate.h"
#include "cli/prove.h"
#include "cli/suite.h"

/* Options that a target knows, too; NULL or CLI_UNSAID: not given. */
struct cli_terms {
	const char *target, *side;
	const char *name, *password, *their_name, *their_password;
	uint64_t checkpoint, window;	/* KiB; sync points */
	struct cli_association how;
	struct cli_prove prove;
	struct suite suite;		/* what they point into; suite_free() ends it */
};

#define CLI_TARGET_OPTIONS(t) \
	{ .name = "target", .letter = 't', .value = "FILE", .string = &(t).target, \
	  .text = "take what no option says from a target file" }, \
	{ .name = "side", .value = "NAME", .string = &(t).side, \
	  .text = "as this side of the target" }

/* Fills in what was not given: from the target, if one is named, else as it is usual.  *side is
 * NULL without a target.  `usual` is the name and the password of who has none.  false: said
 * what is wrong. */
bool cli_by_target(const char *verb, struct cli_terms *t, bool calls, const char *const usual[2],
                   const struct target_side **side);

/* For verbs that make no line of their own.  false: that side of the target has one (said so). */
bool cli_plain_side(const char *verb, const struct target *t, const struct target_side *side);

#endif
