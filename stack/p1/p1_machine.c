/*
 * The P1 machine: bind, transfers, releases over RTSE's services (X.419).
 */
#include "p1/p1.h"

#include "base/contexts.h"
#include "base/rows.h"
#include "p1/p1_backward.h"

/* id-as-mtse, 2.6.0.2.7 (X.419 Annex A). */
static const uint8_t mtse_name[] = { 0x56, 0x00, 0x02, 0x07 };

const char *p1_code_name(uint8_t code)
{
	static const char *const binds[] = { "BIND-ARGUMENT", "BIND-RESULT", "BIND-ERROR" };

	if (code < P1_KINDS)
		return p1_kind_name((enum p1_kind)code);
	return code - P1_CODE_BIND < 3 ? binds[code - P1_CODE_BIND] : "?";
}

/* ---- the gathered head ---- */

static void drop_head(struct p1 *p, struct pool *pool)
{
	gather_drop(&p->head, pool);
}

/* Events that wait may refer to the head: it goes when they have been taken. */
static void leave_head(struct p1 *p, struct turn *t)
{
	if (p->head.p && !kept_add(t->kept, (struct octets){ p->head.p, p->head.cap }))
		drop_head(p, t->pool);
	else
		gather_init(&p->head, p->head.max);
}

void p1_drop(struct p1 *p, struct pool *pool)
{
	drop_head(p, pool);
}

/* ---- a transfer that broke off ---- */

void p1_past(struct p1 *p, struct p1_lost *out)
{
	*out = (struct p1_lost){ p->reader, p->head, p->malformed, p->told };
	p->broken_off = false;
	gather_init(&p->head, out->head.max);
}

void p1_adopt(struct p1 *p, struct p1_lost *lost, struct pool *pool)
{
	drop_head(p, pool);
	p->reader = lost->reader;
	p->head = lost->head;
	p->malformed = lost->malformed;
	p->told = lost->told;
	p->broken_off = true;
	gather_init(&lost->head, lost->head.max);
}

void p1_lost_drop(struct p1_lost *lost, struct pool *pool)
{
	gather_drop(&lost->head, pool);
}

/* ---- bind ---- */

static void tell_bind(struct turn *t, enum event_kind in_or_out, enum p1_bind_kind kind,
                      struct octets o, uint64_t offset)
{
	turn_pdu(t, LAYER_P1, in_or_out, (uint8_t)(P1_CODE_BIND + kind), o, offset, NULL);
}

static struct node *bind_tree(const struct p1 *p, struct turn *t, enum p1_bind_kind kind,
                              const struct p1_bind *from)
{
	struct p1_bind b = from ? *from : (struct p1_bind){ .kind = (uint8_t)kind };

	b.kind = (uint8_t)kind;
	tell_bind(t, EVENT_PDU_OUT, kind, (struct octets){ NULL, 0 }, t->offset);
	return p1_bind_build(t->nodes, &b, p->x410);
}

/* RT-OPEN parameters of a bind, where they live until they have been used. */
static const struct rtse_open *open_parameters(struct p1 *p, const struct p1_bind *from)
{
	if (!from || !from->has_rt)
		return NULL;
	p->bind.rt = from->rt;
	return &p->bind.rt;
}

static void request_bind(struct p1 *p, struct turn *t, const struct event *e)
{
	const struct p1_bind *from = event_service(e)->detail;
	struct service *s = turn_service_copy(t, event_service(e));
	bool recover = from && from->has_rt && from->rt.opening == RTSE_RECOVER;

	s->detail = open_parameters(p, from);
	if (!recover)
		s->user_data = bind_tree(p, t, P1_BIND_ARGUMENT, from);
	turn_emit(t, LAYER_RTSE, SERVICE_CONNECT, REQUEST, s);
}

/* X.218 9.1.1.4: what X.410 mode can say of a bind error. */
static const struct {
	uint8_t error, refusal;
} refusals[] = {
	{ P1_BIND_BUSY, RTSE_REFUSE_BUSY },
	{ P1_BIND_AUTHENTICATION, RTSE_REFUSE_VALIDATION },
	{ P1_BIND_DIALOGUE_MODE, RTSE_REFUSE_DIALOGUE_MODE },
};
enum { REFUSALS_N = sizeof refusals / sizeof *refusals };

