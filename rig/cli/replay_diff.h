/*
 * replay_diff: two replays of the same captures, PDU by PDU.
 */
#ifndef CLI_REPLAY_DIFF_H
#define CLI_REPLAY_DIFF_H

#include "replay/replay.h"

/* "replay/x: answers: 12 equal, ..." */
void replay_print_sum(FILE *out, const char *name, const struct replay_sum *sum);
/* Is there an answer that differs, is missing or extra? */
bool replay_sum_differs(const struct replay_sum *sum);

/* The conversations in RUN/replay/ of two run folders, what both sides said in them, on
 * stdout; sums are added to *sum.  Returns how many captures there were, in either; -1: one
 * cannot be read, which is said. */
int replay_diff_runs(const char *was, const char *is, struct replay_sum *sum);

#endif
