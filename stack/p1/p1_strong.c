#include "p1/p1_strong.h"

#include "p1/p1_backward.h"

/* id-tok-asymmetricToken, 2.6.3.6.0 */
static const uint8_t asymmetric[] = { 0x56, 0x03, 0x06, 0x00 };

enum { BIND_TOKEN_SIGNED_DATA = 1 };

static bool odd(struct ber *b, const struct ber_tlv *t)
{
	return ber_fail(b, t, &p1_rules[P1_VALUE_TYPE]);
}

/* ---- reading ---- */

/* A BIT STRING of whole octets in one piece; another one is left out. */
static bool read_octets(struct ber *b, const struct ber_tlv *t, struct octets *out)
{
	struct ber_string bits;

	if (!ber_bit_string(b, t, &bits))
		return false;
	if (bits.segmented || bits.raw.n == 0 || bits.raw.p[0])
		return odd(b, t);
	*out = (struct octets){ bits.raw.p + 1, bits.raw.n - 1 };
	return true;
}

static bool take_raw(struct ber *b, uint32_t tag, struct octets *out)
{
	struct ber_tlv t;

	return ber_take(b, &t, tag, &p1_rules[P1_VALUE_TYPE]) && ber_raw(b, &t, out);
}

/* [3] { [domain], name }; of 1988 it was the name alone. */
static bool read_mta(struct ber *b, const struct ber_tlv *t, struct p1_token *out)
{
	struct ber_tlv v;

	if (!t->constructed)
		return ber_string(b, t, &out->mta);
	if (!ber_enter(b, t))
		return false;
	if (ber_optional(b, &v, BER_APPLICATION(3)) && !p1_domain_read(b, &v, &out->domain))
		return false;
	if (ber_take(b, &v, BER_UNIVERSAL(BER_IA5_STRING), &p1_rules[P1_VALUE_TYPE]) &&
	    !ber_string(b, &v, &out->mta))
		return false;
	return ber_leave(b);
}

/* [0] { [0] type, [1] { BIT STRING } } */
static bool read_random(struct ber *b, const struct ber_tlv *t, struct p1_token *out)
{
	int64_t type = 0;
	struct ber_tlv v;

	if (!ber_enter(b, t))
		return false;
	if (ber_optional(b, &v, BER_CONTEXT(0)) && !ber_int(b, &v, &type))
		return false;
	if (type == BIND_TOKEN_SIGNED_DATA && ber_optional(b, &v, BER_CONTEXT(1))) {
		if (!ber_enter(b, &v))
			return false;
		if (ber_optional(b, &v, BER_UNIVERSAL(BER_BIT_STRING)) &&
		    !read_octets(b, &v, &out->random))
			return false;
		if (!ber_leave(b))
			return false;
	}
	return ber_leave(b);
}

static bool read_data(struct ber *b, const struct ber_tlv *t, struct p1_token *out)
{
	struct ber_string time = { { NULL, 0 }, false };
	struct ber_tlv v;

	if (!ber_enter(b, t))
		return false;
	if (!take_raw(b, BER_UNIVERSAL(BER_SEQUENCE), &out->algorithm))
		return ber_ok(b) && ber_leave(b);
	if (ber_optional(b, &v, BER_APPLICATION(0))) {
		if (!ber_raw(b, &v, &out->recipient))
			return false;
	} else if (ber_optional(b, &v, BER_CONTEXT(3))) {
		if (!read_mta(b, &v, out))
			return false;
	}
	if (ber_take(b, &v, BER_UNIVERSAL(BER_UTC_TIME), &p1_rules[P1_VALUE_TYPE]) &&
	    !ber_string(b, &v, &time))
		return false;
	out->time = time.segmented ? (struct octets){ NULL, 0 } : time.raw;
	if (ber_optional(b, &v, BER_CONTEXT(0)) && !read_random(b, &v, out))
		return false;
	return ber_leave(b);
}

