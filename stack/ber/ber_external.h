/*
 * ber_external: EXTERNAL, and the choice of encodings that it shares with the
 * PDV-list of X.226.
 *
 *     28 { [06 direct-reference] [02 indirect-reference] [07 descriptor]
 *          a0 { value } | 81 octets | 82 bits }          (X.690 8.18)
 */
#ifndef BER_BER_EXTERNAL_H
#define BER_BER_EXTERNAL_H

#include "ber/ber.h"

enum ber_form {
	BER_SINGLE = 0,			/* [0] one value of a type in BER */
	BER_OCTET_ALIGNED = 1,		/* [1] IMPLICIT OCTET STRING */
	BER_ARBITRARY = 2,		/* [2] IMPLICIT BIT STRING */
};

/* "single", "octets", "bits" */
const char *ber_form_name(enum ber_form form);

struct ber_encoding {
	uint8_t form;			/* enum ber_form */
	struct ber_string value;	/* BER_SINGLE: the value whole; BER_ARBITRARY: with
					 * the initial octets of its segments */
	size_t at;			/* octet of the value */
};

/* Reads the current element as one of the three. */
bool ber_encoding(struct ber *b, const struct ber_tlv *t, struct ber_encoding *out);

/* Its value as a BER value's octets: BER_SINGLE, or BER_OCTET_ALIGNED in one
 * piece; n = 0 if it is neither. */
struct octets ber_encoding_value(const struct ber_encoding *e);

/* Could it have been a single-ASN1-type?  (X.226 8.4.2.5 a) wants it then.) */
bool ber_encoding_was_single(const struct ber_encoding *e);

/* `tree`, unless NULL, is written in place of e->value. */
struct node *ber_node_encoding(struct nodes *a, struct node *parent,
                               const struct ber_encoding *e, struct node *tree);

struct ber_external {
	bool has_direct, has_indirect, has_descriptor;
	struct octets direct;		/* OID contents */
	int64_t indirect;
	struct ber_string descriptor;
	struct ber_encoding encoding;
};

/* Reads the current element as an EXTERNAL; its tag may be implicit. */
bool ber_external(struct ber *b, const struct ber_tlv *t, struct ber_external *out);

struct node *ber_node_external(struct nodes *a, struct node *parent, uint8_t tag,
                               const struct ber_external *e, struct node *tree);

/* "2.1.1/3:single:48", what is absent left out */
void ber_text_external(struct text *t, const struct ber_external *e);

#endif
