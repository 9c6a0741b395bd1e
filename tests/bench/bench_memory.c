/*
 * What the stack alone costs: two ends of an association joined in memory.
 *
 *     bench_memory COUNT SIZE     messages of SIZE octets of content, one after
 *                                 the other
 *
 * Each end has a workspace of its own, as in two processes.  Prints the time of one
 * message and of one checkpoint of 30 KiB, both ends together.  For user instructions,
 * which do not depend on what else runs:
 *
 *     valgrind --tool=callgrind --toggle-collect=transfer_all bench_memory 1000 1024
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "association/association.h"

enum { FILLER = 64 << 10, HEAD_MAX = 1024, NAME_MAX_OCTETS = 200, SLICES = 8, SIDES = 2,
       CHECKPOINT = 30 << 10 };

struct side {
	struct association a;
	struct side *other;
	bool bound, released;
	uint64_t confirmed, received;	/* messages */
};

static struct association_work work[SIDES];
static struct side left, right;
static uint8_t filler[FILLER], head[HEAD_MAX];
static size_t head_n;
static uint64_t size;

/* ---- memory: output buffers come and go with every PDU ---- */

static uint8_t *kept[SIDES];

static uint8_t *take(struct pool *p, size_t n)
{
	(void)p;
	for (size_t i = 0; n == OUTPUT_MAX && i < SIDES; i++)
		if (kept[i]) {
			uint8_t *buffer = kept[i];

			kept[i] = NULL;
			return buffer;
		}
	return malloc(n);
}

static void give(struct pool *p, uint8_t *buffer, size_t n)
{
	(void)p;
	for (size_t i = 0; n == OUTPUT_MAX && i < SIDES; i++)
		if (!kept[i]) {
			kept[i] = buffer;
			return;
		}
	free(buffer);
}

static struct pool pool = { take, give };

/* ---- the two users ---- */

static void on_primitive(struct side *s, const struct event *e)
{
	bool positive = e->flags & EVENT_F_POSITIVE;

	if (e->code == SERVICE_CONNECT && e->type == INDICATION) {
		struct p1_bind ours = p1_bind_simple("RIGHT", "right-secret");

		association_accept(&s->a, 0, &ours);
	} else if (e->code == SERVICE_CONNECT) {
		s->bound = positive;
	} else if (e->code == SERVICE_TRANSFER && e->type == CONFIRM) {
		s->confirmed += positive;
	} else if (e->code == SERVICE_TRANSFER && e->flags & EVENT_F_LAST) {
		association_secured_all(&s->a, 0);
	} else if (e->code == SERVICE_DATA) {
		s->received += e->length;
	} else if (e->code == SERVICE_SYNC_MINOR && e->type == INDICATION) {
		association_secured(&s->a, 0, e->value);
	} else if (e->code == SERVICE_RELEASE) {
		if (e->type == INDICATION)
			association_release_answer(&s->a, 0);
		s->released = true;
	}
}

static void drain(struct side *s)
{
	struct event e;

	while (association_event(&s->a, &e))
		if (e.kind == EVENT_WANT)
			association_lend(&s->a, 0, (struct octets){ filler, sizeof filler });
		else if (e.kind == EVENT_PRIMITIVE && e.layer == LAYER_P1)
			on_primitive(s, &e);
}

/* What s has to send goes to the other end, slice by slice; false: nothing. */
static bool carry(struct side *s)
{
	struct octets slices[SLICES];
	size_t n, total = 0;

	drain(s);
	n = association_pop(&s->a, slices, SLICES);
	for (size_t i = 0; i < n; i++) {
		struct octets o = slices[i];

		total += o.n;
		while (o.n) {
			size_t taken = association_push(&s->other->a, 0, o.p, o.n);

			o.p += taken;
			o.n -= taken;
			drain(s->other);
		}
	}
	if (total)
		association_popped(&s->a, 0, total);
	return total > 0;
}

static void settle(void)
{
	for (bool moved = true; moved;) {
		moved = carry(&left);
		moved = carry(&right) || moved;
	}
}

/* ---- the runs ---- */

static bool make_head(void)
{
	struct p1_recipient r = { .number = 1, .indicators = P1_RESPONSIBILITY };
	struct p1_message m = {
		.content_type = { true, false, P1_CONTENT_P22, { NULL, 0 } },
		.recipients_n = 1, .recipients = &r,
	};
	uint8_t name[NAME_MAX_OCTETS];
	struct p1_name parsed;
	size_t bad;

	if (!p1_name_parse(octets_of("C=XX;A=TEST;P=UP;S=Tester"), &parsed, &bad))
		return false;
	r.name.p = name;
	r.name.n = p1_name_encode(&parsed, 0x60, name, sizeof name);
	m.originator = r.name;
	m.id.domain = (struct p1_domain){ parsed.country, parsed.admd, parsed.prmd };
	m.id.local = p1_string("memory-00000001");
	m.trace = (struct p1_trace){ .domain = m.id.domain, .arrival = p1_string("261121120000Z") };
	head_n = p1_message_head(&m, size, head, sizeof head);
	return head_n > 0 && head_n <= sizeof head;
}

static void begin(struct side *s, struct side *other, bool initiator)
{
	static struct association_config lent[SIDES];
	struct association_config *c = &lent[initiator];

	association_defaults(c, initiator);
	c->number = initiator;
	c->pool = &pool;
	c->work = &work[initiator];
	c->no_pdus = true;
	association_init(&s->a, c);
	s->other = other;
	association_connected(&s->a, 0);
}

/* A function of its own, so that callgrind can be told to count it alone. */
__attribute__((noinline)) static void transfer_all(uint64_t count)
{
	struct p1_transfer t = { .head = { head, head_n }, .content_length = size };

	for (uint64_t i = 0; i < count; i++) {
		t.id = (uint32_t)i;
		association_transfer(&left.a, 0, &t);
		settle();
	}
}

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int messages(uint64_t count)
{
	struct p1_bind bind = p1_bind_simple("LEFT", "left-secret");
	double us;

	if (!make_head())
		return EXIT_FAILURE;
	begin(&left, &right, true);
	begin(&right, &left, false);
	association_bind(&left.a, 0, &bind);
	settle();
	us = now_us();
	transfer_all(count);
	us = now_us() - us;
	association_release(&left.a, 0);
	settle();
	association_drop(&left.a);
	association_drop(&right.a);
	free(kept[0]);
	free(kept[1]);
	if (!left.bound || left.confirmed != count || right.received != count * size)
		return EXIT_FAILURE;
	printf("%.2f us a message, %.2f us a checkpoint of 30 KiB, both ends\n",
	       us / (double)count, us * CHECKPOINT / ((double)count * (double)size));
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	size = strtoull(argv[2], NULL, 10);
	return messages(strtoull(argv[1], NULL, 10));
}
