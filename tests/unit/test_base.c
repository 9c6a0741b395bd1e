/* base: cursor, findings, nodes, text, gather, kept leases, events, turns. */
#include "base/contexts.h"
#include "base/cursor.h"
#include "base/text.h"
#include "base/turn.h"

#include "../lib/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct rule short_rule = { "base.short", "X 1", "runs out", 1, SEVERITY_FATAL };
static const struct rule note_rule = { "base.note", "X 2", "odd", 2, SEVERITY_NOTE };
static const struct rule fatal_rule = { "base.fatal", "X 3", "bad", 3, SEVERITY_FATAL };

/* ---- octets ---- */

static void octets(void **state)
{
	(void)state;
	assert_true(octets_equal(octets_of("ab"), octets_of("ab")));
	assert_false(octets_equal(octets_of("ab"), octets_of("ac")));
	assert_false(octets_equal(octets_of("ab"), octets_of("abc")));
	assert_true(octets_equal(octets_of(""), octets_of(NULL)));
	assert_int_equal(octets_of(NULL).n, 0);
}

/* ---- findings ---- */

static void notes_are_kept_and_counted(void **state)
{
	struct findings f;

	(void)state;
	findings_clear(&f);
	for (size_t i = 0; i < FINDINGS_MAX + 3; i++)
		assert_true(findings_add(&f, &note_rule, i));
	assert_int_equal(f.n, FINDINGS_MAX);
	assert_int_equal(f.lost, 3);
	assert_int_equal(f.at[FINDINGS_MAX - 1].octet, FINDINGS_MAX - 1);
	assert_null(findings_fatal(&f));
}

static void first_fatal_finding_is_always_kept(void **state)
{
	struct findings f;

	(void)state;
	findings_clear(&f);
	for (size_t i = 0; i < FINDINGS_MAX; i++)
		findings_add(&f, &note_rule, i);
	assert_false(findings_add(&f, &fatal_rule, 77));
	assert_true(f.fatal);
	assert_int_equal(f.n, FINDINGS_MAX);
	assert_int_equal(findings_fatal(&f)->octet, 77);
	assert_false(findings_add(&f, &short_rule, 78));
	assert_false(findings_add(&f, &note_rule, 79));
	assert_ptr_equal(findings_fatal(&f)->rule, &fatal_rule);
	findings_clear(&f);
	assert_int_equal(f.n, 0);
	assert_false(f.fatal);
}

static void lost_notes_stop_counting(void **state)
{
	struct findings f;

	(void)state;
	findings_clear(&f);
	for (size_t i = 0; i < FINDINGS_MAX + 1000; i++)
		findings_add(&f, &note_rule, i);
	assert_int_equal(f.lost, UINT8_MAX);
}

static void layers_have_names(void **state)
{
	(void)state;
	for (unsigned i = 0; i < LAYERS; i++)
		assert_non_null(layer_name(i));
	assert_string_equal(layer_name(LAYER_COTP), "cotp");
	assert_string_equal(layer_name(LAYERS), "?");
}

/* ---- cursor ---- */

static struct cursor cursor_on(const uint8_t *p, size_t n, struct findings *f)
{
	struct cursor c;

	findings_clear(f);
	cursor_init(&c, (struct octets){ p, n }, f, &short_rule);
	return c;
}

static void cursor_reads_in_order(void **state)
{
	static const uint8_t in[] = { 1, 2, 3, 4, 5, 6, 7 };
	struct findings f;
	struct cursor c = cursor_on(in, sizeof in, &f);
	struct octets run;
	uint16_t two;
	uint8_t one;

	(void)state;
	assert_true(cursor_peek(&c, &one) && one == 1);
	assert_true(cursor_u8(&c, &one) && one == 1);
	assert_true(cursor_u16(&c, &two) && two == 0x0203);
	assert_true(cursor_take(&c, 2, &run));
	assert_ptr_equal(run.p, in + 3);
	assert_int_equal(cursor_left(&c), 2);
	run = cursor_rest(&c);
	assert_ptr_equal(run.p, in + 5);
	assert_int_equal(run.n, 2);
	assert_int_equal(cursor_left(&c), 0);
	assert_true(cursor_need(&c, 0));
	assert_int_equal(f.n, 0);
}

static void cursor_failure_is_sticky(void **state)
{
	static const uint8_t in[] = { 1, 2, 3 };
	struct findings f;
	struct cursor c = cursor_on(in, sizeof in, &f);
	struct octets run;
	struct cursor sub;
	uint16_t two = 99;
	uint8_t one = 99;

	(void)state;
	assert_true(cursor_u16(&c, &two));
	assert_false(cursor_u16(&c, &two));
	assert_int_equal(f.at[0].octet, 2);
	assert_false(cursor_u8(&c, &one));
	assert_false(cursor_peek(&c, &one));
	assert_false(cursor_take(&c, 1, &run));
	assert_false(cursor_sub(&c, 1, &sub));
	assert_false(cursor_need(&c, 0));
	assert_int_equal(cursor_left(&c), 0);
	assert_int_equal(cursor_rest(&c).n, 0);
	assert_int_equal(one, 99);
	assert_int_equal(f.n, 1);
}

