#include "observer/observer_machine.h"

#include "base/event.h"
#include "observer/observer.h"
#include "observer/observer_rules.h"

#define S(name) SESSION_EV_##name
#define P(name) PRESENTATION_EV_##name
#define A(name) ACSE_EV_##name

#define ROW(...) RULE_ROW(LAYER_OBSERVER, __VA_ARGS__)
const struct rule observer_rules[OBSERVER_RULES_N] = { OBSERVER_RULES(ROW) };
#undef ROW

/* ---- states ---- */

struct observer_state observer_state_first(bool any)
{
	struct observer_state s = { .cotp = COTP_CLOSED, .any = any };

	session_vars_init(&s.session);
	return s;
}

static bool vars_equal(const struct session_vars *a, const struct session_vars *b)
{
	return a->state == b->state && a->Vm == b->Vm && a->Va == b->Va && a->Vr == b->Vr &&
	       a->Vado == b->Vado && a->Vadi == b->Vadi && a->Vrspnb == b->Vrspnb &&
	       a->fu == b->fu && a->owned == b->owned && a->Vrsp == b->Vrsp &&
	       a->Vact == b->Vact && a->Vnextact == b->Vnextact && a->Vsc == b->Vsc &&
	       a->Vtca == b->Vtca && a->Vtrr == b->Vtrr && a->Vcoll == b->Vcoll &&
	       a->Vdnr == b->Vdnr && a->discard_rcv == b->discard_rcv &&
	       a->discard_snd == b->discard_snd && a->TIM == b->TIM;
}

bool observer_state_equal(const struct observer_state *a, const struct observer_state *b)
{
	return a->any == b->any && a->read == b->read && a->owed == b->owed &&
	       a->cotp == b->cotp && a->rl == b->rl && a->cr == b->cr &&
	       a->presentation == b->presentation && a->acse == b->acse &&
	       vars_equal(&a->session, &b->session);
}

void observer_states_add(struct observer_states *set, const struct observer_state *s)
{
	for (size_t i = 0; i < set->n; i++)
		if (observer_state_equal(&set->at[i], s))
			return;
	if (set->n < OBSERVER_STATES)
		set->at[set->n++] = *s;
	else
		set->full = true;
}

static bool refuse(struct observer_refusal *why, enum observer_rule rule, const char *state,
                   const char *event, const char *table)
{
	*why = (struct observer_refusal){
		.rule = &observer_rules[rule], .state = state, .event = event, .table = table,
		.wanted = -1,
	};
	return false;
}

/* ---- COTP ---- */

static bool refuse_cotp(const struct observer_state *s, enum cotp_event event,
                        struct observer_refusal *why)
{
	return refuse(why, OBSERVER_COTP_CELL, cotp_state_name((enum cotp_state)s->cotp),
	              cotp_event_name(event), "A.6");
}

/* One event of Table A.6; all its predicates but those given are false. */
static bool step_cotp(struct observer_state *s, enum cotp_event event, uint16_t predicates)
{
	uint16_t cell = cotp_cell((enum cotp_state)s->cotp, event, predicates);

	if (cell == CELL_NONE)
		return false;
	s->cotp = cotp_rows[cell].next;
	return true;
}

/* ---- ACSE ---- */

/* p01: an AARQ is acceptable; p02: this end has asked for the association. */
static bool step_acse(struct observer_state *s, enum acse_event event, enum acse_event shown,
                      struct observer_refusal *why)
{
	uint32_t holds = 1u << 1 | (s->session.Vtca ? 0u : 1u << 2);
	int row = acse_find((enum acse_state)s->acse, event, holds);

	if (row < 0)
		return refuse(why, OBSERVER_ACSE_CELL, acse_state_name((enum acse_state)s->acse),
		              acse_event_name(shown), "A.5");
	s->acse = acse_rows[row].next;
	return true;
}

/* The APDU that an SPDU carries is `wanted` if it could not be read, or was left
 * out (X.227 7.2.3.1: notes of the decoder). */
static enum acse_event apdu_of(const struct observer_unit *u, enum acse_event wanted)
{
	return u->apdu != A(NONE) ? (enum acse_event)u->apdu : wanted;
}

/* ---- presentation ---- */

/* p01 and p02 are local choices; all units are selected (p13, p14); p21 to p23 are the
 * decoder's. */
enum {
	HOLDS = 1u << 1 | 1u << 2 | 1u << 13 | 1u << 14 | 1u << 21 | 1u << 22 | 1u << 23,
};

