#include "say.h"

#include <assert.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 40 };

void said_octets(struct said *o, const void *p, size_t n)
{
	assert(n <= sizeof o->at - o->n);
	if (n > 0)
		memcpy(o->at + o->n, p, n);
	o->n += n;
}

void said_u8(struct said *o, unsigned v)
{
	uint8_t octet = (uint8_t)v;

	said_octets(o, &octet, 1);
}

void said_u16(struct said *o, unsigned v)
{
	said_u8(o, v >> 8);
	said_u8(o, v);
}

void said_u32(struct said *o, uint32_t v)
{
	said_u16(o, v >> 16);
	said_u16(o, v & 0xffff);
}

/* A length before the contents that begin at `from`. */
static void enclose(struct said *o, size_t from, char form)
{
	uint8_t length[3];
	size_t n = o->n - from, m = 0;

	if (form == '(' ? n > 254 : form == '2' || n > 255)
		length[m++] = form == '(' ? 0xff : 0x82;
	else if (form == '[' && n > 127)
		length[m++] = 0x81;
	if (m > 0 && length[0] != 0x81)
		length[m++] = (uint8_t)(n >> 8);
	length[m++] = (uint8_t)n;
	assert(n <= UINT16_MAX && m <= sizeof o->at - o->n);
	memmove(o->at + from + m, o->at + from, n);
	memcpy(o->at + from, length, m);
	o->n += m;
}

static const char *put_text(struct said *o, const char *s)
{
	const char *end = strchr(s, '"');
	unsigned long times = 1;
	char *behind = (char *)(uintptr_t)end + 1;

	if (*behind == '*')
		times = strtoul(behind + 1, &behind, 10);
	while (times-- > 0)
		said_octets(o, s, (size_t)(end - s));
	return behind;
}

static const char *put_hex(struct said *o, const char *s)
{
	const char digits[3] = { s[0], s[1], '\0' };

	assert(isxdigit((unsigned char)s[0]) && isxdigit((unsigned char)s[1]));
	said_u8(o, (unsigned)strtoul(digits, NULL, 16));
	return s + 2;
}

struct open_bracket {
	size_t from;
	char form;			/* '[', '2' ("[["), '{', '(' */
};

struct saying {
	struct said *out;
	struct open_bracket open[DEPTH_MAX];
	size_t depth;
};

static void close_one(struct saying *say)
{
	struct open_bracket *b = &say->open[--say->depth];

	if (b->form == '{')
		said_u16(say->out, 0);
	else
		enclose(say->out, b->from, b->form);
}

/* Closes the innermost bracket of this form, and what is open inside it. */
static const char *put_close(struct saying *say, const char *s)
{
	static const char forms[] = "])}", opening[] = "[({";
	char form = opening[strchr(forms, *s) - forms], closed;
	bool two;

	do {
		assert(say->depth > 0);
		closed = say->open[say->depth - 1].form;
		two = closed == '2' && form == '[';
		close_one(say);
	} while (closed != form && !two);
	return s + 1 + (two && s[1] == *s);
}

static const char *put_open(struct saying *say, const char *s)
{
	bool two = *s == '[' && s[1] == '[';

	if (*s == '{')
		said_u8(say->out, 0x80);
	assert(say->depth < DEPTH_MAX);
	say->open[say->depth++] = (struct open_bracket){ say->out->n, two ? '2' : *s };
	return s + 1 + two;
}

void say(struct said *o, const char *s, const struct said *given)
{
	struct saying saying = { .out = o };

	while (*s)
		switch (*s) {
		case ' ':
			s++;
			break;
		case '"':
			s = put_text(o, s + 1);
			break;
		case '@':
			said_octets(o, given->at, given->n);
			s++;
			break;
		case '[':
		case '(':
		case '{':
			s = put_open(&saying, s);
			break;
		case ']':
		case ')':
		case '}':
			s = put_close(&saying, s);
			break;
		default:
			s = put_hex(o, s);
			break;
		}
	while (saying.depth > 0)
		close_one(&saying);
}
