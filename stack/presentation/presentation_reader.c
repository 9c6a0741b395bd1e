#include "presentation/presentation_reader.h"

#include "ber/ber_external.h"

enum element {
	ELEMENT_NONE,
	ELEMENT_TRANSFER = 1,
	ELEMENT_ID = 2,
	ELEMENT_SINGLE = 4,
	ELEMENT_OCTETS = 8,
	ELEMENT_BITS = 16,
	ELEMENT_SIMPLE = 32,
	ELEMENT_VALUES = ELEMENT_SINGLE | ELEMENT_OCTETS | ELEMENT_BITS | ELEMENT_SIMPLE,
};

void presentation_reader_init(struct presentation_reader *r)
{
	*r = (struct presentation_reader){ 0 };
	ber_stream_init(&r->stream);
}

static bool fail(struct findings *f, enum presentation_rule rule, uint64_t octet)
{
	return findings_add(f, &presentation_rules[rule], (size_t)octet);
}

static bool fail_ber(struct findings *f, enum ber_rule rule, uint64_t octet)
{
	return findings_add(f, &ber_rules[rule], (size_t)octet);
}

static bool open_user(struct presentation_reader *r, const struct ber_token *t,
                      struct findings *f)
{
	if (t->tag == BER_APPLICATION(0)) {
		r->element = ELEMENT_SIMPLE;
		return fail(f, PRESENTATION_SIMPLE_HEADER, t->at);
	}
	if (t->tag != BER_APPLICATION(1))
		return fail(f, PRESENTATION_TYPE, t->at);
	return t->constructed || fail_ber(f, BER_PRIMITIVE, t->at);
}

static bool open_list(struct presentation_reader *r, const struct ber_token *t,
                      struct findings *f)
{
	if (t->tag != BER_SEQUENCE)
		return fail(f, PRESENTATION_TYPE, t->at);
	r->list_at = t->at;
	r->seen = 0;
	return t->constructed || fail_ber(f, BER_PRIMITIVE, t->at);
}

/* X.226 8.2: [OID] INTEGER, then one of three. */
static bool open_element(struct presentation_reader *r, const struct ber_token *t,
                         struct findings *f)
{
	r->element_at = t->at;
	r->octets = 0;
	r->id_n = 0;
	if (t->tag == BER_OBJECT_IDENTIFIER && r->seen == 0)
		r->element = ELEMENT_TRANSFER;
	else if (t->tag == BER_INTEGER && !(r->seen & ~ELEMENT_TRANSFER))
		r->element = ELEMENT_ID;
	else if (!(r->seen & ELEMENT_ID))
		return fail(f, PRESENTATION_PDV_CONTEXT, t->at);
	else if (r->seen & ELEMENT_VALUES)
		return fail(f, PRESENTATION_ELEMENT, t->at);
	else if (t->tag == BER_CONTEXT(BER_SINGLE))
		r->element = ELEMENT_SINGLE;
	else if (t->tag == BER_CONTEXT(BER_OCTET_ALIGNED))
		r->element = ELEMENT_OCTETS;
	else if (t->tag == BER_CONTEXT(BER_ARBITRARY))
		r->element = ELEMENT_BITS;
	else
		return fail(f, PRESENTATION_PDV_VALUES, t->at);
	r->seen |= r->element;
	r->bits_skip = r->element == ELEMENT_BITS && !t->constructed;
	if (r->element & (ELEMENT_TRANSFER | ELEMENT_ID))
		return !t->constructed || fail_ber(f, BER_CONSTRUCTED, t->at);
	if (r->element == ELEMENT_SINGLE)
		ber_stream_opaque(&r->stream);
	return r->element != ELEMENT_SINGLE || t->constructed ||
	       fail_ber(f, BER_PRIMITIVE, t->at);
}

static bool open_segment(struct presentation_reader *r, const struct ber_token *t,
                         struct findings *f)
{
	uint32_t type = r->element == ELEMENT_BITS ? BER_BIT_STRING : BER_OCTET_STRING;

	if (type == BER_OCTET_STRING && t->tag >= BER_NUMERIC_STRING && t->tag <= BER_BMP_STRING)
		fail_ber(f, BER_SEGMENT_TYPE, t->at);
	else if (t->tag != type)
		return fail_ber(f, BER_SEGMENT_TAG, t->at);
	r->bits_skip = r->element == ELEMENT_BITS && !t->constructed;
	return true;
}

