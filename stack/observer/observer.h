/*
 * observer: both directions of one connection, read passively.
 *
 *     octets, gaps, ends --> | tpkt | cotp | session | presentation | acse |
 *     of each direction      | rtse | p1 | ipm |  --> observations, one a PDU
 *
 * Give it the octets of both directions in the order of time, in any cut.  It
 * keeps what one direction must know of the other: mode, presentation
 * contexts, functional units, whether SI 42 is MAA or AEA.
 *
 * Observations are handed to a sink while their PDU is being read, and nothing
 * of them lives longer.  One TSDU may hold a dozen PDUs inside each other, whose
 * decoded structs borrow from its octets and are up to 2 KiB each; a queue would
 * have to hold them all.  The reader of an observer answers nothing and steps no
 * table, so that a call out of the middle of reading cannot come back in.
 *
 * What is whole when it is read (all PDUs but data) makes one observation,
 * OBSERVED_WHOLE.  What streams (session DT, presentation TD, RTTR, the
 * transferred MTS-APDU) makes two: OBSERVED_BEGIN when its header is known, and
 * OBSERVED_END, or OBSERVED_CUT if it ended before its end: octets are missing,
 * the transfer was discarded, interrupted or aborted, the connection is over.
 * PDUs begin outermost first and end innermost first.
 *
 * The octets of one transfer are joined over its activity, however many
 * checkpoints and P-DATA it takes.  An interrupted transfer is remembered until
 * the next activity of its direction; if it is resumed, what comes a second time
 * is passed over.  The head of a message and the first OBSERVER_CONTENT_MAX
 * octets of its content are held, for P1 and IPM; all else streams.
 *
 * Nothing stops it.  Where framing is lost it looks for the next TPKT that
 * holds a TPDU of class 0; a PDU that cannot be read is told with its
 * findings, and what is inside it is not.  Where context or mode is not known
 * (the stream began earlier) it goes by tags; the first TSDU after octets were
 * missing is told only if it can be read.
 *
 * Memory: a struct observer, and per direction at most 2 TSDU_MAX, ENVELOPE_MAX,
 * OBSERVER_CONTENT_MAX and two tables of OBSERVER_RUNS_MAX, leased while needed
 * (twice while a buffer grows).
 */
#ifndef OBSERVER_OBSERVER_H
#define OBSERVER_OBSERVER_H

#include "acse/acse_pdu.h"
#include "base/pool.h"
#include "cotp/cotp_reader.h"
#include "ipm/ipm.h"
#include "p1/p1_bind.h"
#include "p1/p1_pdu.h"
#include "p1/p1_reader.h"
#include "presentation/presentation_pdu.h"
#include "presentation/presentation_reader.h"
#include "rtse/rtse_pdu.h"
#include "rtse/rtse_reader.h"
#include "session/session_pdu.h"

enum {
	/* Octets of a content that are held for the IPM heading: room for some
	 * hundred recipients, as much as one TPKT holds. */
	OBSERVER_CONTENT_MAX = 64 << 10,
	/* ... and of one that is known to be longer, if its heading ends there: where they
	 * come in one segment of TCP they are read where they lie. */
	OBSERVER_CONTENT_FIRST = 8 << 10,
	/* Runs of the stream that a TSDU consists of and that are told apart: TPDUs
	 * of 128 octets (X.224 13.3.4 b) make 1,024 of TSDU_MAX. */
	OBSERVER_RUNS_MAX = 1024,
	/* Checkpoints of a transfer whose place is remembered (RTSE_WINDOW_MAX). */
	OBSERVER_MARKS = 16,
	OBSERVER_SYNC_OCTETS = 7,	/* TPKT header, first three octets of a TPDU */
};

/* Who sends: who opened the TCP connection, or who took it. */
enum observer_direction {
	OBSERVER_INITIATOR,
	OBSERVER_RESPONDER,
	OBSERVER_DIRECTIONS,
};

enum observed {
	OBSERVED_WHOLE,
	OBSERVED_BEGIN,
	OBSERVED_END,
	OBSERVED_CUT,
};

/* `code` of LAYER_P1 beside enum p1_kind. */
enum {
	OBSERVED_BIND_ARGUMENT = P1_KINDS,
	OBSERVED_BIND_RESULT,
	OBSERVED_BIND_ERROR,
	OBSERVED_APDU,			/* no MTS-APDU can be recognised */
};

