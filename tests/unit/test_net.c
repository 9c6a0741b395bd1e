/* net: one suite over both forms, then what only one of them has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "net/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FORMS = 3, MS = 1000, BULK = 1 << 20 };

static const char *const form_names[FORMS] = { "kernel", "sim", "sim, other seed" };

static struct net *form_new(uintptr_t form)
{
	struct net *net = form == 0 ? net_kernel_new() : net_sim_new(form * 77);

	assert_non_null(net);
	return net;
}

/* --- one end, that writes down what it hears ----------------------------- */

struct end {
	struct net_conn *conn;
	char log[64];		/* C connected, F failed, r readable, w writable, G gone, D
				 * dropped */
	size_t logged;
	int error;
	uint8_t *in;		/* what was read */
	size_t got, cap;
	ssize_t last;		/* last answer of net_read() */
	bool greedy;		/* reads all in `readable` */
	bool deaf;		/* leaves it there */
	char close_at;		/* closes itself at this letter */
	char reset_at;
	struct end *victim;	/* closes this one at close_at */
};

static void hear(struct end *e, char letter)
{
	if (e->logged < sizeof e->log - 1)
		e->log[e->logged++] = letter;
	if (letter == e->close_at) {
		struct end *v = e->victim ? e->victim : e;

		e->close_at = 0;
		net_close(v->conn);
		v->conn = NULL;
	} else if (letter == e->reset_at) {
		net_reset(e->conn);
		e->conn = NULL;
	}
}

static void take(struct end *e)
{
	if (e->cap - e->got < 65536) {
		e->cap = e->cap * 2 + 65536;
		e->in = realloc(e->in, e->cap);
		assert_non_null(e->in);
	}
	e->last = net_read(e->conn, e->in + e->got, 65536);
	if (e->last > 0)
		e->got += (size_t)e->last;
}

/* All that is there; returns what stopped it. */
static ssize_t take_all(struct end *e)
{
	do
		take(e);
	while (e->last > 0);
	return e->last;
}

static void on_connected(struct net_conn *c, void *ctx)
{
	struct end *e = ctx;

	assert_true(!e->conn || e->conn == c);
	e->conn = c;
	hear(e, 'C');
}

static void on_failed(struct net_conn *c, int error, void *ctx)
{
	struct end *e = ctx;

	e->conn = c;
	e->error = error;
	hear(e, 'F');
}

static void on_readable(struct net_conn *c, void *ctx)
{
	struct end *e = ctx;

	assert_ptr_equal(c, e->conn);
	if (e->greedy)
		take_all(e);
	else if (!e->deaf)
		take(e);
	hear(e, 'r');
}

static void on_writable(struct net_conn *c, void *ctx)
{
	struct end *e = ctx;

	assert_ptr_equal(c, e->conn);
	net_want(c, true, false);
	hear(e, 'w');
}

static void on_gone(struct net_conn *c, void *ctx)
{
	struct end *e = ctx;

	assert_ptr_equal(c, e->conn);
	hear(e, 'G');
}

static void on_dropped(void *ctx)
{
	hear(ctx, 'D');
}

static const struct net_user end_user = {
	on_connected, on_failed, on_readable, on_writable, on_gone, on_dropped,
};

static int count(const struct end *e, char letter)
{
	int n = 0;

	for (size_t i = 0; i < e->logged; i++)
		n += e->log[i] == letter;
	return n;
}

/* --- two ends ------------------------------------------------------------ */

struct pair {
	struct net *net;
	struct net_listener *listener;
	struct end client, server;
	bool close_accepted, reset_accepted, close_listener;
	const char *greeting;	/* written by the server as it accepts */
	int accepted;
};

static ssize_t put(struct net_conn *c, const void *p, size_t n)
{
	struct iovec v = { (void *)(uintptr_t)p, n };

	return net_writev(c, &v, 1);
}

static void on_accepted(struct net_listener *l, struct net_conn *c, void *ctx)
{
	struct pair *p = ctx;

	p->accepted++;
	net_conn_user(c, &end_user, &p->server);
	if (p->greeting)
		assert_int_equal(put(c, p->greeting, strlen(p->greeting)), strlen(p->greeting));
	if (p->close_accepted)
		net_close(c);
	else if (p->reset_accepted)
		net_reset(c);
	else
		p->server.conn = c;
	if (p->close_listener) {
		net_listener_close(l);
		p->listener = NULL;
	}
}

static struct net_address loopback(uint16_t port)
{
	struct net_address a;

