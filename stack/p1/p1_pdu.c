#include "p1/p1_pdu.h"

#include "p1/p1_reader.h"
#include "p1/p1_usual.h"

/*
 * Members of SETs are read by tables: a tag, how to read it, and one bit to
 * see that it came, and came once.
 */
typedef bool read_fn(struct ber *b, const struct ber_tlv *t, void *out);

struct member {
	uint32_t tag;
	read_fn *read;
	uint32_t bit;
};

static bool note(struct ber *b, const struct ber_tlv *t, enum p1_rule rule)
{
	return ber_fail(b, t, &p1_rules[rule]);
}

/* Reads the elements of the current level.  *seen: bits of those that came. */
static bool read_members(struct ber *b, const struct member *members, void *out, uint32_t *seen)
{
	const struct member *m;
	struct ber_tlv t;

	while (ber_next(b, &t)) {
		for (m = members; m->read && m->tag != t.tag; m++)
			;
		if (!m->read) {
			note(b, &t, P1_MEMBER_UNKNOWN);
			continue;
		}
		if (*seen & m->bit)
			note(b, &t, P1_TWICE);
		*seen |= m->bit;
		if (!m->read(b, &t, out))
			return false;
	}
	return ber_ok(b);
}

static bool read_set(struct ber *b, const struct ber_tlv *t, const struct member *members,
                     void *out, uint32_t *seen)
{
	return ber_enter(b, t) && read_members(b, members, out, seen) && ber_leave(b);
}

/* ---- values ---- */

static bool read_window(struct ber *b, const struct ber_tlv *t, struct p1_window *out)
{
	struct cursor c;

	if (!t->constructed)
		return ber_fail(b, t, &ber_rules[BER_PRIMITIVE]);
	if (!ber_window(b, t, &c))
		return false;
	*out = (struct p1_window){ c.base, c.pos, c.end, true };
	return true;
}

static bool is_time_digits(struct octets o, size_t from, size_t to)
{
	for (; from < to; from++)
		if (o.p[from] < '0' || o.p[from] > '9')
			return false;
	return true;
}

/* UTCTime, X.680 43: YYMMDDhhmm[ss] and Z or +hhmm or -hhmm. */
static bool is_time(struct octets o)
{
	size_t digits = 0;

	while (digits < o.n && digits < 12 && is_time_digits(o, digits, digits + 1))
		digits++;
	if (digits != 10 && digits != 12)
		return false;
	if (o.n == digits + 1)
		return o.p[digits] == 'Z';
	return o.n == digits + 5 && (o.p[digits] == '+' || o.p[digits] == '-') &&
	       is_time_digits(o, digits + 1, digits + 5);
}

static bool read_time(struct ber *b, const struct ber_tlv *t, struct ber_string *out)
{
	if (!ber_string(b, t, out))
		return false;
	if (!out->segmented && !is_time(out->raw))
		return note(b, t, P1_TIME);
	return true;
}

/* A number the rule for which is not worth losing the APDU. */
static bool read_number(struct ber *b, const struct ber_tlv *t, uint32_t least, uint32_t most,
                        enum p1_rule rule, uint32_t *out)
{
	int64_t v = *out;

	if (!ber_int_in(b, t, 0, INT32_MAX, &p1_rules[rule], &v))
		return false;
	*out = (uint32_t)v;
	if (v < least || v > most)
		return note(b, t, rule);
	return true;
}

static bool read_bits8(struct ber *b, const struct ber_tlv *t, uint8_t *out, size_t *n)
{
	struct ber_bits bits;

	if (!ber_bits(b, t, &bits))
		return false;
	*out = (uint8_t)bits.bits;
	*n = bits.n;
	return true;
}

static bool read_content_type_number(struct ber *b, const struct ber_tlv *t,
                                     struct p1_content_type *out)
{
	*out = (struct p1_content_type){ .present = true };
	return read_number(b, t, 0, INT16_MAX, P1_CONTENT_TYPE, &out->number);
}

