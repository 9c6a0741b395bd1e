/* link: jitter, loss, damage, pieces, outages, plans and cuts at TPKTs, most of
 * them to the microsecond on the virtual clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "link/link.h"

#include <stdlib.h>
#include <string.h>

enum { MS = 1000, ARRIVALS = 4096, EVENTS = 4096, OCTETS = 1 << 20 };

struct arrival {
	int64_t at_us;
	uint64_t until;		/* octets that have come */
};

/* Our end with a link; the peer a bare connection that writes down what comes. */
struct rig {
	struct net *net;
	struct net_listener *listener;
	struct link *link;
	struct net_conn *peer;
	struct arrival at[ARRIVALS];
	size_t n;
	uint8_t *got;
	uint64_t got_n;
	ssize_t end;			/* of what the peer reads */
	int64_t end_us;
	uint64_t in_n;			/* read by us */
	ssize_t in_end;
	ssize_t largest;		/* piece read by us */
	struct event events[EVENTS];
	size_t events_n;
};

static void peer_readable(struct net_conn *c, void *ctx)
{
	struct rig *r = ctx;
	ssize_t n = net_read(c, r->got + r->got_n, OCTETS - r->got_n);

	if (n == NET_AGAIN)
		return;
	if (n < 0) {
		r->end = n;
		r->end_us = net_now(r->net);
		net_want(c, false, false);
		return;
	}
	r->got_n += (uint64_t)n;
	assert_true(r->n < ARRIVALS);
	r->at[r->n++] = (struct arrival){ net_now(r->net), r->got_n };
}

static const struct net_user peer_user = { .readable = peer_readable };

static void accepted(struct net_listener *l, struct net_conn *c, void *ctx)
{
	struct rig *r = ctx;

	(void)l;
	r->peer = c;
	net_conn_user(c, &peer_user, r);
	net_want(c, true, false);
}

static void readable(struct link *l, void *ctx)
{
	uint8_t buf[4096];
	struct rig *r = ctx;
	ssize_t n = link_read(l, buf, sizeof buf);

	if (n > r->largest)
		r->largest = n;
	if (n > 0)
		r->in_n += (uint64_t)n;
	else if (n != NET_AGAIN)
		r->in_end = n;
	if (r->in_end)
		link_want(l, false, false);
}

static void heard(struct link *l, const struct event *e, void *ctx)
{
	struct rig *r = ctx;

	(void)l;
	if (r->events_n < EVENTS)
		r->events[r->events_n++] = *e;
}

static const struct link_user us = { .readable = readable, .event = heard };

static void run_for(struct rig *r, int64_t us_)
{
	int64_t until = net_now(r->net) + us_;

	while (net_now(r->net) < until)
		if (!net_step(r->net, until))
			break;
}

static struct rig *open_rig(struct net *net, const struct link_config *config)
{
	struct rig *r = calloc(1, sizeof *r);
	struct net_address a;

	assert_non_null(r);
	assert_non_null(r->got = malloc(OCTETS));
	r->net = net;
	assert_true(net_address_parse(&a, "127.0.0.1:0", 0));
	assert_non_null(r->listener = net_listen(net, &a, 8, NULL, accepted, r));
	a = net_listener_address(r->listener);
	assert_non_null(r->link = link_connect(net, &a, NULL, NULL, config, &us, r));
	link_want(r->link, true, false);
	for (int i = 0; i < 50 && !r->peer; i++)
		run_for(r, net_is_virtual(net) ? 0 : 2 * MS), net_step(net, net_now(net));
	assert_non_null(r->peer);
	run_for(r, net_is_virtual(net) ? 1 : 5 * MS);
	return r;
}

static struct rig *rig(const struct link_config *config)
{
	return open_rig(net_sim_new(1), config);
}

static void rig_close(struct rig *r)
{
	if (r->link)
		link_close(r->link);
	if (r->peer)
		net_close(r->peer);
	net_free(r->net);
	free(r->got);
	free(r);
}

static void send_out(struct rig *r, const void *p, size_t n)
{
	struct iovec v = { (void *)(uintptr_t)p, n };

	assert_int_equal(link_writev(r->link, &v, 1), n);
}

static void send_in(struct rig *r, const void *p, size_t n)
{
	struct iovec v = { (void *)(uintptr_t)p, n };

	assert_int_equal(net_writev(r->peer, &v, 1), n);
}

static const uint8_t *octets(void)
{
	static uint8_t all[1 << 17];
	static bool made;

	for (size_t i = 0; !made && i < sizeof all; i++)
		all[i] = (uint8_t)(i * 7 + i / 251);
	made = true;
	return all;
}

