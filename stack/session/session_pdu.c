#include "session/session_layout.h"

#include <assert.h>
#include <string.h>

const struct rule session_rules[SESSION_RULES_N] = {
#define ROW(id, name, clause, severity, text) \
	RULE_ROW(LAYER_SESSION, id, name, clause, severity, text)
	SESSION_RULES(ROW)
#undef ROW
};

#define AT(member) (uint16_t)offsetof(struct session_pdu, member)

const struct session_value_info session_values[SESSION_PARAMS] = {
	[SESSION_CALLED_REFERENCE] = { "called-ref", AT(references.called),
		.code = 9, .value = VALUE_OCTETS, .max = 64 },
	[SESSION_CALLING_REFERENCE] = { "calling-ref", AT(references.calling),
		.code = 10, .value = VALUE_OCTETS, .max = 64 },
	[SESSION_COMMON_REFERENCE] = { "common-ref", AT(references.common),
		.code = 11, .value = VALUE_OCTETS, .max = 64 },
	[SESSION_ADDITIONAL_REFERENCE] = { "additional-ref", AT(references.additional),
		.code = 12, .value = VALUE_OCTETS, .max = 4 },
	[SESSION_SYNC_TYPE] = { "sync", AT(sync_type),
		.bits = 0x03, .code = 15, .value = VALUE_U8 },
	[SESSION_TOKEN_ITEM] = { "token-item", AT(token_item),
		.bits = 0x55, .code = 16, .value = VALUE_U8 },
	[SESSION_TRANSPORT_DISCONNECT] = { "tdisc", AT(transport_disconnect),
		.bits = 0x1f, .fallback = TDISC_RELEASE, .code = 17, .value = VALUE_U8 },
	[SESSION_PROTOCOL_OPTIONS] = { "options", AT(protocol_options),
		.bits = 0x01, .code = 19, .value = VALUE_U8 },
	[SESSION_UNITS] = { "units", AT(units),
		.bits = 0x1fff, .fallback = UNITS_DEFAULT, .code = 20, .value = VALUE_U16 },
	[SESSION_TSDU_SIZE] = { "tsdu-size", AT(tsdu_size_to_responder),
		.code = 21, .value = VALUE_SIZES },
	[SESSION_VERSION] = { "version", AT(versions),
		.bits = 0x03, .fallback = 1, .code = 22, .value = VALUE_U8 },
	[SESSION_INITIAL_SERIAL] = { "initial-serial", AT(initial_serial),
		.code = 23, .value = VALUE_SERIAL },
	[SESSION_PREPARE_TYPE] = { "prepare", AT(prepare_type),
		.bits = 0xff, .code = 24, .value = VALUE_U8 },
	[SESSION_ENCLOSURE] = { "enclosure", AT(enclosure),
		.bits = 0x03, .fallback = ENCLOSURE_BEGIN | ENCLOSURE_END, .code = 25,
		.value = VALUE_U8 },
	[SESSION_TOKEN_SETTING] = { "tokens", AT(token_setting),
		.bits = 0xff, .code = 26, .value = VALUE_U8 },
	[SESSION_RESYNC_TYPE] = { "resync", AT(resync_type),
		.bits = 0xff, .code = 27, .value = VALUE_U8 },
	[SESSION_OLD_ACTIVITY] = { "old-activity", AT(old_activity),
		.code = 41, .value = VALUE_OCTETS, .max = 6 },
	[SESSION_ACTIVITY] = { "activity", AT(activity),
		.code = 41, .value = VALUE_OCTETS, .max = 6 },
	[SESSION_SERIAL] = { "serial", AT(serial), .code = 42, .value = VALUE_SERIAL },
	[SESSION_REFLECT] = { "reflect", AT(reflect), .code = 49, .value = VALUE_OCTETS },
	[SESSION_REASON] = { "reason", AT(reason), .code = 50, .value = VALUE_REASON },
	[SESSION_CALLING_SELECTOR] = { "calling-ssel", AT(calling_ssel),
		.code = 51, .value = VALUE_OCTETS, .max = 16 },
	[SESSION_CALLED_SELECTOR] = { "called-ssel", AT(called_ssel),
		.code = 52, .value = VALUE_OCTETS, .max = 16 },
	[SESSION_SECOND_RESYNC_TYPE] = { "second-resync", AT(second_resync_type),
		.bits = 0xff, .code = 53, .value = VALUE_U8 },
	[SESSION_SECOND_SERIAL] = { "second-serial", AT(second_serial),
		.code = 54, .value = VALUE_SERIAL },
	[SESSION_SECOND_INITIAL_SERIAL] = { "second-initial-serial", AT(second_initial_serial),
		.code = 55, .value = VALUE_SERIAL },
	[SESSION_UPPER_LIMIT] = { "upper-limit", AT(upper_limit),
		.fallback = 6, .code = 56, .value = VALUE_NUMBER },
	[SESSION_LARGE_INITIAL] = { "large-initial", AT(large_initial),
		.code = 57, .value = VALUE_DIGITS },
	[SESSION_LARGE_SECOND_INITIAL] = { "large-second-initial", AT(large_second_initial),
		.code = 58, .value = VALUE_DIGITS },
	[SESSION_DATA_OVERFLOW] = { "overflow", AT(data_overflow),
		.bits = 0x01, .code = 60, .value = VALUE_U8 },
	[SESSION_USER_DATA] = { "user", AT(user_data), .code = 193, .value = VALUE_OCTETS },
	[SESSION_EXTENDED_USER_DATA] = { "extended-user", AT(user_data),
		.code = 194, .value = VALUE_OCTETS },
};

