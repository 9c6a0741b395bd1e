/*
 * A ladder made of a case's stored events.
 */
#include "report/ladder_inner.h"

#include "base/text.h"
#include "scenario/fold.h"

#include <stdlib.h>
#include <string.h>

/* --- expectations ------------------------------------------------------------------------- */

/* Signatures are not at hand here: what logs decide, the result says. */
static bool by_logs(const struct expectation *x)
{
	return x->kind == EXPECT_LOG || x->kind == EXPECT_LOG_NONE;
}

static bool has_evidence_of(const struct result *r, int line)
{
	const json_t *list = json_object_get(r->json, "evidence");

	for (size_t i = 0; i < json_array_size(list); i++)
		if (json_integer_value(json_object_get(json_array_get(list, i), "line")) == line)
			return true;
	return false;
}

static enum expect_state state_of(const struct reading *rd, size_t i, const struct event *e)
{
	const struct expectation *x = &rd->sc->expectations[i];
	bool over = e->kind == EVENT_SCENARIO && e->code == SCENARIO_CASE_END;

	if (!by_logs(x))
		return judge_state(rd->judge, i);
	return !over ? EXPECT_WAITING : has_evidence_of(rd->r, x->line) ? EXPECT_MISSED :
	       EXPECT_MET;
}

/* The mark that the event made or joined; NULL: none. */
static struct ladder_mark *mark_of(struct reading *rd, const struct event *e, size_t before)
{
	struct end_seen *end;
	struct ladder_mark *m;

	if (rd->l->n > before)
		return &rd->l->at[before];
	if (!e->association || e->kind == EVENT_SCENARIO)
		return NULL;
	end = ladder_end_of(rd, e->association);
	m = end ? ladder_last_of(rd, end) : NULL;
	return m && m->at_us == e->at_us - rd->begin_us ? m : NULL;
}

static void say_decided(struct reading *rd, size_t i, enum expect_state state,
                        const struct event *e)
{
	struct ladder_mark *m = ADD(rd, e, MARK_EXPECT, "%s", rd->sc->expectations[i].text);

	if (!m)
		return;
	m->decided = (uint8_t)state;
	m->lane = e->association ? ladder_lane_of(rd->l, e->association) : (uint8_t)rd->l->mta;
}

/* What this event has decided: a word at its arrow, and a line below it. */
static void decide(struct reading *rd, const struct event *e, size_t before)
{
	size_t kept = 0, n = rd->pending_n;
	struct ladder_mark *m;

	for (size_t k = 0; k < n; k++) {
		size_t i = rd->pending[k];
		enum expect_state state = state_of(rd, i, e);

		if (state == EXPECT_WAITING) {
			rd->pending[kept++] = i;
			continue;
		}
		m = mark_of(rd, e, before);
		if (m)
			m->decided = (uint8_t)state;
		if (!m || m->kind != MARK_EXPECT)
			say_decided(rd, i, state, e);
	}
	rd->pending_n = kept;
}

static void judge_it(struct reading *rd, const struct event *e, size_t before)
{
	if (!rd->judge || !rd->pending)
		return;
	judge_event(rd->judge, e);
	if (e->kind == EVENT_SCENARIO && e->code == SCENARIO_EXPECT &&
	    e->value < rd->sc->expectations_n && rd->pending_n < rd->sc->expectations_n)
		rd->pending[rd->pending_n++] = e->value;
	if (rd->pending_n)
		decide(rd, e, before);
}

static void judge_begin(struct reading *rd)
{
	runner_describe(rd->c, rd->sc, &rd->description);
	rd->judge = judge_new(&rd->description);
	rd->pending = calloc(rd->sc->expectations_n + 1, sizeof *rd->pending);
}

/* --- events --------------------------------------------------------------------------------- */

static bool is_evidence(const struct result *r, uint64_t ordinal)
{
	const json_t *list = json_object_get(r->json, "evidence"), *ev, *events, *n;
	size_t i, k;

	for (i = 0; i < json_array_size(list); i++) {
		ev = json_array_get(list, i);
		events = json_object_get(ev, "events");
		for (k = 0; k < json_array_size(events); k++) {
			n = json_array_get(events, k);
			if ((uint64_t)json_integer_value(n) == ordinal)
				return true;
		}
	}
	return false;
}

static void put(void *ctx, const struct event *e)
{
	struct reading *rd = ctx;
	size_t before = rd->l->n;

	ladder_mark_event(rd, e);
	if (rd->l->n > before && is_evidence(rd->r, rd->ordinal))
		rd->l->at[before].evidence = true;
	judge_it(rd, e, before);
	rd->ordinal++;
}

/* --- from a run folder ----------------------------------------------------------------- */

static void load_log(struct reading *rd, enum log_kind kind, const char *suffix)
{
	struct log_lines *lines = &rd->logs[kind];
	char path[FOLDER_PATH];
	size_t cap = 0, n = 0;
	FILE *fp;

	if (!folder_join(path, rd->c->folder, "logs/", run_name(rd->c, rd->sc)) ||
	    strlen(path) + strlen(suffix) >= sizeof path)
		return;
	fp = fopen(strcat(path, suffix), "re");
	while (fp) {
		char *line = NULL, **grown = realloc(lines->at, (lines->n + 1) * sizeof *grown);

		if (grown)
			lines->at = grown;
		if (!grown || getline(&line, &cap, fp) < 0) {
			free(line);
			break;
		}
		line[strcspn(line, "\r\n")] = '\0';
		lines->at[lines->n++] = line;
		cap = 0;
		if (++n == LADDER_MARKS_MAX)
			break;
	}
	if (fp)
		fclose(fp);
}

