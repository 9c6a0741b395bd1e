/*
 * What the observer tells, and of whom.
 */
#include "observer_inner.h"

#include "ber/ber_rules.h"

uint8_t observer_first(struct octets o)
{
	struct findings none;
	struct cursor c;
	uint8_t v = 0;

	findings_clear(&none);
	cursor_init(&c, o, &none, &ber_rules[BER_CUT]);
	cursor_u8(&c, &v);
	return v;
}

void observer_tell(struct observer *o, const struct observer_way *w, struct observation *seen)
{
	seen->direction = (uint8_t)observer_direction(o, w);
	o->sink->tell(o->sink, seen);
}

void observer_tell_whole(struct observer *o, const struct observer_way *w,
                         const struct observer_span *span, const struct observer_whole *pdu)
{
	struct observation seen = {
		.layer = (uint8_t)pdu->layer, .code = pdu->code, .part = (uint8_t)pdu->part,
		.herald = pdu->herald, .outside = pdu->outside, .from = observer_span_from(span),
		.to = observer_span_to(span), .length = span->octets.n, .octets = span->octets,
		.findings = pdu->findings, .as = { .any = pdu->pdu },
	};

	observer_tell(o, w, &seen);
}

void observer_stream_open(struct observer_stream *s, uint8_t code, uint64_t from)
{
	s->open = true;
	s->code = code;
	s->outside = 0;
	s->context = 0;
	s->from = s->to = from;
	s->length = s->user = 0;
	findings_clear(&s->findings);
}

void observer_tell_stream(struct observer *o, const struct observer_way *w, enum layer layer,
                          enum observed part, struct observer_stream *s,
                          struct octets octets, const void *pdu)
{
	struct observation seen = {
		.layer = (uint8_t)layer, .code = s->code, .part = (uint8_t)part,
		.context = s->context, .outside = s->outside, .from = s->from, .to = s->to,
		.length = s->length,
		.user = s->user, .octets = octets, .findings = &s->findings,
		.as = { .any = pdu },
	};

	observer_tell(o, w, &seen);
	s->open = part == OBSERVED_BEGIN;
	findings_clear(&s->findings);
}
