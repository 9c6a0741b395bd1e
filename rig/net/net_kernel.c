/*
 * The form that is real: sockets behind epoll, timers behind one timerfd.
 *
 * Connections are registered once, edge-triggered, for everything; what the
 * user wants is a matter of flags, so net_want() costs no system call.
 * Listeners and watches are level-triggered.
 *
 * How an end is told apart, on Linux.  An arriving RST leaves what was
 * received before it readable, and books an error: ECONNRESET, or EPIPE when
 * the peer's FIN came first.  recv() reports ECONNRESET once, but behind a
 * FIN it answers 0 for ever; and send() takes the booked error away before
 * recv() can tell it.  EPOLLERR stands for a booked error in all cases.
 * Hence: EPOLLERR or a failed send marks the connection `gone`, and a 0 from
 * recv() means FIN only when it is not.
 */
#include "net/net_inner.h"
#include "net/net_socket.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum {
	EVENTS_PER_TURN = 64,	/* taken from epoll at once */
	ACCEPTS_PER_TURN = 64,	/* so that a flood of callers starves nobody */
	IOV_PER_CALL = 1024,	/* IOV_MAX */
	/* When a turn takes longer, its timers wait for what has come in meanwhile. */
	LATE_US = 10000,
	ROUNDS_MOST = 64,	/* of EVENTS_PER_TURN, to take all that has come */
	/* A listener that ran out of descriptors looks again after this. */
	ACCEPT_AGAIN_US = 20000,
};

/* What epoll hands back. */
struct source {
	void (*ready)(struct source *s, uint32_t events);
};

struct kernel_conn {
	struct net_conn base;
	struct source source;
	int fd;
	struct kernel_conn *next, **link;	/* in kernel->ready */
	uint64_t turn;				/* in which it was queued */
	unsigned forks;				/* when it was made */
	bool ending;				/* FIN, RST or an error has come in */
};

struct kernel_listener {
	struct net_listener base;
	struct source source;
	int fd;
	bool closed;
	struct net_timer again;
};

struct kernel_watch {
	struct net_watch base;
	struct source source;
	bool closed;
};

struct kernel {
	struct net base;
	int epoll, timer;
	struct source timer_source;
	int64_t armed_us;		/* what the timerfd is set to */
	int64_t now_us;			/* when the callback that runs first asked */
	bool stale;			/* it has not asked yet */
	int64_t taken_us;		/* what came before is taken from epoll */
	struct kernel_conn *ready, **ready_end;	/* connections with news, in order */
	uint64_t turn;
};

#define OUTER(p, type, member) ((type *)(void *)((char *)(p) - offsetof(type, member)))

/* --- descriptors ------------------------------------------------------------- */

static void close_keeping_errno(int fd)
{
	int error = errno;

	close(fd);
	errno = error;
}

static bool enter(struct kernel *k, int fd, uint32_t events, struct source *s)
{
	struct epoll_event e = { .events = events, .data.ptr = s };

	return epoll_ctl(k->epoll, EPOLL_CTL_ADD, fd, &e) == 0;
}

/* A child may hold a copy of a descriptor, and then epoll goes on telling of it when we have
 * closed ours.  Those that run programs close it (CLOEXEC) before we go on. */
static unsigned forks;

static void on_fork(void)
{
	forks++;
}

static void watch_forks(void)
{
	static bool watching;

	if (!watching)
		watching = pthread_atfork(NULL, on_fork, NULL) == 0;
}

/* Explicitly, for a copy's sake. */
static void leave(struct kernel *k, int fd)
{
	epoll_ctl(k->epoll, EPOLL_CTL_DEL, fd, NULL);
}

static void change(struct kernel *k, int fd, uint32_t events, struct source *s)
{
	struct epoll_event e = { .events = events, .data.ptr = s };

	epoll_ctl(k->epoll, EPOLL_CTL_MOD, fd, &e);
}

/* --- connections --------------------------------------------------------- */

static struct kernel *kernel_of(const struct net_object *o)
{
	return (struct kernel *)o->net;
}

static void kernel_queue(struct net_conn *base)
{
	struct kernel_conn *c = (struct kernel_conn *)base;
	struct kernel *k = kernel_of(&base->object);

	c->turn = k->turn;
	c->next = NULL;
	c->link = k->ready_end;
	*c->link = c;
	k->ready_end = &c->next;
}

