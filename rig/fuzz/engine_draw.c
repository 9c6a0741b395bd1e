/*
 * Which case begins next.  Before a rest those that would disturb it wait in a ring; one
 * whose message is lost on its way out may have to run alone.
 */
#include "fuzz/engine_inner.h"

/* The message of the case is lost on its way out, and no other one helps it along. */
static bool wants_alone(const struct engine *g, const struct fuzz_case *c,
                        const struct fuzz_script *s)
{
	return s->down && !g->has_alone && !g->config->restless &&
	       g->sum->cases >= g->alone_after && fuzz_places[s->down].in_activity &&
	       c->down_end != FUZZ_END_HOLD && c->down_end != FUZZ_END_SILENCE;
}

/* It takes long, or a message of it may come out. */
static bool disturbs(const struct fuzz_script *s)
{
	return s->slow || s->resumes || s->message == MESSAGE_WHOLE ||
	       s->message == MESSAGE_IN_DOUBT;
}

static void wait_with(struct engine *g, const struct fuzz_case *c)
{
	g->waiting[(g->waiting_at + g->waiting_n++) % WAITING_MAX] = *c;
}

static bool take_waiting(struct engine *g, struct fuzz_case *c)
{
	if (g->draining || g->waiting_n == 0)
		return false;
	*c = g->waiting[g->waiting_at];
	g->waiting_at = (g->waiting_at + 1) % WAITING_MAX;
	g->waiting_n--;
	return true;
}

static bool take_new(struct engine *g, struct fuzz_case *c)
{
	if (g->dry || g->waiting_n == WAITING_MAX)
		return false;
	g->dry = !g->config->next(g->config->ctx, c);
	return !g->dry;
}

bool engine_draw(struct engine *g, struct fuzz_case *c, struct fuzz_script *s)
{
	while (take_waiting(g, c) || take_new(g, c)) {
		fuzz_compile(c, s);
		if (g->draining && disturbs(s)) {
			wait_with(g, c);
		} else if (wants_alone(g, c, s)) {
			g->alone = *c;
			g->has_alone = true;
			engine_drain(g, true);
		} else {
			return true;
		}
	}
	return false;
}
