#include "scenario/format.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- text ---- */

enum { META_COLUMN = 8, COMMENT_COLUMN = 48 };

struct out {
	char *p;
	size_t n, cap;
	bool failed;
};

static void put(struct out *o, const char *p, size_t n)
{
	if (!o->p || n >= o->cap - o->n) {
		size_t cap = o->cap ? o->cap : 4096;
		char *grown;

		while (cap < o->n + n + 1)
			cap *= 2;
		grown = realloc(o->p, cap);
		if (!grown) {
			o->failed = true;
			return;
		}
		o->p = grown;
		o->cap = cap;
	}
	if (n)
		memcpy(o->p + o->n, p, n);
	o->n += n;
	o->p[o->n] = '\0';
}

static void blanks(struct out *o, size_t n)
{
	while (n-- > 0)
		put(o, " ", 1);
}

/* One line, cut into what is said and its comment. */
struct line {
	const char *p;
	size_t n;			/* without blanks around and comment */
	const char *comment;		/* from its #; NULL: none */
	size_t comment_n;
	bool opens, closes;		/* a block: ends in {, begins with } */
	int brackets;			/* opened less closed, those of blocks left out */
	bool alone;			/* a string is open at its end, or nothing is said */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void measure(struct line *l, const char *p, size_t n)
{
	bool quoted = false;
	char last = '\0';

	*l = (struct line){ .p = p };
	while (n > 0 && is_blank(*p)) {
		p++;
		n--;
	}
	l->p = p;
	for (size_t i = 0; i < n; i++) {
		char c = p[i];

		if (quoted && c == '\\' && i + 1 < n) {
			l->n = ++i + 1;
			continue;
		}
		if (!quoted && c == '#') {
			l->comment = p + i;
			l->comment_n = n - i;
			break;
		}
		if (c == '"')
			quoted = !quoted;
		else if (!quoted && strchr("([{", c) && c)
			l->brackets++;
		else if (!quoted && strchr(")]}", c) && c)
			l->brackets--;
		if (!is_blank(c)) {
			l->n = i + 1;
			last = c;
		}
	}
	while (l->comment_n > 0 && is_blank(l->comment[l->comment_n - 1]))
		l->comment_n--;
	l->opens = !quoted && last == '{';
	l->closes = l->n > 0 && *p == '}';
	l->brackets += l->closes - l->opens;
}

/* The first word of a line is SIDE: or a word about the case. */
static size_t first_word(const struct line *l)
{
	size_t n = 0;

	while (n < l->n && !is_blank(l->p[n]))
		n++;
	return n;
}

static bool is_sided(const struct line *l)
{
	size_t n = first_word(l);

	return n > 1 && n < l->n && l->p[n - 1] == ':';
}

static bool is_meta(const struct line *l)
{
	static const char *const words[] = { "title", "serves", "source", "needs", "limit",
	                                     "tags" };
	size_t n = first_word(l);

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strlen(words[i]) == n && memcmp(words[i], l->p, n) == 0)
			return true;
	return false;
}

static bool is_head(const struct line *l)
{
	return first_word(l) == 8 && memcmp(l->p, "scenario", 8) == 0;
}

/* Words with one blank between them; strings as they are. */
static void put_words(struct out *o, const char *p, size_t n)
{
	bool quoted = false, gap = false;

	for (size_t i = 0; i < n; i++) {
		if (!quoted && is_blank(p[i])) {
			gap = true;
			continue;
		}
		if (gap)
			put(o, " ", 1);
		gap = false;
		if (quoted && p[i] == '\\' && i + 1 < n)
			put(o, &p[i++], 1);
		else if (p[i] == '"')
			quoted = !quoted;
		put(o, &p[i], 1);
	}
}

static void put_line(struct out *o, const struct line *l, size_t indent, size_t column)
{
	size_t word = first_word(l), begin = o->n, used;

	blanks(o, indent);
	if (l->n > 0 && column > 0 && word < l->n) {
		put(o, l->p, word);
		blanks(o, column > word ? column - word : 1);
		while (word < l->n && is_blank(l->p[word]))
			word++;
		put_words(o, l->p + word, l->n - word);
	} else {
		put_words(o, l->p, l->n);
	}
	if (l->comment) {
		used = o->n - begin;
		if (l->n > 0)
			blanks(o, used + 2 < COMMENT_COLUMN ? COMMENT_COLUMN - used : 2);
		put(o, l->comment, l->comment_n);
	}
	put(o, "\n", 1);
}

typedef void line_fn(void *ctx, const struct line *l);

static void each_line(const struct lexer_source *s, line_fn *fn, void *ctx)
{
	const char *p = s->text, *end = s->text + s->n;

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		struct line l;

		measure(&l, p, (size_t)((nl ? nl : end) - p));
		fn(ctx, &l);
		p = nl ? nl + 1 : end;
	}
}

