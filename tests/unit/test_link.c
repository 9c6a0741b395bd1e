/* link: lines, gates and cuts; most over both forms of net, what must be exact
 * to the microsecond on the virtual clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "link/link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FORMS = 3, MS = 1000, FOREVER = 1 << 30 };

static const char *const form_names[FORMS] = { "kernel", "sim", "sim, other seed" };

/* --- a stream of octets that know their place ----------------------------- */

enum { PERIOD = 251 * 509, MOST = 1 << 16 };

/* 64 KiB of the stream from octet `from`. */
static const uint8_t *pattern(uint64_t from)
{
	static uint8_t all[PERIOD + MOST];
	static bool made;

	for (size_t i = 0; !made && i < sizeof all; i++)
		all[i] = (uint8_t)(i % 251 * 31 + i % 509);
	made = true;
	return all + from % PERIOD;
}

/* One end, link or bare connection: writes `limit` octets, reads and checks
 * all, and writes down what it hears. */
struct side {
	struct net *net;
	struct link *link;
	struct net_conn *conn;
	uint64_t sent, limit, got;
	size_t chunk;			/* written at once at most; 0: 64 KiB */
	ssize_t end, write_end;		/* last negative answers but NET_AGAIN; 0: none */
	int64_t last_us;		/* arrival of the last octet or end */
	int64_t end_us;
	int64_t hundred_us[16];		/* arrival of octets 100, 200 ... */
	bool idle;			/* does not read */
	bool shut;			/* half-closes after `limit` */
	char log[64];
	size_t logged;
	int error;
	char close_at, reset_at;
	struct event events[64];
	size_t n_events;
	uint32_t reached, stall_at;	/* tags of marks */
};

static void side_end(struct side *s, bool reset)
{
	struct link *l = s->link;
	struct net_conn *c = s->conn;

	s->link = NULL;
	s->conn = NULL;
	if (l && reset)
		link_reset(l);
	else if (l)
		link_close(l);
	else if (c && reset)
		net_reset(c);
	else if (c)
		net_close(c);
}

static void hear(struct side *s, char letter)
{
	if (s->logged < sizeof s->log - 1)
		s->log[s->logged++] = letter;
	if (letter == s->close_at || letter == s->reset_at)
		side_end(s, letter == s->reset_at);
}

static int count(const struct side *s, char letter)
{
	int n = 0;

	for (size_t i = 0; i < s->logged; i++)
		n += s->log[i] == letter;
	return n;
}

static void want(struct side *s)
{
	bool write = (s->sent < s->limit || s->shut) && !s->write_end;

	if (s->link)
		link_want(s->link, !s->idle, write);
	else if (s->conn)
		net_want(s->conn, !s->idle, write);
}

static void side_read(struct side *s)
{
	static uint8_t buf[1 << 16];
	ssize_t n;

	while (s->link || s->conn) {
		n = s->link ? link_read(s->link, buf, sizeof buf)
		            : net_read(s->conn, buf, sizeof buf);
		if (n == NET_AGAIN)
			return;
		s->last_us = net_now(s->net);
		if (n < 0) {
			s->end_us = net_now(s->net);
			s->end = n;
			return;
		}
		assert_memory_equal(buf, pattern(s->got), (size_t)n);
		for (uint64_t i = s->got / 100; i < (s->got + (size_t)n) / 100 && i < 16; i++)
			s->hundred_us[i] = net_now(s->net);
		s->got += (size_t)n;
	}
}

static ssize_t side_put(struct side *s, size_t n)
{
	struct iovec v[3] = {
		{ (void *)(uintptr_t)pattern(s->sent), n / 3 },
		{ (void *)(uintptr_t)(pattern(s->sent) + n / 3), n / 3 },
		{ (void *)(uintptr_t)(pattern(s->sent) + n / 3 * 2), n - n / 3 * 2 },
	};
	ssize_t r = s->link ? link_writev(s->link, v, 3) : net_writev(s->conn, v, 3);

	if (r > 0)
		s->sent += (size_t)r;
	else if (r != NET_AGAIN)
		s->write_end = r;
	return r;
}

static void side_write(struct side *s)
{
	size_t most = s->chunk ? s->chunk : 1 << 16;

	while (s->sent < s->limit && (s->link || s->conn)) {
		uint64_t left = s->limit - s->sent;

		if (side_put(s, left < most ? (size_t)left : most) < 0)
			break;
	}
	if (s->sent == s->limit && s->shut) {
		s->shut = false;
		if (s->link)
			link_shutdown(s->link);
		else if (s->conn)
			net_shutdown(s->conn);
	}
	want(s);
}

static void link_connected(struct link *l, void *ctx)
{
	struct side *s = ctx;

	s->link = l;
	want(s);
	hear(s, 'C');
}

static void link_failed(struct link *l, int error, void *ctx)
{
	struct side *s = ctx;

	s->link = l;
	s->error = error;
	hear(s, 'F');
}

static void link_readable(struct link *l, void *ctx)
{
	(void)l;
	side_read(ctx);
	hear(ctx, 'r');
}

static void link_writable(struct link *l, void *ctx)
{
	(void)l;
	side_write(ctx);
	hear(ctx, 'w');
}

static void link_gone(struct link *l, void *ctx)
{
	(void)l;
	hear(ctx, 'G');
}

static void link_event(struct link *l, const struct event *e, void *ctx)
{
	struct side *s = ctx;

	assert_int_equal(e->kind, EVENT_LINK);
	assert_int_equal(e->at_us, net_is_virtual(s->net) ? net_now(s->net) : e->at_us);
	assert_int_equal(e->cell, CELL_NONE);
	s->link = l;
	if (e->code == LINK_REACHED) {
		s->reached = e->value;
		if (s->reached == s->stall_at)
			link_stall(l, LINK_OUT, true);
	}
	if (s->n_events < sizeof s->events / sizeof *s->events)
		s->events[s->n_events++] = *e;
	hear(s, 'e');
}

static void link_dropped(void *ctx)
{
	struct side *s = ctx;

	s->link = NULL;
	hear(s, 'D');
}

static const struct link_user link_side = {
	link_connected, link_failed, link_readable, link_writable, link_gone, link_event,
	link_dropped,
};

static void peer_readable(struct net_conn *c, void *ctx)
{
	(void)c;
	side_read(ctx);
	hear(ctx, 'r');
}

static void peer_writable(struct net_conn *c, void *ctx)
{
	(void)c;
	side_write(ctx);
}

static void peer_gone(struct net_conn *c, void *ctx)
{
	(void)c;
	hear(ctx, 'G');
}

