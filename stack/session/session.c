#include "session_glue.h"

#include <string.h>

enum { TIM_DEFAULT_S = 30 };

void session_defaults(struct session_config *c)
{
	*c = (struct session_config){
		.versions = SESSION_VERSION_1 | SESSION_VERSION_2,
		.proposed_versions = SESSION_VERSION_2,
		.units = UNITS_RTSE,
		.tim_us = TIM_DEFAULT_S * SECOND_US,
	};
}

void session_init(struct session *s, const struct session_config *config)
{
	memset(s, 0, sizeof *s);
	s->config = config;
	session_vars_init(&s->vars);
	gather_init(&s->tsdu, TSDU_MAX);
	gather_init(&s->ssdu, TSDU_MAX);
	gather_init(&s->held, TSDU_MAX);
	s->tim_us = NEVER_US;
}

void session_drop(struct session *s, struct pool *pool)
{
	gather_drop(&s->tsdu, pool);
	gather_drop(&s->ssdu, pool);
	gather_drop(&s->held, pool);
}

int64_t session_deadline(const struct session *s)
{
	return s->vars.TIM ? s->tim_us : NEVER_US;
}

uint8_t session_owned(const struct session *s)
{
	return (uint8_t)(session_tokens(&s->vars) & s->vars.owned);
}

bool session_agreed(const struct session *s)
{
	switch (s->vars.state) {
	case SESSION_STA01:
	case SESSION_STA01A:
	case SESSION_STA01B:
	case SESSION_STA01C:
	case SESSION_STA01D:
	case SESSION_STA02A:
	case SESSION_STA02B:
	case SESSION_STA08:
	case SESSION_STA16:
		return false;
	default:
		return true;
	}
}

bool session_keep(struct turn *t, struct gather *g)
{
	if (g->p && !kept_add(t->kept, (struct octets){ g->p, g->cap }))
		return false;
	gather_init(g, g->max);
	return true;
}

void session_let_go(struct turn *t, struct gather *g)
{
	if (!session_keep(t, g))
		gather_drop(g, t->pool);
}

bool session_step_has(const struct session_step *step, enum session_event op)
{
	for (size_t i = 0; i < step->n; i++)
		if (step->ops[i] == op)
			return true;
	return false;
}

/* ---- outgoing events ---- */

static const struct {
	uint8_t kind, type;
	bool positive;
} indications[SESSION_EVENTS] = {
	[SESSION_EV_SACTDind] = { SERVICE_ACTIVITY_DISCARD, INDICATION, false },
	[SESSION_EV_SACTDcnf] = { SERVICE_ACTIVITY_DISCARD, CONFIRM, true },
	[SESSION_EV_SACTEind] = { SERVICE_ACTIVITY_END, INDICATION, false },
	[SESSION_EV_SACTEcnf] = { SERVICE_ACTIVITY_END, CONFIRM, true },
	[SESSION_EV_SACTIind] = { SERVICE_ACTIVITY_INTERRUPT, INDICATION, false },
	[SESSION_EV_SACTIcnf] = { SERVICE_ACTIVITY_INTERRUPT, CONFIRM, true },
	[SESSION_EV_SACTRind] = { SERVICE_ACTIVITY_RESUME, INDICATION, false },
	[SESSION_EV_SACTSind] = { SERVICE_ACTIVITY_START, INDICATION, false },
	[SESSION_EV_SCDind] = { SERVICE_CAPABILITY_DATA, INDICATION, false },
	[SESSION_EV_SCDcnf] = { SERVICE_CAPABILITY_DATA, CONFIRM, true },
	[SESSION_EV_SCGind] = { SERVICE_CONTROL_GIVE, INDICATION, false },
	[SESSION_EV_SCONind] = { SERVICE_CONNECT, INDICATION, false },
	[SESSION_EV_SCONcnfP] = { SERVICE_CONNECT, CONFIRM, true },
	[SESSION_EV_SCONcnfN] = { SERVICE_CONNECT, CONFIRM, false },
	[SESSION_EV_SGTind] = { SERVICE_TOKEN_GIVE, INDICATION, false },
	[SESSION_EV_SPABind] = { SERVICE_P_ABORT, INDICATION, false },
	[SESSION_EV_SPERind] = { SERVICE_P_EXCEPTION, INDICATION, false },
	[SESSION_EV_SPTind] = { SERVICE_TOKEN_PLEASE, INDICATION, false },
	[SESSION_EV_SRELind] = { SERVICE_RELEASE, INDICATION, false },
	[SESSION_EV_SRELcnfP] = { SERVICE_RELEASE, CONFIRM, true },
	[SESSION_EV_SRELcnfN] = { SERVICE_RELEASE, CONFIRM, false },
	[SESSION_EV_SRSYNind] = { SERVICE_RESYNCHRONIZE, INDICATION, false },
	[SESSION_EV_SRSYNcnf] = { SERVICE_RESYNCHRONIZE, CONFIRM, true },
	[SESSION_EV_SSYNMind] = { SERVICE_SYNC_MAJOR, INDICATION, false },
	[SESSION_EV_SSYNMcnf] = { SERVICE_SYNC_MAJOR, CONFIRM, true },
	[SESSION_EV_SSYNmind] = { SERVICE_SYNC_MINOR, INDICATION, false },
	[SESSION_EV_SSYNmcnf] = { SERVICE_SYNC_MINOR, CONFIRM, true },
	[SESSION_EV_SUABind] = { SERVICE_U_ABORT, INDICATION, false },
	[SESSION_EV_SUERind] = { SERVICE_U_EXCEPTION, INDICATION, false },
};

