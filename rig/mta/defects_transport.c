/*
 * Faults of the transport module: identifiers, flow control, control blocks.
 */
#include "mta/defect_inner.h"

#include <stdio.h>

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

static void log_disconnection(struct mta *m)
{
	log_event(&m->log, mta_wall(m), &event_disconnection, "An error has occurred during "
	          "connection/disconnection. Error code=8511");
}

static struct queue_list *lists_of(struct mta *m, unsigned peer)
{
	return m->queue.lists[peer];
}

/* ---- Q152897 ----
 *
 * Each queued message carries an identifier of the queue's own.  The defective
 * MTA numbers by transport session and starts over at its oldest message when a
 * session is lost with a backlog, so messages that come in afterwards get numbers
 * that queued ones still carry.  Its transport module looks messages up by that
 * number.  Finding two, it shuts the session, and neither is sent until one has
 * left the queue. */

static bool q152897_number(struct mta *m, const struct at *at)
{
	at->e->identifier = ++m->defects->peers[at->e->peer].numbered;
	return false;
}

static bool q152897_lost(struct mta *m, const struct at *at)
{
	const struct neighbour *nb = at->nb;
	const struct entry *oldest = NULL;
	uint32_t backlog = 0;

	for (unsigned rank = 0; rank < QUEUE_RANKS; rank++)
		for (const struct entry *e = lists_of(m, nb->peer)[rank].first; e; e = e->next) {
			backlog++;
			if (!oldest || e->id < oldest->id)
				oldest = e;
		}
	if (backlog > 1)
		defect_memory(m, nb)->numbered = oldest->identifier - 1;
	return true;
}

/* Another queued message with the same number. */
static struct entry *twin_of(struct mta *m, const struct entry *e)
{
	for (unsigned rank = 0; rank < QUEUE_RANKS; rank++)
		for (struct entry *x = lists_of(m, e->peer)[rank].first; x; x = x->next)
			if (x != e && x->identifier == e->identifier)
				return x;
	return NULL;
}

static void shut_session(struct mta *m, struct line *l)
{
	/* The one event of the four whose text-log wording is documented. */
	struct log_event bad_lpi = event_unrecognised;
	unsigned peer = l->nb->peer + 1, number = end_number(l->end);
	char lines[120];

	snprintf(lines, sizeof lines, "Bad LPIs in message\n       Bad LPI 1-%u-%u\n"
	         "       Error code = 8464", peer, number);
	bad_lpi.ev_text = lines;
	log_event(&m->log, mta_wall(m), &event_violated, "An interoperability error occurred. "
	          "Interface protocol 131 was violated. Error code=8453");
	log_event(&m->log, mta_wall(m), &bad_lpi, "Unable to recognize an internal message "
	          "identifier. Internal connection handle (LP1) 1-%u-%u Error code=8464", peer,
	          number);
	end_close(l->end);
	log_disconnection(m);
	log_event(&m->log, mta_wall(m), &event_internal, "An internal MTA occurred. Contact "
	          "Microsoft Product Support Services. Error code=8650");
}

static bool q152897_send(struct mta *m, const struct at *at)
{
	struct entry *twin = twin_of(m, at->e);

	if (!twin)
		return true;
	at->e->hung = twin->hung = true;
	shut_session(m, at->l);
	return false;
}

/* One of the two has left: the other moves again. */
static bool q152897_serve(struct mta *m, const struct at *at)
{
	for (unsigned rank = 0; rank < QUEUE_RANKS; rank++)
		for (struct entry *e = lists_of(m, at->nb->peer)[rank].first; e; e = e->next)
			if (e->hung && !twin_of(m, e))
				e->hung = false;
	return true;
}

/* ---- Q236586 ----
 *
 * Flow control sits above the sockets, in one thread for all connections: while
 * it waits for one of them to take what it has to send, it serves no other. */

static const struct neighbour *waited_for(struct mta *m, const struct neighbour *nb)
{
	for (const struct line *l = m->lines; l; l = l->next)
		if (l->nb && l->nb != nb && l->out.entry)
			return l->nb;
	return NULL;
}

static void log_stall(struct mta *m, struct defect_memory *memory, const struct neighbour *slow)
{
	if (memory->waiting_since == NEVER_US ||
	    net_now(m->net) - memory->waiting_since < m->config.timers.transfer_interval)
		return;
	memory->waiting_since = NEVER_US;	/* once for each stall */
	log_event(&m->log, mta_wall(m), &event_internal, "An internal MTA error occurred. Contact "
	          "Microsoft Product Support Services. Internal error in POP4 with error code 8640.");
	log_calls(&m->log, "Call-stack for TID %03u (NT:%04X) : POP4 DOWN      Busy 0%%, stalled on "
	          "send to q/loc %03u, normally services q 016", 6, 0x316, slow->peer + 1);
}

static bool q236586_serve(struct mta *m, const struct at *at)
{
	struct defect_memory *memory = defect_memory(m, at->nb);
	const struct neighbour *slow = waited_for(m, at->nb);

	if (!slow) {
		memory->waiting_since = 0;
		return true;
	}
	if (memory->waiting_since == 0)
		memory->waiting_since = net_now(m->net);
	log_stall(m, memory, slow);
	/* The thread looks again; nothing else may happen meanwhile. */
	neighbour_look_after(at->nb, m->config.timers.transfer_interval);
	return false;
}

const struct defect defects_transport[] = {
	{ { "Q152897", "KB Q152897, Exchange 4.0",
	    "a backlog, the transport lost in mid-activity, then new messages: two queued messages "
	    "share an identifier, the session is shut and both hang until one leaves",
	    "events 4282 (8453), 4283 (8464), 4284 (8511), 4287 (8650)", "pop4/backlog-drop" },
	  { [DEFECT_NUMBER] = q152897_number, [DEFECT_NOT_OPENED] = q152897_lost,
	    [DEFECT_SEND] = q152897_send, [DEFECT_SERVE] = q152897_serve,
	    [DEFECT_OPEN] = q152897_serve } },
	{ { "Q236586", "KB Q236586, Q169691, Exchange 5.5",
	    "a slow link with mail under way: nothing is sent to any other neighbour meanwhile",
	    "event 4287 (8640); Calls.out: POP4 DOWN ... stalled on send to q/loc",
	    "pop4/slow-link" },
	  { [DEFECT_SERVE] = q236586_serve, [DEFECT_OPEN] = q236586_serve } },
	{ { NULL, NULL, NULL, NULL, NULL }, { NULL } },
};