static void cursor_window_cannot_be_left(void **state)
{
	static const uint8_t in[] = { 1, 2, 3, 4 };
	struct findings f;
	struct cursor c = cursor_on(in, sizeof in, &f), sub = c, inner = c;
	uint8_t v;

	(void)state;
	cursor_u8(&c, &v);
	assert_true(cursor_sub(&c, 2, &sub));
	assert_int_equal(cursor_left(&sub), 2);
	assert_true(cursor_sub(&sub, 1, &inner));
	assert_true(cursor_u8(&inner, &v) && v == 2);
	assert_false(cursor_u8(&inner, &v));
	/* Octets count from the PDU, and the failure is everybody's. */
	assert_int_equal(f.at[0].octet, 2);
	assert_false(cursor_u8(&c, &v));
}

static void cursor_lengths_cannot_wrap(void **state)
{
	static const uint8_t in[] = { 1, 2, 3, 4 };
	static const size_t lengths[] = { 5, SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2 };

	(void)state;
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		struct findings f;
		struct cursor c = cursor_on(in, sizeof in, &f), sub;
		struct octets run;
		uint8_t v;

		cursor_u8(&c, &v);
		assert_false(cursor_take(&c, lengths[i], &run));
		c = cursor_on(in, sizeof in, &f);
		cursor_u8(&c, &v);
		assert_false(cursor_sub(&c, lengths[i], &sub));
	}
}

static void cursor_books_notes_and_goes_on(void **state)
{
	static const uint8_t in[] = { 1, 2 };
	struct findings f;
	struct cursor c = cursor_on(in, sizeof in, &f);
	uint8_t v;

	(void)state;
	cursor_u8(&c, &v);
	assert_true(cursor_fail(&c, &note_rule));
	assert_true(cursor_u8(&c, &v) && v == 2);
	assert_false(cursor_fail(&c, &fatal_rule));
	assert_int_equal(f.at[0].octet, 1);
	assert_int_equal(f.at[1].octet, 2);
}

static void cursor_on_nothing(void **state)
{
	struct findings f;
	struct cursor c = cursor_on(NULL, 0, &f);
	struct octets run;
	uint8_t v;

	(void)state;
	assert_true(cursor_take(&c, 0, &run));
	assert_int_equal(cursor_rest(&c).n, 0);
	assert_false(cursor_u8(&c, &v));
	assert_int_equal(f.at[0].octet, 0);
}

/* ---- nodes ---- */

struct written {
	uint8_t p[512];
	size_t n;
};

/* Writes a tree into a block of exactly its size. */
static struct written write_tree(struct nodes *a, struct node *root)
{
	struct written w = { .n = (size_t)node_size(root) };
	uint8_t *block = malloc(w.n ? w.n : 1);

	assert_non_null(block);
	assert_true(w.n <= sizeof w.p);
	assert_int_equal(node_write(a, root, block, w.n), w.n);
	memcpy(w.p, block, w.n);
	if (w.n)
		assert_int_equal(node_write(a, root, block, w.n - 1), 0);
	free(block);
	return w;
}

#define assert_written(w, bytes) do { \
	assert_int_equal((w).n, sizeof(bytes) - 1); \
	assert_memory_equal((w).p, bytes, sizeof(bytes) - 1); \
} while (0)

static struct octets filler(size_t n)
{
	static const uint8_t zeros[70000];

	return (struct octets){ zeros, n };
}

static void nodes_of_every_kind(void **state)
{
	struct nodes a;
	struct node *root, *ber;

	(void)state;
	nodes_reset(&a);
	root = node_list(&a, NULL);
	ber = node_ber(&a, root, 0x30);
	node_ber_int(&a, ber, 0x02, 5);
	node_ber_octets(&a, ber, 0x04, octets_of("hi"));
	node_u8(&a, node_session(&a, root, 0x11), 3);
	node_octets(&a, node_session(&a, root, 0xc1), octets_of("u"));
	node_u16(&a, node_tpdu(&a, root, 0xf0), 0x0102);
	node_u8(&a, node_li(&a, root), 0xe0);
	node_copy(&a, root, "xyz", 3);
	node_octets(&a, root, (struct octets){ NULL, 0 });
	assert_written(write_tree(&a, root),
	               "\x30\x07\x02\x01\x05\x04\x02hi" "\x11\x01\x03" "\xc1\x01u"
	               "\xf0\x02\x01\x02" "\x01\xe0" "xyz");
}

