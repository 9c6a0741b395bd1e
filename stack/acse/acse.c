#include "acse/acse.h"

static const uint8_t mts_transfer[] = { 0x56, 0x00, 0x01, 0x06 };	/* 2.6.0.1.6 */
static const uint8_t ber_syntax[] = { 0x51, 0x01 };			/* 2.1.1 */

enum { CONTEXT_DEFAULT = 1, SESSION_VERSION_2_BIT = 2 };

#define EV(name) ACSE_EV_##name
#define HOLDS(n) (UINT32_C(1) << (n))

/* One event on its way through the machine. */
struct input {
	const struct service *s;
	enum acse_event event;
	uint32_t holds;			/* predicates */
	struct acse_pdu pdu;		/* read */
	struct acse_outcome answer;	/* of ours, if p1 fails */
};

static bool book(struct turn *t, enum acse_rule rule, size_t octet)
{
	return turn_finding(t, &acse_rules[rule], octet);
}

/* ---- going down ---- */

static struct acse_pdu apdu(enum acse_apdu kind)
{
	return (struct acse_pdu){ .kind = (uint8_t)kind, .version = ACSE_VERSION_1 };
}

static struct octets application_context(const struct acse *a)
{
	return a->config->application_context.p
	           ? a->config->application_context
	           : (struct octets){ mts_transfer, sizeof mts_transfer };
}

static struct octets direct_of(const struct acse *a)
{
	return a->config->direct.p ? a->config->direct
	                           : (struct octets){ ber_syntax, sizeof ber_syntax };
}

/* user-information: one EXTERNAL (X.227 9.1). */
static void set_user(const struct acse *a, struct acse_pdu *p, const struct service *s)
{
	if (!s->user_data)
		return;
	p->has |= 1u << ACSE_HAS_USER;
	p->user.n = 1;
	p->user.tree = s->user_data;
	p->user.external.direct = direct_of(a);
	p->user.external.has_direct = p->user.external.direct.n > 0;
	p->user.external.has_indirect = true;
	p->user.external.indirect = s->context;
}

static void set_head(const struct acse *a, struct acse_pdu *p, struct octets name)
{
	if (a->config->version)
		p->has |= 1u << ACSE_HAS_VERSION;
	p->has |= 1u << ACSE_HAS_CONTEXT_NAME;
	p->context_name = name;
}

static void set_entity(struct acse_pdu *p, struct acse_entity *out, enum acse_field first,
                       const struct acse_entity *e)
{
	if (!e)
		return;
	*out = *e;
	p->has |= (uint32_t)(e->ap_title.n > 0) << first;
	p->has |= (uint32_t)(e->ae_qualifier.n > 0) << (first + 1);
	p->has |= (uint32_t)(e->ap_invocation != 0) << (first + 2);
	p->has |= (uint32_t)(e->ae_invocation != 0) << (first + 3);
}

static void send(const struct acse *a, struct turn *t, const struct service *from,
                 const struct acse_pdu *p, enum service_kind kind, enum service_type type)
{
	struct service *s = turn_service_copy(t, from);

	s->data = (struct octets){ NULL, 0 };
	s->detail = NULL;
	if (!a->x410 && p) {
		s->user_data = acse_build(t->nodes, p);
		s->context = a->context;
		turn_pdu_value(t, LAYER_ACSE, EVENT_PDU_OUT, p->kind, s->data, t->offset,
		               p->result);
	}
	turn_emit(t, LAYER_PRESENTATION, kind, type, s);
}

static void do_AARQ(struct acse *a, struct turn *t, const struct input *in)
{
	struct acse_pdu p = apdu(ACSE_AARQ);

	a->originated = true;
	set_head(a, &p, application_context(a));
	set_entity(&p, &p.called, ACSE_HAS_CALLED_AP_TITLE, a->config->called);
	set_entity(&p, &p.calling, ACSE_HAS_CALLING_AP_TITLE, a->config->calling);
	set_user(a, &p, in->s);
	send(a, t, in->s, &p, SERVICE_CONNECT, REQUEST);
}

static void send_aare(struct acse *a, struct turn *t, struct acse_pdu *p,
                      const struct acse_outcome *o, struct service *s)
{
	p->has |= 1u << ACSE_HAS_RESULT | 1u << ACSE_HAS_DIAGNOSTIC;
	p->result = o->result;
	p->source = o->source;
	p->diagnostic = o->diagnostic;
	set_entity(p, &p->called, ACSE_HAS_CALLED_AP_TITLE, a->config->responding);
	set_user(a, p, s);
	s->positive = o->result == ACSE_ACCEPTED;	/* 8.1.3.1 */
	send(a, t, s, p, SERVICE_CONNECT, RESPONSE);
}