/* Of the SPDUs that have them: CN, AC, RF, AR. */
static void names_from_pdu(struct turn *t, struct service *out, const struct session_pdu *p)
{
	struct service_names *names = turn_names(t, out);

	names->references = p->references;
	names->calling_ssel = p->calling_ssel;
	names->called_ssel = p->called_ssel;
	out->has_references = p->references.calling.n || p->references.called.n;
}

static void from_pdu(struct service *out, const struct session_pdu *p)
{
	out->data = p->user_data;
	out->token_setting = p->token_setting;
	out->versions = p->versions;
	out->initial_serial = p->initial_serial;
	out->has_initial_serial = session_has(p, SESSION_INITIAL_SERIAL);
	out->tokens = p->token_item;
	out->serial = p->serial;
	out->sync_type = p->kind == SPDU_RS ? p->resync_type : p->sync_type;
	out->activity = p->activity;
	out->old_activity = p->old_activity;
	out->reason = p->reason;
	out->reflected = p->reflect;
	out->keep_transport = !(p->transport_disconnect & TDISC_RELEASE);
}

struct session_cause session_cause(enum session_event event)
{
	static const struct session_pdu no_pdu;

	return (struct session_cause){ .event = event, .pdu = &no_pdu, .service = &service_none };
}

static void fill_provider_abort(struct service *out, const struct session_cause *cause)
{
	uint8_t bits = cause->abort;

	out->source = SOURCE_PROVIDER;
	out->whose = LAYER_SESSION;
	if (cause->event == SESSION_EV_TDISind) {
		out->whose = LAYER_COTP;
		out->reason = cause->service->reason;
		return;
	}
	if (!bits) {	/* an AB of the peer's SPM */
		bits = cause->pdu->transport_disconnect;
		out->reflected = cause->pdu->reflect;
	}
	out->reason = bits & TDISC_PROTOCOL_ERROR ? SESSION_ABORT_PROTOCOL :
	              bits & TDISC_RESTRICTION ? SESSION_ABORT_RESTRICTION :
	                      SESSION_ABORT_UNDEFINED;
}

/* The tokens that [5] and [11] are going to give us. */
static uint8_t tokens_after(const struct session *s, const struct session_cause *cause)
{
	struct session_vars after = s->vars;

	session_act(&after, SESSION_ACTION_5, cause->event, &cause->arg);
	session_act(&after, SESSION_ACTION_11, cause->event, &cause->arg);
	return (uint8_t)(session_tokens(&after) & after.owned);
}

