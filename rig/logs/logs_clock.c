#include "logs/logs_clock.h"

#include <stdlib.h>

static int ascending(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* How many log events stand at a wire event of their own with this offset. */
static size_t pairs(const int64_t *log, size_t logs, const int64_t *wire, size_t wires,
                    int64_t offset, int64_t *sum)
{
	size_t n = 0, k = 0;

	*sum = 0;
	for (size_t i = 0; i < logs && k < wires; i++) {
		int64_t at = log[i] + offset;

		while (k < wires && wire[k] < at - LOG_CLOCK_WIDTH_US / 2)
			k++;
		if (k < wires && wire[k] <= at + LOG_CLOCK_WIDTH_US / 2) {
			*sum += wire[k] - log[i];
			n++;
			k++;
		}
	}
	return n;
}

/* The middle of each window of differences that is fuller than its neighbours. */
static bool choose(const int64_t *log, size_t logs, const int64_t *wire, size_t wires,
                   const int64_t *all, size_t n, struct log_clock *out)
{
	size_t second = 0, last = 0;
	int64_t sum, sum_best = 0, offset_best = 0;

	*out = (struct log_clock){ 0, 0 };
	for (size_t i = 0, end = 0; i < n; i++) {
		size_t found;
		int64_t offset;

		while (end < n && all[end] - all[i] <= LOG_CLOCK_WIDTH_US)
			end++;
		/* A window that holds no more than is needed can win nothing. */
		if (end - i < LOG_CLOCK_PAIRS_MIN || (end - i <= out->pairs && end == last))
			continue;
		last = end;
		offset = all[i] + (all[end - 1] - all[i]) / 2;
		found = pairs(log, logs, wire, wires, offset, &sum);
		if (found > out->pairs) {
			if (out->pairs && offset - offset_best > 2 * LOG_CLOCK_WIDTH_US)
				second = out->pairs > second ? out->pairs : second;
			out->pairs = found;
			offset_best = offset;
			sum_best = sum;
		} else if (found > second && offset - offset_best > 2 * LOG_CLOCK_WIDTH_US) {
			second = found;
		}
	}
	if (out->pairs < LOG_CLOCK_PAIRS_MIN || 10 * second > 8 * out->pairs ||
	    2 * out->pairs < logs)
		return false;
	out->offset_us = sum_best / (int64_t)out->pairs;
	return true;
}

bool log_clock_estimate(const int64_t *log, size_t logs, const int64_t *wire, size_t wires,
                        struct log_clock *out)
{
	int64_t *all;
	size_t n = 0;
	bool ok;

	logs = logs < LOG_CLOCK_MAX ? logs : LOG_CLOCK_MAX;
	wires = wires < LOG_CLOCK_MAX ? wires : LOG_CLOCK_MAX;
	all = malloc((logs * wires + 1) * sizeof *all);
	if (!all)
		return false;
	for (size_t i = 0; i < logs; i++)
		for (size_t k = 0; k < wires; k++)
			all[n++] = wire[k] - log[i];
	qsort(all, n, sizeof *all, ascending);
	ok = choose(log, logs, wire, wires, all, n, out);
	free(all);
	return ok;
}
