#include "logs/logs_follow.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool open_it(struct log_follow *f)
{
	struct stat st;

	f->fd = open(f->path, O_RDONLY | O_CLOEXEC);
	if (f->fd < 0)
		return false;
	f->at = 0;
	f->first_n = 0;
	if (fstat(f->fd, &st) == 0) {
		f->device = st.st_dev;
		f->inode = st.st_ino;
	}
	return true;
}

bool log_follow_open(struct log_follow *f, const char *path, bool from_end)
{
	off_t end;

	*f = (struct log_follow){ .fd = -1 };
	if (strlen(path) >= sizeof f->path)
		return false;
	strcpy(f->path, path);
	if (open_it(f) && from_end) {
		end = lseek(f->fd, 0, SEEK_END);
		f->at = end > 0 ? (uint64_t)end : 0;
	}
	return true;
}

void log_follow_close(struct log_follow *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

static ssize_t read_on(struct log_follow *f, char *buf, size_t cap)
{
	ssize_t n;

	do
		n = pread(f->fd, buf, cap, (off_t)f->at);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		f->at += (uint64_t)n;
	return n;
}

/* Is the path another file now? */
static bool rotated(const struct log_follow *f)
{
	struct stat st;

	return stat(f->path, &st) == 0 && (st.st_dev != f->device || st.st_ino != f->inode);
}

/* Cut short, and perhaps as long as before by now: then it begins otherwise. */
static bool truncated(struct log_follow *f)
{
	char now[FOLLOW_FIRST];
	struct stat st;
	ssize_t n;

	if (fstat(f->fd, &st) == 0 && (uint64_t)st.st_size < f->at)
		return true;
	n = pread(f->fd, now, sizeof now, 0);
	if (n < 0)
		return false;
	if ((size_t)n < f->first_n || memcmp(now, f->first, f->first_n) != 0)
		return true;
	memcpy(f->first, now, (size_t)n);
	f->first_n = (size_t)n;
	return false;
}

ssize_t log_follow_read(struct log_follow *f, char *buf, size_t cap, bool *begun)
{
	ssize_t n;

	*begun = false;
	if (f->fd < 0) {
		if (!open_it(f))
			return errno == ENOENT ? 0 : -1;
		*begun = true;
		return read_on(f, buf, cap);
	}
	if (truncated(f)) {
		f->truncations++;
		f->at = 0;
		f->first_n = 0;
		*begun = true;
	}
	n = read_on(f, buf, cap);
	if (n != 0 || !rotated(f))
		return n;
	/* Read once more: what was written between the read and the look. */
	n = read_on(f, buf, cap);
	if (n != 0)
		return n;
	log_follow_close(f);
	f->rotations++;
	if (!open_it(f))
		return errno == ENOENT ? 0 : -1;
	*begun = true;
	return read_on(f, buf, cap);
}
