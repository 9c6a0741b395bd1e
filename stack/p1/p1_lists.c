/*
 * Lists of a head, element by element: recipients, trace, extensions.
 */
#include "p1/p1_fields.h"

void p1_walk(struct p1_iterator *it, const struct p1_window *w, struct findings *f)
{
	static const uint8_t nothing;
	struct cursor c = {
		w->base ? w->base : &nothing, w->pos, w->end, f, &ber_rules[BER_CUT],
	};

	ber_init_window(&it->ber, &c);
}

/* ---- per-recipient fields ---- */

enum {
	HAS_NAME = 1 << 0,
	HAS_NUMBER = 1 << 1,
	HAS_INDICATORS = 1 << 2,
	HAS_LAST_TRACE = 1 << 3,
	HAS_OTHER = 1 << 4,
	HAS_MORE = 1 << 5,
	HAS_STILL_MORE = 1 << 6,
};

static bool recipient_name(struct ber *b, const struct ber_tlv *t, void *out)
{
	return p1_read_name_raw(b, t, &((struct p1_recipient *)out)->name);
}

static bool recipient_number(struct ber *b, const struct ber_tlv *t, void *out)
{
	return p1_read_number(b, t, 1, P1_RECIPIENTS_MAX, P1_RECIPIENT_NUMBER,
	                      &((struct p1_recipient *)out)->number);
}

/* X.411 PerRecipientIndicators: an originating-MTA report of some kind is
 * always asked for, and the originator cannot ask for both of his. */
static bool possible_indicators(uint8_t v)
{
	bool mta = v & (P1_MTA_REPORT | P1_MTA_NON_DELIVERY);
	bool both = (v & P1_ORIGINATOR_REPORT) && (v & P1_ORIGINATOR_NON_DELIVERY);

	return mta && !both;
}

static bool recipient_indicators(struct ber *b, const struct ber_tlv *t, void *out)
{
	struct p1_recipient *r = out;
	size_t n;

	/* Where the flags stand, if they stand in one place: a relay turns the
	 * responsibility off there. */
	if (!t->constructed && t->end > t->body + 1)
		r->indicators_at = t->body + 1;
	if (!p1_read_bits8(b, t, &r->indicators, &n))
		return false;
	if (n < 8 || !possible_indicators(r->indicators))
		return p1_note(b, t, P1_INDICATORS);
	return true;
}

static bool recipient_conversion(struct ber *b, const struct ber_tlv *t, void *out)
{
	struct p1_recipient *r = out;

	r->has_conversion = true;
	return p1_read_number(b, t, 0, INT16_MAX, P1_RECIPIENT_MEMBER, &r->conversion);
}

static bool recipient_extensions(struct ber *b, const struct ber_tlv *t, void *out)
{
	return p1_read_window(b, t, &((struct p1_recipient *)out)->extensions);
}

static const struct p1_field recipient_fields[] = {
	{ BER_APPLICATION(0), recipient_name, HAS_NAME },
	{ BER_CONTEXT(0), recipient_number, HAS_NUMBER },
	{ BER_CONTEXT(1), recipient_indicators, HAS_INDICATORS },
	{ BER_CONTEXT(2), recipient_conversion, HAS_OTHER },
	{ BER_CONTEXT(3), recipient_extensions, HAS_MORE },
	{ 0, NULL, 0 },
};

bool p1_next_recipient(struct p1_iterator *it, struct p1_recipient *out)
{
	uint32_t all = HAS_NAME | HAS_NUMBER | HAS_INDICATORS, seen = 0;
	struct ber *b = &it->ber;
	struct ber_tlv t;

	*out = (struct p1_recipient){ .number = 0 };
	if (!ber_next(b, &t))
		return false;
	if (t.tag != BER_UNIVERSAL(BER_SET))
		return p1_note(b, &t, P1_RECIPIENT);
	if (!p1_read_set(b, &t, recipient_fields, out, &seen))
		return false;
	if ((seen & all) != all)
		p1_note(b, &t, P1_RECIPIENT_MEMBER);
	return ber_ok(b);
}

/* ---- trace ---- */

static bool trace_arrival(struct ber *b, const struct ber_tlv *t, void *out)
{
	return p1_read_time(b, t, &((struct p1_trace *)out)->arrival);
}

static bool trace_deferred(struct ber *b, const struct ber_tlv *t, void *out)
{
	return p1_read_time(b, t, &((struct p1_trace *)out)->deferred);
}

