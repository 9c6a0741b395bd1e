#include "end/end.h"

#include "end/tape.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	READ_MAX = 256 << 10,
	/* Ends whose events wait at the same time: a callback of one may make
	 * requests of another, and so on. */
	WORKSPACES = 8,
	/* Buffers kept for reuse; leases beyond go back to the heap. */
	POOL_KEPT = 64,
	/* Points that octets which were read may hold. */
	REACHES = 16,
};

struct end_world {
	struct net *net;
	struct capture_case *capture;
	struct pool pool;		/* first buffer size is kept, others pass through */
	uint8_t *kept[POOL_KEPT];
	size_t kept_n;
	struct end *ends;
	struct association_work work[WORKSPACES];
	uint8_t read[READ_MAX];
};

struct end {
	struct end *next, **link_here;
	struct end_world *world;
	struct link *link;
	const struct end_user *user;
	void *ctx;
	struct tape tape;
	struct net_timer timer;
	bool connected, reading;
	bool hold_open, close_due;	/* the stack or the user wants TCP closed */
	bool cut, broken;		/* by us; writing fails */
	bool writing, fin_due;		/* octets to the link; our half ends behind them */
	int64_t bind_us, bind_at;	/* time for a bind; when it is up, or NEVER_US */
	bool over, told_over, pumping, free_due;
	uint8_t how;			/* cut: enum link_cut */
	uint8_t *raw;			/* owned: octets of the user */
	size_t raw_n, raw_sent, raw_cap;
	struct tap *tap;		/* owned; NULL: no points */
	const struct end_points *points;
	uint64_t tapped[2], moved[2];	/* octets in, out: looked at; processed, or left */
	struct end_point stop;		/* where it is to be cut */
	enum link_cut stop_how;
	bool stops;			/* `stop` is set */
	struct end_point reach[REACHES];	/* points to be told of, incoming; by octets */
	size_t reach_n;
	bool stalled, down;		/* incoming */
	uint8_t *held;			/* owned: read, to be processed when it goes on */
	size_t held_n;
	struct net_timer go_timer;
	uint64_t hole_at;		/* octets out before a black hole; UINT64_MAX: none */
	struct association association;
	struct association_config config;	/* of the association */
};

/* ---- memory ---- */

static struct end_world *world_of(struct pool *p)
{
	return (struct end_world *)(void *)((char *)p - offsetof(struct end_world, pool));
}

/* Output buffers come and go with every PDU: those are kept. */
static uint8_t *take(struct pool *p, size_t n)
{
	struct end_world *w = world_of(p);

	if (n == OUTPUT_MAX && w->kept_n)
		return w->kept[--w->kept_n];
	return net_got(w->net, malloc(n));
}

static void give(struct pool *p, uint8_t *buffer, size_t n)
{
	struct end_world *w = world_of(p);

	if (n == OUTPUT_MAX && w->kept_n < POOL_KEPT)
		w->kept[w->kept_n++] = buffer;
	else
		free(buffer);
}

struct end_world *end_world_new(struct net *net, struct capture_case *capture)
{
	struct end_world *w = malloc(sizeof *w);

	if (!w)
		return NULL;
	w->net = net;
	w->capture = capture;
	w->pool = (struct pool){ take, give };
	w->kept_n = 0;
	w->ends = NULL;
	for (size_t i = 0; i < WORKSPACES; i++)
		association_work_init(&w->work[i], i + 1 < WORKSPACES ? &w->work[i + 1] : NULL);
	return w;
}

static void destroy(struct end *e);

void end_world_free(struct end_world *w)
{
	if (!w)
		return;
	for (struct end *e = w->ends, *next; e; e = next) {
		next = e->next;
		destroy(e);
	}
	while (w->kept_n)
		free(w->kept[--w->kept_n]);
	free(w);
}

struct net *end_world_net(struct end_world *w)
{
	return w->net;
}

static int64_t now_of(const struct end *e)
{
	return net_now(e->world->net);
}

static int64_t wall_of(const struct end *e)
{
	return net_wall(e->world->net, now_of(e));
}

/* ---- moving octets and events ---- */

static void tell(struct end *e, const struct event *event)
{
	if (e->user && e->user->event)
		e->user->event(e, event, e->ctx);
}

/* ---- points of the protocol ---- */

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

