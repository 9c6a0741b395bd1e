/*
 * One SPDU that has come in: segments are joined, then it becomes an event of
 * Table A.1, and the tables say what comes of it.
 */
#include "session_glue.h"

/* An error: of the peer (A.4.3.2 a, A.4.1.2 a) or of ours. */
void session_fail(struct session *s, struct turn *t, enum session_rule rule, size_t octet,
                  uint8_t abort)
{
	struct session_cause cause = session_cause(SESSION_EV_NONE);
	struct session_step step = session_invalid(&s->vars);

	cause.abort = abort;
	session_note(t, rule, octet);
	if (step.verdict != SESSION_IMPOSSIBLE)
		session_perform(s, t, &step, &cause);
	session_let_go(t, &s->tsdu);
	s->rx = SESSION_RX_SKIP;
}

enum session_rule session_why_not(const struct gather *g, size_t more)
{
	return more > g->max - g->n ? SESSION_TOO_LARGE : SESSION_MEMORY;
}

/* 8.3.4.18: an SPDU without Enclosure Item is a whole SSDU. */
static uint8_t enclosure(const struct session_pdu *p)
{
	return session_has(p, SESSION_ENCLOSURE) ? p->enclosure : ENCLOSURE_BEGIN | ENCLOSURE_END;
}

/* ---- SPDU -> event ---- */

static const uint8_t spdu_events[SESSION_SPDUS] = {
	[SPDU_CN] = SESSION_EV_CN, [SPDU_OA] = SESSION_EV_OA, [SPDU_CDO] = SESSION_EV_CDO,
	[SPDU_AC] = SESSION_EV_AC, [SPDU_RF] = SESSION_EV_RF_nr, [SPDU_FN] = SESSION_EV_FN_nr,
	[SPDU_DN] = SESSION_EV_DN, [SPDU_NF] = SESSION_EV_NF, [SPDU_AB] = SESSION_EV_AB_nr,
	[SPDU_AA] = SESSION_EV_AA, [SPDU_DT] = SESSION_EV_DT, [SPDU_TD] = SESSION_EV_TD,
	[SPDU_CD] = SESSION_EV_CD, [SPDU_CDA] = SESSION_EV_CDA, [SPDU_GT] = SESSION_EV_GT,
	[SPDU_PT] = SESSION_EV_PT, [SPDU_GTC] = SESSION_EV_GTC, [SPDU_GTA] = SESSION_EV_GTA,
	[SPDU_MIP] = SESSION_EV_MIP, [SPDU_MIA] = SESSION_EV_MIA, [SPDU_MAP] = SESSION_EV_MAP,
	[SPDU_RS] = SESSION_EV_RS_r, [SPDU_RA] = SESSION_EV_RA, [SPDU_ER] = SESSION_EV_ER,
	[SPDU_ED] = SESSION_EV_ED, [SPDU_AS] = SESSION_EV_AS, [SPDU_AR] = SESSION_EV_AR,
	[SPDU_AI] = SESSION_EV_AI, [SPDU_AIA] = SESSION_EV_AIA, [SPDU_AD] = SESSION_EV_AD,
	[SPDU_ADA] = SESSION_EV_ADA, [SPDU_AE] = SESSION_EV_AE,
	[SPDU_MAA_AEA] = SESSION_EV_MAA_AEA,
};

enum session_event session_event_of(const struct session_pdu *p)
{
	bool keep = !(p->transport_disconnect & TDISC_RELEASE);

	switch (p->kind) {
	case SPDU_RF:
		return keep ? SESSION_EV_RF_r : SESSION_EV_RF_nr;
	case SPDU_FN:
		return keep ? SESSION_EV_FN_r : SESSION_EV_FN_nr;
	case SPDU_AB:
		return keep ? SESSION_EV_AB_r : SESSION_EV_AB_nr;
	case SPDU_MIP:
		return p->sync_type & SYNC_DATA_SEPARATION ? SESSION_EV_MIP_d : SESSION_EV_MIP;
	case SPDU_RS:
		return p->resync_type == RESYNC_ABANDON ? SESSION_EV_RS_a :
		       p->resync_type == RESYNC_SET ? SESSION_EV_RS_s : SESSION_EV_RS_r;
	default:
		return spdu_events[p->kind];
	}
}

struct session_arg session_arg_of(const struct session_pdu *p)
{
	return (struct session_arg){
		.serial = p->kind == SPDU_AC ? p->initial_serial : p->serial,
		.units = p->kind == SPDU_AC ? p->units : 0,
		.tokens = p->token_item, .setting = p->token_setting,
		.end = enclosure(p) & ENCLOSURE_END,
		.overflow = p->data_overflow,
		.user_abort = p->transport_disconnect & TDISC_USER_ABORT,
	};
}

