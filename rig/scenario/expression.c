#include "scenario/expression.h"

#include <string.h>

struct amount {
	enum param_kind kind;
	int64_t value;
};

static const char *const kind_forms[] = {
	"a number", "a time (as 30s or 500ms)", "a size (as 8KiB or 0)",
};

static bool read_param(struct lexer *lx, const struct target *t, struct amount *out)
{
	const struct token *tok = &lx->token;
	const struct target_param *p;
	struct nearest near;
	char name[2 * TARGET_NAME];
	const char *why;

	if (!token_text(tok, name, sizeof name, &why))
		return lexer_error(lx, tok, "%s", why);
	p = target_param(t, name + 6);
	if (!p) {
		nearest_init(&near, name + 6, strlen(name + 6));
		target_offer_params(t, &near);
		return lexer_error(lx, tok, "the target has no parameter \"%s\"%s%s%s", name + 6,
		                   near.best ? "; did you mean \"pixit." : "",
		                   near.best ? near.best : "", near.best ? "\"?" : "");
	}
	*out = (struct amount){ p->kind, p->value };
	return true;
}

static bool read_literal(const struct token *tok, struct amount *out)
{
	uint64_t v;

	if (quantity_number(tok->p, tok->n, &v) && v <= INT64_MAX) {
		*out = (struct amount){ PARAM_NUMBER, (int64_t)v };
		return true;
	}
	if (quantity_time(tok->p, tok->n, &out->value)) {
		out->kind = PARAM_TIME;
		return true;
	}
	if (!quantity_size(tok->p, tok->n, &v))
		return false;
	*out = (struct amount){ PARAM_SIZE, (int64_t)v };
	return true;
}

static bool read_factor(struct lexer *lx, const struct target *t, enum param_kind wanted,
                        struct amount *out, const char **end)
{
	const struct token tok = lx->token;
	char show[48];

	if (tok.kind == TOKEN_WORD && tok.n > 6 && memcmp(tok.p, "pixit.", 6) == 0) {
		if (!read_param(lx, t, out))
			return false;
	} else if (tok.kind != TOKEN_WORD || !read_literal(&tok, out)) {
		return lexer_error(lx, &tok, "%s is not %s", token_show(&tok, show),
		                   kind_forms[wanted]);
	}
	lexer_next(lx);
	*end = tok.p + tok.n;
	return true;
}

static bool read_term(struct lexer *lx, const struct target *t, enum param_kind wanted,
                      struct amount *out, const char **end)
{
	struct amount factor;

	if (!read_factor(lx, t, wanted, out, end))
		return false;
	while (lexer_accept_mark(lx, '*')) {
		const struct token tok = lx->token;

		if (!read_factor(lx, t, wanted, &factor, end))
			return false;
		if (out->kind != PARAM_NUMBER && factor.kind != PARAM_NUMBER)
			return lexer_error(lx, &tok, "only one factor may have a unit");
		if (out->kind == PARAM_NUMBER)
			out->kind = factor.kind;
		if (__builtin_mul_overflow(out->value, factor.value, &out->value))
			return lexer_error(lx, &tok, "this product is too large");
	}
	return true;
}

/* A bare number may stand for octets, and 0 for no time at all. */
static bool fits(const struct amount *a, enum param_kind wanted)
{
	return a->kind == wanted || (a->kind == PARAM_NUMBER && wanted == PARAM_SIZE) ||
	       (a->kind == PARAM_NUMBER && a->value == 0);
}

bool expression_read(struct lexer *lx, const struct target *t, enum param_kind kind, int64_t max,
                     int64_t *value, const char **end)
{
	const struct token first = lx->token;
	struct amount term;

	*value = 0;
	do {
		const struct token tok = lx->token;

		if (!read_term(lx, t, kind, &term, end))
			return false;
		if (!fits(&term, kind))
			return lexer_error(lx, &tok, "this is %s; %s is wanted",
			                   kind_forms[term.kind], kind_forms[kind]);
		if (__builtin_add_overflow(*value, term.value, value))
			return lexer_error(lx, &tok, "this sum is too large");
	} while (lexer_accept_mark(lx, '+'));
	if (*value > max)
		return lexer_error(lx, &first, "too large");
	return true;
}