static const struct net_user peer_side = {
	.readable = peer_readable, .writable = peer_writable, .gone = peer_gone,
};

/* --- our end with its link, and the peer ---------------------------------- */

struct rig {
	struct net *net;
	struct net_listener *listener;
	struct side us, peer;
	const struct link_config *config;
	bool we_accept;
};

static void rig_accepted(struct net_listener *l, struct net_conn *c, void *ctx)
{
	struct rig *r = ctx;

	(void)l;
	if (r->we_accept) {
		r->us.link = link_accept(c, r->config, &link_side, &r->us);
		assert_non_null(r->us.link);
		want(&r->us);
	} else {
		r->peer.conn = c;
		net_conn_user(c, &peer_side, &r->peer);
		want(&r->peer);
	}
}

/* Runs until nothing more comes.  In the kernel form: for 8 ms, and some turns
 * however late they come. */
static void settle(struct net *net)
{
	int64_t until = net_now(net) + 8 * MS;
	int turns = net_is_virtual(net) ? 0 : 10;

	while (net_now(net) < until || turns > 0) {
		int64_t now = net_now(net);

		if (!net_step(net, now < until ? until : now + 100))
			break;
		turns--;
	}
}

static void run_for(struct net *net, int64_t us)
{
	int64_t until = net_now(net) + us;

	while (net_now(net) < until)
		if (!net_step(net, until))
			break;
}

static void rig_listen(struct rig *r, void **state, const struct net_buffers *b)
{
	uintptr_t form = (uintptr_t)*state;
	struct net_address a;

	*r = (struct rig){ .net = form == 0 ? net_kernel_new() : net_sim_new(form * 7) };
	assert_non_null(r->net);
	r->us.net = r->peer.net = r->net;
	assert_true(net_address_parse(&a, "127.0.0.1:0", 0));
	r->listener = net_listen(r->net, &a, 8, b, rig_accepted, r);
	assert_non_null(r->listener);
}

static void rig_connect(struct rig *r, const struct link_config *config,
                        const struct net_buffers *b)
{
	struct net_address to = net_listener_address(r->listener);

	r->us.link = link_connect(r->net, &to, NULL, b, config, &link_side, &r->us);
	assert_non_null(r->us.link);
}

static void rig_open(struct rig *r, void **state, const struct link_config *config)
{
	rig_listen(r, state, NULL);
	rig_connect(r, config, NULL);
	settle(r->net);
	assert_non_null(r->peer.conn);
	assert_int_equal(count(&r->us, 'C'), 1);
}

/* The other way round: the peer calls us. */
static void rig_accept(struct rig *r, void **state, const struct link_config *config)
{
	struct net_address to;

	rig_listen(r, state, NULL);
	r->we_accept = true;
	r->config = config;
	to = net_listener_address(r->listener);
	r->peer.conn = net_connect(r->net, &to, NULL, NULL, &peer_side, &r->peer);
	assert_non_null(r->peer.conn);
	net_want(r->peer.conn, true, false);
	settle(r->net);
	assert_non_null(r->us.link);
}

static void rig_close(struct rig *r)
{
	if (r->us.link)
		link_close(r->us.link);
	r->us.link = NULL;
	net_free(r->net);
}

/* Begins to write up to `limit` octets in all. */
static void start(struct side *s, uint64_t limit)
{
	s->limit = limit;
	want(s);
}

static void run_until_got(struct rig *r, struct side *s, uint64_t n)
{
	int64_t limit = net_now(r->net) + (net_is_virtual(r->net) ? 1000000 : 20) * SECOND_US;

	while (s->got < n && net_now(r->net) < limit)
		if (!net_step(r->net, limit))
			break;
	assert_int_equal(s->got, n);
}

static void run_until_end(struct rig *r, struct side *s)
{
	int64_t limit = net_now(r->net) + 20 * SECOND_US;

	while (!s->end && net_now(r->net) < limit)
		if (!net_step(r->net, limit))
			break;
	assert_int_not_equal(s->end, 0);
}

static struct link_config line(enum link_direction d, uint64_t rate, int64_t delay_us)
{
	struct link_config c = { .seed = 1 };

	if (d & LINK_IN)
		c.in = (struct link_line){ .rate = rate, .delay_us = delay_us };
	if (d & LINK_OUT)
		c.out = (struct link_line){ .rate = rate, .delay_us = delay_us };
	return c;
}

static bool has_event(const struct side *s, enum link_event code)
{
	for (size_t i = 0; i < s->n_events; i++)
		if (s->events[i].code == code)
			return true;
	return false;
}

static const struct event *event_of(const struct side *s, enum link_event code,
                                    enum link_direction d)
{
	for (size_t i = 0; i < s->n_events; i++)
		if (s->events[i].code == code && s->events[i].type == d)
			return &s->events[i];
	fail_msg("no event %s", link_event_name(code));
	return NULL;
}

/* --- transparent --------------------------------------------------------- */

static void transparent(void **state)
{
	struct link_config none = line(LINK_BOTH, 0, 0);
	struct rig r;

	rig_open(&r, state, &none);
	start(&r.us, 300000);
	start(&r.peer, 200000);
	run_until_got(&r, &r.peer, 300000);
	run_until_got(&r, &r.us, 200000);
	link_set(r.us.link, &none);
	link_stall(r.us.link, LINK_BOTH, false);
	assert_int_equal(r.us.n_events, 0);
	assert_int_equal(link_passed(r.us.link, LINK_OUT), 300000);
	assert_int_equal(link_passed(r.us.link, LINK_IN), 200000);
	r.us.shut = true;
	want(&r.us);
	run_until_end(&r, &r.peer);
	assert_int_equal(r.peer.end, NET_FIN);
	assert_int_equal(link_writev(r.us.link, &(struct iovec){ "x", 1 }, 1), NET_BROKEN);
	side_end(&r.peer, false);
	run_until_end(&r, &r.us);
	assert_int_equal(r.us.end, NET_FIN);
	rig_close(&r);
}

static void accepted_link(void **state)
{
	struct link_config both = line(LINK_BOTH, 10000000, 5 * MS);
	struct rig r;

	rig_accept(&r, state, &both);
	start(&r.us, 100000);
	start(&r.peer, 100000);
	run_until_got(&r, &r.peer, 100000);
	run_until_got(&r, &r.us, 100000);
	assert_int_equal(event_of(&r.us, LINK_RATE_SET, LINK_OUT)->flags, 0);
	assert_int_equal(event_of(&r.us, LINK_RATE_SET, LINK_IN)->flags, EVENT_F_INITIATOR);
	link_reset(r.us.link);
	r.us.link = NULL;
	run_until_end(&r, &r.peer);
	assert_int_equal(r.peer.end, NET_RST);
	rig_close(&r);
}

