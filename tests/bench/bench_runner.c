/*
 * What the runner costs: a case of one bind and one release, against an MTA that is
 * already there, less the bind and release themselves.
 *
 *     bench_runner TARGET SCENARIO FOLDER N
 *
 * Both are done N times in turns of 100 in the same process, on loops of their own,
 * so both see the same load.  Counted is the processor time of this process: what the
 * MTA takes is its own.  Rows for tests/bench/table.py.
 */
#include "scenario/ping.h"
#include "scenario/runner.h"

#include "row.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

enum { TURN = 100 };

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

static bool measure(struct run_config *c, const struct scenario *sc, unsigned n)
{
	double bare = 0, cases = 0, at;

	for (unsigned done = 0; done < n; done += TURN) {
		at = processor_us();
		for (unsigned i = 0; i < TURN; i++)
			if (!exchange(c->target))
				return false;
		bare += processor_us() - at;
		at = processor_us();
		for (unsigned i = 0; i < TURN; i++)
			if (!one_case(c, sc, done + i))
				return false;
		cases += processor_us() - at;
	}
	bench_row("a bind and a release, as a case", "us", "", cases / n, "exchange alone", bare / n);
	bench_row("what the runner adds to it", "us", "<100", (cases - bare) / n, NULL, 0);
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

	if (n < TURN)
		return EXIT_FAILURE;
	ok = lexer_load(&ts, argv[1], &report) && target_read(&target, &ts, &report) &&
	     lexer_load(&ss, argv[2], &report);
	if (ok)
		sc = scenario_compile(&ss, &target, &report);
	if (report.text)
		fputs(report.text, stderr);
	c.folder = argv[3];
	runner_keep_memory();
	ok = sc && measure(&c, sc, n - n % TURN);
	scenario_free(sc);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
