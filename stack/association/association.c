#include "association/association.h"

#include "association_output.h"

#include <assert.h>
#include <string.h>

/* ---- moving events between layers ---- */

typedef void layer_fn(struct association *a, struct turn *t, const struct event *e);

#define LAYER_FN(x) \
	static void to_##x(struct association *a, struct turn *t, const struct event *e) \
	{ \
		x##_handle(&a->x, t, e); \
	}
LAYER_FN(cotp)
LAYER_FN(session)
LAYER_FN(presentation)
LAYER_FN(acse)
LAYER_FN(rtse)
LAYER_FN(p1)

/* The PDUs that were told on their way down stand in the octets written now. */
static void stamp(struct event_queue *told, uint64_t at)
{
	for (size_t i = told->n; i-- > 0;) {
		struct event *e = &told->at[(told->head + i) % EVENTS_MAX];

		if (e->kind == EVENT_PDU_OUT && e->stamped)
			return;
		if (e->kind == EVENT_PDU_OUT) {
			e->offset = at;
			e->stamped = true;
		}
	}
}

/* The N service: RFC 1006 4.2 maps it onto TCP. */
static void to_network(struct association *a, struct turn *t, const struct event *e)
{
	const struct service *s = event_service(e);

	if (e->code == SERVICE_DATA) {
		stamp(t->outer, output_position(a));
		a->broken |= !output_data(a, t, s);
	}
	if (e->code == SERVICE_DISCONNECT || a->broken)
		a->close_wanted = true;
}

/* X.217 7, X.218 8: association control takes what opens and ends an
 * association, reliable transfer the rest. */
static void to_presentation_user(struct association *a, struct turn *t, const struct event *e)
{
	switch (e->code) {
	case SERVICE_CONNECT:
	case SERVICE_RELEASE:
	case SERVICE_U_ABORT:
	case SERVICE_P_ABORT:
		acse_handle(&a->acse, t, e);
		break;
	default:
		rtse_handle(&a->rtse, t, e);
		break;
	}
}

static void to_driver(struct association *a, struct turn *t, const struct event *e)
{
	bool room = event_queue_put(t->outer, e);

	assert(room);		/* push keeps EVENTS_PER_TSDU free */
	(void)room;
	a->work->services_used = t->services_used;	/* kept until the event is taken */
	a->work->names_used = t->names_used;
}

static layer_fn *const providers[LAYERS] = {
	[LAYER_TPKT] = to_network,
	[LAYER_COTP] = to_cotp,
	[LAYER_SESSION] = to_session,
	[LAYER_PRESENTATION] = to_presentation,
	[LAYER_ACSE] = to_acse,
	[LAYER_RTSE] = to_rtse,
	[LAYER_P1] = to_p1,
};

static layer_fn *const users[LAYERS] = {
	[LAYER_TPKT] = to_cotp,
	[LAYER_COTP] = to_session,
	[LAYER_SESSION] = to_presentation,
	[LAYER_PRESENTATION] = to_presentation_user,
	[LAYER_ACSE] = to_rtse,
	[LAYER_RTSE] = to_p1,
	[LAYER_P1] = to_driver,
};

static void tell_findings(struct turn *t)
{
	const struct findings *f = t->findings;

	for (size_t i = 0; i < f->n; i++) {
		struct event e = {
			.at_us = t->now_us, .offset = t->offset, .association = t->association,
			.value = (uint32_t)f->at[i].octet, .cell = CELL_NONE,
			.rule = f->at[i].rule->id, .kind = EVENT_FINDING,
			.layer = (uint8_t)(f->at[i].rule->id / 256),
		};

		(void)event_queue_put(t->outer, &e);
	}
	findings_clear(t->findings);
}

static inline void publish_findings(struct turn *t)
{
	if (t->findings->n)
		tell_findings(t);
}

static void run(struct association *a, struct turn *t)
{
	const struct event *e;

	publish_findings(t);
	while ((e = event_queue_first(t->inner)) != NULL) {
		bool down = e->type == REQUEST || e->type == RESPONSE;

		(down ? providers : users)[e->layer](a, t, e);
		event_queue_drop(t->inner);
		publish_findings(t);
	}
	/* Parameter sets that no event for the driver refers to are free again. */
	t->services_used = a->work->services_used;
	t->names_used = a->work->names_used;
}

/* ---- turns ---- */

/* What the events referred to; the driver has taken them. */
static void forget_events(struct association_work *w, struct pool *pool)
{
	w->services_used = 0;
	w->names_used = 0;
	kept_drop(&w->kept, pool);
	w->owner = NULL;
}

/* A workspace is shared, but the events of two ends do not mix in it. */
static struct association_work *own_work(struct association *a)
{
	struct association_work *w = a->work;