static void unqueue(struct kernel *k, struct kernel_conn *c)
{
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	else
		k->ready_end = c->link;
	c->base.queued = false;
}

/* The connecting socket has an outcome.  ECONNRESET and EPIPE are errors of
 * an established connection: it came about, and was reset before we looked. */
static void connect_ready(struct kernel_conn *c, uint32_t events)
{
	int error = 0;

	if (!(events & (EPOLLOUT | EPOLLERR | EPOLLHUP)))
		return;
	if (events & (EPOLLERR | EPOLLHUP))
		error = net_socket_error(c->fd);
	if (error != ECONNRESET && error != EPIPE) {
		net_conn_outcome(&c->base, error);
		return;
	}
	net_conn_outcome(&c->base, 0);
	net_conn_gone(&c->base, error);
}

static void conn_ready(struct source *s, uint32_t events)
{
	struct kernel_conn *c = OUTER(s, struct kernel_conn, source);
	struct net_conn *b = &c->base;

	if (b->state == NET_CONNECTING)
		connect_ready(c, events);
	if (b->state != NET_OPEN)
		return;
	c->ending |= (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
	if (events & EPOLLERR)
		net_conn_gone(b, 0);
	if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP) && !b->fin_read && !b->ended)
		b->can_read = true;
	if (events & (EPOLLOUT | EPOLLHUP) && !b->broken)
		b->can_write = true;
	net_conn_wake(b);
}

static const uint32_t CONN_EVENTS = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;

static struct kernel_conn *new_conn(int fd)
{
	struct kernel_conn *c = calloc(1, sizeof *c);

	if (!c)
		return NULL;
	c->fd = fd;
	c->forks = forks;
	c->source.ready = conn_ready;
	return c;
}

static struct net_conn *kernel_connect(struct net *net, const struct net_address *to,
                                       const struct net_address *source,
                                       const struct net_buffers *buffers)
{
	struct kernel *k = (struct kernel *)net;
	struct kernel_conn *c = NULL;
	int fd = net_socket_new(to, buffers), outcome;

	if (fd < 0)
		return NULL;
	if (source && source->family && !net_socket_source(fd, source))
		goto failed;
	c = new_conn(fd);
	if (!c)
		goto failed;
	outcome = net_socket_connect(fd, to);
	/* After connect(): a fresh socket would report EPOLLHUP at once. */
	if (!enter(k, fd, CONN_EVENTS, &c->source))
		goto failed;
	net_conn_init(net, &c->base, NET_CONNECTING, to);
	if (outcome && outcome != EINPROGRESS)
		net_conn_outcome(&c->base, outcome);
	return &c->base;
failed:
	free(c);
	close_keeping_errno(fd);
	return NULL;
}

static bool is_reset(int error)
{
	return error == ECONNRESET || error == EPIPE;
}

/* How it ended: all octets are read.  An empty send fetches an error that is
 * still booked. */
static ssize_t ending(struct kernel_conn *c)
{
	if (!c->base.error && send(c->fd, NULL, 0, MSG_NOSIGNAL) < 0)
		c->base.error = errno;
	return is_reset(c->base.error) ? NET_RST : NET_BROKEN;
}

static ssize_t kernel_read(struct net_conn *base, void *buf, size_t n)
{
	struct kernel_conn *c = (struct kernel_conn *)base;
	ssize_t r;

	do
		r = recv(c->fd, buf, n, 0);
	while (r < 0 && errno == EINTR);
	/* A short read has emptied the socket, and what comes next makes a new edge
	 * (epoll(7)); only an end that was told already must still be read. */
	if (r > 0 && (size_t)r < n && !c->ending && !base->gone)
		base->can_read = false;
	if (r > 0)
		return r;
	if (r == 0)
		return base->gone ? ending(c) : NET_FIN;
	if (errno == EAGAIN)
		return NET_AGAIN;
	net_conn_gone(base, errno);
	return is_reset(base->error) ? NET_RST : NET_BROKEN;
}