static void refused_and_cut_early(void **state)
{
	struct net_address to;
	struct rig r;

	rig_listen(&r, state, NULL);
	rig_connect(&r, NULL, NULL);
	link_cut(r.us.link, LINK_CUT_FIN);
	assert_null(link_conn(r.us.link));
	settle(r.net);
	assert_string_equal(r.us.log, "eeF");
	assert_int_equal(r.us.error, ECONNABORTED);
	rig_close(&r);

	rig_listen(&r, state, NULL);
	rig_connect(&r, NULL, NULL);
	link_cut(r.us.link, LINK_CUT_SILENCE);
	settle(r.net);
	assert_string_equal(r.us.log, "ee");
	assert_non_null(r.peer.conn);
	rig_close(&r);

	rig_listen(&r, state, NULL);
	to = net_listener_address(r.listener);
	net_listener_close(r.listener);
	r.us.link = link_connect(r.net, &to, NULL, NULL, NULL, &link_side, &r.us);
	link_want(r.us.link, true, true);
	settle(r.net);
	assert_string_equal(r.us.log, "F");
	assert_int_equal(r.us.error, ECONNREFUSED);
	rig_close(&r);
}

/* --- rate and delay, exactly ---------------------------------------------- */

static double seconds(int64_t us)
{
	return (double)us / 1e6;
}

static void rate_over(uint64_t rate, enum link_direction d, size_t chunk)
{
	struct link_config c = line(d, rate, 0);
	void *sim = (void *)1;
	uint64_t n = rate / 8 * 3 + 100;
	struct rig r;
	struct side *from, *to;
	double want_s = (double)n * 8 / (double)rate, got_s, octet_s = 8.0 / (double)rate;
	int64_t begun;

	rig_open(&r, &sim, &c);
	from = d == LINK_OUT ? &r.us : &r.peer;
	to = d == LINK_OUT ? &r.peer : &r.us;
	from->chunk = chunk;
	begun = net_now(r.net);
	start(from, n);
	run_until_got(&r, to, n);
	got_s = seconds(to->last_us - begun);
	if (got_s < want_s - 1e-6 || got_s > want_s + octet_s + 2e-6)
		fail_msg("%llu bit/s: %f s for %f", (unsigned long long)rate, got_s, want_s);
	rig_close(&r);
}

static void rates(void **state)
{
	static const uint64_t rows[] = { 300, 1200, 2400, 9600, 14400, 64000, 1000000, 10000000 };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (enum link_direction d = LINK_IN; d <= LINK_OUT; d++) {
			rate_over(rows[i], d, 0);
			rate_over(rows[i], d, 7);
		}
}

/* At any time no more has passed than the line can, and, while there is more
 * to send, not less either than one step behind. */
static void rate_is_even(void **state)
{
	struct link_config c = line(LINK_OUT, 9600, 0);
	void *sim = (void *)1;
	struct rig r;
	int64_t begun;

	(void)state;
	rig_open(&r, &sim, &c);
	begun = net_now(r.net);
	start(&r.us, FOREVER);
	for (int i = 0; i < 3000; i++) {
		uint64_t due;

		run_for(r.net, 3337);
		due = (uint64_t)(net_now(r.net) - begun) * 1200 / 1000000;
		assert_in_range(r.peer.got, due < 60 ? 0 : due - 60, due);
	}
	rig_close(&r);
}

static void one_octet(void **state)
{
	struct link_config c = line(LINK_OUT, 9600, 70 * MS);
	void *sim = (void *)1;
	struct rig r;
	int64_t begun;

	(void)state;
	rig_open(&r, &sim, &c);
	begun = net_now(r.net);
	start(&r.us, 1);
	run_until_got(&r, &r.peer, 1);
	assert_int_equal(r.peer.last_us - begun, 834 + 70 * MS);
	/* After a second of nothing no credit has been saved: 40 octets. */
	run_for(r.net, SECOND_US);
	begun = net_now(r.net);
	start(&r.us, 41);
	run_until_got(&r, &r.peer, 41);
	assert_int_equal(r.peer.last_us - begun, 33334 + 70 * MS);
	rig_close(&r);
}

/* 43.2 million octets, in each direction at once. */
static void ten_hours(void **state)
{
	struct link_config c = line(LINK_BOTH, 9600, 100 * MS);
	void *sim = (void *)1;
	struct rig r;
	int64_t begun;
	clock_t real = clock();
	double real_s;

	(void)state;
	rig_open(&r, &sim, &c);
	begun = net_now(r.net);
	start(&r.us, 43200000);
	start(&r.peer, 43200000);
	run_until_got(&r, &r.peer, 43200000);
	run_until_got(&r, &r.us, 43200000);
	assert_int_equal(r.peer.last_us - begun, 36000 * SECOND_US + 100 * MS);
	real_s = (double)(clock() - real) / CLOCKS_PER_SEC;
	print_message("ten hours at 9600 bit/s, both ways: %.2f s\n", real_s);
	assert_true(real_s < 360);	/* a hundredth, whatever tool slows it down */
	rig_close(&r);
}

static void delay_is_exact(void **state)
{
	static const int64_t gaps[8] = { 0, 1, 13, 999, 50000, 70000, 3, 200000 };
	void *sim = (void *)1;

	(void)state;
	for (enum link_direction d = LINK_IN; d <= LINK_OUT; d++) {
		struct link_config c = line(d, 0, 60 * MS);
		struct rig r;
		struct side *from, *to;
		int64_t sent_us[8];

		rig_open(&r, &sim, &c);
		from = d == LINK_OUT ? &r.us : &r.peer;
		to = d == LINK_OUT ? &r.peer : &r.us;
		for (size_t i = 0; i < 8; i++) {
			run_for(r.net, gaps[i]);
			sent_us[i] = net_now(r.net);
			assert_int_equal(side_put(from, 100), 100);
		}
		from->shut = true;
		from->limit = from->sent;
		side_write(from);
		run_until_end(&r, to);
		assert_int_equal(to->got, 800);
		for (size_t i = 0; i < 8; i++)
			assert_int_equal(to->hundred_us[i], sent_us[i] + 60 * MS);
		assert_int_equal(to->end, NET_FIN);
		assert_int_equal(to->end_us, sent_us[7] + 60 * MS);
		rig_close(&r);
	}
}

