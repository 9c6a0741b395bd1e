/*
 * What the rows of the presentation tables do.
 */
#include "presentation/presentation_input.h"

/* ---- going up ---- */

static struct service *service_up(struct turn *t, const struct presentation_input *in)
{
	struct service *s = turn_service_copy(t, in->s);

	s->data = in->value;
	s->context = in->context;
	if (in->value.n)
		s->offset += (uint64_t)(in->value.p - in->s->data.p);
	return s;
}

static void pass_up(struct turn *t, const struct presentation_input *in)
{
	bool same = in->s->data.n == 0 && !in->value.n && in->context == in->s->context;

	turn_emit(t, LAYER_PRESENTATION, in->kind, in->type, same ? in->s : service_up(t, in));
}

static struct octets in_one_piece(const struct ber_string *s)
{
	return s->segmented ? (struct octets){ NULL, 0 } : s->raw;
}

static void do_CONind(struct presentation *p, struct turn *t, const struct presentation_input *in)
{
	struct service *s = service_up(t, in);
	struct service_names *names = turn_names(t, s);

	p->version_1 = !(in->s->versions & 2);
	names->calling_psel = in_one_piece(&in->pdu->calling);
	names->called_psel = in_one_piece(&in->pdu->called);
	s->contexts = &p->contexts;
	s->x410 = p->x410;
	turn_emit(t, LAYER_PRESENTATION, SERVICE_CONNECT, INDICATION, s);
}

static void do_CONcnfP(struct presentation *p, struct turn *t, const struct presentation_input *in)
{
	struct service *s = service_up(t, in);

	p->version_1 = !(in->s->versions & 2);
	turn_names(t, s)->called_psel = in_one_piece(&in->pdu->responding);
	s->contexts = &p->contexts;
	turn_emit(t, LAYER_PRESENTATION, SERVICE_CONNECT, CONFIRM, s);
}

static void do_CONcnfN(struct presentation *p, struct turn *t, const struct presentation_input *in)
{
	struct service *s = service_up(t, in);

	if (in->event == EV(CPR)) {
		bool provider = presentation_has(in->pdu, PRESENTATION_REASON);

		s->source = provider ? SOURCE_PROVIDER : SOURCE_USER;
		s->reason = in->pdu->reason;
		s->whose = LAYER_PRESENTATION;
		if (provider)
			s->data = (struct octets){ NULL, 0 };
	} else {
		s->source = SOURCE_PROVIDER;
		s->whose = s->whose ? s->whose : (uint8_t)LAYER_SESSION;
	}
	s->contexts = &p->contexts;
	turn_emit(t, LAYER_PRESENTATION, SERVICE_CONNECT, CONFIRM, s);
}

static void do_UABind(struct presentation *p, struct turn *t, const struct presentation_input *in)
{
	struct service *s = service_up(t, in);

	(void)p;
	s->source = SOURCE_USER;
	turn_emit(t, LAYER_PRESENTATION, SERVICE_U_ABORT, INDICATION, s);
}

static void do_PABind(struct presentation *p, struct turn *t, const struct presentation_input *in)
{
	struct service *s = service_up(t, in);

	(void)p;
	s->source = SOURCE_PROVIDER;
	if (in->event == EV(ARP)) {
		s->whose = LAYER_PRESENTATION;
		s->reason = in->pdu->reason;
		s->data = (struct octets){ NULL, 0 };
	}
	turn_emit(t, LAYER_PRESENTATION, SERVICE_P_ABORT, INDICATION, s);
}

/* ---- going down ---- */

static void tell(struct turn *t, enum presentation_ppdu kind, uint32_t value)
{
	turn_pdu_value(t, LAYER_PRESENTATION, EVENT_PDU_OUT, (uint8_t)kind,
	               (struct octets){ NULL, 0 }, t->offset, value);
}

