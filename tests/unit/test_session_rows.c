/*
 * Every row of X.225 Tables A.8 to A.16, taken by the session machine itself:
 * the state and variables of the row, its event as octets or as a primitive, and
 * then what the row says must come out, in its order, and the state be entered.
 *
 * EX, S-EXPEDITED-DATA and PREPARE need transport expedited data, which is not
 * there over TCP (RFC 1006 5): of these rows the pure step is taken.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../lib/pool.h"
#include "session/session.h"
#include "session/session_rules.h"

enum { LINE = 160, TSDU = 16 << 10, OVERFLOW_OCTETS = 11000, TRIALS = 200000 };

struct end {
	struct session s;
	struct test_pool pool;
	struct nodes nodes;
	struct findings findings;
	struct kept kept;
	struct event_queue inner, outer;
	struct service services[SERVICES_MAX];
	struct service_names names[NAMES_MAX];
	char came[LINE];		/* outgoing events, in order */
	unsigned cell;
	unsigned steps;
};

static struct end x;
static uint8_t tsdu[TSDU], user[OVERFLOW_OCTETS];

/* ---- what comes out ---- */

static const struct {
	uint8_t kind, type;
	const char *name;		/* CONNECT and RELEASE cnf: without sign */
} up[] = {
	{ SERVICE_ACTIVITY_DISCARD, INDICATION, "SACTDind" },
	{ SERVICE_ACTIVITY_DISCARD, CONFIRM, "SACTDcnf" },
	{ SERVICE_ACTIVITY_END, INDICATION, "SACTEind" },
	{ SERVICE_ACTIVITY_END, CONFIRM, "SACTEcnf" },
	{ SERVICE_ACTIVITY_INTERRUPT, INDICATION, "SACTIind" },
	{ SERVICE_ACTIVITY_INTERRUPT, CONFIRM, "SACTIcnf" },
	{ SERVICE_ACTIVITY_RESUME, INDICATION, "SACTRind" },
	{ SERVICE_ACTIVITY_START, INDICATION, "SACTSind" },
	{ SERVICE_CAPABILITY_DATA, INDICATION, "SCDind" },
	{ SERVICE_CAPABILITY_DATA, CONFIRM, "SCDcnf" },
	{ SERVICE_CONTROL_GIVE, INDICATION, "SCGind" },
	{ SERVICE_CONNECT, INDICATION, "SCONind" },
	{ SERVICE_CONNECT, CONFIRM, "SCONcnf" },
	{ SERVICE_DATA, INDICATION, "SDTind" },
	{ SERVICE_TYPED_DATA, INDICATION, "STDind" },
	{ SERVICE_TOKEN_GIVE, INDICATION, "SGTind" },
	{ SERVICE_TOKEN_PLEASE, INDICATION, "SPTind" },
	{ SERVICE_P_ABORT, INDICATION, "SPABind" },
	{ SERVICE_U_ABORT, INDICATION, "SUABind" },
	{ SERVICE_P_EXCEPTION, INDICATION, "SPERind" },
	{ SERVICE_U_EXCEPTION, INDICATION, "SUERind" },
	{ SERVICE_RELEASE, INDICATION, "SRELind" },
	{ SERVICE_RELEASE, CONFIRM, "SRELcnf" },
	{ SERVICE_RESYNCHRONIZE, INDICATION, "SRSYNind" },
	{ SERVICE_RESYNCHRONIZE, CONFIRM, "SRSYNcnf" },
	{ SERVICE_SYNC_MAJOR, INDICATION, "SSYNMind" },
	{ SERVICE_SYNC_MAJOR, CONFIRM, "SSYNMcnf" },
	{ SERVICE_SYNC_MINOR, INDICATION, "SSYNmind" },
	{ SERVICE_SYNC_MINOR, CONFIRM, "SSYNmcnf" },
};

static void say(const char *name)
{
	assert_true(strlen(x.came) + strlen(name) + 2 < LINE);
	if (x.came[0])
		strcat(x.came, " ");
	strcat(x.came, name);
}

