/*
 * p1: message transfer between MTAs (X.411, X.419), over RTSE.
 *
 *   MTA-BIND, MTA-UNBIND     RT-OPEN, RT-CLOSE
 *   MESSAGE-, REPORT-, PROBE-TRANSFER    RT-TRANSFER of one MTS-APDU, in normal
 *                            mode inside an EXTERNAL of the MTSE context
 *
 * MTS service (LAYER_P1) as the driver sees it; parameters are those of struct
 * service:
 *
 *   CONNECT req/ind/rsp/cnf  MTA-BIND.  detail: struct p1_bind (p1_bind.h).
 *                            Negative rsp: reason = enum p1_bind_error.  Negative
 *                            cnf: bind->rt.refused_by is the layer that refused.
 *                            LAYER_P1: reason = bind->error (P1_BIND_NO_ERROR if
 *                            there was none); else reason and source are that
 *                            layer's.
 *   TRANSFER req             detail: struct p1_transfer
 *   TRANSFER cnf             positive: activity end confirmed.  Negative: reason =
 *                            enum rtse_failure.  detail: struct rtse_outcome (id is
 *                            the request's)
 *   SYNC_MINOR cnf           serial confirmed by the receiver
 *   TRANSFER ind first       data: the head; detail: struct p1_arrival.  Of a resumed
 *                            transfer the same again, and content goes on at content_at
 *   DATA ind                 octets of content, in pieces
 *   SYNC_MINOR ind / rsp     serial; answer when what came before it is safe
 *   TRANSFER ind last        positive: complete, answer with TRANSFER rsp.
 *                            Negative: given up, reason = enum rtse_failure; comes
 *                            also if `first` never came (the head was not complete)
 *   TRANSFER rsp             positive: activity end is confirmed; negative: the
 *                            receiver cannot go on (reason: session reason)
 *   ACTIVITY_DISCARD req     sender gives the transfer up (reason: session reason)
 *   ACTIVITY_INTERRUPT req   the same, to be resumed later
 *   TOKEN_PLEASE req/ind     priority
 *   CONTROL_GIVE req/ind
 *   RELEASE req/ind/rsp/cnf  MTA-UNBIND
 *   U_ABORT req/ind, P_ABORT ind    detail of the indications: struct p1_bind,
 *                            rt.refused_by is the layer; reason, source as from below
 *
 * A sync point may come before the head is complete; it is indicated all the
 * same, and answering it only says that the head so far is held in memory.
 * If the value is malformed the rest of it is taken and dropped, and after its
 * end TRANSFER ind `last` comes negative with reason RTSE_FAIL_NONE: the user
 * answers positively (the APDU is taken and thrown away) or negatively.
 * A bind that cannot be read is refused here (authentication-error).
 *
 * Ownership: a gathered head is leased from turn->pool from the first piece of
 * the transfer to the user's TRANSFER rsp, or to its negative end (it then stays
 * in turn->kept until the events are taken); p1_drop() gives it back at any time
 * (association over).  An outgoing head is the driver's, until TRANSFER cnf.
 */
#ifndef P1_H
#define P1_H

#include "base/turn.h"
#include "p1/p1_bind.h"
#include "p1/p1_build.h"
#include "p1/p1_relay.h"
#include "p1/p1_name.h"
#include "p1/p1_pdu.h"
#include "p1/p1_reader.h"
#include "rtse/rtse.h"

struct p1_config {
	bool initiator;
	bool x410;
	/* Presentation context of the MTSE (normal mode) that we name when we send.
	 * The responder takes it from the proposal, or from the first EXTERNAL that
	 * it receives; this value is used if neither told. */
	uint32_t context;
	size_t envelope_max;		/* 0: ENVELOPE_MAX */
};

/* TRANSFER request. */
struct p1_transfer {
	uint32_t id;			/* the driver's, comes back in the confirm */
	struct octets head;		/* p1_build.h; lent until the confirm */
	uint64_t content_length;	/* octets that follow; reports, probes: 0 */
	int64_t transfer_us;		/* X.218 9.3.1.2; 0: as configured */
	/* Resume of an interrupted transfer (all zero: a new one): the outcome of
	 * the lost run, and the references of its session connection if it was
	 * another one. */
	struct octets old_activity;
	uint32_t serial;
	uint64_t from;			/* rtse_outcome.at */
	bool linked;
	struct references references;
};

/* TRANSFER indication `first`. */
struct p1_arrival {
	uint8_t kind;			/* enum p1_kind */
	bool has_length;
	bool resumed;
	uint64_t length;		/* of the content, if has_length */
	uint64_t head_n;
	uint64_t content_at;		/* resumed: octets of content that were given before */
};

/* What had come of a transfer that is to be resumed (rtse.h), for another end.  Holds
 * a lease until an end adopts it. */
struct p1_lost {
	struct p1_reader reader;
	struct gather head;
	bool malformed, told;
};

/* PDU codes of LAYER_P1 in events: enum p1_kind, and P1_CODE_BIND + enum
 * p1_bind_kind. */
enum { P1_CODE_BIND = P1_KINDS };
const char *p1_code_name(uint8_t code);

enum { P1_PREFIX_MAX = 32 };

struct p1 {
	const struct p1_config *config;	/* lent for the life of the end */
	struct p1_bind bind;		/* of the peer; detail of ind and cnf */
	struct p1_reader reader;
	struct p1_arrival arrival;
	struct gather head;
	uint64_t offset;		/* where in the stream its value began */
	uint32_t context;		/* of the MTSE, that we name */
	bool malformed;			/* incoming value: the rest is dropped */
	bool told;			/* its `first` was indicated */
	bool begun;			/* `offset` is known */
	bool broken_off;		/* what came of it is kept, to be resumed */
	bool x410;			/* the mode in force */
	/* outgoing */
	bool sending;
	uint8_t prefix_n;
	uint8_t prefix[P1_PREFIX_MAX];
	struct octets out_head;
	struct rtse_transfer transfer;
	struct rtse_outcome refused;	/* detail of a confirm of our own */
};

void p1_init(struct p1 *p, const struct p1_config *c);
void p1_handle(struct p1 *p, struct turn *t, const struct event *e);
/* Gives the gathered head back. */
void p1_drop(struct p1 *p, struct pool *pool);

/* Moves what is kept of a transfer out of an end, and into one; p1_lost_drop() gives it
 * back. */
void p1_past(struct p1 *p, struct p1_lost *out);
void p1_adopt(struct p1 *p, struct p1_lost *lost, struct pool *pool);
void p1_lost_drop(struct p1_lost *lost, struct pool *pool);

/* What stands at octet `at` of the value being sent, at most n octets. */
struct p1_run {
	struct octets octets;		/* of wrapper or head, lent; p NULL: content */
	uint64_t content_at;		/* content: where in the content */
	uint64_t n;			/* octets of this run */
};
struct p1_run p1_outgoing(const struct p1 *p, uint64_t at, uint64_t n);

#endif