	assert_true(net_address_parse(&a, "127.0.0.1", port));
	return a;
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

static void run_until(struct net *net, const bool *done)
{
	int64_t limit = net_now(net) + 20 * SECOND_US;

	while (!*done && net_now(net) < limit)
		if (!net_step(net, limit))
			break;
	assert_true(*done);
}

static void pair_listen(struct pair *p, uintptr_t form, const struct net_buffers *b)
{
	struct net_address any = loopback(0);

	*p = (struct pair){ .net = form_new(form) };
	p->listener = net_listen(p->net, &any, 16, b, on_accepted, p);
	assert_non_null(p->listener);
}

static void pair_connect(struct pair *p, const struct net_buffers *b)
{
	struct net_address to = net_listener_address(p->listener);

	p->client.conn = net_connect(p->net, &to, NULL, b, &end_user, &p->client);
	assert_non_null(p->client.conn);
	assert_int_equal(p->client.logged, 0);
}

static void pair_open(struct pair *p, void **state)
{
	pair_listen(p, (uintptr_t)*state, NULL);
	pair_connect(p, NULL);
	settle(p->net);
	assert_non_null(p->server.conn);
	assert_string_equal(p->client.log, "C");
	assert_string_equal(p->server.log, "");
}

static void pair_free(struct pair *p)
{
	net_free(p->net);
	free(p->client.in);
	free(p->server.in);
}

/* --- tests over both forms ----------------------------------------------- */

static void connect_and_addresses(void **state)
{
	struct pair p;
	struct net_address a, b;
	struct net_info info;

	pair_open(&p, state);
	assert_int_equal(p.accepted, 1);
	a = net_local(p.client.conn);
	b = net_peer(p.server.conn);
	assert_true(net_address_equal(&a, &b));
	assert_true(a.port >= 1024);
	a = net_peer(p.client.conn);
	b = net_local(p.server.conn);
	assert_true(net_address_equal(&a, &b));
	b = net_listener_address(p.listener);
	assert_true(net_address_equal(&a, &b));
	assert_ptr_equal(net_conn_net(p.client.conn), p.net);
	assert_true(net_info(p.client.conn, &info));
	assert_int_equal(info.state, TCP_ESTABLISHED);
	pair_free(&p);
}

static void connect_from_source(void **state)
{
	struct pair p;
	struct net_address to, from, seen;

	pair_listen(&p, (uintptr_t)*state, NULL);
	to = net_listener_address(p.listener);
	assert_true(net_address_parse(&from, "127.0.0.2", 0));
	p.client.conn = net_connect(p.net, &to, &from, NULL, &end_user, &p.client);
	assert_non_null(p.client.conn);
	settle(p.net);
	assert_non_null(p.server.conn);
	seen = net_peer(p.server.conn);
	assert_memory_equal(seen.host, from.host, 4);
	assert_int_not_equal(seen.port, 0);
	pair_free(&p);
}

static void connect_v6(void **state)
{
	struct pair p = { .net = form_new((uintptr_t)*state) };
	struct net_address a;

	assert_true(net_address_parse(&a, "[::1]:0", 0));
	p.listener = net_listen(p.net, &a, 16, NULL, on_accepted, &p);
	if (!p.listener && errno == EADDRNOTAVAIL) {	/* a machine without IPv6 */
		net_free(p.net);
		skip();
	}
	pair_connect(&p, NULL);
	settle(p.net);
	assert_non_null(p.server.conn);
	a = net_peer(p.server.conn);
	assert_int_equal(a.family, 6);
	pair_free(&p);
}

static void refused(void **state)
{
	struct pair p;
	struct net_address to;
	uint8_t octet;

	pair_listen(&p, (uintptr_t)*state, NULL);
	to = net_listener_address(p.listener);
	net_listener_close(p.listener);
	p.client.conn = net_connect(p.net, &to, NULL, NULL, &end_user, &p.client);
	assert_non_null(p.client.conn);
	settle(p.net);
	assert_string_equal(p.client.log, "F");
	assert_int_equal(p.client.error, ECONNREFUSED);
	assert_int_equal(net_read(p.client.conn, &octet, 1), NET_BROKEN);
	assert_int_equal(put(p.client.conn, "x", 1), NET_BROKEN);
	net_close(p.client.conn);
	pair_free(&p);
}

static void address_in_use(void **state)
{
	struct pair p;
	struct net_address a;

	pair_listen(&p, (uintptr_t)*state, NULL);
	a = net_listener_address(p.listener);
	errno = 0;
	assert_null(net_listen(p.net, &a, 1, NULL, on_accepted, &p));
	assert_int_equal(errno, EADDRINUSE);
	pair_free(&p);
}

/* An address that is kept: refused, taken by nobody else, listened at again and again. */
static void reserved_address(void **state)
{
	struct pair p;
	struct net_listener *reserved, *others[200];
	struct net_address a;

	pair_listen(&p, (uintptr_t)*state, NULL);
	net_address_parse(&a, "127.0.0.1:0", 0);
	reserved = net_reserve(p.net, &a);
	assert_non_null(reserved);
	a = net_listener_address(reserved);
	assert_int_not_equal(a.port, 0);
	for (int i = 0; i < 200; i++) {
		struct net_address any;

		net_address_parse(&any, "127.0.0.1:0", 0);
		others[i] = net_listen(p.net, &any, 1, NULL, on_accepted, &p);
		assert_non_null(others[i]);
		assert_int_not_equal(net_listener_address(others[i]).port, a.port);
	}
	for (int i = 0; i < 200; i++)
		net_listener_close(others[i]);
	net_listener_close(p.listener);
	for (int i = 0; i < 2; i++) {
		struct end caller = { .conn = NULL };

		caller.conn = net_connect(p.net, &a, NULL, NULL, &end_user, &caller);
		settle(p.net);
		assert_string_equal(caller.log, "F");
		assert_int_equal(caller.error, ECONNREFUSED);
		net_close(caller.conn);
		p.listener = net_listen(p.net, &a, 1, NULL, on_accepted, &p);
		assert_non_null(p.listener);
		p.accepted = 0;
		pair_connect(&p, NULL);
		settle(p.net);
		assert_int_equal(p.accepted, 1);
		net_close(p.client.conn);
		net_close(p.server.conn);
		p.client = (struct end){ .conn = NULL };
		p.server = (struct end){ .conn = NULL };
		net_listener_close(p.listener);
	}
	net_listener_close(reserved);
	net_free(p.net);
}

/* Writing before the connection stands, and before it is accepted. */
static void early_octets(void **state)
{
	struct pair p;

	pair_listen(&p, (uintptr_t)*state, NULL);
	net_listener_accept(p.listener, false);
	pair_connect(&p, NULL);
	assert_int_equal(put(p.client.conn, "x", 1), NET_AGAIN);
	settle(p.net);
	assert_string_equal(p.client.log, "C");
	assert_int_equal(p.accepted, 0);
	assert_int_equal(put(p.client.conn, "abc", 3), 3);
	settle(p.net);
	net_listener_accept(p.listener, true);
	settle(p.net);
	assert_int_equal(p.accepted, 1);
	net_want(p.server.conn, true, false);
	settle(p.net);
	assert_int_equal(p.server.got, 3);
	assert_memory_equal(p.server.in, "abc", 3);
	pair_free(&p);
}

static void interest_is_by_level(void **state)
{
	struct pair p;

	pair_open(&p, state);
	p.server.deaf = true;
	assert_int_equal(put(p.client.conn, "abc", 3), 3);
	settle(p.net);
	assert_string_equal(p.server.log, "");
	net_want(p.server.conn, true, false);
	for (int i = 0; i < 20; i++)
		net_step(p.net, net_now(p.net) + MS);
	assert_true(count(&p.server, 'r') > 5);
	p.server.deaf = false;
	settle(p.net);
	p.server.logged = 0;
	settle(p.net);
	assert_int_equal(p.server.logged, 0);
	/* The kernel form need not ask again after a read that left room. */
	assert_true(p.server.last == NET_AGAIN || p.server.last == 3);
	assert_int_equal(p.server.got, 3);
	assert_int_equal(put(p.client.conn, "d", 1), 1);
	settle(p.net);
	assert_int_equal(p.server.got, 4);
	net_want(p.server.conn, false, true);
	p.server.logged = 0;
	settle(p.net);
	assert_int_equal(count(&p.server, 'w'), 1);
	pair_free(&p);
}

/* A server that sends back what it gets, a client that wants it all. */
struct echo {
	struct pair pair;
	uint8_t *out, held[8192];
	size_t sent, back, n_held;
	bool done;
};

static void echo_flush(struct echo *e)
{
	ssize_t n = put(e->pair.server.conn, e->held, e->n_held);

	if (n > 0) {
		memmove(e->held, e->held + n, e->n_held - (size_t)n);
		e->n_held -= (size_t)n;
	}
	net_want(e->pair.server.conn, e->n_held == 0, e->n_held > 0);
}

static void echo_server_readable(struct net_conn *c, void *ctx)
{
	struct echo *e = ctx;
	ssize_t n = net_read(c, e->held, sizeof e->held);

	if (n > 0) {
		e->n_held = (size_t)n;
		echo_flush(e);
	}
}

static void echo_server_writable(struct net_conn *c, void *ctx)
{
	(void)c;
	echo_flush(ctx);
}

static const struct net_user echo_server = {
	.readable = echo_server_readable, .writable = echo_server_writable,
};

static void echo_client_writable(struct net_conn *c, void *ctx)
{
	struct echo *e = ctx;
	struct iovec v[2] = {
		{ e->out + e->sent, (BULK - e->sent) / 2 },
		{ e->out + e->sent + (BULK - e->sent) / 2, BULK - e->sent - (BULK - e->sent) / 2 },
	};
	ssize_t n = net_writev(c, v, 2);

	if (n > 0)
		e->sent += (size_t)n;
	net_want(c, true, e->sent < BULK);
}

static void echo_client_readable(struct net_conn *c, void *ctx)
{
	struct echo *e = ctx;
	uint8_t buf[5000];
	ssize_t n = net_read(c, buf, sizeof buf);

	if (n <= 0)
		return;
	assert_true(e->back + (size_t)n <= e->sent);
	assert_memory_equal(buf, e->out + e->back, (size_t)n);
	e->back += (size_t)n;
	e->done = e->back == BULK;
}

static const struct net_user echo_client = {
	.readable = echo_client_readable, .writable = echo_client_writable,
};

static void echo(void **state)
{
	struct echo *e = calloc(1, sizeof *e);

	assert_non_null(e);
	e->out = malloc(BULK);
	assert_non_null(e->out);
	for (size_t i = 0; i < BULK; i++)
		e->out[i] = (uint8_t)(i * 7 + i / 253);
	pair_open(&e->pair, state);
	net_conn_user(e->pair.server.conn, &echo_server, e);
	net_conn_user(e->pair.client.conn, &echo_client, e);
	net_want(e->pair.server.conn, true, false);
	net_want(e->pair.client.conn, true, true);
	run_until(e->pair.net, &e->done);
	pair_free(&e->pair);
	free(e->out);
	free(e);
}

/* Writes until the connection takes no more. */
static size_t fill(struct net *net, struct net_conn *c)
{
	static uint8_t zeros[16384];
	size_t sum = 0;
	ssize_t n;

	for (int quiet = 0; quiet < 3; quiet++) {
		while ((n = put(c, zeros, sizeof zeros)) > 0) {
			sum += (size_t)n;
			quiet = 0;
		}
		assert_int_equal(n, NET_AGAIN);
		settle(net);
	}
	return sum;
}

static void backpressure(void **state)
{
	const struct net_buffers small = { 8192, 16384 };
	struct pair p;
	size_t sum;

	pair_listen(&p, (uintptr_t)*state, &small);
	pair_connect(&p, &small);
	settle(p.net);
	sum = fill(p.net, p.client.conn);
	/* Linux doubles the sizes and counts its own overhead in. */
	assert_in_range(sum, 8192, 400000);
	assert_in_range(net_unsent(p.client.conn), 1, sum);
	p.client.logged = 0;
	net_want(p.client.conn, false, true);
	settle(p.net);
	assert_int_equal(p.client.logged, 0);
	p.server.greedy = true;
	net_want(p.server.conn, true, false);
	for (int i = 0; i < 100 && p.server.got < sum; i++)
		settle(p.net);
	assert_int_equal(p.server.got, sum);
	assert_int_equal(count(&p.client, 'w'), 1);
	assert_int_equal(net_unsent(p.client.conn), 0);
	pair_free(&p);
}

static void half_close(void **state)
{
	struct pair p;
	struct net_info info;

	pair_open(&p, state);
	net_want(p.server.conn, true, false);
	net_want(p.client.conn, true, false);
	assert_int_equal(put(p.client.conn, "last", 4), 4);
	net_shutdown(p.client.conn);
	net_shutdown(p.client.conn);
	assert_int_equal(put(p.client.conn, "x", 1), NET_BROKEN);
	settle(p.net);
	assert_int_equal(p.server.got, 4);
	assert_int_equal(p.server.last, NET_FIN);
	assert_int_equal(take_all(&p.server), NET_FIN);
	assert_true(net_info(p.server.conn, &info));
	assert_int_equal(info.state, TCP_CLOSE_WAIT);
	p.server.logged = 0;
	settle(p.net);
	assert_int_equal(p.server.logged, 0);

	assert_int_equal(put(p.server.conn, "still", 5), 5);
	settle(p.net);
	assert_int_equal(p.client.got, 5);
	assert_true(p.client.last == NET_AGAIN || p.client.last == 5);
	net_close(p.server.conn);
	settle(p.net);
	assert_int_equal(p.client.last, NET_FIN);
	assert_int_equal(count(&p.client, 'G'), 0);
	/* After both FINs nothing comes any more. */
	p.client.logged = 0;
	settle(p.net);
	assert_int_equal(p.client.logged, 0);
	net_close(p.client.conn);
	pair_free(&p);
}

/* Unsent octets still go out after close, then FIN. */
static void close_delivers(void **state)
{
	struct pair p;
	size_t sum;

	pair_open(&p, state);
	sum = fill(p.net, p.client.conn);
	net_close(p.client.conn);
	settle(p.net);
	p.server.greedy = true;
	net_want(p.server.conn, true, false);
	for (int i = 0; i < 200 && p.server.last != NET_FIN; i++)
		settle(p.net);
	assert_int_equal(p.server.last, NET_FIN);
	assert_int_equal(p.server.got, sum);
	pair_free(&p);
}

static void reset_after_unread(void **state)
{
	struct pair p;

	pair_open(&p, state);
	assert_int_equal(put(p.client.conn, "abc", 3), 3);
	settle(p.net);
	net_reset(p.client.conn);
	settle(p.net);
	assert_string_equal(p.server.log, "G");
	assert_int_equal(take_all(&p.server), NET_RST);
	assert_int_equal(p.server.got, 3);
	assert_int_equal(take_all(&p.server), NET_RST);
	net_want(p.server.conn, true, true);
	settle(p.net);
	settle(p.net);
	assert_int_equal(count(&p.server, 'r'), 0);
	pair_free(&p);
}

/* A failed write must hide neither the octets nor the reset. */
static void reset_met_by_writing(void **state)
{
	struct pair p;

	pair_open(&p, state);
	assert_int_equal(put(p.client.conn, "abc", 3), 3);
	settle(p.net);
	net_reset(p.client.conn);
	for (int i = 0; i < 3; i++) {
		net_step(p.net, net_now(p.net) + MS);
		assert_int_equal(put(p.server.conn, "x", 1), NET_BROKEN);
	}
	assert_int_equal(take_all(&p.server), NET_RST);
	assert_int_equal(p.server.got, 3);
	settle(p.net);
	assert_string_equal(p.server.log, "G");
	pair_free(&p);
}

static void reset_drops_unsent(void **state)
{
	struct pair p;
	size_t sum, unsent;

	pair_open(&p, state);
	sum = fill(p.net, p.client.conn);
	unsent = net_unsent(p.client.conn);
	assert_true(unsent > 0 && unsent < sum);
	net_reset(p.client.conn);
	settle(p.net);
	assert_int_equal(take_all(&p.server), NET_RST);
	assert_true(p.server.got < sum && p.server.got >= sum - unsent);
	pair_free(&p);
}

static void fin_then_reset(void **state)
{
	struct pair p;

	pair_open(&p, state);
	net_want(p.server.conn, true, false);
	net_shutdown(p.client.conn);
	settle(p.net);
	assert_int_equal(p.server.last, NET_FIN);
	assert_int_equal(count(&p.server, 'r'), 1);
	net_reset(p.client.conn);
	settle(p.net);
	assert_string_equal(p.server.log, "rGr");
	assert_int_equal(p.server.last, NET_RST);
	assert_int_equal(put(p.server.conn, "x", 1), NET_BROKEN);
	pair_free(&p);
}

static void fin_and_reset_unread(void **state)
{
	struct pair p;

	pair_open(&p, state);
	assert_int_equal(put(p.client.conn, "abc", 3), 3);
	net_shutdown(p.client.conn);
	settle(p.net);
	net_reset(p.client.conn);
	settle(p.net);
	assert_int_equal(take_all(&p.server), NET_RST);
	assert_int_equal(p.server.got, 3);
	pair_free(&p);
}

static void own_fin_then_reset(void **state)
{
	struct pair p;

	pair_open(&p, state);
	net_want(p.server.conn, true, false);
	net_shutdown(p.server.conn);
	settle(p.net);
	net_reset(p.client.conn);
	settle(p.net);
	assert_int_equal(p.server.last, NET_RST);
	assert_int_equal(count(&p.server, 'G'), 1);
	pair_free(&p);
}

static void close_with_unread(void **state)
{
	struct pair p;

	pair_open(&p, state);
	assert_int_equal(put(p.server.conn, "answer", 6), 6);
	assert_int_equal(put(p.client.conn, "abc", 3), 3);
	settle(p.net);
	net_close(p.client.conn);
	settle(p.net);
	assert_int_equal(take_all(&p.server), NET_RST);
	assert_int_equal(p.server.got, 3);
	pair_free(&p);
}

static void write_to_closed(void **state)
{
	struct pair p;

	pair_open(&p, state);
	net_want(p.server.conn, true, false);
	net_close(p.client.conn);
	settle(p.net);
	assert_int_equal(p.server.last, NET_FIN);
	assert_int_equal(put(p.server.conn, "x", 1), 1);
	settle(p.net);
	assert_string_equal(p.server.log, "rGr");
	assert_int_equal(p.server.last, NET_RST);
	assert_int_equal(put(p.server.conn, "x", 1), NET_BROKEN);
	pair_free(&p);
}

/* The server's reset may have come in before the client looks. */
static void accepted_and_reset(void **state)
{
	struct pair p;

	pair_listen(&p, (uintptr_t)*state, NULL);
	p.reset_accepted = true;
	p.greeting = "hi";
	p.client.deaf = true;
	pair_connect(&p, NULL);
	settle(p.net);
	assert_string_equal(p.client.log, "CG");
	assert_int_equal(take_all(&p.client), NET_RST);
	assert_int_equal(p.client.got, 2);
	pair_free(&p);
}

static void reset_in_backlog(void **state)
{
	struct pair p;

	pair_listen(&p, (uintptr_t)*state, NULL);
	net_listener_accept(p.listener, false);
	pair_connect(&p, NULL);
	settle(p.net);
	assert_int_equal(put(p.client.conn, "abc", 3), 3);
	settle(p.net);
	net_reset(p.client.conn);
	settle(p.net);
	net_listener_accept(p.listener, true);
	settle(p.net);
	assert_int_equal(p.accepted, 1);
	settle(p.net);
	assert_string_equal(p.server.log, "G");
	assert_int_equal(take_all(&p.server), NET_RST);
	assert_int_equal(p.server.got, 3);
	pair_free(&p);
}

static void listener_closed_over_backlog(void **state)
{
	struct pair p;

	pair_listen(&p, (uintptr_t)*state, NULL);
	net_listener_accept(p.listener, false);
	pair_connect(&p, NULL);
	settle(p.net);
	net_listener_close(p.listener);
	settle(p.net);
	assert_string_equal(p.client.log, "CG");
	assert_int_equal(take_all(&p.client), NET_RST);
	pair_free(&p);
}

static void listener_closed_in_callback(void **state)
{
	struct pair p;

	pair_listen(&p, (uintptr_t)*state, NULL);
	p.close_listener = true;
	pair_connect(&p, NULL);
	settle(p.net);
	assert_null(p.listener);
	assert_non_null(p.server.conn);
	assert_int_equal(put(p.client.conn, "abc", 3), 3);
	settle(p.net);
	take_all(&p.server);
	assert_int_equal(p.server.got, 3);
	pair_free(&p);
}

static void closes_itself(void **state)
{
	static const char letters[] = "Crw";
	struct pair p;

	for (size_t i = 0; i < sizeof letters - 1; i++)
		for (int reset = 0; reset < 2; reset++) {
			pair_listen(&p, (uintptr_t)*state, NULL);
			p.greeting = "hello";
			*(reset ? &p.client.reset_at : &p.client.close_at) = letters[i];
			pair_connect(&p, NULL);
			net_want(p.client.conn, true, letters[i] == 'w');
			settle(p.net);
			assert_null(p.client.conn);
			assert_int_equal(count(&p.client, letters[i]), 1);
			pair_free(&p);
		}
	pair_listen(&p, (uintptr_t)*state, NULL);
	p.close_accepted = true;
	pair_connect(&p, NULL);
	net_want(p.client.conn, true, false);
	settle(p.net);
	assert_int_equal(p.client.last, NET_FIN);
	pair_free(&p);

	pair_open(&p, state);
	p.server.close_at = 'G';
	net_want(p.server.conn, true, true);
	net_reset(p.client.conn);
	settle(p.net);
	assert_null(p.server.conn);
	pair_free(&p);
}

/* Both have news in the same turn; each would close the other. */
static void closes_another(void **state)
{
	struct pair p;

	pair_open(&p, state);
	assert_int_equal(put(p.client.conn, "abc", 3), 3);
	assert_int_equal(put(p.server.conn, "abc", 3), 3);
	p.client.deaf = p.server.deaf = true;
	p.client.close_at = p.server.close_at = 'r';
	p.client.victim = &p.server;
	p.server.victim = &p.client;
	net_want(p.client.conn, true, false);
	net_want(p.server.conn, true, false);
	while (p.client.conn && p.server.conn)
		net_step(p.net, net_now(p.net) + MS);
	assert_true(!p.client.conn != !p.server.conn);
	assert_int_equal(count(&p.client, 'r') + count(&p.server, 'r'), 1);
	p.client.deaf = p.server.deaf = false;
	settle(p.net);
	pair_free(&p);
}

static void free_drops(void **state)
{
	struct pair p;

	pair_open(&p, state);
	assert_int_equal(put(p.client.conn, "abc", 3), 3);
	net_free(p.net);
	assert_string_equal(p.client.log, "CD");
	assert_string_equal(p.server.log, "D");
}

/* --- many connections ---------------------------------------------------- */

enum { MANY = 300 };

struct many {
	struct net *net;
	struct net_conn *server[MANY], *client[MANY];
	int accepted, answered;
	bool done;
};

static void many_readable(struct net_conn *c, void *ctx)
{
	struct many *m = ctx;
	uint8_t octet;

	if (net_read(c, &octet, 1) != 1)
		return;
	if (octet < 128) {
		octet |= 128;
		assert_int_equal(put(c, &octet, 1), 1);
	} else {
		m->done = ++m->answered == MANY;
	}
}

static void many_connected(struct net_conn *c, void *ctx)
{
	(void)ctx;
	assert_int_equal(put(c, "q", 1), 1);
	net_want(c, true, false);
}

static const struct net_user many_user = {
	.connected = many_connected, .readable = many_readable,
};

static void many_accepted(struct net_listener *l, struct net_conn *c, void *ctx)
{
	struct many *m = ctx;

	(void)l;
	m->server[m->accepted++] = c;
	net_conn_user(c, &many_user, m);
	net_want(c, true, false);
}

static void many_connections(void **state)
{
	struct many m = { .net = form_new((uintptr_t)*state) };
	struct net_address a = loopback(0);
	struct net_listener *l = net_listen(m.net, &a, MANY, NULL, many_accepted, &m);

	assert_non_null(l);
	a = net_listener_address(l);
	for (int i = 0; i < MANY; i++) {
		m.client[i] = net_connect(m.net, &a, NULL, NULL, &many_user, &m);
		assert_non_null(m.client[i]);
	}
	run_until(m.net, &m.done);
	assert_int_equal(m.accepted, MANY);
	for (int i = 0; i < MANY; i += 2)
		net_close(m.client[i]);
	settle(m.net);
	net_free(m.net);
}

/* --- timers -------------------------------------------------------------- */

enum { TIMERS = 500 };

struct alarm {
	struct net_timer timer;
	struct alarms *all;
	int64_t at_us;
	int fired, number;
};

struct alarms {
	struct net *net;
	struct alarm at[TIMERS];
	int64_t last_us;
	int last_number, fired;
};

static void alarm_fired(void *ctx)
{
	struct alarm *a = ctx;
	struct alarms *all = a->all;

	assert_true(net_now(all->net) >= a->at_us);
	assert_true(a->at_us > all->last_us ||
	            (a->at_us == all->last_us && a->number > all->last_number));
	assert_false(net_timer_is_set(&a->timer));
	all->last_us = a->at_us;
	all->last_number = a->number;
	all->fired++;
	a->fired++;
}

static void alarm_set(struct alarm *a, int64_t at_us, int number)
{
	a->at_us = at_us;
	a->number = number;
	net_timer_set(a->all->net, &a->timer, at_us, alarm_fired, a);
	assert_true(net_timer_is_set(&a->timer));
}

static void timer_order(void **state)
{
	struct alarms *all = calloc(1, sizeof *all);
	uint32_t random = 12345;
	int number = 0, cancelled = 0;
	int64_t now;

	assert_non_null(all);
	all->net = form_new((uintptr_t)*state);
	all->last_us = -1;
	now = net_now(all->net) + 5 * MS;
	for (int i = 0; i < TIMERS; i++) {
		random = random * 1103515245 + 12345;
		all->at[i].all = all;
		alarm_set(&all->at[i], now + (random >> 16) % 50 * 100, number++);
	}
	for (int i = 0; i < TIMERS; i += 3) {	/* moved */
		random = random * 1103515245 + 12345;
		alarm_set(&all->at[i], now + (random >> 16) % 50 * 100, number++);
	}
	for (int i = 0; i < TIMERS; i += 7, cancelled++) {
		net_timer_cancel(all->net, &all->at[i].timer);
		net_timer_cancel(all->net, &all->at[i].timer);
	}
	while (net_step(all->net, now + SECOND_US))
		;
	assert_int_equal(all->fired, TIMERS - cancelled);
	for (int i = 0; i < TIMERS; i++)
		assert_int_equal(all->at[i].fired, i % 7 != 0);
	net_free(all->net);
	free(all);
}

struct again {
	struct net *net;
	struct net_timer timer, other;
	int fired, others;
};

static void again_fired(void *ctx)
{
	struct again *a = ctx;

	a->fired++;
	net_timer_set(a->net, &a->timer, net_now(a->net), again_fired, a);
	net_timer_cancel(a->net, &a->other);
}

static void other_fired(void *ctx)
{
	((struct again *)ctx)->others++;
}

/* Set for now by its own callback: fires in the next turn, not in this one;
 * and a timer that is due can still be cancelled. */
static void timer_sets_itself(void **state)
{
	struct again a = { .net = form_new((uintptr_t)*state) };
	int64_t now = net_now(a.net);

	net_timer_set(a.net, &a.timer, now, again_fired, &a);
	net_timer_set(a.net, &a.other, now, other_fired, &a);
	assert_int_equal(a.fired, 0);
	for (int i = 1; i < 10; i++) {
		net_step(a.net, NEVER_US);
		assert_int_equal(a.fired, i);
	}
	assert_int_equal(a.others, 0);
	net_timer_cancel(a.net, &a.timer);
	assert_false(net_step(a.net, net_now(a.net) + 1));
	net_free(a.net);
}

static void step_obeys_until(void **state)
{
	struct again a = { .net = form_new((uintptr_t)*state) };
	int64_t now = net_now(a.net);

	assert_int_equal(net_wall(a.net, now + 5) - net_wall(a.net, now), 5);
	net_timer_set(a.net, &a.other, now + SECOND_US, other_fired, &a);
	assert_true(net_step(a.net, now + 3 * MS));
	assert_in_range(net_now(a.net), now + 3 * MS, now + 500 * MS);
	assert_int_equal(a.others, 0);
	net_timer_cancel(a.net, &a.other);
	now = net_now(a.net);
	assert_false(net_step(a.net, NEVER_US));
	assert_false(net_step(a.net, now + 3 * MS));
	assert_true(net_now(a.net) >= now + 3 * MS);
	net_free(a.net);
}

/* --- addresses ----------------------------------------------------------- */

static void addresses(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "192.0.2.1:102", "192.0.2.1:102" },
		{ "192.0.2.1", "192.0.2.1:7" },
		{ "[2001:db8::1]:102", "[2001:db8::1]:102" },
		{ "[2001:db8::1]", "[2001:db8::1]:7" },
		{ "2001:db8:0:0::1", "[2001:db8::1]:7" },
		{ "::", "[::]:7" },
		{ "[::]:0", "[::]:0" },
		{ ":102", "0.0.0.0:102" },
		{ "1.2.3.4:65535", "1.2.3.4:65535" },
		{ "1.2.3.4:65536", NULL },
		{ "1.2.3.4:", NULL },
		{ "1.2.3.4:1x", NULL },
		{ "1.2.3.4:-1", NULL },
		{ "1.2.3:1", NULL },
		{ "[1.2.3.4]:1", NULL },
		{ "[::1", NULL },
		{ "[::1]x", NULL },
		{ "[::1]:", NULL },
		{ "[]:1", NULL },
		{ "", NULL },
		{ "host:1", NULL },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255",
		  "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:7" },
		{ "1111111111111111111111111111111111111111111111111111111111111111", NULL },
	};
	char buf[NET_ADDRESS_TEXT];
	struct net_address a, b;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(net_address_parse(&a, rows[i].in, 7), rows[i].out != NULL);
		if (!rows[i].out)
			continue;
		assert_string_equal(net_address_text(&a, buf), rows[i].out);
		assert_true(net_address_parse(&b, buf, 0));
		assert_true(net_address_equal(&a, &b));
	}
	a = (struct net_address){ 0 };
	assert_string_equal(net_address_text(&a, buf), "-");
	assert_true(net_address_parse(&a, "[::1]:3", 0));
	assert_string_equal(net_address_host(&a, buf), "::1");
	assert_true(net_address_parse(&b, "0.0.0.0:3", 0));
	assert_false(net_address_equal(&a, &b));
}

