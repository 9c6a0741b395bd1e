/*
 * test_session_pdu: vectors of X.225 clause 8, build and decode of every
 * SPDU, the streaming front, rules that depend on what was agreed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "session/session_layout.h"
#include "../lib/vectors.h"

enum { HOSTILE = 1 << 20, LINE = 4096 };

static bool decode_vector(struct octets in, struct findings *f, struct text *out)
{
	struct session_tsdu t;

	if (!session_decode_tsdu(in, &t, f))
		return false;
	session_tsdu_text(out, &t);
	return true;
}

static struct octets bytes(const char *literal, size_t n)
{
	return (struct octets){ (const uint8_t *)literal, n };
}

#define BYTES(literal) bytes(literal, sizeof(literal) - 1)

/* Some value for every parameter that the SPDU has in 8.3; none that 8.3
 * calls reserved, and nothing that excludes another one. */
static void fill(struct session_pdu *p, enum session_spdu kind)
{
	const struct session_layout *l = &session_layouts[kind];

	session_pdu_init(p, kind);
	for (size_t i = 0; i < l->n; i++)
		p->has |= 1u << l->slots[i].param;
	if (l->information || kind == SPDU_RF)
		p->has |= 1u << SESSION_USER_DATA;
	p->references = (struct references){ BYTES("called"), BYTES("calling"), BYTES("common"),
	                                     BYTES("more") };
	p->activity = BYTES("new");
	p->old_activity = BYTES("old");
	p->calling_ssel = BYTES("S1");
	p->called_ssel = BYTES("S2");
	p->reflect = BYTES("\x01\x00\x31");
	p->user_data = BYTES("user data");
	p->serial = 12;
	p->second_serial = 0;
	p->initial_serial = 999999;
	p->second_initial_serial = 7;
	p->tsdu_size_to_responder = 4096;
	p->tsdu_size_to_initiator = 258;
	p->units = UNIT_DUPLEX | UNIT_SYMMETRIC | UNIT_TYPED_DATA;
	p->sync_type = kind == SPDU_MAP ? 1 : SYNC_DATA_SEPARATION;
	p->token_item = TOKEN_DATA | TOKEN_RELEASE;
	p->transport_disconnect = kind == SPDU_AB ? TDISC_USER_ABORT | TDISC_PROTOCOL_ERROR : 0;
	p->protocol_options = 1;
	p->versions = 2;
	p->prepare_type = PREPARE_RS;
	p->enclosure = ENCLOSURE_BEGIN;
	p->token_setting = 0x15;
	p->resync_type = RESYNC_SET;
	p->second_resync_type = RESYNC_ABANDON;
	p->reason = kind == SPDU_RF ? REFUSE_USER_DATA : EXCEPTION_LOCAL_USER;
	p->upper_limit = 5;
	p->large_initial = BYTES("1234567");
	p->large_second_initial = BYTES("7");
	p->data_overflow = 1;
	if (kind == SPDU_CDO)
		p->enclosure = ENCLOSURE_END;
}

static size_t write_tree(const struct nodes *a, struct node *root, uint8_t *dst, size_t cap)
{
	assert_true(node_size(root) <= cap);
	return node_write(a, root, dst, cap);
}

static size_t build_one(const struct session_pdu *p, uint8_t *dst, size_t cap)
{
	static struct nodes a;

	nodes_reset(&a);
	return write_tree(&a, session_build_concatenated(&a, NULL, p), dst, cap);
}

static void assert_octets(struct octets got, struct octets want)
{
	assert_int_equal(got.n, want.n);
	assert_memory_equal(got.p, want.p, want.n);
}

/* Every value of `want` that stands in the SPDU, and its has bits. */
static void assert_same(const struct session_pdu *got, const struct session_pdu *want)
{
	assert_int_equal(got->has, want->has);
	for (unsigned i = 0; i < SESSION_PARAMS; i++) {
		const struct session_value_info *v = &session_values[i];
		const uint8_t *g = (const uint8_t *)got + v->offset;
		const uint8_t *w = (const uint8_t *)want + v->offset;

		if (!session_has(want, i))
			continue;
		if (v->value == VALUE_OCTETS || v->value == VALUE_DIGITS)
			assert_octets(*(const struct octets *)(const void *)g,
			              *(const struct octets *)(const void *)w);
		else
			assert_memory_equal(g, w, v->value == VALUE_SERIAL ? 4 :
			                    v->value == VALUE_U16 ? 2 :
			                    v->value == VALUE_SIZES ? 4 : 1);
	}
}