static void spdu_cause(const struct session *s, const struct session_pdu *p, uint64_t offset,
                       struct session_cause *cause)
{
	bool abort = p->kind == SPDU_AB && p->transport_disconnect & TDISC_RELEASE;

	*cause = session_cause(session_event_of(p));
	cause->pdu = p;
	cause->offset = offset;
	cause->arg = session_arg_of(p);
	cause->arg.choice = abort ? s->config->answer_abort : s->config->reuse;
}

/* ---- segments (7.37.3) ---- */

static bool join(struct session *s, struct turn *t, struct octets o)
{
	if (gather_add(&s->ssdu, t->pool, o))
		return true;
	session_fail(s, t, session_why_not(&s->ssdu, o.n), 0, TDISC_RESTRICTION);
	return false;
}

/* The first segment has the parameters: its TSDU is kept whole. */
static bool join_first(struct session *s, struct turn *t, const struct session_pdu *p,
                       struct octets tsdu)
{
	s->ssdu_head = (uint32_t)tsdu.n;
	s->joining = (uint8_t)p->kind;
	return join(s, t, tsdu) && join(s, t, p->user_data);
}

/* What was joined, as one SPDU. */
static bool joined(struct session *s, struct turn *t, struct session_pdu *out)
{
	struct octets all = { s->ssdu.p, s->ssdu.n };
	struct octets head = { all.p, s->ssdu_head };
	struct findings again = { .n = 0 };
	struct session_tsdu tsdu;

	if (!session_keep(t, &s->ssdu)) {
		session_fail(s, t, SESSION_MEMORY, 0, TDISC_RESTRICTION);
		return false;
	}
	session_pdu_init(out, s->joining);
	session_decode_tsdu(head, &tsdu, &again);
	for (size_t i = 0; i < tsdu.n; i++)
		if (tsdu.pdu[i].kind == s->joining)
			*out = tsdu.pdu[i];
	out->user_data = (struct octets){ all.p + head.n, all.n - head.n };
	out->enclosure = ENCLOSURE_BEGIN | ENCLOSURE_END;
	s->joining = SPDU_NONE;
	return true;
}

enum segment {
	SEGMENT_WHOLE,			/* an SSDU in one SPDU */
	SEGMENT_JOINED,			/* the last segment: the SSDU is complete */
	SEGMENT_PART,			/* more is to come */
	SEGMENT_BAD,			/* failed */
};

/* 8.4.2: a later segment of a MAP looks like an AE. */
static bool continues(const struct session *s, const struct session_pdu *p)
{
	return s->joining == p->kind || (s->joining == SPDU_MAP && p->kind == SPDU_AE);
}

bool session_whole_spdu(const struct session_pdu *p)
{
	return enclosure(p) == (ENCLOSURE_BEGIN | ENCLOSURE_END);
}

/* 7.37.3 b): what ends a sequence of segments. */
static void interrupted(struct session *s, struct turn *t, const struct session_pdu *p)
{
	if (s->joining == SPDU_NONE || p->kind != SPDU_AB || s->joining == SPDU_AB)
		return;
	session_let_go(t, &s->ssdu);
	s->joining = SPDU_NONE;
}

static enum segment segment(struct session *s, struct turn *t, const struct session_pdu *p,
                            struct octets tsdu, struct session_pdu *joint)
{
	bool first = enclosure(p) & ENCLOSURE_BEGIN;

	interrupted(s, t, p);
	if (first != (s->joining == SPDU_NONE) || (!first && !continues(s, p))) {
		session_fail(s, t, SESSION_SEGMENTS, p->at, TDISC_PROTOCOL_ERROR);
		return SEGMENT_BAD;
	}
	if (first && session_whole_spdu(p))
		return SEGMENT_WHOLE;
	if (first)
		return join_first(s, t, p, tsdu) ? SEGMENT_PART : SEGMENT_BAD;
	if (!join(s, t, p->user_data))
		return SEGMENT_BAD;
	if (!(enclosure(p) & ENCLOSURE_END))
		return SEGMENT_PART;
	return joined(s, t, joint) ? SEGMENT_JOINED : SEGMENT_BAD;
}

/* Where no SSDU is being received each SPDU counts for itself. */
static bool joins(const struct session *s, const struct session_pdu *p)
{
	switch (s->vars.state) {
	case SESSION_STA01A:
	case SESSION_STA01C:
	case SESSION_STA01D:
	case SESSION_STA16:
		return false;
	default:
		return p->kind != SPDU_CN && p->kind != SPDU_CDO;
	}
}

