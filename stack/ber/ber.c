#include "ber/ber.h"

#include <assert.h>

const struct rule ber_rules[BER_RULES_N] = {
#define ROW(...) RULE_ROW(LAYER_BER, __VA_ARGS__)
	BER_RULES(ROW)
#undef ROW
};

enum {
	CLASS_BITS = 0xc0,
	CONSTRUCTED_BIT = 0x20,
	NUMBER_BITS = 0x1f,
	TAG_NUMBER_MAX = 0x3fffffff,
	LENGTH_INDEFINITE_OCTET = 0x80,
	LENGTH_RESERVED_OCTET = 0xff,
	END_OF_CONTENTS = 2,	/* octets */
};

static bool fail_at(struct cursor *c, enum ber_rule rule, size_t octet)
{
	return findings_add(c->findings, &ber_rules[rule], octet);
}

/* X.690 8.1.2.4: seven bits an octet, the last without bit 8. */
static bool read_long_number(struct cursor *c, uint32_t *number, size_t at)
{
	uint32_t n = 0;
	uint8_t octet = 0;
	bool first = true;

	do {
		if (!cursor_u8(c, &octet))
			return false;
		if (first && octet == 0x80)
			fail_at(c, BER_TAG_PADDED, at);
		if (n > TAG_NUMBER_MAX >> 7)
			return fail_at(c, BER_TAG_LARGE, at);
		n = n << 7 | (octet & 0x7f);
		first = false;
	} while (octet & 0x80);
	if (n < NUMBER_BITS)
		fail_at(c, BER_TAG_FORM, at);
	*number = n;
	return true;
}

static bool read_tag(struct cursor *c, struct ber_tlv *t)
{
	uint32_t number;
	uint8_t octet;

	t->at = c->pos;
	if (!cursor_u8(c, &octet))
		return false;
	number = octet & NUMBER_BITS;
	if (number == NUMBER_BITS && !read_long_number(c, &number, t->at))
		return false;
	t->tag = (uint32_t)(octet & CLASS_BITS) << 24 | number;
	t->constructed = octet & CONSTRUCTED_BIT;
	return true;
}

/* X.690 8.1.3.5.  Leading zero octets are allowed there; a value beyond 64
 * bits cannot fit the window and saturates. */
static bool read_long_length(struct cursor *c, size_t octets, uint8_t asks, uint64_t *length)
{
	size_t at = c->pos - 1;
	size_t given = octets;
	uint64_t n = 0;
	uint8_t octet;

	while (octets-- > 0) {
		if (!cursor_u8(c, &octet))
			return false;
		n = n >> 56 ? UINT64_MAX : n << 8 | octet;
	}
	if (asks & BER_ASK_MINIMAL &&
	    (n < 0x80 || (given <= sizeof n && n >> (8 * (given - 1)) == 0) || given > sizeof n))
		fail_at(c, BER_LENGTH_FORM, at);
	*length = n;
	return true;
}

static bool read_length(struct cursor *c, struct ber_tlv *t, uint8_t asks)
{
	size_t at = c->pos;
	uint64_t length;
	uint8_t octet;

	t->indefinite = false;
	if (!cursor_u8(c, &octet))
		return false;
	if (octet == LENGTH_RESERVED_OCTET)
		return fail_at(c, BER_LENGTH_RESERVED, at);
	if (octet == LENGTH_INDEFINITE_OCTET) {
		if (!t->constructed)
			return fail_at(c, BER_INDEFINITE_PRIMITIVE, at);
		if (asks & BER_ASK_DEFINITE)
			fail_at(c, BER_INDEFINITE_FORM, at);
		t->indefinite = true;
		t->body = c->pos;
		t->end = c->pos;
		return true;
	}
	length = octet;
	if (octet & 0x80 && !read_long_length(c, octet & 0x7f, asks, &length))
		return false;
	if (length > c->end - c->pos)
		return fail_at(c, BER_LENGTH_PAST, at);
	t->body = c->pos;
	t->end = c->pos + (size_t)length;
	return true;
}

/* The header that most elements have: two octets.  false: another one, or one
 * with a fault, nothing read. */
