#include "p1/p1_pdu.h"

#include "p1/p1_fields.h"
#include "p1/p1_reader.h"
#include "p1/p1_usual.h"

/* ---- envelopes ---- */

enum {
	HAS_ID = 1 << 0,
	HAS_ORIGINATOR = 1 << 1,
	HAS_CONTENT_TYPE = 1 << 2,
	HAS_TRACE = 1 << 3,
	HAS_RECIPIENTS = 1 << 4,
	HAS_EITS = 1 << 5,
	HAS_CONTENT_ID = 1 << 6,
	HAS_PRIORITY = 1 << 7,
	HAS_FLAGS = 1 << 8,
	HAS_DEFERRED = 1 << 9,
	HAS_BILATERAL = 1 << 10,
	HAS_EXTENSIONS = 1 << 11,
	HAS_RETURNED = 1 << 12,
	HAS_ADDITIONAL = 1 << 13,
	HAS_LENGTH = 1 << 14,
};

static bool envelope_id(struct ber *b, const struct ber_tlv *t, void *out)
{
	return p1_mts_id_read(b, t, &((struct p1_apdu *)out)->id);
}

static bool envelope_originator(struct ber *b, const struct ber_tlv *t, void *out)
{
	return p1_read_name_raw(b, t, &((struct p1_apdu *)out)->originator);
}

static bool envelope_eits(struct ber *b, const struct ber_tlv *t, void *out)
{
	return ber_raw(b, t, &((struct p1_apdu *)out)->eits);
}

static bool envelope_content_type(struct ber *b, const struct ber_tlv *t, void *out)
{
	struct p1_content_type *type = &((struct p1_apdu *)out)->content_type;

	*type = (struct p1_content_type){ .present = true };
	return p1_read_number(b, t, 0, INT16_MAX, P1_CONTENT_TYPE, &type->number);
}

static bool envelope_content_oid(struct ber *b, const struct ber_tlv *t, void *out)
{
	struct p1_content_type *type = &((struct p1_apdu *)out)->content_type;

	*type = (struct p1_content_type){ .present = true, .is_oid = true };
	return ber_oid(b, t, &type->oid);
}

static bool envelope_content_id(struct ber *b, const struct ber_tlv *t, void *out)
{
	struct p1_apdu *a = out;
	uint64_t n;

	if (!ber_string(b, t, &a->content_id))
		return false;
	n = ber_string_size(&a->content_id);
	if (n == 0 || n > 16)
		return p1_note(b, t, P1_CONTENT_ID_LENGTH);
	return true;
}

static bool envelope_priority(struct ber *b, const struct ber_tlv *t, void *out)
{
	int64_t v = P1_NORMAL;

	if (!ber_int_in(b, t, P1_NORMAL, P1_URGENT, &p1_rules[P1_PRIORITY], &v))
		return false;
	((struct p1_apdu *)out)->priority = (uint8_t)v;
	return true;
}

static bool envelope_indicators(struct ber *b, const struct ber_tlv *t, void *out)
{
	struct p1_apdu *a = out;
	size_t n;

	a->has_indicators = true;
	return p1_read_bits8(b, t, &a->indicators, &n);
}

static bool envelope_deferred(struct ber *b, const struct ber_tlv *t, void *out)
{
	return p1_read_time(b, t, &((struct p1_apdu *)out)->deferred);
}

static bool envelope_bilateral(struct ber *b, const struct ber_tlv *t, void *out)
{
	return p1_read_window(b, t, &((struct p1_apdu *)out)->bilateral);
}

static bool envelope_trace(struct ber *b, const struct ber_tlv *t, void *out)
{
	struct p1_apdu *a = out;

	if (!p1_read_window(b, t, &a->trace))
		return false;
	a->trace_at = t->at;
	a->trace_end = b->c.pos;
	return true;
}

static bool envelope_recipients(struct ber *b, const struct ber_tlv *t, void *out)
{
	return p1_read_window(b, t, &((struct p1_apdu *)out)->recipients);
}

static bool envelope_extensions(struct ber *b, const struct ber_tlv *t, void *out)
{
	struct p1_apdu *a = out;

	if (!p1_read_window(b, t, &a->extensions))
		return false;
	a->extensions_at = t->at;
	a->extensions_end = b->c.pos;
	return true;
}

static bool envelope_length(struct ber *b, const struct ber_tlv *t, void *out)
{
	struct p1_apdu *a = out;
	int64_t v = -1;

	if (!ber_int_in(b, t, 0, INT32_MAX, &p1_rules[P1_CONTENT_LENGTH], &v))
		return false;
	a->has_length = v >= 0;
	a->length = v >= 0 ? (uint64_t)v : 0;
	return true;
}

