/* Values from text: see p1_value.h. */
#include "p1/p1_value.h"

#include <string.h>

#include "p1/p1_name.h"
#include "p1/p1_value_inner.h"

enum { KEY_MAX = 32 };

/* Octets go forward; the length of an element is put in front of its contents when
 * they are there, which moves them if it takes more than one octet. */
struct writing {
	struct octets text;
	size_t pos;
	uint8_t *dst;
	size_t cap, n;
	struct p1_key key;
	uint8_t key_oid[KEY_MAX];
	uint8_t depth;
};

static bool write_value(struct writing *w, const struct p1_type *type, uint32_t tag);

/* ---- octets ---- */

static void put(struct writing *w, uint8_t v)
{
	if (w->dst && w->n < w->cap)
		w->dst[w->n] = v;
	w->n++;
}

static void put_tag(struct writing *w, uint32_t tag, bool constructed)
{
	uint8_t first = (uint8_t)(tag >> 30 << 6 | (constructed ? 0x20 : 0));
	uint32_t number = tag & 0x3fffffff;

	if (number < 31) {
		put(w, (uint8_t)(first | number));
		return;
	}
	put(w, first | 31);
	for (int shift = 28; shift > 0; shift -= 7)
		if (number >> shift)
			put(w, (uint8_t)(0x80 | (number >> shift & 0x7f)));
	put(w, number & 0x7f);
}

/* An identifier and room for a length of one octet; the place of the contents. */
static size_t open(struct writing *w, uint32_t tag, bool constructed)
{
	put_tag(w, tag, constructed);
	put(w, 0);
	return w->n;
}

static void close(struct writing *w, size_t body)
{
	size_t length = w->n - body, more = 0;

	if (length >= 0x80)
		for (size_t left = length; left; left >>= 8)
			more++;
	w->n += more;
	if (!w->dst || w->n > w->cap)
		return;
	if (more)
		memmove(w->dst + body + more, w->dst + body, length);
	w->dst[body - 1] = (uint8_t)(more ? 0x80 | more : length);
	for (size_t i = 0; i < more; i++)
		w->dst[body + i] = (uint8_t)(length >> 8 * (more - 1 - i));
}

/* ---- text ---- */

static int peek(const struct writing *w)
{
	return w->pos < w->text.n ? w->text.p[w->pos] : -1;
}

static void skip_blanks(struct writing *w)
{
	while (peek(w) == ' ' || peek(w) == '\n' || peek(w) == '\t' || peek(w) == '\r')
		w->pos++;
}

static bool take(struct writing *w, char c)
{
	skip_blanks(w);
	if (peek(w) != c)
		return false;
	w->pos++;
	return true;
}

static bool is_word(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '.';
}

/* Letters, digits, '-', '.'; n = 0: there is none. */
static struct octets word(struct writing *w)
{
	size_t from;

	skip_blanks(w);
	from = w->pos;
	while (is_word(peek(w)))
		w->pos++;
	return (struct octets){ w->text.p + from, w->pos - from };
}

/* Not this: what was read is given back, so that *bad shows where it begins. */
static bool unread(struct writing *w, struct octets o)
{
	w->pos -= o.n;
	return false;
}

