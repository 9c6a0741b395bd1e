#include "mta/mta_inner.h"

#include <stdlib.h>
#include <string.h>

static const struct log_event event_unknown = {
	51, "Security", "Security", "Warning", "MTA", "XFER-IN", 35, 42, 14, false, NULL,
};
static const struct log_event event_ended = {
	1294, "X.400 Service", "X.400 Service", "Warning", "PLATFORM", "KERNEL", 20, 130, 10, false,
	NULL,
};

/* Inferred: the description of 1192, which the documented log has for ASN.1 only. */
static const struct log_event event_broken = {
	1192, "X.400 Service", "X.400 Service", "Warning", "PLATFORM", "RTSE", 31, 151, 14, false,
	NULL,
};

static int authenticate(const struct mta *m, const struct p1_bind *b)
{
	for (size_t i = 0; i < m->config.peers_n; i++)
		if (ber_string_equal(&b->name, octets_of(m->config.peers[i].name)) &&
		    ber_string_equal(&b->secret, octets_of(m->config.peers[i].password)))
			return (int)i;
	return -1;
}

static void on_bind(struct inbound *in, const struct event *e)
{
	const struct p1_bind *theirs = event_service(e)->detail;
	struct mta *m = in->m;
	struct association *a = end_association(in->end);
	int64_t now = net_now(m->net);
	struct p1_bind ours = p1_bind_simple(m->config.name, m->config.password);
	struct text name;
	char text[MTA_NAME_TEXT];

	in->answered = true;
	in->peer = theirs->authenticated ? authenticate(m, theirs) : -1;
	if (theirs->rt.opening == RTSE_RECOVER) {
		association_refuse(a, now, P1_BIND_BUSY);	/* nothing is kept to recover */
	} else if (in->peer < 0) {
		text_init(&name, text, sizeof text);
		ber_text_string(&name, &theirs->name);
		log_event(&m->log, net_wall(m->net, now), &event_unknown,
		          "An unknown MTA has attempted to bind. The MTA name in bind is %s. "
		          "Association index: %u.", text, end_number(in->end));
		association_refuse(a, now, P1_BIND_AUTHENTICATION);
	} else if (m->inbound_n > m->config.associations_max) {
		association_refuse(a, now, P1_BIND_BUSY);
	} else {
		association_accept(a, now, &ours);
	}
}

/* ---- a message comes in ---- */

static void forget(struct inbound *in, bool keep_content)
{
	if (!keep_content)
		queue_content_drop(&in->m->queue, in->content);
	free(in->head);
	in->head = NULL;
	in->head_n = in->chunk_n = 0;
	in->content = 0;
	in->length = 0;
	in->complete = in->dropped = false;
}

static void on_first(struct inbound *in, const struct event *e)
{
	const struct service *s = event_service(e);

	forget(in, false);
	in->head = malloc(s->data.n ? s->data.n : 1);
	if (!in->head) {
		in->dropped = true;
		return;
	}
	memcpy(in->head, s->data.p, s->data.n);
	in->head_n = s->data.n;
}

static void put_chunk(struct inbound *in)
{
	struct mta *m = in->m;
	uint64_t at = in->length - in->chunk_n;

	if (in->chunk_n == 0 || in->dropped)
		return;
	if (!in->content)
		in->content = queue_content(&m->queue);
	in->dropped = !in->content ||
	              !queue_chunk_put(&m->queue, in->content, at,
	                               (struct octets){ in->chunk, in->chunk_n });
	in->chunk_n = 0;
}

static void on_data(struct inbound *in, struct octets o)
{
	while (o.n) {
		size_t room = sizeof in->chunk - in->chunk_n;
		size_t n = o.n < room ? o.n : room;

		memcpy(in->chunk + in->chunk_n, o.p, n);
		in->chunk_n += n;
		in->length += n;
		o.p += n;
		o.n -= n;
		if (in->chunk_n == sizeof in->chunk)
			put_chunk(in);
	}
}

static void on_last(struct inbound *in, const struct event *e)
{
	const struct service *s = event_service(e);

	if (!s->positive) {
		/* Malformed after all (it is taken and thrown away), or given up; but
		 * what was taken whole is queued, acknowledged or not. */
		forget(in, in->complete);
		if (s->reason == RTSE_FAIL_NONE)
			association_secured_all(end_association(in->end), net_now(in->m->net));
		return;
	}
	put_chunk(in);
	if (!in->dropped && in->head &&
	    routing_take(in->m, (struct octets){ in->head, in->head_n }, in->content, in->length))
		in->complete = true;
	else
		in->dropped = true;
	mta_turn(in->m);
}

