#include "rtse/rtse_pdu.h"

#include "ber/ber.h"

const struct rule rtse_rules[RTSE_RULES_N] = {
#define ROW(...) RULE_ROW(LAYER_RTSE, __VA_ARGS__)
	RTSE_RULES(ROW)
#undef ROW
};

/* Identifier octets. */
enum {
	TAG_RTORQ = 0xb0,
	TAG_RTOAC = 0xb1,
	TAG_RTORJ = 0xb2,
	TAG_RTAB = 0xb6,
	TAG_INTEGER = 0x02,
	TAG_OCTET_STRING = 0x04,
};

/* ---- reading ---- */

typedef bool read_member(struct ber *b, const struct ber_tlv *t, struct rtse_pdu *out);

struct member {
	uint32_t tag;
	read_member *read;
};

static bool read_number(struct ber *b, const struct ber_tlv *t, uint32_t *out, bool *has)
{
	int64_t v = -1;

	if (!ber_int_in(b, t, 0, UINT32_MAX, &rtse_rules[RTSE_RANGE], &v))
		return ber_ok(b);
	if (v >= 0) {
		*out = (uint32_t)v;
		*has = true;
	}
	return true;
}

static bool read_checkpoint(struct ber *b, const struct ber_tlv *t, struct rtse_pdu *out)
{
	return read_number(b, t, &out->checkpoint, &out->has_checkpoint);
}

static bool read_window(struct ber *b, const struct ber_tlv *t, struct rtse_pdu *out)
{
	if (!read_number(b, t, &out->window, &out->has_window))
		return false;
	if (out->window == 0)
		return ber_fail(b, t, &rtse_rules[RTSE_WINDOW_ZERO]);
	return true;
}

static bool read_dialogue(struct ber *b, const struct ber_tlv *t, struct rtse_pdu *out)
{
	int64_t v = -1;

	if (!ber_int_in(b, t, RTSE_MONOLOGUE, RTSE_TWO_WAY_ALTERNATE,
	                &rtse_rules[RTSE_DIALOGUE], &v))
		return ber_ok(b);
	if (v >= 0) {
		out->dialogue = (uint8_t)v;
		out->has_dialogue = true;
	}
	return true;
}

/* The one value in an explicit tag. */
static bool read_value(struct ber *b, const struct ber_tlv *t, struct octets *out)
{
	struct ber_tlv value;

	if (!ber_enter(b, t))
		return false;
	if (ber_next(b, &value))
		ber_raw(b, &value, out);
	return ber_end(b, &rtse_rules[RTSE_TRAILING]) && ber_leave(b);
}

static bool read_session_id(struct ber *b, const struct ber_tlv *t, struct rtse_session_id *out)
{
	struct ber_tlv v;

	if (!ber_enter(b, t))
		return false;
	if (!ber_next(b, &v) || !ber_raw(b, &v, &out->calling) ||
	    !ber_take(b, &v, BER_UNIVERSAL(BER_UTC_TIME), &rtse_rules[RTSE_SESSION_ID]) ||
	    !ber_raw(b, &v, &out->common))
		return ber_ok(b) && ber_fail(b, t, &rtse_rules[RTSE_SESSION_ID]);
	if (ber_optional(b, &v, BER_CONTEXT(0)))
		ber_contents(b, &v, &out->additional);
	return ber_end(b, &rtse_rules[RTSE_TRAILING]) && ber_leave(b);
}

/* ConnectionData: a CHOICE, so the tag around it is explicit.  An RTSE-user
 * without data is `80 00` ([0] IMPLICIT NULL). */
static bool read_connection(struct ber *b, const struct ber_tlv *t, struct rtse_pdu *out)
{
	struct ber_tlv v;

	if (!ber_enter(b, t))
		return false;
	if (!ber_next(b, &v))
		return ber_ok(b) && ber_fail(b, t, &rtse_rules[RTSE_CONNECTION_DATA]);
	switch (v.tag) {
	case BER_CONTEXT(0):
		out->opening = RTSE_OPEN;
		if (v.constructed ? !read_value(b, &v, &out->user) : !ber_null(b, &v))
			return false;
		break;
	case BER_CONTEXT(1):
		out->opening = RTSE_RECOVER;
		if (!read_session_id(b, &v, &out->session))
			return false;
		break;
	default:
		return ber_fail(b, &v, &rtse_rules[RTSE_CONNECTION_DATA]);
	}
	return ber_end(b, &rtse_rules[RTSE_TRAILING]) && ber_leave(b);
}

