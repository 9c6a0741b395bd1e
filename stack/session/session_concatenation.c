/*
 * TSDUs of several SPDUs: which may stand together, in which order.
 */
#include "session/session_layout.h"

/* Table 7; AR: Table 8, and Table 7 of X.225 (11/88). */
enum session_spdu session_prefix(enum session_spdu second)
{
	switch (second) {
	case SPDU_MIA: case SPDU_MAA: case SPDU_RA: case SPDU_ADA: case SPDU_AIA:
	case SPDU_AEA: case SPDU_MAA_AEA: case SPDU_CDA: case SPDU_ER: case SPDU_ED:
		return SPDU_PT;
	default:
		return session_spdu_category(second) == 2 ? SPDU_GT : SPDU_NONE;
	}
}

/* 6.3.7.1: a) before b) before c) before d). */
static unsigned rank(enum session_spdu kind)
{
	switch (kind) {
	case SPDU_AS: case SPDU_AR:
		return 0;
	case SPDU_DT:
		return 1;
	case SPDU_GT: case SPDU_PT:
		return 3;
	default:
		return 2;
	}
}

void session_order(const struct session_tsdu *t, uint8_t order[SESSION_SPDUS_MAX])
{
	for (uint8_t i = 0; i < t->n; i++) {
		unsigned own = rank(t->pdu[i].kind);
		uint8_t at = i;

		for (; at > 0 && rank(t->pdu[order[at - 1]].kind) > own; at--)
			order[at] = order[at - 1];
		order[at] = i;
	}
}

/* Table 8, behind the GT. */
struct sequence {
	uint8_t kinds[3];
	bool no_token;		/* note a) */
	uint8_t status;		/* what DT may hold */
};

enum { STATUS_NONE, STATUS_CL, STATUS_CF, STATUS_C };

static const struct sequence sequences[] = {
	{ { SPDU_AS, SPDU_MIP }, false, STATUS_NONE },
	{ { SPDU_AR, SPDU_MIP }, false, STATUS_NONE },
	{ { SPDU_AS, SPDU_AE }, true, STATUS_NONE },
	{ { SPDU_AR, SPDU_AE }, true, STATUS_NONE },
	{ { SPDU_AS, SPDU_MAP }, true, STATUS_NONE },
	{ { SPDU_AR, SPDU_MAP }, true, STATUS_NONE },
	{ { SPDU_MIP, SPDU_DT }, false, STATUS_CL },
	{ { SPDU_MIA, SPDU_DT }, false, STATUS_CL },
	{ { SPDU_MAP, SPDU_DT }, false, STATUS_CL },
	{ { SPDU_MAA_AEA, SPDU_DT }, false, STATUS_CL },
	{ { SPDU_AS, SPDU_DT }, false, STATUS_CF },
	{ { SPDU_AR, SPDU_DT }, false, STATUS_CF },
	{ { SPDU_AE, SPDU_DT }, false, STATUS_CL },
	{ { SPDU_AS, SPDU_MIP, SPDU_DT }, false, STATUS_C },
	{ { SPDU_AR, SPDU_MIP, SPDU_DT }, false, STATUS_C },
	{ { SPDU_AS, SPDU_AE, SPDU_DT }, true, STATUS_C },
	{ { SPDU_AR, SPDU_AE, SPDU_DT }, true, STATUS_C },
	{ { SPDU_AS, SPDU_MAP, SPDU_DT }, true, STATUS_C },
	{ { SPDU_AR, SPDU_MAP, SPDU_DT }, true, STATUS_C },
};

static const struct sequence *find_sequence(const struct session_tsdu *t)
{
	for (size_t i = 0; i < sizeof sequences / sizeof sequences[0]; i++) {
		const uint8_t *kinds = sequences[i].kinds;

		if (t->pdu[0].kind == SPDU_GT && t->pdu[1].kind == kinds[0] &&
		    t->pdu[2].kind == kinds[1] && (t->n > 3 ? t->pdu[3].kind :
		                                   SPDU_NONE) == kinds[2])
			return &sequences[i];
	}
	return NULL;
}

static bool check_extended(const struct session_tsdu *t, struct findings *f)
{
	const struct sequence *s = find_sequence(t);
	const struct session_pdu *last = &t->pdu[t->n - 1];
	bool token = session_has(&t->pdu[0], SESSION_TOKEN_ITEM);
	bool begin = last->enclosure & ENCLOSURE_BEGIN;
	bool end = last->enclosure & ENCLOSURE_END;

	if (!s)
		return session_book(f, SESSION_SEQUENCE, t->pdu[2].at);
	session_book_if(f, s->no_token && token, SESSION_PREFIX_TOKEN, 0);
	session_book_if(f, (s->status == STATUS_CL && !end) || (s->status == STATUS_CF && !begin) ||
	        (s->status == STATUS_C && !(begin && end)), SESSION_SEQUENCE_SEGMENT, last->at);
	session_book_if(f, s->status == STATUS_CF && begin && !end && token, SESSION_PREFIX_SEGMENT,
	                0);
	return true;
}

bool session_is_extended_pair(const struct session_tsdu *t)
{
	return t->n == 2 && t->pdu[0].kind == SPDU_GT &&
	       (t->pdu[1].kind == SPDU_MIA || t->pdu[1].kind == SPDU_MAA_AEA);
}

/* Table 7 */
static void check_basic(const struct session_tsdu *t, struct findings *f)
{
	const struct session_pdu *first = &t->pdu[0], *second = &t->pdu[1];
	bool token = session_has(first, SESSION_TOKEN_ITEM);

	if (first->kind != session_prefix(second->kind) && !session_is_extended_pair(t))
		session_book(f, second->kind == SPDU_AR ? SESSION_PREFIX_RESUME : SESSION_PREFIX,
		             0);
	session_book_if(f, token && (second->kind == SPDU_RS || second->kind == SPDU_AD ||
	                     second->kind == SPDU_AI || second->kind == SPDU_CD),
	        SESSION_PREFIX_TOKEN, 0);
	session_book_if(f, token && !(second->enclosure & ENCLOSURE_END) &&
	        session_has(second, SESSION_ENCLOSURE), SESSION_PREFIX_SEGMENT, 0);
	session_book_if(f, session_has(first, SESSION_USER_DATA), SESSION_PREFIX_USER,
	                first->user_at);
}

bool session_check_concatenation(const struct session_tsdu *t, struct findings *f)
{
	const struct session_pdu *p = &t->pdu[0];

	if (t->n > 2)
		return check_extended(t, f);
	if (t->n == 2)
		check_basic(t, f);
	else
		session_book_if(f, session_layouts[p->kind].category == 0 &&
		                !session_continues(p) &&
		        !session_has(p, SESSION_TOKEN_ITEM), SESSION_TOKEN_ITEM_MISSING, p->at);
	return true;
}