static void fill_connect(const struct session *s, struct service *out, enum session_event op,
                         const struct session_cause *cause)
{
	uint8_t reason = cause->pdu->reason;

	if (op == SESSION_EV_SCONcnfN) {
		out->whose = LAYER_SESSION;
		out->source = reason <= REFUSE_USER_DATA ? SOURCE_USER : SOURCE_PROVIDER;
		out->units = cause->pdu->units;
		return;
	}
	out->units = s->units;
	out->versions = s->versions;
	if (op == SESSION_EV_SCONcnfP)
		out->tokens = tokens_after(s, cause);
}

static void indicate(struct session *s, struct turn *t, enum session_event op,
                     const struct session_cause *cause)
{
	struct service *out;

	if (!indications[op].kind)
		return;			/* SDTind, STDind: pieces follow; SEXind: no TEXP */
	out = turn_service(t);
	out->offset = cause->offset;
	out->positive = indications[op].positive;
	if (op == SESSION_EV_SPABind)
		fill_provider_abort(out, cause);
	else
		from_pdu(out, cause->pdu);
	if (indications[op].kind == SERVICE_CONNECT || op == SESSION_EV_SACTRind)
		names_from_pdu(t, out, cause->pdu);
	if (indications[op].kind == SERVICE_CONNECT)
		fill_connect(s, out, op, cause);
	if (op == SESSION_EV_SRSYNind && cause->event == SESSION_EV_RS_a)
		out->serial = (uint32_t)s->vars.Vm;	/* note (2) */
	turn_emit(t, LAYER_SESSION, indications[op].kind, indications[op].type, out);
}

static void transport(struct turn *t, enum session_event op, const struct session_cause *cause)
{
	struct service *out = turn_service(t);

	if (op == SESSION_EV_TDISreq) {
		turn_emit(t, LAYER_COTP, SERVICE_DISCONNECT, REQUEST, out);
		return;
	}
	if (op == SESSION_EV_TCONrsp) {
		out->positive = true;
		turn_emit(t, LAYER_COTP, SERVICE_CONNECT, RESPONSE, out);
		return;
	}
	out->names = cause->service->names;
	turn_emit(t, LAYER_COTP, SERVICE_CONNECT, REQUEST, out);
}

static void specific(struct session *s, struct turn *t, enum session_event action,
                     const struct session_cause *cause)
{
	session_act(&s->vars, action, cause->event, &cause->arg);
	if (action == SESSION_ACTION_4)
		s->tim_us = s->config->tim_us > 0 && s->config->tim_us < NEVER_US - t->now_us ?
		            t->now_us + s->config->tim_us : NEVER_US;
	if (action == SESSION_ACTION_51)
		session_send_overflow(s, t);
}

/* No session connection: nothing is joined, held or streamed any more. */
static void forget(struct session *s, struct turn *t)
{
	session_let_go(t, &s->ssdu);
	session_let_go(t, &s->held);
	s->joining = SPDU_NONE;
	s->stream = s->open = SPDU_NONE;
	if (s->vars.state == SESSION_STA01) {
		session_let_go(t, &s->tsdu);
		s->rx = SESSION_RX_SKIP;
	}
}

void session_perform(struct session *s, struct turn *t, const struct session_step *step,
                     const struct session_cause *cause)
{
	turn_step(t, LAYER_SESSION, step->cell, step->from, step->to);
	for (size_t i = 0; i < step->n; i++) {
		enum session_event op = step->ops[i];

		switch (session_event_group(op)) {
		case SESSION_SPECIFIC:
			specific(s, t, op, cause);
			break;
		case SESSION_TO_USER:
			indicate(s, t, op, cause);
			break;
		case SESSION_TO_TRANSPORT:
			transport(t, op, cause);
			break;
		default:
			session_send(s, t, op, cause);
			break;
		}
	}
	session_enter(&s->vars, step->to);
	switch (step->to) {
	case SESSION_STA01:
	case SESSION_STA01A:
	case SESSION_STA01C:
	case SESSION_STA16:
		forget(s, t);
		break;
	case SESSION_STA713:
		if (step->from == SESSION_STA02A)
			session_let_go(t, &s->held);
		break;
	default:
		break;
	}
}

