/*
 * cotp_reader: TPDUs from the pieces of TPKT frames.
 *
 * The header of a DT is known after three octets; its user data pass through
 * piece by piece.  Every other TPDU is read when it is whole: in place if one
 * piece holds it, else gathered in a leased buffer.  Used by the machine and
 * by observers alike; what comes out does not depend on where the stream was
 * cut (DT data excepted: its pieces follow the cuts).
 */
#ifndef COTP_READER_H
#define COTP_READER_H

#include "base/pool.h"
#include "cotp/cotp_pdu.h"
#include "tpkt/tpkt.h"

enum {
	/* More of a TPDU other than DT is not looked at: the longest header
	 * takes 255 octets, allowed user data 64. */
	COTP_HELD_MAX = 512,
	COTP_DT_HEADER_OCTETS = 3,
};

struct cotp_reader {
	struct gather held;
	uint32_t tpdu_size;	/* longest DT agreed on, header included; 0: any */
	/* A header that is cut.  Two, used in turn: one may end where the octets
	 * of a push begin and the next one begin where they end. */
	uint8_t heads[2][COTP_DT_HEADER_OCTETS];
	uint8_t head_n, head_at;
	uint8_t mode;
	bool eot;
};

/* What one piece has brought. */
struct cotp_unit {
	bool begins;		/* pdu, octets, at and length are set: of a DT the header
				 * is complete, of any other TPDU all of it is here */
	bool ends;		/* this piece is the last of a DT */
	bool eot;		/* ... which ends its TSDU */
	struct cotp_pdu pdu;	/* not usable after a fatal finding, except for kind */
	struct octets octets;	/* the TPDU; of a DT its three header octets.  In the piece,
				 * or in the reader: then valid until the next TPDU that
				 * comes in pieces */
	uint64_t at;		/* stream offset of the TPDU's octet 0 */
	uint32_t length;	/* octets of the whole TPDU */
	struct octets data;	/* user data of a DT in this piece; borrowed from it */
	uint64_t data_at;	/* their stream offset */
};

void cotp_reader_init(struct cotp_reader *r);
/* Gives the buffer back, if one is held. */
void cotp_reader_drop(struct cotp_reader *r, struct pool *pool);

/* Takes one piece.  A TPDU that cannot be used makes one unit that `begins`
 * with a fatal finding in f; the rest of it is passed over. */
void cotp_reader_push(struct cotp_reader *r, struct pool *pool, const struct tpkt_piece *piece,
                      struct findings *f, struct cotp_unit *out);

#endif
