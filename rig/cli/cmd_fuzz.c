/*
 * fuzz: connections that end at every point of the protocol, in every way.
 */
#include "capture/capture.h"
#include "cli/by_target.h"
#include "cli/live.h"
#include "cli/mta_logs.h"
#include "cli/pages.h"
#include "cli/suite.h"
#include "fuzz/campaign.h"
#include "fuzz/rerun.h"
#include "fuzz/seed.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int cmd_fuzz(int argc, char **argv);

struct options {
	const char *target, *out, *order, *shard, *regress, *from;
	uint64_t seed, first, cases, seconds, rate, lanes, every, failures;
	struct cli_list defects, signatures;
	bool list, is_virtual, steer, resume, captures, once;
};

/* --- the list of cases --------------------------------------------------------------- */

static int list(const struct options *o, const struct campaign_config *c)
{
	char line[400];
	struct text t;
	uint64_t told = 0;

	for (uint64_t i = o->first; told < (o->cases ? o->cases : 100); i++) {
		struct fuzz_case k;

		if (c->shards > 1 && i % c->shards != c->shard)
			continue;
		fuzz_case_make(&k, o->seed, i);
		text_init(&t, line, sizeof line);
		fuzz_case_text(&t, &k);
		puts(line);
		told++;
	}
	fprintf(stderr, "%zu points, %zu ways, in rounds of %" PRIu64 " cases; %" PRIu64 " cells "
	        "without lies; %" PRIu64 " cases listed\n", fuzz_points(), fuzz_ways(),
	        fuzz_round(), fuzz_cells(), told);
	return EXIT_ALL_PASS;
}

/* --- what is shown --------------------------------------------------------------------- */

static void show(struct campaign *c)
{
	double s = (double)campaign_elapsed(c) / 1e6;

	cli_progress("%" PRIu64 " cases, %.0f/s, %u of %u lanes busy, %u+%u cells, %u pairs, "
	             "%zu failure%s", c->ended, s > 0 ? (double)c->ended / s : 0, c->busy,
	             c->config->engine.lanes, c->coverage.cells_n, c->coverage.rtse_n,
	             c->coverage.pairs_n, c->failures_n, c->failures_n == 1 ? "" : "s");
}

static void summary(const struct campaign *c, char *buf, size_t cap)
{
	double s = (double)c->sum.duration_us / 1e6;
	const struct engine_sum *sum = &c->sum;
	char busy[120] = "";

	if (sum->unjudged)
		snprintf(busy, sizeof busy, "%" PRIu64 " cases are not judged: the machine was too "
		         "busy to run both sides\n", sum->unjudged);
	snprintf(buf, cap, "seed %" PRIu64 ": %" PRIu64 " cases in %.1f s, %.0f/s; %" PRIu64
	         " probes of the next bind, %u trials of stall, pace and recovery\n%s"
	         "%" PRIu64 " connections, %" PRIu64 " round trips\n%u cells of the session "
	         "tables, %u of RTSE's, %u pairs of cell and reaction\n%" PRIu64
	         " messages acknowledged, %" PRIu64 " came out\nfastest bind %.2f ms at first, "
	         "%.2f ms at the end; descriptors %u, then %u; memory %" PRIu64 " KiB, then %"
	         PRIu64 "\n%zu different failures\n", c->config->seed, sum->cases, s,
	         s > 0 ? (double)sum->cases / s : 0, sum->probes, sum->trials, busy,
	         sum->connections,
	         sum->rounds, c->coverage.cells_n, c->coverage.rtse_n, c->coverage.pairs_n,
	         sum->accepted, sum->delivered, (double)sum->bind_first_us / 1e3,
	         (double)sum->bind_last_us / 1e3, sum->before.descriptors, sum->after.descriptors,
	         sum->before.kib, sum->after.kib, c->failures_n);
}

/* --- failures ------------------------------------------------------------------------------ */

enum { TRIES = 3, BISECTIONS = 40 };

static void show_replay(struct rerun *r, const struct casefile *f)
{
	cli_progress("replay %u: %zu case%s on %u lane%s: %s", r->tries, f->n, f->n == 1 ? "" : "s",
	             f->lanes, f->lanes == 1 ? "" : "s", f->signature);
}

static bool write_failure(const struct campaign *c, const struct casefile *f, size_t i,
                          const char *folder, char path[static FOLDER_PATH])
{
	char name[48];

	snprintf(name, sizeof name, "%s%zu", folder == c->config->folder ? "failures/" : "fuzz-",
	         folder == c->config->folder ? i + 1 : (size_t)c->config->seed * 100 + i + 1);
	return folder_join(path, folder, name, ".scn") &&
	       casefile_write(f, c->config->engine.target, path);
}

