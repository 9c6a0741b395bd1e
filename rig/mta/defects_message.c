/*
 * Faults with messages, probes and reports: what P1 carries.
 */
#include "mta/defect_inner.h"

#include <stdlib.h>

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
		defect_log_illegal(m, &event_get, 0x5CF03901u, 1);
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
	2050, "Internal Processing", "Internal Processing", "Error", "BASE", "DISP:FANOUT", 15, 69,
	16, false, NULL,
};

/* Q183014 */
static bool q183014_message(struct mta *m, const struct at *at)
{
	const struct ber_string *id = &at->apdu->content_id;

	if (!id->raw.p || id->raw.n > 0)
		return true;
	defect_log_illegal(m, &event_put_fanout, 0x8C1FF200u, 1);
	mta_stop(m);
	return true;
}

/* Q151395.  The octets that the length promises are copied, there or not. */
static bool q151395_cut_short(struct mta *m, const struct at *at)
{
	const struct p1_reader *r = &end_association(at->l->end)->p1.reader;

	/* The envelope was complete: what ends too early is the content. */
	if (at->reason != RTSE_FAIL_NONE || r->kind != P1_MESSAGE || !r->envelope_end || r->ended)
		return true;
	relay_log_unreadable(at->l, "child length exceeds given maximum", at->l->in.length,
	                     (struct log_node){ 2921, "1msev" });
	defect_log_illegal(m, &event_put, 0xA48E6500u, at->l->in.length);
	defect_crash(m, "XFER-IN", 21, "Exception c0000005 occurred at Address 215bde9");
	return true;
}

/* ---- Q253619 ---- */

static const struct log_event event_integrity = {
	3150, "X.400 Service", "X.400 Service", "Warning", "XAPI", "GATEWAY", 30, 130, 14, false,
	NULL,
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
	          "00000000 failed integrity verification. DB Attribute: 0. OM attribute: 0. "
	          "Entity Name: %s.", line_name(at->l));
	return false;
}

/* ---- Q177862 ---- */

