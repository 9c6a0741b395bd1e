/*
 * association_output: TSDUs and TPDUs to octets on the connection (private to
 * association/).
 *
 *     buffer: | control octets ... | hole_pos |  octets after the hole ... |
 *                                   \- TPDUs filled from the sender's octets
 *
 * Control PDUs are written whole into one leased buffer.  The content of a
 * message never is (unless it is so short that copying is cheaper than a
 * second send): its TPDUs are cut while they leave, and the sender lends the
 * octets.
 */
#ifndef ASSOCIATION_OUTPUT_H
#define ASSOCIATION_OUTPUT_H

#include "association/association.h"

/* N-DATA request.  false: no memory, or the PDU does not fit OUTPUT_MAX; the
 * connection can then only be closed. */
bool output_data(struct association *a, struct turn *t, const struct service *s);

/* Stream offset of the octet that will be written next. */
uint64_t output_position(const struct association *a);

/* The octets of the hole that are at hand without asking the driver. */
void output_refill(struct association *a, struct turn *t);

/* Tells who waits for it that the hole has left: session, if segments follow. */
void output_confirm(struct association *a, struct turn *t);

/* TCP has taken n of the octets that association_pop() lent. */
void output_taken(struct association *a, struct turn *t, size_t n);

#endif
