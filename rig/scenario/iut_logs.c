#include "scenario/runner_inner.h"

#include "logs/logs_follow.h"
#include "logs/logs_windows.h"
#include "scenario/command.h"
#include "scenario/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	/* What a log may give in a case. */
	LOG_OCTETS_MAX = 64 << 20,
	/* A record that nothing was added to for so long is complete. */
	QUIET_LOOKS = 10,
};
#define LOOK_US (SECOND_US / 10)

/*
 * One log of the MTA.  A text file is followed while the case runs; an event log and
 * what a command prints are read when it ends, without what they held when it began.
 */
struct iut_log {
	struct run *r;
	const struct target_log *source;
	const char *suffix;		/* of the copy in the run folder */
	char path[FOLDER_PATH];
	struct log_follow follow;
	bool following, failed;
	unsigned quiet;			/* looks that brought nothing */
	uint64_t octets;		/* fed so far */
	uint64_t before;		/* command: octets that it printed when the case began;
					 * event log: its newest record then */
	struct log_reader *reader;
	struct signature_matcher *matcher;
	FILE *kept;			/* lines as the events number them; NULL: no room */
	uint64_t lines;			/* of an event log, in kept */
	char last;			/* octet kept */
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

/* Event logs hold no lines: the copy has one for each record. */
static void windows_record(void *ctx, const struct log_record *rec)
{
	struct iut_log *l = ctx;
	time_t s = (time_t)rec->wall_s;
	char when[32] = "";
	struct tm tm;

	if (rec->line <= l->before)
		return;
	if (gmtime_r(&s, &tm))
		strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &tm);
	l->lines++;
	if (l->kept)
		fprintf(l->kept, "%s record %llu %s %u: %s\n", when,
		        (unsigned long long)rec->line, rec->source, rec->event, rec->text);
	log_record(l, rec);
}

/* ---- octets ---- */

static bool ready(struct iut_log *l)
{
	const struct run_config *c = l->r->config;
	struct log_options o = target_log_options(l->r->t);
	char path[FOLDER_PATH];

	if (l->reader)
		return true;
	l->reader = log_reader_open(&o, NULL, log_record, l);
	l->matcher = c->signatures ? signature_matcher_new(c->signatures) : NULL;
	if (folder_join(path, c->folder, "logs/", run_name(c, l->r->sc)) &&
	    strlen(path) + strlen(l->suffix) < sizeof path)
		l->kept = folder_create_file(strcat(path, l->suffix));
	l->failed |= !l->reader || (c->signatures && !l->matcher);
	return !l->failed;
}

static void feed(struct iut_log *l, const char *p, size_t n)
{
	log_reader_feed(l->reader, p, n);
	if (l->kept)
		fwrite(p, 1, n, l->kept);
	l->octets += n;
	l->last = n ? p[n - 1] : l->last;
}

/* What follows is another file: a line that was cut ends here, in the copy too. */
static void begin_file(struct iut_log *l)
{
	if (l->octets && l->last != '\n')
		feed(l, "\n", 1);
	log_reader_flush(l->reader);
}

static void look(struct iut_log *l)
{
	char buf[16384];
	uint64_t before = l->octets;
	bool begun;
	ssize_t n = 0;

	if (!l->following)
		return;
	/* Nothing is made for a log that says nothing. */
	while (l->octets < LOG_OCTETS_MAX &&
	       (n = log_follow_read(&l->follow, buf, sizeof buf, &begun)) > 0 && ready(l)) {
		if (begun)
			begin_file(l);
		feed(l, buf, (size_t)n);
	}
	l->failed |= n < 0;
	l->quiet = l->octets == before ? l->quiet + 1 : 0;
	if (l->quiet == QUIET_LOOKS && l->reader)
		log_reader_flush(l->reader);
}

/* ---- when the case begins ---- */

static enum log_layout kind_of(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum log_layout kind = fd < 0 ? LOG_TEXT_OTHER : log_windows_kind(fd);

	if (fd >= 0)
		close(fd);
	return kind;
}

