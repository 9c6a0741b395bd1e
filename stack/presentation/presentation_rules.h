/*
 * presentation_rules: what X.226 asks of the values in SS-user data (clause 8)
 * and of those who exchange them (clause 6, Annex A).  Rules marked "limit"
 * are ours.
 */
#ifndef PRESENTATION_PRESENTATION_RULES_H
#define PRESENTATION_PRESENTATION_RULES_H

#include "base/rule.h"

/* The values as a whole. */
#define PRESENTATION_RULES_VALUES(X) \
	X(PRESENTATION_TYPE, "presentation.type", "X.226 8.2", SEVERITY_FATAL, \
	  "not a value of the type that this session primitive carries") \
	X(PRESENTATION_TRAILING, "presentation.trailing", "X.226 8.2", SEVERITY_NOTE, \
	  "octets behind the value") \
	X(PRESENTATION_EXTENSION, "presentation.extension", "X.226 8.5.1 a)", SEVERITY_NOTE, \
	  "undefined element in CP, ignored") \
	X(PRESENTATION_ELEMENT, "presentation.element", "X.226 8.2, 8.5", SEVERITY_FATAL, \
	  "element that is not defined here") \
	X(PRESENTATION_REPEATED, "presentation.repeated", "X.226 8.2", SEVERITY_FATAL, \
	  "element stands twice") \
	X(PRESENTATION_ORDER, "presentation.order", "X.226 8.2, X.690 8.9.2", SEVERITY_NOTE, \
	  "elements of a SEQUENCE not in their order") \
	X(PRESENTATION_MODE_MISSING, "presentation.mode-missing", "X.226 8.2, Tables 1, 2", \
	  SEVERITY_NOTE, "no mode selector; the parameters tell the mode") \
	X(PRESENTATION_MODE_NONE, "presentation.mode-none", "X.226 8.2, Tables 1, 2", \
	  SEVERITY_FATAL, "no mode selector and not the parameters of one mode") \
	X(PRESENTATION_MODE_VALUE, "presentation.mode-value", "X.226 8.2, 8.5.2", SEVERITY_FATAL, \
	  "mode is neither X.410-1984 nor normal") \
	X(PRESENTATION_MODE_FOREIGN, "presentation.mode-foreign", "X.226 8.2", SEVERITY_NOTE, \
	  "parameters of the mode that is not selected") \
	X(PRESENTATION_BITS, "presentation.bits", "X.226 8.5.2", SEVERITY_FATAL, \
	  "bit without a name, outside CP") \
	X(PRESENTATION_VERSION_NONE, "presentation.version-none", "X.226 6.2.2.2", SEVERITY_NOTE, \
	  "protocol version 1 is not among those offered") \
	X(PRESENTATION_VERSION_CHOSEN, "presentation.version-chosen", "X.226 6.2.3.2", \
	  SEVERITY_FATAL, "the protocol version chosen is not version 1") \
	X(PRESENTATION_RESTORATION, "presentation.restoration", "X.216 8.3", SEVERITY_NOTE, \
	  "context restoration without context management")

/* Context lists. */
#define PRESENTATION_RULES_CONTEXTS(X) \
	X(PRESENTATION_CONTEXTS_NONE, "presentation.contexts-none", "X.226 6.2.2.7", \
	  SEVERITY_NOTE, "context list without items") \
	X(PRESENTATION_CONTEXTS_LIMIT, "presentation.contexts-limit", "X.226 6.2.4.9 (limit)", \
	  SEVERITY_NOTE, "more items in a list than are looked at") \
	X(PRESENTATION_CONTEXT_RANGE, "presentation.context-range", "X.226 8.2 (limit)", \
	  SEVERITY_FATAL, "context identifier is negative or has more than 31 bits") \
	X(PRESENTATION_CONTEXT_EVEN, "presentation.context-even", "X.226 6.2.2.7", SEVERITY_NOTE, \
	  "context identifier proposed by the initiator is even") \
	X(PRESENTATION_CONTEXT_TWICE, "presentation.context-twice", "X.226 6.2.2.7", \
	  SEVERITY_FATAL, "two contexts with the same identifier") \
	X(PRESENTATION_TRANSFERS_NONE, "presentation.transfers-none", "X.226 6.2.2.7", \
	  SEVERITY_NOTE, "context proposed without a transfer syntax") \
	X(PRESENTATION_TRANSFERS_LIMIT, "presentation.transfers-limit", "X.226 6.2.2.7 (limit)", \
	  SEVERITY_NOTE, "more transfer syntaxes for a context than are looked at") \
	X(PRESENTATION_RESULT_VALUE, "presentation.result-value", "X.226 8.2, 8.5.2", \
	  SEVERITY_FATAL, "result without a name") \
	X(PRESENTATION_RESULT_TRANSFER, "presentation.result-transfer", "X.226 6.2.3.5", \
	  SEVERITY_NOTE, "accepted context without, or rejected one with, a transfer syntax") \
	X(PRESENTATION_RESULT_REASON, "presentation.result-reason", "X.226 6.2.3.5", \
	  SEVERITY_NOTE, "provider-rejection without, or another result with, a reason") \
	X(PRESENTATION_REASON_VALUE, "presentation.reason-value", "X.226 8.2, 8.5.2", \
	  SEVERITY_FATAL, "reason without a name")