/* `code` of LAYER_TPKT. */
enum {
	OBSERVED_FRAME,
	OBSERVED_NO_FRAME,		/* octets that belong to no frame: passed over */
};

/* `outside`: what the contexts of user data are not in (X.226 Table A.20). */
enum {
	OBSERVED_NOT_PROPOSED = 1,	/* not p03 */
	OBSERVED_NOT_DEFINED = 2,	/* not p04, p05 */
};

/* `code` of another layer is its enum: cotp_kind, session_spdu, presentation_ppdu,
 * acse_apdu, rtse_kind (RTSE_KINDS: not recognised), ipm_kind. */
struct observation {
	uint8_t layer;			/* enum layer */
	uint8_t code;
	uint8_t direction;		/* enum observer_direction */
	uint8_t part;			/* enum observed */
	bool herald;			/* GT or PT that only precedes what follows it */
	uint32_t context;		/* presentation TD: of its (first) value */
	uint8_t outside;		/* presentation: bits; 0 where the CP was not seen */
	uint64_t from, to;		/* stream offsets: its first octet, behind its last one.
					 * Headers of lower layers may lie between */
	uint64_t length;		/* its octets (so far) */
	uint64_t user;			/* DT, TD, RTTR: user data (so far); MESSAGE: content */
	struct octets octets;		/* as far as they are held: all of a whole PDU; the
					 * header of a DT, the head of an MTS-APDU */
	const struct findings *findings;	/* octets count from the PDU's octet 0 */
	/* The layer's decoded struct.  NULL if it could not be read, and at both ends
	 * of a TD and RTTR.  Of a DT without its user data. */
	union {
		const void *any;
		const struct tpkt_pdu *tpkt;
		const struct cotp_pdu *cotp;
		const struct session_pdu *session;
		const struct presentation_pdu *presentation;
		const struct acse_pdu *acse;
		const struct rtse_pdu *rtse;
		const struct p1_bind *bind;
		const struct p1_apdu *p1;
		const struct ipm *ipm;
	} as;
};

/* Where observations go; embed it in your own struct.  Everything is borrowed
 * until `tell` returns. */
struct observer_sink {
	void (*tell)(struct observer_sink *sink, const struct observation *seen);
};

/* Where the octets of contents go, piece after piece: those of one message lie
 * between the OBSERVED_BEGIN and _END of its MTS-APDU.  Embed it likewise. */
struct observer_contents {
	void (*take)(struct observer_contents *c, enum observer_direction d, struct octets in);
};

/* ---- the state of an observer; not to be touched ---- */

/* Where held octets stand in the stream: run after run. */
struct observer_places {
	uint64_t first;			/* of octet 0 */
	struct gather more;		/* struct observer_run: runs behind the first one */
};

struct observer_held {
	struct gather octets;
	struct observer_places places;
};

/* A PDU that streams. */
struct observer_stream {
	bool open;
	uint8_t code, outside;
	uint32_t context;
	uint64_t from, to, length, user;
	struct findings findings;
};

struct observer_transfer {
	uint8_t phase;
	uint8_t activity_n;
	uint8_t activity[6];		/* X.225 8.3.29.4 */
	bool begun;			/* OBSERVED_BEGIN was told */
	bool failed;			/* the rest cannot be read */
	bool ipm_due;			/* IPM is to be told */
	uint32_t serial;		/* of the last sync point; 0: none */
	uint64_t at;			/* octets of the value that have come */
	uint64_t again;			/* octets that come a second time */
	uint64_t marks[OBSERVER_MARKS];	/* `at` of sync point s: marks[s % MARKS] */
	uint64_t head_at;		/* octet of the value where the head begins */
	uint64_t content_from, content_to;
	struct observer_stream apdu;
	struct p1_reader reader;
	struct gather head, content;
	struct p1_apdu *read;		/* the head; leased.  NULL: to be read again */
};

