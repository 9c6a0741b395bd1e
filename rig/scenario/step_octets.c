/*
 * Steps of a side that speaks for itself, PDU by PDU; and which variables its PDUs may have.
 */
#include "scenario/compile.h"
#include "scenario/live.h"
#include "scenario/watch.h"

#include "cotp/cotp.h"

#include <stdio.h>
#include <string.h>

bool compile_connect(struct compiling *c, struct step *s)
{
	s->kind = STEP_CONNECT;
	c->sc->watched |= (uint8_t)(1u << s->side);
	return true;
}

static const char *const variables[] = {
	"our-name", "our-password", "its-name", "its-password", "our-domain", "its-domain",
	"originator", "mts-id", "last-mts-id", "now",
};

/* $to-NAME: the address of a recipient; $in-TIME, $ago-TIME: a time from now;
 * $fresh-LENGTH-N: letters that are new in each run and round; N 0: in each run. */
static bool check_family(struct compiling *c, struct octets name)
{
	char text[TARGET_NAME + 8];
	uint32_t length, nth, said;
	enum scenario_term term;
	int64_t us;

	snprintf(text, sizeof text, "%.*s", (int)name.n, (const char *)name.p);
	if (strncmp(text, "to-", 3) == 0)
		return target_recipient(c->t, text + 3) >= 0 || compile_excused(c);
	return scenario_span(text, &us) || scenario_fresh(text, &length, &nth) ||
	       scenario_term(text, &term, &said);
}

static bool is_known(struct octets name, const char *const *known, size_t n,
                     struct nearest *near)
{
	for (size_t i = 0; i < n && known[i]; i++) {
		if (octets_equal(octets_of(known[i]), name))
			return true;
		nearest_offer(near, known[i]);
	}
	return false;
}

/* Of a kept PDU: *kept says that there is one of this name. */
static bool is_its_field(const struct compiling *c, const struct pdu_path *path,
                         struct nearest *near, bool *kept)
{
	for (size_t i = 0; i < c->sc->patterns_n; i++) {
		const struct pattern *p = &c->sc->patterns[i];
		const struct pdu_item *item = &c->sc->plan.items[p->item];
		const struct pdu_form *form;

		if (!p->capture ||
		    !octets_equal(octets_of(scenario_name(c->sc, p->capture)), path->name))
			continue;
		*kept = true;
		form = pdu_form((enum layer)item->layer, item->code);
		for (size_t k = 0; form && k < pdu_fields(form); k++) {
			const char *name = pdu_field(form, k).name;

			if (octets_equal(octets_of(name), path->field))
				return true;
			nearest_offer(near, name);
		}
	}
	return false;
}

/* The field of a PDU that has been kept, or a reference of an association that has been
 * named. */
static bool check_field(struct compiling *c, const struct token *at, const struct pdu_path *path)
{
	struct nearest near;
	bool kept = false;

	nearest_init(&near, (const char *)path->field.p, path->field.n);
	if (is_its_field(c, path, &near, &kept) ||
	    (!kept && is_known(path->field, watch_references, SIZE_MAX, &near)))
		return true;
	return lexer_error(&c->lx, at, "$%.*s has no %.*s%s%s%s", (int)path->name.n,
	                   (const char *)path->name.p, (int)path->field.n,
	                   (const char *)path->field.p, near.best ? "; did you mean \"" : "",
	                   near.best ? near.best : "", near.best ? "\"?" : "");
}

/* Of an association, or of a PDU that was kept. */
static bool is_named(const struct compiling *c, struct octets name)
{
	for (size_t i = 0; i < c->sc->names_n; i++)
		if (octets_equal(octets_of(scenario_string(c->sc, c->sc->names[i])), name))
			return true;
	return false;
}

/* What is asked for must have been captured before, or be known anyway. */
bool compile_variable(struct compiling *c, const struct token *at, struct octets name)
{
	const struct pdu_path path = pdu_path(name);
	struct nearest near;

	if (check_family(c, name))
		return true;
	if (path.field.p && is_named(c, path.name))
		return check_field(c, at, &path);
	nearest_init(&near, (const char *)path.name.p, path.name.n);
	if (!path.field.p && (is_known(path.name, variables, COUNT(variables), &near) ||
	                      is_known(path.name, live_names, SIZE_MAX, &near)))
		return true;
	for (size_t i = 0; i < c->sc->patterns_n; i++) {
		const char *known = scenario_name(c->sc, c->sc->patterns[i].capture);

		if (*known && octets_equal(octets_of(known), path.name))
			return true;
		if (*known)
			nearest_offer(&near, known);
	}
	return lexer_error(&c->lx, at, "nothing is known of $%.*s here%s%s%s", (int)path.name.n,
	                   (const char *)path.name.p, near.best ? "; did you mean \"$" : "",
	                   near.best ? near.best : "", near.best ? "\"?" : "");
}

bool compile_variables(struct compiling *c, const struct token *at, uint32_t from, uint32_t to)
{
	const struct pdu_plan *plan = &c->sc->plan;

	for (uint32_t i = from; i < to; i++) {
		const struct pdu_item *item = &plan->items[i];

		if ((item->kind == PDU_ITEM_FIELD || item->kind == PDU_ITEM_BER ||
		     item->kind == PDU_ITEM_OCTETS) &&
		    item->value == PDU_VALUE_VARIABLE &&
		    !compile_variable(c, at, (struct octets){ plan->octets + item->at, item->n }))
			return false;
	}
	return true;
}

