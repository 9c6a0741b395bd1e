/*
 * SPDUs read from octets: layouts, parameters, lengths.
 */
#include "session/session_layout.h"

/* One SPDU while its parameters are read. */
struct reading {
	struct session_pdu *pdu;
	const struct session_layout *layout;
	struct findings *findings;
	uint32_t at[SESSION_PARAMS];	/* octet of the PI or PGI */
	size_t group_at;		/* of the Connect/Accept Item; 0: not there */
	struct octets refusal;		/* PI 50 of RF, whole */
	size_t refusal_at;
};

/* One PGI or PI unit, cut off. */
struct unit {
	size_t at;
	uint8_t code;
	struct cursor value;
};

bool session_read_li(struct cursor *c, size_t *li)
{
	size_t at = c->pos;
	uint16_t two;
	uint8_t one;

	if (!cursor_u8(c, &one))
		return false;
	*li = one;
	if (one < 255)
		return true;
	if (!cursor_u16(c, &two))
		return false;
	*li = two;
	return two >= 255 || session_book(c->findings, SESSION_LI_FORM, at);
}

static bool read_unit(struct cursor *c, struct unit *u)
{
	size_t li;

	u->at = c->pos;
	return cursor_u8(c, &u->code) && session_read_li(c, &li) && cursor_sub(c, li, &u->value);
}

/* 8.3.1.10 */
static bool read_serial(struct reading *r, struct unit *u, uint32_t *out)
{
	size_t digits = cursor_left(&u->value);
	uint32_t v = 0;
	uint8_t octet;

	if (digits > 6)
		session_book(r->findings, SESSION_SERIAL_LONG, u->at);
	while (cursor_left(&u->value)) {
		size_t at = u->value.pos;

		if (!cursor_u8(&u->value, &octet))
			return false;
		octet = (uint8_t)(octet - '0');
		if (octet > 9)
			return session_book(r->findings, SESSION_SERIAL_DIGIT, at);
		if (v > (UINT32_MAX - octet) / 10)
			return session_book(r->findings, SESSION_SERIAL_LARGE, u->at);
		v = v * 10 + octet;
	}
	*out = v;
	return true;
}

static bool read_digits(struct reading *r, struct unit *u, struct octets *out)
{
	struct cursor look = u->value;
	uint8_t octet;

	while (cursor_left(&look)) {
		size_t at = look.pos;

		if (!cursor_u8(&look, &octet))
			return false;
		if (octet < '0' || octet > '9')
			return session_book(r->findings, SESSION_SERIAL_DIGIT, at);
	}
	*out = cursor_rest(&u->value);
	return true;
}

/* A value above 255 is kept as 255: both are above every limit. */
static void read_number(struct unit *u, uint8_t *out)
{
	unsigned v = 0;
	uint8_t octet;

	while (cursor_left(&u->value) && cursor_u8(&u->value, &octet)) {
		v = v << 8 | octet;
		v = v < 255 ? v : 255;
	}
	*out = (uint8_t)v;
}

/* 8.3.5.6, 8.3.6.3: of PI 17 only AB has more than bit 1; 8.3.22.3: of PI 15, MIP. */
static uint16_t defined_bits(enum session_spdu kind, enum session_param param)
{
	if ((param == SESSION_TRANSPORT_DISCONNECT && kind != SPDU_AB) ||
	    (param == SESSION_SYNC_TYPE && kind != SPDU_MIP))
		return 0x01;
	return session_values[param].bits;
}

static bool read_u8(struct reading *r, struct unit *u, uint16_t defined, uint8_t *out)
{
	uint8_t v;

	if (cursor_left(&u->value) != 1)
		return session_book(r->findings, SESSION_LENGTH, u->at);
	if (!cursor_u8(&u->value, &v))
		return false;
	if (v & ~defined)
		session_book(r->findings, SESSION_RESERVED_BITS, u->at);
	*out = (uint8_t)(v & defined);
	return true;
}

static bool read_u16(struct reading *r, struct unit *u, uint16_t defined, uint16_t *out)
{
	uint16_t v;

	if (cursor_left(&u->value) != 2)
		return session_book(r->findings, SESSION_LENGTH, u->at);
	if (!cursor_u16(&u->value, &v))
		return false;
	if (v & ~defined)
		session_book(r->findings, SESSION_RESERVED_BITS, u->at);
	*out = v & defined;
	return true;
}