static bool read_short_header(struct cursor *c, struct ber_tlv *t)
{
	size_t at = c->pos;
	uint16_t two = 0;

	if (cursor_left(c) < 2)
		return false;
	cursor_u16(c, &two);
	if ((two >> 8 & NUMBER_BITS) == NUMBER_BITS || two & 0x80 ||
	    (two & 0x7fu) > c->end - c->pos) {
		c->pos = at;
		return false;
	}
	*t = (struct ber_tlv){
		.at = at, .body = c->pos, .end = c->pos + (two & 0x7f),
		.tag = (uint32_t)(two >> 8 & CLASS_BITS) << 24 | (two >> 8 & NUMBER_BITS),
		.constructed = two >> 8 & CONSTRUCTED_BIT };
	return true;
}

static bool read_header(struct cursor *c, struct ber_tlv *t, uint8_t asks)
{
	return read_short_header(c, t) || (read_tag(c, t) && read_length(c, t, asks));
}

/* X.690 8.1.5, for an element of universal tag 0. */
static bool is_end(struct cursor *c, const struct ber_tlv *t, bool indefinite)
{
	if (!indefinite)
		return fail_at(c, BER_EOC_STRAY, t->at);
	if (t->constructed || t->end != t->at + END_OF_CONTENTS)
		return fail_at(c, BER_EOC_LENGTH, t->at);
	return true;
}

void ber_init_window(struct ber *b, const struct cursor *window)
{
	b->c = *window;
	b->c.short_rule = &ber_rules[BER_CUT];
	b->pending = false;
	b->held = false;
	b->asks = 0;
	b->depth = 0;
	b->level[0] = (struct ber_level){ window->end, false, false };
}

void ber_init(struct ber *b, struct octets pdu, struct findings *f)
{
	struct cursor window;

	cursor_init(&window, pdu, f, &ber_rules[BER_CUT]);
	ber_init_window(b, &window);
}

/* From the contents of an indefinite element to behind its end-of-contents.
 * Definite elements inside are jumped over, so each octet is seen once. */
static bool skip_indefinite(struct ber *b)
{
	unsigned open = 1;
	struct ber_tlv t;

	while (open > 0) {
		if (b->c.pos == b->c.end)
			return fail_at(&b->c, BER_EOC_MISSING, b->c.pos);
		if (!read_header(&b->c, &t, b->asks))
			return false;
		if (t.tag == 0) {
			if (!is_end(&b->c, &t, true))
				return false;
			open--;
		} else if (!t.indefinite) {
			b->c.pos = t.end;
		} else if (b->depth + ++open >= BER_DEPTH_MAX) {
			return fail_at(&b->c, BER_TOO_DEEP, t.at);
		}
	}
	return true;
}

/* Moves behind the current element. */
static bool finish(struct ber *b)
{
	if (!ber_ok(b))
		return false;
	if (!b->pending)
		return true;
	b->pending = false;
	b->held = false;
	if (b->current.indefinite)
		return skip_indefinite(b);
	b->c.pos = b->current.end;
	return true;
}

bool ber_next(struct ber *b, struct ber_tlv *t)
{
	struct ber_level *l = &b->level[b->depth];

	if (b->held && ber_ok(b)) {
		b->held = false;
		*t = b->current;
		return true;
	}
	if (!finish(b) || l->ended)
		return false;
	if (b->c.pos == b->c.end) {
		if (l->indefinite)
			fail_at(&b->c, BER_EOC_MISSING, b->c.pos);
		return false;
	}
	if (!read_header(&b->c, &b->current, b->asks))
		return false;
	if (b->current.tag == 0) {
		l->ended = is_end(&b->c, &b->current, l->indefinite);
		return false;
	}
	b->pending = true;
	*t = b->current;
	return true;
}

bool ber_peek(const struct ber *b, struct octets *out)
{
	const uint8_t *p = b->c.base + b->c.pos;
	size_t left = b->c.end - b->c.pos;

	if (b->held || b->pending || !ber_ok(b) || left < 2 || p[0] == 0 ||
	    (p[0] & 0x1f) == 0x1f || p[1] >= 0x80 || p[1] > left - 2)
		return false;
	*out = (struct octets){ p, 2 + (size_t)p[1] };
	return true;
}