static void resolving(void **state)
{
	struct net *net = form_new((uintptr_t)*state);
	struct net_address a;

	assert_true(net_resolve(net, &a, "192.0.2.1:102", 7));
	assert_int_equal(a.port, 102);
	assert_true(net_resolve(net, &a, "localhost:102", 7));
	assert_int_equal(a.port, 102);
	assert_int_not_equal(a.family, 0);
	assert_true(net_resolve(net, &a, "localhost", 7));
	assert_int_equal(a.port, 7);
	assert_false(net_resolve(net, &a, "localhost:99999", 7));
	assert_false(net_resolve(net, &a, "localhost:999999", 7));
	assert_false(net_resolve(net, &a, ":x", 7));
	net_free(net);
}

/* --- the kernel form alone ----------------------------------------------- */

/* Descriptors run out: callers wait in the backlog and are served later. */
static void survives_emfile(void **state)
{
	struct many m = { .net = net_kernel_new() };
	struct net_address a = loopback(0);
	struct net_listener *l = net_listen(m.net, &a, MANY, NULL, many_accepted, &m);
	struct rlimit old, few;
	int lowest;

	(void)state;
	assert_non_null(l);
	/* memcheck keeps the limit by itself: it closes what the kernel has accepted. */
	if (getenv("LD_PRELOAD") && strstr(getenv("LD_PRELOAD"), "vgpreload")) {
		net_free(m.net);
		skip();
	}
	a = net_listener_address(l);
	for (int i = 0; i < 20; i++)
		assert_non_null(m.client[i] = net_connect(m.net, &a, NULL, NULL, &many_user, &m));
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	lowest = dup(0);
	close(lowest);
	few = (struct rlimit){ (rlim_t)lowest + 5, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	settle(m.net);
	settle(m.net);
	assert_int_equal(m.accepted, 5);
	assert_null(net_connect(m.net, &a, NULL, NULL, &many_user, &m));
	assert_int_equal(errno, EMFILE);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	for (int i = 0; i < 200 && m.answered < 20; i++)
		settle(m.net);
	assert_int_equal(m.accepted, 20);
	assert_int_equal(m.answered, 20);
	net_free(m.net);
}

/* As far as the hard limit at least; one that is high enough stays. */
static void raises_descriptors(void **state)
{
	struct rlimit old, now;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	assert_true(old.rlim_max >= 200);
	now = (struct rlimit){ 64, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &now), 0);
	assert_int_equal(net_descriptors(200), 200);
	assert_int_equal(net_descriptors(100), 200);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &now), 0);
	assert_int_equal(now.rlim_cur, 200);
	assert_int_equal(now.rlim_max, old.rlim_max);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
}

