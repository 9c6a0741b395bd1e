#include "p1/p1_reader.h"

/* What comes next. */
enum state {
	EXTERNAL,		/* the identifier of the EXTERNAL */
	REFERENCE,		/* its direct or indirect reference, or [0] */
	DIRECT,			/* contents of the direct reference */
	INDIRECT,		/* contents of the indirect reference */
	APDU,			/* the identifier of the MTS-APDU */
	ENVELOPE,		/* the identifier of the envelope */
	INSIDE_ENVELOPE,
	CONTENT,		/* the identifier of the content */
	INSIDE_CONTENT,
	REPORT,			/* the identifier of the report content */
	INSIDE_REPORT,
	CLOSING_REPORT,		/* the end of the report */
	INSIDE_PROBE,
	AFTER,			/* the APDU is complete, what holds it is not */
	TRAILING,		/* something follows; noted */
};

enum { CONTEXT_OCTETS_MAX = 4 };

void p1_reader_init(struct p1_reader *r, bool x410)
{
	*r = (struct p1_reader){ .x410 = x410, .state = x410 ? APDU : EXTERNAL };
	ber_stream_init(&r->stream);
}

/* Octets of which part are read in this state. */
static enum p1_part part_of(const struct p1_reader *r)
{
	switch (r->state) {
	case EXTERNAL:
	case REFERENCE:
	case DIRECT:
	case INDIRECT:
	case INSIDE_CONTENT:
	case AFTER:
	case TRAILING:
		return P1_PART_WRAPPER;
	default:
		return P1_PART_HEAD;
	}
}

static bool fail(struct findings *f, const struct ber_token *token, enum p1_rule rule)
{
	return findings_add(f, &p1_rules[rule], (size_t)token->at);
}

/* ---- what each identifier means ---- */

static bool open_external(struct p1_reader *r, const struct ber_token *token, struct findings *f)
{
	if (token->tag != BER_UNIVERSAL(BER_EXTERNAL) || !token->constructed)
		return fail(f, token, P1_EXTERNAL);
	r->state = REFERENCE;
	return true;
}

static bool open_reference(struct p1_reader *r, const struct ber_token *token, struct findings *f)
{
	switch (token->tag) {
	case BER_UNIVERSAL(BER_OBJECT_IDENTIFIER):
		r->state = DIRECT;
		break;
	case BER_UNIVERSAL(BER_INTEGER):
		if (token->length == 0 || token->length > CONTEXT_OCTETS_MAX)
			return fail(f, token, P1_EXTERNAL_ENCODING);
		r->state = INDIRECT;
		r->context = 0;
		break;
	case BER_CONTEXT(0):
		if (!r->has_context)
			fail(f, token, P1_EXTERNAL_REFERENCE);
		r->state = APDU;
		break;
	default:
		return fail(f, token, P1_EXTERNAL_ENCODING);
	}
	if (token->constructed != (token->tag == BER_CONTEXT(0)))
		return fail(f, token, P1_EXTERNAL_ENCODING);
	return true;
}

static bool open_apdu(struct p1_reader *r, const struct ber_token *token, struct findings *f)
{
	static const uint8_t next[P1_KINDS] = { ENVELOPE, ENVELOPE, INSIDE_PROBE };
	uint32_t kind = token->tag - BER_CONTEXT(0);

	if (kind >= P1_KINDS || !token->constructed)
		return fail(f, token, P1_APDU_UNKNOWN);
	r->kind = (uint8_t)kind;
	r->state = next[kind];
	if (kind == P1_PROBE) {
		ber_stream_opaque(&r->stream);
		r->envelope_at = 0;
	}
	return true;
}

static bool open_envelope(struct p1_reader *r, const struct ber_token *token, size_t at,
                          struct findings *f)
{
	if (token->tag != BER_UNIVERSAL(BER_SET) || !token->constructed)
		return fail(f, token, P1_ENVELOPE_TYPE);
	ber_stream_opaque(&r->stream);
	r->envelope_at = at;
	r->state = INSIDE_ENVELOPE;
	return true;
}

static bool open_content(struct p1_reader *r, const struct ber_token *token, struct findings *f)
{
	if (token->tag != BER_UNIVERSAL(BER_OCTET_STRING))
		return fail(f, token, P1_CONTENT_TYPE_TAG);
	r->has_length = !token->constructed;
	r->length = token->length;
	r->head_done = true;
	r->content_depth = token->depth;
	r->state = INSIDE_CONTENT;
	return true;
}

static bool open_report(struct p1_reader *r, const struct ber_token *token, size_t at,
                        struct findings *f)
{
	if (token->tag != BER_UNIVERSAL(BER_SET) || !token->constructed)
		return fail(f, token, P1_REPORT_TYPE);
	ber_stream_opaque(&r->stream);
	r->report_at = at;
	r->content_depth = token->depth;
	r->state = INSIDE_REPORT;
	return true;
}

