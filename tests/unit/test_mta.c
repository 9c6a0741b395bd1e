/* The lab MTA's own decisions: what goes to a neighbour of 1984, and how. */
#include "mta/mta_inner.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

enum { ASKED = P1_RESPONSIBILITY | P1_MTA_NON_DELIVERY | P1_ORIGINATOR_NON_DELIVERY };

static uint8_t head[200000];
static struct octets eits, bilateral;	/* of messages */
static const uint8_t types_1984[] = { 0x65, 0x04, 0x80, 0x02, 0x05, 0x20 };
static const uint8_t types_1988[] = { 0x65, 0x0b, 0x80, 0x02, 0x05, 0x20, 0xa4, 0x05, 0x06, 0x03,
                                      0x2a, 0x03, 0x04 };

static size_t name(const char *text, uint8_t out[P1_NAME_ROOM])
{
	uint8_t room[P1_NAME_ROOM];
	struct p1_name n;
	size_t bad;

	assert_true(p1_name_parse_in(octets_of(text), &n, &bad, room, sizeof room));
	return p1_name_encode(&n, 0x60, out, P1_NAME_ROOM);
}

static struct p1_apdu message(const char *from, const char *const *to, uint32_t n,
                              struct octets extensions)
{
	static uint8_t names[4][P1_NAME_ROOM], sender[P1_NAME_ROOM];
	static struct p1_recipient r[4];
	struct p1_domain d = { .country = { p1_string("XX"), 0x13 },
	                       .admd = { p1_string("T"), 0x13 } };
	struct findings f = { .n = 0 };
	struct p1_message m = {
		.id = { d, p1_string("id-1") }, .originator = { sender, name(from, sender) },
		.content_type = { .present = true, .number = 22 }, .extensions = extensions,
		.trace = { .domain = d, .arrival = p1_string("260101000000Z"), .other_actions = 1 },
		.recipients = r, .recipients_n = n, .indicators = P1_DISCLOSURE_ALLOWED |
		P1_SERVICE_MESSAGE, .eits = eits, .bilateral = bilateral,
	};
	struct p1_apdu a;
	size_t size;

	for (uint32_t i = 0; i < n; i++)
		r[i] = (struct p1_recipient){ .name = { names[i], name(to[i], names[i]) },
		                              .number = i + 1, .indicators = ASKED };
	size = p1_message_head(&m, 5, head, sizeof head);
	assert_true(size <= sizeof head);
	assert_true(p1_decode((struct octets){ head, size }, &a, &f));
	return a;
}

static void extensions_of(uint8_t criticality, uint8_t out[15])
{
	const uint8_t x[] = { 0x30, 0x0d, 0x83, 0x03, 0x2a, 0x03, 0x04, 0x81, 0x02, 0x05,
	                      criticality, 0xa2, 0x02, 0x05, 0x00 };

	memcpy(out, x, sizeof x);
}

/* X.411 8.3.2: for transfer and for delivery count; for submission does not. */
static void critical_extensions_stop_it(void **state)
{
	static const char *const to[] = { "C=XX;A=T;S=A" };
	static const struct {
		uint8_t criticality;
		bool possible;
	} rows[] = { { 0x00, true }, { 0x80, true }, { 0x40, false }, { 0x20, false } };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t x[15];
		struct p1_apdu a;

		extensions_of(rows[i].criticality, x);
		a = message("C=XX;A=T;S=O", to, 1, (struct octets){ x, sizeof x });
		assert_int_equal(downgrade_possible(&a), rows[i].possible);
	}
}

static void originators_must_be_said(void **state)
{
	static const char *const to[] = { "C=XX;A=T;S=A" };
	struct p1_apdu a;

	(void)state;
	a = message("C=XX;A=T;PD-STREET=Street", to, 1, (struct octets){ NULL, 0 });
	assert_false(downgrade_possible(&a));
	a = message("C=XX;A=T;CN=Common", to, 1, (struct octets){ NULL, 0 });
	assert_true(downgrade_possible(&a));
}

