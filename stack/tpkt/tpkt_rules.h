/*
 * tpkt_rules: what RFC 1006 asks of the frames on a TCP stream.
 */
#ifndef TPKT_RULES_H
#define TPKT_RULES_H

#include "base/rule.h"

#define TPKT_RULES(X) \
	X(TPKT_VERSION, "tpkt.version", "RFC 1006 6", SEVERITY_FATAL, \
	  "version number is not 3") \
	X(TPKT_RESERVED, "tpkt.reserved", "RFC 1006 6, RFC 2126 4.3", SEVERITY_NOTE, \
	  "reserved octet is not zero") \
	X(TPKT_LENGTH, "tpkt.length", "RFC 1006 6", SEVERITY_FATAL, \
	  "packet length below 7, header and smallest TPDU") \
	X(TPKT_CUT, "tpkt.cut", "RFC 1006 6", SEVERITY_FATAL, \
	  "the stream ends inside a frame")

enum tpkt_rule { TPKT_RULES(RULE_ENUM) TPKT_RULES_N };

extern const struct rule tpkt_rules[TPKT_RULES_N];

#endif
