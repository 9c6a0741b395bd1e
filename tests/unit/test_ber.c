/* ber: vectors as a dump of the tree, the typed getters, and the tokenizer of
 * streams held against the walker at every cut. */
#include "ber/ber_stream.h"
#include "../lib/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- vectors: TAG=value or TAG{...} by universal type ---- */

static void dump_tag(struct text *t, uint32_t tag)
{
	static const char class[] = "UACP";

	if (t->n && t->p[t->n - 1] != '{')
		text_char(t, ' ');
	text_char(t, class[tag >> 30]);
	text_u64(t, tag & 0x3fffffff);
}

static void dump_bits(struct text *t, const struct ber_bits *v)
{
	for (size_t i = 0; i < v->n && i < 64; i++)
		text_char(t, v->bits >> i & 1 ? '1' : '0');
	text_char(t, '/');
	text_u64(t, v->n);
}

static bool dump_universal(struct ber *b, const struct ber_tlv *t, struct text *out)
{
	struct ber_string s = { { NULL, 0 }, false };
	struct ber_bits bits = { 0, 0 };
	struct octets o = { NULL, 0 };
	int64_t v = 0;
	bool yes = false;

	text_char(out, '=');
	switch (t->tag) {
	case BER_BOOLEAN:
		if (!ber_boolean(b, t, &yes))
			return false;
		text_put(out, yes ? "true" : "false");
		return true;
	case BER_INTEGER:
	case BER_ENUMERATED:
		if (!ber_int(b, t, &v))
			return false;
		text_i64(out, v);
		return true;
	case BER_BIT_STRING:
		if (!ber_bits(b, t, &bits))
			return false;
		dump_bits(out, &bits);
		return true;
	case BER_NULL:
		return ber_null(b, t);
	case BER_OBJECT_IDENTIFIER:
		if (!ber_oid(b, t, &o))
			return false;
		ber_text_oid(out, o);
		return true;
	default:
		if (!ber_string(b, t, &s))
			return false;
		ber_text_string(out, &s);
		return true;
	}
}

static bool is_plain(uint32_t tag)
{
	return tag <= BER_BMP_STRING && tag != BER_SEQUENCE && tag != BER_SET &&
	       tag != BER_EXTERNAL;
}

static bool dump(struct octets in, struct findings *f, struct text *out)
{
	struct octets contents = { NULL, 0 };
	struct ber_tlv t;
	struct ber b;

	ber_init(&b, in, f);
	for (;;) {
		if (!ber_next(&b, &t)) {
			if (!ber_ok(&b) || b.depth == 0)
				return ber_ok(&b);
			if (!ber_leave(&b))
				return false;
			text_char(out, '}');
			continue;
		}
		dump_tag(out, t.tag);
		if (is_plain(t.tag)) {
			if (!dump_universal(&b, &t, out))
				return false;
		} else if (t.constructed || t.tag == BER_SEQUENCE || t.tag == BER_SET) {
			if (!ber_enter(&b, &t))
				return false;
			text_char(out, '{');
		} else {
			if (!ber_contents(&b, &t, &contents))
				return false;
			text_char(out, '=');
			text_hex(out, contents);
		}
	}
}

/* ---- walker ---- */

static struct findings found;
static struct ber b;
static struct ber_tlv t;

static const struct rule miss = { "test.miss", "-", "-", 1, SEVERITY_FATAL };

static void start(const void *p, size_t n)
{
	findings_clear(&found);
	ber_init(&b, (struct octets){ p, n }, &found);
}

#define START(...) do { \
	static const uint8_t in_[] = { __VA_ARGS__ }; \
	start(in_, sizeof in_); \
} while (0)

