/*
 * What comes in at an end: messages and reports.
 */
#include "scenario/runner_inner.h"

#include <stdio.h>
#include <string.h>

static uint32_t ordinal_of(const struct ber_string *id, uint64_t key)
{
	uint8_t buf[CONTENT_ID];
	struct octets o;

	return ber_string_join(id, buf, sizeof buf, &o) ? content_id_ordinal(key, o) : 0;
}

/* --- messages ----------------------------------------------------------------- */

/* Identifiers that $mts-id gives, and those that a scenario writes itself ("X4R.."). */
static bool is_spoken(const struct p1_mts_id *id, uint64_t key)
{
	char ours[16];
	int n = snprintf(ours, sizeof ours, "X4R-%08x-S", (uint32_t)(key >> 32));
	struct octets o = id->local.raw;

	if (id->local.segmented || o.n < 4 || memcmp(o.p, "X4R", 3) != 0)
		return false;
	return o.p[3] != '-' || (o.n > (size_t)n && memcmp(o.p, ours, (size_t)n) == 0);
}

/* The recipients that this copy is for (X.411 14.3.2). */
static uint32_t responsible(const struct p1_apdu *apdu, struct findings *f)
{
	struct p1_recipient to;
	struct p1_iterator it;
	uint32_t mask = 0;

	p1_walk(&it, &apdu->recipients, f);
	while (p1_next_recipient(&it, &to))
		if (to.indicators & P1_RESPONSIBILITY && to.number >= 1 &&
		    to.number <= TRANSFER_RECIPIENTS_MAX)
			mask |= 1u << (to.number - 1);
	return mask;
}

static void begin_message(struct receiving *in, const struct p1_apdu *apdu, uint64_t key,
                          struct findings *f)
{
	in->whose = responsible(apdu, f);
	in->spoken = is_spoken(&apdu->id, key);
	in->message = true;
	in->equal = true;
	in->id_ordinal = ordinal_of(&apdu->content_id, key);
}

/* Enough has come to look for the nonce, or all has. */
static void identify(struct peer *p)
{
	struct receiving *in = &p->in;
	struct run *r = p->run;
	const struct octets prefix = { in->prefix, in->prefix_n };
	const struct message *m;

	in->identified = true;
	in->ordinal = content_find(r->key, prefix);
	if (!in->ordinal)
		in->ordinal = in->id_ordinal;
	m = run_message(r, in->ordinal);
	if (!m) {
		in->ordinal = 0;
		return;
	}
	message_content(r, in->ordinal, &in->content);
	in->equal = content_equal(&in->content, 0, prefix);
}

void receive_data(struct peer *p, const struct event *e)
{
	struct receiving *in = &p->in;
	struct octets o = { e->data, (size_t)e->length };
	size_t take = sizeof in->prefix - in->prefix_n;

	if (!in->message || o.n == 0)
		return;
	if (!in->identified) {
		if (take > o.n)
			take = o.n;
		memcpy(in->prefix + in->prefix_n, o.p, take);
		in->prefix_n += (uint32_t)take;
		in->n += take;
		o = (struct octets){ o.p + take, o.n - take };
		if (in->prefix_n == sizeof in->prefix)
			identify(p);
	}
	if (o.n > 0) {
		in->equal = in->equal && (!in->ordinal || content_equal(&in->content, in->n, o));
		in->n += o.n;
	}
}

static void end_message(struct peer *p)
{
	struct receiving *in = &p->in;
	struct run *r = p->run;
	struct message *m;
	bool whole;

	if (!in->identified)
		identify(p);
	m = run_message(r, in->ordinal);
	whole = m && in->equal && in->n == m->size;
	/* With one recipient only it is no matter which number it has. */
	if (m && m->recipients == 1)
		in->whose = 1;
	if (!m || !(in->whose & ((1u << m->recipients) - 1))) {
		if (!in->spoken)
			run_ledger_event(r, LEDGER_FOREIGN, 0, p->number, in->n, 0);
		return;
	}
	for (uint32_t i = 0; i < m->recipients; i++) {
		if (!(in->whose >> i & 1))
			continue;
		run_ledger_event(r, whole ? LEDGER_DELIVERED : LEDGER_ALTERED, in->ordinal + i,
		                 p->number, in->n, 0);
		p->side->delivered += whole && !m[i].delivered;
		m[i].delivered |= whole;
	}
	p->unshown = in->ordinal;
	p->unshown_whose = in->whose;
}

