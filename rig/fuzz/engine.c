#include "fuzz/engine.h"

#include "fuzz/held.h"
#include "fuzz/outlet.h"
#include "logs/logs.h"
#include "logs/logs_follow.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	LATENCY_BINDS = 16,		/* of so many the fastest counts */
};
/* Numbers of our own probes: beyond those of any campaign. */
#define PROBES_FROM UINT64_C(70000000000)

/* Of a target that does not say more. */
#define PATIENCE_US (5 * SECOND_US)
/* A lab MTA answers at once, and ends what must end after its disconnect time. */
#define LAB_PATIENCE_US (4 * SECOND_US)
#define DELIVERY_US (10 * SECOND_US)
/* A lab MTA at which nothing has moved for so long tries nothing any more. */
#define LAB_STILL_US SECOND_US
/* No case of ours holds one of its associations for so long (LAB_PATIENCE_US). */
#define REST_US (LAB_PATIENCE_US + SECOND_US)
#define TICK_US (SECOND_US / 10)

/* When all is at rest the fastest bind of some must not take so many times what it took at
 * first, and so much more: a busy machine slows some, and never all. */
enum { LATENCY_FACTOR = 6 };

/* Of the control blocks of a lab MTA without any connection. */
enum { HELD_BY_LISTENER = 1 };

/* Cases until everything comes to rest for the first time; then twice as many each time. */
enum { CALM_FIRST = 1000, CALM_MOST = 64000 };
/* The same for a case that is run alone. */
enum { ALONE_FIRST = 50, ALONE_MOST = 16000 };
#define LATENCY_LEAST_US 2000

struct engine {
	const struct engine_config *config;
	struct engine_sum *sum;
	struct net *net;
	struct end_world *world;
	struct speech *speech;
	struct outlet *outlet;
	struct fuzz_lab lab;
	bool has_lab;
	struct lane_world lanes_world;
	struct lane **lanes;
	unsigned lanes_n, idle;
	bool dry, failing;
	bool doubtful;			/* is the MTA still there? */
	uint64_t since_probe, since_calm, calm_after, alone_after;
	struct fuzz_case alone;		/* waits until all is at rest */
	bool has_alone;
	int64_t begin_us, due_us, ticked_us, delivery_us;
	struct fuzz_case last;
	/* Log. */
	struct log_follow follow;
	struct log_reader *reader;
	struct signature_matcher *matcher;
	struct signature_score score;
	uint64_t told[SIGNATURES_MAX / 64];
	/* Latency of binds. */
	int64_t fastest_us;		/* of those asked for last; 0: at once, or none */
	bool measured;
};

/* --- faults -------------------------------------------------------------------------- */

static void describe(struct engine_failure *f, const struct fuzz_script *s, const char *detail)
{
	char reaction[64];
	struct text t;

	text_init(&t, reaction, sizeof reaction);
	fuzz_reaction_text(&t, &f->outcome);
	if (s && f->fault <= FAULT_STAYS)
		snprintf(f->signature, sizeof f->signature, "%s state=%u event=%u code=%u",
		         fuzz_fault_name((enum fuzz_fault)f->fault), s->state, s->event,
		         f->outcome.code);
	else
		snprintf(f->signature, sizeof f->signature, "%s %.60s",
		         fuzz_fault_name((enum fuzz_fault)f->fault), detail);
	snprintf(f->text, sizeof f->text, "%s: %.60s; heard: %s",
	         fuzz_fault_name((enum fuzz_fault)f->fault), detail, reaction);
}

static void fault(struct engine *g, enum fuzz_fault what, const struct fuzz_case *c,
                  const struct fuzz_script *s, const struct fuzz_outcome *o, const char *detail)
{
	struct engine_failure f = { .c = *c, .fault = (uint8_t)what };

	if (o)
		f.outcome = *o;
	describe(&f, s, detail);
	g->failing = true;
	g->config->failed(g->config->ctx, &f);
}

/* What a fault of a case means, in a few words. */
static void say_fault(const struct fuzz_outcome *o, char *buf, size_t cap)
{
	const char *name = o->code ? heard_name(o->code) : "TCP";

	switch (o->fault) {
	case FAULT_REACTION:
		if (!o->code)
			snprintf(buf, cap, "it ends a connection on which nothing is wrong");
		else
			snprintf(buf, cap, "%s, which nothing lets it send", name);
		break;
	case FAULT_SILENT:
		snprintf(buf, cap, "it owes an answer");
		break;
	case FAULT_STAYS:
		snprintf(buf, cap, "it does not end the connection");
		break;
	default:
		snprintf(buf, cap, "%s did not come", name);
		break;
	}
}

