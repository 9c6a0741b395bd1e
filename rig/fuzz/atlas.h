/*
 * atlas: what of the space a campaign has seen, without instrumentation.
 *
 *     cell      state of the peer in the session tables x what happened to it there
 *     reaction  what was heard, how TCP ended, in which span of time
 *     pair      both; a new pair is what a campaign looks for
 */
#ifndef FUZZ_ATLAS_H
#define FUZZ_ATLAS_H

#include "fuzz/lane.h"
#include "session/session_machine.h"

#include <stdio.h>

enum { ATLAS_PAIRS = 1 << 16, ATLAS_POINTS = 256 };

/* Pairs that were known after each `step` cases. */
struct atlas_growth {
	uint64_t cases, step;
	uint32_t pairs[ATLAS_POINTS];
	size_t n;
};

struct atlas {
	uint32_t cells[SESSION_STATES][SESSION_EVENTS];
	uint32_t reactions[SESSION_STATES][SESSION_EVENTS];	/* different ones of a cell */
	uint64_t pairs[ATLAS_PAIRS];	/* hash table; 0: free */
	uint32_t pairs_n, cells_n;
	struct atlas_growth growth;
};

/* true: a new pair. */
bool atlas_add(struct atlas *c, const struct fuzz_script *s, const struct fuzz_outcome *o);

/* One JSON object; the heat map and the growth as a page of HTML.  false: errno. */
bool atlas_json(const struct atlas *c, FILE *out);
bool atlas_html(const struct atlas *c, FILE *out, const char *title, const char *summary);

#endif