/* ---- incoming events ---- */

static const struct {
	uint8_t request, response;
} user_events[SERVICES_KINDS] = {
	[SERVICE_CONNECT] = { SESSION_EV_SCONreq, SESSION_EV_SCONrspP },
	[SERVICE_DATA] = { SESSION_EV_SDTreq, 0 },
	[SERVICE_TYPED_DATA] = { SESSION_EV_STDreq, 0 },
	[SERVICE_EXPEDITED_DATA] = { SESSION_EV_SEXreq, 0 },
	[SERVICE_CAPABILITY_DATA] = { SESSION_EV_SCDreq, SESSION_EV_SCDrsp },
	[SERVICE_TOKEN_GIVE] = { SESSION_EV_SGTreq, 0 },
	[SERVICE_TOKEN_PLEASE] = { SESSION_EV_SPTreq, 0 },
	[SERVICE_CONTROL_GIVE] = { SESSION_EV_SCGreq, 0 },
	[SERVICE_SYNC_MINOR] = { SESSION_EV_SSYNmreq, SESSION_EV_SSYNmrsp },
	[SERVICE_SYNC_MAJOR] = { SESSION_EV_SSYNMreq, SESSION_EV_SSYNMrsp },
	[SERVICE_RESYNCHRONIZE] = { SESSION_EV_SRSYNreq_r, SESSION_EV_SRSYNrsp },
	[SERVICE_U_EXCEPTION] = { SESSION_EV_SUERreq, 0 },
	[SERVICE_ACTIVITY_START] = { SESSION_EV_SACTSreq, 0 },
	[SERVICE_ACTIVITY_RESUME] = { SESSION_EV_SACTRreq, 0 },
	[SERVICE_ACTIVITY_INTERRUPT] = { SESSION_EV_SACTIreq, SESSION_EV_SACTIrsp },
	[SERVICE_ACTIVITY_DISCARD] = { SESSION_EV_SACTDreq, SESSION_EV_SACTDrsp },
	[SERVICE_ACTIVITY_END] = { SESSION_EV_SACTEreq, SESSION_EV_SACTErsp },
	[SERVICE_RELEASE] = { SESSION_EV_SRELreq, SESSION_EV_SRELrspP },
	[SERVICE_U_ABORT] = { SESSION_EV_SUABreq, 0 },
};

static enum session_event resync_event(uint8_t type)
{
	return type == RESYNC_ABANDON ? SESSION_EV_SRSYNreq_a :
	       type == RESYNC_SET ? SESSION_EV_SRSYNreq_s : SESSION_EV_SRSYNreq_r;
}

/* Events that the kind of primitive alone does not tell. */
static enum session_event user_event(const struct event *e, const struct service *v)
{
	enum session_event event = e->type == REQUEST ? user_events[e->code].request :
	                           user_events[e->code].response;

	switch ((int)event) {
	case SESSION_EV_SCONrspP:
		return v->positive ? event : SESSION_EV_SCONrspN;
	case SESSION_EV_SRELrspP:
		return v->positive ? event : SESSION_EV_SRELrspN;
	case SESSION_EV_SSYNmreq:
		return v->sync_type & SYNC_DATA_SEPARATION ? SESSION_EV_SSYNmdreq : event;
	case SESSION_EV_SRSYNreq_r:
		return resync_event(v->sync_type);
	default:
		return event;
	}
}

static uint64_t user_octets(const struct service *v)
{
	return v->user_data ? node_size(v->user_data) : 0;
}

