/*
 * end_inner: the inside of an end.  For rig/end only.
 *
 *     end.c           life of an end and of its world; events; what the link tells
 *     end_points.c    points of the protocol: found in octets before these pass
 *     end_out.c       octets that leave: the association's, then the user's
 *     end_in.c        octets that come in: up to a point, held while the link stands
 */
#ifndef END_END_INNER_H
#define END_END_INNER_H

#include "end/end.h"

#include "end/tape.h"

enum {
	END_READ_MAX = 256 << 10,
	/* Ends whose events wait at the same time: a callback of one may make
	 * requests of another, and so on. */
	END_WORKSPACES = 8,
	/* Buffers kept for reuse; leases beyond go back to the heap. */
	END_POOL_KEPT = 64,
	/* Points that octets which were read may hold. */
	END_REACHES = 16,
};

struct end_world {
	struct net *net;
	struct capture_case *capture;
	struct pool pool;		/* first buffer size is kept, others pass through */
	uint8_t *kept[END_POOL_KEPT];
	size_t kept_n;
	struct end *ends;
	struct association_work work[END_WORKSPACES];
	uint8_t read[END_READ_MAX];
};

struct end {
	struct end *next, **link_here;
	struct end_world *world;
	struct link *link;
	const struct end_user *user;
	void *ctx;
	struct tape tape;
	struct net_timer timer;
	bool connected, reading;
	bool hold_open, close_due;	/* the stack or the user wants TCP closed */
	bool cut, broken;		/* by us; writing fails */
	uint8_t how;			/* cut: enum link_cut */
	int64_t bind_us, bind_at;	/* time for a bind; when it is up, or NEVER_US */
	bool over, told_over, pumping, free_due;

	/* points */
	struct tap *tap;		/* owned; NULL: no points */
	const struct end_points *points;
	uint64_t tapped[2], moved[2];	/* octets in, out: looked at; processed, or left */
	struct end_point stop;		/* where it is to be cut */
	enum link_cut stop_how;
	bool stops;			/* `stop` is set */
	struct end_point reach[END_REACHES];	/* points to be told of, incoming; by octets */
	size_t reach_n;

	/* out */
	bool writing, fin_due;		/* octets to the link; our half ends behind them */
	uint8_t *raw;			/* owned: octets of the user */
	size_t raw_n, raw_sent, raw_cap;
	uint64_t hole_at;		/* octets out before a black hole; UINT64_MAX: none */

	/* in */
	bool stalled, down;
	uint8_t *held;			/* owned: read, to be processed when it goes on */
	size_t held_n;
	struct net_timer go_timer;

	struct association association;
	struct association_config config;	/* of the association */
};

static inline int64_t end_now(const struct end *e)
{
	return net_now(e->world->net);
}

static inline int64_t end_wall(const struct end *e)
{
	return net_wall(e->world->net, end_now(e));
}

static inline void end_tell(struct end *e, const struct event *event)
{
	if (e->user && e->user->event)
		e->user->event(e, event, e->ctx);
}

/* Nothing is read behind what is held: else the link would tell of it again and again. */
static inline void end_want(struct end *e, bool write)
{
	link_want(e->link, e->reading && !e->held, write);
}

/* Our direction has ended; how the other one ends is the peer's matter. */
static inline bool end_is_half(const struct end *e)
{
	return e->cut && e->how == LINK_CUT_HALF_CLOSE;
}

/* end.c */
/* Tells what the association has to say; true if there was anything. */
bool end_drain(struct end *e);
/* TCP is over for us; `reset`: by our RST.  Events of the association's own end follow. */
void end_finish(struct end *e, enum association_tcp_end how, bool reset);

/* end_points.c */
/* false: no memory. */
bool end_begin_tap(struct end *e, uint32_t nth);
/* Looks for points in octets that came in. */
void end_look_in(struct end *e, struct octets o);
/* And in what is going to leave next, as far as it was not looked at before. */
void end_look_out(struct end *e, const struct octets *slices, size_t n);
void end_tell_reached(struct end *e, const struct end_point *at);

/* end_out.c */
/* Sends what the association lends, or the user has written; true if octets left. */
bool end_send(struct end *e);
bool end_output_waits(struct end *e);
/* Octets have passed the user's side of the link. */
void end_passed(struct end *e, bool out, struct octets o);
/* Captures our FIN if it is due. */
void end_tape_half(struct end *e);

/* end_in.c */
/* Takes what can be read, and how TCP ended. */
void end_read(struct end *e);
/* A cut of ours loses what is held. */
void end_drop_held(struct end *e);
/* The incoming direction stalls or goes down, or goes on. */
void end_follow_gate(struct end *e, const struct event *of);

#endif
