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

#include "base/octets.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mta;
struct at;

/* name, what `false` stops, what struct at holds */
#define DEFECT_POINTS(X) \
	X(CONFIGURE)		/* -: config, initiator; an association's parameters */ \
	X(CONNECTED_IN)		/* serving a new connection: - */ \
	X(OCTETS_IN)		/* -: l, octets; as they came, before a bind is answered */ \
	X(BIND_IN)		/* answering a bind that would be accepted: l, bind */ \
	X(RECOVER)		/* answering a bind that recovers an association: l, bind */ \
	X(BIND_BAD)		/* refusing a stranger or a wrong password: l, bind */ \
	X(LOST_EARLY)		/* -: l; a connection ended before a bind was answered */ \
	X(LOST)			/* -: l, nb, e; an association ended without release */ \
	X(CUT_SHORT)		/* -: l, reason (enum rtse_failure); a message was broken off */ \
	X(DATA_IN)		/* taking octets of a content: l */ \
	X(LAST_PIECE)		/* taking what came behind the last checkpoint: l */ \
	X(MESSAGE_IN)		/* taking over what came in: l, apdu */ \
	X(TAKEN)		/* -: l; what came in was acknowledged */ \
	X(LOOP)			/* looking for a loop: l, apdu */ \
	X(CRITICAL)		/* looking for critical extensions: l, apdu */ \
	X(DOWNGRADE)		/* reporting what 1984 cannot say: l, reporting */ \
	X(DOWNGRADE_HEAD)	/* writing a head as 1984 has it: apdu */ \
	X(HEAD)			/* -: l, apdu, head; written for the next MTA */ \
	X(UNREADABLE)		/* -: l; what came in is no APDU */ \
	X(REPORT)		/* making a report: reporting */ \
	X(REPORT_HEAD)		/* -: nb, report; as it is about to be written */ \
	X(NUMBER)		/* numbering an entry: e */ \
	X(SERVE)		/* looking for mail for an association: nb, l */ \
	X(OPEN)			/* opening an association: nb */ \
	X(NOT_OPENED)		/* -: nb; it must be tried again */ \
	X(BOUND)		/* -: l, nb */ \
	X(SEND)			/* sending: l, nb, e */ \
	X(SENT)			/* taking the entry off: l, nb, e */ \
	X(RELEASE)		/* answering a release: l, reason */ \
	X(IDLE)			/* releasing it after its lifetime: l */

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
	struct p1_report *report;
	struct head *head;
	struct octets octets;
	uint32_t reason;
	bool initiator;
};

struct defects;
/* NULL: no memory. */
struct defects *defects_new(uint64_t set);
void defects_free(struct defects *d);

/* true: go on. */
bool defect_at(struct mta *m, enum defect_point point, struct at at);

#endif
