/*
 * writer: a thread that waits for the disk while the loop goes on (private to mta/).
 *
 *     loop    writer_start(job) ... other work ... over(ctx)      from net_step()
 *     thread                    job(arg)
 *
 * One job at a time.  What a job touches is the thread's from writer_start() until
 * writer_wait() returns or `over` was called.
 */
#ifndef MTA_WRITER_H
#define MTA_WRITER_H

#include "net/net.h"

struct writer;

/* NULL: there is no thread to be had, or the net's time is virtual. */
struct writer *writer_new(struct net *net, void (*over)(void *ctx), void *ctx);
/* Waits for the job.  `over` is not called any more.  NULL is allowed. */
void writer_free(struct writer *w);

/* None is under way. */
void writer_start(struct writer *w, void (*job)(void *arg), void *arg);
/* Until the job that was started is done; it need not be called. */
void writer_wait(struct writer *w);

#endif
