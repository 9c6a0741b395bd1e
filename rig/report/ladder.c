#include "report/ladder.h"

#include "array/array.h"
#include "base/text.h"
#include "report/clean.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum {
	/* Up to here a person reads everything. */
	FOLD_ABOVE = 300,
	/* Of a long one, the beginning and the end are told in full. */
	HEAD = 60,
	TAIL = 120,
	BLOCK_MAX = 400,
	MARK_TEXT = 400,
	KEPT_TEXT = 4000,
};

/* Nothing for so long is worth a line. */
#define IDLE_US INT64_C(200000)

const char *mark_kind_name(enum mark_kind k)
{
	static const char *const names[MARK_KINDS] = {
		[MARK_PDU] = "pdu", [MARK_TCP] = "tcp", [MARK_LINK] = "link", [MARK_STEP] = "step",
		[MARK_EXPECT] = "expect", [MARK_LEDGER] = "ledger", [MARK_LOG] = "log",
		[MARK_ABORT] = "abort",
	};

	return names[k];
}

/* --- marks ------------------------------------------------------------------------- */

const char *ladder_keep(struct ladder *l, const char *text)
{
	char masked[KEPT_TEXT], *copy;
	void *grown = array_room(l->texts, l->texts_n + 1, &l->texts_cap, sizeof *l->texts);
	struct text t;

	text_init(&t, masked, sizeof masked);
	if (text_masks())
		text_words(&t, text);
	copy = clean_text(text_masks() ? masked : text, KEPT_TEXT);
	if (grown)
		l->texts = grown;
	if (!copy || !grown) {
		free(copy);
		return "";
	}
	return l->texts[l->texts_n++] = copy;
}

struct ladder_mark *ladder_add(struct ladder *l, int64_t at_us, enum mark_kind kind,
                               const char *fmt, ...)
{
	struct ladder_mark *grown;
	char text[MARK_TEXT];
	va_list ap;

	if (l->n == LADDER_MARKS_MAX) {
		l->cut = true;
		return NULL;
	}
	grown = array_room(l->at, l->n + 1, &l->cap, sizeof *grown);
	if (!grown)
		return NULL;
	l->at = grown;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	l->at[l->n] = (struct ladder_mark){
		.at_us = at_us, .kind = (uint8_t)kind, .count = 1, .text = ladder_keep(l, text) };
	return &l->at[l->n++];
}

void ladder_put_pdu(struct ladder_mark *m, const struct pdu_text *t)
{
	if (m->pdus_n < LADDER_INSIDE)
		m->pdus[m->pdus_n++] = t;
	if (t->frame_first && (m->frame_first == 0 || t->frame_first < m->frame_first))
		m->frame_first = t->frame_first;
	if (t->frame_last > m->frame_last)
		m->frame_last = t->frame_last;
}

void ladder_point(struct ladder_flow *f, int64_t at_us, uint64_t sent, uint64_t confirmed)
{
	struct ladder_point *grown;

	if (f->n && f->at[f->n - 1].sent >= sent && f->at[f->n - 1].confirmed >= confirmed)
		return;
	grown = f->n < LADDER_MARKS_MAX ? array_room(f->at, f->n + 1, &f->cap, sizeof *grown) :
	        NULL;
	if (!grown)
		return;
	f->at = grown;
	f->at[f->n++] = (struct ladder_point){ at_us, sent, confirmed };
}

void ladder_free(struct ladder *l)
{
	for (size_t i = 0; i < l->texts_n; i++)
		free(l->texts[i]);
	for (size_t i = 0; i < l->flows_n; i++)
		free(l->flows[i].at);
	free(l->messages);
	free(l->texts);
	free(l->at);
	pdus_free(l->pdus);
	*l = (struct ladder){ 0 };
}

/* --- blocks ------------------------------------------------------------------------ */

/* What a person would not look at: the PDUs and ledger entries of activities. */
static bool foldable(const struct ladder_mark *m)
{
	if (m->evidence || m->decided)
		return false;
	return (m->kind == MARK_PDU && m->activity) || m->kind == MARK_LEDGER;
}