static bool read_protocol(struct ber *b, const struct ber_tlv *t, struct rtse_pdu *out)
{
	if (!out->x410 && !ber_fail(b, t, &rtse_rules[RTSE_PROTOCOL_MODE]))
		return false;
	return read_number(b, t, &out->protocol, &out->has_protocol);
}

static bool read_reason(struct ber *b, const struct ber_tlv *t, struct rtse_pdu *out,
                        uint32_t last)
{
	if (!read_number(b, t, &out->reason, &out->has_reason))
		return false;
	if (out->has_reason && out->reason > last)
		return ber_fail(b, t, &rtse_rules[RTSE_REASON]);
	return true;
}

static bool read_refusal(struct ber *b, const struct ber_tlv *t, struct rtse_pdu *out)
{
	if (!out->x410 && !ber_fail(b, t, &rtse_rules[RTSE_REASON_MODE]))
		return false;
	return read_reason(b, t, out, RTSE_REFUSE_DIALOGUE_MODE);
}

static bool read_refusal_data(struct ber *b, const struct ber_tlv *t, struct rtse_pdu *out)
{
	if (out->x410 && !ber_fail(b, t, &rtse_rules[RTSE_REASON_MODE]))
		return false;
	return read_value(b, t, &out->user);
}

static bool read_abort(struct ber *b, const struct ber_tlv *t, struct rtse_pdu *out)
{
	return read_reason(b, t, out, RTSE_ABORT_TRANSFER_COMPLETED);
}

static bool read_reflected(struct ber *b, const struct ber_tlv *t, struct rtse_pdu *out)
{
	struct ber_bits bits;

	if (!ber_bits(b, t, &bits))
		return false;
	out->reflected = (uint8_t)bits.bits;
	out->has_reflected = true;
	if (bits.n > 8)
		return ber_fail(b, t, &rtse_rules[RTSE_REFLECTED]);
	return true;
}

static bool read_abort_data(struct ber *b, const struct ber_tlv *t, struct rtse_pdu *out)
{
	return read_value(b, t, &out->user);
}

static const struct member rtorq[] = {
	{ BER_CONTEXT(0), read_checkpoint },
	{ BER_CONTEXT(1), read_window },
	{ BER_CONTEXT(2), read_dialogue },
	{ BER_CONTEXT(3), read_connection },
	{ BER_CONTEXT(4), read_protocol },
	{ 0, NULL },
};

static const struct member rtoac[] = {
	{ BER_CONTEXT(0), read_checkpoint },
	{ BER_CONTEXT(1), read_window },
	{ BER_CONTEXT(2), read_connection },
	{ 0, NULL },
};

static const struct member rtorj[] = {
	{ BER_CONTEXT(0), read_refusal },
	{ BER_CONTEXT(1), read_refusal_data },
	{ 0, NULL },
};

static const struct member rtab[] = {
	{ BER_CONTEXT(0), read_abort },
	{ BER_CONTEXT(1), read_reflected },
	{ BER_CONTEXT(2), read_abort_data },
	{ 0, NULL },
};

static bool read_member_of(struct ber *b, const struct ber_tlv *t, const struct member *m,
                           struct rtse_pdu *out, unsigned *seen)
{
	unsigned bit = 1;

	for (; m->read; m++, bit <<= 1) {
		if (m->tag != t->tag)
			continue;
		if ((*seen & bit) && !ber_fail(b, t, &rtse_rules[RTSE_TWICE]))
			return false;
		*seen |= bit;
		return m->read(b, t, out);
	}
	return ber_fail(b, t, &rtse_rules[RTSE_UNKNOWN]);
}

/* What the components say together; booked at octet `at` of the APDU. */
static bool check(const struct rtse_pdu *p, struct findings *f, size_t at)
{
	bool opens = p->kind == RTSE_RTORQ || p->kind == RTSE_RTOAC;

	if (opens && p->opening == RTSE_NOTHING)
		return findings_add(f, &rtse_rules[RTSE_CONNECTION_ABSENT], at);
	if (p->kind != RTSE_RTAB)
		return true;
	if (p->has_reflected && p->reason != RTSE_ABORT_INVALID_PARAMETER)
		findings_add(f, &rtse_rules[RTSE_REFLECTED], at);
	if (p->user.n && p->reason != RTSE_ABORT_USER)
		findings_add(f, &rtse_rules[RTSE_USER_DATA], at);
	return true;
}

