/*
 * A received message becomes queue entries and reports.
 */
#include "mta/mta_inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct log_event event_loop = {
	201, "X.400 Service", "X.400 Service", "Warning", "MTA", "XFER-IN", 17, 104, 14, false,
	NULL,
};
static const struct log_event event_bad_apdu = {
	200, "X.400 Service", "X.400 Service", "Warning", "MTA", "XFER-IN", 21, 98, 14, false, NULL,
};
static const struct log_event event_extension = {
	202, "X.400 Service", "X.400 Service", "Warning", "MTA", "XFER-IN", 12, 97, 14, false, NULL,
};
static const struct log_event event_too_long = {
	62, "X.400 Service", "X.400 Service", "Warning", "MTA", "SUBMIT", 25, 112, 12, false,
	"Delivery failure\nX.400 reason code unable-to-transfer\n"
	"X.400 diagnostic code content-too-long\nInternal qualifier 0",
};

enum { CRITICAL_FOR_TRANSFER = 1 << 1, CRITICAL_FOR_DELIVERY = 1 << 2 };

/* ---- into the queue ---- */

bool relay_enqueue(struct mta *m, struct entry *e, const struct p1_mts_id *id, struct octets head)
{
	struct text t;

	text_init(&t, e->mts_id, sizeof e->mts_id);
	p1_mts_id_text(&t, id);
	e->expires_us = mta_wall(m) + m->config.timers.expiry;
	if (e->not_before_us > 0)
		e->expires_us += e->not_before_us - mta_wall(m);
	if (defect_at(m, DEFECT_NUMBER, (struct at){ .e = e }))
		e->identifier = ++m->identifiers;
	return queue_add(&m->queue, e, m->config.peers[e->peer].name, head) != NULL;
}

/* X.411 8.3.2: what is critical for what we are to do must be known. */
static bool has_critical(const struct p1_window *extensions, unsigned critical)
{
	struct findings f = { .n = 0 };
	struct p1_iterator it;
	struct p1_extension x;

	p1_walk(&it, extensions, &f);
	while (p1_next_extension(&it, &x))
		if ((x.criticality & critical) && (x.is_oid || !p1_extension_name(x.type)))
			return true;
	return false;
}

/* X.411 8.3.2, of a report: of its envelope, its content, or a recipient it tells of. */
static bool report_has_critical(const struct p1_apdu *a)
{
	struct findings f = { .n = 0 };
	struct p1_reported r;
	struct p1_iterator it;

	if (has_critical(&a->extensions, CRITICAL_FOR_TRANSFER) ||
	    has_critical(&a->content_extensions, CRITICAL_FOR_TRANSFER))
		return true;
	p1_walk(&it, &a->recipients, &f);
	while (p1_next_reported(&it, &r))
		if (has_critical(&r.extensions, CRITICAL_FOR_TRANSFER))
			return true;
	return false;
}

static bool is_old(const struct mta *m, int peer)
{
	return peer >= 0 &&
	       m->config.peers[peer].context == ASSOCIATION_MTS_TRANSFER_PROTOCOL_1984;
}

/* What becomes of each recipient is found once: names are dear to compare. */
struct fates {
	int8_t *of;			/* enum fate; owned, or `small` */
	int8_t small[64];
	uint32_t peers[MTA_PEERS_MAX], others[FATES_N];	/* how many have it */
	uint8_t peer;			/* whose copy is made */
};

static int8_t fate_of(struct mta *m, const struct p1_apdu *a, const struct p1_recipient *r)
{
	int peer;

	if (!(r->indicators & P1_RESPONSIBILITY))
		return FATE_NOT_OURS;
	if (has_critical(&r->extensions, CRITICAL_FOR_TRANSFER))
		return FATE_CRITICAL;
	peer = routing_of(m, r->name);
	if (peer == ROUTE_LOCAL)
		return has_critical(&r->extensions, CRITICAL_FOR_DELIVERY) ||
		       has_critical(&a->extensions, CRITICAL_FOR_DELIVERY) ? FATE_CRITICAL
		                                                           : FATE_LOCAL;
	if (peer < 0)
		return FATE_UNROUTED;
	if (is_old(m, peer) && !(downgrade_possible(a) && downgrade_recipient(r)))
		return FATE_NOT_1984;
	return (int8_t)peer;
}