static void read_back(const struct session_pdu *p, const uint8_t *octets, size_t n, bool clean)
{
	enum session_spdu kind = p->kind == SPDU_MAA || p->kind == SPDU_AEA ? SPDU_MAA_AEA
	                                                                    : p->kind;
	struct session_tsdu t;
	struct findings f;

	findings_clear(&f);
	assert_true(session_decode_tsdu((struct octets){ octets, n }, &t, &f));
	if (clean)
		assert_int_equal(f.n, 0);
	assert_int_equal(t.n, session_prefix(p->kind) == SPDU_NONE ? 1 : 2);
	if (t.n == 2)
		assert_int_equal(t.pdu[0].kind, session_prefix(p->kind));
	assert_int_equal(t.pdu[t.n - 1].kind, kind);
	assert_same(&t.pdu[t.n - 1], p);
}

/* Whole, and with each single parameter alone (mandatory ones added). */
static void builds_what_it_reads(void **state)
{
	uint8_t out[512];

	(void)state;
	for (enum session_spdu kind = SPDU_CN; kind < SPDU_MAA_AEA; kind++) {
		const struct session_layout *l = &session_layouts[kind];
		struct session_pdu p;
		uint32_t all, needed = 0;

		fill(&p, kind);
		if (kind == SPDU_CN)
			p.has &= ~(1u << SESSION_EXTENDED_USER_DATA);
		all = p.has;
		read_back(&p, out, build_one(&p, out, sizeof out), false);
		for (size_t i = 0; i < l->n; i++)
			if (l->slots[i].need == NEED)
				needed |= 1u << l->slots[i].param;
		if (kind == SPDU_MAA || kind == SPDU_AEA)
			needed |= 1u << SESSION_SERIAL;
		for (unsigned i = 0; i < SESSION_PARAMS; i++) {
			p.has = needed | (all & 1u << i);
			if (kind == SPDU_RF && i == SESSION_USER_DATA)
				p.has |= 1u << SESSION_REASON;
			read_back(&p, out, build_one(&p, out, sizeof out), false);
		}
	}
}

/* Honest SPDUs of an MTA break no rule. */
static void builds_without_findings(void **state)
{
	static const enum session_spdu kinds[] = {
		SPDU_FN, SPDU_DN, SPDU_AA, SPDU_GTC, SPDU_GTA, SPDU_MIP, SPDU_MIA, SPDU_AEA,
		SPDU_ED, SPDU_AS, SPDU_AR, SPDU_AI, SPDU_AIA, SPDU_AD, SPDU_ADA, SPDU_AE, SPDU_TD,
		SPDU_ER, SPDU_DT, SPDU_MAP, SPDU_MAA, SPDU_RS, SPDU_RA,
	};
	uint8_t out[512];

	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		struct session_pdu p;

		fill(&p, kinds[i]);
		p.has &= ~(1u << SESSION_ENCLOSURE);
		read_back(&p, out, build_one(&p, out, sizeof out), true);
	}
}

/* Every cut of every built TSDU ends in a fatal finding inside, or is whole. */
static void cuts_of_built(void **state)
{
	uint8_t out[512];

	(void)state;
	for (enum session_spdu kind = SPDU_CN; kind < SPDU_MAA_AEA; kind++) {
		struct session_pdu p;
		size_t n;

		fill(&p, kind);
		if (kind == SPDU_CN)
			p.has &= ~(1u << SESSION_EXTENDED_USER_DATA);
		n = build_one(&p, out, sizeof out);
		for (size_t cut = 0; cut < n; cut++) {
			uint8_t *copy = malloc(cut ? cut : 1);
			struct session_tsdu t;
			struct findings f;
			bool ok;

			memcpy(copy, out, cut);
			findings_clear(&f);
			ok = session_decode_tsdu((struct octets){ copy, cut }, &t, &f);
			assert_int_equal(ok, !f.fatal);
			for (size_t i = 0; i < f.n; i++)
				assert_true(f.at[i].octet <= cut);
			free(copy);
		}
	}
}

