/*
 * presentation_reader: fully encoded user data that arrives in pieces.
 *
 *   61 L { 30 L { [06 transfer]  02 id  a0 L value | 81 octets | 82 bits } ... }
 *
 * Takes the headers off, cut anywhere, with definite and indefinite lengths,
 * and gives the octets of the values: of a single-ASN1-type the value whole,
 * of octet-aligned and arbitrary the data without segment headers.  State is
 * plain data; no octet of a value is touched.
 */
#ifndef PRESENTATION_PRESENTATION_READER_H
#define PRESENTATION_PRESENTATION_READER_H

#include "ber/ber_stream.h"
#include "presentation/presentation_rules.h"

enum presentation_token {
	PRESENTATION_BAD,		/* a fatal finding was booked */
	PRESENTATION_MORE,		/* input used up */
	PRESENTATION_VALUE,		/* a piece of the value in context reader->id */
};

struct presentation_reader {
	struct ber_stream stream;
	uint64_t list_at;		/* octet of the PDV-list */
	uint64_t element_at;		/* octet of the element of it being read */
	uint64_t octets;		/* of the value given so far */
	uint32_t id;
	uint8_t id_octets[10];		/* INTEGER as far as it has come */
	uint8_t id_n;
	uint8_t element;		/* what is being read */
	uint8_t seen;			/* elements of this PDV-list */
	uint8_t bits_skip;		/* arbitrary: initial octet of the segment to come */
	bool done;			/* user data is over */
	bool told;			/* that octets follow it */
};

void presentation_reader_init(struct presentation_reader *r);

/* Takes octets from *in and gives a piece of a value, borrowed from it. */
enum presentation_token presentation_reader_next(struct presentation_reader *r,
                                                 struct octets *in, struct octets *value,
                                                 struct findings *f);

/* The unit ends here: books a finding if user data is not complete. */
bool presentation_reader_end(const struct presentation_reader *r, struct findings *f);

#endif
