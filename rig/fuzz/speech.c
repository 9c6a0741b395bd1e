#include "fuzz/speech.h"

#include "fuzz/seed.h"
#include "fuzz/sentences.h"
#include "pdu/pdu_parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* "FUZZ0000": an F and seven digits of base 36. */
#define WHO "FUZZ0000"
enum { WHO_N = 8, DIGITS = 36, PLACES_MAX = 4, TEXT_MAX = 1000 };

/* Octets 6 and 7 of a TPKT that holds a DR, ER or CC (X.224 13.5). */
enum { DST_REFERENCE_AT = 6 };

/* Content: a line of a scenario holds half of a message in hex.  The long one is more
 * than SPEECH_BUFFERS at both ends of a connection take. */
#define CONTENT "x400rig fuzz teardown "
enum { FILLER = 300, FILLER_LONG = 16000, HALF_LONG = 300 };

struct phrase {
	uint8_t *octets;		/* owned; NULL: the lie cannot be told of this one */
	uint16_t n;
	bool refers;			/* to the peer's reference */
	uint8_t places_n;
	uint16_t places[PLACES_MAX];	/* of WHO */
};

struct speech {
	const struct target *target;
	char mts_id[TARGET_ROUTE + 16], originator[TARGET_ROUTE + 16], now[16];
	char to[TARGET_ROUTE];
	char half[3][TEXT_MAX];		/* of a message, in hex; the first of a long one */
	char content[FILLER_LONG + 40];
	uint8_t *rest;			/* owned: the second of a long one */
	size_t rest_n;
	struct phrase *phrases;		/* owned; [sentence][lie], then those of a capture */
	size_t seeds_n;
	bool as_next;			/* the sentence at hand is one of the next MTA */
	struct nodes nodes;
	struct pdu_writing writing;
	uint8_t stream[SPEECH_MAX];
};

/* --- names ------------------------------------------------------------------------- */

struct variables {
	struct pdu_variables base;
	const struct speech *s;
};

static bool value(const struct pdu_variables *base, struct octets name, struct pdu_got *out)
{
	const struct speech *s = ((const struct variables *)(const void *)base)->s;
	const struct target_side *up = &s->target->sides[s->as_next ? 1 : SIDE_UP];
	const char *secret = target_secret(up->our_password);
	const struct {
		const char *name, *value;
	} known[] = {
		{ "our-name", up->our_name }, { "our-password", secret ? secret : "" },
		{ "our-domain", up->route }, { "originator", s->originator },
		{ "mts-id", s->mts_id }, { "now", s->now }, { "to", s->to },
		{ "content", s->content },
	};

	if (octets_equal(name, octets_of("cc.src"))) {
		*out = (struct pdu_got){ .number = true };
		return true;
	}
	if (octets_equal(name, octets_of("long"))) {
		*out = (struct pdu_got){ .octets = speech_long(s), .lasts = true };
		return true;
	}
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (octets_equal(name, octets_of(known[i].name))) {
			*out = (struct pdu_got){ .octets = octets_of(known[i].value),
			                         .lasts = true };
			return true;
		}
	return false;
}

/* --- making ------------------------------------------------------------------------- */

static bool parse(const char *text, unsigned how, struct pdu_plan *plan, char *why, size_t cap)
{
	struct lexer_report report = { 0 };
	struct lexer_source source;
	struct lexer lx;
	const char *end;
	bool ok = lexer_take(&source, "fuzz", text, strlen(text), &report);

	if (ok) {
		lexer_init(&lx, &source, &report);
		ok = pdu_parse(&lx, plan, how, &end) && lexer_want_eol(&lx);
		lexer_source_free(&source);
	}
	if (!ok)
		snprintf(why, cap, "%s", report.text ? report.text : "out of memory");
	lexer_report_free(&report);
	return ok;
}