static void primitive_up(const struct event *e)
{
	char name[24];

	for (size_t i = 0; i < sizeof up / sizeof up[0]; i++) {
		bool signed_ = e->type == CONFIRM &&
		               (e->code == SERVICE_CONNECT || e->code == SERVICE_RELEASE);

		if (up[i].kind != e->code || up[i].type != e->type)
			continue;
		snprintf(name, sizeof name, "%s%s", up[i].name,
		         !signed_ ? "" : event_service(e)->positive ? "+" : "-");
		say(name);
		return;
	}
	fail_msg("no event of Table A.3: %s", service_kind_name(e->code));
}

/* SPDUs by the names of Table A.3; GT and PT that only go before are left out. */
static void spdus_down(struct node *tree)
{
	struct session_tsdu t;
	struct findings f = { .n = 0 };
	size_t n = node_write(&x.nodes, tree, tsdu, sizeof tsdu);

	assert_true(session_decode_tsdu((struct octets){ tsdu, n }, &t, &f));
	for (size_t i = 0; i < t.n; i++) {
		bool goes_before = (t.pdu[i].kind == SPDU_GT || t.pdu[i].kind == SPDU_PT) &&
		                   !session_has(&t.pdu[i], SESSION_TOKEN_ITEM);

		if (!goes_before)
			say(session_event_name(session_event_of(&t.pdu[i])));
	}
}

static void down(const struct event *e)
{
	const struct service *v = event_service(e);

	if (e->code == SERVICE_DATA)
		spdus_down(v->user_data);
	else if (e->code == SERVICE_DISCONNECT)
		say("TDISreq");
	else
		say(e->type == REQUEST ? "TCONreq" : "TCONrsp");
}

static void hand(enum layer layer, enum service_kind kind, enum service_type type,
                 const struct service *v)
{
	struct event in = { .kind = EVENT_PRIMITIVE, .layer = (uint8_t)layer,
	                    .code = (uint8_t)kind, .type = (uint8_t)type, .detail = v };
	struct turn t = {
		.now_us = 1, .nodes = &x.nodes, .pool = &x.pool.pool, .findings = &x.findings,
		.inner = &x.inner, .outer = &x.outer, .services = x.services, .names = x.names,
		.kept = &x.kept,
	};
	struct event e;

	x.came[0] = '\0';
	x.steps = 0;
	x.cell = CELL_NONE;
	findings_clear(&x.findings);
	session_handle(&x.s, &t, &in);
	while (event_queue_get(&x.inner, &e))
		if (e.layer == LAYER_COTP)
			down(&e);
		else
			primitive_up(&e);
	while (event_queue_get(&x.outer, &e))
		if (e.kind == EVENT_STEP) {
			x.cell = e.cell;
			x.steps++;
		}
	kept_drop(&x.kept, &x.pool.pool);
	nodes_reset(&x.nodes);
}

/* ---- what comes in ---- */

#define HAS(param) (1u << SESSION_##param)

