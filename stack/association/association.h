/*
 * association: one end of an X.400 association, sans-IO.
 *
 *   octets of the TCP connection        events                        requests
 *      association_push() ----> tpkt cotp session presentation ----> association_event()
 *      association_pop()  <---- acse rtse p1                   <---- association_bind() ...
 *
 * It wires the layers: each layer is a function from one event to events,
 * and the association moves them.  It owns no socket, no clock and no heap.
 * The driver:
 *
 *   1. init, then association_connected() when TCP is up;
 *   2. hands in what it reads: association_push() (takes fewer octets while
 *      events wait), association_end() for FIN and RST;
 *   3. takes ALL events after each call (association_event()): borrowed
 *      octets in them are valid until the next push, bind, ... on any
 *      association that shares the same workspace;
 *   4. sends what association_pop() lends and says how much TCP took
 *      (association_popped());
 *   5. calls association_tick() when association_deadline() has passed;
 *   6. closes TCP when TCP_CLOSE_WANTED comes up and the output is empty.
 *
 * Memory: `struct association` is 2 KiB and holds no buffer while
 * idle.  One `struct association_work` (26 KiB) serves all
 * associations of one thread.  Buffers are leased from the pool: OUTPUT_MAX
 * while output waits, up to TSDU_MAX for a TSDU in pieces, up to
 * ENVELOPE_MAX for the head of a message.
 */
#ifndef ASSOCIATION_H
#define ASSOCIATION_H

#include "acse/acse.h"
#include "base/kept.h"
#include "base/turn.h"
#include "cotp/cotp.h"
#include "p1/p1.h"
#include "presentation/presentation.h"
#include "rtse/rtse.h"
#include "session/session.h"
#include "tpkt/tpkt.h"

enum {
	/* Control PDUs that wait for TCP: a bind of 10 KiB, a window of syncs
	 * and an abort fit.  Content never waits here. */
	OUTPUT_MAX = 32 << 10,
	ASSOCIATION_SLICES = 8,
};

/* Application contexts of X.419.  What differs is told in docs/standards.md. */
#define ASSOCIATION_CONTEXTS_LIST(X) \
	X(MTS_TRANSFER, "mts-transfer")			/* normal mode */ \
	X(MTS_TRANSFER_PROTOCOL, "mts-transfer-protocol")	/* X.410 mode, 12 */ \
	X(MTS_TRANSFER_PROTOCOL_1984, "mts-transfer-protocol-1984") /* X.410 mode, 1 */

enum association_context {
#define ENUM(name, text) ASSOCIATION_##name,
	ASSOCIATION_CONTEXTS_LIST(ENUM)
#undef ENUM
	ASSOCIATION_CONTEXTS,
};

const char *association_context_name(enum association_context context);
/* As targets and options say it: "normal", "x410", "1984"; ASSOCIATION_CONTEXTS: none of them. */
enum association_context association_context_said(const char *mode);

/* What a PICS or PIXIT says of an association, and where it is configured:
 *
 *   mode, application context     association_use()
 *   T-selectors                   cotp.local, cotp.remote
 *   TPDU size                     cotp.size, cotp.preferred
 *   S-selectors, references       calling_ssel ... references (below)
 *   S-selector required of callers   session.local_ssel
 *   session versions, units, TSDU size, transport reuse
 *                                 session.versions, .proposed_versions, .units,
 *                                 .tsdu_size, .reuse
 *   P-selectors                   presentation.calling_psel, .called_psel,
 *                                 .responding_psel, .local_psel
 *   titles of the entities        acse.calling, .called, .responding
 *   dialogue mode, checkpoint, window, initial turn
 *                                 rtse.dialogue, .checkpoint, .window, .turn_responder
 *   transfer and recovery times   rtse.transfer_us, .recovery_us, .give_up_us
 *   discard or interrupt          rtse.interrupt_exceptions
 */
struct association_config {
	uint32_t number;		/* shows in every event */
	bool initiator;			/* of TCP, transport, session and association */
	bool trace_steps;		/* EVENT_STEP for each step of a state table */
	bool no_pdus;			/* no EVENT_PDU_IN and _OUT: nobody looks at them */
	struct pool *pool;
	struct association_work *work;	/* may be shared within one thread */
	/* Of our CN (calling, called, references) and AC (responding, and `called` of
	 * the references).  Borrowed for the life of the end.  Recovery needs calling
	 * and common reference: association_references(). */
	struct octets calling_ssel, called_ssel, responding_ssel;
	struct references references;
	struct cotp_config cotp;
	struct session_config session;
	struct presentation_config presentation;
	struct acse_config acse;
	struct rtse_config rtse;
	struct p1_config p1;
};

