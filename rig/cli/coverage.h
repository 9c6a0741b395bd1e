/*
 * coverage: which scenarios serve which test purpose.
 */
#ifndef CLI_COVERAGE_H
#define CLI_COVERAGE_H

#include "cli/suite.h"

/* All purposes of the catalogue with the scenarios of the suite that serve them, and
 * at the end those without one.  Exit statuses; what is wrong with the purposes' files
 * is said. */
int coverage_print(struct suite *s);
/* An array of {purpose, group, stimulus, expected, source, derived, scenarios []}. */
int coverage_json(struct suite *s);

/* Does each scenario serve purposes that there are?  Complaints: in the suite's report. */
bool coverage_lint(struct suite *s);

#endif
