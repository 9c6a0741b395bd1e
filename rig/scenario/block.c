/*
 * Statements that hold others: what is repeated, parallel, named or elsewhere.
 *
 * A call compiles the procedure's body once more, with the parameters named; so
 * a step knows nothing of procedures, and a call costs nothing when it runs.
 */
#include "scenario/compile.h"

#include "array/array.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { INCLUDES_MAX = 50 };

/* ---- blocks ---- */

static bool deeper(struct compiling *c, const struct token *at)
{
	if (c->nesting == COMPILE_NESTING)
		return lexer_error(&c->lx, at, "nested more than %d deep", COMPILE_NESTING);
	c->nesting++;
	return true;
}

/* "{" lines "}", without the end of the last line. */
static bool read_block(struct compiling *c)
{
	const struct token open = c->lx.token;
	bool ok = true;

	if (!lexer_want_mark(&c->lx, '{') || !deeper(c, &open))
		return false;
	for (compile_skip_lines(c); !token_is_mark(&c->lx.token, '}') && !c->fed_up;
	     compile_skip_lines(c)) {
		if (c->lx.token.kind == TOKEN_EOF)
			return lexer_error(&c->lx, &open, "this block is not closed");
		if (!compile_statement(c)) {
			ok = false;
			lexer_skip_line(&c->lx);
		}
	}
	c->nesting--;
	compile_accept_mark(c, '}');
	(void)ok;		/* what was wrong inside has been said */
	return true;
}

static size_t here(const struct compiling *c)
{
	return c->sc->steps_n;
}

/* The words before a block are its text. */
static bool add_block(struct compiling *c, struct step *s, const char *text)
{
	return (scenario_keep(c->sc, text, strlen(text), &s->text) || compile_no_memory(c)) &&
	       compile_add(c, s);
}

static struct step step_at(const struct token *t, enum step_kind kind)
{
	return (struct step){ .kind = (uint8_t)kind, .at = { t->line, t->column } };
}

static bool read_repeat(struct compiling *c, const struct token *at)
{
	struct step s = step_at(at, STEP_REPEAT), end = step_at(at, STEP_END_REPEAT);
	size_t begin = here(c);
	char text[48];

	if (!compile_count(c, UINT32_MAX, &s.n))
		return false;
	snprintf(text, sizeof text, "repeat %u", s.n);
	if (!add_block(c, &s, text) || !read_block(c))
		return false;
	end.from = (uint32_t)begin;
	if (!add_block(c, &end, "end of repeat"))
		return false;
	c->sc->steps[begin].to = (uint32_t)here(c);
	return true;
}

static bool read_parallel(struct compiling *c, const struct token *at)
{
	struct step s = step_at(at, STEP_PARALLEL);
	size_t begin = here(c);

	if (!compile_want(c, "parallel") || !add_block(c, &s, "in parallel"))
		return false;
	do {
		struct step branch = step_at(&c->lx.token, STEP_BRANCH);
		size_t first = here(c);

		if (!add_block(c, &branch, "branch") || !read_block(c))
			return false;
		c->sc->steps[first].to = (uint32_t)here(c);
	} while (compile_accept(c, "and"));
	c->sc->steps[begin].to = (uint32_t)here(c);
	return true;
}

/* ---- names ---- */

static bool read_name(struct compiling *c, char name[static TARGET_NAME])
{
	const struct token t = c->lx.token;

	if (t.kind != TOKEN_WORD || *t.p == '$')
		return lexer_error(&c->lx, &t, "a name is wanted here");
	return compile_text(c, "a name", name, TARGET_NAME);
}

static bool add_let(struct compiling *c, const struct token *at, const struct expression_let *let)
{
	for (size_t i = 0; i < c->lets.n; i++)
		if (strcmp(c->lets.at[i].name, let->name) == 0) {
			c->lets.at[i] = *let;
			return true;
		}
	if (c->lets.n == LETS_MAX)
		return lexer_error(&c->lx, at, "more than %d names", LETS_MAX);
	c->lets.at[c->lets.n++] = *let;
	return true;
}

