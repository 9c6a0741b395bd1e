/* Values by tables: what vectors describe reads as they say, and is written again
 * from its text; texts that cannot be read; the contents of IPMs; the ATS header. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../lib/vectors.h"
#include "ipm/ipm.h"
#include "ipm/ipm_ats.h"
#include "ipm/ipm_types.h"
#include "p1/p1_types.h"

enum { OCTETS_MAX = 4096, LINE_MAX = 8192 };

/* Written again from the text: of the same text; of the same octets, if nothing was
 * found and all lengths were definite. */
static void check_again(const struct p1_type *type, struct octets in, const char *text, bool same)
{
	static uint8_t octets[OCTETS_MAX];
	static char line[LINE_MAX];
	struct text t;
	size_t bad, n = p1_value_encode(type, octets_of(text), octets, sizeof octets, &bad);

	if (n == 0)
		print_error("cannot be written from octet %zu on: %s\n", bad, text);
	assert_true(n > 0 && n <= sizeof octets);
	assert_int_equal(p1_value_encode(type, octets_of(text), NULL, 0, &bad), n);
	text_init(&t, line, sizeof line);
	p1_value_text(&t, type, (struct octets){ octets, n });
	assert_string_equal(line, text);
	if (!same)
		return;
	assert_int_equal(n, in.n);
	assert_memory_equal(octets, in.p, n);
}

static bool decode(const struct p1_type *type, struct octets in, struct findings *f,
                   struct text *out)
{
	if (!p1_value_check(type, in, f))
		return false;
	p1_value_text(out, type, in);
	if (!vectors_bent && in.n)
		check_again(type, in, out->p, !f->n && in.p[1] != 0x80);
	return true;
}

static bool decode_extension(struct octets in, struct findings *f, struct text *out)
{
	return decode(&p1_type_extension, in, f, out);
}

static bool decode_bind(struct octets in, struct findings *f, struct text *out)
{
	return decode(&p1_type_bind_argument, in, f, out);
}

static bool decode_heading_extension(struct octets in, struct findings *f, struct text *out)
{
	return decode(&ipm_type_extension, in, f, out);
}

static bool decode_part(struct octets in, struct findings *f, struct text *out)
{
	return decode(&ipm_type_body_part, in, f, out);
}

static bool decode_object(struct octets in, struct findings *f, struct text *out)
{
	return decode(&ipm_type_object, in, f, out);
}

static void refused(const struct p1_type *type, const char *text, size_t want)
{
	uint8_t octets[256];
	size_t bad = 0;

	assert_int_equal(p1_value_encode(type, octets_of(text), octets, sizeof octets, &bad), 0);
	assert_int_equal(bad, want);
}

static void texts_refused(void **state)
{
	static const struct p1_type *const label = &p1_type_label;

	(void)state;
	refused(label, "", 0);
	refused(label, "{", 1);
	refused(label, "{privacy-mark \"x\"", 17);
	refused(label, "{privacy-mark \"x}", 17);
	refused(label, "{privacy-mark \"\\y\"}", 16);
	refused(label, "{privacy-mark \"\\x4\"}", 18);
	refused(label, "{privacy-mark \"\\x}b\"}", 17);
	refused(label, "{nothing 1}", 1);
	refused(label, "{security-classification none}", 25);
	refused(label, "{security-classification 1} x", 28);
	refused(label, "{security-policy-identifier 3.1}", 28);
	refused(label, "{security-policy-identifier 2}", 28);
	refused(label, "{security-policy-identifier 1.2.99999999999}", 28);
	refused(label, "? '0'H", 4);
	refused(label, "? '00", 5);
	refused(&p1_type_bit_string, "'012'B", 3);
	refused(&p1_type_notification_requests, "{rn, none}", 5);
	refused(&p1_type_notification_requests, "rn", 0);
	refused(&p1_type_boolean, "true", 0);
	refused(&p1_type_null, "0", 0);
	refused(&p1_type_integer, "-", 0);
	refused(&p1_type_integer, "9223372036854775808", 0);
	refused(&p1_type_integer, "12345678901234567890", 0);
	refused(&p1_type_bind_argument, "simple:1", 0);
	refused(&p1_type_bind_argument, "unauthenticated", 0);
	refused(&p1_type_or_name, "\"C=XX;FOO=1\"", 6);
	refused(&p1_type_or_name, "\"C=XX", 1);
	refused(&p1_type_any, "REAL:1", 0);
	refused(&p1_type_eits, "{built-in-encoded-information-types {telex}", 43);
}

static void written(const struct p1_type *type, const char *text, const void *want, size_t n)
{
	uint8_t octets[256];
	size_t bad;

	assert_int_equal(p1_value_encode(type, octets_of(text), octets, sizeof octets, &bad), n);
	assert_memory_equal(octets, want, n);
	/* Where they do not fit nothing but their number is told. */
	assert_int_equal(p1_value_encode(type, octets_of(text), octets, 1, &bad), n);
}

