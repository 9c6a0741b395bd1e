/*
 * Lines of JSON.  A capture of small messages has some two octets of JSON for each
 * of its own, so they are written by hand: stdio and a tree of values take more time
 * than decoding.
 */
#include "cli/listing.h"

#include "base/copy.h"

#include <endian.h>
#include <string.h>

enum {
	ESCAPED = 6,			/* octets of a character at most: "\u001f" */
	/* Time, frames, ends, names and numbers of a line, without its strings. */
	FIXED_MAX = 2048,
};

void listing_json_flush(struct listing_json *j)
{
	if (j->sink)
		j->at = j->sink->take(j->sink, j->n);
	else
		fwrite(j->at, 1, j->n, j->out);
	j->n = 0;
}

/* Where the next octets go; n <= LISTING_BUFFER of them have room. */
static char *room(struct listing_json *j, size_t n)
{
	if (LISTING_BUFFER - j->n < n)
		listing_json_flush(j);
	return j->at + j->n;
}

static void put_up_to(struct listing_json *j, const char *end)
{
	j->n = (size_t)(end - j->at);
}

static inline char *add(char *at, const char *s, size_t n)
{
	copy_short(at, s, n);
	return at + n;
}

#define ADD(at, literal) add(at, literal, sizeof literal - 1)

static char *add_u64(char *at, uint64_t v)
{
	return at + copy_digits(at, v);
}

/* ---- strings ---- */

#define EACH(c) (UINT64_C(0x0101010101010101) * (c))

/* How many of eight characters, from the first one on, stand for themselves.  The high bit is
 * set of those that do not: above 7f, below 20, 7f, the quote, the backslash; what is carried
 * or borrowed goes only to those above the first of them. */
static size_t plain_of_eight(const char *s)
{
	uint64_t v, other;

	memcpy(&v, s, sizeof v);
	v = le64toh(v);
	other = (v | (v - EACH(0x20)) | (v + EACH(1)) | ((v ^ EACH('"')) - EACH(1)) |
	         ((v ^ EACH('\\')) - EACH(1))) & EACH(0x80);
	return other ? (size_t)__builtin_ctzll(other) / 8 : 8;
}

static inline char *add_escaped(char *at, char c)
{
	static const char digit[] = "0123456789abcdef";
	uint8_t v = (uint8_t)c;

	if (v >= 0x20 && v < 0x7f && v != '"' && v != '\\') {
		*at++ = c;
		return at;
	}
	*at++ = '\\';
	if (v == '"' || v == '\\') {
		*at++ = c;
		return at;
	}
	at = ADD(at, "u00");
	*at++ = digit[v >> 4];
	*at++ = digit[v & 15];
	return at;
}

/* In quotes; ESCAPED * n + 2 octets at most. */
static char *add_string(char *at, const char *s, size_t n)
{
	*at++ = '"';
	while (n >= 8) {
		size_t plain = plain_of_eight(s);

		/* what is behind the plain ones is written over */
		memcpy(at, s, 8);
		at += plain;
		s += plain;
		n -= plain;
		if (plain < 8) {
			at = add_escaped(at, *s++);
			n--;
		}
	}
	for (; n > 0; n--)
		at = add_escaped(at, *s++);
	*at++ = '"';
	return at;
}

static void put_string(struct listing_json *j, const char *s, size_t n)
{
	put_up_to(j, add_string(room(j, ESCAPED * n + 2), s, n));
}

static void put(struct listing_json *j, const char *s, size_t n)
{
	put_up_to(j, add(room(j, n), s, n));
}

#define PUT(j, literal) put(j, literal, sizeof literal - 1)

/* ---- parts of a line ---- */

static void make_time(struct listing_json *j, const struct listing_line *line)
{
	uint64_t ns = (uint64_t)line->time_ns;
	char *at = ADD(j->time, "{\"time\":");

	j->time_ns = line->time_ns;
	if (line->time_ns < 0) {
		j->time_n = (size_t)snprintf(j->time, sizeof j->time, "{\"time\":%.6f",
		                             (double)line->time_ns / 1e9);
		return;
	}
	at = add_u64(at, ns / 1000000000);
	for (size_t i = 9; i > 0; i--, ns /= 10)
		at[i] = (char)('0' + ns % 10);
	at[0] = '.';
	j->time_n = (size_t)(at - j->time) + 10;
}

/* What one frame brings has one time. */
static char *add_time(struct listing_json *j, char *at, const struct listing_line *line)
{
	if (!line->has_time)
		return ADD(at, "{\"time\":null");
	if (j->time_n == 0 || j->time_ns != line->time_ns)
		make_time(j, line);
	return add(at, j->time, j->time_n);
}

static char *add_frames(char *at, const struct listing_line *line)
{
	at = ADD(at, ",\"frames\":[");
	for (size_t i = 0; i < line->frames_n; i++) {
		if (i > 0)
			*at++ = ',';
		at = add_u64(at, line->frames[i]);
	}
	*at++ = ']';
	return at;
}

static bool same_ends(const struct listing_ends *e, const struct stream_connection *c)
{
	return e->number == c->number && memcmp(e->port, c->port, sizeof e->port) == 0 &&
	       memcmp(e->address, c->address, sizeof e->address) == 0;
}

static void make_ends(struct listing_ends *e, const struct stream_connection *c,
                      enum capture_direction d)
{
	char from[LISTING_END], to[LISTING_END];
	int n;

