/*
 * Carrying out steps: one strand, or several at once.
 *
 *     main  ----step---step---[in parallel]-------------------------step--->
 *                                  \--step---(wait)---step--/
 *                                  \--(wait)------step-----/
 *
 * A strand does its steps until one has to wait; when all wait, the loop turns
 * once.  Nothing runs at the same time as anything else, so the same seed gives the
 * same order.
 */
#include "scenario/strand.h"

#include "scenario/hand.h"
#include "scenario/watch.h"

#include <stdlib.h>
#include <unistd.h>

/* How long a wait may sleep before it looks whether the run is to stop. */
#define PATIENCE_US (SECOND_US / 10)

enum { LOOPS_MAX = 16 };		/* COMPILE_NESTING */

struct strand {
	struct strand *next;
	struct strand *parent;		/* waits for us; NULL: the first strand */
	unsigned children;
	size_t at, end;			/* the step at hand, or to be done; behind the last one */
	bool waiting;			/* the step at hand was begun */
	int64_t until;
	struct {
		size_t begin;
		uint32_t left;
	} loops[LOOPS_MAX];
	size_t loops_n;
};

/* ---- the loop ---- */

bool strand_stopped(const struct run *r)
{
	return r->trouble || (r->config->stop && *r->config->stop) ||
	       net_now(r->net) >= r->limit_us;
}

void strand_turn(struct run *r, int64_t until)
{
	int64_t patience = net_now(r->net) + PATIENCE_US;

	if (until > r->limit_us)
		until = r->limit_us;
	if (!net_is_virtual(r->net) && until > patience)
		until = patience;
	net_step(r->net, until);
	if (net_short(r->net) || iut_short(r))
		run_trouble(r, "out of memory%s", net_short(r->net) ? "" : " in the lab MTA");
	iut_logs_look(r);
}

static void say(struct run *r, const struct step *s)
{
	if (r->config->progress)
		r->config->progress(r->config->progress_ctx, r->sc,
		                    scenario_string(r->sc, s->text));
}

/* ---- steps that are done at once ---- */

typedef bool act_fn(struct run *r, const struct step *s);

static bool do_listen(struct run *r, const struct step *s)
{
	return side_listen(&r->sides[s->side], s);
}

static bool do_close_listener(struct run *r, const struct step *s)
{
	side_close_listener(&r->sides[s->side]);
	return true;
}

static bool do_link(struct run *r, const struct step *s)
{
	return side_link(&r->sides[s->side], s);
}

static bool do_stall(struct run *r, const struct step *s)
{
	side_stall(&r->sides[s->side], s->whom, s->n == 1);
	return true;
}

static bool do_associate(struct run *r, const struct step *s)
{
	return side_associate(&r->sides[s->side], s);
}

static bool do_transfer(struct run *r, const struct step *s)
{
	return side_transfer(&r->sides[s->side], s);
}

static bool do_cut(struct run *r, const struct step *s)
{
	side_cut(&r->sides[s->side], s->whom, (enum cut_how)s->cut);
	return true;
}

static bool do_arm(struct run *r, const struct step *s)
{
	return side_arm(&r->sides[s->side], s);
}

static bool do_release(struct run *r, const struct step *s)
{
	side_release(&r->sides[s->side], s->whom);
	return true;
}

static bool do_abort(struct run *r, const struct step *s)
{
	side_abort(&r->sides[s->side], s->whom);
	return true;
}

/* The lab MTA of a case is our own; another one has hooks. */
static bool do_hook(struct run *r, const struct step *s)
{
	enum target_program which = (enum target_program)(PROGRAM_HOOKS + s->n);
	const char *name = target_hook_names[s->n];

	if (s->n == HOOK_RESTART)
		run_scenario_event(r, SCENARIO_RESTARTED, 0);
	if (r->t->lab)
		return iut_hook(r, (enum hook)s->n);
	if (!target_command(r->t, which))
		return run_trouble(r, "line %u: target %s has no %s hook", s->at.line, r->t->name,
		                   name);
	if (hand_run(r->config->hand, which, STDERR_FILENO) != 0)
		return run_trouble(r, "line %u: the %s hook failed", s->at.line, name);
	return true;
}