	if (w->owner != a)
		for (w = a->config->work; w && w->owner && w->owner != a && w->outer.n;)
			w = w->next;
	assert(w);		/* the driver leaves events of too many ends waiting */
	if (w->owner != a) {
		forget_events(w, a->config->pool);
		w->owner = a;
	}
	a->work = w;
	return w;
}

static struct turn turn_begin(struct association *a, int64_t now_us)
{
	struct association_work *w = own_work(a);

	nodes_reset(&w->nodes);
	findings_clear(&w->findings);
	return (struct turn){
		.now_us = now_us, .nodes = &w->nodes, .pool = a->config->pool,
		.findings = &w->findings,
		.inner = &w->inner, .outer = &w->outer, .services = w->services,
		.services_used = w->services_used, .names = w->names,
		.names_used = w->names_used, .association = a->number,
		.offset = a->stream_in, .kept = &w->kept, .no_steps = !a->config->trace_steps,
		.no_pdus = a->config->no_pdus,
	};
}

static void tell_tcp(struct association *a, struct turn *t, enum tcp_event what, uint32_t value)
{
	struct event e = {
		.at_us = t->now_us, .offset = a->stream_in, .association = a->number,
		.value = value, .cell = CELL_NONE, .kind = EVENT_TCP, .layer = LAYER_TPKT,
		.code = (uint8_t)what, .flags = a->config->initiator ? EVENT_F_INITIATOR : 0,
	};

	(void)event_queue_put(t->outer, &e);
}

/* All that follows from one event.  What it lets out of the hole, and that the
 * connection is to be closed, have their place before the next event, wherever
 * the stream was cut. */
static void settle(struct association *a, struct turn *t)
{
	run(a, t);
	output_refill(a, t);
	run(a, t);
	if (a->close_wanted && !a->close_told) {
		a->close_told = true;
		tell_tcp(a, t, TCP_CLOSE_WANTED, 0);
	}
}

/* One event into the layers, from the world or from the user. */
static void deliver(struct association *a, int64_t now_us, enum layer layer,
                    enum service_kind kind, enum service_type type, const struct service *s)
{
	struct turn t = turn_begin(a, now_us);

	turn_emit(&t, layer, kind, type, s ? turn_service_copy(&t, s) : turn_service(&t));
	settle(a, &t);
}

/* ---- the world ---- */

void association_work_init(struct association_work *w, struct association_work *next)
{
	w->next = next;
	w->owner = NULL;
	event_queue_init(&w->inner);
	event_queue_init(&w->outer);
	w->services_used = w->names_used = 0;
	w->kept.n = 0;
}

void association_init(struct association *a, const struct association_config *c)
{
	memset(a, 0, sizeof *a);
	a->work = c->work;
	a->number = c->number;
	a->config = c;
	tpkt_init(&a->tpkt);
	cotp_init(&a->cotp, &c->cotp);
	session_init(&a->session, &c->session);
	presentation_init(&a->presentation, &c->presentation);
	acse_init(&a->acse, &c->acse);
	rtse_init(&a->rtse, &c->rtse);
	p1_init(&a->p1, &c->p1);
}

void association_drop(struct association *a)
{
	if (a->out.buffer)
		a->config->pool->give(a->config->pool, a->out.buffer, OUTPUT_MAX);
	a->out = (struct association_output){ 0 };
	cotp_drop(&a->cotp, a->config->pool);
	session_drop(&a->session, a->config->pool);
	p1_drop(&a->p1, a->config->pool);
	if (a->work->owner == a) {
		event_queue_init(&a->work->outer);
		forget_events(a->work, a->config->pool);
	}
}

void association_connected(struct association *a, int64_t now_us)
{
	struct turn t = turn_begin(a, now_us);

	a->tcp_up = true;
	tell_tcp(a, &t, TCP_CONNECTED, 0);
	turn_emit(&t, LAYER_TPKT, SERVICE_CONNECT, a->config->initiator ? CONFIRM : INDICATION,
	          turn_service(&t));
	settle(a, &t);
}

static bool has_room(const struct association *a, const struct turn *t)
{
	return event_queue_free(t->outer) >= EVENTS_PER_TSDU &&
	       t->kept->n + LEASES_PER_TSDU <= KEPT_MAX &&
	       t->names_used + NAMES_PER_TSDU <= NAMES_MAX &&
	       t->services_used + SERVICES_PER_TSDU + SERVICES_PER_REQUEST <= SERVICES_MAX &&
	       !a->broken;
}

