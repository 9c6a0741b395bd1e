#include "p1/p1_backward.h"

#include <string.h>

void p1_put_octets(struct p1_backward *w, struct octets o)
{
	uint8_t *at;

	w->n += o.n;
	at = p1_place(w);
	if (at && o.n)
		memcpy(at, o.p, o.n);
}

void p1_put_header(struct p1_backward *w, uint8_t tag, uint64_t mark)
{
	uint64_t length = p1_mark(w) - mark;
	uint64_t left = length;
	uint8_t octets = 0;

	if (length < 0x80) {
		p1_put_u8(w, (uint8_t)length);
	} else {
		for (; left; left >>= 8, octets++)
			p1_put_u8(w, (uint8_t)left);
		p1_put_u8(w, 0x80 | octets);
	}
	p1_put_u8(w, tag);
}

void p1_put_value(struct p1_backward *w, uint8_t tag, struct octets contents)
{
	uint64_t mark = p1_mark(w);

	p1_put_octets(w, contents);
	p1_put_header(w, tag, mark);
}

/* Segments are joined: a string that was sent in pieces is written whole. */
static void put_segments(struct p1_backward *w, const struct ber_string *s)
{
	struct ber_segments i;
	struct octets piece;
	uint8_t *at;

	w->n += (size_t)ber_string_size(s);
	at = p1_place(w);
	ber_segments_init(&i, s);
	while (at && ber_segments_next(&i, &piece)) {
		if (piece.n)
			memcpy(at, piece.p, piece.n);
		at += piece.n;
	}
}

void p1_put_string(struct p1_backward *w, uint8_t tag, const struct ber_string *s)
{
	uint64_t mark = p1_mark(w);

	if (s->segmented)
		put_segments(w, s);
	else
		p1_put_octets(w, s->raw);
	p1_put_header(w, tag, mark);
}

void p1_put_int(struct p1_backward *w, uint8_t tag, int64_t v)
{
	uint64_t mark = p1_mark(w);
	uint8_t octet;

	/* X.690 8.3.2: stop where the rest is only the sign. */
	do {
		octet = (uint8_t)v;
		p1_put_u8(w, octet);
		v = v < 0 ? ~(~v >> 8) : v >> 8;
	} while (!(v == 0 && octet < 0x80) && !(v == -1 && octet >= 0x80));
	p1_put_header(w, tag, mark);
}

void p1_put_bits(struct p1_backward *w, uint8_t tag, uint8_t bits, unsigned least)
{
	uint8_t octet = 0, n = 0;

	for (uint8_t i = 0; i < 8; i++) {
		if (bits >> i & 1) {
			octet |= (uint8_t)(0x80 >> i);
			n = (uint8_t)(i + 1);
		}
	}
	if (n < least)
		n = (uint8_t)least;
	p1_put_value(w, tag, (struct octets){ (uint8_t[]){ (uint8_t)((8 - n) & 7), octet },
	                                      n ? 2 : 1 });
}

static void put_attempted(struct p1_backward *w, const struct p1_trace *e)
{
	if (e->has_attempted)
		p1_put_domain(w, 0x63, &e->attempted);
	else if (e->attempted_mta.raw.n)
		p1_put_string(w, 0x16, &e->attempted_mta);
}

void p1_put_trace(struct p1_backward *w, const struct p1_trace *e, bool internal)
{
	uint64_t element = p1_mark(w), set = p1_mark(w);

	if (e->other_actions)
		p1_put_bits(w, 0x83, e->other_actions, 2);
	p1_put_octets(w, e->converted_eits);
	if (e->deferred.raw.n)
		p1_put_string(w, 0x81, &e->deferred);
	put_attempted(w, e);
	p1_put_int(w, 0x82, e->action);
	p1_put_string(w, 0x80, &e->arrival);
	p1_put_header(w, 0x31, set);
	if (internal)
		p1_put_string(w, 0x16, &e->mta);
	p1_put_domain(w, 0x63, &e->domain);
	p1_put_header(w, 0x30, element);
}

size_t p1_write(void (*put)(struct p1_backward *w, const void *ctx), const void *ctx,
                uint64_t behind, uint8_t *dst, size_t cap)
{
	struct p1_backward w = { .dst = dst, .size = cap, .behind = behind };

	put(&w, ctx);
	if (dst && w.n < cap)
		memmove(dst, dst + (cap - w.n), w.n);
	return w.n;
}
