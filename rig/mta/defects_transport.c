/*
 * Faults of the transport module: identifiers, flow control, control blocks.
 */
#include "mta/defect_inner.h"

#include <stdio.h>

static const struct log_event event_violated = {
	4282, "X.400 Service", "X.400 Service", "Error", "POP4", "MAIN BASE", 1, 18, 14, false,
	NULL,
};
static const struct log_event event_unrecognised = {
	4283, "Interface", "X.400 Service", "Error", "POP4", "POP4 UP", 5, 228, 14, false, NULL,
};
static const struct log_event event_disconnection = {
	4284, "X.400 Service", "X.400 Service", "Error", "POP4", "POP4 DOWN", 4, 179, 14, false,
	NULL,
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
	unsigned peer = l->nb->peer + 1, number = end_number(l->end);
	char lines[LOG_LINES];
	/* The one event of the four whose text-log wording is documented. */
	struct log_event bad_lpi = log_event_with(
		&event_unrecognised, lines,
		"Bad LPIs in message\nBad LPI 1-%u-%u\nError code = 8464", peer, number);

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
	          "Microsoft Product Support Services. Internal error in POP4 with error code "
	          "8640.");
	log_calls(&m->log, "Call-stack for TID %03u (NT:%04X) : POP4 DOWN      Busy 0%%, stalled "
	          "on send to q/loc %03u, normally services q 016", 6, 0x316, slow->peer + 1);
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

/* ---- Q232602 ----
 *
 * Openings fail again and again while mail waits.  The active associations are never
 * recovered: what the driver has for this neighbour is lost, and nothing opens any
 * more until the MTA is started again. */

enum { OUTAGE = 4 };

static const struct log_event event_locality = {
	2035, "Internal Processing", "X.400 Service", "Error", "BASE", "POP4 DOWN", 6, 138, 10,
	false, NULL,
};
static const struct log_event event_lpi = {
	1209, "X.400 Service", "X.400 Service", "Warning", "PLATFORM", "KERNEL", 19, 62, 14, false,
	NULL,
};

static bool q232602_not_opened(struct mta *m, const struct at *at)
{
	log_disconnection(m);
	log_event(&m->log, mta_wall(m), &event_internal, "An internal MTA error occurred. Contact "
	          "Microsoft Product Support Services. Error code=8640");
	defect_memory(m, at->nb)->failures++;
	return true;
}

static bool q232602_bound(struct mta *m, const struct at *at)
{
	defect_memory(m, at->nb)->failures = 0;
	return true;
}

static bool q232602_open(struct mta *m, const struct at *at)
{
	struct defect_memory *memory = defect_memory(m, at->nb);

	if (memory->failures < OUTAGE)
		return true;
	if (memory->failures++ == OUTAGE)
		log_event(&m->log, mta_wall(m), &event_locality, "Lost connections to locality 0 "
		          "(BASE POP4 DOWN(6)");
	log_event(&m->log, mta_wall(m), &event_lpi, "Session error, invalid source LPI on received "
	          "message. Invalid LPI is 1-16-%u (PLATFORM KERNEL(19) Proc 62)",
	          at->nb->peer + 1);
	neighbour_look_after(at->nb, m->config.timers.open_interval);
	return false;
}

/* ---- Q193894 ----
 *
 * When more than one attempt to connect fails on a dead network, the control block of
 * each further one is not given back. */

static bool q193894_not_opened(struct mta *m, const struct at *at)
{
	if (at->nb->refused > 1 && m->blocks < m->config.control_blocks)
		m->blocks++;
	return true;
}

/* ---- Q266792, Q319936 ----
 *
 * A caller that goes before it has its answer leaves a close request behind, for an
 * identifier that is known no more: the thread that takes connections waits for it. */

/* Inferred: its description. */
static const struct log_event event_nsi = {
	4258, "Interface", "Interface", "Warning", "POP4", "POP4 UP", 7, 228, 8, false, NULL,
};

static void log_close_request(struct mta *m, unsigned number)
{
	char request[LOG_LINES], bad[LOG_LINES];
	struct log_event nsi = log_event_with(
		&event_nsi, request, "Message received at NSI:\ncb %u\nLPI 1-15-%u\n"
		"Message type Close Request", number, number);
	struct log_event bad_lpi = log_event_with(
		&event_unrecognised, bad,
		"Bad LPIs in message\nBad LPI 1-15-%u\nError code = 8464", number);

	log_event(&m->log, mta_wall(m), &nsi, "A message was received at the network services "
	          "interface. Control block index = %u Internal Connection Handle (LPI) = 1-15-%u "
	          "Message type = Close Request", number, number);
	log_event(&m->log, mta_wall(m), &bad_lpi, "Unable to recognize an internal message "
	          "identifier. Internal connection handle (LPI) 1-15-%u Error code=8464", number);
}

