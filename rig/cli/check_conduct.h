/*
 * check_conduct: what is expected of any MTA, seen from a capture.
 *
 *   calls    each connection that was tried: between whom, from when to when
 *   spans    each transfer: what, from whom to whom, from when to when
 *   losts    activities that were lost or interrupted, until they are resumed
 *   limits   "no free control blocks" in a log, with the number of them
 *
 * They are gathered while the capture is read and looked at when it ends, because only
 * then it is known where a message that came in had to go.  What the rules say:
 *
 *   stall-beside      a message waited for a receiver while the MTA sent to another
 *   slowed-beside     beside a slower receiver another one keeps less than 80 % of the
 *                     pace that it has alone, and more is lost than the slower one took
 *   resumed-late      an activity is resumed behind the recovery timeout
 *   blocks-kept       no control blocks are free, and few connections are open
 *   retries           connections after another that come to no association
 *   retries-dense     ... faster than half the open interval
 *   not-called-again  a message was lost on its way, and its sender does not call again
 *
 * The last two and resumed-late need the timers of the MTA: `check --target`.
 */
#ifndef CLI_CHECK_CONDUCT_H
#define CLI_CHECK_CONDUCT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct check;

enum {
	CONDUCT_CALLS = 100000,
	CONDUCT_SPANS = 60000,
	CONDUCT_LOSTS = 4096,
	CONDUCT_LIMITS = 1000,
	CONDUCT_MTAS = 16,		/* receivers of one sender that are told apart */
};

struct check_call {
	uint64_t ends;			/* hash of addresses and the responder's port */
	int64_t begun_ns, ended_ns;
	uint32_t number;
	bool failed;			/* it came to no association */
};

struct check_span {
	uint64_t from, to;		/* hashes of who they are */
	uint64_t message;		/* of its identifier; 0: not known */
	int64_t begun_ns, ended_ns;
	int64_t turn_ns;		/* the sender has the turn since then; 0: always */
	uint64_t octets;		/* of the stream */
	uint32_t connection, frame;
	uint8_t direction, outcome;	/* enum check_outcome */
};

struct check_lost {
	uint64_t key;			/* of session connection and activity */
	uint64_t from, to;
	char *id;			/* of the message, "" if it is not known; owned */
	int64_t lost_ns;
	bool interrupted;		/* in order: no timeout runs */
};

struct check_limit {
	int64_t at_ns;			/* of the log's clock, then of the capture's */
	uint32_t blocks;
};

struct check_conduct {
	int64_t open_ns, recovery_ns;	/* of the MTAs; 0: not known */
	struct check_call *call;	/* all owned */
	struct check_span *span;
	struct check_lost *lost;	/* a ring, when it is full */
	struct check_limit *limit;
	size_t calls, calls_room, spans, spans_room, losts, losts_room, limits, limits_room;
	uint64_t beyond;		/* that found no room */
};

void check_conduct_call(struct check_conduct *c, const struct check_call *call);
void check_conduct_span(struct check_conduct *c, const struct check_span *span);
/* `l->id` is copied. */
void check_conduct_lost(struct check_conduct *c, const struct check_lost *l);
void check_conduct_limit(struct check_conduct *c, const struct check_limit *limit);
/* What was lost under this key; NULL: nothing that is known. */
struct check_lost *check_conduct_find(const struct check_conduct *c, uint64_t key);

/* The capture has ended: remarks into `k`. */
void check_conduct_tell(struct check *k);
void check_conduct_free(struct check_conduct *c);

#endif
