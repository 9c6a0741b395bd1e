/*
 * rule, finding: what was broken, by which clause, at which octet.
 *
 * Each layer lists its rules once, in X_rules.h, as an X-macro:
 *
 *     #define SESSION_RULES(X) \
 *         X(SESSION_LI_SHORT, "session.li-short", "X.225 8.2.5", \
 *           SEVERITY_FATAL, "length indicator runs past the octets present")
 *
 * and instantiates it with RULE_ENUM / RULE_ROW.  Names are stable: vectors,
 * reports and man pages use them.
 */
#ifndef BASE_RULE_H
#define BASE_RULE_H

#include "base/limits.h"
#include "base/octets.h"

enum layer {
	LAYER_NONE,
	LAYER_BER,
	LAYER_TPKT,
	LAYER_COTP,
	LAYER_SESSION,
	LAYER_PRESENTATION,
	LAYER_ACSE,
	LAYER_RTSE,
	LAYER_P1,
	LAYER_IPM,
	LAYER_ASSOCIATION,	/* the end itself: limits, memory, peer gone */
	LAYER_OBSERVER,		/* both ends of a conversation, held against the tables */
	LAYERS,
};

/* "session", "cotp" ...: the folder's name. */
const char *layer_name(enum layer layer);

enum severity {
	SEVERITY_NOTE,		/* a rule is broken, the meaning is clear: go on */
	SEVERITY_FATAL,		/* the PDU cannot be used */
};

struct rule {
	const char *name;	/* "session.li-short" */
	const char *clause;	/* "X.225 8.2.5" */
	const char *text;
	uint16_t id;		/* layer * 256 + index: unique in the program */
	uint8_t severity;
};

#define RULE_ENUM(id_, name_, clause_, severity_, text_) id_,
#define RULE_ROW(layer_, id_, name_, clause_, severity_, text_) \
	[id_] = { name_, clause_, text_, (uint16_t)((layer_) * 256 + (id_)), severity_ },

struct finding {
	const struct rule *rule;
	size_t octet;		/* from octet 0 of the layer's PDU */
};

/* What was found in one PDU.  Bounded: past FINDINGS_MAX notes are only
 * counted in `lost`; the first fatal one is always kept (it ends the reading). */
struct findings {
	struct finding at[FINDINGS_MAX];
	uint8_t n;
	uint8_t lost;
	bool fatal;
};

void findings_clear(struct findings *f);

/* Books a finding.  Returns false if it is fatal, so that a reader can
 * `return findings_add(...)`. */
__attribute__((cold))		/* what leads here stands aside from what is all right */
bool findings_add(struct findings *f, const struct rule *rule, size_t octet);

/* The fatal one, or NULL. */
const struct finding *findings_fatal(const struct findings *f);

#endif
