#include "judge/timeline.h"

#include "array/array.h"
#include "judge/json_text.h"
#include "logs/logs_clock.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { WHAT_MAX = 160, END_MAX = 32, SECOND = 1000000 };

struct entry {
	struct event event;
	int64_t at_us;
	uint64_t ordinal;
	char *text;			/* owned */
};

struct timeline {
	struct entry *at;		/* of the events that are kept */
	size_t n, cap, lost;
	uint64_t events;		/* that were added */
	size_t ends_n;
	int64_t ends_us[LOG_CLOCK_MAX];	/* of TCP connections */
};

struct timeline *timeline_new(void)
{
	struct timeline *t = malloc(sizeof *t);

	if (t)
		memset(t, 0, offsetof(struct timeline, ends_us));
	return t;
}

void timeline_free(struct timeline *t)
{
	for (size_t i = 0; t && i < t->n; i++)
		free(t->at[i].text);
	if (t)
		free(t->at);
	free(t);
}

static bool is_end(const struct event *e)
{
	return e->kind == EVENT_TCP && (e->code == TCP_FIN_IN || e->code == TCP_RST_IN ||
	                                e->code == TCP_FIN_OUT || e->code == TCP_RST_OUT ||
	                                e->code == TCP_FAILED);
}

static bool keep(struct timeline *t, const struct event *e, uint64_t ordinal, const char *text)
{
	struct entry *x = t->n < TIMELINE_MAX ? array_room(t->at, t->n + 1, &t->cap, sizeof *x)
	                                      : NULL;

	if (!x) {
		t->lost++;
		return false;
	}
	t->at = x;
	x = &t->at[t->n++];
	*x = (struct entry){ .event = *e, .at_us = e->at_us, .ordinal = ordinal,
	                     .text = text ? strdup(text) : NULL };
	x->event.data = NULL;
	x->event.detail = NULL;
	return x->text || !text;
}

bool timeline_add(struct timeline *t, const struct event *e, const char *text)
{
	uint64_t ordinal = t->events++;

	if (is_end(e) && t->ends_n < LOG_CLOCK_MAX)
		t->ends_us[t->ends_n++] = e->at_us;
	return (e->kind != EVENT_LOG && !text) || keep(t, e, ordinal, text);
}

/* ---- order ---- */

static int in_order(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->at_us != y->at_us)
		return x->at_us < y->at_us ? -1 : 1;
	return x->ordinal < y->ordinal ? -1 : x->ordinal > y->ordinal;
}

static bool has_own_time(const struct event *e)
{
	return e->kind == EVENT_LOG && e->association != 0;
}

static int64_t own_time(const struct event *e, int64_t wall_zero_us)
{
	return (int64_t)e->association * SECOND - wall_zero_us;
}

/* It tells its second only; if it was read within it, it was written shortly before. */
static int64_t written_at(const struct event *e, int64_t second_us)
{
	return e->at_us >= second_us && e->at_us < second_us + SECOND ? e->at_us : second_us;
}

void timeline_order(struct timeline *t, int64_t wall_zero_us, int64_t clock_us)
{
	for (size_t i = 0; i < t->n; i++) {
		struct entry *x = &t->at[i];

		x->at_us = x->event.at_us;
		if (has_own_time(&x->event))
			x->at_us = written_at(&x->event, own_time(&x->event, wall_zero_us) +
			                                 clock_us);
	}
	if (t->n)
		qsort(t->at, t->n, sizeof *t->at, in_order);
}

static bool is_one_of(const struct event *e, const uint32_t *events, size_t n)
{
	for (size_t i = 0; has_own_time(e) && i < n; i++)
		if (e->value == events[i])
			return true;
	return false;
}

