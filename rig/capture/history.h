/*
 * history: the last octets that were handed up of one direction, to compare
 * with what comes again.
 *
 * Runs of octets, one a segment, with no gap between them: at least the last
 * STREAMS_HISTORY octets, in at most HISTORY_RUNS runs, as long as the budget
 * that all histories share lasts.  Octets that stay where they are (those of a
 * capture that is mapped) are borrowed, others are copied.
 */
#ifndef CAPTURE_HISTORY_H
#define CAPTURE_HISTORY_H

#include "base/octets.h"

enum { HISTORY_RUNS = 1024 };		/* a power of two */

struct history_run {
	uint64_t offset;
	const uint8_t *p;
	uint32_t n;
	bool own;
};

/* All zero in the beginning. */
struct history {
	struct history_run *at;		/* run i of `n`: at[(first + i) % cap] */
	uint32_t first, n, cap;		/* cap: a power of two, or 0 */
	uint64_t to;			/* offset behind the last octet */
};

struct history_budget {
	size_t left;
};

enum history_answer { HISTORY_SAME, HISTORY_DIFFERENT, HISTORY_UNKNOWN };

void history_add(struct history *h, struct history_budget *b, uint64_t offset, struct octets o,
                 bool stays);

/* Holds `o` against what passed at `offset`; unknown if any of it is not kept. */
enum history_answer history_compare(const struct history *h, uint64_t offset, struct octets o);

void history_drop(struct history *h, struct history_budget *b);

#endif
