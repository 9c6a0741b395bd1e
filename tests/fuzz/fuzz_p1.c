/* Fuzz target: heads of messages, reports and probes, O/R names, binds, texts of
 * addresses; values by tables; the reader of values whole and cut; and an end that receives.  The
 * first octet chooses. */
#include "fuzz.h"

#include <string.h>

#include "pool.h"
#include "p1/p1.h"
#include "p1/p1_strong.h"
#include "p1/p1_types.h"
#include "p1/p1_usual.h"

enum { LINE_MAX = 16 << 10, VALUE_MAX = 32 << 10, SHOWN = 20 };

static char line[LINE_MAX], again_line[LINE_MAX];
static uint8_t octets[VALUE_MAX];

static void check(const struct findings *f, bool ok, size_t n)
{
	demand(ok != f->fatal);
	for (size_t i = 0; i < f->n; i++)
		demand(f->at[i].octet <= n);
}

static void show(const struct p1_apdu *a, char *out)
{
	struct text t;

	text_init(&t, out, LINE_MAX);
	p1_text_all(&t, a, SHOWN);
}

static bool all(void *ctx, uint32_t i, const struct p1_recipient *r)
{
	(void)r;
	demand(i == (*(uint32_t *)ctx)++);
	return true;
}

/* Relayed without change a head reads the same. */
static void relayed(const struct p1_apdu *a)
{
	uint32_t asked = 0;
	struct p1_relay relay = { .responsible = all, .ctx = &asked };
	size_t n = p1_relay_head(a, &relay, a->length, octets, sizeof octets);
	struct p1_apdu again;
	struct findings f;

	demand(p1_relay_head(a, &relay, a->length, NULL, 0) == n);
	if (n > sizeof octets)
		return;
	demand(a->kind == P1_REPORT || asked == a->recipients_n);
	findings_clear(&f);
	demand(p1_decode((struct octets){ octets, n }, &again, &f));
	again.has_length = a->has_length;
	again.length = a->length;
	show(&again, again_line);
	demand(strcmp(line, again_line) == 0);
}

static bool none(void *ctx, uint32_t i, const struct p1_recipient *r)
{
	(void)ctx, (void)i, (void)r;
	return false;
}

/* Relayed within a domain: both traces have grown, nobody is responsible, and what else
 * there is has its size. */
static void relayed_inside(const struct p1_apdu *a)
{
	struct p1_trace ours = { .arrival = p1_string("260101000000Z"), .mta = p1_string("MTA") };
	struct p1_relay relay = { .trace = ours, .internal = ours, .responsible = none };
	static const struct octets country = { (const uint8_t *)"XX", 2 };
	struct p1_extension x;
	struct p1_recipient r;
	struct p1_iterator it;
	struct p1_apdu next;
	struct findings f;
	size_t n;

	relay.trace.domain.country = relay.trace.domain.admd =
	                             (struct p1_word){ { country, false }, 0x13 };
	relay.internal.domain = relay.trace.domain;
	n = p1_relay_head(a, &relay, a->length, octets, sizeof octets);
	if (n > sizeof octets)
		return;
	findings_clear(&f);
	demand(p1_decode((struct octets){ octets, n }, &next, &f));
	demand(next.trace_n == a->trace_n + 1 && next.recipients_n == a->recipients_n);
	demand(next.recipients.end - next.recipients.pos == a->recipients.end - a->recipients.pos);
	demand(next.extensions_n == a->extensions_n + !p1_find_internal(a, &x));
	demand(p1_find_internal(&next, &x));
	p1_walk(&it, &next.recipients, &f);
	while (next.kind != P1_REPORT && p1_next_recipient(&it, &r))
		demand(!r.indicators_at || !(r.indicators & P1_RESPONSIBILITY));
}

static struct octets inside(const struct p1_window *w)
{
	return w->present ? (struct octets){ w->base + w->pos, w->end - w->pos }
	                  : (struct octets){ NULL, 0 };
}

