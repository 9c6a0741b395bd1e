/*
 * The RTSE machine: events through the table; what all its parts share.
 */
#include "rtse/rtse_inner.h"

#include "base/rows.h"

/* ---- helpers ---- */

struct service *rtse_parameters(const struct rtse *r, struct turn *t, struct node *tree)
{
	struct service *s = turn_service(t);

	s->user_data = tree;
	s->context = r->context;
	return s;
}

struct node *rtse_apdu(struct turn *t, const struct rtse_pdu *p)
{
	turn_pdu_value(t, LAYER_RTSE, EVENT_PDU_OUT, p->kind, (struct octets){ NULL, 0 },
	               t->offset, p->reason);
	return rtse_build(t->nodes, p);
}

uint8_t rtse_owner(const struct service *s)
{
	return s->whose ? s->whose : LAYER_ACSE;
}

int64_t rtse_later(const struct turn *t, int64_t us)
{
	int64_t left = NEVER_US - t->now_us;

	return t->now_us + (us < left ? us : left);
}

uint32_t rtse_window(uint32_t window)
{
	if (window == 0)
		return RTSE_WINDOW_DEFAULT;
	return window < RTSE_WINDOW_MAX ? window : RTSE_WINDOW_MAX;
}

uint64_t rtse_cut(uint32_t checkpoint, uint32_t serial, uint64_t total, uint64_t at)
{
	uint64_t unit = (uint64_t)checkpoint * RTSE_CHECKPOINT_UNIT;
	uint64_t left = total - at;

	if (!unit || serial >= RTSE_SERIAL_LAST)
		return left;
	return unit < left ? unit : left;
}

/* ---- notes ---- */

void rtse_do_note_request(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	turn_finding(t, &rtse_rules[RTSE_REQUEST], 0);
	if (i->in == RTSE_IN_RTTRreq)
		rtse_do_fail_request(r, t, i);
}

void rtse_do_note_serial(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	(void)r, (void)i;
	turn_finding(t, &rtse_rules[RTSE_SERIAL], 0);
}

void rtse_do_note_turn(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	(void)r, (void)i;
	turn_finding(t, &rtse_rules[RTSE_NO_TURN], 0);
}

void rtse_do_note_monologue(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	(void)r, (void)i;
	turn_finding(t, &rtse_rules[RTSE_SPEAKER], 0);
}

/* ---- what comes in ---- */

