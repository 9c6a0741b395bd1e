/* RTSE: APDUs (vectors), the reader in every cut, the table, two ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../lib/upper.h"
#include "../lib/vectors.h"
#include "rtse/rtse.h"
#include "rtse/rtse_inner.h"
#include "rtse/rtse_table.h"

/* ---- APDUs ---- */

/* What was decoded is built again and must decode to the same. */
static void check_build(const struct rtse_pdu *p, const char *text)
{
	static struct nodes nodes;
	struct findings f;
	struct rtse_pdu again;
	struct text t;
	char buf[1024];
	uint8_t *octets;
	struct node *n;
	size_t size;

	nodes_reset(&nodes);
	n = rtse_build(&nodes, p);
	size = (size_t)node_size(n);
	octets = malloc(size + 1);
	assert_non_null(octets);
	assert_int_equal(node_write(&nodes, n, octets, size), size);
	findings_clear(&f);
	text_init(&t, buf, sizeof buf);
	if (p->x410)
		assert_true(rtse_decode_x410((enum rtse_kind)p->kind,
		                             (struct octets){ octets, size }, &again, &f));
	else
		assert_true(rtse_decode((struct octets){ octets, size }, &again, &f));
	rtse_text(&t, &again);
	assert_string_equal(buf, text);
	free(octets);
}

static bool decode(struct octets in, struct findings *f, struct text *out)
{
	struct rtse_pdu p;

	if (!rtse_decode(in, &p, f))
		return false;
	rtse_text(out, &p);
	check_build(&p, out->p);
	return true;
}

static bool decode_x410(enum rtse_kind kind, struct octets in, struct findings *f,
                        struct text *out)
{
	struct rtse_pdu p;

	if (!rtse_decode_x410(kind, in, &p, f))
		return false;
	rtse_text(out, &p);
	check_build(&p, out->p);
	return true;
}

static bool decode_rtorq(struct octets in, struct findings *f, struct text *out)
{
	return decode_x410(RTSE_RTORQ, in, f, out);
}

static bool decode_rtoac(struct octets in, struct findings *f, struct text *out)
{
	return decode_x410(RTSE_RTOAC, in, f, out);
}

static bool decode_rtorj(struct octets in, struct findings *f, struct text *out)
{
	return decode_x410(RTSE_RTORJ, in, f, out);
}

static bool decode_rttp(struct octets in, struct findings *f, struct text *out)
{
	return decode_x410(RTSE_RTTP, in, f, out);
}

static bool decode_rtab(struct octets in, struct findings *f, struct text *out)
{
	return decode_x410(RTSE_RTAB, in, f, out);
}

static void session_ids(void **state)
{
	static const uint8_t calling[] = { 0x04, 0x01, 'a' }, common[] = { 0x17, 0x01, 'Z' };
	static const uint8_t more[] = { 0x14, 0x02, '0', '1' };
	struct references r = {
		.calling = { calling, sizeof calling }, .common = { common, sizeof common },
		.additional = { more, sizeof more },
	};
	struct rtse_session_id a, b;

	(void)state;
	rtse_session_id(&a, &r);
	assert_int_equal(a.additional.n, 2);
	assert_memory_equal(a.additional.p, "01", 2);
	b = a;
	assert_true(rtse_session_id_equal(&a, &b));
	b.additional.n = 1;
	assert_false(rtse_session_id_equal(&a, &b));
	/* A peer's reference need not be BER. */
	r.additional = (struct octets){ (const uint8_t *)"?", 1 };
	rtse_session_id(&a, &r);
	assert_int_equal(a.additional.n, 1);
}

/* Calling and common reference, and the additional one with a header of two octets. */
static void session_ids_have_a_limit(void **state)
{
	static const uint8_t octets[RTSE_SESSION_MAX];
	struct rtse_session_id id = { .calling = { octets, 40 }, .common = { octets, 40 } };
	struct rtse_session_kept kept;

	(void)state;
	id.additional = (struct octets){ octets, RTSE_SESSION_MAX - 82 };
	assert_true(rtse_keep_session(&kept, &id));
	id.additional.n++;
	assert_false(rtse_keep_session(&kept, &id));
}

static void cuts(void **state)
{
	(void)state;
	assert_int_equal(rtse_cut(0, 0, 5000, 0), 5000);
	assert_int_equal(rtse_cut(1, 0, 5000, 0), 1024);
	assert_int_equal(rtse_cut(1, 0, 5000, 4096), 904);
	assert_int_equal(rtse_cut(4, 0, 4096, 0), 4096);
	assert_int_equal(rtse_cut(UINT32_MAX, 0, UINT64_C(1) << 50, 0),
	                 (uint64_t)UINT32_MAX * 1024);
	assert_int_equal(rtse_cut(1, 0, 10, 10), 0);
	/* Serial numbers are used up: the rest goes in one. */
	assert_int_equal(rtse_cut(1, RTSE_SERIAL_LAST - 1, 5000, 0), 1024);
	assert_int_equal(rtse_cut(1, RTSE_SERIAL_LAST, 5000, 0), 5000);
}

static void names(void **state)
{
	(void)state;
	assert_string_equal(rtse_kind_name(RTSE_RTAB), "RTAB");
	assert_string_equal(rtse_kind_name(RTSE_KINDS), "?");
	assert_string_equal(rtse_failure_name(RTSE_FAIL_TIME), "time");
	assert_string_equal(rtse_failure_name((enum rtse_failure)99), "?");
	assert_string_equal(rtse_state_name(RTSE_STATE_WAITING), "WAITING");
	assert_string_equal(rtse_state_name(RTSE_STATES_N), "?");
	assert_string_equal(rtse_in_name(RTSE_IN_PSYNCcnf), "PSYNCcnf");
	assert_string_equal(rtse_in_name(RTSE_IN_N), "?");
}

/* ---- reader ---- */

struct came {
	uint8_t octets[64];
	size_t n;
	bool ended, fatal;
	const struct rule *rule;	/* of the last finding */
	size_t octet;
};

/* Each piece alone in a block of its size. */
static void push(struct rtse_reader *r, const uint8_t *p, size_t n, struct came *c,
                 struct findings *f)
{
	uint8_t *block = malloc(n ? n : 1);
	struct octets in = { block, n };

	assert_non_null(block);
	if (n)
		memcpy(block, p, n);
	while (in.n > 0 && !f->fatal) {
		struct octets value;
		size_t used = rtse_reader_push(r, in, &value, f);

		if (f->fatal)
			break;
		assert_true(used > 0 && used <= in.n);
		assert_true(value.n == 0 || value.p + value.n == in.p + used);
		assert_true(value.n <= sizeof c->octets - c->n);
		if (value.n)
			memcpy(c->octets + c->n, value.p, value.n);
		c->n += value.n;
		in.p += used;
		in.n -= used;
	}
	free(block);
}

static struct came read_in_two(const uint8_t *p, size_t n, size_t cut, bool x410)
{
	struct rtse_reader r;
	struct findings f;
	struct came c = { .n = 0 };

	findings_clear(&f);
	rtse_reader_init(&r, x410);
	push(&r, p, cut, &c, &f);
	if (cut < n)
		push(&r, p + cut, n - cut, &c, &f);
	if (!f.fatal)
		c.ended = rtse_reader_end(&r, &f);
	c.fatal = f.fatal;
	c.octet = f.n ? f.at[f.n - 1].octet : 0;
	c.rule = f.n ? f.at[f.n - 1].rule : NULL;
	return c;
}

static struct came read_one_by_one(const uint8_t *p, size_t n, bool x410)
{
	struct rtse_reader r;
	struct findings f;
	struct came c = { .n = 0 };

	findings_clear(&f);
	rtse_reader_init(&r, x410);
	for (size_t i = 0; i < n; i++)
		push(&r, p + i, 1, &c, &f);
	if (!f.fatal)
		c.ended = rtse_reader_end(&r, &f);
	c.fatal = f.fatal;
	c.octet = f.n ? f.at[f.n - 1].octet : 0;
	c.rule = f.n ? f.at[f.n - 1].rule : NULL;
	return c;
}

static void assert_same(const struct came *a, const struct came *b)
{
	assert_int_equal(a->n, b->n);
	assert_memory_equal(a->octets, b->octets, a->n);
	assert_int_equal(a->ended, b->ended);
	assert_int_equal(a->fatal, b->fatal);
	assert_int_equal(a->octet, b->octet);
	assert_ptr_equal(a->rule, b->rule);
}

#define READ(want, x410, ...) do { \
	static const uint8_t in[] = { __VA_ARGS__ }; \
	struct came whole = read_in_two(in, sizeof in, sizeof in, x410); \
	struct came one = read_one_by_one(in, sizeof in, x410); \
	assert_same(&whole, &one); \
	assert_int_equal(whole.n, strlen(want)); \
	assert_memory_equal(whole.octets, want, whole.n); \
	for (size_t cut = 0; cut <= sizeof in; cut++) { \
		struct came two = read_in_two(in, sizeof in, cut, x410); \
		assert_same(&whole, &two); \
	} \
	last = whole; \
} while (0)

static void reader(void **state)
{
	struct came last;

	(void)state;
	READ("abc", false, 0x04, 0x03, 'a', 'b', 'c');
	assert_true(last.ended);
	READ("", false, 0x04, 0x00);
	assert_true(last.ended);
	READ("abc", false, 0x04, 0x83, 0x00, 0x00, 0x03, 'a', 'b', 'c');
	READ("abc", false, 0x24, 0x07, 0x04, 0x01, 'a', 0x04, 0x02, 'b', 'c');
	assert_true(last.ended);
	READ("abc", false, 0x24, 0x80, 0x24, 0x80, 0x04, 0x01, 'a', 0x00, 0x00, 0x04, 0x02,
	     'b', 'c', 0x00, 0x00);
	assert_true(last.ended);
	READ("ab", true, 'a', 'b');
	assert_true(last.ended);
	/* cut short, of another type, or followed by something */
	READ("ab", false, 0x04, 0x03, 'a', 'b');
	assert_true(last.fatal && !last.ended);
	READ("", false, 0x02, 0x01, 0x00);
	assert_true(last.fatal);
	assert_ptr_equal(last.rule, &rtse_rules[RTSE_TRANSFER_STRING]);
	READ("a", false, 0x24, 0x06, 0x04, 0x01, 'a', 0x16, 0x01, 'b');
	assert_true(last.fatal);
	READ("a", false, 0x04, 0x01, 'a', 0x00, 0x00);
	assert_true(last.ended && !last.fatal);
	assert_int_equal(last.octet, 3);
	assert_ptr_equal(last.rule, &rtse_rules[RTSE_TRAILING]);
}

