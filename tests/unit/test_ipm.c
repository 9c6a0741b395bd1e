/* IPM: headings, bodies, notifications (vectors), the composer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../lib/vectors.h"
#include "ipm/ipm.h"

static bool decode(struct octets in, struct findings *f, struct text *out)
{
	struct ipm m;

	if (!ipm_decode(in, &m, f))
		return false;
	ipm_text(out, &m);
	return true;
}

static uint8_t alpha[64], bravo[64];

static struct octets name(const char *text, uint8_t *buf)
{
	struct p1_name n;
	size_t bad;

	assert_true(p1_name_parse(octets_of(text), &n, &bad));
	return (struct octets){ buf, p1_name_encode(&n, 0x60, buf, 64) };
}

static void check(const struct ipm_compose *c, const char *text, const char *want)
{
	uint8_t content[1024];
	size_t length = strlen(text);
	size_t n = ipm_compose_head(c, length, NULL, 0);
	struct findings f;
	struct text t;
	char buf[512];
	struct ipm m;

	assert_true(n + length <= sizeof content);
	assert_int_equal(ipm_compose_head(c, length, content, n - 1), n);
	assert_int_equal(ipm_compose_head(c, length, content, n), n);
	memcpy(content + n, text, length);
	findings_clear(&f);
	assert_true(ipm_decode((struct octets){ content, n + length }, &m, &f));
	assert_int_equal(f.n, 0);
	assert_true(m.whole);
	assert_int_equal(m.text_at, length ? n : 0);
	assert_true(ber_string_equal(&m.text, octets_of(text)));
	text_init(&t, buf, sizeof buf);
	ipm_text(&t, &m);
	assert_string_equal(buf, want);
}

static void composes(void **state)
{
	struct octets to[2] = { name("C=XX;A=TEST;S=B", bravo), name("C=XX;A=TEST;S=A", alpha) };
	struct ipm_compose c = { .local = octets_of("id") };

	(void)state;
	check(&c, "", "IPM id=\"id\" to=0 parts=1 body=ia5-text text=0");
	c.name = to[1];
	c.originator = to[1];
	c.primary = to;
	c.primary_n = 2;
	c.subject = octets_of("a subject");
	c.has_importance = true;
	c.importance = 2;
	c.receipt = true;
	check(&c, "hello\r\n",
	      "IPM id=\"id\" of=\"C=XX;A=TEST;S=A\" from=\"C=XX;A=TEST;S=A\" to=2"
	      " subject=\"a subject\" importance=high parts=1 body=ia5-text text=7");
}

/* A content that is streamed: only its beginning is at hand. */
static void long_texts(void **state)
{
	struct ipm_compose c = { .local = octets_of("id") };
	uint8_t head[64];
	size_t n = ipm_compose_head(&c, UINT64_C(1) << 32, head, sizeof head);
	struct findings f;
	struct ipm m;

	(void)state;
	assert_true(n <= sizeof head);
	findings_clear(&f);
	assert_true(ipm_decode((struct octets){ head, n }, &m, &f));
	assert_int_equal(f.n, 0);
	assert_false(m.whole);
	assert_true(m.has_text);
}

static void recipients(void **state)
{
	static const uint8_t content[] = {
		0xa0, 0x20, 0x31, 0x1c, 0x6b, 0x03, 0x13, 0x01, '1', 0xa2, 0x15, 0x31, 0x0d, 0xa0,
		0x04, 0x80, 0x02, 'm', 'e', 0x81, 0x02, 0x06, 0xc0, 0x82, 0x01, 0xff, 0x31, 0x04,
		0xa0, 0x02, 0x60, 0x00, 0x30, 0x00,
	};
	struct ipm_recipient r;
	struct p1_iterator it;
	struct findings f;
	struct ipm m;

	(void)state;
	findings_clear(&f);
	assert_false(ipm_decode((struct octets){ content, sizeof content }, &m, &f));
	assert_ptr_equal(findings_fatal(&f)->rule, &p1_rules[P1_ORNAME]);
	findings_clear(&f);
	p1_walk(&it, &m.primary, &f);
	assert_true(ipm_next_recipient(&it, &r));
	assert_int_equal(r.name.n, 0);
	assert_true(ber_string_equal(&r.free_form, octets_of("me")));
	assert_int_equal(r.notify, 3);
	assert_true(r.reply);
	assert_false(ipm_next_recipient(&it, &r));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(composes),
		cmocka_unit_test(long_texts),
		cmocka_unit_test(recipients),
	};

	return cmocka_run_group_tests_name("ipm", tests, NULL, NULL) + vectors_run("ipm", decode);
}
