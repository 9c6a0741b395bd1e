#include "scenario/compile.h"

#include "array/array.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- what is said about the case ------------------------------------------- */

static bool read_title(struct compiling *c)
{
	return compile_text(c, "a title", c->sc->title, sizeof c->sc->title);
}

static bool read_source(struct compiling *c)
{
	return compile_text(c, "a source", c->sc->source, sizeof c->sc->source);
}

static bool read_serves(struct compiling *c)
{
	struct scenario *sc = c->sc;

	while (!compile_at_end(c)) {
		if (sc->purposes_n == SCENARIO_PURPOSES_MAX)
			return lexer_error(&c->lx, &c->lx.token, "more than %d purposes",
			                   SCENARIO_PURPOSES_MAX);
		sc->purposes_at[sc->purposes_n] = (struct place){ c->lx.token.line,
		                                                  c->lx.token.column };
		if (!compile_text(c, "a test purpose", sc->purposes[sc->purposes_n],
		               sizeof sc->purposes[0]))
			return false;
		sc->purposes_n++;
	}
	return true;
}

static bool least_of(const struct target_param *p, const char *text, int64_t *least)
{
	uint64_t n = 0;
	bool ok = p->kind == PARAM_TIME ? quantity_time(text, strlen(text), least) :
	          p->kind == PARAM_NUMBER && quantity_number(text, strlen(text), &n) &&
	          n <= INT32_MAX;

	if (p->kind == PARAM_NUMBER)
		*least = (int64_t)n;
	return ok;
}

/* "pixit.disconnect.60s", "pixit.associations.9": this timer or limit, and what it is to be at
 * least. */
static const struct target_param *param_need(const char *need, const struct target *t,
                                             int64_t *least)
{
	const char *name = need + strlen("pixit."), *value = strchr(name, '.');
	const struct target_param *p;
	char text[TARGET_NAME];

	if (strncmp(need, "pixit.", 6) != 0 || !value || value - name >= TARGET_NAME)
		return NULL;
	snprintf(text, sizeof text, "%.*s", (int)(value - name), name);
	p = target_param(t, text);
	return p && least_of(p, value + 1, least) ? p : NULL;
}

/* pics.NAME, pics.NAME.VALUE, side.NAME, side.NAME.MODE, or of param_need(). */
static bool is_need(const char *need, const struct target *t)
{
	const char *mode = strchr(need, '.') ? strchr(strchr(need, '.') + 1, '.') : NULL;
	int64_t least;

	return strncmp(need, "pics.", 5) == 0 || param_need(need, t, &least) ||
	       (strncmp(need, "side.", 5) == 0 && (!mode || target_mode_known(mode + 1)));
}

static bool read_needs(struct compiling *c)
{
	struct scenario *sc = c->sc;

	while (!compile_at_end(c)) {
		const struct token t = c->lx.token;
		char *need;

		if (sc->needs_n == SCENARIO_NEEDS_MAX)
			return lexer_error(&c->lx, &t, "more than %d needs", SCENARIO_NEEDS_MAX);
		need = sc->needs[sc->needs_n];
		if (!compile_text(c, "a capability", need, sizeof sc->needs[0]))
			return false;
		if (!is_need(need, c->t))
			return lexer_error(&c->lx, &t, "needs are written pics.NAME, "
			                   "pics.NAME.VALUE, side.NAME, side.NAME.MODE, MODE "
			                   "being normal, 1988, monologue or plain, or "
			                   "pixit.NAME.VALUE, the least that it may be");
		sc->needs_n++;
	}
	return true;
}

static bool read_tags(struct compiling *c)
{
	struct scenario *sc = c->sc;

	while (!compile_at_end(c)) {
		if (sc->tags_n == SCENARIO_TAGS_MAX)
			return lexer_error(&c->lx, &c->lx.token, "more than %d tags",
			                   SCENARIO_TAGS_MAX);
		if (!compile_text(c, "a tag", sc->tags[sc->tags_n], sizeof sc->tags[0]))
			return false;
		sc->tags_n++;
	}
	return true;
}

static bool read_limit(struct compiling *c)
{
	return compile_quantity(c, PARAM_TIME, SCENARIO_TIME_MAX, &c->sc->limit_us);
}

/* --- statements --------------------------------------------------------------- */

