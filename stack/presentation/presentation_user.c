#include "presentation/presentation_user.h"

bool presentation_undefined(struct ber *b, const struct ber_tlv *t,
                            const struct presentation_pdu *p)
{
	return presentation_fail(b, t, p->kind == PPDU_CP ? PRESENTATION_EXTENSION :
	                                                    PRESENTATION_ELEMENT);
}

bool presentation_read_id(struct ber *b, const struct ber_tlv *t, uint32_t *out)
{
	int64_t v;

	if (!ber_int_in(b, t, 0, INT32_MAX, &presentation_rules[PRESENTATION_CONTEXT_RANGE], &v))
		return false;
	*out = (uint32_t)v;
	return true;
}

static bool read_pdv(struct ber *b, const struct ber_tlv *list, struct presentation_pdv *out)
{
	struct presentation_pdv v = { 0 };
	struct ber_tlv t;

	if (!ber_enter(b, list))
		return false;
	if (ber_optional(b, &t, BER_OBJECT_IDENTIFIER)) {
		v.has_transfer = true;
		if (!ber_oid(b, &t, &v.transfer))
			return false;
	}
	if (!ber_take(b, &t, BER_INTEGER, &presentation_rules[PRESENTATION_PDV_CONTEXT]) ||
	    !presentation_read_id(b, &t, &v.id))
		return false;
	if (!ber_next(b, &t))
		return ber_ok(b) && presentation_fail(b, list, PRESENTATION_PDV_VALUES);
	if (t.tag < BER_CONTEXT(BER_SINGLE) || t.tag > BER_CONTEXT(BER_ARBITRARY))
		return presentation_fail(b, &t, PRESENTATION_PDV_VALUES);
	if (!ber_encoding(b, &t, &v.value))
		return false;
	*out = v;
	return ber_end(b, &presentation_rules[PRESENTATION_ELEMENT]) && ber_leave(b);
}

bool presentation_read_full(struct ber *b, const struct ber_tlv *t, struct presentation_pdu *p)
{
	struct presentation_user *u = &p->user;
	size_t last = t->body;
	struct presentation_pdv v;
	struct ber_tlv list;

	*u = (struct presentation_user){ .form = USER_DATA_FULL, .at = t->at };
	if (!ber_enter(b, t))
		return false;
	while (ber_next(b, &list)) {
		if (list.tag != BER_SEQUENCE)
			return presentation_fail(b, &list, PRESENTATION_TYPE);
		if (!read_pdv(b, &list, &v))
			return false;
		if (ber_encoding_was_single(&v.value))
			presentation_fail(b, &list, PRESENTATION_PDV_SINGLE);
		if (u->pdvs++ == 0)
			u->pdv = v;
		last = b->c.pos;
	}
	if (!ber_leave(b))
		return false;
	u->raw = (struct octets){ b->c.base + t->body, last - t->body };
	if (u->pdvs == 0)
		presentation_fail(b, t, PRESENTATION_PDV_NONE);
	return true;
}

bool presentation_read_simple(struct ber *b, const struct ber_tlv *t,
                              struct presentation_pdu *p)
{
	p->user = (struct presentation_user){ .form = USER_DATA_SIMPLE, .at = t->at };
	return ber_string(b, t, &p->user.simple);
}

void presentation_pdvs_init(struct presentation_pdvs *i, const struct presentation_user *u)
{
	*i = (struct presentation_pdvs){ u->raw, 0 };
}

/* The lists have been checked when they were read. */
bool presentation_pdvs_next(struct presentation_pdvs *i, struct presentation_pdv *out)
{
	struct findings none;
	struct ber_tlv t;
	struct cursor c;
	struct ber b;

	findings_clear(&none);
	cursor_init(&c, i->raw, &none, &ber_rules[BER_CUT]);
	c.pos = i->pos;
	ber_init_window(&b, &c);
	if (!ber_next(&b, &t) || !read_pdv(&b, &t, out))
		return false;
	i->pos = b.c.pos;
	return true;
}

struct node *presentation_build_user(struct nodes *a, uint32_t context, bool bare,
                                     struct node *value)
{
	struct node *full, *list, *single;

	if (!value || bare)
		return value;
	full = node_ber(a, NULL, 0x61);
	list = node_ber(a, full, 0x30);
	node_ber_int(a, list, BER_INTEGER, context);
	single = node_ber(a, list, 0xa0);
	node_adopt(single, value);
	return full;
}
