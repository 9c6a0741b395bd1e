/*
 * p1_relay: the head of a message, probe or report for its next hop.
 *
 * It is the received one with the trace information grown by one element, the internal
 * trace (extension 38) grown, left out or as it was, and with responsibility cleared for
 * those recipients for which `responsible` says false.  Everything else is carried bit for
 * bit.  The headers of the APDU, the envelope, of what has grown, and (message) of the
 * content are written anew, in definite form.
 *
 * Trace information is for management domains, internal trace for the MTAs of one: an MTA
 * that passes on within its domain adds to the second; the first grows once in a domain.
 */
#ifndef P1_RELAY_H
#define P1_RELAY_H

#include "p1/p1_pdu.h"

struct p1_relay {
	struct p1_trace trace;		/* no arrival time: nothing is appended */
	struct p1_trace internal;	/* the same; a list that cannot be read is not touched */
	bool no_internal;		/* it is left out */
	/* NULL: all stay responsible. */
	bool (*responsible)(void *ctx, uint32_t index, const struct p1_recipient *r);
	void *ctx;
};

/* Octets of the head, written only if they fit in `cap` (dst NULL: size only); then
 * content_length octets of content are to follow. */
size_t p1_relay_head(const struct p1_apdu *a, const struct p1_relay *relay,
                     uint64_t content_length, uint8_t *dst, size_t cap);

/* An ExtensionField that holds an internal trace of one element, likewise. */
size_t p1_internal_field(const struct p1_trace *e, uint8_t *dst, size_t cap);

#endif
