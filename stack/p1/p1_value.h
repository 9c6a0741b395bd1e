/*
 * p1_value: values of any ASN.1 type, by tables: checked, shown, written.
 *
 * A type is data: its kind, its tag, its members.  With it a value that no one
 * needs at full speed (an extension, a token, a heading field) is read from
 * octets to text and from text to octets, all types by the same two walks.
 * The text is the value notation of X.680:
 *
 *   SEQUENCE, SET          {arrival-time "260101000000Z", routing-action relayed}
 *   SEQUENCE OF, SET OF    {value, value}
 *   CHOICE                 alternative:value
 *   INTEGER, ENUMERATED    name or number        BOOLEAN, NULL   TRUE, FALSE, NULL
 *   BIT STRING             {name, name} or '0110'B
 *   OCTET STRING, opaque   '0a1b'H               OBJECT IDENTIFIER   2.6.1.4
 *   strings, UTCTime       "text", other than printable ASCII, ; " \ as \xhh
 *   O/R name               "C=XX;A=ADM;S=Name" where that says all, else a SEQUENCE
 *   ANY                    PrintableString:"text" and the like, else 'hex'H, whole
 *   members not defined, and what cannot be read as its type    ? 'hex'H, whole
 *
 * What is read and written again has equal value and the same text, and the same octets
 * if they were of definite, minimal lengths with members in the order of the type.
 */
#ifndef P1_VALUE_H
#define P1_VALUE_H

#include "ber/ber.h"
#include "p1/p1_rules.h"

enum p1_value_kind {
	P1_NULL, P1_BOOLEAN, P1_INTEGER, P1_ENUMERATED, P1_BITS, P1_OCTETS, P1_OID, P1_STRING,
	P1_SEQUENCE, P1_SET, P1_SEQUENCE_OF, P1_SET_OF, P1_CHOICE,
	P1_ANY,			/* one value of any type */
	P1_OPEN,		/* of the type that the last number or OID before it names */
	P1_NAME,		/* SEQUENCE that is an ORName */
	P1_OPAQUE,		/* SEQUENCE whose contents are shown as octets */
};

struct p1_type {
	const struct p1_member *members;	/* ends with a row without type; OF: one */
	const struct text_name *names;		/* of numbers or bits; NULL: none */
	const struct p1_open *open;		/* P1_OPEN: ends with a row without type */
	uint32_t tag;		/* BER_UNIVERSAL(), BER_APPLICATION(); 0: CHOICE, ANY, OPEN */
	uint32_t least, most;	/* characters, octets, bits, elements; most 0: no bound */
	uint8_t kind;		/* enum p1_value_kind */
};

enum { P1_OPTIONAL = 1, P1_EXPLICIT = 2 };

struct p1_member {
	const char *name;
	const struct p1_type *type;
	uint32_t tag;		/* 0: that of the type */
	uint8_t flags;
};

struct p1_open {
	const char *name;	/* shown for the number or OID; NULL: none */
	const struct p1_type *type;
	uint32_t number;	/* if oid_n = 0 */
	uint8_t oid_n;
	uint8_t oid[15];	/* contents */
};

/* For vectors and fuzz targets; the program shows values as they came.
 * `value` is one whole value.  Books what is wrong with it (p1.value-*, NOTE;
 * ber.*, FATAL) at octets from octet 0 of `value`. */
bool p1_value_check(const struct p1_type *type, struct octets value, struct findings *f);
/* Shown; nothing of a value is lost, however malformed it is. */
void p1_value_text(struct text *t, const struct p1_type *type, struct octets value);
/* Octets of the value that the text describes; written to dst only if they fit in
 * cap (dst NULL: size only).  0: *bad is the octet where the text cannot be read. */
size_t p1_value_encode(const struct p1_type *type, struct octets text, uint8_t *dst, size_t cap,
                       size_t *bad);
/* The row of a number or OID; NULL: there is none. */
const struct p1_open *p1_open_number(const struct p1_open *table, int64_t number);
const struct p1_open *p1_open_oid(const struct p1_open *table, struct octets oid);

#endif
