#include "scenario/scenario.h"

#include "rtse/rtse_pdu.h"
#include "scenario/expression.h"
#include "session/session_pdu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- names ---------------------------------------------------------------- */

static const char *const step_names[STEP_KINDS] = {
	"listen", "close-listener", "link", "stall", "silence", "associate", "transfer", "cut",
	"at", "release", "abort", "wait", "wait until delivered", "wait until accepted", "expect",
};
static const char *const cut_names[CUT_HOWS] = { "fin", "rst", "half-close", "silence" };
static const char *const point_names[POINT_KINDS] = {
	"cr", "cc", "cn", "ac", "fn", "dn", "activity-start", "dt", "minor-sync",
	"minor-sync-ack", "activity-end", "activity-end-ack",
};
static const char *const priority_names[] = { "normal", "non-urgent", "urgent" };

/* X.411 Figure 1: MTABindError; the order of the values, 1 is not used. */
static const char *const bind_error_names[] = {
	"busy", "", "authentication-error", "unacceptable-dialogue-mode",
	"unacceptable-security-context", "inadequate-association-confidentiality",
};

#define COUNT(a) (sizeof (a) / sizeof (a)[0])

const char *step_kind_name(enum step_kind k)
{
	return k < STEP_KINDS ? step_names[k] : "?";
}

const char *cut_how_name(enum cut_how how)
{
	return how < CUT_HOWS ? cut_names[how] : "?";
}

const char *point_kind_name(enum point_kind k)
{
	return k < POINT_KINDS ? point_names[k] : "?";
}

/* --- small readers -------------------------------------------------------- */

struct compiling {
	struct lexer lx;
	const struct target *t;
	struct scenario *sc;
	const char *statement;		/* where it begins in the source */
	const char *taken;		/* end of the last token taken */
};

static struct token take(struct compiling *c)
{
	struct token t = lexer_next(&c->lx);

	c->taken = t.p + t.n + (t.kind == TOKEN_STRING);
	return t;
}

static bool accept(struct compiling *c, const char *word)
{
	if (!token_is(&c->lx.token, word))
		return false;
	take(c);
	return true;
}

static bool want(struct compiling *c, const char *word)
{
	return accept(c, word) || lexer_want(&c->lx, word);
}

/* One of `names`, or a complaint; *i is its index. */
static bool want_name(struct compiling *c, const char *what, const char *const *names, size_t n,
                      size_t *i)
{
	struct nearest near;

	nearest_init(&near, c->lx.token.p, c->lx.token.n);
	for (*i = 0; *i < n; (*i)++) {
		if (names[*i][0] && accept(c, names[*i]))
			return true;
		nearest_offer(&near, names[*i]);
	}
	return lexer_unknown(&c->lx, &c->lx.token, what, &near);
}

static bool want_text(struct compiling *c, const char *what, char *buf, size_t cap)
{
	const struct token t = c->lx.token;

	if (!lexer_value(&c->lx, what, buf, cap))
		return false;
	c->taken = t.p + t.n + (t.kind == TOKEN_STRING);
	return true;
}

static bool want_quantity(struct compiling *c, enum param_kind kind, int64_t max, int64_t *v)
{
	const char *end;

	if (!expression_read(&c->lx, c->t, kind, max, v, &end))
		return false;
	c->taken = end;
	return true;
}

static bool want_count(struct compiling *c, uint32_t max, uint32_t *n)
{
	const struct token t = c->lx.token;
	int64_t v;

	if (!want_quantity(c, PARAM_NUMBER, max, &v))
		return false;
	*n = (uint32_t)v;
	if (v == 0)
		return lexer_error(&c->lx, &t, "counting begins with 1");
	return true;
}

static bool want_rate(struct compiling *c, uint64_t *rate)
{
	const struct token t = c->lx.token;
	char show[48];

	if (t.kind != TOKEN_WORD || !quantity_rate(t.p, t.n, rate) || *rate == 0)
		return lexer_error(&c->lx, &t, "%s is not a rate; they look like 64kbit/s or "
		                   "2KiB/s",
		                   token_show(&t, show));
	take(c);
	return true;
}

