/*
 * The class 0 machine of X.224: events through the table, TPDUs out.
 */
#include "cotp/cotp.h"
#include "cotp/cotp_rules.h"

#include <string.h>

enum {
	CODE_OCTET = 1,			/* where findings about a TPDU's kind point */
	DST_REF_OCTET = 2,
	CLASS_OCTET = 6,
	SIZE_CODE_MIN = 7,		/* 128 octets */
	SIZE_CODE_MAX = 11,		/* 2048, the largest of class 0 (13.3.4 b)) */
	ER_INVALID_MAX = 254 - 6,	/* LI, fixed part, C1 and its length (13.2.1, 13.12) */
};

/* What a step is made from. */
struct input {
	enum cotp_event event;
	uint16_t predicates;
	bool ours;			/* the TPDU is of our transport connection (6.9) */
	const struct service *service;	/* of a request or response */
	const struct cotp_unit *unit;	/* of a TPDU */
	const struct finding *fatal;	/* what makes the TPDU unusable, or NULL */
	uint8_t refusal;		/* DR reason */
};

static void finding(struct turn *t, enum cotp_rule rule, size_t octet)
{
	turn_finding(t, &cotp_rules[rule], octet);
}

/* ---- timers: one at a time is enough ---- */

static void timer_start(struct cotp *c, const struct turn *t, enum cotp_timer timer, int64_t us)
{
	c->timer = (uint8_t)timer;
	c->deadline_us = us > 0 && us < NEVER_US - t->now_us ? t->now_us + us : NEVER_US;
}

static void timer_stop(struct cotp *c)
{
	c->timer = COTP_TIMER_NONE;
	c->deadline_us = NEVER_US;
}

int64_t cotp_deadline(const struct cotp *c)
{
	return c->deadline_us;
}

/* ---- TPDU size (6.5.4 j), k)) ---- */

static uint16_t our_reference(const struct cotp *c)
{
	return c->config->reference ? c->config->reference : 1;
}

/* The CR we send; its sizes are also our limits as responder. */
static struct cotp_pdu our_cr(const struct cotp *c)
{
	const struct cotp_config *g = c->config;
	struct cotp_pdu cr = {
		.kind = COTP_CR, .src_ref = our_reference(c), .class = g->preferred_class,
		.size = g->size, .preferred = g->preferred, .alternatives = g->alternatives,
		.calling = c->local, .called = c->remote,
	};

