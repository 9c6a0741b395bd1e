/*
 * Both neighbours of an MTA, in one process: the load of bench_mta.
 *
 *     sender 1..N ==> MTA under test ==> listener
 *
 * Prints `ready ADDRESS:PORT` (where DOWN listens).  Then for each line of standard input,
 * `PORT SENDERS MESSAGES SIZE`: binds that many associations to the MTA as UP, hands over
 * MESSAGES in all, waits until as many have come out, and prints messages per second and what
 * was lost or came twice.  Binding is not counted; the associations are kept for the next line.
 */
#include "end/end.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { SENDERS_MAX = 2000, BLOCK = 64 << 10, WAIT_US = 120 * SECOND_US };

struct sender {
	struct end *end;
	bool bound, busy;
	uint64_t n;
	uint8_t head[512];
};

static struct net *net;
static struct end_world *world;
static struct sender senders[SENDERS_MAX];
static size_t senders_n, bound, failed;
static uint8_t block[BLOCK];
static uint8_t from[80], to[80];
static size_t from_n, to_n;

/* The line that is worked on. */
static uint64_t wanted, begun, confirmed, arrived, octets, size;

static size_t name(const char *text, uint8_t *dst, size_t cap)
{
	struct p1_name n;
	size_t bad;

	return p1_name_parse(octets_of(text), &n, &bad) ? p1_name_encode(&n, 0x60, dst, cap) : 0;
}

static size_t head_of(struct sender *s)
{
	struct p1_recipient r = {
		.name = { to, to_n }, .number = 1,
		.indicators = P1_RESPONSIBILITY | P1_MTA_NON_DELIVERY | P1_ORIGINATOR_NON_DELIVERY,
	};
	struct p1_domain domain = {
		{ p1_string("XX"), 0x13 }, { p1_string("TEST"), 0x13 }, { p1_string("UP"), 0x13 },
	};
	char local[33];
	struct p1_message m = {
		.originator = { from, from_n }, .recipients_n = 1, .recipients = &r,
		.content_type = { true, false, P1_CONTENT_UNIDENTIFIED, { NULL, 0 } },
		.trace = { .domain = domain, .arrival = p1_string("260101000000Z") },
	};

	snprintf(local, sizeof local, "bench-%llu", (unsigned long long)s->n);
	m.id = (struct p1_mts_id){ domain, p1_string(local) };
	return p1_message_head(&m, size, s->head, sizeof s->head);
}

static void offer(struct sender *s)
{
	struct p1_transfer t = { .content_length = size };

	if (s->busy || !s->bound || begun == wanted)
		return;
	s->n = begun++;
	s->busy = true;
	t.id = (uint32_t)s->n;
	t.head = (struct octets){ s->head, head_of(s) };
	association_transfer(end_association(s->end), net_now(net), &t);
	end_pump(s->end);
}

/* ---- senders ---- */

static void sent(struct sender *s, const struct event *e)
{
	s->busy = false;
	if (e->flags & EVENT_F_POSITIVE)
		confirmed++;
	else
		failed++;
	offer(s);
}

static void sender_event(struct end *end, const struct event *e, void *ctx)
{
	struct association *a = end_association(end);
	struct p1_bind bind = p1_bind_simple("UP", "u");
	struct sender *s = ctx;

	if (e->kind == EVENT_TCP && e->code == TCP_CONNECTED) {
		association_bind(a, net_now(net), &bind);
	} else if (e->kind == EVENT_WANT) {
		uint64_t left = size - e->offset;

		association_lend(a, net_now(net),
		                 (struct octets){ block, left < BLOCK ? (size_t)left : BLOCK });
	} else if (e->kind == EVENT_PRIMITIVE && e->layer == LAYER_P1 && e->type == CONFIRM) {
		if (e->code == SERVICE_CONNECT) {
			s->bound = e->flags & EVENT_F_POSITIVE;
			bound += s->bound;
			failed += !s->bound;
		} else if (e->code == SERVICE_TRANSFER) {
			sent(s, e);
		}
	}
}

static void sender_over(struct end *end, void *ctx)
{
	struct sender *s = ctx;

	failed++;
	s->end = NULL;
	s->bound = false;
	end_free(end);
}

/* ---- the listener ---- */

