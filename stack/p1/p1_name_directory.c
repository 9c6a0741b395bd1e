/* Directory names to text and from text: see p1_name_inner.h. */
#include <string.h>

#include "p1/p1_name_inner.h"
#include "p1/p1_types.h"

/* X.520, with the keywords of RFC 4514 and some more. */
static const struct {
	const char *keyword;
	uint8_t last;		/* of 2.5.4.x */
} types[] = {
	{ "CN", 3 }, { "SN", 4 }, { "serialNumber", 5 }, { "C", 6 }, { "L", 7 }, { "ST", 8 },
	{ "STREET", 9 }, { "O", 10 }, { "OU", 11 }, { "title", 12 }, { "GN", 42 },
};
enum { TYPES_N = sizeof types / sizeof *types };

/* ---- to text ---- */

static void say_type(struct text *t, struct octets oid)
{
	for (size_t i = 0; i < TYPES_N; i++)
		if (octets_equal(oid, (struct octets){ (const uint8_t[]){ 0x55, 4, types[i].last },
		                                       3 })) {
			text_put(t, types[i].keyword);
			return;
		}
	ber_text_oid(t, oid);
}

static void say_hex(struct text *t, struct octets o)
{
	text_char(t, '#');
	for (size_t i = 0; i < o.n; i++)
		text_hex8(t, o.p[i]);
}

static void say_plain(struct text *t, struct octets o)
{
	for (size_t i = 0; i < o.n; i++) {
		if (p1_is_printable(o.p[i]) && !memchr("/+", o.p[i], 2)) {
			text_char(t, (char)o.p[i]);
		} else {
			text_put(t, "\\x");
			text_hex8(t, o.p[i]);
		}
	}
}

/* type=value */
static bool say_ava(struct text *t, struct ber *b, const struct ber_tlv *ava)
{
	struct octets oid, raw, contents;
	struct ber_tlv v;

	if (ava->tag != BER_UNIVERSAL(BER_SEQUENCE) || !ber_enter(b, ava) ||
	    !ber_optional(b, &v, BER_UNIVERSAL(BER_OBJECT_IDENTIFIER)) || !ber_oid(b, &v, &oid) ||
	    !ber_next(b, &v) || !ber_raw(b, &v, &raw))
		return false;
	contents = (struct octets){ raw.p + (v.body - v.at), raw.n - (v.body - v.at) };
	say_type(t, oid);
	text_char(t, '=');
	if (v.tag == BER_UNIVERSAL(BER_PRINTABLE_STRING) && !v.constructed && contents.n &&
	    contents.n < 0x80)
		say_plain(t, contents);
	else
		say_hex(t, raw);
	return !ber_next(b, &v) && ber_leave(b);
}

static bool say_name(struct text *t, struct ber *b)
{
	struct ber_tlv sequence, rdn, ava;
	bool first;

	if (!ber_optional(b, &sequence, BER_UNIVERSAL(BER_SEQUENCE)) || !ber_enter(b, &sequence))
		return false;
	while (ber_next(b, &rdn)) {
		if (rdn.tag != BER_UNIVERSAL(BER_SET) || !ber_enter(b, &rdn))
			return false;
		for (first = true; ber_next(b, &ava); first = false) {
			text_char(t, first ? '/' : '+');
			if (!say_ava(t, b, &ava))
				return false;
		}
		if (first || !ber_leave(b))
			return false;
	}
	return ber_leave(b) && !ber_next(b, &ava) && ber_ok(b);
}

void p1_directory_text(struct text *t, struct octets name)
{
	struct text before = *t;
	struct findings f;
	struct ber b;

	findings_clear(&f);
	ber_init(&b, name, &f);
	if (say_name(t, &b) && !f.n)
		return;
	*t = before;
	if (t->cap)
		t->p[t->n] = '\0';
	say_hex(t, name);
}

/* ---- from text ---- */

/* The notation of p1_value.h for what /type=value+.. says is put together in
 * the room, and then read by the type of a directory name. */
struct notation {
	struct p1_room *room;
	size_t from;
	bool full;
};

static void put(struct notation *n, const void *p, size_t size)
{
	n->full = n->full || n->room->cap - n->room->n < size;
	if (n->full || !size)
		return;
	memcpy(n->room->p + n->room->n, p, size);
	n->room->n += size;
}

static void put_text(struct notation *n, const char *s)
{
	put(n, s, strlen(s));
}

static void put_type(struct notation *n, struct octets type)
{
	char digits[3] = { '0', '0', '\0' };

	for (size_t i = 0; i < TYPES_N; i++)
		if (octets_equal(type, octets_of(types[i].keyword))) {
			digits[0] = (char)('0' + types[i].last / 10);
			digits[1] = (char)('0' + types[i].last % 10);
			put_text(n, "2.5.4.");
			put_text(n, digits);
			return;
		}
	put(n, type.p, type.n);
}

/* {type 2.5.4.3, value PrintableString:"text"} */
static bool put_ava(struct notation *n, struct octets ava)
{
	const uint8_t *equals = ava.n ? memchr(ava.p, '=', ava.n) : NULL;
	struct octets value;

	if (!equals)
		return false;
	value = (struct octets){ equals + 1, ava.n - (size_t)(equals + 1 - ava.p) };
	put_text(n, "{type ");
	put_type(n, (struct octets){ ava.p, (size_t)(equals - ava.p) });
	put_text(n, ", value ");
	if (value.n && value.p[0] == '#') {
		put_text(n, "'");
		put(n, value.p + 1, value.n - 1);
		put_text(n, "'H}");
	} else {
		put_text(n, "PrintableString:\"");
		put(n, value.p, value.n);
		put_text(n, "\"}");
	}
	return value.n > 0;
}

static bool put_name(struct notation *n, struct octets text)
{
	size_t from;
	char before;

	put_text(n, "rdnSequence:{");
	for (size_t i = 0; i < text.n;) {
		before = (char)text.p[i++];
		if (before != '/' && before != '+')
			return false;
		put_text(n, before == '+' ? ", " : i == 1 ? "{" : "}, {");
		for (from = i; i < text.n && !memchr("/+", text.p[i], 2); i++)
			;
		if ((before == '+' && from == 1) ||
		    !put_ava(n, (struct octets){ text.p + from, i - from }))
			return false;
	}
	put_text(n, text.n ? "}}" : "}");
	return !n->full;
}

static bool put_raw(struct notation *n, struct octets hex)
{
	put_text(n, "? '");
	put(n, hex.p, hex.n);
	put_text(n, "'H");
	return !n->full;
}

bool p1_directory_parse(struct octets text, struct p1_room *room, struct octets *out)
{
	struct notation n = { .room = room, .from = room->n };
	bool raw = text.n && text.p[0] == '#';
	size_t bad, size;
	uint8_t *at;

	if (raw ? !put_raw(&n, (struct octets){ text.p + 1, text.n - 1 }) : !put_name(&n, text))
		return false;
	at = room->p + room->n;
	size = p1_value_encode(&p1_type_directory_name,
	                       (struct octets){ room->p + n.from, room->n - n.from }, at,
	                       room->cap - room->n, &bad);
	if (!size || size > room->cap - room->n)
		return false;
	*out = (struct octets){ at, size };
	room->n += size;
	return true;
}
