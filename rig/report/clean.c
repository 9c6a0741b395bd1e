#include "report/clean.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Those that turn the direction of writing. */
static bool is_turning(uint32_t c)
{
	return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x200e ||
	       c == 0x200f || c == 0x061c;
}

static bool is_allowed(uint32_t c)
{
	if (c < 0x20)
		return c == '\t' || c == '\n';
	return c != 0x7f && !(c >= 0x80 && c <= 0x9f) && !(c >= 0xd800 && c <= 0xdfff) &&
	       c != 0xfffe && c != 0xffff && c <= 0x10ffff && !is_turning(c);
}

/* Octets of the character at s, at least one; *shown: it is a character, and allowed. */
static size_t character(const char *s, bool *shown)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)s;
	size_t n = p[0] < 0x80 ? 1 : (p[0] & 0xe0) == 0xc0 ? 2 : (p[0] & 0xf0) == 0xe0 ? 3
	         : (p[0] & 0xf8) == 0xf0 ? 4 : 0;
	uint32_t c = n == 1 ? p[0] : n ? p[0] & (0x7fu >> n) : 0;

	*shown = false;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 1;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (n == 0 || c < least[n])
		return 1;
	*shown = is_allowed(c);
	return n;
}

char *clean_text(const char *s, size_t max)
{
	size_t length = strlen(s), cut = length > max ? max : length, n = 0;
	char *out = malloc(3 * cut + 8);

	if (!out)
		return NULL;
	for (size_t i = 0; i < cut;) {
		bool shown;
		size_t k = character(s + i, &shown);

		memcpy(out + n, shown ? s + i : "\xef\xbf\xbd", shown ? k : 3);
		n += shown ? k : 3;
		i += k;
	}
	strcpy(out + n, cut < length ? "..." : "");
	return out;
}
