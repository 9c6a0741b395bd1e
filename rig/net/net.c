#include "net/net_inner.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

static const struct net_user nobody;

/* --- objects ------------------------------------------------------------- */

static void list_take(struct net_object *o)
{
	*o->link = o->next;
	if (o->next)
		o->next->link = o->link;
}

static void list_put(struct net_object **list, struct net_object *o)
{
	o->next = *list;
	if (o->next)
		o->next->link = &o->next;
	o->link = list;
	*list = o;
}

void net_object_add(struct net *net, struct net_object *o, void (*close)(struct net_object *))
{
	o->net = net;
	o->close = close;
	list_put(&net->live, o);
}

/* Moves it to the dead. */
static void net_object_end(struct net_object *o)
{
	list_take(o);
	list_put(&o->net->dead, o);
}

/* Frees the dead: at the end of a turn. */
static void net_reap(struct net *net)
{
	for (struct net_object *o = net->dead, *next; o; o = next) {
		next = o->next;
		free(o);
	}
	net->dead = NULL;
}

/* --- the loop ------------------------------------------------------------ */

void net_init(struct net *net, const struct net_ops *ops)
{
	*net = (struct net){ .ops = ops };
}

void net_free(struct net *net)
{
	if (!net)
		return;
	assert(!net->in_turn);
	while (net->live) {
		struct net_object *o = net->live;

		o->close(o);
		net_object_end(o);
	}
	net_reap(net);
	net->ops->free(net);
}

void *net_got(struct net *net, void *p)
{
	net->is_short |= !p;
	return p;
}

bool net_short(const struct net *net)
{
	return net->is_short;
}

bool net_is_virtual(const struct net *net)
{
	return net->ops->is_virtual;
}

int64_t net_now(struct net *net)
{
	return net->ops->now(net);
}

int64_t net_wall(const struct net *net, int64_t now_us)
{
	return net->wall_us + now_us;
}

bool net_step(struct net *net, int64_t until_us)
{
	bool more;

	assert(!net->in_turn);
	net->in_turn = true;
	more = net->ops->step(net, until_us);
	net->in_turn = false;
	net_reap(net);
	return more;
}

bool net_resolve(struct net *net, struct net_address *a, const char *text, uint16_t port)
{
	return net_address_parse(a, text, port) || net->ops->resolve(a, text, port);
}

/* --- listeners and watches ----------------------------------------------- */

struct net_listener *net_listen(struct net *net, const struct net_address *a, int backlog,
                                const struct net_buffers *buffers,
                                void (*accepted)(struct net_listener *l, struct net_conn *c,
                                                 void *ctx),
                                void *ctx)
{
	static const struct net_buffers standard;
	struct net_listener *l = net->ops->listen(net, a, backlog, buffers ? buffers : &standard);

	if (!l)
		return NULL;
	l->accepted = accepted;
	l->ctx = ctx;
	l->accepting = true;
	return l;
}

struct net_listener *net_reserve(struct net *net, const struct net_address *a)
{
	return net->ops->reserve(net, a);
}

struct net_address net_listener_address(const struct net_listener *l)
{
	return l->address;
}

void net_listener_buffers(struct net_listener *l, const struct net_buffers *buffers)
{
	l->object.net->ops->listener_buffers(l, buffers);
}

void net_listener_accept(struct net_listener *l, bool on)
{
	if (l->accepting == on)
		return;
	l->accepting = on;
	l->object.net->ops->listener_accept(l);
}

void net_listener_close(struct net_listener *l)
{
	l->object.close(&l->object);
	net_object_end(&l->object);
}

struct net_watch *net_watch(struct net *net, int fd, void (*fn)(int fd, void *ctx), void *ctx)
{
	struct net_watch *w = net->ops->watch(net, fd);

	if (!w)
		return NULL;
	w->fd = fd;
	w->fn = fn;
	w->ctx = ctx;
	return w;
}

void net_watch_end(struct net_watch *w)
{
	w->object.close(&w->object);
	net_object_end(&w->object);
}

/* --- connections --------------------------------------------------------- */

struct net_conn *net_connect(struct net *net, const struct net_address *to,
                             const struct net_address *source,
                             const struct net_buffers *buffers,
                             const struct net_user *user, void *ctx)
{
	static const struct net_buffers standard;
	struct net_conn *c = net->ops->connect(net, to, source, buffers ? buffers : &standard);

	if (c)
		net_conn_user(c, user, ctx);
	return c;
}

static void conn_drop(struct net_object *o)
{
	struct net_conn *c = (struct net_conn *)o;

	o->net->ops->end(c, NET_END_CLOSE);
	c->state = NET_CLOSED;
	if (c->user->dropped)
		c->user->dropped(c->ctx);
}