static void reset_is_delayed(void **state)
{
	struct link_config c = line(LINK_IN, 0, 60 * MS);
	void *sim = (void *)1;
	struct rig r;
	int64_t begun;

	(void)state;
	rig_open(&r, &sim, &c);
	begun = net_now(r.net);
	assert_int_equal(side_put(&r.peer, 100), 100);
	run_for(r.net, 10 * MS);
	side_end(&r.peer, true);
	run_until_end(&r, &r.us);
	assert_int_equal(r.us.got, 100);
	assert_int_equal(r.us.end, NET_RST);
	assert_int_equal(r.us.end_us, begun + 70 * MS);
	assert_int_equal(count(&r.us, 'G'), 1);
	rig_close(&r);
}

/* FIN, and RST behind it, both on the line. */
static void fin_then_reset_on_the_line(void **state)
{
	struct link_config c = line(LINK_IN, 9600, 60 * MS);
	void *sim = (void *)1;
	struct rig r;

	(void)state;
	rig_open(&r, &sim, &c);
	assert_int_equal(side_put(&r.peer, 12), 12);
	net_shutdown(r.peer.conn);
	run_until_end(&r, &r.us);
	assert_int_equal(r.us.end, NET_FIN);
	assert_int_equal(r.us.got, 12);
	settle(r.net);
	assert_int_equal(link_read(r.us.link, &(uint8_t){ 0 }, 1), NET_FIN);
	r.us.end = 0;
	r.us.logged = 0;
	side_end(&r.peer, true);
	run_until_end(&r, &r.us);
	assert_int_equal(r.us.end, NET_RST);
	assert_memory_equal(r.us.log, "Gr", 2);
	rig_close(&r);
}

static void changes_while_running(void **state)
{
	struct link_config c = line(LINK_OUT, 8000, 0);
	void *sim = (void *)1;
	struct rig r;
	int64_t begun;

	(void)state;
	rig_open(&r, &sim, &c);
	begun = net_now(r.net);
	start(&r.us, 6000);		/* 1,000 octets a second */
	run_for(r.net, SECOND_US);
	assert_in_range(r.peer.got, 950, 1000);
	c.out.rate = 16000;		/* 2,000 more in the next second */
	link_set(r.us.link, &c);
	assert_int_equal(r.peer.got, r.peer.got);
	run_for(r.net, SECOND_US);
	assert_in_range(r.peer.got, 2900, 3000);
	c.out.delay_us = 500 * MS;
	link_set(r.us.link, &c);
	run_for(r.net, 400 * MS);
	assert_in_range(r.peer.got, 2950, 3000);
	run_for(r.net, 200 * MS);
	assert_in_range(r.peer.got, 3100, 3240);
	c.out.delay_us = 0;		/* nothing overtakes */
	link_set(r.us.link, &c);
	c.out.rate = 0;
	link_set(r.us.link, &c);
	assert_int_equal(event_of(&r.us, LINK_RATE_SET, LINK_OUT)->length, 8000);
	run_until_got(&r, &r.peer, 6000);
	assert_in_range(net_now(r.net) - begun, 3000 * MS, 3150 * MS);
	assert_true(link_get(r.us.link).out.rate == 0);
	/* Transparent again. */
	start(&r.us, 6100);
	begun = net_now(r.net);
	run_until_got(&r, &r.peer, 6100);
	assert_int_equal(net_now(r.net), begun);
	rig_close(&r);
}

/* The line's user is held back, and so is a peer that writes into one. */
static void lines_push_back(void **state)
{
	struct link_config c = line(LINK_BOTH, 9600, 0);
	const struct net_buffers small = { 2048, 4096 };
	void *sim = (void *)1;
	struct rig r;

	(void)state;
	rig_listen(&r, &sim, &small);
	rig_connect(&r, &c, &small);
	settle(r.net);
	start(&r.us, FOREVER);
	start(&r.peer, FOREVER);
	run_for(r.net, 10 * SECOND_US);
	assert_in_range(r.us.sent, 12000, 12000 + 400);
	assert_in_range(r.peer.sent, 12000, 12000 + 400 + 2048 + 4096);
	rig_close(&r);
}

/* A user that does not read: the line fills, then the window closes. */
static void unread_octets_close_the_window(void **state)
{
	struct link_config c = line(LINK_IN, 100000000, 0);
	void *sim = (void *)1;
	struct rig r;

	(void)state;
	rig_open(&r, &sim, &c);
	r.us.idle = true;
	want(&r.us);
	start(&r.peer, FOREVER);
	run_for(r.net, 10 * SECOND_US);
	assert_in_range(r.peer.sent, 64 << 10, 320 << 10);
	assert_true(net_unsent(r.peer.conn) > 0);
	r.us.idle = false;
	want(&r.us);
	run_for(r.net, SECOND_US);
	assert_in_range(r.us.got, 12 << 20, 13 << 20);
	rig_close(&r);
}

/* A long delay holds much, but not without bound, and loses nothing. */
static void long_delay(void **state)
{
	struct link_config c = line(LINK_OUT, 0, 10 * SECOND_US);
	void *sim = (void *)1;
	struct rig r;

	(void)state;
	rig_open(&r, &sim, &c);
	start(&r.us, 20 << 20);
	run_for(r.net, SECOND_US);
	assert_int_equal(r.us.sent, 8 << 20);
	run_until_got(&r, &r.peer, 20 << 20);
	rig_close(&r);
}

static void rate_in_real_time(void **state)
{
	struct link_config c = line(LINK_BOTH, 400000, 30 * MS);
	void *kernel = (void *)0;
	struct rig r;
	int64_t begun, due = 400 * MS + 30 * MS;

	(void)state;
	rig_open(&r, &kernel, &c);
	begun = net_now(r.net);
	start(&r.us, 20000);
	start(&r.peer, 20000);
	run_until_got(&r, &r.peer, 20000);
	run_until_got(&r, &r.us, 20000);
	print_message("400 kbit/s, 30 ms, in real time: out %+lld us, in %+lld us\n",
	              (long long)(r.peer.last_us - begun - due),
	              (long long)(r.us.last_us - begun - due));
	assert_in_range(r.peer.last_us - begun, due, due + 50 * MS);
	assert_in_range(r.us.last_us - begun, due, due + 50 * MS);
	rig_close(&r);
}

/* --- stalls -------------------------------------------------------------- */

