/*
 * Rows of the tables of presentation, ACSE and RTSE in every state that they
 * stand for, each taken by the machine: state and variables as the row wants
 * them, the event, and then what the row says must come out.  Conversations
 * (test_presentation.c, test_acse.c, test_rtse.c) reach most of these rows, but
 * an abort in each state only by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../lib/pool.h"
#include "acse/acse.h"
#include "presentation/presentation.h"
#include "rtse/rtse.h"
#include "rtse/rtse_table.h"

enum { LINE = 200 };

static struct {
	struct test_pool pool;
	struct nodes nodes;
	struct findings findings;
	struct kept kept;
	struct event_queue inner, outer;
	struct service services[SERVICES_MAX];
	struct service_names names[NAMES_MAX];
	char came[LINE];
	unsigned cell, from, to;
} x;

typedef void handle(void *layer, struct turn *t, const struct event *e);

static void say(const char *text)
{
	assert_true(strlen(x.came) + strlen(text) + 3 < LINE);
	if (x.came[0])
		strcat(x.came, ", ");
	strcat(x.came, text);
}

/* Hands one primitive to a layer; what it emits is in x.came. */
static void hand(handle *fn, void *to, enum layer layer, enum service_kind kind,
                 enum service_type type, const struct service *s)
{
	struct event in = { .kind = EVENT_PRIMITIVE, .layer = (uint8_t)layer,
	                    .code = (uint8_t)kind, .type = (uint8_t)type, .detail = s };
	struct turn t = {
		.now_us = 1, .nodes = &x.nodes, .pool = &x.pool.pool, .findings = &x.findings,
		.inner = &x.inner, .outer = &x.outer, .services = x.services, .names = x.names,
		.kept = &x.kept,
	};
	struct event e;

	test_pool_init(&x.pool);
	findings_clear(&x.findings);
	x.came[0] = '\0';
	x.cell = CELL_NONE;
	fn(to, &t, &in);
	while (event_queue_get(&x.inner, &e)) {
		char line[64];

		snprintf(line, sizeof line, "%s %s %s", layer_name((enum layer)e.layer),
		         service_kind_name(e.code), service_type_name(e.type));
		say(line);
	}
	while (event_queue_get(&x.outer, &e))
		if (e.kind == EVENT_STEP) {
			x.cell = e.cell;
			x.from = e.from;
			x.to = e.to;
		}
	kept_drop(&x.kept, &x.pool.pool);
	nodes_reset(&x.nodes);
	test_pool_check(&x.pool);
}

static void octets_in(struct service *s, const char *octets, size_t n)
{
	s->data = (struct octets){ (const uint8_t *)octets, n };
	s->first = s->last = true;
}

#define DATA(s, octets) octets_in(s, octets, sizeof octets - 1)

/* ---- ACSE, X.227 Table A.5 ---- */

static void acse(void *layer, struct turn *t, const struct event *e)
{
	acse_handle(layer, t, e);
}

static void acse_step(enum acse_state from, enum layer layer, enum service_kind kind,
                      enum service_type type, const struct service *s, enum acse_event event,
                      enum acse_state to, const char *came)
{
	struct acse_config c;
	struct acse a;

	acse_defaults(&c);
	acse_init(&a, &c);
	a.state = (uint8_t)from;
	hand(acse, &a, layer, kind, type, s);
	assert_int_not_equal(x.cell, CELL_NONE);
	assert_int_equal(acse_rows[x.cell].state, from);
	assert_int_equal(acse_rows[x.cell].event, event);
	assert_int_equal(a.state, to);
	assert_string_equal(x.came, came);
}

static void acse_aborts_in_every_state(void **state)
{
	struct service abrt = { .contexts = NULL }, none = { .reason = 0 };

	(void)state;
	DATA(&abrt, "\x64\x03\x80\x01\x00");	/* ABRT, acse-service-user */
	for (unsigned s = ACSE_STA1; s <= ACSE_STA7; s++) {
		acse_step(s, LAYER_ACSE, SERVICE_U_ABORT, REQUEST, &none, ACSE_EV_A_ABRreq,
		          ACSE_STA0, "presentation U-ABORT req");
		acse_step(s, LAYER_PRESENTATION, SERVICE_U_ABORT, INDICATION, &abrt, ACSE_EV_ABRT,
		          ACSE_STA0, "acse U-ABORT ind");
		acse_step(s, LAYER_PRESENTATION, SERVICE_P_ABORT, INDICATION, &none,
		          ACSE_EV_P_PABind, ACSE_STA0, "acse P-ABORT ind");
	}
}

