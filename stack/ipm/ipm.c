#include "ipm/ipm_inner.h"

#include "ber/ber_stream.h"
#include "ipm/ipm_types.h"

const struct rule ipm_rules[IPM_RULES_N] = {
#define ROW(...) RULE_ROW(LAYER_IPM, __VA_ARGS__)
	IPM_RULES(ROW)
#undef ROW
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
static bool read_heading(struct reading *r)
{
	struct cursor c = {
		r->content.p, r->heading_at, r->heading_end, r->f, &ber_rules[BER_CUT],
	};
	struct ber_tlv t;
	struct ber b;

	ber_init_window(&b, &c);
	if (!ber_next(&b, &t) || !ipm_read_fields(&b, &t, r->out))
		return false;
	if (!r->out->id.present)
		ber_fail(&b, &t, &ipm_rules[IPM_THIS]);
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
	return read_heading(&r);
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

static const char *const parts[] = {
	[0] = "ia5-text", [1] = "telex", [2] = "voice", [3] = "g3-facsimile",
	[4] = "g4-class-1", [5] = "teletex", [6] = "videotex", [7] = "nationally-defined",
	[8] = "encrypted", [9] = "message", [10] = "sfd", [11] = "mixed-mode",
	[12] = "tif1", [14] = "bilaterally-defined", [15] = "extended",
};

const char *ipm_part_name(uint32_t number)
{
	return number < sizeof parts / sizeof *parts ? parts[number] : NULL;
}

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
	out->name = t.tag >> 30 == 2 ? ipm_part_name(out->number) : NULL;
	if (t.tag == BER_CONTEXT(15) && t.constructed) {
		if (!read_extended(b, &t, out))
			return false;
		out->whole = ber_since(b, t.at);
		return true;
	}
	return ber_raw(b, &t, &out->whole);
}
