/*
 * session_rules: what X.225 clauses 6.3.7 and 8 ask of the octets of a TSDU.
 * Rules marked "limit" are ours.  Rules named session.v1-*, session.agreed-*
 * depend on what the connection has agreed upon (session_check), those of
 * behaviour on the state of the machine; all others are booked by
 * session_decode_tsdu().
 */
#ifndef SESSION_SESSION_RULES_H
#define SESSION_SESSION_RULES_H

#include "base/rule.h"

/* Units and their lengths. */
#define SESSION_RULES_UNITS(X) \
	X(SESSION_CUT, "session.cut", "X.225 8.2.1, 8.2.5", SEVERITY_FATAL, \
	  "TSDU ends inside the SI, LI or parameter field of an SPDU") \
	X(SESSION_UNIT_PAST, "session.unit-past", "X.225 8.2.2, 8.2.3, 8.2.5", SEVERITY_FATAL, \
	  "PGI or PI unit runs past the end of what encloses it") \
	X(SESSION_LI_FORM, "session.li-form", "X.225 8.2.5", SEVERITY_NOTE, \
	  "three-octet LI used for a length below 255") \
	X(SESSION_SI, "session.si", "X.225 8.3", SEVERITY_FATAL, \
	  "SI value not defined") \
	X(SESSION_ORDER, "session.order", "X.225 8.2.6", SEVERITY_NOTE, \
	  "PGI and PI codes not in increasing order") \
	X(SESSION_REPEATED, "session.repeated", "X.225 8.2.6", SEVERITY_FATAL, \
	  "parameter stands twice") \
	X(SESSION_FOREIGN, "session.foreign", "X.225 8.2.1 c)", SEVERITY_NOTE, \
	  "parameter is not defined for this SPDU or at this level; skipped") \
	X(SESSION_MISSING, "session.missing", "X.225 8.2.6", SEVERITY_FATAL, \
	  "mandatory parameter absent or empty") \
	X(SESSION_DEFAULTED, "session.defaulted", "X.225 8.2.6", SEVERITY_NOTE, \
	  "mandatory parameter absent or empty; the SPDU is clear without it") \
	X(SESSION_LENGTH, "session.length", "X.225 8.3", SEVERITY_FATAL, \
	  "parameter value does not have the octets it must have") \
	X(SESSION_LONG, "session.long", "X.225 8.3", SEVERITY_NOTE, \
	  "parameter value longer than its maximum") \
	X(SESSION_RESERVED_BITS, "session.reserved-bits", "X.225 8.2.7", SEVERITY_NOTE, \
	  "reserved bits are set") \
	X(SESSION_RESERVED_VALUE, "session.reserved-value", \
	  "X.225 8.3.1.11, 8.3.5.10, 8.3.24.5, 8.3.26.3, 8.3.28.4", SEVERITY_NOTE, \
	  "reserved value")

/* Which SPDUs may share a TSDU. */
#define SESSION_RULES_CONCATENATION(X) \
	X(SESSION_CATEGORY_0, "session.category-0", "X.225 6.3.7 a)", SEVERITY_FATAL, \
	  "PT SPDU is not the first of the TSDU") \
	X(SESSION_CATEGORY_1, "session.category-1", "X.225 6.3.7 b)", SEVERITY_FATAL, \
	  "SPDU of category 1 shares a TSDU") \
	X(SESSION_CATEGORY_2, "session.category-2", "X.225 6.3.7 c)", SEVERITY_FATAL, \
	  "SPDU of category 2 without GT or PT in front") \
	X(SESSION_SEQUENCE, "session.sequence", "X.225 6.3.7, Table 8", SEVERITY_FATAL, \
	  "extended concatenation that Table 8 does not list") \
	X(SESSION_PREFIX, "session.prefix", "X.225 6.3.7, Table 7", SEVERITY_NOTE, \
	  "GT where Table 7 wants PT, or PT where it wants GT") \
	X(SESSION_PREFIX_RESUME, "session.prefix-resume", "X.225 6.3.7, Tables 7 and 8", \
	  SEVERITY_NOTE, "AR behind PT: so Table 7 of 11/95, against Table 8 and 11/88") \
	X(SESSION_PREFIX_TOKEN, "session.prefix-token", "X.225 6.3.7, Tables 7 and 8, a)", \
	  SEVERITY_NOTE, "Token Item in a GT that must not have one here") \
	X(SESSION_PREFIX_SEGMENT, "session.prefix-segment", "X.225 6.3.7, Tables 7 and 8", \
	  SEVERITY_NOTE, "Token Item before the last segment of an SSDU") \
	X(SESSION_PREFIX_USER, "session.prefix-user", "X.225 6.3.7, Table 7", SEVERITY_NOTE, \
	  "user data in a GT or PT that is concatenated") \
	X(SESSION_SEQUENCE_SEGMENT, "session.sequence-segment", "X.225 6.3.7, Table 8", \
	  SEVERITY_NOTE, "DT holds another segment than Table 8 allows here")

