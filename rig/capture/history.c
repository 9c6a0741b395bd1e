#include "capture/history.h"

#include "capture/limits.h"
#include "capture/memory.h"

#include <stdlib.h>
#include <string.h>

enum { HISTORY_FIRST = 1024 };

/* Octets of the ring from `offset` on that lie in one piece. */
static size_t piece(const struct history *h, uint64_t offset, size_t n)
{
	size_t left = h->cap - (size_t)(offset & (h->cap - 1));

	return n < left ? n : left;
}

static void store(struct history *h, uint64_t offset, const uint8_t *p, size_t n)
{
	while (n > 0) {
		size_t some = piece(h, offset, n);

		memcpy(h->ring + (offset & (h->cap - 1)), p, some);
		offset += some;
		p += some;
		n -= some;
	}
}

/* Makes the ring at least `want` octets long if that may be. */
static void grow(struct history *h, struct history_budget *b, size_t want)
{
	struct history wider = *h;

	wider.cap = h->cap ? h->cap : HISTORY_FIRST;
	while (wider.cap < want && wider.cap < STREAMS_HISTORY)
		wider.cap *= 2;
	if (wider.cap == h->cap || wider.cap - h->cap > b->left)
		return;
	wider.ring = capture_take(wider.cap);
	if (!wider.ring)
		return;
	for (uint64_t at = h->from; at < h->to; ) {
		size_t some = piece(h, at, (size_t)(h->to - at));

		store(&wider, at, h->ring + (at & (h->cap - 1)), some);
		at += some;
	}
	b->left -= wider.cap - h->cap;
	free(h->ring);
	*h = wider;
}

void history_add(struct history *h, struct history_budget *b, uint64_t offset, struct octets o)
{
	if (h->to != offset)		/* a gap lies between */
		h->from = h->to = offset;
	if (h->to - h->from + o.n > h->cap)
		grow(h, b, (size_t)(h->to - h->from) + o.n);
	if (o.n > h->cap) {
		offset += o.n - h->cap;
		o.p += o.n - h->cap;
		o.n = h->cap;
	}
	if (o.n)
		store(h, offset, o.p, o.n);
	h->to = offset + o.n;
	if (h->to - h->from > h->cap)
		h->from = h->to - h->cap;
}

enum history_answer history_compare(const struct history *h, uint64_t offset, struct octets o)
{
	if (offset < h->from || offset + o.n > h->to)
		return HISTORY_UNKNOWN;
	while (o.n > 0) {
		size_t some = piece(h, offset, o.n);

		if (memcmp(h->ring + (offset & (h->cap - 1)), o.p, some) != 0)
			return HISTORY_DIFFERENT;
		offset += some;
		o.p += some;
		o.n -= some;
	}
	return HISTORY_SAME;
}

void history_drop(struct history *h, struct history_budget *b)
{
	b->left += h->cap;
	free(h->ring);
	*h = (struct history){ NULL, 0, 0, 0 };
}