static ssize_t kernel_writev(struct net_conn *base, const struct iovec *iov, int n)
{
	struct kernel_conn *c = (struct kernel_conn *)base;
	struct msghdr m = {
		.msg_iov = (struct iovec *)(uintptr_t)iov,
		.msg_iovlen = (size_t)(n < IOV_PER_CALL ? n : IOV_PER_CALL),
	};
	ssize_t r;

	do
		r = n == 1 ? send(c->fd, iov->iov_base, iov->iov_len, MSG_NOSIGNAL)
		           : sendmsg(c->fd, &m, MSG_NOSIGNAL);
	while (r < 0 && errno == EINTR);
	if (r >= 0)
		return r;
	if (errno == EAGAIN)
		return NET_AGAIN;
	net_conn_gone(base, errno);
	return NET_BROKEN;
}

static void kernel_shutdown(struct net_conn *base)
{
	shutdown(((struct kernel_conn *)base)->fd, SHUT_WR);
}

static void kernel_end(struct net_conn *base, enum net_ending how)
{
	struct kernel_conn *c = (struct kernel_conn *)base;
	struct kernel *k = kernel_of(&base->object);
	const struct linger now = { 1, 0 };

	if (base->queued)
		unqueue(k, c);
	if (how == NET_END_RESET)
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	if (c->forks != forks)
		leave(k, c->fd);
	close(c->fd);
}

static int fd_of(const struct net_conn *base)
{
	return ((const struct kernel_conn *)base)->fd;
}

static size_t kernel_unsent(const struct net_conn *base)
{
	return net_socket_unsent(fd_of(base));
}

static struct net_address kernel_local(const struct net_conn *base)
{
	return net_socket_local(fd_of(base));
}

static bool kernel_info(const struct net_conn *base, struct net_info *out)
{
	return net_socket_info(fd_of(base), out);
}

static size_t kernel_receive_buffer(const struct net_conn *base)
{
	return net_socket_receive_buffer(fd_of(base));
}

size_t net_descriptors(size_t wanted)
{
	struct rlimit now, more;

	if (getrlimit(RLIMIT_NOFILE, &now) < 0)
		return 0;
	if (now.rlim_cur >= wanted)
		return (size_t)now.rlim_cur;
	more = now;
	more.rlim_cur = wanted;
	if (more.rlim_max < more.rlim_cur)
		more.rlim_max = more.rlim_cur;
	if (setrlimit(RLIMIT_NOFILE, &more) == 0)
		return (size_t)more.rlim_cur;
	/* Only root may raise the hard limit. */
	if (now.rlim_cur < now.rlim_max)
		now.rlim_cur = now.rlim_max < wanted ? now.rlim_max : wanted;
	setrlimit(RLIMIT_NOFILE, &now);
	getrlimit(RLIMIT_NOFILE, &now);
	return (size_t)now.rlim_cur;
}

bool net_punctual(void)
{
	const struct sched_param p = { .sched_priority = 1 };

	return sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &p) == 0;
}

/* --- listeners ----------------------------------------------------------- */

static void accept_again(void *ctx)
{
	struct kernel_listener *l = ctx;

	if (l->base.accepting)
		change(kernel_of(&l->base.object), l->fd, EPOLLIN, &l->source);
}

static void pause_accepting(struct kernel_listener *l)
{
	struct net *net = l->base.object.net;

	change((struct kernel *)net, l->fd, 0, &l->source);
	net_timer_set(net, &l->again, net_now(net) + ACCEPT_AGAIN_US, accept_again, l);
}

/* What accept4() could not do.  true: the fault was the one connection's
 * (accept(2)); false: come again later. */
static bool accept_failed(struct kernel_listener *l, int error)
{
	if (error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM ||
	    error == ENOSPC)
		pause_accepting(l);
	return error == ECONNABORTED || error == EINTR || error == EPROTO;
}

/* One connection.  false: no more for now.  The memory comes first: a caller
 * that cannot be served stays in the backlog. */
static bool accept_one(struct kernel_listener *l)
{
	struct net *net = l->base.object.net;
	struct kernel_conn *c = new_conn(-1);
	struct net_address peer;
	int error;

	net_got(net, c);
	if (!c)
		return accept_failed(l, ENOMEM);
	c->fd = net_socket_accept(l->fd, &peer);
	if (c->fd >= 0 && enter((struct kernel *)net, c->fd, CONN_EVENTS, &c->source)) {
		net_conn_init(net, &c->base, NET_OPEN, &peer);
		l->base.accepted(&l->base, &c->base, l->base.ctx);
		return true;
	}
	error = errno;
	if (c->fd >= 0)
		close(c->fd);
	free(c);
	return accept_failed(l, error);
}

