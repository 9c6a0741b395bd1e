/*
 * Delivery and non-delivery reports.
 */
#include "mta/mta_inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct log_event event_report = {
	290, "X.400 Service", "X.400 Service", "Warning", "MTA", "DISP:RESULT", 20, 136, 12, false,
	NULL,
};
/* Inferred: 62 and 202 for what is told here. */
static const struct log_event event_failure = {
	62, "X.400 Service", "X.400 Service", "Warning", "MTA", "DISP:RESULT", 20, 136, 12, false,
	NULL,
};
static const struct log_event event_discarded = {
	202, "X.400 Service", "X.400 Service", "Warning", "MTA", "DISP:RESULT", 20, 136, 12, false,
	NULL,
};

/* X.411 8.5.9: the originating MTA asks for both kinds of report, or for
 * non-delivery only. */
static bool is_reported(const void *ctx, uint32_t index, const struct p1_window *one)
{
	const struct reporting *rp = ctx;
	uint8_t asked = rp->delivered ? P1_MTA_REPORT : P1_MTA_REPORT | P1_MTA_NON_DELIVERY;
	struct findings f = { .n = 0 };
	struct p1_recipient r;
	struct p1_iterator it;

	if (rp->fates && rp->fates[index] != rp->fate)
		return false;
	p1_walk(&it, one, &f);
	return p1_next_recipient(&it, &r) && (r.indicators & P1_RESPONSIBILITY) &&
	       (r.indicators & asked);
}

static void reported(void *ctx, uint32_t i, struct p1_reported *out)
{
	struct reporting *rp = ctx;
	struct p1_window one = places_window(&rp->places, i);
	struct p1_recipient r = { .name = { NULL, 0 } };
	struct p1_iterator it;

	p1_walk(&it, &one, &rp->findings);
	p1_next_recipient(&it, &r);
	*out = (struct p1_reported){
		.name = r.name, .number = r.number, .indicators = r.indicators,
		.arrival = p1_string(rp->utc), .delivered = rp->delivered,
		.delivery_time = p1_string(rp->utc), .reason = rp->reason,
		.diagnostic = rp->diagnostic,
	};
}

/* What the log calls it: the message that it is about. */
struct words {
	const char *reason, *diagnostic;
	char id[QUEUE_MTS_ID];
};

static struct words words_of(const struct reporting *rp)
{
	const struct p1_apdu *a = rp->subject;
	const char *reason = p1_reason_name(rp->reason);
	const char *diagnostic = p1_diagnostic_name(rp->diagnostic);
	struct words w = { reason ? reason : "?", diagnostic ? diagnostic : "none", "" };
	struct text t;

	text_init(&t, w.id, sizeof w.id);
	p1_mts_id_text(&t, a->kind == P1_REPORT ? &a->subject : &a->id);
	return w;
}

/* The first of those that it tells of. */
static void log_report(struct reporting *rp)
{
	struct words w = words_of(rp);
	char lines[LOG_LINES], name[ROUTE_NAME];
	struct findings f = { .n = 0 };
	struct p1_reported first;
	struct log_event with;
	struct p1_name n;
	struct text t;

	reported(rp, 0, &first);
	text_init(&t, name, sizeof name);
	if (p1_name_decode(first.name, &n, &f))
		p1_name_text(&t, &n);
	with = log_event_with(&event_report, lines, "Generating Non-Delivery report\n"
	                      "Reason code %s\nDiagnostic code %s\nRecipient Number %u", w.reason,
	                      w.diagnostic, first.number);
	log_event(&rp->m->log, mta_wall(rp->m), &with,
	          "A non-delivery report (reason code %s and diagnostic code %s) is being "
	          "generated for message %s. It was originally destined for %s (recipient number "
	          "%u).", w.reason, w.diagnostic, w.id, name, first.number);
}

static void log_unreported(const struct reporting *rp)
{
	struct words w = words_of(rp);

	log_event(&rp->m->log, mta_wall(rp->m), &event_failure,
	          "A delivery failure occurred for message %s. X.400 reason code %s. Diagnostic "
	          "%s. No report was asked for.", w.id, w.reason, w.diagnostic);
}

