/*
 * rerun: cases again, and fewer of them, until only what is needed is left.
 */
#ifndef FUZZ_RERUN_H
#define FUZZ_RERUN_H

#include "fuzz/casefile.h"
#include "fuzz/engine.h"

struct rerun {
	struct engine_config engine;	/* target, signatures, folder, stop */
	unsigned tries;			/* replays so far */
	unsigned most;			/* no search goes on behind so many; 0: as long as it
					 * takes */
	void (*show)(struct rerun *r, const struct casefile *f);	/* may be NULL */
};

/* Runs the cases against a fresh lab MTA, or the target as it is, and writes what was said, in
 * both directions, to `path`.  true: it failed as it should; false otherwise, or `why` (empty:
 * it did not fail). */
bool rerun_record(struct rerun *r, const struct casefile *f, const char *path, char *why,
                  size_t why_cap);

/* Does the failure of this signature come again?  Of `n` tries so many. */
unsigned rerun_confirm(struct rerun *r, const struct casefile *f, unsigned n);

/* The fewest predecessors (1, 2, 4 ...) with which the failure comes again, by itself
 * or on as many lanes as there were.  `past` ends with the failing case.  false: none. */
bool rerun_walk_back(struct rerun *r, struct casefile *f, uint64_t seed, const uint64_t *past,
                      size_t past_n, unsigned lanes);

/* Leaves out cases by halves, as long as the same failure comes again. */
void rerun_bisect(struct rerun *r, struct casefile *f);

/* Leaves out cases, then mutations, steps, values and delays, as long as the same
 * failure comes again. */
void rerun_shrink(struct rerun *r, struct casefile *f);

#endif
