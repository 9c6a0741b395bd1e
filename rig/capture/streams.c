#include "capture/streams_state.h"

#include "capture/limits.h"
#include "capture/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static const char *const kind_names[STREAM_KINDS] = {
	[STREAM_OPEN] = "open",
	[STREAM_SYN] = "SYN",
	[STREAM_OCTETS] = "octets",
	[STREAM_GAP] = "gap",
	[STREAM_FIN] = "FIN",
	[STREAM_RST] = "RST",
	[STREAM_NOTE] = "note",
	[STREAM_END] = "end",
};

static const char *const note_texts[NOTES] = {
	[NOTE_NONE] = "",
	[NOTE_PAIRED] = "directions paired by ports and sequence numbers, not by addresses",
	[NOTE_AMBIGUOUS] = "could be the other direction of several connections: not paired",
	[NOTE_MIDDLE] = "the connection began before the capture",
	[NOTE_EARLIER] = "octets from before the first captured frame: ignored",
	[NOTE_AGAIN] = "sent again, the same octets",
	[NOTE_AGAIN_DIFFERENT] = "sent again with different octets: the first ones count",
	[NOTE_AGAIN_UNKNOWN] = "sent again, too long ago to be compared",
	[NOTE_KEEP_ALIVE] = "keep-alive",
	[NOTE_UNSEEN_ACK] = "acknowledges octets that were not captured before it",
	[NOTE_OUTSIDE] = "sequence number outside any window: ignored",
	[NOTE_AFTER_FIN] = "octets behind the sender's own FIN: ignored",
	[NOTE_SYN_MISMATCH] = "SYN/ACK does not acknowledge the SYN",
	[NOTE_FRAGMENT] = "IP fragments of which others are missing: ignored",
	[NOTE_MEMORY] = "no memory: packet ignored",
};

const char *stream_event_name(enum stream_event_kind kind)
{
	return (unsigned)kind < STREAM_KINDS ? kind_names[kind] : "?";
}

const char *stream_note_text(enum stream_note note)
{
	return (unsigned)note < NOTES ? note_texts[note] : "?";
}

struct streams *streams_new(void)
{
	struct streams *s = capture_take(sizeof *s);

	if (!s)
		return NULL;
	/* Without randomness the seed is 0: slower under attack, not wrong. */
	if (getrandom(&s->seed, sizeof s->seed, GRND_NONBLOCK) != (ssize_t)sizeof s->seed)
		s->seed = 0;
	s->provenance.left = STREAMS_PROVENANCE_TOTAL;
	s->history.left = STREAMS_HISTORY_TOTAL;
	return s;
}

void streams_free(struct streams *s)
{
	if (!s)
		return;
	order_release(s);
	while (s->oldest)
		streams_forget(s, s->oldest);
	fragments_free(s->fragments);
	free(s);
}

/* -- events -- */

struct stream_event stream_event_of(const struct streams *s, enum stream_event_kind kind,
                                    const struct half *h)
{
	struct stream_event e = {
		.kind = (uint8_t)kind,
		.frame = s->frame, .ready_frame = s->frame,
		.time_ns = s->time_ns, .ready_ns = s->time_ns,
		.acked = STREAM_OFFSET_NONE,
	};

	if (h) {
		e.connection = h->connection->number;
		e.direction = h->direction;
	}
	return e;
}

void streams_emit(struct streams *s, const struct stream_event *e)
{
	assert(s->ring_n < RING);
	s->ring[(s->ring_first + s->ring_n++) % RING] = *e;
}

void streams_note(struct streams *s, const struct half *h, enum stream_note note)
{
	struct stream_event e = stream_event_of(s, STREAM_NOTE, h);

	e.note = (uint8_t)note;
	streams_emit(s, &e);
}

void streams_end(struct streams *s, struct connection *c, enum stream_end why)
{
	assert(s->n_ending < ENDING_MAX);
	c->ending = true;
	c->end_why = (uint8_t)why;
	s->ending[s->n_ending++] = c;
}

