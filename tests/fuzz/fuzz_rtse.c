/* Fuzz target: an RTSE APDU, read, written and read again; the reader of RTTR
 * whole and cut; and an end that is handed the primitives that the input says.
 * The first octet chooses. */
#include "fuzz.h"

#include <string.h>

#include "base/text.h"
#include "pool.h"
#include "rtse/rtse.h"
#include "rtse/rtse_table.h"

enum { LINE_MAX = 2048, VALUE_MAX = 8192 };

static bool read_apdu(int kind, struct octets in, struct rtse_pdu *out, struct findings *f)
{
	findings_clear(f);
	return kind < 0 ? rtse_decode(in, out, f)
	                : rtse_decode_x410((enum rtse_kind)kind, in, out, f);
}

static void apdu(int kind, struct octets in)
{
	static uint8_t octets[VALUE_MAX];
	static char line[LINE_MAX], again_line[LINE_MAX];
	static struct nodes nodes;
	struct rtse_pdu pdu, again;
	struct findings f;
	struct text t;
	size_t n;
	bool ok = read_apdu(kind, in, &pdu, &f);

	demand(ok != f.fatal);
	for (size_t i = 0; i < f.n; i++)
		demand(f.at[i].octet <= in.n);
	if (!ok)
		return;
	demand(octets_inside(pdu.user, in));
	text_init(&t, line, sizeof line);
	rtse_text(&t, &pdu);
	nodes_reset(&nodes);
	n = (size_t)node_size(rtse_build(&nodes, &pdu));
	nodes_reset(&nodes);
	if (n > sizeof octets)
		return;
	{
		struct node *root = rtse_build(&nodes, &pdu);

		demand(node_size(root) == n);
		demand(node_write(&nodes, root, octets, sizeof octets) == n);
	}
	demand(read_apdu(kind, (struct octets){ octets, n }, &again, &f));
	text_init(&t, again_line, sizeof again_line);
	rtse_text(&t, &again);
	demand(strcmp(line, again_line) == 0);
}

struct came {
	uint8_t octets[VALUE_MAX];
	size_t n;
	bool ok;
};

/* In pieces of `piece` octets (0: whole). */
static void slice(struct octets in, size_t piece, struct came *c)
{
	struct rtse_reader r;
	struct findings f;
	size_t steps = 0;

	findings_clear(&f);
	rtse_reader_init(&r, false);
	c->n = 0;
	while (in.n > 0 && !f.fatal) {
		struct octets part = { in.p, piece && piece < in.n ? piece : in.n };

		in.p += part.n;
		in.n -= part.n;
		while (part.n > 0 && !f.fatal) {
			struct octets value;
			size_t used = rtse_reader_push(&r, part, &value, &f);

			if (f.fatal)
				break;
			demand(used > 0 && used <= part.n && octets_inside(value, part));
			demand(++steps <= VALUE_MAX);
			if (value.n)
				memcpy(c->octets + c->n, value.p, value.n);
			c->n += value.n;
			part.p += used;
			part.n -= used;
		}
	}
	c->ok = !f.fatal && rtse_reader_end(&r, &f);
}

static void slices(size_t piece, struct octets in)
{
	static struct came whole, cut;

	if (in.n > VALUE_MAX)
		return;
	slice(in, 0, &whole);
	slice(in, piece, &cut);
	demand(whole.ok == cut.ok);
	demand(!whole.ok || (whole.n == cut.n && memcmp(whole.octets, cut.octets, whole.n) == 0));
}

/* ---- an end ---- */

static const uint8_t old[] = { 0x02, 0x01, 0x01 };

struct end {
	struct rtse rtse;
	struct nodes nodes;
	struct findings findings;
	struct event_queue inner, outer;
	struct service services[SERVICES_MAX];
	struct service_names names[NAMES_MAX];
	struct kept kept;
	struct fuzz_pool pool;
};

static void check_out(const struct event *e, struct nodes *nodes)
{
	static uint8_t octets[VALUE_MAX];
	const struct service *s = event_service(e);

	if (!s->user_data || nodes->full)
		return;
	if (node_size(s->user_data) <= sizeof octets)
		node_write(nodes, s->user_data, octets, sizeof octets);
}

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
	rtse_handle(&x->rtse, &t, &e);
	while (event_queue_get(&x->inner, &out))
		check_out(&out, &x->nodes);
	event_queue_init(&x->outer);
	kept_drop(&x->kept, &x->pool.pool);
	demand(x->rtse.state < RTSE_STATES_N);
	demand(x->rtse.confirmed <= x->rtse.serial || x->rtse.state == RTSE_STATE_IDLE);
	demand(rtse_deadline(&x->rtse) == NEVER_US || rtse_busy(&x->rtse));
}

/* Below session: the kinds that come up; a small serial number. */
static void act(struct end *x, const uint8_t *p, struct octets octets)
{
	static const enum layer layers[] = { LAYER_RTSE, LAYER_ACSE, LAYER_PRESENTATION,
	                                     LAYER_PRESENTATION };
	enum layer layer = layers[p[0] >> 6];
	bool above = layer == LAYER_RTSE;
	bool answer = p[1] & 1;
	struct rtse_transfer transfer = { .id = p[1], .length = (uint64_t)p[1] << 5 };
	struct service s = {
		.data = octets, .positive = p[1] & 2, .first = p[1] & 4, .last = p[1] & 8,
		.serial = p[1] >> 4, .reason = p[1] >> 4, .context = 3, .activity = octets,
		.token_setting = p[1] & 4 ? 0x15 : 0,
	};
	enum service_kind kind = (enum service_kind)((p[0] & 0x3f) % SERVICES_KINDS);

	if (p[1] & 0x80)
		s.old_activity = (struct octets){ old, sizeof old };
	if (above && kind == SERVICE_TRANSFER)
		s.detail = &transfer;
	if (kind == SERVICE_TIMER)
		step(x, LAYER_RTSE, kind, INDICATION, &s);
	else if (above)
		step(x, layer, kind, answer ? RESPONSE : REQUEST, &s);
	else
		step(x, layer, kind, answer ? CONFIRM : INDICATION, &s);
}

static void end(const uint8_t *data, size_t size)
{
	static struct end x;
	struct rtse_config c = {
		.initiator = size && data[0] & 1, .x410 = size && data[0] & 2, .context = 3,
		.checkpoint = 1, .window = 3, .transfer_us = SECOND_US,
		.turn_responder = size && data[0] & 4,
	};

	memset(&x.kept, 0, sizeof x.kept);
	event_queue_init(&x.inner);
	event_queue_init(&x.outer);
	fuzz_pool_init(&x.pool, size && data[0] & 8 ? 3 : 0);
	rtse_init(&x.rtse, &c);
	for (data++, size--; size >= 3 && size < SIZE_MAX; ) {
		size_t n = data[2] < size - 3 ? data[2] : size - 3;

		act(&x, data, (struct octets){ data + 3, n });
		data += 3 + n;
		size -= 3 + n;
	}
	demand(x.pool.octets == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct octets rest;

	if (size < 2)
		return 0;
	rest = (struct octets){ data + 1, size - 1 };
	if (data[0] & 0x80)
		end(rest.p, rest.n);
	else if (data[0] & 0x40)
		slices(data[0] & 0x3f, rest);
	else
		apdu((int)(data[0] % (RTSE_KINDS + 1)) - 1, rest);
	return 0;
}
