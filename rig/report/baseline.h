/*
 * baseline: outcomes that are known and accepted for now.
 *
 *     baseline "Exchange 5.5 SP3, our lab"
 *       # glob of cases       verdict       glob of the reason     known fault
 *       case pop4/backlog-drop  fail          "* 40 were, *"         article Q152897
 *       case "trace-?"          inconclusive
 *
 * A case whose outcome stands here is *expected*: it does not count against
 * the run.  One that stands here and passes is an unexpected pass, and counts:
 * the fault is gone and the line must go too.  A fail for another reason than
 * the line says is a fail like any other.
 */
#ifndef REPORT_BASELINE_H
#define REPORT_BASELINE_H

#include "lexer/lexer.h"
#include "report/result.h"

struct baseline;

/* NULL: said in the report. */
struct baseline *baseline_read(const char *path, struct lexer_report *r);
void baseline_free(struct baseline *b);

/* Is the outcome known, or does the baseline want another one than a pass? */
bool baseline_expects(const struct baseline *b, const char *id, enum verdict verdict,
                      const char *reason, const char *article);

/* A baseline of what counts against a run; numbers in reasons become '*'. */
bool baseline_write(FILE *out, const struct results *s);

#endif
