/*
 * link: what stands between our end of an association and the connection.
 *
 *     user  --link_writev-->  [rate] -> [delay] -> gate  --net_writev-->  peer     LINK_OUT
 *     user  <--link_read----  [delay] <- [rate] <- gate  <--net_read----  peer     LINK_IN
 *
 * A link owns one net_conn and looks like one: the same answers, the same
 * rules for callbacks (net/net.h).  Each direction has its own line (rate,
 * delay) and gate (stall), which may change at any time; a cut ends one or
 * both.  A direction without a line holds nothing: its calls go straight to
 * the connection.
 *
 *   rate     Octets are serialised as on a real line: octet k of a busy period
 *            has passed 8k/rate seconds after its begin.  No credit is saved
 *            while idle.  Octets move in steps of up to 50 ms (fast lines: of
 *            a segment, or 1 ms), and a step always ends at the last octet
 *            waiting, so an end is on time.  The line takes up to 250 ms of
 *            octets from its user, then NET_AGAIN; towards the peer the TCP
 *            window closes.
 *   delay    Each octet, FIN and RST comes out `delay` later.  A smaller delay
 *            never lets octets overtake others.
 *   stall    in: the connection is not read, so the window closes; out: it is
 *            not written to.  What is already on the line goes on.
 *   cut      see enum link_cut
 *
 * FIN and RST travel along the line behind the octets.
 *
 * Ownership: link_connect() and link_accept() make a link, link_close() and
 * link_reset() end it for its user at once; what is still on the outgoing
 * line leaves first, then the connection is closed.  net_free() ends links
 * too (`dropped`); one whose connection was cut by RST before is closed by
 * its user before that.
 */
#ifndef LINK_LINK_H
#define LINK_LINK_H

#include "base/event.h"
#include "net/net.h"

struct link;

/* A bit set where a function takes more than one. */
enum link_direction {
	LINK_IN = 1,		/* from the peer to us */
	LINK_OUT = 2,
	LINK_BOTH = 3,
};

struct link_line {
	uint64_t rate;		/* bit/s, at most LINK_RATE_MAX; 0: no limit */
	int64_t delay_us;	/* 0: none */
};

#define LINK_RATE_MAX UINT64_C(100000000000)

/* All zero: transparent. */
struct link_config {
	struct link_line in, out;
};

enum link_cut {
	/* The peer sees FIN; our user reads NET_FIN at once and can write no
	 * more.  What the peer still sends is read and thrown away, so that no
	 * RST follows before link_close(). */
	LINK_CUT_FIN,
	/* Both sides see RST. */
	LINK_CUT_RST,
	/* The peer sees FIN; our user can write no more, but reads on. */
	LINK_CUT_HALF_CLOSE,
	/* A black hole: the connection stays, no octet, FIN or RST crosses any
	 * more.  What the peer sends is acknowledged by TCP and thrown away;
	 * our user can write LINK_SILENT_OCTETS into it, as into a socket.  A
	 * later cut, link_close() or link_reset() ends it. */
	LINK_CUT_SILENCE,
};

enum { LINK_SILENT_OCTETS = 64 << 10 };

/*
 * Everything the link does is told as an event of kind EVENT_LINK:
 *
 *   code     enum link_event
 *   type     LINK_IN or LINK_OUT; an act on both directions makes two events
 *   flags    EVENT_F_INITIATOR: that direction runs from the connection's initiator
 *   offset   octets that have passed in that direction so far
 *   length, value   below
 *   association     0: for the user to fill in
 */
enum link_event {
	LINK_RATE_SET,		/* length: bit/s, 0: no limit */
	LINK_DELAY_SET,		/* length: microseconds */
	LINK_STALL_ON,
	LINK_STALL_OFF,
	LINK_CUT_ARMED,		/* length: the octet; value: enum link_cut */
	LINK_CUT_DISARMED,
	LINK_CUT_DONE,		/* value: enum link_cut (not silence); length: octets
				 * that were on the line and are lost */
	LINK_SILENCE_ON,	/* length: as before */
};

/* "rate-set", "cut-done" ...; "fin", "rst", "half-close", "silence" */
const char *link_event_name(enum link_event code);
const char *link_cut_name(enum link_cut how);

/* Each may be NULL.  As struct net_user, and `event`, which may also be called
 * from inside the link_*() call that is its cause (during link_connect() and
 * link_accept() the link must not be ended yet). */
struct link_user {
	void (*connected)(struct link *l, void *ctx);
	void (*failed)(struct link *l, int error, void *ctx);
	void (*readable)(struct link *l, void *ctx);
	void (*writable)(struct link *l, void *ctx);
	void (*gone)(struct link *l, void *ctx);
	void (*event)(struct link *l, const struct event *e, void *ctx);
	void (*dropped)(void *ctx);
};

/* Buffer sizes to give to net_listen() or link_connect() so that the window
 * follows the line closely: 250 ms of the incoming rate; the least there is
 * if stalls are to come; the system's sizes for a transparent link. */
struct net_buffers link_buffers(const struct link_config *config, bool stalls);

/* As net_connect(); `config` NULL: transparent. */
struct link *link_connect(struct net *net, const struct net_address *to,
                          const struct net_address *source, const struct net_buffers *buffers,
                          const struct link_config *config,
                          const struct link_user *user, void *ctx);

/* Takes over a connection that a listener accepted.  NULL: no memory, the
 * connection is still the caller's. */
struct link *link_accept(struct net_conn *conn, const struct link_config *config,
                         const struct link_user *user, void *ctx);

void link_user(struct link *l, const struct link_user *user, void *ctx);

/* As their namesakes in net.h. */
void link_want(struct link *l, bool read, bool write);
ssize_t link_read(struct link *l, void *buf, size_t n);
ssize_t link_writev(struct link *l, const struct iovec *iov, int n);
void link_shutdown(struct link *l);
void link_reset(struct link *l);
void link_close(struct link *l);

/* Octets written, and not yet acknowledged by the peer's TCP. */
size_t link_unsent(const struct link *l);

/* Octets that have passed: out: written to the connection; in: read by the
 * user. */
uint64_t link_passed(const struct link *l, enum link_direction d);

/* For addresses, net_info(), net_error(); NULL after a cut by RST. */
struct net_conn *link_conn(const struct link *l);

/* Changes the lines.  What does not differ from now is left alone. */
void link_set(struct link *l, const struct link_config *config);
struct link_config link_get(const struct link *l);

/* `d`: one direction or LINK_BOTH. */
void link_stall(struct link *l, enum link_direction d, bool on);

/* Now.  What is on the line is lost, as with a real one.  A link that was cut
 * can be cut again as long as its connection stands (silence, then RST).
 * While connecting: the attempt is given up and `failed` (ECONNABORTED) told. */
void link_cut(struct link *l, enum link_cut how);

/* When exactly `octet` octets have passed in direction d: they have, and no
 * more ever will.  An outgoing RST waits (up to 2 s) until they have left our
 * TCP, which would else throw them away.  One cut for each direction; a new
 * one replaces the old.  false: more have passed already. */
bool link_cut_at(struct link *l, enum link_direction d, uint64_t octet, enum link_cut how);
void link_disarm(struct link *l, enum link_direction d);

#endif
