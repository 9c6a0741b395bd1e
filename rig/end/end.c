#include "end/end_inner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

	if (n == OUTPUT_MAX && w->kept_n < END_POOL_KEPT)
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
	for (size_t i = 0; i < END_WORKSPACES; i++)
		association_work_init(&w->work[i],
		                      i + 1 < END_WORKSPACES ? &w->work[i + 1] : NULL);
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

/* ---- moving events ---- */

/* Octets that an event tells of are looked at before it is told. */
static void look_ahead(struct end *e)
{
	struct octets slices[ASSOCIATION_SLICES];

	if (e->tap)
		end_look_out(e, slices,
		             association_pop(&e->association, slices, ASSOCIATION_SLICES));
}

bool end_drain(struct end *e)
{
	struct event event;
	bool any = false;

	while (association_event(&e->association, &event)) {
		any = true;
		if (event.kind == EVENT_TCP && event.code == TCP_CLOSE_WANTED && !e->hold_open)
			e->close_due = true;
		if (event.kind == EVENT_PDU_OUT)
			look_ahead(e);
		end_tell(e, &event);
	}
	return any;
}

void end_finish(struct end *e, enum association_tcp_end how, bool reset)
{
	if (e->over)
		return;
	e->over = true;
	if (how == TCP_END_FIN)
		tape_fin(&e->tape, false, end_wall(e));
	if (how == TCP_END_RST && (!e->cut || end_is_half(e)))
		tape_rst(&e->tape, false, end_wall(e));
	else if (reset)
		tape_rst(&e->tape, true, end_wall(e));
	else if (!end_is_half(e))
		tape_fin(&e->tape, true, end_wall(e));
	association_end(&e->association, end_now(e), how);
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

	if (end_now(e) >= e->bind_at)
		end_finish(e, TCP_END_CUT_RST, true);
	else
		association_tick(&e->association, end_now(e));
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
		moved = end_drain(e);
		moved = end_send(e) || moved;
		if (e->close_due && !e->over && !moved && !end_output_waits(e)) {
			end_finish(e, TCP_END_CLOSED, false);
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
	tape_begin(&e->tape, e->world->capture, link_conn(l), e->config.initiator, end_wall(e));
	link_want(l, true, false);
	if (e->bind_us)
		e->bind_at = end_now(e) + e->bind_us;
	association_connected(&e->association, end_now(e));
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
		.at_us = end_now(e), .association = e->association.number, .value = (uint32_t)error,
		.cell = CELL_NONE, .kind = EVENT_TCP, .layer = LAYER_TPKT, .code = TCP_FAILED,
	};

	link_close(l);
	e->link = NULL;
	e->over = true;
	e->pumping = true;
	end_tell(e, &event);
	e->pumping = false;
	end_pump(e);
}

static void on_readable(struct link *l, void *ctx)
{
	(void)l;
	end_read(ctx);
	end_pump(ctx);
}

static void on_writable(struct link *l, void *ctx)
{
	struct end *e = ctx;

	(void)l;
	end_want(e, false);
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

static void on_link(struct link *l, const struct event *event, void *ctx)
{
	struct end *e = ctx;
	struct event told = *event;
	bool outer = e->pumping;

	/* Also a cut that was armed or planned is ours, and not the peer's. */
	if (told.code == LINK_CUT_DONE || told.code == LINK_SILENCE_ON) {
		e->cut = true;
		e->how = (uint8_t)told.value;
		e->fin_due = end_is_half(e);
		if (!e->writing)
			end_tape_half(e);
	}
	if (told.code == LINK_SILENCE_ON && e->hole_at == UINT64_MAX)
		e->hole_at = link_passed(l, LINK_OUT);
	if (told.type == LINK_IN && told.code == LINK_CUT_DONE && e->held) {
		told.length += e->held_n;
		end_drop_held(e);
	}
	if (told.type == LINK_IN)
		end_follow_gate(e, &told);
	told.association = e->association.number;
	e->pumping = true;
	end_tell(e, &told);
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
	if (c->points && !end_begin_tap(e, c->nth)) {
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
	association_detach(&e->association, end_now(e), detached);
	end_pump(e);
}

bool end_is_detached(const struct end *e)
{
	return e->association.detached;
}

void end_cut(struct end *e, enum link_cut how)
{
	if (!e->link || e->over)
		return;
	e->cut = true;
	e->how = (uint8_t)how;
	link_cut(e->link, how);
	if (how == LINK_CUT_RST)
		end_finish(e, TCP_END_CUT_RST, true);
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

bool end_is_closing(const struct end *e)
{
	return e->close_due || e->over;
}

void end_free(struct end *e)
{
	if (e->pumping)
		e->free_due = true;
	else
		destroy(e);
}
