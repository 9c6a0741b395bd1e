/*
 * Each path of a capture is spoken once, on one lane, and the first step that is not
 * answered is its end.
 */
#include "fuzz/seed_try.h"

#include "fuzz/seed.h"

static bool next(void *ctx, struct fuzz_case *c)
{
	size_t *at = ctx;

	if (*at == seed_paths())
		return false;
	*c = (struct fuzz_case){ .number = *at, .end = FUZZ_END_RST };
	c->point = (uint16_t)fuzz_end_of((*at)++);
	return true;
}

/* What was said before, and answered if it had an answer. */
static void ended(void *ctx, const struct fuzz_case *c, const struct fuzz_script *s,
                  const struct fuzz_outcome *o)
{
	uint8_t steps = 0;

	(void)ctx;
	if (!o->fault)
		return;
	for (uint8_t i = 0; i < o->at; i++)
		steps = (uint8_t)(steps + (s->ops[i].kind == OP_SAY));
	if (s->ops[o->at].kind == OP_HEAR && steps)
		steps--;
	seed_reaches((size_t)c->number, steps);
}

bool seed_try(const struct engine_config *engine, char *why, size_t why_cap)
{
	struct engine_config c = *engine;
	struct engine_sum sum;
	size_t at = 0;

	c.captures = NULL;
	c.lanes = 1;
	c.probe_every = 0;
	c.restless = true;
	c.next = next;
	c.begun = NULL;
	c.ended = ended;
	c.called = NULL;
	c.failed = NULL;
	c.logged = NULL;
	c.tick = NULL;
	c.ctx = &at;
	return engine_run(&c, &sum, why, why_cap);
}