static void stall_in(void **state)
{
	struct link_config c[2] = { line(LINK_BOTH, 0, 0), line(LINK_BOTH, 50000000, 1 * MS) };
	struct rig r;

	for (int i = 0; i < 2; i++) {
		const struct net_buffers small = link_buffers(&c[i], true);
		uint64_t stuck;

		assert_in_range(small.receive, 1, 4096);
		rig_listen(&r, state, &small);
		rig_connect(&r, &c[i], &small);
		settle(r.net);
		link_stall(r.us.link, LINK_IN, true);
		start(&r.peer, 8 << 20);
		settle(r.net);
		settle(r.net);
		stuck = r.peer.sent;
		assert_in_range(stuck, 1, (8 << 20) - 1);
		settle(r.net);
		assert_int_equal(r.peer.sent, stuck);
		assert_int_equal(r.us.got, 0);
		assert_int_equal(link_read(r.us.link, &(uint8_t){ 0 }, 1), NET_AGAIN);
		/* The other direction goes on. */
		start(&r.us, 1000);
		run_until_got(&r, &r.peer, 1000);
		link_stall(r.us.link, LINK_IN, true);
		link_stall(r.us.link, LINK_IN, false);
		run_until_got(&r, &r.us, 8 << 20);
		assert_int_equal(event_of(&r.us, LINK_STALL_ON, LINK_IN)->offset, 0);
		event_of(&r.us, LINK_STALL_OFF, LINK_IN);
		rig_close(&r);
	}
}

static void stall_out(void **state)
{
	struct link_config c[2] = { line(LINK_BOTH, 0, 0), line(LINK_BOTH, 50000000, 1 * MS) };
	struct rig r;

	for (int i = 0; i < 2; i++) {
		rig_open(&r, state, &c[i]);
		start(&r.us, 100);
		run_until_got(&r, &r.peer, 100);
		link_stall(r.us.link, LINK_OUT, true);
		start(&r.us, 4 << 20);
		settle(r.net);
		settle(r.net);
		assert_int_equal(r.peer.got, 100);
		assert_in_range(r.us.sent, 100, 1 << 20);
		assert_int_equal(side_put(&r.us, 1), NET_AGAIN);
		start(&r.peer, 5000);
		run_until_got(&r, &r.us, 5000);
		r.us.shut = true;
		link_stall(r.us.link, LINK_OUT, false);
		run_until_got(&r, &r.peer, 4 << 20);
		run_until_end(&r, &r.peer);
		assert_int_equal(r.peer.end, NET_FIN);
		rig_close(&r);
	}
}

/* FIN waits at the gate too; closing opens it. */
static void stalled_fin(void **state)
{
	struct link_config slow = line(LINK_OUT, 1000000, 0);
	struct rig r;

	rig_open(&r, state, NULL);
	link_stall(r.us.link, LINK_OUT, true);
	link_shutdown(r.us.link);
	settle(r.net);
	assert_int_equal(r.peer.end, 0);
	link_stall(r.us.link, LINK_OUT, false);
	run_until_end(&r, &r.peer);
	assert_int_equal(r.peer.end, NET_FIN);
	rig_close(&r);

	rig_open(&r, state, &slow);
	link_stall(r.us.link, LINK_OUT, true);
	assert_int_equal(side_put(&r.us, 1000), 1000);
	settle(r.net);
	assert_int_equal(r.peer.got, 0);
	side_end(&r.us, false);
	run_until_end(&r, &r.peer);
	assert_int_equal(r.peer.got, 1000);
	assert_int_equal(r.peer.end, NET_FIN);
	rig_close(&r);
}

static void stalled_reset_is_told(void **state)
{
	struct rig r;

	rig_open(&r, state, NULL);
	link_stall(r.us.link, LINK_IN, true);
	assert_int_equal(side_put(&r.peer, 10), 10);
	settle(r.net);
	side_end(&r.peer, true);
	settle(r.net);
	assert_int_equal(count(&r.us, 'G'), 1);
	assert_int_equal(r.us.end, 0);
	link_stall(r.us.link, LINK_IN, false);
	settle(r.net);
	assert_int_equal(r.us.end, NET_RST);
	assert_int_equal(r.us.got, 10);
	rig_close(&r);
}

/* --- cuts ---------------------------------------------------------------- */

static void cut_fin(void **state)
{
	struct rig r;

	rig_open(&r, state, NULL);
	start(&r.us, 1000);
	run_until_got(&r, &r.peer, 1000);
	link_cut(r.us.link, LINK_CUT_FIN);
	link_cut(r.us.link, LINK_CUT_FIN);
	assert_int_equal(r.us.n_events, 2);
	start(&r.peer, 100000);		/* is thrown away: no RST follows */
	run_until_end(&r, &r.us);
	run_until_end(&r, &r.peer);
	settle(r.net);
	assert_int_equal(r.us.end, NET_FIN);
	assert_int_equal(r.us.got, 0);
	assert_int_equal(r.peer.end, NET_FIN);
	assert_int_equal(r.peer.sent, 100000);
	assert_int_equal(count(&r.peer, 'G'), 0);
	assert_int_equal(side_put(&r.us, 1), NET_BROKEN);
	rig_close(&r);
}

static void cut_rst(void **state)
{
	struct rig r;

	rig_open(&r, state, NULL);
	start(&r.us, 1000);
	run_until_got(&r, &r.peer, 1000);
	link_cut(r.us.link, LINK_CUT_RST);
	link_cut(r.us.link, LINK_CUT_RST);
	link_cut(r.us.link, LINK_CUT_FIN);
	assert_int_equal(r.us.n_events, 2);
	assert_null(link_conn(r.us.link));
	run_until_end(&r, &r.us);
	run_until_end(&r, &r.peer);
	assert_int_equal(r.us.end, NET_RST);
	assert_int_equal(r.peer.end, NET_RST);
	start(&r.us, 1001);
	settle(r.net);
	assert_int_equal(r.us.write_end, NET_BROKEN);
	assert_int_equal(event_of(&r.us, LINK_CUT_DONE, LINK_OUT)->offset, 1000);
	assert_int_equal(event_of(&r.us, LINK_CUT_DONE, LINK_OUT)->value, LINK_CUT_RST);
	assert_int_equal(event_of(&r.us, LINK_CUT_DONE, LINK_OUT)->flags, EVENT_F_INITIATOR);
	assert_int_equal(event_of(&r.us, LINK_CUT_DONE, LINK_IN)->flags, 0);
	rig_close(&r);
}

static void cut_half_close(void **state)
{
	struct rig r;

	rig_open(&r, state, NULL);
	link_cut(r.us.link, LINK_CUT_HALF_CLOSE);
	link_cut(r.us.link, LINK_CUT_HALF_CLOSE);
	assert_int_equal(r.us.n_events, 1);
	run_until_end(&r, &r.peer);
	assert_int_equal(r.peer.end, NET_FIN);
	assert_int_equal(side_put(&r.us, 1), NET_BROKEN);
	start(&r.peer, 100000);
	run_until_got(&r, &r.us, 100000);
	side_end(&r.peer, false);
	run_until_end(&r, &r.us);
	assert_int_equal(r.us.end, NET_FIN);
	rig_close(&r);
}

