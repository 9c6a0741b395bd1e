#include "p1/p1_name.h"

#include "p1/p1_backward.h"

/* Identifier octets. */
enum {
	TAG_NUMERIC = 0x12,
	TAG_PRINTABLE = 0x13,
	TAG_IA5 = 0x16,
	TAG_SEQUENCE = 0x30,
	TAG_SET = 0x31,
	TAG_ORNAME = 0x60,
	TAG_COUNTRY = 0x61,
	TAG_ADMD = 0x62,
	TAG_DOMAIN = 0x63,
	TAG_MTS_ID = 0x64,
};

enum { COMMON_NAME = 1 };		/* extension attribute */

/* Upper bounds, X.411 Annex B. */
enum {
	UB_COUNTRY = 3,
	UB_DOMAIN = 16,
	UB_LOCAL_ID = 32,
	UB_UNIT = 32,
	UB_DDA_TYPE = 8,
	UB_DDA_VALUE = 128,
	UB_COMMON_NAME = 64,
};

/*
 * The attributes that have one string, once: where they stand in an address
 * and in the text.  A table for reading, writing, text and comparison.
 */
enum place {
	PLACE_EXPLICIT,		/* tag { 12 | 13 }: a CHOICE */
	PLACE_IMPLICIT,		/* tag string */
	PLACE_PERSONAL,		/* inside [5] */
	PLACE_EXTENSION,	/* extension attribute */
};

struct attribute {
	const char *keyword;
	size_t offset;		/* in struct p1_name */
	uint8_t place;
	uint8_t tag;		/* identifier octet on the wire */
	uint8_t type;		/* of string, where the tag is implicit */
	uint8_t most;		/* upper bound */
};

#define AT(field) offsetof(struct p1_name, field)
static const struct attribute attributes[] = {
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
enum { ATTRIBUTES_N = sizeof attributes / sizeof *attributes, UNITS_AFTER = 4 };

static const struct p1_word *word(const struct p1_name *n, const struct attribute *a)
{
	return (const struct p1_word *)(const void *)((const char *)n + a->offset);
}

static struct p1_word *word_out(struct p1_name *n, const struct attribute *a)
{
	return (struct p1_word *)(void *)((char *)n + a->offset);
}

/* ---- reading ---- */

static bool is_printable(uint8_t c)
{
	if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
		return true;
	for (const char *p = " '()+,-./:=?"; *p; p++)
		if (c == (uint8_t)*p)
			return true;
	return false;
}

static bool is_numeric(uint8_t c)
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

			bool in = type == TAG_NUMERIC ? is_numeric(c) :
			          type == TAG_IA5 ? c < 0x80 : is_printable(c);

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
		const struct attribute *a = &attributes[i];
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
	struct ber_tlv v;

	*out = (struct p1_mts_id){ .local = { .segmented = false } };
	return ber_enter(b, t) && ber_take(b, &v, BER_APPLICATION(3), rule) &&
	       p1_domain_read(b, &v, &out->domain) &&
	       ber_take(b, &v, BER_UNIVERSAL(BER_IA5_STRING), rule) &&
	       ber_string(b, &v, &out->local) &&
	       check_string(b, &v, &out->local, TAG_IA5, UB_LOCAL_ID, P1_LOCAL_ID_LENGTH) &&
	       ber_leave(b);
}

/* ---- writing ---- */

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

/* ---- text ---- */

/* Like text_quoted(), without the quotes; ';' would end the value. */
static void text_plain(struct text *t, const struct ber_string *s)
{
	struct ber_segments i;
	struct octets piece;

	ber_segments_init(&i, s);
	while (ber_segments_next(&i, &piece))
		for (size_t k = 0; k < piece.n; k++) {
			uint8_t c = piece.p[k];

			if (c >= 0x20 && c < 0x7f && c != ';' && c != '\\' && c != '"') {
				text_char(t, (char)c);
			} else {
				text_put(t, "\\x");
				text_hex8(t, c);
			}
		}
}

/* `;KEY=value`, without ';' at the beginning, which is where *first says so. */
static void text_key(struct text *t, bool *first, const char *key)
{
	if (!*first)
		text_char(t, ';');
	*first = false;
	text_put(t, key);
}

static void text_word(struct text *t, bool *first, const char *key, const struct p1_word *w)
{
	if (!w->tag)
		return;
	text_key(t, first, key);
	text_char(t, '=');
	text_plain(t, &w->s);
}

