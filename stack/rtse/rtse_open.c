/*
 * RT-OPEN and RT-CLOSE: what is asked for, and what is agreed.
 */
#include "rtse/rtse_inner.h"

#include <string.h>

/* PI 26 with every token on the responder's side (X.225 8.3.1.11). */
enum { TOKENS_RESPONDER = 0x15, TOKENS_DATA_FIELD = 0x03, TOKENS_DATA_RESPONDER = 0x01 };

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* ---- RT-OPEN ---- */

static const struct rtse_session_id nobody;

static struct rtse_open wanted(const struct rtse *r, const struct service *s)
{
	const struct rtse_open *o = s->detail;
	struct rtse_open out;

	if (o) {
		out = *o;
		if (out.opening == RTSE_NOTHING)
			out.opening = RTSE_OPEN;
		return out;
	}
	return (struct rtse_open){
		.opening = RTSE_OPEN, .dialogue = (uint8_t)r->config->dialogue,
		.checkpoint = r->config->checkpoint, .window = r->config->window,
		.protocol = r->config->protocol,
	};
}

static struct rtse_pdu opening_pdu(const struct rtse *r, enum rtse_kind kind,
                                   struct node *user)
{
	return (struct rtse_pdu){
		.kind = (uint8_t)kind, .x410 = r->x410, .opening = r->open.opening,
		.has_checkpoint = true, .has_window = true, .has_dialogue = true,
		.has_protocol = r->x410 && r->open.protocol != 0,
		.checkpoint = r->open.checkpoint, .window = r->open.window,
		.dialogue = r->open.dialogue, .protocol = r->open.protocol,
		.session = r->open.session, .user_tree = user,
	};
}

void rtse_do_associate(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	struct service *s = turn_service_copy(t, i->s);
	struct rtse_pdu p;

	rtse_note_session(r, &service_names(i->s)->references);
	r->open = wanted(r, i->s);
	r->open.window = rtse_window(r->open.window);
	r->open.turn = !r->config->turn_responder;
	r->turn = r->open.turn;
	p = opening_pdu(r, RTSE_RTORQ, i->s->user_data);
	r->open.session = nobody;
	s->user_data = rtse_apdu(t, &p);
	s->detail = NULL;
	s->context = r->context;
	s->units = UNITS_RTSE | r->config->units;
	s->token_setting = r->config->turn_responder ? TOKENS_RESPONDER : 0;
	turn_emit(t, LAYER_ACSE, SERVICE_CONNECT, REQUEST, s);
}

static void take_opening(struct rtse *r, const struct rtse_pdu *p)
{
	r->open.opening = p->opening;
	r->open.dialogue = p->dialogue;
	r->open.checkpoint = p->checkpoint;
	r->open.window = p->window ? p->window : 1;
	r->open.protocol = p->protocol;
	r->open.session = p->session;
	r->open.refused_by = LAYER_NONE;
}

/* What the RTSE-user of the peer says, and where it stands in the stream. */
static void take_user_data(struct service *s, const struct rtse_input *i)
{
	if (i->pdu.user.n)
		s->offset += (uint64_t)(i->pdu.user.p - i->s->data.p);
	s->data = i->pdu.user;
}

void rtse_do_indicate_open(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	struct service *s = turn_service_copy(t, i->s);

	rtse_note_session(r, &service_names(i->s)->references);
	take_opening(r, &i->pdu);
	r->context = i->s->context;
	r->turn = (i->s->token_setting & TOKENS_DATA_FIELD) == TOKENS_DATA_RESPONDER;
	r->open.turn = r->turn;
	take_user_data(s, i);
	s->detail = &r->open;
	turn_emit(t, LAYER_RTSE, SERVICE_CONNECT, INDICATION, s);
}

/* X.218 9.1.1, practice: the answer is what holds from now on. */
void rtse_do_accept(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	struct service *s = turn_service_copy(t, i->s);
	struct rtse_open ours = wanted(r, i->s);
	struct rtse_pdu p;

	r->open.checkpoint = least(r->open.checkpoint, ours.checkpoint);
	r->open.window = least(r->open.window, rtse_window(ours.window));
	r->open.session = nobody;
	p = opening_pdu(r, RTSE_RTOAC, i->s->user_data);
	p.session = rtse_session_of(&r->recovered);
	s->user_data = rtse_apdu(t, &p);
	s->detail = NULL;
	s->context = r->context;
	s->units = UNITS_RTSE | r->config->units;
	turn_emit(t, LAYER_ACSE, SERVICE_CONNECT, RESPONSE, s);
}

