#include "capture/source.h"

#include "capture/limits.h"
#include "capture/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define CHUNK ((size_t)256 << 10)	/* read at once; of a smaller file no more than it has */
#define CHUNK_MIN ((size_t)4 << 10)
#define PIECE ((size_t)512 << 10)	/* of a mapped file; a multiple of all sizes of pages */
#define ROOM ((size_t)2 * CAPTURE_BLOCK_MAX)
#define GZIP_WINDOW (16 + MAX_WBITS)	/* zlib: a gzip wrapper is expected */

/* `raw` holds octets of the file before unpacking, `buffer` those to be
 * handed out; without gzip `raw` is not used.  `buffer` of a mapped file is all
 * of it, and `end` how far it has been called into memory. */
struct source {
	int fd;
	bool packed, ended, member;
	uint64_t position;
	uint8_t *buffer;
	size_t mapped;			/* 0: it is not */
	size_t passed;			/* so much was given back to the system */
	size_t begin, end, cap, chunk;
	uint8_t *raw;
	z_stream z;
	char why[80];
};

static void end_with(struct source *s, const char *why)
{
	s->ended = true;
	if (!s->why[0])
		snprintf(s->why, sizeof s->why, "%s", why);
}

/* Who is interrupted while nothing comes was asked to end. */
static size_t read_fd(struct source *s, uint8_t *dst, size_t n)
{
	ssize_t got = read(s->fd, dst, n);

	if (got < 0)
		end_with(s, strerror(errno));
	return got < 0 ? 0 : (size_t)got;
}

static bool refill_raw(struct source *s)
{
	if (s->z.avail_in == 0) {
		s->z.next_in = s->raw;
		s->z.avail_in = (uInt)read_fd(s, s->raw, s->chunk);
	}
	return s->z.avail_in > 0;
}

/* Behind a member another one may follow (RFC 1952 2.2); what is none is
 * padding, as gzip(1) takes it. */
static bool next_member(struct source *s)
{
	if (!refill_raw(s) || *s->z.next_in != 0x1f) {
		s->ended = true;
		return false;
	}
	s->member = true;
	return inflateReset(&s->z) == Z_OK;
}

static size_t unpack(struct source *s, uint8_t *dst, size_t n)
{
	s->z.next_out = dst;
	s->z.avail_out = (uInt)n;
	while (s->z.avail_out == n && !s->ended) {
		if (!s->member && !next_member(s))
			break;
		if (!refill_raw(s)) {
			end_with(s, "the gzip stream is cut short");
			break;
		}
		switch (inflate(&s->z, Z_NO_FLUSH)) {
		case Z_STREAM_END:
			s->member = false;
			break;
		case Z_OK:
		case Z_BUF_ERROR:
			break;
		default:
			end_with(s, "the gzip stream is damaged");
		}
	}
	return n - s->z.avail_out;
}

/* Calls the next piece into memory, and lets what has been passed go: who needs it still
 * gets it again from the file.  A file that has become shorter has no pages there. */
static bool call_in(struct source *s)
{
	size_t n = s->mapped - s->end < PIECE ? s->mapped - s->end : PIECE;
	size_t gone = s->begin / PIECE * PIECE;
	struct stat st;

	if (n == 0 || s->ended)
		return false;
	if (fstat(s->fd, &st) < 0 || (uint64_t)st.st_size < s->end + n) {
		end_with(s, "it has become shorter while it was read");
		return false;
	}
	madvise(s->buffer + s->end, n, MADV_POPULATE_READ);
	s->end += n;
	if (gone > s->passed) {
		madvise(s->buffer + s->passed, gone - s->passed, MADV_DONTNEED);
		s->passed = gone;
	}
	return true;
}

/* Up to n octets, at least one unless the file has ended. */
static size_t pull(struct source *s, uint8_t *dst, size_t n)
{
	size_t got;

	if (s->ended)
		return 0;
	got = s->packed ? unpack(s, dst, n) : read_fd(s, dst, n);
	if (got == 0)
		s->ended = true;
	return got;
}

/* Room for `want` octets from `begin` on.  No more are moved than have been passed since the
 * last time, however little of them is passed each time: what is wanted is half of all. */