static void pass_down(struct presentation *p, struct turn *t, const struct presentation_input *in)
{
	struct service *s;

	if (in->event == EV(P_DTreq))
		tell(t, PPDU_TD, in->s->context);
	if (!in->s->user_data) {
		turn_emit(t, LAYER_SESSION, in->kind, in->type, in->s);
		return;
	}
	s = turn_service_copy(t, in->s);
	s->user_data = presentation_build_user(t->nodes, s->context, presentation_is_bare(p),
	                                       s->user_data);
	turn_emit(t, LAYER_SESSION, in->kind, in->type, s);
}

/* User data of a PPDU: one value in one context. */
static void set_user(const struct presentation *p, struct presentation_pdu *pdu,
                     const struct service *s)
{
	struct presentation_user *u = &pdu->user;

	u->tree = s->user_data;
	if (!u->tree || p->x410)
		return;
	pdu->has |= 1u << PRESENTATION_USER_DATA;
	u->form = p->contexts.n == 0 || (pdu->kind != PPDU_CP && presentation_is_bare(p)) ?
	          USER_DATA_SIMPLE : USER_DATA_FULL;
	u->pdvs = 1;
	u->pdv.id = s->context;
	for (size_t i = 0; i < p->contexts.n && pdu->kind == PPDU_CP; i++) {
		const struct context_name *name = &p->contexts.names[p->contexts.at[i].name];

		if (p->contexts.at[i].id == s->context && name->transfer[1].n) {
			u->pdv.has_transfer = true;		/* 8.4.2.7 */
			u->pdv.transfer = name->transfer[0];
		}
	}
}

static void set_mode(const struct presentation *p, struct presentation_pdu *pdu)
{
	pdu->x410 = p->x410;
	pdu->has |= 1u << PRESENTATION_MODE;
	pdu->has |= 1u << (p->x410 ? PRESENTATION_X410_PARAMETERS :
	                                    PRESENTATION_NORMAL_PARAMETERS);
}

static void set_selector(struct presentation_pdu *pdu, enum presentation_param param,
                         struct ber_string *out, struct octets given, struct octets configured)
{
	struct octets o = given.p ? given : configured;

	if (!o.p)
		return;
	pdu->has |= 1u << param;
	*out = (struct ber_string){ o, false };
}

static void set_contexts(const struct presentation *p, struct presentation_pdu *pdu)
{
	if (p->contexts.n == 0)
		return;
	pdu->has |= 1u << PRESENTATION_CONTEXTS;
	for (size_t i = 0; i < p->contexts.n; i++) {
		const struct context *c = &p->contexts.at[i];
		struct presentation_item item = { .id = c->id, .result = c->result };

		if (c->result == CONTEXT_PROVIDER_REJECTED) {
			item.has_reason = true;
			item.reason = c->reason;
		}
		if (c->result == CONTEXT_ACCEPTED) {
			item.transfers = 1;
			item.transfer[0] = p->contexts.names[c->name].transfer[c->transfer];
		}
		if (pdu->kind == PPDU_ARU && c->result != CONTEXT_ACCEPTED)
			continue;
		pdu->item[pdu->items_n++] = item;
	}
}

static void set_definitions(const struct presentation *p, struct presentation_pdu *pdu)
{
	set_contexts(p, pdu);
	for (size_t i = 0; i < pdu->items_n; i++) {
		const struct context_name *name = &p->contexts.names[i];
		struct presentation_item *item = &pdu->item[i];

		item->abstract = name->abstract;
		item->transfers = 0;
		for (size_t k = 0; k < CONTEXT_TRANSFERS && name->transfer[k].n; k++)
			item->transfer[item->transfers++] = name->transfer[k];
	}
}

static struct service *service_down(struct turn *t, const struct presentation_input *in,
                                    const struct presentation_pdu *pdu)
{
	struct service *s = turn_service_copy(t, in->s);

	s->user_data = presentation_build(t->nodes, pdu);
	s->data = (struct octets){ NULL, 0 };
	return s;
}

