/*
 * A ladder made of a case's stored events.
 */
#include "report/ladder.h"

#include "array/array.h"
#include "base/text.h"
#include "judge/signature.h"
#include "link/link.h"
#include "p1/p1.h"
#include "report/pdus.h"
#include "scenario/fold.h"
#include "scenario/journal.h"
#include "session/session_pdu.h"

#include <stdlib.h>
#include <string.h>

enum {
	ENDS_MAX = 4096,
	INNER_TEXT = 200,
	MARK_TEXT = 400,
	LOG_LINE = 300,
	RATE_FIRST_US = 1000,
};

/* An end of ours, as the journal tells of it. */
struct end_seen {
	uint32_t association, connection;	/* its number on the tape, from 1 */
	bool initiator;
	uint32_t activity, activities;	/* the one under way, or 0; so far */
	size_t last;			/* its last mark + 1 */
	char inner[INNER_TEXT];		/* PDUs inside the session PDU that is to come */
	const struct pdu_text *inside[4];	/* the same, from the inside out */
	size_t inside_n;
	uint64_t mip[2];		/* stream octets behind the last MIP: out, in */
	struct ladder_flow flow[2];	/* out, in */
};

/* The lines of a stored log. */
struct log_lines {
	char **at;			/* owned */
	size_t n;
};

struct reading {
	struct ladder *l;
	const struct run_config *c;
	const struct scenario *sc;
	const struct result *r;
	struct end_seen *ends[ENDS_MAX];
	size_t ends_n;
	uint32_t connections;
	struct log_lines logs[2];	/* enum log_kind */
	uint64_t ordinal, last_log;
	struct {
		size_t mark;		/* + 1; 0: none */
		uint8_t code;
		uint32_t first, last;
	} entry;			/* of the ledger, that the next one may join */
	int64_t begin_us;
	uint64_t out_rate[SIDES_MAX], in_rate[SIDES_MAX];
	struct judge_case description;
	struct judge *judge;		/* tells when expectations were decided */
	size_t *pending, pending_n;	/* expectations that wait; owned */
};

#define ADD(rd, e, kind, ...) ladder_add((rd)->l, (e)->at_us - (rd)->begin_us, kind, __VA_ARGS__)

static struct end_seen *end_of(struct reading *rd, uint32_t association)
{
	for (size_t i = rd->ends_n; i-- > 0;)
		if (rd->ends[i]->association == association)
			return rd->ends[i];
	if (rd->ends_n == ENDS_MAX)
		return NULL;
	rd->ends[rd->ends_n] = calloc(1, sizeof **rd->ends);
	if (!rd->ends[rd->ends_n])
		return NULL;
	rd->ends[rd->ends_n]->association = association;
	return rd->ends[rd->ends_n++];
}

/* The first side stands left of the MTA, the others right of it. */
static uint8_t lane_of(const struct ladder *l, uint32_t association)
{
	unsigned side = side_of(association);
	unsigned lane = side >= l->mta ? side + 1 : side;

	return (uint8_t)(lane < l->lanes_n ? lane : 0);
}

/* --- PDUs ---------------------------------------------------------------------------- */

static bool is_data(const struct event *e)
{
	return e->layer == LAYER_SESSION && e->code == SPDU_DT;
}

/* TD and RTTR say nothing that their DT does not. */
static bool is_wrapper(const struct event *e)
{
	const char *name = journal_name(e);

	return name && (strcmp(name, "TD") == 0 || strcmp(name, "RTTR") == 0);
}

/* Ours are told from the inside out. */
static void put_before(char text[static INNER_TEXT], const char *more)
{
	char rest[INNER_TEXT];

	memcpy(rest, text, sizeof rest);
	snprintf(text, INNER_TEXT, "%s%s%.*s", more, rest[0] ? " " : "", INNER_TEXT - 32, rest);
}

