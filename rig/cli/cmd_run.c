#include "cli/outcome.h"
#include "cli/suite.h"
#include "scenario/random.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

int cmd_run(int argc, char **argv);

struct options {
	const char *target, *out, *signatures;
	struct cli_list exclude, defects;
	uint64_t seed;
	bool is_virtual, quiet;
};

struct running {
	const struct options *options;
	struct suite suite;
	struct signatures signatures;
	struct lexer_report signature_report;
	struct run_config config;
	struct outcome_sum sum;
	char folder[FOLDER_PATH];
	FILE *results;			/* run.jsonl */
	size_t at;			/* case under way, from 0 */
	double seconds;
};

/* --- the run folder --------------------------------------------------------------- */

/* A name that is free: run-20261121-214455, -2 ... */
static bool choose_folder(struct running *k)
{
	time_t now = time(NULL);
	struct tm tm;
	char stamp[32];
	struct stat st;

	if (k->options->out)
		return snprintf(k->folder, sizeof k->folder, "%s", k->options->out) <
		       (int)sizeof k->folder;
	localtime_r(&now, &tm);
	strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &tm);
	snprintf(k->folder, sizeof k->folder, "run-%s", stamp);
	for (int i = 2; stat(k->folder, &st) == 0 && i < 1000; i++)
		snprintf(k->folder, sizeof k->folder, "run-%s-%d", stamp, i);
	return true;
}

static bool copy_source(const struct running *k, const char *name, const char *suffix,
                        const struct lexer_source *s)
{
	char path[FOLDER_PATH];

	return folder_join(path, k->folder, name, suffix) && folder_write(path, s->text, s->n);
}

static bool copy_scenario(const struct running *k, const struct suite_case *c)
{
	char name[SCENARIO_ID + 16];

	snprintf(name, sizeof name, "scenarios/%s", c->scenario->id);
	return copy_source(k, name, ".scn", &c->source);
}

static int is_signature(const struct dirent *d)
{
	const char *dot = strrchr(d->d_name, '.');

	return dot && strcmp(dot, ".sig") == 0;
}

static bool copy_signature(struct running *k, const char *folder, const char *name)
{
	char path[FOLDER_PATH], to[FOLDER_PATH];
	struct lexer_source s;
	bool ok;

	if (!folder_join(path, folder, name, "") || !folder_join(to, "signatures", name, "") ||
	    !lexer_load(&s, path, &k->signature_report))
		return false;
	ok = copy_source(k, to, "", &s);
	lexer_source_free(&s);
	return ok;
}

