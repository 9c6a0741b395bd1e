/*
 * Names, numbers, sides: small readers of the compiler.
 */
#include "scenario/compile.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct token compile_take(struct compiling *c)
{
	struct token t = lexer_next(&c->lx);

	c->taken = t.p + t.n + (t.kind == TOKEN_STRING);
	return t;
}

bool compile_accept(struct compiling *c, const char *word)
{
	if (!token_is(&c->lx.token, word))
		return false;
	compile_take(c);
	return true;
}

bool compile_want(struct compiling *c, const char *word)
{
	return compile_accept(c, word) || lexer_want(&c->lx, word);
}

/* One of `names`, or a complaint; *i is its index. */
bool compile_name(struct compiling *c, const char *what, const char *const *names, size_t n,
                      size_t *i)
{
	struct nearest near;

	nearest_init(&near, c->lx.token.p, c->lx.token.n);
	for (*i = 0; *i < n; (*i)++) {
		if (names[*i][0] && compile_accept(c, names[*i]))
			return true;
		nearest_offer(&near, names[*i]);
	}
	return lexer_unknown(&c->lx, &c->lx.token, what, &near);
}

bool compile_text(struct compiling *c, const char *what, char *buf, size_t cap)
{
	const struct token t = c->lx.token;

	if (!lexer_value(&c->lx, what, buf, cap))
		return false;
	c->taken = t.p + t.n + (t.kind == TOKEN_STRING);
	return true;
}

bool compile_no_memory(struct compiling *c)
{
	return lexer_error(&c->lx, &c->lx.token, "out of memory");
}

bool compile_string(struct compiling *c, const char *what, size_t cap, uint32_t *at)
{
	char text[LEXER_LINE_MAX];

	return compile_text(c, what, text, cap < sizeof text ? cap : sizeof text) &&
	       (scenario_keep(c->sc, text, strlen(text), at) || compile_no_memory(c));
}

uint16_t compile_known(struct compiling *c, const char *name, size_t n)
{
	struct scenario *sc = c->sc;

	for (size_t i = 0; i < sc->names_n; i++) {
		const char *have = scenario_string(sc, sc->names[i]);

		if (strlen(have) == n && memcmp(have, name, n) == 0)
			return (uint16_t)(i + 1);
	}
	if (sc->names_n == SCENARIO_NAMES_MAX) {
		lexer_error(&c->lx, &c->lx.token, "more than %d names", SCENARIO_NAMES_MAX);
		return 0;
	}
	if (!scenario_keep(sc, name, n, &sc->names[sc->names_n])) {
		compile_no_memory(c);
		return 0;
	}
	return (uint16_t)++sc->names_n;
}

bool compile_pdus(struct compiling *c, unsigned how, uint32_t *from, uint32_t *to)
{
	const char *end;
	bool ok;

	*from = (uint32_t)c->sc->plan.items_n;
	ok = pdu_parse(&c->lx, &c->sc->plan, how, &end);
	*to = (uint32_t)c->sc->plan.items_n;
	c->taken = end;
	return ok;
}

bool compile_accept_mark(struct compiling *c, char mark)
{
	if (!token_is_mark(&c->lx.token, mark))
		return false;
	compile_take(c);
	return true;
}

bool compile_quantity(struct compiling *c, enum param_kind kind, int64_t max, int64_t *v)
{
	const char *end;

	if (!expression_read(&c->lx, c->t, &c->lets, kind, max, v, &end))
		return false;
	c->taken = end;
	return true;
}

bool compile_count(struct compiling *c, uint32_t max, uint32_t *n)
{
	const struct token t = c->lx.token;
	int64_t v;

	if (!compile_quantity(c, PARAM_NUMBER, max, &v))
		return false;
	*n = (uint32_t)v;
	if (v == 0)
		return lexer_error(&c->lx, &t, "counting begins with 1");
	return true;
}

bool compile_rate(struct compiling *c, uint64_t *rate)
{
	const struct token t = c->lx.token;
	char show[48];

	if (t.kind != TOKEN_WORD || !quantity_rate(t.p, t.n, rate) || *rate == 0)
		return lexer_error(&c->lx, &t, "%s is not a rate; they look like 64kbit/s or "
		                   "2KiB/s",
		                   token_show(&t, show));
	compile_take(c);
	return true;
}

