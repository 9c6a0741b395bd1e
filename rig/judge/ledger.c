#include "judge/ledger.h"

#include "array/array.h"

#include <stdlib.h>
#include <string.h>

/* The record of an ordinal, made when first named. */
static struct message *message_of(struct ledger *l, size_t ordinal)
{
	struct message *grown;

	if (ordinal < l->n)
		return &l->at[ordinal];
	grown = array_room(l->at, ordinal + 1, &l->cap, sizeof *grown);
	if (!grown) {
		l->no_memory = true;
		return NULL;
	}
	l->at = grown;
	memset(&l->at[l->n], 0, (ordinal + 1 - l->n) * sizeof l->at[0]);
	l->n = ordinal + 1;
	return &l->at[ordinal];
}

static void count(uint16_t *n)
{
	*n = (uint16_t)(*n + (*n < UINT16_MAX));
}

static bool has_side(const struct message *m)
{
	return m->offered && m->destination < SIDES_MAX && m->rank < RANKS;
}

static void wait_begins(struct ledger *l, struct message *m)
{
	if (!m->accepted && has_side(m) && m->delivered == 0)
		l->waiting[m->destination][m->rank]++;
	m->accepted = true;
}

/* The first copy comes out: those of higher rank that waited longer should have. */
static void wait_ends(struct ledger *l, const struct message *m)
{
	uint32_t *waiting = l->waiting[m->destination], *overdue = l->overdue[m->destination];

	for (size_t rank = m->rank + 1u; rank < RANKS; rank++)
		l->misordered[m->destination] += overdue[rank] > 0;
	if (m->accepted)
		waiting[m->rank]--;
	memcpy(overdue, waiting, sizeof l->overdue[0]);
}

void ledger_event(struct ledger *l, const struct event *e)
{
	struct message *m;

	if (e->code == LEDGER_FOREIGN) {
		l->foreign++;
		return;
	}
	m = message_of(l, e->value);
	if (!m)
		return;
	switch (e->code) {
	case LEDGER_OFFERED:
		m->offered = true;
		m->abandoned = false;
		m->destination = e->offset;
		m->rank = e->type;
		break;
	case LEDGER_ACCEPTED:
		wait_begins(l, m);
		break;
	case LEDGER_ABANDONED:
		m->abandoned = true;
		break;
	case LEDGER_DOUBT:
		count(&m->doubts);
		break;
	case LEDGER_DELIVERED:
		if (m->delivered == 0 && has_side(m))
			wait_ends(l, m);
		count(&m->delivered);
		break;
	case LEDGER_ALTERED:
		count(&m->altered);
		break;
	case LEDGER_REPORTED:
		if (m->accepted && has_side(m) && !message_settled(m))
			l->reported[m->destination]++;
		count(&m->reported);
		m->reason = (uint32_t)e->offset;
		m->diagnostic = (uint32_t)e->length;
		break;
	default:
		break;		/* a delivery report settles nothing that is not settled */
	}
}

void ledger_free(struct ledger *l)
{
	free(l->at);
	*l = (struct ledger){ 0 };
}

bool message_counts(const struct message *m)
{
	return m->offered && !(m->abandoned && !m->accepted);
}

bool message_settled(const struct message *m)
{
	return m->delivered > 0 || m->reported > 0;
}

bool message_doubled(const struct message *m)
{
	return m->delivered > 1 + m->doubts;
}

static void tally(struct ledger_count *c, size_t ordinal, bool done)
{
	c->due++;
	if (done)
		c->done++;
	else if (c->first_missing == SIZE_MAX)
		c->first_missing = ordinal;
}

struct ledger_count ledger_delivered(const struct ledger *l, int side)
{
	struct ledger_count c = { 0, 0, SIZE_MAX };

	for (size_t i = 0; i < l->n; i++) {
		const struct message *m = &l->at[i];

		if (message_counts(m) && m->destination != LEDGER_NOWHERE &&
		    (side < 0 || m->destination == (uint64_t)side))
			tally(&c, i, m->delivered > 0);
	}
	return c;
}

uint32_t ledger_copies(const struct ledger *l, int side)
{
	uint32_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		if (l->at[i].delivered > 1 && (side < 0 || l->at[i].destination == (uint64_t)side))
			n += l->at[i].delivered - 1u;
	return n;
}

uint32_t ledger_misordered(const struct ledger *l, int side)
{
	uint32_t n = 0;

	for (int i = 0; i < SIDES_MAX; i++)
		n += side < 0 || side == i ? l->misordered[i] : 0;
	return n;
}

struct ledger_count ledger_accepted(const struct ledger *l)
{
	struct ledger_count c = { 0, 0, SIZE_MAX };

	for (size_t i = 0; i < l->n; i++)
		if (message_counts(&l->at[i]))
			tally(&c, i, l->at[i].accepted);
	return c;
}

struct ledger_count ledger_reported(const struct ledger *l, int32_t reason, int32_t diagnostic)
{
	struct ledger_count c = { 0, 0, SIZE_MAX };

	for (size_t i = 0; i < l->n; i++) {
		const struct message *m = &l->at[i];

		if (!message_counts(m) || m->destination != LEDGER_NOWHERE)
			continue;
		tally(&c, i, m->reported > 0 &&
		             (reason < 0 || m->reason == (uint32_t)reason) &&
		             (diagnostic < 0 || m->diagnostic == (uint32_t)diagnostic + 1));
	}
	return c;
}

uint32_t ledger_waiting(const struct ledger *l, unsigned side)
{
	uint32_t n = 0;

	for (size_t rank = 0; rank < RANKS; rank++)
		n += l->waiting[side][rank];
	return n > l->reported[side] ? n - l->reported[side] : 0;
}
