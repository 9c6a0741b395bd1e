/*
 * A message that comes in, until the queue has it.
 */
#include "mta/mta_inner.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK_LEAST = 256 };

/* Asks for acknowledgement after this commit. */
static void due_in(struct line *l, uint64_t commit)
{
	l->due_in = commit;
	if (!l->due) {
		l->due = true;
		l->due_next = NULL;
		*l->m->due_last = l;
		l->m->due_last = &l->due_next;
	}
}

/* After the one that takes to disk what has come until now. */
static void due(struct line *l)
{
	due_in(l, queue_next_commit(&l->m->queue));
	mta_turn(l->m);
}

void incoming_drop(struct mta *m, struct incoming *in)
{
	queue_content_release(&m->queue, in->content);
	free(in->head);
	free(in->chunk);
	*in = (struct incoming){ .head = NULL };
}

uint32_t incoming_dump(struct line *l)
{
	const struct gather *head = &end_association(l->end)->p1.head;
	struct octets o = { l->in.head, l->in.head_n };

	if (!o.p)
		o = (struct octets){ head->p, head->n };	/* it broke off before it was
								 * told */
	return log_dump(&l->m->log, o);
}

void incoming_forget(struct line *l)
{
	incoming_drop(l->m, &l->in);
}

static void drop(struct line *l)
{
	l->in.dropped = true;
	due(l);
}

/* The first ones are handed over, buffer and all. */
static bool pass_chunk(struct incoming *in, struct queue *q)
{
	uint64_t at = in->length - in->chunk_n;
	uint8_t *chunk = in->chunk;

	if (at)
		return queue_chunk_put(q, in->content, at, (struct octets){ chunk, in->chunk_n });
	in->chunk = NULL;
	in->chunk_room = 0;
	return queue_chunk_give(q, in->content, chunk, in->chunk_n);
}

/* What has gathered since the last checkpoint becomes one row. */
static void put_chunk(struct line *l)
{
	struct incoming *in = &l->in;
	struct queue *q = &l->m->queue;

	if (in->chunk_n == 0 || in->dropped)
		return;
	if (!in->content)
		in->content = queue_content(q);
	if (queue_has_settled(q, in->put_in))
		in->put_from = queue_next_commit(q);
	in->put_in = queue_next_commit(q);
	if (!in->content || !pass_chunk(in, q))
		drop(l);
	in->chunk_n = 0;
}

static void first(struct line *l, const struct event *e)
{
	const struct service *s = event_service(e);
	const struct p1_arrival *arrival = s->detail;
	struct incoming *in = &l->in;

	if (arrival->resumed && in->head)
		return;			/* it goes on where it broke off */
	incoming_forget(l);
	in->head = net_got(l->m->net, malloc(s->data.n ? s->data.n : 1));
	if (!in->head || l->m->congested_until > line_now(l)) {
		drop(l);
		return;
	}
	if (s->data.n)
		memcpy(in->head, s->data.p, s->data.n);
	in->head_n = s->data.n;
}

static size_t between(size_t least, size_t n, size_t most)
{
	return n < least ? least : n > most ? most : n;
}

/* Most contents are short, and come at once: a chunk is no longer then than they are. */
static bool make_room(struct incoming *in, size_t wanted)
{
	size_t room = in->chunk_room ? in->chunk_room
	                             : between(CHUNK_LEAST, wanted, QUEUE_CHUNK);
	uint8_t *more;

	while (room < QUEUE_CHUNK && room < in->chunk_n + wanted)
		room = between(0, 2 * room, QUEUE_CHUNK);
	if (room == in->chunk_room)
		return true;
	more = realloc(in->chunk, room);
	if (!more)
		return false;
	in->chunk = more;
	in->chunk_room = room;
	return true;
}

void incoming_data(struct line *l, struct octets o)
{
	struct incoming *in = &l->in;
	uint64_t most = l->m->config.content_max;

	if (!defect_at(l->m, DEFECT_DATA_IN, (struct at){ .l = l }))
		return;
	if (most && o.n > most - in->length)
		in->too_long = true;
	if (in->dropped || in->too_long) {
		in->length += in->too_long ? o.n : 0;
		return;
	}
	while (o.n && !in->dropped) {
		size_t room, n;

		if (!make_room(in, o.n)) {
			drop(l);
			return;
		}
		room = in->chunk_room - in->chunk_n;
		n = o.n < room ? o.n : room;
		memcpy(in->chunk + in->chunk_n, o.p, n);
		in->chunk_n += n;
		in->length += n;
		o.p += n;
		o.n -= n;
		if (in->chunk_n == QUEUE_CHUNK)
			put_chunk(l);
	}
}

void incoming_point(struct line *l, uint32_t serial)
{
	put_chunk(l);
	l->in.secured = serial;
	due(l);
}

/* Malformed after all (it is taken and thrown away), or given up.  What was taken whole is
 * queued, acknowledged or not, if the association is lost; but a discard or an interrupt
 * that overtakes the acknowledgement leaves it to the sender (X.225 7.31, 7.33). */
