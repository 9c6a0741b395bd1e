/*
 * Timers of a net: a pairing heap.
 */
#include "net/net_inner.h"

static bool earlier(const struct net_timer *a, const struct net_timer *b)
{
	return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

/* Both are roots without siblings, or NULL. */
static struct net_timer *meld(struct net_timer *a, struct net_timer *b)
{
	struct net_timer *swap;

	if (!a)
		return b;
	if (!b)
		return a;
	if (earlier(b, a)) {
		swap = a;
		a = b;
		b = swap;
	}
	b->next = a->child;
	if (b->next)
		b->next->link = &b->next;
	b->link = &a->child;
	a->child = b;
	return a;
}

/* Melds a row of siblings: in pairs from the left, then all from the right,
 * which is what makes removal O(log n) on the average of a run. */
static struct net_timer *meld_row(struct net_timer *row)
{
	struct net_timer *pairs = NULL, *all = NULL;

	while (row) {
		struct net_timer *a = row, *b = a->next;

		row = b ? b->next : NULL;
		a->next = NULL;
		if (b)
			b->next = NULL;
		a = meld(a, b);
		a->next = pairs;
		pairs = a;
	}
	while (pairs) {
		struct net_timer *a = pairs;

		pairs = a->next;
		a->next = NULL;
		all = meld(all, a);
	}
	return all;
}

static void set_first(struct net_timers *h, struct net_timer *t)
{
	h->first = t;
	if (t)
		t->link = &h->first;
}

void net_timers_put(struct net_timers *h, struct net_timer *t)
{
	t->child = t->next = NULL;
	set_first(h, meld(h->first, t));
}

void net_timers_drop(struct net_timers *h, struct net_timer *t)
{
	struct net_timer *below = meld_row(t->child);

	if (h->first == t) {
		set_first(h, below);
		return;
	}
	*t->link = t->next;
	if (t->next)
		t->next->link = t->link;
	set_first(h, meld(h->first, below));
}

void net_timers_fire(struct net_timers *h)
{
	struct net_timer *t = h->first;
	void (*fn)(void *) = t->fn;

	net_timers_drop(h, t);
	t->fn = NULL;
	fn(t->ctx);
}

void net_timer_set(struct net *net, struct net_timer *t, int64_t at_us,
                   void (*fn)(void *ctx), void *ctx)
{
	if (t->fn)
		net_timers_drop(&net->timers, t);
	t->at_us = at_us;
	t->order = net->timer_order++;
	t->fn = fn;
	t->ctx = ctx;
	net_timers_put(&net->timers, t);
}

void net_timer_cancel(struct net *net, struct net_timer *t)
{
	if (!t->fn)
		return;
	net_timers_drop(&net->timers, t);
	t->fn = NULL;
}
