/*
 * Contents: known again, compared in any cut, altered ones found.
 */
#include "ipm/ipm.h"
#include "scenario/content.h"
#include "scenario/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { KEY_N = 16 };
static const uint64_t key = UINT64_C(0x0123456789abcdef);

/* C=XX;A=TEST;S=T as ORName, by hand from X.411 Annex B. */
static const uint8_t name[] = {
	0x60, 0x17, 0x30, 0x15, 0x61, 0x04, 0x13, 0x02, 'X', 'X', 0x62, 0x06, 0x13, 0x04,
	'T', 'E', 'S', 'T', 0xa5, 0x05, 0x80, 0x03, 'R', 'I', 'G',
};
static const struct octets who = { name, sizeof name };

static void sizes(void **state)
{
	size_t ipms = 0;

	(void)state;
	for (uint64_t size = 0; size < 3000; size++) {
		struct content c;
		uint8_t *p = malloc(size ? size : 1);
		struct octets o = { p, size };

		assert_non_null(p);
		content_init(&c, key, 7, size, who, who);
		content_fill(&c, 0, p, size);
		assert_true(content_equal(&c, 0, o));
		assert_int_equal(content_find(key, o), c.ipm ? 7 : 0);
		ipms += c.ipm;
		for (size_t at = 0; at < size; at += 97)
			assert_true(content_equal(&c, at, (struct octets){ p + at, size - at }));
		free(p);
	}
	/* All but those too small, and those between two lengths of length octets. */
	assert_true(ipms > 2700);
}

static void is_an_ipm(void **state)
{
	struct content c;
	struct findings f;
	struct ipm ipm;
	uint8_t p[2000];

	(void)state;
	content_init(&c, key, 7, sizeof p, who, who);
	assert_true(c.ipm);
	content_fill(&c, 0, p, sizeof p);
	findings_clear(&f);
	assert_true(ipm_decode((struct octets){ p, sizeof p }, &ipm, &f));
	assert_int_equal(f.n, 0);
	assert_true(ipm.whole && ipm.has_text);
	assert_int_equal(ipm.kind, IPM_MESSAGE);
}

static void one_octet_is_enough(void **state)
{
	struct content c;
	uint8_t p[1200];

	(void)state;
	content_init(&c, key, 9, sizeof p, who, who);
	content_fill(&c, 0, p, sizeof p);
	for (size_t i = 0; i < sizeof p; i++) {
		p[i] ^= 1;
		assert_false(content_equal(&c, 0, (struct octets){ p, sizeof p }));
		p[i] ^= 1;
	}
	assert_false(content_equal(&c, 1, (struct octets){ p, sizeof p }));
	assert_false(content_equal(&c, sizeof p + 1, (struct octets){ p, 0 }));
	assert_true(content_equal(&c, sizeof p, (struct octets){ p, 0 }));
}

/* Pieces of any size give the same octets. */
static void any_cut(void **state)
{
	struct content c;
	uint8_t whole[1500], parts[1500];

	(void)state;
	content_init(&c, key, 3, sizeof whole, who, who);
	content_fill(&c, 0, whole, sizeof whole);
	for (size_t step = 1; step < 40; step++) {
		memset(parts, 0, sizeof parts);
		for (size_t at = 0; at < sizeof parts; at += step) {
			size_t n = sizeof parts - at < step ? sizeof parts - at : step;

			content_fill(&c, at, parts + at, n);
		}
		assert_memory_equal(whole, parts, sizeof whole);
	}
}

static void messages_differ(void **state)
{
	struct content a, b;
	uint8_t pa[64], pb[64];

	(void)state;
	content_init(&a, key, 1, 64, who, who);
	content_init(&b, key, 2, 64, who, who);
	content_fill(&a, 0, pa, 64);
	content_fill(&b, 0, pb, 64);
	assert_memory_not_equal(pa, pb, 64);
	assert_int_equal(content_find(key + 1, (struct octets){ pa, 64 }), 0);
}

static void identifiers(void **state)
{
	char id[CONTENT_ID];

	(void)state;
	content_id(key, 0xabc, id);
	assert_string_equal(id, "0123456700000abc");
	assert_int_equal(content_id_ordinal(key, octets_of(id)), 0xabc);
	assert_int_equal(content_id_ordinal(~key, octets_of(id)), 0);
	assert_int_equal(content_id_ordinal(key, octets_of("0123456700000ab")), 0);
	assert_int_equal(content_id_ordinal(key, octets_of("0123456700000abX")), 0);
	assert_int_equal(content_id_ordinal(key, (struct octets){ NULL, 0 }), 0);
}

/* A nonce cut anywhere is no nonce, and nothing is read past the end. */
static void cut_nonces(void **state)
{
	static const char text[] = "xx400rig:0123456789abcdef:00000005:12;";
	size_t n = sizeof text - 1;

	(void)state;
	for (size_t i = 0; i <= n; i++) {
		uint8_t *copy = malloc(i ? i : 1);
		uint32_t want = i >= n - 4 ? 5 : 0;

		assert_non_null(copy);
		memcpy(copy, text, i);
		assert_int_equal(content_find(key, (struct octets){ copy, i }), want);
		free(copy);
	}
}

static void streams_stand_alone(void **state)
{
	struct random a = random_for(1, "s", "drop"), b = random_for(1, "s", "cut");
	struct random c = random_for(1, "s", "drop"), d = random_for(2, "s", "drop");
	struct random e = random_for(1, "sd", "rop");

	(void)state;
	assert_int_not_equal(a.state, b.state);
	assert_int_not_equal(a.state, d.state);
	assert_int_not_equal(a.state, e.state);
	random_next(&b);
	assert_true(random_next(&a) == random_next(&c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes), cmocka_unit_test(is_an_ipm),
		cmocka_unit_test(one_octet_is_enough), cmocka_unit_test(any_cut),
		cmocka_unit_test(messages_differ), cmocka_unit_test(identifiers),
		cmocka_unit_test(cut_nonces), cmocka_unit_test(streams_stand_alone),
	};

	return cmocka_run_group_tests_name("scenario content", tests, NULL, NULL);
}