static void long_li(void **state)
{
	static uint8_t user[SESSION_PARAMETERS_MAX];
	static uint8_t out[70000];
	static struct nodes a;
	static const size_t sizes[] = { 1, 250, 251, 252, 254, 255, 256, 512, 65527 };
	struct session_pdu p;

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		session_pdu_init(&p, SPDU_DN);
		p.has = 1u << SESSION_USER_DATA;
		p.user_data = (struct octets){ user, sizes[i] };
		read_back(&p, out, build_one(&p, out, sizeof out), true);
	}
	/* 65,531 octets fill the SPDU's LI; one more and nothing is sent. */
	p.user_data.n = 65531;
	read_back(&p, out, build_one(&p, out, sizeof out), true);
	p.user_data.n = 65532;
	nodes_reset(&a);
	node_size(session_build(&a, &p));
	assert_true(a.full);
}

static void builds_from_trees(void **state)
{
	struct octets abcd = BYTES("abcd");
	static struct nodes a;
	struct session_pdu gt, dt, p;
	struct session_tsdu t;
	struct findings f;
	struct node *tree;
	uint8_t out[64];
	size_t n;

	(void)state;
	findings_clear(&f);
	nodes_reset(&a);
	session_pdu_init(&gt, SPDU_GT);
	gt.has = 1u << SESSION_TOKEN_ITEM;
	gt.token_item = TOKEN_DATA;
	session_pdu_init(&dt, SPDU_DT);
	dt.has = 1u << SESSION_USER_DATA;
	dt.user_tree = node_ber_octets(&a, NULL, 0x61, abcd);
	node_hole(&a, dt.user_tree, 3);
	tree = session_build_concatenated(&a, &gt, &dt);
	assert_int_equal(node_size(tree), 5 + 2 + 2 + 4 + 3);
	n = node_write(&a, tree, out, sizeof out);
	assert_int_equal(n, 13);
	assert_memory_equal(out, "\x01\x03\x10\x01\x01\x01\x00\x61\x07" "abcd", n);

	nodes_reset(&a);
	session_pdu_init(&p, SPDU_RF);
	p.has = 1u << SESSION_REASON | 1u << SESSION_USER_DATA;
	p.reason = REFUSE_USER_DATA;
	p.user_tree = node_ber_octets(&a, NULL, 0x30, abcd);
	n = write_tree(&a, session_build(&a, &p), out, sizeof out);
	assert_int_equal(n, 11);
	assert_memory_equal(out, "\x0c\x09\x32\x07\x02\x30\x04" "abcd", n);
	assert_true(session_decode_tsdu((struct octets){ out, n }, &t, &f));
	assert_int_equal(t.pdu[0].user_at, 5);
}

/* Empty octets are left out, as 8.2.6 recommends. */
static void leaves_out_empty(void **state)
{
	struct session_pdu p;
	uint8_t out[512];

	(void)state;
	session_pdu_init(&p, SPDU_AC);
	p.has = 1u << SESSION_CALLED_SELECTOR | 1u << SESSION_USER_DATA |
	        1u << SESSION_CALLED_REFERENCE;
	assert_int_equal(build_one(&p, out, sizeof out), 2);
	assert_memory_equal(out, "\x0e\x00", 2);
}

/* With a full arena nothing is written and nothing breaks. */
static void full_arena(void **state)
{
	static struct nodes a;
	uint8_t out[512];

	(void)state;
	for (unsigned left = 0; left < 12; left++) {
		struct session_pdu p;
		struct node *tree;

		nodes_reset(&a);
		while (a.n < NODES_MAX - left)
			node_list(&a, NULL);
		fill(&p, SPDU_AC);
		p.user_tree = node_list(&a, NULL);
		tree = session_build_concatenated(&a, NULL, &p);
		assert_true(a.full);
		assert_int_equal(node_write(&a, tree, out, sizeof out), 0);
	}
}