static bool read_content_type_oid(struct ber *b, const struct ber_tlv *t,
                                  struct p1_content_type *out)
{
	*out = (struct p1_content_type){ .present = true, .is_oid = true };
	return ber_oid(b, t, &out->oid);
}

static bool read_name_raw(struct ber *b, const struct ber_tlv *t, struct octets *out)
{
	struct cursor window = b->c;
	struct p1_name name;
	struct ber inner;
	struct ber_tlv v;

	if (!ber_raw(b, t, out))
		return false;
	if (p1_name_usual(*out, NULL))
		return true;
	/* Looked at now, so that what is wrong with it is found once. */
	window.pos = t->at;
	window.end = t->at + out->n;
	ber_init_window(&inner, &window);
	return ber_next(&inner, &v) && p1_name_read(&inner, &v, &name);
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
	return read_name_raw(b, t, &((struct p1_recipient *)out)->name);
}

static bool recipient_number(struct ber *b, const struct ber_tlv *t, void *out)
{
	return read_number(b, t, 1, P1_RECIPIENTS_MAX, P1_RECIPIENT_NUMBER,
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
	if (!read_bits8(b, t, &r->indicators, &n))
		return false;
	if (n < 8 || !possible_indicators(r->indicators))
		return note(b, t, P1_INDICATORS);
	return true;
}

static bool recipient_conversion(struct ber *b, const struct ber_tlv *t, void *out)
{
	struct p1_recipient *r = out;

	r->has_conversion = true;
	return read_number(b, t, 0, INT16_MAX, P1_RECIPIENT_MEMBER, &r->conversion);
}

static bool recipient_extensions(struct ber *b, const struct ber_tlv *t, void *out)
{
	return read_window(b, t, &((struct p1_recipient *)out)->extensions);
}

static const struct member recipient_members[] = {
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
		return note(b, &t, P1_RECIPIENT);
	if (!read_set(b, &t, recipient_members, out, &seen))
		return false;
	if ((seen & all) != all)
		note(b, &t, P1_RECIPIENT_MEMBER);
	return ber_ok(b);
}

/* ---- trace ---- */

static bool trace_arrival(struct ber *b, const struct ber_tlv *t, void *out)
{
	return read_time(b, t, &((struct p1_trace *)out)->arrival);
}

static bool trace_deferred(struct ber *b, const struct ber_tlv *t, void *out)
{
	return read_time(b, t, &((struct p1_trace *)out)->deferred);
}

static bool trace_action(struct ber *b, const struct ber_tlv *t, void *out)
{
	return read_number(b, t, P1_RELAYED, P1_REROUTED, P1_ROUTING_ACTION,
	                   &((struct p1_trace *)out)->action);
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

	return read_bits8(b, t, &((struct p1_trace *)out)->other_actions, &n);
}

static const struct member trace_members[] = {
	{ BER_CONTEXT(0), trace_arrival, HAS_NAME },
	{ BER_CONTEXT(1), trace_deferred, HAS_NUMBER },
	{ BER_CONTEXT(2), trace_action, HAS_INDICATORS },
	{ BER_APPLICATION(3), trace_attempted, HAS_OTHER },
	{ BER_APPLICATION(5), trace_eits, HAS_MORE },
	{ BER_CONTEXT(3), trace_other, HAS_STILL_MORE },
	{ 0, NULL, 0 },
};

bool p1_next_trace(struct p1_iterator *it, struct p1_trace *out)
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
	    !p1_domain_read(b, &v, &out->domain) ||
	    !ber_take(b, &v, BER_UNIVERSAL(BER_SET), rule) ||
	    !read_set(b, &v, trace_members, out, &seen) || !ber_leave(b))
		return false;
	if ((seen & all) != all)
		note(b, &v, P1_TRACE_MEMBER);
	return ber_ok(b);
}

/* ---- extensions ---- */

/* X.411 ExtensionType: [0] INTEGER, which some write as an explicit one, or
 * [3] OBJECT IDENTIFIER. */
