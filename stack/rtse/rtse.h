/*
 * rtse: reliable transfer (X.218, X.228), normal and X.410-1984 mode.
 *
 *   RT-OPEN      A-ASSOCIATE with RTORQ / RTOAC / RTORJ
 *   RT-CLOSE     A-RELEASE
 *   RT-TRANSFER  P-ACTIVITY-START, P-DATA (RTTR) [P-SYNC-MINOR P-DATA] ...,
 *                P-ACTIVITY-END; negative: P-ACTIVITY-DISCARD
 *   RT-TURN-PLEASE  P-TOKEN-PLEASE (RTTP)       RT-TURN-GIVE  P-CONTROL-GIVE
 *   RT-U-ABORT, RT-P-ABORT  A-ABORT (RTAB)
 *
 * The state table (rtse_table.c) is derived: X.228's text was not at hand.
 * Its rows rest on X.218, X.225, the ASN.1 and the behaviour of MTAs, each
 * row names what it rests on, and state names are our own.  A deviation that
 * rests on such a row alone is never worth more than a NOTE for a verdict.
 *
 * RT service (LAYER_RTSE), as its user p1 sees it; parameters are those of
 * struct service:
 *
 *   CONNECT req/ind/rsp/cnf       RT-OPEN.  detail: struct rtse_open (req, rsp: NULL
 *                                 = what the configuration says); user_data / data:
 *                                 the RTSE-user's value, whole.  Negative rsp in X.410
 *                                 mode: reason = enum rtse_refusal.  Negative cnf:
 *                                 detail->refused_by says which layer, reason and
 *                                 source are that layer's.
 *   TRANSFER req                  detail: struct rtse_transfer
 *   TRANSFER cnf                  positive: the receiver has it; negative: reason =
 *                                 enum rtse_failure.  detail: struct rtse_outcome
 *   TRANSFER ind first            activity; serial not 0: a resumed one, the octets
 *                                 that follow go on behind those that the user has
 *   DATA ind                      octets of the value, in pieces
 *   SYNC_MINOR ind / rsp          serial; answer when what came before it is safe:
 *                                 MIA leaves only then.  Answering a later one answers
 *                                 the earlier ones.
 *   TRANSFER ind last             positive: the value is complete; answer with
 *                                 TRANSFER rsp (positive: AEA leaves).  Negative: it was
 *                                 given up, reason = enum rtse_failure, no answer.
 *   TRANSFER rsp negative         while receiving or after `last`: the receiver cannot
 *                                 go on; reason: session reason of the ED
 *   SYNC_MINOR cnf                sender: serial confirmed (for the trace and resume)
 *   ACTIVITY_DISCARD req          sender gives the transfer up (reason: session reason)
 *   ACTIVITY_INTERRUPT req        the same, to be resumed later
 *   TOKEN_PLEASE req/ind          priority
 *   CONTROL_GIVE req/ind
 *   RELEASE req/ind/rsp/cnf       RT-CLOSE
 *   U_ABORT req/ind               RT-U-ABORT; user_data / data.  req with source
 *                                 PROVIDER: reason = enum rtse_abort, reflected: of
 *                                 invalidParameter
 *   P_ABORT ind                   RT-P-ABORT: reason = enum rtse_abort, or the lower
 *                                 layer's if detail->refused_by is one
 *
 * `detail` of an indication points into struct rtse and is valid until the
 * driver has taken the events.
 *
 * Outgoing values are not held: a P-DATA request ends in a hole (base/node.h),
 * rtse_hole() says where in the value it begins, and the P-DATA confirm
 * (LAYER_PRESENTATION SERVICE_DATA CONFIRM) says that it has left.
 */
#ifndef RTSE_H
#define RTSE_H

#include "base/turn.h"
#include "rtse/rtse_pdu.h"
#include "rtse/rtse_reader.h"

enum {
	/* Unconfirmed checkpoints that are remembered; larger proposals are
	 * answered with this, ours are cut to it.  MTAs use 3 to 10. */
	RTSE_WINDOW_MAX = 16,
	/* Serial numbers end at 999,999 (X.225 8.3.1.10), which the activity end may need:
	 * behind this one a transfer has no more checkpoints. */
	RTSE_SERIAL_LAST = 999998,
	RTSE_ACTIVITY_MAX = 6,		/* octets of an activity identifier, X.225 8.3.29.4 */
	/* Octets kept of the identifier of a session connection: the name of an MTA of
	 * 64 characters, a time and an additional reference take 85. */
	RTSE_SESSION_MAX = 86,
};

