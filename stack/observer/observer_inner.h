/*
 * observer_inner: what the files of this folder share.
 *
 *   observer_places.c        held octets and their place in the stream
 *   observer_tell.c          what is told
 *   observer.c               octets, gaps -> frames -> TPDUs -> pieces of TSDUs
 *   observer_session.c       pieces of TSDUs -> SPDUs -> SS-user data, pieces of S-DATA
 *   observer_presentation.c  SS-user data -> PPDU -> ACSE, RTSE, MTA-BIND
 *   observer_data.c          pieces of S-DATA -> TD -> RTTR -> octets of a value
 *   observer_transfer.c      octets of a value, activities -> MTS-APDU, IPM
 */
#ifndef OBSERVER_INNER_H
#define OBSERVER_INNER_H

#include "base/cursor.h"
#include "observer/observer.h"

enum observer_mode {
	OBSERVER_MODE_UNKNOWN,
	OBSERVER_NORMAL,
	OBSERVER_X410,
};

static inline enum observer_direction observer_direction(const struct observer *o,
                                                         const struct observer_way *w)
{
	return w == &o->way[OBSERVER_INITIATOR] ? OBSERVER_INITIATOR : OBSERVER_RESPONDER;
}

/* The first octet; 0 if there is none. */
uint8_t observer_first(struct octets o);

/* ---- places ---- */

/* Octets at hand, and where in the stream they stand. */
struct observer_span {
	struct octets octets;
	const struct observer_places *places;
	size_t at;			/* of octets.p[0] in what `places` is about */
};

void observer_held_init(struct observer_held *h, size_t max);
void observer_held_drop(struct observer_held *h, struct pool *pool);
/* false: no memory, or more than max. */
bool observer_held_add(struct observer_held *h, struct pool *pool, struct octets o,
                       uint64_t stream);

/* Stream offsets of its first octet, and behind its last one. */
uint64_t observer_span_from(const struct observer_span *s);
uint64_t observer_span_to(const struct observer_span *s);
/* `inner` lies in `outer`, or is empty. */
struct observer_span observer_within(const struct observer_span *outer, struct octets inner);
/* Cuts off the octets at its beginning that follow each other in the stream. */
struct octets observer_run(struct observer_span *s, uint64_t *stream);

/* ---- telling ---- */

void observer_tell(struct observer *o, const struct observer_way *w, struct observation *seen);

/* A PDU that is at hand.  `pdu` NULL: it could not be read. */
struct observer_whole {
	enum layer layer;
	enum observed part;
	uint8_t code;
	bool herald;
	uint8_t outside;
	const void *pdu;
	const struct findings *findings;
};
void observer_tell_whole(struct observer *o, const struct observer_way *w,
                         const struct observer_span *span, const struct observer_whole *pdu);

void observer_stream_open(struct observer_stream *s, uint8_t code, uint64_t from);
/* One end of a PDU that streams; findings are told once. */
void observer_tell_stream(struct observer *o, const struct observer_way *w, enum layer layer,
                          enum observed part, struct observer_stream *s,
                          struct octets octets, const void *pdu);

/* ---- session ---- */

struct observer_piece {
	struct octets octets;
	uint64_t at;			/* stream offset */
	bool last;			/* of the TSDU */
};

void observer_session_init(struct observer_way *w);
void observer_session_drop(struct observer *o, struct observer_way *w);
void observer_session_piece(struct observer *o, struct observer_way *w,
                            const struct observer_piece *piece);
/* Octets are missing: ends what is being read. */
void observer_session_cut(struct observer *o, struct observer_way *w);
/* What comes next belongs to the same TSDU: passed over. */
void observer_session_skip(struct observer_way *w);
/* The next TSDU begins, surely or perhaps. */
void observer_session_next(struct observer_way *w, bool sure);

/* ---- presentation ---- */

/* SS-user data of an SPDU other than DT. */
void observer_user_data(struct observer *o, struct observer_way *w, enum session_spdu spdu,
                        const struct observer_span *span);
enum observer_syntax observer_syntax(const struct observer *o, uint32_t context);
/* Bits OBSERVED_NOT_... of a value from it. */
uint8_t observer_outside(const struct observer *o, uint32_t context);
/* The only context of the connection, if there is but one. */
enum observer_syntax observer_only_syntax(const struct observer *o);

/* ---- data ---- */

/* An S-DATA begins; its octets; it ends, or is cut. */
void observer_data_begin(struct observer_way *w);
void observer_data_piece(struct observer *o, struct observer_way *w, struct octets in,
                         uint64_t stream);
void observer_data_end(struct observer *o, struct observer_way *w, bool cut);

/* ---- transfer ---- */

void observer_transfer_init(struct observer_way *w);
void observer_transfer_drop(struct observer *o, struct observer_way *w);
void observer_transfer_start(struct observer *o, struct observer_way *w,
                             const struct session_pdu *as);
void observer_transfer_resume(struct observer *o, struct observer_way *w,
                              const struct session_pdu *ar);
void observer_transfer_interrupt(struct observer_way *w);
void observer_transfer_mark(struct observer_way *w, uint32_t serial);
/* The activity has ended. */
void observer_transfer_end(struct observer *o, struct observer_way *w);
/* It was given up, or nothing more is known of it. */
void observer_transfer_cut(struct observer *o, struct observer_way *w);
/* Octets of the value are missing: the rest of the activity is passed over. */
void observer_transfer_lose(struct observer *o, struct observer_way *w);
void observer_transfer_octets(struct observer *o, struct observer_way *w, struct octets in,
                              uint64_t stream);

#endif