static uint32_t refusal_of(uint32_t error)
{
	for (size_t i = 0; i < REFUSALS_N; i++)
		if (refusals[i].error == error)
			return refusals[i].refusal;
	return RTSE_REFUSE_VALIDATION;
}

static uint32_t error_of(uint32_t refusal)
{
	for (size_t i = 0; i < REFUSALS_N; i++)
		if (refusals[i].refusal == refusal)
			return refusals[i].error;
	return P1_BIND_NO_ERROR;
}

static void refuse_bind(struct p1 *p, struct turn *t, const struct service *from, uint32_t error)
{
	struct p1_bind b = { .error = error };
	struct service *s = turn_service_copy(t, from);

	s->detail = NULL;
	s->positive = false;
	s->reason = error;
	if (p->x410)
		s->reason = p->bind.rt.opening == RTSE_RECOVER ? RTSE_REFUSE_CANNOT_RECOVER
		                                              : refusal_of(error);
	else
		s->user_data = bind_tree(p, t, P1_BIND_ERROR, &b);
	turn_emit(t, LAYER_RTSE, SERVICE_CONNECT, RESPONSE, s);
}

static void answer_bind(struct p1 *p, struct turn *t, const struct event *e)
{
	const struct service *from = event_service(e);
	bool recover = p->bind.rt.opening == RTSE_RECOVER;
	struct service *s;

	if (!from->positive) {
		refuse_bind(p, t, from, from->reason);
		return;
	}
	s = turn_service_copy(t, from);
	s->detail = open_parameters(p, from->detail);
	if (!recover)
		s->user_data = bind_tree(p, t, P1_BIND_RESULT, from->detail);
	turn_emit(t, LAYER_RTSE, SERVICE_CONNECT, RESPONSE, s);
}

static void find_context(struct p1 *p, const struct service *s)
{
	const struct context *c = NULL;

	if (s->contexts)
		c = contexts_find(s->contexts,
		                  (struct octets){ mtse_name, sizeof mtse_name });
	if (c)
		p->context = c->id;
}

/* The bind value in a primitive of RT-OPEN; what is absent is a NULL. */
static bool read_bind(struct p1 *p, struct turn *t, const struct service *s,
                      enum p1_bind_kind kind)
{
	const struct rtse_open *open = s->detail;
	bool ok = true;

	p->bind = (struct p1_bind){ .kind = (uint8_t)kind };
	if (s->data.n) {
		ok = p1_bind_decode(s->data, kind, p->x410, &p->bind, t->findings);
		tell_bind(t, EVENT_PDU_IN, (enum p1_bind_kind)p->bind.kind, s->data, s->offset);
	} else if (open->opening != RTSE_RECOVER && kind != P1_BIND_ERROR) {
		turn_finding(t, &p1_rules[P1_BIND_ABSENT], 0);
	}
	p->bind.has_rt = true;
	p->bind.rt = *open;
	return ok;
}

static void indicate_bind(struct p1 *p, struct turn *t, const struct event *e)
{
	struct service *s = turn_service_copy(t, event_service(e));

	p->x410 |= s->x410;
	find_context(p, s);
	if (!read_bind(p, t, s, P1_BIND_ARGUMENT)) {
		refuse_bind(p, t, &(struct service){ .source = SOURCE_PROVIDER },
		            P1_BIND_AUTHENTICATION);
		return;
	}
	s->data = (struct octets){ NULL, 0 };
	s->detail = &p->bind;
	turn_emit(t, LAYER_P1, SERVICE_CONNECT, INDICATION, s);
}

static void confirm_refusal(struct p1 *p, struct turn *t, struct service *s)
{
	bool told = p->bind.rt.refused_by == LAYER_RTSE;

	read_bind(p, t, s, P1_BIND_ERROR);
	p->bind.kind = P1_BIND_ERROR;
	if (told && p->x410)
		p->bind.error = error_of(s->reason);
	else if (!told || !s->data.n || t->findings->fatal)
		p->bind.error = P1_BIND_NO_ERROR;
	if (told && p->bind.error != P1_BIND_NO_ERROR) {
		p->bind.rt.refused_by = LAYER_P1;
		s->reason = p->bind.error;
		s->source = SOURCE_USER;
	}
	s->whose = p->bind.rt.refused_by;
}