/* By itself, else with its predecessors, and so often of so many. */
static void confirm(const struct campaign *c, size_t i, const struct options *o)
{
	const struct campaign_failure *was = &c->failures[i];
	struct rerun r = { .engine = c->config->engine, .show = show_replay };
	struct casefile f = { .lanes = 1, .n = 1, .cases = calloc(1, sizeof *f.cases) };
	char path[FOLDER_PATH], mta[FOLDER_PATH];
	unsigned k = 0;
	bool found;

	r.engine.captures = NULL;
	if (!f.cases)
		return;
	snprintf(f.signature, sizeof f.signature, "%s", was->first.signature);
	snprintf(f.defects, sizeof f.defects, "%s", c->config->engine.defects);
	if (folder_join(mta, c->config->folder, "replay", "") && folder_make(mta) &&
	    c->config->engine.folder)
		r.engine.folder = mta;
	f.cases[0] = was->first.c;
	found = rerun_confirm(&r, &f, 1) > 0 ||
	        rerun_walk_back(&r, &f, c->config->seed, was->past, was->past_n,
	                         c->config->engine.lanes);
	r.most = r.tries + BISECTIONS;
	if (found && f.n > 1)
		rerun_bisect(&r, &f);
	if (found)
		k = rerun_confirm(&r, &f, TRIES);
	cli_progress_clear();
	printf("     %s", found ? "" : "it did not come again; ");
	if (write_failure(c, &f, i, c->config->folder, path))
		printf("%u of %d with %zu case%s on %u lane%s: x400rig shrink %s\n", k, TRIES, f.n,
		       f.n == 1 ? "" : "s", f.lanes, f.lanes == 1 ? "" : "s", path);
	if (found && o->regress)
		write_failure(c, &f, i, o->regress, path);
	casefile_free(&f);
}

static void print_failures(const struct campaign *c, const struct options *o)
{
	char line[400];
	struct text t;

	for (size_t i = 0; i < c->failures_n; i++) {
		const struct campaign_failure *f = &c->failures[i];

		text_init(&t, line, sizeof line);
		fuzz_case_text(&t, &f->first.c);
		printf("FAIL %s\n     case %s\n     seen %" PRIu64 " times, first after %" PRIu64
		       " cases, %.1f s\n", f->first.text, line, f->times, f->at,
		       (double)f->at_us / 1e6);
		fflush(stdout);
		if (!o->once)
			confirm(c, i, o);
	}
}

static bool write_coverage(const struct campaign *c, const char *text)
{
	static const char *const names[] = { "corpus", "coverage.json", "coverage.html" };
	const struct signatures *signatures = c->config->engine.signatures;
	char path[FOLDER_PATH];
	bool all = true;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		FILE *f = folder_join(path, c->config->folder, names[i], "") ?
		          folder_create_file(path)
		                                                             : NULL;
		bool ok = f && (i == 0 ? atlas_corpus(&c->coverage, f)
		                : i == 1 ? atlas_json(&c->coverage, signatures, f)
		                : atlas_html(&c->coverage, signatures, f, "Teardown fuzzing",
		                             text));

		if (f && fclose(f) != 0)
			ok = false;
		all &= ok;
	}
	return all;
}

static int report(const struct campaign *c, const struct options *o)
{
	char text[800];

	cli_progress_clear();
	summary(c, text, sizeof text);
	print_failures(c, o);
	fputs(text, stdout);
	printf("%s\n", c->config->folder);
	if (!write_coverage(c, text)) {
		fprintf(stderr, "x400rig fuzz: %s: the coverage cannot be written\n",
		        c->config->folder);
		return EXIT_TROUBLE;
	}
	return c->failures_n ? EXIT_FAIL : cli_stop ? EXIT_INTERRUPTED : EXIT_ALL_PASS;
}

/* --- what comes of a capture --------------------------------------------------------------- */

/* Contents lie beside the scenarios of failures, which name them. */
static bool take_seeds(const struct options *o, const struct campaign_config *c)
{
	char why[400] = "no folder for what it holds", beside[FOLDER_PATH];
	char passing[] = "/tmp/x400rig-fuzz-XXXXXX";
	bool ok = o->list ? mkdtemp(passing) && folder_join(beside, passing, "seed", "")
	                  : folder_join(beside, c->folder, "failures", "");

	ok = ok && seed_take(o->from, c->engine.target, beside, why, sizeof why);
	if (!ok)
		fprintf(stderr, "x400rig fuzz: %s\n", why);
	if (o->list)
		folder_remove(passing);
	return ok;
}

