/*
 * ber_stream: X.690 octets that arrive in pieces, cut anywhere.
 *
 * A tokenizer with a small state (no pointers, copied by assignment): give it
 * a piece of input and take tokens until BER_MORE.
 *
 *     while ((item = ber_stream_next(&s, &in, &token, findings)) > BER_MORE)
 *             switch (item) {
 *             case BER_OPEN:  (token.tag, .constructed, .indefinite, .length)
 *             case BER_SPAN:  (token.span: octets of the contents, borrowed from in)
 *             case BER_CLOSE: (the innermost open element is over)
 *             }
 *     if (item == BER_BAD) (one fatal finding was booked)
 *
 * A primitive element gives OPEN, any number of SPANs, CLOSE; a constructed
 * one OPEN, the tokens of its children, CLOSE.  Right after the OPEN of a
 * constructed element ber_stream_opaque() makes its contents come as SPANs
 * instead: the octets as they are, headers and end-of-contents octets of inner
 * elements included, its own end-of-contents octets not.
 *
 * One element gives one SPAN per piece of input, however large, and the octets
 * of contents are not touched.  `in` is moved on
 * by what was taken, so that a caller who wants the raw octets of headers can
 * see them pass.
 */
#ifndef BER_BER_STREAM_H
#define BER_BER_STREAM_H

#include "ber/ber.h"

/* Open elements.  Readers of streams know what they look at and take the rest
 * as opaque: the content of a message has four elements around it, the segments
 * of a string one more each time they nest. */
enum { BER_STREAM_DEPTH_MAX = 8 };

enum ber_item {
	BER_BAD,
	BER_MORE,		/* input used up */
	BER_OPEN,
	BER_SPAN,
	BER_CLOSE,
};

/* Of a kind of token only what names it is set. */
struct ber_token {
	uint64_t at;		/* stream octet of the identifier (OPEN) or span (SPAN), or
				 * after the element (CLOSE) */
	uint64_t length;	/* OPEN: octets of contents; 0 if indefinite */
	struct octets span;	/* SPAN */
	uint32_t tag;		/* OPEN */
	bool constructed, indefinite;	/* OPEN */
	uint8_t depth;		/* OPEN, CLOSE: elements around it */
};

struct ber_stream {
	uint64_t pos;		/* octets taken since init */
	uint64_t at;		/* of the header being read, its identifier */
	uint64_t length;
	uint64_t skip;		/* opaque: octets to pass before the next header */
	uint64_t end[BER_STREAM_DEPTH_MAX];	/* of the innermost definite element */
	uint32_t tag;
	uint8_t indefinite;	/* bit i: element i is */
	uint8_t inner;		/* opaque: open indefinite elements inside it */
	uint8_t depth;		/* open elements */
	uint8_t part;		/* of the header */
	uint8_t left;		/* octets of the length still to come */
	uint8_t length_n;	/* octets that the length takes */
	bool constructed;	/* header being read */
	bool primitive;		/* the innermost open element is */
	bool opaque;		/* ... is to be passed as it is */
	bool ending;		/* ... and its end-of-contents octets have begun */
};

_Static_assert(sizeof(struct ber_stream) <= 112, "the state of a stream is small");

void ber_stream_init(struct ber_stream *s);

/* Takes octets from *in and gives one token. */
enum ber_item ber_stream_next(struct ber_stream *s, struct octets *in, struct ber_token *out,
                              struct findings *f);

/* Octets have come up to where the innermost open element must end: the next token takes
 * none. */
static inline bool ber_stream_due(const struct ber_stream *s)
{
	return s->depth > 0 && s->pos == s->end[s->depth - 1];
}

/* The element just opened comes as SPANs (nothing to do if it is primitive). */
void ber_stream_opaque(struct ber_stream *s);

/* No element is open and no header begun. */
bool ber_stream_between(const struct ber_stream *s);

/* The input ends here: books a finding unless ber_stream_between(). */
bool ber_stream_end(const struct ber_stream *s, struct findings *f);

#endif