static bool in_middle(const struct ladder *l, size_t i)
{
	return l->n > FOLD_ABOVE && i >= HEAD && i + TAIL < l->n;
}

static int64_t gap_before(const struct ladder *l, size_t i)
{
	int64_t before = i > 0 ? l->at[i - 1].at_us : 0;

	return l->at[i].at_us - before;
}

struct ladder_block ladder_next(const struct ladder *l, size_t from, bool all)
{
	struct ladder_block b = { .from = from, .to = from };

	if (from >= l->n)
		return b;
	if (gap_before(l, from) >= IDLE_US)
		b.idle_us = gap_before(l, from);
	b.folded = !all && in_middle(l, from) && foldable(&l->at[from]);
	do {
		b.to++;
	} while (b.to < l->n && gap_before(l, b.to) < IDLE_US &&
	         b.folded == (!all && in_middle(l, b.to) && foldable(&l->at[b.to])) &&
	         (b.folded || b.to - from < BLOCK_MAX));
	return b;
}

void ladder_block_text(const struct ladder *l, const struct ladder_block *b, char *buf, size_t cap)
{
	uint64_t pdus = 0, octets = 0, messages = 0;

	for (size_t i = b->from; i < b->to; i++) {
		const struct ladder_mark *m = &l->at[i];

		pdus += m->kind == MARK_PDU ? m->count : 0;
		octets += m->octets;
		messages += m->kind == MARK_LEDGER;
	}
	snprintf(buf, cap, "%" PRIu64 " PDUs of activities, %" PRIu64 " octets of content, %" PRIu64
	         " ledger entries, %.3f s", pdus, octets, messages,
	         (double)(l->at[b->to - 1].at_us - l->at[b->from].at_us) / 1e6);
}

/* --- for a terminal ----------------------------------------------------------------- */

enum { LANE_WIDTH = 26, TIME_WIDTH = 11 };

static void lanes_line(FILE *out, const struct ladder *l)
{
	for (size_t i = 0; i < l->lanes_n; i++)
		fprintf(out, "%-*.*s", LANE_WIDTH, LANE_WIDTH - 1, l->lanes[i]);
	putc('\n', out);
}

static size_t column(size_t lane)
{
	return lane * LANE_WIDTH;
}

/* "|---- session CN ---->|" between two lanes. */
static void arrow_line(FILE *out, const struct ladder *l, const struct ladder_mark *m)
{
	char line[LADDER_LANES * LANE_WIDTH + 2], text[200];
	size_t a = column(m->lane), b = column(l->mta), width, n, from;
	bool right = m->out == (a < b);

	memset(line, ' ', sizeof line);
	for (size_t i = 0; i < l->lanes_n; i++)
		line[column(i)] = '|';
	if (a > b) {
		width = a;
		a = b;
		b = width;
	}
	memset(line + a + 1, '-', b - a - 1);
	line[right ? b - 1 : a + 1] = right ? '>' : '<';
	if (m->count > 1)
		snprintf(text, sizeof text, " %u x %s ", m->count, m->text);
	else
		snprintf(text, sizeof text, " %s ", m->text);
	width = b - a - 5;
	n = strlen(text) < width ? strlen(text) : width;
	from = a + 3 + (width - n) / 2;
	memcpy(line + from, text, n);
	line[column(l->lanes_n - 1) + 1] = '\0';
	fprintf(out, "%s", line);
	if (m->frame_first)
		fprintf(out, "   #%u", m->frame_first);
	if (strlen(text) > n)
		fprintf(out, "   %s", m->text);
	putc('\n', out);
}

/* What a mark other than a PDU begins with. */
static const char *decision(const struct ladder_mark *m)
{
	static const char *const words[] = { "", "met: ", "missed: ", "undecided: " };

	return m->kind == MARK_EXPECT && m->decided <= EXPECT_UNDECIDED ? words[m->decided] : "";
}