static void acse_exceptions(void **state)
{
	struct service none = { .reason = 0 };

	(void)state;
	acse_step(ACSE_STA3, LAYER_PRESENTATION, SERVICE_U_EXCEPTION, INDICATION, &none,
	          ACSE_EV_EXTRN_1, ACSE_STA5, "");
	acse_step(ACSE_STA5, LAYER_PRESENTATION, SERVICE_P_EXCEPTION, INDICATION, &none,
	          ACSE_EV_EXTRN_1, ACSE_STA5, "");
}

/* ---- presentation, X.226 Tables A.22 to A.25 ---- */

static void presentation(void *layer, struct turn *t, const struct event *e)
{
	presentation_handle(layer, t, e);
}

static struct presentation_config p_config;
static struct presentation p;

static void presentation_step(enum presentation_state from, enum layer layer,
                              enum service_kind kind, enum service_type type,
                              const struct service *s, enum presentation_event event,
                              const char *came)
{
	static const struct context agreed = { .id = 3, .name = 1, .result = CONTEXT_ACCEPTED };
	bool cr = p.cr;

	presentation_init(&p, &p_config);
	p.cr = cr;
	p.state = (uint8_t)from;
	p.contexts.n = 1;
	p.contexts.at[0] = agreed;
	hand(presentation, &p, layer, kind, type, s);
	if (x.cell == CELL_NONE)
		fail_msg("%s %s: no row, %s", presentation_state_name(from),
		         presentation_event_name(event),
		         x.findings.n ? x.findings.at[0].rule->name : "no finding");
	assert_int_equal(presentation_rows[x.cell].state, from);
	assert_int_equal(presentation_rows[x.cell].event, event);
	assert_int_equal(p.state, presentation_rows[x.cell].next);
	assert_string_equal(x.came, came);
}

static void presentation_aborts(void **state)
{
	struct service arp = { .positive = false }, none = { .reason = 0 };

	(void)state;
	presentation_defaults(&p_config);
	DATA(&arp, "\x30\x03\x80\x01\x02");	/* ARP, unexpected-ppdu */
	for (unsigned s = PRESENTATION_STAI1; s <= PRESENTATION_STAt0; s++) {
		presentation_step(s, LAYER_SESSION, SERVICE_U_ABORT, INDICATION, &arp,
		                  PRESENTATION_EV_ARP, "presentation P-ABORT ind");
		presentation_step(s, LAYER_SESSION, SERVICE_P_ABORT, INDICATION, &none,
		                  PRESENTATION_EV_S_PABind, "presentation P-ABORT ind");
		presentation_step(s, LAYER_SESSION, SERVICE_U_ABORT, INDICATION, &none,
		                  PRESENTATION_EV_ARU, "presentation U-ABORT ind");
	}
}

/* Typed data are not for RTSE, but PPDUs of the kernel (p14 without FU(CM)). */
static void presentation_typed_data(void **state)
{
	struct service ttd = { .offset = 0 }, req = { .context = 3 };

	(void)state;
	presentation_defaults(&p_config);
	/* fully encoded: context 3, single ASN.1 type, OCTET STRING of two octets */
	DATA(&ttd, "\x61\x0b\x30\x09\x02\x01\x03\xa0\x04\x04\x02\xaa\xbb");
	presentation_step(PRESENTATION_STAt0, LAYER_SESSION, SERVICE_TYPED_DATA, INDICATION, &ttd,
	                  PRESENTATION_EV_TTD, "presentation TYPED-DATA ind");
	req.user_data = node_octets(&x.nodes, NULL, octets_of("\x04"));
	presentation_step(PRESENTATION_STAt0, LAYER_PRESENTATION, SERVICE_TYPED_DATA, REQUEST,
	                  &req, PRESENTATION_EV_P_TDreq, "session TYPED-DATA req");
}

