#include "mta/mta_inner.h"

#include <stdlib.h>
#include <string.h>

enum {
	X400_TRANSFER_FAILURE = 0,
	X400_UNABLE_TO_TRANSFER = 1,
	X400_MAXIMUM_TIME_EXPIRED = 5,
	X400_MTS_CONGESTION = 2,
};

static const struct log_event event_not_opened = {
	289, "X.400 Service", "X.400 Service", "Warning", "MTA", "XFER-IN", 17, 26, 12, false, NULL,
};
static const struct log_event event_refused = {
	1290, "X.400 Service", "X.400 Service", "Warning", "PLATFORM", "KERNEL", 20, 130, 12, false,
	NULL,
};
static const struct log_event event_ended = {
	1294, "X.400 Service", "X.400 Service", "Warning", "PLATFORM", "KERNEL", 20, 130, 10, false,
	NULL,
};

static const struct mta_peer *peer_of(const struct outbound *o)
{
	return &o->m->config.peers[o->peer];
}

static int64_t now_of(const struct outbound *o)
{
	return net_now(o->m->net);
}

static void log_peer(struct outbound *o, const struct log_event *e, const char *fmt)
{
	/* fmt is one of the literals below, with one %s. */
	char text[200];
	const char *at = strstr(fmt, "%s");

	snprintf(text, sizeof text, "%.*s%s%s", (int)(at - fmt), fmt, peer_of(o)->name, at + 2);
	log_event(&o->m->log, net_wall(o->m->net, now_of(o)), e, "%s", text);
}

/* ---- choosing ---- */

/* X.411 14.3.4: urgent before normal before non-urgent, else in order of arrival. */
static int rank(const struct entry *e)
{
	static const uint8_t ranks[] = { [P1_NORMAL] = 1, [P1_NON_URGENT] = 2, [P1_URGENT] = 0 };

	return e->priority < 3 ? ranks[e->priority] : 1;
}

static struct entry *choose(struct outbound *o)
{
	struct entry *best = NULL;

	for (struct entry *e = o->m->queue.first; e; e = e->next)
		if (e->peer == o->peer && !e->hung && !e->sending &&
		    (!best || rank(e) < rank(best)))
			best = e;
	return best;
}

/* ---- one transfer ---- */

static void done_sending(struct outbound *o)
{
	if (o->sending)
		o->sending->sending = false;
	o->sending = NULL;
	free(o->head);
	o->head = NULL;
}

static void transfer(struct outbound *o, struct entry *e)
{
	struct p1_transfer t = { .id = (uint32_t)e->id, .content_length = e->length };

	o->head = malloc(e->head_n);
	if (!o->head || !queue_head(&o->m->queue, e, o->head)) {
		free(o->head);
		o->head = NULL;
		return;
	}
	e->sending = true;
	e->attempts++;
	o->sending = e;
	t.head = (struct octets){ o->head, e->head_n };
	association_transfer(end_association(o->end), now_of(o), &t);
	end_pump(o->end);
}

static void lend(struct outbound *o, uint64_t at)
{
	size_t n = queue_chunk_get(&o->m->queue, o->sending->content, at, o->chunk);
	size_t skip = (size_t)(at % QUEUE_CHUNK);

	if (skip < n)
		association_lend(end_association(o->end), now_of(o),
		                 (struct octets){ o->chunk + skip, n - skip });
	else
		end_close(o->end);	/* the disk has lost it */
}

static void on_sent(struct outbound *o, bool positive)
{
	struct entry *e = o->sending;

	done_sending(o);
	if (e && positive)
		queue_remove(&o->m->queue, e);
	else if (e && e->attempts > o->m->config.timers.transfer_retries)
		routing_give_up(o->m, e, X400_TRANSFER_FAILURE, X400_MTS_CONGESTION);
	mta_turn(o->m);
}

/* ---- the association ---- */

void outbound_look_again(void *ctx)
{
	struct outbound *o = ctx;

	mta_turn(o->m);
}

static void retry_later(struct outbound *o)
{
	o->refused++;
	net_timer_set(o->m->net, &o->timer, now_of(o) + o->m->config.timers.open_interval,
	              outbound_look_again, o);
}

/* The peer does not answer our opening or our release. */
static void no_answer(void *ctx)
{
	struct outbound *o = ctx;

	if (o->end)
		end_close(o->end);
}

static void wait_for_answer(struct outbound *o)
{
	net_timer_set(o->m->net, &o->timer, now_of(o) + o->m->config.timers.disconnect, no_answer,
	              o);
}

static void release(void *ctx)
{
	struct outbound *o = ctx;

	if (!o->end || !o->bound || o->sending)
		return;
	o->releasing = true;
	association_release(end_association(o->end), now_of(o));
	wait_for_answer(o);
	end_pump(o->end);
}

