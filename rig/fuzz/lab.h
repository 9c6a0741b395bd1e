/*
 * lab: the MTA that is fuzzed if no other is named.
 *
 * One lab MTA for many cases: a child process, or on the caller's own loop (in
 * virtual time, under sanitizers).  Its timers are short and its limits wide, its
 * queue goes with it, its logs lie in a folder.
 */
#ifndef FUZZ_LAB_H
#define FUZZ_LAB_H

#include "fuzz/runqueue.h"
#include "mta/mta.h"
#include "scenario/target.h"

struct fuzz_told {
	uint32_t blocks;		/* that it has in use */
	int64_t turned_us;		/* when its loop last turned, on our clock */
};

struct fuzz_lab {
	pid_t pid;			/* 0: not a process */
	int ready;			/* its end of a pipe: closed when it has gone */
	struct mta *mta;		/* on our loop */
	struct end_world *world;
	struct net_address address;
	struct fuzz_told *told;		/* by the process; a shared page */
	struct runqueue queue;		/* of the process */
	char logs[256];
};

#define FUZZ_NO_LAB ((struct fuzz_lab){ .ready = -1, .queue = { .fd = -1 } })

extern const struct mta_timers fuzz_lab_timers;

/* Where messages for a side of the target are passed on to; side 0: nowhere. */
struct fuzz_next {
	unsigned side;
	struct net_address address;
};

/*
 * `next` has two of them; `net` NULL: a process.  `defects`: names with commas.  false: `why`.
 */
bool fuzz_lab_start(struct fuzz_lab *lab, struct net *net, const struct target *t,
                    const struct fuzz_next *next, const char *defects, const char *logs,
                    char *why, size_t why_cap);
/* Ends it, dead or alive. */
void fuzz_lab_stop(struct fuzz_lab *lab);
/* It has gone by itself. */
bool fuzz_lab_gone(struct fuzz_lab *lab);
/* For how long it has not run, dead or kept from it. */
int64_t fuzz_lab_idle_us(const struct fuzz_lab *lab, int64_t now_us);
/* For how long it was kept from running since this was asked last; 0 if it is no process. */
int64_t fuzz_lab_waited_us(struct fuzz_lab *lab);

/* What it holds: control blocks, and open descriptors and resident memory of the
 * process, 0 if it is none; false: unknown. */
struct fuzz_held {
	uint32_t blocks, descriptors;
	uint64_t kib;
};
bool fuzz_lab_held(const struct fuzz_lab *lab, struct fuzz_held *out);

#endif
