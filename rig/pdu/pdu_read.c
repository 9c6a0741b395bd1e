/*
 * Fields found in octets, by the table.
 */
#include "pdu/pdu.h"

#include "ber/ber.h"
#include "session/session_layout.h"
#include "tpkt/tpkt.h"

#include <string.h>

/* ---- finding the octets of a field ---- */

static size_t fixed_width(const struct pdu_field *f)
{
	return f->type == PDU_U16 ? 2 : 1;
}

/* Where the fixed part ends, and in *at where field `field` begins in it. */
static size_t fixed_part(const struct pdu_form *form, size_t field, size_t *at)
{
	size_t n = 0;

	for (size_t i = 0; i < pdu_fields(form); i++) {
		struct pdu_field f = pdu_field(form, i);

		if (i == field)
			*at = n;
		if (f.place == PDU_FIXED)
			n += fixed_width(&f);
	}
	return n;
}

/* Frames and TPDUs: fixed part, then parameters of one octet length (X.224 13.2.3). */
static bool get_header(const struct pdu_form *form, const struct pdu_field *f, size_t field,
                       struct cursor *c, struct octets *out)
{
	size_t at = 0, fixed = fixed_part(form, field, &at);
	struct octets skipped;
	uint8_t code, n;

	if (f->place == PDU_FIXED)
		return cursor_take(c, at, &skipped) && cursor_take(c, fixed_width(f), out);
	if (!cursor_take(c, fixed, &skipped))
		return false;
	while (f->place == PDU_TAGGED && cursor_left(c)) {
		if (!cursor_u8(c, &code) || !cursor_u8(c, &n) || !cursor_take(c, n, out))
			return false;
		if (code == f->path[0])
			return true;
	}
	return false;
}

static bool get_low(const struct pdu_form *form, const struct pdu_field *f, size_t field,
                    struct cursor *c, struct octets *out)
{
	struct cursor header = *c;
	uint8_t li = TPKT_HEADER_OCTETS;

	if (form->layer == LAYER_COTP && !cursor_u8(c, &li))
		return false;
	if (!cursor_sub(c, li, &header))
		return false;
	if (f->place == PDU_AFTER) {
		*out = cursor_rest(c);
		return out->n > 0;
	}
	return get_header(form, f, field, &header, out);
}

/* X.225 8.2: units inside units. */
static bool get_unit(struct cursor *c, const uint8_t *path, uint8_t depth, struct octets *out)
{
	while (cursor_left(c)) {
		struct cursor unit;
		uint8_t code;
		size_t li;

		if (!cursor_u8(c, &code) || !session_read_li(c, &li) || !cursor_sub(c, li, &unit))
			return false;
		if (code != *path)
			continue;
		if (depth > 1)
			return get_unit(&unit, path + 1, (uint8_t)(depth - 1), out);
		*out = cursor_rest(&unit);
		return true;
	}
	return false;
}

static bool get_session(const struct pdu_form *form, const struct pdu_field *f, struct cursor *c,
                        struct octets *out)
{
	struct cursor parameters;
	uint8_t si;
	size_t li;

	if (!cursor_u8(c, &si) || si != form->tag || !session_read_li(c, &li) ||
	    !cursor_sub(c, li, &parameters))
		return false;
	if (f->place == PDU_AFTER) {
		*out = cursor_rest(c);
		return out->n > 0;
	}
	if (f->place == PDU_REST || !get_unit(&parameters, f->path, f->depth, out))
		return false;
	if (f->place == PDU_BEHIND && out->n > 0)
		*out = (struct octets){ out->p + 1, out->n - 1 };
	return true;
}

/* An identifier octet as the walker's tag. */
static uint32_t tag_of(uint8_t octet)
{
	return (uint32_t)(octet & 0xc0) << 24 | (octet & 0x1f);
}

static bool get_element(struct ber *b, const struct pdu_field *f, uint8_t depth, struct octets *out)
{
	struct ber_tlv t;

	while (ber_next(b, &t)) {
		if (t.tag != tag_of(f->path[depth]))
			continue;
		if (depth + 1 == f->depth)
			return ber_contents(b, &t, out);
		return ber_enter(b, &t) && get_element(b, f, (uint8_t)(depth + 1), out);
	}
	return false;
}