/* What the target lacks is no mistake of a scenario that says it needs it. */
bool compile_excused(const struct compiling *c)
{
	return scenario_unmet(c->sc, c->t) != NULL;
}

bool compile_side(struct compiling *c, const struct token *t, uint8_t *side, uint16_t *whom)
{
	const char *dot = t->kind == TOKEN_WORD ? memchr(t->p, '.', t->n) : NULL;
	struct token word = *t;
	char name[TARGET_NAME];
	struct nearest near;
	const char *why;
	int i = -1;

	word.n = dot ? (size_t)(dot - t->p) : t->n;
	*whom = 0;
	if (dot && dot + 1 == t->p + t->n)
		return lexer_error(&c->lx, t, "a name is missing behind the point: SIDE.NAME");
	if (word.kind == TOKEN_WORD && token_text(&word, name, sizeof name, &why))
		i = target_side(c->t, name);
	*side = i < 0 ? 0 : (uint8_t)i;
	if (i >= 0 || compile_excused(c)) {
		if (dot)
			*whom = compile_known(c, dot + 1, (size_t)(t->p + t->n - dot - 1));
		return !dot || *whom;
	}
	nearest_init(&near, word.p, word.n);
	for (size_t k = 0; k < c->t->sides_n; k++)
		nearest_offer(&near, c->t->sides[k].name);
	return lexer_unknown(&c->lx, &word, "a side of this target", &near);
}

bool compile_recipient(struct compiling *c, uint8_t *recipient)
{
	const struct token t = c->lx.token;
	struct nearest near;
	char name[TARGET_NAME];
	int i;

	if (!compile_text(c, "a recipient", name, sizeof name))
		return false;
	i = target_recipient(c->t, name);
	*recipient = i < 0 ? 0 : (uint8_t)i;
	if (i >= 0 || compile_excused(c))
		return true;
	nearest_init(&near, t.p, t.n);
	for (size_t k = 0; k < c->t->recipients_n; k++)
		nearest_offer(&near, c->t->recipients[k].name);
	return lexer_unknown(&c->lx, &t, "a recipient of this target", &near);
}

bool compile_at_end(const struct compiling *c)
{
	return c->lx.token.kind == TOKEN_EOL || c->lx.token.kind == TOKEN_EOF;
}

bool compile_time(struct compiling *c, int64_t *us)
{
	return compile_quantity(c, PARAM_TIME, SCENARIO_TIME_MAX, us);
}

bool scenario_span(const char *name, int64_t *us)
{
	bool past = strncmp(name, "ago-", 4) == 0;

	if (!past && strncmp(name, "in-", 3) != 0)
		return false;
	name += past ? 4 : 3;
	if (!quantity_time(name, strlen(name), us))
		return false;
	*us = past ? -*us : *us;
	return true;
}

bool scenario_term(const char *name, enum scenario_term *term, uint32_t *said)
{
	static const char *const forms[SCENARIO_TERMS] = {
		[TERM_CHECKPOINT] = "checkpoint-%9" SCNu32 "%c",
		[TERM_WINDOW] = "window-%9" SCNu32 "%c",
		[TERM_SIZE] = "size-%9" SCNu32 "%c",
		[TERM_TOKENS] = "tokens-%9" SCNu32 "%c",
	};
	char rest;

	for (*term = 0; *term < SCENARIO_TERMS; ++*term)
		if (sscanf(name, forms[*term], said, &rest) == 1)
			return true;
	return false;
}

uint8_t scenario_tokens(uint8_t proposed, uint8_t said)
{
	uint8_t tokens = 0;

	for (int at = 0; at < 8; at += 2)
		tokens |= (uint8_t)(((proposed >> at & 3) == 2 ? said : proposed) & 3 << at);
	return tokens;
}

bool scenario_fresh(const char *name, uint32_t *length, uint32_t *nth)
{
	char rest;

	return sscanf(name, "fresh-%2" SCNu32 "-%6" SCNu32 "%c", length, nth, &rest) == 2 &&
	       *length > 0 && *length <= SCENARIO_FRESH_MAX;
}
