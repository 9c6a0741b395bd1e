#include "mta/mta_inner.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct log_event event_loop = {
	201, "X.400 Service", "X.400 Service", "Warning", "MTA", "XFER-IN", 17, 104, 14, false, NULL,
};
static const struct log_event event_bad_apdu = {
	200, "X.400 Service", "X.400 Service", "Warning", "MTA", "XFER-IN", 21, 98, 14, false, NULL,
};
static const struct log_event event_extension = {
	202, "X.400 Service", "X.400 Service", "Warning", "MTA", "XFER-IN", 12, 97, 14, false, NULL,
};
static const struct log_event event_failure = {
	62, "X.400 Service", "X.400 Service", "Warning", "MTA", "SUBMIT", 25, 112, 12, false, NULL,
};

enum { CRITICAL_FOR_TRANSFER = 1 << 1 };

struct p1_trace relay_trace(struct mta *m, char utc[14])
{
	mta_utc(m, utc);
	return (struct p1_trace){ .domain = m->domain, .arrival = p1_string(utc),
	                          .action = P1_RELAYED };
}

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

/* X.411 8.3.2: what is critical for transfer must be known. */
static bool has_critical(const struct p1_window *extensions)
{
	struct findings f = { .n = 0 };
	struct p1_iterator it;
	struct p1_extension x;

	p1_walk(&it, extensions, &f);
	while (p1_next_extension(&it, &x))
		if ((x.criticality & CRITICAL_FOR_TRANSFER) &&
		    (x.is_oid || !p1_extension_name(x.type)))
			return true;
	return false;
}

/* Which recipients stay ours to pass on when the copy for `peer` is made. */
struct way {
	struct mta *m;
	int peer;
	bool old;			/* a neighbour of 1984 */
	bool possible;			/* the message can be said in 1984 */
	uint32_t found;
};

static bool is_old(const struct mta *m, int peer)
{
	return peer >= 0 &&
	       m->config.peers[peer].context == ASSOCIATION_MTS_TRANSFER_PROTOCOL_1984;
}

static bool goes_this_way(void *ctx, uint32_t index, const struct p1_recipient *r)
{
	struct way *w = ctx;
	bool yes = (r->indicators & P1_RESPONSIBILITY) && !has_critical(&r->extensions) &&
	           routing_of(w->m, r->name) == w->peer &&
	           (!w->old || (w->possible && downgrade_recipient(r)));

	(void)index;
	w->found += yes;
	return yes;
}

/* A builder called twice: for the size, and to write. */
static uint8_t *relayed(const struct p1_apdu *a, const struct p1_relay *relay, uint64_t length,
                        size_t *n)
{
	uint8_t *head;

	*n = p1_relay_head(a, relay, length, NULL, 0);
	head = *n ? malloc(*n) : NULL;
	if (head)
		p1_relay_head(a, relay, length, head, *n);
	return head;
}

/* X.411 8.2.1.1.1.17: held until then; 0: not deferred, or past. */
static int64_t deferred_until(struct mta *m, const struct p1_apdu *a)
{
	char text[18] = "";
	struct tm tm = { .tm_isdst = 0 };
	int64_t at;

	if (a->deferred.segmented || a->deferred.raw.n < 11 || a->deferred.raw.n >= sizeof text)
		return 0;
	memcpy(text, a->deferred.raw.p, a->deferred.raw.n);
	if (!strptime(text, text[10] == 'Z' ? "%y%m%d%H%MZ" : "%y%m%d%H%M%SZ", &tm))
		return 0;
	at = (int64_t)timegm(&tm) * SECOND_US;
	return at > mta_wall(m) ? at : 0;
}

/* X.411 14.3.4: urgent before normal before non-urgent. */
static uint8_t rank_of(uint8_t priority)
{
	static const uint8_t ranks[] = { [P1_NORMAL] = 1, [P1_NON_URGENT] = 2, [P1_URGENT] = 0 };

	return priority < QUEUE_RANKS ? ranks[priority] : 1;
}

