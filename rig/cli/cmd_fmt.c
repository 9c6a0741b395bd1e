/*
 * fmt: scenario files in their canonical form, and as JSON.
 */
#include "cli/suite.h"
#include "scenario/format.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int cmd_fmt(int argc, char **argv);

/* All of standard input, bounded as a file is. */
static bool read_stdin(struct lexer_source *s, bool json, struct lexer_report *r)
{
	size_t cap = LEXER_FILE_MAX + 1, n;
	char *text = malloc(cap), *plain = text, why[200];
	bool ok;

	if (!text)
		return false;
	n = fread(text, 1, cap, stdin);
	if (json) {
		plain = format_from_json(text, n, &n, why, sizeof why);
		if (!plain)
			fprintf(stderr, "x400rig fmt: standard input: %s\n", why);
	}
	ok = plain && lexer_take(s, "standard input", plain, n, r);
	if (plain != text)
		free(plain);
	free(text);
	return ok;
}

static int report_and_free(struct lexer_report *r, int status)
{
	if (r->text)
		fputs(r->text, stderr);
	lexer_report_free(r);
	return status;
}

static int from_stdin(bool json)
{
	struct lexer_report r = { 0 };
	struct lexer_source s;
	size_t n;
	char *text;

	if (!read_stdin(&s, json, &r))
		return report_and_free(&r, EXIT_USAGE);
	text = format_text(&s, &n);
	if (text)
		fwrite(text, 1, n, stdout);
	free(text);
	lexer_source_free(&s);
	return report_and_free(&r, EXIT_ALL_PASS);
}

/* Returns EXIT_FAIL if the file was not in canonical form and only checked. */
static int one_file(const char *path, bool check)
{
	struct lexer_report r = { 0 };
	struct lexer_source s;
	int status = EXIT_ALL_PASS;
	size_t n;
	char *text;

	if (!lexer_load(&s, path, &r))
		return report_and_free(&r, EXIT_USAGE);
	text = format_text(&s, &n);
	if (!text) {
		status = EXIT_TROUBLE;
	} else if (n != s.n || memcmp(text, s.text, n) != 0) {
		if (check) {
			printf("%s\n", path);
			status = EXIT_FAIL;
		} else if (!folder_write(path, text, n)) {
			fprintf(stderr, "x400rig fmt: %s: %s\n", path, strerror(errno));
			status = EXIT_TROUBLE;
		}
	}
	free(text);
	lexer_source_free(&s);
	return report_and_free(&r, status);
}

int cmd_fmt(int argc, char **argv)
{
	bool check = false, json = false;
	const struct cli_option options[] = {
		{ .name = "check", .letter = 'c', .flag = &check,
		  .text = "change nothing; print the files that would change (status 1)" },
		{ .name = "json", .flag = &json,
		  .text = "standard input is a scenario as `lint --json` prints it" },
		{ 0 },
	};
	static const char *const examples[] = {
		"x400rig fmt my.scn", "x400rig fmt --check rig/catalogue/*/*.scn",
		"x400rig lint --json my.scn | x400rig fmt --json", NULL,
	};
	const struct cli_help help = {
		"fmt", "[FILE.scn or FILE.inc ...]",
		"Writes scenario files in their canonical form; without files, from standard\n"
		"input to standard output.", options, examples,
	};
	int first = cli_parse(argc, argv, &help), worst = EXIT_ALL_PASS;

	if (first < 0)
		return first == CLI_DONE ? EXIT_ALL_PASS : EXIT_USAGE;
	if (first == argc)
		return from_stdin(json);
	for (int i = first; i < argc; i++) {
		int status = one_file(argv[i], check);

		worst = status > worst ? status : worst;
	}
	return worst;
}