static void ber_integers_take_the_fewest_octets(void **state)
{
	static const struct { int64_t v; const char *octets; size_t n; } cases[] = {
		{ 0, "\x02\x01\x00", 3 }, { 127, "\x02\x01\x7f", 3 },
		{ 128, "\x02\x02\x00\x80", 4 },
		{ 255, "\x02\x02\x00\xff", 4 }, { 256, "\x02\x02\x01\x00", 4 },
		{ -1, "\x02\x01\xff", 3 }, { -128, "\x02\x01\x80", 3 },
		{ -129, "\x02\x02\xff\x7f", 4 },
		{ INT64_MAX, "\x02\x08\x7f\xff\xff\xff\xff\xff\xff\xff", 10 },
		{ INT64_MIN, "\x02\x08\x80\x00\x00\x00\x00\x00\x00\x00", 10 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct written w;
		struct nodes a;

		nodes_reset(&a);
		w = write_tree(&a, node_ber_int(&a, NULL, 0x02, cases[i].v));
		assert_int_equal(w.n, cases[i].n);
		assert_memory_equal(w.p, cases[i].octets, w.n);
	}
}

struct form {
	enum node_kind kind;
	enum length_form form;
	size_t contents;
	const char *header;
	size_t header_n;
};

static struct node *node_of(struct nodes *a, enum node_kind kind)
{
	return kind == NODE_SESSION ? node_session(a, NULL, 0xc1) :
	       kind == NODE_TPDU ? node_tpdu(a, NULL, 0xc1) :
	       kind == NODE_LI ? node_li(a, NULL) : node_ber(a, NULL, 0xc1);
}

static void length_fields(void **state)
{
	static const struct form cases[] = {
		{ NODE_BER, LENGTH_MINIMAL, 127, "\xc1\x7f", 2 },
		{ NODE_BER, LENGTH_MINIMAL, 128, "\xc1\x81\x80", 3 },
		{ NODE_BER, LENGTH_MINIMAL, 255, "\xc1\x81\xff", 3 },
		{ NODE_BER, LENGTH_MINIMAL, 256, "\xc1\x82\x01\x00", 4 },
		{ NODE_BER, LENGTH_MINIMAL, 65535, "\xc1\x82\xff\xff", 4 },
		{ NODE_BER, LENGTH_MINIMAL, 65536, "\xc1\x83\x01\x00\x00", 5 },
		{ NODE_BER, LENGTH_LONG_1, 5, "\xc1\x81\x05", 3 },
		{ NODE_BER, LENGTH_LONG_2, 5, "\xc1\x82\x00\x05", 4 },
		{ NODE_BER, LENGTH_LONG_4, 5, "\xc1\x84\x00\x00\x00\x05", 6 },
		{ NODE_BER, LENGTH_INDEFINITE, 5, "\xc1\x80", 2 },
		/* X.225 8.2.5: the long form begins at 255, not at 256. */
		{ NODE_SESSION, LENGTH_MINIMAL, 254, "\xc1\xfe", 2 },
		{ NODE_SESSION, LENGTH_MINIMAL, 255, "\xc1\xff\x00\xff", 4 },
		{ NODE_SESSION, LENGTH_MINIMAL, 65535, "\xc1\xff\xff\xff", 4 },
		{ NODE_SESSION, LENGTH_LONG_2, 5, "\xc1\xff\x00\x05", 4 },
		{ NODE_TPDU, LENGTH_MINIMAL, 200, "\xc1\xc8", 2 },
		{ NODE_LI, LENGTH_MINIMAL, 254, "\xfe", 1 },
	};
	uint8_t *out = malloc(70000);

	(void)state;
	assert_non_null(out);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct form *c = &cases[i];
		size_t end = c->form == LENGTH_INDEFINITE ? 2 : 0;
		struct node *root;
		struct nodes a;

		nodes_reset(&a);
		root = node_of(&a, c->kind);
		root->form = (uint8_t)c->form;
		node_octets(&a, root, filler(c->contents));
		assert_int_equal(node_size(root), c->header_n + c->contents + end);
		assert_int_equal(node_write(&a, root, out, 70000), c->header_n + c->contents + end);
		assert_memory_equal(out, c->header, c->header_n);
	}
	free(out);
}

/* outer { inner { 4 octets }, 2 octets }, with one bent length. */
static struct written with_lie(unsigned which, int32_t lie)
{
	struct nodes a;
	struct node *outer, *inner;

	nodes_reset(&a);
	outer = node_ber(&a, NULL, 0x30);
	inner = node_session(&a, outer, 0xc1);
	node_octets(&a, inner, octets_of("abcd"));
	node_octets(&a, outer, octets_of("yz"));
	(which ? inner : outer)->lie = lie;
	return write_tree(&a, outer);
}

