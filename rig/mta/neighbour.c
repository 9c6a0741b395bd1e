/*
 * A neighbour with mail waiting: associations, intervals, retries.
 */
#include "mta/mta_inner.h"

#include <stdio.h>
#include <string.h>

const struct mta_peer *neighbour_peer(const struct neighbour *nb)
{
	return &nb->m->config.peers[nb->peer];
}

void neighbour_log(struct neighbour *nb, const struct log_event *e, const char *fmt)
{
	/* fmt is a literal with one %s. */
	char text[300];
	const char *at = strstr(fmt, "%s");

	snprintf(text, sizeof text, "%.*s%s%s", (int)(at - fmt), fmt, neighbour_peer(nb)->name,
	         at + 2);
	log_event(&nb->m->log, mta_wall(nb->m), e, "%s", text);
}

/* ---- choosing ---- */

/* The oldest that may go now; notes when the next one may.  What is not on disk yet waits for
 * the commit: it would be there no more if that fails. */
static struct entry *oldest(struct neighbour *nb, unsigned rank)
{
	int64_t now = mta_wall(nb->m);

	for (struct entry *e = nb->m->queue.lists[nb->peer][rank].first; e; e = e->next) {
		if (e->hung || e->sending || e->recovery || e->added)
			continue;
		if (e->not_before_us <= now)
			return e;
		if (e->not_before_us < nb->ready_at)
			nb->ready_at = e->not_before_us;
	}
	return NULL;
}

static struct entry *choose(struct neighbour *nb, bool urgent)
{
	struct entry *e = NULL;

	for (unsigned rank = 0; rank < (urgent ? 1 : QUEUE_RANKS) && !e && !nb->served; rank++)
		e = oldest(nb, rank);
	nb->served |= !e && !urgent;
	return e;
}

/* What waits for a neighbour of 1988 does not go into an association of 1984 that it opened. */
static bool speaks_enough(const struct line *l)
{
	return neighbour_peer(l->nb)->context == ASSOCIATION_MTS_TRANSFER_PROTOCOL_1984 ||
	       association_context_of(end_association(l->end)) !=
	       ASSOCIATION_MTS_TRANSFER_PROTOCOL_1984;
}

struct entry *neighbour_choose(struct line *l)
{
	struct at at = { .nb = l->nb, .l = l };

	if (!defect_at(l->m, DEFECT_SERVE, at) || !speaks_enough(l))
		return NULL;
	if (l->recovers && !l->recovers->sending)
		return l->recovers;
	return choose(l->nb, l->urgent);
}

/* ---- opening ---- */

/* One association; one more for each threshold of messages that wait; the last
 * one allowed is for urgent messages. */
static bool wants_another(struct neighbour *nb, bool *urgent)
{
	const struct mta_config *c = &nb->m->config;
	const struct queue_list *lists = nb->m->queue.lists[nb->peer];
	size_t waiting = lists[0].n + lists[1].n + lists[2].n;
	uint32_t most = c->associations_max;

	*urgent = nb->ours > 0 && nb->ours + 1 == most;
	if (nb->ours >= most || !choose(nb, *urgent))
		return false;
	return nb->ours == 0 || waiting > (size_t)c->threshold * nb->ours;
}

static void look_again(void *ctx)
{
	struct neighbour *nb = ctx;

	mta_turn(nb->m);
}

void neighbour_look_after(struct neighbour *nb, int64_t us)
{
	if (!net_timer_is_set(&nb->timer))
		net_timer_set(nb->m->net, &nb->timer, net_now(nb->m->net) + us, look_again, nb);
}

/* All that could have gone; what is deferred has not failed. */
static void give_up_all(struct neighbour *nb)
{
	struct mta *m = nb->m;
	int64_t now = mta_wall(m);

	nb->refused = 0;
	for (unsigned rank = 0; rank < QUEUE_RANKS; rank++)
		for (struct entry *e = m->queue.lists[nb->peer][rank].first, *next; e; e = next) {
			next = e->next;
			if (!e->sending && !e->added && (e->attempts || e->not_before_us <= now))
				relay_give_up(m, e, X400_TRANSFER_FAILURE, X400_MTS_CONGESTION);
		}
}

