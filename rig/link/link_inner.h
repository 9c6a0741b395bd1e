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

/* One direction. */
struct way {
	uint8_t direction;	/* enum link_direction */
	bool stalled;
	struct link_line line;
	struct link_node *first;	/* of the chain; &exit: no line */
	struct link_rate rate;
	struct link_delay delay;
	struct link_node exit;
	struct net_ring ring;	/* what is in the line, then what has come out */
	size_t released;	/* octets of the ring that have come out */
	int end;		/* came out behind them: NET_FIN ...; 0: none */
	bool end_told;
	bool ended;		/* an end has gone in */
	uint64_t passed;
	bool armed;
	uint8_t cut_how;
	uint64_t cut_at;
};

void way_init(struct way *w, enum link_direction d);
void way_free(struct way *w);
/* Nothing is held, nothing is to be held: calls go straight through. */
bool way_is_direct(const struct way *w);
void way_set_rate(struct way *w, int64_t now_us, uint64_t rate);
void way_set_delay(struct way *w, int64_t delay_us);
/* Octets that may go in now. */
size_t way_room(const struct way *w);
/* n octets have been added to the ring; or an end. */
void way_push(struct way *w, int64_t now_us, struct link_run run);
void way_run(struct way *w, int64_t now_us);
int64_t way_next(const struct way *w);
/* Forgets all it holds; returns the octets lost. */
size_t way_clear(struct way *w);
/* n, or what is left before an armed cut. */
size_t way_until_cut(const struct way *w, size_t n);

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
	bool draining;		/* an RST waits for octets to leave */
	bool orphan;		/* closed by its user, octets still on the line */
	bool over;		/* to be freed when nobody stands on it */
	unsigned busy;
	size_t swallowed;	/* written into the silence */
	int64_t drain_until_us;
};

/* Between these the link is not freed. */
void link_enter(struct link *l);
void link_leave(struct link *l);

/* Moves what can move, then sets interest and timer. */
void link_settle(struct link *l);

void link_tell(struct link *l, const struct way *w, enum link_event code, uint64_t length,
               uint32_t value);

/* n octets have passed: a cut may be due. */
void link_count(struct link *l, struct way *w, size_t n);
/* A cut by RST that waits: looks whether the octets have left. */
void link_drain(struct link *l);

#endif
