/*
 * SPDUs as trees.
 */
#include "session/session_layout.h"

#include <assert.h>

/* 8.3.1.10; leading zeros are left out. */
static void put_serial(struct nodes *a, struct node *unit, uint32_t v)
{
	uint8_t digits[10];
	size_t n = sizeof digits;

	do
		digits[--n] = (uint8_t)('0' + v % 10);
	while (v /= 10);
	node_copy(a, unit, digits + n, sizeof digits - n);
}

static uint64_t user_length(const struct session_pdu *p)
{
	return p->user_tree ? node_size(p->user_tree) : p->user_data.n;
}

static void put_user(struct nodes *a, struct node *parent, const struct session_pdu *p)
{
	if (!p->user_tree)
		node_octets(a, parent, p->user_data);
	else if (!a->full)	/* the arena's spill node must not become its own child */
		node_adopt(parent, p->user_tree);
}

/* 8.3.5.10, 8.4.2.2.4 */
static void put_reason(struct nodes *a, struct node *unit, const struct session_pdu *p)
{
	if (session_has(p, SESSION_REASON))
		node_u8(a, unit, p->reason);
	if (p->kind == SPDU_RF && session_has(p, SESSION_USER_DATA))
		put_user(a, unit, p);
}

static void put_octets(struct nodes *a, struct node *unit, const struct session_pdu *p,
                       const struct octets *value)
{
	if (value == &p->user_data)
		put_user(a, unit, p);
	else
		node_octets(a, unit, *value);
}

static void put_value(struct nodes *a, struct node *unit, const struct session_pdu *p,
                      enum session_param param)
{
	const struct session_value_info *v = &session_values[param];
	const void *field = (const uint8_t *)p + v->offset;

	switch (v->value) {
	case VALUE_U8:
	case VALUE_NUMBER:
		node_u8(a, unit, *(const uint8_t *)field);
		break;
	case VALUE_U16:
		node_u16(a, unit, *(const uint16_t *)field);
		break;
	case VALUE_SIZES:
		node_u16(a, unit, p->tsdu_size_to_responder);
		node_u16(a, unit, p->tsdu_size_to_initiator);
		break;
	case VALUE_SERIAL:
		put_serial(a, unit, *(const uint32_t *)field);
		break;
	case VALUE_REASON:
		put_reason(a, unit, p);
		break;
	default:
		put_octets(a, unit, p, field);
		break;
	}
}

/* Empty octets are left out: the same as LI 0 (8.2.6). */
static bool stands(const struct session_pdu *p, enum session_param param)
{
	const struct session_value_info *v = &session_values[param];
	const void *field = (const uint8_t *)p + v->offset;

	if (param == SESSION_REASON && p->kind == SPDU_RF)
		return session_has(p, SESSION_REASON) || session_has(p, SESSION_USER_DATA);
	if (!session_has(p, param))
		return false;
	if (param == SESSION_USER_DATA || param == SESSION_EXTENDED_USER_DATA)
		return user_length(p) > 0;
	if (v->value == VALUE_OCTETS || v->value == VALUE_DIGITS)
		return ((const struct octets *)field)->n > 0;
	return true;
}

static void put_parameters(struct nodes *a, struct node *spdu, const struct session_pdu *p)
{
	const struct session_layout *l = &session_layouts[p->kind];
	struct node *group = NULL;

	for (size_t i = 0; i < l->n; i++) {
		const struct session_slot *slot = &l->slots[i];

		if (!stands(p, slot->param))
			continue;
		if (slot->pgi && (!group || group->tag != slot->pgi))
			group = node_session(a, spdu, slot->pgi);
		put_value(a, node_session(a, slot->pgi ? group : spdu, slot->code), p, slot->param);
	}
}

struct node *session_build(struct nodes *a, const struct session_pdu *p)
{
	const struct session_layout *l = &session_layouts[p->kind];
	struct node *whole, *spdu;

	assert(p->kind > SPDU_NONE && p->kind < SPDU_MAA_AEA);
	assert(!(p->has & ~session_defined(p->kind)->all));
	if (a->full)
		return node_list(a, NULL);
	whole = l->information ? node_list(a, NULL) : NULL;
	spdu = node_session(a, whole, l->si);
	put_parameters(a, spdu, p);
	if (a->full)
		return spdu;
	node_size(spdu);
	if (spdu->length > SESSION_PARAMETERS_MAX)
		a->full = true;
	if (l->information && session_has(p, SESSION_USER_DATA))
		put_user(a, whole, p);
	return whole ? whole : spdu;
}

struct node *session_build_concatenated(struct nodes *a, const struct session_pdu *first,
                                        const struct session_pdu *second)
{
	enum session_spdu prefix = !first ? session_prefix(second->kind) : SPDU_NONE;
	struct node *tsdu = node_list(a, NULL);
	struct node *spdu;

	if (prefix != SPDU_NONE)
		node_session(a, tsdu, session_spdu_si(prefix));
	for (size_t i = 0; i < 2; i++) {
		const struct session_pdu *p = i ? second : first;

		if (!p)
			continue;
		spdu = session_build(a, p);
		if (!a->full)
			node_adopt(tsdu, spdu);
	}
	return tsdu;
}
