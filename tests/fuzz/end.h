/*
 * end: an association end as fuzz targets hold it: the acts of its user, by
 * number, and its events taken out and checked.
 */
#ifndef FUZZ_END_H
#define FUZZ_END_H

#include <string.h>

#include "association/association.h"
#include "pool.h"

enum act {
	ACT_RAW,		/* octets of the TCP stream */
	ACT_TPDU,		/* a TPDU */
	ACT_TSDU,		/* a TSDU in one DT */
	ACT_SPDU,		/* argument: SI; octets: user data (PGI 193) */
	ACT_DATA,		/* argument: context; octets: value of a P-DATA, in GT DT */
	ACT_MINOR,		/* GT MIP, argument: serial */
	ACT_MINOR_ACK,
	ACT_END,		/* GT AE (MAP) */
	ACT_END_ACK,
	/* Of the user, and of the world. */
	ACT_CONNECTED, ACT_BIND, ACT_ACCEPT, ACT_REFUSE, ACT_TRANSFER, ACT_LEND, ACT_SECURED,
	ACT_SECURED_ALL, ACT_REJECT, ACT_PLEASE, ACT_GIVE, ACT_DISCARD, ACT_RELEASE,
	ACT_RELEASE_ANSWER, ACT_ABORT, ACT_TICK, ACT_TCP_END, ACT_POP,
	ACTS,
	PEER_ACTS = ACT_CONNECTED,
};

enum { FUZZ_CONTENT_MAX = 100000, FUZZ_NUMBER = 7 };

struct fuzz_end {
	struct association a;
	struct association_work work;
	struct association_config config;
	struct fuzz_pool pool;
	int64_t now;
	uint64_t wanted_at, wanted_n;	/* of the content */
	bool connected, over;
	uint8_t head[1024];		/* of the transfer under way */
};

static uint8_t fuzz_content[FUZZ_CONTENT_MAX];

/* `a`: what is left to choice; `refuse`: the first lease that fails, 0: none. */
static void fuzz_end_init(struct fuzz_end *e, uint8_t a, uint8_t refuse)
{
	static const uint32_t checkpoints[] = { 30, 1, 0, 7 };
	struct association_config c;

	memset(e, 0, sizeof *e);
	fuzz_pool_init(&e->pool, refuse);
	e->now = SECOND_US;
	association_defaults(&c, a & 1);
	c.number = FUZZ_NUMBER;
	c.pool = &e->pool.pool;
	c.work = &e->work;
	c.cotp.on_error = a & 2 ? COTP_ERROR_REPORT : COTP_ERROR_CLOSE;
	c.cotp.ts1_us = c.cotp.ts2_us = 5 * SECOND_US;
	c.rtse.checkpoint = checkpoints[a >> 2 & 3];
	c.rtse.window = 1 + (a >> 4 & 3);
	c.rtse.transfer_us = a & 0x40 ? 10 * SECOND_US : 0;
	if (a & 0x80)
		c.p1.envelope_max = 600;
	e->config = c;
	association_init(&e->a, &e->config);
	for (size_t i = sizeof fuzz_content; !fuzz_content[0] && i-- > 0;)
		fuzz_content[i] = (uint8_t)(i * 7 + 1);
}

static void fuzz_end_drop(struct fuzz_end *e)
{
	association_drop(&e->a);
	demand(e->pool.octets == 0);
}

/* Adds octets to a sum (FNV-1a), and so looks at each of them. */
static uint32_t fuzz_sum(uint32_t h, struct octets o)
{
	for (size_t i = 0; i < o.n; i++)
		h = (h ^ o.p[i]) * 16777619;
	return h;
}

/* ---- acts ---- */

/* A message's head; n: octets of content. */
static struct octets fuzz_message(struct fuzz_end *e, size_t n)
{
	struct p1_recipient r = { .number = 1, .indicators = P1_RESPONSIBILITY };
	struct p1_message m = { .recipients_n = 1, .recipients = &r };
	struct p1_name name;
	uint8_t address[200];
	size_t bad;

