/*
 * decode_share: one capture decoded by several processes, told in one order.
 *
 * Each worker reads all of the capture and follows all of its connections, so that they
 * have the same numbers and events in all of them; it decodes only those that are its own
 * (struct follow, `share`).  What it writes comes back in batches:
 *
 *     batch:  marks, octets | mark ... | octets          mark:  event, from
 *
 * A mark says with which event of the capture the octets from there on were written.  The
 * calling process puts them one behind the other in the order of events, which is the
 * order in which one process alone would have written them.
 */
#ifndef CLI_DECODE_SHARE_H
#define CLI_DECODE_SHARE_H

#include "cli/listing.h"

#include <signal.h>

enum { DECODE_SHARES_MAX = 16, DECODE_MARKS = 512 };

/* What is said when all is decoded: of one worker, or of all. */
struct decode_sum {
	uint64_t packets, followed, gaps, lost, sealed;
	uint64_t gap_event;		/* of the first gap */
	uint32_t gap_frame;
	bool damaged, stopped;
	char why[192];			/* damaged: of the capture */
};
void decode_sum_add(struct decode_sum *all, const struct decode_sum *one);

struct decode_mark {
	uint64_t event;
	size_t from;
};

/* A worker's way back. */
struct decode_share {
	struct listing_sink sink;	/* first */
	int fd;
	bool broken;			/* nobody reads any more */
	size_t marks_n;
	struct decode_mark marks[DECODE_MARKS];
};

/* Lines that are put into `lines` now were written with this event. */
void decode_share_mark(struct decode_share *s, struct listing_json *lines, uint64_t event);

struct decode_work {
	unsigned n;			/* processes, 2 ... DECODE_SHARES_MAX */
	/* In a process of its own: decodes what belongs to `self`.  false: it could not. */
	bool (*work)(void *ctx, unsigned self, struct decode_share *s, struct decode_sum *sum);
	void *ctx;
};
/* false: `why`. */
bool decode_share_run(const struct decode_work *w, FILE *out, struct decode_sum *sum, char *why,
                      size_t why_cap);

#endif
