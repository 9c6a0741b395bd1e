#include "cotp/cotp_table.h"

#include "base/rows.h"

#include "base/event.h"

#define ROW(state_, event_, need_, unless_, next_, clause_, ...) \
	{ .state = COTP_##state_, .event = COTP_##event_, .need = need_, .unless = unless_, \
	  .next = COTP_##next_, .clause = clause_, .actions = { __VA_ARGS__ } }

#define A6 "X.224 Table A.6"
#define ASSOCIATION "X.224 6.9.1.4.2"
#define DECODING "X.224 6.9.1.4.1"
#define NOT_IN_CLASS_0 "X.224 Table A.6 note (2)"
#define RELEASE_BY_TS2 "X.224 6.22.1.3 note 4"

#define TCONIND COTP_DO_TCONIND
#define TCONCONF COTP_DO_TCONCONF
#define TDISIND COTP_DO_TDISIND
#define NDISREQ COTP_DO_NDISREQ
#define NCONREQ COTP_DO_NCONREQ
#define CR COTP_DO_CR
#define CC COTP_DO_CC
#define DR COTP_DO_DR
#define A_1 COTP_DO_1
#define A_3 COTP_DO_3
#define A_6_22 COTP_DO_6_22
#define NOTHING COTP_DO_END
#define P(n) COTP_P##n
#define N(n) COTP_N##n

/* clang-format off */
const struct cotp_row cotp_rows[] = {
	/*  state    event       if      unless next     from */
	ROW(CLOSED,  TCONREQ,    P(0),   0,     CLOSED,  A6, TDISIND),
	ROW(CLOSED,  TCONREQ,    P(2),   P(0),  WFNC,    A6, NCONREQ),
	ROW(CLOSED,  TCONREQ,    P(3),   P(0),  WFCC,    A6, CR),
	ROW(CLOSED,  TCONREQ,    P(4),   P(0),  WFNC,    A6, NOTHING),

	ROW(WFTRESP, TCONRESP,   0,      0,     OPEN,    A6, CC),

	ROW(OPEN,    TDTREQ,     0,      0,     OPEN,    A6, A_3),

	ROW(WFNC,    TDISREQ,    0,      0,     CLOSED,  A6, A_1),
	ROW(WFCC,    TDISREQ,    0,      0,     CLOSED,  A6, NDISREQ),
	ROW(OPEN,    TDISREQ,    P(5),   0,     CLOSED,  A6, NDISREQ),
	ROW(WFTRESP, TDISREQ,    0,      0,     CLOSED,  A6, DR),

	ROW(WFNC,    NCONCONF,   0,      0,     WFCC,    A6, CR),

	ROW(WFNC,    NDISIND,    0,      0,     CLOSED,  A6, TDISIND),
	ROW(WFCC,    NDISIND,    0,      0,     CLOSED,  A6, TDISIND),
	ROW(OPEN,    NDISIND,    0,      0,     CLOSED,  A6, TDISIND),
	ROW(WFTRESP, NDISIND,    0,      0,     CLOSED,  A6, TDISIND),

	ROW(OPEN,    IN_CR,      P(9),   0,     OPEN,    A6, NOTHING),
	ROW(WFTRESP, IN_CR,      P(9),   0,     WFTRESP, A6, NOTHING),
	ROW(CLOSED,  IN_CR,      P(1),   0,     CLOSED,  A6, DR),
	ROW(CLOSED,  IN_CR,      0,      P(1),  WFTRESP, A6, TCONIND),
	/* Any other CR where a class 0 connection is assigned. */
	ROW(WFCC,    IN_CR,      0,      0,     CLOSED,  ASSOCIATION, TDISIND, NDISREQ),
	ROW(OPEN,    IN_CR,      0,      P(9),  CLOSED,  ASSOCIATION, TDISIND, NDISREQ),
	ROW(WFTRESP, IN_CR,      0,      P(9),  CLOSED,  ASSOCIATION, TDISIND, NDISREQ),

	ROW(WFCC,    IN_DR,      0,      0,     CLOSED,  A6, TDISIND, A_1),
	ROW(OPEN,    IN_DR,      P(5),   0,     OPEN,    NOT_IN_CLASS_0, A_6_22),
	ROW(WFTRESP, IN_DR,      N(5),   0,     CLOSED,  A6, TDISIND),
	/* No DC in class 0: the network connection is disconnected instead. */
	ROW(CLOSED,  IN_DR,      N(4),   0,     CLOSED,  A6, NOTHING),
	ROW(CLOSED,  IN_DR,      0,      N(4),  CLOSED,  ASSOCIATION, NDISREQ),

	ROW(WFCC,    IN_DC,      0,      0,     WFCC,    NOT_IN_CLASS_0, A_6_22),
	ROW(OPEN,    IN_DC,      0,      0,     OPEN,    NOT_IN_CLASS_0, A_6_22),
	ROW(WFTRESP, IN_DC,      0,      0,     WFTRESP, NOT_IN_CLASS_0, A_6_22),
	ROW(CLOSED,  IN_DC,      0,      0,     CLOSED,  A6, NOTHING),

	ROW(WFCC,    IN_CC,      P(8),   0,     OPEN,    A6, TCONCONF),
	ROW(WFCC,    IN_CC,      P(6) | P(5), 0, CLOSED, A6, TDISIND, NDISREQ),
	/* A class that was not proposed, or one that we do not have. */
	ROW(WFCC,    IN_CC,      P(6),   P(5),  CLOSED,  "X.224 6.5.4 i)", TDISIND, NDISREQ),
	ROW(CLOSED,  IN_CC,      0,      0,     CLOSED,  A6, DR),

	ROW(WFCC,    IN_AK,      0,      0,     WFCC,    NOT_IN_CLASS_0, A_6_22),
	ROW(OPEN,    IN_AK,      0,      0,     OPEN,    NOT_IN_CLASS_0, A_6_22),
	ROW(WFTRESP, IN_AK,      0,      0,     WFTRESP, NOT_IN_CLASS_0, A_6_22),
	ROW(CLOSED,  IN_AK,      0,      0,     CLOSED,  A6, NOTHING),

	ROW(WFCC,    IN_EA,      0,      0,     WFCC,    NOT_IN_CLASS_0, A_6_22),
	ROW(OPEN,    IN_EA,      0,      0,     OPEN,    NOT_IN_CLASS_0, A_6_22),
	ROW(WFTRESP, IN_EA,      0,      0,     WFTRESP, NOT_IN_CLASS_0, A_6_22),
	ROW(CLOSED,  IN_EA,      0,      0,     CLOSED,  A6, NOTHING),

	ROW(WFCC,    IN_ED,      0,      0,     WFCC,    NOT_IN_CLASS_0, A_6_22),
	ROW(OPEN,    IN_ED,      0,      0,     OPEN,    NOT_IN_CLASS_0, A_6_22),
	ROW(WFTRESP, IN_ED,      0,      0,     WFTRESP, NOT_IN_CLASS_0, A_6_22),
	ROW(CLOSED,  IN_ED,      0,      0,     CLOSED,  A6, NOTHING),

	ROW(OPEN,    IN_DT,      0,      0,     OPEN,    A6, A_3),
	ROW(CLOSED,  IN_DT,      0,      0,     CLOSED,  A6, NOTHING),

	ROW(WFCC,    IN_ER,      0,      0,     CLOSED,  A6, TDISIND, A_1),
	ROW(OPEN,    IN_ER,      0,      0,     OPEN,    NOT_IN_CLASS_0, A_6_22),
	ROW(CLOSED,  IN_ER,      0,      0,     CLOSED,  A6, NOTHING),

	ROW(CLOSED,  IN_RJ,      0,      0,     CLOSED,  ASSOCIATION, NOTHING),

	ROW(WFCC,    IN_INVALID, 0,      0,     WFCC,    DECODING, A_6_22),
	ROW(OPEN,    IN_INVALID, 0,      0,     OPEN,    DECODING, A_6_22),
	ROW(WFTRESP, IN_INVALID, 0,      0,     WFTRESP, DECODING, A_6_22),
	ROW(CLOSED,  IN_INVALID, 0,      0,     CLOSED,  DECODING, NDISREQ),

	ROW(WFCC,    TS1,        0,      0,     CLOSED,  "X.224 6.5.4 note 2", TDISIND, NDISREQ),
	ROW(OPEN,    TS2,        0,      0,     CLOSED,  RELEASE_BY_TS2, TDISIND, NDISREQ),
	/* After a refusal: 6.6.3 note 3 leaves the network connection to us. */
	ROW(CLOSED,  TS2,        0,      0,     CLOSED,  RELEASE_BY_TS2, NDISREQ),
};
/* clang-format on */

const uint16_t cotp_rows_n = sizeof cotp_rows / sizeof cotp_rows[0];

static const struct rows_bounds *bounds_of(enum cotp_event event, enum cotp_state state)
{
	static const struct rows_table table = {
		&cotp_rows[0].event, &cotp_rows[0].state, sizeof cotp_rows / sizeof cotp_rows[0],
		sizeof cotp_rows[0], COTP_STATES,
	};
	static struct rows_bounds bounds[COTP_EVENTS * COTP_STATES];

	if (bounds[cotp_rows[0].event * COTP_STATES + cotp_rows[0].state].end == 0)
		rows_bounds(bounds, COTP_EVENTS, &table);
	return &bounds[event * COTP_STATES + state];
}

uint16_t cotp_cell(enum cotp_state state, enum cotp_event event, uint16_t predicates)
{
	const struct rows_bounds *b = bounds_of(event, state);

	for (uint16_t i = b->begin; i < b->end; i++) {
		const struct cotp_row *r = &cotp_rows[i];

		if (r->state == state && r->event == event &&
		    (predicates & r->need) == r->need && !(predicates & r->unless))
			return i;
	}
	return CELL_NONE;
}

const char *cotp_state_name(enum cotp_state state)
{
	static const char *const names[COTP_STATES] = {
		[COTP_CLOSED] = "CLOSED", [COTP_WFNC] = "WFNC", [COTP_WFCC] = "WFCC",
		[COTP_WFTRESP] = "WFTRESP", [COTP_OPEN] = "OPEN",
	};

	return (unsigned)state < COTP_STATES ? names[state] : "?";
}

const char *cotp_event_name(enum cotp_event event)
{
	static const char *const names[COTP_EVENTS] = {
		[COTP_TCONREQ] = "TCONreq", [COTP_TCONRESP] = "TCONresp", [COTP_TDTREQ] = "TDTreq",
		[COTP_TDISREQ] = "TDISreq", [COTP_NDISIND] = "NDISind",
		[COTP_NCONCONF] = "NCONconf", [COTP_IN_CR] = "CR", [COTP_IN_CC] = "CC",
		[COTP_IN_DR] = "DR", [COTP_IN_DC] = "DC", [COTP_IN_AK] = "AK", [COTP_IN_EA] = "EA",
		[COTP_IN_DT] = "DT", [COTP_IN_ED] = "ED", [COTP_IN_ER] = "ER", [COTP_IN_RJ] = "RJ",
		[COTP_IN_INVALID] = "invalid TPDU", [COTP_TS1] = "TS1", [COTP_TS2] = "TS2",
	};

	return (unsigned)event < COTP_EVENTS ? names[event] : "?";
}