static void receiver_event(struct end *end, const struct event *e, void *ctx)
{
	struct association *a = end_association(end);
	struct p1_bind bind = p1_bind_simple("DOWN", "d");

	(void)ctx;
	if (e->kind != EVENT_PRIMITIVE || e->layer != LAYER_P1 || e->type != INDICATION)
		return;
	if (e->code == SERVICE_CONNECT)
		association_accept(a, net_now(net), &bind);
	else if (e->code == SERVICE_DATA)
		octets += event_service(e)->data.n;
	else if (e->code == SERVICE_SYNC_MINOR)
		association_secured(a, net_now(net), e->value);
	else if (e->code == SERVICE_RELEASE)
		association_release_answer(a, net_now(net));
	if (e->code != SERVICE_TRANSFER || !(e->flags & EVENT_F_LAST))
		return;
	arrived++;
	association_secured_all(a, net_now(net));
}

static void receiver_over(struct end *end, void *ctx)
{
	(void)ctx;
	end_free(end);
}

static struct end_config config_of(bool initiator)
{
	struct end_config c = { .bind_us = 0 };

	association_defaults(&c.association, initiator);
	c.association.no_pdus = true;
	return c;
}

static void accepted(struct net_listener *l, struct net_conn *c, void *ctx)
{
	static const struct end_user user = { .event = receiver_event, .over = receiver_over };
	struct end_config config = config_of(false);

	(void)l;
	(void)ctx;
	if (!end_accept(world, c, &config, &user, NULL))
		net_reset(c);
}

/* ---- a line ---- */

static bool bind_all(uint16_t port, size_t n)
{
	static const struct end_user user = { .event = sender_event, .over = sender_over };
	struct net_address at = { .family = 4, .port = port, .host = { 127, 0, 0, 1 } };
	int64_t until = net_now(net) + WAIT_US;
	struct end_config config = config_of(true);

	for (; senders_n < n && senders_n < SENDERS_MAX; senders_n++) {
		struct sender *s = &senders[senders_n];

		s->end = end_connect(world, &at, NULL, &config, &user, s);
		if (!s->end)
			return false;
	}
	while (bound < senders_n && !failed && net_now(net) < until)
		net_step(net, until);
	return bound == senders_n;
}

/* The wait begins anew with each message: only a standstill ends it. */
static void carry(void)
{
	uint64_t before = UINT64_MAX;
	int64_t until = 0;

	for (size_t i = 0; i < senders_n; i++)
		offer(&senders[i]);
	while (arrived < wanted || confirmed < wanted) {
		if (octets + arrived + confirmed != before)
			until = net_now(net) + WAIT_US;
		before = octets + arrived + confirmed;
		if (failed || net_now(net) >= until)
			return;
		net_step(net, until);
	}
}

static bool work(const char *line)
{
	unsigned long long messages, octets_each;
	unsigned port, n;
	int64_t at;

	if (sscanf(line, "%u %u %llu %llu", &port, &n, &messages, &octets_each) != 4)
		return false;
	wanted = messages;
	size = octets_each;
	begun = confirmed = arrived = octets = failed = 0;
	if (!bind_all((uint16_t)port, n)) {
		fprintf(stderr, "bench_relay: %zu of %u associations were bound\n", bound, n);
		return false;
	}
	at = net_now(net);
	carry();
	printf("%.1f %lld\n", (double)arrived * 1e6 / (double)(net_now(net) - at),
	       (long long)(wanted - arrived));
	fflush(stdout);
	return octets == wanted * size && arrived == wanted;
}

int main(void)
{
	struct net_address any = { .family = 4, .host = { 127, 0, 0, 1 } }, at;
	char line[100], text[NET_ADDRESS_TEXT];
	struct net_listener *l;

	net_descriptors(2 * SENDERS_MAX + 100);
	from_n = name("C=XX;A=TEST;P=UP;S=A;", from, sizeof from);
	to_n = name("C=XX;A=TEST;P=DOWN;S=B;", to, sizeof to);
	net = net_kernel_new();
	world = net ? end_world_new(net, NULL) : NULL;
	l = world ? net_listen(net, &any, 1024, NULL, accepted, NULL) : NULL;
	if (!l || !from_n || !to_n)
		return 4;
	at = net_listener_address(l);
	printf("ready %s\n", net_address_text(&at, text));
	fflush(stdout);
	while (fgets(line, sizeof line, stdin))
		if (!work(line))
			return 1;
	return 0;
}
