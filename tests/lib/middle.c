#include "middle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { OCTETS_MAX = 4096 };

struct middle_primitive {
	enum layer layer;
	enum service_kind kind;
	enum service_type type;
	struct service s;
	size_t n;
	uint8_t octets[OCTETS_MAX];
};

static void say(struct middle_pair *m, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(m->log + m->log_n, sizeof m->log - m->log_n, format, ap);
	va_end(ap);
	m->log_n += (size_t)n;
	assert_true(m->log_n < sizeof m->log);
}

static void say_hex(struct middle_pair *m, struct octets o)
{
	for (size_t i = 0; i < o.n; i++)
		say(m, "%s%02x", i ? "" : " ", o.p[i]);
}

static size_t unhex(const char *hex, uint8_t *out)
{
	size_t n = 0;

	for (; hex && *hex; hex++) {
		char two[3] = { hex[0], hex[1], '\0' };

		if (*hex == ' ')
			continue;
		assert_true(n < OCTETS_MAX);
		out[n++] = (uint8_t)strtoul(two, NULL, 16);
		hex++;
	}
	return n;
}

static const char *layer_letter(enum layer layer)
{
	return layer == LAYER_SESSION ? "S" : layer == LAYER_PRESENTATION ? "P" : "A";
}

static void say_primitive(struct middle_pair *m, enum layer layer, enum service_kind kind,
                          enum service_type type, const struct service *s)
{
	say(m, "%s-%s %s", layer_letter(layer), service_kind_name(kind), service_type_name(type));
	if (kind == SERVICE_CONNECT || kind == SERVICE_RELEASE)
		say(m, type == RESPONSE || type == CONFIRM ? s->positive ? "+" : "-" : "");
	if (s->first)
		say(m, " first");
	if (s->last)
		say(m, " last");
	if (s->serial)
		say(m, " serial=%u", (unsigned)s->serial);
	if (s->whose)
		say(m, " whose=%s source=%u", layer_name((enum layer)s->whose), s->source);
	if (s->reason)
		say(m, " reason=%u", (unsigned)s->reason);
}

/* ---- one end ---- */

static struct turn turn_of(struct middle *end)
{
	nodes_reset(&end->nodes);
	findings_clear(&end->findings);
	return (struct turn){
		.nodes = &end->nodes, .pool = &end->pool.pool, .findings = &end->findings,
		.inner = &end->inner, .outer = &end->outer, .services = end->services,
		.names = end->names,
		.services_used = end->services_used, .kept = &end->kept };
}

static void say_findings(struct middle_pair *m, struct middle *end)
{
	for (size_t i = 0; i < end->findings.n; i++)
		say(m, "%c! %s @%zu\n", end->name, end->findings.at[i].rule->name,
		    end->findings.at[i].octet);
	findings_clear(&end->findings);
}

static void say_step(struct middle_pair *m, const struct middle *end, const struct event *e)
{
	bool acse = e->layer == LAYER_ACSE;
	const char *name = "invalid";

	if (e->cell != CELL_NONE)
		name = acse ? acse_event_name(acse_rows[e->cell].event) :
		              presentation_event_name(presentation_rows[e->cell].event);
	say(m, "%c| %s %s %s\n", end->name,
	    acse ? acse_state_name(e->from) : presentation_state_name(e->from), name,
	    acse ? acse_state_name(e->to) : presentation_state_name(e->to));
}

static void tell_driver(struct middle_pair *m, struct middle *end)
{
	struct event e;

	while (event_queue_get(&end->outer, &e))
		if (e.kind == EVENT_STEP)
			say_step(m, end, &e);
}

/* To the other end, in pieces if it is data. */
static void transmit(struct middle_pair *m, struct middle *from, struct turn *t,
                     const struct event *e)
{
	struct middle *to = from == &m->a ? &m->b : &m->a;
	const struct service *s = event_service(e);
	uint8_t octets[OCTETS_MAX];
	bool data = e->code == SERVICE_DATA || e->code == SERVICE_TYPED_DATA;
	size_t n = 0, step, at = 0;

	if (s->user_data) {
		assert_true(node_size(s->user_data) <= sizeof octets);
		n = node_write(t->nodes, s->user_data, octets, sizeof octets);
	}
	say(m, "%c> ", from->name);
	say_primitive(m, (enum layer)e->layer, (enum service_kind)e->code,
	              (enum service_type)e->type, s);
	say_hex(m, (struct octets){ octets, n });
	say(m, "\n");
	step = data && m->piece ? m->piece : n;
	do {
		struct middle_primitive *w = calloc(1, sizeof *w);

		assert_non_null(w);
		w->layer = (enum layer)e->layer;
		w->kind = (enum service_kind)e->code;
		w->type = e->type == REQUEST ? INDICATION : CONFIRM;
		w->s = (struct service){
			.positive = s->positive, .serial = s->serial, .reason = s->reason,
			.versions = m->versions, .units = s->units };
		w->n = n - at < step ? n - at : step;
		memcpy(w->octets, octets + at, w->n);
		if (data) {
			w->s.first = at == 0;
			w->s.last = at + w->n == n;
		}
		at += w->n;
		if (m->lost) {
			free(w);
			continue;
		}
		assert_true(to->wire_n < MIDDLE_WIRE);
		to->wire[to->wire_n++] = w;
	} while (at < n);
}

