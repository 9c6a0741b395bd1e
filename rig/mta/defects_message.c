/*
 * Faults with messages, probes and reports: what P1 carries.
 */
#include "mta/defect_inner.h"

/* ---- Q177328 ----
 *
 * The buffer for a recipient's name is as long as the longest name that the vendor's own
 * directory has. */

enum { NAME_BUFFER = 120 };

static const struct log_event event_get = {
	2051, "Internal Processing", "Internal Processing", "Error", "BASE", "XFER-IN", 23, 70, 16,
	false, NULL,
};

static bool q177328_message(struct mta *m, const struct at *at)
{
	struct findings f = { .n = 0 };
	struct p1_iterator it;
	struct p1_recipient r;

	p1_walk(&it, &at->apdu->recipients, &f);
	while (p1_next_recipient(&it, &r)) {
		if (r.name.n <= NAME_BUFFER)
			continue;
		log_event(&m->log, mta_wall(m), &event_get, "An illegal GET from element %08X occurred "
		          "at offset 1.", 0x5CF03901u);
		defect_crash(m, "XFER-IN", 23, "Exception 0xe0050803");
		break;
	}
	return true;
}

static const struct log_event event_put = {
	2050, "Internal Processing", "Internal Processing", "Error", "BASE", "XFER-IN", 21, 9, 16,
	false, NULL,
};

static const struct log_event event_put_fanout = {
	2050, "Internal Processing", "Internal Processing", "Error", "BASE", "DISP:FANOUT", 15, 69, 16,
	false, NULL,
};

/* Q183014 */
static bool q183014_message(struct mta *m, const struct at *at)
{
	const struct ber_string *id = &at->apdu->content_id;

	if (!id->raw.p || id->raw.n > 0)
		return true;
	log_event(&m->log, mta_wall(m), &event_put_fanout, "An illegal PUT to element %08X occurred "
	          "at offset 1.", 0x8C1FF200u);
	mta_stop(m);
	return true;
}

static const struct log_event event_child = {
	200, "X.400 Service", "X.400 Service", "Warning", "MTA", "XFER-IN", 21, 98, 14, false, NULL,
};

/* Q151395.  The octets that the length promises are copied, there or not. */
static bool q151395_cut_short(struct mta *m, const struct at *at)
{
	const struct p1_reader *r = &end_association(at->l->end)->p1.reader;

	/* The envelope was complete: what ends too early is the content. */
	if (at->reason != RTSE_FAIL_NONE || r->kind != P1_MESSAGE || !r->envelope_end || r->ended)
		return true;
	log_event(&m->log, mta_wall(m), &event_child, "An error occurred while ASN.1 was decoding an "
	          "object (dump reference %u): child length exceeds given maximum, node label 1msev.",
	          incoming_dump(at->l));
	log_event(&m->log, mta_wall(m), &event_put, "An illegal PUT to element %08X occurred at "
	          "offset %llu.", 0xA48E6500u, (unsigned long long)at->l->in.length);
	defect_crash(m, "XFER-IN", 21, "Exception c0000005 occurred at Address 215bde9");
	return true;
}

/* ---- Q253619 ---- */

static const struct log_event event_integrity = {
	3150, "X.400 Service", "X.400 Service", "Warning", "XAPI", "GATEWAY", 30, 130, 14, false, NULL,
};

/* Nothing names the country, the ADMD or the PRMD. */
static bool is_nowhere(const struct p1_domain *d)
{
	return !d->country.s.raw.n && !d->admd.s.raw.n && !d->prmd.s.raw.n;
}

static bool q253619_message(struct mta *m, const struct at *at)
{
	if (!is_nowhere(&at->apdu->id.domain))
		return true;
	log_event(&m->log, mta_wall(m), &event_integrity, "An internal MTA error occurred. Object "
	          "00000000 failed integrity verification. DB Attribute: 0. OM attribute: 0. Entity "
	          "Name: %s.", line_name(at->l));
	return false;
}

/* ---- Q177862 ---- */

static const struct log_event event_not_downgraded = {
	175, "X.400 Service", "X.400 Service", "Warning", "MTA", "DISP:RESULT", 23, 147, 12, false,
	"Transfer-Out failure, failed to downgrade per-rcpt-info\n       unable-to-transfer\n"
	"       unable-to-downgrade",
};
static const struct log_event event_rerouted = {
	287, "X.400 Service", "X.400 Service", "Information", "MTA", "DISP:RESULT", 22, 436, 8, false,
	"Successful rerouting",
};

/* Each connector to 1984 sends it to the other one.  It is in neither queue for long enough
 * to be seen, and never leaves. */
static bool q177862_downgrade(struct mta *m, const struct at *at)
{
	enum { CONNECTORS = 2 };

	(void)at;
	for (int i = 0; i < CONNECTORS; i++) {
		log_event(&m->log, mta_wall(m), &event_not_downgraded, "Transfer-Out failure, "
		          "failed to downgrade per-rcpt-info. unable-to-transfer. "
		          "unable-to-downgrade.");
		log_event(&m->log, mta_wall(m), &event_rerouted, "Successful rerouting.");
	}
	return false;
}

