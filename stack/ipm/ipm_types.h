/*
 * ipm_types: the types of X.420 as tables for p1/p1_value.h (module
 * IPMSInformationObjects of 1999, heading extensions, extended body parts), and the
 * heading extensions of STANAG 4406.  Vectors and oracles are written in them; the
 * program itself shows of a content what ipm_text() does.
 */
#ifndef IPM_TYPES_H
#define IPM_TYPES_H

#include "p1/p1_types.h"

/* The whole content, a heading, one body part, an extension field. */
extern const struct p1_type ipm_type_object, ipm_type_heading, ipm_type_body_part,
	ipm_type_extension, ipm_type_notification, ipm_type_body;
/* Values of extensions by OID: of headings (X.420, STANAG 4406), recipients and
 * notifications. */
extern const struct p1_open ipm_extension_values[];
/* Data and parameters of extended body parts by OID. */
extern const struct p1_open ipm_body_part_values[];

/* P772: rows of ipm_extension_values[]. */
extern const struct p1_type ipm_type_precedence, ipm_type_message_type,
	ipm_type_address_lists, ipm_type_exempted, ipm_type_codes, ipm_type_instructions,
	ipm_type_military, ipm_type_other_recipients, ipm_type_pilots, ipm_type_labels;

#endif
