/* The fold from events to verdicts: expectations, ledger rules, conduct, names. */
#include "judge/judge.h"
#include "judge/signature.h"
#include "link/link.h"
#include "session/session_pdu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { UP = 0, DOWN = 1, OUR_END = 1, THEIR_END = SIDE_STRIDE + 1 };

static struct signatures catalogue;

static int load(void **state)
{
	struct lexer_report r = { NULL, 0, 0, 0 };
	bool ok = signatures_load(&catalogue, "rig/signatures", &r);

	(void)state;
	if (!ok)
		fprintf(stderr, "%s", r.text ? r.text : "rig/signatures cannot be read\n");
	lexer_report_free(&r);
	return ok ? 0 : -1;
}

static int unload(void **state)
{
	(void)state;
	signatures_free(&catalogue);
	return 0;
}

static struct event at(int64_t at_us, uint8_t kind, uint8_t code)
{
	return (struct event){ .at_us = at_us, .kind = kind, .code = code, .cell = CELL_NONE };
}

static void scenario(struct judge *j, int64_t at_us, uint8_t code, uint32_t value)
{
	struct event e = at(at_us, EVENT_SCENARIO, code);

	e.value = value;
	judge_event(j, &e);
}

static void ledger(struct judge *j, int64_t at_us, uint8_t code, uint32_t message, uint64_t to)
{
	struct event e = at(at_us, EVENT_LEDGER, code);

	e.value = message;
	e.offset = to;
	judge_event(j, &e);
}

static void tcp(struct judge *j, int64_t at_us, uint32_t end, uint8_t code)
{
	struct event e = at(at_us, EVENT_TCP, code);

	e.association = end;
	judge_event(j, &e);
}

static void bind(struct judge *j, int64_t at_us, uint32_t end, bool positive, uint32_t reason)
{
	struct event e = at(at_us, EVENT_PRIMITIVE, SERVICE_CONNECT);

	e.layer = LAYER_P1;
	e.type = CONFIRM;
	e.association = end;
	e.value = reason;
	e.flags = positive ? EVENT_F_POSITIVE : 0;
	judge_event(j, &e);
}

static void spdu(struct judge *j, int64_t at_us, uint32_t end, uint8_t kind, uint8_t code)
{
	struct event e = at(at_us, kind, code);

	e.layer = LAYER_SESSION;
	e.association = end;
	judge_event(j, &e);
}

/* A case of one expectation that waits from time 0. */
struct one {
	struct expectation x;
	struct judge_case c;
	struct judge *j;
};

static void begin(struct one *o, enum expect_kind kind, int64_t within_us, int side)
{
	o->x = (struct expectation){ .kind = kind, .within_us = within_us, .side = side,
	                             .value = -1, .value2 = -1, .clause = "X.1" };
	snprintf(o->x.text, sizeof o->x.text, "expect it");
	o->c = (struct judge_case){ .id = "t/case", .source = "KB", .expectations = &o->x, .n = 1,
	                            .side_names = { "up", "down", "slow" },
	                            .signatures = &catalogue };
	o->j = judge_new(&o->c);
	assert_non_null(o->j);
	scenario(o->j, 0, SCENARIO_CASE_BEGIN, 0);
}

static enum verdict end(struct one *o, int64_t at_us, const struct evidence **ev, size_t *n)
{
	const struct evidence *none;
	size_t zero;

	scenario(o->j, at_us, SCENARIO_CASE_END, 0);
	return judge_verdict(o->j, ev ? ev : &none, n ? n : &zero);
}

static void bound_in_time(void **state)
{
	struct one o;

	(void)state;
	begin(&o, EXPECT_BOUND, 100, UP);
	scenario(o.j, 0, SCENARIO_EXPECT, 0);
	assert_int_equal(judge_state(o.j, 0), EXPECT_WAITING);
	assert_int_equal(judge_deadline(o.j), 101);
	bind(o.j, 100, OUR_END, true, 0);
	assert_int_equal(judge_state(o.j, 0), EXPECT_MET);
	assert_int_equal(judge_deadline(o.j), NEVER_US);
	assert_int_equal(end(&o, 200, NULL, NULL), VERDICT_PASS);
	judge_free(o.j);
}

static void bound_too_late(void **state)
{
	const struct evidence *ev;
	struct one o;
	size_t n;

	(void)state;
	begin(&o, EXPECT_BOUND, 100, UP);
	scenario(o.j, 0, SCENARIO_EXPECT, 0);
	bind(o.j, 101, OUR_END, true, 0);
	assert_int_equal(judge_state(o.j, 0), EXPECT_MISSED);
	assert_int_equal(end(&o, 200, &ev, &n), VERDICT_FAIL);
	assert_int_equal(n, 1);
	assert_int_equal(ev->expectation, 0);
	assert_string_equal(ev->clause, "X.1");
	judge_free(o.j);
}

/* What no text asks for: the case goes no further, and says nothing against the IUT. */
static void what_is_derived_decides_nothing(void **state)
{
	const struct evidence *ev;
	struct one o;
	size_t n;

	(void)state;
	begin(&o, EXPECT_BOUND, 100, UP);
	o.x.derived = true;
	scenario(o.j, 0, SCENARIO_EXPECT, 0);
	bind(o.j, 101, OUR_END, true, 0);
	assert_int_equal(judge_state(o.j, 0), EXPECT_MISSED);
	assert_int_equal(end(&o, 200, &ev, &n), VERDICT_INCONCLUSIVE);
	assert_int_equal(n, 1);
	assert_non_null(strstr(ev->reason, "no text that was at hand"));
	judge_free(o.j);
}

