#include "p1/p1_value.h"

#include <string.h>

#include "p1/p1_name.h"
#include "p1/p1_value_inner.h"

/* ---- types ---- */

const struct p1_open *p1_open_number(const struct p1_open *table, int64_t number)
{
	for (; table && table->type; table++)
		if (!table->oid_n && table->number == number)
			return table;
	return NULL;
}

const struct p1_open *p1_open_oid(const struct p1_open *table, struct octets oid)
{
	for (; table && table->type; table++)
		if (table->oid_n && octets_equal((struct octets){ table->oid, table->oid_n }, oid))
			return table;
	return NULL;
}

const struct p1_open *p1_open_find(const struct p1_open *table, const struct p1_key *key)
{
	if (!key->seen)
		return NULL;
	return key->oid.n ? p1_open_oid(table, key->oid) : p1_open_number(table, key->number);
}

static bool member_begins(const struct p1_member *m, uint32_t tag);

/* Does a value of this type begin with this tag? */
static bool type_begins(const struct p1_type *type, uint32_t tag)
{
	if (type->tag)
		return type->tag == tag;
	if (type->kind != P1_CHOICE)
		return true;
	for (const struct p1_member *m = type->members; m->type; m++)
		if (member_begins(m, tag))
			return true;
	return false;
}

static bool member_begins(const struct p1_member *m, uint32_t tag)
{
	return m->tag ? m->tag == tag : type_begins(m->type, tag);
}

bool p1_member_wrapped(const struct p1_member *m)
{
	return m->tag && (m->flags & P1_EXPLICIT || !m->type->tag);
}

unsigned p1_character_octets(uint32_t tag)
{
	return tag == BER_UNIVERSAL(BER_BMP_STRING) ? 2 :
	       tag == BER_UNIVERSAL(BER_UNIVERSAL_STRING) ? 4 : 1;
}

#define UNIVERSAL_STRING(name, tag_) UNIVERSAL_TYPE(name, P1_STRING, tag_)
#define UNIVERSAL_TYPE(name, kind_, tag_) \
	{ name, &(const struct p1_type){ .kind = kind_, .tag = BER_UNIVERSAL(tag_) }, 0, 0 }

static const struct p1_member any_members[] = {
	UNIVERSAL_TYPE("BOOLEAN", P1_BOOLEAN, BER_BOOLEAN),
	UNIVERSAL_TYPE("INTEGER", P1_INTEGER, BER_INTEGER),
	UNIVERSAL_TYPE("OBJECT-IDENTIFIER", P1_OID, BER_OBJECT_IDENTIFIER),
	UNIVERSAL_STRING("UTF8String", BER_UTF8_STRING),
	UNIVERSAL_STRING("NumericString", BER_NUMERIC_STRING),
	UNIVERSAL_STRING("PrintableString", BER_PRINTABLE_STRING),
	UNIVERSAL_STRING("TeletexString", BER_T61_STRING),
	UNIVERSAL_STRING("IA5String", BER_IA5_STRING),
	UNIVERSAL_STRING("UTCTime", BER_UTC_TIME),
	UNIVERSAL_STRING("GeneralizedTime", BER_GENERALIZED_TIME),
	UNIVERSAL_STRING("GraphicString", BER_GRAPHIC_STRING),
	UNIVERSAL_STRING("VisibleString", BER_VISIBLE_STRING),
	UNIVERSAL_STRING("GeneralString", BER_GENERAL_STRING),
	UNIVERSAL_STRING("BMPString", BER_BMP_STRING),
	UNIVERSAL_STRING("UniversalString", BER_UNIVERSAL_STRING),
	{ NULL, NULL, 0, 0 },
};

const struct p1_type p1_any_known = { .kind = P1_CHOICE, .members = any_members };

/* ---- reading ---- */

struct showing {
	struct ber b;
	struct text *t;		/* NULL: checked only */
	bool spelled;		/* names as members, never as addresses */
	struct p1_key key;
};

static bool read_value(struct showing *s, const struct ber_tlv *t, const struct p1_type *type);

static bool note(struct showing *s, const struct ber_tlv *t, enum p1_rule rule)
{
	return ber_fail(&s->b, t, &p1_rules[rule]);
}

static void say(struct showing *s, const char *what)
{
	if (s->t && what)
		text_put(s->t, what);
}