/* What the target lacks is no mistake of a scenario that says it needs it. */
static bool excused(const struct compiling *c)
{
	return scenario_unmet(c->sc, c->t) != NULL;
}

static bool side_word(struct compiling *c, const struct token *t, uint8_t *side)
{
	struct nearest near;
	char name[TARGET_NAME];
	const char *why;
	int i = -1;

	if (t->kind == TOKEN_WORD && token_text(t, name, sizeof name, &why))
		i = target_side(c->t, name);
	*side = i < 0 ? 0 : (uint8_t)i;
	if (i >= 0 || excused(c))
		return true;
	nearest_init(&near, t->p, t->n);
	for (size_t k = 0; k < c->t->sides_n; k++)
		nearest_offer(&near, c->t->sides[k].name);
	return lexer_unknown(&c->lx, t, "a side of this target", &near);
}

static bool want_recipient(struct compiling *c, uint8_t *recipient)
{
	const struct token t = c->lx.token;
	struct nearest near;
	char name[TARGET_NAME];
	int i;

	if (!want_text(c, "a recipient", name, sizeof name))
		return false;
	i = target_recipient(c->t, name);
	*recipient = i < 0 ? 0 : (uint8_t)i;
	if (i >= 0 || excused(c))
		return true;
	nearest_init(&near, t.p, t.n);
	for (size_t k = 0; k < c->t->recipients_n; k++)
		nearest_offer(&near, c->t->recipients[k].name);
	return lexer_unknown(&c->lx, &t, "a recipient of this target", &near);
}

/* --- what is said about the case ------------------------------------------- */

static bool at_end(const struct compiling *c)
{
	return c->lx.token.kind == TOKEN_EOL || c->lx.token.kind == TOKEN_EOF;
}

static bool read_title(struct compiling *c)
{
	return want_text(c, "a title", c->sc->title, sizeof c->sc->title);
}

static bool read_source(struct compiling *c)
{
	return want_text(c, "a source", c->sc->source, sizeof c->sc->source);
}

static bool read_serves(struct compiling *c)
{
	struct scenario *sc = c->sc;

	while (!at_end(c)) {
		if (sc->purposes_n == SCENARIO_PURPOSES_MAX)
			return lexer_error(&c->lx, &c->lx.token, "more than %d purposes",
			                   SCENARIO_PURPOSES_MAX);
		if (!want_text(c, "a test purpose", sc->purposes[sc->purposes_n],
		               sizeof sc->purposes[0]))
			return false;
		sc->purposes_n++;
	}
	return true;
}

static bool read_needs(struct compiling *c)
{
	struct scenario *sc = c->sc;

	while (!at_end(c)) {
		const struct token t = c->lx.token;
		char *need = sc->needs[sc->needs_n];

		if (sc->needs_n == SCENARIO_NEEDS_MAX)
			return lexer_error(&c->lx, &t, "more than %d needs", SCENARIO_NEEDS_MAX);
		if (!want_text(c, "a capability", need, sizeof sc->needs[0]))
			return false;
		if (strncmp(need, "pics.", 5) != 0 && strncmp(need, "side.", 5) != 0)
			return lexer_error(&c->lx, &t, "needs are written pics.NAME, "
			                   "pics.NAME.VALUE or side.NAME");
		sc->needs_n++;
	}
	return true;
}

static bool read_limit(struct compiling *c)
{
	return want_quantity(c, PARAM_TIME, SCENARIO_TIME_MAX, &c->sc->limit_us);
}

/* --- steps ----------------------------------------------------------------- */

static bool read_listen(struct compiling *c, struct step *s)
{
	int64_t v;

	s->kind = STEP_LISTEN;
	while (!at_end(c)) {
		if (accept(c, "checkpoint")) {
			const struct token t = c->lx.token;

			if (!want_quantity(c, PARAM_SIZE, INT64_C(1) << 30, &v))
				return false;
			if (v % RTSE_CHECKPOINT_UNIT != 0)
				return lexer_error(&c->lx, &t, "a checkpoint size is a multiple of "
				                   "1KiB (X.218 checkpointSize)");
			s->size = (uint64_t)v;
		} else if (accept(c, "window")) {
			if (!want_quantity(c, PARAM_NUMBER, 1000, &v))
				return false;
			s->window = (uint16_t)v;
		} else {
			return lexer_error(&c->lx, &c->lx.token,
			                   "after listen: checkpoint, window");
		}
	}
	return true;
}

