/*
 * session_machine: the state tables of X.225 Annex A as data.
 *
 *     struct session_vars + event + parameters --> struct session_step
 *                                                   from, to, cell, ops[]
 *
 * Tables A.8 to A.16 (without symmetric synchronize) stand row by row in
 * session_table.inc.  session_step() is pure: it looks a cell up, evaluates
 * its predicates and says what is to be done.  Who performs the step goes
 * through `ops` in order: outgoing events are his, specific actions of Table
 * A.6 are done by session_act(), and session_enter() sets the state.  Serial
 * numbers that an SPDU carries are read between two ops (A.4.2.1).  Who only
 * follows a conversation calls session_advance().
 *
 * One thing is added to the print: rows overlap in three cells (STA05A MIP-d,
 * STA06 MIP and MIP-d, all with data separation).  A.4.2.2 has every true
 * branch taken, and so it is done, in printed order.
 *
 * TEXP, transport expedited data, is false over TCP (RFC 1006, class 0), so
 * that no PREPARE SPDU is ever sent.  The rows that need it are here all the
 * same: the tables are complete.
 */
#ifndef SESSION_SESSION_MACHINE_H
#define SESSION_SESSION_MACHINE_H

#include "base/service.h"
#include "base/text.h"

/* Table A.2. */
#define SESSION_STATE_LIST(X) \
	X(STA01) X(STA01A) X(STA01B) X(STA01C) X(STA01D) X(STA02A) X(STA02B) X(STA03) \
	X(STA04A) X(STA04B) X(STA05A) X(STA05B) X(STA05C) X(STA06) X(STA08) X(STA09) \
	X(STA10A) X(STA10B) X(STA11A) X(STA11B) X(STA11C) X(STA15A) X(STA15B) X(STA15C) \
	X(STA15D) X(STA16) X(STA18) X(STA19) X(STA20) X(STA21) X(STA22) X(STA713)

/* Tables A.1 and A.3: C name, printed name, where it comes from or goes to, table
 * in which it comes in.  SPDUs come in and go out, MAA and AEA come in as one
 * (Table A.10) and go out as two. */