static void say_hex(struct showing *s, struct octets o)
{
	if (!s->t || text_masked(s->t, o))
		return;
	text_char(s->t, '\'');
	for (size_t i = 0; i < o.n; i++)
		text_hex8(s->t, o.p[i]);
	text_put(s->t, "'H");
}

static bool check_size(struct showing *s, const struct ber_tlv *t, const struct p1_type *type,
                       uint64_t n)
{
	if (n < type->least || (type->most && n > type->most))
		return note(s, t, P1_VALUE_SIZE);
	return true;
}

static const char *name_of(const struct text_name *names, int64_t v)
{
	for (; names && names->name; names++)
		if (names->value == v)
			return names->name;
	return NULL;
}

static bool read_number(struct showing *s, const struct ber_tlv *t, const struct p1_type *type)
{
	const char *name;
	int64_t v = 0;

	if (!ber_int(&s->b, t, &v))
		return false;
	s->key = (struct p1_key){ .number = v, .seen = true };
	name = name_of(type->names, v);
	if (s->t && name)
		text_put(s->t, name);
	else if (s->t)
		text_i64(s->t, v);
	if (type->most && (v < type->least || v > type->most))
		return note(s, t, P1_VALUE_SIZE);
	return true;
}

/* Bit i of a BIT STRING in one piece. */
static bool bit(struct octets o, size_t i)
{
	return o.p[1 + i / 8] >> (7 - i % 8) & 1;
}

static void say_names(struct showing *s, const struct p1_type *type, struct octets o, size_t n)
{
	bool first = true;

	text_char(s->t, '{');
	for (size_t i = 0; i < n; i++) {
		if (!bit(o, i))
			continue;
		text_put(s->t, first ? "" : ", ");
		text_put(s->t, name_of(type->names, (int64_t)i));
		first = false;
	}
	text_char(s->t, '}');
}

static bool all_named(const struct p1_type *type, struct octets o, size_t n)
{
	size_t last = 0;

	for (size_t i = 0; i < n; i++) {
		if (!bit(o, i))
			continue;
		if (!name_of(type->names, (int64_t)i))
			return false;
		last = i + 1;
	}
	return type->names && n == (last > type->least ? last : type->least);
}

static void say_bits(struct showing *s, const struct p1_type *type, const struct ber_tlv *t)
{
	struct octets o = { s->b.c.base + t->body, t->end - t->body };
	size_t n = (o.n - 1) * 8 - o.p[0];

	if (all_named(type, o, n)) {
		say_names(s, type, o, n);
		return;
	}
	text_char(s->t, '\'');
	for (size_t i = 0; i < n; i++)
		text_char(s->t, bit(o, i) ? '1' : '0');
	text_put(s->t, "'B");
}

static bool read_bits(struct showing *s, const struct ber_tlv *t, const struct p1_type *type)
{
	struct ber_bits bits;
	struct octets raw;

	if (t->constructed) {	/* in segments: shown as it came */
		if (!ber_raw(&s->b, t, &raw))
			return false;
		say(s, "? ");
		say_hex(s, raw);
		return true;
	}
	if (!ber_bits(&s->b, t, &bits))
		return false;
	if (s->t)
		say_bits(s, type, t);
	return check_size(s, t, type, bits.n);
}

static void say_character(struct showing *s, uint8_t c)
{
	if (c >= 0x20 && c < 0x7f && c != ';' && c != '\\' && c != '"') {
		text_char(s->t, (char)c);
	} else {
		text_put(s->t, "\\x");
		text_hex8(s->t, c);
	}
}

/* Of characters of several octets those before the last are zero, or all are
 * shown in hex. */
static bool is_narrow(const struct ber_string *string, unsigned width)
{
	struct octets o = string->raw;

	if (string->segmented || o.n % width)
		return false;
	for (size_t i = 0; i < o.n; i++)
		if (i % width != width - 1 && o.p[i])
			return false;
	return true;
}

static void say_string(struct showing *s, const struct ber_string *string, unsigned width)
{
	struct ber_segments i;
	struct octets piece;

	if (width > 1 && !is_narrow(string, width)) {
		say_hex(s, string->raw);
		return;
	}
	text_char(s->t, '"');
	ber_segments_init(&i, string);
	if (!text_masked(s->t, string->raw))
		while (ber_segments_next(&i, &piece))
			for (size_t k = width - 1; k < piece.n; k += width)
				say_character(s, piece.p[k]);
	text_char(s->t, '"');
}

