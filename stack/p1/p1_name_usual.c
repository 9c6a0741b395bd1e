/* The usual name, at one look: most names have short definite lengths, attributes
 * that are defined, and characters that are allowed.  Of such a name
 * p1_name_read() finds nothing; so where names are only checked, it need not run. */
#include "p1/p1_usual.h"

enum { PRINTABLE = 1, NUMERIC = 2, LETTER = 4 };

/* What a character may stand in (X.680 37). */
static const uint8_t classes[256] = {
	[' '] = PRINTABLE | NUMERIC,
	['\''] = PRINTABLE, ['('] = PRINTABLE, [')'] = PRINTABLE, ['+'] = PRINTABLE,
	[','] = PRINTABLE, ['-'] = PRINTABLE, ['.'] = PRINTABLE, ['/'] = PRINTABLE,
	[':'] = PRINTABLE, ['='] = PRINTABLE, ['?'] = PRINTABLE,
	['0'] = PRINTABLE | NUMERIC, ['1'] = PRINTABLE | NUMERIC, ['2'] = PRINTABLE | NUMERIC,
	['3'] = PRINTABLE | NUMERIC, ['4'] = PRINTABLE | NUMERIC, ['5'] = PRINTABLE | NUMERIC,
	['6'] = PRINTABLE | NUMERIC, ['7'] = PRINTABLE | NUMERIC, ['8'] = PRINTABLE | NUMERIC,
	['9'] = PRINTABLE | NUMERIC,
#define BOTH(upper, lower) [upper] = PRINTABLE | LETTER, [lower] = PRINTABLE | LETTER
	BOTH('A', 'a'), BOTH('B', 'b'), BOTH('C', 'c'), BOTH('D', 'd'), BOTH('E', 'e'),
	BOTH('F', 'f'), BOTH('G', 'g'), BOTH('H', 'h'), BOTH('I', 'i'), BOTH('J', 'j'),
	BOTH('K', 'k'), BOTH('L', 'l'), BOTH('M', 'm'), BOTH('N', 'n'), BOTH('O', 'o'),
	BOTH('P', 'p'), BOTH('Q', 'q'), BOTH('R', 'r'), BOTH('S', 's'), BOTH('T', 't'),
	BOTH('U', 'u'), BOTH('V', 'v'), BOTH('W', 'w'), BOTH('X', 'x'), BOTH('Y', 'y'),
	BOTH('Z', 'z'),
#undef BOTH
};

static bool of_class(const struct run *r, uint8_t class, size_t least, size_t most)
{
	size_t n = (size_t)(r->end - r->p);
	uint8_t all = class;

	if (n < least || n > most)
		return false;
	for (const uint8_t *p = r->p; p < r->end; p++)
		all &= classes[*p];
	return all;
}

/* What is read is kept in `out`, if that is not NULL, here and below. */
static void keep(struct p1_word *out, uint8_t tag, const struct run *body)
{
	if (out)
		*out = (struct p1_word){
			.s = { .raw = { body->p, (size_t)(body->end - body->p) } }, .tag = tag,
		};
}

static bool next_string(struct run *r, size_t most, struct run *body)
{
	uint8_t tag;

	return usual_next(r, &tag, body) && tag == TAG_PRINTABLE &&
	       of_class(body, PRINTABLE, 1, most);
}

/* tag { 12 | 13 } */
static bool usual_domain(struct run *r, bool country, struct p1_word *out)
{
	struct run body;
	uint8_t tag;

	if (!usual_next(r, &tag, &body) || r->p != r->end)
		return false;
	keep(out, tag, &body);
	if (tag == TAG_PRINTABLE)
		return country ? of_class(&body, LETTER, 2, 2) : of_class(&body, PRINTABLE, 0,
		                                                          UB_DOMAIN);
	return tag == TAG_NUMERIC && of_class(&body, NUMERIC, country ? 3 : 0,
	                                      country ? 3 : UB_DOMAIN);
}

/* They mostly come in the order of the table: it is searched from where the last one
 * stands. */
static bool usual_attribute(uint8_t tag, struct run *body, bool personal, size_t *last,
                            struct p1_name *out)
{
	for (size_t n = 0; n < ATTRIBUTES_N; n++) {
		const struct attribute *a = &p1_attributes[*last];
		struct p1_word *w = out ? word_out(out, a) : NULL;

		*last = *last + 1 < ATTRIBUTES_N ? *last + 1 : 0;
		if (a->tag != tag || a->place == PLACE_EXTENSION ||
		    (a->place == PLACE_PERSONAL) != personal)
			continue;
		if (a->place == PLACE_EXPLICIT)
			return usual_domain(body, tag == TAG_COUNTRY, w);
		keep(w, a->type, body);
		return of_class(body, a->type == TAG_NUMERIC ? NUMERIC : PRINTABLE, 1, a->most);
	}
	return false;
}

