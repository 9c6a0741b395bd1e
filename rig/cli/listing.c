#include "cli/listing.h"

#include "pdu/pdu.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

enum {
	DETAIL_MAX = 4096,
	END_TEXT = CAPTURE_ADDRESS_TEXT + 8,
	JSON_MAX = 8192,		/* of a line that is written at once */
	JSON_RUN = 4096,
};

#define INDENT "                               "
/* Below the text of a PDU. */
#define BELOW INDENT "                  "

/* ---- frames ---- */

struct answer {
	bool known;
	uint32_t first, last;
};

static struct answer ask(const struct listing_line *line, const struct follow *f, uint64_t at)
{
	struct answer a = { false, 0, 0 };

	a.known = follow_frame(f, line->connection->number, line->direction, at, &a.first,
	                       &a.last);
	return a;
}

static bool same(struct answer a, struct answer b)
{
	return a.known == b.known && (!a.known || (a.first == b.first && a.last == b.last));
}

/* The octet behind the run that begins at `at`: the answer is looked for by
 * doubling steps, then by halves. */
static uint64_t run_end(const struct listing_line *line, const struct follow *f, uint64_t at,
                        uint64_t to)
{
	struct answer here = ask(line, f, at);
	uint64_t in = at, out = at + 1, step = 1;

	while (out < to && same(ask(line, f, out), here)) {
		in = out;
		step *= 2;
		out = to - out < step ? to : out + step;
	}
	while (out - in > 1) {
		uint64_t middle = in + (out - in) / 2;

		if (same(ask(line, f, middle), here))
			in = middle;
		else
			out = middle;
	}
	return out;
}

static void add_frame(struct listing_line *line, uint32_t frame)
{
	if (line->frames_n > 0 && line->frames[line->frames_n - 1] == frame)
		return;
	if (line->frames_n == LISTING_FRAMES)
		line->frames_n--;
	line->frames[line->frames_n++] = frame;
}

/* Most PDUs lie in one frame. */
static bool one_frame(struct listing_line *line, const struct follow *f, uint64_t from,
                      uint64_t to)
{
	struct answer first = ask(line, f, from);

	if (!first.known || first.first != first.last || !same(ask(line, f, to - 1), first))
		return false;
	add_frame(line, first.first);
	return true;
}

void listing_frames(struct listing_line *line, const struct follow *f, uint64_t from,
                    uint64_t to)
{
	uint64_t at = from;

	line->frames_n = 0;
	if (to <= from)
		to = from + 1;
	if (one_frame(line, f, from, to))
		return;
	while (at < to && line->frames_n + 2 < LISTING_FRAMES) {
		struct answer a = ask(line, f, at);

		if (a.known) {
			add_frame(line, a.first);
			add_frame(line, a.last);
		}
		at = run_end(line, f, at, to);
	}
	if (at < to && ask(line, f, to - 1).known)
		add_frame(line, ask(line, f, to - 1).last);
}

/* ---- text ---- */

static const char *end_text(const struct stream_connection *c, enum capture_direction d,
                            char out[END_TEXT])
{
	char address[CAPTURE_ADDRESS_TEXT];
	bool v6 = c->address[d].version == 6;

	capture_address_text(&c->address[d], address);
	snprintf(out, END_TEXT, "%s%s%s:%u", v6 ? "[" : "", address, v6 ? "]" : "", c->port[d]);
	return out;
}

void listing_connection(FILE *out, const struct stream_connection *c)
{
	time_t seconds = (time_t)(c->first_ns / 1000000000);
	char from[END_TEXT], to[END_TEXT], date[32];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S", &tm);
	fprintf(out, "connection %" PRIu32 ": %s > %s, %s.%06" PRId64 " UTC, from frame %" PRIu32 "\n",
	        c->number, end_text(c, FROM_INITIATOR, from), end_text(c, FROM_RESPONDER, to), date,
	        c->first_ns / 1000 % 1000000, c->first_frame);
}

static const char *arrow(enum capture_direction d)
{
	return d == FROM_INITIATOR ? "->" : "<-";
}

static void print_frames(FILE *out, const struct listing_line *line)
{
	uint32_t low = UINT32_MAX, high = 0;
	char text[32] = "";

	for (size_t i = 0; i < line->frames_n; i++) {
		low = line->frames[i] < low ? line->frames[i] : low;
		high = line->frames[i] > high ? line->frames[i] : high;
	}
	if (low == high)
		snprintf(text, sizeof text, "%" PRIu32, low);
	else if (high > 0)
		snprintf(text, sizeof text, "%" PRIu32 "-%" PRIu32, low, high);
	fprintf(out, " %9s", text);
}