/* Inferred: the descriptions of these two, which are documented in the text log's words. */
static const struct log_event event_not_downgraded = {
	175, "X.400 Service", "X.400 Service", "Warning", "MTA", "DISP:RESULT", 23, 147, 12, false,
	"Transfer-Out failure, failed to downgrade per-rcpt-info\nunable-to-transfer\n"
	"unable-to-downgrade",
};
static const struct log_event event_rerouted = {
	287, "X.400 Service", "X.400 Service", "Information", "MTA", "DISP:RESULT", 22, 436, 8,
	false, "Successful rerouting",
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
/* Inferred: the description but for "invalid-GDI". */
static const struct log_event event_invalid_domain = {
	209, "X.400 Service", "X.400 Service", "Warning", "MTA", "XFER-IN", 17, 104, 14, false,
	NULL,
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
	log_event(&m->log, mta_wall(m), &event_invalid_domain, "The global domain identifier of "
	          "the first trace information element is not that of the message transfer service "
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

/* ---- Q235534 ----
 *
 * A header that cannot be decoded is looked at again and again. */

/* Inferred: the descriptions of these two, as above. */
static const struct log_event event_data_file = {
	2124, "Internal Operating System", "Operating System", "Error", "DB Server", "XFER-IN", 12,
	98, 14, false, "Object Data file causing I/O error\nOperating system error 131",
};
static const struct log_event event_attribute = {
	2175, "Internal Processing", "Internal Processing", "Error", "DB Server", "XFER-IN", 12, 72,
	14, false, "Error getting length of attribute\nODXOBJEC",
};

static bool q235534_unreadable(struct mta *m, const struct at *at)
{
	(void)at;
	m->defects->looping = true;
	log_event(&m->log, mta_wall(m), &event_data_file, "Object Data file causing I/O error. "
	          "Object id 06000091. Operating system error 131. File operation READ.");
	log_event(&m->log, mta_wall(m), &event_attribute, "Error getting length of attribute. "
	          "Database error code ODXOBJEC - I/O Error on object file. Object at fault "
	          "06000091.");
	return true;
}

static bool is_not_looping(struct mta *m, const struct at *at)
{
	(void)at;
	return !m->defects->looping;
}

/* ---- Q232656 ---- */

static bool has_common_name(const struct p1_apdu *a)
{
	struct findings f = { .n = 0 };
	struct p1_recipient r;
	struct p1_iterator it;
	struct p1_name n;

	p1_walk(&it, &a->recipients, &f);
	while (p1_next_recipient(&it, &r))
		if (p1_name_decode(r.name, &n, &f) && n.common.tag)
			return true;
	return false;
}

/* The rules are applied to the content only. */
static bool q232656_head(struct mta *m, const struct at *at)
{
	(void)m;
	return at->apdu->kind == P1_REPORT || !has_common_name(at->apdu);
}

/* ---- Q232586 ---- */

/* Those whom the next MTA is to pass on to. */
static uint32_t responsible_in(const struct p1_apdu *a)
{
	struct findings f = { .n = 0 };
	struct p1_recipient r;
	struct p1_iterator it;
	uint32_t n = 0;

	p1_walk(&it, &a->recipients, &f);
	while (p1_next_recipient(&it, &r))
		n += (r.indicators & P1_RESPONSIBILITY) != 0;
	return n;
}

/* The head with one trace element more; false: it stays as it is. */
static bool add_rerouted(struct mta *m, struct head *head, uint64_t length)
{
	struct findings f = { .n = 0 };
	struct p1_relay relay = { .ctx = NULL };
	struct p1_apdu a;
	char utc[14];
	uint8_t *more;
	size_t n;

	relay.trace = trace_ours(m, utc);
	relay.trace.action = P1_REROUTED;
	if (!p1_decode((struct octets){ head->p, head->n }, &a, &f))
		return false;
	n = p1_relay_head(&a, &relay, length, NULL, 0);
	more = malloc(n);
	if (!more)
		return false;
	p1_relay_head(&a, &relay, length, more, n);
	relay_head_set(head, more, n);
	return true;
}

/* The search for another way leaves a trace element for each recipient of the copy. */
static bool q232586_head(struct mta *m, const struct at *at)
{
	struct findings f = { .n = 0 };
	struct p1_apdu a;
	uint32_t n;

	if (!at->head->p || at->apdu->kind == P1_REPORT ||
	    !p1_decode((struct octets){ at->head->p, at->head->n }, &a, &f))
		return true;
	n = responsible_in(&a);
	while (n > 1 && add_rerouted(m, at->head, at->l->in.length))
		n--;
	return true;
}

/* ---- Q329595 ---- */

/* YYYYMMDDhhmmssZ, where X.411 has two digits of the year. */
static bool has_long_year(const struct p1_apdu *a)
{
	enum { FOUR_DIGITS = 15 };
	struct findings f = { .n = 0 };
	struct p1_extension x;
	struct p1_iterator it;
	struct p1_trace e;

	if (!p1_find_internal(a, &x) || !p1_walk_internal(&it, &x, &f))
		return false;
	while (p1_next_internal(&it, &e))
		if (e.arrival.raw.n == FOUR_DIGITS && e.arrival.raw.p[FOUR_DIGITS - 1] == 'Z')
			return true;
	return false;
}

static bool q329595_message(struct mta *m, const struct at *at)
{
	(void)m;
	return at->apdu->kind == P1_REPORT || !has_long_year(at->apdu);
}

/* ---- reports ---- */

/* Q151785.  A report with additional information is not understood, and not left alone
 * either. */
static bool q151785_message(struct mta *m, const struct at *at)
{
	m->defects->odd = at->apdu->kind == P1_REPORT && at->apdu->additional.n > 0;
	return true;
}

static bool q151785_number(struct mta *m, const struct at *at)
{
	at->e->hung = m->defects->odd;
	return true;
}

static bool q151785_serve(struct mta *m, const struct at *at)
{
	for (unsigned rank = 0; rank < QUEUE_RANKS; rank++)
		for (const struct entry *e = m->queue.lists[at->nb->peer][rank].first; e; e =
		     e->next)
			if (e->kind == P1_REPORT && e->hung)
				return false;
	return true;
}

/* Q164049.  An extension that is none: a SEQUENCE without a type. */
static bool q164049_report(struct mta *m, const struct at *at)
{
	static const uint8_t empty[] = { 0x30, 0 };

	(void)m;
	if (!at->report->extensions.n &&
	    neighbour_peer(at->nb)->context != ASSOCIATION_MTS_TRANSFER_PROTOCOL_1984)
		at->report->extensions = (struct octets){ empty, sizeof empty };
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
	{ { "Q235534", "KB Q235534, Exchange 5.5",
	    "a message comes in whose envelope cannot be decoded: the MTA loops, and serves nobody",
	    "events 200, 2124 (131), 2175 (ODXOBJEC)", "signatures/s23-malformed" },
	  { [DEFECT_UNREADABLE] = q235534_unreadable, [DEFECT_CONNECTED_IN] = is_not_looping,
	    [DEFECT_LAST_PIECE] = is_not_looping, [DEFECT_SERVE] = is_not_looping,
	    [DEFECT_OPEN] = is_not_looping } },
	{ { "Q177862", "KB Q177862, Exchange 4.0, 5.0, 5.5",
	    "a message for a neighbour of 1984 cannot be downgraded: it is rerouted for ever, not "
	    "reported",
	    "events 175, 287", "defects/downgrade" },
	  { [DEFECT_DOWNGRADE] = q177862_downgrade } },
	{ { "Q232656", "KB Q232656, Exchange 5.5",
	    "a message for a neighbour of 1984 has a common name in its envelope: it is not "
	    "downgraded",
	    "none; an extension attribute goes to 1984", "defects/common-name" },
	  { [DEFECT_DOWNGRADE_HEAD] = q232656_head } },
	{ { "Q164838", "KB Q164838, Exchange 4.0",
	    "the domain of the first trace element is not that of the MTS identifier: a loop is "
	    "not seen",
	    "event 209", "defects/loop" },
	  { [DEFECT_LOOP] = q164838_loop } },
	{ { "Q232586", "KB Q232586, Exchange 5.5",
	    "a message for several recipients goes out with a trace element more, marked rerouted, "
	    "for each of them but one",
	    "none; the next MTA finds a loop", "defects/rerouted" },
	  { [DEFECT_HEAD] = q232586_head } },
	{ { "Q329595", "KB Q329595, Exchange 2000",
	    "a time in the internal trace of a message has a year of four digits: the message is "
	    "stopped, and no report reaches its originator",
	    "none; the report is missing", "defects/long-year" },
	  { [DEFECT_MESSAGE_IN] = q329595_message } },
	{ { "loop-ignored", "KB Q176127, Exchange 5.0, 2000, 2003",
	    "our own domain stands in the trace: the message is relayed all the same",
	    "none; event 201 is missing", "defects/loop" },
	  { [DEFECT_LOOP] = loop_ignored } },
	{ { "critical-ignored", "Exchange 2003, event 202; X.411 8.3.2",
	    "an unknown extension that is critical for transfer is relayed",
	    "none; event 202 is missing", "defects/critical" },
	  { [DEFECT_CRITICAL] = critical_ignored } },
	{ { "Q151785", "KB Q151785, Exchange 4.0, 5.0",
	    "a report with additional information waits for a neighbour: neither it nor what waits "
	    "with it is sent",
	    "none; nothing comes any more", "defects/report-additional" },
	  { [DEFECT_MESSAGE_IN] = q151785_message, [DEFECT_NUMBER] = q151785_number,
	    [DEFECT_SERVE] = q151785_serve } },
	{ { "Q164049", "KB Q164049, Exchange 4.0",
	    "a non-delivery report is made: an extension in its envelope is empty",
	    "none; a report that cannot be decoded", "basic/report" },
	  { [DEFECT_REPORT_HEAD] = q164049_report } },
	{ { "unreported", "X.411 14.3.4; KB Q170471",
	    "a message that could not be passed on in its time, or with so many attempts, is "
	    "dropped without a report",
	    "none; the report is missing", "defects/expiry" },
	  { [DEFECT_REPORT] = unreported } },
	{ { NULL, NULL, NULL, NULL, NULL }, { NULL } },
};
