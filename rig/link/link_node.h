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

#include "link/link.h"

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
	uint32_t burst;		/* octets saved up while idle, at most */
};

void link_rate_init(struct link_rate *r);
/* rate > 0.  Octets that wait go on at the new rate. */
void link_rate_set(struct link_rate *r, int64_t now_us, uint64_t rate);
/* No limit any more: passes on all that waits. */
void link_rate_end(struct link_rate *r, int64_t now_us);

/* --- what is drawn -------------------------------------------------------- */

/* One stream for each purpose, so that one does not change another. */
struct link_random {
	uint64_t state;
};

enum link_purpose {
	LINK_DRAWS_JITTER,
	LINK_DRAWS_LOSS,
	LINK_DRAWS_DAMAGE,
};

void link_random_init(struct link_random *r, uint64_t seed, enum link_direction d,
                      enum link_purpose purpose);
/* Happens with a probability in parts of LINK_ALWAYS; 0 draws nothing. */
bool link_random_hits(struct link_random *r, uint32_t probability);
/* 0 <= x < 1 */
double link_random_unit(struct link_random *r);
uint64_t link_random_next(struct link_random *r);
/* A deviation from the delay. */
int64_t link_random_jitter(struct link_random *r, enum link_distribution d, int64_t jitter_us);

/* --- delay: each run comes out later ------------------------------------- */

struct link_due {
	int64_t at_us;		/* when it comes out */
	int64_t own_us;		/* when it would, if nothing were in front of it */
	struct link_run run;
};

enum { LINK_DUE_INLINE = 4 };

/* A lost segment that three segments behind it would bring again early. */
struct link_awaited {
	bool open;
	uint64_t serial;	/* of its entry */
	uint32_t behind;
};

struct link_delay {
	struct link_node node;
	const struct link_line *line;	/* delay, jitter, loss */
	int64_t rtt_us;		/* of both directions */
	struct link_due *at;	/* a circle of cap */
	uint32_t head, n, cap;
	uint64_t out;		/* entries that have come out: serial of the first */
	size_t held;		/* octets */
	bool bad;		/* state of the loss */
	bool down;
	int64_t down_since_us;	/* since octets first wait; NEVER_US: none do */
	struct link_awaited awaited;
	struct link_random jitter, loss;
	/* A segment was lost so often. */
	void (*lost)(void *ctx, size_t octets, uint32_t times);
	void *ctx;
	struct link_due few[LINK_DUE_INLINE];
};

void link_delay_init(struct link_delay *d, const struct link_line *line);
void link_delay_free(struct link_delay *d);
/* Must it be in the chain? */
bool link_delay_is_needed(const struct link_delay *d);
/* Returns how long TCP waits until it tries again (0: nothing waits). */
int64_t link_delay_down(struct link_delay *d, int64_t now_us, bool down);

/* Octets that a line without rate may hold: 10 Mbit/s for 6 s.  Past it the
 * line takes no more, which makes it slower, never wrong. */
enum { LINK_HELD_MAX = 8 << 20 };

/* Of what a line carries in one packet. */
enum { LINK_SEGMENT = 1460 };

/* --- damage: the octets as they go in ------------------------------------- */

/* What has happened to one octet. */
struct link_harm {
	uint64_t offset;	/* of the octet */
	uint8_t before, after;
	bool missing;
};

struct link_damage {
	struct link_random random;
	uint64_t offset;	/* of the next octet */
	uint64_t sound[2];	/* octets until the next one changes, is missing */
	bool drawn[2];
};

void link_damage_init(struct link_damage *d, uint64_t seed, enum link_direction way);
/* A probability has changed: forget what was drawn. */
void link_damage_again(struct link_damage *d);
/* Bends the octets in place; returns how many are left.  `tell` hears of each. */
size_t link_damage(struct link_damage *d, const struct link_line *line, uint8_t *p, size_t n,
                   void (*tell)(void *ctx, const struct link_harm *h), void *ctx);

/* --- frames: where the TPKTs of a direction begin and end ----------------- */

enum { LINK_FRAME_HEADER = 4 };

struct link_frames {
	uint64_t offset;	/* of the next octet */
	uint64_t begun;		/* TPKTs whose header is complete */
	uint64_t from, to;	/* octets of the last of these */
	uint8_t header[LINK_FRAME_HEADER];
	uint8_t header_n;
	bool lost;		/* no TPKT where one should begin */
};

/* Takes octets up to the end of the next header: returns how many; `complete`
 * says whether there is one. */
size_t link_frames_push(struct link_frames *f, const uint8_t *p, size_t n, bool *complete);

#endif
