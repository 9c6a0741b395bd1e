/*
 * Points of the protocol: a tap looks at octets before they are processed, or leave;
 * where the user wants a fault the cut is armed or the point noted.
 */
#include "end/end_inner.h"

#include <stdlib.h>

static enum observer_direction direction(const struct end *e, bool out)
{
	return out == e->config.initiator ? OBSERVER_INITIATOR : OBSERVER_RESPONDER;
}

static void look(struct end *e, bool out, struct octets o)
{
	e->tapped[out] += o.n;
	e->tap->points_n = e->points->n;
	tap_push(e->tap, direction(e, out), o);
}

void end_look_in(struct end *e, struct octets o)
{
	if (e->tap)
		look(e, false, o);
}

void end_look_out(struct end *e, const struct octets *slices, size_t n)
{
	uint64_t at = e->moved[true];

	for (size_t i = 0; e->tap && i < n; at += slices[i++].n) {
		uint64_t known = e->tapped[true] > at ? e->tapped[true] - at : 0;

		if (known < slices[i].n)
			look(e, true, (struct octets){ slices[i].p + known,
			                               slices[i].n - (size_t)known });
	}
}

/* Octets that leave: the cut is armed before they do. */
static void stop_out(struct end *e)
{
	if (e->link && !link_cut_at(e->link, LINK_OUT, e->stop.octet, e->stop_how))
		link_cut(e->link, e->stop_how);
}

void end_tell_reached(struct end *e, const struct end_point *at)
{
	const struct event event = {
		.at_us = end_now(e), .offset = at->octet, .value = (uint32_t)at->i,
		.association = e->association.number, .cell = CELL_NONE, .kind = EVENT_LINK,
		.code = LINK_REACHED, .type = at->out ? LINK_OUT : LINK_IN,
		.flags = at->out == e->config.initiator ? EVENT_F_INITIATOR : 0,
	};

	end_tell(e, &event);
}

/* Also told if it has passed already: what precedes a PDU in several TPKTs. */
static void reach(struct end *e, const struct end_point *at)
{
	size_t i = e->reach_n;

	if (at->out && e->link && link_mark(e->link, at->octet, (uint32_t)at->i))
		return;
	if (at->out || at->octet < e->moved[false] || i == END_REACHES) {
		end_tell_reached(e, at);
		return;
	}
	for (; i > 0 && e->reach[i - 1].octet > at->octet; i--)
		e->reach[i] = e->reach[i - 1];
	e->reach[i] = *at;
	e->reach_n++;
}

static void on_point(struct tap *t, size_t i, enum observer_direction d, uint64_t octets,
                     void *ctx)
{
	struct end *e = ctx;
	const struct end_point at = { i, d == direction(e, true), t->way[d].tsdu, octets };
	enum link_cut how;
	const enum end_act act = e->user && e->user->point ?
	                         e->user->point(e, &at, &how, e->ctx) : END_NOTHING;

	if (act == END_REACH)
		reach(e, &at);
	if (act != END_CUT)
		return;
	e->stops = true;
	e->stop = at;
	e->stop_how = how;
	if (how != LINK_CUT_HALF_CLOSE)
		tap_stop(t);
	if (at.out)
		stop_out(e);
}

static const struct tap_user tap_user = { .point = on_point };

bool end_begin_tap(struct end *e, uint32_t nth)
{
	e->tap = malloc(sizeof *e->tap);
	if (!e->tap)
		return false;
	tap_init(e->tap, &e->world->pool, e->points->at, e->points->n, nth, &tap_user, e);
	e->tap->activities = e->points->activities;
	return true;
}