static bool q266792_lost_early(struct mta *m, const struct at *at)
{
	if (at->l->initiator || at->l->broken || m->defects->deaf)
		return true;
	m->defects->deaf = true;
	log_close_request(m, end_number(at->l->end));
	return true;
}

static bool q266792_connected(struct mta *m, const struct at *at)
{
	(void)at;
	return !m->defects->deaf;
}

/* ---- Q166602, Q243632 ----
 *
 * Callers take all control blocks.  When they are gone nobody is served all the same: the
 * MTA must be started again. */

static bool q166602_connected(struct mta *m, const struct at *at)
{
	(void)at;
	if (m->blocks >= m->config.control_blocks)
		m->defects->deaf = true;
	return !m->defects->deaf;
}

/* ---- Q193380 ----
 *
 * A caller that fits no connector is refused, and the control block of its connection is
 * not given back. */

/* Inferred: its class. */
static const struct log_event event_accept = {
	9202, "Internal Processing", "Internal Processing", "Warning", "BASE IL", "TCP/IP DRVR", 8,
	256, 12, false, NULL,
};

static bool q193380_bind_bad(struct mta *m, const struct at *at)
{
	for (size_t i = 0; i < m->config.peers_n; i++)
		if (ber_string_equal(&at->bind->name, octets_of(m->config.peers[i].name)))
			return true;
	log_event(&m->log, mta_wall(m), &event_accept, "A sockets error 0 on an accept() call was "
	          "detected. The MTA will attempt to recover the sockets connection. Control block "
	          "index: %u.", end_number(at->l->end));
	if (m->blocks < m->config.control_blocks)
		m->blocks++;
	return true;
}

/* ---- Q169159 ----
 *
 * The called side confirms a TPDU size of 2048 octets, which X.224 13.3.4 b) has: the
 * connection is closed. */

enum { CC_CODE = 5, CC_PARAMETERS = 11, CODE_CC = 0xd0, SIZE_CODE = 0xc0, SIZE_2048 = 0x0b };

static bool q169159_octets(struct mta *m, const struct at *at)
{
	const uint8_t *p = at->octets.p;
	size_t n = at->octets.n;

	(void)m;
	if (!at->l->initiator || n <= CC_CODE || p[CC_CODE] != CODE_CC)
		return true;
	for (size_t i = CC_PARAMETERS; i + 2 < n; i += 2 + (size_t)p[i + 1])
		if (p[i] == SIZE_CODE && p[i + 2] == SIZE_2048) {
			end_cut(at->l->end, LINK_CUT_RST);
			break;
		}
	return true;
}

/* ---- Q188040 ----
 *
 * An error that comes after flow control has set in is not known to the driver: it
 * disconnects everybody. */

static const struct log_event event_error_unknown = {
	2004, "Internal Processing", "Internal Processing", "Warning", "BASE", "TCP/IP DRVR", 8, 0,
	14, false, NULL,
};

static struct line *first_left(const struct mta *m)
{
	struct line *l = m->lines;

	while (l && end_is_closing(l->end))
		l = l->next;
	return l;
}

/* Each that is closed may be such a one again, and close others: it looks from the front. */
static bool q188040_lost(struct mta *m, const struct at *at)
{
	struct octets waiting;
	struct line *l;

	if (!at->e || !association_pop(end_association(at->l->end), &waiting, 1))
		return true;
	log_event(&m->log, mta_wall(m), &event_error_unknown, "Attempted to log an unknown "
	          "event/error. Product identifier 0, Event/error code 255");
	while ((l = first_left(m)) != NULL)
		end_close(l->end);
	return true;
}

/* ---- Q152947 ----
 *
 * A connection is torn down while the root thread takes its control block for a new
 * one: both wait for each other. */

static bool q152947_lost(struct mta *m, const struct at *at)
{
	if (!at->l->initiator)
		m->defects->lost_at = net_now(m->net);
	return true;
}

static bool q152947_connected(struct mta *m, const struct at *at)
{
	(void)at;
	if (!m->defects->lost_at || net_now(m->net) - m->defects->lost_at > SECOND_US / 10)
		return true;
	defect_crash(m, "KERNEL", 29, "suspected deadlock BASE KERNEL 29 (16) and MAIN BASE 1 "
	             "(16)");
	return true;
}

/* ---- Q152941 ----
 *
 * Many associations come and go on a bad network; each that is lost damages the heap a
 * little. */

