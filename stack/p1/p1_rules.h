/*
 * Rules of P1.  Encoding rules cite the ASN.1 modules of X.411 (MTA and MTS
 * abstract service) by type; X.419 for the bind and the transfer.
 */
#ifndef P1_RULES_H
#define P1_RULES_H

#include "base/rule.h"

#define P1_RULES(X) \
	X(P1_BIND_VALUE, "p1.bind-value", "X.411 MTABind", SEVERITY_FATAL, \
	  "bind value is neither NULL nor [1] SET") \
	X(P1_BIND_WRAPPER, "p1.bind-wrapper", "X.219 Annex A", SEVERITY_NOTE, \
	  "bind value without the [16], [17] or [18] of the BIND macro") \
	X(P1_BIND_WRAPPER_X410, "p1.bind-wrapper-x410", "X.219 Annex A", SEVERITY_NOTE, \
	  "[16], [17] or [18] of the BIND macro in X.410 mode") \
	X(P1_BIND_WRONG, "p1.bind-wrong", "X.219 Annex A", SEVERITY_NOTE, \
	  "bind value of another kind than its place asks for") \
	X(P1_BIND_NAME, "p1.bind-name", "X.411 MTABindArgument", SEVERITY_NOTE, \
	  "MTA name is absent") \
	X(P1_BIND_CREDENTIALS, "p1.bind-credentials", "X.411 MTABindArgument", SEVERITY_NOTE, \
	  "credentials are absent") \
	X(P1_CREDENTIALS_KIND, "p1.credentials-kind", "X.411 Credentials", SEVERITY_NOTE, \
	  "credentials are neither simple nor strong") \
	X(P1_BIND_ERROR_VALUE, "p1.bind-error-value", "X.411 MTABindError", SEVERITY_NOTE, \
	  "bind error is not defined") \
	X(P1_BIND_ABSENT, "p1.bind-absent", "X.411 MTABind", SEVERITY_NOTE, \
	  "association opened without a bind argument or result") \
	X(P1_NAME_LENGTH, "p1.mta-name-length", "X.411 ub-mta-name-length", SEVERITY_NOTE, \
	  "MTA name is empty or has more than 32 characters") \
	X(P1_PASSWORD_LENGTH, "p1.password-length", "X.411 ub-password-length", SEVERITY_NOTE, \
	  "password has more than 62 octets") \
	X(P1_EXTERNAL, "p1.external", "X.419 9.1.2", SEVERITY_FATAL, \
	  "transferred value is no EXTERNAL") \
	X(P1_EXTERNAL_ENCODING, "p1.external-encoding", "X.419 9.1.2", SEVERITY_FATAL, \
	  "EXTERNAL does not hold a single ASN.1 type") \
	X(P1_EXTERNAL_CONTEXT, "p1.external-context", "X.419 9.1.2", SEVERITY_NOTE, \
	  "EXTERNAL names another presentation context than the MTSE's") \
	X(P1_EXTERNAL_REFERENCE, "p1.external-reference", "X.419 9.1.2", SEVERITY_NOTE, \
	  "EXTERNAL without indirect reference") \
	X(P1_APDU_UNKNOWN, "p1.apdu-unknown", "X.411 MTS-APDU", SEVERITY_FATAL, \
	  "neither message [0], report [1] nor probe [2]") \
	X(P1_ENVELOPE_TYPE, "p1.envelope-type", "X.411 Message", SEVERITY_FATAL, \
	  "envelope is no SET") \
	X(P1_CONTENT_TYPE_TAG, "p1.content-octets", "X.411 Content", SEVERITY_FATAL, \
	  "content is no OCTET STRING") \
	X(P1_REPORT_TYPE, "p1.report-content-type", "X.411 Report", SEVERITY_FATAL, \
	  "report does not consist of two SETs") \
	X(P1_TRAILING, "p1.trailing", "X.411 MTS-APDU", SEVERITY_NOTE, \
	  "octets after the end of the value") \
	X(P1_CUT, "p1.cut", "X.411 MTS-APDU", SEVERITY_FATAL, \
	  "transfer ended within the value") \
	X(P1_ENVELOPE_LARGE, "p1.envelope-large", "limit", SEVERITY_FATAL, \
	  "more octets before the content than ENVELOPE_MAX") \
	X(P1_MEMORY, "p1.memory", "limit", SEVERITY_FATAL, \
	  "no buffer to gather the envelope in, or to join segments of the content") \
	X(P1_TWICE, "p1.twice", "X.690 8.11", SEVERITY_NOTE, \
	  "member of a SET comes a second time; the last one counts") \
	X(P1_MEMBER_UNKNOWN, "p1.member-unknown", "X.411 Annex A", SEVERITY_NOTE, \
	  "member of a SET is not defined; ignored") \
	X(P1_IDENTIFIER_ABSENT, "p1.identifier-absent", "X.411 MTSIdentifier", SEVERITY_FATAL, \
	  "MTS identifier is absent") \
	X(P1_ORIGINATOR_ABSENT, "p1.originator-absent", "X.411 PerMessageTransferFields", \
	  SEVERITY_NOTE, "originator or report destination is absent") \
	X(P1_CONTENT_TYPE_ABSENT, "p1.content-type-absent", "X.411 PerMessageTransferFields", \
	  SEVERITY_NOTE, "content type is absent") \
	X(P1_TRACE_ABSENT, "p1.trace-absent", "X.411 TraceInformation", SEVERITY_NOTE, \
	  "trace information is absent or empty") \
	X(P1_RECIPIENTS_ABSENT, "p1.recipients-absent", "X.411 ub-recipients", SEVERITY_NOTE, \
	  "no recipient") \
	X(P1_RECIPIENTS_MANY, "p1.recipients-many", "X.411 ub-recipients", SEVERITY_NOTE, \
	  "more than 32,767 recipients") \
	X(P1_MTS_ID, "p1.mts-identifier", "X.411 MTSIdentifier", SEVERITY_FATAL, \
	  "MTS identifier does not consist of a domain and a local identifier") \
	X(P1_LOCAL_ID_LENGTH, "p1.local-identifier-length", "X.411 ub-local-id-length", \
	  SEVERITY_NOTE, "local identifier is empty or has more than 32 characters") \
	X(P1_DOMAIN, "p1.domain", "X.411 GlobalDomainIdentifier", SEVERITY_FATAL, \
	  "global domain identifier lacks country or administration domain") \
	X(P1_DOMAIN_LENGTH, "p1.domain-length", "X.411 ub-domain-name-length", SEVERITY_NOTE, \
	  "domain name has more than 16 characters") \
	X(P1_COUNTRY, "p1.country", "X.411 CountryName", SEVERITY_NOTE, \
	  "country is neither two letters nor three digits") \
	X(P1_STRING_CHOICE, "p1.string-choice", "X.411 Annex A", SEVERITY_FATAL, \
	  "neither NumericString nor PrintableString") \
	X(P1_CHARACTER, "p1.character", "X.680 37", SEVERITY_NOTE, \
	  "character is not in the repertoire of the string type") \
	X(P1_TIME, "p1.time", "X.680 43, X.411 Time", SEVERITY_NOTE, \
	  "time is not YYMMDDhhmm[ss] with Z or offset") \
	X(P1_PRIORITY, "p1.priority", "X.411 Priority", SEVERITY_NOTE, \
	  "priority is not 0, 1 or 2") \
	X(P1_CONTENT_TYPE, "p1.content-type", "X.411 ContentType", SEVERITY_NOTE, \
	  "built-in content type below 0 or above 32,767") \
	X(P1_CONTENT_LENGTH, "p1.content-length", "X.411 ContentLength", SEVERITY_NOTE, \
	  "content length of a probe below 0 or above 2,147,483,647") \
	X(P1_CONTENT_ID_LENGTH, "p1.content-identifier-length", "X.411 ub-content-id-length", \
	  SEVERITY_NOTE, "content identifier is empty or has more than 16 characters") \
	X(P1_RECIPIENT, "p1.recipient", "X.411 PerRecipientMessageTransferFields", SEVERITY_FATAL, \
	  "element of the recipients is no SET") \
	X(P1_RECIPIENT_MEMBER, "p1.recipient-member", "X.411 PerRecipientMessageTransferFields", \
	  SEVERITY_NOTE, "recipient lacks name, number or indicators") \
	X(P1_RECIPIENT_NUMBER, "p1.recipient-number", "X.411 OriginallySpecifiedRecipientNumber", \
	  SEVERITY_NOTE, "recipient number is not 1 to 32,767") \
	X(P1_INDICATORS, "p1.recipient-indicators", "X.411 PerRecipientIndicators", SEVERITY_NOTE, \
	  "per-recipient indicators have fewer than 8 bits or ask for impossible reports") \
	X(P1_TRACE, "p1.trace", "X.411 TraceInformationElement", SEVERITY_FATAL, \
	  "trace element does not consist of a domain and a SET") \
	X(P1_TRACE_MEMBER, "p1.trace-member", "X.411 TraceInformationElement", SEVERITY_NOTE, \
	  "trace element lacks arrival time or routing action") \
	X(P1_ROUTING_ACTION, "p1.routing-action", "X.411 RoutingAction", SEVERITY_NOTE, \
	  "routing action is neither relayed nor rerouted") \
	X(P1_EXTENSION, "p1.extension", "X.411 ExtensionField", SEVERITY_FATAL, \
	  "extension field is no SEQUENCE that begins with a type") \
	X(P1_EXTENSION_TYPE, "p1.extension-type", "X.411 ExtensionType", SEVERITY_FATAL, \
	  "extension type is neither [0] INTEGER nor [3] OBJECT IDENTIFIER") \
	X(P1_EXTENSION_TWICE, "p1.extension-twice", "X.411 ExtensionField", SEVERITY_NOTE, \
	  "two extensions of the same type") \
	X(P1_ORNAME, "p1.or-name", "X.411 ORName", SEVERITY_FATAL, \
	  "O/R name does not begin with the standard attributes") \
	X(P1_ORNAME_MEMBER, "p1.or-name-member", "X.411 ORName", SEVERITY_NOTE, \
	  "component of an O/R name or address is not defined; ignored") \
	X(P1_ATTRIBUTE_LENGTH, "p1.attribute-length", "X.411 upper bounds", SEVERITY_NOTE, \
	  "address attribute is empty or longer than its upper bound") \
	X(P1_ATTRIBUTES_MANY, "p1.attributes-many", "X.411 upper bounds", SEVERITY_NOTE, \
	  "more than four organizational units or domain-defined attributes") \
	X(P1_REPORTED, "p1.reported-recipient", "X.411 PerRecipientReportTransferFields", \
	  SEVERITY_FATAL, "element of the reported recipients is no SET") \
	X(P1_REPORTED_MEMBER, "p1.reported-member", "X.411 PerRecipientReportTransferFields", \
	  SEVERITY_NOTE, "reported recipient lacks name, number, indicators or last trace") \
	X(P1_REPORT_CHOICE, "p1.report-choice", "X.411 ReportType", SEVERITY_FATAL, \
	  "report is neither delivery nor non-delivery") \
	X(P1_REPORT_REASON, "p1.report-reason", "X.411 NonDeliveryReasonCode", SEVERITY_NOTE, \
	  "non-delivery without reason, or a code that is not defined") \
	X(P1_REPORT_EMPTY, "p1.report-empty", "X.411 ReportTransferContent", SEVERITY_NOTE, \
	  "report on no recipient") \
	X(P1_VALUE_TYPE, "p1.value-type", "X.411 Annex A, X.420", SEVERITY_NOTE, \
	  "value is not of the type that its place asks for") \
	X(P1_VALUE_SIZE, "p1.value-size", "X.411 upper bounds", SEVERITY_NOTE, \
	  "value, string or list is outside its bounds") \
	X(P1_VALUE_MEMBER, "p1.value-member", "X.411 Annex A, X.420", SEVERITY_NOTE, \
	  "element is no member of the SEQUENCE or SET it stands in, or out of order") \
	X(P1_VALUE_ABSENT, "p1.value-absent", "X.411 Annex A, X.420", SEVERITY_NOTE, \
	  "mandatory member of a SEQUENCE or SET is absent") \
	X(P1_REQUEST, "p1.request", "X.411 12", SEVERITY_NOTE, \
	  "request of the user does not fit the state; refused")

enum p1_rule { P1_RULES(RULE_ENUM) P1_RULES_N };

extern const struct rule p1_rules[P1_RULES_N];

#endif
