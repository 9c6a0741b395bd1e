/*
 * p1_types: the types of X.411 as tables for p1_value.h (modules
 * MTSAbstractService and MTAAbstractService of 1999, MTSUpperBounds).  Certificates
 * and directory names are those of X.501 and X.509.
 */
#ifndef P1_TYPES_H
#define P1_TYPES_H

#include "p1/p1_value.h"

/* Tables are written with these. */
#define P1_T(kind_, ...) { .kind = kind_, __VA_ARGS__ }
#define P1_SEQUENCE_T(m) P1_T(P1_SEQUENCE, .tag = BER_UNIVERSAL(BER_SEQUENCE), .members = m)
#define P1_SET_T(m) P1_T(P1_SET, .tag = BER_UNIVERSAL(BER_SET), .members = m)
#define P1_CHOICE_T(m) P1_T(P1_CHOICE, .members = m)
#define P1_LIST_T(m, from, to) P1_T(P1_SEQUENCE_OF, .tag = BER_UNIVERSAL(BER_SEQUENCE), \
	.members = m, .least = from, .most = to)
#define P1_BAG_T(m, from, to) P1_T(P1_SET_OF, .tag = BER_UNIVERSAL(BER_SET), \
	.members = m, .least = from, .most = to)
#define P1_STRING_T(tag_, from, to) P1_T(P1_STRING, .tag = BER_UNIVERSAL(tag_), \
	.least = from, .most = to)
#define P1_NUMBER_T(names_, to) P1_T(P1_INTEGER, .tag = BER_UNIVERSAL(BER_INTEGER), \
	.names = names_, .most = to)
#define P1_ENUMERATED_T(names_) P1_T(P1_ENUMERATED, .tag = BER_UNIVERSAL(BER_ENUMERATED), \
	.names = names_)
#define P1_BITS_T(names_, from) P1_T(P1_BITS, .tag = BER_UNIVERSAL(BER_BIT_STRING), \
	.names = names_, .least = from)
#define P1_OPEN_T(table) P1_T(P1_OPEN, .open = table)
#define P1_END { NULL, NULL, 0, 0 }
#define P1_NO_NAME { 0, NULL }
/* The one member of a list. */
#define P1_OF(type) ((const struct p1_member[]){ { "element", type, 0, 0 }, P1_END })

/* Of no module in particular. */
extern const struct p1_type p1_type_null, p1_type_boolean, p1_type_integer, p1_type_oid,
	p1_type_octets, p1_type_bit_string, p1_type_time, p1_type_generalized_time, p1_type_ia5,
	p1_type_teletex, p1_type_any, p1_type_external;

/* O/R names (X.411 Figure 2, "OR Names"). */
extern const struct p1_type p1_type_or_name, p1_type_or_address, p1_type_directory_name,
	p1_type_domain, p1_type_mts_id, p1_type_country, p1_type_admd, p1_type_prmd,
	p1_type_universal_string;
extern const struct p1_open p1_extension_attributes[];

/* Security. */
extern const struct p1_type p1_type_algorithm, p1_type_signature, p1_type_certificates,
	p1_type_extended_certificates, p1_type_certificate_assertion, p1_type_token, p1_type_label;

/* Envelopes. */
extern const struct p1_type p1_type_mta_name, p1_type_eits, p1_type_g3_parameters,
	p1_type_teletex_parameters, p1_type_supplementary, p1_type_internal_trace,
	p1_type_extension, p1_type_apdu, p1_type_delivery_fields;
extern const struct p1_open p1_extension_values[];
/* Of X.420, needed by an extension of the envelope. */
extern const struct p1_type p1_type_or_descriptor, p1_type_notification_requests;

/* MTABind: argument, result and error, without the [16], [17], [18] of the macro. */
extern const struct p1_type p1_type_bind_argument, p1_type_bind_result, p1_type_bind_error;

#endif