/* What is going to leave and was not looked at before. */
static void look_out(struct end *e, const struct octets *slices, size_t n)
{
	uint64_t at = e->moved[true];

	for (size_t i = 0; e->tap && i < n; at += slices[i++].n) {
		uint64_t known = e->tapped[true] > at ? e->tapped[true] - at : 0;

		if (known < slices[i].n)
			look(e, true, (struct octets){ slices[i].p + known,
			                               slices[i].n - (size_t)known });
	}
}

static void look_ahead(struct end *e)
{
	struct octets slices[ASSOCIATION_SLICES];

	if (e->tap)
		look_out(e, slices, association_pop(&e->association, slices, ASSOCIATION_SLICES));
}

/* Octets that leave: the cut is armed before they do. */
static void stop_out(struct end *e)
{
	if (e->link && !link_cut_at(e->link, LINK_OUT, e->stop.octet, e->stop_how))
		link_cut(e->link, e->stop_how);
}

static void tell_reached(struct end *e, const struct end_point *at)
{
	const struct event event = {
		.at_us = now_of(e), .offset = at->octet, .value = (uint32_t)at->i,
		.association = e->association.number, .cell = CELL_NONE, .kind = EVENT_LINK,
		.code = LINK_REACHED, .type = at->out ? LINK_OUT : LINK_IN,
		.flags = at->out == e->config.initiator ? EVENT_F_INITIATOR : 0,
	};

	tell(e, &event);
}