static const struct meta {
	const char *name;
	bool (*read)(struct compiling *c);
} metas[] = {
	{ "title", read_title },
	{ "serves", read_serves },
	{ "source", read_source },
	{ "needs", read_needs },
	{ "limit", read_limit },
	{ "tags", read_tags },
};

static bool unknown_statement(struct compiling *c, const struct token *t)
{
	struct nearest near;

	nearest_init(&near, t->p, t->n);
	for (size_t i = 0; i < COUNT(metas); i++)
		nearest_offer(&near, metas[i].name);
	nearest_offer(&near, "expect");
	nearest_offer(&near, "wait");
	nearest_offer(&near, "restart");
	nearest_offer(&near, "hook");
	compile_offer_blocks(&near);
	for (size_t i = 0; i < c->t->sides_n; i++)
		if (token_is(t, c->t->sides[i].name))
			return lexer_error(&c->lx, t, "a colon is missing: \"%s: ...\"",
			                   c->t->sides[i].name);
	return lexer_unknown(&c->lx, t, "a statement", &near);
}

/* SIDE ":" act */
static bool read_sided(struct compiling *c, struct step *s)
{
	const struct token t = compile_take(c);

	if (!token_is_mark(&c->lx.token, ':'))
		return unknown_statement(c, &t);
	compile_take(c);
	return compile_side(c, &t, &s->side, &s->whom) && compile_act(c, s);
}

static bool read_wait(struct compiling *c, struct step *s)
{
	if (token_is(&c->lx.token, "until"))
		return lexer_error(&c->lx, &c->lx.token, "say at which side: SIDE: wait until ...");
	s->kind = STEP_WAIT;
	return compile_time(c, &s->time_us);
}

/* --- strings ---------------------------------------------------------------- */

bool scenario_keep(struct scenario *sc, const char *text, size_t n, uint32_t *at)
{
	char *grown = array_room(sc->strings, sc->strings_n + n + 2, &sc->strings_cap, 1);

	if (!grown)
		return false;
	if (sc->strings_n == 0)
		grown[sc->strings_n++] = '\0';	/* number 0: none */
	memcpy(grown + sc->strings_n, text, n);
	grown[sc->strings_n + n] = '\0';
	*at = (uint32_t)sc->strings_n;
	sc->strings_n += n + 1;
	sc->strings = grown;
	return true;
}

/* --- steps -------------------------------------------------------------------- */

enum { TEXT_SHOWN = 120 };

static bool is_blank(char ch)
{
	return ch == ' ' || ch == '\t' || ch == '\r' || ch == '\n';
}

static bool ends_with(const char *buf, size_t n, const char *word)
{
	size_t k = strlen(word);

	return n >= k && memcmp(buf + n - k, word, k) == 0;
}

/* Behind the string at `p`, which begins with its quotation mark. */
static const char *string_end(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		p += *p == '\\' && p + 1 < end;
	return p < end ? p + 1 : end;
}

/* Behind the password that is spelt out at `p`, if one is: what a field may have besides, a
 * variable's name, none and any, says nothing. */
static const char *secret_end(const char *p, const char *end, bool field)
{
	if (*p == '"')
		return string_end(p, end);
	if (!field || (end - p > 4 && memcmp(p, "hex:", 4) == 0))
		while (p < end && !is_blank(*p) && *p != ')')
			p++;
	return p;
}

/* The statement as one line, without its comment; it goes into events, captures and reports,
 * so "***" stands for passwords. */
static void copy_text(const struct compiling *c, char *buf, size_t cap)
{
	const char *p = c->statement, *string = p;	/* p is in no string from there on */
	size_t out = 0;

	while (p < c->taken && out + 1 < cap) {
		bool field = ends_with(buf, out, "password=");
		const char *next = p;

		if (p >= string && (field || ends_with(buf, out, " password ")))
			next = secret_end(p, c->taken, field);
		if (next > p) {
			out += (size_t)snprintf(buf + out, cap - out, "***");
			out = out < cap ? out : cap - 1;
			p = next;
			continue;
		}
		if (*p == '"' && p >= string)
			string = string_end(p, c->taken);
		if (!is_blank(*p))
			buf[out++] = *p;
		else if (out == 0 || buf[out - 1] != ' ')
			buf[out++] = ' ';
		p++;
	}
	if (out + 1 == cap)		/* cut: not within a character */
		while (out > 0 && ((unsigned char)buf[--out] & 0xc0) == 0x80)
			;
	buf[out] = '\0';
}