#define SESSION_EVENT_LIST(X) \
	X(SACTDreq, "SACTDreq", FROM_USER) X(SACTDrsp, "SACTDrsp", FROM_USER) \
	X(SACTEreq, "SACTEreq", FROM_USER) X(SACTErsp, "SACTErsp", FROM_USER) \
	X(SACTIreq, "SACTIreq", FROM_USER) X(SACTIrsp, "SACTIrsp", FROM_USER) \
	X(SACTRreq, "SACTRreq", FROM_USER) X(SACTSreq, "SACTSreq", FROM_USER) \
	X(SCDreq, "SCDreq", FROM_USER) X(SCDrsp, "SCDrsp", FROM_USER) \
	X(SCGreq, "SCGreq", FROM_USER) X(SCONreq, "SCONreq", FROM_USER) \
	X(SCONrspP, "SCONrsp+", FROM_USER) X(SCONrspN, "SCONrsp-", FROM_USER) \
	X(SDTreq, "SDTreq", FROM_USER) X(SEXreq, "SEXreq", FROM_USER) \
	X(SGTreq, "SGTreq", FROM_USER) X(SPTreq, "SPTreq", FROM_USER) \
	X(SRELreq, "SRELreq", FROM_USER) X(SRELrspP, "SRELrsp+", FROM_USER) \
	X(SRELrspN, "SRELrsp-", FROM_USER) X(SRSYNreq_a, "SRSYNreq(a)", FROM_USER) \
	X(SRSYNreq_r, "SRSYNreq(r)", FROM_USER) X(SRSYNreq_s, "SRSYNreq(s)", FROM_USER) \
	X(SRSYNrsp, "SRSYNrsp", FROM_USER) X(SSYNMreq, "SSYNMreq", FROM_USER) \
	X(SSYNMrsp, "SSYNMrsp", FROM_USER) X(SSYNmreq, "SSYNmreq", FROM_USER) \
	X(SSYNmdreq, "SSYNmdreq", FROM_USER) X(SSYNmrsp, "SSYNmrsp", FROM_USER) \
	X(STDreq, "STDreq", FROM_USER) X(SUABreq, "SUABreq", FROM_USER) \
	X(SUERreq, "SUERreq", FROM_USER) \
	X(TCONind, "TCONind", FROM_TRANSPORT) X(TCONcnf, "TCONcnf", FROM_TRANSPORT) \
	X(TDISind, "TDISind", FROM_TRANSPORT) \
	X(TIM, "TIM", FROM_TIMER) \
	X(AA, "AA", SPDU) X(AB_nr, "AB-nr", SPDU) X(AB_r, "AB-r", SPDU) \
	X(AC, "AC", SPDU) X(AD, "AD", SPDU) X(ADA, "ADA", SPDU) \
	X(AE, "AE", SPDU) X(AI, "AI", SPDU) X(AIA, "AIA", SPDU) \
	X(AR, "AR", SPDU) X(AS, "AS", SPDU) X(CD, "CD", SPDU) \
	X(CDA, "CDA", SPDU) X(CDO, "CDO", SPDU) X(CN, "CN", SPDU) \
	X(DN, "DN", SPDU) X(DT, "DT", SPDU) X(ED, "ED", SPDU) \
	X(ER, "ER", SPDU) X(EX, "EX", SPDU) X(FN_nr, "FN-nr", SPDU) \
	X(FN_r, "FN-r", SPDU) X(GT, "GT", SPDU) X(GTA, "GTA", SPDU) \
	X(GTC, "GTC", SPDU) X(MAA_AEA, "MAA/AEA", SPDU) X(MAP, "MAP", SPDU) \
	X(MIA, "MIA", SPDU) X(MIP, "MIP", SPDU) X(MIP_d, "MIP-d", SPDU) \
	X(NF, "NF", SPDU) X(OA, "OA", SPDU) X(PR_AB, "PR-AB", SPDU) \
	X(PR_MAA, "PR-MAA", SPDU) X(PR_RA, "PR-RA", SPDU) X(PR_RS, "PR-RS", SPDU) \
	X(PT, "PT", SPDU) X(RA, "RA", SPDU) X(RF_nr, "RF-nr", SPDU) \
	X(RF_r, "RF-r", SPDU) X(RS_a, "RS-a", SPDU) X(RS_r, "RS-r", SPDU) \
	X(RS_s, "RS-s", SPDU) X(TD, "TD", SPDU) \
	X(MAA, "MAA", TO_PEER) X(AEA, "AEA", TO_PEER) \
	X(SACTDind, "SACTDind", TO_USER) X(SACTDcnf, "SACTDcnf", TO_USER) \
	X(SACTEind, "SACTEind", TO_USER) X(SACTEcnf, "SACTEcnf", TO_USER) \
	X(SACTIind, "SACTIind", TO_USER) X(SACTIcnf, "SACTIcnf", TO_USER) \
	X(SACTRind, "SACTRind", TO_USER) X(SACTSind, "SACTSind", TO_USER) \
	X(SCDind, "SCDind", TO_USER) X(SCDcnf, "SCDcnf", TO_USER) \
	X(SCGind, "SCGind", TO_USER) X(SCONind, "SCONind", TO_USER) \
	X(SCONcnfP, "SCONcnf+", TO_USER) X(SCONcnfN, "SCONcnf-", TO_USER) \
	X(SDTind, "SDTind", TO_USER) X(SEXind, "SEXind", TO_USER) \
	X(SGTind, "SGTind", TO_USER) X(SPABind, "SPABind", TO_USER) \
	X(SPERind, "SPERind", TO_USER) X(SPTind, "SPTind", TO_USER) \
	X(SRELind, "SRELind", TO_USER) X(SRELcnfP, "SRELcnf+", TO_USER) \
	X(SRELcnfN, "SRELcnf-", TO_USER) X(SRSYNind, "SRSYNind", TO_USER) \
	X(SRSYNcnf, "SRSYNcnf", TO_USER) X(SSYNMind, "SSYNMind", TO_USER) \
	X(SSYNMcnf, "SSYNMcnf", TO_USER) X(SSYNmind, "SSYNmind", TO_USER) \
	X(SSYNmcnf, "SSYNmcnf", TO_USER) X(STDind, "STDind", TO_USER) \
	X(SUABind, "SUABind", TO_USER) X(SUERind, "SUERind", TO_USER) \
	X(SxABind, "SxABind", TO_USER) \
	X(TCONreq, "TCONreq", TO_TRANSPORT) X(TCONrsp, "TCONrsp", TO_TRANSPORT) \
	X(TDISreq, "TDISreq", TO_TRANSPORT)

