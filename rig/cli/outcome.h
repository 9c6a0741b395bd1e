/*
 * outcome: a case's result as text, and as a line of RUN/run.jsonl.
 */
#ifndef CLI_OUTCOME_H
#define CLI_OUTCOME_H

#include "cli/cli.h"
#include "scenario/runner.h"

#include <stdio.h>

/* "pass  basic/bind  0.12 s", and below it, unless it passed, why. */
void outcome_text(FILE *out, const struct run_config *c, const struct scenario *sc,
                  const struct case_result *r, const char *command);

/* One object, with its end of line. */
void outcome_json(FILE *out, const struct run_config *c, const struct scenario *sc,
                  const struct case_result *r, const char *command);

/* "skip" for a case that was not run. */
const char *outcome_name(const struct case_result *r);

/* How the verdicts of many cases add up. */
struct outcome_sum {
	unsigned pass, inconclusive, fail, error, skipped;
	bool interrupted;
};
void outcome_add(struct outcome_sum *sum, const struct case_result *r);
enum exit_status outcome_status(const struct outcome_sum *sum);
/* "7 cases: 6 pass, 1 fail (3.2 s)" */
void outcome_sum_text(FILE *out, const struct outcome_sum *sum, double seconds);

/* The string value of a field as it stands in a line of run.jsonl, escapes and
 * all; false: not there. */
bool outcome_field(const char *line, const char *name, char *value, size_t cap);
/* A string as JSON writes it, without the quotes. */
void outcome_escape(const char *s, char *out, size_t cap);

#endif