/* What follows an error is passed over, for ever if need be: 04 80 is no primitive. */
static void reader_behind_an_error(void **state)
{
	static const uint8_t wrong[][2] = { { 0x04, 0x80 }, { 0x02, 0x03 } };
	static const uint8_t more[] = { 0x04, 0x01, 'a', 0x00 };

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct octets value, in = { wrong[i], sizeof *wrong };
		struct rtse_reader r;
		struct findings f;

		findings_clear(&f);
		rtse_reader_init(&r, false);
		rtse_reader_push(&r, in, &value, &f);
		assert_true(f.fatal);
		for (int again = 0; again < 2; again++) {
			findings_clear(&f);
			in = (struct octets){ more, sizeof more };
			assert_int_equal(rtse_reader_push(&r, in, &value, &f), sizeof more);
			assert_int_equal(value.n, 0);
			assert_int_equal(f.n, 0);
		}
		assert_false(rtse_reader_end(&r, &f));
	}
}

static void reader_without_octets(void **state)
{
	struct came c = read_in_two(NULL, 0, 0, false);

	(void)state;
	assert_true(c.fatal);
	c = read_in_two(NULL, 0, 0, true);
	assert_true(c.ended);
}

/* ---- the table ---- */

enum { VALUATIONS = 8192 };

static struct rtse_vars valuation(unsigned bits)
{
	return (struct rtse_vars){
		.turn = bits & 1, .initiator = bits & 2, .last = bits & 4, .room = bits & 8,
		.outstanding = bits & 16, .resume = bits & 32, .interrupt = bits & 64,
		.known = bits & 128, .completed = bits & 256, .abort_unknown = bits & 512,
		.keep = bits & 1024, .resumed_done = bits & 2048,
		.differs = bits & 4096,
	};
}

/* No two rows apply at once, whatever the variables say. */
static void rows_exclude_each_other(void **state)
{
	(void)state;
	for (size_t i = 0; i < rtse_rows_n; i++)
		for (size_t k = i + 1; k < rtse_rows_n; k++) {
			const struct rtse_row *a = &rtse_rows[i], *b = &rtse_rows[k];

			if (a->in != b->in || !(a->states & b->states))
				continue;
			for (unsigned bits = 0; bits < VALUATIONS; bits++) {
				struct rtse_vars v = valuation(bits);

				assert_false(
					rtse_predicate((enum rtse_predicate)a->predicate, &v) &&
					rtse_predicate((enum rtse_predicate)b->predicate, &v));
			}
		}
}

static void rows_are_whole(void **state)
{
	uint16_t reached = 1 << RTSE_STATE_IDLE, before = 0;

	(void)state;
	for (size_t i = 0; i < rtse_rows_n; i++) {
		assert_non_null(rtse_rows[i].basis);
		assert_true(rtse_rows[i].states != 0);
		assert_true(rtse_rows[i].next == RTSE_SAME || rtse_rows[i].next < RTSE_STATES_N);
	}
	while (reached != before) {
		before = reached;
		for (size_t i = 0; i < rtse_rows_n; i++)
			if ((rtse_rows[i].states & reached) && rtse_rows[i].next != RTSE_SAME)
				reached |= (uint16_t)(1 << rtse_rows[i].next);
	}
	assert_int_equal(reached, (1 << RTSE_STATES_N) - 1);
}

/* Whatever happens, an abort from below ends in IDLE, and nothing from below
 * is left without a row. */
static void aborts_end_everything(void **state)
{
	(void)state;
	for (unsigned s = RTSE_STATE_IDLE + 1; s < RTSE_STATES_N; s++)
		for (unsigned bits = 0; bits < VALUATIONS; bits++) {
			static const enum rtse_in ends[] = {
				RTSE_IN_AABind, RTSE_IN_APABind, RTSE_IN_OTHER, RTSE_IN_RTUABreq,
			};
			struct rtse_vars v = valuation(bits);

			for (size_t k = 0; k < 4; k++) {
				int row = rtse_row_find((enum rtse_state)s, ends[k], &v);

				assert_true(row >= 0);
				assert_int_equal(rtse_rows[row].next, RTSE_STATE_IDLE);
			}
		}
}

/* ---- two ends ---- */

static const struct rtse_config a_normal = {
	.initiator = true, .context = 3, .checkpoint = 1, .window = 2,
};
static const struct rtse_config b_normal = { .checkpoint = 4, .window = 5 };

static struct octets content_of(size_t n)
{
	static uint8_t octets[32 << 10];

	assert_true(n <= sizeof octets);
	for (size_t i = 0; i < n; i++)
		octets[i] = (uint8_t)(i * 7);
	return (struct octets){ octets, n };
}

static void bound(struct upper_pair *p, const struct rtse_config *a, const struct rtse_config *b)
{
	upper_init(p, a, b);
	upper_bind(p);
	upper_expect(p, "B: CONNECT ind MTA-A\nA: CONNECT cnf+ MTA-B\n");
}

static void opens_and_closes(void **state)
{
	static struct upper_pair p;

	(void)state;
	bound(&p, &a_normal, &b_normal);
	assert_int_equal(p.a.rtse.open.checkpoint, 1);
	assert_int_equal(p.b.rtse.open.checkpoint, 1);
	assert_int_equal(p.a.rtse.open.window, 2);
	assert_int_equal(p.b.rtse.open.window, 2);
	assert_true(rtse_turn(&p.a.rtse));
	assert_false(rtse_turn(&p.b.rtse));
	upper_ask(&p, &p.a, SERVICE_RELEASE, REQUEST, NULL);
	upper_expect(&p, "B: RELEASE ind\nA: RELEASE cnf+\n");
	assert_int_equal(p.a.rtse.state, RTSE_STATE_IDLE);
	assert_int_equal(p.b.rtse.state, RTSE_STATE_IDLE);
	upper_end(&p);
}

static void busy_is_who_transfers(void **state)
{
	static const struct {
		enum rtse_state state;
		bool bound, busy;
	} rows[] = {
		{ RTSE_STATE_IDLE, false, false }, { RTSE_STATE_OPENING, false, false },
		{ RTSE_STATE_ANSWERING, false, false }, { RTSE_STATE_OPEN, true, false },
		{ RTSE_STATE_SENDING, true, true }, { RTSE_STATE_WAITING, true, true },
		{ RTSE_STATE_ENDING, true, true }, { RTSE_STATE_BREAKING, true, true },
		{ RTSE_STATE_DISCARDING, true, true }, { RTSE_STATE_RECEIVING, true, true },
		{ RTSE_STATE_SECURING, true, true }, { RTSE_STATE_EXCEPTION, true, true },
		{ RTSE_STATE_CLOSING, true, false }, { RTSE_STATE_CLOSED_BY, true, false },
	};

	(void)state;
	assert_int_equal(sizeof rows / sizeof rows[0], RTSE_STATES_N);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rtse r = { .state = (uint8_t)rows[i].state };

		assert_int_equal(rtse_bound(&r), rows[i].bound);
		assert_int_equal(rtse_busy(&r), rows[i].busy);
	}
}

static void negotiates(void **state)
{
	static struct upper_pair p;
	struct rtse_config a = a_normal, b = b_normal;

	(void)state;
	a.checkpoint = 63;
	a.window = 0;			/* the default, 3 */
	b.checkpoint = 1;
	b.window = 9;
	bound(&p, &a, &b);
	assert_int_equal(p.a.rtse.open.checkpoint, 1);
	assert_int_equal(p.a.rtse.open.window, 3);
	assert_int_equal(p.b.rtse.open.window, 3);
	upper_end(&p);
	a.checkpoint = 0;		/* no checkpoints wanted */
	a.window = 200;			/* cut to what can be remembered */
	b.window = 200;
	bound(&p, &a, &b);
	assert_int_equal(p.b.rtse.open.checkpoint, 0);
	assert_int_equal(p.a.rtse.open.window, RTSE_WINDOW_MAX);
	upper_end(&p);
}

/* An answer above the proposal is noted and not followed. */
static void answers_may_not_raise(void **state)
{
	static const uint8_t rtoac[] = {
		0xb1, 0x0c, 0x80, 0x01, 0x09, 0x81, 0x01, 0x09, 0xa2, 0x04, 0xa0, 0x02, 0x05, 0x00,
	};
	static struct upper_pair p;

	(void)state;
	upper_init(&p, &a_normal, &b_normal);
	p.b.stalled = true;
	upper_bind(&p);
	upper_deliver(&p, &p.a, LAYER_ACSE, SERVICE_CONNECT, CONFIRM,
	              &(struct service){ .positive = true, .data = { rtoac, sizeof rtoac } });
	upper_expect(&p, "A: CONNECT cnf+\n");
	assert_int_equal(p.a.rtse.open.checkpoint, 1);
	assert_int_equal(p.a.rtse.open.window, 2);
	assert_true(upper_found(&p.a, &rtse_rules[RTSE_CHECKPOINT_RAISED]));
	assert_true(upper_found(&p.a, &rtse_rules[RTSE_WINDOW_RAISED]));
	upper_end(&p);
}

/* Window 2: the third P-DATA waits for the first confirm. */
static void transfers(void **state)
{
	static struct upper_pair p;

	(void)state;
	bound(&p, &a_normal, &b_normal);
	p.wire_log = true;
	upper_send(&p, &p.a, content_of(2500));
	upper_expect(&p,
	             "A> P-ACTIVITY-START req\n"
	             "A> P-DATA req n=1028\n"
	             "A> P-SYNC-MINOR req serial=1\n"
	             "A> P-DATA req n=1028\n"
	             "A> P-SYNC-MINOR req serial=2\n"
	             "B: TRANSFER ind first n=122 MESSAGE\n"
	             "B: SYNC-MINOR ind serial=1\n"
	             "B> P-SYNC-MINOR rsp serial=1\n"
	             "A> P-DATA req n=589\n"
	             "A: SYNC-MINOR cnf serial=1\n"
	             "A> P-ACTIVITY-END req serial=3\n"
	             "B: SYNC-MINOR ind serial=2\n"
	             "B> P-SYNC-MINOR rsp serial=2\n"
	             "A: SYNC-MINOR cnf serial=2\n"
	             "B: TRANSFER ind+ last serial=3\n"
	             "B> P-ACTIVITY-END rsp\n"
	             "A: TRANSFER cnf+ last serial=2\n");
	upper_end(&p);
}

