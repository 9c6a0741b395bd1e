#include "capture/provenance.h"

#include "capture/memory.h"

#include <stdlib.h>
#include <string.h>

/* A table of this size is had in any case: it is too small to be thinned. */
enum { RUNS_FIRST = 8 };

static bool grow(struct provenance *p, struct provenance_budget *b)
{
	uint32_t cap = p->cap ? p->cap * 2 : RUNS_FIRST;
	uint32_t cost = p->cap ? cap - p->cap : 0;
	struct provenance_run *at;

	if (cost > b->left)
		return false;
	at = capture_grow(p->at, cap * sizeof *at);
	if (!at)
		return false;
	b->left -= cost;
	p->at = at;
	p->cap = cap;
	return true;
}

static struct provenance_run merged(struct provenance_run a, struct provenance_run b)
{
	if (a.first == 0 || (b.first != 0 && b.first < a.first))
		a.first = b.first;
	if (b.last > a.last)
		a.last = b.last;
	return a;
}

static void thin(struct provenance *p)
{
	uint32_t half = p->n / 2, kept = 0;

	for (uint32_t i = 0; i + 1 < half; i += 2)
		p->at[kept++] = merged(p->at[i], p->at[i + 1]);
	if (half % 2)
		p->at[kept++] = p->at[half - 1];
	memmove(&p->at[kept], &p->at[half], (p->n - half) * sizeof *p->at);
	p->n = p->n - half + kept;
}

void provenance_add(struct provenance *p, struct provenance_budget *b,
                    uint64_t offset, uint32_t frame)
{
	if (p->n && p->at[p->n - 1].first == frame && p->at[p->n - 1].last == frame)
		return;
	if (p->n == p->cap && !grow(p, b)) {
		if (p->n == 0)
			return;		/* not even a first table: nothing is known */
		thin(p);
	}
	p->at[p->n++] = (struct provenance_run){ offset, frame, frame };
}

bool provenance_run(const struct provenance *p, uint64_t offset, uint32_t *first, uint32_t *last,
                    uint64_t *end)
{
	uint32_t low = 0, high = p->n, step = 1;

	/* Mostly one of the frames that came last is meant. */
	for (; step <= high && p->at[high - step].offset > offset; step *= 2)
		high -= step;
	if (step <= high)
		low = high - step + 1;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (p->at[middle].offset <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	*end = low < p->n ? p->at[low].offset : UINT64_MAX;
	if (low == 0 || p->at[low - 1].first == 0)
		return false;
	*first = p->at[low - 1].first;
	*last = p->at[low - 1].last;
	return true;
}

void provenance_drop(struct provenance *p, struct provenance_budget *b)
{
	if (p->cap > RUNS_FIRST)
		b->left += p->cap - RUNS_FIRST;
	free(p->at);
	*p = (struct provenance){ NULL, 0, 0 };
}