static bool enqueue(struct mta *m, const struct p1_apdu *a, unsigned peer, struct way *w,
                    struct content *content, uint64_t length)
{
	struct entry e = {
		.content = content, .length = length, .peer = peer, .kind = a->kind,
		.rank = rank_of(a->priority), .not_before_us = deferred_until(m, a),
	};
	char utc[14];
	struct p1_relay relay = { relay_trace(m, utc), w ? goes_this_way : NULL, w };
	size_t n;
	uint8_t *head = is_old(m, (int)peer) ? downgrade_head(a, &relay, length, &n)
	                                     : relayed(a, &relay, length, &n);
	bool ok = head && relay_enqueue(m, &e, &a->id, (struct octets){ head, n });

	free(head);
	return ok;
}

/* ---- what has come in ---- */

/* X.411 14.4: a report that cannot be passed on is discarded. */
static bool take_report(struct mta *m, const struct p1_apdu *a)
{
	int peer = routing_of(m, a->originator);	/* of a report: its destination */

	m->delivered += peer == ROUTE_LOCAL;
	if (peer < 0 || p1_trace_has(a, &m->domain) || (is_old(m, peer) && !downgrade_possible(a)))
		return true;
	return enqueue(m, a, (unsigned)peer, NULL, NULL, 0);
}

static bool unrouted(const struct reporting *rp, const struct p1_recipient *r)
{
	return routing_of(rp->m, r->name) == NO_ROUTE && !has_critical(&r->extensions);
}

static bool demanding(const struct reporting *rp, const struct p1_recipient *r)
{
	(void)rp;
	return has_critical(&r->extensions);
}

static bool is_local(const struct reporting *rp, const struct p1_recipient *r)
{
	return routing_of(rp->m, r->name) == ROUTE_LOCAL && !has_critical(&r->extensions);
}

static bool cannot_be_said(const struct reporting *rp, const struct p1_recipient *r)
{
	return is_old(rp->m, routing_of(rp->m, r->name)) && !has_critical(&r->extensions) &&
	       (!rp->downgradable || !downgrade_recipient(r));
}

static bool send_on(struct line *l, const struct p1_apdu *a, unsigned peer, bool downgradable)
{
	struct way w = { l->m, (int)peer, is_old(l->m, (int)peer), downgradable, 0 };
	struct findings f = { .n = 0 };
	struct p1_iterator it;
	struct p1_recipient r;

	p1_walk(&it, &a->recipients, &f);
	while (p1_next_recipient(&it, &r))
		goes_this_way(&w, 0, &r);
	return !w.found || enqueue(l->m, a, peer, &w, l->in.content, l->in.length);
}

static bool take_message(struct line *l, const struct p1_apdu *a)
{
	struct reporting rp[] = {
		{ .chosen = unrouted, .reason = X400_UNABLE_TO_TRANSFER,
		  .diagnostic = X400_UNRECOGNISED_OR_NAME },
		{ .chosen = cannot_be_said, .reason = X400_UNABLE_TO_TRANSFER,
		  .diagnostic = X400_UNABLE_TO_DOWNGRADE, .downgradable = downgrade_possible(a) },
		{ .chosen = demanding, .reason = X400_UNABLE_TO_TRANSFER,
		  .diagnostic = X400_UNSUPPORTED_CRITICAL_FUNCTION },
		{ .chosen = is_local, .delivered = true },
	};

	for (size_t i = 0; i < l->m->config.peers_n; i++)
		if (!send_on(l, a, (unsigned)i, rp[1].downgradable))
			return false;
	for (size_t i = 0; i < sizeof rp / sizeof rp[0]; i++) {
		rp[i].m = l->m;
		rp[i].subject = a;
		if (rp[i].chosen == cannot_be_said &&
		    !defect_at(l->m, DEFECT_DOWNGRADE, (struct at){ .l = l, .reporting = &rp[i] }))
			continue;
		if (!reports_make(&rp[i]))
			return false;
	}
	return true;
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
	log_event(&l->m->log, mta_wall(l->m), &event_extension,
	          "Unable to transfer in message %s because an unsupported extension was detected. "
	          "A non-delivery report has been generated with reason code unable-to-transfer and "
	          "diagnostic code unsupported-critical-function.", line_name(l));
	return refuse(l, a, X400_UNABLE_TO_TRANSFER, X400_UNSUPPORTED_CRITICAL_FUNCTION);
}