static bool third_is_not_ours(void *ctx, uint32_t index, const struct p1_recipient *r)
{
	(void)ctx;
	(void)r;
	return index != 2;
}

static void what_1984_gets(void **state)
{
	static const char *const to[] = {
		"C=XX;A=T;CN=Common", "C=XX;A=T;S=A;PD-STREET=Street", "C=XX;A=T;S=B",
	};
	static const char *const want[] = { "C=XX;A=T;DDA:Common=Common", "C=XX;A=T;S=B" };
	struct p1_relay relay = { .trace = { .arrival = p1_string("260101000001Z") },
	                          .responsible = third_is_not_ours };
	struct findings f = { .n = 0 };
	struct p1_apdu a, b;
	struct p1_recipient r;
	struct p1_iterator it;
	struct p1_trace trace;
	uint8_t x[15], *old;
	size_t n;

	(void)state;
	extensions_of(0, x);
	a = message("C=XX;A=T;CN=Sender", to, 3, (struct octets){ x, sizeof x });
	relay.trace.domain = a.id.domain;
	old = downgrade_head(&a, &relay, 5, &n);
	assert_non_null(old);
	assert_true(p1_decode((struct octets){ old, n }, &b, &f));
	assert_int_equal(b.recipients_n, 2);
	assert_int_equal(b.extensions_n, 0);
	assert_int_equal(b.trace_n, 2);
	assert_int_equal(b.indicators, P1_DISCLOSURE_ALLOWED);
	p1_walk(&it, &b.trace, &f);
	while (p1_next_trace(&it, &trace))
		assert_int_equal(trace.other_actions, 0);
	p1_walk(&it, &b.recipients, &f);
	for (int i = 0; p1_next_recipient(&it, &r); i++) {
		char said[200];
		struct p1_name got;
		struct text t;

		text_init(&t, said, sizeof said);
		assert_true(p1_name_decode(r.name, &got, &f));
		p1_name_text(&t, &got);
		assert_string_equal(said, want[i]);
		assert_int_equal(r.number, i ? 3 : 1);
		assert_int_equal(r.indicators, i ? ASKED & ~P1_RESPONSIBILITY : ASKED);
	}
	assert_int_equal(f.n, 0);
	free(old);
}

static bool has(struct octets all, const void *part, size_t n)
{
	return memmem(all.p, all.n, part, n) != NULL;
}

/* Extended EITs, in the envelope and in a trace element that tells of a conversion; a private
 * domain's bilateral information. */