static bool extension_type(struct ber *b, const struct ber_tlv *t, struct p1_extension *out)
{
	struct ber_tlv v = *t;
	bool enter = t->constructed;

	if (t->tag != BER_CONTEXT(0) && t->tag != BER_CONTEXT(3))
		return note(b, t, P1_EXTENSION_TYPE);
	out->is_oid = t->tag == BER_CONTEXT(3);
	if (enter && (!ber_enter(b, t) || !ber_next(b, &v)))
		return ber_ok(b) && note(b, t, P1_EXTENSION_TYPE);
	if (out->is_oid ? !ber_oid(b, &v, &out->oid)
	                : !read_number(b, &v, 0, INT16_MAX, P1_EXTENSION, &out->type))
		return false;
	return !enter || ber_leave(b);
}

static bool extension_rest(struct ber *b, struct p1_extension *out)
{
	struct ber_tlv t, v;
	size_t n;

	if (ber_optional(b, &t, BER_CONTEXT(1)) && !read_bits8(b, &t, &out->criticality, &n))
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
		return note(b, &t, P1_EXTENSION);
	if (!ber_enter(b, &t))
		return false;
	if (!ber_next(b, &v))
		return ber_ok(b) && note(b, &t, P1_EXTENSION);
	out->at = t.at;
	return extension_type(b, &v, out) && extension_rest(b, out) && ber_leave(b);
}

/* ---- reported recipients ---- */

static bool reported_name(struct ber *b, const struct ber_tlv *t, void *out)
{
	return read_name_raw(b, t, &((struct p1_reported *)out)->name);
}

static bool reported_number(struct ber *b, const struct ber_tlv *t, void *out)
{
	return read_number(b, t, 1, P1_RECIPIENTS_MAX, P1_RECIPIENT_NUMBER,
	                   &((struct p1_reported *)out)->number);
}

static bool reported_indicators(struct ber *b, const struct ber_tlv *t, void *out)
{
	size_t n;

	return read_bits8(b, t, &((struct p1_reported *)out)->indicators, &n);
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
		return read_name_raw(b, &v, intended) && ber_leave(b);
	if (!ber_ok(b))
		return false;
	*b = before;
	return read_name_raw(b, t, intended);
}

static bool reported_supplementary(struct ber *b, const struct ber_tlv *t, void *out)
{
	return ber_string(b, t, &((struct p1_reported *)out)->supplementary);
}

static bool reported_extensions(struct ber *b, const struct ber_tlv *t, void *out)
{
	return read_window(b, t, &((struct p1_reported *)out)->extensions);
}

static bool delivery_time(struct ber *b, const struct ber_tlv *t, void *out)
{
	return read_time(b, t, &((struct p1_reported *)out)->delivery_time);
}

static bool delivery_user(struct ber *b, const struct ber_tlv *t, void *out)
{
	return read_number(b, t, 0, INT16_MAX, P1_REPORT_REASON,
	                   &((struct p1_reported *)out)->user_type);
}

static bool failure_reason(struct ber *b, const struct ber_tlv *t, void *out)
{
	return read_number(b, t, 0, INT16_MAX, P1_REPORT_REASON,
	                   &((struct p1_reported *)out)->reason);
}

static bool failure_diagnostic(struct ber *b, const struct ber_tlv *t, void *out)
{
	uint32_t v = 0;

	if (!read_number(b, t, 0, INT16_MAX, P1_REPORT_REASON, &v))
		return false;
	((struct p1_reported *)out)->diagnostic = (int32_t)v;
	return true;
}

static const struct member delivery_members[] = {
	{ BER_CONTEXT(0), delivery_time, HAS_NAME },
	{ BER_CONTEXT(1), delivery_user, HAS_NUMBER },
	{ 0, NULL, 0 },
};

static const struct member failure_members[] = {
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
		return ber_ok(b) && note(b, t, P1_REPORT_CHOICE);
	if (v.tag != BER_CONTEXT(0) && v.tag != BER_CONTEXT(1))
		return note(b, &v, P1_REPORT_CHOICE);
	r->delivered = v.tag == BER_CONTEXT(0);
	if (!read_set(b, &v, r->delivered ? delivery_members : failure_members, r, &seen))
		return false;
	if (!(seen & HAS_NAME))
		note(b, &v, r->delivered ? P1_TIME : P1_REPORT_REASON);
	return ber_leave(b);
}