static void answer_refusal(struct rtse *r, struct turn *t, const struct service *from,
                           struct rtse_pdu *p)
{
	struct service *s = turn_service_copy(t, from);

	p->kind = RTSE_RTORJ;
	p->x410 = r->x410;
	s->user_data = rtse_apdu(t, p);
	s->detail = NULL;
	s->positive = false;
	s->context = r->context;
	turn_emit(t, LAYER_ACSE, SERVICE_CONNECT, RESPONSE, s);
}

void rtse_do_refuse(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	struct rtse_pdu p = {
		.has_reason = r->x410, .reason = i->s->reason,
		.user_tree = i->s->user_data,
	};

	answer_refusal(r, t, i->s, &p);
}

void rtse_do_refuse_malformed(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	struct rtse_pdu p = {
		.has_reason = r->x410, .reason = RTSE_REFUSE_VALIDATION,
	};

	r->context = i->s->context;
	answer_refusal(r, t, &(struct service){ .source = SOURCE_PROVIDER }, &p);
}

static uint32_t not_raised(struct turn *t, uint32_t proposed, uint32_t answered,
                           enum rtse_rule rule)
{
	if (answered <= proposed)
		return answered;
	turn_finding(t, &rtse_rules[rule], 0);
	return proposed;
}

void rtse_do_confirm_open(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	struct service *s = turn_service_copy(t, i->s);
	uint32_t window = i->pdu.window ? i->pdu.window : 1;

	/* Practice: a proposal of 0 leaves the choice to the acceptor. */
	if (r->open.checkpoint == 0)
		r->open.checkpoint = i->pdu.checkpoint;
	else
		r->open.checkpoint = not_raised(t, r->open.checkpoint, i->pdu.checkpoint,
		                                RTSE_CHECKPOINT_RAISED);
	r->open.window = not_raised(t, r->open.window, window, RTSE_WINDOW_RAISED);
	r->open.opening = i->pdu.opening;
	r->open.session = i->pdu.session;
	take_user_data(s, i);
	s->detail = &r->open;
	turn_emit(t, LAYER_RTSE, SERVICE_CONNECT, CONFIRM, s);
}

void rtse_do_confirm_refusal(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	struct service *s = turn_service_copy(t, i->s);
	bool told = i->s->data.n > 0 && !t->findings->fatal;

	r->open.refused_by = told ? LAYER_RTSE : rtse_owner(i->s);
	s->whose = r->open.refused_by;
	take_user_data(s, i);
	s->detail = &r->open;
	if (told) {
		s->source = SOURCE_USER;
		s->reason = i->pdu.reason;
	}
	turn_emit(t, LAYER_RTSE, SERVICE_CONNECT, CONFIRM, s);
}

/* ---- RT-CLOSE ---- */

void rtse_do_release(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	(void)r;
	turn_emit(t, LAYER_ACSE, SERVICE_RELEASE, REQUEST, turn_service_copy(t, i->s));
}

void rtse_do_indicate_close(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	if (r->config->initiator)
		turn_finding(t, &rtse_rules[RTSE_CLOSE_RESPONDER], 0);
	turn_emit(t, LAYER_RTSE, SERVICE_RELEASE, INDICATION, turn_service_copy(t, i->s));
}

void rtse_do_answer_release(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	struct service *s = turn_service_copy(t, i->s);

	(void)r;
	s->positive = true;
	turn_emit(t, LAYER_ACSE, SERVICE_RELEASE, RESPONSE, s);
}

void rtse_do_confirm_close(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	(void)r;
	turn_emit(t, LAYER_RTSE, SERVICE_RELEASE, CONFIRM, turn_service_copy(t, i->s));
}

void rtse_do_note_responder(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	(void)r, (void)i;
	turn_finding(t, &rtse_rules[RTSE_CLOSE_RESPONDER], 0);
}

/* ---- turn ---- */

void rtse_do_please(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	struct rtse_pdu p = {
		.kind = RTSE_RTTP, .x410 = r->x410, .priority = i->s->priority,
	};
	struct service *s = rtse_parameters(r, t, rtse_apdu(t, &p));

	s->tokens = TOKEN_DATA;
	turn_emit(t, LAYER_PRESENTATION, SERVICE_TOKEN_PLEASE, REQUEST, s);
}

void rtse_do_indicate_please(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	struct service *s = turn_service_copy(t, i->s);
	int64_t priority = i->pdu.priority;

	(void)r;
	s->data = (struct octets){ NULL, 0 };
	/* A priority no one can have meant ranks last. */
	s->priority = priority < 0 || priority > UINT8_MAX ? UINT8_MAX : (uint8_t)priority;
	turn_emit(t, LAYER_RTSE, SERVICE_TOKEN_PLEASE, INDICATION, s);
}

