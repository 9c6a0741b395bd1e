#include "p1/p1_build.h"

#include "p1/p1_backward.h"

/* Identifier octets. */
enum {
	TAG_OID = 0x06,
	TAG_OCTET_STRING = 0x04,
	TAG_SEQUENCE = 0x30,
	TAG_SET = 0x31,
	TAG_CONTENT_TYPE = 0x46,
	TAG_PRIORITY = 0x47,
	TAG_INDICATORS = 0x48,
	TAG_CONTENT_ID = 0x4a,
	TAG_DOMAIN = 0x63,
	TAG_MTS_ID = 0x64,
	TAG_TRACE = 0x69,
};

/* ---- parts of envelopes, last one first ---- */

/* An ORName whose tag is to be another: [0] and [4] in reports (X.411
 * PerRecipientReportTransferFields). */
static void put_retagged(struct p1_backward *w, uint8_t tag, struct octets name)
{
	struct octets contents = name;
	struct findings ignored;
	struct ber_tlv t;
	struct ber b;

	findings_clear(&ignored);
	ber_init(&b, name, &ignored);
	if (ber_next(&b, &t))
		ber_contents(&b, &t, &contents);
	p1_put_value(w, tag, contents);
}

static void put_optional(struct p1_backward *w, uint8_t tag, struct octets contents)
{
	if (contents.n)
		p1_put_value(w, tag, contents);
}

static void put_content_type(struct p1_backward *w, const struct p1_content_type *c)
{
	if (c->present && c->is_oid)
		p1_put_value(w, TAG_OID, c->oid);
	else if (c->present)
		p1_put_int(w, TAG_CONTENT_TYPE, c->number);
}

static void put_trace_element(struct p1_backward *w, const struct p1_trace *e)
{
	uint64_t element = p1_mark(w), set = p1_mark(w);

	if (e->other_actions)
		p1_put_bits(w, 0x83, e->other_actions, 2);
	p1_put_octets(w, e->converted_eits);
	if (e->deferred.raw.n)
		p1_put_string(w, 0x81, &e->deferred);
	if (e->has_attempted)
		p1_put_domain(w, TAG_DOMAIN, &e->attempted);
	p1_put_int(w, 0x82, e->action);
	p1_put_string(w, 0x80, &e->arrival);
	p1_put_header(w, TAG_SET, set);
	p1_put_domain(w, TAG_DOMAIN, &e->domain);
	p1_put_header(w, TAG_SEQUENCE, element);
}

static bool has_trace(const struct p1_trace *e)
{
	return e->arrival.raw.n > 0;
}

static void put_trace(struct p1_backward *w, struct octets earlier, const struct p1_trace *e)
{
	uint64_t mark = p1_mark(w);

	if (has_trace(e))
		put_trace_element(w, e);
	p1_put_octets(w, earlier);
	if (p1_mark(w) != mark)
		p1_put_header(w, TAG_TRACE, mark);
}

static struct octets octets_in(const struct p1_window *w)
{
	return (struct octets){ w->base ? w->base + w->pos : NULL, w->end - w->pos };
}

static void put_recipient(struct p1_backward *w, const struct p1_recipient *r)
{
	uint64_t mark = p1_mark(w);

	put_optional(w, 0xa3, octets_in(&r->extensions));
	if (r->has_conversion)
		p1_put_int(w, 0x82, r->conversion);
	p1_put_bits(w, 0x81, r->indicators, 8);
	p1_put_int(w, 0x80, r->number);
	p1_put_octets(w, r->name);
	p1_put_header(w, TAG_SET, mark);
}

static void put_recipients(struct p1_backward *w, const struct p1_message *m)
{
	uint64_t mark = p1_mark(w);

	for (uint32_t i = m->recipients_n; i-- > 0;) {
		struct p1_recipient r = { .number = 0 };

		if (m->recipient)
			m->recipient(m->ctx, i, &r);
		else
			r = m->recipients[i];
		put_recipient(w, &r);
	}
	p1_put_header(w, 0xa2, mark);
}

/* What messages and probes have in common, in the order of X.411's fields;
 * it is a SET, so the order is ours to choose. */
static void put_tail(struct p1_backward *w, const struct p1_message *m)
{
	put_recipients(w, m);
	put_optional(w, 0xa3, m->extensions);
	put_trace(w, m->earlier, &m->trace);
	put_optional(w, 0xa1, m->bilateral);
}

static void put_beginning(struct p1_backward *w, const struct p1_message *m)
{
	put_content_type(w, &m->content_type);
	p1_put_octets(w, m->eits);
	p1_put_octets(w, m->originator);
	p1_put_mts_id(w, TAG_MTS_ID, &m->id);
}

static void put_indicators(struct p1_backward *w, uint8_t v)
{
	if (v)
		p1_put_bits(w, TAG_INDICATORS, v, 0);
}

