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

static const char *const wire_names[WIRES] = {
	"tcp-close", "tcp-reset", "tcp-refused", "tcp-timeout", "abort", "refused", "stall",
	"report", "duplicate", "gone",
};

const char *signature_wire_name(unsigned i)
{
	return i < WIRES ? wire_names[i] : "?";
}

static const char default_source[] = "MSExchangeMTA";

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

/* wire tcp-close abort; wire none */
static bool read_wire(struct lexer *lx, struct signature *sig)
{
	sig->wire_said = true;
	if (lexer_accept(lx, "none"))
		return true;
	do {
		struct token t = lx->token;
		struct nearest near;
		uint32_t bit = 0;

		nearest_init(&near, t.p, t.n);
		for (unsigned i = 0; i < WIRES && !bit; i++) {
			if (lexer_accept(lx, wire_names[i]))
				bit = UINT32_C(1) << i;
			nearest_offer(&near, wire_names[i]);
		}
		if (!bit)
			return lexer_unknown(lx, &t, "wire condition", &near);
		sig->wire |= bit;
	} while (lx->token.kind == TOKEN_WORD);
	return true;
}

static bool read_number(struct lexer *lx, const char *what, uint32_t *v)
{
	struct token t = lexer_next(lx);
	uint64_t n;

	if (t.kind != TOKEN_WORD || !quantity_number(t.p, t.n, &n) || n < 1 || n > 65535)
		return lexer_error(lx, &t, "%s is a number from 1 to 65535", what);
	*v = (uint32_t)n;
	return true;
}

static bool read_time(struct lexer *lx, const char *what, int64_t *us)
{
	struct token t = lexer_next(lx);

	if (t.kind != TOKEN_WORD || !quantity_time(t.p, t.n, us))
		return lexer_error(lx, &t, "%s is a time: 10s, 5min, 2h", what);
	return true;
}

static bool read_codes(struct lexer *lx, struct signature_row *row)
{
	do {
		if (row->codes_n == SIGNATURE_CODES_MAX)
			return lexer_error(lx, &lx->token, "more than %d codes",
			                   SIGNATURE_CODES_MAX);
		if (!read_number(lx, "an error code", &row->codes[row->codes_n]))
			return false;
		row->codes_n++;
	} while (lexer_accept(lx, "or"));
	return true;
}

static bool read_pattern(struct lexer *lx, char *text, size_t cap, void **to)
{
	struct token at = lx->token;
	PCRE2_SIZE where;
	int error;
	pcre2_code *code;

	if (*to)
		return lexer_error(lx, &at, "a second expression");
	if (!lexer_value(lx, "an expression", text, cap))
		return false;
	code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
	                     PCRE2_CASELESS | PCRE2_NO_AUTO_CAPTURE, &error, &where, NULL);
	if (!code) {
		PCRE2_UCHAR why[120];

		pcre2_get_error_message(error, why, sizeof why);
		return lexer_error(lx, &at, "expression, character %zu: %s", (size_t)where + 1,
		                   (char *)why);
	}
	*to = code;
	return true;
}

static bool has_group(const struct signature_row *row, const char *name)
{
	return row->pattern &&
	       pcre2_substring_number_from_name(row->pattern, (PCRE2_SPTR)name) > 0;
}

static struct signature_row *add_row(struct lexer *lx, struct signature *sig,
                                     enum signature_row_kind kind)
{
	struct signature_row *row;

	if (sig->rows_n == SIGNATURE_ROWS_MAX) {
		lexer_error(lx, &lx->token, "more than %d rows", SIGNATURE_ROWS_MAX);
		return NULL;
	}
	row = &sig->rows[sig->rows_n++];
	*row = (struct signature_row){ .kind = kind, .calls = kind == ROW_CALLS };
	memcpy(row->source, default_source, sizeof default_source);
	return row;
}