static void send_and_compare(struct upper_pair *p, size_t n)
{
	struct octets content = content_of(n);

	p->log_n = 0;
	upper_send(p, &p->a, content);
	assert_non_null(strstr(p->log, "A: TRANSFER cnf+ last"));
	assert_int_equal(p->b.came_n, n);
	assert_memory_equal(p->b.came, content.p, n);
	assert_int_equal(p->a.rtse.state, RTSE_STATE_OPEN);
	assert_int_equal(p->b.rtse.state, RTSE_STATE_OPEN);
	assert_false(rtse_busy(&p->a.rtse) || rtse_busy(&p->b.rtse));
}

static void transfers_in_any_cut(void **state)
{
	static const size_t pieces[] = { 1, 2, 3, 7, 100, 1023, 1024, 1025, 0 };
	static const size_t sizes[] = { 0, 1, 800, 1024, 2048, 5000 };
	static struct upper_pair p;

	(void)state;
	bound(&p, &a_normal, &b_normal);
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
		for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
			p.piece = pieces[i];
			send_and_compare(&p, sizes[k]);
		}
	/* An APDU is one, in however many pieces it comes. */
	p.piece = 7;
	p.b.pieces_in = 0;
	upper_send(&p, &p.a, content_of(0));
	assert_int_equal(p.b.pieces_in, 1);
	upper_end(&p);
}

/* ---- turn ---- */

static void turn_moves(void **state)
{
	static struct upper_pair p;
	struct rtse_config a = a_normal;

	(void)state;
	a.dialogue = RTSE_TWO_WAY_ALTERNATE;
	bound(&p, &a, &b_normal);
	upper_send(&p, &p.b, content_of(10));
	upper_expect(&p, "B: TRANSFER cnf- last reason=1\n");
	assert_true(upper_found(&p.b, &rtse_rules[RTSE_NO_TURN]));
	upper_ask(&p, &p.b, SERVICE_TOKEN_PLEASE, REQUEST, &(struct service){ .priority = 2 });
	upper_expect(&p, "A: TOKEN-PLEASE ind priority=2\n");
	upper_ask(&p, &p.a, SERVICE_CONTROL_GIVE, REQUEST, NULL);
	upper_expect(&p, "B: CONTROL-GIVE ind\n");
	upper_send(&p, &p.b, content_of(10));
	upper_expect(&p, "A: TRANSFER ind first n=118 MESSAGE\n"
	                 "A: TRANSFER ind+ last serial=1\n"
	                 "B: TRANSFER cnf+ last\n");
	/* Only the initiator closes, and only with the turn. */
	upper_ask(&p, &p.b, SERVICE_RELEASE, REQUEST, NULL);
	assert_true(upper_found(&p.b, &rtse_rules[RTSE_CLOSE_RESPONDER]));
	upper_ask(&p, &p.a, SERVICE_RELEASE, REQUEST, NULL);
	assert_true(upper_found(&p.a, &rtse_rules[RTSE_REQUEST]));
	upper_ask(&p, &p.a, SERVICE_CONTROL_GIVE, REQUEST, NULL);
	upper_ask(&p, &p.b, SERVICE_TOKEN_PLEASE, REQUEST, NULL);
	upper_expect(&p, "");
	upper_ask(&p, &p.b, SERVICE_CONTROL_GIVE, REQUEST, NULL);
	upper_ask(&p, &p.a, SERVICE_RELEASE, REQUEST, NULL);
	upper_expect(&p, "A: CONTROL-GIVE ind\nB: RELEASE ind\nA: RELEASE cnf+\n");
	upper_end(&p);
}

/* In a monologue the side with the initial turn alone sends (X.218 3.5.12).  The turn
 * itself may move: the initiator needs it to close. */
static void monologues(void **state)
{
	static const uint8_t old[] = { 0x02, 0x01, 0x01 };
	struct p1_transfer again = { .id = 9, .old_activity = { old, sizeof old } };
	static struct upper_pair p;

	(void)state;
	for (int resumed = 0; resumed < 2; resumed++) {
		bound(&p, &a_normal, &b_normal);
		upper_ask(&p, &p.a, SERVICE_CONTROL_GIVE, REQUEST, NULL);
		upper_expect(&p, "B: CONTROL-GIVE ind\n");
		upper_send(&p, &p.b, content_of(10));
		upper_expect(&p, "B: TRANSFER cnf- last reason=1\n");
		assert_true(upper_found(&p.b, &rtse_rules[RTSE_SPEAKER]));
		/* A peer that takes it for a dialogue. */
		p.b.rtse.open.dialogue = RTSE_TWO_WAY_ALTERNATE;
		again.head = (struct octets){ p.b.out_head, p.b.head_n };
		if (resumed)
			upper_ask(&p, &p.b, SERVICE_TRANSFER, REQUEST,
			          &(struct service){ .detail = &again });
		else
			upper_send(&p, &p.b, content_of(10));
		assert_non_null(strstr(p.log, "A: P-ABORT ind"));
		assert_true(upper_found(&p.a, &rtse_rules[RTSE_SPEAKER]));
		assert_false(rtse_bound(&p.a.rtse));
		upper_end(&p);
	}
}

static void responder_has_the_turn_first(void **state)
{
	static struct upper_pair p;
	struct rtse_config a = a_normal;

	(void)state;
	a.turn_responder = true;
	a.dialogue = RTSE_TWO_WAY_ALTERNATE;
	bound(&p, &a, &b_normal);
	assert_false(rtse_turn(&p.a.rtse));
	assert_true(rtse_turn(&p.b.rtse));
	assert_int_equal(p.b.p1.bind.rt.dialogue, RTSE_TWO_WAY_ALTERNATE);
	assert_true(p.b.p1.bind.rt.turn);
	upper_send(&p, &p.b, content_of(3));
	assert_int_equal(p.a.came_n, 3);
	upper_end(&p);
}

/* The receiver asks for the turn in mid-transfer. */
static void asks_while_receiving(void **state)
{
	static struct upper_pair p;

	(void)state;
	bound(&p, &a_normal, &b_normal);
	p.b.answers = 0;
	upper_send(&p, &p.a, content_of(2500));
	upper_ask(&p, &p.b, SERVICE_TOKEN_PLEASE, REQUEST, &(struct service){ .priority = 1 });
	upper_expect(&p, "B: TRANSFER ind first n=122 MESSAGE\n"
	                 "B: SYNC-MINOR ind serial=1\n"
	                 "B: SYNC-MINOR ind serial=2\n"
	                 "A: TOKEN-PLEASE ind priority=1\n");
	assert_int_equal(p.a.rtse.state, RTSE_STATE_WAITING);
	upper_end(&p);
}

/* A priority that does not fit ranks last; one that cannot be read aborts. */
static void priorities(void **state)
{
	static const uint8_t large[] = { 0x02, 0x02, 0x01, 0x00 }, bad[] = { 0x04, 0x00 };
	static struct upper_pair p;

	(void)state;
	bound(&p, &a_normal, &b_normal);
	upper_deliver(&p, &p.a, LAYER_PRESENTATION, SERVICE_TOKEN_PLEASE, INDICATION,
	              &(struct service){ .data = { large, sizeof large } });
	upper_expect(&p, "A: TOKEN-PLEASE ind priority=255\n");
	upper_deliver(&p, &p.a, LAYER_PRESENTATION, SERVICE_TOKEN_PLEASE, INDICATION, NULL);
	upper_expect(&p, "A: TOKEN-PLEASE ind\n");
	upper_deliver(&p, &p.a, LAYER_PRESENTATION, SERVICE_TOKEN_PLEASE, INDICATION,
	              &(struct service){ .data = { bad, sizeof bad } });
	upper_expect(&p, "A: P-ABORT ind reason=4 whose=rtse\n"
	                 "B: P-ABORT ind reason=4 whose=rtse\n");
	assert_true(upper_found(&p.a, &rtse_rules[RTSE_APDU_WRONG]));
	upper_end(&p);
}

/* ---- checkpoints ---- */

/* Nothing is confirmed before the user says so, and a later number confirms
 * the earlier ones (X.225 7.21). */
static void confirms_what_is_secured(void **state)
{
	static struct upper_pair p;
	struct rtse_config a = a_normal;

	(void)state;
	a.window = 4;
	bound(&p, &a, &b_normal);
	p.b.answers = UPPER_ANSWER_TRANSFER;
	upper_send(&p, &p.a, content_of(6000));
	upper_expect(&p, "B: TRANSFER ind first n=122 MESSAGE\n"
	                 "B: SYNC-MINOR ind serial=1\nB: SYNC-MINOR ind serial=2\n"
	                 "B: SYNC-MINOR ind serial=3\nB: SYNC-MINOR ind serial=4\n");
	assert_int_equal(p.a.rtse.state, RTSE_STATE_WAITING);
	upper_ask(&p, &p.b, SERVICE_SYNC_MINOR, RESPONSE, &(struct service){ .serial = 3 });
	upper_expect(&p, "A: SYNC-MINOR cnf serial=3\n"
	                 "B: SYNC-MINOR ind serial=5\n"
	                 "B: TRANSFER ind+ last serial=6\n"
	                 "A: TRANSFER cnf+ last serial=3\n");
	assert_int_equal(p.a.rtse.outcome.serial, 3);
	assert_int_equal(p.a.rtse.outcome.at, 3072);
	/* Answers that come late or twice change nothing. */
	upper_ask(&p, &p.b, SERVICE_SYNC_MINOR, RESPONSE, &(struct service){ .serial = 4 });
	upper_ask(&p, &p.b, SERVICE_TRANSFER, RESPONSE, &(struct service){ .positive = true });
	upper_expect(&p, "");
	upper_end(&p);
}

static void notes_strange_confirms(void **state)
{
	static struct upper_pair p;

	(void)state;
	bound(&p, &a_normal, &b_normal);
	p.b.stalled = true;
	upper_send(&p, &p.a, content_of(2500));
	upper_deliver(&p, &p.a, LAYER_PRESENTATION, SERVICE_SYNC_MINOR, CONFIRM,
	              &(struct service){ .serial = 9 });
	assert_true(upper_found(&p.a, &rtse_rules[RTSE_SERIAL]));
	assert_int_equal(p.a.rtse.state, RTSE_STATE_WAITING);
	upper_end(&p);
}