static bool read_close_listener(struct compiling *c, struct step *s)
{
	(void)c;
	s->kind = STEP_CLOSE_LISTENER;
	return true;
}

static bool read_link(struct compiling *c, struct step *s)
{
	s->kind = STEP_LINK;
	while (!at_end(c)) {
		if (accept(c, "rate")) {
			if (!want_rate(c, &s->rate))
				return false;
		} else if (accept(c, "delay")) {
			if (!want_quantity(c, PARAM_TIME, 3600 * SECOND_US, &s->time_us))
				return false;
		} else {
			return lexer_error(&c->lx, &c->lx.token, "after link: rate, delay");
		}
	}
	return true;
}

static bool read_stall(struct compiling *c, struct step *s)
{
	static const char *const states[] = { "off", "on" };
	size_t i;

	s->kind = STEP_STALL;
	if (!want_name(c, "on or off", states, COUNT(states), &i))
		return false;
	s->n = (uint32_t)i;
	return true;
}

static bool read_silence(struct compiling *c, struct step *s)
{
	(void)c;
	s->kind = STEP_SILENCE;
	s->cut = CUT_SILENCE;
	return true;
}

static bool read_associate(struct compiling *c, struct step *s)
{
	s->kind = STEP_ASSOCIATE;
	while (!at_end(c)) {
		if (accept(c, "as")) {
			s->has_as = true;
			if (!want_text(c, "an MTA name", s->as, sizeof s->as))
				return false;
		} else if (accept(c, "password")) {
			s->has_password = true;
			if (!want_text(c, "a password", s->password, sizeof s->password))
				return false;
		} else {
			return lexer_error(&c->lx, &c->lx.token, "after associate: as, password");
		}
	}
	return true;
}

static bool read_mts_id(struct compiling *c, struct step *s)
{
	if (accept(c, "fresh"))
		return true;
	return want(c, "reused") && want_count(c, UINT16_MAX, &s->reused);
}

static bool read_transfer_option(struct compiling *c, struct step *s)
{
	size_t i;

	if (accept(c, "mts-id"))
		return read_mts_id(c, s);
	if (!accept(c, "priority"))
		return lexer_error(&c->lx, &c->lx.token, "after the recipient: mts-id, priority");
	if (!want_name(c, "a priority", priority_names, COUNT(priority_names), &i))
		return false;
	s->priority = (uint8_t)i;
	return true;
}

static bool read_transfer(struct compiling *c, struct step *s)
{
	int64_t size;

	s->kind = STEP_TRANSFER;
	if (!want_count(c, MESSAGES_MAX, &s->n))
		return false;
	if (!accept(c, "message") && !want(c, "messages"))
		return false;
	if (!want(c, "size") || !want_quantity(c, PARAM_SIZE, CONTENT_MAX, &size) ||
	    !want(c, "to") || !want_recipient(c, &s->recipient))
		return false;
	s->size = (uint64_t)size;
	while (!at_end(c))
		if (!read_transfer_option(c, s))
			return false;
	return true;
}

static bool want_cut(struct compiling *c, struct step *s)
{
	size_t i;

	if (!want_name(c, "a way to cut", cut_names, CUT_HOWS, &i))
		return false;
	s->cut = (uint8_t)i;
	return true;
}

static bool read_cut(struct compiling *c, struct step *s)
{
	s->kind = STEP_CUT;
	return want_cut(c, s);
}

static bool read_point(struct compiling *c, struct point *p)
{
	size_t i;

	if (!want_name(c, "a point of the protocol", point_names, POINT_KINDS, &i))
		return false;
	p->kind = (uint8_t)i;
	p->n = 1;
	if ((i == POINT_DT || i == POINT_MINOR_SYNC || i == POINT_MINOR_SYNC_ACK) &&
	    !want_count(c, UINT32_MAX, &p->n))
		return false;
	if (!accept(c, "of"))
		return true;
	return want(c, point_in_activity((enum point_kind)i) ? "activity" : "association") &&
	       want_count(c, UINT32_MAX, &p->of);
}

