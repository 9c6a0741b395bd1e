/*
 * run: scenarios against an MTA, their verdicts, the run folder.
 */
#include "base/text.h"
#include "capture/packets.h"
#include "cli/jobs.h"
#include "cli/live.h"
#include "cli/mask.h"
#include "cli/outcome.h"
#include "cli/mta_logs.h"
#include "cli/pages.h"
#include "cli/run_folder.h"
#include "mta/mta.h"
#include "report/baseline.h"
#include "scenario/footprint.h"
#include "scenario/ping.h"
#include "scenario/random.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int cmd_run(int argc, char **argv);

enum {
	/* --until-fail without --repeat: more than anyone waits for. */
	ATTEMPTS_MAX = 1000000,
	LAB_JOBS = 8,
	SEED_TEXT = 24,
	NAME_TEXT = SCENARIO_ID + 12,
};

struct options {
	const char *target, *out, *shard, *baseline, *packets;
	struct cli_list signatures;
	struct cli_list exclude, defects, purposes, tags;
	bool unasked;			/* nobody looks whether the MTA is there */
	uint64_t seed, jobs, repeat;
	bool is_virtual, by_kernel, punctual, quiet, until_fail;
	struct cli_mask mask;
};

struct running {
	const struct options *options;
	struct suite suite;
	struct run_folder folder;
	struct run_config config;
	struct baseline *baseline;	/* NULL: none */
	struct lexer_report baseline_report;
	struct results results;
	struct result_sum sum;
	size_t attempts;
	struct footprint *footprints;	/* of the cases, if they share the target; owned */
	bool gone;			/* the MTA does not answer any more */
	bool cut_short;			/* by our own trouble */
	char started[32];		/* UTC */
};

/* --- is it there? ------------------------------------------------------------------- */

/* An MTA that does not answer a plain bind fails everything: that is one error, not as
 * many failures as there are cases. */
static bool sane(const struct running *k, bool quiet)
{
	char why[PING_WHY] = "";
	struct ping_config c = { .proof = NULL };
	struct ping_result r = { 0 };
	struct net *net;
	bool ok;

	if (k->options->unasked)
		return true;
	net = net_kernel_new();
	ok = net && ping_target(&c, net, k->suite.target, why);

	if (ok) {
		c.stop = &cli_stop;
		ok = ping(net, &c, &r);
		snprintf(why, sizeof why, "%s", r.why);
		ok = ok || (!target_binds(k->suite.target) && r.stage >= PING_TRANSPORT);
	}
	ping_config_free(&c);
	net_free(net);
	if (!ok && !quiet)
		fprintf(stderr, "x400rig run: target %s does not take a plain bind (%s): %s\n"
		        "(x400rig ping --target FILE tells more)\n", k->suite.target->name,
		        ping_stage_name(r.stage), why);
	return ok;
}

/* Before the first case and after one that went wrong: an MTA that does not answer is
 * brought back by the target's hook, so that the cases that follow mean something.
 * false: it stays away. */
static bool revive(const struct running *k)
{
	const enum target_program restart = (enum target_program)(PROGRAM_HOOKS + HOOK_RESTART);
	const struct target *t = k->suite.target;
	int out;

	if (t->lab || cli_stop || sane(k, true))
		return true;
	if (!target_command(t, restart))
		return sane(k, false);
	fprintf(stderr, "x400rig run: target %s does not answer; running its restart hook\n",
	        t->name);
	out = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (hand_run(k->config.hand, restart, out) != 0)
		fprintf(stderr, "x400rig run: the restart hook failed\n");
	close(out);
	return sane(k, false);
}

/* --- one case --------------------------------------------------------------------- */

static void progress(void *ctx, const struct scenario *sc, const char *doing)
{
	const struct running *k = ctx;

	cli_progress("%u/%zu  %u pass %u fail  %s: %s", k->sum.all + 1, k->suite.n * k->attempts,
	             k->sum.pass, k->sum.fail + k->sum.error, sc->id, doing);
}

/* Piece i of the run: each case once, then each a second time ... */
struct piece {
	const struct scenario *sc;
	struct run_config config;
	char name[NAME_TEXT];
	unsigned attempt;
	bool own;			/* of a file: the folder keeps a copy of it */
};

