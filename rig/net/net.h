/*
 * net: connections, listeners, timers and time, for one thread and one loop.
 *
 * Two forms behind one interface:
 *
 *   net_kernel   sockets, epoll, timerfd; CLOCK_MONOTONIC
 *   net_sim      everything in memory; a virtual clock that jumps; the order
 *                of simultaneous events is drawn from a seed
 *
 * Both show the same behaviour (tests/unit/test_net.c runs over both):
 *
 *   - Callbacks run only inside net_step(), never from inside another call.
 *     A callback may do anything, closing its own connection included, but
 *     not call net_step() or net_free().
 *   - Interest is by level: while `readable` is wanted and net_read() has not
 *     answered NET_AGAIN, NET_FIN or NET_RST, it is called in every turn (not
 *     necessarily after a read that left room in the buffer); the
 *     same for `writable` and NET_AGAIN or NET_BROKEN.  After NET_FIN it is
 *     called once more if a reset follows.
 *   - Octets that arrived before a FIN or RST are read before it is told; an
 *     error of sending never hides them, nor the reset.
 *   - What came in before the time of a timer is read before it fires, also when the
 *     loop sees both late, because a callback took long (but for the kernel form's last 10 ms).
 *   - Nothing raises a signal.
 *
 * Ownership: a connection is its user's from net_connect() or `accepted`
 * until net_close() or net_reset(), also after `failed` or NET_RST.  The
 * memory lives on until the turn ends, but the user must not touch it.
 *
 * Time is in microseconds from an arbitrary origin; net_wall() turns it into
 * the time of day.
 */
#ifndef NET_NET_H
#define NET_NET_H

#include "base/octets.h"

#include <sys/types.h>
#include <sys/uio.h>

struct net;
struct net_conn;
struct net_listener;
struct net_watch;

/* --- the loop ------------------------------------------------------------ */

/* NULL: no memory or descriptors (errno). */
struct net *net_kernel_new(void);

/* Equal seeds and equal callers give equal runs.  The clock starts at
 * NET_SIM_START_US, which is NET_SIM_WALL_US of the wall clock. */
struct net *net_sim_new(uint64_t seed);

#define NET_SIM_START_US SECOND_US
#define NET_SIM_WALL_US (INT64_C(1000000000) * SECOND_US)	/* 2001-09-09 01:46:40 UTC */

/* Closes what is still open, as net_close(); of the callbacks only `dropped`
 * is called.  NULL is allowed. */
void net_free(struct net *net);

/* Raises the limit of open descriptors to `wanted`, as far as the system lets us;
 * returns what it is then. */
size_t net_descriptors(size_t wanted);

/* Asks to be run before other programs when its time has come (SCHED_RR; children are not).
 * false: not permitted, and timers are as late as the machine is busy. */
bool net_punctual(void);

/* Memory that was asked for because of what comes over this net.  Where there was none, a
 * connection is lost or never made: whoever judges by connections must know. */
void *net_got(struct net *net, void *p);	/* p, and notes if it is NULL */
bool net_short(const struct net *net);

/* True for the form with a virtual clock. */
bool net_is_virtual(const struct net *net);

/* Inside a callback: when it began. */
int64_t net_now(struct net *net);

/* Microseconds since 1970 for a value of net_now().  The base is taken once,
 * so the result never goes back when the machine's clock is set. */
int64_t net_wall(const struct net *net, int64_t now_us);

/*
 * One turn: waits for the next event or timer, but not beyond `until_us`
 * (NEVER_US: as long as it takes), and handles what is due.  Returns false
 * when nothing can ever happen any more (no timer set, no connection that
 * could move); the virtual clock then stands at `until_us` unless that is
 * NEVER_US.  The kernel form returns false only when it has no timer, no
 * connection, no listener and no watch.
 */
bool net_step(struct net *net, int64_t until_us);

/* --- timers -------------------------------------------------------------- */

/* Embedded in the user's struct; all zero is "not set".  Setting takes no
 * memory and cannot fail. */
