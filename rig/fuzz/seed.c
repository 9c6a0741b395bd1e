/*
 * Conversations of a capture become paths: each PDU that the caller said is lifted into a
 * sentence, and what has to live in it is replaced.
 */
#include "fuzz/seed.h"

#include "cotp/cotp_pdu.h"
#include "fuzz/sentences.h"
#include "fuzz/speech.h"
#include "replay/replay_lift.h"
#include "scenario/folder.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TPDU_MOST = 2048, FILES_MAX = 32, NAME_CAP = 16, FRESH_MAX = 64 };

static struct {
	char capture[FOLDER_PATH], base[FOLDER_PATH];
	unsigned generation;
	struct said {
		struct fuzz_sentence s;
		char name[NAME_CAP];
		char *text;		/* owned */
		uint8_t *octets;	/* owned */
		size_t n;
		uint8_t role;
	} said[SEED_SENTENCES];
	size_t said_n;
	struct fuzz_path paths[SEED_PATHS];
	char names[SEED_PATHS][NAME_CAP];
	uint8_t reach[SEED_PATHS];
	size_t paths_n;
} taken;

/* --- what a move is like ------------------------------------------------------------- */

static const struct {
	uint8_t spdu, role;
} roles[] = {
	{ SPDU_CN, CN }, { SPDU_AS, AS }, { SPDU_DT, DT_1 }, { SPDU_MIP, MIP }, { SPDU_AE, AE },
	{ SPDU_FN, FN }, { SPDU_AI, AI }, { SPDU_AR, AR }, { SPDU_AD, AD }, { SPDU_GTC, GTC },
	{ SPDU_PT, PLEASE },
};

static uint8_t role_of_spdu(uint8_t code)
{
	for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
		if (roles[i].spdu == code)
			return roles[i].role;
	return NOTHING;
}

/* The SPDU that the TSDU is there for stands behind GT or PT (X.225 6.3.7). */
static uint8_t role_of(const struct replay_talk *t, const struct replay_move *m)
{
	uint8_t role = NOTHING;

	for (uint32_t i = m->pdus; i < m->pdus + m->pdus_n; i++) {
		const struct replay_pdu *p = &t->pdus[i];

		if (p->layer == LAYER_COTP && p->code == COTP_CR && m->kind == REPLAY_TPDU)
			return CR;
		if (p->layer == LAYER_SESSION && m->kind == REPLAY_TSDU && p->code != SPDU_GT)
			role = role_of_spdu(p->code);
	}
	return role;
}

/* --- octets ---------------------------------------------------------------------------- */

struct taking {
	struct pdu_variables variables;
	struct pdu_files files;
	const struct target *target;
	const struct replay_capture *capture;
	const struct replay_talk *talk;
	const char *base;
	uint32_t tpdu_size;
	struct replay_lift lift;
	struct nodes nodes;
	struct pdu_writing writing;
	char fresh[FRESH_MAX + 1];
	uint8_t *lent[FILES_MAX];	/* owned: contents of files, until a sentence is made */
	size_t lent_n;
	uint8_t octets[SPEECH_MAX];
	char *why;
	size_t why_cap;
	const char *path;		/* of the capture */
};

static bool context(const struct taking *k, struct octets name, struct pdu_got *out)
{
	static const struct {
		const char *name;
		uint8_t syntax;
	} known[] = {
		{ "context-acse", OBSERVER_ACSE }, { "context-rtse", OBSERVER_RTSE },
		{ "context-mts", OBSERVER_MTSE },
	};

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		for (size_t c = 0; octets_equal(name, octets_of(known[i].name)) &&
		                   c < k->talk->contexts_n; c++)
			if (k->talk->contexts[c].syntax == known[i].syntax) {
				*out = (struct pdu_got){ .number = true,
				                         .v = (int64_t)k->talk->contexts[c].id };
				return true;
			}
	return false;
}

/* "fresh-18-1": the local part of an MTS identifier of 18 octets, the first of this talk.  That
 * one is the case's, the others are nobody's. */
