/*
 * Expectations: their words, compiled.
 */
#include "scenario/compile.h"

#include "array/array.h"
#include "rtse/rtse_pdu.h"
#include "session/session_pdu.h"

#include <stdio.h>
#include <string.h>

/* X.411 Figure 1: MTABindError; the order of the values, 1 is not used. */
static const char *const bind_error_names[] = {
	"busy", "", "authentication-error", "unacceptable-dialogue-mode",
	"unacceptable-security-context", "inadequate-association-confidentiality",
};

/* --- expectations ----------------------------------------------------------- */

bool compile_bind_error(struct compiling *c, uint32_t *error)
{
	size_t i;

	if (!compile_name(c, "a bind error", bind_error_names, COUNT(bind_error_names), &i))
		return false;
	*error = (uint32_t)i;
	return true;
}

static bool expect_refused(struct compiling *c, struct expectation *x)
{
	size_t i;

	x->value = -1;
	if (compile_at_end(c) || token_is(&c->lx.token, "within") ||
	    token_is(&c->lx.token, "clause") || token_is(&c->lx.token, "derived"))
		return true;
	if (!compile_name(c, "a bind error", bind_error_names, COUNT(bind_error_names), &i))
		return false;
	x->value = (int32_t)i;
	return true;
}

static bool want_value(struct compiling *c, int32_t *v)
{
	int64_t n;

	if (!compile_quantity(c, PARAM_NUMBER, INT32_MAX, &n))
		return false;
	*v = (int32_t)n;
	return true;
}

static bool expect_reported(struct compiling *c, struct expectation *x)
{
	x->value = x->value2 = -1;
	if (compile_accept(c, "reason") && !want_value(c, &x->value))
		return false;
	return !compile_accept(c, "diagnostic") || want_value(c, &x->value2);
}

static const char *session_name(size_t i)
{
	return session_spdu_name((enum session_spdu)i);
}

static const char *rtse_name(size_t i)
{
	return rtse_kind_name((enum rtse_kind)i);
}

static const struct pdu_names {
	enum layer layer;
	const char *(*name)(size_t i);
	size_t n;
} pdu_names[] = {
	{ LAYER_SESSION, session_name, SESSION_SPDUS },
	{ LAYER_RTSE, rtse_name, RTSE_KINDS },
};

static bool expect_pdu_of(struct compiling *c, const struct pdu_names *names,
                          struct expectation *x)
{
	struct nearest near;

	nearest_init(&near, c->lx.token.p, c->lx.token.n);
	for (size_t i = 0; i < names->n; i++) {
		if (compile_accept(c, names->name(i))) {
			x->layer = (uint8_t)names->layer;
			x->code = (uint8_t)i;
			return true;
		}
		nearest_offer(&near, names->name(i));
	}
	return lexer_unknown(&c->lx, &c->lx.token, "a PDU of this layer", &near);
}

static bool expect_pdu(struct compiling *c, struct expectation *x)
{
	struct nearest near;

	nearest_init(&near, c->lx.token.p, c->lx.token.n);
	for (size_t i = 0; i < COUNT(pdu_names); i++) {
		if (compile_accept(c, layer_name(pdu_names[i].layer)))
			return expect_pdu_of(c, &pdu_names[i], x);
		nearest_offer(&near, layer_name(pdu_names[i].layer));
	}
	return lexer_unknown(&c->lx, &c->lx.token, "a layer with named PDUs", &near);
}

/* --- the wire ------------------------------------------------------------------- */

static bool add_pattern(struct compiling *c, const struct pattern *p)
{
	struct scenario *sc = c->sc;
	struct pattern *grown = array_room(sc->patterns, sc->patterns_n + 1, &sc->patterns_cap,
	                                      sizeof *grown);

	if (!grown)
		return compile_no_memory(c);
	sc->patterns = grown;
	sc->patterns[sc->patterns_n++] = *p;
	return true;
}

static bool read_close(struct compiling *c, struct pattern *p)
{
	static const char *const how[] = { "fin", "rst" };
	size_t i;

	p->kind = PATTERN_CLOSED;
	if (!compile_want(c, "closed"))
		return false;
	if (!compile_accept(c, "by"))
		return true;
	if (!compile_name(c, "a way to close", how, COUNT(how), &i))
		return false;
	p->close = (uint8_t)(CLOSE_FIN + i);
	return true;
}