static bool read_row_field(struct lexer *lx, struct signature_row *row)
{
	static const char *const words[] = { "code", "text", "strings", "tag", "hint", "source",
	                                     "as", "optional", NULL };
	struct token t = lx->token;
	struct nearest near;
	char strings[sizeof row->text];

	if (lexer_accept(lx, "code"))
		return read_codes(lx, row);
	if (lexer_accept(lx, "text"))
		return read_pattern(lx, row->text, sizeof row->text, &row->pattern);
	if (lexer_accept(lx, "strings"))
		return read_pattern(lx, strings, sizeof strings, &row->strings);
	if (lexer_accept(lx, "tag"))
		return lexer_value(lx, "a tag", row->tag, sizeof row->tag);
	if (lexer_accept(lx, "hint"))
		return lexer_value(lx, "a tag", row->hint, sizeof row->hint);
	if (lexer_accept(lx, "source"))
		return lexer_value(lx, "a source", row->source, sizeof row->source);
	if (lexer_accept(lx, "as"))
		return lexer_value(lx, "a name", row->name, sizeof row->name);
	if (lexer_accept(lx, "optional")) {
		row->optional = true;
		return true;
	}
	nearest_init(&near, t.p, t.n);
	for (size_t i = 0; words[i]; i++)
		nearest_offer(&near, words[i]);
	return lexer_unknown(lx, &t, "part of a row", &near);
}

/* event 4283 code 8464 text "..." tag "..." | calls text "..." | line text "..." */
static bool read_row(struct lexer *lx, struct signature *sig, enum signature_row_kind kind,
                     bool unless)
{
	struct token at = lx->token;
	struct signature_row *row = add_row(lx, sig, kind);

	if (!row)
		return false;
	row->unless = unless;
	if (kind == ROW_EVENT && !read_number(lx, "an event id", &row->event))
		return false;
	while (lx->token.kind == TOKEN_WORD)
		if (!read_row_field(lx, row))
			return false;
	if (kind != ROW_EVENT && !row->pattern)
		return lexer_error(lx, &at, "a row without an event id needs a text");
	return true;
}

static bool read_name(struct lexer *lx, const struct signature *sig, uint8_t *index)
{
	struct token t = lx->token;
	struct nearest near;
	char name[16];

	if (!lexer_value(lx, "the name of a row", name, sizeof name))
		return false;
	nearest_init(&near, t.p, t.n);
	for (size_t i = 0; i < sig->rows_n; i++) {
		if (!sig->rows[i].name[0])
			continue;
		if (strcmp(sig->rows[i].name, name) == 0) {
			*index = (uint8_t)i;
			return true;
		}
		nearest_offer(&near, sig->rows[i].name);
	}
	return lexer_unknown(lx, &t, "row", &near);
}

/* `same lpi`: both expressions must have the group. */
static bool read_same(struct lexer *lx, const struct signature *sig, struct signature_row *row)
{
	struct token t = lx->token;

	if (!lexer_accept(lx, "same"))
		return true;
	t = lx->token;
	if (!lexer_value(lx, "the name of a group", row->same, sizeof row->same))
		return false;
	if (!has_group(&sig->rows[row->first], row->same) ||
	    (row->second != 0xff && !has_group(&sig->rows[row->second], row->same)))
		return lexer_error(lx, &t, "not every text of the rows has a group (?<%s>...)",
		                   row->same);
	return true;
}

/* sequence close then bad same lpi within 10min */
static bool read_sequence(struct lexer *lx, struct signature *sig)
{
	struct signature_row *row = add_row(lx, sig, ROW_SEQUENCE);

	if (!row || !read_name(lx, sig, &row->first) || !lexer_want(lx, "then") ||
	    !read_name(lx, sig, &row->second) || !read_same(lx, sig, row) ||
	    !lexer_want(lx, "within"))
		return false;
	return read_time(lx, "a limit", &row->to_us);
}

