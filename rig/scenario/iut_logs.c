#include "scenario/runner_inner.h"

#include "logs/logs.h"
#include "scenario/command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	/* What a log may give. */
	LOG_OCTETS_MAX = 64 << 20,
};

/* Its log may be old and large: only what it gains from now on is looked at. */
static off_t size_of(const struct target_log *log)
{
	struct stat st;

	return log->kind == LOG_SOURCE_FILE && stat(log->file, &st) == 0 ? st.st_size : 0;
}

void iut_logs_begin(struct run *r)
{
	r->iut.events_at = size_of(&r->t->events);
	r->iut.calls_at = size_of(&r->t->calls);
}

struct log_feed {
	struct run *r;
	struct signature_matcher *matcher;	/* made for the first record; NULL: none yet, or
						 * no signatures */
	struct event event;
	bool hit, unmatched;	/* unmatched: there was no memory for the matcher */
};

static void log_hit(void *ctx, uint16_t row_id)
{
	struct log_feed *feed = ctx;

	feed->hit = true;
	feed->event.rule = row_id;
	run_feed(feed->r, &feed->event);
}

static void log_record(void *ctx, const struct log_record *rec)
{
	struct log_feed *feed = ctx;

	feed->hit = false;
	feed->r->log_text = rec->text;
	feed->event = (struct event){
		.at_us = net_now(feed->r->net), .offset = rec->line, .length = rec->code,
		.value = rec->event, .cell = CELL_NONE, .kind = EVENT_LOG,
		.association = rec->at_us > 0 ? (uint32_t)(rec->at_us / SECOND_US) : 0,
		.code = rec->layout == LOG_TEXT_CALLS ? LOG_CALLS : LOG_EVENT };
	if (!feed->matcher && feed->r->config->signatures)
		feed->matcher = signature_matcher_new(feed->r->config->signatures);
	if (feed->matcher)
		signature_matcher_record(feed->matcher, rec, log_hit, feed);
	feed->unmatched |= !feed->matcher && feed->r->config->signatures;
	if (!feed->hit)
		run_feed(feed->r, &feed->event);
	feed->r->log_text = NULL;
}

/* Keeps a copy, in which the line numbers of the events are right. */
static bool feed_octets(struct run *r, int fd, const char *name)
{
	struct log_feed feed = { .r = r };
	struct log_reader *reader = log_reader_new(log_record, &feed);
	char path[FOLDER_PATH], buf[8192];
	size_t total = 0;
	ssize_t n = 0;
	FILE *kept;

	if (!reader)
		return false;
	kept = folder_join(path, r->config->folder, "logs/", run_name(r->config, r->sc)) &&
	       strlen(path) + strlen(name) < sizeof path
	       ? folder_create_file(strcat(path, name)) : NULL;
	while (total < LOG_OCTETS_MAX && (n = read(fd, buf, sizeof buf)) > 0) {
		log_reader_feed(reader, buf, (size_t)n);
		if (kept)
			fwrite(buf, 1, (size_t)n, kept);
		total += (size_t)n;
	}
	log_reader_flush(reader);
	log_reader_free(reader);
	signature_matcher_free(feed.matcher);
	if (kept)
		fclose(kept);
	return n >= 0 && !feed.unmatched;
}

static bool feed_file(struct run *r, const char *path, off_t from, const char *name)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool ok;

	if (fd < 0)
		return errno == ENOENT && r->t->lab;	/* nothing was logged */
	ok = lseek(fd, from, SEEK_SET) == from && feed_octets(r, fd, name);
	close(fd);
	return ok;
}

static bool feed_command(struct run *r, const struct target_log *log, const char *name)
{
	FILE *out = tmpfile();
	bool ok = out && command_run(&log->command, fileno(out), r->config->stop) == 0 &&
	          lseek(fileno(out), 0, SEEK_SET) == 0 && feed_octets(r, fileno(out), name);

	if (out)
		fclose(out);
	return ok;
}

static bool feed_log(struct run *r, const struct target_log *log, off_t from, const char *name)
{
	char path[FOLDER_PATH];

	if (log->kind == LOG_SOURCE_NONE)
		return true;
	if (log->kind == LOG_SOURCE_COMMAND)
		return feed_command(r, log, name);
	if (!r->t->lab)
		return feed_file(r, log->file, from, name);
	return folder_join(path, r->iut.log_folder, log->file, "") &&
	       feed_file(r, path, from, name);
}

void iut_read_queue(struct run *r)
{
	char text[32] = "", *end;
	FILE *out;
	long n;

	if (r->iut.in_process)
		run_scenario_event(r, SCENARIO_QUEUE_EMPTY,
		                   (uint32_t)mta_queue_length(r->iut.in_process));
	if (!r->t->queue.args_n)
		return;
	out = tmpfile();
	if (out && command_run(&r->t->queue, fileno(out), r->config->stop) == 0) {
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
	bool events, calls;

	if (r->logs_read || (r->t->events.kind == LOG_SOURCE_NONE &&
	                     r->t->calls.kind == LOG_SOURCE_NONE))
		return;
	events = feed_log(r, &r->t->events, r->iut.events_at, ".events.log");
	calls = feed_log(r, &r->t->calls, r->iut.calls_at, ".calls.log");
	r->logs_read = events && calls;
	if (r->logs_read)
		run_scenario_event(r, SCENARIO_LOGS_READ, 0);
}