/* p8: releases have crossed; the one that waits for its own answer stays. */
static void presentation_release_collision(void **state)
{
	struct service yes = { .positive = true };

	(void)state;
	presentation_defaults(&p_config);
	p.cr = true;
	presentation_step(PRESENTATION_STAt0, LAYER_SESSION, SERVICE_RELEASE, CONFIRM, &yes,
	                  PRESENTATION_EV_S_RELcnfP, "presentation RELEASE cnf");
	assert_int_equal(p.state, PRESENTATION_STAt0);
}

/* ---- RTSE: rows derived, see rtse_table.h ---- */

static void rtse(void *layer, struct turn *t, const struct event *e)
{
	rtse_handle(layer, t, e);
}

/* Events that need no APDU. */
static const struct {
	uint8_t in, layer, kind, type;
	bool positive;
} rtse_events[] = {
	{ RTSE_IN_RTTRrspP, LAYER_RTSE, SERVICE_TRANSFER, RESPONSE, true },
	{ RTSE_IN_RTTRrspN, LAYER_RTSE, SERVICE_TRANSFER, RESPONSE, false },
	{ RTSE_IN_RTSYNCrsp, LAYER_RTSE, SERVICE_SYNC_MINOR, RESPONSE, false },
	{ RTSE_IN_RTDISCARDreq, LAYER_RTSE, SERVICE_ACTIVITY_DISCARD, REQUEST, false },
	{ RTSE_IN_RTINTERRUPTreq, LAYER_RTSE, SERVICE_ACTIVITY_INTERRUPT, REQUEST, false },
	{ RTSE_IN_RTPLEASEreq, LAYER_RTSE, SERVICE_TOKEN_PLEASE, REQUEST, false },
	{ RTSE_IN_RTGIVEreq, LAYER_RTSE, SERVICE_CONTROL_GIVE, REQUEST, false },
	{ RTSE_IN_RTUABreq, LAYER_RTSE, SERVICE_U_ABORT, REQUEST, false },
	{ RTSE_IN_TIMER, LAYER_RTSE, SERVICE_TIMER, INDICATION, false },
	{ RTSE_IN_AABind, LAYER_ACSE, SERVICE_U_ABORT, INDICATION, false },
	{ RTSE_IN_APABind, LAYER_ACSE, SERVICE_P_ABORT, INDICATION, false },
	{ RTSE_IN_LEFT, LAYER_PRESENTATION, SERVICE_DATA, CONFIRM, false },
	{ RTSE_IN_PSTARTind, LAYER_PRESENTATION, SERVICE_ACTIVITY_START, INDICATION, false },
	{ RTSE_IN_PRESUMEind, LAYER_PRESENTATION, SERVICE_ACTIVITY_RESUME, INDICATION, false },
	{ RTSE_IN_PSYNCind, LAYER_PRESENTATION, SERVICE_SYNC_MINOR, INDICATION, false },
	{ RTSE_IN_PSYNCcnf, LAYER_PRESENTATION, SERVICE_SYNC_MINOR, CONFIRM, false },
	{ RTSE_IN_PENDind, LAYER_PRESENTATION, SERVICE_ACTIVITY_END, INDICATION, false },
	{ RTSE_IN_PENDcnf, LAYER_PRESENTATION, SERVICE_ACTIVITY_END, CONFIRM, false },
	{ RTSE_IN_PINTind, LAYER_PRESENTATION, SERVICE_ACTIVITY_INTERRUPT, INDICATION, false },
	{ RTSE_IN_PINTcnf, LAYER_PRESENTATION, SERVICE_ACTIVITY_INTERRUPT, CONFIRM, false },
	{ RTSE_IN_PDISind, LAYER_PRESENTATION, SERVICE_ACTIVITY_DISCARD, INDICATION, false },
	{ RTSE_IN_PDIScnf, LAYER_PRESENTATION, SERVICE_ACTIVITY_DISCARD, CONFIRM, false },
	{ RTSE_IN_PUERind, LAYER_PRESENTATION, SERVICE_U_EXCEPTION, INDICATION, false },
	{ RTSE_IN_PPERind, LAYER_PRESENTATION, SERVICE_P_EXCEPTION, INDICATION, false },
	{ RTSE_IN_PPLEASEind, LAYER_PRESENTATION, SERVICE_TOKEN_PLEASE, INDICATION, false },
	{ RTSE_IN_PGIVEind, LAYER_PRESENTATION, SERVICE_CONTROL_GIVE, INDICATION, false },
	/* session never says this to RTSE */
	{ RTSE_IN_OTHER, LAYER_PRESENTATION, SERVICE_SYNC_MAJOR, INDICATION, false },
};

