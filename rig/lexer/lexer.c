#include "lexer/lexer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- complaints ----------------------------------------------------------- */

static void report_octets(struct lexer_report *r, const char *p, size_t n)
{
	if (n > LEXER_REPORT_MAX - r->n - 1)
		n = LEXER_REPORT_MAX - r->n - 1;
	memcpy(r->text + r->n, p, n);
	r->n += n;
	r->text[r->n] = '\0';
}

static void report_string(struct lexer_report *r, const char *s)
{
	report_octets(r, s, strlen(s));
}

static bool report_ready(struct lexer_report *r)
{
	if (r->errors + r->warnings >= LEXER_COMPLAINTS_MAX)
		return false;
	if (!r->text) {
		r->text = malloc(LEXER_REPORT_MAX);
		if (!r->text)
			return false;
		r->text[0] = '\0';
		r->n = 0;
	}
	return true;
}

void lexer_report_free(struct lexer_report *r)
{
	free(r->text);
	*r = (struct lexer_report){ 0 };
}

/* The source line with its caret.  The source was checked when it was
 * loaded, so nothing in it can act on a terminal. */
static void report_line(struct lexer_report *r, const struct lexer_source *s, struct place at)
{
	const char *p = s->text, *end = s->text + s->n, *stop;
	uint32_t column = 1;

	for (uint32_t line = 1; line < at.line && p < end; line++) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));

		if (!nl)
			return;
		p = nl + 1;
	}
	stop = memchr(p, '\n', (size_t)(end - p));
	if (!stop)
		stop = end;
	if (stop > p && stop[-1] == '\r')
		stop--;
	report_string(r, "    ");
	report_octets(r, p, (size_t)(stop - p));
	report_string(r, "\n    ");
	for (; p < stop && column < at.column; p++) {
		if (((unsigned char)*p & 0xc0) == 0x80)
			continue;
		report_octets(r, *p == '\t' ? "\t" : " ", 1);
		column++;
	}
	report_string(r, "^\n");
}

static void complain(struct lexer_report *r, const struct lexer_source *s, struct place at,
                     const char *grade, const char *fmt, va_list ap)
{
	char head[400], message[600];

	if (!report_ready(r))
		return;
	if (at.line)
		snprintf(head, sizeof head, "%s:%u:%u: %s: ", s->name, at.line, at.column, grade);
	else
		snprintf(head, sizeof head, "%s: %s: ", s->name, grade);
	vsnprintf(message, sizeof message, fmt, ap);
	report_string(r, head);
	report_string(r, message);
	report_string(r, "\n");
	if (s->text)
		report_line(r, s, at);
}

bool lexer_error_at(struct lexer_report *r, const struct lexer_source *s, struct place at,
                    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(r, s, at, "error", fmt, ap);
	va_end(ap);
	r->errors++;
	return false;
}

void lexer_warn_at(struct lexer_report *r, const struct lexer_source *s, struct place at,
                   const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(r, s, at, "warning", fmt, ap);
	va_end(ap);
	r->warnings++;
}

bool lexer_error(struct lexer *lx, const struct token *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(lx->report, lx->source, (struct place){ at->line, at->column }, "error", fmt, ap);
	va_end(ap);
	lx->report->errors++;
	return false;
}

/* --- loading -------------------------------------------------------------- */

/* Octets of the well-formed UTF-8 character at p (RFC 3629); 0: broken, or a
 * C1 control character. */
static size_t utf8_length(const unsigned char *p, size_t n)
{
	size_t want = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;

	if (p[0] < 0xc2 || p[0] > 0xf4 || want > n)
		return 0;
	for (size_t i = 1; i < want; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90) ||
	    (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf4 && p[1] > 0x8f) ||
	    (p[0] == 0xc2 && p[1] < 0xa0))
		return 0;
	return want;
}

/* Says the place without the source line, which cannot be shown. */
static bool refuse_octet(struct lexer_report *r, const struct lexer_source *nameless,
                         struct place at, unsigned char c)
{
	if (c == '\0')
		return lexer_error_at(r, nameless, at, "a NUL octet: this is no text file");
	if (c >= 0x80)
		return lexer_error_at(r, nameless, at, "octet 0x%02x is not UTF-8 text", c);
	return lexer_error_at(r, nameless, at, "control character 0x%02x: this is no text file", c);
}

