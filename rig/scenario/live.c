#include "scenario/live.h"

#include "scenario/watch.h"

#include <stdio.h>
#include <string.h>

const char *const live_names[] = {
	"peer-ref", "context-acse", "context-rtse", "context-mts", "results", "version",
	"common-ref", "additional-ref", "wrong-password", "its-tsel", "its-ssel", "its-psel",
	"our-tsel", "our-ssel", "our-psel",
	"piece", "next-serial", "sync", NULL,
};

static bool number(struct pdu_got *out, int64_t v)
{
	*out = (struct pdu_got){ .number = true, .v = v };
	return true;
}

static bool text(struct pdu_got *out, const char *s)
{
	*out = (struct pdu_got){ .octets = octets_of(s) };
	return *s != '\0';
}

static bool context(const struct observer *o, enum observer_syntax syntax, struct pdu_got *out)
{
	for (size_t i = 0; i < o->contexts_n; i++)
		if (o->contexts[i].syntax == syntax)
			return number(out, o->contexts[i].id);
	return false;
}

/* X.226 8.2.2.7: one result a context of the CP, in its order. */
static bool results(struct live *l, const struct observer *o, struct pdu_got *out)
{
	static const uint8_t accepted[] = {
		0x30, 0x07, 0x80, 0x01, 0x00, 0x81, 0x02, 0x51, 0x01,
	}, refused[] = { 0x30, 0x06, 0x80, 0x01, 0x02, 0x82, 0x01, 0x01 };
	size_t n = 0;

	for (size_t i = 0; i < o->contexts_n; i++) {
		bool known = o->contexts[i].syntax >= OBSERVER_ACSE;
		size_t each = known ? sizeof accepted : sizeof refused;

		if (each > sizeof l->octets - n)
			return false;
		memcpy(l->octets + n, known ? accepted : refused, each);
		n += each;
	}
	*out = (struct pdu_got){ .octets = { l->octets, n } };
	return n > 0;
}

static bool common_ref(struct live *l, struct run *r, struct pdu_got *out)
{
	char utc[16];

	run_utc_time(r, 0, utc);
	l->octets[0] = 0x17;
	l->octets[1] = (uint8_t)strlen(utc);
	memcpy(l->octets + 2, utc, l->octets[1]);
	*out = (struct pdu_got){ .octets = { l->octets, 2u + l->octets[1] } };
	return true;
}

/* X.225 8.3.1.5: at most four octets, so a T61String of two characters. */
static bool additional_ref(struct live *l, const struct peer *p, struct pdu_got *out)
{
	uint32_t n = p->number % 100;
	const uint8_t string[] = { 0x14, 2, (uint8_t)('0' + n / 10), (uint8_t)('0' + n % 10) };

	memcpy(l->octets, string, sizeof string);
	*out = (struct pdu_got){ .octets = { l->octets, sizeof string } };
	return true;
}

/* Of the target file; NULL: it is no selector. */
static const char *selector(const struct peer *p, const char *name)
{
	const struct target *t = p->run->t;
	const struct target_side *s = p->side->target;
	const struct {
		const char *name, *text;
	} all[] = {
		{ "its-tsel", t->tsel }, { "its-ssel", t->ssel }, { "its-psel", t->psel },
		{ "our-tsel", s->our_tsel }, { "our-ssel", s->our_ssel },
		{ "our-psel", s->our_psel },
	};

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		if (strcmp(name, all[i].name) == 0)
			return all[i].text;
	return NULL;
}

/* A proposal of no checkpoints leaves the choice to who answers (practice). */
static bool agreed(const struct watch_terms *t, const char *name, struct pdu_got *out)
{
	enum scenario_term term;
	uint32_t said, most = 0;

	if (!scenario_term(name, &term, &said))
		return false;
	if (term == TERM_TOKENS)
		return number(out, scenario_tokens(t->tokens, (uint8_t)said));
	most = term == TERM_CHECKPOINT ? t->proposed_checkpoint
	       : term == TERM_WINDOW ? t->proposed_window : t->proposed_size;
	return number(out, most && most < said ? most : said);
}

static bool of_transfers(const struct peer *p, const char *name, struct pdu_got *out)
{
	if (strcmp(name, "next-serial") == 0)
		return number(out, p->pieces.serial) && p->pieces.serial;
	if (strcmp(name, "sync") == 0)
		return number(out, p->acknowledging.at) && p->acknowledging.at;
	*out = (struct pdu_got){ .octets = p->pieces.piece, .lasts = true };
	return strcmp(name, "piece") == 0 && p->pieces.piece.n > 0;
}

bool live_value(struct live *l, struct peer *p, const char *name, struct pdu_got *out)
{
	static const struct {
		const char *name;
		enum observer_syntax syntax;
	} contexts[] = { { "context-acse", OBSERVER_ACSE }, { "context-rtse", OBSERVER_RTSE },
	                 { "context-mts", OBSERVER_MTSE } };
	const struct watch_terms *terms = p && p->watch ? watch_terms(p->watch) : NULL;

	if (!p)
		return false;
	if (strcmp(name, "common-ref") == 0)
		return common_ref(l, p->run, out);
	if (strcmp(name, "additional-ref") == 0)
		return additional_ref(l, p, out);
	if (strcmp(name, "wrong-password") == 0)
		return text(out, "wrong-password");
	if (selector(p, name))
		return text(out, selector(p, name));
	if (of_transfers(p, name, out))
		return true;
	if (!terms)
		return false;
	if (strcmp(name, "peer-ref") == 0)
		return number(out, terms->peer_ref);
	if (strcmp(name, "version") == 0)
		return number(out, terms->versions & 2 ? 2 : 1);
	if (strcmp(name, "results") == 0)
		return results(l, terms->observer, out);
	for (size_t i = 0; i < sizeof contexts / sizeof contexts[0]; i++)
		if (strcmp(name, contexts[i].name) == 0)
			return context(terms->observer, contexts[i].syntax, out);
	return agreed(terms, name, out);
}
