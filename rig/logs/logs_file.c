/*
 * Files: what kind one is, and the way to its reader.
 */
#include "logs/logs_windows.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PIECE = 256 << 10 };

/* Stamps without a year are of the year in which the file was last written. */
static int year_of(int fd)
{
	struct stat st;
	struct tm tm;

	if (fstat(fd, &st) != 0 || !gmtime_r(&st.st_mtime, &tm))
		return 0;
	return tm.tm_year + 1900;
}

static bool read_text(int fd, const struct log_options *o, const struct log_filter *f,
                      log_record_fn *fn, void *ctx, struct log_notes *notes)
{
	struct log_options options = o ? *o : (struct log_options){ 0 };
	struct log_reader *r;
	char *piece = malloc(PIECE);
	ssize_t n = 0;

	if (!options.year)
		options.year = year_of(fd);
	r = piece ? log_reader_open(&options, f, fn, ctx) : NULL;
	if (!r) {
		free(piece);
		errno = ENOMEM;
		return false;
	}
	/* Who is interrupted while nothing comes was asked to end. */
	while ((n = read(fd, piece, PIECE)) > 0)
		log_reader_feed(r, piece, (size_t)n);
	log_reader_flush(r);
	if (notes)
		*notes = *log_reader_notes(r);
	log_reader_free(r);
	free(piece);
	return n == 0;
}

bool log_read(const char *path, const struct log_options *o, const struct log_filter *f,
              log_record_fn *fn, void *ctx, struct log_notes *notes, char *why, size_t why_cap)
{
	bool standard = strcmp(path, "-") == 0, ok;
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	enum log_layout windows;
	int saved;

	if (fd < 0) {
		snprintf(why, why_cap, "%s: %s", path, strerror(errno));
		return false;
	}
	windows = standard ? LOG_TEXT_OTHER : log_windows_kind(fd);
	if (windows != LOG_TEXT_OTHER) {
		close(fd);
		return log_windows_read(path, windows, o, f, fn, ctx, notes, why, why_cap);
	}
	ok = read_text(fd, o, f, fn, ctx, notes);
	saved = errno;
	if (!standard)
		close(fd);
	if (!ok)
		snprintf(why, why_cap, "%s: %s", path, strerror(saved));
	return ok;
}

static void on_begin(void *ctx, const struct log_record *rec)
{
	int64_t *at_us = ctx;

	if (*at_us == LOG_NO_TIME)
		*at_us = rec->at_us;
}

/* One piece is enough: where a text has times, most records have one. */
static int64_t text_begins(int fd, const struct log_options *o)
{
	struct log_options options = o ? *o : (struct log_options){ 0 };
	int64_t at_us = LOG_NO_TIME;
	char *piece = malloc(PIECE);
	struct log_reader *r;
	ssize_t n;

	if (!options.year)
		options.year = year_of(fd);
	r = piece ? log_reader_open(&options, NULL, on_begin, &at_us) : NULL;
	n = r ? pread(fd, piece, PIECE, 0) : 0;
	if (n > 0)
		log_reader_feed(r, piece, (size_t)n);
	if (r)
		log_reader_flush(r);
	log_reader_free(r);
	free(piece);
	return at_us;
}

int64_t log_begins(const char *path, const struct log_options *o)
{
	int fd = strcmp(path, "-") == 0 ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	enum log_layout windows = fd < 0 ? LOG_TEXT_OTHER : log_windows_kind(fd);
	int64_t at_us = LOG_NO_TIME;
	struct stat st;

	/* A pipe is read once. */
	if (windows != LOG_TEXT_OTHER)
		at_us = log_windows_begins(path, windows);
	else if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		at_us = text_begins(fd, o);
	if (fd >= 0)
		close(fd);
	return at_us;
}
