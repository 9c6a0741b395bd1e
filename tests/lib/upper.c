#include "upper.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

bool upper_rows[UPPER_ROWS];

struct upper_primitive {
	enum layer layer;
	enum service_kind kind;
	enum service_type type;
	struct service s;
	uint8_t *octets;
};

static const uint8_t mtse[] = { 0x56, 0x00, 0x02, 0x07 };
static const struct context_name names[] = { { .id = 5, .abstract = { mtse, sizeof mtse } } };
static const struct contexts contexts = {
	.names = names, .n = 1, .at = { { .id = 5, .name = 0 } },
};

static void say(struct upper_pair *p, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(p->log + p->log_n, sizeof p->log - p->log_n, format, ap);
	va_end(ap);
	p->log_n += (size_t)n;
	assert_true(p->log_n < sizeof p->log);
}

static void say_primitive(struct upper_pair *p, enum service_kind kind, enum service_type type,
                          const struct service *s)
{
	say(p, "%s %s", service_kind_name(kind), service_type_name(type));
	if (kind == SERVICE_CONNECT || kind == SERVICE_TRANSFER || kind == SERVICE_RELEASE)
		say(p, type == RESPONSE || type == CONFIRM || s->last ? s->positive ? "+" : "-"
		                                                      : "");
	if (s->first)
		say(p, " first");
	if (s->last)
		say(p, " last");
	if (s->serial)
		say(p, " serial=%u", (unsigned)s->serial);
	if (s->reason)
		say(p, " reason=%u", (unsigned)s->reason);
	if (s->whose)
		say(p, " whose=%s", layer_name((enum layer)s->whose));
	if (s->priority)
		say(p, " priority=%u", s->priority);
	if (s->data.n)
		say(p, " n=%zu", s->data.n);
	if (kind == SERVICE_CONNECT && s->detail) {
		const struct octets *name = &((const struct p1_bind *)s->detail)->name.raw;

		say(p, name->n ? " %.*s" : "%.*s", (int)name->n, (const char *)name->p);
	}
	if (kind == SERVICE_TRANSFER && s->first) {
		const struct p1_arrival *arrival = s->detail;

		say(p, " %s", p1_kind_name((enum p1_kind)arrival->kind));
	}
	say(p, "\n");
}

static struct turn turn_of(struct upper_pair *p, struct upper *u)
{
	nodes_reset(&u->nodes);
	return (struct turn){
		.now_us = p->now_us, .nodes = &u->nodes, .pool = &u->pool.pool,
		.findings = &u->findings, .inner = &u->inner, .outer = &u->outer,
		.services = u->services, .names = u->names, .services_used = u->services_used,
		.kept = &u->kept,
	};
}

static bool deliver_one(struct upper_pair *p, struct upper *u);

/* ---- the services below ---- */

static struct upper *other(struct upper_pair *p, struct upper *u)
{
	return u == &p->a ? &p->b : &p->a;
}

static void put_on_wire(struct upper *to, enum layer layer, enum service_kind kind,
                        enum service_type type, const struct service *s, uint8_t *octets,
                        size_t n)
{
	struct upper_primitive *w = malloc(sizeof *w);

	assert_non_null(w);
	assert_true(to->wire_n < UPPER_WIRE);
	*w = (struct upper_primitive){ layer, kind, type, *s, octets };
	w->s.user_data = NULL;
	w->s.detail = NULL;
	w->s.data = (struct octets){ octets, n };
	if (kind == SERVICE_CONNECT)
		w->s.contexts = &contexts;
	to->wire[to->wire_n++] = w;
}

static uint8_t *copy_of(const uint8_t *p, size_t n)
{
	uint8_t *out = malloc(n ? n : 1);

	assert_non_null(out);
	if (n)
		memcpy(out, p, n);
	return out;
}

