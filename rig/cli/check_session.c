/*
 * What the sessions of a connection say: how it is opened, who has the turn, where activities
 * begin and end.
 */
#include "cli/check_talk_inner.h"

#include "judge/signature.h"

#include <stdio.h>
#include <string.h>

enum {
	WINDOW_USUAL = 3,		/* X.218: without a value */
	/* A resumption needs an association first: round trips of five layers. */
	RESUME_SLACK_S = 2,
	RESUME_TRIPS = 8,
};

static void confirm_end(struct talk *t, unsigned d)
{
	t->lane[d].confirmed = t->lane[d].checkpoints;
	talk_transfer_end(t, d, OUTCOME_CONFIRMED);
}

/* The bind has failed. */
static void look_at_request(struct talk *t)
{
	if (t->unsaid)
		talk_remark(t, CHECK_INFO, FROM_INITIATOR, "dialogue-absent",
		            "the request that failed says no dialogue mode (monologue is meant)");
}

static void on_exception(struct talk *t, const struct observation *seen)
{
	unsigned d = seen->direction;
	char line[TEXT_MAX];

	if (t->lane[1 - d].resumed && t->lane[1 - d].active)
		talk_remark(t, CHECK_SUPPORT, d, "recovery-refused",
		            "the activity that is to go on is not known: %s",
		            talk_line(seen, line));
	else
		talk_remark(t, CHECK_SUPPORT, d, "exception", "exception report: %s",
		            talk_line(seen, line));
}

static void on_turn(struct talk *t, unsigned d, bool given)
{
	struct lane *asker = &t->lane[given ? 1 - d : d];
	int64_t held = t->now_ns - asker->asked_ns;

	if (given && asker->asks && held > t->check->idle_ns)
		talk_remark(t, CHECK_SUPPORT, d, "turn-held",
		            "the turn was asked for and given %.1f s later",
		            (double)held / SECOND_NS);
	asker->asks = !given;
	asker->asked_ns = t->now_ns;
	if (given)
		asker->turn_ns = t->now_ns;
}

void talk_look_for_turn(struct talk *t)
{
	for (unsigned d = 0; d < DIRECTIONS; d++) {
		int64_t held = t->now_ns - t->lane[d].asked_ns;

		if (t->reader && !talk_half(t) && !t->lane[1 - d].hole && t->lane[d].asks &&
		    held > t->check->idle_ns)
			talk_remark(t, CHECK_SUPPORT, 1 - d, "turn-held",
			            "the turn was asked for and not given in %.1f s",
			            (double)held / SECOND_NS);
	}
}

static void on_abort(struct talk *t, const struct observation *seen)
{
	int64_t silent = t->now_ns - t->before_ns;
	bool whole = !talk_half(t) && !t->lane[0].hole && !t->lane[1].hole;
	char line[TEXT_MAX];

	talk_remark(t, CHECK_SUPPORT, seen->direction, "abort", "%s", talk_line(seen, line));
	if (t->asked && !t->opened && !t->over && whole) {
		talk_remark(t, CHECK_SUPPORT, seen->direction, "aborted-bind",
		            "the association is aborted before it was accepted or refused");
		look_at_request(t);
	} else if (t->opened && whole && !t->lane[0].active && !t->lane[1].active &&
	         silent > t->check->idle_ns)
		talk_remark(t, CHECK_SUPPORT, seen->direction, "aborted-idle",
		            "aborted after %.1f s in which nothing was under way",
		            (double)silent / SECOND_NS);
	t->check->wire |= WIRE_ABORT;
	t->over = true;
	for (unsigned i = 0; i < DIRECTIONS; i++)
		talk_transfer_end(t, i, t->lane[i].ended ? OUTCOME_UNCONFIRMED : OUTCOME_ABORTED);
}

static void on_accept(struct talk *t, const struct observation *seen)
{
	(void)seen;
	t->opened = true;
}

static void on_refuse(struct talk *t, const struct observation *seen)
{
	char line[TEXT_MAX];

	t->check->wire |= WIRE_REFUSED;
	talk_remark(t, CHECK_INFO, seen->direction, "refused", "%s", talk_line(seen, line));
	look_at_request(t);
	t->over = true;
}

static uint64_t hash_of(uint64_t seed, struct octets o)
{
	return XXH3_64bits_withSeed(o.p ? o.p : (const uint8_t *)"", o.n, seed + o.n);
}

/* Of who calls, when, and of his number; who is called says nothing new. */
static uint64_t hash_of_session(const struct references *r)
{
	return hash_of(hash_of(hash_of(1, r->calling), r->common), r->additional);
}

static void on_connect(struct talk *t, const struct observation *seen)
{
	t->asked = true;
	t->session = hash_of_session(&seen->as.session->references);
}

/* What is taken up again is known from the connection on which it was lost. */
static void take_up(struct talk *t, unsigned d, const struct check_lost *lost)
{
	struct lane *l = &t->lane[d];
	int64_t after = t->now_ns - lost->lost_ns, limit = t->check->conduct.recovery_ns;

	snprintf(l->id, sizeof l->id, "%s", lost->id);
	if (!l->mta)
		l->mta = lost->from;
	if (!t->lane[1 - d].mta)
		t->lane[1 - d].mta = lost->to;
	if (limit && !lost->interrupted &&
	    after > limit + RESUME_SLACK_S * (int64_t)SECOND_NS + RESUME_TRIPS * t->round_trip_ns)
		talk_remark(t, CHECK_SUPPORT, d, "resumed-late",
		            "resumed %.1f s after it was lost; the recovery timeout is %.1f s",
		            (double)after / SECOND_NS, (double)limit / SECOND_NS);
}