static bool make_room(struct source *s, size_t want)
{
	uint8_t *grown;

	if (want > s->cap / 2 && s->cap < ROOM) {
		grown = capture_grow(s->buffer, ROOM);
		if (!grown) {
			end_with(s, "no memory for a larger block");
			return false;
		}
		s->buffer = grown;
		s->cap = ROOM;
	}
	if (s->begin + want > s->cap) {
		memmove(s->buffer, s->buffer + s->begin, s->end - s->begin);
		s->end -= s->begin;
		s->begin = 0;
	}
	return true;
}

struct octets source_peek(struct source *s, size_t want)
{
	while (s->mapped && s->end - s->begin < want && call_in(s))
		;
	if (!s->mapped && s->end - s->begin < want && make_room(s, want))
		while (s->end - s->begin < want) {
			size_t got = pull(s, s->buffer + s->end, s->cap - s->end);

			if (!got)
				break;
			s->end += got;
		}
	return (struct octets){ s->buffer + s->begin, s->end - s->begin };
}

uint64_t source_skip(struct source *s, uint64_t n)
{
	uint64_t left = n;

	while (left > 0) {
		size_t have = source_peek(s, 1).n;

		if (have == 0)
			break;
		if (have > left)
			have = (size_t)left;
		s->begin += have;
		left -= have;
	}
	s->position += n - left;
	return n - left;
}

bool source_look(struct source *s, uint64_t ahead, uint8_t *dst, size_t n)
{
	struct octets in;

	if (ahead + n > CAPTURE_BLOCK_MAX)
		return pread(s->fd, dst, n, (off_t)(s->position + ahead)) == (ssize_t)n;
	in = source_peek(s, (size_t)ahead + n);
	if (in.n < ahead + n)
		return false;
	memcpy(dst, in.p + ahead, n);
	return true;
}

/* RFC 1952 2.3.1: the two octets every gzip member begins with. */
static bool is_packed(struct octets head)
{
	return head.n >= 2 && memcmp(head.p, "\x1f\x8b", 2) == 0;
}

static bool start_unpacking(struct source *s)
{
	struct octets head = source_peek(s, 2);

	if (!is_packed(head))
		return true;
	s->raw = capture_take(s->chunk);
	if (!s->raw || inflateInit2(&s->z, GZIP_WINDOW) != Z_OK)
		return false;
	s->packed = true;
	s->member = true;
	memcpy(s->raw, head.p, head.n);
	s->z.next_in = s->raw;
	s->z.avail_in = (uInt)head.n;
	s->begin = s->end = 0;
	return true;
}

/* false: it is no file that can be, or is packed. */
static bool map(struct source *s)
{
	struct stat st;
	void *p;

	if (fstat(s->fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size == 0 ||
	    (uint64_t)st.st_size > SIZE_MAX)
		return false;
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, s->fd, 0);
	if (p == MAP_FAILED)
		return false;
	s->buffer = p;
	s->mapped = (size_t)st.st_size;
	if (!is_packed(source_peek(s, 2)))
		return true;
	munmap(p, s->mapped);
	s->buffer = NULL;
	s->mapped = s->end = 0;
	return false;
}

static size_t chunk_of(int fd)
{
	const size_t most = CAPTURE_BLOCK_MAX < CHUNK ? CAPTURE_BLOCK_MAX : CHUNK;
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || (uint64_t)st.st_size >= most)
		return most;
	return (size_t)st.st_size < CHUNK_MIN ? CHUNK_MIN : (size_t)st.st_size;
}

struct source *source_open(const char *path, char *why, size_t why_cap)
{
	struct source *s = capture_take(sizeof *s);

	if (!s) {
		snprintf(why, why_cap, "%s: no memory", path);
		return NULL;
	}
	s->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (s->fd < 0) {
		snprintf(why, why_cap, "%s: %s", path, strerror(errno));
		free(s);
		return NULL;
	}
	s->cap = s->chunk = chunk_of(s->fd);
	if (map(s))
		return s;
	s->buffer = capture_take(s->cap);
	if (!s->buffer || !start_unpacking(s)) {
		snprintf(why, why_cap, "%s: no memory", path);
		source_close(s);
		return NULL;
	}
	return s;
}

void source_close(struct source *s)
{
	if (!s)
		return;
	if (s->packed)
		inflateEnd(&s->z);
	close(s->fd);
	free(s->raw);
	if (s->mapped)
		munmap(s->buffer, s->mapped);
	else
		free(s->buffer);
	free(s);
}

bool source_stays(const struct source *s)
{
	return s->mapped > 0;
}

uint64_t source_position(const struct source *s)
{
	return s->position;
}

const char *source_why(const struct source *s)
{
	return s->why;
}
