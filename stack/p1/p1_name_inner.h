/*
 * p1_name_inner: what reading, writing, showing and comparing O/R names share
 * (private to p1/).
 */
#ifndef P1_NAME_INNER_H
#define P1_NAME_INNER_H

#include "p1/p1_name.h"

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

enum { ATTRIBUTES_N = 12, UNITS_AFTER = 4, PERSONAL_FROM = 4 };
extern const struct attribute p1_attributes[ATTRIBUTES_N];

static inline const struct p1_word *word(const struct p1_name *n, const struct attribute *a)
{
	return (const struct p1_word *)(const void *)((const char *)n + a->offset);
}

static inline struct p1_word *word_out(struct p1_name *n, const struct attribute *a)
{
	return (struct p1_word *)(void *)((char *)n + a->offset);
}

bool p1_is_printable(uint8_t c);
bool p1_is_numeric(uint8_t c);

/* Room for what a text says and that cannot be borrowed from it. */
struct p1_room {
	uint8_t *p;
	size_t n, cap;
};

/* Directory names (X.501) as /C=XX/O=Org/CN=Name: strings other than
 * PrintableString, and values of other types, as #hex; types without a keyword by
 * their number; several in one RDN with '+' between.  Octets that are no name: #hex
 * of all.  Parsing gives 0 if the text cannot be read, or there is no room. */
void p1_directory_text(struct text *t, struct octets name);
bool p1_directory_parse(struct octets text, struct p1_room *room, struct octets *out);

#endif
