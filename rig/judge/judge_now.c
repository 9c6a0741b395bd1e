/*
 * What an expectation says at a moment: met, missed, or not yet known.
 */
#include "judge/judge_inner.h"

#include <string.h>

typedef enum judge_now test_fn(const struct judge *j, const struct expectation *x);

static enum judge_now yes_if(bool b)
{
	return b ? NOW_YES : NOW_NOT_YET;
}

static enum judge_now test_bound(const struct judge *j, const struct expectation *x)
{
	const struct conduct_end *end = conduct_newest(&j->conduct, x->side, x->whom);

	if (end && end->refused)
		return NOW_NO;
	return yes_if(conduct_any_bound(&j->conduct, x->side, x->whom));
}

static enum judge_now test_refused(const struct judge *j, const struct expectation *x)
{
	const struct conduct_end *end = conduct_newest(&j->conduct, x->side, x->whom);

	if (!end || !end->refused)
		return end && end->bound ? NOW_NO : NOW_NOT_YET;
	return x->value < 0 || end->refusal == (uint32_t)x->value ? NOW_YES : NOW_NO;
}

static enum judge_now test_released(const struct judge *j, const struct expectation *x)
{
	const struct conduct_end *end = conduct_newest(&j->conduct, x->side, x->whom);

	return yes_if(end && end->released);
}

static enum judge_now test_accepted(const struct judge *j, const struct expectation *x)
{
	struct ledger_count c = ledger_accepted(&j->ledger);

	(void)x;
	return yes_if(c.done == c.due);
}

static enum judge_now test_delivered(const struct judge *j, const struct expectation *x)
{
	struct ledger_count c = ledger_delivered(&j->ledger, x->side);

	return yes_if(c.due && c.done == c.due);
}

static enum judge_now test_not_delivered(const struct judge *j, const struct expectation *x)
{
	return ledger_delivered(&j->ledger, x->side).done ? NOW_NO : NOW_NOT_YET;
}

static enum judge_now test_reported(const struct judge *j, const struct expectation *x)
{
	struct ledger_count c = ledger_reported(&j->ledger, x->value, x->value2);

	return yes_if(c.due && c.done == c.due);
}

static enum judge_now test_no_abort(const struct judge *j, const struct expectation *x)
{
	(void)x;
	return j->conduct.aborts ? NOW_NO : NOW_YES;
}

static enum judge_now test_log_none(const struct judge *j, const struct expectation *x)
{
	(void)x;
	if (j->c->signatures &&
	    signature_best(j->c->signatures, &j->score, WEIGHT_CONCLUSIVE))
		return NOW_NO;
	return yes_if(j->logs_read);
}

static enum judge_now test_log(const struct judge *j, const struct expectation *x)
{
	const struct signatures *s = j->c->signatures;

	for (size_t i = 0; s && i < s->n; i++)
		if (strcmp(s->at[i].article, x->name) == 0 && signature_complete(s, i, &j->score))
			return NOW_YES;
	return j->logs_read ? NOW_NO : NOW_NOT_YET;
}

static enum judge_now test_pdu(const struct judge *j, const struct expectation *x)
{
	return yes_if(conduct_pdu_seen(&j->conduct, x->side, x->layer, x->code));
}

static enum judge_now test_tcp_closed(const struct judge *j, const struct expectation *x)
{
	const struct conduct_end *end = conduct_newest(&j->conduct, x->side, x->whom);

	return yes_if(end && end->ended_by_iut);
}

static enum judge_now test_alive(const struct judge *j, const struct expectation *x)
{
	(void)x;
	return j->gone ? NOW_NO : NOW_YES;
}

static enum judge_now test_once(const struct judge *j, const struct expectation *x)
{
	return ledger_copies(&j->ledger, x->side) ? NOW_NO : test_delivered(j, x);
}

static enum judge_now test_copies(const struct judge *j, const struct expectation *x)
{
	return ledger_copies(&j->ledger, x->side) > (uint32_t)x->value ? NOW_NO : NOW_YES;
}

static enum judge_now test_priority(const struct judge *j, const struct expectation *x)
{
	return ledger_misordered(&j->ledger, x->side) ? NOW_NO : NOW_YES;
}

static enum judge_now test_wire(const struct judge *j, const struct expectation *x)
{
	const struct waiting *w = &j->expectations[x - j->c->expectations];

	return w->mismatched ? NOW_NO : yes_if(w->matched);
}

static enum judge_now test_no_wire(const struct judge *j, const struct expectation *x)
{
	return j->expectations[x - j->c->expectations].matched ? NOW_NO : NOW_NOT_YET;
}

static test_fn *const tests[EXPECT_KINDS] = {
	[EXPECT_BOUND] = test_bound,
	[EXPECT_REFUSED] = test_refused,
	[EXPECT_RELEASED] = test_released,
	[EXPECT_ACCEPTED] = test_accepted,
	[EXPECT_DELIVERED] = test_delivered,
	[EXPECT_NOT_DELIVERED] = test_not_delivered,
	[EXPECT_REPORTED] = test_reported,
	[EXPECT_NO_ABORT_BY_IUT] = test_no_abort,
	[EXPECT_LOG_NONE] = test_log_none,
	[EXPECT_LOG] = test_log,
	[EXPECT_PDU_IN] = test_pdu,
	[EXPECT_TCP_CLOSED] = test_tcp_closed,
	[EXPECT_ALIVE] = test_alive,
	[EXPECT_WIRE] = test_wire,
	[EXPECT_ONCE] = test_once,
	[EXPECT_COPIES] = test_copies,
	[EXPECT_PRIORITY] = test_priority,
	[EXPECT_NO_WIRE] = test_no_wire,
};

enum judge_now judge_now(const struct judge *j, const struct expectation *x)
{
	return tests[x->kind](j, x);
}