/* Data in pieces, each alone in a block of its size. */
static void put_data(struct upper_pair *p, struct upper *to, const struct service *s,
                     const uint8_t *octets, size_t n)
{
	size_t at = 0;

	do {
		size_t k = p->piece && p->piece < n - at ? p->piece : n - at;
		struct service piece = *s;

		piece.first = at == 0;
		piece.last = at + k == n;
		put_on_wire(to, LAYER_PRESENTATION, SERVICE_DATA, INDICATION, &piece,
		            copy_of(octets + at, k), k);
		at += k;
		/* Only to the other end: this one is in the middle of a turn. */
		while (to->wire_n > UPPER_WIRE / 2 && deliver_one(p, to))
			;
	} while (at < n);
}

static void fill_hole(struct upper *u, uint8_t *dst, uint64_t n)
{
	uint64_t at = rtse_hole(&u->rtse);

	while (n > 0) {
		struct p1_run run = p1_outgoing(&u->p1, at, n);
		const uint8_t *from = run.octets.p;

		assert_true(run.n > 0 && run.n <= n);
		if (!from) {
			assert_true(run.content_at + run.n <= u->content.n);
			from = u->content.p + run.content_at;
		}
		memcpy(dst, from, (size_t)run.n);
		dst += run.n;
		at += run.n;
		n -= run.n;
	}
}

static void go_down(struct upper_pair *p, struct upper *u, const struct event *e)
{
	const struct service *s = event_service(e);
	size_t size = s->user_data ? (size_t)node_size(s->user_data) : 0;
	uint8_t *octets = malloc(size + 1);
	size_t head;

	assert_non_null(octets);
	if (p->wire_log) {
		say(p, "%c> %c-", u->name, e->layer == LAYER_ACSE ? 'A' : 'P');
		say_primitive(p, (enum service_kind)e->code, (enum service_type)e->type,
		              &(struct service){ .positive = s->positive, .serial = s->serial,
		                                 .reason = s->reason, .priority = s->priority,
		                                 .data = { octets, size } });
	}
	assert_false(u->nodes.full);
	head = s->user_data ? node_write(&u->nodes, s->user_data, octets, size + 1) : 0;
	if (e->code == SERVICE_DATA) {
		fill_hole(u, octets + head, size - head);
		put_data(p, other(p, u), s, octets, size);
		free(octets);
		put_on_wire(u, LAYER_PRESENTATION, SERVICE_DATA, CONFIRM, s, NULL, 0);
	} else {
		assert_int_equal(head, size);
		put_on_wire(other(p, u), (enum layer)e->layer, (enum service_kind)e->code,
		            e->type == REQUEST ? INDICATION : CONFIRM, s, octets, size);
	}
}

/* ---- the user ---- */

static void keep_what_came(struct upper *u, const struct service *s, bool head)
{
	if (head) {
		const struct p1_arrival *arrival = s->detail;

		free(u->head);
		u->head = copy_of(s->data.p, s->data.n);
		u->head_n = s->data.n;
		if (!arrival->resumed)
			u->came_n = 0;
		assert_int_equal(u->came_n, arrival->content_at);
	} else {
		assert_true(u->came_n + s->data.n <= UPPER_CONTENT);
		memcpy(u->came + u->came_n, s->data.p, s->data.n);
		u->came_n += s->data.n;
	}
}

static void answer(struct upper *u, struct turn *t, enum service_kind kind,
                   const struct service *from)
{
	struct service *s = turn_service(t);

	s->positive = true;
	s->serial = from->serial;
	if (kind == SERVICE_CONNECT) {
		s->positive = !u->refuses;
		s->reason = u->refuse;
		s->detail = &u->bind;
	}
	turn_emit(t, LAYER_P1, kind, RESPONSE, s);
}

static void to_user(struct upper_pair *p, struct upper *u, struct turn *t, const struct event *e)
{
	static const uint8_t wanted[SERVICES_KINDS] = {
		[SERVICE_CONNECT] = UPPER_ANSWER_BIND,
		[SERVICE_SYNC_MINOR] = UPPER_ANSWER_SYNC,
		[SERVICE_TRANSFER] = UPPER_ANSWER_TRANSFER,
		[SERVICE_RELEASE] = UPPER_ANSWER_RELEASE,
	};
	const struct service *s = event_service(e);
	enum service_kind kind = (enum service_kind)e->code;

	if (kind == SERVICE_DATA || (kind == SERVICE_TRANSFER && s->first))
		keep_what_came(u, s, kind == SERVICE_TRANSFER);
	if (kind != SERVICE_DATA) {
		say(p, "%c: ", u->name);
		say_primitive(p, kind, (enum service_type)e->type, s);
	}
	if (e->type != INDICATION || !(u->answers & wanted[kind]))
		return;
	if (kind != SERVICE_TRANSFER || (s->last && (s->positive || s->reason == 0)))
		answer(u, t, kind, s);
}