/* -- a segment -- */

static void take_syn(struct streams *s, struct half *h, const struct capture_segment *seg)
{
	const struct half *other = other_half(h);
	struct stream_event e = stream_event_of(s, STREAM_SYN, h);

	if (h->has_isn) {
		streams_note(s, h, NOTE_AGAIN);
		return;
	}
	h->has_isn = true;
	h->isn = seg->seq;
	if (!h->known) {
		h->known = true;
		h->base = seg->seq + 1;
	}
	streams_emit(s, &e);
	if (seg->flags & SEGMENT_ACK && other->has_isn && seg->ack != other->isn + 1)
		streams_note(s, h, NOTE_SYN_MISMATCH);
}

static void take_ack(struct half *h, uint32_t ack)
{
	struct half *other = other_half(h);
	int32_t ahead = seq_diff(ack, seq_at(other, other->next));

	h->has_ack = true;
	h->ack = ack;
	if (other->known && ahead > 0 && ahead <= STREAMS_AHEAD_MAX &&
	    other->next + (uint32_t)ahead > other->acked)
		other->acked = other->next + (uint32_t)ahead;
}

static void take_rst(struct streams *s, struct half *h)
{
	struct connection *c = h->connection;

	c->rst = stream_event_of(s, STREAM_RST, h);
	c->rst.flags = h->rst ? STREAM_REPEATED : 0;
	c->rst_waits = true;
	c->force = true;		/* who has reset sends nothing again */
	h->rst = true;
}

/* The first octets of a direction whose SYN was not captured.  If the other
 * side's was, what that side acknowledged first is where they begin. */
static void begin_stream(struct half *h, uint32_t seq)
{
	const struct half *other = other_half(h);

	h->known = true;
	h->base = seq;
	if (other->has_isn && other->has_ack && seq_diff(seq, other->ack) > 0 &&
	    seq_diff(seq, other->ack) <= STREAMS_PAIR_WINDOW)
		h->base = other->ack;
}

static void take_octets(struct streams *s, struct half *h, const struct capture_segment *seg)
{
	uint32_t seq = seg->seq + ((seg->flags & SEGMENT_SYN) != 0);
	struct octets o = seg->payload;
	int64_t offset;
	int32_t ahead;

	if (!h->known)
		begin_stream(h, seq);
	ahead = seq_diff(seq, seq_at(h, h->next));
	if (ahead > STREAMS_AHEAD_MAX || ahead < -STREAMS_AHEAD_MAX) {
		streams_note(s, h, NOTE_OUTSIDE);
		return;
	}
	offset = (int64_t)h->next + ahead;
	if (offset < 0) {
		streams_note(s, h, NOTE_EARLIER);
		if ((uint64_t)-offset >= o.n)
			return;
		o.p += -offset;
		o.n -= (size_t)-offset;
		offset = 0;
	}
	s->now = (struct item){
		.offset = (uint64_t)offset,
		.octets = o.p, .have = (uint32_t)o.n, .missing = seg->missing,
		.has_ack = seg->flags & SEGMENT_ACK, .ack = seg->ack,
		.fin = seg->flags & SEGMENT_FIN, .stays = s->stays,
		.frame = s->frame, .time_ns = s->time_ns,
	};
	order_insert(s, h);
}

/* What pairing by numbers wants to know of a direction. */
static void note_numbers(struct half *h, const struct capture_segment *seg, bool first)
{
	uint32_t length = (uint32_t)seg->payload.n + seg->missing +
	                  ((seg->flags & SEGMENT_SYN) != 0) + ((seg->flags & SEGMENT_FIN) != 0);

	if (first) {
		h->first = seg->seq;
		h->end = seg->seq + length;
	}
	if (seq_diff(seg->seq + length, h->end) > 0)
		h->end = seg->seq + length;
}

