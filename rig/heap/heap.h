/*
 * heap: what the stack leases, from malloc; up to a limit.
 *
 *     struct heap heap;
 *
 *     heap_init(&heap, 64 << 20);
 *     observer_init(&observer, &heap.pool, &sink);
 *
 * One heap serves as many associations and observers of a thread as there are.
 */
#ifndef HEAP_HEAP_H
#define HEAP_HEAP_H

#include "base/pool.h"

/* A heap that only memory limits. */
#define HEAP_UNLIMITED SIZE_MAX

struct heap {
	struct pool pool;	/* first: the heap is found by it */
	size_t left;		/* octets that may still be leased */
};

void heap_init(struct heap *h, size_t most);

#endif
