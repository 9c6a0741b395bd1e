/*
 * Octets that change, go missing or come twice.
 */
#include "link/link_node.h"

#include <math.h>

enum { CHANGE, MISS };

void link_damage_init(struct link_damage *d, uint64_t seed, enum link_direction way)
{
	*d = (struct link_damage){ 0 };
	link_random_init(&d->random, seed, way, LINK_DRAWS_DAMAGE);
}

void link_damage_again(struct link_damage *d)
{
	d->drawn[CHANGE] = d->drawn[MISS] = false;
}

/* Octets that stay sound before the next one that does not: one draw for a whole
 * run instead of one for each octet. */
static uint64_t draw(struct link_damage *d, uint32_t probability)
{
	double p = (double)probability / LINK_ALWAYS, x;

	if (probability == 0)
		return UINT64_MAX;
	if (probability >= LINK_ALWAYS)
		return 0;
	x = floor(log1p(-link_random_unit(&d->random)) / log1p(-p));
	return x < 1e18 ? (uint64_t)x : UINT64_MAX;
}

static void draw_first(struct link_damage *d, int what, uint32_t probability)
{
	uint64_t n;

	if (d->drawn[what])
		return;
	n = draw(d, probability);
	d->drawn[what] = true;
	d->sound[what] = n < UINT64_MAX - d->offset ? d->offset + n : UINT64_MAX;
}

size_t link_damage(struct link_damage *d, const struct link_line *line, uint8_t *p, size_t n,
                   void (*tell)(void *ctx, const struct link_harm *h), void *ctx)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++, d->offset++) {
		struct link_harm h = { d->offset, p[i], p[i], false };

		draw_first(d, CHANGE, line->corrupt);
		draw_first(d, MISS, line->missing);
		if (d->offset == d->sound[CHANGE]) {
			h.after = (uint8_t)(p[i] ^ (1 + link_random_next(&d->random) % 255));
			d->drawn[CHANGE] = false;
		}
		if (d->offset == d->sound[MISS]) {
			h.missing = true;
			d->drawn[MISS] = false;
		}
		if (h.missing || h.after != h.before)
			tell(ctx, &h);
		if (!h.missing)
			p[kept++] = h.after;
	}
	return kept;
}
