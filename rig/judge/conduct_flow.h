/*
 * conduct_flow: how what the IUT owes to each side flows (for the judge and the fuzzer).
 *
 *   it does not stall      bound, nothing held back by the line, all that it sent
 *                          confirmed, its turn, messages waiting: then octets come
 *                          within twice the time of a checkpoint and four round trips,
 *                          or its idle limit if that is longer
 *   one slow link is one   while it sends to one side it calls the others too, and a side
 *                          with a faster line keeps 80 % of the pace that it has alone
 *   it resumes in time     an activity that was lost is resumed within the recovery
 *                          timeout, or begins anew
 *
 * Where the scenario answers for itself, or has stalled, cut or bent the line, there is
 * nothing to say.
 */
#ifndef JUDGE_CONDUCT_FLOW_H
#define JUDGE_CONDUCT_FLOW_H

#include "judge/judge.h"

enum {
	FLOW_ENDS = 16,			/* newest ones of a side: it has few at a time */
	CONDUCT_PACE_KEPT = 80,		/* per cent */
};

struct flow_end {
	uint32_t number;
	bool up, bound;
	bool its_turn;			/* the IUT's */
	bool sending;			/* its activity is open */
	bool interrupted;		/* an activity was interrupted here and may go on */
	bool ours;			/* the scenario speaks for our end */
	uint8_t held;			/* directions of the line that hold octets back */
	uint32_t unconfirmed;		/* of what it sent, by us */
};

struct flow_pace {
	int64_t us;
	uint64_t octets;
	uint32_t messages;
};

struct flow_side {
	struct flow_end ends[FLOW_ENDS];
	size_t ends_n;			/* that there ever were */
	int64_t since_us;		/* nothing has happened since */
	int64_t lost_us;		/* an open activity was lost; NEVER_US: none */
	int64_t delivered_us;		/* and messages waited then; NEVER_US: none did */
	bool beside;			/* at that time it sent to another side too */
	uint32_t waiting;		/* messages accepted and not come out */
	/* what is wrong; 0: nothing */
	int64_t stalled_us, uncalled_us, late_us;
	unsigned stalled_beside;	/* the other side, SIDES_MAX: none */
	uint32_t stalled_waiting;
	struct flow_pace alone, among;	/* beside a slower side */
};

struct conduct_flow {
	struct flow_side sides[SIDES_MAX];
};

void conduct_flow_init(struct conduct_flow *f);
/* Before the ledger knows `e`, as `waiting` is of the time before it. */
void conduct_flow_event(struct conduct_flow *f, const struct judge_case *c, const struct event *e);
void conduct_flow_waiting(struct conduct_flow *f, unsigned side, uint32_t waiting, int64_t now_us);

/* Within this time something comes, if anything waits; 0: not known. */
int64_t conduct_flow_patience(const struct judge_case *c, unsigned side);
/* What is left of the pace beside a slower side, in per cent; 100: all, or not known. */
unsigned conduct_flow_pace(const struct conduct_flow *f, const struct judge_case *c, unsigned side);

#endif