static bool read_string(struct showing *s, const struct ber_tlv *t, const struct p1_type *type)
{
	unsigned width = p1_character_octets(type->tag);
	struct ber_string string;

	if (!ber_string(&s->b, t, &string))
		return false;
	if (s->t)
		say_string(s, &string, width);
	return check_size(s, t, type, ber_string_size(&string) / width);
}

static void say_pieces(struct showing *s, const struct ber_string *string)
{
	struct ber_segments i;
	struct octets piece;

	if (text_masked(s->t, string->raw))
		return;
	text_char(s->t, '\'');
	ber_segments_init(&i, string);
	while (ber_segments_next(&i, &piece))
		for (size_t k = 0; k < piece.n; k++)
			text_hex8(s->t, piece.p[k]);
	text_put(s->t, "'H");
}

static bool read_octets(struct showing *s, const struct ber_tlv *t, const struct p1_type *type)
{
	struct ber_string string;

	if (!ber_string(&s->b, t, &string))
		return false;
	if (s->t)
		say_pieces(s, &string);
	return check_size(s, t, type, ber_string_size(&string));
}

/* No arc above 32 bits, none with needless octets: what the text says is all. */
static bool is_plain_oid(struct octets oid)
{
	uint64_t arc = 0;

	for (size_t i = 0; i < oid.n; i++) {
		if (arc == 0 && oid.p[i] == 0x80)
			return false;
		arc = arc << 7 | (oid.p[i] & 0x7f);
		if (arc > UINT32_MAX)
			return false;
		if (!(oid.p[i] & 0x80))
			arc = 0;
	}
	return true;
}

static bool read_oid(struct showing *s, const struct ber_tlv *t)
{
	struct octets oid;

	if (!ber_oid(&s->b, t, &oid))
		return false;
	s->key = (struct p1_key){ .oid = oid, .seen = true };
	if (s->t && is_plain_oid(oid)) {
		ber_text_oid(s->t, oid);
	} else {
		say(s, "? ");
		say_hex(s, ber_since(&s->b, t->at));
	}
	return true;
}

static bool read_plain(struct showing *s, const struct ber_tlv *t, const struct p1_type *type)
{
	bool truth = false;

	if (type->kind == P1_NULL) {
		say(s, "NULL");
		return ber_null(&s->b, t);
	}
	if (!ber_boolean(&s->b, t, &truth))
		return false;
	say(s, truth ? "TRUE" : "FALSE");
	return true;
}

/* ---- constructed ones ---- */

static bool read_mismatched(struct showing *s, const struct ber_tlv *t)
{
	struct octets raw;

	note(s, t, P1_VALUE_TYPE);
	if (!ber_raw(&s->b, t, &raw))
		return false;
	say(s, "? ");
	say_hex(s, raw);
	return true;
}

/* An element that must bear the type's own tag. */
static bool read_begun(struct showing *s, const struct ber_tlv *t, const struct p1_type *type)
{
	return type_begins(type, t->tag) ? read_value(s, t, type) : read_mismatched(s, t);
}

/* The one value in a wrapper; *one: there is one and no other. */
static bool read_wrapped(struct showing *s, const struct ber_tlv *t, const struct p1_type *type,
                         bool *one)
{
	struct ber_tlv v;

	if (!ber_enter(&s->b, t))
		return false;
	*one = ber_next(&s->b, &v);
	if (*one && !read_begun(s, &v, type))
		return false;
	*one = *one && !ber_next(&s->b, &v);
	return ber_leave(&s->b);
}

/* `name` and the value.  Of a wrapper around none or several values nothing may be
 * lost: it is shown whole. */
static bool read_member(struct showing *s, const struct ber_tlv *t, const struct p1_member *m,
                        const char *separator)
{
	struct text said = s->t ? *s->t : (struct text){ .n = 0 };
	struct ber before;
	bool one = true;

	if (separator)
		say(s, m->name);
	say(s, separator);
	if (!p1_member_wrapped(m))
		return read_value(s, t, m->type);
	before = s->b;
	if (!read_wrapped(s, t, m->type, &one))
		return false;
	if (one)
		return true;
	s->b = before;
	if (s->t)
		*s->t = said;
	return read_mismatched(s, t);
}

