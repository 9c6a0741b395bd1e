/* O/R names, domains and MTS identifiers to text and from text. */
#include <string.h>

#include "p1/p1_name_inner.h"
#include "p1/p1_types.h"

/* ---- to text ---- */

/* `end`, as ';' everywhere, would end what is written. */
static void text_until(struct text *t, const struct ber_string *s, char end)
{
	struct ber_segments i;
	struct octets piece;

	if (!s->segmented) {
		text_plain(t, s->raw, ';', end);
		return;
	}
	ber_segments_init(&i, s);
	while (ber_segments_next(&i, &piece))
		text_plain(t, piece, ';', end);
}

static void text_value(struct text *t, const struct ber_string *s)
{
	text_until(t, s, ';');
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
	text_value(t, &w->s);
}

static void text_units(struct text *t, bool *first, const struct p1_name *n)
{
	for (uint8_t i = 0; i < n->units_n; i++) {
		text_key(t, first, "OU");
		text_u64(t, i + 1u);
		text_char(t, '=');
		text_value(t, &n->units[i].s);
	}
}

static void text_ddas(struct text *t, bool *first, const struct p1_name *n)
{
	for (uint8_t i = 0; i < n->ddas_n; i++) {
		text_key(t, first, "DDA:");
		text_until(t, &n->ddas[i].type, '=');
		text_char(t, '=');
		text_value(t, &n->ddas[i].value);
	}
}

/* Extension attributes that are one PrintableString, or a PDS parameter that holds
 * nothing else, have a keyword; all others are shown as values. */
static const struct {
	const char *keyword;
	uint8_t number;
	bool in_set;
} postal[] = {
	{ "PD-SYSTEM", 7, false }, { "PD-C", 8, false }, { "PD-CODE", 9, false },
	{ "PD-OFFICE", 10, true }, { "PD-OFFICE-NUMBER", 11, true },
	{ "PD-EXT-ADDRESS", 12, true }, { "PD-PN", 13, true }, { "PD-O", 14, true },
	{ "PD-EXT-DELIVERY", 15, true }, { "PD-STREET", 17, true }, { "PD-BOX", 18, true },
	{ "PD-RESTANTE", 19, true }, { "PD-UNIQUE", 20, true }, { "PD-LOCAL", 21, true },
};
enum { POSTAL_N = sizeof postal / sizeof *postal, PD_COUNTRY = 8 };

/* The one PrintableString in a value; false: it is something else. */
static bool only_printable(struct octets value, bool in_set, struct octets *out)
{
	struct ber_string s;
	struct findings f;
	struct ber_tlv t;
	struct ber b;

	findings_clear(&f);
	ber_init(&b, value, &f);
	if (in_set && !(ber_optional(&b, &t, BER_UNIVERSAL(BER_SET)) && ber_enter(&b, &t)))
		return false;
	if (!ber_optional(&b, &t, BER_UNIVERSAL(BER_PRINTABLE_STRING)) || t.constructed ||
	    !ber_string(&b, &t, &s) || ber_next(&b, &t))
		return false;
	*out = s.raw;
	return ber_ok(&b);
}

static void text_attribute(struct text *t, bool *first, int64_t type, struct octets value)
{
	const struct p1_open *row = p1_open_number(p1_extension_attributes, type);
	struct octets plain;
	size_t i = 0;

	while (i < POSTAL_N && postal[i].number != type)
		i++;
	if (i < POSTAL_N && only_printable(value, postal[i].in_set, &plain)) {
		text_key(t, first, postal[i].keyword);
		text_char(t, '=');
		text_value(t, &(struct ber_string){ plain, false });
		return;
	}
	text_key(t, first, "EXT");
	text_i64(t, type);
	text_char(t, '=');
	p1_value_text(t, row ? row->type : &p1_type_any, value);
}

static void text_extension(struct text *t, bool *first, struct ber *b, const struct ber_tlv *x)
{
	struct octets value = { NULL, 0 };
	int64_t type = COMMON_NAME;
	struct ber_tlv v;

	if (!ber_enter(b, x) || !ber_next(b, &v) || !ber_int(b, &v, &type) ||
	    !ber_next(b, &v) || !ber_contents(b, &v, &value) || !ber_leave(b))
		return;
	if (type != COMMON_NAME)
		text_attribute(t, first, type, value);
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
		text_word(t, &first, p1_attributes[i].keyword, word(n, &p1_attributes[i]));
	}
	text_ddas(t, &first, n);
	text_extensions(t, &first, n);
	if (n->directory.n) {
		text_key(t, &first, "DN=");
		p1_directory_text(t, n->directory);
	}
}