static void a_lie_bends_one_length_only(void **state)
{
	struct written honest = with_lie(0, 0);

	(void)state;
	assert_written(honest, "\x30\x08\xc1\x04" "abcdyz");
	for (int32_t lie = -4; lie <= 100; lie++) {
		for (unsigned which = 0; which < 2; which++) {
			struct written bent = with_lie(which, lie);
			size_t at = which ? 3 : 1;

			assert_int_equal(bent.n, honest.n);
			assert_int_equal(bent.p[at], honest.p[at] + lie);
			bent.p[at] = honest.p[at];
			assert_memory_equal(bent.p, honest.p, honest.n);
		}
	}
}

/* A lie that needs a longer form is written in it, and all that is outside
 * stays true. */
static void a_lie_may_need_a_longer_form(void **state)
{
	(void)state;
	assert_written(with_lie(1, 251), "\x30\x0a\xc1\xff\x00\xff" "abcdyz");
	assert_written(with_lie(0, 120), "\x30\x81\x80\xc1\x04" "abcdyz");
	assert_written(with_lie(0, 0x1000), "\x30\x82\x10\x08\xc1\x04" "abcdyz");
}

static void a_hole_counts_but_is_not_written(void **state)
{
	struct nodes a;
	struct node *root;
	uint8_t out[32];

	(void)state;
	nodes_reset(&a);
	root = node_ber(&a, NULL, 0x61);
	node_octets(&a, root, octets_of("ab"));
	node_hole(&a, node_ber(&a, root, 0x04), UINT64_C(5000000000));
	assert_true(node_size(root) == UINT64_C(5000000000) + 10 + 2 + 10);
	assert_int_equal(node_write(&a, root, out, sizeof out), 22);
	assert_memory_equal(out, "\x61\x88\x00\x00\x00\x01\x2a\x05\xf2\x0c" "ab"
	                         "\x04\x88\x00\x00\x00\x01\x2a\x05\xf2\x00", 22);
}

static void a_full_arena_writes_nothing(void **state)
{
	struct nodes a;
	struct node *root;
	uint8_t out[2 * NODES_MAX];

	(void)state;
	nodes_reset(&a);
	root = node_list(&a, NULL);
	for (size_t i = 1; i < NODES_MAX; i++)
		node_u8(&a, root, 1);
	assert_false(a.full);
	assert_int_equal(node_size(root), NODES_MAX - 1);
	assert_int_equal(node_write(&a, root, out, sizeof out), NODES_MAX - 1);
	for (size_t i = 0; i < 5; i++) {
		struct node *spilt = node_ber(&a, root, 0x30);

		node_ber_octets(&a, spilt, 0x04, octets_of("x"));
		node_adopt(root, spilt);
		node_adopt(spilt, node_list(&a, NULL));
	}
	assert_true(a.full);
	assert_int_equal(node_size(root), NODES_MAX - 1);
	assert_int_equal(node_write(&a, root, out, sizeof out), 0);
	nodes_reset(&a);
	assert_false(a.full);
}

static void copies_that_do_not_fit_write_nothing(void **state)
{
	struct nodes a;
	struct node *root;
	uint8_t out[64];

	(void)state;
	nodes_reset(&a);
	root = node_list(&a, NULL);
	node_copy(&a, root, "0123456789ab", sizeof root->inlined);
	assert_false(a.full);
	node_copy(&a, root, "0123456789abc", sizeof root->inlined + 1);
	assert_true(a.full);
	node_size(root);
	assert_int_equal(node_write(&a, root, out, sizeof out), 0);
}

static void trees_are_adopted_in_order(void **state)
{
	struct nodes a;
	struct node *root, *late;

	(void)state;
	nodes_reset(&a);
	late = node_session(&a, NULL, 2);
	node_u8(&a, late, 'b');
	root = node_session(&a, NULL, 1);
	node_u8(&a, root, 'a');
	node_adopt(root, late);
	node_u8(&a, root, 'c');
	assert_written(write_tree(&a, root), "\x01\x05" "a\x02\x01" "bc");
}

/* ---- text ---- */

#define assert_text(expected, ...) do { \
	char buf_[256]; \
	struct text text_, *t = &text_; \
	text_init(t, buf_, sizeof buf_); \
	__VA_ARGS__; \
	assert_string_equal(buf_, expected); \
	assert_false(t->cut); \
} while (0)

/* A word for each length: enough to tell who was masked. */
static void length_word(void *ctx, struct octets o, char out[static TEXT_PSEUDONYM])
{
	(void)ctx;
	memcpy(out, "~aaaaaaaa", TEXT_PSEUDONYM);
	out[1] = (char)('a' + o.n % 26);
}

