/* Fuzz target: SS-user data, whole and in pieces, read, written and read again;
 * and an end that is handed what the input says.
 *
 * The first octet says what the rest is: bits 0 to 2 the carrier, bit 3 without
 * header, bits 4 to 6 where data are cut, bit 7 a whole end instead. */
#include "presentation/presentation.h"

#include <stdlib.h>

static void demand(bool truth)
{
	if (!truth)
		abort();
}

static size_t write(struct nodes *a, struct node *root, uint8_t *out, size_t cap)
{
	uint64_t n = node_size(root);
	size_t written = node_write(a, root, out, cap);

	demand(a->full || n > cap || written == n);
	return written;
}

/* decode(build(p)) builds the same. */
static void round_trip(enum presentation_carrier carrier, bool bare,
                       const struct presentation_pdu *pdu)
{
	static uint8_t first[8192], second[8192];
	static struct presentation_pdu back;
	static struct nodes nodes;
	struct findings f;
	size_t n;

	nodes_reset(&nodes);
	n = write(&nodes, presentation_build(&nodes, pdu), first, sizeof first);
	if (n == 0)
		return;
	findings_clear(&f);
	demand(presentation_decode(carrier, bare, (struct octets){ first, n }, &back, &f));
	nodes_reset(&nodes);
	demand(write(&nodes, presentation_build(&nodes, &back), second, sizeof second) == n);
	demand(octets_equal((struct octets){ first, n }, (struct octets){ second, n }));
}

static void whole(enum presentation_carrier carrier, bool bare, struct octets in)
{
	static struct presentation_pdu pdu;
	char line[4096];
	struct findings f;
	struct text text;
	bool ok;

	findings_clear(&f);
	ok = presentation_decode(carrier, bare, in, &pdu, &f);
	demand(ok != f.fatal);
	for (size_t i = 0; i < f.n; i++)
		demand(f.at[i].octet <= in.n);
	text_init(&text, line, sizeof line);
	presentation_text(&text, &pdu);
	if (ok)
		round_trip(carrier, bare, &pdu);
}

struct sum {
	uint64_t octets;
	uint32_t ids;
	bool ok;
};

static struct sum pieces(struct octets in, size_t cut)
{
	struct octets at[2] = { { in.p, cut }, { in.p + cut, in.n - cut } }, value;
	enum presentation_token token = PRESENTATION_MORE;
	struct presentation_reader r;
	struct sum sum = { 0, 0, false };
	struct findings f;

	findings_clear(&f);
	presentation_reader_init(&r);
	for (int i = 0; i < 2 && token != PRESENTATION_BAD; i++) {
		while ((token = presentation_reader_next(&r, &at[i], &value, &f)) ==
		       PRESENTATION_VALUE) {
			demand(value.n > 0 && value.p >= in.p && value.p + value.n <= in.p + in.n);
			sum.octets += value.n;
			sum.ids = sum.ids * 31 + r.id;
		}
		demand(token == PRESENTATION_BAD || at[i].n == 0);
	}
	sum.ok = token != PRESENTATION_BAD && presentation_reader_end(&r, &f);
	demand(sum.ok != f.fatal && sum.octets <= in.n);
	return sum;
}

/* ---- an end ---- */

struct lease {
	struct pool pool;
	size_t n;
};

static uint8_t *take(struct pool *p, size_t n)
{
	((struct lease *)p)->n++;
	return malloc(n ? n : 1);
}

static void give(struct pool *p, uint8_t *buffer, size_t n)
{
	(void)n;
	((struct lease *)p)->n--;
	free(buffer);
}

static void handle(struct presentation *p, struct turn *t, enum service_kind kind,
                   enum service_type type, const struct service *s)
{
	struct event e = {
		.kind = EVENT_PRIMITIVE, .layer = LAYER_SESSION, .code = (uint8_t)kind,
		.type = (uint8_t)type, .detail = s };
	struct event out;

