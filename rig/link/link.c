#include "link/link_inner.h"

#include <errno.h>
#include <stdlib.h>

enum {
	SCRATCH = 16 << 10,
	SCRATCH_READS = 16,	/* thrown away in one turn */
	READ_MOST = 64 << 10,
};

/* --- life ---------------------------------------------------------------- */

void link_free(struct link *l)
{
	net_timer_cancel(l->net, &l->timer);
	way_free(&l->in);
	way_free(&l->out);
	link_tls_free(l->tls);
	free(l);
}

void link_enter(struct link *l)
{
	l->busy++;
}

void link_leave(struct link *l)
{
	if (--l->busy == 0 && l->over)
		link_free(l);
}

/* The connection ends, and with it the link. */
void link_finish(struct link *l, int how)
{
	if (l->conn && how == NET_RST)
		net_reset(l->conn);
	else if (l->conn)
		net_close(l->conn);
	l->conn = NULL;
	l->over = true;
}

void link_tell_hidden(struct link *l)
{
	if (l->conn && l->open)
		link_tell(l, &l->in, LINK_HIDDEN, link_hidden(l), 0);
}

/* --- moving octets ------------------------------------------------------- */

static void harmed(struct link *l, const struct way *w, const struct link_harm *h)
{
	link_tell_at(l, w, h->missing ? LINK_MISSING : LINK_CORRUPTED, h->offset, 1,
	             h->missing ? h->before : (uint32_t)(h->before << 8 | h->after));
}

static void harmed_in(void *ctx, const struct link_harm *h)
{
	harmed(ctx, &((struct link *)ctx)->in, h);
}

void link_harmed_out(void *ctx, const struct link_harm *h)
{
	harmed(ctx, &((struct link *)ctx)->out, h);
}

void link_lost_in(void *ctx, size_t octets, uint32_t times)
{
	link_tell(ctx, &((struct link *)ctx)->in, LINK_LOST, octets, times);
}

void link_lost_out(void *ctx, size_t octets, uint32_t times)
{
	link_tell(ctx, &((struct link *)ctx)->out, LINK_LOST, octets, times);
}

/* Connection to incoming line. */
static void fill_in(struct link *l, int64_t now_us)
{
	struct way *w = &l->in;
	size_t room;

	while (!w->ended && (room = way_room(w)) > 0) {
		uint8_t *p;
		ssize_t n;

		room = link_least(room, READ_MOST);
		if (!net_ring_grow(&w->ring, room, LINK_HELD_MAX))
			return;
		room = link_least(room, net_ring_tail(&w->ring, &p));
		n = net_read(l->conn, p, room);
		if (n == NET_AGAIN)
			return;
		if (n < 0) {
			way_push(w, now_us, (struct link_run){ 0, (int)n });
			return;
		}
		n = (ssize_t)way_enter(w, p, (size_t)n, harmed_in, l);
		if (n == 0)
			continue;
		net_ring_added(&w->ring, (size_t)n);
		way_push(w, now_us, (struct link_run){ (size_t)n, 0 });
	}
}

/* The end of the outgoing line has reached the gate. */
static void end_out(struct link *l)
{
	int end = l->out.end;

	l->out.end = 0;
	if (l->orphan)
		link_finish(l, end);
	else
		net_shutdown(l->conn);
}

/* May a piece leave?  Only when the one before it has, or both would leave as one. */
static bool piece_may_leave(struct link *l)
{
	struct net_info info;

	l->piece_us = NEVER_US;
	if (!l->out.line.segment || !net_info(l->conn, &info) || info.not_sent == 0) {
		l->piece_look_us = LINK_PIECE_LOOK_US;
		return true;
	}
	l->piece_us = net_now(l->net) + l->piece_look_us;
	if (l->piece_look_us < LINK_PIECE_LOOK_MOST_US)
		l->piece_look_us *= 2;
	return false;
}

size_t link_piece_of(const struct way *w, size_t n)
{
	return w->line.segment ? link_least(n, w->line.segment) : n;
}

/* Outgoing line to connection. */
static void drain_out(struct link *l)
{
	struct way *w = &l->out;

	while (l->conn && !l->draining && !w->stalled && w->released > 0 &&
	       piece_may_leave(l)) {
		struct iovec v[2];
		size_t most = link_piece_of(w, way_until_stop(w, w->released));
		int pieces = net_ring_pieces(&w->ring, most, v);
		ssize_t n = net_writev(l->conn, v, pieces);

		if (n == NET_AGAIN)
			return;
		if (n < 0) {
			way_clear(w);
			l->broken = true;
			return;
		}
		net_ring_drop(&w->ring, (size_t)n);
		w->released -= (size_t)n;
		link_count(l, w, (size_t)n);
	}
	if (l->conn && w->end && !w->ring.n && !w->stalled)
		end_out(l);
}