	demand(p1_name_parse(octets_of("C=XX;A=TEST;P=DOWN;S=Tester"), &name, &bad));
	m.originator = r.name = (struct octets){
		address, p1_name_encode(&name, 0x60, address, sizeof address) };
	m.id.domain = (struct p1_domain){ name.country, name.admd, name.prmd };
	m.id.local = p1_string("id-1");
	m.content_type = (struct p1_content_type){ true, false, P1_CONTENT_P22, { NULL, 0 } };
	m.trace = (struct p1_trace){ .domain = m.id.domain, .arrival = p1_string("261121120000Z") };
	return (struct octets){ e->head, p1_message_head(&m, n, e->head, sizeof e->head) };
}

static void fuzz_transfer(struct fuzz_end *e, uint8_t argument)
{
	struct p1_transfer t = { .id = argument, .content_length = (uint64_t)argument * argument };

	/* The head of a transfer under way is lent: it is left alone. */
	t.head = e->a.p1.sending ? (struct octets){ e->head, 1 }
	                         : fuzz_message(e, (size_t)t.content_length);
	association_transfer(&e->a, e->now, &t);
}

static void fuzz_lend(struct fuzz_end *e, uint8_t argument)
{
	uint64_t n = (uint64_t)argument * 64 + 1;

	if (e->wanted_n == 0)
		return;
	demand(e->wanted_at <= FUZZ_CONTENT_MAX && e->wanted_n <= FUZZ_CONTENT_MAX - e->wanted_at);
	n = n < e->wanted_n ? n : e->wanted_n;
	e->wanted_n = 0;
	association_lend(&e->a, e->now, (struct octets){ fuzz_content + e->wanted_at, (size_t)n });
}

static void fuzz_tick(struct fuzz_end *e, uint8_t argument)
{
	int64_t due = association_deadline(&e->a);

	e->now = argument % 2 && due != NEVER_US && due > e->now ? due
	                                                         : e->now + argument * SECOND_US;
	association_tick(&e->a, e->now);
	demand(association_deadline(&e->a) > e->now);
}

static void fuzz_pop(struct fuzz_end *e, uint8_t argument)
{
	struct octets slices[ASSOCIATION_SLICES];
	size_t n = association_pop(&e->a, slices, ASSOCIATION_SLICES), all = 0;

	for (size_t i = 0; i < n; i++) {
		fuzz_sum(1, slices[i]);
		demand(slices[i].n > 0);
		all += slices[i].n;
	}
	if (argument < 200 && all > argument)
		all = argument;
	if (all)
		association_popped(&e->a, e->now, all);
}

static void fuzz_bind(struct fuzz_end *e)
{
	struct p1_bind b = p1_bind_simple("RIGUP", "up-secret");

	association_bind(&e->a, e->now, &b);
}

static void fuzz_accept(struct fuzz_end *e)
{
	struct p1_bind b = p1_bind_simple("RIGDOWN", "down-secret");

	association_accept(&e->a, e->now, &b);
}

/* One act of the user.  Its events are then to be taken. */
static void fuzz_act(struct fuzz_end *e, enum act act, uint8_t argument)
{
	struct association *a = &e->a;

	switch (act) {
	case ACT_CONNECTED:
		if (!e->connected)
			association_connected(a, e->now);
		e->connected = true;
		break;
	case ACT_BIND: fuzz_bind(e); break;
	case ACT_ACCEPT: fuzz_accept(e); break;
	case ACT_REFUSE: association_refuse(a, e->now, argument % 6); break;
	case ACT_TRANSFER: fuzz_transfer(e, argument); break;
	case ACT_LEND: fuzz_lend(e, argument); break;
	case ACT_SECURED: association_secured(a, e->now, argument); break;
	case ACT_SECURED_ALL: association_secured_all(a, e->now); break;
	case ACT_REJECT: association_reject(a, e->now, argument); break;
	case ACT_PLEASE: association_turn_please(a, e->now, argument); break;
	case ACT_GIVE: association_turn_give(a, e->now); break;
	case ACT_DISCARD: association_discard(a, e->now, argument); break;
	case ACT_RELEASE: association_release(a, e->now); break;
	case ACT_RELEASE_ANSWER: association_release_answer(a, e->now); break;
	case ACT_ABORT: association_abort(a, e->now); break;
	case ACT_TICK: fuzz_tick(e, argument); break;
	case ACT_TCP_END:
		if (!e->over)
			association_end(a, e->now, argument % 4);
		e->over = true;
		break;
	case ACT_POP: fuzz_pop(e, argument); break;
	default: break;
	}
}

#endif
