/*
 * content: contents that are known again wherever they come out.
 *
 *     IPM heading, ia5-text header | nonce | filler ............
 *                                    x400rig:KEY:ORDINAL:SIZE;
 *
 * KEY stands for the run and the case, ORDINAL for the message.  The filler
 * is a function of (KEY, ORDINAL, offset), so the sender needs no copy of what
 * it sends and the receiver compares octet by octet while the content streams
 * by.  A content too small for a heading and a nonce is filler alone; such a
 * message is known by its content identifier, which holds KEY and ORDINAL too.
 */
#ifndef SCENARIO_CONTENT_H
#define SCENARIO_CONTENT_H

#include "base/octets.h"

enum {
	/* Heading with two addresses of 200 octets, nonce and slack. */
	CONTENT_HEAD_MAX = 768,
	CONTENT_ID = 17,		/* 16 characters (X.411 ub-content-id-length), NUL */
};

struct content {
	uint64_t key;
	uint64_t size;			/* octets of the whole content */
	uint32_t ordinal;		/* from 1 */
	bool ipm;			/* P22; else type "unidentified" */
	const uint8_t *file;		/* `size` octets that are all of it; NULL: filler */
	uint32_t head_n;		/* octets before the filler */
	uint8_t head[CONTENT_HEAD_MAX];
};

/* Addresses are O/R names as BER values (0x60 ...). */
void content_init(struct content *c, uint64_t key, uint32_t ordinal, uint64_t size,
                  struct octets originator, struct octets recipient);

/* Octets as they are, borrowed; those that begin like an IPM or IPN (X.420 7) are P22. */
void content_of(struct content *c, struct octets o);

/* Writes n octets from `offset`; what lies past the end is not touched. */
void content_fill(const struct content *c, uint64_t offset, uint8_t *dst, size_t n);

/* Are these the octets at `offset`? */
bool content_equal(const struct content *c, uint64_t offset, struct octets o);

/* "0123abcd00000007" */
void content_id(uint64_t key, uint32_t ordinal, char out[static CONTENT_ID]);
/* The ordinal in a content identifier of this key; 0: none of ours. */
uint32_t content_id_ordinal(uint64_t key, struct octets id);

/* The ordinal in the nonce within the first octets of a content of this key;
 * 0: no nonce of ours. */
uint32_t content_find(uint64_t key, struct octets beginning);

#endif