static void take_segment(struct streams *s, struct half *h, const struct capture_segment *seg)
{
	struct connection *c = h->connection;
	bool first = c->half[h->direction].last_seen == 0;

	s->current = c;
	c->frames++;
	c->last_frame = s->frame;
	c->last_ns = s->time_ns;
	h->last_seen = s->frame;
	note_numbers(h, seg, first);
	if (seg->flags & SEGMENT_SYN)
		take_syn(s, h, seg);
	if (seg->flags & SEGMENT_ACK)
		take_ack(h, seg->ack);
	if (seg->flags & SEGMENT_RST)
		take_rst(s, h);
	else if (seg->payload.n || seg->missing || seg->flags & SEGMENT_FIN)
		take_octets(s, h, seg);
}

static void describe_last(struct streams *s, struct half *h, const struct capture_segment *seg)
{
	const struct half *other = other_half(h);
	int64_t acked = (int64_t)other->next + seq_diff(seg->ack, seq_at(other, other->next));

	s->last.connection = h->connection->number;
	s->last.direction = h->direction;
	if (seg->flags & SEGMENT_ACK && other->known && acked >= 0)
		s->last.acked = (uint64_t)acked;
}

/* Fragments: the segment in the packet that this one completes. */
static void join(struct streams *s, const struct capture_packet *p, struct capture_segment *seg)
{
	struct capture_packet whole;
	enum fragments_got got = FRAGMENTS_DROPPED;

	if (!s->fragments)
		s->fragments = fragments_new();
	if (s->fragments)
		got = fragments_add(s->fragments, p, seg, &whole);
	if (got == FRAGMENTS_DROPPED)
		streams_note(s, NULL, NOTE_FRAGMENT);
	if (got != FRAGMENTS_WHOLE)
		return;
	capture_segment(&whole, seg);
	s->stays = whole.stays;
}

void streams_push(struct streams *s, const struct capture_packet *p)
{
	struct capture_segment seg;
	struct half *h;

	assert(s->ring_n == 0 && s->n_ending == 0 && !s->now_in);
	capture_segment(p, &seg);
	s->counts.packets++;
	s->counts.kind[seg.kind]++;
	s->frame = p->frame;
	s->time_ns = p->time_ns;
	s->stays = p->stays;
	s->current = NULL;
	s->last = (struct stream_segment){ .acked = STREAM_OFFSET_NONE };
	if (seg.kind == SEGMENT_FRAGMENT)
		join(s, p, &seg);
	if (seg.kind != SEGMENT_TCP)
		return;
	s->last.flags = seg.flags;
	s->last.window = seg.window;
	h = streams_index(s, &seg);
	if (h) {
		describe_last(s, h, &seg);
		take_segment(s, h, &seg);
		return;
	}
	s->counts.no_memory++;
	streams_note(s, NULL, NOTE_MEMORY);
}

struct stream_segment streams_last(const struct streams *s)
{
	return s->last;
}

void streams_finish(struct streams *s)
{
	s->finishing = true;
	s->finish_next = s->oldest;
	s->current = NULL;
}

/* -- handing events out -- */

/* What a connection holds, then a RST that waited for that. */
static bool next_of(struct streams *s, struct connection *c, struct stream_event *e)
{
	if (order_next(s, c, e))
		return true;
	if (c->force && c->rst_waits) {
		*e = c->rst;
		e->offset = c->half[e->direction].next - c->half[e->direction].fin;
		c->rst_waits = false;
		order_closed(s, c);
		return true;
	}
	c->force = false;
	return false;
}

/* Octets that were acknowledged and never seen, at the end of a connection.
 * One of them may be a FIN: that is no octet. */
static bool acked_gap(struct streams *s, struct connection *c, struct stream_event *e)
{
	for (int d = 0; d < DIRECTIONS; d++) {
		struct half *h = &c->half[d];

		if (!h->known || h->acked <= h->next)
			continue;
		*e = stream_event_of(s, STREAM_GAP, h);
		e->why = GAP_ACKED;
		e->offset = h->next;
		e->length = h->acked - h->next;
		e->frame = e->frame_before = h->last_frame;
		if (h->fin || e->length == 1) {
			e->kind = STREAM_NOTE;
			e->note = NOTE_UNSEEN_ACK;
		}
		h->acked = h->next;
		return true;
	}
	return false;
}

