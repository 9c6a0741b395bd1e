/*
 * A trial: three small honest conversations at rest, and the rules of conduct over them.
 *
 *     alone      messages to the one next MTA, on a line of a known rate
 *     beside     the same while one message is on its way to another next MTA, whose line
 *                is slow
 *     recovery   a message is cut behind a checkpoint, and its transfer goes on
 *
 * What is owed is judged by the same fold as in a scenario (judge/conduct_flow.h).
 */
#include "fuzz/engine_inner.h"

#include "judge/conduct_flow.h"

#include <stdlib.h>
#include <string.h>

enum {
	SIDE_DOWN = 1,
	MESSAGES = 7,			/* alone and beside: six intervals */
	CONTENT_BITS = 8 * 16100,
	/* Of a lab MTA in real time: a busy machine is not slow to that degree. */
	SILENT_VIRTUAL_S = 1, SILENT_S = 2,
};
#define MESSAGE_US (SECOND_US / 5)	/* on the fast line */
#define STEP_SLACK_US (5 * SECOND_US)

struct trial {
	struct engine *engine;
	unsigned slow;			/* the side of the slow neighbour */
	struct outlet *outlet;		/* where it listens */
	struct speech *speech;		/* to it */
	struct outlet_trial lines[2];	/* of SIDE_DOWN and of the slow one */
	struct judge_case rules;
	struct conduct_flow flow;
	uint32_t waiting[SIDES_MAX];
	uint64_t restarts;		/* of the MTA, before */
};

/* --- what happens ------------------------------------------------------------------------- */

static void waits(struct trial *t, unsigned side, int more)
{
	t->waiting[side] += (uint32_t)more;
	conduct_flow_waiting(&t->flow, side, t->waiting[side], net_now(t->engine->net));
}

static void on_event(void *ctx, const struct event *e)
{
	struct trial *t = ctx;

	conduct_flow_event(&t->flow, &t->rules, e);
}

static void on_came_out(void *ctx, uint32_t end, uint64_t octets)
{
	struct trial *t = ctx;
	const struct event e = {
		.at_us = net_now(t->engine->net), .association = end, .kind = EVENT_LEDGER,
		.code = LEDGER_DELIVERED, .length = octets,
	};

	conduct_flow_event(&t->flow, &t->rules, &e);
	if (t->waiting[side_of(end)])
		waits(t, side_of(end), -1);
}

/* --- the conversations ---------------------------------------------------------------------- */

/* The MTA that it began with still stands. */
static bool goes_on(const struct trial *t)
{
	return !engine_stopped(t->engine) && !t->engine->failing &&
	       t->engine->sum->restarts == t->restarts;
}

static bool step(struct trial *t, char *why, size_t cap)
{
	const struct event tick = { .at_us = net_now(t->engine->net), .kind = EVENT_SCENARIO,
	                            .code = SCENARIO_TICK };

	conduct_flow_event(&t->flow, &t->rules, &tick);
	return engine_turn(t->engine, why, cap);
}

/* One message.  false: the rig failed. */
static bool hand_in(struct trial *t, unsigned side, char *why, size_t cap)
{
	struct engine *g = t->engine;
	struct lane *lane = engine_idle_lane(g, why, cap);
	struct fuzz_case c = fuzz_message(OUTLET_TRIALS + g->sum->probes++);
	struct fuzz_script s;
	bool ok;

	if (!lane)
		return engine_stopped(g);
	fuzz_compile(&c, &s);
	waits(t, side, 1);
	g->lanes_world.speech = side == SIDE_DOWN ? g->speech : t->speech;
	g->idle--;
	lane_run(lane, &c, &s);
	ok = engine_run_out(g, lane, why, cap);
	g->lanes_world.speech = g->speech;
	if (ok && !lane_outcome(lane)->accepted && t->waiting[side])
		waits(t, side, -1);
	return ok;
}

static bool hand_in_all(struct trial *t, char *why, size_t cap)
{
	bool ok = true;

	for (unsigned i = 0; ok && i < MESSAGES && goes_on(t); i++)
		ok = hand_in(t, SIDE_DOWN, why, cap);
	return ok;
}

/* Until all of it has come out, or should have. */
static bool await(struct trial *t, int64_t most_us, char *why, size_t cap)
{
	int64_t until = net_now(t->engine->net) + most_us + STEP_SLACK_US;
	bool ok = true;

	while (ok && goes_on(t) && (t->waiting[SIDE_DOWN] || t->waiting[t->slow]) &&
	       net_now(t->engine->net) < until)
		ok = step(t, why, cap);
	return ok;
}

/* Its message is under way before the others come. */
static bool slow_one(struct trial *t, char *why, size_t cap)
{
	int64_t until = net_now(t->engine->net) + STEP_SLACK_US;
	bool ok = hand_in(t, t->slow, why, cap);

	while (ok && goes_on(t) && outlet_open(t->outlet) == 0 && net_now(t->engine->net) < until)
		ok = step(t, why, cap);
	return ok;
}

static bool converse(struct trial *t, int64_t slow_us, char *why, size_t cap)
{
	int64_t lost_us = t->rules.recovery_us + t->engine->delivery_us;
	bool ok = hand_in_all(t, why, cap) && await(t, slow_us, why, cap);

	ok = ok && slow_one(t, why, cap) && hand_in_all(t, why, cap);
	ok = ok && await(t, 2 * slow_us, why, cap);
	t->lines[0].cuts = 1;
	if (ok && goes_on(t))
		ok = hand_in(t, SIDE_DOWN, why, cap) && await(t, lost_us, why, cap);
	return ok;
}

