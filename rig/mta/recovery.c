/*
 * What a lost association leaves, for the one that recovers it.
 */
#include "mta/mta_inner.h"

#include <stdlib.h>
#include <string.h>

enum {
	/* What came in before it broke off holds a head of up to 8 MiB: a peer that
	 * breaks off again and again costs no more than this many. */
	REMAINS_MAX = 32,
};

static struct pool *pool_of(const struct line *l)
{
	return end_association(l->end)->config->pool;
}

static void drop(struct mta *m, struct remains *k)
{
	struct remains **at = &m->kept;

	while (*at != k)
		at = &(*at)->next;
	*at = k->next;
	m->kept_n--;
	association_lost_drop(&k->lost, k->pool);
	incoming_drop(m, &k->in);
	for (struct line *l = m->lines; l && k->entry; l = l->next)
		if (l->recovers == k->entry)
			l->recovers = NULL;
	if (k->entry)
		k->entry->recovery = NULL;
	free(k);
}

void recovery_drop(struct entry *e, struct mta *m)
{
	if (e->recovery)
		drop(m, e->recovery);
}

static struct remains *keep(struct line *l, const struct association_lost *lost)
{
	struct mta *m = l->m;
	struct remains *k = calloc(1, sizeof *k), *oldest = m->kept;

	if (!k)
		return NULL;
	while (oldest && oldest->next)
		oldest = oldest->next;
	if (oldest && m->kept_n == REMAINS_MAX)
		drop(m, oldest);
	k->lost = *lost;
	k->pool = pool_of(l);
	k->nb = l->nb;
	k->from = l->from;
	k->next = m->kept;
	m->kept = k;
	m->kept_n++;
	return k;
}

/* A sender: the entry waits for the association that recovers this one. */
static void keep_sent(struct line *l, struct remains *k)
{
	k->entry = l->out.entry;
	k->entry->recovery = k;
}

void recovery_keep(struct line *l)
{
	struct association_lost lost;
	bool sender, useful;
	struct remains *k;

	if (!l->nb || !association_past(end_association(l->end), line_now(l), &lost))
		return;
	sender = lost.rtse.sender;
	/* What is not on disk yet might never be. */
	useful = sender ? l->out.entry != NULL
	                : !l->due && queue_has_settled(&l->m->queue, l->in.put_in);
	k = useful ? keep(l, &lost) : NULL;
	if (!k) {
		association_lost_drop(&lost, pool_of(l));
	} else if (sender) {
		keep_sent(l, k);
	} else {
		k->in = l->in;
		l->in = (struct incoming){ .head = NULL };
	}
}

void recovery_expire(struct mta *m)
{
	int64_t now = net_now(m->net);

	for (struct remains *k = m->kept, *next; k; k = next) {
		next = k->next;
		if (k->lost.rtse.until_us <= now)
			drop(m, k);
	}
}

int64_t recovery_next(const struct mta *m)
{
	int64_t first = NEVER_US;

	for (const struct remains *k = m->kept; k; k = k->next)
		if (k->lost.rtse.until_us < first)
			first = k->lost.rtse.until_us;
	return first;
}

void recovery_rescale(struct mta *m, double factor)
{
	for (struct remains *k = m->kept; k; k = k->next)
		k->lost.rtse.until_us = pace_at(k->lost.rtse.until_us, net_now(m->net), factor);
}

static bool same_host(const struct net_address *a, const struct net_address *b)
{
	return a->family == b->family && memcmp(a->host, b->host, sizeof a->host) == 0;
}

static bool is_same_peer(const struct line *l, const struct remains *k)
{
	return same_host(&l->from, &k->from) ||
	       same_host(&l->from, &neighbour_peer(k->nb)->address);
}

struct neighbour *recovery_adopt(struct line *l, const struct rtse_session_id *id,
                                 struct neighbour **whose)
{
	struct neighbour *nb;
	struct remains *k = l->m->kept;

	while (k && (k->entry || !rtse_lost_is(&k->lost.rtse, line_now(l), id)))
		k = k->next;
	*whose = k ? k->nb : NULL;
	if (!k || !is_same_peer(l, k) || !association_adopt(end_association(l->end), &k->lost))
		return NULL;
	nb = k->nb;
	l->in = k->in;
	k->in = (struct incoming){ .head = NULL };
	k->lost.p1 = (struct p1_lost){ .told = false };	/* its lease has gone over */
	drop(l->m, k);
	return nb;
}

struct p1_bind recovery_bind(const struct line *l)
{
	const struct mta_config *c = &l->m->config;

	return (struct p1_bind){
		.has_rt = true,
		.rt = { .opening = RTSE_RECOVER, .checkpoint = c->checkpoint_kib,
		        .window = c->window,
		        .session = rtse_session_of(&l->recovers->recovery->lost.rtse.session) },
	};
}

bool recovery_resume(struct line *l, struct entry *e, struct association_lost *here,
                     struct p1_transfer *t)
{
	struct association *a = end_association(l->end);

	if (e->recovery)
		return association_resume(a, line_now(l), &e->recovery->lost, t);
	return rtse_past(&a->rtse, line_now(l), &here->rtse) && here->rtse.id == (uint32_t)e->id &&
	       association_resume(a, line_now(l), here, t);
}

void recovery_free(struct mta *m)
{
	while (m->kept)
		drop(m, m->kept);
}