static const struct {
	uint8_t layer, kind, type, in;
} inputs[] = {
	{ LAYER_RTSE, SERVICE_CONNECT, REQUEST, RTSE_IN_RTOPENreq },
	{ LAYER_RTSE, SERVICE_CONNECT, RESPONSE, RTSE_IN_RTOPENrspP },
	{ LAYER_RTSE, SERVICE_TRANSFER, REQUEST, RTSE_IN_RTTRreq },
	{ LAYER_RTSE, SERVICE_TRANSFER, RESPONSE, RTSE_IN_RTTRrspP },
	{ LAYER_RTSE, SERVICE_SYNC_MINOR, RESPONSE, RTSE_IN_RTSYNCrsp },
	{ LAYER_RTSE, SERVICE_ACTIVITY_DISCARD, REQUEST, RTSE_IN_RTDISCARDreq },
	{ LAYER_RTSE, SERVICE_ACTIVITY_INTERRUPT, REQUEST, RTSE_IN_RTINTERRUPTreq },
	{ LAYER_RTSE, SERVICE_TOKEN_PLEASE, REQUEST, RTSE_IN_RTPLEASEreq },
	{ LAYER_RTSE, SERVICE_CONTROL_GIVE, REQUEST, RTSE_IN_RTGIVEreq },
	{ LAYER_RTSE, SERVICE_RELEASE, REQUEST, RTSE_IN_RTCLOSEreq },
	{ LAYER_RTSE, SERVICE_RELEASE, RESPONSE, RTSE_IN_RTCLOSErsp },
	{ LAYER_RTSE, SERVICE_U_ABORT, REQUEST, RTSE_IN_RTUABreq },
	{ LAYER_RTSE, SERVICE_TIMER, INDICATION, RTSE_IN_TIMER },
	{ LAYER_ACSE, SERVICE_CONNECT, INDICATION, RTSE_IN_AASCind },
	{ LAYER_ACSE, SERVICE_CONNECT, CONFIRM, RTSE_IN_AASCcnfP },
	{ LAYER_ACSE, SERVICE_RELEASE, INDICATION, RTSE_IN_ARELind },
	{ LAYER_ACSE, SERVICE_RELEASE, CONFIRM, RTSE_IN_ARELcnf },
	{ LAYER_ACSE, SERVICE_U_ABORT, INDICATION, RTSE_IN_AABind },
	{ LAYER_ACSE, SERVICE_P_ABORT, INDICATION, RTSE_IN_APABind },
	{ LAYER_PRESENTATION, SERVICE_ACTIVITY_START, INDICATION, RTSE_IN_PSTARTind },
	{ LAYER_PRESENTATION, SERVICE_ACTIVITY_RESUME, INDICATION, RTSE_IN_PRESUMEind },
	{ LAYER_PRESENTATION, SERVICE_DATA, INDICATION, RTSE_IN_PDATAind },
	{ LAYER_PRESENTATION, SERVICE_DATA, CONFIRM, RTSE_IN_LEFT },
	{ LAYER_PRESENTATION, SERVICE_SYNC_MINOR, INDICATION, RTSE_IN_PSYNCind },
	{ LAYER_PRESENTATION, SERVICE_SYNC_MINOR, CONFIRM, RTSE_IN_PSYNCcnf },
	{ LAYER_PRESENTATION, SERVICE_ACTIVITY_END, INDICATION, RTSE_IN_PENDind },
	{ LAYER_PRESENTATION, SERVICE_ACTIVITY_END, CONFIRM, RTSE_IN_PENDcnf },
	{ LAYER_PRESENTATION, SERVICE_ACTIVITY_INTERRUPT, INDICATION, RTSE_IN_PINTind },
	{ LAYER_PRESENTATION, SERVICE_ACTIVITY_INTERRUPT, CONFIRM, RTSE_IN_PINTcnf },
	{ LAYER_PRESENTATION, SERVICE_ACTIVITY_DISCARD, INDICATION, RTSE_IN_PDISind },
	{ LAYER_PRESENTATION, SERVICE_ACTIVITY_DISCARD, CONFIRM, RTSE_IN_PDIScnf },
	{ LAYER_PRESENTATION, SERVICE_U_EXCEPTION, INDICATION, RTSE_IN_PUERind },
	{ LAYER_PRESENTATION, SERVICE_P_EXCEPTION, INDICATION, RTSE_IN_PPERind },
	{ LAYER_PRESENTATION, SERVICE_TOKEN_PLEASE, INDICATION, RTSE_IN_PPLEASEind },
	{ LAYER_PRESENTATION, SERVICE_CONTROL_GIVE, INDICATION, RTSE_IN_PGIVEind },
};

static enum rtse_in classify(const struct event *e)
{
	static struct rows_primitives known;
	int row = rows_primitive(&known, inputs, sizeof inputs / sizeof *inputs, sizeof *inputs, e);

	return row < 0 ? RTSE_IN_OTHER : (enum rtse_in)inputs[row].in;
}

/* The APDU in the user data of an indication; must be of one kind. */
static bool read_apdu(const struct rtse *r, struct turn *t, struct rtse_input *i,
                      enum rtse_kind kind)
{
	struct octets o = i->s->data;
	bool ok = r->x410 ? rtse_decode_x410(kind, o, &i->pdu, t->findings)
	                         : rtse_decode(o, &i->pdu, t->findings);

	if (ok && i->pdu.kind != kind)
		ok = turn_finding(t, &rtse_rules[RTSE_APDU_WRONG], 0);
	if (i->pdu.kind < RTSE_KINDS)
		turn_pdu_value(t, LAYER_RTSE, EVENT_PDU_IN, i->pdu.kind, o, i->s->offset,
		               i->pdu.reason);
	return ok;
}