static void leaving_skips(void **state)
{
	bool yes = false;

	(void)state;
	START(0x30, 0x80, 0x30, 0x80, 0x02, 0x01, 0x05, 0x30, 0x80, 0, 0, 0, 0, 0x04, 0, 0, 0,
	      0x01, 0x01, 0xff);
	assert_true(ber_next(&b, &t) && ber_enter(&b, &t));
	assert_true(ber_next(&b, &t) && ber_enter(&b, &t));
	assert_true(ber_next(&b, &t));
	assert_true(ber_leave(&b));
	assert_true(ber_next(&b, &t));
	assert_int_equal(t.tag, BER_OCTET_STRING);
	assert_true(ber_leave(&b));
	assert_true(ber_next(&b, &t) && ber_boolean(&b, &t, &yes));
	assert_true(yes);
	assert_false(ber_next(&b, &t));
	assert_true(ber_ok(&b));
}

static void peeked_is_still_the_next(void **state)
{
	struct octets o = { NULL, 0 };

	(void)state;
	START(0x04, 0x02, 0x41, 0x42, 0x02, 0x01, 0x05);
	assert_true(ber_peek(&b, &o));
	assert_int_equal(o.n, 4);
	assert_true(ber_next(&b, &t));
	assert_int_equal(t.tag, BER_OCTET_STRING);
	assert_false(ber_peek(&b, &o));		/* it is not read yet */
	assert_true(ber_raw(&b, &t, &o) && ber_peek(&b, &o));
	assert_int_equal(o.n, 3);
	ber_pass(&b, &o);
	assert_false(ber_peek(&b, &o) || ber_next(&b, &t));
	assert_true(ber_ok(&b));
	START(0x30, 0x80, 0x00, 0x00);
	assert_false(ber_peek(&b, &o));
	START(0x04, 0x02, 0x41);
	assert_false(ber_peek(&b, &o));
	START(0x1f, 0x01, 0x00);
	assert_false(ber_peek(&b, &o));
	START(0x04);
	assert_false(ber_peek(&b, &o));
	START(0x00, 0x00);
	assert_false(ber_peek(&b, &o));
}

static void optional_stays(void **state)
{
	int64_t v = 0;

	(void)state;
	START(0x30, 0x06, 0x02, 0x01, 0x05, 0x80, 0x01, 0xff);
	assert_true(ber_take(&b, &t, BER_SEQUENCE, &miss) && ber_enter(&b, &t));
	assert_false(ber_optional(&b, &t, BER_OBJECT_IDENTIFIER));
	assert_true(ber_optional(&b, &t, BER_INTEGER));
	assert_true(ber_int(&b, &t, &v));
	assert_int_equal(v, 5);
	assert_false(ber_optional(&b, &t, BER_CONTEXT(1)));
	assert_false(ber_take(&b, &t, BER_CONTEXT(1), &miss));
	assert_ptr_equal(found.at[0].rule, &miss);
	assert_int_equal(found.at[0].octet, 5);
}

static void take_at_the_end(void **state)
{
	(void)state;
	START(0x30, 0x00);
	assert_true(ber_take(&b, &t, BER_SEQUENCE, &miss) && ber_enter(&b, &t));
	assert_false(ber_take(&b, &t, BER_INTEGER, &miss));
	assert_int_equal(found.at[0].octet, 2);
}

static void end_wants_nothing_more(void **state)
{
	static const struct rule note = { "test.note", "-", "-", 2, SEVERITY_NOTE };

	(void)state;
	START(0x30, 0x03, 0x02, 0x01, 0x05, 0xaa);
	assert_true(ber_next(&b, &t) && ber_enter(&b, &t));
	assert_true(ber_end(&b, &note));
	assert_int_equal(found.at[0].octet, 2);
	assert_true(ber_leave(&b));
	assert_true(ber_end(&b, &note));
	assert_int_equal(found.at[1].octet, 5);

	START(0x30, 0x80, 0x02, 0x01, 0x05, 0, 0);
	assert_true(ber_next(&b, &t) && ber_enter(&b, &t));
	assert_true(ber_next(&b, &t));
	assert_true(ber_end(&b, &miss));
	assert_true(ber_leave(&b));
	assert_true(ber_end(&b, &miss));
	assert_int_equal(found.n, 0);

	START(0x30, 0x80, 0x02, 0x01, 0x05, 0, 0);
	assert_true(ber_next(&b, &t) && ber_enter(&b, &t));
	assert_false(ber_end(&b, &miss));

	START(0x30, 0x03, 0x02, 0x01, 0x05);
	assert_true(ber_next(&b, &t) && ber_enter(&b, &t));
	assert_false(ber_optional(&b, &t, BER_NULL));
	assert_false(ber_end(&b, &miss));
	assert_false(ber_end(&b, &miss));
}

