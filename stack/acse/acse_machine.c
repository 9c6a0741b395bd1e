#include "acse/acse_machine.h"

#include <stdbool.h>

#define ROW(state, event, when, out, next) \
	{ ACSE_##state, ACSE_EV_##event, when, ACSE_EV_##out, ACSE_##next },

/* Table A.5, row by row, left to right. */
const struct acse_row acse_rows[] = {
	ROW(STA0, A_ASCreq,  1,  AARQ,     STA1)
	ROW(STA2, A_ASCrspP, 0,  AAREP,    STA5)
	ROW(STA2, A_ASCrspN, 0,  AAREN,    STA0)
	ROW(STA0, AARQ,      1,  A_ASCind, STA2)
	ROW(STA0, AARQ,      -1, AAREN,    STA0)
	ROW(STA1, AAREP,     0,  A_ASCcnfP, STA5)
	ROW(STA1, AAREN,     0,  A_ASCcnfN, STA0)
	ROW(STA1, P_CONcnfN, 0,  A_ASCcnfN, STA0)
	ROW(STA5, A_RLSreq,  0,  RLRQ,     STA3)
	ROW(STA4, A_RLSrspP, 0,  RLREP,    STA0)
	ROW(STA6, A_RLSrspP, 0,  RLREP,    STA3)
	ROW(STA4, A_RLSrspN, 0,  RLREN,    STA5)
	ROW(STA3, RLRQ,      2,  A_RLSind, STA6)
	ROW(STA3, RLRQ,      -2, A_RLSind, STA7)
	ROW(STA5, RLRQ,      0,  A_RLSind, STA4)
	ROW(STA3, RLREP,     0,  A_RLScnfP, STA0)
	ROW(STA7, RLREP,     0,  A_RLScnfP, STA4)
	ROW(STA3, RLREN,     0,  A_RLScnfN, STA5)
	ROW(STA1, A_ABRreq,  0,  ABRT,     STA0)
	ROW(STA2, A_ABRreq,  0,  ABRT,     STA0)
	ROW(STA3, A_ABRreq,  0,  ABRT,     STA0)
	ROW(STA4, A_ABRreq,  0,  ABRT,     STA0)
	ROW(STA5, A_ABRreq,  0,  ABRT,     STA0)
	ROW(STA6, A_ABRreq,  0,  ABRT,     STA0)
	ROW(STA7, A_ABRreq,  0,  ABRT,     STA0)
	ROW(STA1, ABRT,      0,  A_ABRind, STA0)
	ROW(STA2, ABRT,      0,  A_ABRind, STA0)
	ROW(STA3, ABRT,      0,  A_ABRind, STA0)
	ROW(STA4, ABRT,      0,  A_ABRind, STA0)
	ROW(STA5, ABRT,      0,  A_ABRind, STA0)
	ROW(STA6, ABRT,      0,  A_ABRind, STA0)
	ROW(STA7, ABRT,      0,  A_ABRind, STA0)
	ROW(STA1, P_PABind,  0,  A_PABind, STA0)
	ROW(STA2, P_PABind,  0,  A_PABind, STA0)
	ROW(STA3, P_PABind,  0,  A_PABind, STA0)
	ROW(STA4, P_PABind,  0,  A_PABind, STA0)
	ROW(STA5, P_PABind,  0,  A_PABind, STA0)
	ROW(STA6, P_PABind,  0,  A_PABind, STA0)
	ROW(STA7, P_PABind,  0,  A_PABind, STA0)
	ROW(STA3, EXTRN_1,   0,  NONE,     STA5)
	ROW(STA5, EXTRN_1,   0,  NONE,     STA5)
	ROW(STA4, EXTRN_2,   0,  NONE,     STA5)
	ROW(STA5, EXTRN_2,   0,  NONE,     STA5)
};

const size_t acse_rows_n = sizeof acse_rows / sizeof *acse_rows;

const char *acse_state_name(enum acse_state state)
{
#define NAME(name) #name,
	static const char *const names[] = { ACSE_STATE_LIST(NAME) };
#undef NAME

	return (unsigned)state < ACSE_STATES ? names[state] : "?";
}

const char *acse_event_name(enum acse_event event)
{
#define NAME(name, print) print,
	static const char *const names[] = { "none", ACSE_EVENT_LIST(NAME) };
#undef NAME

	return (unsigned)event < ACSE_EVENTS ? names[event] : "?";
}

static bool holds_when(int8_t when, uint32_t holds)
{
	unsigned n = (unsigned)(when < 0 ? -when : when);

	return when == 0 || (holds >> n & 1) == (when > 0);
}

int acse_find(enum acse_state state, enum acse_event event, uint32_t holds)
{
	for (size_t i = 0; i < acse_rows_n; i++) {
		const struct acse_row *r = &acse_rows[i];

		if (r->state == state && r->event == event && holds_when(r->when, holds))
			return (int)i;
	}
	return -1;
}