size_t association_push(struct association *a, int64_t now_us, const uint8_t *p, size_t n)
{
	struct turn t;
	size_t taken = 0;

	if (a->detached) {
		a->stream_in += n;
		return n;
	}
	t = turn_begin(a, now_us);
	while (taken < n && has_room(a, &t)) {
		struct tpkt_piece piece;
		size_t used;

		t.offset = a->stream_in;
		used = tpkt_push(&a->tpkt, p + taken, n - taken, &piece, t.findings);
		taken += used;
		a->stream_in += used;
		if (t.findings->fatal)
			/* RFC 1006 6: no way back in step. */
			a->broken = a->close_wanted = true;
		else if (piece.first || piece.last || piece.octets.n)
			cotp_push(&a->cotp, &t, &piece);
		settle(a, &t);
	}
	if (a->broken)
		taken = n;		/* read and dropped: the connection is being closed */
	settle(a, &t);
	return taken;
}

void association_end(struct association *a, int64_t now_us, enum association_tcp_end how)
{
	static const enum tcp_event told[] = {
		[TCP_END_FIN] = TCP_FIN_IN, [TCP_END_RST] = TCP_RST_IN,
		[TCP_END_CLOSED] = TCP_FIN_OUT,
		[TCP_END_CUT_RST] = TCP_RST_OUT,
	};
	struct turn t = turn_begin(a, now_us);

	tell_tcp(a, &t, told[how], 0);
	if (a->tcp_up && !a->detached)
		turn_emit(&t, LAYER_TPKT, SERVICE_DISCONNECT, INDICATION, turn_service(&t));
	a->tcp_up = false;
	a->close_wanted = true;
	settle(a, &t);
}

void association_popped(struct association *a, int64_t now_us, size_t n)
{
	struct turn t = turn_begin(a, now_us);

	output_taken(a, &t, n);
	settle(a, &t);
}

bool association_event(struct association *a, struct event *out)
{
	struct association_work *w = a->work;

	if (w->owner != a)
		return false;
	if (event_queue_get(&w->outer, out))
		return true;
	forget_events(w, a->config->pool);
	return false;
}

struct timed {
	enum layer layer;
	int64_t at_us;
};

static size_t deadlines(const struct association *a, struct timed out[LAYERS])
{
	size_t n = 0;

	out[n++] = (struct timed){ LAYER_COTP, cotp_deadline(&a->cotp) };
	out[n++] = (struct timed){ LAYER_SESSION, session_deadline(&a->session) };
	out[n++] = (struct timed){ LAYER_RTSE, rtse_deadline(&a->rtse) };
	return n;
}

int64_t association_deadline(const struct association *a)
{
	struct timed at[LAYERS];
	int64_t first = NEVER_US;

	for (size_t i = a->detached ? 0 : deadlines(a, at); i-- > 0;)
		if (at[i].at_us < first)
			first = at[i].at_us;
	return first;
}

static void timer(struct association *a, struct turn *t, enum layer layer)
{
	struct event e = {
		.at_us = t->now_us, .association = a->number, .cell = CELL_NONE,
		.kind = EVENT_PRIMITIVE, .layer = (uint8_t)layer, .code = SERVICE_TIMER,
		.type = INDICATION,
	};

	providers[layer](a, t, &e);
	run(a, t);
}

void association_tick(struct association *a, int64_t now_us)
{
	struct turn t;
	struct timed at[LAYERS];

	if (a->detached)
		return;
	t = turn_begin(a, now_us);
	for (size_t n = deadlines(a, at), i = 0; i < n; i++)
		if (at[i].at_us <= now_us)
			timer(a, &t, at[i].layer);
	settle(a, &t);
}

void association_detach(struct association *a, int64_t now_us, bool detached)
{
	struct turn t;

	if (a->detached == detached)
		return;
	a->detached = detached;
	if (detached)
		return;
	tpkt_init(&a->tpkt);
	a->tpkt.stream = a->tpkt.frame = a->stream_in;
	if (!a->hole_left_open)
		return;
	a->hole_left_open = false;
	t = turn_begin(a, now_us);
	output_confirm(a, &t);
	settle(a, &t);
}

void association_passed(struct association *a, size_t sent)
{
	a->stream_out += sent;
}

bool association_output_empty(const struct association *a)
{
	return !a->out.buffer;
}

bool association_idle(const struct association *a)
{
	return !a->out.buffer && !rtse_busy(&a->rtse);
}

bool association_bound(const struct association *a)
{
	return rtse_bound(&a->rtse);
}

/* ---- the user ---- */

void association_bind(struct association *a, int64_t now_us, const struct p1_bind *bind)
{
	struct service_names names = { .calling_ssel = a->config->calling_ssel,
	                               .called_ssel = a->config->called_ssel,
	                               .references = a->config->references };

	names.references.called = (struct octets){ NULL, 0 };
	deliver(a, now_us, LAYER_P1, SERVICE_CONNECT, REQUEST,
	        &(struct service){ .detail = bind, .names = &names });
}

