/*
 * Where the elements of a list stand in a head, so that some can be left out.
 */
#include "mta/mta_inner.h"

#include <stdlib.h>

static bool is_kept(const struct places *p, const struct place_of *at, places_keep_fn *keep,
                    const void *ctx)
{
	struct p1_window one = { p->base, at->begin, at->end, true };

	return !keep || keep(ctx, at->index, &one);
}

/* false: no memory. */
static bool put(struct places *p, uint32_t *room, const struct place_of *at)
{
	struct place_of *more = p->at;

	if (p->n == *room) {
		*room = *room ? *room * 2 : 16;
		more = realloc(p->at, *room * sizeof *more);
	}
	if (!more)
		return false;
	p->at = more;
	p->at[p->n++] = *at;
	return true;
}

bool places_new(struct places *p, const struct p1_window *w, places_keep_fn *keep, const void *ctx)
{
	struct findings f = { .n = 0 };
	struct p1_iterator it;
	struct octets raw;
	struct ber_tlv t;
	uint32_t room = 0;
	bool ok = true;

	*p = (struct places){ .base = w->base };
	p1_walk(&it, w, &f);
	for (uint32_t i = 0; ok && ber_next(&it.ber, &t) && ber_raw(&it.ber, &t, &raw); i++) {
		struct place_of at = { .index = i };

		at.begin = (size_t)(raw.p - w->base);
		at.end = at.begin + raw.n;
		if (is_kept(p, &at, keep, ctx))
			ok = put(p, &room, &at);
	}
	return ok;
}

struct p1_window places_window(const struct places *p, uint32_t i)
{
	return (struct p1_window){ p->base, p->at[i].begin, p->at[i].end, true };
}

void places_free(struct places *p)
{
	free(p->at);
	p->at = NULL;
}
