#include "logs/logs_inner.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FORMAT_WITHIN = 64, DATES_SEEN = 2000 };

static const char *const trouble_names[LOG_TROUBLES] = {
	[LOG_LONG_LINE] = "lines cut after 8191 octets",
	[LOG_LONG_RECORD] = "records cut",
	[LOG_NUL] = "NULs read as blanks",
	[LOG_MIXED] = "changes of encoding",
	[LOG_ODD_CHARACTER] = "characters of no known encoding",
	[LOG_DUMP_GAP] = "dumps with octets left out",
	[LOG_DAMAGED] = "damaged records",
	[LOG_RECOVERED] = "records recovered",
	[LOG_REMAINS] = "remains of older records",
};

const char *log_trouble_name(enum log_trouble t)
{
	return (unsigned)t < LOG_TROUBLES ? trouble_names[t] : "?";
}

void log_trouble(struct log_reader *r, enum log_trouble t, uint64_t offset)
{
	if (r->notes.count[t]++ == 0)
		r->notes.offset[t] = offset;
}

/* ---- life ---- */

static int this_year(void)
{
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	return tm.tm_year + 1900;
}

struct log_reader *log_reader_open(const struct log_options *o, const struct log_filter *f,
                                   log_record_fn *fn, void *ctx)
{
	struct log_reader *r = calloc(1, sizeof *r);

	if (!r)
		return NULL;
	r->fn = fn;
	r->ctx = ctx;
	if (o)
		r->options = *o;
	if (f)
		r->filter = *f;
	r->filtered = f != NULL;
	r->order = r->options.order;
	r->characters.code_page = r->options.code_page;
	if (!r->options.year)
		r->options.year = this_year();
	return r;
}

void log_reader_free(struct log_reader *r)
{
	if (r)
		log_characters_end(&r->characters);
	free(r);
}

const struct log_notes *log_reader_notes(const struct log_reader *r)
{
	return &r->notes;
}

/* ---- times ---- */

bool log_time_by_format(const char *p, size_t n, const char *format, struct span *stamp,
                        struct log_time *out)
{
	char text[FORMAT_WITHIN + 64];
	size_t m = n < sizeof text - 1 ? n : sizeof text - 1;

	memcpy(text, p, m);
	text[m] = '\0';
	for (size_t i = 0; i < m && i < FORMAT_WITHIN; i++) {
		struct tm tm = { .tm_mday = 1, .tm_year = 70 };
		const char *end = strptime(text + i, format, &tm);

		if (!end || end == text + i)
			continue;
		*stamp = (struct span){ p + i, (size_t)(end - text) - i };
		if (out) {
			long zone = tm.tm_gmtoff;

			*out = (struct log_time){ .clock = true, .zone_s = (int32_t)zone,
			                          .zoned = strstr(format, "%z") != NULL };
			tm.tm_gmtoff = 0;
			out->wall_s = (int64_t)timegm(&tm);
		}
		return true;
	}
	return false;
}

static bool read_time(struct log_reader *r, const char *p, size_t n, struct log_time *t)
{
	struct span stamp;

	if (r->options.time_format && r->layout == LOG_TEXT_STAMPED)
		return log_time_by_format(p, n, r->options.time_format, &stamp, t);
	/* The MTA's own text log has one order, whatever the system's is. */
	if (!log_time_parse(p, n, r->layout == LOG_TEXT_EV ? LOG_DATE_MDY : r->order,
	                    r->options.year, t))
		return false;
	if (t->told != LOG_DATE_AUTO && r->options.order == LOG_DATE_AUTO &&
	    r->layout != LOG_TEXT_EV)
		r->order = t->told;
	return true;
}

static void set_time(struct log_reader *r, const struct log_time *t)
{
	struct log_record *rec = &r->record;
	int32_t zone = t->zoned ? t->zone_s : r->options.zone_s;

	rec->wall_s = t->wall_s;
	rec->zoned = t->zoned;
	rec->at_us = (t->wall_s - zone) * 1000000 + t->us + r->options.clock_us;
}

/* Does some date of the first piece tell day and month apart? */
static void learn_order(struct log_reader *r, const char *p, size_t n)
{
	const char *end = p + n;
	unsigned seen = 0;

	if (r->order != LOG_DATE_AUTO)
		return;
	while (p < end && seen < DATES_SEEN) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		size_t m = (size_t)((eol ? eol : end) - p), at = 0;
		struct log_time t;

		/* The date stands first, or behind the type. */
		while (at < m && at < 16 && !isdigit((unsigned char)p[at]))
			at++;
		if (log_time_parse(p + at, m - at, LOG_DATE_AUTO, 1970, &t)) {
			seen++;
			if (t.told == LOG_DATE_MDY || t.told == LOG_DATE_DMY) {
				r->order = t.told;
				return;
			}
		}
		p += m + 1;
	}
}

