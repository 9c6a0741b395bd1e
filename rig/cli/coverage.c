#include "cli/coverage.h"

#include "scenario/purposes.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool load(struct purposes *p, struct lexer_report *r)
{
	char folder[CLI_PATH];

	*p = (struct purposes){ 0 };
	return cli_data("catalogue/purposes", folder) && purposes_load(p, folder, r);
}

static bool serves(const struct scenario *sc, const char *id)
{
	for (size_t i = 0; i < sc->purposes_n; i++)
		if (strcmp(sc->purposes[i], id) == 0)
			return true;
	return false;
}

/* ---- text ---- */

enum { COLUMN_SCENARIOS = 60, COLUMNS = 120 };

static size_t print_scenarios(const struct suite *s, const struct purpose *p)
{
	size_t n = 0, column = COLUMN_SCENARIOS;

	for (size_t i = 0; i < s->n; i++) {
		const char *id = s->at[i].scenario->id;

		if (!serves(s->at[i].scenario, p->id))
			continue;
		if (n++ > 0 && column + strlen(id) + 1 > COLUMNS) {
			printf("\n%*s", COLUMN_SCENARIOS, "");
			column = COLUMN_SCENARIOS;
		}
		column += (size_t)printf("%s%s", column > COLUMN_SCENARIOS ? " " : "", id);
	}
	puts(n ? "" : "-");
	return n;
}

/* Clauses can be long: what does not fit its column takes a line of its own. */
static size_t print_purpose(const struct suite *s, const struct purpose *p)
{
	const int width = COLUMN_SCENARIOS - 14;
	char source[sizeof p->source + 8];

	snprintf(source, sizeof source, "%s%s", p->source, p->derived ? " *" : "");
	printf("  %-10s  %-*s", p->id, width, source);
	if (strlen(source) >= (size_t)width)
		printf("\n%*s", COLUMN_SCENARIOS, "");
	return print_scenarios(s, p);
}

static void print_without(const struct purposes *p, const bool *without, size_t n)
{
	size_t column = 0;

	printf("\n%zu purposes in %zu groups (* no text at hand states what is expected): %zu "
	       "served, %zu not\n", p->n, p->groups_n, p->n - n, n);
	for (size_t i = 0; i < p->n; i++) {
		if (!without[i])
			continue;
		if (column + strlen(p->at[i].id) + 1 > COLUMNS)
			column = (size_t)(putchar('\n') != '\n');
		column += (size_t)printf("%s%s", column ? " " : "", p->at[i].id);
	}
	if (n)
		putchar('\n');
}

static int print(const struct suite *s, const struct purposes *p)
{
	bool *without = calloc(p->n, sizeof *without);
	size_t n = 0;

	if (!without)
		return EXIT_TROUBLE;
	for (size_t i = 0; i < p->n; i++) {
		if (i == 0 || p->at[i].group != p->at[i - 1].group)
			printf("%s%s  %s\n", i ? "\n" : "", p->groups[p->at[i].group].id,
			       p->groups[p->at[i].group].title);
		without[i] = print_purpose(s, &p->at[i]) == 0;
		n += without[i];
	}
	print_without(p, without, n);
	free(without);
	return EXIT_ALL_PASS;
}

/* ---- JSON ---- */

static json_t *purpose_json(const struct suite *s, const struct purposes *p, size_t i)
{
	const struct purpose *at = &p->at[i];
	json_t *scenarios = json_array();

	for (size_t k = 0; scenarios && k < s->n; k++)
		if (serves(s->at[k].scenario, at->id))
			json_array_append_new(scenarios, json_string(s->at[k].scenario->id));
	return json_pack("{ss ss ss ss ss sb so}", "purpose", at->id, "group",
	                 p->groups[at->group].id, "stimulus", at->stimulus, "expected",
	                 at->expected, "source", at->source, "derived", at->derived, "scenarios",
	                 scenarios);
}

static int print_json(const struct suite *s, const struct purposes *p)
{
	json_t *all = json_array();
	int status = EXIT_TROUBLE;

	for (size_t i = 0; all && i < p->n; i++)
		json_array_append_new(all, purpose_json(s, p, i));
	if (all && json_array_size(all) == p->n &&
	    json_dumpf(all, stdout, JSON_INDENT(1)) == 0)
		status = EXIT_ALL_PASS;
	putchar('\n');
	json_decref(all);
	return status;
}

/* ---- */

static int shown(struct suite *s, int (*show)(const struct suite *, const struct purposes *))
{
	struct lexer_report r = { 0 };
	struct purposes p;
	int status = load(&p, &r) ? show(s, &p) : EXIT_USAGE;

	if (r.text)
		fputs(r.text, stderr);
	purposes_free(&p);
	lexer_report_free(&r);
	return status;
}

int coverage_print(struct suite *s)
{
	return shown(s, print);
}

int coverage_json(struct suite *s)
{
	return shown(s, print_json);
}

bool coverage_lint(struct suite *s)
{
	struct purposes p;
	bool ok = load(&p, &s->report);

	for (size_t i = 0; ok && i < s->n; i++)
		if (s->at[i].scenario)
			purposes_check(&p, s->at[i].scenario, &s->at[i].source, &s->report);
	purposes_free(&p);
	return ok && s->report.errors == 0;
}
