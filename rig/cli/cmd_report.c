/*
 * report and diff: the page of a run, and what has changed between two.
 */
#include "cli/mask.h"
#include "cli/outcome.h"
#include "cli/pages.h"
#include "cli/replay_diff.h"
#include "confine/confine.h"
#include "report/baseline.h"
#include "report/diff.h"
#include "report/report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int cmd_report(int argc, char **argv);
int cmd_diff(int argc, char **argv);

static bool read_runs(struct results *s, const char *verb, const char *const *folders, int n)
{
	char why[RESULT_WHY];

	for (int i = 0; i < n; i++)
		if (!results_read(s, folders[i], why)) {
			fprintf(stderr, "x400rig %s: %s\n", verb, why);
			return false;
		}
	results_merge(s);
	return true;
}

/* --- report ---------------------------------------------------------------------- */

struct report_options {
	const char *format, *out, *only, *before;
	bool all;
	struct cli_mask mask;
	struct results earlier;		/* of `before` */
};

static bool write_html(FILE *out, const struct results *s, const struct report_options *o)
{
	struct html_source from = { .ladder = pages_ladder, .only = o->only, .all = o->all };

	if (o->before)
		from.before = &o->earlier;
	return html_run(out, s, &from);
}

static const struct result *result_of(const struct results *s, const char *id)
{
	for (size_t i = 0; id && i < s->n; i++)
		if (strcmp(s->at[i].id, id) == 0)
			return &s->at[i];
	fprintf(stderr, "x400rig report: %s\n", id ? "no such case in the run"
	        : "a ladder is of one case: name it with --case");
	return NULL;
}

static bool write_ladder(FILE *out, const struct results *s, const char *id,
                         bool (*write)(FILE *, const struct ladder *))
{
	const struct result *r = result_of(s, id);
	char why[RESULT_WHY];
	struct ladder l;
	bool ok;

	errno = EINVAL;
	if (!r)
		return false;
	if (!pages_ladder(NULL, r, &l, why)) {
		fprintf(stderr, "x400rig report: %s\n", why);
		return false;
	}
	ok = write(out, &l);
	ladder_free(&l);
	return ok;
}

/* One of the three writes. */
static const struct format {
	const char *name;
	bool (*results)(FILE *, const struct results *);
	bool (*ladder)(FILE *, const struct ladder *);
	bool (*page)(FILE *, const struct results *, const struct report_options *);
	bool xml;			/* libxml2 writes it */
} formats[] = {
	{ .name = "text", .results = report_text },
	{ .name = "md", .results = report_markdown },
	{ .name = "html", .page = write_html, .xml = true },
	{ .name = "junit", .results = report_junit, .xml = true },
	{ .name = "tap", .results = report_tap },
	{ .name = "baseline", .results = baseline_write },
	{ .name = "ladder", .ladder = ladder_text },
	{ .name = "mscgen", .ladder = ladder_mscgen },
	{ .name = "mermaid", .ladder = ladder_mermaid },
};
enum { FORMATS = sizeof formats / sizeof formats[0] };

static const struct format *format_of(const char *name)
{
	for (size_t i = 0; i < FORMATS; i++)
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	return NULL;
}

static int no_format(const char *name)
{
	const char *names[FORMATS + 1] = { NULL }, *near;

	for (size_t i = 0; i < FORMATS; i++)
		names[i] = formats[i].name;
	near = cli_nearest(name, names);
	return cli_wrong("report", "no format \"%s\"%s%s%s", name, near ? "; did you mean \"" : "",
	                 near ? near : "", near ? "\"?" : "");
}

static bool write_as(FILE *out, const struct results *s, const struct format *f,
                     const struct report_options *o)
{
	if (f->results)
		return f->results(out, s);
	return f->page ? f->page(out, s, o) : write_ladder(out, s, o->only, f->ladder);
}

static int report(const struct results *s, const struct format *f, const struct report_options *o)
{
	const char *path = o->out;
	FILE *out = path ? fopen(path, "we") : stdout;
	struct result_sum sum = results_sum(s);
	bool ok = out && write_as(out, s, f, o);

	if (out && fflush(out) != 0)
		ok = false;
	if (path && out && fclose(out) != 0)
		ok = false;
	if (!ok) {
		fprintf(stderr, "x400rig report: %s: %s\n", path ? path : "standard output",
		        strerror(errno));
		return EXIT_TROUBLE;
	}
	return (int)outcome_status(&sum);
}