/* Of messages and probes alike */
#define TRANSFER_FIELDS \
	{ BER_APPLICATION(4), envelope_id, HAS_ID }, \
	{ BER_APPLICATION(0), envelope_originator, HAS_ORIGINATOR }, \
	{ BER_APPLICATION(5), envelope_eits, HAS_EITS }, \
	{ BER_APPLICATION(6), envelope_content_type, HAS_CONTENT_TYPE }, \
	{ BER_UNIVERSAL(BER_OBJECT_IDENTIFIER), envelope_content_oid, HAS_CONTENT_TYPE }, \
	{ BER_APPLICATION(10), envelope_content_id, HAS_CONTENT_ID }, \
	{ BER_APPLICATION(8), envelope_indicators, HAS_FLAGS }, \
	{ BER_CONTEXT(1), envelope_bilateral, HAS_BILATERAL }, \
	{ BER_APPLICATION(9), envelope_trace, HAS_TRACE }, \
	{ BER_CONTEXT(3), envelope_extensions, HAS_EXTENSIONS }, \
	{ BER_CONTEXT(2), envelope_recipients, HAS_RECIPIENTS }

static const struct p1_field message_fields[] = {
	TRANSFER_FIELDS,
	{ BER_APPLICATION(7), envelope_priority, HAS_PRIORITY },
	{ BER_CONTEXT(0), envelope_deferred, HAS_DEFERRED },
	{ 0, NULL, 0 },
};

static const struct p1_field probe_fields[] = {
	TRANSFER_FIELDS,
	{ BER_CONTEXT(0), envelope_length, HAS_LENGTH },
	{ 0, NULL, 0 },
};

static const struct p1_field report_fields[] = {
	{ BER_APPLICATION(4), envelope_id, HAS_ID },
	{ BER_APPLICATION(0), envelope_originator, HAS_ORIGINATOR },
	{ BER_APPLICATION(9), envelope_trace, HAS_TRACE },
	{ BER_CONTEXT(1), envelope_extensions, HAS_EXTENSIONS },
	{ 0, NULL, 0 },
};

static const struct p1_field *const envelope_fields[P1_KINDS] = {
	[P1_MESSAGE] = message_fields, [P1_REPORT] = report_fields,
	[P1_PROBE] = probe_fields,
};

static bool subject_id(struct ber *b, const struct ber_tlv *t, void *out)
{
	return p1_mts_id_read(b, t, &((struct p1_apdu *)out)->subject);
}

static bool subject_trace(struct ber *b, const struct ber_tlv *t, void *out)
{
	return p1_read_window(b, t, &((struct p1_apdu *)out)->subject_trace);
}

static bool subject_returned(struct ber *b, const struct ber_tlv *t, void *out)
{
	struct p1_apdu *a = out;

	a->has_returned = true;
	return ber_string(b, t, &a->returned);
}

static bool subject_additional(struct ber *b, const struct ber_tlv *t, void *out)
{
	return ber_contents(b, t, &((struct p1_apdu *)out)->additional);
}

static bool subject_extensions(struct ber *b, const struct ber_tlv *t, void *out)
{
	return p1_read_window(b, t, &((struct p1_apdu *)out)->content_extensions);
}

static const struct p1_field report_content_fields[] = {
	{ BER_APPLICATION(4), subject_id, HAS_ID },
	{ BER_APPLICATION(9), subject_trace, HAS_TRACE },
	{ BER_APPLICATION(5), envelope_eits, HAS_EITS },
	{ BER_APPLICATION(6), envelope_content_type, HAS_CONTENT_TYPE },
	{ BER_UNIVERSAL(BER_OBJECT_IDENTIFIER), envelope_content_oid, HAS_CONTENT_TYPE },
	{ BER_APPLICATION(10), envelope_content_id, HAS_CONTENT_ID },
	{ BER_CONTEXT(1), subject_returned, HAS_RETURNED },
	{ BER_CONTEXT(2), subject_additional, HAS_ADDITIONAL },
	{ BER_CONTEXT(3), subject_extensions, HAS_EXTENSIONS },
	{ BER_CONTEXT(0), envelope_recipients, HAS_RECIPIENTS },
	{ 0, NULL, 0 },
};

/* ---- counting what is listed ---- */

static struct octets octets_of_window(const struct p1_window *w)
{
	return w->present ? (struct octets){ w->base + w->pos, w->end - w->pos }
	                  : (struct octets){ NULL, 0 };
}

