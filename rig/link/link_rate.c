/*
 * The node of a rate and its burst: when the line has room.
 */
#include "link/link_node.h"

enum {
	STEP_US = 50000,	/* a slow line moves octets this often */
	SEGMENT = 1460,		/* a fast one by the segment ... */
	STEP_LEAST_US = 1000,	/* ... but not more often than this */
	QUEUE_US = 250000,	/* what may wait in front of the line */
	QUEUE_MOST = 64 << 10,	/* octets; more only if two steps need it */
};

#define BIT_US (8 * (uint64_t)SECOND_US)	/* octets * BIT_US / rate: microseconds */

static uint64_t octets_in(uint64_t rate, uint64_t us)
{
	return rate * us / BIT_US;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static struct link_rate *rate_of(const struct link_node *n)
{
	return (struct link_rate *)(uintptr_t)n;
}

/* When octet `nth` of the busy period has passed, rounded up. */
static int64_t passes_at(const struct link_rate *r, uint64_t nth)
{
	return r->begun_us + (int64_t)((nth * BIT_US + r->rate - 1) / r->rate);
}

static void rate_push(struct link_node *self, int64_t now_us, struct link_run run)
{
	struct link_rate *r = rate_of(self);

	if (run.end && !r->waiting) {
		link_node_pass(self, now_us, run);
		return;
	}
	if (run.end) {
		r->end = run.end;
		return;
	}
	if (!r->waiting && now_us > passes_at(r, r->passed)) {
		int64_t saved_us = (int64_t)(r->burst * BIT_US / r->rate);
		int64_t idle_us = now_us - passes_at(r, r->passed);

		r->begun_us = now_us - (idle_us < saved_us ? idle_us : saved_us);
		r->passed = 0;
	}
	r->waiting += run.n;
}

static int64_t rate_next(const struct link_node *self)
{
	const struct link_rate *r = rate_of(self);

	if (!r->waiting)
		return NEVER_US;
	return passes_at(r, r->passed + smaller(r->waiting, r->step));
}

/* Octets of those that wait that have passed by now. */
static size_t done_by(const struct link_rate *r, int64_t now_us)
{
	uint64_t done;

	if (now_us >= passes_at(r, r->passed + r->waiting))
		return r->waiting;
	if (now_us <= r->begun_us)
		return 0;
	done = octets_in(r->rate, (uint64_t)(now_us - r->begun_us));
	return done > r->passed ? (size_t)(done - r->passed) : 0;
}

static void pass(struct link_rate *r, int64_t now_us)
{
	struct link_node *self = &r->node;
	size_t n = done_by(r, now_us);

	if (n == 0)
		return;
	r->waiting -= n;
	r->passed += n;
	/* `rate` octets take eight seconds exactly: numbers stay small, and
	 * nothing is lost by rounding. */
	while (r->passed >= r->rate) {
		r->passed -= r->rate;
		r->begun_us += 8 * SECOND_US;
	}
	link_node_pass(self, now_us, (struct link_run){ n, 0 });
	if (r->waiting || !r->end)
		return;
	link_node_pass(self, now_us, (struct link_run){ 0, r->end });
	r->end = 0;
}

/* In whole steps only: runs that begin where another node happened to wake us
 * would make that node wake us ever more often. */
static void rate_run(struct link_node *self, int64_t now_us)
{
	if (now_us >= rate_next(self))
		pass(rate_of(self), now_us);
}

/* By halves, so that octets are not moved one by one. */
static size_t rate_room(const struct link_node *self)
{
	const struct link_rate *r = rate_of(self);

	return r->waiting > r->most / 2 ? 0 : r->most - r->waiting;
}

static void rate_clear(struct link_node *self)
{
	rate_of(self)->waiting = 0;
	rate_of(self)->end = 0;
}

static const struct link_node_ops rate_ops = {
	rate_push, rate_next, rate_run, rate_room, rate_clear,
};

void link_rate_init(struct link_rate *r)
{
	*r = (struct link_rate){ .node.ops = &rate_ops };
}

void link_rate_set(struct link_rate *r, int64_t now_us, uint64_t rate)
{
	uint64_t step = octets_in(rate, STEP_US);

	if (r->rate)
		pass(r, now_us);
	r->rate = rate;
	r->begun_us = now_us;
	r->passed = 0;
	if (step > SEGMENT)
		step = larger(SEGMENT, octets_in(rate, STEP_LEAST_US));
	r->step = (size_t)larger(step, 1);
	r->most = (size_t)larger(2 * r->step, smaller(QUEUE_MOST, octets_in(rate, QUEUE_US)));
}

void link_rate_end(struct link_rate *r, int64_t now_us)
{
	r->rate = 0;
	if (r->waiting)
		link_node_pass(&r->node, now_us, (struct link_run){ r->waiting, 0 });
	if (r->end)
		link_node_pass(&r->node, now_us, (struct link_run){ 0, r->end });
	rate_clear(&r->node);
}