/* PDU ["as" NAME] | "tcp" "closed" ["by" HOW] */
static bool read_one(struct compiling *c, bool begins)
{
	const struct token first = c->lx.token;
	struct pattern p = { .begins = begins };
	uint32_t to;

	if (compile_accept(c, "tcp"))
		return read_close(c, &p) && add_pattern(c, &p);
	if (!compile_pdus(c, PDU_COMPARE, &p.item, &to) ||
	    !compile_variables(c, &first, p.item, to))
		return false;
	if (c->sc->plan.items[p.item].kind != PDU_ITEM_PDU ||
	    c->sc->plan.items[p.item].end != to)
		return lexer_error(&c->lx, &first, "one PDU is wanted here");
	if (compile_accept(c, "as")) {
		const struct token name = compile_take(c);

		if (name.kind != TOKEN_WORD || memchr(name.p, '.', name.n))
			return lexer_error(&c->lx, &name, "a name is wanted here, without a point");
		p.capture = compile_known(c, name.p, name.n);
		if (!p.capture)
			return false;
	}
	return add_pattern(c, &p);
}

static bool read_sequence(struct compiling *c, struct expectation *x)
{
	bool doubtful = compile_accept(c, "inconclusive");
	size_t first = c->sc->patterns_n;

	do {
		if (!read_one(c, c->sc->patterns_n == (size_t)x->value || x->value2 == 0))
			return false;
		c->sc->patterns[first].doubtful = doubtful;
	} while (compile_accept(c, "then") && (x->value2 = 1));
	return true;
}

/* { ... | ... }: alternatives, or what comes in any order; over several lines if need
 * be. */
static bool read_choice(struct compiling *c, struct expectation *x)
{
	if (!token_is_mark(&c->lx.token, '{'))
		return lexer_want_mark(&c->lx, '{');
	c->lx.depth++;
	compile_take(c);
	do {
		x->value2 = 0;
		if (x->code == ORDER_FREE ? !read_one(c, false) : !read_sequence(c, x))
			return false;
	} while (compile_accept_mark(c, '|'));
	if (!token_is_mark(&c->lx.token, '}'))
		return lexer_want_mark(&c->lx, '}');
	c->lx.depth--;
	compile_take(c);
	return true;
}

static bool expect_wire(struct compiling *c, struct expectation *x)
{
	bool ok;

	if (x->side >= 0)		/* else it is complained about */
		c->sc->watched |= (uint8_t)(1u << x->side);
	x->value = (int32_t)c->sc->patterns_n;
	if (compile_accept(c, "any-of")) {
		ok = read_choice(c, x);
	} else if (compile_accept(c, "all-of")) {
		x->code = ORDER_FREE;
		ok = read_choice(c, x);
	} else {
		if (compile_accept(c, "strictly"))
			x->code = ORDER_STRICT;
		ok = read_sequence(c, x);
	}
	if (ok && x->code == ORDER_FREE)
		c->sc->patterns[x->value].begins = true;
	x->value2 = (int32_t)c->sc->patterns_n - x->value;
	return ok;
}

/* "tcp closed", by whatever and whenever, is what it always was. */
static bool expect_tcp(struct compiling *c, struct expectation *x)
{
	struct pattern p = { .begins = true };

	if (!read_close(c, &p))
		return false;
	if (p.close == CLOSE_ANY)
		return true;
	x->kind = EXPECT_WIRE;
	if (x->side >= 0)		/* else it is complained about */
		c->sc->watched |= (uint8_t)(1u << x->side);
	x->value = (int32_t)c->sc->patterns_n;
	x->value2 = 1;
	return add_pattern(c, &p);
}

static bool expect_delivered(struct compiling *c, struct expectation *x)
{
	if (compile_accept(c, "exactly-once"))
		x->kind = EXPECT_ONCE;
	return true;
}

static bool expect_copies(struct compiling *c, struct expectation *x)
{
	return compile_want(c, "at-most") && want_value(c, &x->value);
}

static bool expect_order(struct compiling *c, struct expectation *x)
{
	(void)x;
	return compile_want(c, "priority");
}

/* PDUs that stand in no scenario: items *from .. *to. */
static bool own_pdus(struct compiling *c, const char *text, unsigned how, uint32_t *from,
                     uint32_t *to)
{
	struct lexer_source source;
	struct lexer lx;
	const char *end;
	bool ok;

	if (!lexer_take(&source, "next-bind", text, strlen(text), c->lx.report))
		return compile_no_memory(c);
	lexer_init(&lx, &source, c->lx.report);
	*from = (uint32_t)c->sc->plan.items_n;
	ok = pdu_parse(&lx, &c->sc->plan, how, &end);
	*to = (uint32_t)c->sc->plan.items_n;
	lexer_source_free(&source);
	return ok;
}