static void text_of_masked_names(void **state)
{
	static const struct text_mask mask = { length_word, NULL };

	(void)state;
	text_mask(&mask);
	assert_text("\"~daaaaaaa\" ~eaaaaaaa ~caaaaaaa", text_quoted(t, octets_of("abc"));
	            text_char(t, ' '); text_plain(t, octets_of("abcd"), ';', ';');
	            text_char(t, ' '); text_hex(t, octets_of("ab")));
	assert_text("\"\" \" \"", text_quoted(t, octets_of("")); text_char(t, ' ');
	            text_quoted(t, octets_of(" ")));
	assert_text("\"abc\"", t->bare = true; text_quoted(t, octets_of("abc")));
	assert_text("17 0f", text_u64(t, 17); text_char(t, ' '); text_hex8(t, 15));
	assert_text("from \"~faaaaaaa\" on", text_words(t, "from \"NORTH\" on"));
	assert_text("id C=~caaaaaaa;A= ;P=~eaaaaaaa;L=~caaaaaaa, twice",
	            text_words(t, "id C=XX;A= ;P=TEST;L=ab, twice"));
	assert_text("\"C=~caaaaaaa;DDA:X=~gaaaaaaa\"", text_words(t, "\"C=XX;DDA:X=a b c.\""));
	assert_text("~jaaaaaaa:102 and ~kaaaaaaa.", text_words(t, "192.0.2.1:102 and 2001:db8::."));
	assert_text("X.225 8.2.5, 2.6.0.1.6 at 12:30:01.5 = 1 of 2",
	            text_words(t, "X.225 8.2.5, 2.6.0.1.6 at 12:30:01.5 = 1 of 2"));
	/* what is masked stays what it is */
	assert_text("\"~zzzzzzzz\" P=~zzzzzzz2;", text_words(t, "\"~zzzzzzzz\" P=~zzzzzzz2;"));
	assert_text("open \"~daaaaaaa", text_words(t, "open \"abc"));
	text_mask(NULL);
	assert_text("from \"NORTH\"", text_words(t, "from \"NORTH\""));
}

static void text_of_values(void **state)
{
	static const struct text_name names[] = { { 1, "one" }, { 3, "three" }, { 0, NULL } };
	static const uint8_t odd[] = { 'a', '"', '\\', 0x1b, 0x7f, 0x80, ' ' };

	(void)state;
	assert_text("0 18446744073709551615", text_u64(t, 0); text_char(t, ' ');
	            text_u64(t, UINT64_MAX));
	assert_text("-9223372036854775808 7", text_i64(t, INT64_MIN); text_char(t, ' ');
	            text_i64(t, 7));
	assert_text("0fa0", text_hex8(t, 0x0f); text_hex8(t, 0xa0));
	assert_text("6162", text_hex(t, octets_of("ab")));
	assert_text("\"a\\\"\\\\\\x1b\\x7f\\x80 \"", text_quoted(t, (struct octets){ odd, 7 }));
	assert_text("PDU a=1 b=2", text_put(t, "PDU"); text_field_u64(t, "a", 1);
	            text_field_u64(t, "b", 2));
	assert_text("a=", text_field(t, "a"));
	assert_text("9 10", text_u64(t, 9); text_char(t, ' '); text_u64(t, 10));
	assert_text("three 2", text_named(t, names, 3); text_char(t, ' '); text_named(t, names, 2));
}

static void long_hex_is_abridged(void **state)
{
	(void)state;
	assert_text("0000000000000000000000000000000000000000000000000000000000000000",
	            text_hex(t, filler(32)));
	assert_text("0000000000000000000000000000000000000000000000000000000000000000..+68",
	            text_hex(t, filler(100)));
}

static void text_never_overflows(void **state)
{
	(void)state;
	for (size_t cap = 0; cap < 12; cap++) {
		char *buf = malloc(cap ? cap : 1);
		struct text t;

		assert_non_null(buf);
		text_init(&t, buf, cap);
		text_put(&t, "0123456789");
		assert_int_equal(t.cut, cap < 11);
		if (cap)
			assert_int_equal(strlen(buf), t.n);
		assert_true(cap == 0 || t.n == (cap - 1 < 10 ? cap - 1 : 10));
		free(buf);
	}
}

static void fields_never_overflow(void **state)
{
	(void)state;
	for (size_t cap = 1; cap < 12; cap++) {
		char *buf = malloc(cap);
		struct text t;

		assert_non_null(buf);
		text_init(&t, buf, cap);
		text_put(&t, "P");
		text_field(&t, "name");
		assert_int_equal(t.cut, cap < 8);
		assert_int_equal(strlen(buf), t.n);
		assert_memory_equal(buf, "P name=", cap < 8 ? cap - 1 : 8);
		free(buf);
	}
}

