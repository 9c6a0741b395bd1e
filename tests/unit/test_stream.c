/*
 * Large messages take no more memory than small ones: a long content with and without
 * checkpoints and a full list of recipients, in both directions and modes.
 *
 *     test_stream         contents of some MiB
 *     test_stream long    contents of 1 GiB (make stream); prints what it took
 */
#include "association/association.h"

#include "../lib/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum {
	FILLER = 64 << 10,
	NAME = 200,
	RECIPIENTS_MAX = 32767,		/* ub-recipients */
	CUT = 100 << 10,		/* octets that TCP takes at once */
	/* What two ends may hold for a message of any length: an output buffer each, and
	 * what a small head and pieces of control PDUs take. */
	MEMORY = 2 * OUTPUT_MAX + (16 << 10),
};

struct side {
	struct association a;
	struct side *other;
	bool bound, given;
	uint32_t confirmed, messages, recipients;
	uint64_t got, points;
	uint64_t bad;			/* octets that are not those sent */
};

static struct association_work work[2];
static struct test_pool pool;
static struct side left, right;
static uint8_t filler[2 * FILLER];
static bool large;

static void on_bind(struct side *s, const struct event *e)
{
	struct p1_bind ours = p1_bind_simple("RIGHT", "right-secret");

	s->bound = true;
	if (e->type == INDICATION)
		association_accept(&s->a, 0, &ours);
}

static void on_transfer(struct side *s, const struct event *e)
{
	struct findings f = { .n = 0 };
	struct p1_recipient r;
	struct p1_apdu apdu;

	if (e->type == CONFIRM)
		s->confirmed += (e->flags & EVENT_F_POSITIVE) != 0;
	if (e->type == INDICATION && e->flags & EVENT_F_FIRST) {
		struct p1_iterator i;

		s->got = s->points = s->recipients = 0;
		assert_true(p1_decode(event_service(e)->data, &apdu, &f));
		p1_walk(&i, &apdu.recipients, &f);
		while (p1_next_recipient(&i, &r))
			s->recipients++;
	}
	if (e->type == INDICATION && e->flags & EVENT_F_LAST) {
		s->messages += (e->flags & EVENT_F_POSITIVE) != 0;
		association_secured_all(&s->a, 0);
	}
}

/* Content repeats every FILLER octets. */
static void on_data(struct side *s, struct octets o)
{
	while (o.n) {
		size_t at = (size_t)(s->got % FILLER), n = o.n < FILLER ? o.n : FILLER;

		s->bad += memcmp(o.p, filler + at, n) != 0;
		s->got += n;
		o.p += n;
		o.n -= n;
	}
}

static void on_event(struct side *s, const struct event *e)
{
	if (e->kind == EVENT_FINDING)
		fail_msg("finding %s", association_rule(e->rule)->name);
	if (e->kind == EVENT_WANT)
		association_lend(&s->a, 0, (struct octets){ filler + e->offset % FILLER, FILLER });
	if (e->kind != EVENT_PRIMITIVE || e->layer != LAYER_P1)
		return;
	if (e->code == SERVICE_CONNECT) {
		on_bind(s, e);
	} else if (e->code == SERVICE_TRANSFER) {
		on_transfer(s, e);
	} else if (e->code == SERVICE_DATA) {
		on_data(s, event_service(e)->data);
	} else if (e->code == SERVICE_SYNC_MINOR && e->type == INDICATION) {
		s->points++;
		association_secured(&s->a, 0, e->value);
	} else if (e->code == SERVICE_CONTROL_GIVE) {
		s->given = true;
	}
}

static void drain(struct side *s)
{
	struct event e;

	while (association_event(&s->a, &e))
		on_event(s, &e);
}

static bool move(struct side *from)
{
	struct octets slices[ASSOCIATION_SLICES];
	size_t n = association_pop(&from->a, slices, ASSOCIATION_SLICES), all = 0;

	for (size_t i = 0; i < n && all < CUT; i++) {
		struct octets o = slices[i];

		all += o.n;
		while (o.n) {
			size_t taken = association_push(&from->other->a, 0, o.p, o.n);

			drain(from->other);
			o.p += taken;
			o.n -= taken;
		}
	}
	if (all)
		association_popped(&from->a, 0, all);
	drain(from);
	return all > 0;
}

static void settle(void)
{
	for (bool moved = true; moved;) {
		moved = move(&left);
		moved = move(&right) || moved;
	}
}

static void begin(uint32_t checkpoint, enum association_context context)
{
	struct p1_bind b = p1_bind_simple("LEFT", "left-secret");
	static struct association_config lent[2];

	memset(&left, 0, sizeof left);
	memset(&right, 0, sizeof right);
	test_pool_init(&pool);
	work[0].next = &work[1];
	left.other = &right;
	right.other = &left;
	for (int i = 0; i < 2; i++) {
		struct association_config *c = &lent[i];

		association_defaults(c, i == 0);
		association_use(c, context);
		c->number = (uint32_t)i;
		c->pool = &pool.pool;
		c->work = work;
		c->no_pdus = true;
		c->rtse.checkpoint = checkpoint;
		c->rtse.window = 3;
		c->rtse.dialogue = RTSE_TWO_WAY_ALTERNATE;
		association_init(i ? &right.a : &left.a, c);
		association_connected(i ? &right.a : &left.a, 0);
		drain(i ? &right : &left);
	}
	association_bind(&left.a, 0, &b);
	settle();
	assert_true(left.bound && right.bound);
}