/* User data. */
#define PRESENTATION_RULES_USER(X) \
	X(PRESENTATION_PDV_NONE, "presentation.pdv-none", "X.226 8.2, 8.4.2", SEVERITY_NOTE, \
	  "fully encoded data without a PDV-list") \
	X(PRESENTATION_PDV_CONTEXT, "presentation.pdv-context", "X.226 8.2", SEVERITY_FATAL, \
	  "PDV-list without presentation context identifier") \
	X(PRESENTATION_PDV_VALUES, "presentation.pdv-values", "X.226 8.2", SEVERITY_FATAL, \
	  "PDV-list without presentation data values") \
	X(PRESENTATION_PDV_SINGLE, "presentation.pdv-single", "X.226 8.4.2.5 a)", SEVERITY_NOTE, \
	  "one value in BER, but not as single-ASN1-type") \
	X(PRESENTATION_PDV_TRANSFER_MISSING, "presentation.pdv-transfer-missing", \
	  "X.226 8.4.2.7", SEVERITY_NOTE, \
	  "transfer syntax not named though several were proposed") \
	X(PRESENTATION_PDV_TRANSFER_FOREIGN, "presentation.pdv-transfer-foreign", \
	  "X.226 8.4.2.7", SEVERITY_NOTE, "transfer syntax named that was not proposed") \
	X(PRESENTATION_PDV_PROPOSED, "presentation.pdv-proposed", "X.226 8.4.2.6, 6.2.2.16", \
	  SEVERITY_FATAL, "presentation data value in CP from a context that is not proposed") \
	X(PRESENTATION_SIMPLE_CP, "presentation.simple-cp", "X.226 8.4.2.3", SEVERITY_NOTE, \
	  "simply encoded data in CP without default context") \
	X(PRESENTATION_SIMPLE_HEADER, "presentation.simple-header", "X.226 8.4.1.4 c)", \
	  SEVERITY_NOTE, "simply encoded data with identifier and length octets")

/* Refusal and abort. */
#define PRESENTATION_RULES_ENDS(X) \
	X(PRESENTATION_CPR_USER, "presentation.cpr-user", "X.226 6.2.4.10, 7.1.3.2", \
	  SEVERITY_NOTE, "user data in a CPR of the provider") \
	X(PRESENTATION_ARU_LIST, "presentation.aru-list", "X.226 6.4.2.1", SEVERITY_NOTE, \
	  "user data in ARU from a context that its identifier list does not name") \
	X(PRESENTATION_ARP_REASON, "presentation.arp-reason", "X.226 8.2, 8.5.2", SEVERITY_NOTE, \
	  "abort reason without a name") \
	X(PRESENTATION_ARP_EVENT_VALUE, "presentation.arp-event-value", "X.226 8.2, 8.5.2", \
	  SEVERITY_NOTE, "event identifier without a name") \
	X(PRESENTATION_ARP_EVENT, "presentation.arp-event", "X.226 6.4.3.1", SEVERITY_NOTE, \
	  "abort reason c) to g) without event identifier")

/* What depends on the connection. */
#define PRESENTATION_RULES_CONDUCT(X) \
	X(PRESENTATION_UNEXPECTED, "presentation.unexpected", "X.226 A.4.1.2", SEVERITY_FATAL, \
	  "PPDU or session primitive for which the state table has no entry") \
	X(PRESENTATION_CONDITION, "presentation.condition", "X.226 A.4.2.2, 6.4.4.3", \
	  SEVERITY_FATAL, "data value from a context that is not in the defined context set") \
	X(PRESENTATION_IDLE, "presentation.idle", "X.226 A.4.1.2", SEVERITY_NOTE, \
	  "session primitive without a presentation connection; nothing to abort") \
	X(PRESENTATION_REQUEST, "presentation.request", "X.226 A.4.1.1", SEVERITY_NOTE, \
	  "request of the user that the state table does not allow; refused") \
	X(PRESENTATION_RESULTS_NUMBER, "presentation.results-number", "X.226 6.2.3.5", \
	  SEVERITY_FATAL, "result list does not have one item for each context proposed") \
	X(PRESENTATION_RESULT_FOREIGN, "presentation.result-foreign", "X.226 6.2.3.5", \
	  SEVERITY_FATAL, "transfer syntax accepted that was not proposed") \
	X(PRESENTATION_MODE_ANSWER, "presentation.mode-answer", "X.226 6.2.3.1", SEVERITY_FATAL, \
	  "answer in another mode than the proposal") \
	X(PRESENTATION_REFUSE_EMPTY, "presentation.refuse-empty", "X.226 7.1.3", SEVERITY_NOTE, \
	  "session connection refused by its user without CPR") \
	X(PRESENTATION_ABORT_EMPTY, "presentation.abort-empty", "X.226 7.3", SEVERITY_NOTE, \
	  "session user abort with neither ARU nor ARP") \
	X(PRESENTATION_DATA_CONTEXTS, "presentation.data-contexts", "X.226 6.6 (limit)", \
	  SEVERITY_FATAL, "P-DATA with values from more than one context") \
	X(PRESENTATION_MEMORY, "presentation.memory", "X.226 6.4.4 (limit)", SEVERITY_FATAL, \
	  "no memory to join presentation data values")

#define PRESENTATION_RULES(X) \
	PRESENTATION_RULES_VALUES(X) PRESENTATION_RULES_CONTEXTS(X) \
	PRESENTATION_RULES_USER(X) PRESENTATION_RULES_ENDS(X) PRESENTATION_RULES_CONDUCT(X)

enum presentation_rule { PRESENTATION_RULES(RULE_ENUM) PRESENTATION_RULES_N };

extern const struct rule presentation_rules[PRESENTATION_RULES_N];

#endif