static bool on_open(struct presentation_reader *r, const struct ber_token *t,
                    struct findings *f)
{
	if (t->depth == 0)
		return open_user(r, t, f);
	if (r->element & ELEMENT_VALUES)
		return open_segment(r, t, f);
	return t->depth == 1 ? open_list(r, t, f) : open_element(r, t, f);
}

/* The INTEGER whose contents have been collected. */
static bool settle_id(struct presentation_reader *r, struct findings *f)
{
	uint8_t whole[2 + sizeof r->id_octets] = { BER_INTEGER, r->id_n };
	struct findings own;
	struct ber_tlv t;
	struct ber b;
	int64_t v = 0;

	for (size_t i = 0; i < r->id_n; i++)
		whole[2 + i] = r->id_octets[i];
	if (r->octets > sizeof r->id_octets)
		return fail_ber(f, BER_INTEGER_LARGE, r->element_at);
	findings_clear(&own);
	ber_init(&b, (struct octets){ whole, 2 + (size_t)r->id_n }, &own);
	if (ber_next(&b, &t))
		ber_int_in(&b, &t, 0, INT32_MAX, &presentation_rules[PRESENTATION_CONTEXT_RANGE],
		           &v);
	for (size_t i = 0; i < own.n; i++)
		findings_add(f, own.at[i].rule, (size_t)r->element_at);
	r->id = (uint32_t)v;
	return !own.fatal;
}

static bool on_close(struct presentation_reader *r, const struct ber_token *t,
                     struct findings *f)
{
	if (t->depth == 0) {
		if (r->element != ELEMENT_SIMPLE && r->list_at == 0)
			fail(f, PRESENTATION_PDV_NONE, 0);
		r->element = ELEMENT_NONE;
		r->done = true;
		return true;
	}
	if (r->element == ELEMENT_SIMPLE)
		return true;
	if (t->depth == 1) {
		if (!(r->seen & ELEMENT_ID))
			return fail(f, PRESENTATION_PDV_CONTEXT, r->stream.pos);
		return r->seen & ELEMENT_VALUES || fail(f, PRESENTATION_PDV_VALUES, r->list_at);
	}
	if (t->depth != 2)
		return true;
	if (r->element == ELEMENT_ID && !settle_id(r, f))
		return false;
	if (r->element == ELEMENT_SINGLE && r->octets == 0)
		return fail_ber(f, BER_SINGLE_TYPE, r->element_at);
	r->element = ELEMENT_NONE;
	return true;
}

/* true: *value has octets to be given. */
static bool on_span(struct presentation_reader *r, struct octets span, struct octets *value)
{
	if (r->element == ELEMENT_ID)
		for (size_t i = 0; i < span.n && r->id_n < sizeof r->id_octets; i++)
			r->id_octets[r->id_n++] = span.p[i];
	if (r->bits_skip) {
		r->bits_skip = false;
		span = (struct octets){ span.p + 1, span.n - 1 };
	}
	r->octets += span.n;
	if (!(r->element & ELEMENT_VALUES))
		return false;
	*value = span;
	return span.n > 0;
}

static enum presentation_token swallow(struct presentation_reader *r, struct octets *in,
                                       struct findings *f)
{
	if (in->n && !r->told) {
		r->told = true;
		fail(f, PRESENTATION_TRAILING, r->stream.pos);
	}
	in->n = 0;
	return PRESENTATION_MORE;
}

enum presentation_token presentation_reader_next(struct presentation_reader *r,
                                                 struct octets *in, struct octets *value,
                                                 struct findings *f)
{
	struct ber_token t;

	while (!r->done)
		switch (ber_stream_next(&r->stream, in, &t, f)) {
		case BER_MORE:
			return PRESENTATION_MORE;
		case BER_OPEN:
			if (!on_open(r, &t, f))
				return PRESENTATION_BAD;
			break;
		case BER_SPAN:
			if (on_span(r, t.span, value))
				return PRESENTATION_VALUE;
			break;
		case BER_CLOSE:
			if (!on_close(r, &t, f))
				return PRESENTATION_BAD;
			break;
		default:
			return PRESENTATION_BAD;
		}
	return swallow(r, in, f);
}

bool presentation_reader_end(const struct presentation_reader *r, struct findings *f)
{
	if (r->done)
		return true;
	if (r->stream.pos == 0)
		return fail(f, PRESENTATION_TYPE, 0);
	return ber_stream_end(&r->stream, f);
}
