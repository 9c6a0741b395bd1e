#include "logs/logs.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

struct log_reader {
	log_record_fn *fn;
	void *ctx;
	struct log_record record;	/* the one being collected */
	bool collecting;		/* an Ev record, which takes several lines */
	uint64_t line;
	size_t n;
	char text[LOG_LINE_MAX];
};

struct log_reader *log_reader_new(log_record_fn *fn, void *ctx)
{
	struct log_reader *r = calloc(1, sizeof *r);

	if (r) {
		r->fn = fn;
		r->ctx = ctx;
	}
	return r;
}

void log_reader_free(struct log_reader *r)
{
	free(r);
}

/* Appends with white space made single blanks. */
static void append(struct log_record *rec, const char *s)
{
	size_t n = strlen(rec->text);
	bool blank = n == 0 || rec->text[n - 1] == ' ';

	if (!blank && n + 1 < sizeof rec->text)
		rec->text[n++] = ' ';
	blank = true;
	for (; *s && n + 1 < sizeof rec->text; s++) {
		bool white = isspace((unsigned char)*s) != 0;

		if (!white || !blank)
			rec->text[n++] = white ? ' ' : *s;
		blank = white;
	}
	while (n && rec->text[n - 1] == ' ')
		n--;
	rec->text[n] = '\0';
}

uint32_t log_error_code(const char *text)
{
	for (const char *p = strcasestr(text, "error code"); p; p = strcasestr(p, "error code")) {
		p += strlen("error code");
		p += strspn(p, " ");
		if (*p == '=' || *p == ':')
			p++;
		p += strspn(p, " ");
		if (isdigit((unsigned char)*p))
			return (uint32_t)strtoul(p, NULL, 10);
	}
	return 0;
}

static void finish(struct log_reader *r)
{
	if (!r->collecting)
		return;
	r->collecting = false;
	r->record.code = log_error_code(r->record.text);
	r->fn(r->ctx, &r->record);
}

static void begin(struct log_reader *r, enum log_layout layout)
{
	finish(r);
	r->record = (struct log_record){ .layout = layout, .line = r->line };
	r->collecting = true;
}

/* "message NMI4283: Interface Event, severity 14", also with "Message", also
 * "Event 210: X.400 Service Event, severity 14". */
static bool ev_head(const char *s, uint32_t *event, uint32_t *severity)
{
	const char *digits = NULL, *sev;

	if (strncasecmp(s, "message NMI", 11) == 0)
		digits = s + 11;
	else if (strncmp(s, "Event ", 6) == 0 && strstr(s, ", severity "))
		digits = s + 6;
	if (!digits || !isdigit((unsigned char)*digits))
		return false;
	*event = (uint32_t)strtoul(digits, NULL, 10);
	sev = strstr(s, "severity ");
	*severity = sev ? (uint32_t)strtoul(sev + 9, NULL, 10) : 0;
	return true;
}

static int64_t wall(int year, int month, int day, int hour, int minute, int second, char ap)
{
	struct tm tm = {
		.tm_year = year < 70 ? year + 100 : year < 1900 ? year : year - 1900,
		.tm_mon = month - 1, .tm_mday = day, .tm_min = minute, .tm_sec = second,
	};

	if (ap)
		hour = hour % 12 + (ap == 'p' ? 12 : 0);
	tm.tm_hour = hour;
	return (int64_t)timegm(&tm);
}

/* "(POP4 POP4 UP(7) Proc 228) 02-26-02 02:43:50pm" */
static void ev_tag_time(struct log_record *rec, const char *s)
{
	const char *p = strstr(s, " Proc ");
	int mo, d, y, h, mi, se;
	char ap;

	p = p ? strchr(p, ')') : NULL;
	if (p && sscanf(p + 1, " %2d-%2d-%2d %2d:%2d:%2d%cm", &mo, &d, &y, &h, &mi, &se, &ap) == 7)
		rec->wall_s = wall(y, mo, d, h, mi, se, (char)tolower((unsigned char)ap));
}

