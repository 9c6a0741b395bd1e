#include "mta/log.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

enum { BUFFER = 64 << 10 };

static const char DUMPS[] = "Bf0.log";

static FILE *open_in(const char *folder, const char *name, char *why, size_t why_cap)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	f = fopen(path, "ae");
	if (!f)
		snprintf(why, why_cap, "%s: %s", path, strerror(errno));
	else
		setvbuf(f, NULL, _IOFBF, BUFFER);
	return f;
}

/* The last one given by who wrote this file before. */
static uint32_t last_reference(const char *folder)
{
	unsigned last = 0, n;
	char path[512], line[128];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", folder, DUMPS);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof line, f))
		if (sscanf(line, "Reference %u :", &n) == 1)
			last = n;
	if (f)
		fclose(f);
	return last;
}

bool log_open(struct mta_log *log, const char *folder, char *why, size_t why_cap)
{
	const struct {
		FILE **file;
		const char *name;
	} files[] = {
		{ &log->ev, "Ev0.log" }, { &log->application, "Application.txt" },
		{ &log->dumps, DUMPS }, { &log->calls, "Calls.out" },
	};

	*log = (struct mta_log){ 0 };
	if (!*folder)
		return true;
	log->references = last_reference(folder);
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		*files[i].file = open_in(folder, files[i].name, why, why_cap);
		if (!*files[i].file) {
			log_close(log);
			return false;
		}
	}
	return true;
}

void log_close(struct mta_log *log)
{
	FILE *files[] = { log->ev, log->application, log->dumps, log->calls };

	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
		if (files[i])
			fclose(files[i]);
	*log = (struct mta_log){ 0 };
}

void log_flush(struct mta_log *log)
{
	FILE *files[] = { log->ev, log->application, log->dumps, log->calls };

	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
		if (files[i])
			fflush(files[i]);
}

static void written(struct mta_log *log)
{
	if (log->written)
		log->written(log->ctx);
}

/* Text of peers goes into logs: a control character must not forge a line. */
static void tame(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '?';
}

/* A busy MTA has many events of one second. */
static void tell_time(struct mta_log *log, time_t s)
{
	struct tm tm;

	if (log->second == s && *log->ev_when)
		return;
	log->second = s;
	gmtime_r(&s, &tm);
	strftime(log->ev_when, sizeof log->ev_when,
	         tm.tm_hour < 12 ? "%m-%d-%y %I:%M:%Sam" : "%m-%d-%y %I:%M:%Spm", &tm);
	strftime(log->application_when, sizeof log->application_when, "%m/%d/%y\t%I:%M:%S %p",
	         &tm);
}

/* Classes as documented: what is internal is an error, all else an event. */
static const char *kind_of(const struct log_event *e)
{
	return strncmp(e->class, "Internal", 8) == 0 ? "Error" : "Event";
}

static void write_ev(const struct mta_log *log, const struct log_event *e, const char *text)
{
	fprintf(log->ev, "message NMI%04u: %s %s, severity %u\n\n       (%s %s(%u) Proc %u) %s\n",
	        e->id, e->class, kind_of(e), e->severity, e->product, e->process, e->number,
	        e->procedure, log->ev_when);
	for (size_t n; *text; text += n + (text[n] == '\n')) {
		n = strcspn(text, "\n");
		fprintf(log->ev, "       %.*s\n", (int)n, text);
	}
	fputc('\n', log->ev);
}

static void write_application(const struct mta_log *log, const struct log_event *e,
                              const char *text)
{
	fprintf(log->application,
	        "%s\tMSExchangeMTA\t%s\t%s\t%u\tN/A\tLAB\t%s [%s %s%s%u %u] (%u)\n",
	        log->application_when, e->type, e->category, e->id, text, e->product, e->process,
	        e->glued ? "" : " ", e->number, e->procedure, e->severity);
}

struct log_event log_event_with(const struct log_event *e, char room[static LOG_LINES],
                                const char *lines, ...)
{
	struct log_event with = *e;
	va_list ap;

	va_start(ap, lines);
	vsnprintf(room, LOG_LINES, lines, ap);
	va_end(ap);
	with.ev_text = room;
	return with;
}

void log_event(struct mta_log *log, int64_t wall_us, const struct log_event *e,
               const char *description, ...)
{
	char text[1024];
	va_list ap;

	if (!log->ev)
		return;
	va_start(ap, description);
	vsnprintf(text, sizeof text, description, ap);
	va_end(ap);
	tame(text);
	tell_time(log, (time_t)(wall_us / 1000000));
	write_ev(log, e, e->ev_text ? e->ev_text : text);
	write_application(log, e, text);
	written(log);
}

void log_calls(struct mta_log *log, const char *line, ...)
{
	va_list ap;

	if (!log->calls)
		return;
	va_start(ap, line);
	vfprintf(log->calls, line, ap);
	va_end(ap);
	fputc('\n', log->calls);
	written(log);
}

enum { DUMP_ROW = 16 };

static void write_row(FILE *f, size_t at, const uint8_t *p, size_t n)
{
	fprintf(f, "[%9zu] ", at);
	for (size_t i = 0; i < DUMP_ROW; i++)
		if (i < n)
			fprintf(f, " %02X", p[i]);
		else
			fputs("   ", f);
	fputs("  ", f);
	for (size_t i = 0; i < n; i++)
		fputc(p[i] >= 0x20 && p[i] < 0x7f ? p[i] : '.', f);
	fputc('\n', f);
}

uint32_t log_dump(struct mta_log *log, struct octets apdu)
{
	size_t n = apdu.n < LOG_DUMP_MAX ? apdu.n : LOG_DUMP_MAX;

	log->references++;
	if (!log->dumps)
		return log->references;
	fprintf(log->dumps, "Reference %u :\n", log->references);
	for (size_t at = 0; at < n; at += DUMP_ROW)
		write_row(log->dumps, at, apdu.p + at, n - at < DUMP_ROW ? n - at : DUMP_ROW);
	fputc('\n', log->dumps);
	written(log);
	return log->references;
}
