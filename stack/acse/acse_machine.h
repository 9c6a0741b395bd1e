/*
 * acse_machine: the state table of X.227 Annex A (Table A.5) as data.
 *
 * A cell without rows is blank: an invalid intersection (A.3.1).
 */
#ifndef ACSE_ACSE_MACHINE_H
#define ACSE_ACSE_MACHINE_H

#include <stddef.h>
#include <stdint.h>

/* Table A.2. */
#define ACSE_STATE_LIST(X) \
	X(STA0) X(STA1) X(STA2) X(STA3) X(STA4) X(STA5) X(STA6) X(STA7)

/* Tables A.1 and A.3: C name, printed name. */
#define ACSE_EVENT_LIST(X) \
	X(A_ASCreq, "A-ASCreq") X(A_ASCrspP, "A-ASCrsp+") X(A_ASCrspN, "A-ASCrsp-") \
	X(A_RLSreq, "A-RLSreq") X(A_RLSrspP, "A-RLSrsp+") X(A_RLSrspN, "A-RLSrsp-") \
	X(A_ABRreq, "A-ABRreq") \
	X(AARQ, "AARQ") X(AAREP, "AARE+") X(AAREN, "AARE-") X(RLRQ, "RLRQ") \
	X(RLREP, "RLRE+") X(RLREN, "RLRE-") X(ABRT, "ABRT") \
	X(P_CONcnfN, "P-CONcnf-") X(P_PABind, "P-PABind") X(EXTRN_1, "EXTRN-1") \
	X(EXTRN_2, "EXTRN-2") \
	X(A_ASCind, "A-ASCind") X(A_ASCcnfP, "A-ASCcnf+") X(A_ASCcnfN, "A-ASCcnf-") \
	X(A_RLSind, "A-RLSind") X(A_RLScnfP, "A-RLScnf+") X(A_RLScnfN, "A-RLScnf-") \
	X(A_ABRind, "A-ABRind") X(A_PABind, "A-PABind")

#define ACSE_X_STATE(name) ACSE_##name,
#define ACSE_X_EVENT(name, print) ACSE_EV_##name,

enum acse_state { ACSE_STATE_LIST(ACSE_X_STATE) ACSE_STATES };

enum acse_event { ACSE_EV_NONE, ACSE_EVENT_LIST(ACSE_X_EVENT) ACSE_EVENTS };

/* "STA5", "A-ASCrsp+" */
const char *acse_state_name(enum acse_state state);
const char *acse_event_name(enum acse_event event);

/* Table A.4: 1 p1, -1 not p1, 2 p2 ...; 0: a mandatory action list. */
struct acse_row {
	uint8_t state, event;
	int8_t when;
	uint8_t out;			/* outgoing event; ACSE_EV_NONE: none */
	uint8_t next;
};

extern const struct acse_row acse_rows[];
extern const size_t acse_rows_n;

/* Bit n of `holds`: predicate pn.  The row to be taken, or -1: invalid. */
int acse_find(enum acse_state state, enum acse_event event, uint32_t holds);

#endif
