/*
 * rtse_table: the state table of the RTSE machine, as data.
 *
 * Derived, all of it: X.228 Annex A was not at hand.  `basis` says what a
 * row rests on: a clause of X.218 (the service), of X.225 (what the session
 * service allows), or "practice" (what MTAs do).
 *
 * A row holds for every state in its set, for one event, if its predicate
 * holds.  No row: for a primitive from below a protocol error (RT-P-ABORT),
 * in IDLE nothing; for a request of the user a refusal; for a response, a
 * confirm of octets or the timer nothing, because what it answers is gone.
 */
#ifndef RTSE_TABLE_H
#define RTSE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*   name           meaning */
#define RTSE_STATES(X) \
	X(IDLE)		/* no association */ \
	X(OPENING)	/* A-ASSOCIATE requested */ \
	X(ANSWERING)	/* RT-OPEN indicated, the user has not answered */ \
	X(OPEN)		/* association, no transfer */ \
	X(SENDING)	/* a P-DATA is on its way out */ \
	X(WAITING)	/* window is full: wait for a confirm */ \
	X(ENDING)	/* P-ACTIVITY-END requested */ \
	X(BREAKING)	/* to be given up, when the P-DATA at hand has left */ \
	X(DISCARDING)	/* P-ACTIVITY-DISCARD or -INTERRUPT requested */ \
	X(RECEIVING)	/* activity of the peer */ \
	X(SECURING)	/* its end is indicated, the user has not answered */ \
	X(EXCEPTION)	/* P-U-EXCEPTION-REPORT requested or reported */ \
	X(CLOSING)	/* A-RELEASE requested */ \
	X(CLOSED_BY)	/* A-RELEASE indicated, the user has not answered */

enum rtse_state {
#define ENUM(name) RTSE_STATE_##name,
	RTSE_STATES(ENUM)
#undef ENUM
	RTSE_STATES_N,
};

const char *rtse_state_name(enum rtse_state state);

#define RTSE_EVENTS(X) \
	/* of the user */ \
	X(RTOPENreq) X(RTTRreq) X(RTDISCARDreq) X(RTINTERRUPTreq) X(RTPLEASEreq) \
	X(RTGIVEreq) X(RTCLOSEreq) X(RTUABreq) \
	X(RTOPENrspP) X(RTOPENrspN) X(RTTRrspP) X(RTTRrspN) X(RTSYNCrsp) X(RTCLOSErsp) \
	/* of the driver */ \
	X(LEFT) X(TIMER) \
	/* of ACSE */ \
	X(AASCind) X(AASCbad) X(AASCcnfP) X(AASCcnfN) X(ARELind) X(ARELcnf) X(AABind) X(APABind) \
	/* of presentation */ \
	X(PSTARTind) X(PRESUMEind) X(PDATAind) X(PSYNCind) X(PSYNCcnf) X(PENDind) X(PENDcnf) \
	X(PINTind) X(PINTcnf) X(PDISind) X(PDIScnf) X(PUERind) X(PPERind) X(PPLEASEind) \
	X(PGIVEind) \
	/* anything else from below, or a malformed APDU in it */ \
	X(OTHER)

enum rtse_in {
#define ENUM(name) RTSE_IN_##name,
	RTSE_EVENTS(ENUM)
#undef ENUM
	RTSE_IN_N,
	RTSE_IN_LAST_REQUEST = RTSE_IN_RTUABreq,
	RTSE_IN_LAST_SILENT = RTSE_IN_TIMER,
};

const char *rtse_in_name(enum rtse_in in);

/* What predicates look at. */
struct rtse_vars {
	bool turn;		/* this side has it */
	bool initiator;		/* of the association */
	bool monologue;		/* one side alone may be the sender, */
	bool speaker;		/* and it is this one: the one with the initial turn */
	bool last;		/* nothing is left after the P-DATA at hand */
	bool room;		/* one more outstanding checkpoint leaves room for data */
	bool outstanding;	/* the serial number at hand is not confirmed yet */
	bool resume;		/* the activity resumed begins after a checkpoint */
	bool known;		/* and it is the one that broke off here */
	bool completed;		/* the activity resumed has been completed */
	bool abort_unknown;	/* unknown activities are answered by RTAB */
	bool keep;		/* the exception at hand is answered by an interrupt */
	bool resumed_done;	/* RTAB says that the transfer at hand is complete */
	bool differs;		/* octets that come again are not those that came */
	bool interrupt;		/* giving up is meant to be an interrupt, and can be one */
};

