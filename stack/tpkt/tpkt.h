/*
 * tpkt: frames on a TCP stream (RFC 1006 section 6).
 *
 *        0          1        2        3    4
 *     +-------+----------+--------+------+----------------+
 *     |   3   | reserved | packet length | one TPDU ...   |
 *     +-------+----------+--------+------+----------------+
 *
 * The packet length counts the header, so a TPDU has 3 to 65,531 octets.
 *
 * Octets go in, in any cut; out come pieces of TPDUs.  A piece is borrowed
 * from the input, nothing is copied or held but the header.  Once framing is
 * lost (a fatal finding) there is no way back into step: no more octets are
 * taken.  Findings count from octet 0 of the frame.
 */
#ifndef TPKT_H
#define TPKT_H

#include "base/rule.h"
#include "base/text.h"

enum {
	TPKT_HEADER_OCTETS = 4,
	TPKT_LENGTH_MIN = 7,
	TPKT_TPDU_MAX = 65535 - TPKT_HEADER_OCTETS,
};

/* One run of octets of one frame's TPDU, never empty. */
struct tpkt_piece {
	struct octets octets;	/* borrowed from the input */
	uint64_t at;		/* stream offset of octets.p[0] */
	uint64_t frame;		/* stream offset of the frame's octet 0 */
	uint32_t length;	/* octets of the whole frame, header included */
	bool first, last;	/* of the TPDU */
};

struct tpkt {
	uint64_t stream;	/* octets taken so far */
	uint64_t frame;		/* stream offset of the frame begun */
	uint32_t left;		/* octets of its TPDU still to come */
	uint8_t header[TPKT_HEADER_OCTETS];
	uint8_t header_n;
	bool lost;
};

void tpkt_init(struct tpkt *t);

/*
 * Takes octets of the stream up to the end of one piece and returns how many
 * (0 only if n is 0 or framing is lost).  *out is the piece, or has
 * octets.n == 0 if these octets end in a header.  Rules broken by the header
 * go to f, which the caller clears.
 */
size_t tpkt_push(struct tpkt *t, const uint8_t *p, size_t n, struct tpkt_piece *out,
                 struct findings *f);

/* The stream has ended: false, and a finding, if that was inside a frame. */
bool tpkt_end(const struct tpkt *t, struct findings *f);

/* Writes the header of a frame for a TPDU of up to TPKT_TPDU_MAX octets. */
void tpkt_header(uint8_t out[TPKT_HEADER_OCTETS], size_t tpdu_length);

/* ---- one frame at once, for readers of captures and logs ---- */

struct tpkt_pdu {
	uint8_t reserved;
	uint16_t length;	/* as the header says it */
	struct octets tpdu;	/* borrowed */
};

/* Reads the frame at the beginning of `octets`; what follows it is not
 * looked at.  False if a finding was fatal. */
bool tpkt_decode(struct octets octets, struct tpkt_pdu *out, struct findings *f);

/* "TPKT length=29", and the reserved octet if it is not zero. */
void tpkt_text(struct text *t, const struct tpkt_pdu *pdu);

#endif
