/*
 * The heading of a message, and of a notification.
 */
#include "ipm/ipm_inner.h"

#include "p1/p1_fields.h"

enum { UB_LOCAL = 64, UB_SUBJECT = 128 };

struct member {
	uint32_t tag;
	/* NULL: known and passed over */
	bool (*read)(struct ber *b, const struct ber_tlv *t, struct ipm *out);
};

static bool note(struct ber *b, const struct ber_tlv *t, enum ipm_rule rule)
{
	return ber_fail(b, t, &ipm_rules[rule]);
}

/* ---- parts of headings ---- */

/* IPMIdentifier: SET { [ORName], local identifier }; its tag may be implicit. */
static bool read_any_id(struct ber *b, const struct ber_tlv *t, struct ipm_id *id)
{
	bool has_local = false;
	struct ber_tlv v;

	if (!ber_enter(b, t))
		return false;
	id->present = true;
	while (ber_next(b, &v)) {
		if (v.tag == BER_APPLICATION(0)) {
			if (!p1_read_name_raw(b, &v, &id->name))
				return false;
		} else if (v.tag == BER_UNIVERSAL(BER_PRINTABLE_STRING)) {
			has_local = true;
			if (!ber_string(b, &v, &id->local))
				return false;
			if (ber_string_size(&id->local) > UB_LOCAL)
				note(b, &v, IPM_LOCAL_LENGTH);
		} else {
			note(b, &v, IPM_MEMBER);
		}
	}
	if (!has_local && ber_ok(b))
		note(b, t, IPM_IDENTIFIER);
	return ber_leave(b);
}

static bool read_id(struct ber *b, const struct ber_tlv *t, struct ipm *out)
{
	return read_any_id(b, t, &out->id);
}

/* ORDescriptor: SET { [ORName], [0] free form, [1] telephone }. */
static bool read_descriptor(struct ber *b, const struct ber_tlv *t, struct ipm_recipient *out)
{
	struct ber_tlv v;

	if (!ber_enter(b, t))
		return false;
	while (ber_next(b, &v)) {
		bool ok = true;

		if (v.tag == BER_APPLICATION(0))
			ok = p1_read_name_raw(b, &v, &out->name);
		else if (v.tag == BER_CONTEXT(0))
			ok = ber_string(b, &v, &out->free_form);
		else if (v.tag == BER_CONTEXT(1))
			ok = ber_string(b, &v, &out->telephone);
		else
			ok = note(b, &v, IPM_MEMBER);
		if (!ok)
			return false;
	}
	return ber_leave(b);
}

static bool read_named(struct ber *b, const struct ber_tlv *t, struct octets *name)
{
	struct ipm_recipient r = { .reply = false };
	bool ok = read_descriptor(b, t, &r);

	*name = r.name;
	return ok;
}

static bool read_originator(struct ber *b, const struct ber_tlv *t, struct ipm *out)
{
	return read_named(b, t, &out->originator);
}

bool ipm_next_descriptor(struct p1_iterator *it, struct ipm_recipient *out)
{
	struct ber_tlv t;

	*out = (struct ipm_recipient){ .reply = false };
	return ber_next(&it->ber, &t) && read_descriptor(&it->ber, &t, out);
}

bool ipm_next_id(struct p1_iterator *it, struct ipm_id *out)
{
	struct ber_tlv t;

	*out = (struct ipm_id){ .present = false };
	return ber_next(&it->ber, &t) && read_any_id(&it->ber, &t, out);
}

