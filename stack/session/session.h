/*
 * session: the session protocol of X.225 (11/95), versions 1 and 2.
 *
 *      S-CONNECT S-DATA S-SYNC-MINOR S-ACTIVITY-...      (the presentation layer)
 *     ------------------------------------------------
 *      CN AC DT MIP AS ...; Tables A.8 to A.16
 *     ------------------------------------------------
 *      T-CONNECT  T-DATA  T-DISCONNECT                   (cotp)
 *
 * octets <-> struct: session_pdu.h.  State tables: session_machine.h.  This is
 * the glue: an event becomes an event of Table A.1, session_step() says what is
 * to be done, and it is done.
 *
 * From above (LAYER_SESSION, REQUEST and RESPONSE), parameters in struct service;
 * user_data is the SS-user data, in all of them but where 8.3 has none:
 *
 *   CONNECT req         references, calling/called_tsel, calling/called_ssel, units
 *                       (0: those configured, and their token_setting),
 *                       token_setting, initial_serial
 *   CONNECT rsp         positive: references, units (0: all that both have),
 *                       token_setting (for tokens left to us, PI 26 pair 10),
 *                       initial_serial, called_ssel, tokens (asked for in AC)
 *                       negative: reason (REFUSE_*; user_data: always 2)
 *   DATA, TYPED_DATA req  a whole unit; the tree may end in a hole
 *   SYNC_MINOR req/rsp  sync_type (SYNC_*) / serial
 *   SYNC_MAJOR req/rsp
 *   RESYNCHRONIZE req/rsp  sync_type (RESYNC_*), serial, token_setting
 *   ACTIVITY_START req  activity
 *   ACTIVITY_RESUME req activity, old_activity, serial, has_references: references
 *   ACTIVITY_INTERRUPT, _DISCARD req/rsp   reason (EXCEPTION_*)
 *   ACTIVITY_END req/rsp
 *   CAPABILITY_DATA req/rsp
 *   TOKEN_GIVE, TOKEN_PLEASE req   tokens
 *   CONTROL_GIVE req
 *   U_EXCEPTION req     reason (EXCEPTION_*)
 *   RELEASE req/rsp     keep_transport (req) / positive
 *   U_ABORT req         keep_transport
 *
 * A request that the state does not allow is refused: a NOTE, nothing else
 * (A.4.1.1).  The same for user data that do not fit into one SPDU, or into the
 * segments that an agreed TSDU size allows; in AB, and where version 1 has none, they
 * are left out.  DATA in segments: association/ tells by a DATA confirm of LAYER_COTP
 * that the octets of one have left, as long as session_sending().
 *
 * To above (INDICATION and CONFIRM): the same parameters, user data in `data`,
 * and
 *
 *   CONNECT ind         units: that both have; versions: the one that is selected
 *                       (bit 1 or 2); token_setting as proposed
 *   CONNECT cnf         positive: units and version selected, tokens owned;
 *                       negative: reason (REFUSE_*), source, whose
 *   DATA, TYPED_DATA ind  pieces: first, last.  A unit that is interrupted by the
 *                       peer has no last piece (7.11.3)
 *   any                 offset of `data`; in a TSDU in pieces as if it were in one,
 *                       but exact for DATA and TYPED_DATA
 *   RESYNCHRONIZE ind   serial (abandon: V(M), note (2))
 *   SYNC_*, ACTIVITY_END cnf   serial
 *   U_ABORT ind         data; keep_transport
 *   P_ABORT ind         whose LAYER_SESSION: reason is enum session_abort; LAYER_COTP:
 *                       that of the T-DISCONNECT; reflected
 *   P_EXCEPTION ind     reflected
 *
 * Ownership: a struct session is plain data without pointers into itself.
 * Octets of the configuration are borrowed for its life.  It leases buffers from
 * t->pool: while a TSDU comes in in pieces (all but DT and TD, whose user
 * information streams), while segments of an SSDU are joined, and while a CN
 * waits for its transport connection.  Joined octets that indications refer to
 * go to t->kept, so that they live as long as the events; without t->kept a
 * TSDU in pieces cannot be read (session.memory).
 */
#ifndef SESSION_SESSION_H
#define SESSION_SESSION_H

#include "base/turn.h"
#include "session/session_machine.h"
#include "session/session_pdu.h"

enum {
	SESSION_VERSION_1 = 1,		/* as in PI 22 */
	SESSION_VERSION_2 = 2,
	/* Below this there is no room for headers and parameters. */
	SESSION_TSDU_LEAST = 128,
};

/* Reason of S-P-ABORT (X.215 Table 9); `reason` of P_ABORT if whose is
 * LAYER_SESSION. */
enum session_abort {
	SESSION_ABORT_UNDEFINED,	/* the peer's SPM, for no reason given */
	SESSION_ABORT_PROTOCOL,		/* protocol error, found here or by the peer */
	SESSION_ABORT_RESTRICTION,	/* implementation restriction */
};