/* repeat down then internal every 10s to 2h times 3 */
static bool read_repeat(struct lexer *lx, struct signature *sig)
{
	struct signature_row *row = add_row(lx, sig, ROW_REPEAT);
	struct token at;

	if (!row)
		return false;
	row->second = 0xff;
	if (!read_name(lx, sig, &row->first) ||
	    (lexer_accept(lx, "then") && !read_name(lx, sig, &row->second)) ||
	    !read_same(lx, sig, row) || !lexer_want(lx, "every") ||
	    !read_time(lx, "the shortest period", &row->from_us) || !lexer_want(lx, "to"))
		return false;
	at = lx->token;
	if (!read_time(lx, "the longest period", &row->to_us) || !lexer_want(lx, "times"))
		return false;
	if (row->to_us < row->from_us)
		return lexer_error(lx, &at, "the longest period is shorter than the shortest");
	at = lx->token;
	if (!read_number(lx, "how often", &row->times))
		return false;
	if (row->times < 2)
		return lexer_error(lx, &at, "what repeats comes at least twice");
	row->optional = lexer_accept(lx, "optional");
	return true;
}

static bool read_texts(struct lexer *lx, struct signature *sig, struct nearest *near, bool *mine)
{
	const struct {
		const char *word;
		char *to;
		size_t cap;
	} texts[] = {
		{ "title", sig->title, sizeof sig->title },
		{ "article", sig->articles, sizeof sig->articles },
		{ "product", sig->product, sizeof sig->product },
		{ "fixed", sig->fixed, sizeof sig->fixed },
		{ "trigger", sig->trigger, sizeof sig->trigger },
		{ "advice", sig->advice, sizeof sig->advice },
	};

	*mine = true;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		if (lexer_accept(lx, texts[i].word))
			return lexer_value(lx, "a text", texts[i].to, texts[i].cap);
		nearest_offer(near, texts[i].word);
	}
	*mine = false;
	return true;
}

static bool read_unless(struct lexer *lx, struct signature *sig)
{
	if (lexer_accept(lx, "calls"))
		return read_row(lx, sig, ROW_CALLS, true);
	if (lexer_accept(lx, "line"))
		return read_row(lx, sig, ROW_LINE, true);
	return lexer_want(lx, "event") && read_row(lx, sig, ROW_EVENT, true);
}

static bool read_field(struct lexer *lx, struct signature *sig)
{
	static const char *const others[] = { "weight", "wire", "silent", "event", "calls", "line",
	                                      "unless", "sequence", "repeat", NULL };
	struct token t = lx->token;
	struct nearest near;
	bool mine, ok;

	nearest_init(&near, t.p, t.n);
	ok = read_texts(lx, sig, &near, &mine);
	if (mine)
		return ok;
	if (lexer_accept(lx, "weight"))
		return read_weight(lx, sig);
	if (lexer_accept(lx, "wire"))
		return read_wire(lx, sig);
	if (lexer_accept(lx, "silent")) {
		sig->silent = true;
		return true;
	}
	if (lexer_accept(lx, "event"))
		return read_row(lx, sig, ROW_EVENT, false);
	if (lexer_accept(lx, "calls"))
		return read_row(lx, sig, ROW_CALLS, false);
	if (lexer_accept(lx, "line"))
		return read_row(lx, sig, ROW_LINE, false);
	if (lexer_accept(lx, "unless"))
		return read_unless(lx, sig);
	if (lexer_accept(lx, "sequence"))
		return read_sequence(lx, sig);
	if (lexer_accept(lx, "repeat"))
		return read_repeat(lx, sig);
	for (size_t i = 0; others[i]; i++)
		nearest_offer(&near, others[i]);
	return lexer_unknown(lx, &t, "field", &near);
}

/* A signature that can never be found, or says nothing, is a mistake. */
static void check_whole(const struct signature *sig, const struct lexer_source *source,
                        struct place at, struct lexer_report *r)
{
	bool needs = false;

