#include "judge/signature.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *const weight_names[] = {
	[WEIGHT_CONCLUSIVE] = "conclusive",
	[WEIGHT_SUPPORTING] = "supporting",
	[WEIGHT_INCONCLUSIVE] = "inconclusive",
	[WEIGHT_HARMLESS] = "harmless",
};
enum { WEIGHTS = sizeof weight_names / sizeof weight_names[0] };

const char *signature_weight_name(enum signature_weight w)
{
	return (unsigned)w < WEIGHTS ? weight_names[w] : "?";
}

/* ---- reading ---- */

static bool read_weight(struct lexer *lx, struct signature *sig)
{
	struct token t = lx->token;
	struct nearest near;

	nearest_init(&near, t.p, t.n);
	for (size_t i = 0; i < WEIGHTS; i++) {
		if (lexer_accept(lx, weight_names[i])) {
			sig->weight = (enum signature_weight)i;
			return true;
		}
		nearest_offer(&near, weight_names[i]);
	}
	return lexer_unknown(lx, &t, "weight", &near);
}

static bool read_number(struct lexer *lx, const char *what, uint32_t *v)
{
	struct token t = lexer_next(lx);
	uint64_t n;

	if (t.kind != TOKEN_WORD || !quantity_number(t.p, t.n, &n) || n > 65535)
		return lexer_error(lx, &t, "%s is a number from 1 to 65535", what);
	*v = (uint32_t)n;
	return true;
}

static bool read_pattern(struct lexer *lx, struct signature_row *row)
{
	struct token at = lx->token;
	PCRE2_SIZE where;
	int error;
	pcre2_code *code;

	if (!lexer_value(lx, "an expression", row->text, sizeof row->text))
		return false;
	code = pcre2_compile((PCRE2_SPTR)row->text, PCRE2_ZERO_TERMINATED, PCRE2_CASELESS,
	                     &error, &where, NULL);
	if (!code) {
		PCRE2_UCHAR why[120];

		pcre2_get_error_message(error, why, sizeof why);
		return lexer_error(lx, &at, "expression, character %zu: %s", (size_t)where + 1,
		                   (char *)why);
	}
	pcre2_code_free(row->pattern);
	row->pattern = code;
	return true;
}

/* event 4283 code 8464 text "..." tag "..." | calls text "..." */
static bool read_row(struct lexer *lx, struct signature *sig, bool calls, bool unless)
{
	struct token at = lx->token;
	struct signature_row *row;

	if (sig->rows_n == SIGNATURE_ROWS_MAX)
		return lexer_error(lx, &at, "more than %d rows", SIGNATURE_ROWS_MAX);
	row = &sig->rows[sig->rows_n++];
	*row = (struct signature_row){ .calls = calls, .unless = unless };
	if (!calls && !read_number(lx, "an event id", &row->event))
		return false;
	while (lx->token.kind == TOKEN_WORD) {
		bool ok;

		if (lexer_accept(lx, "code"))
			ok = read_number(lx, "an error code", &row->code);
		else if (lexer_accept(lx, "text"))
			ok = read_pattern(lx, row);
		else if (lexer_accept(lx, "tag"))
			ok = lexer_value(lx, "a tag", row->tag, sizeof row->tag);
		else
			ok = lexer_error(lx, &lx->token, "code, text or tag was wanted");
		if (!ok)
			return false;
	}
	return true;
}

static bool read_field(struct lexer *lx, struct signature *sig)
{
	const struct {
		const char *word;
		char *to;
		size_t cap;
	} texts[] = {
		{ "title", sig->title, sizeof sig->title },
		{ "product", sig->product, sizeof sig->product },
		{ "fixed", sig->fixed, sizeof sig->fixed },
		{ "trigger", sig->trigger, sizeof sig->trigger },
		{ "advice", sig->advice, sizeof sig->advice },
	};
	struct token t = lx->token;
	struct nearest near;

	nearest_init(&near, t.p, t.n);
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		if (lexer_accept(lx, texts[i].word))
			return lexer_value(lx, "a text", texts[i].to, texts[i].cap);
		nearest_offer(&near, texts[i].word);
	}
	if (lexer_accept(lx, "weight"))
		return read_weight(lx, sig);
	if (lexer_accept(lx, "event"))
		return read_row(lx, sig, false, false);
	if (lexer_accept(lx, "calls"))
		return read_row(lx, sig, true, false);
	if (lexer_accept(lx, "unless"))
		return lexer_want(lx, "event") && read_row(lx, sig, false, true);
	nearest_offer(&near, "weight");
	nearest_offer(&near, "event");
	nearest_offer(&near, "calls");
	nearest_offer(&near, "unless");
	return lexer_unknown(lx, &t, "field", &near);
}

