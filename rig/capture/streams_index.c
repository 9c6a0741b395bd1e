/*
 * Which connection and direction a segment belongs to.
 */
#include "capture/streams_state.h"

#include "capture/limits.h"
#include "capture/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

_Static_assert(sizeof(struct tuple) == 38, "a tuple is hashed and compared as octets");

/* -- tables -- */

static size_t tuple_bucket(const struct streams *s, const struct tuple *t)
{
	return XXH3_64bits_withSeed(t, sizeof *t, s->seed) % STREAMS_BUCKETS;
}

static struct half *find(const struct streams *s, const struct tuple *t)
{
	struct half *h = s->halves[tuple_bucket(s, t)];

	while (h && memcmp(&h->tuple, t, sizeof *t) != 0)
		h = h->chain;
	return h;
}

static void index_half(struct streams *s, struct half *h)
{
	struct half **bucket = &s->halves[tuple_bucket(s, &h->tuple)];

	h->chain = *bucket;
	*bucket = h;
	h->indexed = true;
}

static void unindex_half(struct streams *s, struct half *h)
{
	struct half **at = &s->halves[tuple_bucket(s, &h->tuple)];

	if (!h->indexed)
		return;
	while (*at != h)
		at = &(*at)->chain;
	*at = h->chain;
	h->indexed = false;
}

/* Both directions of a pair of ports share a bucket. */
static struct connection **ports_bucket(struct streams *s, uint16_t a, uint16_t b)
{
	uint32_t both = a < b ? (uint32_t)a << 16 | b : (uint32_t)b << 16 | a;

	return &s->ports[XXH3_64bits_withSeed(&both, sizeof both, s->seed) % STREAMS_BUCKETS];
}

static struct half *seen_half(struct connection *c)
{
	return &c->half[c->half[FROM_INITIATOR].seen ? FROM_INITIATOR : FROM_RESPONDER];
}

static void join_open_ended(struct streams *s, struct connection *c)
{
	const struct tuple *t = &seen_half(c)->tuple;
	struct connection **bucket = ports_bucket(s, t->from_port, t->to_port);

	c->ports_before = NULL;
	c->ports_after = *bucket;
	if (*bucket)
		(*bucket)->ports_before = c;
	*bucket = c;
	c->open_ended = true;
}

static void leave_open_ended(struct streams *s, struct connection *c)
{
	const struct tuple *t = &seen_half(c)->tuple;

	if (!c->open_ended)
		return;
	if (c->ports_before)
		c->ports_before->ports_after = c->ports_after;
	else
		*ports_bucket(s, t->from_port, t->to_port) = c->ports_after;
	if (c->ports_after)
		c->ports_after->ports_before = c->ports_before;
	c->open_ended = false;
}

struct connection *streams_by_number(const struct streams *s, uint32_t number)
{
	struct connection *c = s->numbers[number % STREAMS_BUCKETS];

	while (c && c->number != number)
		c = c->number_chain;
	return c;
}

/* -- life -- */

static void leave_ages(struct streams *s, struct connection *c)
{
	if (c->older)
		c->older->newer = c->newer;
	else
		s->oldest = c->newer;
	if (c->newer)
		c->newer->older = c->older;
	else
		s->newest = c->older;
}

static void join_ages(struct streams *s, struct connection *c)
{
	c->newer = NULL;
	c->older = s->newest;
	if (s->newest)
		s->newest->newer = c;
	else
		s->oldest = c;
	s->newest = c;
}

static void retire(struct streams *s, struct connection *c, enum stream_end why)
{
	leave_open_ended(s, c);
	for (int d = 0; d < DIRECTIONS; d++)
		unindex_half(s, &c->half[d]);
	if (!c->ending)
		streams_end(s, c, why);
}