void neighbour_retry(struct neighbour *nb)
{
	struct mta *m = nb->m;

	if (++nb->refused > m->config.timers.open_retries)
		give_up_all(nb);
	neighbour_look_after(nb, m->config.timers.open_interval);
	defect_at(m, DEFECT_NOT_OPENED, (struct at){ .nb = nb });
}

static void open_more(struct neighbour *nb)
{
	bool urgent;

	if (!neighbour_peer(nb)->address.family || net_timer_is_set(&nb->timer) ||
	    !wants_another(nb, &urgent))
		return;
	if (defect_at(nb->m, DEFECT_OPEN, (struct at){ .nb = nb }) &&
	    !outbound_open(nb, urgent, NULL))
		neighbour_retry(nb);
}

/* ---- work ---- */

static int64_t sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Lists are in order of age, which is not that of expiry: some were deferred, or came when
 * other settings held.  A long list is not looked through at every message that expires. */
static void expire(struct mta *m, struct queue_list *l)
{
	int64_t now = mta_wall(m), first = NEVER_US, pause = now + (int64_t)l->n;

	if (l->expires_us > now)
		return;
	l->expires_us = NEVER_US;		/* lowered by reports that come on this list */
	for (struct entry *e = l->first, *next; e; e = next) {
		next = e->next;
		if (e->expires_us > now)
			first = sooner(first, e->expires_us);
		else if (e->sending || e->added)
			first = sooner(first, now + SECOND_US);	/* not yet; looked at again */
		else
			relay_give_up(m, e, X400_UNABLE_TO_TRANSFER, X400_MAXIMUM_TIME_EXPIRED);
	}
	l->expires_us = sooner(l->expires_us, first < pause ? pause : first);
}

static void look(void *ctx)
{
	mta_turn(ctx);
}

/* What is due later must be looked at, also when nothing else happens. */
static void watch(struct mta *m)
{
	int64_t now = net_now(m->net), first = NEVER_US;

	for (size_t i = 0; i < m->config.peers_n; i++) {
		first = sooner(first, m->neighbours[i].ready_at);
		for (unsigned rank = 0; rank < QUEUE_RANKS; rank++) {
			const struct queue_list *l = &m->queue.lists[i][rank];

			if (l->n)
				first = sooner(first, l->expires_us);
		}
	}
	if (first != NEVER_US)
		first = now + (first - mta_wall(m));
	if (m->congested_until)
		first = sooner(first, m->congested_until);
	first = sooner(first, recovery_next(m));
	if (first == NEVER_US)
		net_timer_cancel(m->net, &m->watch);
	else
		net_timer_set(m->net, &m->watch, first, look, m);
}

/* While a commit is in doubt nothing leaves: it may have taken what is here again off the disk,
 * with a report. */
static void send_and_open(struct mta *m)
{
	for (struct line *l = m->lines, *next; l; l = next) {
		next = l->next;
		outgoing_serve(l);
	}
	for (size_t i = 0; i < m->config.peers_n; i++)
		open_more(&m->neighbours[i]);
}

void neighbour_work(struct mta *m)
{
	recovery_expire(m);
	for (size_t i = 0; i < m->config.peers_n; i++) {
		m->neighbours[i].ready_at = NEVER_US;
		m->neighbours[i].served = false;
		for (unsigned rank = 0; rank < QUEUE_RANKS; rank++)
			expire(m, &m->queue.lists[i][rank]);
	}
	if (!queue_is_in_doubt(&m->queue))
		send_and_open(m);
	watch(m);
}

void neighbour_init(struct mta *m)
{
	for (unsigned i = 0; i < MTA_PEERS_MAX; i++) {
		m->neighbours[i].m = m;
		m->neighbours[i].peer = i;
		m->neighbours[i].ready_at = NEVER_US;
	}
}

void neighbour_free(struct mta *m)
{
	for (size_t i = 0; i < MTA_PEERS_MAX; i++)
		net_timer_cancel(m->net, &m->neighbours[i].timer);
}