static void bound_on_another_side_does_not_count(void **state)
{
	struct one o;

	(void)state;
	begin(&o, EXPECT_BOUND, 100, UP);
	scenario(o.j, 0, SCENARIO_EXPECT, 0);
	bind(o.j, 10, THEIR_END, true, 0);
	assert_int_equal(judge_state(o.j, 0), EXPECT_WAITING);
	scenario(o.j, 101, SCENARIO_TICK, 0);
	assert_int_equal(judge_state(o.j, 0), EXPECT_MISSED);
	judge_free(o.j);
}

static void refused_with_its_error(void **state)
{
	struct one o;

	(void)state;
	begin(&o, EXPECT_REFUSED, 100, UP);
	o.x.value = 2;
	scenario(o.j, 0, SCENARIO_EXPECT, 0);
	bind(o.j, 5, OUR_END, false, 0);
	assert_int_equal(judge_state(o.j, 0), EXPECT_MISSED);	/* busy is another error */
	judge_free(o.j);
	begin(&o, EXPECT_REFUSED, 100, UP);
	o.x.value = 2;
	scenario(o.j, 0, SCENARIO_EXPECT, 0);
	bind(o.j, 5, OUR_END, false, 2);
	assert_int_equal(end(&o, 9, NULL, NULL), VERDICT_PASS);
	judge_free(o.j);
}

static void delivered_means_all(void **state)
{
	struct one o;

	(void)state;
	begin(&o, EXPECT_DELIVERED, 1000, DOWN);
	for (uint32_t i = 1; i <= 3; i++) {
		ledger(o.j, i, LEDGER_OFFERED, i, DOWN);
		ledger(o.j, i, LEDGER_ACCEPTED, i, 0);
	}
	scenario(o.j, 10, SCENARIO_EXPECT, 0);
	ledger(o.j, 11, LEDGER_DELIVERED, 1, 0);
	ledger(o.j, 12, LEDGER_DELIVERED, 2, 0);
	assert_int_equal(judge_state(o.j, 0), EXPECT_WAITING);
	ledger(o.j, 13, LEDGER_DELIVERED, 3, 0);
	assert_int_equal(judge_state(o.j, 0), EXPECT_MET);
	assert_int_equal(end(&o, 20, NULL, NULL), VERDICT_PASS);
	assert_int_equal(judge_ledger(o.j).delivered, 3);
	judge_free(o.j);
}

static void stuck_messages_fail_and_are_named(void **state)
{
	const struct evidence *ev;
	struct one o;
	size_t n;

	(void)state;
	begin(&o, EXPECT_DELIVERED, 1000, DOWN);
	ledger(o.j, 1, LEDGER_OFFERED, 7, DOWN);
	ledger(o.j, 1, LEDGER_ACCEPTED, 7, 0);
	scenario(o.j, 2, SCENARIO_EXPECT, 0);
	assert_int_equal(end(&o, 5000, &ev, &n), VERDICT_FAIL);
	assert_non_null(strstr(ev->reason, "message 7"));
	judge_free(o.j);
}

static void a_copy_without_doubt_fails(void **state)
{
	struct one o;

	(void)state;
	begin(&o, EXPECT_DELIVERED, 1000, DOWN);
	ledger(o.j, 1, LEDGER_OFFERED, 0, DOWN);
	scenario(o.j, 2, SCENARIO_EXPECT, 0);
	ledger(o.j, 3, LEDGER_DELIVERED, 0, 0);
	ledger(o.j, 4, LEDGER_DELIVERED, 0, 0);
	assert_int_equal(end(&o, 9, NULL, NULL), VERDICT_FAIL);
	judge_free(o.j);
}

static void a_copy_for_each_cut_in_doubt_passes(void **state)
{
	struct one o;

	(void)state;
	begin(&o, EXPECT_DELIVERED, 1000, DOWN);
	ledger(o.j, 1, LEDGER_OFFERED, 0, DOWN);
	scenario(o.j, 2, SCENARIO_EXPECT, 0);
	ledger(o.j, 3, LEDGER_DELIVERED, 0, 0);
	ledger(o.j, 3, LEDGER_DOUBT, 0, 0);
	ledger(o.j, 4, LEDGER_DELIVERED, 0, 0);
	assert_int_equal(end(&o, 9, NULL, NULL), VERDICT_PASS);
	assert_int_equal(judge_ledger(o.j).copies, 1);
	judge_free(o.j);
}

static void altered_and_foreign_fail(void **state)
{
	static const uint8_t codes[] = { LEDGER_ALTERED, LEDGER_FOREIGN };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct one o;

		begin(&o, EXPECT_ALIVE, 0, -1);
		ledger(o.j, 1, LEDGER_OFFERED, 0, DOWN);
		ledger(o.j, 2, LEDGER_DELIVERED, 0, 0);
		ledger(o.j, 3, codes[i], 0, 0);
		scenario(o.j, 4, SCENARIO_EXPECT, 0);
		assert_int_equal(end(&o, 9, NULL, NULL), VERDICT_FAIL);
		judge_free(o.j);
	}
}

static void lost_needs_an_empty_queue(void **state)
{
	static const struct { uint32_t queue; enum verdict want; } rows[] = {
		{ 1, VERDICT_PASS }, { 0, VERDICT_FAIL },
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct one o;

		begin(&o, EXPECT_ACCEPTED, 0, -1);
		ledger(o.j, 1, LEDGER_OFFERED, 0, DOWN);
		ledger(o.j, 2, LEDGER_ACCEPTED, 0, 0);
		scenario(o.j, 3, SCENARIO_EXPECT, 0);
		scenario(o.j, 8, SCENARIO_QUEUE_EMPTY, rows[i].queue);
		assert_int_equal(end(&o, 9, NULL, NULL), rows[i].want);
		judge_free(o.j);
	}
}