static bool identifier(struct taking *k, struct octets name, struct pdu_got *out)
{
	char text[40];
	size_t n, nth;

	snprintf(text, sizeof text, "%.*s", (int)(name.n < 39 ? name.n : 39), (const char *)name.p);
	if (sscanf(text, "fresh-%zu-%zu", &n, &nth) != 2 || n > FRESH_MAX)
		return false;
	snprintf(k->fresh, sizeof k->fresh, "%-*s", (int)n, nth == 1 ? "FUZZ0000" : "seed");
	for (size_t i = 0; i < n; i++)
		if (k->fresh[i] == ' ')
			k->fresh[i] = 'x';
	*out = (struct pdu_got){ .octets = { (uint8_t *)k->fresh, n } };
	return true;
}

static bool value(const struct pdu_variables *base, struct octets name, struct pdu_got *out)
{
	struct taking *k = (struct taking *)(uintptr_t)base;
	const struct target_side *up = &k->target->sides[SIDE_UP];
	const char *secret = target_secret(up->our_password);
	const struct {
		const char *name, *value;
	} known[] = {
		{ "our-name", up->our_name }, { "our-password", secret ? secret : "" },
		{ "wrong-password", "wrong" }, { "its-tsel", k->target->tsel },
		{ "its-ssel", k->target->ssel }, { "its-psel", k->target->psel },
		{ "our-tsel", up->our_tsel }, { "our-ssel", up->our_ssel },
		{ "our-psel", up->our_psel },
	};

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (octets_equal(name, octets_of(known[i].name))) {
			*out = (struct pdu_got){ .octets = octets_of(known[i].value),
			                         .lasts = true };
			return true;
		}
	return context(k, name, out) || identifier(k, name, out);
}

static bool file_octets(const struct pdu_files *files, struct octets name, struct octets *out)
{
	struct taking *k = (struct taking *)(void *)
		((char *)(uintptr_t)files - offsetof(struct taking, files));
	char path[FOLDER_PATH];
	uint8_t *octets = malloc(SPEECH_MAX);
	FILE *f = NULL;

	if (octets && k->base && k->lent_n < FILES_MAX &&
	    snprintf(path, sizeof path, "%s%.*s", k->base, (int)name.n, (const char *)name.p) <
	    (int)sizeof path)
		f = fopen(path, "re");
	if (!f) {
		free(octets);
		return false;
	}
	k->lent[k->lent_n++] = octets;
	*out = (struct octets){ octets, fread(octets, 1, SPEECH_MAX, f) };
	fclose(f);
	return true;
}

/* In the name of the case: its session connection is one that it can recover (X.225 8.3.1). */
static char *signed_text(const char *text, uint8_t role)
{
	static const char common[] = "common-ref=$common-ref",
	                  ours[] = "calling-ref=hex:040846555a5a30303030 "
	                           "common-ref=hex:170d3236303130313030303030305a";
	const char *at = role == CN ? strstr(text, common) : NULL;
	const char *calling = at ? strstr(text, "calling-ref=") : NULL;
	size_t head;
	char *s;

	if (!at)
		return strdup(text);
	head = (size_t)((calling && calling < at ? calling : at) - text);
	if (asprintf(&s, "%.*s%s%s", (int)head, text, ours, at + sizeof common - 1) < 0)
		return NULL;
	return s;
}

/* Octets of the text; 0: they cannot be made, or are too many. */
static size_t octets_of_text(struct taking *k, const char *text)
{
	struct lexer_report report = { 0 };
	struct lexer_source source;
	struct pdu_plan plan = { 0 };
	struct lexer lx;
	const char *end;
	size_t n = 0;

	if (lexer_take(&source, "seed", text, strlen(text), &report)) {
		lexer_init(&lx, &source, &report);
		if (pdu_parse(&lx, &plan, PDU_EXACTLY, &end)) {
			k->writing = (struct pdu_writing){ .nodes = &k->nodes, .plan = &plan,
			                                   .variables = &k->variables,
			                                   .files = &k->files };
			nodes_reset(&k->nodes);
			n = pdu_stream(&k->writing, 0, plan.items_n, k->tpdu_size, k->octets,
			               sizeof k->octets);
		}
		pdu_plan_free(&plan);
		lexer_source_free(&source);
	}
	lexer_report_free(&report);
	while (k->lent_n)
		free(k->lent[--k->lent_n]);
	return n;
}

/* --- talks --------------------------------------------------------------------------------- */