void net_conn_init(struct net *net, struct net_conn *c, enum net_state state,
                   const struct net_address *peer)
{
	net_object_add(net, &c->object, conn_drop);
	c->user = &nobody;
	c->state = (uint8_t)state;
	c->peer = *peer;
}

static bool has_news(const struct net_conn *c)
{
	if (c->state == NET_CLOSED)
		return false;
	return c->tell || (c->want_read && c->can_read) || (c->want_write && c->can_write);
}

void net_conn_wake(struct net_conn *c)
{
	if (c->queued || !has_news(c))
		return;
	c->queued = true;
	c->object.net->ops->queue(c);
}

static void tell(struct net_conn *c, void (*fn)(struct net_conn *, void *))
{
	if (fn)
		fn(c, c->ctx);
}

void net_conn_turn(struct net_conn *c)
{
	uint8_t what = c->tell;

	c->queued = false;
	c->tell = 0;
	if (what & NET_TELL_FAILED && c->user->failed)
		c->user->failed(c, c->error, c->ctx);
	if (what & NET_TELL_CONNECTED)
		tell(c, c->user->connected);
	if (c->state != NET_CLOSED && what & NET_TELL_GONE)
		tell(c, c->user->gone);
	if (c->state != NET_CLOSED && c->want_read && c->can_read)
		tell(c, c->user->readable);
	if (c->state != NET_CLOSED && c->want_write && c->can_write)
		tell(c, c->user->writable);
	net_conn_wake(c);
}

void net_conn_outcome(struct net_conn *c, int error)
{
	c->state = error ? NET_FAILED : NET_OPEN;
	c->error = error;
	c->can_write = !error;
	c->tell |= error ? NET_TELL_FAILED : NET_TELL_CONNECTED;
	net_conn_wake(c);
}

void net_conn_gone(struct net_conn *c, int error)
{
	if (!c->error)
		c->error = error;
	if (c->gone)
		return;
	c->gone = true;
	c->can_read = !c->ended;
	c->can_write = !c->broken;
	c->tell |= NET_TELL_GONE;
	net_conn_wake(c);
}

void net_conn_user(struct net_conn *c, const struct net_user *user, void *ctx)
{
	c->user = user;
	c->ctx = ctx;
}

struct net *net_conn_net(const struct net_conn *c)
{
	return c->object.net;
}

void net_want(struct net_conn *c, bool read, bool write)
{
	c->want_read = read;
	c->want_write = write;
	net_conn_wake(c);
}

ssize_t net_read(struct net_conn *c, void *buf, size_t n)
{
	ssize_t r;

	assert(n > 0);
	if (c->ended)
		return c->ended;
	if (c->state != NET_OPEN)
		return c->state == NET_CONNECTING ? NET_AGAIN : NET_BROKEN;
	r = c->object.net->ops->read(c, buf, n);
	if (r > 0)
		return r;
	c->can_read = false;
	c->fin_read |= r == NET_FIN;
	if (r == NET_RST || r == NET_BROKEN)
		c->ended = (int8_t)r;
	return r;
}

ssize_t net_writev(struct net_conn *c, const struct iovec *iov, int n)
{
	ssize_t r = NET_BROKEN;

	if (c->state == NET_CONNECTING)
		return NET_AGAIN;
	if (c->state == NET_OPEN && !c->shut && !c->ended)
		r = c->object.net->ops->writev(c, iov, n);
	if (r < 0)
		c->can_write = false;
	c->broken |= r == NET_BROKEN;
	return r;
}

void net_shutdown(struct net_conn *c)
{
	if (c->state != NET_OPEN || c->shut)
		return;
	c->shut = true;
	c->object.net->ops->shutdown(c);
}

static void end(struct net_conn *c, enum net_ending how)
{
	assert(c->state != NET_CLOSED);
	c->object.net->ops->end(c, how);
	c->state = NET_CLOSED;
	net_object_end(&c->object);
}

void net_reset(struct net_conn *c)
{
	end(c, NET_END_RESET);
}

void net_close(struct net_conn *c)
{
	end(c, NET_END_CLOSE);
}

size_t net_unsent(const struct net_conn *c)
{
	return c->state == NET_OPEN ? c->object.net->ops->unsent(c) : 0;
}

struct net_address net_local(const struct net_conn *c)
{
	return c->object.net->ops->local(c);
}

struct net_address net_peer(const struct net_conn *c)
{
	return c->peer;
}

bool net_info(const struct net_conn *c, struct net_info *out)
{
	*out = (struct net_info){ 0 };
	return c->object.net->ops->info(c, out);
}

size_t net_receive_buffer(const struct net_conn *c)
{
	return c->object.net->ops->receive_buffer(c);
}