/* ---- Q164838 ---- */

/* Inferred: the description; what is documented is its meaning. */
static const struct log_event event_invalid_domain = {
	209, "X.400 Service", "X.400 Service", "Warning", "MTA", "XFER-IN", 17, 104, 14, false, NULL,
};

/* A loop is looked for only where the first trace element agrees with the MTS
 * identifier. */
static bool q164838_loop(struct mta *m, const struct at *at)
{
	struct findings f = { .n = 0 };
	struct p1_iterator it;
	struct p1_trace first;

	p1_walk(&it, &at->apdu->trace, &f);
	if (!p1_next_trace(&it, &first) || p1_domain_equal(&first.domain, &at->apdu->id.domain))
		return true;
	log_event(&m->log, mta_wall(m), &event_invalid_domain, "The global domain identifier of the "
	          "first trace information element is not that of the message transfer service "
	          "identifier (invalid-GDI).");
	return false;
}

static bool loop_ignored(struct mta *m, const struct at *at)
{
	(void)m;
	(void)at;
	return false;
}

static bool critical_ignored(struct mta *m, const struct at *at)
{
	(void)m;
	(void)at;
	return false;
}

/* ---- reports ---- */

/* Q151785.  A report is not understood, and not left alone either. */
static bool q151785_serve(struct mta *m, const struct at *at)
{
	for (unsigned rank = 0; rank < QUEUE_RANKS; rank++)
		for (const struct entry *e = m->queue.lists[at->nb->peer][rank].first; e; e = e->next)
			if (e->kind == P1_REPORT)
				return false;
	return true;
}

static bool unreported(struct mta *m, const struct at *at)
{
	int32_t why = at->reporting->diagnostic;

	(void)m;
	return why != X400_MAXIMUM_TIME_EXPIRED && why != X400_MTS_CONGESTION;
}

const struct defect defects_message[] = {
	{ { "Q177328", "KB Q177328, Q174600, Exchange 5.0",
	    "a recipient's name of more than 120 octets comes in: the MTA stops",
	    "events 2051, 9405 (0xe0050803)", "defects/long-name" },
	  { [DEFECT_MESSAGE_IN] = q177328_message } },
	{ { "Q183014", "KB Q183014, Exchange 5.5",
	    "a message with an empty content identifier comes in: the MTA stops",
	    "event 2050 (offset 1)", "defects/empty-content-id" },
	  { [DEFECT_MESSAGE_IN] = q183014_message } },
	{ { "Q151395", "KB Q151395, Q152914, Exchange 4.0",
	    "a content whose length says more than there is: the MTA stops",
	    "events 200 (child length), 2050, 9405", "defects/content-length" },
	  { [DEFECT_CUT_SHORT] = q151395_cut_short } },
	{ { "Q253619", "KB Q253619, Exchange 5.5",
	    "a message comes in whose MTS identifier has an empty global domain identifier: it is "
	    "lost without a report",
	    "event 3150", "defects/no-domain" },
	  { [DEFECT_MESSAGE_IN] = q253619_message } },
	{ { "Q177862", "KB Q177862, Exchange 4.0, 5.0, 5.5",
	    "a message for a neighbour of 1984 cannot be downgraded: it is rerouted for ever, not "
	    "reported",
	    "events 175, 287", "defects/downgrade" },
	  { [DEFECT_DOWNGRADE] = q177862_downgrade } },
	{ { "Q164838", "KB Q164838, Exchange 4.0",
	    "the domain of the first trace element is not that of the MTS identifier: a loop is not "
	    "seen",
	    "event 209", "defects/loop" },
	  { [DEFECT_LOOP] = q164838_loop } },
	{ { "loop-ignored", "KB Q176127",
	    "our own domain stands in the trace: the message is relayed all the same",
	    "none; event 201 is missing", "defects/loop" },
	  { [DEFECT_LOOP] = loop_ignored } },
	{ { "critical-ignored", "Exchange 2003, event 202; X.411 8.3.2",
	    "an unknown extension that is critical for transfer is relayed",
	    "none; event 202 is missing", "defects/critical" },
	  { [DEFECT_CRITICAL] = critical_ignored } },
	{ { "Q151785", "KB Q151785, Exchange 4.0, 5.0",
	    "a report waits for a neighbour: neither it nor what waits with it is sent",
	    "none", "basic/report" },
	  { [DEFECT_SERVE] = q151785_serve } },
	{ { "unreported", "X.411 14.3.4; KB Q170471",
	    "a message that could not be passed on in its time, or with so many attempts, is dropped "
	    "without a report",
	    "none; the report is missing", "defects/expiry" },
	  { [DEFECT_REPORT] = unreported } },
	{ { NULL, NULL, NULL, NULL, NULL }, { NULL } },
};
