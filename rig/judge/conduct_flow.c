#include "judge/conduct_flow.h"

#include "link/link.h"
#include "session/session_pdu.h"

enum {
	/* A resumption needs an association first: round trips of five layers. */
	RESUME_SLACK_US = 2000000,
	RESUME_TRIPS = 8,
	CALL_SLACK_US = 1000000,
	PACE_MESSAGES = 5,
	PACE_US = 1000000,
};

void conduct_flow_init(struct conduct_flow *f)
{
	for (unsigned i = 0; i < SIDES_MAX; i++) {
		f->sides[i] = (struct flow_side){ .stalled_beside = SIDES_MAX };
		f->sides[i].lost_us = f->sides[i].delivered_us = NEVER_US;
	}
}

/* ---- ends ---- */

static struct flow_end *end_of(struct flow_side *s, uint32_t number)
{
	size_t n = s->ends_n < FLOW_ENDS ? s->ends_n : FLOW_ENDS;

	for (size_t i = 0; i < n; i++)
		if (s->ends[i].number == number)
			return &s->ends[i];
	return NULL;
}

static struct flow_end *new_end(struct flow_side *s, uint32_t number)
{
	struct flow_end *end = end_of(s, number);

	if (!end)
		end = &s->ends[s->ends_n++ % FLOW_ENDS];
	*end = (struct flow_end){ .number = number };
	return end;
}

static const struct flow_end *live(const struct flow_side *s, size_t i)
{
	return i < s->ends_n && s->ends[i].up ? &s->ends[i] : NULL;
}

static bool sends(const struct flow_side *s)
{
	for (size_t i = 0; i < FLOW_ENDS; i++)
		if (live(s, i) && s->ends[i].sending)
			return true;
	return false;
}

/* Another side that the IUT sends to; SIDES_MAX: none. */
static unsigned busy_beside(const struct conduct_flow *f, unsigned side)
{
	for (unsigned i = 0; i < SIDES_MAX; i++)
		if (i != side && sends(&f->sides[i]))
			return i;
	return SIDES_MAX;
}

/* ---- silence ---- */

enum standing { NOTHING_DUE, TO_SEND, TO_CALL };

static enum standing standing(const struct flow_side *s)
{
	enum standing now = TO_CALL;

	if (!s->waiting)
		return NOTHING_DUE;
	for (size_t i = 0; i < FLOW_ENDS; i++) {
		const struct flow_end *end = live(s, i);

		if (!end)
			continue;
		if (end->ours || end->held || end->unconfirmed)
			return NOTHING_DUE;
		if (end->bound && end->its_turn)
			now = TO_SEND;
		else if (now == TO_CALL)
			now = NOTHING_DUE;
	}
	return now;
}

int64_t conduct_flow_patience(const struct judge_case *c, unsigned side)
{
	const struct judge_line *line = &c->lines[side];
	int64_t own = 0;

	if (!c->idle_limit_us || line->bent)
		return 0;
	if (line->rate)
		own = (int64_t)(2 * 8 * (double)c->checkpoint / (double)line->rate * 1e6);
	own += 4 * 2 * line->delay_us;
	return own > c->idle_limit_us ? own : c->idle_limit_us;
}

static void look(struct conduct_flow *f, const struct judge_case *c, unsigned side, int64_t now_us)
{
	struct flow_side *s = &f->sides[side];
	int64_t silent = now_us - s->since_us, limit = conduct_flow_patience(c, side);
	enum standing what = standing(s);
	unsigned beside;

	if (!limit || silent <= limit)
		return;
	beside = busy_beside(f, side);
	if (what == TO_SEND && silent > s->stalled_us) {
		s->stalled_us = silent;
		s->stalled_beside = beside;
		s->stalled_waiting = s->waiting;
	}
	if (what == TO_CALL && beside < SIDES_MAX && c->open_interval_us &&
	    silent > 2 * c->open_interval_us + CALL_SLACK_US && silent > s->uncalled_us) {
		s->uncalled_us = silent;
		s->stalled_beside = beside;
		s->stalled_waiting = s->waiting;
	}
}

void conduct_flow_waiting(struct conduct_flow *f, unsigned side, uint32_t waiting, int64_t now_us)
{
	struct flow_side *s = &f->sides[side];

	if (!s->waiting && waiting)
		s->since_us = now_us;
	if (!waiting)
		s->delivered_us = NEVER_US;
	s->waiting = waiting;
}

/* ---- what comes ---- */

static void on_tcp(struct flow_side *s, const struct event *e)
{
	struct flow_end *end;

	if (e->code == TCP_CONNECTED) {
		end = new_end(s, e->association);
		end->up = true;
		end->its_turn = !(e->flags & EVENT_F_INITIATOR);
		return;
	}
	end = end_of(s, e->association);
	if (!end || e->code == TCP_CLOSE_WANTED)
		return;
	/* Behind a line that keeps silent the IUT learns of the loss later than we do. */
	if (end->up && end->sending)
		s->lost_us = end->held ? NEVER_US : e->at_us;
	end->up = end->bound = end->sending = false;
}

static void on_primitive(struct flow_end *end, const struct event *e)
{
	if (e->layer == LAYER_P1 && e->code == SERVICE_CONNECT &&
	    (e->type == RESPONSE || e->type == CONFIRM))
		end->bound = e->flags & EVENT_F_POSITIVE;
	else if (e->layer == LAYER_P1 && e->code != SERVICE_CONNECT && e->code != SERVICE_DATA &&
	         (e->code == SERVICE_RELEASE || e->code == SERVICE_U_ABORT ||
	          e->code == SERVICE_P_ABORT))
		end->bound = false;
}