static void range_has_its_own_rule(void **state)
{
	int64_t v = 7;

	(void)state;
	START(0x02, 0x01, 0x05, 0x02, 0x01, 0x06);
	assert_true(ber_next(&b, &t) && ber_int_in(&b, &t, 0, 5, &miss, &v));
	assert_int_equal(v, 5);
	assert_true(ber_next(&b, &t));
	assert_false(ber_int_in(&b, &t, 0, 5, &miss, &v));
	assert_int_equal(v, 5);
	assert_int_equal(found.at[0].octet, 3);
	assert_false(ber_int_in(&b, &t, 0, 5, &miss, &v));
}

static void extremes_of_integers(void **state)
{
	int64_t v = 0;

	(void)state;
	START(0x02, 0x08, 0x80, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x08, 0x7f, 0xff, 0xff, 0xff, 0xff,
	      0xff, 0xff, 0xff);
	assert_true(ber_next(&b, &t) && ber_int(&b, &t, &v));
	assert_true(v == INT64_MIN);
	assert_true(ber_next(&b, &t) && ber_int(&b, &t, &v));
	assert_true(v == INT64_MAX);
}

static void profiles_ask_for_more(void **state)
{
	struct octets raw;

	(void)state;
	START(0x30, 0x80, 0x04, 0x81, 0x01, 0x61, 0x04, 0x82, 0x00, 0x01, 0x61, 0, 0);
	b.asks = BER_ASK_MINIMAL | BER_ASK_DEFINITE;
	assert_true(ber_next(&b, &t) && ber_raw(&b, &t, &raw));
	assert_int_equal(raw.n, 13);
	assert_int_equal(found.n, FINDINGS_MAX < 3 ? FINDINGS_MAX : 3);
	assert_ptr_equal(found.at[0].rule, &ber_rules[BER_INDEFINITE_FORM]);
	assert_ptr_equal(found.at[1].rule, &ber_rules[BER_LENGTH_FORM]);
	assert_int_equal(found.at[1].octet, 3);
}

static void raw_and_contents(void **state)
{
	struct octets o;
	struct cursor w;
	struct ber inner;
	int64_t v = 0;

	(void)state;
	START(0xa0, 0x80, 0x02, 0x01, 0x05, 0, 0, 0xa1, 0x03, 0x02, 0x02, 0x05);
	assert_true(ber_next(&b, &t) && ber_contents(&b, &t, &o));
	assert_int_equal(o.n, 3);
	start(b.c.base, 12);
	assert_true(ber_next(&b, &t) && ber_window(&b, &t, &w));
	ber_init_window(&inner, &w);
	assert_true(ber_next(&inner, &t) && ber_int(&inner, &t, &v));
	assert_int_equal(v, 5);
	assert_true(ber_next(&b, &t) && ber_window(&b, &t, &w));
	ber_init_window(&inner, &w);
	assert_false(ber_next(&inner, &t));
	assert_int_equal(found.at[0].octet, 10);	/* counted in the whole */
}

/* ---- strings ---- */

static void inside_a_value(void **state)
{
	static const uint8_t string[] = { 0x14, 2, '0', '7', 9 }, broken[] = { 0x14, 9, '0' };
	struct octets o = ber_inside((struct octets){ string, sizeof string });

	(void)state;
	assert_ptr_equal(o.p, string + 2);
	assert_int_equal(o.n, 2);
	o = ber_inside((struct octets){ broken, sizeof broken });
	assert_ptr_equal(o.p, broken);
	assert_int_equal(o.n, sizeof broken);
	assert_int_equal(ber_inside((struct octets){ NULL, 0 }).n, 0);
}

