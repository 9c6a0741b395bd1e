/*
 * Steps of a side: their words, compiled.
 */
#include "scenario/compile.h"

#include "link/link_options.h"
#include "rtse/rtse_pdu.h"
#include "session/session_pdu.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char *const step_names[STEP_KINDS] = {
	"listen", "close-listener", "link", "stall", "silence", "associate", "transfer", "cut",
	"at", "release", "abort", "wait", "wait until delivered", "wait until accepted", "expect",
	"connect", "send", "send rest", "detach", "automatic",
	"probe", "turn please", "turn give", "discard", "interrupt", "hook",
	"wait until confirmed", "resume", "transfer octets", "acknowledge",
	"repeat", "end of repeat", "in parallel", "branch",
};
static const char *const cut_names[CUT_HOWS] = { "fin", "rst", "half-close", "silence" };
static const char *const arm_acts[ARM_ACTS] = { "cut", "stall", "down", "link" };
static const char *const priority_names[] = { "normal", "non-urgent", "urgent" };

const char *step_kind_name(enum step_kind k)
{
	return k < STEP_KINDS ? step_names[k] : "?";
}

const char *cut_how_name(enum cut_how how)
{
	return how < CUT_HOWS ? cut_names[how] : "?";
}

/* --- steps ----------------------------------------------------------------- */