/* p03 to p05, p08 */
static uint32_t holds(const struct observer_state *s, uint8_t outside)
{
	return HOLDS | (outside & OBSERVED_NOT_PROPOSED ? 0 : 1u << 3) |
	       (outside & OBSERVED_NOT_DEFINED ? 0 : 1u << 4 | 1u << 5) | (s->cr ? 1u << 8 : 0);
}

static bool refuse_presentation(const struct observer_state *s, enum presentation_event event,
                                enum presentation_event shown, uint32_t true_ones,
                                struct observer_refusal *why)
{
	const char *table = "A.21";
	int16_t predicate = 0;

	for (size_t i = 0; i < presentation_rows_n; i++) {
		const struct presentation_row *r = &presentation_rows[i];

		if (r->event != event)
			continue;
		table = r->table;
		for (size_t k = 0; r->state == s->presentation && k < PRESENTATION_IF_MAX; k++)
			if (predicate == 0 && r->when[k] > 0 && !(true_ones >> r->when[k] & 1))
				predicate = r->when[k];
	}
	refuse(why, OBSERVER_PRESENTATION_CELL,
	       presentation_state_name((enum presentation_state)s->presentation),
	       presentation_event_name(shown), table);
	why->predicate = predicate;
	return false;
}

static bool row_does(const struct presentation_row *r, enum presentation_event op)
{
	for (size_t i = 0; i < PRESENTATION_DO_MAX && r->ops[i] != P(NONE); i++)
		if (r->ops[i] == op)
			return true;
	return false;
}

/* [02], [07], [08] */
static void act_presentation(struct observer_state *s, const struct presentation_row *row)
{
	if (row_does(row, PRESENTATION_ACTIONS + 2))
		s->rl = s->cr = false;
	if (row_does(row, PRESENTATION_ACTIONS + 8))
		s->cr = s->rl;
	if (row_does(row, PRESENTATION_ACTIONS + 7))
		s->rl = true;
}

static const struct presentation_row *step_presentation(struct observer_state *s,
                                                        enum presentation_event event,
                                                        enum presentation_event shown,
                                                        uint8_t outside,
                                                        struct observer_refusal *why)
{
	uint32_t true_ones = holds(s, outside);
	int row = presentation_find((enum presentation_state)s->presentation, event, true_ones);

	if (row < 0) {
		refuse_presentation(s, event, shown, true_ones, why);
		return NULL;
	}
	act_presentation(s, &presentation_rows[row]);
	s->presentation = presentation_rows[row].next;
	return &presentation_rows[row];
}

bool observer_send_data(const struct observer_state *s, uint8_t outside,
                        struct observer_refusal *why)
{
	struct observer_state n = *s;

	return step_presentation(&n, P(P_DTreq), P(TD), outside, why);
}

/* ---- going up: what a session indication means above ---- */

static const uint8_t indications[SESSION_EVENTS] = {
	[S(SCONind)] = P(CP), [S(SCONcnfP)] = P(CPA), [S(SCONcnfN)] = P(CPR),
	[S(SUABind)] = P(ARU), [S(SPABind)] = P(S_PABind), [S(SDTind)] = P(TD),
	[S(STDind)] = P(TTD), [S(SCDind)] = P(TC), [S(SCDcnf)] = P(TCC),
	[S(SRELind)] = P(S_RELind), [S(SRELcnfP)] = P(S_RELcnfP), [S(SRELcnfN)] = P(S_RELcnfN),
	[S(SGTind)] = P(S_GTind), [S(SPTind)] = P(S_PTind), [S(SCGind)] = P(S_CGind),
	[S(SSYNmind)] = P(S_SYNmind), [S(SSYNmcnf)] = P(S_SYNmcnf),
	[S(SSYNMind)] = P(S_SYNMind), [S(SSYNMcnf)] = P(S_SYNMcnf),
	[S(SACTSind)] = P(S_ACTSind), [S(SACTRind)] = P(S_ACTRind),
	[S(SACTEind)] = P(S_ACTEind), [S(SACTEcnf)] = P(S_ACTEcnf),
	[S(SACTIind)] = P(S_ACTIind), [S(SACTIcnf)] = P(S_ACTIcnf),
	[S(SACTDind)] = P(S_ACTDind), [S(SACTDcnf)] = P(S_ACTDcnf), [S(SUERind)] = P(S_UERind),
	[S(SPERind)] = P(S_PERind),
};

static enum presentation_event indicated(enum session_event op, const struct observer_unit *u)
{
	if (op == S(SUABind) && u->ppdu == P(ARP))
		return P(ARP);
	if (op == S(SCONcnfN) && u->ppdu == P(NONE))
		return P(S_CONcnfN);
	return (enum presentation_event)indications[op];
}