struct rtse_config {
	bool initiator;			/* of the association */
	bool x410;
	/* The presentation context of the initiator's RTSE (normal mode); the
	 * responder takes it from the proposal. */
	uint32_t context;
	uint32_t checkpoint;		/* proposed or accepted at most, times 1024; 0: none */
	uint32_t window;		/* likewise; 0: the default, 3 */
	enum rtse_dialogue dialogue;	/* proposed; the responder accepts both */
	bool turn_responder;		/* initiator: the responder gets the initial turn */
	uint32_t protocol;		/* X.410 mode: applicationProtocol; 0: omitted */
	int64_t transfer_us;		/* transfer time; 0 or NEVER_US: none */
	/* How long an interrupted or lost transfer can be resumed; 0: not at all, as a
	 * receiver we then forget it at once. */
	int64_t recovery_us;
	/* Sender: answer an exception that is no error of procedure (reason 0 or 5) by an
	 * interrupt if a checkpoint was confirmed, so that the transfer can be resumed. */
	bool interrupt_exceptions;
	/* Receiver: an activity to be resumed that is not known is answered by RTAB
	 * unrecognizedActivity, not by ED. */
	bool abort_unrecognized;
	uint16_t units;			/* initiator: functional units beside UNITS_RTSE */
	/* How long the answer to a discard or interrupt is waited for before the
	 * association is aborted; 0: a minute, NEVER_US: for ever. */
	int64_t give_up_us;
};

/* Parameters of RT-OPEN beside the user's value. */
struct rtse_open {
	uint8_t opening;		/* enum rtse_opening; request: OPEN or RECOVER */
	uint8_t dialogue;		/* enum rtse_dialogue */
	bool turn;			/* the side that reads this has the turn first */
	/* Negative confirm and P-ABORT: the layer that refused or aborted:
	 * LAYER_RTSE = the peer's RTSE or its user, LAYER_ACSE = ACSE provider,
	 * LAYER_PRESENTATION, LAYER_SESSION, LAYER_COTP ... as told from below. */
	uint8_t refused_by;
	uint32_t checkpoint;		/* units of 1024; cnf and after rsp: in force */
	uint32_t window;
	uint32_t protocol;		/* X.410 mode; 0: absent */
	struct rtse_session_id session;	/* recover: lent with the primitive */
};

/* RT-TRANSFER request.  A resumed one has in the primitive's own parameters the
 * interrupted activity (old_activity), the last checkpoint confirmed (serial), and if
 * it was of another connection (has_references) that one's references. */
struct rtse_transfer {
	uint32_t id;			/* the user's; comes back in the outcome */
	uint64_t length;		/* octets of the value */
	uint64_t from;			/* resume: where in the value that checkpoint was */
	int64_t transfer_us;		/* X.218 9.3.1.2; 0: as configured */
};

enum rtse_failure {
	RTSE_FAIL_NONE,
	RTSE_FAIL_REQUEST,		/* no turn, or the state does not allow it */
	RTSE_FAIL_DISCARDED,		/* AD, by whichever side sends */
	RTSE_FAIL_INTERRUPTED,		/* AI */
	RTSE_FAIL_EXCEPTION,		/* the receiver or its SPM reported one; discarded */
	RTSE_FAIL_TIME,			/* transfer time is over; discarded */
	RTSE_FAIL_ABORTED,		/* the association is gone */
};

/* "discarded" ... */
const char *rtse_failure_name(enum rtse_failure failure);

/* How a transfer ended (also kept for a later resume). */
struct rtse_outcome {
	uint8_t failure;		/* enum rtse_failure */
	uint32_t id;			/* sender: of the request */
	uint32_t session_reason;	/* of the ED, AD or AI */
	uint32_t serial;		/* last checkpoint confirmed (receiver: secured); 0: none */
	uint64_t at;			/* octets of the value before that checkpoint */
	struct octets activity;
	int64_t until_us;		/* it can be resumed; 0: it cannot */
};

/* References of a session connection, kept. */
struct rtse_session_kept {
	uint8_t calling_n, common_n, additional_n;
	uint8_t octets[RTSE_SESSION_MAX];
};

/* An unfinished transfer, or one that the sender may not know to be finished, as it
 * is carried from one association to another.  Plain data. */
struct rtse_lost {
	struct rtse_session_kept session;	/* the association it was lost with */
	bool sender;			/* it was ours to send */
	bool completed;			/* receiver: the end was confirmed */
	uint8_t activity_n;
	uint8_t activity[RTSE_ACTIVITY_MAX];
	uint32_t id;			/* sender: of the request */
	uint32_t serial, confirmed;
	uint32_t sum;			/* receiver: of the octets that its user has, */
	uint64_t at;			/* and how many */
	uint64_t confirmed_at;
	uint64_t marks[RTSE_WINDOW_MAX];
	int64_t until_us;
};