static bool read_components(struct ber *b, struct rtse_pdu *out, const struct member *members,
                            size_t at)
{
	struct ber_tlv t;
	unsigned seen = 0;

	out->window = RTSE_WINDOW_DEFAULT;
	while (ber_next(b, &t))
		if (!read_member_of(b, &t, members, out, &seen))
			return false;
	return ber_ok(b) && check(out, b->c.findings, at);
}

static bool read_priority(struct ber *b, const struct ber_tlv *t, struct rtse_pdu *out)
{
	return ber_int(b, t, &out->priority);
}

static bool read_transfer(struct ber *b, const struct ber_tlv *t, struct rtse_pdu *out)
{
	struct ber_string s;

	if (!ber_string(b, t, &s))
		return false;
	out->user = s.raw;
	out->constructed = s.segmented;
	return true;
}

static const struct apdu {
	uint32_t tag;
	const struct member *members;	/* NULL: `read` */
	read_member *read;
} apdus[RTSE_KINDS] = {
	[RTSE_RTORQ] = { BER_CONTEXT(16), rtorq, NULL },
	[RTSE_RTOAC] = { BER_CONTEXT(17), rtoac, NULL },
	[RTSE_RTORJ] = { BER_CONTEXT(18), rtorj, NULL },
	[RTSE_RTTP] = { BER_UNIVERSAL(BER_INTEGER), NULL, read_priority },
	[RTSE_RTTR] = { BER_UNIVERSAL(BER_OCTET_STRING), NULL, read_transfer },
	[RTSE_RTAB] = { BER_CONTEXT(22), rtab, NULL },
};

static bool read_apdu(struct ber *b, const struct ber_tlv *t, struct rtse_pdu *out)
{
	const struct apdu *a = &apdus[out->kind];

	if (a->read)
		return a->read(b, t, out);
	return ber_enter(b, t) && read_components(b, out, a->members, t->at) && ber_leave(b);
}

bool rtse_decode(struct octets pdu, struct rtse_pdu *out, struct findings *f)
{
	struct ber_tlv t;
	struct ber b;

	*out = (struct rtse_pdu){ 0 };
	ber_init(&b, pdu, f);
	if (!ber_next(&b, &t))
		return ber_ok(&b) && findings_add(f, &rtse_rules[RTSE_APDU_UNKNOWN], 0);
	while (out->kind < RTSE_KINDS && apdus[out->kind].tag != t.tag)
		out->kind++;
	if (out->kind == RTSE_KINDS)
		return ber_fail(&b, &t, &rtse_rules[RTSE_APDU_UNKNOWN]);
	return read_apdu(&b, &t, out) && ber_end(&b, &rtse_rules[RTSE_TRAILING]);
}

/* RTTP: the INTEGER stands alone; RTTR: no header at all (X.226 8.4.3.2). */
static bool decode_x410_leaf(struct octets contents, struct rtse_pdu *out, struct findings *f)
{
	struct ber_tlv t;
	struct ber b;

	if (out->kind == RTSE_RTTR) {
		out->user = contents;
		return true;
	}
	ber_init(&b, contents, f);
	return ber_take(&b, &t, BER_UNIVERSAL(BER_INTEGER), &rtse_rules[RTSE_APDU_UNKNOWN]) &&
	       read_priority(&b, &t, out) && ber_end(&b, &rtse_rules[RTSE_TRAILING]);
}

bool rtse_decode_x410(enum rtse_kind kind, struct octets contents, struct rtse_pdu *out,
                      struct findings *f)
{
	const struct apdu *a = &apdus[kind];
	struct ber b;

	*out = (struct rtse_pdu){ .kind = (uint8_t)kind, .x410 = true };
	if (a->read)
		return decode_x410_leaf(contents, out, f);
	ber_init(&b, contents, f);
	return read_components(&b, out, a->members, 0);
}

/* ---- writing ---- */

static void build_number(struct nodes *a, struct node *n, bool has, uint8_t tag, uint32_t v)
{
	if (has)
		node_ber_int(a, n, tag, v);
}

