/*
 * expression: times, sizes and numbers as sums of products.
 *
 *     pixit.open_interval + 2 * pixit.recovery_timeout + 30s
 *
 * The kinds must agree: times are added to times; a product has at most one
 * factor that is no bare number.
 */
#ifndef SCENARIO_EXPRESSION_H
#define SCENARIO_EXPRESSION_H

#include "scenario/target.h"

/* Reads an expression of this kind, 0..max, and calculates it with the target's
 * values; *end is where its last token ends in the source.  false: said. */
bool expression_read(struct lexer *lx, const struct target *t, enum param_kind kind, int64_t max,
                     int64_t *value, const char **end);

#endif