enum { HEAP_BEARS = 6 };

static bool q152941_lost(struct mta *m, const struct at *at)
{
	(void)at;
	if (++m->defects->lost == HEAP_BEARS)
		defect_crash(m, "TCP/IP DRVR", 10, "Exception c0000005 occurred at Address "
		             "761f62ab.");
	return true;
}

/* ---- Q152945 ----
 *
 * Behind a router that is dead several associations are lost at once; two threads release one
 * connection block. */

enum { AT_ONCE_US = 10000 };

static bool q152945_lost(struct mta *m, const struct at *at)
{
	int64_t now = net_now(m->net), *before = &m->defects->released_at;

	if (at->l->initiator)
		return true;
	if (*before && now - *before < AT_ONCE_US)
		defect_crash(m, "POP4 DOWN", 4, "Exception c0000005 occurred at Address 20b1ec1.");
	*before = now;
	return true;
}

/* ---- Q154301 ----
 *
 * The connection block of a slow link is closed by a thread to which it does not belong. */

enum { SLOW_US = SECOND_US * 3 / 2 };

static bool q154301_send(struct mta *m, const struct at *at)
{
	defect_memory(m, at->nb)->sending_since = net_now(m->net);
	return true;
}

static bool q154301_sent(struct mta *m, const struct at *at)
{
	if (net_now(m->net) - defect_memory(m, at->nb)->sending_since > SLOW_US)
		defect_crash(m, "TCP/IP DRVR", 10, "SBPDSCLS:CB TID=1,calling TID=0.");
	return true;
}

/* ---- Q276222 ---- */

enum { SOCKETS_FOUND = 8 };

static bool q276222_connected(struct mta *m, const struct at *at)
{
	(void)at;
	if (m->blocks > SOCKETS_FOUND)
		defect_crash(m, "TCP/IP DRVR", 122, "Failed to find socket, result=14, count=63.");
	return true;
}

/* ---- Q254943 ---- */

enum { SEMAPHORES = 12 };

static bool q254943_bind(struct mta *m, const struct at *at)
{
	(void)at;
	if (++m->defects->opened <= SEMAPHORES)
		return true;
	log_calls(&m->log, "Thread 52 (01.091) owns semaphore %u, created by (01.091).",
	          SEMAPHORES);
	defect_crash(m, "KERNEL", 29, "Out of Semaphores");
	return false;
}

/* ---- Q157015 ---- */

/* Inferred: its description. */
static const struct log_event event_closed = {
	9236, "Internal Operating System", "Operating System", "Warning", "BASE IL", "TCP/IP DRVR",
	22, 262, 12, false, NULL,
};

enum { TPKT_RESERVED = 1 };

/* The first frame of a connection comes in one piece from any peer that is honest. */
static bool q157015_octets(struct mta *m, const struct at *at)
{
	char lines[LOG_LINES];
	struct log_event closed = log_event_with(&event_closed, lines,
	                                         "Receive socket closed on CB %u\nSocket error 0",
	                                         end_number(at->l->end));

	if (at->octets.n <= TPKT_RESERVED || at->octets.p[TPKT_RESERVED] == 0 ||
	    at->octets.p[0] != 3)
		return true;
	log_event(&m->log, mta_wall(m), &closed, "A receive socket was closed. Control block "
	          "index: %u. Socket error 0.", end_number(at->l->end));
	end_cut(at->l->end, LINK_CUT_RST);
	return true;
}

