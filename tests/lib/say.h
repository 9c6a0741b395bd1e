/*
 * say: octets written down as people read them.
 *
 *     61 "text" "x"*9     octets in hex, text, text nine times
 *     [ ... ]             BER length in the fewest octets, contents
 *     [[ ... ]]           BER length as 82 hh ll
 *     { ... }             indefinite length: 80, contents, 00 00
 *     ( ... )             session LI (X.225 8.2.5), contents
 *     @                   the octets given along
 *
 * A bracket that closes also closes what is still open inside it, and so does
 * the end.  What cannot be read is our mistake (assert).
 */
#ifndef TESTS_SAY_H
#define TESTS_SAY_H

#include <stddef.h>
#include <stdint.h>

enum { SAID_MAX = 160 << 10 };

struct said {
	size_t n;
	uint8_t at[SAID_MAX];
};

/* Appends; `given` may be NULL. */
void say(struct said *o, const char *s, const struct said *given);

void said_octets(struct said *o, const void *p, size_t n);
void said_u8(struct said *o, unsigned v);
void said_u16(struct said *o, unsigned v);
void said_u32(struct said *o, uint32_t v);

#endif
