/*
 * cursor: the one way to read octets of a peer.
 *
 * A window on borrowed octets that cannot be left: every read checks first,
 * a sub-window is cut off before its inside is read, and the first failure
 * is sticky (all later reads fail), so record readers go straight down and
 * look once.  `pos` counts from octet 0 of the PDU, also in sub-windows, so
 * the octet of a finding is always right.
 *
 * Indexing octets of a peer anywhere else is a bug.
 */
#ifndef BASE_CURSOR_H
#define BASE_CURSOR_H

#include "base/rule.h"

#include <assert.h>

struct cursor {
	const uint8_t *base;		/* octet 0 of the PDU; borrowed */
	size_t pos, end;
	struct findings *findings;	/* shared with sub-windows */
	const struct rule *short_rule;	/* booked when octets run out */
};

static inline void cursor_init(struct cursor *c, struct octets pdu,
                               struct findings *f, const struct rule *short_rule)
{
	assert(pdu.p || !pdu.n);
	*c = (struct cursor){ pdu.p, 0, pdu.n, f, short_rule };
}

static inline size_t cursor_left(const struct cursor *c)
{
	return c->findings->fatal ? 0 : c->end - c->pos;
}

/* Books `rule` at the octet to be read next; false if it is fatal. */
static inline bool cursor_fail(struct cursor *c, const struct rule *rule)
{
	return findings_add(c->findings, rule, c->pos);
}

static inline bool cursor_need(struct cursor *c, size_t n)
{
	if (c->findings->fatal)
		return false;
	if (n <= c->end - c->pos)	/* never "pos + n > end": that can wrap */
		return true;
	findings_add(c->findings, c->short_rule, c->pos);
	return false;
}

static inline bool cursor_u8(struct cursor *c, uint8_t *v)
{
	if (!cursor_need(c, 1))
		return false;
	*v = c->base[c->pos++];
	return true;
}

/* Two octets, high order first. */
static inline bool cursor_u16(struct cursor *c, uint16_t *v)
{
	if (!cursor_need(c, 2))
		return false;
	*v = (uint16_t)(c->base[c->pos] << 8 | c->base[c->pos + 1]);
	c->pos += 2;
	return true;
}

/* The next octet without taking it. */
static inline bool cursor_peek(struct cursor *c, uint8_t *v)
{
	if (!cursor_need(c, 1))
		return false;
	*v = c->base[c->pos];
	return true;
}

/* Where the next octet is; NULL on nothing, to which not even 0 may be added. */
static inline const uint8_t *cursor_at(const struct cursor *c)
{
	return c->base ? c->base + c->pos : NULL;
}

/* Takes n octets as a borrowed run. */
static inline bool cursor_take(struct cursor *c, size_t n, struct octets *out)
{
	if (!cursor_need(c, n))
		return false;
	/* Where there are octets there is a base. */
	*out = (struct octets){ n ? c->base + c->pos : cursor_at(c), n };
	c->pos += n;
	return true;
}

/* Cuts off the next n octets as a window of their own. */
static inline bool cursor_sub(struct cursor *c, size_t n, struct cursor *sub)
{
	if (!cursor_need(c, n))
		return false;
	*sub = *c;
	sub->end = c->pos + n;
	c->pos += n;
	return true;
}

/* All that is left, as a borrowed run. */
static inline struct octets cursor_rest(struct cursor *c)
{
	struct octets out = { cursor_at(c), cursor_left(c) };

	c->pos += out.n;
	return out;
}

#endif
