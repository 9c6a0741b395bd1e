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
	TAG_MTS_ID = 0x64,
	TAG_TRACE = 0x69,
};

/* ---- parts of envelopes, last one first ---- */

/* An ORName whose tag is to be another: [0] and [4] in reports (X.411
 * PerRecipientReportTransferFields). */
static void put_retagged(struct p1_backward *w, uint8_t tag, struct octets name)
{
	p1_put_value(w, tag, ber_inside(name));
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

static bool has_trace(const struct p1_trace *e)
{
	return e->arrival.raw.n > 0;
}

static void put_trace(struct p1_backward *w, struct octets earlier, const struct p1_trace *e)
{
	uint64_t mark = p1_mark(w);

	if (has_trace(e))
		p1_put_trace(w, e, false);
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
