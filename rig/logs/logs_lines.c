/*
 * Octets to lines: what encoding a text has, and where it changes.
 *
 *     "...\r\n" of one octet a character | UTF-16 that another program has added | ...
 *
 * A line is taken as it lies in what is fed; only one that is cut there, or that is
 * UTF-16, is gathered.
 */
#include "logs/logs_inner.h"

#include <string.h>

enum { WIDE_MIN = 7, NARROW_MIN = 16, UNLIKELY_MIN = 3 };

static void gather(struct log_reader *r, const char *p, size_t n)
{
	size_t room = sizeof r->line - 1 - r->n;

	if (n > room) {
		if (!r->cut)
			log_trouble(r, LOG_LONG_LINE, r->line_at);
		r->cut = true;
		n = room;
	}
	memcpy(r->line + r->n, p, n);
	r->n += n;
}

static void end_line(struct log_reader *r)
{
	size_t n = r->n;

	r->n = 0;
	r->cut = false;
	r->widened = false;
	log_line(r, r->line, n);
}

static void change(struct log_reader *r, enum log_encoding to, uint64_t at)
{
	log_trouble(r, LOG_MIXED, at);
	r->encoding = to;
	r->widened |= to != ENCODING_OCTETS;
	r->half = false;
	r->high = 0;
}

/* ---- UTF-16 ---- */

static size_t to_utf8(uint32_t c, char out[static 4])
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

static void unit16(struct log_reader *r, uint8_t first, uint8_t second, uint64_t at)
{
	uint32_t u = r->encoding == ENCODING_UTF16LE ? first | (uint32_t)second << 8
	                                             : (uint32_t)first << 8 | second;
	char out[4];
	uint32_t c = u;

	if (u >= 0xd800 && u < 0xdc00) {
		r->high = (uint16_t)u;
		return;
	}
	if (u >= 0xdc00 && u < 0xe000) {
		if (!r->high)
			log_trouble(r, LOG_ODD_CHARACTER, at);
		c = r->high ? 0x10000 + ((uint32_t)(r->high - 0xd800) << 10) + (u - 0xdc00u) : '?';
	}
	r->high = 0;
	if (r->n == 0)
		r->line_at = at;
	if (c == 0)
		log_trouble(r, LOG_NUL, at);
	if (c == '\n')
		end_line(r);
	else if (c != 0xfeff)
		gather(r, out, to_utf8(c, out));
}

/* Octets that were held back are UTF-16 all the same; `at` is behind them. */
static void let_go(struct log_reader *r, uint64_t at)
{
	size_t n = r->held_n;

	r->held_n = 0;
	r->unlikely = 0;
	for (size_t i = 0; i < n; i += 2)
		unit16(r, r->held[i], r->held[i + 1], at - n + i);
}

static bool plain(uint8_t c)
{
	return (c >= 0x20 && c < 0x7f) || c == '\t' || c == '\r' || c == '\n';
}

/* As the upper octet of a character: of no script that is written in words. */
static bool unlikely(uint8_t c)
{
	return c >= 0x20 && c < 0x4e && c != 0x30;
}

static bool plain_pair(const char *p)
{
	return plain((uint8_t)p[0]) && plain((uint8_t)p[1]);
}

static size_t feed_octets(struct log_reader *r, const char *p, size_t n, uint64_t base);

/* The octets that were held back are a text of one octet a character, and what follows is. */
static void narrow(struct log_reader *r, uint64_t at)
{
	char copy[sizeof r->held];
	size_t n = r->held_n;

	memcpy(copy, r->held, n);
	r->held_n = 0;
	r->unlikely = 0;
	change(r, ENCODING_OCTETS, at - n);
	feed_octets(r, copy, n, at - n);
}

/* Until octets in a row are ASCII, and would be characters that no text has: how far it came. */
static size_t feed_utf16(struct log_reader *r, const char *p, size_t n, uint64_t base)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t c = (uint8_t)p[i];

		r->half = !r->half;
		if (r->half) {
			r->unit = c;
			continue;
		}
		if (r->n + r->held_n == 0 && r->unit == 0xef && c == 0xbb) {
			r->held[r->held_n++] = r->unit;	/* the mark of UTF-8 */
			r->held[r->held_n++] = c;
			narrow(r, base + i + 1);
			return i + 1;
		}
		if (!plain(r->unit) || !plain(c) || r->held_n == sizeof r->held) {
			let_go(r, base + i - 1);
			unit16(r, r->unit, c, base + i - 1);
			continue;
		}
		r->held[r->held_n++] = r->unit;
		r->held[r->held_n++] = c;
		r->unlikely += unlikely(r->encoding == ENCODING_UTF16LE ? c : r->unit);
		if (r->held_n >= NARROW_MIN && r->unlikely >= UNLIKELY_MIN) {
			narrow(r, base + i + 1);
			return i + 1;
		}
	}
	return n;
}

/* ---- one octet a character ---- */