static const struct {
	uint8_t op, event;
} to_acse[] = {
	{ P(P_CONind), A(AARQ) }, { P(P_CONcnfP), A(AAREP) }, { P(P_CONcnfN), A(AAREN) },
	{ P(P_RELind), A(RLRQ) }, { P(P_RELcnfP), A(RLREP) }, { P(P_RELcnfN), A(RLREN) },
	{ P(P_UABind), A(ABRT) }, { P(P_PABind), A(P_PABind) },
};

static bool up_to_acse(struct observer_state *s, const struct presentation_row *row,
                       const struct observer_unit *u, struct observer_refusal *why)
{
	for (size_t i = 0; i < sizeof to_acse / sizeof *to_acse; i++) {
		enum acse_event event = (enum acse_event)to_acse[i].event;

		if (u->x410 || !row_does(row, (enum presentation_event)to_acse[i].op))
			continue;
		if (event == A(AAREN) && u->apdu == A(NONE))
			event = A(P_CONcnfN);
		else if (event == A(AAREP) || event == A(AARQ))
			event = apdu_of(u, event);
		return step_acse(s, event, event, why);
	}
	return true;
}

static bool go_up(struct observer_state *s, enum session_event op, const struct observer_unit *u,
                  struct observer_refusal *why)
{
	enum presentation_event event = indicated(op, u);
	const struct presentation_row *row;

	/* A.4.1.1: who has no connection any more is told nothing. */
	if (event == P(NONE) || (s->presentation == PRESENTATION_STAI0 && event != P(CP)))
		return true;
	row = step_presentation(s, event, event, u->outside, why);
	return row && up_to_acse(s, row, u, why);
}

/* ---- what an SPDU shows of a state that is not known ---- */

static void show_connect(const struct observer_state *s, const struct observer_unit *u, bool sent,
                         struct observer_states *out)
{
	struct observer_state n = observer_state_first(false);

	n.read = s->read;
	n.cotp = COTP_OPEN;
	n.session.Vtca = !sent;
	n.session.state = sent ? SESSION_STA02A : SESSION_STA08;
	if (u->arg.overflow)
		n.session.state = sent ? SESSION_STA02B : SESSION_STA01D;
	if (n.session.state == SESSION_STA01D)
		n.owed = S(OA);
	n.presentation = sent ? PRESENTATION_STAI1 : PRESENTATION_STAI2;
	n.acse = sent || u->x410 ? ACSE_STA1 : ACSE_STA2;
	observer_states_add(out, &n);
	if (sent)
		return;
	n.owed = S(RF_nr);
	n.session.state = SESSION_STA16;
	observer_states_add(out, &n);
}

/* An activity begins: all available tokens are with its sender, the numbers are
 * known.  Where the connection was not seen to be made it has the functional units
 * of RTSE (X.218 8.3), with one or the other duplex. */
static void show_activity(const struct observer_state *s, const struct observer_unit *u, bool sent,
                          struct observer_states *out)
{
	static const uint16_t guesses[] = {
		UNITS_RTSE, (UNITS_RTSE & ~UNIT_HALF_DUPLEX) | UNIT_DUPLEX,
	};
	bool known = s->session.fu & UNIT_ACTIVITY;
	struct observer_state n = *s;

	n.any = false;
	n.owed = S(NONE);
	n.cotp = COTP_OPEN;
	n.presentation = PRESENTATION_STAt0;
	n.acse = ACSE_STA5;
	for (size_t i = 0; i < (known ? 1u : 4u); i++) {
		struct session_vars *v = &n.session;
		bool acceptor = known ? v->Vtca : i & 1;
		uint16_t units = known ? v->fu : guesses[i / 2];

		session_vars_init(v);
		v->Vtca = acceptor;
		v->fu = units;
		v->state = SESSION_STA713;
		v->Vact = true;
		v->Vr = 1;
		v->Va = v->Vm = u->code == S(AR) ? (int64_t)u->arg.serial + 1 : 1;
		v->owned = sent ? TOKEN_DATA | TOKEN_MINOR | TOKEN_MAJOR | TOKEN_RELEASE : 0;
		observer_states_add(out, &n);
	}
}

static void show_transport(const struct observer_state *s, const struct observer_unit *u,
                           bool sent, struct observer_states *out)
{
	struct observer_state n = observer_state_first(false);

	n.read = s->read;
	n.cotp = sent ? COTP_WFCC : COTP_WFTRESP;
	n.session.state = sent ? SESSION_STA01B : SESSION_STA01;
	(void)u;
	observer_states_add(out, &n);
}

