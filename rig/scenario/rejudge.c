#include "scenario/runner_inner.h"

#include <string.h>

struct fold {
	const struct run_config *config;
	const struct scenario *sc;
	struct judge *judge;
	struct event ladder[RESULT_LADDER];
	uint64_t n;
	int64_t begin_us, end_us;
};

static void put(void *ctx, const struct event *e)
{
	struct fold *f = ctx;

	if (e->kind == EVENT_SCENARIO && e->code == SCENARIO_CASE_BEGIN)
		f->begin_us = e->at_us;
	if (e->kind == EVENT_SCENARIO && e->code == SCENARIO_CASE_END)
		f->end_us = e->at_us;
	judge_event(f->judge, e);
	f->ladder[f->n++ % RESULT_LADDER] = *e;
}

static void take(struct fold *f, struct case_result *out)
{
	uint64_t first = f->n > RESULT_LADDER ? f->n - RESULT_LADDER : 0;

	runner_take_verdict(f->judge, out);
	out->events = f->n;
	out->duration_us = f->end_us - f->begin_us;
	for (uint64_t i = first; i < f->n; i++)
		runner_event_text(&f->ladder[i % RESULT_LADDER], f->sc, f->config->target,
		                  f->begin_us, out->ladder[out->ladder_n++], RESULT_LADDER_TEXT);
}

bool runner_rejudge(const struct run_config *c, const struct scenario *sc,
                    struct case_result *out)
{
	struct fold f = { .config = c, .sc = sc };
	struct judge_case description;
	char path[FOLDER_PATH];
	bool ok;

	*out = (struct case_result){ .verdict = VERDICT_ERROR };
	runner_describe(c, sc, &description);
	f.judge = judge_new(&description);
	if (!f.judge) {
		snprintf(out->trouble, sizeof out->trouble, "out of memory");
		return false;
	}
	ok = folder_join(path, c->folder, "events/", sc->id) && strlen(path) + 7 < sizeof path &&
	     journal_read(strcat(path, ".jsonl"), put, &f, out->trouble, sizeof out->trouble);
	if (ok)
		take(&f, out);
	judge_free(f.judge);
	return ok;
}
