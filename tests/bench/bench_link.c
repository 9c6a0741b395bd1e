/*
 * bench_link: the bars of rig/link, against bare baselines in the same run.
 *
 *     bench_link [rate|delay|through|many|hours|cut ...]     default: all; rows for
 *                                                            tests/bench/table.py
 *
 *   rate     achieved against asked: 20 s of virtual, 5 s of real time
 *   delay    error of an added delay, 99th percentile
 *   through  a transparent proxy against a bare copy loop of two sockets
 *   many     5,000 associations at 300 bit/s in one process
 *   hours    ten hours of a slow line, on the virtual clock
 *   cut      cuts at an octet over the kernel, how many fell exactly there
 */
#include "end/end.h"
#include "end/proxy.h"
#include "p1/p1_bind.h"

#include "row.h"

#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MS = 1000, CHUNK = 64 << 10, MANY = 5000 };

static uint8_t octets[CHUNK];

/* --- a line, its user writing as much as it takes ------------------------------- */

struct line {
	struct net *net;
	struct link *link;
	struct net_conn *peer;
	uint64_t rate, got;
	int64_t begun_us, last_us;
};

static void peer_readable(struct net_conn *c, void *ctx)
{
	struct line *l = ctx;
	static uint8_t buf[CHUNK];
	ssize_t n = net_read(c, buf, sizeof buf);

	if (n > 0) {
		l->got += (uint64_t)n;
		l->last_us = net_now(l->net);
	}
}

static void writable(struct link *k, void *ctx)
{
	struct iovec v = { octets, sizeof octets };

	(void)ctx;
	while (link_writev(k, &v, 1) > 0)
		;
}

static void connected(struct link *k, void *ctx)
{
	struct line *l = ctx;

	l->begun_us = net_now(l->net);
	link_want(k, false, true);
}

static const struct net_user peer_user = { .readable = peer_readable };
static const struct link_user line_user = { .connected = connected, .writable = writable };

static void accepted(struct net_listener *l, struct net_conn *c, void *ctx)
{
	(void)l;
	((struct line *)ctx)->peer = c;
	net_conn_user(c, &peer_user, ctx);
	net_want(c, true, false);
}

static void open_line(struct line *l, struct net *net, const struct link_config *config,
                      const struct link_user *user)
{
	struct net_address a;
	struct net_listener *listener;

	l->net = net;
	net_address_parse(&a, "127.0.0.1:0", 0);
	listener = net_listen(net, &a, 1, NULL, accepted, l);
	a = net_listener_address(listener);
	l->link = link_connect(net, &a, NULL, NULL, config, user, l);
}

static void run_until(struct net *net, int64_t until)
{
	while (net_now(net) < until && net_step(net, until))
		;
}

/* Of the octets due at the time of the last one. */
static double error_of(const struct line *l)
{
	double due = (double)l->rate / 8 * (double)(l->last_us - l->begun_us) / 1e6;
	double off = (double)l->got - due;

	return off > 1 || off < -1 ? 100 * off / due : 0;
}

static void bench_rate(void)
{
	static const uint64_t rates[] = { 300, 2400, 9600, 64000, 256000, 1000000, 10000000 };
	enum { N = sizeof rates / sizeof *rates };
	struct net *real = net_kernel_new();
	struct line lines[N] = { { .got = 0 } };
	double worst[2] = { 0, 0 };

	for (int i = 0; i < N; i++) {
		struct net *sim = net_sim_new(1);
		struct link_config c = { .out.rate = rates[i] };
		struct line l = { .rate = rates[i] };
		double e;

		open_line(&l, sim, &c, &line_user);
		run_until(sim, net_now(sim) + 20 * SECOND_US);
		e = error_of(&l);
		worst[0] = e * e > worst[0] * worst[0] ? e : worst[0];
		net_free(sim);
		lines[i].rate = rates[i];
		open_line(&lines[i], real, &c, &line_user);
	}
	run_until(real, net_now(real) + 5 * SECOND_US);
	for (int i = 0; i < N; i++) {
		double e = error_of(&lines[i]);

		worst[1] = e * e > worst[1] * worst[1] ? e : worst[1];
	}
	net_free(real);
	bench_row("rate, 300 bit/s to 10 Mbit/s, virtual 20 s: off", "%", "<1", fabs(worst[0]),
	          NULL, 0);
	bench_row("the same seven lines at once, real 5 s: off", "%", "<1", fabs(worst[1]), NULL,
	          0);
}