/* --- log, figures, latency -------------------------------------------------------------- */

static void log_hit(void *ctx, uint16_t row)
{
	struct engine *g = ctx;

	signature_score_hit(&g->score, row);
}

static void log_record(void *ctx, const struct log_record *record)
{
	struct engine *g = ctx;

	signature_matcher_record(g->matcher, record, log_hit, g);
}

static void read_log(struct engine *g)
{
	const struct signatures *all = g->config->signatures;
	char buf[16384];
	bool begun, fed = false;
	ssize_t n;

	if (!g->reader)
		return;
	while ((n = log_follow_read(&g->follow, buf, sizeof buf, &begun)) > 0) {
		if (begun)
			log_reader_flush(g->reader);
		log_reader_feed(g->reader, buf, (size_t)n);
		fed = true;
	}
	/* A record that nothing was added to since the last look is complete. */
	if (!fed)
		log_reader_flush(g->reader);
	for (size_t i = 0; i < all->n; i++) {
		if (all->at[i].weight != WEIGHT_CONCLUSIVE || g->told[i / 64] >> i % 64 & 1 ||
		    !signature_complete(all, i, &g->score))
			continue;
		g->told[i / 64] |= UINT64_C(1) << i % 64;
		fault(g, FAULT_LOG, &g->last, NULL, NULL, all->at[i].article);
	}
}

/* The lab MTA's own logs: what was read is let go, or they would fill the disk. */
static void trim_logs(struct engine *g)
{
	enum { MOST = 32 << 20 };
	static const char *const names[] = { "Ev0.log", "Application.txt", "Bf0.log", "Calls.out" };
	char path[512];
	struct stat st;

	for (size_t i = 0; g->has_lab && g->config->folder && i < sizeof names / sizeof names[0]; i++) {
		snprintf(path, sizeof path, "%s/%s", g->config->folder, names[i]);
		if (stat(path, &st) == 0 && st.st_size > MOST && truncate(path, 0) != 0)
			return;			/* it stays as long as it is */
	}
}

static bool open_log(struct engine *g)
{
	const struct target_log *log = &g->config->target->events;
	char path[512];

	if (!g->config->signatures || log->kind != LOG_SOURCE_FILE ||
	    (g->has_lab && !g->config->folder))
		return true;
	if (g->has_lab)
		snprintf(path, sizeof path, "%s/%s", g->config->folder, log->file);
	else
		snprintf(path, sizeof path, "%s", log->file);
	g->matcher = signature_matcher_new(g->config->signatures);
	g->reader = log_reader_new(log_record, g);
	return g->matcher && g->reader && log_follow_open(&g->follow, path, true);
}

static void close_log(struct engine *g)
{
	if (g->reader)
		log_follow_close(&g->follow);
	log_reader_free(g->reader);
	signature_matcher_free(g->matcher);
	g->reader = NULL;
	g->matcher = NULL;
}

/* At rest it holds what it held when it was warm: some octets for each thing it has
 * ever met are no leak, a descriptor is. */
static bool holds_more(struct engine *g)
{
	struct fuzz_held is;

	return g->has_lab && fuzz_lab_held(&g->lab, &is) && is.blocks > HELD_BY_LISTENER;
}

static bool ask_held(const struct engine *g, struct fuzz_held *out)
{
	return g->has_lab ? fuzz_lab_held(&g->lab, out)
	                  : fuzz_held_ask(g->config->target, g->config->stop, out);
}

/* What memory it may hold more than at first.  The address sanitizer keeps what was freed. */
#if defined __SANITIZE_ADDRESS__
#define SANITIZED 1
#elif defined __has_feature
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifdef SANITIZED
enum { MEMORY_KIB = 512 << 10 };
#else
enum { MEMORY_KIB = 32 << 10 };
#endif

/* Another MTA than the lab's may keep its associations to us for long. */
static void compare_held(struct engine *g)
{
	enum { DESCRIPTORS = 4 };
	const struct fuzz_held *was = &g->sum->before;
	struct fuzz_held *is = &g->sum->after;
	uint32_t own = g->has_lab ? 0 : (uint32_t)outlet_open(g->outlet);
	uint32_t blocks = g->has_lab ? HELD_BY_LISTENER : was->blocks + own;

	if (!ask_held(g, is))
		return;
	if (is->blocks > blocks)
		fault(g, FAULT_RESOURCES, &g->last, NULL, NULL, "control blocks stay in use");
	else if (is->descriptors > was->descriptors + own + DESCRIPTORS)
		fault(g, FAULT_RESOURCES, &g->last, NULL, NULL, "descriptors are left open");
	else if (is->kib > was->kib + MEMORY_KIB)
		fault(g, FAULT_RESOURCES, &g->last, NULL, NULL, "memory is not given back");
}