static void what_1984_does_not_get(void **state)
{
	static const char *const to[] = { "C=XX;A=T;S=A" };
	const uint8_t *types = types_1988;
	static const uint8_t two[] = {
		0x30, 0x10, 0x61, 0x04, 0x13, 0x02, 'X', 'X', 0x62, 0x03, 0x13, 0x01, 'T', 0x04,
		0x03, 'o', 'l', 'd',
		0x30, 0x17, 0x61, 0x04, 0x13, 0x02, 'X', 'X', 0x30, 0x0a, 0xa0, 0x03, 0x13, 0x01,
		'T', 0xa1, 0x03, 0x13, 0x01, 'P', 0x04, 0x03, 'n', 'e', 'w',
	};
	static uint8_t earlier[200];
	struct p1_relay relay = { .trace = { .arrival = p1_string("260101000001Z") } };
	struct findings f = { .n = 0 };
	struct p1_apdu a, b;
	struct p1_trace trace;
	struct p1_iterator it;
	uint8_t *old, *at;
	size_t n;

	(void)state;
	eits = (struct octets){ types, sizeof types_1988 };
	bilateral = (struct octets){ two, sizeof two };
	a = message("C=XX;A=T;S=O", to, 1, (struct octets){ NULL, 0 });
	eits = bilateral = (struct octets){ NULL, 0 };
	/* The same types in its trace element, whose SET and whose own length grow by as much. */
	n = a.trace.end - a.trace.pos;
	assert_in_range(n + sizeof types_1988, 1, 0x7f);
	memcpy(earlier, a.trace.base + a.trace.pos, n);
	memcpy(earlier + n, types, sizeof types_1988);
	earlier[1] += sizeof types_1988;
	at = memchr(earlier, 0x31, n);
	assert_non_null(at);
	at[1] += sizeof types_1988;
	a.trace = (struct p1_window){ earlier, 0, n + sizeof types_1988, true };
	relay.trace.domain = a.id.domain;
	old = downgrade_head(&a, &relay, 5, &n);
	assert_non_null(old);
	assert_true(p1_decode((struct octets){ old, n }, &b, &f));
	assert_true(b.eits.n > 0 && has(b.eits, types + 2, 4) && !has(b.eits, types + 6, 7));
	p1_walk(&it, &b.trace, &f);
	assert_true(p1_next_trace(&it, &trace));
	assert_true(has(trace.converted_eits, types + 2, 4));
	assert_false(has(trace.converted_eits, types + 6, 7));
	assert_true(has((struct octets){ old, n }, "old", 3));
	assert_false(has((struct octets){ old, n }, "new", 3));
	assert_int_equal(f.n, 0);
	free(old);
}

/* A probe that does not say how long its content would be says nothing of it in 1984 either. */
static void a_probe_without_a_length(void **state)
{
	static uint8_t from[P1_NAME_ROOM], to[P1_NAME_ROOM];
	struct p1_domain d = { .country = { p1_string("XX"), 0x13 },
	                       .admd = { p1_string("T"), 0x13 } };
	struct p1_recipient r = { .name = { to, name("C=XX;A=T;S=A", to) }, .number = 1,
	                          .indicators = ASKED };
	struct p1_message m = {
		.id = { d, p1_string("id-1") }, .originator = { from, name("C=XX;A=T;S=O", from) },
		.content_type = { .present = true, .number = 22 }, .recipients = &r,
		.trace = { .domain = d, .arrival = p1_string("260101000000Z") }, .recipients_n = 1,
	};
	struct p1_relay relay = { .trace = m.trace };
	static const uint64_t lengths[] = { P1_NO_LENGTH, 0, 700 };

	(void)state;
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		struct findings f = { .n = 0 };
		struct p1_apdu a, b;
		uint8_t *old;
		size_t n = p1_probe(&m, lengths[i], head, sizeof head);

		assert_true(p1_decode((struct octets){ head, n }, &a, &f));
		old = downgrade_head(&a, &relay, 0, &n);
		assert_non_null(old);
		assert_true(p1_decode((struct octets){ old, n }, &b, &f));
		assert_int_equal(b.has_length, i > 0);
		assert_int_equal(b.length, i ? lengths[i] : 0);
		free(old);
	}
}

/* Members that came in 1988, in each place that has them. */
static struct p1_apdu report(struct octets extension, struct octets traces, uint32_t user_type,
                             const char *returned)
{
	static uint8_t names[3][P1_NAME_ROOM];
	const struct p1_domain d = { .country = { p1_string("XX"), 0x13 },
	                             .admd = { p1_string("T"), 0x13 } };
	struct p1_reported one = {
		.name = { names[0], name("C=XX;A=T;CN=Common", names[0]) }, .number = 1,
		.intended = { names[1], name("C=XX;A=T;PD-STREET=Street", names[1]) },
		.indicators = ASKED, .arrival = p1_string("260101000000Z"), .delivered = true,
		.delivery_time = p1_string("260101000000Z"), .user_type = user_type,
		.extensions = { extension.p, 0, extension.n, true },
		.converted_eits = user_type % 2
		                  ? (struct octets){ types_1988, sizeof types_1988 }
		                  : (struct octets){ types_1984, sizeof types_1984 },
	};
	struct p1_report r = {
		.id = { d, p1_string("id-2") },
		.destination = { names[2], name("C=XX;A=T;S=O", names[2]) },
		.trace = { .domain = d, .arrival = p1_string("260101000000Z"), .other_actions = 1 },
		.extensions = extension, .subject = { d, p1_string("id-1") },
		.subject_trace = traces, .content_id = octets_of("content"),
		.returned = octets_of(returned), .content_extensions = extension,
		.recipients_n = 1, .recipients = &one,
	};
	struct findings f = { .n = 0 };
	struct p1_apdu a;
	size_t size = p1_report(&r, head, sizeof head);

	assert_true(size <= sizeof head);
	assert_true(p1_decode((struct octets){ head, size }, &a, &f));
	return a;
}

