/*
 * bare: what TCP alone can do, to hold the rig against.
 *
 *     bare pingpong ROUNDS REQUEST REPLY       octets of each
 *     bare window TOTAL CHUNK SYNC ACK WINDOW  chunks with a sync behind each, at most
 *                                              WINDOW of them without an ack
 *     bare churn LANES CONNECTIONS ROUNDS OCTETS   on so many lanes: connect, rounds of a
 *                                              request and a reply, reset; ROUNDS of all
 *                                              connections together
 *     bare sleep                               for each number of microseconds that comes in:
 *                                              sleeps so long
 *
 * Two processes over loopback, TCP_NODELAY, and nothing else: blocking sockets, for
 * churn epoll.  Prints rounds, octets or connections per second.  The sleeper is one
 * process, of the real-time class if it may be, behind epoll and timerfd; it prints by
 * how many milliseconds each sleep was too long.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint8_t buffer[1 << 20];

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool get(int fd, size_t n)
{
	while (n) {
		ssize_t got = read(fd, buffer, n < sizeof buffer ? n : sizeof buffer);

		if (got <= 0)
			return false;
		n -= (size_t)got;
	}
	return true;
}

static bool put(int fd, size_t n)
{
	while (n) {
		ssize_t sent = write(fd, buffer, n < sizeof buffer ? n : sizeof buffer);

		if (sent <= 0)
			return false;
		n -= (size_t)sent;
	}
	return true;
}

/* The other process: answers each request octets with reply octets. */
static void answer(int fd, size_t request, size_t reply)
{
	while (get(fd, request) && put(fd, reply))
		;
}

static int pair(size_t request, size_t reply)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int listener = socket(AF_INET, SOCK_STREAM, 0), fd, one = 1;
	socklen_t n = sizeof a;

	if (bind(listener, (struct sockaddr *)&a, sizeof a) || listen(listener, 1) ||
	    getsockname(listener, (struct sockaddr *)&a, &n))
		exit(1);
	if (fork() == 0) {
		fd = accept(listener, NULL, NULL);
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		answer(fd, request, reply);
		_exit(0);
	}
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(fd, (struct sockaddr *)&a, sizeof a))
		exit(1);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	close(listener);
	return fd;
}

static double pingpong(size_t rounds, size_t request, size_t reply)
{
	int fd = pair(request, reply);
	double begin = now();

	for (size_t i = 0; i < rounds; i++)
		if (!put(fd, request) || !get(fd, reply))
			exit(1);
	return (double)rounds / (now() - begin);
}

static double window(size_t total, size_t chunk, size_t sync, size_t ack, size_t most)
{
	int fd = pair(chunk + sync, ack);
	double begin = now();
	size_t open = 0, chunks = total / chunk;

	for (size_t i = 0; i < chunks; i++) {
		if (open == most) {
			if (!get(fd, ack))
				exit(1);
			open--;
		}
		if (!put(fd, chunk + sync))
			exit(1);
		open++;
	}
	while (open--)
		if (!get(fd, ack))
			exit(1);
	return (double)(chunks * chunk) / (now() - begin);
}

/* ---- churn ---- */

enum { EVENTS = 256, DESCRIPTORS = 4096 };

static void watch(int epoll, int fd)
{
	struct epoll_event e = { .events = EPOLLIN, .data.fd = fd };
	int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e))
		exit(1);
}

/* Answers what is read with as much, for ever. */
static void serve(int listener)
{
	struct epoll_event events[EVENTS];
	int epoll = epoll_create1(0);

	watch(epoll, listener);
	for (;;) {
		int n = epoll_wait(epoll, events, EVENTS, -1);

		for (int i = 0; i < n; i++) {
			int fd = events[i].data.fd;
			ssize_t got;

			if (fd == listener) {
				fd = accept(listener, NULL, NULL);
				if (fd >= 0)
					watch(epoll, fd);
				continue;
			}
			got = read(fd, buffer, sizeof buffer);
			if (got <= 0 || write(fd, buffer, (size_t)got) != got)
				close(fd);
		}
	}
}

static int open_lane(int epoll, const struct sockaddr_in *a, size_t octets)
{
	const struct linger reset = { 1, 0 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || fd >= DESCRIPTORS || connect(fd, (const struct sockaddr *)a, sizeof *a))
		exit(1);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
	watch(epoll, fd);
	put(fd, octets);
	return fd;
}

/* So many of the rounds fall to the next connection: as evenly as whole numbers are. */
static size_t share(size_t rounds, size_t connections)
{
	static size_t i;
	size_t n = rounds * (i + 1) / connections - rounds * i / connections;

	i++;
	return n ? n : 1;
}

static double churn(size_t lanes, size_t connections, size_t rounds, size_t octets)
{
	static size_t left[DESCRIPTORS];
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int listener = socket(AF_INET, SOCK_STREAM, 0), epoll = epoll_create1(0);
	struct epoll_event events[EVENTS];
	socklen_t length = sizeof a;
	size_t begun = 0, done = 0;
	double begin;
	pid_t pid;

	if (bind(listener, (struct sockaddr *)&a, sizeof a) || listen(listener, 1024) ||
	    getsockname(listener, (struct sockaddr *)&a, &length))
		exit(1);
	pid = fork();
	if (pid == 0)
		serve(listener);
	begin = now();
	for (; begun < lanes; begun++)
		left[open_lane(epoll, &a, octets)] = share(rounds, connections);
	while (done < connections) {
		int n = epoll_wait(epoll, events, EVENTS, -1);

		for (int i = 0; i < n; i++) {
			int fd = events[i].data.fd;

			if (!get(fd, octets))
				exit(1);
			if (--left[fd] > 0) {
				put(fd, octets);
				continue;
			}
			close(fd);
			done++;
			if (begun++ < connections)
				left[open_lane(epoll, &a, octets)] = share(rounds, connections);
		}
	}
	begin = (double)done / (now() - begin);
	kill(pid, SIGKILL);
	return begin;
}

/* ---- sleep ---- */

static void sleeps(void)
{
	const struct sched_param p = { .sched_priority = 1 };
	int timer = timerfd_create(CLOCK_MONOTONIC, 0), epoll = epoll_create1(0);
	struct epoll_event e = { .events = EPOLLIN | EPOLLET };
	double pause_us;

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &e))
		exit(1);
	sched_setscheduler(0, SCHED_RR, &p);
	while (scanf("%lf", &pause_us) == 1) {
		double end = now() + pause_us / 1e6;
		struct itimerspec t = { .it_value = {
			(time_t)end, (long)((end - (double)(time_t)end) * 1e9) } };

		if (timerfd_settime(timer, TFD_TIMER_ABSTIME, &t, NULL) ||
		    epoll_wait(epoll, &e, 1, -1) != 1)
			exit(1);
		printf("%.6f\n", (now() - end) * 1000);
	}
}

static size_t number(const char *s)
{
	return (size_t)strtoull(s, NULL, 10);
}

int main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[1], "pingpong") == 0)
		printf("%.0f\n", pingpong(number(argv[2]), number(argv[3]), number(argv[4])));
	else if (argc == 7 && strcmp(argv[1], "window") == 0)
		printf("%.0f\n", window(number(argv[2]), number(argv[3]), number(argv[4]),
		                        number(argv[5]), number(argv[6])));
	else if (argc == 6 && strcmp(argv[1], "churn") == 0)
		printf("%.0f\n", churn(number(argv[2]), number(argv[3]), number(argv[4]),
		                       number(argv[5])));
	else if (argc == 2 && strcmp(argv[1], "sleep") == 0)
		sleeps();
	else
		return 2;
	return 0;
}
