/*
 * rejudge: verdicts once more, from the events that a run has stored.
 */
#include "cli/outcome.h"
#include "cli/suite.h"
#include "confine/confine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int cmd_rejudge(int argc, char **argv);

struct again {
	struct suite suite;
	struct signatures signatures;
	struct results booked;
	struct run_config config;
	struct result_sum sum;
	unsigned changed;
};

/* What the run itself could not measure stays as it was booked. */
static void keep_booked(struct case_result *r, const struct result *was)
{
	if (was->interrupted) {
		r->interrupted = true;
		if (r->verdict != VERDICT_ERROR)
			r->verdict = VERDICT_INCONCLUSIVE;
		r->evidence_n = 0;
	}
	if (was->trouble) {
		r->verdict = VERDICT_ERROR;
		snprintf(r->trouble, sizeof r->trouble, "%s", was->reason);
	}
}

static bool compile(struct again *a, const char *id)
{
	char name[SCENARIO_ID + 16], path[FOLDER_PATH];

	snprintf(name, sizeof name, "scenarios/%.*s", SCENARIO_ID - 1, id);
	return folder_join(path, a->config.folder, name, ".scn") && suite_file(&a->suite, path);
}

static void judge_again(struct again *a, const struct scenario *sc, const struct result *was,
                        struct case_result *r)
{
	struct run_config c = a->config;
	char name[SCENARIO_ID + 12];

	snprintf(name, sizeof name, "%.*s.%u", SCENARIO_ID - 1, was->id, was->attempt);
	c.name = was->attempt > 1 ? name : NULL;
	if (was->verdict == VERDICT_NONE) {
		*r = (struct case_result){ .verdict = VERDICT_NONE };
		snprintf(r->skipped, sizeof r->skipped, "%s", was->reason);
	} else if (runner_rejudge(&c, sc, r)) {
		keep_booked(r, was);
	}
}

static void judge_one(struct again *a, const struct result *was, struct case_result *r)
{
	const struct scenario *sc = a->suite.at[a->suite.n - 1].scenario;
	const char *purposes[SCENARIO_PURPOSES_MAX];
	struct result now;

	judge_again(a, sc, was, r);
	now = outcome_result(sc, r, was->command, was->seed, purposes);
	now.expected = was->expected;
	result_sum_add(&a->sum, &now);
	outcome_text(stdout, &a->config, sc, r, &now);
	if (now.verdict == was->verdict && strcmp(now.reason, was->reason) == 0)
		return;
	a->changed++;
	printf("      CHANGED     the run said: %s: %s\n", result_verdict(was->verdict),
	       was->reason);
}

static bool judge_all(struct again *a)
{
	struct case_result *r = calloc(1, sizeof *r);
	bool ok = r != NULL;

	for (size_t i = 0; i < a->booked.n && ok; i++) {
		ok = compile(a, a->booked.at[i].id);
		if (ok)
			judge_one(a, &a->booked.at[i], r);
	}
	free(r);
	return ok;
}

static bool load(struct again *a)
{
	char path[FOLDER_PATH];

	if (!folder_join(path, a->config.folder, "target", ".target") ||
	    !suite_target(&a->suite, path))
		return false;
	a->config.target = a->suite.target;
	return folder_join(path, a->config.folder, "signatures", "") &&
	       signatures_load(&a->signatures, path, &a->suite.report);
}

static int rejudge(const char *folder)
{
	struct again a = { .config = { .folder = folder } };
	char why[RESULT_WHY];
	int status = EXIT_USAGE;

	a.config.signatures = &a.signatures;
	if (!results_read(&a.booked, folder, why)) {
		fprintf(stderr, "x400rig rejudge: %s\n", why);
		results_free(&a.booked);
		return EXIT_USAGE;
	}
	if (load(&a) && judge_all(&a)) {
		result_sum_text(stdout, &a.sum);
		status = a.changed ? EXIT_TROUBLE : (int)outcome_status(&a.sum);
		if (a.changed)
			printf("%u verdict%s changed\n", a.changed, a.changed == 1 ? "" : "s");
	}
	if (a.suite.report.text)
		fputs(a.suite.report.text, stderr);
	results_free(&a.booked);
	signatures_free(&a.signatures);
	suite_free(&a.suite);
	return status;
}

int cmd_rejudge(int argc, char **argv)
{
	static const char *const examples[] = { "x400rig rejudge run-20261121-214455", NULL };
	static const struct cli_help help = {
		"rejudge", "RUN",
		"Folds the events of a run folder through the judge again, without an MTA.\n"
		"The verdicts must be those of the run; if one is not, it is printed as CHANGED\n"
		"and the exit status is 4; 2 if the folder cannot be read, else as the run's own.",
		NULL, examples,
	};
	int first = cli_parse(argc, argv, &help);

	if (first < 0)
		return first == CLI_DONE ? EXIT_ALL_PASS : EXIT_USAGE;
	if (argc - first != 1)
		return cli_wrong("rejudge", "one run folder is wanted");
	cli_confine("rejudge", CONFINE_CODE);
	return rejudge(argv[first]);
}
