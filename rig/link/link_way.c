#include "link/link_inner.h"

#define OUTER(p, type, member) ((type *)(void *)((char *)(p) - offsetof(type, member)))

/* --- the exit of the chain ----------------------------------------------- */

static void exit_push(struct link_node *self, int64_t now_us, struct link_run run)
{
	struct way *w = OUTER(self, struct way, exit);

	(void)now_us;
	w->released += run.n;
	if (!run.end)
		return;
	w->end = run.end;
	w->end_told = false;
}

static const struct link_node_ops exit_ops = { .push = exit_push };

/* --- the chain ----------------------------------------------------------- */

/* Chains up what has an effect. */
static void way_link(struct way *w)
{
	struct link_node *first = &w->exit;

	if (w->line.delay_us || w->delay.n) {
		w->delay.node.next = first;
		first = &w->delay.node;
	}
	if (w->line.rate) {
		w->rate.node.next = first;
		first = &w->rate.node;
	}
	w->first = first;
}

void way_init(struct way *w, enum link_direction d)
{
	*w = (struct way){ .direction = (uint8_t)d, .exit.ops = &exit_ops };
	link_rate_init(&w->rate);
	link_delay_init(&w->delay);
	way_link(w);
}

void way_free(struct way *w)
{
	link_delay_free(&w->delay);
	net_ring_free(&w->ring);
}

bool way_is_direct(const struct way *w)
{
	return w->first == &w->exit && !w->ring.n && !w->end;
}

void way_set_rate(struct way *w, int64_t now_us, uint64_t rate)
{
	if (rate)
		link_rate_set(&w->rate, now_us, rate);
	else
		link_rate_end(&w->rate, now_us);
	w->line.rate = rate;
	way_link(w);
}

void way_set_delay(struct way *w, int64_t delay_us)
{
	w->delay.delay_us = delay_us;
	w->line.delay_us = delay_us;
	way_link(w);
}

size_t way_room(const struct way *w)
{
	size_t room, held = LINK_HELD_MAX - w->ring.n;

	if (w->first == &w->exit || w->released >= LINK_GATE_MAX)
		return 0;
	room = w->first->ops->room(w->first);
	return room < held ? room : held;
}

void way_push(struct way *w, int64_t now_us, struct link_run run)
{
	if (run.end)
		w->ended = true;
	w->first->ops->push(w->first, now_us, run);
}

void way_run(struct way *w, int64_t now_us)
{
	for (struct link_node *n = w->first; n != &w->exit; n = n->next)
		n->ops->run(n, now_us);
	way_link(w);
	if (way_is_direct(w) && w->ring.cap)
		net_ring_free(&w->ring);
}

int64_t way_next(const struct way *w)
{
	int64_t next_us = NEVER_US;

	for (const struct link_node *n = w->first; n != &w->exit; n = n->next) {
		int64_t at_us = n->ops->next_us(n);

		if (at_us < next_us)
			next_us = at_us;
	}
	return next_us;
}

size_t way_clear(struct way *w)
{
	size_t lost = w->ring.n;

	for (struct link_node *n = w->first; n != &w->exit; n = n->next)
		n->ops->clear(n);
	net_ring_drop(&w->ring, lost);
	w->released = 0;
	w->end = 0;
	way_link(w);
	return lost;
}

size_t way_until_cut(const struct way *w, size_t n)
{
	uint64_t left = w->cut_at - w->passed;

	return w->armed && left < n ? (size_t)left : n;
}