struct session_config {
	uint8_t versions;		/* bit set that we speak (SESSION_VERSION_*) */
	uint8_t proposed_versions;	/* PI 22 of our CN */
	uint8_t token_setting;		/* PI 26 of our CN if the request names no units */
	/* The largest TSDU that the peer may send, and that we send, PI 21: the SSDUs
	 * then come in segments if both propose a size, the lesser one holds.  0: no
	 * limit.  Ours is SESSION_TSDU_LEAST at least. */
	uint16_t tsdu_size, send_size;
	/* Functional units: proposed if the request names none; a responder selects
	 * none beyond them.  Expedited data and symmetric synchronize cannot be. */
	uint16_t units;
	/* Responder: a CN with another called selector is refused (p NULL: any is
	 * taken). */
	struct octets local_ssel;
	/* Local choices.  Keep the transport connection where the peer would (p02,
	 * p64, [9]); answer AB by AA and wait, instead of T-DISCONNECT (7.9.3). */
	bool reuse;
	bool answer_abort;
	int64_t tim_us;			/* TIM; 0 or NEVER_US: never runs out */
};

/* What X.400 needs: both versions, version 2 proposed, the functional units of
 * RTSE (X.218 8.3), all tokens with the caller, no reuse, TIM 30 s. */
void session_defaults(struct session_config *c);

enum session_rx {
	SESSION_RX_HEAD,		/* a TSDU begins, or has begun in `tsdu` */
	SESSION_RX_GATHER,		/* ... and is gathered in `tsdu` */
	SESSION_RX_STREAM,		/* user information of a DT or TD goes up */
	SESSION_RX_SKIP,		/* the rest of the TSDU is not wanted */
};

struct session {
	const struct session_config *config;	/* lent for the life of the end */
	struct session_vars vars;
	int64_t tim_us;			/* deadline while vars.TIM */
	uint64_t tsdu_offset;		/* stream offset of the TSDU's octet 0 */
	struct gather tsdu;		/* octets of a TSDU in pieces */
	struct gather ssdu;		/* segments: the first one's TSDU, then user data */
	struct gather held;		/* our CN, then user data beyond it */
	uint32_t ssdu_head;		/* octets of `ssdu` that are the first TSDU */
	uint32_t held_head;		/* octets of `held` that are the CN */
	uint16_t units;			/* proposed by the CN; after AC: selected */
	uint16_t tsdu_size;		/* largest TSDU we may be sent; 0: not limited */
	uint16_t send_size;		/* that we may send */
	uint8_t hole_spdu;		/* DT or TD being sent in segments ... */
	uint64_t hole_left;		/* octets of its hole for which none has been sent */
	uint64_t hole_at, hole_next;	/* in the SSDU's hole: that of the last one, of the next */
	uint8_t setting;		/* PI 26 of the CN */
	uint8_t versions;		/* PI 22 of the CN; after AC: the one selected */
	uint8_t rx;			/* enum session_rx */
	uint8_t joining;		/* enum session_spdu whose segments are in `ssdu` */
	uint8_t stream;			/* SPDU_DT or SPDU_TD: going up; else SPDU_NONE */
	uint8_t open;			/* the same: its SSDU has begun and not ended */
	uint8_t enclosure;		/* of the segment that streams */
	uint8_t prefix;			/* SPDU_GT or _PT with tokens, processed after it */
	uint8_t prefix_tokens;
	bool begun;			/* a piece of the unit has gone up */
	bool overflow;			/* p204: `held` has more than the CN takes */
};

_Static_assert(sizeof(struct session) <= 600, "an idle end is small");

void session_init(struct session *s, const struct session_config *config);

/* Gives leased memory back; s must not be used afterwards. */
void session_drop(struct session *s, struct pool *pool);

/* REQUEST, RESPONSE of LAYER_SESSION, its SERVICE_TIMER, and INDICATION, CONFIRM
 * of LAYER_COTP.  Findings count from octet 0 of the TSDU. */
void session_handle(struct session *s, struct turn *t, const struct event *e);

/* When TIM runs out, or NEVER_US. */
int64_t session_deadline(const struct session *s);

/* For who follows a conversation: the event of Table A.1 that a received SPDU is
 * (SESSION_EV_NONE: EX and PR, which have no place on the transport normal flow),
 * and what it brings with it.  AC: `units` still need those of the CN. */
enum session_event session_event_of(const struct session_pdu *p);
struct session_arg session_arg_of(const struct session_pdu *p);

/* Are there segments to follow of the DT or TD sent last? */
static inline bool session_sending(const struct session *s)
{
	return s->hole_left > 0;
}

/* Where in the hole of the SSDU that of the TSDU sent last begins. */
static inline uint64_t session_hole(const struct session *s)
{
	return s->hole_at;
}

/* Tokens that are available and ours, TOKEN_*: for the tests of the tables. */
uint8_t session_owned(const struct session *s);

#endif