/* --- the target ------------------------------------------------------------------------------ */

static bool start_target(struct engine *g, char *why, size_t cap)
{
	const struct engine_config *c = g->config;
	struct net_address down = outlet_address(g->outlet);

	if (!g->has_lab) {
		g->lanes_world.spread = false;
		if (net_resolve(g->net, &g->lanes_world.to, c->target->address, 102))
			return true;
		snprintf(why, cap, "%s: no such address", c->target->address);
		return false;
	}
	if (!fuzz_lab_start(&g->lab, c->is_virtual ? g->net : NULL, c->target, &down,
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
	read_log(g);
	fault(g, FAULT_NEXT_BIND, &g->last, NULL, NULL, "the MTA has gone");
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

static struct fuzz_case probe(struct engine *g)
{
	return fuzz_probe(PROBES_FROM + g->sum->probes++);
}

static enum fuzz_message became(const struct fuzz_script *s, const struct fuzz_outcome *o)
{
	if (o->accepted)
		return MESSAGE_WHOLE;
	if (o->sent)
		return MESSAGE_IN_DOUBT;
	return s->message == MESSAGE_NONE ? MESSAGE_NONE : MESSAGE_PARTLY;
}

static void on_done(struct lane *lane, void *ctx)
{
	struct engine *g = ctx;
	const struct fuzz_case *c = lane_case(lane);
	const struct fuzz_script *s = lane_script(lane);
	const struct fuzz_outcome *o = lane_outcome(lane);
	char detail[80];

	g->idle++;
	g->doubtful |= o->fault != FAULT_NONE;
	if (o->fault && g->has_lab && fuzz_lab_gone(&g->lab))
		return;			/* told once, for all lanes */
	say_fault(o, detail, sizeof detail);
	if (is_probe(c)) {
		if (o->bind_us && (!g->fastest_us || o->bind_us < g->fastest_us))
			g->fastest_us = o->bind_us;
		if (o->fault)
			fault(g, FAULT_NEXT_BIND, &g->last, s, o, "it does not take the next bind");
		return;
	}
	g->sum->cases++;
	outlet_book(g->outlet, c->number, became(s, o), s->resumes);
	g->config->ended(g->config->ctx, c, s, o);
	if (o->fault)
		fault(g, (enum fuzz_fault)o->fault, c, s, o, detail);
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

/* The message of the case is lost on its way out, and no other one helps it along. */
static bool wants_alone(struct engine *g, const struct fuzz_case *c, uint8_t down)
{
	const struct fuzz_place *place = &fuzz_places[down];

	return !g->config->restless && g->sum->cases >= g->alone_after && place->in_activity &&
	       c->down_end != FUZZ_END_HOLD && c->down_end != FUZZ_END_SILENCE;
}

static void begin_case(struct engine *g, struct lane *lane, const struct fuzz_case *c)
{
	struct fuzz_script s;

	g->last = *c;
	if (c->down) {
		fuzz_compile(c, &s);
		if (s.down && !g->has_alone && wants_alone(g, c, s.down)) {
			g->alone = *c;
			g->has_alone = true;	/* when all is at rest: run_alone() */
			return;
		}
		if (s.down)
			outlet_arm(g->outlet, c);
	}
	g->config->begun(g->config->ctx, c);
	g->idle--;
	lane_run(lane, c);
}

static void begin(struct engine *g, struct lane *lane)
{
	struct fuzz_case c;

	if (g->config->probe_every && g->since_probe >= g->config->probe_every) {
		g->since_probe = 0;
		c = probe(g);
		g->idle--;
		lane_run(lane, &c);
	} else if (!g->config->next(g->config->ctx, &c)) {
		g->dry = true;
	} else {
		g->since_probe++;
		g->since_calm++;
		begin_case(g, lane, &c);
	}
}

static void fill(struct engine *g)
{
	for (unsigned i = 0; i < g->lanes_n && g->idle && !g->dry && !g->has_alone; i++)
		if (lane_is_idle(g->lanes[i])) {
			if (!may_begin(g))
				return;
			begin(g, g->lanes[i]);
		}
}

/* Messages accepted before `since_us` must have come out. */
static void look_at_ledger(struct engine *g, int64_t since_us)
{
	struct outlet_wrong w;
	char detail[80];

	outlet_due(g->outlet, since_us);
	if (outlet_aborted(g->outlet))
		fault(g, FAULT_OTHER, &g->last, NULL, NULL, "it aborts an association of its own");
	while (outlet_wrong(g->outlet, &w)) {
		struct fuzz_case c = g->last;

		if (w.number != c.number)
			fuzz_case_make(&c, g->last.seed, w.number);
		snprintf(detail, sizeof detail, "%s%s%s", w.why, w.code ? ": " : "",
		         w.code ? heard_name(w.code) : "");
		fault(g, (enum fuzz_fault)w.fault, &c, NULL, NULL, detail);
	}
}

static void tick(struct engine *g, int64_t now)
{
	uint8_t state, event;

	read_log(g);
	trim_logs(g);
	look_at_ledger(g, 0);
	/* A busy machine, or lost?  At rest it will be seen. */
	if (outlet_overdue(g->outlet, now - g->delivery_us))
		g->since_calm = g->calm_after;
	while (outlet_struck(g->outlet, &state, &event))
		if (g->config->called)
			g->config->called(g->config->ctx, state, event);
	if (g->config->tick)
		g->config->tick(g->config->ctx, g->lanes_n - g->idle);
}

static bool stopped(const struct engine *g)
{
	return (g->config->stop && *g->config->stop) || (g->failing && g->config->first_only);
}

static bool turn(struct engine *g, char *why, size_t cap)
{
	int64_t now;

	net_step(g->net, net_now(g->net) + TICK_US / 10);
	now = net_now(g->net);
	if (now < g->ticked_us + TICK_US && !g->doubtful)
		return true;
	g->ticked_us = now;
	g->doubtful = false;
	tick(g, now);
	return look_after_target(g, why, cap);
}

/* --- the end: everything at rest ----------------------------------------------------------- */

static bool run_out(struct engine *g, char *why, size_t cap)
{
	bool ok = true;

	while (ok && !stopped(g) && g->idle < g->lanes_n)
		ok = turn(g, why, cap);
	return ok;
}

/* Nothing comes any more, or should have come. */
static bool is_still(struct engine *g, int64_t since_us)
{
	int64_t now = net_now(g->net), moved = outlet_moved_us(g->outlet);

	if (moved < since_us)
		moved = since_us;
	return now - since_us > g->delivery_us ||
	       (g->has_lab && outlet_open(g->outlet) == 0 && now - moved > LAB_STILL_US);
}

/* Its associations stand, and nothing has happened on any for long. */
static bool is_kept(struct engine *g, int64_t since_us)
{
	int64_t moved = outlet_moved_us(g->outlet);

	return net_now(g->net) > (moved > since_us ? moved : since_us) + REST_US;
}

/* What it has must come out, and what it does not need any more must go: its associations
 * after their lifetime, which of a lab MTA is short. */
static bool deliver(struct engine *g, char *why, size_t cap)
{
	int64_t since = net_now(g->net);
	bool ok = true;

	while (ok && !stopped(g) && outlet_due(g->outlet, 0) && !is_still(g, since))
		ok = turn(g, why, cap);
	look_at_ledger(g, NEVER_US);
	return ok;
}

static bool settle(struct engine *g, char *why, size_t cap)
{
	bool ok = deliver(g, why, cap);
	int64_t since;

	if (!g->has_lab || (g->config->restless && !g->config->is_virtual))
		return ok;
	since = net_now(g->net);
	while (ok && !stopped(g) && outlet_open(g->outlet) && !is_kept(g, since))
		ok = turn(g, why, cap);
	if (ok && !stopped(g) && outlet_open(g->outlet))
		fault(g, FAULT_RESOURCES, &g->last, NULL, NULL,
		      "associations are kept beyond their lifetime");
	/* Its connections of ours end behind a bind that did not come in time. */
	since = net_now(g->net);
	while (ok && !stopped(g) && net_now(g->net) < since + REST_US && holds_more(g))
		ok = turn(g, why, cap);
	return ok;
}

/* One after the other, and nothing beside them.  false: the rig failed. */
static bool probe_some(struct engine *g, unsigned n, char *why, size_t cap)
{
	bool ok = true;

	g->fastest_us = 0;
	for (unsigned i = 0; ok && i < n && !stopped(g); i++) {
		struct fuzz_case c = probe(g);

		g->idle--;
		lane_run(g->lanes[0], &c);
		ok = run_out(g, why, cap);
	}
	return ok;
}

static bool measure_binds(struct engine *g, char *why, size_t cap)
{
	struct engine_sum *sum = g->sum;
	bool ok = probe_some(g, LATENCY_BINDS, why, cap);

	sum->bind_last_us = g->fastest_us;
	if (!g->measured)
		sum->bind_first_us = g->fastest_us;
	g->measured = true;
	if (ok && !stopped(g) && g->fastest_us > LATENCY_LEAST_US &&
	    g->fastest_us > LATENCY_FACTOR * sum->bind_first_us)
		fault(g, FAULT_LATENCY, &g->last, NULL, NULL, "binds take longer and longer");
	return ok;
}

/* Everything comes to rest, so that what is missing or left over is seen. */
static bool calm(struct engine *g, char *why, size_t cap)
{
	bool ok = run_out(g, why, cap);

	if (!g->config->restless)
		outlet_disarm(g->outlet);
	if (ok && !stopped(g) && !g->config->restless)
		ok = measure_binds(g, why, cap);
	ok = ok && settle(g, why, cap);
	if (ok && !stopped(g) && !g->config->restless)
		compare_held(g);
	g->since_calm = 0;
	g->calm_after = g->calm_after * 2 < CALM_MOST ? g->calm_after * 2 : CALM_MOST;
	return ok;
}

static bool rest(struct engine *g, char *why, size_t cap)
{
	bool ok = run_out(g, why, cap) && probe_some(g, 2, why, cap);

	ok = ok && calm(g, why, cap);
	read_log(g);
	look_at_ledger(g, NEVER_US);
	return ok;
}

/* The first of such cases, and then more and more rarely. */
static bool run_alone(struct engine *g, char *why, size_t cap)
{
	bool ok = run_out(g, why, cap);

	outlet_disarm(g->outlet);
	ok = ok && deliver(g, why, cap);
	if (ok && !stopped(g))
		begin_case(g, g->lanes[0], &g->alone);
	ok = ok && run_out(g, why, cap) && deliver(g, why, cap);
	g->has_alone = false;
	g->alone_after = 2 * g->alone_after < ALONE_MOST ? 2 * g->alone_after
	                                                 : g->alone_after + ALONE_MOST;
	return ok;
}

static bool work(struct engine *g, char *why, size_t cap)
{
	bool ok = true;

	g->alone_after = ALONE_FIRST;
	g->calm_after = CALM_FIRST;
	if (!g->has_lab)
		ask_held(g, &g->sum->before);
	if (!g->config->restless)
		ok = measure_binds(g, why, cap);
	while (ok && !g->dry && !stopped(g)) {
		if (g->has_alone)
			ok = run_alone(g, why, cap);
		else if (g->since_calm >= g->calm_after)
			ok = calm(g, why, cap);
		fill(g);
		ok = ok && turn(g, why, cap);
	}
	g->sum->duration_us = net_now(g->net) - g->begin_us;
	return ok && rest(g, why, cap);
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
	int64_t patience;

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
	patience = g->has_lab ? LAB_PATIENCE_US : PATIENCE_US + target_value(t, KNOWN_TIM);
	g->speech = speech_for(t, why, cap);
	if (g->speech)
		g->outlet = outlet_new(g->world, t, g->has_lab, g->speech, patience, why, cap);
	g->lanes_world = (struct lane_world){
		.net = g->net, .speech = g->speech, .done = on_done, .ctx = g,
		.patience_us = patience, .capture = c->capture, .folder = c->captures,
	};
	if (!g->outlet || !start_target(g, why, cap))
		return false;
	snprintf(why, cap, "out of memory");
	return make_lanes(g) && open_log(g);
}

bool engine_run(const struct engine_config *c, struct engine_sum *sum, char *why, size_t why_cap)
{
	struct engine *g = calloc(1, sizeof *g);
	bool ok;

	*sum = (struct engine_sum){ 0 };
	snprintf(why, why_cap, "out of memory");
	if (!g)
		return false;
	g->config = c;
	g->sum = sum;
	g->lab.ready = -1;
	ok = make(g, why, why_cap);
	g->begin_us = g->net ? net_now(g->net) : 0;
	ok = ok && work(g, why, why_cap);
	if (g->outlet) {
		sum->accepted = outlet_accepted(g->outlet);
		sum->delivered = outlet_delivered(g->outlet);
	}
	for (unsigned i = 0; g->lanes && i < g->lanes_n; i++)
		lane_free(g->lanes[i]);
	free(g->lanes);
	fuzz_lab_stop(&g->lab);
	outlet_free(g->outlet);
	close_log(g);
	speech_free(g->speech);
	end_world_free(g->world);
	net_free(g->net);
	free(g);
	return ok;
}