static void listener_ready(struct source *s, uint32_t events)
{
	struct kernel_listener *l = OUTER(s, struct kernel_listener, source);
	int left = ACCEPTS_PER_TURN;

	(void)events;
	while (left-- > 0 && !l->closed && l->base.accepting && accept_one(l))
		;
}

/* What is accepted inherits them. */
static void kernel_listener_buffers(struct net_listener *base, const struct net_buffers *buffers)
{
	net_socket_buffers(((struct kernel_listener *)base)->fd, buffers);
}

static void kernel_listener_accept(struct net_listener *base)
{
	struct kernel_listener *l = (struct kernel_listener *)base;

	change(kernel_of(&base->object), l->fd, base->accepting ? EPOLLIN : 0, &l->source);
}

static void listener_close(struct net_object *o)
{
	struct kernel_listener *l = (struct kernel_listener *)o;

	net_timer_cancel(o->net, &l->again);
	l->closed = true;
	leave(kernel_of(o), l->fd);
	close(l->fd);
}

/* `backlog` 0: the address is kept, nobody listens. */
static struct net_listener *new_listener(struct net *net, const struct net_address *a, int backlog,
                                         const struct net_buffers *buffers)
{
	struct kernel_listener *l = NULL;
	int fd = net_socket_new(a, buffers);

	if (fd < 0)
		return NULL;
	if (!net_socket_listen(fd, a, backlog))
		goto failed;
	l = calloc(1, sizeof *l);
	if (!l)
		goto failed;
	l->fd = fd;
	l->source.ready = listener_ready;
	l->base.address = net_socket_local(fd);
	if (backlog && !enter((struct kernel *)net, fd, EPOLLIN, &l->source))
		goto failed;
	net_object_add(net, &l->base.object, listener_close);
	return &l->base;
failed:
	free(l);
	close_keeping_errno(fd);
	return NULL;
}

static struct net_listener *kernel_listen(struct net *net, const struct net_address *a,
                                          int backlog, const struct net_buffers *buffers)
{
	return new_listener(net, a, backlog, buffers);
}

static struct net_listener *kernel_reserve(struct net *net, const struct net_address *a)
{
	static const struct net_buffers standard;

	return new_listener(net, a, 0, &standard);
}

/* --- watches ------------------------------------------------------------- */

static void watch_ready(struct source *s, uint32_t events)
{
	struct kernel_watch *w = OUTER(s, struct kernel_watch, source);

	(void)events;
	if (!w->closed)
		w->base.fn(w->base.fd, w->base.ctx);
}

static void watch_close(struct net_object *o)
{
	struct kernel_watch *w = (struct kernel_watch *)o;

	w->closed = true;
	leave(kernel_of(o), w->base.fd);
}

static struct net_watch *kernel_watch(struct net *net, int fd)
{
	struct kernel_watch *w = calloc(1, sizeof *w);

	if (!w)
		return NULL;
	w->source.ready = watch_ready;
	if (!enter((struct kernel *)net, fd, EPOLLIN, &w->source)) {
		free(w);
		return NULL;
	}
	net_object_add(net, &w->base.object, watch_close);
	return &w->base;
}

/* --- the loop ------------------------------------------------------------ */

static int64_t clock_us(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * SECOND_US + t.tv_nsec / 1000;
}

static int64_t look_at_clock(struct kernel *k)
{
	k->stale = false;
	return k->now_us = clock_us(CLOCK_MONOTONIC);
}

/* The clock is read once at most for each callback: they ask often, or never. */
static int64_t kernel_now(struct net *net)
{
	struct kernel *k = (struct kernel *)net;

	return net->in_turn && !k->stale ? k->now_us : look_at_clock(k);
}

/* Edge-triggered: setting it anew takes the old expiry back, nobody reads it. */
static void timer_ready(struct source *s, uint32_t events)
{
	(void)events;
	OUTER(s, struct kernel, timer_source)->armed_us = NEVER_US;
}

/* One that is set already, and not too late, is left: turns end early now and then,
 * instead of each setting it. */
static void arm(struct kernel *k, int64_t at_us)
{
	struct itimerspec t = {
		.it_value = { at_us / SECOND_US, at_us % SECOND_US * 1000 },
	};

	if (k->armed_us <= at_us)
		return;
	k->armed_us = at_us;
	timerfd_settime(k->timer, TFD_TIMER_ABSTIME, &t, NULL);
}

