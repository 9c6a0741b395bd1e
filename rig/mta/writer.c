#include "mta/writer.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct writer {
	pthread_t thread;
	pthread_mutex_t lock;		/* of `job` and `stops` */
	pthread_cond_t changed;
	void (*job)(void *arg);		/* NULL: none */
	void *arg;
	bool stops;
	int done;			/* eventfd: a job is done */
	struct net_watch *watch;
	void (*over)(void *ctx);
	void *ctx;
};

static void *work(void *ctx)
{
	struct writer *w = ctx;
	const uint64_t one = 1;

	pthread_mutex_lock(&w->lock);
	while (!w->stops) {
		if (!w->job) {
			pthread_cond_wait(&w->changed, &w->lock);
			continue;
		}
		pthread_mutex_unlock(&w->lock);
		w->job(w->arg);
		pthread_mutex_lock(&w->lock);
		w->job = NULL;
		pthread_cond_broadcast(&w->changed);
		while (write(w->done, &one, sizeof one) != sizeof one)
			;		/* it can only be interrupted */
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

static void on_done(int fd, void *ctx)
{
	struct writer *w = ctx;
	uint64_t n;

	if (read(fd, &n, sizeof n) == sizeof n)
		w->over(w->ctx);
}

/* Signals are the loop's. */
static bool begin(struct writer *w)
{
	sigset_t all, before;
	bool ok;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ok = pthread_create(&w->thread, NULL, work, w) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return ok;
}

struct writer *writer_new(struct net *net, void (*over)(void *ctx), void *ctx)
{
	struct writer *w = net_is_virtual(net) ? NULL : calloc(1, sizeof *w);

	if (!w)
		return NULL;
	w->over = over;
	w->ctx = ctx;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->changed, NULL);
	w->done = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (w->done == -1)
		goto no_event;
	w->watch = net_watch(net, w->done, on_done, w);
	if (!w->watch)
		goto no_watch;
	if (begin(w))
		return w;
	net_watch_end(w->watch);
no_watch:
	close(w->done);
no_event:
	free(w);
	return NULL;
}

void writer_free(struct writer *w)
{
	if (!w)
		return;
	writer_wait(w);
	pthread_mutex_lock(&w->lock);
	w->stops = true;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	net_watch_end(w->watch);
	close(w->done);
	free(w);
}

void writer_start(struct writer *w, void (*job)(void *arg), void *arg)
{
	pthread_mutex_lock(&w->lock);
	w->job = job;
	w->arg = arg;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

void writer_wait(struct writer *w)
{
	pthread_mutex_lock(&w->lock);
	while (w->job)
		pthread_cond_wait(&w->changed, &w->lock);
	pthread_mutex_unlock(&w->lock);
}