static bool trace_action(struct ber *b, const struct ber_tlv *t, void *out)
{
	return p1_read_number(b, t, P1_RELAYED, P1_REROUTED, P1_ROUTING_ACTION,
	                      &((struct p1_trace *)out)->action);
}

static bool trace_attempted_mta(struct ber *b, const struct ber_tlv *t, void *out)
{
	return ber_string(b, t, &((struct p1_trace *)out)->attempted_mta);
}

static bool trace_attempted(struct ber *b, const struct ber_tlv *t, void *out)
{
	struct p1_trace *e = out;

	e->has_attempted = true;
	return p1_domain_read(b, t, &e->attempted);
}

static bool trace_eits(struct ber *b, const struct ber_tlv *t, void *out)
{
	return ber_raw(b, t, &((struct p1_trace *)out)->converted_eits);
}

static bool trace_other(struct ber *b, const struct ber_tlv *t, void *out)
{
	size_t n;

	return p1_read_bits8(b, t, &((struct p1_trace *)out)->other_actions, &n);
}

#define TRACE_FIELDS \
	{ BER_CONTEXT(0), trace_arrival, HAS_NAME }, \
	{ BER_CONTEXT(1), trace_deferred, HAS_NUMBER }, \
	{ BER_CONTEXT(2), trace_action, HAS_INDICATORS }, \
	{ BER_APPLICATION(3), trace_attempted, HAS_OTHER }, \
	{ BER_APPLICATION(5), trace_eits, HAS_MORE }, \
	{ BER_CONTEXT(3), trace_other, HAS_STILL_MORE }

static const struct p1_field trace_fields[] = {
	TRACE_FIELDS,
	{ 0, NULL, 0 },
};

static const struct p1_field internal_fields[] = {
	TRACE_FIELDS,
	{ BER_UNIVERSAL(BER_IA5_STRING), trace_attempted_mta, HAS_OTHER },
	{ 0, NULL, 0 },
};

/* SEQUENCE { domain, SET }, and of the internal trace the MTA's name between them. */
static bool next_trace(struct p1_iterator *it, bool internal, struct p1_trace *out)
{
	const struct rule *rule = &p1_rules[P1_TRACE];
	uint32_t all = HAS_NAME | HAS_INDICATORS, seen = 0;
	struct ber *b = &it->ber;
	struct ber_tlv t, v;

	*out = (struct p1_trace){ .action = P1_RELAYED };
	if (!ber_next(b, &t))
		return false;
	if (t.tag != BER_UNIVERSAL(BER_SEQUENCE))
		return ber_fail(b, &t, rule);
	if (!ber_enter(b, &t) || !ber_take(b, &v, BER_APPLICATION(3), rule) ||
	    !p1_domain_read(b, &v, &out->domain))
		return false;
	if (internal && (!ber_take(b, &v, BER_UNIVERSAL(BER_IA5_STRING), rule) ||
	                 !ber_string(b, &v, &out->mta)))
		return false;
	if (!ber_take(b, &v, BER_UNIVERSAL(BER_SET), rule) ||
	    !p1_read_set(b, &v, internal ? internal_fields : trace_fields, out, &seen) ||
	    !ber_leave(b))
		return false;
	if ((seen & all) != all)
		p1_note(b, &v, P1_TRACE_MEMBER);
	return ber_ok(b);
}

bool p1_next_trace(struct p1_iterator *it, struct p1_trace *out)
{
	return next_trace(it, false, out);
}

bool p1_next_internal(struct p1_iterator *it, struct p1_trace *out)
{
	return next_trace(it, true, out);
}

/* ---- extensions ---- */

/* X.411 ExtensionType: [0] INTEGER, which some write as an explicit one, or
 * [3] OBJECT IDENTIFIER. */
static bool extension_type(struct ber *b, const struct ber_tlv *t, struct p1_extension *out)
{
	struct ber_tlv v = *t;
	bool enter = t->constructed;

	if (t->tag != BER_CONTEXT(0) && t->tag != BER_CONTEXT(3))
		return p1_note(b, t, P1_EXTENSION_TYPE);
	out->is_oid = t->tag == BER_CONTEXT(3);
	if (enter && (!ber_enter(b, t) || !ber_next(b, &v)))
		return ber_ok(b) && p1_note(b, t, P1_EXTENSION_TYPE);
	if (out->is_oid ? !ber_oid(b, &v, &out->oid)
	                : !p1_read_number(b, &v, 0, INT16_MAX, P1_EXTENSION, &out->type))
		return false;
	return !enter || ber_leave(b);
}