/* 7.11.3: what may come amid the segments of a data SSDU, and what ends it. */
static bool amid_data(struct session *s, const struct session_pdu *p)
{
	static const bool ends[SESSION_SPDUS] = {
		[SPDU_RS] = true, [SPDU_ER] = true, [SPDU_ED] = true, [SPDU_AI] = true,
		[SPDU_AD] = true, [SPDU_AB] = true,
	};

	if (s->open == SPDU_NONE)
		return true;
	if (ends[p->kind])
		s->open = SPDU_NONE;
	return ends[p->kind];
}

/* The rules that depend on what was agreed. */
bool session_check_terms(const struct session *s, const struct session_tsdu *tsdu,
                         struct findings *f)
{
	struct session_terms terms = {
		.units = s->units, .version = s->versions, .segmented = s->tsdu_size,
	};

	return session_check(tsdu, &terms, f);
}

/* ---- connection establishment ---- */

/* [50]: the CN and the user data so far are kept for the S-CONNECT indication. */
static bool preserve(struct session *s, struct turn *t, const struct session_pdu *cn,
                     struct octets tsdu)
{
	s->ssdu_head = (uint32_t)tsdu.n;
	if (gather_add(&s->ssdu, t->pool, tsdu) && gather_add(&s->ssdu, t->pool, cn->user_data))
		return true;
	session_let_go(t, &s->ssdu);
	return false;
}

static void connect_cause(struct session *s, struct turn *t, struct session_cause *cause,
                          struct octets tsdu)
{
	int refuse;

	if (s->vars.state != SESSION_STA01C || !s->vars.Vtca)
		return;
	refuse = session_examine_cn(s, cause->pdu);
	if (refuse < 0 && cause->pdu->data_overflow && !preserve(s, t, cause->pdu, tsdu))
		refuse = REFUSE_RESTRICTION;
	cause->arg.refuse = refuse >= 0;
	cause->refuse = (uint8_t)refuse;
}

/* A CDO in STA01D; the last one brings the whole S-CONNECT indication. */
static bool overflow_cause(struct session *s, struct turn *t, struct session_cause *cause,
                           struct session_pdu *cn)
{
	if (s->vars.state != SESSION_STA01D)
		return true;
	if (!join(s, t, cause->pdu->user_data))
		return false;
	if (!cause->arg.end)
		return true;
	s->joining = SPDU_CN;
	if (!joined(s, t, cn))
		return false;
	cause->pdu = cn;
	return true;
}

static bool accept_cause(struct session *s, struct turn *t, struct session_cause *cause)
{
	struct session_tsdu ac = { .n = 1 };

	if (s->vars.state != SESSION_STA02A)
		return true;
	if (!session_accepted(s, cause->pdu, &cause->arg)) {
		session_fail(s, t, SESSION_NOTHING_COMMON, cause->pdu->at, TDISC_PROTOCOL_ERROR);
		return false;
	}
	ac.pdu[0] = *cause->pdu;
	session_check_terms(s, &ac, t->findings);	/* an AC breaks none that is fatal */
	return true;
}

/* ---- one SPDU ---- */

/* False: the SPDU was in the wrong place. */
static bool follow(struct session *s, struct turn *t, const struct session_step *step,
                   const struct session_cause *cause)
{
	if (step->verdict == SESSION_VALID) {
		session_perform(s, t, step, cause);
		return true;
	}
	session_fail(s, t, SESSION_UNEXPECTED, cause->pdu->at, TDISC_PROTOCOL_ERROR);
	return false;
}

static bool take(struct session *s, struct turn *t, const struct session_cause *cause)
{
	struct session_step step = session_step(&s->vars, cause->event, &cause->arg);

	return follow(s, t, &step, cause);
}

/* X.225 7.4.1 c), Table A.1 note 1: the Token Item of an AC is a PT. */
static bool take_tokens_asked(struct session *s, struct turn *t, const struct session_pdu *ac)
{
	struct session_pdu pt;
	struct session_cause cause;

	if (!session_has(ac, SESSION_TOKEN_ITEM) || s->vars.state != SESSION_STA713)
		return true;
	session_pdu_init(&pt, SPDU_PT);
	pt.token_item = ac->token_item;
	pt.at = ac->at;
	spdu_cause(s, &pt, s->tsdu_offset, &cause);
	return take(s, t, &cause);
}

static uint64_t offset_of(const struct session *s, const struct session_pdu *p)
{
	return s->tsdu_offset + p->user_at;
}

