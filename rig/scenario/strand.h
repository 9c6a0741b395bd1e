/*
 * strand: the order in which steps are carried out (private to the runner).
 */
#ifndef SCENARIO_STRAND_H
#define SCENARIO_STRAND_H

#include "scenario/runner_inner.h"

/* All steps, or as many as make sense. */
void strand_all(struct run *r);

/* One turn of the loop, at most until `until`. */
void strand_turn(struct run *r, int64_t until);
/* The case must end: trouble, Ctrl-C, or its limit. */
bool strand_stopped(const struct run *r);

#endif