static void on_bind(struct outbound *o, bool positive)
{
	o->bound = positive;
	if (positive) {
		net_timer_cancel(o->m->net, &o->timer);
		o->refused = 0;
		mta_turn(o->m);
		return;
	}
	log_peer(o, &event_refused, "A locally initiated association to %s was refused. The failure "
	         "reason provider was 0 and the reason was 0.");
}

static void on_primitive(struct outbound *o, const struct event *e)
{
	bool positive = e->flags & EVENT_F_POSITIVE;

	switch (e->code) {
	case SERVICE_CONNECT:
		on_bind(o, positive);
		break;
	case SERVICE_TRANSFER:
		if (e->type == CONFIRM)
			on_sent(o, positive);
		break;
	case SERVICE_U_ABORT:
	case SERVICE_P_ABORT:
		o->bound = false;
		break;
	default:
		break;
	}
}

static void on_event(struct end *end, const struct event *e, void *ctx)
{
	struct outbound *o = ctx;

	if (e->kind == EVENT_TCP && e->code == TCP_CONNECTED) {
		const struct mta_config *c = &o->m->config;
		const char *secret = *peer_of(o)->our_password ? peer_of(o)->our_password : c->password;
		struct p1_bind ours = p1_bind_simple(c->name, secret);

		association_bind(end_association(end), now_of(o), &ours);
	} else if (e->kind == EVENT_WANT && o->sending) {
		lend(o, e->offset);
	} else if (e->kind == EVENT_PRIMITIVE && e->layer == LAYER_P1) {
		on_primitive(o, e);
	}
}

static void on_over(struct end *end, void *ctx)
{
	struct outbound *o = ctx;
	bool lost = !o->releasing;

	end_free(end);
	o->end = NULL;
	if (lost && o->sending)
		log_peer(o, &event_ended, "An association with entity %s ended abnormally.");
	else if (lost && !o->bound)
		log_peer(o, &event_not_opened, "A connection to %s could not be opened.");
	done_sending(o);
	o->bound = o->releasing = false;
	net_timer_cancel(o->m->net, &o->timer);
	if (lost) {
		defect_transport_lost(o->m, o);
		retry_later(o);
	}
	mta_turn(o->m);
}

static void associate(struct outbound *o)
{
	static const struct end_user user = { .event = on_event, .over = on_over };
	struct end_config config = { .association.initiator = true };

	mta_association(o->m, &config.association, true);
	config.association.number = ++o->m->associations;
	o->end = end_connect(o->m->world, &peer_of(o)->address, NULL, &config, &user, o);
	if (o->end)
		wait_for_answer(o);
	else
		retry_later(o);
}

/* ---- work ---- */

static void expire(struct mta *m)
{
	int64_t now = net_wall(m->net, net_now(m->net));

	for (struct entry *e = m->queue.first, *next; e; e = next) {
		next = e->next;
		if (!e->sending && e->expires_us <= now)
			routing_give_up(m, e, X400_UNABLE_TO_TRANSFER, X400_MAXIMUM_TIME_EXPIRED);
	}
}

static void serve(struct outbound *o)
{
	struct entry *e;

	if (o->sending || o->releasing)
		return;
	e = choose(o);
	if (!e) {
		if (o->bound && !net_timer_is_set(&o->timer))
			net_timer_set(o->m->net, &o->timer,
			              now_of(o) + o->m->config.timers.lifetime, release, o);
		return;
	}
	if (!defect_may_serve(o->m, o))
		return;
	if (o->bound) {
		net_timer_cancel(o->m->net, &o->timer);
		if (defect_may_send(o->m, o, e))
			transfer(o, e);
	} else if (!o->end && peer_of(o)->address.family && !net_timer_is_set(&o->timer)) {
		associate(o);
	}
}

static void expired(void *ctx)
{
	mta_turn(ctx);
}

/* The next message to expire must be looked at, also when nothing else happens. */
static void watch_expiry(struct mta *m)
{
	int64_t now = net_now(m->net), first = NEVER_US;

	for (const struct entry *e = m->queue.first; e; e = e->next)
		if (!e->sending && e->expires_us < first)
			first = e->expires_us;
	if (first == NEVER_US)
		net_timer_cancel(m->net, &m->expiry);
	else
		net_timer_set(m->net, &m->expiry, now + (first - net_wall(m->net, now)) + 1,
		              expired, m);
}

void outbound_work(struct mta *m)
{
	expire(m);
	for (size_t i = 0; i < m->config.peers_n; i++)
		serve(&m->outbound[i]);
	watch_expiry(m);
}

void outbound_init(struct mta *m)
{
	for (unsigned i = 0; i < MTA_PEERS_MAX; i++) {
		m->outbound[i].m = m;
		m->outbound[i].peer = i;
	}
}

void outbound_free(struct mta *m)
{
	net_timer_cancel(m->net, &m->expiry);
	for (size_t i = 0; i < MTA_PEERS_MAX; i++) {
		struct outbound *o = &m->outbound[i];

		net_timer_cancel(m->net, &o->timer);
		done_sending(o);
		if (o->end)
			end_free(o->end);
		o->end = NULL;
	}
}
