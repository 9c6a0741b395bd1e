/*
 * What the runner costs: a case of one bind and one release, against an MTA that is
 * already there, less the bind and release themselves.
 *
 *     bench_runner TARGET SCENARIO FOLDER N
 *
 * Both are done N times in turns of 50 in the same process, on loops of their own,
 * so both see the same load; the median of the turns counts, because some of them meet
 * more of it than others.  Counted is the processor time of this process: what the MTA
 * takes is its own.  Rows for tests/bench/table.py.
 */
#include "scenario/ping.h"
#include "scenario/runner.h"

#include "row.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

enum { TURN = 50, TURNS_MAX = 1000 };

static double processor_us(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static bool exchange(const struct target *t)
{
	char why[PING_WHY] = "";
	struct ping_result r = { 0 };
	struct ping_config c;
	struct net *net = net_kernel_new();
	bool ok = net && ping_target(&c, net, t, why) && ping(net, &c, &r);

	net_free(net);
	if (!ok)
		fprintf(stderr, "bench_runner: %s%s\n", why, r.why);
	return ok;
}

static bool one_case(struct run_config *c, const struct scenario *sc, unsigned number)
{
	static struct case_result result;
	char name[SCENARIO_ID + 16];

	snprintf(name, sizeof name, "%s.%u", sc->id, number);
	c->name = name;
	runner_case(c, sc, &result);
	if (result.verdict != VERDICT_PASS)
		fprintf(stderr, "bench_runner: %s: %s %s\n", name, verdict_name(result.verdict),
		        result.trouble);
	return result.verdict == VERDICT_PASS;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *at, unsigned n)
{
	qsort(at, n, sizeof *at, ascending);
	return (at[(n - 1) / 2] + at[n / 2]) / 2;
}

/* Microseconds of each exchange, and of each case, in a turn. */
static bool turn(struct run_config *c, const struct scenario *sc, unsigned number, double *bare,
                 double *cases)
{
	double at = processor_us();

	for (unsigned i = 0; i < TURN; i++)
		if (!exchange(c->target))
			return false;
	*bare = (processor_us() - at) / TURN;
	at = processor_us();
	for (unsigned i = 0; i < TURN; i++)
		if (!one_case(c, sc, number * TURN + i))
			return false;
	*cases = (processor_us() - at) / TURN;
	return true;
}

static bool measure(struct run_config *c, const struct scenario *sc, unsigned turns)
{
	static double bare[TURNS_MAX], cases[TURNS_MAX], added[TURNS_MAX];

	for (unsigned i = 0; i < turns; i++) {
		if (!turn(c, sc, i, &bare[i], &cases[i]))
			return false;
		added[i] = cases[i] - bare[i];
	}
	bench_row("a bind and a release, as a case", "us", "", median(cases, turns),
	          "exchange alone", median(bare, turns));
	bench_row("what the runner adds to it", "us", "<100", median(added, turns), NULL, 0);
	return true;
}

int main(int argc, char **argv)
{
	static struct target target;
	struct lexer_report report = { 0 };
	struct lexer_source ts, ss;
	struct scenario *sc = NULL;
	struct run_config c = { .target = &target, .seed = 1 };
	unsigned n = argc == 5 ? (unsigned)strtoul(argv[4], NULL, 10) : 0;
	bool ok;

	if (n < TURN || n / TURN > TURNS_MAX)
		return EXIT_FAILURE;
	ok = lexer_load(&ts, argv[1], &report) && target_read(&target, &ts, &report) &&
	     lexer_load(&ss, argv[2], &report);
	if (ok)
		sc = scenario_compile(&ss, &target, &report);
	if (report.text)
		fputs(report.text, stderr);
	c.folder = argv[3];
	runner_keep_memory();
	ok = sc && measure(&c, sc, n / TURN);
	scenario_free(sc);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
