/*
 * report: results in the forms that other tools read.
 *
 *   JUnit XML    one <testsuite> for each group (the identifier before its last '/')
 *   TAP 14       one test point a case, with a YAML block unless it passed
 *   Markdown     a table, and below it why each one failed: for a ticket
 *   text         as `run` prints it, the worst first
 *
 * An expected failure and an inconclusive case are no failures to a machine:
 * JUnit calls both skipped, TAP calls the first TODO and the second SKIP; the
 * message says which.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "report/result.h"

/* All return false if not everything was written (errno). */
/* After xml_load(). */
bool report_junit(FILE *out, const struct results *s);
bool report_tap(FILE *out, const struct results *s);
bool report_markdown(FILE *out, const struct results *s);
bool report_text(FILE *out, const struct results *s);

/* "pop4/backlog-drop" -> 4: the length of its group; 0: it has none. */
size_t report_group(const char *id);

#endif