static const uint8_t slice[] = { 0x04, 0x02, 0x28, 0x80 };

static void deliver_data(struct upper_pair *p, const uint8_t *octets, size_t n)
{
	upper_deliver(p, &p->b, LAYER_PRESENTATION, SERVICE_DATA, INDICATION,
	              &(struct service){ .data = { octets, n }, .first = true, .last = true,
	                                 .context = 3 });
}

static void deliver(struct upper_pair *p, enum service_kind kind, uint32_t serial)
{
	upper_deliver(p, &p->b, LAYER_PRESENTATION, kind, INDICATION,
	              &(struct service){ .serial = serial });
}

/* A sender that goes beyond its window, or beyond the checkpoint size, or ends
 * on a checkpoint, is understood and noted. */
static void notes_a_careless_sender(void **state)
{
	static uint8_t large[2 + 1030] = { 0x04, 0x00 };
	static struct upper_pair p;

	(void)state;
	bound(&p, &a_normal, &b_normal);
	p.a.stalled = true;
	p.b.answers = 0;
	deliver(&p, SERVICE_ACTIVITY_START, 0);
	for (uint32_t serial = 1; serial <= 3; serial++) {
		deliver_data(&p, slice, sizeof slice);
		deliver(&p, SERVICE_SYNC_MINOR, serial);
	}
	assert_true(upper_found(&p.b, &rtse_rules[RTSE_WINDOW_EXCEEDED]));
	assert_false(upper_found(&p.b, &rtse_rules[RTSE_SYNC_LAST]));
	deliver(&p, SERVICE_ACTIVITY_END, 4);
	assert_true(upper_found(&p.b, &rtse_rules[RTSE_SYNC_LAST]));
	upper_ask(&p, &p.b, SERVICE_TRANSFER, RESPONSE, &(struct service){ .positive = true });
	deliver(&p, SERVICE_ACTIVITY_START, 0);
	large[1] = 0x82;
	large[2] = 0x04;
	large[3] = 0x04;
	assert_false(upper_found(&p.b, &rtse_rules[RTSE_CUT_LARGE]));
	deliver_data(&p, large, sizeof large);
	deliver(&p, SERVICE_SYNC_MINOR, 1);
	assert_true(upper_found(&p.b, &rtse_rules[RTSE_CUT_LARGE]));
	upper_end(&p);
}

static void notes_another_context(void **state)
{
	static struct upper_pair p;

	(void)state;
	bound(&p, &a_normal, &b_normal);
	deliver(&p, SERVICE_ACTIVITY_START, 0);
	deliver_data(&p, slice, sizeof slice);
	assert_false(upper_found(&p.b, &rtse_rules[RTSE_CONTEXT]));
	upper_deliver(&p, &p.b, LAYER_PRESENTATION, SERVICE_DATA, INDICATION,
	              &(struct service){ .data = { slice, sizeof slice }, .first = true,
	                                 .last = true, .context = 5 });
	assert_true(upper_found(&p.b, &rtse_rules[RTSE_CONTEXT]));
	upper_end(&p);
}

static void notes_an_empty_activity(void **state)
{
	static struct upper_pair p;

	(void)state;
	bound(&p, &a_normal, &b_normal);
	deliver(&p, SERVICE_ACTIVITY_START, 0);
	deliver(&p, SERVICE_ACTIVITY_END, 1);
	assert_true(upper_found(&p.b, &rtse_rules[RTSE_DATA_EMPTY]));
	upper_end(&p);
}

/* ---- a transfer is given up ---- */

static void receiver_reports(void **state)
{
	static struct upper_pair p;

	(void)state;
	bound(&p, &a_normal, &b_normal);
	p.b.answers = 0;
	upper_send(&p, &p.a, content_of(2500));
	p.log_n = 0;
	p.wire_log = true;
	upper_ask(&p, &p.b, SERVICE_TRANSFER, RESPONSE, &(struct service){ .reason = 5 });
	upper_expect(&p, "B> P-U-EXCEPTION req reason=5\n"
	                 "A> P-ACTIVITY-DISCARD req\n"
	                 "B> P-ACTIVITY-DISCARD rsp\n"
	                 "B: TRANSFER ind- last reason=2\n"
	                 "A: TRANSFER cnf- last reason=4\n");
	assert_int_equal(p.a.rtse.outcome.session_reason, 5);
	p.wire_log = false;
	p.b.answers = UPPER_ANSWER_ALL;
	send_and_compare(&p, 2000);
	upper_end(&p);
}

/* The exception comes while octets are on their way out: they leave first. */
static void exception_while_sending(void **state)
{
	static struct upper_pair p;

	(void)state;
	bound(&p, &a_normal, &b_normal);
	p.b.stalled = p.a.stalled = true;
	upper_send(&p, &p.a, content_of(2500));
	assert_int_equal(p.a.rtse.state, RTSE_STATE_SENDING);
	upper_deliver(&p, &p.a, LAYER_PRESENTATION, SERVICE_U_EXCEPTION, INDICATION,
	              &(struct service){ .reason = 1 });
	upper_deliver(&p, &p.a, LAYER_PRESENTATION, SERVICE_P_EXCEPTION, INDICATION, NULL);
	assert_int_equal(p.a.rtse.state, RTSE_STATE_BREAKING);
	p.a.stalled = p.b.stalled = false;
	upper_run(&p);
	upper_expect(&p, "B: TRANSFER ind first n=122 MESSAGE\n"
	                 "B: TRANSFER ind- last reason=2\n"
	                 "A: TRANSFER cnf- last reason=4\n");
	upper_end(&p);
}

static void give_up(enum service_kind kind, bool confirmed, const char *want)
{
	static struct upper_pair p;

	bound(&p, &a_normal, &b_normal);
	p.b.answers = 0;
	upper_send(&p, &p.a, content_of(4000));
	if (confirmed)
		upper_ask(&p, &p.b, SERVICE_SYNC_MINOR, RESPONSE, &(struct service){ .serial = 1 });
	p.log_n = 0;
	upper_ask(&p, &p.a, kind, REQUEST, &(struct service){ .reason = 5 });
	upper_expect(&p, want);
	assert_int_equal(p.a.rtse.state, RTSE_STATE_OPEN);
	assert_int_equal(p.b.rtse.state, RTSE_STATE_OPEN);
	assert_int_equal(p.a.rtse.outcome.serial, confirmed);
	assert_int_equal(p.a.rtse.outcome.at, confirmed ? 1024 : 0);
	upper_end(&p);
}

static void user_gives_up(void **state)
{
	(void)state;
	give_up(SERVICE_ACTIVITY_DISCARD, true,
	        "B: TRANSFER ind- last serial=1 reason=2\n"
	        "A: TRANSFER cnf- last serial=1 reason=2\n");
	give_up(SERVICE_ACTIVITY_INTERRUPT, true,
	        "B: TRANSFER ind- last serial=1 reason=3\n"
	        "A: TRANSFER cnf- last serial=1 reason=3\n");
	/* Nothing to resume from. */
	give_up(SERVICE_ACTIVITY_INTERRUPT, false,
	        "B: TRANSFER ind- last reason=2\n"
	        "A: TRANSFER cnf- last reason=2\n");
}

static void interrupts_after_the_octets(void **state)
{
	static struct upper_pair p;

	(void)state;
	bound(&p, &a_normal, &b_normal);
	p.b.answers = 0;
	upper_send(&p, &p.a, content_of(4000));
	p.a.stalled = true;
	upper_ask(&p, &p.b, SERVICE_SYNC_MINOR, RESPONSE, &(struct service){ .serial = 1 });
	upper_deliver(&p, &p.a, LAYER_PRESENTATION, SERVICE_SYNC_MINOR, CONFIRM,
	              &(struct service){ .serial = 1 });
	assert_int_equal(p.a.rtse.state, RTSE_STATE_SENDING);
	upper_ask(&p, &p.a, SERVICE_ACTIVITY_INTERRUPT, REQUEST, NULL);
	assert_int_equal(p.a.rtse.state, RTSE_STATE_BREAKING);
	p.log_n = 0;
	p.a.stalled = false;
	upper_run(&p);
	upper_expect(&p, "B: TRANSFER ind- last serial=1 reason=3\n"
	                 "A: TRANSFER cnf- last serial=1 reason=3\n");
	upper_end(&p);
}

static void transfer_time(void **state)
{
	static struct upper_pair p;
	struct rtse_config a = a_normal;

	(void)state;
	a.transfer_us = 30 * SECOND_US;
	bound(&p, &a, &b_normal);
	assert_true(rtse_deadline(&p.a.rtse) == NEVER_US);
	p.b.answers = 0;
	upper_send(&p, &p.a, content_of(4000));
	assert_int_equal(rtse_deadline(&p.a.rtse), 30 * SECOND_US);
	p.log_n = 0;
	upper_tick(&p, &p.a);
	upper_expect(&p, "B: TRANSFER ind- last reason=2\nA: TRANSFER cnf- last reason=5\n");
	assert_int_equal(p.a.rtse.outcome.session_reason, 5);
	assert_true(rtse_deadline(&p.a.rtse) == NEVER_US);
	assert_true(upper_found(&p.a, &rtse_rules[RTSE_TIMED_OUT]));
	/* The peer does not answer the discard either. */
	p.a.rtse_config.give_up_us = 5 * SECOND_US;
	upper_send(&p, &p.a, content_of(4000));
	p.log_n = 0;
	p.b.stalled = true;
	upper_tick(&p, &p.a);
	assert_int_equal(p.a.rtse.state, RTSE_STATE_DISCARDING);
	assert_int_equal(rtse_deadline(&p.a.rtse), p.now_us + 5 * SECOND_US);
	upper_tick(&p, &p.a);
	upper_expect(&p, "A: TRANSFER cnf- last reason=6\nA: P-ABORT ind reason=3 whose=rtse\n");
	p.b.stalled = false;
	upper_run(&p);
	upper_expect(&p, "B: TRANSFER ind- last reason=2\nB: P-ABORT ind reason=3 whose=rtse\n");
	upper_end(&p);
}