static void reported_with_its_reason(void **state)
{
	struct event e = at(5, EVENT_LEDGER, LEDGER_REPORTED);
	struct one o;

	(void)state;
	begin(&o, EXPECT_REPORTED, 100, -1);
	o.x.value = 1;
	o.x.value2 = 0;
	ledger(o.j, 1, LEDGER_OFFERED, 0, LEDGER_NOWHERE);
	scenario(o.j, 2, SCENARIO_EXPECT, 0);
	e.offset = 1;
	e.length = 6;			/* diagnostic 5 */
	judge_event(o.j, &e);
	assert_int_equal(judge_state(o.j, 0), EXPECT_WAITING);
	e.length = 1;			/* diagnostic 0 */
	judge_event(o.j, &e);
	assert_int_equal(judge_state(o.j, 0), EXPECT_MET);
	judge_free(o.j);
}

static void a_close_without_cause_is_an_abort(void **state)
{
	static const struct {
		uint8_t cause;
		uint32_t association;
		enum verdict want;
	} rows[] = {
		{ SCENARIO_STEP, THEIR_END, VERDICT_FAIL },
		{ SCENARIO_CUT, THEIR_END, VERDICT_PASS },
		{ SCENARIO_RESTARTED, 0, VERDICT_PASS },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct event cause = at(5, EVENT_SCENARIO, rows[i].cause);
		struct one o;

		begin(&o, EXPECT_ALIVE, 0, -1);
		tcp(o.j, 1, THEIR_END, TCP_CONNECTED);
		bind(o.j, 2, THEIR_END, true, 0);
		cause.association = rows[i].association;
		judge_event(o.j, &cause);
		tcp(o.j, 6, THEIR_END, TCP_FIN_IN);
		scenario(o.j, 7, SCENARIO_EXPECT, 0);
		assert_int_equal(end(&o, 9, NULL, NULL), rows[i].want);
		judge_free(o.j);
	}
}

static void line(struct judge *j, int64_t at_us, uint8_t code)
{
	struct event e = at(at_us, EVENT_LINK, code);

	e.association = THEIR_END;
	for (e.type = LINK_IN; e.type <= LINK_OUT; e.type++)
		judge_event(j, &e);
}

/* The IUT has to wait for the answer to its opening for 100, then for 1,000. */
static void a_line_held_for_long_is_a_cause(void **state)
{
	static const struct {
		uint8_t type;		/* of the bind: RESPONSE: nothing shows that it has come */
		int64_t from, to, ended;
		enum verdict want;
	} rows[] = {
		{ RESPONSE, 10, 109, 109, VERDICT_FAIL },
		{ RESPONSE, 10, 110, 110, VERDICT_PASS },
		{ RESPONSE, 10, 110, 500, VERDICT_PASS },
		{ RESPONSE, 10, 900, 110, VERDICT_PASS },
		{ RESPONSE, 10, 900, 109, VERDICT_FAIL },
		{ CONFIRM, 10, 1009, 1009, VERDICT_FAIL },
		{ CONFIRM, 10, 1010, 1010, VERDICT_PASS },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct event answer = at(2, EVENT_PRIMITIVE, SERVICE_CONNECT);
		struct one o;

		begin(&o, EXPECT_ALIVE, 0, -1);
		o.c.disconnect_us = 100;
		o.c.transfer_us = 1000;
		tcp(o.j, 1, THEIR_END, TCP_CONNECTED);
		answer.layer = LAYER_P1;
		answer.type = rows[i].type;
		answer.association = THEIR_END;
		answer.flags = EVENT_F_POSITIVE;
		judge_event(o.j, &answer);
		line(o.j, rows[i].from, LINK_STALL_ON);
		if (rows[i].to <= rows[i].ended)
			line(o.j, rows[i].to, LINK_STALL_OFF);
		tcp(o.j, rows[i].ended, THEIR_END, TCP_RST_IN);
		scenario(o.j, 2000, SCENARIO_EXPECT, 0);
		assert_int_equal(end(&o, 3000, NULL, NULL), rows[i].want);
		judge_free(o.j);
	}
}

static void a_release_is_no_abort(void **state)
{
	struct event e = at(3, EVENT_PRIMITIVE, SERVICE_RELEASE);
	struct one o;

	(void)state;
	begin(&o, EXPECT_NO_ABORT_BY_IUT, 0, -1);
	tcp(o.j, 1, THEIR_END, TCP_CONNECTED);
	bind(o.j, 2, THEIR_END, true, 0);
	e.layer = LAYER_P1;
	e.type = INDICATION;
	e.association = THEIR_END;
	judge_event(o.j, &e);
	tcp(o.j, 6, THEIR_END, TCP_FIN_IN);
	scenario(o.j, 7, SCENARIO_EXPECT, 0);
	assert_int_equal(end(&o, 9, NULL, NULL), VERDICT_PASS);
	judge_free(o.j);
}

/* ---- logs ---- */

static struct signature_matcher *matcher;
static struct judge *hearing;
static uint64_t hearing_line;

static void hit(void *ctx, uint16_t row)
{
	struct event e = at(50, EVENT_LOG, LOG_EVENT);

	(void)ctx;
	e.rule = row;
	e.offset = hearing_line;
	judge_event(hearing, &e);
}