/* Which conversations, and how far the MTA goes along with them. */
static void say_seeds(const char *capture)
{
	for (size_t i = 0; i < seed_paths(); i++) {
		const struct fuzz_path *p = seed_path(i);
		uint8_t reach = seed_reach(i);

		fprintf(stderr, "x400rig fuzz: %s: %s: %u steps, %s%s\n", capture, p->name, p->n,
		        reach < p->n ? "the MTA does not go along with " : "all are answered",
		        reach < p->n ? fuzz_sentence(p->steps[reach])->name : "");
	}
}

/* --- running ------------------------------------------------------------------------------ */

static bool take_shard(const char *text, struct campaign_config *c)
{
	uint64_t k = 1, n = 1;

	if (text && !cli_shard("fuzz", text, &k, &n))
		return false;
	c->shard = k - 1;
	c->shards = n;
	return true;
}

static void name_folder(char *buf, size_t cap)
{
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	strftime(buf, cap, "fuzz-%Y%m%d-%H%M%S", &tm);
}

static void join_defects(const struct cli_list *list_of, char *buf, size_t cap)
{
	buf[0] = '\0';
	for (size_t i = 0; i < list_of->n; i++) {
		size_t n = strlen(buf);

		snprintf(buf + n, cap - n, "%s%s", n ? "," : "", list_of->at[i]);
	}
}

static int run(struct campaign_config *c, const struct options *o)
{
	struct campaign *k = calloc(1, sizeof *k);
	char why[400];
	int status = EXIT_TROUBLE;

	if (!k)
		return EXIT_TROUBLE;
	cli_catch_signals();
	c->engine.stop = &cli_stop;
	k->show = show;
	if (campaign_run(k, c, why, sizeof why)) {
		cli_progress_clear();
		if (o->from)
			say_seeds(o->from);
		status = report(k, o);
	} else {
		fprintf(stderr, "x400rig fuzz: %s\n", why);
	}
	campaign_free(k);
	free(k);
	return status;
}

static bool load(struct suite *s, struct signatures *signatures, const struct options *o)
{
	return suite_target(s, o->target) &&
	       cli_plain_side("fuzz", s->target, &s->target->sides[SIDE_UP]) &&
	       cli_signatures("fuzz", signatures, &o->signatures);
}

/* What is loaded late first.  A list is drawn without the MTA.  false: said. */
static bool be_confined(struct campaign_config *c, const struct options *o)
{
	if (o->from)
		capture_prepare(o->from, false);
	if (o->list) {
		cli_confine("fuzz", CONFINE_CODE);
		return true;
	}
	cli_logs_of_target("fuzz", c->engine.target);
	if (!pages_ready("fuzz") || !cli_hand("fuzz", c->engine.target, &c->engine.hand))
		return false;
	cli_confine("fuzz", CLI_LIVE);
	return true;
}

/* Never more associations than the target declares. */
static bool bound_lanes(struct campaign_config *c, uint64_t lanes)
{
	int64_t most = target_value(c->engine.target, KNOWN_ASSOCIATIONS);

	if (lanes == 0 || lanes > 1000)
		return cli_wrong("fuzz", "--lanes: 1 to 1000"), false;
	if (!c->engine.target->lab && (int64_t)lanes * FUZZ_CONNS > most)
		lanes = most > FUZZ_CONNS ? (uint64_t)(most / FUZZ_CONNS) : 1;
	c->engine.lanes = (unsigned)lanes;
	return true;
}