static void silence(void **state)
{
	struct link_config lines[2] = { line(LINK_BOTH, 0, 0), line(LINK_BOTH, 800000, 1 * MS) };

	for (int i = 0; i < 2; i++) {
		struct rig r;

		rig_open(&r, state, &lines[i]);
		start(&r.us, 1000);
		start(&r.peer, 1000);
		run_until_got(&r, &r.peer, 1000);
		run_until_got(&r, &r.us, 1000);
		link_cut(r.us.link, LINK_CUT_SILENCE);
		link_cut(r.us.link, LINK_CUT_SILENCE);
		event_of(&r.us, LINK_SILENCE_ON, LINK_IN);
		event_of(&r.us, LINK_SILENCE_ON, LINK_OUT);
		r.us.logged = 0;
		start(&r.us, FOREVER);
		start(&r.peer, 500000);
		settle(r.net);
		settle(r.net);
		assert_int_equal(r.us.sent, 1000 + LINK_SILENT_OCTETS);
		assert_int_equal(r.peer.got, 1000);
		assert_int_equal(r.peer.sent, 500000);
		assert_int_equal(r.us.got, 1000);
		assert_int_equal(r.peer.end, 0);
		net_shutdown(r.peer.conn);
		settle(r.net);
		assert_int_equal(r.us.end, 0);
		link_shutdown(r.us.link);
		settle(r.net);
		assert_int_equal(r.peer.end, 0);
		/* Silence can end in a cut. */
		link_cut(r.us.link, LINK_CUT_RST);
		run_until_end(&r, &r.us);
		run_until_end(&r, &r.peer);
		assert_int_equal(r.us.end, NET_RST);
		assert_int_equal(r.peer.end, NET_RST);
		rig_close(&r);
	}
}

static void silence_hides_a_reset(void **state)
{
	struct rig r;

	rig_open(&r, state, NULL);
	link_cut(r.us.link, LINK_CUT_SILENCE);
	r.us.logged = 0;
	side_end(&r.peer, true);
	settle(r.net);
	settle(r.net);
	assert_int_equal(r.us.logged, 0);
	rig_close(&r);
}

/* What is on the line at the cut is lost, and counted. */
static void cut_loses_the_line(void **state)
{
	struct link_config c = line(LINK_BOTH, 0, 3600 * SECOND_US);
	struct rig r;

	rig_open(&r, state, &c);
	assert_int_equal(side_put(&r.us, 500), 500);
	assert_int_equal(side_put(&r.peer, 700), 700);
	settle(r.net);
	link_cut(r.us.link, LINK_CUT_FIN);
	settle(r.net);
	assert_int_equal(r.us.end, NET_FIN);
	assert_int_equal(r.us.got, 0);
	assert_int_equal(r.peer.end, NET_FIN);
	assert_int_equal(r.peer.got, 0);
	assert_int_equal(event_of(&r.us, LINK_CUT_DONE, LINK_OUT)->length, 500);
	assert_int_equal(event_of(&r.us, LINK_CUT_DONE, LINK_IN)->length, 700);
	rig_close(&r);
}

/* --- cuts at an octet ----------------------------------------------------- */

static uint32_t random_state = 1;

static uint32_t draw(uint32_t below)
{
	random_state = random_state * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)random_state * below >> 32);
}

/* Exactly n octets cross in direction d, then the cut. */
static void one_cut(void **state, const struct link_config *c, enum link_direction d,
                    uint64_t n, enum link_cut how)
{
	struct rig r;
	struct side *to;

	rig_listen(&r, state, NULL);
	rig_connect(&r, c, NULL);
	to = d == LINK_OUT ? &r.peer : &r.us;
	if (draw(2)) {
		settle(r.net);
		assert_non_null(r.peer.conn);
	}
	assert_true(link_cut_at(r.us.link, d, n, how));
	r.us.chunk = r.peer.chunk = 1 + draw(5000);
	r.us.limit = r.peer.limit = n + 1 + draw(100000);
	want(&r.us);
	want(&r.peer);
	for (int i = 0; i < 800 && !has_event(&r.us, LINK_CUT_DONE) &&
	     !has_event(&r.us, LINK_SILENCE_ON); i++)
		settle(r.net);
	settle(r.net);
	assert_int_equal(to->got, n);
	if (how != LINK_CUT_SILENCE)
		assert_int_equal(r.peer.end, how == LINK_CUT_RST ? NET_RST : NET_FIN);
	else
		assert_int_equal(r.peer.end, 0);
	if (how == LINK_CUT_FIN || how == LINK_CUT_RST)
		assert_int_equal(r.us.end, how == LINK_CUT_RST ? NET_RST : NET_FIN);
	if (how == LINK_CUT_SILENCE)
		assert_int_equal(r.us.end, 0);
	assert_int_equal(link_passed(r.us.link, d), how == LINK_CUT_HALF_CLOSE && d == LINK_IN ?
	                 r.us.got : n);
	rig_close(&r);
}

static void cuts_at_octets(void **state)
{
	int tries = *state ? 1000 : 100;

	for (int i = 0; i < tries; i++) {
		struct link_config c = line(LINK_BOTH, draw(3) ? 0 : 8000000 + draw(80000000),
		                            draw(3) ? 0 : draw(3000));
		enum link_direction d = draw(2) ? LINK_IN : LINK_OUT;
		enum link_cut how = (enum link_cut)draw(4);
		uint32_t n = draw(4) ? draw(3000) : draw(60000);

		if (d == LINK_IN && how == LINK_CUT_HALF_CLOSE)
			how = LINK_CUT_FIN;
		one_cut(state, &c, d, n, how);
	}
}

static void arming(void **state)
{
	struct rig r;

	rig_open(&r, state, NULL);
	start(&r.us, 1000);
	run_until_got(&r, &r.peer, 1000);
	assert_false(link_cut_at(r.us.link, LINK_OUT, 999, LINK_CUT_RST));
	assert_true(link_cut_at(r.us.link, LINK_OUT, 5000, LINK_CUT_RST));
	assert_true(link_cut_at(r.us.link, LINK_IN, 500, LINK_CUT_FIN));
	assert_int_equal(event_of(&r.us, LINK_CUT_ARMED, LINK_OUT)->length, 5000);
	start(&r.us, 3000);
	run_until_got(&r, &r.peer, 3000);
	assert_int_equal(r.us.end, 0);
	start(&r.peer, 501);
	run_until_end(&r, &r.us);
	assert_int_equal(r.us.got, 500);
	assert_int_equal(r.us.end, NET_FIN);
	rig_close(&r);

	/* At the octet where the stream stands: at once. */
	rig_open(&r, state, NULL);
	start(&r.us, 1000);
	run_until_got(&r, &r.peer, 1000);
	assert_true(link_cut_at(r.us.link, LINK_OUT, 1000, LINK_CUT_RST));
	assert_int_equal(link_writev(r.us.link, &(struct iovec){ "x", 1 }, 1), NET_BROKEN);
	run_until_end(&r, &r.peer);
	assert_int_equal(r.peer.end, NET_RST);
	assert_int_equal(r.peer.got, 1000);
	rig_close(&r);
}

