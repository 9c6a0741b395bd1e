/*
 * SPDUs as a line of text.
 */
#include "session/session_layout.h"

/* Names of bits or of values; ends in {0, NULL}. */
static const struct text_name sync_bits[] = {
	{ SYNC_NO_CONFIRM, "no-confirm" }, { SYNC_DATA_SEPARATION, "data-separation" }, { 0, NULL },
};
static const struct text_name map_bits[] = {
	{ SYNC_NO_CONFIRM, "no-end" }, { 0, NULL },
};
static const struct text_name token_bits[] = {
	{ TOKEN_DATA, "dk" }, { TOKEN_MINOR, "mi" }, { TOKEN_MAJOR, "ma" }, { TOKEN_RELEASE, "tr" },
	{ 0, NULL },
};
static const struct text_name disconnect_bits[] = {
	{ TDISC_RELEASE, "release" }, { TDISC_USER_ABORT, "user" },
	{ TDISC_PROTOCOL_ERROR, "protocol-error" }, { TDISC_NO_REASON, "no-reason" },
	{ TDISC_RESTRICTION, "restriction" }, { 0, NULL },
};
static const struct text_name unit_bits[] = {
	{ UNIT_HALF_DUPLEX, "HD" }, { UNIT_DUPLEX, "FD" }, { UNIT_EXPEDITED, "EX" },
	{ UNIT_MINOR, "SY" }, { UNIT_MAJOR, "MA" }, { UNIT_RESYNCHRONIZE, "RESYN" },
	{ UNIT_ACTIVITY, "ACT" }, { UNIT_NEGOTIATED_RELEASE, "NR" }, { UNIT_CAPABILITY, "CD" },
	{ UNIT_EXCEPTIONS, "EXCEP" }, { UNIT_TYPED_DATA, "TD" }, { UNIT_SYMMETRIC, "SS" },
	{ UNIT_DATA_SEPARATION, "DS" }, { 0, NULL },
};
static const struct text_name enclosure_bits[] = {
	{ ENCLOSURE_BEGIN, "begin" }, { ENCLOSURE_END, "end" }, { 0, NULL },
};
static const struct text_name prepare_names[] = {
	{ PREPARE_MAA, "MAA" }, { PREPARE_RS, "RS" }, { PREPARE_RA, "RA" }, { PREPARE_AB, "AB" },
	{ 0, NULL },
};
static const struct text_name resync_names[] = {
	{ RESYNC_RESTART, "restart" }, { RESYNC_ABANDON, "abandon" }, { RESYNC_SET, "set" },
	{ 0, NULL },
};
static const struct text_name refuse_names[] = {
	{ REFUSE_USER, "user" }, { REFUSE_USER_CONGESTION, "user-congestion" },
	{ REFUSE_USER_DATA, "user-data" }, { REFUSE_SELECTOR_UNKNOWN, "selector-unknown" },
	{ REFUSE_USER_NOT_ATTACHED, "user-not-attached" }, { REFUSE_CONGESTION, "congestion" },
	{ REFUSE_VERSION, "version" }, { REFUSE_PROVIDER, "provider" },
	{ REFUSE_RESTRICTION, "restriction" }, { 0, NULL },
};
static const struct text_name exception_names[] = {
	{ EXCEPTION_NO_REASON, "no-reason" }, { EXCEPTION_TEMPORARY, "temporary" },
	{ EXCEPTION_SEQUENCE, "sequence" }, { EXCEPTION_LOCAL_USER, "local-user" },
	{ EXCEPTION_PROCEDURAL, "procedural" },
	{ EXCEPTION_DEMAND_DATA_TOKEN, "demand-data-token" },
	{ 0, NULL },
};

static void put_bits(struct text *t, const struct text_name *names, uint32_t v)
{
	char before = ':';

	for (; names->name; names++) {
		if (!(v & names->value))
			continue;
		text_char(t, before);
		text_put(t, names->name);
		before = '+';
	}
}

static void put_u8_bits(struct text *t, const struct text_name *names, uint8_t v)
{
	text_hex8(t, v);
	if (names)
		put_bits(t, names, v);
}

