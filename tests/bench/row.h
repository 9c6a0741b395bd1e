/* Lines for tests/bench/table.py: see there. */
#ifndef BENCH_ROW_H
#define BENCH_ROW_H

#include <stdint.h>
#include <stdio.h>

/* `n` samples of each, divided by `by`.  `beside` NULL: nothing bare was run. */
static inline void bench_rows(const char *what, const char *unit, const char *bar,
                              const int64_t *ours, const char *beside, const int64_t *theirs,
                              int n, double by)
{
	printf("row\t%s\t%s\t%s\t", what, unit, bar);
	for (int i = 0; i < n; i++)
		printf("%.6g ", (double)ours[i] / by);
	if (beside)
		printf("\t%s\t", beside);
	for (int i = 0; beside && i < n; i++)
		printf("%.6g ", (double)theirs[i] / by);
	printf("\n");
	fflush(stdout);
}

/* One sample of each. */
static inline void bench_row(const char *what, const char *unit, const char *bar, double ours,
                             const char *beside, double theirs)
{
	int64_t a = (int64_t)(ours * 1e6), b = (int64_t)(theirs * 1e6);

	bench_rows(what, unit, bar, &a, beside, &b, 1, 1e6);
}

#endif
