#include "report/baseline.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

struct line {
	char id[96], reason[256], article[16];	/* globs; empty: any */
	enum verdict verdict;
};

struct baseline {
	struct line *at;		/* owned */
	size_t n;
};

/* --- reading --------------------------------------------------------------------- */

static bool read_verdict(struct lexer *lx, enum verdict *out)
{
	struct token t = lx->token;
	struct nearest near;

	nearest_init(&near, t.p, t.n);
	for (enum verdict v = VERDICT_INCONCLUSIVE; v <= VERDICT_ERROR; v++) {
		*out = v;
		if (lexer_accept(lx, result_verdict(v)))
			return true;
		nearest_offer(&near, result_verdict(v));
	}
	return lexer_unknown(lx, &t, "a verdict other than pass", &near);
}

static bool read_case(struct lexer *lx, struct line *l)
{
	if (!lexer_want(lx, "case") || !lexer_value(lx, "cases", l->id, sizeof l->id) ||
	    !read_verdict(lx, &l->verdict))
		return false;
	if (lx->token.kind == TOKEN_STRING &&
	    !lexer_value(lx, "a reason", l->reason, sizeof l->reason))
		return false;
	if (lexer_accept(lx, "article") &&
	    !lexer_value(lx, "an article", l->article, sizeof l->article))
		return false;
	return lexer_want_eol(lx);
}

static void skip_empty_lines(struct lexer *lx)
{
	while (lx->token.kind == TOKEN_EOL)
		lexer_next(lx);
}

static bool read_cases(struct baseline *b, struct lexer *lx)
{
	for (skip_empty_lines(lx); lx->token.kind != TOKEN_EOF; skip_empty_lines(lx)) {
		struct line *grown = realloc(b->at, (b->n + 1) * sizeof *grown);

		if (!grown)
			return false;
		b->at = grown;
		grown[b->n] = (struct line){ 0 };
		if (read_case(lx, &grown[b->n]))
			b->n++;
		else
			lexer_skip_line(lx);
	}
	return true;
}

struct baseline *baseline_read(const char *path, struct lexer_report *r)
{
	struct baseline *b = calloc(1, sizeof *b);
	unsigned before = r->errors;
	struct lexer_source source;
	char title[128];
	struct lexer lx;
	bool ok;

	if (!b || !lexer_load(&source, path, r)) {
		free(b);
		return NULL;
	}
	lexer_init(&lx, &source, r);
	skip_empty_lines(&lx);
	ok = lexer_want(&lx, "baseline") && lexer_value(&lx, "a title", title, sizeof title) &&
	     lexer_want_eol(&lx) && read_cases(b, &lx);
	lexer_source_free(&source);
	if (ok && r->errors == before)
		return b;
	baseline_free(b);
	return NULL;
}

void baseline_free(struct baseline *b)
{
	if (b)
		free(b->at);
	free(b);
}

/* --- asking ---------------------------------------------------------------------- */

static bool fits(const char *glob, const char *s)
{
	return !*glob || fnmatch(glob, s, 0) == 0;
}

bool baseline_expects(const struct baseline *b, const char *id, enum verdict verdict,
                      const char *reason, const char *article)
{
	for (size_t i = 0; i < b->n; i++) {
		const struct line *l = &b->at[i];

		if (!fits(l->id, id))
			continue;
		if (verdict == VERDICT_PASS)
			return true;
		if (l->verdict == verdict && fits(l->reason, reason) && fits(l->article, article))
			return true;
	}
	return false;
}

/* --- writing --------------------------------------------------------------------- */

/* A glob that fits this sentence with other numbers. */
static void glob_of(FILE *out, const char *s)
{
	putc('"', out);
	while (*s) {
		size_t digits = strspn(s, "0123456789.");

		if (digits && isdigit((unsigned char)*s)) {
			putc('*', out);
			s += digits;
			continue;
		}
		/* What fnmatch would take for a mark is any one character. */
		putc(strchr("\\\"?*[\n", *s) ? '?' : *s, out);
		s++;
	}
	putc('"', out);
}

bool baseline_write(FILE *out, const struct results *s)
{
	fprintf(out, "baseline \"%s\"\n", s->head.target ? s->head.target : "");
	for (size_t i = 0; i < s->n; i++) {
		const struct result *r = &s->at[i];

		if (r->verdict < VERDICT_INCONCLUSIVE)
			continue;
		fprintf(out, "  case %s %s ", r->id, result_verdict(r->verdict));
		glob_of(out, r->reason);
		if (r->article[0])
			fprintf(out, " article %s", r->article);
		putc('\n', out);
	}
	return !ferror(out);
}
