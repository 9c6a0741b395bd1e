/*
 * copy: some octets of text to where there is room for them.
 *
 * Lines are made of words of a few characters; a call of memcpy() takes longer than
 * to copy one.
 */
#ifndef BASE_COPY_H
#define BASE_COPY_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { DIGITS_MAX = 20 };		/* of UINT64_MAX */

/* As memcpy(), and quick for up to 32 octets. */
static inline void copy_short(char *to, const char *from, size_t n)
{
	/* two that overlap, from the beginning and to the end */
	if (n > 32) {
		memcpy(to, from, n);
	} else if (n >= 16) {
		memcpy(to, from, 16);
		memcpy(to + n - 16, from + n - 16, 16);
	} else if (n >= 8) {
		memcpy(to, from, 8);
		memcpy(to + n - 8, from + n - 8, 8);
	} else if (n >= 4) {
		memcpy(to, from, 4);
		memcpy(to + n - 4, from + n - 4, 4);
	} else {
		for (size_t i = 0; i < n; i++)
			to[i] = from[i];
	}
}

/* `v` in decimal, without a NUL; returns how many digits. */
static inline size_t copy_digits(char *to, uint64_t v)
{
	size_t n = 1;

	for (uint64_t rest = v; rest >= 10; rest /= 10)
		n++;
	for (size_t i = n; i > 0; i--, v /= 10)
		to[i - 1] = (char)('0' + v % 10);
	return n;
}

#endif
