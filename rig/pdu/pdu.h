/*
 * pdu: any PDU of any layer, by the names of its fields.
 *
 *     session AB tdisc=release+user user="late"
 *     ^layer  ^kind ^field=value
 *
 * One table (pdu_table.c, and for session the one of session_layout.h) says of
 * each kind of PDU what its fields are called, where they stand and of which
 * type they are.  Writing goes through the table and makes a tree of base/node.h,
 * so every length is right unless it is bent; reading goes through octets by the
 * same table, so that what can be written can be compared.
 *
 * Where a field stands:
 *
 *     PDU_FIXED    behind its predecessor in the header, always there
 *     PDU_TAGGED   behind a path of identifiers: PGI and PI (session), parameter
 *                  code (cotp), BER identifier octets (all above)
 *     PDU_BEHIND   the rest of the same parameter as the field before it
 *     PDU_REST     the rest of the header: octets that are no field of the table; with a
 *                  path: its last value of this identifier
 *     PDU_AFTER    behind the header: user data
 *     PDU_SELF     the contents of the PDU itself (RTTP, RTTR)
 */
#ifndef PDU_PDU_H
#define PDU_PDU_H

#include "base/node.h"
#include "base/rule.h"
#include "base/service.h"
#include "base/text.h"

enum {
	PDU_PATH_MAX = 6,
	/* PDUs inside each other: TPKT ... a bind is 9. */
	PDU_NEST_MAX = 16,
	/* Contents that are made while writing (numbers, OIDs, O/R names). */
	PDU_SCRATCH = 8 << 10,
};

/* Codes of LAYER_P1 for values that are no PDUs: `traces=(p1 TRACE ... with p1 TRACE ...)`.
 * Compared, it is enough that one of those in the field agrees. */
enum {
	PDU_P1_VALUES = 64,
	PDU_P1_REPORT_CONTENT = PDU_P1_VALUES, PDU_P1_EXTERNAL, PDU_P1_TRACE, PDU_P1_RECIPIENT,
	PDU_P1_EXTENSION,
};

enum pdu_place { PDU_FIXED, PDU_TAGGED, PDU_BEHIND, PDU_REST, PDU_AFTER, PDU_SELF };

enum pdu_type {
	PDU_U8, PDU_U16,
	PDU_EOT,		/* 1: 0x80, 0: 0x00 (X.224 13.7.3) */
	PDU_LOG2,		/* a size as its exponent (X.224 13.3.4 b) */
	PDU_UNITS,		/* a size in units of 128 (X.224 13.3.4 c) */
	PDU_DIGITS,		/* a number as digits (X.225 8.3.1.10) */
	PDU_INTEGER,		/* the shortest two's complement, X.690 8.3 */
	PDU_FLAGS,		/* named bits, at least eight (X.411: SIZE (8..16)) */
	PDU_BITS,		/* named bits: bit i is 1 << i */
	PDU_OID,		/* "2.6.0.1.6" */
	PDU_NAME,		/* O/R name "C=XX;A=TEST;P=UP;S=Tester;" */
	PDU_MTS_ID,		/* "C=XX;A=TEST;P=UP;L=1" */
	PDU_DOMAIN,		/* "C=XX;A=TEST;P=UP" */
	PDU_OCTETS,
	PDU_VALUE,		/* PDUs or values, encoded */
	PDU_TYPES,
};
/* Types whose value is a number. */
static inline bool pdu_is_number(enum pdu_type t)
{
	return t <= PDU_BITS;
}
/* A variable's name says whose value it is: what was captured ("4.1.user-data") is contents
 * already; what we are called is a text. */
bool pdu_is_captured(struct octets name);
/* $NAME.FIELD, or $NAME.FIELD.value: the contents of the BER value that the field holds. */
struct pdu_path {
	struct octets name, field;	/* field.p NULL: there is none */
	bool inside;
};
struct pdu_path pdu_path(struct octets name);

struct pdu_field {
	const char *name;
	const struct text_name *names;	/* of values or bits; NULL: none */
	uint8_t place, type;
	uint8_t depth, path[PDU_PATH_MAX];
	uint16_t fallback;		/* PDU_FIXED: if nothing is said */
};

struct pdu_form {
	const char *name;		/* "CN" */
	uint8_t layer, code;		/* as in events */
	uint8_t tag;			/* SI or BER identifier octet; cotp, tpkt: not used */
	uint8_t fields_n;		/* without those of the session table */
	const struct pdu_field *fields;
	const char *preset;		/* fields of an honest PDU of this kind; NULL: none */
	const char *carrier;		/* what carries it, with % in its place; NULL: what its
					 * layer has (DT, TPKT) */
	/* In X.410 mode, where they differ; NULL: as above. */
	const char *x410_preset, *x410_carrier;
	const char *preset_1984;	/* what 1984 adds to it */
	bool x410_bare;			/* its contents stand there without its header */
};

const struct pdu_form *pdu_form(enum layer layer, uint8_t code);
/* By name; NULL: none.  pdu_form_next() gives all forms of a layer (NULL: the
 * first, and no more). */
const struct pdu_form *pdu_form_named(enum layer layer, const char *name, size_t n);
const struct pdu_form *pdu_form_next(enum layer layer, const struct pdu_form *after);
/* Fields in the order of the wire. */
size_t pdu_fields(const struct pdu_form *f);
struct pdu_field pdu_field(const struct pdu_form *f, size_t i);
/* Index, or -1. */
int pdu_field_named(const struct pdu_form *f, const char *name, size_t n);

/* ---- a PDU as data ---- */