static bool take_too_long(struct line *l, const struct p1_apdu *a)
{
	log_event(&l->m->log, mta_wall(l->m), &event_failure,
	          "A delivery failure occurred for the message with message transfer service "
	          "identifier. X.400 reason code unable-to-transfer. Diagnostic content-too-long.");
	return refuse(l, a, X400_UNABLE_TO_TRANSFER, X400_CONTENT_TOO_LONG);
}

static bool is_loop(struct line *l, const struct p1_apdu *a)
{
	return defect_at(l->m, DEFECT_LOOP, (struct at){ .l = l, .apdu = a }) &&
	       p1_trace_has(a, &l->m->domain);
}

static bool is_critical(struct line *l, const struct p1_apdu *a)
{
	return defect_at(l->m, DEFECT_CRITICAL, (struct at){ .l = l, .apdu = a }) &&
	       has_critical(&a->extensions);
}

static bool is_repeated(struct mta *m, const struct p1_apdu *a)
{
	char id[QUEUE_MTS_ID];
	struct text t;

	if (m->config.repeated != MTA_REPEATED_SUPPRESS)
		return false;
	text_init(&t, id, sizeof id);
	p1_mts_id_text(&t, &a->id);
	return queue_seen(&m->queue, id, mta_wall(m), mta_wall(m) - m->config.timers.seen);
}

void relay_unreadable(struct line *l, const struct findings *f)
{
	const struct finding *why = f ? findings_fatal(f) : NULL;
	const struct rule *rule = why ? why->rule : association_rule(l->broken);
	uint32_t dump = log_dump(&l->m->log, (struct octets){ l->in.head, l->in.head_n });

	log_event(&l->m->log, mta_wall(l->m), &event_bad_apdu,
	          "An error occurred while ASN.1 was decoding an object (dump reference %u): %s at "
	          "offset %zu, from %s.", dump, rule ? rule->text : "cut off",
	          why ? why->octet : l->broken_at, line_name(l));
}

bool relay_take(struct line *l)
{
	struct findings f = { .n = 0 };
	struct p1_apdu a;

	if (!p1_decode((struct octets){ l->in.head, l->in.head_n }, &a, &f)) {
		relay_unreadable(l, &f);
		return true;
	}
	if (!defect_at(l->m, DEFECT_MESSAGE_IN, (struct at){ .l = l, .apdu = &a }))
		return true;
	if (a.kind == P1_REPORT)
		return take_report(l->m, &a);
	if (is_loop(l, &a))
		return take_loop(l, &a);
	if (l->in.too_long)
		return take_too_long(l, &a);
	if (a.trace_n == 0)		/* X.411 12.3.1: no loop could ever be seen */
		return refuse(l, &a, X400_UNABLE_TO_TRANSFER, X400_PROTOCOL_VIOLATION);
	if (is_critical(l, &a))
		return take_critical(l, &a);
	return is_repeated(l->m, &a) || take_message(l, &a);
}

void relay_give_up(struct mta *m, struct entry *e, uint32_t reason, int32_t diagnostic)
{
	struct reporting rp = { .m = m, .reason = reason, .diagnostic = diagnostic };
	uint8_t *head = malloc(e->head_n);
	struct p1_apdu a;

	if (head && queue_head(&m->queue, e, head) &&
	    p1_decode((struct octets){ head, e->head_n }, &a, &rp.findings)) {
		rp.subject = &a;
		reports_make(&rp);
	}
	free(head);
	recovery_drop(e, m);
	queue_remove(&m->queue, e, false);
}