/* Runs the command; what it printed, or NULL.  `path` names the same for others. */
static FILE *print(const struct iut_log *l, char path[static 32])
{
	FILE *out = folder_scratch();

	if (out && command_run(&l->source->command, fileno(out), l->r->config->stop) == 0) {
		snprintf(path, 32, "/proc/self/fd/%d", fileno(out));
		return out;
	}
	if (out)
		fclose(out);
	return NULL;
}

static uint64_t held(const char *path)
{
	enum log_layout kind = kind_of(path);
	struct stat st;

	if (kind != LOG_TEXT_OTHER)
		return log_windows_newest(path, kind);
	return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

/* A log may be old and large: only what it gains from now on is looked at.  That of
 * the lab MTA, which begins with the case, is its whole. */
static void begin(struct run *r, struct iut_log *l, const struct target_log *source,
                  const char *suffix)
{
	char path[32];
	FILE *out;

	*l = (struct iut_log){ .r = r, .source = source, .suffix = suffix, .follow.fd = -1 };
	if (source->kind == LOG_SOURCE_COMMAND && !r->t->lab) {
		out = print(l, path);
		l->before = out ? held(path) : 0;
		if (out)
			fclose(out);
	} else if (source->kind == LOG_SOURCE_FILE && r->t->lab) {
		l->failed = !folder_join(l->path, r->iut.log_folder, source->file, "");
		l->following = !l->failed && log_follow_open(&l->follow, l->path, false);
	} else if (source->kind == LOG_SOURCE_FILE) {
		snprintf(l->path, sizeof l->path, "%s", source->file);
		if (kind_of(l->path) != LOG_TEXT_OTHER)
			l->before = held(l->path);
		else
			l->following = log_follow_open(&l->follow, l->path, true);
	}
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

static bool read_windows(struct iut_log *l, const char *path, enum log_layout kind)
{
	struct log_options o = target_log_options(l->r->t);
	char why[256];

	/* A log that was cleared counts from 1 again. */
	if (log_windows_newest(path, kind) < l->before)
		l->before = 0;
	return ready(l) && log_windows_read(path, kind, &o, NULL, windows_record, l, NULL, why,
	                                    sizeof why);
}

static bool read_text(struct iut_log *l, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char buf[16384];
	struct stat st;
	ssize_t n = -1;

	if (fd < 0 || fstat(fd, &st) != 0)
		goto out;
	if ((uint64_t)st.st_size >= l->before)
		lseek(fd, (off_t)l->before, SEEK_SET);
	while (l->octets < LOG_OCTETS_MAX && (n = read(fd, buf, sizeof buf)) > 0 && ready(l))
		feed(l, buf, (size_t)n);
out:
	if (fd >= 0)
		close(fd);
	return n >= 0;
}

static bool read_whole(struct iut_log *l, const char *path)
{
	enum log_layout kind = kind_of(path);

	return kind == LOG_TEXT_OTHER ? read_text(l, path) : read_windows(l, path, kind);
}

static bool read_printed(struct iut_log *l)
{
	char path[32];
	FILE *out = print(l, path);
	bool ok = out && read_whole(l, path);

	if (out)
		fclose(out);
	return ok;
}

/* The lab MTA makes a log when it has something to say; of any other MTA a log that
 * is not there was not read. */
static bool end_of(struct iut_log *l)
{
	bool ok = true;

	if (l->following) {
		look(l);
		ok = l->follow.fd >= 0 || l->octets || l->r->t->lab;
	} else if (l->source->kind == LOG_SOURCE_COMMAND) {
		ok = read_printed(l);
	} else if (l->source->kind == LOG_SOURCE_FILE) {
		ok = read_whole(l, l->path);
	}
	if (l->reader)
		log_reader_flush(l->reader);
	return ok && !l->failed;
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
	out = folder_scratch();
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
	log_follow_close(&l->follow);
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