/* What each action is seen by. */
static const char *const rtse_seen[RTSE_DO_N] = {
	[RTSE_DO_nothing] = "",
	[RTSE_DO_send] = "presentation DATA req",
	[RTSE_DO_sync] = "presentation SYNC-MINOR req",
	[RTSE_DO_end] = "presentation ACTIVITY-END req",
	[RTSE_DO_confirmed] = "rtse SYNC-MINOR cnf",
	[RTSE_DO_confirm_transfer] = "rtse TRANSFER cnf",
	[RTSE_DO_give_up] = "",
	[RTSE_DO_discard] = "presentation ACTIVITY-DISCARD req",
	[RTSE_DO_interrupt] = "presentation ACTIVITY-INTERRUPT req",
	[RTSE_DO_fail_transfer] = "rtse TRANSFER cnf",
	[RTSE_DO_lose_transfer] = "rtse TRANSFER cnf",
	[RTSE_DO_note_exception] = "",
	[RTSE_DO_note_time] = "",
	[RTSE_DO_begin] = "rtse TRANSFER ind",
	[RTSE_DO_go_on] = "rtse TRANSFER ind",
	[RTSE_DO_point] = "rtse SYNC-MINOR ind",
	[RTSE_DO_secure] = "presentation SYNC-MINOR rsp",
	[RTSE_DO_indicate_end] = "rtse TRANSFER ind",
	[RTSE_DO_answer_end] = "presentation ACTIVITY-END rsp",
	[RTSE_DO_report] = "presentation U-EXCEPTION req",
	[RTSE_DO_report_other] = "presentation U-EXCEPTION req",
	[RTSE_DO_report_activity] = "rtse TRANSFER ind, presentation U-EXCEPTION req",
	[RTSE_DO_answer_discard] = "presentation ACTIVITY-DISCARD rsp",
	[RTSE_DO_answer_interrupt] = "presentation ACTIVITY-INTERRUPT rsp",
	[RTSE_DO_lose] = "rtse TRANSFER ind",
	[RTSE_DO_please] = "presentation TOKEN-PLEASE req",
	[RTSE_DO_indicate_please] = "rtse TOKEN-PLEASE ind",
	[RTSE_DO_give] = "presentation CONTROL-GIVE req",
	[RTSE_DO_indicate_give] = "rtse CONTROL-GIVE ind",
	[RTSE_DO_abort_user] = "acse U-ABORT req",
	[RTSE_DO_abort_time] = "acse U-ABORT req, rtse P-ABORT ind",
	[RTSE_DO_abort_completed] = "acse U-ABORT req, rtse P-ABORT ind",
	[RTSE_DO_abort_unrecognized] = "acse U-ABORT req, rtse P-ABORT ind",
	[RTSE_DO_abort_error] = "acse U-ABORT req, rtse P-ABORT ind",
	[RTSE_DO_indicate_abort] = "rtse U-ABORT ind",
	[RTSE_DO_indicate_provider_abort] = "rtse P-ABORT ind",
	[RTSE_DO_note_serial] = "",
	[RTSE_DO_note_monologue] = "",
};

static struct rtse_config r_config;

static void rtse_suit_resume(struct rtse *r, enum rtse_predicate on)
{
	r->until_us = NEVER_US;
	r->past = on == RTSE_IF_resume ? RTSE_PAST_RECEIVER :
	          on == RTSE_IF_done ? RTSE_PAST_COMPLETED : RTSE_PAST_NONE;
	r_config.abort_unrecognized = on == RTSE_IF_unknown_abort;
	r_config.interrupt_exceptions = on == RTSE_IF_keep;
	r->resumed = on == RTSE_IF_resumed_done;
	r->have = on == RTSE_IF_differs;
}

