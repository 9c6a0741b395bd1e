/*
 * runqueue: for how long a process was ready to run and did not (private to fuzz/).
 *
 *     /proc/PID/schedstat:  "ran waited times", the first two in ns (proc(5); of its first thread)
 *
 * A process that gets its turn now and then shows no long pause, and is too slow all the same.
 */
#ifndef FUZZ_RUNQUEUE_H
#define FUZZ_RUNQUEUE_H

#include <stdint.h>
#include <sys/types.h>

struct runqueue {
	int fd;				/* -1: none, or the kernel does not tell */
	int64_t waited_us;		/* when asked last */
};

/* Of process `pid`. */
void runqueue_open(struct runqueue *q, pid_t pid);
void runqueue_close(struct runqueue *q);
/* For so long since it was asked last, or opened; 0 where nobody tells. */
int64_t runqueue_waited_us(struct runqueue *q);

#endif
