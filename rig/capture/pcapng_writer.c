#include "capture/pcapng_writer.h"

#include "capture/limits.h"
#include "capture/memory.h"
#include "capture/pcapng.h"
#include "fd/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	COMMENTS_MAX = 8,	/* comments that wait for one packet */
	INTERFACES_FIRST = 8,
};

struct pcapng_writer {
	int fd;
	bool failed;
	uint64_t written;	/* octets the system has taken */
	uint64_t whole;		/* end of the last whole block handed to us */
	uint64_t safe;		/* end of the last whole block the system has */
	uint64_t section;	/* end of the section header */
	size_t n;		/* octets in buffer */
	uint32_t interfaces, interfaces_cap;
	bool *microseconds;	/* of each interface */
	size_t n_comments, comment_octets;
	uint16_t comments[COMMENTS_MAX];	/* lengths of the texts in comment */
	char path[256], why[320];
	char comment[PCAPNG_COMMENT_MAX];
	uint8_t buffer[PCAPNG_BUFFER];
};

static bool fail(struct pcapng_writer *w, const char *what)
{
	snprintf(w->why, sizeof w->why, "%s: %s", w->path, what);
	w->failed = true;
	w->n = 0;
	/* A pipe cannot be cut back; its reader sees the end in a block. */
	if (ftruncate(w->fd, (off_t)w->safe) == 0)
		w->written = w->safe;
	return false;
}

static bool send_all(struct pcapng_writer *w, struct iovec *parts, int n)
{
	if (!fd_write_parts(w->fd, parts, n, &w->written))
		return fail(w, strerror(errno));
	if (w->whole <= w->written)
		w->safe = w->whole;
	return true;
}

static bool drain(struct pcapng_writer *w)
{
	struct iovec all = { w->buffer, w->n };

	w->n = 0;
	return all.iov_len == 0 || send_all(w, &all, 1);
}

static bool put(struct pcapng_writer *w, const void *p, size_t n)
{
	const uint8_t *from = p;

	while (n > 0) {
		size_t some = sizeof w->buffer - w->n;

		if (some > n)
			some = n;
		memcpy(w->buffer + w->n, from, some);
		w->n += some;
		from += some;
		n -= some;
		if (n > 0 && !drain(w))
			return false;
	}
	return true;
}

/* Large runs go out beside the buffer. */
static bool put_part(struct pcapng_writer *w, const struct iovec *part)
{
	struct iovec both[2] = { { w->buffer, w->n }, *part };

	if (part->iov_len < PCAPNG_COPY_MAX)
		return put(w, part->iov_base, part->iov_len);
	w->n = 0;
	return send_all(w, both, 2);
}

static bool put_u32(struct pcapng_writer *w, uint32_t v)
{
	return put(w, &v, sizeof v);
}

static size_t padding(size_t n)
{
	return (4 - n % 4) % 4;
}

static bool pad(struct pcapng_writer *w, size_t n)
{
	static const uint8_t zeros[3];

	return put(w, zeros, padding(n));
}

static uint32_t option_size(size_t n)
{
	return n ? (uint32_t)(4 + n + padding(n)) : 0;
}

static bool put_option(struct pcapng_writer *w, uint16_t code, const void *value, size_t n)
{
	uint16_t head[2] = { code, (uint16_t)n };

	if (n == 0)
		return true;
	return put(w, head, sizeof head) && put(w, value, n) && pad(w, n);
}

/* What a text takes: cut to the limit, never within a UTF-8 sequence. */
static size_t text_size(const char *text, size_t max)
{
	size_t n = text ? strnlen(text, max + 1) : 0;

	if (n > max)
		for (n = max; n > 0 && ((uint8_t)text[n] & 0xc0) == 0x80; n--)
			;
	return n;
}

/* The length behind it closes a block. */
static bool end_block(struct pcapng_writer *w, uint32_t length)
{
	if (!put_u32(w, length))
		return false;
	w->whole = w->written + w->n;
	return true;
}

