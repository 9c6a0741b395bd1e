/* Fuzz target: an ACSE APDU, read, written and read again; and an end that is
 * handed what the input says, if bit 7 of the first octet is set. */
#include "acse/acse.h"

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

static void whole(struct octets in)
{
	static uint8_t first[8192], second[8192];
	static struct acse_pdu pdu, back;
	static struct nodes nodes;
	char line[4096];
	struct findings f;
	struct text text;
	size_t n;
	bool ok;

	findings_clear(&f);
	ok = acse_decode(in, &pdu, &f);
	demand(ok != f.fatal);
	for (size_t i = 0; i < f.n; i++)
		demand(f.at[i].octet <= in.n);
	text_init(&text, line, sizeof line);
	acse_text(&text, &pdu);
	if (!ok)
		return;
	nodes_reset(&nodes);
	n = write(&nodes, acse_build(&nodes, &pdu), first, sizeof first);
	if (n == 0)
		return;
	findings_clear(&f);
	demand(acse_decode((struct octets){ first, n }, &back, &f));
	nodes_reset(&nodes);
	demand(write(&nodes, acse_build(&nodes, &back), second, sizeof second) == n);
	demand(octets_equal((struct octets){ first, n }, (struct octets){ second, n }));
}

static void handle(struct acse *a, struct turn *t, enum layer layer, enum service_kind kind,
                   enum service_type type, const struct service *s)
{
	struct event e = {
		.kind = EVENT_PRIMITIVE, .layer = (uint8_t)layer, .code = (uint8_t)kind,
		.type = (uint8_t)type, .detail = s };
	uint8_t octets[4096];
	struct event out;

	nodes_reset(t->nodes);
	findings_clear(t->findings);
	t->services_used = t->names_used = 0;
	acse_handle(a, t, &e);
	while (event_queue_get(t->inner, &out)) {
		const struct service *made = event_service(&out);

		demand(made->data.n <= s->data.n);
		if (made->user_data)
			write(t->nodes, made->user_data, octets, sizeof octets);
	}
	while (event_queue_get(t->outer, &out))
		;
	demand(a->state < ACSE_STATES);
}

/* A row of primitives: kind, type and flags, length, octets. */
static void end(const uint8_t *data, size_t size)
{
	static struct event_queue inner, outer;
	static struct service services[SERVICES_MAX];
	static struct service_names names[NAMES_MAX];
	static struct nodes nodes;
	struct acse_config config;
	struct findings f;
	struct acse a;
	struct turn t = {
		.nodes = &nodes, .findings = &f, .inner = &inner, .outer = &outer,
		.services = services, .names = names };

	event_queue_init(&inner);
	event_queue_init(&outer);
	acse_defaults(&config);
	config.x410 = size && data[0] & 0x40;
	acse_init(&a, &config);
	while (size >= 3) {
		size_t n = data[2] < size - 3 ? data[2] : size - 3;
		bool above = data[1] & 0x80;
		struct service s = {
			.data = { data + 3, n }, .versions = data[1] >> 2 & 3,
			.positive = data[1] & 2, .source = data[1] >> 4 & 1, .context = 1 };

		handle(&a, &t, above ? LAYER_ACSE : LAYER_PRESENTATION,
		       (enum service_kind)(data[0] % SERVICES_KINDS),
		       above ? data[1] & 1 ? RESPONSE : REQUEST : data[1] & 1 ? CONFIRM :
		       INDICATION, &s);
		data += 3 + n;
		size -= 3 + n;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] & 0x80)
		end(data + 1, size - 1);
	else
		whole((struct octets){ data + 1, size - 1 });
	return 0;
}
