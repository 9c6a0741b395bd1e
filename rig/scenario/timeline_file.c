/*
 * The timeline of a case, in its run folder.
 */
#include "scenario/runner_inner.h"

#include "judge/signature_clock.h"
#include "judge/timeline.h"
#include "scenario/folder.h"

#include <string.h>

static void what(void *ctx, const struct event *e, char *buf, size_t cap)
{
	const struct run *r = ctx;

	runner_event_what(e, r->sc, buf, cap);
}

static void end(void *ctx, const struct event *e, char *buf, size_t cap)
{
	const struct run *r = ctx;

	runner_event_end(e, r->t, buf, cap);
}

static bool place(const struct run *r, const char *folder, const char *suffix,
                  char path[static FOLDER_PATH])
{
	char bare[FOLDER_PATH];

	return folder_join(bare, r->config->folder, folder, run_name(r->config, r->sc)) &&
	       snprintf(path, FOLDER_PATH, "%s%s", bare, suffix) < FOLDER_PATH;
}

static FILE *form(const struct run *r, const char *suffix)
{
	char path[FOLDER_PATH];

	return place(r, "timeline/", suffix, path) ? folder_create_file(path) : NULL;
}

static void put(void *ctx, const struct event *e)
{
	timeline_put(ctx, e);
}

/* The events are read again from where they were stored.  If they could not be, the case
 * says so itself. */
static void print(struct run *r)
{
	const struct timeline_names names = { what, end, r };
	struct timeline_print p = { .t = r->timeline, .names = &names, .mask = r->config->mask,
	                            .begin_us = r->begin_us,
	                            .text = form(r, ".txt"), .json = form(r, ".jsonl") };
	char path[FOLDER_PATH], why[256];

	timeline_begin(&p);
	if (r->journal.buffer && journal_flush(&r->journal) &&
	    place(r, "events/", ".jsonl", path))
		journal_read(path, put, &p, why, sizeof why);
	timeline_end(&p);
	if (p.text)
		fclose(p.text);
	if (p.json)
		fclose(p.json);
}

void run_timeline(struct run *r)
{
	int64_t wall_zero = net_wall(r->net, 0), clock = 0;
	uint32_t events[CLOCK_EVENTS_MAX];
	const struct evidence *evidence;
	size_t n;

	if (!r->timeline || judge_verdict(r->judge, &evidence, &n) <= VERDICT_PASS)
		return;
	/* The lab MTA has our clock, and another one's may be known. */
	if (!r->t->lab && !r->t->log_clock_given &&
	    !timeline_clock(r->timeline, wall_zero, events,
	                    signature_clock_events(r->config->signatures, events), &clock))
		clock = 0;
	timeline_order(r->timeline, wall_zero, clock);
	print(r);
}
