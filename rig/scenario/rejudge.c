#include "scenario/fold.h"
#include "scenario/journal.h"

#include <string.h>

void runner_describe(const struct run_config *c, const struct scenario *sc,
                     struct judge_case *out)
{
	*out = (struct judge_case){
		.id = sc->id, .source = sc->source, .expectations = sc->expectations,
		.n = sc->expectations_n, .signatures = c->signatures };
	for (size_t i = 0; i < c->target->sides_n; i++)
		out->side_names[i] = c->target->sides[i].name;
}

void runner_take_verdict(const struct judge *j, struct case_result *out)
{
	const struct evidence *evidence;
	size_t n;

	out->verdict = judge_verdict(j, &evidence, &n);
	out->ledger = judge_ledger(j);
	for (enum verdict v = VERDICT_ERROR; v > VERDICT_NONE; v--)
		for (size_t i = 0; i < n && out->evidence_n < RESULT_EVIDENCE_MAX; i++)
			if (evidence[i].verdict == v)
				out->evidence[out->evidence_n++] = evidence[i];
}

/* Half a measurement decides nothing. */
void runner_interrupted(struct case_result *out)
{
	if (!out->interrupted || out->verdict == VERDICT_ERROR)
		return;
	out->verdict = VERDICT_INCONCLUSIVE;
	out->evidence_n = 0;
}

static bool journal_path(const struct run_config *c, const struct scenario *sc,
                         char path[static FOLDER_PATH])
{
	return folder_join(path, c->folder, "events/", sc->id) &&
	       strlen(path) + 7 < FOLDER_PATH && strcat(path, ".jsonl");
}

/* --- the ladder ------------------------------------------------------------------ */

struct pick {
	const struct run_config *config;
	const struct scenario *sc;
	struct case_result *out;
	const struct evidence *evidence;	/* NULL: the last ones */
	uint64_t n;
	int64_t begin_us;
};

static bool is_picked(const struct pick *k)
{
	if (!k->evidence)
		return k->n + RESULT_LADDER >= k->out->events;
	for (size_t i = 0; i < k->evidence->events_n; i++)
		if (k->evidence->events[i] == k->n)
			return true;
	return false;
}

static void pick(void *ctx, const struct event *e)
{
	struct pick *k = ctx;

	if (k->n == 0)
		k->begin_us = e->at_us;
	if (k->out->ladder_n < RESULT_LADDER && is_picked(k))
		runner_event_text(e, k->sc, k->config->target, k->begin_us,
		                  k->out->ladder[k->out->ladder_n++], RESULT_LADDER_TEXT);
	k->n++;
}

void runner_ladder(const struct run_config *c, const struct scenario *sc,
                   struct case_result *out)
{
	const struct evidence *first = out->evidence_n ? &out->evidence[0] : NULL;
	struct pick k = { c, sc, out, first && first->events_n ? first : NULL, 0, 0 };
	char path[FOLDER_PATH], why[200];

	out->ladder_n = 0;
	if (journal_path(c, sc, path))
		journal_read(path, pick, &k, why, sizeof why);
}

/* --- judging again ------------------------------------------------------------------ */

struct fold {
	struct judge *judge;
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
	f->n++;
}

bool runner_rejudge(const struct run_config *c, const struct scenario *sc,
                    struct case_result *out)
{
	struct judge_case description;
	struct fold f = { 0 };
	char path[FOLDER_PATH];
	bool ok;

	*out = (struct case_result){ .verdict = VERDICT_ERROR };
	runner_describe(c, sc, &description);
	f.judge = judge_new(&description);
	if (!f.judge) {
		snprintf(out->trouble, sizeof out->trouble, "out of memory");
		return false;
	}
	ok = journal_path(c, sc, path) &&
	     journal_read(path, put, &f, out->trouble, sizeof out->trouble);
	if (ok) {
		runner_take_verdict(f.judge, out);
		out->events = f.n;
		out->duration_us = f.end_us - f.begin_us;
		runner_ladder(c, sc, out);
	}
	judge_free(f.judge);
	return ok;
}
