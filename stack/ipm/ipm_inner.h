/*
 * ipm_inner: what the parts of ipm/ share (private to ipm/).
 *
 *     ipm.c           where heading, body and text stand in a content that may be cut
 *     ipm_heading.c   the fields of headings and notifications, their lists
 *     ipm_text.c      an IPM or IPN in a line
 */
#ifndef IPM_INNER_H
#define IPM_INNER_H

#include "ipm/ipm.h"

/* The SET of a heading, or all of a notification, by out->kind. */
bool ipm_read_fields(struct ber *b, const struct ber_tlv *t, struct ipm *out);

/* "ia5-text" ...; NULL: no such body part. */
const char *ipm_part_name(uint32_t number);

#endif