static bool read_arm(struct compiling *c, struct step *s)
{
	s->kind = STEP_ARM;
	return read_point(c, &s->point) && want(c, "cut") && want_cut(c, s);
}

static bool read_release(struct compiling *c, struct step *s)
{
	(void)c;
	s->kind = STEP_RELEASE;
	return true;
}

static bool read_abort(struct compiling *c, struct step *s)
{
	(void)c;
	s->kind = STEP_ABORT;
	return true;
}

static bool want_time(struct compiling *c, int64_t *us)
{
	return want_quantity(c, PARAM_TIME, SCENARIO_TIME_MAX, us);
}

static bool read_wait_until(struct compiling *c, struct step *s)
{
	static const char *const what[] = { "delivered", "accepted" };
	size_t i;

	if (!want(c, "until") || !want_name(c, "delivered or accepted", what, COUNT(what), &i))
		return false;
	s->kind = i == 0 ? STEP_WAIT_DELIVERED : STEP_WAIT_ACCEPTED;
	return want_count(c, MESSAGES_MAX, &s->n) && want(c, "within") &&
	       want_time(c, &s->time_us);
}

static const struct act {
	const char *name;
	bool (*read)(struct compiling *c, struct step *s);
} acts[] = {
	{ "listen", read_listen },
	{ "close-listener", read_close_listener },
	{ "link", read_link },
	{ "stall", read_stall },
	{ "silence", read_silence },
	{ "associate", read_associate },
	{ "transfer", read_transfer },
	{ "cut", read_cut },
	{ "at", read_arm },
	{ "release", read_release },
	{ "abort", read_abort },
	{ "wait", read_wait_until },
};

static bool read_act(struct compiling *c, struct step *s)
{
	struct nearest near;

	nearest_init(&near, c->lx.token.p, c->lx.token.n);
	for (size_t i = 0; i < COUNT(acts); i++) {
		if (accept(c, acts[i].name))
			return acts[i].read(c, s);
		nearest_offer(&near, acts[i].name);
	}
	return lexer_unknown(&c->lx, &c->lx.token, "a step", &near);
}

/* --- expectations ----------------------------------------------------------- */

static bool expect_refused(struct compiling *c, struct expectation *x)
{
	size_t i;

	x->value = -1;
	if (at_end(c) || token_is(&c->lx.token, "within") || token_is(&c->lx.token, "clause"))
		return true;
	if (!want_name(c, "a bind error", bind_error_names, COUNT(bind_error_names), &i))
		return false;
	x->value = (int32_t)i;
	return true;
}

static bool want_value(struct compiling *c, int32_t *v)
{
	int64_t n;

	if (!want_quantity(c, PARAM_NUMBER, INT32_MAX, &n))
		return false;
	*v = (int32_t)n;
	return true;
}

static bool expect_reported(struct compiling *c, struct expectation *x)
{
	x->value = x->value2 = -1;
	if (accept(c, "reason") && !want_value(c, &x->value))
		return false;
	return !accept(c, "diagnostic") || want_value(c, &x->value2);
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
		if (accept(c, names->name(i))) {
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
		if (accept(c, layer_name(pdu_names[i].layer)))
			return expect_pdu_of(c, &pdu_names[i], x);
		nearest_offer(&near, layer_name(pdu_names[i].layer));
	}
	return lexer_unknown(&c->lx, &c->lx.token, "a layer with named PDUs", &near);
}

static bool expect_tcp(struct compiling *c, struct expectation *x)
{
	(void)x;
	return want(c, "closed");
}

static bool expect_not(struct compiling *c, struct expectation *x)
{
	return want(c, "delivered") && want(c, "for") && want_time(c, &x->within_us);
}

static bool expect_no(struct compiling *c, struct expectation *x)
{
	(void)x;
	return want(c, "abort-by-iut");
}

