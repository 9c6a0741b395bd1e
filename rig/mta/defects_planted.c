/*
 * Faults that no article describes: each is seen by one oracle of the teardown fuzzer and by
 * no other, and shows that this one works.  They are not in the list of documented ones.
 */
#include "mta/defect_inner.h"

enum { BEARS = 20 };

/* So many associations were lost. */
static bool is_worn(struct mta *m)
{
	return m->defects->lost >= BEARS;
}

static bool count_lost(struct mta *m, const struct at *at)
{
	(void)at;
	m->defects->lost++;
	return true;
}

/* ---- refuses ---- */

static bool refuses_bind(struct mta *m, const struct at *at)
{
	if (!is_worn(m))
		return true;
	association_refuse(end_association(at->l->end), line_now(at->l), P1_BIND_BUSY);
	return false;
}

/* ---- cries: of a crash that does not happen ---- */

static bool cries_lost(struct mta *m, const struct at *at)
{
	static const struct log_event event = {
		9405, "Field Engineering", "Field Engineering", "Error", "BASE", "TCP/IP DRVR", 10, 0, 16,
		false, NULL,
	};

	count_lost(m, at);
	if (m->defects->lost == BEARS)
		log_event(&m->log, mta_wall(m), &event, "An unexpected error has occurred which may "
		          "cause the MTA to terminate. Error: Exception c0000005 occurred at Address "
		          "761f62ab.");
	return true;
}

/* ---- tires: each lost association makes binds a little slower ---- */

enum { TIRED_US = 50 };

static void answer_late(void *ctx)
{
	struct line *l = ctx;
	struct p1_bind ours = p1_bind_simple(l->m->config.name, l->m->config.password);

	l->bound = true;
	association_accept(end_association(l->end), line_now(l), &ours);
	end_pump(l->end);
}

static bool tires_bind(struct mta *m, const struct at *at)
{
	net_timer_set(m->net, &at->l->timer,
	              line_now(at->l) + (int64_t)m->defects->lost * TIRED_US, answer_late, at->l);
	return false;
}

/* ---- sulks: behind an interrupt or a discard the association is aborted if nothing comes
 * at once ---- */

enum { SULKS_US = 700 };

static void abort_it(void *ctx)
{
	struct line *l = ctx;

	association_abort(end_association(l->end), line_now(l));
	end_pump(l->end);
}

static bool sulks_cut(struct mta *m, const struct at *at)
{
	if (!at->l->initiator && at->l->bound)
		net_timer_set(m->net, &at->l->timer, line_now(at->l) + SULKS_US, abort_it, at->l);
	return true;
}

const struct defect defects_planted[] = {
	{ { "planted-sulks", "planted", "a message is broken off: the association is aborted", "none",
	    NULL },
	  { [DEFECT_CUT_SHORT] = sulks_cut } },
	{ { "planted-refuses", "planted", "twenty associations are lost: each bind is refused", "none",
	    NULL },
	  { [DEFECT_LOST] = count_lost, [DEFECT_BIND_IN] = refuses_bind } },
	{ { "planted-cries", "planted", "twenty associations are lost: a crash is logged, and none "
	    "happens", "event 9405 (c0000005)", NULL },
	  { [DEFECT_LOST] = cries_lost } },
	{ { "planted-tires", "planted", "each lost association makes binds slower", "none", NULL },
	  { [DEFECT_LOST] = count_lost, [DEFECT_BIND_IN] = tires_bind } },
	{ { NULL, NULL, NULL, NULL, NULL }, { NULL } },
};