static bool read_let(struct compiling *c, const struct token *at)
{
	struct expression_let let;

	if (!read_name(c, let.name) || !lexer_want_mark(&c->lx, '=') ||
	    !expression_read_any(&c->lx, c->t, &c->lets, &let.kind, &let.value, &c->taken))
		return false;
	return add_let(c, at, &let);
}

/* ---- procedures ---- */

static struct procedure *find_procedure(struct compiling *c, const struct token *t,
                                        struct nearest *near)
{
	nearest_init(near, t->p, t->n);
	for (size_t i = 0; i < c->procedures_n; i++) {
		if (token_is(t, c->procedures[i].name))
			return &c->procedures[i];
		nearest_offer(near, c->procedures[i].name);
	}
	return NULL;
}

/* Passes over a block: its braces are counted, nothing else is looked at. */
static bool skip_block(struct compiling *c)
{
	const struct token open = c->lx.token;
	unsigned depth = 0;

	do {
		if (c->lx.token.kind == TOKEN_EOF)
			return lexer_error(&c->lx, &open, "this block is not closed");
		depth += token_is_mark(&c->lx.token, '{');
		depth -= token_is_mark(&c->lx.token, '}');
		lexer_next(&c->lx);
	} while (depth > 0);
	return true;
}

static bool read_procedure(struct compiling *c, const struct token *at)
{
	struct procedure *p = &c->procedures[c->procedures_n];
	struct nearest near;

	if (c->procedures_n == PROCEDURES_MAX)
		return lexer_error(&c->lx, at, "more than %d procedures", PROCEDURES_MAX);
	if (c->nesting > 0)
		return lexer_error(&c->lx, at, "a procedure stands at the top of a file");
	*p = (struct procedure){ .file = c->file };
	if (find_procedure(c, &c->lx.token, &near))
		return lexer_error(&c->lx, &c->lx.token, "this procedure is there already");
	if (!read_name(c, p->name))
		return false;
	while (c->lx.token.kind == TOKEN_WORD) {
		if (p->params_n == PROCEDURE_PARAMS_MAX)
			return lexer_error(&c->lx, &c->lx.token, "more than %d parameters",
			                   PROCEDURE_PARAMS_MAX);
		if (!read_name(c, p->params[p->params_n++]))
			return false;
	}
	if (!token_is_mark(&c->lx.token, '{'))
		return lexer_want_mark(&c->lx, '{');
	p->body = c->lx;
	c->procedures_n++;
	return skip_block(c);
}

static bool read_call(struct compiling *c, const struct token *at)
{
	const struct token name = c->lx.token;
	struct expression_lets lets = c->lets;
	struct nearest near;
	struct procedure *p = find_procedure(c, &name, &near);
	struct lexer after;
	uint16_t file = c->file;
	bool ok;

	if (!p)
		return lexer_unknown(&c->lx, &name, "a procedure that was told before", &near);
	if (p->active)
		return lexer_error(&c->lx, &name, "procedure %s calls itself", p->name);
	compile_take(c);
	for (size_t i = 0; i < p->params_n; i++) {
		struct expression_let let;

		memcpy(let.name, p->params[i], sizeof let.name);
		if (!expression_read_any(&c->lx, c->t, &lets, &let.kind, &let.value, &c->taken) ||
		    !add_let(c, at, &let))
			return false;
	}
	after = c->lx;
	c->lx = p->body;
	c->file = p->file;
	p->active = true;
	ok = read_block(c);
	p->active = false;
	c->file = file;
	c->lx = after;
	c->lets = lets;
	return ok;
}

/* ---- other files ---- */

bool compile_files(struct compiling *c, const struct token *at, uint32_t from, uint32_t to)
{
	const struct pdu_plan *plan = &c->sc->plan;

	for (uint32_t i = from; i < to; i++) {
		char name[256], path[512];

		if (plan->items[i].kind == PDU_ITEM_PDU || plan->items[i].kind == PDU_ITEM_BEND ||
		    plan->items[i].value != PDU_VALUE_FILE)
			continue;
		snprintf(name, sizeof name, "%.*s", (int)plan->items[i].n,
		         (const char *)plan->octets + plan->items[i].at);
		snprintf(path, sizeof path, "%s%s", c->sc->folder, name);
		if (name[0] == '/' || strstr(name, "..") || plan->items[i].n >= sizeof name)
			return lexer_error(&c->lx, at, "file: names a file beside the scenario or "
			                   "below");
		if (access(path, R_OK) != 0)
			return lexer_error(&c->lx, at, "%s: %s", path, strerror(errno));
	}
	return true;
}

