#include "presentation/presentation_input.h"

#include "base/rows.h"

enum { NAMES_DEFAULT = 3 };

#define OID(...) { (const uint8_t[]){ __VA_ARGS__ }, sizeof (const uint8_t[]){ __VA_ARGS__ } }
#define BER_SYNTAX { OID(0x51, 0x01) }		/* 2.1.1 */

static const struct context_name names_default[NAMES_DEFAULT] = {
	{ 1, OID(0x52, 0x01, 0x00, 0x01), BER_SYNTAX },	/* 2.2.1.0.1 ACSE */
	{ 3, OID(0x56, 0x00, 0x02, 0x0c), BER_SYNTAX },	/* 2.6.0.2.12 id-as-mta-rtse */
	{ 5, OID(0x56, 0x00, 0x02, 0x07), BER_SYNTAX },	/* 2.6.0.2.7 id-as-mtse */
};

/* The event of Table A.16 for a primitive. */
static const struct {
	uint8_t layer, kind, type;
	uint8_t event;			/* accepted, or the only one */
	uint8_t negative;		/* rejected; EV_NONE: no difference */
} inputs[] = {
	{ LAYER_PRESENTATION, SERVICE_CONNECT, REQUEST, EV(P_CONreq), 0 },
	{ LAYER_PRESENTATION, SERVICE_CONNECT, RESPONSE, EV(P_CONrspP), EV(P_CONrspN) },
	{ LAYER_PRESENTATION, SERVICE_RELEASE, REQUEST, EV(P_RELreq), 0 },
	{ LAYER_PRESENTATION, SERVICE_RELEASE, RESPONSE, EV(P_RELrspP), EV(P_RELrspN) },
	{ LAYER_PRESENTATION, SERVICE_U_ABORT, REQUEST, EV(P_UABreq), 0 },
	{ LAYER_PRESENTATION, SERVICE_DATA, REQUEST, EV(P_DTreq), 0 },
	{ LAYER_PRESENTATION, SERVICE_TYPED_DATA, REQUEST, EV(P_TDreq), 0 },
	{ LAYER_PRESENTATION, SERVICE_EXPEDITED_DATA, REQUEST, EV(P_EXreq), 0 },
	{ LAYER_PRESENTATION, SERVICE_CAPABILITY_DATA, REQUEST, EV(P_CDreq), 0 },
	{ LAYER_PRESENTATION, SERVICE_CAPABILITY_DATA, RESPONSE, EV(P_CDrsp), 0 },
	{ LAYER_PRESENTATION, SERVICE_TOKEN_GIVE, REQUEST, EV(P_GTreq), 0 },
	{ LAYER_PRESENTATION, SERVICE_TOKEN_PLEASE, REQUEST, EV(P_PTreq), 0 },
	{ LAYER_PRESENTATION, SERVICE_CONTROL_GIVE, REQUEST, EV(P_CGreq), 0 },
	{ LAYER_PRESENTATION, SERVICE_SYNC_MINOR, REQUEST, EV(P_SYNmreq), 0 },
	{ LAYER_PRESENTATION, SERVICE_SYNC_MINOR, RESPONSE, EV(P_SYNmrsp), 0 },
	{ LAYER_PRESENTATION, SERVICE_SYNC_MAJOR, REQUEST, EV(P_SYNMreq), 0 },
	{ LAYER_PRESENTATION, SERVICE_SYNC_MAJOR, RESPONSE, EV(P_SYNMrsp), 0 },
	{ LAYER_PRESENTATION, SERVICE_ACTIVITY_START, REQUEST, EV(P_ACTSreq), 0 },
	{ LAYER_PRESENTATION, SERVICE_ACTIVITY_RESUME, REQUEST, EV(P_ACTRreq), 0 },
	{ LAYER_PRESENTATION, SERVICE_ACTIVITY_END, REQUEST, EV(P_ACTEreq), 0 },
	{ LAYER_PRESENTATION, SERVICE_ACTIVITY_END, RESPONSE, EV(P_ACTErsp), 0 },
	{ LAYER_PRESENTATION, SERVICE_ACTIVITY_INTERRUPT, REQUEST, EV(P_ACTIreq), 0 },
	{ LAYER_PRESENTATION, SERVICE_ACTIVITY_INTERRUPT, RESPONSE, EV(P_ACTIrsp), 0 },
	{ LAYER_PRESENTATION, SERVICE_ACTIVITY_DISCARD, REQUEST, EV(P_ACTDreq), 0 },
	{ LAYER_PRESENTATION, SERVICE_ACTIVITY_DISCARD, RESPONSE, EV(P_ACTDrsp), 0 },
	{ LAYER_PRESENTATION, SERVICE_U_EXCEPTION, REQUEST, EV(P_UERreq), 0 },
	{ LAYER_SESSION, SERVICE_CONNECT, INDICATION, EV(CP), 0 },
	{ LAYER_SESSION, SERVICE_CONNECT, CONFIRM, EV(CPA), EV(CPR) },
	{ LAYER_SESSION, SERVICE_RELEASE, INDICATION, EV(S_RELind), 0 },
	{ LAYER_SESSION, SERVICE_RELEASE, CONFIRM, EV(S_RELcnfP), EV(S_RELcnfN) },
	{ LAYER_SESSION, SERVICE_U_ABORT, INDICATION, EV(ARU), 0 },
	{ LAYER_SESSION, SERVICE_P_ABORT, INDICATION, EV(S_PABind), 0 },
	{ LAYER_SESSION, SERVICE_DATA, INDICATION, EV(TD), 0 },
	{ LAYER_SESSION, SERVICE_TYPED_DATA, INDICATION, EV(TTD), 0 },
	{ LAYER_SESSION, SERVICE_EXPEDITED_DATA, INDICATION, EV(TE), 0 },
	{ LAYER_SESSION, SERVICE_CAPABILITY_DATA, INDICATION, EV(TC), 0 },
	{ LAYER_SESSION, SERVICE_CAPABILITY_DATA, CONFIRM, EV(TCC), 0 },
	{ LAYER_SESSION, SERVICE_TOKEN_GIVE, INDICATION, EV(S_GTind), 0 },
	{ LAYER_SESSION, SERVICE_TOKEN_PLEASE, INDICATION, EV(S_PTind), 0 },
	{ LAYER_SESSION, SERVICE_CONTROL_GIVE, INDICATION, EV(S_CGind), 0 },
	{ LAYER_SESSION, SERVICE_SYNC_MINOR, INDICATION, EV(S_SYNmind), 0 },
	{ LAYER_SESSION, SERVICE_SYNC_MINOR, CONFIRM, EV(S_SYNmcnf), 0 },
	{ LAYER_SESSION, SERVICE_SYNC_MAJOR, INDICATION, EV(S_SYNMind), 0 },
	{ LAYER_SESSION, SERVICE_SYNC_MAJOR, CONFIRM, EV(S_SYNMcnf), 0 },
	{ LAYER_SESSION, SERVICE_ACTIVITY_START, INDICATION, EV(S_ACTSind), 0 },
	{ LAYER_SESSION, SERVICE_ACTIVITY_RESUME, INDICATION, EV(S_ACTRind), 0 },
	{ LAYER_SESSION, SERVICE_ACTIVITY_END, INDICATION, EV(S_ACTEind), 0 },
	{ LAYER_SESSION, SERVICE_ACTIVITY_END, CONFIRM, EV(S_ACTEcnf), 0 },
	{ LAYER_SESSION, SERVICE_ACTIVITY_INTERRUPT, INDICATION, EV(S_ACTIind), 0 },
	{ LAYER_SESSION, SERVICE_ACTIVITY_INTERRUPT, CONFIRM, EV(S_ACTIcnf), 0 },
	{ LAYER_SESSION, SERVICE_ACTIVITY_DISCARD, INDICATION, EV(S_ACTDind), 0 },
	{ LAYER_SESSION, SERVICE_ACTIVITY_DISCARD, CONFIRM, EV(S_ACTDcnf), 0 },
	{ LAYER_SESSION, SERVICE_U_EXCEPTION, INDICATION, EV(S_UERind), 0 },
	{ LAYER_SESSION, SERVICE_P_EXCEPTION, INDICATION, EV(S_PERind), 0 },
};

