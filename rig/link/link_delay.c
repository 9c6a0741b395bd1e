#include "link/link_node.h"

#include <stdlib.h>

static struct link_delay *delay_of(const struct link_node *n)
{
	return (struct link_delay *)(uintptr_t)n;
}

static struct link_due *due_at(const struct link_delay *d, uint32_t i)
{
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

/* Octets join the last run if they are due with it; or if there is no memory
 * for another: then that run waits for them. */
static void delay_push(struct link_node *self, int64_t now_us, struct link_run run)
{
	struct link_delay *d = delay_of(self);
	struct link_due *last = d->n ? due_at(d, d->n - 1) : NULL;
	int64_t at_us = now_us + d->delay_us;
	bool joins;

	if (last && last->at_us > at_us)
		at_us = last->at_us;
	d->held += run.n;
	joins = last && last->at_us == at_us && !last->run.end && !run.end;
	if (!joins && (d->n < d->cap || grow(d))) {
		*due_at(d, d->n++) = (struct link_due){ at_us, run };
		return;
	}
	last = due_at(d, d->n - 1);
	last->at_us = at_us;
	last->run.n += run.n;
	if (run.end)
		last->run.end = run.end;
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

	return d->held < LINK_HELD_MAX ? LINK_HELD_MAX - d->held : 0;
}

static void delay_clear(struct link_node *self)
{
	delay_of(self)->n = 0;
	delay_of(self)->held = 0;
}

static const struct link_node_ops delay_ops = {
	delay_push, delay_next, delay_run, delay_room, delay_clear,
};

void link_delay_init(struct link_delay *d)
{
	*d = (struct link_delay){ .node.ops = &delay_ops, .cap = LINK_DUE_INLINE };
	d->at = d->few;
}

void link_delay_free(struct link_delay *d)
{
	if (d->at != d->few)
		free(d->at);
}