static void show(const struct observer_state *s, const struct observer_unit *u, bool sent,
                 struct observer_states *out)
{
	bool spdu = u->kind == UNIT_SPDU && !u->bad;

	if (spdu && u->code == S(CN))
		show_connect(s, u, sent, out);
	else if (spdu && (u->code == S(AS) || u->code == S(AR)))
		show_activity(s, u, sent, out);
	else if (u->kind == UNIT_TPDU && u->code == COTP_CR)
		show_transport(s, u, sent, out);
	else
		observer_states_add(out, s);
}

/* ---- why a session table has no entry ---- */

static int16_t false_predicate(const struct session_row *row, const struct session_vars *v,
                               const struct session_arg *arg)
{
	for (size_t i = 0; i < SESSION_IF_MAX && row->when[i]; i++) {
		int16_t n = row->when[i];
		bool holds = session_predicate((unsigned)(n < 0 ? -n : n), v, row->event, arg);

		if (holds != (n > 0))
			return n;
	}
	return 0;
}

/* `event`: whose cell it is; `shown`: what was seen on the wire. */
static bool refuse_session(const struct session_vars *v, enum session_event event,
                           enum session_event shown, const struct session_arg *arg,
                           struct observer_refusal *why)
{
	*why = (struct observer_refusal){
		.rule = &observer_rules[OBSERVER_SESSION_BLANK], .wanted = -1, .open = true,
		.cell = (uint8_t)event, .shown = (uint8_t)shown, .vars = *v, .arg = *arg,
	};
	return false;
}

void observer_explain(struct observer_refusal *why)
{
	enum observer_rule rule = OBSERVER_SESSION_BLANK;
	size_t n;
	const struct session_row *rows = session_cells(&n);

	if (!why->open)
		return;
	why->open = false;
	why->table = "A.16";
	why->state = session_state_name((enum session_state)why->vars.state);
	why->event = session_event_name((enum session_event)why->shown);
	for (size_t i = 0; i < n; i++) {
		if (rows[i].event != why->cell)
			continue;
		why->table = rows[i].table;
		if (rows[i].state != why->vars.state)
			continue;
		rule = rows[i].never ? OBSERVER_SESSION_NEVER : OBSERVER_SESSION_IF;
		if (why->predicate == 0)
			why->predicate = false_predicate(&rows[i], &why->vars, &why->arg);
	}
	if (why->rule == &observer_rules[OBSERVER_SESSION_BLANK])
		why->rule = &observer_rules[rule];
	if (why->rule != &observer_rules[OBSERVER_SESSION_IF])
		why->predicate = 0;
}

/* ---- reading ---- */

/* What a step sends at once is owed. */
static bool perform(struct observer_state *n, const struct session_step *step,
                    const struct observer_unit *u, struct observer_refusal *why)
{
	for (size_t i = 0; i < step->n; i++) {
		enum session_event op = (enum session_event)step->ops[i];
		enum session_group group = session_event_group(op);

		if (group == SESSION_SPDU || group == SESSION_TO_PEER)
			n->owed = (uint8_t)op;
		else if (op == S(TDISreq))
			n->cotp = COTP_CLOSED;
		else if (group == SESSION_TO_USER && !go_up(n, op, u, why))
			return false;
	}
	return true;
}

/* X.225 7.4.1 c), Table A.1 note 1: the Token Item of an AC is a PT. */
static bool tokens_asked(struct observer_state *n, const struct observer_unit *u,
                         struct observer_refusal *why)
{
	struct session_arg arg = { .tokens = u->asked };
	struct session_step step = session_step(&n->session, S(PT), &arg);

	if (!u->asked)
		return true;
	return step.verdict == SESSION_VALID ||
	       refuse_session(&n->session, S(PT), S(PT), &arg, why);
}

/* `event` with one set of local choices. */
static bool read_event(const struct observer_state *s, const struct observer_unit *u,
                       enum session_event event, const struct session_arg *arg,
                       struct observer_states *out, struct observer_refusal *why)
{
	struct session_step step = session_step(&s->session, event, arg);
	struct observer_state n = *s;

	if (step.verdict != SESSION_VALID)
		return refuse_session(&s->session, event, event, arg, why);
	session_advance(&n.session, &step, event, arg);
	if (!perform(&n, &step, u, why) || !tokens_asked(&n, u, why))
		return false;
	observer_states_add(out, &n);
	return true;
}

/* Nobody is there any more to read it, or who reads it discards it (7.9.2), even
 * where the tables have predicates that rest on an AC that was not read. */
