#include "fuzz/engine_inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Numbers of our own probes: beyond those of any campaign. */
#define PROBES_FROM UINT64_C(70000000000)

/* Of a target that does not say more. */
#define PATIENCE_US (5 * SECOND_US)
#define DELIVERY_US (10 * SECOND_US)
#define TICK_US (SECOND_US / 10)

/* Even a trial, in which silence is told from slowness, cannot be judged then. */
#define STOOD_US (SECOND_US / 2)
/* What an MTA that stood still has to make up for. */
#define MAKE_UP_US (5 * SECOND_US)

/* --- the target ------------------------------------------------------------------------------ */

static bool start_target(struct engine *g, char *why, size_t cap)
{
	const struct engine_config *c = g->config;
	struct fuzz_next next[2] = { { 1, outlet_address(g->outlet) } };

	if (!g->has_lab) {
		g->lanes_world.spread = false;
		if (net_resolve(g->net, &g->lanes_world.to, c->target->address, 102))
			return true;
		snprintf(why, cap, "%s: no such address", c->target->address);
		return false;
	}
	next[1].address = trial_address(g->trial, &next[1].side);
	if (!fuzz_lab_start(&g->lab, c->is_virtual ? g->net : NULL, c->target, next,
	                    c->defects ? c->defects : "", c->folder ? c->folder : "", why, cap))
		return false;
	g->lanes_world.to = g->lab.address;
	g->lanes_world.spread = true;
	if (g->sum->restarts == 0)
		fuzz_lab_held(&g->lab, &g->sum->before);
	return true;
}

/* The lab MTA has gone: that is a failure of the case at hand, and the next one gets
 * a new MTA, with an empty queue. */
static bool look_after_target(struct engine *g, char *why, size_t cap)
{
	if (!g->has_lab || !fuzz_lab_gone(&g->lab))
		return true;
	engine_read_log(g);
	engine_fault(g, FAULT_NEXT_BIND, &g->last, NULL, NULL, "the MTA has gone");
	for (unsigned i = 0; i < g->lanes_n; i++)
		lane_stop(g->lanes[i]);
	g->idle = g->lanes_n;
	fuzz_lab_stop(&g->lab);
	outlet_clear(g->outlet);
	if (g->config->first_only)
		return true;
	g->sum->restarts++;
	return start_target(g, why, cap);
}

/* --- cases --------------------------------------------------------------------------------- */

static bool is_probe(const struct fuzz_case *c)
{
	return c->number >= PROBES_FROM;
}

static enum fuzz_message became(const struct fuzz_script *s, const struct fuzz_outcome *o)
{
	if (o->accepted && !s->seeded)
		return MESSAGE_WHOLE;
	if (o->accepted || o->sent || (s->seeded && s->message == MESSAGE_IN_DOUBT))
		return MESSAGE_IN_DOUBT;
	return s->message == MESSAGE_NONE ? MESSAGE_NONE : MESSAGE_PARTLY;
}

/* We or the lab MTA did not run. */
static void look_for_starvation(struct engine *g, int64_t now)
{
	int64_t ours = g->turned_us ? now - g->turned_us : 0;
	int64_t its = fuzz_lab_idle_us(&g->lab, now), longer = ours > its ? ours : its;

	if (g->config->is_virtual)
		return;
	if (longer > PATIENCE_STARVED_US)
		g->patience.starved_us = now;
	if (longer > STOOD_US)
		g->stood_us = now;
	g->turned_us = now;
}

/* A lab MTA that does not run at all is not kept from it by others.  But one that has done
 * something runs, also if it has not told of its turn yet: what it did had waited with it. */
static bool is_judged(struct engine *g, const struct lane *lane)
{
	int64_t now = net_now(g->net);

	look_for_starvation(g, now);	/* in this very turn */
	return lane_was_fair(lane) ||
	       (lane_heard_nothing(lane) && fuzz_lab_idle_us(&g->lab, now) > STOOD_US);
}

static void on_done(struct lane *lane, void *ctx)
{
	struct engine *g = ctx;
	const struct fuzz_case *c = lane_case(lane);
	const struct fuzz_script *s = lane_script(lane);
	const struct fuzz_outcome *o = lane_outcome(lane);
	char detail[80];
	bool wrong;

	g->idle++;
	g->doubtful |= o->fault != FAULT_NONE;
	if (o->fault && g->has_lab && fuzz_lab_gone(&g->lab))
		return;			/* told once, for all lanes */
	engine_say_fault(o, detail, sizeof detail);
	wrong = o->fault && is_judged(g, lane);
	g->sum->unjudged += o->fault && !wrong;
	if (is_probe(c)) {
		if (o->bind_us && (!g->fastest_us || o->bind_us < g->fastest_us))
			g->fastest_us = o->bind_us;
		if (wrong)
			engine_fault(g, FAULT_NEXT_BIND, &g->last, s, o,
			             "it does not take the next bind");
		return;
	}
	g->sum->cases++;
	outlet_book(g->outlet, c->number, became(s, o), s->resumes || (o->fault && !wrong));
	if (g->config->ended)
		g->config->ended(g->config->ctx, c, s, o);
	if (wrong)
		engine_fault(g, (enum fuzz_fault)o->fault, c, s, o, detail);
}

