/*
 * SPDUs by themselves: values, and parameters that must or must not be there.
 */
#include "session/session_layout.h"

/* What the check of one SPDU looks at. */
struct check {
	const struct session_pdu *p;
	const uint32_t *at;
	struct findings *f;
};

static void note_if(const struct check *k, bool broken, enum session_rule rule,
                    enum session_param param)
{
	session_book_if(k->f, broken, rule, k->at[param]);
}

uint8_t session_available(uint16_t units)
{
	unsigned t = 0;

	if (units & UNIT_HALF_DUPLEX)
		t |= TOKEN_DATA;
	if (units & UNIT_MINOR)
		t |= TOKEN_MINOR;
	if (units & (UNIT_MAJOR | UNIT_ACTIVITY))
		t |= TOKEN_MAJOR;
	if (units & UNIT_NEGOTIATED_RELEASE)
		t |= TOKEN_RELEASE;
	return (uint8_t)t;
}

bool session_has_setting(uint8_t setting, uint8_t tokens, unsigned pair)
{
	for (unsigned shift = 0; shift < 8; shift += 2)
		if (tokens >> shift & 1 && ((unsigned)setting >> shift & 3) == pair)
			return true;
	return false;
}

const uint8_t session_serial_params[SERIAL_PARAMS] = {
	SESSION_INITIAL_SERIAL, SESSION_SECOND_INITIAL_SERIAL, SESSION_UPPER_LIMIT,
	SESSION_LARGE_INITIAL, SESSION_LARGE_SECOND_INITIAL,
};

static bool is_second(enum session_param param)
{
	return param == SESSION_SECOND_INITIAL_SERIAL || param == SESSION_LARGE_SECOND_INITIAL;
}

bool session_serial_forbidden(enum session_param param, uint16_t units, bool allowed)
{
	return !allowed || (is_second(param) && !(units & UNIT_SYMMETRIC));
}

bool session_counts(uint16_t units)
{
	return units & (UNIT_MINOR | UNIT_SYMMETRIC | UNIT_MAJOR | UNIT_RESYNCHRONIZE);
}

bool session_has_initial(const struct session_pdu *p)
{
	return session_has(p, SESSION_INITIAL_SERIAL) || session_has(p, SESSION_LARGE_INITIAL);
}

/* 8.3.1.10, 8.3.1.12 to 8.3.1.15, 8.3.4.10 to 8.3.4.15 */
static void check_large(const struct check *k)
{
	const struct session_pdu *p = k->p;
	bool limit = session_has(p, SESSION_UPPER_LIMIT);

	for (size_t i = 0; i < SERIAL_PARAMS; i++) {
		enum session_param param = session_serial_params[i];
		bool large = session_values[param].value == VALUE_DIGITS;

		if (param != SESSION_UPPER_LIMIT && session_has(p, param))
			note_if(k, large != limit, SESSION_LARGE_SERIAL, param);
	}
	note_if(k, p->upper_limit > 6, SESSION_UPPER_LIMIT_RANGE, SESSION_UPPER_LIMIT);
}

static void check_cn_serials(const struct check *k)
{
	const struct session_pdu *p = k->p;
	bool allowed = session_counts(p->units);

	for (size_t i = 0; i < SERIAL_PARAMS; i++)
		if (session_has(p, session_serial_params[i]))
			note_if(k, session_serial_forbidden(session_serial_params[i], p->units,
			                                    allowed),
			        SESSION_INITIAL_FORBIDDEN, session_serial_params[i]);
	session_book_if(k->f, allowed && !(p->units & UNIT_ACTIVITY) && !session_has_initial(p),
	        SESSION_INITIAL_MISSING, p->at);
	check_large(k);
}

static void check_versions(const struct check *k)
{
	note_if(k, k->p->versions == 0, SESSION_VERSION_NONE, SESSION_VERSION);
}

static void check_units(const struct check *k)
{
	note_if(k, !(k->p->units & (UNIT_HALF_DUPLEX | UNIT_DUPLEX)), SESSION_UNITS_NONE,
	        SESSION_UNITS);
}

static bool check_cn_user(const struct check *k)
{
	const struct session_pdu *p = k->p;
	bool extended = session_has(p, SESSION_EXTENDED_USER_DATA);
	bool overflow = session_has(p, SESSION_DATA_OVERFLOW);
	size_t n = p->user_data.n;

	if (extended && session_has(p, SESSION_USER_DATA))
		return session_book(k->f, SESSION_USER_TWICE, k->at[SESSION_EXTENDED_USER_DATA]);
	note_if(k, !extended && n > SESSION_USER_DATA_CN, SESSION_USER_LONG, SESSION_USER_DATA);
	note_if(k, extended && n > SESSION_EXTENDED_CN, SESSION_USER_LONG,
	        SESSION_EXTENDED_USER_DATA);
	note_if(k, extended && n <= SESSION_USER_DATA_CN, SESSION_USER_SHORT,
	        SESSION_EXTENDED_USER_DATA);
	note_if(k, extended && p->versions & 1, SESSION_EXTENDED_V1, SESSION_EXTENDED_USER_DATA);
	note_if(k, overflow && p->versions & 1, SESSION_EXTENDED_V1, SESSION_DATA_OVERFLOW);
	note_if(k, overflow && !p->data_overflow, SESSION_OVERFLOW_BIT, SESSION_DATA_OVERFLOW);
	note_if(k, p->data_overflow && !(extended && n >= SESSION_EXTENDED_CN),
	        SESSION_OVERFLOW_SHORT, SESSION_DATA_OVERFLOW);
	return true;
}

