#include "base/turn.h"

#include <assert.h>
#include <string.h>

struct service *turn_service(struct turn *t)
{
	/* The association takes no more input while fewer than one TSDU's
	 * worth of sets is free, so running out is our bug, not the peer's. */
	assert(t->services_used < SERVICES_MAX);
	memset(&t->services[t->services_used], 0, sizeof t->services[0]);
	return &t->services[t->services_used++];
}

struct service *turn_service_copy(struct turn *t, const struct service *s)
{
	struct service *copy = turn_service(t);

	*copy = *s;
	return copy;
}

struct service_names *turn_names(struct turn *t, struct service *s)
{
	struct service_names *own = &t->names[t->names_used];

	assert(t->names_used < NAMES_MAX);	/* as above */
	t->names_used++;
	*own = *service_names(s);
	s->names = own;
	return own;
}

void turn_emit(struct turn *t, enum layer layer, enum service_kind kind,
               enum service_type type, const struct service *s)
{
	const struct service *p = s ? s : &service_none;
	struct event *e = event_queue_add(t->inner);

	assert(e);
	*e = (struct event){
		.at_us = t->now_us,
		.offset = s ? s->offset : t->offset,
		.length = p->data.n,
		.data = p->data.p,
		.detail = s,
		.association = t->association,
		.value = p->serial ? p->serial : p->reason,
		.cell = CELL_NONE,
		.kind = EVENT_PRIMITIVE,
		.layer = (uint8_t)layer,
		.code = (uint8_t)kind,
		.type = (uint8_t)type,
		.flags = (uint8_t)(p->positive * EVENT_F_POSITIVE | p->first * EVENT_F_FIRST |
		                   p->last * EVENT_F_LAST),
	};
}

/* The driver's ring: the association checks for room before it takes input,
 * so a full ring loses nothing but trace of a very long burst. */
static void tell(struct turn *t, const struct event *e)
{
	(void)event_queue_put(t->outer, e);
}

void turn_step(struct turn *t, enum layer layer, uint16_t cell, uint8_t from, uint8_t to)
{
	if (t->no_steps)
		return;
	tell(t, &(struct event){
		.at_us = t->now_us, .offset = t->offset, .association = t->association,
		.cell = cell, .kind = EVENT_STEP, .layer = (uint8_t)layer,
		.from = from, .to = to });
}

void turn_pdu(struct turn *t, enum layer layer, enum event_kind in_or_out, uint8_t code,
              struct octets octets, uint64_t offset, const void *pdu)
{
	if (t->no_pdus)
		return;
	tell(t, &(struct event){
		.at_us = t->now_us, .offset = offset, .length = octets.n, .data = octets.p,
		.detail = pdu, .association = t->association, .cell = CELL_NONE,
		.kind = (uint8_t)in_or_out, .layer = (uint8_t)layer, .code = code });
}

void turn_pdu_value(struct turn *t, enum layer layer, enum event_kind in_or_out, uint8_t code,
                    struct octets octets, uint64_t offset, uint32_t value)
{
	if (t->no_pdus)
		return;
	tell(t, &(struct event){
		.at_us = t->now_us, .offset = offset, .length = octets.n, .data = octets.p,
		.association = t->association, .value = value, .cell = CELL_NONE,
		.kind = (uint8_t)in_or_out, .layer = (uint8_t)layer, .code = code });
}

bool turn_finding(struct turn *t, const struct rule *rule, size_t octet)
{
	return findings_add(t->findings, rule, octet);
}
