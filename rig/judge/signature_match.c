/*
 * A record against the rows of all signatures; rows that must follow each other.
 */
#include "judge/signature.h"

#include "judge/signature_scan.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	EVENT_IDS = 65536,
	RING = 16,		/* firsts of a sequence that wait for their second */
	KEY_MAX = 32,
	WORDS_MAX = 40,		/* of a tag with what stands before it */
	ALTERNATIVES_MAX = 16,
	/* Intervals of a pace differ by at most this part of it. */
	PACE_PERCENT = 20,
	JIT_STACK_MIN = 32 << 10,
	JIT_STACK_MAX = 512 << 10,
	/* Steps an expression may take on one record, so that a user's expression
	 * cannot hang the rig. */
	STEPS_MAX = 100000,
};

struct moment {
	int64_t at_us;
	char key[KEY_MAX];
};

/* State of a SEQUENCE or REPEAT row. */
struct order {
	uint16_t row_id;
	struct moment ring[RING];
	size_t n;
	bool pending;
	struct moment pair;		/* REPEAT: first that waits for its second */
	int64_t last_us, period_us;
	uint32_t count;
};

struct signature_matcher {
	const struct signatures *s;
	pcre2_match_data *data;
	pcre2_match_context *context;
	pcre2_jit_stack *stack;
	struct scan scan;		/* words of rows that may match a record without an id */
	uint16_t *rows;			/* ids of event rows, in order of their events */
	uint16_t *free_rows;		/* ids of rows whose words cannot be told */
	size_t free_n;
	struct order *orders;
	size_t orders_n;
	uint16_t *found;		/* row ids that the scan of one record finds */
	size_t found_n;
	bool *seen;			/* by row id: it is in found */
	size_t rows_n;
	uint64_t known[EVENT_IDS / 64];	/* events that a row names: bits */
};

static const struct signature_row *row_of(const struct signatures *s, uint16_t id)
{
	return &s->at[signature_of(id)].rows[signature_row_of(id)];
}

/* ---- one row, one record ---- */

static bool expression(const void *code, const char *text, pcre2_match_data *data,
                       pcre2_match_context *context)
{
	return pcre2_match(code, (PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, 0, 0, data, context) >= 0;
}

static bool has_word(const char *text, uint32_t number)
{
	char word[12];
	size_t n = 0;

	for (uint32_t v = number; v; v /= 10)
		n++;
	word[n] = '\0';
	for (size_t i = n; i-- > 0; number /= 10)
		word[i] = (char)('0' + number % 10);
	for (const char *p = text; (p = strstr(p, word)); p++)
		if ((p == text || strchr(" |=:(", p[-1])) &&
		    (!p[n] || strchr(" |,.);", p[n])))
			return true;
	return false;
}

static bool code_fits(const struct signature_row *row, const struct log_record *rec)
{
	for (unsigned i = 0; i < row->codes_n; i++)
		if (rec->code ? rec->code == row->codes[i]
		              : rec->unrendered && has_word(rec->text, row->codes[i]))
			return true;
	return row->codes_n == 0;
}

/* A record without a sentence is told by its strings, else by its code, else by
 * its id alone. */
static bool text_fits(const struct signature_row *row, const struct log_record *rec,
                      pcre2_match_data *data, pcre2_match_context *context)
{
	if (!rec->unrendered)
		return !row->pattern || expression(row->pattern, rec->text, data, context);
	if (row->pattern && expression(row->pattern, rec->text, data, context))
		return true;
	return !row->strings || expression(row->strings, rec->text, data, context);
}

/* ---- tags ---- */

struct word {
	const char *p;
	size_t n;
};

static bool digits(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] < '0' || p[i] > '9')
			return false;
	return n > 0;
}

/* Words of "POP4 POP4 DOWN 4 179" or "POP4 POP4 UP(5) Proc 228". */
static size_t words_of(const char *p, const char *end, struct word *out)
{
	size_t n = 0;

	while (p < end && n < WORDS_MAX) {
		size_t k = 0;

		while (p < end && strchr(" ()[]|.", *p))
			p++;
		while (p + k < end && !strchr(" ()[]|.", p[k]))
			k++;
		if (k && !(k == 4 && memcmp(p, "Proc", 4) == 0))
			out[n++] = (struct word){ p, k };
		p += k;
	}
	return n;
}