struct watching {
	struct net_watch *watch;
	int octets, ends;
};

static void watch_event(int fd, void *ctx)
{
	struct watching *w = ctx;
	uint8_t octet;
	ssize_t n = read(fd, &octet, 1);

	if (n > 0) {
		w->octets++;
		return;
	}
	w->ends++;
	net_watch_end(w->watch);
}

static void watches(void **state)
{
	struct net *net = net_kernel_new();
	struct watching w = { 0 };
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	w.watch = net_watch(net, fd[0], watch_event, &w);
	assert_non_null(w.watch);
	settle(net);
	assert_int_equal(w.octets, 0);
	assert_int_equal(write(fd[1], "ab", 2), 2);
	close(fd[1]);
	settle(net);
	assert_int_equal(w.octets, 2);
	assert_int_equal(w.ends, 1);
	assert_false(net_step(net, NEVER_US));
	close(fd[0]);
	assert_null(net_watch(net, fd[0], watch_event, &w));
	net_free(net);
}

static void failures_on_this_side(void **state)
{
	struct net *net = net_kernel_new();
	struct net_address to = loopback(9), from;

	(void)state;
	assert_true(net_address_parse(&from, "192.0.2.77", 0));
	assert_null(net_connect(net, &to, &from, NULL, &end_user, NULL));
	assert_int_equal(errno, EADDRNOTAVAIL);
	assert_null(net_listen(net, &from, 1, NULL, on_accepted, NULL));
	assert_int_equal(errno, EADDRNOTAVAIL);
	assert_false(net_is_virtual(net));
	net_free(net);
	net_free(NULL);
}

