#include "ber/ber_stream.h"

#include <assert.h>

enum part {
	PART_NONE,		/* between elements */
	PART_NUMBER,		/* octets of a long tag number follow */
	PART_LENGTH,
	PART_LENGTH_OCTETS,
	PART_BAD,		/* a fatal finding was booked: nothing more is read */
};

void ber_stream_init(struct ber_stream *s)
{
	*s = (struct ber_stream){ .part = PART_NONE };
}

static enum ber_item bad(struct ber_stream *s, struct findings *f, enum ber_rule rule,
                         uint64_t octet)
{
	s->part = PART_BAD;
	findings_add(f, &ber_rules[rule], (size_t)octet);
	return BER_BAD;
}

static uint64_t limit(const struct ber_stream *s)
{
	return s->depth ? s->end[s->depth - 1] : UINT64_MAX;
}

static bool is_indefinite(const struct ber_stream *s)
{
	return s->depth && s->indefinite >> (s->depth - 1) & 1;
}

static enum ber_item close_element(struct ber_stream *s, struct ber_token *out)
{
	s->depth--;
	s->primitive = false;
	s->opaque = false;
	out->at = s->pos;
	out->depth = s->depth;
	return BER_CLOSE;
}

static inline struct octets take(struct ber_stream *s, struct octets *in, uint64_t n)
{
	struct octets o = { in->p, n < in->n ? (size_t)n : in->n };

	in->p += o.n;
	in->n -= o.n;
	s->pos += o.n;
	return o;
}

/* What is left of an element of definite length, as far as it is here. */
static enum ber_item span(struct ber_stream *s, struct octets *in, struct ber_token *out)
{
	uint64_t left = limit(s) - s->pos;

	if (left == 0)
		return close_element(s, out);
	if (in->n == 0)
		return BER_MORE;
	out->at = s->pos;
	out->span = take(s, in, left);
	return BER_SPAN;
}

static enum ber_item number_octet(struct ber_stream *s, uint8_t octet, struct findings *f)
{
	uint32_t number = s->tag & 0x3fffffff;

	if (octet == 0x80 && number == 0 && s->pos == s->at + 2)
		findings_add(f, &ber_rules[BER_TAG_PADDED], (size_t)s->at);
	if (number > 0x3fffffff >> 7)
		return bad(s, f, BER_TAG_LARGE, s->at);
	s->tag = (s->tag & 0xc0000000) | number << 7 | (octet & 0x7f);
	if (octet & 0x80)
		return BER_MORE;
	if ((s->tag & 0x3fffffff) < 0x1f)
		findings_add(f, &ber_rules[BER_TAG_FORM], (size_t)s->at);
	s->part = PART_LENGTH;
	return BER_MORE;
}

static enum ber_item length_octet(struct ber_stream *s, uint8_t octet, struct findings *f)
{
	s->length = octet;
	s->length_n = 1;
	if (octet < 0x80)
		return BER_OPEN;
	if (octet == 0xff)
		return bad(s, f, BER_LENGTH_RESERVED, s->pos - 1);
	if (octet == 0x80 && !s->constructed)
		return bad(s, f, BER_INDEFINITE_PRIMITIVE, s->pos - 1);
	s->length = 0;
	s->left = octet & 0x7f;
	s->length_n = (uint8_t)(1 + s->left);
	s->part = PART_LENGTH_OCTETS;
	return s->left ? BER_MORE : BER_OPEN;
}

/* One octet of a header.  BER_OPEN: it is complete; s->length_n holds, and
 * for the indefinite form s->part is still PART_LENGTH_OCTETS. */
static enum ber_item header_octet(struct ber_stream *s, uint8_t octet, struct findings *f)
{
	switch (s->part) {
	case PART_NONE:
		s->at = s->pos - 1;
		s->constructed = octet & 0x20;
		s->tag = (uint32_t)(octet & 0xc0) << 24;
		if ((octet & 0x1f) == 0x1f) {
			s->part = PART_NUMBER;
			return BER_MORE;
		}
		s->tag |= octet & 0x1f;
		s->part = PART_LENGTH;
		return BER_MORE;
	case PART_NUMBER:
		return number_octet(s, octet, f);
	case PART_LENGTH:
		return length_octet(s, octet, f);
	default:
		s->length = s->length >> 56 ? UINT64_MAX : s->length << 8 | octet;
		return --s->left ? BER_MORE : BER_OPEN;
	}
}

/* The header most elements have, if all of it is here: a tag of one octet and a
 * definite length of at most three.  false: nothing was taken. */
static bool whole_header(struct ber_stream *s, struct octets *in)
{
	const uint8_t *p = in->p;
	size_t room = limit(s) - s->pos < in->n ? (size_t)(limit(s) - s->pos) : in->n;
	size_t more;

	if (s->part != PART_NONE || room < 2 || (p[0] & 0x1f) == 0x1f || p[1] == 0x80)
		return false;
	more = p[1] < 0x80 ? 0 : p[1] & 0x7f;
	if (more > 2 || room < 2 + more)
		return false;
	s->at = s->pos;
	s->length_n = (uint8_t)(1 + more);
	s->constructed = p[0] & 0x20;
	s->tag = (uint32_t)(p[0] & 0xc0) << 24 | (p[0] & 0x1f);
	s->length = more == 0 ? p[1] : more == 1 ? p[2] : (uint64_t)p[2] << 8 | p[3];
	take(s, in, 2 + more);
	return true;
}

/* Any header, octet by octet, cut anywhere. */
static enum ber_item header_in_pieces(struct ber_stream *s, struct octets *in, bool *indefinite,
                                      struct findings *f)
{
	enum ber_item item = BER_MORE;
	uint8_t left_before = 0;