/* Segments and user data. */
#define SESSION_RULES_USER(X) \
	X(SESSION_ENCLOSURE_VALUE, "session.enclosure-value", "X.225 8.3.3.3, 8.3.4.18", \
	  SEVERITY_NOTE, \
	  "Enclosure Item that this SPDU cannot have") \
	X(SESSION_SEGMENT_PARAMETER, "session.segment-parameter", "X.225 8.4.2", SEVERITY_NOTE, \
	  "parameter in a later segment, where only Enclosure Item and user data may stand") \
	X(SESSION_USER_MISSING, "session.user-missing", \
	  "X.225 8.3.3.4, 8.3.4.21, 8.3.11.4, 8.3.13.4, 8.4.2", SEVERITY_NOTE, \
	  "user data absent where it must be") \
	X(SESSION_USER_LONG, "session.user-long", "X.225 8.3.1.20, 8.3.1.21, 8.3.12", \
	  SEVERITY_NOTE, "more user data than CN or EX may carry") \
	X(SESSION_USER_SHORT, "session.user-short", "X.225 7.1.1 e) 2)", SEVERITY_NOTE, \
	  "Extended User Data of less than 513 octets") \
	X(SESSION_USER_TWICE, "session.user-twice", "X.225 8.3.1.21", SEVERITY_FATAL, \
	  "both User Data and Extended User Data")

/* Connection establishment. */
#define SESSION_RULES_CONNECT(X) \
	X(SESSION_VERSION_NONE, "session.version-none", "X.225 8.3.1.9", SEVERITY_NOTE, \
	  "no protocol version proposed") \
	X(SESSION_VERSION_OVERFLOW, "session.version-overflow", "X.225 8.3.2.4", SEVERITY_NOTE, \
	  "OA does not propose version 2 alone") \
	X(SESSION_EXTENDED_V1, "session.extended-v1", "X.225 8.3.1.19, 8.3.1.21", SEVERITY_NOTE, \
	  "Extended User Data or Data Overflow while version 1 is proposed") \
	X(SESSION_OVERFLOW_BIT, "session.overflow-bit", "X.225 8.3.1.19", SEVERITY_NOTE, \
	  "Data Overflow present with bit 1 zero") \
	X(SESSION_OVERFLOW_SHORT, "session.overflow-short", "X.225 7.1.1 f), 8.3.1.21", \
	  SEVERITY_NOTE, "Data Overflow without 10,240 octets of Extended User Data") \
	X(SESSION_UNITS_NONE, "session.units-none", "X.225 8.3.1.16", SEVERITY_NOTE, \
	  "neither the half-duplex nor the duplex functional unit") \
	X(SESSION_UNITS_BOTH, "session.units-both", "X.225 8.3.4.17", SEVERITY_NOTE, \
	  "AC chooses both of two functional units that exclude each other") \
	X(SESSION_TOKEN_CHOICE, "session.token-choice", "X.225 8.3.4.11", SEVERITY_NOTE, \
	  "AC leaves a token to the called SS-user's choice") \
	X(SESSION_INITIAL_FORBIDDEN, "session.initial-forbidden", \
	  "X.225 8.3.1.10, 8.3.1.12, 8.3.4.10, 8.3.4.12", SEVERITY_NOTE, \
	  "serial number parameter that these functional units do not allow") \
	X(SESSION_INITIAL_MISSING, "session.initial-missing", \
	  "X.225 8.3.1.10, 7.4.1 b) 4), 8.3.4.12", SEVERITY_NOTE, \
	  "initial serial number absent where these functional units want it") \
	X(SESSION_LARGE_SERIAL, "session.large-serial", "X.225 8.3.1.10, 8.3.1.12 to 8.3.1.15", \
	  SEVERITY_NOTE, \
	  "serial numbers of six digits with, or large ones without, an upper limit") \
	X(SESSION_UPPER_LIMIT_RANGE, "session.upper-limit", "X.225 8.3.1.13", SEVERITY_NOTE, \
	  "Upper Limit Serial Number above 6") \
	X(SESSION_SERIAL_DIGIT, "session.serial-digit", "X.225 8.3.1.10", SEVERITY_FATAL, \
	  "octet of a serial number is not a digit") \
	X(SESSION_SERIAL_LONG, "session.serial-long", "X.225 8.3.1, 8.3.1.13", SEVERITY_NOTE, \
	  "serial number of more than six digits") \
	X(SESSION_SERIAL_LARGE, "session.serial-large", "X.225 8.3.1.13 (limit)", SEVERITY_FATAL, \
	  "serial number of more than 32 bits") \
	X(SESSION_REFUSE_USER, "session.refuse-user", "X.225 8.3.5.10", SEVERITY_NOTE, \
	  "octets behind a reason code other than 2") \
	X(SESSION_REFUSE_UNITS, "session.refuse-units", "X.225 8.3.5.7", SEVERITY_NOTE, \
	  "Session User Requirements with a reason code other than 2")

