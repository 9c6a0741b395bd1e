/*
 * Cuts: TCP is ended at an octet, in the way that was asked for.
 */
#include "link/link_inner.h"

#include <assert.h>

/* A peer that takes nothing is cut all the same. */
enum { DRAIN_MOST_US = 2000000 };

void link_tell(struct link *l, const struct way *w, enum link_event code, uint64_t length,
               uint32_t value)
{
	link_tell_at(l, w, code, w->passed, length, value);
}

void link_tell_at(struct link *l, const struct way *w, enum link_event code, uint64_t offset,
                  uint64_t length, uint32_t value)
{
	bool from_initiator = l->initiator == (w->direction == LINK_OUT);
	const struct event e = {
		.at_us = net_now(l->net),
		.offset = offset,
		.length = length,
		.value = value,
		.cell = CELL_NONE,
		.kind = EVENT_LINK,
		.code = (uint8_t)code,
		.type = w->direction,
		.flags = from_initiator ? EVENT_F_INITIATOR : 0,
	};

	if (l->user->event)
		l->user->event(l, &e, l->ctx);
}

/* --- the cuts ------------------------------------------------------------ */

/* What our user reads from now on. */
static void end_reading(struct link *l, int end)
{
	l->in.ended = true;
	l->in.end = end;
	l->in.end_told = false;
}

static void cut_fin(struct link *l)
{
	net_shutdown(l->conn);
	end_reading(l, NET_FIN);
	l->discard = true;
	l->broken = true;
}

static void cut_rst(struct link *l)
{
	net_reset(l->conn);
	l->conn = NULL;
	end_reading(l, NET_RST);
	l->broken = true;
}

static void cut_half_close(struct link *l)
{
	net_shutdown(l->conn);
	l->broken = true;
}

static void cut_silence(struct link *l)
{
	l->silent = true;
	l->swallowed = 0;
}

static const struct {
	void (*act)(struct link *l);
	bool in, out;		/* directions that it ends */
} cuts[] = {
	[LINK_CUT_FIN] = { cut_fin, true, true },
	[LINK_CUT_RST] = { cut_rst, true, true },
	[LINK_CUT_HALF_CLOSE] = { cut_half_close, false, true },
	[LINK_CUT_SILENCE] = { cut_silence, true, true },
};

static void tell_cut(struct link *l, const struct way *w, enum link_cut how, size_t lost)
{
	link_tell(l, w, how == LINK_CUT_SILENCE ? LINK_SILENCE_ON : LINK_CUT_DONE, lost,
	          (uint32_t)how);
}

static void cut_open(struct link *l, enum link_cut how)
{
	size_t lost_in = cuts[how].in ? way_clear(&l->in) : 0;
	size_t lost_out = way_clear(&l->out);

	l->silent = l->draining = false;
	l->out.armed = false;
	l->out.marks_n = 0;
	l->out.fault.place = LINK_AT_NONE;
	if (cuts[how].in) {
		l->in.armed = false;
		l->in.fault.place = LINK_AT_NONE;
	}
	cuts[how].act(l);
	if (cuts[how].in)
		tell_cut(l, &l->in, how, lost_in);
	tell_cut(l, &l->out, how, lost_out);
}

/* The attempt to connect is given up; in silence nobody hears of it. */
static void cut_connecting(struct link *l, enum link_cut how)
{
	if (how == LINK_CUT_SILENCE) {
		cut_open(l, how);
		return;
	}
	net_close(l->conn);
	l->conn = NULL;
	l->aborted = l->broken = l->broken_told = true;
	tell_cut(l, &l->in, how, 0);
	tell_cut(l, &l->out, how, 0);
}

/* Is it the state of things already? */
static bool is_cut(const struct link *l, enum link_cut how)
{
	switch (how) {
	case LINK_CUT_FIN:
		return l->discard;
	case LINK_CUT_HALF_CLOSE:
		return l->broken && !l->silent;
	case LINK_CUT_SILENCE:
		return l->silent;
	default:
		return false;
	}
}

void link_cut(struct link *l, enum link_cut how)
{
	if (!l->conn || is_cut(l, how))
		return;
	link_enter(l);
	if (l->open)
		cut_open(l, how);
	else
		cut_connecting(l, how);
	link_settle(l);
	link_leave(l);
}

/* --- at an octet --------------------------------------------------------- */

void link_drain(struct link *l)
{
	size_t unsent = net_unsent(l->conn);

	if (unsent > 0 && net_now(l->net) < l->drain_until_us)
		return;
	link_tell(l, &l->out, LINK_KERNEL, unsent, l->drain_how);
	cut_open(l, (enum link_cut)l->drain_how);
}

