/*
 * A message with one part of text, written from its end.
 */
#include "ipm/ipm.h"
#include "p1/p1_backward.h"

/* Identifier octets. */
enum {
	TAG_PRINTABLE = 0x13,
	TAG_T61 = 0x14,
	TAG_IA5 = 0x16,
	TAG_SEQUENCE = 0x30,
	TAG_SET = 0x31,
	TAG_IPM_ID = 0x6b,
};

enum { NOTIFY_RECEIPT = 3 };		/* rn and nrn */

static void put_body(struct p1_backward *w)
{
	/* The text follows: all that is put here is in front of it. */
	p1_put_header(w, TAG_IA5, 0);
	p1_put_header(w, TAG_SET, p1_mark(w));
	p1_put_header(w, 0xa0, 0);
	p1_put_header(w, TAG_SEQUENCE, 0);
}

static void put_recipient(struct p1_backward *w, const struct ipm_compose *c, struct octets name)
{
	uint64_t mark = p1_mark(w);

	if (c->receipt)
		p1_put_bits(w, 0x81, NOTIFY_RECEIPT, 0);
	p1_put_value(w, 0xa0, name);
	p1_put_header(w, TAG_SET, mark);
}

static void put_primary(struct p1_backward *w, const struct ipm_compose *c)
{
	uint64_t mark = p1_mark(w);

	for (uint32_t i = c->primary_n; i-- > 0;)
		put_recipient(w, c, c->primary[i]);
	if (c->primary_n)
		p1_put_header(w, 0xa2, mark);
}

static void put_id(struct p1_backward *w, const struct ipm_compose *c)
{
	uint64_t mark = p1_mark(w);

	p1_put_value(w, TAG_PRINTABLE, c->local);
	p1_put_octets(w, c->name);
	p1_put_header(w, TAG_IPM_ID, mark);
}

static void put_subject(struct p1_backward *w, const struct ipm_compose *c)
{
	uint64_t mark = p1_mark(w);

	if (c->subject.n == 0)
		return;
	p1_put_value(w, TAG_T61, c->subject);
	p1_put_header(w, 0xa8, mark);
}

static void put_ipm(struct p1_backward *w, const void *ctx)
{
	const struct ipm_compose *c = ctx;
	uint64_t heading;

	put_body(w);
	heading = p1_mark(w);
	if (c->has_importance)
		p1_put_int(w, 0x8c, c->importance);
	put_subject(w, c);
	put_primary(w, c);
	if (c->originator.n)
		p1_put_value(w, 0xa0, c->originator);
	put_id(w, c);
	p1_put_header(w, TAG_SET, heading);
	p1_put_header(w, 0xa0, 0);
}

size_t ipm_compose_head(const struct ipm_compose *c, uint64_t text_length,
                        uint8_t *dst, size_t cap)
{
	return p1_write(put_ipm, c, text_length, dst, cap);
}
