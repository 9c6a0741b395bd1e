/*
 * net_inner: what the two forms of net share.  For rig/net only.
 *
 * Everything that has a callback is a `struct net_object` in one of two
 * lists of the net: live, or dead and freed when the turn ends, so that a
 * callback may close anything while the loop stands on it.
 *
 * A form sets `can_read`, `can_write` and `tell` of a connection and calls
 * net_conn_wake(); the shared code calls ops->queue() when there is something
 * that the user wants to hear; the form later calls net_conn_turn().
 */
#ifndef NET_NET_INNER_H
#define NET_NET_INNER_H

#include "net/net.h"

/* A pairing heap, ordered by (at_us, order). */
struct net_timers {
	struct net_timer *first;
};

void net_timers_put(struct net_timers *h, struct net_timer *t);
void net_timers_drop(struct net_timers *h, struct net_timer *t);
/* Takes the first one out and calls it. */
void net_timers_fire(struct net_timers *h);

struct net_object {
	struct net *net;
	struct net_object *next, **link;
	/* Lets go of what the system or the peer holds; no callbacks. */
	void (*close)(struct net_object *o);
};

enum net_ending {
	NET_END_CLOSE,
	NET_END_RESET,
};

struct net_ops {
	bool is_virtual;
	int64_t (*now)(struct net *net);
	bool (*step)(struct net *net, int64_t until_us);
	void (*free)(struct net *net);
	bool (*resolve)(struct net_address *a, const char *text, uint16_t port);
	struct net_listener *(*listen)(struct net *net, const struct net_address *a, int backlog,
	                               const struct net_buffers *buffers);
	struct net_listener *(*reserve)(struct net *net, const struct net_address *a);
	void (*listener_buffers)(struct net_listener *l, const struct net_buffers *buffers);
	void (*listener_accept)(struct net_listener *l);	/* l->accepting has changed */
	struct net_conn *(*connect)(struct net *net, const struct net_address *to,
	                            const struct net_address *source,
	                            const struct net_buffers *buffers);
	struct net_watch *(*watch)(struct net *net, int fd);
	void (*queue)(struct net_conn *c);
	ssize_t (*read)(struct net_conn *c, void *buf, size_t n);
	ssize_t (*writev)(struct net_conn *c, const struct iovec *iov, int n);
	void (*shutdown)(struct net_conn *c);
	void (*end)(struct net_conn *c, enum net_ending how);
	size_t (*unsent)(const struct net_conn *c);
	struct net_address (*local)(const struct net_conn *c);
	bool (*info)(const struct net_conn *c, struct net_info *out);
	size_t (*receive_buffer)(const struct net_conn *c);
};

struct net {
	const struct net_ops *ops;
	struct net_timers timers;
	uint64_t timer_order;
	int64_t wall_us;		/* net_wall() of time 0 */
	struct net_object *live, *dead;
	bool in_turn, is_short;
};

struct net_listener {
	struct net_object object;
	struct net_address address;
	void (*accepted)(struct net_listener *l, struct net_conn *c, void *ctx);
	void *ctx;
	bool accepting;
};

struct net_watch {
	struct net_object object;
	int fd;
	void (*fn)(int fd, void *ctx);
	void *ctx;
};

enum net_tell {
	NET_TELL_CONNECTED = 1,
	NET_TELL_FAILED = 2,
	NET_TELL_GONE = 4,
};

enum net_state {
	NET_CONNECTING,
	NET_OPEN,
	NET_FAILED,
	NET_CLOSED,		/* by its user: dead when the turn ends */
};

struct net_conn {
	struct net_object object;
	const struct net_user *user;
	void *ctx;
	struct net_address peer;
	int error;		/* errno value of what ended it */
	uint8_t state;		/* enum net_state */
	uint8_t tell;		/* enum net_tell: what the user has yet to hear */
	int8_t ended;		/* NET_RST, NET_BROKEN: told by net_read() */
	bool queued;
	bool want_read, want_write;
	bool can_read, can_write;
	bool fin_read;		/* NET_FIN was told */
	bool shut;		/* own FIN */
	bool gone;		/* reset or time-out has come in */
	bool broken;		/* NET_BROKEN was told by net_writev() */
};

void net_init(struct net *net, const struct net_ops *ops);
/* Enters an object as live. */
void net_object_add(struct net *net, struct net_object *o, void (*close)(struct net_object *));

void net_conn_init(struct net *net, struct net_conn *c, enum net_state state,
                   const struct net_address *peer);
/* Queues the connection if its user wants to hear something of it. */
void net_conn_wake(struct net_conn *c);
/* Tells the user; the form has taken the connection off its queue. */
void net_conn_turn(struct net_conn *c);
/* The connection attempt is over; error 0: connected. */
void net_conn_outcome(struct net_conn *c, int error);
/* Books a reset or time-out; `error` 0: not known yet. */
void net_conn_gone(struct net_conn *c, int error);

#endif