/* ---- messages and probes ---- */

struct sized_message {
	const struct p1_message *m;
	uint64_t length;
};

static void put_message(struct p1_backward *w, const void *ctx)
{
	const struct sized_message *s = ctx;
	const struct p1_message *m = s->m;
	uint64_t envelope;

	p1_put_header(w, TAG_OCTET_STRING, 0);
	envelope = p1_mark(w);
	put_tail(w, m);
	put_optional(w, 0x80, m->deferred);
	put_indicators(w, m->indicators);
	if (m->priority != P1_NORMAL)
		p1_put_int(w, TAG_PRIORITY, m->priority);
	put_optional(w, TAG_CONTENT_ID, m->content_id);
	put_beginning(w, m);
	p1_put_header(w, TAG_SET, envelope);
	p1_put_header(w, 0xa0 + P1_MESSAGE, 0);
}

size_t p1_message_head(const struct p1_message *m, uint64_t content_length,
                       uint8_t *dst, size_t cap)
{
	return p1_write(put_message, &(struct sized_message){ m, content_length },
	                content_length, dst, cap);
}

static void put_probe(struct p1_backward *w, const void *ctx)
{
	const struct sized_message *s = ctx;
	const struct p1_message *m = s->m;

	put_tail(w, m);
	put_indicators(w, m->indicators);
	if (s->length != P1_NO_LENGTH)
		p1_put_int(w, 0x80, (int64_t)s->length);
	put_optional(w, TAG_CONTENT_ID, m->content_id);
	put_beginning(w, m);
	p1_put_header(w, 0xa0 + P1_PROBE, 0);
}

size_t p1_probe(const struct p1_message *m, uint64_t content_length, uint8_t *dst, size_t cap)
{
	return p1_write(put_probe, &(struct sized_message){ m, content_length }, 0, dst, cap);
}

/* ---- reports ---- */

static void put_report_type(struct p1_backward *w, const struct p1_reported *r)
{
	uint64_t choice = p1_mark(w), mark = p1_mark(w);

	if (r->delivered) {
		if (r->user_type)
			p1_put_int(w, 0x81, r->user_type);
		p1_put_string(w, 0x80, &r->delivery_time);
		p1_put_header(w, 0xa0, mark);
	} else {
		if (r->diagnostic != P1_NO_DIAGNOSTIC)
			p1_put_int(w, 0x81, r->diagnostic);
		p1_put_int(w, 0x80, r->reason);
		p1_put_header(w, 0xa1, mark);
	}
	p1_put_header(w, 0xa1, choice);
}

static void put_last_trace(struct p1_backward *w, const struct p1_reported *r)
{
	uint64_t mark = p1_mark(w);

	put_report_type(w, r);
	p1_put_octets(w, r->converted_eits);
	p1_put_string(w, 0x80, &r->arrival);
	p1_put_header(w, 0xa3, mark);
}

static void put_reported(struct p1_backward *w, const struct p1_reported *r)
{
	uint64_t mark = p1_mark(w);

	put_optional(w, 0xa6, octets_in(&r->extensions));
	if (r->supplementary.raw.n)
		p1_put_string(w, 0x85, &r->supplementary);
	if (r->intended.n)
		put_retagged(w, 0xa4, r->intended);
	put_last_trace(w, r);
	p1_put_bits(w, 0x82, r->indicators, 8);
	p1_put_int(w, 0x81, r->number);
	put_retagged(w, 0xa0, r->name);
	p1_put_header(w, TAG_SET, mark);
}

static void put_all_reported(struct p1_backward *w, const struct p1_report *r)
{
	uint64_t mark = p1_mark(w);

	for (uint32_t i = r->recipients_n; i-- > 0;) {
		struct p1_reported one = { .diagnostic = P1_NO_DIAGNOSTIC };

		if (r->recipient)
			r->recipient(r->ctx, i, &one);
		else
			one = r->recipients[i];
		put_reported(w, &one);
	}
	p1_put_header(w, 0xa0, mark);
}

static void put_report_content(struct p1_backward *w, const struct p1_report *r)
{
	uint64_t mark = p1_mark(w);

	put_all_reported(w, r);
	put_optional(w, 0xa3, r->content_extensions);
	put_optional(w, 0xa2, r->additional);
	if (r->returned.p)
		p1_put_value(w, 0x81, r->returned);
	put_optional(w, TAG_CONTENT_ID, r->content_id);
	put_content_type(w, &r->content_type);
	p1_put_octets(w, r->eits);
	put_optional(w, TAG_TRACE, r->subject_trace);
	p1_put_mts_id(w, TAG_MTS_ID, &r->subject);
	p1_put_header(w, TAG_SET, mark);
}

