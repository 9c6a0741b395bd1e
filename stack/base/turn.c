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

void turn_emit(struct turn *t, enum layer layer, enum service_kind kind,
               enum service_type type, struct service *s)
{
	struct event e = {
		.at_us = t->now_us,
		.offset = s ? s->offset : t->offset,
		.length = s ? s->data.n : 0,
		.data = s ? s->data.p : NULL,
		.detail = s,
		.association = t->association,
		.value = s ? (s->serial ? s->serial : s->reason) : 0,
		.cell = CELL_NONE,
		.kind = EVENT_PRIMITIVE,
		.layer = (uint8_t)layer,
		.code = (uint8_t)kind,
		.type = (uint8_t)type,
		.flags = (uint8_t)((s && s->positive ? EVENT_F_POSITIVE : 0) |
		                   (s && s->first ? EVENT_F_FIRST : 0) |
		                   (s && s->last ? EVENT_F_LAST : 0)),
	};
	bool room = event_queue_put(t->inner, &e);

	assert(room);
	(void)room;
}

const struct service *event_service(const struct event *e)
{
	static const struct service none;

	return e->kind == EVENT_PRIMITIVE && e->detail ? e->detail : &none;
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