/* Workspace of one thread; contents mean nothing between driver calls that
 * left no event behind.  Before its first use all zero, or association_work_init(). */
struct association_work {
	struct association_work *next;	/* another one, for when the events of an end wait
					 * here while a second end is called; NULL: none */
	struct nodes nodes;
	struct findings findings;
	struct event_queue inner, outer;
	struct service services[SERVICES_MAX];
	struct service_names names[NAMES_MAX];
	uint16_t services_used;		/* that waiting events may refer to */
	uint16_t names_used;		/* likewise */
	struct kept kept;		/* joined octets of the events */
	struct association *owner;	/* whose events wait here */
};

/* What waits to be sent (private). */
struct association_output {
	uint8_t *buffer;		/* leased; NULL: nothing waits */
	uint32_t n, sent;		/* octets in the buffer; of these taken by TCP */
	/* A TSDU whose tail (the hole) comes from the sender's octets.  It
	 * stands after octet `hole_pos` of the buffer. */
	bool holed, wanted;
	uint8_t header_n, header_sent;	/* header of the TPDU begun */
	uint8_t header[7];
	uint32_t hole_pos;
	uint64_t hole_left;		/* octets of the hole still to go */
	uint64_t tpdu_left;		/* of these in the TPDU begun */
	uint64_t hole_at;		/* position of the next one in the transferred value */
	struct octets lent;		/* octets at hole_at, from the sender */
};

struct association {
	struct tpkt tpkt;
	struct cotp cotp;
	struct session session;
	struct presentation presentation;
	struct acse acse;
	struct rtse rtse;
	struct p1 p1;
	struct association_output out;
	const struct association_config *config;
	struct association_work *work;	/* of those of the configuration, the one last used */
	uint64_t stream_in, stream_out;
	uint32_t number;
	bool tcp_up, close_wanted, close_told, broken, detached, hole_left_open;
};

_Static_assert(sizeof(struct association) <= 2048, "an idle end is small");

/* Defaults for application context mts-transfer of 1988 (normal mode, RTSE
 * functional units, checkpoint 30 KiB, window 5, monologue), to be changed
 * before association_init(). */
void association_defaults(struct association_config *c, bool initiator);

/* Sets what an application context asks for in all layers, and nothing else. */
void association_use(struct association_config *c, enum association_context context);

/* A responder that takes every application context: the mode is that of the caller's CP
 * (association_context_of()). */
void association_use_any(struct association_config *c);

/*
 * Session connection references as X.400 has them: the calling one names the MTA
 * (OCTET STRING; X.410 mode: T61String), the common one the time (UTCTime,
 * `YYMMDDhhmmssZ`), the additional one tells connections of one second apart.
 */
struct association_references {
	uint8_t octets[64 + 2 + 15 + 4];
	struct references references;		/* point into `octets` */
};

void association_references(struct association_references *out, bool x410, struct octets name,
                            const char utc[13], uint8_t number);

/* What is left of a transfer, between two associations (rtse.h, p1.h). */
struct association_lost {
	struct rtse_lost rtse;
	struct p1_lost p1;		/* receiver: what had come; holds a lease */
};

/* `c` is lent for the life of the end; ends may share one. */
/* Sets what must be set, which is little of it; `next`: may be NULL. */
void association_work_init(struct association_work *w, struct association_work *next);
void association_init(struct association *a, const struct association_config *c);

/* Gives every leased buffer back.  The end must not be used afterwards. */
void association_drop(struct association *a);

/* ---- the world ---- */

void association_connected(struct association *a, int64_t now_us);

/* Returns the octets taken: fewer than n while events wait. */
size_t association_push(struct association *a, int64_t now_us, const uint8_t *p, size_t n);

enum association_tcp_end {
	TCP_END_FIN,		/* the peer has half-closed */
	TCP_END_RST,		/* the peer has reset, or TCP timed out */
	TCP_END_CLOSED,		/* the driver has closed */
	TCP_END_CUT_RST,	/* the driver has reset */
};

void association_end(struct association *a, int64_t now_us, enum association_tcp_end how);

/* Lends what is to be sent: at most `cap` slices, in order.  They stay valid
 * until the next association_popped().  0: nothing can be sent now. */
size_t association_pop(struct association *a, struct octets *slices, size_t cap);
void association_popped(struct association *a, int64_t now_us, size_t n);

/* Takes one event; false: none waits. */
bool association_event(struct association *a, struct event *out);

int64_t association_deadline(const struct association *a);
void association_tick(struct association *a, int64_t now_us);

bool association_idle(const struct association *a);	/* no output waits, no activity */
bool association_bound(const struct association *a);	/* an MTA-BIND was accepted, and holds */

