#include "cli/outcome.h"
#include "cli/suite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int cmd_rejudge(int argc, char **argv);

enum { LINE_MAX_OCTETS = 16384, FIELD_MAX = 2048 };

struct again {
	struct suite suite;
	struct signatures signatures;
	struct run_config config;
	struct outcome_sum sum;
	unsigned changed;
};

/* What the run itself could not measure stays as it was booked. */
static void keep_booked(struct case_result *r, const char *line)
{
	char value[FIELD_MAX];

	if (outcome_field(line, "interrupted", value, sizeof value) && strcmp(value, "yes") == 0) {
		r->interrupted = true;
		if (r->verdict != VERDICT_ERROR)
			r->verdict = VERDICT_INCONCLUSIVE;
		r->evidence_n = 0;
	}
	if (outcome_field(line, "trouble", value, sizeof value) && strcmp(value, "yes") == 0 &&
	    outcome_field(line, "reason", value, sizeof value)) {
		r->verdict = VERDICT_ERROR;
		snprintf(r->trouble, sizeof r->trouble, "%.*s", (int)sizeof r->trouble - 1, value);
	}
}

static bool same(const struct case_result *r, const char *line)
{
	char was[FIELD_MAX], reason[FIELD_MAX];

	if (!outcome_field(line, "verdict", was, sizeof was) || strcmp(was, outcome_name(r)) != 0)
		return false;
	if (r->trouble[0] || r->interrupted)
		return true;
	outcome_escape(r->evidence_n ? r->evidence[0].reason : "", reason, sizeof reason);
	return outcome_field(line, "reason", was, sizeof was) && strcmp(was, reason) == 0;
}

static bool compile(struct again *a, const char *id)
{
	char name[SCENARIO_ID + 16], path[FOLDER_PATH];

	snprintf(name, sizeof name, "scenarios/%.*s", SCENARIO_ID - 1, id);
	return folder_join(path, a->config.folder, name, ".scn") && suite_file(&a->suite, path);
}

static void judge_one(struct again *a, const char *line, struct case_result *r)
{
	const struct scenario *sc = a->suite.at[a->suite.n - 1].scenario;
	char again[FIELD_MAX] = "", was[FIELD_MAX] = "";

	outcome_field(line, "command", again, sizeof again);
	outcome_field(line, "verdict", was, sizeof was);
	if (strcmp(was, "skip") == 0) {
		*r = (struct case_result){ .verdict = VERDICT_NONE };
		outcome_field(line, "reason", r->skipped, sizeof r->skipped);
	} else if (runner_rejudge(&a->config, sc, r)) {
		keep_booked(r, line);
	}
	outcome_add(&a->sum, r);
	outcome_text(stdout, &a->config, sc, r, again);
	if (same(r, line) || strcmp(was, "skip") == 0)
		return;
	a->changed++;
	printf("      CHANGED     the run said: %s\n", was);
}

/* false: said, or in the report. */
static bool judge_all(struct again *a, FILE *fp)
{
	struct case_result *r = calloc(1, sizeof *r);
	char line[LINE_MAX_OCTETS], id[SCENARIO_ID];
	bool ok = r != NULL;

	while (ok && fgets(line, sizeof line, fp)) {
		ok = outcome_field(line, "id", id, sizeof id);
		if (!ok)
			fprintf(stderr, "x400rig rejudge: run.jsonl is damaged\n");
		ok = ok && compile(a, id);
		if (ok)
			judge_one(a, line, r);
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
	char path[FOLDER_PATH];
	int status = EXIT_USAGE;
	FILE *fp;

	a.config.signatures = &a.signatures;
	fp = folder_join(path, folder, "run", ".jsonl") ? fopen(path, "re") : NULL;
	if (!fp) {
		fprintf(stderr, "x400rig rejudge: %s: %s\n", path, strerror(errno));
		return EXIT_TROUBLE;
	}
	if (load(&a) && judge_all(&a, fp)) {
		outcome_sum_text(stdout, &a.sum, 0);
		status = a.changed ? EXIT_TROUBLE : (int)outcome_status(&a.sum);
		if (a.changed)
			printf("%u verdict%s changed\n", a.changed, a.changed == 1 ? "" : "s");
	}
	if (a.suite.report.text)
		fputs(a.suite.report.text, stderr);
	fclose(fp);
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
		"and the exit status is 4.", NULL, examples,
	};
	int first = cli_parse(argc, argv, &help);

	if (first < 0)
		return first == CLI_DONE ? EXIT_ALL_PASS : EXIT_USAGE;
	if (argc - first != 1)
		return cli_wrong("rejudge", "one run folder is wanted");
	return rejudge(argv[first]);
}
