/*
 * The receiver of a transfer: activities, checkpoints, what is had.
 */
#include "rtse/rtse_inner.h"

#include <string.h>

static void take_activity(struct rtse *r, struct octets id)
{
	r->activity_n = (uint8_t)(id.n < RTSE_ACTIVITY_MAX ? id.n : RTSE_ACTIVITY_MAX);
	if (r->activity_n)
		memcpy(r->activity, id.p, r->activity_n);
}

void rtse_do_begin(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	struct service *s = turn_service_copy(t, i->s);

	rtse_begin_positions(r, 0, 0);
	r->have = 0;
	r->have_sum = r->sum;		/* a sum may begin anywhere */
	take_activity(r, i->s->activity);
	s->serial = 0;
	s->first = true;
	turn_emit(t, LAYER_RTSE, SERVICE_TRANSFER, INDICATION, s);
}

/* X.225 7.30, A.6 [27]: behind the checkpoint that the sender knows to be safe. */
void rtse_do_go_on(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	struct service *s = turn_service_copy(t, i->s);
	uint32_t serial = i->s->serial;
	uint64_t mark = r->marks[serial % RTSE_WINDOW_MAX];

	rtse_begin_positions(r, serial, rtse_mark_at(mark));
	r->marks[serial % RTSE_WINDOW_MAX] = mark;
	r->sum = rtse_mark_sum(mark);
	take_activity(r, i->s->activity);
	s->first = true;
	turn_emit(t, LAYER_RTSE, SERVICE_TRANSFER, INDICATION, s);
}

/* Leaves of a piece what the user has not got yet. */
static void drop_known(struct rtse *r, struct service *s)
{
	uint64_t known = r->have < r->at ? r->have : r->at;
	uint64_t begin = r->at - s->data.n, skip = known > begin ? known - begin : 0;

	s->data.p += skip;
	s->data.n -= (size_t)skip;
	s->offset += skip;
	if (r->have <= r->at) {
		r->have = r->at;
		r->have_sum = r->sum;
	}
}

/* Octets that come again are others, or fewer. */
bool rtse_differs(const struct rtse *r, const struct rtse_input *i)
{
	uint64_t known = r->have > r->at ? r->have - r->at : 0;

	if (!known || i->in != RTSE_IN_PDATAind)
		return known && i->in == RTSE_IN_PENDind;
	return i->data.n >= known &&
	       rtse_sum(r->sum, (struct octets){ i->data.p, (size_t)known }) != r->have_sum;
}

static uint64_t since_sync(const struct rtse *r)
{
	return r->at - rtse_mark_at(r->marks[r->serial % RTSE_WINDOW_MAX]);
}

void rtse_do_data(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	struct service *s;

	r->data_seen = true;
	r->piece = (i->s->first ? 0 : r->piece) + i->data.n;
	r->at += i->data.n;
	if (r->config->recovery_us)
		r->sum = rtse_sum(r->sum, i->data);
	if (i->s->last && !i->broken)
		turn_pdu_value(t, LAYER_RTSE, EVENT_PDU_IN, RTSE_RTTR,
		               (struct octets){ NULL, 0 }, r->offset, (uint32_t)r->piece);
	if (i->data.n == 0)
		return;
	s = turn_service(t);
	s->data = i->data;
	s->offset = i->offset;
	drop_known(r, s);
	if (s->data.n)
		turn_emit(t, LAYER_RTSE, SERVICE_DATA, INDICATION, s);
}

static void check_cut(const struct rtse *r, struct turn *t)
{
	uint64_t unit = (uint64_t)r->open.checkpoint * RTSE_CHECKPOINT_UNIT;

	if (unit && since_sync(r) > unit && r->serial < RTSE_SERIAL_LAST)
		turn_finding(t, &rtse_rules[RTSE_CUT_LARGE], 0);
}

void rtse_do_point(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	check_cut(r, t);
	r->serial = i->s->serial;
	r->marks[r->serial % RTSE_WINDOW_MAX] = rtse_mark(r->at, r->sum);
	if (r->serial - r->confirmed > r->open.window)
		turn_finding(t, &rtse_rules[RTSE_WINDOW_EXCEEDED], 0);
	turn_emit(t, LAYER_RTSE, SERVICE_SYNC_MINOR, INDICATION, i->s);
}

void rtse_do_secure(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	struct service *s = turn_service(t);

	rtse_mark_confirmed(r, i->s->serial);
	s->serial = i->s->serial;
	s->positive = true;
	turn_emit(t, LAYER_PRESENTATION, SERVICE_SYNC_MINOR, RESPONSE, s);
}

void rtse_do_indicate_end(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	struct service *s = turn_service_copy(t, i->s);

	check_cut(r, t);
	if (!r->data_seen)
		turn_finding(t, &rtse_rules[RTSE_DATA_EMPTY], 0);
	else if (since_sync(r) == 0 && r->serial > 0)
		turn_finding(t, &rtse_rules[RTSE_SYNC_LAST], 0);
	s->last = true;
	s->positive = true;
	turn_emit(t, LAYER_RTSE, SERVICE_TRANSFER, INDICATION, s);
}

void rtse_do_answer_end(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	struct service *s = turn_service(t);

	(void)i;
	rtse_remember(r, t, RTSE_PAST_COMPLETED);
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

void rtse_do_report(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	report_reason(r, t, i->s->reason);
}

/* Nothing of it is safe: neither what came first nor what came now. */
void rtse_do_report_other(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	(void)i;
	turn_finding(t, &rtse_rules[RTSE_RESUMED_OTHER], 0);
	r->confirmed = 0;
	report_reason(r, t, REASON_PROCEDURE);
}

void rtse_do_report_activity(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	rtse_do_begin(r, t, i);
	report_reason(r, t, REASON_PROCEDURE);
}

void rtse_do_answer_discard(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	r->session_reason = i->s->reason;
	turn_emit(t, LAYER_PRESENTATION, SERVICE_ACTIVITY_DISCARD, RESPONSE, turn_service(t));
}

void rtse_do_answer_interrupt(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	r->session_reason = i->s->reason;
	turn_emit(t, LAYER_PRESENTATION, SERVICE_ACTIVITY_INTERRUPT, RESPONSE, turn_service(t));
}

void rtse_do_lose(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	enum rtse_failure failure = RTSE_FAIL_ABORTED;

	if (i->in == RTSE_IN_PDISind)
		failure = RTSE_FAIL_DISCARDED;
	else if (i->in == RTSE_IN_PINTind)
		failure = RTSE_FAIL_INTERRUPTED;
	if (i->in == RTSE_IN_PINTind || i->in == RTSE_IN_AABind || i->in == RTSE_IN_APABind)
		rtse_remember(r, t, RTSE_PAST_RECEIVER);
	turn_emit(t, LAYER_RTSE, SERVICE_TRANSFER, INDICATION, rtse_outcome(r, t, failure));
}
