/*
 * link: what stands between our end of an association and the connection.
 *
 *     user  --link_writev-->  damage -> [rate] -> [delay] -> gate -> pieces  --net_writev-->  peer
 *     user  <--link_read----  pieces <- [delay] <- [rate] <- damage <- gate  <--net_read----  peer
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
 *            `burst` octets are saved up while idle (a token bucket); 0: none.
 *   delay    Each octet, FIN and RST comes out `delay` later.  A smaller delay
 *            never lets octets overtake others.
 *   jitter   Each segment's delay is drawn anew, from a named distribution.
 *   loss     What TCP makes of lost segments: they come, and all behind them,
 *            when a retransmission gets through: one round trip after the third
 *            segment behind has gone, else after the time-out, doubled each time.
 *   corrupt  Octets change, or are missing: the only node that touches them.
 *   segment  Octets leave, and are read, in pieces of that many at most; a piece
 *            is written when the one before it has left this machine.
 *   down     The line is dead; once up again, octets go on with the next
 *            retransmission, after the time-outs that TCP has doubled meanwhile.
 *   stall    in: the connection is not read, so the window closes; out: it is
 *            not written to.  What is already on the line goes on.
 *   cut      see enum link_cut
 *
 * FIN and RST travel along the line behind the octets.
 *
 *   TLS      lies between the user and all of this: lines, gates and pieces move
 *            its records, and link_stall() or link_cut() below it leave it in the
 *            dark.  A cut at an octet or a TPKT counts the octets of the user; the
 *            record that holds the last one still leaves whole.  `connected` waits
 *            for the handshake; a peer that is refused is `failed` (EPROTO), or
 *            read as NET_BROKEN.  The peer's close_notify reads as NET_FIN.
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
struct tls_context;		/* crypto/tls_session.h */
struct link_kernel;		/* link/link_kernel.h */

/* A bit set where a function takes more than one. */
enum link_direction {
	LINK_IN = 1,		/* from the peer to us */
	LINK_OUT = 2,
	LINK_BOTH = 3,
};

/* Probabilities are in parts of LINK_ALWAYS. */
enum { LINK_ALWAYS = 1000000000 };

enum link_distribution {
	LINK_UNIFORM,		/* delay - jitter ... delay + jitter */
	LINK_NORMAL,		/* jitter: standard deviation; cut at 4 of them */
	LINK_EXPONENTIAL,	/* delay + (mean jitter) */
	LINK_DISTRIBUTIONS,
};

/* Per segment.  With `enter` it is the model of Gilbert and Elliott: a good
 * and a bad state, changed with each segment sent. */
struct link_loss {
	uint32_t good;		/* probability of loss in the good state */
	uint32_t bad;		/* ... in the bad one */
	uint32_t enter, leave;	/* of the bad state */
};

/* All zero: nothing happens. */
struct link_line {
	uint64_t rate;		/* bit/s, at most LINK_RATE_MAX; 0: no limit */
	int64_t delay_us;	/* 0: none */
	uint32_t burst;		/* octets */
	uint32_t segment;	/* octets; 0: as they come */
	int64_t jitter_us;
	enum link_distribution distribution;
	struct link_loss loss;
	int64_t rto_us;		/* least retransmission time-out; 0: LINK_RTO_US */
	uint32_t corrupt;	/* per octet: another value */
	uint32_t missing;	/* per octet: not there */
	/* Of packets: only a line that the kernel makes has them. */
	uint32_t duplicate;	/* comes twice */
	uint32_t reorder;	/* is not delayed, and so overtakes others */
	uint32_t mtu;		/* octets of a packet at most; 0: 1500 */
};

#define LINK_RTO_US INT64_C(200000)	/* as Linux has it; the round trip comes on top */

#define LINK_RATE_MAX UINT64_C(100000000000)

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

/* Where a cut falls, counted in octets or TPKTs (RFC 1006 6) of one direction. */
enum link_place {
	LINK_AT_NONE,
	LINK_AT_OCTET,		/* behind octet `n` */
	LINK_AT_FRAME,		/* behind the n-th TPKT, from 1 */
	LINK_IN_FRAME,		/* `octet` octets of the n-th TPKT have passed: 1 ...
				 * its length - 1, a larger one counts as that; 0: half of it */
};

struct link_fault {
	enum link_place place;
	enum link_cut how;
	uint64_t n;
	uint32_t octet;
};

/* What changes by itself, counted from the moment the connection stands. */
enum link_change_kind {
	LINK_CHANGE_RATE,	/* value: bit/s */
	LINK_CHANGE_DELAY,	/* value: microseconds */
	LINK_CHANGE_STALL,	/* value: 1 on, 0 off */
	LINK_CHANGE_DOWN,	/* value: 1 down, 0 up */
	LINK_CHANGE_CUT,	/* value: enum link_cut */
};

struct link_change {
	int64_t at_us;
	uint8_t kind;		/* enum link_change_kind */
	uint8_t direction;	/* enum link_direction */
	uint64_t value;
};

enum { LINK_CHANGES_MAX = 32, LINK_MARKS_MAX = 16 };

struct link_plan {
	struct link_change at[LINK_CHANGES_MAX];	/* in the order of time */
	size_t n;
	int64_t every_us;	/* begins anew so often, later than the last change; 0: once */
};