	while (item == BER_MORE) {
		if (s->pos == limit(s))
			return bad(s, f, s->part == PART_NONE ? BER_EOC_MISSING : BER_CUT, s->pos);
		if (in->n == 0)
			return BER_MORE;
		left_before = s->left;
		item = header_octet(s, *take(s, in, 1).p, f);
	}
	*indefinite = s->part == PART_LENGTH_OCTETS && left_before == 0;
	return item;
}

/* BER_OPEN: a header is complete and fits. */
static enum ber_item header(struct ber_stream *s, struct octets *in, bool *indefinite,
                            struct findings *f)
{
	enum ber_item item;

	*indefinite = false;
	if (!whole_header(s, in)) {
		item = header_in_pieces(s, in, indefinite, f);
		if (item != BER_OPEN)
			return item;
	}
	s->part = PART_NONE;
	if (s->length > limit(s) - s->pos)
		return bad(s, f, BER_LENGTH_PAST, s->pos - s->length_n);
	return BER_OPEN;
}

/* X.690 8.1.5.  BER_CLOSE: these are end-of-contents octets. */
static enum ber_item end_of_contents(struct ber_stream *s, struct findings *f)
{
	if (!is_indefinite(s))
		return bad(s, f, BER_EOC_STRAY, s->at);
	if (s->constructed || s->length || s->pos != s->at + 2)
		return bad(s, f, BER_EOC_LENGTH, s->at);
	return BER_CLOSE;
}

static enum ber_item open_element(struct ber_stream *s, bool indefinite, struct ber_token *out,
                                  struct findings *f)
{
	if (s->depth == BER_STREAM_DEPTH_MAX)
		return bad(s, f, BER_TOO_DEEP, s->at);
	s->end[s->depth] = indefinite ? limit(s) : s->pos + s->length;
	s->indefinite = (uint8_t)((s->indefinite & ~(1u << s->depth)) |
	                          (unsigned)indefinite << s->depth);
	s->primitive = !s->constructed;
	*out = (struct ber_token){
		.at = s->at, .length = s->length, .tag = s->tag, .constructed = s->constructed,
		.indefinite = indefinite, .depth = s->depth++ };
	return BER_OPEN;
}

/* An inner element of an opaque one of indefinite length. */
static enum ber_item inner_element(struct ber_stream *s, bool indefinite, struct findings *f)
{
	if (s->tag == 0) {
		if (end_of_contents(s, f) == BER_BAD)
			return BER_BAD;
		s->inner--;
		return BER_MORE;
	}
	if (!indefinite)
		s->skip = s->length;
	else if (s->depth + ++s->inner >= BER_DEPTH_MAX)
		return bad(s, f, BER_TOO_DEEP, s->at);
	return BER_MORE;
}

/* The octets of an opaque element of indefinite length, up to its own
 * end-of-contents octets.  Only those begin with 00 where nothing is open
 * inside, so the octet 00 can be held back without looking ahead. */
static enum ber_item opaque(struct ber_stream *s, struct octets *in, struct ber_token *out,
                            struct findings *f)
{
	const uint8_t *begin = in->p;
	enum ber_item item = BER_MORE;
	bool indefinite;

	out->at = s->pos;
	while (item == BER_MORE && in->n > 0 && !s->ending) {
		s->skip -= take(s, in, s->skip).n;
		if (in->n == 0)
			break;
		s->ending = s->part == PART_NONE && s->inner == 0 && *in->p == 0;
		if (s->ending)
			break;
		item = header(s, in, &indefinite, f);
		if (item == BER_OPEN)
			item = inner_element(s, indefinite, f);
	}
	if (item == BER_BAD)
		return BER_BAD;
	out->span = (struct octets){ begin, (size_t)(in->p - begin) };
	if (out->span.n)
		return BER_SPAN;
	if (!s->ending)
		return BER_MORE;
	item = header(s, in, &indefinite, f);
	if (item != BER_OPEN)
		return item;
	return end_of_contents(s, f) == BER_BAD ? BER_BAD : close_element(s, out);
}

enum ber_item ber_stream_next(struct ber_stream *s, struct octets *in, struct ber_token *out,
                              struct findings *f)
{
	enum ber_item item;
	bool indefinite;

	if (s->part == PART_BAD)
		return BER_BAD;
	if (s->primitive || (s->opaque && !is_indefinite(s)))
		return span(s, in, out);
	if (s->opaque)
		return opaque(s, in, out, f);
	if (s->part == PART_NONE && s->depth && !is_indefinite(s) && s->pos == limit(s))
		return close_element(s, out);
	item = header(s, in, &indefinite, f);
	if (item != BER_OPEN)
		return item;
	if (s->tag == 0)
		return end_of_contents(s, f) == BER_BAD ? BER_BAD : close_element(s, out);
	return open_element(s, indefinite, out, f);
}

void ber_stream_opaque(struct ber_stream *s)
{
	assert(s->depth > 0 && s->part == PART_NONE);
	s->opaque = true;
	s->ending = false;
	s->inner = 0;
	s->skip = 0;
}

bool ber_stream_between(const struct ber_stream *s)
{
	return s->depth == 0 && s->part == PART_NONE;
}

bool ber_stream_end(const struct ber_stream *s, struct findings *f)
{
	if (ber_stream_between(s))
		return true;
	if (s->part == PART_NONE && s->depth && !s->primitive && is_indefinite(s) && !s->skip)
		return findings_add(f, &ber_rules[BER_EOC_MISSING], (size_t)s->pos);
	return findings_add(f, &ber_rules[BER_CUT], (size_t)s->pos);
}