/* Specific actions of Table A.6 that Tables A.8 to A.16 use. */
#define SESSION_ACTION_LIST(X) \
	X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(16) X(18) \
	X(19) X(22) X(23) X(24) X(25) X(26) X(27) X(28) X(29) X(30) X(31) X(32) X(41) X(43) \
	X(44) X(50) X(51)

#define SESSION_X_STATE(name) SESSION_##name,
#define SESSION_X_EVENT(name, print, group) SESSION_EV_##name,
#define SESSION_X_ACTION(n) SESSION_ACTION_##n,

enum session_state { SESSION_STATE_LIST(SESSION_X_STATE) SESSION_STATES };

/* Incoming events, outgoing events, specific actions: one numbering, so that
 * an SPDU has one name. */
enum session_event {
	SESSION_EV_NONE,
	SESSION_EVENT_LIST(SESSION_X_EVENT)
	SESSION_EVENTS,
	SESSION_ACTIONS_BEGIN = SESSION_EVENTS,
	SESSION_ACTION_LIST(SESSION_X_ACTION)
	SESSION_OPS
};

enum session_group {
	SESSION_FROM_USER,
	SESSION_FROM_TRANSPORT,
	SESSION_FROM_TIMER,
	SESSION_SPDU,
	SESSION_TO_PEER,
	SESSION_TO_USER,
	SESSION_TO_TRANSPORT,
	SESSION_SPECIFIC,		/* an action of Table A.6 */
};

/* "STA01A" */
const char *session_state_name(enum session_state state);
/* "SCONrsp+", "AB-nr", "SDTind", "[8]" */
const char *session_event_name(enum session_event event);
enum session_group session_event_group(enum session_event event);

/* A.5.4.4, in rising order of precedence (A.5.4.6.1). */
enum session_vrsp { VRSP_NO, VRSP_R, VRSP_S, VRSP_A, VRSP_INT, VRSP_DSC };

/* The variables of A.5.4, functional units (A.5.1) and tokens (A.5.2). */
struct session_vars {
	int64_t Vm, Va, Vr;		/* V(M), V(A), V(R) */
	int64_t Vado, Vadi;		/* V(Ado), V(Adi) */
	int64_t Vrspnb;
	uint16_t fu;			/* FU(f): UNIT_* */
	uint8_t owned;			/* OWNED(t): TOKEN_*; means something where AV(t) */
	uint8_t state;			/* enum session_state */
	uint8_t Vrsp;			/* enum session_vrsp */
	bool Vact, Vnextact, Vsc, Vtca, Vtrr, Vcoll, Vdnr;
	bool TEXP;
	bool discard_rcv, discard_snd;	/* A.5.4.20 */
	bool TIM;			/* the timer runs */
};

_Static_assert(sizeof(struct session_vars) < 256, "machine state is small, plain data");

/* What an event brings with it, as far as predicates and actions look at it;
 * zero where the event has no such parameter. */
struct session_arg {
	uint32_t serial;		/* serial number; AC: initial, or of the primitive */
	uint16_t units;			/* AC: intersection of PI 20 of CN and AC */
	uint8_t tokens;			/* RT or GT of A.5.3 */
	uint8_t setting;		/* AC, RA: PI 26 */
	bool choice;			/* the local choice in p02, p64 and [9] */
	bool refuse;			/* p76 */
	bool end;			/* p202: end of user data */
	bool overflow;			/* p204: over 10,240 octets of user data */
	bool user_abort;		/* note (3): bit 2 of PI 17 */
	bool long_abort;		/* note (4): over 9 octets of user data */
	bool TEXP;			/* [5] */
};