/* ---- one record ---- */

static void make_text(struct log_reader *r)
{
	struct log_record *rec = &r->record;
	struct log_text t = { .at = rec->text, .cap = sizeof rec->text };
	char *body = r->raw + r->body_at;
	size_t n = r->raw_n - r->body_at;
	uint64_t odd = r->characters.odd;
	struct log_strings strings;
	struct span string;

	if (r->layout == LOG_TEXT_EXPORT)
		n = log_text_unquote(body, n);
	rec->unrendered = log_strings((struct span){ body, n }, rec->event, rec->source, &strings);
	if (!rec->unrendered)
		log_text_append(&t, &r->characters, body, n);
	while (rec->unrendered && log_strings_next(&strings, &string)) {
		if (t.n)
			log_text_append(&t, &r->characters, " | ", 3);
		log_text_append(&t, &r->characters, string.p, string.n);
	}
	log_text_end(&t);
	if (t.full)
		log_trouble(r, LOG_LONG_RECORD, r->first_at);
	for (; odd < r->characters.odd; odd++)
		log_trouble(r, LOG_ODD_CHARACTER, r->first_at);
}

/* "(POP4 POP4 UP(7) Proc 228) 02-26-02 02:43:50pm" */
static void ev_time(struct log_reader *r)
{
	const char *end = r->raw + r->raw_n;
	const char *p = memmem(r->raw, r->raw_n, " Proc ", 6);
	struct log_time t;

	p = p ? memchr(p, ')', (size_t)(end - p)) : NULL;
	if (!p)
		return;
	for (p++; p < end && (*p == ' ' || *p == '\t'); p++)
		;
	if (read_time(r, p, (size_t)(end - p), &t))
		set_time(r, &t);
}

/* The fields of a record that has a line for each. */
static void block_fields(struct log_reader *r)
{
	const char *p = r->raw, *end = r->raw + r->raw_n;
	struct span date = { p, 0 };
	struct log_time t;

	while (p < end) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((eol ? eol : end) - p);
		struct span source = log_block_value(p, n, "Event Source:");
		struct span time = log_block_value(p, n, "Time:");

		if (!source.n)
			source = log_block_value(p, n, "Source:");
		if (source.n && source.n < sizeof r->record.source) {
			memcpy(r->record.source, source.p, source.n);
			r->record.source[source.n] = '\0';
		}
		if (!date.n) {
			date = log_block_value(p, n, "Date:");
			time = date;
		}
		if (time.n && date.n && read_time(r, date.p, date.n, &t)) {
			if (time.p != date.p && !t.clock)
				log_clock_parse(time.p, time.n, &t);
			set_time(r, &t);
		}
		if (log_block_value(p, n, "Description:").p != p || n == 12)
			r->body_at = r->body_at ? r->body_at : (size_t)(p + 12 - r->raw);
		p += n + 1;
	}
}

static void finish(struct log_reader *r)
{
	struct log_record *rec = &r->record;
	struct log_time t;

	if (!r->collecting)
		return;
	r->collecting = false;
	r->notes.records++;
	if (r->skip || !r->wanted)
		return;
	rec->layout = r->layout;
	rec->event = r->event;
	rec->severity = r->severity;
	rec->line = r->first_line;
	rec->offset = r->first_at;
	rec->wall_s = 0;
	rec->at_us = LOG_NO_TIME;
	rec->zoned = false;
	memcpy(rec->source, r->source, sizeof rec->source);
	rec->dump = r->dump_n ? r->dump : NULL;
	rec->dump_n = r->dump_n;
	if (r->stamp_n && read_time(r, r->raw + r->stamp_at, r->stamp_n, &t))
		set_time(r, &t);
	if (r->layout == LOG_TEXT_EV)
		ev_time(r);
	else if (r->layout == LOG_TEXT_BLOCK)
		block_fields(r);
	make_text(r);
	rec->unrendered |= rec->event && !rec->text[0];
	rec->code = log_error_code(rec->text);
	r->fn(r->ctx, rec);
}

static void keep(struct log_reader *r, const char *p, size_t n)
{
	if (r->raw_n + 1 < RAW_MAX && r->raw_n)
		r->raw[r->raw_n++] = '\n';
	if (n > RAW_MAX - r->raw_n) {
		log_trouble(r, LOG_LONG_RECORD, r->first_at);
		n = RAW_MAX - r->raw_n;
	}
	memcpy(r->raw + r->raw_n, p, n);
	r->raw_n += n;
}

static bool wants_event(const struct log_reader *r, uint32_t event)
{
	return !r->filter.event || r->filter.event(r->filter.ctx, event);
}

static bool wants_line(const struct log_reader *r, const char *p, size_t n)
{
	return !r->filter.line || r->filter.line(r->filter.ctx, p, n);
}