static bool is_over(const struct observer_state *s, const struct observer_unit *u)
{
	struct session_step step;

	if (s->cotp == COTP_CLOSED || s->session.state == SESSION_STA01)
		return true;
	if (s->session.state != SESSION_STA16 && s->session.state != SESSION_STA01A)
		return false;
	step = session_step(&s->session, (enum session_event)u->code, &u->arg);
	return step.verdict == SESSION_INVALID;
}

/* p02, p64 and [9]; with p76 the CN has two. */
static bool is_choice(enum session_event e)
{
	return e == S(AB_nr) || e == S(AB_r) || e == S(FN_nr) || e == S(FN_r) || e == S(RF_nr) ||
	       e == S(RF_r) || e == S(CN);
}

static unsigned choices(enum session_event e)
{
	return e == S(CN) ? 4 : is_choice(e) ? 2 : 1;
}

static void read_spdu(const struct observer_state *s, const struct observer_unit *u,
                      struct observer_states *out, struct observer_refusal *why)
{
	if (is_over(s, u)) {
		observer_states_add(out, s);
		return;
	}
	if (s->cotp != COTP_OPEN) {
		refuse_cotp(s, COTP_IN_DT, why);
		return;
	}
	for (unsigned i = choices((enum session_event)u->code); i-- > 0;) {
		struct session_arg arg = u->arg;

		arg.choice = i & 1;
		arg.refuse = i & 2;
		read_event(s, u, (enum session_event)u->code, &arg, out, why);
	}
}

/* T-DISCONNECT indication. */
static void read_close(const struct observer_state *s, struct observer_states *out)
{
	struct session_arg arg = { 0 };
	struct session_step step = session_step(&s->session, S(TDISind), &arg);
	struct observer_state n = *s;

	if (step.verdict == SESSION_VALID)
		session_advance(&n.session, &step, S(TDISind), &arg);
	n.cotp = COTP_CLOSED;
	n.presentation = PRESENTATION_STAI0;
	n.acse = ACSE_STA0;
	observer_states_add(out, &n);
}

/* TCONcnf: the CN leaves, with or without more user data than it takes (p204). */
static void read_cc(const struct observer_state *s, const struct observer_unit *u,
                    struct observer_states *out, struct observer_refusal *why)
{
	struct observer_state n = *s;

	if (!step_cotp(&n, COTP_IN_CC, COTP_P5 | COTP_P8)) {
		refuse_cotp(s, COTP_IN_CC, why);
		return;
	}
	for (unsigned i = 0; i < 2; i++) {
		struct session_arg arg = { .overflow = i };

		if (n.cotp == COTP_OPEN)
			read_event(&n, u, S(TCONcnf), &arg, out, why);
	}
	if (n.cotp != COTP_OPEN)
		read_close(&n, out);
}

static void read_cr(const struct observer_state *s, struct observer_states *out,
                    struct observer_refusal *why)
{
	struct observer_state n = *s;

	if (!step_cotp(&n, COTP_IN_CR, 0)) {
		refuse_cotp(s, COTP_IN_CR, why);
		return;
	}
	observer_states_add(out, &n);
}

static void read_tpdu(const struct observer_state *s, const struct observer_unit *u,
                      struct observer_states *out, struct observer_refusal *why)
{
	if (u->code == COTP_CR)
		read_cr(s, out, why);
	else if (u->code == COTP_CC)
		read_cc(s, u, out, why);
	else if (u->code == COTP_DR || (u->code == COTP_ER && s->cotp == COTP_WFCC))
		read_close(s, out);
	else
		observer_states_add(out, s);
}

void observer_read(const struct observer_state *s, const struct observer_unit *u,
                   struct observer_states *out, struct observer_refusal *why)
{
	if (s->any && u->kind == UNIT_CLOSE) {
		observer_states_add(out, s);
	} else if (s->any) {
		show(s, u, false, out);
		if (u->aged)
			observer_states_add(out, s);
	} else if (s->owed != S(NONE)) {
		if (u->kind == UNIT_CLOSE)	/* it will never leave */
			read_close(s, out);
	} else if (u->kind == UNIT_SPDU) {
		read_spdu(s, u, out, why);
	} else if (u->kind == UNIT_TPDU) {
		read_tpdu(s, u, out, why);
	} else if (u->kind == UNIT_CLOSE) {
		read_close(s, out);
	}
	if (u->bad && !s->any) {
		struct observer_state n = *s;

		n.any = true;
		n.owed = S(NONE);
		observer_states_add(out, &n);
	}
}