struct net_timer {
	int64_t at_us;
	uint64_t order;			/* equal deadlines fire in the order set */
	void (*fn)(void *ctx);		/* NULL: not set */
	void *ctx;
	struct net_timer *child, *next, **link;	/* pairing heap */
};

/* Calls fn(ctx) once, in the first turn at or after at_us (never earlier,
 * and never inside this call).  A timer that is set already is moved. */
void net_timer_set(struct net *net, struct net_timer *t, int64_t at_us,
                   void (*fn)(void *ctx), void *ctx);
/* Allowed when not set. */
void net_timer_cancel(struct net *net, struct net_timer *t);
static inline bool net_timer_is_set(const struct net_timer *t)
{
	return t->fn != NULL;
}

/* --- addresses ----------------------------------------------------------- */

struct net_address {
	uint8_t family;			/* 4, 6; 0: none */
	uint8_t host[16];		/* network order; family 4 uses the first four */
	uint16_t port;			/* host order */
};

enum { NET_ADDRESS_TEXT = 56 };		/* longest text form, with its NUL */

/* "192.0.2.1:102", "[2001:db8::1]:102", "192.0.2.1", "2001:db8::1", "[::]",
 * ":102" (any address).  Without a port `port` is taken.  Numeric only. */
bool net_address_parse(struct net_address *a, const char *text, uint16_t port);

/* As net_address_parse(), and names too: the kernel form asks the resolver
 * (blocking), the virtual form knows "localhost" only. */
bool net_resolve(struct net *net, struct net_address *a, const char *text, uint16_t port);

/* "192.0.2.1:102", "[2001:db8::1]:102", "-" for none; returns buf. */
const char *net_address_text(const struct net_address *a, char buf[static NET_ADDRESS_TEXT]);
/* Without the port and brackets. */
const char *net_address_host(const struct net_address *a, char buf[static NET_ADDRESS_TEXT]);
bool net_address_equal(const struct net_address *a, const struct net_address *b);

/* --- listening and connecting -------------------------------------------- */

/* Sizes that must be set before the connection begins, because the TCP window
 * scale and first window are fixed by them.  0: the system's default.  The
 * kernel form rounds (Linux doubles the value and has a least of 2,304). */
struct net_buffers {
	uint32_t receive;		/* octets, as SO_RCVBUF */
	uint32_t send;			/* octets, as SO_SNDBUF */
};

/* What a connection's user hears.  Each may be NULL if it is never wanted. */
struct net_user {
	/* Outcome of net_connect(), one of the two.  After `failed` (error:
	 * errno value, ECONNREFUSED ...) only net_close() remains to be done. */
	void (*connected)(struct net_conn *c, void *ctx);
	void (*failed)(struct net_conn *c, int error, void *ctx);
	void (*readable)(struct net_conn *c, void *ctx);
	void (*writable)(struct net_conn *c, void *ctx);
	/* The peer's reset (or a time-out) has come in; told once, also when
	 * nothing is wanted.  Octets may still wait to be read before it. */
	void (*gone)(struct net_conn *c, void *ctx);
	/* net_free() has closed the connection: the last call. */
	void (*dropped)(void *ctx);
};

/* `accepted` is handed each new connection; it gives it a user with
 * net_conn_user(), or closes it.  NULL: errno says why (EADDRINUSE, EACCES,
 * EMFILE, ENOMEM ...).  Port 0: the system chooses, see net_listener_address().
 * "[::]" does not take IPv4. */
struct net_listener *net_listen(struct net *net, const struct net_address *a, int backlog,
                                const struct net_buffers *buffers,
                                void (*accepted)(struct net_listener *l, struct net_conn *c,
                                                 void *ctx),
                                void *ctx);

/* What to do about an errno of net_listen(), to stand behind its text: "; ...", or "". */
const char *net_listen_hint(int error);
/* Keeps an address for listeners that come and go: between them calls are refused, and
 * nobody else is given the port.  It never accepts; NULL: as net_listen(). */
