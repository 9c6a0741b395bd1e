/*
 * O/R names to octets.
 */
#include "p1/p1_backward.h"
#include "p1/p1_name_inner.h"

static void put_word(struct p1_backward *w, const struct p1_word *word_)
{
	p1_put_string(w, word_->tag, &word_->s);
}

static void put_explicit(struct p1_backward *w, uint8_t tag, const struct p1_word *v)
{
	uint64_t mark = p1_mark(w);

	if (!v->tag)
		return;
	put_word(w, v);
	p1_put_header(w, tag, mark);
}

static void put_implicit(struct p1_backward *w, uint8_t tag, const struct p1_word *v)
{
	if (v->tag)
		p1_put_string(w, tag, &v->s);
}

/* Common name and the extension attributes that were read; those were in one
 * SET, and the common name is written anew only if they are not there. */
static void put_extensions(struct p1_backward *w, const struct p1_name *n)
{
	uint64_t set = p1_mark(w), sequence, value;

	if (!n->extensions.n && !n->common.tag)
		return;
	p1_put_octets(w, n->extensions);
	if (!n->extensions.n) {
		sequence = p1_mark(w);
		value = p1_mark(w);
		put_word(w, &n->common);
		p1_put_header(w, 0xa1, value);
		p1_put_int(w, 0x80, COMMON_NAME);
		p1_put_header(w, TAG_SEQUENCE, sequence);
	}
	p1_put_header(w, TAG_SET, set);
}

static void put_ddas(struct p1_backward *w, const struct p1_name *n)
{
	uint64_t all = p1_mark(w), one;

	for (size_t i = n->ddas_n; i-- > 0;) {
		one = p1_mark(w);
		p1_put_string(w, TAG_PRINTABLE, &n->ddas[i].value);
		p1_put_string(w, TAG_PRINTABLE, &n->ddas[i].type);
		p1_put_header(w, TAG_SEQUENCE, one);
	}
	if (n->ddas_n)
		p1_put_header(w, TAG_SEQUENCE, all);
}

static void put_units(struct p1_backward *w, const struct p1_name *n)
{
	uint64_t mark = p1_mark(w);

	for (size_t i = n->units_n; i-- > 0;)
		put_word(w, &n->units[i]);
	if (n->units_n)
		p1_put_header(w, 0xa6, mark);
}

static void put_personal(struct p1_backward *w, const struct p1_name *n)
{
	uint64_t mark = p1_mark(w);

	put_implicit(w, 0x83, &n->generation);
	put_implicit(w, 0x82, &n->initials);
	put_implicit(w, 0x81, &n->given);
	put_implicit(w, 0x80, &n->surname);
	if (p1_mark(w) != mark)
		p1_put_header(w, 0xa5, mark);
}

static void put_standard(struct p1_backward *w, const struct p1_name *n)
{
	uint64_t mark = p1_mark(w);

	put_units(w, n);
	put_personal(w, n);
	put_implicit(w, 0x84, &n->numeric);
	put_implicit(w, 0x83, &n->organization);
	put_explicit(w, 0xa2, &n->prmd);
	put_implicit(w, 0x81, &n->terminal);
	put_implicit(w, 0x80, &n->x121);
	put_explicit(w, TAG_ADMD, &n->admd);
	put_explicit(w, TAG_COUNTRY, &n->country);
	p1_put_header(w, TAG_SEQUENCE, mark);
}

struct tagged_name {
	const struct p1_name *name;
	uint8_t tag;
};

static void put_name(struct p1_backward *w, const void *ctx)
{
	const struct tagged_name *n = ctx;
	uint64_t mark = p1_mark(w);

	if (n->name->directory.n)
		p1_put_value(w, 0xa0, n->name->directory);
	put_extensions(w, n->name);
	put_ddas(w, n->name);
	put_standard(w, n->name);
	p1_put_header(w, n->tag, mark);
}

size_t p1_name_encode(const struct p1_name *n, uint8_t tag, uint8_t *dst, size_t cap)
{
	return p1_write(put_name, &(struct tagged_name){ n, tag }, 0, dst, cap);
}

void p1_put_domain(struct p1_backward *w, uint8_t tag, const struct p1_domain *d)
{
	uint64_t mark = p1_mark(w);

	if (d->prmd.tag)
		put_word(w, &d->prmd);
	put_explicit(w, TAG_ADMD, &d->admd);
	put_explicit(w, TAG_COUNTRY, &d->country);
	p1_put_header(w, tag, mark);
}

void p1_put_mts_id(struct p1_backward *w, uint8_t tag, const struct p1_mts_id *id)
{
	uint64_t mark = p1_mark(w);

	p1_put_string(w, TAG_IA5, &id->local);
	p1_put_domain(w, TAG_DOMAIN, &id->domain);
	p1_put_header(w, tag, mark);
}

static void put_domain(struct p1_backward *w, const void *ctx)
{
	p1_put_domain(w, TAG_DOMAIN, ctx);
}

static void put_mts_id(struct p1_backward *w, const void *ctx)
{
	p1_put_mts_id(w, TAG_MTS_ID, ctx);
}

size_t p1_domain_encode(const struct p1_domain *d, uint8_t *dst, size_t cap)
{
	return p1_write(put_domain, d, 0, dst, cap);
}

size_t p1_mts_id_encode(const struct p1_mts_id *id, uint8_t *dst, size_t cap)
{
	return p1_write(put_mts_id, id, 0, dst, cap);
}
