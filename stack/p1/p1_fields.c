#include "p1/p1_fields.h"

#include "p1/p1_usual.h"

bool p1_note(struct ber *b, const struct ber_tlv *t, enum p1_rule rule)
{
	return ber_fail(b, t, &p1_rules[rule]);
}

/* Reads the elements of the current level.  *seen: bits of those that came. */
bool p1_read_members(struct ber *b, const struct p1_field *fields, void *out, uint32_t *seen)
{
	const struct p1_field *m;
	struct ber_tlv t;

	while (ber_next(b, &t)) {
		for (m = fields; m->read && m->tag != t.tag; m++)
			;
		if (!m->read) {
			p1_note(b, &t, P1_MEMBER_UNKNOWN);
			continue;
		}
		if (*seen & m->bit)
			p1_note(b, &t, P1_TWICE);
		*seen |= m->bit;
		if (!m->read(b, &t, out))
			return false;
	}
	return ber_ok(b);
}

bool p1_read_set(struct ber *b, const struct ber_tlv *t, const struct p1_field *fields,
                 void *out, uint32_t *seen)
{
	return ber_enter(b, t) && p1_read_members(b, fields, out, seen) && ber_leave(b);
}

/* ---- values ---- */

bool p1_read_window(struct ber *b, const struct ber_tlv *t, struct p1_window *out)
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

bool p1_read_time(struct ber *b, const struct ber_tlv *t, struct ber_string *out)
{
	if (!ber_string(b, t, out))
		return false;
	if (!out->segmented && !is_time(out->raw))
		return p1_note(b, t, P1_TIME);
	return true;
}

/* A number the rule for which is not worth losing the APDU. */
bool p1_read_number(struct ber *b, const struct ber_tlv *t, uint32_t least, uint32_t most,
                    enum p1_rule rule, uint32_t *out)
{
	int64_t v = *out;

	if (!ber_int_in(b, t, 0, INT32_MAX, &p1_rules[rule], &v))
		return false;
	*out = (uint32_t)v;
	if (v < least || v > most)
		return p1_note(b, t, rule);
	return true;
}

bool p1_read_bits8(struct ber *b, const struct ber_tlv *t, uint8_t *out, size_t *n)
{
	struct ber_bits bits;

	if (!ber_bits(b, t, &bits))
		return false;
	*out = (uint8_t)bits.bits;
	*n = bits.n;
	return true;
}

bool p1_read_name_raw(struct ber *b, const struct ber_tlv *t, struct octets *out)
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