static enum presentation_event event_of(const struct event *e, bool positive)
{
	static struct rows_primitives known;
	int row = rows_primitive(&known, inputs, sizeof inputs / sizeof *inputs, sizeof *inputs, e);

	if (row < 0)
		return PRESENTATION_EV_NONE;
	return inputs[row].negative && !positive ? inputs[row].negative : inputs[row].event;
}

/* ---- reading ---- */

static enum presentation_carrier carrier_of(enum presentation_event event)
{
	switch (event) {
	case EV(CP):
		return PRESENTATION_ON_CONNECT;
	case EV(CPA):
		return PRESENTATION_ON_ACCEPT;
	case EV(CPR):
		return PRESENTATION_ON_REFUSE;
	case EV(ARU):
		return PRESENTATION_ON_ABORT;
	default:
		return PRESENTATION_ON_OTHER;
	}
}

/* The first value of the user data, for the layer above. */
static void take_value(const struct presentation *p, struct presentation_input *in)
{
	const struct presentation_user *u = &in->pdu->user;

	if (in->pdu->x410)
		in->value = in->pdu->x410_parameters;
	else if (u->form == USER_DATA_FULL && u->pdvs > 0)
		in->value = ber_encoding_value(&u->pdv.value);
	else if (u->form != USER_DATA_FULL && !u->simple.segmented)
		in->value = u->simple.raw;
	if (u->form != USER_DATA_NONE)
		in->context = u->form == USER_DATA_FULL ? u->pdv.id :
		                                          presentation_only_context(p);
}