static bool extension_rest(struct ber *b, struct p1_extension *out)
{
	struct ber_tlv t, v;
	size_t n;

	if (ber_optional(b, &t, BER_CONTEXT(1)) && !p1_read_bits8(b, &t, &out->criticality, &n))
		return false;
	if (!ber_optional(b, &t, BER_CONTEXT(2)))
		return ber_ok(b);
	if (!ber_enter(b, &t))
		return false;
	if (ber_next(b, &v))
		ber_raw(b, &v, &out->value);
	return ber_leave(b);
}

bool p1_next_extension(struct p1_iterator *it, struct p1_extension *out)
{
	struct ber *b = &it->ber;
	struct ber_tlv t, v;

	*out = (struct p1_extension){ .type = 0 };
	if (!ber_next(b, &t))
		return false;
	if (t.tag != BER_UNIVERSAL(BER_SEQUENCE))
		return p1_note(b, &t, P1_EXTENSION);
	if (!ber_enter(b, &t))
		return false;
	if (!ber_next(b, &v))
		return ber_ok(b) && p1_note(b, &t, P1_EXTENSION);
	out->at = t.at;
	if (!extension_type(b, &v, out) || !extension_rest(b, out) || !ber_leave(b))
		return false;
	out->end = b->c.pos;
	return true;
}

bool p1_find_internal(const struct p1_apdu *a, struct p1_extension *out)
{
	struct findings ignored;
	struct p1_iterator it;

	findings_clear(&ignored);
	p1_walk(&it, &a->extensions, &ignored);
	while (p1_next_extension(&it, out))
		if (!out->is_oid && out->type == P1_INTERNAL_TRACE)
			return true;
	return false;
}

bool p1_walk_internal(struct p1_iterator *it, const struct p1_extension *x, struct findings *f)
{
	struct ber_tlv t;

	ber_init(&it->ber, x->value, f);
	return ber_next(&it->ber, &t) && t.tag == BER_UNIVERSAL(BER_SEQUENCE) &&
	       ber_enter(&it->ber, &t);
}

/* ---- reported recipients ---- */

static bool reported_name(struct ber *b, const struct ber_tlv *t, void *out)
{
	return p1_read_name_raw(b, t, &((struct p1_reported *)out)->name);
}

static bool reported_number(struct ber *b, const struct ber_tlv *t, void *out)
{
	return p1_read_number(b, t, 1, P1_RECIPIENTS_MAX, P1_RECIPIENT_NUMBER,
	                      &((struct p1_reported *)out)->number);
}

static bool reported_indicators(struct ber *b, const struct ber_tlv *t, void *out)
{
	size_t n;

	return p1_read_bits8(b, t, &((struct p1_reported *)out)->indicators, &n);
}

/* [4] replaces the tag of the ORName (X.411, IMPLICIT TAGS); of 1984 it stands
 * around it. */
static bool reported_intended(struct ber *b, const struct ber_tlv *t, void *out)
{
	struct octets *intended = &((struct p1_reported *)out)->intended;
	struct ber before = *b;
	struct ber_tlv v;

	if (!t->constructed || !ber_enter(b, t))
		return ber_fail(b, t, &p1_rules[P1_ORNAME]);
	if (ber_optional(b, &v, BER_APPLICATION(0)))
		return p1_read_name_raw(b, &v, intended) && ber_leave(b);
	if (!ber_ok(b))
		return false;
	*b = before;
	return p1_read_name_raw(b, t, intended);
}

static bool reported_supplementary(struct ber *b, const struct ber_tlv *t, void *out)
{
	return ber_string(b, t, &((struct p1_reported *)out)->supplementary);
}

static bool reported_extensions(struct ber *b, const struct ber_tlv *t, void *out)
{
	return p1_read_window(b, t, &((struct p1_reported *)out)->extensions);
}

static bool delivery_time(struct ber *b, const struct ber_tlv *t, void *out)
{
	return p1_read_time(b, t, &((struct p1_reported *)out)->delivery_time);
}

static bool delivery_user(struct ber *b, const struct ber_tlv *t, void *out)
{
	return p1_read_number(b, t, 0, INT16_MAX, P1_REPORT_REASON,
	                      &((struct p1_reported *)out)->user_type);
}