static void check_traces(const struct p1_window *w, unsigned want)
{
	struct findings f = { .n = 0 };
	struct p1_iterator it;
	struct p1_trace e;
	unsigned n = 0;

	p1_walk(&it, w, &f);
	for (; p1_next_trace(&it, &e); n++)
		assert_int_equal(e.other_actions, 0);
	assert_int_equal(n, want);
	assert_int_equal(f.n, 0);
}

static void what_a_report_says_in_1984(void **state)
{
	static const uint32_t types[][2] = { { 0, 0 }, { 1, 1 }, { 2, 0 }, { 3, 0 } };
	static const char *const to[] = { "C=XX;A=T;S=A" };
	struct p1_relay relay = { .trace = { .arrival = p1_string("260101000001Z") } };
	static uint8_t traces[200];
	struct findings f = { .n = 0 };
	struct p1_apdu a, b;
	struct p1_reported r;
	struct p1_iterator it;
	uint8_t x[15], *old;
	size_t n, traces_n;

	(void)state;
	extensions_of(0, x);
	a = message("C=XX;A=T;S=O", to, 1, (struct octets){ NULL, 0 });
	traces_n = a.trace.end - a.trace.pos;
	assert_in_range(traces_n, 1, sizeof traces);
	memcpy(traces, a.trace.base + a.trace.pos, traces_n);
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		a = report((struct octets){ x, sizeof x }, (struct octets){ traces, traces_n },
		           types[i][0], i ? "what went in" : "");
		relay.trace.domain = a.id.domain;
		assert_true(downgrade_possible(&a));
		old = downgrade_head(&a, &relay, 0, &n);
		assert_non_null(old);
		assert_true(p1_decode((struct octets){ old, n }, &b, &f));
		assert_int_equal(b.kind, P1_REPORT);
		assert_int_equal(b.extensions_n, 0);
		assert_int_equal(b.content_extensions.end - b.content_extensions.pos, 0);
		check_traces(&b.trace, 2);
		check_traces(&b.subject_trace, 1);
		assert_int_equal(b.has_returned, a.has_returned);
		assert_int_equal(b.returned.raw.n, strlen(i ? "what went in" : ""));
		p1_walk(&it, &b.recipients, &f);
		assert_true(p1_next_reported(&it, &r));
		assert_true(r.delivered);
		assert_int_equal(r.user_type, types[i][1]);
		assert_int_equal(r.converted_eits.n > 0, types[i][0] % 2 == 0);
		assert_int_equal(r.extensions.end - r.extensions.pos, 0);
		/* Of whom it speaks is always said. */
		assert_true(r.name.n > 0 && r.intended.n > 0);
		assert_int_equal(f.n, 0);
		free(old);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(critical_extensions_stop_it),
		cmocka_unit_test(originators_must_be_said),
		cmocka_unit_test(what_1984_gets),
		cmocka_unit_test(what_1984_does_not_get),
		cmocka_unit_test(a_probe_without_a_length),
		cmocka_unit_test(what_a_report_says_in_1984),
	};

	return cmocka_run_group_tests_name("mta", tests, NULL, NULL);
}