static void segments_join(void **state)
{
	struct ber_segments i;
	struct ber_string s;
	struct octets o;
	uint8_t joined[6];

	(void)state;
	START(0x24, 0x80, 0x04, 0x02, 'a', 'b', 0x24, 0x05, 0x04, 0x01, 'c', 0x04, 0x00,
	      0x24, 0x80, 0x04, 0x02, 'd', 'e', 0, 0, 0, 0);
	assert_true(ber_next(&b, &t) && ber_string(&b, &t, &s));
	assert_true(s.segmented);
	assert_int_equal(ber_string_size(&s), 5);
	assert_true(ber_string_equal(&s, octets_of("abcde")));
	assert_false(ber_string_equal(&s, octets_of("abcd")));
	assert_false(ber_string_equal(&s, octets_of("abcdef")));
	assert_false(ber_string_equal(&s, octets_of("abxde")));
	assert_false(ber_string_join(&s, joined, 4, &o));
	assert_true(ber_string_join(&s, joined, 5, &o));
	assert_true(octets_equal(o, octets_of("abcde")));
	ber_segments_init(&i, &s);
	for (int n = 0; n < 4; n++)
		assert_true(ber_segments_next(&i, &o));
	assert_false(ber_segments_next(&i, &o));
	assert_false(ber_segments_next(&i, &o));
}

static void one_piece_is_borrowed(void **state)
{
	struct ber_string s;

	(void)state;
	START(0x24, 0x80, 0x04, 0x00, 0x24, 0x03, 0x04, 0x01, 'c', 0, 0);
	assert_true(ber_next(&b, &t) && ber_string(&b, &t, &s));
	assert_false(s.segmented);
	assert_true(ber_string_equal(&s, octets_of("c")));
	START(0x24, 0x80, 0, 0);
	assert_true(ber_next(&b, &t) && ber_string(&b, &t, &s));
	assert_false(s.segmented);
	assert_true(ber_string_equal(&s, octets_of("")));
}

static void bit_strings_as_octets(void **state)
{
	struct ber_string s;

	(void)state;
	START(0x23, 0x08, 0x03, 0x02, 0x00, 0xaa, 0x03, 0x02, 0x04, 0xa0);
	assert_true(ber_next(&b, &t) && ber_bit_string(&b, &t, &s));
	assert_true(s.segmented);
	assert_int_equal(ber_string_size(&s), 4);
}

static void long_strings_are_counted(void **state)
{
	static uint8_t in[2 + 2 * (4 + 200) + 2] = { 0x24, 0x80 };
	struct ber_string s;
	struct text text;
	char line[64];

	(void)state;
	for (size_t i = 0; i < 2; i++)
		memcpy(in + 2 + i * 203, (uint8_t[]){ 0x04, 0x81, 200 }, 3);
	start(in, sizeof in);
	assert_true(ber_next(&b, &t) && ber_string(&b, &t, &s));
	text_init(&text, line, sizeof line);
	ber_text_string(&text, &s);
	assert_string_equal(line, "segments:400");
}

/* ---- builders ---- */

static struct octets build(struct nodes *a, struct node *root)
{
	static uint8_t out[64];
	uint64_t n = node_size(root);
	struct octets o = { out, node_write(a, root, out, sizeof out) };

	assert_int_equal(o.n, n);
	return o;
}

static void bits_are_built(void **state)
{
	static struct nodes a;

	(void)state;
	for (unsigned i = 0; i <= 64; i++) {
		uint64_t bits = i == 64 ? 0 : UINT64_C(1) << i | (i > 3 ? 5 : 0);
		struct ber_bits got = { 1, 1 };
		struct octets o;

		nodes_reset(&a);
		o = build(&a, ber_node_bits(&a, NULL, 0x03, bits));
		start(o.p, o.n);
		assert_true(ber_next(&b, &t) && ber_bits(&b, &t, &got));
		assert_true(got.bits == bits && found.n == 0);
		assert_int_equal(got.n, i == 64 ? 0 : i + 1);
	}
}