static const struct pdu_text *pdu_of(struct reading *rd, const struct end_seen *end,
                                     const struct event *e)
{
	bool ours = e->kind == EVENT_PDU_OUT;

	return rd->l->pdus && end->connection
	       ? pdus_next(rd->l->pdus, end->connection,
	                   ours == end->initiator ? FROM_INITIATOR : FROM_RESPONDER,
	                   (enum layer)e->layer, e->code) : NULL;
}

static void note_pdu(struct ladder_mark *m, const struct pdu_text *t)
{
	if (t)
		ladder_put_pdu(m, t);
}

static struct ladder_mark *last_of(struct reading *rd, const struct end_seen *end)
{
	return end->last ? &rd->l->at[end->last - 1] : NULL;
}

/* One more DT behind the one that is told. */
static bool joins(const struct ladder_mark *m, const struct event *e)
{
	return m && is_data(e) && m->kind == MARK_PDU && m->layer == LAYER_SESSION &&
	       m->out == (e->kind == EVENT_PDU_OUT) && strncmp(m->text, "session DT", 10) == 0;
}

/* Activity that a PDU belongs to. */
static void follow_activity(struct end_seen *end, const struct event *e)
{
	if (e->layer == LAYER_SESSION && (e->code == SPDU_AS || e->code == SPDU_AR))
		end->activity = ++end->activities;
}

static bool ends_activity(const struct event *e)
{
	return e->layer == LAYER_SESSION && (e->code == SPDU_AEA || e->code == SPDU_MAA_AEA ||
	                                     e->code == SPDU_ADA || e->code == SPDU_AIA);
}

static void plot(struct reading *rd, struct end_seen *end, const struct event *e)
{
	bool in = e->kind == EVENT_PDU_IN;
	struct ladder_flow *f = &end->flow[in], *other = &end->flow[!in];
	uint64_t behind = e->offset + (e->length ? e->length : is_data(e) ? e->value : 0);
	uint64_t before = other->n ? other->at[other->n - 1].sent : 0;
	int64_t at = e->at_us - rd->begin_us;

	if (e->layer != LAYER_SESSION)
		return;
	if (e->code == SPDU_MIP || e->code == SPDU_AE)
		end->mip[in] = behind;
	if (e->code == SPDU_MIA || e->code == SPDU_AEA || e->code == SPDU_MAA_AEA)
		ladder_point(other, at, before, end->mip[!in]);
	ladder_point(f, at, behind, f->n ? f->at[f->n - 1].confirmed : 0);
}

/* A PDU inside a session PDU: it is told with it. */
static void inner(struct reading *rd, struct end_seen *end, const struct event *e)
{
	struct ladder_mark *m = last_of(rd, end);
	const char *name = journal_name(e);
	char text[MARK_TEXT];

	if (is_wrapper(e) || !name)
		return;
	if (e->kind == EVENT_PDU_OUT) {
		put_before(end->inner, name);
		if (end->inside_n < sizeof end->inside / sizeof end->inside[0])
			end->inside[end->inside_n++] = pdu_of(rd, end, e);
		return;
	}
	if (!m || m->kind != MARK_PDU || m->out)
		return;
	snprintf(text, sizeof text, "%s %s", m->text, name);
	m->text = ladder_keep(rd->l, text);
	note_pdu(m, pdu_of(rd, end, e));
}