static bool usual_units(struct run *r, struct p1_name *out)
{
	struct run body;
	uint8_t n = 0;

	for (; r->p < r->end; n++) {
		if (n == P1_UNITS_MAX || !next_string(r, UB_UNIT, &body))
			return false;
		keep(out ? &out->units[n] : NULL, TAG_PRINTABLE, &body);
	}
	if (out)
		out->units_n = n;
	return true;
}

static bool usual_attributes(struct run *r, bool personal, struct p1_name *out)
{
	struct run body;
	size_t last = personal ? PERSONAL_FROM : 0;
	uint8_t tag;

	while (r->p < r->end) {
		if (!usual_next(r, &tag, &body))
			return false;
		if (!personal && tag == 0xa5 ? !usual_attributes(&body, true, out) :
		    !personal && tag == 0xa6 ? !usual_units(&body, out) :
		    !usual_attribute(tag, &body, personal, &last, out))
			return false;
	}
	return true;
}

/* tag { 12 | 13 }, kept */
static bool keep_domain(struct run *r, uint8_t wanted, struct p1_word *out)
{
	struct run body;
	uint8_t tag;

	return usual_next(r, &tag, &body) && tag == wanted &&
	       usual_domain(&body, wanted == TAG_COUNTRY, out);
}

bool p1_usual_domain(struct run r, struct p1_domain *out)
{
	struct run body;
	uint8_t tag;

	*out = (struct p1_domain){ .country = { .tag = 0 } };
	if (!keep_domain(&r, TAG_COUNTRY, &out->country) || !keep_domain(&r, TAG_ADMD, &out->admd))
		return false;
	if (r.p == r.end)
		return true;
	if (!usual_next(&r, &tag, &body) || r.p != r.end ||
	    !(tag == TAG_PRINTABLE ? of_class(&body, PRINTABLE, 1, UB_DOMAIN) :
	      tag == TAG_NUMERIC && of_class(&body, NUMERIC, 1, UB_DOMAIN)))
		return false;
	keep(&out->prmd, tag, &body);
	return true;
}

bool p1_usual_mts_id(struct octets contents, struct p1_mts_id *out)
{
	struct run r = { contents.p, contents.p + contents.n }, body;
	uint8_t tag, all = 0;

	if (!contents.n || !usual_next(&r, &tag, &body) || tag != TAG_DOMAIN ||
	    !p1_usual_domain(body, &out->domain) || !usual_next(&r, &tag, &body) ||
	    tag != TAG_IA5 || r.p != r.end || body.p == body.end ||
	    body.end - body.p > UB_LOCAL_ID)
		return false;
	for (const uint8_t *p = body.p; p < body.end; p++)
		all |= *p;
	out->local = (struct ber_string){ { body.p, (size_t)(body.end - body.p) }, false };
	return all < 0x80;
}

static void keep_dda(struct p1_dda *out, const struct run *type, const struct run *value)
{
	struct p1_word words[2];

	keep(&words[0], TAG_PRINTABLE, type);
	keep(&words[1], TAG_PRINTABLE, value);
	*out = (struct p1_dda){ words[0].s, words[1].s };
}

static bool usual_ddas(struct run *r, struct p1_name *out)
{
	struct run dda, type, value;
	uint8_t tag, n = 0;

	for (; r->p < r->end; n++) {
		if (n == P1_DDAS_MAX || !usual_next(r, &tag, &dda) || tag != TAG_SEQUENCE ||
		    !next_string(&dda, UB_DDA_TYPE, &type) ||
		    !next_string(&dda, UB_DDA_VALUE, &value) || dda.p != dda.end)
			return false;
		if (out)
			keep_dda(&out->ddas[n], &type, &value);
	}
	if (out)
		out->ddas_n = n;
	return true;
}

bool p1_name_usual(struct octets value, struct p1_name *out)
{
	struct run r, name, part;
	uint8_t tag;

	if (value.n == 0)
		return false;
	r = (struct run){ value.p, value.p + value.n };
	if (!usual_next(&r, &tag, &name) || r.p != r.end || !(tag & 0x20) ||
	    !usual_next(&name, &tag, &part) || tag != TAG_SEQUENCE ||
	    !usual_attributes(&part, false, out))
		return false;
	if (name.p < name.end &&
	    (!usual_next(&name, &tag, &part) || tag != TAG_SEQUENCE || !usual_ddas(&part, out)))
		return false;
	return name.p == name.end;
}