static void begin(struct log_reader *r, const char *p, size_t n, const struct log_head *h)
{
	finish(r);
	r->collecting = true;
	r->layout = h->layout;
	r->event = h->event;
	r->first_line = r->notes.lines;
	r->first_at = r->line_at;
	r->lines = 1;
	r->described = false;
	r->skip = h->event && !wants_event(r, h->event);
	if (r->skip)
		return;
	r->severity = h->layout == LOG_TEXT_EV ? log_severity(p, n) : 0;
	r->wanted = h->event || h->layout == LOG_TEXT_BLOCK || wants_line(r, p, n);
	r->dump_n = 0;
	r->dump_next = 0;
	r->raw_n = 0;
	r->source[0] = '\0';
	if (h->source.n && h->source.n < sizeof r->source) {
		memcpy(r->source, h->source.p, h->source.n);
		r->source[h->source.n] = '\0';
	}
	keep(r, p, n);
	r->body_at = h->layout == LOG_TEXT_BLOCK ? 0 : (size_t)(h->body.p - p);
	r->stamp_at = h->stamp.n ? (size_t)(h->stamp.p - p) : 0;
	r->stamp_n = h->stamp.n;
}

/* Does this line, which is no head, belong to the record at hand? */
static bool goes_on(const struct log_reader *r, const char *p, size_t n, bool indented)
{
	if (!r->collecting || r->lines >= RECORD_LINES_MAX)
		return r->collecting && (r->layout == LOG_TEXT_AP || r->layout == LOG_TEXT_BF) &&
		       *p == '[';
	switch (r->layout) {
	case LOG_TEXT_OTHER:
		return indented;
	case LOG_TEXT_CALLS:	/* the one documented line that is wrapped */
		return indented || (n > 8 && memcmp(p, "to q/loc", 8) == 0);
	default:
		return true;
	}
}

static void block_line(struct log_reader *r, const char *p, size_t n)
{
	struct span event = log_block_value(p, n, "Event ID:");

	if (event.n && !r->event) {
		r->event = log_number(event.p, event.n);
		r->skip = !wants_event(r, r->event);
	}
	r->described |= n >= 12 && memcmp(p, "Description:", 12) == 0;
}

static void go_on(struct log_reader *r, const char *p, size_t n)
{
	r->lines++;
	if (r->skip)
		return;
	if ((r->layout == LOG_TEXT_AP || r->layout == LOG_TEXT_BF) && log_dump_row(r, p, n))
		return;
	/* What a wrapped row leaves of its text column is none. */
	if (r->dump_n)
		return;
	if (!r->wanted)
		r->wanted = wants_line(r, p, n);
	keep(r, p, n);
}

void log_line(struct log_reader *r, const char *p, size_t n)
{
	struct log_head h;
	size_t blanks = 0;

	r->notes.lines++;
	/* A mark of UTF-8 is none of the text, where files were put together too. */
	if (n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
		p += 3;
		n -= 3;
	}
	if (n && p[n - 1] == '\r')
		n--;
	while (blanks < n && (p[blanks] == ' ' || p[blanks] == '\t'))
		blanks++;
	p += blanks;
	n -= blanks;
	if (!n)
		return;
	if (log_head(r, p, n, &h))
		begin(r, p, n, &h);
	else if (goes_on(r, p, n, blanks > 0))
		go_on(r, p, n);
	else
		begin(r, p, n, &(struct log_head){ .layout = LOG_TEXT_OTHER, .body = { p, n } });
	if (r->collecting && r->layout == LOG_TEXT_BLOCK)
		block_line(r, p, n);
}

/* ---- feeding ---- */

/* The octets that waited are read. */
static void feed_head(struct log_reader *r)
{
	r->encoding = log_sniff(r->head, r->head_n);
	log_lines(r, r->head, r->head_n);
}

void log_reader_feed(struct log_reader *r, const char *p, size_t n)
{
	size_t wait = 0;

	if (n && r->encoding == ENCODING_UNKNOWN) {
		wait = n < SNIFF_MAX - r->head_n ? n : SNIFF_MAX - r->head_n;
		memcpy(r->head + r->head_n, p, wait);
		r->head_n += wait;
		if (r->head_n < SNIFF_MAX)
			return;
		/* A piece that begins in mid-line may begin in a date. */
		if (wait == SNIFF_MAX)
			learn_order(r, p, n);
		else
			learn_order(r, r->head, SNIFF_MAX);
		feed_head(r);
	}
	if (n > wait)
		log_lines(r, p + wait, n - wait);
}

void log_reader_flush(struct log_reader *r)
{
	if (r->encoding == ENCODING_UNKNOWN && r->head_n) {
		learn_order(r, r->head, r->head_n);
		feed_head(r);
	}
	log_lines_end(r);
	finish(r);
}
