#include "fd/fd.h"

#include <errno.h>
#include <unistd.h>

bool fd_read_all(int fd, void *p, size_t n)
{
	char *at = p;

	while (n > 0) {
		ssize_t got = read(fd, at, n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got == 0)
			errno = 0;
		if (got <= 0)
			return false;
		at += got;
		n -= (size_t)got;
	}
	return true;
}

bool fd_write_parts(int fd, struct iovec *parts, int n, uint64_t *written)
{
	while (n > 0) {
		ssize_t sent = writev(fd, parts, n);
		size_t left;

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return false;
		*written += (uint64_t)sent;
		left = (size_t)sent;
		while (n > 0 && left >= parts->iov_len) {
			left -= parts->iov_len;
			parts++;
			n--;
		}
		if (n > 0) {
			parts->iov_base = (char *)parts->iov_base + left;
			parts->iov_len -= left;
		}
	}
	return true;
}

bool fd_write_all(int fd, const void *p, size_t n)
{
	struct iovec all = { (void *)(uintptr_t)p, n };
	uint64_t ignored = 0;

	return fd_write_parts(fd, &all, 1, &ignored);
}
