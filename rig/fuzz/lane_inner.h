/*
 * lane_inner: what the parts of a lane share (private to fuzz/).
 *
 *     lane.c            a case begins and ends
 *     lane_steps.c      its operations, one after the other
 *     lane_channel.c    a connection: what is heard on it, how it ends
 *     lane_reaction.c   what of an outcome is told
 */
#ifndef FUZZ_LANE_INNER_H
#define FUZZ_LANE_INNER_H

#include "fuzz/hearing.h"
#include "fuzz/lane.h"

enum {
	UNREAD_MAX = 8,			/* PDUs heard and not waited for yet */
	WRITE_MAX = SPEECH_MAX * 2,
};

struct channel {
	struct lane *lane;
	struct net_conn *conn;		/* NULL: none */
	uint8_t number, tcp;		/* enum fuzz_tcp */
	bool connected, stalled, mine;	/* we have ended it */
	bool shut;			/* our direction */
	bool deaf;			/* the peer's: what it says meets RST */
	bool asked;			/* something was said, and nothing heard since */
	bool full;			/* TCP takes no more for now */
	struct hearing hearing;
	struct tape tape;
	uint8_t heard[UNREAD_MAX], heard_n;
	size_t out_n;
	uint8_t out[WRITE_MAX];		/* not taken by TCP yet; the last member */
};

struct lane {
	struct lane_world *world;
	struct fuzz_case c;
	struct fuzz_script script;
	struct fuzz_outcome outcome;
	uint8_t at;			/* operation at hand */
	bool busy, waiting;
	bool silent;			/* what is wrong was seen when time was up */
	bool owed;			/* it waits for what is due, */
	uint8_t more;			/* so often again, */
	int64_t since_us;		/* from then on */
	int64_t begun_us, stimulus_us, cn_us;
	struct net_address source;	/* of all its connections */
	struct capture_case *capture;	/* of the case; NULL: none */
	struct net_timer timer;
	struct channel channels[FUZZ_CONNS];
};

/* The first that is wrong with a case is what is wrong with it. */
void lane_fail(struct lane *l, enum fuzz_fault what, uint8_t code);
/* Operations, until one has to wait; ends the case behind the last. */
void lane_go_on(struct lane *l);
/* The operation at hand.  true: go on with the next one. */
bool lane_perform(struct lane *l);
void lane_stop_waiting(struct lane *l);

/* Whatever the channel was before, it is a new connection now. */
void lane_connect(struct channel *ch);
/* FIN, or RST; nothing if it has ended. */
void lane_drop(struct channel *ch, bool reset);
/* Writes what is to be said, as far as TCP takes it. */
void lane_flush(struct channel *ch);
/* Tells net what we want to hear. */
void lane_want(struct channel *ch);
/* The time that a capture has. */
int64_t lane_wall(const struct lane *l);

#endif