static struct findings hostile(const char *what, const uint8_t *octets, size_t n)
{
	struct session_tsdu t;
	struct findings f;
	clock_t began = clock();
	bool ok;

	findings_clear(&f);
	ok = session_decode_tsdu((struct octets){ octets, n }, &t, &f);
	assert_int_equal(ok, !f.fatal);
	if (clock() - began > CLOCKS_PER_SEC)
		fail_msg("%s: more than a second for %zu octets", what, n);
	return f;
}

/* A TSDU of 1 MiB: headers of nothing, groups in groups, data without end. */
static void hostile_is_linear(void **state)
{
	uint8_t *o = malloc(HOSTILE);
	struct findings f;

	(void)state;
	assert_non_null(o);
	memset(o, 0, HOSTILE);
	o[0] = 0x0d;
	o[1] = o[2] = o[3] = 0xff;
	f = hostile("units of nothing", o, HOSTILE);
	assert_true(f.fatal);
	for (size_t i = 4; i + 1 < HOSTILE; i += 2)
		o[i] = (uint8_t)(i / 2);
	f = hostile("units of every code", o, HOSTILE);
	assert_true(f.fatal);
	memset(o, 1, HOSTILE);
	f = hostile("all ones", o, HOSTILE);
	memset(o, 0xff, HOSTILE);
	f = hostile("all ff", o, HOSTILE);
	assert_true(f.fatal);
	memcpy(o, "\x01\x00\x01\x00", 4);
	f = hostile("one DT", o, HOSTILE);
	assert_int_equal(f.n, 0);
	free(o);
}

/* session_head agrees with the decoder at every cut of these. */
static void check_head(struct octets whole, size_t user_at)
{
	for (size_t n = 0; n <= whole.n; n++) {
		uint8_t *copy = malloc(n ? n : 1);
		struct session_head head;
		struct findings f;
		enum session_head_answer answer;

		memcpy(copy, whole.p, n);
		findings_clear(&f);
		answer = session_head((struct octets){ copy, n }, false, &head, &f);
		if (user_at && n >= user_at) {
			assert_int_equal(answer, SESSION_HEAD_STREAM);
			assert_int_equal(head.user_at, user_at);
			assert_int_equal(head.tsdu.pdu[head.tsdu.n - 1].user_data.n, n - user_at);
		} else if (user_at) {
			assert_int_equal(answer, SESSION_HEAD_MORE);
		} else {
			assert_int_not_equal(answer, SESSION_HEAD_STREAM);
		}
		if (answer != SESSION_HEAD_STREAM) {
			assert_int_equal(f.n, 0);
			assert_int_equal(session_head((struct octets){ copy, n }, true, &head, &f),
			                 SESSION_HEAD_GATHER);
		}
		free(copy);
	}
}

static void head_answers(void **state)
{
	(void)state;
	check_head(BYTES("\x01\x00\x01\x00" "abc"), 4);
	check_head(BYTES("\x01\x03\x10\x01\x01\x01\x03\x19\x01\x02" "abc"), 10);
	check_head(BYTES("\x01\xff\x00\x03\x10\x01\x01\x01\xff\x00\x03\x19\x01\x02" "abc"), 14);
	check_head(BYTES("\x02\x00\x01\x00" "abc"), 4);
	check_head(BYTES("\x21\x00" "abc"), 2);
	check_head(BYTES("\x21\x03\x19\x01\x01" "abc"), 5);
	check_head(BYTES("\x01\x03\x10\x01\x01"), 0);
	check_head(BYTES("\x01\x00\x31\x03\x2a\x01\x31"), 0);
	check_head(BYTES("\x01\x00\x31\x03\x2a\x01\x31\x01\x00\x30"), 0);
	check_head(BYTES("\x0a\x00"), 0);
	check_head(BYTES("\x01\x03\x10\x02\x01\x01\x00" "abc"), 0);
	check_head(BYTES("\x01\xff\x00\xff"), 0);
}

