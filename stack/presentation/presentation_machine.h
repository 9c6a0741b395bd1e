/*
 * presentation_machine: the state tables of X.226 Annex A as data.
 *
 * Tables A.21 to A.23 and A.25 to A.28 stand row by row in
 * presentation_table.inc, for the kernel: context management (STAac0 to STAac2,
 * Table A.24) and with it context restoration (p17) are never selected, and
 * resynchronize (A.29) is no functional unit of X.400.  presentation_find() is
 * pure: it gives the row whose predicates hold, for machine and observer alike.
 *
 * A cell without rows is blank: an invalid intersection (A.4.1).
 */
#ifndef PRESENTATION_PRESENTATION_MACHINE_H
#define PRESENTATION_PRESENTATION_MACHINE_H

#include <stddef.h>
#include <stdint.h>

/* Table A.17. */
#define PRESENTATION_STATE_LIST(X) X(STAI0) X(STAI1) X(STAI2) X(STAt0)

/* Tables A.16 and A.18: C name, printed name. */
#define PRESENTATION_EVENT_LIST(X) \
	/* of the PS-user */ \
	X(P_CONreq, "P-CONreq") X(P_CONrspP, "P-CONrsp+") X(P_CONrspN, "P-CONrsp-") \
	X(P_RELreq, "P-RELreq") X(P_RELrspP, "P-RELrsp+") X(P_RELrspN, "P-RELrsp-") \
	X(P_UABreq, "P-UABreq") X(P_DTreq, "P-DTreq") X(P_TDreq, "P-TDreq") \
	X(P_EXreq, "P-EXreq") X(P_CDreq, "P-CDreq") X(P_CDrsp, "P-CDrsp") \
	X(P_GTreq, "P-GTreq") X(P_PTreq, "P-PTreq") X(P_CGreq, "P-CGreq") \
	X(P_SYNmreq, "P-SYNmreq") X(P_SYNmrsp, "P-SYNmrsp") X(P_SYNMreq, "P-SYNMreq") \
	X(P_SYNMrsp, "P-SYNMrsp") X(P_ACTSreq, "P-ACTSreq") X(P_ACTRreq, "P-ACTRreq") \
	X(P_ACTEreq, "P-ACTEreq") X(P_ACTErsp, "P-ACTErsp") X(P_ACTIreq, "P-ACTIreq") \
	X(P_ACTIrsp, "P-ACTIrsp") X(P_ACTDreq, "P-ACTDreq") X(P_ACTDrsp, "P-ACTDrsp") \
	X(P_UERreq, "P-UERreq") \
	/* PPDUs, in and out */ \
	X(CP, "CP") X(CPA, "CPA") X(CPR, "CPR") X(ARU, "ARU") X(ARP, "ARP") X(TD, "TD") \
	X(TTD, "TTD") X(TE, "TE") X(TC, "TC") X(TCC, "TCC") \
	/* of the SS-provider */ \
	X(S_CONcnfN, "S-CONcnf-") X(S_PABind, "S-PABind") X(S_RELind, "S-RELind") \
	X(S_RELcnfP, "S-RELcnf+") X(S_RELcnfN, "S-RELcnf-") X(S_GTind, "S-GTind") \
	X(S_PTind, "S-PTind") X(S_CGind, "S-CGind") X(S_SYNmind, "S-SYNmind") \
	X(S_SYNmcnf, "S-SYNmcnf") X(S_SYNMind, "S-SYNMind") X(S_SYNMcnf, "S-SYNMcnf") \
	X(S_ACTSind, "S-ACTSind") X(S_ACTRind, "S-ACTRind") X(S_ACTEind, "S-ACTEind") \
	X(S_ACTEcnf, "S-ACTEcnf") X(S_ACTIind, "S-ACTIind") X(S_ACTIcnf, "S-ACTIcnf") \
	X(S_ACTDind, "S-ACTDind") X(S_ACTDcnf, "S-ACTDcnf") X(S_UERind, "S-UERind") \
	X(S_PERind, "S-PERind") \
	/* to the PS-user */ \
	X(P_CONind, "P-CONind") X(P_CONcnfP, "P-CONcnf+") X(P_CONcnfN, "P-CONcnf-") \
	X(P_RELind, "P-RELind") X(P_RELcnfP, "P-RELcnf+") X(P_RELcnfN, "P-RELcnf-") \
	X(P_UABind, "P-UABind") X(P_PABind, "P-PABind") X(P_DTind, "P-DTind") \
	X(P_TDind, "P-TDind") X(P_EXind, "P-EXind") X(P_CDind, "P-CDind") \
	X(P_CDcnf, "P-CDcnf") X(P_GTind, "P-GTind") X(P_PTind, "P-PTind") \
	X(P_CGind, "P-CGind") X(P_SYNmind, "P-SYNmind") X(P_SYNmcnf, "P-SYNmcnf") \
	X(P_SYNMind, "P-SYNMind") X(P_SYNMcnf, "P-SYNMcnf") X(P_ACTSind, "P-ACTSind") \
	X(P_ACTRind, "P-ACTRind") X(P_ACTEind, "P-ACTEind") X(P_ACTEcnf, "P-ACTEcnf") \
	X(P_ACTIind, "P-ACTIind") X(P_ACTIcnf, "P-ACTIcnf") X(P_ACTDind, "P-ACTDind") \
	X(P_ACTDcnf, "P-ACTDcnf") X(P_UERind, "P-UERind") X(P_PERind, "P-PERind") \
	/* to the SS-provider */ \
	X(S_RELreq, "S-RELreq") X(S_RELrspP, "S-RELrsp+") X(S_RELrspN, "S-RELrsp-") \
	X(S_GTreq, "S-GTreq") X(S_PTreq, "S-PTreq") X(S_CGreq, "S-CGreq") \
	X(S_SYNmreq, "S-SYNmreq") X(S_SYNmrsp, "S-SYNmrsp") X(S_SYNMreq, "S-SYNMreq") \
	X(S_SYNMrsp, "S-SYNMrsp") X(S_ACTSreq, "S-ACTSreq") X(S_ACTRreq, "S-ACTRreq") \
	X(S_ACTEreq, "S-ACTEreq") X(S_ACTErsp, "S-ACTErsp") X(S_ACTIreq, "S-ACTIreq") \
	X(S_ACTIrsp, "S-ACTIrsp") X(S_ACTDreq, "S-ACTDreq") X(S_ACTDrsp, "S-ACTDrsp") \
	X(S_UERreq, "S-UERreq")

