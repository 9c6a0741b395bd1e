/*
 * Rules of RTSE.  Encoding rules cite the ASN.1 module of X.228 (its clause
 * 9); rules of behaviour cite X.218, which is the service that X.228 provides.
 */
#ifndef RTSE_RULES_H
#define RTSE_RULES_H

#include "base/rule.h"

#define RTSE_RULES(X) \
	X(RTSE_APDU_UNKNOWN, "rtse.apdu-unknown", "X.228 9", SEVERITY_FATAL, \
	  "tag is none of RTORQ, RTOAC, RTORJ, RTTP, RTTR, RTAB") \
	X(RTSE_TRAILING, "rtse.trailing", "X.228 9", SEVERITY_NOTE, \
	  "octets after the end of the APDU") \
	X(RTSE_TWICE, "rtse.twice", "X.228 9", SEVERITY_NOTE, \
	  "component of a SET comes a second time; the last one counts") \
	X(RTSE_UNKNOWN, "rtse.unknown-component", "X.228 7.10", SEVERITY_NOTE, \
	  "component is not defined; ignored") \
	X(RTSE_RANGE, "rtse.range", "X.228 9", SEVERITY_NOTE, \
	  "number below 0 or above 4,294,967,295; ignored") \
	X(RTSE_CONNECTION_DATA, "rtse.connection-data", "X.228 9", SEVERITY_FATAL, \
	  "connection data is neither open nor recover") \
	X(RTSE_CONNECTION_ABSENT, "rtse.connection-data-absent", "X.228 9", SEVERITY_NOTE, \
	  "mandatory connection data is absent") \
	X(RTSE_SESSION_ID, "rtse.session-id", "X.228 9", SEVERITY_FATAL, \
	  "session connection identifier lacks a reference") \
	X(RTSE_SESSION_ID_LONG, "rtse.session-id-long", "limit", SEVERITY_FATAL, \
	  "session connection identifier is longer than we keep") \
	X(RTSE_DIALOGUE, "rtse.dialogue", "X.228 9", SEVERITY_NOTE, \
	  "dialogue mode is neither monologue nor two-way alternate") \
	X(RTSE_WINDOW_ZERO, "rtse.window-zero", "X.228 9", SEVERITY_NOTE, \
	  "window of zero allows no checkpoint; taken as one") \
	X(RTSE_PROTOCOL_MODE, "rtse.protocol-mode", "X.228 9", SEVERITY_NOTE, \
	  "application protocol belongs to X.410 mode only") \
	X(RTSE_REASON_MODE, "rtse.reason-mode", "X.228 9", SEVERITY_NOTE, \
	  "refuse reason belongs to X.410 mode, user data to normal mode") \
	X(RTSE_REASON, "rtse.reason", "X.228 9", SEVERITY_NOTE, \
	  "reason is not defined") \
	X(RTSE_REFLECTED, "rtse.reflected", "X.228 9", SEVERITY_NOTE, \
	  "reflected parameter does not go with this reason, or has more than 8 bits") \
	X(RTSE_USER_DATA, "rtse.user-data", "X.228 9", SEVERITY_NOTE, \
	  "user data of an abort goes with reason userError only") \
	X(RTSE_TRANSFER_STRING, "rtse.transfer-string", "X.690 8.7.3", SEVERITY_FATAL, \
	  "segment of an RTTR is no OCTET STRING") \
	X(RTSE_CHECKPOINT_RAISED, "rtse.checkpoint-raised", "X.218 9.1.1", SEVERITY_NOTE, \
	  "checkpoint size of the answer is above the proposal") \
	X(RTSE_WINDOW_RAISED, "rtse.window-raised", "X.218 9.1.1", SEVERITY_NOTE, \
	  "window of the answer is above the proposal") \
	X(RTSE_WINDOW_EXCEEDED, "rtse.window-exceeded", "X.218 9.1.1", SEVERITY_NOTE, \
	  "more checkpoints are unconfirmed than the window allows") \
	X(RTSE_CUT_LARGE, "rtse.cut-large", "X.218 9.1.1", SEVERITY_NOTE, \
	  "more octets between two checkpoints than the checkpoint size") \
	X(RTSE_DATA_EMPTY, "rtse.data-empty", "X.218 9.3", SEVERITY_NOTE, \
	  "activity without any data") \
	X(RTSE_SYNC_LAST, "rtse.sync-last", "X.218 9.3", SEVERITY_NOTE, \
	  "minor synchronization point directly before the end of the activity") \
	X(RTSE_RESUMED_OTHER, "rtse.resumed-other", "X.218 6", SEVERITY_NOTE, \
	  "what a resumed transfer brings again is not what it brought before") \
	X(RTSE_CONTEXT, "rtse.context", "X.218 8.3", SEVERITY_NOTE, \
	  "data in another presentation context than the RTSE's") \
	X(RTSE_APDU_WRONG, "rtse.apdu-wrong", "X.218 8.3", SEVERITY_FATAL, \
	  "APDU does not belong in the primitive that carries it") \
	X(RTSE_SERIAL, "rtse.serial", "X.218 9.3", SEVERITY_NOTE, \
	  "confirmation of a checkpoint that is not outstanding") \
	X(RTSE_NO_TURN, "rtse.no-turn", "X.218 9.3.1", SEVERITY_NOTE, \
	  "transfer by the side that has not the turn") \
	X(RTSE_SPEAKER, "rtse.monologue", "X.218 3.5.12", SEVERITY_NOTE, \
	  "transfer by the side that is to listen: the dialogue is a monologue") \
	X(RTSE_CLOSE_RESPONDER, "rtse.close-responder", "X.218 9.2.1", SEVERITY_NOTE, \
	  "only the association initiator may close the association") \
	X(RTSE_TIMED_OUT, "rtse.timed-out", "X.218 9.3.1", SEVERITY_NOTE, \
	  "transfer time is over; the transfer is discarded") \
	X(RTSE_MEMORY, "rtse.memory", "limit", SEVERITY_FATAL, \
	  "no buffer to join the segments of an RTTR") \
	X(RTSE_REQUEST, "rtse.request", "X.218 9", SEVERITY_NOTE, \
	  "request of the user does not fit the state; refused") \
	X(RTSE_UNEXPECTED, "rtse.unexpected", "X.218 9", SEVERITY_FATAL, \
	  "primitive does not fit the state (derived table)")

enum rtse_rule { RTSE_RULES(RULE_ENUM) RTSE_RULES_N };

extern const struct rule rtse_rules[RTSE_RULES_N];

#endif
