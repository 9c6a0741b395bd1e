#include "mta/mta_inner.h"

#include <string.h>

/*
 * Q152897.  Each queued message carries an identifier of the queue's own.  The
 * defective MTA numbers by transport session and starts over at its oldest
 * message when a session is lost with a backlog, so messages that come in
 * afterwards get numbers that queued ones still carry.  Its transport module
 * looks messages up by that number.  Finding two, it shuts the session, and
 * neither is sent until one has left the queue.
 */
static const struct log_event event_violated = {
	4282, "X.400 Service", "X.400 Service", "Error", "POP4", "MAIN BASE", 1, 18, 14, false, NULL,
};
static const struct log_event event_unrecognised = {
	4283, "Interface", "X.400 Service", "Error", "POP4", "POP4 UP", 5, 228, 14, false, NULL,
};
static const struct log_event event_disconnection = {
	4284, "X.400 Service", "X.400 Service", "Error", "POP4", "POP4 DOWN", 4, 179, 14, false, NULL,
};
static const struct log_event event_internal = {
	4287, "X.400 Service", "X.400 Service", "Error", "POP4", "POP4 DOWN", 4, 18, 14, true, NULL,
};

const struct mta_defect_text mta_defects[] = {
	{ MTA_DEFECT_Q152897, "Q152897", "KB Q152897, Exchange 4.0",
	  "a backlog, the transport lost in mid-activity, then new messages: two queued messages "
	  "share an identifier, the session is shut and both hang until one leaves",
	  "events 4282 (8453), 4283 (8464), 4284 (8511), 4287 (8650)" },
	{ MTA_DEFECT_Q236586, "Q236586", "KB Q236586, Q169691, Exchange 5.5",
	  "a slow link with mail under way: nothing is sent to any other neighbour meanwhile",
	  "event 4287 (8640); Calls.out: POP4 DOWN ... stalled on send to q/loc" },
	{ 0, NULL, NULL, NULL, NULL },
};

uint32_t mta_defect_by_name(const char *name)
{
	for (const struct mta_defect_text *d = mta_defects; d->name; d++)
		if (strcmp(d->name, name) == 0)
			return d->bit;
	return 0;
}

static bool has(const struct mta *m, enum mta_defect defect)
{
	return m->config.defects & (uint32_t)defect;
}

static int64_t wall(struct mta *m)
{
	return net_wall(m->net, net_now(m->net));
}

/* ---- Q152897 ---- */

uint32_t defect_identifier(struct mta *m, unsigned peer)
{
	return has(m, MTA_DEFECT_Q152897) ? ++m->outbound[peer].numbered : ++m->identifiers;
}

void defect_transport_lost(struct mta *m, struct outbound *o)
{
	uint32_t backlog = 0, oldest = 0;

	if (!has(m, MTA_DEFECT_Q152897))
		return;
	for (const struct entry *e = m->queue.first; e; e = e->next)
		if (e->peer == o->peer) {
			oldest = backlog++ ? oldest : e->identifier;
		}
	if (backlog > 1)
		o->numbered = oldest - 1;
}

/* Another queued message with the same number. */
static struct entry *twin_of(struct mta *m, const struct entry *e)
{
	for (struct entry *x = m->queue.first; x; x = x->next)
		if (x != e && x->peer == e->peer && x->identifier == e->identifier)
			return x;
	return NULL;
}

static void shut_session(struct mta *m, struct outbound *o)
{
	log_event(&m->log, wall(m), &event_violated, "An interoperability error occurred. Interface "
	          "protocol 131 was violated. Error code=8453");
	/* The one event of the four whose text-log wording is documented. */
	struct log_event bad_lpi = event_unrecognised;
	char lines[120];

	snprintf(lines, sizeof lines, "Bad LPIs in message\n       Bad LPI 1-%u-%u\n"
	         "       Error code = 8464", o->peer + 1, end_number(o->end));
	bad_lpi.ev_text = lines;
	log_event(&m->log, wall(m), &bad_lpi, "Unable to recognize an internal message identifier. "
	          "Internal connection handle (LP1) 1-%u-%u Error code=8464", o->peer + 1,
	          end_number(o->end));
	end_close(o->end);
	log_event(&m->log, wall(m), &event_disconnection, "An error has occurred during "
	          "connection/disconnection. Error code=8511");
	log_event(&m->log, wall(m), &event_internal, "An internal MTA occurred. Contact Microsoft "
	          "Product Support Services. Error code=8650");
}

bool defect_may_send(struct mta *m, struct outbound *o, struct entry *e)
{
	struct entry *twin = has(m, MTA_DEFECT_Q152897) ? twin_of(m, e) : NULL;

	if (!twin)
		return true;
	e->hung = twin->hung = true;
	shut_session(m, o);
	return false;
}

/* One of the two has left: the other moves again. */
static void unhang(struct mta *m)
{
	for (struct entry *e = m->queue.first; e; e = e->next)
		if (e->hung && !twin_of(m, e))
			e->hung = false;
}

/* ---- Q236586 ---- */

/*
 * Flow control sits above the sockets, in one thread for all connections: while
 * it waits for one of them to take what it has to send, it serves no other.
 */
static struct outbound *waited_for(struct mta *m, const struct outbound *o)
{
	for (size_t i = 0; i < m->config.peers_n; i++)
		if (&m->outbound[i] != o && m->outbound[i].sending)
			return &m->outbound[i];
	return NULL;
}

static void log_stall(struct mta *m, struct outbound *o, const struct outbound *slow)
{
	if (o->waiting_since == NEVER_US || net_now(m->net) - o->waiting_since <
	                                    m->config.timers.transfer_interval)
		return;
	o->waiting_since = NEVER_US;		/* once for each stall */
	log_event(&m->log, wall(m), &event_internal, "An internal MTA error occurred. Contact "
	          "Microsoft Product Support Services. Internal error in POP4 with error code 8640.");
	log_calls(&m->log, "Call-stack for TID %03u (NT:%04X) : POP4 DOWN      Busy 0%%, stalled on "
	          "send to q/loc %03u, normally services q 016", 6, 0x316, slow->peer + 1);
}

bool defect_may_serve(struct mta *m, struct outbound *o)
{
	struct outbound *slow;

	if (has(m, MTA_DEFECT_Q152897))
		unhang(m);
	slow = has(m, MTA_DEFECT_Q236586) ? waited_for(m, o) : NULL;
	if (!slow) {
		o->waiting_since = 0;
		return true;
	}
	if (o->waiting_since == 0)
		o->waiting_since = net_now(m->net);
	log_stall(m, o, slow);
	/* The thread looks again; nothing else may happen meanwhile. */
	if (!net_timer_is_set(&o->timer))
		net_timer_set(m->net, &o->timer,
		              net_now(m->net) + m->config.timers.transfer_interval,
		              outbound_look_again, o);
	return false;
}
