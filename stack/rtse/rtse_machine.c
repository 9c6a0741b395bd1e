#include "rtse/rtse.h"
#include "rtse/rtse_table.h"

#include <string.h>

/* Session reasons of X.225 8.3.28.4 that RTSE uses. */
enum {
	REASON_NONE = 0,
	REASON_LOCAL_USER = 5,
	REASON_PROCEDURE = 6,
};

/* PI 26 with every token on the responder's side (X.225 8.3.1.11). */
enum { TOKENS_RESPONDER = 0x15, TOKENS_DATA_FIELD = 0x03, TOKENS_DATA_RESPONDER = 0x01 };

/* After this the side that gave a transfer up does not wait for ADA any more.
 * X.228 names a recovery time and leaves its value open; a minute is what
 * MTAs have for it. */
static const int64_t give_up_us = 60 * SECOND_US;

/* One event on its way through the table. */
struct input {
	const struct service *s;
	enum rtse_in in;
	struct rtse_vars vars;
	struct rtse_pdu pdu;		/* of a CONNECT, TOKEN-PLEASE, U-ABORT */
	struct octets data;		/* of a DATA: transferred octets in the piece */
};

/* ---- helpers ---- */

static struct service *parameters(const struct rtse *r, struct turn *t, struct node *tree)
{
	struct service *s = turn_service(t);

	s->user_data = tree;
	s->context = r->context;
	return s;
}

static struct node *apdu(struct turn *t, const struct rtse_pdu *p)
{
	turn_pdu_value(t, LAYER_RTSE, EVENT_PDU_OUT, p->kind, (struct octets){ NULL, 0 },
	               t->offset, p->reason);
	return rtse_build(t->nodes, p);
}

/* The layer whose reason a refusal or an abort from below has. */
static uint8_t owner(const struct service *s)
{
	return s->whose ? s->whose : LAYER_ACSE;
}

static int64_t later(const struct turn *t, int64_t us)
{
	return us > NEVER_US - t->now_us ? NEVER_US : t->now_us + us;
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t window_of(uint32_t window)
{
	return least(window ? window : RTSE_WINDOW_DEFAULT, RTSE_WINDOW_MAX);
}

uint64_t rtse_cut(uint32_t checkpoint, uint64_t total, uint64_t at)
{
	uint64_t unit = (uint64_t)checkpoint * RTSE_CHECKPOINT_UNIT;
	uint64_t left = total - at;

	return unit && unit < left ? unit : left;
}

/* ---- RT-OPEN ---- */

static const struct rtse_session_id nobody;

/* The identifier is answered with, when the octets that brought it are gone. */
static bool keep_session(struct rtse *r, const struct rtse_session_id *id)
{
	const struct octets parts[] = { id->calling, id->common, id->additional };
	size_t at = 0;

	for (size_t k = 0; k < 3; k++) {
		if (parts[k].n > RTSE_SESSION_MAX - at)
			return false;
		if (parts[k].n)
			memcpy(r->session + at, parts[k].p, parts[k].n);
		r->session_n[k] = (uint8_t)parts[k].n;
		at += parts[k].n;
	}
	return true;
}

static struct rtse_session_id kept_session(const struct rtse *r)
{
	const uint8_t *p = r->session;

	return (struct rtse_session_id){
		.calling = { p, r->session_n[0] },
		.common = { p + r->session_n[0], r->session_n[1] },
		.additional = { p + r->session_n[0] + r->session_n[1], r->session_n[2] },
	};
}

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
		.opening = RTSE_OPEN, .dialogue = (uint8_t)r->config.dialogue,
		.checkpoint = r->config.checkpoint, .window = r->config.window,
		.protocol = r->config.protocol,
	};
}

static struct rtse_pdu opening_pdu(const struct rtse *r, enum rtse_kind kind,
                                   struct node *user)
{
	bool all = !r->config.omit_defaults;

	return (struct rtse_pdu){
		.kind = (uint8_t)kind, .x410 = r->config.x410, .opening = r->open.opening,
		.has_checkpoint = all || r->open.checkpoint != 0,
		.has_window = all || r->open.window != RTSE_WINDOW_DEFAULT,
		.has_dialogue = all || r->open.dialogue != RTSE_MONOLOGUE,
		.has_protocol = r->config.x410 && r->open.protocol != 0,
		.checkpoint = r->open.checkpoint, .window = r->open.window,
		.dialogue = r->open.dialogue, .protocol = r->open.protocol,
		.session = r->open.session, .user_tree = user,
	};
}