static bool check_cn(const struct check *k)
{
	check_versions(k);
	check_units(k);
	note_if(k, session_has_setting(k->p->token_setting, session_available(k->p->units),
	                               PAIR_RESERVED),
	        SESSION_RESERVED_VALUE, SESSION_TOKEN_SETTING);
	check_cn_serials(k);
	return check_cn_user(k);
}

static bool check_oa(const struct check *k)
{
	note_if(k, k->p->versions != 2, SESSION_VERSION_OVERFLOW, SESSION_VERSION);
	return true;
}

/* 8.3.3.3, 8.3.3.4 */
static bool check_cdo(const struct check *k)
{
	const struct session_pdu *p = k->p;

	note_if(k, p->enclosure & ENCLOSURE_BEGIN, SESSION_ENCLOSURE_VALUE, SESSION_ENCLOSURE);
	session_book_if(k->f, !(p->enclosure & ENCLOSURE_END) && !session_has(p, SESSION_USER_DATA),
	        SESSION_USER_MISSING, p->at);
	return true;
}

static bool check_ac(const struct check *k)
{
	const struct session_pdu *p = k->p;
	const unsigned duplex = UNIT_HALF_DUPLEX | UNIT_DUPLEX;
	const unsigned minor = UNIT_MINOR | UNIT_SYMMETRIC;

	if (session_continues(p))
		return true;
	check_versions(k);
	check_units(k);
	note_if(k, (p->units & duplex) == duplex || (p->units & minor) == minor,
	        SESSION_UNITS_BOTH, SESSION_UNITS);
	check_large(k);
	return true;
}

static bool check_rf(const struct check *k)
{
	static const bool defined[256] = {
		[REFUSE_USER] = true, [REFUSE_USER_CONGESTION] = true, [REFUSE_USER_DATA] = true,
		[REFUSE_SELECTOR_UNKNOWN] = true, [REFUSE_USER_NOT_ATTACHED] = true,
		[REFUSE_CONGESTION] = true, [REFUSE_VERSION] = true, [REFUSE_PROVIDER] = true,
		[REFUSE_RESTRICTION] = true,
	};
	const struct session_pdu *p = k->p;
	bool by_user = session_has(p, SESSION_REASON) && p->reason == REFUSE_USER_DATA;

	if (session_continues(p))
		return true;
	check_versions(k);
	note_if(k, !defined[p->reason], SESSION_RESERVED_VALUE, SESSION_REASON);
	note_if(k, session_has(p, SESSION_USER_DATA) && !by_user, SESSION_REFUSE_USER,
	        SESSION_USER_DATA);
	note_if(k, session_has(p, SESSION_UNITS) && !by_user, SESSION_REFUSE_UNITS, SESSION_UNITS);
	return true;
}

static bool check_ab(const struct check *k)
{
	const struct session_pdu *p = k->p;
	uint8_t why = p->transport_disconnect;

	if (session_continues(p))
		return true;
	note_if(k, session_has(p, SESSION_USER_DATA) && !(why & TDISC_USER_ABORT),
	        SESSION_ABORT_USER, SESSION_USER_DATA);
	note_if(k, session_has(p, SESSION_REFLECT) && !(why & TDISC_PROTOCOL_ERROR),
	        SESSION_ABORT_REFLECT, SESSION_REFLECT);
	note_if(k, p->reflect.n > SESSION_REFLECT_AB, SESSION_LONG, SESSION_REFLECT);
	return true;
}

static bool check_gt(const struct check *k)
{
	const struct session_pdu *p = k->p;
	bool item = session_has(p, SESSION_TOKEN_ITEM);

	if (session_continues(p))
		return true;
	note_if(k, item && !p->token_item, SESSION_TOKEN_NONE, SESSION_TOKEN_ITEM);
	note_if(k, !item && session_has(p, SESSION_USER_DATA), SESSION_TOKEN_USER,
	        SESSION_USER_DATA);
	return true;
}

static bool check_mip(const struct check *k)
{
	note_if(k, session_has(k->p, SESSION_SYNC_TYPE) && !k->p->sync_type,
	        SESSION_SYNC_TYPE_ZERO, SESSION_SYNC_TYPE);
	return true;
}