/* Where the tag of a text stands; false: it has none. */
static bool tag_of(const struct log_record *rec, const char **from, const char **to)
{
	const char *proc = strstr(rec->text, " Proc ");

	if (rec->unrendered) {
		*from = rec->text;
		*to = rec->text + strlen(rec->text);
		return rec->text[0] != '\0';
	}
	*to = strrchr(rec->text, ']');
	*from = strrchr(rec->text, '[');
	if (*from && *to && *from < *to)
		return true;
	if (!proc)
		return false;
	*to = strchr(proc, ')');
	*from = proc;
	for (unsigned depth = 1; *from > rec->text && depth; --*from)
		depth += (*from)[-1] == ')' ? 1u : (*from)[-1] == '(' ? -1u : 0u;
	return *to != NULL;
}

static bool words_fit(const struct word *want, size_t n, const struct word *have, size_t m)
{
	size_t j = 0;
	bool glued = false;

	for (size_t i = 0; i < n; i++) {
		if (want[i].n == 1 && *want[i].p == '#') {
			j += !glued && j < m && digits(have[j].p, have[j].n);
			continue;
		}
		if (j == m || have[j].n < want[i].n ||
		    strncasecmp(have[j].p, want[i].p, want[i].n) != 0)
			return false;
		/* "DOWN4": the number is glued to the name. */
		glued = have[j].n > want[i].n;
		if (glued && !digits(have[j].p + want[i].n, have[j].n - want[i].n))
			return false;
		j++;
	}
	return true;
}

static bool tag_fits(const char *tag, const struct log_record *rec)
{
	struct word want[WORDS_MAX], have[WORDS_MAX];
	const char *from, *to;
	size_t n, m;

	if (!tag_of(rec, &from, &to))
		return true;
	n = words_of(tag, tag + strlen(tag), want);
	m = words_of(from, to, have);
	for (size_t i = 0; i < m; i++)
		if (words_fit(want, n, have + i, m - i))
			return true;
	return false;
}

static bool source_fits(const struct signature_row *row, const struct log_record *rec)
{
	return !rec->source[0] ||
	       strncasecmp(rec->source, row->source, strlen(row->source)) == 0;
}

/* Rows of event logs may also match a text that has lost its event id, but then
 * only by what they say. */
static bool kind_fits(const struct signature_row *row, const struct log_record *rec)
{
	switch (row->kind) {
	case ROW_EVENT:
		return rec->event ? rec->event == row->event && source_fits(row, rec)
		                  : row->pattern && rec->layout != LOG_TEXT_CALLS;
	case ROW_CALLS:
		return rec->layout == LOG_TEXT_CALLS;
	case ROW_LINE:
		return rec->event == 0;
	default:
		return false;
	}
}

static bool row_fits(const struct signature_row *row, const struct log_record *rec,
                     pcre2_match_data *data, pcre2_match_context *context)
{
	return kind_fits(row, rec) && code_fits(row, rec) && text_fits(row, rec, data, context) &&
	       (!row->tag[0] || tag_fits(row->tag, rec));
}

/* ---- sequences and repeats ---- */

static void key_of(struct signature_matcher *m, const struct signature_row *row, const char *group,
                   const struct log_record *rec, char key[static KEY_MAX])
{
	PCRE2_SIZE n = KEY_MAX;

	key[0] = '\0';
	/* The order's rows have expressions with this group; the data may be of
	 * another expression that was tried last. */
	if (!group[0] || !row->pattern || !expression(row->pattern, rec->text, m->data, m->context))
		return;
	if (pcre2_substring_copy_byname(m->data, (PCRE2_SPTR)group, (PCRE2_UCHAR *)key, &n) != 0)
		key[0] = '\0';
}

static bool in_time(int64_t from, int64_t to, int64_t most)
{
	/* Without times the order is all there is. */
	if (from == LOG_NO_TIME || to == LOG_NO_TIME)
		return true;
	return to >= from && to - from <= most;
}

static bool sequence_second(const struct order *o, const struct signature_row *row,
                            const struct moment *now)
{
	size_t n = o->n < RING ? o->n : RING;

	for (size_t i = 0; i < n; i++)
		if (strcmp(o->ring[i].key, now->key) == 0 &&
		    in_time(o->ring[i].at_us, now->at_us, row->to_us))
			return true;
	return false;
}

static bool even(int64_t period, int64_t gap)
{
	int64_t difference = gap > period ? gap - period : period - gap;

	return difference <= period / 100 * PACE_PERCENT + 1000000;
}