static bool write_section(struct pcapng_writer *w, const char *comment)
{
	static const char application[] = "x400rig";
	size_t n = text_size(comment, PCAPNG_COMMENT_MAX);
	uint32_t length = 28 + option_size(n) + option_size(sizeof application - 1) + 4;
	struct {
		uint32_t type, length, magic;
		uint16_t major, minor;
		uint32_t section_length[2];	/* all ones: not given */
	} head = { BLOCK_SECTION, length, PCAPNG_MAGIC, 1, 0, { UINT32_MAX, UINT32_MAX } };

	w->section = length;
	return put(w, &head, sizeof head) && put_option(w, OPTION_COMMENT, comment, n) &&
	       put_option(w, OPTION_SHB_USERAPPL, application, sizeof application - 1) &&
	       put_u32(w, OPTION_END) && end_block(w, length);
}

bool pcapng_section_comment(struct pcapng_writer *w, const char *comment)
{
	if (w->failed || w->written > 0 || w->whole != w->section)
		return true;
	w->n = 0;
	return write_section(w, comment);
}

struct pcapng_writer *pcapng_create(const char *path, const char *comment,
                                    char *why, size_t why_cap)
{
	struct pcapng_writer *w = capture_grow(NULL, sizeof *w);

	if (!w) {
		snprintf(why, why_cap, "%s: no memory", path);
		return NULL;
	}
	memset(w, 0, offsetof(struct pcapng_writer, comment));
	snprintf(w->path, sizeof w->path, "%s", path);
	w->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (w->fd < 0) {
		snprintf(why, why_cap, "%s: %s", path, strerror(errno));
		free(w);
		return NULL;
	}
	if (!write_section(w, comment)) {
		pcapng_close(w, why, why_cap);
		return NULL;
	}
	return w;
}

static bool note_interface(struct pcapng_writer *w, bool microseconds)
{
	uint32_t cap = w->interfaces_cap ? w->interfaces_cap * 2 : INTERFACES_FIRST;
	bool *grown;

	if (w->interfaces == w->interfaces_cap) {
		grown = capture_grow(w->microseconds, cap * sizeof *grown);
		if (!grown)
			return fail(w, "no memory for an interface");
		w->microseconds = grown;
		w->interfaces_cap = cap;
	}
	w->microseconds[w->interfaces++] = microseconds;
	return true;
}

bool pcapng_interface(struct pcapng_writer *w, const struct pcapng_interface *i,
                      uint32_t *number)
{
	uint8_t resolution = i->microseconds ? PCAPNG_RESOLUTION_US : PCAPNG_RESOLUTION_NS;
	size_t name = text_size(i->name, CAPTURE_NAME_MAX - 1);
	size_t description = text_size(i->description, CAPTURE_NAME_MAX - 1);
	size_t comment = text_size(i->comment, CAPTURE_COMMENT_MAX - 1);
	uint32_t length = 16 + option_size(name) + option_size(description) +
	                  option_size(comment) + option_size(1) + 4 + 4;
	struct {
		uint32_t type, length;
		uint16_t link, reserved;
		uint32_t snap;
	} head = { BLOCK_INTERFACE, length, (uint16_t)i->link, 0, 0 };

	*number = w->interfaces;
	if (w->failed)
		return true;
	return note_interface(w, i->microseconds) && put(w, &head, sizeof head) &&
	       put_option(w, OPTION_IF_NAME, i->name, name) &&
	       put_option(w, OPTION_IF_DESCRIPTION, i->description, description) &&
	       put_option(w, OPTION_COMMENT, i->comment, comment) &&
	       put_option(w, OPTION_IF_TSRESOL, &resolution, 1) &&
	       put_u32(w, OPTION_END) && end_block(w, length);
}

/* A record of the address, the name and a NUL, and the record that ends them. */
bool pcapng_name(struct pcapng_writer *w, struct octets address, const char *name)
{
	size_t n = text_size(name, CAPTURE_NAME_MAX - 1), value = address.n + n + 1;
	uint16_t type = address.n == 4 ? PCAPNG_NAME_IPV4 : PCAPNG_NAME_IPV6;
	uint32_t length = (uint32_t)(8 + 4 + value + padding(value) + 4 + 4);
	uint32_t head[2] = { BLOCK_NAMES, length };
	uint16_t record[2] = { type, (uint16_t)value };

	if (w->failed)
		return true;
	return put(w, head, sizeof head) && put(w, record, sizeof record) &&
	       put(w, address.p, address.n) && put(w, name, n) && put(w, "", 1) &&
	       pad(w, value) && put_u32(w, PCAPNG_NAME_END) && end_block(w, length);
}