static void strings_are_built(void **state)
{
	static struct nodes a;
	struct ber_string s, again;
	struct octets o;

	(void)state;
	START(0x24, 0x80, 0x04, 0x01, 'a', 0x04, 0x01, 'b', 0, 0);
	assert_true(ber_next(&b, &t) && ber_string(&b, &t, &s));
	nodes_reset(&a);
	o = build(&a, ber_node_string(&a, NULL, 0x81, &s));
	assert_int_equal(o.p[0], 0xa1);
	start(o.p, o.n);
	assert_true(ber_next(&b, &t) && ber_string(&b, &t, &again));
	assert_true(ber_string_equal(&again, octets_of("ab")));
}

/* ---- bounds ---- */

static void nesting_is_bounded(void **state)
{
	uint8_t in[4 * BER_DEPTH_MAX];
	struct octets raw;

	(void)state;
	for (size_t i = 0; i < sizeof in; i += 2)
		memcpy(in + i, "\x30\x80", 2);
	start(in, sizeof in);
	while (ber_next(&b, &t) && ber_enter(&b, &t))
		;
	assert_ptr_equal(findings_fatal(&found)->rule, &ber_rules[BER_TOO_DEEP]);
	assert_int_equal(found.at[0].octet, 2 * (BER_DEPTH_MAX - 1));
	start(in, sizeof in);
	assert_true(ber_next(&b, &t));
	assert_false(ber_raw(&b, &t, &raw));
	assert_ptr_equal(findings_fatal(&found)->rule, &ber_rules[BER_TOO_DEEP]);
}

/* Walks a million octets of open indefinite elements: were it not linear, this
 * would not end. */
static void time_is_linear(void **state)
{
	enum { N = 1 << 18, OPEN = BER_DEPTH_MAX - 2 };
	uint8_t *in = calloc(1, 4 * N + 4 * OPEN);
	size_t n = 0;
	unsigned seen = 0;

	(void)state;
	assert_non_null(in);
	for (unsigned i = 0; i < OPEN; i++, n += 2)
		memcpy(in + n, "\x30\x80", 2);
	for (unsigned i = 0; i < N; i++, n += 4)
		memcpy(in + n, "\x30\x80\0\0", 4);
	n += 2 * OPEN;
	start(in, n);
	for (unsigned i = 0; i < OPEN; i++)
		assert_true(ber_next(&b, &t) && ber_enter(&b, &t));
	while (ber_next(&b, &t))
		seen++;
	assert_int_equal(seen, N);
	for (unsigned i = 0; i < OPEN; i++)
		assert_true(ber_leave(&b));
	assert_true(ber_ok(&b) && b.c.pos == n);
	free(in);
}

/* ---- stream ---- */

struct flat {
	uint8_t octets[4096];		/* all tokens, spans joined */
	size_t n;
	struct findings f;
	bool whole;
};

static void put(struct flat *o, const void *p, size_t n)
{
	assert_true(n <= sizeof o->octets - o->n);
	if (n)
		memcpy(o->octets + o->n, p, n);
	o->n += n;
}

struct plan {
	unsigned opaque_at;		/* n-th OPEN becomes opaque; 0: none */
	size_t cut, cut2;
};