static const struct {
	uint8_t event, spdu;
	uint32_t has;
} spdus[] = {
	{ SESSION_EV_AA, SPDU_AA, 0 },
	{ SESSION_EV_AB_nr, SPDU_AB, HAS(TRANSPORT_DISCONNECT) },
	{ SESSION_EV_AB_r, SPDU_AB, HAS(TRANSPORT_DISCONNECT) },
	{ SESSION_EV_AC, SPDU_AC, HAS(PROTOCOL_OPTIONS) | HAS(VERSION) | HAS(UNITS) |
	                          HAS(TOKEN_SETTING) | HAS(INITIAL_SERIAL) },
	{ SESSION_EV_AD, SPDU_AD, HAS(REASON) },
	{ SESSION_EV_ADA, SPDU_ADA, 0 },
	{ SESSION_EV_AE, SPDU_AE, HAS(SERIAL) },
	{ SESSION_EV_AI, SPDU_AI, HAS(REASON) },
	{ SESSION_EV_AIA, SPDU_AIA, 0 },
	{ SESSION_EV_AR, SPDU_AR, HAS(SERIAL) | HAS(ACTIVITY) | HAS(OLD_ACTIVITY) },
	{ SESSION_EV_AS, SPDU_AS, HAS(ACTIVITY) },
	{ SESSION_EV_CD, SPDU_CD, 0 },
	{ SESSION_EV_CDA, SPDU_CDA, 0 },
	{ SESSION_EV_CDO, SPDU_CDO, HAS(ENCLOSURE) | HAS(USER_DATA) },
	{ SESSION_EV_CN, SPDU_CN, HAS(PROTOCOL_OPTIONS) | HAS(VERSION) | HAS(UNITS) |
	                          HAS(TOKEN_SETTING) | HAS(INITIAL_SERIAL) |
	                          HAS(CALLED_SELECTOR) },
	{ SESSION_EV_DN, SPDU_DN, 0 },
	{ SESSION_EV_DT, SPDU_DT, HAS(USER_DATA) },
	{ SESSION_EV_ED, SPDU_ED, HAS(REASON) },
	{ SESSION_EV_ER, SPDU_ER, 0 },
	{ SESSION_EV_FN_nr, SPDU_FN, HAS(TRANSPORT_DISCONNECT) },
	{ SESSION_EV_FN_r, SPDU_FN, HAS(TRANSPORT_DISCONNECT) },
	{ SESSION_EV_GT, SPDU_GT, HAS(TOKEN_ITEM) },
	{ SESSION_EV_GTA, SPDU_GTA, 0 },
	{ SESSION_EV_GTC, SPDU_GTC, 0 },
	{ SESSION_EV_MAA_AEA, SPDU_MAA, HAS(SERIAL) },
	{ SESSION_EV_MAP, SPDU_MAP, HAS(SERIAL) | HAS(SYNC_TYPE) },
	{ SESSION_EV_MIA, SPDU_MIA, HAS(SERIAL) },
	{ SESSION_EV_MIP, SPDU_MIP, HAS(SERIAL) },
	{ SESSION_EV_MIP_d, SPDU_MIP, HAS(SERIAL) | HAS(SYNC_TYPE) },
	{ SESSION_EV_NF, SPDU_NF, 0 },
	{ SESSION_EV_OA, SPDU_OA, HAS(VERSION) },
	{ SESSION_EV_PT, SPDU_PT, HAS(TOKEN_ITEM) },
	{ SESSION_EV_RA, SPDU_RA, HAS(SERIAL) | HAS(TOKEN_SETTING) },
	{ SESSION_EV_RF_nr, SPDU_RF, HAS(TRANSPORT_DISCONNECT) | HAS(REASON) },
	{ SESSION_EV_RF_r, SPDU_RF, HAS(TRANSPORT_DISCONNECT) | HAS(REASON) },
	{ SESSION_EV_RS_a, SPDU_RS, HAS(SERIAL) | HAS(TOKEN_SETTING) | HAS(RESYNC_TYPE) },
	{ SESSION_EV_RS_r, SPDU_RS, HAS(SERIAL) | HAS(TOKEN_SETTING) | HAS(RESYNC_TYPE) },
	{ SESSION_EV_RS_s, SPDU_RS, HAS(SERIAL) | HAS(TOKEN_SETTING) | HAS(RESYNC_TYPE) },
	{ SESSION_EV_TD, SPDU_TD, HAS(USER_DATA) },
};

static struct octets selector(bool wrong)
{
	return octets_of(wrong ? "WRONG" : "HERE");
}

static void fill(struct session_pdu *p, enum session_event event, const struct session_arg *arg)
{
	bool keep = event == SESSION_EV_AB_r || event == SESSION_EV_FN_r ||
	            event == SESSION_EV_RF_r;

	p->serial = p->initial_serial = arg->serial;
	p->units = p->kind == SPDU_CN || p->kind == SPDU_AC ? UNITS_RTSE : 0;
	p->versions = SESSION_VERSION_2;
	p->token_item = arg->tokens;
	p->token_setting = arg->setting;
	p->transport_disconnect = (uint8_t)((keep ? 0 : TDISC_RELEASE) |
	                                    (arg->user_abort ? TDISC_USER_ABORT : 0));
	p->sync_type = event == SESSION_EV_MIP_d ? SYNC_DATA_SEPARATION :
	               event == SESSION_EV_MAP ? 1 : 0;
	p->resync_type = event == SESSION_EV_RS_a ? RESYNC_ABANDON :
	                 event == SESSION_EV_RS_s ? RESYNC_SET : RESYNC_RESTART;
	p->activity = p->old_activity = octets_of("1");
	p->called_ssel = selector(arg->refuse);
	p->enclosure = arg->end ? ENCLOSURE_END : 0;
	p->user_data = octets_of("u");
	if (p->kind == SPDU_CN && arg->overflow) {
		p->data_overflow = 1;
		p->user_data = (struct octets){ user, SESSION_EXTENDED_CN };
		p->has |= HAS(DATA_OVERFLOW) | HAS(EXTENDED_USER_DATA);
	}
}

