/*
 * expression: times, sizes and numbers as sums of products.
 *
 *     pixit.open_interval + 2 * pixit.recovery_timeout - $patience / 2
 *
 * The kinds must agree: times are added to times; a product has at most one
 * factor that is no bare number, and only bare numbers divide.
 */
#ifndef SCENARIO_EXPRESSION_H
#define SCENARIO_EXPRESSION_H

#include "scenario/target.h"

/* What `let` has named; asked for as $NAME. */
enum { LETS_MAX = 64 };
struct expression_lets {
	struct expression_let {
		char name[TARGET_NAME];
		enum param_kind kind;
		int64_t value;
	} at[LETS_MAX];
	size_t n;
};

/* Reads an expression of this kind, 0..max, and calculates it with the target's
 * values; *end is where its last token ends in the source.  false: said. */
bool expression_read(struct lexer *lx, const struct target *t, const struct expression_lets *lets,
                     enum param_kind kind, int64_t max, int64_t *value, const char **end);
/* The same of any kind. */
bool expression_read_any(struct lexer *lx, const struct target *t,
                         const struct expression_lets *lets, enum param_kind *kind,
                         int64_t *value, const char **end);

#endif