static void record(void *ctx, const struct log_record *r)
{
	(void)ctx;
	hearing_line = r->line;
	signature_matcher_record(matcher, r, hit, NULL);
}

static void hear(struct judge *j, const char *text)
{
	struct log_reader *r = log_reader_open(NULL, NULL, record, NULL);

	matcher = signature_matcher_new(&catalogue);
	assert_true(r && matcher);
	hearing = j;
	log_reader_feed(r, text, strlen(text));
	log_reader_flush(r);
	log_reader_free(r);
	signature_matcher_free(matcher);
}

static const char q152897[] =
	"11/21/26\t9:05:00 PM\tMSExchangeMTA\tError\tX.400 Service\t4282\tN/A\tLAB\tAn "
	"interoperability error occurred. Interface protocol 131 was violated. Error code=8453 "
	"[POP4 MAIN BASE 1 18] (14)\n"
	"message NMI4283: Interface Event, severity 14\n\n"
	"       (POP4 POP4 UP(7) Proc 228) 02-26-02 02:43:50pm\n"
	"       Bad LPIs in message\n       Bad LPI 1-15-12\n       Error code = 8464\n"
	"11/21/26\t9:05:00 PM\tMSExchangeMTA\tError\tX.400 Service\t4284\tN/A\tLAB\tAn error has "
	"occurred during\n    connection/disconnection. Error code: 8511 [POP4 POP4 DOWN 4 179] "
	"(14)\n"
	"11/21/26\t9:05:00 PM\tMSExchangeMTA\tError\tX.400 Service\t4287\tN/A\tLAB\tAn internal "
	"MTA occurred. Contact Microsoft Product Support Services. Error code=8650 [POP4 POP4 "
	"DOWN4 18] (14)\n";

static void a_conclusive_signature_fails(void **state)
{
	const struct evidence *ev;
	struct one o;
	size_t n;

	(void)state;
	begin(&o, EXPECT_LOG_NONE, 0, -1);
	scenario(o.j, 2, SCENARIO_EXPECT, 0);
	hear(o.j, q152897);
	scenario(o.j, 60, SCENARIO_LOGS_READ, 0);
	assert_int_equal(end(&o, 99, &ev, &n), VERDICT_FAIL);
	assert_string_equal(ev->article, "Q152897");
	assert_int_equal(ev->log_lines_n, 4);
	judge_free(o.j);
}

/* Q306959 has the same four events and two companions that tell it apart. */
static void companions_tell_articles_apart(void **state)
{
	const struct evidence *ev;
	struct one o;
	size_t n;

	(void)state;
	begin(&o, EXPECT_LOG_NONE, 0, -1);
	scenario(o.j, 2, SCENARIO_EXPECT, 0);
	hear(o.j, q152897);
	hear(o.j, "message NMI1209: X.400 Service Event, severity 14\nInvalid LPI\n"
	          "message NMI1198: X.400 Service Event, severity 14\nstate check failure\n");
	assert_int_equal(end(&o, 99, &ev, &n), VERDICT_FAIL);
	assert_string_equal(ev->article, "Q306959");
	judge_free(o.j);
}

static void harmless_and_inconclusive_events_fail_nothing(void **state)
{
	struct one o;

	(void)state;
	begin(&o, EXPECT_LOG_NONE, 0, -1);
	scenario(o.j, 2, SCENARIO_EXPECT, 0);
	hear(o.j, "message NMI9221: Internal Operating System Error, severity 12\nSocket error "
	     "10054\n"
	          "message NMI4284: X.400 Service Event, severity 14\nError code=8511\n"
	          "message NMI4287: X.400 Service Event, severity 14\nError code = 8640\n"
	          "message NMI4283: Interface Event, severity 14\nBad LPI\nError code = 8464\n");
	scenario(o.j, 60, SCENARIO_LOGS_READ, 0);
	assert_int_equal(end(&o, 99, NULL, NULL), VERDICT_PASS);
	judge_free(o.j);
}

static void withheld_logs_say_nothing(void **state)
{
	struct one o;

	(void)state;
	begin(&o, EXPECT_LOG_NONE, 0, -1);
	scenario(o.j, 2, SCENARIO_EXPECT, 0);
	assert_int_equal(end(&o, 99, NULL, NULL), VERDICT_PASS);
	judge_free(o.j);
	begin(&o, EXPECT_LOG, 0, -1);
	snprintf(o.x.name, sizeof o.x.name, "Q152897");
	scenario(o.j, 2, SCENARIO_EXPECT, 0);
	assert_int_equal(end(&o, 99, NULL, NULL), VERDICT_INCONCLUSIVE);
	judge_free(o.j);
}

static void a_failed_step_is_an_error(void **state)
{
	struct one o;

	(void)state;
	begin(&o, EXPECT_BOUND, 10, UP);
	scenario(o.j, 2, SCENARIO_EXPECT, 0);
	scenario(o.j, 3, SCENARIO_STEP_FAILED, 4);
	assert_int_equal(end(&o, 99, NULL, NULL), VERDICT_ERROR);	/* outranks the fail */
	judge_free(o.j);
}

static void offer(struct judge *j, uint32_t message, uint8_t rank)
{
	struct event e = at(1, EVENT_LEDGER, LEDGER_OFFERED);

	e.value = message;
	e.offset = DOWN;
	e.type = rank;
	judge_event(j, &e);
	ledger(j, 2, LEDGER_ACCEPTED, message, 0);
}

static void delivered(struct judge *j, uint32_t message)
{
	ledger(j, 5, LEDGER_DELIVERED, message, 0);
}

