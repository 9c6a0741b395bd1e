/*
 * The form without a world: both ends of each connection live in one process,
 * octets take no time, and the clock jumps from event to event.
 *
 * A direction is one ring, kept at its receiver.  Its first `receive` octets
 * count as delivered (they stand in the receiver's TCP), those behind as
 * still unsent at the sender; so the two buffers of TCP, backpressure, and
 * what a reset destroys all follow from one number:
 *
 *      taken <-- | delivered: min(n, receive) | unsent: up to `send` | <-- written
 *
 * An RST drops what is unsent and leaves what is delivered readable, as Linux
 * does.  Writing to an end that has closed is answered by RST; so is closing
 * with octets unread.
 *
 * Things that happen at the same time wait in `ready` and are taken one per
 * turn.  Each is put at a place drawn at random, but at most SHUFFLE places
 * behind its turn, so that none starves.
 */
#include "net/net_inner.h"
#include "net/net_ring.h"

#include <assert.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	BUFFER = 64 << 10,	/* octets, each way and each end, unless told */
	BUFFER_LEAST = 256,
	SHUFFLE = 64,		/* a power of two */
	PORT_FIRST = 32768,	/* ephemeral, as Linux */
	PORT_LAST = 60999,
	/* Linux: SYN again after 1 s, 2 s, 4 s ...; given up after 127 s. */
	SYN_TRIES = 7,
};

struct sim_listener;

struct sim_conn {
	struct net_conn base;
	struct net_address local;
	struct sim_conn *peer;			/* NULL: not there (any more) */
	struct net_ring in;				/* what the peer wrote */
	size_t receive, send;			/* buffer sizes */
	bool fin;				/* the peer's FIN stands behind `in` */
	uint64_t received, taken;		/* octets written by the peer; read */
	uint32_t writes;
	struct net_timer event;			/* in sim->ready */
	struct net_timer syn;			/* SYN, and SYN again */
	int syn_tries;
	struct sim_listener *waits_at;		/* in a backlog */
	struct sim_conn *next, **link;
};

struct sim_listener {
	struct net_listener base;
	struct net_buffers buffers;
	int backlog, waiting;
	struct sim_conn *first, **end;		/* established, not accepted */
	struct net_timer event;
	struct sim_listener *next;
	bool reserved;				/* keeps its address, takes no calls */
};

struct sim {
	struct net base;
	int64_t now_us;
	uint64_t random;			/* state of splitmix64 */
	uint64_t places;			/* given in `ready` so far */
	struct net_timers ready;
	struct sim_listener *listeners;
	uint16_t port;				/* last ephemeral one given */
};

static struct sim *sim_of(const struct net_object *o)
{
	return (struct sim *)o->net;
}

