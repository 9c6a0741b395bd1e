#include "association_output.h"

#include <string.h>

enum {
	TPKT_HEADER = 4,
	CUT_HEADER = 7,			/* TPKT and DT header (X.224 13.7) */
	/* Contents up to this length are copied behind their header, so that a
	 * short message leaves in one send. */
	COPY_MAX = 8 << 10,
};

static bool lease(struct association *a)
{
	struct association_output *o = &a->out;
	struct pool *pool = a->config->pool;

	if (!o->buffer)
		o->buffer = pool->take(pool, OUTPUT_MAX);
	return o->buffer != NULL;
}

static size_t room(const struct association_output *o)
{
	return OUTPUT_MAX - o->n;
}

static bool put_tpdu(struct association *a, struct turn *t, struct node *tree)
{
	struct association_output *o = &a->out;
	uint64_t size = node_size(tree);
	size_t written;

	if (size + TPKT_HEADER > room(o))
		return false;
	written = node_write(t->nodes, tree, o->buffer + o->n + TPKT_HEADER, (size_t)size);
	if (written != size)
		return false;
	tpkt_header(o->buffer + o->n, written);
	o->n += (uint32_t)(TPKT_HEADER + written);
	return true;
}

/*
 * The tree stands without headers at buffer + n; moves it apart and puts the
 * headers between.  `total` counts the hole too.  Returns how many octets of
 * the hole belong to the last TPDU begun.
 */
static uint64_t put_headers(struct association *a, size_t written, uint64_t total)
{
	struct association_output *o = &a->out;
	uint8_t *base = o->buffer + o->n;
	uint8_t header[CUT_HEADER];
	size_t at = 0, cuts = 0, part = 0;

	while (at < written || cuts == 0) {
		part = cotp_cut(&a->cotp, total - at, header);
		/* The rest moves up by one header; linear, because a control TSDU
		 * of OUTPUT_MAX makes at most a few hundred TPDUs. */
		memmove(base + at + (cuts + 1) * CUT_HEADER, base + at + cuts * CUT_HEADER,
		        written - at);
		memcpy(base + at + cuts * CUT_HEADER, header, CUT_HEADER);
		cuts++;
		at += part;
	}
	o->n += (uint32_t)(written + cuts * CUT_HEADER);
	return at - written;
}

static bool put_tsdu(struct association *a, struct turn *t, struct node *tree)
{
	struct association_output *o = &a->out;
	uint64_t total = node_size(tree), begun;
	uint8_t header[CUT_HEADER];
	size_t each = cotp_cut(&a->cotp, total, header);
	size_t written = node_write(t->nodes, tree, o->buffer + o->n, room(o));

	if (written == 0 || (written / each + 1) * CUT_HEADER > room(o) - written)
		return false;
	begun = put_headers(a, written, total);
	if (total == written)
		return true;
	o->holed = true;
	o->hole_pos = o->n;
	o->hole_left = total - written;
	o->tpdu_left = begun;
	o->header_n = o->header_sent = 0;
	o->hole_at = rtse_hole(&a->rtse) + session_hole(&a->session);
	o->lent = (struct octets){ NULL, 0 };
	o->wanted = false;
	return true;
}

uint64_t output_position(const struct association *a)
{
	const struct association_output *o = &a->out;
	uint64_t at = a->stream_out + (o->n - o->sent), left;
	uint8_t header[CUT_HEADER];

	if (!o->holed)
		return at;
	/* What is still to come of the hole, with the headers of its TPDUs. */
	at += o->hole_left + (size_t)(o->header_n - o->header_sent);
	for (left = o->hole_left - o->tpdu_left; left;) {
		size_t part = cotp_cut(&a->cotp, left, header);

		at += CUT_HEADER;
		left -= part;
	}
	return at;
}

/* What TCP has taken makes room for what comes. */
static void compact(struct association_output *o)
{
	uint32_t gone = o->sent;

	if (gone == 0)
		return;
	memmove(o->buffer, o->buffer + gone, o->n - gone);
	o->n -= gone;
	if (o->holed)
		o->hole_pos -= gone;	/* sent never passes an open hole */
	o->sent = 0;
}

bool output_data(struct association *a, struct turn *t, const struct service *s)
{
	if (!lease(a))
		return false;
	compact(&a->out);
	return s->tpdu ? put_tpdu(a, t, s->user_data) : put_tsdu(a, t, s->user_data);
}

static void want(struct association *a, struct turn *t, const struct p1_run *run)
{
	struct event e = {
		.at_us = t->now_us, .offset = run->content_at, .length = run->n,
		.association = a->number, .cell = CELL_NONE,
		.kind = EVENT_WANT, .layer = LAYER_ASSOCIATION,
	};

	a->out.wanted = event_queue_put(t->outer, &e);
}