	cr.has = (uint8_t)((g->size ? COTP_HAS_SIZE : 0) |
	                   (g->preferred ? COTP_HAS_PREFERRED : 0) |
	                   (g->alternatives.n ? COTP_HAS_ALTERNATIVES : 0) |
	                   (c->local.p ? COTP_HAS_CALLING : 0) |
	                   (c->remote.p ? COTP_HAS_CALLED : 0));
	return cr;
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* The largest size code that class 0 has and that stays within `octets`. */
static uint8_t size_code(uint32_t octets)
{
	uint8_t code = SIZE_CODE_MAX;

	while (code > SIZE_CODE_MIN && UINT32_C(1) << code > octets)
		code--;
	return code;
}

static void agree(struct cotp *c, uint32_t tpdu_size)
{
	c->tpdu_size = c->reader.tpdu_size = tpdu_size;
}

/* Puts our answer to the proposed size into the CC. */
static void answer_size(struct cotp *c, struct cotp_pdu *cc)
{
	struct cotp_pdu own = our_cr(c);
	uint32_t size = least(cotp_tpdu_size(&own), c->proposed_size);

	if (c->proposed & COTP_HAS_PREFERRED) {
		cc->preferred = size / 128;
		cc->has |= COTP_HAS_PREFERRED;
	} else if ((c->proposed & COTP_HAS_SIZE) || size < COTP_SIZE_DEFAULT) {
		cc->size = size_code(size);
		cc->has |= COTP_HAS_SIZE;
	}
	agree(c, cotp_tpdu_size(cc));
}

/* What our CR proposed for the parameter by which the CC answers. */
static uint32_t proposed_to(const struct cotp_pdu *cr, const struct cotp_pdu *cc)
{
	struct cotp_pdu same = *cr;

	/* A peer that does not know F0 answers as if it were not there. */
	if (!(cc->has & COTP_HAS_PREFERRED) && ((cc->has | cr->has) & COTP_HAS_SIZE))
		same.has = (uint8_t)(same.has & ~COTP_HAS_PREFERRED);
	return cotp_tpdu_size(&same);
}

static bool size_acceptable(struct cotp *c, struct turn *t, const struct cotp_pdu *cc)
{
	struct cotp_pdu cr = our_cr(c);
	uint8_t sizes = COTP_HAS_SIZE | COTP_HAS_PREFERRED;
	uint32_t proposed = proposed_to(&cr, cc);

	if ((cc->has & COTP_HAS_PREFERRED) && !(cr.has & COTP_HAS_PREFERRED)) {
		finding(t, COTP_CC_PREFERRED, CLASS_OCTET);
		return false;
	}
	if (!(cc->has & sizes)) {
		if (cr.has & sizes)
			finding(t, COTP_CC_SIZE_ABSENT, CLASS_OCTET);
		agree(c, proposed);
		return true;
	}
	if (cotp_tpdu_size(cc) > proposed) {
		finding(t, COTP_CC_SIZE, CLASS_OCTET);
		return false;
	}
	agree(c, cotp_tpdu_size(cc));
	return true;
}

/* ---- sending ---- */

static void send_tpdu(struct turn *t, const struct cotp_pdu *pdu)
{
	struct service *s = turn_service(t);

	s->user_data = cotp_build(t->nodes, pdu);
	s->tpdu = true;
	turn_pdu_value(t, LAYER_COTP, EVENT_PDU_OUT, pdu->kind, (struct octets){ NULL, 0 }, 0,
	               pdu->reason);
	turn_emit(t, LAYER_TPKT, SERVICE_DATA, REQUEST, s);
}

/* SRC-REF is zero: no reference is assigned to a connection that does not
 * come about (6.6.3). */
static void send_dr(struct turn *t, uint16_t dst_ref, uint32_t reason)
{
	send_tpdu(t, &(struct cotp_pdu){
		.kind = COTP_DR, .dst_ref = dst_ref,
		.reason = reason <= UINT8_MAX ? (uint8_t)reason : COTP_REASON_NOT_SPECIFIED });
}

static uint8_t cause_of(const struct finding *fatal)
{
	static const uint8_t causes[COTP_RULES_N] = {
		[COTP_CODE] = COTP_CAUSE_TPDU_TYPE,
		[COTP_UNEXPECTED] = COTP_CAUSE_TPDU_TYPE,
		[COTP_PARAMETER_UNDEFINED] = COTP_CAUSE_PARAMETER_CODE,
		[COTP_VALUE] = COTP_CAUSE_PARAMETER_VALUE,
		[COTP_CLASS] = COTP_CAUSE_PARAMETER_VALUE,
		[COTP_ALTERNATIVES] = COTP_CAUSE_PARAMETER_VALUE,
	};

	return causes[fatal->rule->id - LAYER_COTP * 256];
}

/* 13.12.4 a): the rejected TPDU up to and including the octet at fault. */
static void send_er(struct cotp *c, struct turn *t, uint16_t dst_ref, const struct input *in,
                    const struct finding *fault)
{
	struct octets invalid = in->unit->octets;

	if (invalid.n > fault->octet)
		invalid.n = fault->octet + 1;
	if (invalid.n > ER_INVALID_MAX)
		invalid.n = ER_INVALID_MAX;
	send_tpdu(t, &(struct cotp_pdu){
		.kind = COTP_ER, .dst_ref = dst_ref, .reason = cause_of(fault),
		.has = COTP_HAS_INVALID, .invalid = invalid });
	timer_start(c, t, COTP_TIMER_TS2, c->config->ts2_us);
}

/* ---- actions of the table ---- */

typedef void action_fn(struct cotp *c, struct turn *t, const struct input *in);

static void do_tconind(struct cotp *c, struct turn *t, const struct input *in)
{
	const struct cotp_pdu *cr = &in->unit->pdu;
	struct service *s = turn_service(t);
	struct service_names *names;

	timer_stop(c);
	c->peer_ref = cr->src_ref;
	c->peer_class = cr->class;
	c->proposed = cr->has & (COTP_HAS_SIZE | COTP_HAS_PREFERRED);
	c->proposed_size = cotp_tpdu_size(cr);
	names = turn_names(t, s);
	names->calling_tsel = cr->calling;
	names->called_tsel = cr->called;
	turn_emit(t, LAYER_COTP, SERVICE_CONNECT, INDICATION, s);
}

static void do_tconconf(struct cotp *c, struct turn *t, const struct input *in)
{
	const struct cotp_pdu *cc = &in->unit->pdu;
	struct service *s = turn_service(t);
	struct service_names *names;

	timer_stop(c);
	c->peer_ref = cc->src_ref;
	s->positive = true;
	names = turn_names(t, s);
	names->calling_tsel = cc->calling;
	names->called_tsel = cc->called;
	turn_emit(t, LAYER_COTP, SERVICE_CONNECT, CONFIRM, s);
}

static uint32_t why(const struct input *in)
{
	static const uint16_t reasons[COTP_EVENTS] = {
		[COTP_TCONREQ] = COTP_GONE_REQUEST, [COTP_NDISIND] = COTP_GONE_NETWORK,
		[COTP_IN_CC] = COTP_GONE_CC, [COTP_IN_ER] = COTP_GONE_ER,
		[COTP_TS1] = COTP_GONE_TIMEOUT, [COTP_TS2] = COTP_GONE_TIMEOUT,
	};

	if (in->event == COTP_IN_DR)
		return in->unit->pdu.reason;
	return reasons[in->event] ? reasons[in->event] : COTP_GONE_PROTOCOL;
}

static void disconnected(struct cotp *c, struct turn *t, uint32_t reason)
{
	struct service *s = turn_service(t);

	timer_stop(c);
	s->reason = reason;
	s->source = reason == COTP_REASON_NORMAL ? SOURCE_USER : SOURCE_PROVIDER;
	s->whose = LAYER_COTP;
	turn_emit(t, LAYER_COTP, SERVICE_DISCONNECT, INDICATION, s);
}

static void do_tdisind(struct cotp *c, struct turn *t, const struct input *in)
{
	disconnected(c, t, why(in));
}

static void do_ndisreq(struct cotp *c, struct turn *t, const struct input *in)
{
	(void)in;
	timer_stop(c);
	c->network = COTP_NETWORK_NONE;
	turn_emit(t, LAYER_TPKT, SERVICE_DISCONNECT, REQUEST, turn_service(t));
}

static void do_nconreq(struct cotp *c, struct turn *t, const struct input *in)
{
	(void)in;
	c->network = COTP_NETWORK_OPENING;
	turn_emit(t, LAYER_TPKT, SERVICE_CONNECT, REQUEST, turn_service(t));
}

static void do_cr(struct cotp *c, struct turn *t, const struct input *in)
{
	struct cotp_pdu cr = our_cr(c);

	(void)in;
	send_tpdu(t, &cr);
	timer_start(c, t, COTP_TIMER_TS1, c->config->ts1_us);
}

static void do_cc(struct cotp *c, struct turn *t, const struct input *in)
{
	const struct service_names *names = service_names(in->service);
	struct cotp_pdu cc = {
		.kind = COTP_CC, .dst_ref = c->peer_ref, .src_ref = our_reference(c),
		.calling = names->calling_tsel, .called = names->called_tsel,
	};

	cc.has = (uint8_t)((cc.calling.p ? COTP_HAS_CALLING : 0) |
	                   (cc.called.p ? COTP_HAS_CALLED : 0));
	answer_size(c, &cc);
	send_tpdu(t, &cc);
}

static void do_dr(struct cotp *c, struct turn *t, const struct input *in)
{
	if (in->event == COTP_TDISREQ)
		send_dr(t, c->peer_ref, in->service->reason);
	else if (in->event == COTP_IN_CR && in->fatal)
		send_er(c, t, in->unit->pdu.src_ref, in, in->fatal);	/* 6.6.3 note 1 */
	else
		send_dr(t, in->unit->pdu.src_ref, in->refusal);
	if (c->state == COTP_CLOSED)
		timer_start(c, t, COTP_TIMER_TS2, c->config->ts2_us);
}

/* [3]: 6.3.  The pieces of a DT follow by themselves. */
static void do_3(struct cotp *c, struct turn *t, const struct input *in)
{
	if (in->event == COTP_IN_DT)
		c->receiving = true;
	else
		turn_emit(t, LAYER_TPKT, SERVICE_DATA, REQUEST, in->service);
}

/* 6.22.1.3.  Never an ER for an ER (note 2), nor before both references are
 * known. */
static bool may_report(const struct cotp *c, const struct input *in)
{
	return c->config->on_error == COTP_ERROR_REPORT && c->state == COTP_OPEN &&
	       in->event != COTP_IN_ER && in->unit->octets.n;
}

static void do_6_22(struct cotp *c, struct turn *t, const struct input *in)
{
	struct finding fault = { &cotp_rules[COTP_UNEXPECTED], CODE_OCTET };

	if (in->fatal)
		fault = *in->fatal;
	else
		finding(t, in->event == COTP_IN_ER ? COTP_ER_RECEIVED : COTP_UNEXPECTED,
		        CODE_OCTET);
	if (may_report(c, in)) {
		send_er(c, t, c->peer_ref, in, &fault);
		c->error_sent = true;
		return;
	}
	c->state = COTP_CLOSED;
	disconnected(c, t, in->event == COTP_IN_ER ? COTP_GONE_ER : COTP_GONE_PROTOCOL);
	do_ndisreq(c, t, in);
}

static action_fn *const action_fns[COTP_ACTIONS] = {
	[COTP_DO_TCONIND] = do_tconind,
	[COTP_DO_TCONCONF] = do_tconconf,
	[COTP_DO_TDISIND] = do_tdisind,
	[COTP_DO_NDISREQ] = do_ndisreq,
	[COTP_DO_NCONREQ] = do_nconreq,
	[COTP_DO_CR] = do_cr,
	[COTP_DO_CC] = do_cc,
	[COTP_DO_DR] = do_dr,
	[COTP_DO_1] = do_ndisreq,	/* class 0: no other connection can be assigned to it */
	[COTP_DO_3] = do_3,
	[COTP_DO_6_22] = do_6_22,
};

/* ---- stepping ---- */

/* A.2.3: what a blank cell means. */
static void blank(struct cotp *c, struct turn *t, const struct input *in)
{
	if (in->unit && in->ours)
		do_6_22(c, t, in);
}

static void take_row(struct cotp *c, struct turn *t, const struct input *in,
                     const struct cotp_row *row)
{
	if (in->ours)
		c->state = row->next;
	for (size_t i = 0; i < COTP_ROW_ACTIONS && row->actions[i] != COTP_DO_END; i++)
		action_fns[row->actions[i]](c, t, in);
}

static void step(struct cotp *c, struct turn *t, const struct input *in)
{
	/* A TPDU of no connection we have meets the column of CLOSED. */
	enum cotp_state from = in->ours ? c->state : COTP_CLOSED;
	uint16_t cell = cotp_cell(from, in->event, in->predicates);

	if (cell == CELL_NONE) {
		blank(c, t, in);
		return;
	}
	take_row(c, t, in, &cotp_rows[cell]);
	turn_step(t, LAYER_COTP, cell, (uint8_t)from, in->ours ? c->state : COTP_CLOSED);
	if (c->network == COTP_NETWORK_NONE && c->state != COTP_CLOSED) {
		c->state = COTP_CLOSED;		/* it goes with its network connection */
		disconnected(c, t, COTP_GONE_PROTOCOL);
	}
}

/* ---- requests, responses, the network ---- */

static uint16_t request_predicates(struct cotp *c, struct turn *t)
{
	struct cotp_pdu cr = our_cr(c);

	if (cotp_cr_length(&cr) > COTP_CR_MAX) {
		finding(t, COTP_CR_TOO_LONG, 0);
		return COTP_P0;
	}
	return c->network == COTP_NETWORK_OPEN ? COTP_P3
	     : c->network == COTP_NETWORK_OPENING ? COTP_P4 : COTP_P2;
}

static void connect_request(struct cotp *c, struct turn *t, const struct service *s)
{
	const struct service_names *names = service_names(s);
	struct input in = { .event = COTP_TCONREQ, .ours = true, .service = s };

	if (c->state == COTP_CLOSED) {
		c->local = names->calling_tsel.p ? names->calling_tsel : c->config->local;
		c->remote = names->called_tsel.p ? names->called_tsel : c->config->remote;
		in.predicates = request_predicates(c, t);
	}
	step(c, t, &in);
}

static void simple(struct cotp *c, struct turn *t, enum cotp_event event, const struct service *s)
{
	step(c, t, &(struct input){ .event = event, .predicates = COTP_P5, .ours = true,
	                            .service = s });
}

static void network_up(struct cotp *c, struct turn *t, bool confirm)
{
	c->network = COTP_NETWORK_OPEN;
	c->receiving = c->in_tsdu = c->error_sent = false;
	if (confirm)
		simple(c, t, COTP_NCONCONF, NULL);
}

static void network_down(struct cotp *c, struct turn *t)
{
	c->network = COTP_NETWORK_NONE;
	timer_stop(c);
	simple(c, t, COTP_NDISIND, NULL);
}

static void timer(struct cotp *c, struct turn *t)
{
	enum cotp_event event = c->timer == COTP_TIMER_TS1 ? COTP_TS1 : COTP_TS2;

	if (c->timer == COTP_TIMER_NONE)
		return;
	timer_stop(c);
	if (c->state != COTP_CLOSED)
		finding(t, COTP_TIMEOUT, 0);
	simple(c, t, event, NULL);
}

static void from_above(struct cotp *c, struct turn *t, const struct event *e)
{
	const struct service *s = event_service(e);

	if (e->code == SERVICE_CONNECT && e->type == REQUEST)
		connect_request(c, t, s);
	else if (e->code == SERVICE_CONNECT)
		simple(c, t, COTP_TCONRESP, s);
	else if (e->code == SERVICE_DATA)
		simple(c, t, COTP_TDTREQ, s);
	else if (e->code == SERVICE_DISCONNECT)
		simple(c, t, COTP_TDISREQ, s);
	else if (e->code == SERVICE_TIMER)
		timer(c, t);
}

static void from_below(struct cotp *c, struct turn *t, const struct event *e)
{
	if (e->code == SERVICE_CONNECT)
		network_up(c, t, e->type == CONFIRM);
	else if (e->code == SERVICE_DISCONNECT)
		network_down(c, t);
}

void cotp_handle(struct cotp *c, struct turn *t, const struct event *e)
{
	if (e->layer == LAYER_TPKT)
		from_below(c, t, e);
	else
		from_above(c, t, e);
}

/* ---- TPDUs ---- */

static enum cotp_event event_of(const struct cotp *c, const struct cotp_pdu *pdu,
                                const struct finding *fatal)
{
	static const uint8_t events[COTP_KINDS] = {
		[COTP_NONE] = COTP_IN_INVALID, [COTP_CR] = COTP_IN_CR, [COTP_CC] = COTP_IN_CC,
		[COTP_DR] = COTP_IN_DR, [COTP_DC] = COTP_IN_DC, [COTP_DT] = COTP_IN_DT,
		[COTP_ED] = COTP_IN_ED, [COTP_AK] = COTP_IN_AK, [COTP_EA] = COTP_IN_EA,
		[COTP_RJ] = COTP_IN_RJ, [COTP_ER] = COTP_IN_ER,
	};

	bool judged = pdu->kind == COTP_CR || (pdu->kind == COTP_CC && c->state == COTP_WFCC);

	/* P1 and P6 judge an invalid CR, and an invalid CC that was awaited. */
	return fatal && !judged ? COTP_IN_INVALID : events[pdu->kind];
}

/* 6.9.1.4.2.  CR and DT of class 0 need no reference, nor has the ED of
 * RFC 1006 one; what cannot be decoded belongs to the only connection. */
static bool associated(const struct cotp *c, const struct input *in)
{
	const struct cotp_pdu *pdu = &in->unit->pdu;

	if (c->state == COTP_CLOSED || in->fatal || in->event == COTP_IN_CR ||
	    in->event == COTP_IN_DT || (in->event == COTP_IN_ED && pdu->dst_ref == 0))
		return true;
	return pdu->dst_ref == our_reference(c);
}

static bool selector_wrong(struct octets configured, struct octets received)
{
	return configured.p && !octets_equal(configured, received);
}

static bool cr_acceptable(struct cotp *c, struct turn *t, struct input *in)
{
	const struct cotp_pdu *cr = &in->unit->pdu;
	const struct cotp_config *g = c->config;

	if (in->fatal)
		return false;
	if (!(cotp_valid_classes(cr) & 1)) {
		finding(t, COTP_NO_CLASS, CLASS_OCTET);
		in->refusal = COTP_REASON_NEGOTIATION_FAILED;
	} else if (selector_wrong(g->local, cr->called)) {
		finding(t, COTP_CALLED, CLASS_OCTET);
		in->refusal = g->wrong_called ? g->wrong_called : COTP_REASON_ADDRESS_UNKNOWN;
	} else if (g->check_calling && selector_wrong(g->remote, cr->calling)) {
		finding(t, COTP_CALLING, CLASS_OCTET);
		in->refusal = COTP_REASON_ADDRESS_UNKNOWN;
	} else {
		return true;
	}
	return false;
}

static uint16_t cr_predicates(struct cotp *c, struct turn *t, struct input *in)
{
	const struct cotp_pdu *cr = &in->unit->pdu;

	if (c->state == COTP_CLOSED)
		return cr_acceptable(c, t, in) ? 0 : COTP_P1;
	if (in->fatal || cr->class != 4 || c->peer_class != 4 || cr->src_ref != c->peer_ref)
		return 0;
	return COTP_P9;
}

static uint16_t cc_predicates(struct cotp *c, struct turn *t, const struct input *in)
{
	const struct cotp_pdu *cc = &in->unit->pdu;
	uint16_t class = cc->class == 0 ? COTP_P5 : 0;

	if (c->state != COTP_WFCC || !in->ours)
		return class;
	if (in->fatal)
		return COTP_P6 | class;
	if (cc->class != 0) {
		finding(t, COTP_CC_CLASS, CLASS_OCTET);
		return COTP_P6;
	}
	return (size_acceptable(c, t, cc) ? COTP_P8 : COTP_P6) | class;
}

static uint16_t dr_predicates(const struct cotp *c, const struct input *in)
{
	return (uint16_t)(COTP_P5 | (in->unit->pdu.src_ref == 0 ? COTP_N4 : 0) |
	                  (c->peer_class == 4 ? COTP_N5 : 0));
}

static uint16_t tpdu_predicates(struct cotp *c, struct turn *t, struct input *in)
{
	switch (in->event) {
	case COTP_IN_CR:
		return cr_predicates(c, t, in);
	case COTP_IN_CC:
		return cc_predicates(c, t, in);
	case COTP_IN_DR:
		return dr_predicates(c, in);
	default:
		return COTP_P5;
	}
}

static uint32_t value_of(const struct cotp_unit *u)
{
	return u->pdu.kind == COTP_DT ? u->length : u->pdu.reason;
}

/* Octets that were gathered live on as long as the events that show them. */
static struct octets lasting(struct cotp *c, struct turn *t, const struct cotp_unit *u)
{
	struct gather *held = &c->reader.held;

