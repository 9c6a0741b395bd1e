/*
 * Which signatures the rows that were found fit, how well, and why.
 */
#include "judge/signature.h"

#include <stdio.h>
#include <string.h>

void signature_score_hit(struct signature_score *score, uint16_t row_id)
{
	if (row_id && signature_of(row_id) < SIGNATURES_MAX)
		score->rows[signature_of(row_id)] |= (uint16_t)(1u << signature_row_of(row_id));
}

bool signature_complete(const struct signatures *s, size_t i, const struct signature_score *score)
{
	const struct signature *sig = &s->at[i];
	bool any = false;

	for (size_t k = 0; k < sig->rows_n; k++) {
		bool found = score->rows[i] >> k & 1;

		if (sig->rows[k].unless ? found : !found && !sig->rows[k].optional)
			return false;
		any |= found && !sig->rows[k].optional;
	}
	return any;
}

/* Rows beyond the ids: a code, a text, a tag each make a row say more. */
static unsigned says(const struct signature_row *row)
{
	return 2u + (row->codes_n > 0) + (row->pattern != NULL) + (row->tag[0] != '\0');
}

static unsigned explained(const struct signatures *s, size_t i,
                          const struct signature_score *score)
{
	const struct signature *sig = &s->at[i];
	unsigned n = 0;

	for (size_t k = 0; k < sig->rows_n; k++)
		if (score->rows[i] >> k & 1 && !sig->rows[k].unless)
			n += says(&sig->rows[k]);
	return n;
}

const struct signature *signature_best(const struct signatures *s,
                                       const struct signature_score *score,
                                       enum signature_weight weight)
{
	const struct signature *best = NULL;
	unsigned most = 0;

	for (size_t i = 0; i < s->n; i++) {
		unsigned n = score->rows[i] ? explained(s, i, score) : 0;

		if (n > most && s->at[i].weight == weight && signature_complete(s, i, score)) {
			best = &s->at[i];
			most = n;
		}
	}
	return best;
}

/* ---- ranking ---- */

struct ranking {
	const struct signatures *s;
	const struct signature_score *score;
};

static bool candidate(const struct ranking *r, size_t i, uint32_t wire,
                      struct signature_candidate *c)
{
	const struct signature *sig = &r->s->at[i];
	bool any = false;

	*c = (struct signature_candidate){ .signature = i, .within = SIZE_MAX,
		.wire_seen = sig->wire & wire, .complete = signature_complete(r->s, i, r->score) };
	for (size_t k = 0; k < sig->rows_n; k++) {
		const struct signature_row *row = &sig->rows[k];
		bool found = r->score->rows[i] >> k & 1;

		if (row->unless) {
			if (found && !c->taken_back)
				c->taken_back = signature_row_id(i, k);
			continue;
		}
		any |= found;
		c->optional += row->optional && found;
		c->found += !row->optional && found;
		c->needed += !row->optional;
	}
	return any;
}

/* Complete before partial, then by weight, by the wire, by what it explains. */
static int compare(const struct ranking *r, const struct signature_candidate *a,
                   const struct signature_candidate *b)
{
	unsigned ea = explained(r->s, a->signature, r->score);
	unsigned eb = explained(r->s, b->signature, r->score);
	int wa = (int)r->s->at[a->signature].weight, wb = (int)r->s->at[b->signature].weight;

	if (a->complete != b->complete)
		return a->complete ? -1 : 1;
	if (wa != wb)
		return wa - wb;
	if ((a->wire_seen != 0) != (b->wire_seen != 0))
		return a->wire_seen ? -1 : 1;
	if (!a->complete && a->found * b->needed != b->found * a->needed)
		return a->found * b->needed > b->found * a->needed ? -1 : 1;
	if (ea != eb)
		return ea > eb ? -1 : 1;
	return a->signature < b->signature ? -1 : 1;
}