void p1_name_value_text(struct text *t, struct octets value)
{
	struct findings ignored;
	struct p1_name n;
	size_t from = t->n;

	if (text_remembered(t, TEXT_NAME, value))
		return;
	findings_clear(&ignored);
	if (!p1_name_decode(value, &n, &ignored)) {
		text_hex(t, value);
		return;
	}
	text_char(t, '"');
	p1_name_text(t, &n);
	text_char(t, '"');
	text_remember(t, TEXT_NAME, value, from);
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
	text_value(t, &id->local);
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

	while (i < value.n && (type == TAG_NUMERIC ? p1_is_numeric(value.p[i])
	                                           : p1_is_printable(value.p[i])))
		i++;
	return i;
}

struct parsing {
	struct p1_name *out;
	struct p1_room room;
	struct p1_room attributes;	/* the end of room: extension attributes so far */
};

static int hex_digit(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 :
	       c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* A value with its \xhh undone, which takes room; without any it is borrowed. */
static bool unescape(struct p1_room *room, struct octets in, struct octets *out)
{
	uint8_t *at = room->p ? room->p + room->n : NULL;
	size_t n = 0;

	*out = in;
	if (!in.n || !memchr(in.p, '\\', in.n))
		return true;
	for (size_t i = 0; i < in.n; i++) {
		uint8_t c = in.p[i];

		if (c == '\\') {
			if (in.n - i < 4 || in.p[i + 1] != 'x' || hex_digit(in.p[i + 2]) < 0 ||
			    hex_digit(in.p[i + 3]) < 0)
				return false;
			c = (uint8_t)(hex_digit(in.p[i + 2]) << 4 | hex_digit(in.p[i + 3]));
			i += 3;
		}
		if (room->n == room->cap)
			return false;
		at[n++] = c;
		room->n++;
	}
	*out = (struct octets){ at, n };
	return true;
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

static bool parse_dda(struct parsing *s, const struct pair *p)
{
	struct octets type;

	if (s->out->ddas_n == P1_DDAS_MAX ||
	    !unescape(&s->room, (struct octets){ p->key.p + 4, p->key.n - 4 }, &type))
		return false;
	s->out->ddas[s->out->ddas_n++] = (struct p1_dda){ { type, false }, { p->value, false } };
	return true;
}

static size_t length_octets(size_t n)
{
	return n < 0x80 ? 1 : n < 0x100 ? 2 : 3;
}

static uint8_t *put_header(uint8_t *at, uint8_t tag, size_t n)
{
	size_t octets = length_octets(n);

	*at++ = tag;
	if (octets > 1)
		*at++ = (uint8_t)(0x80 | (octets - 1));
	if (octets > 2)
		*at++ = (uint8_t)(n >> 8);
	*at++ = (uint8_t)n;
	return at;
}

enum { ATTRIBUTE_HEAD_MAX = 16, NUMBER_MAX = 32767 };

/* Where the value of the next attribute is written, before it is known how long its
 * headers are; NULL: there is no room. */
static uint8_t *value_place(struct parsing *s)
{
	struct p1_room *r = &s->attributes;

	return r->cap - r->n > ATTRIBUTE_HEAD_MAX ? r->p + r->n + ATTRIBUTE_HEAD_MAX : NULL;
}

/* SEQUENCE { [0] number, [1] value }; the value stands at value_place(). */
static void add_attribute(struct parsing *s, unsigned number, size_t n)
{
	struct p1_room *r = &s->attributes;
	uint8_t *at = r->p + r->n, *value = at + ATTRIBUTE_HEAD_MAX;
	size_t number_n = number < 0x80 ? 1 : 2;
	size_t inner = 2 + number_n + 1 + length_octets(n) + n;

	at = put_header(at, TAG_SEQUENCE, inner);
	at = put_header(at, 0x80, number_n);
	if (number_n > 1)
		*at++ = (uint8_t)(number >> 8);
	*at++ = (uint8_t)number;
	at = put_header(at, 0xa1, n);
	memmove(at, value, n);
	r->n = (size_t)(at + n - r->p);
}

/* A PrintableString, alone or in a SET. */
static bool add_string(struct parsing *s, unsigned number, bool in_set, uint8_t type,
                       struct octets v)
{
	size_t whole = v.n + 2 + (in_set ? 2 : 0);
	uint8_t *at = value_place(s);

	if (!at || v.n > 0x70 || s->attributes.cap - s->attributes.n < ATTRIBUTE_HEAD_MAX + whole)
		return false;
	if (in_set)
		at = put_header(at, TAG_SET, v.n + 2);
	at = put_header(at, type, v.n);
	if (v.n)
		memcpy(at, v.p, v.n);
	add_attribute(s, number, whole);
	return true;
}

static bool parse_postal(struct parsing *s, const struct pair *p, bool *known)
{
	size_t i = 0;

	while (i < POSTAL_N && !key_is(p->key, postal[i].keyword))
		i++;
	*known = i < POSTAL_N;
	return *known && add_string(s, postal[i].number, postal[i].in_set,
	                            postal[i].number == PD_COUNTRY ? country_of(p->value).tag
	                                                           : TAG_PRINTABLE, p->value);
}

/* EXTn=value */
static bool parse_extension(struct parsing *s, struct pair *p)
{
	struct octets digits = { p->key.p + 3, p->key.n - 3 };
	const struct p1_open *row;
	uint8_t *at = value_place(s);
	unsigned number = 0;
	size_t n, cap, bad;

	if (!at || !digits.n || digits.n > 5 || !is_digits(digits))
		return false;
	for (size_t i = 0; i < digits.n; i++)
		number = number * 10 + (unsigned)(digits.p[i] - '0');
	if (number > NUMBER_MAX)
		return false;
	row = p1_open_number(p1_extension_attributes, number);
	cap = s->attributes.cap - s->attributes.n - ATTRIBUTE_HEAD_MAX;
	n = p1_value_encode(row ? row->type : &p1_type_any, p->value, at, cap, &bad);
	if (!n)
		p->key_at = p->value_at + bad;
	if (!n || n > cap)
		return false;
	add_attribute(s, number, n);
	return true;
}

static bool starts(struct octets key, const char *with)
{
	size_t n = strlen(with);

	return key.n >= n && key_is((struct octets){ key.p, n }, with);
}

/* Attributes that are no plain string. */
static bool parse_other(struct parsing *s, struct pair *p)
{
	bool known;

	if (starts(p->key, "OU"))
		return parse_unit(s->out, p);
	if (starts(p->key, "DDA:") && p->key.n > 4)
		return parse_dda(s, p);
	if (key_is(p->key, "DN"))
		return p1_directory_parse(p->value, &s->room, &s->out->directory);
	if (parse_postal(s, p, &known))
		return true;
	return !known && starts(p->key, "EXT") && parse_extension(s, p);
}

/* *type: the repertoire of the value; 0: none. */
static bool parse_pair(struct parsing *s, struct pair *p, uint8_t *type)
{
	*type = TAG_PRINTABLE;
	for (size_t i = 0; i < ATTRIBUTES_N; i++) {
		const struct attribute *a = &p1_attributes[i];

		if (!key_is(p->key, a->keyword))
			continue;
		*word_out(s->out, a) = a->tag == TAG_COUNTRY ? country_of(p->value)
		                                             : word_of(p->value, a->type);
		*type = a->type;
		return a->place != PLACE_EXTENSION || !s->attributes.cap ||
		       add_string(s, COMMON_NAME, false, TAG_PRINTABLE, p->value);
	}
	if (starts(p->key, "EXT") || key_is(p->key, "DN"))
		*type = 0;
	return parse_other(s, p);
}

bool p1_name_parse_in(struct octets text, struct p1_name *out, size_t *bad, uint8_t *room,
                      size_t cap)
{
	size_t half = cap / 2, pos = 0, at;
	struct parsing s = {
		.out = out, .room = { room, 0, half },
		.attributes = { room ? room + half : NULL, 0, cap - half },
	};
	struct pair p;
	uint8_t type;

	*out = (struct p1_name){ .units_n = 0 };
	while (next_pair(text, &pos, &p)) {
		struct octets shown = p.value;

		*bad = p.key_at;
		if (!starts(p.key, "EXT") && !key_is(p.key, "DN") &&
		    !unescape(&s.room, shown, &p.value))
			return false;
		if (!parse_pair(&s, &p, &type)) {
			*bad = p.key_at;
			return false;
		}
		at = type ? foreign(p.value, type) : p.value.n;
		*bad = p.value_at + at;
		if (at < p.value.n)
			return false;
	}
	if (s.attributes.n)
		out->extensions = (struct octets){ s.attributes.p, s.attributes.n };
	*bad = pos;
	return pos == text.n && text.n > 0;
}

bool p1_name_parse(struct octets text, struct p1_name *out, size_t *bad)
{
	return p1_name_parse_in(text, out, bad, NULL, 0);
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
