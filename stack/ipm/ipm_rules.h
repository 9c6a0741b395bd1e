/*
 * Rules of interpersonal messages (X.420, module IPMSInformationObjects).
 */
#ifndef IPM_RULES_H
#define IPM_RULES_H

#include "base/rule.h"

#define IPM_RULES(X) \
	X(IPM_UNKNOWN, "ipm.unknown", "X.420 InformationObject", SEVERITY_FATAL, \
	  "neither IPM [0] nor IPN [1]") \
	X(IPM_HEADING, "ipm.heading", "X.420 Heading", SEVERITY_FATAL, \
	  "heading is no SET") \
	X(IPM_BODY, "ipm.body", "X.420 Body", SEVERITY_FATAL, \
	  "body is no SEQUENCE") \
	X(IPM_BODY_EMPTY, "ipm.body-empty", "X.420 Body", SEVERITY_NOTE, \
	  "body without body part") \
	X(IPM_BODY_PART, "ipm.body-part", "X.420 BodyPart", SEVERITY_NOTE, \
	  "body part is none that X.420 defines") \
	X(IPM_TEXT_FORM, "ipm.text-form", "X.420 IA5TextBodyPart", SEVERITY_NOTE, \
	  "ia5-text does not consist of parameters and an IA5String") \
	X(IPM_THIS, "ipm.this-ipm", "X.420 ThisIPMField", SEVERITY_NOTE, \
	  "this-IPM, or the subject of a notification, is absent") \
	X(IPM_IDENTIFIER, "ipm.identifier", "X.420 IPMIdentifier", SEVERITY_NOTE, \
	  "IPM identifier without local identifier") \
	X(IPM_LOCAL_LENGTH, "ipm.local-length", "X.420 ub-local-ipm-identifier", SEVERITY_NOTE, \
	  "local identifier of more than 64 characters") \
	X(IPM_SUBJECT, "ipm.subject", "X.420 SubjectField", SEVERITY_NOTE, \
	  "subject is no TeletexString, or longer than 128 characters") \
	X(IPM_SPECIFIER, "ipm.recipient", "X.420 RecipientSpecifier", SEVERITY_FATAL, \
	  "recipient specifier is no SET, or without O/R descriptor") \
	X(IPM_IMPORTANCE, "ipm.importance", "X.420 ImportanceField", SEVERITY_NOTE, \
	  "importance is not 0, 1 or 2") \
	X(IPM_SENSITIVITY, "ipm.sensitivity", "X.420 SensitivityField", SEVERITY_NOTE, \
	  "sensitivity is not 1, 2 or 3") \
	X(IPM_TWICE, "ipm.twice", "X.690 8.11", SEVERITY_NOTE, \
	  "member of a SET comes a second time; the last one counts") \
	X(IPM_MEMBER, "ipm.member-unknown", "X.420 Annex", SEVERITY_NOTE, \
	  "member of a SET is not defined; ignored") \
	X(IPM_NOTICE_KIND, "ipm.notification", "X.420 IPN", SEVERITY_NOTE, \
	  "notification is neither receipt, non-receipt nor other") \
	X(IPM_EXTENSION, "ipm.extension", "X.420 IPMSExtension", SEVERITY_FATAL, \
	  "extension is no SEQUENCE that begins with an OBJECT IDENTIFIER") \
	X(IPM_TRAILING, "ipm.trailing", "X.420 InformationObject", SEVERITY_NOTE, \
	  "octets after the end of the information object")

enum ipm_rule { IPM_RULES(RULE_ENUM) IPM_RULES_N };

extern const struct rule ipm_rules[IPM_RULES_N];

#endif
