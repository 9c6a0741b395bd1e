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

/* The first of its two places is the one that was asked for last. */
static struct tally_entry *entry_of(struct tally *t, uint64_t number)
{
	struct tally_entry *e = &t->entries[number % (TALLY_KEPT / 2) * 2], first = e[0];

	if (first.number == number + 1)
		return e;
	if (e[1].number == number + 1) {
		e[0] = e[1];
	} else {
		let_go(t, &e[1]);
		e[0] = (struct tally_entry){ .number = number + 1 };
	}
	e[1] = first;
	return e;
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
