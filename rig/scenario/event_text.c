/*
 * Events as lines for people.
 */
#include "scenario/journal.h"
#include "scenario/runner.h"

#include "base/text.h"
#include "link/link.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct line {
	char *p;
	size_t n, cap;
};

static void put(struct line *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void put(struct line *l, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(l->p + l->n, l->cap - l->n, fmt, ap);
	va_end(ap);
	if (n > 0)
		l->n += (size_t)n < l->cap - l->n ? (size_t)n : l->cap - l->n - 1;
}

static void put_end(struct line *l, const struct event *e, const struct target *t)
{
	bool has_end = (e->kind != EVENT_SCENARIO || e->association) && e->kind != EVENT_LOG;
	unsigned side = side_of(e->association);
	char end[24] = "";

	if (has_end && side < t->sides_n)
		snprintf(end, sizeof end, "%.12s.%u", t->sides[side].name,
		         e->association % SIDE_STRIDE);
	put(l, "%-8s ", end);
}

static void put_scenario(struct line *l, const struct event *e, const struct scenario *sc)
{
	const char *name = journal_name(e);

	if (e->code == SCENARIO_STEP && e->value < sc->steps_n)
		put(l, "%s", scenario_string(sc, sc->steps[e->value].text));
	else if (e->code == SCENARIO_CUT)
		put(l, "cut %s", cut_how_name((enum cut_how)e->value));
	else if (e->code == SCENARIO_EXPECT && e->value < sc->expectations_n)
		put(l, "%s", sc->expectations[e->value].text);
	else
		put(l, "%s", name ? name : "?");
}

static void put_link(struct line *l, const struct event *e)
{
	char buf[120];
	struct text t;

	text_init(&t, buf, sizeof buf);
	link_event_text(&t, e);
	put(l, "link %s %s", e->type == LINK_IN ? "in" : "out", buf);
}

static void put_what(struct line *l, const struct event *e, const struct scenario *sc)
{
	const char *name = journal_name(e);

	if (!name)
		name = event_kind_name(e->kind);
	if (e->kind == EVENT_SCENARIO)
		put_scenario(l, e, sc);
	else if (e->kind == EVENT_PDU_IN || e->kind == EVENT_PDU_OUT)
		put(l, "%s %s", layer_name((enum layer)e->layer), name);
	else if (e->kind == EVENT_LEDGER)
		put(l, "message %u %s", e->value, name);
	else if (e->kind == EVENT_LINK)
		put_link(l, e);
	else if (e->kind == EVENT_TCP)
		put(l, "TCP %s", name);
	else if (e->kind == EVENT_LOG)
		put(l, "log line %llu: event %u code %llu", (unsigned long long)e->offset, e->value,
		    (unsigned long long)e->length);
	else if (e->kind == EVENT_PRIMITIVE)
		put(l, "%s %s%s", name, service_type_name((enum service_type)e->type),
		    e->flags & EVENT_F_POSITIVE ? " +" : "");
	else
		put(l, "%s", name);
	if (e->value && (e->kind == EVENT_PDU_IN || e->kind == EVENT_PDU_OUT ||
	                 e->kind == EVENT_PRIMITIVE || e->kind == EVENT_TCP))
		put(l, " %u", e->value);
}

void runner_event_what(const struct event *e, const struct scenario *sc, char *buf, size_t cap)
{
	struct line l = { buf, 0, cap };

	buf[0] = '\0';
	put_what(&l, e, sc);
}

void runner_event_end(const struct event *e, const struct target *t, char *buf, size_t cap)
{
	struct line l = { buf, 0, cap };

	buf[0] = '\0';
	put_end(&l, e, t);
	while (l.n && buf[l.n - 1] == ' ')
		buf[--l.n] = '\0';
}

void runner_event_text(const struct event *e, const struct scenario *sc, const struct target *t,
                       int64_t begin_us, char *buf, size_t cap)
{
	struct line l = { buf, 0, cap };

	buf[0] = '\0';
	put(&l, "%11.6f  ", (double)(e->at_us - begin_us) / (double)SECOND_US);
	put_end(&l, e, t);
	put(&l, "%-2s ", event_mark(e->kind));
	put_what(&l, e, sc);
}
