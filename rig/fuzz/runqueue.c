#include "fuzz/runqueue.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

void runqueue_open(struct runqueue *q, pid_t pid)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%ld/schedstat", (long)pid);
	*q = (struct runqueue){ .fd = open(path, O_RDONLY | O_CLOEXEC) };
	runqueue_waited_us(q);
}

void runqueue_close(struct runqueue *q)
{
	if (q->fd >= 0)
		close(q->fd);
	q->fd = -1;
}

int64_t runqueue_waited_us(struct runqueue *q)
{
	char text[64];
	ssize_t n = q->fd >= 0 ? pread(q->fd, text, sizeof text - 1, 0) : 0;
	int64_t before = q->waited_us;
	long long ns;

	text[n > 0 ? n : 0] = '\0';
	if (sscanf(text, "%*d %18lld", &ns) == 1)
		q->waited_us = ns / 1000;
	return q->waited_us - before;
}
