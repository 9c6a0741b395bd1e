/*
 * fuzz: what the targets share.
 *
 * A target is one function on octets, LLVMFuzzerTestOneInput(), that aborts
 * when a promise is broken.  `make fuzz F=name` links it with libFuzzer; with
 * REPLAY it becomes a program that runs the files named, each from a block of
 * exactly its size, and needs no more than any compiler.
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

#ifdef REPLAY
#include <string.h>

enum { FUZZ_FILE_MAX = 4 << 20 };

int main(int argc, char **argv)
{
	static uint8_t in[FUZZ_FILE_MAX];

	for (int i = 1; i < argc; i++) {
		FILE *fp = fopen(argv[i], "rb");
		uint8_t *exact;
		size_t n;

		if (!fp) {
			perror(argv[i]);
			return EXIT_FAILURE;
		}
		n = fread(in, 1, sizeof in, fp);
		fclose(fp);
		exact = malloc(n ? n : 1);
		if (!exact)
			return EXIT_FAILURE;
		memcpy(exact, in, n);
		LLVMFuzzerTestOneInput(exact, n);
		free(exact);
	}
	return EXIT_SUCCESS;
}
#endif

#endif
