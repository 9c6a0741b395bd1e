/*
 * The timeline of `check`: PDUs, TCP events, what became of messages, remarks and log
 * records in one order.
 */
#include "cli/check_report.h"

#include "array/array.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_SHOWN = 100 };

void check_moment(struct check *k, const struct check_moment *m, const char *text)
{
	struct check_moments *all = k->moments;
	struct check_moment *at;

	if (!all)
		return;
	at = all->n < CHECK_MOMENTS ? array_room(all->at, all->n + 1, &all->room, sizeof *at) :
	     NULL;
	if (!at) {
		all->beyond++;
		return;
	}
	all->at = at;
	at = &all->at[all->n];
	*at = *m;
	at->text = strdup(text);
	if (at->text)
		all->n++;
	else
		all->beyond++;
}

void check_moments_free(struct check_moments *all)
{
	for (size_t i = 0; i < all->n; i++)
		free(all->at[i].text);
	free(all->at);
	*all = (struct check_moments){ 0 };
}

/* ---- one order ---- */

/* One of the three; what has no time comes first. */
struct line {
	int64_t time_ns;
	size_t ordinal;
	const struct check_moment *moment;
	const struct check_remark *remark;
	const struct check_log *log;
};

static int by_time(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	return x->ordinal < y->ordinal ? -1 : x->ordinal > y->ordinal;
}

static void sort(struct line *lines, size_t n)
{
	for (size_t i = 0; i < n; i++)
		lines[i].ordinal = i;
	if (n > 0)
		qsort(lines, n, sizeof *lines, by_time);
}

static size_t gather(const struct check_result *r, struct line *out)
{
	const struct check *k = r->check;
	size_t n = 0;

	for (size_t i = 0; i < r->logs; i++)
		out[n++] = (struct line){ .time_ns = r->log[i].at_ns, .log = &r->log[i] };
	for (size_t i = 0; k->moments && i < k->moments->n; i++)
		out[n++] = (struct line){ .time_ns = k->moments->at[i].time_ns,
		                          .moment = &k->moments->at[i] };
	for (size_t i = 0; !r->json && i < k->remarks; i++)
		if (k->remark[i].weight >= CHECK_SUPPORT)
			out[n++] = (struct line){ .time_ns = k->remark[i].time_ns,
			                          .remark = &k->remark[i] };
	return n;
}

/* ---- as JSON ---- */

static const char *kind_name(enum check_kind kind)
{
	static const char *const names[] = {
		[MOMENT_TCP] = "tcp", [MOMENT_PDU] = "pdu", [MOMENT_MESSAGE] = "ledger",
	};

	return names[kind];
}

static void put(json_t *o)
{
	if (o)
		json_dumpf(o, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(o);
}

static void moment_json(const struct check_moment *m)
{
	put(json_pack("{ss ss sI ss sI sf ss}", "type", "moment", "kind",
	              kind_name((enum check_kind)m->kind), "connection",
	              (json_int_t)m->connection, "direction", check_arrow(m->direction), "frame",
	              (json_int_t)m->frame, "time", (double)m->time_ns / 1e9, "text", m->text));
}

static void log_json(const struct check_log *l)
{
	put(json_pack("{ss ss sI sf sI sI ss ss*}", "type", "log", "file", l->file, "line",
	              (json_int_t)l->line, "time", (double)l->at_ns / 1e9, "event",
	              (json_int_t)l->event, "code", (json_int_t)l->code, "articles", l->articles,
	              "text", l->text));
}

/* ---- as text ---- */

static void print_time(const struct check_result *r, int64_t time_ns)
{
	if (time_ns)
		printf("%12.6f", (double)(time_ns - r->zero_ns) / 1e9);
	else
		printf("%12s", "");
}

static void print_moment(const struct check_result *r, const struct check_moment *m)
{
	print_time(r, m->time_ns);
	printf(" %8" PRIu32 " %s  %-10s  #%" PRIu32 " %.*s\n", m->frame, check_arrow(m->direction),
	       kind_name((enum check_kind)m->kind), m->connection, TEXT_SHOWN, m->text);
}

static void print_log(const struct check_result *r, const struct check_log *l)
{
	print_time(r, l->at_ns);
	printf(" %8s     log         %s:%" PRIu64 " event %" PRIu32 " code %" PRIu32 " (%s): "
	       "%.*s\n", "", l->file, l->line, l->event, l->code, l->articles, TEXT_SHOWN, l->text);
}

static void print_line(const struct check_result *r, const struct line *line)
{
	if (line->log && r->json)
		log_json(line->log);
	else if (line->log)
		print_log(r, line->log);
	else if (line->moment && r->json)
		moment_json(line->moment);
	else if (line->moment)
		print_moment(r, line->moment);
	else
		check_print_remark(r, line->remark);
}

void check_timeline(const struct check_result *r)
{
	const struct check *k = r->check;
	uint64_t beyond = k->moments ? k->moments->beyond : 0;
	struct line *lines;
	size_t n;

	if (r->logs == 0)
		return;
	lines = calloc(r->logs + k->remarks + (k->moments ? k->moments->n : 0), sizeof *lines);
	if (!lines)
		return;
	n = gather(r, lines);
	sort(lines, n);
	if (!r->json)
		printf("timeline of wire and log:\n");
	for (size_t i = 0; i < n; i++)
		print_line(r, &lines[i]);
	if (beyond && !r->json)
		printf("%12s %" PRIu64 " PDUs and TCP events more found no room\n", "", beyond);
	free(lines);
}