static void confirm_bind(struct p1 *p, struct turn *t, const struct event *e)
{
	struct service *s = turn_service_copy(t, event_service(e));
	const struct rtse_open *open = s->detail;

	find_context(p, s);
	p->bind.rt = *open;
	if (!s->positive)
		confirm_refusal(p, t, s);
	else
		read_bind(p, t, s, P1_BIND_RESULT);
	s->data = (struct octets){ NULL, 0 };
	s->detail = &p->bind;
	turn_emit(t, LAYER_P1, SERVICE_CONNECT, CONFIRM, s);
}

/* ---- sending ---- */

struct external {
	uint32_t context;
};

static void put_external(struct p1_backward *w, const void *ctx)
{
	const struct external *x = ctx;

	p1_put_header(w, 0xa0, 0);
	p1_put_int(w, 0x02, x->context);
	p1_put_header(w, 0x28, 0);
}

static uint8_t kind_of_head(struct octets head)
{
	uint8_t kind = (uint8_t)(head.n ? head.p[0] - 0xa0 : P1_KINDS);

	return kind < P1_KINDS ? kind : P1_MESSAGE;
}

static void refuse_transfer(struct p1 *p, struct turn *t, uint32_t id)
{
	struct service *s = turn_service(t);

	turn_finding(t, &p1_rules[P1_REQUEST], 0);
	p->refused = (struct rtse_outcome){ .failure = RTSE_FAIL_REQUEST, .id = id };
	s->reason = RTSE_FAIL_REQUEST;
	s->last = true;
	s->detail = &p->refused;
	turn_emit(t, LAYER_P1, SERVICE_TRANSFER, CONFIRM, s);
}

static void request_transfer(struct p1 *p, struct turn *t, const struct event *e)
{
	const struct p1_transfer *tr = event_service(e)->detail;
	uint64_t value = tr->head.n + tr->content_length;
	struct external x = { p->context };
	struct service *s;

	if (p->sending) {
		refuse_transfer(p, t, tr->id);
		return;
	}
	s = turn_service_copy(t, event_service(e));
	p->sending = true;
	p->out_head = tr->head;
	p->prefix_n = 0;
	if (!p->x410)
		p->prefix_n = (uint8_t)p1_write(put_external, &x, value, p->prefix,
		                                sizeof p->prefix);
	p->transfer = (struct rtse_transfer){
		.id = tr->id, .length = p->prefix_n + value, .from = tr->from,
		.transfer_us = tr->transfer_us,
	};
	s->old_activity = tr->old_activity;
	s->serial = tr->serial;
	s->has_references = tr->linked;
	if (tr->linked)
		turn_names(t, s)->references = tr->references;
	turn_pdu(t, LAYER_P1, EVENT_PDU_OUT, kind_of_head(tr->head), tr->head, t->offset, NULL);
	s->detail = &p->transfer;
	turn_emit(t, LAYER_RTSE, SERVICE_TRANSFER, REQUEST, s);
}

static struct p1_run run_of(struct octets o, uint64_t at, uint64_t n)
{
	uint64_t left = o.n - at;

	return (struct p1_run){ { o.p + at, (size_t)(n < left ? n : left) }, 0,
	                        n < left ? n : left };
}

struct p1_run p1_outgoing(const struct p1 *p, uint64_t at, uint64_t n)
{
	uint64_t head_end = p->prefix_n + p->out_head.n;

	if (at < p->prefix_n)
		return run_of((struct octets){ p->prefix, p->prefix_n }, at, n);
	if (at < head_end)
		return run_of(p->out_head, at - p->prefix_n, n);
	return (struct p1_run){ { NULL, 0 }, at - head_end, n };
}

static void confirm_transfer(struct p1 *p, struct turn *t, const struct event *e)
{
	p->sending = false;
	turn_emit(t, LAYER_P1, SERVICE_TRANSFER, CONFIRM, event_service(e));
}

/* ---- receiving ---- */

static void begin(struct p1 *p, struct turn *t)
{
	leave_head(p, t);
	p1_reader_init(&p->reader, p->x410);
	p->malformed = false;
	p->told = false;
	p->begun = false;
	p->broken_off = false;
	gather_init(&p->head, p->config->envelope_max ? p->config->envelope_max : ENVELOPE_MAX);
}

