#include "cli/decode_share.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
	/* So much one worker may be ahead of another before it waits. */
	PIPE_OCTETS = 1 << 20,
};

/* marks 0: the sum, and nothing more. */
struct batch {
	size_t marks, octets;
};

void decode_sum_add(struct decode_sum *all, const struct decode_sum *one)
{
	if (one->gap_frame && (!all->gap_frame || one->gap_event < all->gap_event)) {
		all->gap_event = one->gap_event;
		all->gap_frame = one->gap_frame;
	}
	all->packets = one->packets;
	all->followed += one->followed;
	all->gaps += one->gaps;
	all->lost += one->lost;
	all->sealed += one->sealed;
	all->damaged |= one->damaged;
	all->stopped |= one->stopped;
	memcpy(all->why, one->why, sizeof all->why);
}

/* ---- a worker ---- */

static void hand_back(struct decode_share *s, struct iovec *parts, int n)
{
	while (n > 0 && !s->broken) {
		ssize_t done = writev(s->fd, parts, n);

		if (done < 0) {
			s->broken = errno != EINTR;
			continue;
		}
		while (n > 0 && (size_t)done >= parts->iov_len) {
			done -= (ssize_t)parts->iov_len;
			parts++;
			n--;
		}
		if (n > 0) {
			parts->iov_base = (char *)parts->iov_base + done;
			parts->iov_len -= (size_t)done;
		}
	}
}

static void flush_lines(struct listing_sink *sink, const char *p, size_t n)
{
	struct decode_share *s = (struct decode_share *)sink;
	struct batch head = { s->marks_n, n };
	struct iovec parts[] = {
		{ &head, sizeof head }, { s->marks, s->marks_n * sizeof *s->marks },
		{ (void *)(uintptr_t)p, n },
	};

	if (n == 0)
		return;
	hand_back(s, parts, 3);
	/* what comes next may belong to the same event */
	s->marks[0] = (struct decode_mark){ s->marks[s->marks_n - 1].event, 0 };
	s->marks_n = 1;
}

void decode_share_mark(struct decode_share *s, struct listing_json *lines, uint64_t event)
{
	if (s->marks_n > 0 && s->marks[s->marks_n - 1].event == event)
		return;
	if (s->marks_n == DECODE_MARKS)
		listing_json_flush(lines);
	if (lines->n == 0)
		s->marks_n = 0;
	s->marks[s->marks_n++] = (struct decode_mark){ event, lines->n };
}

static void work(const struct decode_work *w, unsigned self, int fd)
{
	struct decode_share s = { .sink.take = flush_lines, .fd = fd };
	struct decode_sum sum = { 0 };
	struct batch head = { 0, sizeof sum };
	struct iovec parts[] = { { &head, sizeof head }, { &sum, sizeof sum } };

	if (w->work(w->ctx, self, &s, &sum))
		hand_back(&s, parts, 2);
	_exit(s.broken ? EXIT_FAILURE : EXIT_SUCCESS);
}

/* ---- all of them ---- */

struct lane {
	int fd;
	bool over;			/* its sum has come */
	size_t marks_n, octets_n, at;	/* at: the mark whose octets come next */
	struct decode_mark marks[DECODE_MARKS];
	char octets[LISTING_BUFFER];
};

struct crew {
	const struct decode_work *w;
	FILE *out;
	struct decode_sum *sum;
	struct lane *lanes;
};

static bool read_all(int fd, void *p, size_t n)
{
	char *at = p;

	while (n > 0) {
		ssize_t k = read(fd, at, n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return false;
		at += k;
		n -= (size_t)k;
	}
	return true;
}

/* A worker has read strangers' octets: what it says is looked at before it is used. */
static bool sound(const struct lane *l)
{
	size_t from = 0;

	for (size_t i = 0; i < l->marks_n; i++) {
		if (l->marks[i].from < from || l->marks[i].from > l->octets_n)
			return false;
		from = l->marks[i].from;
	}
	return true;
}

/* The next batch.  false: the worker has died. */
static bool refill(struct crew *c, struct lane *l)
{
	struct decode_sum sum;
	struct batch head;

	if (!read_all(l->fd, &head, sizeof head))
		return false;
	if (head.marks == 0) {
		l->over = true;
		if (!read_all(l->fd, &sum, sizeof sum))
			return false;
		sum.why[sizeof sum.why - 1] = '\0';
		decode_sum_add(c->sum, &sum);
		return true;
	}
	if (head.marks > DECODE_MARKS || head.octets > LISTING_BUFFER)
		return false;
	l->marks_n = head.marks;
	l->octets_n = head.octets;
	l->at = 0;
	return read_all(l->fd, l->marks, l->marks_n * sizeof *l->marks) &&
	       read_all(l->fd, l->octets, l->octets_n) && sound(l);
}

static uint64_t next_event(const struct lane *l)
{
	return l->over ? UINT64_MAX : l->marks[l->at].event;
}

/* What of this lane comes before `event`. */
static void put_before(struct crew *c, struct lane *l, uint64_t event)
{
	size_t from = l->marks[l->at].from, to;

	while (l->at < l->marks_n && l->marks[l->at].event < event)
		l->at++;
	to = l->at < l->marks_n ? l->marks[l->at].from : l->octets_n;
	fwrite(l->octets + from, 1, to - from, c->out);
}

static bool merge(struct crew *c)
{
	for (;;) {
		struct lane *first = NULL;
		uint64_t event = UINT64_MAX;

		for (unsigned i = 0; i < c->w->n; i++) {
			struct lane *l = &c->lanes[i];

			if (!l->over && l->at == l->marks_n && !refill(c, l))
				return false;
			if (l->over || (first && next_event(l) >= next_event(first))) {
				event = next_event(l) < event ? next_event(l) : event;
				continue;
			}
			event = first && next_event(first) < event ? next_event(first) : event;
			first = l;
		}
		if (!first)
			return true;
		put_before(c, first, event);
	}
}

/* Who was begun earlier has its way back alone: at its end of ours it hears that we are
 * gone. */
static bool begin(struct crew *c, unsigned i)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return false;
	fcntl(ends[1], F_SETPIPE_SZ, PIPE_OCTETS);
	pid = fork();
	if (pid == 0) {
		for (unsigned k = 0; k < i; k++)
			close(c->lanes[k].fd);
		close(ends[0]);
		work(c->w, i, ends[1]);
	}
	close(ends[1]);
	c->lanes[i].fd = ends[0];
	return pid > 0;
}

bool decode_share_run(const struct decode_work *w, FILE *out, struct decode_sum *sum, char *why,
                      size_t why_cap)
{
	struct crew c = { w, out, sum, calloc(w->n, sizeof *c.lanes) };
	unsigned n = 0;
	bool ok = c.lanes;

	*sum = (struct decode_sum){ 0 };
	signal(SIGCHLD, SIG_IGN);	/* how they end, their sums say */
	fflush(out);
	for (; ok && n < w->n; n++)
		ok = begin(&c, n);
	if (!ok)
		snprintf(why, why_cap, "no process more: %s", strerror(errno));
	else if (!(ok = merge(&c)))
		snprintf(why, why_cap, "one of the processes has died");
	for (unsigned i = 0; i < n; i++)
		close(c.lanes[i].fd);
	free(c.lanes);
	return ok;
}