/* "5:local-user"; a value without a name: "77". */
static void put_coded(struct text *t, const struct text_name *names, uint8_t v)
{
	text_u64(t, v);
	for (; names->name; names++)
		if (names->value == v) {
			text_char(t, ':');
			text_put(t, names->name);
		}
}

const struct text_name *session_value_names(enum session_spdu kind, enum session_param param)
{
	switch (param) {
	case SESSION_SYNC_TYPE:
		return kind == SPDU_MAP ? map_bits : sync_bits;
	case SESSION_TOKEN_ITEM:
		return token_bits;
	case SESSION_TRANSPORT_DISCONNECT:
		return disconnect_bits;
	case SESSION_ENCLOSURE:
		return enclosure_bits;
	case SESSION_UNITS:
		return unit_bits;
	case SESSION_PREPARE_TYPE:
		return prepare_names;
	case SESSION_RESYNC_TYPE:
	case SESSION_SECOND_RESYNC_TYPE:
		return resync_names;
	case SESSION_REASON:
		return kind == SPDU_RF ? refuse_names : exception_names;
	default:
		return NULL;
	}
}

static void put_u8(struct text *t, const struct session_pdu *p, enum session_param param,
                   uint8_t v)
{
	switch (param) {
	case SESSION_VERSION:
		text_put(t, v == 3 ? "1+2" : v == 2 ? "2" : v == 1 ? "1" : "0");
		break;
	case SESSION_PREPARE_TYPE:
		put_coded(t, prepare_names, v);
		break;
	case SESSION_RESYNC_TYPE:
	case SESSION_SECOND_RESYNC_TYPE:
		put_coded(t, resync_names, v);
		break;
	default:
		put_u8_bits(t, session_value_names(p->kind, param), v);
		break;
	}
}

static void put_units(struct text *t, uint16_t units)
{
	text_hex8(t, (uint8_t)(units >> 8));
	text_hex8(t, (uint8_t)units);
	put_bits(t, unit_bits, units);
}

static void put_octets(struct text *t, const struct session_pdu *p, enum session_param param,
                       const struct octets *o)
{
	if (param == SESSION_USER_DATA || param == SESSION_EXTENDED_USER_DATA)
		text_u64(t, p->user_data.n);
	else
		text_hex(t, *o);
}

static void put_value(struct text *t, const struct session_pdu *p, enum session_param param)
{
	const struct session_value_info *v = &session_values[param];
	const void *field = (const uint8_t *)p + v->offset;

	text_field(t, v->field);
	switch (v->value) {
	case VALUE_U8:
		put_u8(t, p, param, *(const uint8_t *)field);
		break;
	case VALUE_U16:
		put_units(t, *(const uint16_t *)field);
		break;
	case VALUE_SIZES:
		text_u64(t, p->tsdu_size_to_responder);
		text_char(t, '/');
		text_u64(t, p->tsdu_size_to_initiator);
		break;
	case VALUE_SERIAL:
		text_u64(t, *(const uint32_t *)field);
		break;
	case VALUE_NUMBER:
		text_u64(t, *(const uint8_t *)field);
		break;
	case VALUE_REASON:
		put_coded(t, p->kind == SPDU_RF ? refuse_names : exception_names, p->reason);
		break;
	default:
		put_octets(t, p, param, field);
		break;
	}
}

void session_text(struct text *t, const struct session_pdu *p)
{
	const struct session_layout *l = &session_layouts[p->kind];
	bool user_done = false;

	text_put(t, l->name);
	for (size_t i = 0; i < l->n; i++) {
		if (session_has(p, l->slots[i].param))
			put_value(t, p, l->slots[i].param);
		user_done |= l->slots[i].param == SESSION_USER_DATA;
	}
	if (session_has(p, SESSION_USER_DATA) && !user_done)
		put_value(t, p, SESSION_USER_DATA);
}

void session_tsdu_text(struct text *t, const struct session_tsdu *tsdu)
{
	for (size_t i = 0; i < tsdu->n; i++) {
		if (i)
			text_put(t, " + ");
		session_text(t, &tsdu->pdu[i]);
	}
}
