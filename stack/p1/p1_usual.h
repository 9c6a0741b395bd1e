/*
 * p1_usual: what nearly all MTAs write, passed at one look (private to p1/).
 *
 * Most heads have short definite lengths, members in order and values that are
 * allowed.  Of what these functions pass the readers find nothing; so where it is only
 * to be checked and counted they need not run.  What they do not pass may be right
 * or wrong: the readers say.
 */
#ifndef P1_USUAL_H
#define P1_USUAL_H

#include "p1/p1_name_inner.h"
#include "p1/p1_pdu.h"

/* A run of octets, cut off before its inside is read. */
struct run {
	const uint8_t *p, *end;
};

/* The next element; false: none, or none of the usual form. */
static inline bool usual_next(struct run *r, uint8_t *tag, struct run *body)
{
	size_t left = (size_t)(r->end - r->p), head = 2, length;

	if (left < 2)
		return false;
	*tag = r->p[0];
	length = r->p[1];
	if (length == 0x81 && left > 2) {
		length = r->p[2];
		head = 3;
	} else if (length == 0x82 && left > 3) {
		length = (size_t)r->p[2] << 8 | r->p[3];
		head = 4;
	} else if (length >= 0x80) {
		return false;
	}
	/* Long tags, and universal 0, which ends contents, are another matter; so are
	 * lengths that fit a shorter form. */
	if ((*tag & 0x1f) == 0x1f || (*tag & 0xdf) == 0 || left - head < length ||
	    (head == 3 && length < 0x80) || (head == 4 && length < 0x100))
		return false;
	*body = (struct run){ r->p + head, r->p + head + length };
	r->p = body->end;
	return true;
}

/* Contents of a GlobalDomainIdentifier, of an MTSIdentifier: read, borrowed. */
bool p1_usual_domain(struct run r, struct p1_domain *out);
bool p1_usual_mts_id(struct octets contents, struct p1_mts_id *out);

/* Recipients, trace elements: how many; 0: none, or not all of the usual form. */
uint32_t p1_usual_recipients(struct octets contents);
uint32_t p1_usual_trace(struct octets contents);
/* The domain of the next trace element; false: none, or none of the usual form, and *trace
 * stays in front of it. */
bool p1_usual_trace_next(struct run *trace, struct p1_domain *out);

/* The octets of the head between which the envelope stands, and the length of the
 * content: all lengths are definite. */
bool p1_usual_message(struct octets head, size_t *envelope_at, size_t *envelope_end,
                      uint64_t *length);

#endif
