/*
 * kept: leased octets that events refer to.
 *
 * A layer that must join octets (the segments of a constructed string in one
 * piece of input, which may be a thousand) makes one run of them, so that one
 * piece in is one piece out.  The run lives as long as the parameter sets do:
 * until the driver has taken the events, when their owner calls kept_drop().
 */
#ifndef BASE_KEPT_H
#define BASE_KEPT_H

#include "base/pool.h"

enum {
	/* RTSE and P1 may each join once for a piece of input; the pieces
	 * between two looks of the driver are bounded by SERVICES_MAX. */
	KEPT_MAX = 32,
};

struct kept {
	struct octets at[KEPT_MAX];
	uint16_t n;
};

/* n octets, or NULL: no memory, no list, or the list is full. */
uint8_t *kept_take(struct kept *k, struct pool *pool, size_t n);
/* Takes over a lease of the pool, all of it; false: no list, or the list is full. */
bool kept_add(struct kept *k, struct octets lease);
/* Gives all back. */
void kept_drop(struct kept *k, struct pool *pool);

/* Runs of octets joined into one.  Runs that follow each other in memory are
 * not copied. */
struct joined {
	struct octets octets;
	uint8_t *copy;		/* where they are copied to; NULL: not yet */
	size_t most;		/* octets at most */
};

static inline void joined_init(struct joined *j, size_t most)
{
	*j = (struct joined){ { NULL, 0 }, NULL, most };
}

/* false: kept_take() failed. */
bool joined_add(struct joined *j, struct kept *k, struct pool *pool, struct octets o);

#endif