static void do_CP(struct presentation *p, struct turn *t, const struct presentation_input *in)
{
	struct presentation_pdu pdu = { .kind = PPDU_CP };

	set_mode(p, &pdu);
	if (!p->x410) {
		set_selector(&pdu, PRESENTATION_CALLING, &pdu.calling,
		             service_names(in->s)->calling_psel, p->config->calling_psel);
		set_selector(&pdu, PRESENTATION_CALLED, &pdu.called,
		             service_names(in->s)->called_psel, p->config->called_psel);
		set_definitions(p, &pdu);
	}
	set_user(p, &pdu, in->s);
	tell(t, PPDU_CP, 0);
	turn_emit(t, LAYER_SESSION, SERVICE_CONNECT, REQUEST, service_down(t, in, &pdu));
}

static void do_CPA(struct presentation *p, struct turn *t, const struct presentation_input *in)
{
	struct presentation_pdu pdu = { .kind = PPDU_CPA };

	set_mode(p, &pdu);
	if (!p->x410) {
		set_selector(&pdu, PRESENTATION_RESPONDING, &pdu.responding,
		             (struct octets){ NULL, 0 }, p->config->responding_psel);
		set_contexts(p, &pdu);
	}
	set_user(p, &pdu, in->s);
	tell(t, PPDU_CPA, 0);
	turn_emit(t, LAYER_SESSION, SERVICE_CONNECT, RESPONSE, service_down(t, in, &pdu));
}

/* A refusal of our own (6.2.5.5): no user data. */
static struct service *refusal(struct turn *t, const struct presentation_input *in)
{
	/* X.410 mode has no reason that would fit; RTORJ of rtsBusy. */
	static const uint8_t busy[] = { 0x80, 0x01, 0x00 };
	struct presentation_pdu pdu = { .kind = PPDU_CPR, .x410 = in->pdu->x410 };
	struct service *s = turn_service(t);

	pdu.x410_parameters = (struct octets){ busy, sizeof busy };
	pdu.has |= 1u << PRESENTATION_REASON;
	pdu.reason = in->refusal;
	if (in->refusal == REFUSAL_DEFAULT_CONTEXT) {
		pdu.has |= 1u << PRESENTATION_DEFAULT_RESULT;
		pdu.default_result = CONTEXT_PROVIDER_REJECTED;
	}
	s->user_data = presentation_build(t->nodes, &pdu);
	return s;
}

static void do_CPR(struct presentation *p, struct turn *t, const struct presentation_input *in)
{
	struct presentation_pdu pdu = { .kind = PPDU_CPR, .x410 = p->x410 };
	struct service *s;

	if (in->event == EV(CP)) {
		s = refusal(t, in);
	} else {
		if (!p->x410) {
			set_selector(&pdu, PRESENTATION_RESPONDING, &pdu.responding,
			             (struct octets){ NULL, 0 }, p->config->responding_psel);
			set_contexts(p, &pdu);
		}
		set_user(p, &pdu, in->s);
		s = service_down(t, in, &pdu);
	}
	s->positive = false;
	tell(t, PPDU_CPR, in->refusal);
	turn_emit(t, LAYER_SESSION, SERVICE_CONNECT, RESPONSE, s);
}

static void do_ARU(struct presentation *p, struct turn *t, const struct presentation_input *in)
{
	struct presentation_pdu pdu = { .kind = PPDU_ARU, .x410 = p->x410 };

	if (p->x410 || !p->version_1) {
		set_user(p, &pdu, in->s);
		if (pdu.user.tree && !p->x410)
			set_contexts(p, &pdu);
	}
	tell(t, PPDU_ARU, 0);
	turn_emit(t, LAYER_SESSION, SERVICE_U_ABORT, REQUEST, service_down(t, in, &pdu));
}

/* ---- specific actions, Table A.19 ----
 * Those about FU(CR) ([13] [14] [17] [19] [22]) have nothing to do. */

static void do_a2(struct presentation *p, struct turn *t, const struct presentation_input *in)
{
	(void)t;
	(void)in;
	p->cr = false;
	p->rl = false;
}

static void do_a7(struct presentation *p, struct turn *t, const struct presentation_input *in)
{
	(void)t;
	(void)in;
	p->rl = true;
}