static bool check_text(const struct lexer_source *s, struct lexer_report *r)
{
	struct place at = { 1, 1 };
	struct lexer_source nameless = *s;
	size_t line_at = 0;

	nameless.text = NULL;
	for (size_t i = 0; i < s->n; at.column++) {
		unsigned char c = (unsigned char)s->text[i];
		size_t n = 1;

		if (c == '\n') {
			at = (struct place){ at.line + 1, 0 };
			line_at = i + 1;
		} else if (c >= 0x80) {
			n = utf8_length((const unsigned char *)s->text + i, s->n - i);
		} else if ((c < 0x20 && c != '\t' && c != '\r') || c == 0x7f) {
			n = 0;
		}
		if (n == 0)
			return refuse_octet(r, &nameless, at, c);
		i += n;
		if (i - line_at > LEXER_LINE_MAX)
			return lexer_error_at(r, &nameless, at, "line longer than %d octets",
			                      LEXER_LINE_MAX);
	}
	return true;
}

static void name_source(struct lexer_source *s, const char *name)
{
	snprintf(s->name, sizeof s->name, "%s", name);
	for (char *p = s->name; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
}

static bool check_source(struct lexer_source *s, bool cut, struct lexer_report *r)
{
	bool ok = check_text(s, r);

	if (ok && cut) {
		struct lexer_source nameless = *s;

		nameless.text = NULL;
		ok = lexer_error_at(r, &nameless, (struct place){ 1, 1 },
		                    "file larger than %d octets", LEXER_FILE_MAX);
	}
	if (!ok)
		lexer_source_free(s);
	return ok;
}

bool lexer_take(struct lexer_source *s, const char *name, const char *text, size_t n,
                struct lexer_report *r)
{
	bool cut = n > LEXER_FILE_MAX;

	*s = (struct lexer_source){ .n = cut ? LEXER_FILE_MAX : n };
	name_source(s, name);
	s->text = malloc(s->n + 1);
	if (!s->text)
		return lexer_error_at(r, s, (struct place){ 0, 0 }, "out of memory");
	if (s->n)
		memcpy(s->text, text, s->n);
	s->text[s->n] = '\0';
	return check_source(s, cut, r);
}

/* What there is, up to LEXER_FILE_MAX octets.  false: no memory. */
static bool read_text(struct lexer_source *s, FILE *fp)
{
	enum { FIRST = 16 << 10, STEPS = 4 };

	for (size_t room = FIRST; ; room *= STEPS) {
		char *text;

		room = room < LEXER_FILE_MAX ? room : LEXER_FILE_MAX;
		text = realloc(s->text, room + 1);
		if (!text)
			return false;
		s->text = text;
		s->n += fread(s->text + s->n, 1, room - s->n, fp);
		if (s->n < room || room == LEXER_FILE_MAX)
			return true;
	}
}

bool lexer_load(struct lexer_source *s, const char *path, struct lexer_report *r)
{
	FILE *fp = fopen(path, "rbe");
	bool failed, cut;
	char *shrunk;

	*s = (struct lexer_source){ 0 };
	name_source(s, path);
	if (!fp)
		return lexer_error_at(r, s, (struct place){ 0, 0 }, "%s", strerror(errno));
	if (!read_text(s, fp)) {
		fclose(fp);
		lexer_source_free(s);
		return lexer_error_at(r, s, (struct place){ 0, 0 }, "out of memory");
	}
	cut = s->n == LEXER_FILE_MAX && fgetc(fp) != EOF;
	failed = ferror(fp);
	fclose(fp);
	if (failed) {
		lexer_source_free(s);
		return lexer_error_at(r, s, (struct place){ 0, 0 }, "cannot be read: %s",
		                      strerror(errno));
	}
	s->text[s->n] = '\0';
	shrunk = realloc(s->text, s->n + 1);
	if (shrunk)
		s->text = shrunk;
	return check_source(s, cut, r);
}

void lexer_source_free(struct lexer_source *s)
{
	free(s->text);
	s->text = NULL;
	s->n = 0;
}

/* --- tokens --------------------------------------------------------------- */

static const char marks[] = "+*=;,|()[]{}";
static const char word_others[] = "-_./:@%&!?<>~^$'";

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr(word_others, c));
}

static char at(const struct lexer *lx)
{
	return lx->pos < lx->source->n ? lx->source->text[lx->pos] : '\0';
}

