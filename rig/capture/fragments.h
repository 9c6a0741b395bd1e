/*
 * fragments: IP packets that were cut on their way, whole again (RFC 791 3.2,
 * RFC 8200 4.5).
 *
 * Give it every packet in which capture_segment() found SEGMENT_FRAGMENT.  What the
 * last missing one completes comes out as a raw IP packet with its frame and time.
 * Fragments that overlap with other octets spoil their packet; those of IPv6 do with the
 * same ones too, unless they are copies (RFC 5722 4).
 */
#ifndef CAPTURE_FRAGMENTS_H
#define CAPTURE_FRAGMENTS_H

#include "capture/capture.h"

struct fragments;

enum fragments_got {
	FRAGMENTS_KEPT,
	FRAGMENTS_WHOLE,
	FRAGMENTS_DROPPED,	/* this one, or an older packet that made place for it */
};

/* NULL: no memory. */
struct fragments *fragments_new(void);
void fragments_free(struct fragments *f);

/* `whole` is lent until the next call. */
enum fragments_got fragments_add(struct fragments *f, const struct capture_packet *p,
                                 const struct capture_segment *seg,
                                 struct capture_packet *whole);

#endif