static void sort(const struct ranking *r, struct signature_candidate *at, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct signature_candidate c = at[i];
		size_t k = i;

		for (; k > 0 && compare(r, &c, &at[k - 1]) < 0; k--)
			at[k] = at[k - 1];
		at[k] = c;
	}
}

/* Has the better one a found row of this event and code? */
static bool explains(const struct ranking *r, size_t i, const struct signature_row *row)
{
	const struct signature *sig = &r->s->at[i];

	for (size_t k = 0; k < sig->rows_n; k++)
		if (r->score->rows[i] >> k & 1 && !sig->rows[k].unless &&
		    sig->rows[k].kind == row->kind && sig->rows[k].event == row->event &&
		    (!row->codes_n || !sig->rows[k].codes_n ||
		     sig->rows[k].codes[0] == row->codes[0] ||
		     (row->codes_n > 1 && sig->rows[k].codes[0] == row->codes[1])))
			return true;
	return false;
}

static bool is_within(const struct ranking *r, size_t less, size_t more)
{
	const struct signature *sig = &r->s->at[less];

	for (size_t k = 0; k < sig->rows_n; k++) {
		const struct signature_row *row = &sig->rows[k];

		if (row->unless || !(r->score->rows[less] >> k & 1) ||
		    row->kind == ROW_SEQUENCE || row->kind == ROW_REPEAT)
			continue;
		if (row->kind != ROW_EVENT || !explains(r, more, row))
			return false;
	}
	return true;
}

static void say(char *out, size_t cap, size_t *n, const char *fmt, const char *what)
{
	int m = *n < cap ? snprintf(out + *n, cap - *n, fmt, *n ? "; " : "", what) : 0;

	*n += m > 0 ? (size_t)m : 0;
}

static void reason(const struct ranking *r, const struct signature_candidate *all,
                   struct signature_candidate *c)
{
	const struct signature *sig = &r->s->at[c->signature];
	char text[96];
	size_t n = 0;

	if (c->taken_back) {
		signature_row_text(sig, signature_row_of(c->taken_back), text, sizeof text);
		say(c->reason, sizeof c->reason, &n, "%staken back by %s", text);
	}
	if (c->within != SIZE_MAX)
		say(c->reason, sizeof c->reason, &n, "%s%s explains the same and more",
		    r->s->at[all[c->within].signature].article);
	if (c->found == c->needed) {
		snprintf(text, sizeof text, c->needed == 1 ? "its one row is there" :
		         "all its %zu rows are there", c->needed);
		say(c->reason, sizeof c->reason, &n, "%s%s", text);
	} else {
		snprintf(text, sizeof text, "%zu of %zu rows", c->found, c->needed);
		say(c->reason, sizeof c->reason, &n, "%s%s", text);
	}
	for (size_t k = 0; k < sig->rows_n && c->found < c->needed; k++)
		if (!sig->rows[k].unless && !sig->rows[k].optional &&
		    !(r->score->rows[c->signature] >> k & 1)) {
			signature_row_text(sig, k, text, sizeof text);
			say(c->reason, sizeof c->reason, &n, "%slacks %s", text);
		}
	if (c->wire_seen)
		say(c->reason, sizeof c->reason, &n, "%sthe wire shows it too%s", "");
}

size_t signature_rank(const struct signatures *s, const struct signature_score *score,
                      uint32_t wire, struct signature_candidate all[static SIGNATURES_MAX])
{
	struct ranking r = { s, score };
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		if (score->rows[i] && candidate(&r, i, wire, &all[n]))
			n++;
	sort(&r, all, n);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i && all[i].within == SIZE_MAX; k++)
			if (all[k].complete && s->at[all[k].signature].weight != WEIGHT_HARMLESS &&
			    is_within(&r, all[i].signature, all[k].signature) &&
			    !is_within(&r, all[k].signature, all[i].signature))
				all[i].within = k;
	for (size_t i = 0; i < n; i++)
		reason(&r, all, &all[i]);
	return n;
}
