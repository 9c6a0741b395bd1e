#include "p1/p1_usual.h"

enum { TAG_NUMBER = 0x80, TAG_FLAGS = 0x81, TAG_ARRIVAL = 0x80, TAG_ACTION = 0x82 };

static bool one_of(struct run *r, uint8_t wanted, struct run *body)
{
	uint8_t tag;

	return usual_next(r, &tag, body) && tag == wanted;
}

static size_t size(const struct run *r)
{
	return (size_t)(r->end - r->p);
}

/* 1 to 32767 in the fewest octets (X.690 8.3.2). */
static bool usual_number(const struct run *r)
{
	if (size(r) == 1)
		return r->p[0] > 0 && r->p[0] < 0x80;
	return size(r) == 2 && r->p[0] < 0x80 && (r->p[0] > 0 || r->p[1] >= 0x80);
}

/* Eight bits, first bit first: a report of the MTA of some kind is asked for, and not
 * both by the originator (X.411 PerRecipientIndicators). */
static bool usual_flags(const struct run *r)
{
	enum { MTA_REPORTS = 0x60, ORIGINATOR_REPORTS = 0x18 };

	return size(r) == 2 && r->p[0] == 0 && (r->p[1] & MTA_REPORTS) &&
	       (r->p[1] & ORIGINATOR_REPORTS) != ORIGINATOR_REPORTS;
}

static bool usual_recipient(struct run set)
{
	struct run name, number, flags;
	const uint8_t *begin = set.p;

	return one_of(&set, TAG_ORNAME, &name) &&
	       p1_name_usual((struct octets){ begin, (size_t)(set.p - begin) }, NULL) &&
	       one_of(&set, TAG_NUMBER, &number) && usual_number(&number) &&
	       one_of(&set, TAG_FLAGS, &flags) && usual_flags(&flags) && set.p == set.end;
}

/* YYMMDDhhmmssZ */
static bool usual_time(const struct run *r)
{
	if (size(r) != 13 || r->p[12] != 'Z')
		return false;
	for (size_t i = 0; i < 12; i++)
		if (r->p[i] < '0' || r->p[i] > '9')
			return false;
	return true;
}

static bool usual_element(struct run e, struct p1_domain *out)
{
	struct run domain, set, time, action;

	return one_of(&e, TAG_DOMAIN, &domain) && p1_usual_domain(domain, out) &&
	       one_of(&e, TAG_SET, &set) && e.p == e.end &&
	       one_of(&set, TAG_ARRIVAL, &time) && usual_time(&time) &&
	       one_of(&set, TAG_ACTION, &action) && size(&action) == 1 &&
	       action.p[0] <= P1_REROUTED && set.p == set.end;
}

/* Of none there may be no place either (C11 6.5.6). */
static struct run run_of(struct octets o)
{
	return o.n ? (struct run){ o.p, o.p + o.n } : (struct run){ NULL, NULL };
}

uint32_t p1_usual_recipients(struct octets contents)
{
	struct run r = run_of(contents), body;
	uint32_t n = 0;

	for (; r.p < r.end; n++)
		if (!one_of(&r, TAG_SET, &body) || !usual_recipient(body))
			return 0;
	return n;
}

bool p1_usual_trace_next(struct run *trace, struct p1_domain *out)
{
	struct run rest = *trace, element;

	if (!one_of(&rest, TAG_SEQUENCE, &element) || !usual_element(element, out))
		return false;
	*trace = rest;
	return true;
}

uint32_t p1_usual_trace(struct octets contents)
{
	struct run r = run_of(contents);
	struct p1_domain ignored;
	uint32_t n = 0;

	while (r.p < r.end && p1_usual_trace_next(&r, &ignored))
		n++;
	return r.p == r.end ? n : 0;
}

/* Identifier and definite length at *at, which goes behind them. */
static bool usual_header(struct octets head, size_t *at, uint8_t tag, uint64_t *length)
{
	enum { LENGTH_OCTETS_MAX = 5 };
	size_t n;

	if (head.n - *at < 2 || head.p[*at] != tag)
		return false;
	*length = head.p[*at + 1];
	*at += 2;
	if (*length < 0x80)
		return true;
	n = *length & 0x7f;
	if (n == 0 || n > LENGTH_OCTETS_MAX || n > head.n - *at)
		return false;
	for (*length = 0; n > 0; n--)
		*length = *length << 8 | head.p[(*at)++];
	return true;
}

bool p1_usual_message(struct octets head, size_t *envelope_at, size_t *envelope_end,
                      uint64_t *length)
{
	enum { TAG_MESSAGE = 0xa0, TAG_CONTENT = 0x04 };
	uint64_t whole, rest;
	size_t at = 0;

	if (!usual_header(head, &at, TAG_MESSAGE, &whole))
		return false;
	whole += at;
	*envelope_at = at;
	if (!usual_header(head, &at, TAG_SET, &rest) || rest > head.n - at)
		return false;
	*envelope_end = at += (size_t)rest;
	return usual_header(head, &at, TAG_CONTENT, length) && at <= whole && *length <= whole - at;
}
