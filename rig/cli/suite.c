#include "cli/suite.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool ends_in(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n > m && strcmp(s + n - m, end) == 0;
}

bool suite_target_path(const char *name, char path[static CLI_PATH])
{
	char file[CLI_PATH];

	if (strchr(name, '/') || ends_in(name, ".target"))
		return snprintf(path, CLI_PATH, "%s", name) < CLI_PATH;
	return snprintf(file, sizeof file, "targets/%s.target", name) < CLI_PATH &&
	       cli_data(file, path);
}

static int is_target(const struct dirent *e)
{
	return ends_in(e->d_name, ".target");
}

/* A target that is not there: which there are, and how one is made. */
static void tell_targets(void)
{
	struct dirent **all = NULL;
	char folder[CLI_PATH];
	int n = cli_data("targets", folder) ? scandir(folder, &all, is_target, alphasort) : 0;

	fprintf(stderr, "`x400rig init HOST:PORT -o my.target` writes one%s",
	        n > 0 ? "; by name there are" : "");
	for (int i = 0; i < n; i++) {
		fprintf(stderr, " %.*s", (int)strcspn(all[i]->d_name, "."), all[i]->d_name);
		free(all[i]);
	}
	fprintf(stderr, "\n");
	free(all);
}

bool suite_target(struct suite *s, const char *name)
{
	char path[CLI_PATH];

	if (suite_target_path(name, path) && access(path, F_OK) != 0) {
		fprintf(stderr, "%s: error: %s\n", path, strerror(errno));
		tell_targets();
		return false;
	}
	s->target = calloc(1, sizeof *s->target);
	if (!s->target)
		fprintf(stderr, "x400rig: out of memory\n");
	return s->target && suite_target_path(name, path) &&
	       lexer_load(&s->target_source, path, &s->report) &&
	       target_read(s->target, &s->target_source, &s->report);
}

bool suite_file(struct suite *s, const char *path)
{
	struct suite_case *grown = realloc(s->at, (s->n + 1) * sizeof *grown);

	if (!grown) {
		fprintf(stderr, "x400rig: out of memory\n");
		return false;
	}
	s->at = grown;
	grown[s->n] = (struct suite_case){ 0 };
	if (!lexer_load(&grown[s->n].source, path, &s->report))
		return false;
	grown[s->n].scenario = scenario_compile(&grown[s->n].source, s->target, &s->report);
	return grown[s->n++].scenario != NULL;
}

static bool excluded(const char *id, const struct cli_list *exclude)
{
	for (size_t i = 0; exclude && i < exclude->n; i++)
		if (catalogue_match(id, exclude->at[i]))
			return true;
	return false;
}

static bool is_file(const char *name)
{
	return ends_in(name, ".scn");
}