static bool fates_find(struct fates *k, struct mta *m, const struct p1_apdu *a)
{
	struct findings f = { .n = 0 };
	struct p1_iterator it;
	struct p1_recipient r;
	uint32_t i = 0;

	memset(k, 0, sizeof *k);
	k->of = a->recipients_n <= sizeof k->small ? k->small : malloc(a->recipients_n);
	if (!k->of)
		return false;
	p1_walk(&it, &a->recipients, &f);
	for (; i < a->recipients_n && p1_next_recipient(&it, &r); i++) {
		int8_t fate = k->of[i] = fate_of(m, a, &r);

		*(fate >= 0 ? &k->peers[fate] : &k->others[-fate]) += 1;
	}
	return true;
}

static void fates_free(struct fates *k)
{
	if (k->of != k->small)
		free(k->of);
}

/* Whose responsibility stays ours to pass on in the copy for `peer`. */
static bool goes_this_way(void *ctx, uint32_t index, const struct p1_recipient *r)
{
	const struct fates *k = ctx;

	(void)r;
	return k->of[index] == k->peer;
}

void relay_head_set(struct head *h, uint8_t *p, size_t n)
{
	if (h->p != h->room)
		free(h->p);
	h->p = p;
	h->n = n;
}

static void relayed(const struct p1_apdu *a, const struct p1_relay *relay, uint64_t length,
                    struct head *h)
{
	size_t n = p1_relay_head(a, relay, length, h->room, sizeof h->room);

	relay_head_set(h, n <= sizeof h->room ? h->room : malloc(n), n);
	if (h->p && h->p != h->room)
		p1_relay_head(a, relay, length, h->p, n);
}

/* Seconds that its local time is ahead, of what stands behind the time of a UTCTime. */
static bool differential(const char *text, long *s)
{
	unsigned hours, minutes;
	char sign, end;

	*s = 0;
	if (strcmp(text, "Z") == 0)
		return true;
	if (strlen(text) != 5 || strspn(text + 1, "0123456789") != 4 ||
	    sscanf(text, "%c%2u%2u%c", &sign, &hours, &minutes, &end) != 3 || hours > 23 ||
	    minutes > 59 || (sign != '+' && sign != '-'))
		return false;
	*s = (sign == '+' ? 1 : -1) * (long)(hours * 3600 + minutes * 60);
	return true;
}

/* X.411 8.2.1.1.1.17: held until then; 0: not deferred, or past. */
static int64_t deferred_until(struct mta *m, const struct p1_apdu *a)
{
	enum { MINUTES = 10, SECONDS = 12 };	/* digits */
	struct tm tm = { .tm_isdst = 0 };
	char text[18] = "";
	const char *rest;
	size_t digits;
	int64_t at;
	long ahead;

	if (!a->deferred.raw.n || a->deferred.segmented || a->deferred.raw.n >= sizeof text)
		return 0;
	memcpy(text, a->deferred.raw.p, a->deferred.raw.n);
	digits = strspn(text, "0123456789");
	if (digits != MINUTES && digits != SECONDS)
		return 0;
	rest = strptime(text, digits == MINUTES ? "%y%m%d%H%M" : "%y%m%d%H%M%S", &tm);
	if (!rest || !differential(rest, &ahead))
		return 0;
	at = ((int64_t)timegm(&tm) - ahead) * SECOND_US;
	return at > mta_wall(m) ? at : 0;
}

/* X.411 14.3.4: urgent before normal before non-urgent. */
static uint8_t rank_of(uint8_t priority)
{
	static const uint8_t ranks[] = { [P1_NORMAL] = 1, [P1_NON_URGENT] = 2, [P1_URGENT] = 0 };

	return priority < QUEUE_RANKS ? ranks[priority] : 1;
}

