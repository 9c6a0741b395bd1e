/*
 * coverage: what of the space a campaign has seen, without instrumentation.
 *
 *     cell      state of the peer in the session tables x what happened to it there
 *     reaction  what was heard, how TCP ended, in which span of time
 *     pair      both; a new pair is what a campaign looks for
 */
#ifndef FUZZ_COVERAGE_H
#define FUZZ_COVERAGE_H

#include "fuzz/lane.h"
#include "session/session_machine.h"

#include <stdio.h>

enum { COVERAGE_PAIRS = 1 << 16 };

struct coverage {
	uint32_t cells[SESSION_STATES][SESSION_EVENTS];
	uint32_t reactions[SESSION_STATES][SESSION_EVENTS];	/* different ones of a cell */
	uint64_t pairs[COVERAGE_PAIRS];	/* hash table; 0: free */
	uint32_t pairs_n, cells_n;
};

/* true: a new pair. */
bool coverage_add(struct coverage *c, const struct fuzz_script *s, const struct fuzz_outcome *o);

/* One JSON object; the heat map as a page of HTML.  false: errno. */
bool coverage_json(const struct coverage *c, FILE *out);
bool coverage_html(const struct coverage *c, FILE *out, const char *title, const char *summary);

#endif