/* `at`: where in the head the identifier stands. */
static bool open_element(struct p1_reader *r, const struct ber_token *token, size_t at,
                         struct findings *f)
{
	switch (r->state) {
	case EXTERNAL:
		return open_external(r, token, f);
	case REFERENCE:
		return open_reference(r, token, f);
	case APDU:
		return open_apdu(r, token, f);
	case ENVELOPE:
		return open_envelope(r, token, at, f);
	case CONTENT:
		return open_content(r, token, f);
	case INSIDE_CONTENT:
		/* A segment of a constructed content. */
		return token->tag == BER_UNIVERSAL(BER_OCTET_STRING) ||
		       fail(f, token, P1_CONTENT_TYPE_TAG);
	case REPORT:
		return open_report(r, token, at, f);
	case CLOSING_REPORT:
		break;
	default:
		r->state = TRAILING;
		break;
	}
	ber_stream_opaque(&r->stream);
	return fail(f, token, P1_TRAILING);
}

/* ---- what the end of an element means ---- */

static bool close_element(struct p1_reader *r, const struct ber_token *token, struct findings *f)
{
	r->ended = token->depth == 0;
	switch (r->state) {
	case DIRECT:
		r->state = REFERENCE;
		break;
	case INDIRECT:
		r->has_context = true;
		r->state = REFERENCE;
		break;
	case INSIDE_ENVELOPE:
		r->envelope_end = (size_t)r->head_n;
		r->state = r->kind == P1_REPORT ? REPORT : CONTENT;
		break;
	case INSIDE_CONTENT:
		if (token->depth == r->content_depth)
			r->state = AFTER;
		break;
	case INSIDE_REPORT:
		r->report_end = (size_t)r->head_n;
		r->state = CLOSING_REPORT;
		break;
	case CLOSING_REPORT:
		r->head_done = token->depth < r->content_depth;
		if (r->head_done)
			r->state = AFTER;
		break;
	case INSIDE_PROBE:
		r->envelope_end = (size_t)r->head_n;
		r->head_done = true;
		r->state = AFTER;
		break;
	case TRAILING:
	case AFTER:
		break;
	case EXTERNAL:
	case REFERENCE:
	case APDU:
		return fail(f, token, P1_EXTERNAL_ENCODING);
	case ENVELOPE:
		return fail(f, token, P1_ENVELOPE_TYPE);
	case CONTENT:
		return fail(f, token, P1_CONTENT_TYPE_TAG);
	default:
		return fail(f, token, P1_REPORT_TYPE);
	}
	return true;
}

static void read_context(struct p1_reader *r, struct octets span, struct findings *f)
{
	struct cursor c;
	uint8_t octet = 0;

	cursor_init(&c, span, f, &p1_rules[P1_CUT]);
	while (cursor_left(&c) > 0 && cursor_u8(&c, &octet))
		r->context = r->context << 8 | octet;
}

/* One token.  false: none is left in `in`. */
static bool read_token(struct p1_reader *r, struct octets *in, enum p1_part *part,
                       struct octets *out, struct findings *f)
{
	const uint8_t *begin = in->p;
	struct ber_token token;
	enum ber_item item = ber_stream_next(&r->stream, in, &token, f);
	size_t n = (size_t)(in->p - begin);

	*part = part_of(r);
	*out = (struct octets){ begin, n };
	if (*part == P1_PART_HEAD)
		r->head_n += n;
	switch (item) {
	case BER_OPEN:
		return open_element(r, &token,
		                    (size_t)(r->head_n - (r->stream.pos - token.at)), f);
	case BER_SPAN:
		if (r->state == INDIRECT)
			read_context(r, token.span, f);
		if (r->state == INSIDE_CONTENT) {
			*part = P1_PART_CONTENT;
			r->content_n += n;
		}
		return true;
	case BER_CLOSE:
		return close_element(r, &token, f) && !r->ended;
	default:
		return false;
	}
}

size_t p1_reader_push(struct p1_reader *r, struct octets in, enum p1_part *part,
                      struct octets *out, struct findings *f)
{
	struct octets rest = in, none = { in.p, 0 }, empty;
	enum p1_part closing;

	*part = P1_PART_WRAPPER;
	*out = none;
	if (in.n == 0)
		return 0;
	read_token(r, &rest, part, out, f);
	/* Elements of definite length end without a further octet. */
	while (!f->fatal && ber_stream_due(&r->stream) &&
	       read_token(r, &none, &closing, &empty, f))
		;
	return in.n - rest.n;
}

bool p1_reader_end(const struct p1_reader *r, struct findings *f)
{
	if (r->ended && ber_stream_between(&r->stream))
		return true;
	return findings_add(f, &p1_rules[P1_CUT], (size_t)r->stream.pos);
}