static bool keep(struct taking *k, const char *text, uint8_t role, struct fuzz_path *p)
{
	struct said *s = &taken.said[taken.said_n];
	const struct fuzz_sentence *like = &fuzz_sentences[role];
	size_t n;

	*s = (struct said){ .text = signed_text(text, role), .role = role };
	n = s->text ? octets_of_text(k, s->text) : 0;
	s->octets = n ? malloc(n) : NULL;
	if (!s->octets) {
		free(s->text);
		return false;
	}
	memcpy(s->octets, k->octets, n);
	s->n = n;
	snprintf(s->name, sizeof s->name, "%s", like->name);
	s->s = (struct fuzz_sentence){ s->name, s->text, like->event, like->hears, like->answer,
	                               like->ends };
	p->steps[p->n++] = (uint8_t)(fuzz_sentences_n + taken.said_n++);
	return true;
}

/* One step more.  false: the path ends in front of it. */
static bool take_move(struct taking *k, const struct replay_move *m, uint8_t *octets,
                      struct fuzz_path *p)
{
	uint8_t role = role_of(k->talk, m);
	const char *size;
	char *text;
	bool ok;

	if (!role || m->n > SPEECH_MAX || taken.said_n == SEED_SENTENCES ||
	    !replay_octets(k->capture, m, octets))
		return false;
	text = lift_move(&k->lift, m, (struct octets){ octets, m->n });
	if (!text)
		return false;
	size = role == CR ? strstr(text, "size=") : NULL;
	if (size && strtoul(size + 5, NULL, 10) < TPDU_MOST)
		k->tpdu_size = (uint32_t)strtoul(size + 5, NULL, 10);
	ok = keep(k, text, role, p);
	free(text);
	return ok;
}

static uint8_t role_at(const struct fuzz_path *p, uint8_t i)
{
	return taken.said[p->steps[i] - fuzz_sentences_n].role;
}

static struct said *said_at(const struct fuzz_path *p, uint8_t i)
{
	return &taken.said[p->steps[i] - fuzz_sentences_n];
}

/* Conversations that say the same are one path. */
static bool is_new(const struct fuzz_path *p)
{
	for (size_t i = 0; i < taken.paths_n; i++) {
		const struct fuzz_path *was = &taken.paths[i];
		uint8_t at = 0;

		while (at < p->n && was->n == p->n && said_at(p, at)->n == said_at(was, at)->n &&
		       role_at(p, at) == role_at(was, at))
			at++;
		if (at == p->n)
			return false;
	}
	return true;
}

static void let_go(struct fuzz_path *p)
{
	while (p->n) {
		struct said *s = said_at(p, --p->n);

		free(s->text);
		free(s->octets);
		taken.said_n--;
	}
}

static void take_talk(struct taking *k, const struct replay_options *o)
{
	struct lift_identifiers *identifiers = calloc(1, sizeof *identifiers);
	uint8_t *octets = malloc(SPEECH_MAX);
	struct replay_composed composed = { 0 };
	struct fuzz_path *p = &taken.paths[taken.paths_n];
	bool going = identifiers && octets;

	*p = (struct fuzz_path){ .name = taken.names[taken.paths_n] };
	k->tpdu_size = TPDU_MOST;
	lift_init(&k->lift, k->talk, o, identifiers, &composed);
	for (size_t i = 0; going && i < k->talk->moves_n && p->n < FUZZ_STEPS; i++) {
		const struct replay_move *m = &k->talk->moves[i];

		if (m->direction == FROM_INITIATOR)
			going = take_move(k, m, octets, p);
		else if (m->kind == REPLAY_TSDU && m->n <= SPEECH_MAX &&
		         replay_octets(k->capture, m, octets))
			lift_hear(&k->lift, m, (struct octets){ octets, m->n });
	}
	lift_drop(&k->lift);
	replay_composed_free(&composed);
	free(identifiers);
	free(octets);
	if (p->n < 2 || role_at(p, 0) != CR || role_at(p, 1) != CN || !is_new(p)) {
		let_go(p);
		return;
	}
	snprintf(taken.names[taken.paths_n], NAME_CAP, "seed-%u", (unsigned)k->talk->number);
	taken.reach[taken.paths_n++] = p->n;
}

static const char *recipient_of(const struct target *t)
{
	for (size_t i = 0; i < t->recipients_n; i++)
		if (t->recipients[i].side == 1)
			return t->recipients[i].address;
	return t->recipients_n ? t->recipients[0].address : "";
}