/* From link_connect() on, before a connection is begun; so not even the first octet
 * leaves, and none of a TPKT that is cut apart at its first. */
static void armed_before_the_first_connection(void **state)
{
	static const struct link_fault faults[] = {
		{ LINK_AT_OCTET, LINK_CUT_RST, 0, 0 },
		{ LINK_AT_OCTET, LINK_CUT_FIN, 1, 0 },
		{ LINK_IN_FRAME, LINK_CUT_RST, 1, 1 },
	};

	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		struct link_config c = { .cut_out = faults[i] };
		struct rig r;

		rig_listen(&r, state, NULL);
		rig_connect(&r, &c, NULL);
		assert_int_equal(r.us.events[0].code, LINK_CUT_ARMED);
		assert_int_equal(r.us.events[0].offset, 0);
		assert_int_equal(count(&r.us, 'C'), 0);
		start(&r.us, 5000);
		for (int n = 0; n < 200 && !r.peer.end; n++)
			settle(r.net);
		assert_int_equal(r.peer.got, i ? 1 : 0);
		assert_int_equal(r.peer.end, faults[i].how == LINK_CUT_RST ? NET_RST : NET_FIN);
		rig_close(&r);
	}
}

/* What its user does when a mark is reached falls between two octets. */
static void marks(void **state)
{
	struct rig r;

	rig_open(&r, state, NULL);
	assert_true(link_mark(r.us.link, 70001, 7));
	assert_true(link_mark(r.us.link, 3000, 3));
	r.us.stall_at = 3;
	start(&r.us, 100000);
	settle(r.net);
	assert_int_equal(r.peer.got, 3000);
	assert_int_equal(link_passed(r.us.link, LINK_OUT), 3000);
	assert_int_equal(event_of(&r.us, LINK_REACHED, LINK_OUT)->offset, 3000);
	assert_int_equal(event_of(&r.us, LINK_STALL_ON, LINK_OUT)->offset, 3000);
	assert_false(link_mark(r.us.link, 2999, 1));
	r.us.stall_at = 7;
	link_stall(r.us.link, LINK_OUT, false);
	run_until_got(&r, &r.peer, 70001);
	settle(r.net);
	assert_int_equal(r.peer.got, 70001);
	/* Where it stands: at once.  No more than a few are ahead. */
	assert_true(link_mark(r.us.link, 70001, 9));
	assert_int_equal(r.us.reached, 9);
	r.us.stall_at = 99;
	for (uint32_t i = 0; i < LINK_MARKS_MAX; i++)
		assert_true(link_mark(r.us.link, 90000 - i, i));
	assert_false(link_mark(r.us.link, 90000, 0));
	link_stall(r.us.link, LINK_OUT, false);
	run_until_got(&r, &r.peer, 100000);
	assert_int_equal(r.us.reached, 0);
	rig_close(&r);
}

static size_t unsent_of(const struct side *s)
{
	return net_unsent(link_conn(s->link));
}

/* A peer that does not read: the RST waits, but not for ever.  The kernel takes
 * octets as long as it finds room: until nothing has moved for ten rounds, of what
 * the peer's TCP has yet to acknowledge neither. */
static void armed_reset_and_a_stuck_peer(void **state)
{
	struct rig r;
	int64_t begun;
	uint64_t n = 0;
	size_t unsent = 0;
	int still = 0;

	rig_open(&r, state, NULL);
	r.peer.idle = true;
	want(&r.peer);
	start(&r.us, FOREVER);
	for (int i = 0; i < 500 && (still < 10 || unsent == 0); i++) {
		settle(r.net);
		still = link_passed(r.us.link, LINK_OUT) == n && unsent_of(&r.us) == unsent ?
		        still + 1 : 0;
		n = link_passed(r.us.link, LINK_OUT);
		unsent = unsent_of(&r.us);
	}
	assert_true(unsent_of(&r.us) > 0);
	begun = net_now(r.net);
	assert_true(link_cut_at(r.us.link, LINK_OUT, n, LINK_CUT_RST));
	assert_int_equal(side_put(&r.us, 1), NET_AGAIN);
	assert_int_equal(link_read(r.us.link, &(uint8_t){ 0 }, 1), NET_AGAIN);
	run_until_end(&r, &r.us);
	assert_int_equal(r.us.end, NET_RST);
	assert_in_range(net_now(r.net) - begun, 2 * SECOND_US,
	                (net_is_virtual(r.net) ? 3 : 15) * SECOND_US);
	assert_true(event_of(&r.us, LINK_KERNEL, LINK_OUT)->length > 0);
	rig_close(&r);
}

/* --- closing -------------------------------------------------------------- */

/* What is on the line leaves before FIN or RST. */
static void close_leaves_the_line_its_octets(void **state)
{
	struct link_config c = line(LINK_OUT, 800000, 20 * MS);
	struct rig r;

	for (int reset = 0; reset < 2; reset++) {
		rig_open(&r, state, &c);
		assert_int_equal(side_put(&r.us, 5000), 5000);
		side_end(&r.us, reset);
		assert_int_equal(r.peer.got, 0);
		run_until_end(&r, &r.peer);
		assert_int_equal(r.peer.got, 5000);
		assert_int_equal(r.peer.end, reset ? NET_RST : NET_FIN);
		rig_close(&r);

		/* The peer resets first. */
		rig_open(&r, state, &c);
		assert_int_equal(side_put(&r.us, 5000), 5000);
		side_end(&r.us, reset);
		side_end(&r.peer, true);
		settle(r.net);
		rig_close(&r);

		/* The net ends first. */
		rig_open(&r, state, &c);
		assert_int_equal(side_put(&r.us, 5000), 5000);
		side_end(&r.us, reset);
		rig_close(&r);

		/* A cut was armed. */
		for (enum link_cut how = LINK_CUT_FIN; how <= LINK_CUT_SILENCE; how++) {
			rig_open(&r, state, &c);
			assert_int_equal(side_put(&r.us, 5000), 5000);
			assert_true(link_cut_at(r.us.link, LINK_OUT, 700, how));
			side_end(&r.us, reset);
			for (int i = 0; i < 5; i++)
				settle(r.net);
			assert_int_equal(r.peer.got, 700);
			assert_int_equal(r.peer.end, how == LINK_CUT_SILENCE ? 0 :
			                 how == LINK_CUT_RST ? NET_RST : NET_FIN);
			rig_close(&r);
		}
	}
}