/* {group, code, parameter, m/nm}; groups: 1 Connection Identifier,
 * 5 Connect/Accept Item, 33 Linking Information. */
#define CONNECT_ACCEPT_ITEM \
	{ 5, 19, SESSION_PROTOCOL_OPTIONS, NEED_IN_GROUP }, \
	{ 5, 21, SESSION_TSDU_SIZE, NEED_NOT }, \
	{ 5, 22, SESSION_VERSION, NEED_IN_GROUP }, \
	{ 5, 23, SESSION_INITIAL_SERIAL, NEED_NOT }, \
	{ 5, 26, SESSION_TOKEN_SETTING, NEED_NOT }, \
	{ 5, 55, SESSION_SECOND_INITIAL_SERIAL, NEED_NOT }, \
	{ 5, 56, SESSION_UPPER_LIMIT, NEED_NOT }, \
	{ 5, 57, SESSION_LARGE_INITIAL, NEED_NOT }, \
	{ 5, 58, SESSION_LARGE_SECOND_INITIAL, NEED_NOT }
#define USER_DATA { 0, 193, SESSION_USER_DATA, NEED_NOT }
#define ENCLOSURE { 0, 25, SESSION_ENCLOSURE, NEED_NOT }

static const struct session_slot cn[] = {		/* Table 11 */
	{ 1, 10, SESSION_CALLING_REFERENCE, NEED_NOT },
	{ 1, 11, SESSION_COMMON_REFERENCE, NEED_NOT },
	{ 1, 12, SESSION_ADDITIONAL_REFERENCE, NEED_NOT },
	CONNECT_ACCEPT_ITEM,
	{ 0, 20, SESSION_UNITS, NEED_NOT },
	{ 0, 51, SESSION_CALLING_SELECTOR, NEED_NOT },
	{ 0, 52, SESSION_CALLED_SELECTOR, NEED_NOT },
	{ 0, 60, SESSION_DATA_OVERFLOW, NEED_NOT },
	USER_DATA,
	{ 0, 194, SESSION_EXTENDED_USER_DATA, NEED_NOT },
};
static const struct session_slot oa[] = {		/* Table 12 */
	{ 0, 21, SESSION_TSDU_SIZE, NEED_NOT },
	{ 0, 22, SESSION_VERSION, NEED },
};
static const struct session_slot cdo[] = {		/* Table 13 */
	{ 0, 25, SESSION_ENCLOSURE, NEED },
	USER_DATA,
};
static const struct session_slot ac[] = {		/* Table 14 */
	{ 1, 9, SESSION_CALLED_REFERENCE, NEED_NOT },
	{ 1, 11, SESSION_COMMON_REFERENCE, NEED_NOT },
	{ 1, 12, SESSION_ADDITIONAL_REFERENCE, NEED_NOT },
	CONNECT_ACCEPT_ITEM,
	{ 0, 16, SESSION_TOKEN_ITEM, NEED_NOT },
	{ 0, 20, SESSION_UNITS, NEED_NOT },
	ENCLOSURE,
	{ 0, 51, SESSION_CALLING_SELECTOR, NEED_NOT },
	{ 0, 52, SESSION_CALLED_SELECTOR, NEED_NOT },
	USER_DATA,
};
static const struct session_slot rf[] = {		/* Tables 15 and 45 */
	{ 1, 9, SESSION_CALLED_REFERENCE, NEED_NOT },
	{ 1, 11, SESSION_COMMON_REFERENCE, NEED_NOT },
	{ 1, 12, SESSION_ADDITIONAL_REFERENCE, NEED_NOT },
	{ 0, 17, SESSION_TRANSPORT_DISCONNECT, NEED_NOT },
	{ 0, 20, SESSION_UNITS, NEED_NOT },
	{ 0, 22, SESSION_VERSION, NEED_NOT },
	ENCLOSURE,
	{ 0, 50, SESSION_REASON, NEED_NOT },
};
static const struct session_slot fn[] = {		/* Table 16 */
	{ 0, 17, SESSION_TRANSPORT_DISCONNECT, NEED_NOT }, ENCLOSURE, USER_DATA,
};
static const struct session_slot plain[] = {	/* Tables 17 18 23 24 27 40 42 and 44 */
	ENCLOSURE, USER_DATA,
};
static const struct session_slot ab[] = {		/* Table 19 */
	{ 0, 17, SESSION_TRANSPORT_DISCONNECT, NEED_DEFAULTED },
	ENCLOSURE,
	{ 0, 49, SESSION_REFLECT, NEED_NOT },
	USER_DATA,
};
static const struct session_slot dt[] = {		/* Tables 20 and 22 */
	ENCLOSURE,
};
static const struct session_slot gt[] = {		/* Tables 25 and 26 */
	{ 0, 16, SESSION_TOKEN_ITEM, NEED_NOT }, ENCLOSURE, USER_DATA,
};
static const struct session_slot mip[] = {		/* Table 28 */
	{ 0, 15, SESSION_SYNC_TYPE, NEED_NOT },
	ENCLOSURE,
	{ 0, 42, SESSION_SERIAL, NEED },
	USER_DATA,
};
static const struct session_slot mia[] = {		/* Tables 29 and 46 */
	ENCLOSURE,
	{ 0, 42, SESSION_SERIAL, NEED },
	{ 0, 46, SESSION_USER_DATA, NEED_NOT },
};
static const struct session_slot map[] = {		/* Table 30 */
	{ 0, 15, SESSION_SYNC_TYPE, NEED },
	ENCLOSURE,
	{ 0, 42, SESSION_SERIAL, NEED },
	USER_DATA,
};
static const struct session_slot maa[] = {		/* Table 31; AEA: 8.3.36 */
	ENCLOSURE,
	{ 0, 42, SESSION_SERIAL, NEED_NOT },
	{ 0, 54, SESSION_SECOND_SERIAL, NEED_NOT },
	USER_DATA,
};
static const struct session_slot rs[] = {		/* Tables 32 and 33 */
	ENCLOSURE,
	{ 0, 26, SESSION_TOKEN_SETTING, NEED_NOT },
	{ 0, 27, SESSION_RESYNC_TYPE, NEED_NOT },
	{ 0, 42, SESSION_SERIAL, NEED_NOT },
	{ 0, 53, SESSION_SECOND_RESYNC_TYPE, NEED_NOT },
	{ 0, 54, SESSION_SECOND_SERIAL, NEED_NOT },
	USER_DATA,
};
static const struct session_slot pr[] = {		/* Table 34 */
	{ 0, 24, SESSION_PREPARE_TYPE, NEED },
	{ 0, 27, SESSION_RESYNC_TYPE, NEED_NOT },
	{ 0, 53, SESSION_SECOND_RESYNC_TYPE, NEED_NOT },
};
static const struct session_slot er[] = {		/* Table 35 */
	{ 0, 49, SESSION_REFLECT, NEED_DEFAULTED },
};
static const struct session_slot ed[] = {		/* Table 36 */
	ENCLOSURE, { 0, 50, SESSION_REASON, NEED }, USER_DATA,
};
static const struct session_slot as[] = {		/* Table 37 */
	ENCLOSURE, { 0, 41, SESSION_ACTIVITY, NEED }, USER_DATA,
};
static const struct session_slot ar[] = {		/* Table 38 */
	ENCLOSURE,
	{ 33, 9, SESSION_CALLED_REFERENCE, NEED_NOT },
	{ 33, 10, SESSION_CALLING_REFERENCE, NEED_NOT },
	{ 33, 11, SESSION_COMMON_REFERENCE, NEED_NOT },
	{ 33, 12, SESSION_ADDITIONAL_REFERENCE, NEED_NOT },
	{ 33, 41, SESSION_OLD_ACTIVITY, NEED },
	{ 33, 42, SESSION_SERIAL, NEED },
	{ 33, 54, SESSION_SECOND_SERIAL, NEED_NOT },
	{ 0, 41, SESSION_ACTIVITY, NEED },
	USER_DATA,
};
static const struct session_slot ai[] = {		/* Tables 39 and 41 */
	ENCLOSURE, { 0, 50, SESSION_REASON, NEED_NOT }, USER_DATA,
};
static const struct session_slot ae[] = {		/* Table 43 */
	ENCLOSURE, { 0, 42, SESSION_SERIAL, NEED }, USER_DATA,
};

