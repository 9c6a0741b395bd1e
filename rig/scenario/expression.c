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

/* What an expression is read with. */
struct reading {
	struct lexer *lx;
	const struct target *t;
	const struct expression_lets *lets;
	enum param_kind wanted;
	const char **end;
};

static bool read_let(const struct reading *r, const struct token *tok, struct amount *out)
{
	struct nearest near;

	nearest_init(&near, tok->p + 1, tok->n - 1);
	for (size_t i = r->lets->n; i-- > 0;) {
		const struct expression_let *let = &r->lets->at[i];

		if (strlen(let->name) == tok->n - 1 &&
		    memcmp(let->name, tok->p + 1, tok->n - 1) == 0) {
			*out = (struct amount){ let->kind, let->value };
			return true;
		}
		nearest_offer(&near, let->name);
	}
	return lexer_error(r->lx, tok, "nothing was named $%.*s%s%s%s", (int)(tok->n - 1),
	                   tok->p + 1, near.best ? "; did you mean \"$" : "",
	                   near.best ? near.best : "", near.best ? "\"?" : "");
}

static bool read_factor(const struct reading *r, struct amount *out)
{
	struct lexer *lx = r->lx;
	const struct token tok = lx->token;
	char show[48];

	if (tok.kind == TOKEN_WORD && tok.n > 6 && memcmp(tok.p, "pixit.", 6) == 0) {
		if (!read_param(lx, r->t, out))
			return false;
	} else if (tok.kind == TOKEN_WORD && tok.n > 1 && *tok.p == '$') {
		if (!read_let(r, &tok, out))
			return false;
	} else if (tok.kind != TOKEN_WORD || !read_literal(&tok, out)) {
		return lexer_error(lx, &tok, "%s is not %s", token_show(&tok, show),
		                   kind_forms[r->wanted]);
	}
	lexer_next(lx);
	*r->end = tok.p + tok.n;
	return true;
}

static bool divide(const struct reading *r, const struct token *at, struct amount *out,
                   const struct amount *by)
{
	if (by->kind != PARAM_NUMBER || by->value == 0)
		return lexer_error(r->lx, at, "only a number that is not 0 can divide");
	out->value /= by->value;
	return true;
}

static bool read_term(const struct reading *r, struct amount *out)
{
	struct amount factor = { .value = 0 };

	if (!read_factor(r, out))
		return false;
	for (;;) {
		bool over = token_is(&r->lx->token, "/");
		struct token tok;

		if (!over && !token_is_mark(&r->lx->token, '*'))
			return true;
		lexer_next(r->lx);
		tok = r->lx->token;
		if (!read_factor(r, &factor) || (over && !divide(r, &tok, out, &factor)))
			return false;
		if (over)
			continue;
		if (out->kind != PARAM_NUMBER && factor.kind != PARAM_NUMBER)
			return lexer_error(r->lx, &tok, "only one factor may have a unit");
		if (out->kind == PARAM_NUMBER)
			out->kind = factor.kind;
		if (__builtin_mul_overflow(out->value, factor.value, &out->value))
			return lexer_error(r->lx, &tok, "this product is too large");
	}
}

/* A bare number may stand for octets, and 0 for no time at all. */
static bool fits(const struct amount *a, enum param_kind wanted)
{
	return a->kind == wanted || (a->kind == PARAM_NUMBER && wanted == PARAM_SIZE) ||
	       (a->kind == PARAM_NUMBER && a->value == 0);
}

/* Terms of the kind that is wanted. */
static bool read_sum(const struct reading *r, const struct amount *first, int64_t *value)
{
	*value = first->value;
	for (;;) {
		bool minus = token_is(&r->lx->token, "-");
		struct amount term = { .value = 0 };
		struct token tok;

		if (!minus && !token_is_mark(&r->lx->token, '+'))
			return true;
		lexer_next(r->lx);
		tok = r->lx->token;
		if (!read_term(r, &term))
			return false;
		if (!fits(&term, r->wanted))
			return lexer_error(r->lx, &tok, "this is %s; %s is wanted",
			                   kind_forms[term.kind], kind_forms[r->wanted]);
		if (minus ? __builtin_sub_overflow(*value, term.value, value)
		          : __builtin_add_overflow(*value, term.value, value))
			return lexer_error(r->lx, &tok, "this sum is too large");
	}
}

bool expression_read(struct lexer *lx, const struct target *t, const struct expression_lets *lets,
                     enum param_kind kind, int64_t max, int64_t *value, const char **end)
{
	const struct reading r = { lx, t, lets, kind, end };
	const struct token first = lx->token;
	struct amount term = { .value = 0 };

	if (!read_term(&r, &term))
		return false;
	if (!fits(&term, kind))
		return lexer_error(lx, &first, "this is %s; %s is wanted", kind_forms[term.kind],
		                   kind_forms[kind]);
	if (!read_sum(&r, &term, value))
		return false;
	if (*value < 0)
		return lexer_error(lx, &first, "this is less than nothing");
	if (*value > max)
		return lexer_error(lx, &first, "too large");
	return true;
}

bool expression_read_any(struct lexer *lx, const struct target *t,
                         const struct expression_lets *lets, enum param_kind *kind,
                         int64_t *value, const char **end)
{
	struct reading r = { lx, t, lets, PARAM_NUMBER, end };
	const struct token first = lx->token;
	struct amount term = { .value = 0 };

	if (!read_term(&r, &term))
		return false;
	*kind = r.wanted = term.kind;
	if (!read_sum(&r, &term, value))
		return false;
	return *value >= 0 || lexer_error(lx, &first, "this is less than nothing");
}
