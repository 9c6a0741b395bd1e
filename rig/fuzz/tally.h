/*
 * tally: what went in and what came out, by the case (private to fuzz/).
 *
 *     case ends --- whole, in doubt, partly ---> [tally] <--- came out --- next MTA
 *
 * A message that was acknowledged comes out, once, and once more for each cut that left the
 * MTA in doubt (X.218 9.3.1.3); one that was never complete does not.  It may come out before
 * its case has ended.
 *
 * Its size is fixed: each number has some places, and of those what is owed stays, and what was
 * asked for last.  A case that waits until it may run alone ends among others whose numbers are far
 * behind its own, and those of an order lie anywhere: with one place for each number, one of them
 * would take its entry, and what had come out would be missed.  An entry that loses its place
 * while it is owed is wrong then and there.
 */
#ifndef FUZZ_TALLY_H
#define FUZZ_TALLY_H

#include "fuzz/space.h"

enum { TALLY_KEPT = 1 << 16, TALLY_PLACES = 8, TALLY_WRONGS = 16 };

struct tally_entry {
	uint64_t number;		/* of the case, plus one; 0: free */
	int64_t at_us;			/* it has ended */
	uint8_t what;			/* enum fuzz_message */
	bool booked, told;
	bool doubt;			/* it may have been acknowledged, and not taken */
	uint8_t copies, cuts;		/* cuts: each may cost one copy more */
};

struct tally_wrong {
	uint64_t number;		/* of the case */
	const char *why;
};

struct tally {
	uint64_t accepted, delivered;
	size_t due;			/* acknowledged, and not come out yet */
	struct tally_wrong wrongs[TALLY_WRONGS];	/* what is beyond is not told */
	size_t wrongs_n;
	struct tally_entry entries[TALLY_KEPT];
};

/* A case has ended.  `again`: its message was sent, or may have been, more than once. */
void tally_book(struct tally *t, uint64_t number, enum fuzz_message what, bool again,
                int64_t now_us);
/* Its message has come out; `damaged`: not as it was sent. */
void tally_out(struct tally *t, uint64_t number, bool damaged);
/* Its way out was cut where it may come again; `acknowledged`: or be taken for delivered. */
void tally_cut(struct tally *t, uint64_t number, bool acknowledged);
/* Who is owed since before this becomes wrong, and is waited for no longer; 0: nobody.  How many
 * are owed. */
size_t tally_due(struct tally *t, int64_t since_us);
/* Is anybody owed since before this? */
bool tally_overdue(const struct tally *t, int64_t since_us);
/* What is wrong, each case once.  false: nothing. */
bool tally_wrong(struct tally *t, struct tally_wrong *out);
/* The MTA begins anew: nothing is owed. */
void tally_clear(struct tally *t);

#endif
