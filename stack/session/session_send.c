/*
 * SPDUs on their way out: struct service -> struct session_pdu -> T-DATA.
 */
#include "session_glue.h"

enum serial_source {
	SERIAL_NONE,
	SERIAL_NEXT,			/* V(M) */
	SERIAL_LAST,			/* V(M) - 1 */
	SERIAL_USER,
};

#define HAS(param) (1u << SESSION_##param)

/* SPDUs that a request or response becomes one to one.  User data are always
 * allowed here but for GTA and AA. */
static const struct form {
	uint8_t spdu, serial;
	uint32_t has;
} forms[SESSION_EVENTS] = {
	[SESSION_EV_AA] = { SPDU_AA, SERIAL_NONE, 0 },
	[SESSION_EV_AD] = { SPDU_AD, SERIAL_NONE, HAS(REASON) },
	[SESSION_EV_ADA] = { SPDU_ADA, SERIAL_NONE, 0 },
	[SESSION_EV_AE] = { SPDU_AE, SERIAL_NEXT, HAS(SERIAL) },
	[SESSION_EV_AEA] = { SPDU_AEA, SERIAL_LAST, HAS(SERIAL) },
	[SESSION_EV_AI] = { SPDU_AI, SERIAL_NONE, HAS(REASON) },
	[SESSION_EV_AIA] = { SPDU_AIA, SERIAL_NONE, 0 },
	[SESSION_EV_AR] = { SPDU_AR, SERIAL_USER, HAS(SERIAL) | HAS(ACTIVITY) | HAS(OLD_ACTIVITY) },
	[SESSION_EV_AS] = { SPDU_AS, SERIAL_NONE, HAS(ACTIVITY) },
	[SESSION_EV_CD] = { SPDU_CD, SERIAL_NONE, 0 },
	[SESSION_EV_CDA] = { SPDU_CDA, SERIAL_NONE, 0 },
	[SESSION_EV_DN] = { SPDU_DN, SERIAL_NONE, 0 },
	[SESSION_EV_DT] = { SPDU_DT, SERIAL_NONE, 0 },
	[SESSION_EV_ED] = { SPDU_ED, SERIAL_NONE, HAS(REASON) },
	[SESSION_EV_FN_nr] = { SPDU_FN, SERIAL_NONE, HAS(TRANSPORT_DISCONNECT) },
	[SESSION_EV_FN_r] = { SPDU_FN, SERIAL_NONE, HAS(TRANSPORT_DISCONNECT) },
	[SESSION_EV_GT] = { SPDU_GT, SERIAL_NONE, HAS(TOKEN_ITEM) },
	[SESSION_EV_GTA] = { SPDU_GTA, SERIAL_NONE, 0 },
	[SESSION_EV_GTC] = { SPDU_GTC, SERIAL_NONE, 0 },
	[SESSION_EV_MAA] = { SPDU_MAA, SERIAL_LAST, HAS(SERIAL) },
	[SESSION_EV_MAP] = { SPDU_MAP, SERIAL_NEXT, HAS(SERIAL) | HAS(SYNC_TYPE) },
	[SESSION_EV_MIA] = { SPDU_MIA, SERIAL_USER, HAS(SERIAL) },
	[SESSION_EV_MIP] = { SPDU_MIP, SERIAL_NEXT, HAS(SERIAL) },
	[SESSION_EV_NF] = { SPDU_NF, SERIAL_NONE, 0 },
	[SESSION_EV_PT] = { SPDU_PT, SERIAL_NONE, HAS(TOKEN_ITEM) },
	[SESSION_EV_RA] = { SPDU_RA, SERIAL_USER, HAS(SERIAL) | HAS(TOKEN_SETTING) },
	[SESSION_EV_RS_a] = { SPDU_RS, SERIAL_NEXT,
	                      HAS(SERIAL) | HAS(TOKEN_SETTING) | HAS(RESYNC_TYPE) },
	[SESSION_EV_RS_r] = { SPDU_RS, SERIAL_USER,
	                      HAS(SERIAL) | HAS(TOKEN_SETTING) | HAS(RESYNC_TYPE) },
	[SESSION_EV_RS_s] = { SPDU_RS, SERIAL_USER,
	                      HAS(SERIAL) | HAS(TOKEN_SETTING) | HAS(RESYNC_TYPE) },
	[SESSION_EV_TD] = { SPDU_TD, SERIAL_NONE, 0 },
};

static uint32_t serial_of(const struct session *s, const struct form *f,
                          const struct session_cause *cause)
{
	switch (f->serial) {
	case SERIAL_NEXT:
		return (uint32_t)s->vars.Vm;
	case SERIAL_LAST:
		return (uint32_t)(s->vars.Vm - 1);
	default:
		return cause->arg.serial;
	}
}

static void fill_resume(struct session_pdu *p, const struct service *v)
{
	const struct references *r = &service_names(v)->references;

	if (!v->has_references)		/* 7.30.1: an activity of this connection */
		return;
	p->references = *r;
	p->has |= (r->calling.n ? HAS(CALLING_REFERENCE) : 0) |
	          (r->called.n ? HAS(CALLED_REFERENCE) : 0) |
	          (r->common.n ? HAS(COMMON_REFERENCE) : 0) |
	          (r->additional.n ? HAS(ADDITIONAL_REFERENCE) : 0);
}