static bool enqueue(struct line *l, const struct p1_apdu *a, unsigned peer, struct fates *k)
{
	struct mta *m = l->m;
	struct content *content = k ? l->in.content : NULL;
	uint64_t length = k ? l->in.length : 0;
	struct entry e = {
		.content = content, .length = length, .peer = peer, .kind = a->kind,
		.rank = rank_of(a->priority), .not_before_us = deferred_until(m, a),
	};
	bool all = !k || k->peers[peer] == a->recipients_n;
	struct p1_relay relay = { .responsible = all ? NULL : goes_this_way, .ctx = k };
	struct p1_trace ours;
	struct head head;
	char utc[14];
	bool ok;

	head.p = NULL;
	ours = trace_ours(m, utc);
	if (e.not_before_us > 0)
		ours.deferred = a->deferred;	/* when it is let go */
	trace_relay(l, a, peer, &ours, &relay);
	if (is_old(m, (int)peer) && defect_at(m, DEFECT_DOWNGRADE_HEAD, (struct at){ .apdu = a }))
		head.p = downgrade_head(a, &relay, length, &head.n);
	else
		relayed(a, &relay, length, &head);
	defect_at(m, DEFECT_HEAD, (struct at){ .l = l, .apdu = a, .head = &head });
	ok = head.p && head.n &&
	     relay_enqueue(m, &e, &a->id, (struct octets){ head.p, head.n });
	relay_head_set(&head, NULL, 0);
	return ok;
}

/* ---- what has come in ---- */

static bool is_critical(struct line *l, const struct p1_apdu *a)
{
	return defect_at(l->m, DEFECT_CRITICAL, (struct at){ .l = l, .apdu = a }) &&
	       (a->kind == P1_REPORT ? report_has_critical(a)
	                             : has_critical(&a->extensions, CRITICAL_FOR_TRANSFER));
}

/* Why it cannot be passed on to `peer`; NULL: it can. */
static const char *report_fault(struct line *l, const struct p1_apdu *a, int peer)
{
	if (is_critical(l, a))
		return "a critical extension is not known";
	if (peer == NO_ROUTE)
		return "there is no route to its originator";
	if (trace_is_loop(l, a))
		return "a loop has been detected";
	return is_old(l->m, peer) && !downgrade_possible(a) ? "it cannot be downgraded" : NULL;
}

/* X.411 14.4: a report that cannot be passed on is discarded.  Inferred: the wording, as 202 is
 * documented for messages, and for extensions. */
static bool take_report(struct line *l, const struct p1_apdu *a)
{
	struct mta *m = l->m;
	int peer = routing_of(m, a->originator);	/* of a report: its destination */
	const char *fault = report_fault(l, a, peer);

	if (fault)
		log_event(&m->log, mta_wall(m), &event_extension, "Unable to transfer in a report "
		          "from %s because %s. The report is discarded.", line_name(l), fault);
	return fault || peer == ROUTE_LOCAL || enqueue(l, a, (unsigned)peer, NULL);
}

static bool send_on(struct line *l, const struct p1_apdu *a, struct fates *k)
{
	for (unsigned i = 0; i < l->m->config.peers_n; i++) {
		k->peer = (uint8_t)i;
		if (k->peers[i] && !enqueue(l, a, i, k))
			return false;
	}
	return true;
}

static void log_critical(struct line *l, const struct p1_apdu *a)
{
	char id[QUEUE_MTS_ID];
	struct text t;

	text_init(&t, id, sizeof id);
	p1_mts_id_text(&t, &a->id);
	log_event(&l->m->log, mta_wall(l->m), &event_extension,
	          "Unable to transfer in message %s because an unsupported extension was detected. "
	          "A non-delivery report has been generated with reason code unable-to-transfer "
	          "and diagnostic code unsupported-critical-function.", id);
}