/* Who takes no binds shows that he serves others by taking a connection of transport. */
static bool expect_next_connection(struct compiling *c, struct step *s, struct expectation *x)
{
	struct pattern p = { .begins = true };
	uint32_t to;

	s->kind = STEP_CONNECT;
	c->sc->watched |= (uint8_t)(1u << s->side);
	if (!compile_add(c, s))
		return false;
	s->kind = STEP_SEND;
	if (!own_pdus(c, "cotp CR size=none", 0, &s->from, &s->to) || !compile_add(c, s))
		return false;
	x->kind = EXPECT_WIRE;
	x->value = (int32_t)c->sc->patterns_n;
	x->value2 = 1;
	return own_pdus(c, "cotp CC", PDU_COMPARE, &p.item, &to) && add_pattern(c, &p);
}

/* A bind of its own: associate, what is expected of it, and a release behind it. */
static bool expect_next_bind(struct compiling *c, struct expectation *x)
{
	struct step s = { .kind = STEP_ASSOCIATE, .at = { c->lx.line, 1 } };
	char name[40];
	int n = snprintf(name, sizeof name, "next-bind-%zu", c->sc->expectations_n);

	if (x->side < 0)
		x->side = SIDE_UP;
	x->whom = compile_known(c, name, (size_t)n);
	if (!x->whom)
		return false;
	s.side = (uint8_t)x->side;
	s.whom = x->whom;
	if (!scenario_keep(c->sc, "next bind", 9, &s.text))
		return compile_no_memory(c);
	if (!target_binds(c->t))
		return expect_next_connection(c, &s, x);
	c->release = x->whom;
	return compile_add(c, &s);
}

static bool expect_not(struct compiling *c, struct expectation *x)
{
	return compile_want(c, "delivered") && compile_want(c, "for") &&
	       compile_time(c, &x->within_us);
}

/* "abort-by-iut", or WIRE "for" TIME */
static bool expect_no(struct compiling *c, struct expectation *x)
{
	if (compile_accept(c, "abort-by-iut"))
		return true;
	x->kind = EXPECT_NO_WIRE;
	x->clause[0] = '\0';
	if (x->side < 0)
		return lexer_error(&c->lx, &c->lx.token, "abort-by-iut is wanted here, or a PDU: "
		                   "expect SIDE no PDU for TIME");
	return expect_wire(c, x) && compile_want(c, "for") && compile_time(c, &x->within_us);
}

static bool expect_log(struct compiling *c, struct expectation *x)
{
	if (compile_accept(c, "none"))
		return compile_accept(c, "conclusive") || true;
	x->kind = EXPECT_LOG;
	return compile_text(c, "an article, or none", x->name, sizeof x->name);
}

/* What may be expected, whether it is of a side, and the clause it rests on if
 * the scenario names none. */
static const struct expect_form {
	const char *name;
	enum expect_kind kind;
	bool (*read)(struct compiling *c, struct expectation *x);
	enum { SIDE_MUST, SIDE_MAY, SIDE_NEVER } side;
	const char *clause;
} expect_forms[] = {
	{ "bound", EXPECT_BOUND, NULL, SIDE_MUST, "X.411 12.1.1" },
	{ "refused", EXPECT_REFUSED, expect_refused, SIDE_MUST, "X.411 12.1.2" },
	{ "released", EXPECT_RELEASED, NULL, SIDE_MUST, "X.411 12.1.1; X.218 9.4" },
	{ "accepted", EXPECT_ACCEPTED, NULL, SIDE_NEVER, "X.218 9.3" },
	{ "delivered", EXPECT_DELIVERED, expect_delivered, SIDE_MAY, "X.411 12.2; X.218 9.3.1.3" },
	{ "copies", EXPECT_COPIES, expect_copies, SIDE_MAY, "X.218 9.3.1.3" },
	{ "in-order-of", EXPECT_PRIORITY, expect_order, SIDE_MAY, "X.411 8.2.1.1.1.8" },
	{ "next-bind", EXPECT_BOUND, expect_next_bind, SIDE_MAY, "X.411 12.1.1" },
	{ "not", EXPECT_NOT_DELIVERED, expect_not, SIDE_MAY, "" },
	{ "reported", EXPECT_REPORTED, expect_reported, SIDE_NEVER, "X.411 12.2.1.3" },
	{ "no", EXPECT_NO_ABORT_BY_IUT, expect_no, SIDE_MAY, "X.218 9.6" },
	{ "log", EXPECT_LOG_NONE, expect_log, SIDE_NEVER, "" },
	{ "pdu", EXPECT_PDU_IN, expect_pdu, SIDE_MUST, "" },
	{ "tcp", EXPECT_TCP_CLOSED, expect_tcp, SIDE_MUST, "RFC 1006 5" },
	{ "alive", EXPECT_ALIVE, NULL, SIDE_NEVER, "" },
};