/* 8.3.1.8 */
static bool read_sizes(struct reading *r, struct unit *u)
{
	if (cursor_left(&u->value) != 4)
		return session_book(r->findings, SESSION_LENGTH, u->at);
	return cursor_u16(&u->value, &r->pdu->tsdu_size_to_responder) &&
	       cursor_u16(&u->value, &r->pdu->tsdu_size_to_initiator);
}

/* 8.3.5.10: what stands behind the octet is seen when all of RF is read. */
static bool read_reason(struct reading *r, struct unit *u, uint8_t *out)
{
	if (r->pdu->kind != SPDU_RF)
		return read_u8(r, u, 0xff, out);
	r->refusal_at = u->value.pos;
	r->refusal = cursor_rest(&u->value);
	return true;
}

static bool read_octets(struct reading *r, struct unit *u, unsigned max, struct octets *out)
{
	if (max && cursor_left(&u->value) > max)
		session_book(r->findings, SESSION_LONG, u->at);
	if (out == &r->pdu->user_data)
		r->pdu->user_at = u->value.pos;
	*out = cursor_rest(&u->value);
	return true;
}

static bool read_value(struct reading *r, struct unit *u, enum session_param param)
{
	const struct session_value_info *v = &session_values[param];
	void *field = (uint8_t *)r->pdu + v->offset;

	switch (v->value) {
	case VALUE_U8:
		return read_u8(r, u, defined_bits(r->pdu->kind, param), field);
	case VALUE_U16:
		return read_u16(r, u, v->bits, field);
	case VALUE_SIZES:
		return read_sizes(r, u);
	case VALUE_SERIAL:
		return read_serial(r, u, field);
	case VALUE_DIGITS:
		return read_digits(r, u, field);
	case VALUE_NUMBER:
		read_number(u, field);
		return true;
	case VALUE_REASON:
		return read_reason(r, u, field);
	default:
		return read_octets(r, u, v->max, field);
	}
}

/* Codes of 8.3; of those, only the ones in the SPDU's table may stand in it. */
static bool is_known(uint8_t code)
{
	if (code == 1 || code == 5 || code == 33 || code == 46)
		return true;
	for (size_t i = 0; i < SESSION_PARAMS; i++)
		if (session_values[i].code == code)
			return true;
	return false;
}

static const struct session_slot *find_slot(const struct session_layout *l, uint8_t pgi,
                                            uint8_t code)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->slots[i].pgi == pgi && l->slots[i].code == code)
			return &l->slots[i];
	return NULL;
}

static bool is_group(const struct session_layout *l, uint8_t code)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->slots[i].pgi && l->slots[i].pgi == code)
			return true;
	return false;
}

static bool read_parameter(struct reading *r, uint8_t pgi, struct unit *u)
{
	const struct session_slot *slot = find_slot(r->layout, pgi, u->code);

	if (!slot) {
		/* A.4.3.1.1: what 8.3 does not know is ignored. */
		if (is_known(u->code))
			session_book(r->findings, SESSION_FOREIGN, u->at);
		return true;
	}
	if (!cursor_left(&u->value))
		return true;		/* 8.2.6: as if absent */
	if (session_has(r->pdu, slot->param))
		return session_book(r->findings, SESSION_REPEATED, u->at);
	r->pdu->has |= 1u << slot->param;
	r->at[slot->param] = (uint32_t)u->at;
	return read_value(r, u, slot->param);
}

/* The units of one nesting level ascend (8.2.6). */
static bool next_unit(struct cursor *c, struct unit *u, int *last)
{
	if (!read_unit(c, u))
		return false;
	if (u->code <= *last)
		session_book(c->findings, SESSION_ORDER, u->at);
	*last = u->code;
	return true;
}

static bool read_group(struct reading *r, struct unit *group)
{
	struct unit u;
	int last = -1;

	if (group->code == 5 && cursor_left(&group->value))
		r->group_at = group->at;
	while (cursor_left(&group->value))
		if (!next_unit(&group->value, &u, &last) ||
		    !read_parameter(r, group->code, &u))
			return false;
	return true;
}

