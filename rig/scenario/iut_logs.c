/*
 * The logs of the MTA under test, record by record to the judge, and copied.
 */
#include "scenario/runner_inner.h"

#include "scenario/folder.h"
#include "scenario/hand.h"
#include "scenario/log_source.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	/* What a log may give in a case. */
	LOG_OCTETS_MAX = 64 << 20,
	/* A record that nothing was added to for so long is complete. */
	QUIET_LOOKS = 10,
};
#define LOOK_US (SECOND_US / 10)

/* One log of the MTA in a case. */
struct iut_log {
	struct run *r;
	struct log_source source;
	const char *suffix;		/* of the copy in the run folder */
	bool failed;
	unsigned quiet;			/* looks that brought nothing */
	struct log_reader *reader;
	struct signature_matcher *matcher;
	FILE *kept;			/* lines as the events number them; NULL: no room */
	uint64_t lines;			/* of an event log, in kept */
	struct event event;
	bool hit;
};

struct iut_logs {
	struct iut_log events, calls;
	int64_t looked_us;
};

/* ---- records ---- */

static void log_hit(void *ctx, uint16_t row_id)
{
	struct iut_log *l = ctx;

	l->hit = true;
	l->event.rule = row_id;
	run_feed(l->r, &l->event);
}

static void log_record(void *ctx, const struct log_record *rec)
{
	struct iut_log *l = ctx;
	struct run *r = l->r;

	l->hit = false;
	r->log_text = rec->text;
	l->event = (struct event){
		.at_us = net_now(r->net), .offset = l->lines ? l->lines : rec->line,
		.length = rec->code, .value = rec->event, .cell = CELL_NONE, .kind = EVENT_LOG,
		.association = rec->at_us > 0 ? (uint32_t)(rec->at_us / SECOND_US) : 0,
		.code = rec->layout == LOG_TEXT_CALLS ? LOG_CALLS : LOG_EVENT };
	if (l->matcher)
		signature_matcher_record(l->matcher, rec, log_hit, l);
	if (!l->hit)
		run_feed(r, &l->event);
	r->log_text = NULL;
}

/* Nothing is made for a log that says nothing. */
static bool ready(struct iut_log *l)
{
	const struct run_config *c = l->r->config;
	char path[FOLDER_PATH], name[FOLDER_PATH];

	if (l->reader)
		return true;
	l->reader = log_reader_open(&l->source.options, NULL, log_record, l);
	l->matcher = c->signatures ? signature_matcher_new(c->signatures) : NULL;
	snprintf(name, sizeof name, "logs/%s", run_name(c, l->r->sc));
	if (folder_join(path, c->folder, name, l->suffix))
		l->kept = folder_create_file(path);
	l->failed |= !l->reader || (c->signatures && !l->matcher);
	return !l->failed;
}

/* Event logs hold no lines: the copy has one for each record. */
static void windows_record(void *ctx, const struct log_record *rec)
{
	struct iut_log *l = ctx;
	time_t s = (time_t)rec->wall_s;
	char when[32] = "";
	struct tm tm;

	if (!ready(l))
		return;
	if (gmtime_r(&s, &tm))
		strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &tm);
	l->lines++;
	if (l->kept)
		fprintf(l->kept, "%s record %llu %s %u: %s\n", when,
		        (unsigned long long)rec->line, rec->source, rec->event, rec->text);
	log_record(l, rec);
}

static bool octets(void *ctx, const char *p, size_t n)
{
	struct iut_log *l = ctx;

	if (l->source.octets >= LOG_OCTETS_MAX || !ready(l))
		return false;
	log_reader_feed(l->reader, p, n);
	if (l->kept)
		fwrite(p, 1, n, l->kept);
	return true;
}

static void begun(void *ctx)
{
	struct iut_log *l = ctx;

	if (l->reader)
		log_reader_flush(l->reader);
}

static void look(struct iut_log *l)
{
	uint64_t before = l->source.octets;

	log_source_look(&l->source);
	l->quiet = l->source.octets == before ? l->quiet + 1 : 0;
	if (l->quiet == QUIET_LOOKS && l->reader)
		log_reader_flush(l->reader);
}

