#include "ber/ber_external.h"

const char *ber_form_name(enum ber_form form)
{
	static const char *const names[] = { "single", "octets", "bits" };

	return names[form];
}

static bool read_single(struct ber *b, const struct ber_tlv *t, struct ber_encoding *out)
{
	struct octets raw = { NULL, 0 };
	struct ber_tlv value;

	if (!ber_enter(b, t))
		return false;
	if (!ber_next(b, &value))
		return ber_ok(b) && ber_fail(b, t, &ber_rules[BER_SINGLE_TYPE]);
	if (!ber_raw(b, &value, &raw) || !ber_end(b, &ber_rules[BER_SINGLE_TYPE]))
		return false;
	*out = (struct ber_encoding){ BER_SINGLE, { raw, false }, value.at };
	return ber_leave(b);
}

bool ber_encoding(struct ber *b, const struct ber_tlv *t, struct ber_encoding *out)
{
	switch (t->tag) {
	case BER_CONTEXT(BER_SINGLE):
		return read_single(b, t, out);
	case BER_CONTEXT(BER_OCTET_ALIGNED):
		*out = (struct ber_encoding){ .form = BER_OCTET_ALIGNED, .at = t->body };
		return ber_string(b, t, &out->value);
	case BER_CONTEXT(BER_ARBITRARY):
		*out = (struct ber_encoding){ .form = BER_ARBITRARY, .at = t->body };
		return ber_bit_string(b, t, &out->value);
	default:
		return ber_fail(b, t, &ber_rules[BER_EXTERNAL_ENCODING]);
	}
}

struct octets ber_encoding_value(const struct ber_encoding *e)
{
	if (e->form == BER_ARBITRARY || e->value.segmented)
		return (struct octets){ NULL, 0 };
	return e->value.raw;
}

bool ber_encoding_was_single(const struct ber_encoding *e)
{
	struct octets o = e->value.raw;
	struct findings none;
	struct cursor c;
	uint8_t unused = 1;

	if (e->form == BER_SINGLE || e->value.segmented)
		return false;
	findings_clear(&none);
	cursor_init(&c, o, &none, &ber_rules[BER_CUT]);
	if (e->form == BER_ARBITRARY && (!cursor_u8(&c, &unused) || unused != 0))
		return false;
	return ber_is_one_value(cursor_rest(&c));
}

struct node *ber_node_encoding(struct nodes *a, struct node *parent,
                               const struct ber_encoding *e, struct node *tree)
{
	struct node *n;

	if (e->form != BER_SINGLE && !tree)
		return ber_node_string(a, parent, 0x80 | e->form, &e->value);
	n = node_ber(a, parent, e->form == BER_SINGLE ? 0xa0 : 0x80 | e->form);
	if (tree)
		node_adopt(n, tree);
	else
		node_octets(a, n, e->value.raw);
	return n;
}

static bool read_references(struct ber *b, struct ber_external *out)
{
	struct ber_tlv t;

	if (ber_optional(b, &t, BER_OBJECT_IDENTIFIER)) {
		out->has_direct = true;
		if (!ber_oid(b, &t, &out->direct))
			return false;
	}
	if (ber_optional(b, &t, BER_INTEGER)) {
		out->has_indirect = true;
		if (!ber_int(b, &t, &out->indirect))
			return false;
	}
	if (ber_optional(b, &t, BER_OBJECT_DESCRIPTOR)) {
		out->has_descriptor = true;
		if (!ber_string(b, &t, &out->descriptor))
			return false;
	}
	return ber_ok(b);
}

bool ber_external(struct ber *b, const struct ber_tlv *t, struct ber_external *out)
{
	struct ber_external e = { 0 };
	struct ber_tlv encoding;

	if (!ber_enter(b, t) || !read_references(b, &e))
		return false;
	if (!e.has_direct && !e.has_indirect)
		ber_fail(b, t, &ber_rules[BER_EXTERNAL_REFERENCE]);
	if (!ber_next(b, &encoding))
		return ber_ok(b) && ber_fail(b, t, &ber_rules[BER_EXTERNAL_ENCODING]);
	if (!ber_encoding(b, &encoding, &e.encoding))
		return false;
	*out = e;
	return ber_end(b, &ber_rules[BER_EXTERNAL_EXTRA]) && ber_leave(b);
}

struct node *ber_node_external(struct nodes *a, struct node *parent, uint8_t tag,
                               const struct ber_external *e, struct node *tree)
{
	struct node *n = node_ber(a, parent, tag);

	if (e->has_direct)
		node_ber_octets(a, n, BER_OBJECT_IDENTIFIER, e->direct);
	if (e->has_indirect)
		node_ber_int(a, n, BER_INTEGER, e->indirect);
	if (e->has_descriptor)
		ber_node_string(a, n, BER_OBJECT_DESCRIPTOR, &e->descriptor);
	ber_node_encoding(a, n, &e->encoding, tree);
	return n;
}

void ber_text_external(struct text *t, const struct ber_external *e)
{
	if (e->has_direct)
		ber_text_oid(t, e->direct);
	if (e->has_direct && e->has_indirect)
		text_char(t, '/');
	if (e->has_indirect)
		text_i64(t, e->indirect);
	if (e->has_descriptor) {
		text_char(t, ':');
		ber_text_string(t, &e->descriptor);
	}
	text_char(t, ':');
	text_put(t, ber_form_name(e->encoding.form));
	text_char(t, ':');
	text_u64(t, ber_string_size(&e->encoding.value));
}
