/*
 * outcome: a case's result as text for people and as a record (report/result.h).
 */
#ifndef CLI_OUTCOME_H
#define CLI_OUTCOME_H

#include "cli/cli.h"
#include "report/result.h"
#include "scenario/runner.h"

#include <stdio.h>

/* The record of a case; it borrows from all that is handed in.  `expected` and
 * `attempt` are the caller's to set. */
struct result outcome_result(const struct scenario *sc, const struct case_result *r,
                             const char *command, const char *seed,
                             const char *purposes[static SCENARIO_PURPOSES_MAX]);

/* "pass  basic/bind  0.12 s", and below it, unless it passed, why. */
void outcome_text(FILE *out, const struct run_config *c, const struct scenario *sc,
                  const struct case_result *r, const struct result *result);

/* What a run with these verdicts ends with. */
enum exit_status outcome_status(const struct result_sum *sum);

#endif
