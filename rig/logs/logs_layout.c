/*
 * The first lines of records, layout by layout.
 */
#include "logs/logs_inner.h"

#include <string.h>
#include <strings.h>

/* A date, or a type ("Success Audit"), ends within the first columns. */
enum { FIELDS_MAX = 16, SEPARATOR_WITHIN = 32 };

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool starts(const char *p, size_t n, const char *word)
{
	size_t m = strlen(word);

	return n >= m && memcmp(p, word, m) == 0;
}

static const char *find(const char *p, size_t n, const char *word)
{
	return memmem(p, n, word, strlen(word));
}

uint32_t log_number(const char *p, size_t n)
{
	uint32_t v = 0;

	for (size_t i = 0; i < n && i < 5 && digit(p[i]); i++)
		v = v * 10 + (uint32_t)(p[i] - '0');
	return v;
}

static struct span trimmed(const char *p, size_t n)
{
	while (n && (*p == ' ' || *p == '\t'))
		p++, n--;
	while (n && (p[n - 1] == ' ' || p[n - 1] == '\t'))
		n--;
	return (struct span){ p, n };
}

/* ---- the MTA's text log ---- */

/* "message NMI4283: Interface Event, severity 14", also with "Message", also
 * "Event 210: X.400 Service Event, severity 14". */
static bool ev_head(const char *p, size_t n, struct log_head *h)
{
	size_t at;

	/* Most lines that begin so have "Message" only. */
	if (n > 11 && (p[8] | 0x20) == 'n' && strncasecmp(p, "message NMI", 11) == 0)
		at = 11;
	else if (starts(p, n, "Event ") && n > 6 && find(p, n, "severity"))
		at = 6;
	else
		return false;
	if (!digit(p[at]))
		return false;
	*h = (struct log_head){ .layout = LOG_TEXT_EV, .event = log_number(p + at, n - at),
		.body = { p, n } };
	return true;
}

uint32_t log_severity(const char *p, size_t n)
{
	const char *severity = find(p, n, "severity ");

	return severity ? log_number(severity + 9, n - (size_t)(severity + 9 - p)) : 0;
}

/* ---- Event Viewer's columns ---- */

/* Cuts at `mark`, outside quotes; the last field takes the rest.  Quotes stay. */
static size_t split(const char *p, size_t n, char mark, struct span fields[FIELDS_MAX])
{
	const char *end = p + n;
	size_t count = 0;

	while (count + 1 < FIELDS_MAX) {
		const char *q = p, *next;

		if (q < end && *q == '"') {
			q = memchr(q + 1, '"', (size_t)(end - q - 1));
			if (!q)
				break;
		}
		next = memchr(q, mark, (size_t)(end - q));
		if (!next)
			break;
		fields[count++] = (struct span){ p, (size_t)(next - p) };
		p = next + 1;
	}
	fields[count++] = (struct span){ p, (size_t)(end - p) };
	return count;
}

static struct span bare(struct span f)
{
	f = trimmed(f.p, f.n);
	if (f.n >= 2 && f.p[0] == '"' && f.p[f.n - 1] == '"')
		f = (struct span){ f.p + 1, f.n - 2 };
	return f;
}

static bool all_digits(struct span f)
{
	f = bare(f);
	if (!f.n || f.n > 5)
		return false;
	for (size_t i = 0; i < f.n; i++)
		if (!digit(f.p[i]))
			return false;
	return true;
}

static bool numeric_start(struct span f)
{
	f = bare(f);
	return f.n && (digit(*f.p) || (*f.p == '"' && f.n > 1 && digit(f.p[1])));
}

/* What a date or a type is made of, up to the separator. */
static bool of_first_column(char c)
{
	return (unsigned char)c >= '0' ? c != ';' : c == ' ' || c == '/' || c == '.' || c == '-' ||
	       c == '"';
}

/* Not zero if one of eight octets is c. */
static uint64_t has(uint64_t eight, char c)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);

	eight ^= ones * (uint8_t)c;
	return (eight - ones) & ~eight & ones << 7;
}

/* May there be a separator?  Most lines have none, so eight octets at a time. */
static bool may_separate(const char *p, size_t n)
{
	uint64_t eight, found = 0;

	if (n < SEPARATOR_WITHIN)
		return true;
	for (size_t i = 0; i < SEPARATOR_WITHIN && !found; i += sizeof eight) {
		memcpy(&eight, p + i, sizeof eight);
		found = has(eight, '\t') | has(eight, ',') | has(eight, ';');
	}
	return found;
}

/* The separator, if the line may be one of columns: a mark near its begin, and
 * digits at the begin of the first or second column. */