static int64_t resume_slack(const struct judge_case *c, unsigned side)
{
	return RESUME_SLACK_US + RESUME_TRIPS * 2 * c->lines[side].delay_us;
}

static void resumed(struct flow_side *s, const struct flow_end *end, const struct judge_case *c,
                    const struct event *e)
{
	unsigned side = side_of(e->association);
	int64_t after = e->at_us - s->lost_us;

	if (s->lost_us == NEVER_US || end->interrupted || !c->recovery_us || c->lines[side].bent)
		return;
	if (after > c->recovery_us + resume_slack(c, side) && after > s->late_us)
		s->late_us = after;
	s->lost_us = NEVER_US;
}

static void on_pdu_in(struct flow_side *s, struct flow_end *end, const struct judge_case *c,
                      const struct event *e)
{
	switch (e->code) {
	case SPDU_AR:
		resumed(s, end, c, e);
		end->sending = true;
		end->unconfirmed = 0;
		break;
	case SPDU_AS:
		end->sending = true;
		end->unconfirmed = 0;
		break;
	case SPDU_MIP:
	case SPDU_AE:
	case SPDU_AI:
	case SPDU_AD:
		end->unconfirmed++;
		end->interrupted |= e->code == SPDU_AI;
		break;
	case SPDU_GTC:
		end->its_turn = false;
		break;
	default:
		break;
	}
}

static void on_pdu_out(struct flow_end *end, const struct event *e)
{
	switch (e->code) {
	case SPDU_MIA:
		end->unconfirmed -= end->unconfirmed > 0;
		break;
	case SPDU_AEA:
	case SPDU_AIA:
	case SPDU_ADA:
		end->sending = false;
		end->unconfirmed = 0;
		break;
	case SPDU_ED:
		end->interrupted = true;
		break;
	case SPDU_GTC:
		end->its_turn = true;
		break;
	default:
		break;
	}
}

/* Between two messages that came out while others waited. */
static void on_delivered(struct conduct_flow *f, const struct judge_case *c, unsigned side,
                         const struct event *e)
{
	struct flow_side *s = &f->sides[side];
	unsigned other = busy_beside(f, side);
	bool beside = other < SIDES_MAX;
	bool slower = beside && c->lines[other].rate && c->lines[other].rate < c->lines[side].rate;
	struct flow_pace *pace = beside ? &s->among : &s->alone;

	if (s->delivered_us != NEVER_US && s->beside == beside && (!beside || slower)) {
		pace->us += e->at_us - s->delivered_us;
		pace->octets += e->length;
		pace->messages++;
	}
	s->delivered_us = e->at_us;
	s->beside = beside;
}

unsigned conduct_flow_pace(const struct conduct_flow *f, const struct judge_case *c, unsigned side)
{
	const struct flow_pace *a = &f->sides[side].alone, *b = &f->sides[side].among;
	double alone, among, size;

	if (!c->lines[side].rate || c->lines[side].bent || a->messages < PACE_MESSAGES ||
	    b->messages < PACE_MESSAGES || a->us < PACE_US || b->us < PACE_US)
		return 100;
	size = (double)a->octets / a->messages * b->messages / (double)(b->octets + 1);
	alone = (double)a->octets / (double)a->us;
	among = (double)b->octets / (double)b->us;
	/* Small messages take longer for each octet. */
	if (size < 0.8 || size > 1.25 || among >= alone)
		return 100;
	return (unsigned)(100 * among / alone);
}

static void on_end(struct flow_side *s, const struct judge_case *c, const struct event *e)
{
	struct flow_end *end = end_of(s, e->association);

	if (!end)
		return;
	if (e->kind == EVENT_PRIMITIVE)
		on_primitive(end, e);
	else if (e->kind == EVENT_LINK)
		end->held = link_held(end->held, e);
	else if (e->kind == EVENT_SCENARIO)
		end->ours = true;
	else if (e->layer == LAYER_SESSION && e->kind == EVENT_PDU_IN)
		on_pdu_in(s, end, c, e);
	else if (e->layer == LAYER_SESSION && e->kind == EVENT_PDU_OUT)
		on_pdu_out(end, e);
}

static bool is_of_an_end(const struct event *e)
{
	return e->kind == EVENT_TCP || e->kind == EVENT_LINK || e->kind == EVENT_PRIMITIVE ||
	       e->kind == EVENT_PDU_IN || e->kind == EVENT_PDU_OUT ||
	       (e->kind == EVENT_SCENARIO && (e->code == SCENARIO_CUT ||
	                                      e->code == SCENARIO_DETACHED));
}

void conduct_flow_event(struct conduct_flow *f, const struct judge_case *c, const struct event *e)
{
	unsigned side = side_of(e->association);

	for (unsigned i = 0; i < SIDES_MAX; i++)
		look(f, c, i, e->at_us);
	if (side >= SIDES_MAX)
		return;
	if (e->kind == EVENT_LEDGER && e->code == LEDGER_DELIVERED)
		on_delivered(f, c, side, e);
	if (!is_of_an_end(e))
		return;
	f->sides[side].since_us = e->at_us;
	if (e->kind == EVENT_TCP)
		on_tcp(&f->sides[side], e);
	else
		on_end(&f->sides[side], c, e);
}