static void on_transfer(struct inbound *in, const struct event *e)
{
	if (e->flags & EVENT_F_FIRST)
		on_first(in, e);
	if (e->flags & EVENT_F_LAST)
		on_last(in, e);
}

static void on_primitive(struct inbound *in, const struct event *e)
{
	struct association *a = end_association(in->end);
	struct mta *m = in->m;

	if (e->type != INDICATION)
		return;
	switch (e->code) {
	case SERVICE_CONNECT:
		on_bind(in, e);
		break;
	case SERVICE_TRANSFER:
		on_transfer(in, e);
		break;
	case SERVICE_DATA:
		on_data(in, event_service(e)->data);
		break;
	case SERVICE_SYNC_MINOR:
		in->secured = e->value;
		mta_turn(m);
		break;
	case SERVICE_RELEASE:
		association_release_answer(a, net_now(m->net));
		break;
	case SERVICE_U_ABORT:
	case SERVICE_P_ABORT:
		if (in->peer >= 0)
			log_event(&m->log, net_wall(m->net, net_now(m->net)), &event_ended,
			          "An association with entity %s ended abnormally.",
			          m->config.peers[in->peer].name);
		forget(in, in->complete);
		break;
	default:
		break;
	}
}

static void on_finding(struct inbound *in, const struct event *e)
{
	const struct rule *rule = association_rule(e->rule);

	if (in->broken || !rule || rule->severity != SEVERITY_FATAL)
		return;
	in->broken = e->rule;
	in->broken_at = e->value;
}

static void on_event(struct end *end, const struct event *e, void *ctx)
{
	(void)end;
	if (e->kind == EVENT_PRIMITIVE && e->layer == LAYER_P1)
		on_primitive(ctx, e);
	if (e->kind == EVENT_FINDING)
		on_finding(ctx, e);
}

/* One line for a connection that broke the protocol, or never came to a bind. */
static void log_broken(const struct inbound *in)
{
	const struct rule *rule = association_rule(in->broken);
	struct mta *m = in->m;
	int64_t wall = net_wall(m->net, net_now(m->net));

	if (rule)
		log_event(&m->log, wall, &event_broken,
		          "An interoperability error occurred with a caller. %s: %s (%s) was detected at "
		          "offset %u. Control block index %u.", rule->name, rule->text, rule->clause,
		          in->broken_at, end_number(in->end));
	else if (!in->answered)
		log_event(&m->log, wall, &event_broken,
		          "An interoperability error occurred with a caller. The connection ended "
		          "without a bind. Control block index %u.", end_number(in->end));
}

static void on_over(struct end *end, void *ctx)
{
	(void)end;
	log_broken(ctx);
	inbound_free(ctx);
}

/* Content and entries are on disk now, or are not. */
static void acknowledge(struct inbound *in, bool committed)
{
	struct association *a = end_association(in->end);
	int64_t now = net_now(in->m->net);

	if (in->secured && committed && !in->dropped)
		association_secured(a, now, in->secured);
	in->secured = 0;
	if (!in->complete && !in->dropped)
		return;
	if (in->complete && committed)
		association_secured_all(a, now);
	else
		association_reject(a, now, EXCEPTION_TEMPORARY);
	forget(in, in->complete && committed);
	end_pump(in->end);
}

void inbound_acknowledge(struct mta *m, bool committed)
{
	for (struct inbound *in = m->inbound, *next; in; in = next) {
		bool due = in->secured || in->complete || in->dropped;

		next = in->next;
		if (!due)
			continue;
		acknowledge(in, committed);
		end_pump(in->end);
	}
}

void inbound_free(struct inbound *in)
{
	struct inbound **at = &in->m->inbound;

	while (*at != in)
		at = &(*at)->next;
	*at = in->next;
	in->m->inbound_n--;
	forget(in, in->complete);
	end_free(in->end);
	free(in);
}

void inbound_accepted(struct net_listener *l, struct net_conn *c, void *ctx)
{
	static const struct end_user user = { .event = on_event, .over = on_over };
	struct mta *m = ctx;
	struct inbound *in = calloc(1, sizeof *in);
	struct end_config config = { .association.initiator = false };

	(void)l;
	if (!in) {
		net_close(c);
		return;
	}
	in->m = m;
	in->peer = -1;
	config.bind_us = m->config.timers.disconnect;
	mta_association(m, &config.association, false);
	config.association.number = ++m->associations;
	in->end = end_accept(m->world, c, &config, &user, in);
	if (!in->end) {
		free(in);
		return;
	}
	in->next = m->inbound;
	m->inbound = in;
	m->inbound_n++;
}