static void to_user(struct middle_pair *m, struct middle *end, const struct event *e)
{
	const struct service *s = event_service(e);

	say(m, "%c: ", end->name);
	say_primitive(m, (enum layer)e->layer, (enum service_kind)e->code,
	              (enum service_type)e->type, s);
	if (s->context)
		say(m, " ctx=%u", (unsigned)s->context);
	say_hex(m, s->data);
	say(m, "\n");
}

static void route(struct middle_pair *m, struct middle *end, struct turn *t,
                  const struct event *e)
{
	bool down = e->type == REQUEST || e->type == RESPONSE;

	if (e->layer == LAYER_SESSION && down)
		transmit(m, end, t, e);
	else if (e->layer == LAYER_SESSION || (e->layer == LAYER_PRESENTATION && down))
		presentation_handle(&end->p, t, e);
	else if (m->with_acse && ((e->layer == LAYER_ACSE && down) ||
	                          e->layer == LAYER_PRESENTATION))
		acse_handle(&end->a, t, e);
	else
		to_user(m, end, e);
}

static void turn_end(struct middle_pair *m, struct middle *end, struct turn *t)
{
	struct event e;

	while (event_queue_get(&end->inner, &e)) {
		route(m, end, t, &e);
		say_findings(m, end);
		tell_driver(m, end);
	}
	end->services_used = 0;
	kept_drop(&end->kept, &end->pool.pool);
}

static void deliver(struct middle_pair *m, struct middle *end, struct middle_primitive *w)
{
	struct turn t = turn_of(end);
	uint8_t *block = malloc(w->n ? w->n : 1);
	struct service *s = turn_service(&t);

	assert_non_null(block);
	memcpy(block, w->octets, w->n);
	*s = w->s;
	s->data = (struct octets){ block, w->n };
	turn_emit(&t, w->layer, w->kind, w->type, s);
	turn_end(m, end, &t);
	free(block);
	free(w);
}

static bool one(struct middle_pair *m, struct middle *end)
{
	struct middle_primitive *w;

	if (end->wire_n == 0)
		return false;
	w = end->wire[0];
	memmove(end->wire, end->wire + 1, --end->wire_n * sizeof end->wire[0]);
	deliver(m, end, w);
	return true;
}

static void run(struct middle_pair *m)
{
	while (one(m, &m->a) || one(m, &m->b))
		;
}

/* ---- what tests call ---- */

static void end_init(struct middle *end, char name, const struct presentation_config *p,
                     const struct acse_config *a)
{
	end->name = name;
	end->p_config = *p;
	presentation_init(&end->p, &end->p_config);
	if (a) {
		end->a_config = *a;
		acse_init(&end->a, &end->a_config);
	}
	event_queue_init(&end->inner);
	event_queue_init(&end->outer);
	test_pool_init(&end->pool);
}

void middle_init(struct middle_pair *m, const struct presentation_config *a,
                 const struct presentation_config *b, const struct acse_config *acse_a,
                 const struct acse_config *acse_b)
{
	memset(m, 0, sizeof *m);
	m->with_acse = acse_a != NULL;
	m->versions = 2;
	end_init(&m->a, 'A', a, acse_a);
	end_init(&m->b, 'B', b, acse_b);
}

void middle_end(struct middle_pair *m)
{
	test_pool_check(&m->a.pool);
	test_pool_check(&m->b.pool);
}

void middle_ask(struct middle_pair *m, struct middle *end, enum service_kind kind,
                enum service_type type, const struct service *s, const char *user)
{
	struct turn t = turn_of(end);
	struct service *copy = turn_service(&t);
	uint8_t octets[OCTETS_MAX];
	size_t n = unhex(user, octets);
	bool association = kind == SERVICE_CONNECT || kind == SERVICE_RELEASE ||
	                   kind == SERVICE_U_ABORT;

	if (s)
		*copy = *s;
	if (user)
		copy->user_data = node_octets(t.nodes, NULL, (struct octets){ octets, n });
	turn_emit(&t, m->with_acse && association ? LAYER_ACSE : LAYER_PRESENTATION, kind, type,
	          copy);
	turn_end(m, end, &t);
	run(m);
}

void middle_deliver(struct middle_pair *m, struct middle *end, enum layer layer,
                    enum service_kind kind, enum service_type type, const struct service *s,
                    const char *data)
{
	struct middle_primitive *w = calloc(1, sizeof *w);

	assert_non_null(w);
	w->layer = layer;
	w->kind = kind;
	w->type = type;
	w->s = (struct service){ .versions = m->versions };
	if (s)
		w->s = *s;
	w->n = unhex(data, w->octets);
	deliver(m, end, w);
	run(m);
}

void middle_expect(struct middle_pair *m, const char *want)
{
	if (strcmp(m->log, want) != 0) {
		print_error("expected:\n%s\nactual:\n%s\n", want, m->log);
		fail_msg("another log");
	}
	middle_forget(m);
}

void middle_forget(struct middle_pair *m)
{
	m->log_n = 0;
	m->log[0] = '\0';
}