/* The one under way may come out first; no other of lower priority may. */
static void order_of_priority(void **state)
{
	struct one o;

	(void)state;
	begin(&o, EXPECT_PRIORITY, 0, -1);
	offer(o.j, 1, 0);
	offer(o.j, 2, 1);
	offer(o.j, 3, 2);
	delivered(o.j, 1);
	delivered(o.j, 3);
	delivered(o.j, 2);
	scenario(o.j, 9, SCENARIO_EXPECT, 0);
	assert_int_equal(judge_state(o.j, 0), EXPECT_MET);
	judge_free(o.j);
	begin(&o, EXPECT_PRIORITY, 0, -1);
	offer(o.j, 1, 0);
	offer(o.j, 2, 1);
	offer(o.j, 3, 2);
	delivered(o.j, 1);
	delivered(o.j, 2);
	scenario(o.j, 9, SCENARIO_EXPECT, 0);
	assert_int_equal(judge_state(o.j, 0), EXPECT_MISSED);
	judge_free(o.j);
}

/* A cut in doubt allows a copy; exactly-once does not. */
static void copies(void **state)
{
	struct one o;

	(void)state;
	begin(&o, EXPECT_ONCE, 100, -1);
	offer(o.j, 1, 1);
	scenario(o.j, 3, SCENARIO_EXPECT, 0);
	assert_int_equal(judge_state(o.j, 0), EXPECT_WAITING);
	ledger(o.j, 4, LEDGER_DOUBT, 1, 0);
	delivered(o.j, 1);
	assert_int_equal(judge_state(o.j, 0), EXPECT_MET);
	judge_free(o.j);
	begin(&o, EXPECT_ONCE, 100, -1);
	offer(o.j, 1, 1);
	ledger(o.j, 4, LEDGER_DOUBT, 1, 0);
	delivered(o.j, 1);
	delivered(o.j, 1);
	scenario(o.j, 9, SCENARIO_EXPECT, 0);
	assert_int_equal(judge_state(o.j, 0), EXPECT_MISSED);
	judge_free(o.j);
	begin(&o, EXPECT_COPIES, 0, -1);
	o.x.value = 1;
	offer(o.j, 1, 1);
	delivered(o.j, 1);
	delivered(o.j, 1);
	scenario(o.j, 9, SCENARIO_EXPECT, 0);
	assert_int_equal(judge_state(o.j, 0), EXPECT_MET);
	judge_free(o.j);
}

/* What the runner has compared comes as an event. */
static void on_the_wire(void **state)
{
	struct one o;

	(void)state;
	begin(&o, EXPECT_WIRE, 100, UP);
	scenario(o.j, 1, SCENARIO_EXPECT, 0);
	assert_int_equal(judge_state(o.j, 0), EXPECT_WAITING);
	scenario(o.j, 2, SCENARIO_MATCHED, 0);
	assert_int_equal(judge_state(o.j, 0), EXPECT_MET);
	/* In a loop it begins to wait again. */
	scenario(o.j, 3, SCENARIO_EXPECT, 0);
	assert_int_equal(judge_state(o.j, 0), EXPECT_WAITING);
	scenario(o.j, 4, SCENARIO_MISMATCHED, 0);
	assert_int_equal(judge_state(o.j, 0), EXPECT_MISSED);
	judge_free(o.j);
}

static void call(struct judge *j, int64_t at_us, uint32_t end)
{
	tcp(j, at_us, end, TCP_CONNECTED);
	tcp(j, at_us + 1000, end, TCP_RST_OUT);
}

static void an_mta_that_calls_no_more_is_named(void **state)
{
	const struct evidence *ev;
	struct one o;
	size_t n;

	(void)state;
	begin(&o, EXPECT_DELIVERED, 60 * SECOND_US, DOWN);
	o.c.open_interval_us = 10 * SECOND_US;
	ledger(o.j, 0, LEDGER_OFFERED, 0, DOWN);
	ledger(o.j, 0, LEDGER_ACCEPTED, 0, DOWN);
	scenario(o.j, 0, SCENARIO_EXPECT, 0);
	call(o.j, SECOND_US, THEIR_END);
	assert_int_equal(end(&o, 61 * SECOND_US, &ev, &n), VERDICT_FAIL);
	assert_int_equal(n, 2);
	assert_non_null(strstr(ev[1].reason, "has not called down for 60 s"));
	judge_free(o.j);
	/* Within two open intervals it may still come. */
	begin(&o, EXPECT_DELIVERED, 60 * SECOND_US, DOWN);
	o.c.open_interval_us = 10 * SECOND_US;
	ledger(o.j, 0, LEDGER_OFFERED, 0, DOWN);
	scenario(o.j, 0, SCENARIO_EXPECT, 0);
	call(o.j, 40 * SECOND_US, THEIR_END);
	assert_int_equal(end(&o, 61 * SECOND_US, &ev, &n), VERDICT_FAIL);
	assert_int_equal(n, 1);
	judge_free(o.j);
}

/* Each call is answered with this SPDU and lost. */
static enum verdict calls_at(int64_t gap_us, uint8_t answer)
{
	struct one o;
	enum verdict v;

	begin(&o, EXPECT_ALIVE, 0, -1);
	o.c.open_interval_us = 10 * SECOND_US;
	for (uint32_t i = 0; i < 4; i++) {
		tcp(o.j, i * gap_us, THEIR_END + i, TCP_CONNECTED);
		spdu(o.j, i * gap_us, THEIR_END + i, EVENT_PDU_OUT, answer);
		tcp(o.j, i * gap_us, THEIR_END + i, TCP_RST_OUT);
	}
	v = end(&o, 100 * SECOND_US, NULL, NULL);
	judge_free(o.j);
	return v;
}

