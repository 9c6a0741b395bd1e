/*
 * An association of the lab MTA: its events and its end.
 */
#include "mta/mta_inner.h"

#include <stdio.h>
#include <stdlib.h>

static const struct log_event event_ended = {
	1294, "X.400 Service", "X.400 Service", "Warning", "PLATFORM", "KERNEL", 20, 130, 10, false,
	NULL,
};

/* Inferred: the description of 1192, which the documented log has for ASN.1 only. */
static const struct log_event event_broken = {
	1192, "X.400 Service", "X.400 Service", "Warning", "PLATFORM", "RTSE", 31, 151, 14, false,
	NULL,
};

static const struct log_event event_blocks = {
	9156, "Resource", "Resource", "Warning", "BASE IL", "TCP/IP DRVR", 8, 282, 10, false, NULL,
};

int64_t line_now(const struct line *l)
{
	return net_now(l->m->net);
}

bool line_is_unsettled(const struct line *l)
{
	return !queue_has_settled(&l->m->queue, l->delivered_in);
}

const char *line_name(const struct line *l)
{
	static char caller[NET_ADDRESS_TEXT + 16];
	char host[NET_ADDRESS_TEXT];

	if (l->nb)
		return neighbour_peer(l->nb)->name;
	snprintf(caller, sizeof caller, "a caller at %s", net_address_host(&l->from, host));
	return caller;
}

/* Inferred: who it was. */
void line_log_blocks(const struct line *l)
{
	struct mta *m = l->m;

	log_event(&m->log, mta_wall(m), &event_blocks,
	          "A resource limit has been reached while attempting to open an association. "
	          "There are no free control blocks available for network type 1. The configured "
	          "count is %u. Refused: %s.", m->config.control_blocks, line_name(l));
}

/* Refused below RTSE, as a context or a class that we do not have: the last remark says why. */
static void log_unbound(struct line *l)
{
	const struct rule *rule = association_rule(l->noted);

	log_event(&l->m->log, mta_wall(l->m), &event_broken,
	          "An interoperability error occurred with %s. The connection ended without a "
	          "bind%s%s%s%s%s%s. Control block index %u.", line_name(l),
	          rule ? ". " : "", rule ? rule->name : "", rule ? ": " : "",
	          rule ? rule->text : "", rule ? ", " : "", rule ? rule->clause : "",
	          end_number(l->end));
}

void line_log_broken(struct line *l)
{
	const struct rule *rule = association_rule(l->broken);
	struct mta *m = l->m;

	if (rule)
		log_event(&m->log, mta_wall(m), &event_broken,
		          "An interoperability error occurred with %s. %s: %s (%s) was detected at "
		          "offset %u. Control block index %u.", line_name(l), rule->name,
		          rule->text, rule->clause, l->broken_at, end_number(l->end));
	else
		log_unbound(l);
}

static void on_bind(struct line *l, const struct event *e)
{
	if (e->type == INDICATION)
		inbound_bind(l, event_service(e)->detail);
	else if (e->type == CONFIRM)
		outbound_bound(l, e->flags & EVENT_F_POSITIVE, event_service(e)->detail);
}

static void on_transfer(struct line *l, const struct event *e)
{
	if (e->type == INDICATION)
		incoming_transfer(l, e);
	else if (e->type == CONFIRM)
		outgoing_done(l, e->flags & EVENT_F_POSITIVE, event_service(e)->detail);
}

static void on_turn_please(struct line *l)
{
	l->turn_due = true;
	mta_turn(l->m);
}

static void on_turn_given(struct line *l)
{
	l->turn_wanted = false;
	mta_turn(l->m);
}

static void on_primitive(struct line *l, const struct event *e)
{
	bool heard = e->type == INDICATION;

	switch (e->code) {
	case SERVICE_CONNECT:
		on_bind(l, e);
		break;
	case SERVICE_TRANSFER:
		on_transfer(l, e);
		break;
	case SERVICE_DATA:
		if (heard)
			incoming_data(l, event_service(e)->data);
		break;
	case SERVICE_SYNC_MINOR:
		if (heard)
			incoming_point(l, e->value);
		break;
	case SERVICE_TOKEN_PLEASE:
		if (heard)
			on_turn_please(l);
		break;
	case SERVICE_CONTROL_GIVE:
		if (heard)
			on_turn_given(l);
		break;
	case SERVICE_RELEASE:
		l->releasing = true;
		if (heard && defect_at(l->m, DEFECT_RELEASE,
		                       (struct at){ .l = l, .reason = event_service(e)->reason }))
			association_release_answer(end_association(l->end), line_now(l));
		break;
	case SERVICE_U_ABORT:
	case SERVICE_P_ABORT:
		l->bound = false;
		break;
	default:
		break;
	}
}