static bool read_parameters(struct reading *r, struct cursor *c)
{
	struct unit u;
	int last = -1;

	while (cursor_left(c)) {
		if (!next_unit(c, &u, &last))
			return false;
		if (is_group(r->layout, u.code) ? !read_group(r, &u) : !read_parameter(r, 0, &u))
			return false;
	}
	return true;
}

/* 8.3.5.10, 8.4.2.2.4: reason and user data, or only user data. */
static void split_refusal(struct reading *r)
{
	struct session_pdu *p = r->pdu;
	struct findings none;
	struct cursor c;

	if (p->kind != SPDU_RF || !session_has(p, SESSION_REASON))
		return;
	findings_clear(&none);
	cursor_init(&c, r->refusal, &none, &session_rules[SESSION_CUT]);
	if (session_continues(p))
		p->has &= ~(1u << SESSION_REASON);
	else
		cursor_u8(&c, &p->reason);
	p->user_at = r->refusal_at + c.pos;
	p->user_data = cursor_rest(&c);
	if (p->user_data.n)
		p->has |= 1u << SESSION_USER_DATA;
	r->at[SESSION_USER_DATA] = (uint32_t)p->user_at;
}

/* 8.3.22.3, 8.3.35: SI 41 with bit 1 of PI 15 is MAP, else AE. */
static void decide_map(struct reading *r)
{
	struct session_pdu *p = r->pdu;

	if (p->kind != SPDU_MAP || (session_has(p, SESSION_SYNC_TYPE) && p->sync_type & 1))
		return;
	if (session_has(p, SESSION_SYNC_TYPE))
		session_book(r->findings, SESSION_SYNC_TYPE_END, r->at[SESSION_SYNC_TYPE]);
	p->has &= ~(1u << SESSION_SYNC_TYPE);
	p->sync_type = 0;
	p->kind = SPDU_AE;
	r->layout = &session_layouts[SPDU_AE];
}

static bool check_missing(struct reading *r)
{
	for (size_t i = 0; i < r->layout->n; i++) {
		const struct session_slot *slot = &r->layout->slots[i];

		if (session_has(r->pdu, slot->param))
			continue;
		if (slot->need == NEED && !session_continues(r->pdu) &&
		    !session_book(r->findings, SESSION_MISSING, r->pdu->at))
			return false;
		if (slot->need == NEED_DEFAULTED && !session_continues(r->pdu))
			session_book(r->findings, SESSION_DEFAULTED, r->pdu->at);
		if (slot->need == NEED_IN_GROUP && r->group_at)
			session_book(r->findings, SESSION_DEFAULTED, r->group_at);
	}
	return true;
}

/* User information: all that is left of the TSDU (8.2.1 d). */
static void read_information(struct reading *r, struct cursor *c)
{
	struct session_pdu *p = r->pdu;

	p->user_at = c->pos;
	r->at[SESSION_USER_DATA] = (uint32_t)c->pos;
	p->user_data = cursor_rest(c);
	if (p->user_data.n)
		p->has |= 1u << SESSION_USER_DATA;
}

/* SI values: the SPDU at the front of a TSDU, and behind GT or PT (8.3). */
static const struct {
	uint8_t first, later;
} received[] = {
	[0] = { SPDU_ER, SPDU_ER }, [1] = { SPDU_GT, SPDU_DT }, [2] = { SPDU_PT, SPDU_PT },
	[5] = { SPDU_EX, SPDU_EX }, [7] = { SPDU_PR, SPDU_PR }, [8] = { SPDU_NF, SPDU_NF },
	[9] = { SPDU_FN, SPDU_FN }, [10] = { SPDU_DN, SPDU_DN }, [12] = { SPDU_RF, SPDU_RF },
	[13] = { SPDU_CN, SPDU_CN }, [14] = { SPDU_AC, SPDU_AC }, [15] = { SPDU_CDO, SPDU_CDO },
	[16] = { SPDU_OA, SPDU_OA }, [21] = { SPDU_GTC, SPDU_GTC }, [22] = { SPDU_GTA, SPDU_GTA },
	[25] = { SPDU_AB, SPDU_AI }, [26] = { SPDU_AA, SPDU_AIA }, [29] = { SPDU_AR, SPDU_AR },
	[33] = { SPDU_TD, SPDU_TD }, [34] = { SPDU_RA, SPDU_RA }, [41] = { SPDU_MAP, SPDU_MAP },
	[42] = { SPDU_MAA_AEA, SPDU_MAA_AEA }, [45] = { SPDU_AS, SPDU_AS },
	[48] = { SPDU_ED, SPDU_ED }, [49] = { SPDU_MIP, SPDU_MIP }, [50] = { SPDU_MIA, SPDU_MIA },
	[53] = { SPDU_RS, SPDU_RS }, [57] = { SPDU_AD, SPDU_AD }, [58] = { SPDU_ADA, SPDU_ADA },
	[61] = { SPDU_CD, SPDU_CD }, [62] = { SPDU_CDA, SPDU_CDA },
};