static void print_columns(FILE *out, const struct listing_line *line, int64_t zero_ns)
{
	if (line->inside) {
		fputs(INDENT, out);
		return;
	}
	if (line->has_time)
		fprintf(out, "%12.6f", (double)(line->time_ns - zero_ns) / 1e9);
	else
		fprintf(out, "%12s", "-");
	print_frames(out, line);
	if (line->connection)
		fprintf(out, " %4" PRIu32 " %s ", line->connection->number, arrow(line->direction));
	else
		fprintf(out, "%9s", "");
}

static const char *severity(const struct rule *rule)
{
	return rule->severity == SEVERITY_FATAL ? "fatal" : "note";
}

static void print_findings(FILE *out, const struct findings *f)
{
	for (size_t i = 0; f && i < f->n; i++) {
		const struct finding *at = &f->at[i];

		fprintf(out, BELOW "%s %s (%s) @%zu: %s\n", severity(at->rule), at->rule->name,
		        at->rule->clause, at->octet, at->rule->text);
	}
	if (f && f->lost > 0)
		fprintf(out, BELOW "and %u notes more\n", f->lost);
}

/* The lines below a PDU: its fields if asked for, then recipients and the like. */
struct details {
	struct observation_details rest;
	const struct observation *seen;
	const struct pdu_form *form;	/* NULL: no fields (any more) */
	size_t field;
};

static void details_init(struct details *d, const struct listing_line *line)
{
	const struct observation *seen = line->details;

	*d = (struct details){ .seen = seen };
	observation_details_init(&d->rest, seen);
	if (line->fields && seen->octets.n > 0)
		d->form = pdu_form((enum layer)seen->layer, seen->code);
}

static void put_value(struct text *t, const struct pdu_field *field, const struct pdu_got *got)
{
	if (!got->number)
		text_hex(t, got->octets);
	else if (field->names && field->type != PDU_BITS && got->v >= 0)
		text_named(t, field->names, (uint32_t)got->v);
	else
		text_i64(t, got->v);
}

static bool next_field(struct details *d, struct text *t)
{
	while (d->form && d->field < pdu_fields(d->form)) {
		struct pdu_field field = pdu_field(d->form, d->field);
		struct pdu_got got;

		if (!pdu_get(d->form, d->seen->octets, d->field++, &got))
			continue;
		text_put(t, "field");
		text_field(t, field.name);
		put_value(t, &field, &got);
		return true;
	}
	d->form = NULL;
	return false;
}

/* false: there are no more. */
static bool detail(struct details *d, char buf[DETAIL_MAX])
{
	struct text t;

	text_init(&t, buf, DETAIL_MAX);
	return next_field(d, &t) || observation_details_next(&d->rest, &t);
}

static void print_details(FILE *out, const struct listing_line *line)
{
	struct details d;
	char buf[DETAIL_MAX];
	size_t n = 0;

	if (!line->details)
		return;
	details_init(&d, line);
	for (; detail(&d, buf); n++)
		if (n < LISTING_DETAILS || line->fields)
			fprintf(out, BELOW "%s\n", buf);
	if (n > LISTING_DETAILS && !line->fields)
		fprintf(out, BELOW "... and %zu more\n", n - LISTING_DETAILS);
}

void listing_text(FILE *out, const struct listing_line *line, int64_t zero_ns)
{
	print_columns(out, line, zero_ns);
	fprintf(out, "  %-13s %s\n", line->layer, line->text);
	print_details(out, line);
	print_findings(out, line->findings);
}

/* ---- JSON ---- */

/* Lines are many and stdio is slow: one is put together here and written at once. */
struct json {
	FILE *out;
	size_t n;
	char at[JSON_MAX];
};

static void json_flush(struct json *j)
{
	fwrite(j->at, 1, j->n, j->out);
	j->n = 0;
}

static void put(struct json *j, const char *s, size_t n)
{
	if (n > sizeof j->at - j->n)
		json_flush(j);
	memcpy(j->at + j->n, s, n);	/* no piece is longer than the buffer */
	j->n += n;
}

#define PUT(j, literal) put(j, literal, sizeof literal - 1)

static void put_u64(struct json *j, uint64_t v)
{
	char digits[20];
	size_t at = sizeof digits;

	do
		digits[--at] = (char)('0' + v % 10);
	while (v /= 10);
	put(j, digits + at, sizeof digits - at);
}