/* 8.3.23.4, 8.3.23.5: one of the two, whatever is selected. */
static bool check_maa(const struct check *k)
{
	return session_has(k->p, SESSION_SERIAL) || session_has(k->p, SESSION_SECOND_SERIAL) ||
	       session_continues(k->p) || session_book(k->f, SESSION_MISSING, k->p->at);
}

static bool check_rs(const struct check *k)
{
	const struct session_pdu *p = k->p;

	note_if(k, session_has_setting(p->token_setting, 0xff, PAIR_RESERVED),
	        SESSION_RESERVED_VALUE, SESSION_TOKEN_SETTING);
	note_if(k, p->resync_type > RESYNC_SET, SESSION_RESERVED_VALUE, SESSION_RESYNC_TYPE);
	note_if(k, p->second_resync_type > RESYNC_SET, SESSION_RESERVED_VALUE,
	        SESSION_SECOND_RESYNC_TYPE);
	return true;
}

static bool check_pr(const struct check *k)
{
	const struct session_pdu *p = k->p;
	bool announces_rs = p->prepare_type == PREPARE_RS;

	note_if(k, p->prepare_type < PREPARE_MAA || p->prepare_type > PREPARE_AB,
	        SESSION_RESERVED_VALUE, SESSION_PREPARE_TYPE);
	note_if(k, session_has(p, SESSION_RESYNC_TYPE) && !announces_rs, SESSION_PREPARE_RESYNC,
	        SESSION_RESYNC_TYPE);
	note_if(k, session_has(p, SESSION_SECOND_RESYNC_TYPE) && !announces_rs,
	        SESSION_PREPARE_RESYNC, SESSION_SECOND_RESYNC_TYPE);
	return check_rs(k);
}

/* 8.3.28.4, 8.3.31.4, 8.3.33.4 */
static bool check_reason(const struct check *k)
{
	static const bool defined[256] = {
		[EXCEPTION_NO_REASON] = true, [EXCEPTION_TEMPORARY] = true,
		[EXCEPTION_SEQUENCE] = true, [EXCEPTION_LOCAL_USER] = true,
		[EXCEPTION_PROCEDURAL] = true, [EXCEPTION_DEMAND_DATA_TOKEN] = true,
	};

	note_if(k, !defined[k->p->reason], SESSION_RESERVED_VALUE, SESSION_REASON);
	return true;
}

static bool (*const checks[SESSION_SPDUS])(const struct check *) = {
	[SPDU_CN] = check_cn, [SPDU_OA] = check_oa, [SPDU_CDO] = check_cdo, [SPDU_AC] = check_ac,
	[SPDU_RF] = check_rf, [SPDU_AB] = check_ab, [SPDU_GT] = check_gt, [SPDU_PT] = check_gt,
	[SPDU_MIP] = check_mip, [SPDU_MAA_AEA] = check_maa, [SPDU_RS] = check_rs,
	[SPDU_RA] = check_rs, [SPDU_PR] = check_pr, [SPDU_ED] = check_reason,
	[SPDU_AI] = check_reason, [SPDU_AD] = check_reason,
};

/* 8.4.2: a later segment has nothing but its Enclosure Item and user data. */
static void check_later_segment(const struct check *k)
{
	for (unsigned i = 0; i < SESSION_PARAMS; i++)
		note_if(k, session_has(k->p, i) && i != SESSION_ENCLOSURE && i != SESSION_USER_DATA,
		        SESSION_SEGMENT_PARAMETER, i);
}

/* 8.3.4.18 and its like; the first of several segments is never the last. */
static void check_segment(const struct check *k)
{
	const struct session_pdu *p = k->p;
	bool user = session_has(p, SESSION_USER_DATA);

	if (!session_has(p, SESSION_ENCLOSURE) || p->kind == SPDU_CDO ||
	    session_layouts[p->kind].information)
		return;
	if (session_continues(p))
		check_later_segment(k);
	else
		note_if(k, p->enclosure & ENCLOSURE_END, SESSION_ENCLOSURE_VALUE,
		        SESSION_ENCLOSURE);
	session_book_if(k->f, !(p->enclosure & ENCLOSURE_END) && !user, SESSION_USER_MISSING,
	                p->at);
}

bool session_check_pdu(const struct session_pdu *p, const uint32_t at[SESSION_PARAMS],
                       struct findings *f)
{
	struct check k = { p, at, f };

	check_segment(&k);
	return !checks[p->kind] || checks[p->kind](&k);
}

/* 8.3.11.4, 8.3.12, 8.3.13.4 */
void session_check_information(const struct session_pdu *p, struct findings *f)
{
	bool last = session_has(p, SESSION_ENCLOSURE) && p->enclosure & ENCLOSURE_END;

	if (p->kind == SPDU_DT || p->kind == SPDU_TD)
		session_book_if(f, !last && !session_has(p, SESSION_USER_DATA),
		                SESSION_USER_MISSING,
		        p->at);
	else if (p->kind == SPDU_EX)
		session_book_if(f, p->user_data.n > SESSION_USER_DATA_EX, SESSION_USER_LONG,
		                p->user_at);
}
