#include "session_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void pair_init(struct pair *p, const struct session_config *a, const struct session_config *b)
{
	struct session_config c;

	memset(p, 0, sizeof *p);
	test_pool_init(&p->pool);
	session_defaults(&c);
	p->end[0].config = a ? *a : c;
	p->end[1].config = b ? *b : c;
	for (size_t i = 0; i < 2; i++)
		session_init(&p->end[i].s, &p->end[i].config);
	p->fill = 'x';
}

void pair_lose(struct pair *p, unsigned who)
{
	struct pair_end *e = &p->end[who];

	for (size_t i = 0; i < e->in_n; i++)
		free(e->in[i].octets);
	e->in_n = 0;
}

void pair_end(struct pair *p)
{
	for (unsigned who = 0; who < 2; who++) {
		pair_lose(p, who);
		session_drop(&p->end[who].s, &p->pool.pool);
	}
	test_pool_check(&p->pool);
}

enum session_state pair_state(const struct pair *p, unsigned who)
{
	return p->end[who].s.vars.state;
}

/* ---- what users see ---- */

static void write_line(struct pair_end *e, const char *line)
{
	assert_true(e->written < PAIR_LINES);
	snprintf(e->lines[e->written++], PAIR_LINE, "%s", line);
}

static void put_user_data(struct text *t, struct octets data)
{
	if (!data.n)
		return;
	text_char(t, ' ');
	if (data.n > 40) {		/* long ones: their length and last octet */
		text_u64(t, data.n);
		text_char(t, '*');
		data = (struct octets){ data.p + data.n - 1, 1 };
	}
	text_quoted(t, data);
}

static void put_if(struct text *t, const char *name, uint64_t v)
{
	if (v)
		text_field_u64(t, name, v);
}

static void put_octets(struct text *t, const char *name, struct octets o)
{
	if (!o.n)
		return;
	text_field(t, name);
	text_quoted(t, o);
}

static void put_connect(struct text *t, const struct event *e, const struct service *v)
{
	const struct service_names *names = service_names(v);

	if (e->type == INDICATION || v->positive) {
		text_field(t, "units");
		text_hex8(t, (uint8_t)(v->units >> 8));
		text_hex8(t, (uint8_t)v->units);
		put_if(t, "setting", v->token_setting);
		text_field_u64(t, "version", v->versions);
	}
	put_octets(t, "ref", names->references.calling);
	put_octets(t, "called-ref", names->references.called);
	put_octets(t, "common", names->references.common);
	put_octets(t, "calling", names->calling_ssel);
	put_octets(t, "called", names->called_ssel);
	put_if(t, "initial", v->initial_serial);
}

static void write_primitive(struct pair_end *end, const struct event *e, const struct service *v,
                            struct octets data)
{
	char line[PAIR_LINE];
	struct text t;

	text_init(&t, line, sizeof line);
	text_put(&t, service_kind_name(e->code));
	text_char(&t, ' ');
	text_put(&t, service_type_name(e->type));
	if (e->type == CONFIRM)
		text_put(&t, v->positive ? " +" : " -");
	if (e->code == SERVICE_CONNECT)
		put_connect(&t, e, v);
	put_if(&t, "tokens", v->tokens);
	put_if(&t, "serial", v->serial);
	put_if(&t, "sync", v->sync_type);
	put_if(&t, "reason", v->reason);
	if (v->whose == LAYER_COTP)
		text_put(&t, " transport");
	if (e->code == SERVICE_CONNECT && e->type == CONFIRM && !v->positive)
		text_put(&t, v->source == SOURCE_USER ? " user" : " provider");
	put_octets(&t, "activity", v->activity);
	put_octets(&t, "old", v->old_activity);
	put_octets(&t, "reflected", v->reflected);
	if ((e->code == SERVICE_U_ABORT || e->code == SERVICE_RELEASE) && v->keep_transport &&
	    e->type == INDICATION)
		text_put(&t, " keep");
	put_user_data(&t, data);
	assert_false(t.cut);
	write_line(end, line);
}

/* Where user information came from, unless its TSDU was gathered. */
static void check_offset(const struct pair *p, const struct service *v)
{
	if (!v->data.n || v->offset < p->piece_at)
		return;
	assert_true(v->offset - p->piece_at <= p->piece.n - v->data.n);
	assert_memory_equal(p->piece.p + (v->offset - p->piece_at), v->data.p, v->data.n);
}