/* Connected and reset before the loop turned once: `connected` all the same. */
static void reset_before_first_look(void **state)
{
	struct net *other = net_kernel_new();
	struct pair p;
	struct net_address a = loopback(0);

	(void)state;
	p = (struct pair){ .net = other, .reset_accepted = true, .greeting = "hi" };
	p.listener = net_listen(other, &a, 4, NULL, on_accepted, &p);
	assert_non_null(p.listener);
	p.net = net_kernel_new();
	pair_connect(&p, NULL);
	settle(other);
	assert_int_equal(p.accepted, 1);
	settle(p.net);
	assert_string_equal(p.client.log, "CG");
	assert_int_equal(take_all(&p.client), NET_RST);
	assert_int_equal(p.client.got, 2);
	net_free(other);
	pair_free(&p);
}

/* Time that the loop loses, in one callback or another. */
enum { WAITING = 100, LOST_MS = 30 };

struct waiting {
	struct lost_time *of;
	struct net_conn *conn;
	int fd;				/* the peer's end */
	struct net_timer timer;		/* until its answer comes */
};

struct lost_time {
	struct net *net;
	struct waiting all[WAITING];
	unsigned accepted, answered, accused;
	bool lost;
	struct net_timer timer;
};

static void accuse(void *ctx)
{
	((struct waiting *)ctx)->of->accused++;
}

