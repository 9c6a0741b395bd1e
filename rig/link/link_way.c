/*
 * One direction of a link: its ring, its nodes, its end.
 */
#include "link/link_inner.h"

#include <string.h>

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

	if (link_delay_is_needed(&w->delay) && !w->by_kernel) {
		w->delay.node.next = first;
		first = &w->delay.node;
	}
	if (w->line.rate && !w->by_kernel) {
		w->rate.node.next = first;
		first = &w->rate.node;
	}
	w->first = first;
}

void way_init(struct way *w, enum link_direction d, uint64_t seed)
{
	*w = (struct way){ .direction = (uint8_t)d, .exit.ops = &exit_ops };
	link_rate_init(&w->rate);
	link_delay_init(&w->delay, &w->line);
	link_random_init(&w->delay.jitter, seed, d, LINK_DRAWS_JITTER);
	link_random_init(&w->delay.loss, seed, d, LINK_DRAWS_LOSS);
	link_damage_init(&w->damage, seed, d);
	way_link(w);
}

void way_free(struct way *w)
{
	link_delay_free(&w->delay);
	net_ring_free(&w->ring);
}

/* No node of the chain, but something that looks at the octets or cuts them up. */
static bool is_through(const struct way *w)
{
	return w->line.corrupt || w->line.missing || w->line.segment ||
	       w->fault.place != LINK_AT_NONE;
}

bool way_is_direct(const struct way *w)
{
	return w->first == &w->exit && !w->ring.n && !w->end && !is_through(w);
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

void way_set_shape(struct way *w, const struct link_line *line)
{
	uint64_t rate = w->line.rate;

	if (w->line.corrupt != line->corrupt || w->line.missing != line->missing)
		link_damage_again(&w->damage);
	w->line = *line;
	w->line.rate = rate;
	w->rate.burst = line->burst;
	if (!line->loss.enter)
		w->delay.bad = false;
	way_link(w);
}

int64_t way_down(struct way *w, int64_t now_us, bool down)
{
	int64_t wait_us = link_delay_down(&w->delay, now_us, down);

	way_link(w);
	return wait_us;
}

size_t way_room(const struct way *w)
{
	size_t room, held = LINK_HELD_MAX - w->ring.n;

	if (w->released >= LINK_GATE_MAX)
		return 0;
	if (w->first == &w->exit)
		return is_through(w) ? LINK_GATE_MAX - w->released : 0;
	room = w->first->ops->room(w->first);
	return room < held ? room : held;
}

/* --- the octets themselves ------------------------------------------------- */

static void arm(struct way *w, uint64_t octet)
{
	w->armed = true;
	w->cut_at = octet;
	w->cut_how = (uint8_t)w->fault.how;
	w->fault.place = LINK_AT_NONE;
}

/* The octets of a header can be cut apart before they are known: they follow the
 * TPKT before. */
static bool is_in_header(const struct link_fault *f)
{
	return f->place == LINK_IN_FRAME && f->octet > 0 &&
	       f->octet < LINK_FRAME_HEADER;
}

static void watch_frame(struct way *w)
{
	const struct link_frames *f = &w->frames;
	const struct link_fault *fault = &w->fault;
	uint64_t length = f->to - f->from, octet = fault->octet ? fault->octet : length / 2;

	if (f->lost)
		return;
	if (is_in_header(fault) && f->begun + 1 == fault->n)
		arm(w, f->to + octet);
	else if (fault->place == LINK_AT_FRAME && f->begun == fault->n)
		arm(w, f->to);
	else if (fault->place == LINK_IN_FRAME && f->begun == fault->n)
		arm(w, f->from + (octet < length ? octet : length - 1));
}

size_t way_enter(struct way *w, uint8_t *p, size_t n,
                 void (*tell)(void *ctx, const struct link_harm *h), void *ctx)
{
	if (w->line.corrupt || w->line.missing)
		n = link_damage(&w->damage, &w->line, p, n, tell, ctx);
	else
		w->damage.offset += n;
	for (size_t at = 0; at < n && w->fault.place != LINK_AT_NONE;) {
		bool complete;

		at += link_frames_push(&w->frames, p + at, n - at, &complete);
		if (complete)
			watch_frame(w);
	}
	return n;
}

bool way_arm_frame(struct way *w, const struct link_fault *fault)
{
	if (w->passed + w->ring.n > 0)
		return false;
	w->frames = (struct link_frames){ 0 };
	w->fault = *fault;
	watch_frame(w);
	return true;
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

size_t way_until_stop(const struct way *w, size_t n)
{
	if (w->armed && w->cut_at - w->passed < n)
		n = (size_t)(w->cut_at - w->passed);
	if (w->marks_n && w->marks[0].octet - w->passed < n)
		n = (size_t)(w->marks[0].octet - w->passed);
	return n;
}

/* --- marks ------------------------------------------------------------------ */

bool way_mark(struct way *w, uint64_t octet, uint32_t tag)
{
	size_t i = w->marks_n;

	if (octet < w->passed || i == LINK_MARKS_MAX)
		return false;
	for (; i > 0 && w->marks[i - 1].octet > octet; i--)
		w->marks[i] = w->marks[i - 1];
	w->marks[i] = (struct link_mark){ octet, tag };
	w->marks_n++;
	return true;
}

bool way_marked(struct way *w, uint32_t *tag)
{
	if (!w->marks_n || w->marks[0].octet != w->passed)
		return false;
	*tag = w->marks[0].tag;
	w->marks_n--;
	memmove(w->marks, w->marks + 1, w->marks_n * sizeof *w->marks);
	return true;
}