/* What begins with one of these words is on the wire. */
static const char *const wire_words[] = {
	"any-of", "all-of", "strictly", "tpkt", "cotp", "session", "presentation", "acse", "rtse",
	"p1",
};
static const struct expect_form wire_form = { "", EXPECT_WIRE, expect_wire, SIDE_MUST, "" };

static const struct expect_form *find_form(struct compiling *c, struct nearest *near)
{
	for (size_t i = 0; i < COUNT(expect_forms); i++) {
		if (compile_accept(c, expect_forms[i].name))
			return &expect_forms[i];
		nearest_offer(near, expect_forms[i].name);
	}
	for (size_t i = 0; i < COUNT(wire_words); i++) {
		if (token_is(&c->lx.token, wire_words[i]))
			return &wire_form;
		nearest_offer(near, wire_words[i]);
	}
	return NULL;
}

/* [SIDE] NAME */
static const struct expect_form *want_form(struct compiling *c, struct expectation *x)
{
	const struct token first = c->lx.token;
	const struct expect_form *form;
	struct nearest near;
	uint8_t side;

	nearest_init(&near, first.p, first.n);
	x->side = -1;
	form = find_form(c, &near);
	if (form)
		return form;
	for (size_t i = 0; i < c->t->sides_n; i++) {
		const char *name = c->t->sides[i].name;
		size_t n = strlen(name);

		if (first.kind == TOKEN_WORD && first.n >= n && memcmp(first.p, name, n) == 0 &&
		    (first.n == n || first.p[n] == '.') &&
		    compile_side(c, &first, &side, &x->whom))
			x->side = side;
		nearest_offer(&near, name);
	}
	if (x->side < 0 && !compile_excused(c)) {
		lexer_unknown(&c->lx, &first, "an expectation, nor a side of this target", &near);
		return NULL;
	}
	if (x->side < 0)
		x->side = 0;
	compile_take(c);
	nearest_init(&near, c->lx.token.p, c->lx.token.n);
	form = find_form(c, &near);
	if (!form)
		lexer_unknown(&c->lx, &c->lx.token, "an expectation", &near);
	return form;
}

static bool read_expect_tail(struct compiling *c, struct expectation *x)
{
	if (x->kind != EXPECT_NOT_DELIVERED && x->kind != EXPECT_NO_WIRE &&
	    compile_accept(c, "within") &&
	    !compile_time(c, &x->within_us))
		return false;
	if (compile_accept(c, "clause") &&
	    !compile_text(c, "a clause", x->clause, sizeof x->clause))
		return false;
	x->derived = compile_accept(c, "derived");
	return true;
}

bool compile_expect(struct compiling *c, struct step *s)
{
	const struct token first = c->lx.token;
	struct scenario *sc = c->sc;
	const struct expect_form *form;
	struct expectation *x;

	if (sc->expectations_n == EXPECTATIONS_MAX)
		return lexer_error(&c->lx, &first, "more than %d expectations", EXPECTATIONS_MAX);
	x = array_room(sc->expectations, sc->expectations_n + 1, &sc->expectations_cap, sizeof *x);
	if (!x)
		return compile_no_memory(c);
	sc->expectations = x;
	x += sc->expectations_n;
	*x = (struct expectation){ 0 };
	form = want_form(c, x);
	if (!form)
		return false;
	if (form->side == SIDE_MUST && x->side < 0 && !compile_excused(c))
		return lexer_error(&c->lx, &first, "say of which side: expect SIDE %s", form->name);
	if (form->side == SIDE_NEVER && x->side >= 0)
		return lexer_error(&c->lx, &first, "\"%s\" is not a matter of one side",
		                   form->name);
	x->kind = form->kind;
	snprintf(x->clause, sizeof x->clause, "%s", form->clause);
	if ((form->read && !form->read(c, x)) || !read_expect_tail(c, x))
		return false;
	s->kind = STEP_EXPECT;
	s->n = (uint32_t)sc->expectations_n;
	return true;
}