static uint8_t address[NAME];
static size_t address_n;

/* Recipients are alike but for their number. */
static void recipient(void *ctx, uint32_t i, struct p1_recipient *out)
{
	(void)ctx;
	*out = (struct p1_recipient){
		.name = { address, address_n }, .number = i + 1, .indicators = P1_RESPONSIBILITY,
	};
}

/* A head in memory of the user's. */
static struct octets head_of(uint64_t length, uint32_t recipients)
{
	struct p1_message m = { .recipients_n = recipients, .recipient = recipient };
	struct p1_name name;
	uint8_t *p;
	size_t n, bad;

	assert_true(p1_name_parse(octets_of("C=XX;A=TEST;P=DOWN;S=Tester"), &name, &bad));
	address_n = p1_name_encode(&name, 0x60, address, sizeof address);
	m.originator = (struct octets){ address, address_n };
	m.id.domain = (struct p1_domain){ name.country, name.admd, name.prmd };
	m.id.local = p1_string("id-1");
	m.content_type = (struct p1_content_type){ true, false, P1_CONTENT_P22, { NULL, 0 } };
	m.trace = (struct p1_trace){ .domain = m.id.domain, .arrival = p1_string("261121120000Z") };
	n = p1_message_head(&m, length, NULL, 0);
	p = malloc(n);
	assert_non_null(p);
	assert_int_equal(p1_message_head(&m, length, p, n), n);
	return (struct octets){ p, n };
}

static void pass(struct side *from, uint64_t length, uint32_t recipients)
{
	struct octets head = head_of(length, recipients);
	struct p1_transfer t = { .id = 1, .head = head, .content_length = length };

	association_transfer(&from->a, 0, &t);
	drain(from);
	settle();
	assert_int_equal(from->confirmed, 1);
	assert_int_equal(from->other->messages, 1);
	assert_int_equal(from->other->got, length);
	assert_int_equal(from->other->bad, 0);
	assert_int_equal(from->other->recipients, recipients);
	free((void *)(uintptr_t)head.p);
}

/* Both directions; `memory`: octets that both ends may hold at once. */
static void both_ways(uint64_t length, uint32_t recipients, uint32_t checkpoint,
                      enum association_context context, size_t memory)
{
	clock_t began = clock();

	begin(checkpoint, context);
	pass(&left, length, recipients);
	association_turn_give(&left.a, 0);
	drain(&left);
	settle();
	assert_true(right.given);
	pass(&right, length, recipients);
	if (pool.peak > memory)
		fail_msg("%zu octets held at once, %zu are allowed", pool.peak, memory);
	if (large)
		printf("%s, %llu octets, %u recipients, checkpoint %u: %zu octets held at most, "
		       "%llu checkpoints, %.2f s\n", association_context_name(context),
		       (unsigned long long)length, (unsigned)recipients, (unsigned)checkpoint,
		       pool.peak, (unsigned long long)left.points,
		       (double)(clock() - began) / CLOCKS_PER_SEC);
	association_drop(&left.a);
	association_drop(&right.a);
	test_pool_check(&pool);
}

static uint64_t length(void)
{
	return large ? UINT64_C(1) << 30 : UINT64_C(4) << 20;
}

static void without_checkpoints(void **state)
{
	(void)state;
	for (int i = 0; i < ASSOCIATION_CONTEXTS; i++)
		both_ways(length(), 1, 0, (enum association_context)i, MEMORY);
}

/* At 1 GiB the serial numbers run out (X.225 8.3.1.10). */
static void with_small_checkpoints(void **state)
{
	(void)state;
	both_ways(length(), 1, 1, ASSOCIATION_MTS_TRANSFER, MEMORY);
	both_ways(length(), 1, 1, ASSOCIATION_MTS_TRANSFER_PROTOCOL, MEMORY);
}

/* While the gathered head grows, the old buffer and one of twice its size are held. */
static void with_every_recipient(void **state)
{
	uint32_t n = RECIPIENTS_MAX;

	(void)state;
#ifdef TEST_TINY
	n = ENVELOPE_MAX / 128;
#endif
	both_ways(2000, n, 0, ASSOCIATION_MTS_TRANSFER, MEMORY + ENVELOPE_MAX + ENVELOPE_MAX / 2);
	both_ways(2000, n, 1, ASSOCIATION_MTS_TRANSFER_PROTOCOL_1984,
	          MEMORY + ENVELOPE_MAX + ENVELOPE_MAX / 2);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_checkpoints),
		cmocka_unit_test(with_small_checkpoints),
		cmocka_unit_test(with_every_recipient),
	};

	large = argc > 1 && strcmp(argv[1], "long") == 0;
	for (size_t i = 0; i < sizeof filler; i++)
		filler[i] = (uint8_t)(i % FILLER * 7 + i % FILLER / 251);
	return cmocka_run_group_tests_name("streams", tests, NULL, NULL);
}