static void do_AAREP(struct acse *a, struct turn *t, const struct input *in)
{
	static const struct acse_outcome accepted = { ACSE_ACCEPTED, ACSE_USER, ACSE_NULL };
	struct acse_pdu p = apdu(ACSE_AARE);

	set_head(a, &p, application_context(a));
	send_aare(a, t, &p, &accepted, turn_service_copy(t, in->s));
}

/* Of the user, or our own if p1 fails (7.1.3.2). */
static void do_AAREN(struct acse *a, struct turn *t, const struct input *in)
{
	static const struct acse_outcome rejected = {
		ACSE_REJECTED_PERMANENT, ACSE_USER, ACSE_NO_REASON };
	struct acse_pdu p = apdu(ACSE_AARE);

	if (in->event == EV(AARQ)) {
		set_head(a, &p, in->pdu.context_name);
		if (in->answer.source == ACSE_PROVIDER)
			p.has |= 1u << ACSE_HAS_VERSION;
		send_aare(a, t, &p, &in->answer, turn_service(t));
	} else {
		set_head(a, &p, application_context(a));
		send_aare(a, t, &p, &rejected, turn_service_copy(t, in->s));
	}
}

static void do_RLRQ(struct acse *a, struct turn *t, const struct input *in)
{
	struct acse_pdu p = apdu(ACSE_RLRQ);

	p.has |= 1u << ACSE_HAS_REASON;
	p.reason = ACSE_NORMAL;
	set_user(a, &p, in->s);
	send(a, t, in->s, &p, SERVICE_RELEASE, REQUEST);
}

static void do_RLRE(struct acse *a, struct turn *t, const struct input *in)
{
	struct acse_pdu p = apdu(ACSE_RLRE);

	p.has |= 1u << ACSE_HAS_REASON;
	p.reason = in->s->positive ? ACSE_NORMAL : ACSE_NOT_FINISHED;
	set_user(a, &p, in->s);
	send(a, t, in->s, &p, SERVICE_RELEASE, RESPONSE);
}

/* 7.3.3.1: session version 1 has no room for ABRT. */
static void do_ABRT(struct acse *a, struct turn *t, const struct input *in)
{
	struct acse_pdu p = apdu(ACSE_ABRT);

	p.has |= 1u << ACSE_HAS_SOURCE;
	p.source = ACSE_USER;
	set_user(a, &p, in->s);
	send(a, t, in->s, a->version_1 ? NULL : &p, SERVICE_U_ABORT, REQUEST);
}

/* ---- going up ---- */

/* The service of the layer below with the user's value. */
static struct service *service_up(const struct acse *a, struct turn *t, const struct input *in)
{
	const struct ber_external *e = &in->pdu.user.external;
	struct service *s = turn_service_copy(t, in->s);

	if (a->x410 || in->pdu.kind == ACSE_NONE)
		return s;
	s->data = in->pdu.user.n ? ber_encoding_value(&e->encoding) : (struct octets){ NULL, 0 };
	s->context = e->has_indirect ? (uint32_t)e->indirect : 0;
	if (s->data.n)
		s->offset += (uint64_t)(s->data.p - in->s->data.p);
	return s;
}

static void emit(struct acse *a, struct turn *t, const struct input *in, enum service_kind kind,
                 enum service_type type)
{
	turn_emit(t, LAYER_ACSE, kind, type, service_up(a, t, in));
}

static void do_ASCind(struct acse *a, struct turn *t, const struct input *in)
{
	emit(a, t, in, SERVICE_CONNECT, INDICATION);
}

static void do_ASCcnfP(struct acse *a, struct turn *t, const struct input *in)
{
	struct service *s = service_up(a, t, in);

	a->outcome = (struct acse_outcome){ ACSE_ACCEPTED, in->pdu.source, in->pdu.diagnostic };
	s->detail = &a->outcome;
	turn_emit(t, LAYER_ACSE, SERVICE_CONNECT, CONFIRM, s);
}

