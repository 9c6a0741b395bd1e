/*
 * lane: one case after the other on one peer, over rig/net, without files.
 *
 *     script -> [lane] -> up to three connections -> MTA under test
 *                 |
 *                 +-> outcome: what was heard, how TCP ended, what is wrong
 *
 * A lane reads TPKTs as far as a reaction needs it: which TPDU, which SPDU.  It
 * leases nothing, and its memory does not grow.  Sixteen and more of them live on
 * one loop.  All of an outcome but times depends on the case and the peer alone.
 */
#ifndef FUZZ_LANE_H
#define FUZZ_LANE_H

#include "end/tape.h"
#include "fuzz/patience.h"
#include "fuzz/speech.h"
#include "net/net.h"

enum fuzz_tcp { TCP_LEFT_OPEN, TCP_ENDED_FIN, TCP_ENDED_RST, TCP_NOT_MADE };

/* What is wrong, worst last. */
enum fuzz_fault {
	FAULT_NONE,
	FAULT_REACTION,			/* what the tables do not let it say */
	FAULT_SILENT,			/* it owes an answer */
	FAULT_STAYS,			/* it should have ended the connection */
	FAULT_APPROACH,			/* an honest step was not answered */
	FAULT_OTHER,			/* another association has suffered */
	FAULT_NEXT_BIND,		/* it does not take the next one */
	FAULT_LEDGER,			/* lost, doubled, or made up */
	FAULT_LOG,			/* a fault that its log names */
	FAULT_RESOURCES,		/* it holds more than at the beginning */
	FAULT_LATENCY,			/* binds take longer and longer */
	FAULT_STALL,			/* mail waits, and nothing comes */
	FAULT_PACE,			/* a slow link slows another one down */
	FAULT_RECOVERY,			/* a transfer is resumed behind its time */
	FUZZ_FAULTS,
};
const char *fuzz_fault_name(enum fuzz_fault f);

enum { HEARD_KEPT = 4 };

struct fuzz_outcome {
	uint8_t fault;			/* enum fuzz_fault */
	uint8_t heard[HEARD_KEPT];	/* after the stimulus, in order */
	uint8_t heard_n;
	uint8_t tcp;			/* enum fuzz_tcp */
	uint8_t bucket;			/* of the time to the first of them: log2 of ms */
	uint8_t code;			/* what was not allowed, or is missing */
	uint8_t at;			/* the operation at which that was seen */
	bool reached;			/* the point of the case: nobody refused before it */
	bool accepted;			/* the message was acknowledged */
	bool sent;			/* or at least sent to its end */
	int64_t bind_us;		/* CN to AC; 0: none */
};

/* Which of few classes the reaction falls into: for coverage and signatures. */
uint32_t fuzz_reaction(const struct fuzz_outcome *o);
/* "AB+fin", "-" */
void fuzz_reaction_text(struct text *t, const struct fuzz_outcome *o);

struct lane;

struct lane_world {
	struct net *net;
	struct speech *speech;
	struct net_address to;
	struct net_address source;	/* family 0: the system's */
	bool spread;			/* a loopback net: 250 source addresses, so that ports
					 * last */
	uint32_t turns;			/* source addresses given out */
	uint64_t connections;		/* made */
	uint64_t rounds;		/* how often the peer answered, with octets or with its
					 * end, what we said: octets or the end of our half */
	const struct patience *patience;	/* with what is due */
	/* What is written of the cases: all of them into one capture, or each into a file of
	 * this folder, NUMBER.pcapng; both NULL: nothing. */
	struct capture_case *capture;
	const char *folder;
	void (*done)(struct lane *l, void *ctx);
	void *ctx;
};

/* NULL: no memory. */
struct lane *lane_new(struct lane_world *w);
void lane_free(struct lane *l);

/* Begins a case, `s` of fuzz_compile(); done() is called when it is over, never from within. */
void lane_run(struct lane *l, const struct fuzz_case *c, const struct fuzz_script *s);
/* Gives the case at hand up. */
void lane_stop(struct lane *l);

bool lane_is_idle(const struct lane *l);
/* It has said all that it has to say, and waits for the peer to end; or it is idle. */
bool lane_is_spent(const struct lane *l);
/* It is not, and takes longer than a case that nothing holds up. */
bool lane_lingers(const struct lane *l, int64_t now_us);
/* Its connections that stand. */
unsigned lane_connections(const struct lane *l);
const struct fuzz_case *lane_case(const struct lane *l);
const struct fuzz_script *lane_script(const struct lane *l);
const struct fuzz_outcome *lane_outcome(const struct lane *l);
/* What is wrong is that nothing came in time, and not what came. */
bool lane_heard_nothing(const struct lane *l);
/* Nobody was kept from running since it began. */
bool lane_was_fair(const struct lane *l);

#endif
