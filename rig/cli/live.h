/*
 * live: what verbs do before they speak with an MTA under test.
 *
 *     all that is loaded late    cli_hand()    cli_confine(verb, CLI_LIVE)    strangers' octets
 */
#ifndef CLI_LIVE_H
#define CLI_LIVE_H

#include "confine/confine.h"
#include "scenario/hand.h"

/* Lab MTAs are forked, with a thread that writes; logs have code pages and patterns. */
enum {
	CLI_LIVE = CONFINE_NETWORK | CONFINE_CODE | CONFINE_THREADS | CONFINE_CHILDREN |
	           CONFINE_TENDED,
};

/* The hand for the commands of `t`; *hand is NULL if it names none.  A process has one target
 * and one hand, which ends with it: asked again, it is the same.  Not yet confined.  false:
 * said. */
bool cli_hand(const char *verb, const struct target *t, const struct hand **hand);

#endif
