/*
 * p1_reader: one transferred value in any cut: finds the head and the content.
 *
 *   normal mode  28 { [06 ..] 02 pci  a0 { MTS-APDU } }
 *   X.410 mode   MTS-APDU
 *
 * Each push takes a run of octets and says which part it is.  Holds no data;
 * used by the machine (which gathers the head) and by the observer.
 */
#ifndef P1_READER_H
#define P1_READER_H

#include "base/rule.h"
#include "ber/ber_stream.h"
#include "p1/p1_pdu.h"

enum p1_part {
	P1_PART_WRAPPER,	/* headers around the APDU, of segments, end-of-contents */
	P1_PART_HEAD,		/* MTS-APDU up to and including the header of the content;
				 * reports and probes: all of it */
	P1_PART_CONTENT,	/* octets of the content */
};

struct p1_reader {
	struct ber_stream stream;
	uint64_t head_n;	/* octets of the head so far */
	uint64_t content_n;	/* octets of content so far */
	uint64_t length;	/* of the content, if has_length */
	/* Octets of the head: the envelope (whole), and of a report the content. */
	size_t envelope_at, envelope_end;
	size_t report_at, report_end;
	uint32_t context;	/* indirect reference */
	uint8_t state;
	uint8_t content_depth;	/* elements around the content, or the report content */
	uint8_t kind;		/* enum p1_kind, once head_n > 0 */
	bool x410;
	bool has_length;	/* content of definite, primitive form */
	bool has_context;
	bool head_done;		/* the head is complete */
	bool ended;		/* the value is complete */
};

void p1_reader_init(struct p1_reader *r, bool x410);

/* Takes some octets of `in` (at least one if there is one and nothing fatal was
 * found) and returns how many; *out is the run, at the end of what was taken
 * (it may be empty), and *part what it belongs to.  Call until all is taken. */
size_t p1_reader_push(struct p1_reader *r, struct octets in, enum p1_part *part,
                      struct octets *out, struct findings *f);

/* Books p1.cut if the value is not complete. */
bool p1_reader_end(const struct p1_reader *r, struct findings *f);

#endif
