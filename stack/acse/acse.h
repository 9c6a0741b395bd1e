/*
 * acse: association control of X.227 (04/95), version 1, normal and X.410-1984
 * mode.
 *
 *      A-ASSOCIATE A-RELEASE A-ABORT A-P-ABORT        (rtse)
 *     -----------------------------------------
 *      AARQ AARE RLRQ RLRE ABRT; Table A.5
 *     -----------------------------------------
 *      P-CONNECT P-RELEASE P-U-ABORT P-P-ABORT        (presentation)
 *
 * From above (LAYER_ACSE, REQUEST and RESPONSE), parameters in struct service.
 * `user_data` is one value, which goes into user-information as an EXTERNAL whose
 * indirect reference is `context`.
 *
 *   CONNECT req         A-ASSOCIATE; application context and titles are those of
 *                       the configuration; all else goes to P-CONNECT as it is
 *   CONNECT rsp         positive: AARE accepted; negative: AARE rejected-permanent,
 *                       diagnostic no-reason
 *   RELEASE req/rsp     reason normal; negative: not-finished
 *   U_ABORT req         ABRT of the user; on session version 1 a bare P-U-ABORT with
 *                       the user's data (7.3.3.1)
 *
 * To above (INDICATION, CONFIRM): what presentation said, `data` narrowed to the
 * first value of user-information and `context` its indirect reference.
 *
 *   CONNECT ind
 *   CONNECT cnf         detail: struct acse_outcome.  Negative: source, and reason:
 *                       of AARE its diagnostic (whose LAYER_ACSE), else what the
 *                       layer `whose` said
 *   RELEASE ind/cnf     reason; cnf: positive
 *   U_ABORT ind         A-ABORT: source, reason: diagnostic (0: none), whose LAYER_ACSE
 *   P_ABORT ind         as it came from presentation
 *
 * Exceptions of presentation end a release that is under way (7.2.3.6); whoever
 * routes events may hand them to ACSE as well: U_EXCEPTION req and ind, P_EXCEPTION
 * ind (EXTRN-1, EXTRN-2).  They are not answered.
 *
 * An AARQ that we cannot support (p1: protocol version, application context name)
 * is answered by AARE rejected-permanent and not indicated.  On a protocol error
 * (7.3.3.4) ABRT of the provider leaves and A-ABORT goes up; without an
 * association (STA0) there is no one to tell.  A P-RELEASE without APDU is
 * taken as RLRQ or RLRE with a NOTE.
 *
 * X.410 mode (8.4 to 8.6): no APDUs; user data pass as they are; both results of
 * a refusal are rejected-permanent.
 */
#ifndef ACSE_ACSE_H
#define ACSE_ACSE_H

#include "acse/acse_machine.h"
#include "acse/acse_pdu.h"
#include "base/contexts.h"
#include "base/turn.h"

struct acse_config {
	bool x410;			/* X.410-1984 mode */
	bool version;			/* encode the protocol version (default: absent) */
	uint32_t context;		/* ACSE's presentation context if we initiate; 0: 1 */
	/* OID contents; p NULL: mts-transfer (2.6.0.1.6), BER (2.1.1).  direct: in
	 * front of the indirect reference of EXTERNALs; n = 0: none. */
	struct octets application_context;
	struct octets direct;
	/* Titles, borrowed for the life of the association; NULL, or a member with
	 * n = 0: absent.  Invocation identifiers: 0: absent. */
	const struct acse_entity *called, *calling;	/* of AARQ */
	const struct acse_entity *responding;		/* of AARE */
};

/* Normal mode, mts-transfer, no titles. */
void acse_defaults(struct acse_config *c);

struct acse_outcome {
	uint8_t result;			/* enum acse_result */
	uint8_t source;			/* enum acse_source */
	int64_t diagnostic;		/* enum acse_diagnostic */
};

struct acse {
	const struct acse_config *config;	/* lent for the life of the end */
	struct acse_outcome outcome;
	uint32_t context;		/* presentation context of ACSE */
	uint8_t state;			/* enum acse_state */
	bool version_1;			/* of session */
	bool x410;			/* the mode in force */
	bool originated;		/* p2 */
};

void acse_init(struct acse *a, const struct acse_config *config);

/* REQUEST, RESPONSE of LAYER_ACSE; INDICATION, CONFIRM of LAYER_PRESENTATION.
 * Findings count from octet 0 of the APDU. */
void acse_handle(struct acse *a, struct turn *t, const struct event *e);

#endif