static bool add_expectation(struct compiling *c, const struct token *at, const char *text)
{
	struct expectation *x = &c->sc->expectations[c->sc->expectations_n++];

	x->line = (int)at->line;
	x->column = (int)at->column;
	snprintf(x->text, sizeof x->text, "%s", text);
	return true;
}

static bool expects_session(const struct scenario *sc, const struct expectation *x)
{
	switch (x->kind) {
	case EXPECT_TCP_CLOSED:
	case EXPECT_ALIVE:
		return false;
	case EXPECT_WIRE:
	case EXPECT_NO_WIRE:
		for (int32_t i = x->value; i < x->value + x->value2; i++)
			if (sc->patterns[i].kind != PATTERN_CLOSED &&
			    sc->plan.items[sc->patterns[i].item].layer >= LAYER_SESSION)
				return true;
		return false;
	default:
		return true;
	}
}

static bool is_above_transport(const struct compiling *c, const struct step *s)
{
	const struct scenario *sc = c->sc;

	switch (s->kind) {
	case STEP_CONNECT:
	case STEP_SEND_REST:
	case STEP_LINK:
	case STEP_STALL:
	case STEP_SILENCE:
	case STEP_CUT:
	case STEP_WAIT:
	case STEP_HOOK:
	case STEP_REPEAT:
	case STEP_END_REPEAT:
	case STEP_PARALLEL:
	case STEP_BRANCH:
		return false;
	case STEP_SEND:
		return s->from < s->to && sc->plan.items[s->from].kind == PDU_ITEM_PDU &&
		       sc->plan.items[s->from].layer >= LAYER_SESSION;
	case STEP_EXPECT:
		return expects_session(sc, &sc->expectations[s->n]);
	default:
		return true;
	}
}

bool compile_add(struct compiling *c, const struct step *s)
{
	struct scenario *sc = c->sc;
	struct step *grown;

	sc->wants_session |= is_above_transport(c, s);
	if (sc->steps_n == STEPS_MAX) {
		c->fed_up = true;
		return lexer_error_at(c->lx.report, c->lx.source, s->at, "more than %d steps",
		                      STEPS_MAX);
	}
	grown = array_room(sc->steps, sc->steps_n + 1, &sc->steps_cap, sizeof *grown);
	if (!grown)
		return compile_no_memory(c);
	sc->steps = grown;
	sc->steps[sc->steps_n] = *s;
	sc->steps[sc->steps_n++].file = c->file;
	return true;
}

/* Behind `expect next-bind`. */
static bool add_release(struct compiling *c, const struct step *expect)
{
	const struct expectation *x = &c->sc->expectations[expect->n];
	struct step s = { .kind = STEP_RELEASE, .side = (uint8_t)(x->side < 0 ? 0 : x->side),
	                  .whom = c->release, .at = expect->at };

	if (!c->release)
		return true;
	c->release = 0;
	return (scenario_keep(c->sc, "release it", 10, &s.text) || compile_no_memory(c)) &&
	       compile_add(c, &s);
}

static bool read_hook(struct compiling *c, struct step *s)
{
	size_t i;

	s->kind = STEP_HOOK;
	if (!compile_name(c, "a hook", target_hook_names, HOOKS, &i))
		return false;
	s->n = (uint32_t)i;
	return true;
}

static bool read_step(struct compiling *c)
{
	const struct token first = c->lx.token;
	struct step s = { .at = { first.line, first.column } };
	char text[TEXT_SHOWN];
	bool ok;

	if (compile_accept(c, "expect"))
		ok = compile_expect(c, &s);
	else if (compile_accept(c, "wait"))
		ok = read_wait(c, &s);
	else if (compile_accept(c, "restart"))
		ok = (s.kind = STEP_HOOK, true);
	else if (compile_accept(c, "hook"))
		ok = read_hook(c, &s);
	else
		ok = read_sided(c, &s);
	if (!ok)
		return false;
	copy_text(c, text, sizeof text);
	if (!scenario_keep(c->sc, text, strlen(text), &s.text))
		return compile_no_memory(c);
	if (s.kind != STEP_EXPECT)
		return compile_add(c, &s);
	return add_expectation(c, &first, text) && compile_add(c, &s) && add_release(c, &s);
}

