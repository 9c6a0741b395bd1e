#include "p1/p1_usual.h"

#define AT(field) offsetof(struct p1_name, field)
const struct attribute p1_attributes[ATTRIBUTES_N] = {
	{ "C", AT(country), PLACE_EXPLICIT, 0x61, TAG_PRINTABLE, UB_COUNTRY },
	{ "A", AT(admd), PLACE_EXPLICIT, 0x62, TAG_PRINTABLE, UB_DOMAIN },
	{ "P", AT(prmd), PLACE_EXPLICIT, 0xa2, TAG_PRINTABLE, UB_DOMAIN },
	{ "O", AT(organization), PLACE_IMPLICIT, 0x83, TAG_PRINTABLE, 64 },
	{ "S", AT(surname), PLACE_PERSONAL, 0x80, TAG_PRINTABLE, 40 },
	{ "G", AT(given), PLACE_PERSONAL, 0x81, TAG_PRINTABLE, 16 },
	{ "I", AT(initials), PLACE_PERSONAL, 0x82, TAG_PRINTABLE, 5 },
	{ "Q", AT(generation), PLACE_PERSONAL, 0x83, TAG_PRINTABLE, 3 },
	{ "CN", AT(common), PLACE_EXTENSION, TAG_PRINTABLE, TAG_PRINTABLE, UB_COMMON_NAME },
	{ "X.121", AT(x121), PLACE_IMPLICIT, 0x80, TAG_NUMERIC, 16 },
	{ "T-ID", AT(terminal), PLACE_IMPLICIT, 0x81, TAG_PRINTABLE, 24 },
	{ "N-ID", AT(numeric), PLACE_IMPLICIT, 0x84, TAG_NUMERIC, 32 },
};

bool p1_is_printable(uint8_t c)
{
	if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
		return true;
	for (const char *p = " '()+,-./:=?"; *p; p++)
		if (c == (uint8_t)*p)
			return true;
	return false;
}

bool p1_is_numeric(uint8_t c)
{
	return (c >= '0' && c <= '9') || c == ' ';
}

static bool in_repertoire(const struct ber_string *s, uint8_t type)
{
	struct ber_segments i;
	struct octets piece;

	ber_segments_init(&i, s);
	while (ber_segments_next(&i, &piece))
		for (size_t k = 0; k < piece.n; k++) {
			uint8_t c = piece.p[k];

			bool in = type == TAG_NUMERIC ? p1_is_numeric(c) :
			          type == TAG_IA5 ? c < 0x80 : p1_is_printable(c);

			if (!in)
				return false;
		}
	return true;
}

static bool check_string(struct ber *b, const struct ber_tlv *t, const struct ber_string *s,
                         uint8_t type, uint64_t most, enum p1_rule length_rule)
{
	uint64_t n = ber_string_size(s);

	if (n > most || n == 0)
		ber_fail(b, t, &p1_rules[length_rule]);
	if (!in_repertoire(s, type))
		ber_fail(b, t, &p1_rules[P1_CHARACTER]);
	return ber_ok(b);
}

static bool read_word(struct ber *b, const struct ber_tlv *t, uint8_t type, uint64_t most,
                      struct p1_word *out)
{
	if (!ber_string(b, t, &out->s))
		return false;
	out->tag = type;
	return check_string(b, t, &out->s, type, most, P1_ATTRIBUTE_LENGTH);
}

/* CHOICE { NumericString, PrintableString }; t is the chosen one. */
static bool read_choice(struct ber *b, const struct ber_tlv *t, struct p1_word *out)
{
	if (t->tag != BER_UNIVERSAL(BER_NUMERIC_STRING) &&
	    t->tag != BER_UNIVERSAL(BER_PRINTABLE_STRING))
		return ber_fail(b, t, &p1_rules[P1_STRING_CHOICE]);
	if (!ber_string(b, t, &out->s))
		return false;
	out->tag = t->tag == BER_UNIVERSAL(BER_NUMERIC_STRING) ? TAG_NUMERIC : TAG_PRINTABLE;
	if (!in_repertoire(&out->s, out->tag))
		ber_fail(b, t, &p1_rules[P1_CHARACTER]);
	return true;
}