/* Feeds `in` in three pieces, each in a block of its own, and flattens. */
static void flatten(struct octets in, const struct plan *plan, struct flat *o)
{
	size_t from[4] = { 0, plan->cut, plan->cut2, in.n };
	enum ber_item item = BER_MORE;
	struct ber_stream s, copy;
	unsigned opens = 0;
	bool spanning = false;

	o->n = 0;
	findings_clear(&o->f);
	ber_stream_init(&s);
	for (size_t k = 0; k < 3 && item != BER_BAD; k++) {
		size_t n = from[k + 1] - from[k];
		uint8_t *block = malloc(n ? n : 1);
		struct octets piece = { block, n };
		struct ber_token token;
		unsigned spans = 0;

		assert_non_null(block);
		if (n)
			memcpy(block, in.p + from[k], n);
		copy = s;			/* the state is plain data */
		s = copy;
		while ((item = ber_stream_next(&s, &piece, &token, &o->f)) > BER_MORE) {
			spans = item == BER_SPAN ? spans + 1 : 0;
			assert_true(spans < 2);
			if (item == BER_SPAN) {
				assert_true(token.span.n > 0);
				if (!spanning)
					put(o, "S", 1);
				put(o, token.span.p, token.span.n);
			} else if (item == BER_OPEN) {
				put(o, "O", 1);
				put(o, &token.tag, sizeof token.tag);
				put(o, &token.length, sizeof token.length);
				put(o, &token.at, sizeof token.at);
				if (++opens == plan->opaque_at)
					ber_stream_opaque(&s);
			} else {
				put(o, "C", 1);
				put(o, &token.depth, 1);
			}
			spanning = item == BER_SPAN;
		}
		if (item == BER_MORE)
			assert_int_equal(piece.n, 0);
		free(block);
	}
	o->whole = item != BER_BAD && ber_stream_end(&s, &o->f);
	if (item == BER_BAD) {
		struct octets more = in;
		struct ber_token token;

		assert_int_equal(ber_stream_next(&s, &more, &token, &o->f), BER_BAD);
	}
}

static void same_at_every_cut(struct octets in)
{
	static struct flat whole, cut;

	for (unsigned opaque = 0; opaque < 6; opaque++) {
		flatten(in, &(struct plan){ opaque, 0, 0 }, &whole);
		for (size_t i = 0; i <= in.n; i++)
			for (size_t k = i; k <= in.n; k++) {
				flatten(in, &(struct plan){ opaque, i, k }, &cut);
				assert_int_equal(cut.whole, whole.whole);
				if (!whole.f.fatal) {
					assert_int_equal(cut.n, whole.n);
					assert_memory_equal(cut.octets, whole.octets, whole.n);
				}
				assert_int_equal(cut.f.n, whole.f.n);
				for (size_t n = 0; n < whole.f.n; n++) {
					assert_ptr_equal(cut.f.at[n].rule, whole.f.at[n].rule);
					assert_int_equal(cut.f.at[n].octet, whole.f.at[n].octet);
				}
			}
	}
}

static const uint8_t mixed[] = {
	0x61, 0x80, 0x30, 0x1c, 0x02, 0x01, 0x03, 0xa0, 0x80, 0x24, 0x80, 0x04, 0x02, 'a', 'b',
	0x04, 0x81, 0x01, 'c', 0x24, 0x04, 0x04, 0x00, 0x04, 0x00, 0, 0, 0x05, 0x00, 0, 0,
	0x00, 0x00, 0x9f, 0x81, 0x01, 0x01, 0x7f,
};

static void stream_at_every_cut(void **state)
{
	static const uint8_t fine[] = {
		0x61, 0x80, 0x30, 0x80, 0x02, 0x01, 0x03, 0xa0, 0x80, 0x24, 0x80, 0x04, 0x02, 'a',
		'b', 0x04, 0x81, 0x01, 'c', 0, 0, 0x05, 0x00, 0, 0, 0, 0, 0, 0, 0x9f, 0x81, 0x01,
		0x01, 0x7f,
	};

	(void)state;
	same_at_every_cut((struct octets){ mixed, sizeof mixed });
	same_at_every_cut((struct octets){ fine, sizeof fine });
}

