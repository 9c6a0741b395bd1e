/*
 * diff: what changed between two runs.
 */
#ifndef REPORT_DIFF_H
#define REPORT_DIFF_H

#include "report/result.h"

enum diff_kind {
	DIFF_WORSE,		/* it fails now, and did not: a new failure */
	DIFF_BETTER,		/* it did, and does not any more */
	DIFF_VERDICT,		/* another verdict, a failure neither now nor then, or both times */
	DIFF_REASON,		/* the same verdict for another reason (numbers apart) */
	DIFF_FLAKY,		/* its attempts differ now among themselves, and did not */
	DIFF_GONE,		/* only in the first run */
	DIFF_ADDED,		/* only in the second */
	DIFF_KINDS,
};
const char *diff_name(enum diff_kind k);

/* Both runs merged (results_merge()).  Calls `put` for each difference, in the order
 * of the identifiers; one of `was` and `is` may be NULL.  Returns how many of each
 * kind. */
struct diff_sum {
	unsigned n[DIFF_KINDS];
};
struct diff_sum diff_runs(const struct results *was, const struct results *is,
                          void (*put)(void *ctx, enum diff_kind k, const struct result *was,
                                      const struct result *is), void *ctx);

#endif
