/*
 * Everything comes to rest: nothing begins, what is owed comes, what is not needed goes.
 * Then the latency of binds, the ledger and what the MTA holds are looked at.
 */
#include "fuzz/engine_inner.h"

/* When all is at rest the fastest bind of some must not take so many times what it took at
 * first, and so much more: a busy machine slows some, and never all of all rounds. */
enum { LATENCY_BINDS = 16, LATENCY_FACTOR = 6, LATENCY_ROUNDS = 4 };
#define LATENCY_LEAST_US 2000

/* A lab MTA at which nothing has moved for so long tries nothing any more. */
#define LAB_STILL_US SECOND_US
/* No case of ours holds one of its associations for so long. */
#define REST_US (LAB_PATIENCE_US + SECOND_US)

#define HANGS_US (2 * REST_US)

/* What would disturb is not waited for longer than that: it is what a rest is for. */
#define DRAIN_US (LAB_PATIENCE_US + SECOND_US)

bool engine_wants_rest(const struct engine *g)
{
	/* When there is nothing else to go on with, what waits comes first. */
	return !g->dry && (g->has_alone || g->since_calm >= g->calm_after);
}

void engine_drain(struct engine *g, bool on)
{
	g->draining = on;
	g->draining_us = net_now(g->net);
	if (on && !g->config->restless)
		outlet_disarm(g->outlet);
}

/* It has associations of its own, which no case of ours keeps. */
static bool is_open(const struct engine *g)
{
	return outlet_open(g->outlet) > outlet_kept(g->outlet);
}

bool engine_is_drained(struct engine *g)
{
	int64_t now = net_now(g->net);

	if (now > g->draining_us + DRAIN_US)
		return true;
	if (outlet_due(g->outlet, 0) || (!g->has_alone && g->has_lab && is_open(g)))
		return false;
	for (unsigned i = 0; i < g->lanes_n; i++)
		if (lane_lingers(g->lanes[i], now))
			return false;
	return true;
}

/* Nobody says anything any more, and `own` (NULL: none) is done. */
static bool is_quiet(const struct engine *g, const struct lane *own)
{
	for (unsigned i = 0; i < g->lanes_n; i++)
		if (!lane_is_spent(g->lanes[i]) || (g->lanes[i] == own && !lane_is_idle(own)))
			return false;
	return true;
}

bool engine_run_out(struct engine *g, const struct lane *own, char *why, size_t cap)
{
	bool ok = true;

	while (ok && !engine_stopped(g) && g->idle < g->lanes_n && !is_quiet(g, own))
		ok = engine_turn(g, why, cap);
	return ok;
}

struct lane *engine_idle_lane(struct engine *g, char *why, size_t cap)
{
	bool ok = true;

	while (ok && !engine_stopped(g) && g->idle == 0)
		ok = engine_turn(g, why, cap);
	for (unsigned i = 0; ok && i < g->lanes_n; i++)
		if (lane_is_idle(g->lanes[i]))
			return g->lanes[i];
	return NULL;
}