/* What passes at one look the readers pass too, and count alike. */
static void usual(const struct p1_apdu *a)
{
	uint32_t recipients = a->kind == P1_REPORT ? 0 :
	                      p1_usual_recipients(inside(&a->recipients));
	uint32_t trace = p1_usual_trace(inside(&a->trace)), n = 0;
	struct p1_recipient r;
	struct p1_iterator it;
	struct findings f;
	struct p1_trace e;

	findings_clear(&f);
	p1_walk(&it, &a->recipients, &f);
	while (recipients && p1_next_recipient(&it, &r))
		n++;
	demand(n == recipients && f.n == 0);
	p1_walk(&it, &a->trace, &f);
	for (n = 0; trace && p1_next_trace(&it, &e); )
		n++;
	demand(n == trace && f.n == 0);
}

static void head(struct octets in)
{
	struct p1_report report = { .recipients_n = 0 };
	struct p1_apdu a;
	struct findings f;
	bool ok;

	findings_clear(&f);
	ok = p1_decode(in, &a, &f);
	check(&f, ok, in.n);
	if (!ok)
		return;
	show(&a, line);
	relayed(&a);
	relayed_inside(&a);
	usual(&a);
	demand(p1_trace_has(&a, &a.id.domain) || a.trace_n > 0 || !a.trace_n);
	p1_report_on(&report, &a);
	demand(p1_report(&report, NULL, 0) > 0);
}

static void name(struct octets in)
{
	struct p1_name n, again;
	struct findings f;
	size_t size;
	bool ok;

	findings_clear(&f);
	ok = p1_name_decode(in, &n, &f);
	check(&f, ok, in.n);
	demand(!p1_name_usual(in, NULL) || (ok && f.n == 0));
	if (!ok)
		return;
	size = p1_name_encode(&n, 0x60, octets, sizeof octets);
	if (size > sizeof octets)
		return;
	findings_clear(&f);
	demand(p1_name_decode((struct octets){ octets, size }, &again, &f));
	demand(p1_name_equal(&n, &again));
}

static void text(struct octets in)
{
	struct p1_mts_id id;
	struct p1_name n, again;
	struct findings f;
	size_t bad = 0, size;

	if (p1_mts_id_parse(in, &id, &bad))
		demand(p1_mts_id_equal(&id, &id));
	else
		demand(bad <= in.n);
	if (!p1_name_parse(in, &n, &bad)) {
		demand(bad <= in.n);
		return;
	}
	size = p1_name_encode(&n, 0x60, octets, sizeof octets);
	demand(size <= sizeof octets || in.n > 1000);
	if (size > sizeof octets)
		return;
	findings_clear(&f);
	demand(p1_name_decode((struct octets){ octets, size }, &again, &f));
	demand(p1_name_equal(&n, &again));
}

/* What was read of credentials is written and read again. */
static void strong(struct octets in)
{
	struct p1_strong s, again;
	struct findings f;
	size_t n;
	bool ok;

	findings_clear(&f);
	ok = p1_strong_decode(in, &s, &f);
	check(&f, ok, in.n);
	if (!ok || !s.has_token)
		return;
	n = p1_strong_encode(&s, octets, sizeof octets);
	if (n > sizeof octets)
		return;
	findings_clear(&f);
	demand(p1_strong_decode((struct octets){ octets, n }, &again, &f) && again.has_token);
	demand(octets_equal(s.signed_octets, again.signed_octets));
	demand(octets_equal(s.signature, again.signature));
	demand(octets_equal(s.certificates, again.certificates));
	demand(p1_token_encode(&s.token, NULL, 0) > 0);
}

static void protected(struct octets in)
{
	struct p1_protected p, again;
	struct findings f;
	size_t n;
	bool ok;

	findings_clear(&f);
	ok = p1_protected_decode(in, &p, &f);
	check(&f, ok, in.n);
	if (!ok)
		return;
	n = p1_protected_encode(&p, octets, sizeof octets);
	if (n > sizeof octets)
		return;
	findings_clear(&f);
	demand(p1_protected_decode((struct octets){ octets, n }, &again, &f));
	demand(octets_equal(p.signature, again.signature));
	demand(octets_equal(p.random1, again.random1) && octets_equal(p.random2, again.random2));
}