/* --- delay ------------------------------------------------------------------------ */

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void bench_delay(void)
{
	enum { N = 600, DELAY = 20 * MS };
	static const struct link_user quiet = { .connected = NULL };
	struct net *net = net_kernel_new();
	struct link_config c = { .out.delay_us = DELAY };
	struct line l = { .rate = 0 }, bare = l;
	const struct timespec pause = { 0, DELAY * 1000L };
	int64_t off[3][N];
	bool punctual = net_punctual();

	open_line(&l, net, &c, &quiet);
	open_line(&bare, net, NULL, &quiet);
	run_until(net, net_now(net) + 50 * MS);
	for (int i = 0; i < N; i++)
		for (int k = 0; k < 2; k++) {
			struct line *to = k ? &bare : &l;
			struct iovec v = { octets, 100 };
			int64_t begun = net_now(net);
			uint64_t before = to->got;

			link_writev(to->link, &v, 1);
			while (to->got == before)
				net_step(net, begun + SECOND_US);
			off[k][i] = to->last_us - begun - (k ? 0 : DELAY);
		}
	/* What the machine makes of a bare sleep of 20 ms. */
	for (int i = 0; i < N; i++) {
		int64_t begun = net_now(net);

		nanosleep(&pause, NULL);
		off[2][i] = net_now(net) - begun - DELAY;
	}
	for (int k = 0; k < 3; k++)
		qsort(off[k], N, sizeof off[k][0], by_size);
	bench_row("delay 20 ms: error at the median", "us", "", (double)off[0][N / 2],
	          "bare sleep of 20 ms", (double)off[2][N / 2]);
	bench_row("delay 20 ms: error, 99th percentile", "us", "<1000",
	          (double)off[0][N * 99 / 100], "bare sleep", (double)off[2][N * 99 / 100]);
	bench_row("a link without delay, 99th percentile", "us", "",
	          (double)off[1][N * 99 / 100], NULL, 0);
	if (!punctual)
		printf("delay: not permitted to be run before other programs\n");
	sched_setscheduler(0, SCHED_OTHER, &(const struct sched_param){ 0 });
	net_free(net);
}

/* --- through the proxy --------------------------------------------------------------- */

static int listen_here(struct sockaddr_in *a)
{
	socklen_t n = sizeof *a;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	*a = (struct sockaddr_in){ .sin_family = AF_INET,
	                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	if (bind(fd, (struct sockaddr *)a, sizeof *a) || listen(fd, 8) ||
	    getsockname(fd, (struct sockaddr *)a, &n))
		exit(1);
	return fd;
}

static int call(const struct sockaddr_in *a)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	if (connect(fd, (const struct sockaddr *)a, sizeof *a))
		exit(1);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	return fd;
}

static int take_call(int listener)
{
	int fd = accept(listener, NULL, NULL), one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	return fd;
}

/* One octet asks for an answer of one; more are swallowed. */
static void sink(int listener)
{
	static uint8_t buf[1 << 20];
	int fd = take_call(listener);
	ssize_t n;

	while ((n = read(fd, buf, sizeof buf)) > 0)
		if (n == 1 && write(fd, buf, 1) != 1)
			break;
	_exit(0);
}

/* Two sockets, a copy each way, nothing else. */
static void copy_loop(int listener, const struct sockaddr_in *to)
{
	static uint8_t buf[CHUNK];
	struct pollfd fds[2] = { { take_call(listener), POLLIN, 0 }, { call(to), POLLIN, 0 } };

	while (poll(fds, 2, -1) > 0)
		for (int i = 0; i < 2; i++) {
			ssize_t n = fds[i].revents ? read(fds[i].fd, buf, sizeof buf) : 0;

			if (fds[i].revents && n <= 0)
				_exit(0);
			for (ssize_t at = 0, w; at < n; at += w)
				if ((w = write(fds[!i].fd, buf + at, (size_t)(n - at))) <= 0)
					_exit(0);
		}
	_exit(0);
}

