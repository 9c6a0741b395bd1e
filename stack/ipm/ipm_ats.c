#include "ipm/ipm_ats.h"

#include <string.h>

#include "p1/p1_pdu.h"

enum { SOH = 1, STX = 2, TIME_N = 6, HEADING_MAX = 53, HEADING_MAX_SS = 48 };

static const struct {
	char name[3];
	uint8_t precedence, priority;
} priorities[] = {
	{ "SS", 107, P1_URGENT }, { "DD", 71, P1_NORMAL }, { "FF", 57, P1_NORMAL },
	{ "GG", 28, P1_NON_URGENT }, { "KK", 14, P1_NON_URGENT },
};
enum { PRIORITIES_N = sizeof priorities / sizeof *priorities };

static int find(struct octets name)
{
	for (int i = 0; i < PRIORITIES_N; i++)
		if (octets_equal(name, octets_of(priorities[i].name)))
			return i;
	return -1;
}

int ipm_ats_priority(struct octets priority)
{
	int i = find(priority);

	return i < 0 ? -1 : priorities[i].priority;
}

int ipm_ats_precedence(struct octets priority)
{
	int i = find(priority);

	return i < 0 ? -1 : priorities[i].precedence;
}

/* ddhhmm */
static bool is_filing_time(struct octets o)
{
	unsigned v[3] = { 0 };

	if (o.n != TIME_N)
		return false;
	for (size_t i = 0; i < TIME_N; i++) {
		if (o.p[i] < '0' || o.p[i] > '9')
			return false;
		v[i / 2] = v[i / 2] * 10 + (unsigned)(o.p[i] - '0');
	}
	return v[0] >= 1 && v[0] <= 31 && v[1] <= 23 && v[2] <= 59;
}

static bool is_heading(const struct ipm_ats *a)
{
	bool urgent = find(a->priority) == 0;

	for (size_t i = 0; i < a->heading.n; i++)
		if (a->heading.p[i] < 0x20 || a->heading.p[i] > 0x7e)
			return false;
	return a->heading.n <= (urgent ? HEADING_MAX_SS : HEADING_MAX);
}

/* `key` and what follows it up to CR LF. */
static bool take_line(struct octets text, size_t *pos, const char *key, struct octets *out)
{
	size_t n = strlen(key), end;

	if (text.n - *pos < n || memcmp(text.p + *pos, key, n) != 0)
		return false;
	for (end = *pos + n; end + 1 < text.n; end++)
		if (text.p[end] == '\r' && text.p[end + 1] == '\n') {
			*out = (struct octets){ text.p + *pos + n, end - *pos - n };
			*pos = end + 2;
			return true;
		}
	return false;
}

bool ipm_ats_decode(struct octets text, struct ipm_ats *out, size_t *bad)
{
	size_t pos = 1;

	*out = (struct ipm_ats){ .text = { NULL, 0 } };
	*bad = 0;
	if (text.n == 0 || text.p[0] != SOH)
		return false;
	*bad = pos;
	if (!take_line(text, &pos, "PRI: ", &out->priority) || find(out->priority) < 0)
		return false;
	*bad = pos;
	if (!take_line(text, &pos, "FT: ", &out->filing_time) ||
	    !is_filing_time(out->filing_time))
		return false;
	*bad = pos;
	if (take_line(text, &pos, "OHI: ", &out->heading) && !is_heading(out))
		return false;
	*bad = pos;
	if (pos == text.n || text.p[pos] != STX)
		return false;
	out->text = (struct octets){ text.p + pos + 1, text.n - pos - 1 };
	return true;
}

struct line {
	uint8_t *dst;
	size_t n, cap;
};

static void put(struct line *l, struct octets o)
{
	if (l->dst && o.n && o.n <= l->cap && l->n <= l->cap - o.n)
		memcpy(l->dst + l->n, o.p, o.n);
	l->n += o.n;
}

static void put_line(struct line *l, const char *key, struct octets value)
{
	put(l, octets_of(key));
	put(l, value);
	put(l, octets_of("\r\n"));
}

size_t ipm_ats_encode(const struct ipm_ats *a, uint8_t *dst, size_t cap)
{
	struct line l = { dst, 0, cap };

	if (find(a->priority) < 0 || !is_filing_time(a->filing_time) || !is_heading(a))
		return 0;
	put(&l, octets_of("\x01"));
	put_line(&l, "PRI: ", a->priority);
	put_line(&l, "FT: ", a->filing_time);
	if (a->heading.n)
		put_line(&l, "OHI: ", a->heading);
	put(&l, octets_of("\x02"));
	return l.n;
}

void ipm_ats_text(struct text *t, const struct ipm_ats *a)
{
	text_put(t, "ATS");
	text_field(t, "priority");
	text_quoted(t, a->priority);
	text_field(t, "filing");
	text_quoted(t, a->filing_time);
	if (a->heading.n) {
		text_field(t, "heading");
		text_quoted(t, a->heading);
	}
	text_field_u64(t, "text", a->text.n);
}
