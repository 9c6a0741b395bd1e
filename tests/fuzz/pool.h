/*
 * pool: a struct pool for fuzz targets, on malloc.  Knows its leases, so that
 * a target can ask whether octets that were lent to it lie in one, and whether
 * all were given back.
 */
#ifndef FUZZ_POOL_H
#define FUZZ_POOL_H

#include "base/pool.h"
#include "fuzz.h"

enum {
	FUZZ_LEASES = 128,
	/* Beyond this a lease is refused, as by a driver with a bound. */
	FUZZ_POOL_OCTETS = 32 << 20,
};

struct fuzz_pool {
	struct pool pool;
	struct octets held[FUZZ_LEASES];
	size_t octets, takes;
	size_t refuse;			/* this one and all later are refused; 0: none */
};

static inline uint8_t *fuzz_pool_take(struct pool *pool, size_t n)
{
	struct fuzz_pool *p = (struct fuzz_pool *)pool;
	size_t i = 0;

	p->takes++;
	if ((p->refuse && p->takes >= p->refuse) || n > FUZZ_POOL_OCTETS - p->octets)
		return NULL;
	while (i < FUZZ_LEASES && p->held[i].p)
		i++;
	demand(i < FUZZ_LEASES);
	p->held[i] = (struct octets){ malloc(n), n };
	demand(p->held[i].p);
	p->octets += n;
	return (uint8_t *)(uintptr_t)p->held[i].p;
}

static inline void fuzz_pool_give(struct pool *pool, uint8_t *buffer, size_t n)
{
	struct fuzz_pool *p = (struct fuzz_pool *)pool;
	size_t i = 0;

	while (i < FUZZ_LEASES && p->held[i].p != buffer)
		i++;
	demand(buffer && i < FUZZ_LEASES && p->held[i].n == n);
	p->held[i] = (struct octets){ NULL, 0 };
	p->octets -= n;
	free(buffer);
}

static inline void fuzz_pool_init(struct fuzz_pool *p, size_t refuse)
{
	*p = (struct fuzz_pool){ .pool = { fuzz_pool_take, fuzz_pool_give }, .refuse = refuse };
}

static inline bool octets_inside(struct octets o, struct octets in)
{
	return o.n == 0 || (o.p >= in.p && o.n <= in.n && (size_t)(o.p - in.p) <= in.n - o.n);
}

static inline bool fuzz_pool_holds(const struct fuzz_pool *p, struct octets o)
{
	for (size_t i = 0; i < FUZZ_LEASES; i++)
		if (p->held[i].p && octets_inside(o, p->held[i]))
			return true;
	return o.n == 0;
}

#endif