static void outer(struct reading *rd, struct end_seen *end, const struct event *e)
{
	struct ladder_mark *m = last_of(rd, end);
	const char *name = journal_name(e);
	bool carries = e->layer == LAYER_SESSION && e->code != SPDU_AS && e->code != SPDU_AR &&
	               e->code != SPDU_GT;
	char number[24] = "";

	if (joins(m, e) && !end->inner[0]) {
		m->count++;
		m->octets += e->length ? e->length : e->value;
		pdu_of(rd, end, e);
		return;
	}
	if (e->value && !is_data(e))
		snprintf(number, sizeof number, " %u", e->value);
	m = ADD(rd, e, MARK_PDU, "%s %s%s%s%s", layer_name((enum layer)e->layer), name ? name : "?",
	        number, carries && end->inner[0] ? " " : "", carries ? end->inner : "");
	if (!m)
		return;
	m->layer = e->layer;
	m->association = e->association;
	m->lane = lane_of(rd->l, e->association);
	m->out = e->kind == EVENT_PDU_OUT;
	m->activity = end->activity;
	m->octets = is_data(e) ? (e->length ? e->length : e->value) : 0;
	note_pdu(m, pdu_of(rd, end, e));
	while (carries && end->inside_n)
		note_pdu(m, end->inside[--end->inside_n]);
	if (carries)
		end->inner[0] = '\0';
	end->last = (size_t)(m - rd->l->at) + 1;
}

static void on_pdu(struct reading *rd, const struct event *e)
{
	struct end_seen *end = end_of(rd, e->association);

	if (!end)
		return;
	follow_activity(end, e);
	plot(rd, end, e);
	if (e->layer > LAYER_SESSION)
		inner(rd, end, e);
	else
		outer(rd, end, e);
	if (ends_activity(e))
		end->activity = 0;
}

/* --- everything else ------------------------------------------------------------------ */

static void on_tcp(struct reading *rd, const struct event *e)
{
	struct end_seen *end = end_of(rd, e->association);
	const char *name = journal_name(e);
	struct ladder_mark *m;

	if (!end || e->code == TCP_CLOSE_WANTED)
		return;
	if (e->code == TCP_CONNECTED) {
		end->connection = ++rd->connections;
		end->initiator = e->flags & EVENT_F_INITIATOR;
	}
	m = ADD(rd, e, MARK_TCP, "TCP %s", name ? name : "?");
	if (!m)
		return;
	m->lane = lane_of(rd->l, e->association);
	m->out = e->code == TCP_CONNECTED ? end->initiator
	       : e->code == TCP_FIN_OUT || e->code == TCP_RST_OUT;
}

static void on_link(struct reading *rd, const struct event *e)
{
	struct ladder_mark *m;
	unsigned side = side_of(e->association);
	char buffer[120];
	struct text words;

	if (e->code == LINK_RATE_SET && side < SIDES_MAX)
		(e->type == LINK_OUT ? rd->out_rate : rd->in_rate)[side] = e->length;
	text_init(&words, buffer, sizeof buffer);
	link_event_words(&words, e);
	m = ADD(rd, e, MARK_LINK, "link %s: %s", e->type == LINK_OUT ? "out" : "in", buffer);
	if (m)
		m->lane = lane_of(rd->l, e->association);
}

static void on_scenario(struct reading *rd, const struct event *e)
{
	const struct scenario *sc = rd->sc;
	struct ladder_mark *m = NULL;

	if (e->code == SCENARIO_CASE_BEGIN)
		rd->begin_us = e->at_us;
	else if (e->code == SCENARIO_CASE_END)
		rd->l->end_us = e->at_us - rd->begin_us;
	else if (e->code == SCENARIO_STEP && e->value < sc->steps_n)
		m = ADD(rd, e, MARK_STEP, "%s", scenario_string(sc, sc->steps[e->value].text));
	else if (e->code == SCENARIO_EXPECT && e->value < sc->expectations_n)
		m = ADD(rd, e, MARK_EXPECT, "%s", sc->expectations[e->value].text);
	else if (e->code == SCENARIO_CUT)
		m = ADD(rd, e, MARK_LINK, "cut %s", cut_how_name((enum cut_how)e->value));
	else if (e->code == SCENARIO_RESTARTED)
		m = ADD(rd, e, MARK_LINK, "the MTA is started anew");
	else if (e->code == SCENARIO_IUT_GONE)
		m = ADD(rd, e, MARK_ABORT, "the MTA's process ended");
	if (m)
		m->lane = e->association ? lane_of(rd->l, e->association) : (uint8_t)rd->l->mta;
}