/* Reads SS-user data into *pdu. */
static bool read_pdu(struct presentation *p, struct turn *t, struct presentation_input *in,
                     struct presentation_pdu *pdu)
{
	enum presentation_carrier carrier = carrier_of(in->event);
	bool ok = presentation_decode(carrier, presentation_is_bare(p), in->s->data, pdu,
	                              t->findings);

	if (carrier != PRESENTATION_ON_OTHER)
		turn_pdu(t, LAYER_PRESENTATION, EVENT_PDU_IN, pdu->kind, in->s->data,
		         in->s->offset, NULL);
	if (!ok)
		return false;
	in->pdu = pdu;
	if (pdu->kind == PPDU_ARP)
		in->event = EV(ARP);
	if (in->event == EV(CP) && p->state == PRESENTATION_STAI0)
		presentation_take_proposal(p, pdu);
	if ((in->event == EV(CPA) || in->event == EV(CPR)) && p->state == PRESENTATION_STAI1 &&
	    !presentation_take_results(p, t, pdu))
		return false;
	in->holds |= presentation_holds_user(p, &pdu->user);
	take_value(p, in);
	return true;
}

/* p01: the connection is acceptable to us. */
static bool is_acceptable(const struct presentation *p, struct presentation_input *in)
{
	const struct presentation_pdu *cp = in->pdu;

	if (cp->x410 != p->x410)
		in->refusal = REFUSAL_NOT_SPECIFIED;
	else if (!(cp->version & PRESENTATION_VERSION_1))
		in->refusal = REFUSAL_VERSION;
	else if (cp->items_n > CONTEXTS_MAX)
		in->refusal = REFUSAL_LIMIT;
	else if (p->config->local_psel.p && presentation_has(cp, PRESENTATION_CALLED) &&
	         !ber_string_equal(&cp->called, p->config->local_psel))
		in->refusal = REFUSAL_ADDRESS;
	else
		return true;
	return false;
}

