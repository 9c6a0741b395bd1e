/*
 * streams: TCP connections followed through captured packets.
 *
 *     packets -> streams_push / streams_pop -> events: octets in order, gaps,
 *                                              FIN, RST, what was odd
 *
 * Push one packet, pop events until there are none, push the next; at the
 * end streams_finish() and pop again.
 *
 * Per connection and direction the octets come out once and in order, each
 * run with the frame it was captured in.  A segment is handed up when
 *   - its direction has been handed up to its sequence number, and
 *   - the other direction has been handed up to what it acknowledges,
 * so a question comes before its answer even where the capture swapped
 * frames.  Otherwise it is held back, within capture/limits.h, until the
 * missing octets come, or it is clear that they will not: then a gap is said
 * and delivery resumes.  Among the segments that can be handed up the one
 * captured first comes first.  Connections do not wait for each other.
 *
 * Where octets come twice, the first ones count; the second ones are compared
 * and said to be the same or different.
 *
 * Which connection is a segment of?  The one whose addresses and ports it
 * bears; of several in a row with the same ones, a SYN with another number
 * tells the next one apart.  A segment that belongs to none so far may be the
 * second direction of a connection that has only one, although its addresses
 * do not say so (anonymised captures, answers by another router): if ports
 * are swapped and sequence and acknowledgement numbers fit, and fit one such
 * connection only, they are paired and NOTE_PAIRED says so.
 *
 * Memory is bounded by capture/limits.h whatever comes.
 */
#ifndef CAPTURE_STREAMS_H
#define CAPTURE_STREAMS_H

#include "capture/capture.h"

struct streams;

enum stream_event_kind {
	STREAM_OPEN,		/* a connection is seen for the first time */
	STREAM_SYN,
	STREAM_OCTETS,		/* offset, octets */
	STREAM_GAP,		/* offset, length: octets that the capture does not hold;
				 * why, frame_before, frame_after */
	STREAM_FIN,		/* offset: octets sent before it */
	STREAM_RST,		/* everything captured before it has been handed up */
	STREAM_NOTE,		/* note; offset and length where they mean something */
	STREAM_END,		/* nothing more is followed of this connection */
	STREAM_KINDS,
};

enum stream_gap {
	GAP_LOST,		/* the frames are not in the capture */
	GAP_CUT,		/* the frame was captured without its end */
	GAP_ACKED,		/* at the end: acknowledged, but never seen */
};

enum stream_note {
	NOTE_NONE,
	NOTE_PAIRED,		/* directions paired by ports and numbers, not by addresses */
	NOTE_AMBIGUOUS,		/* several connections fit: not paired */
	NOTE_MIDDLE,		/* the connection began before the capture did */
	NOTE_EARLIER,		/* octets from before the first frame of a direction */
	NOTE_AGAIN,		/* octets (or a SYN or FIN) came again, the same */
	NOTE_AGAIN_DIFFERENT,	/* ... with other values; the first ones count */
	NOTE_AGAIN_UNKNOWN,	/* ... too long ago to be compared */
	NOTE_KEEP_ALIVE,	/* the octet before the next one, to provoke an answer */
	NOTE_UNSEEN_ACK,	/* acknowledges octets that were not captured before it */
	NOTE_OUTSIDE,		/* sequence number too far from the stream: ignored */
	NOTE_AFTER_FIN,		/* octets behind the sender's own FIN: ignored */
	NOTE_SYN_MISMATCH,	/* a SYN/ACK that does not answer the SYN */
	NOTE_FRAGMENT,		/* IP fragments that cannot be put together, of no connection */
	NOTE_MEMORY,		/* no memory: the packet was ignored */
	NOTES,
};

enum stream_end {
	END_OF_CAPTURE,
	END_REUSED,		/* a new connection of the same ports began */
	END_FORGOTTEN,		/* too many connections: the longest silent one */
};

enum {
	STREAM_REORDERED = 1,	/* captured after octets that follow it in the stream */
	STREAM_REPEATED = 2,	/* RST: not the first of this direction */
};

#define STREAM_OFFSET_NONE UINT64_MAX

/* `octets` are lent until the next call on the streams. */
struct stream_event {
	uint8_t kind, direction;	/* enum stream_event_kind, capture_direction */
	uint8_t note, why;		/* enum stream_note; stream_gap or stream_end */
	uint8_t flags;
	uint32_t connection;		/* from 1; 0: of none */
	uint32_t frame;			/* that carried it; of a gap the one behind it */
	uint32_t frame_before, frame_after;	/* gap: last frame before, first behind; 0: none */
	uint32_t ready_frame;		/* that made it possible to hand it up */
	int64_t time_ns, ready_ns;	/* of frame and ready_frame */
	uint64_t offset, length;	/* in the direction's stream, from 0 */
	uint64_t acked;			/* octets of the other direction that the segment
					 * acknowledges, or STREAM_OFFSET_NONE */
	struct octets octets;
};

struct stream_connection {
	uint32_t number, first_frame, last_frame;
	int64_t first_ns, last_ns;
	/* Source of each direction; their destinations may be others. */
	struct capture_address address[DIRECTIONS];
	uint16_t port[DIRECTIONS];
	bool seen[DIRECTIONS];		/* false: address and port are the other's
					 * destination */
	bool syn[DIRECTIONS];		/* its SYN was captured */
	bool guessed;			/* no SYN: who listens at the lower port is taken
					 * for the responder */
	bool paired;			/* by numbers */
	uint64_t delivered[DIRECTIONS];	/* next offset to be handed up */
};

struct streams_counts {
	uint64_t packets;
	uint64_t kind[SEGMENT_KINDS];	/* by what was found in them */
	uint64_t connections;
	uint64_t no_memory;
};

/* NULL: no memory. */
struct streams *streams_new(void);
void streams_free(struct streams *s);

/* All events of the packet before must have been popped.  The packet's octets
 * must stay until this packet's events have been popped. */
void streams_push(struct streams *s, const struct capture_packet *p);

/* No more packets will be pushed: hands up what is held back, ends every
 * connection. */
void streams_finish(struct streams *s);

bool streams_pop(struct streams *s, struct stream_event *e);

/* The frames that carried the octet at `offset` of a direction: first == last,
 * unless so much was seen that old entries were merged.  false: never handed
 * up, in a gap, or the connection is forgotten. */
bool streams_frame(const struct streams *s, uint32_t connection, enum capture_direction d,
                   uint64_t offset, uint32_t *first, uint32_t *last);
/* The same; *end: up to there the answer holds, as far as octets were handed up. */
bool streams_run(const struct streams *s, uint32_t connection, enum capture_direction d,
                 uint64_t offset, uint32_t *first, uint32_t *last, uint64_t *end);

/* false: there is no such connection (any more). */
bool streams_connection(const struct streams *s, uint32_t number, struct stream_connection *out);

/* The packet pushed last. */
struct stream_segment {
	uint32_t connection;		/* 0: of none */
	uint8_t direction;		/* enum capture_direction */
	uint8_t flags;			/* SEGMENT_* */
	uint16_t window;		/* as it stands there, not scaled */
	uint64_t acked;			/* as in struct stream_event */
};
struct stream_segment streams_last(const struct streams *s);

const struct streams_counts *streams_counts(const struct streams *s);

/* "octets", "gap" ...: what tests write streams down with. */
const char *stream_event_name(enum stream_event_kind kind);
/* One clause. */
const char *stream_note_text(enum stream_note note);

#endif