static void note_line(FILE *out, const struct ladder *l, const struct ladder_mark *m)
{
	static const char *const signs[MARK_KINDS] = {
		[MARK_TCP] = "==", [MARK_LINK] = "~~", [MARK_STEP] = "--", [MARK_EXPECT] = "??",
		[MARK_LEDGER] = "**", [MARK_LOG] = "##", [MARK_ABORT] = "!!",
	};
	size_t at = m->kind == MARK_STEP || m->kind == MARK_EXPECT ? 0 : m->lane;

	for (size_t i = 0; i < at; i++)
		fprintf(out, "%-*s", LANE_WIDTH, "|");
	fprintf(out, "%s %s%s\n", signs[m->kind], decision(m), m->text);
	(void)l;
}

bool ladder_text(FILE *out, const struct ladder *l)
{
	char text[160];

	fprintf(out, "%*s  ", TIME_WIDTH, "seconds");
	lanes_line(out, l);
	for (struct ladder_block b = ladder_next(l, 0, false); b.from < l->n;
	     b = ladder_next(l, b.to, false)) {
		if (b.idle_us)
			fprintf(out, "%*s  (%.3f s)\n", TIME_WIDTH, "...", (double)b.idle_us / 1e6);
		if (b.folded) {
			ladder_block_text(l, &b, text, sizeof text);
			fprintf(out, "%*s  %s\n", TIME_WIDTH, "...", text);
			continue;
		}
		for (size_t i = b.from; i < b.to; i++) {
			fprintf(out, "%*.6f%c ", TIME_WIDTH, (double)l->at[i].at_us / 1e6,
			        l->at[i].evidence ? '*' : ' ');
			(l->at[i].kind == MARK_PDU ? arrow_line : note_line)(out, l, &l->at[i]);
		}
	}
	return !ferror(out);
}

/* --- for other tools ------------------------------------------------------------------- */

/* Text inside double quotes of mscgen, or after a colon of Mermaid. */
static void safe(FILE *out, const char *s)
{
	for (; *s; s++)
		putc(strchr("\"\\;#\n\r\t", *s) ? ' ' : *s, out);
}

bool ladder_mscgen(FILE *out, const struct ladder *l)
{
	fprintf(out, "msc {\n  width = \"1400\";\n  ");
	for (size_t i = 0; i < l->lanes_n; i++) {
		fprintf(out, "%sl%zu [label=\"", i ? ", " : "", i);
		safe(out, l->lanes[i]);
		fprintf(out, "\"]");
	}
	fprintf(out, ";\n");
	for (size_t i = 0; i < l->n; i++) {
		const struct ladder_mark *m = &l->at[i];

		if (m->kind == MARK_PDU)
			fprintf(out, "  l%zu=>l%zu [label=\"", m->out ? m->lane : l->mta,
			        m->out ? l->mta : m->lane);
		else
			fprintf(out, "  l%u box l%u [label=\"", m->lane, m->lane);
		if (m->count > 1)
			fprintf(out, "%u x ", m->count);
		fputs(decision(m), out);
		safe(out, m->text);
		fprintf(out, "\"];\n");
	}
	fprintf(out, "}\n");
	return !ferror(out);
}

bool ladder_mermaid(FILE *out, const struct ladder *l)
{
	fprintf(out, "sequenceDiagram\n");
	for (size_t i = 0; i < l->lanes_n; i++) {
		fprintf(out, "  participant l%zu as ", i);
		safe(out, l->lanes[i]);
		putc('\n', out);
	}
	for (size_t i = 0; i < l->n; i++) {
		const struct ladder_mark *m = &l->at[i];

		if (m->kind == MARK_PDU)
			fprintf(out, "  l%zu->>l%zu: ", m->out ? m->lane : l->mta,
			        m->out ? l->mta : m->lane);
		else
			fprintf(out, "  Note over l%u: ", m->lane);
		if (m->count > 1)
			fprintf(out, "%u x ", m->count);
		fputs(decision(m), out);
		safe(out, m->text);
		putc('\n', out);
	}
	return !ferror(out);
}