bool ipm_next_extension(struct p1_iterator *it, struct ipm_extension *out)
{
	struct ber *b = &it->ber;
	struct ber_tlv t, v;

	*out = (struct ipm_extension){ .value = { NULL, 0 } };
	if (!ber_next(b, &t))
		return false;
	if (t.tag != BER_UNIVERSAL(BER_SEQUENCE))
		return note(b, &t, IPM_EXTENSION);
	if (!ber_enter(b, &t))
		return false;
	if (!ber_optional(b, &v, BER_UNIVERSAL(BER_OBJECT_IDENTIFIER)))
		return ber_ok(b) && note(b, &t, IPM_EXTENSION);
	if (!ber_oid(b, &v, &out->oid))
		return false;
	if (ber_next(b, &v) && !ber_raw(b, &v, &out->value))
		return false;
	if (!ber_leave(b))
		return false;
	out->whole = ber_since(b, t.at);
	return true;
}

bool ipm_next_recipient(struct p1_iterator *it, struct ipm_recipient *out)
{
	struct ber *b = &it->ber;
	bool has_descriptor = false;
	struct ber_bits bits;
	struct ber_tlv t, v;

	*out = (struct ipm_recipient){ .reply = false };
	if (!ber_next(b, &t))
		return false;
	if (t.tag != BER_UNIVERSAL(BER_SET))
		return note(b, &t, IPM_SPECIFIER);
	if (!ber_enter(b, &t))
		return false;
	while (ber_next(b, &v)) {
		bool ok = true;

		if (v.tag == BER_CONTEXT(0)) {
			has_descriptor = true;
			ok = read_descriptor(b, &v, out);
		} else if (v.tag == BER_CONTEXT(1)) {
			ok = ber_bits(b, &v, &bits);
			out->notify = ok ? (uint8_t)bits.bits : 0;
		} else if (v.tag == BER_CONTEXT(2)) {
			ok = ber_boolean(b, &v, &out->reply);
		} else if (v.tag == BER_CONTEXT(3)) {
			ok = p1_read_window(b, &v, &out->extensions);
		} else {
			ok = note(b, &v, IPM_MEMBER);
		}
		if (!ok)
			return false;
	}
	if (!has_descriptor && ber_ok(b))
		return note(b, &t, IPM_SPECIFIER);
	return ber_leave(b);
}

static bool read_recipients(struct ber *b, const struct ber_tlv *t, struct p1_window *out,
                            uint32_t *n)
{
	struct ipm_recipient r;
	struct p1_iterator it;

	if (!p1_read_window(b, t, out))
		return false;
	p1_walk(&it, out, b->c.findings);
	for (*n = 0; ipm_next_recipient(&it, &r);)
		(*n)++;
	return ber_ok(b);
}

static bool read_primary(struct ber *b, const struct ber_tlv *t, struct ipm *out)
{
	return read_recipients(b, t, &out->primary, &out->primary_n);
}

static bool read_copy(struct ber *b, const struct ber_tlv *t, struct ipm *out)
{
	return read_recipients(b, t, &out->copy, &out->copy_n);
}

static bool read_blind(struct ber *b, const struct ber_tlv *t, struct ipm *out)
{
	return read_recipients(b, t, &out->blind, &out->blind_n);
}

static bool read_subject(struct ber *b, const struct ber_tlv *t, struct ipm *out)
{
	struct ber_tlv v;

	if (!ber_enter(b, t))
		return false;
	if (!ber_next(b, &v) || v.tag != BER_UNIVERSAL(BER_T61_STRING))
		return ber_ok(b) && note(b, t, IPM_SUBJECT) && ber_leave(b);
	if (!ber_string(b, &v, &out->subject))
		return false;
	out->has_subject = true;
	if (ber_string_size(&out->subject) > UB_SUBJECT)
		note(b, &v, IPM_SUBJECT);
	return ber_leave(b);
}

static bool read_importance(struct ber *b, const struct ber_tlv *t, struct ipm *out)
{
	int64_t v = -1;

	if (!ber_int_in(b, t, 0, 2, &ipm_rules[IPM_IMPORTANCE], &v))
		return false;
	out->has_importance = v >= 0;
	out->importance = v >= 0 ? (uint8_t)v : 1;
	return true;
}

