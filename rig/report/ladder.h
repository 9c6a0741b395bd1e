/*
 * ladder: a case (or a captured conversation) as marks in the order of time.
 *
 *      up                MTA               down
 *       |--- CR --------->|                  |      a PDU between one of our ends and the MTA
 *       |<-- CC ----------|                  |
 *       |                 |------- CR ------>|
 *       |   == RST        |                  |      TCP, links
 *       |................. expect delivered .|      what the scenario does and awaits
 *       |                 | event 4283       |      the MTA's log
 *
 * Lane 0 is the first side, the MTA's lane stands behind it, the other sides follow: an
 * arrow always goes between the MTA and one side.  Texts are owned by the ladder.
 *
 * DTs of one end with nothing of that end between them are one mark.  A long ladder is told
 * in blocks: activities that went as they should can be folded.
 */
#ifndef REPORT_LADDER_H
#define REPORT_LADDER_H

#include "report/pdus.h"
#include "report/result.h"
#include "scenario/runner.h"

#include <stdio.h>

enum mark_kind {
	MARK_PDU,
	MARK_TCP,
	MARK_LINK,
	MARK_STEP,		/* of the scenario */
	MARK_EXPECT,		/* an expectation begins to wait, or is decided */
	MARK_LEDGER,
	MARK_LOG,
	MARK_ABORT,		/* an association ended otherwise than by a release */
	MARK_KINDS,
};
/* "pdu", "tcp" ...: the class of a mark in the page. */
const char *mark_kind_name(enum mark_kind k);

enum { LADDER_INSIDE = 8 };
struct ladder_mark {
	int64_t at_us;			/* since the case began */
	uint8_t kind, layer;		/* enum mark_kind, enum layer */
	uint8_t lane;			/* of our end; of a log line the MTA's */
	bool out;			/* towards the MTA */
	bool evidence;			/* the verdict rests on it */
	uint32_t association;		/* of our end; 0: none */
	uint32_t count;			/* PDUs in one mark */
	uint64_t octets;		/* of them */
	uint32_t frame_first, frame_last;	/* 0: not known */
	uint32_t activity;		/* of its end, from 1; 0: between activities */
	uint8_t decided;		/* enum expect_state: an expectation was, by this */
	uint8_t pdus_n;
	const char *text;		/* "session CN" */
	const struct pdu_text *pdus[LADDER_INSIDE];	/* the PDUs in it, outermost first; of the
					 * ladder's */
};

/* What became of a message. */
struct ladder_message {
	uint32_t number;		/* in the case, from 1 */
	uint8_t from, to;		/* lanes; `to`: the MTA's: nowhere */
	uint32_t offered, accepted, doubts, abandoned, delivered, altered, reported, foreign;
	int64_t offered_us, accepted_us, out_us;	/* the first time; out_us: delivered or
					 * reported */
	uint64_t octets;
};

/* Messages over time, in stretches of equal length. */
enum { LADDER_STRETCHES = 200 };
struct ladder_rate {
	int64_t width_us;		/* of a stretch; 0: no message */
	uint32_t accepted[LADDER_STRETCHES], delivered[LADDER_STRETCHES];
	size_t n;			/* stretches so far */
};

/* One line of octets sent and confirmed on an end: the plot. */
struct ladder_point {
	int64_t at_us;
	uint64_t sent, confirmed;	/* octets of the stream of that direction */
};
struct ladder_flow {
	uint32_t association;
	uint8_t lane;
	bool out;
	uint64_t rate;			/* bit/s of its link when it ended; 0: no limit */
	struct ladder_point *at;	/* owned */
	size_t n, cap;
};

enum { LADDER_LANES = SIDES_MAX + 1, LADDER_FLOWS = 6 };

struct ladder {
	char lanes[LADDER_LANES][40];
	size_t lanes_n, mta;		/* the MTA's lane */
	struct ladder_mark *at;		/* owned */
	size_t n, cap;
	struct ladder_flow flows[LADDER_FLOWS];	/* those with the most octets */
	size_t flows_n;
	struct ladder_message *messages;	/* owned; in the order of their numbers */
	size_t messages_n, messages_cap;
	struct ladder_rate rate;
	struct pdus *pdus;		/* owned; NULL: none */
	char **texts;			/* owned */
	size_t texts_n, texts_cap;
	int64_t end_us;
	bool cut;			/* more marks than LADDER_MARKS_MAX were left out */
};

/* A run of a million events is told by its beginning; messages and rates are counted to
 * the end. */
enum { LADDER_MARKS_MAX = 40000, LADDER_MESSAGES_MAX = 20000 };

/* Reads RUN/events and RUN/ID.pcapng of a result.  false: `why`. */
bool ladder_read(struct ladder *l, const struct run_config *c, const struct scenario *sc,
                 const struct result *r, char why[static RESULT_WHY]);
void ladder_free(struct ladder *l);

/* For other makers of ladders.  The text is cleaned and copied; NULL: no room (l->cut), or no
 * memory. */
struct ladder_mark *ladder_add(struct ladder *l, int64_t at_us, enum mark_kind kind,
                               const char *fmt, ...) __attribute__((format(printf, 4, 5)));
const char *ladder_keep(struct ladder *l, const char *text);
/* One more PDU in a mark, which takes over its frames. */
void ladder_put_pdu(struct ladder_mark *m, const struct pdu_text *t);

/* Octets that were sent and confirmed up to now, neither of them ever less. */
void ladder_point(struct ladder_flow *f, int64_t at_us, uint64_t sent, uint64_t confirmed);

/* Marks [from, to) that are told together. */
struct ladder_block {
	size_t from, to;
	bool folded;			/* an activity that went as it should */
	int64_t idle_us;		/* nothing happened for so long before it; 0: a moment */
};
/* The block that begins at mark `from`.  `all`: nothing is folded. */
struct ladder_block ladder_next(const struct ladder *l, size_t from, bool all);
/* "activity 12: 8192 octets in 9 DT, 8 of 8 checkpoints, 45 ms" */
void ladder_block_text(const struct ladder *l, const struct ladder_block *b, char *buf, size_t cap);

/* The ladder for a terminal, as mscgen source, as Mermaid source. */
bool ladder_text(FILE *out, const struct ladder *l);
bool ladder_mscgen(FILE *out, const struct ladder *l);
bool ladder_mermaid(FILE *out, const struct ladder *l);

#endif
