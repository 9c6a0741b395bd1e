/*
 * octets: a borrowed run of octets, and the time of day as a number.
 *
 * Whoever hands out a `struct octets` says how long it stays valid; nobody
 * frees through one.  Time is microseconds and always comes in as an
 * argument: nothing in stack/ reads a clock.
 */
#ifndef BASE_OCTETS_H
#define BASE_OCTETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct octets {
	const uint8_t *p;
	size_t n;
};

#define NEVER_US INT64_MAX	/* a deadline that does not exist */
#define SECOND_US INT64_C(1000000)

bool octets_equal(struct octets a, struct octets b);

/* The octets of a C string, without its NUL. */
struct octets octets_of(const char *s);

#endif