static void hand_spdu(enum session_event event, const struct session_arg *arg)
{
	static uint8_t in[TSDU];
	struct session_pdu p;
	struct service v = { .first = true, .last = true };
	struct node *tree;

	for (size_t i = 0; i < sizeof spdus / sizeof spdus[0]; i++) {
		if (spdus[i].event != event)
			continue;
		session_pdu_init(&p, spdus[i].spdu);
		p.has = spdus[i].has;
		fill(&p, event, arg);
		tree = session_build_concatenated(&x.nodes, NULL, &p);
		v.data = (struct octets){ in, node_write(&x.nodes, tree, in, sizeof in) };
		nodes_reset(&x.nodes);
		hand(LAYER_COTP, SERVICE_DATA, INDICATION, &v);
		return;
	}
	fail_msg("no SPDU for %s", session_event_name(event));
}

static const struct {
	uint8_t event, kind, type, sync_type;
	bool positive;
} requests[] = {
	{ SESSION_EV_SACTDreq, SERVICE_ACTIVITY_DISCARD, REQUEST, 0, false },
	{ SESSION_EV_SACTDrsp, SERVICE_ACTIVITY_DISCARD, RESPONSE, 0, true },
	{ SESSION_EV_SACTEreq, SERVICE_ACTIVITY_END, REQUEST, 0, false },
	{ SESSION_EV_SACTErsp, SERVICE_ACTIVITY_END, RESPONSE, 0, true },
	{ SESSION_EV_SACTIreq, SERVICE_ACTIVITY_INTERRUPT, REQUEST, 0, false },
	{ SESSION_EV_SACTIrsp, SERVICE_ACTIVITY_INTERRUPT, RESPONSE, 0, true },
	{ SESSION_EV_SACTRreq, SERVICE_ACTIVITY_RESUME, REQUEST, 0, false },
	{ SESSION_EV_SACTSreq, SERVICE_ACTIVITY_START, REQUEST, 0, false },
	{ SESSION_EV_SCDreq, SERVICE_CAPABILITY_DATA, REQUEST, 0, false },
	{ SESSION_EV_SCDrsp, SERVICE_CAPABILITY_DATA, RESPONSE, 0, true },
	{ SESSION_EV_SCGreq, SERVICE_CONTROL_GIVE, REQUEST, 0, false },
	{ SESSION_EV_SCONreq, SERVICE_CONNECT, REQUEST, 0, false },
	{ SESSION_EV_SCONrspP, SERVICE_CONNECT, RESPONSE, 0, true },
	{ SESSION_EV_SCONrspN, SERVICE_CONNECT, RESPONSE, 0, false },
	{ SESSION_EV_SDTreq, SERVICE_DATA, REQUEST, 0, false },
	{ SESSION_EV_STDreq, SERVICE_TYPED_DATA, REQUEST, 0, false },
	{ SESSION_EV_SGTreq, SERVICE_TOKEN_GIVE, REQUEST, 0, false },
	{ SESSION_EV_SPTreq, SERVICE_TOKEN_PLEASE, REQUEST, 0, false },
	{ SESSION_EV_SRELreq, SERVICE_RELEASE, REQUEST, 0, false },
	{ SESSION_EV_SRELrspP, SERVICE_RELEASE, RESPONSE, 0, true },
	{ SESSION_EV_SRELrspN, SERVICE_RELEASE, RESPONSE, 0, false },
	{ SESSION_EV_SRSYNreq_a, SERVICE_RESYNCHRONIZE, REQUEST, RESYNC_ABANDON, false },
	{ SESSION_EV_SRSYNreq_r, SERVICE_RESYNCHRONIZE, REQUEST, RESYNC_RESTART, false },
	{ SESSION_EV_SRSYNreq_s, SERVICE_RESYNCHRONIZE, REQUEST, RESYNC_SET, false },
	{ SESSION_EV_SRSYNrsp, SERVICE_RESYNCHRONIZE, RESPONSE, 0, true },
	{ SESSION_EV_SSYNMreq, SERVICE_SYNC_MAJOR, REQUEST, 0, false },
	{ SESSION_EV_SSYNMrsp, SERVICE_SYNC_MAJOR, RESPONSE, 0, true },
	{ SESSION_EV_SSYNmreq, SERVICE_SYNC_MINOR, REQUEST, 0, false },
	{ SESSION_EV_SSYNmdreq, SERVICE_SYNC_MINOR, REQUEST, SYNC_DATA_SEPARATION, false },
	{ SESSION_EV_SSYNmrsp, SERVICE_SYNC_MINOR, RESPONSE, 0, true },
	{ SESSION_EV_SUABreq, SERVICE_U_ABORT, REQUEST, 0, false },
	{ SESSION_EV_SUERreq, SERVICE_U_EXCEPTION, REQUEST, 0, false },
};

