#include "net/net_ring.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST = 4 << 10 };	/* most stay small */

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void copy_out(const struct net_ring *r, uint8_t *dst, size_t n)
{
	struct iovec v[2];

	for (int i = 0, pieces = net_ring_pieces(r, n, v); i < pieces; i++) {
		memcpy(dst, v[i].iov_base, v[i].iov_len);
		dst += v[i].iov_len;
	}
}

bool net_ring_grow(struct net_ring *r, size_t more, size_t max)
{
	size_t cap = r->cap ? r->cap : FIRST;
	uint8_t *p;

	assert(r->n + more <= max);
	while (cap < r->n + more)
		cap *= 2;
	cap = least(cap, max);
	if (cap <= r->cap)
		return true;
	p = malloc(cap);
	if (!p)
		return false;
	copy_out(r, p, r->n);
	free(r->p);
	r->p = p;
	r->cap = cap;
	r->head = 0;
	return true;
}

size_t net_ring_tail(const struct net_ring *r, uint8_t **p)
{
	size_t tail = r->head + r->n;

	if (tail < r->cap) {
		*p = r->p + tail;
		return r->cap - tail;
	}
	*p = r->p + (tail - r->cap);
	return r->cap - r->n;
}

void net_ring_added(struct net_ring *r, size_t n)
{
	assert(n <= r->cap - r->n);
	r->n += n;
}

void net_ring_put(struct net_ring *r, const void *src, size_t n)
{
	const uint8_t *from = src;

	while (n > 0) {
		uint8_t *p;
		size_t part = least(n, net_ring_tail(r, &p));

		memcpy(p, from, part);
		net_ring_added(r, part);
		from += part;
		n -= part;
	}
}

int net_ring_pieces(const struct net_ring *r, size_t n, struct iovec pieces[static 2])
{
	size_t first = least(n, r->cap - r->head);

	assert(n <= r->n);
	if (n == 0)
		return 0;
	pieces[0] = (struct iovec){ r->p + r->head, first };
	pieces[1] = (struct iovec){ r->p, n - first };
	return first < n ? 2 : 1;
}

void net_ring_drop(struct net_ring *r, size_t n)
{
	assert(n <= r->n);
	r->n -= n;
	r->head = r->n ? (r->head + n) % r->cap : 0;
}

void net_ring_keep(struct net_ring *r, size_t n)
{
	assert(n <= r->n);
	r->n = n;
}

void net_ring_take(struct net_ring *r, void *dst, size_t n)
{
	copy_out(r, dst, n);
	net_ring_drop(r, n);
}

void net_ring_free(struct net_ring *r)
{
	free(r->p);
	*r = (struct net_ring){ 0 };
}
