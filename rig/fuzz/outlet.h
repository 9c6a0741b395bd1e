/*
 * outlet: what went in and what came out, and the next MTA where it comes out.
 *
 *     cases --- accepted, in doubt, broken off ---> [outlet] <--- came out --- MTA under test
 *                                                      \-> breaks the link on the way out
 *
 * It stands as the target's downstream neighbour: an honest end, until a case has it say
 * something at a point of the protocol, or end there.  What is owed stands in a tally.
 */
#ifndef FUZZ_OUTLET_H
#define FUZZ_OUTLET_H

#include "end/end.h"
#include "fuzz/patience.h"
#include "fuzz/speech.h"
#include "scenario/target.h"

struct outlet;

/* Stands as side `side` of the target.  Listens on the loopback interface, or where the
 * target says.  `speech` and `patience` (with an end that is due; borrowed) are for what is said.
 * NULL: `why`. */
struct outlet *outlet_new(struct end_world *world, const struct target *t, unsigned side,
                          bool loopback, struct speech *speech,
                          const struct patience *patience, char *why, size_t why_cap);
void outlet_free(struct outlet *l);
struct net_address outlet_address(const struct outlet *l);

/* A case has ended.  `again`: its message was sent, or may have been, more than once. */
void outlet_book(struct outlet *l, uint64_t number, enum fuzz_message what, bool again);
/* The next connection that comes to the place of the case meets what it wants there, and so
 * do as many more as it says; if nothing else is armed there.  For a place of the opening
 * those that are idle are closed, so that there will be one. */
void outlet_arm(struct outlet *l, const struct fuzz_case *c);

/* What is wrong, once each. */
struct outlet_wrong {
	uint64_t number;		/* of the case */
	uint8_t fault, code;		/* enum fuzz_fault; what was heard, or 0 */
	const char *why;
};
/* false: nothing. */
bool outlet_wrong(struct outlet *l, struct outlet_wrong *out);
/* Messages accepted that have not come out; the age of the oldest is out of bounds
 * if it was accepted before `since_us`: then it becomes wrong. */
size_t outlet_due(struct outlet *l, int64_t since_us);
/* Is one of them older than that? */
bool outlet_overdue(const struct outlet *l, int64_t since_us);
/* What is armed in an opening or an activity is not any more. */
void outlet_disarm(struct outlet *l);
/* Connections that stand, those of them that a case keeps, and when something last happened
 * on any. */
size_t outlet_open(const struct outlet *l);
size_t outlet_kept(const struct outlet *l);
int64_t outlet_moved_us(const struct outlet *l);
/* Since it was asked last, the MTA has aborted an association that nobody cut. */
bool outlet_aborted(struct outlet *l);
/* What cases have come to there, once each.  false: no more. */
bool outlet_struck(struct outlet *l, struct fuzz_answer *out);
/* Everything is forgotten: the MTA begins anew. */
void outlet_clear(struct outlet *l);
/*
 * A trial (engine_trial.c): everybody is honest, the line is as it says, and what happens is
 * told.  Its messages are those from this number on; none is booked.
 */
#define OUTLET_TRIALS UINT64_C(75000000000)

struct outlet_trial {
	/* Each event of each connection; the number of its end tells the side (side_of()). */
	void (*event)(void *ctx, const struct event *e);
	void (*came_out)(void *ctx, uint32_t end, uint64_t octets);
	void *ctx;
	uint64_t rate;			/* of each connection, bit/s; 0: no limit */
	unsigned cuts;			/* so many activities are reset behind a checkpoint */
};
/* Begins: idle connections are closed, and `t` is borrowed; NULL: it is over, and all of its
 * connections are ended. */
void outlet_try(struct outlet *l, struct outlet_trial *t);

uint64_t outlet_accepted(const struct outlet *l);
uint64_t outlet_delivered(const struct outlet *l);
/* Connections that came, and how often we answered on them what was said. */
uint64_t outlet_connections(const struct outlet *l);
uint64_t outlet_rounds(const struct outlet *l);

#endif
