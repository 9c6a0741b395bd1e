/*
 * A message that goes out; turns, timers, what the neighbour confirms.
 */
#include "mta/mta_inner.h"

#include <stdlib.h>

void outgoing_forget(struct line *l)
{
	if (l->out.entry) {
		l->out.entry->sending = false;
		l->m->sending--;
	}
	free(l->out.head);
	free(l->out.chunk);
	l->out = (struct outgoing){ .entry = NULL };
}

/* X.218 9.3.1.2.  A slow line is given its time: it grows with the message.  Of 2,000 s for
 * each KiB an urgent one has half, a non-urgent one half as much again. */
static int64_t transfer_time(const struct line *l, const struct entry *e)
{
	static const int64_t halves[QUEUE_RANKS] = { 1, 2, 3 };

	return l->m->config.timers.transfer_time / 2 * halves[e->rank] *
	       (int64_t)(1 + e->length / 1024);
}

static size_t chunk_room(const struct entry *e)
{
	return e->length < QUEUE_CHUNK ? (size_t)e->length : QUEUE_CHUNK;
}

/* As the queue keeps it, or read from disk. */
static bool lend_head(struct line *l, struct octets *head)
{
	struct outgoing *out = &l->out;
	const struct entry *e = out->entry;

	if (!e->head)
		out->head = net_got(l->m->net, malloc(e->head_n));
	*head = (struct octets){ e->head ? e->head : out->head, e->head_n };
	return e->head || (out->head && queue_head(&l->m->queue, e, out->head));
}

/* The octets that are at hand from octet `at` of its content; none: they cannot be had. */
static struct octets lend_content(struct line *l, uint64_t at)
{
	struct outgoing *out = &l->out;
	const struct entry *e = out->entry;
	const struct content *c = e->content;

	if (c && c->first && at < c->first_n) {
		out->chunk_at = out->chunk_n = 0;
		return (struct octets){ c->first + at, c->first_n - (size_t)at };
	}
	if (c && !out->chunk)
		out->chunk = net_got(l->m->net, malloc(chunk_room(e)));
	if (out->chunk && (at < out->chunk_at || at >= out->chunk_at + out->chunk_n))
		out->chunk_n = queue_chunk_get(&l->m->queue, c, at, out->chunk, chunk_room(e),
		                               &out->chunk_at);
	if (at < out->chunk_at || at >= out->chunk_at + out->chunk_n)
		return (struct octets){ NULL, 0 };
	return (struct octets){ out->chunk + (at - out->chunk_at),
	                        out->chunk_n - (size_t)(at - out->chunk_at) };
}

static void transfer(struct line *l, struct entry *e)
{
	struct p1_transfer t = { .id = (uint32_t)e->id, .content_length = e->length,
	                         .transfer_us = transfer_time(l, e) };
	struct outgoing *out = &l->out;
	struct association_lost here;

	out->entry = e;
	l->m->sending++;
	if (!lend_head(l, &t.head)) {
		outgoing_forget(l);
		return;
	}
	e->sending = true;
	e->attempts++;
	recovery_resume(l, e, &here, &t);
	association_transfer(end_association(l->end), line_now(l), &t);
	recovery_drop(e, l->m);
	end_pump(l->end);
}

void outgoing_want(struct line *l, uint64_t at)
{
	struct octets o;

	if (!l->out.entry)
		return;
	o = lend_content(l, at);
	if (o.n)
		association_lend(end_association(l->end), line_now(l), o);
	else
		end_close(l->end);	/* the disk has lost it */
}

/* The receiver could not take it (X.218 9.3.1.3); the association lives.  What was
 * interrupted goes on within the recovery time. */
static void try_again(struct line *l, struct entry *e)
{
	struct mta *m = l->m;
	int64_t wait = m->config.timers.transfer_interval;
	struct rtse_lost here;

	if (rtse_past(&end_association(l->end)->rtse, line_now(l), &here) && here.sender &&
	    m->config.timers.recovery_timeout / 2 < wait)
		wait = m->config.timers.recovery_timeout / 2;

	if (e->attempts > m->config.timers.transfer_retries)
		relay_give_up(m, e, X400_TRANSFER_FAILURE, X400_MTS_CONGESTION);
	else
		e->not_before_us = mta_wall(m) + wait;
}

void outgoing_done(struct line *l, bool positive, const struct rtse_outcome *outcome)
{
	struct entry *e = l->out.entry;

	if (!e)
		return;
	if (outcome->failure == RTSE_FAIL_ABORTED)
		return;			/* the end of the association is told next */
	outgoing_forget(l);
	l->sent += positive;
	if (!positive)
		try_again(l, e);
	else if (defect_at(l->m, DEFECT_SENT, (struct at){ .l = l, .nb = l->nb, .e = e }))
		queue_remove(&l->m->queue, e, true);
	l->delivered_in = queue_next_commit(&l->m->queue);
	mta_turn(l->m);
}

static bool has_turn(struct line *l)
{
	return rtse_turn(&end_association(l->end)->rtse);
}

/* X.218 9.1.1: in monologue only the side with the initial turn sends. */
static bool is_two_way(struct line *l)
{
	return end_association(l->end)->rtse.open.dialogue == RTSE_TWO_WAY_ALTERNATE;
}

bool outgoing_may_ask(struct line *l)
{
	return !has_turn(l) && (l->initiator || is_two_way(l));
}

/* X.218 9.4, 9.5: who is asked for the turn gives it when it has nothing under way. */
static void pass_turn(struct line *l)
{
	l->turn_due = false;
	association_turn_give(end_association(l->end), line_now(l));
	end_pump(l->end);
}

/* X.225 Table A.14: who has just given it asks again behind the GTA. */
static void ask_for_turn(struct line *l)
{
	if (l->turn_wanted || end_association(l->end)->session.vars.state == SESSION_STA18)
		return;
	l->turn_wanted = true;
	association_turn_please(end_association(l->end), line_now(l), 0);
	end_pump(l->end);
}

void outgoing_serve(struct line *l)
{
	struct entry *e;

	if (!l->bound || l->releasing || l->out.entry || line_is_unsettled(l))
		return;
	if (has_turn(l) && l->turn_due) {
		pass_turn(l);
		return;
	}
	if (!has_turn(l) && !outgoing_may_ask(l))
		return;
	e = neighbour_choose(l);
	if (!e) {
		outbound_idle(l);
		return;
	}
	net_timer_cancel(l->m->net, &l->timer);		/* its lifetime begins anew */
	if (!has_turn(l))
		ask_for_turn(l);
	else if (defect_at(l->m, DEFECT_SEND, (struct at){ .l = l, .nb = l->nb, .e = e }))
		transfer(l, e);
}