static bool read_unknown(struct showing *s, const struct ber_tlv *t)
{
	struct octets raw;

	note(s, t, P1_VALUE_MEMBER);
	if (!ber_raw(&s->b, t, &raw))
		return false;
	say(s, "? ");
	say_hex(s, raw);
	return true;
}

/* The member that an element is: in a SEQUENCE none before `from`. */
static const struct p1_member *member_of(const struct p1_type *type, uint32_t tag, unsigned from)
{
	for (const struct p1_member *m = type->members + from; m->type; m++)
		if (member_begins(m, tag))
			return m;
	return NULL;
}

static void check_mandatory(struct showing *s, const struct ber_tlv *t,
                            const struct p1_type *type, uint32_t seen)
{
	for (unsigned i = 0; type->members[i].type; i++)
		if (!(type->members[i].flags & P1_OPTIONAL) && !(seen >> i & 1))
			note(s, t, P1_VALUE_ABSENT);
}

static bool read_members(struct showing *s, const struct ber_tlv *t, const struct p1_type *type)
{
	bool ordered = type->kind != P1_SET;
	struct p1_key outer = s->key;
	const struct p1_member *m;
	unsigned from = 0, i;
	uint32_t seen = 0;
	struct ber_tlv v;

	s->key.seen = false;
	if (!ber_enter(&s->b, t))
		return false;
	say(s, "{");
	for (bool first = true; ber_next(&s->b, &v); first = false) {
		say(s, first ? "" : ", ");
		m = member_of(type, v.tag, ordered ? from : 0);
		if (!m) {
			if (!read_unknown(s, &v))
				return false;
			continue;
		}
		i = (unsigned)(m - type->members);
		from = i + 1;
		if (seen >> i & 1)
			note(s, &v, P1_TWICE);
		seen |= UINT32_C(1) << i;
		if (!read_member(s, &v, m, " "))
			return false;
	}
	say(s, "}");
	check_mandatory(s, t, type, seen);
	s->key = outer;
	return ber_leave(&s->b);
}

static bool read_elements(struct showing *s, const struct ber_tlv *t, const struct p1_type *type)
{
	struct p1_key outer = s->key;
	struct ber_tlv v;
	uint64_t n = 0;

	if (!ber_enter(&s->b, t))
		return false;
	say(s, "{");
	for (; ber_next(&s->b, &v); n++) {
		say(s, n ? ", " : "");
		if (member_begins(type->members, v.tag)
		            ? !read_member(s, &v, type->members, NULL)
		            : !read_mismatched(s, &v))
			return false;
	}
	say(s, "}");
	s->key = outer;
	return ber_leave(&s->b) && check_size(s, t, type, n);
}

static bool read_choice(struct showing *s, const struct ber_tlv *t, const struct p1_type *type)
{
	const struct p1_member *m = member_of(type, t->tag, 0);

	if (!m)
		return false;
	return read_member(s, t, m, ":");
}

static bool read_any(struct showing *s, const struct ber_tlv *t)
{
	struct octets raw;

	if (!t->constructed && member_of(&p1_any_known, t->tag, 0))
		return read_choice(s, t, &p1_any_known);
	if (!ber_raw(&s->b, t, &raw))
		return false;
	say_hex(s, raw);
	return true;
}

static bool read_opaque(struct showing *s, const struct ber_tlv *t)
{
	struct octets contents;

	if (!ber_contents(&s->b, t, &contents))
		return false;
	say_hex(s, contents);
	return true;
}

static bool read_open(struct showing *s, const struct ber_tlv *t, const struct p1_type *type)
{
	const struct p1_open *row = p1_open_find(type->open, &s->key);

	if (!row)
		return read_any(s, t);
	return read_begun(s, t, row->type);
}

/* Octets as members, not as an address. */
static bool spell(struct text *t, const struct p1_type *type, struct octets name)
{
	struct showing s = { .t = t, .spelled = true };
	struct findings ignored;
	struct ber_tlv v;

	findings_clear(&ignored);
	ber_init(&s.b, name, &ignored);
	return ber_next(&s.b, &v) && read_members(&s, &v, type) && !t->cut;
}

/* Have two names, in whatever forms of BER, one value?  Their tags are not looked at. */
static bool is_same_name(const struct p1_type *type, struct octets a, struct octets b)
{
	char one[2 * P1_NAME_ROOM], two[2 * P1_NAME_ROOM];
	struct text first, second;

	if (a.n == b.n && memcmp(a.p + 1, b.p + 1, a.n - 1) == 0)
		return true;
	text_init(&first, one, sizeof one);
	text_init(&second, two, sizeof two);
	return spell(&first, type, a) && spell(&second, type, b) && strcmp(one, two) == 0;
}