static bool count_recipients(struct p1_apdu *a, struct findings *f)
{
	struct p1_recipient r;
	struct p1_iterator it;

	a->recipients_n = p1_usual_recipients(octets_of_window(&a->recipients));
	if (a->recipients_n > 0 && a->recipients_n <= P1_RECIPIENTS_MAX)
		return true;
	a->recipients_n = 0;
	p1_walk(&it, &a->recipients, f);
	while (p1_next_recipient(&it, &r)) {
		struct p1_iterator inner;
		struct p1_extension x;

		p1_walk(&inner, &r.extensions, f);
		while (p1_next_extension(&inner, &x))
			;
		a->recipients_n++;
	}
	if (a->recipients_n > P1_RECIPIENTS_MAX)
		findings_add(f, &p1_rules[P1_RECIPIENTS_MANY], a->recipients.pos);
	return !f->fatal;
}

static bool count_reported(struct p1_apdu *a, struct findings *f)
{
	struct p1_reported r;
	struct p1_iterator it;

	p1_walk(&it, &a->recipients, f);
	while (p1_next_reported(&it, &r)) {
		a->recipients_n++;
		*(r.delivered ? &a->delivered_n : &a->failed_n) += 1;
	}
	if (a->recipients_n == 0 && a->recipients.present)
		findings_add(f, &p1_rules[P1_REPORT_EMPTY], a->recipients.pos);
	return !f->fatal;
}

static bool count_trace(const struct p1_window *w, uint32_t *n, struct findings *f)
{
	struct p1_iterator it;
	struct p1_trace e;

	*n = p1_usual_trace(octets_of_window(w));
	if (*n > 0)
		return true;
	p1_walk(&it, w, f);
	while (p1_next_trace(&it, &e))
		(*n)++;
	return !f->fatal;
}

/* Standard extensions are numbered up to 46; a type comes once (X.411
 * ExtensionField). */
static bool count_extensions(const struct p1_window *w, uint32_t *n, struct findings *f)
{
	struct p1_iterator it;
	struct p1_extension x;
	uint64_t seen = 0;

	p1_walk(&it, w, f);
	while (p1_next_extension(&it, &x)) {
		uint64_t bit = x.is_oid || x.type >= 64 ? 0 : UINT64_C(1) << x.type;

		if (seen & bit)
			findings_add(f, &p1_rules[P1_EXTENSION_TWICE], x.at);
		seen |= bit;
		(*n)++;
	}
	return !f->fatal;
}

static bool count(struct p1_apdu *a, struct findings *f)
{
	uint32_t ignored = 0;

	return (a->kind == P1_REPORT ? count_reported(a, f) : count_recipients(a, f)) &&
	       count_trace(&a->trace, &a->trace_n, f) &&
	       count_extensions(&a->extensions, &a->extensions_n, f) &&
	       count_trace(&a->subject_trace, &ignored, f) &&
	       count_extensions(&a->content_extensions, &ignored, f);
}

/* ---- the whole ---- */

/* Which members each kind must have, and what is said if not. */
static const struct {
	uint32_t bit;
	uint8_t kinds;			/* set: bit k is kind k */
	uint8_t rule;
} mandatory[] = {
	{ HAS_ID, 7, P1_IDENTIFIER_ABSENT },
	{ HAS_ORIGINATOR, 7, P1_ORIGINATOR_ABSENT },
	{ HAS_CONTENT_TYPE, 1 << P1_MESSAGE | 1 << P1_PROBE, P1_CONTENT_TYPE_ABSENT },
	{ HAS_TRACE, 7, P1_TRACE_ABSENT },
	{ HAS_RECIPIENTS, 1 << P1_MESSAGE | 1 << P1_PROBE, P1_RECIPIENTS_ABSENT },
};

static bool check(const struct p1_apdu *a, uint32_t seen, struct findings *f)
{
	/* An empty list is none. */
	if (a->recipients_n == 0)
		seen &= ~(uint32_t)HAS_RECIPIENTS;
	if (a->trace_n == 0)
		seen &= ~(uint32_t)HAS_TRACE;
	for (size_t i = 0; i < sizeof mandatory / sizeof *mandatory; i++)
		if ((mandatory[i].kinds >> a->kind & 1) && !(seen & mandatory[i].bit) &&
		    !findings_add(f, &p1_rules[mandatory[i].rule], a->envelope.pos))
			return false;
	return true;
}

