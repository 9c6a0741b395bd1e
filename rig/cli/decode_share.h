/*
 * decode_share: one capture decoded by several processes, told in one order.
 *
 * Each worker reads all of the capture and puts all of its connections in order, which is a
 * tenth of the work, so that they have the same numbers and events in all of them; it decodes
 * only those that are its own (struct follow, `share`).  What it writes comes back in batches,
 * which lie in memory that it shares with the calling process:
 *
 *     worker:  a batch is full ----> caller:  next in the order of events? written out
 *              waits for a free one <----     a batch is free again
 *
 *     batch:  octets | octets | octets          mark:  event, from
 *             ^mark    ^mark    ^mark
 *
 * A mark says with which event of the capture the octets from there on were written.  The
 * calling process puts them one behind the other in the order of events, which is the
 * order in which one process alone would have written them.
 */
#ifndef CLI_DECODE_SHARE_H
#define CLI_DECODE_SHARE_H

#include "cli/listing.h"

enum { DECODE_SHARES_MAX = 16 };

/* What is said when all is decoded: of one worker, or of all. */
struct decode_sum {
	uint64_t packets, followed, gaps, halves, lost, sealed;
	uint64_t gap_event;		/* of the first gap */
	uint32_t gap_frame;
	bool stopped;
	struct capture_status file;	/* how far the capture could be read */
};

struct decode_lane;

/* A worker's way back. */
struct decode_share {
	struct listing_sink sink;	/* first */
	struct decode_lane *lane;	/* shared with the caller */
	unsigned at;			/* batch that is being filled */
	int full, free;			/* an octet for each batch */
	size_t marks_n;
};

/* Its first lines go here. */
void decode_share_begin(struct decode_share *s, struct listing_json *lines);
/* Lines that are put into `lines` now were written with this event. */
void decode_share_mark(struct decode_share *s, struct listing_json *lines, uint64_t event);

struct decode_work {
	unsigned n;			/* processes, 2 ... DECODE_SHARES_MAX */
	/* In a process of its own: decodes what belongs to `self`.  false: it could not. */
	bool (*work)(void *ctx, unsigned self, struct decode_share *s, struct decode_sum *sum);
	/* In the calling process, when all have begun; may be NULL. */
	void (*begun)(void *ctx);
	void *ctx;
};
/* Writes to the descriptor `out`.  false: `why`. */
bool decode_share_run(const struct decode_work *w, int out, struct decode_sum *sum, char *why,
                      size_t why_cap);

#endif