/* Nor need it answer what our user gives up. */
static void giving_up_has_its_time(void **state)
{
	static struct upper_pair p;
	struct rtse_config a = a_normal;

	(void)state;
	a.give_up_us = 5 * SECOND_US;
	bound(&p, &a, &b_normal);
	p.b.answers = 0;
	upper_send(&p, &p.a, content_of(4000));
	p.log_n = 0;
	p.b.stalled = true;
	upper_ask(&p, &p.a, SERVICE_ACTIVITY_DISCARD, REQUEST, &(struct service){ .reason = 5 });
	assert_int_equal(rtse_deadline(&p.a.rtse), p.now_us + 5 * SECOND_US);
	upper_tick(&p, &p.a);
	upper_expect(&p, "A: TRANSFER cnf- last reason=6\nA: P-ABORT ind reason=3 whose=rtse\n");
	assert_true(rtse_deadline(&p.a.rtse) == NEVER_US);
	upper_end(&p);
}

static void to_a(struct upper_pair *p, enum service_kind kind, enum service_type type,
                 uint32_t serial)
{
	upper_deliver(p, &p->a, LAYER_PRESENTATION, kind, type,
	              &(struct service){ .serial = serial });
}

/* A in SENDING (octets on their way), or with them gone in WAITING. */
static void sending(struct upper_pair *p, const struct rtse_config *a, bool left)
{
	bound(p, a, &b_normal);
	p->b.stalled = true;
	p->a.stalled = !left;
	upper_send(p, &p->a, content_of(4000));
	assert_int_equal(p->a.rtse.state, left ? RTSE_STATE_WAITING : RTSE_STATE_SENDING);
}

/* What was under way when a transfer was given up changes nothing. */
static void crossings_while_giving_up(void **state)
{
	static struct upper_pair p;
	struct rtse_config a = a_normal;

	(void)state;
	a.transfer_us = SECOND_US;
	sending(&p, &a, false);
	to_a(&p, SERVICE_P_EXCEPTION, INDICATION, 0);
	to_a(&p, SERVICE_U_EXCEPTION, INDICATION, 0);
	assert_int_equal(p.a.rtse.state, RTSE_STATE_BREAKING);
	p.a.stalled = false;
	upper_run(&p);
	assert_int_equal(p.a.rtse.state, RTSE_STATE_DISCARDING);
	to_a(&p, SERVICE_SYNC_MINOR, CONFIRM, 1);
	to_a(&p, SERVICE_U_EXCEPTION, INDICATION, 0);
	to_a(&p, SERVICE_P_EXCEPTION, INDICATION, 0);
	assert_int_equal(p.a.rtse.state, RTSE_STATE_DISCARDING);
	upper_ask(&p, &p.a, SERVICE_U_ABORT, REQUEST, NULL);
	upper_expect(&p, "A: TRANSFER cnf- last reason=6\n");
	upper_end(&p);
	sending(&p, &a, true);
	to_a(&p, SERVICE_P_EXCEPTION, INDICATION, 0);
	assert_int_equal(p.a.rtse.state, RTSE_STATE_DISCARDING);
	/* no confirm of an activity end can come now */
	to_a(&p, SERVICE_ACTIVITY_END, CONFIRM, 0);
	upper_expect(&p, "A: TRANSFER cnf- last reason=6\nA: P-ABORT ind reason=4 whose=rtse\n");
	upper_end(&p);
	sending(&p, &a, false);
	upper_ask(&p, &p.a, SERVICE_ACTIVITY_DISCARD, REQUEST, NULL);
	assert_int_equal(p.a.rtse.state, RTSE_STATE_BREAKING);
	upper_end(&p);
	sending(&p, &a, false);
	upper_tick(&p, &p.a);
	assert_int_equal(p.a.rtse.state, RTSE_STATE_BREAKING);
	upper_end(&p);
}

static void crossings_of_the_turn(void **state)
{
	static struct upper_pair p;

	(void)state;
	bound(&p, &a_normal, &b_normal);
	upper_ask(&p, &p.a, SERVICE_CONTROL_GIVE, REQUEST, NULL);
	upper_expect(&p, "B: CONTROL-GIVE ind\n");
	to_a(&p, SERVICE_TOKEN_PLEASE, INDICATION, 0);
	upper_expect(&p, "");
	upper_end(&p);
	bound(&p, &a_normal, &b_normal);
	p.b.stalled = true;
	upper_ask(&p, &p.a, SERVICE_RELEASE, REQUEST, NULL);
	to_a(&p, SERVICE_TOKEN_PLEASE, INDICATION, 0);
	p.b.stalled = false;
	upper_run(&p);
	upper_expect(&p, "B: RELEASE ind\nA: RELEASE cnf+\n");
	upper_end(&p);
}

/* After its exception the receiver waits for the sender to give up. */
static void receiver_waits(void **state)
{
	static struct upper_pair p;

	(void)state;
	bound(&p, &a_normal, &b_normal);
	p.a.stalled = true;
	deliver(&p, SERVICE_ACTIVITY_START, 0);
	deliver_data(&p, slice, sizeof slice);
	upper_deliver(&p, &p.b, LAYER_PRESENTATION, SERVICE_P_EXCEPTION, INDICATION, NULL);
	assert_int_equal(p.b.rtse.state, RTSE_STATE_EXCEPTION);
	deliver_data(&p, slice, sizeof slice);
	deliver(&p, SERVICE_SYNC_MINOR, 1);
	deliver(&p, SERVICE_ACTIVITY_END, 2);
	assert_int_equal(p.b.rtse.state, RTSE_STATE_EXCEPTION);
	upper_deliver(&p, &p.b, LAYER_ACSE, SERVICE_U_ABORT, INDICATION, NULL);
	upper_expect(&p, "B: TRANSFER ind- last reason=6\nB: U-ABORT ind whose=rtse\n");
	upper_end(&p);
}

/* The connection is lost, quietly or in mid-transfer. */
static void lost_below(void **state)
{
	static struct upper_pair p;

	(void)state;
	bound(&p, &a_normal, &b_normal);
	upper_deliver(&p, &p.a, LAYER_ACSE, SERVICE_P_ABORT, INDICATION, NULL);
	upper_expect(&p, "A: P-ABORT ind whose=acse\n");
	deliver(&p, SERVICE_ACTIVITY_START, 0);
	upper_deliver(&p, &p.b, LAYER_ACSE, SERVICE_P_ABORT, INDICATION, NULL);
	upper_expect(&p, "B: TRANSFER ind- last reason=6\nB: P-ABORT ind whose=acse\n");
	upper_end(&p);
}

/* ---- resume ---- */

static void resumes(void **state)
{
	static const uint8_t old[] = { 0x02, 0x01, 0x01 };
	static struct upper_pair p;
	struct p1_transfer tr = { .id = 9, .old_activity = { old, sizeof old } };

	(void)state;
	bound(&p, &a_normal, &b_normal);
	upper_send(&p, &p.a, content_of(100));
	tr.head = (struct octets){ p.a.out_head, p.b.head_n };
	tr.content_length = 100;
	p.log_n = 0;
	p.wire_log = true;
	/* From its beginning: as good as a new one. */
	upper_ask(&p, &p.a, SERVICE_TRANSFER, REQUEST, &(struct service){ .detail = &tr });
	assert_non_null(strstr(p.log, "A> P-ACTIVITY-RESUME req\n"));
	assert_non_null(strstr(p.log, "A: TRANSFER cnf+ last"));
	assert_int_equal(p.b.rtse.activity[2], 2);
	/* From a checkpoint that the receiver does not know. */
	tr.serial = 1;
	tr.from = 64;
	p.log_n = 0;
	upper_ask(&p, &p.a, SERVICE_TRANSFER, REQUEST, &(struct service){ .detail = &tr });
	assert_non_null(strstr(p.log, "A> P-ACTIVITY-RESUME req serial=1\n"));
	assert_non_null(strstr(p.log, "B> P-U-EXCEPTION req reason=6\n"));
	assert_non_null(strstr(p.log, "A: TRANSFER cnf- last serial=1 reason=4\n"));
	upper_end(&p);
}

enum { RECOVERY_US = 60 * SECOND_US };

/* References of the session connection `n`. */
static struct references references(char n)
{
	static uint8_t calling[4][4] = {
		{ 0x04, 0x02, 'i', '0' }, { 0x04, 0x02, 'i', '1' }, { 0x04, 0x02, 'i', '2' },
	};
	static const uint8_t common[] = { 0x17, 0x0b, '2', '6', '0', '1', '0', '1', '0', '0', '0',
	                                  '0', 'Z' };
	static const uint8_t additional[] = { 0x14, 0x02, '0', '7' };

	return (struct references){
		.calling = { calling[n - '0'], 4 }, .common = { common, sizeof common },
		.additional = { additional, sizeof additional },
	};
}

static void bound_as(struct upper_pair *p, char n, struct rtse_config a, struct rtse_config b)
{
	struct service_names names = { .references = references(n) };

	a.recovery_us = b.recovery_us = RECOVERY_US;
	upper_init(p, &a, &b);
	upper_ask(p, &p->a, SERVICE_CONNECT, REQUEST,
	          &(struct service){ .detail = &p->a.bind, .names = &names });
	p->log_n = 0;
}

/* B holds 4,000 octets but `secured` of its checkpoints are confirmed; the transfer
 * that A has to ask for to go on. */
static struct p1_transfer break_off(struct upper_pair *p, uint32_t secured)
{
	p->b.answers = 0;
	upper_send(p, &p->a, content_of(4000));
	if (secured)
		upper_ask(p, &p->b, SERVICE_SYNC_MINOR, RESPONSE,
		          &(struct service){ .serial = secured });
	p->log_n = 0;
	return (struct p1_transfer){
		.id = 8, .head = { p->a.out_head, p->b.head_n }, .content_length = 4000,
	};
}

/* What A knows of the activity that broke off. */
static void go_on(struct p1_transfer *t, const struct rtse_lost *lost, bool linked)
{
	t->old_activity = (struct octets){ lost->activity, lost->activity_n };
	t->serial = lost->confirmed;
	t->from = lost->confirmed_at;
	t->linked = linked;
	t->references = rtse_references_of(&lost->session);
}

static void resume_and_compare(struct upper_pair *p, const struct p1_transfer *t)
{
	p->b.answers = UPPER_ANSWER_ALL;
	upper_ask(p, &p->a, SERVICE_TRANSFER, REQUEST, &(struct service){ .detail = t });
	assert_non_null(strstr(p->log, "A: TRANSFER cnf+ last"));
	assert_int_equal(p->b.came_n, 4000);
	assert_memory_equal(p->b.came, content_of(4000).p, 4000);
}