static void move(struct link *l)
{
	int64_t now_us = net_now(l->net);

	if (l->draining)
		link_drain(l);
	way_run(&l->in, now_us);
	way_run(&l->out, now_us);
	if (!l->conn || !l->open || l->silent || l->draining)
		return;
	if (!l->in.stalled && !l->discard && !l->orphan)
		fill_in(l, now_us);
	if (!l->out.stalled)
		drain_out(l);
}

/* --- what is told when --------------------------------------------------- */

/* For ways that are not direct: the others are the connection's matter. */
static bool is_readable(const struct link *l)
{
	const struct way *w = &l->in;

	if (way_is_direct(w) || l->silent || l->draining)
		return false;
	return w->released > 0 || (w->end && !w->end_told);
}

static bool is_writable(const struct link *l)
{
	if (l->broken)
		return !l->broken_told;
	if (!l->open || l->draining || l->shut)
		return false;
	if (l->silent)
		return l->swallowed < LINK_SILENT_OCTETS;
	return way_room(&l->out) > 0;
}

static bool gone_is_due(const struct link *l)
{
	if (!l->gone || l->gone_told || l->silent || l->discard)
		return false;
	return way_is_direct(&l->in) || l->in.stalled || l->in.end == NET_RST ||
	       l->in.end == NET_BROKEN;
}

/* Is there anything to tell in the next turn? */
static bool is_due(const struct link *l)
{
	return (l->want_read && is_readable(l)) || (l->want_write && is_writable(l)) ||
	       l->aborted || gone_is_due(l);
}

void link_set_interest(struct link *l)
{
	bool read, write;

	if (!l->conn)
		return;
	if (l->silent || l->discard)
		read = true;
	else if (l->draining || l->orphan || l->in.stalled)
		read = false;
	else
		read = way_is_direct(&l->in) ? l->want_read : !l->in.ended && way_room(&l->in) > 0;
	if (l->silent || l->broken || l->draining || l->out.stalled)
		write = false;
	else
		write = way_is_direct(&l->out) ? l->want_write :
		        l->out.released > 0 && l->piece_us == NEVER_US;
	if (read == l->net_read && write == l->net_write)
		return;
	l->net_read = read;
	l->net_write = write;
	net_want(l->conn, read, write);
}

static void turn(void *ctx);

/* --- what changes by itself ------------------------------------------------ */

static int64_t plan_next(const struct link *l)
{
	if (!l->plan || l->plan_from_us == NEVER_US || l->plan_n >= l->plan->n)
		return NEVER_US;
	return l->plan_from_us + l->plan->at[l->plan_n].at_us;
}

void link_change(struct link *l, const struct link_change *c)
{
	enum link_direction d = (enum link_direction)c->direction;
	struct link_config config = link_get(l);

	switch ((enum link_change_kind)c->kind) {
	case LINK_CHANGE_STALL:
		link_stall(l, d, c->value);
		return;
	case LINK_CHANGE_DOWN:
		link_down(l, d, c->value);
		return;
	case LINK_CHANGE_CUT:
		link_cut(l, (enum link_cut)c->value);
		return;
	case LINK_CHANGE_RATE:
		config.in.rate = d & LINK_IN ? c->value : config.in.rate;
		config.out.rate = d & LINK_OUT ? c->value : config.out.rate;
		break;
	case LINK_CHANGE_DELAY:
		config.in.delay_us = d & LINK_IN ? (int64_t)c->value : config.in.delay_us;
		config.out.delay_us = d & LINK_OUT ? (int64_t)c->value : config.out.delay_us;
		break;
	}
	link_set(l, &config);
}

static void run_plan(struct link *l)
{
	while (!l->over && l->conn && plan_next(l) <= net_now(l->net)) {
		const struct link_change *c = &l->plan->at[l->plan_n++];

		if (l->plan_n == l->plan->n && l->plan->every_us) {
			l->plan_n = 0;
			l->plan_from_us += l->plan->every_us;
		}
		link_change(l, c);
	}
}

void link_begin_plan(struct link *l)
{
	l->plan_from_us = net_now(l->net);
	if (l->in.line.rate || l->in.stalled || l->plan)
		link_tell_hidden(l);
}