/* The front never asks for more than SESSION_HEAD_MAX octets. */
static void head_is_bounded(void **state)
{
	static uint8_t o[SESSION_HEAD_MAX];
	struct session_head head;
	struct findings f;

	(void)state;
	for (unsigned a = 0; a < 256; a++) {
		findings_clear(&f);
		memset(o, (int)a, sizeof o);
		assert_int_not_equal(session_head((struct octets){ o, sizeof o }, false, &head, &f),
		                     SESSION_HEAD_MORE);
	}
	/* The longest that streams: two parameter fields of 254 octets. */
	memset(o, 0, sizeof o);
	memcpy(o, "\x01\xff\x00\xfe\x63\xfc", 6);
	memcpy(o + 258, "\x01\xff\x00\xfe\x63\xfc", 6);
	findings_clear(&f);
	assert_int_equal(session_head((struct octets){ o, sizeof o - 1 }, false, &head, &f),
	                 SESSION_HEAD_MORE);
	assert_int_equal(session_head((struct octets){ o, sizeof o }, false, &head, &f),
	                 SESSION_HEAD_STREAM);
	assert_int_equal(head.user_at, SESSION_HEAD_MAX);
	assert_int_equal(f.n, 2);
	session_head_end(&head, SESSION_HEAD_MAX + 1, &f);
	assert_int_equal(f.n, 2);
	findings_clear(&f);
	session_head_end(&head, SESSION_HEAD_MAX, &f);
	assert_string_equal(f.at[0].rule->name, "session.user-missing");
}

/* Rules that depend on what was agreed: TSDU, terms, the rules in order. */
struct agreed_case {
	const char *octets;
	size_t n;
	struct session_terms terms;
	const char *rules[3];
	size_t octet;		/* of the last one */
};

#define V1 { .units = UNITS_RTSE, .version = 1 }
#define V2 { .units = UNITS_RTSE, .version = 2 }
#define WITH(units_) { .units = (units_), .version = 2 }
#define CASE(octets_, ...) { octets_, sizeof(octets_) - 1, __VA_ARGS__ }