/* Of scenarios, all of which are meant, unless the catalogue knows the name. */
static bool is_folder(const struct catalogue *c, const char *name)
{
	struct stat st;

	for (size_t i = 0; i < c->n; i++)
		if (catalogue_match(c->at[i].id, name))
			return false;
	return stat(name, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool wanted(const char *id, char **names, int n)
{
	for (int i = 0; i < n; i++)
		if (!is_file(names[i]) && catalogue_match(id, names[i]))
			return true;
	return n == 0;
}

/* A name that chooses nothing is a mistake, not an empty choice. */
static bool each_matches(const struct catalogue *c, const char *verb, char **names, int n)
{
	for (int i = 0; i < n; i++) {
		struct nearest near;
		bool found = is_file(names[i]) || is_folder(c, names[i]);

		nearest_init(&near, names[i], strlen(names[i]));
		for (size_t k = 0; k < c->n && !found; k++) {
			found = catalogue_match(c->at[k].id, names[i]);
			nearest_offer(&near, c->at[k].id);
		}
		if (found)
			continue;
		fprintf(stderr, "x400rig %s: no scenario \"%s\"%s%s%s\n", verb, names[i],
		        near.best ? "; did you mean \"" : "; x400rig list shows them",
		        near.best ? near.best : "", near.best ? "\"?" : "");
		return false;
	}
	return true;
}

static bool own_file(struct suite *s, const char *path)
{
	if (!suite_file(s, path))
		return false;
	s->at[s->n - 1].own = true;
	return true;
}

static bool own_folder(struct suite *s, const char *path)
{
	struct catalogue c = { 0 };
	bool ok = catalogue_scan(&c, path);

	if (!ok)
		fprintf(stderr, "x400rig: %s: %s\n", path, strerror(errno));
	for (size_t i = 0; i < c.n; i++)
		ok = own_file(s, c.at[i].path) && ok;
	catalogue_free(&c);
	return ok;
}

static bool compile_chosen(struct suite *s, const struct catalogue *c, char **names, int n,
                           const struct cli_list *exclude)
{
	bool ok = true;

	for (size_t i = 0; i < c->n; i++)
		if (wanted(c->at[i].id, names, n) && !excluded(c->at[i].id, exclude))
			ok = suite_file(s, c->at[i].path) && ok;
	for (int i = 0; i < n; i++) {
		if (is_file(names[i]))
			ok = own_file(s, names[i]) && ok;
		else if (is_folder(c, names[i]))
			ok = own_folder(s, names[i]) && ok;
	}
	return ok;
}

int suite_choose(struct suite *s, const char *verb, char **names, int n,
                 const struct cli_list *exclude)
{
	struct catalogue c = { 0 };
	char folder[CLI_PATH];
	int status = EXIT_ALL_PASS;

	if (!cli_data("catalogue", folder) || !catalogue_scan(&c, folder)) {
		fprintf(stderr, "x400rig %s: %s: %s\n", verb, folder, strerror(errno));
		status = EXIT_TROUBLE;
	} else if (!each_matches(&c, verb, names, n)) {
		status = EXIT_NOTHING;
	} else if (!compile_chosen(s, &c, names, n, exclude)) {
		status = EXIT_USAGE;
	} else if (s->n == 0) {
		fprintf(stderr, "x400rig %s: nothing is left to %s\n", verb, verb);
		status = EXIT_NOTHING;
	}
	catalogue_free(&c);
	return status;
}

/* --- fewer ------------------------------------------------------------------------- */

static void free_case(struct suite_case *c)
{
	scenario_free(c->scenario);
	lexer_source_free(&c->source);
}

static int keep(struct suite *s, const char *verb,
                bool (*wants)(const struct suite *s, size_t i, const void *ctx), const void *ctx)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (wants(s, i, ctx))
			s->at[n++] = s->at[i];
		else
			free_case(&s->at[i]);
	}
	s->n = n;
	if (n == 0)
		fprintf(stderr, "x400rig %s: nothing is left to %s\n", verb, verb);
	return n ? EXIT_ALL_PASS : EXIT_NOTHING;
}

static bool serves(const struct suite *s, size_t i, const void *ctx)
{
	const struct cli_list *globs = ctx;
	const struct scenario *sc = s->at[i].scenario;

	for (size_t p = 0; p < sc->purposes_n; p++)
		for (size_t g = 0; g < globs->n; g++)
			if (fnmatch(globs->at[g], sc->purposes[p], 0) == 0)
				return true;
	return false;
}

int suite_keep_purposes(struct suite *s, const char *verb, const struct cli_list *globs)
{
	return keep(s, verb, serves, globs);
}

struct tags {
	const struct cli_list *list;
	char **names;
	int n;
};

static bool tag_wanted(const struct suite *s, size_t i, const void *ctx)
{
	const struct tags *t = ctx;
	const struct scenario *sc = s->at[i].scenario;

	for (size_t k = 0; k < sc->tags_n; k++)
		for (size_t g = 0; g < t->list->n; g++)
			if (fnmatch(t->list->at[g], sc->tags[k], 0) == 0)
				return true;
	for (int k = 0; k < t->n; k++)
		if (strcmp(t->names[k], sc->id) == 0 || is_file(t->names[k]))
			return true;
	return sc->tags_n == 0;
}

int suite_keep_tags(struct suite *s, const char *verb, const struct cli_list *tags, char **names,
                    int n)
{
	return keep(s, verb, tag_wanted, &(struct tags){ tags, names, n });
}

struct shard {
	uint64_t k, n;
};

static bool in_shard(const struct suite *s, size_t i, const void *ctx)
{
	const struct shard *shard = ctx;

	(void)s;
	return i % shard->n == shard->k - 1;
}

int suite_keep_shard(struct suite *s, const char *verb, const char *text)
{
	struct shard shard = { 0 };

	if (!cli_shard(verb, text, &shard.k, &shard.n))
		return EXIT_USAGE;
	return keep(s, verb, in_shard, &shard);
}

void suite_free(struct suite *s)
{
	for (size_t i = 0; i < s->n; i++)
		free_case(&s->at[i]);
	free(s->at);
	free(s->target);
	lexer_source_free(&s->target_source);
	lexer_report_free(&s->report);
}