static size_t count(const struct rig *r, enum link_event code)
{
	size_t n = 0;

	for (size_t i = 0; i < r->events_n; i++)
		n += r->events[i].code == code;
	return n;
}

static const struct event *event_of(const struct rig *r, enum link_event code)
{
	for (size_t i = 0; i < r->events_n; i++)
		if (r->events[i].code == code)
			return &r->events[i];
	fail_msg("no event %s", link_event_name(code));
	return NULL;
}

/* --- nothing ---------------------------------------------------------------- */

/* 100 writes of 100 octets, 10 ms apart. */
static struct rig *steady(const struct link_config *config)
{
	struct rig *r = rig(config);

	for (int i = 0; i < 100; i++) {
		send_out(r, octets() + 100 * i, 100);
		run_for(r, 10 * MS);
	}
	run_for(r, 100 * SECOND_US);
	return r;
}

static bool same_arrivals(const struct rig *a, const struct rig *b)
{
	return a->n == b->n && memcmp(a->at, b->at, a->n * sizeof *a->at) == 0;
}

static void probability_zero_changes_nothing(void **state)
{
	struct link_config plain = { .out = { .rate = 128000, .delay_us = 30 * MS } };
	struct link_config zero = plain;
	struct rig *a, *b;

	(void)state;
	zero.seed = 4711;
	zero.out.loss = (struct link_loss){ 0, LINK_ALWAYS, 0, LINK_ALWAYS };
	zero.out.distribution = LINK_NORMAL;
	zero.out.rto_us = SECOND_US;
	a = steady(&plain);
	b = steady(&zero);
	assert_int_equal(a->got_n, 10000);
	assert_true(same_arrivals(a, b));
	assert_int_equal(count(b, LINK_LOST) + count(b, LINK_CORRUPTED), 0);
	assert_memory_equal(b->got, octets(), 10000);
	rig_close(a);
	rig_close(b);
}

/* --- rate ------------------------------------------------------------------ */

static void burst(void **state)
{
	struct link_config c = { .out = { .rate = 80000, .burst = 500 } };
	struct rig *r = rig(&c);
	int64_t begun;

	(void)state;
	run_for(r, 10 * SECOND_US);
	begun = net_now(r->net);
	send_out(r, octets(), 1000);
	run_for(r, 10 * SECOND_US);
	assert_int_equal(r->at[0].at_us, begun);
	assert_int_equal(r->at[0].until, 500);
	assert_int_equal(r->at[r->n - 1].at_us - begun, 50 * MS);
	rig_close(r);
}

/* --- jitter ----------------------------------------------------------------- */

static void jitter_of(enum link_distribution d, uint64_t seed, int64_t least, int64_t most,
                      int64_t mean_least, int64_t mean_most)
{
	struct link_config c = { .seed = seed, .out = { .delay_us = 50 * MS, .jitter_us = 10 * MS,
	                         .distribution = d } };
	struct rig *r = rig(&c);
	int64_t sum = 0;

	for (int i = 0; i < 1000; i++) {
		int64_t begun = net_now(r->net), late;

		send_out(r, octets(), 10);
		run_for(r, 500 * MS);
		late = r->at[i].at_us - begun;
		assert_in_range(late, least, most);
		sum += late;
	}
	assert_in_range(sum / 1000, mean_least, mean_most);
	rig_close(r);
}

static void jitter(void **state)
{
	(void)state;
	jitter_of(LINK_UNIFORM, 1, 40 * MS, 60 * MS, 49 * MS, 51 * MS);
	jitter_of(LINK_NORMAL, 2, 10 * MS, 90 * MS, 49 * MS, 51 * MS);
	jitter_of(LINK_EXPONENTIAL, 3, 50 * MS, 450 * MS, 59 * MS, 61 * MS);
}

static void seeds(void **state)
{
	struct link_config c = { .seed = 9, .out = { .jitter_us = 10 * MS, .delay_us = 20 * MS,
	                         .loss.good = LINK_ALWAYS / 10 } };
	struct rig *a = steady(&c), *b = steady(&c), *other;

	(void)state;
	c.seed = 10;
	other = steady(&c);
	assert_true(same_arrivals(a, b));
	assert_false(same_arrivals(a, other));
	assert_memory_equal(other->got, octets(), 10000);
	rig_close(a);
	rig_close(b);
	rig_close(other);
}

/* --- loss ------------------------------------------------------------------ */

/* Every segment is lost once: bad for one try, good for the next. */
static const struct link_loss each_once = { 0, LINK_ALWAYS, LINK_ALWAYS, LINK_ALWAYS };