/* The other SPDUs. */
#define SESSION_RULES_OTHERS(X) \
	X(SESSION_ABORT_USER, "session.abort-user", "X.225 8.3.9.6", SEVERITY_NOTE, \
	  "AB with user data that is not a user abort") \
	X(SESSION_ABORT_REFLECT, "session.abort-reflect", "X.225 8.3.9.5", SEVERITY_NOTE, \
	  "AB with Reflect Parameter Values that does not report a protocol error") \
	X(SESSION_TOKEN_NONE, "session.token-none", "X.225 8.3.16.3, 8.3.17.3", SEVERITY_NOTE, \
	  "Token Item without a token") \
	X(SESSION_TOKEN_ITEM_MISSING, "session.token-item-missing", "X.225 8.3.16.6, 8.3.17.6", \
	  SEVERITY_NOTE, "GT or PT alone without Token Item") \
	X(SESSION_TOKEN_USER, "session.token-user", "X.225 8.3.16.5, 8.3.17.5", SEVERITY_NOTE, \
	  "user data in a GT or PT without Token Item") \
	X(SESSION_SYNC_TYPE_ZERO, "session.sync-type-zero", "X.225 8.3.20.3", SEVERITY_NOTE, \
	  "Sync Type Item of a MIP says what its absence says") \
	X(SESSION_SYNC_TYPE_END, "session.sync-type-end", "X.225 8.3.22.3, 8.3.35", SEVERITY_NOTE, \
	  "Sync Type Item with bit 1 zero behind SI 41; taken as AE") \
	X(SESSION_PREPARE_RESYNC, "session.prepare-resync", "X.225 8.3.26.4, 8.3.26.5", \
	  SEVERITY_NOTE, "PR with a resync type that does not announce RS")

