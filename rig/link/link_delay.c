/*
 * The node of delay, jitter, loss and reordering: when a run is due.
 */
#include "link/link_node.h"

#include <assert.h>
#include <stdlib.h>

enum {
	BEHIND = 3,		/* duplicate acknowledgements before TCP sends again (RFC 5681
				 * 3.2) */
	LOSSES_MOST = 10,	/* of one segment, one after the other */
	BACK_OFF_MOST = 16,	/* doublings */
};

static struct link_delay *delay_of(const struct link_node *n)
{
	return (struct link_delay *)(uintptr_t)n;
}

static struct link_due *due_at(const struct link_delay *d, uint32_t i)
{
	assert(d->cap);		/* there are `few` from the beginning */
	return &d->at[(d->head + i) % d->cap];
}

static bool grow(struct link_delay *d)
{
	uint32_t cap = d->cap * 2;
	struct link_due *at = calloc(cap, sizeof *at);

	if (!at)
		return false;
	for (uint32_t i = 0; i < d->n; i++)
		at[i] = *due_at(d, i);
	if (d->at != d->few)
		free(d->at);
	d->at = at;
	d->cap = cap;
	d->head = 0;
	return true;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* RFC 6298 2.3, as Linux bounds it. */
static int64_t rto_of(const struct link_delay *d)
{
	return d->rtt_us + (d->line->rto_us ? d->line->rto_us : LINK_RTO_US);
}

/* --- entries -------------------------------------------------------------- */

/* Octets join the last run if they are due with it; or if there is no memory
 * for another: then that run waits for them. */
static void enter(struct link_delay *d, int64_t own_us, struct link_run run)
{
	struct link_due *last = d->n ? due_at(d, d->n - 1) : NULL;
	int64_t at_us = last ? later(last->at_us, own_us) : own_us;
	bool joins = last && last->at_us == at_us && last->own_us == own_us &&
	             !last->run.end && !run.end && !d->awaited.open;

	d->held += run.n;
	if (!joins && (d->n < d->cap || grow(d))) {
		*due_at(d, d->n++) = (struct link_due){ at_us, own_us, run };
		return;
	}
	last = due_at(d, d->n - 1);
	last->at_us = at_us;
	last->own_us = own_us;
	last->run.n += run.n;
	if (run.end)
		last->run.end = run.end;
}

/* An entry comes earlier than was thought, and what waited for it. */
static void order_again(struct link_delay *d)
{
	int64_t at_us = 0;

	for (uint32_t i = 0; i < d->n; i++) {
		struct link_due *due = due_at(d, i);

		at_us = later(at_us, due->own_us);
		due->at_us = at_us;
	}
}

/* --- loss ------------------------------------------------------------------ */

/* One segment is sent. */
static bool is_lost(struct link_delay *d)
{
	const struct link_loss *loss = &d->line->loss;

	if (link_random_hits(&d->loss, d->bad ? loss->leave : loss->enter))
		d->bad = !d->bad;
	return link_random_hits(&d->loss, d->bad ? loss->bad : loss->good);
}

static bool may_lose(const struct link_delay *d)
{
	return d->line->loss.good || d->line->loss.enter || d->bad;
}

/* The third segment behind a lost one has come: it is sent again at once, and
 * comes one round trip after that. */
static void count_behind(struct link_delay *d, int64_t own_us)
{
	struct link_awaited *a = &d->awaited;
	struct link_due *due;

	if (!a->open || a->serial < d->out || a->serial - d->out >= d->n) {
		a->open = false;
		return;
	}
	if (++a->behind < BEHIND)
		return;
	a->open = false;
	due = due_at(d, (uint32_t)(a->serial - d->out));
	if (own_us + d->rtt_us >= due->own_us)
		return;
	due->own_us = own_us + d->rtt_us;
	order_again(d);
}

static void push_segment(struct link_delay *d, int64_t own_us, size_t n)
{
	uint32_t times = 0;

	while (times < LOSSES_MOST && is_lost(d))
		times++;
	count_behind(d, own_us);
	if (times == 0) {
		enter(d, own_us, (struct link_run){ n, 0 });
		return;
	}
	/* Time-outs of 1, 2, 4 ... RTO (RFC 6298 5.5). */
	enter(d, own_us + rto_of(d) * ((INT64_C(1) << times) - 1), (struct link_run){ n, 0 });
	if (times == 1 && !d->awaited.open)
		d->awaited = (struct link_awaited){ true, d->out + d->n - 1, 0 };
	d->lost(d->ctx, n, times);
}

/* --- the node --------------------------------------------------------------- */

static int64_t due_of(struct link_delay *d, int64_t now_us)
{
	const struct link_line *line = d->line;
	int64_t after_us = line->delay_us;

	if (line->jitter_us)
		after_us += link_random_jitter(&d->jitter, line->distribution, line->jitter_us);
	return now_us + later(after_us, 0);
}

static void delay_push(struct link_node *self, int64_t now_us, struct link_run run)
{
	struct link_delay *d = delay_of(self);
	size_t most = run.n;

	if (d->down) {
		if (d->down_since_us == NEVER_US)
			d->down_since_us = now_us;
		enter(d, NEVER_US, run);
		return;
	}
	if (run.end) {
		enter(d, now_us + d->line->delay_us, run);
		return;
	}
	if (d->line->jitter_us || may_lose(d))
		most = d->line->segment && d->line->segment < LINK_SEGMENT ? d->line->segment :
		       LINK_SEGMENT;
	for (size_t n; run.n > 0; run.n -= n) {
		int64_t own_us = due_of(d, now_us);

		n = run.n < most ? run.n : most;
		if (may_lose(d) || d->awaited.open)
			push_segment(d, own_us, n);
		else
			enter(d, own_us, (struct link_run){ n, 0 });
	}
}

static int64_t delay_next(const struct link_node *self)
{
	const struct link_delay *d = delay_of(self);

	return d->n ? due_at(d, 0)->at_us : NEVER_US;
}

static void delay_run(struct link_node *self, int64_t now_us)
{
	struct link_delay *d = delay_of(self);

	while (d->n && due_at(d, 0)->at_us <= now_us) {
		struct link_run run = due_at(d, 0)->run;

		d->head = (d->head + 1) % d->cap;
		d->n--;
		d->out++;
		d->held -= run.n;
		if (run.n)
			link_node_pass(self, now_us, (struct link_run){ run.n, 0 });
		if (run.end)
			link_node_pass(self, now_us, (struct link_run){ 0, run.end });
	}
}

static size_t delay_room(const struct link_node *self)
{
	const struct link_delay *d = delay_of(self);

	if (d->down)
		return 0;
	return d->held < LINK_HELD_MAX ? LINK_HELD_MAX - d->held : 0;
}

static void delay_clear(struct link_node *self)
{
	struct link_delay *d = delay_of(self);

	d->out += d->n;
	d->n = 0;
	d->held = 0;
	d->awaited.open = false;
	d->down_since_us = NEVER_US;
}

static const struct link_node_ops delay_ops = {
	delay_push, delay_next, delay_run, delay_room, delay_clear,
};

/* What was on the line when it died is lost, and comes again with the rest. */
static void go_down(struct link_delay *d, int64_t now_us)
{
	d->down_since_us = d->n ? now_us : NEVER_US;
	for (uint32_t i = 0; i < d->n; i++)
		due_at(d, i)->own_us = NEVER_US;
	order_again(d);
}

static int64_t go_up(struct link_delay *d, int64_t now_us)
{
	int64_t again_us = d->down_since_us, rto_us = rto_of(d);

	if (again_us == NEVER_US)
		return 0;
	for (int i = 0; i < BACK_OFF_MOST && again_us < now_us; i++, rto_us *= 2)
		again_us += rto_us;
	again_us = later(again_us, now_us);
	for (uint32_t i = 0; i < d->n; i++)
		if (due_at(d, i)->own_us == NEVER_US)
			due_at(d, i)->own_us = again_us + d->line->delay_us;
	order_again(d);
	return again_us - now_us;
}

int64_t link_delay_down(struct link_delay *d, int64_t now_us, bool down)
{
	if (down == d->down)
		return 0;
	d->down = down;
	if (!down)
		return go_up(d, now_us);
	go_down(d, now_us);
	return 0;
}

bool link_delay_is_needed(const struct link_delay *d)
{
	return d->line->delay_us || d->line->jitter_us || d->n || d->down || may_lose(d);
}

void link_delay_init(struct link_delay *d, const struct link_line *line)
{
	*d = (struct link_delay){ .node.ops = &delay_ops, .line = line, .cap = LINK_DUE_INLINE,
	                          .down_since_us = NEVER_US };
	d->at = d->few;
}

void link_delay_free(struct link_delay *d)
{
	if (d->at != d->few)
		free(d->at);
}
