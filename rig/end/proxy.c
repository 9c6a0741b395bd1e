#include "end/proxy.h"

#include "end/tape.h"
#include "heap/heap.h"
#include "net/net_space.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 64 << 10, BACKLOG = 128 };

/* After a cut by FIN what still comes is thrown away: closing at once would
 * answer it with RST. */
#define AFTER_FIN_US (2 * SECOND_US)

struct pair;

/* One of the two connections. */
struct half {
	struct pair *pair;
	struct link *link;	/* NULL: over */
	struct half *other;
	uint8_t side;		/* LINK_SIDE_INITIATOR, LINK_SIDE_RESPONDER */
	uint8_t from;		/* enum observer_direction of what is read here */
	uint8_t asked;		/* enum link_cut of a fault on what is written here */
	uint64_t cut_at;	/* octets written here; UINT64_MAX: no cut is armed */
	bool open, ended;	/* its sender has ended */
	bool done;		/* all that was read here has gone, its end too */
	ssize_t end;		/* how: NET_FIN ... */
	uint8_t *rest;		/* read here, not yet taken by the other side */
	size_t rest_at, rest_n;
	uint64_t octets;	/* read here */
};

struct pair {
	struct pair *next, **here;
	struct proxy *proxy;
	uint32_t n;
	struct half half[2];	/* initiator, responder */
	struct tap *tap;
	struct tape tape;
	struct net_timer end_timer, undo_timer;
	int64_t undo_us[LINK_POINTS_MAX];	/* what a point did ends; 0: no time */
	bool cut;
};

struct proxy {
	struct net *net;
	const struct proxy_config *config;
	const struct proxy_user *user;
	void *ctx;
	struct net_listener *listener;
	struct link_config near, far;	/* of the connection from the initiator; to the responder */
	struct link_plan plan;
	bool stalls;
	struct heap heap;
	struct pair *pairs;
	uint32_t open, connections;
	uint8_t scratch[CHUNK];
};

static void pair_free(struct pair *p)
{
	struct proxy *x = p->proxy;

	*p->here = p->next;
	if (p->next)
		p->next->here = p->here;
	net_timer_cancel(x->net, &p->end_timer);
	net_timer_cancel(x->net, &p->undo_timer);
	if (p->tap)
		tap_drop(p->tap);
	free(p->tap);
	for (int i = 0; i < 2; i++) {
		if (p->half[i].link)
			link_reset(p->half[i].link);
		free(p->half[i].rest);
	}
	x->open--;
	free(p);
}

/* --- the end of a pair --------------------------------------------------------- */

static void end_pair(void *ctx)
{
	struct pair *p = ctx;
	struct proxy *x = p->proxy;
	const uint64_t octets[OBSERVER_DIRECTIONS] = { p->half[0].octets, p->half[1].octets };
	uint32_t n = p->n;

	for (int i = 0; i < 2; i++)
		if (p->half[i].link)
			link_close(p->half[i].link);
	p->half[0].link = p->half[1].link = NULL;
	pair_free(p);
	if (x->user->closed)
		x->user->closed(n, octets, x->ctx);
}

/* Not inside the links' callbacks. */
static void end_soon(struct pair *p)
{
	if (!net_timer_is_set(&p->end_timer))
		net_timer_set(p->proxy->net, &p->end_timer, net_now(p->proxy->net), end_pair, p);
}

static int64_t wall(const struct pair *p)
{
	return net_wall(p->proxy->net, net_now(p->proxy->net));
}

/* --- moving octets -------------------------------------------------------------- */

static void want(struct half *h)
{
	bool read = !h->ended && h->rest_n == 0 && h->other->open;

	if (h->link)
		link_want(h->link, read, h->other->rest_n > 0);
}

/* The end of what h reads goes on, behind its octets. */
static void pass_end(struct half *h)
{
	struct link *to = h->other->link;

	if (!h->ended || h->done || h->rest_n > 0 || !h->other->open)
		return;
	h->done = true;
	if (h->end == NET_FIN) {
		if (to)
			link_shutdown(to);
		if (h->other->done)
			end_soon(h->pair);
		return;
	}
	h->other->link = NULL;
	if (to)
		link_reset(to);
	end_soon(h->pair);
}

static ssize_t put(struct half *h, const uint8_t *p, size_t n)
{
	struct iovec v = { (void *)(uintptr_t)p, n };

	return h->other->link ? link_writev(h->other->link, &v, 1) : NET_BROKEN;
}