static int fuzz(const struct options *o)
{
	struct suite s = { 0 };
	struct signatures signatures = { 0 };
	char folder[64], defects[256], logs[FOLDER_PATH], captures[FOLDER_PATH];
	struct campaign_config c = {
		.seed = o->seed, .first = o->first, .cases = o->cases,
		.time_us = (int64_t)o->seconds * SECOND_US, .failures = (unsigned)o->failures,
		.steer = o->steer, .order = o->order, .resume = o->resume, .folder = o->out,
	};
	int status = EXIT_USAGE;

	name_folder(folder, sizeof folder);
	if (!c.folder)
		c.folder = folder;
	join_defects(&o->defects, defects, sizeof defects);
	if (!take_shard(o->shard, &c))
		return EXIT_USAGE;
	if (o->list && !o->from)
		return list(o, &c);
	if (load(&s, &signatures, o) && folder_join(logs, c.folder, "mta", "")) {
		c.engine = (struct engine_config){
			.target = s.target, .signatures = &signatures, .defects = defects,
			.folder = s.target->lab ? logs : NULL, .is_virtual = o->is_virtual,
			.seed = o->seed, .rate = (unsigned)o->rate,
			.probe_every = (unsigned)o->every,
		};
		if (o->captures && folder_join(captures, c.folder, "cases", "") &&
		    folder_make(captures))
			c.engine.captures = captures;
		if (!be_confined(&c, o))
			status = EXIT_TROUBLE;
		else if (o->from && !take_seeds(o, &c))
			status = EXIT_USAGE;
		else if (o->list)
			status = list(o, &c);
		else if (bound_lanes(&c, o->lanes))
			status = folder_make(logs) ? run(&c, o) : EXIT_TROUBLE;
	}
	if (s.report.text)
		fputs(s.report.text, stderr);
	signatures_free(&signatures);
	suite_free(&s);
	return status;
}

int cmd_fuzz(int argc, char **argv)
{
	static const char *const examples[] = {
		"x400rig fuzz teardown --time 60",
		"x400rig fuzz teardown --list --cases 20 --seed 7",
		"x400rig fuzz teardown --target plant.target --lanes 3 --rate 50 --cases 100000",
		"x400rig fuzz teardown --from field.pcap --time 60",
		"x400rig fuzz teardown --defect Q266792",
		NULL,
	};
	struct options o = { .target = "lab", .seed = 1, .lanes = 64, .every = 100, .failures = 5 };
	const struct cli_option options[] = {
		CLI_LAB_OPTIONS(&o),
		{ .name = "seed", .value = "N", .number = &o.seed, .text = "of the list of cases "
		  "(1)" },
		{ .name = "first", .value = "N", .number = &o.first, .text = "begin with this case "
		  "(0)" },
		{ .name = "cases", .letter = 'n', .value = "N", .number = &o.cases,
		  .text = "so many (default: until --time or an interrupt)" },
		{ .name = "time", .value = "SECONDS", .number = &o.seconds, .text = "so long" },
		{ .name = "rate", .value = "N", .number = &o.rate, .text = "cases per second at "
		  "most" },
		{ .name = "lanes", .letter = 'l', .value = "N", .number = &o.lanes,
		  .text = "cases at the same time (64; no more than the target takes)" },
		{ .name = "shard", .value = "K/N", .string = &o.shard, .text = "part K of N of the "
		  "cases" },
		{ .name = "probe-every", .value = "N", .number = &o.every,
		  .text = "ask for the next bind after so many cases (100)" },
		{ .name = "failures", .value = "N", .number = &o.failures,
		  .text = "stop after so many different ones (5; 0: never)" },
		{ .name = "steer", .flag = &o.steer,
		  .text = "prefer cells that were seen least, and write the order down" },
		{ .name = "order", .value = "FILE", .string = &o.order,
		  .text = "the cases of this file, in its order" },
		{ .name = "from", .value = "CAPTURE", .string = &o.from,
		  .text = "end the conversations of this capture, each at all its points" },
		{ .name = "out", .letter = 'o', .value = "DIR", .string = &o.out,
		  .text = "folder of the campaign (fuzz-DATE-TIME)" },
		{ .name = "regress", .value = "DIR", .string = &o.regress,
		  .text = "collect failures there, as scenarios for `run`" },
		{ .name = "captures", .flag = &o.captures,
		  .text = "a capture of each case, DIR/cases/NUMBER.pcapng" },
		{ .name = "once", .flag = &o.once,
		  .text = "do not try failures again: they are told, and no file is written" },
		{ .name = "continue", .flag = &o.resume, .text = "go on where --out DIR stopped" },
		CLI_SIGNATURES_OPTION(o.signatures),
		{ .name = "list", .flag = &o.list, .text = "only print the cases (100)" },
		{ .name = NULL },
	};
	const struct cli_help help = {
		"fuzz", "teardown", "Ends connections at every point of the protocol and in every "
		"way, and holds the MTA's reactions against the state tables; the next bind, the "
		"ledger, its log and its resources must not suffer. Case i depends on the seed and "
		"on i alone.", options, examples,
	};
	int at = cli_parse(argc, argv, &help);

	if (at < 0)
		return at == CLI_DONE ? EXIT_ALL_PASS : EXIT_USAGE;
	if (argc - at != 1 || strcmp(argv[at], "teardown") != 0)
		return cli_wrong("fuzz", "what is to be fuzzed: teardown");
	return fuzz(&o);
}
