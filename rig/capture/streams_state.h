/*
 * streams_state: what streams.c, streams_index.c and streams_order.c share.
 *
 * streams.c        takes packets in and hands events out
 * streams_index.c  which connection and direction a segment belongs to
 * streams_order.c  in which order a connection's segments are handed up
 *
 * Stream offsets count sequence numbers from the octet after the SYN, in 64
 * bits; a FIN counts as one behind the last octet (RFC 9293 3.4).
 */
#ifndef CAPTURE_STREAMS_STATE_H
#define CAPTURE_STREAMS_STATE_H

#include "capture/fragments.h"
#include "capture/history.h"
#include "capture/provenance.h"
#include "capture/streams.h"

enum {
	RING = 16,		/* events that one packet causes at once: at most eight */
	ENDING_MAX = 4,		/* connections that one packet ends: at most two */
};

/* A segment waiting to be handed up.  The one of the packet being pushed lies
 * in struct streams and borrows its octets; others own them (they follow). */
struct item {
	struct item *before, *after;	/* by offset, then by arrival */
	uint64_t offset;
	const uint8_t *octets;
	uint32_t have, missing;		/* payload captured, and cut off behind it */
	uint32_t ack, frame;
	int64_t time_ns;
	bool has_ack, fin, owned;
	bool stays;		/* its octets do */
};

struct tuple {
	struct capture_address from, to;
	uint16_t from_port, to_port;
};

/* One direction of a connection. */
struct half {
	struct connection *connection;
	uint8_t direction;
	bool indexed;		/* tuple is in the table */
	bool seen;		/* a segment of it was captured */
	bool known;		/* base is valid */
	bool has_isn, has_ack, fin, rst;
	bool waiting;		/* frames are counted from wait_from */
	struct tuple tuple;
	struct half *chain;	/* next in the bucket */

	uint32_t isn, base;	/* sequence numbers of the SYN, of offset 0 */
	uint32_t first, end;	/* sequence numbers seen: from first to before end */
	uint32_t ack;		/* acknowledgement it sent last */
	uint64_t next;		/* offset to be handed up next */
	uint64_t acked;		/* by the other direction */
	uint64_t conceded;	/* acknowledgements up to here are no longer waited for */
	uint32_t last_seen;	/* frame that was captured last; 0: none */
	uint32_t last_frame;	/* the latest frame handed up */
	uint32_t wait_from;

	struct item *head, *recent;	/* what waits; the one placed last */
	uint32_t held;		/* items that own their octets */
	size_t held_octets;
	struct provenance provenance;
	struct history history;
};

struct connection {
	uint32_t number, first_frame, last_frame;
	int64_t first_ns, last_ns;
	uint32_t frames;
	uint8_t end_why;	/* enum stream_end, once `ending` */
	bool guessed, paired;
	bool ending, ended;	/* to be ended; STREAM_END has been handed up */
	bool forgotten;		/* its memory goes once it has ended */
	bool force;		/* hand up what is held, with gaps */
	bool rst_waits;		/* `rst` goes out when all before it has */
	bool open_ended, holds;	/* is in those lists */
	struct stream_event rst;
	struct half half[DIRECTIONS];
	struct connection *older, *newer;		/* all, by last segment */
	struct connection *number_chain;
	struct connection *ports_before, *ports_after;	/* one direction seen: in a bucket */
	struct connection *hold_before, *hold_after;	/* those that hold items */
};

struct streams {
	struct streams_counts counts;
	struct provenance_budget provenance;
	struct history_budget history;
	struct fragments *fragments;	/* NULL: none were seen */
	uint64_t seed;			/* of the hash: nobody can aim at a bucket */
	uint32_t connections, last_number;
	struct connection *oldest, *newest;
	struct connection *holding, *holding_last;
	size_t held_octets;

	/* the packet being pushed */
	uint32_t frame;
	int64_t time_ns;
	bool stays;
	struct stream_segment last;
	struct connection *current, *victim;
	struct item now;
	struct half *now_in;		/* where `now` waits, or NULL */
	struct item *lent;		/* its octets went out with the last event */
	struct stream_event ring[RING];
	unsigned ring_first, ring_n;
	struct connection *ending[ENDING_MAX];
	unsigned n_ending;
	bool finishing;
	struct connection *finish_next;

	struct half *halves[STREAMS_BUCKETS];
	struct connection *numbers[STREAMS_BUCKETS];
	struct connection *ports[STREAMS_BUCKETS];
};

static inline struct half *other_half(struct half *h)
{
	return &h->connection->half[!h->direction];
}

/* The sequence number of a direction's offset. */
static inline uint32_t seq_at(const struct half *h, uint64_t offset)
{
	return h->base + (uint32_t)offset;
}

/* a - b of sequence numbers. */
static inline int32_t seq_diff(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

/* -- streams.c -- */

/* An event with the present packet's frame and time; NULL half: of none. */
struct stream_event stream_event_of(const struct streams *s, enum stream_event_kind kind,
                                    const struct half *h);
void streams_emit(struct streams *s, const struct stream_event *e);
void streams_note(struct streams *s, const struct half *h, enum stream_note note);
/* Has the connection handed up to its end, then STREAM_END. */
void streams_end(struct streams *s, struct connection *c, enum stream_end why);

/* -- streams_index.c -- */

/* Finds or makes the direction that a segment belongs to; NULL: no memory. */
struct half *streams_index(struct streams *s, const struct capture_segment *seg);
struct connection *streams_by_number(const struct streams *s, uint32_t number);
/* Gives a connection and all that hangs on it back. */
void streams_forget(struct streams *s, struct connection *c);

/* -- streams_order.c -- */

/* Places the present packet's item among those that wait in `h`. */
void order_insert(struct streams *s, struct half *h);
/* The next event of a connection; false: everything left must wait. */
bool order_next(struct streams *s, struct connection *c, struct stream_event *e);
/* The present item must outlive its packet: copies it, or has room made.
 * Either way order_next() is to be asked again. */
void order_keep(struct streams *s);
/* Gives back the item whose octets were lent. */
void order_release(struct streams *s);
/* Both ends have finished, or one has reset. */
void order_closed(struct streams *s, struct connection *c);
/* Drops everything held. */
void order_drop(struct streams *s, struct connection *c);

#endif
