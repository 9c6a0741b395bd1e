/*
 * presentation_user: the User-data type, shared by the readers of this folder.
 */
#ifndef PRESENTATION_PRESENTATION_USER_H
#define PRESENTATION_PRESENTATION_USER_H

#include "presentation/presentation_pdu.h"

static inline bool presentation_fail(struct ber *b, const struct ber_tlv *t,
                                     enum presentation_rule rule)
{
	return ber_fail(b, t, &presentation_rules[rule]);
}

/* An element that 8.2 does not define: ignored in CP (8.5.1 a), else fatal. */
bool presentation_undefined(struct ber *b, const struct ber_tlv *t,
                            const struct presentation_pdu *p);

/* A presentation context identifier, 0..2^31-1. */
bool presentation_read_id(struct ber *b, const struct ber_tlv *t, uint32_t *out);

/* [APPLICATION 1], [APPLICATION 0]: into p->user. */
bool presentation_read_full(struct ber *b, const struct ber_tlv *t, struct presentation_pdu *p);
bool presentation_read_simple(struct ber *b, const struct ber_tlv *t,
                              struct presentation_pdu *p);

#endif
