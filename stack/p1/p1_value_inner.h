/*
 * p1_value_inner: what reading and writing values share (private to p1/).
 */
#ifndef P1_VALUE_INNER_H
#define P1_VALUE_INNER_H

#include "p1/p1_value.h"

/* The number or OID that was last seen in a SEQUENCE: an open type goes by it. */
struct p1_key {
	int64_t number;
	struct octets oid;	/* n = 0: it is a number */
	bool seen;
};

const struct p1_open *p1_open_find(const struct p1_open *table, const struct p1_key *key);


/* The member's tag is wrapped around the value's own. */
bool p1_member_wrapped(const struct p1_member *m);

/* Types that an ANY is shown by: members of a CHOICE. */
extern const struct p1_type p1_any_known;

/* Octets of one character; 1: any string but BMPString and UniversalString. */
unsigned p1_character_octets(uint32_t tag);

#endif
