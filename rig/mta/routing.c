#include "mta/mta_inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	X400_UNABLE_TO_TRANSFER = 1,
	X400_UNRECOGNISED_OR_NAME = 0,
	X400_LOOP_DETECTED = 3,
	NO_ROUTE = -1,
};

static const struct log_event event_loop = {
	201, "X.400 Service", "X.400 Service", "Warning", "MTA", "XFER-IN", 17, 104, 14, false, NULL,
};
static const struct log_event event_report = {
	290, "X.400 Service", "X.400 Service", "Warning", "MTA", "DISP:RESULT", 20, 136, 12, false,
	NULL,
};
static const struct log_event event_bad_apdu = {
	200, "X.400 Service", "X.400 Service", "Warning", "MTA", "XFER-IN", 21, 98, 14, false, NULL,
};

/* The neighbour whose prefix fits best (most attributes), or NO_ROUTE. */
static int route_of(const struct mta *m, struct octets name)
{
	struct findings f = { .n = 0 };
	struct p1_name n;
	size_t best_n = 0;
	int best = NO_ROUTE;

	if (!p1_name_decode(name, &n, &f))
		return NO_ROUTE;
	for (size_t i = 0; i < m->config.peers_n; i++) {
		size_t length = strlen(m->config.peers[i].prefix);

		if (length > best_n && p1_name_matches(&n, &m->prefixes[i])) {
			best = (int)i;
			best_n = length;
		}
	}
	return best;
}

static struct p1_trace our_trace(struct mta *m, char utc[14])
{
	mta_utc(m, utc);
	return (struct p1_trace){ .domain = m->domain, .arrival = p1_string(utc),
	                          .action = P1_RELAYED };
}

/* Which recipients stay ours to pass on when the copy for `peer` is made. */
struct way {
	struct mta *m;
	int peer;
	uint32_t found;
};

static bool goes_this_way(void *ctx, uint32_t index, const struct p1_recipient *r)
{
	struct way *w = ctx;
	bool yes = (r->indicators & P1_RESPONSIBILITY) && route_of(w->m, r->name) == w->peer;

	(void)index;
	w->found += yes;
	return yes;
}

/* A builder called twice: for the size, and to write. */
static uint8_t *relayed(struct mta *m, const struct p1_apdu *a, struct way *w, uint64_t length,
                        size_t *n)
{
	char utc[14];
	struct p1_relay relay = { our_trace(m, utc), w ? goes_this_way : NULL, w };
	uint8_t *head;

	*n = p1_relay_head(a, &relay, length, NULL, 0);
	head = *n ? malloc(*n) : NULL;
	if (head)
		p1_relay_head(a, &relay, length, head, *n);
	return head;
}

static bool enqueue(struct mta *m, const struct p1_apdu *a, unsigned peer, struct way *w,
                    int64_t content, uint64_t length)
{
	struct entry e = {
		.content = content, .length = length, .peer = peer, .kind = a->kind,
		.priority = a->priority,
		.expires_us = net_wall(m->net, net_now(m->net)) + m->config.timers.expiry,
		.identifier = defect_identifier(m, peer),
	};
	struct text t;
	uint8_t *head;
	size_t n;
	bool ok;

	text_init(&t, e.mts_id, sizeof e.mts_id);
	p1_mts_id_text(&t, &a->id);
	head = relayed(m, a, w, length, &n);
	ok = head && queue_add(&m->queue, &e, (struct octets){ head, n });
	free(head);
	return ok;
}

/* ---- reports ---- */

/* Which of the subject's recipients are reported: those not routed, or all
 * that we are responsible for. */
struct reporting {
	struct mta *m;
	const struct p1_apdu *subject;
	bool unrouted_only;
	uint32_t reason;
	int32_t diagnostic;
	char utc[14];
	struct findings findings;
};

static bool is_reported(const struct reporting *rp, const struct p1_recipient *r)
{
	if (!(r->indicators & P1_RESPONSIBILITY) ||
	    !(r->indicators & (P1_MTA_REPORT | P1_MTA_NON_DELIVERY)))
		return false;
	return !rp->unrouted_only || route_of(rp->m, r->name) == NO_ROUTE;
}

/* The i-th reported recipient.  Walks from the beginning: a report on many
 * recipients is rare, and the head is not indexed. */
static bool reported_at(struct reporting *rp, uint32_t i, struct p1_recipient *out)
{
	struct p1_iterator it;

	p1_walk(&it, &rp->subject->recipients, &rp->findings);
	while (p1_next_recipient(&it, out))
		if (is_reported(rp, out) && i-- == 0)
			return true;
	return false;
}

static uint32_t reported_n(struct reporting *rp)
{
	struct p1_recipient r;
	struct p1_iterator it;
	uint32_t n = 0;

	p1_walk(&it, &rp->subject->recipients, &rp->findings);
	while (p1_next_recipient(&it, &r))
		n += is_reported(rp, &r);
	return n;
}

static void reported(void *ctx, uint32_t i, struct p1_reported *out)
{
	struct reporting *rp = ctx;
	struct p1_recipient r = { .name = { NULL, 0 } };

	reported_at(rp, i, &r);
	*out = (struct p1_reported){
		.name = r.name, .number = r.number, .indicators = r.indicators,
		.arrival = p1_string(rp->utc), .reason = rp->reason,
		.diagnostic = rp->diagnostic,
	};
}