static void retries_keep_their_interval(void **state)
{
	(void)state;
	assert_int_equal(calls_at(10 * SECOND_US, SPDU_RF), VERDICT_PASS);
	assert_int_equal(calls_at(6 * SECOND_US, SPDU_RF), VERDICT_PASS);
	assert_int_equal(calls_at(2 * SECOND_US, SPDU_RF), VERDICT_INCONCLUSIVE);
	/* What was bound, and is lost, is called again at once. */
	assert_int_equal(calls_at(2 * SECOND_US, SPDU_AC), VERDICT_PASS);
}

static enum verdict keeps(enum resource what, uint64_t base, uint64_t after)
{
	struct event e = at(1, EVENT_SCENARIO, SCENARIO_RESOURCE);
	struct one o;
	enum verdict v;

	begin(&o, EXPECT_ALIVE, 0, -1);
	e.value = what;
	e.offset = base;
	judge_event(o.j, &e);
	tcp(o.j, 2, THEIR_END, TCP_CONNECTED);
	e.at_us = 3;
	e.offset = after;
	judge_event(o.j, &e);
	v = end(&o, 4, NULL, NULL);
	judge_free(o.j);
	return v;
}

static void descriptors_return_to_their_base(void **state)
{
	(void)state;
	assert_int_equal(keeps(RESOURCE_DESCRIPTORS, 10, 11), VERDICT_PASS);
	assert_int_equal(keeps(RESOURCE_DESCRIPTORS, 10, 19), VERDICT_PASS);
	assert_int_equal(keeps(RESOURCE_DESCRIPTORS, 10, 20), VERDICT_FAIL);
}

/* 64 MiB more, and one for the connection that is open. */
static void memory_returns_to_its_base(void **state)
{
	(void)state;
	assert_int_equal(keeps(RESOURCE_MEMORY_KIB, 9000, 9000 + 65 * 1024), VERDICT_PASS);
	assert_int_equal(keeps(RESOURCE_MEMORY_KIB, 9000, 9001 + 65 * 1024), VERDICT_FAIL);
}

static void the_process_lives(void **state)
{
	const struct evidence *ev;
	struct one o;
	size_t n;

	(void)state;
	begin(&o, EXPECT_BOUND, 0, -1);
	bind(o.j, 1, 1, true, 0);
	scenario(o.j, 2, SCENARIO_EXPECT, 0);
	scenario(o.j, 3, SCENARIO_IUT_GONE, 0);
	assert_int_equal(end(&o, 4, &ev, &n), VERDICT_FAIL);
	assert_string_equal(ev[n - 1].reason, "the IUT's process ended");
	judge_free(o.j);
	begin(&o, EXPECT_BOUND, 0, -1);
	bind(o.j, 1, 1, true, 0);
	scenario(o.j, 2, SCENARIO_EXPECT, 0);
	assert_int_equal(end(&o, 4, NULL, NULL), VERDICT_PASS);
	judge_free(o.j);
}

/* Connections that are over need nothing. */
static void control_blocks_return_to_their_base(void **state)
{
	struct event e = at(1, EVENT_SCENARIO, SCENARIO_RESOURCE);
	const struct evidence *ev;
	struct one o;
	size_t n;

	(void)state;
	begin(&o, EXPECT_ALIVE, 0, -1);
	e.value = RESOURCE_CONTROL_BLOCKS;
	e.offset = 1;
	judge_event(o.j, &e);
	for (uint32_t i = 0; i < 4; i++) {
		tcp(o.j, 2, THEIR_END + i, TCP_CONNECTED);
		tcp(o.j, 3, THEIR_END + i, TCP_FIN_IN);
		tcp(o.j, 3, THEIR_END + i, TCP_FIN_OUT);
	}
	e.at_us = 4;
	e.offset = 3;
	judge_event(o.j, &e);
	assert_int_equal(end(&o, 5, NULL, NULL), VERDICT_PASS);
	judge_free(o.j);

	begin(&o, EXPECT_ALIVE, 0, -1);
	e.offset = 1;
	judge_event(o.j, &e);
	for (uint32_t i = 0; i < 4; i++) {
		tcp(o.j, 2, THEIR_END + i, TCP_CONNECTED);
		tcp(o.j, 3, THEIR_END + i, TCP_RST_OUT);
	}
	e.offset = 5;
	judge_event(o.j, &e);
	assert_int_equal(end(&o, 5, &ev, &n), VERDICT_FAIL);
	assert_non_null(strstr(ev->reason, "keeps 2 control blocks"));
	judge_free(o.j);
}

/* ---- how messages flow ---- */

enum { SLOW = 2, SLOW_END = 2 * SIDE_STRIDE + 1 };

static void in(struct judge *j, int64_t at_us, uint32_t end, uint8_t code)
{
	spdu(j, at_us, end, EVENT_PDU_IN, code);
}

static void out(struct judge *j, int64_t at_us, uint32_t end, uint8_t code)
{
	spdu(j, at_us, end, EVENT_PDU_OUT, code);
}

/* The IUT calls and is bound; `n` messages for the side wait, from message `first` on. */
static void associated(struct judge *j, uint32_t end, uint32_t first, uint32_t n)
{
	for (uint32_t i = first; i < first + n; i++) {
		ledger(j, 1, LEDGER_OFFERED, i, side_of(end));
		ledger(j, 1, LEDGER_ACCEPTED, i, 0);
	}
	tcp(j, 1, end, TCP_CONNECTED);
	bind(j, 1, end, true, 0);
}

