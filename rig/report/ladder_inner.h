/*
 * ladder_inner: what the parts of a ladder's making share (private to report/).
 *
 *     ladder_read.c     from a run folder: names, logs, what decided each expectation
 *     ladder_marks.c    what each event becomes
 */
#ifndef REPORT_LADDER_INNER_H
#define REPORT_LADDER_INNER_H

#include "judge/judge.h"
#include "report/ladder.h"
#include "scenario/journal.h"

enum {
	ENDS_MAX = 4096,
	INNER_TEXT = 200,
};

/* An end of ours, as the journal tells of it. */
struct end_seen {
	uint32_t association, connection;	/* its number on the tape, from 1 */
	bool initiator;
	uint32_t activity, activities;	/* the one under way, or 0; so far */
	size_t last;			/* its last mark + 1 */
	char inner[INNER_TEXT];		/* PDUs inside the session PDU that is to come */
	const struct pdu_text *inside[4];	/* the same, from the inside out */
	size_t inside_n;
	uint64_t mip[2];		/* stream octets behind the last MIP: out, in */
	struct ladder_flow flow[2];	/* out, in */
};

/* The lines of a stored log. */
struct log_lines {
	char **at;			/* owned */
	size_t n;
};

struct reading {
	struct ladder *l;
	const struct run_config *c;
	const struct scenario *sc;
	const struct result *r;
	struct end_seen *ends[ENDS_MAX];
	size_t ends_n;
	uint32_t connections;
	struct log_lines logs[2];	/* enum log_kind */
	uint64_t ordinal, last_log;
	struct {
		size_t mark;		/* + 1; 0: none */
		uint8_t code;
		uint32_t first, last;
	} entry;			/* of the ledger, that the next one may join */
	int64_t begin_us;
	uint64_t out_rate[SIDES_MAX], in_rate[SIDES_MAX];
	struct judge_case description;
	struct judge *judge;		/* tells when expectations were decided */
	size_t *pending, pending_n;	/* expectations that wait; owned */
};

#define ADD(rd, e, kind, ...) ladder_add((rd)->l, (e)->at_us - (rd)->begin_us, kind, __VA_ARGS__)

/* Made when it is first met; NULL: there are too many, or no memory. */
struct end_seen *ladder_end_of(struct reading *rd, uint32_t association);
/* The first side stands left of the MTA, the others right of it. */
uint8_t ladder_lane_of(const struct ladder *l, uint32_t association);
/* Its last mark; NULL: it has none. */
struct ladder_mark *ladder_last_of(struct reading *rd, const struct end_seen *end);

/* A mark of its own, if the event does not join one or has none. */
void ladder_mark_event(struct reading *rd, const struct event *e);

#endif
