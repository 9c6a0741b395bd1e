/*
 * defect_inner: what a defect is, and what defects remember (private to
 * defect.c and defects_*.c).
 */
#ifndef MTA_DEFECT_INNER_H
#define MTA_DEFECT_INNER_H

#include "mta/mta_inner.h"

/* true: the healthy path goes on. */
typedef bool defect_fn(struct mta *m, const struct at *at);

struct defect {
	struct mta_defect_text text;
	defect_fn *at[DEFECT_POINTS_N];
};

/* Each ends with an entry without a name. */
extern const struct defect defects_transport[], defects_association[], defects_message[];
extern const struct defect defects_planted[], defects_own[];

/* What is remembered of a neighbour. */
struct defect_memory {
	uint32_t numbered;		/* queue identifiers given in this session */
	int64_t waiting_since;		/* put off since; 0: not, NEVER_US: logged */
	uint32_t failures;		/* openings that failed in a row */
	int64_t sending_since;		/* the transfer that began last */
	bool cut_in_activity;		/* an association was lost while sending */
	bool cut_in_opening;
	bool dawdled;			/* since it had nothing to send last */
};

struct defects {
	uint64_t set;			/* bit i: the i-th of mta_defect() */
	struct defect_memory peers[MTA_PEERS_MAX];
	uint32_t opened, lost;		/* associations */
	uint32_t taken;			/* messages */
	int64_t lost_at;		/* the last one that a neighbour had opened */
	int64_t released_at;		/* the same, of Q152945; 0: none */
	bool deaf;			/* new connections are not served */
	bool looping;			/* nothing is served */
	bool odd;			/* the report that is taken has additional information */
	bool excepted;			/* an exception was reported */
};

/* 9405, and the MTA ends as a process that has crashed. */
void defect_crash(struct mta *m, const char *process, unsigned number, const char *error);
/* 2050 ("PUT to") or 2051 ("GET from"), in both wordings. */
void defect_log_illegal(struct mta *m, const struct log_event *e, unsigned element,
                        unsigned long long offset);
struct defect_memory *defect_memory(struct mta *m, const struct neighbour *nb);

#endif
