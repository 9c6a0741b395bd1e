/*
 * cotp_rules: what X.224 (11/95) asks of class 0 TPDUs, and RFC 1006 and
 * RFC 2126 where TCP is the network.
 *
 * References have no function in class 0, because the network connection
 * identifies the transport connection (6.9.1.4.2): a wrong one is a NOTE.
 * Rules marked "limit" are ours.
 */
#ifndef COTP_RULES_H
#define COTP_RULES_H

#include "base/rule.h"

#define COTP_RULES(X) \
	/* structure */ \
	X(COTP_LI, "cotp.li", "X.224 13.2.1", SEVERITY_FATAL, \
	  "length indicator reaches or passes the end of the TPDU") \
	X(COTP_LI_RESERVED, "cotp.li-reserved", "X.224 13.2.1", SEVERITY_FATAL, \
	  "length indicator 255 is reserved") \
	X(COTP_FIXED_PART, "cotp.fixed-part", "X.224 13.2.2.1", SEVERITY_FATAL, \
	  "fixed part does not fit into the header") \
	X(COTP_CODE, "cotp.code", "X.224 13.2.2.2", SEVERITY_FATAL, \
	  "TPDU code is not defined") \
	X(COTP_CODE_CLASS, "cotp.code-class", "X.224 13.1", SEVERITY_NOTE, \
	  "TPDU of a kind that class 0 does not have") \
	X(COTP_NO_DATA_FIELD, "cotp.no-data-field", "X.224 13.6, 13.9 to 13.12", SEVERITY_NOTE, \
	  "octets behind the header of a TPDU that has no data field") \
	/* variable part */ \
	X(COTP_PARAMETER_CUT, "cotp.parameter-cut", "X.224 13.2.3", SEVERITY_FATAL, \
	  "parameter runs past the end of the header") \
	X(COTP_PARAMETER_IGNORED, "cotp.parameter-ignored", "X.224 13.2.3", SEVERITY_NOTE, \
	  "parameter of a CR that is not defined: ignored") \
	X(COTP_PARAMETER_UNDEFINED, "cotp.parameter-undefined", "X.224 13.2.3", SEVERITY_FATAL, \
	  "parameter that is not defined for this TPDU") \
	X(COTP_VALUE_IGNORED, "cotp.value-ignored", "X.224 13.2.3", SEVERITY_NOTE, \
	  "parameter of a CR has an invalid value: ignored") \
	X(COTP_VALUE, "cotp.value", "X.224 13.2.3", SEVERITY_FATAL, \
	  "parameter has an invalid value") \
	X(COTP_PARAMETER_CLASS, "cotp.parameter-class", "X.224 8.2.2 1)", SEVERITY_NOTE, \
	  "CR or CC of class 0 with another parameter than selectors and sizes") \
	X(COTP_SIZE_CLASS, "cotp.size-class", "X.224 13.3.4 b)", SEVERITY_NOTE, \
	  "TPDU size of 4096 or 8192 in class 0") \
	X(COTP_SIZE_TWICE, "cotp.size-twice", "X.224 6.5.4 k)", SEVERITY_NOTE, \
	  "CC with both TPDU size and preferred maximum TPDU size") \
	/* CR, CC */ \
	X(COTP_CR_LENGTH, "cotp.cr-length", "X.224 13.3", SEVERITY_NOTE, \
	  "CR is longer than 128 octets") \
	X(COTP_CREDIT, "cotp.credit", "X.224 13.3.3 b), 13.4.3 b)", SEVERITY_NOTE, \
	  "credit is not zero in class 0 or 1") \
	X(COTP_DST_REF, "cotp.dst-ref", "X.224 13.3.3 c)", SEVERITY_NOTE, \
	  "DST-REF of a CR is not zero") \
	X(COTP_SRC_REF, "cotp.src-ref", "X.224 6.5.4 a) 2)", SEVERITY_NOTE, \
	  "SRC-REF of a CR or CC is zero") \
	X(COTP_CLASS, "cotp.class", "X.224 13.3.3 e)", SEVERITY_FATAL, \
	  "protocol class is not 0 to 4") \
	X(COTP_OPTION, "cotp.option", "X.224 13.3.3", SEVERITY_NOTE, \
	  "option bits that are always zero are set") \
	X(COTP_ALTERNATIVES, "cotp.alternatives", "X.224 13.3.4 h)", SEVERITY_FATAL, \
	  "alternative protocol class is not 0 to 4, or has option bits") \
	X(COTP_COMBINATION, "cotp.combination", "X.224 6.5.4 i) Table 3", SEVERITY_NOTE, \
	  "alternative class that the preferred class does not allow: ignored") \
	X(COTP_USER_DATA, "cotp.user-data", "X.224 8.2.2 2)", SEVERITY_NOTE, \
	  "CR, CC or DR of class 0 with user data") \
	X(COTP_USER_DATA_LENGTH, "cotp.user-data-length", "X.224 13.3.5, 13.5.5", SEVERITY_NOTE, \
	  "user data longer than 32 octets (DR: 64)") \
	/* DR, ER */ \
	X(COTP_REASON, "cotp.reason", "X.224 13.5.3 d)", SEVERITY_NOTE, \
	  "reason of a DR is not defined") \
	X(COTP_CAUSE, "cotp.cause", "X.224 13.12.3 c)", SEVERITY_NOTE, \
	  "reject cause of an ER is not defined") \
	X(COTP_INVALID_TPDU, "cotp.invalid-tpdu", "X.224 13.12.4 a)", SEVERITY_NOTE, \
	  "ER of class 0 without the octets of the rejected TPDU") \
	/* DT */ \
	X(COTP_DT_HEADER, "cotp.dt-header", "X.224 13.7.1 a)", SEVERITY_FATAL, \
	  "header of a class 0 DT is not two octets long") \
	X(COTP_DT_ROA, "cotp.dt-roa", "X.224 13.7.3 b)", SEVERITY_NOTE, \
	  "acknowledgement asked for, which class 0 does not have") \
	X(COTP_DT_NR, "cotp.dt-nr", "X.224 13.7.3 e)", SEVERITY_NOTE, \
	  "TPDU-NR is not zero in class 0") \
	X(COTP_DT_EMPTY, "cotp.dt-empty", "X.224 6.3.3", SEVERITY_NOTE, \
	  "DT without data that is not the end of the TSDU") \
	X(COTP_DT_SIZE, "cotp.dt-size", "X.224 6.5.4 j), k)", SEVERITY_FATAL, \
	  "DT is longer than the TPDU size agreed on") \
	/* answers to a CR */ \
	X(COTP_CC_CLASS, "cotp.cc-class", "X.224 6.5.4 i)", SEVERITY_FATAL, \
	  "class selected in the CC is not a valid response to the CR, or not class 0") \
	X(COTP_CC_SIZE, "cotp.cc-size", "X.224 6.5.4 j), k)", SEVERITY_FATAL, \
	  "TPDU size selected in the CC is above the one proposed") \
	X(COTP_CC_PREFERRED, "cotp.cc-preferred", "X.224 6.5.4 k)", SEVERITY_FATAL, \
	  "CC with a preferred maximum TPDU size that the CR did not have") \
	X(COTP_CC_SIZE_ABSENT, "cotp.cc-size-absent", "RFC 2126 6.4", SEVERITY_NOTE, \
	  "CC does not say the TPDU size: taken as proposed") \
	/* behaviour */ \
	X(COTP_NOT_ASSOCIATED, "cotp.not-associated", "X.224 6.9.1.4.2 a)", SEVERITY_NOTE, \
	  "DST-REF is not that of the transport connection") \
	X(COTP_UNEXPECTED, "cotp.unexpected", "X.224 Table A.6, 6.22", SEVERITY_FATAL, \
	  "TPDU has no entry in this state") \
	X(COTP_ER_RECEIVED, "cotp.er-received", "X.224 6.22.1.3", SEVERITY_NOTE, \
	  "the peer reports a protocol error of ours") \
	X(COTP_NO_CLASS, "cotp.no-class", "X.224 6.5.4 i) Table 3", SEVERITY_NOTE, \
	  "CR does not permit class 0: refused") \
	X(COTP_CALLED, "cotp.called", "X.224 6.6.3", SEVERITY_NOTE, \
	  "called transport selector is not ours: refused") \
	X(COTP_CALLING, "cotp.calling", "X.224 6.6.3", SEVERITY_NOTE, \
	  "calling transport selector is not the one expected: refused") \
	X(COTP_CR_TOO_LONG, "cotp.cr-too-long", "X.224 13.3", SEVERITY_NOTE, \
	  "selectors do not fit into a CR of 128 octets: not sent") \
	X(COTP_TIMEOUT, "cotp.timeout", "X.224 6.5.4 note 2, 6.22.1.3 note 4", SEVERITY_NOTE, \
	  "the peer did not answer in time") \
	X(COTP_MEMORY, "cotp.memory", "X.224 13.2 (limit)", SEVERITY_FATAL, \
	  "no memory to hold a TPDU that comes in pieces")

enum cotp_rule { COTP_RULES(RULE_ENUM) COTP_RULES_N };

extern const struct rule cotp_rules[COTP_RULES_N];

#endif
