/*
 * ber: octets of a peer by X.690, element by element.
 *
 *     identifier (class, form, number) | length | contents | [00 00]
 *
 * A walker stands on a window of octets and keeps its own bounded stack of
 * levels.  ber_next() reads the header of the next element of the level; the
 * element is then the *current* one, and may be entered, read by one typed
 * getter, or left alone (the next ber_next() skips it).
 *
 *     ber_init(&b, pdu, findings);
 *     if (!ber_take(&b, &t, BER_SET, &x_rules[X_TYPE]) || !ber_enter(&b, &t))
 *             return false;
 *     while (ber_next(&b, &t))
 *             switch (t.tag) {
 *             case BER_CONTEXT(0): ber_int(&b, &t, &x->mode); break;
 *             default: break;                 (unknown: skipped)
 *             }
 *     ber_leave(&b);
 *     return ber_ok(&b);
 *
 * Definite and indefinite lengths, in any mixture, look the same.  Time is
 * linear: a definite element is jumped over, an indefinite one is walked once
 * when it is left or skipped; ber_raw() and ber_contents() walk it once, and a
 * second walker on what they gave walks it again.
 *
 * Failure is sticky, as in base/cursor.h: after a fatal finding every call
 * returns false.  Octets of findings count from octet 0 of the PDU.  All
 * results borrow from the PDU.
 */
#ifndef BER_BER_H
#define BER_BER_H

#include "base/cursor.h"
#include "base/node.h"
#include "base/text.h"
#include "ber/ber_rules.h"

/* A tag as one number, for `case`.  Tag numbers have at most 30 bits. */
#define BER_UNIVERSAL(n) ((uint32_t)(n))
#define BER_APPLICATION(n) (UINT32_C(0x40000000) | (uint32_t)(n))
#define BER_CONTEXT(n) (UINT32_C(0x80000000) | (uint32_t)(n))
#define BER_PRIVATE(n) (UINT32_C(0xc0000000) | (uint32_t)(n))

/* Universal tags (X.680 8.4). */
enum {
	BER_BOOLEAN = 1,
	BER_INTEGER = 2,
	BER_BIT_STRING = 3,
	BER_OCTET_STRING = 4,
	BER_NULL = 5,
	BER_OBJECT_IDENTIFIER = 6,
	BER_OBJECT_DESCRIPTOR = 7,
	BER_EXTERNAL = 8,
	BER_REAL = 9,
	BER_ENUMERATED = 10,
	BER_UTF8_STRING = 12,
	BER_SEQUENCE = 16,
	BER_SET = 17,
	BER_NUMERIC_STRING = 18,
	BER_PRINTABLE_STRING = 19,
	BER_T61_STRING = 20,
	BER_VIDEOTEX_STRING = 21,
	BER_IA5_STRING = 22,
	BER_UTC_TIME = 23,
	BER_GENERALIZED_TIME = 24,
	BER_GRAPHIC_STRING = 25,
	BER_VISIBLE_STRING = 26,
	BER_GENERAL_STRING = 27,
	BER_UNIVERSAL_STRING = 28,
	BER_BMP_STRING = 30,
};

/* The header of one element.  Octets count from octet 0 of the PDU. */
struct ber_tlv {
	size_t at;		/* the identifier */
	size_t body;		/* the contents */
	size_t end;		/* after the contents; unknown if indefinite */
	uint32_t tag;		/* BER_CONTEXT(3) ... */
	bool constructed;
	bool indefinite;
};

/* What a walker notes besides errors, where a profile asks for it. */
enum {
	BER_ASK_MINIMAL = 1,	/* lengths in the fewest octets */
	BER_ASK_DEFINITE = 2,	/* no indefinite lengths */
};

struct ber_level {
	size_t end;		/* of the innermost definite window */
	bool indefinite;
	bool ended;		/* end-of-contents octets were read */
};

struct ber {
	struct cursor c;
	struct ber_tlv current;
	bool pending;		/* current has been read to its header only */
	bool held;		/* current is to be given once more */
	uint8_t asks;		/* BER_ASK_*; 0 after ber_init() */
	uint8_t depth;
	struct ber_level level[BER_DEPTH_MAX];
};

/* Walks all of `pdu`, whose octet 0 is octet 0 of findings. */
void ber_init(struct ber *b, struct octets pdu, struct findings *f);
/* Walks the rest of a window; octets of findings stay those of the window. */
void ber_init_window(struct ber *b, const struct cursor *window);

/* No fatal finding so far. */
static inline bool ber_ok(const struct ber *b)
{
	return !b->c.findings->fatal;
}

/* Books a finding at an element's identifier; false if it is fatal. */
static inline bool ber_fail(struct ber *b, const struct ber_tlv *t, const struct rule *rule)
{
	return findings_add(b->c.findings, rule, t->at);
}