static int hex_digit(int c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 :
	       c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool put_hex(struct writing *w)
{
	int high, low;

	if (!take(w, '\''))
		return false;
	while ((high = hex_digit(peek(w))) >= 0) {
		w->pos++;
		low = hex_digit(peek(w));
		if (low < 0)
			return false;
		w->pos++;
		put(w, (uint8_t)(high << 4 | low));
	}
	return peek(w) == '\'' && ++w->pos && take(w, 'H');
}

/* ---- primitive values ---- */

static bool parse_number(struct octets o, int64_t *out)
{
	bool negative = o.n && o.p[0] == '-';
	uint64_t v = 0;

	/* 19 digits do not pass 64 bits. */
	if (o.n == negative || o.n > 19u + negative)
		return false;
	for (size_t i = negative; i < o.n; i++) {
		if (o.p[i] < '0' || o.p[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(o.p[i] - '0');
	}
	*out = (int64_t)(negative ? 0 - v : v);
	return v <= (uint64_t)INT64_MAX + negative;
}

static bool find_name(const struct text_name *names, struct octets o, int64_t *out)
{
	for (; names && names->name; names++)
		if (octets_equal(o, octets_of(names->name))) {
			*out = names->value;
			return true;
		}
	return false;
}

static bool write_number(struct writing *w, const struct p1_type *type)
{
	struct octets o = word(w);
	unsigned octets = 1;
	int64_t v;

	if (!find_name(type->names, o, &v) && !parse_number(o, &v))
		return unread(w, o);
	w->key = (struct p1_key){ .number = v, .seen = true };
	while (octets < 8 && (v >= INT64_C(1) << (8 * octets - 1) ||
	                      v < -(INT64_C(1) << (8 * octets - 1))))
		octets++;
	while (octets--)
		put(w, (uint8_t)((uint64_t)v >> 8 * octets));
	return true;
}

/* '0110'B */
static bool write_binary(struct writing *w)
{
	size_t at = w->n, bits = 0;
	uint8_t octet = 0;

	put(w, 0);
	for (; peek(w) == '0' || peek(w) == '1'; w->pos++) {
		octet |= (uint8_t)((peek(w) - '0') << (7 - bits % 8));
		if (++bits % 8 == 0) {
			put(w, octet);
			octet = 0;
		}
	}
	if (bits % 8)
		put(w, octet);
	if (w->dst && at < w->cap)
		w->dst[at] = (uint8_t)((8 - bits % 8) % 8);
	return peek(w) == '\'' && ++w->pos && take(w, 'B');
}

enum { NAMED_BITS_MAX = 128 };

static bool write_bits(struct writing *w, const struct p1_type *type)
{
	uint8_t octets[NAMED_BITS_MAX / 8] = { 0 };
	size_t n = type->least;
	struct octets o;
	int64_t v;

	if (take(w, '\''))
		return write_binary(w);
	if (!take(w, '{'))
		return false;
	for (o = word(w); o.n; o = take(w, ',') ? word(w) : (struct octets){ w->text.p, 0 }) {
		if (!find_name(type->names, o, &v) || v >= NAMED_BITS_MAX)
			return unread(w, o);
		octets[v / 8] |= (uint8_t)(0x80 >> v % 8);
		if ((size_t)v >= n)
			n = (size_t)v + 1;
	}
	put(w, (uint8_t)((8 - n % 8) % 8));
	for (size_t i = 0; i < (n + 7) / 8; i++)
		put(w, octets[i]);
	return take(w, '}');
}

/* Base 128, all but the last octet marked (X.690 8.19.2). */
static void put_arc(struct writing *w, uint64_t arc, size_t *n)
{
	for (int shift = 35; shift >= 0; shift -= 7) {
		uint8_t octet = (uint8_t)((shift ? 0x80 : 0) | (arc >> shift & 0x7f));

		if (shift && !(arc >> shift))
			continue;
		put(w, octet);
		if (*n < KEY_MAX)
			w->key_oid[*n] = octet;
		++*n;
	}
}

static bool write_oid(struct writing *w)
{
	struct octets o = word(w);
	uint64_t arc, first = 0;
	size_t i = 0, n = 0;
	unsigned arcs = 0;

	while (i < o.n) {
		for (arc = 0; i < o.n && o.p[i] >= '0' && o.p[i] <= '9' && arc <= UINT32_MAX; i++)
			arc = arc * 10 + (uint64_t)(o.p[i] - '0');
		if ((i < o.n && o.p[i] != '.') || arc > UINT32_MAX || (arcs == 0 && arc > 2))
			return unread(w, o);
		i++;
		if (arcs++ == 0)
			first = arc * 40;
		else
			put_arc(w, arc + first, &n);
		first = arcs == 1 ? first : 0;
	}
	if (arcs < 2)
		return unread(w, o);
	w->key = (struct p1_key){ .seen = n <= KEY_MAX, .oid = { w->key_oid, n } };
	return true;
}

/* One character behind a quotation mark: as it is, or \xhh. */
static bool take_character(struct writing *w, uint8_t *out)
{
	int high, low;

	*out = (uint8_t)peek(w);
	w->pos++;
	if (*out != '\\')
		return true;
	if (peek(w) != 'x')
		return false;
	w->pos++;
	high = hex_digit(peek(w));
	w->pos += high >= 0;
	low = hex_digit(peek(w));
	w->pos += high >= 0 && low >= 0;
	if (high < 0 || low < 0)
		return false;
	*out = (uint8_t)(high << 4 | low);
	return true;
}

static bool write_string(struct writing *w, const struct p1_type *type)
{
	unsigned width = p1_character_octets(type->tag);
	uint8_t c;

	if (!take(w, '"'))
		return put_hex(w);
	while (peek(w) != '"') {
		if (peek(w) < 0 || !take_character(w, &c))
			return false;
		for (unsigned i = 1; i < width; i++)
			put(w, 0);
		put(w, c);
	}
	return take(w, '"');
}

static bool write_boolean(struct writing *w)
{
	struct octets o = word(w);
	bool truth = octets_equal(o, octets_of("TRUE"));

	if (!truth && !octets_equal(o, octets_of("FALSE")))
		return unread(w, o);
	put(w, truth ? 0xff : 0);
	return true;
}

static bool write_null(struct writing *w)
{
	struct octets o = word(w);

	return octets_equal(o, octets_of("NULL")) || unread(w, o);
}

/* ---- constructed ones ---- */

static bool write_member(struct writing *w, const struct p1_member *m)
{
	size_t body;

	if (!p1_member_wrapped(m))
		return write_value(w, m->type, m->tag);
	body = open(w, m->tag, true);
	if (!write_value(w, m->type, 0))
		return false;
	close(w, body);
	return true;
}

static const struct p1_member *named(const struct p1_type *type, struct octets name)
{
	for (const struct p1_member *m = type->members; m->type; m++)
		if (octets_equal(name, octets_of(m->name)))
			return m;
	return NULL;
}

/* A member by name; the order is the caller's, as the octets were. */
static bool write_named(struct writing *w, const struct p1_type *type)
{
	const struct p1_member *m;
	struct octets name;

	if (take(w, '?'))
		return put_hex(w);
	name = word(w);
	m = named(type, name);
	return m ? write_member(w, m) : unread(w, name);
}

static bool write_members(struct writing *w, const struct p1_type *type)
{
	bool list = type->kind == P1_SEQUENCE_OF || type->kind == P1_SET_OF;
	struct p1_key outer = w->key;

	if (!take(w, '{'))
		return false;
	if (take(w, '}'))
		return true;
	w->key.seen = false;
	do {
		if (list ? !write_member(w, type->members) : !write_named(w, type))
			return false;
	} while (take(w, ','));
	w->key = outer;
	return take(w, '}');
}

/* An O/R name as an address. */
static bool write_address(struct writing *w)
{
	uint8_t room[P1_NAME_ROOM], octets[P1_NAME_ROOM];
	struct octets o;
	struct ber_tlv t;
	struct findings f;
	struct p1_name n;
	struct ber b;
	size_t bad = 0, from = ++w->pos, size;

	while (peek(w) >= 0 && peek(w) != '"')
		w->pos++;
	o = (struct octets){ w->text.p + from, w->pos - from };
	if (peek(w) < 0 || !p1_name_parse_in(o, &n, &bad, room, sizeof room)) {
		w->pos = from + bad;
		return false;
	}
	w->pos++;
	size = p1_name_encode(&n, 0x60, octets, sizeof octets);
	if (size > sizeof octets)
		return false;
	findings_clear(&f);
	ber_init(&b, (struct octets){ octets, size }, &f);
	if (!ber_next(&b, &t))
		return false;
	for (size_t i = t.body; i < t.end; i++)
		put(w, octets[i]);
	return true;
}

static bool write_contents(struct writing *w, const struct p1_type *type)
{
	switch (type->kind) {
	case P1_NULL:
		return write_null(w);
	case P1_BOOLEAN:
		return write_boolean(w);
	case P1_INTEGER:
	case P1_ENUMERATED:
		return write_number(w, type);
	case P1_BITS:
		return write_bits(w, type);
	case P1_OCTETS:
	case P1_OPAQUE:
		return put_hex(w);
	case P1_OID:
		return write_oid(w);
	case P1_STRING:
		return write_string(w, type);
	case P1_NAME:
		skip_blanks(w);
		return peek(w) == '"' ? write_address(w) : write_members(w, type);
	default:
		return write_members(w, type);
	}
}

static bool write_choice(struct writing *w, const struct p1_type *type)
{
	struct octets name = word(w);
	const struct p1_member *m = named(type, name);

	if (!m || !take(w, ':'))
		return unread(w, name);
	return write_member(w, m);
}

static bool write_any(struct writing *w)
{
	skip_blanks(w);
	return peek(w) == '\'' ? put_hex(w) : write_choice(w, &p1_any_known);
}

static bool write_open(struct writing *w, const struct p1_type *type)
{
	const struct p1_open *row = p1_open_find(type->open, &w->key);

	return row ? write_value(w, row->type, 0) : write_any(w);
}

/* tag 0: the type's own. */
static bool write_tagged(struct writing *w, const struct p1_type *type, uint32_t tag)
{
	bool constructed = (type->kind >= P1_SEQUENCE && type->kind <= P1_SET_OF) ||
	                   type->kind == P1_NAME || type->kind == P1_OPAQUE;
	size_t body = open(w, tag ? tag : type->tag, constructed);

	if (!write_contents(w, type))
		return false;
	close(w, body);
	return true;
}

static bool write_value(struct writing *w, const struct p1_type *type, uint32_t tag)
{
	bool ok;

	if (take(w, '?'))
		return put_hex(w);
	if (++w->depth > BER_DEPTH_MAX)
		return false;
	ok = type->kind == P1_CHOICE ? write_choice(w, type) :
	     type->kind == P1_ANY ? write_any(w) :
	     type->kind == P1_OPEN ? write_open(w, type) : write_tagged(w, type, tag);
	w->depth--;
	return ok;
}

size_t p1_value_encode(const struct p1_type *type, struct octets text, uint8_t *dst, size_t cap,
                       size_t *bad)
{
	struct writing w = { .text = text, .dst = dst, .cap = cap };
	bool ok = write_value(&w, type, 0);

	skip_blanks(&w);
	*bad = w.pos;
	return ok && w.pos == text.n ? w.n : 0;
}