/* What was written for the same octets of the same kind, and for no others. */
static void texts_are_remembered(void **state)
{
	static struct text_memory memory;
	struct octets ab = octets_of("ab"), other = octets_of("ac"), none = { NULL, 0 };
	char buf[80];
	struct text t;

	(void)state;
	text_init(&t, buf, sizeof buf);
	assert_false(text_remembered(&t, TEXT_NAME, ab));
	t.memory = &memory;
	assert_false(text_remembered(&t, TEXT_NAME, ab));
	text_put(&t, "x y");
	text_remember(&t, TEXT_NAME, ab, 2);
	text_remember(&t, TEXT_NAME, none, 0);
	text_clear(&t);
	assert_false(text_remembered(&t, TEXT_KINDS, ab));
	assert_false(text_remembered(&t, TEXT_NAME, other));
	assert_false(text_remembered(&t, TEXT_NAME, none));
	assert_true(text_remembered(&t, TEXT_NAME, ab));
	assert_string_equal(buf, "y");
	/* too long, or not whole: not remembered */
	text_remember(&t, TEXT_NAME, filler(TEXT_MEMORY_OCTETS + 1), 0);
	assert_false(text_remembered(&t, TEXT_NAME, filler(TEXT_MEMORY_OCTETS + 1)));
	t.cut = true;
	text_remember(&t, TEXT_NAME, other, 0);
	assert_false(text_remembered(&t, TEXT_NAME, other));
}

/* ---- pool, gather, kept, joined ---- */

static void gather_grows_up_to_its_bound(void **state)
{
	struct test_pool pool;
	struct gather g;
	uint8_t block[1000];

	(void)state;
	test_pool_init(&pool);
	gather_init(&g, 5000);
	assert_true(gather_add(&g, &pool.pool, (struct octets){ NULL, 0 }));
	assert_int_equal(pool.takes, 0);
	for (size_t i = 0; i < 5; i++) {
		memset(block, (int)('a' + i), sizeof block);
		assert_true(gather_add(&g, &pool.pool, (struct octets){ block, sizeof block }));
	}
	assert_int_equal(g.n, 5000);
	assert_int_equal(g.cap, 5000);
	assert_int_equal(pool.leases, 1);
	for (size_t i = 0; i < 5000; i++)
		assert_int_equal(g.p[i], 'a' + i / 1000);
	assert_false(gather_add(&g, &pool.pool, (struct octets){ block, 1 }));
	assert_int_equal(g.n, 5000);
	gather_drop(&g, &pool.pool);
	assert_int_equal(pool.leases, 0);
	gather_drop(&g, &pool.pool);
	test_pool_check(&pool);
}

static void gather_survives_every_refusal(void **state)
{
	(void)state;
	for (size_t refuse = 1; refuse <= 4; refuse++) {
		struct test_pool pool;
		struct gather g;
		size_t added = 0;

		test_pool_init(&pool);
		pool.refuse = refuse;
		gather_init(&g, 8000);
		while (added < 8000 && gather_add(&g, &pool.pool, filler(100)))
			added += 100;
		assert_int_equal(g.n, added);
		assert_int_equal(added == 8000, refuse > 4);
		/* The next try finds memory again. */
		assert_true(gather_add(&g, &pool.pool, filler(100)));
		gather_drop(&g, &pool.pool);
		test_pool_check(&pool);
	}
}

static void kept_leases_are_given_back(void **state)
{
	struct kept k = { .n = 0 };
	struct test_pool pool;

	(void)state;
	test_pool_init(&pool);
	assert_null(kept_take(NULL, &pool.pool, 8));
	for (size_t i = 0; i < KEPT_MAX; i++)
		assert_non_null(kept_take(&k, &pool.pool, i + 1));
	assert_null(kept_take(&k, &pool.pool, 1));
	assert_false(kept_add(&k, (struct octets){ NULL, 0 }));
	assert_false(kept_add(NULL, (struct octets){ NULL, 0 }));
	kept_drop(&k, &pool.pool);
	assert_int_equal(k.n, 0);
	assert_true(kept_add(&k, (struct octets){ pool.pool.take(&pool.pool, 3), 3 }));
	kept_drop(&k, &pool.pool);
	test_pool_check(&pool);
	pool.refuse = 1;
	pool.takes = 0;
	assert_null(kept_take(&k, &pool.pool, 1));
	assert_int_equal(k.n, 0);
}

static void joined_runs_are_copied_only_if_apart(void **state)
{
	static const uint8_t in[] = "abcdefgh";
	struct kept k = { .n = 0 };
	struct test_pool pool;
	struct joined j;

	(void)state;
	test_pool_init(&pool);
	joined_init(&j, 8);
	assert_true(joined_add(&j, &k, &pool.pool, (struct octets){ in, 0 }));
	assert_true(joined_add(&j, &k, &pool.pool, (struct octets){ in, 2 }));
	assert_true(joined_add(&j, &k, &pool.pool, (struct octets){ in + 2, 1 }));
	assert_ptr_equal(j.octets.p, in);
	assert_int_equal(pool.takes, 0);
	assert_true(joined_add(&j, &k, &pool.pool, (struct octets){ in + 4, 2 }));
	assert_true(joined_add(&j, &k, &pool.pool, (struct octets){ in + 7, 1 }));
	assert_int_equal(pool.takes, 1);
	assert_int_equal(j.octets.n, 6);
	assert_memory_equal(j.octets.p, "abcefh", 6);
	kept_drop(&k, &pool.pool);
	joined_init(&j, 8);
	joined_add(&j, &k, &pool.pool, (struct octets){ in, 2 });
	assert_false(joined_add(&j, NULL, &pool.pool, (struct octets){ in + 4, 2 }));
	test_pool_check(&pool);
}