#define SLOTS(array) array, sizeof(array) / sizeof((array)[0])

/* SI of 8.3, category of Table 6.  EX has no category: it is alone on the
 * transport expedited flow (6.4). */
const struct session_layout session_layouts[SESSION_SPDUS] = {
	[SPDU_NONE] = { "none", NULL, 0, 255, 1, false },
	[SPDU_CN] = { "CN", SLOTS(cn), 13, 1, false },
	[SPDU_OA] = { "OA", SLOTS(oa), 16, 1, false },
	[SPDU_CDO] = { "CDO", SLOTS(cdo), 15, 1, false },
	[SPDU_AC] = { "AC", SLOTS(ac), 14, 1, false },
	[SPDU_RF] = { "RF", SLOTS(rf), 12, 1, false },
	[SPDU_FN] = { "FN", SLOTS(fn), 9, 1, false },
	[SPDU_DN] = { "DN", SLOTS(plain), 10, 1, false },
	[SPDU_NF] = { "NF", SLOTS(plain), 8, 1, false },
	[SPDU_AB] = { "AB", SLOTS(ab), 25, 1, false },
	[SPDU_AA] = { "AA", NULL, 0, 26, 1, false },
	[SPDU_DT] = { "DT", SLOTS(dt), 1, 2, true },
	[SPDU_EX] = { "EX", NULL, 0, 5, 1, true },
	[SPDU_TD] = { "TD", SLOTS(dt), 33, 1, true },
	[SPDU_CD] = { "CD", SLOTS(plain), 61, 2, false },
	[SPDU_CDA] = { "CDA", SLOTS(plain), 62, 2, false },
	[SPDU_GT] = { "GT", SLOTS(gt), 1, 0, false },
	[SPDU_PT] = { "PT", SLOTS(gt), 2, 0, false },
	[SPDU_GTC] = { "GTC", SLOTS(plain), 21, 1, false },
	[SPDU_GTA] = { "GTA", NULL, 0, 22, 1, false },
	[SPDU_MIP] = { "MIP", SLOTS(mip), 49, 2, false },
	[SPDU_MIA] = { "MIA", SLOTS(mia), 50, 2, false },
	[SPDU_MAP] = { "MAP", SLOTS(map), 41, 2, false },
	[SPDU_MAA] = { "MAA", SLOTS(maa), 42, 2, false },
	[SPDU_RS] = { "RS", SLOTS(rs), 53, 2, false },
	[SPDU_RA] = { "RA", SLOTS(rs), 34, 2, false },
	[SPDU_PR] = { "PR", SLOTS(pr), 7, 1, false },
	[SPDU_ER] = { "ER", SLOTS(er), 0, 2, false },
	[SPDU_ED] = { "ED", SLOTS(ed), 48, 2, false },
	[SPDU_AS] = { "AS", SLOTS(as), 45, 2, false },
	[SPDU_AR] = { "AR", SLOTS(ar), 29, 2, false },
	[SPDU_AI] = { "AI", SLOTS(ai), 25, 2, false },
	[SPDU_AIA] = { "AIA", SLOTS(plain), 26, 2, false },
	[SPDU_AD] = { "AD", SLOTS(ai), 57, 2, false },
	[SPDU_ADA] = { "ADA", SLOTS(plain), 58, 2, false },
	[SPDU_AE] = { "AE", SLOTS(ae), 41, 2, false },
	[SPDU_AEA] = { "AEA", SLOTS(maa), 42, 2, false },
	[SPDU_MAA_AEA] = { "MAA/AEA", SLOTS(maa), 42, 2, false },
};