/* All answer at once, and are due long before we look. */
static void lose_time(void *ctx)
{
	struct lost_time *t = ctx;

	t->lost = true;
	for (unsigned i = 0; i < WAITING; i++) {
		struct waiting *w = &t->all[i];

		assert_int_equal(write(w->fd, "a", 1), 1);
		net_timer_set(t->net, &w->timer, net_now(t->net) + MS, accuse, w);
	}
	usleep(LOST_MS * MS);
}

static void answered(struct net_conn *c, void *ctx)
{
	struct waiting *w = ctx;
	char octet;

	if (net_read(c, &octet, 1) != 1)
		return;
	if (!w->of->lost) {
		lose_time(w->of);
		return;
	}
	w->of->answered += net_timer_is_set(&w->timer);
	net_timer_cancel(w->of->net, &w->timer);
}

static void waiting_accepted(struct net_listener *l, struct net_conn *c, void *ctx)
{
	static const struct net_user user = { .readable = answered };
	struct lost_time *t = ctx;
	struct waiting *w = &t->all[t->accepted++];

	(void)l;
	w->of = t;
	w->conn = c;
	net_conn_user(c, &user, w);
	net_want(c, true, false);
}

/* What came before a timer's time is read before it fires, however late both are seen. */
static void answers_go_before_timers(bool in_readable)
{
	struct lost_time t = { .net = net_kernel_new() };
	struct net_address a = loopback(0);
	struct net_listener *l = net_listen(t.net, &a, WAITING, NULL, waiting_accepted, &t);
	struct sockaddr_in to = { .sin_family = AF_INET };

	assert_non_null(l);
	to.sin_port = htons(net_listener_address(l).port);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (unsigned i = 0; i < WAITING; i++) {
		t.all[i].fd = socket(AF_INET, SOCK_STREAM, 0);
		assert_int_equal(connect(t.all[i].fd, (struct sockaddr *)&to, sizeof to), 0);
	}
	while (t.accepted < WAITING)
		net_step(t.net, NEVER_US);
	if (in_readable)
		assert_int_equal(write(t.all[0].fd, "a", 1), 1);
	else
		net_timer_set(t.net, &t.timer, 0, lose_time, &t);
	while (t.answered + t.accused < WAITING)
		net_step(t.net, NEVER_US);
	assert_int_equal(t.accused, 0);
	for (unsigned i = 0; i < WAITING; i++)
		close(t.all[i].fd);
	net_free(t.net);
}

