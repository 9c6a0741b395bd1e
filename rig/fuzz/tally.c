#include "fuzz/tally.h"

#include <string.h>

/* What has been told is not waited for any more. */
static bool is_due(const struct tally_entry *e)
{
	return e->booked && e->what == MESSAGE_WHOLE && e->copies == 0 && !e->doubt && !e->told;
}

static void wrong(struct tally *t, struct tally_entry *e, const char *why)
{
	if (!e->told && t->wrongs_n < TALLY_WRONGS)
		t->wrongs[t->wrongs_n++] = (struct tally_wrong){ e->number - 1, why };
	t->due -= is_due(e);
	e->told = true;
}

static void lost(struct tally *t, struct tally_entry *e)
{
	wrong(t, e, "acknowledged, and did not come out");
}

static void let_go(struct tally *t, struct tally_entry *e)
{
	if (is_due(e))
		lost(t, e);
}

/* Of its places the one that was asked for longest ago, and that nobody owes: numbers of an order
 * are not in a row, and one that is owed must not make room while another could. */
static size_t least_missed(const struct tally_entry *at)
{
	for (size_t i = TALLY_PLACES; i-- > 0;)
		if (!is_due(&at[i]))
			return i;
	return TALLY_PLACES - 1;
}

/* The first of its places is the one that was asked for last. */
static struct tally_entry *entry_of(struct tally *t, uint64_t number)
{
	struct tally_entry *at = &t->entries[number % (TALLY_KEPT / TALLY_PLACES) * TALLY_PLACES];
	struct tally_entry wanted = { .number = number + 1 };
	size_t i = 0;

	while (i < TALLY_PLACES && at[i].number != number + 1)
		i++;
	if (i < TALLY_PLACES) {
		wanted = at[i];
	} else {
		i = least_missed(at);
		let_go(t, &at[i]);
	}
	memmove(at + 1, at, i * sizeof *at);
	*at = wanted;
	return at;
}

/* At least once, and one copy more for each cut that left it in doubt (X.218 9.3.1.3). */
static void audit(struct tally *t, struct tally_entry *e)
{
	if (!e->booked)
		return;
	if (e->copies > 1 + e->cuts)
		wrong(t, e, "delivered more than once");
	if (e->copies && (e->what == MESSAGE_PARTLY || e->what == MESSAGE_NONE))
		wrong(t, e, "delivered, but never sent to its end");
}

void tally_book(struct tally *t, uint64_t number, enum fuzz_message what, bool again,
                int64_t now_us)
{
	struct tally_entry *e;

	if (what == MESSAGE_NONE)
		return;
	e = entry_of(t, number);
	e->booked = true;
	e->what = (uint8_t)what;
	e->cuts = (uint8_t)(e->cuts + again);
	e->at_us = now_us;
	t->accepted += what == MESSAGE_WHOLE;
	t->due += is_due(e);
	audit(t, e);
}

void tally_out(struct tally *t, uint64_t number, bool damaged)
{
	struct tally_entry *e = entry_of(t, number);

	t->delivered++;
	t->due -= is_due(e);
	if (e->copies < UINT8_MAX)
		e->copies++;
	audit(t, e);
	if (damaged)
		wrong(t, e, "delivered with another content");
}

void tally_cut(struct tally *t, uint64_t number, bool acknowledged)
{
	struct tally_entry *e = entry_of(t, number);

	e->cuts++;
	t->due -= is_due(e);
	e->doubt |= acknowledged;
	t->due += is_due(e);
}

size_t tally_due(struct tally *t, int64_t since_us)
{
	for (size_t i = 0; since_us > 0 && t->due && i < TALLY_KEPT; i++)
		if (is_due(&t->entries[i]) && t->entries[i].at_us < since_us)
			lost(t, &t->entries[i]);
	return t->due;
}

bool tally_overdue(const struct tally *t, int64_t since_us)
{
	for (size_t i = 0; t->due && i < TALLY_KEPT; i++)
		if (is_due(&t->entries[i]) && t->entries[i].at_us < since_us)
			return true;
	return false;
}

bool tally_wrong(struct tally *t, struct tally_wrong *out)
{
	if (t->wrongs_n == 0)
		return false;
	*out = t->wrongs[--t->wrongs_n];
	return true;
}

void tally_clear(struct tally *t)
{
	memset(t->entries, 0, sizeof t->entries);
	t->due = t->wrongs_n = 0;
}
