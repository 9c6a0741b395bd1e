/*
 * timeline: everything of a case in one order.
 *
 *      9.406219  down.13   ==   TCP FIN in
 *      9.406900  down      ~~   link cut rst
 *      9.407000            log  Ev0:6 event 4282 code 8453  An interoperability error ...
 *      9.408111  up.1      **   message 12 accepted
 *
 * Wire, TCP, link and ledger events carry the run's clock; a log record carries
 * its own, in seconds and perhaps of another machine.  Given the wall time at
 * which the run's clock was 0, records are put where they were written and not
 * where they were read (in their second, unless they were read in it); the offset between the two
 * clocks is given, or estimated from records that the wire shows too (logs/logs_clock.h).  A record
 * without a time stays where it was read.
 *
 * Of a case's events only those are kept that move or that have a text; the rest
 * are in the run folder already, and come by once more for printing:
 *
 *     timeline_add()  ...  timeline_order()  timeline_begin()  timeline_put() ...  timeline_end()
 */
#ifndef JUDGE_TIMELINE_H
#define JUDGE_TIMELINE_H

#include "base/event.h"
#include "base/text.h"

#include <stdio.h>

/* Records and texts that are kept; what is beyond is counted. */
enum { TIMELINE_MAX = 1 << 20 };

struct timeline;
struct timeline *timeline_new(void);	/* NULL: no memory */
void timeline_free(struct timeline *t);

/* Every event of the case, in the order in which they happened or were read: their times
 * never go back.  `text`, of a log record or what else there is to say, is copied; NULL:
 * none.  false: something of it is lost, for want of room or memory. */
bool timeline_add(struct timeline *t, const struct event *e, const char *text);

/* Where the run's clock was 0; log records that have a time (event.association)
 * move there.  `clock_us` is added to their times.  Call before printing. */
void timeline_order(struct timeline *t, int64_t wall_zero_us, int64_t clock_us);

/* The offset of the log's clock, from log records of the events `events` (such
 * as 9221, a socket closed) and the TCP ends on the wire.  false: they do not
 * tell. */
bool timeline_clock(const struct timeline *t, int64_t wall_zero_us, const uint32_t *events,
                    size_t events_n, int64_t *clock_us);

/* Names an event: "session AC", "TCP FIN in", and its end: "down.13" or "". */
struct timeline_names {
	void (*what)(void *ctx, const struct event *e, char *buf, size_t cap);
	void (*end)(void *ctx, const struct event *e, char *buf, size_t cap);
	void *ctx;
};

/* Once more all events that were added, in the same order. */
struct timeline_print {
	const struct timeline *t;
	const struct timeline_names *names;
	const struct text_mask *mask;	/* texts become pseudonyms; NULL: they stay */
	int64_t begin_us;		/* times count from here */
	FILE *text, *json;		/* a line each; a JSON object a line: {"at":9.406219,
					 * "kind":"log","end":"","what":"...","text":"..."} */
	uint64_t ordinal;		/* below: its own */
	size_t at;
	const struct event *before;
};
void timeline_begin(struct timeline_print *p);
void timeline_put(struct timeline_print *p, const struct event *e);
void timeline_end(struct timeline_print *p);

#endif