static void time_out(void **state)
{
	struct link_config c = { .in.delay_us = 10 * MS,
	                         .out = { .delay_us = 20 * MS, .loss = each_once } };
	struct rig *r = rig(&c);
	int64_t begun = net_now(r->net);

	(void)state;
	send_out(r, octets(), 100);
	run_for(r, 10 * SECOND_US);
	/* RTO: 200 ms and the round trip. */
	assert_int_equal(r->at[0].at_us - begun, 20 * MS + 230 * MS);
	assert_int_equal(event_of(r, LINK_LOST)->length, 100);
	assert_int_equal(event_of(r, LINK_LOST)->value, 1);
	rig_close(r);

	/* Lost three times: 1 + 2 + 4 time-outs. */
	c.out.loss = (struct link_loss){ LINK_ALWAYS, 0, 0, 0 };
	c.out.rto_us = SECOND_US;
	c.in.delay_us = c.out.delay_us = 0;
	r = rig(&c);
	begun = net_now(r->net);
	send_out(r, octets(), 100);
	run_for(r, 2000 * SECOND_US);
	assert_int_equal(r->at[0].at_us - begun, 1023 * SECOND_US);
	assert_int_equal(event_of(r, LINK_LOST)->value, 10);
	rig_close(r);
}

static void fast_retransmit(void **state)
{
	struct link_config c = { .in.delay_us = 10 * MS,
	                         .out = { .delay_us = 20 * MS, .loss = each_once } };
	struct rig *r = rig(&c);
	int64_t begun = net_now(r->net);

	(void)state;
	send_out(r, octets(), 100);
	c.out.loss = (struct link_loss){ 0, 0, 0, 0 };
	link_set(r->link, &c);
	for (int i = 1; i <= 4; i++) {
		run_for(r, 1 * MS);
		send_out(r, octets() + 100 * i, 100);
	}
	run_for(r, 10 * SECOND_US);
	/* The third behind it would come at 23 ms; one round trip later it does. */
	assert_int_equal(r->at[0].at_us - begun, 23 * MS + 30 * MS);
	assert_int_equal(r->got_n, 500);
	assert_memory_equal(r->got, octets(), 500);
	rig_close(r);
}

static void burst_loss(void **state)
{
	struct link_config c = { .seed = 3, .out.loss = { 0, LINK_ALWAYS / 2, LINK_ALWAYS / 100,
	                         LINK_ALWAYS / 4 } };
	struct rig *r = rig(&c);

	(void)state;
	for (int i = 0; i < 3000; i++) {
		send_out(r, octets(), 50);
		run_for(r, 100 * SECOND_US);
	}
	assert_int_equal(r->got_n, 150000);
	/* Bad 1/26 of the time, half of those lost; retransmissions are sent too. */
	assert_in_range(count(r, LINK_LOST), 30, 100);
	rig_close(r);
}

/* --- damage ------------------------------------------------------------------ */

static void corrupt(void **state)
{
	struct link_config c = { .seed = 3, .out = { .rate = 1000000,
	                                             .corrupt = LINK_ALWAYS / 100 } };
	struct rig *r = rig(&c);
	size_t bent = 0;

	(void)state;
	send_out(r, octets(), 20000);
	run_for(r, 10 * SECOND_US);
	assert_int_equal(r->got_n, 20000);
	for (size_t i = 0; i < 20000; i++)
		bent += r->got[i] != octets()[i];
	assert_in_range(bent, 140, 270);
	assert_int_equal(bent, count(r, LINK_CORRUPTED));
	for (size_t i = 0; i < r->events_n; i++)
		if (r->events[i].code == LINK_CORRUPTED) {
			assert_int_equal(r->events[i].value >> 8, octets()[r->events[i].offset]);
			assert_int_equal(r->events[i].value & 255, r->got[r->events[i].offset]);
		}
	rig_close(r);
}

static void missing(void **state)
{
	struct link_config c = { .seed = 3, .out.missing = LINK_ALWAYS / 100 };
	struct rig *r = rig(&c);
	size_t sound = 0;

	(void)state;
	send_out(r, octets(), 20000);
	run_for(r, 10 * SECOND_US);
	assert_in_range(count(r, LINK_MISSING), 140, 270);
	for (size_t i = 0, e = 0; i < 20000; i++) {
		while (e < r->events_n && r->events[e].code != LINK_MISSING)
			e++;
		if (e < r->events_n && r->events[e].offset == i)
			e++;
		else
			assert_int_equal(r->got[sound++], octets()[i]);
	}
	assert_int_equal(r->got_n, sound);
	rig_close(r);
}

/* --- pieces ------------------------------------------------------------------ */