struct observer_way {
	uint64_t offset;		/* of the next octet */
	/* Frames. */
	struct tpkt tpkt;
	struct cotp_reader cotp;
	struct findings frame;		/* of the frame's header */
	uint64_t sync_from;
	uint8_t sync[OBSERVER_SYNC_OCTETS];
	uint8_t sync_n;
	bool syncing;			/* looking for a frame */
	bool filling;			/* octets of this frame are missing */
	/* TSDU. */
	uint8_t rx;
	bool unsure;			/* it may have begun earlier */
	struct observer_held tsdu;
	struct observer_stream dt;
	uint8_t enclosure;		/* of the DT that streams */
	/* SSDU in segments. */
	struct observer_held ssdu;
	uint8_t joining;		/* enum session_spdu of the first segment */
	bool major;			/* of MAP and AE it has sent a MAP last */
	/* Data. */
	struct observer_stream td, rttr;
	struct presentation_reader pdvs;
	struct rtse_reader slices;
	uint64_t pdv_at;		/* octet of the PDV-list being read; 0: none yet */
	uint8_t data;			/* how the P-DATA is read */
	struct observer_transfer transfer;
};

/* Abstract syntax of a context, as far as it matters here. */
enum observer_syntax {
	OBSERVER_UNDEFINED,		/* the context was not seen to be defined */
	OBSERVER_FOREIGN,
	OBSERVER_ACSE,
	OBSERVER_RTSE,
	OBSERVER_MTSE,
};

struct observer_context {
	uint32_t id;
	uint8_t syntax;			/* enum observer_syntax */
	uint8_t result;			/* enum context_result */
};

struct observer {
	struct pool *pool;
	struct observer_sink *sink;
	struct observer_contents *contents;	/* set it after observer_init(); NULL: nowhere */
	uint8_t mode;			/* normal, X.410-1984, or not known */
	uint8_t contexts_n;
	bool defined;			/* a CP was seen, and `contexts` are all of its */
	bool bare;			/* one context only: user data has no header */
	bool other_application;		/* not mts-transfer: no MTA-BIND to be expected */
	bool connecting;		/* a CN was seen and no AC yet */
	bool agreed;			/* both were seen */
	struct observer_context contexts[CONTEXTS_MAX];
	struct session_terms terms[OBSERVER_DIRECTIONS];	/* for TSDUs of each */
	struct session_terms proposed;
	struct observer_way way[OBSERVER_DIRECTIONS];
};

/* ---- what a user calls ---- */

/* A connection whose two streams begin at offset 0.  Pool and sink are borrowed
 * for its life. */
void observer_init(struct observer *o, struct pool *pool, struct observer_sink *sink);
/* Gives buffers back, tells nothing. */
void observer_drop(struct observer *o);

void observer_push(struct observer *o, enum observer_direction d, struct octets in);

/* `n` octets are missing here; also before the first octet, of a stream that began
 * earlier (n may be 0). */
void observer_gap(struct observer *o, enum observer_direction d, uint64_t n);

/* No more octets will come of this direction.  `closed`: the sender has ended it
 * there (FIN, RST); else nothing more is known of it. */
void observer_end(struct observer *o, enum observer_direction d, bool closed);

/* Framing is lost: what comes is passed over until a frame is found. */
bool observer_seeks(const struct observer *o, enum observer_direction d);

/* Do these first octets of a stream look like a TPKT with a CR, CC or DR? */
enum observer_guess {
	OBSERVER_MORE,			/* too few to say */
	OBSERVER_YES,
	OBSERVER_NO,
};
enum observer_guess observer_guess(struct octets first);

/* ---- what a reader of observations calls ---- */

/* "CN", "RTTR", "BIND-ARGUMENT" ...; "?": not recognised. */
const char *observation_name(const struct observation *seen);

/* One line, by the layer's own text function; for what streams the octets that
 * have passed instead: "DT user=663". */
void observation_text(struct text *t, const struct observation *seen);

/* Lines below it: recipients, trace, extensions of an MTS-APDU, recipients of an
 * IPM.  Plain data; borrows from the observation. */
struct observation_details {
	const struct observation *seen;
	struct p1_iterator it;
	struct octets at;		/* what the last line tells of: the whole element */
	struct findings ignored;
	uint8_t list;
	bool walking;
};
void observation_details_init(struct observation_details *d, const struct observation *seen);
/* false: there are no more. */
bool observation_details_next(struct observation_details *d, struct text *t);

#endif