/* The user's value: what a tree gives, then octets. */
static void build_user(struct nodes *a, struct node *n, const struct rtse_pdu *p)
{
	if (p->user_tree)
		node_adopt(n, p->user_tree);
	if (p->user.n)
		node_octets(a, n, p->user);
}

static bool has_user(const struct rtse_pdu *p)
{
	return p->user_tree || p->user.n;
}

static void build_connection(struct nodes *a, struct node *parent, uint8_t tag,
                             const struct rtse_pdu *p)
{
	struct node *n, *id;

	if (p->opening == RTSE_NOTHING)
		return;
	n = node_ber(a, parent, tag);
	if (p->opening == RTSE_OPEN && !has_user(p)) {
		node_ber(a, n, 0x80);
	} else if (p->opening == RTSE_OPEN) {
		build_user(a, node_ber(a, n, 0xa0), p);
	} else {
		id = node_ber(a, n, 0xa1);
		node_octets(a, id, p->session.calling);
		node_octets(a, id, p->session.common);
		if (p->session.additional.n)
			node_ber_octets(a, id, 0x80, p->session.additional);
	}
}

static void build_rtorq(struct nodes *a, struct node *n, const struct rtse_pdu *p)
{
	build_number(a, n, p->has_checkpoint, 0x80, p->checkpoint);
	build_number(a, n, p->has_window, 0x81, p->window);
	build_number(a, n, p->has_dialogue, 0x82, p->dialogue);
	build_connection(a, n, 0xa3, p);
	build_number(a, n, p->has_protocol, 0x84, p->protocol);
}

static void build_rtoac(struct nodes *a, struct node *n, const struct rtse_pdu *p)
{
	build_number(a, n, p->has_checkpoint, 0x80, p->checkpoint);
	build_number(a, n, p->has_window, 0x81, p->window);
	build_connection(a, n, 0xa2, p);
}

static void build_rtorj(struct nodes *a, struct node *n, const struct rtse_pdu *p)
{
	build_number(a, n, p->has_reason, 0x80, p->reason);
	if (has_user(p))
		build_user(a, node_ber(a, n, 0xa1), p);
}

static void build_rtab(struct nodes *a, struct node *n, const struct rtse_pdu *p)
{
	build_number(a, n, p->has_reason, 0x80, p->reason);
	if (p->has_reflected)
		ber_node_bits(a, n, 0x81, p->reflected);
	if (has_user(p))
		build_user(a, node_ber(a, n, 0xa2), p);
}

static struct node *build_transfer(struct nodes *a, const struct rtse_pdu *p)
{
	uint8_t tag = p->constructed ? TAG_OCTET_STRING | 0x20 : TAG_OCTET_STRING;
	struct node *n = p->x410 ? node_list(a, NULL) : node_ber(a, NULL, tag);

	build_user(a, n, p);
	return n;
}

static const struct {
	uint8_t tag;
	void (*build)(struct nodes *a, struct node *n, const struct rtse_pdu *p);
} builders[RTSE_KINDS] = {
	[RTSE_RTORQ] = { TAG_RTORQ, build_rtorq },
	[RTSE_RTOAC] = { TAG_RTOAC, build_rtoac },
	[RTSE_RTORJ] = { TAG_RTORJ, build_rtorj },
	[RTSE_RTAB] = { TAG_RTAB, build_rtab },
};

struct node *rtse_build(struct nodes *a, const struct rtse_pdu *p)
{
	struct node *n;

	if (p->kind == RTSE_RTTR)
		return build_transfer(a, p);
	if (p->kind == RTSE_RTTP)
		return node_ber_int(a, NULL, TAG_INTEGER, p->priority);
	n = p->x410 ? node_list(a, NULL) : node_ber(a, NULL, builders[p->kind].tag);
	builders[p->kind].build(a, n, p);
	return n;
}

/* ---- session connection identifier ---- */

void rtse_session_id(struct rtse_session_id *out, const struct references *r)
{
	*out = (struct rtse_session_id){ .calling = r->calling, .common = r->common };
	/* PI 12 holds a T61String; the component is [0] IMPLICIT T61String. */
	if (r->additional.n)
		out->additional = ber_inside(r->additional);
}

bool rtse_session_id_equal(const struct rtse_session_id *a, const struct rtse_session_id *b)
{
	return octets_equal(a->calling, b->calling) && octets_equal(a->common, b->common) &&
	       octets_equal(a->additional, b->additional);
}