static void begin_flow(struct one *o)
{
	begin(o, EXPECT_DELIVERED, 1000 * SECOND_US, DOWN);
	o->c.idle_limit_us = 2 * SECOND_US;
	o->c.recovery_us = 10 * SECOND_US;
	o->c.checkpoint = 1024;
	scenario(o->j, 0, SCENARIO_EXPECT, 0);
}

/* Ends with everything delivered; is there a reason that says so? */
static bool blamed(struct one *o, int64_t at_us, const char *what)
{
	const struct evidence *ev;
	bool found = false;
	size_t n;

	for (uint32_t i = 0; i < 12; i++)
		ledger(o->j, at_us, LEDGER_DELIVERED, i, 0);
	end(o, at_us, &ev, &n);
	for (size_t i = 0; i < n; i++)
		found |= strstr(ev[i].reason, what) && ev[i].verdict == VERDICT_FAIL;
	judge_free(o->j);
	return found;
}

/* Silent for three seconds where two are allowed. */
static void a_stall_is_named(void **state)
{
	struct one o;

	(void)state;
	begin_flow(&o);
	associated(o.j, THEIR_END, 0, 2);
	in(o.j, 1, THEIR_END, SPDU_AS);
	assert_true(blamed(&o, 3 * SECOND_US, "nothing came on down for 3.0 s"));
	begin_flow(&o);				/* something comes in time */
	associated(o.j, THEIR_END, 0, 2);
	in(o.j, 1, THEIR_END, SPDU_AS);
	in(o.j, 2 * SECOND_US, THEIR_END, SPDU_DT);
	assert_false(blamed(&o, 3 * SECOND_US, "stalled"));
	begin_flow(&o);				/* a line of 1 KiB in four seconds */
	o.c.lines[DOWN].rate = 2048;
	associated(o.j, THEIR_END, 0, 2);
	in(o.j, 1, THEIR_END, SPDU_AS);
	assert_false(blamed(&o, 8 * SECOND_US, "stalled"));
	begin_flow(&o);				/* and longer than twice that */
	o.c.lines[DOWN].rate = 2048;
	associated(o.j, THEIR_END, 0, 2);
	in(o.j, 1, THEIR_END, SPDU_AS);
	assert_true(blamed(&o, 9 * SECOND_US, "8.0 s are allowed"));
}

static void a_silence_with_a_cause_is_no_stall(void **state)
{
	struct event stall = at(2, EVENT_LINK, LINK_STALL_ON);
	struct one o;

	(void)state;
	begin_flow(&o);				/* the line is stalled */
	associated(o.j, THEIR_END, 0, 2);
	stall.association = THEIR_END;
	stall.type = LINK_IN;
	judge_event(o.j, &stall);
	assert_false(blamed(&o, 9 * SECOND_US, "stalled"));
	begin_flow(&o);				/* we have not confirmed */
	associated(o.j, THEIR_END, 0, 2);
	in(o.j, 2, THEIR_END, SPDU_MIP);
	assert_false(blamed(&o, 9 * SECOND_US, "stalled"));
	begin_flow(&o);				/* we have: its move */
	associated(o.j, THEIR_END, 0, 2);
	in(o.j, 2, THEIR_END, SPDU_MIP);
	out(o.j, 3, THEIR_END, SPDU_MIA);
	assert_true(blamed(&o, 9 * SECOND_US, "stalled"));
	begin_flow(&o);				/* the turn is ours */
	associated(o.j, THEIR_END, 0, 2);
	in(o.j, 2, THEIR_END, SPDU_GTC);
	assert_false(blamed(&o, 9 * SECOND_US, "stalled"));
	begin_flow(&o);				/* nothing waits */
	associated(o.j, THEIR_END, 0, 0);
	assert_false(blamed(&o, 9 * SECOND_US, "stalled"));
	begin_flow(&o);				/* the scenario speaks for our end */
	associated(o.j, THEIR_END, 0, 2);
	spdu(o.j, 2, THEIR_END, EVENT_SCENARIO, SCENARIO_DETACHED);
	assert_false(blamed(&o, 9 * SECOND_US, "stalled"));
	begin_flow(&o);				/* the line is shaped: no time is known */
	o.c.lines[DOWN].bent = true;
	associated(o.j, THEIR_END, 0, 2);
	assert_false(blamed(&o, 9 * SECOND_US, "stalled"));
}

/* While one side is sent to, another one waits: named with both. */
static void a_slow_side_stalls_no_other(void **state)
{
	struct one o;

	(void)state;
	begin_flow(&o);
	associated(o.j, SLOW_END, 6, 1);
	in(o.j, 2, SLOW_END, SPDU_AS);
	associated(o.j, THEIR_END, 0, 2);
	in(o.j, SECOND_US, SLOW_END, SPDU_DT);
	in(o.j, 2 * SECOND_US, SLOW_END, SPDU_DT);
	assert_true(blamed(&o, 4 * SECOND_US, "meanwhile it sent to slow"));
	/* Not even called, and the delivery comes too late. */
	begin_flow(&o);
	o.x.within_us = 3 * SECOND_US;
	o.c.open_interval_us = SECOND_US / 2;
	scenario(o.j, 0, SCENARIO_EXPECT, 0);
	associated(o.j, SLOW_END, 6, 1);
	in(o.j, 2, SLOW_END, SPDU_AS);
	ledger(o.j, 2, LEDGER_OFFERED, 0, DOWN);
	ledger(o.j, 2, LEDGER_ACCEPTED, 0, DOWN);
	assert_true(blamed(&o, 5 * SECOND_US, "did not call down for 5.0 s"));
	/* Messages for both come, one after the other. */
	begin_flow(&o);
	associated(o.j, SLOW_END, 6, 1);
	in(o.j, 2, SLOW_END, SPDU_AS);
	associated(o.j, THEIR_END, 0, 2);
	in(o.j, SECOND_US, THEIR_END, SPDU_AS);
	in(o.j, 3 * SECOND_US, SLOW_END, SPDU_DT);
	assert_false(blamed(&o, 3 * SECOND_US, "meanwhile"));
}