/* Characters that stand for themselves go in runs. */
static void put_string(struct json *j, const char *s)
{
	PUT(j, "\"");
	while (*s) {
		const char *run = s;
		char escape[8];

		while (*s >= 0x20 && *s <= 0x7e && *s != '"' && *s != '\\' && s - run < JSON_RUN)
			s++;
		put(j, run, (size_t)(s - run));
		if (!*s || s - run == JSON_RUN)
			continue;
		if (*s == '"' || *s == '\\')
			snprintf(escape, sizeof escape, "\\%c", *s);
		else
			snprintf(escape, sizeof escape, "\\u%04x", (unsigned char)*s);
		put(j, escape, strlen(escape));
		s++;
	}
	PUT(j, "\"");
}

/* `name`: with comma, quotes and colon. */
static void put_member(struct json *j, const char *name, const char *value)
{
	put(j, name, strlen(name));
	put_string(j, value);
}

static void put_number(struct json *j, const char *name, uint64_t value)
{
	put(j, name, strlen(name));
	put_u64(j, value);
}

static void put_time(struct json *j, const struct listing_line *line)
{
	uint64_t ns = (uint64_t)line->time_ns;
	char text[48];

	if (!line->has_time) {
		PUT(j, "{\"time\":null");
	} else if (line->time_ns < 0) {
		snprintf(text, sizeof text, "{\"time\":%.6f", (double)line->time_ns / 1e9);
		put(j, text, strlen(text));
	} else {
		put_number(j, "{\"time\":", ns / 1000000000);
		for (size_t i = 9; i > 0; i--, ns /= 10)
			text[i] = (char)('0' + ns % 10);
		text[0] = '.';
		put(j, text, 10);
	}
}

static void put_frames(struct json *j, const struct listing_line *line)
{
	PUT(j, ",\"frames\":[");
	for (size_t i = 0; i < line->frames_n; i++)
		put_number(j, i > 0 ? "," : "", line->frames[i]);
	PUT(j, "]");
}

/* As end_text(), without stdio for IPv4. */
static void put_end(struct json *j, const struct stream_connection *c, enum capture_direction d)
{
	char end[END_TEXT];

	if (c->address[d].version != 4) {
		put_string(j, end_text(c, d, end));
		return;
	}
	for (size_t i = 0; i < 4; i++)
		put_number(j, i > 0 ? "." : "\"", c->address[d].octets[i]);
	put_number(j, ":", c->port[d]);
	PUT(j, "\"");
}

static void put_ends(struct json *j, const struct listing_line *line)
{
	enum capture_direction d = line->direction;

	if (!line->connection) {
		PUT(j, ",\"connection\":null,\"from\":null,\"to\":null,\"direction\":null");
		return;
	}
	put_number(j, ",\"connection\":", line->connection->number);
	PUT(j, ",\"from\":");
	put_end(j, line->connection, d);
	PUT(j, ",\"to\":");
	put_end(j, line->connection, (enum capture_direction)(1 - d));
	put_member(j, ",\"direction\":", arrow(d));
}

static void put_details(struct json *j, const struct listing_line *line)
{
	struct details d;
	char buf[DETAIL_MAX];

	PUT(j, ",\"details\":[");
	if (line->details)
		details_init(&d, line);
	for (size_t n = 0; line->details && n < LISTING_DETAILS_JSON && detail(&d, buf); n++)
		put_member(j, n > 0 ? "," : "", buf);
	PUT(j, "]");
}

static void put_findings(struct json *j, const struct findings *f)
{
	PUT(j, ",\"findings\":[");
	for (size_t i = 0; f && i < f->n; i++) {
		const struct finding *at = &f->at[i];

		put_member(j, i > 0 ? ",{\"rule\":" : "{\"rule\":", at->rule->name);
		put_member(j, ",\"clause\":", at->rule->clause);
		put_number(j, ",\"octet\":", at->octet);
		put_member(j, ",\"severity\":", severity(at->rule));
		put_member(j, ",\"text\":", at->rule->text);
		PUT(j, "}");
	}
	PUT(j, "]");
}

void listing_json(FILE *out, const struct listing_line *line)
{
	struct json json, *j = &json;

	j->out = out;
	j->n = 0;
	put_time(j, line);
	put_frames(j, line);
	put_ends(j, line);
	put_member(j, ",\"layer\":", line->layer);
	put_member(j, ",\"pdu\":", line->pdu);
	put_member(j, ",\"text\":", line->text);
	put_number(j, ",\"offset\":", line->offset);
	put_number(j, ",\"length\":", line->length);
	if (line->cut)
		PUT(j, ",\"cut\":true");
	else
		PUT(j, ",\"cut\":false");
	put_details(j, line);
	put_findings(j, line->findings);
	PUT(j, "}\n");
	json_flush(j);
}