/* Does UTF-16 begin within this line?  Every second octet is 0 then, but for a few.  The
 * octets of a line end are divided: what is behind LF of little-endian text is the next line's. */
static enum log_encoding wide(const char *p, size_t n, size_t *from)
{
	const char *nul = memchr(p, '\0', n);
	size_t k = nul ? (size_t)(nul - p) : n, left = n - k, nuls[2] = { 0, 0 };

	for (size_t i = k; i < n; i++)
		nuls[(i - k) % 2] += p[i] == '\0';
	if (left < WIDE_MIN || nuls[0] <= left / 4 || nuls[1] * 16 > left)
		return ENCODING_OCTETS;
	if (k == 0 || (k >= 2 && memcmp(nul - 2, "\xfe\xff", 2) == 0)) {
		*from = k ? k - 2 : 0;
		return ENCODING_UTF16BE;
	}
	/* What is above ASCII, and the mark, stands before the first 0. */
	for (*from = k - 1; *from >= 2 && !plain_pair(p + *from - 2); *from -= 2)
		;
	return ENCODING_UTF16LE;
}

static void note_nuls(struct log_reader *r, const char *p, size_t n, uint64_t at)
{
	for (size_t i = 0; i < n; i++)
		if (!p[i])
			log_trouble(r, LOG_NUL, at + i);
}

static void feed(struct log_reader *r, const char *p, size_t n, uint64_t base);

/* The line that was gathered is whole.  true: it was UTF-16, and waits for its end; once in a
 * line, so that its octets are looked at twice at most. */
static bool gathered_is_wide(struct log_reader *r)
{
	char copy[LOG_LINE_MAX];
	size_t n = r->n, from;
	uint64_t at = r->line_at;
	enum log_encoding e = r->widened ? ENCODING_OCTETS : wide(r->line, n, &from);

	if (e == ENCODING_OCTETS) {
		note_nuls(r, r->line, n, at);
		return false;
	}
	memcpy(copy, r->line, n);
	r->n = from;
	change(r, e, at + from);
	feed(r, copy + from, n - from, at + from);
	return true;
}

/* Until UTF-16 begins: how far it came. */
static size_t feed_octets(struct log_reader *r, const char *p, size_t n, uint64_t base)
{
	const char *begin = p, *end = p + n;
	bool nuls = memchr(p, '\0', n) != NULL;

	while (p < end) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		size_t m = (size_t)((eol ? eol : end) - p), from;
		uint64_t at = base + (uint64_t)(p - begin);
		enum log_encoding e;

		if (r->n == 0)
			r->line_at = at;
		if (!eol || r->n || m >= sizeof r->line) {
			gather(r, p, m);
			if (!eol)
				return n;
			if (gathered_is_wide(r))
				return (size_t)(eol - begin);
			end_line(r);
		} else {
			e = nuls ? wide(p, m, &from) : ENCODING_OCTETS;
			if (e != ENCODING_OCTETS) {
				gather(r, p, from);
				change(r, e, at + from);
				return (size_t)(p + from - begin);
			}
			if (nuls)
				note_nuls(r, p, m, at);
			log_line(r, p, m);
		}
		p = eol + 1;
	}
	return n;
}

static void feed(struct log_reader *r, const char *p, size_t n, uint64_t base)
{
	while (n) {
		size_t used = r->encoding == ENCODING_OCTETS ? feed_octets(r, p, n, base)
		                                             : feed_utf16(r, p, n, base);

		p += used;
		n -= used;
		base += used;
	}
}

void log_lines(struct log_reader *r, const char *p, size_t n)
{
	feed(r, p, n, r->notes.octets);
	r->notes.octets += n;
}

void log_lines_end(struct log_reader *r)
{
	let_go(r, r->notes.octets - r->half);
	if (r->n && r->encoding == ENCODING_OCTETS)
		gathered_is_wide(r);
	let_go(r, r->notes.octets - r->half);
	if (r->n)
		end_line(r);
}

enum log_encoding log_sniff(const char *p, size_t n)
{
	size_t nuls[2] = { 0, 0 };

	if (n >= 2 && memcmp(p, "\xff\xfe", 2) == 0)
		return ENCODING_UTF16LE;
	if (n >= 2 && memcmp(p, "\xfe\xff", 2) == 0)
		return ENCODING_UTF16BE;
	for (size_t i = 0; i < n; i++) {
		/* Two of ASCII before the first 0 are no UTF-16. */
		if (i % 2 && nuls[0] + nuls[1] == 0 && plain_pair(p + i - 1))
			return ENCODING_OCTETS;
		nuls[i % 2] += p[i] == '\0';
	}
	if (n >= 8 && nuls[1] > n / 4 && nuls[0] < n / 16)
		return ENCODING_UTF16LE;
	if (n >= 8 && nuls[0] > n / 4 && nuls[1] < n / 16)
		return ENCODING_UTF16BE;
	return ENCODING_OCTETS;
}