static void step(struct lexer *lx)
{
	char c = lx->source->text[lx->pos++];

	if (c == '\n') {
		lx->line++;
		lx->column = 1;
	} else if (((unsigned char)c & 0xc0) != 0x80) {
		lx->column++;
	}
}

static void skip_blanks(struct lexer *lx)
{
	while (lx->pos < lx->source->n) {
		char c = at(lx);

		if (c == '#')
			while (lx->pos < lx->source->n && at(lx) != '\n')
				step(lx);
		else if (c == ' ' || c == '\t' || c == '\r' || (c == '\n' && lx->depth > 0))
			step(lx);
		else
			return;
	}
}

static void read_word(struct lexer *lx, struct token *t)
{
	while (lx->pos < lx->source->n && is_word(at(lx)))
		step(lx);
	t->n = (size_t)(lx->source->text + lx->pos - t->p);
	if (t->n > 1 && t->p[t->n - 1] == ':') {	/* "up:" */
		t->n--;
		lx->pos--;
		lx->column--;
	}
	t->kind = t->n == 1 && *t->p == ':' ? TOKEN_MARK : TOKEN_WORD;
}

static void read_string(struct lexer *lx, struct token *t)
{
	step(lx);
	t->kind = TOKEN_STRING;
	t->p++;
	while (lx->pos < lx->source->n && at(lx) != '"' && at(lx) != '\n') {
		if (at(lx) == '\\' && lx->pos + 1 < lx->source->n &&
		    lx->source->text[lx->pos + 1] != '\n')
			step(lx);
		step(lx);
	}
	t->n = (size_t)(lx->source->text + lx->pos - t->p);
	if (at(lx) == '"')
		step(lx);
	else
		lexer_error(lx, t, "the string is not closed on its line");
}

static void read_mark(struct lexer *lx, struct token *t)
{
	t->kind = TOKEN_MARK;
	t->n = 1;
	if (strchr(lx->blocks ? "([" : "([{", *t->p))
		lx->depth++;
	else if (strchr(lx->blocks ? ")]" : ")]}", *t->p) && lx->depth > 0)
		lx->depth--;
	step(lx);
}

/* Complains once for a run of characters that begin no token. */
static void skip_foreign(struct lexer *lx)
{
	lexer_error(lx, &lx->token, "this character has no meaning here; texts stand in \"...\"");
	while (lx->pos < lx->source->n && !is_word(at(lx)) && !strchr(" \t\r\n\"#", at(lx)) &&
	       !strchr(marks, at(lx)))
		step(lx);
}

/* false: what stood there was skipped. */
static bool try_token(struct lexer *lx)
{
	struct token *t = &lx->token;

	skip_blanks(lx);
	*t = (struct token){ TOKEN_EOF, lx->source->text + lx->pos, 0, lx->line, lx->column };
	if (lx->pos >= lx->source->n)
		return true;
	if (at(lx) == '\n') {
		t->kind = TOKEN_EOL;
		step(lx);
	} else if (at(lx) == '"') {
		read_string(lx, t);
	} else if (is_word(at(lx))) {
		read_word(lx, t);
	} else if (strchr(marks, at(lx))) {
		read_mark(lx, t);
	} else {
		skip_foreign(lx);
		return false;
	}
	return true;
}

static void read_token(struct lexer *lx)
{
	while (!try_token(lx))
		;
}

void lexer_init(struct lexer *lx, const struct lexer_source *s, struct lexer_report *r)
{
	*lx = (struct lexer){ .source = s, .report = r, .line = 1, .column = 1 };
	read_token(lx);
}

struct token lexer_next(struct lexer *lx)
{
	struct token t = lx->token;

	if (t.kind != TOKEN_EOF)
		read_token(lx);
	return t;
}

void lexer_skip_line(struct lexer *lx)
{
	lx->depth = 0;		/* an open bracket must not swallow the file */
	while (lx->token.kind != TOKEN_EOL && lx->token.kind != TOKEN_EOF)
		lexer_next(lx);
	if (lx->token.kind == TOKEN_EOL)
		lexer_next(lx);
}

bool token_is(const struct token *t, const char *word)
{
	return t->kind == TOKEN_WORD && strlen(word) == t->n && memcmp(t->p, word, t->n) == 0;
}

bool token_is_mark(const struct token *t, char mark)
{
	return t->kind == TOKEN_MARK && *t->p == mark;
}

bool lexer_accept(struct lexer *lx, const char *word)
{
	if (!token_is(&lx->token, word))
		return false;
	lexer_next(lx);
	return true;
}

