/*
 * turn: what a layer machine is handed when it handles one event.
 *
 * A layer is a function `X_handle(struct X *, struct turn *, const struct
 * event *)`: one primitive in (a REQUEST or RESPONSE of its own service from
 * above, an INDICATION or CONFIRM of the service below), any number of
 * primitives out, through turn_emit().  It calls no other layer, keeps no
 * pointer into the turn, and needs nothing else of the world.  The
 * association moves each emitted event to the layer it is for and goes on
 * until none is left.
 */
#ifndef BASE_TURN_H
#define BASE_TURN_H

#include "base/event.h"
#include "base/kept.h"
#include "base/node.h"
#include "base/pool.h"

struct turn {
	int64_t now_us;
	struct nodes *nodes;		/* for user_data trees going down */
	struct pool *pool;		/* buffers to hold octets in */
	struct findings *findings;	/* of the PDU being read */
	struct event_queue *inner;	/* events on their way between layers */
	struct event_queue *outer;	/* events for the driver: PDUs, steps, findings,
					 * and primitives of the top service */
	struct service *services;	/* SERVICES_MAX parameter sets */
	uint16_t services_used;
	uint16_t names_used;
	struct service_names *names;	/* NAMES_MAX of them */
	uint32_t association;
	uint64_t offset;		/* stream offset of the TSDU being read */
	struct kept *kept;		/* leases of the events; NULL: none can be taken */
	bool no_steps, no_pdus;		/* turn_step(), turn_pdu*() tell nobody */
};

/* A zeroed parameter set that lives until the driver has taken the events. */
struct service *turn_service(struct turn *t);

/* A copy of `s` of the same life, to be changed and passed on. */
struct service *turn_service_copy(struct turn *t, const struct service *s);

/* Names of its own for `s`, of the same life: a copy of what it had. */
struct service_names *turn_names(struct turn *t, struct service *s);

/* Emits a primitive of `layer`'s service.  REQUEST/RESPONSE go to that layer,
 * INDICATION/CONFIRM to its user.  `s` comes from turn_service*() or, passed on as
 * it is, from the event being handled; NULL: no parameters. */
void turn_emit(struct turn *t, enum layer layer, enum service_kind kind,
               enum service_type type, const struct service *s);

/* The parameters of a primitive (never NULL; all zero if it had none). */
static inline const struct service *event_service(const struct event *e)
{
	return e->kind == EVENT_PRIMITIVE && e->detail ? e->detail : &service_none;
}

/* Tells the driver that a state table was stepped (trace and coverage of cells),
 * if it wants to know. */
void turn_step(struct turn *t, enum layer layer, uint16_t cell, uint8_t from, uint8_t to);

/* Tells the driver of a PDU: `pdu` is the layer's decoded struct. */
void turn_pdu(struct turn *t, enum layer layer, enum event_kind in_or_out, uint8_t code,
              struct octets octets, uint64_t offset, const void *pdu);

/* The same, of a PDU whose octets are not all at hand (streamed, or not yet
 * written): `value` says what stands for it: length, serial number, reason. */
void turn_pdu_value(struct turn *t, enum layer layer, enum event_kind in_or_out, uint8_t code,
                    struct octets octets, uint64_t offset, uint32_t value);

/* Books a finding outside a cursor (a rule of behaviour).  The association tells
 * the driver of all findings when the layer has handled its event. */
bool turn_finding(struct turn *t, const struct rule *rule, size_t octet);

#endif