static bool repeat_again(struct order *o, const struct signature_row *row, int64_t at_us)
{
	int64_t gap;

	if (at_us == LOG_NO_TIME)
		return false;
	gap = at_us - o->last_us;
	if (o->count && gap >= 0 && gap < row->from_us)
		return false;			/* the same burst */
	if (!o->count || gap < 0 || gap > row->to_us) {
		o->count = 1;
		o->period_us = 0;
	} else if (o->count > 1 && !even(o->period_us, gap)) {
		o->count = 2;
		o->period_us = gap;
	} else {
		o->count++;
		o->period_us = gap;
	}
	o->last_us = at_us;
	return o->count >= row->times;
}

static bool order_step(struct signature_matcher *m, struct order *o, size_t k,
                       const struct log_record *rec)
{
	const struct signature *sig = &m->s->at[signature_of(o->row_id)];
	const struct signature_row *row = row_of(m->s, o->row_id);
	struct moment now = { .at_us = rec->at_us };
	bool found = false;

	key_of(m, &sig->rows[k], row->same, rec, now.key);
	if (row->kind == ROW_SEQUENCE) {
		if (k == row->second)
			found = sequence_second(o, row, &now);
		if (k == row->first)
			o->ring[o->n++ % RING] = now;
		return found;
	}
	if (row->second == 0xff)
		return k == row->first && repeat_again(o, row, now.at_us);
	if (k == row->second && o->pending && strcmp(o->pair.key, now.key) == 0) {
		o->pending = false;
		return repeat_again(o, row, o->pair.at_us);
	}
	if (k == row->first) {
		o->pair = now;
		o->pending = true;
	}
	return false;
}

static void orders_step(struct signature_matcher *m, uint16_t row_id, const struct log_record *rec,
                        signature_hit_fn *hit, void *ctx)
{
	size_t k = signature_row_of(row_id);

	for (size_t i = 0; i < m->orders_n; i++) {
		struct order *o = &m->orders[i];
		const struct signature_row *row = row_of(m->s, o->row_id);

		if (signature_of(o->row_id) == signature_of(row_id) &&
		    (row->first == k || row->second == k) && order_step(m, o, k, rec))
			hit(ctx, o->row_id);
	}
}

int64_t signature_matcher_period(const struct signature_matcher *m, uint16_t row_id)
{
	for (size_t i = 0; i < m->orders_n; i++)
		if (m->orders[i].row_id == row_id)
			return m->orders[i].period_us;
	return 0;
}

/* ---- a matcher ---- */

static void try_row(struct signature_matcher *m, uint16_t id, const struct log_record *rec,
                    signature_hit_fn *hit, void *ctx)
{
	if (!row_fits(row_of(m->s, id), rec, m->data, m->context))
		return;
	hit(ctx, id);
	if (m->orders_n)
		orders_step(m, id, rec, hit, ctx);
}

static bool wants_event(void *ctx, uint32_t event)
{
	const struct signature_matcher *m = ctx;

	return event < EVENT_IDS && m->known[event / 64] >> event % 64 & 1;
}

