/*
 * In which order a connection's segments are handed up: joined, repeated, missing.
 */
#include "capture/streams_state.h"

#include "capture/limits.h"
#include "capture/memory.h"

#include <stdlib.h>
#include <string.h>

static size_t cost(const struct item *it)
{
	return sizeof *it + it->have;
}

/* Sequence numbers that an item takes. */
static uint64_t span(const struct item *it)
{
	return (uint64_t)it->have + it->missing + it->fin;
}

/* -- the list of what waits -- */

static void leave_holding(struct streams *s, struct connection *c)
{
	if (c->hold_before)
		c->hold_before->hold_after = c->hold_after;
	else
		s->holding = c->hold_after;
	if (c->hold_after)
		c->hold_after->hold_before = c->hold_before;
	else
		s->holding_last = c->hold_before;
	c->hold_before = c->hold_after = NULL;
	c->holds = false;
}

static void join_holding(struct streams *s, struct connection *c)
{
	c->hold_before = s->holding_last;
	if (s->holding_last)
		s->holding_last->hold_after = c;
	else
		s->holding = c;
	s->holding_last = c;
	c->holds = true;
}

static void unlink_item(struct streams *s, struct half *h, struct item *it)
{
	struct connection *c = h->connection;

	if (it->before)
		it->before->after = it->after;
	else
		h->head = it->after;
	if (it->after)
		it->after->before = it->before;
	if (h->recent == it)
		h->recent = it->before ? it->before : it->after;
	if (!it->owned) {
		s->now_in = NULL;
		return;
	}
	h->held--;
	h->held_octets -= cost(it);
	s->held_octets -= cost(it);
	if (c->holds && c->half[0].held == 0 && c->half[1].held == 0)
		leave_holding(s, c);
}

static void remove_item(struct streams *s, struct half *h, struct item *it)
{
	unlink_item(s, h, it);
	if (it->owned)
		free(it);
}

static void link_item(struct half *h, struct item *before, struct item *it)
{
	it->before = before;
	it->after = before ? before->after : h->head;
	if (it->before)
		it->before->after = it;
	else
		h->head = it;
	if (it->after)
		it->after->before = it;
	h->recent = it;
}

/* The last item that is not behind `offset`, NULL if all are.  Segments come
 * near each other: the search begins where the last one was placed. */
static struct item *place(const struct half *h, uint64_t offset)
{
	struct item *at = h->recent;

	while (at && at->offset > offset)
		at = at->before;
	while (at && at->after && at->after->offset <= offset)
		at = at->after;
	return at;
}

/* Does a waiting item hold all that `it` brings? */
static bool covers(const struct item *waiting, const struct item *it)
{
	return waiting->offset == it->offset && waiting->have >= it->have &&
	       span(waiting) >= span(it) && (waiting->fin || !it->fin);
}

void order_insert(struct streams *s, struct half *h)
{
	struct item *it = &s->now, *before = place(h, it->offset);

	for (struct item *same = before; same && same->offset == it->offset; same = same->before) {
		struct stream_event e;

		if (!covers(same, it))
			continue;
		e = stream_event_of(s, STREAM_NOTE, h);
		e.offset = it->offset;
		e.length = it->have;
		e.note = it->have && memcmp(same->octets, it->octets, it->have) != 0
		             ? NOTE_AGAIN_DIFFERENT : NOTE_AGAIN;
		streams_emit(s, &e);
		return;
	}
	link_item(h, before, it);
	s->now_in = h;
}

void order_keep(struct streams *s)
{
	struct half *h = s->now_in;
	struct item *copy;

	if (s->held_octets + cost(&s->now) > STREAMS_HOLD_TOTAL && s->holding) {
		s->victim = s->holding;
		s->victim->force = true;
		return;
	}
	copy = capture_take(cost(&s->now));
	if (!copy) {			/* better a gap than octets lost */
		s->counts.no_memory++;
		h->connection->force = true;
		return;
	}
	*copy = s->now;
	copy->owned = true;
	copy->stays = false;
	copy->octets = memcpy(copy + 1, s->now.octets, s->now.have);
	unlink_item(s, h, &s->now);
	link_item(h, copy->before, copy);
	h->held++;
	h->held_octets += cost(copy);
	s->held_octets += cost(copy);
	if (!h->connection->holds)
		join_holding(s, h->connection);
}

void order_release(struct streams *s)
{
	free(s->lent);
	s->lent = NULL;
}

void order_drop(struct streams *s, struct connection *c)
{
	for (int d = 0; d < DIRECTIONS; d++)
		while (c->half[d].head)
			remove_item(s, &c->half[d], c->half[d].head);
}

/* -- what can be handed up -- */

/* Offset in the other direction that the item acknowledges; false if it says
 * nothing that fits there. */
