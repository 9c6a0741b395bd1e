/*
 * fuzz: what the targets share.
 *
 * A target is one function on octets, LLVMFuzzerTestOneInput(), that aborts
 * when a promise is broken.  `make fuzz F=name` links it with libFuzzer;
 * replay.c makes a program of it that runs files.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Unlike assert() it cannot be compiled away. */
#define demand(truth) ((truth) ? (void)0 : fuzz_broken(__FILE__, __LINE__, #truth))

/*
 * Cuts of a stream that the input chooses.  `choice` in its upper three bits: how
 * long a piece may be, 7: one octet.
 */
struct fuzz_cuts {
	uint32_t drawn;
	size_t most;
};

static inline struct fuzz_cuts fuzz_cuts(uint8_t choice)
{
	return (struct fuzz_cuts){ choice * 0x9e3779b9u | 1, 1 + 8u * (7 - (choice >> 5)) };
}

/* The next piece (xorshift). */
static inline size_t fuzz_cut(struct fuzz_cuts *c, size_t left)
{
	size_t n;

	c->drawn ^= c->drawn << 13;
	c->drawn ^= c->drawn >> 17;
	c->drawn ^= c->drawn << 5;
	n = 1 + c->drawn % c->most;
	return n < left ? n : left;
}

static inline void fuzz_broken(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, what);
	abort();
}

#endif