bool observer_read_invalid(const struct observer_state *s, struct observer_state *out)
{
	struct session_step step = session_invalid(&s->session);

	if (s->any || s->owed != S(NONE) || s->cotp != COTP_OPEN || step.to != SESSION_STA16)
		return false;
	*out = *s;
	session_advance(&out->session, &step, S(NONE), &(struct session_arg){ 0 });
	out->presentation = PRESENTATION_STAI0;
	out->acse = ACSE_STA0;
	if (step.n > 0)
		out->owed = S(AB_nr);
	return true;
}

/* ---- sending ---- */

/* The event of the user that an SPDU comes from; 0: the SPM sends it by itself. */
static const uint8_t requests[SESSION_EVENTS] = {
	[S(AC)] = S(SCONrspP), [S(RF_nr)] = S(SCONrspN), [S(RF_r)] = S(SCONrspN),
	[S(DT)] = S(SDTreq), [S(TD)] = S(STDreq), [S(CN)] = S(SCONreq),
	[S(AD)] = S(SACTDreq), [S(ADA)] = S(SACTDrsp), [S(AE)] = S(SACTEreq),
	[S(AI)] = S(SACTIreq), [S(AIA)] = S(SACTIrsp), [S(AR)] = S(SACTRreq),
	[S(AS)] = S(SACTSreq), [S(CD)] = S(SCDreq), [S(CDA)] = S(SCDrsp),
	[S(DN)] = S(SRELrspP), [S(NF)] = S(SRELrspN), [S(FN_nr)] = S(SRELreq),
	[S(FN_r)] = S(SRELreq), [S(GT)] = S(SGTreq), [S(GTC)] = S(SCGreq),
	[S(MAP)] = S(SSYNMreq), [S(MIA)] = S(SSYNmrsp), [S(MIP)] = S(SSYNmreq),
	[S(MIP_d)] = S(SSYNmdreq), [S(PT)] = S(SPTreq), [S(RA)] = S(SRSYNrsp),
	[S(RS_a)] = S(SRSYNreq_a), [S(RS_r)] = S(SRSYNreq_r), [S(RS_s)] = S(SRSYNreq_s),
	[S(AB_nr)] = S(SUABreq), [S(AB_r)] = S(SUABreq), [S(ED)] = S(SUERreq),
	[S(MAA_AEA)] = S(SACTErsp),
};

static const uint8_t primitives[SESSION_EVENTS] = {
	[S(CN)] = P(P_CONreq), [S(AC)] = P(P_CONrspP), [S(RF_nr)] = P(P_CONrspN),
	[S(RF_r)] = P(P_CONrspN), [S(FN_nr)] = P(P_RELreq), [S(FN_r)] = P(P_RELreq),
	[S(DN)] = P(P_RELrspP), [S(NF)] = P(P_RELrspN), [S(DT)] = P(P_DTreq),
	[S(TD)] = P(P_TDreq), [S(CD)] = P(P_CDreq), [S(CDA)] = P(P_CDrsp), [S(GT)] = P(P_GTreq),
	[S(PT)] = P(P_PTreq), [S(GTC)] = P(P_CGreq), [S(MIP)] = P(P_SYNmreq),
	[S(MIP_d)] = P(P_SYNmreq), [S(MIA)] = P(P_SYNmrsp), [S(MAP)] = P(P_SYNMreq),
	[S(MAA_AEA)] = P(P_ACTErsp), [S(AS)] = P(P_ACTSreq), [S(AR)] = P(P_ACTRreq),
	[S(AE)] = P(P_ACTEreq), [S(AI)] = P(P_ACTIreq), [S(AIA)] = P(P_ACTIrsp),
	[S(AD)] = P(P_ACTDreq), [S(ADA)] = P(P_ACTDrsp), [S(ED)] = P(P_UERreq),
};

static const struct {
	uint8_t spdu, event, wanted;
} from_acse[] = {
	{ S(CN), A(A_ASCreq), A(AARQ) }, { S(AC), A(A_ASCrspP), A(AAREP) },
	{ S(RF_nr), A(A_ASCrspN), A(AAREN) }, { S(RF_r), A(A_ASCrspN), A(AAREN) },
	{ S(FN_nr), A(A_RLSreq), A(RLRQ) }, { S(FN_r), A(A_RLSreq), A(RLRQ) },
	{ S(DN), A(A_RLSrspP), A(RLREP) }, { S(NF), A(A_RLSrspN), A(RLREN) },
};