static bool keep(struct half *h, const uint8_t *p, size_t n)
{
	if (!h->rest)
		h->rest = malloc(CHUNK);
	if (!h->rest)
		return false;
	memcpy(h->rest, p, n);
	h->rest_at = 0;
	h->rest_n = n;
	return true;
}

/* The other side takes no more: its own reading tells how it ended. */
static void pass(struct half *h, size_t n)
{
	struct pair *pair = h->pair;
	ssize_t taken = put(h, pair->proxy->scratch, n);
	size_t at = taken > 0 ? (size_t)taken : 0;

	if (taken == NET_BROKEN || at == n)
		return;
	if (!keep(h, pair->proxy->scratch + at, n - at))
		end_soon(pair);
}

static void look(struct half *h, size_t n)
{
	struct pair *p = h->pair;
	const struct octets in = { p->proxy->scratch, n };

	if (p->tap)
		tap_push(p->tap, (enum observer_direction)h->from, in);
	tape_data(&p->tape, h->from != OBSERVER_INITIATOR, wall(p), in);
	h->octets += n;
}

static void look_at_end(struct half *h)
{
	struct pair *p = h->pair;
	bool out = h->from != OBSERVER_INITIATOR;

	if (p->tap)
		tap_end(p->tap, (enum observer_direction)h->from);
	if (h->end == NET_FIN)
		tape_fin(&p->tape, out, wall(p));
	else
		tape_rst(&p->tape, out, wall(p));
}

/* After a cut.  A connection that is to stay silent does, until the proxy ends. */
static void end_cut(struct half *h)
{
	struct link *l = h->link;

	struct pair *p = h->pair;
	struct proxy *x = p->proxy;

	if (x->config->options->side == LINK_SIDE_BOTH) {
		if (!net_timer_is_set(&p->end_timer))
			net_timer_set(x->net, &p->end_timer, net_now(x->net) +
			              (h->end == NET_FIN ? AFTER_FIN_US : 0), end_pair, p);
		return;
	}
	h->link = NULL;
	if (l)
		link_close(l);
}

static void on_readable(struct link *l, void *ctx)
{
	struct half *h = ctx;
	ssize_t n = link_read(l, h->pair->proxy->scratch, CHUNK);

	if (n == NET_AGAIN)
		return;
	if (n > 0) {
		look(h, (size_t)n);
		pass(h, (size_t)n);
	} else {
		h->ended = true;
		h->end = n;
		look_at_end(h);
		if (h->pair->cut)
			end_cut(h);
		else
			pass_end(h);
	}
	want(h);
	want(h->other);
}

/* h can take what the other one has read. */
static void on_writable(struct link *l, void *ctx)
{
	struct half *h = ctx, *from = h->other;
	ssize_t n = from->rest_n > 0 ? put(from, from->rest + from->rest_at, from->rest_n) : 0;

	(void)l;
	if (n > 0) {
		from->rest_at += (size_t)n;
		from->rest_n -= (size_t)n;
	} else if (n == NET_BROKEN) {
		from->rest_n = 0;
	}
	if (from->rest_n == 0) {
		free(from->rest);
		from->rest = NULL;
		pass_end(from);
	}
	want(h);
	want(from);
}

/* --- faults ---------------------------------------------------------------------- */

static enum link_cut how_for(const struct proxy *x, enum link_side side, enum link_cut how)
{
	enum link_side hit = x->config->options->side;

	return hit == LINK_SIDE_BOTH || hit == side ? how : LINK_CUT_SILENCE;
}

static bool is_cut(const struct event *e)
{
	return e->code == LINK_CUT_DONE || e->code == LINK_SILENCE_ON;
}

/* One connection was cut: the other one follows. */
static void follow(struct half *h)
{
	struct pair *p = h->pair;
	struct half *other = h->other;

	if (p->cut)
		return;
	p->cut = h->asked != LINK_CUT_HALF_CLOSE;
	if (other->link)
		link_cut(other->link, how_for(p->proxy, (enum link_side)other->side,
		                              (enum link_cut)h->asked));
}

/* --- faults at points of the protocol ---------------------------------------------- */