bool compile_statement(struct compiling *c)
{
	const struct token first = c->lx.token;
	bool is_block;

	c->statement = first.p;
	for (size_t i = 0; i < COUNT(metas); i++) {
		if (!compile_accept(c, metas[i].name))
			continue;
		if (c->sc->steps_n > 0)
			return lexer_error(&c->lx, &first, "\"%s\" must stand before the first "
			                   "step",
			                   metas[i].name);
		return metas[i].read(c) && lexer_want_eol(&c->lx);
	}
	if (!compile_block_statement(c, &is_block))
		return false;
	return (is_block || read_step(c)) && lexer_want_eol(&c->lx);
}

/* Identifiers name files: GROUP/NAME of lower case letters, digits and -. */
static bool good_id(const char *id)
{
	size_t slashes = 0;

	for (const char *p = id; *p; p++) {
		if (*p == '/' && p > id && p[1] && p[1] != '/')
			slashes++;
		else if (!((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') ||
		           (*p == '-' && p > id)))
			return false;
	}
	return *id && slashes <= 3;
}

void compile_skip_lines(struct compiling *c)
{
	while (c->lx.token.kind == TOKEN_EOL)
		lexer_next(&c->lx);
}

static bool read_head(struct compiling *c)
{
	struct token t;

	compile_skip_lines(c);
	if (!compile_want(c, "scenario"))
		return false;
	t = c->lx.token;
	if (!compile_text(c, "the scenario's identifier", c->sc->id, sizeof c->sc->id))
		return false;
	if (!good_id(c->sc->id))
		return lexer_error(&c->lx, &t, "identifiers look like group/name, of a-z, 0-9 "
		                   "and -");
	return lexer_want_eol(&c->lx);
}

static void compile(struct compiling *c)
{
	if (!read_head(c))
		return;
	for (compile_skip_lines(c); c->lx.token.kind != TOKEN_EOF && !c->fed_up;
	     compile_skip_lines(c))
		if (!compile_statement(c))
			lexer_skip_line(&c->lx);
}

/* Where none is given, for all that it waits for. */
static void set_limit(struct scenario *sc)
{
	int64_t worst;

	sc->limit_us = SCENARIO_TIME_MAX;
	worst = scenario_worst_us(sc);
	sc->limit_us = worst > LIMIT_LEAST_US ? worst : LIMIT_LEAST_US;
}

struct scenario *scenario_compile(const struct lexer_source *s, const struct target *t,
                                  struct lexer_report *r)
{
	struct compiling *c = calloc(1, sizeof *c);
	struct scenario *sc = calloc(1, sizeof *sc);
	unsigned before = r->errors;
	const char *slash;

	if (!c || !sc) {
		lexer_error_at(r, s, (struct place){ 1, 1 }, "out of memory");
		free(c);
		free(sc);
		return NULL;
	}
	c->t = t;
	c->sc = sc;
	slash = strrchr(s->name, '/');
	snprintf(sc->folder, sizeof sc->folder, "%.*s", slash ? (int)(slash - s->name + 1) : 0,
	         s->name);
	lexer_init(&c->lx, s, r);
	c->lx.blocks = true;
	c->statement = c->taken = c->lx.token.p;
	compile(c);
	free(c);
	if (r->errors == before && !sc->limit_us)
		set_limit(sc);
	if (r->errors == before)
		scenario_check(sc, s, t, r);
	if (r->errors != before) {
		scenario_free(sc);
		return NULL;
	}
	return sc;
}

void scenario_free(struct scenario *sc)
{
	if (!sc)
		return;
	free(sc->steps);
	free(sc->expectations);
	free(sc->patterns);
	free(sc->strings);
	for (size_t i = 0; i < sc->includes_n; i++) {
		lexer_source_free(&sc->includes[i]->source);
		free(sc->includes[i]);
	}
	free(sc->includes);
	pdu_plan_free(&sc->plan);
	free(sc);
}

static bool meets(const struct target *t, const char *need)
{
	const struct target_param *p;
	int64_t least;

	if (strncmp(need, "side.", 5) == 0)
		return target_has_side(t, need + 5);
	if (strncmp(need, "pixit.", 6) != 0)
		return target_supports(t, need);
	p = param_need(need, t, &least);
	return p && p->set && p->value >= least;
}

const char *scenario_unmet(const struct scenario *sc, const struct target *t)
{
	for (size_t i = 0; i < sc->needs_n; i++)
		if (!meets(t, sc->needs[i]))
			return sc->needs[i];
	return sc->wants_session && !target_binds(t) ? "pics.mode.normal" : NULL;
}
