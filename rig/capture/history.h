/*
 * history: the last octets that were handed up of one direction, to compare
 * with what comes again.
 *
 * A ring that grows with what passes, up to STREAMS_HISTORY, as long as the
 * budget that all rings share lasts.
 */
#ifndef CAPTURE_HISTORY_H
#define CAPTURE_HISTORY_H

#include "base/octets.h"

struct history {
	uint8_t *ring;		/* octet at stream offset o lies at o % cap */
	size_t cap;		/* a power of two, or 0 */
	uint64_t from, to;	/* offsets that are kept */
};

struct history_budget {
	size_t left;
};

enum history_answer { HISTORY_SAME, HISTORY_DIFFERENT, HISTORY_UNKNOWN };

void history_add(struct history *h, struct history_budget *b, uint64_t offset, struct octets o);

/* Holds `o` against what passed at `offset`; unknown if any of it is not kept. */
enum history_answer history_compare(const struct history *h, uint64_t offset, struct octets o);

void history_drop(struct history *h, struct history_budget *b);

#endif