bool ber_optional(struct ber *b, struct ber_tlv *t, uint32_t tag)
{
	struct ber_tlv next;

	if (!ber_next(b, &next))
		return false;
	if (next.tag != tag) {
		b->held = true;
		return false;
	}
	*t = next;
	return true;
}

bool ber_take(struct ber *b, struct ber_tlv *t, uint32_t tag, const struct rule *rule)
{
	if (ber_optional(b, t, tag))
		return true;
	if (ber_ok(b))
		findings_add(b->c.findings, rule, b->held ? b->current.at : b->c.pos);
	return false;
}

bool ber_end(struct ber *b, const struct rule *rule)
{
	struct ber_tlv t;

	if (b->level[b->depth].indefinite) {
		if (ber_next(b, &t))
			return ber_fail(b, &t, rule);
		return ber_ok(b);
	}
	if (b->held)
		return ber_fail(b, &b->current, rule);
	if (!finish(b))
		return false;
	return b->c.pos == b->c.end || cursor_fail(&b->c, rule);
}

/* The caller reads the element it was given last. */
static bool use(const struct ber *b, const struct ber_tlv *t)
{
	if (!ber_ok(b))
		return false;
	assert(b->pending && !b->held && t->at == b->current.at);
	return true;
}

bool ber_enter(struct ber *b, const struct ber_tlv *t)
{
	struct ber_level *l;

	if (!use(b, t))
		return false;
	if (!t->constructed)
		return ber_fail(b, t, &ber_rules[BER_PRIMITIVE]);
	if (b->depth + 1 >= BER_DEPTH_MAX)
		return ber_fail(b, t, &ber_rules[BER_TOO_DEEP]);
	b->pending = false;
	l = &b->level[++b->depth];
	*l = (struct ber_level){ t->indefinite ? b->c.end : t->end, t->indefinite, false };
	b->c.end = l->end;
	return true;
}

bool ber_leave(struct ber *b)
{
	struct ber_level *l = &b->level[b->depth];
	struct ber_tlv t;

	assert(b->depth > 0);
	if (l->indefinite) {
		while (ber_next(b, &t))
			;
	} else if (ber_ok(b)) {
		b->c.pos = l->end;
	}
	b->pending = false;
	b->held = false;
	b->c.end = b->level[--b->depth].end;
	return ber_ok(b);
}

/* Contents of a type that has no constructed encoding. */
static bool primitive(struct ber *b, const struct ber_tlv *t, struct cursor *contents)
{
	if (!use(b, t))
		return false;
	if (t->constructed) {
		ber_fail(b, t, &ber_rules[BER_CONSTRUCTED]);
		return false;
	}
	b->pending = false;
	return cursor_sub(&b->c, t->end - t->body, contents);
}

bool ber_boolean(struct ber *b, const struct ber_tlv *t, bool *out)
{
	struct cursor c;
	uint8_t v = 0;

	if (!primitive(b, t, &c))
		return false;
	if (cursor_left(&c) != 1)
		return ber_fail(b, t, &ber_rules[BER_BOOLEAN_LENGTH]);
	cursor_u8(&c, &v);
	*out = v != 0;
	return true;
}

bool ber_int(struct ber *b, const struct ber_tlv *t, int64_t *out)
{
	struct cursor c;
	uint64_t v;
	uint8_t first = 0, octet = 0;
	size_t left;

	if (!primitive(b, t, &c))
		return false;
	left = cursor_left(&c);
	if (left == 0)
		return ber_fail(b, t, &ber_rules[BER_INTEGER_EMPTY]);
	cursor_u8(&c, &first);
	/* X.690 8.3.2, and with it the sign octets that can be spared. */
	if (left > 1 && (first == 0x00 || first == 0xff) && cursor_peek(&c, &octet) &&
	    (octet & 0x80) == (first & 0x80))
		ber_fail(b, t, &ber_rules[BER_INTEGER_FORM]);
	v = first & 0x80 ? UINT64_MAX : 0;
	for (octet = first; ; ) {
		/* The octet pushed out must be sign, and leave the sign. */
		uint64_t high = v >> 55;

		if (high != 0 && high != 0x1ff)
			return ber_fail(b, t, &ber_rules[BER_INTEGER_LARGE]);
		v = v << 8 | octet;
		if (cursor_left(&c) == 0)
			break;
		cursor_u8(&c, &octet);
	}
	*out = (int64_t)v;
	return true;
}