/* Pieces of a unit become one line, whatever the pieces were. */
static void data_piece(const struct pair *p, struct pair_end *end, const struct event *e,
                       const struct service *v)
{
	check_offset(p, v);
	if (v->first)
		end->data_n = 0;
	for (size_t i = 0; i < v->data.n; i++) {
		if (end->data_n < sizeof end->data)
			end->data[end->data_n] = (char)v->data.p[i];
		end->data_n++;
	}
	end->pieces++;
	if (!v->last)
		return;
	if (end->data_n <= sizeof end->data) {
		write_primitive(end, e, &(struct service){ .positive = true },
		                (struct octets){ (uint8_t *)end->data, end->data_n });
	} else {
		char line[PAIR_LINE];

		snprintf(line, sizeof line, "%s ind %zu octets", service_kind_name(e->code),
		         end->data_n);
		write_line(end, line);
	}
	end->data_n = 0;
}

/* ---- the transport between them ---- */

static void carry(struct pair *p, unsigned to, enum service_kind kind, enum service_type type,
                  struct node *tree)
{
	struct pair_end *e = &p->end[to];
	struct pair_item *item = &e->in[e->in_n];
	size_t written;

	assert_true(e->in_n < PAIR_WAITING);
	*item = (struct pair_item){ .kind = (uint8_t)kind, .type = (uint8_t)type };
	if (tree) {
		item->n = (size_t)node_size(tree);
		item->octets = malloc(item->n + 1);
		written = node_write(&p->nodes, tree, item->octets, item->n);
		assert_false(p->nodes.full);
		memset(item->octets + written, p->fill, item->n - written);
	}
	e->in_n++;
}

static void transport(struct pair *p, unsigned from, const struct event *e)
{
	const struct service *v = event_service(e);

	switch (e->code) {
	case SERVICE_CONNECT:
		carry(p, 1 - from, SERVICE_CONNECT, e->type == REQUEST ? INDICATION : CONFIRM,
		      NULL);
		break;
	case SERVICE_DATA:
		carry(p, 1 - from, SERVICE_DATA, INDICATION, v->user_data);
		break;
	default:
		carry(p, 1 - from, SERVICE_DISCONNECT, INDICATION, NULL);
		break;
	}
}

static void write_findings(struct pair *p, unsigned who)
{
	for (size_t i = 0; i < p->findings.n; i++) {
		char line[PAIR_LINE];

		snprintf(line, sizeof line, "! %s", p->findings.at[i].rule->name);
		write_line(&p->end[who], line);
	}
}

static void trace(struct pair *p, unsigned who, const struct event *e)
{
	char *line = p->trace[p->traced % PAIR_TRACE];

	p->traced++;
	if (e->kind == EVENT_STEP)
		snprintf(line, PAIR_LINE, "%c %s -> %s (%d)", "AB"[who],
		         session_state_name(e->from),
		         session_state_name(e->to), e->cell == CELL_NONE ? -1 : e->cell);
	else
		snprintf(line, PAIR_LINE, "%c %s %s", "AB"[who],
		         e->kind == EVENT_PDU_IN ? "in " : "out", session_spdu_name(e->code));
}

void pair_trace(const struct pair *p)
{
	size_t i = p->traced > PAIR_TRACE ? p->traced - PAIR_TRACE : 0;

	for (; i < p->traced; i++)
		print_error("%s\n", p->trace[i % PAIR_TRACE]);
}

void pair_hand(struct pair *p, unsigned who, const struct event *e)
{
	struct turn t = {
		.now_us = p->now_us, .nodes = &p->nodes, .pool = &p->pool.pool,
		.findings = &p->findings, .inner = &p->inner, .outer = &p->outer,
		.services = p->services, .names = p->names, .services_used = 1,
		.kept = p->no_kept ? NULL : &p->kept,
	};
	struct event out;

	findings_clear(&p->findings);
	session_handle(&p->end[who].s, &t, e);
	write_findings(p, who);
	while (event_queue_get(&p->inner, &out)) {
		const struct service *v = event_service(&out);

		if (out.layer == LAYER_COTP)
			transport(p, who, &out);
		else if (out.code == SERVICE_DATA || out.code == SERVICE_TYPED_DATA)
			data_piece(p, &p->end[who], &out, v);
		else
			write_primitive(&p->end[who], &out, v, v->data);
	}
	while (event_queue_get(&p->outer, &out))
		trace(p, who, &out);
	kept_drop(&p->kept, &p->pool.pool);
	nodes_reset(&p->nodes);
}

static struct event primitive(enum layer layer, enum service_kind kind, enum service_type type,
                              const struct service *v)
{
	return (struct event){
		.kind = EVENT_PRIMITIVE, .layer = (uint8_t)layer, .code = (uint8_t)kind,
		.type = (uint8_t)type, .detail = v,
	};
}

