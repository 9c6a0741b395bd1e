/*
 * list and lint: what there is to run, and whether files are right.
 */
#include "cli/coverage.h"
#include "cli/suite.h"
#include "scenario/format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int cmd_list(int argc, char **argv);
int cmd_lint(int argc, char **argv);

/* --- list ------------------------------------------------------------------------ */

static void print_case(const struct scenario *sc, const struct target *t)
{
	const char *lacks = scenario_unmet(sc, t);

	printf("%-26s %6.0f s  %s\n", sc->id, (double)scenario_worst_us(sc) / 1e6, sc->title);
	if (lacks)
		printf("%-26s           skipped: %s lacks %s\n", "", t->name, lacks);
	if (sc->tags_n)
		printf("%-26s           only by its name, or with --tag %s\n", "", sc->tags[0]);
}

/* An array of objects, one on a line. */
static int list_json(struct suite *s)
{
	fputs("[", stdout);
	for (size_t i = 0; i < s->n; i++) {
		char *text = format_json(s->at[i].scenario, &s->at[i].source, s->target);

		if (!text)
			return EXIT_TROUBLE;
		printf("%s%s", i ? ",\n" : "", text);
		free(text);
	}
	fputs("]\n", stdout);
	return EXIT_ALL_PASS;
}

static int list(struct suite *s)
{
	double worst = 0;

	for (size_t i = 0; i < s->n; i++) {
		print_case(s->at[i].scenario, s->target);
		if (!scenario_unmet(s->at[i].scenario, s->target))
			worst += (double)scenario_worst_us(s->at[i].scenario) / 1e6;
	}
	printf("%zu case%s against %s, at most %.0f s", s->n, s->n == 1 ? "" : "s",
	       s->target->name, worst);
	if (worst >= 2 * 3600)
		printf(" (%.0f hours; what waits for timers takes longest)", worst / 3600);
	putchar('\n');
	return EXIT_ALL_PASS;
}

int cmd_list(int argc, char **argv)
{
	const char *target = NULL;
	struct cli_list exclude = { 0 };
	bool json = false, purposes = false;
	const struct cli_option options[] = {
		{ .name = "json", .flag = &json, .text = "as JSON, with all steps" },
		{ .name = "purposes", .flag = &purposes,
		  .text = "what they are for: test purpose, its scenarios, its clause" },
		{ .name = "target", .letter = 't', .value = "FILE", .string = &target,
		  .text = "the MTA that they would run against" },
		{ .name = "exclude", .letter = 'x', .value = "GLOB", .list = &exclude,
		  .text = "leave these scenarios out" },
		{ 0 },
	};
	static const char *const examples[] = {
		"x400rig list", "x400rig list 'pop4/*' --target exchange.target",
		"x400rig list --purposes", NULL,
	};
	const struct cli_help help = {
		"list", "[ID-GLOB, FILE.scn or FOLDER ...]",
		"Prints what `run` would run, and the longest that each case can take: all its\n"
		"waits and time limits in full.  What is tagged is run only if it is asked for.",
		options, examples,
	};
	int first = cli_parse(argc, argv, &help), status;
	struct suite s = { 0 };

	if (first < 0)
		return first == CLI_DONE ? EXIT_ALL_PASS : EXIT_USAGE;
	status = suite_target(&s, target ? target : "lab")
	         ? suite_choose(&s, "list", argv + first, argc - first, &exclude) : EXIT_USAGE;
	if (s.report.text)
		fputs(s.report.text, stderr);
	if (status == EXIT_ALL_PASS && purposes)
		status = json ? coverage_json(&s) : coverage_print(&s);
	else if (status == EXIT_ALL_PASS)
		status = json ? list_json(&s) : list(&s);
	suite_free(&s);
	return status;
}

/* --- lint ------------------------------------------------------------------------ */

/* One scenario alone is an object, which `fmt --json` reads. */
static int lint_json(struct suite *s)
{
	char *text = format_json(s->at[0].scenario, &s->at[0].source, s->target);

	if (!text)
		return EXIT_TROUBLE;
	puts(text);
	free(text);
	return EXIT_ALL_PASS;
}

static bool has_suffix(const char *name, const char *suffix)
{
	size_t n = strlen(name), m = strlen(suffix);

	return n > m && strcmp(name + n - m, suffix) == 0;
}

static bool lint_signatures(const char *path, struct lexer_report *r)
{
	struct signatures s = { 0 };
	bool ok = signatures_load(&s, path, r);

	signatures_free(&s);
	return ok;
}

static bool lint_target(const char *path, struct lexer_report *r)
{
	struct suite s = { 0 };
	bool ok = suite_target(&s, path);

	if (s.report.text)
		fputs(s.report.text, stderr);
	r->errors += s.report.errors;
	r->warnings += s.report.warnings;
	suite_free(&s);
	return ok;
}

/* What is no scenario is checked by itself and taken out of the list. */
static int lint_others(char **names, int n, struct lexer_report *r)
{
	int left = 0;

	for (int i = 0; i < n; i++) {
		bool ok = true;

		if (has_suffix(names[i], ".target"))
			ok = lint_target(names[i], r);
		else if (has_suffix(names[i], ".sig"))
			ok = lint_signatures(names[i], r);
		else
			names[left++] = names[i];
		/* One that cannot be read has no line with an error. */
		if (!ok && r->errors == 0)
			r->errors++;
	}
	return left;
}

int cmd_lint(int argc, char **argv)
{
	const char *target = NULL;
	bool json = false;
	const struct cli_option options[] = {
		{ .name = "json", .flag = &json,
		  .text = "print what was checked as JSON; `fmt --json` reads it back" },
		{ .name = "target", .letter = 't', .value = "FILE", .string = &target,
		  .text = "the target that scenarios are checked against" },
		{ 0 },
	};
	static const char *const examples[] = {
		"x400rig lint                     the whole catalogue",
		"x400rig lint my.scn my.target my.sig", NULL,
	};
	const struct cli_help help = {
		"lint", "[ID-GLOB, FILE.scn, FOLDER, FILE.target or FILE.sig ...]",
		"Checks files without running anything: their form, and sums that cannot come\n"
		"out.  Complaints have the form FILE:LINE:COLUMN.", options, examples,
	};
	int first = cli_parse(argc, argv, &help), n, status = EXIT_ALL_PASS;
	struct lexer_report others = { 0 };
	struct suite s = { 0 };

	if (first < 0)
		return first == CLI_DONE ? EXIT_ALL_PASS : EXIT_USAGE;
	n = lint_others(argv + first, argc - first, &others);
	if (n > 0 || first == argc)
		status = suite_target(&s, target ? target : "lab")
		         ? suite_choose(&s, "lint", argv + first, n, NULL) : EXIT_USAGE;
	if (status == EXIT_ALL_PASS && !coverage_lint(&s))
		status = EXIT_USAGE;
	if (others.text)
		fputs(others.text, stderr);
	if (s.report.text)
		fputs(s.report.text, stderr);
	if (others.errors)
		status = EXIT_USAGE;
	if (status == EXIT_ALL_PASS && json)
		status = s.n == 1 ? lint_json(&s) : list_json(&s);
	if (status == EXIT_ALL_PASS)
		fprintf(stderr, "x400rig lint: no errors, %u warning%s\n",
		        others.warnings + s.report.warnings,
		        others.warnings + s.report.warnings == 1 ? "" : "s");
	lexer_report_free(&others);
	suite_free(&s);
	return status;
}