void streams_forget(struct streams *s, struct connection *c)
{
	struct connection **at = &s->numbers[c->number % STREAMS_BUCKETS];

	order_drop(s, c);
	while (*at != c)
		at = &(*at)->number_chain;
	*at = c->number_chain;
	leave_ages(s, c);
	for (int d = 0; d < DIRECTIONS; d++) {
		provenance_drop(&c->half[d].provenance, &s->provenance);
		history_drop(&c->half[d].history, &s->history);
	}
	s->connections--;
	free(c);
}

static void make_place(struct streams *s)
{
	struct connection *c = s->oldest;

	if (s->connections < STREAMS_CONNECTIONS_MAX)
		return;
	if (c->ended) {
		streams_forget(s, c);
		return;
	}
	retire(s, c, END_FORGOTTEN);
	c->forgotten = true;
}

/* A SYN tells who opens; without one, servers listen at the lower port. */
static enum capture_direction guess(struct connection *c, const struct capture_segment *seg)
{
	if (seg->flags & SEGMENT_SYN)
		return seg->flags & SEGMENT_ACK ? FROM_RESPONDER : FROM_INITIATOR;
	c->guessed = true;
	return seg->from_port < seg->to_port ? FROM_RESPONDER : FROM_INITIATOR;
}

static struct half *create(struct streams *s, const struct capture_segment *seg,
                           const struct tuple *t)
{
	struct connection *c;
	struct stream_event e;
	struct half *h;

	make_place(s);
	c = capture_take(sizeof *c);
	if (!c)
		return NULL;
	c->number = ++s->last_number;
	c->number_chain = s->numbers[c->number % STREAMS_BUCKETS];
	s->numbers[c->number % STREAMS_BUCKETS] = c;
	c->first_frame = s->frame;
	c->first_ns = s->time_ns;
	for (uint8_t d = 0; d < DIRECTIONS; d++) {
		c->half[d].connection = c;
		c->half[d].direction = d;
	}
	join_ages(s, c);
	s->connections++;
	s->counts.connections++;
	h = &c->half[guess(c, seg)];
	h->tuple = *t;
	h->seen = true;
	index_half(s, h);
	join_open_ended(s, c);
	e = stream_event_of(s, STREAM_OPEN, h);
	streams_emit(s, &e);
	if (!(seg->flags & SEGMENT_SYN))
		streams_note(s, h, NOTE_MIDDLE);
	return h;
}

/* -- is this SYN another connection's? -- */

static bool closed(const struct connection *c)
{
	const struct half *a = &c->half[0], *b = &c->half[1];

	return a->rst || b->rst || (a->fin && b->fin);
}

static bool had_octets(const struct connection *c)
{
	return c->half[0].next || c->half[1].next || c->half[0].head || c->half[1].head;
}

static bool syn_begins_anew(const struct half *h, const struct half *o, uint32_t seq)
{
	/* The same number again is a retransmission; some systems also repeat a
	 * refused SYN as it was. */
	if (h->has_isn)
		return seq != h->isn || (closed(h->connection) && had_octets(h->connection));
	if (h->seen)
		return !h->known || h->base != seq + 1;
	if (o->has_isn && o->has_ack)		/* its SYN/ACK was captured first */
		return o->ack != seq + 1;
	/* Both ends may open at once (RFC 9293 3.5). */
	return !o->has_isn || closed(h->connection) || had_octets(h->connection);
}

static bool syn_ack_begins_anew(const struct half *h, const struct half *o,
                                const struct capture_segment *seg)
{
	int32_t apart = seq_diff(seg->ack, o->base);

	if (h->has_isn)
		return seg->seq != h->isn;
	if (h->known)
		return h->base != seg->seq + 1;
	if (o->has_isn || !o->known)
		return false;
	return apart > STREAMS_PAIR_WINDOW || apart < -STREAMS_PAIR_WINDOW;
}

