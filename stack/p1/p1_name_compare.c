/* Comparison of names, as X.402 18.4 asks. */
#include "p1/p1_name_inner.h"

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

/* The characters of a string as X.402 18.4 compares them: letters in one
 * case, spaces at the ends dropped and inside made one. */
struct folded {
	struct ber_segments i;
	struct octets piece;
	size_t pos;
	bool begun;		/* a character other than space has come */
	bool space;		/* spaces have come since */
	int held;		/* character behind those spaces; -1: none */
};

static int raw_next(struct folded *f)
{
	while (f->pos == f->piece.n) {
		f->pos = 0;
		f->piece.n = 0;
		if (!ber_segments_next(&f->i, &f->piece))
			return -1;
	}
	return lower(f->piece.p[f->pos++]);
}

static void folded_init(struct folded *f, const struct ber_string *s)
{
	*f = (struct folded){ .held = -1 };
	ber_segments_init(&f->i, s);
}

static int folded_next(struct folded *f)
{
	int c = f->held;

	f->held = -1;
	if (c >= 0)
		return c;
	while ((c = raw_next(f)) == ' ')
		f->space = f->begun;
	if (c < 0 || !f->space) {
		f->begun = true;
		return c;
	}
	f->space = false;
	f->held = c;
	return ' ';
}

/* Without spaces and segments nothing folds but letters.  -1: it is not so simple. */
static int plain_equal(const struct octets *a, const struct octets *b)
{
	size_t n = a->n < b->n ? a->n : b->n;

	for (size_t i = 0; i < n; i++) {
		if (a->p[i] == ' ' || b->p[i] == ' ')
			return -1;
		if (lower(a->p[i]) != lower(b->p[i]))
			return 0;
	}
	return a->n == b->n ? 1 : -1;
}

static bool string_equal(const struct ber_string *a, const struct ber_string *b)
{
	int plain = a->segmented || b->segmented ? -1 : plain_equal(&a->raw, &b->raw);
	struct folded x, y;
	int c;

	if (plain >= 0)
		return plain;
	folded_init(&x, a);
	folded_init(&y, b);
	do {
		c = folded_next(&x);
		if (c != folded_next(&y))
			return false;
	} while (c >= 0);
	return true;
}

static bool word_equal(const struct p1_word *a, const struct p1_word *b)
{
	return string_equal(&a->s, &b->s);
}

bool p1_domain_equal(const struct p1_domain *a, const struct p1_domain *b)
{
	return word_equal(&a->country, &b->country) && word_equal(&a->admd, &b->admd) &&
	       word_equal(&a->prmd, &b->prmd);
}

static bool same_octets(const struct ber_string *a, const struct ber_string *b)
{
	struct ber_segments i;
	struct octets piece;
	uint8_t joined[UB_LOCAL_ID * 4];
	struct octets o;

	/* Strings longer than any identifier, in segments: compared as folded. */
	if (!ber_string_join(b, joined, sizeof joined, &o))
		return string_equal(a, b);
	if (ber_string_size(a) != o.n)
		return false;
	ber_segments_init(&i, a);
	while (ber_segments_next(&i, &piece)) {
		if (!octets_equal(piece, (struct octets){ o.p, piece.n }))
			return false;
		o.p += piece.n;
	}
	return true;
}

bool p1_mts_id_equal(const struct p1_mts_id *a, const struct p1_mts_id *b)
{
	return p1_domain_equal(&a->domain, &b->domain) && same_octets(&a->local, &b->local);
}

static bool units_match(const struct p1_name *n, const struct p1_name *pattern)
{
	if (pattern->units_n > n->units_n)
		return false;
	for (uint8_t i = 0; i < pattern->units_n; i++)
		if (!word_equal(&n->units[i], &pattern->units[i]))
			return false;
	return true;
}

static bool has_dda(const struct p1_name *n, const struct p1_dda *d)
{
	for (uint8_t i = 0; i < n->ddas_n; i++)
		if (string_equal(&n->ddas[i].type, &d->type) &&
		    string_equal(&n->ddas[i].value, &d->value))
			return true;
	return false;
}

bool p1_name_matches(const struct p1_name *n, const struct p1_name *pattern)
{
	for (size_t i = 0; i < ATTRIBUTES_N; i++) {
		const struct p1_word *w = word(pattern, &p1_attributes[i]);

		if (w->tag && !word_equal(word(n, &p1_attributes[i]), w))
			return false;
	}
	for (uint8_t i = 0; i < pattern->ddas_n; i++)
		if (!has_dda(n, &pattern->ddas[i]))
			return false;
	return units_match(n, pattern);
}

bool p1_name_equal(const struct p1_name *a, const struct p1_name *b)
{
	return p1_name_matches(a, b) && p1_name_matches(b, a);
}