static struct signature *add(struct signatures *s)
{
	struct signature *grown;

	if (s->n == SIGNATURES_MAX)
		return NULL;
	grown = realloc(s->at, (s->n + 1) * sizeof *grown);
	if (!grown)
		return NULL;
	s->at = grown;
	memset(&grown[s->n], 0, sizeof *grown);
	return &grown[s->n++];
}

static bool read_file(struct signatures *s, struct lexer *lx)
{
	struct signature *sig = NULL;
	bool good = true;

	while (lx->token.kind != TOKEN_EOF) {
		struct token at = lx->token;
		bool ok;

		if (at.kind == TOKEN_EOL) {
			lexer_next(lx);
			continue;
		}
		if (lexer_accept(lx, "signature")) {
			sig = add(s);
			ok = sig ? lexer_value(lx, "an article", sig->article, sizeof sig->article)
			         : lexer_error(lx, &at, "more than %d signatures", SIGNATURES_MAX);
		} else {
			ok = sig ? read_field(lx, sig)
			         : lexer_error(lx, &at, "a file begins with: signature ARTICLE");
		}
		if (!ok || !lexer_want_eol(lx)) {
			good = false;
			lexer_skip_line(lx);
		}
	}
	return good;
}

static bool load_file(struct signatures *s, const char *path, struct lexer_report *r)
{
	struct lexer_source source;
	struct lexer lx;
	bool ok;

	if (!lexer_load(&source, path, r))
		return false;
	lexer_init(&lx, &source, r);
	ok = read_file(s, &lx);
	lexer_source_free(&source);
	return ok;
}

static int is_sig(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 4 && strcmp(d->d_name + n - 4, ".sig") == 0;
}

bool signatures_load(struct signatures *s, const char *path, struct lexer_report *r)
{
	struct dirent **list;
	struct stat st;
	bool ok = true;
	int n;

	if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
		return load_file(s, path, r);
	n = scandir(path, &list, is_sig, alphasort);
	for (int i = 0; i < n; i++) {
		char full[1024];

		snprintf(full, sizeof full, "%s/%s", path, list[i]->d_name);
		ok = load_file(s, full, r) && ok;
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	return ok && n >= 0;
}

void signatures_free(struct signatures *s)
{
	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k < s->at[i].rows_n; k++)
			pcre2_code_free(s->at[i].rows[k].pattern);
	free(s->at);
	*s = (struct signatures){ NULL, 0 };
}

const struct signature *signatures_find(const struct signatures *s, const char *article)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->at[i].article, article) == 0)
			return &s->at[i];
	return NULL;
}

/* ---- matching ---- */

static bool row_matches(const struct signature_row *row, const struct log_record *rec)
{
	pcre2_match_data *md;
	bool hit;

	if (row->calls != (rec->layout == LOG_TEXT_CALLS))
		return false;
	if ((row->event && row->event != rec->event) || (row->code && row->code != rec->code))
		return false;
	if (!row->pattern)
		return true;
	md = pcre2_match_data_create_from_pattern(row->pattern, NULL);
	if (!md)
		return false;
	hit = pcre2_match(row->pattern, (PCRE2_SPTR)rec->text, PCRE2_ZERO_TERMINATED, 0, 0, md,
	                  NULL) >= 0;
	pcre2_match_data_free(md);
	return hit;
}

void signatures_match(const struct signatures *s, const struct log_record *rec,
                      signature_hit_fn *hit, void *ctx)
{
	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k < s->at[i].rows_n; k++)
			if (row_matches(&s->at[i].rows[k], rec))
				hit(ctx, signature_row_id(i, k));
}

void signature_score_hit(struct signature_score *score, uint16_t row_id)
{
	size_t i = (size_t)(row_id - 1) / SIGNATURE_ROWS_MAX;

	if (row_id && i < SIGNATURES_MAX)
		score->rows[i] |= (uint16_t)(1u << ((row_id - 1) % SIGNATURE_ROWS_MAX));
}

bool signature_complete(const struct signatures *s, size_t i, const struct signature_score *score)
{
	const struct signature *sig = &s->at[i];
	bool any = false;

	for (size_t k = 0; k < sig->rows_n; k++) {
		bool found = score->rows[i] >> k & 1;

		if (found == sig->rows[k].unless)
			return false;
		any |= found;
	}
	return any;
}

const struct signature *signature_best(const struct signatures *s,
                                       const struct signature_score *score,
                                       enum signature_weight weight)
{
	const struct signature *best = NULL;

	for (size_t i = 0; i < s->n; i++)
		if (s->at[i].weight == weight && signature_complete(s, i, score) &&
		    (!best || s->at[i].rows_n > best->rows_n))
			best = &s->at[i];
	return best;
}