static void pieces(void **state)
{
	static const uint32_t sizes[] = { 1, 7, 536 };

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct link_config c = { .in.segment = sizes[i], .out.segment = sizes[i] };
		struct rig *r = open_rig(net_kernel_new(), &c);
		struct net_info info;
		uint32_t least;

		send_out(r, octets(), 1000);
		send_in(r, octets(), 1000);
		for (int k = 0; k < 200 && (r->got_n < 1000 || r->in_n < 1000); k++)
			run_for(r, 5 * MS);
		assert_int_equal(r->got_n, 1000);
		assert_int_equal(r->in_n, 1000);
		assert_int_equal(r->largest, sizes[i]);
		assert_true(net_info(link_conn(r->link), &info));
		/* No two in one; TCP may send some again. */
		least = (1000 + sizes[i] - 1) / sizes[i];
		assert_in_range(info.segments, least, least + least / 20 + 20);
		rig_close(r);
	}
}

/* --- outages and plans --------------------------------------------------------- */

static void outage(void **state)
{
	struct link_config c = { .in.delay_us = 50 * MS, .out.delay_us = 50 * MS };
	struct rig *r = rig(&c);
	int64_t begun = net_now(r->net);

	(void)state;
	send_out(r, octets(), 100);
	run_for(r, 10 * MS);
	link_down(r->link, LINK_OUT, true);
	assert_int_equal(link_writev(r->link, &(struct iovec){ "x", 1 }, 1), NET_AGAIN);
	run_for(r, 2 * SECOND_US);
	assert_int_equal(r->n, 0);
	link_down(r->link, LINK_OUT, false);
	run_for(r, 10 * SECOND_US);
	/* Time-outs 300, 600, 1200 ms after the 10th: tries at 310, 910, 2110. */
	assert_int_equal(r->at[0].at_us - begun, 2110 * MS + 50 * MS);
	assert_int_equal(event_of(r, LINK_UP)->length, 100 * MS);
	rig_close(r);
}

static void planned(void **state)
{
	static const struct link_plan plan = {
		.at = { { 1 * SECOND_US, LINK_CHANGE_RATE, LINK_BOTH, 16000 },
		        { 2 * SECOND_US, LINK_CHANGE_STALL, LINK_OUT, 1 },
		        { 3 * SECOND_US, LINK_CHANGE_STALL, LINK_OUT, 0 },
		        { 3 * SECOND_US, LINK_CHANGE_RATE, LINK_BOTH, 8000 } },
		.n = 4, .every_us = 5 * SECOND_US,
	};
	struct link_config c = { .out.rate = 8000, .plan = &plan };
	struct rig *r = rig(&c);

	(void)state;
	for (int i = 0; i < 100; i++) {
		struct iovec v = { (void *)(uintptr_t)octets(), 1000 };

		link_writev(r->link, &v, 1);
		run_for(r, 100 * MS);
	}
	assert_int_equal(count(r, LINK_STALL_ON), 2);
	assert_int_equal(count(r, LINK_STALL_OFF), 2);
	/* One second of 8, 16, none, and two of 8 kbit/s; what the stall held back
	 * comes at its end, as far as the gate took it. */
	assert_in_range(r->got_n, 2 * (1000 + 2000 + 2000), 2 * (1000 + 2000 + 2000 + 2000));
	assert_int_equal(count(r, LINK_RATE_SET), 2 + 2 * 4 - 2 * 1 + 1);
	rig_close(r);
}

/* --- TPKTs ---------------------------------------------------------------------- */

/* Three TPKTs of 10, 300 and 20 octets. */
static const uint8_t *tpkts(void)
{
	static uint8_t all[330];
	static const unsigned length[] = { 10, 300, 20 };
	size_t at = 0;

	for (size_t i = 0; i < 3; i++) {
		all[at] = 3;
		all[at + 2] = (uint8_t)(length[i] >> 8);
		all[at + 3] = (uint8_t)length[i];
		at += length[i];
	}
	return all;
}

static void cut_at_frame(enum link_direction d, const struct link_fault *fault, uint64_t octet,
                         size_t chunk, uint64_t rate)
{
	struct link_config c = { .out.rate = rate, .in.rate = rate };
	struct rig *r;

	*(d == LINK_OUT ? &c.cut_out : &c.cut_in) = *fault;
	r = rig(&c);
	for (size_t at = 0; at < 330; at += chunk) {
		size_t n = 330 - at < chunk ? 330 - at : chunk;
		struct iovec v = { (void *)(uintptr_t)(tpkts() + at), n };

		if ((d == LINK_OUT ? link_writev(r->link, &v, 1) : net_writev(r->peer, &v, 1)) < 0)
			break;
		run_for(r, 10 * MS);
	}
	run_for(r, SECOND_US);
	assert_int_equal(d == LINK_OUT ? r->got_n : r->in_n, octet);
	assert_int_equal(d == LINK_OUT ? r->end : r->in_end,
	                 fault->how == LINK_CUT_RST ? NET_RST : NET_FIN);
	if (d == LINK_IN)
		event_of(r, LINK_KERNEL);
	rig_close(r);
}

