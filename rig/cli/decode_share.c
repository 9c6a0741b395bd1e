/*
 * Batches that workers fill and the calling process writes out, in the order of events.
 *
 * A pipe to the caller has an octet for each batch that is full, and ends if the worker dies;
 * one back has an octet for each that is free again, and ends if the caller does.  Nothing of
 * what is listed goes through a pipe, or is copied at all.
 */
#include "cli/decode_share.h"

#include "fd/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	/* So many one worker may be ahead of another before it waits. */
	BATCHES = 16,
	MARKS = 512,
	PARTS = IOV_MAX < 256 ? IOV_MAX : 256,
};

struct mark {
	uint64_t event;
	size_t from;
};

/* marks_n 0: the sum is complete, and nothing more comes. */
struct batch {
	size_t marks_n, octets_n;
	struct mark marks[MARKS];
	char octets[LISTING_BUFFER];
};

struct decode_lane {
	struct decode_sum sum;
	struct batch batches[BATCHES];
};

static void add_sum(struct decode_sum *all, const struct decode_sum *one)
{
	if (one->gap_frame && (!all->gap_frame || one->gap_event < all->gap_event)) {
		all->gap_event = one->gap_event;
		all->gap_frame = one->gap_frame;
	}
	all->packets = one->packets;
	all->followed += one->followed;
	all->gaps += one->gaps;
	all->halves += one->halves;
	all->lost += one->lost;
	all->sealed += one->sealed;
	all->stopped |= one->stopped;
	all->file = one->file;
}

/* ---- a worker ---- */

static struct batch *filling(struct decode_share *s)
{
	return &s->lane->batches[s->at];
}

/* What is in the batch is the caller's, until he gives it back.  Without him there is nobody
 * to work for. */
static void hand_over(struct decode_share *s)
{
	char token = 0;

	if (!fd_write_all(s->full, &token, 1))
		_exit(EXIT_FAILURE);
}

static void next_batch(struct decode_share *s)
{
	char token;

	hand_over(s);
	s->at = (s->at + 1) % BATCHES;
	if (!fd_read_all(s->free, &token, 1))
		_exit(EXIT_FAILURE);
}

static char *take_lines(struct listing_sink *sink, size_t n)
{
	struct decode_share *s = (struct decode_share *)sink;
	struct batch *b = filling(s);
	uint64_t event;

	if (n == 0)
		return b->octets;
	event = b->marks[s->marks_n - 1].event;
	b->marks_n = s->marks_n;
	b->octets_n = n;
	next_batch(s);
	/* what comes next may belong to the same event */
	b = filling(s);
	b->marks[0] = (struct mark){ event, 0 };
	s->marks_n = 1;
	return b->octets;
}

void decode_share_begin(struct decode_share *s, struct listing_json *lines)
{
	lines->sink = &s->sink;
	lines->at = filling(s)->octets;
}

void decode_share_mark(struct decode_share *s, struct listing_json *lines, uint64_t event)
{
	if (s->marks_n > 0 && filling(s)->marks[s->marks_n - 1].event == event)
		return;
	if (s->marks_n == MARKS)
		listing_json_flush(lines);
	if (lines->n == 0)
		s->marks_n = 0;
	filling(s)->marks[s->marks_n++] = (struct mark){ event, lines->n };
}

static void work(const struct decode_work *w, unsigned self, struct decode_share *s)
{
	s->sink.take = take_lines;
	if (w->work(w->ctx, self, s, &s->lane->sum)) {
		filling(s)->marks_n = 0;
		hand_over(s);
	}
	_exit(EXIT_SUCCESS);
}

/* ---- all of them ---- */

/* A worker has read strangers' octets, and could still write where its batches are: marks
 * are looked at here, where it cannot. */
struct lane {
	struct decode_lane *shared;
	int full, free;
	bool over;			/* its sum has come */
	unsigned batch;			/* that is being written out */
	size_t marks_n, octets_n, at;	/* at: the mark whose octets come next */
	struct mark marks[MARKS];
};

struct crew {
	const struct decode_work *w;
	int out;
	struct decode_sum *sum;
	struct lane *lanes;
	int unwritten;			/* errno; 0: all could be written */
	int parts_n;
	struct iovec parts[PARTS];	/* in batches that were not given back yet */
};

static bool write_parts(struct crew *c)
{
	uint64_t ignored = 0;
	int n = c->parts_n;

	c->parts_n = 0;
	if (!fd_write_parts(c->out, c->parts, n, &ignored))
		c->unwritten = errno;
	return !c->unwritten;
}

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

static void take_sum(struct crew *c, struct lane *l)
{
	struct decode_sum sum = l->shared->sum;

	sum.file.text[sizeof sum.file.text - 1] = '\0';
	sum.file.first.text[sizeof sum.file.first.text - 1] = '\0';
	add_sum(c->sum, &sum);
	l->over = true;
}