enum {
	SESSION_IF_MAX = 4,		/* literals of a branch */
	SESSION_THEN_MAX = 4,		/* outgoing events and actions of a branch */
	SESSION_STEP_OPS = 2 * SESSION_THEN_MAX,	/* two branches may hold at once */
};

/* One branch of a cell, or a "//" cell. */
struct session_row {
	const char *table;		/* "A.15" */
	uint8_t state, event, next;
	bool never;			/* "//": not possible */
	int16_t when[SESSION_IF_MAX];	/* numbers of predicates, negative: "not"; 0 ends */
	uint8_t then[SESSION_THEN_MAX];	/* enum session_event; 0 ends */
};

/* The rows in printed order.  A step's `cell` is an index into them. */
const struct session_row *session_cells(size_t *n);

/* "A.15 STA03 DN not-p66: SRELcnf+ TDISreq STA01", as `make cells` and tests name a row. */
void session_row_text(struct text *t, const struct session_row *row);

/* Are all literals of the branch true?  Tests ask it whether rows exclude each other. */
bool session_row_holds(const struct session_row *row, const struct session_vars *v,
                       const struct session_arg *arg);

/* Predicate pNN of Table A.7, asked by `event`.  False for a number that Tables
 * A.8 to A.16 do not use. */
bool session_predicate(unsigned number, const struct session_vars *v,
                       enum session_event event, const struct session_arg *arg);

enum session_verdict {
	SESSION_VALID,
	SESSION_INVALID,	/* blank cell, or no branch true (A.4.2.2): ops are those of
				 * A.4.1 */
	SESSION_IMPOSSIBLE,	/* "//" cell: no ops, state unchanged (A.4.1.3) */
};

struct session_step {
	uint8_t from, to;		/* enum session_state */
	uint8_t verdict;		/* enum session_verdict */
	uint8_t n;
	uint16_t cell;			/* row, or CELL_NONE of base/event.h */
	uint8_t ops[SESSION_STEP_OPS];	/* enum session_event */
};

/* A machine without transport connection, in STA 01. */
void session_vars_init(struct session_vars *v);

/*
 * One event in, one step out; changes nothing.  Notes (1), (4) and (5) are
 * applied (PREPARE SPDUs), and note (3) (SxABind becomes SUABind or SPABind).
 *
 * Invalid: an event of the user leads to nothing (A.4.1.1), a valid SPDU to
 * A.4.1.2 a) as session_invalid() says.
 */
struct session_step session_step(const struct session_vars *v, enum session_event event,
                                 const struct session_arg *arg);

/*
 * The step for an SPDU at an invalid intersection, or for an invalid SPDU
 * (A.4.1.2 a, A.4.3.2 a): SPABind, AB-nr, [4], STA16.  Where the user knows of
 * no session connection (STA 01C, 01D) without SPABind; where one has ended
 * already (STA 01A, 16) nothing (7.9.2: other SPDUs are discarded); where there
 * is no transport connection (STA 01, 01B) it is impossible.
 */
struct session_step session_invalid(const struct session_vars *v);

/* Does one specific action.  [6], [10], [50] and [51] concern octets that are
 * held elsewhere and change nothing here. */
void session_act(struct session_vars *v, enum session_event action,
                 enum session_event event, const struct session_arg *arg);

/* The resultant state; Vrsp becomes "no" in STA 713 (A.5.4.4). */
void session_enter(struct session_vars *v, enum session_state to);

/* All of a step but its outgoing events. */
void session_advance(struct session_vars *v, const struct session_step *step,
                     enum session_event event, const struct session_arg *arg);

/* AV(t) for all tokens (A.5.2 a), as TOKEN_* bits. */
uint8_t session_tokens(const struct session_vars *v);

/* Counts each row that session_step() takes, indexed like session_cells(); for
 * tests (NULL: nobody counts). */
extern uint32_t *session_cells_taken;

#endif