static act_fn *const acts[STEP_KINDS] = {
	[STEP_LISTEN] = do_listen, [STEP_CLOSE_LISTENER] = do_close_listener,
	[STEP_LINK] = do_link, [STEP_STALL] = do_stall, [STEP_ASSOCIATE] = do_associate,
	[STEP_CONNECT] = do_associate, [STEP_TRANSFER] = do_transfer, [STEP_PROBE] = do_transfer,
	[STEP_CUT] = do_cut, [STEP_SILENCE] = do_cut, [STEP_ARM] = do_arm,
	[STEP_RELEASE] = do_release, [STEP_ABORT] = do_abort, [STEP_SEND] = speak_send,
	[STEP_SEND_REST] = speak_rest, [STEP_DETACH] = speak_mode, [STEP_AUTOMATIC] = speak_mode,
	[STEP_TURN_PLEASE] = speak_turn, [STEP_TURN_GIVE] = speak_turn,
	[STEP_DISCARD] = speak_turn, [STEP_INTERRUPT] = speak_turn, [STEP_HOOK] = do_hook,
	[STEP_RESUME] = resume_step,
	[STEP_TRANSFER_OCTETS] = pieces_begin, [STEP_ACKNOWLEDGE] = pieces_acknowledge,
};

/* ---- steps that wait ---- */

/* What the logs say is asked of them at the end of the case. */
static bool is_of_logs(const struct expectation *x)
{
	return x->kind == EXPECT_LOG_NONE || x->kind == EXPECT_LOG;
}

static bool is_of_wire(const struct expectation *x)
{
	return x->kind == EXPECT_WIRE || x->kind == EXPECT_NO_WIRE;
}

/* X.225 7.20: a confirmation is one of all sync points before it, too. */
static uint32_t confirmed(struct run *r, const struct step *s)
{
	const struct peer *p = run_peer(r, s->side, s->whom);

	return p && p->watch ? watch_terms(p->watch)->confirmed : 0;
}

/* The time is that of each confirmation. */
static bool is_transferred(struct run *r, struct strand *st, const struct step *s)
{
	bool moved = false, done = pieces_go_on(r, s, &moved);

	if (moved)
		st->until = net_now(r->net) + s->time_us;
	if (done || net_now(r->net) < st->until)
		return done;
	pieces_break(r, s);
	return true;
}

static bool has_come(struct run *r, struct strand *st, const struct step *s)
{
	const struct side *side = &r->sides[s->side];
	uint32_t count = s->kind == STEP_WAIT_DELIVERED ? side->delivered :
	                 s->kind == STEP_WAIT_ACCEPTED ? side->accepted :
	                 s->kind == STEP_WAIT_CONFIRMED ? confirmed(r, s) : 0;

	switch (s->kind) {
	case STEP_PARALLEL:
		return st->children == 0;
	case STEP_EXPECT:
		if (is_of_logs(&r->sc->expectations[s->n]))
			return true;
		if (is_of_wire(&r->sc->expectations[s->n]) &&
		    judge_state(r->judge, s->n) == EXPECT_WAITING)
			speak_look(r, s->n);
		return judge_state(r->judge, s->n) != EXPECT_WAITING;
	case STEP_TRANSFER_OCTETS:
		return is_transferred(r, st, s);
	case STEP_WAIT:
		return net_now(r->net) >= st->until;
	default:
		return count >= s->n || net_now(r->net) >= st->until;
	}
}

static bool waits(const struct step *s)
{
	return s->kind == STEP_PARALLEL || s->kind == STEP_EXPECT || s->kind == STEP_WAIT ||
	       s->kind == STEP_WAIT_DELIVERED || s->kind == STEP_WAIT_ACCEPTED ||
	       s->kind == STEP_WAIT_CONFIRMED || s->kind == STEP_TRANSFER_OCTETS;
}

static bool spawn(struct run *r, struct strand *parent, size_t from, size_t to)
{
	struct strand *st = calloc(1, sizeof *st);

	if (!st)
		return run_trouble(r, "out of memory");
	*st = (struct strand){ .next = parent->next, .parent = parent, .at = from, .end = to };
	parent->next = st;
	parent->children++;
	return true;
}

static bool begin_parallel(struct run *r, struct strand *st, const struct step *s)
{
	for (size_t i = st->at + 1; i < s->to; i = r->sc->steps[i].to)
		if (!spawn(r, st, i + 1, r->sc->steps[i].to))
			return false;
	return true;
}

static bool begin_repeat(struct run *r, struct strand *st, const struct step *s)
{
	if (st->loops_n == LOOPS_MAX)
		return run_trouble(r, "more than %d loops inside each other", LOOPS_MAX);
	st->loops[st->loops_n].begin = st->at;
	st->loops[st->loops_n++].left = s->n;
	st->at++;
	return true;
}

