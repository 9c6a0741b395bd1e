#include "mta/mta_inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct log_event event_report = {
	290, "X.400 Service", "X.400 Service", "Warning", "MTA", "DISP:RESULT", 20, 136, 12, false,
	NULL,
};

/* X.411 8.5.9: the originating MTA asks for both kinds of report, or for
 * non-delivery only. */
static bool is_reported(const struct reporting *rp, const struct p1_recipient *r)
{
	return (r->indicators & P1_RESPONSIBILITY) &&
	       (r->indicators & (P1_MTA_REPORT | P1_MTA_NON_DELIVERY)) &&
	       (!rp->chosen || rp->chosen(rp, r));
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

static void log_report(struct reporting *rp)
{
	const char *reason = p1_reason_name(rp->reason);
	const char *diagnostic = p1_diagnostic_name(rp->diagnostic);
	char id[QUEUE_MTS_ID];
	struct text t;

	text_init(&t, id, sizeof id);
	p1_mts_id_text(&t, &rp->subject->id);
	log_event(&rp->m->log, mta_wall(rp->m), &event_report,
	          "A non-delivery report (reason code %s and diagnostic code %s) is being generated "
	          "for message %s.", reason ? reason : "?", diagnostic ? diagnostic : "none", id);
}

static bool queue_report(struct reporting *rp, unsigned peer, struct octets o)
{
	struct entry e = { .peer = peer, .kind = P1_REPORT, .rank = 1 };
	struct p1_apdu made;

	memset(&made, 0, sizeof made);
	return !p1_decode(o, &made, &rp->findings) || relay_enqueue(rp->m, &e, &made.id, o);
}

static bool write_report(struct reporting *rp, unsigned peer, const struct p1_report *r)
{
	size_t n = p1_report(r, NULL, 0);
	uint8_t *octets = n ? malloc(n) : NULL;
	bool ok;

	if (!octets)
		return false;
	p1_report(r, octets, n);
	ok = queue_report(rp, peer, (struct octets){ octets, n });
	free(octets);
	return ok;
}

bool reports_make(struct reporting *rp)
{
	struct mta *m = rp->m;
	char local[33], utc[14];
	struct p1_report r = { .recipient = reported, .ctx = rp };
	int peer = routing_of(m, rp->subject->originator);

	r.recipients_n = reported_n(rp);
	if (rp->subject->kind == P1_REPORT || r.recipients_n == 0)
		return true;		/* X.411 14.4: no report on a report */
	log_report(rp);
	if (peer == NO_ROUTE || !defect_at(m, DEFECT_REPORT, (struct at){ .reporting = rp }))
		return true;
	p1_report_on(&r, rp->subject);
	mta_utc(m, rp->utc);
	snprintf(local, sizeof local, "%.10s-%s-%X", m->config.name, rp->utc, ++m->reports);
	r.id = (struct p1_mts_id){ m->domain, p1_string(local) };
	r.trace = relay_trace(m, utc);
	return write_report(rp, (unsigned)peer, &r);
}