/* The transferred octets of one piece, as one run: one piece in, one out. */
static bool read_piece(struct rtse *r, struct turn *t, struct rtse_input *i)
{
	struct octets in = i->s->data, value;
	struct joined j;

	joined_init(&j, in.n);
	if (i->s->first) {
		rtse_reader_init(&r->reader, r->x410);
		r->offset = i->s->offset;
	}
	if (i->s->first && !r->x410 && i->s->context != r->context)
		turn_finding(t, &rtse_rules[RTSE_CONTEXT], 0);
	while (in.n > 0) {
		size_t n = rtse_reader_push(&r->reader, in, &value, t->findings);

		if (t->findings->fatal)
			return false;
		if (j.octets.n == 0 && value.n)
			i->offset = i->s->offset + (uint64_t)(value.p - i->s->data.p);
		if (!joined_add(&j, t->kept, t->pool, value))
			return turn_finding(t, &rtse_rules[RTSE_MEMORY], 0);
		i->data = j.octets;
		in.p += n;
		in.n -= n;
	}
	return !i->s->last || rtse_reader_end(&r->reader, t->findings);
}

/* Decodes what the event carries, and lets what it says choose the event. */
static void refine(struct rtse *r, struct turn *t, struct rtse_input *i)
{
	bool data = i->s->data.n > 0;

	switch (i->in) {
	case RTSE_IN_RTOPENrspP:
		if (!i->s->positive)
			i->in = RTSE_IN_RTOPENrspN;
		break;
	case RTSE_IN_RTTRrspP:
		if (!i->s->positive)
			i->in = RTSE_IN_RTTRrspN;
		break;
	case RTSE_IN_AASCind:
		r->x410 |= i->s->x410;
		if (!read_apdu(r, t, i, RTSE_RTORQ))
			i->in = RTSE_IN_AASCbad;
		else if (!rtse_keep_session(&r->recovered, &i->pdu.session)) {
			turn_finding(t, &rtse_rules[RTSE_SESSION_ID_LONG], 0);
			i->in = RTSE_IN_AASCbad;
		}
		break;
	case RTSE_IN_AASCcnfP:
		if (!i->s->positive) {
			i->in = RTSE_IN_AASCcnfN;
			if (data)
				read_apdu(r, t, i, RTSE_RTORJ);
		} else if (!read_apdu(r, t, i, RTSE_RTOAC)) {
			i->in = RTSE_IN_OTHER;
		}
		break;
	case RTSE_IN_AABind:
		if (data)
			read_apdu(r, t, i, RTSE_RTAB);
		break;
	case RTSE_IN_PPLEASEind:
		if (data && !read_apdu(r, t, i, RTSE_RTTP))
			i->in = RTSE_IN_OTHER;
		break;
	case RTSE_IN_PSYNCind:
		/* Session has checked it (X.225 A.5.2, p19); nothing else may come. */
		if (r->state == RTSE_STATE_RECEIVING && i->s->serial != r->serial + 1)
			i->in = RTSE_IN_OTHER;
		break;
	case RTSE_IN_PDATAind:
		i->broken = r->state == RTSE_STATE_RECEIVING && !read_piece(r, t, i);
		if (i->broken && !i->data.n)
			i->in = RTSE_IN_OTHER;
		break;
	default:
		break;
	}
}

/* Practice: reasons 0 and 5 leave what came before in order. */
static bool can_keep(const struct rtse *r, const struct rtse_input *i)
{
	return r->config->interrupt_exceptions && r->confirmed > 0 &&
	       (i->s->reason == REASON_NONE || i->s->reason == REASON_LOCAL_USER);
}

