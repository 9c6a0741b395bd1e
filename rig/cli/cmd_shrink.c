/*
 * shrink: the least that is needed for a failure of the fuzzer.
 */
#include "capture/capture.h"
#include "cli/live.h"
#include "cli/mta_logs.h"
#include "cli/suite.h"
#include "fuzz/rerun.h"
#include "fuzz/seed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int cmd_shrink(int argc, char **argv);

static void show(struct rerun *r, const struct casefile *f)
{
	cli_progress("replay %u: %zu case%s, %zu steps", r->tries, f->n, f->n == 1 ? "" : "s",
	             casefile_steps(f));
}

/* "failures/1.scn" -> "failures/1.min.scn" */
static void name_result(const char *path, char *buf, size_t cap)
{
	size_t n = strlen(path);

	if (n > 4 && strcmp(path + n - 4, ".scn") == 0)
		n -= 4;
	snprintf(buf, cap, "%.*s.min.scn", (int)n, path);
}

static int shrink(struct rerun *r, struct casefile *f, const char *path)
{
	size_t cases = f->n, steps = casefile_steps(f), n = strlen(path);
	char capture[FOLDER_PATH], why[200] = "";
	bool recorded = false;
	unsigned k;

	if (n > 4 && strcmp(path + n - 4, ".scn") == 0)
		n -= 4;
	snprintf(capture, sizeof capture, "%.*s.pcapng", (int)n, path);

	cli_catch_signals();
	if (rerun_confirm(r, f, 2) == 0) {
		cli_progress_clear();
		fprintf(stderr, "x400rig shrink: \"%s\" does not come again; is it the same MTA, "
		        "with the same defect?\n", f->signature);
		return EXIT_UNDECIDED;
	}
	rerun_shrink(r, f);
	k = rerun_confirm(r, f, 3);
	cli_progress_clear();
	if (!casefile_write(f, r->engine.target, path)) {
		fprintf(stderr, "x400rig shrink: %s cannot be written\n", path);
		return EXIT_TROUBLE;
	}
	for (int i = 0; i < 3 && !recorded; i++)
		recorded = rerun_record(r, f, capture, why, sizeof why);
	cli_progress_clear();
	if (*why)
		fprintf(stderr, "x400rig shrink: %s\n", why);
	printf("%zu cases of %zu steps became %zu of %zu, in %u replays; %u of 3 fail: %s\n%s\n",
	       cases, steps, f->n, casefile_steps(f), r->tries, k, f->signature, path);
	if (!*why)
		printf("%s%s\n", capture, recorded ? "" : " (it did not fail while this was "
		       "recorded)");
	return cli_stop ? EXIT_INTERRUPTED : EXIT_ALL_PASS;
}

/* What is loaded late first.  false: said. */
static bool be_confined(const char *from, const struct target *t, const struct hand **hand)
{
	char capture[FOLDER_PATH];

	casefile_from(from, capture, sizeof capture);
	if (*capture)
		capture_prepare(capture, false);
	cli_logs_of_target("shrink", t);
	if (!cli_hand("shrink", t, hand))
		return false;
	cli_confine("shrink", CLI_LIVE);
	return true;
}

/* The capture that its conversation is of, and the cases.  false: said. */
static bool read_cases(struct casefile *f, const char *from, const char *result,
                       const struct target *t)
{
	char capture[FOLDER_PATH], beside[FOLDER_PATH], why[400] = "";
	const char *slash = strrchr(result, '/');

	casefile_from(from, capture, sizeof capture);
	snprintf(beside, sizeof beside, "%.*s", slash ? (int)(slash - result) : 1,
	         slash ? result : ".");
	if ((!*capture || seed_take(capture, t, beside, why, sizeof why)) &&
	    casefile_read(f, from, why, sizeof why))
		return true;
	fprintf(stderr, "x400rig shrink: %s\n", why);
	return false;
}

static int prepare(const char *target, const struct cli_list *own, const char *from,
                   const char *path, bool is_virtual)
{
	struct casefile f = { 0 };
	struct suite s = { 0 };
	struct signatures signatures = { 0 };
	char logs[] = "/tmp/x400rig-shrink-XXXXXX";
	struct rerun r = { .show = show };
	const struct hand *hand;
	int status = EXIT_USAGE;
	bool ready = suite_target(&s, target) && cli_signatures("shrink", &signatures, own);

	if (ready && !be_confined(from, s.target, &hand)) {
		status = EXIT_TROUBLE;
	} else if (ready && read_cases(&f, from, path, s.target)) {
		r.engine = (struct engine_config){
			.target = s.target, .hand = hand, .signatures = &signatures,
			.is_virtual = is_virtual,
			.seed = f.cases[0].seed, .stop = &cli_stop,
			.folder = s.target->lab ? mkdtemp(logs) : NULL,
		};
		status = shrink(&r, &f, path);
		if (r.engine.folder && !folder_remove(logs))
			fprintf(stderr, "x400rig shrink: %s is left\n", logs);
	}
	if (s.report.text)
		fputs(s.report.text, stderr);
	casefile_free(&f);
	signatures_free(&signatures);
	suite_free(&s);
	return status;
}

int cmd_shrink(int argc, char **argv)
{
	static const char *const examples[] = {
		"x400rig shrink fuzz-20261121-214455/failures/1.scn",
		"x400rig run fuzz-20261121-214455/failures/1.min.scn",
		NULL,
	};
	const char *target = "lab", *out = NULL;
	struct cli_list signatures = { 0 };
	bool is_virtual = false;
	const struct cli_option options[] = {
		{ .name = "target", .letter = 't', .value = "FILE", .string = &target,
		  .text = "the MTA under test (default: a fresh lab MTA for each replay)" },
		{ .name = "out", .letter = 'o', .value = "FILE", .string = &out,
		  .text = "the scenario that is left (default: CASE with .min.scn)" },
		CLI_SIGNATURES_OPTION(signatures),
		{ .name = "virtual", .flag = &is_virtual, .text = "in one process, in virtual "
		  "time" },
		{ .name = NULL },
	};
	const struct cli_help help = {
		"shrink", "CASE", "Leaves out of a failure of `fuzz teardown` what it does not "
		"need: cases, then mutations, steps, values and delays, as long as the same "
		"failure comes again. What is left is a scenario, and a capture of its last run.",
		options, examples,
	};
	int at = cli_parse(argc, argv, &help);
	char result[FOLDER_PATH];

	if (at < 0)
		return at == CLI_DONE ? EXIT_ALL_PASS : EXIT_USAGE;
	if (argc - at != 1)
		return cli_wrong("shrink", "one case is wanted");
	name_result(argv[at], result, sizeof result);
	return prepare(target, &signatures, argv[at], out ? out : result, is_virtual);
}