static bool read_sensitivity(struct ber *b, const struct ber_tlv *t, struct ipm *out)
{
	int64_t v = -1;

	if (!ber_int_in(b, t, 1, 3, &ipm_rules[IPM_SENSITIVITY], &v))
		return false;
	out->has_sensitivity = v > 0;
	out->sensitivity = v > 0 ? (uint8_t)v : 0;
	return true;
}

static bool read_forwarded(struct ber *b, const struct ber_tlv *t, struct ipm *out)
{
	return ber_boolean(b, t, &out->auto_forwarded);
}

static bool read_extensions(struct ber *b, const struct ber_tlv *t, struct ipm *out)
{
	struct ipm_extension x;
	struct p1_iterator it;

	if (!p1_read_window(b, t, &out->extensions))
		return false;
	p1_walk(&it, &out->extensions, b->c.findings);
	while (ipm_next_extension(&it, &x))
		;
	return ber_ok(b);
}

static bool read_authorizing(struct ber *b, const struct ber_tlv *t, struct ipm *out)
{
	return p1_read_window(b, t, &out->authorizing);
}

static bool read_replied(struct ber *b, const struct ber_tlv *t, struct ipm *out)
{
	return read_any_id(b, t, &out->replied);
}

static bool read_obsoleted(struct ber *b, const struct ber_tlv *t, struct ipm *out)
{
	return p1_read_window(b, t, &out->obsoleted);
}

static bool read_related(struct ber *b, const struct ber_tlv *t, struct ipm *out)
{
	return p1_read_window(b, t, &out->related);
}

static bool read_expiry(struct ber *b, const struct ber_tlv *t, struct ipm *out)
{
	return ber_string(b, t, &out->expiry);
}

static bool read_reply_by(struct ber *b, const struct ber_tlv *t, struct ipm *out)
{
	return ber_string(b, t, &out->reply_by);
}

static bool read_reply_to(struct ber *b, const struct ber_tlv *t, struct ipm *out)
{
	return p1_read_window(b, t, &out->reply_to);
}

static const struct member heading_members[] = {
	{ BER_APPLICATION(11), read_id },
	{ BER_CONTEXT(0), read_originator },
	{ BER_CONTEXT(1), read_authorizing },
	{ BER_CONTEXT(2), read_primary },
	{ BER_CONTEXT(3), read_copy },
	{ BER_CONTEXT(4), read_blind },
	{ BER_CONTEXT(5), read_replied },
	{ BER_CONTEXT(6), read_obsoleted },
	{ BER_CONTEXT(7), read_related },
	{ BER_CONTEXT(8), read_subject },
	{ BER_CONTEXT(9), read_expiry },
	{ BER_CONTEXT(10), read_reply_by },
	{ BER_CONTEXT(11), read_reply_to },
	{ BER_CONTEXT(12), read_importance },
	{ BER_CONTEXT(13), read_sensitivity },
	{ BER_CONTEXT(14), read_forwarded },
	{ BER_CONTEXT(15), read_extensions },
	{ 0, NULL },
};

/* ---- notifications ---- */

static bool read_ipn_originator(struct ber *b, const struct ber_tlv *t, struct ipm *out)
{
	return read_originator(b, t, out);
}

static bool read_time(struct ber *b, const struct ber_tlv *t, struct ipm *out)
{
	return ber_string(b, t, &out->receipt_time);
}

static bool read_reason(struct ber *b, const struct ber_tlv *t, struct ipm *out)
{
	int64_t v = 0;

	if (!ber_int_in(b, t, 0, UINT32_MAX, &ipm_rules[IPM_NOTICE_KIND], &v))
		return false;
	out->reason = (uint32_t)v;
	return true;
}

static bool read_discard(struct ber *b, const struct ber_tlv *t, struct ipm *out)
{
	int64_t v = 0;

	if (!ber_int_in(b, t, 0, UINT32_MAX, &ipm_rules[IPM_NOTICE_KIND], &v))
		return false;
	out->has_discard = true;
	out->discard = (uint32_t)v;
	return true;
}

