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

static inline void fuzz_broken(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, what);
	abort();
}

#endif