struct net_listener *net_reserve(struct net *net, const struct net_address *a);
struct net_address net_listener_address(const struct net_listener *l);
/* For connections that come from now on. */
void net_listener_buffers(struct net_listener *l, const struct net_buffers *buffers);
/* false: connections stay in the backlog until true again; so tests see what waits there. */
void net_listener_accept(struct net_listener *l, bool on);
/* Connections not yet accepted are reset. */
void net_listener_close(struct net_listener *l);

/* Begins to connect.  `source` may be NULL, or have port 0.  The outcome
 * comes through `user`; NULL is returned only when there is no socket to begin
 * with (errno: EMFILE, ENOMEM; EADDRNOTAVAIL, EADDRINUSE for `source`).
 * `user` must live as long as the connection. */
struct net_conn *net_connect(struct net *net, const struct net_address *to,
                             const struct net_address *source,
                             const struct net_buffers *buffers,
                             const struct net_user *user, void *ctx);

/* --- connections --------------------------------------------------------- */

enum {
	NET_AGAIN = -1,		/* nothing now: the callback will tell */
	NET_FIN = -2,		/* the peer has half-closed and all was read */
	NET_RST = -3,		/* the peer has reset and all that was left was read */
	NET_BROKEN = -4,	/* reading: ended by something else (time-out); writing:
				 * reset, or own FIN sent */
};

/* Gives the connection (another) user. */
void net_conn_user(struct net_conn *c, const struct net_user *user, void *ctx);
struct net *net_conn_net(const struct net_conn *c);

/* Which of readable and writable are wanted; both false at first. */
void net_want(struct net_conn *c, bool read, bool write);

/* 1..n octets, NET_AGAIN, NET_FIN, NET_RST or NET_BROKEN; n > 0.  The last
 * three repeat. */
ssize_t net_read(struct net_conn *c, void *buf, size_t n);

/* Octets taken (at least one of a non-empty list), NET_AGAIN or NET_BROKEN.
 * After NET_BROKEN read to the end: net_read() says how it ended. */
ssize_t net_writev(struct net_conn *c, const struct iovec *iov, int n);

/* Sends FIN after what was written; reading goes on.  Only once connected;
 * allowed twice. */
void net_shutdown(struct net_conn *c);

/* Ends the connection at once with RST; unsent octets are dropped. */
void net_reset(struct net_conn *c);

/* Ends it as close() does: written octets and a FIN still go out; but if
 * octets were left unread the peer sees RST. */
void net_close(struct net_conn *c);

/* Octets written and not yet acknowledged by the peer's TCP. */
size_t net_unsent(const struct net_conn *c);

struct net_address net_local(const struct net_conn *c);
struct net_address net_peer(const struct net_conn *c);

/* What the TCP knows of the connection (TCP_INFO); in the virtual form
 * counters only. */
struct net_info {
	uint32_t rtt_us;		/* smoothed round trip; 0: unknown */
	uint32_t retransmits;		/* segments, whole life */
	uint32_t segments;		/* with octets, sent; virtual: writes */
	uint64_t acked;			/* octets the peer's TCP has acknowledged */
	uint64_t received;		/* octets received in order */
	uint32_t not_sent;		/* octets that have not left this machine */
	uint32_t peer_window;		/* last window of the peer, octets; 0: unknown or closed */
	uint8_t state;			/* TCP_ESTABLISHED ... of <netinet/tcp.h> */
};
bool net_info(const struct net_conn *c, struct net_info *out);

/* Octets that this machine's TCP takes from the peer at most while nobody reads:
 * SO_RCVBUF as the kernel has rounded and doubled it (its own book-keeping
 * included, so it is an upper bound); 0: unknown. */
size_t net_receive_buffer(const struct net_conn *c);

/* --- other descriptors (kernel form only) -------------------------------- */

/* Calls fn(fd, ctx) in each turn in which `fd` (pipe, signalfd ...) can be
 * read or has ended.  The descriptor stays the caller's.  NULL: errno;
 * ENOTSUP in the virtual form. */
struct net_watch *net_watch(struct net *net, int fd, void (*fn)(int fd, void *ctx), void *ctx);
/* Before the descriptor is closed. */
void net_watch_end(struct net_watch *w);

#endif