static bool last_arrival(struct ber *b, const struct ber_tlv *t, void *out)
{
	return read_time(b, t, &((struct p1_reported *)out)->arrival);
}

static bool last_eits(struct ber *b, const struct ber_tlv *t, void *out)
{
	return ber_raw(b, t, &((struct p1_reported *)out)->converted_eits);
}

static const struct member last_trace_members[] = {
	{ BER_CONTEXT(0), last_arrival, HAS_NAME },
	{ BER_CONTEXT(1), last_report, HAS_NUMBER },
	{ BER_APPLICATION(5), last_eits, HAS_OTHER },
	{ 0, NULL, 0 },
};

static bool reported_last_trace(struct ber *b, const struct ber_tlv *t, void *out)
{
	uint32_t seen = 0;

	if (!read_set(b, t, last_trace_members, out, &seen))
		return false;
	if ((seen & (HAS_NAME | HAS_NUMBER)) != (HAS_NAME | HAS_NUMBER))
		note(b, t, P1_REPORTED_MEMBER);
	return true;
}

static const struct member reported_members[] = {
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
		return note(b, &t, P1_REPORTED);
	if (!read_set(b, &t, reported_members, out, &seen))
		return false;
	if ((seen & all) != all)
		note(b, &t, P1_REPORTED_MEMBER);
	return ber_ok(b);
}

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
	return read_name_raw(b, t, &((struct p1_apdu *)out)->originator);
}

static bool envelope_eits(struct ber *b, const struct ber_tlv *t, void *out)
{
	return ber_raw(b, t, &((struct p1_apdu *)out)->eits);
}

static bool envelope_content_type(struct ber *b, const struct ber_tlv *t, void *out)
{
	return read_content_type_number(b, t, &((struct p1_apdu *)out)->content_type);
}

static bool envelope_content_oid(struct ber *b, const struct ber_tlv *t, void *out)
{
	return read_content_type_oid(b, t, &((struct p1_apdu *)out)->content_type);
}

static bool envelope_content_id(struct ber *b, const struct ber_tlv *t, void *out)
{
	struct p1_apdu *a = out;
	uint64_t n;

	if (!ber_string(b, t, &a->content_id))
		return false;
	n = ber_string_size(&a->content_id);
	if (n == 0 || n > 16)
		return note(b, t, P1_CONTENT_ID_LENGTH);
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
	return read_bits8(b, t, &a->indicators, &n);
}

static bool envelope_deferred(struct ber *b, const struct ber_tlv *t, void *out)
{
	return read_time(b, t, &((struct p1_apdu *)out)->deferred);
}

static bool envelope_bilateral(struct ber *b, const struct ber_tlv *t, void *out)
{
	return read_window(b, t, &((struct p1_apdu *)out)->bilateral);
}

static bool envelope_trace(struct ber *b, const struct ber_tlv *t, void *out)
{
	struct p1_apdu *a = out;

	if (!read_window(b, t, &a->trace))
		return false;
	a->trace_at = t->at;
	a->trace_end = b->c.pos;
	return true;
}

static bool envelope_recipients(struct ber *b, const struct ber_tlv *t, void *out)
{
	return read_window(b, t, &((struct p1_apdu *)out)->recipients);
}