static void put_report(struct p1_backward *w, const void *ctx)
{
	const struct p1_report *r = ctx;
	uint64_t envelope;

	put_report_content(w, r);
	envelope = p1_mark(w);
	put_optional(w, 0xa1, r->extensions);
	put_trace(w, r->earlier, &r->trace);
	p1_put_octets(w, r->destination);
	p1_put_mts_id(w, TAG_MTS_ID, &r->id);
	p1_put_header(w, TAG_SET, envelope);
	p1_put_header(w, 0xa0 + P1_REPORT, 0);
}

size_t p1_report(const struct p1_report *r, uint8_t *dst, size_t cap)
{
	return p1_write(put_report, r, 0, dst, cap);
}

void p1_report_on(struct p1_report *r, const struct p1_apdu *subject)
{
	r->destination = subject->originator;
	r->subject = subject->id;
	r->subject_trace = octets_in(&subject->trace);
	r->eits = subject->eits;
	r->content_type = subject->content_type;
	/* A content identifier has 16 characters; in segments it is left out. */
	if (!subject->content_id.segmented)
		r->content_id = subject->content_id.raw;
}

/* ---- relay ---- */

struct relayed {
	const struct p1_apdu *a;
	const struct p1_relay *relay;
	/* Octets of the new head behind the members of the envelope, and with
	 * them: to find the members again. */
	size_t *behind, *with;
};

/* Octets from..to of the received head. */
static void put_slice(struct p1_backward *w, const struct p1_apdu *a, size_t from, size_t to)
{
	p1_put_octets(w, (struct octets){ a->head.p + from, to - from });
}

static void put_longer_trace(struct p1_backward *w, const struct relayed *r)
{
	uint64_t mark = p1_mark(w);

	put_trace_element(w, &r->relay->trace);
	put_slice(w, r->a, r->a->trace.pos, r->a->trace.end);
	p1_put_header(w, TAG_TRACE, mark);
}

/* The members of the envelope as they came, the trace grown; if there was
 * none, a new one stands at the end. */
static void put_members(struct p1_backward *w, const struct relayed *r)
{
	const struct p1_apdu *a = r->a;
	bool had = a->trace_end > a->trace_at;

	if (!has_trace(&r->relay->trace)) {
		put_slice(w, a, a->envelope.pos, a->envelope.end);
	} else if (had) {
		put_slice(w, a, a->trace_end, a->envelope.end);
		put_longer_trace(w, r);
		put_slice(w, a, a->envelope.pos, a->trace_at);
	} else {
		put_trace(w, (struct octets){ NULL, 0 }, &r->relay->trace);
		put_slice(w, a, a->envelope.pos, a->envelope.end);
	}
}

static void put_relayed(struct p1_backward *w, const void *ctx)
{
	const struct relayed *r = ctx;
	const struct p1_apdu *a = r->a;
	uint64_t envelope;

	if (a->kind == P1_MESSAGE)
		p1_put_header(w, TAG_OCTET_STRING, 0);
	if (a->kind == P1_REPORT)
		put_slice(w, a, a->report_at, a->report_end);
	envelope = p1_mark(w);
	*r->behind = w->n;
	put_members(w, r);
	*r->with = w->n;
	if (a->kind != P1_PROBE)
		p1_put_header(w, TAG_SET, envelope);
	p1_put_header(w, (uint8_t)(0xa0 + a->kind), 0);
}

/* Turns responsibility off where the caller says so.  The flags are in place
 * in the copy: only where the members begin or end has changed. */
static void clear_responsibility(const struct relayed *r, uint8_t *dst, size_t size)
{
	const struct p1_apdu *a = r->a;
	size_t begin = size - *r->with, end = size - *r->behind;
	bool grown = has_trace(&r->relay->trace) && a->trace_end > a->trace_at;
	struct findings ignored;
	struct p1_recipient one;
	struct p1_iterator it;
	uint32_t index = 0;

	findings_clear(&ignored);
	p1_walk(&it, &a->recipients, &ignored);
	for (; p1_next_recipient(&it, &one); index++) {
		size_t at = one.indicators_at;

		if (r->relay->responsible(r->relay->ctx, index, &one) || !at)
			continue;
		if (grown && at >= a->trace_end)
			dst[end - (a->envelope.end - at)] &= 0x7f;
		else
			dst[begin + (at - a->envelope.pos)] &= 0x7f;
	}
}

size_t p1_relay_head(const struct p1_apdu *a, const struct p1_relay *relay,
                     uint64_t content_length, uint8_t *dst, size_t cap)
{
	size_t behind = 0, with = 0;
	struct relayed r = { a, relay, &behind, &with };
	uint64_t follow = a->kind == P1_MESSAGE ? content_length : 0;
	size_t size = p1_write(put_relayed, &r, follow, dst, cap);

	if (dst && size <= cap && relay->responsible && a->kind != P1_REPORT)
		clear_responsibility(&r, dst, size);
	return size;
}
