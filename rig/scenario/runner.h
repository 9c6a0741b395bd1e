/*
 * runner: executes one scenario against one MTA and gives a verdict.
 *
 *     steps --> [sides: listeners, ends, send queues] <== links ==> MTA under test
 *                   | events                                 | logs, process
 *                   +--> journal (RUN/events/ID.jsonl)       |
 *                   +--> judge <-----------------------------+
 *
 * One loop over rig/net, in real or in virtual time.  The rig stands on every
 * side of the MTA at once; each side has an identity, may listen, and owns what
 * was handed to it for sending until the MTA has accepted it.  A target that
 * is `lab` is started afresh for each case: as a process of its own, or on the
 * same loop in virtual time.
 *
 * Everything ends: each wait has a time, each case a limit.  When `stop` is
 * set the case ends in order, and what was measured is written.
 *
 * What is fed to the judge (and written to the journal) of the ends' events:
 * all but the state table steps, EVENT_WANT, TPKTs, DT TPDUs, and the pieces of
 * content.  A negative confirm of CONNECT, TRANSFER or RELEASE and every abort
 * indication of the MTS service carries its reason in `value` and the layer that
 * refused in `from`.
 */
#ifndef SCENARIO_RUNNER_H
#define SCENARIO_RUNNER_H

#include "judge/judge.h"
#include "judge/signature.h"
#include "scenario/folder.h"
#include "scenario/scenario.h"

#include <signal.h>

struct run_config {
	const struct target *target;		/* all of this is borrowed */
	const struct signatures *signatures;	/* NULL: none */
	const char *folder;			/* RUN; exists */
	const struct hand *hand;	/* runs the target's programs; NULL: it names none */
	const char *program;			/* to start the lab MTA with */
	const char *name;			/* of the case's files in RUN; NULL: its
						 * identifier */
	uint64_t seed;
	bool is_virtual;
	bool logs_shared;			/* the MTA's logs are of other cases, too: not
						 * read */
	bool by_kernel;				/* in namespaces; lines are the kernel's */
	bool punctual;				/* before other programs, if the system allows it */
	const struct text_mask *mask;		/* of the timeline; NULL: names as they are */
	const char *packets;			/* interface that is recorded; NULL: none */
	char defects[128];			/* names with commas; empty: none */
	const volatile sig_atomic_t *stop;
	/* May be NULL: called often while a case runs, with what is going on. */
	void (*progress)(void *ctx, const struct scenario *sc, const char *doing);
	void *progress_ctx;
};

enum { RESULT_EVIDENCE_MAX = 8, RESULT_LADDER = 10, RESULT_LADDER_TEXT = 160 };

struct case_result {
	enum verdict verdict;		/* VERDICT_NONE: skipped */
	char skipped[256];		/* what the target lacks */
	bool hindered;			/* skipped: for another reason, a whole sentence */
	bool interrupted;
	char trouble[256];		/* VERDICT_ERROR: what the rig could not do */
	struct evidence evidence[RESULT_EVIDENCE_MAX];	/* worst first, copied */
	size_t evidence_n;
	struct ledger_sum ledger;
	struct bind_sum binds;
	int64_t duration_us;		/* of the net's clock */
	uint64_t events;
	bool captured;			/* RUN/ID.pcapng was written */
	char ladder[RESULT_LADDER][RESULT_LADDER_TEXT];	/* the last events, as text */
	size_t ladder_n;
	uint32_t frame_first, frame_last;	/* of the capture, that the ladder shows; 0: none */
};

static inline const char *run_name(const struct run_config *c, const struct scenario *sc)
{
	return c->name ? c->name : sc->id;
}

/* Once, by a process that runs many cases: what a case gives back stays with the process.
 * To get it from the kernel again, page by page, takes twice as long as the rest. */
void runner_keep_memory(void);

/* Runs one case.  `r` is always filled in. */
void runner_case(const struct run_config *c, const struct scenario *sc, struct case_result *r);

/* Folds a stored case again: RUN/events/ID.jsonl with the compiled scenario.
 * false: the events could not be read (r->trouble). */
bool runner_rejudge(const struct run_config *c, const struct scenario *sc,
                    struct case_result *r);

/* An event as a line for people: "  12.480331  up.1    <- session AC". */
void runner_event_text(const struct event *e, const struct scenario *sc, const struct target *t,
                       int64_t begin_us, char *buf, size_t cap);
/* Its parts: "session AC", and "up.1", "" if it has no end. */
void runner_event_what(const struct event *e, const struct scenario *sc, char *buf, size_t cap);
void runner_event_end(const struct event *e, const struct target *t, char *buf, size_t cap);

#endif