static void log_discarded(const struct reporting *rp, const char *why)
{
	struct words w = words_of(rp);

	log_event(&rp->m->log, mta_wall(rp->m), &event_discarded,
	          "Unable to transfer a report on message %s because of %s. The report is "
	          "discarded.", w.id, why ? why : w.diagnostic);
}

/* As 1984 has it; *can: it can be said there at all (X.411 14.4). */
static uint8_t *report_1984(struct reporting *rp, struct octets o, size_t *n, bool *can)
{
	struct p1_apdu made;

	*can = p1_decode(o, &made, &rp->findings) && downgrade_possible(&made);
	return *can ? downgrade_report(&made, n) : NULL;
}

static bool queue_report(struct reporting *rp, unsigned peer, const struct p1_mts_id *id,
                         struct octets o)
{
	bool old = rp->m->config.peers[peer].context == ASSOCIATION_MTS_TRANSFER_PROTOCOL_1984;
	struct entry e = { .peer = peer, .kind = P1_REPORT, .rank = 1 };
	uint8_t *head = NULL;
	bool can = true, ok;

	if (old) {
		head = report_1984(rp, o, &o.n, &can);
		o.p = head;
	}
	if (!can)
		log_discarded(rp, "a neighbour that it cannot be downgraded for");
	ok = !can || (o.p && relay_enqueue(rp->m, &e, id, o));
	free(head);
	return ok;
}

static bool write_report(struct reporting *rp, unsigned peer, const struct p1_report *r)
{
	size_t n = p1_report(r, NULL, 0);
	uint8_t *octets = n ? malloc(n) : NULL;
	bool ok;

	if (!octets)
		return false;
	p1_report(r, octets, n);
	ok = queue_report(rp, peer, &r->id, (struct octets){ octets, n });
	free(octets);
	return ok;
}

/* X.411 8.2.1.1.1.36: the content correlator of the subject, the whole field, goes back. */
static struct octets correlator_of(const struct p1_apdu *subject)
{
	enum { CONTENT_CORRELATOR = 23 };
	const struct p1_window *all = &subject->extensions;
	struct findings f = { .n = 0 };
	struct p1_iterator it;
	struct p1_extension x;

	p1_walk(&it, all, &f);
	while (p1_next_extension(&it, &x))
		if (!x.is_oid && x.type == CONTENT_CORRELATOR)
			return (struct octets){ all->base + x.at, x.end - x.at };
	return (struct octets){ NULL, 0 };
}

static bool make(struct reporting *rp, unsigned peer)
{
	struct mta *m = rp->m;
	char local[33], utc[14];
	uint8_t internal[256];
	struct p1_report r = { .recipient = reported, .ctx = rp };

	r.recipients_n = rp->places.n;
	p1_report_on(&r, rp->subject);
	r.content_extensions = correlator_of(rp->subject);
	mta_utc(m, rp->utc);
	snprintf(local, sizeof local, "%.10s-%s-%X", m->config.name, rp->utc, ++m->reports);
	r.id = (struct p1_mts_id){ m->domain, p1_string(local) };
	r.trace = trace_ours(m, utc);
	if (m->config.peers[peer].inside)
		r.extensions = (struct octets){
			internal, p1_internal_field(&r.trace, internal, sizeof internal) };
	defect_at(m, DEFECT_REPORT_HEAD, (struct at){ .nb = &m->neighbours[peer], .report = &r });
	return write_report(rp, peer, &r);
}

/* Of those that are due: logged, and queued if there is a way. */
static bool make_due(struct reporting *rp, int peer)
{
	if (peer == NO_ROUTE)
		log_discarded(rp, "an originator that there is no route to");
	else if (!rp->delivered)
		log_report(rp);
	return peer < 0 || !defect_at(rp->m, DEFECT_REPORT, (struct at){ .reporting = rp }) ||
	       make(rp, (unsigned)peer);
}

/* X.411 14.4: no report on a report. */
bool reports_make(struct reporting *rp)
{
	int peer = routing_of(rp->m, rp->subject->originator);
	bool ok;

	if (rp->subject->kind == P1_REPORT) {
		log_discarded(rp, NULL);
		return true;
	}
	ok = places_new(&rp->places, &rp->subject->recipients, is_reported, rp);
	if (ok && rp->places.n)
		ok = make_due(rp, peer);
	else if (ok && !rp->delivered)
		log_unreported(rp);
	places_free(&rp->places);
	return ok;
}
