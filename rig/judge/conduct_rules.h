/*
 * conduct_rules: what is expected of any MTA, whatever the scenario (private to
 * judge/).
 *
 *   it calls again     messages for a side wait, the side was called before, nothing is
 *                      connected: a call must come within two open intervals
 *   it does not hammer three calls in a row, each after one that ended unbound, come no
 *                      faster than half an open interval apart
 *   it gives back      descriptors, memory and control blocks return to their base, but
 *                      for what open connections need
 */
#ifndef JUDGE_CONDUCT_RULES_H
#define JUDGE_CONDUCT_RULES_H

#include "judge/judge.h"

enum {
	DENSE_CALLS = 3,
	/* Files that a queue opens when it is first used. */
	DESCRIPTORS_SLACK = 8,
	MEMORY_SLACK_KIB = 64 << 10,
	/* Calls that are under way: we see them only when they have come. */
	BLOCKS_SLACK = 2,
	OPEN_MAX = 256,
};

struct conduct_call {
	int64_t begun_us, ended_us;
	uint32_t end;			/* number of its association end */
	bool called, up, bound;
	uint32_t dense;
	int64_t gap_us;			/* of the last two that were too near */
};

struct conduct_rules {
	struct conduct_call sides[SIDES_MAX];	/* the IUT's newest call on each */
	uint64_t base[RESOURCES], now[RESOURCES];
	bool has_base[RESOURCES], has_now[RESOURCES];
	uint32_t open;			/* connections of all sides, */
	uint32_t ends[OPEN_MAX];	/* and their ends, as far as there is room */
};

void conduct_rules_event(struct conduct_rules *r, const struct event *e, int64_t open_interval_us);
/* A side that waits in vain: how long, 0: it does not. */
int64_t conduct_rules_silent(const struct conduct_rules *r, unsigned side, int64_t now_us,
                             int64_t open_interval_us);
/* More of a resource than at the base and for what is open: how many more, 0: not. */
uint64_t conduct_rules_kept(const struct conduct_rules *r, enum resource what);

#endif
