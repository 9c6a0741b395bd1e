#include "ipm/ipm.h"

#include "ber/ber_stream.h"
#include "ipm/ipm_types.h"

const struct rule ipm_rules[IPM_RULES_N] = {
#define ROW(...) RULE_ROW(LAYER_IPM, __VA_ARGS__)
	IPM_RULES(ROW)
#undef ROW
};

enum { UB_LOCAL = 64, UB_SUBJECT = 128 };

typedef bool read_fn(struct ber *b, const struct ber_tlv *t, struct ipm *out);

struct member {
	uint32_t tag;
	read_fn *read;		/* NULL: known and passed over */
};

static bool note(struct ber *b, const struct ber_tlv *t, enum ipm_rule rule)
{
	return ber_fail(b, t, &ipm_rules[rule]);
}

/* ---- parts of headings ---- */

static bool read_name(struct ber *b, const struct ber_tlv *t, struct octets *out)
{
	struct cursor window = b->c;
	struct p1_name name;
	struct ber inner;
	struct ber_tlv v;

	if (!ber_raw(b, t, out))
		return false;
	if (p1_name_usual(*out, NULL))
		return true;
	window.pos = t->at;
	window.end = t->at + out->n;
	ber_init_window(&inner, &window);
	return ber_next(&inner, &v) && p1_name_read(&inner, &v, &name);
}

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
			if (!read_name(b, &v, &id->name))
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
			ok = read_name(b, &v, &out->name);
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
			ok = read_window(b, &v, &out->extensions);
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

	if (!read_window(b, t, out))
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

	if (!read_window(b, t, &out->extensions))
		return false;
	p1_walk(&it, &out->extensions, b->c.findings);
	while (ipm_next_extension(&it, &x))
		;
	return ber_ok(b);
}

static bool read_authorizing(struct ber *b, const struct ber_tlv *t, struct ipm *out)
{
	return read_window(b, t, &out->authorizing);
}

static bool read_replied(struct ber *b, const struct ber_tlv *t, struct ipm *out)
{
	return read_any_id(b, t, &out->replied);
}

static bool read_obsoleted(struct ber *b, const struct ber_tlv *t, struct ipm *out)
{
	return read_window(b, t, &out->obsoleted);
}

