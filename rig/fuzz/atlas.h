/*
 * atlas: what of the space a campaign has seen, without instrumentation.
 *
 *     cell      state of the peer in the tables of session, or of RTSE, x what happened
 *               to it there
 *     reaction  what was heard, how TCP ended, in which span of time; or a signature of which
 *               the MTA's log has shown a row for the first time
 *     pair      a cell of session and a reaction; a new pair is what a campaign looks for
 *     corpus    for each pair that is not of the log the case of the fewest operations that has
 *               shown it
 */
#ifndef FUZZ_ATLAS_H
#define FUZZ_ATLAS_H

#include "fuzz/lane.h"
#include "judge/signature.h"
#include "rtse/rtse_table.h"
#include "session/session_machine.h"

#include <stdio.h>

enum { ATLAS_PAIRS = 1 << 16, ATLAS_POINTS = 256 };

/* Pairs that were known after each `step` cases. */
struct atlas_growth {
	uint64_t cases, step;
	uint32_t pairs[ATLAS_POINTS];
	size_t n;
};

struct atlas_pair {
	uint64_t key;			/* 0: free */
	uint64_t number;		/* of the case */
	uint8_t steps;
};

struct atlas {
	uint32_t cells[SESSION_STATES][SESSION_EVENTS];
	uint32_t reactions[SESSION_STATES][SESSION_EVENTS];	/* different ones of a cell */
	uint32_t rtse[RTSE_STATES_N][RTSE_IN_N + 1];	/* the last: nothing of RTSE */
	struct atlas_pair pairs[ATLAS_PAIRS];	/* hash table */
	uint32_t pairs_n, cells_n, rtse_n;
	uint32_t places[FUZZ_PLACES];	/* where the MTA handed on and met a case */
	struct atlas_growth growth;
	uint32_t logged[SIGNATURES_MAX];	/* records that match a row of the signature */
};

/* true: a new pair.  A case that was refused before its point has seen nothing. */
bool atlas_add(struct atlas *c, uint64_t number, const struct fuzz_script *s,
               const struct fuzz_outcome *o);
/* Cells of session and of RTSE in which the MTA was as the one that called. */
void atlas_add_called(struct atlas *c, const struct fuzz_answer *a);

/* The log has said something that a signature has, while this case was the last to begin. */
void atlas_add_logged(struct atlas *c, const struct fuzz_script *s, size_t signature);

/* The numbers of the corpus, one a line, as an order that can be repeated.  false: errno. */
bool atlas_corpus(const struct atlas *c, FILE *out);

/* One JSON object; the heat map and the growth as a page of HTML.  `names`: what the log was
 * held against.  false: errno. */
bool atlas_json(const struct atlas *c, const struct signatures *names, FILE *out);
bool atlas_html(const struct atlas *c, const struct signatures *names, FILE *out,
                const char *title, const char *summary);

#endif