static void hand_request(enum session_event event, const struct session_arg *arg)
{
	struct service v = {
		.serial = arg->serial, .tokens = arg->tokens, .token_setting = arg->setting,
		.keep_transport = arg->choice, .activity = octets_of("1"),
		.old_activity = octets_of("0"),
	};

	if (arg->overflow && event == SESSION_EV_SCONreq)
		v.user_data = node_octets(&x.nodes, NULL, (struct octets){ user, sizeof user });
	if (event == SESSION_EV_SDTreq || event == SESSION_EV_STDreq)
		v.user_data = node_octets(&x.nodes, NULL, octets_of("u"));
	for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
		if (requests[i].event != event)
			continue;
		v.positive = requests[i].positive;
		v.sync_type = requests[i].sync_type;
		hand(LAYER_SESSION, requests[i].kind, requests[i].type, &v);
		return;
	}
	fail_msg("no primitive for %s", session_event_name(event));
}

static void hand_event(enum session_event event, const struct session_arg *arg)
{
	switch (session_event_group(event)) {
	case SESSION_FROM_USER:
		hand_request(event, arg);
		break;
	case SESSION_FROM_TRANSPORT:
		hand(LAYER_COTP, event == SESSION_EV_TDISind ? SERVICE_DISCONNECT : SERVICE_CONNECT,
		     event == SESSION_EV_TCONcnf ? CONFIRM : INDICATION, NULL);
		break;
	case SESSION_FROM_TIMER:
		hand(LAYER_SESSION, SERVICE_TIMER, INDICATION, NULL);
		break;
	default:
		hand_spdu(event, arg);
		break;
	}
}

/* ---- a valuation in which the row, and no other of its cell, is taken ---- */

static uint64_t seed = 0x9e3779b97f4a7c15u;

static uint32_t below(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 20) % n;
}

static void any_valuation(struct session_vars *v, struct session_arg *arg, bool texp)
{
	session_vars_init(v);
	memset(arg, 0, sizeof *arg);
	v->fu = (uint16_t)(below(0x2000) & ~(uint32_t)(UNIT_SYMMETRIC | UNIT_HALF_DUPLEX |
	                                               UNIT_DUPLEX));
	v->fu |= below(2) ? UNIT_HALF_DUPLEX : UNIT_DUPLEX;
	v->owned = (uint8_t)(below(256) & 0x55);
	v->Vrsp = (uint8_t)below(VRSP_DSC + 1);
	v->Vm = 1 + below(3);
	v->Va = below(4);
	v->Vr = below(4);
	v->Vado = (int64_t)below(4) - 1;
	v->Vadi = (int64_t)below(4) - 1;
	v->Vrspnb = below(4);
	v->Vact = below(2);
	v->Vnextact = below(2);
	v->Vsc = below(2);
	v->Vtca = below(2);
	v->Vtrr = below(2);
	v->Vcoll = below(2);
	v->Vdnr = below(2);
	v->discard_rcv = v->discard_snd = below(2);
	v->TEXP = texp;
	arg->serial = below(4);
	arg->choice = below(2);
	arg->refuse = below(2);
	arg->end = below(2);
	arg->overflow = below(2);
	arg->user_abort = below(2);
	/* Tokens that are not there are refused before the table is asked (6.3.7). */
	arg->tokens = session_tokens(v) & (uint8_t)below(256);
}

