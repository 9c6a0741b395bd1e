#include "rtse/rtse_reader.h"

#include "rtse/rtse_rules.h"

void rtse_reader_init(struct rtse_reader *r, bool x410)
{
	ber_stream_init(&r->stream);
	r->x410 = x410;
	r->ended = false;
	r->trailing = false;
	r->broken = false;
}

/* One token of the OCTET STRING or of its segments.  false: none is left. */
static bool read_token(struct rtse_reader *r, struct octets *in, struct octets *value,
                       struct findings *f)
{
	struct ber_token token;

	switch (ber_stream_next(&r->stream, in, &token, f)) {
	case BER_OPEN:
		if (token.tag != BER_UNIVERSAL(BER_OCTET_STRING))
			return findings_add(f, &rtse_rules[RTSE_TRANSFER_STRING],
			                    (size_t)token.at);
		return true;
	case BER_SPAN:
		*value = token.span;
		return true;
	case BER_CLOSE:
		r->ended = token.depth == 0;
		return !r->ended;
	default:
		return false;
	}
}

static void pass_trailing(struct rtse_reader *r, struct findings *f)
{
	if (!r->trailing)
		findings_add(f, &rtse_rules[RTSE_TRAILING], (size_t)r->stream.pos);
	r->trailing = true;
}

size_t rtse_reader_push(struct rtse_reader *r, struct octets in, struct octets *value,
                        struct findings *f)
{
	struct octets rest = in, none = { NULL, 0 };

	*value = none;
	if (r->x410) {
		*value = in;
		return in.n;
	}
	if (r->broken)
		return in.n;
	if (r->ended) {
		pass_trailing(r, f);
		return in.n;
	}
	read_token(r, &rest, value, f);
	/* Elements of definite length end without a further octet. */
	while (!f->fatal && ber_stream_due(&r->stream) && read_token(r, &none, &none, f))
		;
	r->broken = f->fatal;
	return in.n - rest.n;
}

bool rtse_reader_end(struct rtse_reader *r, struct findings *f)
{
	if (r->broken)
		return false;
	if (r->x410 || r->ended)
		return true;
	if (ber_stream_between(&r->stream))
		return findings_add(f, &rtse_rules[RTSE_APDU_UNKNOWN], 0);
	return ber_stream_end(&r->stream, f);
}