/*
 * Detached: somebody else speaks for this end.  What was being sent is sent to the
 * end of its TSDU, then the machines stand still as they are: octets that come in
 * are counted and not read, no timer runs, nothing is answered.  They go on from
 * there when the end is attached again, which must be between two TPKTs of each
 * direction.  association_passed() counts octets that the driver sent by itself.
 */
void association_detach(struct association *a, int64_t now_us, bool detached);
void association_passed(struct association *a, size_t sent);
/* The application context of an association that is bound, or asked for: by its mode and the
 * applicationProtocol of RTORQ (12: mts-transfer-protocol; 1, another or none: 1984). */
enum association_context association_context_of(const struct association *a);

/* No output waits that must leave before somebody else may send. */
bool association_output_empty(const struct association *a);

/* ---- the user (LAYER_P1 service) ----
 *
 * Indications and confirms come as EVENT_PRIMITIVE of LAYER_P1 (p1.h).  A
 * request that the state does not allow is refused with a NOTE and changes
 * nothing.  A driver may request from where it takes an event; but what has
 * failed there fails again at once: until all events are taken, so often as
 * there are parameter sets (SERVICES_MAX), and no more. */

/* MTA-BIND request (initiator).  `bind` is copied into the PDU at once. */
void association_bind(struct association *a, int64_t now_us, const struct p1_bind *bind);

/* Answers a bind indication. */
void association_accept(struct association *a, int64_t now_us, const struct p1_bind *ours);
void association_refuse(struct association *a, int64_t now_us, enum p1_bind_error why);

/* Hands over one APDU.  `head` is lent until the TRANSFER confirm.  When
 * content is due the driver sees EVENT_WANT (offset into the content, at most
 * `length` octets) and answers with association_lend(). */
void association_transfer(struct association *a, int64_t now_us, const struct p1_transfer *t);

/* Content octets that continue at the wanted offset; lent until the next
 * EVENT_WANT or the TRANSFER confirm. */
void association_lend(struct association *a, int64_t now_us, struct octets content);

/* What came up to sync point `serial`, or the whole transfer, is safe. */
void association_secured(struct association *a, int64_t now_us, uint32_t serial);
void association_secured_all(struct association *a, int64_t now_us);
/* The receiver cannot go on with, or keep, the transfer (session reason of the
 * exception report, X.225 8.3.28.4). */
void association_reject(struct association *a, int64_t now_us, uint8_t reason);

void association_turn_please(struct association *a, int64_t now_us, uint8_t priority);
void association_turn_give(struct association *a, int64_t now_us);
/* Sender: gives the current transfer up (activity discard). */
void association_discard(struct association *a, int64_t now_us, uint8_t reason);
/* The same, to be resumed behind the last confirmed checkpoint; discards if there is
 * none. */
void association_interrupt(struct association *a, int64_t now_us, uint8_t reason);
void association_release(struct association *a, int64_t now_us);
void association_release_answer(struct association *a, int64_t now_us);
void association_abort(struct association *a, int64_t now_us);
/* An abort as if our RTSE had a reason; `reflected` goes with invalidParameter. */
void association_abort_because(struct association *a, int64_t now_us, enum rtse_abort reason,
                               uint8_t reflected);

/* ---- recovery (rtse.recovery_us > 0) ----
 *
 * A transfer that was interrupted on this association is resumed on it without
 * further ado: the receiver takes it up by itself, the sender asks with
 * association_resume() and association_transfer().
 *
 * If the association is gone: association_past(), before association_drop(), of
 * both ends.  On the new one the initiator binds with rt.opening RTSE_RECOVER and
 * rt.session rtse_session_of() the lost one; the responder, asked so, looks for the
 * lost one with rtse_lost_is(), adopts it and accepts, or refuses
 * (P1_BIND_BUSY; X.410 mode says cannotRecover).  The side that received adopts
 * before the other one resumes. */

/* Moves out what can be resumed, in either role; false: nothing. */
bool association_past(struct association *a, int64_t now_us, struct association_lost *out);
/* Moves it in; false: a transfer is under way.  Only a receiver needs it. */
bool association_adopt(struct association *a, struct association_lost *lost);
/* Sender: completes the request that failed, so that it goes on; false: too late. */
bool association_resume(const struct association *a, int64_t now_us,
                        const struct association_lost *lost, struct p1_transfer *t);
/* Gives the lease back of one that nobody adopts. */
void association_lost_drop(struct association_lost *lost, struct pool *pool);

/* The rule of an event's `rule` field, of any layer; NULL if unknown. */
const struct rule *association_rule(uint16_t id);

#endif