static void text_units(struct text *t, bool *first, const struct p1_name *n)
{
	for (uint8_t i = 0; i < n->units_n; i++) {
		text_key(t, first, "OU");
		text_u64(t, i + 1u);
		text_char(t, '=');
		text_plain(t, &n->units[i].s);
	}
}

static void text_ddas(struct text *t, bool *first, const struct p1_name *n)
{
	for (uint8_t i = 0; i < n->ddas_n; i++) {
		text_key(t, first, "DDA:");
		text_plain(t, &n->ddas[i].type);
		text_char(t, '=');
		text_plain(t, &n->ddas[i].value);
	}
}

static void text_extension(struct text *t, bool *first, struct ber *b, const struct ber_tlv *x)
{
	struct octets value = { NULL, 0 };
	int64_t type = COMMON_NAME;
	struct ber_tlv v;

	if (!ber_enter(b, x) || !ber_next(b, &v) || !ber_int(b, &v, &type) ||
	    !ber_next(b, &v) || !ber_contents(b, &v, &value) || !ber_leave(b))
		return;
	if (type == COMMON_NAME)
		return;
	text_key(t, first, "EXT");
	text_i64(t, type);
	text_char(t, '=');
	text_hex(t, value);
}

static void text_extensions(struct text *t, bool *first, const struct p1_name *n)
{
	struct findings f;
	struct ber_tlv x;
	struct ber b;

	findings_clear(&f);
	ber_init(&b, n->extensions, &f);
	while (ber_next(&b, &x))
		text_extension(t, first, &b, &x);
}

void p1_name_text(struct text *t, const struct p1_name *n)
{
	bool first = true;

	for (size_t i = 0; i < ATTRIBUTES_N; i++) {
		if (i == UNITS_AFTER)
			text_units(t, &first, n);
		text_word(t, &first, attributes[i].keyword, word(n, &attributes[i]));
	}
	text_ddas(t, &first, n);
	text_extensions(t, &first, n);
	if (n->directory.n) {
		text_key(t, &first, "DN=");
		text_hex(t, n->directory);
	}
}

static void text_domain(struct text *t, bool *first, const struct p1_domain *d)
{
	text_word(t, first, "C", &d->country);
	text_word(t, first, "A", &d->admd);
	text_word(t, first, "P", &d->prmd);
}

void p1_domain_text(struct text *t, const struct p1_domain *d)
{
	bool first = true;

	text_domain(t, &first, d);
}

void p1_mts_id_text(struct text *t, const struct p1_mts_id *id)
{
	bool first = true;

	text_domain(t, &first, &id->domain);
	text_key(t, &first, "L=");
	text_plain(t, &id->local);
}

/* ---- from text ---- */

struct pair {
	struct octets key, value;
	size_t key_at, value_at;
};

