/*
 * link_inner: the inside of a link.  For rig/link only.
 */
#ifndef LINK_LINK_INNER_H
#define LINK_LINK_INNER_H

#include "link/link.h"
#include "link/link_node.h"
#include "net/net_ring.h"

/* Octets that wait behind the line for a user that does not read, or at a
 * closed gate, before the line takes no more. */
enum { LINK_GATE_MAX = 64 << 10 };

/* How often a cut by RST looks whether the octets before it have left. */
enum { LINK_DRAIN_LOOK_US = 1000 };

/* And a piece whether the one before it has left: rarer and rarer. */
enum { LINK_PIECE_LOOK_US = 500, LINK_PIECE_LOOK_MOST_US = 64000 };

struct link_mark {
	uint64_t octet;
	uint32_t tag;
};

/* One direction. */
struct way {
	uint8_t direction;	/* enum link_direction */
	bool stalled;
	bool by_kernel;			/* no nodes: the kernel makes the line */
	struct link_line line;
	struct link_node *first;	/* of the chain; &exit: no line */
	struct link_rate rate;
	struct link_delay delay;
	struct link_node exit;
	struct link_damage damage;
	struct link_frames frames;
	struct link_fault fault;	/* at a TPKT that has not begun; LINK_AT_NONE: none */
	struct net_ring ring;	/* what is in the line, then what has come out */
	size_t released;	/* octets of the ring that have come out */
	int end;		/* came out behind them: NET_FIN ...; 0: none */
	bool end_told;
	bool ended;		/* an end has gone in */
	uint64_t passed;
	bool armed;
	uint8_t cut_how;
	uint64_t cut_at;
	uint8_t marks_n;
	struct link_mark marks[LINK_MARKS_MAX];		/* in the order of octets */
};

void way_init(struct way *w, enum link_direction d, uint64_t seed);
void way_free(struct way *w);
/* Nothing is held, nothing is to be held: calls go straight through. */
bool way_is_direct(const struct way *w);
void way_set_rate(struct way *w, int64_t now_us, uint64_t rate);
/* Everything else of the line. */
void way_set_shape(struct way *w, const struct link_line *line);
/* Returns how long TCP waits until it tries again. */
int64_t way_down(struct way *w, int64_t now_us, bool down);
/* Octets that may go in now. */
size_t way_room(const struct way *w);
/* The n octets at p are about to be added to the ring: bends them, looks for
 * the TPKT of an armed cut; returns how many are left. */
size_t way_enter(struct way *w, uint8_t *p, size_t n,
                 void (*tell)(void *ctx, const struct link_harm *h), void *ctx);
/* A cut at a TPKT.  false: it has begun already. */
bool way_arm_frame(struct way *w, const struct link_fault *fault);
/* n octets have been added to the ring; or an end. */
void way_push(struct way *w, int64_t now_us, struct link_run run);
void way_run(struct way *w, int64_t now_us);
int64_t way_next(const struct way *w);
/* Forgets all it holds; returns the octets lost. */
size_t way_clear(struct way *w);
/* n, or what is left before an armed cut or a mark. */
size_t way_until_stop(const struct way *w, size_t n);
bool way_mark(struct way *w, uint64_t octet, uint32_t tag);
/* The mark that lies where we are.  false: none. */
bool way_marked(struct way *w, uint32_t *tag);

struct link_tls;

struct link {
	struct net *net;
	struct net_conn *conn;	/* NULL: over */
	const struct link_user *user;
	void *ctx;
	struct way in, out;
	struct net_timer timer;
	bool want_read, want_write;	/* the user's */
	bool net_read, net_write;	/* what the connection was told */
	bool initiator;
	bool open;		/* connected */
	bool aborted;		/* cut while connecting: `failed` is to be told */
	bool shut;		/* link_shutdown() was called */
	bool broken, broken_told;	/* writing is over */
	bool gone, gone_told;
	bool silent;
	bool discard;		/* after a cut by FIN */
	bool draining;		/* FIN or RST wait for octets to be acknowledged */
	uint8_t drain_how;	/* enum link_cut */
	bool orphan;		/* closed by its user, octets still on the line */
	bool over;		/* to be freed when nobody stands on it */
	unsigned busy;
	size_t swallowed;	/* written into the silence */
	int64_t drain_until_us;
	int64_t piece_us;	/* when a piece that waits is looked at; NEVER_US: none does */
	int64_t piece_look_us;
	struct link_tls *tls;	/* NULL: none */
	struct link_kernel *kernel;	/* NULL: nodes make the lines */
	const struct link_plan *plan;
	size_t plan_n;		/* changes made in this round */
	int64_t plan_from_us;	/* when the round began; NEVER_US: not yet */
};

/* The link below TLS; without TLS the public functions are these. */
void link_raw_want(struct link *l, bool read, bool write);
ssize_t link_raw_read(struct link *l, void *buf, size_t n);
ssize_t link_raw_writev(struct link *l, const struct iovec *iov, int n);
void link_raw_shutdown(struct link *l);
bool link_raw_mark(struct link *l, uint64_t octet, uint32_t tag);
bool link_raw_cut_at(struct link *l, enum link_direction d, uint64_t octet, enum link_cut how);

/* --- TLS between the user and the link (link_tls.c) --- */

/* Takes the user's place; false: no memory. */
bool link_tls_begin(struct link *l, struct tls_context *c);
/* The link's own end; says close_notify before a FIN. */
void link_tls_end(struct link *l, bool reset);
void link_tls_free(struct link_tls *t);
/* Who is to hear that the link was dropped. */
void link_tls_dropped(struct link_tls *t, const struct link_user **user, void **ctx);
void link_tls_want(struct link_tls *t, bool read, bool write);
/* After a stall began or ended: what was decrypted before is told now, or not any more. */
void link_tls_stalled(struct link_tls *t);
ssize_t link_tls_read(struct link_tls *t, void *buf, size_t n);
ssize_t link_tls_writev(struct link_tls *t, const struct iovec *iov, int n);
void link_tls_shutdown(struct link_tls *t);
/* The user's octets of one direction: what passed, and the cut armed there. */
struct way *link_tls_way(struct link_tls *t, enum link_direction d);
/* A cut is armed, or a mark set: it may be due. */
void link_tls_armed(struct link_tls *t, struct way *w);

/* --- link.c, for link_user.c --- */

void link_free(struct link *l);
/* The connection ends, and with it the link. */
void link_finish(struct link *l, int how);
void link_begin_plan(struct link *l);
void link_tell_hidden(struct link *l);
void link_set_interest(struct link *l);
void link_set_timer(struct link *l);
void link_harmed_out(void *ctx, const struct link_harm *h);
void link_lost_in(void *ctx, size_t octets, uint32_t times);
void link_lost_out(void *ctx, size_t octets, uint32_t times);
/* Octets that leave, or are read, at once. */
size_t link_piece_of(const struct way *w, size_t n);
extern const struct net_user link_conn_user;

static inline size_t link_least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Between these the link is not freed. */
void link_enter(struct link *l);
void link_leave(struct link *l);

/* Moves what can move, then sets interest and timer. */
void link_settle(struct link *l);

void link_tell(struct link *l, const struct way *w, enum link_event code, uint64_t length,
               uint32_t value);

/* The same about another octet than the one that passes next. */
void link_tell_at(struct link *l, const struct way *w, enum link_event code, uint64_t offset,
                  uint64_t length, uint32_t value);

/* n octets have passed: a cut may be due. */
void link_count(struct link *l, struct way *w, size_t n);
/* A cut by RST that waits: looks whether the octets have left. */
void link_drain(struct link *l);

#endif