/* Who has said all that he had to say does not take it any more. */
static bool give_back(struct crew *c, struct lane *l)
{
	char token = 0;

	if (!write_parts(c))
		return false;
	fd_write_all(l->free, &token, 1);
	l->batch = (l->batch + 1) % BATCHES;
	return true;
}

/* The next batch.  false: the worker has died, or what there was cannot be written. */
static bool refill(struct crew *c, struct lane *l)
{
	struct batch *b;
	char token;

	if ((l->marks_n > 0 && !give_back(c, l)) || !fd_read_all(l->full, &token, 1))
		return false;
	b = &l->shared->batches[l->batch];
	l->marks_n = b->marks_n;
	l->octets_n = b->octets_n;
	l->at = 0;
	if (l->marks_n == 0) {
		take_sum(c, l);
		return true;
	}
	if (l->marks_n > MARKS || l->octets_n > LISTING_BUFFER)
		return false;
	memcpy(l->marks, b->marks, l->marks_n * sizeof *l->marks);
	return sound(l);
}

static uint64_t next_event(const struct lane *l)
{
	return l->over ? UINT64_MAX : l->marks[l->at].event;
}

/* What of this lane comes before `event`. */
static bool put_before(struct crew *c, struct lane *l, uint64_t event)
{
	size_t from = l->marks[l->at].from, to;

	while (l->at < l->marks_n && l->marks[l->at].event < event)
		l->at++;
	to = l->at < l->marks_n ? l->marks[l->at].from : l->octets_n;
	c->parts[c->parts_n++] =
		(struct iovec){ l->shared->batches[l->batch].octets + from, to - from };
	return c->parts_n < PARTS || write_parts(c);
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
			return write_parts(c);
		if (!put_before(c, first, event))
			return false;
	}
}

/* ---- beginning and end ---- */

static void end_lane(struct lane *l)
{
	if (l->shared)
		munmap(l->shared, sizeof *l->shared);
	if (l->full >= 0)
		close(l->full);
	if (l->free >= 0)
		close(l->free);
}

/* A worker has its own batches alone, and hears at its pipe that we are gone. */
static void become(const struct crew *c, unsigned self, int full, int free)
{
	struct decode_share s = { .lane = c->lanes[self].shared, .full = full, .free = free };

	for (unsigned i = 0; i <= self; i++) {
		struct lane *l = &c->lanes[i];

		if (i == self)
			l->shared = NULL;	/* stays */
		end_lane(l);
	}
	work(c->w, self, &s);
}

static bool begin(struct crew *c, unsigned i)
{
	struct lane *l = &c->lanes[i];
	int full[2], free[2];
	pid_t pid;

	l->shared = mmap(NULL, sizeof *l->shared, PROT_READ | PROT_WRITE,
	                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (l->shared == MAP_FAILED) {
		l->shared = NULL;
		return false;
	}
	if (pipe2(full, O_CLOEXEC) < 0)
		return false;
	l->full = full[0];
	if (pipe2(free, O_CLOEXEC) < 0) {
		close(full[1]);
		return false;
	}
	l->free = free[1];
	/* of the first batch the worker needs not ask */
	pid = fd_write_all(l->free, &(char[BATCHES]){ 0 }, BATCHES - 1) ? fork() : -1;
	if (pid == 0)
		become(c, i, full[1], free[0]);
	close(full[1]);
	close(free[0]);
	return pid > 0;
}

bool decode_share_run(const struct decode_work *w, int out, struct decode_sum *sum, char *why,
                      size_t why_cap)
{
	struct crew c = { .w = w, .out = out, .sum = sum, .lanes = calloc(w->n, sizeof *c.lanes) };
	unsigned n = 0;
	bool ok = c.lanes;

	*sum = (struct decode_sum){ 0 };
	signal(SIGCHLD, SIG_IGN);	/* how they end, their sums say */
	signal(SIGPIPE, SIG_IGN);
	fflush(NULL);			/* buffers must not be written twice */
	for (unsigned i = 0; ok && i < w->n; i++)
		c.lanes[i].full = c.lanes[i].free = -1;
	while (ok && n < w->n)
		ok = begin(&c, n++);
	if (!ok)
		snprintf(why, why_cap, "no process more: %s", strerror(errno));
	else if (w->begun)
		w->begun(w->ctx);
	if (ok && !(ok = merge(&c)))
		snprintf(why, why_cap, c.unwritten ? "cannot write: %s"
		         : "one of the processes has died", strerror(c.unwritten));
	for (unsigned i = 0; i < n; i++)
		end_lane(&c.lanes[i]);
	free(c.lanes);
	return ok;
}