static void bind(uint8_t how, struct octets in)
{
	static struct nodes nodes;
	struct p1_bind b, again;
	struct findings f;
	struct node *root;
	struct text t;
	bool x410 = how & 4, ok;
	size_t n;

	findings_clear(&f);
	ok = p1_bind_decode(in, (enum p1_bind_kind)(how & 3 ? (how & 3) - 1 : 0), x410, &b, &f);
	check(&f, ok, in.n);
	if (!ok || (b.kind == P1_BIND_ERROR && b.error == P1_BIND_NO_ERROR))
		return;
	if (b.credentials == P1_CREDENTIALS_STRONG)
		strong(b.secret.raw);
	if (b.credentials == P1_CREDENTIALS_PROTECTED)
		protected(b.secret.raw);
	text_init(&t, line, sizeof line);
	p1_bind_text(&t, &b);
	nodes_reset(&nodes);
	root = p1_bind_build(&nodes, &b, x410);
	n = (size_t)node_size(root);
	if (n > sizeof octets)
		return;
	demand(node_write(&nodes, root, octets, sizeof octets) == n);
	findings_clear(&f);
	demand(p1_bind_decode((struct octets){ octets, n }, (enum p1_bind_kind)b.kind, x410,
	                      &again, &f));
	text_init(&t, again_line, sizeof again_line);
	p1_bind_text(&t, &again);
	demand(strcmp(line, again_line) == 0);
}

struct parts {
	uint8_t octets[3][VALUE_MAX];
	size_t n[3];
	bool ok, head_done;
};

static void read_value(struct octets in, size_t piece, bool x410, struct parts *out)
{
	struct p1_reader r;
	struct findings f;
	size_t steps = 0;

	memset(out->n, 0, sizeof out->n);
	findings_clear(&f);
	p1_reader_init(&r, x410);
	while (in.n > 0 && !f.fatal) {
		struct octets part = { in.p, piece && piece < in.n ? piece : in.n };

		in.p += part.n;
		in.n -= part.n;
		while (part.n > 0) {
			enum p1_part which;
			struct octets run;
			size_t used = p1_reader_push(&r, part, &which, &run, &f);

			if (f.fatal)
				break;
			demand(used > 0 && used <= part.n && octets_inside(run, part));
			demand(++steps <= VALUE_MAX);
			if (run.n)
				memcpy(out->octets[which] + out->n[which], run.p, run.n);
			out->n[which] += run.n;
			part.p += used;
			part.n -= used;
		}
	}
	demand(f.fatal || r.head_n == out->n[P1_PART_HEAD]);
	out->head_done = r.head_done;
	out->ok = !f.fatal && p1_reader_end(&r, &f);
}

static void value(uint8_t how, struct octets in)
{
	static struct parts whole, cut;
	bool x410 = how & 1;

	if (in.n > VALUE_MAX)
		return;
	read_value(in, 0, x410, &whole);
	read_value(in, how >> 1, x410, &cut);
	demand(whole.ok == cut.ok);
	for (int i = 0; whole.ok && i < 3; i++)
		demand(whole.n[i] == cut.n[i] &&
		       memcmp(whole.octets[i], cut.octets[i], whole.n[i]) == 0);
	if (whole.head_done && whole.ok)
		head((struct octets){ whole.octets[P1_PART_HEAD], whole.n[P1_PART_HEAD] });
}

/* ---- values by tables: what is written from the text of a value has that text ---- */

static void by_table(uint8_t which, struct octets in)
{
	static const struct p1_type *const types[] = {
		&p1_type_extension, &p1_type_bind_argument, &p1_type_apdu, &p1_type_or_name,
		&p1_type_token, &p1_type_label, &p1_type_delivery_fields, &p1_type_internal_trace,
	};
	const struct p1_type *type = types[which & 7];
	struct findings f;
	struct text t;
	size_t bad, n;

	findings_clear(&f);
	check(&f, p1_value_check(type, in, &f), in.n);
	text_init(&t, line, sizeof line);
	p1_value_text(&t, type, in);
	/* As text it is taken too. */
	n = p1_value_encode(type, in, octets, sizeof octets, &bad);
	demand(bad <= in.n && (!n || p1_value_encode(type, in, NULL, 0, &bad) == n));
	if (t.cut)
		return;
	n = p1_value_encode(type, (struct octets){ (const uint8_t *)line, t.n }, octets,
	                    sizeof octets, &bad);
	demand(n > 0);
	if (n > sizeof octets)
		return;
	text_init(&t, again_line, sizeof again_line);
	p1_value_text(&t, type, (struct octets){ octets, n });
	demand(strcmp(line, again_line) == 0);
}