/* ---- moving ---- */

static void collect_findings(struct upper *u)
{
	for (uint8_t i = 0; i < u->findings.n; i++)
		if (u->rules_n < sizeof u->rules / sizeof *u->rules)
			u->rules[u->rules_n++] = u->findings.at[i].rule->id;
	findings_clear(&u->findings);
}

static void turn_run(struct upper_pair *p, struct upper *u, struct turn *t)
{
	struct event e;

	collect_findings(u);
	while (event_queue_get(t->inner, &e)) {
		bool down = e.type == REQUEST || e.type == RESPONSE;

		if (down && (e.layer == LAYER_ACSE || e.layer == LAYER_PRESENTATION))
			go_down(p, u, &e);
		else if (e.layer == LAYER_RTSE ? down : !(e.layer == LAYER_P1))
			rtse_handle(&u->rtse, t, &e);
		else if (e.layer == LAYER_RTSE || down)
			p1_handle(&u->p1, t, &e);
		else
			to_user(p, u, t, &e);
		collect_findings(u);
	}
	/* The user takes all events. */
	while (event_queue_get(&u->outer, &e))
		if (e.kind == EVENT_STEP && e.layer == LAYER_RTSE)
			upper_rows[e.cell] = true;
		else if (e.kind == EVENT_PDU_IN && e.layer == LAYER_RTSE && e.code == RTSE_RTTR)
			u->pieces_in++;
	u->services_used = 0;
	kept_drop(&u->kept, &u->pool.pool);
}

static void emit(struct upper_pair *p, struct upper *u, enum layer layer, enum service_kind kind,
                 enum service_type type, const struct service *s)
{
	struct turn t = turn_of(p, u);

	turn_emit(&t, layer, kind, type, s ? turn_service_copy(&t, s) : turn_service(&t));
	turn_run(p, u, &t);
}

void upper_deliver(struct upper_pair *p, struct upper *u, enum layer layer,
                   enum service_kind kind, enum service_type type, const struct service *s)
{
	emit(p, u, layer, kind, type, s);
	upper_run(p);
}

static bool deliver_one(struct upper_pair *p, struct upper *u)
{
	struct upper_primitive *w;

	if (u->stalled || u->wire_n == 0)
		return false;
	w = u->wire[0];
	memmove(u->wire, u->wire + 1, --u->wire_n * sizeof *u->wire);
	emit(p, u, w->layer, w->kind, w->type, &w->s);
	free(w->octets);
	free(w);
	return true;
}

void upper_run(struct upper_pair *p)
{
	while (deliver_one(p, &p->a) || deliver_one(p, &p->b))
		;
}

void upper_ask(struct upper_pair *p, struct upper *u, enum service_kind kind,
               enum service_type type, const struct service *s)
{
	emit(p, u, LAYER_P1, kind, type, s);
	upper_run(p);
}

void upper_tick(struct upper_pair *p, struct upper *u)
{
	struct turn t = turn_of(p, u);
	struct event e = {
		.kind = EVENT_PRIMITIVE, .layer = LAYER_RTSE, .code = SERVICE_TIMER,
		.type = INDICATION, .cell = CELL_NONE,
	};

	p->now_us = rtse_deadline(&u->rtse);
	t.now_us = p->now_us;
	rtse_handle(&u->rtse, &t, &e);
	turn_run(p, u, &t);
	upper_run(p);
}

/* ---- beginning and end ---- */

