#include "cli/listing.h"

#include "pdu/pdu.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#define INDENT "                               "
/* Below the text of a PDU. */
#define BELOW INDENT "                  "

/* ---- frames ---- */

struct answer {
	bool known;
	uint32_t first, last;
	uint64_t end;			/* it holds up to here; 0: that is not known */
};

static struct answer ask(const struct listing_line *line, const struct follow *f, uint64_t at)
{
	struct answer a = { .known = false };

	a.known = follow_run(f, line->connection->number, line->direction, at, &a.first,
	                     &a.last, &a.end);
	return a;
}

static bool same(struct answer a, struct answer b)
{
	return a.known == b.known && (!a.known || (a.first == b.first && a.last == b.last));
}

/* The octet behind the run that begins at `at`, where the answer is `here`.  Most runs
 * are as long as the one before, *usual; else it is looked for by doubling steps, then
 * by halves. */
static uint64_t run_end(const struct listing_line *line, const struct follow *f, uint64_t at,
                        uint64_t to, struct answer here, uint64_t *usual)
{
	uint64_t in = at, out = at + 1, step = 1;

	if (here.end > at)
		return here.end < to ? here.end : to;
	if (*usual > 0 && to - at > *usual && same(ask(line, f, at + *usual - 1), here) &&
	    !same(ask(line, f, at + *usual), here))
		return at + *usual;
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
	*usual = out - at;
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
	struct answer first;

	if (follow_is_now(f, line->connection->number, line->direction, from, to)) {
		add_frame(line, f->now.frame);
		return true;
	}
	first = ask(line, f, from);
	if (!first.known || first.first != first.last || !same(ask(line, f, to - 1), first))
		return false;
	add_frame(line, first.first);
	return true;
}

void listing_frames(struct listing_line *line, const struct follow *f, uint64_t from,
                    uint64_t to)
{
	uint64_t at = from, usual = 0;

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
		at = run_end(line, f, at, to, a, &usual);
	}
	if (at < to && ask(line, f, to - 1).known)
		add_frame(line, ask(line, f, to - 1).last);
}

/* ---- text ---- */

const char *listing_end(const struct stream_connection *c, enum capture_direction d,
                        char out[LISTING_END])
{
	char address[CAPTURE_ADDRESS_TEXT];
	bool v6 = c->address[d].version == 6;

	capture_address_text(&c->address[d], address);
	snprintf(out, LISTING_END, "%s%s%s:%u", v6 ? "[" : "", address, v6 ? "]" : "", c->port[d]);
	return out;
}

void listing_connection(FILE *out, const struct stream_connection *c)
{
	time_t seconds = (time_t)(c->first_ns / 1000000000);
	char from[LISTING_END], to[LISTING_END], date[32];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S", &tm);
	fprintf(out, "connection %" PRIu32 ": %s > %s, %s.%06" PRId64 " UTC, from frame %"
	        PRIu32 "\n",
	        c->number, listing_end(c, FROM_INITIATOR, from), listing_end(c, FROM_RESPONDER, to),
	        date, c->first_ns / 1000 % 1000000, c->first_frame);
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

const char *listing_severity(const struct rule *rule)
{
	return rule->severity == SEVERITY_FATAL ? "fatal" : "note";
}

static void print_findings(FILE *out, const struct findings *f)
{
	for (size_t i = 0; f && i < f->n; i++) {
		const struct finding *at = &f->at[i];

		fprintf(out, BELOW "%s %s (%s) @%zu: %s\n", listing_severity(at->rule),
		        at->rule->name,
		        at->rule->clause, at->octet, at->rule->text);
	}
	if (f && f->lost > 0)
		fprintf(out, BELOW "and %u notes more\n", f->lost);
}

void listing_details_init(struct listing_details *d, const struct listing_line *line)
{
	const struct observation *seen = line->details;

	d->seen = seen;
	d->form = NULL;
	d->field = 0;
	observation_details_init(&d->rest, seen);
	if (line->fields && seen->octets.n > 0)
		d->form = pdu_form((enum layer)seen->layer, seen->code);
}

static bool next_field(struct listing_details *d, struct text *t)
{
	while (d->form && d->field < pdu_fields(d->form)) {
		struct pdu_field field = pdu_field(d->form, d->field);
		struct pdu_got got;

		if (!pdu_get(d->form, d->seen->octets, d->field++, &got))
			continue;
		text_put(t, "field");
		text_field(t, field.name);
		if (strstr(field.name, "password")) {
			text_u64(t, got.octets.n);
			text_put(t, " octets, not shown");
		} else {
			pdu_value_text(t, &field, &got);
		}
		return true;
	}
	d->form = NULL;
	return false;
}

bool listing_details_next(struct listing_details *d, struct text *t)
{
	return next_field(d, t) || observation_details_next(&d->rest, t);
}

static void print_details(FILE *out, const struct listing_line *line)
{
	struct listing_details d;
	char buf[LISTING_DETAIL_MAX];
	struct text t;
	size_t n = 0;

	if (!line->details)
		return;
	listing_details_init(&d, line);
	for (;; n++) {
		text_init(&t, buf, sizeof buf);
		t.memory = line->names;
		if (!listing_details_next(&d, &t))
			break;
		if (n < LISTING_DETAILS || line->fields)
			fprintf(out, BELOW "%s\n", buf);
	}
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