/* --- the verdict ---------------------------------------------------------------------------- */

/* What is most telling of a side, and nothing beside it. */
static void judge_side(struct trial *t, unsigned side)
{
	const struct flow_side *s = &t->flow.sides[side];
	bool beside = s->stalled_beside < SIDES_MAX;
	enum fuzz_fault what = FAULT_NONE;
	const char *say = NULL;

	if (s->late_us) {
		what = FAULT_RECOVERY;
		say = "a lost transfer is resumed behind its time for it";
	} else if (s->stalled_us || (s->uncalled_us && beside)) {
		what = FAULT_STALL;
		say = beside ? "nothing comes on one link while another one is slow"
		             : "nothing comes, though mail waits and the line is open";
	} else if (conduct_flow_pace(&t->flow, &t->rules, side) < CONDUCT_PACE_KEPT) {
		what = FAULT_PACE;
		say = "a slow link slows another one down";
	} else if (t->waiting[side]) {
		what = FAULT_LEDGER;
		say = "acknowledged at rest, and did not come out";
	}
	if (what)
		engine_fault(t->engine, what, &t->engine->last, NULL, NULL, say);
}

bool engine_try(struct engine *g, char *why, size_t cap)
{
	struct trial *t = g->trial;
	int64_t slow_us, begun_us = net_now(g->net);
	bool ok;

	if (!t || g->failing || engine_stopped(g))
		return true;
	/* Longer than silence is allowed, and than a call takes. */
	slow_us = t->rules.idle_limit_us * 3 / 2 + 3 * t->rules.open_interval_us + SECOND_US;
	t->lines[1].rate = (uint64_t)(CONTENT_BITS * SECOND_US / slow_us);
	t->rules.lines[SIDE_DOWN].rate = t->lines[0].rate;
	t->rules.lines[t->slow].rate = t->lines[1].rate;
	t->restarts = g->sum->restarts;
	g->sum->trials++;
	memset(t->waiting, 0, sizeof t->waiting);
	conduct_flow_init(&t->flow);
	outlet_try(g->outlet, &t->lines[0]);
	outlet_try(t->outlet, &t->lines[1]);
	ok = converse(t, slow_us, why, cap);
	/* Who was kept from running was not silent, nor slow. */
	if (ok && goes_on(t) && g->stood_us < begun_us) {
		judge_side(t, SIDE_DOWN);
		judge_side(t, t->slow);
	}
	outlet_try(g->outlet, NULL);
	outlet_try(t->outlet, NULL);
	g->begin_us += net_now(g->net) - begun_us;	/* cases per second are not of it */
	return ok;
}

/* --- making --------------------------------------------------------------------------------- */

/* A side beside the second one that messages come out at in the same way; 0: none. */
static unsigned another_side(const struct target *t)
{
	for (size_t i = 0; i < t->recipients_n; i++) {
		int side = t->recipients[i].side;

		if (side > SIDE_DOWN && !t->sides[side].spare && t->sides[side].listen[0] &&
		    t->sides[side].context == t->sides[SIDE_DOWN].context &&
		    t->sides[side].dialogue == t->sides[SIDE_DOWN].dialogue)
			return (unsigned)side;
	}
	return 0;
}

/* Of a lab MTA those that fuzz/lab.c sets count, not those of its target file. */
static struct judge_case rules_of(const struct engine *g, const struct target *t)
{
	struct judge_case c = { .id = "fuzz" };

	if (g->has_lab) {
		c.open_interval_us = fuzz_lab_timers.open_interval;
		c.recovery_us = fuzz_lab_timers.recovery_timeout;
		c.idle_limit_us = SECOND_US * (g->config->is_virtual ? SILENT_VIRTUAL_S : SILENT_S);
		return c;
	}
	c.open_interval_us = target_value(t, KNOWN_OPEN_INTERVAL);
	c.recovery_us = target_value(t, KNOWN_RECOVERY_TIMEOUT);
	c.idle_limit_us = target_value(t, KNOWN_IDLE_LIMIT);
	return c;
}

struct trial *trial_new(struct engine *g, char *why, size_t cap)
{
	const struct target *target = g->config->target;
	unsigned slow = another_side(target);
	struct trial *t = slow ? calloc(1, sizeof *t) : NULL;

	if (!t)
		return NULL;
	t->engine = g;
	t->slow = slow;
	t->rules = rules_of(g, target);
	for (size_t i = 0; i < 2; i++)
		t->lines[i] = (struct outlet_trial){ .event = on_event, .came_out = on_came_out,
		                                     .ctx = t };
	t->lines[0].rate = (uint64_t)(CONTENT_BITS * SECOND_US / MESSAGE_US);
	t->speech = speech_for(target, slow, why, cap);
	if (t->speech)
		t->outlet = outlet_new(g->world, target, slow, g->has_lab, t->speech, &g->patience,
		                       why, cap);
	if (t->outlet && t->rules.idle_limit_us)
		return t;
	trial_free(t);
	return NULL;
}

struct net_address trial_address(const struct trial *t, unsigned *side)
{
	*side = t ? t->slow : 0;
	return t ? outlet_address(t->outlet) : (struct net_address){ .family = 0 };
}

void trial_free(struct trial *t)
{
	if (!t)
		return;
	outlet_free(t->outlet);
	speech_free(t->speech);
	free(t);
}
