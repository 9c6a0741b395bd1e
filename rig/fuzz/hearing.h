/*
 * hearing: which TPDU or SPDU each TPKT holds (private to fuzz/).
 *
 *     0      4         7
 *     | TPKT | DT hdr  | SPDU, or GT or PT and the SPDU behind it ...
 *       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ the first HEARING_HEAD octets are looked at
 *
 * Nothing is leased, nothing grows, nothing can fail: what is no PDU is heard as an
 * unknown TPDU.
 */
#ifndef FUZZ_HEARING_H
#define FUZZ_HEARING_H

#include "fuzz/space.h"

enum { HEARING_HEAD = 32 };

/* All zero: a connection begins. */
struct hearing {
	bool joined;			/* in the middle of a TSDU */
	uint16_t reference;		/* the peer's, of its CR or CC */
	uint16_t have;
	uint32_t left;			/* octets of the TPKT that are still to come */
	uint8_t head[HEARING_HEAD];
};

/* `heard` is called for each PDU, in order, with a code of space.h; it may end the
 * connection, but must not free `h`. */
void hearing_octets(struct hearing *h, const uint8_t *p, size_t n,
                    void (*heard)(void *ctx, uint8_t code), void *ctx);

#endif