/* `h` is the direction that the segment's addresses say. */
static bool begins_anew(struct half *h, const struct capture_segment *seg)
{
	if (!(seg->flags & SEGMENT_SYN))
		return false;
	if (seg->flags & SEGMENT_ACK)
		return syn_ack_begins_anew(h, other_half(h), seg);
	return syn_begins_anew(h, other_half(h), seg->seq);
}

/* -- pairing by numbers -- */

static bool near(uint32_t a, uint32_t b)
{
	int32_t apart = seq_diff(a, b);

	return apart <= STREAMS_PAIR_WINDOW && apart >= -STREAMS_PAIR_WINDOW;
}

/*
 * Can the segment come from the peer of `p`, the only direction seen of its
 * connection?  A stranger fits by chance once in 2^32 where one exact number
 * is asked for, and once in 2^45 where another must be near.
 */
static bool numbers_fit(const struct half *p, const struct capture_segment *seg)
{
	bool syn = seg->flags & SEGMENT_SYN;
	uint32_t seq = seg->seq + syn;		/* first octet behind a SYN */
	bool acks_all = seg->ack == p->end;
	bool acks_some = seq_diff(seg->ack, p->first) >= 0 && seq_diff(seg->ack, p->end) <= 0;

	if (!(seg->flags & SEGMENT_ACK))
		/* A SYN that was captured after the SYN/ACK that answers it, or a
		 * RST of the very number that the peer expects. */
		return p->has_ack && p->ack == seq && (!syn || p->has_isn);
	if (!p->has_ack)			/* a SYN that waits for its answer */
		return p->has_isn && acks_all;
	return (seq == p->ack && acks_some) || (acks_all && near(seq, p->ack));
}

static bool may_pair(const struct streams *s, const struct connection *c, const struct half *p,
                     const struct tuple *t)
{
	return p->tuple.from_port == t->to_port && p->tuple.to_port == t->from_port &&
	       p->tuple.from.version == t->from.version && !p->rst &&
	       s->time_ns - c->last_ns <= (int64_t)STREAMS_PAIR_SECONDS * 1000000000;
}

static struct half *pair(struct streams *s, const struct capture_segment *seg,
                         const struct tuple *t)
{
	struct connection *c = *ports_bucket(s, t->from_port, t->to_port), *found = NULL;

	for (int n = 0; c && n < STREAMS_CANDIDATES_MAX; c = c->ports_after, n++) {
		const struct half *p = seen_half(c);

		if (!may_pair(s, c, p, t) || !numbers_fit(p, seg))
			continue;
		if (found) {
			streams_note(s, NULL, NOTE_AMBIGUOUS);
			return NULL;
		}
		found = c;
	}
	if (!found)
		return NULL;
	found->paired = true;
	return other_half(seen_half(found));
}

/* -- finding -- */

static void attach(struct streams *s, struct half *h, const struct tuple *t)
{
	leave_open_ended(s, h->connection);
	h->tuple = *t;
	h->seen = true;
	index_half(s, h);
	if (h->connection->paired)
		streams_note(s, h, NOTE_PAIRED);
}

static struct half *by_addresses(struct streams *s, const struct tuple *t)
{
	struct tuple back = { t->to, t->from, t->to_port, t->from_port };
	struct half *h = find(s, t);

	if (h)
		return h;
	h = find(s, &back);
	/* One whose partner was found by numbers has no other partner. */
	return h && !other_half(h)->seen ? other_half(h) : NULL;
}

struct half *streams_index(struct streams *s, const struct capture_segment *seg)
{
	struct tuple t = { seg->from, seg->to, seg->from_port, seg->to_port };
	struct half *h = by_addresses(s, &t);

	if (h && begins_anew(h, seg)) {
		retire(s, h->connection, END_REUSED);
		h = NULL;
	}
	if (!h)
		h = pair(s, seg, &t);
	if (!h)
		return create(s, seg, &t);
	if (!h->seen)
		attach(s, h, &t);
	leave_ages(s, h->connection);
	join_ages(s, h->connection);
	return h;
}