struct formatting {
	struct out out;
	size_t side_column;		/* behind the longest SIDE: */
	size_t base;			/* blanks before every statement */
	int depth, brackets;
	bool empty;			/* an empty line is due */
	bool begun;
};

static void look(void *ctx, const struct line *l)
{
	struct formatting *f = ctx;

	if (is_sided(l) && first_word(l) + 1 > f->side_column)
		f->side_column = first_word(l) + 1;
	if (is_head(l))
		f->base = 2;
}

static void format_line(void *ctx, const struct line *l)
{
	struct formatting *f = ctx;
	size_t indent, column = 0;

	if (l->n == 0 && !l->comment) {
		f->empty = f->out.n > 0;
		return;
	}
	if (f->empty)
		put(&f->out, "\n", 1);
	f->empty = false;
	if (l->closes && f->depth > 0)
		f->depth--;
	/* Comments above the scenario stand at the margin, as its first line does. */
	indent = is_head(l) || (f->base && !f->begun) ? 0 : f->base + 2 * (size_t)f->depth;
	if (f->brackets > 0)
		indent += 4;
	else if (is_sided(l))
		column = f->side_column;
	else if (is_meta(l))
		column = META_COLUMN;
	f->begun |= is_head(l) || !f->base;
	put_line(&f->out, l, indent, column);
	f->depth += l->opens;
	f->brackets += l->brackets;
	if (f->brackets < 0)
		f->brackets = 0;
}

char *format_text(const struct lexer_source *s, size_t *n)
{
	struct formatting f = { .side_column = 0 };

	each_line(s, look, &f);
	each_line(s, format_line, &f);
	put(&f.out, "", 0);
	if (f.out.failed) {
		free(f.out.p);
		return NULL;
	}
	*n = f.out.n;
	return f.out.p;
}

/* ---- JSON ---- */

static json_t *words(const char *first, size_t n, size_t stride)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < n; i++)
		json_array_append_new(list, json_string(first + i * stride));
	return list;
}

static json_t *steps(const struct scenario *sc, const struct target *t)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < sc->steps_n; i++) {
		const struct step *s = &sc->steps[i];
		json_t *step = json_pack("{s:i, s:s, s:s}", "line", (int)s->at.line, "kind",
		                         step_kind_name((enum step_kind)s->kind), "text",
		                         scenario_string(sc, s->text));

		if (step && scenario_step_sided(s))
			json_object_set_new(step, "side", json_string(t->sides[s->side].name));
		if (step && s->whom)
			json_object_set_new(step, "name", json_string(scenario_name(sc, s->whom)));
		if (step && s->file)
			json_object_set_new(step, "file",
			                    json_string(sc->includes[s->file - 1]->name));
		json_array_append_new(list, step);
	}
	return list;
}

static json_t *lines(const struct lexer_source *s)
{
	json_t *list = json_array();
	size_t n;
	char *text = format_text(s, &n);

	for (char *p = text; list && p && *p;) {
		size_t length = strcspn(p, "\n");

		json_array_append_new(list, json_stringn(p, length));
		p += length + (p[length] == '\n');
	}
	free(text);
	return list;
}

char *format_json(const struct scenario *sc, const struct lexer_source *s, const struct target *t)
{
	json_t *o = json_pack("{s:s, s:i, s:s, s:s, s:o, s:s, s:o, s:o, s:I, s:I, s:o, s:o}",
	                      "schema", "x400rig-scenario", "version", 1, "id", sc->id,
	                      "title", sc->title, "serves",
	                      words(sc->purposes[0], sc->purposes_n, sizeof sc->purposes[0]),
	                      "source", sc->source, "needs",
	                      words(sc->needs[0], sc->needs_n, sizeof sc->needs[0]),
	                      "tags", words(sc->tags[0], sc->tags_n, sizeof sc->tags[0]),
	                      "limit_us", (json_int_t)sc->limit_us,
	                      "worst_us", (json_int_t)scenario_worst_us(sc),
	                      "steps", steps(sc, t), "lines", lines(s));
	char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;

	json_decref(o);
	return text;
}

char *format_from_json(const char *json, size_t n, size_t *text_n, char *why, size_t why_cap)
{
	json_error_t error;
	json_t *o = json_loadb(json, n, JSON_REJECT_DUPLICATES, &error), *list, *line;
	struct out out = { .p = NULL };
	size_t i;

	if (!o) {
		snprintf(why, why_cap, "%d:%d: %s", error.line, error.column, error.text);
		return NULL;
	}
	list = json_object_get(o, "lines");
	json_array_foreach(list, i, line) {
		put(&out, json_string_value(line) ? json_string_value(line) : "",
		    json_string_length(line));
		put(&out, "\n", 1);
	}
	if (!json_is_array(list) || !out.p)
		snprintf(why, why_cap, "there are no \"lines\" in it");
	json_decref(o);
	*text_n = out.n;
	return out.p;
}
