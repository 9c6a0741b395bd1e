/*
 * presentation_input: one event on its way through the machine, shared by the
 * files of this folder.
 */
#ifndef PRESENTATION_PRESENTATION_INPUT_H
#define PRESENTATION_PRESENTATION_INPUT_H

#include "presentation/presentation.h"

#define EV(name) PRESENTATION_EV_##name
#define HOLDS(n) (UINT32_C(1) << (n))

/* From which contexts values may come: p03 proposed, p04 and p05 agreed, p13 the
 * default context.  All hold for no value at all. */
enum {
	HOLDS_AGREED = HOLDS(4) | HOLDS(5),
	HOLDS_CONTEXTS = HOLDS(3) | HOLDS_AGREED | HOLDS(13),
};

struct presentation_input {
	const struct service *s;
	enum presentation_event event;
	bool above;			/* of the PS-user */
	uint8_t kind, type;		/* of the primitive */
	uint8_t refusal;		/* enum presentation_refusal, if p01, p02 or p22 fails */
	uint32_t holds;			/* predicates */
	uint32_t context;
	struct octets value;		/* of the PS-user, going up */
	const struct presentation_pdu *pdu;	/* read; NULL: none */
};

static inline bool presentation_book(struct turn *t, enum presentation_rule rule, size_t octet)
{
	return turn_finding(t, &presentation_rules[rule], octet);
}

/* presentation_contexts.c */

uint32_t presentation_only_context(const struct presentation *p);
/* Which of HOLDS_CONTEXTS hold for a value in context `id`, for all of user data. */
uint32_t presentation_holds(const struct presentation *p, uint32_t id);
uint32_t presentation_holds_user(const struct presentation *p,
                                 const struct presentation_user *u);
/* Initiator: the contexts of the configuration, as proposed. */
void presentation_propose(struct presentation *p);
/* Responder: what was proposed, and what we can have of it (6.2.6.1). */
void presentation_take_proposal(struct presentation *p, const struct presentation_pdu *cp);
/* Initiator: the answers to its proposal (6.2.3.5). */
bool presentation_take_results(struct presentation *p, struct turn *t,
                               const struct presentation_pdu *pdu);

/* presentation_ops.c: an outgoing event or action of a row. */

void presentation_perform(struct presentation *p, struct turn *t,
                          const struct presentation_input *in, uint8_t op);
/* ARP in S-U-ABORT. */
void presentation_send_arp(struct turn *t, enum presentation_abort reason,
                           enum presentation_event event);

#endif