static bool send_apdu(struct observer_state *n, const struct observer_unit *u,
                      struct observer_refusal *why)
{
	for (size_t i = 0; i < sizeof from_acse / sizeof *from_acse; i++) {
		enum acse_event apdu = apdu_of(u, (enum acse_event)from_acse[i].wanted);

		if (from_acse[i].spdu != u->code)
			continue;
		if (apdu != from_acse[i].wanted)
			return refuse(why, OBSERVER_ACSE_CELL,
			              acse_state_name((enum acse_state)n->acse),
			              acse_event_name(apdu), "A.5");
		return step_acse(n, (enum acse_event)from_acse[i].event, apdu, why);
	}
	return true;
}

static bool send_abort(struct observer_state *n, const struct observer_unit *u,
                       struct observer_refusal *why)
{
	if (u->ppdu == P(ARU) && n->presentation != PRESENTATION_STAI0 &&
	    !step_presentation(n, P(P_UABreq), P(ARU), u->outside, why))
		return false;
	n->presentation = PRESENTATION_STAI0;
	n->acse = ACSE_STA0;
	return true;
}

/* A refusal by the presentation provider or ACSE (p01) needs no user. */
static bool send_refusal(struct observer_state *n, const struct observer_unit *u,
                         struct observer_refusal *why)
{
	bool could = n->presentation != PRESENTATION_STAt0;

	send_abort(n, u, why);
	return could;
}

static bool send_above(struct observer_state *n, const struct observer_unit *u,
                       struct observer_refusal *why)
{
	enum presentation_event request = (enum presentation_event)primitives[u->code];

	if (u->code == S(AB_nr) || u->code == S(AB_r))
		return send_abort(n, u, why);
	if ((u->code == S(RF_nr) || u->code == S(RF_r)) && !u->outside && send_refusal(n, u, why))
		return true;
	if (request == P(NONE))
		return true;
	return step_presentation(n, request, u->ppdu != P(NONE) ? (enum presentation_event)u->ppdu
	                                                        : request,
	                         u->outside, why) &&
	       (u->x410 || send_apdu(n, u, why));
}

/* MIP, MAP, AE and RS (abandon) bear V(M), MAA and AEA V(M) - 1. */
static bool serial_fits(const struct observer_state *s, const struct observer_unit *u,
                        struct observer_refusal *why)
{
	bool last = u->code == S(MAA_AEA);
	bool next = u->code == S(MIP) || u->code == S(MIP_d) || u->code == S(MAP) ||
	            u->code == S(AE) || u->code == S(RS_a);
	int64_t wanted = s->session.Vm - last;

	if (!u->has_serial || !(last || next) || u->arg.serial == wanted)
		return true;
	refuse(why, OBSERVER_SESSION_SERIAL,
	       session_state_name((enum session_state)s->session.state),
	       session_event_name((enum session_event)u->code), "A.10");
	why->wanted = wanted;
	return false;
}

static bool step_sends(const struct session_step *step, enum session_event spdu)
{
	for (size_t i = 0; i < step->n; i++) {
		enum session_event op = (enum session_event)step->ops[i];

		if (op == spdu || (spdu == S(MIP_d) && op == S(MIP)) ||
		    (spdu == S(MAA_AEA) && (op == S(MAA) || op == S(AEA))))
			return true;
	}
	return false;
}

/* One request with one local choice. */
static void send_request(const struct observer_state *s, const struct observer_unit *u,
                         enum session_event request, bool choice, struct observer_states *out,
                         struct observer_refusal *why)
{
	struct observer_state n = *s;
	struct session_arg arg = u->arg;
	struct session_step step;

	arg.choice = choice;
	step = session_step(&s->session, request, &arg);
	if (step.verdict != SESSION_VALID || !step_sends(&step, (enum session_event)u->code)) {
		refuse_session(&s->session, request, (enum session_event)u->code, &arg, why);
		return;
	}
	session_advance(&n.session, &step, request, &arg);
	if (serial_fits(s, u, why) && send_above(&n, u, why))
		observer_states_add(out, &n);
}

/* AB of the SPM: A.4.1.2 a), A.4.3.2 a). */
static void send_provider_abort(const struct observer_state *s, struct observer_states *out)
{
	struct observer_state n;

	if (!observer_read_invalid(s, &n))
		return;
	n.owed = S(NONE);
	observer_states_add(out, &n);
}

static bool owes(const struct observer_state *s, const struct observer_unit *u)
{
	enum session_event spdu = (enum session_event)u->code;

	if (s->owed == S(CN) && spdu == S(CN))
		return u->arg.overflow == (s->session.state == SESSION_STA02B);
	return s->owed == spdu;
}

static void send_owed(const struct observer_state *s, const struct observer_unit *u,
                      struct observer_states *out, struct observer_refusal *why)
{
	struct observer_state n = *s;