static bool expect_log(struct compiling *c, struct expectation *x)
{
	if (accept(c, "none"))
		return accept(c, "conclusive") || true;
	x->kind = EXPECT_LOG;
	return want_text(c, "an article, or none", x->name, sizeof x->name);
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
	{ "delivered", EXPECT_DELIVERED, NULL, SIDE_MAY, "X.411 12.2; X.218 9.3.1.3" },
	{ "not", EXPECT_NOT_DELIVERED, expect_not, SIDE_MAY, "" },
	{ "reported", EXPECT_REPORTED, expect_reported, SIDE_NEVER, "X.411 12.2.1.3" },
	{ "no", EXPECT_NO_ABORT_BY_IUT, expect_no, SIDE_MAY, "X.218 9.6" },
	{ "log", EXPECT_LOG_NONE, expect_log, SIDE_NEVER, "" },
	{ "pdu", EXPECT_PDU_IN, expect_pdu, SIDE_MUST, "" },
	{ "tcp", EXPECT_TCP_CLOSED, expect_tcp, SIDE_MUST, "RFC 1006 5" },
	{ "alive", EXPECT_ALIVE, NULL, SIDE_NEVER, "" },
};

static const struct expect_form *find_form(struct compiling *c, struct nearest *near)
{
	for (size_t i = 0; i < COUNT(expect_forms); i++) {
		if (accept(c, expect_forms[i].name))
			return &expect_forms[i];
		nearest_offer(near, expect_forms[i].name);
	}
	return NULL;
}

/* [SIDE] NAME */
static const struct expect_form *want_form(struct compiling *c, struct expectation *x)
{
	const struct token first = c->lx.token;
	const struct expect_form *form;
	struct nearest near;

	nearest_init(&near, first.p, first.n);
	x->side = -1;
	form = find_form(c, &near);
	if (form)
		return form;
	for (size_t i = 0; i < c->t->sides_n; i++) {
		if (token_is(&first, c->t->sides[i].name))
			x->side = (int)i;
		nearest_offer(&near, c->t->sides[i].name);
	}
	if (x->side < 0 && !excused(c)) {
		lexer_unknown(&c->lx, &first, "an expectation, nor a side of this target", &near);
		return NULL;
	}
	take(c);
	nearest_init(&near, c->lx.token.p, c->lx.token.n);
	form = find_form(c, &near);
	if (!form)
		lexer_unknown(&c->lx, &c->lx.token, "an expectation", &near);
	return form;
}

static bool read_expect_tail(struct compiling *c, struct expectation *x)
{
	if (x->kind != EXPECT_NOT_DELIVERED && accept(c, "within") &&
	    !want_time(c, &x->within_us))
		return false;
	return !accept(c, "clause") ||
	       want_text(c, "a clause", x->clause, sizeof x->clause);
}

static bool read_expect(struct compiling *c, struct step *s)
{
	const struct token first = c->lx.token;
	struct scenario *sc = c->sc;
	struct expectation *x = &sc->expectations[sc->expectations_n];
	const struct expect_form *form;

	if (sc->expectations_n == EXPECTATIONS_MAX)
		return lexer_error(&c->lx, &first, "more than %d expectations", EXPECTATIONS_MAX);
	*x = (struct expectation){ 0 };
	form = want_form(c, x);
	if (!form)
		return false;
	if (form->side == SIDE_MUST && x->side < 0 && !excused(c))
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
};

static bool unknown_statement(struct compiling *c, const struct token *t)
{
	struct nearest near;

	nearest_init(&near, t->p, t->n);
	for (size_t i = 0; i < COUNT(metas); i++)
		nearest_offer(&near, metas[i].name);
	nearest_offer(&near, "expect");
	nearest_offer(&near, "wait");
	for (size_t i = 0; i < c->t->sides_n; i++)
		if (token_is(t, c->t->sides[i].name))
			return lexer_error(&c->lx, t, "a colon is missing: \"%s: ...\"",
			                   c->t->sides[i].name);
	return lexer_unknown(&c->lx, t, "a statement", &near);
}

/* SIDE ":" act */
static bool read_sided(struct compiling *c, struct step *s)
{
	const struct token t = take(c);

	if (!token_is_mark(&c->lx.token, ':'))
		return unknown_statement(c, &t);
	take(c);
	return side_word(c, &t, &s->side) && read_act(c, s);
}

static bool read_wait(struct compiling *c, struct step *s)
{
	if (token_is(&c->lx.token, "until"))
		return lexer_error(&c->lx, &c->lx.token, "say at which side: SIDE: wait until ...");
	s->kind = STEP_WAIT;
	return want_time(c, &s->time_us);
}

