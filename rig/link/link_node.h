/*
 * link_node: a line is a chain of nodes that say when, never what.
 *
 *     push -> [rate] -> [delay] -> exit
 *
 * The octets of a direction lie in one ring in their order; a node passes on
 * runs of them, as numbers, so nothing is copied on the way and no node can
 * lose, reorder or change an octet.  An end (FIN, RST) is a run without
 * octets.  Time is an argument: the same code on the real and the virtual
 * clock.  A new kind of node needs these operations, a place in `struct way`
 * and a line in way_link() (link.c).
 */
#ifndef LINK_LINK_NODE_H
#define LINK_LINK_NODE_H

#include "base/octets.h"

struct link_run {
	size_t n;		/* octets; 0: an end */
	int end;		/* NET_FIN, NET_RST, NET_BROKEN; 0: octets */
};

struct link_node;

struct link_node_ops {
	void (*push)(struct link_node *self, int64_t now_us, struct link_run run);
	/* When run() wants to be called next; NEVER_US: nothing waits. */
	int64_t (*next_us)(const struct link_node *self);
	/* Passes on what is due. */
	void (*run)(struct link_node *self, int64_t now_us);
	/* Octets that it takes now; push() takes more, but should not get it. */
	size_t (*room)(const struct link_node *self);
	/* Forgets what it holds. */
	void (*clear)(struct link_node *self);
};

struct link_node {
	const struct link_node_ops *ops;
	struct link_node *next;
};

static inline void link_node_pass(struct link_node *self, int64_t now_us, struct link_run run)
{
	self->next->ops->push(self->next, now_us, run);
}

/* --- rate: serialises ---------------------------------------------------- */

struct link_rate {
	struct link_node node;
	uint64_t rate;		/* bit/s */
	size_t step, most;	/* octets moved at once; octets held */
	size_t waiting;
	int end;		/* follows the octets that wait; 0: none */
	int64_t begun_us;	/* of the busy period */
	uint64_t passed;	/* octets passed on in it */
};

void link_rate_init(struct link_rate *r);
/* rate > 0.  Octets that wait go on at the new rate. */
void link_rate_set(struct link_rate *r, int64_t now_us, uint64_t rate);
/* No limit any more: passes on all that waits. */
void link_rate_end(struct link_rate *r, int64_t now_us);

/* --- delay: each run comes out later ------------------------------------- */

struct link_due {
	int64_t at_us;
	struct link_run run;
};

enum { LINK_DUE_INLINE = 4 };

struct link_delay {
	struct link_node node;
	int64_t delay_us;
	struct link_due *at;	/* a circle of cap */
	uint32_t head, n, cap;
	size_t held;		/* octets */
	struct link_due few[LINK_DUE_INLINE];
};

void link_delay_init(struct link_delay *d);
void link_delay_free(struct link_delay *d);

/* Octets that a line without rate may hold: 10 Mbit/s for 6 s.  Past it the
 * line takes no more, which makes it slower, never wrong. */
enum { LINK_HELD_MAX = 8 << 20 };

#endif
