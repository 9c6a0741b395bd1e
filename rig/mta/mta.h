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

enum { MTA_PEERS_MAX = 16 };

/* A neighbour: who it is, and where mail for it goes. */
struct mta_peer {
	char name[33];			/* MTA name it binds with, and we expect */
	char password[63];		/* its password; empty: none asked */
	char our_password[63];		/* what we bind with at it; empty: our own */
	char prefix[128];		/* O/R address prefix routed to it, as text
					 * ("C=XX;A=TEST;P=DOWN;"); empty: no route */
	struct net_address address;	/* where it listens; family 0: we never call it */
};

struct mta_timers {			/* microseconds; defaults: Exchange's documented ones */
	int64_t open_interval, transfer_interval, recovery_timeout, lifetime, disconnect;
	int64_t expiry;			/* a message that cannot be passed on is reported after */
	uint32_t open_retries, transfer_retries;
};

enum mta_defect {
	MTA_DEFECT_Q152897 = 1,		/* queue identifier collision */
	MTA_DEFECT_Q236586 = 2,		/* one slow link stalls all */
};

struct mta_config {
	char name[33], password[63];
	char domain[3][17];		/* country, ADMD, PRMD of our global domain identifier */
	struct net_address listen;	/* port 0: the system chooses */
	struct mta_peer peers[MTA_PEERS_MAX];
	size_t peers_n;
	struct mta_timers timers;
	uint32_t checkpoint_kib, window, associations_max;
	uint32_t defects;		/* set of enum mta_defect */
	char queue[256];		/* SQLite file; empty: in memory */
	char log_dir[256];		/* Ev0.log, Calls.out; empty: no logs */
};

/* Documented defaults (mta-wide timers of an Exchange MTA, checkpoint 30,
 * window 5). */
void mta_defaults(struct mta_config *c);
/* All times multiplied by `factor` (tests run at 0.01). */
void mta_scale(struct mta_config *c, double factor);

struct mta;
/* Opens queue and listener.  NULL: `why` says what failed. */
struct mta *mta_new(struct end_world *world, const struct mta_config *c, char *why, size_t why_cap);
void mta_free(struct mta *m);
struct net_address mta_address(const struct mta *m);
size_t mta_queue_length(const struct mta *m);

/* Name <-> bit of the defects; 0 if unknown.  `list` prints each with source,
 * trigger and signature. */
uint32_t mta_defect_by_name(const char *name);
struct mta_defect_text {
	enum mta_defect bit;
	const char *name, *source, *trigger, *signature;
};
extern const struct mta_defect_text mta_defects[];	/* ends with name NULL */

#endif
