/*
 * jobs: numbered pieces of work, done by some processes, told in one place.
 *
 * Each worker is a child process that takes the next number, does the work and
 * hands back what it wrote; so one that dies costs one piece, and the run goes
 * on.  One job alone is done by the calling process itself.
 */
#ifndef CLI_JOBS_H
#define CLI_JOBS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { JOBS_MAX = 64 };

struct jobs {
	size_t n;			/* pieces: 0 ... n - 1 */
	unsigned jobs;			/* processes, 1 ... JOBS_MAX */
	/* Does a piece; what it writes to `out` comes to done(). */
	void (*work)(void *ctx, size_t i, FILE *out);
	/* In the calling process, in the order of completion.  `text` NULL: its worker
	 * died (`length`: its wait status).  false: no further piece is begun. */
	bool (*done)(void *ctx, size_t i, const char *text, size_t length);
	/* In the calling process, about ten times a second while others work; may be NULL. */
	void (*idle)(void *ctx);
	void *ctx;
	const volatile sig_atomic_t *stop;	/* when set, no further piece is begun */
};

/* Returns when all workers have ended.  false: errno. */
bool jobs_run(const struct jobs *j);

#endif
