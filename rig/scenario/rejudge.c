/*
 * Stored events to the judge, instead of an MTA's.
 */
#include "scenario/fold.h"
#include "scenario/frames.h"
#include "scenario/journal.h"

#include <string.h>

static int64_t known(const struct run_config *c, size_t which)
{
	return c->target->known[which].value;
}

/* The slowest that any step makes of a side's line. */
static void describe_line(const struct step *step, struct judge_line *line)
{
	line->bent |= step->options != 0;
	if (step->rate && (!line->rate || step->rate < line->rate))
		line->rate = step->rate;
	if (step->time_us > line->delay_us)
		line->delay_us = step->time_us;
}

void runner_describe(const struct run_config *c, const struct scenario *sc,
                     struct judge_case *out)
{
	int64_t idle = known(c, KNOWN_IDLE_LIMIT), again = known(c, KNOWN_TRANSFER_INTERVAL);

	*out = (struct judge_case){
		.id = sc->id, .source = sc->source, .expectations = sc->expectations,
		.n = sc->expectations_n, .signatures = c->signatures,
		.open_interval_us = known(c, KNOWN_OPEN_INTERVAL),
		.recovery_us = known(c, KNOWN_RECOVERY_TIMEOUT),
		.disconnect_us = known(c, KNOWN_DISCONNECT),
		.transfer_us = known(c, KNOWN_TRANSFER_TIME),
		/* A transfer that failed is tried again after its interval. */
		.idle_limit_us = idle && again > idle ? again : idle,
		.checkpoint = (uint64_t)known(c, KNOWN_CHECKPOINT) };
	for (size_t i = 0; i < c->target->sides_n; i++)
		out->side_names[i] = c->target->sides[i].name;
	for (size_t i = 0; i < sc->steps_n; i++)
		if (scenario_sets_line(&sc->steps[i]) && sc->steps[i].side < SIDES_MAX)
			describe_line(&sc->steps[i], &out->lines[sc->steps[i].side]);
}

void runner_take_verdict(const struct judge *j, struct case_result *out)
{
	const struct evidence *evidence;
	size_t n;

	out->verdict = judge_verdict(j, &evidence, &n);
	out->ledger = judge_ledger(j);
	out->binds = judge_binds(j);
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
	return folder_join(path, c->folder, "events/", run_name(c, sc)) &&
	       strlen(path) + 7 < FOLDER_PATH && strcat(path, ".jsonl");
}

/* --- the ladder ------------------------------------------------------------------ */

/* The last events up to `until`, of those that show what went on between the rig
 * and the MTA. */
struct pick {
	uint64_t until, n;
	struct event ring[RESULT_LADDER];
	uint64_t picked;
	int64_t begin_us;
};

static void pick(void *ctx, const struct event *e)
{
	struct pick *k = ctx;

	if (k->n == 0)
		k->begin_us = e->at_us;
	if (k->n++ > k->until || e->kind == EVENT_LOG || e->kind == EVENT_LINK ||
	    (e->kind == EVENT_SCENARIO && e->code == SCENARIO_TICK))
		return;
	k->ring[k->picked++ % RESULT_LADDER] = *e;
}

static uint64_t last_named(const struct case_result *r)
{
	uint64_t last = 0;

	for (size_t i = 0; r->evidence_n && i < r->evidence[0].events_n; i++)
		if (r->evidence[0].events[i] > last)
			last = r->evidence[0].events[i];
	return last ? last : UINT64_MAX;
}

/* A rung: the event's text, and the frames that carried it. */
static void rung(const struct pick *k, const struct event *e, const struct frames *f,
                 const struct run_config *c, const struct scenario *sc, struct case_result *out)
{
	char *line = out->ladder[out->ladder_n++];
	uint32_t first, last;
	size_t n;

	runner_event_text(e, sc, c->target, k->begin_us, line, RESULT_LADDER_TEXT);
	if (!f || !frames_of(f, e, &first, &last))
		return;
	if (out->frame_first == 0 || first < out->frame_first)
		out->frame_first = first;
	if (last > out->frame_last)
		out->frame_last = last;
	n = strlen(line);
	snprintf(line + n, RESULT_LADDER_TEXT - n, first == last ? "  #%u" : "  #%u-%u", first,
	         last);
}

void runner_ladder(const struct run_config *c, const struct scenario *sc,
                   struct case_result *out)
{
	struct pick k = { .until = last_named(out) };
	char path[FOLDER_PATH], capture[FOLDER_PATH], why[200];
	struct frames *f = NULL;
	uint64_t first;

	out->ladder_n = 0;
	out->frame_first = out->frame_last = 0;
	if (!journal_path(c, sc, path) || !journal_read(path, pick, &k, why, sizeof why))
		return;
	if (folder_join(capture, c->folder, run_name(c, sc), ".pcapng"))
		f = frames_open(capture, path);
	first = k.picked > RESULT_LADDER ? k.picked - RESULT_LADDER : 0;
	for (uint64_t i = first; i < k.picked; i++)
		rung(&k, &k.ring[i % RESULT_LADDER], f, c, sc, out);
	frames_free(f);
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