static bool read_related(struct ber *b, const struct ber_tlv *t, struct ipm *out)
{
	return read_window(b, t, &out->related);
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
	return read_window(b, t, &out->reply_to);
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
	return read_window(b, t, &out->notice_extensions);
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
		if (!read_window(b, &v, &out->notice_extensions))
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

/* ---- where things stand: the content may be cut in the body ---- */

enum place {
	PLACE_OBJECT,		/* the identifier of the information object */
	PLACE_IPN,
	PLACE_HEADING,		/* the identifier of the heading */
	PLACE_IN_HEADING,
	PLACE_BODY,		/* the identifier of the body */
	PLACE_PART,		/* the identifier of a body part, or the end */
	PLACE_IN_PART,
	PLACE_TEXT,		/* inside ia5-text: parameters, then the text */
	PLACE_IN_PARAMETERS,
	PLACE_IN_TEXT,
	PLACE_END,
};

struct reading {
	struct ipm *out;
	struct octets content;
	struct ber_stream stream;
	struct findings *f;
	enum place place;
	size_t heading_at, heading_end;
	uint8_t part_depth, text_depth;
	bool has_parameters, trailing;
};

static bool fail(struct reading *r, const struct ber_token *token, enum ipm_rule rule)
{
	return findings_add(r->f, &ipm_rules[rule], (size_t)token->at);
}

static bool open_object(struct reading *r, const struct ber_token *token)
{
	bool ipn = token->tag == BER_CONTEXT(1);

	if ((token->tag != BER_CONTEXT(0) && !ipn) || !token->constructed)
		return fail(r, token, IPM_UNKNOWN);
	r->out->kind = ipn ? IPM_NOTIFICATION : IPM_MESSAGE;
	r->place = ipn ? PLACE_IPN : PLACE_HEADING;
	if (ipn) {
		r->heading_at = (size_t)token->at;
		ber_stream_opaque(&r->stream);
	}
	return true;
}

static bool is_body_part(uint32_t tag)
{
	uint32_t number = tag - BER_CONTEXT(0);

	return number <= 15 && number != 13;
}

static uint8_t identifier(const struct ber_token *token)
{
	return (uint8_t)(token->tag >> 24 | (token->constructed ? 0x20 : 0) | (token->tag & 0x1f));
}

static bool open_part(struct reading *r, const struct ber_token *token)
{
	bool first = r->out->parts_n++ == 0;

	if (!is_body_part(token->tag))
		fail(r, token, IPM_BODY_PART);
	r->part_depth = token->depth;
	r->place = PLACE_IN_PART;
	if (first)
		r->out->part_tag = identifier(token);
	if (first && token->tag == BER_CONTEXT(0) && token->constructed) {
		r->place = PLACE_TEXT;
		r->has_parameters = false;
		return true;
	}
	ber_stream_opaque(&r->stream);
	return true;
}

/* SEQUENCE { SET parameters, IA5String }. */
static bool open_text(struct reading *r, const struct ber_token *token)
{
	if (!r->has_parameters && token->tag == BER_UNIVERSAL(BER_SET)) {
		r->has_parameters = true;
		r->place = PLACE_IN_PARAMETERS;
		ber_stream_opaque(&r->stream);
		return true;
	}
	if (token->tag != BER_UNIVERSAL(BER_IA5_STRING) || r->out->has_text) {
		r->place = PLACE_IN_PARAMETERS;
		ber_stream_opaque(&r->stream);
		return fail(r, token, IPM_TEXT_FORM);
	}
	r->out->has_text = true;
	r->out->text.segmented = token->constructed;
	r->text_depth = token->depth;
	r->place = PLACE_IN_TEXT;
	/* Segments are told apart when the text is read. */
	ber_stream_opaque(&r->stream);
	return true;
}

static bool open_element(struct reading *r, const struct ber_token *token)
{
	switch (r->place) {
	case PLACE_OBJECT:
		return open_object(r, token);
	case PLACE_HEADING:
		if (token->tag != BER_UNIVERSAL(BER_SET) || !token->constructed)
			return fail(r, token, IPM_HEADING);
		r->heading_at = (size_t)token->at;
		r->place = PLACE_IN_HEADING;
		ber_stream_opaque(&r->stream);
		return true;
	case PLACE_BODY:
		if (token->tag != BER_UNIVERSAL(BER_SEQUENCE) || !token->constructed)
			return fail(r, token, IPM_BODY);
		r->place = PLACE_PART;
		return true;
	case PLACE_PART:
		return open_part(r, token);
	case PLACE_TEXT:
		return open_text(r, token);
	default:
		ber_stream_opaque(&r->stream);
		if (r->trailing)
			return true;
		r->trailing = true;
		return fail(r, token, IPM_TRAILING);
	}
}

static bool close_element(struct reading *r, const struct ber_token *token)
{
	switch (r->place) {
	case PLACE_IN_HEADING:
		r->heading_end = (size_t)r->stream.pos;
		r->place = PLACE_BODY;
		break;
	case PLACE_IN_PART:
		r->place = PLACE_PART;
		break;
	case PLACE_IN_PARAMETERS:
	case PLACE_IN_TEXT:
		r->place = PLACE_TEXT;
		break;
	case PLACE_TEXT:
		if (!r->out->has_text)
			fail(r, token, IPM_TEXT_FORM);
		r->place = PLACE_PART;
		break;
	case PLACE_PART:
		if (r->out->parts_n == 0)
			fail(r, token, IPM_BODY_EMPTY);
		r->place = PLACE_END;
		break;
	case PLACE_IPN:
		r->heading_end = (size_t)r->stream.pos;
		r->place = PLACE_END;
		break;
	case PLACE_HEADING:
		return fail(r, token, IPM_HEADING);
	case PLACE_BODY:
		return fail(r, token, IPM_BODY);
	default:
		break;
	}
	if (token->depth == 0)
		r->out->whole = true;
	return true;
}

static void take_span(struct reading *r, const struct ber_token *token)
{
	struct octets *text = &r->out->text.raw;

	if (r->place != PLACE_IN_TEXT)
		return;
	if (text->n == 0) {
		*text = token->span;
		r->out->text_at = token->at;
	} else {
		text->n += token->span.n;	/* one run: the content is one */
	}
}

static bool find_places(struct reading *r)
{
	struct octets in = r->content;
	struct ber_token token;

	for (;;) {
		switch (ber_stream_next(&r->stream, &in, &token, r->f)) {
		case BER_OPEN:
			if (!open_element(r, &token))
				return false;
			break;
		case BER_CLOSE:
			if (!close_element(r, &token))
				return false;
			break;
		case BER_SPAN:
			take_span(r, &token);
			break;
		case BER_MORE:
			return true;
		case BER_BAD:
			return false;
		}
	}
}

/* The elements from..to, read by a walker: the heading, or all of an IPN. */
static bool read_heading(struct reading *r, const struct member *members)
{
	struct cursor c = {
		r->content.p, r->heading_at, r->heading_end, r->f, &ber_rules[BER_CUT],
	};
	struct ber_tlv t;
	struct ber b;

	ber_init_window(&b, &c);
	if (!ber_next(&b, &t) || !read_set(&b, &t, members, r->out))
		return false;
	if (!r->out->id.present)
		note(&b, &t, IPM_THIS);
	return ber_ok(&b);
}

/* What is there of a text in segments ends with the last one that is whole and a
 * string: the others cannot be iterated. */
static void check_segments(struct ipm *out)
{
	struct findings ignored;
	struct ber_string segment;
	struct ber_tlv t;
	size_t whole = 0;
	struct ber b;

	if (!out->text.segmented)
		return;
	findings_clear(&ignored);
	ber_init(&b, out->text.raw, &ignored);
	while (ber_next(&b, &t) &&
	       (t.tag == BER_UNIVERSAL(BER_OCTET_STRING) ||
	        t.tag == BER_UNIVERSAL(BER_IA5_STRING)) && ber_string(&b, &t, &segment))
		whole = b.c.pos;
	out->text.raw.n = whole;
}

bool ipm_decode(struct octets content, struct ipm *out, struct findings *f)
{
	struct reading r = { .out = out, .content = content, .f = f, .place = PLACE_OBJECT };

	*out = (struct ipm){ .importance = 1 };
	ber_stream_init(&r.stream);
	if (!find_places(&r))
		return false;
	if (r.heading_end == 0)
		return findings_add(f, &ber_rules[BER_CUT], content.n);
	check_segments(out);
	return read_heading(&r, out->kind == IPM_MESSAGE ? heading_members : ipn_members);
}

/* ---- body parts ---- */

bool ipm_walk_parts(struct p1_iterator *it, struct octets content, struct findings *f)
{
	struct ber *b = &it->ber;
	struct ber_tlv t;

	ber_init(b, content, f);
	return ber_take(b, &t, BER_CONTEXT(0), &ipm_rules[IPM_UNKNOWN]) && ber_enter(b, &t) &&
	       ber_take(b, &t, BER_UNIVERSAL(BER_SET), &ipm_rules[IPM_HEADING]) &&
	       ber_take(b, &t, BER_UNIVERSAL(BER_SEQUENCE), &ipm_rules[IPM_BODY]) &&
	       ber_enter(b, &t);
}

static const char *part_name(uint32_t number);

/* SEQUENCE { [0] parameters, EXTERNAL data } */
static bool read_extended(struct ber *b, const struct ber_tlv *t, struct ipm_part *out)
{
	const struct p1_open *row;
	struct ber_tlv v;

	if (!ber_enter(b, t))
		return false;
	if (ber_optional(b, &v, BER_UNIVERSAL(BER_EXTERNAL)) ||
	    (ber_next(b, &v) && ber_optional(b, &v, BER_UNIVERSAL(BER_EXTERNAL)))) {
		if (!ber_enter(b, &v))
			return false;
		if (ber_optional(b, &v, BER_UNIVERSAL(BER_OBJECT_IDENTIFIER)) &&
		    !ber_oid(b, &v, &out->oid))
			return false;
		if (!ber_leave(b))
			return false;
	}
	row = p1_open_oid(ipm_body_part_values, out->oid);
	out->name = row ? row->name : NULL;
	return ber_leave(b);
}

bool ipm_next_part(struct p1_iterator *it, struct ipm_part *out)
{
	struct ber *b = &it->ber;
	struct ber_tlv t;

	*out = (struct ipm_part){ .number = 0 };
	if (!ber_next(b, &t))
		return false;
	out->number = t.tag & 0x3fffffff;
	out->name = t.tag >> 30 == 2 ? part_name(out->number) : NULL;
	if (t.tag == BER_CONTEXT(15) && t.constructed) {
		if (!read_extended(b, &t, out))
			return false;
		out->whole = ber_since(b, t.at);
		return true;
	}
	return ber_raw(b, &t, &out->whole);
}

/* ---- text ---- */

static const char *const parts[] = {
	[0] = "ia5-text", [1] = "telex", [2] = "voice", [3] = "g3-facsimile",
	[4] = "g4-class-1", [5] = "teletex", [6] = "videotex", [7] = "nationally-defined",
	[8] = "encrypted", [9] = "message", [10] = "sfd", [11] = "mixed-mode",
	[12] = "tif1", [14] = "bilaterally-defined", [15] = "extended",
};

static const char *part_name(uint32_t number)
{
	return number < sizeof parts / sizeof *parts ? parts[number] : NULL;
}

static void text_name(struct text *t, const char *field, struct octets name)
{
	if (name.n == 0)
		return;
	text_field(t, field);
	p1_name_value_text(t, name);
}

static void text_id(struct text *t, const char *field, const struct ipm_id *id)
{
	if (!id->present)
		return;
	text_field(t, field);
	ber_text_string(t, &id->local);
	text_name(t, "of", id->name);
}

static void text_ipm(struct text *t, const struct ipm *m)
{
	static const char *const levels[] = { "low", "normal", "high" };

	text_put(t, "IPM");
	text_id(t, "id", &m->id);
	text_name(t, "from", m->originator);
	text_field_u64(t, "to", m->primary_n);
	if (m->copy_n)
		text_field_u64(t, "copy", m->copy_n);
	if (m->blind_n)
		text_field_u64(t, "blind", m->blind_n);
	if (m->has_subject) {
		text_field(t, "subject");
		ber_text_string(t, &m->subject);
	}
	if (m->has_importance) {
		text_field(t, "importance");
		text_put(t, levels[m->importance]);
	}
	if (m->has_sensitivity)
		text_field_u64(t, "sensitivity", m->sensitivity);
	if (m->auto_forwarded)
		text_put(t, " auto-forwarded");
	text_field_u64(t, "parts", m->parts_n);
	if (m->parts_n) {
		const char *name = (m->part_tag & 0xc0) == 0x80 ? part_name(m->part_tag & 0x1f)
		                                                : NULL;

		text_field(t, "body");
		if (name)
			text_put(t, name);
		else
			text_hex8(t, m->part_tag);
	}
	if (m->has_text)
		text_field_u64(t, "text", ber_string_size(&m->text));
	if (!m->whole)
		text_put(t, " cut");
}

static void text_ipn(struct text *t, const struct ipm *m)
{
	static const char *const notices[] = {
		[IPM_NON_RECEIPT] = "non-receipt", [IPM_RECEIPT] = "receipt",
		[IPM_OTHER] = "other",
	};

	text_put(t, "IPN ");
	text_put(t, notices[m->notice]);
	text_id(t, "subject-id", &m->id);
	text_name(t, "from", m->originator);
	if (m->notice == IPM_NON_RECEIPT)
		text_field_u64(t, "reason", m->reason);
	if (m->notice == IPM_RECEIPT && m->receipt_time.raw.n) {
		text_field(t, "time");
		ber_text_string(t, &m->receipt_time);
	}
}

void ipm_text(struct text *t, const struct ipm *m)
{
	if (m->kind == IPM_MESSAGE)
		text_ipm(t, m);
	else
		text_ipn(t, m);
}

void ipm_text_all(struct text *t, struct octets content)
{
	p1_value_text(t, &ipm_type_object, content);
}