#define PRESENTATION_X_STATE(name) PRESENTATION_##name,
#define PRESENTATION_X_EVENT(name, print) PRESENTATION_EV_##name,

enum presentation_state { PRESENTATION_STATE_LIST(PRESENTATION_X_STATE) PRESENTATION_STATES };

/* Events, then the specific actions [nn] of Table A.19 as ACTIONS + nn. */
enum presentation_event {
	PRESENTATION_EV_NONE,
	PRESENTATION_EVENT_LIST(PRESENTATION_X_EVENT)
	PRESENTATION_EVENTS,
	PRESENTATION_ACTIONS = PRESENTATION_EVENTS,
	PRESENTATION_OPS = PRESENTATION_ACTIONS + 23,
};

/* "STAt0", "P-CONreq" */
const char *presentation_state_name(enum presentation_state state);
const char *presentation_event_name(enum presentation_event event);

enum { PRESENTATION_IF_MAX = 4, PRESENTATION_DO_MAX = 5 };

/* One branch of a cell. */
struct presentation_row {
	uint8_t state, event, next;
	int8_t when[PRESENTATION_IF_MAX];	/* predicates: n: pn, -n: not pn; all must hold */
	uint8_t ops[PRESENTATION_DO_MAX];	/* in order; PRESENTATION_EV_NONE: no more */
	const char *table;		/* "A.21" */
};

extern const struct presentation_row presentation_rows[];
extern const size_t presentation_rows_n;

/* Bit n of `holds`: predicate pn of Table A.20 is true.  The row to be taken,
 * or -1: invalid (A.4.1, A.4.2.2). */
int presentation_find(enum presentation_state state, enum presentation_event event,
                      uint32_t holds);

#endif