/* Variables under which the predicate of the row, and no earlier one, holds. */
static void rtse_suit(struct rtse *r, const struct rtse_row *w, struct service *s)
{
	enum rtse_predicate on = w->predicate;

	r_config.initiator = on == RTSE_IF_turn_initiator;
	r->turn = on == RTSE_IF_turn || on == RTSE_IF_turn_initiator ||
	          on == RTSE_IF_turn_responder || on == RTSE_IF_may_send || on == RTSE_IF_listener;
	r->open.turn = on == RTSE_IF_may_send || on == RTSE_IF_speaker;
	r->length = on == RTSE_IF_last ? 0 : 5000;
	r->serial = 1;
	r->confirmed = on == RTSE_IF_interrupt || on == RTSE_IF_keep || on == RTSE_IF_resume;
	r->interrupting = on == RTSE_IF_interrupt;
	if (on == RTSE_IF_more_full)
		r->open.window = 1;
	if (on == RTSE_IF_more_room)
		r->open.window = 3;
	rtse_suit_resume(r, on);
	s->serial = on == RTSE_IF_outstanding || on == RTSE_IF_resume ||
	            on == RTSE_IF_unknown || on == RTSE_IF_unknown_abort ? 1 :
	            on == RTSE_IF_not_outstanding ? 9 :
	            w->in == RTSE_IN_PSYNCind ? 2 : 0;
}

static void rtse_row_taken(unsigned row, unsigned from, size_t event)
{
	const struct rtse_row *w = &rtse_rows[row];
	struct service s = { .positive = rtse_events[event].positive };
	char want[LINE] = "";
	struct rtse r;

	r_config = (struct rtse_config){ .context = 3, .checkpoint = 1, .window = 3 };
	rtse_init(&r, &r_config);
	r.state = (uint8_t)from;
	rtse_suit(&r, w, &s);
	for (size_t i = 0; i < RTSE_ACTIONS_MAX; i++) {
		assert_non_null(rtse_seen[w->actions[i]]);
		snprintf(want + strlen(want), LINE - strlen(want), "%s%s",
		         want[0] && *rtse_seen[w->actions[i]] ? ", " : "",
		         rtse_seen[w->actions[i]]);
	}
	if (w->predicate == RTSE_IF_resumed_done)
		DATA(&s, "\xb6\x03\x80\x01\x07");	/* RTAB, transferCompleted */
	hand(rtse, &r, rtse_events[event].layer, rtse_events[event].kind, rtse_events[event].type,
	     &s);
	if (w->predicate == RTSE_IF_resumed_done)
		snprintf(want, LINE, "rtse TRANSFER cnf, rtse P-ABORT ind");
	if (x.cell != row || strcmp(x.came, want) != 0)
		fail_msg("row %u, %s %s: took %u, \"%s\", wanted \"%s\"", row,
		         rtse_state_name(from), rtse_in_name(w->in), x.cell, x.came, want);
	assert_int_equal(r.state, w->next == RTSE_SAME ? from : w->next);
}

static void rtse_rows_in_every_state(void **state)
{
	size_t taken = 0;

	(void)state;
	for (unsigned row = 0; row < rtse_rows_n; row++)
		for (size_t e = 0; e < sizeof rtse_events / sizeof rtse_events[0]; e++)
			for (unsigned s = 0; s < RTSE_STATES_N; s++)
				if (rtse_events[e].in == rtse_rows[row].in &&
				    rtse_rows[row].states >> s & 1) {
					rtse_row_taken(row, s, e);
					taken++;
				}
	assert_true(taken > 100);
}


/* An APDU in another context than RTSE's is noted, and read all the same. */
static void rtse_another_context(void **state)
{
	struct rtse_config c = { .context = 3 };
	struct service s = { .context = 5 };
	struct rtse r;

	(void)state;
	rtse_init(&r, &c);
	r.state = RTSE_STATE_RECEIVING;
	DATA(&s, "\x04\x02\xaa\xbb");
	hand(rtse, &r, LAYER_PRESENTATION, SERVICE_DATA, INDICATION, &s);
	assert_string_equal(x.came, "rtse DATA ind");
	assert_int_equal(x.findings.n, 1);
	assert_string_equal(x.findings.at[0].rule->name, "rtse.context");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(acse_aborts_in_every_state),
		cmocka_unit_test(acse_exceptions),
		cmocka_unit_test(presentation_aborts),
		cmocka_unit_test(presentation_typed_data),
		cmocka_unit_test(presentation_release_collision),
		cmocka_unit_test(rtse_rows_in_every_state),
		cmocka_unit_test(rtse_another_context),
	};

	return cmocka_run_group_tests_name("rows of the upper layers", tests, NULL, NULL);
}