static void writing(struct speech *s, const struct pdu_plan *plan, const struct variables *names)
{
	s->writing = (struct pdu_writing){
		.nodes = &s->nodes, .plan = plan, .variables = &names->base };
	nodes_reset(&s->nodes);
}

/* X.419 9.1.2: a transferred value is an EXTERNAL, here of presentation context 5. */
static size_t wrap(uint8_t *dst, size_t n)
{
	const uint8_t head[] = {
		0x28, 0x82, (uint8_t)((n + 7) >> 8), (uint8_t)(n + 7), 0x02, 0x01, 0x05,
		0xa0, 0x82, (uint8_t)(n >> 8), (uint8_t)n,
	};

	memmove(dst + sizeof head, dst, n);
	memcpy(dst, head, sizeof head);
	return n + sizeof head;
}

static void to_hex(char *dst, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		snprintf(dst + 2 * i, 3, "%02x", p[i]);
}

/* What is transferred, with so much filler; 0: `why`. */
static size_t make_message(struct speech *s, int filler, uint8_t *dst, size_t room, char *why,
                           size_t cap)
{
	static const char form[] =
		"p1 MESSAGE id=$mts-id from=$originator content=0 content-id=\"" WHO "\" "
		"trace=$our-domain arrival=$now action=relayed to=$to number=1 "
		"flags=responsible+mta-ndr user=$content";
	struct variables names = { { .value = value }, s };
	struct pdu_plan plan = { 0 };
	struct node *tree = NULL;
	size_t n = 0;

	snprintf(s->content, sizeof s->content, CONTENT "%0*d", filler, 0);
	if (parse(form, PDU_EXACTLY, &plan, why, cap)) {
		writing(s, &plan, &names);
		tree = pdu_tree(&s->writing, 0, plan.items_n);
		if (tree)
			n = node_write(&s->nodes, tree, dst, room);
		if (n == 0)
			snprintf(why, cap, "the message cannot be written: %s", s->writing.why);
	}
	pdu_plan_free(&plan);
	return n ? wrap(dst, n) : 0;
}

/* The messages that cases send, in two halves: the checkpoint is in their content. */
static bool make_messages(struct speech *s, char *why, size_t cap)
{
	uint8_t octets[FILLER_LONG + TEXT_MAX];
	size_t n = make_message(s, FILLER, octets, TEXT_MAX - 200, why, cap);

	if (n == 0)
		return false;
	to_hex(s->half[0], octets, n / 2);
	to_hex(s->half[1], octets + n / 2, n - n / 2);
	n = make_message(s, FILLER_LONG, octets, sizeof octets - 100, why, cap);
	if (n <= HALF_LONG)
		return false;
	to_hex(s->half[2], octets, HALF_LONG);
	s->rest_n = n - HALF_LONG;
	s->rest = malloc(s->rest_n);
	if (s->rest)
		memcpy(s->rest, octets + HALF_LONG, s->rest_n);
	return s->rest != NULL;
}

struct octets speech_long(const struct speech *s)
{
	return (struct octets){ s->rest, s->rest_n };
}

void speech_content(char *dst, size_t cap)
{
	snprintf(dst, cap, CONTENT "%0*d", FILLER, 0);
}

bool speech_content_is(uint64_t at, struct octets piece, bool *whole)
{
	static const char begin[] = CONTENT;
	const uint64_t begin_n = sizeof begin - 1, end = at + piece.n;

	*whole = end == begin_n + FILLER || end == begin_n + FILLER_LONG;
	if (end > begin_n + FILLER_LONG)
		return false;
	for (uint64_t i = at; i < end; i++)
		if (piece.p[i - at] != (i < begin_n ? (uint8_t)begin[i] : '0'))
			return false;
	return true;
}

/* What stands in place of a word of the sentence. */
static void replace(char *text, size_t cap, const char *word, const char *with)
{
	char *at = strstr(text, word);
	char rest[TEXT_MAX];

	if (!at)
		return;
	snprintf(rest, sizeof rest, "%s", at + strlen(word));
	snprintf(at, cap - (size_t)(at - text), "%s%s", with, rest);
}

