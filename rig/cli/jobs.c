#include "cli/jobs.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TICK_MS = 100, NONE_YET = 0 };

/* What all processes see. */
struct shared {
	atomic_size_t next;			/* piece */
	atomic_bool enough;
	atomic_size_t at[JOBS_MAX];		/* piece under way + 1 */
};

/* Before the text of each piece on a worker's pipe. */
struct parcel {
	size_t i, length;
};

struct worker {
	pid_t pid;
	int fd;				/* -1: it has said all */
	char *octets;			/* that have come and are not told yet; owned */
	size_t n, cap;
	size_t told;			/* last piece told + 1 */
};

struct crew {
	const struct jobs *j;
	struct shared *shared;
	struct worker workers[JOBS_MAX];
	unsigned n;
	bool terminated;
};

static bool stopped(const struct jobs *j)
{
	return j->stop && *j->stop;
}

/* --- one process ------------------------------------------------------------------ */

/* A piece and its text; NULL: no memory. */
static char *do_piece(const struct jobs *j, size_t i, size_t *length)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, length);

	if (!out)
		return NULL;
	j->work(j->ctx, i, out);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

static bool run_alone(const struct jobs *j)
{
	bool more = true;

	for (size_t i = 0; i < j->n && more && !stopped(j); i++) {
		size_t length = 0;
		char *text = do_piece(j, i, &length);

		if (!text)
			return false;
		more = j->done(j->ctx, i, text, length);
		free(text);
	}
	return true;
}

/* --- a worker --------------------------------------------------------------------- */

static bool write_all(int fd, const void *p, size_t n)
{
	const char *at = p;

	while (n > 0) {
		ssize_t k = write(fd, at, n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return false;
		at += k;
		n -= (size_t)k;
	}
	return true;
}

static bool hand_back(int fd, size_t i, const char *text, size_t length)
{
	struct parcel head = { i, length };

	return write_all(fd, &head, sizeof head) && write_all(fd, text, length);
}

static int worker_main(const struct jobs *j, struct shared *s, unsigned self, int fd)
{
	while (!stopped(j) && !atomic_load(&s->enough)) {
		size_t i = atomic_fetch_add(&s->next, 1), length = 0;
		char *text;
		bool ok;

		if (i >= j->n)
			break;
		atomic_store(&s->at[self], i + 1);
		text = do_piece(j, i, &length);
		ok = text && hand_back(fd, i, text, length);
		free(text);
		if (!ok)
			return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

static bool start(struct crew *c)
{
	struct worker *w = &c->workers[c->n];
	int fd[2];

	if (pipe(fd) != 0)
		return false;
	w->pid = fork();
	if (w->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		close(fd[0]);
		for (unsigned i = 0; i < c->n; i++)
			close(c->workers[i].fd);
		_exit(worker_main(c->j, c->shared, c->n, fd[1]));
	}
	close(fd[1]);
	w->fd = fd[0];
	if (w->pid < 0) {
		close(fd[0]);
		return false;
	}
	c->n++;
	return true;
}

/* --- the one that listens --------------------------------------------------------- */

static void tell(struct crew *c, struct worker *w, size_t i, const char *text, size_t length)
{
	w->told = i + 1;
	if (!c->j->done(c->j->ctx, i, text, length))
		atomic_store(&c->shared->enough, true);
}

/* Tells what is complete. */
static void take_parcels(struct crew *c, struct worker *w)
{
	struct parcel head;
	size_t at = 0;

	while (w->n - at >= sizeof head) {
		memcpy(&head, w->octets + at, sizeof head);
		if (w->n - at - sizeof head < head.length)
			break;
		tell(c, w, head.i, w->octets + at + sizeof head, head.length);
		at += sizeof head + head.length;
	}
	memmove(w->octets, w->octets + at, w->n - at);
	w->n -= at;
}

/* The worker is gone; what it had begun and not told is told for it. */
static void bury(struct crew *c, struct worker *w)
{
	size_t at = atomic_load(&c->shared->at[w - c->workers]);
	int status = 0;

	close(w->fd);
	w->fd = -1;
	while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (at != NONE_YET && at != w->told)
		tell(c, w, at - 1, NULL, (size_t)status);
}

static void listen_to(struct crew *c, struct worker *w)
{
	ssize_t k = 0;

	if (w->cap - w->n < 4096) {
		size_t cap = w->cap ? 2 * w->cap : 65536;
		char *grown = realloc(w->octets, cap);

		if (!grown) {
			kill(w->pid, SIGKILL);
			bury(c, w);
			return;
		}
		w->octets = grown;
		w->cap = cap;
	}
	k = read(w->fd, w->octets + w->n, w->cap - w->n);
	if (k < 0 && errno == EINTR)
		return;
	if (k > 0)
		w->n += (size_t)k;
	take_parcels(c, w);
	if (k <= 0)
		bury(c, w);
}

static void pass_on_stop(struct crew *c)
{
	if (c->terminated || !stopped(c->j))
		return;
	c->terminated = true;
	for (unsigned i = 0; i < c->n; i++)
		if (c->workers[i].fd >= 0)
			kill(c->workers[i].pid, SIGTERM);
}

static void wait_for_all(struct crew *c)
{
	for (;;) {
		struct pollfd fds[JOBS_MAX];
		unsigned open = 0;

		for (unsigned i = 0; i < c->n; i++) {
			fds[i] = (struct pollfd){ .fd = c->workers[i].fd, .events = POLLIN };
			open += c->workers[i].fd >= 0;
		}
		if (open == 0)
			return;
		if (poll(fds, c->n, TICK_MS) > 0)
			for (unsigned i = 0; i < c->n; i++)
				if (fds[i].fd >= 0 && fds[i].revents)
					listen_to(c, &c->workers[i]);
		pass_on_stop(c);
		if (c->j->idle)
			c->j->idle(c->j->ctx);
	}
}

static bool run_crew(struct crew *c)
{
	bool ok = true;

	fflush(NULL);			/* buffers must not be written twice */
	c->n = 0;
	while (ok && c->n < c->j->jobs && c->n < c->j->n)
		ok = start(c);
	wait_for_all(c);
	for (unsigned i = 0; i < c->n; i++)
		free(c->workers[i].octets);
	memset(c->workers, 0, sizeof c->workers);
	return c->n > 0;
}

static bool pieces_left(const struct crew *c)
{
	return atomic_load(&c->shared->next) < c->j->n && !stopped(c->j) &&
	       !atomic_load(&c->shared->enough);
}

bool jobs_run(const struct jobs *j)
{
	struct crew c = { .j = j };
	bool ok;

	if (j->jobs <= 1)
		return run_alone(j);
	c.shared = mmap(NULL, sizeof *c.shared, PROT_READ | PROT_WRITE,
	                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (c.shared == MAP_FAILED)
		return false;
	do
		ok = run_crew(&c);
	while (ok && pieces_left(&c));	/* all workers died before the end */
	munmap(c.shared, sizeof *c.shared);
	return ok;
}
