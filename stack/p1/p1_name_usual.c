/* The usual name, at one look: most names have short definite lengths, attributes
 * that are defined, and characters that are allowed.  Of such a name
 * p1_name_read() finds nothing; so where names are only checked, it need not run. */
#include "p1/p1_name_inner.h"

enum { PRINTABLE = 1, NUMERIC = 2, LETTER = 4, LENGTH_LONG_1_OCTET = 0x81 };

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

/* A run of octets, cut off before its inside is read. */
struct run {
	const uint8_t *p, *end;
};

/* The next element; false: none, or none of the usual form. */
static bool next(struct run *r, uint8_t *tag, struct run *body)
{
	size_t left = (size_t)(r->end - r->p), head = 2, length;

	if (left < 2)
		return false;
	*tag = r->p[0];
	length = r->p[1];
	if (length == LENGTH_LONG_1_OCTET && left > 2) {
		length = r->p[2];
		head = 3;
	} else if (length >= 0x80) {
		return false;
	}
	/* Long tags, and universal 0, which ends contents, are another matter. */
	if ((*tag & 0x1f) == 0x1f || (*tag & 0xdf) == 0 || left - head < length)
		return false;
	*body = (struct run){ r->p + head, r->p + head + length };
	r->p = body->end;
	return true;
}

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

static bool next_string(struct run *r, size_t most)
{
	struct run body;
	uint8_t tag;

	return next(r, &tag, &body) && tag == TAG_PRINTABLE && of_class(&body, PRINTABLE, 1, most);
}

/* tag { 12 | 13 } */
static bool usual_domain(struct run *r, bool country)
{
	struct run body;
	uint8_t tag;

	if (!next(r, &tag, &body) || r->p != r->end)
		return false;
	if (tag == TAG_PRINTABLE)
		return country ? of_class(&body, LETTER, 2, 2) : of_class(&body, PRINTABLE, 0,
		                                                          UB_DOMAIN);
	return tag == TAG_NUMERIC && of_class(&body, NUMERIC, country ? 3 : 0,
	                                      country ? 3 : UB_DOMAIN);
}

static bool usual_attribute(uint8_t tag, struct run *body, bool personal)
{
	for (size_t i = 0; i < ATTRIBUTES_N; i++) {
		const struct attribute *a = &p1_attributes[i];

		if (a->tag != tag || a->place == PLACE_EXTENSION ||
		    (a->place == PLACE_PERSONAL) != personal)
			continue;
		if (a->place == PLACE_EXPLICIT)
			return usual_domain(body, tag == TAG_COUNTRY);
		return of_class(body, a->type == TAG_NUMERIC ? NUMERIC : PRINTABLE, 1, a->most);
	}
	return false;
}

static bool usual_units(struct run *r)
{
	unsigned n = 0;

	for (; r->p < r->end; n++)
		if (!next_string(r, UB_UNIT))
			return false;
	return n <= P1_UNITS_MAX;
}

static bool usual_attributes(struct run *r, bool personal)
{
	struct run body;
	uint8_t tag;

	while (r->p < r->end) {
		if (!next(r, &tag, &body))
			return false;
		if (!personal && tag == 0xa5 ? !usual_attributes(&body, true) :
		    !personal && tag == 0xa6 ? !usual_units(&body) :
		    !usual_attribute(tag, &body, personal))
			return false;
	}
	return true;
}

static bool usual_ddas(struct run *r)
{
	struct run dda;
	unsigned n = 0;
	uint8_t tag;

	for (; r->p < r->end; n++)
		if (!next(r, &tag, &dda) || tag != TAG_SEQUENCE ||
		    !next_string(&dda, UB_DDA_TYPE) || !next_string(&dda, UB_DDA_VALUE) ||
		    dda.p != dda.end)
			return false;
	return n <= P1_DDAS_MAX;
}

bool p1_name_usual(struct octets value)
{
	struct run r = { value.p, value.p + value.n }, name, part;
	uint8_t tag;

	if (!value.n || !next(&r, &tag, &name) || r.p != r.end || !(tag & 0x20) ||
	    !next(&name, &tag, &part) || tag != TAG_SEQUENCE || !usual_attributes(&part, false))
		return false;
	if (name.p < name.end &&
	    (!next(&name, &tag, &part) || tag != TAG_SEQUENCE || !usual_ddas(&part)))
		return false;
	return name.p == name.end;
}