/* ---- user information of DT and TD ---- */

void session_deliver(struct session *s, struct turn *t, const struct session_piece *piece)
{
	struct service *out;

	if (s->stream == SPDU_NONE || (piece->octets.n == 0 && !piece->last))
		return;
	out = turn_service(t);
	out->data = piece->octets;
	out->offset = piece->offset;
	out->first = !s->begun && s->enclosure & ENCLOSURE_BEGIN;
	out->last = piece->last && s->enclosure & ENCLOSURE_END;
	s->begun = true;
	turn_emit(t, LAYER_SESSION, s->stream == SPDU_DT ? SERVICE_DATA : SERVICE_TYPED_DATA,
	          INDICATION, out);
}

/* 7.11.3: the segments of one SSDU, one after the other. */
static bool in_sequence(const struct session *s, const struct session_pdu *p)
{
	if (enclosure(p) & ENCLOSURE_BEGIN)
		return s->open == SPDU_NONE && s->joining == SPDU_NONE;
	return s->open == p->kind;
}

/* Steps the table for a DT or TD; s->stream says whether its octets go up. */
bool session_begin_data(struct session *s, struct turn *t, const struct session_pdu *p)
{
	struct session_cause cause;
	struct session_step step;
	bool up;

	spdu_cause(s, p, 0, &cause);
	step = session_step(&s->vars, cause.event, &cause.arg);
	up = session_step_has(&step, SESSION_EV_SDTind) ||
	     session_step_has(&step, SESSION_EV_STDind);
	if (up && !in_sequence(s, p)) {
		session_fail(s, t, SESSION_SEGMENTS, p->at, TDISC_PROTOCOL_ERROR);
		return false;
	}
	if (!follow(s, t, &step, &cause))
		return false;
	s->enclosure = enclosure(p);
	s->stream = up ? (uint8_t)p->kind : SPDU_NONE;
	if (enclosure(p) & ENCLOSURE_BEGIN)
		s->begun = false;
	return true;
}

void session_end_data(struct session *s)
{
	if (s->stream != SPDU_NONE)
		s->open = s->enclosure & ENCLOSURE_END ? SPDU_NONE : s->stream;
	s->stream = SPDU_NONE;
}

/* A DT that did not stream: behind other SPDUs, or with a long header. */
static bool take_data(struct session *s, struct turn *t, const struct session_pdu *p)
{
	struct session_piece piece = { p->user_data, offset_of(s, p), true };

	if (!session_begin_data(s, t, p))
		return false;
	session_deliver(s, t, &piece);
	session_end_data(s);
	return true;
}

/* An SSDU that is complete. */
static bool take_whole(struct session *s, struct turn *t, const struct session_pdu *p,
                       struct octets tsdu)
{
	struct session_cause cause;
	struct session_pdu cn;

	spdu_cause(s, p, offset_of(s, p), &cause);
	if (p->kind == SPDU_CN)
		connect_cause(s, t, &cause, tsdu);
	if (p->kind == SPDU_CDO && !overflow_cause(s, t, &cause, &cn))
		return false;
	if (p->kind == SPDU_AC && !accept_cause(s, t, &cause))
		return false;
	return take(s, t, &cause) &&
	       (p->kind != SPDU_AC || take_tokens_asked(s, t, p));
}

/* False: nothing more of this TSDU is to be taken. */
bool session_take_spdu(struct session *s, struct turn *t, const struct session_pdu *p,
                       struct octets tsdu)
{
	struct session_pdu joint;

	turn_pdu(t, LAYER_SESSION, EVENT_PDU_IN, (uint8_t)p->kind, tsdu, s->tsdu_offset, NULL);
	if (spdu_events[p->kind] == SESSION_EV_NONE) {	/* EX, PR: TEXP is false */
		session_fail(s, t, SESSION_EXPEDITED, p->at, TDISC_PROTOCOL_ERROR);
		return false;
	}
	if (p->kind == SPDU_DT || p->kind == SPDU_TD)
		return take_data(s, t, p);
	if (!joins(s, p))
		return take_whole(s, t, p, tsdu);
	if (!amid_data(s, p)) {
		session_fail(s, t, SESSION_SEGMENTS, p->at, TDISC_PROTOCOL_ERROR);
		return false;
	}
	switch (segment(s, t, p, tsdu, &joint)) {
	case SEGMENT_WHOLE:
		return take_whole(s, t, p, tsdu);
	case SEGMENT_JOINED:
		return take_whole(s, t, &joint, tsdu);
	case SEGMENT_PART:
		return true;
	default:
		return false;
	}
}