/* p22: the value that we are to read is from a context that we can have. */
static bool is_readable(const struct presentation *p, const struct presentation_pdu *cp)
{
	uint32_t id = cp->user.form == USER_DATA_FULL ? cp->user.pdv.id :
	                                                presentation_only_context(p);

	return cp->x410 || cp->user.form == USER_DATA_NONE || contexts_by_id(&p->contexts, id);
}

static void judge_proposal(const struct presentation *p, struct presentation_input *in)
{
	if (!is_acceptable(p, in))
		return;
	in->holds |= HOLDS(1);
	if (presentation_has(in->pdu, PRESENTATION_DEFAULT_CONTEXT)) {
		in->refusal = REFUSAL_DEFAULT_CONTEXT;
		return;
	}
	in->holds |= HOLDS(2);
	if (is_readable(p, in->pdu))
		in->holds |= HOLDS(22);
	else
		in->refusal = REFUSAL_NOT_READABLE;
}

/* ---- invalid intersections and PPDUs, A.4.1.2, A.4.3.2 ---- */

static bool is_ppdu(enum presentation_event event)
{
	return event >= EV(CP) && event <= EV(TCC);
}

static enum presentation_abort abort_reason(const struct turn *t,
                                            enum presentation_event event)
{
	const struct finding *f = findings_fatal(t->findings);

	if (!f || f->rule == &presentation_rules[PRESENTATION_UNEXPECTED])
		return is_ppdu(event) ? ABORT_UNEXPECTED_PPDU : ABORT_UNEXPECTED_PRIMITIVE;
	if (f->rule == &presentation_rules[PRESENTATION_MEMORY])
		return ABORT_NOT_SPECIFIED;
	if (f->rule == &presentation_rules[PRESENTATION_ELEMENT])
		return ABORT_UNRECOGNIZED_PARAMETER;
	if (f->rule == &presentation_rules[PRESENTATION_TYPE] || f->rule->id / 256 == LAYER_BER)
		return ABORT_UNRECOGNIZED_PPDU;
	return ABORT_INVALID_VALUE;
}

/* Is there still a session connection that can carry ARP? */
static bool is_connected(enum presentation_event event)
{
	return event != EV(ARU) && event != EV(ARP) && event != EV(CPR) &&
	       event != EV(S_PABind) && event != EV(S_CONcnfN) && event != EV(S_RELcnfP);
}

static void invalid(struct presentation *p, struct turn *t, const struct presentation_input *in)
{
	enum presentation_abort reason = abort_reason(t, in->event);
	struct service *s;

	if (is_connected(in->event))
		presentation_send_arp(t, reason, in->event);
	if (p->state != PRESENTATION_STAI0) {
		s = turn_service(t);
		s->source = SOURCE_PROVIDER;
		s->whose = LAYER_PRESENTATION;
		s->reason = reason;
		turn_emit(t, LAYER_PRESENTATION, SERVICE_P_ABORT, INDICATION, s);
	}
	turn_step(t, LAYER_PRESENTATION, CELL_NONE, p->state, PRESENTATION_STAI0);
	p->state = PRESENTATION_STAI0;
}

/* ---- the step ---- */

/* Are there no rows at all, whatever holds? */
static bool is_blank(enum presentation_state state, enum presentation_event event)
{
	for (size_t i = 0; i < presentation_rows_n; i++)
		if (presentation_rows[i].state == state && presentation_rows[i].event == event)
			return false;
	return true;
}

/* FU(CM) and FU(CR) are false: p17 does not hold, p14 does.  p21, p23: see the
 * header. */
static int find(const struct presentation *p, const struct presentation_input *in)
{
	uint32_t holds = in->holds | HOLDS(14) | HOLDS(21) | HOLDS(23);

	holds |= p->cr ? HOLDS(8) : 0;
	return presentation_find(p->state, in->event, holds);
}

