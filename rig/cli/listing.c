#include "cli/listing.h"

#include <inttypes.h>
#include <time.h>

enum { DETAIL_MAX = 4096, END_TEXT = CAPTURE_ADDRESS_TEXT + 8 };

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

void listing_frames(struct listing_line *line, const struct follow *f, uint64_t from,
                    uint64_t to)
{
	uint64_t at = from;

	line->frames_n = 0;
	if (to <= from)
		to = from + 1;
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

/* false: there are no more. */
static bool detail(struct observation_details *d, char buf[DETAIL_MAX])
{
	struct text t;

	text_init(&t, buf, DETAIL_MAX);
	return observation_details_next(d, &t);
}

static void print_details(FILE *out, const struct observation *seen)
{
	struct observation_details d;
	char buf[DETAIL_MAX];
	size_t n = 0;

	if (!seen)
		return;
	observation_details_init(&d, seen);
	for (; detail(&d, buf); n++)
		if (n < LISTING_DETAILS)
			fprintf(out, BELOW "%s\n", buf);
	if (n > LISTING_DETAILS)
		fprintf(out, BELOW "... and %zu more\n", n - LISTING_DETAILS);
}

void listing_text(FILE *out, const struct listing_line *line, int64_t zero_ns)
{
	print_columns(out, line, zero_ns);
	fprintf(out, "  %-13s %s\n", line->layer, line->text);
	print_details(out, line->details);
	print_findings(out, line->findings);
}

/* ---- JSON ---- */

static void put_string(FILE *out, const char *s)
{
	putc('"', out);
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < 0x20 || c > 0x7e)
			fprintf(out, "\\u%04x", c);
		else
			putc(c, out);
	}
	putc('"', out);
}

static void put_member(FILE *out, const char *name, const char *value)
{
	fprintf(out, ",\"%s\":", name);
	put_string(out, value);
}

static void put_time(FILE *out, const struct listing_line *line)
{
	int64_t seconds = line->time_ns / 1000000000, rest = line->time_ns % 1000000000;

	if (!line->has_time)
		fputs("{\"time\":null", out);
	else if (line->time_ns < 0)
		fprintf(out, "{\"time\":%.6f", (double)line->time_ns / 1e9);
	else
		fprintf(out, "{\"time\":%" PRId64 ".%09" PRId64, seconds, rest);
}

static void put_ends(FILE *out, const struct listing_line *line)
{
	enum capture_direction d = line->direction;
	char end[END_TEXT];

	if (!line->connection) {
		fputs(",\"connection\":null,\"from\":null,\"to\":null,\"direction\":null", out);
		return;
	}
	fprintf(out, ",\"connection\":%" PRIu32, line->connection->number);
	put_member(out, "from", end_text(line->connection, d, end));
	put_member(out, "to", end_text(line->connection, (enum capture_direction)(1 - d), end));
	put_member(out, "direction", arrow(d));
}

static void put_details(FILE *out, const struct observation *seen)
{
	struct observation_details d;
	char buf[DETAIL_MAX];

	fputs(",\"details\":[", out);
	if (seen)
		observation_details_init(&d, seen);
	for (size_t n = 0; seen && n < LISTING_DETAILS_JSON && detail(&d, buf); n++) {
		fputs(n > 0 ? "," : "", out);
		put_string(out, buf);
	}
	putc(']', out);
}

static void put_findings(FILE *out, const struct findings *f)
{
	fputs(",\"findings\":[", out);
	for (size_t i = 0; f && i < f->n; i++) {
		const struct finding *at = &f->at[i];

		fputs(i > 0 ? ",{\"rule\":" : "{\"rule\":", out);
		put_string(out, at->rule->name);
		put_member(out, "clause", at->rule->clause);
		fprintf(out, ",\"octet\":%zu", at->octet);
		put_member(out, "severity", severity(at->rule));
		put_member(out, "text", at->rule->text);
		putc('}', out);
	}
	putc(']', out);
}

void listing_json(FILE *out, const struct listing_line *line)
{
	put_time(out, line);
	fputs(",\"frames\":[", out);
	for (size_t i = 0; i < line->frames_n; i++)
		fprintf(out, "%s%" PRIu32, i > 0 ? "," : "", line->frames[i]);
	putc(']', out);
	put_ends(out, line);
	put_member(out, "layer", line->layer);
	put_member(out, "pdu", line->pdu);
	put_member(out, "text", line->text);
	fprintf(out, ",\"offset\":%" PRIu64 ",\"length\":%" PRIu64 ",\"cut\":%s", line->offset,
	        line->length, line->cut ? "true" : "false");
	put_details(out, line->details);
	put_findings(out, line->findings);
	fputs("}\n", out);
}