static void on_finding(struct line *l, const struct event *e)
{
	const struct rule *rule = association_rule(e->rule);

	if (l->broken || !rule)
		return;
	if (rule->severity == SEVERITY_FATAL) {
		l->broken = e->rule;
		l->broken_at = e->value;
	} else if (!l->answered) {
		l->noted = e->rule;
	}
}

static void on_event(struct end *end, const struct event *e, void *ctx)
{
	struct line *l = ctx;

	(void)end;
	if (e->kind == EVENT_PRIMITIVE && e->layer == LAYER_P1)
		on_primitive(l, e);
	else if (e->kind == EVENT_FINDING)
		on_finding(l, e);
	else if (e->kind == EVENT_WANT)
		outgoing_want(l, e->offset);
	else if (e->kind == EVENT_PDU_IN && e->layer == LAYER_SESSION && e->code == SPDU_GTA)
		mta_turn(l->m);
	else if (e->kind == EVENT_TCP && e->code == TCP_CONNECTED && l->initiator)
		outbound_connected(l);
}

static void on_over(struct end *end, void *ctx)
{
	struct line *l = ctx;
	struct mta *m = l->m;

	(void)end;
	if (!l->answered)
		defect_at(l->m, DEFECT_LOST_EARLY, (struct at){ .l = l });
	else if (!l->releasing && l->nb)
		defect_at(l->m, DEFECT_LOST, (struct at){ .l = l, .nb = l->nb, .e = l->out.entry });
	recovery_keep(l);
	if (l->initiator)
		outbound_over(l);
	else if (!l->answered || l->broken)
		line_log_broken(l);
	else if (l->nb && !l->releasing)
		neighbour_log(l->nb, &event_ended, "An association with entity %s ended "
		              "abnormally.");
	line_free(l);
	mta_turn(m);			/* what it leaves is let go in time */
}

static void on_octets(struct end *end, bool out, struct octets o, void *ctx)
{
	struct line *l = ctx;

	(void)end;
	if (!out && !l->answered)
		defect_at(l->m, DEFECT_OCTETS_IN, (struct at){ .l = l, .octets = o });
}

static bool give_end(struct line *l, struct net_conn *conn)
{
	static const struct end_user user = { .event = on_event, .over = on_over,
	                                       .octets = on_octets };
	const struct mta_peer *peer = conn ? NULL : neighbour_peer(l->nb);
	struct end_config config;
	char utc[14];

	mta_association(l->m, &config, peer);
	mta_utc(l->m, utc);
	association_references(&l->references, peer && peer->context != ASSOCIATION_MTS_TRANSFER,
	                       octets_of(l->m->config.name), utc, (uint8_t)l->m->associations);
	config.association.references = l->references.references;
	l->end = conn ? end_accept(l->m->world, conn, &config, &user, l)
	              : end_connect(l->m->world, &peer->address, NULL, &config, &user,
	                            l);
	return l->end != NULL;
}

struct line *line_new(struct mta *m, struct neighbour *nb, struct net_conn *conn)
{
	struct line *l = m->blocks < m->config.control_blocks ?
	                 net_got(m->net, calloc(1, sizeof *l))
	                                                        : NULL;

	if (l) {
		l->m = m;
		l->nb = nb;
		l->initiator = !conn;
		l->from = conn ? net_peer(conn) : neighbour_peer(nb)->address;
	}
	if (!l || !give_end(l, conn)) {
		if (conn)
			net_reset(conn);
		free(l);
		return NULL;
	}
	m->blocks++;
	l->next = m->lines;
	l->link = &m->lines;
	if (l->next)
		l->next->link = &l->next;
	m->lines = l;
	return l;
}

static void not_due(struct line *l)
{
	struct line **at = &l->m->due;

	if (!l->due)
		return;
	while (*at != l)
		at = &(*at)->due_next;
	*at = l->due_next;
	if (l->m->due_last == &l->due_next)
		l->m->due_last = at;
}

void line_free(struct line *l)
{
	struct mta *m = l->m;

	net_timer_cancel(m->net, &l->timer);
	not_due(l);
	outgoing_forget(l);
	incoming_forget(l);
	if (l->nb)
		*(l->initiator ? &l->nb->ours : &l->nb->theirs) -= 1;
	*l->link = l->next;
	if (l->next)
		l->next->link = l->link;
	m->blocks--;
	end_free(l->end);
	free(l);
}
