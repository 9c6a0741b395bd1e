#include "cli/pages.h"
#include "cli/suite.h"
#include "report/xml.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool compile(struct suite *s, const struct result *r)
{
	char name[SCENARIO_ID + 16], path[FOLDER_PATH];

	snprintf(name, sizeof name, "scenarios/%.*s", SCENARIO_ID - 1, r->id);
	return folder_join(path, r->folder, "target", ".target") && suite_target(s, path) &&
	       folder_join(path, r->folder, name, ".scn") && suite_file(s, path);
}

bool pages_ready(const char *verb)
{
	char why[300];
	bool ok = xml_load(why, sizeof why);

	if (!ok)
		fprintf(stderr, "x400rig %s: %s\n", verb, why);
	return ok;
}

bool pages_ladder(void *ctx, const struct result *r, struct ladder *l, char why[static RESULT_WHY])
{
	struct suite s = { 0 };
	struct run_config c = { .folder = r->folder };
	char name[SCENARIO_ID + 12];
	bool ok = r->folder && compile(&s, r);

	(void)ctx;
	snprintf(name, sizeof name, "%.*s.%u", SCENARIO_ID - 1, r->id, r->attempt);
	c.name = r->attempt > 1 ? name : NULL;
	c.target = s.target;
	if (!ok)
		snprintf(why, RESULT_WHY, "the run folder does not hold its scenario and target");
	else
		ok = ladder_read(l, &c, s.at[0].scenario, r, why);
	suite_free(&s);
	return ok;
}

bool pages_write(const char *folder)
{
	const struct html_source from = { .ladder = pages_ladder };
	struct results s = { 0 };
	char path[FOLDER_PATH], why[RESULT_WHY];
	bool is_read = results_read(&s, folder, why), ok;
	FILE *out;

	if (!is_read)
		fprintf(stderr, "x400rig: %s\n", why);
	if (!is_read || !folder_join(path, folder, "report", ".html")) {
		results_free(&s);
		errno = EIO;
		return false;
	}
	results_merge(&s);
	out = folder_create_file(path);
	ok = out && html_run(out, &s, &from);
	if (out && fclose(out) != 0)
		ok = false;
	results_free(&s);
	return ok;
}