/* Refused by AARE, or by presentation or a layer below it (7.1.3.4). */
static void do_ASCcnfN(struct acse *a, struct turn *t, const struct input *in)
{
	struct service *s = service_up(a, t, in);

	a->outcome = (struct acse_outcome){ ACSE_REJECTED_PERMANENT, ACSE_PROVIDER, ACSE_NULL };
	if (in->pdu.kind == ACSE_AARE) {
		a->outcome = (struct acse_outcome){
			in->pdu.result, in->pdu.source, in->pdu.diagnostic };
		s->whose = LAYER_ACSE;
		s->source = in->pdu.source;
		s->reason = (uint32_t)in->pdu.diagnostic;
	}
	s->detail = &a->outcome;
	turn_emit(t, LAYER_ACSE, SERVICE_CONNECT, CONFIRM, s);
}

static void do_RLSind(struct acse *a, struct turn *t, const struct input *in)
{
	struct service *s = service_up(a, t, in);

	s->reason = (uint32_t)in->pdu.reason;
	turn_emit(t, LAYER_ACSE, SERVICE_RELEASE, INDICATION, s);
}

static void do_RLScnf(struct acse *a, struct turn *t, const struct input *in)
{
	struct service *s = service_up(a, t, in);

	s->reason = (uint32_t)in->pdu.reason;
	turn_emit(t, LAYER_ACSE, SERVICE_RELEASE, CONFIRM, s);
}

static void do_ABRind(struct acse *a, struct turn *t, const struct input *in)
{
	struct service *s = service_up(a, t, in);

	s->whose = LAYER_ACSE;
	s->source = in->pdu.source;
	s->reason = (uint32_t)in->pdu.diagnostic;
	turn_emit(t, LAYER_ACSE, SERVICE_U_ABORT, INDICATION, s);
}

static void do_PABind(struct acse *a, struct turn *t, const struct input *in)
{
	emit(a, t, in, SERVICE_P_ABORT, INDICATION);
}

typedef void out_fn(struct acse *a, struct turn *t, const struct input *in);

static out_fn *const outs[ACSE_EVENTS] = {
	[EV(AARQ)] = do_AARQ, [EV(AAREP)] = do_AAREP, [EV(AAREN)] = do_AAREN,
	[EV(RLRQ)] = do_RLRQ, [EV(RLREP)] = do_RLRE, [EV(RLREN)] = do_RLRE,
	[EV(ABRT)] = do_ABRT,
	[EV(A_ASCind)] = do_ASCind, [EV(A_ASCcnfP)] = do_ASCcnfP, [EV(A_ASCcnfN)] = do_ASCcnfN,
	[EV(A_RLSind)] = do_RLSind, [EV(A_RLScnfP)] = do_RLScnf, [EV(A_RLScnfN)] = do_RLScnf,
	[EV(A_ABRind)] = do_ABRind, [EV(A_PABind)] = do_PABind,
};

/* ---- the step ---- */

/* Is there still a presentation connection that can carry ABRT? */
static bool is_connected(const struct input *in)
{
	return in->event != EV(ABRT) && in->event != EV(P_PABind) &&
	       in->event != EV(P_CONcnfN) && in->event != EV(AAREN) &&
	       in->event != EV(RLREP);
}

/* A.3.1 b), 7.3.3.4: an invalid AARQ is not indicated, so neither is its end. */
static void protocol_error(struct acse *a, struct turn *t, const struct input *in)
{
	struct acse_pdu p = apdu(ACSE_ABRT);
	struct service *s;

	p.has |= 1u << ACSE_HAS_SOURCE;
	p.source = ACSE_PROVIDER;
	if (is_connected(in))
		send(a, t, turn_service(t), a->version_1 ? NULL : &p, SERVICE_U_ABORT, REQUEST);
	if (a->state != ACSE_STA0) {
		s = turn_service(t);
		s->source = SOURCE_PROVIDER;
		s->whose = LAYER_ACSE;
		turn_emit(t, LAYER_ACSE, SERVICE_U_ABORT, INDICATION, s);
	}
	turn_step(t, LAYER_ACSE, CELL_NONE, a->state, ACSE_STA0);
	a->state = ACSE_STA0;
}

/* false: the cell is blank, nothing was done. */
static bool step(struct acse *a, struct turn *t, struct input *in)
{
	const struct acse_row *r;
	int cell;

	in->holds |= a->originated ? HOLDS(2) : 0;
	cell = acse_find(a->state, in->event, in->holds);
	if (cell < 0)
		return false;
	r = &acse_rows[cell];
	turn_step(t, LAYER_ACSE, (uint16_t)cell, a->state, r->next);
	if (r->out != ACSE_EV_NONE)
		outs[r->out](a, t, in);
	a->state = r->next;
	return true;
}