/*
 * Items stand in the order in which they were written; those that belong to an
 * item follow it up to its `end`:
 *
 *     PDU  { FIELD value | FIELD { PDU ... } | BEND }        OCTETS
 *     BER value | BER { PDU ... }
 *
 * Of two items for one field the later counts.  Plain data without pointers: a
 * scenario holds one plan, a fuzz case is that plan and patches to it.
 */
enum pdu_item_kind {
	PDU_ITEM_PDU, PDU_ITEM_FIELD, PDU_ITEM_BEND,
	PDU_ITEM_OCTETS,		/* as they are, or those of a file */
	PDU_ITEM_BER,			/* a BER value by its identifier octet (`code`) and form of
					 * length (`up`); `layer` is the enum pdu_type of its
					 * value */
};

enum pdu_value_kind {
	PDU_VALUE_NONE,			/* the field is left out; compared: is absent */
	PDU_VALUE_NUMBER,
	PDU_VALUE_RAW,			/* contents octets as they are, whatever the type */
	PDU_VALUE_NESTED,		/* PDUs and octets that follow */
	PDU_VALUE_VARIABLE,		/* asked for when it is used */
	PDU_VALUE_ANY,			/* compared: is there */
	PDU_VALUE_FILE,			/* octets of a file, read when they are written */
};

enum pdu_bend {
	PDU_BEND_LENGTH,		/* `number` is added to the length written, to nothing
					 * else */
	PDU_BEND_FORM,			/* enum length_form */
	PDU_BEND_TAG,			/* the identifier octet */
	PDU_BEND_TWICE,			/* the field stands there twice */
	PDU_BENDS,
};

enum { PDU_WHOLE = 0xffff };		/* a bend of the PDU itself */

struct pdu_item {
	uint8_t kind;			/* enum pdu_item_kind */
	uint8_t layer, code;		/* PDU */
	uint8_t value;			/* FIELD: enum pdu_value_kind; BEND: enum pdu_bend */
	uint8_t up;			/* BEND: levels above the field */
	bool bare;			/* PDU: without its header */
	bool differs;			/* FIELD, compared: must not be equal */
	uint16_t field;			/* FIELD, BEND: index, or PDU_WHOLE */
	uint32_t end;			/* index behind the last item that belongs to it */
	uint32_t at, n;			/* in the plan's octets */
	int64_t number;
};

struct pdu_plan {
	struct pdu_item *items;		/* owned */
	size_t items_n, items_cap;
	uint8_t *octets;		/* owned: raw values, names of variables */
	size_t octets_n, octets_cap;
};

/* Appends; false: no memory. */
bool pdu_plan_add(struct pdu_plan *p, const struct pdu_item *item);
bool pdu_plan_keep(struct pdu_plan *p, const void *octets, size_t n, uint32_t *at);
void pdu_plan_free(struct pdu_plan *p);

/* The contents octets of an OID, O/R name, MTS identifier or domain that is
 * written as text; 0: it cannot be read, or does not fit. */
enum { PDU_TEXT_MAX = 600 };
size_t pdu_encode_text(enum pdu_type type, struct octets text, uint8_t *dst, size_t cap);

/* ---- writing ---- */

/* What a value is, read or to be written. */
struct pdu_got {
	bool number;			/* else octets */
	int64_t v;
	struct octets octets;		/* contents; borrowed; of a number too if it was read */
	bool lasts;			/* of a variable: until the writing is over */
};

/* value() gives that of `$name`; false: there is none.  lacks(): it is of a PDU that is there
 * and does not have it, so a field of octets or a BER value that copies it is left out; may be
 * NULL. */
struct pdu_variables {
	bool (*value)(const struct pdu_variables *v, struct octets name, struct pdu_got *out);
	bool (*lacks)(const struct pdu_variables *v, struct octets name);
};

/* Lends the octets of `file:NAME` until the writing is over; false: they cannot be had. */
struct pdu_files {
	bool (*octets)(const struct pdu_files *f, struct octets name, struct octets *out);
};

struct pdu_writing {
	struct nodes *nodes;
	const struct pdu_plan *plan;
	const struct pdu_variables *variables;	/* NULL: none */
	const struct pdu_files *files;		/* NULL: none */
	size_t scratch_n;
	uint8_t scratch[PDU_SCRATCH];
	char why[160];			/* after a failure */
};

/* The items from..to as one tree; NULL: w->why. */
struct node *pdu_tree(struct pdu_writing *w, size_t from, size_t to);

/*
 * The items of one `send` as octets of the stream: PDUs of cotp go into a TPKT,
 * PDUs of session all together into the DTs of one TSDU, each of at most
 * `tpdu_size` octets; octets and TPKTs go as they are.  Returns how many, 0: w->why.
 */
size_t pdu_stream(struct pdu_writing *w, size_t from, size_t to, uint32_t tpdu_size, uint8_t *dst,
                  size_t cap);

/* ---- reading ---- */

/* The value of a field in the octets of a PDU of this form; false: it is not there
 * (or the PDU cannot be read that far). */
bool pdu_get(const struct pdu_form *f, struct octets pdu, size_t field, struct pdu_got *out);

/* The same for people: values and bits by their names, O/R names, identifiers and OIDs as
 * text, octets that print in quotes, all else in hexadecimal. */
void pdu_value_text(struct text *t, const struct pdu_field *f, const struct pdu_got *got);

/* Does a PDU of LAYER and CODE agree with the item (a PDU and its fields)?  Nested
 * PDUs are looked for in the field's octets. */
bool pdu_agrees(const struct pdu_plan *plan, size_t item, const struct pdu_variables *v,
                enum layer layer, uint8_t code, struct octets pdu);

/* Which form a value of `layer` is, by its first octet; NULL: none. */
const struct pdu_form *pdu_form_of(enum layer layer, struct octets pdu);

#endif