static void step(struct presentation *p, struct turn *t, const struct presentation_input *in)
{
	int cell = find(p, in);
	const struct presentation_row *r;

	if (cell < 0 && in->above) {
		presentation_book(t, PRESENTATION_REQUEST, 0);
		return;
	}
	if (cell < 0) {
		presentation_book(t, is_blank(p->state, in->event) ? PRESENTATION_UNEXPECTED :
		                                                     PRESENTATION_CONDITION, 0);
		invalid(p, t, in);
		return;
	}
	r = &presentation_rows[cell];
	turn_step(t, LAYER_PRESENTATION, (uint16_t)cell, p->state, r->next);
	for (size_t i = 0; i < PRESENTATION_DO_MAX && r->ops[i] != PRESENTATION_EV_NONE; i++)
		presentation_perform(p, t, in, r->ops[i]);
	p->state = r->next;
}

static void from_user(struct presentation *p, struct turn *t, struct presentation_input *in,
                      const struct event *e)
{
	in->event = event_of(e, in->s->positive);
	if (in->event == EV(P_CONreq) && p->state == PRESENTATION_STAI0)
		presentation_propose(p);	/* [04]; p03 asks for it */
	in->holds = HOLDS(2);
	in->holds |= !in->s->user_data || p->x410 ? (uint32_t)HOLDS_CONTEXTS :
	                                                   presentation_holds(p, in->s->context);
	step(p, t, in);
}

/* Session was refused or aborted without a word of presentation. */
static void settle_empty(struct turn *t, struct presentation_input *in)
{
	if (in->event == EV(CPR)) {
		if (in->s->source == SOURCE_USER)
			presentation_book(t, PRESENTATION_REFUSE_EMPTY, 0);
		in->event = EV(S_CONcnfN);
	} else if (in->event == EV(ARU)) {
		presentation_book(t, PRESENTATION_ABORT_EMPTY, 0);
	}
	in->holds |= HOLDS_CONTEXTS;
}

static bool has_no_pdu(const struct presentation_input *in)
{
	return in->event == EV(S_PABind) || in->event == EV(S_PERind) ||
	       (in->s->data.n == 0 && in->event != EV(CP) && in->event != EV(CPA));
}

static void from_provider(struct presentation *p, struct turn *t,
                          const struct presentation_input *seen)
{
	struct presentation_input own = *seen, *in = &own;
	struct presentation_pdu pdu;

	/* What cannot come is not read: no one is there to be told or aborted. */
	if (p->state == PRESENTATION_STAI0 && in->event != EV(CP)) {
		presentation_book(t, PRESENTATION_IDLE, 0);
		return;
	}
	if (has_no_pdu(in)) {
		settle_empty(t, in);
	} else if (!read_pdu(p, t, in, &pdu)) {
		invalid(p, t, in);
		return;
	}
	if (in->event == EV(CP))
		judge_proposal(p, in);
	step(p, t, in);
}

/* ---- P-DATA and P-TYPED-DATA, in pieces ---- */

static void emit_data(struct presentation *p, struct turn *t,
                      const struct presentation_input *in, struct octets value,
                      uint64_t offset, bool last)
{
	struct service *s = turn_service_copy(t, in->s);

	s->data = value;
	s->offset = offset;
	s->last = last;
	s->context = p->data_context;
	s->first = !p->data_begun;
	p->data_begun = true;
	turn_emit(t, LAYER_PRESENTATION, in->kind, INDICATION, s);
}