static void texts_written(void **state)
{
	(void)state;
	written(&p1_type_integer, "-129", "\x02\x02\xff\x7f", 4);
	written(&p1_type_integer, "128", "\x02\x02\x00\x80", 4);
	written(&p1_type_integer, "-9223372036854775808", "\x02\x08\x80\0\0\0\0\0\0\0", 10);
	written(&p1_type_integer, "9223372036854775807",
	        "\x02\x08\x7f\xff\xff\xff\xff\xff\xff\xff", 10);
	written(&p1_type_boolean, " TRUE", "\x01\x01\xff", 3);
	written(&p1_type_oid, "2.999.3", "\x06\x03\x88\x37\x03", 5);
	written(&p1_type_bit_string, "'1'B", "\x03\x02\x07\x80", 4);
	written(&p1_type_bit_string, "''B", "\x03\x01\x00", 3);
	written(&p1_type_any, "BMPString:\"a\"", "\x1e\x02\x00" "a", 4);
	written(&p1_type_notification_requests, "{ nrn , rn }", "\x03\x02\x06\xc0", 4);
	written(&p1_type_teletex, "\"\\x3b\\xFF\"", "\x14\x02;\xff", 4);
}

/* Long contents take longer lengths. */
static void long_lengths(void **state)
{
	static char text[2 * 70000 + 4];
	static uint8_t octets[80000];
	size_t bad, n;

	(void)state;
	for (size_t size = 127; size <= 70000; size = size * 2 + 2) {
		text[0] = '\'';
		memset(text + 1, 'a', 2 * size);
		memcpy(text + 1 + 2 * size, "'H", 3);
		n = p1_value_encode(&p1_type_octets, octets_of(text), octets, sizeof octets, &bad);
		assert_int_equal(n, size + (size < 128 ? 2 : size < 256 ? 3 : size < 65536 ? 4 :
		                            5));
		assert_int_equal(octets[n - 1], 0xaa);
	}
}

/* A text can nest as deep as it likes. */
static void deep_texts(void **state)
{
	char text[1024] = "";
	size_t bad;

	(void)state;
	for (int i = 0; i < 40; i++)
		strcat(text, "{message-or-content-body-");
	assert_int_equal(p1_value_encode(p1_open_number(p1_extension_values, 43)->type,
	                                 octets_of(text), NULL, 0, &bad), 0);
	for (int i = 0; i < 100; i++)
		text[i] = '{';
	text[100] = '\0';
	assert_int_equal(p1_value_encode(&ipm_type_body_part, octets_of(text), NULL, 0, &bad), 0);
}

/* ---- contents ---- */

static const char content_text[] =
	"ipm:{heading {this-IPM {user-relative-identifier \"1\"}, authorizing-users "
	"{{formal-name \"C=XX;A=ADM;S=BOSS\"}}, primary-recipients {{recipient {formal-name "
	"\"C=XX;A=ADM;S=B\", telephone-number \"12\"}, recipient-extensions {{type 2.6.1.20.1, "
	"value 107}}}}, replied-to-IPM {user-relative-identifier \"0\"}, obsoleted-IPMs "
	"{{user-relative-identifier \"a\"}, {user-relative-identifier \"b\"}}, expiry-time "
	"\"260101000000Z\", extensions {{type 2.6.1.5.0}, {type 1.3.26.0.4406.0.2.0, value "
	"flash}}}, body {ia5-text:{parameters {}, data \"hi\"}, bilaterally-defined:'0102'H, "
	"extended:{parameters {type-id 2.6.1.11.11, value {1, 6}}, data {type-id 2.6.1.4.11, "
	"value \"x\"}}, extended:{data {type-id 1.2.3, value '0500'H}}}}";

static void contents(void **state)
{
	static const char *const names[] = { "ia5-text", "bilaterally-defined", "general-text" };
	static uint8_t octets[1024];
	struct ipm_extension x;
	struct ipm_recipient r;
	struct ipm_part part;
	struct p1_iterator it;
	struct findings f;
	struct ipm_id id;
	struct ipm m;
	size_t bad, n;

	(void)state;
	n = p1_value_encode(&ipm_type_object, octets_of(content_text), octets, sizeof octets, &bad);
	assert_true(n > 0 && n <= sizeof octets);
	findings_clear(&f);
	assert_true(ipm_decode((struct octets){ octets, n }, &m, &f));
	assert_int_equal(f.n, 0);
	assert_true(ber_string_equal(&m.replied.local, octets_of("0")));
	assert_true(ber_string_equal(&m.expiry, octets_of("260101000000Z")));
	p1_walk(&it, &m.authorizing, &f);
	assert_true(ipm_next_descriptor(&it, &r) && r.name.n > 0);
	assert_false(ipm_next_descriptor(&it, &r));
	p1_walk(&it, &m.obsoleted, &f);
	assert_true(ipm_next_id(&it, &id) && ipm_next_id(&it, &id));
	assert_true(ber_string_equal(&id.local, octets_of("b")));
	assert_false(ipm_next_id(&it, &id));
	p1_walk(&it, &m.primary, &f);
	assert_true(ipm_next_recipient(&it, &r));
	assert_true(ber_string_equal(&r.telephone, octets_of("12")) && r.extensions.present);
	p1_walk(&it, &m.extensions, &f);
	assert_true(ipm_next_extension(&it, &x) && x.value.n == 0);
	assert_true(ipm_next_extension(&it, &x) && x.value.n == 3);
	assert_string_equal(p1_open_oid(ipm_extension_values, x.oid)->name, "primary-precedence");
	assert_false(ipm_next_extension(&it, &x));
	assert_true(ipm_walk_parts(&it, (struct octets){ octets, n }, &f));
	for (size_t i = 0; i < 3; i++) {
		assert_true(ipm_next_part(&it, &part));
		assert_string_equal(part.name, names[i]);
	}
	assert_true(ipm_next_part(&it, &part));
	assert_int_equal(part.number, 15);
	assert_null(part.name);
	assert_int_equal(part.oid.n, 2);
	assert_false(ipm_next_part(&it, &part) || f.n);
}

