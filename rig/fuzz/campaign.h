/*
 * campaign: many cases, their failures, and what must survive a dead machine.
 *
 *     FOLDER/journal          ranges of cases, each on disk before its first octet leaves
 *     FOLDER/counter          a mapped page: which case was begun last
 *     FOLDER/order            with steering: the cases in the order of their running
 *     FOLDER/failures/N.scn   a failure, as a scenario and as cases to be replayed
 *     FOLDER/corpus           the smallest cases that show all that was seen, as an order
 *     FOLDER/coverage.json coverage.html
 *     FOLDER/mta/             the logs of the lab MTA
 */
#ifndef FUZZ_CAMPAIGN_H
#define FUZZ_CAMPAIGN_H

#include "fuzz/atlas.h"
#include "fuzz/engine.h"

enum { CAMPAIGN_FAILURES = 64, CAMPAIGN_PAST = 1024 };

struct campaign_config {
	struct engine_config engine;	/* source and callbacks are the campaign's */
	const char *folder;
	uint64_t seed;
	uint64_t first, cases;		/* cases 0: without end */
	int64_t time_us;		/* of the wall clock; 0: without end */
	uint64_t shard, shards;		/* cases with number % shards == shard */
	unsigned failures;		/* so many different ones end it */
	bool steer;
	const char *order;		/* file to be repeated; NULL: none */
	bool resume;			/* go on where the folder's counter stands */
};

struct campaign_failure {
	struct engine_failure first;
	uint64_t times;
	uint64_t at;			/* cases that had run by then */
	int64_t at_us;
	uint64_t *past;			/* owned: cases begun before and with it, oldest first */
	size_t past_n;
};

struct campaign {
	const struct campaign_config *config;
	struct atlas coverage;
	struct engine_sum sum;
	struct campaign_failure failures[CAMPAIGN_FAILURES];
	size_t failures_n;
	unsigned busy;			/* lanes */
	uint64_t drawn, begun, ended, number, range_end;
	uint64_t past[CAMPAIGN_PAST];
	int64_t begin_us;
	int journal;			/* descriptor */
	FILE *order_in, *order_out;
	struct campaign_counter *counter;
	bool enough;
	void (*show)(struct campaign *c);	/* ten times a second; may be NULL */
};

/* false: the rig failed, `why`.  The campaign is to be freed in any case. */
bool campaign_run(struct campaign *c, const struct campaign_config *config, char *why,
                  size_t why_cap);
void campaign_free(struct campaign *c);

/* Microseconds of the monotonic clock since it began. */
int64_t campaign_elapsed(const struct campaign *c);

#endif