static bool ack_offset(const struct half *other, const struct item *it, uint64_t *offset)
{
	int32_t ahead;

	if (!it->has_ack || !other->known)
		return false;
	ahead = seq_diff(it->ack, seq_at(other, other->next));
	if (ahead > STREAMS_AHEAD_MAX || ahead < -STREAMS_AHEAD_MAX ||
	    (ahead < 0 && other->next < (uint64_t)-(int64_t)ahead))
		return false;
	*offset = other->next + (uint64_t)(int64_t)ahead;
	return true;
}

/* It acknowledges octets that were not handed up yet. */
static bool answers_too_early(const struct half *h, const struct item *it)
{
	const struct half *other = &h->connection->half[!h->direction];
	uint64_t acked;

	return ack_offset(other, it, &acked) && acked > other->next && acked > other->conceded;
}

static bool behind_hole(const struct half *h)
{
	return h->head && h->head->offset > h->next;
}

static bool ripe(const struct half *h)
{
	const struct item *it = h->head;

	if (!it || it->offset > h->next)
		return false;
	return it->offset + span(it) <= h->next || !answers_too_early(h, it);
}

/* Of two halves (or NULL) the one whose first item was captured first. */
static struct half *earlier(struct half *a, struct half *b)
{
	if (!a || !b)
		return a ? a : b;
	return b->head->frame < a->head->frame ? b : a;
}

/* Has `h` waited long enough for what its peer has acknowledged already, or
 * for what its own first item acknowledges? */
static bool waited(struct half *h)
{
	uint32_t frames = h->connection->frames;

	if (behind_hole(h) && h->acked <= h->next) {
		h->waiting = false;
		return false;
	}
	if (!h->waiting) {
		h->waiting = true;
		h->wait_from = frames;
	}
	return frames - h->wait_from >= STREAMS_HOLD_FRAMES;
}

static struct half *overdue(struct half *h)
{
	bool late;

	if (!h->head)
		return NULL;
	late = waited(h);
	return h->connection->force || late || h->held > STREAMS_HOLD_SEGMENTS ||
	       h->held_octets > STREAMS_HOLD_OCTETS ? h : NULL;
}

/* Nothing is ripe: whom to wait for no longer.  Holes go first, because what
 * lies behind them may be what the other side's segment answers. */
static struct half *half_to_force(struct connection *c)
{
	struct half *a = overdue(&c->half[0]), *b = overdue(&c->half[1]);
	struct half *one;

	if (a && b && behind_hole(a) != behind_hole(b))
		return behind_hole(a) ? a : b;
	one = earlier(a, b);
	if (one && !behind_hole(one) && behind_hole(other_half(one)))
		return other_half(one);
	return one;
}

/* -- handing up -- */

static void event_of_item(const struct streams *s, const struct half *h, const struct item *it,
                          enum stream_event_kind kind, struct stream_event *e)
{
	const struct half *other = &h->connection->half[!h->direction];

	*e = stream_event_of(s, kind, h);
	e->frame = it->frame;
	e->time_ns = it->time_ns;
	e->offset = it->offset;
	if (!ack_offset(other, it, &e->acked))
		e->acked = STREAM_OFFSET_NONE;
	else if (other->fin && e->acked == other->next)
		e->acked--;		/* octets are counted, not the FIN */
	if (it->frame < h->last_frame)
		e->flags |= STREAM_REORDERED;
}

static void advance(struct half *h, const struct item *it, uint64_t n)
{
	h->next += n;
	h->waiting = false;
	if (it->frame > h->last_frame)
		h->last_frame = it->frame;
}

static void gap_event(struct streams *s, struct half *h, const struct item *it,
                      uint64_t length, enum stream_gap why, struct stream_event *e)
{
	event_of_item(s, h, it, STREAM_GAP, e);
	e->offset = h->next;
	e->length = length;
	e->why = (uint8_t)why;
	e->frame_before = why == GAP_CUT ? it->frame : h->last_frame;
	e->frame_after = it->frame;
	provenance_add(&h->provenance, &s->provenance, h->next, 0);
}

/* What of it has been handed up before. */
static enum stream_note compare(const struct half *h, const struct item *it, uint64_t n)
{
	struct octets again = { it->octets, n < it->have ? (size_t)n : it->have };

	if (again.n == 0 && it->missing)
		return NOTE_AGAIN_UNKNOWN;
	switch (history_compare(&h->history, it->offset, again)) {
	case HISTORY_SAME:
		return NOTE_AGAIN;
	case HISTORY_UNKNOWN:
		return again.n ? NOTE_AGAIN_UNKNOWN : NOTE_AGAIN;
	case HISTORY_DIFFERENT:
		break;
	}
	/* RFC 9293 3.8.4: a keep-alive may carry one octet of any value. */
	return span(it) == 1 && it->offset + 1 == h->next ? NOTE_KEEP_ALIVE
	                                                  : NOTE_AGAIN_DIFFERENT;
}