static void given_up(struct line *l, uint32_t why)
{
	if (why == RTSE_FAIL_DISCARDED || why == RTSE_FAIL_INTERRUPTED)
		relay_take_back(l);
	defect_at(l->m, DEFECT_CUT_SHORT, (struct at){ .l = l, .reason = why });
	if (why == RTSE_FAIL_NONE) {
		relay_unreadable(l, NULL);
		association_secured_all(end_association(l->end), line_now(l));
	}
	/* Else it may be resumed: kept until another one begins, or TCP is over. */
	if (why != RTSE_FAIL_ABORTED && why != RTSE_FAIL_INTERRUPTED)
		incoming_forget(l);
}

static void last(struct line *l, const struct event *e)
{
	struct incoming *in = &l->in;

	if (!(e->flags & EVENT_F_POSITIVE)) {
		given_up(l, event_service(e)->reason);
		return;
	}
	if (!defect_at(l->m, DEFECT_LAST_PIECE, (struct at){ .l = l }))
		return;
	put_chunk(l);
	l->received++;
	if (!in->dropped && relay_take(l)) {
		in->complete = true;
		due(l);
	} else {
		drop(l);
	}
}

void incoming_transfer(struct line *l, const struct event *e)
{
	if (e->flags & EVENT_F_FIRST)
		first(l, e);
	if (e->flags & EVENT_F_LAST)
		last(l, e);
}

/* Inferred, as for binds.  2124 says what is wrong with the disk. */
static void log_rejected(struct line *l)
{
	static const struct log_event event_rejected = {
		57, "X.400 Service", "X.400 Service", "Warning", "MTA", "MAIN BASE", 1, 43, 14,
		false, NULL,
	};

	log_event(&l->m->log, mta_wall(l->m), &event_rejected,
	          "A message from entity %s was refused: %s.", line_name(l),
	          l->m->congested_until > line_now(l) ? "the disk cannot be written"
	                                              : "there is no memory for it");
}

/* It was taken whole, and a crash decides whether it is there: neither an acknowledgement nor a
 * refusal would be true.  The sender's doubt is the truth (X.218 9.3.1.3).  Inferred, as above. */
static void leave_in_doubt(struct line *l)
{
	static const struct log_event event_in_doubt = {
		57, "X.400 Service", "X.400 Service", "Warning", "MTA", "MAIN BASE", 1, 43, 14,
		false, NULL,
	};

	log_event(&l->m->log, mta_wall(l->m), &event_in_doubt,
	          "An association with entity %s is aborted: whether its last message is on disk "
	          "cannot be known.", line_name(l));
	incoming_forget(l);
	l->bound = false;
	association_abort_because(end_association(l->end), line_now(l), RTSE_ABORT_TEMPORARY, 0);
	end_pump(l->end);
}

static void acknowledge(struct line *l, bool committed)
{
	struct association *a = end_association(l->end);
	struct incoming *in = &l->in;
	int64_t now = line_now(l);

	if (!committed && in->complete && queue_is_in_doubt(&l->m->queue)) {
		leave_in_doubt(l);
		return;
	}
	if (!committed && in->complete)
		in->dropped = true;
	if (in->dropped) {
		log_rejected(l);
		incoming_forget(l);
		association_reject(a, now, EXCEPTION_TEMPORARY);
	} else if (in->complete) {
		incoming_forget(l);
		association_secured_all(a, now);
		defect_at(l->m, DEFECT_TAKEN, (struct at){ .l = l });
	} else if (in->secured) {
		association_secured(a, now, in->secured);
	}
	end_pump(l->end);
}

/* It may be whole by now, and its entries in the next commit. */
static void drop_one(struct line *l, uint64_t commit)
{
	if (l->in.complete && l->due_in > commit)
		relay_take_back(l);
	l->in.dropped = true;
	if (!l->due)
		due_in(l, commit);
}

/* Octets that were to be on disk now, and are not, due or not. */
static void drop_lost(struct mta *m, uint64_t commit)
{
	for (struct line *l = m->lines; l; l = l->next)
		if (l->in.put_from <= commit && commit <= l->in.put_in)
			drop_one(l, commit);
}

static struct line *first_due(struct mta *m)
{
	struct line *l = m->due;

	m->due = l->due_next;
	if (!m->due)
		m->due_last = &m->due;
	l->due = false;
	return l;
}

static void acknowledge_due(struct mta *m, uint64_t commit, bool committed, bool askers)
{
	size_t n = 0;

	for (const struct line *l = m->due; l; l = l->due_next)
		n++;
	while (n-- && m->due) {
		struct line *l = first_due(m);

		if (l->due_in > commit || (askers && !outgoing_may_ask(l)))
			due_in(l, l->due_in);
		else
			acknowledge(l, committed);
	}
}

void incoming_acknowledge_askers(struct mta *m, uint64_t commit)
{
	acknowledge_due(m, commit, true, true);
}

void incoming_acknowledge(struct mta *m, uint64_t commit, bool committed)
{
	if (!committed)
		drop_lost(m, commit);
	acknowledge_due(m, commit, committed, false);
}