static bool report_on(struct line *l, const struct p1_apdu *a, const struct fates *k)
{
	static const struct {
		int8_t fate;
		bool delivered;
		int32_t diagnostic;
	} rows[] = {
		{ FATE_UNROUTED, false, X400_UNRECOGNISED_OR_NAME },
		{ FATE_NOT_1984, false, X400_UNABLE_TO_DOWNGRADE },
		{ FATE_CRITICAL, false, X400_UNSUPPORTED_CRITICAL_FUNCTION },
		{ FATE_LOCAL, true, X400_NO_DIAGNOSTIC },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct reporting rp = {
			.m = l->m, .subject = a, .fates = k->of, .fate = rows[i].fate,
			.delivered = rows[i].delivered, .reason = X400_UNABLE_TO_TRANSFER,
			.diagnostic = rows[i].diagnostic,
		};

		if (!k->others[-rows[i].fate])
			continue;
		if (rows[i].fate == FATE_CRITICAL)
			log_critical(l, a);
		if (rows[i].fate == FATE_NOT_1984 &&
		    !defect_at(l->m, DEFECT_DOWNGRADE, (struct at){ .l = l, .reporting = &rp }))
			continue;
		if (!reports_make(&rp))
			return false;
	}
	return true;
}

static bool take_message(struct line *l, const struct p1_apdu *a)
{
	struct fates k;
	bool ok = fates_find(&k, l->m, a) && send_on(l, a, &k) && report_on(l, a, &k);

	fates_free(&k);
	return ok;
}

/* All recipients that are ours get the same report. */
static bool refuse(struct line *l, const struct p1_apdu *a, uint32_t reason, int32_t diagnostic)
{
	struct reporting rp = {
		.m = l->m, .subject = a, .reason = reason, .diagnostic = diagnostic,
	};

	return reports_make(&rp);
}

static bool take_loop(struct line *l, const struct p1_apdu *a)
{
	log_event(&l->m->log, mta_wall(l->m), &event_loop,
	          "A loop has been detected in the message being transferred in. A non-delivery "
	          "report was generated with reason code unable-to-transfer and diagnostic code "
	          "loop-detected.");
	return refuse(l, a, X400_UNABLE_TO_TRANSFER, X400_LOOP_DETECTED);
}

static bool take_critical(struct line *l, const struct p1_apdu *a)
{
	log_critical(l, a);
	return refuse(l, a, X400_UNABLE_TO_TRANSFER, X400_UNSUPPORTED_CRITICAL_FUNCTION);
}

static bool take_too_long(struct line *l, const struct p1_apdu *a)
{
	log_event(&l->m->log, mta_wall(l->m), &event_too_long,
	          "A delivery failure occurred for the message with message transfer service "
	          "identifier. X.400 reason code unable-to-transfer. Diagnostic content-too-long.");
	return refuse(l, a, X400_UNABLE_TO_TRANSFER, X400_CONTENT_TOO_LONG);
}

static bool is_loop(struct line *l, const struct p1_apdu *a)
{
	return defect_at(l->m, DEFECT_LOOP, (struct at){ .l = l, .apdu = a }) &&
	       trace_is_loop(l, a);
}

/* A probe asks about a content that it does not bring. */
static bool is_too_long(const struct line *l, const struct p1_apdu *a)
{
	uint64_t most = l->m->config.content_max;

	return l->in.too_long ||
	       (a->kind == P1_PROBE && most && a->has_length && a->length > most);
}

/* Unless it has come by already. */
static bool take_once(struct line *l, const struct p1_apdu *a)
{
	struct mta *m = l->m;
	char id[QUEUE_MTS_ID];
	struct text t;

	if (m->config.repeated != MTA_REPEATED_SUPPRESS)
		return take_message(l, a);
	text_init(&t, id, sizeof id);
	p1_mts_id_text(&t, &a->id);
	l->in.noted = !queue_seen(&m->queue, id, mta_wall(m),
	                          mta_wall(m) - m->config.timers.seen);
	if (!l->in.noted || take_message(l, a))
		return true;
	queue_unsee(&m->queue, id);	/* its sender will try again */
	return false;
}

/* Inferred: what stands behind the dump reference in the description. */
void relay_log_unreadable(struct line *l, const char *what, uint64_t at, struct log_node node)
{
	unsigned dump = incoming_dump(l);
	unsigned long long offset = at;
	char lines[LOG_LINES];
	struct log_event with = log_event_with(
		&event_bad_apdu, lines, "Transfer-In failure, error in received APDU\n"
		"Syntax server error code %s\nError detected at offset %llu\n"
		"Internal qualifier %u\nNode label %s\nPDU dump reference %u", what, offset,
		node.qualifier, node.label ? node.label : "", dump);

	log_event(&l->m->log, mta_wall(l->m), &with, "An error occurred while ASN.1 was decoding "
	          "an object (dump reference %u): %s at offset %llu, from %s.", dump, what, offset,
	          line_name(l));
}