static void init(struct upper *u, char name, const struct rtse_config *c)
{
	memset(u, 0, sizeof *u);
	u->name = name;
	u->answers = UPPER_ANSWER_ALL;
	u->came = malloc(UPPER_CONTENT);
	assert_non_null(u->came);
	test_pool_init(&u->pool);
	event_queue_init(&u->inner);
	event_queue_init(&u->outer);
	findings_clear(&u->findings);
	u->rtse_config = *c;
	u->p1_config = (struct p1_config){ .initiator = c->initiator, .x410 = c->x410 };
	rtse_init(&u->rtse, &u->rtse_config);
	p1_init(&u->p1, &u->p1_config);
	u->bind = p1_bind_simple(name == 'A' ? "MTA-A" : "MTA-B", "secret");
}

void upper_init(struct upper_pair *p, const struct rtse_config *a, const struct rtse_config *b)
{
	memset(p, 0, sizeof *p);
	init(&p->a, 'A', a);
	init(&p->b, 'B', b);
}

static void end(struct upper *u)
{
	p1_drop(&u->p1, &u->pool.pool);
	test_pool_check(&u->pool);
	while (u->wire_n > 0) {
		u->wire_n--;
		free(u->wire[u->wire_n]->octets);
		free(u->wire[u->wire_n]);
	}
	free(u->came);
	free(u->head);
}

void upper_end(struct upper_pair *p)
{
	end(&p->a);
	end(&p->b);
}

void upper_bind(struct upper_pair *p)
{
	upper_ask(p, &p->a, SERVICE_CONNECT, REQUEST, &(struct service){ .detail = &p->a.bind });
}

static const uint8_t sample_name[] = {
	0x60, 0x12, 0x30, 0x10, 0x61, 0x04, 0x13, 0x02, 'X', 'X', 0x62, 0x03, 0x13, 0x01, ' ',
	0x83, 0x03, 'O', 'r', 'g',
};

/* The head of a message, by hand: one recipient, one trace element. */
static const uint8_t sample_envelope[] = {
	0x64, 0x13, 0x63, 0x0b, 0x61, 0x04, 0x13, 0x02, 'X', 'X', 0x62, 0x03, 0x13, 0x01, ' ',
	0x16, 0x04, 'i', 'd', '-', '1',
};

static struct ber_string string_at(const uint8_t *p, size_t n)
{
	return (struct ber_string){ { p, n }, false };
}

void upper_send(struct upper_pair *p, struct upper *u, struct octets content)
{
	struct p1_recipient r = { .name = { sample_name, sizeof sample_name }, .number = 1,
	                          .indicators = P1_RESPONSIBILITY | P1_MTA_NON_DELIVERY };
	struct p1_message m = {
		.originator = { sample_name, sizeof sample_name },
		.content_type = { .present = true, .number = P1_CONTENT_P22 },
		.recipients_n = 1, .recipients = &r,
	};
	struct p1_transfer tr;

	m.id.domain.country = (struct p1_word){ string_at(sample_envelope + 8, 2), 0x13 };
	m.id.domain.admd = (struct p1_word){ string_at(sample_envelope + 14, 1), 0x13 };
	m.id.local = string_at(sample_envelope + 17, 4);
	m.trace.domain = m.id.domain;
	m.trace.arrival = p1_string("260101000000Z");
	tr = (struct p1_transfer){ .id = 7, .content_length = content.n };
	tr.head.p = u->out_head;
	tr.head.n = p1_message_head(&m, content.n, u->out_head, sizeof u->out_head);
	assert_true(tr.head.n <= sizeof u->out_head);
	u->content = content;
	upper_ask(p, u, SERVICE_TRANSFER, REQUEST, &(struct service){ .detail = &tr });
}

void upper_expect(struct upper_pair *p, const char *want)
{
	if (strcmp(p->log, want) != 0)
		fail_msg("expected:\n%sactual:\n%s", want, p->log);
	p->log[0] = '\0';
	p->log_n = 0;
}

bool upper_found(const struct upper *u, const struct rule *rule)
{
	for (size_t i = 0; i < u->rules_n; i++)
		if (u->rules[i] == rule->id)
			return true;
	return false;
}