/* The way of one of the two connections that is direction d of the proxy. */
static enum link_direction way_of(const struct half *h, uint8_t d)
{
	if (d == LINK_BOTH || h->side == LINK_SIDE_RESPONDER)
		return (enum link_direction)d;
	return d == LINK_IN ? LINK_OUT : LINK_IN;
}

static void change_half(struct half *h, const struct link_change *c)
{
	struct link_change own = *c;

	own.direction = (uint8_t)way_of(h, c->direction);
	if (h->link)
		link_change(h->link, &own);
}

static void undo_due(void *ctx);

/* Looks for the change that ends next. */
static void set_undo_timer(struct pair *p)
{
	int64_t next_us = NEVER_US;

	for (size_t i = 0; i < LINK_POINTS_MAX; i++)
		if (p->undo_us[i] && p->undo_us[i] < next_us)
			next_us = p->undo_us[i];
	if (next_us != NEVER_US)
		net_timer_set(p->proxy->net, &p->undo_timer, next_us, undo_due, p);
}

static void undo_due(void *ctx)
{
	struct pair *p = ctx;

	for (size_t i = 0; i < LINK_POINTS_MAX; i++) {
		struct link_change c = p->proxy->config->options->points[i].what;

		if (!p->undo_us[i] || p->undo_us[i] > net_now(p->proxy->net))
			continue;
		p->undo_us[i] = 0;
		c.value = 0;
		change_half(&p->half[1], &c);
		if (c.kind == LINK_CHANGE_STALL)
			change_half(&p->half[0], &c);
	}
	set_undo_timer(p);
}

/* The octets in front of point i have left through h.  A stall is of that connection;
 * the line lies at the responder. */
static void change_at_point(struct half *h, size_t i)
{
	struct pair *p = h->pair;
	const struct link_change *c = &p->proxy->config->options->points[i].what;

	if (c->kind == LINK_CHANGE_STALL)
		change_half(h, c);
	if (c->kind == LINK_CHANGE_STALL && !c->value)
		change_half(h->other, c);
	if (c->kind != LINK_CHANGE_STALL)
		change_half(&p->half[1], c);
	if (!c->at_us)
		return;
	p->undo_us[i] = net_now(p->proxy->net) + c->at_us;
	set_undo_timer(p);
}

static void on_event(struct link *l, const struct event *e, void *ctx)
{
	struct half *h = ctx;
	struct proxy *x = h->pair->proxy;

	(void)l;
	if (x->user->event)
		x->user->event(h->pair->n, (enum link_side)h->side, e, x->ctx);
	if (is_cut(e))
		follow(h);
	if (e->code == LINK_REACHED)
		change_at_point(h, e->value);
}

/* Returns the octets behind the point that have left already. */
static uint64_t cut_at_point(struct half *h, uint64_t octets, enum link_cut asked)
{
	enum link_cut how = how_for(h->pair->proxy, (enum link_side)h->side, asked);

	if (octets >= h->cut_at)
		return 0;
	h->asked = (uint8_t)asked;
	h->cut_at = octets;
	if (link_cut_at(h->link, LINK_OUT, octets, how))
		return 0;
	octets = link_passed(h->link, LINK_OUT) - octets;
	link_cut(h->link, how);
	return octets;
}

/* A point of direction d has come: armed where its octets leave, before they do. */
static void on_point(struct tap *t, size_t i, enum observer_direction d, uint64_t octets, void *ctx)
{
	struct pair *p = ctx;
	struct proxy *x = p->proxy;
	struct half *h = &p->half[d == OBSERVER_INITIATOR];
	const struct link_change *what = &x->config->options->points[i].what;
	uint64_t late = 0;

	(void)t;
	if (!h->link || p->cut)
		return;
	if (what->kind == LINK_CHANGE_CUT) {
		late = cut_at_point(h, octets, (enum link_cut)what->value);
	} else if (!link_mark(h->link, octets, (uint32_t)i)) {
		late = link_passed(h->link, LINK_OUT) - octets;
		change_at_point(h, i);
	}
	if (x->user->point)
		x->user->point(p->n, i, late, x->ctx);
}

static void on_pdu(struct tap *t, const struct observation *seen, void *ctx)
{
	struct pair *p = ctx;
	struct proxy *x = p->proxy;

	(void)t;
	if (x->config->trace && x->user->pdu)
		x->user->pdu(p->n, seen, x->ctx);
}

static const struct tap_user tap_user = { on_pdu, on_point };