void rtse_do_give(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	(void)i;
	r->turn = false;
	turn_emit(t, LAYER_PRESENTATION, SERVICE_CONTROL_GIVE, REQUEST, turn_service(t));
}

void rtse_do_indicate_give(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	r->turn = true;
	turn_emit(t, LAYER_RTSE, SERVICE_CONTROL_GIVE, INDICATION, turn_service_copy(t, i->s));
}

/* ---- aborts ---- */

static void abort_association(struct rtse *r, struct turn *t, uint32_t reason,
                              const struct service *from)
{
	struct rtse_pdu p = {
		.kind = RTSE_RTAB, .x410 = r->x410, .has_reason = true, .reason = reason,
		.user_tree = from->user_data,
	};

	if (reason == RTSE_ABORT_INVALID_PARAMETER && from->reflected.n) {
		p.has_reflected = true;
		p.reflected = from->reflected.p[0];
	}
	r->deadline = NEVER_US;
	turn_emit(t, LAYER_ACSE, SERVICE_U_ABORT, REQUEST, rtse_parameters(r, t, rtse_apdu(t, &p)));
}

/* X.218 9.7: X.410 mode has no user abort, so there the provider's is sent. */
void rtse_do_abort_user(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	if (i->s->source == SOURCE_PROVIDER)
		abort_association(r, t, i->s->reason, i->s);
	else if (r->x410)
		abort_association(r, t, RTSE_ABORT_LOCAL_SYSTEM, i->s);
	else
		abort_association(r, t, RTSE_ABORT_USER, i->s);
}

static void indicate(struct rtse *r, struct turn *t, enum service_kind kind, struct service *s,
                     uint8_t whose)
{
	r->deadline = NEVER_US;
	r->open.session = nobody;
	r->open.refused_by = whose;
	s->whose = whose;
	s->detail = &r->open;
	turn_emit(t, LAYER_RTSE, kind, INDICATION, s);
}

static void abort_provider(struct rtse *r, struct turn *t, enum rtse_abort reason)
{
	struct service *s;

	abort_association(r, t, reason, turn_service(t));
	s = turn_service(t);
	s->reason = reason;
	s->source = SOURCE_PROVIDER;
	indicate(r, t, SERVICE_P_ABORT, s, LAYER_RTSE);
}

void rtse_do_abort_time(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	(void)i;
	abort_provider(r, t, RTSE_ABORT_TEMPORARY);
}

/* The peer resumes what it does not know to have been taken. */
void rtse_do_abort_completed(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	(void)i;
	abort_provider(r, t, RTSE_ABORT_TRANSFER_COMPLETED);
}

void rtse_do_abort_unrecognized(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	(void)i;
	abort_provider(r, t, RTSE_ABORT_UNRECOGNIZED_ACTIVITY);
}

/* abortReason of a fatal finding. */
static enum rtse_abort reason_of(const struct turn *t)
{
	const struct finding *f = findings_fatal(t->findings);

	if (f && f->rule == &rtse_rules[RTSE_MEMORY])
		return RTSE_ABORT_LOCAL_SYSTEM;
	if (f && f->rule == &rtse_rules[RTSE_CONNECTION_DATA])
		return RTSE_ABORT_INVALID_PARAMETER;
	return RTSE_ABORT_PROTOCOL_ERROR;
}

void rtse_do_abort_error(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	(void)i;
	if (!t->findings->fatal)
		turn_finding(t, &rtse_rules[RTSE_UNEXPECTED], 0);
	abort_provider(r, t, reason_of(t));
}

/* Without an RTAB (session version 1 leaves no room for one) it is a user's,
 * unless ACSE itself gave up. */
void rtse_do_indicate_abort(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	struct service *s = turn_service_copy(t, i->s);
	bool told = i->pdu.has_reason;
	bool provider = told ? i->pdu.reason != RTSE_ABORT_USER : s->source == SOURCE_PROVIDER;

	take_user_data(s, i);
	if (told)
		s->reason = i->pdu.reason;
	s->source = provider ? SOURCE_PROVIDER : SOURCE_USER;
	indicate(r, t, provider ? SERVICE_P_ABORT : SERVICE_U_ABORT, s,
	         provider && !told ? rtse_owner(i->s) : LAYER_RTSE);
}

void rtse_do_indicate_provider_abort(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	indicate(r, t, SERVICE_P_ABORT, turn_service_copy(t, i->s), rtse_owner(i->s));
}
