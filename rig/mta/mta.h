/*
 * mta: the lab MTA, a small correct store-and-forward MTA that can be given
 * documented defects.
 *
 *     peer --> [listener, bind, receive] --> queue (SQLite) --> [route, associate, send] --> peer
 *                                              \-- no route: non-delivery report
 *
 * It runs on any `struct net`: alone in its own process (`x400rig mta`), or
 * beside the rig in virtual time.  What it has acknowledged is on disk; what
 * it has deleted was acknowledged by the next MTA or reported.
 */
#ifndef MTA_MTA_H
#define MTA_MTA_H

#include "end/end.h"
#include "proof/proof.h"

enum {
	MTA_PEERS_MAX = 16,
	/* The transport stack's control blocks: one for each connection, in either
	 * direction, and one for the listener. */
	MTA_CONTROL_BLOCKS = 1250,
};

/* What a neighbour may propose, and what we propose to it. */
enum mta_dialogue {
	MTA_DIALOGUE_ANY,		/* we propose monologue and take both */
	MTA_DIALOGUE_MONOLOGUE,
	MTA_DIALOGUE_TWO_WAY,
	MTA_DIALOGUE_PREFER_TWO_WAY,	/* we propose two-way and take both */
};

/* A neighbour: who it is, and where mail for it goes. */
struct mta_peer {
	char name[33];			/* MTA name it binds with, and we expect */
	char password[63];		/* its password; empty: none asked */
	char our_password[63];		/* what we bind with at it; empty: our own */
	char prefix[128];		/* O/R address prefix routed to it, as text
					 * ("C=XX;A=TEST;P=DOWN;"); empty: no route */
	uint8_t context;		/* enum association_context that we call it in; it may call
					 * us in any.  1984: what goes to it is downgraded */
	uint8_t dialogue;		/* enum mta_dialogue */
	uint8_t credentials;		/* enum proof_kind: what we take and give */
	bool inside;			/* an MTA of our own domain: internal trace is for it */
	struct net_address address;	/* where it listens; family 0: we never call it */
};

struct mta_timers {			/* microseconds; defaults: Exchange's documented ones */
	int64_t open_interval, transfer_interval, recovery_timeout, lifetime, disconnect;
	int64_t transfer_time;		/* for each KiB of a normal message, and one more */
	int64_t expiry;			/* a message that cannot be passed on is reported after */
	int64_t seen;			/* how long an MTS identifier counts as one that has come
					 * by */
	uint32_t open_retries, transfer_retries;
};

/* A second message with an MTS identifier that has come by (X.411 8.5.1 makes
 * them unique; gateways that restart use them again). */
enum mta_repeated { MTA_REPEATED_DELIVER, MTA_REPEATED_SUPPRESS };

struct mta_config {
	char name[33], password[63];
	char domain[3][17];		/* country, ADMD, PRMD of our global domain identifier */
	char local[128];		/* O/R address prefix of our own mailboxes; empty: none */
	struct net_address listen;	/* port 0: the system chooses */
	struct mta_peer peers[MTA_PEERS_MAX];
	size_t peers_n;
	struct mta_timers timers;
	uint32_t checkpoint_kib, window;
	uint32_t associations_max;	/* with one neighbour, in each direction; of those that we
					 * open the last is for urgent messages */
	uint32_t threshold;		/* messages that wait for each association we open */
	uint32_t control_blocks;
	struct net_buffers buffers;	/* of connections that we make; zero: the system's */
	uint64_t content_max;		/* octets of a content; 0: no limit */
	uint8_t repeated;		/* enum mta_repeated */
	struct proof_files proof;	/* key, certificate, trust; empty: none */
	uint64_t defects;		/* set; mta_defect_add() */
	char queue[256];		/* SQLite file; empty: it goes with us */
	char log_dir[256];		/* Ev0.log, Bf0.log, Calls.out; empty: no logs */
	char link[512];			/* words of its lines (link/link_options.h); empty: none */
	char control[108];		/* unix socket; empty: none */
};

/* Documented defaults (mta-wide timers of an Exchange MTA, checkpoint 30,
 * window 5). */
void mta_defaults(struct mta_config *c);
/* Changes what the file says (docs/lab-mta.md), and leaves the rest.  false: *said is
 * what is wrong with it, `file:line:col`, to be freed. */
bool mta_settings(struct mta_config *c, const char *path, char **said);
/* All times multiplied by `factor` (tests run at 0.01). */
void mta_scale(struct mta_config *c, double factor);

struct mta;
/* What waits for an interval, after a failure or for the disk, is tried now.  What its
 * originator has deferred is not. */
void mta_flush(struct mta *m);
/* All times multiplied while it runs: what waits, waits for `factor` of what was left.
 * Deferred delivery stays when it is.  An association keeps the limits that it was made with;
 * on disk a message expires as it would have. */
void mta_rescale(struct mta *m, double factor);
/* Opens queue and listener.  NULL: `why` says what failed. */
struct mta *mta_new(struct end_world *world, const struct mta_config *c, char *why, size_t why_cap);
void mta_free(struct mta *m);
struct net_address mta_address(const struct mta *m);
/* In use: one for the listener, one for each connection. */
uint32_t mta_control_blocks(const struct mta *m);
size_t mta_queue_length(const struct mta *m);
/* It has closed everything and does nothing any more: told to, or by a defect. */
bool mta_stopped(const struct mta *m);

/* As if its disk were full, or had room again. */
void mta_disk_full(struct mta *m, bool full);
/* As if the host's clock jumped: the time of day, not that of its timers. */
void mta_clock_jump(struct mta *m, int64_t us);

/* Adds a defect by its name; false: there is none of this name. */
bool mta_defect_add(struct mta_config *c, const char *name);
/* The same for names with commas between; false: `unknown` is of none, maybe cut. */
enum { MTA_DEFECT_NAME = 64 };
bool mta_defects_add(struct mta_config *c, const char *names, char unknown[static MTA_DEFECT_NAME]);
struct mta_defect_text {
	const char *name, *source, *trigger, *signature;
	const char *scenario;		/* ID of the one that catches it */
};
/* The i-th of the documented ones; false: there are fewer.  Those that are planted to try
 * an oracle (defects_planted.c), and what is no fault (defects_own.c), are found by name
 * only. */
bool mta_defect(size_t i, struct mta_defect_text *out);

#endif