/* --- connections ------------------------------------------------------------------ */

static void on_connected(struct link *l, void *ctx)
{
	struct half *h = ctx;

	(void)l;
	h->open = true;
	pass_end(h->other);
	want(h);
	want(h->other);
}

static void on_failed(struct link *l, int error, void *ctx)
{
	struct half *h = ctx;
	struct pair *p = h->pair;
	struct proxy *x = p->proxy;
	struct link *near = h->other->link;

	h->link = NULL;
	link_close(l);
	h->other->link = NULL;
	if (near)
		link_reset(near);
	if (!p->cut && x->user->failed)
		x->user->failed(p->n, error, x->ctx);
	end_soon(p);
}

/* What came before the reset is read first; reading then tells of it. */
static void on_gone(struct link *l, void *ctx)
{
	struct half *h = ctx;

	if (h->rest_n > 0 && !h->other->link)
		end_soon(h->pair);
	link_want(l, true, false);
}

static void on_dropped(void *ctx)
{
	((struct half *)ctx)->link = NULL;
}

static const struct link_user half_user = {
	on_connected, on_failed, on_readable, on_writable, on_gone, on_event, on_dropped,
};

static struct tap *new_tap(struct pair *p)
{
	const struct proxy_config *c = p->proxy->config;
	struct tap *t;

	if (!c->trace && c->options->points_n == 0)
		return NULL;
	t = malloc(sizeof *t);
	if (t)
		tap_init(t, &p->proxy->heap.pool, c->points, c->options->points_n, p->n, &tap_user,
		         p);
	return t;
}

static enum link_cut planned_cut(const struct link_plan *plan)
{
	for (size_t i = 0; plan && i < plan->n; i++)
		if (plan->at[i].kind == LINK_CHANGE_CUT)
			return (enum link_cut)plan->at[i].value;
	return LINK_CUT_FIN;
}

static uint64_t octet_of(const struct link_fault *f)
{
	return f->place == LINK_AT_OCTET ? f->n : UINT64_MAX;
}

static struct pair *new_pair(struct proxy *x)
{
	const struct link_options *o = x->config->options;
	struct pair *p = calloc(1, sizeof *p);

	if (!p)
		return NULL;
	p->proxy = x;
	p->n = ++x->connections;
	p->half[0] = (struct half){ .pair = p, .other = &p->half[1], .side = LINK_SIDE_INITIATOR,
	                            .from = OBSERVER_INITIATOR, .open = true,
	                            .asked = (uint8_t)o->config.cut_in.how,
	                            .cut_at = octet_of(&o->config.cut_in) };
	p->half[1] = (struct half){ .pair = p, .other = &p->half[0], .side = LINK_SIDE_RESPONDER,
	                            .from = OBSERVER_RESPONDER,
	                            .asked = (uint8_t)(o->config.cut_out.place ?
	                                               o->config.cut_out.how :
	                                               planned_cut(&o->plan)),
	                            .cut_at = octet_of(&o->config.cut_out) };
	p->tap = new_tap(p);
	p->next = x->pairs;
	p->here = &x->pairs;
	if (p->next)
		p->next->here = &p->next;
	x->pairs = p;
	x->open++;
	return p;
}

/* Our call to the target.  NULL: errno. */
static struct link *call_target(struct half *h)
{
	struct proxy *x = h->pair->proxy;
	const struct proxy_config *c = x->config;
	const struct net_buffers buffers = link_buffers(&x->far, x->stalls);
	struct link *l;

	if (c->call_from_side && !net_space_enter(c->spaces, 0))
		return NULL;
	l = link_connect(x->net, &c->target, c->source, &buffers, &x->far, &half_user, h);
	if (c->call_from_side)
		net_space_leave(c->spaces);
	return l;
}

/* What the initiator sends is taken from it as slowly as the line goes. */
static struct net_buffers listener_buffers(const struct proxy *x)
{
	const struct link_config seen = { .in = x->far.out };

	return link_buffers(&seen, x->stalls);
}

/* The kernel takes from the initiator what the line has no room for. */
static void tell_hidden(struct half *h)
{
	struct proxy *x = h->pair->proxy;
	const struct event e = {
		.at_us = net_now(x->net), .length = link_hidden(h->link), .kind = EVENT_LINK,
		.code = LINK_HIDDEN, .type = LINK_IN, .flags = EVENT_F_INITIATOR, .cell = CELL_NONE,
	};

	if (listener_buffers(x).receive && x->user->event)
		x->user->event(h->pair->n, LINK_SIDE_INITIATOR, &e, x->ctx);
}