static int64_t last_of(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Since when everybody has run; but nobody who hangs is waited for without end. */
static int64_t fair_since(const struct engine *g, int64_t since_us)
{
	int64_t starved = last_of(since_us, g->patience.starved_us);

	return starved < since_us + HANGS_US ? starved : since_us + HANGS_US;
}

/* Nothing comes any more, or should have come. */
static bool is_still(struct engine *g, int64_t since_us)
{
	int64_t now = net_now(g->net), moved = last_of(since_us, outlet_moved_us(g->outlet));

	since_us = fair_since(g, since_us);
	return now - since_us > g->delivery_us ||
	       (g->has_lab && outlet_open(g->outlet) == 0 &&
	        now - last_of(moved, since_us) > LAB_STILL_US);
}

/* Its associations stand, and nothing has happened on any for long. */
static bool is_kept(struct engine *g, int64_t since_us)
{
	int64_t moved = last_of(since_us, outlet_moved_us(g->outlet));

	return net_now(g->net) > last_of(moved, fair_since(g, since_us)) + REST_US;
}

/* What it has must come out, and what it does not need any more must go: its associations
 * after their lifetime, which of a lab MTA is short. */
static bool deliver(struct engine *g, char *why, size_t cap)
{
	int64_t since = net_now(g->net);
	bool ok = true;

	while (ok && !engine_stopped(g) && outlet_due(g->outlet, 0) && !is_still(g, since))
		ok = engine_turn(g, why, cap);
	if (!engine_stopped(g))
		engine_look_at_ledger(g, NEVER_US);	/* who interrupts has not waited for it */
	return ok;
}

static bool settle(struct engine *g, char *why, size_t cap)
{
	bool ok = deliver(g, why, cap);
	int64_t since;

	if (!g->has_lab || (g->config->restless && !g->config->is_virtual))
		return ok;
	since = net_now(g->net);
	while (ok && !engine_stopped(g) && is_open(g) && !is_kept(g, since))
		ok = engine_turn(g, why, cap);
	if (ok && !engine_stopped(g) && is_open(g))
		engine_fault(g, FAULT_RESOURCES, &g->last, NULL, NULL,
		      "associations are kept beyond their lifetime");
	/* Its connections of ours end behind a bind that did not come in time. */
	since = net_now(g->net);
	while (ok && !engine_stopped(g) && engine_holds_more(g) &&
	       net_now(g->net) < fair_since(g, since) + REST_US)
		ok = engine_turn(g, why, cap);
	return ok;
}

/* One after the other, and nothing beside them; no more when one has failed.  false: the rig
 * failed. */
static bool probe_some(struct engine *g, unsigned n, char *why, size_t cap)
{
	bool ok = true, binds = true;

	g->fastest_us = 0;
	for (unsigned i = 0; ok && binds && i < n && !engine_stopped(g); i++) {
		struct lane *lane = engine_idle_lane(g, why, cap);

		if (!lane)
			return engine_stopped(g);
		engine_probe(g, lane);
		ok = engine_run_out(g, lane, why, cap);
		binds = lane_outcome(lane)->fault == FAULT_NONE;
	}
	return ok;
}

static bool is_slow(const struct engine *g)
{
	return g->measured && g->fastest_us > LATENCY_LEAST_US &&
	       g->fastest_us > LATENCY_FACTOR * g->sum->bind_first_us;
}

bool engine_measure_binds(struct engine *g, char *why, size_t cap)
{
	struct engine_sum *sum = g->sum;
	bool ok = probe_some(g, LATENCY_BINDS, why, cap);

	for (int i = 1; ok && i < LATENCY_ROUNDS && is_slow(g) && !engine_stopped(g); i++)
		ok = probe_some(g, LATENCY_BINDS, why, cap);
	sum->bind_last_us = g->fastest_us;
	if (!g->measured)
		sum->bind_first_us = g->fastest_us;
	if (ok && !engine_stopped(g) && is_slow(g))
		engine_fault(g, FAULT_LATENCY, &g->last, NULL, NULL,
		             "binds take longer and longer");
	g->measured = true;
	return ok;
}

/* At the first rest, and then more and more rarely: it takes seconds.  Not for a few cases. */
static bool try_now_and_then(struct engine *g, char *why, size_t cap)
{
	bool few = g->since_calm < CALM_FIRST && !g->config->is_virtual;

	if (g->config->restless || (!g->config->tries && (few || ++g->rests < g->tried_at)))
		return true;
	g->tried_at = 4 * g->rests;
	return engine_try(g, why, cap);
}

/* Everything comes to rest, so that what is missing or left over is seen. */
bool engine_calm(struct engine *g, char *why, size_t cap)
{
	bool ok = engine_run_out(g, NULL, why, cap);

	if (ok && !engine_stopped(g) && !g->config->restless)
		ok = engine_measure_binds(g, why, cap);
	ok = ok && settle(g, why, cap);
	if (ok && !engine_stopped(g) && !g->config->restless)
		engine_compare_held(g);
	ok = ok && try_now_and_then(g, why, cap);
	g->since_calm = 0;
	g->calm_after = g->calm_after * 2 < CALM_MOST ? g->calm_after * 2 : CALM_MOST;
	g->draining = false;
	return ok;
}

bool engine_rest(struct engine *g, char *why, size_t cap)
{
	bool ok = true;

	engine_drain(g, true);
	while (ok && !engine_stopped(g) && g->idle < g->lanes_n)
		ok = engine_turn(g, why, cap);
	if (ok && g->has_alone)
		ok = engine_run_alone(g, why, cap);
	ok = ok && probe_some(g, 2, why, cap) && engine_calm(g, why, cap);
	engine_read_whole_logs(g);
	if (!engine_stopped(g))
		engine_look_at_ledger(g, NEVER_US);
	return ok;
}

/* The first of such cases, and then more and more rarely. */
bool engine_run_alone(struct engine *g, char *why, size_t cap)
{
	bool ok = engine_run_out(g, NULL, why, cap) && deliver(g, why, cap);
	struct lane *lane = ok ? engine_idle_lane(g, why, cap) : NULL;
	struct fuzz_script s;

	fuzz_compile(&g->alone, &s);
	g->has_alone = false;
	if (lane && !engine_stopped(g))
		engine_begin(g, lane, &g->alone, &s);
	ok = ok && engine_run_out(g, lane, why, cap) && deliver(g, why, cap);
	g->alone_after = 2 * g->alone_after < ALONE_MOST ? 2 * g->alone_after
	                                                 : g->alone_after + ALONE_MOST;
	g->draining = false;
	return ok;
}