/* With the halves of the message, the selectors of the target, and the lie. */
static void spell(const struct speech *s, uint8_t sentence, uint8_t lie, char *dst, size_t cap)
{
	char with[160];

	snprintf(dst, cap, "%s", fuzz_sentences[sentence].text);
	replace(dst, cap, "@1", s->half[0]);
	replace(dst, cap, "@2", s->half[1]);
	replace(dst, cap, "@3", s->half[2]);
	snprintf(with, sizeof with, "cotp CR called=\"%s\"", s->target->tsel);
	if (s->target->tsel[0])
		replace(dst, cap, "cotp CR", with);
	snprintf(with, sizeof with, "session CN called-ssel=\"%s\"", s->target->ssel);
	if (s->target->ssel[0])
		replace(dst, cap, "session CN", with);
	snprintf(dst + strlen(dst), cap - strlen(dst), "%s", fuzz_lies[lie]);
}

static struct phrase *phrase_of(const struct speech *s, uint8_t sentence, uint8_t lie)
{
	size_t own = fuzz_sentences_n * fuzz_lies_n;

	if (sentence >= fuzz_sentences_n)
		return &s->phrases[own + sentence - fuzz_sentences_n];
	return &s->phrases[(size_t)sentence * fuzz_lies_n + lie];
}

/* And where the name of the case stands in them. */
static void keep(struct phrase *p, struct octets o)
{
	memcpy(p->octets, o.p, o.n);
	p->n = (uint16_t)o.n;
	for (size_t i = 0; i + WHO_N <= o.n && p->places_n < PLACES_MAX; i++)
		if (memcmp(o.p + i, WHO, WHO_N) == 0)
			p->places[p->places_n++] = (uint16_t)i;
}

/* A lie that cannot be told (octets have no length to bend) is the truth. */
static bool make(struct speech *s, uint8_t sentence, uint8_t lie, char *why, size_t cap)
{
	struct phrase *p = phrase_of(s, sentence, lie);
	struct variables names = { { .value = value }, s };
	struct pdu_plan plan = { 0 };
	char text[TEXT_MAX];
	size_t n = 0;

	spell(s, sentence, lie, text, sizeof text);
	s->as_next = sentence == CN_NEXT && s->target->sides_n > 1;
	if (parse(text, 0, &plan, why, cap)) {
		writing(s, &plan, &names);
		n = pdu_stream(&s->writing, 0, plan.items_n, 2048, s->stream, sizeof s->stream);
		if (n == 0)
			snprintf(why, cap, "%s: %s", text, s->writing.why);
	}
	pdu_plan_free(&plan);
	p->octets = n ? malloc(n) : NULL;
	if (!p->octets)
		return lie > 0;
	keep(p, (struct octets){ s->stream, n });
	p->refers = strstr(text, "$cc.src") != NULL;
	return true;
}

/* Of a capture: their octets are made already. */
static bool take(struct speech *s, size_t seed)
{
	struct phrase *p = phrase_of(s, (uint8_t)(fuzz_sentences_n + seed), 0);
	struct octets o = seed_octets(seed);
	uint8_t *octets = malloc(o.n);

	p->octets = octets;
	if (octets)
		keep(p, o);
	return octets != NULL;
}

static void name_all(struct speech *s, const char *to)
{
	const char *route = s->target->sides[SIDE_UP].route;
	const char *sep = route[0] && route[strlen(route) - 1] != ';' ? ";" : "";
	time_t now = time(NULL);
	struct tm tm;

	/* So that a runner knows it for one that a scenario has written (X4R). */
	snprintf(s->mts_id, sizeof s->mts_id, "%s%sL=X4R" WHO, route, sep);
	snprintf(s->originator, sizeof s->originator, "%s%sS=Fuzz", route, sep);
	snprintf(s->to, sizeof s->to, "%s", to);
	gmtime_r(&now, &tm);
	strftime(s->now, sizeof s->now, "%y%m%d%H%M%SZ", &tm);
}

