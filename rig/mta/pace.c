/*
 * The times of what waits, where an administrator changes them: flush and scale.
 */
#include "mta/mta_inner.h"

/* It waits because something failed; else its originator has deferred it. */
static bool is_retried(const struct entry *e)
{
	return e->attempts > 0;
}

void mta_flush(struct mta *m)
{
	for (size_t i = 0; i < m->config.peers_n; i++)
		net_timer_cancel(m->net, &m->neighbours[i].timer);
	for (struct entry *e = queue_next(&m->queue, NULL); e; e = queue_next(&m->queue, e))
		if (is_retried(e))
			e->not_before_us = mta_wall(m);
	m->congested_until = 0;
	mta_turn(m);
}

int64_t pace_at(int64_t at, int64_t now, double factor)
{
	return at <= now || at == NEVER_US ? at : now + (int64_t)((double)(at - now) * factor);
}

static void rescale_timer(struct mta *m, struct net_timer *t, double factor)
{
	int64_t now = net_now(m->net);

	if (net_timer_is_set(t))
		net_timer_set(m->net, t, pace_at(t->at_us, now, factor), t->fn, t->ctx);
}

/* Its life begins when it may first go. */
static void rescale_entry(struct entry *e, int64_t now, double factor)
{
	int64_t from = now;

	if (is_retried(e))
		e->not_before_us = pace_at(e->not_before_us, now, factor);
	else if (e->not_before_us > now)
		from = e->not_before_us;
	e->expires_us = pace_at(e->expires_us, from, factor);
}

void mta_rescale(struct mta *m, double factor)
{
	int64_t wall = mta_wall(m);

	mta_scale(&m->config, factor);
	for (size_t i = 0; i < m->config.peers_n; i++)
		rescale_timer(m, &m->neighbours[i].timer, factor);
	for (struct line *l = m->lines; l; l = l->next)
		rescale_timer(m, &l->timer, factor);
	queue_rescale(&m->queue, wall, factor);
	for (struct entry *e = queue_next(&m->queue, NULL); e; e = queue_next(&m->queue, e))
		rescale_entry(e, wall, factor);
	for (unsigned i = 0; i < m->config.peers_n * QUEUE_RANKS; i++)
		m->queue.lists[i / QUEUE_RANKS][i % QUEUE_RANKS].expires_us = wall;
	m->congested_until = pace_at(m->congested_until, net_now(m->net), factor);
	recovery_rescale(m, factor);
	mta_turn(m);
}