/* ---- when the case begins ---- */

/* A log may be old and large: only what it gains from now on is looked at.  That of
 * the lab MTA, which begins with the case, is its whole. */
static void begin(struct run *r, struct iut_log *l, const struct target_log *what,
                  const char *suffix)
{
	static const struct log_source_user user = { octets, begun, windows_record };

	*l = (struct iut_log){ .r = r, .suffix = suffix };
	log_source_begin(&l->source, r->t, what, r->t->lab ? r->iut.log_folder : NULL, true, &user,
	                 l, r->config->hand);
}

bool iut_logs_begin(struct run *r)
{
	if (r->config->logs_shared)
		return true;
	r->iut.logs = calloc(1, sizeof *r->iut.logs);
	if (!r->iut.logs)
		return run_trouble(r, "out of memory");
	begin(r, &r->iut.logs->events, &r->t->events, ".events.log");
	begin(r, &r->iut.logs->calls, &r->t->calls, ".calls.log");
	return true;
}

/* ---- while it runs ---- */

void iut_logs_look(struct run *r)
{
	struct iut_logs *logs = r->iut.logs;
	int64_t now = net_now(r->net);

	/* In virtual time the MTA and its log stand still while we look. */
	if (!logs || net_is_virtual(r->net) || now < logs->looked_us + LOOK_US)
		return;
	logs->looked_us = now;
	look(&logs->events);
	look(&logs->calls);
}

/* ---- when it ends ---- */

/* The lab MTA makes a log when it has something to say; of any other MTA a log that
 * is not there was not read. */
static bool end_of(struct iut_log *l)
{
	const struct log_source *s = &l->source;
	bool ok = true;

	if (s->following) {
		look(l);
		ok = s->follow.fd >= 0 || s->octets || l->r->t->lab;
	} else {
		ok = log_source_whole(&l->source);
	}
	if (l->reader)
		log_reader_flush(l->reader);
	return ok && !l->failed && !s->failed;
}

void iut_read_queue(struct run *r)
{
	char text[32] = "", *end;
	FILE *out;
	long n;

	if (r->iut.in_process)
		run_scenario_event(r, SCENARIO_QUEUE_EMPTY,
		                   (uint32_t)mta_queue_length(r->iut.in_process));
	if (!target_command(r->t, PROGRAM_QUEUE))
		return;
	out = folder_scratch();
	if (out && hand_run(r->config->hand, PROGRAM_QUEUE, fileno(out)) == 0) {
		rewind(out);
		n = fgets(text, sizeof text, out) ? strtol(text, &end, 10) : -1;
		if (n >= 0 && end != text)
			run_scenario_event(r, SCENARIO_QUEUE_EMPTY, (uint32_t)n);
	}
	if (out)
		fclose(out);
}

void iut_read_logs(struct run *r)
{
	struct iut_logs *logs = r->iut.logs;
	bool events, calls, failed;

	if (r->logs_read || !logs || (r->t->events.kind == LOG_SOURCE_NONE &&
	                              r->t->calls.kind == LOG_SOURCE_NONE))
		return;
	events = end_of(&logs->events);
	calls = end_of(&logs->calls);
	r->logs_read = events && calls;
	if (r->logs_read)
		run_scenario_event(r, SCENARIO_LOGS_READ, 0);
	failed = (!events && r->t->events.kind == LOG_SOURCE_COMMAND) ||
	         (!calls && r->t->calls.kind == LOG_SOURCE_COMMAND);
	if (failed)
		run_scenario_event(r, SCENARIO_LOGS_FAILED, 0);
}

static void drop(struct iut_log *l)
{
	log_source_end(&l->source);
	log_reader_free(l->reader);
	signature_matcher_free(l->matcher);
	if (l->kept)
		fclose(l->kept);
}

void iut_logs_end(struct run *r)
{
	if (!r->iut.logs)
		return;
	drop(&r->iut.logs->events);
	drop(&r->iut.logs->calls);
	free(r->iut.logs);
	r->iut.logs = NULL;
}