void link_set_timer(struct link *l)
{
	int64_t in_us = way_next(&l->in), out_us = way_next(&l->out);
	int64_t at_us = in_us < out_us ? in_us : out_us, plan_us = plan_next(l);

	if (l->conn && l->piece_us < at_us)
		at_us = l->piece_us;
	if (plan_us < at_us)
		at_us = plan_us;
	if (is_due(l))
		at_us = net_now(l->net);
	else if (l->draining && at_us > net_now(l->net) + LINK_DRAIN_LOOK_US)
		at_us = net_now(l->net) + LINK_DRAIN_LOOK_US;
	if (at_us == NEVER_US)
		net_timer_cancel(l->net, &l->timer);
	else if (!net_timer_is_set(&l->timer) || l->timer.at_us != at_us)
		net_timer_set(l->net, &l->timer, at_us, turn, l);
}

void link_settle(struct link *l)
{
	if (l->over)
		return;
	move(l);
	if (l->orphan && l->broken)
		link_finish(l, NET_FIN);
	if (l->over)
		return;
	link_set_interest(l);
	link_set_timer(l);
}

static void tell_ends(struct link *l)
{
	if (l->aborted) {
		l->aborted = false;
		if (l->user->failed)
			l->user->failed(l, ECONNABORTED, l->ctx);
	}
	if (!l->over && gone_is_due(l)) {
		l->gone_told = true;
		if (l->user->gone)
			l->user->gone(l, l->ctx);
	}
}

/* Between link_enter() and link_leave(). */
static void go_on(struct link *l)
{
	run_plan(l);
	if (!l->over)
		move(l);
	if (!l->over)
		tell_ends(l);
	if (!l->over && l->want_read && is_readable(l) && l->user->readable)
		l->user->readable(l, l->ctx);
	if (!l->over && l->want_write && is_writable(l) && l->user->writable)
		l->user->writable(l, l->ctx);
	link_settle(l);
}

static void turn(void *ctx)
{
	struct link *l = ctx;

	link_enter(l);
	go_on(l);
	link_leave(l);
}

/* --- what the connection tells ------------------------------------------- */

static void on_connected(struct net_conn *c, void *ctx)
{
	struct link *l = ctx;

	(void)c;
	link_enter(l);
	l->open = true;
	link_begin_plan(l);
	if (!l->silent && l->user->connected)
		l->user->connected(l, l->ctx);
	if (!l->over) {
		link_count(l, &l->out, 0);
		link_count(l, &l->in, 0);
	}
	link_settle(l);
	link_leave(l);
}

static void on_failed(struct net_conn *c, int error, void *ctx)
{
	struct link *l = ctx;

	(void)c;
	l->broken = l->broken_told = true;
	if (!l->silent && l->user->failed)
		l->user->failed(l, error, l->ctx);
}

static void throw_away(struct net_conn *c)
{
	uint8_t scratch[SCRATCH];
	int left = SCRATCH_READS;

	while (left-- > 0 && net_read(c, scratch, sizeof scratch) > 0)
		;
}

static void on_readable(struct net_conn *c, void *ctx)
{
	struct link *l = ctx;

	if (l->silent || l->discard)
		throw_away(c);
	else if (!way_is_direct(&l->in))
		turn(l);
	else if (l->user->readable)
		l->user->readable(l, l->ctx);
}

static void on_writable(struct net_conn *c, void *ctx)
{
	struct link *l = ctx;

	(void)c;
	if (!way_is_direct(&l->out))
		turn(l);
	else if (l->user->writable)
		l->user->writable(l, l->ctx);
}

static void on_gone(struct net_conn *c, void *ctx)
{
	struct link *l = ctx;
	uint8_t octet;

	l->gone = true;
	link_enter(l);
	if (l->orphan)
		link_finish(l, NET_FIN);
	else if (!l->silent && !l->discard && !way_is_direct(&l->in) && l->in.ended)
		way_push(&l->in, net_now(l->net),
		         (struct link_run){ 0, (int)net_read(c, &octet, 1) });
	if (!l->over)
		go_on(l);
	link_leave(l);
}

/* The net is going, and the link with it. */
static void on_dropped(void *ctx)
{
	struct link *l = ctx;
	const struct link_user *user = l->user;
	void *user_ctx = l->ctx;

	if (l->tls)
		link_tls_dropped(l->tls, &user, &user_ctx);
	link_free(l);
	if (user->dropped)
		user->dropped(user_ctx);
}

const struct net_user link_conn_user = {
	on_connected, on_failed, on_readable, on_writable, on_gone, on_dropped,
};