static bool is_letter(uint8_t c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool is_country(const struct p1_word *w)
{
	struct octets o = w->s.raw;

	if (w->s.segmented)
		return true;		/* not worth joining to look at */
	if (w->tag == TAG_PRINTABLE)
		return o.n == 2 && is_letter(o.p[0]) && is_letter(o.p[1]);
	return o.n == 3;
}

/* tag { 12 | 13 } */
static bool read_explicit(struct ber *b, const struct ber_tlv *t, struct p1_word *out)
{
	struct ber_tlv v;

	if (!ber_enter(b, t))
		return false;
	if (!ber_next(b, &v))
		return ber_ok(b) && ber_fail(b, t, &p1_rules[P1_STRING_CHOICE]);
	return read_choice(b, &v, out) && ber_leave(b);
}

/* A domain name; an ADMD may be empty or one space (X.402 18.3). */
static bool read_domain_word(struct ber *b, const struct ber_tlv *t, bool country,
                             struct p1_word *out)
{
	if (!read_explicit(b, t, out))
		return false;
	if (country && !is_country(out))
		return ber_fail(b, t, &p1_rules[P1_COUNTRY]);
	if (!country && ber_string_size(&out->s) > UB_DOMAIN)
		return ber_fail(b, t, &p1_rules[P1_DOMAIN_LENGTH]);
	return true;
}

static const struct attribute *attribute_of(uint32_t tag, bool personal)
{
	for (size_t i = 0; i < ATTRIBUTES_N; i++) {
		const struct attribute *a = &p1_attributes[i];
		uint32_t number = (uint32_t)(a->tag & 0xc0) << 24 | (a->tag & 0x1f);

		if (a->place != PLACE_EXTENSION && number == tag &&
		    (a->place == PLACE_PERSONAL) == personal)
			return a;
	}
	return NULL;
}

static bool read_attribute(struct ber *b, const struct ber_tlv *t, const struct attribute *a,
                           struct p1_name *out)
{
	if (a->place == PLACE_EXPLICIT)
		return read_domain_word(b, t, a->tag == TAG_COUNTRY, word_out(out, a));
	return read_word(b, t, a->type, a->most, word_out(out, a));
}

static bool read_personal(struct ber *b, const struct ber_tlv *t, struct p1_name *out)
{
	struct ber_tlv v;

	if (!ber_enter(b, t))
		return false;
	while (ber_next(b, &v)) {
		const struct attribute *a = attribute_of(v.tag, true);

		if (a)
			read_attribute(b, &v, a, out);
		else
			ber_fail(b, &v, &p1_rules[P1_ORNAME_MEMBER]);
	}
	return ber_leave(b);
}

static bool read_units(struct ber *b, const struct ber_tlv *t, struct p1_name *out)
{
	struct ber_tlv v;

	if (!ber_enter(b, t))
		return false;
	while (ber_next(b, &v)) {
		if (out->units_n == P1_UNITS_MAX)
			return ber_fail(b, &v, &p1_rules[P1_ATTRIBUTES_MANY]) && ber_leave(b);
		if (!read_word(b, &v, TAG_PRINTABLE, UB_UNIT, &out->units[out->units_n]))
			return false;
		out->units_n++;
	}
	return ber_leave(b);
}

static bool read_standard(struct ber *b, const struct ber_tlv *t, struct p1_name *out)
{
	struct ber_tlv v;

	if (!ber_enter(b, t))
		return false;
	while (ber_next(b, &v)) {
		const struct attribute *a = attribute_of(v.tag, false);

		if (v.tag == BER_CONTEXT(5))
			read_personal(b, &v, out);
		else if (v.tag == BER_CONTEXT(6))
			read_units(b, &v, out);
		else if (a)
			read_attribute(b, &v, a, out);
		else
			ber_fail(b, &v, &p1_rules[P1_ORNAME_MEMBER]);
	}
	return ber_leave(b);
}

static bool read_dda(struct ber *b, const struct ber_tlv *t, struct p1_dda *out)
{
	const struct rule *rule = &p1_rules[P1_ORNAME];
	struct ber_tlv v;

	return ber_enter(b, t) &&
	       ber_take(b, &v, BER_UNIVERSAL(BER_PRINTABLE_STRING), rule) &&
	       ber_string(b, &v, &out->type) &&
	       check_string(b, &v, &out->type, TAG_PRINTABLE, UB_DDA_TYPE, P1_ATTRIBUTE_LENGTH) &&
	       ber_take(b, &v, BER_UNIVERSAL(BER_PRINTABLE_STRING), rule) &&
	       ber_string(b, &v, &out->value) &&
	       check_string(b, &v, &out->value, TAG_PRINTABLE, UB_DDA_VALUE,
	                    P1_ATTRIBUTE_LENGTH) &&
	       ber_leave(b);
}

static bool read_ddas(struct ber *b, const struct ber_tlv *t, struct p1_name *out)
{
	struct ber_tlv v;

	if (!ber_enter(b, t))
		return false;
	while (ber_next(b, &v)) {
		if (out->ddas_n == P1_DDAS_MAX)
			return ber_fail(b, &v, &p1_rules[P1_ATTRIBUTES_MANY]) && ber_leave(b);
		if (!read_dda(b, &v, &out->ddas[out->ddas_n]))
			return false;
		out->ddas_n++;
	}
	return ber_leave(b);
}

static bool read_common(struct ber *b, const struct ber_tlv *t, struct p1_name *out)
{
	struct ber_tlv v;

	if (!ber_enter(b, t))
		return false;
	if (!ber_next(b, &v))
		return ber_ok(b) && ber_fail(b, t, &p1_rules[P1_ORNAME_MEMBER]);
	return read_word(b, &v, TAG_PRINTABLE, UB_COMMON_NAME, &out->common) && ber_leave(b);
}

/* One extension attribute: SEQUENCE { [0] INTEGER, [1] value }. */
static bool read_extension(struct ber *b, const struct ber_tlv *t, struct p1_name *out)
{
	int64_t type = 0;
	struct ber_tlv v;

	if (!ber_enter(b, t) ||
	    !ber_take(b, &v, BER_CONTEXT(0), &p1_rules[P1_ORNAME_MEMBER]) ||
	    !ber_int(b, &v, &type) ||
	    !ber_take(b, &v, BER_CONTEXT(1), &p1_rules[P1_ORNAME_MEMBER]))
		return ber_ok(b) && ber_leave(b);
	if (type == COMMON_NAME && !read_common(b, &v, out))
		return false;
	return ber_leave(b);
}

static bool read_extensions(struct ber *b, const struct ber_tlv *t, struct p1_name *out)
{
	struct cursor window;
	struct ber inner;
	struct ber_tlv v;

	if (!ber_window(b, t, &window))
		return false;
	/* The contents are kept for the text, and read here. */
	ber_init_window(&inner, &window);
	out->extensions = cursor_rest(&window);
	while (ber_next(&inner, &v))
		read_extension(&inner, &v, out);
	return ber_ok(&inner);
}

static bool read_rest(struct ber *b, struct p1_name *out)
{
	struct ber_tlv t;

	if (ber_optional(b, &t, BER_UNIVERSAL(BER_SEQUENCE)) && !read_ddas(b, &t, out))
		return false;
	if (ber_optional(b, &t, BER_UNIVERSAL(BER_SET)) && !read_extensions(b, &t, out))
		return false;
	if (ber_optional(b, &t, BER_CONTEXT(0)) && !ber_contents(b, &t, &out->directory))
		return false;
	while (ber_next(b, &t))
		ber_fail(b, &t, &p1_rules[P1_ORNAME_MEMBER]);
	return ber_ok(b);
}

bool p1_name_read(struct ber *b, const struct ber_tlv *t, struct p1_name *out)
{
	struct ber_tlv v;

	*out = (struct p1_name){ .units_n = 0 };
	return ber_enter(b, t) &&
	       ber_take(b, &v, BER_UNIVERSAL(BER_SEQUENCE), &p1_rules[P1_ORNAME]) &&
	       read_standard(b, &v, out) && read_rest(b, out) && ber_leave(b);
}

bool p1_name_decode(struct octets value, struct p1_name *out, struct findings *f)
{
	struct ber_tlv t;
	struct ber b;

	*out = (struct p1_name){ .units_n = 0 };
	if (p1_name_usual(value, out))
		return true;
	ber_init(&b, value, f);
	if (!ber_next(&b, &t))
		return ber_ok(&b) && findings_add(f, &p1_rules[P1_ORNAME], 0);
	return p1_name_read(&b, &t, out) && ber_end(&b, &p1_rules[P1_TRAILING]);
}

bool p1_domain_read(struct ber *b, const struct ber_tlv *t, struct p1_domain *out)
{
	struct ber_tlv v;

	*out = (struct p1_domain){ .country = { .tag = 0 } };
	if (!ber_enter(b, t) ||
	    !ber_take(b, &v, BER_APPLICATION(1), &p1_rules[P1_DOMAIN]) ||
	    !read_domain_word(b, &v, true, &out->country) ||
	    !ber_take(b, &v, BER_APPLICATION(2), &p1_rules[P1_DOMAIN]) ||
	    !read_domain_word(b, &v, false, &out->admd))
		return false;
	if (ber_next(b, &v)) {
		if (!read_choice(b, &v, &out->prmd))
			return false;
		if (ber_string_size(&out->prmd.s) > UB_DOMAIN)
			ber_fail(b, &v, &p1_rules[P1_DOMAIN_LENGTH]);
	}
	return ber_leave(b);
}

bool p1_mts_id_read(struct ber *b, const struct ber_tlv *t, struct p1_mts_id *out)
{
	const struct rule *rule = &p1_rules[P1_MTS_ID];
	struct octets usual;
	struct ber_tlv v;

	if (!t->indefinite && t->constructed) {
		usual = (struct octets){ b->c.base + t->body, t->end - t->body };
		if (p1_usual_mts_id(usual, out))
			return ber_raw(b, t, &usual);
	}
	*out = (struct p1_mts_id){ .local = { .segmented = false } };
	return ber_enter(b, t) && ber_take(b, &v, BER_APPLICATION(3), rule) &&
	       p1_domain_read(b, &v, &out->domain) &&
	       ber_take(b, &v, BER_UNIVERSAL(BER_IA5_STRING), rule) &&
	       ber_string(b, &v, &out->local) &&
	       check_string(b, &v, &out->local, TAG_IA5, UB_LOCAL_ID, P1_LOCAL_ID_LENGTH) &&
	       ber_leave(b);
}