/* The SET at octets at..end of the head; a probe's is the APDU itself. */
static bool read_part(struct p1_apdu *a, size_t at, size_t end, const struct p1_field *fields,
                      uint32_t *seen, struct p1_window *contents, struct findings *f)
{
	struct cursor c = { a->head.p, at, end, f, &ber_rules[BER_CUT] };
	struct ber_tlv t;
	struct ber b;

	ber_init_window(&b, &c);
	if (!ber_next(&b, &t) || !ber_enter(&b, &t))
		return false;
	contents->base = a->head.p;
	contents->present = true;
	contents->pos = t.body;
	if (!p1_read_members(&b, fields, a, seen))
		return false;
	contents->end = t.indefinite ? end - 2 : t.end;
	return ber_leave(&b);
}

/* The reader sees headers that are read once more below: of its notes only
 * those count that are its own. */
static bool take_findings(const struct findings *from, struct findings *f)
{
	for (uint8_t i = 0; i < from->n; i++) {
		const struct rule *rule = from->at[i].rule;

		if (rule->severity == SEVERITY_FATAL || rule->id / 256 == LAYER_P1)
			findings_add(f, rule, from->at[i].octet);
	}
	return !f->fatal;
}

static bool find_parts(struct octets head, struct p1_reader *r, struct findings *f)
{
	struct findings found;
	enum p1_part part;
	struct octets run;

	findings_clear(&found);
	p1_reader_init(r, true);
	if (p1_usual_message(head, &r->envelope_at, &r->envelope_end, &r->length)) {
		r->has_length = true;
		return true;
	}
	while (head.n > 0 && !r->head_done && !found.fatal) {
		size_t n = p1_reader_push(r, head, &part, &run, &found);

		head.p += n;
		head.n -= n;
	}
	if (!r->head_done && !found.fatal)
		findings_add(&found, &p1_rules[P1_CUT], (size_t)r->stream.pos);
	return take_findings(&found, f);
}

bool p1_decode(struct octets head, struct p1_apdu *out, struct findings *f)
{
	uint32_t seen = 0, content_seen = 0;
	struct p1_window content;
	struct p1_reader r;

	*out = (struct p1_apdu){ .head = head };
	if (!find_parts(head, &r, f))
		return false;
	out->kind = r.kind;
	out->report_at = r.report_at;
	out->report_end = r.report_end;
	if (!read_part(out, r.envelope_at, r.envelope_end, envelope_fields[r.kind], &seen,
	               &out->envelope, f))
		return false;
	if (r.kind == P1_REPORT &&
	    !read_part(out, r.report_at, r.report_end, report_content_fields, &content_seen,
	               &content, f))
		return false;
	if (r.kind == P1_REPORT && !(content_seen & HAS_ID))
		return findings_add(f, &p1_rules[P1_IDENTIFIER_ABSENT], r.report_at);
	if (r.kind == P1_MESSAGE) {
		out->has_length = r.has_length;
		out->length = r.length;
	}
	return count(out, f) && check(out, seen, f);
}

bool p1_trace_has(const struct p1_apdu *a, const struct p1_domain *domain)
{
	const struct p1_window *w = &a->trace;
	struct run usual;
	struct findings ignored;
	struct p1_iterator it;
	struct p1_domain one;
	struct p1_trace e;

	if (!w->base)
		return false;
	usual = (struct run){ w->base + w->pos, w->base + w->end };
	while (usual.p < usual.end && p1_usual_trace_next(&usual, &one))
		if (p1_domain_equal(&one, domain))
			return true;
	if (usual.p == usual.end)
		return false;
	findings_clear(&ignored);
	p1_walk(&it, &a->trace, &ignored);
	while (p1_next_trace(&it, &e))
		if (p1_domain_equal(&e.domain, domain))
			return true;
	return false;
}

bool p1_trace_left(const struct p1_apdu *a, const struct p1_domain *domain, bool *last)
{
	bool before = false, left = false;
	struct findings ignored;
	struct p1_iterator it;
	struct p1_trace e;

	findings_clear(&ignored);
	*last = false;
	p1_walk(&it, &a->trace, &ignored);
	while (p1_next_trace(&it, &e)) {
		*last = p1_domain_equal(&e.domain, domain);
		left = left || (before && !*last);
		before = before || *last;
	}
	return left;
}

bool p1_internal_has(const struct p1_apdu *a, const struct p1_domain *domain, struct octets mta)
{
	struct p1_extension x;
	struct findings ignored;
	struct p1_iterator it;
	struct p1_trace e;

	findings_clear(&ignored);
	if (!p1_find_internal(a, &x) || !p1_walk_internal(&it, &x, &ignored))
		return false;
	while (p1_next_internal(&it, &e))
		if (p1_domain_equal(&e.domain, domain) &&
		    (!mta.p || ber_string_equal(&e.mta, mta)))
			return true;
	return false;
}