/* ---- contexts ---- */

static void contexts_are_found_if_accepted(void **state)
{
	static const struct context_name names[] = {
		{ 1, { (const uint8_t *)"\x52\x01", 2 }, { { NULL, 0 } } },
		{ 3, { (const uint8_t *)"\x56\x00", 2 }, { { NULL, 0 } } },
	};
	struct contexts c = { .names = names, .n = 4, .at = {
		{ .id = 1, .name = 0, .result = CONTEXT_ACCEPTED },
		{ .id = 3, .name = 1, .result = CONTEXT_USER_REJECTED },
		{ .id = 5, .name = CONTEXT_UNKNOWN, .result = CONTEXT_ACCEPTED },
		{ .id = 7, .name = 1, .result = CONTEXT_ACCEPTED },
	} };

	(void)state;
	assert_ptr_equal(contexts_find(&c, names[0].abstract), &c.at[0]);
	assert_ptr_equal(contexts_find(&c, names[1].abstract), &c.at[3]);
	assert_null(contexts_find(&c, octets_of("zz")));
	assert_ptr_equal(contexts_by_id(&c, 5), &c.at[2]);
	assert_null(contexts_by_id(&c, 3));
	assert_int_equal(contexts_abstract(&c, &c.at[2]).n, 0);
}

/* ---- events ---- */

static void queue_is_first_in_first_out(void **state)
{
	struct event_queue *q = malloc(sizeof *q);
	struct event e = { .value = 0 };
	uint32_t in = 0, out = 0;

	(void)state;
	assert_non_null(q);
	event_queue_init(q);
	assert_false(event_queue_get(q, &e));
	for (unsigned round = 0; round < 10; round++) {
		while (event_queue_free(q)) {
			e.value = in++;
			assert_true(event_queue_put(q, &e));
		}
		assert_false(event_queue_put(q, &e));
		for (unsigned i = 0; i < EVENTS_MAX / 3 + round; i++) {
			assert_true(event_queue_get(q, &e));
			assert_int_equal(e.value, out++);
		}
	}
	while (event_queue_get(q, &e))
		assert_int_equal(e.value, out++);
	assert_int_equal(in, out);
	assert_int_equal(event_queue_free(q), EVENTS_MAX);
	free(q);
}

/* ---- turns ---- */

struct turned {
	struct turn t;
	struct nodes nodes;
	struct findings findings;
	struct event_queue inner, outer;
	struct service services[SERVICES_MAX];
	struct service_names names[NAMES_MAX];
};

static struct turned *turned_new(void)
{
	struct turned *x = calloc(1, sizeof *x);

	assert_non_null(x);
	x->t = (struct turn){
		.now_us = 42, .nodes = &x->nodes, .findings = &x->findings, .inner = &x->inner,
		.outer = &x->outer, .services = x->services, .names = x->names, .association = 9,
		.offset = 1000,
	};
	return x;
}

static void primitives_carry_their_parameters(void **state)
{
	struct turned *x = turned_new();
	struct service *s = turn_service(&x->t), *copy;
	struct event e;

	(void)state;
	s->serial = 17;
	s->data = octets_of("abc");
	s->offset = 77;
	s->positive = s->last = true;
	turn_emit(&x->t, LAYER_SESSION, SERVICE_SYNC_MINOR, CONFIRM, s);
	copy = turn_service_copy(&x->t, s);
	copy->reason = 5;
	copy->serial = 0;
	turn_emit(&x->t, LAYER_SESSION, SERVICE_P_ABORT, INDICATION, copy);
	turn_emit(&x->t, LAYER_COTP, SERVICE_DISCONNECT, REQUEST, NULL);
	assert_true(event_queue_get(&x->inner, &e));
	assert_int_equal(e.kind, EVENT_PRIMITIVE);
	assert_int_equal(e.layer, LAYER_SESSION);
	assert_int_equal(e.code, SERVICE_SYNC_MINOR);
	assert_int_equal(e.type, CONFIRM);
	assert_int_equal(e.value, 17);
	assert_int_equal(e.length, 3);
	assert_int_equal(e.offset, 77);
	assert_int_equal(e.at_us, 42);
	assert_int_equal(e.association, 9);
	assert_int_equal(e.flags, EVENT_F_POSITIVE | EVENT_F_LAST);
	assert_ptr_equal(event_service(&e), s);
	assert_true(event_queue_get(&x->inner, &e));
	assert_int_equal(e.value, 5);
	assert_int_equal(event_service(&e)->data.n, 3);
	assert_true(event_queue_get(&x->inner, &e));
	assert_non_null(event_service(&e));
	assert_int_equal(event_service(&e)->reason, 0);
	assert_int_equal(e.offset, 1000);
	assert_false(event_queue_get(&x->inner, &e));
	free(x);
}