static void proxy_loop(const struct sockaddr_in *to, int ready)
{
	static const struct proxy_user nobody = { .closed = NULL };
	struct net *net = net_kernel_new();
	struct link_options *o = calloc(1, sizeof *o);
	struct proxy_config c = { .options = o };
	struct proxy *p;
	char text[64];

	link_options_init(o);
	net_address_parse(&c.listen, "127.0.0.1:0", 0);
	snprintf(text, sizeof text, "127.0.0.1:%d", ntohs(to->sin_port));
	net_address_parse(&c.target, text, 0);
	p = proxy_new(net, &c, &nobody, NULL);
	c.listen = proxy_address(p);
	if (write(ready, &c.listen.port, sizeof c.listen.port) < 0)
		_exit(1);
	for (;;)
		net_step(net, NEVER_US);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* MB/s, and the median of a round in us. */
static void measure(const struct sockaddr_in *to, double *rate, double *round_us)
{
	enum { ROUNDS = 3001 };
	static int64_t rounds[ROUNDS];
	int fd = call(to);
	size_t total = 512 << 20;
	uint8_t one = 0;
	double begun;

	for (int i = 0; i < ROUNDS; i++) {
		begun = seconds();
		if (write(fd, &one, 1) != 1 || read(fd, &one, 1) != 1)
			exit(1);
		rounds[i] = (int64_t)((seconds() - begun) * 1e9);
	}
	qsort(rounds, ROUNDS, sizeof *rounds, by_size);
	*round_us = (double)rounds[ROUNDS / 2] / 1e3;
	begun = seconds();
	for (size_t at = 0; at < total;) {
		ssize_t n = write(fd, octets, sizeof octets);

		if (n <= 0)
			exit(1);
		at += (size_t)n;
	}
	shutdown(fd, SHUT_WR);
	while (read(fd, &one, 1) > 0)
		;
	*rate = (double)total / 1e6 / (seconds() - begun);
	close(fd);
}

/* middle 0: none, 1: bare copy loop, 2: the proxy. */
static void through(int middle, double *rate, double *round_us)
{
	struct sockaddr_in target, mid;
	int listener = listen_here(&target), ready[2], at;
	pid_t pids[2] = { 0, 0 };
	uint16_t port = 0;

	fflush(stdout);
	if ((pids[0] = fork()) == 0)
		sink(listener);
	mid = target;
	if (middle == 1) {
		at = listen_here(&mid);
		if ((pids[1] = fork()) == 0)
			copy_loop(at, &target);
		close(at);
	} else if (middle == 2) {
		if (pipe(ready))
			exit(1);
		if ((pids[1] = fork()) == 0)
			proxy_loop(&target, ready[1]);
		if (read(ready[0], &port, sizeof port) != sizeof port)
			exit(1);
		mid.sin_port = htons(port);
	}
	measure(&mid, rate, round_us);
	for (int i = 0; i < 2; i++)
		if (pids[i])
			kill(pids[i], SIGKILL);
	while (wait(NULL) > 0)
		;
	close(listener);
}

static void bench_through(void)
{
	enum { RUNS = 5 };
	int64_t rate[3][RUNS], round_ns[3][RUNS];

	for (int i = 0; i < RUNS; i++)
		for (int middle = 0; middle < 3; middle++) {
			double r, u;

			through(middle, &r, &u);
			rate[middle][i] = (int64_t)(r * 1000);
			round_ns[middle][i] = (int64_t)(u * 1000);
		}
	bench_rows("transparent link", "MB/s", ">70%", rate[2], "copy loop", rate[1], RUNS, 1e3);
	/* A way is half of a round. */
	for (int i = 0; i < RUNS; i++) {
		round_ns[2][i] -= round_ns[0][i];
		round_ns[1][i] -= round_ns[0][i];
	}
	bench_rows("transparent link: adds to a way, median", "us", "<100", round_ns[2],
	           "copy loop", round_ns[1], RUNS, 2e3);
}

/* --- many slow associations -------------------------------------------------------------- */

/* The called side, in a process of its own: accepts each bind. */
static void answer(struct end *e, const struct event *event, void *ctx)
{
	const struct p1_bind ours = p1_bind_simple("CALLED", "secret");

	if (event->kind == EVENT_PRIMITIVE && event->layer == LAYER_P1 &&
	    event->code == SERVICE_CONNECT && event->type == INDICATION)
		association_accept(end_association(e), net_now(ctx), &ours);
}

static const struct end_user answerer = { .event = answer };

struct many {
	struct net *net;
	struct end_world *world;
	struct end_config config;
};

static void take_one(struct net_listener *l, struct net_conn *c, void *ctx)
{
	struct many *m = ctx;

	(void)l;
	m->config.association.number++;
	if (!end_accept(m->world, c, &m->config, &answerer, m->net))
		_exit(1);
}

static void serve_many(int ready)
{
	struct many m = { .net = net_kernel_new() };
	struct net_address a;
	struct net_listener *l;

	m.world = end_world_new(m.net, NULL);
	association_defaults(&m.config.association, false);
	net_address_parse(&a, "127.0.0.1:0", 0);
	l = net_listen(m.net, &a, 4096, NULL, take_one, &m);
	a = net_listener_address(l);
	if (write(ready, &a.port, sizeof a.port) < 0)
		_exit(1);
	for (;;)
		net_step(m.net, NEVER_US);
}

/* The calling side binds when all are connected. */
static void count_connected(struct end *e, const struct event *event, void *ctx)
{
	(void)e;
	if (event->kind == EVENT_TCP && event->code == TCP_CONNECTED)
		++*(int *)ctx;
}

static uint64_t both_ways(struct end *e)
{
	const struct link *l = end_link(e);

	return l ? link_passed(l, LINK_OUT) + link_passed(l, LINK_IN) : 0;
}

static double cpu(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void bench_many(void)
{
	static struct end *ends[MANY];
	static uint64_t before[MANY];
	static const struct end_user caller = { .event = count_connected };
	const struct p1_bind ours = p1_bind_simple("CALLING", "secret");
	struct net *net;
	struct end_world *world;
	struct net_address to;
	struct end_config c = { .link.out.rate = 300, .link.in.rate = 300 };
	struct rusage u;
	size_t most = net_descriptors(MANY + 100), moved = 0;
	int ready[2], up = 0;
	uint16_t port = 0;
	pid_t pid;
	double spent, begun, took;

	if (most < MANY + 100) {
		printf("skip many: %zu descriptors, %d are needed\n", most, MANY + 100);
		return;
	}
	fflush(stdout);
	if (pipe(ready) || (pid = fork()) < 0)
		exit(1);
	if (pid == 0)
		serve_many(ready[1]);
	if (read(ready[0], &port, sizeof port) != sizeof port)
		exit(1);
	net = net_kernel_new();
	world = end_world_new(net, NULL);
	net_address_parse(&to, "127.0.0.1", port);
	association_defaults(&c.association, true);
	for (int i = 0; i < MANY; i++) {
		c.association.number = (uint32_t)i + 1;
		ends[i] = end_connect(world, &to, NULL, &c, &caller, &up);
		if (!ends[i])
			exit(1);
		if (i % 50 == 0)
			run_until(net, net_now(net) + 5 * MS);
	}
	for (begun = seconds(); up < MANY && seconds() - begun < 60;)
		run_until(net, net_now(net) + 100 * MS);
	for (int i = 0; i < MANY; i++) {
		association_bind(end_association(ends[i]), net_now(net), &ours);
		end_pump(ends[i]);
		before[i] = both_ways(ends[i]);
	}
	spent = cpu();
	begun = seconds();
	/* CR and CC, 22 octets, then a bind of 140: a second's worth at least.  The
	 * called side is another process and takes its share of the machine. */
	while (moved < MANY && seconds() - begun < 60) {
		run_until(net, net_now(net) + SECOND_US);
		moved = 0;
		for (int i = 0; i < MANY; i++)
			moved += both_ways(ends[i]) >= before[i] + 38;
	}
	took = seconds() - begun;
	spent = 100 * (cpu() - spent) / took;
	getrusage(RUSAGE_SELF, &u);
	bench_row("5,000 associations at 300 bit/s: going on", "", ">5000", (double)moved, NULL, 0);
	bench_row("the same: of a core", "%", "<100", spent, NULL, 0);
	bench_row("the same: memory", "MiB", "<256", (double)u.ru_maxrss / 1024, NULL, 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	end_world_free(world);
	net_free(net);
}

/* --- ten hours of a slow line --------------------------------------------------------------- */

static void bench_hours(void)
{
	struct link_config c = { .in.rate = 9600, .out = { .rate = 9600, .delay_us = 100 * MS } };
	struct net *net = net_sim_new(1);
	struct line l = { .rate = 9600 };
	double spent = cpu();

	open_line(&l, net, &c, &line_user);
	run_until(net, net_now(net) + 36000 * SECOND_US);
	spent = cpu() - spent;
	bench_row("ten hours at 9600 bit/s, virtual", "s", "<5", spent, NULL, 0);
	bench_row("the same: octets that came", "", ">43199000", (double)l.got, NULL, 0);
	net_free(net);
}

/* --- cuts ------------------------------------------------------------------------------------ */

static void bench_cut(void)
{
	enum { TRIES = 1000 };
	int exact = 0;
	uint32_t n = 1;

	for (int i = 0; i < TRIES; i++) {
		struct net *net = net_kernel_new();
		struct link_config c = { .out.rate = i & 1 ? 80000000 : 0, .cut_out = {
		                         LINK_AT_OCTET, i & 2 ? LINK_CUT_RST : LINK_CUT_FIN, 0,
		                         0 } };
		struct line l = { .rate = 0 };

		n = n * 1103515245 + 12345;
		c.cut_out.n = n >> 16 & 0x7fff;
		open_line(&l, net, &c, &line_user);
		for (int k = 0; k < 400 && !(l.link && l.got >= c.cut_out.n && k > 5); k++)
			run_until(net, net_now(net) + MS / 2);
		run_until(net, net_now(net) + MS);
		exact += l.got == c.cut_out.n;
		net_free(net);
	}
	bench_row("1,000 cuts at an octet, over the kernel: exact", "", ">1000", exact, NULL, 0);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} rows[] = {
		{ "rate", bench_rate }, { "delay", bench_delay }, { "through", bench_through },
		{ "many", bench_many }, { "hours", bench_hours }, { "cut", bench_cut },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (int k = 1; k < (argc > 1 ? argc : 2); k++)
			if (argc < 2 || strcmp(argv[k], rows[i].name) == 0) {
				rows[i].run();
				fflush(stdout);
			}
	return 0;
}