static bool only_this(const struct session_row *rows, size_t n, size_t i,
                      const struct session_vars *v, const struct session_arg *arg)
{
	for (size_t j = 0; j < n; j++)
		if (rows[j].state == rows[i].state && rows[j].event == rows[i].event &&
		    session_row_holds(&rows[j], v, arg) != (j == i))
			return false;
	return true;
}

/* p76 is only asked of a CN that could be for us. */
static bool makes_sense(const struct session_row *r, const struct session_vars *v,
                        const struct session_arg *arg)
{
	bool cn_for_us = r->event == SESSION_EV_CN && r->state == SESSION_STA01C && v->Vtca;
	bool tokens = r->event == SESSION_EV_GT || r->event == SESSION_EV_PT ||
	              r->event == SESSION_EV_SGTreq || r->event == SESSION_EV_SPTreq;

	return (cn_for_us || !arg->refuse) && (!tokens || arg->tokens) &&
	       (!arg->choice || (!v->Vtca && !v->TEXP) || r->event != SESSION_EV_SRELreq);
}

static bool find(const struct session_row *rows, size_t n, size_t i, struct session_vars *v,
                 struct session_arg *arg)
{
	for (int trial = 0; trial < TRIALS; trial++) {
		any_valuation(v, arg, trial >= TRIALS / 2);
		if (session_row_holds(&rows[i], v, arg) && makes_sense(&rows[i], v, arg) &&
		    only_this(rows, n, i, v, arg))
			return true;
	}
	return false;
}

/* ---- one row ---- */

/* States in which more is kept than the variables: reached as they are. */
static void reach(enum session_state state, const struct session_arg *arg)
{
	struct session_arg plain = { .overflow = arg->overflow };

	switch ((int)state) {
	case SESSION_STA01B:
		hand_request(SESSION_EV_SCONreq, &plain);
		break;
	case SESSION_STA02A:
	case SESSION_STA02B:
		x.s.vars.state = SESSION_STA01C;
		plain.overflow = state == SESSION_STA02B;
		hand_request(SESSION_EV_SCONreq, &plain);
		break;
	case SESSION_STA01D:
	case SESSION_STA08:
		x.s.vars.state = SESSION_STA01C;
		x.s.vars.Vtca = true;
		plain.overflow = state == SESSION_STA01D;
		hand_spdu(SESSION_EV_CN, &plain);
		break;
	default:
		x.s.vars.state = (uint8_t)state;
		return;
	}
	assert_int_equal(x.s.vars.state, state);
}

static void start(const struct session_row *r, const struct session_vars *v,
                  const struct session_arg *arg)
{
	static struct session_config c;	/* lent to x.s */

	session_defaults(&c);
	c.local_ssel = selector(false);
	c.reuse = c.answer_abort = arg->choice;
	session_init(&x.s, &c);
	test_pool_init(&x.pool);
	reach(r->state, arg);
	x.s.vars = *v;
	x.s.vars.state = r->state;
	if (r->state >= SESSION_STA03 && r->state != SESSION_STA08) {
		x.s.units = v->fu;
		x.s.versions = SESSION_VERSION_2;
	}
}