static void the_driver_is_told(void **state)
{
	struct turned *x = turned_new();
	struct event e;

	(void)state;
	turn_step(&x->t, LAYER_COTP, 3, 1, 2);
	turn_pdu(&x->t, LAYER_SESSION, EVENT_PDU_IN, 13, octets_of("cn"), 55, x);
	turn_pdu_value(&x->t, LAYER_COTP, EVENT_PDU_OUT, 5, octets_of(""), 66, 1024);
	assert_true(event_queue_get(&x->outer, &e));
	assert_int_equal(e.kind, EVENT_STEP);
	assert_int_equal(e.cell, 3);
	assert_int_equal(e.from, 1);
	assert_int_equal(e.to, 2);
	assert_true(event_queue_get(&x->outer, &e));
	assert_int_equal(e.kind, EVENT_PDU_IN);
	assert_int_equal(e.cell, CELL_NONE);
	assert_int_equal(e.length, 2);
	assert_int_equal(e.offset, 55);
	assert_ptr_equal(e.detail, x);
	/* No primitive: it has no parameters. */
	assert_int_equal(event_service(&e)->reason, 0);
	assert_true(event_queue_get(&x->outer, &e));
	assert_int_equal(e.kind, EVENT_PDU_OUT);
	assert_int_equal(e.value, 1024);
	assert_true(turn_finding(&x->t, &note_rule, 4));
	assert_false(turn_finding(&x->t, &fatal_rule, 5));
	assert_int_equal(x->findings.n, 2);
	free(x);
}

/* Each kind can be told from the others where it is stored, and fits its column. */
static void events_have_names(void **state)
{
	(void)state;
	for (uint8_t i = 0; i < EVENT_KINDS; i++) {
		assert_non_null(event_kind_name(i));
		assert_true(strlen(event_mark(i)) <= 3);
		for (uint8_t k = 0; k < i; k++)
			assert_string_not_equal(event_kind_name(i), event_kind_name(k));
	}
	assert_string_equal(event_kind_name(EVENT_KINDS), "?");
	assert_string_equal(event_mark(EVENT_KINDS), "");
	assert_string_equal(event_mark(EVENT_PDU_OUT), "->");
}

static void services_have_names(void **state)
{
	(void)state;
	for (unsigned i = 0; i < SERVICES_KINDS; i++)
		assert_non_null(service_kind_name(i));
	assert_string_equal(service_kind_name(SERVICE_ACTIVITY_START), "ACTIVITY-START");
	assert_string_equal(service_kind_name(SERVICES_KINDS), "?");
	assert_string_equal(service_type_name(CONFIRM), "cnf");
	assert_string_equal(service_type_name(CONFIRM + 1), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(octets),
		cmocka_unit_test(notes_are_kept_and_counted),
		cmocka_unit_test(first_fatal_finding_is_always_kept),
		cmocka_unit_test(lost_notes_stop_counting),
		cmocka_unit_test(layers_have_names),
		cmocka_unit_test(cursor_reads_in_order),
		cmocka_unit_test(cursor_failure_is_sticky),
		cmocka_unit_test(cursor_window_cannot_be_left),
		cmocka_unit_test(cursor_lengths_cannot_wrap),
		cmocka_unit_test(cursor_books_notes_and_goes_on),
		cmocka_unit_test(cursor_on_nothing),
		cmocka_unit_test(nodes_of_every_kind),
		cmocka_unit_test(ber_integers_take_the_fewest_octets),
		cmocka_unit_test(length_fields),
		cmocka_unit_test(a_lie_bends_one_length_only),
		cmocka_unit_test(a_lie_may_need_a_longer_form),
		cmocka_unit_test(a_hole_counts_but_is_not_written),
		cmocka_unit_test(a_full_arena_writes_nothing),
		cmocka_unit_test(copies_that_do_not_fit_write_nothing),
		cmocka_unit_test(trees_are_adopted_in_order),
		cmocka_unit_test(text_of_values),
		cmocka_unit_test(text_of_masked_names),
		cmocka_unit_test(long_hex_is_abridged),
		cmocka_unit_test(text_never_overflows),
		cmocka_unit_test(fields_never_overflow),
		cmocka_unit_test(texts_are_remembered),
		cmocka_unit_test(gather_grows_up_to_its_bound),
		cmocka_unit_test(gather_survives_every_refusal),
		cmocka_unit_test(kept_leases_are_given_back),
		cmocka_unit_test(joined_runs_are_copied_only_if_apart),
		cmocka_unit_test(contexts_are_found_if_accepted),
		cmocka_unit_test(queue_is_first_in_first_out),
		cmocka_unit_test(primitives_carry_their_parameters),
		cmocka_unit_test(the_driver_is_told),
		cmocka_unit_test(events_have_names),
		cmocka_unit_test(services_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