static bool next_ending(struct streams *s, struct stream_event *e)
{
	struct connection *c = s->ending[0];

	c->force = true;
	if (next_of(s, c, e) || acked_gap(s, c, e))
		return true;
	*e = stream_event_of(s, STREAM_END, NULL);
	e->connection = c->number;
	e->why = c->end_why;
	c->ended = true;
	for (int d = 0; d < DIRECTIONS; d++)
		history_drop(&c->half[d].history, &s->history);
	s->n_ending--;
	memmove(s->ending, s->ending + 1, s->n_ending * sizeof s->ending[0]);
	if (c->forgotten)
		streams_forget(s, c);
	return true;
}

/* Ends the next connection that has not ended; false: none is left. */
static bool finish_one(struct streams *s)
{
	struct connection *c = s->finish_next;

	while (c && c->ending)
		c = c->newer;
	if (!c)
		return false;
	s->finish_next = c->newer;
	streams_end(s, c, END_OF_CAPTURE);
	return true;
}

static bool next_event(struct streams *s, struct stream_event *e)
{
	if (s->n_ending)
		return next_ending(s, e);
	if (s->ring_n) {
		*e = s->ring[s->ring_first];
		s->ring_first = (s->ring_first + 1) % RING;
		s->ring_n--;
		return true;
	}
	if (s->victim) {
		if (next_of(s, s->victim, e))
			return true;
		s->victim = NULL;
	}
	return s->current && next_of(s, s->current, e);
}

bool streams_pop(struct streams *s, struct stream_event *e)
{
	order_release(s);
	for (;;) {
		if (next_event(s, e))
			return true;
		if (s->now_in)
			order_keep(s);
		else if (!s->finishing || !finish_one(s))
			return false;
	}
}

/* -- asking -- */

bool streams_frame(const struct streams *s, uint32_t connection, enum capture_direction d,
                   uint64_t offset, uint32_t *first, uint32_t *last)
{
	uint64_t ignored;

	return streams_run(s, connection, d, offset, first, last, &ignored);
}

bool streams_run(const struct streams *s, uint32_t connection, enum capture_direction d,
                 uint64_t offset, uint32_t *first, uint32_t *last, uint64_t *end)
{
	const struct connection *c = streams_by_number(s, connection);

	*end = UINT64_MAX;
	return c && offset < c->half[d].next - c->half[d].fin &&
	       provenance_run(&c->half[d].provenance, offset, first, last, end);
}

static void describe(const struct half *h, enum capture_direction d,
                     struct stream_connection *out)
{
	const struct half *other = &h->connection->half[!d];

	out->seen[d] = h->seen;
	out->syn[d] = h->has_isn;
	out->address[d] = h->seen ? h->tuple.from : other->tuple.to;
	out->port[d] = h->seen ? h->tuple.from_port : other->tuple.to_port;
	out->delivered[d] = h->next - h->fin;
}

bool streams_connection(const struct streams *s, uint32_t number, struct stream_connection *out)
{
	const struct connection *c = streams_by_number(s, number);

	if (!c)
		return false;
	*out = (struct stream_connection){
		.number = number,
		.first_frame = c->first_frame, .last_frame = c->last_frame,
		.first_ns = c->first_ns, .last_ns = c->last_ns,
		.guessed = c->guessed, .paired = c->paired,
	};
	describe(&c->half[FROM_INITIATOR], FROM_INITIATOR, out);
	describe(&c->half[FROM_RESPONDER], FROM_RESPONDER, out);
	return true;
}

const struct streams_counts *streams_counts(const struct streams *s)
{
	return &s->counts;
}