/* The command that runs this one case again. */
static void command(const struct running *k, const struct piece *p, char *out, size_t cap)
{
	const struct options *o = k->options;

	snprintf(out, cap, "x400rig run %s%s%s%s%s%s%s%s%s%s --seed 0x%" PRIx64,
	         p->own ? k->folder.path : "", p->own ? "/scenarios/" : "", p->sc->id,
	         p->own ? ".scn" : "", o->target ? " --target " : "",
	         o->target ? o->target : "", k->config.defects[0] ? " --defect " : "",
	         k->config.defects, o->is_virtual ? " --virtual" : "",
	         o->by_kernel ? " --kernel" : "", p->config.seed);
}

static bool expected(const struct running *k, const struct result *r)
{
	return k->baseline &&
	       baseline_expects(k->baseline, r->id, r->verdict, r->reason, r->article);
}

/* The record of a case as a line, and the text for people below it.  Names are masked where
 * something is written to be handed on, and nowhere else: cases need them. */
static void tell(const struct running *k, const struct piece *p, const struct case_result *r,
                 FILE *out)
{
	const char *purposes[SCENARIO_PURPOSES_MAX];
	char again[3 * FOLDER_PATH], seed[SEED_TEXT];
	struct result result;

	command(k, p, again, sizeof again);
	snprintf(seed, sizeof seed, "0x%016" PRIx64, p->config.seed);
	result = outcome_result(p->sc, r, again, seed, purposes);
	result.attempt = p->attempt;
	result.expected = expected(k, &result);
	result_write(out, &result);
	text_mask(k->config.mask);
	outcome_text(out, &p->config, p->sc, r, &result);
	text_mask(NULL);
}

static void piece_of(const struct running *k, size_t i, struct piece *p)
{
	p->sc = k->suite.at[i % k->suite.n].scenario;
	p->own = k->suite.at[i % k->suite.n].own;
	p->attempt = (unsigned)(i / k->suite.n) + 1;
	p->config = k->config;
	p->config.seed += p->attempt - 1;
	snprintf(p->name, sizeof p->name, "%s.%u", p->sc->id, p->attempt);
	p->config.name = p->attempt > 1 ? p->name : NULL;
}

/* A case that shares the target with others sees it with spare sides in place, and
 * does not read its logs: they are of all of them. */
static void share(const struct running *k, uint64_t hold, struct target *t,
                  struct run_config *config)
{
	footprint_target(k->suite.target, hold, t);
	config->target = t;
	config->logs_shared = !footprint_alone(hold);
}

static bool work(void *ctx, size_t i, uint64_t hold, FILE *out)
{
	struct running *k = ctx;
	struct case_result *r = calloc(1, sizeof *r);
	struct target *t = calloc(1, sizeof *t);
	bool fine = false;
	struct piece p;

	if (r && t) {
		piece_of(k, i, &p);
		if (k->footprints)
			share(k, hold, t, &p.config);
		runner_case(&p.config, p.sc, r);
		tell(k, &p, r, out);
		fine = r->verdict <= VERDICT_INCONCLUSIVE;
	}
	free(r);
	free(t);
	return fine;
}

static uint64_t admit(void *ctx, size_t i, const uint64_t *held, size_t n)
{
	const struct running *k = ctx;

	return footprint_take(&k->footprints[i % k->suite.n], k->suite.target, held, n);
}

static bool settle(void *ctx)
{
	struct running *k = ctx;

	if (revive(k))
		return true;
	k->gone = true;
	return false;
}