/* The next element of this level.  false: end of the level, or fatal. */
bool ber_next(struct ber *b, struct ber_tlv *t);
/* The next element as it stands, if its length is definite and below 128: nothing of it
 * is checked, and it is still the next one.  false: there is none of this form. */
bool ber_peek(const struct ber *b, struct octets *out);
/* Moves behind what ber_peek() gave. */
static inline void ber_pass(struct ber *b, const struct octets *peeked)
{
	b->c.pos += peeked->n;
}
/* The same, only if it has this tag; else it stays for the next call. */
bool ber_optional(struct ber *b, struct ber_tlv *t, uint32_t tag);
/* The same, and if it has another tag or the level ends, `rule` is booked. */
bool ber_take(struct ber *b, struct ber_tlv *t, uint32_t tag, const struct rule *rule);
/* Books `rule` if elements are left in this level; false if that was fatal. */
bool ber_end(struct ber *b, const struct rule *rule);

/* Into the current element, which must be constructed; and out of it, skipping
 * what is unread. */
bool ber_enter(struct ber *b, const struct ber_tlv *t);
bool ber_leave(struct ber *b);

/* Getters: each reads the current element whole, by its type and not by its
 * tag (tags may be implicit).  *out is unchanged on failure. */
bool ber_boolean(struct ber *b, const struct ber_tlv *t, bool *out);
/* INTEGER and ENUMERATED (X.690 8.3, 8.4) of at most 64 bits. */
bool ber_int(struct ber *b, const struct ber_tlv *t, int64_t *out);
/* The same; a value outside min..max books `rule`, and is then not stored. */
bool ber_int_in(struct ber *b, const struct ber_tlv *t, int64_t min, int64_t max,
                const struct rule *rule, int64_t *out);
bool ber_null(struct ber *b, const struct ber_tlv *t);
/* Contents octets, to be compared as octets. */
bool ber_oid(struct ber *b, const struct ber_tlv *t, struct octets *out);

/* The first 64 bits of a BIT STRING: named bit i is 1 << i. */
struct ber_bits {
	uint64_t bits;
	size_t n;		/* bits present in all */
};
bool ber_bits(struct ber *b, const struct ber_tlv *t, struct ber_bits *out);

/*
 * A string of octets or characters.  A peer may cut it into segments, nested
 * as it likes (X.690 8.7.3).  Usually its octets lie in one piece; if not,
 * `segmented` is set and `raw` is the contents of the constructed encoding,
 * which is checked already and is read with the functions below.
 */
struct ber_string {
	struct octets raw;
	bool segmented;
};
bool ber_string(struct ber *b, const struct ber_tlv *t, struct ber_string *out);
/* A BIT STRING as octets: as ber_string(), with the initial octet of each
 * segment left in place. */
bool ber_bit_string(struct ber *b, const struct ber_tlv *t, struct ber_string *out);

/* Iterates over the pieces of a string, segmented or not. */
struct ber_segments {
	struct octets raw;
	size_t pos;
	bool segmented, done;
};
void ber_segments_init(struct ber_segments *i, const struct ber_string *s);
bool ber_segments_next(struct ber_segments *i, struct octets *piece);

uint64_t ber_string_size(const struct ber_string *s);
bool ber_string_equal(const struct ber_string *s, struct octets o);
/* The octets in one piece: borrowed if they are, else joined in buf.  false if
 * they are more than cap octets and in several pieces. */
bool ber_string_join(const struct ber_string *s, uint8_t *buf, size_t cap, struct octets *out);

/* The current element as octets: all of it (identifier to end-of-contents),
 * its contents (without end-of-contents), or its contents as a window. */
bool ber_raw(struct ber *b, const struct ber_tlv *t, struct octets *out);
bool ber_contents(struct ber *b, const struct ber_tlv *t, struct octets *out);
bool ber_window(struct ber *b, const struct ber_tlv *t, struct cursor *out);

/* Octets from octet `from` to where the walker stands. */
static inline struct octets ber_since(const struct ber *b, size_t from)
{
	return (struct octets){ b->c.base + from, b->c.pos - from };
}

/* Are these octets exactly one value?  Books nothing. */
bool ber_is_one_value(struct octets o);
/* The contents of the value that the octets begin with, or all of them if that is none.
 * Books nothing. */
struct octets ber_inside(struct octets o);

/* Builders beside those of base/node.h.  `tag` is an identifier octet. */
struct node *ber_node_string(struct nodes *a, struct node *parent, uint8_t tag,
                             const struct ber_string *s);
/* Named bits, with trailing zero bits left out; at most 64. */
struct node *ber_node_bits(struct nodes *a, struct node *parent, uint8_t tag, uint64_t bits);

/* "2.6.0.1.6" */
void ber_text_oid(struct text *t, struct octets oid);
/* Quoted, segments joined. */
void ber_text_string(struct text *t, const struct ber_string *s);

#endif