bool ber_int_in(struct ber *b, const struct ber_tlv *t, int64_t min, int64_t max,
                const struct rule *rule, int64_t *out)
{
	int64_t v = 0;

	if (!ber_int(b, t, &v))
		return false;
	if (v < min || v > max)
		return ber_fail(b, t, rule);
	*out = v;
	return true;
}

bool ber_null(struct ber *b, const struct ber_tlv *t)
{
	struct cursor c;

	if (!primitive(b, t, &c))
		return false;
	return cursor_left(&c) == 0 || ber_fail(b, t, &ber_rules[BER_NULL_LENGTH]);
}

bool ber_oid(struct ber *b, const struct ber_tlv *t, struct octets *out)
{
	struct cursor c, whole;
	uint8_t octet = 0;
	bool first = true;

	if (!primitive(b, t, &c))
		return false;
	whole = c;
	if (cursor_left(&c) == 0)
		return ber_fail(b, t, &ber_rules[BER_OID_EMPTY]);
	while (cursor_left(&c) > 0) {
		cursor_u8(&c, &octet);
		if (first && octet == 0x80)
			ber_fail(b, t, &ber_rules[BER_OID_PADDED]);
		first = !(octet & 0x80);
	}
	if (!first)
		return ber_fail(b, t, &ber_rules[BER_OID_CUT]);
	*out = cursor_rest(&whole);
	return true;
}

/* A segment's tag (X.690 8.6.4.2, 8.7.3.2).  Encoders have been seen to repeat
 * the tag of a character string in its segments. */
static bool is_segment(struct ber *b, const struct ber_tlv *t, uint32_t type)
{
	if (t->tag == type)
		return true;
	if (type == BER_OCTET_STRING && t->tag >= BER_NUMERIC_STRING && t->tag <= BER_BMP_STRING)
		return ber_fail(b, t, &ber_rules[BER_SEGMENT_TYPE]);
	return ber_fail(b, t, &ber_rules[BER_SEGMENT_TAG]);
}

/* The next primitive segment at or below level `floor`, which is left at its
 * end.  false: no more, or fatal. */
static bool next_segment(struct ber *b, uint8_t floor, uint32_t type, struct ber_tlv *t)
{
	for (;;) {
		while (!ber_next(b, t))
			if (!ber_leave(b) || b->depth < floor)
				return false;
		if (!is_segment(b, t, type))
			return false;
		if (!t->constructed)
			return true;
		if (!ber_enter(b, t))
			return false;
	}
}

static struct octets between(const struct ber *b, size_t from, size_t to)
{
	return (struct octets){ b->c.base + from, to - from };
}

/* The contents of the current element, which has just been read to its end. */
static struct octets contents_of(const struct ber *b, const struct ber_tlv *t)
{
	return between(b, t->body, b->c.pos - (t->indefinite ? END_OF_CONTENTS : 0));
}

static bool read_string(struct ber *b, const struct ber_tlv *t, uint32_t type,
                        struct ber_string *out)
{
	struct octets one = { NULL, 0 };
	size_t pieces = 0;
	struct ber_tlv segment;
	uint8_t floor;

	if (!use(b, t))
		return false;
	if (!t->constructed) {
		b->pending = false;
		b->c.pos = t->end;
		*out = (struct ber_string){ between(b, t->body, t->end), false };
		return true;
	}
	if (!ber_enter(b, t))
		return false;
	one.p = b->c.base + t->body;
	floor = b->depth;
	while (next_segment(b, floor, type, &segment)) {
		if (segment.end == segment.body)
			continue;
		one = between(b, segment.body, segment.end);
		pieces++;
	}
	if (!ber_ok(b))
		return false;
	*out = pieces < 2 ? (struct ber_string){ one, false } :
	                    (struct ber_string){ contents_of(b, t), true };
	return true;
}