/* [ "in" "tpdus" "of" SIZE ] */
static bool read_tpdus(struct compiling *c, struct step *s)
{
	const struct token t = c->lx.token;
	int64_t size;

	if (!compile_accept(c, "in"))
		return true;
	if (!compile_want(c, "tpdus") || !compile_want(c, "of") ||
	    !compile_quantity(c, PARAM_SIZE, COTP_SIZE_DEFAULT, &size))
		return false;
	s->size = (uint64_t)size;
	return size > COTP_DT_HEADER_OCTETS ||
	       lexer_error(&c->lx, &t, "a DT has a header of %d octets", COTP_DT_HEADER_OCTETS);
}

/* In the mode that the side calls in, and is called in. */
static unsigned mode_of(const struct compiling *c, const struct step *s)
{
	static const uint8_t modes[ASSOCIATION_CONTEXTS] = {
		[ASSOCIATION_MTS_TRANSFER_PROTOCOL] = PDU_X410,
		[ASSOCIATION_MTS_TRANSFER_PROTOCOL_1984] = PDU_1984,
	};

	return modes[c->t->sides[s->side].context];
}

bool compile_send(struct compiling *c, struct step *s)
{
	const struct token first = c->lx.token;

	c->sc->watched |= (uint8_t)(1u << s->side);
	if (compile_accept(c, "rest")) {
		s->kind = STEP_SEND_REST;
		return true;
	}
	s->kind = STEP_SEND;
	if (!compile_pdus(c, compile_accept(c, "exactly") ? PDU_EXACTLY : mode_of(c, s), &s->from,
	                  &s->to) ||
	    !compile_variables(c, &first, s->from, s->to) ||
	    !compile_files(c, &first, s->from, s->to) || !read_tpdus(c, s))
		return false;
	return !compile_accept(c, "stop") ||
	       (compile_want(c, "after") && compile_count(c, 1 << 30, &s->n));
}

/* PDUs behind a word, or those that `honest` says. */
static bool read_pdus_as(struct compiling *c, const char *word, const char *honest)
{
	const struct token first = c->lx.token;
	struct lexer_source source;
	struct lexer lx;
	uint32_t from, to;
	const char *end;
	bool ok;

	if (compile_accept(c, word))
		return compile_pdus(c, PDU_EXACTLY, &from, &to) &&
		       compile_variables(c, &first, from, to) && compile_files(c, &first, from, to);
	if (!lexer_take(&source, word, honest, strlen(honest), c->lx.report))
		return compile_no_memory(c);
	lexer_init(&lx, &source, c->lx.report);
	ok = pdu_parse(&lx, &c->sc->plan, 0, &end);
	lexer_source_free(&source);
	return ok;
}

/* Sizes of pieces; the last one is that of all that follow. */
static bool read_pieces(struct compiling *c, struct step *s)
{
	char words[STEP_TEXT * 4] = "";
	size_t n = 0;
	int64_t v;

	if (!compile_accept(c, "pieces"))
		return true;
	while (c->lx.token.n && *c->lx.token.p >= '0' && *c->lx.token.p <= '9') {
		if (!compile_quantity(c, PARAM_NUMBER, 1 << 30, &v))
			return false;
		if (v == 0 || n + 12 > sizeof words)
			return lexer_error(&c->lx, &c->lx.token, v ? "too many pieces" :
			                   "a piece of nothing");
		n += (size_t)snprintf(words + n, sizeof words - n, "%lld ", (long long)v);
	}
	return scenario_keep(c->sc, words, n, &s->options) || compile_no_memory(c);
}

bool compile_transfer_octets(struct compiling *c, struct step *s)
{
	const struct token first = c->lx.token;

	s->kind = STEP_TRANSFER_OCTETS;
	c->sc->watched |= (uint8_t)(1u << s->side);
	if (!compile_pdus(c, PDU_EXACTLY, &s->from, &s->middle[0]) ||
	    !compile_variables(c, &first, s->from, s->middle[0]) ||
	    !compile_files(c, &first, s->from, s->middle[0]) ||
	    !read_pdus_as(c, "as", "rtse RTTR user=$piece"))
		return false;
	s->middle[1] = (uint32_t)c->sc->plan.items_n;
	if (!read_pdus_as(c, "checkpoint", "session MIP serial=$next-serial") || !read_pieces(c, s))
		return false;
	s->to = (uint32_t)c->sc->plan.items_n;
	s->n = compile_accept(c, "sealed");
	return compile_want(c, "within") && compile_time(c, &s->time_us);
}

bool compile_acknowledge(struct compiling *c, struct step *s)
{
	int64_t every = 1;

	s->kind = STEP_ACKNOWLEDGE;
	c->sc->watched |= (uint8_t)(1u << s->side);
	s->detached = compile_accept(c, "off");
	if (s->detached)
		return true;
	s->from = (uint32_t)c->sc->plan.items_n;
	if (!read_pdus_as(c, "as", "session MIA serial=$sync") ||
	    (compile_accept(c, "every") && !compile_quantity(c, PARAM_NUMBER, 1000, &every)))
		return false;
	s->to = (uint32_t)c->sc->plan.items_n;
	s->n = (uint32_t)every;
	return true;
}

bool compile_detach(struct compiling *c, struct step *s)
{
	s->kind = STEP_DETACH;
	c->sc->watched |= (uint8_t)(1u << s->side);
	return true;
}

bool compile_automatic(struct compiling *c, struct step *s)
{
	(void)c;
	s->kind = STEP_AUTOMATIC;
	return true;
}