/* On the same association, behind the first checkpoint, though B has more. */
static void resumes_after_an_interrupt(void **state)
{
	static const size_t pieces[] = { 0, 1, 100 };
	static struct upper_pair p;
	struct rtse_lost lost;

	(void)state;
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		struct p1_transfer t;

		bound_as(&p, '0', a_normal, b_normal);
		p.piece = pieces[i];
		t = break_off(&p, 1);
		upper_ask(&p, &p.a, SERVICE_ACTIVITY_INTERRUPT, REQUEST, NULL);
		upper_expect(&p, "B: TRANSFER ind- last serial=1 reason=3\n"
		                 "A: TRANSFER cnf- last serial=1 reason=3\n");
		assert_int_equal(p.a.rtse.outcome.until_us, RECOVERY_US);
		assert_true(rtse_past(&p.a.rtse, 0, &lost));
		assert_true(lost.sender && lost.confirmed == 1 && lost.confirmed_at == 1024);
		go_on(&t, &lost, false);
		p.now_us = RECOVERY_US;		/* the last moment */
		resume_and_compare(&p, &t);
		send_and_compare(&p, 2000);
		upper_end(&p);
	}
}

/* The association goes as well; what is left of both ends is carried to new ones. */
static void resumes_elsewhere(void **state)
{
	static struct upper_pair p;

	(void)state;
	for (uint32_t secured = 1; secured <= 2; secured++) {
		struct rtse_lost mine, theirs;
		struct rtse_session_id id;
		struct p1_transfer t;
		struct test_pool pool;
		struct p1_lost came;
		uint8_t *had, head[512];
		size_t had_n;

		bound_as(&p, '0', a_normal, b_normal);
		t = break_off(&p, secured);
		upper_deliver(&p, &p.a, LAYER_ACSE, SERVICE_P_ABORT, INDICATION, NULL);
		upper_deliver(&p, &p.b, LAYER_ACSE, SERVICE_P_ABORT, INDICATION, NULL);
		assert_true(rtse_past(&p.a.rtse, 1, &mine));
		assert_true(rtse_past(&p.b.rtse, 1, &theirs));
		assert_true(rtse_past(&p.b.rtse, RECOVERY_US, &theirs));
		assert_false(rtse_past(&p.b.rtse, RECOVERY_US + 1, &theirs));
		id = rtse_session_of(&mine.session);
		assert_true(rtse_lost_is(&mine, RECOVERY_US, &id));
		assert_false(rtse_lost_is(&mine, RECOVERY_US + 1, &id));
		p1_past(&p.b.p1, &came);
		had = p.b.came;
		had_n = p.b.came_n;
		p.b.came = NULL;
		/* The buffers of the lost head belong to the pool of that end. */
		assert_true(came.head.n > 0 && came.told);
		pool = p.b.pool;
		memcpy(head, p.a.out_head, sizeof head);
		t.head.p = head;
		test_pool_init(&p.b.pool);
		upper_end(&p);
		bound_as(&p, '1', a_normal, b_normal);
		assert_true(rtse_adopt(&p.b.rtse, &theirs));
		free(p.b.came);
		p.b.came = had;
		p.b.came_n = had_n;
		p.b.pool = pool;
		p1_adopt(&p.b.p1, &came, &p.b.pool.pool);
		go_on(&t, &mine, true);
		p.a.content = content_of(4000);
		p.wire_log = true;
		resume_and_compare(&p, &t);
		assert_non_null(strstr(p.log, secured == 1 ? "P-ACTIVITY-RESUME req serial=1\n"
		                                           : "P-ACTIVITY-RESUME req serial=2\n"));
		upper_end(&p);
	}
}

/* B has more than A goes back to: the value that comes again is another one behind it, or a
 * shorter one. */
static void what_comes_again_is_the_same(void **state)
{
	static const size_t pieces[] = { 0, 1, 100 };
	static struct upper_pair p;
	struct rtse_lost lost;

	(void)state;
	for (size_t i = 0; i < 2 * sizeof pieces / sizeof *pieces; i++) {
		static uint8_t other[4000];
		struct p1_transfer t;

		bound_as(&p, '0', a_normal, b_normal);
		p.piece = pieces[i / 2];
		t = break_off(&p, 1);
		upper_ask(&p, &p.a, SERVICE_ACTIVITY_INTERRUPT, REQUEST, NULL);
		assert_true(rtse_past(&p.a.rtse, 0, &lost));
		assert_true(p.b.rtse.have > 2100);
		go_on(&t, &lost, false);
		memcpy(other, content_of(4000).p, sizeof other);
		if (i % 2)
			t.content_length = 1500;
		else
			other[1700] ^= 1;
		p.a.content = (struct octets){ other, t.content_length };
		p.b.answers = UPPER_ANSWER_ALL;
		p.log_n = 0;
		p.wire_log = true;
		upper_ask(&p, &p.a, SERVICE_TRANSFER, REQUEST, &(struct service){ .detail = &t });
		assert_non_null(strstr(p.log, "B> P-U-EXCEPTION req reason=6\n"));
		assert_non_null(strstr(p.log, "B: TRANSFER ind- last"));
		assert_non_null(strstr(p.log, "A: TRANSFER cnf- last"));
		assert_null(strstr(p.log, "cnf+"));
		/* And once more: it is not known any more. */
		p.log_n = 0;
		t.content_length = 4000;
		p.a.content = content_of(4000);
		upper_ask(&p, &p.a, SERVICE_TRANSFER, REQUEST, &(struct service){ .detail = &t });
		assert_non_null(strstr(p.log, "B> P-U-EXCEPTION req reason=6\n"));
		p.wire_log = false;
		send_and_compare(&p, 2000);
		upper_end(&p);
	}
}

/* Another activity, another association, a checkpoint too old or not secured, too late. */
static void resumes_only_what_it_knows(void **state)
{
	static struct upper_pair p;

	(void)state;
	for (int wrong = 0; wrong < 5; wrong++) {
		static const uint8_t other[] = { 0x02, 0x01, 0x09 };
		struct rtse_config b = b_normal;
		struct rtse_lost lost;
		struct p1_transfer t;

		b.abort_unrecognized = wrong == 4;
		bound_as(&p, '0', a_normal, b);
		t = break_off(&p, 1);
		upper_ask(&p, &p.a, SERVICE_ACTIVITY_INTERRUPT, REQUEST, NULL);
		assert_true(rtse_past(&p.a.rtse, 0, &lost));
		go_on(&t, &lost, false);
		if (wrong == 0 || wrong == 4)
			t.old_activity.p = other;
		if (wrong == 1) {
			t.linked = true;
			t.references = references('2');
		}
		if (wrong == 2)
			t.serial = 2;
		if (wrong == 3)
			p.now_us = RECOVERY_US + 1;
		p.log_n = 0;
		upper_ask(&p, &p.a, SERVICE_TRANSFER, REQUEST, &(struct service){ .detail = &t });
		if (wrong == 4)
			assert_non_null(strstr(p.log, "A: P-ABORT ind reason=2 whose=rtse\n"));
		else
			assert_non_null(strstr(p.log, "A: TRANSFER cnf- last "));
		assert_null(strstr(p.log, "A: TRANSFER cnf+"));
		upper_end(&p);
	}
}

/* The end was confirmed, the sender does not know: it learns that all has arrived. */
/* `02 01 01` and on, each a positive INTEGER of the fewest octets. */
static void activities_are_counted(void **state)
{
	static const struct {
		uint32_t before;
		uint8_t n, octets[4];
	} rows[] = {
		{ 0, 1, { 1 } }, { 126, 1, { 127 } }, { 127, 2, { 0, 128 } },
		{ 32766, 2, { 127, 255 } }, { 32767, 3, { 0, 128, 0 } },
		{ 8388606, 3, { 127, 255, 255 } }, { 8388607, 4, { 0, 128, 0, 0 } },
	};
	static struct upper_pair p;

	(void)state;
	bound(&p, &a_normal, &b_normal);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		p.a.rtse.activities = rows[i].before;
		send_and_compare(&p, 10);
		assert_int_equal(p.b.rtse.activity_n, 2 + rows[i].n);
		assert_int_equal(p.b.rtse.activity[0], 0x02);
		assert_int_equal(p.b.rtse.activity[1], rows[i].n);
		assert_memory_equal(p.b.rtse.activity + 2, rows[i].octets, rows[i].n);
	}
	upper_end(&p);
}

/* Who is told of an abort may resume; who asked for it may not. */
static void who_aborts_forgets(void **state)
{
	static struct upper_pair p;

	(void)state;
	for (int receiver = 0; receiver < 2; receiver++) {
		struct rtse_lost lost;

		bound_as(&p, '0', a_normal, b_normal);
		break_off(&p, 1);
		upper_ask(&p, receiver ? &p.b : &p.a, SERVICE_U_ABORT, REQUEST, NULL);
		assert_int_equal(rtse_past(&p.a.rtse, 1, &lost), receiver);
		assert_int_equal(rtse_past(&p.b.rtse, 1, &lost), !receiver);
		upper_end(&p);
	}
}

/* The positions of the last RTSE_WINDOW_MAX checkpoints are. */
static void resumes_where_it_remembers(void **state)
{
	static const uint8_t octets[] = { 0x02, 0x01, 0x07 };
	const struct octets id = { octets, sizeof octets };
	static struct upper_pair p;

	(void)state;
	for (uint32_t last = RTSE_WINDOW_MAX; last <= RTSE_WINDOW_MAX + 1; last++) {
		bound_as(&p, '0', a_normal, b_normal);
		p.a.stalled = true;
		p.b.answers = 0;
		upper_deliver(&p, &p.b, LAYER_PRESENTATION, SERVICE_ACTIVITY_START, INDICATION,
		              &(struct service){ .activity = id });
		for (uint32_t serial = 1; serial <= last; serial++) {
			deliver_data(&p, slice, sizeof slice);
			deliver(&p, SERVICE_SYNC_MINOR, serial);
			if (serial == 1)
				upper_ask(&p, &p.b, SERVICE_SYNC_MINOR, RESPONSE,
				          &(struct service){ .serial = serial });
		}
		deliver(&p, SERVICE_ACTIVITY_INTERRUPT, 0);
		p.log_n = 0;
		p.wire_log = true;
		upper_deliver(&p, &p.b, LAYER_PRESENTATION, SERVICE_ACTIVITY_RESUME, INDICATION,
		              &(struct service){ .activity = id, .old_activity = id, .serial = 1 });
		assert_int_equal(strstr(p.log, "P-U-EXCEPTION") == NULL, last == RTSE_WINDOW_MAX);
		upper_end(&p);
	}
}