static void take_talks(struct taking *k)
{
	char rule[TARGET_ROUTE + 8];
	const char *const rules[] = { rule };
	const struct replay_options o = {
		.target = k->target, .folder = "seed", .base = k->base, .identifiers = REPLAY_FRESH,
		.rewrites = rules, .rewrites_n = 1, .scale = 1,
	};

	snprintf(rule, sizeof rule, "* -> %s", recipient_of(k->target));
	for (size_t i = 0; i < k->capture->talks_n && taken.paths_n < SEED_PATHS; i++) {
		k->talk = &k->capture->talks[i];
		if (k->talk->why[FROM_INITIATOR][0])
			snprintf(k->why, k->why_cap, "%s: %s", k->path,
			         k->talk->why[FROM_INITIATOR]);
		else
			take_talk(k, &o);
	}
}

bool seed_take(const char *capture, const struct target *t, const char *base, char *why,
               size_t why_cap)
{
	struct taking *k = calloc(1, sizeof *k);
	struct replay_capture c;
	char slashed[FOLDER_PATH], *whole;

	snprintf(why, why_cap, "out of memory");
	if (!k || !replay_read(&c, capture, REPLAY_BY_PDU, why, why_cap)) {
		free(k);
		return false;
	}
	seed_drop();
	snprintf(why, why_cap, "%s: no conversation begins with a CR and a CN of the caller",
	         capture);
	snprintf(slashed, sizeof slashed, "%s/", base ? base : "");
	*k = (struct taking){ .variables = { .value = value }, .files = { file_octets },
	                      .target = t,
	                      .capture = &c, .base = base ? slashed : NULL, .why = why,
	                      .why_cap = why_cap, .path = capture };
	snprintf(taken.base, sizeof taken.base, "%s", base ? slashed : "");
	take_talks(k);
	whole = realpath(capture, NULL);
	snprintf(taken.capture, sizeof taken.capture, "%s", whole ? whole : capture);
	free(whole);
	taken.generation++;
	replay_free(&c);
	free(k);
	return taken.paths_n > 0;
}

static bool copy_file(const char *from, const char *to)
{
	uint8_t *octets = malloc(SPEECH_MAX);
	FILE *in = octets ? fopen(from, "re") : NULL;
	size_t n = in ? fread(octets, 1, SPEECH_MAX, in) : 0;
	bool ok = in && folder_make_above(to) && folder_write(to, (const char *)octets, n);

	if (in)
		fclose(in);
	free(octets);
	return ok;
}

bool seed_copy(const char *path)
{
	const char *slash = strrchr(path, '/');
	int n = slash ? (int)(slash - path) + 1 : 0;
	char from[FOLDER_PATH + 300], to[FOLDER_PATH + 300];
	bool ok = true;
	DIR *dir;

	snprintf(from, sizeof from, "%sseed", taken.base);
	dir = taken.base[0] ? opendir(from) : NULL;
	for (struct dirent *d; dir && ok && (d = readdir(dir)) != NULL;) {
		snprintf(from, sizeof from, "%sseed/%s", taken.base, d->d_name);
		snprintf(to, sizeof to, "%.*sseed/%s", n, path, d->d_name);
		if (d->d_name[0] != '.' && access(to, F_OK) != 0)
			ok = copy_file(from, to);
	}
	if (dir)
		closedir(dir);
	return ok;
}

void seed_drop(void)
{
	for (size_t i = 0; i < taken.said_n; i++) {
		free(taken.said[i].text);
		free(taken.said[i].octets);
	}
	taken.said_n = taken.paths_n = 0;
	taken.capture[0] = taken.base[0] = '\0';
	taken.generation++;
}

/* --- what was taken ------------------------------------------------------------------------ */

const char *seed_capture(void)
{
	return taken.capture;
}

unsigned seed_generation(void)
{
	return taken.generation;
}

size_t seed_paths(void)
{
	return taken.paths_n;
}

const struct fuzz_path *seed_path(size_t i)
{
	return &taken.paths[i];
}

void seed_reaches(size_t path, uint8_t steps)
{
	taken.reach[path] = steps;
}

uint8_t seed_reach(size_t path)
{
	return taken.reach[path];
}

size_t seed_sentences(void)
{
	return taken.said_n;
}

const struct fuzz_sentence *seed_sentence(size_t i)
{
	return &taken.said[i].s;
}

uint8_t seed_role(size_t i)
{
	return taken.said[i].role;
}

struct octets seed_octets(size_t i)
{
	return (struct octets){ taken.said[i].octets, taken.said[i].n };
}