static void user_arg(const struct session *s, enum session_event event,
                     const struct service *v, struct session_arg *arg)
{
	*arg = (struct session_arg){
		.serial = v->serial, .tokens = v->tokens, .setting = v->token_setting,
		.choice = s->config->reuse &&
		          (v->keep_transport || event == SESSION_EV_SCONrspN),
		.overflow = event == SESSION_EV_SCONreq && s->overflow,
		.long_abort = event == SESSION_EV_SUABreq &&
		              user_octets(v) > SESSION_USER_DATA_AB_V1,
	};
	if (event == SESSION_EV_SCONrspP)
		session_select(s, v, arg);
}

/* Does the user data fit into the SPDU of this step (6.3.5, Table D.1)? */
static bool user_fits(const struct session *s, const struct session_step *step,
                      const struct service *v)
{
	enum {
		/* Parameters of one SPDU take 65,535 octets; those that are no
		 * user data need less than 500. */
		FIT_V2 = 65000,
	};
	uint64_t n = user_octets(v);

	if (n == 0 || session_step_has(step, SESSION_EV_DT) ||
	    session_step_has(step, SESSION_EV_TD))
		return true;
	if (session_step_has(step, SESSION_EV_AB_nr) || session_step_has(step, SESSION_EV_AB_r))
		return true;		/* they may be left out, the abort may not */
	return n <= (session_v1(s) ? SESSION_USER_DATA_V1 : FIT_V2);
}

static void user(struct session *s, struct turn *t, const struct event *e)
{
	const struct service *v = event_service(e);
	struct session_cause cause =
		session_cause(e->code < SERVICES_KINDS ? user_event(e, v) : SESSION_EV_NONE);
	struct session_step step;

	cause.service = v;
	if (cause.event == SESSION_EV_NONE) {
		session_note(t, SESSION_REQUEST_REFUSED, 0);
		return;
	}
	user_arg(s, cause.event, v, &cause.arg);
	step = session_step(&s->vars, cause.event, &cause.arg);
	if (step.verdict != SESSION_VALID) {
		session_note(t, SESSION_REQUEST_REFUSED, 0);
		return;
	}
	if (cause.event == SESSION_EV_SCONreq) {
		if (!session_prepare_cn(s, t, v)) {
			session_note(t, SESSION_USER_REFUSED, 0);
			return;
		}
		cause.arg.overflow = s->overflow;	/* p204 */
		step = session_step(&s->vars, cause.event, &cause.arg);
	} else if (!user_fits(s, &step, v)) {
		session_note(t, SESSION_USER_REFUSED, 0);
		return;
	}
	session_perform(s, t, &step, &cause);
}

static void below(struct session *s, struct turn *t, const struct event *e)
{
	struct session_cause cause = session_cause(SESSION_EV_NONE);
	struct session_step step;

	cause.service = event_service(e);
	switch (e->code) {
	case SERVICE_DATA:
		if (e->type == INDICATION)
			session_receive(s, t, cause.service);
		else if (session_sending(s))
			session_send_next(s, t);
		return;
	case SERVICE_CONNECT:
		cause.event = e->type == INDICATION ? SESSION_EV_TCONind : SESSION_EV_TCONcnf;
		break;
	case SERVICE_DISCONNECT:
		cause.event = SESSION_EV_TDISind;
		break;
	default:
		return;
	}
	cause.arg.overflow = s->overflow;
	step = session_step(&s->vars, cause.event, &cause.arg);
	if (step.verdict == SESSION_VALID)	/* A.4.1.3: else a local matter */
		session_perform(s, t, &step, &cause);
}

static void timer(struct session *s, struct turn *t)
{
	struct session_cause cause = session_cause(SESSION_EV_TIM);
	struct session_step step = session_step(&s->vars, cause.event, &cause.arg);

	s->vars.TIM = false;
	if (step.verdict == SESSION_VALID)
		session_perform(s, t, &step, &cause);
}

void session_handle(struct session *s, struct turn *t, const struct event *e)
{
	if (e->layer == LAYER_COTP)
		below(s, t, e);
	else if (e->type == REQUEST || e->type == RESPONSE)
		user(s, t, e);
	else if (e->code == SERVICE_TIMER)
		timer(s, t);
}
