/*
 * ledger: what went into the IUT and what came out (private to judge/).
 *
 * Messages are known by their ordinal in the case.  The rule, per message: at
 * least once or reported; and at most one copy more for each cut made while
 * the confirmation of a complete activity was in doubt (X.218 9.3.1.3 note).
 */
#ifndef JUDGE_LEDGER_H
#define JUDGE_LEDGER_H

#include "judge/judge.h"

enum { RANKS = 3 };

struct message {
	uint64_t destination;		/* side, or LEDGER_NOWHERE */
	uint32_t reason, diagnostic;	/* of the report; diagnostic + 1, 0: none */
	uint16_t delivered, altered, reported, doubts;
	uint8_t rank;			/* LEDGER_OFFERED: the higher goes first */
	bool offered, accepted, abandoned;
};

struct ledger {
	struct message *at;		/* owned, by ordinal */
	size_t n, cap;
	uint32_t foreign;
	/* Accepted and not come out, by side and rank: now, and since before the last
	 * message came out at that side (what was under way then may come first). */
	uint32_t waiting[SIDES_MAX][RANKS], overdue[SIDES_MAX][RANKS];
	uint32_t reported[SIDES_MAX];	/* of `waiting`: settled by a report */
	uint32_t misordered[SIDES_MAX];	/* came out before one of higher rank that was overdue */
	bool no_memory;
};

void ledger_event(struct ledger *l, const struct event *e);
void ledger_free(struct ledger *l);

/* Is the IUT to be held to this message?  Not if we gave it up before its
 * activity ended. */
bool message_counts(const struct message *m);
bool message_settled(const struct message *m);	/* delivered or reported */
bool message_doubled(const struct message *m);	/* more copies than doubts allow */

/* Of the messages for `side` (-1: all that have one) that count: how many
 * there are and how many came out; the first that did not, SIZE_MAX: none. */
struct ledger_count {
	uint32_t due, done;
	size_t first_missing;
};
struct ledger_count ledger_delivered(const struct ledger *l, int side);
/* Copies beyond the first one, and messages out of the order of their ranks. */
uint32_t ledger_copies(const struct ledger *l, int side);
uint32_t ledger_misordered(const struct ledger *l, int side);
/* Accepted for this side, neither come out nor reported. */
uint32_t ledger_waiting(const struct ledger *l, unsigned side);
struct ledger_count ledger_accepted(const struct ledger *l);
/* Of those for nowhere: reported with this reason and diagnostic (-1: any). */
struct ledger_count ledger_reported(const struct ledger *l, int32_t reason, int32_t diagnostic);

#endif