static void indicate_head(struct p1 *p, struct turn *t, bool resumed)
{
	struct octets head = { p->head.p, p->head.n };
	struct service *s = turn_service(t);

	p->told = true;
	p->arrival = (struct p1_arrival){
		.kind = p->reader.kind, .has_length = p->reader.has_length,
		.length = p->reader.length, .head_n = head.n,
		.resumed = resumed, .content_at = resumed ? p->reader.content_n : 0,
	};
	s->data = head;
	s->offset = p->offset;
	s->first = true;
	s->positive = true;
	s->detail = &p->arrival;
	if (!resumed)
		turn_pdu(t, LAYER_P1, EVENT_PDU_IN, p->reader.kind, head, p->offset, NULL);
	turn_emit(t, LAYER_P1, SERVICE_TRANSFER, INDICATION, s);
}

static bool gather_head(struct p1 *p, struct turn *t, struct octets o)
{
	if (gather_add(&p->head, t->pool, o))
		return true;
	return turn_finding(t, &p1_rules[o.n > p->head.max - p->head.n ? P1_ENVELOPE_LARGE
	                                                               : P1_MEMORY], 0);
}

static void check_context(struct p1 *p, struct turn *t)
{
	/* An end that was told no context answers in the one it hears. */
	if (p->context == 0)
		p->context = p->reader.context;
	if (p->reader.has_context && p->reader.context != p->context)
		turn_finding(t, &p1_rules[P1_EXTERNAL_CONTEXT], 0);
}

/* One piece of the value: what of it is head, and what content.  false: an error
 * follows them.  *at: where in the piece the content begins. */
static bool read_piece(struct p1 *p, struct turn *t, struct octets in, struct joined *head,
                       struct joined *content, size_t *at)
{
	const uint8_t *begin = in.p;

	while (in.n > 0) {
		bool done = p->reader.head_done;
		enum p1_part part;
		struct octets run;
		size_t n = p1_reader_push(&p->reader, in, &part, &run, t->findings);

		if (t->findings->fatal)
			return false;
		if (part == P1_PART_CONTENT && content->octets.n == 0)
			*at = (size_t)(run.p - begin);
		if (part != P1_PART_WRAPPER &&
		    !joined_add(part == P1_PART_HEAD ? head : content, t->kept, t->pool, run))
			return turn_finding(t, &p1_rules[P1_MEMORY], 0);
		if (!done && p->reader.head_done)
			check_context(p, t);
		in.p += n;
		in.n -= n;
	}
	return true;
}

static void take_data(struct p1 *p, struct turn *t, const struct event *e)
{
	const struct service *from = event_service(e);
	struct joined head, content;
	struct service *s;
	size_t at = 0;
	bool good;

	if (p->malformed)
		return;
	if (!p->begun)
		p->offset = from->offset;
	p->begun = true;
	joined_init(&head, from->data.n);
	joined_init(&content, from->data.n);
	good = read_piece(p, t, from->data, &head, &content, &at);
	/* What came before an error goes up, wherever the pieces end. */
	p->malformed = !gather_head(p, t, head.octets) || !good;
	if (p->reader.head_done && !p->told && p->head.n == p->reader.head_n)
		indicate_head(p, t, false);
	if (!p->told || content.octets.n == 0)
		return;
	s = turn_service(t);
	s->data = content.octets;
	s->offset = from->offset + at;
	turn_emit(t, LAYER_P1, SERVICE_DATA, INDICATION, s);
}

static void indicate_transfer(struct p1 *p, struct turn *t, const struct event *e)
{
	struct service *s;

	if (event_service(e)->first) {
		if (event_service(e)->serial == 0)
			begin(p, t);
		else if (p->told)
			indicate_head(p, t, true);
		p->broken_off = false;
		return;
	}
	s = turn_service_copy(t, event_service(e));
	if (s->positive) {
		if (!p->malformed && !p1_reader_end(&p->reader, t->findings))
			p->malformed = true;
		s->positive = !p->malformed;
		s->reason = RTSE_FAIL_NONE;
	} else {
		const struct rtse_outcome *outcome = s->detail;

		p->broken_off = outcome->until_us > 0;
		if (!p->broken_off)
			leave_head(p, t);
	}
	turn_emit(t, LAYER_P1, SERVICE_TRANSFER, INDICATION, s);
}

static void answer_transfer(struct p1 *p, struct turn *t, const struct event *e)
{
	drop_head(p, t->pool);
	turn_emit(t, LAYER_RTSE, SERVICE_TRANSFER, RESPONSE, event_service(e));
}

/* ---- the rest ---- */

