#include "rtse/rtse_table.h"

#include "base/rows.h"

#define S(name) (1u << RTSE_STATE_##name)
#define DO(name) RTSE_DO_##name

/* Derived rows; see rtse_table.h.  The clause is what the row rests on. */
#define DERIVED(states, in, predicate, next, ...) \
	{ (uint16_t)(states), RTSE_IN_##in, RTSE_IF_##predicate, next, __VA_ARGS__ }
#define TO(name) RTSE_STATE_##name
#define STAY RTSE_SAME

/* States of the side that sends, of the side that receives, and the others in
 * which there is an association. */
#define SENDER (S(SENDING) | S(WAITING) | S(ENDING) | S(BREAKING) | S(DISCARDING))
#define RECEIVER (S(RECEIVING) | S(SECURING) | S(EXCEPTION))
#define QUIET (S(OPENING) | S(ANSWERING) | S(OPEN) | S(CLOSING) | S(CLOSED_BY))

const struct rtse_row rtse_rows[] = {
/* RT-OPEN */
DERIVED(S(IDLE), RTOPENreq, always, TO(OPENING), { DO(associate) }, "X.218 9.1"),
DERIVED(S(IDLE), AASCind, always, TO(ANSWERING), { DO(indicate_open) }, "X.218 9.1"),
DERIVED(S(IDLE), AASCbad, always, STAY, { DO(refuse_malformed) }, "X.218 9.1"),
DERIVED(S(OPENING), AASCcnfP, always, TO(OPEN), { DO(confirm_open) }, "X.218 9.1"),
DERIVED(S(OPENING), AASCcnfN, always, TO(IDLE), { DO(confirm_refusal) }, "X.218 9.1"),
DERIVED(S(ANSWERING), RTOPENrspP, always, TO(OPEN), { DO(accept) }, "X.218 9.1"),
DERIVED(S(ANSWERING), RTOPENrspN, always, TO(IDLE), { DO(refuse) }, "X.218 9.1"),

/* RT-CLOSE */
DERIVED(S(OPEN), RTCLOSEreq, turn_initiator, TO(CLOSING), { DO(release) }, "X.218 10.2.2"),
DERIVED(S(OPEN), RTCLOSEreq, turn_responder, STAY, { DO(note_responder) }, "X.218 10.2.2"),
DERIVED(S(CLOSING), ARELcnf, always, TO(IDLE), { DO(confirm_close) }, "X.218 9.2"),
DERIVED(S(CLOSING), PPLEASEind, always, STAY, { DO(nothing) }, "X.225 A.2 STA 03"),
DERIVED(S(OPEN), ARELind, always, TO(CLOSED_BY), { DO(indicate_close) }, "X.218 9.2"),
DERIVED(S(CLOSED_BY), RTCLOSErsp, always, TO(IDLE), { DO(answer_release) }, "X.218 9.2"),

/* RT-TRANSFER, the side that sends */
DERIVED(S(OPEN), RTTRreq, may_send, TO(SENDING), { DO(start), DO(send) }, "X.218 9.3"),
DERIVED(S(OPEN), RTTRreq, listener, STAY, { DO(note_monologue), DO(fail_request) },
	"X.218 3.5.12"),
DERIVED(S(OPEN), RTTRreq, no_turn, STAY, { DO(note_turn), DO(fail_request) }, "X.218 10.3.2"),
DERIVED(S(SENDING), LEFT, more_room, STAY, { DO(sync), DO(send) }, "practice: window"),
DERIVED(S(SENDING), LEFT, more_full, TO(WAITING), { DO(sync) }, "practice: window"),
DERIVED(S(SENDING), LEFT, last, TO(ENDING), { DO(end) }, "practice: no sync before the end"),
DERIVED(S(SENDING) | S(ENDING) | S(BREAKING), PSYNCcnf, outstanding, STAY,
	{ DO(confirmed) }, "X.225 7.20"),
DERIVED(S(WAITING), PSYNCcnf, outstanding, TO(SENDING), { DO(confirmed), DO(send) },
	"practice: window"),
DERIVED(S(SENDING) | S(WAITING) | S(ENDING) | S(BREAKING), PSYNCcnf, not_outstanding, STAY,
	{ DO(note_serial) }, "X.225 7.20"),
DERIVED(S(DISCARDING), PSYNCcnf, always, STAY, { DO(nothing) }, "X.225 A.2 STA 05C"),
DERIVED(S(ENDING), PENDcnf, always, TO(OPEN), { DO(confirm_transfer) }, "X.218 9.3"),

/* A transfer is given up: by the receiver, by our user, by time */
DERIVED(S(SENDING), PUERind, always, TO(BREAKING), { DO(note_exception) }, "X.225 7.28"),
DERIVED(S(WAITING) | S(ENDING), PUERind, not_keep, TO(DISCARDING),
	{ DO(note_exception), DO(discard) }, "X.225 7.28"),
DERIVED(S(WAITING) | S(ENDING), PUERind, keep, TO(DISCARDING),
	{ DO(note_exception), DO(interrupt) }, "X.225 7.28, 7.31"),
DERIVED(S(BREAKING), PUERind, always, STAY, { DO(note_exception) }, "X.225 7.28"),
DERIVED(S(DISCARDING), PUERind, always, STAY, { DO(nothing) }, "X.225 A.2 STA 05C"),
DERIVED(S(SENDING), PPERind, always, TO(BREAKING), { DO(note_exception) }, "X.225 7.27"),
DERIVED(S(WAITING) | S(ENDING), PPERind, always, TO(DISCARDING),
	{ DO(note_exception), DO(discard) }, "X.225 7.27"),
DERIVED(S(BREAKING), PPERind, always, STAY, { DO(note_exception) }, "X.225 7.27"),
DERIVED(S(DISCARDING), PPERind, always, STAY, { DO(nothing) }, "X.225 A.2 STA 05C"),
DERIVED(S(SENDING), RTDISCARDreq, always, TO(BREAKING), { DO(give_up) }, "X.225 7.33"),
DERIVED(S(WAITING) | S(ENDING), RTDISCARDreq, always, TO(DISCARDING),
	{ DO(give_up), DO(discard) }, "X.225 7.33"),
DERIVED(S(SENDING), RTINTERRUPTreq, always, TO(BREAKING), { DO(give_up) }, "X.225 7.31"),
DERIVED(S(WAITING) | S(ENDING), RTINTERRUPTreq, interrupt, TO(DISCARDING),
	{ DO(give_up), DO(interrupt) }, "X.225 7.31"),
DERIVED(S(WAITING) | S(ENDING), RTINTERRUPTreq, discard, TO(DISCARDING),
	{ DO(give_up), DO(discard) }, "practice: nothing to resume from"),
DERIVED(S(SENDING), TIMER, always, TO(BREAKING), { DO(note_time) }, "X.218 9.3"),
DERIVED(S(WAITING) | S(ENDING), TIMER, always, TO(DISCARDING), { DO(note_time), DO(discard) },
	"X.218 9.3"),
DERIVED(S(BREAKING), LEFT, discard, TO(DISCARDING), { DO(discard) }, "X.225 7.33"),
DERIVED(S(BREAKING), LEFT, interrupt, TO(DISCARDING), { DO(interrupt) }, "X.225 7.31"),
DERIVED(S(BREAKING) | S(DISCARDING), TIMER, always, TO(IDLE),
	{ DO(lose_transfer), DO(abort_time) }, "X.218 9.6"),
DERIVED(S(DISCARDING), PDIScnf, always, TO(OPEN), { DO(fail_transfer) }, "X.218 9.3"),
DERIVED(S(DISCARDING), PINTcnf, always, TO(OPEN), { DO(fail_transfer) }, "X.218 9.3"),

/* RT-TRANSFER, the side that receives */
DERIVED(S(OPEN), PSTARTind, speaker, TO(IDLE), { DO(note_monologue), DO(abort_error) },
	"X.218 3.5.12"),
DERIVED(S(OPEN), PRESUMEind, speaker, TO(IDLE), { DO(note_monologue), DO(abort_error) },
	"X.218 3.5.12"),
DERIVED(S(OPEN), PSTARTind, no_turn, TO(RECEIVING), { DO(begin) }, "X.218 9.3"),
DERIVED(S(OPEN), PRESUMEind, restart, TO(RECEIVING), { DO(begin) }, "X.225 7.30"),
DERIVED(S(OPEN), PRESUMEind, resume, TO(RECEIVING), { DO(go_on) }, "X.225 7.30"),
DERIVED(S(OPEN), PRESUMEind, unknown, TO(EXCEPTION), { DO(report_activity) },
	"practice: ED 6 if the activity is not known"),
DERIVED(S(OPEN), PRESUMEind, unknown_abort, TO(IDLE), { DO(abort_unrecognized) },
	"abortReason unrecognizedActivity"),
DERIVED(S(OPEN), PRESUMEind, done, TO(IDLE), { DO(abort_completed) },
	"abortReason transferCompleted"),
DERIVED(S(RECEIVING), PDATAind, agrees, STAY, { DO(data) }, "X.218 9.3"),
DERIVED(S(RECEIVING), PDATAind, differs, TO(EXCEPTION), { DO(report_other) }, "X.218 6"),
DERIVED(S(RECEIVING), PSYNCind, always, STAY, { DO(point) }, "X.218 9.3"),
DERIVED(S(RECEIVING) | S(SECURING), RTSYNCrsp, outstanding, STAY, { DO(secure) }, "X.218 9.3"),
DERIVED(S(RECEIVING), PENDind, agrees, TO(SECURING), { DO(indicate_end) }, "X.218 9.3"),
DERIVED(S(RECEIVING), PENDind, differs, TO(EXCEPTION), { DO(report_other) }, "X.218 6"),
DERIVED(S(SECURING), RTTRrspP, always, TO(OPEN), { DO(answer_end) }, "X.218 9.3"),
DERIVED(S(RECEIVING) | S(SECURING), RTTRrspN, always, TO(EXCEPTION), { DO(report) },
	"X.225 7.28"),
DERIVED(S(RECEIVING) | S(SECURING), PPERind, always, TO(EXCEPTION), { DO(nothing) },
	"X.225 7.27"),
DERIVED(S(EXCEPTION), PDATAind, always, STAY, { DO(nothing) }, "X.225 A.2 STA 19"),
DERIVED(S(EXCEPTION), PSYNCind, always, STAY, { DO(nothing) }, "X.225 A.2 STA 19"),
DERIVED(S(EXCEPTION), PENDind, always, STAY, { DO(nothing) }, "X.225 A.2 STA 19"),
DERIVED(RECEIVER, PDISind, always, TO(OPEN), { DO(answer_discard), DO(lose) }, "X.225 7.33"),
DERIVED(RECEIVER, PINTind, always, TO(OPEN), { DO(answer_interrupt), DO(lose) }, "X.225 7.31"),
/* STA 04B may still discard what STA 713 has answered: it crossed our end response. */
DERIVED(S(OPEN), PDISind, no_turn, STAY, { DO(answer_discard) }, "X.225 A.12 STA 713"),
DERIVED(S(OPEN), PINTind, no_turn, STAY, { DO(answer_interrupt) }, "X.225 A.12 STA 713"),

/* Turn */
DERIVED(S(OPEN) | S(RECEIVING) | S(SECURING), RTPLEASEreq, no_turn, STAY, { DO(please) },
	"X.218 9.4"),
DERIVED(S(OPEN) | SENDER, PPLEASEind, turn, STAY, { DO(indicate_please) }, "X.218 9.4"),
DERIVED(S(OPEN), PPLEASEind, no_turn, STAY, { DO(nothing) }, "X.218 9.5: it crossed a give"),
DERIVED(S(OPEN), RTGIVEreq, turn, STAY, { DO(give) }, "X.218 9.5"),
DERIVED(S(OPEN), PGIVEind, no_turn, STAY, { DO(indicate_give) }, "X.218 9.5"),

/* RT-U-ABORT, RT-P-ABORT */
DERIVED(QUIET, RTUABreq, always, TO(IDLE), { DO(abort_user) }, "X.218 9.7"),
DERIVED(SENDER, RTUABreq, always, TO(IDLE), { DO(lose_transfer), DO(abort_user) },
	"X.218 10.7.5"),
DERIVED(RECEIVER, RTUABreq, always, TO(IDLE), { DO(lose), DO(abort_user) }, "X.218 10.7.5"),
DERIVED(QUIET, AABind, always, TO(IDLE), { DO(indicate_abort) }, "X.218 9.6, 9.7"),
DERIVED(SENDER, AABind, not_resumed_done, TO(IDLE), { DO(lose_transfer), DO(indicate_abort) },
	"X.218 9.6, 9.7"),
DERIVED(SENDER, AABind, resumed_done, TO(IDLE), { DO(confirm_transfer), DO(indicate_abort) },
	"abortReason transferCompleted"),
DERIVED(RECEIVER, AABind, always, TO(IDLE), { DO(lose), DO(indicate_abort) },
	"X.218 9.6, 9.7"),
DERIVED(QUIET, APABind, always, TO(IDLE), { DO(indicate_provider_abort) }, "X.218 9.6"),
DERIVED(SENDER, APABind, always, TO(IDLE),
	{ DO(lose_transfer), DO(indicate_provider_abort) }, "X.218 9.6"),
DERIVED(RECEIVER, APABind, always, TO(IDLE), { DO(lose), DO(indicate_provider_abort) },
	"X.218 9.6"),

/* What does not fit anywhere comes from below: see rtse_table.h */
DERIVED(QUIET, OTHER, always, TO(IDLE), { DO(abort_error) }, "X.218 9.6"),
DERIVED(SENDER, OTHER, always, TO(IDLE), { DO(lose_transfer), DO(abort_error) }, "X.218 9.6"),
DERIVED(RECEIVER, OTHER, always, TO(IDLE), { DO(lose), DO(abort_error) }, "X.218 9.6"),
};

const size_t rtse_rows_n = sizeof rtse_rows / sizeof *rtse_rows;

bool rtse_predicate(enum rtse_predicate p, const struct rtse_vars *v)
{
	switch (p) {
#define CASE(name, expression) case RTSE_IF_##name: return expression;
	RTSE_PREDICATES(CASE)
#undef CASE
	default:
		return false;
	}
}

static const struct rows_bounds *bounds_of(enum rtse_in in)
{
	static const struct rows_table table = {
		.event = &rtse_rows[0].in, .n = sizeof rtse_rows / sizeof *rtse_rows,
		.size = sizeof *rtse_rows,
	};
	static struct rows_bounds bounds[RTSE_IN_N];

	if (bounds[rtse_rows[0].in].end == 0)
		rows_bounds(bounds, RTSE_IN_N, &table);
	return &bounds[in];
}

int rtse_row_find(enum rtse_state state, enum rtse_in in, const struct rtse_vars *v)
{
	const struct rows_bounds *b = bounds_of(in);

	for (size_t i = b->begin; i < b->end; i++)
		if (rtse_rows[i].in == in && rtse_rows[i].states >> state & 1 &&
		    rtse_predicate((enum rtse_predicate)rtse_rows[i].predicate, v))
			return (int)i;
	return -1;
}

const char *rtse_state_name(enum rtse_state state)
{
	static const char *const names[] = {
#define NAME(name) #name,
		RTSE_STATES(NAME)
	};

	return (unsigned)state < RTSE_STATES_N ? names[state] : "?";
}

const char *rtse_in_name(enum rtse_in in)
{
	static const char *const names[] = {
		RTSE_EVENTS(NAME)
#undef NAME
	};

	return (unsigned)in < RTSE_IN_N ? names[in] : "?";
}