static const struct agreed_case agreed_cases[] = {
	CASE("\x0a\x06\x19\x01\x01\xc1\x01\x30", V1, { "session.v1-enclosure" }, 0),
	CASE("\x0a\x06\x19\x01\x01\xc1\x01\x30", V2, { 0 }, 0),
	CASE("\x19\x0f\x11\x01\x03\xc1\x0a" "0123456789", V1, { "session.v1-abort-long" }, 7),
	CASE("\x19\x0e\x11\x01\x03\xc1\x09" "012345678", V1, { 0 }, 0),
	CASE("\x19\x0f\x11\x01\x03\xc1\x0a" "0123456789", V2, { 0 }, 0),
	CASE("\x15\x03\xc1\x01\x30", V1, { "session.v1-user" }, 4),
	CASE("\x15\x03\xc1\x01\x30", V2, { 0 }, 0),
	CASE("\x01\x00\x39\x03\xc1\x01\x30", V1, { "session.v1-user" }, 6),
	CASE("\x0f\x06\x19\x01\x02\xc1\x01\x30", V1, { "session.v1-overflow" }, 0),
	CASE("\x01\x03\x10\x01\x40", V2, { "session.agreed-tokens" }, 0),
	CASE("\x01\x03\x10\x01\x15", V2, { 0 }, 0),
	CASE("\x02\x03\x10\x01\x05", WITH(UNIT_DUPLEX | UNIT_MINOR), { "session.agreed-tokens" },
	     0),
	CASE("\x01\x00\x01\x03\x19\x01\x03\x30", V2, { "session.agreed-segments" }, 2),
	CASE("\x01\x00\x01\x00\x30", { .units = UNITS_RTSE, .version = 2, .segmented = true },
	     { "session.agreed-segments" }, 2),
	CASE("\x21\x03\x19\x01\x03\x30", { .version = 1, .segmented = true }, { 0 }, 0),
	CASE("\x02\x00\x2a\x03\x36\x01\x31", V2,
	     { "session.agreed-symmetric", "session.agreed-serial" }, 2),
	CASE("\x02\x00\x2a\x03\x36\x01\x31", WITH(UNIT_DUPLEX | UNIT_SYMMETRIC), { 0 }, 0),
	CASE("\x02\x00\x2a\x03\x2a\x01\x31", WITH(UNIT_DUPLEX | UNIT_SYMMETRIC),
	     { "session.agreed-symmetric" }, 2),
	CASE("\x02\x00\x2a\x06\x19\x01\x02\xc1\x01\x30", V2, { 0 }, 0),
	CASE("\x01\x00\x35\x03\x2a\x01\x31", WITH(UNIT_DUPLEX | UNIT_RESYNCHRONIZE),
	     { "session.agreed-serial" }, 2),
	CASE("\x02\x00\x22\x06\x1b\x01\x00\x2a\x01\x31", WITH(UNIT_DUPLEX | UNIT_RESYNCHRONIZE),
	     { "session.agreed-symmetric" }, 2),
	CASE("\x01\x00\x31\x03\x2a\x01\x31\x01\x00\x30", V2, { "session.agreed-extended" }, 2),
	CASE("\x01\x00\x32\x03\x2a\x01\x31", V2, { "session.agreed-extended" }, 2),
	CASE("\x01\x00\x32\x03\x2a\x01\x31",
	     { .units = UNITS_RTSE, .version = 2, .extended = true }, { 0 }, 0),
	CASE("\x0e\x0b\x05\x09\x13\x01\x00\x16\x01\x02\x1a\x01\x02", V2, { "session.token-choice" },
	     0),
	CASE("\x0e\x0b\x05\x09\x13\x01\x00\x16\x01\x02\x1a\x01\x0c", V2,
	     { "session.reserved-value" }, 0),
	CASE("\x0e\x0b\x05\x09\x13\x01\x00\x16\x01\x02\x17\x01\x31", V2,
	     { "session.initial-forbidden" }, 0),
	CASE("\x0e\x0b\x05\x09\x13\x01\x00\x16\x01\x02\x17\x01\x31",
	     WITH(UNIT_HALF_DUPLEX | UNIT_MINOR), { 0 }, 0),
	CASE("\x0e\x08\x05\x06\x13\x01\x00\x16\x01\x02", WITH(UNIT_HALF_DUPLEX | UNIT_MINOR),
	     { "session.initial-missing" }, 0),
	CASE("\x0e\x0b\x05\x09\x13\x01\x00\x16\x01\x02\x17\x01\x31",
	     WITH(UNIT_DUPLEX | UNIT_SYMMETRIC), { "session.initial-missing" }, 0),
};

static void agreed_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof agreed_cases / sizeof agreed_cases[0]; i++) {
		const struct agreed_case *c = &agreed_cases[i];
		struct session_tsdu t;
		struct findings f;
		size_t n = 0;
		bool ok;

		findings_clear(&f);
		assert_true(session_decode_tsdu(bytes(c->octets, c->n), &t, &f));
		findings_clear(&f);
		ok = session_check(&t, &c->terms, &f);
		assert_int_equal(ok, !f.fatal);
		while (n < 3 && c->rules[n]) {
			if (n >= f.n)
				fail_msg("case %zu: %s is not booked", i, c->rules[n]);
			assert_string_equal(f.at[n].rule->name, c->rules[n]);
			n++;
		}
		assert_int_equal(f.n, n);
		if (n)
			assert_int_equal(f.at[n - 1].octet, c->octet);
	}
}

static void v1_user_long(void **state)
{
	struct session_terms v1 = V1;
	static uint8_t user[513], out[600];
	struct session_pdu p;
	struct session_tsdu t;
	struct findings f;

	(void)state;
	for (size_t n = 512; n <= 513; n++) {
		findings_clear(&f);
		session_pdu_init(&p, SPDU_RF);
		p.has = 1u << SESSION_REASON | 1u << SESSION_USER_DATA;
		p.reason = REFUSE_USER_DATA;
		p.user_data = (struct octets){ user, n };
		assert_true(session_decode_tsdu((struct octets){ out,
		                                                 build_one(&p, out, sizeof out) },
		                                &t, &f));
		assert_true(session_check(&t, &v1, &f));
		assert_int_equal(f.n, n - 512);
	}
	assert_string_equal(f.at[0].rule->name, "session.v1-user-long");
}