static bool envelope_extensions(struct ber *b, const struct ber_tlv *t, void *out)
{
	return read_window(b, t, &((struct p1_apdu *)out)->extensions);
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

static const struct member message_members[] = {
	{ BER_APPLICATION(4), envelope_id, HAS_ID },
	{ BER_APPLICATION(0), envelope_originator, HAS_ORIGINATOR },
	{ BER_APPLICATION(5), envelope_eits, HAS_EITS },
	{ BER_APPLICATION(6), envelope_content_type, HAS_CONTENT_TYPE },
	{ BER_UNIVERSAL(BER_OBJECT_IDENTIFIER), envelope_content_oid, HAS_CONTENT_TYPE },
	{ BER_APPLICATION(10), envelope_content_id, HAS_CONTENT_ID },
	{ BER_APPLICATION(7), envelope_priority, HAS_PRIORITY },
	{ BER_APPLICATION(8), envelope_indicators, HAS_FLAGS },
	{ BER_CONTEXT(0), envelope_deferred, HAS_DEFERRED },
	{ BER_CONTEXT(1), envelope_bilateral, HAS_BILATERAL },
	{ BER_APPLICATION(9), envelope_trace, HAS_TRACE },
	{ BER_CONTEXT(3), envelope_extensions, HAS_EXTENSIONS },
	{ BER_CONTEXT(2), envelope_recipients, HAS_RECIPIENTS },
	{ 0, NULL, 0 },
};

static const struct member probe_members[] = {
	{ BER_APPLICATION(4), envelope_id, HAS_ID },
	{ BER_APPLICATION(0), envelope_originator, HAS_ORIGINATOR },
	{ BER_APPLICATION(5), envelope_eits, HAS_EITS },
	{ BER_APPLICATION(6), envelope_content_type, HAS_CONTENT_TYPE },
	{ BER_UNIVERSAL(BER_OBJECT_IDENTIFIER), envelope_content_oid, HAS_CONTENT_TYPE },
	{ BER_APPLICATION(10), envelope_content_id, HAS_CONTENT_ID },
	{ BER_APPLICATION(8), envelope_indicators, HAS_FLAGS },
	{ BER_CONTEXT(0), envelope_length, HAS_LENGTH },
	{ BER_CONTEXT(1), envelope_bilateral, HAS_BILATERAL },
	{ BER_APPLICATION(9), envelope_trace, HAS_TRACE },
	{ BER_CONTEXT(3), envelope_extensions, HAS_EXTENSIONS },
	{ BER_CONTEXT(2), envelope_recipients, HAS_RECIPIENTS },
	{ 0, NULL, 0 },
};

static const struct member report_members[] = {
	{ BER_APPLICATION(4), envelope_id, HAS_ID },
	{ BER_APPLICATION(0), envelope_originator, HAS_ORIGINATOR },
	{ BER_APPLICATION(9), envelope_trace, HAS_TRACE },
	{ BER_CONTEXT(1), envelope_extensions, HAS_EXTENSIONS },
	{ 0, NULL, 0 },
};

static const struct member *const envelope_members[P1_KINDS] = {
	[P1_MESSAGE] = message_members, [P1_REPORT] = report_members,
	[P1_PROBE] = probe_members,
};

static bool subject_id(struct ber *b, const struct ber_tlv *t, void *out)
{
	return p1_mts_id_read(b, t, &((struct p1_apdu *)out)->subject);
}

static bool subject_trace(struct ber *b, const struct ber_tlv *t, void *out)
{
	return read_window(b, t, &((struct p1_apdu *)out)->subject_trace);
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
	return read_window(b, t, &((struct p1_apdu *)out)->content_extensions);
}

static const struct member report_content_members[] = {
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

void p1_walk(struct p1_iterator *it, const struct p1_window *w, struct findings *f)
{
	static const uint8_t nothing;
	struct cursor c = {
		w->base ? w->base : &nothing, w->pos, w->end, f, &ber_rules[BER_CUT],
	};

	ber_init_window(&it->ber, &c);
}

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
static bool read_part(struct p1_apdu *a, size_t at, size_t end, const struct member *members,
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
	if (!read_members(&b, members, a, seen))
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
	if (!read_part(out, r.envelope_at, r.envelope_end, envelope_members[r.kind], &seen,
	               &out->envelope, f))
		return false;
	if (r.kind == P1_REPORT &&
	    !read_part(out, r.report_at, r.report_end, report_content_members, &content_seen,
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
	struct findings ignored;
	struct p1_iterator it;
	struct p1_trace e;

	findings_clear(&ignored);
	p1_walk(&it, &a->trace, &ignored);
	while (p1_next_trace(&it, &e))
		if (p1_domain_equal(&e.domain, domain))
			return true;
	return false;
}