/* ---- reading ---- */

struct primitive {
	uint8_t kind, type;
	uint8_t apdu;			/* that it carries; from the user: ACSE_NONE */
	uint8_t event, negative;
};

static const struct primitive from_user[] = {
	{ SERVICE_CONNECT, REQUEST, ACSE_NONE, EV(A_ASCreq), EV(A_ASCreq) },
	{ SERVICE_CONNECT, RESPONSE, ACSE_NONE, EV(A_ASCrspP), EV(A_ASCrspN) },
	{ SERVICE_RELEASE, REQUEST, ACSE_NONE, EV(A_RLSreq), EV(A_RLSreq) },
	{ SERVICE_RELEASE, RESPONSE, ACSE_NONE, EV(A_RLSrspP), EV(A_RLSrspN) },
	{ SERVICE_U_ABORT, REQUEST, ACSE_NONE, EV(A_ABRreq), EV(A_ABRreq) },
	{ SERVICE_U_EXCEPTION, REQUEST, ACSE_NONE, EV(EXTRN_2), EV(EXTRN_2) },
};

static const struct primitive from_provider[] = {
	{ SERVICE_CONNECT, INDICATION, ACSE_AARQ, EV(AARQ), EV(AARQ) },
	{ SERVICE_CONNECT, CONFIRM, ACSE_AARE, EV(AAREP), EV(AAREN) },
	{ SERVICE_RELEASE, INDICATION, ACSE_RLRQ, EV(RLRQ), EV(RLRQ) },
	{ SERVICE_RELEASE, CONFIRM, ACSE_RLRE, EV(RLREP), EV(RLREN) },
	{ SERVICE_U_ABORT, INDICATION, ACSE_ABRT, EV(ABRT), EV(ABRT) },
	{ SERVICE_P_ABORT, INDICATION, ACSE_NONE, EV(P_PABind), EV(P_PABind) },
	{ SERVICE_U_EXCEPTION, INDICATION, ACSE_NONE, EV(EXTRN_1), EV(EXTRN_1) },
	{ SERVICE_P_EXCEPTION, INDICATION, ACSE_NONE, EV(EXTRN_1), EV(EXTRN_1) },
};

static const struct primitive *primitive_of(const struct primitive *table, size_t n,
                                            const struct event *e)
{
	for (size_t i = 0; i < n; i++)
		if (table[i].kind == e->code && table[i].type == e->type)
			return &table[i];
	return NULL;
}

#define PRIMITIVE_OF(table, e) primitive_of(table, sizeof table / sizeof *table, e)

/* A primitive without APDU: what is missing, and whether that can be. */
static bool read_nothing(struct turn *t, struct input *in, const struct primitive *is)
{
	switch (is->apdu) {
	case ACSE_ABRT:			/* 7.3.3.2 a) */
	case ACSE_NONE:
		return true;
	case ACSE_RLRQ:
	case ACSE_RLRE:
		return book(t, ACSE_RELEASE_EMPTY, 0);
	case ACSE_AARE:
		if (in->s->positive)
			return book(t, ACSE_CARRIER, 0);
		in->event = EV(P_CONcnfN);
		return in->s->source == SOURCE_PROVIDER || book(t, ACSE_AARE_ABSENT, 0);
	default:
		return book(t, ACSE_CARRIER, 0);
	}
}

static void check_user_context(struct turn *t, const struct input *in)
{
	const struct ber_external *e = &in->pdu.user.external;

	if (in->s->contexts && in->pdu.user.n && e->has_indirect &&
	    (e->indirect < 0 || e->indirect > UINT32_MAX ||
	     !contexts_by_id(in->s->contexts, (uint32_t)e->indirect)))
		book(t, ACSE_USER_CONTEXT, 0);
}

/* The answer must fit the primitive that brings it (7.1.5.7). */
static bool check_aare(const struct acse *a, struct turn *t, const struct input *in)
{
	const struct acse_pdu *p = &in->pdu;

	if (in->s->positive != (p->result == ACSE_ACCEPTED))
		return book(t, ACSE_RESULT_DISAGREES, 0);
	if (in->s->positive && acse_has(p, ACSE_HAS_CONTEXT_NAME) &&
	    !octets_equal(p->context_name, application_context(a)))
		book(t, ACSE_CONTEXT_NAME, 0);
	return true;
}

