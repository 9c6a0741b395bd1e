/*
 * The sender of a transfer: activities, checkpoints, the window.
 */
#include "rtse/rtse_inner.h"

/* After this the side that gave a transfer up does not wait for ADA any more.
 * X.228 names a recovery time and leaves its value open; a minute is what
 * MTAs have for it. */
static const int64_t give_up_default_us = 60 * SECOND_US;

static void wait_for_answer(struct rtse *r, const struct turn *t)
{
	int64_t us = r->config->give_up_us ? r->config->give_up_us : give_up_default_us;

	r->deadline = rtse_later(t, us);
}

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

void rtse_begin_positions(struct rtse *r, uint32_t serial, uint64_t at)
{
	r->serial = r->confirmed = serial;
	r->at = r->confirmed_at = at;
	r->marks[serial % RTSE_WINDOW_MAX] = rtse_mark(at, 0);
	r->piece = 0;
	r->data_seen = false;
	r->failure = RTSE_FAIL_NONE;
	r->past = RTSE_PAST_NONE;
	r->resumed = false;
	r->session_reason = REASON_NONE;
	r->interrupting = false;
}

void rtse_do_start(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	const struct rtse_transfer *tr = i->s->detail;
	struct service *s = turn_service(t);
	bool resume = i->s->old_activity.n > 0;
	int64_t us = tr->transfer_us ? tr->transfer_us : r->config->transfer_us;

	name_activity(r);
	rtse_begin_positions(r, i->s->serial, tr->from);
	r->resumed = resume;
	r->id = tr->id;
	r->length = tr->length;
	if (us)
		r->deadline = rtse_later(t, us);
	s->activity = (struct octets){ r->activity, r->activity_n };
	s->old_activity = i->s->old_activity;
	s->serial = i->s->serial;
	s->has_references = i->s->has_references;
	s->names = i->s->names;
	turn_emit(t, LAYER_PRESENTATION, resume ? SERVICE_ACTIVITY_RESUME : SERVICE_ACTIVITY_START,
	          REQUEST, s);
}

void rtse_do_send(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	struct node *tree = r->x410 ? node_list(t->nodes, NULL)
	                                   : node_ber(t->nodes, NULL, 0x04);
	struct service *s = rtse_parameters(r, t, tree);

	(void)i;
	r->piece = rtse_cut(r->open.checkpoint, r->serial, r->length, r->at);
	node_hole(t->nodes, tree, r->piece);
	s->first = s->last = true;
	turn_pdu_value(t, LAYER_RTSE, EVENT_PDU_OUT, RTSE_RTTR, (struct octets){ NULL, 0 },
	               t->offset, (uint32_t)r->piece);
	turn_emit(t, LAYER_PRESENTATION, SERVICE_DATA, REQUEST, s);
}

void rtse_do_sync(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	struct service *s = turn_service(t);

	(void)i;
	r->serial++;
	r->marks[r->serial % RTSE_WINDOW_MAX] = rtse_mark(r->at, 0);
	s->serial = r->serial;
	turn_emit(t, LAYER_PRESENTATION, SERVICE_SYNC_MINOR, REQUEST, s);
}

void rtse_do_end(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	struct service *s = turn_service(t);

	(void)i;
	s->serial = r->serial + 1;
	turn_emit(t, LAYER_PRESENTATION, SERVICE_ACTIVITY_END, REQUEST, s);
}

void rtse_mark_confirmed(struct rtse *r, uint32_t serial)
{
	r->confirmed = serial;
	if (r->serial - serial < RTSE_WINDOW_MAX)
		r->confirmed_at = rtse_mark_at(r->marks[serial % RTSE_WINDOW_MAX]);
}

void rtse_do_confirmed(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	rtse_mark_confirmed(r, i->s->serial);
	turn_emit(t, LAYER_RTSE, SERVICE_SYNC_MINOR, CONFIRM, i->s);
}

struct service *rtse_outcome(struct rtse *r, struct turn *t, enum rtse_failure failure)
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
	if (r->past == RTSE_PAST_SENDER || r->past == RTSE_PAST_RECEIVER)
		r->outcome.until_us = r->until_us;
	s->serial = r->confirmed;
	s->detail = &r->outcome;
	return s;
}

void rtse_do_confirm_transfer(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	(void)i;
	turn_emit(t, LAYER_RTSE, SERVICE_TRANSFER, CONFIRM, rtse_outcome(r, t, RTSE_FAIL_NONE));
}

void rtse_do_fail_transfer(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	if (i->in == RTSE_IN_PINTcnf)
		rtse_remember(r, t, RTSE_PAST_SENDER);
	turn_emit(t, LAYER_RTSE, SERVICE_TRANSFER, CONFIRM,
	          rtse_outcome(r, t, (enum rtse_failure)r->failure));
}

void rtse_do_lose_transfer(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	if (i->in == RTSE_IN_AABind || i->in == RTSE_IN_APABind)
		rtse_remember(r, t, RTSE_PAST_SENDER);
	turn_emit(t, LAYER_RTSE, SERVICE_TRANSFER, CONFIRM, rtse_outcome(r, t, RTSE_FAIL_ABORTED));
}

/* A request that cannot be: the transfer under way, if any, is not touched. */
void rtse_do_fail_request(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	const struct rtse_transfer *tr = i->s->detail;
	struct service *s = turn_service(t);

	r->outcome = (struct rtse_outcome){ .failure = RTSE_FAIL_REQUEST, .id = tr->id };
	s->last = true;
	s->reason = RTSE_FAIL_REQUEST;
	s->detail = &r->outcome;
	turn_emit(t, LAYER_RTSE, SERVICE_TRANSFER, CONFIRM, s);
}

void rtse_do_give_up(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	r->interrupting = i->in == RTSE_IN_RTINTERRUPTreq;
	r->failure = r->interrupting ? RTSE_FAIL_INTERRUPTED : RTSE_FAIL_DISCARDED;
	r->session_reason = i->s->reason;
	wait_for_answer(r, t);
}

void rtse_do_note_exception(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	r->interrupting = i->vars.keep;
	r->failure = RTSE_FAIL_EXCEPTION;
	r->session_reason = i->s->reason;
	wait_for_answer(r, t);
}

void rtse_do_note_time(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	(void)i;
	turn_finding(t, &rtse_rules[RTSE_TIMED_OUT], 0);
	r->interrupting = false;
	r->failure = RTSE_FAIL_TIME;
	r->session_reason = REASON_LOCAL_USER;
	wait_for_answer(r, t);
}

static void end_activity(struct rtse *r, struct turn *t, enum service_kind kind)
{
	struct service *s = turn_service(t);

	/* Practice: an exception of the receiver is answered without a reason. */
	s->reason = r->failure == RTSE_FAIL_EXCEPTION ? REASON_NONE : r->session_reason;
	turn_emit(t, LAYER_PRESENTATION, kind, REQUEST, s);
}

void rtse_do_discard(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	(void)i;
	if (r->failure == RTSE_FAIL_INTERRUPTED)
		r->failure = RTSE_FAIL_DISCARDED;
	end_activity(r, t, SERVICE_ACTIVITY_DISCARD);
}

void rtse_do_interrupt(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	(void)i;
	end_activity(r, t, SERVICE_ACTIVITY_INTERRUPT);
}