static void end_repeat(struct run *r, struct strand *st)
{
	r->rounds++;
	if (--st->loops[st->loops_n - 1].left > 0) {
		st->at = st->loops[st->loops_n - 1].begin + 1;
		return;
	}
	st->loops_n--;
	st->at++;
}

/* ---- strands ---- */

/* Begins the step at hand.  false: no more steps are to be done. */
static bool begin(struct run *r, struct strand *st)
{
	const struct step *s = &r->sc->steps[st->at];

	if (s->kind == STEP_END_REPEAT) {
		end_repeat(r, st);
		return true;
	}
	say(r, s);
	if (r->capture)
		capture_case_comment(r->capture, scenario_string(r->sc, s->text));
	run_scenario_event(r, s->kind == STEP_EXPECT ? SCENARIO_EXPECT : SCENARIO_STEP,
	                   s->kind == STEP_EXPECT ? s->n : (uint32_t)st->at);
	if (s->kind == STEP_REPEAT)
		return begin_repeat(r, st, s);
	st->waiting = waits(s);
	st->until = net_now(r->net) + s->time_us;
	if (s->kind == STEP_PARALLEL)
		return begin_parallel(r, st, s);
	if (s->kind == STEP_TRANSFER_OCTETS)
		return acts[s->kind](r, s);
	if (st->waiting)
		return true;
	st->at++;
	return !acts[s->kind] || acts[s->kind](r, s);
}

/* Steps until one waits.  false: no more steps are to be done, by anyone. */
static bool go_on(struct run *r, struct strand *st)
{
	while (st->at < st->end && !strand_stopped(r)) {
		const struct step *s = &r->sc->steps[st->at];

		if (!st->waiting && !begin(r, st))
			return false;
		if (!st->waiting)
			continue;
		if (!has_come(r, st, s))
			return true;
		/* What follows a miss makes no sense any more. */
		if (s->kind == STEP_EXPECT && judge_state(r->judge, s->n) == EXPECT_MISSED)
			return false;
		st->waiting = false;
		st->at = s->kind == STEP_PARALLEL ? s->to : st->at + 1;
	}
	return true;
}

/* Removes strands that are done; their parents go on. */
static void bury(struct strand *first)
{
	for (struct strand **link = &first->next; *link;) {
		struct strand *st = *link;

		if (st->at < st->end) {
			link = &st->next;
			continue;
		}
		st->parent->children--;
		*link = st->next;
		free(st);
	}
}

static int64_t earliest(const struct run *r, const struct strand *first)
{
	int64_t at = judge_deadline(r->judge);

	for (const struct strand *st = first; st; st = st->next) {
		const struct step *s = &r->sc->steps[st->at < st->end ? st->at : 0];

		if (st->at < st->end && st->waiting && s->kind != STEP_PARALLEL &&
		    s->kind != STEP_EXPECT && st->until < at)
			at = st->until;
	}
	return at;
}

/* One round: false when all is done, or nothing more is to be done. */
static bool round_of(struct run *r, struct strand *first)
{
	int64_t until;

	peers_bury(r);
	pieces_confirm(r);
	for (struct strand *st = first; st; st = st->next)
		if (!go_on(r, st))
			return false;
	/* A parent that is let go on, or a child that was just made, does not wait for
	 * the loop. */
	for (struct strand *st = first; st; st = st->next) {
		if (st != first && st->at >= st->end) {
			bury(first);
			return true;
		}
		if (st->at < st->end && !st->waiting)
			return true;
	}
	if (first->at >= first->end || strand_stopped(r))
		return false;
	until = earliest(r, first);
	say(r, &r->sc->steps[first->at]);
	if (net_now(r->net) >= judge_deadline(r->judge))
		run_scenario_event(r, SCENARIO_TICK, 0);
	else
		strand_turn(r, until);
	return true;
}

void strand_all(struct run *r)
{
	struct strand first = { .end = r->sc->steps_n };

	while (round_of(r, &first) && !strand_stopped(r))
		;
	while (first.next) {
		struct strand *st = first.next;

		first.next = st->next;
		free(st);
	}
	if (net_now(r->net) >= r->limit_us)
		run_trouble(r, "the scenario's limit of %.1f s has passed",
		            (double)r->sc->limit_us / (double)SECOND_US);
}