/* p1 (7.1.3.2). */
static void judge_aarq(const struct acse *a, struct turn *t, struct input *in)
{
	if (!(in->pdu.version & ACSE_VERSION_1)) {
		in->answer = (struct acse_outcome){
			ACSE_REJECTED_PERMANENT, ACSE_PROVIDER, ACSE_NO_COMMON_VERSION };
	} else if (!octets_equal(in->pdu.context_name, application_context(a))) {
		in->answer = (struct acse_outcome){
			ACSE_REJECTED_PERMANENT, ACSE_USER, ACSE_CONTEXT_NOT_SUPPORTED };
		book(t, ACSE_CONTEXT_REFUSED, 0);
	} else {
		in->holds |= HOLDS(1);
	}
}

/* P-U-ABORT may carry the user's data without ABRT (7.3.3.2 a), footnote 5). */
static bool is_bare_abort(const struct input *in, const struct primitive *is)
{
	struct findings none;
	struct ber_tlv t;
	struct ber b;

	if (is->apdu != ACSE_ABRT)
		return false;
	findings_clear(&none);
	ber_init(&b, in->s->data, &none);
	return ber_next(&b, &t) && t.tag != BER_APPLICATION(4);
}

static bool read_apdu(struct acse *a, struct turn *t, struct input *in,
                      const struct primitive *is)
{
	bool ok;

	if (in->s->data.n == 0)
		return read_nothing(t, in, is);
	if (is_bare_abort(in, is))
		return true;
	ok = acse_decode(in->s->data, &in->pdu, t->findings);
	turn_pdu(t, LAYER_ACSE, EVENT_PDU_IN, in->pdu.kind, in->s->data, in->s->offset, NULL);
	if (!ok)
		return false;
	if (in->pdu.kind != is->apdu)
		return book(t, ACSE_CARRIER, 0);
	check_user_context(t, in);
	if (in->pdu.kind == ACSE_AARQ)
		judge_aarq(a, t, in);
	return in->pdu.kind != ACSE_AARE || check_aare(a, t, in);
}

static void settle_connection(struct acse *a, const struct input *in)
{
	if (in->event == EV(AARQ)) {
		a->context = in->s->context;
		a->originated = false;
		a->x410 |= in->s->x410;
	}
	if (in->event == EV(AARQ) || in->event == EV(AAREP))
		a->version_1 = !(in->s->versions & SESSION_VERSION_2_BIT);
}

static void provider_event(struct acse *a, struct turn *t, struct input *in,
                           const struct primitive *is)
{
	if (a->state == ACSE_STA0 && in->event != EV(AARQ)) {
		book(t, ACSE_IDLE, 0);
		return;
	}
	/* Table A.1 has P-P-EXCEPTION-REPORT in both external events. */
	if (in->event == EV(EXTRN_1) && a->state == ACSE_STA4)
		in->event = EV(EXTRN_2);
	settle_connection(a, in);
	if (a->x410) {
		in->holds |= HOLDS(1);
		if (in->event == EV(AAREN) && in->s->source == SOURCE_PROVIDER)
			in->event = EV(P_CONcnfN);
	} else if (is->apdu != ACSE_NONE && !read_apdu(a, t, in, is)) {
		protocol_error(a, t, in);
		return;
	}
	if (!step(a, t, in)) {
		book(t, ACSE_UNEXPECTED, 0);
		protocol_error(a, t, in);
	}
}

void acse_handle(struct acse *a, struct turn *t, const struct event *e)
{
	bool above = e->type == REQUEST || e->type == RESPONSE;
	const struct primitive *is = above ? PRIMITIVE_OF(from_user, e) :
	                                     PRIMITIVE_OF(from_provider, e);
	struct input in = { .s = event_service(e) };

	if (!is)
		return;
	in.event = in.s->positive ? is->event : is->negative;
	if (!above) {
		provider_event(a, t, &in, is);
		return;
	}
	in.holds = HOLDS(1);
	if (!step(a, t, &in))
		book(t, ACSE_REQUEST, 0);
}

void acse_defaults(struct acse_config *c)
{
	*c = (struct acse_config){
		.context = CONTEXT_DEFAULT,
		.application_context = { mts_transfer, sizeof mts_transfer },
		.direct = { ber_syntax, sizeof ber_syntax } };
}

void acse_init(struct acse *a, const struct acse_config *config)
{
	*a = (struct acse){ .config = config, .x410 = config->x410 };
	a->context = config->context ? config->context : CONTEXT_DEFAULT;
}