static bool read_asymmetric(struct ber *b, struct p1_strong *out)
{
	struct ber_tlv t, v;

	if (!ber_take(b, &t, BER_UNIVERSAL(BER_SEQUENCE), &p1_rules[P1_VALUE_TYPE]))
		return ber_ok(b);
	if (!ber_enter(b, &t))
		return false;
	if (!ber_take(b, &v, BER_UNIVERSAL(BER_SEQUENCE), &p1_rules[P1_VALUE_TYPE]))
		return ber_ok(b) && ber_leave(b);
	if (!read_data(b, &v, &out->token))
		return false;
	out->signed_octets = ber_since(b, v.at);
	if (!take_raw(b, BER_UNIVERSAL(BER_SEQUENCE), &out->signature_algorithm) ||
	    !ber_take(b, &v, BER_UNIVERSAL(BER_BIT_STRING), &p1_rules[P1_VALUE_TYPE]))
		return ber_ok(b) && ber_leave(b);
	out->has_token = true;
	return read_octets(b, &v, &out->signature) && ber_leave(b);
}

static bool read_token(struct ber *b, const struct ber_tlv *t, struct p1_strong *out)
{
	struct ber_tlv v;

	if (!ber_enter(b, t))
		return false;
	if (ber_optional(b, &v, BER_CONTEXT(0)) && !ber_oid(b, &v, &out->token_type))
		return false;
	if (octets_equal(out->token_type, (struct octets){ asymmetric, sizeof asymmetric }) &&
	    ber_optional(b, &v, BER_CONTEXT(1))) {
		if (!ber_enter(b, &v) || !read_asymmetric(b, out) || !ber_leave(b))
			return false;
	}
	return ber_leave(b);
}

static bool read_certificates(struct ber *b, const struct ber_tlv *t, struct p1_strong *out)
{
	struct ber_tlv v;

	if (!ber_enter(b, t))
		return false;
	if (ber_next(b, &v) && !ber_raw(b, &v, &out->certificate))
		return false;
	if (!ber_leave(b))
		return false;
	out->certificates = ber_since(b, t->body);
	return true;
}

bool p1_strong_decode(struct octets value, struct p1_strong *out, struct findings *f)
{
	struct ber_tlv t, v;
	struct ber b;

	*out = (struct p1_strong){ .has_token = false };
	ber_init(&b, value, f);
	if (!ber_take(&b, &t, BER_CONTEXT(0), &p1_rules[P1_VALUE_TYPE]))
		return ber_ok(&b);
	if (!ber_enter(&b, &t))
		return false;
	while (ber_next(&b, &v)) {
		bool ok = v.tag == BER_CONTEXT(0) ? read_token(&b, &v, out) :
		          v.tag == BER_CONTEXT(1) ? read_certificates(&b, &v, out) :
		          v.tag == BER_CONTEXT(2) ||
		          ber_fail(&b, &v, &p1_rules[P1_MEMBER_UNKNOWN]);

		if (!ok)
			return false;
	}
	return ber_leave(&b);
}

static bool read_signature(struct ber *b, const struct ber_tlv *t, struct p1_protected *out)
{
	struct ber_tlv v;

	if (!ber_enter(b, t))
		return false;
	if (!take_raw(b, BER_UNIVERSAL(BER_SEQUENCE), &out->algorithm))
		return ber_ok(b) && ber_leave(b);
	if (ber_take(b, &v, BER_UNIVERSAL(BER_BIT_STRING), &p1_rules[P1_VALUE_TYPE]) &&
	    !read_octets(b, &v, &out->signature))
		return false;
	return ber_leave(b);
}

static bool read_protected(struct ber *b, const struct ber_tlv *t, struct p1_protected *out)
{
	switch (t->tag) {
	case BER_UNIVERSAL(BER_SEQUENCE):
		return read_signature(b, t, out);
	case BER_CONTEXT(0):
		return ber_string(b, t, &out->time1);
	case BER_CONTEXT(1):
		return ber_string(b, t, &out->time2);
	case BER_CONTEXT(2):
		return read_octets(b, t, &out->random1);
	case BER_CONTEXT(3):
		return read_octets(b, t, &out->random2);
	default:
		return ber_fail(b, t, &p1_rules[P1_MEMBER_UNKNOWN]);
	}
}

bool p1_protected_decode(struct octets value, struct p1_protected *out, struct findings *f)
{
	struct ber_tlv t, v;
	struct ber b;

	*out = (struct p1_protected){ .signature = { NULL, 0 } };
	ber_init(&b, value, f);
	if (!ber_take(&b, &t, BER_CONTEXT(1), &p1_rules[P1_VALUE_TYPE]))
		return ber_ok(&b);
	if (!ber_enter(&b, &t))
		return false;
	while (ber_next(&b, &v))
		if (!read_protected(&b, &v, out))
			return false;
	return ber_leave(&b);
}

/* ---- writing ---- */