/* ---- ATS header ---- */

static void ats(void **state)
{
	static const char text[] = "\x01PRI: SS\r\nFT: 221530\r\nOHI: info\r\n\x02hello";
	static const struct {
		const char *text;
		size_t bad;
	} wrong[] = {
		{ "", 0 }, { "PRI: SS", 0 }, { "\x01PRI: XX\r\n", 1 }, { "\x01PRI: SS", 1 },
		{ "\x01PRI: SS\r\nFT: 321530\r\n", 10 }, { "\x01PRI: SS\r\nFT: 2215\r\n", 10 },
		{ "\x01PRI: SS\r\nFT: 22153x\r\n", 10 }, { "\x01PRI: SS\r\nFT: 22153 \r\n", 10 },
		{ "\x01PRI: SS\r\nFT: 001530\r\n", 10 }, { "\x01PRI: SS\r\nFT: 222400\r\n", 10 },
		{ "\x01PRI: SS\r\nFT: 221560\r\n", 10 }, { "\x01PRI: SS\r\nFT: 221530\r", 10 },
		{ "\x01PRI: SS\r\rFT: 221530\r\n", 1 },
		{ "\x01PRI: SS\r\nFT: 221530\r\nOHI: \x7f\r\n\x02", 22 },
		{ "\x01PRI: SS\r\nFT: 221530\r\nOHI: \x07\r\n\x02", 22 },
		{ "\x01PRI: SS\r\nFT: 221530\r\nhello", 22 },
		{ "\x01PRI: SS\r\nFT: 221530\r\n", 22 },
	};
	char line[128], long_one[64];
	uint8_t octets[64];
	struct ipm_ats a;
	struct text t;
	size_t bad;

	(void)state;
	assert_true(ipm_ats_decode(octets_of(text), &a, &bad));
	text_init(&t, line, sizeof line);
	ipm_ats_text(&t, &a);
	assert_string_equal(line, "ATS priority=\"SS\" filing=\"221530\" heading=\"info\" text=5");
	assert_int_equal(ipm_ats_encode(&a, octets, sizeof octets), sizeof text - 1 - 5);
	assert_memory_equal(octets, text, sizeof text - 1 - 5);
	assert_int_equal(ipm_ats_priority(a.priority), P1_URGENT);
	assert_int_equal(ipm_ats_precedence(octets_of("KK")), 14);
	assert_int_equal(ipm_ats_priority(octets_of("ZZ")), -1);
	assert_int_equal(ipm_ats_precedence(octets_of("ZZ")), -1);
	assert_int_equal(ipm_ats_encode(&a, octets, 12), sizeof text - 1 - 5);
	a.heading.n = 0;
	assert_int_equal(ipm_ats_encode(&a, octets, sizeof octets), 23);
	text_init(&t, line, sizeof line);
	ipm_ats_text(&t, &a);
	assert_string_equal(line, "ATS priority=\"SS\" filing=\"221530\" text=5");
	a.filing_time = octets_of("2215");
	assert_int_equal(ipm_ats_encode(&a, NULL, 0), 0);
	a.filing_time = octets_of("221530");
	a.priority = octets_of("S");
	assert_int_equal(ipm_ats_encode(&a, NULL, 0), 0);
	a.priority = octets_of("SS");
	memset(long_one, 'x', 49);
	a.heading = (struct octets){ (const uint8_t *)long_one, 49 };
	assert_int_equal(ipm_ats_encode(&a, NULL, 0), 0);
	a.priority = octets_of("FF");
	assert_int_equal(ipm_ats_encode(&a, NULL, 0), 23 + 5 + 49 + 2);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		assert_false(ipm_ats_decode(octets_of(wrong[i].text), &a, &bad));
		assert_int_equal(bad, wrong[i].bad);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_refused),
		cmocka_unit_test(texts_written),
		cmocka_unit_test(long_lengths),
		cmocka_unit_test(deep_texts),
		cmocka_unit_test(contents),
		cmocka_unit_test(ats),
	};

	return cmocka_run_group_tests_name("p1-value", tests, NULL, NULL) +
	       vectors_run("p1/extension", decode_extension) +
	       vectors_run("p1/bind", decode_bind) +
	       vectors_run("ipm/extension", decode_heading_extension) +
	       vectors_run("ipm/part", decode_part) + vectors_run("ipm/object", decode_object);
}
