#include "scenario/purposes.h"

#include "array/array.h"
#include "scenario/compile.h"
#include "scenario/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct purpose *find(const struct purposes *p, const char *id)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->at[i].id, id) == 0)
			return &p->at[i];
	return NULL;
}

static int find_group(const struct purposes *p, const char *id, size_t n)
{
	for (size_t i = 0; i < p->groups_n; i++)
		if (strlen(p->groups[i].id) == n && memcmp(p->groups[i].id, id, n) == 0)
			return (int)i;
	return -1;
}

/* ---- reading ---- */

static bool read_group(struct lexer *lx, struct purposes *p)
{
	struct purpose_group *g = &p->groups[p->groups_n];
	const struct token t = lx->token;

	if (p->groups_n == PURPOSE_GROUPS_MAX)
		return lexer_error(lx, &t, "more than %d groups", PURPOSE_GROUPS_MAX);
	if (!lexer_value(lx, "the group's identifier", g->id, sizeof g->id) ||
	    !lexer_value(lx, "a title", g->title, sizeof g->title))
		return false;
	if (find_group(p, g->id, strlen(g->id)) >= 0)
		return lexer_error(lx, &t, "group %s is there already", g->id);
	p->groups_n++;
	return true;
}

static struct purpose *add(struct purposes *p)
{
	struct purpose *grown = array_room(p->at, p->n + 1, &p->cap, sizeof *grown);

	if (!grown)
		return NULL;
	p->at = grown;
	grown[p->n] = (struct purpose){ 0 };
	return &grown[p->n];
}

static bool read_purpose(struct lexer *lx, struct purposes *p)
{
	const struct token t = lx->token;
	struct purpose *new = p->n < PURPOSES_MAX ? add(p) : NULL;
	int group;

	if (!new)
		return lexer_error(lx, &t, "more than %d purposes", PURPOSES_MAX);
	if (!lexer_value(lx, "the purpose's identifier", new->id, sizeof new->id))
		return false;
	group = find_group(p, new->id, strcspn(new->id, "-"));
	if (group < 0)
		return lexer_error(lx, &t, "%s is of no group that stands above", new->id);
	if (find(p, new->id))
		return lexer_error(lx, &t, "%s is there already", new->id);
	new->group = (uint16_t)group;
	p->n++;
	return true;
}

static const struct field {
	const char *name, *what;
	size_t offset, cap;
} fields[] = {
	{ "stimulus", "what is done to the MTA", offsetof(struct purpose, stimulus), 400 },
	{ "expected", "what is expected of it", offsetof(struct purpose, expected), 400 },
	{ "source", "a clause", offsetof(struct purpose, source), 160 },
};
enum { FIELDS = sizeof fields / sizeof fields[0], SOURCE = FIELDS - 1 };

static bool read_field(struct lexer *lx, struct purposes *p, const struct field *f)
{
	struct purpose *last = p->n ? &p->at[p->n - 1] : NULL;

	if (!last)
		return lexer_error(lx, &lx->token, "a purpose must come first");
	if (!lexer_value(lx, f->what, (char *)last + f->offset, f->cap))
		return false;
	if (f == &fields[SOURCE])
		last->derived = lexer_accept(lx, "derived");
	return true;
}

static bool read_statement(struct lexer *lx, struct purposes *p)
{
	struct nearest near;

	if (lexer_accept(lx, "group"))
		return read_group(lx, p);
	if (lexer_accept(lx, "purpose"))
		return read_purpose(lx, p);
	nearest_init(&near, lx->token.p, lx->token.n);
	for (size_t i = 0; i < FIELDS; i++) {
		if (lexer_accept(lx, fields[i].name))
			return read_field(lx, p, &fields[i]);
		nearest_offer(&near, fields[i].name);
	}
	nearest_offer(&near, "group");
	nearest_offer(&near, "purpose");
	return lexer_unknown(lx, &lx->token, "a statement", &near);
}

/* Nothing of a purpose may be left out. */
static void check_whole(const struct purposes *p, size_t from, const struct lexer_source *s,
                        struct lexer_report *r)
{
	for (size_t i = from; i < p->n; i++)
		for (size_t k = 0; k < FIELDS; k++)
			if (*((const char *)&p->at[i] + fields[k].offset) == '\0')
				lexer_error_at(r, s, (struct place){ 1, 1 }, "%s has no %s",
				               p->at[i].id, fields[k].name);
}

static bool read_file(struct purposes *p, const struct lexer_source *s, struct lexer_report *r)
{
	unsigned before = r->errors;
	size_t from = p->n;
	struct lexer lx;

	lexer_init(&lx, s, r);
	for (;;) {
		while (lx.token.kind == TOKEN_EOL)
			lexer_next(&lx);
		if (lx.token.kind == TOKEN_EOF)
			break;
		if (!read_statement(&lx, p) || !lexer_want_eol(&lx))
			lexer_skip_line(&lx);
	}
	if (r->errors == before)
		check_whole(p, from, s, r);
	return r->errors == before;
}

/* ---- the folder ---- */

static int is_purposes(const struct dirent *d)
{
	const char *dot = strrchr(d->d_name, '.');

	return dot && dot > d->d_name && strcmp(dot, ".purposes") == 0;
}

static bool load_file(struct purposes *p, const char *path, struct lexer_report *r)
{
	struct lexer_source s;
	bool ok;

	if (!lexer_load(&s, path, r))
		return false;
	ok = read_file(p, &s, r);
	lexer_source_free(&s);
	return ok;
}

bool purposes_load(struct purposes *p, const char *folder, struct lexer_report *r)
{
	const struct lexer_source s = { .n = 0 };
	struct dirent **names;
	char path[FOLDER_PATH];
	int n = scandir(folder, &names, is_purposes, alphasort);
	bool ok = n > 0;

	if (n <= 0)
		lexer_error_at(r, &s, (struct place){ 1, 1 }, "%s: %s", folder,
		               n < 0 ? strerror(errno) : "no purposes there");
	for (int i = 0; i < n; i++) {
		ok = folder_join(path, folder, names[i]->d_name, "") && load_file(p, path, r) && ok;
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	return ok;
}

void purposes_free(struct purposes *p)
{
	free(p->at);
	*p = (struct purposes){ 0 };
}

/* ---- what scenarios serve ---- */

bool purposes_check(const struct purposes *p, const struct scenario *sc,
                    const struct lexer_source *s, struct lexer_report *r)
{
	bool ok = true;

	for (size_t i = 0; i < sc->purposes_n; i++) {
		struct nearest near;

		if (find(p, sc->purposes[i]))
			continue;
		nearest_init(&near, sc->purposes[i], strlen(sc->purposes[i]));
		for (size_t k = 0; k < p->n; k++)
			nearest_offer(&near, p->at[k].id);
		ok = lexer_error_at(r, s, sc->purposes_at[i], "unknown test purpose \"%s\"%s%s%s",
		                    sc->purposes[i], near.best ? "; did you mean \"" : "",
		                    near.best ? near.best : "", near.best ? "\"?" : "");
	}
	return ok;
}