	e->number = c->number;
	memcpy(e->port, c->port, sizeof e->port);
	memcpy(e->address, c->address, sizeof e->address);
	n = snprintf(e->text, sizeof e->text, ",\"connection\":%u,\"from\":\"%s\",\"to\":\"%s\","
	             "\"direction\":\"%s\"", (unsigned)c->number, listing_end(c, d, from),
	             listing_end(c, (enum capture_direction)(1 - d), to),
	             d == FROM_INITIATOR ? "->" : "<-");
	e->n = (uint16_t)n;
}

static char *add_ends(struct listing_json *j, char *at, const struct listing_line *line)
{
	const struct stream_connection *c = line->connection;
	struct listing_ends *e;

	if (!c)
		return ADD(at, ",\"connection\":null,\"from\":null,\"to\":null,\"direction\":null");
	e = &j->ends[(2 * c->number + line->direction) % LISTING_ENDS];
	if (!same_ends(e, c))
		make_ends(e, c, line->direction);
	return add(at, e->text, e->n);
}

/* Names are our own: nothing in them needs an escape. */
static char *add_name(char *at, const char *name)
{
	*at++ = '"';
	while (*name)
		*at++ = *name++;
	*at++ = '"';
	return at;
}

/* Only these have lines below them, if not every field is asked for. */
static bool has_details(const struct listing_line *line)
{
	const struct observation *seen = line->details;

	return seen && (line->fields || seen->layer == LAYER_P1 || seen->layer == LAYER_IPM);
}

static void put_details(struct listing_json *j, const struct listing_line *line)
{
	struct listing_details d;
	char buf[LISTING_DETAIL_MAX];
	struct text t;

	PUT(j, ",\"details\":[");
	listing_details_init(&d, line);
	for (size_t n = 0; n < LISTING_DETAILS_JSON; n++) {
		text_init(&t, buf, sizeof buf);
		t.memory = line->names;
		if (!listing_details_next(&d, &t))
			break;
		if (n > 0)
			PUT(j, ",");
		put_string(j, buf, t.n);
	}
}

static void put_finding(struct listing_json *j, const struct finding *f)
{
	char *at = room(j, FIXED_MAX);

	at = ADD(at, "{\"rule\":");
	at = add_name(at, f->rule->name);
	at = ADD(at, ",\"clause\":");
	at = add_string(at, f->rule->clause, strlen(f->rule->clause));
	at = ADD(at, ",\"octet\":");
	at = add_u64(at, f->octet);
	at = ADD(at, ",\"severity\":");
	at = add_name(at, listing_severity(f->rule));
	at = ADD(at, ",\"text\":");
	put_up_to(j, at);
	put_string(j, f->rule->text, strlen(f->rule->text));
	PUT(j, "}");
}

static void put_findings(struct listing_json *j, const struct findings *f)
{
	PUT(j, "],\"findings\":[");
	for (size_t i = 0; i < f->n; i++) {
		if (i > 0)
			PUT(j, ",");
		put_finding(j, &f->at[i]);
	}
	PUT(j, "]}\n");
}

static bool has_same_head(const struct listing_json *j, const struct listing_line *line)
{
	return j->head_n > 0 && line->frames_n == 1 && line->has_time && line->connection &&
	       j->head_frame == line->frames[0] && j->head_ns == line->time_ns &&
	       j->head_connection == line->connection->number &&
	       j->head_direction == line->direction;
}

static void keep_head(struct listing_json *j, const struct listing_line *line, const char *from,
                      const char *to)
{
	size_t n = (size_t)(to - from);

	j->head_n = 0;
	if (line->frames_n != 1 || !line->has_time || !line->connection || n > LISTING_HEAD)
		return;
	j->head_frame = line->frames[0];
	j->head_ns = line->time_ns;
	j->head_connection = line->connection->number;
	j->head_direction = line->direction;
	memcpy(j->head, from, n);
	j->head_n = n;
}

static char *add_head(struct listing_json *j, char *at, const struct listing_line *line)
{
	char *from = at;

	if (has_same_head(j, line))
		return add(at, j->head, j->head_n);
	at = add_time(j, at, line);
	at = add_frames(at, line);
	at = add_ends(j, at, line);
	at = ADD(at, ",\"layer\":");
	keep_head(j, line, from, at);
	return at;
}

void listing_json(struct listing_json *j, const struct listing_line *line)
{
	bool details = has_details(line), findings = line->findings && line->findings->n > 0;
	char *at = room(j, FIXED_MAX);

	at = add_head(j, at, line);
	at = add_name(at, line->layer);
	at = ADD(at, ",\"pdu\":");
	at = add_name(at, line->pdu);
	at = ADD(at, ",\"text\":");
	put_up_to(j, at);
	put_string(j, line->text, line->text_n ? line->text_n : strlen(line->text));
	at = ADD(room(j, FIXED_MAX), ",\"offset\":");
	at = add_u64(at, line->offset);
	at = ADD(at, ",\"length\":");
	at = add_u64(at, line->length);
	at = line->cut ? ADD(at, ",\"cut\":true") : ADD(at, ",\"cut\":false");
	if (!details)
		at = ADD(at, ",\"details\":[");
	if (!details && !findings)
		at = ADD(at, "],\"findings\":[]}\n");
	put_up_to(j, at);
	if (details)
		put_details(j, line);
	if (findings)
		put_findings(j, line->findings);
	else if (details)
		PUT(j, "],\"findings\":[]}\n");
}