static void associate(struct rtse *r, struct turn *t, const struct input *i)
{
	struct service *s = turn_service_copy(t, i->s);
	struct rtse_pdu p;

	r->open = wanted(r, i->s);
	r->open.window = window_of(r->open.window);
	r->open.turn = !r->config.turn_responder;
	r->turn = r->open.turn;
	p = opening_pdu(r, RTSE_RTORQ, i->s->user_data);
	r->open.session = nobody;
	s->user_data = apdu(t, &p);
	s->detail = NULL;
	s->context = r->context;
	s->units = UNITS_RTSE;
	s->token_setting = r->config.turn_responder ? TOKENS_RESPONDER : 0;
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
static void take_user_data(struct service *s, const struct input *i)
{
	if (i->pdu.user.n)
		s->offset += (uint64_t)(i->pdu.user.p - i->s->data.p);
	s->data = i->pdu.user;
}

static void indicate_open(struct rtse *r, struct turn *t, const struct input *i)
{
	struct service *s = turn_service_copy(t, i->s);

	take_opening(r, &i->pdu);
	r->context = i->s->context;
	r->turn = (i->s->token_setting & TOKENS_DATA_FIELD) == TOKENS_DATA_RESPONDER;
	r->open.turn = r->turn;
	take_user_data(s, i);
	s->detail = &r->open;
	turn_emit(t, LAYER_RTSE, SERVICE_CONNECT, INDICATION, s);
}

/* X.218 9.1.1, practice: the answer is what holds from now on. */
static void accept(struct rtse *r, struct turn *t, const struct input *i)
{
	struct service *s = turn_service_copy(t, i->s);
	struct rtse_open ours = wanted(r, i->s);
	struct rtse_pdu p;

	r->open.checkpoint = least(r->open.checkpoint, ours.checkpoint);
	r->open.window = least(r->open.window, window_of(ours.window));
	r->open.session = nobody;
	p = opening_pdu(r, RTSE_RTOAC, i->s->user_data);
	p.session = kept_session(r);
	s->user_data = apdu(t, &p);
	s->detail = NULL;
	s->context = r->context;
	s->units = UNITS_RTSE;
	turn_emit(t, LAYER_ACSE, SERVICE_CONNECT, RESPONSE, s);
}

static void answer_refusal(struct rtse *r, struct turn *t, const struct service *from,
                           struct rtse_pdu *p)
{
	struct service *s = turn_service_copy(t, from);

	p->kind = RTSE_RTORJ;
	p->x410 = r->config.x410;
	s->user_data = apdu(t, p);
	s->detail = NULL;
	s->positive = false;
	s->context = r->context;
	turn_emit(t, LAYER_ACSE, SERVICE_CONNECT, RESPONSE, s);
}

static void refuse(struct rtse *r, struct turn *t, const struct input *i)
{
	struct rtse_pdu p = {
		.has_reason = r->config.x410, .reason = i->s->reason,
		.user_tree = i->s->user_data,
	};

	answer_refusal(r, t, i->s, &p);
}

static void refuse_malformed(struct rtse *r, struct turn *t, const struct input *i)
{
	struct rtse_pdu p = {
		.has_reason = r->config.x410, .reason = RTSE_REFUSE_VALIDATION,
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

static void confirm_open(struct rtse *r, struct turn *t, const struct input *i)
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

static void confirm_refusal(struct rtse *r, struct turn *t, const struct input *i)
{
	struct service *s = turn_service_copy(t, i->s);
	bool told = i->s->data.n > 0 && !t->findings->fatal;

	r->open.refused_by = told ? LAYER_RTSE : owner(i->s);
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

static void release(struct rtse *r, struct turn *t, const struct input *i)
{
	(void)r;
	turn_emit(t, LAYER_ACSE, SERVICE_RELEASE, REQUEST, turn_service_copy(t, i->s));
}

static void indicate_close(struct rtse *r, struct turn *t, const struct input *i)
{
	if (r->config.initiator)
		turn_finding(t, &rtse_rules[RTSE_CLOSE_RESPONDER], 0);
	turn_emit(t, LAYER_RTSE, SERVICE_RELEASE, INDICATION, turn_service_copy(t, i->s));
}

static void answer_release(struct rtse *r, struct turn *t, const struct input *i)
{
	struct service *s = turn_service_copy(t, i->s);

	(void)r;
	s->positive = true;
	turn_emit(t, LAYER_ACSE, SERVICE_RELEASE, RESPONSE, s);
}

static void confirm_close(struct rtse *r, struct turn *t, const struct input *i)
{
	(void)r;
	turn_emit(t, LAYER_RTSE, SERVICE_RELEASE, CONFIRM, turn_service_copy(t, i->s));
}

static void note_responder(struct rtse *r, struct turn *t, const struct input *i)
{
	(void)r, (void)i;
	turn_finding(t, &rtse_rules[RTSE_CLOSE_RESPONDER], 0);
}

/* ---- RT-TRANSFER, the side that sends ---- */

/* Practice: a BER INTEGER that counts, `02 01 01` and on. */
static void name_activity(struct rtse *r)
{
	uint32_t v = ++r->activities;
	uint8_t n = v < 1u << 7 ? 1 : v < 1u << 15 ? 2 : v < 1u << 23 ? 3 : 4;

	r->activity[0] = 0x02;
	r->activity[1] = n;
	for (uint8_t k = 0; k < n; k++)
		r->activity[2 + k] = (uint8_t)(v >> (8 * (n - 1 - k)));
	r->activity_n = (uint8_t)(2 + n);
}

static void begin_positions(struct rtse *r, uint32_t serial, uint64_t at)
{
	r->serial = r->confirmed = serial;
	r->at = r->confirmed_at = at;
	r->piece = r->since_sync = 0;
	r->data_seen = false;
	r->failure = RTSE_FAIL_NONE;
	r->session_reason = REASON_NONE;
	r->interrupting = false;
}

static void start(struct rtse *r, struct turn *t, const struct input *i)
{
	const struct rtse_transfer *tr = i->s->detail;
	struct service *s = turn_service(t);
	bool resume = tr->old_activity.n > 0;

	name_activity(r);
	begin_positions(r, tr->serial, tr->from);
	r->id = tr->id;
	r->length = tr->length;
	if (r->config.transfer_us > 0)
		r->deadline = later(t, r->config.transfer_us);
	s->activity = (struct octets){ r->activity, r->activity_n };
	s->old_activity = tr->old_activity;
	s->serial = tr->serial;
	s->has_references = tr->linked;
	s->references = tr->references;
	turn_emit(t, LAYER_PRESENTATION, resume ? SERVICE_ACTIVITY_RESUME : SERVICE_ACTIVITY_START,
	          REQUEST, s);
}

static void send(struct rtse *r, struct turn *t, const struct input *i)
{
	struct node *tree = r->config.x410 ? node_list(t->nodes, NULL)
	                                   : node_ber(t->nodes, NULL, 0x04);
	struct service *s = parameters(r, t, tree);

	(void)i;
	r->piece = rtse_cut(r->open.checkpoint, r->length, r->at);
	node_hole(t->nodes, tree, r->piece);
	s->first = s->last = true;
	turn_pdu_value(t, LAYER_RTSE, EVENT_PDU_OUT, RTSE_RTTR, (struct octets){ NULL, 0 },
	               t->offset, (uint32_t)r->piece);
	turn_emit(t, LAYER_PRESENTATION, SERVICE_DATA, REQUEST, s);
}

static void sync(struct rtse *r, struct turn *t, const struct input *i)
{
	struct service *s = turn_service(t);

	(void)i;
	r->serial++;
	r->marks[r->serial % RTSE_WINDOW_MAX] = r->at;
	s->serial = r->serial;
	turn_emit(t, LAYER_PRESENTATION, SERVICE_SYNC_MINOR, REQUEST, s);
}

static void end(struct rtse *r, struct turn *t, const struct input *i)
{
	struct service *s = turn_service(t);

	(void)i;
	s->serial = r->serial + 1;
	turn_emit(t, LAYER_PRESENTATION, SERVICE_ACTIVITY_END, REQUEST, s);
}

static void mark_confirmed(struct rtse *r, uint32_t serial)
{
	r->confirmed = serial;
	if (r->serial - serial < RTSE_WINDOW_MAX)
		r->confirmed_at = r->marks[serial % RTSE_WINDOW_MAX];
}

static void confirmed(struct rtse *r, struct turn *t, const struct input *i)
{
	mark_confirmed(r, i->s->serial);
	turn_emit(t, LAYER_RTSE, SERVICE_SYNC_MINOR, CONFIRM, turn_service_copy(t, i->s));
}

/* The end of a transfer, for the user and for a later resume. */
static struct service *outcome(struct rtse *r, struct turn *t, enum rtse_failure failure)
{
	struct service *s = turn_service(t);

	r->deadline = NEVER_US;
	r->outcome = (struct rtse_outcome){
		.failure = (uint8_t)failure, .id = r->id, .session_reason = r->session_reason,
		.serial = r->confirmed, .at = r->confirmed_at,
		.activity = { r->activity, r->activity_n },
	};
	s->positive = failure == RTSE_FAIL_NONE;
	s->last = true;
	s->reason = (uint32_t)failure;
	s->activity = r->outcome.activity;
	s->serial = r->confirmed;
	s->detail = &r->outcome;
	return s;
}

static void confirm_transfer(struct rtse *r, struct turn *t, const struct input *i)
{
	(void)i;
	turn_emit(t, LAYER_RTSE, SERVICE_TRANSFER, CONFIRM, outcome(r, t, RTSE_FAIL_NONE));
}

static void fail_transfer(struct rtse *r, struct turn *t, const struct input *i)
{
	(void)i;
	turn_emit(t, LAYER_RTSE, SERVICE_TRANSFER, CONFIRM,
	          outcome(r, t, (enum rtse_failure)r->failure));
}

static void lose_transfer(struct rtse *r, struct turn *t, const struct input *i)
{
	(void)i;
	turn_emit(t, LAYER_RTSE, SERVICE_TRANSFER, CONFIRM, outcome(r, t, RTSE_FAIL_ABORTED));
}

/* A request that cannot be: the transfer under way, if any, is not touched. */
static void fail_request(struct rtse *r, struct turn *t, const struct input *i)
{
	const struct rtse_transfer *tr = i->s->detail;
	struct service *s = turn_service(t);

	r->outcome = (struct rtse_outcome){ .failure = RTSE_FAIL_REQUEST, .id = tr->id };
	s->last = true;
	s->reason = RTSE_FAIL_REQUEST;
	s->detail = &r->outcome;
	turn_emit(t, LAYER_RTSE, SERVICE_TRANSFER, CONFIRM, s);
}

static void give_up(struct rtse *r, struct turn *t, const struct input *i)
{
	r->interrupting = i->in == RTSE_IN_RTINTERRUPTreq;
	r->failure = r->interrupting ? RTSE_FAIL_INTERRUPTED : RTSE_FAIL_DISCARDED;
	r->session_reason = i->s->reason;
	r->deadline = later(t, give_up_us);
}

static void note_exception(struct rtse *r, struct turn *t, const struct input *i)
{
	r->interrupting = false;
	r->failure = RTSE_FAIL_EXCEPTION;
	r->session_reason = i->s->reason;
	r->deadline = later(t, give_up_us);
}

static void note_time(struct rtse *r, struct turn *t, const struct input *i)
{
	(void)i;
	turn_finding(t, &rtse_rules[RTSE_TIMED_OUT], 0);
	r->interrupting = false;
	r->failure = RTSE_FAIL_TIME;
	r->session_reason = REASON_LOCAL_USER;
	r->deadline = later(t, give_up_us);
}

static void end_activity(struct rtse *r, struct turn *t, enum service_kind kind)
{
	struct service *s = turn_service(t);

	/* Practice: an exception of the receiver is answered without a reason. */
	s->reason = r->failure == RTSE_FAIL_EXCEPTION ? REASON_NONE : r->session_reason;
	turn_emit(t, LAYER_PRESENTATION, kind, REQUEST, s);
}

static void discard(struct rtse *r, struct turn *t, const struct input *i)
{
	(void)i;
	if (r->failure == RTSE_FAIL_INTERRUPTED)
		r->failure = RTSE_FAIL_DISCARDED;
	end_activity(r, t, SERVICE_ACTIVITY_DISCARD);
}

static void interrupt(struct rtse *r, struct turn *t, const struct input *i)
{
	(void)i;
	end_activity(r, t, SERVICE_ACTIVITY_INTERRUPT);
}

/* ---- RT-TRANSFER, the side that receives ---- */

static void begin(struct rtse *r, struct turn *t, const struct input *i)
{
	struct service *s = turn_service_copy(t, i->s);
	size_t n = i->s->activity.n;

	begin_positions(r, 0, 0);
	r->activity_n = (uint8_t)(n < RTSE_ACTIVITY_MAX ? n : RTSE_ACTIVITY_MAX);
	if (r->activity_n)
		memcpy(r->activity, i->s->activity.p, r->activity_n);
	s->first = true;
	s->positive = true;
	turn_emit(t, LAYER_RTSE, SERVICE_TRANSFER, INDICATION, s);
}

static void data(struct rtse *r, struct turn *t, const struct input *i)
{
	struct service *s;

	r->data_seen = true;
	r->piece = (i->s->first ? 0 : r->piece) + i->data.n;
	r->at += i->data.n;
	r->since_sync += i->data.n;
	if (i->s->last)
		turn_pdu_value(t, LAYER_RTSE, EVENT_PDU_IN, RTSE_RTTR,
		               (struct octets){ NULL, 0 }, i->s->offset, (uint32_t)r->piece);
	if (i->data.n == 0)
		return;
	s = turn_service(t);
	s->data = i->data;
	s->offset = i->s->offset;
	turn_emit(t, LAYER_RTSE, SERVICE_DATA, INDICATION, s);
}

static void check_cut(const struct rtse *r, struct turn *t)
{
	uint64_t unit = (uint64_t)r->open.checkpoint * RTSE_CHECKPOINT_UNIT;

	if (unit && r->since_sync > unit)
		turn_finding(t, &rtse_rules[RTSE_CUT_LARGE], 0);
}

static void point(struct rtse *r, struct turn *t, const struct input *i)
{
	check_cut(r, t);
	r->since_sync = 0;
	r->serial = i->s->serial;
	r->marks[r->serial % RTSE_WINDOW_MAX] = r->at;
	if (r->serial - r->confirmed > r->open.window)
		turn_finding(t, &rtse_rules[RTSE_WINDOW_EXCEEDED], 0);
	turn_emit(t, LAYER_RTSE, SERVICE_SYNC_MINOR, INDICATION, turn_service_copy(t, i->s));
}

static void secure(struct rtse *r, struct turn *t, const struct input *i)
{
	struct service *s = turn_service(t);

	mark_confirmed(r, i->s->serial);
	s->serial = i->s->serial;
	s->positive = true;
	turn_emit(t, LAYER_PRESENTATION, SERVICE_SYNC_MINOR, RESPONSE, s);
}

static void indicate_end(struct rtse *r, struct turn *t, const struct input *i)
{
	struct service *s = turn_service_copy(t, i->s);

	check_cut(r, t);
	if (!r->data_seen)
		turn_finding(t, &rtse_rules[RTSE_DATA_EMPTY], 0);
	else if (r->since_sync == 0 && r->serial > 0)
		turn_finding(t, &rtse_rules[RTSE_SYNC_LAST], 0);
	s->last = true;
	s->positive = true;
	turn_emit(t, LAYER_RTSE, SERVICE_TRANSFER, INDICATION, s);
}

static void answer_end(struct rtse *r, struct turn *t, const struct input *i)
{
	struct service *s = turn_service(t);

	(void)r, (void)i;
	s->positive = true;
	turn_emit(t, LAYER_PRESENTATION, SERVICE_ACTIVITY_END, RESPONSE, s);
}

static void report_reason(struct rtse *r, struct turn *t, uint32_t reason)
{
	struct service *s = turn_service(t);

	r->session_reason = reason;
	s->reason = reason;
	turn_emit(t, LAYER_PRESENTATION, SERVICE_U_EXCEPTION, REQUEST, s);
}

static void report(struct rtse *r, struct turn *t, const struct input *i)
{
	report_reason(r, t, i->s->reason);
}

static void report_activity(struct rtse *r, struct turn *t, const struct input *i)
{
	begin(r, t, i);
	report_reason(r, t, REASON_PROCEDURE);
}

static void answer_discard(struct rtse *r, struct turn *t, const struct input *i)
{
	r->session_reason = i->s->reason;
	turn_emit(t, LAYER_PRESENTATION, SERVICE_ACTIVITY_DISCARD, RESPONSE, turn_service(t));
}

static void answer_interrupt(struct rtse *r, struct turn *t, const struct input *i)
{
	r->session_reason = i->s->reason;
	turn_emit(t, LAYER_PRESENTATION, SERVICE_ACTIVITY_INTERRUPT, RESPONSE, turn_service(t));
}

static void lose(struct rtse *r, struct turn *t, const struct input *i)
{
	enum rtse_failure failure = RTSE_FAIL_ABORTED;

	if (i->in == RTSE_IN_PDISind)
		failure = RTSE_FAIL_DISCARDED;
	else if (i->in == RTSE_IN_PINTind)
		failure = RTSE_FAIL_INTERRUPTED;
	turn_emit(t, LAYER_RTSE, SERVICE_TRANSFER, INDICATION, outcome(r, t, failure));
}

/* ---- turn ---- */

static void please(struct rtse *r, struct turn *t, const struct input *i)
{
	struct rtse_pdu p = {
		.kind = RTSE_RTTP, .x410 = r->config.x410, .priority = i->s->priority,
	};
	struct service *s = parameters(r, t, apdu(t, &p));

	s->tokens = TOKEN_DATA;
	turn_emit(t, LAYER_PRESENTATION, SERVICE_TOKEN_PLEASE, REQUEST, s);
}

static void indicate_please(struct rtse *r, struct turn *t, const struct input *i)
{
	struct service *s = turn_service_copy(t, i->s);
	int64_t priority = i->pdu.priority;

	(void)r;
	s->data = (struct octets){ NULL, 0 };
	/* A priority no one can have meant ranks last. */
	s->priority = priority < 0 || priority > UINT8_MAX ? UINT8_MAX : (uint8_t)priority;
	turn_emit(t, LAYER_RTSE, SERVICE_TOKEN_PLEASE, INDICATION, s);
}

static void give(struct rtse *r, struct turn *t, const struct input *i)
{
	(void)i;
	r->turn = false;
	turn_emit(t, LAYER_PRESENTATION, SERVICE_CONTROL_GIVE, REQUEST, turn_service(t));
}

static void indicate_give(struct rtse *r, struct turn *t, const struct input *i)
{
	r->turn = true;
	turn_emit(t, LAYER_RTSE, SERVICE_CONTROL_GIVE, INDICATION, turn_service_copy(t, i->s));
}

/* ---- aborts ---- */

static void abort_association(struct rtse *r, struct turn *t, uint32_t reason, struct node *user)
{
	struct rtse_pdu p = {
		.kind = RTSE_RTAB, .x410 = r->config.x410, .has_reason = true, .reason = reason,
		.user_tree = user,
	};

	r->deadline = NEVER_US;
	turn_emit(t, LAYER_ACSE, SERVICE_U_ABORT, REQUEST, parameters(r, t, apdu(t, &p)));
}

/* X.218 9.7: X.410 mode has no user abort, so there the provider's is sent. */
static void abort_user(struct rtse *r, struct turn *t, const struct input *i)
{
	if (r->config.x410)
		abort_association(r, t, RTSE_ABORT_LOCAL_SYSTEM, NULL);
	else
		abort_association(r, t, RTSE_ABORT_USER, i->s->user_data);
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

	abort_association(r, t, reason, NULL);
	s = turn_service(t);
	s->reason = reason;
	s->source = SOURCE_PROVIDER;
	indicate(r, t, SERVICE_P_ABORT, s, LAYER_RTSE);
}

static void abort_time(struct rtse *r, struct turn *t, const struct input *i)
{
	(void)i;
	abort_provider(r, t, RTSE_ABORT_TEMPORARY);
}

static void abort_error(struct rtse *r, struct turn *t, const struct input *i)
{
	(void)i;
	if (!t->findings->fatal)
		turn_finding(t, &rtse_rules[RTSE_UNEXPECTED], 0);
	abort_provider(r, t, RTSE_ABORT_PROTOCOL_ERROR);
}

/* Without an RTAB (session version 1 leaves no room for one) it is a user's,
 * unless ACSE itself gave up. */
static void indicate_abort(struct rtse *r, struct turn *t, const struct input *i)
{
	struct service *s = turn_service_copy(t, i->s);
	bool told = i->pdu.has_reason;
	bool provider = told ? i->pdu.reason != RTSE_ABORT_USER : s->source == SOURCE_PROVIDER;

	take_user_data(s, i);
	if (told)
		s->reason = i->pdu.reason;
	s->source = provider ? SOURCE_PROVIDER : SOURCE_USER;
	indicate(r, t, provider ? SERVICE_P_ABORT : SERVICE_U_ABORT, s,
	         provider && !told ? owner(i->s) : LAYER_RTSE);
}

static void indicate_provider_abort(struct rtse *r, struct turn *t, const struct input *i)
{
	indicate(r, t, SERVICE_P_ABORT, turn_service_copy(t, i->s), owner(i->s));
}

/* ---- notes ---- */

static void note_request(struct rtse *r, struct turn *t, const struct input *i)
{
	turn_finding(t, &rtse_rules[RTSE_REQUEST], 0);
	if (i->in == RTSE_IN_RTTRreq)
		fail_request(r, t, i);
}

static void note_serial(struct rtse *r, struct turn *t, const struct input *i)
{
	(void)r, (void)i;
	turn_finding(t, &rtse_rules[RTSE_SERIAL], 0);
}

static void note_turn(struct rtse *r, struct turn *t, const struct input *i)
{
	(void)r, (void)i;
	turn_finding(t, &rtse_rules[RTSE_NO_TURN], 0);
}

/* ---- what comes in ---- */

static const struct {
	uint8_t layer, kind, type, in;
} inputs[] = {
	{ LAYER_RTSE, SERVICE_CONNECT, REQUEST, RTSE_IN_RTOPENreq },
	{ LAYER_RTSE, SERVICE_CONNECT, RESPONSE, RTSE_IN_RTOPENrspP },
	{ LAYER_RTSE, SERVICE_TRANSFER, REQUEST, RTSE_IN_RTTRreq },
	{ LAYER_RTSE, SERVICE_TRANSFER, RESPONSE, RTSE_IN_RTTRrspP },
	{ LAYER_RTSE, SERVICE_SYNC_MINOR, RESPONSE, RTSE_IN_RTSYNCrsp },
	{ LAYER_RTSE, SERVICE_ACTIVITY_DISCARD, REQUEST, RTSE_IN_RTDISCARDreq },
	{ LAYER_RTSE, SERVICE_ACTIVITY_INTERRUPT, REQUEST, RTSE_IN_RTINTERRUPTreq },
	{ LAYER_RTSE, SERVICE_TOKEN_PLEASE, REQUEST, RTSE_IN_RTPLEASEreq },
	{ LAYER_RTSE, SERVICE_CONTROL_GIVE, REQUEST, RTSE_IN_RTGIVEreq },
	{ LAYER_RTSE, SERVICE_RELEASE, REQUEST, RTSE_IN_RTCLOSEreq },
	{ LAYER_RTSE, SERVICE_RELEASE, RESPONSE, RTSE_IN_RTCLOSErsp },
	{ LAYER_RTSE, SERVICE_U_ABORT, REQUEST, RTSE_IN_RTUABreq },
	{ LAYER_RTSE, SERVICE_TIMER, INDICATION, RTSE_IN_TIMER },
	{ LAYER_ACSE, SERVICE_CONNECT, INDICATION, RTSE_IN_AASCind },
	{ LAYER_ACSE, SERVICE_CONNECT, CONFIRM, RTSE_IN_AASCcnfP },
	{ LAYER_ACSE, SERVICE_RELEASE, INDICATION, RTSE_IN_ARELind },
	{ LAYER_ACSE, SERVICE_RELEASE, CONFIRM, RTSE_IN_ARELcnf },
	{ LAYER_ACSE, SERVICE_U_ABORT, INDICATION, RTSE_IN_AABind },
	{ LAYER_ACSE, SERVICE_P_ABORT, INDICATION, RTSE_IN_APABind },
	{ LAYER_PRESENTATION, SERVICE_ACTIVITY_START, INDICATION, RTSE_IN_PSTARTind },
	{ LAYER_PRESENTATION, SERVICE_ACTIVITY_RESUME, INDICATION, RTSE_IN_PRESUMEind },
	{ LAYER_PRESENTATION, SERVICE_DATA, INDICATION, RTSE_IN_PDATAind },
	{ LAYER_PRESENTATION, SERVICE_DATA, CONFIRM, RTSE_IN_LEFT },
	{ LAYER_PRESENTATION, SERVICE_SYNC_MINOR, INDICATION, RTSE_IN_PSYNCind },
	{ LAYER_PRESENTATION, SERVICE_SYNC_MINOR, CONFIRM, RTSE_IN_PSYNCcnf },
	{ LAYER_PRESENTATION, SERVICE_ACTIVITY_END, INDICATION, RTSE_IN_PENDind },
	{ LAYER_PRESENTATION, SERVICE_ACTIVITY_END, CONFIRM, RTSE_IN_PENDcnf },
	{ LAYER_PRESENTATION, SERVICE_ACTIVITY_INTERRUPT, INDICATION, RTSE_IN_PINTind },
	{ LAYER_PRESENTATION, SERVICE_ACTIVITY_INTERRUPT, CONFIRM, RTSE_IN_PINTcnf },
	{ LAYER_PRESENTATION, SERVICE_ACTIVITY_DISCARD, INDICATION, RTSE_IN_PDISind },
	{ LAYER_PRESENTATION, SERVICE_ACTIVITY_DISCARD, CONFIRM, RTSE_IN_PDIScnf },
	{ LAYER_PRESENTATION, SERVICE_U_EXCEPTION, INDICATION, RTSE_IN_PUERind },
	{ LAYER_PRESENTATION, SERVICE_P_EXCEPTION, INDICATION, RTSE_IN_PPERind },
	{ LAYER_PRESENTATION, SERVICE_TOKEN_PLEASE, INDICATION, RTSE_IN_PPLEASEind },
	{ LAYER_PRESENTATION, SERVICE_CONTROL_GIVE, INDICATION, RTSE_IN_PGIVEind },
};

static enum rtse_in classify(const struct event *e)
{
	for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++)
		if (inputs[i].layer == e->layer && inputs[i].kind == e->code &&
		    inputs[i].type == e->type)
			return (enum rtse_in)inputs[i].in;
	return RTSE_IN_OTHER;
}

/* The APDU in the user data of an indication; must be of one kind. */
static bool read_apdu(const struct rtse *r, struct turn *t, struct input *i, enum rtse_kind kind)
{
	struct octets o = i->s->data;
	bool ok = r->config.x410 ? rtse_decode_x410(kind, o, &i->pdu, t->findings)
	                         : rtse_decode(o, &i->pdu, t->findings);

	if (ok && i->pdu.kind != kind)
		ok = turn_finding(t, &rtse_rules[RTSE_APDU_WRONG], 0);
	if (i->pdu.kind < RTSE_KINDS)
		turn_pdu_value(t, LAYER_RTSE, EVENT_PDU_IN, i->pdu.kind, o, i->s->offset,
		               i->pdu.reason);
	return ok;
}

/* The transferred octets of one piece, as one run: one piece in, one out. */
static bool read_piece(struct rtse *r, struct turn *t, struct input *i)
{
	struct octets in = i->s->data, value;
	struct joined j;

	joined_init(&j, in.n);
	if (i->s->first)
		rtse_reader_init(&r->reader, r->config.x410);
	if (i->s->first && !r->config.x410 && i->s->context != r->context)
		turn_finding(t, &rtse_rules[RTSE_CONTEXT], 0);
	while (in.n > 0) {
		size_t n = rtse_reader_push(&r->reader, in, &value, t->findings);

		if (t->findings->fatal)
			return false;
		if (!joined_add(&j, t->kept, t->pool, value))
			return turn_finding(t, &rtse_rules[RTSE_MEMORY], 0);
		in.p += n;
		in.n -= n;
	}
	i->data = j.octets;
	return !i->s->last || rtse_reader_end(&r->reader, t->findings);
}

/* Decodes what the event carries, and lets what it says choose the event. */
static void refine(struct rtse *r, struct turn *t, struct input *i)
{
	bool data = i->s->data.n > 0;

	switch (i->in) {
	case RTSE_IN_RTOPENrspP:
		if (!i->s->positive)
			i->in = RTSE_IN_RTOPENrspN;
		break;
	case RTSE_IN_RTTRrspP:
		if (!i->s->positive)
			i->in = RTSE_IN_RTTRrspN;
		break;
	case RTSE_IN_AASCind:
		if (!read_apdu(r, t, i, RTSE_RTORQ))
			i->in = RTSE_IN_AASCbad;
		else if (!keep_session(r, &i->pdu.session)) {
			turn_finding(t, &rtse_rules[RTSE_SESSION_ID_LONG], 0);
			i->in = RTSE_IN_AASCbad;
		}
		break;
	case RTSE_IN_AASCcnfP:
		if (!i->s->positive) {
			i->in = RTSE_IN_AASCcnfN;
			if (data)
				read_apdu(r, t, i, RTSE_RTORJ);
		} else if (!read_apdu(r, t, i, RTSE_RTOAC)) {
			i->in = RTSE_IN_OTHER;
		}
		break;
	case RTSE_IN_AABind:
		if (data)
			read_apdu(r, t, i, RTSE_RTAB);
		break;
	case RTSE_IN_PPLEASEind:
		if (data && !read_apdu(r, t, i, RTSE_RTTP))
			i->in = RTSE_IN_OTHER;
		break;
	case RTSE_IN_PSYNCind:
		/* Session has checked it (X.225 A.5.2, p19); nothing else may come. */
		if (r->state == RTSE_STATE_RECEIVING && i->s->serial != r->serial + 1)
			i->in = RTSE_IN_OTHER;
		break;
	case RTSE_IN_PDATAind:
		if (r->state == RTSE_STATE_RECEIVING && !read_piece(r, t, i))
			i->in = RTSE_IN_OTHER;
		break;
	default:
		break;
	}
}

static struct rtse_vars variables(const struct rtse *r, const struct input *i)
{
	uint32_t serial = i->s->serial;
	bool breaking = i->in != RTSE_IN_RTINTERRUPTreq;

	return (struct rtse_vars){
		.turn = r->turn,
		.initiator = r->config.initiator,
		.last = r->at == r->length,
		.room = r->serial + 1 - r->confirmed < r->open.window,
		.outstanding = serial > r->confirmed && serial <= r->serial,
		.resume = serial > 0,
		.interrupt = r->confirmed > 0 && (!breaking || r->interrupting),
	};
}

/* ---- the step ---- */

typedef void action(struct rtse *r, struct turn *t, const struct input *i);

static action *const actions[RTSE_DO_N] = {
#define ENTRY(name) [RTSE_DO_##name] = name,
	RTSE_ACTIONS(ENTRY)
#undef ENTRY
};

static void step(struct rtse *r, struct turn *t, const struct input *i, int row)
{
	const struct rtse_row *w = &rtse_rows[row];
	uint8_t from = r->state;

	/* The state first: an action may be asked by what it emits. */
	if (w->next != RTSE_SAME)
		r->state = w->next;
	turn_step(t, LAYER_RTSE, (uint16_t)row, from, r->state);
	for (size_t k = 0; k < RTSE_ACTIONS_MAX && w->actions[k] != RTSE_DO_nothing; k++)
		actions[w->actions[k]](r, t, i);
}

static void no_row(struct rtse *r, struct turn *t, struct input *i)
{
	int row;

	if (i->in <= RTSE_IN_LAST_REQUEST) {
		note_request(r, t, i);
		return;
	}
	if (i->in <= RTSE_IN_LAST_SILENT)
		return;
	i->in = RTSE_IN_OTHER;
	row = rtse_row_find((enum rtse_state)r->state, i->in, &i->vars);
	if (row >= 0)
		step(r, t, i, row);
}

void rtse_handle(struct rtse *r, struct turn *t, const struct event *e)
{
	struct input i = { .s = event_service(e), .in = classify(e) };
	int row;

	refine(r, t, &i);
	if (i.in == RTSE_IN_LEFT) {
		r->at += r->piece;
		r->piece = 0;
	}
	i.vars = variables(r, &i);
	row = rtse_row_find((enum rtse_state)r->state, i.in, &i.vars);
	if (row >= 0)
		step(r, t, &i, row);
	else
		no_row(r, t, &i);
}

void rtse_init(struct rtse *r, const struct rtse_config *c)
{
	*r = (struct rtse){ .config = *c, .context = c->context, .deadline = NEVER_US };
	r->open = (struct rtse_open){ .checkpoint = c->checkpoint, .window = window_of(c->window) };
}

int64_t rtse_deadline(const struct rtse *r)
{
	return r->deadline;
}

bool rtse_bound(const struct rtse *r)
{
	return r->state != RTSE_STATE_IDLE && r->state != RTSE_STATE_OPENING &&
	       r->state != RTSE_STATE_ANSWERING;
}

bool rtse_busy(const struct rtse *r)
{
	return r->state >= RTSE_STATE_SENDING && r->state <= RTSE_STATE_EXCEPTION;
}