/* Does the text of the name say all that its octets do? */
static bool is_text_name(const struct p1_type *type, struct octets raw, struct text *t)
{
	uint8_t room[P1_NAME_ROOM], again[P1_NAME_ROOM];
	struct findings ignored;
	struct p1_name n;
	size_t bad, size;

	findings_clear(&ignored);
	if (!p1_name_decode(raw, &n, &ignored))
		return false;
	p1_name_text(t, &n);
	if (t->cut || !t->n || memchr(t->p, '"', t->n) ||
	    !p1_name_parse_in((struct octets){ (const uint8_t *)t->p, t->n }, &n, &bad, room,
	                      sizeof room))
		return false;
	size = p1_name_encode(&n, 0x60, again, sizeof again);
	return size <= sizeof again && is_same_name(type, raw, (struct octets){ again, size });
}

static bool read_name(struct showing *s, const struct ber_tlv *t, const struct p1_type *type)
{
	char line[P1_NAME_ROOM];
	struct ber_tlv again = *t;
	struct octets raw;
	struct ber before;
	struct text text;

	if (!s->t || s->spelled)
		return read_members(s, t, type);
	before = s->b;
	if (!ber_raw(&s->b, t, &raw))
		return false;
	text_init(&text, line, sizeof line);
	if (!is_text_name(type, raw, &text)) {
		s->b = before;
		return read_members(s, &again, type);
	}
	text_char(s->t, '"');
	text_put(s->t, line);
	text_char(s->t, '"');
	return true;
}

/* The element is one of this type, whatever its tag, if the type has one (tags
 * may be implicit): what could not be is told apart before. */
static bool read_value(struct showing *s, const struct ber_tlv *t, const struct p1_type *type)
{
	bool constructed = type->kind >= P1_SEQUENCE && type->kind <= P1_SET_OF;

	if ((type->kind == P1_CHOICE && !member_of(type, t->tag, 0)) ||
	    ((constructed || type->kind >= P1_NAME) && !t->constructed) ||
	    (type->kind < P1_BITS && t->constructed) ||
	    (type->kind == P1_OID && t->constructed))
		return read_mismatched(s, t);
	switch (type->kind) {
	case P1_NULL:
	case P1_BOOLEAN:
		return read_plain(s, t, type);
	case P1_INTEGER:
	case P1_ENUMERATED:
		return read_number(s, t, type);
	case P1_BITS:
		return read_bits(s, t, type);
	case P1_OCTETS:
		return read_octets(s, t, type);
	case P1_OID:
		return read_oid(s, t);
	case P1_STRING:
		return read_string(s, t, type);
	case P1_SEQUENCE_OF:
	case P1_SET_OF:
		return read_elements(s, t, type);
	case P1_CHOICE:
		return read_choice(s, t, type);
	case P1_OPEN:
		return read_open(s, t, type);
	case P1_ANY:
		return read_any(s, t);
	case P1_NAME:
		return read_name(s, t, type);
	case P1_OPAQUE:
		return read_opaque(s, t);
	default:
		return read_members(s, t, type);
	}
}

static bool read_whole(struct showing *s, const struct p1_type *type, struct octets value,
                       struct findings *f)
{
	struct ber_tlv t;

	ber_init(&s->b, value, f);
	if (!ber_next(&s->b, &t))
		return ber_ok(&s->b) && findings_add(f, &p1_rules[P1_VALUE_TYPE], 0);
	return read_begun(s, &t, type) && ber_end(&s->b, &p1_rules[P1_TRAILING]);
}

bool p1_value_check(const struct p1_type *type, struct octets value, struct findings *f)
{
	struct showing s = { .t = NULL };

	return read_whole(&s, type, value, f);
}

void p1_value_text(struct text *t, const struct p1_type *type, struct octets value)
{
	struct showing s = { .t = t };
	struct text before = *t;
	struct findings f;

	findings_clear(&f);
	if (read_whole(&s, type, value, &f))
		return;
	*t = before;
	if (t->cap)
		t->p[t->n] = '\0';
	say(&s, "? ");
	say_hex(&s, value);
}