bool lexer_accept_mark(struct lexer *lx, char mark)
{
	if (!token_is_mark(&lx->token, mark))
		return false;
	lexer_next(lx);
	return true;
}

const char *token_show(const struct token *t, char buf[static 48])
{
	size_t n = t->n;

	if (t->kind == TOKEN_EOL)
		return "the end of the line";
	if (t->kind == TOKEN_EOF)
		return "the end of the file";
	if (n > 32) {
		n = 32;
		while (n > 0 && ((unsigned char)t->p[n] & 0xc0) == 0x80)
			n--;
	}
	snprintf(buf, 48, "\"%.*s%s\"", (int)n, t->p, n < t->n ? "..." : "");
	return buf;
}

bool lexer_want(struct lexer *lx, const char *word)
{
	char show[48];

	if (lexer_accept(lx, word))
		return true;
	return lexer_error(lx, &lx->token, "\"%s\" is wanted here, not %s", word,
	                   token_show(&lx->token, show));
}

bool lexer_want_mark(struct lexer *lx, char mark)
{
	char show[48];

	if (lexer_accept_mark(lx, mark))
		return true;
	return lexer_error(lx, &lx->token, "\"%c\" is wanted here, not %s", mark,
	                   token_show(&lx->token, show));
}

bool lexer_want_eol(struct lexer *lx)
{
	char show[48];

	if (lx->token.kind == TOKEN_EOL || lx->token.kind == TOKEN_EOF) {
		lexer_next(lx);
		return true;
	}
	return lexer_error(lx, &lx->token, "%s is not expected here", token_show(&lx->token, show));
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* One escape at p (after the backslash); octets used, 0: wrong. */
static size_t unescape(const char *p, size_t n, char *out)
{
	static const char names[] = "\"\\nt", values[] = "\"\\\n\t";
	const char *at;

	if (n >= 3 && p[0] == 'x' && hex_value(p[1]) >= 0 && hex_value(p[2]) >= 0) {
		*out = (char)(hex_value(p[1]) * 16 + hex_value(p[2]));
		return *out ? 3 : 0;
	}
	at = n ? memchr(names, p[0], sizeof names - 1) : NULL;
	if (!at)
		return 0;
	*out = values[at - names];
	return 1;
}

bool token_text(const struct token *t, char *buf, size_t cap, const char **why)
{
	size_t out = 0;

	for (size_t i = 0; i < t->n; i++) {
		char c = t->p[i];

		if (t->kind == TOKEN_STRING && c == '\\') {
			size_t used = unescape(t->p + i + 1, t->n - i - 1, &c);

			if (used == 0) {
				*why = "escapes are \\\" \\\\ \\n \\t and \\xhh, and never NUL";
				return false;
			}
			i += used;
		}
		if (out + 1 >= cap) {
			*why = "too long";
			return false;
		}
		buf[out++] = c;
	}
	buf[out] = '\0';
	return true;
}

bool lexer_value(struct lexer *lx, const char *what, char *buf, size_t cap)
{
	const char *why;
	char show[48];

	if (lx->token.kind != TOKEN_WORD && lx->token.kind != TOKEN_STRING)
		return lexer_error(lx, &lx->token, "%s is wanted here, not %s", what,
		                   token_show(&lx->token, show));
	if (!token_text(&lx->token, buf, cap, &why))
		return lexer_error(lx, &lx->token, "%s: %s (at most %zu octets)", what, why,
		                   cap - 1);
	lexer_next(lx);
	return true;
}

/* --- did you mean --------------------------------------------------------- */

enum { NEAR_MAX = 40 };

/* Edits from a to b: insert, drop, change, swap neighbours.  Where it will be more than `limit`:
 * anything that is more. */
static unsigned edit_distance(const char *a, size_t n, const char *b, size_t m, unsigned limit)
{
	unsigned row[3][NEAR_MAX + 1], before = 0;

	for (size_t j = 0; j <= m; j++)
		row[1][j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		unsigned *now = row[(i + 1) % 3], *up = row[i % 3], *upper = row[(i + 2) % 3];
		unsigned least = now[0] = (unsigned)i;

		for (size_t j = 1; j <= m; j++) {
			unsigned best = up[j - 1] + (a[i - 1] != b[j - 1]);

			if (up[j] + 1 < best)
				best = up[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    upper[j - 2] + 1 < best)
				best = upper[j - 2] + 1;
			now[j] = best;
			least = best < least ? best : least;
		}
		/* All that follows comes from this row, or by a swap from the one before. */
		if (least > limit && before >= limit)
			return limit + 1;
		before = least;
	}
	return row[(n + 1) % 3][m];
}

void nearest_init(struct nearest *near, const char *word, size_t n)
{
	*near = (struct nearest){ word, n, NULL, 0 };
}

void nearest_offer(struct nearest *near, const char *candidate)
{
	size_t m = strlen(candidate);
	unsigned limit = near->n < 4 ? 1 : near->n < 8 ? 2 : 3, d;

	if (near->n > NEAR_MAX || m > NEAR_MAX || m == 0)
		return;
	if ((m > near->n ? m - near->n : near->n - m) > limit)
		return;		/* the distance is at least that */
	d = edit_distance(near->word, near->n, candidate, m, limit);
	if (d <= limit && d < m && (!near->best || d < near->distance)) {
		near->best = candidate;
		near->distance = d;
	}
}

bool lexer_unknown(struct lexer *lx, const struct token *t, const char *what,
                   const struct nearest *near)
{
	char show[48];

	if (t->kind != TOKEN_WORD && t->kind != TOKEN_STRING)
		return lexer_error(lx, t, "%s is wanted here, not %s", what,
		                   token_show(t, show));
	if (near->best)
		return lexer_error(lx, t, "%s is not %s; did you mean \"%s\"?",
		                   token_show(t, show), what, near->best);
	return lexer_error(lx, t, "%s is not %s", token_show(t, show), what);
}

/* --- quantities ----------------------------------------------------------- */

struct unit {
	const char *name;
	uint64_t factor;
};

/* digits [. digits] times the unit's factor, exact or not at all. */
static bool read_quantity(const char *p, size_t n, const struct unit *units, uint64_t *out)
{
	uint64_t whole = 0, part = 0, scale = 1;
	size_t i = 0;
	bool point = false;

	for (; i < n && ((p[i] >= '0' && p[i] <= '9') || (p[i] == '.' && !point)); i++) {
		if (p[i] == '.') {
			point = true;
		} else if (!point) {
			if (whole > (UINT64_MAX - 9) / 10)
				return false;
			whole = whole * 10 + (uint64_t)(p[i] - '0');
		} else if (scale < 1000000000) {
			part = part * 10 + (uint64_t)(p[i] - '0');
			scale *= 10;
		}
	}
	if (i == 0 || p[0] == '.' || p[i - 1] == '.')
		return false;
	for (const struct unit *u = units; u->name; u++) {
		if (strlen(u->name) != n - i || (n > i && memcmp(u->name, p + i, n - i) != 0))
			continue;
		if (whole > INT64_MAX / 4 / u->factor)
			return false;
		if (part * u->factor % scale != 0)
			return false;
		*out = whole * u->factor + part * u->factor / scale;
		return true;
	}
	return false;
}

bool quantity_number(const char *p, size_t n, uint64_t *v)
{
	static const struct unit units[] = { { "", 1 }, { NULL, 0 } };

	return read_quantity(p, n, units, v);
}

bool quantity_time(const char *p, size_t n, int64_t *us)
{
	static const struct unit units[] = {
		{ "us", 1 }, { "ms", 1000 }, { "s", 1000000 }, { "min", 60000000 },
		{ "h", UINT64_C(3600000000) }, { NULL, 0 },
	};
	uint64_t v;

	if (!read_quantity(p, n, units, &v))
		return false;
	*us = (int64_t)v;
	return true;
}

bool quantity_size(const char *p, size_t n, uint64_t *octets)
{
	static const struct unit units[] = {
		{ "", 1 }, { "B", 1 }, { "kB", 1000 }, { "MB", 1000000 }, { "KiB", 1 << 10 },
		{ "MiB", 1 << 20 }, { NULL, 0 },
	};

	return read_quantity(p, n, units, octets);
}

bool quantity_rate(const char *p, size_t n, uint64_t *bits)
{
	static const struct unit units[] = {
		{ "bit/s", 1 }, { "kbit/s", 1000 }, { "Mbit/s", 1000000 }, { "B/s", 8 },
		{ "KiB/s", 8 << 10 }, { "MiB/s", 8 << 20 }, { NULL, 0 },
	};

	return read_quantity(p, n, units, bits);
}