const char *session_spdu_name(enum session_spdu kind)
{
	return (unsigned)kind < SESSION_SPDUS ? session_layouts[kind].name : "?";
}

unsigned session_spdu_category(enum session_spdu kind)
{
	assert((unsigned)kind < SESSION_SPDUS);
	return session_layouts[kind].category;
}

uint8_t session_spdu_si(enum session_spdu kind)
{
	assert((unsigned)kind < SESSION_SPDUS);
	return session_layouts[kind].si;
}

static struct session_defined define(enum session_spdu kind)
{
	const struct session_layout *l = &session_layouts[kind];
	struct session_defined d = { 0, 0 };

	if (l->information || kind == SPDU_RF)
		d.all = 1u << SESSION_USER_DATA;
	for (size_t i = 0; i < l->n; i++) {
		uint8_t param = l->slots[i].param;

		d.all |= 1u << param;
		if (session_values[param].fallback)
			d.fallback |= 1u << param;
	}
	return d;
}

/* Found once from the tables above: an SPDU is made for every step of a transfer. */
const struct session_defined *session_defined(enum session_spdu kind)
{
	static struct session_defined defined[SESSION_SPDUS];

	if (!defined[SPDU_CN].all)
		for (unsigned i = 0; i < SESSION_SPDUS; i++)
			defined[i] = define((enum session_spdu)i);
	return &defined[kind];
}

static void set_fallback(struct session_pdu *p, enum session_param param)
{
	const struct session_value_info *v = &session_values[param];
	void *field = (uint8_t *)p + v->offset;

	if (v->value == VALUE_U16)
		*(uint16_t *)field = v->fallback;
	else
		*(uint8_t *)field = (uint8_t)v->fallback;
}

void session_pdu_init(struct session_pdu *p, enum session_spdu kind)
{
	uint32_t left = session_defined(kind)->fallback;

	memset(p, 0, sizeof *p);
	p->kind = kind;
	for (; left; left &= left - 1)
		set_fallback(p, (enum session_param)__builtin_ctz(left));
}