static const char *recipient_of(const struct target *t, unsigned side)
{
	for (size_t i = 0; i < t->recipients_n; i++)
		if (t->recipients[i].side == (int)side)
			return t->recipients[i].address;
	return t->recipients_n ? t->recipients[0].address : "";
}

struct speech *speech_for(const struct target *t, unsigned side, char *why, size_t why_cap)
{
	struct speech *s = calloc(1, sizeof *s);
	bool ok;

	snprintf(why, why_cap, "out of memory");
	if (!s)
		return NULL;
	s->target = t;
	s->phrases = calloc(fuzz_sentences_n * fuzz_lies_n + seed_sentences(), sizeof *s->phrases);
	name_all(s, recipient_of(t, side));
	ok = s->phrases && make_messages(s, why, why_cap);
	for (size_t i = 0; ok && i < fuzz_sentences_n; i++)
		for (size_t lie = 0; ok && fuzz_sentences[i].text && lie < fuzz_lies_n; lie++)
			ok = make(s, (uint8_t)i, (uint8_t)lie, why, why_cap);
	s->seeds_n = seed_sentences();
	for (size_t i = 0; ok && i < s->seeds_n; i++)
		ok = take(s, i);
	if (ok)
		return s;
	speech_free(s);
	return NULL;
}

void speech_free(struct speech *s)
{
	if (!s)
		return;
	for (size_t i = 0; s->phrases && i < fuzz_sentences_n * fuzz_lies_n + s->seeds_n; i++)
		free(s->phrases[i].octets);
	free(s->phrases);
	free(s->rest);
	free(s);
}

/* --- using ---------------------------------------------------------------------------- */

static void sign(uint8_t *at, uint64_t number)
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	for (size_t i = WHO_N; --i > 0; number /= DIGITS)
		at[i] = (uint8_t)digits[number % DIGITS];
}

bool speech_number(struct octets id, uint64_t *number)
{
	*number = 0;
	if (id.n != WHO_N || id.p[0] != 'F')
		return false;
	for (size_t i = 1; i < WHO_N; i++) {
		uint8_t c = id.p[i];

		if (!(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z'))
			return false;
		*number = *number * DIGITS + (uint64_t)(c <= '9' ? c - '0' : c - 'A' + 10);
	}
	return true;
}

bool speech_signed(struct octets id, uint64_t *number)
{
	if (id.n > WHO_N)
		id.n = WHO_N;
	return speech_number(id, number);
}

size_t speech_octets(struct speech *s, uint8_t sentence, uint8_t lie, const struct speech_who *who,
                     uint8_t dst[static SPEECH_MAX])
{
	const struct phrase *p = phrase_of(s, sentence, lie);

	if (!p->octets)
		p = phrase_of(s, sentence, 0);
	if (!p->octets)
		return 0;
	memcpy(dst, p->octets, p->n);
	for (size_t i = 0; i < p->places_n; i++)
		sign(dst + p->places[i], who->number);
	if (p->refers && p->n >= DST_REFERENCE_AT + 2) {
		dst[DST_REFERENCE_AT] = (uint8_t)(who->peer_reference >> 8);
		dst[DST_REFERENCE_AT + 1] = (uint8_t)who->peer_reference;
	}
	return p->n;
}

void speech_text(const struct speech *s, uint8_t sentence, uint8_t lie, char *dst, size_t cap)
{
	if (sentence >= fuzz_sentences_n)
		snprintf(dst, cap, "exactly %s", fuzz_sentence(sentence)->text);
	else
		spell(s, sentence, phrase_of(s, sentence, lie)->octets ? lie : 0, dst, cap);
}