/* The first row of an event or beyond it. */
static size_t first_of(const struct signature_matcher *m, uint32_t event)
{
	size_t low = 0, high = m->rows_n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (row_of(m->s, m->rows[mid])->event < event)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void try_event(struct signature_matcher *m, const struct log_record *rec,
                      signature_hit_fn *hit, void *ctx)
{
	for (size_t i = first_of(m, rec->event); i < m->rows_n; i++) {
		if (row_of(m->s, m->rows[i])->event != rec->event)
			return;
		try_row(m, m->rows[i], rec, hit, ctx);
	}
}

static bool note_word(void *ctx, uint16_t id)
{
	struct signature_matcher *m = ctx;

	size_t at = m->found_n;

	if (m->seen[id])
		return true;
	m->seen[id] = true;
	/* In the order of the catalogue, wherever their words stand. */
	for (; at && m->found[at - 1] > id; at--)
		m->found[at] = m->found[at - 1];
	m->found[at] = id;
	m->found_n++;
	return true;
}

void signature_matcher_record(struct signature_matcher *m, const struct log_record *rec,
                              signature_hit_fn *hit, void *ctx)
{
	if (rec->event) {
		if (wants_event(m, rec->event))
			try_event(m, rec, hit, ctx);
		return;
	}
	m->found_n = 0;
	scan_text(&m->scan, rec->text, strlen(rec->text), note_word, m);
	for (size_t i = 0; i < m->found_n; i++) {
		m->seen[m->found[i]] = false;
		try_row(m, m->found[i], rec, hit, ctx);
	}
	for (size_t i = 0; i < m->free_n; i++)
		try_row(m, m->free_rows[i], rec, hit, ctx);
}

static bool stop(void *ctx, uint16_t id)
{
	(void)ctx;
	(void)id;
	return false;
}

static bool wants_line(void *ctx, const char *p, size_t n)
{
	const struct signature_matcher *m = ctx;

	return m->free_n || !scan_text(&m->scan, p, n, stop, NULL);
}

struct log_filter signature_matcher_filter(struct signature_matcher *m)
{
	return (struct log_filter){ .event = wants_event, .line = wants_line, .ctx = m };
}

/* Where this fails the slower way is taken. */
static void compile(const struct signature_row *row)
{
	if (row->pattern)
		pcre2_jit_compile(row->pattern, PCRE2_JIT_COMPLETE);
	if (row->strings)
		pcre2_jit_compile(row->strings, PCRE2_JIT_COMPLETE);
}

static bool add_words(struct signature_matcher *m, const struct signature_row *row, uint16_t id)
{
	struct scan_span words[ALTERNATIVES_MAX];
	size_t n = row->pattern ? scan_words_of(row->text, words, ALTERNATIVES_MAX) : 0;

	if (!row->pattern)
		return true;		/* an event row, which wants its id */
	if (!n)
		m->free_rows[m->free_n++] = id;
	for (size_t i = 0; i < n; i++)
		if (!scan_add(&m->scan, words[i].p, words[i].n, id))
			return false;
	return true;
}

static bool add_row(struct signature_matcher *m, const struct signature_row *row, uint16_t id)
{
	if (row->kind == ROW_SEQUENCE || row->kind == ROW_REPEAT) {
		m->orders[m->orders_n++] = (struct order){ .row_id = id };
		return true;
	}
	compile(row);
	return add_words(m, row, id);
}

/* Rows of one event stay in the order of the catalogue. */
static void index_events(struct signature_matcher *m)
{
	for (size_t i = 0; i < m->s->n; i++)
		for (size_t k = 0; k < m->s->at[i].rows_n; k++) {
			uint16_t id = signature_row_id(i, k);
			uint32_t event = row_of(m->s, id)->event;
			size_t at = m->rows_n;

			if (row_of(m->s, id)->kind != ROW_EVENT)
				continue;
			m->known[event / 64] |= UINT64_C(1) << event % 64;
			for (; at && row_of(m->s, m->rows[at - 1])->event > event; at--)
				m->rows[at] = m->rows[at - 1];
			m->rows[at] = id;
			m->rows_n++;
		}
}

struct signature_matcher *signature_matcher_new(const struct signatures *s)
{
	struct signature_matcher *m = calloc(1, sizeof *m);
	size_t rows = s->n * SIGNATURE_ROWS_MAX + 1;
	bool ok;

	if (!m)
		return NULL;
	m->s = s;
	m->data = pcre2_match_data_create(16, NULL);
	m->context = pcre2_match_context_create(NULL);
	m->stack = pcre2_jit_stack_create(JIT_STACK_MIN, JIT_STACK_MAX, NULL);
	m->rows = calloc(rows, sizeof *m->rows);
	m->free_rows = calloc(rows, sizeof *m->free_rows);
	m->orders = calloc(rows, sizeof *m->orders);
	m->found = calloc(rows, sizeof *m->found);
	m->seen = calloc(rows, sizeof *m->seen);
	ok = m->data && m->context && m->rows && m->free_rows && m->orders && m->found && m->seen;
	for (size_t i = 0; ok && i < s->n; i++)
		for (size_t k = 0; ok && k < s->at[i].rows_n; k++)
			ok = add_row(m, &s->at[i].rows[k], signature_row_id(i, k));
	if (!ok || !scan_ready(&m->scan)) {
		signature_matcher_free(m);
		return NULL;
	}
	pcre2_set_match_limit(m->context, STEPS_MAX);
	if (m->stack)
		pcre2_jit_stack_assign(m->context, NULL, m->stack);
	index_events(m);
	return m;
}

void signature_matcher_reset(struct signature_matcher *m)
{
	for (size_t i = 0; i < m->orders_n; i++)
		m->orders[i] = (struct order){ .row_id = m->orders[i].row_id };
}

void signature_matcher_free(struct signature_matcher *m)
{
	if (!m)
		return;
	pcre2_match_data_free(m->data);
	pcre2_match_context_free(m->context);
	pcre2_jit_stack_free(m->stack);
	scan_free(&m->scan);
	free(m->rows);
	free(m->free_rows);
	free(m->orders);
	free(m->found);
	free(m->seen);
	free(m);
}