static uint64_t draw(struct sim *s)
{
	uint64_t z = s->random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* --- what happens at one time -------------------------------------------- */

static void soon(struct sim *s, struct net_timer *t, void (*fn)(void *), void *ctx)
{
	if (t->fn)
		return;
	t->at_us = 0;
	t->order = s->places++ + draw(s) % SHUFFLE;
	t->fn = fn;
	t->ctx = ctx;
	net_timers_put(&s->ready, t);
}

static void not_soon(struct sim *s, struct net_timer *t)
{
	if (!t->fn)
		return;
	net_timers_drop(&s->ready, t);
	t->fn = NULL;
}

static void conn_event(void *ctx)
{
	net_conn_turn(ctx);
}

static void sim_queue(struct net_conn *base)
{
	soon(sim_of(&base->object), &((struct sim_conn *)base)->event, conn_event, base);
}

/* --- connections --------------------------------------------------------- */

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t delivered(const struct sim_conn *c)
{
	return least(c->in.n, c->receive);
}

/* Has the FIN itself arrived?  It stands behind what is unsent. */
static bool fin_arrived(const struct sim_conn *c)
{
	return c->fin && c->in.n <= c->receive;
}

/* Octets the peer of `to` may still write. */
static size_t room(const struct sim_conn *from, const struct sim_conn *to)
{
	return to->receive + from->send - to->in.n;
}

static void wake_reader(struct sim_conn *c)
{
	if (c->base.state != NET_OPEN || c->base.ended)
		return;
	c->base.can_read = true;
	net_conn_wake(&c->base);
}

/* The RST arrives at c. */
static void hit(struct sim_conn *c)
{
	struct sim_conn *peer = c->peer;

	c->fin = fin_arrived(c);
	net_ring_keep(&c->in, delivered(c));
	c->peer = NULL;
	if (peer)
		peer->peer = NULL;
	net_conn_gone(&c->base, c->fin ? EPIPE : ECONNRESET);
}

/* Both FINs have arrived: TCP knows the connection no more. */
static bool is_over(const struct sim_conn *c)
{
	return fin_arrived(c) && (!c->peer || fin_arrived(c->peer));
}

static ssize_t sim_read(struct net_conn *base, void *buf, size_t n)
{
	struct sim_conn *c = (struct sim_conn *)base, *from = c->peer;

	n = least(n, delivered(c));
	if (n == 0) {
		if (base->gone)
			return NET_RST;
		return fin_arrived(c) ? NET_FIN : NET_AGAIN;
	}
	net_ring_take(&c->in, buf, n);
	c->taken += n;
	/* As Linux: writable again when a third of the buffer is free. */
	if (from && !from->base.can_write && !from->base.shut && room(from, c) >= from->send / 3) {
		from->base.can_write = !from->base.broken;
		net_conn_wake(&from->base);
	}
	return (ssize_t)n;
}

/* The other end has closed: its TCP takes the octets and answers RST. */
static ssize_t write_to_closed(struct sim_conn *c, const struct iovec *iov, int n)
{
	size_t sum = 0;

	for (int i = 0; i < n; i++)
		sum += iov[i].iov_len;
	hit(c);
	return (ssize_t)sum;
}

static ssize_t sim_writev(struct net_conn *base, const struct iovec *iov, int n)
{
	struct sim_conn *c = (struct sim_conn *)base, *to = c->peer;
	size_t left, sum = 0;

	if (base->gone)
		return NET_BROKEN;
	if (!to)
		return write_to_closed(c, iov, n);
	left = room(c, to);
	for (int i = 0; i < n && left > 0; i++) {
		size_t part = least(iov[i].iov_len, left);

		if (part == 0)
			continue;
		if (!net_ring_grow(&to->in, part, to->receive + c->send)) {
			net_got(base->object.net, NULL);
			break;
		}
		net_ring_put(&to->in, iov[i].iov_base, part);
		sum += part;
		left -= part;
	}
	if (sum == 0)
		return NET_AGAIN;
	to->received += sum;
	c->writes++;
	wake_reader(to);
	return (ssize_t)sum;
}

static void send_fin(struct sim_conn *c)
{
	if (!c->peer)
		return;
	c->peer->fin = true;
	wake_reader(c->peer);
}

static void sim_shutdown(struct net_conn *base)
{
	send_fin((struct sim_conn *)base);
}

static void leave_backlog(struct sim_conn *c)
{
	struct sim_listener *l = c->waits_at;

	if (!l)
		return;
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	else
		l->end = c->link;
	l->waiting--;
	c->waits_at = NULL;
}

static void sim_end(struct net_conn *base, enum net_ending how)
{
	struct sim_conn *c = (struct sim_conn *)base;
	struct sim *s = sim_of(&base->object);

	not_soon(s, &c->event);
	net_timer_cancel(&s->base, &c->syn);
	leave_backlog(c);
	if (c->peer && (how == NET_END_RESET || c->in.n > 0) && !is_over(c))
		hit(c->peer);
	else if (!base->shut)
		send_fin(c);
	if (c->peer)
		c->peer->peer = NULL;
	c->peer = NULL;
	net_ring_free(&c->in);
}

static size_t sim_unsent(const struct net_conn *base)
{
	const struct sim_conn *c = (const struct sim_conn *)base;

	return c->peer ? c->peer->in.n - delivered(c->peer) : 0;
}

static struct net_address sim_local(const struct net_conn *base)
{
	return ((const struct sim_conn *)base)->local;
}

static uint8_t tcp_state(const struct sim_conn *c)
{
	bool out = c->base.shut, in = fin_arrived(c);

	if (c->base.state == NET_CONNECTING)
		return TCP_SYN_SENT;
	if (c->base.state != NET_OPEN || c->base.gone || (out && in))
		return TCP_CLOSE;
	return out ? TCP_FIN_WAIT2 : in ? TCP_CLOSE_WAIT : TCP_ESTABLISHED;
}

static bool sim_info(const struct net_conn *base, struct net_info *out)
{
	const struct sim_conn *c = (const struct sim_conn *)base, *to = c->peer;

	out->received = c->taken + delivered(c);
	out->acked = to ? to->taken + delivered(to) : 0;
	out->not_sent = (uint32_t)sim_unsent(base);
	out->segments = c->writes;
	out->peer_window = to ? (uint32_t)(to->receive - delivered(to)) : 0;
	out->state = tcp_state(c);
	return true;
}

static size_t sim_receive_buffer(const struct net_conn *base)
{
	return ((const struct sim_conn *)base)->receive;
}

/* --- connecting ---------------------------------------------------------- */

static size_t buffer_size(uint32_t asked)
{
	if (!asked)
		return BUFFER;
	return asked < BUFFER_LEAST ? BUFFER_LEAST : asked;
}

static struct sim_conn *new_conn(struct net *net, enum net_state state,
                                 const struct net_address *local,
                                 const struct net_address *peer,
                                 const struct net_buffers *buffers)
{
	struct sim_conn *c = calloc(1, sizeof *c);

	if (c)
		c->receive = buffer_size(buffers->receive);
	if (!c || !net_ring_grow(&c->in, 0, c->receive)) {
		free(c);
		net_got(net, NULL);
		errno = ENOMEM;
		return NULL;
	}
	c->local = *local;
	c->send = buffer_size(buffers->send);
	net_conn_init(net, &c->base, state, peer);
	return c;
}

static bool is_any(const struct net_address *a)
{
	static const uint8_t zero[16];

	return !memcmp(a->host, zero, a->family == 4 ? 4 : 16);
}

/* The listener at exactly this address, or at any of its port. */
static struct sim_listener *find_listener(const struct sim *s, const struct net_address *a)
{
	struct sim_listener *any = NULL;

	for (struct sim_listener *l = s->listeners; l; l = l->next) {
		const struct net_address *at = &l->base.address;

		if (l->reserved)
			continue;
		if (net_address_equal(at, a))
			return l;
		if (at->family == a->family && at->port == a->port && is_any(at))
			any = l;
	}
	return any;
}

static void accept_event(void *ctx)
{
	struct sim_listener *l = ctx;
	struct sim_conn *c = l->first;

	if (!c || !l->base.accepting)
		return;
	leave_backlog(c);
	if (l->first)
		soon(sim_of(&l->base.object), &l->event, accept_event, l);
	/* What happened in the backlog was told to nobody. */
	c->base.tell = c->base.gone ? NET_TELL_GONE : 0;
	l->base.accepted(&l->base, &c->base, l->base.ctx);
	net_conn_wake(&c->base);
}

static void join_backlog(struct sim_listener *l, struct sim_conn *c)
{
	c->waits_at = l;
	c->next = NULL;
	c->link = l->end;
	*c->link = c;
	l->end = &c->next;
	l->waiting++;
	soon(sim_of(&l->base.object), &l->event, accept_event, l);
}

static void syn(void *ctx)
{
	struct sim_conn *c = ctx, *other;
	struct net *net = c->base.object.net;
	struct sim_listener *l = find_listener((struct sim *)net, &c->base.peer);

	if (!l) {
		net_conn_outcome(&c->base, ECONNREFUSED);
		return;
	}
	/* Linux holds one more than the backlog, and drops the SYN beyond. */
	other = NULL;
	if (l->waiting <= l->backlog)
		other = new_conn(net, NET_OPEN, &c->base.peer, &c->local, &l->buffers);
	if (!other) {
		if (++c->syn_tries == SYN_TRIES)
			net_conn_outcome(&c->base, ETIMEDOUT);
		else
			net_timer_set(net, &c->syn,
			              net_now(net) + (SECOND_US << (c->syn_tries - 1)), syn, c);
		return;
	}
	other->peer = c;
	other->base.can_write = true;
	c->peer = other;
	join_backlog(l, other);
	net_conn_outcome(&c->base, 0);
}

static bool is_reserved(const struct sim *s, uint16_t port)
{
	for (struct sim_listener *l = s->listeners; l; l = l->next)
		if (l->reserved && l->base.address.port == port)
			return true;
	return false;
}

/* An ephemeral port on which nobody listens, and nobody will. */
static uint16_t ephemeral(struct sim *s, const struct net_address *host)
{
	struct net_address a = *host;

	do {
		s->port = s->port < PORT_LAST ? (uint16_t)(s->port + 1) : PORT_FIRST;
		a.port = s->port;
	} while (find_listener(s, &a) || is_reserved(s, s->port));
	return s->port;
}

static struct net_conn *sim_connect(struct net *net, const struct net_address *to,
                                    const struct net_address *source,
                                    const struct net_buffers *buffers)
{
	struct net_address local = { .family = to->family };
	struct sim_conn *c;

	if (source && source->family) {
		if (source->family != to->family) {
			errno = EAFNOSUPPORT;
			return NULL;
		}
		local = *source;
	}
	if (is_any(&local))
		net_address_parse(&local, local.family == 4 ? "127.0.0.1" : "::1", local.port);
	if (!local.port)
		local.port = ephemeral((struct sim *)net, &local);
	c = new_conn(net, NET_CONNECTING, &local, to, buffers);
	if (!c)
		return NULL;
	net_timer_set(net, &c->syn, net_now(net), syn, c);
	return &c->base;
}

static void sim_listener_buffers(struct net_listener *base, const struct net_buffers *buffers)
{
	((struct sim_listener *)base)->buffers = *buffers;
}

static void sim_listener_accept(struct net_listener *base)
{
	struct sim_listener *l = (struct sim_listener *)base;

	if (base->accepting && l->first)
		soon(sim_of(&base->object), &l->event, accept_event, l);
}

static void listener_close(struct net_object *o)
{
	struct sim_listener *l = (struct sim_listener *)o, **at = &sim_of(o)->listeners;

	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	not_soon(sim_of(o), &l->event);
	while (l->first)
		net_reset(&l->first->base);
}

static struct net_listener *sim_listen(struct net *net, const struct net_address *a,
                                       int backlog, const struct net_buffers *buffers)
{
	struct sim *s = (struct sim *)net;
	struct sim_listener *l, *other = a->port ? find_listener(s, a) : NULL;

	if (other && net_address_equal(&other->base.address, a)) {
		errno = EADDRINUSE;
		return NULL;
	}
	l = calloc(1, sizeof *l);
	if (!l)
		return NULL;
	l->base.address = *a;
	if (!a->port)
		l->base.address.port = ephemeral(s, a);
	l->buffers = *buffers;
	l->backlog = backlog;
	l->end = &l->first;
	l->next = s->listeners;
	s->listeners = l;
	net_object_add(net, &l->base.object, listener_close);
	return &l->base;
}

static struct net_listener *sim_reserve(struct net *net, const struct net_address *a)
{
	static const struct net_buffers standard;
	struct net_listener *l = sim_listen(net, a, 0, &standard);

	if (l)
		((struct sim_listener *)l)->reserved = true;
	return l;
}

static struct net_watch *sim_watch(struct net *net, int fd)
{
	(void)net;
	(void)fd;
	errno = ENOTSUP;
	return NULL;
}

static bool sim_resolve(struct net_address *a, const char *text, uint16_t port)
{
	static const char local[] = "localhost";
	size_t n = sizeof local - 1;
	char numeric[64];

	if (strncmp(text, local, n) != 0 || (text[n] && text[n] != ':'))
		return false;
	snprintf(numeric, sizeof numeric, "127.0.0.1%s", text + n);
	return net_address_parse(a, numeric, port);
}

/* --- the loop ------------------------------------------------------------ */

static int64_t sim_now(struct net *net)
{
	return ((struct sim *)net)->now_us;
}

static bool sim_step(struct net *net, int64_t until_us)
{
	struct sim *s = (struct sim *)net;
	const struct net_timer *t = net->timers.first;
	int64_t at_us = t ? t->at_us : NEVER_US;

	if (s->ready.first && (at_us > s->now_us || draw(s) & 1)) {
		net_timers_fire(&s->ready);
		return true;
	}
	if (at_us > until_us || !t) {
		if (until_us != NEVER_US && until_us > s->now_us)
			s->now_us = until_us;
		return t != NULL;
	}
	if (at_us > s->now_us)
		s->now_us = at_us;
	net_timers_fire(&net->timers);
	return true;
}

static void sim_free(struct net *net)
{
	free((struct sim *)net);
}

static const struct net_ops sim_ops = {
	.is_virtual = true,
	.now = sim_now,
	.step = sim_step,
	.free = sim_free,
	.resolve = sim_resolve,
	.listen = sim_listen,
	.reserve = sim_reserve,
	.listener_buffers = sim_listener_buffers,
	.listener_accept = sim_listener_accept,
	.connect = sim_connect,
	.watch = sim_watch,
	.queue = sim_queue,
	.read = sim_read,
	.writev = sim_writev,
	.shutdown = sim_shutdown,
	.end = sim_end,
	.unsent = sim_unsent,
	.local = sim_local,
	.info = sim_info,
	.receive_buffer = sim_receive_buffer,
};

struct net *net_sim_new(uint64_t seed)
{
	struct sim *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	net_init(&s->base, &sim_ops);
	s->base.wall_us = NET_SIM_WALL_US - NET_SIM_START_US;
	s->now_us = NET_SIM_START_US;
	s->random = seed;
	s->port = PORT_FIRST;
	return &s->base;
}