void pair_user(struct pair *p, unsigned who, enum service_kind kind, enum service_type type,
               const struct service *v, const char *user)
{
	struct service copy = v ? *v : (struct service){ .positive = true };
	struct event e = primitive(LAYER_SESSION, kind, type, &copy);

	if (user)
		copy.user_data = node_octets(&p->nodes, NULL, octets_of(user));
	pair_hand(p, who, &e);
}

/* Each piece lies in a block of exactly its size. */
static void hand_tsdu(struct pair *p, unsigned who, const struct pair_item *item)
{
	enum { HEADERS = 7 };		/* TPKT and DT between two pieces */
	size_t at = 0;

	do {
		size_t left = item->n - at;
		size_t n = p->step && p->step < left ? p->step : left;
		uint8_t *block = malloc(n + !n);
		struct service v = {
			.data = { block, n }, .first = at == 0, .last = n == left,
			.offset = p->offset[who],
		};
		struct event e = primitive(LAYER_COTP, SERVICE_DATA, INDICATION, &v);

		if (n)
			memcpy(block, item->octets + at, n);
		p->piece = v.data;
		p->piece_at = v.offset;
		pair_hand(p, who, &e);
		free(block);
		at += n;
		p->offset[who] += n + HEADERS;
	} while (at < item->n);
}

bool pair_step(struct pair *p, unsigned who)
{
	struct pair_end *end = &p->end[who];
	struct pair_item item = end->in[0];
	struct service none = { .first = true };
	struct event e = primitive(LAYER_COTP, item.kind, item.type, &none);

	if (end->in_n == 0)
		return false;
	memmove(&end->in[0], &end->in[1], --end->in_n * sizeof end->in[0]);
	if (item.kind == SERVICE_DATA)
		hand_tsdu(p, who, &item);
	else
		pair_hand(p, who, &e);
	free(item.octets);
	if (item.kind == SERVICE_DISCONNECT) {	/* destructive in both directions */
		pair_lose(p, who);
		pair_lose(p, 1 - who);
	}
	return true;
}

void pair_pump(struct pair *p)
{
	while (pair_step(p, 1) || pair_step(p, 0))
		;
}

void pair_inject_octets(struct pair *p, unsigned who, struct octets tsdu)
{
	struct pair_end *e = &p->end[who];
	struct pair_item *item = &e->in[e->in_n++];

	assert_true(e->in_n <= PAIR_WAITING);
	*item = (struct pair_item){ .kind = SERVICE_DATA, .type = INDICATION,
	                            .octets = malloc(tsdu.n + 1), .n = tsdu.n };
	if (tsdu.n)
		memcpy(item->octets, tsdu.p, tsdu.n);
}

void pair_inject(struct pair *p, unsigned who, const char *hex)
{
	uint8_t octets[1000];
	size_t n = 0;
	unsigned v;
	int used;

	for (; sscanf(hex, " %2x%n", &v, &used) == 1; hex += used) {
		assert_true(n < sizeof octets);
		octets[n++] = (uint8_t)v;
	}
	pair_inject_octets(p, who, (struct octets){ octets, n });
}

void pair_break(struct pair *p)
{
	static const struct service gone = { .reason = 256 };

	for (unsigned who = 0; who < 2; who++) {
		struct event e = primitive(LAYER_COTP, SERVICE_DISCONNECT, INDICATION, &gone);

		pair_lose(p, who);
		pair_hand(p, who, &e);
	}
}

void pair_wait(struct pair *p, int64_t us)
{
	p->now_us += us;
	for (unsigned who = 0; who < 2; who++) {
		struct event e = primitive(LAYER_SESSION, SERVICE_TIMER, INDICATION, NULL);

		if (session_deadline(&p->end[who].s) <= p->now_us)
			pair_hand(p, who, &e);
	}
}

void pair_expect(struct pair *p, unsigned who, const char *line)
{
	struct pair_end *e = &p->end[who];

	if (!line) {
		if (e->read != e->written)
			fail_msg("end %u: not expected: %s", who, e->lines[e->read]);
		return;
	}
	if (e->read == e->written)
		fail_msg("end %u: nothing more; expected: %s (in %s)", who, line,
		         session_state_name(pair_state(p, who)));
	assert_string_equal(e->lines[e->read], line);
	e->read++;
}

void pair_forget(struct pair *p)
{
	p->end[0].read = p->end[0].written;
	p->end[1].read = p->end[1].written;
}
