/*
 * p1_fields: fields of SETs, read by tables (private to p1/ and ipm/).
 *
 * A table has a row for each field: its tag, how to read it, and one bit to see that it
 * came, and came once.
 *
 *     p1_pdu.c     envelopes and the whole
 *     p1_lists.c   what is listed in them: recipients, trace, extensions
 */
#ifndef P1_FIELDS_H
#define P1_FIELDS_H

#include "p1/p1_pdu.h"

struct p1_field {
	uint32_t tag;
	bool (*read)(struct ber *b, const struct ber_tlv *t, void *out);
	uint32_t bit;
};

/* Adds the finding; what it returns: go on. */
bool p1_note(struct ber *b, const struct ber_tlv *t, enum p1_rule rule);

/* The elements of the current level, or of a SET; rows end with one that cannot read.
 * *seen: bits of those that came. */
bool p1_read_members(struct ber *b, const struct p1_field *fields, void *out, uint32_t *seen);
bool p1_read_set(struct ber *b, const struct ber_tlv *t, const struct p1_field *fields,
                 void *out, uint32_t *seen);

/* Values.  A constructed one, not looked into. */
bool p1_read_window(struct ber *b, const struct ber_tlv *t, struct p1_window *out);
bool p1_read_time(struct ber *b, const struct ber_tlv *t, struct ber_string *out);
/* The rule is noted outside least..most. */
bool p1_read_number(struct ber *b, const struct ber_tlv *t, uint32_t least, uint32_t most,
                    enum p1_rule rule, uint32_t *out);
/* The first eight bits, named bit i = 1 << i; *n: how many came. */
bool p1_read_bits8(struct ber *b, const struct ber_tlv *t, uint8_t *out, size_t *n);
/* An ORName, checked, whole. */
bool p1_read_name_raw(struct ber *b, const struct ber_tlv *t, struct octets *out);

#endif