static char separator(const char *p, size_t n)
{
	size_t most = n < SEPARATOR_WITHIN ? n : SEPARATOR_WITHIN, i = 0;

	if (!may_separate(p, n))
		return '\0';
	while (i < most && of_first_column(p[i]))
		i++;
	if (i == most || (p[i] != '\t' && p[i] != ',' && p[i] != ';'))
		return '\0';
	if (digit(p[0]) || (p[0] == '"' && digit(p[1])))
		return p[i];
	return i + 1 < n && (digit(p[i + 1]) || (p[i + 1] == '"' && i + 2 < n && digit(p[i + 2])))
	       ? p[i] : '\0';
}

/*
 * Date, time, source, type, category, event, user, computer, description   NT, 2000, 2003
 * Type, date, time, source, category, event, user, computer[, description]  XP's list
 * Level, date and time, source, event, category[, description]              since Vista
 *
 * So the source stands behind the time and the event is the first number behind
 * the source; how far away it is tells how many columns follow it.
 */
static bool columns(const struct log_reader *r, const char *p, size_t n, struct log_head *h)
{
	char mark = separator(p, n);
	struct span f[FIELDS_MAX], from, source;
	struct log_time t;
	size_t count, date, after, event, body, used;

	if (!mark)
		return false;
	count = split(p, n, mark, f);
	date = numeric_start(f[0]) ? 0 : 1;
	if (date >= count || !numeric_start(f[date]))
		return false;
	from = bare(f[date]);
	from.n = (size_t)(p + n - from.p);
	used = log_time_parse(from.p, from.n, r->order, 1970, &t);
	if (!used || !t.clock)
		return false;
	after = date + 1;
	if (after < count && f[after].p < from.p + used)
		after++;
	for (event = after + 1; event < count && !all_digits(f[event]); event++)
		if (event > after + 3)
			return false;
	if (event >= count)
		return false;
	source = bare(f[after]);
	body = event - after == 1 ? event + 2 : event + 3;
	*h = (struct log_head){ .layout = LOG_TEXT_EXPORT, .source = source,
		.event = log_number(bare(f[event]).p, bare(f[event]).n),
		                .stamp = { from.p, used } };
	h->body = body < count ? (struct span){ f[body].p, (size_t)(p + n - f[body].p) }
	                       : (struct span){ p + n, 0 };
	return true;
}

/* The names of the columns stand in a line of their own. */
static bool column_names(const char *p, size_t n, struct log_head *h)
{
	size_t quote = n && *p == '"';

	if (!starts(p + quote, n - quote, "Level") && !starts(p + quote, n - quote, "Type") &&
	    !starts(p + quote, n - quote, "Date"))
		return false;
	if (!find(p, n, "Source") || !find(p, n, "Event") || !find(p, n, "Category"))
		return false;
	*h = (struct log_head){ .layout = LOG_TEXT_OTHER, .body = { p, n } };
	return true;
}

/* ---- a line for each field ---- */

struct span log_block_value(const char *p, size_t n, const char *key)
{
	size_t m = strlen(key);

	return starts(p, n, key) ? trimmed(p + m, n - m) : (struct span){ p, 0 };
}

static bool block_head(const struct log_reader *r, const char *p, size_t n, struct log_head *h)
{
	bool inside = r->collecting && r->layout == LOG_TEXT_BLOCK && !r->described;

	if (inside || (!starts(p, n, "Log Name:") && !starts(p, n, "Event Type:") &&
	               !starts(p, n, "Event ID:")))
		return false;
	*h = (struct log_head){ .layout = LOG_TEXT_BLOCK, .body = { p, 0 } };
	return true;
}

/* ---- dumps, Calls.out, Mtacheck.log ---- */

static bool dump_head(const char *p, size_t n, struct log_head *h)
{
	static const char *const interfaces[] = { "XAPI message", "ACSI message", "TSI message",
	                                          "NSI message" };
	const char *colon;

	for (size_t i = 0; i < sizeof interfaces / sizeof interfaces[0]; i++) {
		if (*p != *interfaces[i] || !starts(p, n, interfaces[i]))
			continue;
		*h = (struct log_head){ .layout = LOG_TEXT_AP, .body = { p, n } };
		colon = memchr(p, ':', n);
		if (colon)
			h->stamp = trimmed(colon + 1, n - (size_t)(colon + 1 - p));
		return true;
	}
	if (starts(p, n, "Reference ") && n > 10 && digit(p[10]) && memchr(p, ':', n)) {
		*h = (struct log_head){ .layout = LOG_TEXT_BF, .body = { p, n } };
		return true;
	}
	return false;
}

