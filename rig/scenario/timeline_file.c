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

static void write_form(struct run *r, const char *suffix,
                       bool (*put)(const struct timeline *t, FILE *out, int64_t begin_us,
                                   const struct timeline_names *names))
{
	const struct timeline_names names = { what, end, r };
	char path[FOLDER_PATH];
	FILE *out = folder_join(path, r->config->folder, "timeline/", run_name(r->config, r->sc)) &&
	            strlen(path) + strlen(suffix) < sizeof path
	            ? folder_create_file(strcat(path, suffix)) : NULL;

	if (!out)
		return;
	put(r->timeline, out, r->begin_us, &names);
	fclose(out);
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
	write_form(r, ".txt", timeline_text);
	write_form(r, ".jsonl", timeline_json);
}