	nodes_reset(t->nodes);
	findings_clear(t->findings);
	t->services_used = t->names_used = 0;
	presentation_handle(p, t, &e);
	while (event_queue_get(t->inner, &out)) {
		const struct service *made = event_service(&out);
		uint8_t octets[4096];

		demand(made->data.n <= s->data.n + 4096);
		if (made->user_data)
			write(t->nodes, made->user_data, octets, sizeof octets);
		/* The user accepts and answers at once. */
		if (out.layer == LAYER_PRESENTATION && out.code == SERVICE_CONNECT &&
		    out.type == INDICATION) {
			e.layer = LAYER_PRESENTATION;
			e.type = RESPONSE;
			e.detail = &(struct service){ .positive = true };
			presentation_handle(p, t, &e);
		}
	}
	while (event_queue_get(t->outer, &out))
		;
	kept_drop(t->kept, t->pool);
}

/* The input is a row of primitives: kind, type and flags, length, octets. */
static void end(const uint8_t *data, size_t size)
{
	static struct event_queue inner, outer;
	static struct service services[SERVICES_MAX];
	static struct service_names names[NAMES_MAX];
	static struct nodes nodes;
	static const uint8_t cp[] = {
		0x31, 0x3c, 0xa0, 0x03, 0x80, 0x01, 0x01, 0xa2, 0x35, 0xa4, 0x33,
		0x30, 0x0f, 0x02, 0x01, 0x01, 0x06, 0x04, 0x52, 0x01, 0x00, 0x01,
		0x30, 0x04, 0x06, 0x02, 0x51, 0x01,
		0x30, 0x0f, 0x02, 0x01, 0x03, 0x06, 0x04, 0x56, 0x00, 0x02, 0x0c,
		0x30, 0x04, 0x06, 0x02, 0x51, 0x01,
		0x30, 0x0f, 0x02, 0x01, 0x05, 0x06, 0x04, 0x56, 0x00, 0x02, 0x07,
		0x30, 0x04, 0x06, 0x02, 0x51, 0x01,
	};
	struct lease lease = { { take, give }, 0 };
	struct presentation_config config;
	struct presentation p;
	struct findings f;
	struct kept kept = { .n = 0 };
	struct turn t = {
		.nodes = &nodes, .pool = &lease.pool, .findings = &f, .inner = &inner,
		.outer = &outer, .services = services, .names = names, .kept = &kept };

	event_queue_init(&inner);
	event_queue_init(&outer);
	presentation_defaults(&config);
	presentation_init(&p, &config);
	if (size && data[0] & 1)
		handle(&p, &t, SERVICE_CONNECT, INDICATION,
		       &(struct service){ .data = { cp, sizeof cp }, .versions = 2 });
	while (size >= 3) {
		size_t n = data[2] < size - 3 ? data[2] : size - 3;
		struct service s = {
			.data = { data + 3, n }, .versions = 2, .positive = data[1] & 2,
			.first = data[1] & 4, .last = data[1] & 8, .source = data[1] >> 4 & 1 };

		handle(&p, &t, (enum service_kind)(data[0] % SERVICES_KINDS),
		       data[1] & 1 ? CONFIRM : INDICATION, &s);
		data += 3 + n;
		size -= 3 + n;
	}
	demand(lease.n == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sum a, b;
	struct octets in;

	if (size == 0)
		return 0;
	if (data[0] & 0x80) {
		end(data + 1, size - 1);
		return 0;
	}
	in = (struct octets){ data + 1, size - 1 };
	whole((enum presentation_carrier)((data[0] & 7) % PRESENTATION_CARRIERS), data[0] & 8, in);
	a = pieces(in, 0);
	b = pieces(in, in.n * (data[0] >> 4 & 7) / 8);
	demand(a.ok == b.ok);
	demand(!a.ok || a.octets == b.octets);
	return 0;
}