/* May this SPDU stand here (6.3.7)? */
static bool check_place(struct findings *f, enum session_spdu kind, bool first, size_t at)
{
	unsigned category = session_layouts[kind].category;

	if (first)
		return category != 2 || session_book(f, SESSION_CATEGORY_2, at);
	return category == 2 ||
	       session_book(f, category ? SESSION_CATEGORY_1 : SESSION_CATEGORY_0, at);
}

static bool read_kind(struct cursor *c, bool first, enum session_spdu *kind)
{
	size_t at = c->pos;
	uint8_t si;

	if (!cursor_u8(c, &si))
		return false;
	*kind = SPDU_NONE;
	if (si < sizeof received / sizeof received[0])
		*kind = first ? received[si].first : received[si].later;
	if (*kind == SPDU_NONE)
		return session_book(c->findings, SESSION_SI, at);
	return check_place(c->findings, *kind, first, at);
}

/* A GT or PT without parameters, as it heralds most SPDUs of category 2 (6.3.7.1):
 * there is nothing in it that could be wrong.  false: it is something else, and
 * nothing was taken. */
static bool read_herald(struct cursor *c, struct session_pdu *p)
{
	struct cursor look = *c;
	uint8_t si, li;

	if (cursor_left(c) < 2 || !cursor_u8(&look, &si) || !cursor_u8(&look, &li) || li != 0 ||
	    (si != session_layouts[SPDU_GT].si && si != session_layouts[SPDU_PT].si))
		return false;
	session_pdu_init(p, received[si].first);
	p->at = c->pos;
	*c = look;
	return true;
}

static bool read_spdu(struct cursor *c, bool first, bool whole, struct session_pdu *p)
{
	struct reading r = { .pdu = p, .findings = c->findings };
	enum session_spdu kind;
	struct cursor field;
	size_t at = c->pos;
	size_t li;

	if (first && read_herald(c, p))
		return true;
	if (!read_kind(c, first, &kind))
		return false;
	session_pdu_init(p, kind);
	p->at = at;
	r.layout = &session_layouts[kind];
	if (!session_read_li(c, &li) || !cursor_sub(c, li, &field))
		return false;
	field.short_rule = &session_rules[SESSION_UNIT_PAST];
	if (!read_parameters(&r, &field))
		return false;
	split_refusal(&r);
	decide_map(&r);
	if (r.layout->information)
		read_information(&r, c);
	if (!check_missing(&r) || !session_check_pdu(p, r.at, c->findings))
		return false;
	if (whole)
		session_check_information(p, c->findings);
	return !c->findings->fatal;
}

bool session_read_tsdu(struct octets tsdu, bool whole, struct session_tsdu *out,
                       struct findings *f)
{
	struct cursor c;

	cursor_init(&c, tsdu, f, &session_rules[SESSION_CUT]);
	out->n = 0;
	do {
		if (out->n == SESSION_SPDUS_MAX)
			return session_book(f, SESSION_SEQUENCE, c.pos);
		if (out->n && session_layouts[out->pdu[0].kind].category == 1)
			return session_book(f, SESSION_CATEGORY_1, c.pos);
		if (!read_spdu(&c, out->n == 0, whole, &out->pdu[out->n]))
			return false;
		out->n++;
	} while (cursor_left(&c));
	return session_check_concatenation(out, f);
}

bool session_decode_tsdu(struct octets tsdu, struct session_tsdu *out, struct findings *f)
{
	return session_read_tsdu(tsdu, true, out, f);
}