#define RTSE_PREDICATES(X) \
	X(always, true) \
	X(turn, v->turn) \
	X(no_turn, !v->turn) \
	X(may_send, v->turn && (!v->monologue || v->speaker)) \
	X(listener, v->turn && v->monologue && !v->speaker) \
	X(speaker, !v->turn && v->monologue && v->speaker) \
	X(turn_initiator, v->turn && v->initiator) \
	X(turn_responder, v->turn && !v->initiator) \
	X(last, v->last) \
	X(more_room, !v->last && v->room) \
	X(more_full, !v->last && !v->room) \
	X(outstanding, v->outstanding) \
	X(not_outstanding, !v->outstanding) \
	X(done, v->completed) \
	X(restart, !v->completed && !v->resume) \
	X(resume, !v->completed && v->resume && v->known) \
	X(unknown, !v->completed && v->resume && !v->known && !v->abort_unknown) \
	X(unknown_abort, !v->completed && v->resume && !v->known && v->abort_unknown) \
	X(keep, v->keep) \
	X(not_keep, !v->keep) \
	X(resumed_done, v->resumed_done) \
	X(not_resumed_done, !v->resumed_done) \
	X(differs, v->differs) \
	X(agrees, !v->differs) \
	X(interrupt, v->interrupt) \
	X(discard, !v->interrupt)

enum rtse_predicate {
#define ENUM(name, expression) RTSE_IF_##name,
	RTSE_PREDICATES(ENUM)
#undef ENUM
	RTSE_IF_N,
};

bool rtse_predicate(enum rtse_predicate p, const struct rtse_vars *v);

#define RTSE_ACTIONS(X) \
	/* opening and closing */ \
	X(associate) X(indicate_open) X(accept) X(refuse) X(refuse_malformed) X(confirm_open) \
	X(confirm_refusal) X(release) X(indicate_close) X(answer_release) X(confirm_close) \
	X(note_responder) \
	/* sending */ \
	X(start) X(send) X(sync) X(end) X(confirmed) X(confirm_transfer) X(give_up) \
	X(discard) X(interrupt) X(fail_request) X(fail_transfer) X(lose_transfer) \
	X(note_exception) X(note_time) \
	/* receiving */ \
	X(begin) X(go_on) X(data) X(point) X(secure) X(indicate_end) X(answer_end) X(report) \
	X(report_activity) X(report_other) X(answer_discard) X(answer_interrupt) X(lose) \
	/* turn */ \
	X(please) X(indicate_please) X(give) X(indicate_give) \
	/* aborts */ \
	X(abort_user) X(abort_time) X(abort_completed) X(abort_unrecognized) X(abort_error) \
	X(indicate_abort) X(indicate_provider_abort) \
	/* notes */ \
	X(note_request) X(note_serial) X(note_turn) X(note_monologue)

enum rtse_action {
	RTSE_DO_nothing,
#define ENUM(name) RTSE_DO_##name,
	RTSE_ACTIONS(ENUM)
#undef ENUM
	RTSE_DO_N,
};

enum { RTSE_ACTIONS_MAX = 3, RTSE_SAME = 0xff };

struct rtse_row {
	uint16_t states;	/* set: bit s is state s */
	uint8_t in;		/* enum rtse_in */
	uint8_t predicate;	/* enum rtse_predicate */
	uint8_t next;		/* enum rtse_state, or RTSE_SAME */
	uint8_t actions[RTSE_ACTIONS_MAX];
	const char *basis;	/* derived from */
};

extern const struct rtse_row rtse_rows[];
extern const size_t rtse_rows_n;

/* The row that applies, or -1. */
int rtse_row_find(enum rtse_state state, enum rtse_in in, const struct rtse_vars *v);

#endif
