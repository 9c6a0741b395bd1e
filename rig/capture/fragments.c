#include "capture/fragments.h"

#include "capture/limits.h"
#include "capture/memory.h"

#include <stdlib.h>
#include <string.h>

enum {
	UNIT = 8,			/* octets that offsets count */
	BODY_MAX = 65536,
	UNITS = BODY_MAX / UNIT,
};

/* A packet of which fragments have come. */
struct waiting {
	bool used, spoilt;
	struct capture_address from, to;
	uint32_t id;
	uint8_t protocol;
	int64_t time_ns;
	uint64_t age;
	size_t have, total;		/* octets; total 0: the last has not come */
	size_t head_n;			/* 0: the first has not come */
	uint8_t *octets;		/* FRAGMENT_HEAD_MAX, then BODY_MAX */
	uint8_t units[UNITS / 8];	/* bits: which have come */
};

struct fragments {
	uint64_t age;
	struct waiting waiting[FRAGMENTS_MAX];
};

struct fragments *fragments_new(void)
{
	return capture_take(sizeof(struct fragments));
}

void fragments_free(struct fragments *f)
{
	for (size_t i = 0; f && i < FRAGMENTS_MAX; i++)
		free(f->waiting[i].octets);
	free(f);
}

static bool is_it(const struct waiting *w, const struct capture_segment *seg)
{
	return w->used && w->id == seg->fragment.id && w->protocol == seg->fragment.protocol &&
	       capture_address_equal(&w->from, &seg->from) &&
	       capture_address_equal(&w->to, &seg->to);
}

/* Identifiers come again: what is too old is another packet's. */
static bool is_old(const struct waiting *w, const struct capture_packet *p)
{
	return p->has_time &&
	       p->time_ns - w->time_ns > (int64_t)FRAGMENTS_SECONDS * 1000000000;
}

/* `*dropped`: one that was not complete made place. */
static struct waiting *find(struct fragments *f, const struct capture_packet *p,
                            const struct capture_segment *seg, bool *dropped)
{
	struct waiting *oldest = f->waiting;
	uint8_t *octets;

	for (struct waiting *w = f->waiting; w < f->waiting + FRAGMENTS_MAX; w++) {
		if (is_it(w, seg) && !is_old(w, p))
			return w;
		if (!w->used || (oldest->used && w->age < oldest->age))
			oldest = w;
	}
	*dropped = oldest->used && !oldest->spoilt;
	octets = oldest->octets ? oldest->octets : capture_take(FRAGMENT_HEAD_MAX + BODY_MAX);
	memset(oldest, 0, sizeof *oldest);
	oldest->octets = octets;
	if (!octets)
		return NULL;
	oldest->used = true;
	oldest->from = seg->from;
	oldest->to = seg->to;
	oldest->id = seg->fragment.id;
	oldest->protocol = seg->fragment.protocol;
	oldest->time_ns = p->time_ns;
	return oldest;
}

/* Puts a fragment where it belongs.  false: it overlaps another with other octets, or, in
 * IPv6, at all other than as a copy (RFC 5722 4). */
static bool join(struct waiting *w, const struct capture_fragment *part)
{
	uint8_t *at = w->octets + FRAGMENT_HEAD_MAX + part->offset;
	size_t first = part->offset / UNIT, fresh = 0, again = 0;

	for (size_t i = 0; i < part->body.n; i += UNIT) {
		size_t u = first + i / UNIT, left = part->body.n - i;
		size_t n = left < UNIT ? left : UNIT;
		uint8_t bit = (uint8_t)(1 << u % 8);

		if (w->units[u / 8] & bit) {
			if (memcmp(at + i, part->body.p + i, n) != 0)
				return false;
			again += n;
			continue;
		}
		w->units[u / 8] |= bit;
		memcpy(at + i, part->body.p + i, n);
		fresh += n;
	}
	w->have += fresh;
	return !fresh || !again || w->from.version == 4;
}

static bool fits(const struct waiting *w, const struct capture_fragment *part)
{
	size_t end = part->offset + part->body.n;

	return part->body.n > 0 && end <= BODY_MAX - FRAGMENT_HEAD_MAX &&
	       (!part->more || part->body.n % UNIT == 0) && (!w->total || end <= w->total) &&
	       (part->more || !w->total || end == w->total);
}

/* The head of the whole packet, made of that of its first fragment. */
static void make_head(struct waiting *w, const struct capture_fragment *part)
{
	if (part->head.n > FRAGMENT_HEAD_MAX) {
		w->spoilt = true;
		return;
	}
	w->head_n = part->head.n;
	memcpy(w->octets, part->head.p, part->head.n);
	w->octets[part->next_at] = w->protocol;
}

static void put_u16(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void finish(struct waiting *w, const struct capture_packet *p, struct capture_packet *whole)
{
	*whole = *p;
	memmove(w->octets + w->head_n, w->octets + FRAGMENT_HEAD_MAX, w->total);
	if (w->from.version == 4) {
		put_u16(w->octets + 2, w->head_n + w->total);
		put_u16(w->octets + 6, 0);
	} else {
		put_u16(w->octets + 4, w->head_n - 40 + w->total);
	}
	whole->link = LINK_RAW;
	whole->stays = false;
	whole->octets = (struct octets){ w->octets, w->head_n + w->total };
	whole->original = (uint32_t)whole->octets.n;
	w->used = false;
}

enum fragments_got fragments_add(struct fragments *f, const struct capture_packet *p,
                                 const struct capture_segment *seg, struct capture_packet *whole)
{
	const struct capture_fragment *part = &seg->fragment;
	bool dropped = false;
	struct waiting *w = find(f, p, seg, &dropped);

	if (!w || w->spoilt)
		return FRAGMENTS_DROPPED;
	w->age = ++f->age;
	if (seg->missing || !fits(w, part)) {
		w->spoilt = true;
		return FRAGMENTS_DROPPED;
	}
	if (!join(w, part)) {
		w->spoilt = true;
		return FRAGMENTS_DROPPED;
	}
	if (part->offset == 0)
		make_head(w, part);
	if (!part->more)
		w->total = part->offset + part->body.n;
	if (w->spoilt)
		return FRAGMENTS_DROPPED;
	if (w->head_n && w->total && w->have == w->total) {
		finish(w, p, whole);
		return FRAGMENTS_WHOLE;
	}
	return dropped ? FRAGMENTS_DROPPED : FRAGMENTS_KEPT;
}