/* --- reports ------------------------------------------------------------------- */

/* A report names its subject by the MTS identifier, which we may have reused, and
 * carries the subject's content identifier, which we never do. */
static void begin_report(struct receiving *in, const struct p1_apdu *apdu, uint64_t key,
                         struct findings *f)
{
	struct p1_iterator it;
	struct p1_reported one;

	in->report = true;
	in->spoken = is_spoken(&apdu->subject, key) || is_spoken(&apdu->id, key);
	in->ordinal = ordinal_of(&apdu->content_id, key);
	p1_walk(&it, &apdu->recipients, f);
	while (in->reported_n < TRANSFER_RECIPIENTS_MAX && p1_next_reported(&it, &one))
		in->reported[in->reported_n++] = (struct reported_one){
			one.number, one.delivered, one.reason, one.diagnostic };
}

/* About the i-th recipient of a message. */
static void take_report(struct peer *p, struct message *first, uint32_t i,
                        const struct reported_one *one)
{
	first[i].reported = true;
	run_ledger_event(p->run, one->delivered ? LEDGER_DELIVERY_REPORT : LEDGER_REPORTED,
	                 p->in.ordinal + i, p->number, (uint64_t)((int64_t)one->diagnostic + 1),
	                 one->reason);
}

static void end_report(struct peer *p)
{
	struct receiving *in = &p->in;
	struct run *r = p->run;
	struct message *m = run_message(r, in->ordinal);

	if (!m) {
		if (!in->spoken)
			run_ledger_event(r, LEDGER_FOREIGN, 0, p->number, 0, 0);
		return;
	}
	m->reported = true;
	if (m->probe)
		return;
	if (m->recipients == 1) {
		take_report(p, m, 0, in->reported_n ? &in->reported[0]
		            : &(struct reported_one){ .diagnostic = P1_NO_DIAGNOSTIC });
		return;
	}
	for (uint32_t i = 0; i < in->reported_n; i++)
		if (in->reported[i].number >= 1 && in->reported[i].number <= m->recipients)
			take_report(p, m, in->reported[i].number - 1, &in->reported[i]);
}

/* --- both ------------------------------------------------------------------------ */

void receive_first(struct peer *p, const struct event *e)
{
	const struct octets head = { e->data, (size_t)e->length };
	struct findings f;
	struct p1_apdu apdu;

	p->in = (struct receiving){ .message = false };
	findings_clear(&f);
	if (!p1_decode(head, &apdu, &f))
		return;
	if (apdu.kind == P1_MESSAGE)
		begin_message(&p->in, &apdu, p->run->key, &f);
	else if (apdu.kind == P1_REPORT)
		begin_report(&p->in, &apdu, p->run->key, &f);
	else
		p->in.probe = true;
}

/* Responsibility is taken only when the ledger has it. */
void receive_last(struct peer *p, const struct event *e)
{
	bool malformed = !(e->flags & EVENT_F_POSITIVE) &&
	                 event_service(e)->reason == RTSE_FAIL_NONE;
	struct receiving *in = &p->in;

	if (!(e->flags & EVENT_F_POSITIVE) && !malformed) {	/* given up by the IUT */
		in->message = in->report = false;
		return;
	}
	if (in->message && !malformed)
		end_message(p);
	else if (in->report && !malformed)
		end_report(p);
	else if (!in->probe || malformed)
		run_ledger_event(p->run, LEDGER_FOREIGN, 0, p->number, in->n, 0);
	in->message = in->report = false;
	association_secured_all(peer_association(p), e->at_us);
}