static void cut_front(struct item *it, uint64_t n)
{
	uint32_t have = n < it->have ? (uint32_t)n : it->have;
	uint32_t missing = n - have < it->missing ? (uint32_t)(n - have) : it->missing;

	it->offset += n;
	it->octets += have;
	it->have -= have;
	it->missing -= missing;
	if (n > (uint64_t)have + missing)
		it->fin = false;
}

static void shorten_cost(struct streams *s, struct half *h, const struct item *it, uint32_t had)
{
	if (!it->owned)
		return;
	h->held_octets -= had - it->have;
	s->held_octets -= had - it->have;
}

static void hand_up_again(struct streams *s, struct half *h, struct stream_event *e)
{
	struct item *it = h->head;
	uint64_t n = h->next - it->offset;
	uint32_t had = it->have;

	if (n > span(it))
		n = span(it);
	event_of_item(s, h, it, STREAM_NOTE, e);
	e->length = n < (uint64_t)it->have + it->missing ? n : (uint64_t)it->have + it->missing;
	e->note = (uint8_t)compare(h, it, n);
	cut_front(it, n);
	shorten_cost(s, h, it, had);
	if (span(it) == 0)
		remove_item(s, h, it);
}

static void hand_up_octets(struct streams *s, struct half *h, struct stream_event *e)
{
	struct item *it = h->head;
	uint32_t n = it->have;

	event_of_item(s, h, it, STREAM_OCTETS, e);
	e->octets = (struct octets){ it->octets, n };
	e->length = n;
	provenance_add(&h->provenance, &s->provenance, it->offset, it->frame);
	history_add(&h->history, &s->history, it->offset, e->octets, it->stays);
	advance(h, it, n);
	cut_front(it, n);
	shorten_cost(s, h, it, n);
	if (span(it) > 0)
		return;
	unlink_item(s, h, it);
	if (it->owned)
		s->lent = it;
}

static void hand_up_cut(struct streams *s, struct half *h, struct stream_event *e)
{
	struct item *it = h->head;
	uint32_t n = it->missing;

	gap_event(s, h, it, n, GAP_CUT, e);
	advance(h, it, n);
	cut_front(it, n);
	if (span(it) == 0)
		remove_item(s, h, it);
}

static void hand_up_fin(struct streams *s, struct half *h, struct stream_event *e)
{
	event_of_item(s, h, h->head, STREAM_FIN, e);
	advance(h, h->head, 1);
	h->fin = true;
	remove_item(s, h, h->head);
	if (other_half(h)->fin)
		order_closed(s, h->connection);
}

/* A closed connection rarely sees octets again: under pressure, those that
 * live have the memory. */
void order_closed(struct streams *s, struct connection *c)
{
	if (s->history.left >= STREAMS_HISTORY_TOTAL / 2)
		return;
	for (int d = 0; d < DIRECTIONS; d++)
		history_drop(&c->half[d].history, &s->history);
}

static void refuse_after_fin(struct streams *s, struct half *h, struct stream_event *e)
{
	event_of_item(s, h, h->head, STREAM_NOTE, e);
	e->note = NOTE_AFTER_FIN;
	e->length = (uint64_t)h->head->have + h->head->missing;
	remove_item(s, h, h->head);
}

static void hand_up(struct streams *s, struct half *h, struct stream_event *e)
{
	const struct item *it = h->head;

	if (it->offset < h->next)
		hand_up_again(s, h, e);
	else if (h->fin)
		refuse_after_fin(s, h, e);
	else if (it->have)
		hand_up_octets(s, h, e);
	else if (it->missing)
		hand_up_cut(s, h, e);
	else
		hand_up_fin(s, h, e);
}

/* Waits no longer: jumps a hole, or takes an acknowledgement for granted. */
static void force(struct streams *s, struct half *h, struct stream_event *e)
{
	struct item *it = h->head;

	if (!behind_hole(h)) {
		event_of_item(s, h, it, STREAM_NOTE, e);
		e->note = NOTE_UNSEEN_ACK;
		ack_offset(other_half(h), it, &other_half(h)->conceded);
		h->waiting = false;
	} else if (h->fin) {
		refuse_after_fin(s, h, e);
	} else {
		gap_event(s, h, it, it->offset - h->next, GAP_LOST, e);
		h->next = it->offset;
		h->waiting = false;
	}
}

bool order_next(struct streams *s, struct connection *c, struct stream_event *e)
{
	struct half *h = earlier(ripe(&c->half[0]) ? &c->half[0] : NULL,
	                         ripe(&c->half[1]) ? &c->half[1] : NULL);

	if (h) {
		hand_up(s, h, e);
		return true;
	}
	h = half_to_force(c);
	if (!h)
		return false;
	force(s, h, e);
	return true;
}