/* What our kernel has acknowledged to the peer, and nobody will process. */
static void tell_unread(struct link *l, enum link_cut how)
{
	struct net_info info;
	uint64_t known = l->in.passed;

	if (net_info(l->conn, &info) && info.received > known)
		link_tell(l, &l->in, LINK_KERNEL, info.received - known, (uint32_t)how);
	else
		link_tell(l, &l->in, LINK_KERNEL, 0, (uint32_t)how);
}

static void cut_if_due(struct link *l, struct way *w)
{
	enum link_cut how = (enum link_cut)w->cut_how;

	if (!l->open || !l->conn || !w->armed || w->passed != w->cut_at)
		return;
	link_enter(l);
	w->armed = false;
	if (w == &l->out && how != LINK_CUT_SILENCE) {
		l->draining = true;
		l->drain_how = (uint8_t)how;
		l->drain_until_us = net_now(l->net) + DRAIN_MOST_US;
		link_drain(l);
	} else {
		if (w == &l->in)
			tell_unread(l, how);
		cut_open(l, how);
	}
	link_settle(l);
	link_leave(l);
}

/* The user may stall the link, cut it or end it. */
static void tell_marks(struct link *l, struct way *w)
{
	uint32_t tag;

	if (!l->open)
		return;
	link_enter(l);
	while (way_marked(w, &tag))
		link_tell(l, w, LINK_REACHED, 0, tag);
	link_leave(l);
}

void link_count(struct link *l, struct way *w, size_t n)
{
	w->passed += n;
	if (w->marks_n)
		tell_marks(l, w);
	if (w->armed)
		cut_if_due(l, w);
}

/* TLS counts octets of its own. */
static void look_if_due(struct link *l, struct way *w)
{
	if (w == &l->in || w == &l->out)
		cut_if_due(l, w);
	else
		link_tls_armed(l->tls, w);
}

static bool cut_at(struct link *l, struct way *w, uint64_t octet, enum link_cut how)
{
	if (octet < w->passed)
		return false;
	link_enter(l);
	w->armed = true;
	w->cut_at = octet;
	w->cut_how = (uint8_t)how;
	link_tell(l, w, LINK_CUT_ARMED, octet, (uint32_t)how);
	look_if_due(l, w);
	link_leave(l);
	return true;
}

bool link_raw_cut_at(struct link *l, enum link_direction d, uint64_t octet, enum link_cut how)
{
	return cut_at(l, d == LINK_IN ? &l->in : &l->out, octet, how);
}

bool link_raw_mark(struct link *l, uint64_t octet, uint32_t tag)
{
	if (!way_mark(&l->out, octet, tag))
		return false;
	tell_marks(l, &l->out);
	return true;
}

/* Where the user's octets of a direction are counted. */
static struct way *users_way(struct link *l, enum link_direction d)
{
	if (l->tls)
		return link_tls_way(l->tls, d);
	return d == LINK_IN ? &l->in : &l->out;
}

bool link_cut_at(struct link *l, enum link_direction d, uint64_t octet, enum link_cut how)
{
	assert(d == LINK_IN || d == LINK_OUT);
	return cut_at(l, users_way(l, d), octet, how);
}

void link_cut_back(struct link *l, size_t unused, enum link_cut how)
{
	struct way *w = users_way(l, LINK_IN);

	w->passed -= unused;
	link_cut_at(l, LINK_IN, w->passed, how);
}

bool link_mark(struct link *l, uint64_t octet, uint32_t tag)
{
	struct way *w = users_way(l, LINK_OUT);

	if (!l->tls)
		return link_raw_mark(l, octet, tag);
	if (!way_mark(w, octet, tag))
		return false;
	link_enter(l);
	link_tls_armed(l->tls, w);
	link_leave(l);
	return true;
}

void link_lay_back(struct link *l, size_t unused)
{
	users_way(l, LINK_IN)->passed -= unused;
}

void link_take_up(struct link *l, size_t n)
{
	users_way(l, LINK_IN)->passed += n;
}

bool link_cut_frame(struct link *l, enum link_direction d, const struct link_fault *fault)
{
	struct way *w = users_way(l, d);

	assert(d == LINK_IN || d == LINK_OUT);
	if (!way_arm_frame(w, fault))
		return false;
	link_tell(l, w, LINK_CUT_ARMED, fault->n, (uint32_t)fault->how);
	return true;
}