	for (size_t i = 0; i < sig->rows_n; i++)
		needs |= !sig->rows[i].unless && !sig->rows[i].optional;
	if (sig->silent ? sig->rows_n != 0 : !needs)
		lexer_error_at(r, source, at, sig->silent ? "%s is silent and has rows" :
		               "%s has no row that must be found", sig->article);
	if (!sig->title[0] || !sig->advice[0])
		lexer_warn_at(r, source, at, "%s has no %s", sig->article,
		              sig->title[0] ? "advice" : "title");
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

static bool read_begin(struct signatures *s, struct lexer *lx, struct signature **sig)
{
	struct token at = lx->token;
	char name[sizeof (*sig)->article];

	if (!lexer_value(lx, "a name", name, sizeof name))
		return false;
	if (signatures_find(s, name))
		return lexer_error(lx, &at, "signature %s is there already", name);
	*sig = add(s);
	if (!*sig && s->n < SIGNATURES_MAX)
		return lexer_error(lx, &at, "out of memory");
	if (!*sig)
		return lexer_error(lx, &at, "more than %d signatures", SIGNATURES_MAX);
	memcpy((*sig)->article, name, sizeof name);
	snprintf((*sig)->articles, sizeof (*sig)->articles, "%s", name);
	return true;
}

static bool read_file(struct signatures *s, struct lexer *lx)
{
	struct signature *sig = NULL;
	struct place begun = { 1, 1 };
	unsigned errors = lx->report->errors;

	while (lx->token.kind != TOKEN_EOF) {
		struct token at = lx->token;
		bool ok;

		if (at.kind == TOKEN_EOL) {
			lexer_next(lx);
			continue;
		}
		if (lexer_accept(lx, "signature")) {
			if (sig)
				check_whole(sig, lx->source, begun, lx->report);
			begun = (struct place){ at.line, at.column };
			ok = read_begin(s, lx, &sig);
		} else {
			ok = sig ? read_field(lx, sig)
			         : lexer_error(lx, &at, "a file begins with: signature NAME");
		}
		if (!ok || !lexer_want_eol(lx))
			lexer_skip_line(lx);
	}
	if (sig)
		check_whole(sig, lx->source, begun, lx->report);
	return lx->report->errors == errors;
}

bool signatures_read(struct signatures *s, const struct lexer_source *source,
                     struct lexer_report *r)
{
	struct lexer lx;

	lexer_init(&lx, source, r);
	return read_file(s, &lx);
}

static bool load_file(struct signatures *s, const char *path, struct lexer_report *r)
{
	struct lexer_source source;
	bool ok;

	if (!lexer_load(&source, path, r))
		return false;
	ok = signatures_read(s, &source, r);
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
		for (size_t k = 0; k < s->at[i].rows_n; k++) {
			pcre2_code_free(s->at[i].rows[k].pattern);
			pcre2_code_free(s->at[i].rows[k].strings);
		}
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

void signature_row_text(const struct signature *sig, size_t i, char *buf, size_t cap)
{
	const struct signature_row *row = &sig->rows[i];
	const struct signature_row *first = &sig->rows[row->first];
	int n;

	switch (row->kind) {
	case ROW_EVENT:
		n = snprintf(buf, cap, "event %u", row->event);
		for (unsigned k = 0; k < row->codes_n && n > 0 && (size_t)n < cap; k++)
			n += snprintf(buf + n, cap - (size_t)n, "%s%u", k ? " or " : " code ",
			              row->codes[k]);
		break;
	case ROW_CALLS:
		snprintf(buf, cap, "a line of Calls.out");
		break;
	case ROW_LINE:
		snprintf(buf, cap, "a line");
		break;
	case ROW_SEQUENCE:
		snprintf(buf, cap, "event %u then %u%s%s within %.0f s", first->event,
		         sig->rows[row->second].event, row->same[0] ? " of the same " : "",
		         row->same, (double)row->to_us / 1e6);
		break;
	case ROW_REPEAT:
		snprintf(buf, cap, "event %u again at an even pace", first->event);
		break;
	}
}