/* ---- an end that receives: pieces, whose first octet is their length ---- */

struct end {
	struct p1 p1;
	struct nodes nodes;
	struct findings findings;
	struct event_queue inner, outer;
	struct service services[SERVICES_MAX];
	struct service_names names[NAMES_MAX];
	struct kept kept;
	struct fuzz_pool pool;
};

static void step(struct end *x, enum layer layer, enum service_kind kind, enum service_type type,
                 struct service *s)
{
	struct event e = {
		.kind = EVENT_PRIMITIVE, .layer = (uint8_t)layer, .code = (uint8_t)kind,
		.type = (uint8_t)type, .detail = s,
	};
	struct turn t = {
		.nodes = &x->nodes, .pool = &x->pool.pool, .findings = &x->findings,
		.inner = &x->inner, .outer = &x->outer, .services = x->services, .names = x->names,
		.kept = &x->kept,
	};
	struct event out;

	nodes_reset(&x->nodes);
	findings_clear(&x->findings);
	p1_handle(&x->p1, &t, &e);
	while (event_queue_get(&x->inner, &out)) {
		const struct service *made = event_service(&out);

		demand(fuzz_pool_holds(&x->pool, made->data) || made->data.p == NULL ||
		       octets_inside(made->data, s->data));
	}
	event_queue_init(&x->outer);
	kept_drop(&x->kept, &x->pool.pool);
}

static void end(const uint8_t *data, size_t size)
{
	static struct end x;
	struct rtse_open open = { .opening = RTSE_OPEN };
	struct rtse_outcome outcome = { .failure = RTSE_FAIL_ABORTED };
	struct p1_config c = { .x410 = data[0] & 1, .context = 5, .envelope_max = 4096 };

	memset(&x.kept, 0, sizeof x.kept);
	event_queue_init(&x.inner);
	event_queue_init(&x.outer);
	fuzz_pool_init(&x.pool, data[0] & 2 ? 2 : 0);
	p1_init(&x.p1, &c);
	step(&x, LAYER_RTSE, SERVICE_TRANSFER, INDICATION, &(struct service){ .first = true });
	for (data++, size--; size > 1; ) {
		size_t n = data[0] < size - 1 ? data[0] : size - 1;

		if (n == 0)
			step(&x, LAYER_RTSE, SERVICE_CONNECT, data[1] & 1 ? CONFIRM : INDICATION,
			     &(struct service){ .detail = &open, .positive = data[1] & 2,
			                        .data = { data + 1, size - 1 } });
		step(&x, LAYER_RTSE, SERVICE_DATA, INDICATION,
		     &(struct service){ .data = { data + 1, n } });
		data += 1 + n;
		size -= 1 + n;
	}
	step(&x, LAYER_RTSE, SERVICE_TRANSFER, INDICATION,
	     &(struct service){ .last = true, .positive = size, .detail = &outcome });
	step(&x, LAYER_P1, SERVICE_TRANSFER, RESPONSE, &(struct service){ .positive = true });
	demand(x.pool.octets == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct octets rest;

	if (size < 3)
		return 0;
	rest = (struct octets){ data + 1, size - 1 };
	switch (data[0] & 7) {
	case 0:
		name(rest);
		break;
	case 1:
		text(rest);
		break;
	case 2:
		bind(data[0] >> 3, rest);
		break;
	case 3:
		value(data[0] >> 3, rest);
		break;
	case 4:
		end(rest.p, rest.n);
		break;
	case 5:
		by_table(data[0] >> 3, rest);
		break;
	default:
		head(rest);
		break;
	}
	return 0;
}
