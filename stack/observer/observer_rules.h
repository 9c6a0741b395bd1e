/*
 * observer_rules: what a passive look at both ends of a conversation can find.
 *
 * The clause of a deviation is that of the state table; the cell stands in
 * struct observer_deviation.
 */
#ifndef OBSERVER_OBSERVER_RULES_H
#define OBSERVER_OBSERVER_RULES_H

#include "base/rule.h"

#define OBSERVER_RULES(X) \
	X(OBSERVER_COTP_CELL, "observer.cotp-cell", "X.224 Table A.6", SEVERITY_FATAL, \
	  "TPDU that the state table has no entry for") \
	X(OBSERVER_SESSION_BLANK, "observer.session-blank", "X.225 A.3.1, A.4.1", SEVERITY_FATAL, \
	  "SPDU at a blank cell") \
	X(OBSERVER_SESSION_NEVER, "observer.session-never", "X.225 A.3.3, A.4.1.3", \
	  SEVERITY_FATAL, \
	  "SPDU at a // cell") \
	X(OBSERVER_SESSION_IF, "observer.session-if", "X.225 A.4.2.2", SEVERITY_FATAL, \
	  "SPDU at a cell of which no predicate holds") \
	X(OBSERVER_SESSION_ANSWER, "observer.session-answer", "X.225 A.4.2.1", SEVERITY_FATAL, \
	  "another SPDU than the one that the cell just taken sends") \
	X(OBSERVER_SESSION_SERIAL, "observer.session-serial", "X.225 A.5.4.1, 7.19 to 7.22", \
	  SEVERITY_FATAL, \
	  "serial number that is not the next one, or not the one to be confirmed") \
	X(OBSERVER_PRESENTATION_CELL, "observer.presentation-cell", "X.226 A.4.1", SEVERITY_FATAL, \
	  "PPDU or primitive that the state table has no entry for") \
	X(OBSERVER_ACSE_CELL, "observer.acse-cell", "X.227 A.3.1", SEVERITY_FATAL, \
	  "APDU that the state table has no entry for") \
	X(OBSERVER_DR_OPEN, "cotp.dr-open", "X.224 Table A.6 note (2)", SEVERITY_NOTE, \
	  "class 0 releases by closing TCP") \
	X(OBSERVER_RST_AFTER_FIN, "tcp.rst-after-fin", "RFC 9293 3.6", SEVERITY_NOTE, \
	  "after the FIN of the peer: closed without waiting")

enum observer_rule { OBSERVER_RULES(RULE_ENUM) OBSERVER_RULES_N };

extern const struct rule observer_rules[OBSERVER_RULES_N];

#endif