/* Walker and tokenizer, which is less deep, must book the same. */
static void same_findings(struct octets in)
{
	static struct flat o;
	struct findings f;
	struct ber_tlv tlv;
	struct ber w;

	findings_clear(&f);
	ber_init(&w, in, &f);
	for (;;) {
		if (ber_next(&w, &tlv)) {
			if (tlv.constructed && !ber_enter(&w, &tlv))
				break;
		} else if (!ber_ok(&w) || w.depth == 0 || !ber_leave(&w)) {
			break;
		}
	}
	flatten(in, &(struct plan){ 0, in.n, in.n }, &o);
	if (o.f.fatal && o.f.at[o.f.n - 1].rule == &ber_rules[BER_TOO_DEEP])
		return;
	/* A stream cannot know of an end that has not come. */
	if (f.fatal && (f.at[f.n - 1].rule == &ber_rules[BER_CUT] ||
	                f.at[f.n - 1].rule == &ber_rules[BER_LENGTH_PAST] ||
	                f.at[f.n - 1].rule == &ber_rules[BER_EOC_MISSING])) {
		assert_true(o.f.fatal);
		return;
	}
	assert_int_equal(o.f.n, f.n);
	for (size_t i = 0; i < f.n; i++) {
		assert_ptr_equal(o.f.at[i].rule, f.at[i].rule);
		assert_int_equal(o.f.at[i].octet, f.at[i].octet);
	}
}

static bool decode(struct octets in, struct findings *f, struct text *out)
{
	if (in.n < 200)
		same_findings(in);
	if (in.n < 24)
		same_at_every_cut(in);
	return dump(in, f, out);
}

static void stream_spans_are_the_input(void **state)
{
	static uint8_t big[1 << 20];
	struct octets in = { big, sizeof big };
	struct ber_stream s;
	struct ber_token token;

	(void)state;
	memcpy(big, "\x24\x80\x04\x84\x40\x00\x00\x00", 8);
	findings_clear(&found);
	ber_stream_init(&s);
	assert_int_equal(ber_stream_next(&s, &in, &token, &found), BER_OPEN);
	assert_true(token.indefinite);
	assert_int_equal(ber_stream_next(&s, &in, &token, &found), BER_OPEN);
	assert_int_equal(token.length, 1 << 30);
	assert_int_equal(ber_stream_next(&s, &in, &token, &found), BER_SPAN);
	assert_ptr_equal(token.span.p, big + 8);
	assert_int_equal(token.span.n, sizeof big - 8);
	assert_int_equal(ber_stream_next(&s, &in, &token, &found), BER_MORE);
	assert_false(ber_stream_between(&s));
	assert_false(ber_stream_end(&s, &found));
}

static void stream_is_bounded(void **state)
{
	static uint8_t in[4 * BER_DEPTH_MAX];
	static struct flat o;

	(void)state;
	for (size_t i = 0; i < sizeof in; i += 2)
		memcpy(in + i, "\x30\x80", 2);
	for (unsigned opaque = 0; opaque < 2; opaque++) {
		flatten((struct octets){ in, sizeof in }, &(struct plan){ opaque, 0, 0 }, &o);
		assert_ptr_equal(findings_fatal(&o.f)->rule, &ber_rules[BER_TOO_DEEP]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaving_skips),
		cmocka_unit_test(peeked_is_still_the_next),
		cmocka_unit_test(optional_stays),
		cmocka_unit_test(take_at_the_end),
		cmocka_unit_test(end_wants_nothing_more),
		cmocka_unit_test(range_has_its_own_rule),
		cmocka_unit_test(extremes_of_integers),
		cmocka_unit_test(profiles_ask_for_more),
		cmocka_unit_test(raw_and_contents),
		cmocka_unit_test(inside_a_value),
		cmocka_unit_test(segments_join),
		cmocka_unit_test(one_piece_is_borrowed),
		cmocka_unit_test(bit_strings_as_octets),
		cmocka_unit_test(long_strings_are_counted),
		cmocka_unit_test(bits_are_built),
		cmocka_unit_test(strings_are_built),
		cmocka_unit_test(nesting_is_bounded),
		cmocka_unit_test(time_is_linear),
		cmocka_unit_test(stream_at_every_cut),
		cmocka_unit_test(stream_spans_are_the_input),
		cmocka_unit_test(stream_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) + vectors_run("ber", decode);
}