/* What depends on the connection. */
#define SESSION_RULES_AGREED(X) \
	X(SESSION_AGREED_EXTENDED, "session.agreed-extended", "X.225 6.3.7", SEVERITY_NOTE, \
	  "extended concatenation that was not agreed") \
	X(SESSION_AGREED_SEGMENTS, "session.agreed-segments", "X.225 8.3.11.3, 8.3.13.3", \
	  SEVERITY_NOTE, \
	  "Enclosure Item of DT or TD without segmenting, or segmenting without it") \
	X(SESSION_AGREED_TOKENS, "session.agreed-tokens", "X.225 8.3.16.3, 8.3.17.3", \
	  SEVERITY_NOTE, "Token Item names a token that is not available, or none that is") \
	X(SESSION_AGREED_SYMMETRIC, "session.agreed-symmetric", \
	  "X.225 8.3.23.4, 8.3.23.5, 8.3.24.7, 8.3.24.8, 8.3.25.5, 8.3.25.7, 8.3.25.8, 8.3.30.10", \
	  SEVERITY_NOTE, "parameter that symmetric synchronize, selected or not, rules out") \
	X(SESSION_AGREED_SERIAL, "session.agreed-serial", \
	  "X.225 8.3.23.4, 8.3.24.5, 8.3.24.6, 8.3.25.6", SEVERITY_FATAL, \
	  "Serial Number or Resync Type absent without symmetric synchronize") \
	X(SESSION_V1_ENCLOSURE, "session.v1-enclosure", "X.225 8.3.4.18, 6.3.5 b)", SEVERITY_NOTE, \
	  "Enclosure Item in version 1") \
	X(SESSION_V1_USER, "session.v1-user", \
	  "X.225 8.3.16.5, 8.3.18.4, 8.3.31.5, 8.3.32.4, 8.3.33.5, 8.3.34.4", SEVERITY_NOTE, \
	  "user data in an SPDU that has none in version 1") \
	X(SESSION_V1_USER_LONG, "session.v1-user-long", "X.225 8.3.4.21, Table D.1", \
	  SEVERITY_NOTE, \
	  "more than 512 octets of user data in version 1") \
	X(SESSION_V1_ABORT_LONG, "session.v1-abort-long", "X.225 D.2 a), Table D.1", \
	  SEVERITY_NOTE, \
	  "more than 9 octets of user data in AB in version 1") \
	X(SESSION_V1_OVERFLOW, "session.v1-overflow", "X.225 7.2, 7.3", SEVERITY_NOTE, \
	  "OA or CDO in version 1")

/* Behaviour: booked by the machine (session_handle). */
#define SESSION_RULES_BEHAVIOUR(X) \
	X(SESSION_UNEXPECTED, "session.unexpected", "X.225 A.4.1.2", SEVERITY_FATAL, \
	  "SPDU where the state tables have no entry that holds") \
	X(SESSION_SEGMENTS, "session.segments", "X.225 7.11.3, 7.37.3", SEVERITY_FATAL, \
	  "segment without the one before it, or another SPDU amid segments") \
	X(SESSION_EXPEDITED, "session.expedited", "X.225 6.3.3, 6.4.3", SEVERITY_FATAL, \
	  "EX or PR on the transport normal flow") \
	X(SESSION_NOTHING_COMMON, "session.nothing-common", "X.225 7.4.1 b) 3), d)", \
	  SEVERITY_FATAL, \
	  "AC leaves no common version, or neither half-duplex nor duplex") \
	X(SESSION_TOO_LARGE, "session.too-large", "X.225 A.4.3.1.2 (limit)", SEVERITY_FATAL, \
	  "TSDU or joined SSDU larger than we take") \
	X(SESSION_MEMORY, "session.memory", "X.225 A.4.3.1.2 (limit)", SEVERITY_FATAL, \
	  "no memory to gather a TSDU or join an SSDU in") \
	X(SESSION_REQUEST_REFUSED, "session.request-refused", "X.225 A.4.1.1", SEVERITY_NOTE, \
	  "request of the user that the state does not allow; nothing is done") \
	X(SESSION_USER_REFUSED, "session.user-refused", "X.225 6.3.5, Table D.1", SEVERITY_NOTE, \
	  "user data do not fit into the SPDU: request refused, or sent without them")

#define SESSION_RULES(X) \
	SESSION_RULES_UNITS(X) SESSION_RULES_CONCATENATION(X) SESSION_RULES_USER(X) \
	SESSION_RULES_CONNECT(X) SESSION_RULES_OTHERS(X) SESSION_RULES_AGREED(X) \
	SESSION_RULES_BEHAVIOUR(X)

enum session_rule { SESSION_RULES(RULE_ENUM) SESSION_RULES_N };

extern const struct rule session_rules[SESSION_RULES_N];

#endif