/* The statement as one line, without its comment. */
static void copy_text(const struct compiling *c, char *buf, size_t cap)
{
	size_t out = 0;

	for (const char *p = c->statement; p < c->taken && out + 1 < cap; p++) {
		bool blank = *p == ' ' || *p == '\t' || *p == '\r' || *p == '\n';

		if (blank && out > 0 && buf[out - 1] == ' ')
			continue;
		buf[out++] = *p;
		if (blank)
			buf[out - 1] = ' ';
	}
	if (out + 1 == cap)		/* cut: not within a character */
		while (out > 0 && ((unsigned char)buf[--out] & 0xc0) == 0x80)
			;
	buf[out] = '\0';
}

static bool read_step(struct compiling *c)
{
	struct scenario *sc = c->sc;
	struct step *s = &sc->steps[sc->steps_n];
	const struct token first = c->lx.token;
	bool ok;

	if (sc->steps_n == STEPS_MAX)
		return lexer_error(&c->lx, &first, "more than %d steps", STEPS_MAX);
	*s = (struct step){ .at = { first.line, first.column } };
	if (accept(c, "expect"))
		ok = read_expect(c, s);
	else if (accept(c, "wait"))
		ok = read_wait(c, s);
	else
		ok = read_sided(c, s);
	if (!ok)
		return false;
	copy_text(c, s->text, sizeof s->text);
	if (s->kind == STEP_EXPECT) {
		struct expectation *x = &sc->expectations[sc->expectations_n++];

		x->line = (int)first.line;
		x->column = (int)first.column;
		memcpy(x->text, s->text, sizeof x->text);
	}
	sc->steps_n++;
	return true;
}

static bool read_statement(struct compiling *c)
{
	const struct token first = c->lx.token;

	c->statement = first.p;
	for (size_t i = 0; i < COUNT(metas); i++) {
		if (!accept(c, metas[i].name))
			continue;
		if (c->sc->steps_n > 0)
			return lexer_error(&c->lx, &first, "\"%s\" must stand before the first "
			                   "step",
			                   metas[i].name);
		return metas[i].read(c) && lexer_want_eol(&c->lx);
	}
	return read_step(c) && lexer_want_eol(&c->lx);
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

static void skip_empty_lines(struct lexer *lx)
{
	while (lx->token.kind == TOKEN_EOL)
		lexer_next(lx);
}

static bool read_head(struct compiling *c)
{
	struct token t;

	skip_empty_lines(&c->lx);
	if (!want(c, "scenario"))
		return false;
	t = c->lx.token;
	if (!want_text(c, "the scenario's identifier", c->sc->id, sizeof c->sc->id))
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
	for (skip_empty_lines(&c->lx); c->lx.token.kind != TOKEN_EOF; skip_empty_lines(&c->lx))
		if (!read_statement(c))
			lexer_skip_line(&c->lx);
}

struct scenario *scenario_compile(const struct lexer_source *s, const struct target *t,
                                  struct lexer_report *r)
{
	struct compiling c = { .t = t };
	unsigned before = r->errors;

	c.sc = calloc(1, sizeof *c.sc);
	if (!c.sc) {
		lexer_error_at(r, s, (struct place){ 1, 1 }, "out of memory");
		return NULL;
	}
	c.sc->limit_us = LIMIT_DEFAULT_US;
	lexer_init(&c.lx, s, r);
	c.statement = c.taken = c.lx.token.p;
	compile(&c);
	if (r->errors == before)
		scenario_check(c.sc, s, t, r);
	if (r->errors != before) {
		scenario_free(c.sc);
		return NULL;
	}
	return c.sc;
}

void scenario_free(struct scenario *sc)
{
	free(sc);
}

const char *scenario_unmet(const struct scenario *sc, const struct target *t)
{
	for (size_t i = 0; i < sc->needs_n; i++) {
		const char *need = sc->needs[i];
		bool has = strncmp(need, "side.", 5) == 0 ? target_side(t, need + 5) >= 0
		                                          : target_supports(t, need);

		if (!has)
			return need;
	}
	return NULL;
}