/* Octets into the buffer where the hole is, in front of what follows it. */
static void copy_in(struct association_output *o, const uint8_t *p, size_t n)
{
	memmove(o->buffer + o->hole_pos + n, o->buffer + o->hole_pos, o->n - o->hole_pos);
	memcpy(o->buffer + o->hole_pos, p, n);
	o->hole_pos += (uint32_t)n;
	o->n += (uint32_t)n;
}

void output_confirm(struct association *a, struct turn *t)
{
	turn_emit(t, session_sending(&a->session) ? LAYER_COTP : LAYER_PRESENTATION,
	          SERVICE_DATA, CONFIRM, turn_service(t));
}

static void hole_done(struct association *a, struct turn *t)
{
	a->out.holed = false;
	if (a->detached) {
		a->hole_left_open = true;
		return;
	}
	output_confirm(a, t);
}

static void take_hole(struct association_output *o, size_t n)
{
	if (n == 0)
		return;
	o->hole_left -= n;
	o->tpdu_left -= n;
	o->hole_at += n;
	o->lent.p += n;
	o->lent.n -= n;
	if (o->lent.n == 0)
		o->wanted = false;
}

/* The header of the next TPDU of a TSDU that takes several. */
static void next_header(struct association *a)
{
	struct association_output *o = &a->out;

	if (o->tpdu_left || !o->hole_left || o->header_n != o->header_sent)
		return;
	o->tpdu_left = cotp_cut(&a->cotp, o->hole_left, o->header);
	o->header_n = sizeof o->header;
	o->header_sent = 0;
}

/* A short run of the hole, with the TPDU header before it, into the buffer. */
static bool copy_short(struct association_output *o)
{
	size_t header = (size_t)(o->header_n - o->header_sent);
	size_t n = o->lent.n < o->tpdu_left ? o->lent.n : (size_t)o->tpdu_left;

	if (n > COPY_MAX || header + n > room(o))
		return false;
	copy_in(o, o->header + o->header_sent, header);
	o->header_sent = o->header_n;
	copy_in(o, o->lent.p, n);
	take_hole(o, n);
	return true;
}

/* Octets at hole_at that need nobody to be asked: wrapper and head. */
static bool at_hand(struct association *a, struct turn *t)
{
	struct association_output *o = &a->out;
	struct p1_run run;

	if (o->lent.n || o->wanted)
		return o->lent.n > 0;
	run = p1_outgoing(&a->p1, o->hole_at, o->hole_left);
	if (run.octets.p)
		o->lent = run.octets;
	else
		want(a, t, &run);
	return o->lent.n > 0;
}

void output_refill(struct association *a, struct turn *t)
{
	struct association_output *o = &a->out;

	while (o->holed && at_hand(a, t)) {
		next_header(a);
		if (!copy_short(o))
			return;
		if (o->hole_left == 0)
			hole_done(a, t);
	}
}

size_t association_pop(struct association *a, struct octets *slices, size_t cap)
{
	struct association_output *o = &a->out;
	uint32_t end = o->holed ? o->hole_pos : o->n;
	size_t n = 0;

	if (!o->buffer)
		return 0;
	if (o->sent < end && n < cap)
		slices[n++] = (struct octets){ o->buffer + o->sent, end - o->sent };
	if (!o->holed)
		return n;
	if (o->lent.n)
		next_header(a);
	if (o->header_sent < o->header_n && n < cap)
		slices[n++] = (struct octets){ o->header + o->header_sent,
		                               (size_t)(o->header_n - o->header_sent) };
	if (o->lent.n && n < cap)
		slices[n++] = (struct octets){ o->lent.p,
		                               o->lent.n < o->tpdu_left ? o->lent.n
		                                                        : (size_t)o->tpdu_left };
	return n;
}

/* Takes up to n from *left. */
static size_t part(size_t *n, size_t left)
{
	size_t take = *n < left ? *n : left;

	*n -= take;
	return take;
}

static void reclaim(struct association *a)
{
	struct association_output *o = &a->out;
	struct pool *pool = a->config->pool;

	if (o->holed || o->sent < o->n)
		return;
	pool->give(pool, o->buffer, OUTPUT_MAX);
	*o = (struct association_output){ 0 };
}

void output_taken(struct association *a, struct turn *t, size_t n)
{
	struct association_output *o = &a->out;
	uint32_t end = o->holed ? o->hole_pos : o->n;

	a->stream_out += n;
	o->sent += (uint32_t)part(&n, end - o->sent);
	if (o->holed) {
		o->header_sent = (uint8_t)(o->header_sent +
		                           part(&n, (size_t)(o->header_n - o->header_sent)));
		take_hole(o, part(&n, o->lent.n));
		if (o->hole_left == 0)
			hole_done(a, t);
	}
	if (o->buffer)
		reclaim(a);
}