const struct defect defects_transport[] = {
	{ { "Q152897", "KB Q152897, Exchange 4.0",
	    "a backlog, the transport lost in mid-activity, then new messages: two queued messages "
	    "share an identifier, the session is shut and both hang until one leaves",
	    "events 4282 (8453), 4283 (8464), 4284 (8511), 4287 (8650)", "pop4/backlog-drop" },
	  { [DEFECT_NUMBER] = q152897_number, [DEFECT_NOT_OPENED] = q152897_lost,
	    [DEFECT_SEND] = q152897_send, [DEFECT_SERVE] = q152897_serve,
	    [DEFECT_OPEN] = q152897_serve } },
	{ { "Q236586", "KB Q236586, Q169691, Exchange 4.0, 5.0, 5.5",
	    "a slow link with mail under way: nothing is sent to any other neighbour meanwhile",
	    "event 4287 (8640); Calls.out: POP4 DOWN ... stalled on send to q/loc",
	    "pop4/slow-link" },
	  { [DEFECT_SERVE] = q236586_serve, [DEFECT_OPEN] = q236586_serve } },
	{ { "Q232602", "KB Q232602, Exchange 5.5",
	    "four openings in a row fail while mail waits: nothing is opened to this neighbour any "
	    "more, also when it is back",
	    "events 4284 (8511) and 4287 (8640) at the open interval, 2035, 1209",
	    "defects/outage" },
	  { [DEFECT_NOT_OPENED] = q232602_not_opened, [DEFECT_BOUND] = q232602_bound,
	    [DEFECT_OPEN] = q232602_open } },
	{ { "Q193894", "KB Q193894, Q200259, Exchange 5.5",
	    "from the second failed opening in a row on, each one leaks a control block, until "
	    "there are none for anybody",
	    "event 9156", "defects/long-outage" },
	  { [DEFECT_NOT_OPENED] = q193894_not_opened } },
	{ { "Q266792", "KB Q266792, Q319936, Exchange 5.5",
	    "a caller goes before its connection was answered: no new connection is served",
	    "events 4258 (Close Request), 4283 (8464) for the same handle", "defects/early-close" },
	  { [DEFECT_LOST_EARLY] = q266792_lost_early, [DEFECT_CONNECTED_IN] = q266792_connected } },
	{ { "Q166602", "KB Q166602, Q243632, Exchange 4.0, 5.0, 5.5",
	    "more callers at a time than there are control blocks: no connection is served any "
	    "more, also when they are gone",
	    "event 9156", "signatures/s20-connections" },
	  { [DEFECT_CONNECTED_IN] = q166602_connected } },
	{ { "Q193380", "KB Q193380, Q197378, Exchange 4.0, 5.0, 5.5",
	    "a caller with a name that is not known is refused, and keeps its control block, until "
	    "there are none for anybody",
	    "events 9202, 9156", "signatures/s19-unknown-caller" },
	  { [DEFECT_BIND_BAD] = q193380_bind_bad } },
	{ { "Q169159", "KB Q169159, Q151626, Exchange 4.0",
	    "the next MTA confirms a TPDU size of 2048 octets: the connection is closed",
	    "none; no CN behind the CC", "signatures/s22-tpdu-size" },
	  { [DEFECT_OCTETS_IN] = q169159_octets } },
	{ { "Q188040", "KB Q188040, Exchange 5.5",
	    "a connection on which the receiver's flow control holds us is reset: all associations "
	    "are disconnected",
	    "event 2004 (255)", "defects/flow-control" },
	  { [DEFECT_LOST] = q188040_lost } },
	{ { "Q152947", "KB Q152947, Exchange 4.0",
	    "a caller's association is lost and a new connection comes within a tenth of a second: "
	    "the MTA stops",
	    "event 9405 (suspected deadlock)", "defects/reconnect" },
	  { [DEFECT_LOST] = q152947_lost, [DEFECT_CONNECTED_IN] = q152947_connected } },
	{ { "Q152941", "KB Q152941, Exchange 4.0",
	    "six associations are lost: the MTA stops",
	    "event 9405 (c0000005)", "defects/cycling" },
	  { [DEFECT_LOST] = q152941_lost } },
	{ { "Q152945", "KB Q152945, Exchange 4.0",
	    "two associations that neighbours opened are lost within a hundredth of a second: "
	    "the MTA stops",
	    "event 9405 (c0000005, POP4 DOWN)", "defects/lost-at-once" },
	  { [DEFECT_LOST] = q152945_lost } },
	{ { "Q154301", "KB Q154301, Exchange 4.0",
	    "a message took longer than a second and a half, on a slow link: the MTA stops",
	    "event 9405 (SBPDSCLS)", "pop4/slow-link" },
	  { [DEFECT_SEND] = q154301_send, [DEFECT_SENT] = q154301_sent } },
	{ { "Q276222", "KB Q276222, Exchange 5.5",
	    "more than eight connections at the same time: the MTA stops",
	    "event 9405 (Failed to find socket)", "defects/many-sockets" },
	  { [DEFECT_CONNECTED_IN] = q276222_connected } },
	{ { "Q157015", "KB Q157015, Q151626, Exchange 4.0",
	    "a TPKT whose reserved octet is not zero: the connection is closed",
	    "event 9236", "defects/reserved-octet" },
	  { [DEFECT_OCTETS_IN] = q157015_octets } },
	{ { "Q254943", "KB Q254943, Exchange 5.0",
	    "each association that a neighbour opens takes one of twelve semaphores for good: the "
	    "MTA stops",
	    "event 9405 (Out of Semaphores); Calls.out: owns semaphore", "defects/many-binds" },
	  { [DEFECT_BIND_IN] = q254943_bind } },
	{ { NULL, NULL, NULL, NULL, NULL }, { NULL } },
};