static void closes_itself(void **state)
{
	static const char letters[] = "CrwGe";
	struct link_config lines[2] = { line(LINK_BOTH, 0, 0), line(LINK_BOTH, 8000000, 1 * MS) };

	for (size_t i = 0; i < sizeof letters - 1; i++)
		for (int k = 0; k < 4; k++) {
			struct rig r;

			rig_listen(&r, state, NULL);
			*(k & 2 ? &r.us.reset_at : &r.us.close_at) = letters[i];
			r.us.limit = letters[i] == 'w' ? FOREVER : 1000;
			if (letters[i] == 'e' && k & 1) {
				rig_connect(&r, NULL, NULL);
				settle(r.net);
				link_cut(r.us.link, k & 2 ? LINK_CUT_FIN : LINK_CUT_RST);
			} else if (letters[i] == 'e') {
				rig_connect(&r, NULL, NULL);
				assert_true(link_cut_at(r.us.link, LINK_OUT, 5, LINK_CUT_RST));
			} else {
				rig_connect(&r, &lines[k & 1], NULL);
				settle(r.net);
				if (r.peer.conn)
					side_put(&r.peer, 100);
				settle(r.net);
				side_end(&r.peer, true);
			}
			settle(r.net);
			assert_null(r.us.link);
			assert_true(count(&r.us, letters[i]) >= 1);
			rig_close(&r);
		}
}

static void free_drops(void **state)
{
	struct link_config slow = line(LINK_BOTH, 9600, 20 * MS);
	struct rig r;

	rig_open(&r, state, &slow);
	assert_true(side_put(&r.us, 5000) > 0);
	net_free(r.net);
	assert_null(r.us.link);
	assert_int_equal(count(&r.us, 'D'), 1);
}

/* --- other --------------------------------------------------------------- */

static void buffers(void **state)
{
	struct link_config c = line(LINK_BOTH, 0, 0);

	(void)state;
	assert_int_equal(link_buffers(&c, false).receive, 0);
	assert_int_equal(link_buffers(&c, true).receive, 2048);
	c = line(LINK_IN, 9600, 0);
	assert_int_equal(link_buffers(&c, false).receive, 2048);
	c = line(LINK_IN, 1000000, 0);
	assert_int_equal(link_buffers(&c, false).receive, 31250);
	assert_int_equal(link_buffers(&c, true).receive, 2048);
	c = line(LINK_IN, LINK_RATE_MAX, 0);
	assert_int_equal(link_buffers(&c, false).receive, 4 << 20);
	assert_int_equal(link_buffers(&c, false).send, 0);
}

static void names(void **state)
{
	(void)state;
	for (enum link_event e = LINK_RATE_SET; e < LINK_EVENTS; e++)
		assert_true((e == LINK_CUT_ARMED + 1) == (strcmp(link_event_name(e), "?") == 0));
	for (enum link_cut h = LINK_CUT_FIN; h <= LINK_CUT_SILENCE; h++)
		assert_string_not_equal(link_cut_name(h), "?");
	assert_string_equal(link_event_name(99), "?");
	assert_string_equal(link_cut_name(99), "?");
}

/* The fastest line there is: no overflow, and no slower than it says. */
static void fastest_rate(void **state)
{
	struct link_config c = line(LINK_OUT, UINT64_MAX, 0);
	void *sim = (void *)1;
	struct rig r;
	int64_t begun;

	(void)state;
	rig_open(&r, &sim, &c);
	assert_true(link_get(r.us.link).out.rate == LINK_RATE_MAX);
	begun = net_now(r.net);
	start(&r.us, 10000000);
	run_until_got(&r, &r.peer, 10000000);
	assert_in_range(net_now(r.net) - begun, 800, 30 * MS);
	rig_close(&r);
}

static const struct CMUnitTest both[] = {
	cmocka_unit_test(transparent),
	cmocka_unit_test(accepted_link),
	cmocka_unit_test(refused_and_cut_early),
	cmocka_unit_test(stall_in),
	cmocka_unit_test(stall_out),
	cmocka_unit_test(stalled_fin),
	cmocka_unit_test(stalled_reset_is_told),
	cmocka_unit_test(cut_fin),
	cmocka_unit_test(cut_rst),
	cmocka_unit_test(cut_half_close),
	cmocka_unit_test(silence),
	cmocka_unit_test(silence_hides_a_reset),
	cmocka_unit_test(cut_loses_the_line),
	cmocka_unit_test(cuts_at_octets),
	cmocka_unit_test(arming),
	cmocka_unit_test(armed_before_the_first_connection),
	cmocka_unit_test(marks),
	cmocka_unit_test(armed_reset_and_a_stuck_peer),
	cmocka_unit_test(close_leaves_the_line_its_octets),
	cmocka_unit_test(closes_itself),
	cmocka_unit_test(free_drops),
};

static const struct CMUnitTest single[] = {
	cmocka_unit_test(rates),
	cmocka_unit_test(rate_is_even),
	cmocka_unit_test(one_octet),
	cmocka_unit_test(ten_hours),
	cmocka_unit_test(delay_is_exact),
	cmocka_unit_test(reset_is_delayed),
	cmocka_unit_test(fin_then_reset_on_the_line),
	cmocka_unit_test(changes_while_running),
	cmocka_unit_test(lines_push_back),
	cmocka_unit_test(unread_octets_close_the_window),
	cmocka_unit_test(long_delay),
	cmocka_unit_test(rate_in_real_time),
	cmocka_unit_test(fastest_rate),
	cmocka_unit_test(buffers),
	cmocka_unit_test(names),
};

int main(void)
{
	enum { N = sizeof both / sizeof *both, ALL = N * FORMS };
	static struct CMUnitTest tests[ALL];
	static char names_of[ALL][80];
	int failed = 0;

	for (uintptr_t i = 0; i < ALL; i++) {
		tests[i] = both[i % N];
		snprintf(names_of[i], sizeof names_of[i], "%s [%s]", both[i % N].name,
		         form_names[i / N]);
		tests[i].name = names_of[i];
		tests[i].initial_state = (void *)(i / N);
	}
	failed += cmocka_run_group_tests_name("link, both forms", tests, NULL, NULL);
	failed += cmocka_run_group_tests_name("link, one form", single, NULL, NULL);
	return failed;
}
