#include "base/kept.h"

#include <assert.h>
#include <string.h>

uint8_t *kept_take(struct kept *k, struct pool *pool, size_t n)
{
	uint8_t *p;

	if (!k || k->n == KEPT_MAX)
		return NULL;
	p = pool->take(pool, n);
	if (p)
		k->at[k->n++] = (struct octets){ p, n };
	return p;
}

bool kept_add(struct kept *k, struct octets lease)
{
	if (!k || k->n == KEPT_MAX)
		return false;
	k->at[k->n++] = lease;
	return true;
}

void kept_drop(struct kept *k, struct pool *pool)
{
	while (k->n > 0) {
		k->n--;
		pool->give(pool, (uint8_t *)k->at[k->n].p, k->at[k->n].n);
	}
}

bool joined_add(struct joined *j, struct kept *k, struct pool *pool, struct octets o)
{
	assert(o.n <= j->most - j->octets.n);
	if (o.n == 0)
		return true;
	if (j->octets.n == 0) {
		j->octets = o;
		return true;
	}
	if (!j->copy && o.p == j->octets.p + j->octets.n) {
		j->octets.n += o.n;
		return true;
	}
	if (!j->copy) {
		j->copy = kept_take(k, pool, j->most);
		if (!j->copy)
			return false;
		memcpy(j->copy, j->octets.p, j->octets.n);
		j->octets.p = j->copy;
	}
	memcpy(j->copy + j->octets.n, o.p, o.n);
	j->octets.n += o.n;
	return true;
}
