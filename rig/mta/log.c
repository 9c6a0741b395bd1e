#include "mta/log.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

static FILE *open_in(const char *folder, const char *name, char *why, size_t why_cap)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	f = fopen(path, "a");
	if (!f)
		snprintf(why, why_cap, "%s: %s", path, strerror(errno));
	else
		setvbuf(f, NULL, _IOLBF, 0);	/* a reader follows it while we run */
	return f;
}

bool log_open(struct mta_log *log, const char *folder, char *why, size_t why_cap)
{
	*log = (struct mta_log){ NULL, NULL, NULL };
	if (!*folder)
		return true;
	log->ev = open_in(folder, "Ev0.log", why, why_cap);
	log->application = log->ev ? open_in(folder, "Application.txt", why, why_cap) : NULL;
	log->calls = log->application ? open_in(folder, "Calls.out", why, why_cap) : NULL;
	if (log->calls)
		return true;
	log_close(log);
	return false;
}

void log_close(struct mta_log *log)
{
	if (log->ev)
		fclose(log->ev);
	if (log->application)
		fclose(log->application);
	if (log->calls)
		fclose(log->calls);
	*log = (struct mta_log){ NULL, NULL, NULL };
}

/* Text of peers goes into logs: a control character must not forge a line. */
static void tame(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '?';
}

static void write_ev(FILE *f, const struct tm *tm, const struct log_event *e, const char *text)
{
	char when[32];

	strftime(when, sizeof when, "%m-%d-%y %I:%M:%S", tm);
	fprintf(f, "message NMI%04u: %s Event, severity %u\n\n       (%s %s(%u) Proc %u) %s%s\n"
	        "       %s\n\n", e->id, e->class, e->severity, e->product, e->process, e->number,
	        e->procedure, when, tm->tm_hour < 12 ? "am" : "pm", text);
}

static void write_application(FILE *f, const struct tm *tm, const struct log_event *e,
                              const char *text)
{
	char when[40];

	strftime(when, sizeof when, "%m/%d/%y\t%I:%M:%S %p", tm);
	fprintf(f, "%s\tMSExchangeMTA\t%s\t%s\t%u\tN/A\tLAB\t%s [%s %s%s%u %u] (%u)\n", when, e->type,
	        e->category, e->id, text, e->product, e->process, e->glued ? "" : " ", e->number,
	        e->procedure, e->severity);
}

void log_event(struct mta_log *log, int64_t wall_us, const struct log_event *e,
               const char *description, ...)
{
	time_t s = (time_t)(wall_us / 1000000);
	char text[1024];
	struct tm tm;
	va_list ap;

	if (!log->ev)
		return;
	va_start(ap, description);
	vsnprintf(text, sizeof text, description, ap);
	va_end(ap);
	tame(text);
	gmtime_r(&s, &tm);
	write_ev(log->ev, &tm, e, e->ev_text ? e->ev_text : text);
	write_application(log->application, &tm, e, text);
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
}