static void fill_form(const struct session *s, const struct form *f, enum session_event op,
                      const struct session_cause *cause, struct session_pdu *p)
{
	const struct service *v = cause->service;

	session_pdu_init(p, f->spdu);
	p->has = f->has;
	p->serial = serial_of(s, f, cause);
	p->activity = v->activity;
	p->old_activity = v->old_activity;
	p->reason = (uint8_t)v->reason;
	p->token_item = v->tokens;
	p->token_setting = v->token_setting;
	p->sync_type = p->kind == SPDU_MAP ? 1 : v->sync_type;
	p->resync_type = op == SESSION_EV_RS_a ? RESYNC_ABANDON :
	                 op == SESSION_EV_RS_s ? RESYNC_SET : RESYNC_RESTART;
	p->transport_disconnect = op == SESSION_EV_FN_nr ? TDISC_RELEASE : 0;
	if (p->kind == SPDU_MIP && v->sync_type)
		p->has |= HAS(SYNC_TYPE);
	if (p->kind == SPDU_AR)
		fill_resume(p, v);
}

/* 8.3.9.3: bit 2 only for what the user asked for. */
static void fill_abort(bool keep, const struct session_cause *cause, struct session_pdu *p)
{
	bool by_user = cause->event == SESSION_EV_SUABreq;

	session_pdu_init(p, SPDU_AB);
	p->has = HAS(TRANSPORT_DISCONNECT);
	p->transport_disconnect = (uint8_t)((keep ? 0 : TDISC_RELEASE) |
	                                    (by_user ? TDISC_USER_ABORT : cause->abort));
}

/* Annex D: user data that version 1 does not carry, or AB in one SPDU. */
static bool user_left_out(const struct session *s, enum session_spdu kind, uint64_t n)
{
	enum { AB_V2 = 65000 };

	switch (kind) {
	case SPDU_AB:
		return n > (session_v1(s) ? SESSION_USER_DATA_AB_V1 : AB_V2);
	case SPDU_GT:
	case SPDU_GTC:
	case SPDU_AI:
	case SPDU_AIA:
	case SPDU_AD:
	case SPDU_ADA:
		return session_v1(s);
	default:
		return false;
	}
}

static void fill_user(const struct session *s, struct turn *t, const struct session_cause *cause,
                      struct session_pdu *p)
{
	struct node *user = cause->service->user_data;
	uint64_t n = user ? node_size(user) : 0;

	if (n == 0)
		return;
	p->user_tree = user;
	if (user_left_out(s, p->kind, n) || (s->send_size && !session_segments_fit(s, t, p))) {
		p->user_tree = NULL;
		session_note(t, SESSION_USER_REFUSED, 0);
		return;
	}
	p->has |= HAS(USER_DATA);
}

static void send_tree(struct turn *t, struct node *tree)
{
	struct service *out = turn_service(t);

	out->user_data = tree;
	turn_emit(t, LAYER_COTP, SERVICE_DATA, REQUEST, out);
}

/* The CN that waits in s->held; it stays there until the answer, and longer if
 * there is more than the CN takes. */
static void send_cn(struct session *s, struct turn *t)
{
	struct octets cn = { s->held.p, s->held_head };

	turn_pdu(t, LAYER_SESSION, EVENT_PDU_OUT, SPDU_CN, cn, 0, NULL);
	send_tree(t, node_octets(t->nodes, NULL, cn));
}

static void send_cdo(struct session *s, struct turn *t, struct octets user, bool last)
{
	struct session_pdu p;

	session_pdu_init(&p, SPDU_CDO);
	p.enclosure = last ? ENCLOSURE_END : 0;
	p.user_data = user;
	p.has = HAS(ENCLOSURE) | HAS(USER_DATA);
	session_send_spdu(s, t, &p);
}

/* 7.3.2: an ordered sequence until the SSDU is complete. */
void session_send_overflow(struct session *s, struct turn *t)
{
	enum { CDO_USER = 65528 };	/* 7.3.1 b) */

	while (s->held_head < s->held.n) {
		size_t left = s->held.n - s->held_head;
		size_t n = left < CDO_USER ? left : CDO_USER;

		send_cdo(s, t, (struct octets){ s->held.p + s->held_head, n }, n == left);
		s->held_head += (uint32_t)n;
	}
}

/* 7.11.2: these end an SSDU that is being received in segments. */
static bool interrupts(enum session_spdu kind)
{
	return kind == SPDU_RS || kind == SPDU_ER || kind == SPDU_ED || kind == SPDU_AI ||
	       kind == SPDU_AD || kind == SPDU_AB;
}

void session_send(struct session *s, struct turn *t, enum session_event op,
                  const struct session_cause *cause)
{
	struct session_pdu p;

	switch ((int)op) {
	case SESSION_EV_CN:
		send_cn(s, t);
		return;
	case SESSION_EV_CDO:		/* with those that follow: [51] */
		return;
	case SESSION_EV_OA:
		session_fill_oa(s, &p);
		break;
	case SESSION_EV_AC:
		session_fill_ac(s, cause, &p);
		s->units = cause->arg.units;
		break;
	case SESSION_EV_RF_nr:
	case SESSION_EV_RF_r:
		session_fill_rf(s, cause, op == SESSION_EV_RF_r, &p);
		break;
	case SESSION_EV_AB_nr:
	case SESSION_EV_AB_r:
		fill_abort(op == SESSION_EV_AB_r, cause, &p);
		break;
	default:
		fill_form(s, &forms[op], op, cause, &p);
		break;
	}
	fill_user(s, t, cause, &p);
	if (interrupts(p.kind))
		session_stop_segments(s);
	session_send_spdu(s, t, &p);
	if (interrupts(p.kind))
		s->stream = s->open = SPDU_NONE;
}
