/* Runs a fuzz target on the files named, each from a block of exactly its size. */
#include "fuzz.h"

#include <string.h>

enum { FILE_MAX = 4 << 20 };

int main(int argc, char **argv)
{
	static uint8_t in[FILE_MAX];

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