static void time_lost_in_a_timer(void **state)
{
	(void)state;
	answers_go_before_timers(false);
}

static void time_lost_in_reading(void **state)
{
	(void)state;
	answers_go_before_timers(true);
}

/* --- the simulated form alone -------------------------------------------- */

static void sim_clock(void **state)
{
	struct again a = { .net = net_sim_new(1) };

	(void)state;
	assert_true(net_is_virtual(a.net));
	assert_int_equal(net_now(a.net), NET_SIM_START_US);
	assert_int_equal(net_wall(a.net, net_now(a.net)), NET_SIM_WALL_US);
	net_timer_set(a.net, &a.other, 36000 * SECOND_US, other_fired, &a);
	assert_true(net_step(a.net, NEVER_US));
	assert_int_equal(net_now(a.net), 36000 * SECOND_US);
	assert_int_equal(a.others, 1);
	assert_false(net_step(a.net, NEVER_US));
	assert_int_equal(net_now(a.net), 36000 * SECOND_US);
	assert_null(net_watch(a.net, 0, watch_event, NULL));
	assert_int_equal(errno, ENOTSUP);
	net_free(a.net);
}

/* The order in which MANY clients are accepted, as a sum. */
static uint64_t order_of(uint64_t seed)
{
	struct many m = { .net = net_sim_new(seed) };
	struct net_address a = loopback(0);
	struct net_listener *l = net_listen(m.net, &a, MANY, NULL, many_accepted, &m);
	uint64_t sum = 0;

	a = net_listener_address(l);
	for (int i = 0; i < MANY; i++)
		m.client[i] = net_connect(m.net, &a, NULL, NULL, &many_user, &m);
	while (m.answered < MANY && net_step(m.net, NEVER_US))
		sum = sum * 31 + (uint64_t)(m.answered * 7 + m.accepted);
	assert_int_equal(m.answered, MANY);
	net_free(m.net);
	return sum;
}