/* Date, time, source, type, category, event, user, computer, description. */
enum { EXPORT_EVENT = 5, EXPORT_DESCRIPTION = 8 };

static const char *column(const char *s, int n)
{
	while (s && n-- > 0) {
		s = strchr(s, '\t');
		s = s ? s + 1 : NULL;
	}
	return s;
}

static bool export_line(struct log_reader *r, const char *s)
{
	const char *event = column(s, EXPORT_EVENT), *text = column(s, EXPORT_DESCRIPTION);
	const char *time = column(s, 1);
	int mo, d, y, h, mi, se;
	char ap = 0;

	if (!text || !isdigit((unsigned char)*event) ||
	    sscanf(s, "%2d/%2d/%4d", &mo, &d, &y) != 3)
		return false;
	begin(r, LOG_TEXT_EXPORT);
	r->record.event = (uint32_t)strtoul(event, NULL, 10);
	if (sscanf(time, "%2d:%2d:%2d %c", &h, &mi, &se, &ap) >= 3)
		r->record.wall_s = wall(y, mo, d, h, mi, se,
		                        (char)(ap == 'A' || ap == 'P' ? tolower(ap) : 0));
	append(&r->record, text);
	return true;
}

/* An Ev record goes on until the next head, a wrapped description in lines
 * that begin with a blank; the one documented Calls.out line that is wrapped
 * goes on with "to q/loc". */
static bool goes_on(const struct log_reader *r, const char *s)
{
	if (!r->collecting)
		return false;
	if (r->record.layout == LOG_TEXT_CALLS)
		return strncmp(s + strspn(s, " \t"), "to q/loc", 8) == 0;
	return r->record.layout == LOG_TEXT_EV || isspace((unsigned char)*s);
}

static bool blank(const char *s)
{
	return s[strspn(s, " \t\r")] == '\0';
}

static void line(struct log_reader *r)
{
	const char *s = r->text;
	const char *word = s + strspn(s, " \t");
	uint32_t event, severity;

	r->line++;
	if (blank(s))
		return;
	if (ev_head(word, &event, &severity)) {
		begin(r, LOG_TEXT_EV);
		r->record.event = event;
		r->record.severity = severity;
		append(&r->record, word);
	} else if (export_line(r, s)) {
		return;
	} else if (strncmp(word, "Call-stack for TID", 18) == 0 ||
	           strncmp(word, "Thread ", 7) == 0) {
		begin(r, LOG_TEXT_CALLS);
		append(&r->record, word);
	} else if (goes_on(r, s)) {
		if (r->record.wall_s == 0)
			ev_tag_time(&r->record, word);
		append(&r->record, word);
	} else {
		begin(r, LOG_TEXT_OTHER);
		append(&r->record, word);
	}
}

void log_reader_feed(struct log_reader *r, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];

		if (c == '\n') {
			r->text[r->n] = '\0';
			line(r);
			r->n = 0;
		} else if (r->n + 1 < sizeof r->text) {
			r->text[r->n++] = (char)(c < 0x20 && c != '\t' ? ' ' : c);
		}
	}
}

void log_reader_flush(struct log_reader *r)
{
	if (r->n) {
		r->text[r->n] = '\0';
		line(r);
		r->n = 0;
	}
	finish(r);
}

bool log_read_file(const char *path, log_record_fn *fn, void *ctx, char *why, size_t why_cap)
{
	struct log_reader *r = log_reader_new(fn, ctx);
	FILE *f = r ? fopen(path, "rb") : NULL;
	char buf[16384];
	size_t n;
	bool ok = f != NULL;

	if (!ok) {
		snprintf(why, why_cap, "%s: %s", path, strerror(r ? errno : ENOMEM));
		goto out;
	}
	while ((n = fread(buf, 1, sizeof buf, f)) > 0)
		log_reader_feed(r, buf, n);
	log_reader_flush(r);
	if (ferror(f)) {
		snprintf(why, why_cap, "%s: %s", path, strerror(errno));
		ok = false;
	}
out:
	if (f)
		fclose(f);
	log_reader_free(r);
	return ok;
}