/* Also told if it has passed already: what precedes a PDU in several TPKTs. */
static void reach(struct end *e, const struct end_point *at)
{
	size_t i = e->reach_n;

	if (at->out && e->link && link_mark(e->link, at->octet, (uint32_t)at->i))
		return;
	if (at->out || at->octet < e->moved[false] || i == REACHES) {
		tell_reached(e, at);
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

/* ---- moving octets and events: out ---- */

static bool drain(struct end *e)
{
	struct event event;
	bool any = false;

	while (association_event(&e->association, &event)) {
		any = true;
		if (event.kind == EVENT_TCP && event.code == TCP_CLOSE_WANTED && !e->hold_open)
			e->close_due = true;
		if (event.kind == EVENT_PDU_OUT)
			look_ahead(e);
		tell(e, &event);
	}
	return any;
}

/* Octets have passed the user's side of the link; those that a black hole takes have not
 * left. */
static void passed(struct end *e, bool out, struct octets o)
{
	uint64_t leave = e->hole_at > e->moved[true] ? e->hole_at - e->moved[true] : 0;

	e->moved[out] += o.n;
	if (out && leave < o.n)
		o.n = (size_t)leave;
	if (o.n == 0)
		return;
	tape_data(&e->tape, out, wall_of(e), o);
	if (e->user && e->user->octets)
		e->user->octets(e, out, o, e->ctx);
}

/* Nothing is read behind what is held: else the link would tell of it again and again. */
static void want(struct end *e, bool write)
{
	link_want(e->link, e->reading && !e->held, write);
}

/* Our direction has ended; how the other one ends is the peer's matter. */
static bool is_half(const struct end *e)
{
	return e->cut && e->how == LINK_CUT_HALF_CLOSE;
}

/* Behind what has passed: the link ends our direction while it is being given octets. */
static void tape_half(struct end *e)
{
	if (e->fin_due)
		tape_fin(&e->tape, true, wall_of(e));
	e->fin_due = false;
}

/* How many octets the link takes; 0: none. */
static size_t write_out(struct end *e, const struct iovec *iov, size_t n)
{
	ssize_t taken;

	e->writing = true;
	taken = link_writev(e->link, iov, (int)n);
	e->writing = false;
	if (taken == NET_AGAIN)
		want(e, true);
	if (taken == NET_BROKEN)
		e->broken = true;	/* reading will say how it ended */
	return taken > 0 ? (size_t)taken : 0;
}

/* The user's octets leave when the association's have. */
static bool send_raw(struct end *e)
{
	struct iovec iov = { .iov_len = end_unwritten(e) };
	size_t taken;

	if (iov.iov_len == 0 || !association_output_empty(&e->association))
		return false;
	iov.iov_base = e->raw + e->raw_sent;
	look_out(e, &(struct octets){ iov.iov_base, iov.iov_len }, 1);
	taken = write_out(e, &iov, 1);
	passed(e, true, (struct octets){ e->raw + e->raw_sent, taken });
	tape_half(e);
	if (taken == 0)
		return false;
	e->raw_sent += taken;
	association_passed(&e->association, taken);
	return true;
}

/* Sends what the association lends; true if octets left. */
static bool send_out(struct end *e)
{
	struct octets slices[ASSOCIATION_SLICES];
	struct iovec iov[ASSOCIATION_SLICES];
	size_t n, taken;

	if (!e->connected || !e->link || e->broken)
		return false;
	n = association_pop(&e->association, slices, ASSOCIATION_SLICES);
	if (n == 0)
		return send_raw(e);
	look_out(e, slices, n);
	for (size_t i = 0; i < n; i++)
		iov[i] = (struct iovec){ (void *)(uintptr_t)slices[i].p, slices[i].n };
	taken = write_out(e, iov, n);
	for (size_t i = 0, left = taken; i < n && left; i++) {
		struct octets o = { slices[i].p, slices[i].n < left ? slices[i].n : left };

		passed(e, true, o);
		left -= o.n;
	}
	tape_half(e);
	if (taken == 0)
		return false;
	association_popped(&e->association, now_of(e), taken);
	return true;
}

static bool output_waits(struct end *e)
{
	struct octets slice;

	return !e->broken && (association_pop(&e->association, &slice, 1) > 0 || end_unwritten(e));
}

/* TCP is over for us.  Events of the association's own end follow. */
static void finish(struct end *e, enum association_tcp_end how, bool reset)
{
	if (e->over)
		return;
	e->over = true;
	if (how == TCP_END_FIN)
		tape_fin(&e->tape, false, wall_of(e));
	if (how == TCP_END_RST && (!e->cut || is_half(e)))
		tape_rst(&e->tape, false, wall_of(e));
	else if (reset)
		tape_rst(&e->tape, true, wall_of(e));
	else if (!is_half(e))
		tape_fin(&e->tape, true, wall_of(e));
	association_end(&e->association, now_of(e), how);
	if (e->link && reset)
		link_reset(e->link);
	else if (e->link)
		link_close(e->link);
	e->link = NULL;
	net_timer_cancel(e->world->net, &e->timer);
}

static void on_deadline(void *ctx)
{
	struct end *e = ctx;

	if (now_of(e) >= e->bind_at)
		finish(e, TCP_END_CUT_RST, true);
	else
		association_tick(&e->association, now_of(e));
	end_pump(e);
}

static void set_timer(struct end *e)
{
	int64_t at = e->over ? NEVER_US : association_deadline(&e->association);

	if (!e->connected && !e->over)
		return;			/* the timer of end_accept() runs */
	if (association_bound(&e->association))
		e->bind_at = NEVER_US;
	if (!e->over && e->bind_at < at)
		at = e->bind_at;
	if (at == NEVER_US)
		net_timer_cancel(e->world->net, &e->timer);
	else
		net_timer_set(e->world->net, &e->timer, at, on_deadline, e);
}

static void over(struct end *e)
{
	if (!e->over || e->told_over)
		return;
	e->told_over = true;
	if (e->user && e->user->over)
		e->user->over(e, e->ctx);
}

void end_pump(struct end *e)
{
	if (e->pumping)
		return;			/* the loop below goes on */
	e->pumping = true;
	for (bool moved = true; moved;) {
		moved = drain(e);
		moved = send_out(e) || moved;
		if (e->close_due && !e->over && !moved && !output_waits(e)) {
			finish(e, TCP_END_CLOSED, false);
			moved = true;
		}
	}
	set_timer(e);
	over(e);
	e->pumping = false;
	if (e->free_due)
		destroy(e);
}

/* ---- the link's callbacks ---- */

static void on_connected(struct link *l, void *ctx)
{
	struct end *e = ctx;

	e->connected = true;
	e->reading = true;
	tape_begin(&e->tape, e->world->capture, link_conn(l), e->config.initiator, wall_of(e));
	link_want(l, true, false);
	if (e->bind_us)
		e->bind_at = now_of(e) + e->bind_us;
	association_connected(&e->association, now_of(e));
	end_pump(e);
}

static void on_accepted(void *ctx)
{
	struct end *e = ctx;

	/* A link may have cut it already. */
	if (e->link && link_conn(e->link))
		on_connected(e->link, e);
}

static void on_failed(struct link *l, int error, void *ctx)
{
	struct end *e = ctx;
	struct event event = {
		.at_us = now_of(e), .association = e->association.number, .value = (uint32_t)error,
		.cell = CELL_NONE, .kind = EVENT_TCP, .layer = LAYER_TPKT, .code = TCP_FAILED,
	};

	link_close(l);
	e->link = NULL;
	e->over = true;
	e->pumping = true;
	tell(e, &event);
	e->pumping = false;
	end_pump(e);
}

/* All of it goes in, with the events that wait taken out in between. */
static void push(struct end *e, const uint8_t *p, size_t n)
{
	passed(e, false, (struct octets){ p, n });
	while (n && !e->over && !e->free_due) {
		size_t taken = association_push(&e->association, now_of(e), p, n);

		p += taken;
		n -= taken;
		if (!drain(e) && taken == 0)
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
	while (send_out(e))
		drain(e);
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
		finish(e, TCP_END_CUT_RST, true);
		return;
	}
	memcpy(e->held, p, n);
	e->held_n = n;
	want(e, false);
}

/* A cut of ours loses them, with all that is on the line. */
static void drop_held(struct end *e)
{
	free(e->held);
	e->held = NULL;
	e->held_n = 0;
	want(e, false);
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
		tell_reached(e, &at);
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

static void take_in(struct end *e, const uint8_t *p, size_t n)
{
	if (e->tap)
		look(e, false, (struct octets){ p, n });
	process(e, p, n);
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
		want(e, false);
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

static void on_readable(struct link *l, void *ctx)
{
	struct end *e = ctx;
	ssize_t n;

	take_held(e);
	n = e->link && !e->held ? link_read(l, e->world->read, sizeof e->world->read) : NET_AGAIN;
	if (n == NET_AGAIN) {
		end_pump(e);
		return;
	}
	if (n > 0) {
		bool outer = e->pumping;

		e->pumping = true;
		take_in(e, e->world->read, (size_t)n);
		e->pumping = outer;
	} else if (e->cut && !is_half(e)) {
		finish(e, e->how == LINK_CUT_RST ? TCP_END_CUT_RST : TCP_END_CLOSED,
		       e->how == LINK_CUT_RST);
	} else {
		finish(e, n == NET_FIN ? TCP_END_FIN : TCP_END_RST, false);
	}
	end_pump(e);
}

static void on_writable(struct link *l, void *ctx)
{
	struct end *e = ctx;

	(void)l;
	want(e, false);
	end_pump(e);
}

static void on_gone(struct link *l, void *ctx)
{
	struct end *e = ctx;

	/* What came before the reset is read first; reading then tells of it. */
	e->broken = true;
	if (!e->reading)
		link_want(l, true, false);
}

/* Octets that were held come when the link goes on; once it is up, when TCP tries again. */
static void follow_gate(struct end *e, const struct event *of)
{
	if (of->code == LINK_STALL_ON || of->code == LINK_STALL_OFF)
		e->stalled = of->code == LINK_STALL_ON;
	else if (of->code == LINK_DOWN || of->code == LINK_UP)
		e->down = of->code == LINK_DOWN;
	else
		return;
	if (e->held && !e->stalled && !e->down)
		net_timer_set(e->world->net, &e->go_timer, now_of(e) +
		              (of->code == LINK_UP ? (int64_t)of->length : 0), on_go, e);
}

static void on_link(struct link *l, const struct event *event, void *ctx)
{
	struct end *e = ctx;
	struct event told = *event;
	bool outer = e->pumping;

	/* Also a cut that was armed or planned is ours, and not the peer's. */
	if (told.code == LINK_CUT_DONE || told.code == LINK_SILENCE_ON) {
		e->cut = true;
		e->how = (uint8_t)told.value;
		e->fin_due = is_half(e);
		if (!e->writing)
			tape_half(e);
	}
	if (told.code == LINK_SILENCE_ON && e->hole_at == UINT64_MAX)
		e->hole_at = link_passed(l, LINK_OUT);
	if (told.type == LINK_IN && told.code == LINK_CUT_DONE && e->held) {
		told.length += e->held_n;
		drop_held(e);
	}
	if (told.type == LINK_IN)
		follow_gate(e, &told);
	told.association = e->association.number;
	e->pumping = true;
	tell(e, &told);
	e->pumping = outer;
}

static void on_dropped(void *ctx)
{
	struct end *e = ctx;

	e->link = NULL;
	e->over = true;
}

static const struct link_user link_user_of_ends = {
	on_connected, on_failed, on_readable, on_writable, on_gone, on_link, on_dropped,
};

/* ---- making and ending ---- */

static bool begin_tap(struct end *e, uint32_t nth)
{
	e->tap = malloc(sizeof *e->tap);
	if (!e->tap)
		return false;
	tap_init(e->tap, &e->world->pool, e->points->at, e->points->n, nth, &tap_user, e);
	e->tap->activities = e->points->activities;
	return true;
}

static struct end *make(struct end_world *w, const struct end_config *c,
                        const struct end_user *user, void *ctx)
{
	struct end *e = net_got(w->net, calloc(1, sizeof *e));

	if (!e)
		return NULL;
	e->config = c->association;
	e->config.pool = &w->pool;
	e->config.work = w->work;
	association_init(&e->association, &e->config);
	e->world = w;
	e->user = user;
	e->ctx = ctx;
	e->hold_open = c->hold_open;
	e->bind_us = c->bind_us;
	e->bind_at = NEVER_US;
	e->points = c->points;
	e->hole_at = UINT64_MAX;
	if (c->points && !begin_tap(e, c->nth)) {
		free(e);
		errno = ENOMEM;
		return NULL;
	}
	e->next = w->ends;
	if (e->next)
		e->next->link_here = &e->next;
	e->link_here = &w->ends;
	w->ends = e;
	return e;
}

static void destroy(struct end *e)
{
	int kept = errno;

	if (e->link)
		link_close(e->link);
	net_timer_cancel(e->world->net, &e->timer);
	net_timer_cancel(e->world->net, &e->go_timer);
	association_drop(&e->association);
	*e->link_here = e->next;
	if (e->next)
		e->next->link_here = e->link_here;
	if (e->tap)
		tap_drop(e->tap);
	free(e->tap);
	free(e->held);
	free(e->raw);
	free(e);
	errno = kept;
}

struct end *end_connect(struct end_world *w, const struct net_address *to,
                        const struct net_address *source, const struct end_config *c,
                        const struct end_user *user, void *ctx)
{
	struct end *e = make(w, c, user, ctx);

	if (!e)
		return NULL;
	e->link = link_connect(w->net, to, source, &c->buffers, &c->link, &link_user_of_ends, e);
	if (!e->link) {
		destroy(e);
		return NULL;
	}
	return e;
}

struct end *end_accept(struct end_world *w, struct net_conn *conn, const struct end_config *c,
                       const struct end_user *user, void *ctx)
{
	struct end *e = make(w, c, user, ctx);

	if (!e)
		return NULL;
	e->link = link_accept(conn, &c->link, &link_user_of_ends, e);
	if (!e->link) {
		destroy(e);
		return NULL;
	}
	/* The user has not got the pointer yet: its callbacks wait for the loop. */
	net_timer_set(w->net, &e->timer, net_now(w->net), on_accepted, e);
	return e;
}

struct association *end_association(struct end *e)
{
	return &e->association;
}

uint32_t end_number(const struct end *e)
{
	return e->association.number;
}

struct link *end_link(struct end *e)
{
	return e->link;
}

struct net_conn *end_conn(struct end *e)
{
	return e->link ? link_conn(e->link) : NULL;
}

void end_detach(struct end *e, bool detached)
{
	association_detach(&e->association, now_of(e), detached);
	end_pump(e);
}

bool end_is_detached(const struct end *e)
{
	return e->association.detached;
}

size_t end_unwritten(const struct end *e)
{
	return e->raw_n - e->raw_sent;
}

bool end_write(struct end *e, struct octets o)
{
	size_t waiting = end_unwritten(e), cap = e->raw_cap ? e->raw_cap : 4096;
	uint8_t *grown = e->raw;

	if (!end_is_detached(e))
		return false;
	while (cap < waiting + o.n)
		cap *= 2;
	if (cap > e->raw_cap)
		grown = realloc(e->raw, cap);
	if (!grown)
		return false;
	memmove(grown, grown + e->raw_sent, waiting);
	if (o.n)
		memcpy(grown + waiting, o.p, o.n);
	e->raw = grown;
	e->raw_cap = cap;
	e->raw_n = waiting + o.n;
	e->raw_sent = 0;
	end_pump(e);
	return true;
}

void end_cut(struct end *e, enum link_cut how)
{
	if (!e->link || e->over)
		return;
	e->cut = true;
	e->how = (uint8_t)how;
	link_cut(e->link, how);
	if (how == LINK_CUT_RST)
		finish(e, TCP_END_CUT_RST, true);
	end_pump(e);
}

void end_close(struct end *e)
{
	e->close_due = true;
	end_pump(e);
}

bool end_is_over(const struct end *e)
{
	return e->over;
}

void end_free(struct end *e)
{
	if (e->pumping)
		e->free_due = true;
	else
		destroy(e);
}