/* FILE.inc, beside the file that includes it: a run folder keeps a copy. */
static bool good_path(const char *name)
{
	size_t n = strlen(name);

	return n > 4 && strcmp(name + n - 4, ".inc") == 0 && name[0] != '/' && !strstr(name, "..");
}

static bool join_path(const struct compiling *c, const char *name, char *path, size_t cap)
{
	const char *own = c->lx.source->name, *slash = strrchr(own, '/');
	int folder = slash ? (int)(slash - own + 1) : 0;

	return snprintf(path, cap, "%.*s%s", folder, own, name) < (int)cap;
}

static bool read_lines(struct compiling *c, struct scenario_include *in, uint16_t file)
{
	struct lexer after = c->lx;
	uint16_t before = c->file;

	lexer_init(&c->lx, &in->source, after.report);
	c->lx.blocks = true;
	c->file = file;
	for (compile_skip_lines(c); c->lx.token.kind != TOKEN_EOF && !c->fed_up;
	     compile_skip_lines(c))
		if (!compile_statement(c))
			lexer_skip_line(&c->lx);
	c->lx = after;
	c->file = before;
	c->taken = c->statement = after.token.p;
	return true;
}

static bool read_include(struct compiling *c, const struct token *at)
{
	struct scenario *sc = c->sc;
	const struct token t = c->lx.token;
	char name[128], path[256];
	struct scenario_include *in, **grown;
	bool ok;

	if (!compile_text(c, "a file name", name, sizeof name))
		return false;
	if (!good_path(name) || !join_path(c, name, path, sizeof path))
		return lexer_error(&c->lx, &t, "a file is included as \"NAME.inc\", from beside "
		                   "the file that includes it or below");
	if (sc->includes_n == INCLUDES_MAX)
		return lexer_error(&c->lx, &t, "more than %d files", INCLUDES_MAX);
	/* A file that is being read is in the list: no cycle gets further. */
	for (size_t i = 0; i < sc->includes_n; i++)
		if (strcmp(sc->includes[i]->source.name, path) == 0)
			return lexer_error(&c->lx, &t, "%s is included already", name);
	grown = array_room(sc->includes, sc->includes_n + 1, &sc->includes_cap, sizeof *grown);
	in = calloc(1, sizeof *in);
	if (grown)
		sc->includes = grown;
	if (!grown || !in) {
		free(in);
		return compile_no_memory(c);
	}
	snprintf(in->name, sizeof in->name, "%s", name);
	if (!lexer_load(&in->source, path, c->lx.report) || !deeper(c, at)) {
		lexer_source_free(&in->source);
		free(in);
		return lexer_error(&c->lx, &t, "included here");
	}
	sc->includes[sc->includes_n++] = in;
	c->nesting--;		/* procedures may stand there */
	ok = read_lines(c, in, (uint16_t)sc->includes_n);
	return ok;
}

/* ---- which ---- */

static const struct block {
	const char *name;
	bool (*read)(struct compiling *c, const struct token *at);
} blocks[] = {
	{ "let", read_let },
	{ "repeat", read_repeat },
	{ "in", read_parallel },
	{ "procedure", read_procedure },
	{ "call", read_call },
	{ "include", read_include },
};

bool compile_block_statement(struct compiling *c, bool *is)
{
	const struct token first = c->lx.token;

	for (size_t i = 0; i < COUNT(blocks); i++) {
		*is = compile_accept(c, blocks[i].name);
		if (*is)
			return blocks[i].read(c, &first);
	}
	return true;
}

void compile_offer_blocks(struct nearest *near)
{
	for (size_t i = 0; i < COUNT(blocks); i++)
		nearest_offer(near, blocks[i].name);
}