void association_accept(struct association *a, int64_t now_us, const struct p1_bind *ours)
{
	struct service_names names = { .called_ssel = a->config->responding_ssel,
	                               .references.called = a->config->references.called };

	deliver(a, now_us, LAYER_P1, SERVICE_CONNECT, RESPONSE,
	        &(struct service){ .positive = true, .detail = ours, .names = &names });
}

void association_refuse(struct association *a, int64_t now_us, enum p1_bind_error why)
{
	deliver(a, now_us, LAYER_P1, SERVICE_CONNECT, RESPONSE,
	        &(struct service){ .reason = (uint32_t)why });
}

void association_transfer(struct association *a, int64_t now_us, const struct p1_transfer *tr)
{
	deliver(a, now_us, LAYER_P1, SERVICE_TRANSFER, REQUEST, &(struct service){ .detail = tr });
}

void association_lend(struct association *a, int64_t now_us, struct octets content)
{
	struct turn t = turn_begin(a, now_us);

	if (a->out.holed && a->out.wanted) {
		a->out.lent = content;
		if (a->out.lent.n > a->out.hole_left)
			a->out.lent.n = (size_t)a->out.hole_left;
	}
	settle(a, &t);
}

void association_secured(struct association *a, int64_t now_us, uint32_t serial)
{
	deliver(a, now_us, LAYER_P1, SERVICE_SYNC_MINOR, RESPONSE,
	        &(struct service){ .positive = true, .serial = serial });
}

void association_secured_all(struct association *a, int64_t now_us)
{
	deliver(a, now_us, LAYER_P1, SERVICE_TRANSFER, RESPONSE,
	        &(struct service){ .positive = true });
}

void association_reject(struct association *a, int64_t now_us, uint8_t reason)
{
	deliver(a, now_us, LAYER_P1, SERVICE_TRANSFER, RESPONSE,
	        &(struct service){ .reason = reason });
}

void association_turn_please(struct association *a, int64_t now_us, uint8_t priority)
{
	deliver(a, now_us, LAYER_P1, SERVICE_TOKEN_PLEASE, REQUEST,
	        &(struct service){ .priority = priority });
}

void association_turn_give(struct association *a, int64_t now_us)
{
	deliver(a, now_us, LAYER_P1, SERVICE_CONTROL_GIVE, REQUEST, NULL);
}

void association_discard(struct association *a, int64_t now_us, uint8_t reason)
{
	deliver(a, now_us, LAYER_P1, SERVICE_ACTIVITY_DISCARD, REQUEST,
	        &(struct service){ .reason = reason });
}

void association_interrupt(struct association *a, int64_t now_us, uint8_t reason)
{
	deliver(a, now_us, LAYER_P1, SERVICE_ACTIVITY_INTERRUPT, REQUEST,
	        &(struct service){ .reason = reason });
}

void association_release(struct association *a, int64_t now_us)
{
	deliver(a, now_us, LAYER_P1, SERVICE_RELEASE, REQUEST, NULL);
}

void association_release_answer(struct association *a, int64_t now_us)
{
	deliver(a, now_us, LAYER_P1, SERVICE_RELEASE, RESPONSE,
	        &(struct service){ .positive = true });
}

void association_abort(struct association *a, int64_t now_us)
{
	deliver(a, now_us, LAYER_P1, SERVICE_U_ABORT, REQUEST, NULL);
}

void association_abort_because(struct association *a, int64_t now_us, enum rtse_abort reason,
                               uint8_t reflected)
{
	deliver(a, now_us, LAYER_P1, SERVICE_U_ABORT, REQUEST,
	        &(struct service){ .source = SOURCE_PROVIDER, .reason = reason,
	                           .reflected = { &reflected, 1 } });
}

/* ---- recovery ---- */

bool association_past(struct association *a, int64_t now_us, struct association_lost *out)
{
	if (!rtse_past(&a->rtse, now_us, &out->rtse))
		return false;
	p1_past(&a->p1, &out->p1);
	return true;
}

bool association_adopt(struct association *a, struct association_lost *lost)
{
	if (!rtse_adopt(&a->rtse, &lost->rtse))
		return false;
	p1_adopt(&a->p1, &lost->p1, a->config->pool);
	return true;
}

bool association_resume(const struct association *a, int64_t now_us,
                        const struct association_lost *lost, struct p1_transfer *t)
{
	const struct rtse_lost *l = &lost->rtse;
	struct rtse_session_id here = rtse_session_of(&a->rtse.session);

	if (!l->sender || now_us > l->until_us)
		return false;
	t->old_activity = (struct octets){ l->activity, l->activity_n };
	t->serial = l->confirmed;
	t->from = l->confirmed_at;
	t->references = rtse_references_of(&l->session);
	t->linked = !rtse_lost_is(l, now_us, &here);
	return true;
}

void association_lost_drop(struct association_lost *lost, struct pool *pool)
{
	p1_lost_drop(&lost->p1, pool);
}