static bool calls_head(const char *p, size_t n, struct log_head *h)
{
	if (!starts(p, n, "Call-stack for TID") &&
	    !(starts(p, n, "Thread ") && n > 7 && digit(p[7]) && find(p, n, "semaphore")))
		return false;
	*h = (struct log_head){ .layout = LOG_TEXT_CALLS, .body = { p, n } };
	return true;
}

static bool mtacheck_head(const char *p, size_t n, struct log_head *h)
{
	if (!(starts(p, n, "Queue '") && find(p, n, "required reconstruction")) &&
	    !(starts(p, n, "Object ") && find(p, n, " invalid")) &&
	    !starts(p, n, "Database clean") && !starts(p, n, "Database repaired") &&
	    !starts(p, n, "Database has serious errors") &&
	    !(digit(*p) && find(p, n, "queue(s) required repair")))
		return false;
	*h = (struct log_head){ .layout = LOG_TEXT_MTACHECK, .body = { p, n } };
	return true;
}

/* ---- any text with a time ---- */

static bool stamped_head(const char *p, size_t n, struct log_head *h)
{
	size_t at = 0;

	if (*p == '<') {		/* syslog's priority */
		while (at < n && at < 6 && p[at] != '>')
			at++;
		at++;
		if (at + 1 < n && p[at] == '1' && p[at + 1] == ' ')
			at += 2;	/* RFC 5424's version */
	} else if (*p == '[' || *p == '"' || *p == '(') {
		at = 1;
	}
	if (at >= n || !log_stamp_here(p + at, n - at))
		return false;
	*h = (struct log_head){ .layout = LOG_TEXT_STAMPED, .stamp = { p + at, n - at },
		.body = { p, n } };
	return true;
}

static bool formatted_head(const struct log_reader *r, const char *p, size_t n, struct log_head *h)
{
	struct span stamp;

	if (!log_time_by_format(p, n, r->options.time_format, &stamp, NULL))
		return false;
	*h = (struct log_head){ .layout = LOG_TEXT_STAMPED, .stamp = stamp, .body = { p, n } };
	return true;
}

bool log_head(const struct log_reader *r, const char *p, size_t n, struct log_head *h)
{
	switch (*p) {
	case 'm':
	case 'M':
		if (ev_head(p, n, h))
			return true;
		break;
	case 'E':
		if (ev_head(p, n, h) || block_head(r, p, n, h))
			return true;
		break;
	case 'L':
		if (block_head(r, p, n, h))
			return true;
		break;
	case 'C':
	case 'T':
		if (calls_head(p, n, h) || (*p == 'T' && dump_head(p, n, h)))
			return true;
		break;
	case 'X':
	case 'A':
	case 'N':
	case 'R':
		if (dump_head(p, n, h))
			return true;
		break;
	case 'Q':
	case 'O':
	case 'D':
		if (mtacheck_head(p, n, h))
			return true;
		break;
	default:
		if (digit(*p) && n < 120 && mtacheck_head(p, n, h))
			return true;
		break;
	}
	if (columns(r, p, n, h) || column_names(p, n, h))
		return true;
	return r->options.time_format ? formatted_head(r, p, n, h) : stamped_head(p, n, h);
}

/* ---- rows of dumps ---- */

static int nibble(char c)
{
	if (digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool log_dump_row(struct log_reader *r, const char *p, size_t n)
{
	size_t at = 1, row = 0;
	uint64_t offset = 0;

	if (n < 4 || *p != '[')
		return false;
	while (at < n && p[at] == ' ')
		at++;
	for (; at < n && digit(p[at]) && offset < UINT32_MAX; at++)
		offset = offset * 10 + (uint64_t)(p[at] - '0');
	if (at >= n || p[at] != ']')
		return false;
	if (offset != r->dump_next)
		log_trouble(r, offset > LOG_DUMP_MAX - 16 ? LOG_LONG_RECORD : LOG_DUMP_GAP,
		            r->line_at);
	at++;
	while (at < n && p[at] == ' ')
		at++;
	/* Sixteen octets at most, one blank between: then comes the text of them. */
	for (; row < 16 && at + 1 < n; row++, at += 3) {
		int high = nibble(p[at]), low = nibble(p[at + 1]);

		if (high < 0 || low < 0 || (at + 2 < n && p[at + 2] != ' '))
			break;
		if (r->dump_n < LOG_DUMP_MAX)
			r->dump[r->dump_n++] = (uint8_t)(high << 4 | low);
		if (at + 3 < n && p[at + 3] == ' ') {
			row++;
			break;
		}
	}
	r->dump_next = offset + row;
	return true;
}
