/*
 * Octets that are held, and their places in the stream.
 */
#include "observer_inner.h"

#include <string.h>

/* From octet `at` of the held octets on: stream offset `stream`. */
struct run {
	size_t at;
	uint64_t stream;
};

static size_t runs_behind(const struct observer_places *p)
{
	return p->more.n / sizeof(struct run);
}

/* The i-th run, 0 being the one that `first` tells.  A leased buffer is not
 * aligned for anything. */
static struct run run_of(const struct observer_places *p, size_t i)
{
	struct run r = { 0, p->first };

	if (i > 0)
		memcpy(&r, p->more.p + (i - 1) * sizeof r, sizeof r);
	return r;
}

/* The run that holds octet `at`. */
static size_t find(const struct observer_places *p, size_t at)
{
	size_t low = 0, high = runs_behind(p) + 1;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (run_of(p, middle).at <= at)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static uint64_t place(const struct observer_places *p, size_t at)
{
	struct run r = run_of(p, find(p, at));

	return r.stream + (at - r.at);
}

void observer_held_init(struct observer_held *h, size_t max)
{
	gather_init(&h->octets, max);
	h->places.first = 0;
	gather_init(&h->places.more, (OBSERVER_RUNS_MAX - 1) * sizeof(struct run));
}

void observer_held_drop(struct observer_held *h, struct pool *pool)
{
	gather_drop(&h->octets, pool);
	gather_drop(&h->places.more, pool);
}

/* Where the table is full, or there is no memory for it, what follows counts as
 * if it stood behind the last run: places are then too small, never wrong by
 * more than the headers between. */
static void note_place(struct observer_held *h, struct pool *pool, uint64_t stream)
{
	struct run r = { h->octets.n, stream };

	if (h->octets.n == 0)
		h->places.first = stream;
	else if (place(&h->places, h->octets.n) != stream)
		gather_add(&h->places.more, pool, (struct octets){ (const uint8_t *)&r, sizeof r });
}

bool observer_held_add(struct observer_held *h, struct pool *pool, struct octets o,
                       uint64_t stream)
{
	if (o.n > h->octets.max - h->octets.n)
		return false;
	if (o.n > 0)
		note_place(h, pool, stream);
	return gather_add(&h->octets, pool, o);
}

struct observer_span observer_within(const struct observer_span *outer, struct octets inner)
{
	struct observer_span s = *outer;

	s.octets = inner;
	if (inner.n > 0)
		s.at += (size_t)(inner.p - outer->octets.p);
	return s;
}

struct octets observer_run(struct observer_span *s, uint64_t *stream)
{
	size_t i = find(s->places, s->at);
	struct octets out = s->octets;

	*stream = place(s->places, s->at);
	if (i < runs_behind(s->places) && run_of(s->places, i + 1).at - s->at < out.n)
		out.n = run_of(s->places, i + 1).at - s->at;
	s->octets.p += out.n;
	s->octets.n -= out.n;
	s->at += out.n;
	return out;
}

uint64_t observer_span_from(const struct observer_span *s)
{
	return place(s->places, s->at);
}

uint64_t observer_span_to(const struct observer_span *s)
{
	return s->octets.n == 0 ? place(s->places, s->at)
	                        : place(s->places, s->at + s->octets.n - 1) + 1;
}
