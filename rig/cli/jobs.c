#include "cli/jobs.h"

#include "fd/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	TICK_MS = 100,
	NONE_YET = 0,
	/* Pieces that may be passed over by later ones. */
	WINDOW = 4096,
	/* How long a worker sleeps that may not begin anything. */
	NAP_MS = 2,
};

/* What all processes see. */
struct shared {
	pthread_mutex_t lock;			/* of all but what is atomic */
	size_t next;				/* first piece that nobody has begun */
	bool begun[WINDOW];			/* piece i: at i % WINDOW; from `next` on */
	uint64_t held[JOBS_MAX];		/* by each worker; 0: nothing is under way */
	atomic_bool enough, unsettled;
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
	bool short_of_memory;		/* so that what a worker said is lost */
};

static bool stopped(const struct jobs *j)
{
	return j->stop && *j->stop;
}

/* --- one process ------------------------------------------------------------------ */

/* A piece and its text; NULL: no memory. */
static char *do_piece(const struct jobs *j, size_t i, uint64_t hold, size_t *length, bool *fine)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, length);

	if (!out)
		return NULL;
	*fine = j->work(j->ctx, i, hold, out);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

static bool run_alone(const struct jobs *j)
{
	bool more = true;

	for (size_t i = 0; i < j->n && more && !stopped(j); i++) {
		uint64_t hold = j->admit ? j->admit(j->ctx, i, NULL, 0) : 0;
		size_t length = 0;
		bool fine = true;
		char *text = do_piece(j, i, hold, &length, &fine);

		if (!text)
			return false;
		more = j->done(j->ctx, i, text, length);
		free(text);
		if (more && !fine && j->settle)
			more = j->settle(j->ctx);
	}
	return true;
}

/* --- a worker --------------------------------------------------------------------- */

static bool hand_back(int fd, size_t i, const char *text, size_t length)
{
	struct parcel head = { i, length };

	return fd_write_all(fd, &head, sizeof head) && fd_write_all(fd, text, length);
}

/* The lock of one that died with it is ours: what it covers is whole at any time. */
static void lock(struct shared *s)
{
	if (pthread_mutex_lock(&s->lock) == EOWNERDEAD)
		pthread_mutex_consistent(&s->lock);
}

static void unlock(struct shared *s)
{
	pthread_mutex_unlock(&s->lock);
}

/* Which piece may `self` begin?  At the end of the window: none now. */
static size_t find_piece(const struct jobs *j, struct shared *s, uint64_t *hold)
{
	for (size_t i = s->next; i < j->n && i < s->next + WINDOW; i++) {
		if (s->begun[i % WINDOW])
			continue;
		*hold = j->admit ? j->admit(j->ctx, i, s->held, JOBS_MAX) : 1;
		if (*hold)
			return i;
	}
	return s->next + WINDOW;
}

/* false: nothing can be begun now (*i < j->n), or ever. */
static bool begin_piece(const struct jobs *j, struct shared *s, unsigned self, size_t *i,
                        uint64_t *hold)
{
	bool found = false;

	lock(s);
	*i = s->next;
	if (!atomic_load(&s->unsettled) && s->next < j->n) {
		size_t at = find_piece(j, s, hold);

		found = at < j->n && at < s->next + WINDOW;
		if (found) {
			*i = at;
			s->held[self] = *hold;
			atomic_store(&s->at[self], at + 1);
			s->begun[at % WINDOW] = true;
		}
	}
	while (s->next < j->n && s->begun[s->next % WINDOW])
		s->begun[s->next++ % WINDOW] = false;
	unlock(s);
	return found;
}

static void end_piece(struct shared *s, unsigned self)
{
	lock(s);
	s->held[self] = 0;
	atomic_store(&s->at[self], NONE_YET);
	unlock(s);
}

