/*
 * fd: all octets to or from a file descriptor, in as many calls as it takes.
 *
 * A signal that comes meanwhile is no reason to stop.
 */
#ifndef FD_FD_H
#define FD_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

/* false: errno, or the file ended before (errno 0). */
bool fd_read_all(int fd, void *p, size_t n);

/* false: errno. */
bool fd_write_all(int fd, const void *p, size_t n);

/* The same of several runs; `parts` is used up, *written grows by what went out, also if not
 * all did. */
bool fd_write_parts(int fd, struct iovec *parts, int n, uint64_t *written);

#endif
