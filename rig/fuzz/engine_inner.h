/*
 * engine_inner: what the parts of the engine share (private to fuzz/).
 *
 *     engine.c         cases begin and end; the loop
 *     engine_draw.c    which of them begins next
 *     engine_rest.c    everything comes to rest, and what is seen only then
 *     engine_trial.c   ... and what shows only in honest traffic: stall, pace, recovery
 *     engine_fault.c   a fault, as text and as a signature
 *     engine_log.c     the MTA's logs
 *     engine_held.c    what the MTA holds
 */
#ifndef FUZZ_ENGINE_INNER_H
#define FUZZ_ENGINE_INNER_H

#include "fuzz/engine.h"
#include "fuzz/outlet.h"
#include "logs/logs.h"
#include "scenario/log_source.h"

/* A lab MTA answers at once, and ends what must end after its disconnect time. */
#define LAB_PATIENCE_US (4 * SECOND_US)

/* Cases until everything comes to rest for the first time; then twice as many each time. */
enum { CALM_FIRST = 1000, CALM_MOST = 64000 };
/* The same for a case that is run alone. */
enum { ALONE_FIRST = 50, ALONE_MOST = 16000 };

/* Cases that wait while others go on: enough for the longest of them. */
enum { WAITING_MAX = 4096 };

struct engine_log {
	struct engine *engine;
	struct log_source source;
	struct log_reader *reader;
};

struct engine {
	const struct engine_config *config;
	struct engine_sum *sum;
	struct net *net;
	struct end_world *world;
	struct speech *speech;
	struct outlet *outlet;
	struct trial *trial;		/* NULL: nothing is tried */
	uint64_t rests, tried_at;	/* rests there were, and at which the next trial is due */
	struct fuzz_lab lab;
	bool has_lab;
	struct lane_world lanes_world;
	struct patience patience;
	struct runqueue queue;		/* our own process; */
	int64_t looked_us;		/* at it and at the lab MTA's, last */
	struct lane **lanes;
	unsigned lanes_n, idle;
	bool dry, failing;
	bool doubtful;			/* is the MTA still there? */
	uint64_t since_probe, since_calm, calm_after, alone_after;
	struct fuzz_case alone;		/* waits until all is at rest */
	bool has_alone;
	bool draining;			/* what would disturb a rest does not begin, but waits */
	int64_t draining_us;		/* since then */
	struct fuzz_case waiting[WAITING_MAX];	/* a ring */
	size_t waiting_at, waiting_n;
	int64_t begin_us, due_us, ticked_us, turned_us, delivery_us;
	int64_t stood_us;		/* when somebody last did not run for long */
	struct fuzz_case last;
	struct engine_log logs[2];	/* events, calls: those that the target has */
	size_t logs_n;
	struct signature_matcher *matcher;
	struct signature_score score;
	uint64_t told[SIGNATURES_MAX / 64];
	/* Latency of binds. */
	int64_t fastest_us;		/* of those asked for last; 0: at once, or none */
	bool measured;
};

/* Tells the owner of the run of it.  `c` was under way; `s` and `o` may be NULL. */
void engine_fault(struct engine *g, enum fuzz_fault what, const struct fuzz_case *c,
                  const struct fuzz_script *s, const struct fuzz_outcome *o, const char *detail);
/* What the fault of a case means, in a few words. */
void engine_say_fault(const struct fuzz_outcome *o, char *buf, size_t cap);

/* false: no memory. */
bool engine_open_logs(struct engine *g);
void engine_close_logs(struct engine *g);
/* What is new in texts that are followed, held against the signatures. */
void engine_read_log(struct engine *g);
/* At rest: in event logs and in what commands print, too. */
void engine_read_whole_logs(struct engine *g);
/* The lab MTA's own logs: what was read is let go, or they would fill the disk. */
void engine_trim_logs(struct engine *g);

/* The lab MTA has control blocks in use, though nothing is open. */
bool engine_holds_more(struct engine *g);
/* false: nobody tells. */
bool engine_ask_held(const struct engine *g, struct fuzz_held *out);
/* At rest: against what it held at first. */
void engine_compare_held(struct engine *g);

bool engine_stopped(const struct engine *g);
/* One turn of the loop, and what is looked at ten times a second.  false: `why`. */
bool engine_turn(struct engine *g, char *why, size_t cap);
/* Messages accepted before `since_us` must have come out. */
void engine_look_at_ledger(struct engine *g, int64_t since_us);
/* The next case that may begin now.  false: none, or (g->dry) no more. */
bool engine_draw(struct engine *g, struct fuzz_case *c, struct fuzz_script *s);
/* Bind and release, on a lane that is idle. */
void engine_probe(struct engine *g, struct lane *lane);
void engine_begin(struct engine *g, struct lane *lane, const struct fuzz_case *c,
                  const struct fuzz_script *s);

/* Something is to be seen that is seen only at rest, */
bool engine_wants_rest(const struct engine *g);
/* and what does not disturb it may go on until this is true. */
bool engine_is_drained(struct engine *g);
void engine_drain(struct engine *g, bool on);
/* These return when all has come to rest; false: the rig failed, `why`. */
bool engine_measure_binds(struct engine *g, char *why, size_t cap);
bool engine_calm(struct engine *g, char *why, size_t cap);
bool engine_run_alone(struct engine *g, char *why, size_t cap);
bool engine_rest(struct engine *g, char *why, size_t cap);

/* A lane that has no case; there is one as soon as one is spent.  NULL: none. */
struct lane *engine_idle_lane(struct engine *g, char *why, size_t cap);
/* Until nobody says anything any more, and `own` (NULL: none) is done. */
bool engine_run_out(struct engine *g, const struct lane *own, char *why, size_t cap);

/* For a target with two next MTAs; NULL: it has not, or `why`. */
struct trial *trial_new(struct engine *g, char *why, size_t cap);
void trial_free(struct trial *t);
/* Where the second next MTA listens, and which side it is; side 0: there is no trial. */
struct net_address trial_address(const struct trial *t, unsigned *side);
/* All is at rest, and is again when it returns. */
bool engine_try(struct engine *g, char *why, size_t cap);

#endif