static int worker_main(const struct jobs *j, struct shared *s, unsigned self, int fd)
{
	while (!stopped(j) && !atomic_load(&s->enough)) {
		uint64_t hold = 0;
		size_t i, length = 0;
		bool ok, fine = true;
		char *text;

		if (!begin_piece(j, s, self, &i, &hold)) {
			if (i >= j->n)
				break;
			poll(NULL, 0, NAP_MS);
			continue;
		}
		text = do_piece(j, i, hold, &length, &fine);
		if (!fine && j->settle)
			atomic_store(&s->unsettled, true);
		ok = text && hand_back(fd, i, text, length);
		free(text);
		if (!ok)
			return EXIT_FAILURE;
		end_piece(s, self);
	}
	return EXIT_SUCCESS;
}

static bool start(struct crew *c)
{
	struct worker *w = &c->workers[c->n];
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) != 0)
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
	if (at == NONE_YET)
		return;
	if (at != w->told) {
		atomic_store(&c->shared->unsettled, c->j->settle != NULL);
		tell(c, w, at - 1, NULL, (size_t)status);
	}
	end_piece(c->shared, (unsigned)(w - c->workers));
}

static void listen_to(struct crew *c, struct worker *w)
{
	ssize_t k = 0;

	if (w->cap - w->n < 4096) {
		size_t cap = w->cap ? 2 * w->cap : 65536;
		char *grown = realloc(w->octets, cap);

		if (!grown) {
			c->short_of_memory = true;
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

/* One look at all workers.  false: all have ended; *heard: one had something to say. */
static bool listen_to_all(struct crew *c, int ms, bool *heard)
{
	struct pollfd fds[JOBS_MAX];
	unsigned open = 0;

	for (unsigned i = 0; i < c->n; i++) {
		fds[i] = (struct pollfd){ .fd = c->workers[i].fd, .events = POLLIN };
		open += c->workers[i].fd >= 0;
	}
	*heard = open > 0 && poll(fds, c->n, ms) > 0;
	for (unsigned i = 0; *heard && i < c->n; i++)
		if (fds[i].fd >= 0 && fds[i].revents)
			listen_to(c, &c->workers[i]);
	return open > 0;
}

static bool is_quiet(const struct crew *c)
{
	for (unsigned i = 0; i < c->n; i++)
		if (atomic_load(&c->shared->at[i]) != NONE_YET)
			return false;
	return true;
}

/* What they have said is told first: it may be why nothing more is to be begun. */
static void settle(struct crew *c)
{
	bool heard;

	if (!atomic_load(&c->shared->unsettled) || !is_quiet(c))
		return;
	while (listen_to_all(c, 0, &heard) && heard)
		;
	if (!atomic_load(&c->shared->enough) && !stopped(c->j) && !c->j->settle(c->j->ctx))
		atomic_store(&c->shared->enough, true);
	atomic_store(&c->shared->unsettled, false);
}

static void wait_for_all(struct crew *c)
{
	bool heard;

	while (listen_to_all(c, atomic_load(&c->shared->unsettled) ? NAP_MS : TICK_MS, &heard)) {
		settle(c);
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
	return c->shared->next < c->j->n && !stopped(c->j) && !atomic_load(&c->shared->enough);
}

static bool share(struct crew *c)
{
	pthread_mutexattr_t a;

	c->shared = mmap(NULL, sizeof *c->shared, PROT_READ | PROT_WRITE,
	                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (c->shared == MAP_FAILED)
		return false;
	pthread_mutexattr_init(&a);
	pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&c->shared->lock, &a);
	pthread_mutexattr_destroy(&a);
	return true;
}

bool jobs_run(const struct jobs *j)
{
	struct crew c = { .j = j };
	bool ok;

	if (j->jobs <= 1)
		return run_alone(j);
	if (!share(&c))
		return false;
	do
		ok = run_crew(&c);
	while (ok && !c.short_of_memory && pieces_left(&c));	/* all died before the end */
	munmap(c.shared, sizeof *c.shared);
	if (c.short_of_memory)
		errno = ENOMEM;
	return ok && !c.short_of_memory;
}
