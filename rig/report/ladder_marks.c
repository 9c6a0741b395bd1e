/*
 * The marks of a ladder: what each stored event becomes, or joins.
 */
#include "report/ladder_inner.h"

#include "array/array.h"
#include "base/text.h"
#include "link/link.h"
#include "session/session_pdu.h"

#include <stdlib.h>
#include <string.h>

enum {
	MARK_TEXT = 400,
	LOG_LINE = 300,
	RATE_FIRST_US = 1000,
};

struct end_seen *ladder_end_of(struct reading *rd, uint32_t association)
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

uint8_t ladder_lane_of(const struct ladder *l, uint32_t association)
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

struct ladder_mark *ladder_last_of(struct reading *rd, const struct end_seen *end)
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
	struct ladder_mark *m = ladder_last_of(rd, end);
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
	struct ladder_mark *m = ladder_last_of(rd, end);
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
	m->lane = ladder_lane_of(rd->l, e->association);
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
	struct end_seen *end = ladder_end_of(rd, e->association);

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
	struct end_seen *end = ladder_end_of(rd, e->association);
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
	m->lane = ladder_lane_of(rd->l, e->association);
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
		m->lane = ladder_lane_of(rd->l, e->association);
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
		m->lane = e->association ? ladder_lane_of(rd->l, e->association)
		                         : (uint8_t)rd->l->mta;
}

/* Message after message: one mark, "messages 1 to 40 offered". */
static bool joins_entry(struct reading *rd, const struct event *e)
{
	struct ladder *l = rd->l;
	char text[80];

	if (!rd->entry.mark || rd->entry.mark != l->n || rd->entry.code != e->code ||
	    rd->entry.last + 1 != e->value ||
	    l->at[l->n - 1].lane != ladder_lane_of(l, e->association))
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
	m->from = ladder_lane_of(l, e->association);
	m->to = e->offset < SIDES_MAX ? ladder_lane_of(l, (uint32_t)e->offset * SIDE_STRIDE)
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
	m->lane = ladder_lane_of(rd->l, e->association);
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
		m->lane = ladder_lane_of(rd->l, e->association);
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

/* --- events --------------------------------------------------------------------------------- */

void ladder_mark_event(struct reading *rd, const struct event *e)
{
	static void (*const handlers[])(struct reading *, const struct event *) = {
		[EVENT_PRIMITIVE] = on_primitive, [EVENT_PDU_IN] = on_pdu, [EVENT_PDU_OUT] = on_pdu,
		[EVENT_TCP] = on_tcp, [EVENT_LINK] = on_link, [EVENT_LOG] = on_log,
		[EVENT_SCENARIO] = on_scenario, [EVENT_LEDGER] = on_ledger,
	};

	if (e->kind < sizeof handlers / sizeof handlers[0] && handlers[e->kind])
		handlers[e->kind](rd, e);
}
