#include "report/diff.h"

#include <ctype.h>
#include <string.h>

const char *diff_name(enum diff_kind k)
{
	static const char *const names[] = {
		[DIFF_WORSE] = "new failure", [DIFF_BETTER] = "fixed",
		[DIFF_VERDICT] = "other verdict", [DIFF_REASON] = "other reason",
		[DIFF_FLAKY] = "flaky", [DIFF_GONE] = "gone", [DIFF_ADDED] = "added",
	};

	return names[k];
}

/* The attempts of one case: at[from] ... at[to - 1]. */
struct attempts {
	const struct result *first;
	size_t n;
};

static struct attempts attempts_at(const struct results *s, size_t from)
{
	struct attempts a = { from < s->n ? &s->at[from] : NULL, 0 };

	while (from + a.n < s->n && strcmp(s->at[from + a.n].id, a.first->id) == 0)
		a.n++;
	return a;
}

/* The worst of them speaks for the case. */
static const struct result *worst(const struct attempts *a)
{
	const struct result *r = a->first;

	for (size_t i = 1; i < a->n; i++)
		if (a->first[i].verdict > r->verdict)
			r = &a->first[i];
	return r;
}

static bool is_flaky(const struct attempts *a)
{
	for (size_t i = 1; i < a->n; i++)
		if (a->first[i].verdict != a->first->verdict)
			return true;
	return false;
}

/* Sentences that differ only in their numbers say the same. */
static bool same_reason(const char *a, const char *b)
{
	for (; *a && *b; a++, b++) {
		if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
			a += strspn(a, "0123456789.") - 1;
			b += strspn(b, "0123456789.") - 1;
		} else if (*a != *b) {
			return false;
		}
	}
	return *a == *b;
}

/* Whether a baseline knew it or not: the MTA is what is compared. */
static bool fails(const struct result *r)
{
	return r->verdict >= VERDICT_FAIL;
}

/* DIFF_KINDS: nothing worth telling. */
static enum diff_kind compare(const struct attempts *a, const struct attempts *b)
{
	const struct result *was = worst(a), *is = worst(b);

	if (is_flaky(b) && !is_flaky(a))
		return DIFF_FLAKY;
	if (fails(is) != fails(was))
		return fails(is) ? DIFF_WORSE : DIFF_BETTER;
	if (is->verdict != was->verdict)
		return DIFF_VERDICT;
	if (strcmp(is->article, was->article) != 0 || !same_reason(is->reason, was->reason))
		return DIFF_REASON;
	return DIFF_KINDS;
}

struct diff_sum diff_runs(const struct results *was, const struct results *is,
                          void (*put)(void *ctx, enum diff_kind k, const struct result *was,
                                      const struct result *is), void *ctx)
{
	struct diff_sum sum = { { 0 } };
	size_t i = 0, j = 0;

	while (i < was->n || j < is->n) {
		struct attempts a = attempts_at(was, i), b = attempts_at(is, j);
		int order = !a.n ? 1 : !b.n ? -1 : strcmp(a.first->id, b.first->id);
		enum diff_kind k = order < 0 ? DIFF_GONE : order > 0 ? DIFF_ADDED
		                 : compare(&a, &b);

		if (k != DIFF_KINDS) {
			put(ctx, k, order <= 0 ? worst(&a) : NULL, order >= 0 ? worst(&b) : NULL);
			sum.n[k]++;
		}
		i += order <= 0 ? a.n : 0;
		j += order >= 0 ? b.n : 0;
	}
	return sum;
}
