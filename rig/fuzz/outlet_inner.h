/*
 * outlet_inner: what the parts of an outlet share (private to fuzz/).
 *
 *     outlet.c           the next MTA: it takes what is handed over, and keeps the ledger
 *     outlet_strike.c    what a case does on a connection of it
 */
#ifndef FUZZ_OUTLET_INNER_H
#define FUZZ_OUTLET_INNER_H

#include "fuzz/hearing.h"
#include "fuzz/lane.h"
#include "fuzz/outlet.h"
#include "fuzz/tally.h"

enum { WRONGS_MAX = 16, STRUCK_MAX = 256, CHECKPOINT_LEAST = 1 };

struct outlet {
	struct end_world *world;
	const struct target *target;
	unsigned side;
	struct speech *speech;
	struct outlet_trial *trial;	/* NULL: none */
	struct broken *broken;		/* by a trial, or for a place; NULL: none */
	const struct patience *patience;
	int64_t moved_us;
	struct net_listener *listener;
	struct receiver *receivers;
	size_t receivers_n;
	uint32_t numbers;
	struct fuzz_case armed[FUZZ_PLACES];	/* at each place; down 0: nothing is */
	bool aborted;			/* by the MTA, without a cause */
	uint64_t rounds;
	struct outlet_wrong wrongs[WRONGS_MAX];
	size_t wrongs_n;
	struct fuzz_answer struck[STRUCK_MAX];	/* what is beyond is not counted */
	size_t struck_n;
	struct tally tally;
};

/* What is left of a transfer that was cut, for the MTA to go on with. */
struct broken {
	struct association_lost lost;
	struct pool *pool;
	uint64_t number;
};

/* A connection on which the MTA hands over. */
struct receiver {
	struct receiver *next, **link;
	struct outlet *outlet;
	struct end *end;
	struct net_timer timer;
	uint64_t number;
	bool known;
	bool damaged;			/* what came of it is not what was sent */
	bool whole;
	bool captured;			/* its content is nothing that we know */
	uint64_t content_n;
	unsigned checkpoints;
	bool struck;			/* a case speaks for us, or has ended it */
	uint32_t unconfirmed;		/* from this checkpoint on: a place comes; 0: none */
	bool reported;			/* an exception; the MTA has to give the activity up */
	bool narrow;			/* a long message does not fit its buffers */
	bool recoverable;		/* what breaks off here can be taken up */
	bool breaks;			/* and does */
	bool deaf;			/* what comes meets RST */
	bool said;			/* and the MTA has to answer `strike.down_way`, */
	uint8_t more;			/* which was waited for so often again, */
	int64_t since_us;		/* from then on */
	struct fuzz_case strike;
	struct fuzz_answer answer;
	bool asked;			/* something was heard, and nothing said since */
	struct hearing hearing;
};

/* Something is wrong: kept until outlet_wrong() is asked. */
void outlet_note(struct outlet *l, uint64_t number, enum fuzz_fault fault, uint8_t code,
                 const char *why);

int64_t receiver_now(const struct receiver *r);
void receiver_after(struct receiver *r, int64_t us, void (*fn)(void *ctx));
/* The MTA has had its time: whatever is left of the connection is reset. */
void receiver_enough(void *ctx);
/* What its case does. */
void receiver_strike(void *ctx);
/* Where an armed case strikes.  Never from within the end's own callback. */
void receiver_watch(struct receiver *r, const struct event *e);
/* The MTA gives up what we have reported an exception of. */
void receiver_gives_up(struct receiver *r, uint8_t code);
/* The long message of a case that needs flow control begins. */
void receiver_hold_up(struct receiver *r);
/* true: this checkpoint is not confirmed. */
bool receiver_holds_back(struct receiver *r, uint32_t serial);
/* A whole activity may be under way to us when we speak at this place. */
bool receiver_may_cross_end(uint8_t down);

#endif
