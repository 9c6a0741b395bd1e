#include "capture/history.h"

#include "capture/limits.h"
#include "capture/memory.h"

#include <stdlib.h>
#include <string.h>

enum { RUNS_FIRST = 8 };

static struct history_run *run(const struct history *h, uint32_t i)
{
	return &h->at[(h->first + i) & (h->cap - 1)];
}

static void drop_oldest(struct history *h, struct history_budget *b)
{
	struct history_run *r = run(h, 0);

	if (r->own) {
		b->left += r->n;
		free((void *)(uintptr_t)r->p);
	}
	h->first++;
	h->n--;
}

static void drop_all(struct history *h, struct history_budget *b)
{
	while (h->n > 0)
		drop_oldest(h, b);
}

/* Room for one run more, if that may be. */
static void grow(struct history *h, struct history_budget *b)
{
	struct history wider = *h;
	size_t cost;

	wider.cap = h->cap ? 2 * h->cap : RUNS_FIRST;
	cost = (wider.cap - h->cap) * sizeof *h->at;
	if (wider.cap > HISTORY_RUNS || cost > b->left)
		return;
	wider.at = capture_take(wider.cap * sizeof *wider.at);
	if (!wider.at)
		return;
	wider.first = 0;
	for (uint32_t i = 0; i < h->n; i++)
		wider.at[i] = *run(h, i);
	b->left -= cost;
	free(h->at);
	*h = wider;
}

/* What is kept without its oldest run is enough. */
static bool is_long(const struct history *h, size_t more)
{
	return h->n > 1 && h->to - run(h, 1)->offset + more >= STREAMS_HISTORY;
}

/* A run in memory of our own.  false: it is not to be had. */
static bool copy(struct history *h, struct history_budget *b, struct history_run *r)
{
	uint8_t *p;

	while (r->n > b->left && h->n > 0)
		drop_oldest(h, b);
	p = r->n <= b->left ? capture_grow(NULL, r->n) : NULL;
	if (!p)
		return false;
	r->p = memcpy(p, r->p, r->n);
	r->own = true;
	b->left -= r->n;
	return true;
}

void history_add(struct history *h, struct history_budget *b, uint64_t offset, struct octets o,
                 bool stays)
{
	struct history_run new;

	if (o.n > STREAMS_HISTORY) {
		offset += o.n - STREAMS_HISTORY;
		o.p += o.n - STREAMS_HISTORY;
		o.n = STREAMS_HISTORY;
	}
	new = (struct history_run){ offset, o.p, (uint32_t)o.n, false };
	if (h->to != offset)		/* a gap lies between */
		drop_all(h, b);
	while (is_long(h, o.n))
		drop_oldest(h, b);
	if (h->n == h->cap)
		grow(h, b);
	if (h->n > 0 && h->n == h->cap)
		drop_oldest(h, b);
	h->to = offset + o.n;
	if (o.n > 0 && h->cap > 0 && (stays || copy(h, b, &new)))
		*run(h, h->n++) = new;
	else if (o.n > 0)
		drop_all(h, b);
}

/* The run that holds an octet, which one of them does. */
static uint32_t find(const struct history *h, uint64_t offset)
{
	uint32_t low = 0, high = h->n;

	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (run(h, middle)->offset <= offset)
			low = middle;
		else
			high = middle;
	}
	return low;
}

enum history_answer history_compare(const struct history *h, uint64_t offset, struct octets o)
{
	uint64_t from = h->n > 0 ? run(h, 0)->offset : h->to;

	if (offset < from || offset + o.n > h->to)
		return HISTORY_UNKNOWN;
	for (uint32_t i = o.n > 0 ? find(h, offset) : 0; o.n > 0; i++) {
		const struct history_run *r = run(h, i);
		size_t skip = (size_t)(offset - r->offset);
		size_t some = r->n - skip < o.n ? r->n - skip : o.n;

		if (memcmp(r->p + skip, o.p, some) != 0)
			return HISTORY_DIFFERENT;
		offset += some;
		o.p += some;
		o.n -= some;
	}
	return HISTORY_SAME;
}

void history_drop(struct history *h, struct history_budget *b)
{
	drop_all(h, b);
	b->left += h->cap * sizeof *h->at;
	free(h->at);
	*h = (struct history){ .at = NULL };
}
