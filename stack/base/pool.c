#include "base/pool.h"

#include <string.h>

enum { GATHER_FIRST = 1024 };

void gather_init(struct gather *g, size_t max)
{
	*g = (struct gather){ NULL, 0, 0, (uint32_t)max };
}

static bool grow(struct gather *g, struct pool *pool, size_t need)
{
	size_t cap = g->cap ? g->cap : GATHER_FIRST;
	uint8_t *p;

	while (cap < need)
		cap *= 2;
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

bool gather_add(struct gather *g, struct pool *pool, struct octets o)
{
	if (o.n == 0)
		return true;
	if (o.n > g->max - g->n)
		return false;
	if (o.n > g->cap - g->n && !grow(g, pool, g->n + o.n))
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