/* The judge works with the copies, so that judging again works with the same. */
static bool copy_signatures(struct running *k)
{
	char folder[CLI_PATH];
	struct dirent **names;
	bool ok = true;
	int n;

	if (k->options->signatures)
		snprintf(folder, sizeof folder, "%s", k->options->signatures);
	else if (!cli_data("signatures", folder))
		return false;
	n = scandir(folder, &names, is_signature, alphasort);
	for (int i = 0; i < n; i++) {
		ok = ok && copy_signature(k, folder, names[i]->d_name);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	return ok && n >= 0;
}

static bool make_folder(struct running *k)
{
	char path[FOLDER_PATH];

	if (!choose_folder(k) || !folder_make(k->folder) ||
	    !copy_source(k, "target", ".target", &k->suite.target_source))
		return false;
	for (size_t i = 0; i < k->suite.n; i++)
		if (!copy_scenario(k, &k->suite.at[i]))
			return false;
	if (!copy_signatures(k) || !folder_join(path, k->folder, "signatures", "") ||
	    !signatures_load(&k->signatures, path, &k->signature_report))
		return false;
	if (!folder_join(path, k->folder, "run", ".jsonl"))
		return false;
	k->results = folder_create_file(path);
	return k->results != NULL;
}

/* --- running ------------------------------------------------------------------------ */

static void progress(void *ctx, const struct scenario *sc, const char *doing)
{
	const struct running *k = ctx;

	cli_progress("%zu/%zu  %u pass %u fail  %s: %s", k->at + 1, k->suite.n, k->sum.pass,
	             k->sum.fail + k->sum.error, sc->id, doing);
}

/* The command that runs this one case again. */
static void command(const struct running *k, const struct scenario *sc, char *out, size_t cap)
{
	const struct options *o = k->options;

	snprintf(out, cap, "x400rig run %s%s%s%s%s%s --seed 0x%" PRIx64, sc->id,
	         o->target ? " --target " : "", o->target ? o->target : "",
	         k->config.defects[0] ? " --defect " : "", k->config.defects,
	         o->is_virtual ? " --virtual" : "", k->config.seed);
}

static void run_one(struct running *k)
{
	const struct scenario *sc = k->suite.at[k->at].scenario;
	struct case_result *r = calloc(1, sizeof *r);
	char again[FOLDER_PATH];

	if (!r)
		return;
	command(k, sc, again, sizeof again);
	runner_case(&k->config, sc, r);
	cli_progress_clear();
	outcome_add(&k->sum, r);
	outcome_text(stdout, &k->config, sc, r, again);
	fflush(stdout);
	outcome_json(k->results, &k->config, sc, r, again);
	fflush(k->results);
	k->seconds += (double)r->duration_us / 1e6;
	free(r);
}

static int run_all(struct running *k)
{
	bool failed;

	printf("x400rig: seed 0x%016" PRIx64 ", target %s%s%s, %zu case%s, results in %s\n",
	       k->config.seed, k->suite.target->name, k->config.defects[0] ? " with defect " : "",
	       k->config.defects, k->suite.n, k->suite.n == 1 ? "" : "s", k->folder);
	fflush(stdout);
	cli_progress_quiet(k->options->quiet);
	cli_catch_signals();
	for (k->at = 0; k->at < k->suite.n && !cli_stop; k->at++)
		run_one(k);
	if (cli_stop)
		k->sum.interrupted = true;
	outcome_sum_text(stdout, &k->sum, k->seconds);
	failed = ferror(k->results) != 0;
	if (fclose(k->results) != 0 || failed) {
		fprintf(stderr, "x400rig run: %s/run.jsonl: %s\n", k->folder, strerror(errno));
		return EXIT_TROUBLE;
	}
	return k->sum.interrupted ? 128 + (cli_stop ? cli_stop : 2)
	                          : (int)outcome_status(&k->sum);
}

static bool take_defects(struct running *k)
{
	char *list = k->config.defects;

	for (size_t i = 0; i < k->options->defects.n; i++) {
		const char *name = k->options->defects.at[i];

		if (strlen(list) + strlen(name) + 2 > sizeof k->config.defects)
			return false;
		if (*list)
			strcat(list, ",");
		strcat(list, name);
	}
	return true;
}

static int set_up(struct running *k, char **names, int n)
{
	const struct options *o = k->options;
	int status;

	if (!suite_target(&k->suite, o->target ? o->target : "lab"))
		return EXIT_USAGE;
	if (o->is_virtual && !k->suite.target->lab)
		return cli_wrong("run", "virtual time is for the lab MTA only");
	if (o->defects.n && !k->suite.target->lab)
		return cli_wrong("run", "defects are for the lab MTA only");
	if (!take_defects(k))
		return cli_wrong("run", "too many defects");
	status = suite_choose(&k->suite, "run", names, n, &o->exclude);
	if (status != EXIT_ALL_PASS)
		return status;
	if (!make_folder(k)) {
		if (!k->signature_report.errors)
			fprintf(stderr, "x400rig run: %s: %s\n", k->folder, strerror(errno));
		return k->signature_report.errors ? EXIT_USAGE : EXIT_TROUBLE;
	}
	return EXIT_ALL_PASS;
}

static int run(const struct options *o, char **names, int n)
{
	struct running k = { .options = o };
	int status;

	k.config = (struct run_config){
		.signatures = &k.signatures, .folder = k.folder, .program = cli_program(),
		.seed = o->seed ? o->seed : random_seed(), .is_virtual = o->is_virtual,
		.stop = &cli_stop, .progress = progress, .progress_ctx = &k };
	status = set_up(&k, names, n);
	if (k.suite.report.text)
		fputs(k.suite.report.text, stderr);
	if (k.signature_report.text)
		fputs(k.signature_report.text, stderr);
	k.config.target = k.suite.target;
	if (status == EXIT_ALL_PASS)
		status = run_all(&k);
	signatures_free(&k.signatures);
	lexer_report_free(&k.signature_report);
	suite_free(&k.suite);
	return status;
}

int cmd_run(int argc, char **argv)
{
	struct options o = { 0 };
	const struct cli_option options[] = {
		{ .name = "target", .letter = 't', .value = "FILE", .string = &o.target,
		  .text = "the MTA under test (default: the rig's own lab MTA)" },
		{ .name = "out", .letter = 'o', .value = "DIR", .string = &o.out,
		  .text = "the run folder (default: run-DATE-TIME)" },
		{ .name = "seed", .letter = 's', .value = "N", .number = &o.seed,
		  .text = "repeat a run's random choices" },
		{ .name = "exclude", .letter = 'x', .value = "GLOB", .list = &o.exclude,
		  .text = "leave these scenarios out" },
		{ .name = "defect", .value = "ID", .list = &o.defects,
		  .text = "give the lab MTA a documented defect" },
		{ .name = "virtual", .flag = &o.is_virtual,
		  .text = "rig and lab MTA in one process, in virtual time" },
		{ .name = "signatures", .value = "DIR", .string = &o.signatures,
		  .text = "signature catalogue for the MTA's logs" },
		{ .name = "quiet", .letter = 'q', .flag = &o.quiet, .text = "no progress line" },
		{ 0 },
	};
	static const char *const examples[] = {
		"x400rig run                          all scenarios against the lab MTA",
		"x400rig run 'basic/*' --virtual      some of them, in no time",
		"x400rig run pop4 --defect Q236586    see a documented fault being caught",
		"x400rig run my.scn -t exchange.target -o today",
		NULL,
	};
	const struct cli_help help = {
		"run", "[ID-GLOB or FILE.scn ...]",
		"Runs scenarios against an MTA and prints a verdict for each: pass, fail,\n"
		"inconclusive, error or skip.  Keeps events, captures and logs in a run folder.\n"
		"Exit status: 0 all pass, 1 a fail, 2 usage, 3 inconclusive, 4 the rig failed,\n"
		"5 nothing selected, 77 all skipped, 130 interrupted.",
		options, examples,
	};
	int first = cli_parse(argc, argv, &help);

	if (first < 0)
		return first == CLI_DONE ? EXIT_ALL_PASS : EXIT_USAGE;
	return run(&o, argv + first, argc - first);
}
