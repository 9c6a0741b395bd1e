/*
 * What is new in a log, whether it is followed or read as a whole.
 */
#include "scenario/log_source.h"

#include "logs/logs_windows.h"
#include "scenario/hand.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 16384 };

/* ---- when it begins ---- */

static enum log_layout kind_of(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum log_layout kind = fd < 0 ? LOG_TEXT_OTHER : log_windows_kind(fd);

	if (fd >= 0)
		close(fd);
	return kind;
}

/* Runs the command; what it printed, or NULL.  `path` names the same for others. */
static FILE *print(const struct log_source *s, char path[static 32])
{
	FILE *out = folder_scratch();

	if (out && hand_run(s->hand, s->program, fileno(out)) == 0) {
		snprintf(path, 32, "/proc/self/fd/%d", fileno(out));
		return out;
	}
	if (out)
		fclose(out);
	return NULL;
}

static uint64_t held(const char *path)
{
	enum log_layout kind = kind_of(path);
	struct stat st;

	if (kind != LOG_TEXT_OTHER)
		return log_windows_newest(path, kind);
	return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static void begin_file(struct log_source *s, const char *folder, bool fresh)
{
	if (folder) {
		s->failed = !folder_join(s->path, folder, s->what->file, "");
		s->following = !s->failed && log_follow_open(&s->follow, s->path, !fresh);
		return;
	}
	snprintf(s->path, sizeof s->path, "%s", s->what->file);
	if (kind_of(s->path) != LOG_TEXT_OTHER)
		s->before = held(s->path);
	else
		s->following = log_follow_open(&s->follow, s->path, true);
}

void log_source_begin(struct log_source *s, const struct target *t, const struct target_log *what,
                      const char *folder, bool fresh, const struct log_source_user *user,
                      void *ctx, const struct hand *hand)
{
	char path[32];
	FILE *out;

	*s = (struct log_source){ .what = what, .options = target_log_options(t), .user = user,
	                          .ctx = ctx, .hand = hand, .follow.fd = -1,
	                          .program = what == &t->calls ? PROGRAM_CALLS
	                                                       : PROGRAM_EVENTS };
	if (what->kind == LOG_SOURCE_FILE) {
		begin_file(s, folder, fresh);
	} else if (what->kind == LOG_SOURCE_COMMAND && !folder) {
		out = print(s, path);
		s->before = out ? held(path) : 0;
		if (out)
			fclose(out);
	}
}

void log_source_end(struct log_source *s)
{
	log_follow_close(&s->follow);
}

/* ---- octets of a text ---- */

static bool tell(struct log_source *s, const char *p, size_t n)
{
	s->octets += n;
	s->last = n ? p[n - 1] : s->last;
	return s->user->octets(s->ctx, p, n);
}

void log_source_look(struct log_source *s)
{
	char piece[PIECE];
	bool begun, more = true;
	ssize_t n = 0;

	while (s->following && more &&
	       (n = log_follow_read(&s->follow, piece, sizeof piece, &begun)) > 0) {
		if (begun && s->octets && s->last != '\n')
			more = tell(s, "\n", 1);
		if (begun)
			s->user->begun(s->ctx);
		more = more && tell(s, piece, (size_t)n);
	}
	s->failed |= n < 0;
}

static bool text(struct log_source *s, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char piece[PIECE];
	struct stat st;
	ssize_t n = -1;

	if (fd < 0 || fstat(fd, &st) != 0)
		goto out;
	/* A log that is shorter than before was begun again. */
	if ((uint64_t)st.st_size >= s->before)
		lseek(fd, (off_t)s->before, SEEK_SET);
	s->before = (uint64_t)st.st_size;
	while ((n = read(fd, piece, sizeof piece)) > 0 && tell(s, piece, (size_t)n))
		;
out:
	if (fd >= 0)
		close(fd);
	return n >= 0;
}

/* ---- records of an event log ---- */

static void record(void *ctx, const struct log_record *r)
{
	struct log_source *s = ctx;

	if (r->line > s->before)
		s->user->record(s->ctx, r);
}

static bool windows(struct log_source *s, const char *path, enum log_layout kind)
{
	uint64_t newest = log_windows_newest(path, kind);
	char why[256];
	bool ok;

	/* A log that was cleared counts from 1 again. */
	if (newest < s->before)
		s->before = 0;
	ok = (newest && newest == s->before) ||
	     log_windows_read(path, kind, &s->options, NULL, record, s, NULL, why, sizeof why);
	s->before = newest;
	return ok;
}

static bool whole(struct log_source *s, const char *path)
{
	enum log_layout kind = kind_of(path);

	return kind == LOG_TEXT_OTHER ? text(s, path) : windows(s, path, kind);
}

bool log_source_whole(struct log_source *s)
{
	char path[32];
	FILE *out;
	bool ok;

	if (s->following || s->what->kind == LOG_SOURCE_NONE)
		return true;
	if (s->what->kind == LOG_SOURCE_FILE)
		return whole(s, s->path);
	out = print(s, path);
	ok = out && whole(s, path);
	if (out)
		fclose(out);
	return ok;
}
