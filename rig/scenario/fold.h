/*
 * fold: what a live run and a later judgement do alike.
 */
#ifndef SCENARIO_FOLD_H
#define SCENARIO_FOLD_H

#include "scenario/runner.h"

/* What the judge is told of a case. */
void runner_describe(const struct run_config *c, const struct scenario *sc,
                     struct judge_case *out);
void runner_take_verdict(const struct judge *j, struct case_result *out);
void runner_interrupted(struct case_result *out);
/* Fills result->ladder from the stored events: the last ones up to those that the
 * first evidence names. */
void runner_ladder(const struct run_config *c, const struct scenario *sc,
                   struct case_result *out);

#endif