/* Of what has been drawn. */
static uint64_t least_waiting(const struct engine *g)
{
	uint64_t least = g->waiting_n ? g->waiting[g->waiting_at].number : UINT64_MAX;

	return g->has_alone && g->alone.number < least ? g->alone.number : least;
}

static bool may_begin(struct engine *g)
{
	int64_t now = net_now(g->net);

	if (!g->config->rate)
		return true;
	if (g->due_us > now)
		return false;
	g->due_us = (g->due_us ? g->due_us : now) + SECOND_US / g->config->rate;
	return true;
}

void engine_begin(struct engine *g, struct lane *lane, const struct fuzz_case *c,
                  const struct fuzz_script *s)
{
	g->last = *c;
	if (s->down)
		outlet_arm(g->outlet, c);
	if (g->config->begun)
		g->config->begun(g->config->ctx, c, least_waiting(g));
	g->idle--;
	lane_run(lane, c, s);
}

void engine_probe(struct engine *g, struct lane *lane)
{
	struct fuzz_case c = fuzz_probe(PROBES_FROM + g->sum->probes++);
	struct fuzz_script s;

	fuzz_compile(&c, &s);
	g->idle--;
	lane_run(lane, &c, &s);
}

/* false: nothing may begin now. */
static bool begin(struct engine *g, struct lane *lane)
{
	struct fuzz_script s;
	struct fuzz_case c;

	if (g->config->probe_every && g->since_probe >= g->config->probe_every) {
		g->since_probe = 0;
		engine_probe(g, lane);
		return true;
	}
	if (!engine_draw(g, &c, &s))
		return false;
	g->since_probe++;
	g->since_calm++;
	engine_begin(g, lane, &c, &s);
	return true;
}

static void fill(struct engine *g)
{
	for (unsigned i = 0; i < g->lanes_n && g->idle; i++)
		if (lane_is_idle(g->lanes[i]) && (!may_begin(g) || !begin(g, g->lanes[i])))
			return;
}

void engine_look_at_ledger(struct engine *g, int64_t since_us)
{
	bool fair = !g->stood_us || net_now(g->net) > g->stood_us + MAKE_UP_US;
	struct outlet_wrong w;
	char detail[80];

	outlet_due(g->outlet, since_us);
	if (outlet_aborted(g->outlet) && fair)
		engine_fault(g, FAULT_OTHER, &g->last, NULL, NULL,
		             "it aborts an association of its own");
	while (outlet_wrong(g->outlet, &w)) {
		struct fuzz_case c = g->last;

		if (!fair && w.fault != FAULT_LEDGER)
			continue;
		if (w.number != c.number)
			fuzz_case_make(&c, g->last.seed, w.number);
		snprintf(detail, sizeof detail, "%s%s%s", w.why, w.code ? ": " : "",
		         w.code ? heard_name(w.code) : "");
		engine_fault(g, (enum fuzz_fault)w.fault, &c, NULL, NULL, detail);
	}
}

/* Both wait for a processor most of the time: each pause is short, and no wait a fair one. */
static void look_for_crowd(struct engine *g, int64_t now)
{
	int64_t passed = now - g->looked_us, waited;

	if (passed < TICK_US || g->config->is_virtual)
		return;
	waited = runqueue_waited_us(&g->queue) + fuzz_lab_waited_us(&g->lab);
	if (waited > passed * 3 / 2)
		g->patience.starved_us = now;
	g->looked_us = now;
}

static void tick(struct engine *g, int64_t now)
{
	struct fuzz_answer answer;

	engine_read_log(g);
	engine_trim_logs(g);
	engine_look_at_ledger(g, 0);
	/* A busy machine, or lost?  At rest it will be seen. */
	if (outlet_overdue(g->outlet, now - g->delivery_us))
		g->since_calm = g->calm_after;
	while (outlet_struck(g->outlet, &answer))
		if (g->config->called)
			g->config->called(g->config->ctx, &answer);
	if (g->config->tick)
		g->config->tick(g->config->ctx, g->lanes_n - g->idle);
}

static bool is_interrupted(const struct engine *g)
{
	return g->config->stop && *g->config->stop;
}

bool engine_stopped(const struct engine *g)
{
	return is_interrupted(g) || (g->failing && g->config->first_only);
}