/* The last value with this identifier, whole. */
static bool get_last(struct ber *b, uint8_t identifier, struct octets *out)
{
	struct ber_tlv t;
	bool there = false;

	while (ber_next(b, &t))
		if (t.tag == tag_of(identifier) && ber_raw(b, &t, out))
			there = true;
	return there;
}

/* X.410 mode has no header around it. */
static bool get_bare(struct ber *b, const struct pdu_field *f, struct octets pdu,
                     struct octets *out)
{
	if (f->place == PDU_SELF)
		*out = pdu;
	return f->place == PDU_SELF || (f->place == PDU_TAGGED && get_element(b, f, 0, out));
}

static bool get_ber(const struct pdu_form *form, const struct pdu_field *f, struct octets pdu,
                    struct findings *findings, struct octets *out)
{
	struct ber_tlv t;
	struct ber b;

	ber_init(&b, pdu, findings);
	if (form->x410_bare && pdu.n && pdu.p[0] != form->tag)
		return get_bare(&b, f, pdu, out);
	if (!ber_next(&b, &t) || t.tag != tag_of(form->tag))
		return false;
	if (f->place == PDU_SELF)
		return ber_contents(&b, &t, out);
	if (f->place == PDU_REST && f->depth)
		return ber_enter(&b, &t) && get_last(&b, f->path[0], out);
	return f->place == PDU_TAGGED && ber_enter(&b, &t) && get_element(&b, f, 0, out);
}

/* ---- what it says ---- */

static bool as_number(enum pdu_type type, struct octets o, int64_t *v)
{
	bool bits = type == PDU_BITS || type == PDU_FLAGS;
	uint64_t n = 0;

	if (o.n == 0 || o.n > 9 || !pdu_is_number(type) || (!bits && o.n > 8))
		return false;
	if (bits) {
		for (size_t i = 0; i < (o.n - 1) * 8 && i < 63; i++)
			if (o.p[1 + i / 8] & (0x80 >> (i % 8)))
				n |= UINT64_C(1) << i;
	} else if (type == PDU_DIGITS) {
		for (size_t i = 0; i < o.n; i++) {
			if (o.p[i] < '0' || o.p[i] > '9')
				return false;
			n = n * 10 + (uint64_t)(o.p[i] - '0');
		}
	} else {
		if (type == PDU_INTEGER && o.p[0] & 0x80)
			n = UINT64_MAX;
		for (size_t i = 0; i < o.n; i++)
			n = n << 8 | o.p[i];
	}
	if (type == PDU_EOT)
		n = n >> 7 & 1;
	else if (type == PDU_LOG2)
		n = n < 63 ? UINT64_C(1) << n : 0;
	else if (type == PDU_UNITS)
		n = n < UINT32_MAX ? n * 128 : 0;
	*v = (int64_t)n;
	return true;
}

bool pdu_get(const struct pdu_form *form, struct octets pdu, size_t field, struct pdu_got *out)
{
	struct pdu_field f = pdu_field(form, field);
	struct octets o = { NULL, 0 };
	struct findings findings;
	struct cursor c;
	bool there;

	findings_clear(&findings);
	cursor_init(&c, pdu, &findings, &ber_rules[BER_CUT]);
	if (form->layer == LAYER_TPKT || form->layer == LAYER_COTP)
		there = get_low(form, &f, field, &c, &o);
	else if (form->layer == LAYER_SESSION)
		there = get_session(form, &f, &c, &o);
	else
		there = get_ber(form, &f, pdu, &findings, &o);
	if (!there)
		return false;
	*out = (struct pdu_got){ .octets = o };
	/* RF: user data follow the reason in its parameter. */
	if (f.type == PDU_U8 && o.n > 1)
		o.n = 1;
	out->number = as_number((enum pdu_type)f.type, o, &out->v);
	return true;
}

const struct pdu_form *pdu_form_of(enum layer layer, struct octets pdu)
{
	const struct pdu_form *f = NULL;

	while (pdu.n > 0 && (f = pdu_form_next(layer, f)) != NULL && f->tag != pdu.p[0])
		;
	return pdu.n > 0 ? f : NULL;
}

bool pdu_is_captured(struct octets name)
{
	return name.n > 0 && memchr(name.p, '.', name.n);
}

struct pdu_path pdu_path(struct octets name)
{
	static const char inside[] = ".value";
	const size_t n = sizeof inside - 1;
	const uint8_t *dot = memchr(name.p, '.', name.n);
	struct pdu_path path = { .name = name };

