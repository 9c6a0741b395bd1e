/*
 * p1_backward: BER written from its end to its beginning (private to p1/ and
 * ipm/).
 *
 * A header can be written only when the length of its contents is known; so
 * contents go first, and every header is right at once: one pass, no tree, no
 * depth.  What does not fit is only counted (dst NULL: nothing does).
 *
 *     mark = p1_mark(&w);
 *     ... contents, last element first ...
 *     p1_put_header(&w, 0x30, mark);
 */
#ifndef P1_BACKWARD_H
#define P1_BACKWARD_H

#include "ber/ber.h"
#include "p1/p1_pdu.h"

struct p1_backward {
	uint8_t *dst;		/* NULL: count only */
	size_t size;		/* of dst */
	size_t n;		/* octets put so far; they stand at dst + size - n */
	uint64_t behind;	/* octets that follow dst on the wire and count in lengths */
};

static inline uint64_t p1_mark(const struct p1_backward *w)
{
	return w->n + w->behind;
}

void p1_put_octets(struct p1_backward *w, struct octets o);

/* Where the octets that were counted last stand; NULL: they do not fit. */
static inline uint8_t *p1_place(const struct p1_backward *w)
{
	return w->dst && w->n <= w->size ? w->dst + (w->size - w->n) : NULL;
}

static inline void p1_put_u8(struct p1_backward *w, uint8_t v)
{
	uint8_t *at;

	w->n++;
	at = p1_place(w);
	if (at)
		*at = v;
}
/* Identifier octet and length of what was put since `mark`. */
void p1_put_header(struct p1_backward *w, uint8_t tag, uint64_t mark);

/* Whole elements. */
void p1_put_value(struct p1_backward *w, uint8_t tag, struct octets contents);
void p1_put_string(struct p1_backward *w, uint8_t tag, const struct ber_string *s);
void p1_put_int(struct p1_backward *w, uint8_t tag, int64_t v);
/* At least `least` bits, named bit i = 1 << i, at most 8. */
void p1_put_bits(struct p1_backward *w, uint8_t tag, uint8_t bits, unsigned least);

void p1_put_domain(struct p1_backward *w, uint8_t tag, const struct p1_domain *d);
void p1_put_mts_id(struct p1_backward *w, uint8_t tag, const struct p1_mts_id *id);
/* An element of the trace, or of the internal one. */
void p1_put_trace(struct p1_backward *w, const struct p1_trace *e, bool internal);

/* Octets that `put` puts; they stand at dst if it is there and cap suffices, else
 * dst holds nothing of use. */
size_t p1_write(void (*put)(struct p1_backward *w, const void *ctx), const void *ctx,
                uint64_t behind, uint8_t *dst, size_t cap);

#endif
