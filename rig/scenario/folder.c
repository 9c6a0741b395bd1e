#include "scenario/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool make_one(const char *path)
{
	struct stat st;

	if (mkdir(path, 0777) == 0)
		return true;
	if (errno != EEXIST || stat(path, &st) != 0)
		return false;
	if (S_ISDIR(st.st_mode))
		return true;
	errno = ENOTDIR;
	return false;
}

/* All folders above the last name, and that too if `last`. */
static bool make_all(const char *path, bool last)
{
	char copy[FOLDER_PATH];
	size_t n = strlen(path);

	if (n == 0 || n >= sizeof copy) {
		errno = n ? ENAMETOOLONG : ENOENT;
		return false;
	}
	memcpy(copy, path, n + 1);
	for (char *p = copy + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (!make_one(copy))
			return false;
		*p = '/';
	}
	return !last || make_one(copy);
}

/* Mostly all but the last is there. */
bool folder_make(const char *path)
{
	return mkdir(path, 0777) == 0 || make_all(path, true);
}

bool folder_make_above(const char *path)
{
	char above[FOLDER_PATH];
	const char *slash = strrchr(path, '/');

	/* Mostly it is there; a file in its place is told of by whoever opens the path. */
	if (slash && slash > path && (size_t)(slash - path) < sizeof above) {
		snprintf(above, sizeof above, "%.*s", (int)(slash - path), path);
		if (mkdir(above, 0777) == 0 || errno == EEXIST)
			return true;
	}
	return make_all(path, false);
}

int folder_create(const char *path)
{
	const int how = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
	int fd = open(path, how, 0666);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	return folder_make_above(path) ? open(path, how, 0666) : -1;
}

FILE *folder_create_file(const char *path)
{
	int fd = folder_create(path);
	FILE *fp = fd >= 0 ? fdopen(fd, "w") : NULL;

	if (fd >= 0 && !fp)
		close(fd);
	return fp;
}

FILE *folder_scratch(void)
{
	FILE *fp = tmpfile();

	if (fp)
		fcntl(fileno(fp), F_SETFD, FD_CLOEXEC);
	return fp;
}

bool folder_join(char out[static FOLDER_PATH], const char *folder, const char *name,
                 const char *suffix)
{
	const size_t n = strlen(folder), m = strlen(name), k = strlen(suffix);

	if (n >= FOLDER_PATH || m >= FOLDER_PATH || n + 1 + m + k >= FOLDER_PATH) {
		errno = ENAMETOOLONG;
		return false;
	}
	memcpy(out, folder, n);
	out[n] = '/';
	memcpy(out + n + 1, name, m);
	memcpy(out + n + 1 + m, suffix, k + 1);
	return true;
}

bool folder_write(const char *path, const char *text, size_t n)
{
	FILE *fp = folder_create_file(path);
	bool ok;

	if (!fp)
		return false;
	ok = fwrite(text, 1, n, fp) == n;
	return fclose(fp) == 0 && ok;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

bool folder_remove(const char *path)
{
	enum { OPEN_AT_ONCE = 16 };

	return nftw(path, remove_one, OPEN_AT_ONCE, FTW_DEPTH | FTW_PHYS) == 0;
}