/* Sets up the wait and returns epoll's timeout. */
static int timeout(struct kernel *k, int64_t until_us)
{
	const struct net_timer *first = k->base.timers.first;
	int64_t at_us = first && first->at_us < until_us ? first->at_us : until_us;

	if (k->ready || (at_us != NEVER_US && at_us <= look_at_clock(k)))
		return 0;
	arm(k, at_us);
	return -1;
}

/* Only those that are there now: what comes up meanwhile waits for the next
 * turn, so that nothing starves. */
static void run_ready(struct kernel *k)
{
	k->turn++;
	while (k->ready && k->ready->turn != k->turn) {
		struct kernel_conn *c = k->ready;

		unqueue(k, c);
		k->stale = true;
		net_conn_turn(&c->base);
	}
}

/* Not all that are due, if time was lost since we looked last: the answers to those that
 * were not may have come meanwhile. */
static void run_timers(struct kernel *k)
{
	struct net_timers *h = &k->base.timers;
	uint64_t order = k->base.timer_order;
	int64_t now_us = h->first ? look_at_clock(k) : 0;

	if (now_us - k->taken_us > LATE_US)
		now_us = k->taken_us;
	while (h->first && h->first->at_us <= now_us && h->first->order < order)
		net_timers_fire(h);
}

/* A bounded number, or all if the last time that nothing was left lies back too far. */
static void take_events(struct kernel *k, int timeout_ms)
{
	struct epoll_event events[EVENTS_PER_TURN];
	int rounds = ROUNDS_MOST, n;

	do {
		n = epoll_wait(k->epoll, events, EVENTS_PER_TURN, timeout_ms);
		timeout_ms = 0;
		look_at_clock(k);
		if (n >= 0 && (n < EVENTS_PER_TURN || rounds == 1))
			k->taken_us = k->now_us;
		for (int i = 0; i < n; i++) {
			struct source *s = events[i].data.ptr;

			s->ready(s, events[i].events);
		}
	} while (n == EVENTS_PER_TURN && k->now_us - k->taken_us > LATE_US && --rounds);
}

static bool kernel_step(struct net *net, int64_t until_us)
{
	struct kernel *k = (struct kernel *)net;

	if (until_us == NEVER_US && !net->timers.first && !net->live)
		return false;
	take_events(k, timeout(k, until_us));
	run_ready(k);
	run_timers(k);
	return net->timers.first || net->live;
}

static void kernel_free(struct net *net)
{
	struct kernel *k = (struct kernel *)net;

	close(k->timer);
	close(k->epoll);
	free(k);
}

static const struct net_ops kernel_ops = {
	.now = kernel_now,
	.step = kernel_step,
	.free = kernel_free,
	.resolve = net_socket_resolve,
	.listen = kernel_listen,
	.reserve = kernel_reserve,
	.listener_buffers = kernel_listener_buffers,
	.listener_accept = kernel_listener_accept,
	.connect = kernel_connect,
	.watch = kernel_watch,
	.queue = kernel_queue,
	.read = kernel_read,
	.writev = kernel_writev,
	.shutdown = kernel_shutdown,
	.end = kernel_end,
	.unsent = kernel_unsent,
	.local = kernel_local,
	.info = kernel_info,
	.receive_buffer = kernel_receive_buffer,
};

struct net *net_kernel_new(void)
{
	struct kernel *k = calloc(1, sizeof *k);

	if (!k)
		return NULL;
	watch_forks();
	net_init(&k->base, &kernel_ops);
	k->base.wall_us = clock_us(CLOCK_REALTIME) - clock_us(CLOCK_MONOTONIC);
	k->ready_end = &k->ready;
	k->armed_us = NEVER_US;
	k->timer_source.ready = timer_ready;
	k->epoll = epoll_create1(EPOLL_CLOEXEC);
	k->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (k->epoll >= 0 && k->timer >= 0 &&
	    enter(k, k->timer, EPOLLIN | EPOLLET, &k->timer_source))
		return &k->base;
	if (k->epoll >= 0)
		close_keeping_errno(k->epoll);
	if (k->timer >= 0)
		close_keeping_errno(k->timer);
	free(k);
	return NULL;
}
