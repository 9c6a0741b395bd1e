/*
 * jobs: numbered pieces of work, done by some processes, told in one place.
 *
 * Each worker is a child process that takes a piece, does the work and hands back what
 * it wrote; so one that dies costs one piece, and the run goes on.  One job alone is
 * done by the calling process itself.
 *
 * Pieces are begun in their order.  If they share something, admit() says which may go on
 * beside which: a piece that cannot be begun yet is passed over by later ones.  After a
 * piece that went wrong no other is begun until all are done and settle() was called.
 */
#ifndef CLI_JOBS_H
#define CLI_JOBS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { JOBS_MAX = 64 };

struct jobs {
	size_t n;			/* pieces: 0 ... n - 1 */
	unsigned jobs;			/* processes, 1 ... JOBS_MAX */
	/* What a piece would hold beside those that are under way; 0: not now.  Called in
	 * any process, by one at a time; NULL: pieces share nothing. */
	uint64_t (*admit)(void *ctx, size_t i, const uint64_t *held, size_t held_n);
	/* Does a piece; what it writes to `out` comes to done().  false: settle() is due. */
	bool (*work)(void *ctx, size_t i, uint64_t hold, FILE *out);
	/* In the calling process, in the order of completion.  `text` NULL: its worker
	 * died (`length`: its wait status).  false: no further piece is begun. */
	bool (*done)(void *ctx, size_t i, const char *text, size_t length);
	/* In the calling process, while nothing else is under way.  false: as done().
	 * NULL: nothing is to be settled. */
	bool (*settle)(void *ctx);
	/* In the calling process, about ten times a second while others work; may be NULL. */
	void (*idle)(void *ctx);
	void *ctx;
	const volatile sig_atomic_t *stop;	/* when set, no further piece is begun */
};

/* Returns when all workers have ended.  false: errno. */
bool jobs_run(const struct jobs *j);

#endif