static bool connect_pair(struct pair *p, struct net_conn *conn)
{
	struct proxy *x = p->proxy;
	const struct proxy_config *c = x->config;

	p->half[0].link = link_accept(conn, &x->near, &half_user, &p->half[0]);
	if (!p->half[0].link)
		return false;
	if (link_conn(p->half[0].link))
		tape_begin(&p->tape, c->capture, conn, false, wall(p));
	tell_hidden(&p->half[0]);
	p->half[1].link = call_target(&p->half[1]);
	if (p->half[1].link) {
		want(&p->half[0]);
		return true;
	}
	link_reset(p->half[0].link);
	p->half[0].link = NULL;
	return true;
}

static void accepted(struct net_listener *l, struct net_conn *conn, void *ctx)
{
	struct proxy *x = ctx;
	struct net_address from = net_peer(conn);
	struct pair *p = new_pair(x);
	int error = ENOMEM;

	(void)l;
	if (p && x->user->opened)
		x->user->opened(p->n, &from, x->ctx);
	if (!p || !connect_pair(p, conn))
		net_reset(conn);
	else if (p->half[1].link)
		return;
	else
		error = errno;
	if (p)
		pair_free(p);
	if (x->user->refused)
		x->user->refused(error, x->ctx);
}

/* --- the proxy ----------------------------------------------------------------------- */

static bool is_stall(const struct link_change *c)
{
	return c->kind == LINK_CHANGE_STALL || c->kind == LINK_CHANGE_DOWN;
}

static bool will_stall(const struct link_options *o)
{
	bool any = false;

	for (size_t i = 0; i < o->plan.n; i++)
		any |= is_stall(&o->plan.at[i]);
	for (size_t i = 0; i < o->points_n; i++)
		any |= is_stall(&o->points[i].what);
	return any;
}

/* The plan with each cut as the responder is to see it. */
static void adapt_plan(struct proxy *x)
{
	x->plan = x->config->options->plan;
	for (size_t i = 0; i < x->plan.n; i++)
		if (x->plan.at[i].kind == LINK_CHANGE_CUT)
			x->plan.at[i].value = how_for(x, LINK_SIDE_RESPONDER,
			                              (enum link_cut)x->plan.at[i].value);
	x->stalls = will_stall(x->config->options);
}

struct proxy *proxy_new(struct net *net, const struct proxy_config *config,
                        const struct proxy_user *user, void *ctx)
{
	struct proxy *x = calloc(1, sizeof *x);
	struct net_buffers buffers;
	int error;

	if (!x)
		return NULL;
	x->net = net;
	x->config = config;
	x->user = user;
	x->ctx = ctx;
	heap_init(&x->heap, HEAP_UNLIMITED);
	adapt_plan(x);
	x->far = config->options->config;
	x->far.cut_in = (struct link_fault){ 0 };
	x->far.cut_out.how = how_for(x, LINK_SIDE_RESPONDER, x->far.cut_out.how);
	x->far.plan = x->plan.n ? &x->plan : NULL;
	x->near.cut_out = config->options->config.cut_in;
	x->near.cut_out.how = how_for(x, LINK_SIDE_INITIATOR, x->near.cut_out.how);
	x->near.tls = config->server;
	x->far.tls = config->client;
	x->far.kernel = config->kernel;
	buffers = listener_buffers(x);
	if (!config->listen_in_hub || net_space_enter(config->spaces, NET_SPACE_HUB))
		x->listener = net_listen(net, &config->listen, BACKLOG, &buffers, accepted, x);
	error = errno;
	if (config->listen_in_hub)
		net_space_leave(config->spaces);
	if (x->listener)
		return x;
	free(x);
	errno = error;
	return NULL;
}

struct net_address proxy_address(const struct proxy *p)
{
	return net_listener_address(p->listener);
}

uint32_t proxy_open(const struct proxy *p)
{
	return p->open;
}

void proxy_free(struct proxy *p)
{
	if (!p)
		return;
	for (struct pair *pair = p->pairs, *next; pair; pair = next) {
		next = pair->next;
		pair_free(pair);
	}
	net_listener_close(p->listener);
	free(p);
}
