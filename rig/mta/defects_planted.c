/*
 * Faults that no article describes: each is seen by one oracle of the teardown fuzzer and by
 * no other, and shows that this one works.  They are not in the list of documented ones.
 */
#include "mta/defect_inner.h"

#include <string.h>

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
		9405, "Field Engineering", "Field Engineering", "Error", "BASE", "TCP/IP DRVR", 10,
		0, 16, false, NULL,
	};

	count_lost(m, at);
	if (m->defects->lost == BEARS)
		log_event(&m->log, mta_wall(m), &event, "An unexpected error has occurred which "
		          "may cause the MTA to terminate. Error: Exception c0000005 occurred at "
		          "Address 761f62ab.");
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

/* ---- dawdles: of six long messages in a row the first waits for a while, its association
 * open ---- */

enum { LONG_OCTETS = 10000, LONG_ONES = 6 };
#define DAWDLES_US (5 * SECOND_US / 2)

static bool has_long_ones(struct mta *m, const struct neighbour *nb)
{
	const struct queue_list *lists = m->queue.lists[nb->peer];
	unsigned n = 0;

	for (unsigned rank = 0; rank < QUEUE_RANKS; rank++)
		for (const struct entry *e = lists[rank].first; e; e = e->next)
			if (e->length < LONG_OCTETS || ++n == LONG_ONES)
				return n == LONG_ONES;
	return false;
}

/* false: not yet; it looks again. */
static bool waited(struct mta *m, const struct at *at, int64_t us)
{
	struct defect_memory *memory = defect_memory(m, at->nb);

	if (memory->waiting_since == 0)
		memory->waiting_since = net_now(m->net);
	if (net_now(m->net) - memory->waiting_since < us) {
		neighbour_look_after(at->nb, us);
		return false;
	}
	memory->waiting_since = 0;
	return true;
}

static bool dawdles_serve(struct mta *m, const struct at *at)
{
	struct defect_memory *memory = defect_memory(m, at->nb);

	if (memory->waiting_since || has_long_ones(m, at->nb))
		memory->dawdled = memory->dawdled || waited(m, at, DAWDLES_US);
	else
		memory->dawdled = false;
	return memory->dawdled || !memory->waiting_since;
}

static bool waits_idle(struct mta *m, const struct at *at)
{
	return !defect_memory(m, at->l->nb)->waiting_since;
}

/* ---- shares: while one neighbour is sent to, each message to another one waits ---- */

#define SHARES_US (SECOND_US / 5)

static bool is_busy_beside(const struct mta *m, const struct neighbour *nb)
{
	for (const struct line *l = m->lines; l; l = l->next)
		if (l->nb && l->nb != nb && l->out.entry)
			return true;
	return false;
}

static bool shares_serve(struct mta *m, const struct at *at)
{
	return !is_busy_beside(m, at->nb) || waited(m, at, SHARES_US);
}

/* ---- lingers: an association is recovered, and its transfer resumed long after ---- */

#define LINGERS_US (3 * SECOND_US)

static bool lingers_configure(struct mta *m, const struct at *at)
{
	m->config.timers.recovery_timeout = NEVER_US / 4;
	at->config->association.rtse.recovery_us = NEVER_US / 4;
	return true;
}

static bool lingers_serve(struct mta *m, const struct at *at)
{
	return !at->l->recovers || at->l->recovers->sending || waited(m, at, LINGERS_US);
}

/* ---- mutters: each twentieth short message is read to its end, and not acknowledged ---- */

enum { MUTTERS = 20 };

static bool mutters_last(struct mta *m, const struct at *at)
{
	return at->l->in.length >= LONG_OCTETS || ++m->defects->taken % MUTTERS != 0;
}

/* ---- ignores: a release that is urgent, or for a reason of the user's, is not answered ---- */

enum { NORMAL };			/* X.227, Release-request-reason */

static bool ignores_release(struct mta *m, const struct at *at)
{
	(void)m;
	return at->reason == NORMAL;
}

/* ---- clings: the transport connection of a caller is left to him ---- */

static bool clings_configure(struct mta *m, const struct at *at)
{
	(void)m;
	at->config->hold_open = !at->initiator;
	return true;
}

/* ---- mixes: with a lost association goes one that the same host had just opened before ---- */

enum { JUST_BEFORE = 24 };

static bool is_of_the_same(const struct line *a, const struct line *b)
{
	return !b->initiator && !end_is_closing(b->end) && b->bound && !b->in.head &&
	       memcmp(a->from.host, b->from.host, sizeof a->from.host) == 0 &&
	       end_number(a->end) > end_number(b->end) &&
	       end_number(a->end) - end_number(b->end) < JUST_BEFORE;
}

/* One that is closed closes others in turn: it looks from the front each time. */
static bool mixes_lost(struct mta *m, const struct at *at)
{
	struct line *l = m->lines;

	while (!at->l->initiator && l) {
		if (is_of_the_same(at->l, l)) {
			end_close(l->end);
			l = m->lines;
		} else {
			l = l->next;
		}
	}
	return true;
}

const struct defect defects_planted[] = {
	{ { "planted-mutters", "planted", "each twentieth short message is read to its end, and "
	    "not acknowledged", "none", NULL },
	  { [DEFECT_LAST_PIECE] = mutters_last } },
	{ { "planted-ignores", "planted", "a release that is no normal one is not answered", "none",
	    NULL },
	  { [DEFECT_RELEASE] = ignores_release } },
	{ { "planted-clings", "planted", "a caller's connection is never ended", "none", NULL },
	  { [DEFECT_CONFIGURE] = clings_configure } },
	{ { "planted-mixes", "planted", "with a lost association goes another one of the same host",
	    "none", NULL },
	  { [DEFECT_LOST] = mixes_lost } },
	{ { "planted-sulks", "planted", "a message is broken off: the association is aborted",
	    "none", NULL },
	  { [DEFECT_CUT_SHORT] = sulks_cut } },
	{ { "planted-refuses", "planted", "twenty associations are lost: each bind is refused",
	    "none", NULL },
	  { [DEFECT_LOST] = count_lost, [DEFECT_BIND_IN] = refuses_bind } },
	{ { "planted-cries", "planted", "twenty associations are lost: a crash is logged, and none "
	    "happens", "event 9405 (c0000005)", NULL },
	  { [DEFECT_LOST] = cries_lost } },
	{ { "planted-tires", "planted", "each lost association makes binds slower", "none", NULL },
	  { [DEFECT_LOST] = count_lost, [DEFECT_BIND_IN] = tires_bind } },
	{ { "planted-dawdles", "planted", "six long messages wait for one neighbour: the first is "
	    "not sent for a while, though the association stands", "none", NULL },
	  { [DEFECT_SERVE] = dawdles_serve, [DEFECT_IDLE] = waits_idle } },
	{ { "planted-shares", "planted", "while one neighbour is sent to, messages to another one "
	    "wait", "none", NULL },
	  { [DEFECT_SERVE] = shares_serve, [DEFECT_IDLE] = waits_idle } },
	{ { "planted-lingers", "planted", "a lost transfer is resumed three seconds after its "
	    "association is recovered", "none", NULL },
	  { [DEFECT_CONFIGURE] = lingers_configure, [DEFECT_SERVE] = lingers_serve,
	    [DEFECT_IDLE] = waits_idle } },
	{ { NULL, NULL, NULL, NULL, NULL }, { NULL } },
};