static void put_octets(struct p1_backward *w, uint8_t tag, struct octets o)
{
	uint64_t mark = p1_mark(w);

	p1_put_octets(w, o);
	p1_put_u8(w, 0);
	p1_put_header(w, tag, mark);
}

static void put_mta(struct p1_backward *w, const struct p1_token *t)
{
	uint64_t mark = p1_mark(w);

	p1_put_string(w, 0x16, &t->mta);
	if (t->domain.country.tag)
		p1_put_domain(w, 0x63, &t->domain);
	p1_put_header(w, 0xa3, mark);
}

static void put_random(struct p1_backward *w, const struct p1_token *t)
{
	uint64_t data = p1_mark(w), value = data;

	if (!t->random.n)
		return;
	put_octets(w, 0x03, t->random);
	p1_put_header(w, 0xa1, value);
	p1_put_int(w, 0x80, BIND_TOKEN_SIGNED_DATA);
	p1_put_header(w, 0xa0, data);
}

static void put_data(struct p1_backward *w, const void *ctx)
{
	const struct p1_token *t = ctx;
	uint64_t mark = p1_mark(w);

	put_random(w, t);
	p1_put_value(w, 0x17, t->time);
	if (t->recipient.n)
		p1_put_octets(w, t->recipient);
	else
		put_mta(w, t);
	p1_put_octets(w, t->algorithm);
	p1_put_header(w, 0x30, mark);
}

size_t p1_token_encode(const struct p1_token *t, uint8_t *dst, size_t cap)
{
	return p1_write(put_data, t, 0, dst, cap);
}

static void put_token(struct p1_backward *w, const struct p1_strong *s)
{
	uint64_t mark = p1_mark(w), choice = mark, token = mark;

	put_octets(w, 0x03, s->signature);
	p1_put_octets(w, s->signature_algorithm);
	p1_put_octets(w, s->signed_octets);
	p1_put_header(w, 0x30, token);
	p1_put_header(w, 0xa1, choice);
	p1_put_value(w, 0x80, (struct octets){ asymmetric, sizeof asymmetric });
	p1_put_header(w, 0xa0, mark);
}

static void put_strong(struct p1_backward *w, const void *ctx)
{
	const struct p1_strong *s = ctx;
	uint64_t mark = p1_mark(w);

	if (s->certificates.n)
		p1_put_value(w, 0xa1, s->certificates);
	else if (s->certificate.n)
		p1_put_value(w, 0xa1, s->certificate);
	if (s->signed_octets.n)
		put_token(w, s);
	p1_put_header(w, 0xa0, mark);
}

size_t p1_strong_encode(const struct p1_strong *s, uint8_t *dst, size_t cap)
{
	return p1_write(put_strong, s, 0, dst, cap);
}

/* What stands in the credentials and is signed with the password. */
static void put_freshness(struct p1_backward *w, const struct p1_protected *p)
{
	if (p->random2.n)
		put_octets(w, 0x83, p->random2);
	if (p->random1.n)
		put_octets(w, 0x82, p->random1);
	if (p->time2.raw.n)
		p1_put_string(w, 0x81, &p->time2);
	if (p->time1.raw.n)
		p1_put_string(w, 0x80, &p->time1);
}

struct with_password {
	const struct p1_protected *p;
	struct octets password;
	bool ia5;
};

static void put_signed(struct p1_backward *w, const void *ctx)
{
	const struct with_password *s = ctx;
	uint64_t mark = p1_mark(w);

	put_freshness(w, s->p);
	p1_put_value(w, s->ia5 ? 0x16 : 0x04, s->password);
	p1_put_header(w, 0x31, mark);
}

size_t p1_protected_signed(const struct p1_protected *p, struct octets password, bool ia5,
                           uint8_t *dst, size_t cap)
{
	return p1_write(put_signed, &(struct with_password){ p, password, ia5 }, 0, dst, cap);
}

static void put_protected(struct p1_backward *w, const void *ctx)
{
	const struct p1_protected *p = ctx;
	uint64_t mark = p1_mark(w), signature;

	put_freshness(w, p);
	signature = p1_mark(w);
	put_octets(w, 0x03, p->signature);
	p1_put_octets(w, p->algorithm);
	p1_put_header(w, 0x30, signature);
	p1_put_header(w, 0xa1, mark);
}

size_t p1_protected_encode(const struct p1_protected *p, uint8_t *dst, size_t cap)
{
	return p1_write(put_protected, p, 0, dst, cap);
}
