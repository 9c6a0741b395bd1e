/*
 * The characters of a log: code pages, white space, quotes, the number of an error.
 */
#include "logs/logs_text.h"

#include "logs/logs.h"

#include <ctype.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { CHARACTER_MAX = 4, UTF8_MAX = 8 };

uint32_t log_error_code(const char *text)
{
	/* Most texts have no "rror", in whatever case the E is. */
	for (const char *p = strstr(text, "rror "); p; p = strstr(p, "rror ")) {
		p += strlen("rror ");
		if (strncasecmp(p, "code", 4) != 0)
			continue;
		p += strlen("code");
		p += strspn(p, " ");
		if (*p == '=' || *p == ':')
			p++;
		p += strspn(p, " ");
		if (isdigit((unsigned char)*p))
			return (uint32_t)strtoul(p, NULL, 10);
	}
	return 0;
}

size_t log_text_unquote(char *s, size_t n)
{
	size_t to = 0;

	if (!n || s[0] != '"')
		return n;
	for (size_t i = 1; i < n; i++) {
		if (s[i] == '"' && (i + 1 == n || s[i + 1] != '"'))
			continue;
		i += s[i] == '"';
		s[to++] = s[i];
	}
	return to;
}

/* ---- encodings ---- */

/* Octets of the UTF-8 character at p; 0: none. */
static size_t utf8(const unsigned char *p, size_t n)
{
	size_t need = p[0] < 0x80 ? 1 : p[0] >= 0xc2 && p[0] < 0xe0 ? 2 :
	              p[0] >= 0xe0 && p[0] < 0xf0 ? 3 : p[0] >= 0xf0 && p[0] < 0xf5 ? 4 : 0;

	if (!need || need > n)
		return 0;
	for (size_t i = 1; i < need; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return need;
}

/* How long the run of octets above ASCII is; *whole: all of it is UTF-8. */
static size_t run_of(const char *s, size_t n, bool *whole)
{
	size_t i = 0;

	*whole = true;
	while (i < n && (unsigned char)s[i] >= 0x80) {
		size_t m = utf8((const unsigned char *)s + i, n - i);

		*whole &= m > 0;
		i += m ? m : 1;
	}
	return i;
}

bool log_code_page_known(const char *name)
{
	iconv_t i = iconv_open("UTF-8", name);

	return i != (iconv_t)-1 && iconv_close(i) == 0;
}

void log_characters_end(struct log_characters *c)
{
	if (c->iconv)
		iconv_close(c->iconv);
	c->iconv = NULL;
}

static bool open_code_page(struct log_characters *c)
{
	iconv_t i = c->iconv;

	if (!i)
		i = iconv_open("UTF-8", c->code_page ? c->code_page : "CP1252");
	if (i == (iconv_t)-1)
		i = iconv_open("UTF-8", "ISO-8859-1");
	c->iconv = i == (iconv_t)-1 ? NULL : i;
	return c->iconv != NULL;
}

/* The next character of the code page as UTF-8; takes *n octets of it, which has up to four. */
static size_t from_code_page(struct log_characters *c, const char *p, size_t *n,
                             char out[static UTF8_MAX])
{
	size_t most = *n < CHARACTER_MAX ? *n : CHARACTER_MAX;

	for (*n = 1; *n <= most && open_code_page(c); ++*n) {
		char in[CHARACTER_MAX], *from = in, *to = out;
		size_t from_n = *n, to_n = UTF8_MAX;

		memcpy(in, p, *n);
		if (iconv(c->iconv, &from, &from_n, &to, &to_n) == 0)
			return UTF8_MAX - to_n;
	}
	*n = 1;
	c->odd++;
	out[0] = '?';
	return 1;
}

/* ---- text ---- */

/* 0x80 in each octet of x that is zero. */
static uint64_t zeros(uint64_t x)
{
	const uint64_t low = UINT64_C(0x7f7f7f7f7f7f7f7f);

	return ~(((x & low) + low) | x | low);
}

/* Eight octets that can be copied as they stand: graphic ASCII and single
 * blanks.  `blank`: the octet before is one; says the same of the last. */
static bool plain_eight(const char *s, bool *blank)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
	uint64_t x, blanks;

	memcpy(&x, s, sizeof x);
	if ((x & tops) || ((x - ones * 0x20) & ~x & tops) || zeros(x ^ ones * 0x7f))
		return false;
	blanks = zeros(x ^ ones * 0x20);
	if ((blanks & blanks << 8) || (*blank && s[0] == ' '))
		return false;
	*blank = s[7] == ' ';
	return true;
}

static void put(struct log_text *t, const char *p, size_t n)
{
	if (t->n + n >= t->cap) {
		t->full = true;
		return;
	}
	memcpy(t->at + t->n, p, n);
	t->n += n;
}

/* White space and controls, those of ISO 6429 (U+0080 to U+009F) too: a terminal obeys them. */
static bool is_blank(const char *p, size_t n)
{
	unsigned char c = (unsigned char)p[0];

	return n == 1 ? c <= 0x20 || c == 0x7f : c == 0xc2 && (unsigned char)p[1] < 0xa0;
}

static void put_character(struct log_text *t, const char *p, size_t n, bool *blank)
{
	bool now;

	if (!n)				/* a code page that shifts */
		return;
	now = is_blank(p, n);
	if (!now)
		put(t, p, n);
	else if (!*blank)
		put(t, " ", 1);
	*blank = now;
}

void log_text_append(struct log_text *t, struct log_characters *c, const char *s, size_t n)
{
	bool blank = t->n == 0 || t->at[t->n - 1] == ' ', whole = true;
	size_t run_end = 0, m;
	char out[UTF8_MAX];

	for (size_t i = 0; i < n && !t->full; i += m) {
		while (n - i > 8 && t->n + 8 < t->cap && plain_eight(s + i, &blank)) {
			memcpy(t->at + t->n, s + i, 8);
			t->n += 8;
			i += 8;
		}
		m = 1;
		if ((unsigned char)s[i] < 0x80) {
			put_character(t, s + i, 1, &blank);
			continue;
		}
		if (i >= run_end)
			run_end = i + run_of(s + i, n - i, &whole);
		if (whole) {
			m = utf8((const unsigned char *)s + i, n - i);
			put_character(t, s + i, m, &blank);
		} else {
			m = n - i;
			put_character(t, out, from_code_page(c, s + i, &m, out), &blank);
		}
	}
}

void log_text_end(struct log_text *t)
{
	while (t->n && t->at[t->n - 1] == ' ')
		t->n--;
	t->at[t->n] = '\0';
}
