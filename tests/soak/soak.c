/*
 * Garbage for a server:  soak PID PORT N LANES SEED FILE ...
 *
 * Makes N connections to 127.0.0.1:PORT, LANES at a time, and says what became of process PID:
 * its memory and its descriptors after a tenth of them and at the end.  What a connection says is
 * drawn from (SEED, its number): random octets, TPKTs of random octets, or a file (what an honest
 * initiator said) with octets changed, left out, doubled or put in, and cut.  It ends with FIN,
 * with RST, after the server has ended, or when its time is up.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <dirent.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	LANES_MAX = 1024, FILES_MAX = 64, OCTETS_MAX = 16384, BENDS_MAX = 8,
	LIFE_MS = 100,			/* of a connection */
	PIECE = 1400,
	SETTLE_MS = 3000,		/* for the server to see the last ends */
};

enum way { WAY_RST, WAY_FIN, WAY_WAIT, WAYS };

struct lane {
	int fd;				/* -1: none */
	enum way way;
	bool half;			/* we have sent FIN */
	int64_t until_ms;
	uint64_t random;
	size_t n, sent;
	uint8_t octets[OCTETS_MAX];
};

struct file {
	uint8_t octets[OCTETS_MAX];
	size_t n;
};

static struct file files[FILES_MAX];
static size_t files_n;
static struct lane lanes[LANES_MAX];
static uint64_t begun, ended, refused;

/* ---- what is said ---- */