/* What the row says comes out, as far as it does over TCP: no PREPARE. */
static void expected(const struct session_row *r, const struct session_arg *arg, char *out)
{
	out[0] = '\0';
	for (size_t i = 0; i < SESSION_THEN_MAX && r->then[i]; i++) {
		enum session_event op = r->then[i];

		if (session_event_group(op) == SESSION_SPECIFIC || op == SESSION_EV_PR_MAA ||
		    op == SESSION_EV_PR_RA || op == SESSION_EV_PR_RS || op == SESSION_EV_PR_AB)
			continue;
		if (op == SESSION_EV_SxABind)
			op = arg->user_abort ? SESSION_EV_SUABind : SESSION_EV_SPABind;
		if (op == SESSION_EV_MIP && r->event == SESSION_EV_SSYNmdreq)
			op = SESSION_EV_MIP_d;		/* printed as MIP */
		if (op == SESSION_EV_MAA || op == SESSION_EV_AEA)
			op = SESSION_EV_MAA_AEA;	/* one layout (8.3.22, 8.3.36) */
		if (op == SESSION_EV_SPABind && r->event == SESSION_EV_SUABreq)
			continue;
		sprintf(out + strlen(out), "%s%s", out[0] ? " " : "", session_event_name(op));
	}
}

/* Of the pure step: for what has no place on the transport normal flow. */
static bool is_expedited(enum session_event event)
{
	return event == SESSION_EV_EX || event == SESSION_EV_SEXreq || event == SESSION_EV_PR_AB ||
	       event == SESSION_EV_PR_MAA || event == SESSION_EV_PR_RA || event == SESSION_EV_PR_RS;
}

static bool pure_step(const struct session_row *r, size_t cell, const struct session_vars *v,
                      const struct session_arg *arg)
{
	struct session_vars w = *v;
	struct session_step step;
	size_t k = 0;

	w.state = r->state;
	step = session_step(&w, r->event, arg);
	for (; k < SESSION_THEN_MAX && r->then[k]; k++)
		if (step.ops[k] != r->then[k])
			return false;
	session_advance(&w, &step, r->event, arg);
	return step.cell == cell && step.n == k && w.state == r->next;
}

static bool taken(const struct session_row *r, size_t cell, const struct session_vars *v,
                  const struct session_arg *arg)
{
	char want[LINE];
	bool good;

	if (is_expedited(r->event))
		return pure_step(r, cell, v, arg);
	start(r, v, arg);
	expected(r, arg, want);
	hand_event(r->event, arg);
	good = x.steps == 1 && x.cell == cell && !strcmp(x.came, want) &&
	       x.s.vars.state == r->next && !x.findings.fatal;
	if (!good)
		print_error("  got \"%s\", wanted \"%s\", in %s, cell %u, %u steps, %s\n", x.came,
		            want, session_state_name(x.s.vars.state), x.cell, x.steps,
		            x.findings.n ? x.findings.at[0].rule->name : "no finding");
	session_drop(&x.s, &x.pool.pool);
	test_pool_check(&x.pool);
	return good;
}

static void every_row_is_taken(void **state)
{
	size_t n, bad = 0;
	const struct session_row *rows = session_cells(&n);

	(void)state;
	memset(user, 'u', sizeof user);
	for (size_t i = 0; i < n; i++) {
		struct session_vars v;
		struct session_arg arg;
		char line[LINE];
		struct text t;
		bool found;

		if (rows[i].never)
			continue;
		text_init(&t, line, sizeof line);
		session_row_text(&t, &rows[i]);
		found = find(rows, n, i, &v, &arg);
		if (found && taken(&rows[i], i, &v, &arg))
			continue;
		print_error("%s: %s\n", line, found ? "not as the row says" : "no valuation");
		bad++;
	}
	assert_int_equal(bad, 0);
}

/* "//": what cannot be is no step, and changes nothing (A.4.1.3). */
static void impossible_is_no_step(void **state)
{
	size_t n;
	const struct session_row *rows = session_cells(&n);
	struct session_arg arg = { 0 };

	(void)state;
	for (size_t i = 0; i < n; i++) {
		struct session_vars v;

		if (!rows[i].never || is_expedited(rows[i].event))
			continue;
		session_vars_init(&v);
		v.fu = UNITS_RTSE;
		start(&rows[i], &v, &arg);
		hand_event(rows[i].event, &arg);
		assert_int_equal(x.steps, 0);
		assert_string_equal(x.came, "");
		assert_int_equal(x.s.vars.state, rows[i].state);
		session_drop(&x.s, &x.pool.pool);
		test_pool_check(&x.pool);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_taken),
		cmocka_unit_test(impossible_is_no_step),
	};

	return cmocka_run_group_tests_name("session rows", tests, NULL, NULL);
}