bool ber_string(struct ber *b, const struct ber_tlv *t, struct ber_string *out)
{
	return read_string(b, t, BER_OCTET_STRING, out);
}

bool ber_bit_string(struct ber *b, const struct ber_tlv *t, struct ber_string *out)
{
	return read_string(b, t, BER_BIT_STRING, out);
}

/* One primitive BIT STRING or segment (X.690 8.6.2), added to *out. */
static bool add_bits(struct ber *b, const struct ber_tlv *t, struct ber_bits *out)
{
	struct cursor c;
	uint8_t unused = 0, octet = 0;

	if (!primitive(b, t, &c))
		return false;
	if (out->n % 8)
		return ber_fail(b, t, &ber_rules[BER_BITS_SEGMENT]);
	if (cursor_left(&c) == 0)
		return ber_fail(b, t, &ber_rules[BER_BITS_EMPTY]);
	cursor_u8(&c, &unused);
	if (unused > 7 || (unused > 0 && cursor_left(&c) == 0))
		return ber_fail(b, t, &ber_rules[BER_BITS_UNUSED]);
	while (cursor_left(&c) > 0) {
		size_t n = cursor_left(&c) > 1 ? 8 : 8 - unused;

		cursor_u8(&c, &octet);
		for (size_t i = 0; i < n && out->n + i < 64; i++)
			if (octet & 0x80 >> i)
				out->bits |= UINT64_C(1) << (out->n + i);
		out->n += n;
	}
	return true;
}

bool ber_bits(struct ber *b, const struct ber_tlv *t, struct ber_bits *out)
{
	struct ber_bits got = { 0, 0 };
	struct ber_tlv segment;
	uint8_t floor;

	if (!use(b, t))
		return false;
	if (!t->constructed) {
		if (!add_bits(b, t, &got))
			return false;
	} else {
		if (!ber_enter(b, t))
			return false;
		floor = b->depth;
		while (next_segment(b, floor, BER_BIT_STRING, &segment))
			if (!add_bits(b, &segment, &got))
				return false;
		if (!ber_ok(b))
			return false;
	}
	*out = got;
	return true;
}

bool ber_raw(struct ber *b, const struct ber_tlv *t, struct octets *out)
{
	if (!use(b, t) || !finish(b))
		return false;
	*out = between(b, t->at, b->c.pos);
	return true;
}

bool ber_contents(struct ber *b, const struct ber_tlv *t, struct octets *out)
{
	if (!use(b, t) || !finish(b))
		return false;
	*out = contents_of(b, t);
	return true;
}

bool ber_window(struct ber *b, const struct ber_tlv *t, struct cursor *out)
{
	struct octets contents;

	if (!ber_contents(b, t, &contents))
		return false;
	*out = b->c;
	out->pos = t->body;
	out->end = t->body + contents.n;
	return true;
}

bool ber_is_one_value(struct octets o)
{
	struct findings none;
	struct octets raw;
	struct ber_tlv t;
	struct ber b;

	findings_clear(&none);
	ber_init(&b, o, &none);
	return ber_next(&b, &t) && ber_raw(&b, &t, &raw) && raw.n == o.n;
}

struct octets ber_inside(struct octets o)
{
	struct octets out = o;
	struct findings none;
	struct ber_tlv t;
	struct ber b;

	findings_clear(&none);
	ber_init(&b, o, &none);
	if (ber_next(&b, &t))
		ber_contents(&b, &t, &out);
	return out;
}

void ber_segments_init(struct ber_segments *i, const struct ber_string *s)
{
	*i = (struct ber_segments){ s->raw, 0, s->segmented, false };
}

/* Segments were checked when the string was read, so levels need no stack
 * here: constructed headers and end-of-contents octets are stepped over. */