/* Message after message: one mark, "messages 1 to 40 offered". */
static bool joins_entry(struct reading *rd, const struct event *e)
{
	struct ladder *l = rd->l;
	char text[80];

	if (!rd->entry.mark || rd->entry.mark != l->n || rd->entry.code != e->code ||
	    rd->entry.last + 1 != e->value ||
	    l->at[l->n - 1].lane != lane_of(l, e->association))
		return false;
	rd->entry.last = e->value;
	snprintf(text, sizeof text, "messages %u to %u %s", rd->entry.first, rd->entry.last,
	         journal_name(e));
	l->at[l->n - 1].text = ladder_keep(l, text);
	return true;
}

static struct ladder_message *message_of(struct ladder *l, uint32_t number)
{
	size_t at = 0, to = l->messages_n;
	struct ladder_message *grown;

	while (at < to) {
		size_t middle = (at + to) / 2;

		if (l->messages[middle].number < number)
			at = middle + 1;
		else
			to = middle;
	}
	if (at < l->messages_n && l->messages[at].number == number)
		return &l->messages[at];
	if (l->messages_n == LADDER_MESSAGES_MAX)
		return NULL;
	grown = array_room(l->messages, l->messages_n + 1, &l->messages_cap, sizeof *l->messages);
	if (!grown)
		return NULL;
	l->messages = grown;
	memmove(&l->messages[at + 1], &l->messages[at],
	        (l->messages_n - at) * sizeof l->messages[0]);
	l->messages_n++;
	l->messages[at] = (struct ladder_message){
		.number = number, .to = (uint8_t)l->mta, .from = (uint8_t)l->mta };
	return &l->messages[at];
}

static void note_offer(struct ladder *l, struct ladder_message *m, const struct event *e,
                       int64_t at_us)
{
	if (m->offered++)
		return;
	m->offered_us = at_us;
	m->octets = e->length;
	m->from = lane_of(l, e->association);
	m->to = e->offset < SIDES_MAX ? lane_of(l, (uint32_t)e->offset * SIDE_STRIDE)
	                              : (uint8_t)l->mta;
}

/* Two stretches are one from now on. */
static void widen(struct ladder_rate *r)
{
	for (size_t i = 0; i < LADDER_STRETCHES; i++) {
		bool there = 2 * i + 1 < LADDER_STRETCHES;

		r->accepted[i] = there ? r->accepted[2 * i] + r->accepted[2 * i + 1] : 0;
		r->delivered[i] = there ? r->delivered[2 * i] + r->delivered[2 * i + 1] : 0;
	}
	r->width_us *= 2;
	r->n = (r->n + 1) / 2;
}

static void count_rate(struct ladder_rate *r, int64_t at_us, bool delivered)
{
	size_t at;

	if (!r->width_us)
		r->width_us = RATE_FIRST_US;
	while (at_us / r->width_us >= LADDER_STRETCHES)
		widen(r);
	at = at_us > 0 ? (size_t)(at_us / r->width_us) : 0;
	r->n = at + 1 > r->n ? at + 1 : r->n;
	(delivered ? r->delivered : r->accepted)[at]++;
}

static void note_message(struct reading *rd, const struct event *e)
{
	int64_t at_us = e->at_us - rd->begin_us;
	struct ladder_message *m = message_of(rd->l, e->value);
	bool out = e->code == LEDGER_DELIVERED || e->code == LEDGER_REPORTED ||
	           e->code == LEDGER_ALTERED;

	if (e->code == LEDGER_ACCEPTED || e->code == LEDGER_DELIVERED)
		count_rate(&rd->l->rate, at_us, e->code == LEDGER_DELIVERED);
	if (!m)
		return;
	if (out && m->delivered + m->reported + m->altered == 0)
		m->out_us = at_us;
	if (e->code == LEDGER_ACCEPTED && m->accepted == 0)
		m->accepted_us = at_us;
	if (e->code == LEDGER_OFFERED)
		note_offer(rd->l, m, e, at_us);
	m->accepted += e->code == LEDGER_ACCEPTED;
	m->doubts += e->code == LEDGER_DOUBT;
	m->abandoned += e->code == LEDGER_ABANDONED;
	m->delivered += e->code == LEDGER_DELIVERED;
	m->altered += e->code == LEDGER_ALTERED;
	m->reported += e->code == LEDGER_REPORTED;
	m->foreign += e->code == LEDGER_FOREIGN;
}