static void come_out(struct judge *j, int64_t from_us, int64_t every_us, uint32_t first, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct event e = at(from_us + i * every_us, EVENT_LEDGER, LEDGER_DELIVERED);

		in(j, e.at_us, THEIR_END, SPDU_DT);
		e.value = first + i;
		e.association = THEIR_END;
		e.length = 8192;
		judge_event(j, &e);
	}
}

/* Six messages alone, a second each; six beside a slower side. */
static bool loses_its_pace(int64_t beside_us, uint64_t slow_rate)
{
	struct one o;

	begin_flow(&o);
	o.c.lines[DOWN].rate = 64000;
	o.c.lines[SLOW].rate = slow_rate;
	associated(o.j, THEIR_END, 0, 12);
	come_out(o.j, SECOND_US, SECOND_US, 0, 6);
	tcp(o.j, 6 * SECOND_US, SLOW_END, TCP_CONNECTED);
	in(o.j, 6 * SECOND_US, SLOW_END, SPDU_AS);
	come_out(o.j, 7 * SECOND_US, beside_us, 6, 6);
	return blamed(&o, 20 * SECOND_US, "of the pace that it has alone");
}

static void a_fast_side_keeps_its_pace(void **state)
{
	(void)state;
	assert_false(loses_its_pace(SECOND_US, 9600));
	assert_false(loses_its_pace(12 * SECOND_US / 10, 9600));
	assert_true(loses_its_pace(14 * SECOND_US / 10, 9600));
	assert_false(loses_its_pace(14 * SECOND_US / 10, 128000));	/* which is no slower
									 * side */
}

/* An activity is lost, and resumed so much later. */
static bool resumes_late(int64_t after_us, uint8_t with)
{
	struct one o;

	begin_flow(&o);
	associated(o.j, THEIR_END, 0, 1);
	in(o.j, 2, THEIR_END, SPDU_AS);
	tcp(o.j, SECOND_US, THEIR_END, TCP_RST_OUT);
	tcp(o.j, SECOND_US + after_us, THEIR_END + 1, TCP_CONNECTED);
	in(o.j, SECOND_US + after_us, THEIR_END + 1, with);
	return blamed(&o, SECOND_US + after_us + 1, "its recovery timeout is 10.0 s");
}

static void recovery_keeps_its_time(void **state)
{
	(void)state;
	assert_false(resumes_late(9 * SECOND_US, SPDU_AR));
	assert_false(resumes_late(11 * SECOND_US, SPDU_AR));	/* it had to be bound first */
	assert_true(resumes_late(13 * SECOND_US, SPDU_AR));
	assert_false(resumes_late(13 * SECOND_US, SPDU_AS));	/* begun anew */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bound_in_time),
		cmocka_unit_test(bound_too_late),
		cmocka_unit_test(what_is_derived_decides_nothing),
		cmocka_unit_test(bound_on_another_side_does_not_count),
		cmocka_unit_test(refused_with_its_error),
		cmocka_unit_test(delivered_means_all),
		cmocka_unit_test(stuck_messages_fail_and_are_named),
		cmocka_unit_test(a_copy_without_doubt_fails),
		cmocka_unit_test(a_copy_for_each_cut_in_doubt_passes),
		cmocka_unit_test(altered_and_foreign_fail),
		cmocka_unit_test(lost_needs_an_empty_queue),
		cmocka_unit_test(reported_with_its_reason),
		cmocka_unit_test(a_close_without_cause_is_an_abort),
		cmocka_unit_test(a_line_held_for_long_is_a_cause),
		cmocka_unit_test(a_release_is_no_abort),
		cmocka_unit_test(a_conclusive_signature_fails),
		cmocka_unit_test(companions_tell_articles_apart),
		cmocka_unit_test(harmless_and_inconclusive_events_fail_nothing),
		cmocka_unit_test(withheld_logs_say_nothing),
		cmocka_unit_test(order_of_priority),
		cmocka_unit_test(copies),
		cmocka_unit_test(on_the_wire),
		cmocka_unit_test(a_failed_step_is_an_error),
		cmocka_unit_test(an_mta_that_calls_no_more_is_named),
		cmocka_unit_test(retries_keep_their_interval),
		cmocka_unit_test(descriptors_return_to_their_base),
		cmocka_unit_test(memory_returns_to_its_base),
		cmocka_unit_test(the_process_lives),
		cmocka_unit_test(control_blocks_return_to_their_base),
		cmocka_unit_test(a_stall_is_named),
		cmocka_unit_test(a_silence_with_a_cause_is_no_stall),
		cmocka_unit_test(a_slow_side_stalls_no_other),
		cmocka_unit_test(a_fast_side_keeps_its_pace),
		cmocka_unit_test(recovery_keeps_its_time),
	};

	return cmocka_run_group_tests_name("judge", tests, load, unload);
}