bool engine_turn(struct engine *g, char *why, size_t cap)
{
	int64_t now;

	net_step(g->net, net_now(g->net) + TICK_US / 10);
	now = net_now(g->net);
	look_for_starvation(g, now);
	if (now < g->ticked_us + TICK_US && !g->doubtful)
		return true;
	look_for_crowd(g, now);
	g->ticked_us = now;
	g->doubtful = false;
	tick(g, now);
	return look_after_target(g, why, cap);
}

static bool work(struct engine *g, char *why, size_t cap)
{
	bool ok = true;

	g->alone_after = ALONE_FIRST;
	g->calm_after = CALM_FIRST;
	if (!g->has_lab)
		engine_ask_held(g, &g->sum->before);
	if (!g->config->restless)
		ok = engine_measure_binds(g, why, cap);
	while (ok && (!g->dry || g->waiting_n) && !engine_stopped(g)) {
		if (g->draining != engine_wants_rest(g))
			engine_drain(g, !g->draining);
		if (g->draining && engine_is_drained(g))
			ok = g->has_alone ? engine_run_alone(g, why, cap) :
			engine_calm(g, why, cap);
		fill(g);
		ok = ok && engine_turn(g, why, cap);
	}
	g->sum->duration_us = net_now(g->net) - g->begin_us;
	ok = ok && engine_rest(g, why, cap);
	/* What an interruption leaves undone is no failure of ours. */
	return ok || is_interrupted(g);
}

/* --- making -------------------------------------------------------------------------------- */

static bool make_lanes(struct engine *g)
{
	g->lanes_n = g->config->lanes;
	g->lanes = calloc(g->lanes_n, sizeof(struct lane *));
	for (unsigned i = 0; g->lanes && i < g->lanes_n; i++) {
		g->lanes[i] = lane_new(&g->lanes_world);
		if (!g->lanes[i])
			return false;
	}
	g->idle = g->lanes_n;
	return g->lanes != NULL;
}

static bool make(struct engine *g, char *why, size_t cap)
{
	const struct engine_config *c = g->config;
	const struct target *t = c->target;

	snprintf(why, cap, "out of memory");
	g->has_lab = t->lab;
	g->net = c->is_virtual ? net_sim_new(c->seed) : net_kernel_new();
	g->world = g->net ? end_world_new(g->net, c->capture) : NULL;
	if (!g->world)
		return false;
	/* It may have to try three times, and to wait for a recovery. */
	g->delivery_us = DELIVERY_US;
	if (!g->has_lab)
		g->delivery_us += 3 * target_value(t, KNOWN_OPEN_INTERVAL) +
		                  target_value(t, KNOWN_RECOVERY_TIMEOUT);
	g->patience.us = g->has_lab ? LAB_PATIENCE_US : PATIENCE_US + target_value(t, KNOWN_TIM);
	g->speech = speech_for(t, 1, why, cap);
	if (g->speech)
		g->outlet = outlet_new(g->world, t, 1, g->has_lab, g->speech, &g->patience,
		                       why, cap);
	g->lanes_world = (struct lane_world){
		.net = g->net, .speech = g->speech, .done = on_done, .ctx = g,
		.patience = &g->patience, .capture = c->capture, .folder = c->captures,
	};
	if (g->outlet && !c->restless)
		g->trial = trial_new(g, why, cap);
	if (!g->outlet || !start_target(g, why, cap))
		return false;
	snprintf(why, cap, "out of memory");
	return make_lanes(g) && engine_open_logs(g);
}

bool engine_run(const struct engine_config *c, struct engine_sum *sum, char *why, size_t why_cap)
{
	struct engine *g = calloc(1, sizeof *g);
	bool ok;

	*sum = (struct engine_sum){ 0 };
	snprintf(why, why_cap, "out of memory");
	if (!g)
		return false;
	memset(g->waiting, 0, sizeof g->waiting);	/* written to: as the tally */
	g->config = c;
	g->sum = sum;
	g->lab = FUZZ_NO_LAB;
	runqueue_open(&g->queue, getpid());
	ok = make(g, why, why_cap);
	g->begin_us = g->net ? net_now(g->net) : 0;
	ok = ok && work(g, why, why_cap);
	if (g->outlet) {
		sum->accepted = outlet_accepted(g->outlet);
		sum->delivered = outlet_delivered(g->outlet);
		sum->connections = g->lanes_world.connections + outlet_connections(g->outlet);
		sum->rounds = g->lanes_world.rounds + outlet_rounds(g->outlet);
	}
	for (unsigned i = 0; g->lanes && i < g->lanes_n; i++)
		lane_free(g->lanes[i]);
	free(g->lanes);
	fuzz_lab_stop(&g->lab);
	outlet_free(g->outlet);
	trial_free(g->trial);
	engine_close_logs(g);
	runqueue_close(&g->queue);
	speech_free(g->speech);
	end_world_free(g->world);
	net_free(g->net);
	free(g);
	return ok;
}