void relay_unreadable(struct line *l, const struct findings *f)
{
	const struct finding *why = f ? findings_fatal(f) : NULL;
	const struct rule *rule = why ? why->rule : association_rule(l->broken);

	relay_log_unreadable(l, rule ? rule->text : "cut off", why ? why->octet : l->broken_at,
	                     (struct log_node){ 0, NULL });
	defect_at(l->m, DEFECT_UNREADABLE, (struct at){ .l = l });
}

static bool take(struct line *l, const struct p1_apdu *a)
{
	if (a->kind == P1_REPORT)
		return take_report(l, a);
	if (is_loop(l, a))
		return take_loop(l, a);
	if (is_too_long(l, a))
		return take_too_long(l, a);
	/* X.411: LocalIdentifier has at least one character (a longer one than 32 is carried);
	 * 12.3.1: without trace no loop could ever be seen. */
	if (ber_string_size(&a->id.local) == 0 || a->trace_n == 0)
		return refuse(l, a, X400_UNABLE_TO_TRANSFER, X400_PROTOCOL_VIOLATION);
	if (is_critical(l, a))
		return take_critical(l, a);
	return take_once(l, a);
}

void relay_take_back(struct line *l)
{
	struct queue *q = &l->m->queue;
	struct findings f = { .n = 0 };
	bool noted = l->in.noted;
	char id[QUEUE_MTS_ID];
	struct p1_apdu a;
	struct text t;

	queue_take_back(q, l->in.taken_from, l->in.taken_to);
	l->in.complete = l->in.noted = false;
	if (!noted || !p1_decode((struct octets){ l->in.head, l->in.head_n }, &a, &f))
		return;
	text_init(&t, id, sizeof id);
	p1_mts_id_text(&t, &a.id);
	queue_unsee(q, id);
}

bool relay_take(struct line *l)
{
	struct queue *q = &l->m->queue;
	struct entry *mark = queue_mark(q);
	struct findings f = { .n = 0 };
	struct p1_apdu a;

	l->in.taken_from = l->in.taken_to = q->ids;
	if (!p1_decode((struct octets){ l->in.head, l->in.head_n }, &a, &f)) {
		relay_unreadable(l, &f);
		return true;
	}
	if (!defect_at(l->m, DEFECT_MESSAGE_IN, (struct at){ .l = l, .apdu = &a }) ||
	    take(l, &a)) {
		l->in.taken_to = q->ids;
		return true;
	}
	queue_back(q, mark);	/* it comes again: none of its copies and reports goes before */
	return false;
}

/* false: there is no memory for the report. */
static bool report(struct mta *m, struct entry *e, uint32_t reason, int32_t diagnostic)
{
	struct reporting rp = { .m = m, .reason = reason, .diagnostic = diagnostic };
	uint8_t *head = malloc(e->head_n);
	bool made = head != NULL;
	struct p1_apdu a;

	if (head && queue_head(&m->queue, e, head) &&
	    p1_decode((struct octets){ head, e->head_n }, &a, &rp.findings)) {
		rp.subject = &a;
		made = reports_make(&rp);
	}
	free(head);
	return made;
}

static void put_off(struct mta *m, struct entry *e)
{
	struct queue_list *list = &m->queue.lists[e->peer][e->rank];
	int64_t until = mta_wall(m) + m->config.timers.transfer_interval;

	e->not_before_us = until;
	if (e->expires_us < until)
		e->expires_us = until;
	if (e->expires_us < list->expires_us)
		list->expires_us = e->expires_us;
}

void relay_give_up(struct mta *m, struct entry *e, uint32_t reason, int32_t diagnostic)
{
	recovery_drop(e, m);
	if (m->congested_until <= net_now(m->net) && report(m, e, reason, diagnostic))
		queue_remove(&m->queue, e, false);
	else
		put_off(m, e);
}
