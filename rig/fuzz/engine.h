/*
 * engine: cases from a source, on many lanes, against one target, under all oracles.
 *
 *     source --> [lanes] <==> MTA under test <==> [outlet]
 *                   |              \-> log, process figures
 *                   +--> ended() for each case, failed() for each fault
 *
 * A campaign draws its cases, a replay has a list of them; both are run here.  What is
 * wrong with one case is known when it ends; that the next bind works is asked every
 * `probe_every` cases; ledger, log and figures are looked at once a second and at the
 * end, when everything has come to rest.
 */
#ifndef FUZZ_ENGINE_H
#define FUZZ_ENGINE_H

#include "fuzz/lab.h"
#include "fuzz/lane.h"
#include "judge/signature.h"

#include <signal.h>

struct engine_failure {
	struct fuzz_case c;		/* at which it was seen; not always its cause */
	struct fuzz_outcome outcome;
	uint8_t fault;			/* enum fuzz_fault */
	char signature[96];		/* equal for equal failures */
	char text[240];			/* for people */
};

struct engine_config {
	const struct target *target;	/* all of this is borrowed */
	const struct signatures *signatures;	/* NULL: no log is looked at */
	const struct hand *hand;	/* runs the target's programs; NULL: it names none */
	const char *defects;		/* of the lab MTA */
	const char *folder;		/* for the lab MTA's logs; NULL: none are written */
	struct capture_case *capture;	/* of all connections; NULL: none */
	const char *captures;		/* folder for one of each case; NULL: none */
	bool is_virtual;		/* in one process, in virtual time */
	uint64_t seed;			/* of virtual time */
	unsigned lanes;
	unsigned rate;			/* cases per second at most; 0: as fast as it goes */
	unsigned probe_every;
	bool first_only;		/* a fault ends the run */
	bool restless;			/* what it holds at the end is not asked */
	bool tries;			/* each rest has a trial (engine_trial.c) */
	const volatile sig_atomic_t *stop;	/* may be NULL */

	bool (*next)(void *ctx, struct fuzz_case *c);	/* false: there are no more */
	/* All that follow may be NULL. */
	/* `waiting`: of the cases that were asked for and have not begun, the least number;
	 * UINT64_MAX: there is none. */
	void (*begun)(void *ctx, const struct fuzz_case *c, uint64_t waiting);
	void (*ended)(void *ctx, const struct fuzz_case *c, const struct fuzz_script *s,
	              const struct fuzz_outcome *o);
	/* The MTA has handed on, and met a case in these cells. */
	void (*called)(void *ctx, const struct fuzz_answer *a);
	void (*failed)(void *ctx, const struct engine_failure *f);
	/* A record of its log matches a row of this signature; `c` was the last to begin. */
	void (*logged)(void *ctx, const struct fuzz_case *c, size_t signature);
	/* Ten times a second, with the lanes that have a case. */
	void (*tick)(void *ctx, unsigned busy);
	void *ctx;
};

struct engine_sum {
	uint64_t cases, probes, accepted, delivered, restarts;
	uint64_t connections, rounds;	/* in both directions; a question and its answer */
	uint32_t trials;
	uint64_t unjudged;		/* cases that went wrong while the machine was too busy */
	int64_t duration_us;		/* without trials */
	struct fuzz_held before, after;	/* of the lab MTA's process */
	int64_t bind_first_us, bind_last_us;	/* the fastest of many */
};

/* Returns when the source is dry and all is at rest.  false: the rig failed, `why`. */
bool engine_run(const struct engine_config *c, struct engine_sum *sum, char *why, size_t why_cap);

#endif