/* The next KEY=value; false at the end or if there is no '='. */
static bool next_pair(struct octets text, size_t *pos, struct pair *out)
{
	size_t at = *pos, equals;

	while (at < text.n && (text.p[at] == ' ' || text.p[at] == ';'))
		at++;
	out->key_at = at;
	for (equals = at; equals < text.n && text.p[equals] != '='; equals++)
		if (text.p[equals] == ';')
			break;
	*pos = at;
	if (equals == text.n || text.p[equals] != '=')
		return false;
	out->key = (struct octets){ text.p + at, equals - at };
	out->value_at = at = equals + 1;
	while (at < text.n && text.p[at] != ';')
		at++;
	out->value = (struct octets){ text.p + out->value_at, at - out->value_at };
	*pos = at;
	return true;
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

static bool key_is(struct octets key, const char *name)
{
	size_t i = 0;

	for (; i < key.n && name[i]; i++)
		if (lower(key.p[i]) != lower((uint8_t)name[i]))
			return false;
	return i == key.n && !name[i];
}

static bool is_digits(struct octets o)
{
	for (size_t i = 0; i < o.n; i++)
		if (o.p[i] < '0' || o.p[i] > '9')
			return false;
	return true;
}

static struct p1_word word_of(struct octets value, uint8_t type)
{
	return (struct p1_word){ { value, false }, type };
}

/* X.121 country codes have three digits and go as NumericString. */
static struct p1_word country_of(struct octets value)
{
	return word_of(value, value.n == 3 && is_digits(value) ? TAG_NUMERIC : TAG_PRINTABLE);
}

/* Where the value leaves its repertoire; value.n: nowhere. */
static size_t foreign(struct octets value, uint8_t type)
{
	size_t i = 0;

	while (i < value.n && (type == TAG_NUMERIC ? is_numeric(value.p[i])
	                                           : is_printable(value.p[i])))
		i++;
	return i;
}

static bool parse_unit(struct p1_name *out, const struct pair *p)
{
	struct octets key = p->key;
	size_t i;

	if (key.n == 2)
		i = out->units_n;
	else if (key.n == 3 && key.p[2] >= '1' && key.p[2] <= '4')
		i = (size_t)(key.p[2] - '1');
	else
		return false;
	/* Units are a sequence: they come in order and leave none out. */
	if (i != out->units_n || i == P1_UNITS_MAX)
		return false;
	out->units[out->units_n++] = word_of(p->value, TAG_PRINTABLE);
	return true;
}

static bool parse_dda(struct p1_name *out, const struct pair *p)
{
	if (out->ddas_n == P1_DDAS_MAX)
		return false;
	out->ddas[out->ddas_n++] = (struct p1_dda){
		{ { p->key.p + 4, p->key.n - 4 }, false }, { p->value, false } };
	return true;
}

static bool parse_pair(struct p1_name *out, const struct pair *p, uint8_t *type)
{
	*type = TAG_PRINTABLE;
	for (size_t i = 0; i < ATTRIBUTES_N; i++) {
		const struct attribute *a = &attributes[i];

		if (!key_is(p->key, a->keyword))
			continue;
		*word_out(out, a) = a->tag == TAG_COUNTRY ? country_of(p->value)
		                                          : word_of(p->value, a->type);
		*type = a->type;
		return true;
	}
	if (p->key.n >= 2 && key_is((struct octets){ p->key.p, 2 }, "OU"))
		return parse_unit(out, p);
	if (p->key.n > 4 && key_is((struct octets){ p->key.p, 4 }, "DDA:"))
		return parse_dda(out, p);
	return false;
}

bool p1_name_parse(struct octets text, struct p1_name *out, size_t *bad)
{
	struct pair p;
	size_t pos = 0;

	*out = (struct p1_name){ .units_n = 0 };
	while (next_pair(text, &pos, &p)) {
		uint8_t type;
		size_t at;

		*bad = p.key_at;
		if (!parse_pair(out, &p, &type))
			return false;
		at = foreign(p.value, type);
		*bad = p.value_at + at;
		if (at < p.value.n)
			return false;
	}
	*bad = pos;
	return pos == text.n && text.n > 0;
}

/* C, A, P, and L if `local` is not NULL. */
static bool parse_domain_pair(struct p1_domain *d, struct ber_string *local, const struct pair *p)
{
	if (local && key_is(p->key, "L"))
		*local = (struct ber_string){ p->value, false };
	else if (key_is(p->key, "C"))
		d->country = country_of(p->value);
	else if (key_is(p->key, "A"))
		d->admd = word_of(p->value, TAG_PRINTABLE);
	else if (key_is(p->key, "P"))
		d->prmd = word_of(p->value, TAG_PRINTABLE);
	else
		return false;
	return true;
}

static bool parse_domain(struct octets text, struct p1_domain *d, struct ber_string *local,
                         size_t *bad)
{
	struct pair p;
	size_t pos = 0;

	*d = (struct p1_domain){ .country = { .tag = 0 } };
	while (next_pair(text, &pos, &p)) {
		*bad = p.key_at;
		if (!parse_domain_pair(d, local, &p))
			return false;
	}
	*bad = pos;
	return pos == text.n && d->country.tag && d->admd.tag;
}

bool p1_domain_parse(struct octets text, struct p1_domain *out, size_t *bad)
{
	return parse_domain(text, out, NULL, bad);
}

bool p1_mts_id_parse(struct octets text, struct p1_mts_id *out, size_t *bad)
{
	out->local = (struct ber_string){ { NULL, 0 }, false };
	return parse_domain(text, &out->domain, &out->local, bad) && out->local.raw.n > 0;
}

/* ---- comparison ---- */

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

static bool string_equal(const struct ber_string *a, const struct ber_string *b)
{
	struct folded x, y;
	int c;

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
		const struct p1_word *w = word(pattern, &attributes[i]);

		if (w->tag && !word_equal(word(n, &attributes[i]), w))
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