static struct rtse_vars variables(const struct rtse *r, const struct turn *t,
                                  const struct rtse_input *i)
{
	uint32_t serial = i->s->serial;
	bool breaking = i->in != RTSE_IN_RTINTERRUPTreq;

	bool resumes = i->in == RTSE_IN_PRESUMEind, knows = resumes && rtse_knows(r, t, i->s);

	return (struct rtse_vars){
		.turn = r->turn,
		.initiator = r->config->initiator,
		.monologue = r->open.dialogue == RTSE_MONOLOGUE,
		.speaker = r->open.turn,
		.last = r->at == r->length,
		.room = r->serial + 1 - r->confirmed < r->open.window,
		.outstanding = serial > r->confirmed && serial <= r->serial,
		.resume = serial > 0,
		.known = knows && r->past == RTSE_PAST_RECEIVER,
		.completed = knows && r->past == RTSE_PAST_COMPLETED,
		.abort_unknown = r->config->abort_unrecognized,
		.keep = can_keep(r, i),
		.resumed_done = i->pdu.has_reason && r->resumed &&
		                i->pdu.reason == RTSE_ABORT_TRANSFER_COMPLETED,
		.differs = rtse_differs(r, i),
		.interrupt = r->confirmed > 0 && (!breaking || r->interrupting),
	};
}

/* ---- the step ---- */

typedef void action(struct rtse *r, struct turn *t, const struct rtse_input *i);

static action *const actions[RTSE_DO_N] = {
#define ENTRY(name) [RTSE_DO_##name] = rtse_do_##name,
	RTSE_ACTIONS(ENTRY)
#undef ENTRY
};

static void step(struct rtse *r, struct turn *t, const struct rtse_input *i, int row)
{
	const struct rtse_row *w = &rtse_rows[row];
	uint8_t from = r->state;

	/* The state first: an action may be asked by what it emits. */
	if (w->next != RTSE_SAME)
		r->state = w->next;
	turn_step(t, LAYER_RTSE, (uint16_t)row, from, r->state);
	for (size_t k = 0; k < RTSE_ACTIONS_MAX && w->actions[k] != RTSE_DO_nothing; k++)
		actions[w->actions[k]](r, t, i);
}

/* false: the state has no row for it. */
static bool take(struct rtse *r, struct turn *t, const struct rtse_input *i)
{
	int row = rtse_row_find((enum rtse_state)r->state, i->in, &i->vars);

	if (row < 0)
		return false;
	step(r, t, i, row);
	return true;
}

static void no_row(struct rtse *r, struct turn *t, struct rtse_input *i)
{
	if (i->in <= RTSE_IN_LAST_REQUEST) {
		rtse_do_note_request(r, t, i);
		return;
	}
	if (i->in <= RTSE_IN_LAST_SILENT)
		return;
	i->in = RTSE_IN_OTHER;
	take(r, t, i);
}

void rtse_handle(struct rtse *r, struct turn *t, const struct event *e)
{
	struct rtse_input i = { .s = event_service(e), .in = classify(e) };
	bool taken;

	refine(r, t, &i);
	if (i.in == RTSE_IN_LEFT) {
		r->at += r->piece;
		r->piece = 0;
	}
	i.vars = variables(r, t, &i);
	taken = take(r, t, &i);
	/* What came before the error has gone up, wherever the pieces end. */
	if (!taken || (i.broken && i.in == RTSE_IN_PDATAind))
		no_row(r, t, &i);
}

void rtse_init(struct rtse *r, const struct rtse_config *c)
{
	*r = (struct rtse){ .config = c, .x410 = c->x410, .context = c->context,
	                    .deadline = NEVER_US };
	r->open.checkpoint = c->checkpoint;
	r->open.window = rtse_window(c->window);
}

int64_t rtse_deadline(const struct rtse *r)
{
	return r->deadline;
}

bool rtse_bound(const struct rtse *r)
{
	return r->state != RTSE_STATE_IDLE && r->state != RTSE_STATE_OPENING &&
	       r->state != RTSE_STATE_ANSWERING;
}

bool rtse_busy(const struct rtse *r)
{
	return r->state >= RTSE_STATE_SENDING && r->state <= RTSE_STATE_EXCEPTION;
}
