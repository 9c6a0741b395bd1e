/*
 * defect: documented faults of MTAs, that the lab MTA has on request (private to
 * mta/).
 *
 * The MTA tells of what happens to it, and asks before it acts: defect_at() at
 * each of the points below.  In the healthy MTA it returns true and does nothing.
 * A defect is a set of functions for some of the points; returning false, it
 * stops the path that asked, and then does (and logs) what the faulty MTA did.
 * It changes nothing but what the article, or its text, describes.
 */
#ifndef MTA_DEFECT_H
#define MTA_DEFECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mta;
struct at;

/* name, what `false` stops, what struct at holds */
#define DEFECT_POINTS(X) \
	X(START)		/* the queue is loaded, the listener is up: - */ \
	X(CONFIGURE)		/* an association's parameters: config, initiator */ \
	X(CONNECTED_IN)		/* serving a new connection: in */ \
	X(BIND_IN)		/* answering a bind that would be accepted: in, bind */ \
	X(BIND_BAD)		/* refusing a stranger or wrong password: in, bind */ \
	X(LOST_IN)		/* (nothing): in; the connection ended without release */ \
	X(DATA_IN)		/* taking content: in */ \
	X(POINT_IN)		/* taking a sync point: in */ \
	X(MESSAGE_IN)		/* taking over what came in: in, apdu */ \
	X(LOOP)			/* looking for a loop: in, apdu */ \
	X(CRITICAL)		/* looking for critical extensions: in, apdu */ \
	X(REPORT)		/* making a report: reporting */ \
	X(REPORT_WRITTEN)	/* (nothing): octets of the report, to be changed */ \
	X(NUMBER)		/* numbering an entry: e */ \
	X(SERVE)		/* serving a neighbour: nb */ \
	X(OPEN)			/* opening an association: nb */ \
	X(NOT_OPENED)		/* (nothing): nb; an opening has failed */ \
	X(BOUND)		/* (nothing): o */ \
	X(SEND)			/* sending: o, e */ \
	X(SENT)			/* taking the entry off: o, e */ \
	X(LOST)			/* (nothing): o, e; the transport was lost */ \
	X(TURN_PLEASE)		/* answering a request for the turn: in */ \
	X(TURN_GIVEN)		/* (nothing): in */

enum defect_point {
#define POINT(name) DEFECT_##name,
	DEFECT_POINTS(POINT)
#undef POINT
	DEFECT_POINTS_N
};

struct at {
	struct neighbour *nb;
	struct line *l;
	struct entry *e;
	const struct p1_apdu *apdu;
	const struct p1_bind *bind;
	struct end_config *config;
	struct reporting *reporting;
	uint8_t *octets;
	size_t octets_n;
	bool initiator;
};

struct defects;
/* NULL: no memory. */
struct defects *defects_new(uint64_t set);
void defects_free(struct defects *d);

/* true: go on. */
bool defect_at(struct mta *m, enum defect_point point, struct at at);

#endif
