/*
 * What an MTA may do of its own accord, and the healthy one has no cause to: no faults, so
 * they are not in the list of documented ones.  With them conversations with MTAs that do so
 * can be had again.
 */
#include "mta/defect_inner.h"

/* ---- own-exception: once, behind the first checkpoint that it has confirmed ---- */

static bool exception_data(struct mta *m, const struct at *at)
{
	struct association *a = end_association(at->l->end);

	if (m->defects->excepted || a->rtse.confirmed == 0)
		return true;
	m->defects->excepted = true;
	association_reject(a, line_now(at->l), EXCEPTION_LOCAL_USER);
	return false;
}

/* ---- own-abort: of an association that it opened, once it has brought a message ---- */

static bool abort_taken(struct mta *m, const struct at *at)
{
	(void)m;
	if (at->l->initiator)
		association_abort_because(end_association(at->l->end), line_now(at->l),
		                          RTSE_ABORT_TEMPORARY, 0);
	return true;
}

const struct defect defects_own[] = {
	{ { "own-exception", "X.225 8.3.28", "a checkpoint of a message that comes in was "
	    "confirmed: an exception is reported behind it, once (local user)", "none", NULL },
	  { [DEFECT_DATA_IN] = exception_data } },
	{ { "own-abort", "X.218 RT-P-ABORT", "a message has come in on an association that the MTA "
	    "opened: it is acknowledged, and the association aborted (temporary problem)", "none",
	    NULL },
	  { [DEFECT_TAKEN] = abort_taken } },
	{ { NULL, NULL, NULL, NULL, NULL }, { NULL } },
};