static void do_a8(struct presentation *p, struct turn *t, const struct presentation_input *in)
{
	(void)t;
	(void)in;
	if (p->rl)
		p->cr = true;
}

static void do_a15(struct presentation *p, struct turn *t, const struct presentation_input *in)
{
	(void)t;
	(void)in;
	p->aep = true;
}

static void do_a20(struct presentation *p, struct turn *t, const struct presentation_input *in)
{
	(void)t;
	(void)in;
	p->aep = false;
}

typedef void op_fn(struct presentation *p, struct turn *t, const struct presentation_input *in);

#define ACTION(n) [PRESENTATION_ACTIONS + (n)]

/* What is not listed is passed on with its user data wrapped or narrowed; an
 * action not listed was done when PPDU or request were read ([01] [03] [04] [06])
 * or concerns what we do not have ([05] [12]). */
static op_fn *const ops[PRESENTATION_OPS] = {
	[EV(CP)] = do_CP, [EV(CPA)] = do_CPA, [EV(CPR)] = do_CPR, [EV(ARU)] = do_ARU,
	[EV(P_CONind)] = do_CONind, [EV(P_CONcnfP)] = do_CONcnfP,
	[EV(P_CONcnfN)] = do_CONcnfN, [EV(P_UABind)] = do_UABind,
	[EV(P_PABind)] = do_PABind,
	ACTION(2) = do_a2, ACTION(7) = do_a7, ACTION(8) = do_a8,
	ACTION(9) = do_a20, ACTION(15) = do_a15, ACTION(20) = do_a20,
};

void presentation_perform(struct presentation *p, struct turn *t,
                          const struct presentation_input *in, uint8_t op)
{
	if (ops[op])
		ops[op](p, t, in);
	else if (op < PRESENTATION_EVENTS && in->above)
		pass_down(p, t, in);
	else if (op < PRESENTATION_EVENTS)
		pass_up(t, in);
}

/* ---- ARP ---- */

/* X.226 8.2, Event-identifier. */
static uint32_t event_identifier(enum presentation_event event)
{
	static const uint8_t ids[PRESENTATION_EVENTS] = {
		[EV(CP)] = 0, [EV(CPA)] = 1, [EV(CPR)] = 2, [EV(ARU)] = 3, [EV(ARP)] = 4,
		[EV(TD)] = 7, [EV(TTD)] = 8, [EV(TE)] = 9, [EV(TC)] = 10, [EV(TCC)] = 11,
		[EV(S_RELind)] = 14, [EV(S_RELcnfP)] = 15, [EV(S_RELcnfN)] = 15,
		[EV(S_GTind)] = 16, [EV(S_PTind)] = 17, [EV(S_CGind)] = 18,
		[EV(S_SYNmind)] = 19, [EV(S_SYNmcnf)] = 20, [EV(S_SYNMind)] = 21,
		[EV(S_SYNMcnf)] = 22, [EV(S_PERind)] = 23, [EV(S_UERind)] = 24,
		[EV(S_ACTSind)] = 25, [EV(S_ACTRind)] = 26, [EV(S_ACTIind)] = 27,
		[EV(S_ACTIcnf)] = 28, [EV(S_ACTDind)] = 29, [EV(S_ACTDcnf)] = 30,
		[EV(S_ACTEind)] = 31, [EV(S_ACTEcnf)] = 32,
	};

	return ids[event];
}

void presentation_send_arp(struct turn *t, enum presentation_abort reason,
                           enum presentation_event event)
{
	struct presentation_pdu pdu = { .kind = PPDU_ARP, .reason = reason };
	struct service *s = turn_service(t);

	pdu.has = 1u << PRESENTATION_REASON;
	if (reason != ABORT_NOT_SPECIFIED) {
		pdu.has |= 1u << PRESENTATION_EVENT;
		pdu.event = event_identifier(event);
	}
	s->user_data = presentation_build(t->nodes, &pdu);
	tell(t, PPDU_ARP, pdu.reason);
	turn_emit(t, LAYER_SESSION, SERVICE_U_ABORT, REQUEST, s);
}