static void cuts_at_frames(void **state)
{
	static const struct {
		struct link_fault fault;
		uint64_t octet;
	} rows[] = {
		{ { LINK_AT_FRAME, LINK_CUT_FIN, 1, 0 }, 10 },
		{ { LINK_AT_FRAME, LINK_CUT_RST, 2, 0 }, 310 },
		{ { LINK_AT_FRAME, LINK_CUT_RST, 0, 0 }, 0 },
		{ { LINK_IN_FRAME, LINK_CUT_FIN, 1, 1 }, 1 },
		{ { LINK_IN_FRAME, LINK_CUT_FIN, 1, 3 }, 3 },
		{ { LINK_IN_FRAME, LINK_CUT_RST, 2, 2 }, 12 },
		{ { LINK_IN_FRAME, LINK_CUT_RST, 2, 4 }, 14 },
		{ { LINK_IN_FRAME, LINK_CUT_RST, 2, 0 }, 160 },
		{ { LINK_IN_FRAME, LINK_CUT_FIN, 2, 999 }, 309 },
		{ { LINK_IN_FRAME, LINK_CUT_FIN, 3, 5 }, 315 },
	};
	static const size_t chunks[] = { 1, 3, 50, 330 };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (size_t k = 0; k < sizeof chunks / sizeof *chunks; k++)
			for (enum link_direction d = LINK_IN; d <= LINK_OUT; d++) {
				if (rows[i].fault.n == 0 && d == LINK_IN)
					continue;
				cut_at_frame(d, &rows[i].fault, rows[i].octet, chunks[k], 0);
				cut_at_frame(d, &rows[i].fault, rows[i].octet, chunks[k], 64000);
			}
}

static void no_frames(void **state)
{
	struct link_config c = { .cut_out = { LINK_AT_FRAME, LINK_CUT_RST, 1, 0 } };
	struct link_fault late = { LINK_AT_FRAME, LINK_CUT_RST, 1, 0 };
	struct rig *r = rig(&c);

	(void)state;
	send_out(r, "no TPKT at all", 14);
	run_for(r, SECOND_US);
	assert_int_equal(r->got_n, 14);
	assert_int_equal(r->end, 0);
	assert_false(link_cut_frame(r->link, LINK_OUT, &late));
	rig_close(r);
}

/* What the kernel had taken beyond the octet of the cut. */
static void kernel_had_more(void **state)
{
	struct link_config c = { .cut_in = { LINK_AT_OCTET, LINK_CUT_FIN, 100, 0 } };

	(void)state;
	for (int real = 0; real < 2; real++) {
		struct rig *r = open_rig(real ? net_kernel_new() : net_sim_new(2), &c);

		send_in(r, octets(), 5000);
		for (int k = 0; k < 100 && !r->in_end; k++)
			run_for(r, 5 * MS);
		assert_int_equal(r->in_n, 100);
		assert_int_equal(event_of(r, LINK_KERNEL)->length, 4900);
		rig_close(r);
	}
}

static void hidden(void **state)
{
	struct link_config c = { .in.rate = 9600 };
	const struct net_buffers small = link_buffers(&c, false);
	struct rig *r = open_rig(net_kernel_new(), &c);

	(void)state;
	assert_int_equal(small.receive, 2048);
	assert_int_equal(event_of(r, LINK_HIDDEN)->length, link_hidden(r->link));
	assert_true(link_hidden(r->link) >= 2304);
	rig_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(probability_zero_changes_nothing),
		cmocka_unit_test(burst),
		cmocka_unit_test(jitter),
		cmocka_unit_test(seeds),
		cmocka_unit_test(time_out),
		cmocka_unit_test(fast_retransmit),
		cmocka_unit_test(burst_loss),
		cmocka_unit_test(corrupt),
		cmocka_unit_test(missing),
		cmocka_unit_test(pieces),
		cmocka_unit_test(outage),
		cmocka_unit_test(planned),
		cmocka_unit_test(cuts_at_frames),
		cmocka_unit_test(no_frames),
		cmocka_unit_test(kernel_had_more),
		cmocka_unit_test(hidden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
