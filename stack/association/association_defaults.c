/*
 * An association as most MTAs expect it, and application contexts by name.
 */
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

/* applicationProtocol of RTORQ (X.228 9); none in normal mode. */
static const struct {
	const char *name, *mode;
	bool x410;
	uint8_t protocol;
} contexts[ASSOCIATION_CONTEXTS] = {
	[ASSOCIATION_MTS_TRANSFER] = { "mts-transfer", "normal", false, 0 },
	[ASSOCIATION_MTS_TRANSFER_PROTOCOL] = { "mts-transfer-protocol", "x410", true, 12 },
	[ASSOCIATION_MTS_TRANSFER_PROTOCOL_1984] = { "mts-transfer-protocol-1984", "1984", true,
	                                             1 },
};

const char *association_context_name(enum association_context context)
{
	return (unsigned)context < ASSOCIATION_CONTEXTS ? contexts[context].name : "?";
}

enum association_context association_context_said(const char *mode)
{
	enum association_context c = ASSOCIATION_MTS_TRANSFER;

	while (c < ASSOCIATION_CONTEXTS && strcmp(contexts[c].mode, mode) != 0)
		c++;
	return c;
}

void association_use(struct association_config *c, enum association_context context)
{
	bool x410 = contexts[context].x410;

	c->presentation.x410 = c->acse.x410 = c->rtse.x410 = c->p1.x410 = x410;
	c->rtse.protocol = contexts[context].protocol;
}

void association_use_any(struct association_config *c)
{
	association_use(c, ASSOCIATION_MTS_TRANSFER);
	c->presentation.any_mode = true;
}

enum association_context association_context_of(const struct association *a)
{
	if (!a->p1.x410)
		return ASSOCIATION_MTS_TRANSFER;
	return a->rtse.open.protocol == contexts[ASSOCIATION_MTS_TRANSFER_PROTOCOL].protocol
	       ? ASSOCIATION_MTS_TRANSFER_PROTOCOL : ASSOCIATION_MTS_TRANSFER_PROTOCOL_1984;
}

static struct octets put_value(uint8_t **at, uint8_t tag, const void *p, size_t n)
{
	uint8_t *begin = *at;

	begin[0] = tag;
	begin[1] = (uint8_t)n;
	memcpy(begin + 2, p, n);
	*at = begin + 2 + n;
	return (struct octets){ begin, 2 + n };
}

void association_references(struct association_references *out, bool x410, struct octets name,
                            const char utc[13], uint8_t number)
{
	/* 8.3.1.5: 64 octets, of which two are the header of the value. */
	enum { NAME_MAX_OCTETS = 62, OCTET_STRING = 0x04, T61_STRING = 0x14, UTC_TIME = 0x17 };
	const char digits[] = { (char)('0' + number / 10 % 10), (char)('0' + number % 10) };
	uint8_t *at = out->octets;

	if (name.n > NAME_MAX_OCTETS)
		name.n = NAME_MAX_OCTETS;
	out->references = (struct references){
		.calling = put_value(&at, x410 ? T61_STRING : OCTET_STRING, name.p, name.n),
	};
	out->references.common = put_value(&at, UTC_TIME, utc, 13);
	/* PI 12 has at most four octets: a T61String of two characters. */
	out->references.additional = put_value(&at, T61_STRING, digits, sizeof digits);
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