	if (!owes(s, u)) {
		refuse(why, OBSERVER_SESSION_ANSWER,
		       session_state_name((enum session_state)s->session.state),
		       session_event_name((enum session_event)u->code), NULL);
		return;
	}
	n.owed = S(NONE);
	if (u->code != S(CN) || send_above(&n, u, why))
		observer_states_add(out, &n);
}

/* [51]: all CDOs leave one after the other; ER: A.4.1.2 b) leaves it to the SPM when
 * to report an error, and the state is then what its reader makes of it. */
static bool send_alone(const struct observer_state *s, const struct observer_unit *u,
                       struct observer_states *out)
{
	struct observer_state n = *s;

	if (u->code == S(CDO) && s->session.state == SESSION_STA02A) {
		observer_states_add(out, s);
		return true;
	}
	if (u->code != S(ER) || !(s->session.fu & UNIT_EXCEPTIONS))
		return false;
	n.any = true;
	observer_states_add(out, &n);
	return true;
}

static void send_spdu(const struct observer_state *s, const struct observer_unit *u,
                      struct observer_states *out, struct observer_refusal *why)
{
	enum session_event request = (enum session_event)requests[u->code];
	uint8_t before = out->n;

	if (s->cotp != COTP_OPEN) {
		refuse_cotp(s, COTP_IN_DT, why);
		return;
	}
	if (s->owed != S(NONE)) {
		send_owed(s, u, out, why);
		return;
	}
	if (send_alone(s, u, out))
		return;
	if (request == S(NONE)) {
		refuse_session(&s->session, (enum session_event)u->code,
		               (enum session_event)u->code, &u->arg, why);
		why->rule = &observer_rules[OBSERVER_SESSION_ANSWER];
		return;
	}
	if (u->accuses) {	/* of what is looked for before it is taken as it is */
		refuse_session(&s->session, S(SUABreq), S(AB_nr), &u->arg, why);
		return;
	}
	/* Last what is usual: the reason is then that of it. */
	for (unsigned choice = is_choice((enum session_event)u->code) ? 2 : 1; choice-- > 0;) {
		if (u->code == S(MAA_AEA) && s->session.state != SESSION_STA10B)
			request = S(SSYNMrsp);
		send_request(s, u, request, choice, out, why);
	}
	if (u->code == S(AB_nr) && !u->outside && out->n == before)
		send_provider_abort(s, out);
}

/* A DR that is no answer to a CR: class 0 has none (6.7.1.4), peers send it. */
static void send_dr(const struct observer_state *s, struct observer_states *out,
                    struct observer_refusal *why)
{
	bool refusal = s->cotp == COTP_WFTRESP || s->cotp == COTP_CLOSED;

	read_close(s, out);
	if (!refusal)
		refuse(why, OBSERVER_DR_OPEN, cotp_state_name((enum cotp_state)s->cotp), "DR",
		       NULL);
}

static void send_connect(const struct observer_state *s, const struct observer_unit *u,
                         struct observer_states *out, struct observer_refusal *why)
{
	bool cr = u->code == COTP_CR;
	enum session_event event = cr ? S(SCONreq) : S(TCONind);
	struct session_arg arg = { 0 };
	struct session_step step = session_step(&s->session, event, &arg);
	struct observer_state n = *s;

	if (!step_cotp(&n, cr ? COTP_TCONREQ : COTP_TCONRESP, COTP_P3)) {
		refuse_cotp(s, cr ? COTP_IN_CR : COTP_IN_CC, why);
		return;
	}
	if (step.verdict == SESSION_VALID)
		session_advance(&n.session, &step, event, &arg);
	observer_states_add(out, &n);
}

static void send_tpdu(const struct observer_state *s, const struct observer_unit *u,
                      struct observer_states *out, struct observer_refusal *why)
{
	if (u->code == COTP_CR || u->code == COTP_CC)
		send_connect(s, u, out, why);
	else if (u->code == COTP_DR)
		send_dr(s, out, why);
	else
		observer_states_add(out, s);	/* ER: 6.22; others: cotp.code-class */
}

void observer_send(const struct observer_state *s, const struct observer_unit *u,
                   struct observer_states *out, struct observer_refusal *why)
{
	struct observer_state n = *s;

	if (u->kind == UNIT_UNKNOWN || u->kind == UNIT_CLOSE) {
		n.any = true;
		observer_states_add(out, &n);
	} else if (s->any) {
		show(s, u, true, out);
	} else if (u->kind == UNIT_SPDU) {
		send_spdu(s, u, out, why);
	} else {
		send_tpdu(s, u, out, why);
	}
}