bool ber_segments_next(struct ber_segments *i, struct octets *piece)
{
	struct ber_tlv t = { .tag = 0 };
	struct findings none;
	struct cursor c;

	if (i->done)
		return false;
	if (!i->segmented) {
		i->done = true;
		*piece = i->raw;
		return true;
	}
	findings_clear(&none);
	cursor_init(&c, i->raw, &none, &ber_rules[BER_CUT]);
	c.pos = i->pos;
	while (cursor_left(&c) > 0 && read_header(&c, &t, 0)) {
		if (t.constructed || t.tag == 0)
			continue;
		cursor_take(&c, t.end - t.body, piece);
		i->pos = c.pos;
		return true;
	}
	i->done = true;
	return false;
}

uint64_t ber_string_size(const struct ber_string *s)
{
	struct octets piece = { NULL, 0 };
	struct ber_segments i;
	uint64_t sum = 0;

	ber_segments_init(&i, s);
	while (ber_segments_next(&i, &piece))
		sum += piece.n;
	return sum;
}

bool ber_string_equal(const struct ber_string *s, struct octets o)
{
	struct octets piece = { NULL, 0 };
	struct ber_segments i;

	ber_segments_init(&i, s);
	while (ber_segments_next(&i, &piece)) {
		if (piece.n > o.n || !octets_equal(piece, (struct octets){ o.p, piece.n }))
			return false;
		if (piece.n)
			o = (struct octets){ o.p + piece.n, o.n - piece.n };
	}
	return o.n == 0;
}

bool ber_string_join(const struct ber_string *s, uint8_t *buf, size_t cap, struct octets *out)
{
	struct octets piece = { NULL, 0 };
	struct ber_segments i;
	size_t n = 0;

	if (!s->segmented) {
		*out = s->raw;
		return true;
	}
	ber_segments_init(&i, s);
	while (ber_segments_next(&i, &piece)) {
		if (piece.n > cap - n)
			return false;
		for (size_t k = 0; k < piece.n; k++)
			buf[n++] = piece.p[k];
	}
	*out = (struct octets){ buf, n };
	return true;
}

struct node *ber_node_string(struct nodes *a, struct node *parent, uint8_t tag,
                             const struct ber_string *s)
{
	return node_ber_octets(a, parent, s->segmented ? tag | CONSTRUCTED_BIT : tag, s->raw);
}

struct node *ber_node_bits(struct nodes *a, struct node *parent, uint8_t tag, uint64_t bits)
{
	struct node *n = node_ber(a, parent, tag);
	uint8_t out[9] = { 0 };
	size_t used = 0;

	for (size_t i = 0; i < 64; i++)
		if (bits >> i & 1) {
			out[1 + i / 8] |= (uint8_t)(0x80 >> i % 8);
			used = i + 1;
		}
	out[0] = (uint8_t)((8 - used % 8) % 8);
	node_copy(a, n, out, 1 + (used + 7) / 8);
	return n;
}

/* X.690 8.19.4: the first subidentifier holds two arcs. */
static void text_arcs(struct text *t, uint64_t v, bool first)
{
	uint64_t root = v / 40 < 2 ? v / 40 : 2;

	if (!first) {
		text_char(t, '.');
		text_u64(t, v);
		return;
	}
	text_u64(t, root);
	text_char(t, '.');
	text_u64(t, v - root * 40);
}

void ber_text_oid(struct text *t, struct octets oid)
{
	struct findings none;
	struct cursor c;
	bool first = true;
	uint64_t v = 0;
	uint8_t octet;

	findings_clear(&none);
	cursor_init(&c, oid, &none, &ber_rules[BER_CUT]);
	while (cursor_left(&c) > 0) {
		cursor_u8(&c, &octet);
		v = v << 7 | (octet & 0x7f);
		if (octet & 0x80)
			continue;
		text_arcs(t, v, first);
		first = false;
		v = 0;
	}
}

void ber_text_string(struct text *t, const struct ber_string *s)
{
	uint8_t joined[256];
	struct octets o;

	if (ber_string_join(s, joined, sizeof joined, &o)) {
		text_quoted(t, o);
		return;
	}
	text_put(t, "segments:");
	text_u64(t, ber_string_size(s));
}