static void log_report(struct reporting *rp, const char *mts_id)
{
	const char *reason = p1_reason_name(rp->reason);
	const char *diagnostic = p1_diagnostic_name(rp->diagnostic);

	log_event(&rp->m->log, net_wall(rp->m->net, net_now(rp->m->net)), &event_report,
	          "A non-delivery report (reason code %s and diagnostic code %s) is being generated "
	          "for message %s.", reason ? reason : "?", diagnostic ? diagnostic : "none", mts_id);
}

/* Queues a non-delivery report to the originator, if one is due and he can be
 * reached. */
static bool report(struct reporting *rp)
{
	struct mta *m = rp->m;
	char local[33], id[QUEUE_MTS_ID], utc[14];
	struct p1_report r = { .recipient = reported, .ctx = rp };
	struct p1_apdu made;
	struct text t;
	uint8_t *octets;
	size_t n;
	int peer = route_of(m, rp->subject->originator);
	bool ok = true;

	text_init(&t, id, sizeof id);
	p1_mts_id_text(&t, &rp->subject->id);
	r.recipients_n = reported_n(rp);
	if (rp->subject->kind == P1_REPORT || r.recipients_n == 0)
		return true;		/* X.411 14.4: no report on a report */
	log_report(rp, id);
	if (peer == NO_ROUTE)
		return true;
	p1_report_on(&r, rp->subject);
	mta_utc(m, rp->utc);
	snprintf(local, sizeof local, "%.10s-%s-%X", m->config.name, rp->utc, ++m->reports);
	r.id = (struct p1_mts_id){ m->domain, p1_string(local) };
	r.trace = our_trace(m, utc);
	n = p1_report(&r, NULL, 0);
	octets = n ? malloc(n) : NULL;
	if (!octets)
		return false;
	p1_report(&r, octets, n);
	memset(&made, 0, sizeof made);
	if (p1_decode((struct octets){ octets, n }, &made, &rp->findings)) {
		struct entry e = {
			.peer = (unsigned)peer, .kind = P1_REPORT,
			.expires_us = net_wall(m->net, net_now(m->net)) + m->config.timers.expiry,
			.identifier = defect_identifier(m, (unsigned)peer),
		};

		text_init(&t, e.mts_id, sizeof e.mts_id);
		p1_mts_id_text(&t, &made.id);
		ok = queue_add(&m->queue, &e, (struct octets){ octets, n }) != NULL;
	}
	free(octets);
	return ok;
}

/* ---- what has come in ---- */

static bool take_report(struct mta *m, const struct p1_apdu *a)
{
	int peer = route_of(m, a->originator);	/* of a report: its destination */

	return peer == NO_ROUTE || enqueue(m, a, (unsigned)peer, NULL, 0, 0);
}

static bool take_message(struct mta *m, const struct p1_apdu *a, int64_t content, uint64_t length)
{
	struct reporting rp = {
		.m = m, .subject = a, .unrouted_only = true,
		.reason = X400_UNABLE_TO_TRANSFER, .diagnostic = X400_UNRECOGNISED_OR_NAME,
	};
	bool kept = false;

	for (size_t i = 0; i < m->config.peers_n; i++) {
		struct way w = { m, (int)i, 0 };
		struct p1_recipient r;
		struct p1_iterator it;
		struct findings f = { .n = 0 };

		p1_walk(&it, &a->recipients, &f);
		while (p1_next_recipient(&it, &r))
			goes_this_way(&w, 0, &r);
		if (!w.found)
			continue;
		if (!enqueue(m, a, (unsigned)i, &w, content, length))
			return false;
		kept = true;
	}
	if (!kept)
		queue_content_drop(&m->queue, content);
	return report(&rp);
}

static bool take_loop(struct mta *m, const struct p1_apdu *a, int64_t content)
{
	struct reporting rp = {
		.m = m, .subject = a, .reason = X400_UNABLE_TO_TRANSFER,
		.diagnostic = X400_LOOP_DETECTED,
	};

	log_event(&m->log, net_wall(m->net, net_now(m->net)), &event_loop,
	          "A loop has been detected in the message being transferred in. A non-delivery "
	          "report was generated with reason code unable-to-transfer and diagnostic code "
	          "loop-detected.");
	queue_content_drop(&m->queue, content);
	return report(&rp);
}

bool routing_take(struct mta *m, struct octets head, int64_t content, uint64_t length)
{
	struct findings f = { .n = 0 };
	struct p1_apdu a;

	if (!p1_decode(head, &a, &f)) {
		const struct finding *why = findings_fatal(&f);

		/* Taken and thrown away: the sender would only send it again. */
		log_event(&m->log, net_wall(m->net, net_now(m->net)), &event_bad_apdu,
		          "An error occurred while ASN.1 was decoding an object: %s at offset %zu.",
		          why ? why->rule->text : "?", why ? why->octet : 0);
		queue_content_drop(&m->queue, content);
		return true;
	}
	if (a.kind == P1_REPORT)
		return take_report(m, &a);
	if (p1_trace_has(&a, &m->domain))
		return take_loop(m, &a, content);
	return take_message(m, &a, content, length);
}

void routing_give_up(struct mta *m, struct entry *e, uint32_t reason, int32_t diagnostic)
{
	struct reporting rp = { .m = m, .reason = reason, .diagnostic = diagnostic };
	uint8_t *head = malloc(e->head_n);
	struct p1_apdu a;

	if (head && queue_head(&m->queue, e, head) &&
	    p1_decode((struct octets){ head, e->head_n }, &a, &rp.findings)) {
		rp.subject = &a;
		report(&rp);
	}
	free(head);
	queue_remove(&m->queue, e);
}