static void free_log(struct log_lines *lines)
{
	for (size_t i = 0; i < lines->n; i++)
		free(lines->at[i]);
	free(lines->at);
}

/* A name of the target file; with a mask its pseudonym. */
static const char *shown(const char *name, char out[static TEXT_PSEUDONYM])
{
	if (!text_masks())
		return name;
	text_pseudonym(octets_of(name), out);
	return out;
}

static void name_lanes(struct ladder *l, const struct target *t)
{
	char masked[TEXT_PSEUDONYM];

	l->mta = t->sides_n > 0 ? 1 : 0;
	l->lanes_n = t->sides_n + 1;
	for (size_t i = 0; i < t->sides_n; i++)
		snprintf(l->lanes[i >= l->mta ? i + 1 : i], sizeof l->lanes[0], "%.16s (%.20s)",
		         t->sides[i].name, shown(t->sides[i].our_name, masked));
	snprintf(l->lanes[l->mta], sizeof l->lanes[0], "%s", shown(t->its_name, masked));
}

/* Sides at which nothing happened take no room. */
static void drop_lanes(struct ladder *l)
{
	bool used[LADDER_LANES] = { false };
	uint8_t to[LADDER_LANES] = { 0 };
	size_t n = 0;

	used[l->mta] = true;
	for (size_t i = 0; i < l->n; i++)
		used[l->at[i].lane] = true;
	for (size_t i = 0; i < l->messages_n; i++)
		used[l->messages[i].to] = true;
	for (size_t i = 0; i < l->lanes_n; i++) {
		to[i] = (uint8_t)n;
		if (used[i] && n != i)
			memcpy(l->lanes[n], l->lanes[i], sizeof l->lanes[0]);
		n += used[i];
	}
	l->mta = to[l->mta];
	l->lanes_n = n;
	for (size_t i = 0; i < l->n; i++)
		l->at[i].lane = to[l->at[i].lane];
	for (size_t i = 0; i < l->messages_n; i++) {
		l->messages[i].from = to[l->messages[i].from];
		l->messages[i].to = to[l->messages[i].to];
	}
	for (size_t i = 0; i < l->flows_n; i++)
		l->flows[i].lane = to[l->flows[i].lane];
}

static uint64_t last_sent(const struct ladder_flow *f)
{
	return f->n ? f->at[f->n - 1].sent : 0;
}

/* The flows with the most octets are the ladder's. */
static void take_flows(struct reading *rd)
{
	struct ladder *l = rd->l;

	while (l->flows_n < LADDER_FLOWS) {
		struct ladder_flow *best = NULL;
		struct end_seen *of = NULL;

		for (size_t i = 0; i < rd->ends_n; i++)
			for (size_t way = 0; way < 2; way++)
				if (last_sent(&rd->ends[i]->flow[way]) >
				    (best ? last_sent(best) : 2000)) {
					best = &rd->ends[i]->flow[way];
					of = rd->ends[i];
				}
		if (!best)
			return;
		l->flows[l->flows_n] = *best;
		l->flows[l->flows_n].association = of->association;
		l->flows[l->flows_n].lane = ladder_lane_of(l, of->association);
		l->flows[l->flows_n].out = best == &of->flow[0];
		l->flows[l->flows_n].rate = (best == &of->flow[0] ? rd->out_rate : rd->in_rate)
			[side_of(of->association) % SIDES_MAX];
		l->flows_n++;
		*best = (struct ladder_flow){ 0 };
	}
}

static void free_reading(struct reading *rd)
{
	for (size_t i = 0; i < rd->ends_n; i++) {
		free(rd->ends[i]->flow[0].at);
		free(rd->ends[i]->flow[1].at);
		free(rd->ends[i]);
	}
	free_log(&rd->logs[LOG_EVENT]);
	free_log(&rd->logs[LOG_CALLS]);
	judge_free(rd->judge);
	free(rd->pending);
	free(rd);
}

bool ladder_read(struct ladder *l, const struct run_config *c, const struct scenario *sc,
                 const struct result *r, char why[static RESULT_WHY])
{
	struct reading *rd = calloc(1, sizeof *rd);
	char path[FOLDER_PATH];
	bool ok;

	*l = (struct ladder){ 0 };
	if (!rd)
		return false;
	*rd = (struct reading){ .l = l, .c = c, .sc = sc, .r = r };
	name_lanes(l, c->target);
	judge_begin(rd);
	if (folder_join(path, c->folder, run_name(c, sc), ".pcapng"))
		l->pdus = pdus_read(path);
	load_log(rd, LOG_EVENT, ".events.log");
	load_log(rd, LOG_CALLS, ".calls.log");
	ok = folder_join(path, c->folder, "events/", run_name(c, sc)) &&
	     strlen(path) + 7 < sizeof path &&
	     journal_read(strcat(path, ".jsonl"), put, rd, why, RESULT_WHY);
	take_flows(rd);
	drop_lanes(l);
	free_reading(rd);
	if (!ok)
		ladder_free(l);
	return ok;
}
