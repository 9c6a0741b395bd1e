/*
 * acse_rules: what X.227 asks of an APDU (clause 9) and of those who exchange
 * them (clause 7, Annex A).
 */
#ifndef ACSE_ACSE_RULES_H
#define ACSE_ACSE_RULES_H

#include "base/rule.h"

#define ACSE_RULES_APDU(X) \
	X(ACSE_TYPE, "acse.type", "X.227 9.1", SEVERITY_FATAL, \
	  "not an ACSE APDU") \
	X(ACSE_TRAILING, "acse.trailing", "X.227 9.1", SEVERITY_NOTE, \
	  "octets behind the APDU") \
	X(ACSE_EXTENSION, "acse.extension", "X.227 7.4 a)", SEVERITY_NOTE, \
	  "undefined field in AARQ, ignored") \
	X(ACSE_FIELD, "acse.field", "X.227 7.4", SEVERITY_FATAL, \
	  "field that is not defined for this APDU") \
	X(ACSE_REPEATED, "acse.repeated", "X.227 9.1", SEVERITY_FATAL, \
	  "field stands twice") \
	X(ACSE_ORDER, "acse.order", "X.227 9.1, X.690 8.9.2", SEVERITY_NOTE, \
	  "fields not in their order") \
	X(ACSE_EXPLICIT, "acse.explicit", "X.227 9.1, X.690 8.14", SEVERITY_FATAL, \
	  "explicit tag does not hold exactly one value of its type") \
	X(ACSE_MISSING, "acse.missing", "X.227 9.1, Tables 3, 4", SEVERITY_FATAL, \
	  "application context name of AARQ, or result of AARE, absent") \
	X(ACSE_DEFAULTED, "acse.defaulted", "X.227 9.1, Tables 4, 7", SEVERITY_NOTE, \
	  "mandatory field absent; the APDU is clear without it") \
	X(ACSE_BITS, "acse.bits", "X.227 7.4", SEVERITY_NOTE, \
	  "bit without a name, outside AARQ")

#define ACSE_RULES_FIELDS(X) \
	X(ACSE_VERSION_NONE, "acse.version-none", "X.227 7.1.4.1, 7.1.5.1", SEVERITY_NOTE, \
	  "protocol version 1 is not among those offered or chosen") \
	X(ACSE_TITLE_FORM, "acse.title-form", "X.227 9.1", SEVERITY_NOTE, \
	  "AP title or AE qualifier in neither of its two forms") \
	X(ACSE_TITLE_MIXED, "acse.title-mixed", "X.227 9.1", SEVERITY_NOTE, \
	  "AP title and AE qualifier in different forms") \
	X(ACSE_REQUIREMENTS_KERNEL, "acse.requirements-kernel", "X.227 9.1", SEVERITY_NOTE, \
	  "ACSE requirements that name no functional unit") \
	X(ACSE_AUTHENTICATION_UNIT, "acse.authentication-unit", "X.227 9.1", SEVERITY_NOTE, \
	  "authentication field without the authentication functional unit") \
	X(ACSE_AUTHENTICATION_FORM, "acse.authentication-form", "X.227 9.1", SEVERITY_NOTE, \
	  "authentication value in none of its four forms") \
	X(ACSE_NEGOTIATION_UNIT, "acse.negotiation-unit", "X.227 9.1", SEVERITY_NOTE, \
	  "list of application context names without their negotiation functional unit") \
	X(ACSE_RESULT_VALUE, "acse.result-value", "X.227 9.1", SEVERITY_FATAL, \
	  "result without a name") \
	X(ACSE_DIAGNOSTIC_VALUE, "acse.diagnostic-value", "X.227 9.1", SEVERITY_NOTE, \
	  "diagnostic without a name") \
	X(ACSE_REASON_VALUE, "acse.reason-value", "X.227 9.1", SEVERITY_NOTE, \
	  "release reason without a name") \
	X(ACSE_SOURCE_VALUE, "acse.source-value", "X.227 9.1", SEVERITY_NOTE, \
	  "abort source without a name") \
	X(ACSE_USER_TYPE, "acse.user-type", "X.227 9.1", SEVERITY_FATAL, \
	  "user information is not a list of EXTERNALs") \
	X(ACSE_USER_NONE, "acse.user-none", "X.227 9.1", SEVERITY_NOTE, \
	  "user information without an EXTERNAL")

#define ACSE_RULES_CONDUCT(X) \
	X(ACSE_UNEXPECTED, "acse.unexpected", "X.227 A.3.1 b)", SEVERITY_FATAL, \
	  "APDU or presentation primitive for which the state table has no entry") \
	X(ACSE_CARRIER, "acse.carrier", "X.227 7.3.3.4, Table 8", SEVERITY_FATAL, \
	  "APDU in a presentation primitive that does not carry it") \
	X(ACSE_IDLE, "acse.idle", "X.227 A.3.1 b)", SEVERITY_NOTE, \
	  "presentation primitive without an association; nothing to abort") \
	X(ACSE_REQUEST, "acse.request", "X.227 A.3.1 a)", SEVERITY_NOTE, \
	  "request of the user that the state table does not allow; refused") \
	X(ACSE_RESULT_DISAGREES, "acse.result-disagrees", "X.227 7.1.5.7, 8.1.3.1", \
	  SEVERITY_FATAL, "result of AARE is not that of P-CONNECT") \
	X(ACSE_AARE_ABSENT, "acse.aare-absent", "X.227 8.1.3.1 b)", SEVERITY_NOTE, \
	  "presentation connection refused by its user without AARE") \
	X(ACSE_RELEASE_EMPTY, "acse.release-empty", "X.227 7.2.3", SEVERITY_NOTE, \
	  "P-RELEASE without RLRQ or RLRE") \
	X(ACSE_CONTEXT_NAME, "acse.context-name", "X.227 7.1.5.2", SEVERITY_NOTE, \
	  "accepted with another application context name than proposed") \
	X(ACSE_USER_CONTEXT, "acse.user-context", "X.227 8.1.2.2 b), 8.1.3.2 b)", SEVERITY_NOTE, \
	  "user information from a presentation context that is not agreed") \
	X(ACSE_CONTEXT_REFUSED, "acse.context-refused", "X.227 7.1.3.2", SEVERITY_NOTE, \
	  "AARQ asks for an application context that is not ours: refused")

#define ACSE_RULES(X) ACSE_RULES_APDU(X) ACSE_RULES_FIELDS(X) ACSE_RULES_CONDUCT(X)

enum acse_rule { ACSE_RULES(RULE_ENUM) ACSE_RULES_N };

extern const struct rule acse_rules[ACSE_RULES_N];

#endif