static void resumes_what_is_complete(void **state)
{
	static struct upper_pair p;
	struct rtse_lost lost, theirs;
	struct p1_transfer t;

	(void)state;
	bound_as(&p, '0', a_normal, b_normal);
	t = break_off(&p, 1);
	p.b.answers = UPPER_ANSWER_ALL;
	upper_ask(&p, &p.b, SERVICE_SYNC_MINOR, RESPONSE, &(struct service){ .serial = 2 });
	p.a.stalled = true;
	upper_ask(&p, &p.b, SERVICE_SYNC_MINOR, RESPONSE, &(struct service){ .serial = 3 });
	p.a.stalled = false;
	upper_run(&p);
	assert_int_equal(p.b.rtse.past, RTSE_PAST_COMPLETED);
	assert_true(rtse_past(&p.b.rtse, 0, &theirs));
	assert_true(theirs.completed);
	lost = theirs;
	lost.sender = true;
	go_on(&t, &lost, false);
	p.log_n = 0;
	upper_ask(&p, &p.a, SERVICE_TRANSFER, REQUEST, &(struct service){ .detail = &t });
	upper_expect(&p, "B: P-ABORT ind reason=7 whose=rtse\n"
	                 "A: TRANSFER cnf+ last serial=4\n"
	                 "A: P-ABORT ind reason=7 whose=rtse\n");
	upper_end(&p);
}

/* Two checkpoints are known to be safe and the receiver cannot go on just now. */
static void interrupts_at_exceptions(void **state)
{
	static const uint32_t reasons[] = { 0, 5, 1, 6 };
	static struct upper_pair p;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct rtse_config a = a_normal;
		struct rtse_lost lost;
		struct p1_transfer t;

		a.interrupt_exceptions = true;
		bound_as(&p, '0', a, b_normal);
		t = break_off(&p, 1);
		upper_ask(&p, &p.b, SERVICE_TRANSFER, RESPONSE,
		          &(struct service){ .reason = reasons[i] });
		upper_expect(&p, i < 2 ? "B: TRANSFER ind- last serial=1 reason=3\n"
		                         "A: TRANSFER cnf- last serial=1 reason=4\n"
		                       : "B: TRANSFER ind- last serial=1 reason=2\n"
		                         "A: TRANSFER cnf- last serial=1 reason=4\n");
		assert_int_equal(rtse_past(&p.a.rtse, 0, &lost), i < 2);
		if (i < 2) {
			go_on(&t, &lost, false);
			resume_and_compare(&p, &t);
		}
		upper_end(&p);
	}
}

/* A new transfer instead: what was kept is forgotten. */
static void forgets_what_broke_off(void **state)
{
	static struct upper_pair p;
	struct rtse_lost lost;

	(void)state;
	bound_as(&p, '0', a_normal, b_normal);
	break_off(&p, 1);
	upper_ask(&p, &p.a, SERVICE_ACTIVITY_INTERRUPT, REQUEST, NULL);
	p.b.answers = UPPER_ANSWER_ALL;
	assert_true(rtse_past(&p.a.rtse, 0, &lost) && rtse_past(&p.b.rtse, 0, &lost));
	send_and_compare(&p, 3000);
	assert_false(rtse_past(&p.a.rtse, 0, &lost));
	assert_true(rtse_past(&p.b.rtse, 0, &lost) && lost.completed);
	upper_send(&p, &p.a, content_of(4000));
	assert_false(rtse_past(&p.a.rtse, 0, &lost));
	upper_end(&p);
}

/* Every abortReason leaves and arrives (X.228 9). */
static void aborts_with_every_reason(void **state)
{
	static const uint8_t reflected = 0x05;
	static struct upper_pair p;

	(void)state;
	for (int x410 = 0; x410 < 2; x410++)
		for (uint32_t reason = 0; reason <= RTSE_ABORT_TRANSFER_COMPLETED; reason++) {
			struct rtse_config a = a_normal, b = b_normal;
			char want[64];

			a.x410 = b.x410 = x410;
			bound(&p, &a, &b);
			upper_ask(&p, &p.a, SERVICE_U_ABORT, REQUEST,
			          &(struct service){ .source = SOURCE_PROVIDER, .reason = reason,
			                             .reflected = { &reflected, 1 } });
			snprintf(want, sizeof want, "B: %c-ABORT ind", reason == 6 ? 'U' : 'P');
			assert_non_null(strstr(p.log, want));
			if (reason) {
				snprintf(want, sizeof want, "reason=%u whose=rtse\n",
				         (unsigned)reason);
				assert_non_null(strstr(p.log, want));
			}
			assert_int_equal(p.b.rules_n, 0);
			upper_end(&p);
		}
}

/* ---- refusals and aborts ---- */

static void refused_below(void **state)
{
	static struct upper_pair p;

	(void)state;
	upper_init(&p, &a_normal, &b_normal);
	p.b.stalled = true;
	upper_bind(&p);
	upper_deliver(&p, &p.a, LAYER_ACSE, SERVICE_CONNECT, CONFIRM,
	              &(struct service){ .whose = LAYER_SESSION, .reason = 129,
	                                 .source = SOURCE_PROVIDER });
	upper_expect(&p, "A: CONNECT cnf- reason=129 whose=session\n");
	assert_int_equal(p.a.p1.bind.rt.refused_by, LAYER_SESSION);
	assert_int_equal(p.a.p1.bind.error, P1_BIND_NO_ERROR);
	upper_end(&p);
}

/* A lost association is taken up again: no bind goes with it, and the answer
 * names the same association. */
static void recovers(void **state)
{
	static const uint8_t calling[] = { 0x04, 0x02, 'i', 'd' };
	static const uint8_t common[] = { 0x17, 0x0b, '2', '6', '0', '1', '0', '1', '0', '0', '0',
	                                  '0', 'Z' };
	static struct upper_pair p;

	(void)state;
	for (int refuses = 0; refuses < 2; refuses++) {
		upper_init(&p, &a_normal, &b_normal);
		p.wire_log = true;
		p.b.refuses = refuses;
		p.a.bind.has_rt = true;
		p.a.bind.rt = (struct rtse_open){
			.opening = RTSE_RECOVER, .checkpoint = 1, .window = 3,
			.session = { .calling = { calling, sizeof calling },
			             .common = { common, sizeof common } },
		};
		upper_bind(&p);
		upper_expect(&p, refuses ? "A> A-CONNECT req n=32\n"
		                           "B: CONNECT ind\n"
		                           "B> A-CONNECT rsp- n=9\n"
		                           "A: CONNECT cnf- whose=p1\n"
		                         : "A> A-CONNECT req n=32\n"
		                           "B: CONNECT ind\n"
		                           "B> A-CONNECT rsp+ n=29\n"
		                           "A: CONNECT cnf+\n");
		upper_end(&p);
	}
}

/* References longer than those of any session connection. */
static void recovers_nothing_endless(void **state)
{
	static uint8_t bad[4 + 4 + 2 + 110 + 13] = { 0xb0, 0x81, 130, 0xa3, 0x81, 127, 0xa1, 125,
	                                             0x04, 110 };
	static struct upper_pair p;

	(void)state;
	memcpy(bad + 120, "\x17\x0b" "2601010000Z", 13);
	upper_init(&p, &a_normal, &b_normal);
	p.wire_log = true;
	upper_deliver(&p, &p.b, LAYER_ACSE, SERVICE_CONNECT, INDICATION,
	              &(struct service){ .data = { bad, sizeof bad } });
	upper_expect(&p, "B> A-CONNECT rsp- n=2\n");
	assert_true(upper_found(&p.b, &rtse_rules[RTSE_SESSION_ID_LONG]));
	upper_end(&p);
}

static void malformed_opening(void **state)
{
	static const uint8_t bad[] = { 0xb0, 0x02, 0xa3, 0x00 };
	static struct upper_pair p;

	(void)state;
	upper_init(&p, &a_normal, &b_normal);
	p.wire_log = true;
	upper_deliver(&p, &p.b, LAYER_ACSE, SERVICE_CONNECT, INDICATION,
	              &(struct service){ .data = { bad, sizeof bad } });
	upper_expect(&p, "B> A-CONNECT rsp- n=2\n");
	assert_int_equal(p.b.rtse.state, RTSE_STATE_IDLE);
	upper_end(&p);
	/* The answer cannot be read: the association is of no use. */
	upper_init(&p, &a_normal, &b_normal);
	p.b.stalled = true;
	upper_bind(&p);
	upper_deliver(&p, &p.a, LAYER_ACSE, SERVICE_CONNECT, CONFIRM,
	              &(struct service){ .positive = true, .data = { bad, sizeof bad } });
	upper_expect(&p, "A: P-ABORT ind reason=1 whose=rtse\n");
	upper_end(&p);
}

static void aborts(void **state)
{
	static struct upper_pair p;

	(void)state;
	bound(&p, &a_normal, &b_normal);
	upper_ask(&p, &p.a, SERVICE_U_ABORT, REQUEST, NULL);
	upper_expect(&p, "B: U-ABORT ind reason=6 whose=rtse\n");
	upper_end(&p);
	bound(&p, &a_normal, &b_normal);
	p.b.answers = 0;
	upper_send(&p, &p.a, content_of(4000));
	p.log_n = 0;
	upper_ask(&p, &p.b, SERVICE_U_ABORT, REQUEST, NULL);
	upper_expect(&p, "B: TRANSFER ind- last reason=6\n"
	                 "A: TRANSFER cnf- last reason=6\n"
	                 "A: U-ABORT ind reason=6 whose=rtse\n");
	upper_end(&p);
	bound(&p, &a_normal, &b_normal);
	p.b.answers = 0;
	upper_send(&p, &p.a, content_of(4000));
	p.log_n = 0;
	upper_deliver(&p, &p.a, LAYER_ACSE, SERVICE_P_ABORT, INDICATION,
	              &(struct service){ .whose = LAYER_COTP, .reason = 1 });
	upper_expect(&p, "A: TRANSFER cnf- last reason=6\nA: P-ABORT ind reason=1 whose=cotp\n");
	/* What comes afterwards is of no interest. */
	upper_deliver(&p, &p.a, LAYER_PRESENTATION, SERVICE_SYNC_MINOR, CONFIRM,
	              &(struct service){ .serial = 1 });
	upper_expect(&p, "");
	upper_end(&p);
}