/* What the activity that went last has become. */
enum rtse_past {
	RTSE_PAST_NONE,
	RTSE_PAST_SENDER,		/* interrupted or lost; ours */
	RTSE_PAST_RECEIVER,		/* interrupted or lost; the peer's */
	RTSE_PAST_COMPLETED,		/* the peer's, and it is complete */
};

struct rtse {
	const struct rtse_config *config;	/* lent for the life of the end */
	struct rtse_open open;		/* in force */
	struct rtse_outcome outcome;
	struct rtse_reader reader;
	uint8_t state;			/* enum rtse_state, rtse_table.h */
	bool x410;			/* the mode in force */
	bool turn;
	bool data_seen;			/* in this activity */
	bool interrupting;		/* giving up is to be an interrupt */
	bool resumed;			/* sender: the transfer is a resumed one */
	uint8_t failure;		/* enum rtse_failure: why the transfer is given up */
	uint8_t activity_n;
	uint8_t activity[RTSE_ACTIVITY_MAX];
	/* This association's session connection, and the one that it recovers. */
	struct rtse_session_kept session, recovered;
	uint8_t past;			/* enum rtse_past; of `activity`, `marks` ... */
	bool past_elsewhere;		/* that was on the association `recovered` */
	uint32_t context;
	uint32_t id;			/* of the transfer being sent */
	uint32_t session_reason;	/* of the last ED, AD, AI */
	uint32_t activities;		/* counter: identifiers of those that we start */
	uint32_t serial;		/* of the last sync point, sent or received */
	uint32_t confirmed;		/* of the last one confirmed or secured */
	uint32_t sum, have_sum;		/* receiver: of the octets that came, and that the user
					 * has */
	uint64_t length, at, piece;	/* value; octets gone or come; in the P-DATA at hand */
	uint64_t offset;		/* where in the stream the P-DATA at hand began */
	uint64_t confirmed_at;
	uint64_t have;			/* receiver: octets that the user has; a resumed transfer
					 * brings some of them again */
	uint64_t marks[RTSE_WINDOW_MAX];	/* of serial s: marks[s % MAX], rtse_inner.h */
	int64_t deadline;
	int64_t until_us;		/* of `past` */
};

void rtse_init(struct rtse *r, const struct rtse_config *c);
void rtse_handle(struct rtse *r, struct turn *t, const struct event *e);
int64_t rtse_deadline(const struct rtse *r);

/*
 * Recovery.  A transfer that was interrupted, or lost with its association, can be
 * resumed behind its last confirmed checkpoint for recovery_us: on the same association
 * without further ado, on another one if rtse_past() carries it over and rtse_adopt()
 * takes it in before the activity is resumed.
 *
 * The receiver keeps what it had when the transfer broke off.  A sender who goes back
 * further sends some of it again: the same octets, because what is resumed is the transfer
 * of one value (X.218 6).  They are dropped, so that the user sees each octet once, but
 * not believed: if their sum is another, or the value ends within them, the receiver
 * reports an exception, and nothing of the transfer can be resumed any more.
 */

/* What is left of the last transfer; false: nothing that can be resumed now. */
bool rtse_past(const struct rtse *r, int64_t now_us, struct rtse_lost *out);
/* false: there is a transfer under way. */
bool rtse_adopt(struct rtse *r, const struct rtse_lost *lost);
/* Is this the association that RTORQ names, within the recovery time? */
bool rtse_lost_is(const struct rtse_lost *lost, int64_t now_us, const struct rtse_session_id *id);
/* The identifier in a kept session, and the references that it stands for; they point
 * into it. */
struct rtse_session_id rtse_session_of(const struct rtse_session_kept *kept);
struct references rtse_references_of(const struct rtse_session_kept *kept);

/* Has this side the turn? */
static inline bool rtse_turn(const struct rtse *r)
{
	return r->turn;
}

/* Where in the value the hole of the P-DATA emitted last begins. */
static inline uint64_t rtse_hole(const struct rtse *r)
{
	return r->at;
}

/* Is a transfer under way, in either direction? */
bool rtse_busy(const struct rtse *r);

/* Is there an association, open on both sides or being closed? */
bool rtse_bound(const struct rtse *r);

/* Octets of a value of `total` that go into the P-DATA that begins at `at`:
 * up to the next checkpoint; `serial`: of the last one. */
uint64_t rtse_cut(uint32_t checkpoint, uint32_t serial, uint64_t total, uint64_t at);

#endif
