/*
 * A long scenario takes the memory of a short one: what belongs to an association goes when
 * it is over.  Each kind of scenario runs in virtual time with N rounds and with ten times as
 * many; what is allocated is looked at in every step.
 */
#include "scenario/folder.h"
#include "scenario/runner.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum {
	ROUNDS = 250,
	ASSOCIATION_KEPT = 96,	/* the judge's record of one, with room to grow */
	MESSAGE_KEPT = 384,	/* ours, the judge's and the lab MTA's, likewise */
};

static const struct kind {
	const char *name, *before, *round, *behind;
	size_t kept;		/* octets that a round may leave */
} kinds[] = {
	{ "nameless", "",
	  "    up: associate\n    expect up bound within 5s\n"
	  "    up: release\n    expect up released within 5s\n",
	  "", ASSOCIATION_KEPT },
	{ "named", "",
	  "    up.a: associate\n    expect up.a bound within 5s\n"
	  "    up.a: release\n    expect up.a released within 5s\n",
	  "", ASSOCIATION_KEPT },
	{ "read", "",
	  "    up.a: associate\n    expect up.a session AC within 5s\n"
	  "    up.a: abort\n    wait 50ms\n",
	  "", ASSOCIATION_KEPT },
	{ "called", "  down: listen\n",
	  "    up: associate\n    up: transfer 1 message size 1KiB to down\n"
	  "    up: release\n    down: wait until delivered 1 within 20s\n    wait 2s\n",
	  "  expect delivered within 60s\n", 2 * ASSOCIATION_KEPT + MESSAGE_KEPT },
};

static char folder[64];
static size_t most;

static void look(void *ctx, const struct scenario *sc, const char *doing)
{
	struct mallinfo2 now = mallinfo2();

	(void)ctx;
	(void)sc;
	(void)doing;
	if (now.uordblks + now.hblkhd > most)
		most = now.uordblks + now.hblkhd;
}

/* Octets that are allocated while it runs, beyond those before it began. */
static size_t run(const struct kind *k, unsigned rounds)
{
	static struct case_result result;
	static struct target target;
	struct run_config c = { .target = &target, .folder = folder, .is_virtual = true,
	                        .seed = 1, .progress = look };
	struct lexer_report report = { 0 };
	struct lexer_source lab, source;
	struct scenario *sc;
	char path[128];
	FILE *out;

	snprintf(path, sizeof path, "%s/%s.scn", folder, k->name);
	out = fopen(path, "w");
	assert_non_null(out);
	fprintf(out, "scenario memory/%s\n  title \"Again and again\"\n  limit 10000min\n%s"
	        "  repeat %u {\n%s  }\n%s", k->name, k->before, rounds, k->round, k->behind);
	fclose(out);
	if (!lexer_load(&lab, "rig/targets/lab.target", &report) ||
	    !target_read(&target, &lab, &report) || !lexer_load(&source, path, &report))
		fail_msg("%s", report.text);
	sc = scenario_compile(&source, &target, &report);
	if (!sc)
		fail_msg("%s", report.text);
	most = 0;
	look(NULL, NULL, NULL);
	const size_t before = most;

	runner_case(&c, sc, &result);
	if (result.verdict != VERDICT_PASS)
		fail_msg("%s %s", result.trouble, result.evidence_n ? result.evidence[0].reason :
		         "");
	scenario_free(sc);
	lexer_source_free(&source);
	lexer_source_free(&lab);
	lexer_report_free(&report);
	return most - before;
}

static void stays_flat(void **state)
{
	const struct kind *k = *state;
	size_t few = run(k, ROUNDS), many = run(k, 10 * ROUNDS);

	if (few == 0)
		skip();			/* another allocator, which does not tell */
	printf("%s: %zu octets with %d rounds, %zu with %d\n", k->name, few, ROUNDS, many,
	       10 * ROUNDS);
	assert_true(many <= few + 9 * ROUNDS * k->kept);
}

int main(void)
{
	enum { KINDS = sizeof kinds / sizeof kinds[0] };
	struct CMUnitTest tests[KINDS];
	int failed;

	snprintf(folder, sizeof folder, "/tmp/x400rig-memory-XXXXXX");
	if (!mkdtemp(folder))
		return EXIT_FAILURE;
	for (size_t i = 0; i < KINDS; i++)
		tests[i] = (struct CMUnitTest){ kinds[i].name, stays_flat, NULL, NULL,
		                                (void *)(uintptr_t)&kinds[i] };
	failed = cmocka_run_group_tests_name("memory of long scenarios", tests, NULL, NULL);
	folder_remove(folder);
	return failed;
}
