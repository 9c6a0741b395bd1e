/*
 * What comes into an end: from point to point, up to a cut; held while the link stands.
 */
#include "end/end_inner.h"

#include <stdlib.h>
#include <string.h>

/* All of it goes in, with the events that wait taken out in between. */
static void push(struct end *e, const uint8_t *p, size_t n)
{
	end_passed(e, false, (struct octets){ p, n });
	while (n && !e->over && !e->free_due) {
		size_t taken = association_push(&e->association, end_now(e), p, n);

		p += taken;
		n -= taken;
		if (!end_drain(e) && taken == 0)
			break;
	}
}

/* Which of n octets lie in front of octet `at` of what comes in. */
static size_t before(const struct end *e, uint64_t at, size_t n)
{
	uint64_t left = at > e->moved[false] ? at - e->moved[false] : 0;

	return left < n ? (size_t)left : n;
}

/* Up to the point, and not an octet further; returns how many.  What is owed for the PDUs
 * in front of it leaves first. */
static size_t push_up_to(struct end *e, const struct end_point *at, const uint8_t *p, size_t n)
{
	size_t first = before(e, at->from, n), rest;

	push(e, p, first);
	while (end_send(e))
		end_drain(e);
	rest = before(e, at->octet, n - first);
	push(e, p + first, rest);
	return first + rest;
}

/* Half-closed, we go on reading. */
static void push_and_stop(struct end *e, const uint8_t *p, size_t n)
{
	size_t part;

	e->stops = false;
	part = push_up_to(e, &e->stop, p, n);
	if (!e->link || e->over)
		return;
	if (e->stop_how != LINK_CUT_HALF_CLOSE) {
		link_cut_back(e->link, n - part, e->stop_how);
		return;
	}
	link_cut(e->link, e->stop_how);
	push(e, p + part, n - part);
}

/* Until the link goes on.  Without memory they are lost, and the connection with them. */
static void hold(struct end *e, const uint8_t *p, size_t n)
{
	if (n == 0)
		return;
	e->held = net_got(e->world->net, malloc(n));
	if (!e->held) {
		end_finish(e, TCP_END_CUT_RST, true);
		return;
	}
	memcpy(e->held, p, n);
	e->held_n = n;
	end_want(e, false);
}

void end_drop_held(struct end *e)
{
	free(e->held);
	e->held = NULL;
	e->held_n = 0;
	end_want(e, false);
}

/* Octets that were looked at, from point to point. */
static void process(struct end *e, const uint8_t *p, size_t n)
{
	while (e->reach_n && e->reach[0].octet <= e->moved[false] + n) {
		const struct end_point at = e->reach[0];
		size_t part = push_up_to(e, &at, p, n);

		p += part;
		n -= part;
		memmove(e->reach, e->reach + 1, --e->reach_n * sizeof *e->reach);
		if (e->over || e->free_due)
			return;
		if (e->link)
			link_lay_back(e->link, n);
		end_tell_reached(e, &at);
		if (e->link && (e->stalled || e->down)) {
			hold(e, p, n);
			return;
		}
		if (e->link)
			link_take_up(e->link, n);
	}
	if (e->stops && !e->stop.out)
		push_and_stop(e, p, n);
	else
		push(e, p, n);
}

/* The link goes on: what was held comes first. */
static void take_held(struct end *e)
{
	uint8_t *held = e->held;
	size_t n = e->held_n;
	bool outer = e->pumping;

	if (!held || e->stalled || e->down || e->over)
		return;
	e->held = NULL;
	e->held_n = 0;
	if (e->link) {
		end_want(e, false);
		link_take_up(e->link, n);
	}
	e->pumping = true;
	process(e, held, n);
	e->pumping = outer;
	free(held);
}

static void on_go(void *ctx)
{
	struct end *e = ctx;

	take_held(e);
	end_pump(e);
}

void end_read(struct end *e)
{
	uint8_t *p = e->world->read;
	bool outer = e->pumping;
	ssize_t n;

	take_held(e);
	n = e->link && !e->held ? link_read(e->link, p, sizeof e->world->read) : NET_AGAIN;
	if (n == NET_AGAIN)
		return;
	if (n > 0) {
		e->pumping = true;
		end_look_in(e, (struct octets){ p, (size_t)n });
		process(e, p, (size_t)n);
		e->pumping = outer;
	} else if (e->cut && !end_is_half(e)) {
		end_finish(e, e->how == LINK_CUT_RST ? TCP_END_CUT_RST : TCP_END_CLOSED,
		           e->how == LINK_CUT_RST);
	} else {
		end_finish(e, n == NET_FIN ? TCP_END_FIN : TCP_END_RST, false);
	}
}

/* Octets that were held come when the link goes on; once it is up, when TCP tries again. */
void end_follow_gate(struct end *e, const struct event *of)
{
	if (of->code == LINK_STALL_ON || of->code == LINK_STALL_OFF)
		e->stalled = of->code == LINK_STALL_ON;
	else if (of->code == LINK_DOWN || of->code == LINK_UP)
		e->down = of->code == LINK_DOWN;
	else
		return;
	if (e->held && !e->stalled && !e->down)
		net_timer_set(e->world->net, &e->go_timer, end_now(e) +
		              (of->code == LINK_UP ? (int64_t)of->length : 0), on_go, e);
}
