#include "fuzz/rerun.h"

#include <stdlib.h>
#include <string.h>

/* --- running a list ------------------------------------------------------------------ */

struct player {
	const struct casefile *f;
	size_t at;
	struct engine_failure *out;
};

static bool next(void *ctx, struct fuzz_case *c)
{
	struct player *p = ctx;

	if (p->at == p->f->n)
		return false;
	*c = p->f->cases[p->at++];
	return true;
}

/* The one that is looked for, or else the first. */
static void failed(void *ctx, const struct engine_failure *f)
{
	struct player *p = ctx;

	if (!p->out->fault || strcmp(f->signature, p->f->signature) == 0)
		*p->out = *f;
}

static bool of_a_trial(const char *signature)
{
	static const enum fuzz_fault seen[] = { FAULT_STALL, FAULT_PACE, FAULT_RECOVERY };

	for (size_t i = 0; i < sizeof seen / sizeof seen[0]; i++) {
		const char *name = fuzz_fault_name(seen[i]);

		if (strncmp(signature, name, strlen(name)) == 0)
			return true;
	}
	return false;
}

/* false: the rig failed; out->fault says whether anything was wrong. */
static bool rerun(struct rerun *r, const struct casefile *f, struct engine_failure *out)
{
	struct player p = { .f = f, .out = out };
	struct engine_config c = r->engine;
	struct engine_sum sum;
	char why[400];

	*out = (struct engine_failure){ 0 };
	c.lanes = f->lanes;
	c.defects = f->defects;
	c.probe_every = 0;
	c.first_only = true;
	c.tries = of_a_trial(f->signature);
	c.restless = !c.tries && strncmp(f->signature, "resources", 9) != 0;
	c.next = next;
	c.failed = failed;
	c.ctx = &p;
	r->tries++;
	if (r->show)
		r->show(r, f);
	return engine_run(&c, &sum, why, sizeof why);
}

static bool fails(struct rerun *r, const struct casefile *f, struct engine_failure *out)
{
	return rerun(r, f, out) && out->fault && strcmp(out->signature, f->signature) == 0;
}

static bool same(struct rerun *r, const struct casefile *f)
{
	struct engine_failure out;

	return fails(r, f, &out);
}

unsigned rerun_confirm(struct rerun *r, const struct casefile *f, unsigned n)
{
	unsigned k = 0;

	for (unsigned i = 0; i < n; i++)
		k += same(r, f);
	return k;
}

bool rerun_record(struct rerun *r, const struct casefile *f, const char *path, char *why,
                  size_t why_cap)
{
	struct engine_failure out;
	bool failed;

	*why = '\0';
	r->engine.capture = capture_case_open(path, f->signature, 102, why, why_cap);
	if (!r->engine.capture)
		return false;
	failed = fails(r, f, &out);
	if (failed)
		capture_case_comment(r->engine.capture, out.text);
	if (!capture_case_close(r->engine.capture, why, why_cap))
		failed = false;
	r->engine.capture = NULL;
	return failed;
}

static bool stopped(const struct rerun *r)
{
	return (r->engine.stop && *r->engine.stop) || (r->most && r->tries >= r->most);
}

/* --- predecessors ----------------------------------------------------------------------- */

static bool with_last(struct rerun *r, struct casefile *f, uint64_t seed, const uint64_t *past,
                      size_t past_n, size_t n)
{
	struct fuzz_case *grown = realloc(f->cases, n * sizeof *grown);

	if (!grown)
		return false;
	f->cases = grown;
	f->n = n;
	for (size_t i = 0; i < n; i++)
		fuzz_case_make(&f->cases[i], seed, past[past_n - n + i]);
	return same(r, f);
}

bool rerun_walk_back(struct rerun *r, struct casefile *f, uint64_t seed, const uint64_t *past,
                      size_t past_n, unsigned lanes)
{
	const unsigned on[] = { 1, lanes };

	for (size_t n = 1; past_n && !stopped(r); n *= 2) {
		if (n > past_n)
			n = past_n;
		for (size_t i = 0; i < 2; i++) {
			f->lanes = on[i];
			if (with_last(r, f, seed, past, past_n, n))
				return true;
		}
		if (n == past_n)
			break;
	}
	return false;
}

/* --- shrinking ------------------------------------------------------------------------------ */

void rerun_bisect(struct rerun *r, struct casefile *f)
{
	struct fuzz_case *kept = calloc(f->n, sizeof *kept);

	for (size_t run = f->n / 2; kept && run > 0; run /= 2)
		for (size_t at = 0; at + run <= f->n && f->n > run && !stopped(r);) {
			size_t n = f->n;

			memcpy(kept, f->cases, n * sizeof *kept);
			memmove(f->cases + at, f->cases + at + run, (n - at - run) * sizeof *kept);
			f->n = n - run;
			if (same(r, f))
				continue;
			memcpy(f->cases, kept, n * sizeof *kept);
			f->n = n;
			at += run;
		}
	free(kept);
}

/* Keeps a change if the failure stays. */
static bool keep(struct rerun *r, struct casefile *f, size_t i, const struct fuzz_case *changed)
{
	struct fuzz_case was = f->cases[i];

	if (stopped(r) || memcmp(&was, changed, sizeof was) == 0)
		return false;
	f->cases[i] = *changed;
	if (same(r, f))
		return true;
	f->cases[i] = was;
	return false;
}

#define TRY(field, value) do { \
	struct fuzz_case changed = f->cases[i]; \
	changed.field = value; \
	keep(r, f, i, &changed); \
} while (0)

static void fewer_mutations(struct rerun *r, struct casefile *f, size_t i)
{
	TRY(lie, 0);
	TRY(second, 0);
	TRY(flight, FLIGHT_NOTHING);
	TRY(after, AFTER_NOTHING);
	TRY(rest, 0);
	TRY(down, DOWN_NONE);
	TRY(way, 0);
}

/* Operations by halves, then one by one, from the end: what is last is needed least. */
static void fewer_steps(struct rerun *r, struct casefile *f, size_t i)
{
	struct fuzz_case whole = f->cases[i];
	struct fuzz_script s;

	whole.without = 0;
	fuzz_compile(&whole, &s);
	for (unsigned run = s.n / 2u; run > 0; run /= 2)
		for (unsigned at = s.n; at >= run; at -= run) {
			struct fuzz_case changed = f->cases[i];

			changed.without |= ((UINT64_C(1) << run) - 1) << (at - run);
			keep(r, f, i, &changed);
		}
}

static void plainer_values(struct rerun *r, struct casefile *f, size_t i)
{
	if (f->cases[i].without)
		return;			/* the mask names operations of these values */
	TRY(end, FUZZ_END_RST);
	TRY(end, FUZZ_END_FIN);
	TRY(cut, 1);
	TRY(delay, 0);
	TRY(down_times, 0);
	TRY(down_cut, 0);
}

void rerun_shrink(struct rerun *r, struct casefile *f)
{
	rerun_bisect(r, f);
	if (f->lanes > 1) {
		unsigned was = f->lanes;

		f->lanes = 1;
		if (!same(r, f))
			f->lanes = was;
	}
	for (size_t i = 0; i < f->n; i++) {
		fewer_mutations(r, f, i);
		plainer_values(r, f, i);
		fewer_steps(r, f, i);
	}
	rerun_bisect(r, f);
}