static void on_activity(struct talk *t, const struct observation *seen)
{
	const struct session_pdu *p = seen->as.session;
	struct lane *l = &t->lane[seen->direction];
	bool elsewhere = session_has(p, SESSION_CALLING_REFERENCE);
	const struct check_lost *lost;

	talk_transfer_begin(t, seen->direction, p->kind == SPDU_AR);
	l->key = hash_of(t->session, p->activity);
	if (p->kind != SPDU_AR)
		return;
	lost = check_conduct_find(&t->check->conduct, hash_of(elsewhere ?
	       hash_of_session(&p->references) : t->session, p->old_activity));
	if (lost)
		take_up(t, seen->direction, lost);
}

/* Whatever is missing, it has not ended the activity. */
static void on_data(struct talk *t, const struct observation *seen)
{
	t->lane[seen->direction].doubt = false;
}

static void on_checkpoint(struct talk *t, const struct observation *seen)
{
	t->lane[seen->code == SPDU_MIP ? seen->direction : 1 - seen->direction].doubt = false;
	if (seen->code == SPDU_MIP)
		t->lane[seen->direction].checkpoints++;
	else
		t->lane[1 - seen->direction].confirmed++;
}

static void on_end(struct talk *t, const struct observation *seen)
{
	if (seen->code == SPDU_AE)
		t->lane[seen->direction].ended = true;
	else
		confirm_end(t, 1u - seen->direction);
}

static void on_giving_up(struct talk *t, const struct observation *seen)
{
	talk_transfer_end(t, 1u - seen->direction,
	                  seen->code == SPDU_AIA ? OUTCOME_INTERRUPTED : OUTCOME_DISCARDED);
}

static void on_token(struct talk *t, const struct observation *seen)
{
	if (!seen->herald)
		on_turn(t, seen->direction, seen->code != SPDU_PT);
}

static void on_release(struct talk *t, const struct observation *seen)
{
	(void)seen;
	t->over = true;
}

void talk_session(struct talk *t, const struct observation *seen)
{
	static void (*const take[SESSION_SPDUS])(struct talk *, const struct observation *) = {
		[SPDU_CN] = on_connect, [SPDU_AC] = on_accept, [SPDU_RF] = on_refuse,
		[SPDU_AS] = on_activity, [SPDU_DT] = on_data,
		[SPDU_AR] = on_activity, [SPDU_MIP] = on_checkpoint, [SPDU_MIA] = on_checkpoint,
		[SPDU_AE] = on_end, [SPDU_AEA] = on_end, [SPDU_AIA] = on_giving_up,
		[SPDU_ADA] = on_giving_up, [SPDU_ED] = on_exception, [SPDU_PT] = on_token,
		[SPDU_GT] = on_token, [SPDU_GTC] = on_token, [SPDU_FN] = on_release,
		[SPDU_DN] = on_release, [SPDU_AB] = on_abort,
	};

	if (!seen->as.session || seen->part == OBSERVED_END || seen->part == OBSERVED_CUT)
		return;
	if (take[seen->code])
		take[seen->code](t, seen);
	t->lane[seen->direction].hole = false;
}

/* The P-DATA ends, and the OCTET STRING in it does not. */
static void look_for_cut(struct talk *t, const struct observation *seen)
{
	for (size_t i = 0; i < seen->findings->n; i++)
		if (seen->findings->at[i].rule == &ber_rules[BER_CUT])
			talk_remark(t, CHECK_INFO, seen->direction, "checkpoint-cut",
			            "the data of a checkpoint end before their length says so");
}

void talk_rtse(struct talk *t, const struct observation *seen)
{
	const struct rtse_pdu *p = seen->as.rtse;
	char line[TEXT_MAX];

	if (seen->code == RTSE_RTTR && seen->findings)
		look_for_cut(t, seen);
	if (!p)
		return;
	if (seen->code == RTSE_RTORQ) {
		t->recovering = p->opening == RTSE_RECOVER;
		t->proposed = p->window;
		t->unsaid = !p->has_dialogue;
	}
	if (seen->code == RTSE_RTOAC) {
		t->checkpoint = p->checkpoint;
		t->window = p->window;
		if (t->proposed > 0 && t->window > t->proposed)
			talk_remark(t, CHECK_SUPPORT, seen->direction, "window-raised",
			            "window %u is answered to a proposal of %u", t->window,
			            t->proposed);
		/* Less than was proposed may be answered; some never answer another one. */
		if (t->proposed > WINDOW_USUAL && t->window == WINDOW_USUAL)
			talk_remark(t, CHECK_INFO, seen->direction, "window-three",
			            "window 3, the default, is answered to a proposal of %u",
			            t->proposed);
	}
	if (seen->code == RTSE_RTAB)
		talk_remark(t, CHECK_INFO, seen->direction, "abort-reason", "%s",
		            talk_line(seen, line));
	if (seen->code == RTSE_RTORJ && t->recovering)
		talk_remark(t, CHECK_SUPPORT, seen->direction, "recovery-refused",
		            "the association is not taken up again");
}