static void on_ledger(struct reading *rd, const struct event *e)
{
	const char *name = journal_name(e);
	struct ladder_mark *m;

	note_message(rd, e);
	if (!name || joins_entry(rd, e))
		return;
	m = ADD(rd, e, MARK_LEDGER, "message %u %s", e->value, name);
	if (!m)
		return;
	m->lane = lane_of(rd->l, e->association);
	rd->entry.mark = rd->l->n;
	rd->entry.code = e->code;
	rd->entry.first = rd->entry.last = e->value;
}

static void on_primitive(struct reading *rd, const struct event *e)
{
	struct ladder_mark *m;

	if (e->code != SERVICE_P_ABORT && e->code != SERVICE_U_ABORT)
		return;
	m = ADD(rd, e, MARK_ABORT, "%s", e->code == SERVICE_P_ABORT
	        ? "association lost (P-ABORT)" : "association aborted");
	if (m)
		m->lane = lane_of(rd->l, e->association);
}

static const char *log_text(const struct reading *rd, const struct event *e)
{
	const struct log_lines *lines = &rd->logs[e->code == LOG_CALLS];

	return e->offset >= 1 && e->offset <= lines->n ? lines->at[e->offset - 1] : "";
}

/* A record that fits several rows of the catalogue makes several events. */
static void on_log(struct reading *rd, const struct event *e)
{
	struct ladder_mark *m;
	const char *text = log_text(rd, e);
	char number[48] = "", masked[TEXT_PSEUDONYM];

	if (text_masks() && *text) {
		text_pseudonym(octets_of(text), masked);
		text = masked;
	}
	if (e->offset == rd->last_log)
		return;
	rd->last_log = e->offset;
	if (e->value)
		snprintf(number, sizeof number, "event %u (%llu): ", e->value,
		         (unsigned long long)e->length);
	m = ADD(rd, e, MARK_LOG, "%s%.*s", number, LOG_LINE, text);
	if (!m)
		return;
	m->lane = (uint8_t)rd->l->mta;
	m->evidence = e->rule != 0;
}

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
	end = end_of(rd, e->association);
	m = end ? last_of(rd, end) : NULL;
	return m && m->at_us == e->at_us - rd->begin_us ? m : NULL;
}

static void say_decided(struct reading *rd, size_t i, enum expect_state state,
                        const struct event *e)
{
	struct ladder_mark *m = ADD(rd, e, MARK_EXPECT, "%s", rd->sc->expectations[i].text);

	if (!m)
		return;
	m->decided = (uint8_t)state;
	m->lane = e->association ? lane_of(rd->l, e->association) : (uint8_t)rd->l->mta;
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

static void put(void *ctx, const struct event *e)
{
	static void (*const handlers[])(struct reading *, const struct event *) = {
		[EVENT_PRIMITIVE] = on_primitive, [EVENT_PDU_IN] = on_pdu, [EVENT_PDU_OUT] = on_pdu,
		[EVENT_TCP] = on_tcp, [EVENT_LINK] = on_link, [EVENT_LOG] = on_log,
		[EVENT_SCENARIO] = on_scenario, [EVENT_LEDGER] = on_ledger,
	};
	struct reading *rd = ctx;
	size_t before = rd->l->n;

	if (e->kind < sizeof handlers / sizeof handlers[0] && handlers[e->kind])
		handlers[e->kind](rd, e);
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
		l->flows[l->flows_n].lane = lane_of(l, of->association);
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
