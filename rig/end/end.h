/*
 * end: an association on a connection, through a link, under a capture.
 *
 *     user <-> association <-> link nodes <-> net connection
 *                    \-> capture (synthesised packets)
 *
 * The one place where the sans-IO association meets the world; the lab MTA,
 * the runner, `send` and `peer` all stand on it.  Kernel and virtual time are
 * the same code.
 *
 * Ownership: an end is its user's until end_free().  Callbacks run inside
 * net_step() or inside the end_*() call that caused them; a callback may call
 * any association_*() request on its own end and need not flush (the end
 * pumps until nothing moves), but must not free it: end_free() from a
 * callback takes effect when the callback has returned.
 */
#ifndef END_END_H
#define END_END_H

#include "association/association.h"
#include "link/link.h"
#include "net/net.h"
#include "tap/tap.h"

struct capture_case;		/* end/tape.h: packets of one case */
struct end;

/* Points of the protocol where the user may want a fault; they are looked for in the
 * octets before these are processed, or leave. */
struct end_points {
	const struct tap_point *at;
	size_t n;			/* may grow while ends live, up to TAP_POINTS_MAX */
	uint32_t *activities;		/* counted over all ends that share it */
};

/* Where point `i` lies: `octet` octets of the direction are in front of it; the TSDU
 * that it is about begins at octet `from`. */
struct end_point {
	size_t i;
	bool out;
	uint64_t from, octet;
};

enum end_act {
	END_NOTHING,
	/* The link is cut there.  Octets in front of the point are processed, or leave,
	 * first; none behind it ever. */
	END_CUT,
	/* A LINK_REACHED event (value: the point) is told when these have, and none behind
	 * it.  If the link's incoming direction stalls or goes down meanwhile, octets that
	 * were read are held until it goes on. */
	END_REACH,
};

struct end_user {
	/* Each event of the association, of TCP and of the link, in order.
	 * Borrowed octets in it are valid during the call only. */
	void (*event)(struct end *e, const struct event *event, void *ctx);
	/* TCP is over in both directions or could not be made; the last call. */
	void (*over)(struct end *e, void *ctx);
	/* May be NULL: the octets of the connection as they are read and written. */
	void (*octets)(struct end *e, bool out, struct octets o, void *ctx);
	/* Of config.points; `how`: of a cut. */
	enum end_act (*point)(struct end *e, const struct end_point *at, enum link_cut *how,
	                      void *ctx);
};

struct end_config {
	struct association_config association;	/* number, names, selectors; pool and work
						 * are filled in by the world */
	struct link_config link;		/* zero: transparent */
	struct net_buffers buffers;
	const struct end_points *points;	/* borrowed; NULL: none are looked for */
	uint32_t nth;				/* connection number that points count by */
	bool hold_open;				/* do not close TCP when the stack wants it
						 * (the user decides: end_close()) */
	/* Reset a connection on which so long after it was made there is no
	 * association: a peer that says nothing, stops in mid-PDU, or was refused
	 * and neither reads nor goes.  0: never. */
	int64_t bind_us;
};

/* What the ends of one thread share: workspace, buffer pool, capture, clock. */
struct end_world;
/* NULL: no memory.  `capture` may be NULL. */
struct end_world *end_world_new(struct net *net, struct capture_case *capture);
void end_world_free(struct end_world *w);
struct net *end_world_net(struct end_world *w);

/* Begins to connect; association_connected() follows by itself, then the user
 * hears EVENT_TCP TCP_CONNECTED and may bind.  NULL: errno. */
struct end *end_connect(struct end_world *w, const struct net_address *to,
                        const struct net_address *source, const struct end_config *c,
                        const struct end_user *user, void *ctx);

/* Takes over a connection that a listener accepted. */
struct end *end_accept(struct end_world *w, struct net_conn *conn, const struct end_config *c,
                       const struct end_user *user, void *ctx);

/* Requests go straight to the association: association_transfer(end_association(e), ...);
 * call end_pump() after them when not inside a callback of this end. */
struct association *end_association(struct end *e);
void end_pump(struct end *e);

uint32_t end_number(const struct end *e);
struct link *end_link(struct end *e);		/* rate, delay, stall, silence while running */
struct net_conn *end_conn(struct end *e);	/* NULL when TCP is over */

/*
 * Detached: the association stands still (association_detach()) and its user speaks
 * for it.  end_write() copies octets that are to be sent behind what waits already;
 * false: no memory, or not detached.  end_unwritten(): octets that still wait.
 */
void end_detach(struct end *e, bool detached);
bool end_is_detached(const struct end *e);
bool end_write(struct end *e, struct octets o);
size_t end_unwritten(const struct end *e);

/* Cuts the link: FIN, RST, half-close, silence.  The association learns of it
 * as a real peer would. */
void end_cut(struct end *e, enum link_cut how);

/* Closes TCP in order after the output has left. */
void end_close(struct end *e);
bool end_is_over(const struct end *e);
/* It is, or end_close() has been called. */
bool end_is_closing(const struct end *e);
void end_free(struct end *e);

#endif