static int ascending(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

bool timeline_clock(const struct timeline *t, int64_t wall_zero_us, const uint32_t *events,
                    size_t events_n, int64_t *clock_us)
{
	int64_t log[LOG_CLOCK_MAX] = { 0 }, wire[LOG_CLOCK_MAX];
	size_t logs = 0;
	uint64_t last_line = 0;
	struct log_clock clock;

	for (size_t i = 0; i < t->n; i++) {
		const struct event *e = &t->at[i].event;

		/* A record that matches several rows makes several events. */
		if (is_one_of(e, events, events_n) && logs < LOG_CLOCK_MAX &&
		    e->offset != last_line) {
			log[logs++] = own_time(e, wall_zero_us);
			last_line = e->offset;
		}
	}
	qsort(log, logs, sizeof *log, ascending);
	memcpy(wire, t->ends_us, t->ends_n * sizeof *wire);
	qsort(wire, t->ends_n, sizeof *wire, ascending);
	if (!log_clock_estimate(log, logs, wire, t->ends_n, &clock))
		return false;
	*clock_us = clock.offset_us;
	return true;
}

/* ---- printing ---- */

static bool is_shown(const struct event *e)
{
	return e->kind != EVENT_STEP && e->kind != EVENT_WANT;
}

/* A record that matched several rows stands in several events: one line. */
static bool is_again(const struct event *a, const struct event *before)
{
	return before && a->kind == EVENT_LOG && before->kind == EVENT_LOG &&
	       a->offset == before->offset && a->code == before->code &&
	       a->value == before->value;
}

/* A line as it is shown. */
struct shown {
	const struct event *event;
	const char *text;		/* NULL: none */
	double at;
	char what[WHAT_MAX], end[END_MAX];
};

static void put_text(FILE *out, const struct shown *s)
{
	fprintf(out, "%12.6f  %-8s %-3s  %s%s%s\n", s->at, s->end,
	        event_mark(s->event->kind), s->what, s->text ? "  " : "", s->text ? s->text : "");
}

static void put_json(FILE *out, const struct shown *s)
{
	fprintf(out, "{\"at\":%.6f,\"kind\":\"%s\",\"end\":", s->at,
	        event_kind_name(s->event->kind));
	json_text(out, s->end);
	fputs(",\"what\":", out);
	json_text(out, s->what);
	if (s->text) {
		fputs(",\"text\":", out);
		json_text(out, s->text);
	}
	fputs("}\n", out);
}

static void show(struct timeline_print *p, const struct event *e, int64_t at_us,
                 const char *text)
{
	char pseudonym[TEXT_PSEUDONYM];
	struct shown s = { .event = e, .text = text,
	                   .at = (double)(at_us - p->begin_us) / SECOND };

	if (!is_shown(e))
		return;
	if (text && p->mask) {
		p->mask->word(p->mask->ctx, octets_of(text), pseudonym);
		s.text = pseudonym;
	}
	p->names->what(p->names->ctx, e, s.what, sizeof s.what);
	p->names->end(p->names->ctx, e, s.end, sizeof s.end);
	if (p->text)
		put_text(p->text, &s);
	if (p->json)
		put_json(p->json, &s);
}

/* Those kept that come before an event, or are that event: returns whether it was. */
static bool show_kept(struct timeline_print *p, int64_t at_us, uint64_t ordinal)
{
	bool itself = false;

	for (; p->at < p->t->n; p->at++) {
		const struct entry *x = &p->t->at[p->at];

		if (x->at_us > at_us || (x->at_us == at_us && x->ordinal > ordinal))
			break;
		if (!is_again(&x->event, p->before))
			show(p, &x->event, x->at_us, x->text);
		p->before = &x->event;
		itself |= x->ordinal == ordinal;
	}
	return itself;
}

void timeline_begin(struct timeline_print *p)
{
	p->ordinal = 0;
	p->at = 0;
	p->before = NULL;
}

void timeline_put(struct timeline_print *p, const struct event *e)
{
	bool shown = show_kept(p, e->at_us, p->ordinal++);

	/* A record stands where it was written. */
	if (shown || e->kind == EVENT_LOG)
		return;
	show(p, e, e->at_us, NULL);
	p->before = NULL;
}

void timeline_end(struct timeline_print *p)
{
	show_kept(p, INT64_MAX, UINT64_MAX);
	if (p->text && p->t->lost)
		fprintf(p->text, "%zu records more found no room\n", p->t->lost);
}