static void assert_order(struct octets tsdu, const char *want)
{
	uint8_t order[SESSION_SPDUS_MAX];
	struct session_tsdu t;
	struct findings f;
	char line[LINE];
	struct text text;

	findings_clear(&f);
	text_init(&text, line, sizeof line);
	assert_true(session_decode_tsdu(tsdu, &t, &f));
	session_order(&t, order);
	for (size_t i = 0; i < t.n; i++) {
		if (i)
			text_char(&text, ' ');
		text_put(&text, session_spdu_name(t.pdu[order[i]].kind));
	}
	assert_string_equal(line, want);
}

/* 6.3.7.1 */
static void processing_order(void **state)
{
	(void)state;
	assert_order(BYTES("\x0a\x00"), "DN");
	assert_order(BYTES("\x01\x03\x10\x01\x01\x01\x00\x30"), "DT GT");
	assert_order(BYTES("\x02\x00\x1a\x00"), "AIA PT");
	assert_order(BYTES("\x01\x00\x2d\x03\x29\x01\x31\x31\x03\x2a\x01\x31\x01\x00\x30"),
	             "AS DT MIP GT");
	assert_order(BYTES("\x01\x00\x2a\x03\x2a\x01\x31\x01\x00\x30"), "DT MAA/AEA GT");
}

static void defaults(void **state)
{
	struct session_tsdu t;
	struct findings f;

	(void)state;
	findings_clear(&f);
	assert_true(session_decode_tsdu(BYTES("\x0d\x00"), &t, &f));
	assert_int_equal(t.pdu[0].units, 0x0349);
	assert_int_equal(t.pdu[0].versions, 1);
	assert_int_equal(t.pdu[0].upper_limit, 6);
	assert_true(session_decode_tsdu(BYTES("\x09\x00"), &t, &f));
	assert_int_equal(t.pdu[0].transport_disconnect, TDISC_RELEASE);
	assert_int_equal(t.pdu[0].enclosure, ENCLOSURE_BEGIN | ENCLOSURE_END);
	assert_string_equal(session_spdu_name(SPDU_CDA), "CDA");
	assert_string_equal(session_spdu_name(SESSION_SPDUS), "?");
	assert_int_equal(session_spdu_si(SPDU_AIA), 26);
	assert_int_equal(session_spdu_category(SPDU_GTC), 1);
}

/* Each table of 8.3 ascends within its groups, and no code stands twice. */
static void tables_ascend(void **state)
{
	(void)state;
	for (enum session_spdu kind = SPDU_CN; kind < SESSION_SPDUS; kind++) {
		const struct session_layout *l = &session_layouts[kind];

		for (size_t i = 1; i < l->n; i++) {
			const struct session_slot *a = &l->slots[i - 1], *b = &l->slots[i];

			if (a->pgi == b->pgi)
				assert_true(a->code < b->code);
			else
				assert_true((a->pgi ? a->pgi :
				             a->code) < (b->pgi ? b->pgi : b->code));
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(builds_what_it_reads),
		cmocka_unit_test(builds_without_findings),
		cmocka_unit_test(cuts_of_built),
		cmocka_unit_test(long_li),
		cmocka_unit_test(builds_from_trees),
		cmocka_unit_test(leaves_out_empty),
		cmocka_unit_test(full_arena),
		cmocka_unit_test(hostile_is_linear),
		cmocka_unit_test(head_answers),
		cmocka_unit_test(head_is_bounded),
		cmocka_unit_test(agreed_rules),
		cmocka_unit_test(v1_user_long),
		cmocka_unit_test(processing_order),
		cmocka_unit_test(defaults),
		cmocka_unit_test(tables_ascend),
	};

	return vectors_run("session", decode_vector) +
	       cmocka_run_group_tests(tests, NULL, NULL);
}
