#include "association/association.h"

#include "cotp/cotp_rules.h"
#include "tpkt/tpkt_rules.h"

#include <string.h>

enum {
	CHECKPOINT_KIB = 30,	/* what Exchange's MTA proposes; others take less */
	WINDOW = 5,
	/* Of the timers that X.224 leaves to us.  One waits for a CC; the other
	 * closes the connection of a peer that was refused and stays. */
	TS1_S = 120,
	TS2_S = 30,
};

void association_defaults(struct association_config *c, bool initiator)
{
	memset(c, 0, sizeof *c);
	c->initiator = initiator;
	c->cotp.ts1_us = TS1_S * SECOND_US;
	c->cotp.ts2_us = TS2_S * SECOND_US;
	session_defaults(&c->session);
	presentation_defaults(&c->presentation);
	acse_defaults(&c->acse);
	c->rtse.initiator = c->p1.initiator = initiator;
	c->rtse.context = 3;		/* as presentation_defaults() proposes them */
	c->p1.context = 5;
	c->rtse.checkpoint = CHECKPOINT_KIB;
	c->rtse.window = WINDOW;
}

static const struct {
	enum layer layer;
	const struct rule *rules;
	size_t n;
} tables[] = {
	{ LAYER_BER, ber_rules, BER_RULES_N },
	{ LAYER_TPKT, tpkt_rules, TPKT_RULES_N },
	{ LAYER_COTP, cotp_rules, COTP_RULES_N },
	{ LAYER_SESSION, session_rules, SESSION_RULES_N },
	{ LAYER_PRESENTATION, presentation_rules, PRESENTATION_RULES_N },
	{ LAYER_ACSE, acse_rules, ACSE_RULES_N },
	{ LAYER_RTSE, rtse_rules, RTSE_RULES_N },
	{ LAYER_P1, p1_rules, P1_RULES_N },
};

const struct rule *association_rule(uint16_t id)
{
	for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
		if (tables[i].layer == id / 256)
			return id % 256u < tables[i].n ? &tables[i].rules[id % 256] : NULL;
	return NULL;
}
