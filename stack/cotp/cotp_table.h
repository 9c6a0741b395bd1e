/*
 * cotp_table: the state table of X.224 (11/95) Annex A for class 0, as data.
 *
 * Table A.6 row by row, with the Recommendation's names.  Left out is what
 * cannot be reached in class 0 over TCP: the states WBCL and CLOSING and the
 * predicate P7 (class 2 only), NRSTind (TCP has no reset service, RFC 1006 5),
 * and the cells of WFNC for TPDUs (there is no network connection to bring
 * one).  A cell that is not here is blank: for a TPDU a protocol error
 * (6.22), for everything else no action (A.2.3).  Rows that come from the
 * text instead of the table name their clause.
 */
#ifndef COTP_TABLE_H
#define COTP_TABLE_H

#include <stddef.h>
#include <stdint.h>

/* Table A.2. */
enum cotp_state {
	COTP_CLOSED,
	COTP_WFNC,
	COTP_WFCC,
	COTP_WFTRESP,
	COTP_OPEN,
	COTP_STATES,
};

/* Table A.1, and three events that only the text has. */
enum cotp_event {
	COTP_TCONREQ,
	COTP_TCONRESP,
	COTP_TDTREQ,
	COTP_TDISREQ,
	COTP_NDISIND,
	COTP_NCONCONF,
	COTP_IN_CR,
	COTP_IN_CC,
	COTP_IN_DR,
	COTP_IN_DC,
	COTP_IN_AK,
	COTP_IN_EA,
	COTP_IN_DT,
	COTP_IN_ED,
	COTP_IN_ER,
	COTP_IN_RJ,
	COTP_IN_INVALID,	/* TPDU that cannot be decoded (6.9.1.4.1) */
	COTP_TS1,		/* 6.5.4 note 2 */
	COTP_TS2,		/* 6.22.1.3 note 4 */
	COTP_EVENTS,
};

/* Table A.4 (those that class 0 over TCP can tell apart); notes (4) and (5)
 * of Table A.6 are predicates too. */
enum {
	COTP_P0 = 0x001,	/* T-CONNECT request unacceptable */
	COTP_P1 = 0x002,	/* unacceptable CR */
	COTP_P2 = 0x004,	/* no network connection available */
	COTP_P3 = 0x008,	/* network connection available and open */
	COTP_P4 = 0x010,	/* network connection available, open in progress */
	COTP_P5 = 0x020,	/* class is class 0 (class selected in CC) */
	COTP_P6 = 0x040,	/* unacceptable CC */
	COTP_P8 = 0x080,	/* acceptable CC */
	COTP_P9 = 0x100,	/* class 4 CR: the first one again */
	COTP_N4 = 0x200,	/* note (4): SRC-REF is zero */
	COTP_N5 = 0x400,	/* note (5): the CR received preferred class 4 */
};

/* Outgoing events of Table A.3, specific actions of Table A.5. */
enum cotp_action {
	COTP_DO_END,
	COTP_DO_TCONIND,
	COTP_DO_TCONCONF,
	COTP_DO_TDISIND,
	COTP_DO_NDISREQ,
	COTP_DO_NCONREQ,
	COTP_DO_CR,
	COTP_DO_CC,
	COTP_DO_DR,
	COTP_DO_1,		/* [1]: the network connection may be disconnected */
	COTP_DO_3,		/* [3]: data transfer procedure */
	COTP_DO_6_22,		/* treatment of protocol errors */
	COTP_ACTIONS,
};

enum { COTP_ROW_ACTIONS = 3 };

struct cotp_row {
	uint8_t state, event;
	uint16_t need, unless;		/* predicates that must hold, must not hold */
	uint8_t next;
	uint8_t actions[COTP_ROW_ACTIONS];
	const char *clause;		/* "Table A.6" ... */
};

extern const struct cotp_row cotp_rows[];
extern const uint16_t cotp_rows_n;

/* The row for this cell and these predicates, or CELL_NONE if it is blank. */
uint16_t cotp_cell(enum cotp_state state, enum cotp_event event, uint16_t predicates);

const char *cotp_state_name(enum cotp_state state);	/* "WFCC" */
const char *cotp_event_name(enum cotp_event event);	/* "TCONreq", "CR" */

#endif