bool pcapng_secrets(struct pcapng_writer *w, struct octets lines)
{
	uint32_t length = (uint32_t)(16 + lines.n + padding(lines.n) + 4);
	uint32_t head[4] = { BLOCK_SECRETS, length, PCAPNG_TLS_KEY_LOG, (uint32_t)lines.n };

	if (w->failed)
		return true;
	if (lines.n > CAPTURE_BLOCK_MAX - 24)
		return fail(w, "more secrets than a block holds");
	return put(w, head, sizeof head) && put(w, lines.p, lines.n) && pad(w, lines.n) &&
	       end_block(w, length);
}

void pcapng_comment(struct pcapng_writer *w, const char *text)
{
	size_t n = text_size(text, PCAPNG_COMMENT_MAX - w->comment_octets);

	if (n == 0 || w->n_comments == COMMENTS_MAX)
		return;
	memcpy(w->comment + w->comment_octets, text, n);
	w->comments[w->n_comments++] = (uint16_t)n;
	w->comment_octets += n;
}

/* Octets of the options with the waiting comments, end included; 0: none. */
static uint32_t comments_size(const struct pcapng_writer *w)
{
	uint32_t size = 0;

	for (size_t i = 0; i < w->n_comments; i++)
		size += option_size(w->comments[i]);
	return size ? size + 4 : 0;
}

static bool put_comments(struct pcapng_writer *w)
{
	const char *text = w->comment;
	size_t n = w->n_comments;

	w->n_comments = w->comment_octets = 0;
	for (size_t i = 0; i < n; i++) {
		if (!put_option(w, OPTION_COMMENT, text, w->comments[i]))
			return false;
		text += w->comments[i];
	}
	return n == 0 || put_u32(w, OPTION_END);
}

static uint64_t units(const struct pcapng_writer *w, uint32_t interface, int64_t time_ns)
{
	uint64_t ns = time_ns < 0 ? 0 : (uint64_t)time_ns;

	return w->microseconds[interface] ? ns / 1000 : ns;
}

bool pcapng_packet(struct pcapng_writer *w, uint32_t interface, int64_t time_ns,
                   const struct iovec *parts, int n, uint32_t original)
{
	size_t captured = 0;
	uint32_t length;
	uint64_t when;

	if (w->failed)
		return true;
	for (int i = 0; i < n; i++)
		captured += parts[i].iov_len;
	if (interface >= w->interfaces || captured > CAPTURE_BLOCK_MAX / 2)
		return fail(w, "packet too long, or of an unknown interface");
	length = (uint32_t)(28 + captured + padding(captured) + comments_size(w) + 4);
	when = units(w, interface, time_ns);
	{
		uint32_t head[7] = {
			BLOCK_ENHANCED, length, interface,
			(uint32_t)(when >> 32), (uint32_t)when,
			(uint32_t)captured, original ? original : (uint32_t)captured,
		};

		if (!put(w, head, sizeof head))
			return false;
	}
	for (int i = 0; i < n; i++)
		if (!put_part(w, &parts[i]))
			return false;
	return pad(w, captured) && put_comments(w) && end_block(w, length);
}

/* Comments for a packet that never came: an interface statistics block is
 * the one block that can hold them without a packet. */
static bool write_last_comments(struct pcapng_writer *w)
{
	uint32_t length = 20 + comments_size(w) + 4;
	uint32_t head[5] = { BLOCK_STATISTICS, length, 0, 0, 0 };

	if (w->failed || w->n_comments == 0 || w->interfaces == 0)
		return true;
	return put(w, head, sizeof head) && put_comments(w) && end_block(w, length);
}

bool pcapng_close(struct pcapng_writer *w, char *why, size_t why_cap)
{
	bool ok;

	if (!w)
		return true;
	if (write_last_comments(w) && !w->failed)
		drain(w);
	if (close(w->fd) != 0 && !w->failed)
		fail(w, strerror(errno));
	ok = !w->failed;
	if (!ok)
		snprintf(why, why_cap, "%s", w->why);
	free(w->microseconds);
	free(w);
	return ok;
}
