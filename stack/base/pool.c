#include "base/pool.h"

#include <string.h>

enum { GATHER_FIRST = 1024 };

void gather_init(struct gather *g, size_t max)
{
	*g = (struct gather){ NULL, 0, 0, (uint32_t)max };
}

/* `cap` octets, at most max of them. */
static bool grow(struct gather *g, struct pool *pool, size_t cap)
{
	uint8_t *p;

	if (cap > g->max)
		cap = g->max;
	p = pool->take(pool, cap);
	if (!p)
		return false;
	if (g->n)
		memcpy(p, g->p, g->n);
	if (g->p)
		pool->give(pool, g->p, g->cap);
	g->p = p;
	g->cap = (uint32_t)cap;
	return true;
}

bool gather_expect(struct gather *g, struct pool *pool, size_t n)
{
	if (n > g->max - g->n)
		return false;
	return n <= g->cap - g->n || grow(g, pool, g->n + n);
}

static size_t doubled(size_t cap, size_t need)
{
	cap = cap ? cap : GATHER_FIRST;
	while (cap < need)
		cap *= 2;
	return cap;
}

bool gather_add(struct gather *g, struct pool *pool, struct octets o)
{
	if (o.n == 0)
		return true;
	if (o.n > g->max - g->n)
		return false;
	if (o.n > g->cap - g->n && !grow(g, pool, doubled(g->cap, g->n + o.n)))
		return false;
	memcpy(g->p + g->n, o.p, o.n);
	g->n += (uint32_t)o.n;
	return true;
}

void gather_drop(struct gather *g, struct pool *pool)
{
	if (g->p)
		pool->give(pool, g->p, g->cap);
	gather_init(g, g->max);
}