static void sim_seeds(void **state)
{
	(void)state;
	assert_true(order_of(5) == order_of(5));
	assert_true(order_of(5) != order_of(6));
}

/* A full backlog drops the SYN; it comes again, and in the end times out. */
static void sim_backlog(void **state)
{
	struct many m = { .net = net_sim_new(3) };
	struct net_address a = loopback(0);
	struct net_listener *l = net_listen(m.net, &a, 1, NULL, many_accepted, &m);
	struct end late = { 0 };
	int64_t begun;

	(void)state;
	net_listener_accept(l, false);
	a = net_listener_address(l);
	for (int i = 0; i < 2; i++)
		m.client[i] = net_connect(m.net, &a, NULL, NULL, &many_user, &m);
	settle(m.net);
	late.conn = net_connect(m.net, &a, NULL, NULL, &end_user, &late);
	begun = net_now(m.net);
	while (!late.logged && net_step(m.net, NEVER_US))
		;
	assert_string_equal(late.log, "F");
	assert_int_equal(late.error, ETIMEDOUT);
	assert_int_equal(net_now(m.net) - begun, 63 * SECOND_US);
	net_close(late.conn);
	late = (struct end){ 0 };
	late.conn = net_connect(m.net, &a, NULL, NULL, &end_user, &late);
	settle(m.net);
	assert_int_equal(late.logged, 0);
	net_listener_accept(l, true);
	while (!late.logged && net_step(m.net, NEVER_US))
		;
	assert_string_equal(late.log, "C");
	net_free(m.net);
}

/* --- all of them --------------------------------------------------------- */

static const struct CMUnitTest both[] = {
	cmocka_unit_test(connect_and_addresses),
	cmocka_unit_test(connect_from_source),
	cmocka_unit_test(connect_v6),
	cmocka_unit_test(refused),
	cmocka_unit_test(address_in_use),
	cmocka_unit_test(reserved_address),
	cmocka_unit_test(early_octets),
	cmocka_unit_test(interest_is_by_level),
	cmocka_unit_test(echo),
	cmocka_unit_test(backpressure),
	cmocka_unit_test(half_close),
	cmocka_unit_test(close_delivers),
	cmocka_unit_test(reset_after_unread),
	cmocka_unit_test(reset_met_by_writing),
	cmocka_unit_test(reset_drops_unsent),
	cmocka_unit_test(fin_then_reset),
	cmocka_unit_test(fin_and_reset_unread),
	cmocka_unit_test(own_fin_then_reset),
	cmocka_unit_test(close_with_unread),
	cmocka_unit_test(write_to_closed),
	cmocka_unit_test(accepted_and_reset),
	cmocka_unit_test(reset_in_backlog),
	cmocka_unit_test(listener_closed_over_backlog),
	cmocka_unit_test(listener_closed_in_callback),
	cmocka_unit_test(closes_itself),
	cmocka_unit_test(closes_another),
	cmocka_unit_test(free_drops),
	cmocka_unit_test(many_connections),
	cmocka_unit_test(timer_order),
	cmocka_unit_test(timer_sets_itself),
	cmocka_unit_test(step_obeys_until),
	cmocka_unit_test(resolving),
};

static const struct CMUnitTest single[] = {
	cmocka_unit_test(addresses),
	cmocka_unit_test(survives_emfile),
	cmocka_unit_test(raises_descriptors),
	cmocka_unit_test(watches),
	cmocka_unit_test(failures_on_this_side),
	cmocka_unit_test(reset_before_first_look),
	cmocka_unit_test(time_lost_in_a_timer),
	cmocka_unit_test(time_lost_in_reading),
	cmocka_unit_test(sim_clock),
	cmocka_unit_test(sim_seeds),
	cmocka_unit_test(sim_backlog),
};

int main(void)
{
	enum { N = sizeof both / sizeof *both, ALL = N * FORMS };
	static struct CMUnitTest tests[ALL];
	static char names[ALL][80];
	int failed = 0;

	for (uintptr_t i = 0; i < ALL; i++) {
		tests[i] = both[i % N];
		snprintf(names[i], sizeof names[i], "%s [%s]", both[i % N].name, form_names[i / N]);
		tests[i].name = names[i];
		tests[i].initial_state = (void *)(i / N);
	}
	failed += cmocka_run_group_tests_name("net, both forms", tests, NULL, NULL);
	failed += cmocka_run_group_tests_name("net, one form", single, NULL, NULL);
	return failed;
}