/* RT-U-ABORT, RT-P-ABORT. */
static void indicate_abort(struct p1 *p, struct turn *t, const struct event *e)
{
	struct service *s = turn_service_copy(t, event_service(e));
	const struct rtse_open *open = s->detail;

	if (!p->broken_off)
		leave_head(p, t);
	p->sending = false;
	p->bind = (struct p1_bind){ .error = P1_BIND_NO_ERROR, .has_rt = true, .rt = *open };
	s->detail = &p->bind;
	turn_emit(t, LAYER_P1, (enum service_kind)e->code, INDICATION, s);
}

/* A primitive that both services have, with the same parameters. */
static void pass_down(struct p1 *p, struct turn *t, const struct event *e)
{
	(void)p;
	turn_emit(t, LAYER_RTSE, (enum service_kind)e->code, (enum service_type)e->type,
	          event_service(e));
}

static void pass_up(struct p1 *p, struct turn *t, const struct event *e)
{
	(void)p;
	turn_emit(t, LAYER_P1, (enum service_kind)e->code, (enum service_type)e->type,
	          event_service(e));
}

static const struct {
	uint8_t layer, kind, type;
	void (*handle)(struct p1 *p, struct turn *t, const struct event *e);
} inputs[] = {
	{ LAYER_P1, SERVICE_CONNECT, REQUEST, request_bind },
	{ LAYER_P1, SERVICE_CONNECT, RESPONSE, answer_bind },
	{ LAYER_P1, SERVICE_TRANSFER, REQUEST, request_transfer },
	{ LAYER_P1, SERVICE_TRANSFER, RESPONSE, answer_transfer },
	{ LAYER_P1, SERVICE_SYNC_MINOR, RESPONSE, pass_down },
	{ LAYER_P1, SERVICE_ACTIVITY_DISCARD, REQUEST, pass_down },
	{ LAYER_P1, SERVICE_ACTIVITY_INTERRUPT, REQUEST, pass_down },
	{ LAYER_P1, SERVICE_TOKEN_PLEASE, REQUEST, pass_down },
	{ LAYER_P1, SERVICE_CONTROL_GIVE, REQUEST, pass_down },
	{ LAYER_P1, SERVICE_RELEASE, REQUEST, pass_down },
	{ LAYER_P1, SERVICE_RELEASE, RESPONSE, pass_down },
	{ LAYER_P1, SERVICE_U_ABORT, REQUEST, pass_down },
	{ LAYER_RTSE, SERVICE_CONNECT, INDICATION, indicate_bind },
	{ LAYER_RTSE, SERVICE_CONNECT, CONFIRM, confirm_bind },
	{ LAYER_RTSE, SERVICE_TRANSFER, INDICATION, indicate_transfer },
	{ LAYER_RTSE, SERVICE_TRANSFER, CONFIRM, confirm_transfer },
	{ LAYER_RTSE, SERVICE_DATA, INDICATION, take_data },
	{ LAYER_RTSE, SERVICE_SYNC_MINOR, INDICATION, pass_up },
	{ LAYER_RTSE, SERVICE_SYNC_MINOR, CONFIRM, pass_up },
	{ LAYER_RTSE, SERVICE_TOKEN_PLEASE, INDICATION, pass_up },
	{ LAYER_RTSE, SERVICE_CONTROL_GIVE, INDICATION, pass_up },
	{ LAYER_RTSE, SERVICE_RELEASE, INDICATION, pass_up },
	{ LAYER_RTSE, SERVICE_RELEASE, CONFIRM, pass_up },
	{ LAYER_RTSE, SERVICE_U_ABORT, INDICATION, indicate_abort },
	{ LAYER_RTSE, SERVICE_P_ABORT, INDICATION, indicate_abort },
};

void p1_handle(struct p1 *p, struct turn *t, const struct event *e)
{
	static struct rows_primitives known;
	int row = rows_primitive(&known, inputs, sizeof inputs / sizeof *inputs, sizeof *inputs, e);

	if (row >= 0)
		inputs[row].handle(p, t, e);
	else
		turn_finding(t, &p1_rules[P1_REQUEST], 0);
}

void p1_init(struct p1 *p, const struct p1_config *c)
{
	*p = (struct p1){ .config = c, .x410 = c->x410, .context = c->context };
	gather_init(&p->head, c->envelope_max ? c->envelope_max : ENVELOPE_MAX);
}
