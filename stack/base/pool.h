/*
 * pool: where the stack leases buffers from.
 *
 * stack/ has no heap.  An association leases a buffer when it must hold
 * octets (a TSDU that arrives in pieces, an envelope, unsent output) and
 * gives it back as soon as it can; an idle end holds none.  The driver
 * implements this with malloc, a free list or static memory.
 */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include "base/octets.h"

struct pool {
	/* At least n octets, aligned for any type, or NULL: the association
	 * then takes no more input, or ends with finding association.memory. */
	uint8_t *(*take)(struct pool *p, size_t n);
	void (*give)(struct pool *p, uint8_t *buffer, size_t n);
};

/*
 * gather: octets collected in a leased buffer that grows by doubling up to
 * `max`.  The contents move when it grows: keep offsets, not pointers.
 */
struct gather {
	uint8_t *p;
	uint32_t n, cap, max;
};

void gather_init(struct gather *g, size_t max);
/* So many octets will come: a buffer for them at once.  false: no memory, or more than max. */
bool gather_expect(struct gather *g, struct pool *pool, size_t n);
/* false: no memory, or more than max (g->n is unchanged). */
bool gather_add(struct gather *g, struct pool *pool, struct octets o);
/* Gives the buffer back. */
void gather_drop(struct gather *g, struct pool *pool);

#endif
