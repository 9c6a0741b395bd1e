/*
 * Where TPKTs end in the octets of one direction.
 */
#include "link/link_node.h"

enum { HEADER = LINK_FRAME_HEADER, VERSION = 3 };	/* RFC 1006 6 */

static void header_is_complete(struct link_frames *f)
{
	unsigned length = (unsigned)f->header[2] << 8 | f->header[3];

	f->header_n = 0;
	f->lost = f->header[0] != VERSION || length < HEADER;
	if (f->lost)
		return;
	f->begun++;
	f->from = f->offset - HEADER;
	f->to = f->from + length;
}

size_t link_frames_push(struct link_frames *f, const uint8_t *p, size_t n, bool *complete)
{
	size_t at = 0;

	*complete = false;
	if (f->lost) {
		f->offset += n;
		return n;
	}
	if (f->offset < f->to) {
		uint64_t left = f->to - f->offset;

		at = left < n ? (size_t)left : n;
		f->offset += at;
	}
	while (at < n && !*complete && !f->lost) {
		f->header[f->header_n++] = p[at++];
		f->offset++;
		if (f->header_n < HEADER)
			continue;
		header_is_complete(f);
		*complete = !f->lost;
	}
	return at;
}