/* All zero: transparent. */
struct link_config {
	struct link_line in, out;
	struct link_fault cut_in, cut_out;	/* armed before the first octet */
	const struct link_plan *plan;		/* borrowed for the link's life; NULL: none */
	uint64_t seed;				/* of all that is drawn */
	struct tls_context *tls;		/* borrowed; NULL: none */
	struct link_kernel *kernel;		/* borrowed: makes the lines; NULL: nodes do */
};

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
	LINK_CUT_DONE = 6,	/* value: enum link_cut (not silence); length: octets
				 * that were on the line and are lost.  Run folders keep these
				 * numbers; 5 is not given out any more */
	LINK_SILENCE_ON,	/* length: as before */
	LINK_LOST,		/* a segment; length: its octets; value: how often, one after
				 * the other */
	LINK_CORRUPTED,		/* offset: of the octet; value: before << 8 | after */
	LINK_MISSING,		/* offset: of the octet, as it went in; value: the octet */
	LINK_DOWN,
	LINK_UP,		/* length: microseconds until TCP tries again */
	LINK_SHAPE_SET,		/* jitter, loss, corrupt, segment or burst; length: 0: off */
	LINK_KERNEL,		/* behind a cut at an octet.  in: length: octets that the
				 * kernel had acknowledged beyond what we processed; out:
				 * octets that the peer's TCP had not acknowledged */
	LINK_HIDDEN,		/* length: octets that our kernel may take from the peer
				 * while nobody reads */
	LINK_TLS,		/* value: enum link_tls_news; detail: const char *, why or what */
	LINK_REACHED,		/* link_mark(): value: its tag */
	LINK_EVENTS,
};

enum link_tls_news {
	LINK_TLS_OPEN,		/* what was agreed */
	LINK_TLS_CLOSED,	/* the peer's close_notify */
	LINK_TLS_TRUNCATED,	/* its FIN without one */
	LINK_TLS_FAILED,	/* who refused what */
};

/* "rate-set", "cut-done" ...; "fin", "rst", "half-close", "silence" */
const char *link_event_name(enum link_event code);
const char *link_cut_name(enum link_cut how);

/* The directions (bits of enum link_direction) that hold octets back after `e`, an EVENT_LINK,
 * of those that did before it. */
uint8_t link_held(uint8_t before, const struct event *e);

/* "open", "closed", "truncated", "failed": enum link_tls_news */
const char *link_tls_news_name(uint32_t news);

/* "cut-done rst octet=70001 length=0 value=1"; not of LINK_TLS, which has a text. */
struct text;
void link_event_text(struct text *t, const struct event *e);
/* The same for people: "cut rst behind octet 70001, 0 octets on the line lost". */
void link_event_words(struct text *t, const struct event *e);

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

/* What the kernel may make of these: octets that it takes while nobody reads, its own
 * book-keeping included.  0: the system's sizes, which are not known before. */
size_t link_buffers_hide(struct net_buffers b);

/* As net_connect(); `config` NULL: transparent. */
struct link *link_connect(struct net *net, const struct net_address *to,
                          const struct net_address *source, const struct net_buffers *buffers,
                          const struct link_config *config,
                          const struct link_user *user, void *ctx);

/* Takes over a connection that a listener accepted.  NULL: no memory, the
 * connection is still the caller's. */
struct link *link_accept(struct net_conn *conn, const struct link_config *config,
                         const struct link_user *user, void *ctx);

/* As their namesakes in net.h. */
void link_want(struct link *l, bool read, bool write);
ssize_t link_read(struct link *l, void *buf, size_t n);
ssize_t link_writev(struct link *l, const struct iovec *iov, int n);
void link_shutdown(struct link *l);
void link_reset(struct link *l);
void link_close(struct link *l);

/* Octets that have passed: out: written to the connection; in: read by the
 * user.  With TLS: octets of the user. */
uint64_t link_passed(const struct link *l, enum link_direction d);

/* For addresses, net_info(), net_unsent(); NULL after a cut by RST. */
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
 * more ever will.  An outgoing FIN or RST waits (up to 2 s) until the peer's TCP
 * has acknowledged them (SIOCOUTQ 0); incoming means read by our user, and an
 * event LINK_KERNEL says how many more our kernel had acknowledged.  One cut
 * for each direction; a new one replaces the old.  false: more have passed
 * already. */
bool link_cut_at(struct link *l, enum link_direction d, uint64_t octet, enum link_cut how);
/* The same at a TPKT: false: it has begun already. */
bool link_cut_frame(struct link *l, enum link_direction d, const struct link_fault *fault);
/* The last `unused` of the octets that its user has read were not processed: they count
 * as not passed, and the incoming direction is cut in front of them. */
void link_cut_back(struct link *l, size_t unused, enum link_cut how);
/* They are processed later: until link_take_up() they count as not passed. */
void link_lay_back(struct link *l, size_t unused);
void link_take_up(struct link *l, size_t n);

/* When exactly `octet` octets have gone out, LINK_REACHED is told with this tag: what its
 * user does meanwhile (a stall, another line) falls between two octets.  At most
 * LINK_MARKS_MAX are ahead at a time.  false: more have gone already, or no room. */
bool link_mark(struct link *l, uint64_t octet, uint32_t tag);
/* Makes a change of a plan now. */
void link_change(struct link *l, const struct link_change *c);

/* `d`: as link_stall(). */
void link_down(struct link *l, enum link_direction d, bool down);

/* Octets that our kernel may still take from the peer while nobody reads
 * (SO_RCVBUF, as the kernel has rounded it; about half of it is octets). */
size_t link_hidden(const struct link *l);

#endif