/* splitmix64 */
static uint64_t draw(uint64_t *s)
{
	uint64_t z = *s += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static size_t below(struct lane *l, size_t n)
{
	return n ? (size_t)(draw(&l->random) % n) : 0;
}

static void put_random(struct lane *l, size_t n)
{
	while (n-- && l->n < OCTETS_MAX)
		l->octets[l->n++] = (uint8_t)draw(&l->random);
}

static void say_random(struct lane *l)
{
	put_random(l, 1 + below(l, 2000));
}

static void say_frames(struct lane *l)
{
	static const uint8_t cr[] = { 3, 0, 0, 11, 6, 0xe0, 0, 0, 0, 1, 0 };
	size_t frames = 1 + below(l, 6);

	if (below(l, 4)) {
		memcpy(l->octets, cr, sizeof cr);
		l->n = sizeof cr;
	}
	while (frames--) {
		size_t n = below(l, 600);
		const uint8_t head[] = { 3, 0, (uint8_t)((n + 7) >> 8), (uint8_t)(n + 7), 2, 0xf0,
		                         below(l, 3) ? 0x80 : 0 };

		if (l->n + sizeof head + n > OCTETS_MAX)
			return;
		memcpy(l->octets + l->n, head, sizeof head);
		l->n += sizeof head;
		put_random(l, n);
	}
}

static void bend(struct lane *l)
{
	size_t at = below(l, l->n), n = 1 + below(l, 16);

	if (n > l->n - at)
		n = l->n - at;
	switch (below(l, 4)) {
	case 0:
		l->octets[at] = (uint8_t)draw(&l->random);
		break;
	case 1:
		memmove(l->octets + at, l->octets + at + n, l->n - at - n);
		l->n -= n;
		break;
	case 2:
		if (l->n + n <= OCTETS_MAX) {
			memmove(l->octets + at + n, l->octets + at, l->n - at);
			l->n += n;
		}
		break;
	default:
		l->octets[at] ^= (uint8_t)(1u << below(l, 8));
		break;
	}
}

static void say_file(struct lane *l)
{
	const struct file *f = &files[below(l, files_n)];
	size_t bends = below(l, BENDS_MAX);

	memcpy(l->octets, f->octets, f->n);
	l->n = f->n;
	while (bends-- && l->n)
		bend(l);
	if (below(l, 2))
		l->n = below(l, l->n + 1);
}

/* ---- lanes ---- */

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void finish(struct lane *l)
{
	const struct linger reset = { .l_onoff = 1, .l_linger = 0 };

	if (l->fd >= 0) {
		if (l->way != WAY_FIN)
			setsockopt(l->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
		close(l->fd);
	}
	l->fd = -1;
	ended++;
}

/* Each from another address of this host, so that ports do not run out. */
static void begin(struct lane *l, int epoll, uint16_t port, uint64_t seed)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) }, from = to;
	struct epoll_event e = { .events = EPOLLIN | EPOLLOUT | EPOLLET, .data = { .ptr = l } };

	*l = (struct lane){ .fd = -1, .random = seed ^ begun * UINT64_C(0xd6e8feb86659fd93) };
	l->way = (enum way)below(l, WAYS);
	if (files_n && below(l, 2))
		say_file(l);
	else if (below(l, 3))
		say_frames(l);
	else
		say_random(l);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	from.sin_addr.s_addr = htonl(0x7f000002u + (uint32_t)(begun % 200000));
	from.sin_port = 0;
	begun++;
	l->until_ms = now_ms() + LIFE_MS;
	l->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (l->fd < 0 ||
	    setsockopt(l->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &(int){ 1 }, sizeof(int)) != 0 ||
	    bind(l->fd, (struct sockaddr *)&from, sizeof from) != 0 ||
	    (connect(l->fd, (struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS) ||
	    epoll_ctl(epoll, EPOLL_CTL_ADD, l->fd, &e) != 0) {
		refused++;
		finish(l);
	}
}

/* false: it is over. */
static bool go_on(struct lane *l, uint32_t events)
{
	uint8_t heard[4096];
	ssize_t n = 1;

	if (events & EPOLLERR)
		return false;
	while (l->sent < l->n && n > 0) {
		size_t piece = 1 + below(l, PIECE);

		if (piece > l->n - l->sent)
			piece = l->n - l->sent;
		n = send(l->fd, l->octets + l->sent, piece, MSG_NOSIGNAL);
		if (n > 0)
			l->sent += (size_t)n;
		else if (errno != EAGAIN && errno != EINTR)
			return false;
	}
	do
		n = recv(l->fd, heard, sizeof heard, 0);
	while (n > 0);
	if (n == 0 || (errno != EAGAIN && errno != EINTR))
		return false;
	if (l->sent < l->n)
		return true;
	if (l->way == WAY_FIN && !l->half) {
		shutdown(l->fd, SHUT_WR);
		l->half = true;
	}
	return l->way != WAY_RST;
}

/* ---- the server ---- */

struct looks {
	unsigned long kib, fds;
};

static struct looks look(const char *pid)
{
	struct looks at = { 0, 0 };
	char path[64], line[256];
	DIR *dir;
	FILE *fp;

	snprintf(path, sizeof path, "/proc/%s/status", pid);
	fp = fopen(path, "re");
	while (fp && fgets(line, sizeof line, fp))
		if (strncmp(line, "VmRSS:", 6) == 0)
			at.kib = strtoul(line + 6, NULL, 10);
	if (fp)
		fclose(fp);
	snprintf(path, sizeof path, "/proc/%s/fd", pid);
	dir = opendir(path);
	while (dir && readdir(dir))
		at.fds++;
	if (dir)
		closedir(dir);
	return at;
}

static void read_file(const char *path)
{
	struct file *f = &files[files_n];
	FILE *fp = files_n < FILES_MAX ? fopen(path, "rbe") : NULL;

	if (!fp)
		return;
	f->n = fread(f->octets, 1, sizeof f->octets, fp);
	fclose(fp);
	files_n += f->n > 0;
}

static void run(uint16_t port, uint64_t all, size_t lanes_n, uint64_t seed, const char *pid,
                struct looks *early)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event events[256];

	for (size_t i = 0; i < lanes_n; i++)
		lanes[i].fd = -1;
	while (ended < all) {
		int64_t now = now_ms();
		int n;

		for (size_t i = 0; i < lanes_n; i++) {
			if (lanes[i].fd >= 0 && now > lanes[i].until_ms)
				finish(&lanes[i]);
			if (lanes[i].fd < 0 && begun < all)
				begin(&lanes[i], epoll, port, seed);
		}
		n = epoll_wait(epoll, events, 256, 20);
		for (int i = 0; i < n; i++) {
			struct lane *l = events[i].data.ptr;

			if (l->fd >= 0 && !go_on(l, events[i].events))
				finish(l);
		}
		if (early->kib == 0 && ended >= all / 10)
			*early = look(pid);
	}
	close(epoll);
}

int main(int argc, char **argv)
{
	struct looks before, early = { 0, 0 }, late;
	uint64_t all, seed;
	size_t lanes_n;

	if (argc < 6)
		return 2;
	all = strtoull(argv[3], NULL, 10);
	lanes_n = strtoul(argv[4], NULL, 10);
	seed = strtoull(argv[5], NULL, 0);
	if (!all || !lanes_n || lanes_n > LANES_MAX)
		return 2;
	for (int i = 6; i < argc; i++)
		read_file(argv[i]);
	before = look(argv[1]);
	run((uint16_t)strtoul(argv[2], NULL, 10), all, lanes_n, seed, argv[1], &early);
	usleep(SETTLE_MS * 1000);
	late = look(argv[1]);
	printf("%llu connections, %llu not made; memory %lu KiB, after a tenth %lu, at the end "
	       "%lu; descriptors %lu, at the end %lu\n", (unsigned long long)ended,
	       (unsigned long long)refused, before.kib, early.kib, late.kib, before.fds, late.fds);
	/* A tenth has filled what is kept for the next connection. */
	return late.kib && late.kib <= early.kib + early.kib / 20 + 1024 &&
	       late.fds <= before.fds && refused <= all / 100 ? 0 : 1;
}
