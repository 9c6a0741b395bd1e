/*
 * How long the head of a TSDU is, from its first octets.
 */
#include "session/session_layout.h"

/* Where the SPDU at `at` ends, by its LI. */
enum extent { EXTENT_KNOWN, EXTENT_SHORT, EXTENT_LONG };

static enum extent extent(struct octets first, size_t at, uint8_t *si, size_t *end)
{
	struct findings none = { .n = 0 };
	struct cursor c;
	size_t li;

	if (at > first.n)
		return EXTENT_SHORT;
	cursor_init(&c, first, &none, &session_rules[SESSION_CUT]);
	c.pos = at;
	if (!cursor_u8(&c, si) || !session_read_li(&c, &li))
		return EXTENT_SHORT;
	*end = c.pos + li;
	return li > 254 ? EXTENT_LONG : EXTENT_KNOWN;
}

/* The headers that precede user information: TD, or GT or PT and DT. */
static enum session_head_answer find_information(struct octets first, size_t *end)
{
	static const enum session_head_answer answer[] = {
		[EXTENT_SHORT] = SESSION_HEAD_MORE, [EXTENT_LONG] = SESSION_HEAD_GATHER,
	};
	enum extent e;
	uint8_t si;

	e = extent(first, 0, &si, end);
	if (e == EXTENT_KNOWN && (si == 1 || si == 2)) {
		e = extent(first, *end, &si, end);
		if (e == EXTENT_KNOWN && si != 1)
			return SESSION_HEAD_GATHER;
	} else if (e == EXTENT_KNOWN && si != 33) {
		return SESSION_HEAD_GATHER;
	}
	if (e != EXTENT_KNOWN)
		return answer[e];
	return first.n < *end ? SESSION_HEAD_MORE : SESSION_HEAD_STREAM;
}

static void add_all(struct findings *f, const struct findings *own)
{
	unsigned lost = (unsigned)f->lost + own->lost;

	f->lost = (uint8_t)(lost < UINT8_MAX ? lost : UINT8_MAX);
	for (size_t i = 0; i < own->n; i++)
		findings_add(f, own->at[i].rule, own->at[i].octet);
}

enum session_head_answer session_head(struct octets first, bool whole,
                                      struct session_head *head, struct findings *f)
{
	enum session_head_answer answer = find_information(first, &head->user_at);
	struct findings own;

	if (answer == SESSION_HEAD_MORE && whole)
		return SESSION_HEAD_GATHER;
	if (answer != SESSION_HEAD_STREAM)
		return answer;
	findings_clear(&own);
	if (!session_read_tsdu(first, false, &head->tsdu, &own))
		return SESSION_HEAD_GATHER;
	add_all(f, &own);
	return SESSION_HEAD_STREAM;
}

void session_head_end(const struct session_head *head, size_t total, struct findings *f)
{
	struct session_pdu last = head->tsdu.pdu[head->tsdu.n - 1];

	if (total > head->user_at)
		last.has |= 1u << SESSION_USER_DATA;
	session_check_information(&last, f);
}