static bool read_listen(struct compiling *c, struct step *s)
{
	int64_t v;

	s->kind = STEP_LISTEN;
	while (!compile_at_end(c)) {
		if (compile_accept(c, "checkpoint")) {
			const struct token t = c->lx.token;

			if (!compile_quantity(c, PARAM_SIZE, INT64_C(1) << 30, &v))
				return false;
			if (v % RTSE_CHECKPOINT_UNIT != 0)
				return lexer_error(&c->lx, &t, "a checkpoint size is a multiple of "
				                   "1KiB (X.218 checkpointSize)");
			s->size = (uint64_t)v;
		} else if (compile_accept(c, "window")) {
			if (!compile_quantity(c, PARAM_NUMBER, 1000, &v))
				return false;
			s->window = (uint16_t)v;
		} else if (compile_accept(c, "detached")) {
			s->detached = true;
			c->sc->watched |= (uint8_t)(1u << s->side);
		} else if (compile_accept(c, "refuse")) {
			s->refusing = true;
			if (!compile_bind_error(c, &s->n))
				return false;
		} else {
			return lexer_error(&c->lx, &c->lx.token,
			                   "after listen: checkpoint, window, detached, refuse");
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

/* OPTION=VALUE: what stands together without a blank. */
static bool read_link_option(struct compiling *c, struct link_options *options, char *words,
                             size_t cap)
{
	const struct token first = c->lx.token;
	struct link_option_error error;
	size_t used = strlen(words), n;

	while (c->lx.token.kind != TOKEN_EOL && c->lx.token.kind != TOKEN_EOF &&
	       (c->lx.token.p == first.p || c->lx.token.p == c->taken))
		compile_take(c);
	n = (size_t)(c->taken - first.p);
	if (used + n + 2 > cap)
		return lexer_error(&c->lx, &first, "too many options");
	memcpy(words + used, first.p, n);
	words[used + n] = '\0';
	if (!link_option(options, words + used, &error))
		return lexer_error(&c->lx, &first, "%s", error.why);
	if (options->points_n || options->side != LINK_SIDE_BOTH)
		return lexer_error(&c->lx, &first, "at points of the protocol is done by a step: "
		                   "SIDE: at POINT cut HOW, or stall, down, link");
	strcpy(words + used + n, " ");
	return true;
}

static bool is_option(const struct compiling *c)
{
	const struct lexer *lx = &c->lx;

	return lx->token.kind == TOKEN_WORD && lx->pos < lx->source->n &&
	       lx->source->text[lx->pos] == '=';
}

static bool read_link(struct compiling *c, struct step *s)
{
	static struct link_options options;	/* large; one scenario is compiled at a time */
	struct link_option_error error;
	char words[LEXER_LINE_MAX] = "", tls[LINK_TLS_WHY];
	const struct token first = c->lx.token;

	s->kind = STEP_LINK;
	link_options_init(&options);
	while (!compile_at_end(c)) {
		if (is_option(c)) {
			if (!read_link_option(c, &options, words, sizeof words))
				return false;
		} else if (compile_accept(c, "rate")) {
			if (!compile_rate(c, &s->rate))
				return false;
		} else if (compile_accept(c, "delay")) {
			if (!compile_quantity(c, PARAM_TIME, 3600 * SECOND_US, &s->time_us))
				return false;
		} else {
			return lexer_error(&c->lx, &c->lx.token,
			                   "after link: rate, delay, or OPTION=VALUE");
		}
	}
	if (!words[0])
		return true;
	if (!link_options_check(&options, &error))
		return lexer_error(&c->lx, &first, "%s", error.why);
	if (!link_options_tls_check(&options, tls))
		return lexer_error(&c->lx, &first, "%s", tls);
	if (!s->rate)
		s->rate = options.config.in.rate;
	c->sc->wants_kernel |= link_options_of_kernel(&options) != NULL;
	return scenario_keep(c->sc, words, strlen(words) - 1, &s->options) ||
	       compile_no_memory(c);
}

static bool read_stall(struct compiling *c, struct step *s)
{
	static const char *const states[] = { "off", "on" };
	size_t i;

	s->kind = STEP_STALL;
	if (!compile_name(c, "on or off", states, COUNT(states), &i))
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
	size_t i;

	s->kind = STEP_ASSOCIATE;
	while (!compile_at_end(c)) {
		if (compile_accept(c, "as")) {
			if (!compile_string(c, "an MTA name", TARGET_NAME, &s->as))
				return false;
		} else if (compile_accept(c, "password")) {
			if (!compile_string(c, "a password", 64, &s->password))
				return false;
		} else if (compile_accept(c, "credentials")) {
			if (!compile_name(c, "a kind of credentials", proof_kind_names, PROOF_KINDS,
			                  &i))
				return false;
			s->credentials = (uint8_t)(i + 1);
		} else {
			return lexer_error(&c->lx, &c->lx.token,
			                   "after associate: as, password, credentials");
		}
	}
	return true;
}


/* $NAME.FIELD of a PDU that was captured, or $last-mts-id. */
static bool read_taken(struct compiling *c, uint32_t *string)
{
	const struct token t = c->lx.token;

	if (t.kind != TOKEN_WORD || t.n < 2 || *t.p != '$')
		return lexer_error(&c->lx, &t, "mts-id of $NAME.id: of a PDU that was kept as "
		                   "NAME");
	compile_take(c);
	return compile_variable(c, &t, (struct octets){ (const uint8_t *)t.p + 1, t.n - 1 }) &&
	       (scenario_keep(c->sc, t.p + 1, t.n - 1, string) || compile_no_memory(c));
}

static bool read_mts_id(struct compiling *c, struct step *s)
{
	static const char *const kinds[] = { "fresh", "reused", "of" };
	size_t i;

	if (!compile_name(c, "fresh, reused or of", kinds, COUNT(kinds), &i))
		return false;
	return i == 0 || (i == 1 ? compile_count(c, UINT16_MAX, &s->reused)
	                         : read_taken(c, &s->mts_id));
}

/* RECIPIENT { "to" RECIPIENT } */
static bool read_recipients(struct compiling *c, struct step *s)
{
	if (!compile_want(c, "to") || !compile_recipient(c, &s->recipient))
		return false;
	while (token_is(&c->lx.token, "to")) {
		const struct token t = compile_take(c);

		if (s->others_n == TRANSFER_RECIPIENTS_MAX - 1)
			return lexer_error(&c->lx, &t, "more than %d recipients",
			                   TRANSFER_RECIPIENTS_MAX);
		if (!compile_recipient(c, &s->others[s->others_n++]))
			return false;
	}
	return true;
}

/* Its length is that of the file now; nothing else of it matters before it is sent. */
static bool read_file(struct compiling *c, struct step *s)
{
	const struct token t = c->lx.token;
	struct pdu_item item = { .kind = PDU_ITEM_OCTETS, .value = PDU_VALUE_FILE };
	uint32_t at = (uint32_t)c->sc->plan.items_n;
	char path[512];
	struct stat st;

	if (t.kind != TOKEN_WORD || t.n < 6 || memcmp(t.p, "file:", 5) != 0)
		return lexer_error(&c->lx, &t, "content file:PATH, of a file beside the scenario");
	compile_take(c);
	item.n = (uint32_t)(t.n - 5);
	item.end = at + 1;
	if (!pdu_plan_keep(&c->sc->plan, t.p + 5, item.n, &item.at) ||
	    !pdu_plan_add(&c->sc->plan, &item))
		return compile_no_memory(c);
	if (!compile_files(c, &t, at, at + 1))
		return false;
	snprintf(path, sizeof path, "%s%.*s", c->sc->folder, (int)item.n, t.p + 5);
	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > CONTENT_FILE_MAX)
		return lexer_error(&c->lx, &t, "%s is no file of at most %d MiB", path,
		                   CONTENT_FILE_MAX >> 20);
	s->size = (uint64_t)st.st_size;
	s->content = at + 1;
	return true;
}

static bool read_size(struct compiling *c, struct step *s)
{
	int64_t size;

	if (!compile_want(c, "size") || !compile_quantity(c, PARAM_SIZE, CONTENT_MAX, &size))
		return false;
	s->size = (uint64_t)size;
	return true;
}

static bool read_transfer_option(struct compiling *c, struct step *s)
{
	size_t i;

	if (compile_accept(c, "mts-id"))
		return read_mts_id(c, s);
	if (!compile_accept(c, "priority"))
		return lexer_error(&c->lx, &c->lx.token, "after the recipient: to, mts-id, "
		                   "priority");
	if (!compile_name(c, "a priority", priority_names, COUNT(priority_names), &i))
		return false;
	s->priority = (uint8_t)i;
	return true;
}

static bool read_transfer(struct compiling *c, struct step *s)
{
	if (token_is(&c->lx.token, "octets"))
		return compile_transfer_octets(c, s);
	s->kind = STEP_TRANSFER;
	if (!compile_count(c, MESSAGES_MAX, &s->n))
		return false;
	if (!compile_accept(c, "message") && !compile_want(c, "messages"))
		return false;
	if (!(compile_accept(c, "content") ? read_file(c, s) : read_size(c, s)) ||
	    !read_recipients(c, s))
		return false;
	while (!compile_at_end(c))
		if (!read_transfer_option(c, s))
			return false;
	return true;
}

static bool want_cut(struct compiling *c, struct step *s)
{
	size_t i;

	if (!compile_name(c, "a way to cut", cut_names, CUT_HOWS, &i))
		return false;
	s->cut = (uint8_t)i;
	return true;
}

static bool read_cut(struct compiling *c, struct step *s)
{
	s->kind = STEP_CUT;
	return want_cut(c, s);
}

static bool want_kind(struct compiling *c, enum tap_kind *kind)
{
	const struct token t = c->lx.token;
	struct nearest near;

	*kind = t.kind == TOKEN_WORD ? tap_kind_find(t.p, t.n) : TAP_KINDS;
	if (*kind < TAP_KINDS) {
		compile_take(c);
		return true;
	}
	nearest_init(&near, t.p, t.n);
	for (size_t i = 0; i < TAP_KINDS; i++)
		nearest_offer(&near, tap_kind_name(i));
	nearest_offer(&near, "before");
	nearest_offer(&near, "after");
	return lexer_unknown(&c->lx, &t, "a point of the protocol", &near);
}

static bool is_number(const struct token *t)
{
	return t->n > 0 && t->p[0] >= '0' && t->p[0] <= '9';
}

static bool read_point(struct compiling *c, struct tap_point *p)
{
	enum tap_kind kind;

	p->before = compile_accept(c, "before");
	if (!p->before)
		compile_accept(c, "after");
	if (!want_kind(c, &kind))
		return false;
	p->kind = (uint8_t)kind;
	p->n = 1;
	if (is_number(&c->lx.token) && !compile_count(c, UINT32_MAX, &p->n))
		return false;
	if (!compile_accept(c, "of"))
		return true;
	return compile_want(c, tap_kind_in_activity(kind) ? "activity" : "association") &&
	       compile_count(c, UINT32_MAX, &p->of);
}

static bool read_arm(struct compiling *c, struct step *s)
{
	size_t act;

	if (!read_point(c, &s->point) || !compile_name(c, "a fault", arm_acts, ARM_ACTS, &act) ||
	    (act == ARM_LINK && !read_link(c, s)) || (act == ARM_CUT && !want_cut(c, s)))
		return false;
	s->kind = STEP_ARM;
	s->n = (uint32_t)act;
	if ((act == ARM_STALL || act == ARM_DOWN) && compile_accept(c, "for"))
		return compile_time(c, &s->time_us);
	return true;
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

static bool read_wait_until(struct compiling *c, struct step *s)
{
	static const char *const what[] = { "delivered", "accepted", "confirmed" };
	static const uint8_t kinds[] = {
		STEP_WAIT_DELIVERED, STEP_WAIT_ACCEPTED, STEP_WAIT_CONFIRMED,
	};
	size_t i;

	if (!compile_want(c, "until") || !compile_name(c, "delivered, accepted or confirmed", what,
	                                                 COUNT(what), &i))
		return false;
	s->kind = kinds[i];
	if (s->kind == STEP_WAIT_CONFIRMED)
		c->sc->watched |= (uint8_t)(1u << s->side);
	return compile_count(c, MESSAGES_MAX, &s->n) && compile_want(c, "within") &&
	       compile_time(c, &s->time_us);
}

static bool read_probe(struct compiling *c, struct step *s)
{
	s->kind = STEP_PROBE;
	if (!compile_count(c, MESSAGES_MAX, &s->n))
		return false;
	if (!compile_accept(c, "probe") && !compile_want(c, "probes"))
		return false;
	if (!read_size(c, s) || !read_recipients(c, s))
		return false;
	return !compile_accept(c, "mts-id") || read_mts_id(c, s);
}

static bool read_resume(struct compiling *c, struct step *s)
{
	(void)c;
	s->kind = STEP_RESUME;
	return true;
}

static bool read_turn(struct compiling *c, struct step *s)
{
	static const char *const what[] = { "please", "give" };
	int64_t priority = 0;
	size_t i;

	if (!compile_name(c, "please or give", what, COUNT(what), &i))
		return false;
	s->kind = (uint8_t)(i == 0 ? STEP_TURN_PLEASE : STEP_TURN_GIVE);
	if (i == 0 && compile_accept(c, "priority") &&
	    !compile_quantity(c, PARAM_NUMBER, UINT8_MAX, &priority))
		return false;
	s->n = (uint32_t)priority;
	return true;
}

static bool read_discard(struct compiling *c, struct step *s)
{
	(void)c;
	s->kind = STEP_DISCARD;
	s->n = EXCEPTION_LOCAL_USER;
	return true;
}

static bool read_interrupt(struct compiling *c, struct step *s)
{
	(void)c;
	s->kind = STEP_INTERRUPT;
	s->n = EXCEPTION_LOCAL_USER;
	return true;
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
	{ "probe", read_probe },
	{ "resume", read_resume },
	{ "turn", read_turn },
	{ "discard", read_discard },
	{ "interrupt", read_interrupt },
	{ "connect", compile_connect },
	{ "send", compile_send },
	{ "acknowledge", compile_acknowledge },
	{ "detach", compile_detach },
	{ "automatic", compile_automatic },
};

bool compile_act(struct compiling *c, struct step *s)
{
	struct nearest near;

	nearest_init(&near, c->lx.token.p, c->lx.token.n);
	for (size_t i = 0; i < COUNT(acts); i++) {
		if (compile_accept(c, acts[i].name))
			return acts[i].read(c, s);
		nearest_offer(&near, acts[i].name);
	}
	return lexer_unknown(&c->lx, &c->lx.token, "a step", &near);
}

