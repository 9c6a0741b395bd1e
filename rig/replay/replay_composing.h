/*
 * replay_composing: the inside of composing a scenario.  For rig/replay only.
 */
#ifndef REPLAY_REPLAY_COMPOSING_H
#define REPLAY_REPLAY_COMPOSING_H

#include "replay/replay_lift.h"

/* A talk that becomes text. */
struct composing {
	const struct replay_capture *c;
	const struct replay_talk *t;
	const struct replay_part *part;
	const struct replay_options *o;
	struct replay_composed *out;
	struct replay_lift lift;
	FILE *text;
	char who[48];			/* "up.c1" */
	char *expected;			/* owned: a sequence that is not written yet */
	uint32_t confirmed;		/* serial that is to be confirmed behind it; 0: none */
	uint32_t waited;		/* the last one that was waited for in this activity */
	uint32_t synced;		/* our last sync point in it */
	bool crossing;			/* it did not wait for all that was to be confirmed */
	int64_t before_ns;		/* time of the move before */
	uint32_t cut_frame;
	char cut_how[16];
	bool connected;			/* or it calls us */
	bool listening;			/* for it to call */
	bool cut, theirs_ended, ended;
	bool cut_down;			/* at `cut_frame` */
	bool cleared;			/* behind DN, RF and DR either may close TCP first */
	bool data;			/* a DT of the running activity is expected already */
	size_t at;			/* the next move */
	size_t whole_to;		/* move of the AE of a transfer that is played by rule, its
					 * sync points left out; 0: none is running */
	char *transfer;			/* owned: ours, not written yet */
	char *acknowledging;		/* owned: how sync points are confirmed; NULL: by steps */
	uint32_t slack;			/* how much longer the next expectation may take */
	uint8_t *octets;		/* REPLAY_TSDU_MAX; of the move at hand, shared */
};

/* ---- moves (replay_moves.c) ---- */

/* A statement of the scenario. */
void compose_say(struct composing *k, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Why there is no scenario; the first reason stays.  Returns false. */
bool compose_cannot(struct composing *k, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* What was expected so far, as statements. */
void compose_expect_now(struct composing *k);
/* As long as in the capture, if that is asked for. */
void compose_pause_until(struct composing *k, int64_t time_ns);
void compose_theirs(struct composing *k, const struct replay_move *m);
/* Released, refused, or cleared by class 0. */
bool compose_clears(const struct replay_pdu *p);
/* false: it cannot be played. */
bool compose_ours(struct composing *k, const struct replay_move *m);

/* ---- transfers that are there from their start to their end (replay_whole.c) ---- */

/* The one SPDU of a TSDU beside GT and PT; NULL: there are several, or none. */
const struct replay_pdu *whole_spdu(const struct composing *k, const struct replay_move *m);
/* The move that ends the transfer which begins at the move at hand, if it may be played by
 * rule; else 0. */
size_t whole_end(const struct composing *k);
/* A move of theirs: where a transfer begins we confirm what sync points it has now. */
void whole_hear(struct composing *k);
/* A transfer of ours up to move `end`; owned by the caller; NULL: it is played as it was
 * captured. */
char *whole_text(struct composing *k, size_t end);

#endif