	if (!held->p || u->octets.p != held->p)
		return u->octets;
	if (!kept_add(t->kept, (struct octets){ held->p, held->cap }))
		return (struct octets){ NULL, 0 };
	gather_init(held, held->max);
	return u->octets;
}

static void received(struct cotp *c, struct turn *t, const struct cotp_unit *u)
{
	struct finding fatal = { 0 };
	struct input in = { .unit = u };

	if (findings_fatal(t->findings)) {
		fatal = *findings_fatal(t->findings);
		in.fatal = &fatal;
	}
	c->receiving = false;
	turn_pdu_value(t, LAYER_COTP, EVENT_PDU_IN, u->pdu.kind, lasting(c, t, u), u->at,
	               value_of(u));
	in.event = event_of(c, &u->pdu, in.fatal);
	in.ours = associated(c, &in);
	if (!in.ours)
		finding(t, COTP_NOT_ASSOCIATED, DST_REF_OCTET);
	in.predicates = tpdu_predicates(c, t, &in);
	step(c, t, &in);
}

static void data_indication(struct cotp *c, struct turn *t, const struct cotp_unit *u)
{
	struct service *s = turn_service(t);

	s->data = u->data;
	s->offset = u->data_at;
	s->first = !c->in_tsdu;
	s->last = u->eot;
	c->in_tsdu = !u->eot;
	turn_emit(t, LAYER_COTP, SERVICE_DATA, INDICATION, s);
}

void cotp_push(struct cotp *c, struct turn *t, const struct tpkt_piece *piece)
{
	struct cotp_unit u;

	if (c->network != COTP_NETWORK_OPEN || c->error_sent)
		return;
	cotp_reader_push(&c->reader, t->pool, piece, t->findings, &u);
	if (u.begins)
		received(c, t, &u);
	if (c->receiving && (u.data.n || u.eot))
		data_indication(c, t, &u);
}

/* ---- the rest ---- */

void cotp_init(struct cotp *c, const struct cotp_config *config)
{
	memset(c, 0, sizeof *c);
	c->config = config;
	c->local = config->local;
	c->remote = config->remote;
	cotp_reader_init(&c->reader);
	c->tpdu_size = COTP_SIZE_DEFAULT;
	timer_stop(c);
}

void cotp_drop(struct cotp *c, struct pool *pool)
{
	cotp_reader_drop(&c->reader, pool);
}

size_t cotp_cut(const struct cotp *c, uint64_t left, uint8_t header[COTP_CUT_HEADER_OCTETS])
{
	size_t most = c->tpdu_size - COTP_DT_HEADER_OCTETS;
	size_t n = left < most ? (size_t)left : most;

	tpkt_header(header, COTP_DT_HEADER_OCTETS + n);
	header[TPKT_HEADER_OCTETS] = 2;			/* LI (X.224 13.7.1 a)) */
	header[TPKT_HEADER_OCTETS + 1] = 0xf0;
	header[TPKT_HEADER_OCTETS + 2] = n == left ? 0x80 : 0x00;
	return n;
}

const char *cotp_disconnect_name(uint32_t reason)
{
	static const char *const names[] = {
		"network", "protocol", "er", "cc", "timeout", "request",
	};
	const char *name;

	if (reason >= COTP_GONE_NETWORK)
		return reason <= COTP_GONE_REQUEST ? names[reason - COTP_GONE_NETWORK] : "?";
	name = cotp_reason_name((uint8_t)reason);
	return name ? name : "?";
}