static bool read_comment(struct ber *b, const struct ber_tlv *t, struct ipm *out)
{
	out->has_comment = true;
	return ber_string(b, t, &out->comment);
}

static bool read_returned(struct ber *b, const struct ber_tlv *t, struct ipm *out)
{
	out->has_returned = true;
	return ber_contents(b, t, &out->returned);
}

static bool read_supplementary(struct ber *b, const struct ber_tlv *t, struct ipm *out)
{
	return ber_string(b, t, &out->supplementary);
}

static bool read_intended(struct ber *b, const struct ber_tlv *t, struct ipm *out)
{
	return read_named(b, t, &out->intended);
}

static bool read_notice_extensions(struct ber *b, const struct ber_tlv *t, struct ipm *out)
{
	return p1_read_window(b, t, &out->notice_extensions);
}

static const struct member non_receipt_members[] = {
	{ BER_CONTEXT(0), read_reason },
	{ BER_CONTEXT(1), read_discard },
	{ BER_CONTEXT(2), read_comment },
	{ BER_CONTEXT(3), read_returned },
	{ BER_CONTEXT(4), read_notice_extensions },
	{ 0, NULL },
};

static const struct member receipt_members[] = {
	{ BER_CONTEXT(0), read_time },
	{ BER_CONTEXT(1), read_reason },	/* acknowledgment mode */
	{ BER_CONTEXT(2), read_supplementary },
	{ BER_CONTEXT(3), read_notice_extensions },
	{ 0, NULL },
};

static bool read_members(struct ber *b, const struct member *members, struct ipm *out)
{
	const struct member *m;
	uint32_t seen = 0, bit;
	struct ber_tlv t;

	while (ber_next(b, &t)) {
		for (m = members, bit = 1; m->tag && m->tag != t.tag; m++)
			bit <<= 1;
		if (!m->tag) {
			note(b, &t, IPM_MEMBER);
			continue;
		}
		if (seen & bit)
			note(b, &t, IPM_TWICE);
		seen |= bit;
		if (m->read && !m->read(b, &t, out))
			return false;
	}
	return ber_ok(b);
}

static bool read_set(struct ber *b, const struct ber_tlv *t, const struct member *members,
                     struct ipm *out)
{
	return ber_enter(b, t) && read_members(b, members, out) && ber_leave(b);
}

static bool read_notice(struct ber *b, const struct ber_tlv *t, struct ipm *out)
{
	struct ber_tlv v;

	if (!ber_enter(b, t))
		return false;
	if (!ber_next(b, &v))
		return ber_ok(b) && note(b, t, IPM_NOTICE_KIND) && ber_leave(b);
	switch (v.tag) {
	case BER_CONTEXT(0):
		out->notice = IPM_NON_RECEIPT;
		if (!read_set(b, &v, non_receipt_members, out))
			return false;
		break;
	case BER_CONTEXT(1):
		out->notice = IPM_RECEIPT;
		if (!read_set(b, &v, receipt_members, out))
			return false;
		break;
	case BER_CONTEXT(2):
		out->notice = IPM_OTHER;
		if (!p1_read_window(b, &v, &out->notice_extensions))
			return false;
		break;
	default:
		note(b, &v, IPM_NOTICE_KIND);
		break;
	}
	return ber_leave(b);
}

static const struct member ipn_members[] = {
	{ BER_APPLICATION(11), read_id },
	{ BER_CONTEXT(0), read_notice },
	{ BER_CONTEXT(1), read_ipn_originator },
	{ BER_CONTEXT(2), read_intended },
	{ BER_CONTEXT(3), read_notice_extensions },
	{ BER_APPLICATION(5), NULL },		/* conversion EITs */
	{ 0, NULL },
};

bool ipm_read_fields(struct ber *b, const struct ber_tlv *t, struct ipm *out)
{
	return read_set(b, t, out->kind == IPM_MESSAGE ? heading_members : ipn_members, out);
}
