/*
 * SPDUs against what was agreed: version, functional units, segmenting.
 */
#include "session/session_layout.h"

/* Annex D */
static void check_version_1(const struct session_pdu *p, struct findings *f)
{
	static const bool no_user[SESSION_SPDUS] = {
		[SPDU_GT] = true, [SPDU_GTC] = true, [SPDU_AI] = true, [SPDU_AIA] = true,
		[SPDU_AD] = true, [SPDU_ADA] = true,
	};
	bool information = session_layouts[p->kind].information;
	bool user = session_has(p, SESSION_USER_DATA) && !information;
	size_t n = p->user_data.n;

	if (p->kind == SPDU_OA || p->kind == SPDU_CDO) {
		session_book(f, SESSION_V1_OVERFLOW, p->at);
		return;
	}
	session_book_if(f, session_has(p, SESSION_ENCLOSURE) && !information, SESSION_V1_ENCLOSURE,
	                p->at);
	if (no_user[p->kind])
		session_book_if(f, user, SESSION_V1_USER, p->user_at);
	else if (p->kind == SPDU_AB)
		session_book_if(f, user && n > SESSION_USER_DATA_AB_V1, SESSION_V1_ABORT_LONG,
		                p->user_at);
	else if (p->kind != SPDU_CN)
		session_book_if(f, user && n > SESSION_USER_DATA_V1, SESSION_V1_USER_LONG,
		                p->user_at);
}

/* 8.3.4.10 to 8.3.4.12, with the selected functional units */
static void check_accepted(const struct session_pdu *p, uint16_t units, struct findings *f)
{
	bool wanted = session_counts(units) && !(units & UNIT_ACTIVITY);
	bool second = session_has(p, SESSION_SECOND_INITIAL_SERIAL) ||
	              session_has(p, SESSION_LARGE_SECOND_INITIAL);
	bool forbidden = false;

	if (session_continues(p))
		return;
	for (size_t i = 0; i < SERIAL_PARAMS; i++)
		if (session_has(p, session_serial_params[i]) &&
		    session_serial_forbidden(session_serial_params[i], units, wanted))
			forbidden = true;
	session_book_if(f, forbidden, SESSION_INITIAL_FORBIDDEN, p->at);
	session_book_if(f, wanted && (!session_has_initial(p) ||
	                           (units & UNIT_SYMMETRIC && !second)),
	        SESSION_INITIAL_MISSING, p->at);
	session_book_if(f, session_has_setting(p->token_setting, session_available(units),
	                                       PAIR_CHOICE),
	        SESSION_TOKEN_CHOICE, p->at);
	session_book_if(f, session_has_setting(p->token_setting, session_available(units),
	                                       PAIR_RESERVED),
	        SESSION_RESERVED_VALUE, p->at);
}

/* 8.3.23.4, 8.3.24.5, 8.3.24.6, 8.3.25.6 */
static bool lacks_serial(const struct session_pdu *p)
{
	bool serial = session_has(p, SESSION_SERIAL);

	if (session_continues(p))
		return false;
	if (p->kind == SPDU_RS)
		return !serial || !session_has(p, SESSION_RESYNC_TYPE);
	return (p->kind == SPDU_MAA_AEA || p->kind == SPDU_RA) && !serial;
}

static bool check_symmetric(const struct session_pdu *p, bool selected, struct findings *f)
{
	bool resync = p->kind == SPDU_RA || p->kind == SPDU_PR;

	if (selected) {
		session_book_if(f, p->kind == SPDU_MAA_AEA && session_has(p, SESSION_SERIAL),
		        SESSION_AGREED_SYMMETRIC, p->at);
		return true;
	}
	session_book_if(f, session_has(p, SESSION_SECOND_SERIAL) ||
	        session_has(p, SESSION_SECOND_RESYNC_TYPE) ||
	        (resync && session_has(p, SESSION_RESYNC_TYPE)), SESSION_AGREED_SYMMETRIC, p->at);
	return !lacks_serial(p) || session_book(f, SESSION_AGREED_SERIAL, p->at);
}

static bool check_agreed(const struct session_pdu *p, const struct session_terms *terms,
                         struct findings *f)
{
	uint8_t tokens = session_available(terms->units);

	if (terms->version == 1)
		check_version_1(p, f);
	if (p->kind == SPDU_AC)
		check_accepted(p, terms->units, f);
	if (p->kind == SPDU_DT || p->kind == SPDU_TD)
		session_book_if(f, session_has(p, SESSION_ENCLOSURE) != terms->segmented,
		        SESSION_AGREED_SEGMENTS, p->at);
	if (session_layouts[p->kind].category == 0 && session_has(p, SESSION_TOKEN_ITEM))
		session_book_if(f, p->token_item & ~tokens || !(p->token_item & tokens),
		        SESSION_AGREED_TOKENS, p->at);
	return check_symmetric(p, terms->units & UNIT_SYMMETRIC, f);
}

bool session_check(const struct session_tsdu *t, const struct session_terms *terms,
                   struct findings *f)
{
	for (size_t i = 0; i < t->n; i++)
		if (!check_agreed(&t->pdu[i], terms, f))
			return false;
	if (!terms->extended && (t->n > 2 || session_is_extended_pair(t)))
		session_book(f, SESSION_AGREED_EXTENDED, t->pdu[1].at);
	return true;
}