int cmd_report(int argc, char **argv)
{
	struct report_options o = { .format = "text" };
	const struct cli_option options[] = {
		{ .name = "format", .letter = 'f', .value = "FORM", .string = &o.format,
		  .text = "text, md, html, junit, tap, baseline; of one case: ladder, mscgen, "
		          "mermaid" },
		{ .name = "out", .letter = 'o', .value = "FILE", .string = &o.out,
		  .text = "where to (default: standard output)" },
		{ .name = "case", .letter = 'c', .value = "ID", .string = &o.only,
		  .text = "this case" },
		{ .name = "before", .value = "RUN", .string = &o.before,
		  .text = "html: what changed since this run" },
		{ .name = "all", .flag = &o.all, .text = "html: fold nothing" },
		CLI_MASK_OPTIONS(o.mask),
		{ 0 },
	};
	static const char *const examples[] = {
		"x400rig report run-20261121-214455",
		"x400rig report shard-1 shard-2 shard-3 -f junit -o junit.xml    join the parts",
		"x400rig report today -f md                  for a ticket",
		"x400rig report today -f html -o today.html --before yesterday",
		"x400rig report today -f ladder -c pop4/backlog-drop",
		"x400rig report today -f baseline -o known.baseline    accept what fails now",
		NULL,
	};
	const struct cli_help help = {
		"report", "RUN ...",
		"Tells what run folders say, as one run: the parts of --shard, or repetitions.\n"
		"Of two results for one attempt at a case the worse counts.  Exit status: as the\n"
		"run's own; 2 if a folder cannot be read.", options, examples,
	};
	int first = cli_parse(argc, argv, &help), status;
	struct results s = { 0 };
	const struct format *f;

	if (first < 0)
		return first == CLI_DONE ? EXIT_ALL_PASS : EXIT_USAGE;
	if (first == argc)
		return cli_wrong("report", "which run?  Name its folder");
	f = format_of(o.format);
	if (!f)
		return no_format(o.format);
	if (!cli_mask("report", &o.mask))
		return EXIT_USAGE;
	if (f->xml && !pages_ready("report"))
		return EXIT_TROUBLE;
	cli_confine("report", CONFINE_CODE);
	status = read_runs(&s, "report", (const char *const *)argv + first, argc - first) &&
	         (!o.before || read_runs(&o.earlier, "report", &o.before, 1))
	       ? report(&s, f, &o) : EXIT_USAGE;
	results_free(&s);
	results_free(&o.earlier);
	return status;
}

/* --- diff ------------------------------------------------------------------------ */

static void print_side(const char *label, const struct result *r)
{
	if (r)
		printf("      %-6s %s%s%s%s%s\n", label, result_word(r), r->reason[0] ? ": " : "",
		       r->reason, r->article[0] ? "; article " : "", r->article);
}

static void print_difference(void *ctx, enum diff_kind k, const struct result *was,
                             const struct result *is)
{
	static const enum cli_colour colours[] = {
		[DIFF_WORSE] = CLI_RED, [DIFF_BETTER] = CLI_GREEN, [DIFF_VERDICT] = CLI_YELLOW,
		[DIFF_REASON] = CLI_YELLOW, [DIFF_FLAKY] = CLI_YELLOW, [DIFF_GONE] = CLI_GREY,
		[DIFF_ADDED] = CLI_GREY,
	};

	(void)ctx;
	printf("%s%-14s%s %s\n", cli_colour(colours[k]), diff_name(k), cli_colour(CLI_PLAIN),
	       is ? is->id : was->id);
	print_side("was", was);
	print_side("is", is);
	if (k == DIFF_WORSE && is)
		printf("      again  %s\n", is->command);
}

static void print_sum(const struct diff_sum *sum)
{
	const char *between = "";

	for (enum diff_kind k = 0; k < DIFF_KINDS; k++) {
		if (!sum->n[k])
			continue;
		printf("%s%u %s", between, sum->n[k], diff_name(k));
		between = ", ";
	}
	printf("%s\n", *between ? "" : "no difference");
}

int cmd_diff(int argc, char **argv)
{
	static const char *const examples[] = { "x400rig diff run-before run-after", NULL };
	static const struct cli_help help = {
		"diff", "RUN RUN",
		"Tells what changed from one run to another: new failures, what is fixed, what\n"
		"fails for another reason, what is flaky; of replays also what was said, PDU by "
		"PDU\n"
		"and field by field.  Exit status: 1 for a new failure, for a case whose attempts\n"
		"came to differ, or if what was said in a replay differs, is missing or extra; "
		"2 if a folder cannot be read; else 0.", NULL, examples,
	};
	int first = cli_parse(argc, argv, &help);
	struct results was = { 0 }, is = { 0 };
	struct replay_sum said = { { 0 } };
	const char *const *folders;
	int status = EXIT_USAGE, found;

	if (first < 0)
		return first == CLI_DONE ? EXIT_ALL_PASS : EXIT_USAGE;
	if (argc - first != 2)
		return cli_wrong("diff", "two run folders are wanted");
	cli_confine("diff", CONFINE_CODE);
	folders = (const char *const *)argv + first;
	if (read_runs(&was, "diff", folders, 1) && read_runs(&is, "diff", folders + 1, 1)) {
		struct diff_sum sum = diff_runs(&was, &is, print_difference, NULL);

		print_sum(&sum);
		status = sum.n[DIFF_WORSE] + sum.n[DIFF_FLAKY] ? EXIT_FAIL : EXIT_ALL_PASS;
		found = replay_diff_runs(folders[0], folders[1], &said);
		if (found < 0)
			status = EXIT_TROUBLE;
		else if (replay_sum_differs(&said))
			status = EXIT_FAIL;
	}
	results_free(&was);
	results_free(&is);
	return status;
}