/* Steps the table once for a unit, when its context is known. */
static bool begin_data(struct presentation *p, struct turn *t, struct presentation_input *in,
                       uint32_t id)
{
	int cell;

	in->holds = p->x410 ? (uint32_t)HOLDS_CONTEXTS : presentation_holds(p, id);
	cell = find(p, in);
	if (cell < 0)
		return presentation_book(t, PRESENTATION_CONDITION, 0);
	turn_pdu_value(t, LAYER_PRESENTATION, EVENT_PDU_IN, PPDU_TD, in->s->data, p->data_offset,
	               id);
	turn_step(t, LAYER_PRESENTATION, (uint16_t)cell, p->state, p->state);
	p->aep = false;
	p->data_context = id;
	return true;
}

/* One piece of session's data: its values joined into one piece. */
static bool read_data(struct presentation *p, struct turn *t, struct presentation_input *in,
                      struct joined *j, uint64_t *offset)
{
	struct octets left = in->s->data, value = { NULL, 0 };
	enum presentation_token token;

	while ((token = presentation_reader_next(&p->reader, &left, &value, t->findings)) ==
	       PRESENTATION_VALUE) {
		if (!p->data_begun && j->octets.n == 0 && !begin_data(p, t, in, p->reader.id))
			return false;
		if (p->reader.id != p->data_context)
			return presentation_book(t, PRESENTATION_DATA_CONTEXTS,
			                         (size_t)p->reader.list_at);
		if (j->octets.n == 0)
			*offset = in->s->offset + (uint64_t)(value.p - in->s->data.p);
		if (!joined_add(j, t->kept, t->pool, value))
			return presentation_book(t, PRESENTATION_MEMORY, 0);
	}
	if (token == PRESENTATION_BAD)
		return false;
	return !in->s->last || presentation_reader_end(&p->reader, t->findings);
}

static void begin_unit(struct presentation *p, struct turn *t, struct presentation_input *in)
{
	presentation_reader_init(&p->reader);
	p->data_begun = false;
	p->data_context = 0;
	p->data_offset = in->s->offset;
	if (presentation_is_bare(p))
		begin_data(p, t, in, presentation_only_context(p));
}

static void data(struct presentation *p, struct turn *t, struct presentation_input *in)
{
	uint64_t offset = in->s->offset;
	bool good = true;
	struct joined j;

	if (p->state != PRESENTATION_STAt0) {
		presentation_book(t, p->state == PRESENTATION_STAI0 ? PRESENTATION_IDLE :
		                                                      PRESENTATION_UNEXPECTED, 0);
		if (p->state != PRESENTATION_STAI0)
			invalid(p, t, in);
		return;
	}
	if (in->s->first)
		begin_unit(p, t, in);
	joined_init(&j, in->s->data.n);
	if (presentation_is_bare(p))
		j.octets = in->s->data;
	else
		good = read_data(p, t, in, &j, &offset);
	/* What came before an error goes up, wherever the pieces end. */
	if (j.octets.n > 0 || (good && in->s->last))
		emit_data(p, t, in, j.octets, offset, good && in->s->last);
	if (!good)
		invalid(p, t, in);
}

void presentation_handle(struct presentation *p, struct turn *t, const struct event *e)
{
	struct presentation_input in = { .s = event_service(e), .kind = e->code, .type = e->type };

	in.above = e->type == REQUEST || e->type == RESPONSE;
	if (in.above) {
		from_user(p, t, &in, e);
		return;
	}
	in.event = event_of(e, in.s->positive);
	if (in.event == EV(TD) || in.event == EV(TTD))
		data(p, t, &in);
	else if (in.event != PRESENTATION_EV_NONE)
		from_provider(p, t, &in);
}

void presentation_defaults(struct presentation_config *c)
{
	*c = (struct presentation_config){ .names = names_default, .names_n = NAMES_DEFAULT };
}

void presentation_init(struct presentation *p, const struct presentation_config *config)
{
	*p = (struct presentation){ .config = config, .x410 = config->x410 };
	p->contexts.names = config->names ? config->names : names_default;
	p->names_n = config->names ? config->names_n : (uint8_t)NAMES_DEFAULT;
	presentation_reader_init(&p->reader);
}