/* What there is to say of a case whose process died. */
static char *obituary(const struct running *k, size_t i, int status, size_t *length)
{
	struct case_result *r = calloc(1, sizeof *r);
	char *text = NULL;
	FILE *out = r ? open_memstream(&text, length) : NULL;
	struct piece p;

	if (out) {
		piece_of(k, i, &p);
		r->verdict = VERDICT_ERROR;
		snprintf(r->trouble, sizeof r->trouble, WIFSIGNALED(status)
		         ? "the rig's process died of signal %d"
		         : "the rig's process ended with status %d",
		         WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
		tell(k, &p, r, out);
		fclose(out);
	}
	free(r);
	return text;
}

static bool book(struct running *k, const char *text, size_t length)
{
	const char *end = memchr(text, '\n', length);
	char why[RESULT_WHY];
	const struct result *r;
	size_t line = end ? (size_t)(end - text) + 1 : length;
	bool added;

	cli_progress_clear();
	snprintf(why, sizeof why, "out of memory");
	text_mask(k->config.mask);
	added = length && *text == '{' && results_add(&k->results, text, line, why);
	text_mask(NULL);
	if (!added) {
		fprintf(stderr, "x400rig run: a result was lost: %s\n", why);
		k->sum.against[VERDICT_ERROR]++;
		return true;
	}
	r = &k->results.at[k->results.n - 1];
	result_sum_add(&k->sum, r);
	fwrite(text, 1, line, k->folder.results);
	fflush(k->folder.results);
	fwrite(text + line, 1, length - line, stdout);
	fflush(stdout);
	return !(k->options->until_fail && result_counts(r));
}

static bool done(void *ctx, size_t i, const char *text, size_t length)
{
	struct running *k = ctx;
	char *last;
	bool more;

	if (text)
		return book(k, text, length);
	last = obituary(k, i, (int)length, &length);
	more = book(k, last ? last : "", last ? length : 0);
	free(last);
	return more;
}

static void idle(void *ctx)
{
	const struct running *k = ctx;

	cli_progress("%u of %zu  %u pass %u fail", k->sum.all, k->suite.n * k->attempts,
	             k->sum.pass, k->sum.fail + k->sum.error);
}

/* --- all of them ------------------------------------------------------------------- */

static bool begin(struct running *k)
{
	char seed[SEED_TEXT];
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(k->started, sizeof k->started, "%Y-%m-%dT%H:%M:%SZ", &tm);
	snprintf(seed, sizeof seed, "0x%016" PRIx64, k->config.seed);
	printf("x400rig: seed %s, target %s%s%s, %zu case%s, results in %s\n", seed,
	       k->suite.target->name, k->config.defects[0] ? " with defect " : "",
	       k->config.defects, k->suite.n, k->suite.n == 1 ? "" : "s", k->folder.path);
	fflush(stdout);
	k->results.head = (struct result_head){
		.target = k->suite.target->name, .started = k->started };
	return result_head_write(k->folder.results, &(struct result_head){
		k->suite.target->name, k->config.defects, seed,
		k->options->shard ? k->options->shard : "1/1", k->started, k->config.is_virtual });
}

static int end(struct running *k)
{
	bool written;

	if (cli_stop)
		k->sum.interrupted = true;
	result_sum_text(stdout, &k->sum);
	results_merge(&k->results);
	text_mask(k->config.mask);
	written = run_folder_finish(&k->folder, &k->results);
	text_mask(NULL);
	if (!written) {
		fprintf(stderr, "x400rig run: %s: %s\n", k->folder.path, strerror(errno));
		return EXIT_TROUBLE;
	}
	if (k->gone || k->cut_short)
		return EXIT_TROUBLE;
	return k->sum.interrupted ? 128 + (cli_stop ? cli_stop : 2)
	                          : (int)outcome_status(&k->sum);
}

/* What each case takes of a target that it shares. */
static bool measure(struct running *k)
{
	k->footprints = calloc(k->suite.n, sizeof *k->footprints);
	for (size_t i = 0; k->footprints && i < k->suite.n; i++)
		footprint_of(k->suite.at[i].scenario, k->suite.target, &k->footprints[i]);
	return k->footprints;
}

/* Each case has a lab MTA of its own, and most cases wait most of their time; what is shared,
 * or takes the processor's whole time, is taken one at a time unless it is said. */
static unsigned jobs_of(const struct running *k)
{
	const struct options *o = k->options;

	if (o->jobs)
		return (unsigned)o->jobs;
	return k->suite.target->lab && !o->is_virtual && !o->by_kernel && !o->packets ? LAB_JOBS :
	       1;
}

static int run_all(struct running *k)
{
	const struct options *o = k->options;
	struct jobs j = {
		.jobs = jobs_of(k), .work = work, .done = done,
		.settle = k->suite.target->lab ? NULL : settle, .idle = idle, .ctx = k,
		.stop = &cli_stop };

	k->attempts = o->repeat ? o->repeat : o->until_fail ? ATTEMPTS_MAX : 1;
	j.n = k->suite.n * k->attempts;
	if (j.jobs > 1 && !k->suite.target->lab) {
		if (!measure(k))
			return EXIT_TROUBLE;
		j.admit = admit;
	}
	if (j.jobs == 1) {
		k->config.progress = progress;
		k->config.progress_ctx = k;
	}
	cli_progress_quiet(o->quiet);
	cli_catch_signals();
	if (!revive(k))
		return EXIT_TROUBLE;
	if (!begin(k)) {
		fprintf(stderr, "x400rig run: %s: %s\n", k->folder.path, strerror(errno));
		return EXIT_TROUBLE;
	}
	runner_keep_memory();
	if (!jobs_run(&j)) {
		fprintf(stderr, "x400rig run: not all cases could be run: %s\n", strerror(errno));
		k->cut_short = true;
	}
	return end(k);
}

/* Without the right to record the run goes on, and says so once. */
static void probe_packets(struct running *k)
{
	const char *device = k->options->packets;
	char why[512];
	struct packets *p;

	if (!device)
		return;
	p = packets_open(device, "/dev/null", NULL, 0, why, sizeof why);
	if (p)
		k->config.packets = device;
	else
		fprintf(stderr, "x400rig run: packets are not recorded: %s\n", why);
	packets_close(p);
}

/* --- setting up --------------------------------------------------------------------- */

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

static int check_options(struct running *k)
{
	const struct options *o = k->options;
	bool lab = k->suite.target->lab;
	struct mta_config any = { .defects = 0 };
	char unknown[MTA_DEFECT_NAME];

	if (o->is_virtual && !lab)
		return cli_wrong("run", "virtual time is for the lab MTA only");
	if (o->is_virtual && o->by_kernel)
		return cli_wrong("run", "--kernel is real: it does not go with --virtual");
	if (o->is_virtual && o->packets)
		return cli_wrong("run", "--packets: in virtual time there are none");
	if (o->defects.n && !lab)
		return cli_wrong("run", "defects are for the lab MTA only");
	if (!take_defects(k))
		return cli_wrong("run", "too many defects");
	if (!mta_defects_add(&any, k->config.defects, unknown))
		return cli_wrong("run", "no defect \"%s\"; x400rig mta --defect list shows them",
		                 unknown);
	if (o->jobs > JOBS_MAX)
		return cli_wrong("run", "--jobs: at most %d", JOBS_MAX);
	if (o->repeat > ATTEMPTS_MAX)
		return cli_wrong("run", "--repeat: at most %d", ATTEMPTS_MAX);
	return EXIT_ALL_PASS;
}

static int choose(struct running *k, char **names, int n)
{
	const struct options *o = k->options;
	int status = suite_choose(&k->suite, "run", names, n, &o->exclude);

	if (status == EXIT_ALL_PASS)
		status = suite_keep_tags(&k->suite, "run", &o->tags, names, n);
	if (status == EXIT_ALL_PASS && o->purposes.n)
		status = suite_keep_purposes(&k->suite, "run", &o->purposes);
	if (status == EXIT_ALL_PASS && o->shard)
		status = suite_keep_shard(&k->suite, "run", o->shard);
	return status;
}

static int set_up(struct running *k, char **names, int n)
{
	const struct options *o = k->options;
	int status;

	if (!suite_target(&k->suite, o->target ? o->target : "lab"))
		return EXIT_USAGE;
	if (o->baseline) {
		k->baseline = baseline_read(o->baseline, &k->baseline_report);
		if (!k->baseline)
			return EXIT_USAGE;
	}
	status = check_options(k);
	if (status == EXIT_ALL_PASS)
		status = choose(k, names, n);
	if (status != EXIT_ALL_PASS)
		return status;
	if (!pages_ready("run"))
		return EXIT_TROUBLE;
	cli_logs_of_target("run", k->suite.target);
	if (run_folder_make(&k->folder, o->out, &o->signatures, &k->suite))
		return EXIT_ALL_PASS;
	if (k->folder.report.errors)
		return EXIT_USAGE;
	if (errno == EEXIST)
		return cli_wrong("run", "%s holds a run already; remove it or name another folder",
		                 k->folder.path);
	fprintf(stderr, "x400rig run: %s: %s\n", k->folder.path, strerror(errno));
	return EXIT_TROUBLE;
}

/* Not by kernel: each case makes namespaces and runs ip(8) and tc(8).  false: said. */
static bool be_confined(struct running *k)
{
	const struct options *o = k->options;

	if (!cli_hand("run", k->suite.target, &k->config.hand))
		return false;
	if (!o->by_kernel)
		cli_confine("run", CLI_LIVE | (k->config.packets ? CONFINE_PACKETS : 0) |
		                   (o->punctual ? CONFINE_PUNCTUAL : 0));
	return true;
}

static void say_reports(const struct running *k)
{
	const struct lexer_report *const reports[] = {
		&k->suite.report, &k->baseline_report, &k->folder.report };

	for (size_t i = 0; i < sizeof reports / sizeof reports[0]; i++)
		if (reports[i]->text)
			fputs(reports[i]->text, stderr);
}

static int run(const struct options *o, char **names, int n)
{
	struct running k = { .options = o };
	int status;

	k.config = (struct run_config){
		.signatures = &k.folder.signatures, .folder = k.folder.path,
		.program = cli_program(), .seed = o->seed,
		.is_virtual = o->is_virtual, .by_kernel = o->by_kernel,
		.punctual = o->punctual, .mask = o->mask.made, .stop = &cli_stop };
	status = set_up(&k, names, n);
	say_reports(&k);
	k.config.target = k.suite.target;
	probe_packets(&k);
	if (status == EXIT_ALL_PASS)
		status = be_confined(&k) ? run_all(&k) : EXIT_TROUBLE;
	free(k.footprints);
	results_free(&k.results);
	baseline_free(k.baseline);
	lexer_report_free(&k.baseline_report);
	run_folder_free(&k.folder);
	suite_free(&k.suite);
	return status;
}

int cmd_run(int argc, char **argv)
{
	struct options o = { .seed = random_seed() };
	const struct cli_option options[] = {
		CLI_LAB_OPTIONS(&o),
		{ .name = "out", .letter = 'o', .value = "DIR", .string = &o.out,
		  .text = "the run folder (default: run-DATE-TIME)" },
		{ .name = "seed", .letter = 's', .value = "N", .number = &o.seed,
		  .text = "repeat a run's random choices" },
		{ .name = "exclude", .letter = 'x', .value = "GLOB", .list = &o.exclude,
		  .text = "leave these scenarios out" },
		{ .name = "purpose", .letter = 'p', .value = "GLOB", .list = &o.purposes,
		  .text = "only scenarios that serve one of these purposes" },
		{ .name = "unasked", .flag = &o.unasked,
		  .text = "do not look by a plain bind whether the MTA is there" },
		{ .name = "tag", .value = "GLOB", .list = &o.tags,
		  .text = "also scenarios with such a tag (soak), which are left out else" },
		{ .name = "jobs", .letter = 'j', .value = "N", .number = &o.jobs,
		  .text = "cases at a time, as far as the target's associations and sides go (1; 8 "
		          "with a lab MTA in real time)" },
		{ .name = "repeat", .value = "N", .number = &o.repeat,
		  .text = "run all of them N times, with seeds that follow each other" },
		{ .name = "until-fail", .flag = &o.until_fail,
		  .text = "repeat until one fails" },
		{ .name = "shard", .value = "K/N", .string = &o.shard,
		  .text = "only part K of N: for many machines; `report` joins the runs" },
		{ .name = "baseline", .letter = 'b', .value = "FILE", .string = &o.baseline,
		  .text = "failures that are known: they do not count" },
		{ .name = "kernel", .flag = &o.by_kernel,
		  .text = "in network namespaces, lines made by tc netem and tbf (root)" },
		{ .name = "punctual", .flag = &o.punctual,
		  .text = "ask for the real-time class of the scheduler: waits end when they "
		          "should, whatever else runs" },
		{ .name = "packets", .value = "IFACE", .string = &o.packets,
		  .text = "record its packets beside each case (lo, any), where permitted" },
		CLI_SIGNATURES_OPTION(o.signatures),
		CLI_MASK_OPTIONS(o.mask),
		{ .name = "quiet", .letter = 'q', .flag = &o.quiet, .text = "no progress line" },
		{ 0 },
	};
	static const char *const examples[] = {
		"x400rig run                          all scenarios against the lab MTA",
		"x400rig run 'basic/*' --virtual      some of them, in no time",
		"x400rig run pop4 --defect Q236586    see a documented fault being caught",
		"x400rig run my.scn -t exchange.target -o today",
		"x400rig run -t exchange.target --baseline known.baseline",
		"x400rig run pop4 --until-fail -j 4   look for what happens rarely",
		NULL,
	};
	const struct cli_help help = {
		"run", "[ID-GLOB, FILE.scn or FOLDER ...]",
		"Runs scenarios against an MTA and prints a verdict for each: pass, fail,\n"
		"inconclusive, error or skip.  Keeps events, captures, logs, JUnit and TAP in a "
		"run\n"
		"folder.  --mask is for what is handed on: the page, JUnit, TAP, timelines, this "
		"text;\n"
		"captures, logs and events stay as they are.  Exit status: 0 all pass, 1 a fail,\n"
		"2 usage, 3 inconclusive, 4 the rig failed, 5 nothing selected, 77 all skipped, "
		"130\n"
		"interrupted.",
		options, examples,
	};
	int first = cli_parse(argc, argv, &help);

	if (first < 0)
		return first == CLI_DONE ? EXIT_ALL_PASS : EXIT_USAGE;
	if (!cli_mask("run", &o.mask))
		return EXIT_USAGE;
	text_mask(NULL);
	return run(&o, argv + first, argc - first);
}