/* An abort without RTAB, as session version 1 makes it. */
static void abort_without_apdu(void **state)
{
	static struct upper_pair p;

	(void)state;
	bound(&p, &a_normal, &b_normal);
	upper_deliver(&p, &p.b, LAYER_ACSE, SERVICE_U_ABORT, INDICATION, NULL);
	upper_expect(&p, "B: U-ABORT ind whose=rtse\n");
	upper_end(&p);
	bound(&p, &a_normal, &b_normal);
	upper_deliver(&p, &p.b, LAYER_ACSE, SERVICE_U_ABORT, INDICATION,
	              &(struct service){ .source = SOURCE_PROVIDER, .reason = 2 });
	upper_expect(&p, "B: P-ABORT ind reason=2 whose=acse\n");
	upper_end(&p);
}

static void unexpected(void **state)
{
	static struct upper_pair p;

	(void)state;
	bound(&p, &a_normal, &b_normal);
	deliver_data(&p, slice, sizeof slice);
	upper_expect(&p, "B: P-ABORT ind reason=4 whose=rtse\n"
	                 "A: P-ABORT ind reason=4 whose=rtse\n");
	assert_true(upper_found(&p.b, &rtse_rules[RTSE_UNEXPECTED]));
	upper_end(&p);
}

static void malformed_data(void **state)
{
	static const uint8_t bad[] = { 0x02, 0x01, 0x00 }, cut[] = { 0x04, 0x02, 0x00 };
	static struct upper_pair p;

	(void)state;
	for (int i = 0; i < 2; i++) {
		bound(&p, &a_normal, &b_normal);
		deliver(&p, SERVICE_ACTIVITY_START, 0);
		deliver_data(&p, i ? cut : bad, 3);
		assert_int_equal(p.b.pieces_in, 0);
		upper_expect(&p, "B: TRANSFER ind- last reason=6\n"
		                 "B: P-ABORT ind reason=4 whose=rtse\n"
		                 "A: P-ABORT ind reason=4 whose=rtse\n");
		upper_end(&p);
	}
}

/* A thousand segments in one piece make one piece. */
static void segments(void **state)
{
	static uint8_t octets[2 + 3 * 1000 + 2] = { 0x24, 0x80 };
	static struct upper_pair p;

	(void)state;
	for (size_t i = 0; i < 1000; i++) {
		octets[2 + 3 * i] = 0x04;
		octets[3 + 3 * i] = 0x01;
		octets[4 + 3 * i] = i < 2 ? 0x28 : 0x80;
	}
	bound(&p, &a_normal, &b_normal);
	p.a.stalled = true;
	deliver(&p, SERVICE_ACTIVITY_START, 0);
	deliver_data(&p, octets, sizeof octets);
	assert_int_equal(p.b.rtse.at, 1000);
	/* Without memory there is no way to go on. */
	p.b.pool.refuse = p.b.pool.takes + 1;
	deliver(&p, SERVICE_SYNC_MINOR, 1);
	deliver_data(&p, octets, sizeof octets);
	assert_true(upper_found(&p.b, &rtse_rules[RTSE_MEMORY]));
	assert_int_equal(p.b.rtse.state, RTSE_STATE_IDLE);
	upper_end(&p);
}

/* ---- X.410 mode ---- */

/* What is transferred has no header there (X.226 8.4.3.2). */
static void x410_transfer_is_bare(void **state)
{
	static const uint8_t octets[] = { 0x04, 0x01 };
	struct octets in = { octets, sizeof octets };
	struct findings f = { .n = 0 };
	struct rtse_pdu p;

	(void)state;
	assert_true(rtse_decode_x410(RTSE_RTTR, in, &p, &f));
	assert_true(octets_equal(p.user, in));
	assert_int_equal(f.n, 0);
}

static void x410(void **state)
{
	static struct upper_pair p;
	struct rtse_config a = a_normal, b = b_normal;

	(void)state;
	a.x410 = b.x410 = true;
	a.protocol = 12;
	bound(&p, &a, &b);
	assert_int_equal(p.b.p1.bind.rt.protocol, 12);
	for (p.piece = 0; p.piece < 40; p.piece += 13)
		send_and_compare(&p, 5000);
	p.log_n = 0;
	upper_ask(&p, &p.b, SERVICE_TOKEN_PLEASE, REQUEST, &(struct service){ .priority = 1 });
	upper_ask(&p, &p.b, SERVICE_U_ABORT, REQUEST, NULL);
	/* There is no user abort in X.410 mode (X.218 9.7). */
	upper_expect(&p, "A: TOKEN-PLEASE ind priority=1\n"
	                 "A: P-ABORT ind whose=rtse\n");
	upper_end(&p);
}

/* A sender that waits for the answer to its end gives up; the answer has left, and so have we
 * the transfer, whole.  The association goes on. */
static void gives_up_what_was_answered(void **state)
{
	static const enum service_kind kinds[] = {
		SERVICE_ACTIVITY_DISCARD, SERVICE_ACTIVITY_INTERRUPT,
	};
	static struct upper_pair p;

	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		bound(&p, &a_normal, &b_normal);
		send_and_compare(&p, 4000);
		assert_int_equal(p.b.rtse.state, RTSE_STATE_OPEN);
		p.log_n = 0;
		p.a.stalled = true;
		upper_deliver(&p, &p.b, LAYER_PRESENTATION, kinds[i], INDICATION,
		              &(struct service){ .reason = 5 });
		assert_int_equal(p.b.rtse.state, RTSE_STATE_OPEN);
		assert_int_equal(p.b.rtse.session_reason, 5);
		assert_int_equal(p.log_n, 0);
		upper_end(&p);
	}
}

/* Nothing confirmed: there is nothing to resume from. */
static void discards_what_nobody_confirmed(void **state)
{
	static struct upper_pair p;
	struct rtse_config a = a_normal;

	(void)state;
	a.interrupt_exceptions = true;
	bound_as(&p, '0', a, b_normal);
	break_off(&p, 0);
	upper_ask(&p, &p.b, SERVICE_TRANSFER, RESPONSE, &(struct service){ .reason = 0 });
	upper_expect(&p, "B: TRANSFER ind- last reason=2\n"
	                 "A: TRANSFER cnf- last reason=4\n");
	upper_end(&p);
}

/* The last test: the others leave no row out. */
static void every_row_was_taken(void **state)
{
	size_t left = 0;

	(void)state;
	for (size_t i = 0; i < rtse_rows_n; i++) {
		if (upper_rows[i])
			continue;
		left++;
		print_error("row %zu, %s, states %04x, if %u\n", i,
		            rtse_in_name((enum rtse_in)rtse_rows[i].in),
		            (unsigned)rtse_rows[i].states, (unsigned)rtse_rows[i].predicate);
	}
	assert_int_equal(left, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(session_ids), cmocka_unit_test(session_ids_have_a_limit),
		cmocka_unit_test(cuts),
		cmocka_unit_test(names),
		cmocka_unit_test(reader),
		cmocka_unit_test(reader_behind_an_error),
		cmocka_unit_test(reader_without_octets),
		cmocka_unit_test(rows_exclude_each_other),
		cmocka_unit_test(rows_are_whole),
		cmocka_unit_test(aborts_end_everything),
		cmocka_unit_test(opens_and_closes),
		cmocka_unit_test(busy_is_who_transfers),
		cmocka_unit_test(busy_is_who_transfers),
		cmocka_unit_test(negotiates),
		cmocka_unit_test(answers_may_not_raise),
		cmocka_unit_test(transfers),
		cmocka_unit_test(transfers_in_any_cut),
		cmocka_unit_test(turn_moves),
		cmocka_unit_test(monologues),
		cmocka_unit_test(responder_has_the_turn_first),
		cmocka_unit_test(asks_while_receiving),
		cmocka_unit_test(priorities),
		cmocka_unit_test(confirms_what_is_secured),
		cmocka_unit_test(notes_strange_confirms),
		cmocka_unit_test(notes_a_careless_sender),
		cmocka_unit_test(notes_another_context),
		cmocka_unit_test(notes_an_empty_activity),
		cmocka_unit_test(receiver_reports),
		cmocka_unit_test(exception_while_sending),
		cmocka_unit_test(user_gives_up),
		cmocka_unit_test(interrupts_after_the_octets),
		cmocka_unit_test(transfer_time),
		cmocka_unit_test(giving_up_has_its_time),
		cmocka_unit_test(crossings_while_giving_up),
		cmocka_unit_test(crossings_of_the_turn),
		cmocka_unit_test(receiver_waits),
		cmocka_unit_test(lost_below),
		cmocka_unit_test(resumes),
		cmocka_unit_test(resumes_after_an_interrupt),
		cmocka_unit_test(resumes_elsewhere),
		cmocka_unit_test(what_comes_again_is_the_same),
		cmocka_unit_test(resumes_only_what_it_knows),
		cmocka_unit_test(activities_are_counted), cmocka_unit_test(who_aborts_forgets),
		cmocka_unit_test(resumes_where_it_remembers),
		cmocka_unit_test(resumes_what_is_complete),
		cmocka_unit_test(interrupts_at_exceptions),
		cmocka_unit_test(gives_up_what_was_answered),
		cmocka_unit_test(discards_what_nobody_confirmed),
		cmocka_unit_test(forgets_what_broke_off),
		cmocka_unit_test(aborts_with_every_reason),
		cmocka_unit_test(refused_below),
		cmocka_unit_test(recovers),
		cmocka_unit_test(recovers_nothing_endless),
		cmocka_unit_test(malformed_opening),
		cmocka_unit_test(aborts),
		cmocka_unit_test(abort_without_apdu),
		cmocka_unit_test(unexpected),
		cmocka_unit_test(malformed_data),
		cmocka_unit_test(segments),
		cmocka_unit_test(x410_transfer_is_bare), cmocka_unit_test(x410),
		cmocka_unit_test(every_row_was_taken),
	};
	int failed = cmocka_run_group_tests_name("rtse machine", tests, NULL, NULL);

	failed += vectors_run("rtse", decode);
	failed += vectors_run("rtse/x410-rtorq", decode_rtorq);
	failed += vectors_run("rtse/x410-rtoac", decode_rtoac);
	failed += vectors_run("rtse/x410-rtorj", decode_rtorj);
	failed += vectors_run("rtse/x410-rttp", decode_rttp);
	failed += vectors_run("rtse/x410-rtab", decode_rtab);
	return failed;
}