	if (!dot)
		return path;
	path.name.n = (size_t)(dot - name.p);
	path.field = (struct octets){ dot + 1, name.n - path.name.n - 1 };
	path.inside = path.field.n > n && memcmp(name.p + name.n - n, inside, n) == 0;
	path.field.n -= path.inside ? n : 0;
	return path;
}

/* ---- comparing ---- */

static bool variable_equal(const struct pdu_variables *v, struct octets name,
                           enum pdu_type type, const struct pdu_got *have)
{
	uint8_t encoded[PDU_TEXT_MAX];
	struct pdu_got got;

	if (!v || !v->value(v, name, &got))
		return false;
	if (!got.number && !pdu_is_captured(name) && type >= PDU_OID && type <= PDU_DOMAIN)
		got.octets = (struct octets){ encoded, pdu_encode_text(type, got.octets, encoded,
		                                                       sizeof encoded) };
	return got.number && have->number ? got.v == have->v
	                                  : octets_equal(got.octets, have->octets);
}

/* Of values that stand there one behind the other, one agrees. */
static bool one_agrees(const struct pdu_plan *plan, size_t item, const struct pdu_variables *v,
                       struct octets have)
{
	const struct pdu_item *it = &plan->items[item];
	struct findings findings;
	struct octets value;
	struct ber_tlv t;
	struct ber b;

	findings_clear(&findings);
	ber_init(&b, have, &findings);
	while (ber_next(&b, &t))
		if (ber_raw(&b, &t, &value) &&
		    pdu_agrees(plan, item, v, (enum layer)it->layer, it->code, value))
			return true;
	return false;
}

/* The octets hold a PDU of the layer whose fields agree. */
static bool nested_agrees(const struct pdu_plan *plan, size_t from, size_t to,
                          const struct pdu_variables *v, struct octets have)
{
	for (size_t i = from; i < to; i = plan->items[i].end) {
		const struct pdu_item *item = &plan->items[i];

		if (item->kind == PDU_ITEM_OCTETS) {
			if (!octets_equal(have,
			                  (struct octets){ plan->octets + item->at, item->n }))
				return false;
		} else if (item->kind == PDU_ITEM_PDU && item->layer == LAYER_P1 &&
		           item->code >= PDU_P1_VALUES) {
			if (!one_agrees(plan, i, v, have))
				return false;
		} else if (item->kind == PDU_ITEM_PDU) {
			const struct pdu_form *f = pdu_form((enum layer)item->layer, item->code);

			if (!f || have.n == 0 || have.p[0] != f->tag ||
			    !pdu_agrees(plan, i, v, (enum layer)item->layer, item->code, have))
				return false;
		}
	}
	return true;
}

static bool field_agrees(const struct pdu_plan *plan, size_t at, const struct pdu_variables *v,
                         const struct pdu_form *form, struct octets pdu)
{
	const struct pdu_item *item = &plan->items[at];
	struct octets text = { NULL, 0 };
	struct pdu_got have;
	bool there = pdu_get(form, pdu, item->field, &have);

	if (item->value == PDU_VALUE_NONE || item->value == PDU_VALUE_ANY)
		return there == (item->value == PDU_VALUE_ANY);
	if (item->n)
		text = (struct octets){ plan->octets + item->at, item->n };
	if (!there)
		return false;
	switch (item->value) {
	case PDU_VALUE_NUMBER:
		return have.number && have.v == item->number;
	case PDU_VALUE_RAW:
		return octets_equal(text, have.octets);
	case PDU_VALUE_VARIABLE:
		return variable_equal(v, text, (enum pdu_type)pdu_field(form, item->field).type,
		                      &have);
	default:
		return nested_agrees(plan, at + 1, item->end, v, have.octets);
	}
}

bool pdu_agrees(const struct pdu_plan *plan, size_t item, const struct pdu_variables *v,
                enum layer layer, uint8_t code, struct octets pdu)
{
	const struct pdu_item *it = &plan->items[item];
	const struct pdu_form *form = pdu_form((enum layer)it->layer, it->code);
	const struct pdu_form *seen = pdu_form(layer, code);

	if (!form || form != seen)
		return false;
	for (size_t i = item + 1; i < it->end; i = plan->items[i].end)
		if (plan->items[i].kind == PDU_ITEM_FIELD &&
		    field_agrees(plan, i, v, form, pdu) == plan->items[i].differs)
			return false;
	return true;
}
