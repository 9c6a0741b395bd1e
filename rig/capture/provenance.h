/*
 * provenance: which frame carried which octets of one direction.
 *
 * A sorted table of runs.  When the budget that all tables share is spent, a
 * table merges neighbours in its older half instead of growing: what was
 * handed up lately stays exact, older octets answer with a range of frames.
 */
#ifndef CAPTURE_PROVENANCE_H
#define CAPTURE_PROVENANCE_H

#include "base/octets.h"

struct provenance_run {
	uint64_t offset;	/* of its first octet; it ends where the next begins */
	uint32_t first, last;	/* frames; 0: a gap */
};

struct provenance {
	struct provenance_run *at;
	uint32_t n, cap;
};

/* Entries still to be had, of all tables together. */
struct provenance_budget {
	uint32_t left;
};

/* Octets from `offset` on were in `frame` (0: a gap).  Offsets go up. */
void provenance_add(struct provenance *p, struct provenance_budget *b,
                    uint64_t offset, uint32_t frame);

/* false: before the table, or a gap.  Offsets behind the last one added
 * belong to it: the caller knows where the stream ends.  *end: the octet at which
 * the answer may be another one, UINT64_MAX: none. */
bool provenance_run(const struct provenance *p, uint64_t offset, uint32_t *first, uint32_t *last,
                    uint64_t *end);

void provenance_drop(struct provenance *p, struct provenance_budget *b);

#endif