static bool failure_reason(struct ber *b, const struct ber_tlv *t, void *out)
{
	return p1_read_number(b, t, 0, INT16_MAX, P1_REPORT_REASON,
	                      &((struct p1_reported *)out)->reason);
}

static bool failure_diagnostic(struct ber *b, const struct ber_tlv *t, void *out)
{
	uint32_t v = 0;

	if (!p1_read_number(b, t, 0, INT16_MAX, P1_REPORT_REASON, &v))
		return false;
	((struct p1_reported *)out)->diagnostic = (int32_t)v;
	return true;
}

static const struct p1_field delivery_fields[] = {
	{ BER_CONTEXT(0), delivery_time, HAS_NAME },
	{ BER_CONTEXT(1), delivery_user, HAS_NUMBER },
	{ 0, NULL, 0 },
};

static const struct p1_field failure_fields[] = {
	{ BER_CONTEXT(0), failure_reason, HAS_NAME },
	{ BER_CONTEXT(1), failure_diagnostic, HAS_NUMBER },
	{ 0, NULL, 0 },
};

/* ReportType, a CHOICE in an explicit tag. */
static bool last_report(struct ber *b, const struct ber_tlv *t, void *out)
{
	struct p1_reported *r = out;
	uint32_t seen = 0;
	struct ber_tlv v;

	if (!ber_enter(b, t))
		return false;
	if (!ber_next(b, &v))
		return ber_ok(b) && p1_note(b, t, P1_REPORT_CHOICE);
	if (v.tag != BER_CONTEXT(0) && v.tag != BER_CONTEXT(1))
		return p1_note(b, &v, P1_REPORT_CHOICE);
	r->delivered = v.tag == BER_CONTEXT(0);
	if (!p1_read_set(b, &v, r->delivered ? delivery_fields : failure_fields, r, &seen))
		return false;
	if (!(seen & HAS_NAME))
		p1_note(b, &v, r->delivered ? P1_TIME : P1_REPORT_REASON);
	return ber_leave(b);
}

static bool last_arrival(struct ber *b, const struct ber_tlv *t, void *out)
{
	return p1_read_time(b, t, &((struct p1_reported *)out)->arrival);
}

static bool last_eits(struct ber *b, const struct ber_tlv *t, void *out)
{
	return ber_raw(b, t, &((struct p1_reported *)out)->converted_eits);
}

static const struct p1_field last_trace_fields[] = {
	{ BER_CONTEXT(0), last_arrival, HAS_NAME },
	{ BER_CONTEXT(1), last_report, HAS_NUMBER },
	{ BER_APPLICATION(5), last_eits, HAS_OTHER },
	{ 0, NULL, 0 },
};

static bool reported_last_trace(struct ber *b, const struct ber_tlv *t, void *out)
{
	uint32_t seen = 0;

	if (!p1_read_set(b, t, last_trace_fields, out, &seen))
		return false;
	if ((seen & (HAS_NAME | HAS_NUMBER)) != (HAS_NAME | HAS_NUMBER))
		p1_note(b, t, P1_REPORTED_MEMBER);
	return true;
}

static const struct p1_field reported_fields[] = {
	{ BER_CONTEXT(0), reported_name, HAS_NAME },
	{ BER_CONTEXT(1), reported_number, HAS_NUMBER },
	{ BER_CONTEXT(2), reported_indicators, HAS_INDICATORS },
	{ BER_CONTEXT(3), reported_last_trace, HAS_LAST_TRACE },
	{ BER_CONTEXT(4), reported_intended, HAS_OTHER },
	{ BER_CONTEXT(5), reported_supplementary, HAS_MORE },
	{ BER_CONTEXT(6), reported_extensions, HAS_STILL_MORE },
	{ 0, NULL, 0 },
};

bool p1_next_reported(struct p1_iterator *it, struct p1_reported *out)
{
	uint32_t all = HAS_NAME | HAS_NUMBER | HAS_INDICATORS | HAS_LAST_TRACE, seen = 0;
	struct ber *b = &it->ber;
	struct ber_tlv t;

	*out = (struct p1_reported){ .diagnostic = P1_NO_DIAGNOSTIC };
	if (!ber_next(b, &t))
		return false;
	if (t.tag != BER_UNIVERSAL(BER_SET))
		return p1_note(b, &t, P1_REPORTED);
	if (!p1_read_set(b, &t, reported_fields, out, &seen))
		return false;
	if ((seen & all) != all)
		p1_note(b, &t, P1_REPORTED_MEMBER);
	return ber_ok(b);
}
